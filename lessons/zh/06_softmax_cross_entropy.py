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
# # 6. Softmax 与交叉熵
#
# **问题：** softmax 加交叉熵的梯度，为什么恰好是 p − y？
#
# **先修：** 第 5 课。
#
# softmax 把得分变成概率；交叉熵衡量的是：面对真实答案，这些概率有多“意外”：
#
# $$p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}, \qquad L = -\sum_i y_i \log p_i .$$
#
# 先看具体的数：得分 1、−½、2 变成 $e^1 = 2.72$、$e^{-0.5} = 0.61$、$e^2 = 7.39$，总和 10.71，所以概率是 0.25、0.06、0.69。
# 如果真实类别是第三类，$L = -\log 0.69 = 0.37$。把第三个得分增加 0.01，$L$ 减少 0.0031，正是 $(0.69 - 1) \cdot 0.01$；
# 把第一个增加 0.01，$L$ 增加 0.0025，正是 $0.25 \cdot 0.01$。为什么这样简单，就是下面要讲的。
#
# ## 两种情形
#
# 每个 $p_i$ 都通过分母上的和 $S = \sum_j e^{z_j}$ 依赖于*所有的* $z_k$。用商的求导法则：
#
# - $k = i$，分子和分母里都有 $z_i$：
#   $\displaystyle \frac{\partial p_i}{\partial z_i} = \frac{e^{z_i} S - e^{z_i} e^{z_i}}{S^2} = p_i (1 - p_i)$；
# - $k \ne i$，只有分母里有 $z_k$：
#   $\displaystyle \frac{\partial p_i}{\partial z_k} = \frac{0 - e^{z_i} e^{z_k}}{S^2} = - p_i\, p_k$。

# %%
import math
import random

from autograd_lite import Value, jacobian, log, softmax

z = [1.0, -0.5, 2.0]
p = softmax(z)
J = jacobian(lambda z: softmax(z))(z)  # J[i][k] = ∂p_i/∂z_k
for i in range(3):
    for k in range(3):
        expected = p[i] * (1 - p[i]) if i == k else -p[i] * p[k]
        assert abs(J[i][k] - expected) < 1e-12
print([[round(g, 4) for g in row] for row in J])

surprise = lambda *z: -math.log(softmax(list(z))[2])
moves = surprise(1.0, -0.5, 2.01) - surprise(*z), surprise(1.01, -0.5, 2.0) - surprise(*z)
print(f"L = {surprise(*z):.2f}；第三个得分增加 0.01，它变动 {moves[0]:+.4f}；第一个增加 0.01，它变动 {moves[1]:+.4f}")
assert [round(move, 4) for move in moves] == [-0.0031, 0.0025]

# %% [markdown]
# 再用链式法则。$z_k$ 影响每一个 $p_i$，所以要对所有的 $i$ 求和：
#
# $$\frac{\partial L}{\partial z_k} = -\sum_i \frac{y_i}{p_i} \frac{\partial p_i}{\partial z_k}
# = -y_k (1 - p_k) + \sum_{i \ne k} y_i\, p_k = p_k \sum_i y_i - y_k = p_k - y_k ,$$
#
# 因为 $y_i$ 也是概率，总和为 1。分式全部约掉，留下的只是*预测减真值*。

# %%
y = [0.0, 0.0, 1.0]
zs = [Value(v, f"z{i}") for i, v in enumerate(z, start=1)]
loss = -sum(t * log(q) for t, q in zip(y, softmax(zs)))
loss.backward()
for zi, pi, yi in zip(zs, p, y):
    assert abs(zi.grad - (pi - yi)) < 1e-12
print([round(v.grad, 6) for v in zs])

# %% [markdown]
# 一步一步来看，真实类别是第 3 类。每个指数都出现在和里，第三个还出现在分子上：看它的两份贡献怎样汇合。

# %%
from viz import play

powers = []
for i, v in enumerate(z, start=1):
    powers.append(Value(v, f"z{i}").exp())
    powers[-1].label = f"e{i}"
S = powers[0] + powers[1] + powers[2]
S.label = "S"
p3 = powers[2] / S
p3.label = "p3"
loss = -log(p3)
loss.label = "L"
play(loss, lang="zh")

# %% [markdown]
# ## 数值稳定的写法
#
# $e^{1000}$ 会溢出。先提出最大值，它会约掉。另外，$p$ 可能舍入成 0，所以不要先算出 $p$ 再取 $\log p$：
#
# $$L = \log \sum_j e^{z_j} - z_{y}, \qquad \log \sum_j e^{z_j} = m + \log \sum_j e^{z_j - m}, \quad m = \max_j z_j .$$

# %%
from nn import cross_entropy

big = [Value(1000.0), Value(-1000.0)]
stable = cross_entropy(big, 1)
stable.backward()
print(stable.data, [v.grad for v in big])
assert stable.data == 2000.0 and [v.grad for v in big] == [1.0, -1.0]

naive = [Value(1000.0), Value(-1000.0)]
exps = [v.exp() for v in naive]
bad = -log(exps[1] / (exps[0] + exps[1]))
print("直接计算：", bad.data)
assert not math.isfinite(bad.data)

# %% [markdown]
# ## 一个完整的网络：sigmoid 隐藏层，softmax 输出层
#
# $N$ 个样本按行排列，$h = \sigma(X W_1 + b_1)$，$p = \mathrm{softmax}(h W_2 + b_2)$，损失取*平均值*。把第 5 课的公式改成按行书写，
# 从上面得到的 $p - y$ 出发：
#
# $$dz_2 = \frac{p - y}{N}, \quad dW_2 = h^T dz_2, \quad db_2 = \sum_{\text{行}} dz_2, \quad
# dz_1 = (dz_2 W_2^T) \odot h (1 - h), \quad dW_1 = X^T dz_1, \quad db_1 = \sum_{\text{行}} dz_1 .$$
#
# $1/N$ 只出现**一次**，就在 $dz_2$ 里；后面的量自然都带着它。

# %%
from autograd_lite import mean_of
from nn import MLP

rng = random.Random(3)
N, inputs, hidden, classes = 4, 3, 5, 3
X = [[rng.uniform(-1, 1) for _ in range(inputs)] for _ in range(N)]
labels = [rng.randrange(classes) for _ in range(N)]
model = MLP(inputs, [hidden, classes], activation="sigmoid", rng=rng)
mean_of([cross_entropy(model(x), label) for x, label in zip(X, labels)]).backward()

first, second = model.layers
h = [[1 / (1 + math.exp(-sum(w.data * a for w, a in zip(n.w, x)) - n.b.data)) for n in first.neurons] for x in X]
P = [softmax([sum(w.data * a for w, a in zip(n.w, row)) + n.b.data for n in second.neurons]) for row in h]
dz2 = [[(q - (k == label)) / N for k, q in enumerate(row)] for row, label in zip(P, labels)]
dz1 = [
    [sum(dz[k] * second.neurons[k].w[j].data for k in range(classes)) * a * (1 - a) for j, a in enumerate(row)]
    for dz, row in zip(dz2, h)
]
for k, neuron in enumerate(second.neurons):
    assert abs(neuron.b.grad - sum(dz[k] for dz in dz2)) < 1e-12
    for j, w in enumerate(neuron.w):
        assert abs(w.grad - sum(row[j] * dz[k] for row, dz in zip(h, dz2))) < 1e-12
for j, neuron in enumerate(first.neurons):
    assert abs(neuron.b.grad - sum(dz[j] for dz in dz1)) < 1e-12
    for i, w in enumerate(neuron.w):
        assert abs(w.grad - sum(x[i] * dz[j] for x, dz in zip(X, dz1))) < 1e-12
print("gradW1、gradb1、gradW2、gradb2 全部一致")

# %% [markdown]
# 在 PyTorch 里，这就是 `F.cross_entropy(logits, labels)`；它也直接接收 logits，理由和这里一样。
#
# 一个典型的错误，是在 $dW_2$ 里再除一次 $N$。上面的核对会差 $N$ 倍；不核对就可能没人发现，因为较大的学习率会把它掩盖过去：

# %%
import copy


def loss_after(rate, divisor, steps=50):
    """Train a copy whose dW₂ is divided once more; return its loss."""
    net = copy.deepcopy(model)
    for _ in range(steps):
        loss = mean_of([cross_entropy(net(x), label) for x, label in zip(X, labels)])
        net.zero_grad()
        loss.backward()
        for neuron in net.layers[1].neurons:
            for w in neuron.w:
                w.grad /= divisor
        for p in net.parameters():
            p.data -= rate * p.grad
    return loss.data


sound, slip, larger = loss_after(0.5, 1), loss_after(0.5, N), loss_after(0.5 * N, N)
print(f"50 步之后的损失：正确 {sound:.4f}，多除一次 {slip:.4f}，再加大学习率 {larger:.4f}")
assert larger < sound < slip

# %% [markdown]
# ## 小结
#
# - $k = i$ 时 $\partial p_i/\partial z_k$ 是 $p_i(1 - p_i)$，否则是 $-p_i p_k$；对所有 $i$ 求和，分式全部约掉，只剩 $p - y$。
# - 先提出最大值的 $\log \sum e^{z}$ 是准确的，而直接计算会得到 inf 或 nan。
# - 在网络里，反向传播就从 $p - y$ 出发；平均值的 $1/N$ 只出现一次。
#
# ## 练习
#
# **练习 1。** 概率是 0.2、0.5、0.3，真实类别是第二类。$L$ 的三个梯度是多少？用元组回答。

# %%
from viz import Exercise

check_1 = Exercise(
    (0.2, 0.5 - 1, 0.3),
    because="$p - y$，其中 $y = (0, 1, 0)$。三个梯度之和为 0：所有得分加上同一个数，什么也不改变。",
    slips={
        "这是真值减预测；照它更新，损失会增大": (-0.2, 0.5, -0.3),
        "其他得分也有影响：它们升高，会夺走真实类别的概率": (0, -0.5, 0),
        "这是对 $p$ 的梯度，还没有经过 softmax": (0, -2, 0),
        "这是 $p$ 本身，还要减去真值": (0.2, 0.5, 0.3),
    },
    lang="zh",
)

# %% [markdown]
# **练习 2。** 概率同上。$\partial p_1/\partial z_2$ 是多少？

# %%
check_2 = Exercise(
    -0.2 * 0.5,
    because="$z_2$ 只出现在分母里：$-p_1 p_2$。",
    slips={
        "另一类的得分升高会夺走概率，所以是负的": 0.2 * 0.5,
        "这是下标相同的情形": 0.2 * (1 - 0.2),
        "这是第 2 类下标相同的情形": 0.5 * (1 - 0.5),
    },
    lang="zh",
)

# %% [markdown]
# **练习 3。** 十个类别的得分都是 1000。$L$ 是多少（自然对数）？

# %%
check_3 = Exercise(
    cross_entropy([1000.0] * 10, 3),
    because=r"无论共同的得分是多少，每一类的概率都是 $\frac1{10}$，所以 $L = \log 10$。",
    slips={
        "得分相等时什么也不能确定：概率是十分之一，不是 1": 0.0,
        "这是得分；还要用和的对数去减它": 1000.0,
        "这是概率；损失是它的对数的相反数": 0.1,
        "这是以 10 为底的对数": 1.0,
    },
    lang="zh",
)
