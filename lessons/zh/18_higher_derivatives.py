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
# # 18. 高阶导数
#
# **问题：** 如果导数是由程序算出来的，这个程序能不能再求导？
#
# **先修：** 第 2 课。
#
# $x^3$ 在 2 处的导数是 $3 \cdot 2^2 = 12$。而 $3x^2$ 又是程序算出来的东西，它在 2 处的导数是 $6 \cdot 2 = 12$；接下来是 6；再接下来是 0。
#
# 能，只要规则就是用它们所求导的那些运算写成的。`grad(f)` 返回的函数与别的函数没有两样：
#
# $$f = \sin, \quad f' = \cos, \quad f'' = -\sin, \quad f''' = -\cos, \quad f'''' = \sin .$$

# %%
import math

from autograd_lite import exp, grad, hessian, hvp, power, sin

derivatives = [lambda x: x**3]
for _ in range(4):
    derivatives.append(grad(derivatives[-1]))
print("x³ 及其各阶导数在 2 处的值：", [f(2.0) for f in derivatives])
assert [f(2.0) for f in derivatives] == [8.0, 12.0, 12.0, 6.0, 0.0]

f = sin
for expected in (math.cos, lambda x: -math.sin(x), lambda x: -math.cos(x), math.sin):
    f = grad(f)
    assert abs(f(0.8) - expected(0.8)) < 1e-12

f = power(5.0)
for _ in range(5):
    f = grad(f)
print("x⁵ 的五阶导数：", f(1.7))
assert abs(f(1.7) - 120) < 1e-12 * 120

# %% [markdown]
# 手算一个长一点的，$f = e^{-x^2}$：$f' = -2x f$，$f'' = (4x^2 - 2) f$。

# %%
f = lambda x: exp(-x * x)
x = 0.6
assert abs(grad(f)(x) - -2 * x * math.exp(-x * x)) < 1e-12
assert abs(grad(grad(f))(x) - (4 * x * x - 2) * math.exp(-x * x)) < 1e-12

# %% [markdown]
# 嵌套时变量不能混淆：在 $\frac{d}{dx}\big[x \cdot \frac{d}{dy}(x y)\big]$ 里，里面的导数是 $x$，所以结果是 $\frac{d}{dx} x^2 = 2x$。

# %%
assert grad(lambda x: x * grad(lambda y: x * y)(1.0))(3.0) == 6.0

# %% [markdown]
# ## Rosenbrock 山谷的黑塞矩阵
#
# $$f(x, y) = (1 - x)^2 + 100\,(y - x^2)^2, \qquad
# H = \begin{pmatrix} 2 - 400 y + 1200 x^2 & -400 x \\ -400 x & 200 \end{pmatrix} .$$


# %%
def rosenbrock(x, y):
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2


x, y = -1.2, 1.0
H = hessian(rosenbrock)(x, y)
expected = [[2 - 400 * y + 1200 * x * x, -400 * x], [-400 * x, 200.0]]
assert all(abs(a - b) < 1e-12 * abs(b) for r, s in zip(H, expected) for a, b in zip(r, s))
assert H[0][1] == H[1][0]
print(H)

# %% [markdown]
# ## 牛顿法
#
# 在点 $p$ 附近，函数近似于抛物面，斜率近似于线性：
# $\nabla f(p + s) \approx \nabla f(p) + H s$。谷底的斜率是 0，那就直接跳过去：$s = -H^{-1} \nabla f$。梯度说明哪边是下坡；黑塞矩阵说明斜率本身怎样变化，
# 也就是该走多远。梯度下降沿着山谷爬行。牛顿法则是跳，不一定总往下跳（看第 2 步和第 4 步），但七跳就够了：
#
# $$p \leftarrow p - H^{-1} \nabla f, \qquad H^{-1} = \frac{1}{ad - b^2} \begin{pmatrix} d & -b \\ -b & a \end{pmatrix}
# \text{，其中 } H = \begin{pmatrix} a & b \\ b & d \end{pmatrix} .$$

# %%
p = (x, y)
newton = [(0, rosenbrock(*p))]
for step in range(1, 8):
    gx, gy = grad(rosenbrock, (0, 1))(*p)
    (a, b), (_, d) = hessian(rosenbrock)(*p)
    det = a * d - b * b
    p = (p[0] - (d * gx - b * gy) / det, p[1] - (a * gy - b * gx) / det)
    newton.append((step, rosenbrock(*p)))
    print(f"第 {step} 步：x = {p[0]:+.12f}，y = {p[1]:+.12f}，f = {rosenbrock(*p):.1e}")
assert max(abs(p[0] - 1), abs(p[1] - 1)) < 1e-12
assert [step for step in range(1, 7) if newton[step][1] > newton[step - 1][1]] == [2, 4]

q = (x, y)
descent = [(0, rosenbrock(*q))]
for step in range(1, 201):
    gx, gy = grad(rosenbrock, (0, 1))(*q)
    q = (q[0] - 0.001 * gx, q[1] - 0.001 * gy)
    descent.append((step, rosenbrock(*q)))
print(f"梯度下降 200 步：x = {q[0]:+.4f}，f = {rosenbrock(*q):.2f}")
assert rosenbrock(*q) > 1 and all(b < a for (_, a), (_, b) in zip(descent, descent[1:]))

# %%
from viz import draw_curves

draw_curves(
    {"牛顿法": [(step, f) for step, f in newton if f > 0], "梯度下降": descent[:31]},
    x="步",
    y="f",
    log=True,
    title="Rosenbrock 山谷上的牛顿法与梯度下降",
    lang="zh",
)

# %% [markdown]
# ## 同样的一步，编译之后
#
# 牛顿法的一步是点的函数：它先求导，再用导数继续计算。`compile` 把它连同导数一起记录一次，剩下的是一条直线到底的算术，运行时再也不用管链式法则。
# 它的运算比各部分加起来要少：梯度和黑塞矩阵共有的部分只出现一次。

# %%
import time

from autograd_lite import compile


def newton_step(x, y):
    gx, gy = grad(rosenbrock, (0, 1))(x, y)
    (a, b), (_, d) = hessian(rosenbrock)(x, y)
    det = a * d - b * b
    return x - (d * gx - b * gy) / det, y - (a * gy - b * gx) / det


compiled_step = compile(newton_step)
p = (x, y)
for _ in range(7):
    p = compiled_step(*p)
assert max(abs(p[0] - 1), abs(p[1] - 1)) < 1e-12


def microseconds(f):
    """返回从起点调用 50 次中最短的时间。"""
    times = []
    for _ in range(50):
        start = time.perf_counter()
        f(x, y)
        times.append(time.perf_counter() - start)
    return 1e6 * min(times)


print(f"一步有 {len(compiled_step.program(x, y))} 个运算")
print(f"逐个节点 {microseconds(newton_step):.0f} µs，编译之后 {microseconds(compiled_step):.0f} µs")

# %% [markdown]
# 变量很多时，不必形成 $H$：$n$ 个变量就有 $n^2$ 个元素。`hvp` 给出 $H v$，即梯度沿方向 $v$ 的导数，代价只相当于几次梯度。

# %%
v = (0.3, -2.0)
product = hvp(rosenbrock, (x, y), v)
for i in range(2):
    expected = H[i][0] * v[0] + H[i][1] * v[1]
    assert abs(product[i] - expected) < 1e-12 * abs(expected)

# %% [markdown]
# 用编译后的函数里运算的个数来计算代价：不论山谷有多少个变量，都只相当于两次梯度。


# %%
def valley(p):
    return sum(rosenbrock(a, b) for a, b in zip(p, p[1:]))


for n in (10, 100):
    p, v = [0.1 * i for i in range(n)], [1.0] * n
    products, gradients = compile(lambda p, v: hvp(valley, (p,), (v,))), compile(grad(valley))
    ratio = len(products.program(p, v)) / len(gradients.program(p))
    print(f"{n} 个变量：H v 的代价是 {ratio:.1f} 次梯度")
    assert ratio < 2

# %% [markdown]
# ## 上坡
#
# 在 $f(x) = \cos x$ 上，牛顿步的方向在哪里是上坡？沿这一步的斜率是
# $f' \cdot (-f'/f'') = -f'^2/f''$，只要 $f'' < 0$ 就是正的。这只是起步的方向：这一跳很长，落点可能更高，也可能更低。
# 在多个变量的情形，$H$ 的负特征值沿自己的方向起同样的作用。

# %%
from autograd_lite import cos

for x, ends in ((0.5, "higher"), (1.2, "lower")):
    slope, curvature = grad(cos)(x), grad(grad(cos))(x)
    step = -slope / curvature
    print(f"从 {x} 出发：f {cos(x):.3f}，沿这一步走一点 {cos(x + step / 10):.3f}，走到底 {cos(x + step):.3f}")
    assert curvature < 0 < slope * step and cos(x + step / 10) > cos(x)
    assert (cos(x + step) > cos(x)) == (ends == "higher")

# %% [markdown]
# ## 小结
#
# - 规则如果用它所求导的那些运算写成，就能再次求导，任意多阶。
# - 牛顿法利用斜率及斜率的变化，七跳到达 Rosenbrock 山谷的谷底；梯度下降走了二百步还在路上。
# - 编译之后，带着全部导数的一步是一条直线到底的算术。
# - 不论有多少个变量，$H v$ 的代价都是几次梯度。
# - 在 $f'' < 0$ 的地方，这一步起初是上坡。
#
# ## 练习
#
# **练习 1。** $e^{-x^2}$ 在 0 处的二阶导数是多少？

# %%
from viz import Exercise

check_1 = Exercise(
    grad(grad(lambda x: exp(-x * x)))(0.0),
    because=r"$(4x^2 - 2)\, f$：钟形曲线的顶部向下弯。",
    slips={
        "钟形曲线的顶部是向下弯的": 2.0,
        "这是一阶导数": 0.0,
        "这是函数值": 1.0,
        "$-2x f$ 的导数是 $-2f$ 加上含 $x^2$ 的一项，后者在这里是 0": 4.0,
    },
    lang="zh",
)

# %% [markdown]
# **练习 2。** 对 $f(x) = x^4$ 用牛顿法，从 $x = 1$ 出发。一步之后 $x$ 是多少？

# %%
quartic = lambda x: x**4
check_2 = Exercise(
    1 - grad(quartic)(1.0) / grad(grad(quartic))(1.0),
    because="$f' = 4$，$f'' = 12$：这一步是 $-1/3$。",
    slips={
        "这是步长": 1 / 3,
        "这一步往下走，向左": 4 / 3,
        "抛物线才能一步到底，这个函数不是": 0.0,
    },
    lang="zh",
)

# %% [markdown]
# **练习 3。** 在 $f(x) = \cos x$ 上 $x = 0.5$ 处，$f$ 沿牛顿步 $s$ 的斜率 $f' \cdot s$ 是多少？

# %%
check_3 = Exercise(
    math.sin(0.5) ** 2 / math.cos(0.5),
    because=r"$-f'^2/f''$，其中 $f'' = -\cos x < 0$：起步是上坡。",
    slips={
        "$f''$ 是负的，负负得正": -(math.sin(0.5) ** 2) / math.cos(0.5),
        "这是步 $s$ 本身": -math.tan(0.5),
        "这是 $f'$": -math.sin(0.5),
    },
    lang="zh",
)
