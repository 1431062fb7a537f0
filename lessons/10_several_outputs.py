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
# **Builds on:** lesson 2.
#
# In numbers: the shared part says $h = 0.72$. The loss $(h - 1)^2$ would like it larger; its slope there is −0.57. A second program
# reads $e^h$ and sends back −0.25 for it, which makes $-0.25 \cdot e^{0.72} = -0.51$ at $h$. Both want the same here, and together they
# ask for −1.08.
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
assert [round(g, 2) for g in (h, 2 * (h - 1), seed_output * math.exp(h), h_bar)] == [0.72, -0.57, -0.51, -1.08]
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
# ## One head that leaves the other alone
#
# Both heads pull at the same $h$. If one of them is not meant to, there are two ways.
#
# A head that is only looked at, not trained on, gets the seed 0: it is as if it were not there.

# %%
x.grad = w.grad = 0.0
backward([loss, output], seeds=[1.0, 0.0])
assert abs(w.grad - gradient(loss, w)) < 1e-12

# %% [markdown]
# But then nothing *in* that head learns. If it has a parameter $v$ of its own, cut the wire instead: `stop_gradient(h)` has the value
# of $h$ and passes nothing back. The head learns $v$ from what it is sent, and the shared part hears of the loss alone.

# %%
from autograd_lite import stop_gradient
from viz import draw


def heads(through):
    """Return w, v and the two outputs; the second head sees h through a function."""
    w, v = Value(1.5, "w"), Value(2.0, "v")
    h = tanh(w * 0.6)
    loss, out = (h - 1.0) ** 2, v * through(h)
    h.label, loss.label, out.label = "h", "loss", "out"
    return w, v, loss, out


for through in (lambda h: h, stop_gradient):
    w, v, loss, out = heads(through)
    backward([loss, out], seeds=[1.0, -0.25])
    print(f"w.grad {w.grad:+.4f}, v.grad {v.grad:+.4f}; from the loss alone w.grad is {gradient(loss, w):+.4f}")
    assert abs(v.grad - -0.25 * h) < 1e-12
assert w.grad == gradient(loss, w)
draw(loss + out)

# %% [markdown]
# *In PyTorch this is* `torch.autograd.backward([loss, out], grad_tensors=[None, g])` *and* `h.detach()`.
#
# ## What was shown
#
# - Several outputs with seeds are differentiated in one walk; it is the gradient of their sum, weighted by the seeds.
# - At the shared node the heads add; from there on the path is walked once.
# - The seed 0 takes a head out altogether; `stop_gradient` lets it learn and keeps it from the shared part.
#
# ## Exercises
#
# **Exercise 1.** $y_1 = x^2$ and $y_2 = 3x$ at $x = 2$, with the seeds 1 and −2. What arrives at $x$?

# %%
from viz import Exercise

x = Value(2.0)
backward([x * x, 3.0 * x], seeds=[1.0, -2.0])
check_1 = Exercise(
    x.grad,
    because=r"$1 \cdot 4 - 2 \cdot 3$.",
    slips={
        "that is with both seeds 1": 7.0,
        "the second seed is negative": 10.0,
        "heads add, they do not multiply": -24.0,
        "that is the loss alone; the plain head counts too": 4.0,
    },
)

# %% [markdown]
# **Exercise 2.** $\partial y/\partial x = 1.5$. What does `backward([y, y])` leave at $x$?

# %%
w, v, loss, out = heads(stop_gradient)
backward([loss, loss])
assert abs(w.grad - 2 * gradient(loss, w)) < 1e-12
check_2 = Exercise(
    2 * 1.5,
    because="The same output, seeded twice.",
    slips={
        "every entry of the list brings a seed of its own": 1.5,
        "the two add, they do not multiply": 1.5**2,
    },
)

# %% [markdown]
# **Exercise 3.** The loss is $(h - 1)^2$, the plain head $v \cdot$ `stop_gradient`$(h)$, with $h = 0.5$, $v = 2$ and both seeds 1. What are the
# gradients of $h$ and $v$? Answer with a tuple.

# %%
h, v = Value(0.5), Value(2.0)
backward([(h - 1.0) ** 2, v * stop_gradient(h)])
check_3 = Exercise(
    (h.grad, v.grad),
    because="$h$ hears of the loss, $2(h - 1)$; $v$ learns from the value of $h$.",
    slips={
        "the head's $v$ does not arrive at $h$: the wire is cut": (1.0, 0.5),
        "the wire to $h$ is cut, not the one to $v$": (-1.0, 0.0),
        "the cut stops the head, not the loss": (0.0, 0.5),
    },
)
