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
# **Builds on:** lesson 3, lesson 10.
#
# Two pixels first, 0.3 and 0.8, and a single number between them and their copy. Whatever comes out is decided by that number, so
# the copies of all pictures lie on one curve in the plane of the two pixels. If the pictures do so too, nothing is lost.
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
from nn import MLP, Adam, evaluate, fit, half_squared_error
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
# ## Digits through a bottleneck of 8
#
# Real 8×8 digits, 0, 1, 3 and 7; 64 pixels in, 8 numbers in the middle, 64 pixels out. (`compiled="numpy"` records the network
# once, which makes the same numbers sooner.)

# %%
rng = random.Random(0)
pairs = [(x, y) for x, y in zip(*digits(50, rng=rng)) if y in (0, 1, 3, 7)]
xs, labels = [x for x, _ in pairs], [y for _, y in pairs]
model = MLP(64, [8, 64], activation="tanh", output_activation="sigmoid", rng=rng)
adam = Adam(model.parameters(), lr=0.03)
options = {"loss": "half_squared_error", "batch_size": 4, "rng": rng, "progress": False, "compiled": "numpy"}
history = fit(model, (xs, xs), optimiser=adam, epochs=35, **options)
print(f"{len(xs)} images, loss {history.loss[0]:.2f} -> {history.loss[-1]:.2f}")
assert history.loss[-1] < 0.3 * history.loss[0]

# %% [markdown]
# Originals above, reconstructions below. Between them stood eight numbers.

# %%
from viz import draw_curves, draw_images


def image(pixels):
    return [list(pixels[8 * i : 8 * i + 8]) for i in range(8)]


chosen = [i for digit in (0, 1, 3, 7) for i in [i for i, y in enumerate(labels) if y == digit][:2]]
draw_images(
    {
        "original": [image(xs[i]) for i in chosen],
        "reconstruction": [image([v.data for v in model(xs[i])]) for i in chosen],
    },
    title="Digits through a bottleneck of eight numbers",
)

# %%
draw_curves({"training": list(enumerate(history.loss, start=1))}, x="epoch", y="loss")

# %% [markdown]
# Each of the eight hidden numbers adds its own pattern to the picture: the weights that lead out of it.

# %%
patterns = [image([neuron.w[k].data for neuron in model.layers[1].neurons]) for k in range(8)]
draw_images({"what each hidden number draws": patterns})

# %% [markdown]
# A reconstruction is closer to its own digit than the average image is: something was learnt about each.

# %%
average = [sum(column) / len(xs) for column in zip(*xs)]
reconstructed = sum(half_squared_error([v.data for v in model(x)], x) for x in xs) / len(xs)
baseline = sum(half_squared_error(average, x) for x in xs) / len(xs)
print(f"reconstruction {reconstructed:.2f}, average image {baseline:.2f}")
assert reconstructed < 0.5 * baseline

# %% [markdown]
# ## Without the bottleneck
#
# With 64 hidden units the identity is possible: every pixel its own unit. It is often said that nothing is learnt then. Ask the
# network: pictures of noise, which the identity would copy like any other. An answer of plain grey, ½ everywhere, would be
# wrong by $\frac12 \cdot 64 \cdot \frac1{12} = 2.67$ on average.

# %%
wide = MLP(64, [64, 64], activation="tanh", output_activation="sigmoid", rng=random.Random(0))
adam = Adam(wide.parameters(), lr=0.03)
fit(wide, (xs, xs), optimiser=adam, epochs=8, **options)

unseen = [x for x, y in zip(*digits(100, rng=random.Random(1))) if y in (0, 1, 3, 7) and x not in xs]
noise = [[rng.random() for _ in range(64)] for _ in range(10)]
errors = {}
for name, net in (("8 hidden", model), ("64 hidden", wide)):
    errors[name] = [evaluate(net, (data, data), "half_squared_error")[0] for data in (xs, unseen, noise)]
    print(
        f"{name:>9}: trained on {errors[name][0]:.2f}, unseen digits {errors[name][1]:.2f}, noise {errors[name][2]:.2f}"
    )
assert errors["64 hidden"][1] < errors["8 hidden"][1] < baseline
assert errors["64 hidden"][2] > 64 / 24

# %% [markdown]
# The wide network copies unseen *digits* better than the narrow one, and makes of noise something worse than grey. It has not
# found the identity: gradient descent from a random start went to something else, which knows digits. Whether a solution
# exists and whether training finds it are two questions.
#
# ## What was shown
#
# - An autoencoder is trained like any network; the target is the input, a constant. If it is not held constant, it gets the
#   gradient of both places.
# - Eight numbers are enough to rebuild a digit far better than the average image does.
# - A hidden layer as wide as the picture does not learn the identity: it copies digits it has not seen, and fails on noise.
#
# ## Exercises
#
# **Exercise 1.** How many parameters has the network 64–8–64?

# %%
from viz import Exercise

check_1 = Exercise(
    len(model.parameters()),
    because=r"$64 \cdot 8 + 8$ lead in, $8 \cdot 64 + 64$ lead out.",
    slips={
        "the biases count too": 1024,
        "that is the way in alone": 520,
        "that is the way out alone": 576,
    },
)

# %% [markdown]
# **Exercise 2.** $x = (0.3, 0.8)$, $\hat x = (0.5, 0.6)$, and moving $x_1$ moves the two outputs by $\partial \hat x_1/\partial x_1 = 0.2$ and
# $\partial \hat x_2/\partial x_1 = 0.1$. What is $\partial L/\partial x_1$ if $x$ is not held constant?

# %%
check_2 = Exercise(
    0.2 * 0.2 - 0.2 * 0.1 - 0.2,
    because=r"$0.2 \cdot 0.2 + (-0.2) \cdot 0.1$ through the network, and $-(\hat x_1 - x_1) = -0.2$ through the target.",
    slips={
        "that is the way through the network alone": 0.2 * 0.2 - 0.2 * 0.1,
        "that is the way through the target alone": -0.2,
        "raising the target brings it closer to this output: its part is negative": 0.2 * 0.2 - 0.2 * 0.1 + 0.2,
    },
)

# %% [markdown]
# **Exercise 3.** 64 pixels are black or white, 0 or 1, by the toss of a coin. What does the answer ½ everywhere cost,
# $\frac12 \sum (\hat x_i - x_i)^2$?

# %%
check_3 = Exercise(
    0.5 * 64 * 0.25,
    because="Each pixel is wrong by ½, whichever it is.",
    slips={
        "that is for pixels of any grey: their mean square is 1/12, not 1/4": 64 / 24,
        "the ½ before the sum is missing, or the square": 16.0,
        "that is one pixel": 0.125,
    },
)
