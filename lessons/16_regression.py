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
# # 16. Regression
#
# **Question:** how do depth, width and activation change the curve a network can draw?
#
# The target is $y = \sin x$ on evenly spaced points; the output is linear, the loss squared error. Forward first, for one
# hidden layer:
#
# $$\hat y(x) = B + \sum_k W_k \tanh(w_k x + b_k) .$$
#
# A sum of bent steps: neuron $k$ has its middle at $x = -b_k / w_k$, its steepness $w_k$ and its height $W_k$.

# %%
import math
import random

from nn import MLP, Adam, fit
from nn.data import sine

rng = random.Random(0)
xs, ys = sine(21, rng=rng)
assert all(abs(y - math.sin(x)) < 1e-12 for (x,), y in zip(xs, ys))

model = MLP(1, [6, 1], rng=random.Random(1))
x = 0.7
hidden, output = model.layers
by_hand = output.neurons[0].b.data + sum(
    W.data * math.tanh(n.w[0].data * x + n.b.data) for W, n in zip(output.neurons[0].w, hidden.neurons)
)
assert abs(model([x]).data - by_hand) < 1e-12

# %% [markdown]
# The gradients by hand, with $t_k = \tanh(w_k x + b_k)$:
#
# $$\frac{\partial \hat y}{\partial W_k} = t_k, \qquad \frac{\partial \hat y}{\partial B} = 1, \qquad
# \frac{\partial \hat y}{\partial w_k} = W_k (1 - t_k^2)\, x, \qquad \frac{\partial \hat y}{\partial b_k} = W_k (1 - t_k^2) .$$

# %%
model([x]).backward()
for W, n in zip(output.neurons[0].w, hidden.neurons):
    t = math.tanh(n.w[0].data * x + n.b.data)
    assert abs(n.w[0].grad - W.data * (1 - t * t) * x) < 1e-12
    assert abs(n.b.grad - W.data * (1 - t * t)) < 1e-12
    assert abs(W.grad - t) < 1e-12
assert output.neurons[0].b.grad == 1.0

# %% [markdown]
# ## Width, depth, activation


# %%
def train(sizes, activation, epochs=120):
    rng = random.Random(3)
    model = MLP(1, [*sizes, 1], activation=activation, init="he" if activation == "relu" else "xavier", rng=rng)
    adam = Adam(model.parameters(), lr=0.02)
    history = fit(model, (xs, ys), loss="squared_error", optimiser=adam, epochs=epochs, batch_size=None, progress=False)
    return model, history.loss[-1]


results = {}
for sizes, activation in (
    ([], "linear"),
    ([1], "tanh"),
    ([4], "tanh"),
    ([12], "tanh"),
    ([6, 6], "tanh"),
    ([12], "relu"),
):
    results[(*sizes, activation)] = train(sizes, activation)
    loss = results[(*sizes, activation)][1]
    print(f"hidden {sizes!s:<8} {activation:<7} mean squared error {loss:.5f}")
assert results[(12, "tanh")][1] < results[("linear",)][1]
assert results[(6, 6, "tanh")][1] < results[(1, "tanh")][1]

# %% [markdown]
# The best line through a sine has an error no training can beat: $\frac1n\sum (\sin x - a x)^2$ with
# $a = \sum x \sin x / \sum x^2$.

# %%
a = sum(x * y for (x,), y in zip(xs, ys)) / sum(x * x for (x,) in xs)
floor = sum((y - a * x) ** 2 for (x,), y in zip(xs, ys)) / len(xs)
print(f"floor of the linear model {floor:.5f}")
assert results[("linear",)][1] > floor - 1e-12

# %% [markdown]
# ## Drawn
#
# **Width.** No hidden neuron: a line. One: a single step. Twelve: enough steps for a wave.

# %%
from viz import draw_curves

grid = [-math.pi + 2 * math.pi * i / 100 for i in range(101)]
data = [(x, y) for (x,), y in zip(xs, ys)]


def curve(*key):
    return [(x, results[key][0]([x])) for x in grid]


draw_curves(
    {"no hidden layer": curve("linear"), "1 tanh": curve(1, "tanh"), "12 tanh": curve(12, "tanh"), "data": data},
    x="x",
    y="y",
    dots=["data"],
    title="Width",
)

# %% [markdown]
# **Depth and activation.** Two layers of six bend more sharply than one of twelve, with more parameters. ReLU neurons have
# a kink instead of a bend, so their sum is a chain of straight lines. The biases start at 0, so all kinks start at $x = 0$ and have
# to travel from there: 120 epochs are not enough.

# %%
draw_curves(
    {"12 tanh": curve(12, "tanh"), "6 + 6 tanh": curve(6, 6, "tanh"), "12 relu": curve(12, "relu"), "data": data},
    x="x",
    y="y",
    dots=["data"],
    title="Depth and activation",
)

# %% [markdown]
# **Outside the data.** The network was asked about $[-\pi, \pi]$ only. Beyond, every tanh goes flat, and so does the answer:

# %%
best = results[(12, "tanh")][0]
wide = [-9 + 18 * i / 100 for i in range(101)]
print(f"at x = 6: sin x = {math.sin(6):.2f}, the network says {best([6.0]).data:.2f}")
assert abs(best([6.0]).data - math.sin(6)) > 0.3
draw_curves(
    {"12 tanh": [(x, best([x])) for x in wide], "sin x": [(x, math.sin(x)) for x in wide], "data": data},
    x="x",
    y="y",
    dots=["data"],
    title="Outside the data",
)

# %% [markdown]
# A network interpolates; it does not know that the sine goes on.
#
# **Exercise.** Use the activation `"sin"` with one hidden neuron. Now it does know: the assumption is in the form.
