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
# Both are written in books:
#
# $$z = \sum_{i=1}^{n} w_i x_i + b \qquad\text{or}\qquad z = \sum_{i=0}^{n} w_i x_i \ \text{ with } x_0 = 1,\ w_0 = b .$$
#
# They are the same function of the same numbers. $\partial z/\partial b = 1$, and $\partial z/\partial w_0 = x_0 = 1$, so with
# $\delta = \partial L/\partial z$ both ways give $\partial L/\partial b = \delta \cdot 1 = \partial L/\partial w_0$.

# %%
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
# **Exercise.** What does a neuron without bias compute at $x = 0$? $f(0)$, whatever its weights: the line $z = 0$, where it
# changes its mind, always passes through the origin.

# %%
for seed in range(5):
    assert Neuron(2, bias=None, activation="sigmoid", rng=random.Random(seed))([0.0, 0.0]).data == 0.5
