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
# # 3. Two layers
#
# **Question:** what do we gain by putting one neuron after another, and in which order are their parameters updated?
#
# **Builds on:** lesson 2.
#
# Two neurons in a row, all numbers scalars:
#
# $$h = f(w x + b), \qquad \hat y = f(W h + B), \qquad L = \tfrac12(\hat y - y)^2,\qquad f = \tanh .$$
#
# With the numbers below, $h$ is about 0.52 and $\hat y$ about −0.22, where 0.3 was wanted. Who is to blame? Move $h$ by 0.01 and
# $\hat y$ moves by about −0.011: the second weight is −1.2, and the slope of tanh there is 0.95. So whatever moved $h$ moves
# $\hat y$ about as much, the other way. The error at the output reaches the first neuron through $W$.

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
print(f"h = {h.data:.3f}, ŷ = {y.data:.3f}; h + 0.01 moves ŷ by {nudged - y.data:+.4f}")
assert round(nudged - y.data, 3) == -0.011 and round(1 - y.data**2, 2) == 0.95

# %% [markdown]
# ## By hand, from the end
#
# Call $z_2 = W h + B$ and $z_1 = w x + b$. The slope of tanh is $1 - \tanh^2$, so the error at $z_2$ is
# $\delta_2 = \partial L/\partial z_2$:
#
# $$\delta_2 = (\hat y - y)(1 - \hat y^2), \qquad \frac{\partial L}{\partial W} = \delta_2 h, \qquad \frac{\partial L}{\partial B} = \delta_2,$$
#
# then one layer back. The error arrives through $W$ and meets the slope of the first $f$:
#
# $$\delta_1 = \delta_2\, W\, (1 - h^2), \qquad \frac{\partial L}{\partial w} = \delta_1 x, \qquad \frac{\partial L}{\partial b} = \delta_1 .$$

# %%
H = math.tanh(0.6 * x + 0.1)
Y = math.tanh(-1.2 * H + 0.4)
delta2 = (Y - target) * (1 - Y * Y)
delta1 = delta2 * -1.2 * (1 - H * H)
by_hand = {W: delta2 * H, B: delta2, w: delta1 * x, b: delta1}
for parameter, expected in by_hand.items():
    print(f"{parameter.label}: by hand {expected:+.12f}, by engine {parameter.grad:+.12f}")
    assert abs(parameter.grad - expected) < 1e-12

# %%
play(loss)

# %% [markdown]
# ## The order of the update
#
# All gradients belong to *one* point. Compute them all, then move all parameters: W, B, w, b in any order. Moving $W$ first
# and then using the new $W$ for $\delta_1$ mixes two points. It is a different, and wrong, gradient.

# %%
eta = 0.5
mixed_W = W.data - eta * W.grad
mixed_delta1 = delta2 * mixed_W * (1 - H * H)
print(f"∂L/∂w right {w.grad:.6f}, with W already moved {mixed_delta1 * x:.6f}")
assert abs(w.grad - mixed_delta1 * x) > 1e-4

before = loss.data
for parameter in (W, B, w, b):
    parameter.data -= eta * parameter.grad
after = 0.5 * (tanh(W.data * tanh(w.data * x + b.data) + B.data) - target) ** 2
print(f"L: {before:.6f} -> {after:.6f}")
assert after < before

# %% [markdown]
# ## Without the nonlinearity
#
# With $f(z) = z$ two layers are one: $W(wx + b) + B = (Ww)\,x + (Wb + B)$. A hundred such layers are still one straight
# line. The bend between the layers is what makes depth worth anything.


# %%
def linear(x):
    return W.data * (w.data * x + b.data) + B.data


slope, offset = W.data * w.data, W.data * b.data + B.data
for t in (-2.0, 0.0, 0.7, 5.0):
    assert abs(linear(t) - (slope * t + offset)) < 1e-12

# %% [markdown]
# XOR shows what that costs: its four points cannot be cut by one line. The best a linear network can do is to answer ½
# everywhere, with the loss ½·(½)² = ⅛ per sample. A bent one learns it.

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
    print(f"{activation:>6}: loss {history.loss[-1]:.4f}")
    if activation == "tanh":
        assert history.loss[-1] < 0.02
    else:
        assert abs(history.loss[-1] - 1 / 8) < 0.005
    grid = [i / 20 - 0.25 for i in range(31)]
    fields.append([[model([a, b]).data - 0.5 for a in grid] for b in reversed(grid)])

# %% [markdown]
# What the two networks answer for every point of the square: orange above ½, blue below.

# %%
from viz import draw_images

draw_images({"left: linear, right: tanh": fields}, pixel=6, title="XOR, learnt by a linear and by a bent network")

# %% [markdown]
# *In PyTorch this is* `nn.Sequential(nn.Linear(1, 1), nn.Tanh(), nn.Linear(1, 1), nn.Tanh())`.
#
# ## What was shown
#
# - Backward through two neurons: $\delta_2 = (\hat y - y)(1 - \hat y^2)$, then $\delta_1 = \delta_2 W (1 - h^2)$; every gradient is a $\delta$ times
#   what came in.
# - All gradients belong to one point: compute all of them, then move. The order of the moves does not matter.
# - Without a bend two layers are one straight line. On XOR the straight network stays at ⅛, the bent one goes below 0.02.
# - $\delta_1$ can vanish though the output is wrong, whenever one of its factors does.
#
# ## Exercises
#
# **Exercise 1.** Where does $\delta_1 = (\hat y - y)(1 - \hat y^2)\, W (1 - h^2)$ vanish although the output is wrong? How many of its
# factors can be 0 or close to it then?

# %%
from viz import Exercise


def error_at_z1(W, b, B):
    z1 = Value(0.6 * 0.8 + b)
    y = tanh(W * tanh(z1) + B)
    (0.5 * (y - 0.3) ** 2).backward()
    assert abs(y.data - 0.3) > 0.1  # wrong each time
    return abs(z1.grad)


usual = error_at_z1(W=-1.2, b=0.1, B=0.4)
cases = {
    "ŷ near -1": error_at_z1(W=-1.2, b=0.1, B=-9.0),
    "W = 0": error_at_z1(W=0.0, b=0.1, B=0.0),
    "h near 1": error_at_z1(W=-1.2, b=9.0, B=0.4),
}
for what, delta in cases.items():
    print(f"{what}: |δ1| = {delta:.1e}, usually {usual:.1e}")
    assert delta < 1e-6 * usual
check_1 = Exercise(
    len(cases),
    because=r"All but the first: $|\hat y| \to 1$ (the second tanh is flat), $W = 0$ (nothing arrives), $|h| \to 1$ (the first tanh is flat).",
    slips={
        r"the first factor, $\hat y - y$, is 0 only where the output is right": 4,
        "both slopes can vanish, and the weight between them too": 2,
        "each tanh has a slope that vanishes, and there is the weight": 1,
    },
)

# %% [markdown]
# **Exercise 2.** A third neuron in front: $g = \tanh(v x + a)$, $h = \tanh(w g + b)$. Write $\delta_0 = \partial L/\partial (v x + a)$ as a
# function of $\delta_1$, $w$ and $g$.

# %%
check_2 = Exercise(
    lambda delta_1, w, g: delta_1 * w * (1 - g**2),
    because=r"$\delta_0 = \delta_1\, w\, (1 - g^2)$: the same step once more, through the weight and the slope.",
    slips={
        r"the slope belongs to the neuron that is reached: it is $1 - g^2$": lambda delta_1, w, g: delta_1 * w,
        r"the way back leads through the weight $w$": lambda delta_1, w, g: delta_1 * (1 - g**2),
        r"that is the gradient of $w$; the way on leads through $w$, not through $g$": lambda delta_1, w, g: (
            delta_1 * g
        ),
        "that is the slope of the sigmoid": lambda delta_1, w, g: delta_1 * w * g * (1 - g),
    },
    at=[(0.4, -0.7, 0.3), (-1.1, 2.0, -0.6)],
)
outer = Value(0.3)
tanh(-1.2 * tanh(0.6 * tanh(outer) + 0.1) + 0.4).backward()
g = math.tanh(0.3)
h1 = math.tanh(0.6 * g + 0.1)
d1 = (1 - math.tanh(-1.2 * h1 + 0.4) ** 2) * -1.2 * (1 - h1 * h1)
assert abs(outer.grad - check_2.answer(d1, 0.6, g)) < 1e-12

# %% [markdown]
# **Exercise 3.** Two layers without a bend, $w = 2$, $b = 1$, $W = 3$, $B = -1$. They are one line $\hat y = s x + t$. What are $s$ and $t$?
# Answer with a tuple.

# %%
check_3 = Exercise(
    (3 * 2, 3 * 1 - 1),
    because="$s = W w = 6$ and $t = W b + B = 2$.",
    slips={
        "slopes multiply: the second layer stretches what the first has stretched": (5, 2),
        "the first bias goes through the second weight": (6, 0),
        "the second layer adds its own bias": (6, 3),
    },
)
