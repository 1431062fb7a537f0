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
# # 16. Regression
#
# **Question:** how do depth, width and activation change the curve a network can draw?
#
# **Builds on:** lesson 3.
#
# The target is $y = \sin x$ on evenly spaced points; the output is linear, the loss squared error. Forward first, for one
# hidden layer:
#
# $$\hat y(x) = B + \sum_k W_k \tanh(w_k x + b_k) .$$
#
# One neuron first: $2 \tanh(3x - 1.5)$ is −2 far on the left and 2 far on the right; in its middle, at $x = 0.5$, it climbs with the
# slope 6. The output is a sum of such bent steps: the one of neuron $k$ has its middle at $x = -b_k / w_k$, where its slope is $W_k w_k$, and goes from one
# side to the other by $2 |W_k|$.

# %%
import math
import random

from nn import MLP, Adam, fit
from nn.data import sine

rng = random.Random(0)
xs, ys = sine(21, rng=rng)
assert all(abs(y - math.sin(x)) < 1e-12 for (x,), y in zip(xs, ys))

model = MLP(1, [6, 1], rng=random.Random(1))
x = 0.7
hidden, output = model.layers
by_hand = output.neurons[0].b.data + sum(
    W.data * math.tanh(n.w[0].data * x + n.b.data) for W, n in zip(output.neurons[0].w, hidden.neurons)
)
assert abs(model([x]).data - by_hand) < 1e-12

W, w, b = output.neurons[0].w[0].data, hidden.neurons[0].w[0].data, 0.3
step = lambda x: W * math.tanh(w * x + b)
assert abs(abs(step(1e3) - step(-1e3)) - 2 * abs(W)) < 1e-12
assert abs((step(-b / w + 1e-5) - step(-b / w - 1e-5)) / 2e-5 - W * w) < 1e-8

# %% [markdown]
# The gradients by hand, with $t_k = \tanh(w_k x + b_k)$:
#
# $$\frac{\partial \hat y}{\partial W_k} = t_k, \qquad \frac{\partial \hat y}{\partial B} = 1, \qquad
# \frac{\partial \hat y}{\partial w_k} = W_k (1 - t_k^2)\, x, \qquad \frac{\partial \hat y}{\partial b_k} = W_k (1 - t_k^2) .$$

# %%
model([x]).backward()
for W, n in zip(output.neurons[0].w, hidden.neurons):
    t = math.tanh(n.w[0].data * x + n.b.data)
    assert abs(n.w[0].grad - W.data * (1 - t * t) * x) < 1e-12
    assert abs(n.b.grad - W.data * (1 - t * t)) < 1e-12
    assert abs(W.grad - t) < 1e-12
assert output.neurons[0].b.grad == 1.0

# %% [markdown]
# ## Width, depth, activation
#
# Six networks, trained alike. (`compiled="numpy"` records a network once, which makes the same numbers sooner.)


# %%
def train(sizes, activation, epochs=120):
    rng = random.Random(3)
    model = MLP(1, [*sizes, 1], activation=activation, init="he" if activation == "relu" else "xavier", rng=rng)
    adam = Adam(model.parameters(), lr=0.02)
    history = fit(
        model,
        (xs, ys),
        loss="squared_error",
        optimiser=adam,
        epochs=epochs,
        batch_size=None,
        compiled="numpy",
        progress=False,
    )
    return model, history.loss[-1]


results = {}
for sizes, activation in (
    ([], "linear"),
    ([1], "tanh"),
    ([4], "tanh"),
    ([12], "tanh"),
    ([6, 6], "tanh"),
    ([12], "relu"),
):
    results[(*sizes, activation)] = train(sizes, activation)
    loss = results[(*sizes, activation)][1]
    print(f"hidden {sizes!s:<8} {activation:<7} mean squared error {loss:.5f}")
line, one, four, twelve, two_layers, bent_once = (loss for _, loss in results.values())
assert four < 0.5 * one and one < 0.5 * line
assert 0.5 < twelve / four < 2  # no better, in as many epochs
assert two_layers < 0.5 * twelve and bent_once > 2 * twelve

# %% [markdown]
# The best line through a sine has an error no training can beat: $\frac1n\sum (\sin x - a x)^2$ with
# $a = \sum x \sin x / \sum x^2$.

# %%
a = sum(x * y for (x,), y in zip(xs, ys)) / sum(x * x for (x,) in xs)
floor = sum((y - a * x) ** 2 for (x,), y in zip(xs, ys)) / len(xs)
print(f"floor of the linear model {floor:.5f}")
assert results[("linear",)][1] > floor - 1e-12

# %% [markdown]
# ## Drawn
#
# **Width.** No hidden neuron: a line. One: a single step. Four: enough steps for a wave. Twelve do no better in these 120
# epochs: what is missing is not room but training.

# %%
from viz import draw_curves

grid = [-math.pi + 2 * math.pi * i / 100 for i in range(101)]
data = [(x, y) for (x,), y in zip(xs, ys)]


def curve(*key):
    return [(x, results[key][0]([x])) for x in grid]


draw_curves(
    {"no hidden layer": curve("linear"), "1 tanh": curve(1, "tanh"), "4 tanh": curve(4, "tanh"), "data": data},
    x="x",
    y="y",
    dots=["data"],
    title="Width",
)

# %% [markdown]
# **Depth and activation.** Two layers of six come closer than one of twelve, but they have more parameters: 61 against 37. ReLU
# neurons have a kink instead of a bend, so their sum is a chain of straight lines, at most 13. The biases start at 0, so all
# kinks start at $x = 0$ and have to travel from there: after 120 epochs most are still within 1 of it.

# %%
parameters = {key: len(model.parameters()) for key, (model, _) in results.items()}
assert (parameters[(6, 6, "tanh")], parameters[(12, "tanh")]) == (61, 37)
kinks = [-n.b.data / n.w[0].data for n in results[(12, "relu")][0].layers[0].neurons]
print("kinks of the ReLU network at", [round(x, 1) for x in sorted(kinks)])
assert sum(abs(x) < 1 for x in kinks) > 6
points = [y.data for _, y in curve(12, "relu")]
bends = [abs(c - 2 * b + a) > 1e-9 for a, b, c in zip(points, points[1:], points[2:])]
assert sum(bends) <= 2 * 12  # a kink between two points of the grid shows in two differences

draw_curves(
    {"12 tanh": curve(12, "tanh"), "6 + 6 tanh": curve(6, 6, "tanh"), "12 relu": curve(12, "relu"), "data": data},
    x="x",
    y="y",
    dots=["data"],
    title="Depth and activation",
)

# %% [markdown]
# **Outside the data.** The network was asked about $[-\pi, \pi]$ only. Beyond, its answer is of no use. Far out every tanh is
# flat, and so is the answer, while the sine goes on:

# %%
best = results[(12, "tanh")][0]
wide = [-30 + 60 * i / 200 for i in range(201)]
slopes = [(best([x + 0.01]).data - best([x]).data) / 0.01 for x in (0.0, 30.0)]
print(f"slope at 0: {slopes[0]:.2f}, at 30: {slopes[1]:.0e}")
assert slopes[0] > 1 and abs(slopes[1]) < 1e-3
print(f"at x = 6: sin x = {math.sin(6):.2f}, the network says {best([6.0]).data:.2f}")
assert abs(best([6.0]).data - math.sin(6)) > 0.3
draw_curves(
    {"12 tanh": [(x, best([x])) for x in wide], "sin x": [(x, math.sin(x)) for x in wide], "data": data},
    x="x",
    y="y",
    dots=["data"],
    title="Outside the data",
)

# %% [markdown]
# A network interpolates; it does not know that the sine goes on. With the activation `"sin"` and one hidden neuron it does: the
# assumption is in the form.

# %%
periodic, loss = train([1], "sin")
print(f"one sine: mean squared error {loss:.0e}, at x = 6: {periodic([6.0]).data:.2f}")
assert loss < 1e-3 and abs(periodic([6.0]).data - math.sin(6)) < 0.05

# %% [markdown]
# ## On a square
#
# With two inputs the curve becomes a surface. Here it comes from another network, of two hidden layers with weights at random,
# known at 121 points of a square. A plane, and a network with one hidden layer of twelve, try to follow it.

# %%
rng = random.Random(7)
landscape = MLP(2, [6, 6, 1], activation="tanh", init=lambda n_in, n_out, rng: rng.gauss(0.0, 1.2), rng=rng)
steps = [-1 + 0.2 * i for i in range(11)]
square = [[a, b] for b in reversed(steps) for a in steps]
heights = [landscape(point).data for point in square]
surfaces, costs = {"the surface": heights}, {}
for name, sizes in (("a plane", []), ("12 tanh", [12])):
    model = MLP(2, [*sizes, 1], activation="tanh", rng=random.Random(3))
    adam = Adam(model.parameters(), lr=0.05)
    fit(
        model,
        (square, heights),
        loss="squared_error",
        optimiser=adam,
        epochs=300,
        batch_size=None,
        compiled="numpy",
        progress=False,
    )
    surfaces[name] = [model(point).data for point in square]
    costs[name] = sum((a - b) ** 2 for a, b in zip(surfaces[name], heights)) / len(heights)
    print(f"{name}: mean squared error {costs[name]:.5f}")
assert costs["12 tanh"] < 0.1 * costs["a plane"]


def rows(values):
    return [values[11 * i : 11 * i + 11] for i in range(11)]


from viz import draw_images

draw_images(
    {", ".join(surfaces): [rows(values) for values in surfaces.values()]}, pixel=12, title="A surface on a square"
)

# %% [markdown]
# ## What was shown
#
# - A hidden tanh neuron adds a bent step: its middle at $-b/w$, its slope there $W w$, its height $2|W|$.
# - No hidden layer gives a line; more neurons, or a second layer, come closer, as far as the training goes.
# - ReLU networks are chains of straight pieces. All networks of bent steps are flat far outside of the data.
# - The same holds on a square: what a plane cannot follow, twelve neurons can.
#
# ## Exercises
#
# **Exercise 1.** A neuron adds $2 \tanh(4x - 2)$. Where is the middle of its step?

# %%
from viz import Exercise

check_1 = Exercise(
    2 / 4,
    because="Where $4x - 2 = 0$: at $-b/w$.",
    slips={
        "the sign: $4x - 2 = 0$": -0.5,
        "that is $-w/b$": 2.0,
        "that is $b$; it is divided by $w$": -2.0,
    },
)

# %% [markdown]
# **Exercise 2.** How steep is it there?

# %%
check_2 = Exercise(
    2 * 4,
    because="$W w$: the slope of tanh at 0 is 1.",
    slips={
        "the inner weight multiplies too": 2,
        "the outer weight multiplies too": 4,
        "that is the value in the middle, not the slope": 0,
    },
)

# %% [markdown]
# **Exercise 3.** Twenty hidden ReLU neurons, one input, one linear output. Of how many straight pieces can the curve be made, at most?

# %%
check_3 = Exercise(
    21,
    because="Each neuron has one kink, and twenty kinks cut a line into 21 pieces.",
    slips={
        "the pieces between the kinks, and one more": 20,
        "a neuron has one kink, not two": 40,
    },
)
