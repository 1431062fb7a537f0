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
# # 10. Several outputs
#
# **Question:** a graph has two heads, one a loss and one a plain output with a gradient handed in from outside; what arrives at the shared part?
#
# Some programs group outputs of different kinds: a loss, whose own seed is 1, and a plain output, whose gradient comes from
# elsewhere (another program, a layer above). For outputs $y_1, y_2$ with seeds $g_1, g_2$ the backward pass computes
#
# $$\bar x = g_1 \frac{\partial y_1}{\partial x} + g_2 \frac{\partial y_2}{\partial x} .$$
#
# It is the gradient of the single number $g_1 y_1 + g_2 y_2$, with the seeds held constant: by the chain rule,
# $\partial (g_1 y_1 + g_2 y_2)/\partial y_k = g_k$, and from there on the two paths add as in lesson 2.

# %%
import math

from autograd_lite import Value, backward, exp, gradient, tanh, vjp
from viz import play

x, w = Value(0.6, "x"), Value(1.5, "w")
shared = tanh(w * x)
shared.label = "h"
loss = (shared - 1.0) ** 2  # head 1: a loss
loss.label = "loss"
output = exp(shared)  # head 2: a plain output
output.label = "out"

seed_loss, seed_output = 1.0, -0.25
backward([loss, output], seeds=[seed_loss, seed_output])
print(f"h.grad = {shared.grad:.6f}, w.grad = {w.grad:.6f}, x.grad = {x.grad:.6f}")

# %% [markdown]
# By hand: at the shared node the two heads *add*, then the common path is walked once.
#
# $$\bar h = g_1 \cdot 2 (h - 1) + g_2\, e^{h}, \qquad \bar w = \bar h\,(1 - h^2)\,x, \qquad \bar x = \bar h\,(1 - h^2)\,w .$$

# %%
h = math.tanh(0.9)
h_bar = seed_loss * 2 * (h - 1) + seed_output * math.exp(h)
assert abs(shared.grad - h_bar) < 1e-12
assert abs(w.grad - h_bar * (1 - h * h) * 0.6) < 1e-12
assert abs(x.grad - h_bar * (1 - h * h) * 1.5) < 1e-12

# %% [markdown]
# One walk does the work of two: the same as the sum of two separate passes, and as the gradient of the weighted sum.

# %%
separate = seed_loss * gradient(loss, w) + seed_output * gradient(output, w)
together = gradient(seed_loss * loss + seed_output * output, w)
assert abs(w.grad - separate) < 1e-12
assert abs(w.grad - together) < 1e-12

# As a function: vjp gives the outputs and a pullback that takes one seed per output.
values, pullback = vjp(lambda x, w: [(tanh(w * x) - 1.0) ** 2, exp(tanh(w * x))], 0.6, 1.5)
assert abs(pullback([seed_loss, seed_output])[1] - w.grad) < 1e-12
print(values)

# %% [markdown]
# That weighted sum, step by step. Both heads hang on $h$; see their two contributions meet in its card.

# %%
play(seed_loss * loss + seed_output * output)

# %% [markdown]
# A head that is only looked at, not trained on, gets the seed 0: it is as if it were not there.

# %%
x.grad = w.grad = 0.0
backward([loss, output], seeds=[1.0, 0.0])
assert abs(w.grad - gradient(loss, w)) < 1e-12

# %% [markdown]
# *In PyTorch this is* `torch.autograd.backward([loss, out], grad_tensors=[None, g])`.
#
# **Exercise.** What does `backward([y, y])` give? Twice the gradient of $y$: the same output, seeded twice.

# %%
w.grad = 0.0
backward([loss, loss])
assert abs(w.grad - 2 * gradient(loss, w)) < 1e-12
