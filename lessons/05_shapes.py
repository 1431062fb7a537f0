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
# **Builds on:** lesson 2, lesson 3.
#
# One weight first. It is the only weight of a neuron, and three samples bring it the inputs 1, 2 and −1. At the sum of the neuron
# the three losses have the gradients 0.5, −0.1 and 0.2. Moving the weight moves all three sums, so its gradient is
# $0.5 \cdot 1 - 0.1 \cdot 2 + 0.2 \cdot (-1) = 0.1$: a row times a column, summed over the samples.
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
    below = matmul(transpose(W[l]), dZ)
    products = {
        "Z = W A (+ b)": [matmul(W[l], A[l]), W[l], A[l]],
        "dW = dZ Aᵀ": [dW[l], dZ, transpose(A[l])],
        "dA = Wᵀ dZ": [below, transpose(W[l]), dZ],
    }
    dA = below
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
# The sizes, seen: layer 1 with its four neurons, two inputs and five samples. In every row the first matrix is the product of
# the other two: as high as the second, as wide as the third, and what the two share (2 inputs, 5 samples, 4 neurons) is summed
# away.

# %%
from viz import draw_images

for product, left, right in products.values():
    assert (len(product), len(product[0])) == (len(left), len(right[0])) and len(left[0]) == len(right)
draw_images(products, pixel=16, title="The three products of a layer")

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
# Samples as *rows* (as in PyTorch): $Z = A W^T + b$. Transpose every formula; exercise 3 asks for one of them.
#
# ## What was shown
#
# - A gradient has the size of what it belongs to, and a column for each sample if that has one.
# - The sum over samples comes from fan-out: a weight is used once for each sample. In $dW = dZ\,A^T$ it is the inner dimension.
# - Scalar engine and matrix formulas agree in every parameter and input; one sample after the other gives the same.
#
# ## Exercises
#
# **Exercise 1.** 100 samples in columns; a layer of 4 neurons above one of 6. What is the size of $dW$? Answer with a tuple.

# %%
from viz import Exercise

check_1 = Exercise(
    (4, 6),
    because="The size of $W$: a row for each neuron, a column for each of its inputs. The samples are summed away.",
    slips={
        "a row of $W$ belongs to a neuron of the layer itself, not of the one below": (6, 4),
        "that is the size of $dZ$, one column per sample": (4, 100),
        "that is the size of the activations below": (6, 100),
    },
)

# %% [markdown]
# **Exercise 2.** One neuron, one input, three samples: $A = (2, -1, 4)$ and $dZ = (0.3, 0.1, -0.2)$. What is the gradient of the weight,
# for the *sum* of the losses?

# %%
check_2 = Exercise(
    sum(matmul([[0.3, 0.1, -0.2]], [[2], [-1], [4]])[0]),
    because=r"$0.3 \cdot 2 - 0.1 \cdot 1 - 0.2 \cdot 4$.",
    slips={
        "that is for the mean of the losses": -0.1,
        "that is the gradient of the bias": 0.2,
        "that is the first sample alone": 0.6,
        "the signs: two of the three products are negative": 0.6 + 0.1 + 0.8,
    },
)

# %% [markdown]
# **Exercise 3.** Samples in rows, $Z = A W^T + b$. Write $dW$ as a function of $dZ$ and $A$, with `matmul` and `transpose`.

# %%
rows_dZ, rows_A = transpose(dZ), transpose(A[0])  # of layer 1, the last one visited
check_3 = Exercise(
    lambda dZ, A: matmul(transpose(dZ), A),
    because="$dW = dZ^T A$. Again the samples are the inner dimension, and $dW$ has the size of $W$.",
    slips={
        "that is the formula for columns; with rows it multiplies what does not fit": lambda dZ, A: matmul(
            dZ, transpose(A)
        ),
        "that is $dW^T$; the inputs have become rows": lambda dZ, A: matmul(transpose(A), dZ),
    },
    at=[(rows_dZ, rows_A)],
)
for row, neuron in zip(check_3.answer(rows_dZ, rows_A), model.layers[0].neurons):
    assert all(abs(w.grad - expected) < 1e-12 for w, expected in zip(neuron.w, row))
