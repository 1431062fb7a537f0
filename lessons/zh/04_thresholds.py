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
# 许多教材给每个神经元一个*阈值* $b$，加权和超过它才会激活：
#
# $$z^{(l)}_k = \sum_j w^{(l)}_{kj}\, a^{(l-1)}_j - b^{(l)}_k, \qquad a^{(l)}_k = \sigma(z^{(l)}_k), \qquad L = \tfrac12 \sum_k (\hat y_k - y_k)^2 ,$$
#
# 层号 $l = 1 \dots N$，各层有 $K_1 \dots K_N$ 个神经元。注意符号：$\partial z / \partial b = -1$。
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
# 整个网络，每个神经元一个方框，颜色表示其中梯度的大小。梯度从右往左算，一路上越来越小：斜率 $a(1-a)$ 最大也只有 ¼。
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
# **练习。** 为 tanh 单元写出递推公式：把 $a(1-a)$ 换成 $1 - a^2$，共两处。
