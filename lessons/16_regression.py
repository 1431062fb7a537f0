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
# A sum of bent steps. Each hidden neuron contributes one bend.

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
# The gradient of one step, by hand: $\partial \hat y / \partial w_k = W_k (1 - \tanh^2)\, x$.

# %%
model([x]).backward()
for W, n in zip(output.neurons[0].w, hidden.neurons):
    t = math.tanh(n.w[0].data * x + n.b.data)
    assert abs(n.w[0].grad - W.data * (1 - t * t) * x) < 1e-12
    assert abs(W.grad - t) < 1e-12

# %% [markdown]
# ## Width, depth, activation


# %%
def train(sizes, activation, epochs=120):
    rng = random.Random(3)
    model = MLP(1, [*sizes, 1], activation=activation, init="he" if activation == "relu" else "xavier", rng=rng)
    history = fit(
        model, (xs, ys), loss="squared_error", optimiser=Adam(model.parameters(), lr=0.02), epochs=epochs,
        batch_size=None, rng=rng, progress=False,
    )  # fmt: skip
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
# The fit of 12 tanh neurons (●) beside the sine (·):

# %%
best = results[(12, "tanh")][0]
for (x,), y in zip(xs, ys):
    line = [" "] * 41
    line[round(20 + 18 * y)] = "·"
    line[max(0, min(40, round(20 + 18 * best([x]).data)))] = "●"
    print(f"{x:+.2f} {''.join(line)}")

# %% [markdown]
# **Exercise.** Ask the network for $x = 6$, outside the data. A network interpolates; it does not know that the sine goes on.
