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
# # 17. 参数、非线性、初始化
#
# **问题：** 权重为什么要随机初始化，又该取多大？
#
# **先修：** 第 4 课。
#
# 先看一个数。一百个大小为 1 的输入，权重大小为 1、符号随机，它们的和大小是 $\sqrt{100} = 10$，而 10 的 tanh 就是 1，不管输入是什么。
# 权重大小为 0.1，和的大小是 1，tanh 还听得见。权重大小为 0.01，和的大小是 0.1，再过一层是 0.01，过了八层，就什么也听不见了。
#
# ## 全都相同，就无从开始
#
# 如果一层里的两个神经元，引入*和*引出的所有权重都相同，它们得到的梯度就相同，于是永远相同。随机数打破这种对称性。
# （只有引出的权重不同也够了：不同的 $W_k$ 送回不同的梯度。）

# %%
import math
import random

from autograd_lite import backward
from nn import MLP, Adam, fit
from nn.data import xor

model = MLP(2, [3, 1], rng=random.Random(0))
for p in model.parameters():
    p.data = 0.5
fit(model, xor(), loss="squared_error", optimiser=Adam(model.parameters(), lr=0.05), epochs=20, progress=False)
first, *others = model.layers[0].neurons
for other in others:
    for mine, theirs in zip(first.parameters(), other.parameters()):
        assert abs(mine.data - theirs.data) < 1e-12
print("三个神经元，训练之后仍像一个：", [round(p.data, 3) for p in first.parameters()])

for p in model.parameters():
    p.data = 0.5
for k, w in enumerate(model.layers[1].neurons[0].w):
    w.data += 0.1 * k
fit(model, xor(), loss="squared_error", optimiser=Adam(model.parameters(), lr=0.05), epochs=20, progress=False)
apart = [neuron.b.data for neuron in model.layers[0].neurons]
print("引出的权重不同时，它们的偏置是", [round(b, 3) for b in apart])
assert min(abs(a - b) for a, b in zip(apart, apart[1:])) > 1e-3

# %% [markdown]
# ## 线性层会合并
#
# 没有激活函数，三层就是一层，而且可能性比参数的个数所许诺的要少：
#
# $$W_3(W_2(W_1 x + b_1) + b_2) + b_3 = (W_3 W_2 W_1)\,x + (W_3 W_2 b_1 + W_3 b_2 + b_3) .$$

# %%
rng = random.Random(2)
deep = MLP(2, [3, 4, 2], activation="linear", rng=rng)
for p in deep.parameters():
    p.data = rng.uniform(-1, 1)


def apply(layer, x):
    return [sum(w.data * a for w, a in zip(n.w, x)) + n.b.data for n in layer.neurons]


def collapsed(x):  # 那一个矩阵和一个偏置，从几个角上读出来
    zero, e1, e2 = ([v.data for v in deep(p)] for p in ([0.0, 0.0], [1.0, 0.0], [0.0, 1.0]))
    return [c + (a - c) * x[0] + (b - c) * x[1] for c, a, b in zip(zero, e1, e2)]


for x in ([0.3, -0.7], [5.0, 11.0]):
    out = x
    for layer in deep.layers:
        out = apply(layer, out)
    assert all(abs(a - b) < 1e-12 for a, b in zip(out, collapsed(x)))
print(len(deep.parameters()), "个参数，只起到 6 个的作用")

# %% [markdown]
# ## 饱和的神经元会沉睡
#
# 有了激活函数，每个通过的梯度都要乘上它的斜率：
#
# | 激活函数 | 斜率 | 最大 | 远处 |
# |---|---|---|---|
# | sigmoid | $\sigma(1-\sigma)$ | ¼ | 两边都 → 0 |
# | tanh | $1 - \tanh^2$ | 1 | 两边都 → 0 |
# | ReLU | 0 或 1 | 1 | 左边是 0，右边是 1 |
#
# 如果每个样本都落在左边，这个 ReLU 单元就*死*了：没有梯度能到达它的权重，也没有什么能使它复活。只有一部分样本落在左边，则正是它的用处。

# %%
from autograd_lite import grad, relu, sigmoid, tanh

print("  z   sigmoid'    tanh'   relu'")
for z in (-10.0, -2.0, 0.5, 2.0, 10.0):
    slopes = [grad(f)(z) for f in (sigmoid, tanh, relu)]
    print(f"{z:+5.1f} {slopes[0]:9.2e} {slopes[1]:9.2e} {slopes[2]:5.0f}")
    s, t = 1 / (1 + math.exp(-z)), math.tanh(z)
    assert abs(slopes[0] - s * (1 - s)) < 1e-12
    assert abs(slopes[1] - (1 - t * t)) < 1e-12
    assert slopes[0] < grad(sigmoid)(0.0) == 0.25 and slopes[1] < grad(tanh)(0.0) == 1.0 and slopes[2] == (z > 0)

# %%
from viz import draw_curves

zs = [i / 20 for i in range(-120, 121)]
draw_curves(
    {name: [(z, grad(f)(z)) for z in zs] for name, f in (("sigmoid", sigmoid), ("tanh", tanh), ("ReLU", relu))},
    x="z",
    y="斜率",
    title="三种激活函数的斜率",
    lang="zh",
)

# %% [markdown]
# ## 取多大：Xavier 与 He
#
# 设权重相互独立，均值为 0，方差为 $v$，输入的均方为 $q$。在 $z = \sum_{i=1}^n w_i x_i$ 里，交叉项平均掉了，
#
# $$\mathrm E[z^2] = \sum_{i=1}^{n} \mathrm E[w_i^2]\,\mathrm E[x_i^2] = n_{in}\, v\, q :$$
#
# 每一层把信号的均方乘以 $n_{in} v$。往回走时，一个神经元从 $n_{out}$ 个神经元那里收集梯度，梯度的均方乘以 $n_{out} v$。
#
# - **Xavier：** $v = 2/(n_{in} + n_{out})$ 使两者都接近 1，适合在 0 附近近似直线的 tanh。从 $[-r, r]$ 均匀抽取，方差是 $r^2/3$，
#   所以 $r = \sqrt{6/(n_{in} + n_{out})}$。
# - **He：** $v = 2/n_{in}$：ReLU 把一半的信号变成 0，用 2 来补偿。

# %%
from nn import he, xavier

rng = random.Random(0)
n_in, n_out = 40, 60
draws = [xavier(n_in, n_out, rng) for _ in range(20_000)]
assert abs(sum(d * d for d in draws) / len(draws) / (2 / (n_in + n_out)) - 1) < 0.05
draws = [he(n_in, n_out, rng) for _ in range(20_000)]
assert abs(sum(d * d for d in draws) / len(draws) / (2 / n_in) - 1) < 0.05

# %% [markdown]
# ## 把爆炸与消失画出来
#
# 八层，每层十个神经元，每层 $\delta = \partial L/\partial z$（也就是偏置的梯度）的范数。反向传播从右边的第 8 层走到左边的第 1 层。


# %%
def gradient_profile(init, activation="tanh", depth=8, width=10, seed=1):
    rng = random.Random(seed)
    model = MLP(width, [width] * depth, activation=activation, output_activation=activation, init=init, rng=rng)
    outputs = model([rng.uniform(-1, 1) for _ in range(width)])
    backward(outputs, seeds=[1.0] * width)
    return [math.hypot(*(n.b.grad for n in layer.neurons)) for layer in model.layers]


def small(n_in, n_out, rng):
    return rng.gauss(0.0, 0.05)


def large(n_in, n_out, rng):
    return rng.gauss(0.0, 1.5)


profiles = {
    "太小": gradient_profile(small),
    "Xavier": gradient_profile(xavier),
    "太大，线性": gradient_profile(large, "linear"),
    "太大，tanh": gradient_profile(large),
}
for name, norms in profiles.items():
    print(f"{name:>18}:", " ".join(f"{norm:8.1e}" for norm in norms))
assert profiles["太小"][0] < 1e-4 * profiles["太小"][-1]
assert all(a < 0.4 * b for a, b in zip(profiles["太小"], profiles["太小"][1:]))  # 每一层都如此
assert 0.1 < profiles["Xavier"][0] / profiles["Xavier"][-1] < 10
assert profiles["太大，线性"][0] > 1e3 * profiles["太大，线性"][-1]

# %%
draw_curves(
    {name: list(enumerate(norms, start=1)) for name, norms in profiles.items()},
    x="层",
    y="δ 的范数",
    log=True,
    title="四种初始化下，梯度穿过八层",
    lang="zh",
)

# %% [markdown]
# 权重小：梯度*消失*，每层缩小到四分之一至十分之一。权重大而没有激活函数：梯度*爆炸*。Xavier 保持大小不变。权重大而有 tanh：大多数神经元饱和在 ±1，
# 那里斜率接近 0；少数没有饱和的，则把各自收到的放大 1.5 倍传下去。每层十个神经元，谁占上风全凭运气。每层一百个，总有一些传下去，于是爆炸。
# 从第 8 层到第 1 层，范数变成多少倍？


# %%
def growth(init, activation="tanh", **options):
    norms = gradient_profile(init, activation, **options)
    return norms[0] / norms[-1]


narrow = [growth(large, seed=seed) for seed in range(1, 21)]
wide = [growth(large, seed=seed, width=100) for seed in (1, 2)]
print("十个神经元：", *(f"{g:.2g}" for g in narrow))
print("一百个：", *(f"{g:.2g}" for g in wide))
assert min(narrow) < 0.5 and max(narrow) > 5 and min(wide) > 10

# %% [markdown]
# ReLU 的情形：一半的斜率是 0，另一半是 1：

# %%
from nn import he

profiles = {"He": gradient_profile(he, "relu", width=30), "Xavier": gradient_profile(xavier, "relu", width=30)}
print({name: round(norms[0] / norms[-1], 3) for name, norms in profiles.items()})
assert profiles["He"][0] / profiles["He"][-1] > 4 * profiles["Xavier"][0] / profiles["Xavier"][-1]
draw_curves(
    {name: list(enumerate(norms, start=1)) for name, norms in profiles.items()},
    x="层",
    y="δ 的范数",
    log=True,
    title="梯度穿过八层 ReLU",
    lang="zh",
)

# %% [markdown]
# 每层 $\sqrt{1/2}$ 似乎不算什么。八层就是 $\sqrt{1/2}^{\,7} \approx 0.09$，五十层则只剩两千多万分之一。
#
# 那么八层、每层一百个神经元的 sigmoid 网络呢？用 Xavier（$v = 1/n$），梯度消失。sigmoid 的最大斜率是 ¼，所以 $v = 16/n$ 似乎可以补偿。其实不行：
# 权重这样大，$z$ 远离 0，那里的斜率小于 ¼。大约要 $100/n$。

# %%
assert 0.08 < math.sqrt(0.5) ** 7 < 0.09 and 2e7 < 1 / math.sqrt(0.5) ** 49 < 3e7
for c in (1, 16, 100):
    g = growth(lambda n_in, n_out, rng: rng.gauss(0.0, math.sqrt(c / n_in)), "sigmoid", width=100)
    print(f"v = {c}/n：从第 8 层到第 1 层，δ 的范数变为 {g:.1e} 倍")
    assert g < 1e-3 if c == 1 else g < 0.2 if c == 16 else 0.2 < g < 5

# %% [markdown]
# ## 小结
#
# - 引入和引出的权重全都相同的神经元，永远相同；随机的权重打破对称性。
# - 线性层会合并成一层。每个激活函数都给梯度乘上自己的斜率，sigmoid 的斜率最大是 ¼。
# - 一层把信号的均方乘以 $n_{in} v$，把梯度的均方乘以 $n_{out} v$；Xavier 和 He 使两者都接近 1。
# - 小权重使梯度消失；大权重而没有激活函数，使梯度爆炸；配上 tanh，则取决于宽度。
#
# ## 练习
#
# **练习 1。** 一层 $n_{in} = 40$，$n_{out} = 60$，从 $[-r, r]$ 均匀抽取。Xavier 的 $r$ 是多少？

# %%
from viz import Exercise

check_1 = Exercise(
    math.sqrt(6 / (40 + 60)),
    because=r"$r = \sqrt{6/(n_{in} + n_{out})}$.",
    slips={
        "这是方差": 0.02,
        r"这是标准差；均匀分布要抽到它的 $\sqrt 3$ 倍那么远": math.sqrt(0.02),
        "这是 He 的方差": 2 / 40,
    },
    lang="zh",
)

# %% [markdown]
# **练习 2。** $n_{in} = 100$ 个输入，均方为 0.5，权重的方差是 0.04。$z$ 的均方是多少？

# %%
check_2 = Exercise(
    100 * 0.04 * 0.5,
    because=r"$n_{in}\, v\, q$.",
    slips={
        "所有输入的项要相加": 0.04 * 0.5,
        "这是因子 $n_{in} v$；输入的均方是 0.5": 4.0,
        "这是它的平方根": math.sqrt(2.0),
    },
    lang="zh",
)

# %% [markdown]
# **练习 3。** 十个 sigmoid 层，每层一个神经元，权重都是 1。最后一个加权和处的梯度，往回走九层到第一个加权和，最多剩下几分之几？

# %%
check_3 = Exercise(
    0.25**9,
    because="每一步乘上一个不超过 ¼ 的斜率：大约剩下百万分之四。",
    slips={
        "从第十个加权和到第一个，是九步": 0.25**10,
        "斜率是相乘，不是相加": 9 * 0.25,
        "这只是一步": 0.25,
        "½ 是 0 处的值，不是最大的斜率": 0.5**9,
    },
    lang="zh",
)
