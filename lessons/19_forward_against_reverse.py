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
# # 19. Forward against reverse mode
#
# **Question:** the chain rule is a product of matrices; from which end should it be multiplied?
#
# **Builds on:** lesson 2.
#
# With numbers: a row of 100 entries, times a matrix of $100 \times 100$, times another one. From the left that is a row times a matrix,
# twice: $2 \cdot 10\,000$ products. From the right the two matrices come first, a million products, and then the row. The result is
# the same.
#
# For $y = f(g(h(x)))$ the Jacobian is $J_f J_g J_h$, a product of matrices. Multiplication is associative, so the result is the
# same from either end, but not the work: a row vector from the left, $\big((v^T J_f) J_g\big) J_h$, stays a vector all the way; so does
# a column vector from the right, $J_f \big(J_g (J_h v)\big)$. Reverse mode starts at the output: one sweep per *output* gives one row.
# Forward mode starts at the input: one sweep per *input* gives one column. Both use the same local gradients.
#
# | mode | one sweep gives | cheap for |
# |---|---|---|
# | reverse (`vjp`) | one row: all inputs, one output | many inputs, one output: training |
# | forward (`jvp`) | one column: one input, all outputs | few inputs, many outputs: curves, sensitivities |
#
# Take $f(x, y) = (xy,\ \sin x + y,\ x/y)$. By hand:
#
# $$J = \begin{pmatrix} y & x \\ \cos x & 1 \\ 1/y & -x/y^2 \end{pmatrix} .$$

# %%
import math
import time

from autograd_lite import Value, backward, edges, jacobian, jvp, sin, sum_of, tanh, topological_order, vjp
from autograd_lite.forward import push_forward
from autograd_lite.reverse import pull_back


def f(x, y):
    return [x * y, sin(x) + y, x / y]


point = (0.7, 1.3)
rows = [vjp(f, *point)[1](seed) for seed in ([1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0])]
columns = [jvp(f, point, direction)[1] for direction in ((1.0, 0.0), (0.0, 1.0))]

by_hand = [[1.3, 0.7], [math.cos(0.7), 1.0], [1 / 1.3, -0.7 / 1.3**2]]
for i in range(3):
    for j in range(2):
        assert abs(rows[i][j] - by_hand[i][j]) < 1e-12
        assert abs(columns[j][i] - by_hand[i][j]) < 1e-12
print("3 reverse sweeps or 2 forward sweeps: the same Jacobian")

# %% [markdown]
# ## Measured
#
# A function of $n$ inputs and $m$ outputs. The full Jacobian takes $m$ reverse sweeps or $n$ forward ones. A sweep visits the
# edges of the graph once, so count them, and look at the clock:


# %%
def build(n, m):
    inputs = [Value(0.1 * (i + 1)) for i in range(n)]
    shared = tanh(sum_of(inputs))
    return inputs, [sin(shared * (k + 1.0)) for k in range(m)]


def measure(n, m):
    inputs, outputs = build(n, m)
    order = topological_order(*outputs)
    start = time.perf_counter()
    for y in outputs:
        pull_back(order, {y: 1.0})
    reverse = time.perf_counter() - start
    start = time.perf_counter()
    for x in inputs:
        push_forward(order, {x: 1.0})
    return len(list(edges(order))), reverse, time.perf_counter() - start


print("inputs outputs  edges   reverse sweeps    forward sweeps")
for n, m in ((200, 1), (20, 20), (1, 200)):
    counted, reverse, forward = (min(column) for column in zip(*(measure(n, m) for _ in range(3))))
    print(f"{n:6} {m:7} {counted:6} {m:6} in {1e3 * reverse:5.1f}ms {n:6} in {1e3 * forward:5.1f}ms")
    if n == 200:
        assert reverse < forward
    if m == 200:
        assert forward < reverse

# %% [markdown]
# Of 201 inputs and outputs together, how many edges are visited for the whole Jacobian? The curves cross where there are as many
# inputs as outputs.

# %%
from viz import draw_curves

work = {"reverse": [], "forward": []}
for n in range(1, 201, 10):
    m = 201 - n
    visited = len(list(edges(topological_order(*build(n, m)[1]))))
    work["reverse"].append((n, m * visited))
    work["forward"].append((n, n * visited))
cheaper = [r < f for (_, r), (_, f) in zip(work["reverse"], work["forward"])]
assert cheaper == [2 * n > 201 for n in range(1, 201, 10)]
draw_curves(
    work, x="inputs", y="edges visited", log=True, title="The work for a Jacobian of 201 inputs and outputs together"
)

# %% [markdown]
# A network has thousands of parameters and one loss: reverse mode, one sweep, at about the cost of a few forward passes. The
# price is memory: every value must be kept until the sweep comes back. Forward mode needs none: tangents can travel with
# the values and be forgotten with them. Counted in calls of functions, for a small network:


# %%
import random
from cProfile import Profile

from nn import MLP, half_squared_error


def calls(f):
    """Count the calls of functions that ``f()`` makes."""
    profile = Profile(builtins=False)
    profile.runcall(f)
    return sum(entry.callcount for entry in profile.getstats())


model = MLP(10, [20, 1], rng=random.Random(0))
x = [random.Random(1).uniform(-1, 1) for _ in range(10)]
loss = half_squared_error(model(x), 0.5)
price = calls(loss.backward) / calls(lambda: half_squared_error(model(x), 0.5))
print(f"{len(model.parameters())} gradients for the price of {price:.1f} forward passes")
assert price < 3

# %% [markdown]
# Both modes agree, of course, on every entry:

# %%
inputs, outputs = build(5, 3)
order = topological_order(*outputs)
for k, y in enumerate(outputs):
    pulled = pull_back(order, {y: 1.0})
    for x in inputs:
        assert abs(pulled[x] - push_forward(order, {x: 1.0})[y]) < 1e-12
backward(outputs)
assert abs(inputs[0].grad - sum(pull_back(order, {y: 1.0})[inputs[0]] for y in outputs)) < 1e-12
assert len(jacobian(lambda *xs: [tanh(sum_of(xs))])(0.1, 0.2)) == 1

# %% [markdown]
# The derivative of a whole trajectory with respect to one parameter is a case for forward mode: one input, many outputs.
#
# ## What was shown
#
# - Reverse mode gives a row of the Jacobian per sweep, forward mode a column; they agree in every entry.
# - The cheaper mode is the one with fewer sweeps, by count and by the clock.
# - A whole gradient costs less than three forward passes of a small network; what it takes is memory.
#
# ## Exercises
#
# **Exercise 1.** 1 000 inputs, 3 outputs, the whole Jacobian. How many sweeps does the cheaper mode take?

# %%
from viz import Exercise

check_1 = Exercise(
    min(1000, 3),
    because="One reverse sweep for each output.",
    slips={
        "that is forward mode": 1000,
        "one sweep gives one row, and there are three": 1,
        "a sweep gives a whole row, not one entry": 3000,
    },
)

# %% [markdown]
# **Exercise 2.** $v^T J_f J_g$, with a row $v^T$ of 50 entries and two matrices of $50 \times 50$. How many products of numbers does it
# take from the left?

# %%
check_2 = Exercise(
    2 * 50 * 50,
    because=r"A row times a matrix takes $50 \cdot 50$ products, and there are two of them.",
    slips={
        "that is one of the two steps": 50 * 50,
        "that is from the right: the product of the matrices first": 50**3 + 50 * 50,
        "that is the product of the two matrices, which is never formed": 50**3,
    },
)

# %% [markdown]
# **Exercise 3.** A curve of 500 points depends on 4 parameters. How many forward sweeps give all its derivatives?

# %%
check_3 = Exercise(
    4,
    because="One for each parameter; a sweep carries the change of one input to all points.",
    slips={
        "that is the number of reverse sweeps": 500,
        "a sweep carries one direction; each parameter is one": 1,
        "a sweep gives a whole column, not one entry": 2000,
    },
)
