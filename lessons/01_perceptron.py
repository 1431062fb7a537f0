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
# # 1. The perceptron
#
# **Question:** a neuron is wrong by a little; which way, and how far, should each of its weights move?
#
# A neuron multiplies its inputs by weights, adds a bias, and bends the result. This one is as small as they come: two
# inputs, and a target $y$ that it should answer with.
#
# $$z = w_1 x_1 + w_2 x_2 + b, \qquad \hat y = \sigma(z) = \frac{1}{1 + e^{-z}}, \qquad L = \tfrac12 (\hat y - y)^2 .$$
#
# (Rosenblatt's perceptron of 1958 bent with a step, 0 or 1. A step is flat everywhere, so it cannot say which way to move;
# the sigmoid $\sigma$ is a step made smooth.)
#
# We go forward to get $L$, then backward to ask of every number: *if you moved a little, how much would $L$ move?*

# %%
import math

from autograd_lite import Value, sigmoid
from viz import play

x1, x2, target = 1.0, -2.0, 1.0
w1, w2, b = 0.5, 0.25, -0.1

z = w1 * x1 + w2 * x2 + b
y = 1 / (1 + math.exp(-z))
L = 0.5 * (y - target) ** 2
print(f"z = {z:.4f}   ŷ = {y:.4f}   L = {L:.4f}")

# %% [markdown]
# ## Backward, by hand
#
# $L$ depends on $\hat y$, $\hat y$ on $z$, $z$ on $w_i$. The chain rule multiplies the slopes along that chain,
#
# $$\frac{\partial L}{\partial w_i} = \frac{\partial L}{\partial \hat y}\,\frac{\partial \hat y}{\partial z}\,\frac{\partial z}{\partial w_i},$$
#
# one *local gradient* per arrow, from the end to the beginning:
#
# - $\partial L / \partial \hat y = \hat y - y$ (that is what the ½ is for),
# - $\partial \hat y / \partial z = \dfrac{e^{-z}}{(1 + e^{-z})^2} = \hat y (1 - \hat y)$, the slope of the sigmoid,
# - $\partial z / \partial w_i = x_i$ and $\partial z / \partial b = 1$.
#
# The product of the first two appears in every gradient. It has a name, $\delta$:
#
# $$\delta = (\hat y - y)\, \hat y (1 - \hat y), \qquad \frac{\partial L}{\partial w_i} = \delta\, x_i, \qquad \frac{\partial L}{\partial b} = \delta .$$

# %%
delta = (y - target) * y * (1 - y)
by_hand = {"w1": delta * x1, "w2": delta * x2, "b": delta}
print(by_hand)

# %% [markdown]
# ## Backward, by the engine
#
# Write the same formula with `Value`s. Each remembers how it was computed, so `backward()` can walk back.

# %%
W1, W2, B = Value(w1, "w1"), Value(w2, "w2"), Value(b, "b")
Z = W1 * x1 + W2 * x2 + B
Y = sigmoid(Z)
loss = 0.5 * (Y - target) ** 2
Z.label, Y.label, loss.label = "z", "ŷ", "L"
loss.backward()
print(W1.grad, W2.grad, B.grad)

for name, parameter in (("w1", W1), ("w2", W2), ("b", B)):
    assert abs(parameter.grad - by_hand[name]) < 1e-12

# %% [markdown]
# Here is every number of both passes, one step at a time: values on the left of a card, gradients on the right, local
# gradients on the edges. Go through it once with *Guess first*.

# %%
play(loss)

# %% [markdown]
# ## The update
#
# The gradient points uphill. One step of gradient descent goes the other way, by a small fraction $\eta$ of it:
#
# $$w \leftarrow w - \eta\, \frac{\partial L}{\partial w} .$$

# %%
eta = 0.5
moved_by_hand = [w1 - eta * delta * x1, w2 - eta * delta * x2, b - eta * delta]
for parameter, expected in zip((W1, W2, B), moved_by_hand):
    parameter.data -= eta * parameter.grad
    assert abs(parameter.data - expected) < 1e-12
print("the new w1, w2, b:", moved_by_hand)

after = 0.5 * (sigmoid(W1.data * x1 + W2.data * x2 + B.data) - target) ** 2
print(f"L before {L:.6f}, after {after:.6f}")
assert after < L

# %% [markdown]
# The first-order promise: $L$ falls by about $\eta \lVert \nabla L \rVert^2$. The smaller the step, the better it is kept: a tenth
# of the step, about a tenth of the error in the promise.

# %%
promise = eta * sum(g * g for g in by_hand.values())
print(f"promised {promise:.6f}, kept {L - after:.6f}")
assert abs(promise - (L - after)) < 0.1 * promise


def broken(eta):
    """The part of the promise that is not kept."""
    w1_, w2_, b_ = (p - eta * g for p, g in zip((w1, w2, b), by_hand.values()))
    kept = L - 0.5 * (sigmoid(w1_ * x1 + w2_ * x2 + b_) - target) ** 2
    return 1 - kept / (eta * sum(g * g for g in by_hand.values()))


print(f"not kept: {broken(0.5):.2%} of it, with a tenth of the step {broken(0.05):.2%}")
assert 5 < broken(0.5) / broken(0.05) < 20

# %% [markdown]
# The same step with `nn`, which adds nothing but convenience:

# %%
from nn import SGD, Neuron, half_squared_error

neuron = Neuron(2, activation="sigmoid")
neuron.load_state_dict({"w.0": w1, "w.1": w2, "b": b})
half_squared_error(neuron([x1, x2]), target).backward()
SGD(neuron.parameters(), lr=eta).step()
for mine, theirs in zip((W1, W2, B), neuron.parameters()):
    assert abs(mine.data - theirs.data) < 1e-12

# %% [markdown]
# ## Again, and again
#
# One step is a small one. Learning is the same three lines (forward, backward, update) repeated:

# %%
from viz import draw_curves

losses = []
for step in range(200):
    neuron.zero_grad()
    loss = half_squared_error(neuron([x1, x2]), target)
    loss.backward()
    SGD(neuron.parameters(), lr=eta).step()
    losses.append(loss.data)
assert losses == sorted(losses, reverse=True)
falls = [a - b for a, b in zip(losses, losses[1:])]
assert falls == sorted(falls, reverse=True) and losses[20] < 0.1 * losses[0]
draw_curves({"L": list(enumerate(losses))}, x="step", y="loss", title="The loss of one neuron over 200 steps")

# %% [markdown]
# It falls fast, then ever more slowly: close to the target $\hat y - y$ is small, and so is the slope $\hat y(1 - \hat y)$.
#
# *In PyTorch this is* `loss.backward()` *and* `torch.optim.SGD(parameters, lr=0.5).step()`.
#
# **Exercise.** With the target 0 instead of 1, which signs change? Answer first, then run it: only $\delta$ depends on the
# target, so all three gradients change sign together.

# %%
delta_for_0 = (y - 0.0) * y * (1 - y)
assert all(g * h < 0 for g, h in zip(by_hand.values(), (delta_for_0 * x1, delta_for_0 * x2, delta_for_0)))
