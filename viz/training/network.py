"""A network of neurons, found in the graph that one of its outputs is: what the training page draws and computes.

With this module, one can,

- find the neurons of a model, ``activation(w·u + b)`` each: ``network_of(model, n_inputs=2)``;
- write its loss as a function to compile, which tells every neuron's number too: ``network.loss(measured)``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from autograd_lite import TABLE, Operation, Value, dot, ops
from autograd_lite.graph import topological_order


class Neuron(NamedTuple):
    """activation(Σ wᵢ·uᵢ + b). Units are numbered: the inputs of the network first, then its neurons in order."""

    units: tuple[int, ...]  # what it reads
    weights: tuple[int, ...]  # places among the parameters
    bias: int | None
    activation: Operation | None
    column: int  # how many neurons lie before it, at most


class Network(NamedTuple):
    """The inputs, the neurons in the order they are computed, the parameters as leaves."""

    n_inputs: int
    neurons: tuple[Neuron, ...]
    parameters: tuple[Value, ...]

    def __call__(self, x: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        """Return the number of every neuron before its activation, and after it; the last of these is the output."""
        units, before = list(x), []
        for neuron in self.neurons:
            weights = [self.parameters[w] for w in neuron.weights]
            bias = None if neuron.bias is None else self.parameters[neuron.bias]
            z = dot(weights, [units[u] for u in neuron.units], bias)
            before.append(z)
            units.append(z if neuron.activation is None else neuron.activation(z))
        return before, units[len(x) :]

    def loss(self, measured: Callable[[Any, Any], Any]) -> Callable[[Any, Any], list[Any]]:
        """Return the function (x, y) → the loss, and the numbers of every neuron before and after its activation."""

        def loss(x: Sequence[Any], y: Any) -> list[Any]:
            before, after = self(x)
            return [measured(after[-1], y), *before, *after]

        return loss


class NotDrawn(ValueError):
    """A model that is no network of neurons, so that the page has no picture of it."""


def network_of(model: Callable[[Any], Any], n_inputs: int) -> Network:
    """Return the neurons of a model with one output, as its graph has them.

    >>> w, v, b = Value(2.0), Value(-1.0), Value(0.5)
    >>> found = network_of(lambda x: dot([v], [ops.tanh(dot([w], x, b))]), n_inputs=1)
    >>> [(neuron.units, neuron.weights, neuron.bias, neuron.column) for neuron in found.neurons]
    [((0,), (0,), 1, 0), ((1,), (2,), None, 1)]

    Raises NotDrawn, a ValueError, naming the operation that no neuron has.
    """
    inputs = [Value(0.5 / (i + 1)) for i in range(n_inputs)]
    output = model(inputs)
    if not isinstance(output, Value):
        raise NotDrawn(f"the training page draws models with one output, got {type(output).__name__}")
    known: list[Value] = getattr(model, "parameters", list)()  # in the order the model has them
    found = _Finder(inputs, known)
    for node in topological_order(output):
        found.see(node)
    if not found.neurons or found.units.get(output) != n_inputs + len(found.neurons) - 1:
        raise NotDrawn("the training page draws models whose output is a neuron")
    return Network(n_inputs, tuple(found.neurons), tuple(found.parameters))


class _Finder:
    """Goes through the nodes, operands first, and notes which of them are units."""

    def __init__(self, inputs: Sequence[Value], parameters: Sequence[Value]):
        self.units = {x: i for i, x in enumerate(inputs)}  # nodes that are units, and their numbers
        self.parameters = {leaf: i for i, leaf in enumerate(parameters)}
        self.neurons: list[Neuron] = []
        self.columns = [-1] * len(inputs)
        self.read: set[int] = set()  # units that neurons have read

    def see(self, node: Value) -> None:
        """Take a node as what it is of a neuron: a parameter, its sum, or its activation."""
        if not node.parents or node.op is ops.constant:
            return
        if node.op is TABLE["dot"]:
            self._sum(node)
        elif node.op is not None and node.op.arity == 1 and node.parents[0] in self.units:
            self._activate(node, node.op)
        else:
            name = node.op and node.op.name
            raise NotDrawn(f"the training page draws neurons, activation(dot(w, u, b)); this model has {name}, too")

    def _sum(self, node: Value) -> None:
        n = len(node.parents) // 2
        weights, read, bias = node.parents[:n], node.parents[n : 2 * n], node.parents[2 * n :]
        if any(u not in self.units for u in read) or any(w.parents or w in self.units for w in (*weights, *bias)):
            raise NotDrawn("the training page draws neurons whose weights are parameters, and their inputs units")
        if any(w.op is ops.constant for w in (*weights, *bias)):
            raise NotDrawn("the training page draws neurons whose weights are parameters; this model has a constant")
        units = tuple(self.units[u] for u in read)
        self.read.update(units)
        column = 1 + max(self.columns[u] for u in units)
        numbers = tuple(self._parameter(w) for w in weights)
        self.neurons.append(Neuron(units, numbers, self._parameter(bias[0]) if bias else None, None, column))
        self.units[node] = len(self.columns)
        self.columns.append(column)

    def _activate(self, node: Value, op: Operation) -> None:
        unit = self.units.pop(node.parents[0])  # the sum itself is read no more
        place = unit - (len(self.columns) - len(self.neurons))
        if place < 0 or self.neurons[place].activation is not None or unit in self.read:
            raise NotDrawn(
                f"the training page draws one activation for each neuron; this model has {op.name} beside it"
            )
        self.neurons[place] = self.neurons[place]._replace(activation=op)
        self.units[node] = unit

    def _parameter(self, leaf: Value) -> int:
        return self.parameters.setdefault(leaf, len(self.parameters))
