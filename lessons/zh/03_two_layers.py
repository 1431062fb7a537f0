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
# # 3. 两层网络
#
# **问题：** 把一个神经元接在另一个后面，有什么好处？它们的参数按什么顺序更新？
#
# **先修：** 第 2 课。
#
# 两个神经元首尾相接，所有的量都是标量：
#
# $$h = f(w x + b), \qquad \hat y = f(W h + B), \qquad L = \tfrac12(\hat y - y)^2,\qquad f = \tanh .$$
#
# 代入下面的数，$h$ 约为 0.52，$\hat y$ 约为 −0.22，而想要的是 0.3。该怪谁？让 $h$ 增加 0.01，$\hat y$ 大约变动 −0.011：
# 第二个权重是 −1.2，tanh 在那里的斜率是 0.95。所以，无论什么使 $h$ 变动，$\hat y$ 都会朝相反的方向变动差不多同样多。
# 输出处的误差，就是经过 $W$ 传到第一个神经元的。

# %%
import math

from autograd_lite import Value, tanh
from viz import play

x, target = 0.8, 0.3
w, b, W, B = Value(0.6, "w"), Value(0.1, "b"), Value(-1.2, "W"), Value(0.4, "B")
h = tanh(w * x + b)
h.label = "h"
y = tanh(W * h + B)
y.label = "ŷ"
loss = 0.5 * (y - target) ** 2
loss.label = "L"
loss.backward()
nudged = tanh(W.data * (h.data + 0.01) + B.data)
print(f"h = {h.data:.3f}，ŷ = {y.data:.3f}；h 增加 0.01，ŷ 变动 {nudged - y.data:+.4f}")
assert round(nudged - y.data, 3) == -0.011 and round(1 - y.data**2, 2) == 0.95

# %% [markdown]
# ## 手算，从末尾开始
#
# 记 $z_2 = W h + B$，$z_1 = w x + b$。tanh 的斜率是 $1 - \tanh^2$，所以 $z_2$ 处的误差
# $\delta_2 = \partial L/\partial z_2$ 满足
#
# $$\delta_2 = (\hat y - y)(1 - \hat y^2), \qquad \frac{\partial L}{\partial W} = \delta_2 h, \qquad \frac{\partial L}{\partial B} = \delta_2,$$
#
# 再往回一层：误差经过 $W$ 传来，再乘上第一个 $f$ 的斜率：
#
# $$\delta_1 = \delta_2\, W\, (1 - h^2), \qquad \frac{\partial L}{\partial w} = \delta_1 x, \qquad \frac{\partial L}{\partial b} = \delta_1 .$$

# %%
H = math.tanh(0.6 * x + 0.1)
Y = math.tanh(-1.2 * H + 0.4)
delta2 = (Y - target) * (1 - Y * Y)
delta1 = delta2 * -1.2 * (1 - H * H)
by_hand = {W: delta2 * H, B: delta2, w: delta1 * x, b: delta1}
for parameter, expected in by_hand.items():
    print(f"{parameter.label}：手算 {expected:+.12f}，引擎 {parameter.grad:+.12f}")
    assert abs(parameter.grad - expected) < 1e-12

# %%
play(loss, lang="zh")

# %% [markdown]
# ## 更新的顺序
#
# 所有梯度都属于*同一个*点。先把它们全部算出来，再移动所有参数，W、B、w、b 谁先谁后都可以。如果先移动 $W$，再用新的 $W$ 去算 $\delta_1$，
# 就把两个点混在了一起，得到的是另一个错误的梯度。

# %%
eta = 0.5
mixed_W = W.data - eta * W.grad
mixed_delta1 = delta2 * mixed_W * (1 - H * H)
print(f"∂L/∂w 正确 {w.grad:.6f}，先移动了 W 的 {mixed_delta1 * x:.6f}")
assert abs(w.grad - mixed_delta1 * x) > 1e-4

before = loss.data
for parameter in (W, B, w, b):
    parameter.data -= eta * parameter.grad
after = 0.5 * (tanh(W.data * tanh(w.data * x + b.data) + B.data) - target) ** 2
print(f"L: {before:.6f} -> {after:.6f}")
assert after < before

# %% [markdown]
# ## 如果没有非线性
#
# 当 $f(z) = z$ 时，两层就等于一层：$W(wx + b) + B = (Ww)\,x + (Wb + B)$。一百层这样的网络，仍是一条直线。深度之所以有用，全靠层与层之间的那一弯。


# %%
def linear(x):
    return W.data * (w.data * x + b.data) + B.data


slope, offset = W.data * w.data, W.data * b.data + B.data
for t in (-2.0, 0.0, 0.7, 5.0):
    assert abs(linear(t) - (slope * t + offset)) < 1e-12

# %% [markdown]
# 异或问题（XOR）说明了代价：它的四个点不能用一条直线分开。线性网络最好的办法是处处回答 ½，每个样本的损失是 ½·(½)² = ⅛。带弯的网络则能学会。

# %%
import random

from nn import MLP, Adam, fit
from nn.data import xor

fields = []
for activation in ("linear", "tanh"):
    rng = random.Random(4)
    model = MLP(2, [4, 1], activation=activation, rng=rng)
    adam = Adam(model.parameters(), lr=0.05)
    history = fit(model, xor(), loss="half_squared_error", optimiser=adam, epochs=150, rng=rng, progress=False)
    print(f"{activation:>6}：损失 {history.loss[-1]:.4f}")
    if activation == "tanh":
        assert history.loss[-1] < 0.02
    else:
        assert abs(history.loss[-1] - 1 / 8) < 0.005
    grid = [i / 20 - 0.25 for i in range(31)]
    fields.append([[model([a, b]).data - 0.5 for a in grid] for b in reversed(grid)])

# %% [markdown]
# 两个网络对正方形里每个点的回答：橙色大于 ½，蓝色小于 ½。

# %%
from viz import draw_images

draw_images({"左：线性，右：tanh": fields}, pixel=6, title="线性网络和带弯的网络学到的 XOR", lang="zh")

# %% [markdown]
# 在 PyTorch 里，这就是 `nn.Sequential(nn.Linear(1, 1), nn.Tanh(), nn.Linear(1, 1), nn.Tanh())`。
#
# ## 小结
#
# - 反向穿过两个神经元：先是 $\delta_2 = (\hat y - y)(1 - \hat y^2)$，再是 $\delta_1 = \delta_2 W (1 - h^2)$；每个梯度都是 $\delta$ 乘以输入进来的量。
# - 所有梯度属于同一个点：先全部算完，再移动；移动的先后没有关系。
# - 没有弯，两层就是一条直线。在 XOR 上，线性网络停在 ⅛，带弯的网络降到 0.02 以下。
# - 输出有错时，只要有一个因子为 0，$\delta_1$ 也会消失。
#
# ## 练习
#
# **练习 1。** 输出有错，而 $\delta_1 = (\hat y - y)(1 - \hat y^2)\, W (1 - h^2)$ 却消失了，这可能发生在哪里？有几个因子可以是 0 或接近 0？

# %%
from viz import Exercise


def error_at_z1(W, b, B):
    z1 = Value(0.6 * 0.8 + b)
    y = tanh(W * tanh(z1) + B)
    (0.5 * (y - 0.3) ** 2).backward()
    assert abs(y.data - 0.3) > 0.1  # 每一次都有错
    return abs(z1.grad)


usual = error_at_z1(W=-1.2, b=0.1, B=0.4)
cases = {
    "ŷ 接近 -1": error_at_z1(W=-1.2, b=0.1, B=-9.0),
    "W = 0": error_at_z1(W=0.0, b=0.1, B=0.0),
    "h 接近 1": error_at_z1(W=-1.2, b=9.0, B=0.4),
}
for what, delta in cases.items():
    print(f"{what}：|δ1| = {delta:.1e}，平常 {usual:.1e}")
    assert delta < 1e-6 * usual
check_1 = Exercise(
    len(cases),
    because=r"除第一个以外都可以：$|\hat y| \to 1$（第二个 tanh 是平的），$W = 0$（什么也传不过来），$|h| \to 1$（第一个 tanh 是平的）。",
    slips={
        r"第一个因子 $\hat y - y$ 只在输出正确时才是 0": 4,
        "两个斜率都可以消失，中间的权重也可以": 2,
        "每个 tanh 各有一个会消失的斜率，此外还有权重": 1,
    },
    lang="zh",
)

# %% [markdown]
# **练习 2。** 前面再加第三个神经元：$g = \tanh(v x + a)$，$h = \tanh(w g + b)$。把 $\delta_0 = \partial L/\partial (v x + a)$ 写成
# $\delta_1$、$w$ 和 $g$ 的函数。

# %%
check_2 = Exercise(
    lambda delta_1, w, g: delta_1 * w * (1 - g**2),
    because=r"$\delta_0 = \delta_1\, w\, (1 - g^2)$：同样的一步再走一次，经过权重，乘上斜率。",
    slips={
        r"漏了所到达的神经元的斜率 $1 - g^2$": lambda delta_1, w, g: delta_1 * w,
        r"往回走要经过权重 $w$": lambda delta_1, w, g: delta_1 * (1 - g**2),
        r"那是 $w$ 的梯度；继续往回走要乘 $w$，不是乘 $g$": lambda delta_1, w, g: delta_1 * g,
        "那是 sigmoid 的斜率": lambda delta_1, w, g: delta_1 * w * g * (1 - g),
    },
    at=[(0.4, -0.7, 0.3), (-1.1, 2.0, -0.6)],
    lang="zh",
)
outer = Value(0.3)
tanh(-1.2 * tanh(0.6 * tanh(outer) + 0.1) + 0.4).backward()
g = math.tanh(0.3)
h1 = math.tanh(0.6 * g + 0.1)
d1 = (1 - math.tanh(-1.2 * h1 + 0.4) ** 2) * -1.2 * (1 - h1 * h1)
assert abs(outer.grad - check_2.answer(d1, 0.6, g)) < 1e-12

# %% [markdown]
# **练习 3。** 两层都没有弯，$w = 2$，$b = 1$，$W = 3$，$B = -1$。合起来是一条直线 $\hat y = s x + t$。$s$ 和 $t$ 是多少？用元组回答。

# %%
check_3 = Exercise(
    (3 * 2, 3 * 1 - 1),
    because="$s = W w = 6$，$t = W b + B = 2$。",
    slips={
        "斜率相乘：第一层拉伸过的，第二层再拉伸一次": (5, 2),
        "第一个偏置还要乘上第二个权重": (6, 0),
        "第二层还要加上自己的偏置": (6, 3),
    },
    lang="zh",
)
