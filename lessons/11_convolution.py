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
# # 11. Convolution
#
# **Question:** what is the gradient of a convolution with respect to its image, its kernel and its bias?
#
# **Builds on:** lesson 2.
#
# In one dimension, with numbers: the signal 1, 3, 2 and the kernel −1, 1. Laid on the first two numbers the kernel gives $3 - 1 = 2$, one
# place further $2 - 3 = -1$: it answers with the step from each number to the next.
#
# What networks call convolution slides a kernel over an image *without* flipping it (cross-correlation):
#
# $$y_{ij} = b + \sum_{u,v} w_{uv}\; x_{i s + u - p,\; j s + v - p}$$
#
# with stride $s$ and padding $p$ (zeros around the image). Every output is a dot product of the kernel with a patch: a neuron
# that looks at a small window, the same neuron everywhere. With several channels, add the sums over all input channels $c$; each
# output channel $k$ has a kernel $w^{k}_{cuv}$ and a bias $b^k$ of its own.

# %%
import random

from autograd_lite import Value, backward
from nn import Conv2d
from nn.conv import shape

rng = random.Random(0)
image = [[[rng.uniform(-1, 1) for _ in range(5)] for _ in range(5)] for _ in range(2)]  # 2 channels, 5×5
conv = Conv2d(2, 3, 3, stride=2, padding=1, rng=rng)
x = [[[Value(v) for v in row] for row in channel] for channel in image]
y = conv(x)
print("image", shape(image), "kernels", len(conv.w), "×", len(conv.w[0]), "× 3 × 3", "output", shape(y))

# %% [markdown]
# The size of the output: $\lfloor (n + 2p - k)/s \rfloor + 1$.

# %%
assert shape(y) == (3, (5 + 2 - 3) // 2 + 1, (5 + 2 - 3) // 2 + 1)


def pixel(c, i, j):
    return image[c][i][j] if 0 <= i < 5 and 0 <= j < 5 else 0.0


for k in range(3):
    for i in range(3):
        for j in range(3):
            by_hand = conv.b[k].data + sum(
                conv.w[k][c][u][v].data * pixel(c, 2 * i + u - 1, 2 * j + v - 1)
                for c in range(2)
                for u in range(3)
                for v in range(3)
            )
            assert abs(y[k][i][j].data - by_hand) < 1e-12

# %% [markdown]
# The window, drawn as it goes over an image of 5 × 5: a kernel of 3 × 3 has nine places. Below, the answers written so far.

# %%
from viz import draw_images

picture = image[0]
sliding = Conv2d(1, 1, 3, bias=None, rng=random.Random(4))
(answers,) = sliding([picture])
places = [(i, j) for i in range(3) for j in range(3)]


def under(i, j):
    """The picture, pale outside of the window at (i, j)."""
    return [
        [v if i <= a < i + 3 and j <= b < j + 3 else 0.15 * v for b, v in enumerate(row)]
        for a, row in enumerate(picture)
    ]


written = [
    [[answers[i][j].data if (i, j) in places[: n + 1] else 0.0 for j in range(3)] for i in range(3)] for n in range(9)
]
assert written[-1] == [[v.data for v in row] for row in answers]
draw_images(
    {"the window": [under(i, j) for i, j in places], "the answers": written}, pixel=11, title="A sliding window"
)

# %% [markdown]
# ## Backward
#
# Let $g_{ij}$ be the gradient arriving at output $y_{ij}$. A weight $w_{uv}$ is used at *every* position: a huge fan-out. So is
# the bias. Their gradients are sums over all positions; a pixel's is a sum over the windows that saw it:
#
# $$\frac{\partial L}{\partial w_{uv}} = \sum_{i,j} g_{ij}\, x_{is+u-p,\,js+v-p}, \qquad
# \frac{\partial L}{\partial b} = \sum_{i,j} g_{ij}, \qquad
# \frac{\partial L}{\partial x_{ab}} = \sum_{i,j} g_{ij}\, w_{a+p-is,\; b+p-js} .$$
#
# Where do the indices come from? $x_{ab}$ is in $y_{ij}$ exactly if $a = is + u - p$ and $b = js + v - p$ for some $u, v$ inside
# the kernel; solve for $u$ and $v$, and leave out those outside of it.
#
# The gradient of the kernel is itself a cross-correlation (of image and $g$). The gradient of the image is one of $g$ with
# the kernel turned by 180°, as the minus in $a + p - is$ says (for $s > 1$, with zeros put between the entries of $g$).

# %%
g = [[[rng.uniform(-1, 1) for _ in range(3)] for _ in range(3)] for _ in range(3)]
outputs = [v for plane in y for row in plane for v in row]
backward(outputs, seeds=[v for plane in g for row in plane for v in row])

positions = [(i, j) for i in range(3) for j in range(3)]
for k in range(3):
    assert abs(conv.b[k].grad - sum(g[k][i][j] for i, j in positions)) < 1e-12
    for c in range(2):
        for u in range(3):
            for v in range(3):
                expected = sum(g[k][i][j] * pixel(c, 2 * i + u - 1, 2 * j + v - 1) for i, j in positions)
                assert abs(conv.w[k][c][u][v].grad - expected) < 1e-12
for c in range(2):
    for a in range(5):
        for b in range(5):
            expected = sum(
                g[k][i][j] * conv.w[k][c][a + 1 - 2 * i][b + 1 - 2 * j].data
                for k in range(3)
                for i, j in positions
                if 0 <= a + 1 - 2 * i < 3 and 0 <= b + 1 - 2 * j < 3
            )
            assert abs(x[c][a][b].grad - expected) < 1e-12
print("kernel, bias and image gradients agree")

turned = Conv2d(3, 2, 3, padding=1, bias=None)
for k in range(3):
    for c in range(2):
        for u in range(3):
            for v in range(3):
                turned.w[c][k][u][v].data = conv.w[k][c][2 - u][2 - v].data
spread = [[[0.0] * 5 for _ in range(5)] for _ in range(3)]  # g with zeros between its entries
for k in range(3):
    for i, j in positions:
        spread[k][2 * i][2 * j] = g[k][i][j]
for pixels, plane in zip(x, turned(spread)):
    for row, expected_row in zip(pixels, plane):
        assert all(abs(p.grad - expected.data) < 1e-12 for p, expected in zip(row, expected_row))

# %% [markdown]
# ## An application: template matching
#
# A kernel that looks like the pattern you search for answers strongly where the pattern is. Subtract its mean, so that a patch
# of one brightness, however bright, gets the answer 0.

# %%
template = [[0, 1, 0], [1, 1, 1], [0, 1, 0]]
mean = 5 / 9
finder = Conv2d(1, 1, 3, bias=None)
for u in range(3):
    for v in range(3):
        finder.w[0][0][u][v].data = template[u][v] - mean

scene = [[0.1 * rng.random() for _ in range(10)] for _ in range(8)]
for u in range(3):
    for v in range(3):
        scene[4 + u][5 + v] += template[u][v]  # the cross is hidden at (4, 5)
answer = finder([scene])[0]
found = max(((i, j) for i in range(6) for j in range(8)), key=lambda p: answer[p[0]][p[1]].data)
print("found at", found)
assert found == (4, 5)
assert abs(finder([[[7.0] * 3] * 3])[0][0][0].data) < 1e-12

# %%
draw_images(
    {"the scene, and the kernel": [scene, [[w.data for w in row] for row in finder.w[0][0]]], "the answer": [answer]},
    pixel=16,
    title="Template matching",
)

# %% [markdown]
# A dot product also grows with the patch, not only with the likeness. One pixel of 10 elsewhere, and it wins. What measures
# likeness is the *cosine*: divide by the norms of kernel and patch, the patch freed from its mean as well (normalised
# cross-correlation). It is never above 1, and 1 only for the pattern itself, at any contrast.

# %%
import math


def likeness(patch):
    mean = sum(map(sum, patch)) / 9
    pairs = [(w.data, v - mean) for ws, row in zip(finder.w[0][0], patch) for w, v in zip(ws, row)]
    return sum(w * v for w, v in pairs) / math.hypot(*(w for w, _ in pairs)) / math.hypot(*(v for _, v in pairs))


scene[1][0] = 10.0
answer = finder([scene])[0]
cosines = [[likeness([row[j : j + 3] for row in scene[i : i + 3]]) for j in range(8)] for i in range(6)]
loudest, likest = (
    max(((i, j) for i in range(6) for j in range(8)), key=lambda p: plane[p[0]][p[1]])
    for plane in ([[v.data for v in row] for row in answer], cosines)
)
print(f"the largest answer is at {loudest}, the largest cosine at {likest}: {cosines[4][5]:.4f}")
assert loudest != (4, 5) and likest == (4, 5)
assert all(abs(c) < 1 + 1e-12 for row in cosines for c in row)
assert abs(likeness([[3.0 * v + 2.0 for v in row] for row in template]) - 1) < 1e-12
draw_images({"a bright pixel": [scene], "the answer": [answer], "the cosine": [cosines]}, pixel=16)

# %% [markdown]
# *In PyTorch this is* `F.conv2d(x, w, b, stride=2, padding=1)`.
#
# A convolution with a 1×1 kernel mixes the channels of each pixel: a layer of neurons applied everywhere.

# %%
from nn import Layer

pointwise, layer = Conv2d(2, 3, 1, rng=rng), Layer(2, 3, activation=None)
for kernel, neuron in zip(pointwise.w, layer.neurons):
    for ((w,),), mine in zip(kernel, neuron.w):
        mine.data = w.data
mixed = pointwise(image)
for i in range(5):
    for j in range(5):
        expected = layer([image[0][i][j], image[1][i][j]])
        assert all(abs(mixed[k][i][j].data - expected[k].data) < 1e-12 for k in range(3))

# %% [markdown]
# ## What was shown
#
# - A convolution is one small neuron at every place; its output has $\lfloor (n + 2p - k)/s \rfloor + 1$ places a side.
# - The gradient of the kernel is a cross-correlation of image and $g$, that of the bias the sum of $g$, that of the image a
#   convolution of $g$ with the kernel turned by 180°.
# - A dot product finds a template as long as nothing is brighter; the cosine of the patches finds it at any contrast.
#
# ## Exercises
#
# **Exercise 1.** An image of 28 × 28, a kernel of 5 × 5, stride 2, padding 2. How many places a side has the output?

# %%
from viz import Exercise

check_1 = Exercise(
    len(Conv2d(1, 1, 5, stride=2, padding=2)([[[0.0] * 28] * 28])[0]),
    because=r"$\lfloor (28 + 4 - 5)/2 \rfloor + 1 = 13 + 1$.",
    slips={
        "the first place counts too: + 1": 13,
        "the zeros stand on both sides": 12,
        "that is with stride 1": 28,
    },
)

# %% [markdown]
# **Exercise 2.** The signal $x = (1, 3, 2)$, a kernel of two weights, and the gradients $g = (0.5, -1)$ at its two answers. What is the
# gradient of the kernel? Answer with a tuple.

# %%
kernel, signal = [Value(-1.0), Value(1.0)], [Value(1.0), Value(3.0), Value(2.0)]
backward([kernel[0] * a + kernel[1] * b for a, b in zip(signal, signal[1:])], seeds=[0.5, -1.0])
check_2 = Exercise(
    [w.grad for w in kernel],
    because=r"$0.5 \cdot 1 - 1 \cdot 3$ and $0.5 \cdot 3 - 1 \cdot 2$: each weight meets the signal at both places.",
    slips={
        "that is for the kernel flipped": (-0.5, -2.5),
        "that is the gradient of a bias; a weight meets the signal": (-0.5, -0.5),
        "each weight is used at two places; both count": (0.5, -2),
    },
)

# %% [markdown]
# **Exercise 3.** The same, with the kernel $(-1, 1)$. What is the gradient of the signal? Answer with a tuple.

# %%
check_3 = Exercise(
    [v.grad for v in signal],
    because="The 3 is seen twice, by the second weight at the first place and by the first at the second: $0.5 + 1$.",
    slips={
        "the number in the middle is in both windows; the second part is missing": (-0.5, 0.5, -1),
        "the number in the middle is in both windows; the first part is missing": (-0.5, 1, -1),
        "the kernel is not turned: the first number meets the first weight": (0.5, -1.5, 1),
    },
)
