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
# # 8. The bias, two ways
#
# **Question:** is a bias a parameter of its own, or a weight on an input that is always 1?
#
# **Builds on:** lesson 4, lesson 5.
#
# Both are written in books:
#
# $$z = \sum_{i=1}^{n} w_i x_i + b \qquad\text{or}\qquad z = \sum_{i=0}^{n} w_i x_i \ \text{ with } x_0 = 1,\ w_0 = b .$$
#
# With two inputs, 0.5 and −1.5, the weights 2 and 1 and the bias 0.3: $2 \cdot 0.5 + 1 \cdot (-1.5) + 0.3 = -0.2$, or, with a third input
# that never changes, $2 \cdot 0.5 + 1 \cdot (-1.5) + 0.3 \cdot 1 = -0.2$.
#
# They are the same function of the same numbers. $\partial z/\partial b = 1$, and $\partial z/\partial w_0 = x_0 = 1$, so with
# $\delta = \partial L/\partial z$ both ways give $\partial L/\partial b = \delta \cdot 1 = \partial L/\partial w_0$.

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
# The graphs of a neuron with one input. In the first $b$ is added; in the second it is $w_0$, multiplied by 1, and that is the
# whole difference.

# %%
from viz import draw

draw(Neuron(1, bias="add", fused=False, rng=random.Random(2))([0.5]))

# %%
draw(Neuron(1, bias="input", fused=False, rng=random.Random(2))([0.5]))

# %% [markdown]
# By hand, with $\delta = (\hat y - y)(1 - \hat y^2)$: the gradient of weight $i$ is $\delta x_i$, the one of the bias is
# $\delta \cdot 1$.

# %%
y = added(x).data
delta = (y - target) * (1 - y * y)
for parameter, xi in zip(added.parameters(), [*x, 1.0]):
    assert abs(parameter.grad - delta * xi) < 1e-12

# %% [markdown]
# ## A layer, in both ways
#
# For a layer there are two pictures in books. In the first a single unit, which always says 1, is joined to all neurons, and the
# biases are the weights on its wires. In the second every neuron has a constant of its own, joined to it by a wire of weight 1.


# %%
from autograd_lite import Value, tanh

one, x1 = Value(1.0, "1"), Value(0.5, "x")
w1, w2 = Value(2.0, "w1"), Value(-1.0, "w2")
b1, b2 = Value(0.3, "b1"), Value(0.1, "b2")
draw(tanh(w1 * x1 + b1 * one) + tanh(w2 * x1 + b2 * one))

# %%
draw(tanh(w1 * x1 + b1 * 1.0) + tanh(w2 * x1 + b2 * 1.0))

# %% [markdown]
# Look at the gradients of $b_1$ and $b_2$: they are the same in both, $\delta_k \cdot 1$. The unit 1 of the first picture has a
# gradient too, $\sum_k \delta_k b_k$, since it is used by all. Nobody needs it: the unit is no parameter.

# %%
L = tanh(w1 * x1 + b1 * one) + tanh(w2 * x1 + b2 * one)
L.backward()
delta_1, delta_2 = (1 - math.tanh(z) ** 2 for z in (2.0 * 0.5 + 0.3, -1.0 * 0.5 + 0.1))
assert abs(b1.grad - delta_1) < 1e-12 and abs(b2.grad - delta_2) < 1e-12
assert abs(one.grad - (delta_1 * 0.3 + delta_2 * 0.1)) < 1e-12

# %% [markdown]
# The first picture is what matrices like. Write the samples as the rows of $X$, put a column of ones beside them, and the biases
# become the last row of $W$: one product does it all, and its gradient too.
#
# $$Z = [X\ \mathbf 1]\, W, \qquad W = \begin{pmatrix} w_{11} & \cdots & w_{1K} \\ \vdots & & \vdots \\ w_{n1} & \cdots & w_{nK} \\ b_1 & \cdots & b_K \end{pmatrix},
# \qquad dW = [X\ \mathbf 1]^T dZ .$$
#
# The last row of $dW$ is $\mathbf 1^T dZ$: for every neuron the sum of its $\delta$ over the samples.

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
print(f"[X 1] is {len(X1)} × {len(X1[0])}, W is {len(W)} × {len(W[0])}, Z is {len(Z)} × {len(Z[0])}")

# %% [markdown]
# ## The threshold is the bias with the other sign
#
# $z = w \cdot x - b$: the gradient of $b$ changes its sign, and so does the parameter, so that learning is the same.

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
print("after one step all three give", round(added(x).data, 12))

# %% [markdown]
# ## Where they differ: regularisation and initialisation
#
# An L2 penalty shrinks weights, not biases (lesson 9). With the bias hidden among the weights one must remember to leave it
# out. `nn.l2_penalty` does.
#
# Weights start at random (lesson 17), biases at 0: there is no symmetry for them to break. $w_0$ must be left out there too.

# %%
from nn import l2_penalty

for neuron in (added, as_input):
    weights = [w.data for w in neuron.w]
    assert abs(l2_penalty(neuron).data - dot(weights, weights)) < 1e-12
    fresh = Neuron(3, bias="add" if neuron is added else "input", rng=random.Random(2))
    assert fresh.b.data == 0.0 and all(w.data != 0.0 for w in fresh.w)

# %% [markdown]
# A neuron without bias computes $f(0)$ at $x = 0$, whatever its weights: the line $z = 0$, where it changes its mind, passes
# through the origin.

# %%
for seed in range(5):
    assert Neuron(2, bias=None, activation="sigmoid", rng=random.Random(seed))([0.0, 0.0]).data == 0.5

# %% [markdown]
# ## What was shown
#
# - A bias of its own and a weight on a constant 1 have the same value and the same gradient, $\delta$; after a step they are still equal.
# - For a layer: one unit 1 with a weight to each neuron, or a constant for each with the weight 1. In matrices the first is
#   $[X\ \mathbf 1]\,W$, and the last row of $dW$ is the sum of $\delta$ over the samples.
# - A threshold is a bias with the sign turned; it learns the same.
# - Penalties and random starts must leave the bias out, wherever it is kept.
#
# ## Exercises
#
# **Exercise 1.** 20 samples in rows, 5 inputs, 3 neurons. What is the size of $W$ in $[X\ \mathbf 1]\,W$? Answer with a tuple.

# %%
from viz import Exercise

check_1 = Exercise(
    (6, 3),
    because="A row for each input and one for the biases, a column for each neuron.",
    slips={
        "that is without the biases": (5, 3),
        "samples stand in rows here, so a neuron is a column of $W$": (3, 6),
        "the ones are a column of $X$, so the biases are a row of $W$": (5, 4),
        r"that is the size of $[X\ \mathbf 1]$": (20, 6),
    },
)

# %% [markdown]
# **Exercise 2.** In the first picture, with $b_1 = 0.3$ and $b_2 = 0.1$, the two sums have $\delta_1 = 0.2$ and $\delta_2 = -0.5$. What are the
# gradients of the two biases? Answer with a tuple.

# %%
check_2 = Exercise(
    (0.2, -0.5),
    because=r"$\delta_k$ times what comes in, which is 1.",
    slips={
        "those are the terms that arrive at the unit 1; at the wire it is the unit that multiplies": (
            0.2 * 0.3,
            -0.5 * 0.1,
        ),
        "those are the gradients of thresholds": (-0.2, 0.5),
        "every bias has a neuron of its own; the sum arrives at the unit 1 alone": (-0.3, -0.3),
    },
)

# %% [markdown]
# **Exercise 3.** A threshold is 0.1, and $\delta = \partial L/\partial z = 0.4$. What is the threshold after a step with $\eta = 0.5$?

# %%
check_3 = Exercise(
    0.1 + 0.5 * 0.4,
    because=r"Its gradient is $-\delta$, so it rises: the neuron should say less.",
    slips={
        "that is what a bias would do": 0.1 - 0.5 * 0.4,
        r"$\eta$ is missing": 0.1 + 0.4,
        "that is the step alone": 0.5 * 0.4,
    },
)
