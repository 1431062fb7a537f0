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
# # 14. 自编码器
#
# **问题：** 目标就是自己的输入，这样的网络学到什么？
#
# **先修：** 第 3 课、第 10 课。
#
# 先看两个像素，0.3 和 0.8，在它们和它们的复制品之间只有一个数。出来的一切都由这个数决定，所以所有图像的复制品，都落在两个像素构成的平面里的一条曲线上。
# 如果图像本身也是这样，就什么也不会丢失。
#
# 把 64 个像素挤过一个窄层，再要求还原这 64 个像素：
#
# $$h = \tanh(W_1 x + b_1), \qquad \hat x = \sigma(W_2 h + b_2), \qquad L = \tfrac12 \sum_i (\hat x_i - x_i)^2 .$$
#
# 瓶颈存不下像素，所以必须找出各个数字的共同之处。梯度有一点不同寻常：$x$ 出现两次，一次作为输入，一次作为目标。我们训练的是权重，所以这两处都是常数。
# 如果*真的*要求 $\partial L/\partial x$，两条路径都要算：
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
print("x 的两条路径都算到了")

# %% [markdown]
# ## 让数字通过 8 个数的瓶颈
#
# 真实的 8×8 数字 0、1、3、7；64 个像素进，中间 8 个数，64 个像素出。（`compiled="numpy"` 把网络记录一次，算出的数相同，只是更快。）

# %%
rng = random.Random(0)
pairs = [(x, y) for x, y in zip(*digits(50, rng=rng)) if y in (0, 1, 3, 7)]
xs, labels = [x for x, _ in pairs], [y for _, y in pairs]
model = MLP(64, [8, 64], activation="tanh", output_activation="sigmoid", rng=rng)
adam = Adam(model.parameters(), lr=0.03)
options = {"loss": "half_squared_error", "batch_size": 4, "rng": rng, "progress": False, "compiled": "numpy"}
history = fit(model, (xs, xs), optimiser=adam, epochs=35, **options)
print(f"{len(xs)} 幅图像，损失 {history.loss[0]:.2f} -> {history.loss[-1]:.2f}")
assert history.loss[-1] < 0.3 * history.loss[0]

# %% [markdown]
# 上面是原图，下面是重构。中间只隔着八个数。

# %%
from viz import draw_curves, draw_images


def image(pixels):
    return [list(pixels[8 * i : 8 * i + 8]) for i in range(8)]


chosen = [i for digit in (0, 1, 3, 7) for i in [i for i, y in enumerate(labels) if y == digit][:2]]
draw_images(
    {
        "原图": [image(xs[i]) for i in chosen],
        "重构": [image([v.data for v in model(xs[i])]) for i in chosen],
    },
    title="通过八个数的瓶颈的数字",
    lang="zh",
)

# %%
draw_curves({"训练": list(enumerate(history.loss, start=1))}, x="轮", y="损失", lang="zh")

# %% [markdown]
# 八个隐藏的数，各自给图像添上自己的图案：就是从它引出的权重。

# %%
patterns = [image([neuron.w[k].data for neuron in model.layers[1].neurons]) for k in range(8)]
draw_images({"每个隐藏的数所画的图案": patterns}, lang="zh")

# %% [markdown]
# 重构比平均图像更接近各自的数字：每一幅都学到了一些东西。

# %%
average = [sum(column) / len(xs) for column in zip(*xs)]
reconstructed = sum(half_squared_error([v.data for v in model(x)], x) for x in xs) / len(xs)
baseline = sum(half_squared_error(average, x) for x in xs) / len(xs)
print(f"重构 {reconstructed:.2f}，平均图像 {baseline:.2f}")
assert reconstructed < 0.5 * baseline

# %% [markdown]
# ## 没有瓶颈
#
# 有了 64 个隐藏单元，恒等映射就成为可能：每个像素用一个单元。常有人说，这样就什么也学不到了。问问网络：给它看噪声图像，恒等映射会照样复制。
# 如果处处回答灰色 ½，平均误差是 $\frac12 \cdot 64 \cdot \frac1{12} = 2.67$。

# %%
wide = MLP(64, [64, 64], activation="tanh", output_activation="sigmoid", rng=random.Random(0))
adam = Adam(wide.parameters(), lr=0.03)
fit(wide, (xs, xs), optimiser=adam, epochs=8, **options)

unseen = [x for x, y in zip(*digits(100, rng=random.Random(1))) if y in (0, 1, 3, 7) and x not in xs]
noise = [[rng.random() for _ in range(64)] for _ in range(10)]
errors = {}
for name, net in (("8 hidden", model), ("64 hidden", wide)):
    errors[name] = [evaluate(net, (data, data), "half_squared_error")[0] for data in (xs, unseen, noise)]
    print(f"{name:>9}：训练过的 {errors[name][0]:.2f}，没见过的数字 {errors[name][1]:.2f}，噪声 {errors[name][2]:.2f}")
assert errors["64 hidden"][1] < errors["8 hidden"][1] < baseline
assert errors["64 hidden"][2] > 64 / 24

# %% [markdown]
# 宽的网络复制没见过的*数字*，比窄的网络更好；对噪声，给出的却比灰色还差。它并没有找到恒等映射：梯度下降从随机的起点走到了别处，那里认得数字。
# 解是否存在，与训练能否找到它，是两个问题。
#
# ## 小结
#
# - 自编码器的训练与任何网络一样；目标就是输入，是常数。如果不看作常数，它就得到两处的梯度。
# - 八个数足以重构一个数字，远胜于平均图像。
# - 隐藏层与图像一样宽，也没有学成恒等映射：它能复制没见过的数字，却复制不了噪声。
#
# ## 练习
#
# **练习 1。** 64–8–64 的网络有多少个参数？

# %%
from viz import Exercise

check_1 = Exercise(
    len(model.parameters()),
    because=r"引入的有 $64 \cdot 8 + 8$ 个，引出的有 $8 \cdot 64 + 64$ 个。",
    slips={
        "偏置也要算": 1024,
        "这只是引入的那一半": 520,
        "这只是引出的那一半": 576,
    },
    lang="zh",
)

# %% [markdown]
# **练习 2。** $x = (0.3, 0.8)$，$\hat x = (0.5, 0.6)$；移动 $x_1$ 使两个输出变动，$\partial \hat x_1/\partial x_1 = 0.2$，
# $\partial \hat x_2/\partial x_1 = 0.1$。如果 $x$ 不看作常数，$\partial L/\partial x_1$ 是多少？

# %%
check_2 = Exercise(
    0.2 * 0.2 - 0.2 * 0.1 - 0.2,
    because=r"经过网络是 $0.2 \cdot 0.2 + (-0.2) \cdot 0.1$，经过目标是 $-(\hat x_1 - x_1) = -0.2$。",
    slips={
        "这只是经过网络的路径": 0.2 * 0.2 - 0.2 * 0.1,
        "这只是经过目标的路径": -0.2,
        "目标升高，就更接近这个输出：它那一份是负的": 0.2 * 0.2 - 0.2 * 0.1 + 0.2,
    },
    lang="zh",
)

# %% [markdown]
# **练习 3。** 64 个像素非黑即白，取 0 或 1，由抛硬币决定。处处回答 ½，代价 $\frac12 \sum (\hat x_i - x_i)^2$ 是多少？

# %%
check_3 = Exercise(
    0.5 * 64 * 0.25,
    because="每个像素不管是黑是白，都错 ½。",
    slips={
        "那是灰度均匀分布的像素：均方是 1/12，不是 1/4": 64 / 24,
        "漏了求和号前的 ½，或者漏了平方": 16.0,
        "这只是一个像素": 0.125,
    },
    lang="zh",
)
