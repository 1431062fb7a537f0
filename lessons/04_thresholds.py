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
# # 4. A network with thresholds
#
# **Question:** what is the recursive formula behind backpropagation, written for any number of layers?
#
# Many texts write neurons with a *threshold* $b$ that the weighted sum must exceed:
#
# $$z^{(l)}_k = \sum_j w^{(l)}_{kj}\, a^{(l-1)}_j - b^{(l)}_k, \qquad a^{(l)}_k = \sigma(z^{(l)}_k), \qquad L = \tfrac12 \sum_k (\hat y_k - y_k)^2 ,$$
#
# for layers $l = 1 \dots N$ of $K_1 \dots K_N$ neurons. Mind the sign: $\partial z / \partial b = -1$.
#
# ## The recursion
#
# Give the gradient at each sum its own name, $\delta^{(l)}_k = \partial L / \partial z^{(l)}_k$. At the last layer
# $a^{(N)}_k = \hat y_k$ is in $L$ itself, and the slope of the sigmoid is $a(1-a)$:
#
# $$\delta^{(N)}_k = \frac{\partial L}{\partial \hat y_k}\,\frac{\partial \hat y_k}{\partial z^{(N)}_k} = (\hat y_k - y_k)\, \hat y_k (1 - \hat y_k).$$
#
# A neuron $j$ of layer $l$ feeds *all* neurons of layer $l + 1$: a fan-out, so its contributions add,
#
# $$\delta^{(l)}_j = \sum_k \frac{\partial L}{\partial z^{(l+1)}_k}\, \frac{\partial z^{(l+1)}_k}{\partial a^{(l)}_j}\, \frac{\partial a^{(l)}_j}{\partial z^{(l)}_j},
# \qquad \frac{\partial z^{(l+1)}_k}{\partial a^{(l)}_j} = w^{(l+1)}_{kj},$$
#
# and with the slope of the sigmoid taken out of the sum this is the recursion, from layer $N$ back to layer 1:
#
# $$\delta^{(l)}_j = a^{(l)}_j (1 - a^{(l)}_j) \sum_k w^{(l+1)}_{kj}\, \delta^{(l+1)}_k .$$
#
# Last, $\partial z^{(l)}_k / \partial w^{(l)}_{kj} = a^{(l-1)}_j$: every gradient is a product of two neighbours, with
# $a^{(0)} = x$.
#
# $$\frac{\partial L}{\partial w^{(l)}_{kj}} = \delta^{(l)}_k\, a^{(l-1)}_j, \qquad \frac{\partial L}{\partial b^{(l)}_k} = -\delta^{(l)}_k .$$

# %%
import math
import random

from nn import MLP, half_squared_error

rng = random.Random(7)
sizes = [3, 4, 3, 2]  # inputs, then K₁, K₂, K₃
model = MLP(3, sizes[1:], activation="sigmoid", output_activation="sigmoid", bias="threshold", rng=rng)
for layer in model.layers:
    for neuron in layer.neurons:
        neuron.b.data = rng.uniform(-0.5, 0.5)

x, y = [0.2, -0.7, 0.5], [1.0, 0.0]
outputs = model(x)
loss = half_squared_error(outputs, y)
loss.backward()

# %% [markdown]
# The recursion as code, with nothing but lists of floats: forward, then layer N back to 1.

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
# Every weight and every threshold of the engine's network, against the recursion:

# %%
for layer, delta, a in zip(model.layers, deltas, activations):
    for neuron, dk in zip(layer.neurons, delta):
        assert abs(neuron.b.grad - -dk) < 1e-12
        for w, aj in zip(neuron.w, a):
            assert abs(w.grad - dk * aj) < 1e-12
print("all", len(model.parameters()), "gradients agree with the recursion")

# %% [markdown]
# The threshold's sign matters at the update too. $b \leftarrow b - \eta\,\partial L/\partial b = b + \eta\,\delta$: a neuron
# that should fire less ($\delta > 0$) gets a *higher* threshold. Update everything, and repeat:

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
# The network, one box per neuron, coloured by the size of the gradients inside. They were computed from right to left, and
# faded on the way: the slope $a(1-a)$ is never more than ¼. Lesson 17 asks what to do about that.

# %%
from viz import draw

loss = half_squared_error(model(x), y)
model.zero_grad()
loss.backward()
largest = [max(abs(p.grad) for p in layer.parameters()) for layer in model.layers]
print("largest gradient of each layer:", *(f"{g:.1e}" for g in largest))
assert largest == sorted(largest)
assert all(neuron_output * (1 - neuron_output) <= 0.25 for a in activations[1:] for neuron_output in a)
draw(loss, collapse="Neuron")

# %% [markdown]
# **Exercise.** Write the recursion for tanh units: replace $a(1-a)$ by $1 - a^2$, twice.
