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
# **Builds on:** lesson 4.
#
# A number first. A sum of a hundred inputs of size 1, with weights of size 1 and random signs, has the size $\sqrt{100} = 10$, and tanh
# of 10 is 1 whatever the input was. With weights of size 0.1 the sum has size 1, and tanh still listens. With weights of size 0.01
# it has size 0.1, after a second such layer 0.01, and after eight there is nothing left to hear.
#
# ## All equal is no start
#
# If two neurons of a layer start alike, in all weights that lead in *and* out, they get the same gradient, and stay alike for
# ever. Random numbers break the symmetry. (Those that lead out are enough: different $W_k$ send back different gradients.)

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

for p in model.parameters():
    p.data = 0.5
for k, w in enumerate(model.layers[1].neurons[0].w):
    w.data += 0.1 * k
fit(model, xor(), loss="squared_error", optimiser=Adam(model.parameters(), lr=0.05), epochs=20, progress=False)
apart = [neuron.b.data for neuron in model.layers[0].neurons]
print("with other weights out, their biases are", [round(b, 3) for b in apart])
assert min(abs(a - b) for a, b in zip(apart, apart[1:])) > 1e-3

# %% [markdown]
# ## Linear layers collapse
#
# Without an activation three layers are one, with fewer possibilities than its number of parameters promises:
#
# $$W_3(W_2(W_1 x + b_1) + b_2) + b_3 = (W_3 W_2 W_1)\,x + (W_3 W_2 b_1 + W_3 b_2 + b_3) .$$

# %%
rng = random.Random(2)
deep = MLP(2, [3, 4, 2], activation="linear", rng=rng)
for p in deep.parameters():
    p.data = rng.uniform(-1, 1)


def apply(layer, x):
    return [sum(w.data * a for w, a in zip(n.w, x)) + n.b.data for n in layer.neurons]


def collapsed(x):  # the one matrix and the one bias, read off at the corners
    zero, e1, e2 = ([v.data for v in deep(p)] for p in ([0.0, 0.0], [1.0, 0.0], [0.0, 1.0]))
    return [c + (a - c) * x[0] + (b - c) * x[1] for c, a, b in zip(zero, e1, e2)]


for x in ([0.3, -0.7], [5.0, 11.0]):
    out = x
    for layer in deep.layers:
        out = apply(layer, out)
    assert all(abs(a - b) < 1e-12 for a, b in zip(out, collapsed(x)))
print(len(deep.parameters()), "parameters do the work of 6")

# %% [markdown]
# ## Saturated neurons sleep
#
# With an activation, its slope multiplies every gradient that passes:
#
# | activation | slope | largest | far out |
# |---|---|---|---|
# | sigmoid | $\sigma(1-\sigma)$ | ¼ | → 0 both ways |
# | tanh | $1 - \tanh^2$ | 1 | → 0 both ways |
# | ReLU | 0 or 1 | 1 | 0 on the left, 1 on the right |
#
# A ReLU unit is *dead* if every sample falls on its left: then no gradient reaches its weights, and nothing revives it. On the
# left for some samples is what it is for.

# %%
from autograd_lite import grad, relu, sigmoid, tanh

print("  z   sigmoid'    tanh'   relu'")
for z in (-10.0, -2.0, 0.5, 2.0, 10.0):
    slopes = [grad(f)(z) for f in (sigmoid, tanh, relu)]
    print(f"{z:+5.1f} {slopes[0]:9.2e} {slopes[1]:9.2e} {slopes[2]:5.0f}")
    s, t = 1 / (1 + math.exp(-z)), math.tanh(z)
    assert abs(slopes[0] - s * (1 - s)) < 1e-12
    assert abs(slopes[1] - (1 - t * t)) < 1e-12
    assert slopes[0] < grad(sigmoid)(0.0) == 0.25 and slopes[1] < grad(tanh)(0.0) == 1.0 and slopes[2] == (z > 0)

# %%
from viz import draw_curves

zs = [i / 20 for i in range(-120, 121)]
draw_curves(
    {name: [(z, grad(f)(z)) for z in zs] for name, f in (("sigmoid", sigmoid), ("tanh", tanh), ("ReLU", relu))},
    x="z",
    y="slope",
    title="The slopes of three activations",
)

# %% [markdown]
# ## How large: Xavier and He
#
# Take independent weights of mean 0 and variance $v$, and inputs of mean square $q$. In $z = \sum_{i=1}^n w_i x_i$ the mixed terms
# average out, and
#
# $$\mathrm E[z^2] = \sum_{i=1}^{n} \mathrm E[w_i^2]\,\mathrm E[x_i^2] = n_{in}\, v\, q :$$
#
# each layer multiplies the mean square of the signal by $n_{in} v$. On the way back a neuron collects from $n_{out}$ others, and the
# mean square of the gradient is multiplied by $n_{out} v$.
#
# - **Xavier:** $v = 2/(n_{in} + n_{out})$ keeps both near 1, where tanh is nearly straight. A draw from $[-r, r]$ has the
#   variance $r^2/3$, so $r = \sqrt{6/(n_{in} + n_{out})}$.
# - **He:** $v = 2/n_{in}$: ReLU sets half of the signal to 0, the 2 makes up for it.

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
# The norm of $\delta = \partial L/\partial z$ (which is the gradient of the biases) at each of eight layers of ten neurons. Backpropagation
# runs from layer 8 on the right to layer 1 on the left.


# %%
def gradient_profile(init, activation="tanh", depth=8, width=10, seed=1):
    rng = random.Random(seed)
    model = MLP(width, [width] * depth, activation=activation, output_activation=activation, init=init, rng=rng)
    outputs = model([rng.uniform(-1, 1) for _ in range(width)])
    backward(outputs, seeds=[1.0] * width)
    return [math.hypot(*(n.b.grad for n in layer.neurons)) for layer in model.layers]


def small(n_in, n_out, rng):
    return rng.gauss(0.0, 0.05)


def large(n_in, n_out, rng):
    return rng.gauss(0.0, 1.5)


profiles = {
    "too small": gradient_profile(small),
    "Xavier": gradient_profile(xavier),
    "too large, linear": gradient_profile(large, "linear"),
    "too large, tanh": gradient_profile(large),
}
for name, norms in profiles.items():
    print(f"{name:>18}:", " ".join(f"{norm:8.1e}" for norm in norms))
assert profiles["too small"][0] < 1e-4 * profiles["too small"][-1]
assert all(a < 0.4 * b for a, b in zip(profiles["too small"], profiles["too small"][1:]))  # at every layer
assert 0.1 < profiles["Xavier"][0] / profiles["Xavier"][-1] < 10
assert profiles["too large, linear"][0] > 1e3 * profiles["too large, linear"][-1]

# %%
draw_curves(
    {name: list(enumerate(norms, start=1)) for name, norms in profiles.items()},
    x="layer",
    y="norm of δ",
    log=True,
    title="Gradients through eight layers, for four ways to start",
)

# %% [markdown]
# Small weights: the gradient *vanishes*, by a factor of 4 to 10 at each layer. Large ones without an activation: it *explodes*.
# Xavier keeps its size. Large ones with tanh: most neurons saturate at ±1, where the slope is close to 0, and the few that do not
# pass on 1.5 times what arrives, from each. With ten neurons per layer it is a matter of luck which wins. With a hundred there
# are always some that pass it on, and it explodes. By what factor does the norm grow from layer 8 to layer 1?


# %%
def growth(init, activation="tanh", **options):
    norms = gradient_profile(init, activation, **options)
    return norms[0] / norms[-1]


narrow = [growth(large, seed=seed) for seed in range(1, 21)]
wide = [growth(large, seed=seed, width=100) for seed in (1, 2)]
print("ten neurons:", *(f"{g:.2g}" for g in narrow))
print("a hundred:  ", *(f"{g:.2g}" for g in wide))
assert min(narrow) < 0.5 and max(narrow) > 5 and min(wide) > 10

# %% [markdown]
# The same for ReLU, where half of the slopes are 0 and the others 1:

# %%
from nn import he

profiles = {"He": gradient_profile(he, "relu", width=30), "Xavier": gradient_profile(xavier, "relu", width=30)}
print({name: round(norms[0] / norms[-1], 3) for name, norms in profiles.items()})
assert profiles["He"][0] / profiles["He"][-1] > 4 * profiles["Xavier"][0] / profiles["Xavier"][-1]
draw_curves(
    {name: list(enumerate(norms, start=1)) for name, norms in profiles.items()},
    x="layer",
    y="norm of δ",
    log=True,
    title="Gradients through eight layers of ReLU",
)

# %% [markdown]
# $\sqrt{1/2}$ per layer seems little. Over eight layers it is $\sqrt{1/2}^{\,7} \approx 0.09$, over fifty one part in some twenty million.
#
# And a sigmoid network of eight layers, a hundred neurons each? With Xavier ($v = 1/n$) the gradient vanishes. The largest slope of
# the sigmoid is ¼, so $v = 16/n$ should make up for it. It does not: with such weights $z$ is far from 0, where the slope is less than
# ¼. It takes about $100/n$.

# %%
assert 0.08 < math.sqrt(0.5) ** 7 < 0.09 and 2e7 < 1 / math.sqrt(0.5) ** 49 < 3e7
for c in (1, 16, 100):
    g = growth(lambda n_in, n_out, rng: rng.gauss(0.0, math.sqrt(c / n_in)), "sigmoid", width=100)
    print(f"v = {c}/n: the norm of δ grows by {g:.1e} from layer 8 to layer 1")
    assert g < 1e-3 if c == 1 else g < 0.2 if c == 16 else 0.2 < g < 5

# %% [markdown]
# ## What was shown
#
# - Neurons that start alike in all weights in and out stay alike; random weights break the symmetry.
# - Linear layers collapse into one. Every activation multiplies the gradient by its slope, which is ¼ at most for the sigmoid.
# - A layer multiplies the mean square of the signal by $n_{in} v$ and that of the gradient by $n_{out} v$; Xavier and He keep both near 1.
# - Small weights make the gradient vanish, large ones without an activation make it explode; with tanh it depends on the width.
#
# ## Exercises
#
# **Exercise 1.** A layer with $n_{in} = 40$ and $n_{out} = 60$ is drawn evenly from $[-r, r]$. What is Xavier's $r$?

# %%
from viz import Exercise

check_1 = Exercise(
    math.sqrt(6 / (40 + 60)),
    because=r"$r = \sqrt{6/(n_{in} + n_{out})}$.",
    slips={
        "that is the variance": 0.02,
        r"that is the standard deviation; an even draw reaches $\sqrt 3$ times as far": math.sqrt(0.02),
        "that is He's variance": 2 / 40,
    },
)

# %% [markdown]
# **Exercise 2.** $n_{in} = 100$ inputs of mean square 0.5, weights of variance 0.04. What is the mean square of $z$?

# %%
check_2 = Exercise(
    100 * 0.04 * 0.5,
    because=r"$n_{in}\, v\, q$.",
    slips={
        "the terms of all inputs add": 0.04 * 0.5,
        "that is the factor $n_{in} v$; the inputs have the mean square 0.5": 4.0,
        "that is the root of it": math.sqrt(2.0),
    },
)

# %% [markdown]
# **Exercise 3.** Ten sigmoid layers with one neuron each and the weight 1. At most what part of the gradient at the last sum reaches the
# first sum, nine layers back?

# %%
check_3 = Exercise(
    0.25**9,
    because="Each step multiplies by a slope of at most ¼: about four millionths are left.",
    slips={
        "from the tenth sum to the first there are nine steps": 0.25**10,
        "the slopes are multiplied, not added": 9 * 0.25,
        "that is one step": 0.25,
        "½ is the largest value at 0, not the largest slope": 0.5**9,
    },
)
