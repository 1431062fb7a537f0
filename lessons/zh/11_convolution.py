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
# # 11. 卷积
#
# **问题：** 卷积对图像、卷积核和偏置的梯度各是什么？
#
# **先修：** 第 2 课。
#
# 先看一维的例子：信号 1、3、2，卷积核 −1、1。核放在前两个数上，得到 $3 - 1 = 2$；再移一格，得到 $2 - 3 = -1$：它回答的是每个数到下一个数的变化。
#
# 网络里所说的卷积，是让卷积核在图像上滑动，*不*翻转（即互相关）：
#
# $$y_{ij} = b + \sum_{u,v} w_{uv}\; x_{i s + u - p,\; j s + v - p}$$
#
# 步幅为 $s$，填充为 $p$（图像四周补零）。每个输出都是卷积核与一小块图像的点积：一个只看小窗口的神经元，在每个位置都是同一个。
# 有多个通道时，对所有输入通道 $c$ 再求和；每个输出通道 $k$ 有自己的卷积核 $w^{k}_{cuv}$ 和偏置 $b^k$。

# %%
import random

from autograd_lite import Value, backward
from nn import Conv2d
from nn.conv import shape

rng = random.Random(0)
image = [[[rng.uniform(-1, 1) for _ in range(5)] for _ in range(5)] for _ in range(2)]  # 2 个通道，5×5
conv = Conv2d(2, 3, 3, stride=2, padding=1, rng=rng)
x = [[[Value(v) for v in row] for row in channel] for channel in image]
y = conv(x)
print("图像", shape(image), "卷积核", len(conv.w), "×", len(conv.w[0]), "× 3 × 3", "输出", shape(y))

# %% [markdown]
# 输出的大小：$\lfloor (n + 2p - k)/s \rfloor + 1$。

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
# 把窗口在 5 × 5 的图像上滑动的过程画出来：3 × 3 的卷积核有九个位置。下面一行是到那时为止写好的输出。

# %%
from viz import draw_images

picture = image[0]
sliding = Conv2d(1, 1, 3, bias=None, rng=random.Random(4))
(answers,) = sliding([picture])
places = [(i, j) for i in range(3) for j in range(3)]


def under(i, j):
    """图像，(i, j) 处的窗口以外变淡。"""
    return [
        [v if i <= a < i + 3 and j <= b < j + 3 else 0.15 * v for b, v in enumerate(row)]
        for a, row in enumerate(picture)
    ]


written = [
    [[answers[i][j].data if (i, j) in places[: n + 1] else 0.0 for j in range(3)] for i in range(3)] for n in range(9)
]
assert written[-1] == [[v.data for v in row] for row in answers]
draw_images(
    {"窗口": [under(i, j) for i, j in places], "输出": written},
    pixel=11,
    title="滑动窗口",
    lang="zh",
)

# %% [markdown]
# ## 反向传播
#
# 设输出 $y_{ij}$ 处的上游梯度是 $g_{ij}$。权重 $w_{uv}$ 在*每一个*位置都用到，这是很大的扇出；偏置也是。它们的梯度是对所有位置求和；
# 一个像素的梯度，是对看见它的所有窗口求和：
#
# $$\frac{\partial L}{\partial w_{uv}} = \sum_{i,j} g_{ij}\, x_{is+u-p,\,js+v-p}, \qquad
# \frac{\partial L}{\partial b} = \sum_{i,j} g_{ij}, \qquad
# \frac{\partial L}{\partial x_{ab}} = \sum_{i,j} g_{ij}\, w_{a+p-is,\; b+p-js} .$$
#
# 这些下标从哪里来？当且仅当对核内的某个 $u, v$ 有 $a = is + u - p$、$b = js + v - p$ 时，$x_{ab}$ 才出现在 $y_{ij}$ 里；解出 $u$ 和 $v$，
# 落在核外的略去。
#
# 卷积核的梯度本身也是互相关（图像与 $g$ 的）。图像的梯度则是 $g$ 与旋转 180° 的卷积核的互相关，$a + p - is$ 里的减号说的就是这件事
# （$s > 1$ 时，要在 $g$ 的元素之间补零）。

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
print("卷积核、偏置和图像的梯度都一致")

turned = Conv2d(3, 2, 3, padding=1, bias=None)
for k in range(3):
    for c in range(2):
        for u in range(3):
            for v in range(3):
                turned.w[c][k][u][v].data = conv.w[k][c][2 - u][2 - v].data
spread = [[[0.0] * 5 for _ in range(5)] for _ in range(3)]  # 在 g 的元素之间补零
for k in range(3):
    for i, j in positions:
        spread[k][2 * i][2 * j] = g[k][i][j]
for pixels, plane in zip(x, turned(spread)):
    for row, expected_row in zip(pixels, plane):
        assert all(abs(p.grad - expected.data) < 1e-12 for p, expected in zip(row, expected_row))

# %% [markdown]
# ## 一个应用：模板匹配
#
# 卷积核如果长得像要找的图案，在图案所在之处就会有强烈的响应。先减去核的平均值，这样，亮度均匀的一块，无论多亮，响应都是 0。

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
        scene[4 + u][5 + v] += template[u][v]  # 十字藏在 (4, 5)
answer = finder([scene])[0]
found = max(((i, j) for i in range(6) for j in range(8)), key=lambda p: answer[p[0]][p[1]].data)
print("找到的位置", found)
assert found == (4, 5)
assert abs(finder([[[7.0] * 3] * 3])[0][0][0].data) < 1e-12

# %%
draw_images(
    {"场景与卷积核": [scene, [[w.data for w in row] for row in finder.w[0][0]]], "响应": [answer]},
    pixel=16,
    title="模板匹配",
    lang="zh",
)

# %% [markdown]
# 点积不仅随相似程度增大，也随图像块的大小增大。在别处放一个亮度为 10 的像素，它就赢了。衡量相似的是*余弦*：除以核与图像块的范数，
# 图像块也先减去平均值（归一化互相关）。它永远不超过 1，而且只有图案本身才等于 1，无论对比度如何。

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
print(f"最大的响应在 {loudest}，最大的余弦在 {likest}：{cosines[4][5]:.4f}")
assert loudest != (4, 5) and likest == (4, 5)
assert all(abs(c) < 1 + 1e-12 for row in cosines for c in row)
assert abs(likeness([[3.0 * v + 2.0 for v in row] for row in template]) - 1) < 1e-12
draw_images({"一个亮的像素": [scene], "响应": [answer], "余弦": [cosines]}, pixel=16, lang="zh")

# %% [markdown]
# 在 PyTorch 里，这就是 `F.conv2d(x, w, b, stride=2, padding=1)`。
#
# 核为 1×1 的卷积把每个像素的各个通道混合起来：相当于在每个位置都用同一层神经元。

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
# ## 小结
#
# - 卷积是放在每个位置的同一个小神经元；输出每边有 $\lfloor (n + 2p - k)/s \rfloor + 1$ 个位置。
# - 卷积核的梯度是图像与 $g$ 的互相关，偏置的梯度是 $g$ 之和，图像的梯度是 $g$ 与旋转 180° 的核的互相关。
# - 只要没有更亮的东西，点积就能找到模板；图像块的余弦则在任何对比度下都能找到。
#
# ## 练习
#
# **练习 1。** 图像 28 × 28，卷积核 5 × 5，步幅 2，填充 2。输出每边有几个位置？

# %%
from viz import Exercise

check_1 = Exercise(
    len(Conv2d(1, 1, 5, stride=2, padding=2)([[[0.0] * 28] * 28])[0]),
    because=r"$\lfloor (28 + 4 - 5)/2 \rfloor + 1 = 13 + 1$.",
    slips={
        "第一个位置也要算：加 1": 13,
        "两边都要补零": 12,
        "那是步幅为 1 的情形": 28,
    },
    lang="zh",
)

# %% [markdown]
# **练习 2。** 信号 $x = (1, 3, 2)$，卷积核有两个权重，两个输出处的上游梯度是 $g = (0.5, -1)$。卷积核的梯度是多少？用元组回答。

# %%
kernel, signal = [Value(-1.0), Value(1.0)], [Value(1.0), Value(3.0), Value(2.0)]
backward([kernel[0] * a + kernel[1] * b for a, b in zip(signal, signal[1:])], seeds=[0.5, -1.0])
check_2 = Exercise(
    [w.grad for w in kernel],
    because=r"$0.5 \cdot 1 - 1 \cdot 3$ 与 $0.5 \cdot 3 - 1 \cdot 2$：每个权重在两个位置都遇到信号。",
    slips={
        "那是翻转了的核的梯度": (-0.5, -2.5),
        "那是偏置的梯度；权重还要乘上遇到的信号": (-0.5, -0.5),
        "每个权重用在两个位置，两处都要算": (0.5, -2),
    },
    lang="zh",
)

# %% [markdown]
# **练习 3。** 同上，卷积核是 $(-1, 1)$。信号的梯度是多少？用元组回答。

# %%
check_3 = Exercise(
    [v.grad for v in signal],
    because="3 被看见两次，第一个位置的第二个权重，第二个位置的第一个权重：$0.5 + 1$。",
    slips={
        "中间的数在两个窗口里；漏了第二份": (-0.5, 0.5, -1),
        "中间的数在两个窗口里；漏了第一份": (-0.5, 1, -1),
        "核没有旋转：第一个数遇到的是第一个权重": (0.5, -1.5, 1),
    },
    lang="zh",
)
