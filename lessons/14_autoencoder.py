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
# # 14. The autoencoder
#
# **Question:** what does a network learn whose target is its own input?
#
# Squeeze 64 pixels through a narrow layer and ask for the same 64 pixels back:
#
# $$h = \tanh(W_1 x + b_1), \qquad \hat x = \sigma(W_2 h + b_2), \qquad L = \tfrac12 \sum_i (\hat x_i - x_i)^2 .$$
#
# The bottleneck cannot store pixels, so it must find what digits have in common. The gradient has one unusual feature: $x$
# appears twice, as input and as target. We train the weights, so it is a constant in both places. If we *did* ask for
# $\partial L/\partial x$, both paths would count:
#
# $$\frac{\partial L}{\partial x_j} = \sum_i (\hat x_i - x_i) \frac{\partial \hat x_i}{\partial x_j} - (\hat x_j - x_j) .$$

# %%
import math
import random

from autograd_lite import Value
from nn import MLP, Adam, fit, half_squared_error
from nn.data import digits

tiny = MLP(2, [1, 2], activation="tanh", output_activation="sigmoid", rng=random.Random(0))
x = [Value(0.3), Value(0.8)]
half_squared_error(tiny(x), x).backward()

enc, dec = tiny.layers[0].neurons[0], tiny.layers[1].neurons
h = math.tanh(enc.w[0].data * 0.3 + enc.w[1].data * 0.8 + enc.b.data)
out = [1 / (1 + math.exp(-(n.w[0].data * h + n.b.data))) for n in dec]
for j, xj in enumerate((0.3, 0.8)):
    through = sum(
        (o - t) * o * (1 - o) * n.w[0].data * (1 - h * h) * enc.w[j].data for o, t, n in zip(out, (0.3, 0.8), dec)
    )
    assert abs(x[j].grad - (through - (out[j] - xj))) < 1e-12
print("both paths of x are counted")

# %% [markdown]
# ## Digits through a bottleneck of 6

# %%
rng = random.Random(0)
xs, labels = digits(60, rng=rng)
model = MLP(64, [6, 64], activation="tanh", output_activation="sigmoid", rng=rng)
history = fit(
    model, (xs, xs), loss="half_squared_error", optimiser=Adam(model.parameters(), lr=0.03), epochs=60,
    batch_size=10, rng=rng, progress=False,
)  # fmt: skip
print(f"loss {history.loss[0]:.2f} -> {history.loss[-1]:.2f}")
assert history.loss[-1] < 0.7 * history.loss[0]

# %% [markdown]
# Originals above, reconstructions below: 6 numbers instead of 64.


# %%
def picture(pixels):
    return ["".join(" ░▒▓█"[min(4, int(5 * p))] * 2 for p in pixels[8 * i : 8 * i + 8]) for i in range(8)]


chosen = [labels.index(d) for d in (0, 1, 3, 7) if d in labels]
for rows in ([picture(xs[i]) for i in chosen], [picture([v.data for v in model(xs[i])]) for i in chosen]):
    for lines in zip(*rows):
        print("   ".join(lines))
    print()

# %% [markdown]
# A reconstruction is closer to its own digit than the average image is: something was learnt about each.

# %%
average = [sum(column) / len(xs) for column in zip(*xs)]
reconstructed = sum(half_squared_error([v.data for v in model(x)], x) for x in xs) / len(xs)
baseline = sum(half_squared_error(average, x) for x in xs) / len(xs)
print(f"reconstruction {reconstructed:.2f}, average image {baseline:.2f}")
assert reconstructed < baseline

# %% [markdown]
# **Exercise.** Without the bottleneck (64 hidden units) the loss goes to 0 and nothing is learnt. Why? The identity is then a
# solution.
