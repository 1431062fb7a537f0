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
# # 16. 回归
#
# **问题：** 深度、宽度和激活函数，怎样改变网络能画出的曲线？
#
# **先修：** 第 3 课。
#
# 目标是等距点上的 $y = \sin x$；输出是线性的，损失是平方误差。先看前向，一个隐藏层：
#
# $$\hat y(x) = B + \sum_k W_k \tanh(w_k x + b_k) .$$
#
# 先看一个神经元：$2 \tanh(3x - 1.5)$ 在左边远处是 −2，在右边远处是 2；在中点 $x = 0.5$ 处，以斜率 6 上升。输出就是这样一些弯曲的台阶之和：
# 第 $k$ 个神经元的台阶，中点在 $x = -b_k / w_k$，那里的斜率是 $W_k w_k$，从一侧到另一侧的高度是 $2 |W_k|$。

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

W, w, b = output.neurons[0].w[0].data, hidden.neurons[0].w[0].data, 0.3
step = lambda x: W * math.tanh(w * x + b)
assert abs(abs(step(1e3) - step(-1e3)) - 2 * abs(W)) < 1e-12
assert abs((step(-b / w + 1e-5) - step(-b / w - 1e-5)) / 2e-5 - W * w) < 1e-8

# %% [markdown]
# 手算梯度，记 $t_k = \tanh(w_k x + b_k)$：
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
# ## 宽度、深度、激活函数
#
# 六个网络，训练方式相同。（`compiled="numpy"` 把网络记录一次，算出的数相同，只是更快。）


# %%
def train(sizes, activation, epochs=120):
    rng = random.Random(3)
    model = MLP(1, [*sizes, 1], activation=activation, init="he" if activation == "relu" else "xavier", rng=rng)
    adam = Adam(model.parameters(), lr=0.02)
    history = fit(
        model,
        (xs, ys),
        loss="squared_error",
        optimiser=adam,
        epochs=epochs,
        batch_size=None,
        compiled="numpy",
        progress=False,
    )
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
    print(f"隐藏层 {sizes!s:<8} {activation:<7} 均方误差 {loss:.5f}")
line, one, four, twelve, two_layers, bent_once = (loss for _, loss in results.values())
assert four < 0.5 * one and one < 0.5 * line
assert 0.5 < twelve / four < 2  # 同样的轮数，并没有更好
assert two_layers < 0.5 * twelve and bent_once > 2 * twelve

# %% [markdown]
# 用直线去拟合正弦，最好的一条也有训练无法消除的误差：$\frac1n\sum (\sin x - a x)^2$，其中
# $a = \sum x \sin x / \sum x^2$。

# %%
a = sum(x * y for (x,), y in zip(xs, ys)) / sum(x * x for (x,) in xs)
floor = sum((y - a * x) ** 2 for (x,), y in zip(xs, ys)) / len(xs)
print(f"线性模型的误差下限 {floor:.5f}")
assert results[("linear",)][1] > floor - 1e-12

# %% [markdown]
# ## 画出来
#
# **宽度。** 没有隐藏神经元：一条直线。一个：一个台阶。四个：台阶足够拼出一个波。十二个在这 120 轮里并没有更好：缺的不是余地，而是训练。

# %%
from viz import draw_curves

grid = [-math.pi + 2 * math.pi * i / 100 for i in range(101)]
data = [(x, y) for (x,), y in zip(xs, ys)]


def curve(*key):
    return [(x, results[key][0]([x])) for x in grid]


draw_curves(
    {"没有隐藏层": curve("linear"), "1 个 tanh": curve(1, "tanh"), "4 个 tanh": curve(4, "tanh"), "数据": data},
    x="x",
    y="y",
    dots=["数据"],
    title="宽度",
    lang="zh",
)

# %% [markdown]
# **深度与激活函数。** 两层各六个，比一层十二个更接近，但参数也更多：61 个对 37 个。ReLU 神经元没有弯，只有折，所以它们的和是一串直线段，最多 13 段。
# 偏置从 0 开始，所有的折点都从 $x = 0$ 出发，得从那里走出去：120 轮之后，大多数仍在距 0 不到 1 的范围内。

# %%
parameters = {key: len(model.parameters()) for key, (model, _) in results.items()}
assert (parameters[(6, 6, "tanh")], parameters[(12, "tanh")]) == (61, 37)
kinks = [-n.b.data / n.w[0].data for n in results[(12, "relu")][0].layers[0].neurons]
print("ReLU 网络的折点在", [round(x, 1) for x in sorted(kinks)])
assert sum(abs(x) < 1 for x in kinks) > 6
points = [y.data for _, y in curve(12, "relu")]
bends = [abs(c - 2 * b + a) > 1e-9 for a, b, c in zip(points, points[1:], points[2:])]
assert sum(bends) <= 2 * 12  # 落在两个网格点之间的折点，会出现在两个差分里

draw_curves(
    {
        "12 个 tanh": curve(12, "tanh"),
        "6 + 6 个 tanh": curve(6, 6, "tanh"),
        "12 个 relu": curve(12, "relu"),
        "数据": data,
    },
    x="x",
    y="y",
    dots=["数据"],
    title="深度与激活函数",
    lang="zh",
)

# %% [markdown]
# **数据之外。** 给网络看的只有 $[-\pi, \pi]$。在此之外，它的回答没有用处。远处每个 tanh 都是平的，回答也就是平的，而正弦还在继续：

# %%
best = results[(12, "tanh")][0]
wide = [-30 + 60 * i / 200 for i in range(201)]
slopes = [(best([x + 0.01]).data - best([x]).data) / 0.01 for x in (0.0, 30.0)]
print(f"0 处的斜率 {slopes[0]:.2f}，30 处 {slopes[1]:.0e}")
assert slopes[0] > 1 and abs(slopes[1]) < 1e-3
print(f"x = 6 处：sin x = {math.sin(6):.2f}，网络说 {best([6.0]).data:.2f}")
assert abs(best([6.0]).data - math.sin(6)) > 0.3
draw_curves(
    {"12 个 tanh": [(x, best([x])) for x in wide], "sin x": [(x, math.sin(x)) for x in wide], "数据": data},
    x="x",
    y="y",
    dots=["数据"],
    title="数据之外",
    lang="zh",
)

# %% [markdown]
# 网络只会内插；它不知道正弦还在继续。用激活函数 `"sin"` 和一个隐藏神经元，它就知道了：假设已经写在形式里。

# %%
periodic, loss = train([1], "sin")
print(f"一个正弦：均方误差 {loss:.0e}，x = 6 处 {periodic([6.0]).data:.2f}")
assert loss < 1e-3 and abs(periodic([6.0]).data - math.sin(6)) < 0.05

# %% [markdown]
# ## 在正方形上
#
# 有两个输入时，曲线就成了曲面。这里的曲面来自另一个网络，它有两个隐藏层，权重随机，在正方形的 121 个点上取值。让一个平面，以及一个有十二个隐藏神经元的单隐层网络，去拟合它。

# %%
rng = random.Random(7)
landscape = MLP(2, [6, 6, 1], activation="tanh", init=lambda n_in, n_out, rng: rng.gauss(0.0, 1.2), rng=rng)
steps = [-1 + 0.2 * i for i in range(11)]
square = [[a, b] for b in reversed(steps) for a in steps]
heights = [landscape(point).data for point in square]
surfaces, costs = {"曲面": heights}, {}
for name, sizes in (("平面", []), ("12 个 tanh", [12])):
    model = MLP(2, [*sizes, 1], activation="tanh", rng=random.Random(3))
    adam = Adam(model.parameters(), lr=0.05)
    fit(
        model,
        (square, heights),
        loss="squared_error",
        optimiser=adam,
        epochs=300,
        batch_size=None,
        compiled="numpy",
        progress=False,
    )
    surfaces[name] = [model(point).data for point in square]
    costs[name] = sum((a - b) ** 2 for a, b in zip(surfaces[name], heights)) / len(heights)
    print(f"{name}：均方误差 {costs[name]:.5f}")
assert costs["12 个 tanh"] < 0.1 * costs["平面"]


def rows(values):
    return [values[11 * i : 11 * i + 11] for i in range(11)]


from viz import draw_images

draw_images(
    {", ".join(surfaces): [rows(values) for values in surfaces.values()]},
    pixel=12,
    title="正方形上的曲面",
    lang="zh",
)

# %% [markdown]
# ## 小结
#
# - 一个隐藏 tanh 神经元添上一个弯曲的台阶：中点在 $-b/w$，那里的斜率是 $W w$，高度是 $2|W|$。
# - 没有隐藏层就是直线；神经元更多，或者再加一层，就更接近，但要看训练进行到什么程度。
# - ReLU 网络是一串直线段。由弯曲台阶组成的网络，在远离数据的地方都是平的。
# - 在正方形上也是如此：平面拟合不了的，十二个神经元能够拟合。
#
# ## 练习
#
# **练习 1。** 一个神经元添上 $2 \tanh(4x - 2)$。台阶的中点在哪里？

# %%
from viz import Exercise

check_1 = Exercise(
    2 / 4,
    because="$4x - 2 = 0$ 之处，即 $-b/w$。",
    slips={
        "符号错了：$4x - 2 = 0$": -0.5,
        "这是 $-w/b$": 2.0,
        "这是 $b$，还要除以 $w$": -2.0,
    },
    lang="zh",
)

# %% [markdown]
# **练习 2。** 那里的斜率是多少？

# %%
check_2 = Exercise(
    2 * 4,
    because="$W w$：tanh 在 0 处的斜率是 1。",
    slips={
        "里面的权重也要乘": 2,
        "外面的权重也要乘": 4,
        "这是中点的值，不是斜率": 0,
    },
    lang="zh",
)

# %% [markdown]
# **练习 3。** 二十个隐藏 ReLU 神经元，一个输入，一个线性输出。曲线最多由几段直线组成？

# %%
check_3 = Exercise(
    21,
    because="每个神经元有一个折点，二十个折点把直线分成 21 段。",
    slips={
        "折点之间的各段，还要再加一段": 20,
        "一个神经元只有一个折点，不是两个": 40,
    },
    lang="zh",
)
