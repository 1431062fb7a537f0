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
# Two neurons in a row, all numbers scalars:
#
# $$h = f(w x + b), \qquad \hat y = f(W h + B), \qquad L = \tfrac12(\hat y - y)^2,\qquad f = \tanh .$$

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
# **Exercise.** Where does $\delta_1 = (\hat y - y)(1 - \hat y^2)\, W (1 - h^2)$ vanish even though the output is wrong? Each
# factor but the first can be 0: when $|\hat y| \to 1$ (the second tanh is flat), when $W = 0$ (nothing arrives), and when
# $|h| \to 1$ (the first tanh is flat).


# %%
def error_at_z1(W, b, B):
    z1 = Value(0.6 * 0.8 + b)
    y = tanh(W * tanh(z1) + B)
    (0.5 * (y - 0.3) ** 2).backward()
    assert abs(y.data - 0.3) > 0.1  # wrong each time
    return abs(z1.grad)


usual = error_at_z1(W=-1.2, b=0.1, B=0.4)
for what, delta in (
    ("ŷ near -1", error_at_z1(W=-1.2, b=0.1, B=-9.0)),
    ("W = 0", error_at_z1(W=0.0, b=0.1, B=0.0)),
    ("h near 1", error_at_z1(W=-1.2, b=9.0, B=0.4)),
):
    print(f"{what}: |δ1| = {delta:.1e}, usually {usual:.1e}")
    assert delta < 1e-6 * usual
