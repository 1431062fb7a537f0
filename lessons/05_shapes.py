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
# # 5. Shapes: the batch view
#
# **Question:** what are the sizes of A, W and dW when many samples go through at once, and where does the sum over samples come from?
#
# With $m$ samples as *columns*, a layer is one matrix product:
#
# $$Z_{[n \times m]} = W_{[n \times k]}\, A_{[k \times m]} + b_{[n \times 1]}, \qquad \hat A = f(Z).$$
#
# | | size | |
# |---|---|---|
# | $A$ | $k \times m$ | one column per sample |
# | $W$, $dW$ | $n \times k$ | a gradient has the size of what it belongs to |
# | $b$, $db$ | $n \times 1$ | |
# | $Z$, $dZ$ | $n \times m$ | |
#
# Every sample uses the *same* $W$: a fan-out over samples. Contributions over a fan-out add, and that sum is exactly what the
# inner dimension of a matrix product does:
#
# $$dW = dZ\, A^{T}, \qquad db = dZ\, \mathbf 1, \qquad dA = W^{T} dZ .$$
#
# The sizes leave no other choice: $[n \times k] = [n \times m][m \times k]$.

# %%
import random

from autograd_lite import tanh
from nn import Layer

rng = random.Random(1)
n, k, m = 3, 2, 5
layer = Layer(k, n, activation="tanh", rng=rng)
samples = [[rng.uniform(-1, 1) for _ in range(k)] for _ in range(m)]
targets = [[rng.uniform(-1, 1) for _ in range(n)] for _ in range(m)]

loss = sum(0.5 * (a - t) ** 2 for x, y in zip(samples, targets) for a, t in zip(layer(x), y))
loss.backward()

# %% [markdown]
# The matrix formulas, on lists of lists (a library for matrices would do the same, faster):


# %%
def matmul(P, Q):
    return [[sum(p * q for p, q in zip(row, column)) for column in zip(*Q)] for row in P]


def transpose(P):
    return [list(row) for row in zip(*P)]


W = [[w.data for w in neuron.w] for neuron in layer.neurons]
b = [neuron.b.data for neuron in layer.neurons]
A = transpose(samples)
Z = [[z + bi for z in row] for row, bi in zip(matmul(W, A), b)]
Y = [[tanh(z) for z in row] for row in Z]
T = transpose(targets)
dZ = [[(y - t) * (1 - y * y) for y, t in zip(ys, ts)] for ys, ts in zip(Y, T)]
dW = matmul(dZ, transpose(A))
db = [sum(row) for row in dZ]

for name, matrix in (("A", A), ("W", W), ("Z", Z), ("dZ", dZ), ("dW", dW)):
    print(f"{name:>2}: {len(matrix)} × {len(matrix[0])}")

# %%
for neuron, row, total in zip(layer.neurons, dW, db):
    assert abs(neuron.b.grad - total) < 1e-12
    for w, expected in zip(neuron.w, row):
        assert abs(w.grad - expected) < 1e-12
print("scalar engine and matrix formulas agree")

# %% [markdown]
# ## A batch gradient is a sum over samples
#
# Run the samples one by one and let `grad` accumulate: the same numbers.

# %%
together = [p.grad for p in layer.parameters()]
layer.zero_grad()
for x, y in zip(samples, targets):
    sum(0.5 * (a - t) ** 2 for a, t in zip(layer(x), y)).backward()
for p, expected in zip(layer.parameters(), together):
    assert abs(p.grad - expected) < 1e-12

# %% [markdown]
# With the *mean* loss all gradients are divided by $m$, once. Lesson 6 shows what happens if it is done twice.
#
# **Exercise.** Samples as *rows* (as in PyTorch): $Z = A W^T + b$. What is $dW$ then? $dW = dZ^T A$: transpose every
# formula.
