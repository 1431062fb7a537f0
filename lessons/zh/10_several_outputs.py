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
# # 10. 多个输出
#
# **问题：** 一张图有两个头，一个是损失，一个是普通输出，它的梯度由外面传入；共享的部分会收到什么？
#
# **先修：** 第 2 课。
#
# 先看具体的数：共享部分输出 $h = 0.72$。损失 $(h - 1)^2$ 希望它大一些，那里的斜率是 −0.57。另一个程序读取 $e^h$，并为它送回 −0.25，
# 传到 $h$ 就是 $-0.25 \cdot e^{0.72} = -0.51$。这里两者的要求一致，合起来是 −1.08。
#
# 有些程序把不同种类的输出组合在一起：一个是损失，它自己的种子是 1；一个是普通输出，它的梯度来自别处（另一个程序，或者上面的一层）。
# 设输出是 $y_1, y_2$，种子是 $g_1, g_2$，反向传播计算的是
#
# $$\bar x = g_1 \frac{\partial y_1}{\partial x} + g_2 \frac{\partial y_2}{\partial x} .$$
#
# 这就是单个数 $g_1 y_1 + g_2 y_2$ 的梯度，种子看作常数：由链式法则，
# $\partial (g_1 y_1 + g_2 y_2)/\partial y_k = g_k$，再往下，两条路径就像第 2 课那样相加。

# %%
import math

from autograd_lite import Value, backward, exp, gradient, tanh, vjp
from viz import play

x, w = Value(0.6, "x"), Value(1.5, "w")
shared = tanh(w * x)
shared.label = "h"
loss = (shared - 1.0) ** 2  # 头 1：损失
loss.label = "loss"
output = exp(shared)  # 头 2：普通输出
output.label = "out"

seed_loss, seed_output = 1.0, -0.25
backward([loss, output], seeds=[seed_loss, seed_output])
print(f"h.grad = {shared.grad:.6f}, w.grad = {w.grad:.6f}, x.grad = {x.grad:.6f}")

# %% [markdown]
# 手算：在共享的节点，两个头的梯度*相加*，然后共同的路只走一遍。
#
# $$\bar h = g_1 \cdot 2 (h - 1) + g_2\, e^{h}, \qquad \bar w = \bar h\,(1 - h^2)\,x, \qquad \bar x = \bar h\,(1 - h^2)\,w .$$

# %%
h = math.tanh(0.9)
h_bar = seed_loss * 2 * (h - 1) + seed_output * math.exp(h)
assert abs(shared.grad - h_bar) < 1e-12
assert [round(g, 2) for g in (h, 2 * (h - 1), seed_output * math.exp(h), h_bar)] == [0.72, -0.57, -0.51, -1.08]
assert abs(w.grad - h_bar * (1 - h * h) * 0.6) < 1e-12
assert abs(x.grad - h_bar * (1 - h * h) * 1.5) < 1e-12

# %% [markdown]
# 走一遍完成两遍的工作：结果等于分别走两遍之和，也等于加权和的梯度。

# %%
separate = seed_loss * gradient(loss, w) + seed_output * gradient(output, w)
together = gradient(seed_loss * loss + seed_output * output, w)
assert abs(w.grad - separate) < 1e-12
assert abs(w.grad - together) < 1e-12

# 写成函数：vjp 给出各个输出和一个拉回函数，每个输出对应一个种子。
values, pullback = vjp(lambda x, w: [(tanh(w * x) - 1.0) ** 2, exp(tanh(w * x))], 0.6, 1.5)
assert abs(pullback([seed_loss, seed_output])[1] - w.grad) < 1e-12
print(values)

# %% [markdown]
# 把这个加权和一步一步走一遍。两个头都接在 $h$ 上，看两份贡献怎样在它的卡片里汇合。

# %%
play(seed_loss * loss + seed_output * output, lang="zh")

# %% [markdown]
# ## 让一个头不影响另一个
#
# 两个头都在拉同一个 $h$。如果其中一个不该拉，有两种办法。
#
# 只观察、不训练的头，种子取 0：就像它不存在一样。

# %%
x.grad = w.grad = 0.0
backward([loss, output], seeds=[1.0, 0.0])
assert abs(w.grad - gradient(loss, w)) < 1e-12

# %% [markdown]
# 但这样一来，*那个头里面*也什么都学不到。如果它有自己的参数 $v$，就改为把线剪断：`stop_gradient(h)` 的值与 $h$ 相同，但什么也不往回传。
# 这个头照样根据传给它的梯度学习 $v$，而共享部分只听得到损失。

# %%
from autograd_lite import stop_gradient
from viz import draw


def heads(through):
    """返回 w、v 和两个输出；第二个头通过一个函数看见 h。"""
    w, v = Value(1.5, "w"), Value(2.0, "v")
    h = tanh(w * 0.6)
    loss, out = (h - 1.0) ** 2, v * through(h)
    h.label, loss.label, out.label = "h", "loss", "out"
    return w, v, loss, out


for through in (lambda h: h, stop_gradient):
    w, v, loss, out = heads(through)
    backward([loss, out], seeds=[1.0, -0.25])
    print(f"w.grad {w.grad:+.4f}，v.grad {v.grad:+.4f}；只有损失时 w.grad 是 {gradient(loss, w):+.4f}")
    assert abs(v.grad - -0.25 * h) < 1e-12
assert w.grad == gradient(loss, w)
draw(loss + out, lang="zh")

# %% [markdown]
# 在 PyTorch 里，这就是 `torch.autograd.backward([loss, out], grad_tensors=[None, g])` 和 `h.detach()`。
#
# ## 小结
#
# - 带种子的多个输出，一遍就能全部求导；结果是以种子为权的加权和的梯度。
# - 在共享的节点，各个头相加；从那里往下，路只走一遍。
# - 种子取 0，这个头就完全不起作用；`stop_gradient` 则让它学习，但不影响共享部分。
#
# ## 练习
#
# **练习 1。** $y_1 = x^2$，$y_2 = 3x$，$x = 2$，种子是 1 和 −2。传到 $x$ 的是多少？

# %%
from viz import Exercise

x = Value(2.0)
backward([x * x, 3.0 * x], seeds=[1.0, -2.0])
check_1 = Exercise(
    x.grad,
    because=r"$1 \cdot 4 - 2 \cdot 3$.",
    slips={
        "这是两个种子都取 1 的结果": 7.0,
        "第二个种子是负的": 10.0,
        "各个头相加，不是相乘": -24.0,
        "这只是损失；普通的头也要算": 4.0,
    },
    lang="zh",
)

# %% [markdown]
# **练习 2。** $\partial y/\partial x = 1.5$。`backward([y, y])` 给 $x$ 留下多少？

# %%
w, v, loss, out = heads(stop_gradient)
backward([loss, loss])
assert abs(w.grad - 2 * gradient(loss, w)) < 1e-12
check_2 = Exercise(
    2 * 1.5,
    because="同一个输出，种子给了两次。",
    slips={
        "列表中每一项都有自己的种子": 1.5,
        "两次是相加，不是相乘": 1.5**2,
    },
    lang="zh",
)

# %% [markdown]
# **练习 3。** 损失是 $(h - 1)^2$，普通的头是 $v \cdot$ `stop_gradient`$(h)$，$h = 0.5$，$v = 2$，两个种子都是 1。$h$ 和 $v$ 的梯度是多少？用元组回答。

# %%
h, v = Value(0.5), Value(2.0)
backward([(h - 1.0) ** 2, v * stop_gradient(h)])
check_3 = Exercise(
    (h.grad, v.grad),
    because="$h$ 收到损失传来的 $2(h - 1)$；$v$ 根据 $h$ 的值学习。",
    slips={
        "头里的 $v$ 传不到 $h$：线已剪断": (1.0, 0.5),
        "剪断的是通向 $h$ 的线，不是通向 $v$ 的线": (-1.0, 0.0),
        "剪断的是这个头，不是损失": (0.0, 0.5),
    },
    lang="zh",
)
