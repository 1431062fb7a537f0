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
# # 12. 汇聚，以及一个小卷积网络
#
# **问题：** 最大汇聚里梯度去哪里，平均汇聚里又去哪里？这足以识别数字吗？
#
# **先修：** 第 6 课、第 11 课。
#
# 汇聚（池化）把每个窗口换成一个数。1、4、3、2 的最大值是 4，平均值是 2.5。把 3 增加 0.01，最大值仍是 4，平均值变动它的四分之一；
# 把 4 增加 0.01，最大值跟着全部变动。
#
# - **最大**：$y = \max_i x_i$。只有最大的那个使输出变动，所以梯度*全部*给它，其余的得 0。
# - **平均**：$y = \frac1n \sum x_i$。每一个都使输出同样变动：各得梯度的 $\frac1n$。

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
# 窗口重叠时，一个像素可以在几个窗口里胜出，它的梯度相加：又是扇出。

# %%
from autograd_lite import backward, maximum, topological_order

a, b, c = Value(0.0), Value(5.0), Value(1.0)
backward([maximum(a, b), maximum(b, c)])
print([v.grad for v in (a, b, c)])
assert [v.grad for v in (a, b, c)] == [0.0, 2.0, 0.0]

# %% [markdown]
# ## 卷积 → 汇聚 → 全连接，识别真实的数字
#
# 8×8 的手写数字图像（scikit-learn 的数据集），全部 1 797 幅，四分之一留作测试。网络用标量写成，每幅图像是一张大约两千个节点的计算图。
# `compiled="numpy"` 把这张图记录一次，写成若干行 NumPy，于是十轮只要一秒左右；算出的数相同。

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
print(f"{len(model.parameters())} 个参数，损失 {history.loss[0]:.2f} -> {history.loss[-1]:.2f}")
print(f"测试集正确率 {history.held_out_accuracy[-1]:.0%}；瞎猜是 10 %")
assert history.loss[-1] < 0.2 * history.loss[0]
assert history.held_out_accuracy[-1] > 0.93

# %% [markdown]
# ## 卷积核学到了什么
#
# 比人们希望看到的要少。它们变了，但离随机的起点不远：每个核与自己起点的余弦仍在 0.6 以上。随机的卷积核本身就有用。把它们冻结，只根据它们从图像里提取的东西训练最后一层，
# 大多数数字照样认得出来。连卷积核一起训练，大约能再减少一半的错误。

# %%
convolution, pooling, flatten, _ = model.layers
flat = [[[w.data for row in kernel[0] for w in row] for kernel in net.layers[0].w] for net in (start, model)]
cosines = [sum(map(math.prod, zip(a, b))) / math.hypot(*a) / math.hypot(*b) for a, b in zip(*flat)]
print("每个卷积核与起点的余弦：", [round(c, 2) for c in cosines])
assert min(cosines) > 0.6

first, last = start.layers[0], start.layers[3]
features = lambda image: flatten(pooling(first(image)))
seen = compile(features, parameters=first.parameters(), batched=True, backend="numpy")
frozen_train, frozen_held_out = ((seen(images).tolist(), labels) for images, labels in (train, held_out))
adam = Adam(last.parameters(), lr=0.03)
frozen = fit(last, frozen_train, optimiser=adam, epochs=10, batch_size=30, rng=rng, compiled="numpy", progress=False)
loss, accuracy = evaluate(last, frozen_held_out)
print(f"冻结卷积核：损失 {frozen.loss[-1]:.2f}，测试集正确率 {accuracy:.0%}")
print(f"训练卷积核：损失 {history.loss[-1]:.2f}，测试集正确率 {history.held_out_accuracy[-1]:.0%}")
assert history.loss[-1] < 0.5 * frozen.loss[-1]
mistakes = [1 - a for a in (history.held_out_accuracy[-1], accuracy)]
doubt = math.sqrt(sum(m * (1 - m) / len(held_out[1]) for m in mistakes))  # 两者之差的标准差
print(f"错误率 {mistakes[0]:.1%} 和 {mistakes[1]:.1%}，两者之差的误差约为 {doubt:.1%}")
assert mistakes[1] - mistakes[0] > 2 * doubt

# %% [markdown]
# 训练前和训练后的卷积核（橙色为正，蓝色为负）。下面是一个数字、卷积的结果，以及汇聚之后留下的东西。

# %%
from viz import draw_images


def numbers(maps):
    return [[[v.data for v in row] for row in channel] for channel in maps]


maps = convolution(held_out[0][0])
pictures = {
    "训练前的卷积核": numbers([kernel[0] for kernel in start.layers[0].w]),
    "训练后的卷积核": numbers([kernel[0] for kernel in convolution.w]),
    "一个数字": held_out[0][0],
    "卷积之后": numbers(maps),
    "最大汇聚之后": numbers(pooling(maps)),
}
draw_images(pictures, pixel=12, title="一个小卷积网络的内部", lang="zh")

# %% [markdown]
# 梯度沿同样的路往回走。每个 2×2 的窗口里，一个像素得到全部：

# %%
maps = convolution(held_out[0][0])
backward([v for channel in pooling(maps) for row in channel for v in row])
blame = [[[v.grad for v in row] for row in channel] for channel in maps]
assert all(
    sorted(channel[2 * i + u][2 * j + v] for u in (0, 1) for v in (0, 1)) == [0.0, 0.0, 0.0, 1.0]
    for channel, values in zip(blame, numbers(maps))
    for i in range(3)
    for j in range(3)
    if len({values[2 * i + u][2 * j + v] for u in (0, 1) for v in (0, 1)}) == 4  # 没有并列
)
draw_images({"卷积输出处的梯度": blame}, pixel=12, lang="zh")

# %% [markdown]
# ## 小结
#
# - 最大汇聚把梯度全部交给每个窗口的胜者，平均汇聚则人人有份。在几个窗口里胜出的像素，得到各份之和。
# - 四个 3×3 的卷积核、最大汇聚和一层全连接，对没见过的数字正确率超过 93 %。
# - 随机的卷积核已经能做到其中的大部分；训练卷积核，大约再减少一半的错误，而它们与起点的夹角仍在五十度左右以内。
#
# ## 练习
#
# **练习 1。** 2×2 的窗口里是 1、4、3、2，汇聚结果处的上游梯度是 0.6。用最大汇聚时，四个像素各得到多少？用元组回答。

# %%
from viz import Exercise

check_1 = Exercise(
    (0, 0.6, 0, 0),
    because="只有 4 使最大值变动。",
    slips={
        "那是平均汇聚": (0.15, 0.15, 0.15, 0.15),
        "局部梯度是 1，还要乘上传来的梯度": (0, 1, 0, 0),
        "像素的值不乘到它的梯度上": (0, 2.4, 0, 0),
    },
    lang="zh",
)

# %% [markdown]
# **练习 2。** 三个数 2、7、5，两个重叠的窗口各含相邻两个数，都取最大值；两个结果处的上游梯度是 0.3 和 0.4。7 得到多少？

# %%
p, q, r = Value(2.0), Value(7.0), Value(5.0)
backward([maximum(p, q), maximum(q, r)], seeds=[0.3, 0.4])
check_2 = Exercise(
    q.grad,
    because="它在两个窗口里都胜出：$0.3 + 0.4$。",
    slips={
        "这只是第一个窗口": 0.3,
        "这只是第二个窗口": 0.4,
        "两份相加，不是取平均": 0.35,
    },
    lang="zh",
)

# %% [markdown]
# **练习 3。** 上面的网络有多少个参数？

# %%
check_3 = Exercise(
    len(model.parameters()),
    because=r"卷积核：$4 \cdot 9$ 个权重加 4 个偏置；最后一层：$36 \cdot 10 + 10$。",
    slips={
        "偏置也是参数": 4 * 9 + 36 * 10,
        "卷积核由所有位置共享，每个只有九个权重和一个偏置": 4 * 36 * 9 + 370,
        r"汇聚之后留给最后一层的是 $4 \cdot 3 \cdot 3 = 36$ 个数，不是 $4 \cdot 6 \cdot 6$": 40 + 144 * 10 + 10,
        "这只是最后一层": 370,
    },
    lang="zh",
)
