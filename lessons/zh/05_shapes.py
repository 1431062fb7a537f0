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
# # 5. 形状：整批来看
#
# **问题：** 许多样本一起通过网络时，A、W 和 dW 各有多大？对样本的求和从哪里来？
#
# **先修：** 第 2 课、第 3 课。
#
# 先看一个权重。它是某个神经元唯一的权重，三个样本给它送来的输入是 1、2 和 −1；在这个神经元的加权和处，三个损失的梯度是 0.5、−0.1 和 0.2。
# 移动这个权重，三个加权和都跟着动，所以它的梯度是
# $0.5 \cdot 1 - 0.1 \cdot 2 + 0.2 \cdot (-1) = 0.1$：一行乘以一列，对样本求和。
#
# 把 $m$ 个样本作为*列*，有 $n_l$ 个神经元的第 $l$ 层就是一次矩阵乘法：
#
# $$Z^{[l]} = W^{[l]} A^{[l-1]} + b^{[l]}, \qquad A^{[l]} = f(Z^{[l]}), \qquad A^{[0]} = X .$$
#
# | 矩阵 | 大小 | 理由 |
# |---|---|---|
# | $A^{[l]}$、$dA^{[l]}$ | $n_l \times m$ | 每个样本一列 |
# | $W^{[l]}$、$dW^{[l]}$ | $n_l \times n_{l-1}$ | 谁的梯度，就和谁一样大 |
# | $b^{[l]}$、$db^{[l]}$ | $n_l \times 1$ | 每一列都相同 |
# | $Z^{[l]}$、$dZ^{[l]}$ | $n_l \times m$ | 每个样本一列 |
#
# （$dW$ 是 $\partial L/\partial W$ 的简写。）
#
# ## 从标量公式到矩阵公式
#
# 略去层号。$Z = W A + b$ 的一个元素是 $Z_{ij} = \sum_k W_{ik} A_{kj} + b_i$，$i$ 是神经元，$j$ 是样本。
# 权重 $W_{ik}$ 出现在*每一*列 $j$ 里：这是对样本的扇出。扇出的各份贡献相加：
#
# $$dW_{ik} = \sum_j dZ_{ij}\, A_{kj}, \qquad db_i = \sum_j dZ_{ij}, \qquad dA_{kj} = \sum_i W_{ik}\, dZ_{ij} .$$
#
# 每个求和的下标，都是某个矩阵乘积的内侧维数：
#
# $$dW = dZ\, A^{T}, \qquad db = dZ\, \mathbf 1, \qquad dA = W^{T} dZ, \qquad dZ^{[l]} = dA^{[l]} \odot f'(Z^{[l]}) .$$
#
# 大小也只允许这一种写法：$[n_l \times n_{l-1}] = [n_l \times m]\,[m \times n_{l-1}]$。
#
# ## 标量引擎

# %%
import random

from autograd_lite import Value, tanh
from nn import MLP

rng = random.Random(1)
sizes, m = [2, 4, 3], 5
model = MLP(2, sizes[1:], activation="tanh", output_activation="tanh", rng=rng)
for p in model.parameters():
    p.data = rng.uniform(-1, 1)
samples = [[Value(rng.uniform(-1, 1)) for _ in range(2)] for _ in range(m)]
targets = [[rng.uniform(-1, 1) for _ in range(3)] for _ in range(m)]


def sample_loss(x, y):
    return sum(0.5 * (a - t) ** 2 for a, t in zip(model(x), y))


sum(sample_loss(x, y) for x, y in zip(samples, targets)).backward()

# %% [markdown]
# ## 矩阵公式
#
# 用列表的列表来算（换成矩阵库也一样，只是更快）：


# %%
def matmul(P, Q):
    return [[sum(p * q for p, q in zip(row, column)) for column in zip(*Q)] for row in P]


def transpose(P):
    return [list(row) for row in zip(*P)]


def size(P):
    return f"{len(P)} × {len(P[0])}"


A = [transpose([[v.data for v in x] for x in samples])]  # A[0] 就是 X
W = [[[w.data for w in neuron.w] for neuron in layer.neurons] for layer in model.layers]
b = [[neuron.b.data for neuron in layer.neurons] for layer in model.layers]
for l in (0, 1):
    Z = [[z + bi for z in row] for row, bi in zip(matmul(W[l], A[l]), b[l])]
    A.append([[tanh(z) for z in row] for row in Z])

dA = [[a - t for a, t in zip(*rows)] for rows in zip(A[2], transpose(targets))]
dW, db = [[], []], [[], []]
for l in (1, 0):
    dZ = [[g * (1 - a * a) for g, a in zip(*rows)] for rows in zip(dA, A[l + 1])]  # tanh' = 1 − tanh²
    dW[l], db[l] = matmul(dZ, transpose(A[l])), [sum(row) for row in dZ]
    below = matmul(transpose(W[l]), dZ)
    products = {
        "Z = W A (+ b)": [matmul(W[l], A[l]), W[l], A[l]],
        "dW = dZ Aᵀ": [dW[l], dZ, transpose(A[l])],
        "dA = Wᵀ dZ": [below, transpose(W[l]), dZ],
    }
    dA = below
    print(f"第 {l + 1} 层：  W {size(W[l])}   dZ {size(dZ)}   dW {size(dW[l])}   下面的 dA {size(dA)}")

# %%
for layer, rows, totals in zip(model.layers, dW, db):
    for neuron, row, total in zip(layer.neurons, rows, totals):
        assert abs(neuron.b.grad - total) < 1e-12
        for w, expected in zip(neuron.w, row):
            assert abs(w.grad - expected) < 1e-12
for x, column in zip(samples, transpose(dA)):
    for value, expected in zip(x, column):
        assert abs(value.grad - expected) < 1e-12
print("标量引擎与矩阵公式一致，参数", len(model.parameters()), "个，输入", 2 * m, "个")

# %% [markdown]
# 把大小画出来：第 1 层，四个神经元，两个输入，五个样本。每一行的第一个矩阵是后两个的乘积：与第二个同高，与第三个同宽；
# 后两个共有的维数（2 个输入、5 个样本、4 个神经元）在求和中消失。

# %%
from viz import draw_images

for product, left, right in products.values():
    assert (len(product), len(product[0])) == (len(left), len(right[0])) and len(left[0]) == len(right)
draw_images(products, pixel=16, title="一层的三个矩阵乘积", lang="zh")

# %% [markdown]
# ## 整批的梯度是对样本求和
#
# 把样本一个一个地送进去，让 `grad` 累加，得到的数完全相同。

# %%
together = [p.grad for p in model.parameters()]
model.zero_grad()
for x, y in zip(samples, targets):
    sample_loss(x, y).backward()
for p, expected in zip(model.parameters(), together):
    assert abs(p.grad - expected) < 1e-12

# %% [markdown]
# 如果损失取*平均值*，所有梯度都除以 $m$，只除一次。第 6 课说明这个因子该放在哪里。
#
# 如果样本按*行*排列（PyTorch 就是这样），$Z = A W^T + b$，每个公式都要转置；练习 3 问的就是其中一个。
#
# ## 小结
#
# - 谁的梯度，就和谁一样大；它若每个样本一列，梯度也每个样本一列。
# - 对样本的求和来自扇出：一个权重在每个样本里各用一次。在 $dW = dZ\,A^T$ 里，样本就是内侧的维数。
# - 标量引擎与矩阵公式在每个参数、每个输入上都一致；一个样本接一个样本地累加，结果也一样。
#
# ## 练习
#
# **练习 1。** 100 个样本按列排列；一层有 4 个神经元，它下面的一层有 6 个。$dW$ 的大小是多少？用元组回答。

# %%
from viz import Exercise

check_1 = Exercise(
    (4, 6),
    because="与 $W$ 一样大：每个神经元一行，它的每个输入一列。样本在求和中消失。",
    slips={
        "$W$ 的一行属于本层的神经元，不属于下面一层": (6, 4),
        "这是 $dZ$ 的大小，每个样本一列": (4, 100),
        "这是下面一层激活值的大小": (6, 100),
    },
    lang="zh",
)

# %% [markdown]
# **练习 2。** 一个神经元，一个输入，三个样本：$A = (2, -1, 4)$，$dZ = (0.3, 0.1, -0.2)$。对于损失之*和*，权重的梯度是多少？

# %%
check_2 = Exercise(
    sum(matmul([[0.3, 0.1, -0.2]], [[2], [-1], [4]])[0]),
    because=r"$0.3 \cdot 2 - 0.1 \cdot 1 - 0.2 \cdot 4$.",
    slips={
        "这是损失取平均值时的梯度": -0.1,
        "这是偏置的梯度": 0.2,
        "这只是第一个样本": 0.6,
        "符号错了：三个乘积里有两个是负的": 0.6 + 0.1 + 0.8,
    },
    lang="zh",
)

# %% [markdown]
# **练习 3。** 样本按行排列，$Z = A W^T + b$。用 `matmul` 和 `transpose` 把 $dW$ 写成 $dZ$ 和 $A$ 的函数。

# %%
rows_dZ, rows_A = transpose(dZ), transpose(A[0])  # 第 1 层的，它是最后算的
check_3 = Exercise(
    lambda dZ, A: matmul(transpose(dZ), A),
    because="$dW = dZ^T A$。样本仍是内侧的维数，$dW$ 与 $W$ 一样大。",
    slips={
        "那是按列排列的公式；按行排列时，相乘的两边对不上": lambda dZ, A: matmul(dZ, transpose(A)),
        "那是 $dW^T$：输入成了行": lambda dZ, A: matmul(transpose(A), dZ),
    },
    at=[(rows_dZ, rows_A)],
    lang="zh",
)
for row, neuron in zip(check_3.answer(rows_dZ, rows_A), model.layers[0].neurons):
    assert all(abs(w.grad - expected) < 1e-12 for w, expected in zip(neuron.w, row))
