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
# # 13. Recurrence and LSTM
#
# **Question:** how does a gradient travel back through time, and why does it need a gate to arrive?
#
# **Builds on:** lesson 3.
#
# A recurrent cell uses the *same* parameters at every step of a sequence. Unrolled, it is an ordinary graph, and the gradient
# of a shared parameter is, once more, a sum over its uses: over time.
#
# A number first, with $w = 0.7$. In $h_1 = \tanh(0.7\, h_0 + \dots)$ a change of $h_0$ reaches $h_1$ as 0.7 times what it was, less what the
# bend takes. After four steps at most $0.7^4 = 0.24$ of it is left; the cell below keeps 0.07. What
# happened early is hard to hear, and so is the blame on the way back.
#
# $$h_t = \tanh(w\, h_{t-1} + u\, x_t), \qquad \frac{\partial h_T}{\partial w} = \sum_{t=1}^{T}
# \Big( \prod_{s=t+1}^{T} w\,(1 - h_s^2) \Big) (1 - h_t^2)\, h_{t-1} .$$
#
# Read it from right to left: at step $t$, $w$ meets $h_{t-1}$ and goes through the slope of tanh; then the change travels on
# to $T$, and each step it passes multiplies it by $\partial h_s/\partial h_{s-1} = w\,(1 - h_s^2)$. This is *backpropagation through time*,
# and nothing but the chain rule.

# %%
import math

from autograd_lite import Value, tanh

xs = [0.5, -0.3, 0.8, 0.1]
w, u = Value(0.7, "w"), Value(0.9, "u")
states = [Value(0.2, "h0")]
for t, x in enumerate(xs, start=1):
    states.append(tanh(w * states[-1] + u * x))
    states[-1].label = f"h{t}"
states[-1].backward()

h = [s.data for s in states]
by_hand = 0.0
for t in range(1, 5):
    through_time = math.prod(0.7 * (1 - h[s] ** 2) for s in range(t + 1, 5))
    by_hand += through_time * (1 - h[t] ** 2) * h[t - 1]
print(f"by hand {by_hand:.15f}, by engine {w.grad:.15f}")
assert abs(w.grad - by_hand) < 1e-12
print(f"of a change of h0 {states[0].grad:.2f} arrives at h4")
assert round(states[0].grad, 2) == 0.07 < 0.7**4

# %% [markdown]
# Nobody computes all those products anew. With $\bar h_t = \partial h_T/\partial h_t$ the formula is a loop from the last step to the
# first, which hands $\bar h$ on and collects:
#
# $$\bar h_T = 1, \qquad \delta_t = \bar h_t\,(1 - h_t^2), \qquad \bar w \mathrel{+}= \delta_t\, h_{t-1}, \qquad \bar u \mathrel{+}= \delta_t\, x_t, \qquad
# \bar h_{t-1} = w\, \delta_t .$$

# %%
h_bar, w_bar, u_bar = 1.0, 0.0, 0.0
for t in range(4, 0, -1):
    delta = h_bar * (1 - h[t] ** 2)
    w_bar += delta * h[t - 1]
    u_bar += delta * xs[t - 1]
    h_bar = 0.7 * delta
for mine, theirs in ((w_bar, w.grad), (u_bar, u.grad), (h_bar, states[0].grad)):
    assert abs(mine - theirs) < 1e-12

# %% [markdown]
# Unrolled over two steps, with $u = 1$: $w$ is used at each, and its two contributions add up.

# %%
from viz import play

h1 = tanh(w * Value(0.2, "h0") + 0.5)
h2 = tanh(w * h1 - 0.3)
h1.label, h2.label = "h1", "h2"
play(h2)

# %% [markdown]
# ## Vanishing
#
# For $|w| < 1$ each step multiplies by a factor below $|w|$: after twenty steps less than $|w|^{20}$ is left of the beginning of
# the sequence. At $w = 1$ the slope of tanh still makes it less than 1. (For $|w| > 1$ and states near 0 the factor is above 1,
# and the product *explodes*. Against that, `clip_gradients` below bounds the norm.)

# %%
from viz import draw_curves


def reach(w, h0=0.5):
    """∂h₂₀/∂h_t for t = 0 … 20, of a cell without inputs that starts at h0."""
    states = [Value(h0)]
    for _ in range(20):
        states.append(tanh(w * states[-1]))
    states[-1].backward()
    return [h.grad for h in states]


profiles = {f"w = {w}": list(enumerate(reach(w))) for w in (0.4, 0.7, 1.0)}
for name, points in profiles.items():
    print(f"{name}: ∂h₂₀/∂h₀ = {points[0][1]:.1e}")
assert reach(0.4)[0] < 0.4**20 and reach(0.7)[0] < 0.7**20 and reach(1.0)[0] < 1
assert abs(reach(1.5, h0=1e-6)[0] / 1.5**20 - 1) < 1e-3  # explodes: 3325
draw_curves(profiles, x="t", y="∂h₂₀/∂h at step t", log=True, title="The gradient vanishes on its way back in time")

# %% [markdown]
# ## One LSTM cell by hand
#
# The remedy: a memory $c$ that is *added to*, not squeezed through a nonlinearity at each step, and gates that decide what is
# kept ($f$), written ($i$) and shown ($o$). With the input and the last hidden state side by side, $v = [x_t, h_{t-1}]$:
#
# $$i_t, f_t, o_t = \sigma(W_{i,f,o}\, v + b_{i,f,o}), \quad g_t = \tanh(W_g\, v + b_g), \quad c_t = f_t c_{t-1} + i_t g_t, \quad h_t = o_t \tanh(c_t) .$$
#
# With $h_{t-1}$ held fixed, $\partial c_t / \partial c_{t-1} = f_t$: along the memory an open forget gate lets the gradient pass
# undiminished. (There is a second way, through $h_{t-1}$ and the gates; more of it below.) By hand, with
# $\bar c = \partial h_t/\partial c_t = o_t (1 - \tanh^2 c_t)$:
#
# $$\frac{\partial h_t}{\partial c_{t-1}} = \bar c\, f_t, \quad \frac{\partial h_t}{\partial b_f} = \bar c\; c_{t-1} f_t (1 - f_t), \quad
# \frac{\partial h_t}{\partial b_i} = \bar c\; g_t\, i_t (1 - i_t), \quad \frac{\partial h_t}{\partial b_g} = \bar c\; i_t (1 - g_t^2), \quad
# \frac{\partial h_t}{\partial b_o} = \tanh(c_t)\, o_t (1 - o_t) .$$

# %%
import random

from nn import LSTMCell

rng = random.Random(1)
cell = LSTMCell(1, 1, rng=rng)
x, h0, c0 = 0.4, 0.1, -0.6
memory = Value(c0)
(hidden,), (updated,) = cell([x], ([h0], [memory]))


def gate(layer, squash):
    n = layer.neurons[0]
    return squash(n.w[0].data * x + n.w[1].data * h0 + n.b.data)


sigma = lambda z: 1 / (1 + math.exp(-z))
i, f, o = (gate(g, sigma) for g in (cell.input_gate, cell.forget_gate, cell.output_gate))
g = gate(cell.candidate_gate, math.tanh)
c = f * c0 + i * g
assert abs(updated.data - c) < 1e-12
assert abs(hidden.data - o * math.tanh(c)) < 1e-12

hidden.backward()
dc = o * (1 - math.tanh(c) ** 2)  # ∂h/∂c
assert abs(memory.grad - dc * f) < 1e-12
for layer, expected in (
    (cell.forget_gate, dc * c0 * f * (1 - f)),
    (cell.input_gate, dc * g * i * (1 - i)),
    (cell.candidate_gate, dc * i * (1 - g * g)),
    (cell.output_gate, math.tanh(c) * o * (1 - o)),
):
    n = layer.neurons[0]
    assert abs(n.b.grad - expected) < 1e-12
    assert abs(n.w[0].grad - expected * x) < 1e-12
    assert abs(n.w[1].grad - expected * h0) < 1e-12
print("gates, memory and all gradients agree")

# %% [markdown]
# The cell, drawn: four sums come in, three become gates, and along the top the memory goes from $c_0$ to $c$ with a product and a
# sum on its way.

# %%
from autograd_lite import sigmoid
from viz import draw

sums = {name: Value(z, name) for name, z in (("zf", 0.5), ("zi", -0.3), ("zg", 0.8), ("zo", 0.2))}
start = Value(c0, "c0")
gates = [sigmoid(sums["zf"]), sigmoid(sums["zi"]), tanh(sums["zg"]), sigmoid(sums["zo"])]
for node, label in zip(gates, "figo"):
    node.label = label
new = gates[0] * start + gates[1] * gates[2]
new.label = "c"
shown = gates[3] * tanh(new)
shown.label = "h"
draw(shown)

# %% [markdown]
# ## The whole way back
#
# With a loss at every step, $L = \sum_t \frac12 (h_t - y_t)^2$, two gradients travel from step to step: $\bar h$, what the next step and
# the loss of this one say about $h_t$, and $\bar c$, what they say about the memory. From $t = T$ down to 1:
#
# $$\bar h_t \mathrel{+}= h_t - y_t, \qquad \bar c_t \mathrel{+}= \bar h_t\, o_t (1 - \tanh^2 c_t),$$
#
# then the four sums, as above,
#
# $$\delta_o = \bar h_t \tanh(c_t)\, o_t (1 - o_t), \quad \delta_f = \bar c_t\, c_{t-1} f_t (1 - f_t), \quad \delta_i = \bar c_t\, g_t\, i_t (1 - i_t), \quad \delta_g = \bar c_t\, i_t (1 - g_t^2),$$
#
# each of which adds $\delta\, v_t$ to the gradient of its weights. And what is handed on to the step before:
#
# $$\bar c_{t-1} = \bar c_t\, f_t, \qquad \bar h_{t-1} = \sum_{k \in \{i, f, g, o\}} w_{k h}\, \delta_k .$$

# %%
cell = LSTMCell(1, 1, rng=random.Random(2))
gates = {"i": cell.input_gate, "f": cell.forget_gate, "g": cell.candidate_gate, "o": cell.output_gate}
inputs, targets = [0.4, -0.9, 0.7], [0.3, -0.2, 0.5]

state, loss, steps = ([Value(0.1)], [Value(-0.6)]), 0.0, []
for x, y in zip(inputs, targets):
    h0, c0 = state[0][0].data, state[1][0].data
    values = {k: gate(layer, math.tanh if k == "g" else sigma) for k, layer in gates.items()}
    state = cell([x], state)
    steps.append((x, y, h0, c0, values, state[0][0].data, state[1][0].data))
    loss = loss + 0.5 * (state[0][0] - y) ** 2
loss.backward()

h_bar = c_bar = 0.0
collected = {k: [0.0, 0.0, 0.0] for k in gates}  # for x, h and the bias
for x, y, h0, c0, k, ht, ct in reversed(steps):
    h_bar += ht - y
    c_bar += h_bar * k["o"] * (1 - math.tanh(ct) ** 2)
    deltas = {
        "i": c_bar * k["g"] * k["i"] * (1 - k["i"]),
        "f": c_bar * c0 * k["f"] * (1 - k["f"]),
        "g": c_bar * k["i"] * (1 - k["g"] ** 2),
        "o": h_bar * math.tanh(ct) * k["o"] * (1 - k["o"]),
    }
    for name, delta in deltas.items():
        for place, came_in in enumerate((x, h0, 1.0)):
            collected[name][place] += delta * came_in
    c_bar *= k["f"]
    h_bar = sum(gates[name].neurons[0].w[1].data * delta for name, delta in deltas.items())
for name, layer in gates.items():
    n = layer.neurons[0]
    for mine, theirs in zip(collected[name], (*n.w, n.b)):
        assert abs(mine - theirs.grad) < 1e-12
print("the recursion agrees in all", len(cell.parameters()), "parameters")

# %% [markdown]
# ## Two options
#
# `peepholes=True` lets the gates see the memory, each through one weight: $i$ and $f$ see $c_{t-1}$, $o$ sees $c_t$:
#
# $$f_t = \sigma(W_f v + p_f\, c_{t-1} + b_f), \qquad o_t = \sigma(W_o v + p_o\, c_t + b_o) .$$

# %%
x, h0, c0 = 0.4, 0.1, -0.6
peeping = LSTMCell(1, 1, peepholes=True, rng=random.Random(1))
p = {name: weight.data for name, (weight,) in peeping.peepholes.items()}
(hidden,), (updated,) = peeping([x], ([h0], [c0]))
i = gate(peeping.input_gate, lambda z: sigma(z + p["input"] * c0))
f = gate(peeping.forget_gate, lambda z: sigma(z + p["forget"] * c0))
c = f * c0 + i * gate(peeping.candidate_gate, math.tanh)
o = gate(peeping.output_gate, lambda z: sigma(z + p["output"] * c))
assert abs(updated.data - c) < 1e-12 and abs(hidden.data - o * math.tanh(c)) < 1e-12

# %% [markdown]
# `forget_bias` (1 unless said otherwise) starts with the gate open. The same picture as above for the memory of an LSTM. Two
# numbers for each: the whole $\partial c_{20}/\partial c_0$, and the part of it that stays in the memory all the way,
# $\prod_t f_t$. The rest goes through $h$: the memory is shown, and what is shown moves the gates of the next step.

# %%
assert LSTMCell(1, 1, rng=random.Random(1)).forget_gate.neurons[0].b.data == 1.0
profiles, kept = {}, {}
for forget_bias in (4.0, 1.0, -2.0):
    cell = LSTMCell(1, 1, forget_bias=forget_bias, rng=random.Random(1))
    name, n = f"forget bias {forget_bias:+.0f}", cell.forget_gate.neurons[0]
    memories, open_gates, state = [], [], ([Value(0.0)], [Value(0.5)])
    held = start = Value(0.5)  # the same memory, with h held fixed
    for _ in range(20):
        (h,), (c,) = state
        memories.append(c)
        open_gates.append(sigma(n.w[1].data * h.data + n.b.data))
        _, (held,) = cell([0.0], ([h.data], [held]))
        state = cell([0.0], state)
    held.backward()
    state[1][0].backward()
    kept[name] = math.prod(open_gates)
    assert abs(start.grad - kept[name]) < 1e-12 * kept[name]
    profiles[name] = [(t, abs(c.grad)) for t, c in enumerate(memories)]
    print(f"{name}: ∂c₂₀/∂c₀ = {memories[0].grad:.1e}, of which through the memory alone {kept[name]:.1e}")
first = [points[0][1] for points in profiles.values()]
assert first[0] > 0.5 and first == sorted(first, reverse=True)
assert all(part < 0.5 * whole for part, whole in zip(kept.values(), first))  # most of it went through h
draw_curves(profiles, x="t", y="∂c₂₀/∂c at step t", log=True, title="An open forget gate lets the gradient through")

# %% [markdown]
# ## Learning to add two numbers of a sequence
#
# Each step carries a number and a mark; the answer is the sum of the two marked numbers. The cell must remember the first
# until the second comes.

# %%
from nn import Adam, Layer, Module, Recurrent, clip_gradients, squared_error


class Adder(Module):
    def __init__(self, rng):
        self.lstm = Recurrent(LSTMCell(2, 4, rng=rng), last=True)
        self.readout = Layer(4, 1, activation=None, rng=rng)

    def forward(self, sequence):
        return self.readout(self.lstm(sequence))[0]


def example(rng, length=5):
    numbers = [rng.uniform(0, 1) for _ in range(length)]
    a, b = sorted(rng.sample(range(length), 2))
    return [[x, float(t in (a, b))] for t, x in enumerate(numbers)], numbers[a] + numbers[b]


rng = random.Random(0)
model = Adder(rng)
optimiser = Adam(model.parameters(), lr=0.03)
losses = []
for step in range(150):
    batch = [example(rng) for _ in range(5)]
    loss = sum(squared_error(model(xs), y) for xs, y in batch) / 5
    optimiser.zero_grad()
    loss.backward()
    clip_gradients(optimiser.parameters, 1.0)
    assert math.hypot(*(p.grad for p in optimiser.parameters)) < 1 + 1e-12
    optimiser.step()
    losses.append(loss.data)
early, late = sum(losses[:20]) / 20, sum(losses[-20:]) / 20
print(f"mean squared error: {early:.3f} -> {late:.3f}; always answering 1 would give 0.167")
assert late < 0.1
answers = [y for _, y in (example(random.Random(seed)) for seed in range(2000))]
assert abs(sum((y - 1) ** 2 for y in answers) / 2000 - 1 / 6) < 0.02  # twice the 1/12 of one number
draw_curves({"one batch": list(enumerate(losses, start=1))}, x="step", y="squared error", log=True)

# %% [markdown]
# *In PyTorch this is* `nn.LSTMCell`; the tests hold ours to it.
#
# ## What was shown
#
# - Backpropagation through time is the chain rule on an unrolled graph; a shared parameter collects one term per step.
# - In a plain cell each step multiplies by $w\,(1 - h^2)$: the gradient vanishes, or explodes.
# - In an LSTM $\bar c$ is multiplied by the forget gate alone, and $\bar h$ goes through the weights; both loops agree with the engine.
#   In the figure most of the gradient went through $h$.
# - With clipping and Adam a cell of four units learns to remember a number for a few steps.
#
# ## Exercises
#
# **Exercise 1.** $w = 0.5$ and all states are near 0, where the slope of tanh is 1. After how many steps is less than a
# thousandth of the gradient left?

# %%
from viz import Exercise

check_1 = Exercise(
    next(n for n in range(100) if 0.5**n < 1 / 1000),
    because="$0.5^{10} = 1/1024$.",
    slips={
        "after nine steps it is $1/512$": 9,
        "every step multiplies by ½; it does not take a fixed amount away": 500,
        "that would do for $w = 0.1$": 3,
    },
)

# %% [markdown]
# **Exercise 2.** The forget gate of an LSTM is 0.9 at every step, and $h$ is held fixed. What is $\partial c_{20}/\partial c_0$?

# %%
check_2 = Exercise(
    0.9**20,
    because=r"$\bar c$ is multiplied by $f$ once per step.",
    slips={
        "that is one step": 0.9,
        "the factors of the steps are multiplied, not added": 18.0,
        "there are twenty steps from $c_0$ to $c_{20}$": 0.9**19,
        "what passes is $f$, not $1 - f$": 0.1**20,
    },
)

# %% [markdown]
# **Exercise 3.** Write $\bar c_t$ as a function of $\bar h_t$, $o_t$, $c_t$ and the $\bar c$ that step $t + 1$ has handed on.

# %%
check_3 = Exercise(
    lambda h_bar, o, c, handed_on: handed_on + h_bar * o * (1 - math.tanh(c) ** 2),
    because=r"$c_t$ is used twice: it is shown through $o_t \tanh(c_t)$, and kept for the next step. The two terms add.",
    slips={
        "the memory is used by the next step too": lambda h_bar, o, c, handed_on: h_bar * o * (1 - math.tanh(c) ** 2),
        "the memory is also shown, in $h_t$": lambda h_bar, o, c, handed_on: handed_on,
        "the gate $o_t$ multiplies what is shown": lambda h_bar, o, c, handed_on: (
            handed_on + h_bar * (1 - math.tanh(c) ** 2)
        ),
        "that is the way to the gate $o_t$; the slope of tanh leads to $c_t$": lambda h_bar, o, c, handed_on: (
            handed_on + h_bar * math.tanh(c)
        ),
    },
    at=[(0.4, 0.7, -0.5, 0.2), (-1.0, 0.3, 1.1, 0.6)],
)
