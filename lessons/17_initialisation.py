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
# # 17. Parameters, nonlinearity, initialisation
#
# **Question:** why do weights start at random, and how large should they be?
#
# ## All equal is no start
#
# If two neurons of a layer start alike, they get the same gradient, and stay alike for ever. Random numbers break the
# symmetry.

# %%
import math
import random

from autograd_lite import backward
from nn import MLP, Adam, fit
from nn.data import xor

model = MLP(2, [3, 1], rng=random.Random(0))
for p in model.parameters():
    p.data = 0.5
fit(model, xor(), loss="squared_error", optimiser=Adam(model.parameters(), lr=0.05), epochs=20, progress=False)
first, *others = model.layers[0].neurons
for other in others:
    for mine, theirs in zip(first.parameters(), other.parameters()):
        assert abs(mine.data - theirs.data) < 1e-12
print("three neurons, trained, still one:", [round(p.data, 3) for p in first.parameters()])

# %% [markdown]
# ## Linear layers collapse, saturated ones sleep
#
# Without an activation, layers collapse to one (lesson 3). With one, its slope multiplies every gradient:
#
# | | slope | largest | far out |
# |---|---|---|---|
# | sigmoid | $\sigma(1-\sigma)$ | ¼ | → 0 both ways |
# | tanh | $1 - \tanh^2$ | 1 | → 0 both ways |
# | ReLU | 0 or 1 | 1 | 0 on the left: a dead unit |

# %%
from autograd_lite import grad, relu, sigmoid, tanh

print("  z   sigmoid'    tanh'   relu'")
for z in (-10.0, -2.0, 0.5, 2.0, 10.0):
    slopes = [grad(f)(z) for f in (sigmoid, tanh, relu)]
    print(f"{z:+5.1f} {slopes[0]:9.2e} {slopes[1]:9.2e} {slopes[2]:5.0f}")
    s, t = 1 / (1 + math.exp(-z)), math.tanh(z)
    assert abs(slopes[0] - s * (1 - s)) < 1e-12
    assert abs(slopes[1] - (1 - t * t)) < 1e-12

# %% [markdown]
# ## How large: Xavier and He
#
# Take independent weights of variance $v$ and inputs of mean square $q$. Then $z = \sum_{i=1}^n w_i x_i$ has variance
# $n v q$: each layer multiplies the size of the signal by $n v$, and on the way back by $n_{out} v$.
#
# - **Xavier:** $v = 2/(n_{in} + n_{out})$ keeps both near 1, for tanh.
# - **He:** $v = 2/n_{in}$ makes up for the half that ReLU sets to 0.

# %%
from nn import he, xavier

rng = random.Random(0)
n_in, n_out = 40, 60
draws = [xavier(n_in, n_out, rng) for _ in range(20_000)]
assert abs(sum(d * d for d in draws) / len(draws) / (2 / (n_in + n_out)) - 1) < 0.05
draws = [he(n_in, n_out, rng) for _ in range(20_000)]
assert abs(sum(d * d for d in draws) / len(draws) / (2 / n_in) - 1) < 0.05

# %% [markdown]
# ## Exploding and vanishing, drawn
#
# The norm of $\delta = \partial L/\partial z$ (the gradient of the biases) at each of eight layers, for weights too small, Xavier, and too large. One ■ is a factor of ten above
# 10⁻¹².


# %%
def gradient_profile(init, activation="tanh", depth=8, width=10):
    rng = random.Random(1)
    model = MLP(width, [width] * depth, activation=activation, output_activation=activation, init=init, rng=rng)
    outputs = model([rng.uniform(-1, 1) for _ in range(width)])
    backward(outputs, seeds=[1.0] * width)
    return [math.hypot(*(n.b.grad for n in layer.neurons)) for layer in model.layers]


def small(n_in, n_out, rng):
    return rng.gauss(0.0, 0.05)


def large(n_in, n_out, rng):
    return rng.gauss(0.0, 1.5)


profiles = {}
for name, init in (("too small", small), ("Xavier", xavier), ("too large", large)):
    profiles[name] = gradient_profile(init, "linear" if name == "too large" else "tanh")
    print(name + (" (no squashing)" if name == "too large" else ""))
    for i, norm in enumerate(profiles[name], start=1):
        print(f"  layer {i}: {norm:9.2e} " + "■" * max(0, round(math.log10(norm) + 12)))
assert profiles["too small"][0] < 1e-4 * profiles["too small"][-1]
assert 0.1 < profiles["Xavier"][0] / profiles["Xavier"][-1] < 10
assert profiles["too large"][0] > 1e2

# %% [markdown]
# **Exercise.** Large weights *with* tanh do not explode, they saturate. Print that profile: the first layers get almost
# nothing, for a different reason than with small weights.
