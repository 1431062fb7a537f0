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
# A recurrent cell uses the *same* parameters at every step of a sequence. Unrolled, it is an ordinary graph, and the gradient
# of a shared parameter is, once more, a sum over its uses: over time.
#
# $$h_t = \tanh(w\, h_{t-1} + u\, x_t), \qquad \frac{\partial h_T}{\partial w} = \sum_{t=1}^{T}
# \Big( \prod_{s=t+1}^{T} w\,(1 - h_s^2) \Big) (1 - h_t^2)\, h_{t-1} .$$

# %%
import math

from autograd_lite import Value, tanh

xs = [0.5, -0.3, 0.8, 0.1]
w, u = Value(0.7, "w"), Value(0.9, "u")
states = [Value(0.2, "h0")]
for x in xs:
    states.append(tanh(w * states[-1] + u * x))
states[-1].backward()

h = [s.data for s in states]
by_hand = 0.0
for t in range(1, 5):
    through_time = math.prod(0.7 * (1 - h[s] ** 2) for s in range(t + 1, 5))
    by_hand += through_time * (1 - h[t] ** 2) * h[t - 1]
print(f"by hand {by_hand:.15f}, by engine {w.grad:.15f}")
assert abs(w.grad - by_hand) < 1e-12

# %% [markdown]
# ## Vanishing
#
# The product shrinks by a factor below 1 per step. After twenty steps the beginning of the sequence is out of reach.

# %%
for start in (1.0, 0.1, -0.1):
    h0 = Value(start)
    state = h0
    for _ in range(20):
        state = tanh(0.7 * state)
    state.backward()
    print(f"∂h₂₀/∂h₀ at h₀ = {start:+.1f}: {h0.grad:.2e}")
    assert abs(h0.grad) <= 0.7**20

# %% [markdown]
# ## One LSTM cell by hand
#
# The remedy: a memory $c$ that is *added to*, not squeezed through a nonlinearity at each step, and gates that decide what is
# kept ($f$), written ($i$) and shown ($o$):
#
# $$i, f, o = \sigma(\dots), \quad g = \tanh(\dots), \quad c_t = f_t c_{t-1} + i_t g_t, \quad h_t = o_t \tanh(c_t) .$$
#
# $\partial c_t / \partial c_{t-1} = f_t$: with an open forget gate the gradient passes undiminished.

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
n = cell.forget_gate.neurons[0]
assert abs(n.b.grad - dc * c0 * f * (1 - f)) < 1e-12
assert abs(n.w[0].grad - n.b.grad * x) < 1e-12
print("gates, memory and all gradients agree")

# %% [markdown]
# Two options: `forget_bias=1.0` starts with the gate open (the default here), `peepholes=True` lets the gates see the memory.
# The gradient through twenty steps, with the gate open and closed:

# %%
for forget_bias in (4.0, 0.0, -2.0):
    cell = LSTMCell(1, 1, forget_bias=forget_bias, peepholes=True, rng=random.Random(1))
    start = Value(0.5)
    state = ([0.0], [start])
    for _ in range(20):
        state = cell([0.0], state)
    state[1][0].backward()
    print(f"forget bias {forget_bias:+.0f}: ∂c₂₀/∂c₀ = {start.grad:.2e}")

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
    batch = [example(rng) for _ in range(8)]
    loss = sum(squared_error(model(xs), y) for xs, y in batch) / 8
    optimiser.zero_grad()
    loss.backward()
    clip_gradients(optimiser.parameters, 1.0)
    optimiser.step()
    losses.append(loss.data)
early, late = sum(losses[:20]) / 20, sum(losses[-20:]) / 20
print(f"mean squared error: {early:.3f} -> {late:.3f}; always answering 1 would give 0.167")
assert late < 0.1

# %% [markdown]
# *In PyTorch this is* `nn.LSTMCell`; the tests hold ours to it.
#
# **Exercise.** Make the sequences longer. When does it stop learning without `forget_bias`?
