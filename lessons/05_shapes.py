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
# With $m$ samples as *columns*, layer $l$ with $n_l$ neurons is one matrix product:
#
# $$Z^{[l]} = W^{[l]} A^{[l-1]} + b^{[l]}, \qquad A^{[l]} = f(Z^{[l]}), \qquad A^{[0]} = X .$$
#
# | matrix | size | why |
# |---|---|---|
# | $A^{[l]}$, $dA^{[l]}$ | $n_l \times m$ | one column per sample |
# | $W^{[l]}$, $dW^{[l]}$ | $n_l \times n_{l-1}$ | a gradient has the size of what it belongs to |
# | $b^{[l]}$, $db^{[l]}$ | $n_l \times 1$ | the same for every column |
# | $Z^{[l]}$, $dZ^{[l]}$ | $n_l \times m$ | one column per sample |
#
# ($dW$ is short for $\partial L/\partial W$.)
#
# ## The matrix formulas, from the scalar ones
#
# Leave the layer number away. One entry of $Z = W A + b$ is $Z_{ij} = \sum_k W_{ik} A_{kj} + b_i$, for neuron $i$ and sample $j$.
# The weight $W_{ik}$ is in *every* column $j$: a fan-out over samples. Contributions over a fan-out add:
#
# $$dW_{ik} = \sum_j dZ_{ij}\, A_{kj}, \qquad db_i = \sum_j dZ_{ij}, \qquad dA_{kj} = \sum_i W_{ik}\, dZ_{ij} .$$
#
# Each of these sums is the inner dimension of a matrix product:
#
# $$dW = dZ\, A^{T}, \qquad db = dZ\, \mathbf 1, \qquad dA = W^{T} dZ, \qquad dZ^{[l]} = dA^{[l]} \odot f'(Z^{[l]}) .$$
#
# The sizes leave no other choice: $[n_l \times n_{l-1}] = [n_l \times m]\,[m \times n_{l-1}]$.
#
# ## The scalar engine

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
# ## The matrix formulas
#
# On lists of lists (a library for matrices does the same, faster):


# %%
def matmul(P, Q):
    return [[sum(p * q for p, q in zip(row, column)) for column in zip(*Q)] for row in P]


def transpose(P):
    return [list(row) for row in zip(*P)]


def size(P):
    return f"{len(P)} × {len(P[0])}"


A = [transpose([[v.data for v in x] for x in samples])]  # A[0] is X
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
    dA = matmul(transpose(W[l]), dZ)
    print(f"layer {l + 1}:  W {size(W[l])}   dZ {size(dZ)}   dW {size(dW[l])}   dA below {size(dA)}")

# %%
for layer, rows, totals in zip(model.layers, dW, db):
    for neuron, row, total in zip(layer.neurons, rows, totals):
        assert abs(neuron.b.grad - total) < 1e-12
        for w, expected in zip(neuron.w, row):
            assert abs(w.grad - expected) < 1e-12
for x, column in zip(samples, transpose(dA)):
    for value, expected in zip(x, column):
        assert abs(value.grad - expected) < 1e-12
print("scalar engine and matrix formulas agree in", len(model.parameters()), "parameters and", 2 * m, "inputs")

# %% [markdown]
# ## A batch gradient is a sum over samples
#
# Run the samples one by one and let `grad` accumulate: the same numbers.

# %%
together = [p.grad for p in model.parameters()]
model.zero_grad()
for x, y in zip(samples, targets):
    sample_loss(x, y).backward()
for p, expected in zip(model.parameters(), together):
    assert abs(p.grad - expected) < 1e-12

# %% [markdown]
# With the *mean* loss all gradients are divided by $m$, once. Lesson 6 shows where that factor belongs.
#
# **Exercise.** Samples as *rows* (as in PyTorch): $Z = A W^T + b$. What is $dW$ then? $dW = dZ^T A$: transpose every
# formula.

# %%
rows_dZ, rows_A = transpose(dZ), transpose(A[0])  # of layer 1, the last one visited
for row, neuron in zip(matmul(transpose(rows_dZ), rows_A), model.layers[0].neurons):
    assert all(abs(w.grad - expected) < 1e-12 for w, expected in zip(neuron.w, row))
