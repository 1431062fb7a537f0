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
# A neuron multiplies its inputs by weights, adds a bias, and bends the result:
#
# $$z = w_1 x_1 + w_2 x_2 + b, \qquad \hat y = \sigma(z) = \frac{1}{1 + e^{-z}}, \qquad L = \tfrac12 (\hat y - y)^2 .$$
#
# We go forward to get $L$, then backward to ask of every number: *if you moved a little, how much would $L$ move?*

# %%
import math

from autograd_lite import Value, sigmoid
from viz import draw

x1, x2, target = 1.0, -2.0, 1.0
w1, w2, b = 0.5, 0.25, -0.1

z = w1 * x1 + w2 * x2 + b
y = 1 / (1 + math.exp(-z))
L = 0.5 * (y - target) ** 2
print(f"z = {z:.4f}   ŷ = {y:.4f}   L = {L:.4f}")

# %% [markdown]
# ## Backward, by hand
#
# One factor per arrow, from the end to the beginning:
#
# - $\partial L / \partial \hat y = \hat y - y$ (that is what the ½ is for),
# - $\partial \hat y / \partial z = \hat y (1 - \hat y)$, the slope of the sigmoid,
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
loss.label = "L"
loss.backward()
print(W1.grad, W2.grad, B.grad)

for name, parameter in (("w1", W1), ("w2", W2), ("b", B)):
    assert abs(parameter.grad - by_hand[name]) < 1e-12

# %% [markdown]
# Here is every number of the pass. Values are left, gradients right, local gradients on the edges.

# %%
draw(loss)

# %% [markdown]
# ## The update
#
# The gradient points uphill. One step of gradient descent goes the other way, by a small fraction $\eta$ of it:
#
# $$w \leftarrow w - \eta\, \frac{\partial L}{\partial w} .$$

# %%
eta = 0.5
for parameter in (W1, W2, B):
    parameter.data -= eta * parameter.grad

after = 0.5 * (sigmoid(W1.data * x1 + W2.data * x2 + B.data) - target) ** 2
print(f"L before {L:.6f}, after {after:.6f}")
assert after < L

# %% [markdown]
# The first-order promise: $L$ falls by about $\eta \lVert \nabla L \rVert^2$. The smaller the step, the better it is kept.

# %%
promise = eta * sum(g * g for g in by_hand.values())
print(f"promised {promise:.6f}, kept {L - after:.6f}")
assert abs(promise - (L - after)) < 0.1 * promise

# The same step with nn, which adds nothing but convenience.
from nn import SGD, Neuron, half_squared_error

neuron = Neuron(2, activation="sigmoid")
neuron.load_state_dict({"w.0": w1, "w.1": w2, "b": b})
half_squared_error(neuron([x1, x2]), target).backward()
SGD(neuron.parameters(), lr=eta).step()
for mine, theirs in zip((W1, W2, B), neuron.parameters()):
    assert abs(mine.data - theirs.data) < 1e-12

# %% [markdown]
# *In PyTorch this is* `loss.backward()` *and* `torch.optim.SGD(parameters, lr=0.5).step()`.
#
# **Exercise.** With the target 0 instead of 1, which signs change? Answer first, then run it: only $\delta$ depends on the
# target, so all three gradients change sign together.
