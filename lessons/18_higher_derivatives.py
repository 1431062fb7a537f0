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
# # 18. Higher derivatives
#
# **Question:** if a derivative is computed by a program, can the program be differentiated again?
#
# **Builds on:** lesson 2.
#
# The derivative of $x^3$ at 2 is $3 \cdot 2^2 = 12$. But $3x^2$ is again something a program computes, and its derivative at 2 is
# $6 \cdot 2 = 12$ once more; then 6; then 0.
#
# Yes, if the rules are written in the very operations they differentiate. `grad(f)` returns a function like any other:
#
# $$f = \sin, \quad f' = \cos, \quad f'' = -\sin, \quad f''' = -\cos, \quad f'''' = \sin .$$

# %%
import math

from autograd_lite import exp, grad, hessian, hvp, power, sin

derivatives = [lambda x: x**3]
for _ in range(4):
    derivatives.append(grad(derivatives[-1]))
print("x³ and its derivatives at 2:", [f(2.0) for f in derivatives])
assert [f(2.0) for f in derivatives] == [8.0, 12.0, 12.0, 6.0, 0.0]

f = sin
for expected in (math.cos, lambda x: -math.sin(x), lambda x: -math.cos(x), math.sin):
    f = grad(f)
    assert abs(f(0.8) - expected(0.8)) < 1e-12

f = power(5.0)
for _ in range(5):
    f = grad(f)
print("fifth derivative of x⁵:", f(1.7))
assert abs(f(1.7) - 120) < 1e-12 * 120

# %% [markdown]
# By hand for something longer, $f = e^{-x^2}$: $f' = -2x f$, $f'' = (4x^2 - 2) f$.

# %%
f = lambda x: exp(-x * x)
x = 0.6
assert abs(grad(f)(x) - -2 * x * math.exp(-x * x)) < 1e-12
assert abs(grad(grad(f))(x) - (4 * x * x - 2) * math.exp(-x * x)) < 1e-12

# %% [markdown]
# Nesting must not confuse the variables: in $\frac{d}{dx}\big[x \cdot \frac{d}{dy}(x y)\big]$ the inner derivative is $x$, so
# this is $\frac{d}{dx} x^2 = 2x$.

# %%
assert grad(lambda x: x * grad(lambda y: x * y)(1.0))(3.0) == 6.0

# %% [markdown]
# ## The Hessian of Rosenbrock's valley
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
# ## Newton's method
#
# Near a point $p$ the function is almost a parabola, and its slope almost a line:
# $\nabla f(p + s) \approx \nabla f(p) + H s$. At the bottom the slope is 0, so jump there: $s = -H^{-1} \nabla f$. The gradient says
# which way is down; the Hessian says how the slope itself changes, so how far to go. Gradient descent crawls along the
# valley. Newton jumps, not always downhill (see steps 2 and 4), but seven jumps are enough:
#
# $$p \leftarrow p - H^{-1} \nabla f, \qquad H^{-1} = \frac{1}{ad - b^2} \begin{pmatrix} d & -b \\ -b & a \end{pmatrix}
# \text{ for } H = \begin{pmatrix} a & b \\ b & d \end{pmatrix} .$$

# %%
p = (x, y)
newton = [(0, rosenbrock(*p))]
for step in range(1, 8):
    gx, gy = grad(rosenbrock, (0, 1))(*p)
    (a, b), (_, d) = hessian(rosenbrock)(*p)
    det = a * d - b * b
    p = (p[0] - (d * gx - b * gy) / det, p[1] - (a * gy - b * gx) / det)
    newton.append((step, rosenbrock(*p)))
    print(f"step {step}: x = {p[0]:+.12f}, y = {p[1]:+.12f}, f = {rosenbrock(*p):.1e}")
assert max(abs(p[0] - 1), abs(p[1] - 1)) < 1e-12
assert [step for step in range(1, 7) if newton[step][1] > newton[step - 1][1]] == [2, 4]

q = (x, y)
descent = [(0, rosenbrock(*q))]
for step in range(1, 201):
    gx, gy = grad(rosenbrock, (0, 1))(*q)
    q = (q[0] - 0.001 * gx, q[1] - 0.001 * gy)
    descent.append((step, rosenbrock(*q)))
print(f"200 steps of gradient descent: x = {q[0]:+.4f}, f = {rosenbrock(*q):.2f}")
assert rosenbrock(*q) > 1 and all(b < a for (_, a), (_, b) in zip(descent, descent[1:]))

# %%
from viz import draw_curves

draw_curves(
    {"Newton": [(step, f) for step, f in newton if f > 0], "gradient descent": descent[:31]},
    x="step",
    y="f",
    log=True,
    title="Newton's method and gradient descent on Rosenbrock's valley",
)

# %% [markdown]
# ## The same step, compiled
#
# A step of Newton is a function of the point: it takes derivatives and goes on computing with them. `compile` records it
# once, derivatives and all, and what is left is a straight line of arithmetic, with nothing of the chain rule to do at run
# time. It has fewer operations than the parts suggest: what the gradient and the Hessian have in common is there once.


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
    """Return the shortest time of 50 calls from the start."""
    times = []
    for _ in range(50):
        start = time.perf_counter()
        f(x, y)
        times.append(time.perf_counter() - start)
    return 1e6 * min(times)


print(f"one step is {len(compiled_step.program(x, y))} operations")
print(f"node by node {microseconds(newton_step):.0f} µs, compiled {microseconds(compiled_step):.0f} µs")

# %% [markdown]
# For many variables one does not form $H$: with $n$ of them it has $n^2$ entries. `hvp` gives $H v$, the derivative of the
# gradient in the direction $v$, for the price of a few gradients.

# %%
v = (0.3, -2.0)
product = hvp(rosenbrock, (x, y), v)
for i in range(2):
    expected = H[i][0] * v[0] + H[i][1] * v[1]
    assert abs(product[i] - expected) < 1e-12 * abs(expected)

# %% [markdown]
# The price, counted in operations of the compiled functions: however many variables the valley has, that of two gradients.


# %%
def valley(p):
    return sum(rosenbrock(a, b) for a, b in zip(p, p[1:]))


for n in (10, 100):
    p, v = [0.1 * i for i in range(n)], [1.0] * n
    products, gradients = compile(lambda p, v: hvp(valley, (p,), (v,))), compile(grad(valley))
    ratio = len(products.program(p, v)) / len(gradients.program(p))
    print(f"{n} variables: H v for the price of {ratio:.1f} gradients")
    assert ratio < 2

# %% [markdown]
# ## Uphill
#
# On $f(x) = \cos x$, where is the direction of Newton's step uphill? Its slope along the step is
# $f' \cdot (-f'/f'') = -f'^2/f''$, positive wherever $f'' < 0$. That is the start only: the jump itself is so long that it may
# end higher or lower. In several variables a negative eigenvalue of $H$ does the same along its own direction.

# %%
from autograd_lite import cos

for x, ends in ((0.5, "higher"), (1.2, "lower")):
    slope, curvature = grad(cos)(x), grad(grad(cos))(x)
    step = -slope / curvature
    print(f"from {x}: f {cos(x):.3f}, a little along the step {cos(x + step / 10):.3f}, at its end {cos(x + step):.3f}")
    assert curvature < 0 < slope * step and cos(x + step / 10) > cos(x)
    assert (cos(x + step) > cos(x)) == (ends == "higher")

# %% [markdown]
# ## What was shown
#
# - A rule written in the operations it differentiates can be differentiated again, to any order.
# - Newton's method takes the slope and how it changes, and reaches the bottom of Rosenbrock's valley in seven jumps; gradient
#   descent is still on its way after two hundred steps.
# - Compiled, a step with all its derivatives is a straight line of arithmetic.
# - $H v$ costs a few gradients, however many variables there are.
# - Where $f'' < 0$ the step starts uphill.
#
# ## Exercises
#
# **Exercise 1.** What is the second derivative of $e^{-x^2}$ at 0?

# %%
from viz import Exercise

check_1 = Exercise(
    grad(grad(lambda x: exp(-x * x)))(0.0),
    because=r"$(4x^2 - 2)\, f$: the top of the bell bends down.",
    slips={
        "the bell bends down at its top": 2.0,
        "that is the first derivative": 0.0,
        "that is the value": 1.0,
        "the derivative of $-2x f$ is $-2f$ and a term with $x^2$, which is 0 here": 4.0,
    },
)

# %% [markdown]
# **Exercise 2.** Newton's method on $f(x) = x^4$, from $x = 1$. Where is $x$ after one step?

# %%
quartic = lambda x: x**4
check_2 = Exercise(
    1 - grad(quartic)(1.0) / grad(grad(quartic))(1.0),
    because="$f' = 4$ and $f'' = 12$: the step is $-1/3$.",
    slips={
        "that is the length of the step": 1 / 3,
        "the step goes down, to the left": 4 / 3,
        "one step is enough for a parabola; this is none": 0.0,
    },
)

# %% [markdown]
# **Exercise 3.** On $f(x) = \cos x$ at $x = 0.5$, what is the slope of $f$ along the step of Newton, $f' \cdot s$?

# %%
check_3 = Exercise(
    math.sin(0.5) ** 2 / math.cos(0.5),
    because=r"$-f'^2/f''$ with $f'' = -\cos x < 0$: it starts uphill.",
    slips={
        "$f''$ is negative, so the minus goes": -(math.sin(0.5) ** 2) / math.cos(0.5),
        "that is the step $s$ itself": -math.tan(0.5),
        "that is $f'$": -math.sin(0.5),
    },
)
