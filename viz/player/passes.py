"""The numbers of a pass as tables, for ``Slot``s: by node or by edge, as the page computes them too.

By node: ``v`` value, ``g`` gradient, ``s`` 1 if the backward pass reached it; of inputs also the measured
slope ``m``, with step ``h`` and the outputs ``p`` at x + h and ``q`` at x − h, and ``w``, 1 if measured
and computed slope differ or there is a kink; ``f`` with how many digits numbers must be written so that a
formula of them gives what it says, the operands of an operation, ``p`` and ``q`` of an input; ``e`` a
step over which the output is straight to the eye (0 if there is none) and ``u`` by how much it then
moves; ``j`` 1 at a kink, with the slopes ``x`` on the left and ``y`` on the right of it. By edge: ``l``
local gradient, ``d`` the derivative of the child by the parent over all paths, ``c`` contribution, ``t``
running total, ``k`` the number of the part, ``n`` of how many, ``r`` how many are still to come, ``a`` 1
if anything arrives over it, ``b`` 1 if ``where`` stops it. ``o`` holds one number: at how many inputs
slopes differ.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from autograd_lite import Explanation, Expression, Step

from ..notation import number

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
    numbers["d"] = [_over_all_paths(e, edges, numbers["l"], edge) for edge in edges]
    moved = _moved(e, edges, decisions or {})
    return numbers | moved | _measured(e, decisions or {}, moved["j"])


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


def _moved(e: Explanation, edges: Sequence[Edge], decisions: Decisions) -> dict[str, list[float]]:
    """Move each node that gets a gradient, and watch the output: over which step it is straight, and the kinks."""
    moved = {name: [0.0] * len(e.forward) for name in "eujxy"}
    for i in sorted({edge.parent for edge in edges} - decisions.keys()):
        gradient = e.gradients[i]
        slopes = [_one_sided(e, i, h, decisions) for h in steps_for(e.forward[i].value)]
        found = next((h for h, left, right in slopes if is_straight(left, right, gradient)), 0.0)
        moved["e"][i], moved["u"][i] = found, abs(gradient * found) if found else 0.0
        if not found and is_kink(slopes):
            moved["j"][i], moved["x"][i], moved["y"][i] = 1.0, *slopes[-1][1:]
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


def _measured(e: Explanation, decisions: Decisions, kinks: Sequence[float]) -> dict[str, list[float]]:
    """Wiggle each input by a thousandth of its size, or by less where that is too much, and measure the slope."""
    measured = {name: [0.0] * len(e.forward) for name in "mhpqfw"}
    for step in e.forward:
        if step.op is not None:
            measured["f"][step.index] = _digits_of_operands(e, step)
    for step in e.inputs:
        i = step.index
        if i in decisions:
            continue
        tried = [_central(e, i, wiggle(step.value) / 10.0**k, decisions) for k in range(4)]
        best = next((each for each in tried if agree(each[0], e.gradients[i])), tried[0])
        for name, fact in zip("mhpqfw", (*best, kinks[i] or not agree(best[0], e.gradients[i]))):
            measured[name][i] = float(fact)
    return measured | {"o": [sum(measured["w"])]}


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
