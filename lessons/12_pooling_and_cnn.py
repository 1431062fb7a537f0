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
# **Builds on:** lesson 6, lesson 11.
#
# Pooling replaces each window by one number. Of 1, 4, 3 and 2 the maximum is 4, the average 2.5. Raise the 3 by 0.01: the maximum
# stays 4, the average moves by a quarter of it. Raise the 4: the maximum moves by all of it.
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
# 8×8 images of handwritten digits (scikit-learn's set), all 1 797 of them, a quarter held out. Written on scalars, every image is
# a graph of some two thousand nodes. `compiled="numpy"` records that graph once and writes it as lines of NumPy, so that ten
# epochs take about a second; the numbers are the same.

# %%
import copy
import math
import random

from autograd_lite import compile
from nn import Adam, Conv2d, Flatten, Layer, Sequential, evaluate, fit
from nn.data import digits, split

rng = random.Random(0)
xs, ys = digits()
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
    model, train, optimiser=adam, epochs=10, batch_size=30, rng=rng, held_out=held_out, compiled="numpy", progress=False
)
print(f"{len(model.parameters())} parameters, loss {history.loss[0]:.2f} -> {history.loss[-1]:.2f}")
print(f"held-out accuracy {history.held_out_accuracy[-1]:.0%}; guessing would give 10 %")
assert history.loss[-1] < 0.2 * history.loss[0]
assert history.held_out_accuracy[-1] > 0.93

# %% [markdown]
# ## What the kernels have learnt
#
# Less than one would like to see in them. They have moved, but not far from where they started, at random: the cosine of each
# with its start is still above 0.6. Random kernels are useful as they are. Freeze them, train the last layer alone on what they make
# of the images, and most digits are read all the same. Training the kernels too takes away about half of the mistakes.

# %%
convolution, pooling, flatten, _ = model.layers
flat = [[[w.data for row in kernel[0] for w in row] for kernel in net.layers[0].w] for net in (start, model)]
cosines = [sum(map(math.prod, zip(a, b))) / math.hypot(*a) / math.hypot(*b) for a, b in zip(*flat)]
print("cosine of each kernel with its start:", [round(c, 2) for c in cosines])
assert min(cosines) > 0.6

first, last = start.layers[0], start.layers[3]
features = lambda image: flatten(pooling(first(image)))
seen = compile(features, parameters=first.parameters(), batched=True, backend="numpy")
frozen_train, frozen_held_out = ((seen(images).tolist(), labels) for images, labels in (train, held_out))
adam = Adam(last.parameters(), lr=0.03)
frozen = fit(last, frozen_train, optimiser=adam, epochs=10, batch_size=30, rng=rng, compiled="numpy", progress=False)
loss, accuracy = evaluate(last, frozen_held_out)
print(f"kernels frozen: loss {frozen.loss[-1]:.2f}, held-out accuracy {accuracy:.0%}")
print(f"kernels trained: loss {history.loss[-1]:.2f}, held-out accuracy {history.held_out_accuracy[-1]:.0%}")
assert history.loss[-1] < 0.5 * frozen.loss[-1]
mistakes = [1 - a for a in (history.held_out_accuracy[-1], accuracy)]
doubt = math.sqrt(sum(m * (1 - m) / len(held_out[1]) for m in mistakes))  # standard deviation of the difference
print(f"mistakes {mistakes[0]:.1%} and {mistakes[1]:.1%}, their difference known to about {doubt:.1%}")
assert mistakes[1] - mistakes[0] > 2 * doubt

# %% [markdown]
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
# ## What was shown
#
# - Max pooling hands all of the gradient to the winner of each window, average pooling a share to everyone. A pixel that wins in
#   several windows gets the sum.
# - A network of four 3×3 kernels, max pooling and one layer reads more than 93 % of digits it has not seen.
# - Kernels left at random do most of that; training them takes away about half of the remaining mistakes, and they stay within
#   some fifty degrees of their start.
#
# ## Exercises
#
# **Exercise 1.** A 2×2 window holds 1, 4, 3 and 2, and the gradient 0.6 arrives at its pooled value. What arrives at the four pixels
# with max pooling? Answer with a tuple.

# %%
from viz import Exercise

check_1 = Exercise(
    (0, 0.6, 0, 0),
    because="Only the 4 moves the maximum.",
    slips={
        "that is average pooling": (0.15, 0.15, 0.15, 0.15),
        "the local gradient is 1; it is multiplied by what arrives": (0, 1, 0, 0),
        "the value of a pixel does not multiply its gradient": (0, 2.4, 0, 0),
    },
)

# %% [markdown]
# **Exercise 2.** The numbers 2, 7, 5, and two overlapping windows of two, each pooled by its maximum; the gradients 0.3 and 0.4 arrive
# at them. What arrives at the 7?

# %%
p, q, r = Value(2.0), Value(7.0), Value(5.0)
backward([maximum(p, q), maximum(q, r)], seeds=[0.3, 0.4])
check_2 = Exercise(
    q.grad,
    because="It wins in both windows: $0.3 + 0.4$.",
    slips={
        "that is the first window alone": 0.3,
        "that is the second window alone": 0.4,
        "the two add, they are not averaged": 0.35,
    },
)

# %% [markdown]
# **Exercise 3.** How many parameters does the network above have?

# %%
check_3 = Exercise(
    len(model.parameters()),
    because=r"Kernels: $4 \cdot 9 + 4$ biases; the last layer: $36 \cdot 10 + 10$.",
    slips={
        "biases are parameters too": 4 * 9 + 36 * 10,
        "the kernels are shared by all positions; each has nine weights and one bias": 4 * 36 * 9 + 370,
        r"pooling leaves $4 \cdot 3 \cdot 3 = 36$ numbers for the last layer, not $4 \cdot 6 \cdot 6$": 40
        + 144 * 10
        + 10,
        "that is the last layer alone": 370,
    },
)
