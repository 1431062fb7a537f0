"""Hypothesis strategies: numbers, operations, random graphs, points, small networks.

All of them shrink to what a person can read: fewer nodes, operations from the head of the list,
numbers near 0 or 1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import ops
from ..expression import Expression, symbol
from ..expression import number as leaf
from ..extras import needs
from ..formula import Formula
from ..hints import did_you_mean
from ..ops import TABLE, Operation
from ..value import Value
from .adapter import DIFFERENTIABLE

with needs("testing", "autograd_lite.testing"):
    from hypothesis import strategies as st

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

LARGEST = 1e4  # beyond it rounding, not the rule, decides whether two derivatives agree
TRIES = 3  # operations drawn at random before the first one that fits is taken
NEAR = 1e-2  # a kink closer than this would fall between the points of a central difference


@dataclass(frozen=True)
class Graph:
    """A random graph as a formula of named steps, and a point at which to look at it.

    Raises ValueError if the point lacks an input of the formula, or has one more.
    """

    formula: Formula
    point: Mapping[str, float]

    def __post_init__(self) -> None:
        """Put the numbers of the point in the order in which the formula takes them."""
        for name in self.point:
            if name not in self.formula.inputs:
                raise ValueError(f"the graph has no input {name!r}{did_you_mean(name, self.formula.inputs)}")
        missing = [name for name in self.formula.inputs if name not in self.point and name not in self.formula.defaults]
        if missing:
            raise ValueError(f"the point has no number for {', '.join(missing)}")
        ordered = {name: self.point[name] for name in self.formula.inputs if name in self.point}
        object.__setattr__(self, "point", ordered)

    def __call__(self, *args: Any, **values: Any) -> Any:
        return self.formula(*args, **values)

    def value(self) -> Value:
        """Record the graph at its point; return the output node."""
        return self.formula.graph(**self.point)

    def at(self, point: Mapping[str, float]) -> Graph:
        """Return the same graph at another point."""
        return Graph(self.formula, dict(point))

    @property
    def operations(self) -> tuple[str, ...]:
        """The names of the operations, in the order they run."""
        return tuple(step.op.name for _, step in self.formula.steps if step.op is not None)

    def __str__(self) -> str:
        return f"{self.formula}   at {', '.join(f'{name} = {x:g}' for name, x in self.point.items())}"


def numbers(*, min_value: float = -3.0, max_value: float = 3.0, away_from_zero: float = 0.0) -> SearchStrategy[float]:
    """Draw finite floats that shrink towards small whole numbers, none nearer to 0 than ``away_from_zero``.

    >>> from hypothesis import find
    >>> find(numbers(min_value=0.5), lambda x: x > 1.2)
    2.0

    Raises ValueError for a bound that is not finite, and if no number is between the bounds.
    """
    for name, x in (("min_value", min_value), ("max_value", max_value), ("away_from_zero", away_from_zero)):
        if isinstance(x, bool) or not isinstance(x, (int, float)) or not math.isfinite(x):
            raise ValueError(f"{name} must be a finite number, got {x!r}")
    if min_value > max_value:
        raise ValueError(f"min_value {min_value:g} is greater than max_value {max_value:g}")
    if not 0.0 <= away_from_zero <= max(-min_value, max_value):
        raise ValueError(
            f"away_from_zero must be from 0 to the larger bound, {max(-min_value, max_value):g}, got {away_from_zero:g}"
        )
    drawn = st.floats(min_value, max_value, allow_nan=False, allow_infinity=False, width=64)
    return drawn.filter(lambda x: abs(x) >= away_from_zero) if away_from_zero else drawn


_USUAL = numbers()  # made once: an example draws a dozen


def operations(*, ops: Sequence[Operation] | None = None) -> SearchStrategy[Operation]:
    """Draw an operation of the table that has a gradient (or one of ``ops``); simple ones first.

    >>> from hypothesis import find
    >>> find(operations(), lambda op: op.arity == 2)
    <operation add>

    Raises TypeError for what is no operation, ValueError for one without a gradient, or none at all.
    """
    return st.sampled_from(_differentiable(ops))


def _differentiable(ops: Sequence[Operation] | None) -> list[Operation]:
    """Return the operations to draw from; every line of the table that has a gradient if none are named."""
    given = list(DIFFERENTIABLE if ops is None else ops)
    for op in given:
        if not isinstance(op, Operation):
            name = op if isinstance(op, str) else "tanh"
            raise TypeError(f"ops must be operations, such as TABLE[{name!r}], got {op!r}{_near(op)}")
        if op.partials is None or op.arity == 0:
            raise ValueError(f"ops: {op.name} has no gradient to test")
    if not given:
        raise ValueError("ops is empty; leave it out to draw from the whole table")
    return given


def _near(op: object) -> str:
    return did_you_mean(op, TABLE) if isinstance(op, str) and op not in TABLE else ""


def _check_count(name: str, count: int) -> None:
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise ValueError(f"{name} must be a whole number of at least 1, got {count!r}")


def fits(op: Operation, operands: Sequence[float], *, safe: bool = True) -> bool:
    """Tell whether the operands are inside the operation's domain and, if safe, away from kinks and overflow.

    >>> fits(TABLE["log"], [0.5]), fits(TABLE["log"], [-0.5]), fits(TABLE["relu"], [1e-9])
    (True, False, False)
    """
    domain = op.domain if op.arity > 0 else (ops.REAL,) * len(operands)
    margin = NEAR if safe else 0.0
    if not all(low + margin < x < high - margin for x, (low, high) in zip(operands, domain)):
        return False
    value = op.value(*operands)
    if not safe:
        return value - value == 0.0
    if op.routes and not abs(operands[0]) > NEAR:
        return False  # the condition is about to change its mind
    if op.kink is not None and not abs(op.kink(*operands)) > NEAR:
        return False
    gradients = op.local_gradients(value, *operands)
    return abs(value) < LARGEST and all(abs(g) < LARGEST for g in gradients)


def expressions(
    *,
    ops: Sequence[Operation] | None = None,
    max_nodes: int = 12,
    n_inputs: int = 3,
    fan_out: bool = True,
    safe: bool = True,
) -> SearchStrategy[Graph]:
    """Draw a graph of up to ``max_nodes`` operations on up to ``n_inputs`` inputs and some constants.

    With ``fan_out`` any value may be used any number of times, or never (a dead branch); without,
    each is used once at most. With ``safe`` the point is inside every operation's domain and away
    from kinks, so that numerical derivatives can be trusted.

        >>> from hypothesis import find
        >>> print(find(expressions(ops=[TABLE["mul"], TABLE["tanh"]]), lambda g: "tanh" in g.operations))
        y = tanh(x1)   at x1 = 0

    Raises TypeError for what is no operation, ValueError for one without a gradient and for counts below 1.
    """
    _check_count("max_nodes", max_nodes)
    _check_count("n_inputs", n_inputs)
    return _expressions(_differentiable(ops), max_nodes, n_inputs, fan_out, safe)


@st.composite
def _expressions(
    draw: DrawFn, allowed: list[Operation], max_nodes: int, n_inputs: int, fan_out: bool, safe: bool
) -> Graph:
    steps: list[tuple[str, Expression]] = []
    point: dict[str, float] = {}
    known: list[tuple[Expression, float]] = []
    spent: set[int] = set()
    for _ in range(draw(st.integers(1, max_nodes))):
        chosen = _operands(draw, known, point, n_inputs, spent if not fan_out else None)
        op = _operation(draw, allowed, chosen, safe)
        if op is None:
            continue
        taken = chosen[: _count(op)]
        name = f"v{len(steps) + 1}"
        value = op.value(*[x for _, x in taken])
        steps.append((name, Expression(op, tuple(e for e, _ in taken))))
        known.append((symbol(name), value))
    if not steps:
        steps, point = [("v1", Expression(TABLE["mul"], (symbol("x1"), symbol("x1"))))], {"x1": 1.0}
    if not draw(st.booleans()):
        steps = _live(steps)
    return _as_graph(steps, point)


def _live(steps: list[tuple[str, Expression]]) -> list[tuple[str, Expression]]:
    """Leave out the steps the last one does not use."""
    used = {steps[-1][0]}
    for name, step in reversed(steps):
        used |= _names(step) if name in used else set()
    return [(name, step) for name, step in steps if name in used]


def _as_graph(steps: list[tuple[str, Expression]], point: Mapping[str, float]) -> Graph:
    """Keep the inputs that are used; number them and the steps anew, and call the last step y."""
    used = set().union(*(_names(step) for _, step in steps))
    kept = [name for name in point if name in used]
    new = {name: symbol(f"v{i}") for i, (name, _) in enumerate(steps[:-1], start=1)} | {steps[-1][0]: symbol("y")}
    new |= {name: symbol(f"x{i}") for i, name in enumerate(kept, start=1)}
    named = tuple(
        (new[name].name, Expression(step.op, tuple(new.get(o.name, o) for o in step.operands))) for name, step in steps
    )
    given = {new[name].name: point[name] for name in kept}
    return Graph(Formula("; ".join(f"{name} = {e}" for name, e in named), named, tuple(given), {}), given)


def _count(op: Operation) -> int:
    return op.arity if op.arity > 0 else 3


def _takes(op: Operation, chosen: Sequence[tuple[Expression, float]], safe: bool) -> bool:
    return len(chosen) >= _count(op) and fits(op, [x for _, x in chosen[: _count(op)]], safe=safe)


def _operation(
    draw: DrawFn, allowed: list[Operation], chosen: Sequence[tuple[Expression, float]], safe: bool
) -> Operation | None:
    """Draw an operation that takes the operands; to ask all of the table at each step would cost most of the time."""
    for _ in range(TRIES):
        op = allowed[draw(st.integers(0, len(allowed) - 1))]
        if _takes(op, chosen, safe):
            return op
    return next((op for op in allowed if _takes(op, chosen, safe)), None)


def _operands(
    draw: DrawFn,
    known: list[tuple[Expression, float]],
    point: dict[str, float],
    n_inputs: int,
    spent: set[int] | None,
) -> list[tuple[Expression, float]]:
    """Draw three operands: inputs (made when first chosen), constants, or earlier values."""
    chosen: list[tuple[Expression, float]] = []
    for _ in range(3):
        i = draw(st.integers(0, n_inputs + len(known)))
        if i < n_inputs:
            name = f"x{min(i, len(point)) + 1}"
            if name not in point:
                point[name] = draw(_USUAL)
            chosen.append((symbol(name), point[name]))
        elif i == n_inputs or (spent is not None and i in spent):
            x = draw(_USUAL)
            chosen.append((leaf(x), x))
        else:
            if spent is not None:
                spent.add(i)
            chosen.append(known[i - n_inputs - 1])
    return chosen


def _names(e: Expression) -> set[str]:
    return {e.name} if e.name else {name for operand in e.operands for name in _names(operand)}


def points_for(graph: Graph, *, safe: bool = True) -> SearchStrategy[dict[str, float]]:
    """Draw other points for a graph, within a half of its own, inside the domains of all its operations.

    >>> from hypothesis import find
    >>> graph = find(expressions(ops=[TABLE["log"]]), lambda g: True)
    >>> set(find(points_for(graph), lambda point: True)) == set(graph.point)
    True

    Raises TypeError for what is no graph.
    """
    if not isinstance(graph, Graph):
        raise TypeError(f"points_for takes a Graph, as expressions() draws them, got {type(graph).__name__}")
    near = {name: numbers(min_value=x - 0.5, max_value=x + 0.5) for name, x in graph.point.items()}
    return st.fixed_dictionaries(near).filter(lambda point: _inside(graph.formula, point, safe))


def _inside(formula: Formula, point: Mapping[str, float], safe: bool) -> bool:
    given: dict[str, Any] = dict(point)
    for name, step in formula.steps:
        operands = [operand.evaluate(given) for operand in step.operands]
        if step.op is not None and not fits(step.op, operands, safe=safe):
            return False
        given[name] = step.evaluate(given)
    return True


@dataclass(frozen=True)
class Network:
    """A small network with fixed weights, as a function of its inputs; ``layers[k][i]`` is (weights, bias)."""

    layers: tuple[tuple[tuple[tuple[float, ...], float], ...], ...]
    activation: Operation

    def __call__(self, *inputs: Any) -> Any:
        values: list[Any] = list(inputs)
        for layer in self.layers:
            values = [self.activation(ops.dot(list(weights), values, bias)) for weights, bias in layer]
        return ops.sum_of(values)


def networks(*, max_layers: int = 2, max_width: int = 3, n_inputs: int = 2) -> SearchStrategy[Network]:
    """Draw small fully connected networks of smooth activations, callable on numbers and on Values.

    >>> from hypothesis import find
    >>> find(networks(n_inputs=1), lambda network: len(network.layers) == 2)(Value(0.5)).op
    <operation sum>

    Raises ValueError for counts below 1.
    """
    for name, count in (("max_layers", max_layers), ("max_width", max_width), ("n_inputs", n_inputs)):
        _check_count(name, count)
    widths = st.lists(st.integers(1, max_width), min_size=1, max_size=max_layers)
    weight = numbers(min_value=-1.0, max_value=1.0)

    def of(sizes: list[int]) -> SearchStrategy[Network]:
        layers: list[SearchStrategy[Any]] = []
        for fan_in, width in zip([n_inputs, *sizes], sizes):
            neuron = st.tuples(st.tuples(*[weight] * fan_in), weight)
            layers.append(st.tuples(*[neuron] * width))
        smooth = [TABLE[name] for name in ("tanh", "sigmoid", "softplus")]
        return st.builds(Network, st.tuples(*layers), st.sampled_from(smooth))

    return widths.flatmap(of)


__all__ = [
    "DIFFERENTIABLE", "Graph", "Network", "expressions", "fits", "networks", "numbers", "operations", "points_for",
]  # fmt: skip
