"""Recurrent cells, and running one over a sequence: backpropagation through time is just backward().

A cell maps (input, state) to the next state. Unrolled over a sequence it is an ordinary graph in
which every time step shares the same parameters, so their gradients are sums over time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_lite import Value, sigmoid, tanh

from .activations import Activation, ActivationName
from .arguments import flag, generator, real, shown, whole
from .initialisers import Rng, initialiser
from .layers import Layer, check_length
from .module import Module


class RNNCell(Module):
    """h' = activation(W·[x, h] + b), as an ``nn.Layer`` on input and state side by side.

    >>> import random
    >>> cell = RNNCell(2, 3, rng=random.Random(0))
    >>> len(cell([1.0, 2.0], cell.start()))
    3
    """

    def __init__(
        self,
        n_inputs: int,
        n_hidden: int,
        *,
        activation: ActivationName | Activation | None = "tanh",
        rng: Rng | None = None,
    ):
        n_inputs, n_hidden = whole("RNNCell", "n_inputs", n_inputs), whole("RNNCell", "n_hidden", n_hidden)
        rng = generator("RNNCell", rng, "uniform", "gauss")
        self.layer = Layer(n_inputs + n_hidden, n_hidden, activation=activation, rng=rng)
        self._n_inputs, self._n_hidden = n_inputs, n_hidden

    def start(self) -> list[Any]:
        """Return the state before the first step: zeros."""
        return [0.0] * self._n_hidden

    def output(self, state: list[Any]) -> list[Any]:
        """Return what a state shows to the outside: all of it."""
        return state

    def forward(self, x: Sequence[Any], state: list[Any]) -> list[Any]:
        check_length(x, self._n_inputs, self)
        check_length(state, self._n_hidden, self, "numbers of state")
        return self.layer([*x, *state])  # type: ignore[no-any-return]


class LSTMCell(Module):
    """Long short-term memory (Hochreiter, Schmidhuber 1997; forget gate by Gers et al. 2000).

    With [x, h] side by side: i, f, o = σ(W·[x, h] + b), g = tanh(W_g·[x, h] + b_g);
    c' = f·c + i·g, h' = o·tanh(c'). ``forget_bias`` starts the forget gate open; ``peepholes``
    let i and f see c, and o see c', each through one weight per cell.

        >>> import random
        >>> cell = LSTMCell(1, 2, rng=random.Random(0))
        >>> hidden, memory = cell([0.5], cell.start())
        >>> len(hidden), len(memory)
        (2, 2)
    """

    def __init__(
        self,
        n_inputs: int,
        n_hidden: int,
        *,
        forget_bias: float = 1.0,
        peepholes: bool = False,
        rng: Rng | None = None,
    ):
        n_inputs, n_hidden = whole("LSTMCell", "n_inputs", n_inputs), whole("LSTMCell", "n_hidden", n_hidden)
        forget_bias, peepholes = real("LSTMCell", "forget_bias", forget_bias), flag("LSTMCell", "peepholes", peepholes)
        rng, draw = generator("LSTMCell", rng, "uniform", "gauss"), initialiser("xavier")
        for name in ("input", "forget", "output", "candidate"):
            gate = Layer(n_inputs + n_hidden, n_hidden, activation=None, rng=rng)
            gate.name = f"{name} gate"
            setattr(self, f"{name}_gate", gate)
        for neuron in self.forget_gate.neurons:
            neuron.b.data = forget_bias
        if peepholes:
            self.peepholes = {
                name: [Value(draw(1, 1, rng), f"p{i + 1}") for i in range(n_hidden)]
                for name in ("input", "forget", "output")
            }
        self._peepholes, self._n_inputs, self._n_hidden = peepholes, n_inputs, n_hidden

    input_gate: Layer
    forget_gate: Layer
    output_gate: Layer
    candidate_gate: Layer

    def start(self) -> tuple[list[Any], list[Any]]:
        """Return (hidden state, cell memory) before the first step: zeros."""
        return [0.0] * self._n_hidden, [0.0] * self._n_hidden

    def output(self, state: tuple[list[Any], list[Any]]) -> list[Any]:
        """Return what a state shows to the outside: its hidden half."""
        return state[0]

    def forward(self, x: Sequence[Any], state: tuple[list[Any], list[Any]]) -> tuple[list[Any], list[Any]]:
        check_length(x, self._n_inputs, self)
        hidden, memory = _halves(state, self)
        check_length(hidden, self._n_hidden, self, "numbers of hidden state")
        check_length(memory, self._n_hidden, self, "numbers of memory")
        both = [*x, *hidden]
        keep_in = self._gate("input", self.input_gate(both), memory)
        forget = self._gate("forget", self.forget_gate(both), memory)
        candidate = [tanh(z) for z in self.candidate_gate(both)]
        memory = [f * c + i * g for f, c, i, g in zip(forget, memory, keep_in, candidate)]
        show = self._gate("output", self.output_gate(both), memory)
        return [o * tanh(c) for o, c in zip(show, memory)], memory

    def _gate(self, name: str, zs: list[Any], memory: list[Any]) -> list[Any]:
        if self._peepholes:
            zs = [z + p * c for z, p, c in zip(zs, self.peepholes[name], memory)]
        return [sigmoid(z) for z in zs]


class GRUCell(Module):
    """A gated recurrent unit (Cho et al. 2014), in the form of cuDNN and PyTorch.

    With [x, h] side by side: r, z = σ(W·[x, h] + b); n = tanh(W_x·x + b_x + r·(W_h·h + b_h)); h' = (1 − z)·n + z·h.
    The reset gate r tells how much of the state the candidate n sees, the update gate z how much of it stays.

        >>> import random
        >>> cell = GRUCell(1, 2, rng=random.Random(0))
        >>> len(cell([0.5], cell.start()))
        2
    """

    def __init__(self, n_inputs: int, n_hidden: int, *, rng: Rng | None = None):
        n_inputs, n_hidden = whole("GRUCell", "n_inputs", n_inputs), whole("GRUCell", "n_hidden", n_hidden)
        rng = generator("GRUCell", rng, "uniform", "gauss")
        both = n_inputs + n_hidden
        self.reset_gate, self.update_gate, self.candidate_input, self.candidate_state = (
            Layer(n, n_hidden, activation=None, rng=rng) for n in (both, both, n_inputs, n_hidden)
        )
        for name in ("reset_gate", "update_gate", "candidate_input", "candidate_state"):
            getattr(self, name).name = name.replace("_", " ")
        self._n_inputs, self._n_hidden = n_inputs, n_hidden

    def start(self) -> list[Any]:
        """Return the state before the first step: zeros."""
        return [0.0] * self._n_hidden

    def output(self, state: list[Any]) -> list[Any]:
        """Return what a state shows to the outside: all of it."""
        return state

    def forward(self, x: Sequence[Any], state: list[Any]) -> list[Any]:
        check_length(x, self._n_inputs, self)
        check_length(state, self._n_hidden, self, "numbers of state")
        both = [*x, *state]
        reset, update = ([sigmoid(z) for z in gate(both)] for gate in (self.reset_gate, self.update_gate))
        inner = zip(self.candidate_input(x), reset, self.candidate_state(state))
        candidate = [tanh(a + r * b) for a, r, b in inner]
        return [(1.0 - z) * n + z * h for z, n, h in zip(update, candidate, state)]


def _halves(state: Any, cell: Module) -> tuple[list[Any], list[Any]]:
    if not isinstance(state, (tuple, list)) or len(state) != 2:
        where = cell.name or type(cell).__name__
        raise ValueError(f"{where}: expected a state (hidden, memory), got {type(state).__name__}")
    return state[0], state[1]


class Recurrent(Module):
    """Runs a cell over a sequence of inputs; returns the output at every step, or the last one.

    >>> import random
    >>> steps = Recurrent(RNNCell(1, 2, rng=random.Random(0)))
    >>> len(steps([[0.1], [0.2], [0.3]]))
    3
    """

    def __init__(self, cell: RNNCell | LSTMCell | GRUCell, *, last: bool = False):
        if not all(hasattr(cell, method) for method in ("start", "output", "forward")):
            raise TypeError(f"Recurrent: cell must be an RNNCell, an LSTMCell or a GRUCell, got {shown(cell)}")
        self.cell, self._last = cell, flag("Recurrent", "last", last)

    def forward(self, xs: Sequence[Sequence[Any]]) -> list[Any]:
        if not hasattr(xs, "__len__") or not len(xs):
            raise ValueError(f"{self.name or 'Recurrent'}: expected a sequence of at least one input, got none")
        state: Any = self.cell.start()
        outputs = []
        for x in xs:
            state = self.cell(x, state)
            outputs.append(self.cell.output(state))
        return outputs[-1] if self._last else outputs
