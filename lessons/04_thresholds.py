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
# **Builds on:** lesson 3.
#
# Many texts write neurons with a *threshold* $b$ that the weighted sum must exceed:
#
# $$z^{(l)}_k = \sum_j w^{(l)}_{kj}\, a^{(l-1)}_j - b^{(l)}_k, \qquad a^{(l)}_k = \sigma(z^{(l)}_k), \qquad L = \tfrac12 \sum_k (\hat y_k - y_k)^2 ,$$
#
# for layers $l = 1 \dots N$ of $K_1 \dots K_N$ neurons. Mind the sign: $\partial z / \partial b = -1$. A neuron whose inputs sum to
# 0.8 and whose threshold is 0.5 has $z = 0.3$; with the threshold at 0.6 it has 0.2.
#
# One number before the indices. A neuron feeds two others, through the weights 3 and −1, and at their sums the loss has the
# gradients 0.2 and 0.5. Raise its output by 0.01: the two sums move by 0.03 and −0.01, and the loss by
# $0.2 \cdot 0.03 - 0.5 \cdot 0.01 = 0.001$. So the gradient at that output is $3 \cdot 0.2 - 1 \cdot 0.5 = 0.1$: what the neuron
# does to each of the next ones, summed. The rest of this lesson is that sum, written for all layers.
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
# The network, one box per neuron, coloured by the size of the gradients inside. They were computed from the output back,
# and faded on the way: the slope $a(1-a)$ is never more than ¼. Lesson 17 asks what to do about that.

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
# ## What was shown
#
# - $\delta$ of a layer is the slope times the sum of the next $\delta$, weighted by the weights that lead there; it starts at the
#   last layer with $(\hat y - y)\,\hat y (1 - \hat y)$.
# - Every gradient is $\delta$ times the activation that came in; a threshold's is $-\delta$. All of them agree with the engine's.
# - The gradients of this network shrink from layer to layer on the way back.
#
# ## Exercises
#
# A text that many have copied has four mistakes in these formulas. Put each right. (Central differences find the last three:
# compare a formula with $(f(z + h) - f(z - h))/2h$. Not the first: the slope of the wrong $\sigma$ is $\sigma(1 - \sigma)$ as well.)
#
# **Exercise 1.** It writes $\sigma(z) = \dfrac{1}{1 - e^{-z}}$. Answer with a function of $z$.

# %%
from viz import Exercise


def sigma(z):
    return 1 / (1 + math.exp(-z))


wrong = lambda z: 1 / (1 - math.exp(-z))
assert abs((wrong(0.3 + 1e-6) - wrong(0.3 - 1e-6)) / 2e-6 - wrong(0.3) * (1 - wrong(0.3))) < 1e-6
check_1 = Exercise(
    sigma,
    because="With the plus sign it goes from 0 to 1; with the minus sign it has a pole at 0 and is never between 0 and 1.",
    slips={
        "that is the text's own": wrong,
        r"that is $\sigma(-z)$: it falls": lambda z: 1 / (1 + math.exp(z)),
    },
    at=[0.3, -1.2, 2.0],
)

# %% [markdown]
# **Exercise 2.** It writes $\sigma'(z) = \sigma(z)\,\sigma(1 - z)$. Answer with a function of $z$.

# %%
check_2 = Exercise(
    lambda z: sigma(z) * (1 - sigma(z)),
    because=r"$\sigma'(z) = \sigma(z)\,(1 - \sigma(z))$: the 1 stands outside.",
    slips={
        r"that is the text's own: $\sigma(1 - z)$ is the sigmoid at another place": lambda z: sigma(z) * sigma(1 - z),
        r"that is $1 - \sigma^2$; only tanh has such a slope": lambda z: 1 - sigma(z) ** 2,
        "the slope is asked as a function of $z$, not of the activation": lambda z: z * (1 - z),
    },
    at=[0.3, -1.2, 2.0],
)
for z in check_2.at:
    assert abs(check_2.answer(z) - (sigma(z + 1e-6) - sigma(z - 1e-6)) / 2e-6) < 1e-9

# %% [markdown]
# **Exercise 3.** It writes $\delta = (y - \hat y)\,\hat y (1 - \hat y)$ for the last layer and then moves against the gradient, $w - \eta\, \delta\, a$.
# What is $\delta$ for $\hat y = 0.8$ and $y = 1$?

# %%
check_3 = Exercise(
    (0.8 - 1) * 0.8 * (1 - 0.8),
    because="It is prediction minus target: the output is too low, so a larger sum lowers the loss.",
    slips={
        "that is the text's own: with it the loss climbs": (1 - 0.8) * 0.8 * (1 - 0.8),
        "the slope of the sigmoid is missing": 0.8 - 1,
        "that is the slope alone": 0.8 * (1 - 0.8),
    },
)

# %% [markdown]
# **Exercise 4.** It writes $\delta_j = a_j (1 - a_j)\, w_{kj}\, \delta_k$. What is $\delta_j$ if $a_j = 0.6$, the weights to the two next
# neurons are 0.5 and −2, and their $\delta$ are 0.2 and 0.3?

# %%
check_4 = Exercise(
    0.6 * (1 - 0.6) * (0.5 * 0.2 - 2 * 0.3),
    because=r"The sum over $k$ is lost in the text. Both paths count: $0.24 \cdot (0.1 - 0.6)$.",
    slips={
        "that is the first path alone": 0.6 * (1 - 0.6) * 0.5 * 0.2,
        "that is the second path alone": 0.6 * (1 - 0.6) * -2 * 0.3,
        "that is the sum; the slope of the neuron itself is missing": 0.5 * 0.2 - 2 * 0.3,
        "the weights have signs": 0.6 * (1 - 0.6) * (0.5 * 0.2 + 2 * 0.3),
    },
)

# %% [markdown]
# **Exercise 5.** The units are tanh units. Write $\delta_j$ as a function of $a_j$ and of the sum $s = \sum_k w_{kj} \delta_k$ that arrives.

# %%
check_5 = Exercise(
    lambda a, s: (1 - a * a) * s,
    because="Replace $a(1-a)$ by $1 - a^2$, here and at the last layer.",
    slips={
        "that is the slope of the sigmoid": lambda a, s: a * (1 - a) * s,
        "the slope of tanh squares the activation, not the difference": lambda a, s: (1 - a) ** 2 * s,
        "what arrives still has to pass the slope": lambda a, s: s,
    },
    at=[(0.5, 0.2), (-0.8, 1.5)],
)
