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
# 许多教材给神经元一个*阈值* $b$，加权和要超过它才行：
#
# $$z^{(l)}_k = \sum_j w^{(l)}_{kj}\, a^{(l-1)}_j - b^{(l)}_k, \qquad a^{(l)}_k = \sigma(z^{(l)}_k), \qquad L = \tfrac12 \sum_k (\hat y_k - y_k)^2 ,$$
#
# 其中层 $l = 1 \dots N$，各有 $K_1 \dots K_N$ 个神经元。注意符号：$\partial z / \partial b = -1$。
#
# ## 递推
#
# 记 $\delta^{(l)}_k = \partial L / \partial z^{(l)}_k$。在最后一层
#
# $$\delta^{(N)}_k = (\hat y_k - y_k)\, \hat y_k (1 - \hat y_k).$$
#
# 第 $l$ 层的神经元 $j$ 供给第 $l + 1$ 层的*所有*神经元：这就是扇出，各份贡献相加，
#
# $$\delta^{(l)}_j = a^{(l)}_j (1 - a^{(l)}_j) \sum_k w^{(l+1)}_{kj}\, \delta^{(l+1)}_k ,$$
#
# 而每个梯度都是相邻两者的乘积：
#
# $$\frac{\partial L}{\partial w^{(l)}_{kj}} = \delta^{(l)}_k\, a^{(l-1)}_j, \qquad \frac{\partial L}{\partial b^{(l)}_k} = -\delta^{(l)}_k .$$

# %%
import math
import random

from nn import MLP, half_squared_error

rng = random.Random(7)
sizes = [3, 4, 3, 2]  # inputs, then K₁, K₂, K₃
model = MLP(3, sizes[1:], activation="sigmoid", output_activation="sigmoid", bias="threshold", rng=rng)
for layer in model.layers:
    for neuron in layer.neurons:
        neuron.b.data = rng.uniform(-0.5, 0.5)

x, y = [0.2, -0.7, 0.5], [1.0, 0.0]
outputs = model(x)
loss = half_squared_error(outputs, y)
loss.backward()

# %% [markdown]
# 把递推写成代码，只用浮点数的列表：先前向，再从第 N 层回到第 1 层。

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
    deltas.insert(
        0,
        [a * (1 - a) * sum(W[k][j] * following[k] for k in range(len(W))) for j, a in enumerate(activations[layer])],
    )

# %%
for layer, delta, a in zip(model.layers, deltas, activations):
    for neuron, dk in zip(layer.neurons, delta):
        assert abs(neuron.b.grad - -dk) < 1e-12
        for w, aj in zip(neuron.w, a):
            assert abs(w.grad - dk * aj) < 1e-12
print("all", len(model.parameters()), "gradients agree with the recursion")

# %% [markdown]
# 更新时阈值的符号同样要紧：$b \leftarrow b - \eta\,\partial L/\partial b = b + \eta\,\delta$。一个应当少激活一些的神经元，
# 阈值会*升高*。

# %%
from viz import draw

draw(loss, style="compact")

# %% [markdown]
# **练习。** 为 tanh 单元写出递推：把 $a(1-a)$ 换成 $1 - a^2$，共两处。
