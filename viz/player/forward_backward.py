"""The numbers of a pass as tables, for ``Slot``s: by node or by edge, as the page computes them too.

By node:

- ``value``, ``gradient``; ``reached``: 1 if the backward pass came to it;
- ``straight_step``: a step over which the output is straight to the eye, 0 if there is none, and ``change``, by how
  much it then moves; ``kink``: 1 at a kink, with the slopes ``slope_below`` and ``slope_above`` on its two sides;
- of inputs the slope that is ``measured``, with the step ``wiggle`` and the outputs ``above`` at x + wiggle and
  ``below`` at x − wiggle; ``differs``: 1 if it is not the gradient, or there is a kink;
- ``digits``: how many digits numbers must have so that a formula of them gives what it says: the operands of an
  operation, ``above`` and ``below`` of an input.

By edge:

- ``local``: its local gradient; ``all_paths``: the derivative of the child by the parent over all paths;
- ``contribution``; ``total``: the sum at the parent so far; the contribution is number ``part`` of ``parts``, with
  ``to_come`` after it;
- ``arrives``: 1 if anything arrives over it; ``stopped``: 1 if ``where`` lets nothing through.

``differing`` holds one number: at how many inputs slopes differ.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from autograd_lite import Explanation, Step, Term

from ..notation import number
from .decisions import Decisions

Tables = dict[str, list[float]]

COUNTS = (
    "reached",
    "part",
    "parts",
    "to_come",
    "arrives",
    "stopped",
)  # what the graph alone decides, without ``where``


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


def tables(e: Explanation, *, decisions: Decisions | None = None) -> Tables:
    """Return the tables of a recorded pass.

    Only the slopes of the last step are computed here, by wiggling each input.

        >>> from autograd_lite import Value, explain
        >>> x = Value(3.0, "x")
        >>> numbers = tables(explain(x * x))
        >>> numbers["value"], numbers["gradient"], numbers["total"], round(numbers["measured"][0], 6)
        ([3.0, 9.0], [6.0, 1.0], [3.0, 6.0], 6.0)
    """
    decisions = decisions or {}
    numbers = passes(e)
    moved = _moved(e, edges_of(e), decisions)
    return numbers | moved | _measured(e, decisions, moved["kink"])


def passes(e: Explanation) -> Tables:
    """Return the tables of the two passes alone, without what is found by moving values."""
    edges = edges_of(e)
    reached = {step.index for step in e.backward}
    terms = {(term.child, term.position): term for step in e.backward for term in step.terms}
    by_edge = [_facts(e, edge, terms.get((edge.child, edge.position)), edge.child in reached) for edge in edges]
    numbers: Tables = {
        "value": [step.value for step in e.forward],
        "gradient": list(e.gradients),
        "reached": [float(step.index in reached) for step in e.forward],
        **{name: [facts[name] for facts in by_edge] for name in _NOTHING},
    }
    numbers["all_paths"] = [_over_all_paths(e, edges, numbers["local"], edge) for edge in edges]
    return numbers


_NOTHING = dict.fromkeys(["local", "contribution", "total", "part", "parts", "to_come", "arrives", "stopped"], 0.0)


def _facts(e: Explanation, edge: Edge, term: Term | None, reached: bool) -> dict[str, float]:
    """The numbers of one edge; without a term nothing arrives over it."""
    if term is None:
        child = e.forward[edge.child]
        assert child.op is not None
        local = child.op.local_gradients(child.value, *child.numbers)[edge.position]
        return {**_NOTHING, "local": local, "stopped": float(reached)}
    counts = {"part": term.part, "parts": term.parts, "to_come": term.parts - term.part, "arrives": 1.0}
    passed = {"local": term.local_gradient, "contribution": term.contribution, "total": term.total}
    return {**_NOTHING, **passed, **{name: float(count) for name, count in counts.items()}}


def _digits_of_operands(e: Explanation, step: Step) -> float:
    """As many as give the value to a thousandth, be all operands rounded to them, or the constants alone."""

    def holds(*rounded: float) -> bool:
        assert step.op is not None
        constants = [
            x if e.forward[i].kind == "constant" else y for i, x, y in zip(step.operands, rounded, step.numbers)
        ]
        return all(_close(step.op.value(*xs), step.value) for xs in (rounded, constants))

    return _needed(step.numbers, holds, least=4)


def _close(a: float, b: float) -> bool:
    return a == b or (a != a and b != b) or abs(a - b) <= 1e-3 * abs(b) < math.inf


def _needed(numbers: Sequence[float], holds: Callable[..., bool], *, least: int) -> float:
    """Return to how many digits numbers may be rounded so that what is said of them still holds.

    >>> _needed([1.0000000693, 1.0], lambda a, b: 6e-8 < a - b < 6.95e-8, least=7)
    10.0
    """
    # 0.0 takes the sign of −0, which only all 17 digits show
    rounded = ((n, (float(f"{x:.{n}g}") + 0.0 for x in numbers)) for n in range(least, 17))
    return float(next((n for n, xs in rounded if holds(*xs)), 17))


def _over_all_paths(e: Explanation, edges: Sequence[Edge], locals_: Sequence[float], asked: Edge) -> float:
    """Return ∂child/∂parent over every path from the parent to the child, not by this use alone."""
    arrived = {asked.child: 1.0}
    for edge in edges:
        routes = e.forward[edge.child].op.routes and locals_[edge.index] == 0.0  # type: ignore[union-attr]
        if edge.child in arrived and not routes:
            arrived[edge.parent] = arrived.get(edge.parent, 0.0) + arrived[edge.child] * locals_[edge.index]
    return arrived.get(asked.parent, 0.0)


def _moved(e: Explanation, edges: Sequence[Edge], decisions: Decisions) -> Tables:
    """Move each node that gets a gradient, and watch the output: over which step it is straight, and the kinks."""
    names = ("straight_step", "change", "kink", "slope_below", "slope_above")
    moved = {name: [0.0] * len(e.forward) for name in names}
    for i in sorted({edge.parent for edge in edges} - decisions.keys()):
        gradient = e.gradients[i]
        slopes = [_one_sided(e, i, h, decisions) for h in steps_for(e.forward[i].value)]
        found = next((h for h, left, right in slopes if is_straight(left, right, gradient)), 0.0)
        moved["straight_step"][i], moved["change"][i] = found, abs(gradient * found) if found else 0.0
        if not found and is_kink(slopes):
            moved["kink"][i], moved["slope_below"][i], moved["slope_above"][i] = 1.0, *slopes[-1][1:]
    return moved


def steps_for(x: float) -> list[float]:
    """Return the steps to try, the largest first: powers of ten from about a thirtieth of ``x``.

    >>> steps_for(3.0)[:2], steps_for(0.02)[0], len(steps_for(0.0))
    ([0.1, 0.01], 0.001, 7)
    """
    first = math.floor(math.log10(abs(x))) - 1 if x and x - x == 0.0 else -1
    return [power_of_ten(first - k) for k in range(7)]


def _one_sided(e: Explanation, i: int, h: float, decisions: Decisions) -> tuple[float, float, float]:
    """Return the step and the slopes of the output on both sides of a node, over it."""
    x, y = e.forward[i].value, e.forward[e.output].value
    low, high = (forward(e, {i: x + side}, decisions)[e.output] for side in (-h, h))
    left, right = x - (x - h), (x + h) - x  # the steps that floats could take
    return h, (y - low) / left * e.seed if left else math.nan, (high - y) / right * e.seed if right else math.nan


STRAIGHT = 0.04  # a twentieth, less what rounding to four digits adds


def is_straight(left: float, right: float, gradient: float) -> bool:
    """Tell whether the slopes on both sides are the gradient, to the eye."""
    return all(abs(slope - gradient) <= STRAIGHT * (abs(gradient) or 1.0) for slope in (left, right))


def is_kink(slopes: Sequence[tuple[float, float, float]]) -> bool:
    """Tell whether the slopes on the two sides settle, at different numbers."""
    (_, a, b), (_, left, right) = slopes[-2:]
    size = max(abs(left), abs(right))
    return size < math.inf and abs(left - right) > 1e-2 * size and max(abs(a - left), abs(b - right)) <= 1e-3 * size


def _measured(e: Explanation, decisions: Decisions, kinks: Sequence[float]) -> Tables:
    """Wiggle each input by a thousandth of its size, or by less where that is too much, and measure the slope."""
    names = ("measured", "wiggle", "above", "below", "digits", "differs")
    measured = {name: [0.0] * len(e.forward) for name in names}
    for step in e.forward:
        if step.op is not None:
            measured["digits"][step.index] = _digits_of_operands(e, step)
    for i in (step.index for step in e.inputs if step.index not in decisions):
        tried = [_central(e, i, wiggle(e.forward[i].value) / 10.0**k, decisions) for k in range(4)]
        best = next((each for each in tried if agree(each[0], e.gradients[i])), tried[0])
        for name, fact in zip(names, (*best, kinks[i] or not agree(best[0], e.gradients[i]))):
            measured[name][i] = float(fact)
    return measured | {"differing": [sum(measured["differs"])]}


def _central(e: Explanation, i: int, h: float, decisions: Decisions) -> tuple[float, float, float, float, float]:
    """Return the slope between x − h and x + h, h, the outputs there, and the digits that show their difference."""
    x = e.forward[i].value
    high, low = (forward(e, {i: x + side}, decisions)[e.output] * e.seed for side in (h, -h))
    across = (x + h) - (x - h)
    slope = (high - low) / across if across else math.nan
    digits = _needed([high, low], lambda p, q: bool(h) and number((p - q) / (2.0 * h)) == number(slope), least=7)
    return slope, h, high, low, digits


def power_of_ten(n: int) -> float:
    """Return 10ⁿ, the same float as the page's."""
    return float(f"1e{n}")


def wiggle(x: float) -> float:
    """Return a power of ten, about a thousandth of ``x``.

    >>> wiggle(2.0), wiggle(0.0)
    (0.001, 0.001)
    """
    return power_of_ten(math.floor(math.log10(abs(x))) - 3) if x and x - x == 0.0 else 0.001


def agree(measured: float, gradient: float) -> bool:
    """Tell whether two slopes are the same to the eye: to a thousandth, or both nearly nothing; ∞ is like no number."""
    return abs(measured - gradient) <= 1e-3 * abs(gradient) + 1e-6 < math.inf


def forward(e: Explanation, changed: Mapping[int, float], decisions: Decisions) -> list[float]:
    """Return the value of every node when some are changed: inputs, or inner nodes against their operation."""
    values: list[float] = []
    given = {step.name: changed.get(step.index, step.value) for step in e.inputs if step.index not in decisions}
    for step in e.forward:
        if step.index in changed:
            values.append(changed[step.index])
        elif step.index in decisions:
            values.append(decisions[step.index].evaluate(given))
        elif step.op is None:
            values.append(step.value)
        else:
            values.append(step.op.value(*[values[i] for i in step.operands]))
    return values


def uses(edges: Iterable[Edge], parent: int) -> Sequence[Edge]:
    """Return the edges that arrive at a node, in the order they are added."""
    return [edge for edge in edges if edge.parent == parent]
