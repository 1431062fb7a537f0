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
# # 8. 偏置的两种写法
#
# **问题：** 偏置是一个独立的参数，还是一个输入恒为 1 的权重？
#
# **先修：** 第 4 课、第 5 课。
#
# 两种写法书上都有：
#
# $$z = \sum_{i=1}^{n} w_i x_i + b \qquad\text{或}\qquad z = \sum_{i=0}^{n} w_i x_i \ \text{ 其中 } x_0 = 1,\ w_0 = b .$$
#
# 设两个输入是 0.5 和 −1.5，权重是 2 和 1，偏置是 0.3：$2 \cdot 0.5 + 1 \cdot (-1.5) + 0.3 = -0.2$；或者加上一个永远不变的第三个输入，
# $2 \cdot 0.5 + 1 \cdot (-1.5) + 0.3 \cdot 1 = -0.2$。
#
# 它们是同样这些数的同一个函数。$\partial z/\partial b = 1$，而 $\partial z/\partial w_0 = x_0 = 1$，所以记
# $\delta = \partial L/\partial z$，两种写法都给出 $\partial L/\partial b = \delta \cdot 1 = \partial L/\partial w_0$。

# %%
import math
import random

from autograd_lite import dot
from nn import Neuron

x, target = [0.5, -1.5, 2.0], 0.25
added = Neuron(3, bias="add", rng=random.Random(2))
as_input = Neuron(3, bias="input", rng=random.Random(2))
added.b.data = as_input.b.data = 0.3

for neuron in (added, as_input):
    (0.5 * (neuron(x) - target) ** 2).backward()
for mine, theirs in zip(added.parameters(), as_input.parameters()):
    print(f"{mine.label:>2} {mine.grad:+.12f}    {theirs.label:>2} {theirs.grad:+.12f}")
    assert abs(mine.grad - theirs.grad) < 1e-12

# %% [markdown]
# 下面是只有一个输入的神经元的计算图。第一幅里 $b$ 是加上去的；第二幅里它是 $w_0$，先乘以 1。区别仅此而已。

# %%
from viz import draw

draw(Neuron(1, bias="add", fused=False, rng=random.Random(2))([0.5]), lang="zh")

# %%
draw(Neuron(1, bias="input", fused=False, rng=random.Random(2))([0.5]), lang="zh")

# %% [markdown]
# 手算，$\delta = (\hat y - y)(1 - \hat y^2)$：第 $i$ 个权重的梯度是 $\delta x_i$，偏置的梯度是
# $\delta \cdot 1$。

# %%
y = added(x).data
delta = (y - target) * (1 - y * y)
for parameter, xi in zip(added.parameters(), [*x, 1.0]):
    assert abs(parameter.grad - delta * xi) < 1e-12

# %% [markdown]
# ## 一整层的两种画法
#
# 对于一整层，书上有两种画法。第一种画一个永远输出 1 的单元，与所有神经元相连，偏置就是这些连线上的权重。
# 第二种给每个神经元一个它自己的常数，用权重为 1 的连线接上去。

# %%
from autograd_lite import Value, tanh

one, x1 = Value(1.0, "1"), Value(0.5, "x")
w1, w2 = Value(2.0, "w1"), Value(-1.0, "w2")
b1, b2 = Value(0.3, "b1"), Value(0.1, "b2")
draw(tanh(w1 * x1 + b1 * one) + tanh(w2 * x1 + b2 * one), lang="zh")

# %%
draw(tanh(w1 * x1 + b1 * 1.0) + tanh(w2 * x1 + b2 * 1.0), lang="zh")

# %% [markdown]
# 看 $b_1$ 和 $b_2$ 的梯度：两幅图里相同，都是 $\delta_k \cdot 1$。第一幅图里的单元 1 也有梯度，$\sum_k \delta_k b_k$，因为所有神经元都用到它。
# 但这个梯度没有用处：单元 1 不是参数。

# %%
L = tanh(w1 * x1 + b1 * one) + tanh(w2 * x1 + b2 * one)
L.backward()
delta_1, delta_2 = (1 - math.tanh(z) ** 2 for z in (2.0 * 0.5 + 0.3, -1.0 * 0.5 + 0.1))
assert abs(b1.grad - delta_1) < 1e-12 and abs(b2.grad - delta_2) < 1e-12
assert abs(one.grad - (delta_1 * 0.3 + delta_2 * 0.1)) < 1e-12

# %% [markdown]
# 第一种画法正合矩阵的胃口。把样本作为 $X$ 的各行，旁边加一列 1，偏置就成了 $W$ 的最后一行：一次乘法全部算完，梯度也是如此。
#
# $$Z = [X\ \mathbf 1]\, W, \qquad W = \begin{pmatrix} w_{11} & \cdots & w_{1K} \\ \vdots & & \vdots \\ w_{n1} & \cdots & w_{nK} \\ b_1 & \cdots & b_K \end{pmatrix},
# \qquad dW = [X\ \mathbf 1]^T dZ .$$
#
# $dW$ 的最后一行是 $\mathbf 1^T dZ$：每个神经元的 $\delta$ 对所有样本求和。

# %%
from nn import Layer


def matmul(P, Q):
    return [[sum(p * q for p, q in zip(row, column)) for column in zip(*Q)] for row in P]


rng = random.Random(3)
layer = Layer(2, 3, activation="tanh", rng=rng)
for neuron in layer.neurons:
    neuron.b.data = rng.uniform(-1, 1)
X = [[rng.uniform(-1, 1) for _ in range(2)] for _ in range(4)]
X1 = [[*row, 1.0] for row in X]
W = [list(row) for row in zip(*([*(w.data for w in n.w), n.b.data] for n in layer.neurons))]
Z = matmul(X1, W)
outputs = [layer(row) for row in X]
for row, z_row in zip(outputs, Z):
    assert all(abs(out.data - math.tanh(z)) < 1e-12 for out, z in zip(row, z_row))

sum(out for row in outputs for out in row).backward()
dZ = [[1 - math.tanh(z) ** 2 for z in row] for row in Z]
dW = matmul([list(column) for column in zip(*X1)], dZ)
for k, neuron in enumerate(layer.neurons):
    for parameter, row in zip((*neuron.w, neuron.b), dW):
        assert abs(parameter.grad - row[k]) < 1e-12
print(f"[X 1] 是 {len(X1)} × {len(X1[0])}，W 是 {len(W)} × {len(W[0])}，Z 是 {len(Z)} × {len(Z[0])}")

# %% [markdown]
# ## 阈值就是变号的偏置
#
# $z = w \cdot x - b$：$b$ 的梯度变号，参数本身也变号，所以学习过程完全一样。

# %%
threshold = Neuron(3, bias="threshold", rng=random.Random(2))
threshold.b.data = -0.3
(0.5 * (threshold(x) - target) ** 2).backward()
assert abs(threshold.b.grad + added.b.grad) < 1e-12

for neuron in (added, threshold, as_input):
    for p in neuron.parameters():
        p.data -= 0.1 * p.grad
assert abs(added(x).data - threshold(x).data) < 1e-12
assert abs(added(x).data - as_input(x).data) < 1e-12
print("走一步之后，三种写法都得到", round(added(x).data, 12))

# %% [markdown]
# ## 区别在于正则化和初始化
#
# L2 惩罚项使权重缩小，但不管偏置（第 9 课）。偏置如果混在权重里，就要记得把它排除在外；`nn.l2_penalty` 会这样做。
#
# 权重随机初始化（第 17 课），偏置从 0 开始：它们不需要打破对称性。在这里 $w_0$ 同样要排除在外。

# %%
from nn import l2_penalty

for neuron in (added, as_input):
    weights = [w.data for w in neuron.w]
    assert abs(l2_penalty(neuron).data - dot(weights, weights)) < 1e-12
    fresh = Neuron(3, bias="add" if neuron is added else "input", rng=random.Random(2))
    assert fresh.b.data == 0.0 and all(w.data != 0.0 for w in fresh.w)

# %% [markdown]
# 没有偏置的神经元，在 $x = 0$ 处无论权重是什么，都输出 $f(0)$：它改变主意的分界线 $z = 0$ 必定经过原点。

# %%
for seed in range(5):
    assert Neuron(2, bias=None, activation="sigmoid", rng=random.Random(seed))([0.0, 0.0]).data == 0.5

# %% [markdown]
# ## 小结
#
# - 独立的偏置，与常数输入 1 的权重，值相同，梯度也相同，都是 $\delta$；走一步之后仍然相等。
# - 对于一整层：一个单元 1，到每个神经元各有一个权重；或者每个神经元一个常数，权重为 1。写成矩阵，前者是
#   $[X\ \mathbf 1]\,W$，$dW$ 的最后一行是 $\delta$ 对样本求和。
# - 阈值是变号的偏置，学到的东西一样。
# - 惩罚项和随机初始化都要把偏置排除在外，不论它放在哪里。
#
# ## 练习
#
# **练习 1。** 20 个样本按行排列，5 个输入，3 个神经元。$[X\ \mathbf 1]\,W$ 中 $W$ 的大小是多少？用元组回答。

# %%
from viz import Exercise

check_1 = Exercise(
    (6, 3),
    because="每个输入一行，偏置一行，每个神经元一列。",
    slips={
        "这没有算偏置": (5, 3),
        "这里样本按行排列，所以一个神经元是 $W$ 的一列": (3, 6),
        "1 是 $X$ 的一列，所以偏置是 $W$ 的一行": (5, 4),
        r"这是 $[X\ \mathbf 1]$ 的大小": (20, 6),
    },
    lang="zh",
)

# %% [markdown]
# **练习 2。** 第一种画法，$b_1 = 0.3$，$b_2 = 0.1$，两个加权和处 $\delta_1 = 0.2$，$\delta_2 = -0.5$。两个偏置的梯度是多少？用元组回答。

# %%
check_2 = Exercise(
    (0.2, -0.5),
    because=r"$\delta_k$ 乘以输入，而输入是 1。",
    slips={
        "这是传到单元 1 的各项；在连线处，乘上的是单元的输出": (
            0.2 * 0.3,
            -0.5 * 0.1,
        ),
        "这是阈值的梯度": (-0.2, 0.5),
        "每个偏置只属于一个神经元；求和发生在单元 1 处": (-0.3, -0.3),
    },
    lang="zh",
)

# %% [markdown]
# **练习 3。** 阈值是 0.1，$\delta = \partial L/\partial z = 0.4$。以 $\eta = 0.5$ 走一步之后，阈值是多少？

# %%
check_3 = Exercise(
    0.1 + 0.5 * 0.4,
    because=r"阈值的梯度是 $-\delta$，所以它升高：神经元应当少激活一些。",
    slips={
        "偏置才会这样变": 0.1 - 0.5 * 0.4,
        r"漏了 $\eta$": 0.1 + 0.4,
        "这只是走的那一步": 0.5 * 0.4,
    },
    lang="zh",
)
