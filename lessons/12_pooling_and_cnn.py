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
# # 12. Pooling, and a small convolutional network
#
# **Question:** where does the gradient go in max pooling, where in average pooling, and is that enough to read digits?
#
# Pooling replaces each window by one number.
#
# - **max**: $y = \max_i x_i$. Only the largest moved the output, so *all* of the gradient goes to it, none to the others.
# - **average**: $y = \frac1n \sum x_i$. Everyone moved it equally: $\frac1n$ of the gradient each.

# %%
from autograd_lite import Value
from nn import AvgPool2d, MaxPool2d

window = [[[1.0, 4.0], [3.0, 2.0]]]
for pool, expected in ((MaxPool2d(2), [0.0, 1.0, 0.0, 0.0]), (AvgPool2d(2), [0.25] * 4)):
    x = [[[Value(v) for v in row] for row in channel] for channel in window]
    pool(x)[0][0][0].backward()
    grads = [v.grad for row in x[0] for v in row]
    print(f"{type(pool).__name__}: {grads}")
    assert all(abs(a - b) < 1e-12 for a, b in zip(grads, expected))

# %% [markdown]
# With overlapping windows a pixel can win in several of them, and its gradients add: fan-out once more.

# %%
from autograd_lite import backward, maximum, topological_order

a, b, c = Value(0.0), Value(5.0), Value(1.0)
backward([maximum(a, b), maximum(b, c)])
print([v.grad for v in (a, b, c)])
assert [v.grad for v in (a, b, c)] == [0.0, 2.0, 0.0]

# %% [markdown]
# ## conv → pool → dense, on real digits
#
# 8×8 images of handwritten digits (scikit-learn's set), a small subset, a few epochs. All on scalars: every image is a graph
# of some two thousand nodes, built, differentiated and freed.

# %%
import copy
import math
import random

from nn import Adam, Conv2d, Flatten, Layer, Sequential, evaluate, fit
from nn.data import digits, split

rng = random.Random(0)
xs, ys = digits(100, rng=rng)
images = [[[x[8 * i : 8 * i + 8] for i in range(8)]] for x in xs]
train, held_out = split((images, ys), test=0.25, rng=rng)

model = Sequential(
    Conv2d(1, 4, 3, rng=rng),  # 4 × 6 × 6
    MaxPool2d(2),  # 4 × 3 × 3
    Flatten(),
    Layer(36, 10, activation=None, rng=rng),
)
assert 1500 < len(topological_order(*model(images[0]))) < 2500
start = copy.deepcopy(model)
adam = Adam(model.parameters(), lr=0.03)
history = fit(
    model, train, optimiser=adam, epochs=5, batch_size=10, rng=rng, held_out=held_out, compiled="numpy", progress=False
)
print(f"{len(model.parameters())} parameters, loss {history.loss[0]:.2f} -> {history.loss[-1]:.2f}")
print(f"held-out accuracy {history.held_out_accuracy[-1]:.0%}; guessing would give 10 %")
assert history.loss[-1] < 0.5 * history.loss[0]
assert history.held_out_accuracy[-1] > 0.6

# %% [markdown]
# ## What the kernels have learnt
#
# Less than one would like to see in them. In so short a training they stay close to where they started, at random: the cosine
# of each with its start is close to 1. Random kernels are useful as they are. Freeze them, train the last layer alone on what
# they make of the images, and the digits are read as well, if not so well: the loss falls less far.

# %%
convolution, pooling, flatten, _ = model.layers
flat = [[[w.data for row in kernel[0] for w in row] for kernel in net.layers[0].w] for net in (start, model)]
cosines = [sum(map(math.prod, zip(a, b))) / math.hypot(*a) / math.hypot(*b) for a, b in zip(*flat)]
print("cosine of each kernel with its start:", [round(c, 2) for c in cosines])
assert min(cosines) > 0.75


def seen(images):
    return [[v.data for v in flatten(pooling(start.layers[0](image)))] for image in images]


last = start.layers[3]
frozen_train, frozen_held_out = (seen(train[0]), train[1]), (seen(held_out[0]), held_out[1])
adam = Adam(last.parameters(), lr=0.03)
frozen = fit(last, frozen_train, optimiser=adam, epochs=5, batch_size=10, rng=rng, progress=False)
loss, accuracy = evaluate(last, frozen_held_out)
print(f"kernels frozen: loss {frozen.loss[-1]:.2f}, held-out accuracy {accuracy:.0%}")
print(f"kernels trained: loss {history.loss[-1]:.2f}, held-out accuracy {history.held_out_accuracy[-1]:.0%}")
assert history.loss[-1] < frozen.loss[-1] < 0.5 * frozen.loss[0]
assert accuracy > 0.5

# %% [markdown]
# (Of 25 pictures held out each counts for 4 %: the losses are the surer sign.)
#
# The kernels before and after (orange is positive, blue is negative). Below, a digit, what the convolution makes of it, and
# what the pooling keeps.

# %%
from viz import draw_images


def numbers(maps):
    return [[[v.data for v in row] for row in channel] for channel in maps]


maps = convolution(held_out[0][0])
pictures = {
    "kernels before": numbers([kernel[0] for kernel in start.layers[0].w]),
    "kernels after": numbers([kernel[0] for kernel in convolution.w]),
    "a digit": held_out[0][0],
    "after the convolution": numbers(maps),
    "after max pooling": numbers(pooling(maps)),
}
draw_images(pictures, pixel=12, title="A small convolutional network, from the inside")

# %% [markdown]
# The gradient runs the same way back. Of each 2×2 window one pixel gets all of it:

# %%
maps = convolution(held_out[0][0])
backward([v for channel in pooling(maps) for row in channel for v in row])
blame = [[[v.grad for v in row] for row in channel] for channel in maps]
assert all(
    sorted(channel[2 * i + u][2 * j + v] for u in (0, 1) for v in (0, 1)) == [0.0, 0.0, 0.0, 1.0]
    for channel, values in zip(blame, numbers(maps))
    for i in range(3)
    for j in range(3)
    if len({values[2 * i + u][2 * j + v] for u in (0, 1) for v in (0, 1)}) == 4  # no ties
)
draw_images({"the gradient at the convolution's output": blame}, pixel=12)

# %% [markdown]
# **Exercise.** Replace `MaxPool2d` by `AvgPool2d` and train again: which learns faster here, and why might that be?
