"""The numbers of a pass as tables, for ``Slot``s: by node or by edge, as the page computes them too.

By node: ``v`` value, ``g`` gradient, ``s`` 1 if the backward pass reached it; of inputs also the
measured slope ``m``, with step ``h`` and the outputs ``p`` at x + h and ``q`` at x − h, and ``w``, 1
if measured and computed slope differ. By edge: ``l`` local gradient, ``c`` contribution, ``t`` running
total, ``k`` the number of the part, ``n`` of how many, ``r`` how many are still to come, ``a`` 1 if
anything arrives over it, ``b`` 1 if ``where`` stops it. ``o`` holds one number: how many slopes differ.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from autograd_lite import Explanation, Expression

Decisions = Mapping[int, Expression]  # constants that a formula decides from its inputs, by node


@dataclass(frozen=True)
class Edge:
    """One use of a value that is not a constant; ``index`` is its place in the tables."""

    index: int
    child: int
    position: int
    parent: int


def edges_of(e: Explanation) -> tuple[Edge, ...]:
    """Return the uses in backward order, as the chain rule visits them.

    Constants get no edge, and neither does the condition of ``where``, which only chooses.
    """
    found: list[Edge] = []
    for step in reversed(e.forward):
        for position, parent in enumerate(step.operands):
            chooses = step.op is not None and step.op.routes and position == 0
            if e.forward[parent].kind != "constant" and not chooses:
                found.append(Edge(len(found), step.index, position, parent))
    return tuple(found)


def tables(e: Explanation, *, decisions: Decisions | None = None) -> dict[str, list[float]]:
    """Return the tables of a recorded pass.

    Only the slopes of the last step are computed here, by wiggling each input.

        >>> from autograd_lite import Value, explain
        >>> x = Value(3.0, "x")
        >>> numbers = tables(explain(x * x))
        >>> numbers["v"], numbers["g"], numbers["t"], round(numbers["m"][0], 6)
        ([3.0, 9.0], [6.0, 1.0], [3.0, 6.0], 6.0)
    """
    edges = edges_of(e)
    reached = {step.index for step in e.backward}
    terms = {(t.child, t.position): t for step in e.backward for t in step.terms}
    numbers: dict[str, list[float]] = {name: [0.0] * len(edges) for name in "lctknrab"}
    numbers["v"] = [step.value for step in e.forward]
    numbers["g"] = list(e.gradients)
    numbers["s"] = [float(step.index in reached) for step in e.forward]
    for edge in edges:
        term = terms.get((edge.child, edge.position))
        step = e.forward[edge.child]
        if term is None:
            assert step.op is not None
            numbers["l"][edge.index] = step.op.local_gradients(step.value, *step.numbers)[edge.position]
            numbers["b"][edge.index] = numbers["s"][edge.child]
            continue
        facts = (term.local_gradient, term.contribution, term.total, term.part, term.parts, term.parts - term.part, 1)
        for name, fact in zip("lctknra", facts):
            numbers[name][edge.index] = float(fact)
    return numbers | _measured(e, decisions or {})


def _measured(e: Explanation, decisions: Decisions) -> dict[str, list[float]]:
    """Wiggle each input by a thousandth of its size and measure how the output moves."""
    measured = {name: [0.0] * len(e.forward) for name in "mhpqw"}
    for step in e.inputs:
        i, x, gradient = step.index, step.value, e.gradients[step.index]
        if i in decisions:
            continue
        h = wiggle(x)
        high, low = (forward(e, {i: x + side}, decisions)[e.output] * e.seed for side in (h, -h))
        slope = (high - low) / ((x + h) - (x - h))
        for name, fact in zip("mhpqw", (slope, h, high, low, not agree(slope, gradient))):
            measured[name][i] = float(fact)
    return measured | {"o": [sum(measured["w"])]}


def wiggle(x: float) -> float:
    """Return a power of ten, about a thousandth of ``x``.

    >>> wiggle(2.0), wiggle(0.0)
    (0.001, 0.001)
    """
    return 10.0 ** (math.floor(math.log10(abs(x))) - 3) if x and x - x == 0.0 else 0.001


def agree(measured: float, gradient: float) -> bool:
    """Tell whether two slopes are the same to the eye: to a thousandth, or both nearly nothing."""
    return abs(measured - gradient) <= 1e-3 * abs(gradient) + 1e-6


def forward(e: Explanation, changed: Mapping[int, float], decisions: Decisions) -> list[float]:
    """Return the value of every node when some inputs are changed."""
    values: list[float] = []
    names = {step.name: step.index for step in e.inputs}
    for step in e.forward:
        if step.index in decisions:
            given: dict[str, float] = {
                name: changed.get(i, e.forward[i].value) for name, i in names.items() if i not in decisions
            }
            values.append(decisions[step.index].evaluate(given))
        elif step.op is None:
            values.append(changed.get(step.index, step.value))
        else:
            values.append(step.op.value(*[values[i] for i in step.operands]))
    return values


def uses(edges: Iterable[Edge], parent: int) -> Sequence[Edge]:
    """Return the edges that arrive at a node, in the order they are added."""
    return [edge for edge in edges if edge.parent == parent]
