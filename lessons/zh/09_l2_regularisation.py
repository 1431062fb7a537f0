# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 9. L2 正则化，以及深度网络的代价函数
#
# **问题：** 对大权重的惩罚，怎样写进 L 层网络的代价函数？每一步它又做了什么？
#
# **先修：** 第 7 课、第 8 课。
#
# 先看一个权重。它是 2，没有样本去拉它，惩罚项是 $0.05\, w^2$。斜率是 $0.1 \cdot 2 = 0.2$，所以 $\eta = 0.5$ 的一步减去 0.1，下一步减去 0.095，
# 依此类推：每一步留下权重的 95 %。样本不要求的东西，会渐渐褪去。
#
# 设网络各层有 $s_1, s_2, \dots, s_L$ 个单元，$K = s_L$ 个输出，$m$ 个样本：
#
# $$J = -\frac1m \sum_{i=1}^{m} \sum_{k=1}^{K} \Big[ y^{(i)}_k \log \hat y^{(i)}_k + (1 - y^{(i)}_k) \log(1 - \hat y^{(i)}_k) \Big]
# + \frac{\lambda}{2m} \sum_{l=1}^{L-1} \sum_{i=1}^{s_l} \sum_{j=1}^{s_{l+1}} \big( \Theta^{(l)}_{ji} \big)^2 .$$
#
# 惩罚项只对层与层之间的权重求和，不管偏置：偏置使神经元平移，并不使它变陡。

# %%
import random

from autograd_lite import mean_of
from nn import MLP, SGD, binary_cross_entropy, l2_penalty

rng = random.Random(5)
sizes = [3, 4, 4, 2]  # s₁ … s_L
m, lam = 6, 0.7
X = [[rng.uniform(-1, 1) for _ in range(3)] for _ in range(m)]
Y = [[float(rng.random() < 0.5) for _ in range(2)] for _ in range(m)]
model = MLP(3, sizes[1:], activation="sigmoid", rng=rng)


def data_cost(model):
    return mean_of([binary_cross_entropy(model(x), y) for x, y in zip(X, Y)])


cost = data_cost(model) + lam / (2 * m) * l2_penalty(model)

# %% [markdown]
# 同一个 $J$，只用浮点数来算，求和照公式写：

# %%
import math

theta = [[[w.data for w in neuron.w] for neuron in layer.neurons] for layer in model.layers]  # theta[l][j][i]
bias = [[neuron.b.data for neuron in layer.neurons] for layer in model.layers]


def predict(x):
    for W, b in zip(theta, bias):
        x = [1 / (1 + math.exp(-sum(w * a for w, a in zip(row, x)) - bj)) for row, bj in zip(W, b)]
    return x


J = 0.0
for x, y in zip(X, Y):
    for yk, pk in zip(y, predict(x)):
        J -= (yk * math.log(pk) + (1 - yk) * math.log(1 - pk)) / m
for W in theta:  # L − 1 个矩阵
    for row in W:  # s_{l+1} 行
        for w in row:  # s_l 列
            J += lam / (2 * m) * w * w
print(f"J 手算 {J:.15f}，引擎 {cost.data:.15f}")
assert abs(J - cost.data) < 1e-12

# %%
cost.backward()
with_penalty = {name: p.grad for name, p in model.named_parameters()}
model.zero_grad()
data_cost(model).backward()

# %% [markdown]
# ## 它的梯度
#
# $\dfrac{\partial}{\partial \Theta} \dfrac{\lambda}{2m} \Theta^2 = \dfrac{\lambda}{m} \Theta$，对权重而言；偏置则是 0。

# %%
penalised = 0
for name, p in model.named_parameters():
    extra = 0.0 if name.endswith(".b") else lam / m * p.data
    assert abs(with_penalty[name] - (p.grad + extra)) < 1e-12
    penalised += not name.endswith(".b")
print(f"{penalised} 个权重受惩罚，{len(with_penalty) - penalised} 个偏置不受惩罚")
assert penalised == sum(a * b for a, b in zip(sizes[:-1], sizes[1:]))

# %% [markdown]
# ## 权重衰减
#
# 带惩罚项的梯度下降，一步是
#
# $$\Theta \leftarrow \Theta - \eta \Big( g + \frac{\lambda}{m} \Theta \Big) = \Big(1 - \frac{\eta\lambda}{m}\Big)\Theta - \eta g :$$
#
# 每个权重先按固定的比例*衰减*。这就是优化器里的 `weight_decay`（给它什么，它就衰减什么）。

# %%
from nn.losses import weights

eta = 0.5
before = [w.data for w in weights(model)]
SGD(weights(model), lr=eta, weight_decay=lam / m).step()
for w, old in zip(weights(model), before):
    assert abs(w.data - ((1 - eta * lam / m) * old - eta * w.grad)) < 1e-12

# %% [markdown]
# 对 Adam 来说，两者*并不*相同：惩罚项的梯度会像其他梯度一样被重新缩放。`AdamW` 则把衰减放在梯度之外。设权重为 2，没有别的梯度，走一步：
# 衰减减去 $\eta\lambda \cdot 2$；而被重新缩放的惩罚项，不论 $\lambda$ 是多少，都减去 $\eta$。

# %%
from autograd_lite import Value
from nn import Adam, AdamW

for decay in (0.01, 0.1):
    as_penalty, beside = Value(2.0), Value(2.0)
    as_penalty.grad = decay * as_penalty.data
    Adam([as_penalty], lr=0.1).step()
    AdamW([beside], lr=0.1, weight_decay=decay).step()
    print(f"衰减 {decay}：Adam 加惩罚 {as_penalty.data:.4f}，AdamW {beside.data:.4f}")
    assert abs(as_penalty.data - 1.9) < 1e-4 and abs(beside.data - (2 - 0.1 * decay * 2)) < 1e-12

# %% [markdown]
# ## 它的作用
#
# 同样的训练，λ 逐渐加大：权重变小，函数变平滑。（`compiled="numpy"` 把网络记录一次，算出的数相同，只是更快。）

# %%
from nn import fit
from nn.data import moons

data = moons(30, noise=0.1, rng=random.Random(1))
norms, fields = [], []
across = [-1.5 + 0.2 * i for i in range(21)]
up = [1.5 - 0.2 * i for i in range(13)]
for l2 in (0.0, 0.003, 0.03):
    rng = random.Random(0)
    model = MLP(2, [8, 1], rng=rng)
    adam = Adam(model.parameters(), lr=0.1)
    fit(
        model,
        data,
        loss="binary_cross_entropy",
        optimiser=adam,
        epochs=100,
        l2=l2,
        rng=rng,
        compiled="numpy",
        progress=False,
    )
    norms.append(l2_penalty(model).data)
    print(f"l2 = {l2:<6} Σ w² = {norms[-1]:.2f}")
    fields.append([[math.tanh(model([a, b]).data / 2) for a in across] for b in up])
assert norms[0] > norms[1] > norms[2]

# %% [markdown]
# （`fit` 的 $l2$ 代表整个 $\lambda/2m$。）平面上各点的回答，$2p - 1$：橙色是一个月牙，蓝色是另一个。惩罚越强，颜色越淡，网络越没有把握。
# 而且只要有惩罚，弯曲就少得多。

# %%
sure = [sum(abs(v) for row in field for v in row) for field in fields]
bent = [sum(abs(a - 2 * b + c) for row in field for a, b, c in zip(row, row[1:], row[2:])) for field in fields]
print("|2p − 1| 之和：", *(round(v) for v in sure), "  它的二阶差分之和：", *(round(v, 1) for v in bent))
assert sure == sorted(sure, reverse=True) and max(bent[1:]) < 0.3 * bent[0]
from viz import draw_images

draw_images({"l2 = 0, 0.003, 0.03": fields}, pixel=8, title="惩罚逐渐加大时的两个月牙", lang="zh")

# %% [markdown]
# 如果偏置也受惩罚，它就趋向 0：对于直线 $z = wx + b$，数据又远离原点时，分界点 $x = -b/w$ 会被拉向原点，而数据并没有这样的要求。
#
# ## 小结
#
# - 深度网络的代价，是平均对数损失加上 $\lambda/2m$ 乘以所有权重的平方和；偏置不算在内。
# - 惩罚项给梯度加上 $\frac{\lambda}{m}\Theta$：每一步先把权重乘以 $1 - \eta\lambda/m$。
# - 对 Adam 来说，惩罚与衰减不同；AdamW 把衰减放在梯度之外。
# - 在两个月牙的数据上，$\lambda$ 越大，权重越小，回答越淡，弯曲越少。
#
# ## 练习
#
# **练习 1。** 网络有 3 个输入、4 个隐藏单元、2 个输出。受惩罚的参数有多少个？

# %%
from viz import Exercise

check_1 = Exercise(
    len(weights(MLP(3, [4, 2], rng=rng))),
    because=r"$4 \cdot 3 + 2 \cdot 4$ 个权重；$4 + 2$ 个偏置不算。",
    slips={
        "六个偏置不算在内": 26,
        "这是偏置的个数": 6,
        "第二层的权重也受惩罚": 12,
    },
    lang="zh",
)

# %% [markdown]
# **练习 2。** $\eta = 0.5$，$\lambda = 2$，$m = 10$，权重是 3，没有别的梯度。走一步之后权重是多少？

# %%
lone = Value(3.0)
(2 / (2 * 10) * lone**2).backward()
SGD([lone], lr=0.5).step()
check_2 = Exercise(
    lone.data,
    because=r"因子是 $1 - \eta\lambda/m = 0.9$。",
    slips={
        r"惩罚项要除以 $m$": 0.0,
        "平方求导带来一个 2，与分母里的 2 约掉": 2.85,
        "要沿负梯度走：权重变小": 3.3,
        "衰减的是权重的一个比例，不是固定的量": 2.9,
    },
    lang="zh",
)

# %% [markdown]
# **练习 3。** 每一步留下权重的 95 %。多少步之后剩下不到一半？

# %%
check_3 = Exercise(
    next(n for n in range(100) if 0.95**n < 0.5),
    because="$0.95^{14} = 0.488$.",
    slips={
        "13 步之后还有 0.513": 13,
        "每一步减去的是剩余部分的 5 %，不是最初的 5 %": 10,
        "它不会变成负数，但确实会变小": math.inf,
    },
    lang="zh",
)
