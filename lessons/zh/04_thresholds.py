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
# # 4. 带阈值的网络
#
# **问题：** 反向传播背后的递推公式，对任意多层怎样写？
#
# **先修：** 第 3 课。
#
# 许多教材给每个神经元一个*阈值* $b$，加权和超过它才会激活：
#
# $$z^{(l)}_k = \sum_j w^{(l)}_{kj}\, a^{(l-1)}_j - b^{(l)}_k, \qquad a^{(l)}_k = \sigma(z^{(l)}_k), \qquad L = \tfrac12 \sum_k (\hat y_k - y_k)^2 ,$$
#
# 层号 $l = 1 \dots N$，各层有 $K_1 \dots K_N$ 个神经元。注意符号：$\partial z / \partial b = -1$。
# 加权输入之和是 0.8、阈值是 0.5 的神经元，$z = 0.3$；阈值升到 0.6，$z$ 就降到 0.2。
#
# 写下标之前先看一个数。一个神经元通过权重 3 和 −1 通向另外两个神经元，损失对它们的加权和的梯度是 0.2 和 0.5。
# 把它的输出增加 0.01，两个加权和变动 0.03 和 −0.01，损失变动 $0.2 \cdot 0.03 - 0.5 \cdot 0.01 = 0.001$。
# 所以这个输出处的梯度是 $3 \cdot 0.2 - 1 \cdot 0.5 = 0.1$：它对后面每个神经元的影响，加在一起。本课其余的内容，就是把这个和写到每一层。
#
# ## 递推公式
#
# 给每个加权和处的梯度起一个名字，$\delta^{(l)}_k = \partial L / \partial z^{(l)}_k$。在最后一层，$a^{(N)}_k = \hat y_k$
# 直接出现在 $L$ 里，而 sigmoid 的斜率是 $a(1-a)$：
#
# $$\delta^{(N)}_k = \frac{\partial L}{\partial \hat y_k}\,\frac{\partial \hat y_k}{\partial z^{(N)}_k} = (\hat y_k - y_k)\, \hat y_k (1 - \hat y_k).$$
#
# 第 $l$ 层的神经元 $j$ 通向第 $l + 1$ 层的*每一个*神经元：这就是扇出，所以各份贡献相加，
#
# $$\delta^{(l)}_j = \sum_k \frac{\partial L}{\partial z^{(l+1)}_k}\, \frac{\partial z^{(l+1)}_k}{\partial a^{(l)}_j}\, \frac{\partial a^{(l)}_j}{\partial z^{(l)}_j},
# \qquad \frac{\partial z^{(l+1)}_k}{\partial a^{(l)}_j} = w^{(l+1)}_{kj}.$$
#
# 把 sigmoid 的斜率提到求和号外面，就得到从第 $N$ 层一直推回第 1 层的递推公式：
#
# $$\delta^{(l)}_j = a^{(l)}_j (1 - a^{(l)}_j) \sum_k w^{(l+1)}_{kj}\, \delta^{(l+1)}_k .$$
#
# 最后，$\partial z^{(l)}_k / \partial w^{(l)}_{kj} = a^{(l-1)}_j$，所以每个梯度都是相邻两个量的乘积（其中 $a^{(0)} = x$）：
#
# $$\frac{\partial L}{\partial w^{(l)}_{kj}} = \delta^{(l)}_k\, a^{(l-1)}_j, \qquad \frac{\partial L}{\partial b^{(l)}_k} = -\delta^{(l)}_k .$$

# %%
import math
import random

from nn import MLP, half_squared_error

rng = random.Random(7)
sizes = [3, 4, 3, 2]  # 输入个数，然后是 K₁、K₂、K₃
model = MLP(3, sizes[1:], activation="sigmoid", output_activation="sigmoid", bias="threshold", rng=rng)
for layer in model.layers:
    for neuron in layer.neurons:
        neuron.b.data = rng.uniform(-0.5, 0.5)

x, y = [0.2, -0.7, 0.5], [1.0, 0.0]
outputs = model(x)
loss = half_squared_error(outputs, y)
loss.backward()

# %% [markdown]
# 把递推写成代码，只用浮点数的列表：先前向，再从第 N 层推回第 1 层。

# %%
weights = [[[w.data for w in n.w] for n in layer.neurons] for layer in model.layers]
thresholds = [[n.b.data for n in layer.neurons] for layer in model.layers]

activations = [x]
for W, b in zip(weights, thresholds):
    z = [sum(w * a for w, a in zip(row, activations[-1])) - bk for row, bk in zip(W, b)]
    activations.append([1 / (1 + math.exp(-zk)) for zk in z])

deltas = [[(a - t) * a * (1 - a) for a, t in zip(activations[-1], y)]]
for layer in range(len(weights) - 1, 0, -1):
    W, following = weights[layer], deltas[0]
    arriving = [sum(W[k][j] * following[k] for k in range(len(W))) for j in range(len(W[0]))]
    deltas.insert(0, [a * (1 - a) * g for a, g in zip(activations[layer], arriving)])

# %% [markdown]
# 把引擎算出的每一个权重、每一个阈值的梯度，与递推公式逐一核对：

# %%
for layer, delta, a in zip(model.layers, deltas, activations):
    for neuron, dk in zip(layer.neurons, delta):
        assert abs(neuron.b.grad - -dk) < 1e-12
        for w, aj in zip(neuron.w, a):
            assert abs(w.grad - dk * aj) < 1e-12
print("全部", len(model.parameters()), "个梯度都与递推公式一致")

# %% [markdown]
# 更新时阈值的符号同样要紧：$b \leftarrow b - \eta\,\partial L/\partial b = b + \eta\,\delta$。应当少激活一些的神经元
# （$\delta > 0$），阈值会*升高*。更新所有参数，如此反复：

# %%
eta, losses = 2.0, []
for step in range(100):
    loss = half_squared_error(model(x), y)
    losses.append(loss.data)
    model.zero_grad()
    loss.backward()
    for p in model.parameters():
        p.data -= eta * p.grad
print(f"L: {losses[0]:.4f} -> {losses[-1]:.4f}")
assert losses[-1] < 0.1 * losses[0]

# %% [markdown]
# 整个网络，每个神经元一个方框，颜色表示其中梯度的大小。梯度从输出往回算，一路上越来越小：斜率 $a(1-a)$ 最大也只有 ¼。
# 第 17 课会问该怎么办。

# %%
from viz import draw

loss = half_squared_error(model(x), y)
model.zero_grad()
loss.backward()
largest = [max(abs(p.grad) for p in layer.parameters()) for layer in model.layers]
print("各层最大的梯度：", *(f"{g:.1e}" for g in largest))
assert largest == sorted(largest)
assert all(neuron_output * (1 - neuron_output) <= 0.25 for a in activations[1:] for neuron_output in a)
draw(loss, collapse="Neuron", lang="zh")

# %% [markdown]
# ## 小结
#
# - 一层的 $\delta$，是斜率乘以下一层各个 $\delta$ 按相连权重的加权和；它从最后一层的 $(\hat y - y)\,\hat y (1 - \hat y)$ 开始。
# - 每个梯度都是 $\delta$ 乘以输入进来的激活值；阈值的梯度是 $-\delta$。它们全部与引擎算出的一致。
# - 在这个网络里，梯度往回走时一层比一层小。
#
# ## 练习
#
# 有一份流传很广的讲义，在这些公式里有四处错误。请逐一改正。（用中心差分能发现后三处：把公式与 $(f(z + h) - f(z - h))/2h$ 比较。
# 第一处则不能：那个错误的 $\sigma$，斜率也恰好是 $\sigma(1 - \sigma)$。）
#
# **练习 1。** 讲义写的是 $\sigma(z) = \dfrac{1}{1 - e^{-z}}$。用 $z$ 的函数回答。

# %%
from viz import Exercise


def sigma(z):
    return 1 / (1 + math.exp(-z))


wrong = lambda z: 1 / (1 - math.exp(-z))
assert abs((wrong(0.3 + 1e-6) - wrong(0.3 - 1e-6)) / 2e-6 - wrong(0.3) * (1 - wrong(0.3))) < 1e-6
check_1 = Exercise(
    sigma,
    because="加号使它从 0 升到 1；减号则使它在 0 处有极点，而且取值从不在 0 与 1 之间。",
    slips={
        "这就是讲义上的写法": wrong,
        r"这是 $\sigma(-z)$，它是下降的": lambda z: 1 / (1 + math.exp(z)),
    },
    at=[0.3, -1.2, 2.0],
    lang="zh",
)

# %% [markdown]
# **练习 2。** 讲义写的是 $\sigma'(z) = \sigma(z)\,\sigma(1 - z)$。用 $z$ 的函数回答。

# %%
check_2 = Exercise(
    lambda z: sigma(z) * (1 - sigma(z)),
    because=r"$\sigma'(z) = \sigma(z)\,(1 - \sigma(z))$：1 在括号外面。",
    slips={
        r"这就是讲义上的写法：$\sigma(1 - z)$ 是 sigmoid 在另一点的值": lambda z: sigma(z) * sigma(1 - z),
        r"这是 $1 - \sigma^2$；斜率是这种形式的只有 tanh": lambda z: 1 - sigma(z) ** 2,
        "要的是 $z$ 的函数，不是激活值的函数": lambda z: z * (1 - z),
    },
    at=[0.3, -1.2, 2.0],
    lang="zh",
)
for z in check_2.at:
    assert abs(check_2.answer(z) - (sigma(z + 1e-6) - sigma(z - 1e-6)) / 2e-6) < 1e-9

# %% [markdown]
# **练习 3。** 最后一层，讲义写的是 $\delta = (y - \hat y)\,\hat y (1 - \hat y)$，随后又沿负梯度更新，$w - \eta\, \delta\, a$。
# 当 $\hat y = 0.8$、$y = 1$ 时，$\delta$ 应当是多少？

# %%
check_3 = Exercise(
    (0.8 - 1) * 0.8 * (1 - 0.8),
    because="应当是预测减去目标：输出偏低，加权和增大，损失就减小。",
    slips={
        "这就是讲义上的写法：照它更新，损失会上升": (1 - 0.8) * 0.8 * (1 - 0.8),
        "漏了 sigmoid 的斜率": 0.8 - 1,
        "这只是斜率": 0.8 * (1 - 0.8),
    },
    lang="zh",
)

# %% [markdown]
# **练习 4。** 讲义写的是 $\delta_j = a_j (1 - a_j)\, w_{kj}\, \delta_k$。设 $a_j = 0.6$，通向下一层两个神经元的权重是 0.5 和 −2，
# 它们的 $\delta$ 是 0.2 和 0.3，$\delta_j$ 是多少？

# %%
check_4 = Exercise(
    0.6 * (1 - 0.6) * (0.5 * 0.2 - 2 * 0.3),
    because=r"讲义漏了对 $k$ 的求和。两条路径都要算：$0.24 \cdot (0.1 - 0.6)$。",
    slips={
        "这只是第一条路径": 0.6 * (1 - 0.6) * 0.5 * 0.2,
        "这只是第二条路径": 0.6 * (1 - 0.6) * -2 * 0.3,
        "这只是和，还要乘上神经元自己的斜率": 0.5 * 0.2 - 2 * 0.3,
        "权重有正负号": 0.6 * (1 - 0.6) * (0.5 * 0.2 + 2 * 0.3),
    },
    lang="zh",
)

# %% [markdown]
# **练习 5。** 换成 tanh 单元。把 $\delta_j$ 写成 $a_j$ 和传来的和 $s = \sum_k w_{kj} \delta_k$ 的函数。

# %%
check_5 = Exercise(
    lambda a, s: (1 - a * a) * s,
    because="把 $a(1-a)$ 换成 $1 - a^2$，这里和最后一层都要换。",
    slips={
        "这是 sigmoid 的斜率": lambda a, s: a * (1 - a) * s,
        "tanh 的斜率里平方的是激活值，不是差": lambda a, s: (1 - a) ** 2 * s,
        "传来的和还要乘上斜率": lambda a, s: s,
    },
    at=[(0.5, 0.2), (-0.8, 1.5)],
    lang="zh",
)
