"""What every gradient must satisfy, one function each; usable in anybody's Hypothesis test.

Each takes a ``Graph`` (as ``expressions()`` draws them) and raises AssertionError naming the graph,
the input and both numbers.

    >>> graph = Graph(parse("u = w * x; y = tanh(u) + u"), {"w": 0.5, "x": 2.0})
    >>> for holds in ALL:
    ...     holds(graph)
"""

from __future__ import annotations

import cmath
import math
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, wraps
from typing import Any, Literal, ParamSpec

from ..explanation import explain
from ..expression import Expression
from ..extras import needs
from ..formula import Formula, parse
from ..gradcheck import gradient_report
from ..graph import topological_order
from ..numerical import rounding_error
from ..ops import add, mul
from ..transforms import gradient, hessian, jvp
from ..value import Value, backward
from .strategies import Graph

TOLERANCE = 1e-9  # relative, for sums that differ in rounding alone

P = ParamSpec("P")


def _of_graphs(holds: Callable[P, None]) -> Callable[P, None]:
    """Refuse, by name, what is no graph, and a tolerance or a seed that is no finite number."""

    @wraps(holds)
    def checked(*graphs: P.args, **options: P.kwargs) -> None:
        for graph in graphs:
            if not isinstance(graph, Graph) and graph is not None:
                kind = type(graph).__name__
                raise TypeError(f"{holds.__name__} takes a Graph, as expressions() draws them, got {kind}")
        for name in options.keys() & {"tolerance", "seed"}:
            x = options[name]
            if not isinstance(x, (int, float)) or not math.isfinite(x) or (name == "tolerance" and x < 0.0):
                at_least = " of at least 0" if name == "tolerance" else ""
                raise ValueError(f"{name} must be a finite number{at_least}, got {x!r}")
        holds(*graphs, **options)

    return checked


@_of_graphs
def agrees_with_central_differences(graph: Graph, *, tolerance: float = 0.0) -> None:
    """∂y/∂x equals the numerical derivative, within the error of both; a kink is no disagreement."""
    report = gradient_report(
        graph.formula, *graph.point.values(), order=1, modes=["reverse"], tolerance=tolerance
    ) if graph.point else None  # fmt: skip
    for name, derivative in zip(graph.point, report.derivatives if report else ()):
        assert derivative.verdict != "wrong", (
            f"{graph}: ∂y/∂{name} is {derivative.analytic:.10g}, should be {derivative.numeric:.10g}"
        )


@_of_graphs
def agrees_with_complex_step(graph: Graph, *, tolerance: float = TOLERANCE) -> None:
    """∂y/∂x equals Im y(x + ih)/h: no cancellation, so exact to rounding (Squire & Trapp 1998).

    Only for graphs of operations that Python's complex numbers carry: arithmetic, powers,
    exponentials, logarithms, trigonometric and hyperbolic functions.
    """
    if not set(graph.operations) <= set(_COMPLEX):
        return
    room = _rounding(graph)
    for name, slope in gradients(graph).items():
        point = {k: complex(x, TINY if k == name else 0.0) for k, x in graph.point.items()}
        _close(graph, f"∂y/∂{name}", slope, _evaluate(graph, point, _COMPLEX, complex).imag / TINY, tolerance, room)


@_of_graphs
def agrees_with_many_digits(graph: Graph, *, tolerance: float = TOLERANCE) -> None:
    """∂y/∂x equals mpmath's derivative at 50 digits. Every operation of the table has its truth there."""
    with needs("testing", "a comparison with many digits"):
        import mpmath

    truth = _many_digits()
    if not set(graph.operations) <= set(truth):
        return
    names = list(graph.point)
    room = _rounding(graph)

    def exact(*xs: Any) -> Any:
        return _evaluate(graph, dict(zip(names, xs)), truth, mpmath.mpf)

    with mpmath.workdps(50):
        for i, (name, slope) in enumerate(gradients(graph).items()):
            order = tuple(int(j == i) for j in range(len(names)))
            found = float(mpmath.diff(exact, tuple(mpmath.mpf(x) for x in graph.point.values()), order))
            _close(graph, f"∂y/∂{name}", slope, found, tolerance, room)


def _evaluate(
    graph: Graph, point: Mapping[str, Any], truth: Mapping[str, Callable[..., Any]], number: Callable[[float], Any]
) -> Any:
    """Compute the output in another kind of number."""
    given = dict(point)

    def value(e: Expression) -> Any:
        if e.op is None:
            return given[e.name] if e.name else number(e.number)
        return truth[e.op.name](*map(value, e.operands))

    for name, step in graph.formula.steps:
        given[name] = value(step)
    return given[graph.formula.steps[-1][0]]


def _rounding(graph: Graph) -> float:
    """How far rounding may carry the gradients of a graph: more where it is badly conditioned."""
    inputs = [Value(x, name) for name, x in graph.point.items()]
    y = _record(graph, {x.label: x for x in inputs})
    return 4.0 * sum(map(rounding_error, gradient(y, inputs, differentiable=True)))


TINY = 1e-100  # of a complex step: its square is nothing beside any number of a graph

_ARITHMETIC: Mapping[str, Callable[..., Any]] = {
    "add": lambda x, y: x + y, "sub": lambda x, y: x - y, "mul": lambda x, y: x * y, "div": lambda x, y: x / y,
    "neg": lambda x: -x, "square": lambda x: x * x, "pow": lambda x, y: x**y,
    "sum": lambda *xs: sum(xs), "mean": lambda *xs: sum(xs) / len(xs), "dot": lambda w, x, b: w * x + b,
}  # fmt: skip
_COMPLEX: Mapping[str, Callable[..., Any]] = {
    **_ARITHMETIC, "exp": cmath.exp, "exp2": lambda x: 2.0**x, "log": cmath.log, "log10": cmath.log10,
    "log2": lambda x: cmath.log(x, 2.0), "sqrt": cmath.sqrt, "sin": cmath.sin, "cos": cmath.cos, "tan": cmath.tan,
    "asin": cmath.asin, "acos": cmath.acos, "atan": cmath.atan, "sinh": cmath.sinh, "cosh": cmath.cosh,
    "tanh": cmath.tanh, "asinh": cmath.asinh, "acosh": cmath.acosh, "atanh": cmath.atanh,
}  # fmt: skip


@cache
def _many_digits() -> Mapping[str, Callable[..., Any]]:
    """Every operation of the table in mpmath's numbers, from its definition."""
    with needs("testing", "a comparison with many digits"):
        import mpmath as m

    same = "exp expm1 log log1p log10 sqrt sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh erf erfc"
    return {
        **_ARITHMETIC, **{name: getattr(m, name) for name in [*same.split(), "sign", "hypot"]},
        "exp2": lambda x: m.mpf(2) ** x, "log2": lambda x: m.log(x, 2), "cbrt": lambda x: m.sign(x) * m.cbrt(abs(x)),
        "abs": abs, "relu": lambda x: max(x, m.mpf(0)), "leaky_relu": lambda x, slope: x if x > 0 else slope * x,
        "elu": lambda x, alpha: x if x > 0 else alpha * m.expm1(x), "sigmoid": lambda x: 1 / (1 + m.exp(-x)),
        "softplus": lambda x: m.log1p(m.exp(x)), "logsigmoid": lambda x: -m.log1p(m.exp(-x)),
        "silu": lambda x: x / (1 + m.exp(-x)), "gelu": lambda x: x * m.erfc(-x / m.sqrt(2)) / 2,
        "maximum": max, "minimum": min, "clip": lambda x, low, high: min(max(x, low), high),
        "where": lambda chosen, x, y: x if chosen else y, "logaddexp": lambda x, y: m.log(m.exp(x) + m.exp(y)),
        "logsumexp": lambda *xs: m.log(sum(map(m.exp, xs))),
    }  # fmt: skip


@_of_graphs
def reverse_equals_forward_mode(graph: Graph, *, tolerance: float = TOLERANCE) -> None:
    """Along any direction, the gradient's product equals ``jvp``."""
    rng = random.Random(0)
    direction = [rng.uniform(-1.0, 1.0) for _ in graph.point]
    _, forward = jvp(graph.formula, list(graph.point.values()), direction)
    slopes = gradients(graph).values()
    size = sum(abs(d * g) for d, g in zip(direction, slopes))
    _close(graph, "∇y·d", sum(d * g for d, g in zip(direction, slopes)), forward, tolerance, tolerance * size)


@_of_graphs
def is_linear_in_the_seed(graph: Graph, *, seed: float = 3.0, tolerance: float = TOLERANCE) -> None:
    """``backward(seed)`` gives seed times the gradient, and ``backward(seed + 1)`` one gradient more."""
    once, scaled, more = (gradients(graph, seed=s) for s in (1.0, seed, seed + 1.0))
    for name, slope in once.items():
        _close(graph, f"seeded ∂y/∂{name}", scaled[name], seed * slope, tolerance)
        _close(graph, f"seeded ∂y/∂{name}", more[name], scaled[name] + slope, tolerance, tolerance * abs(slope))


@_of_graphs
def gradient_of_a_sum_is_the_sum(graph: Graph, other: Graph | None = None, *, tolerance: float = TOLERANCE) -> None:
    """∂(y + 2y)/∂x is ∂y/∂x + 2∂y/∂x; with ``other``, of two graphs on inputs of the same names."""
    second = graph if other is None else other
    inputs = {name: Value(x, name) for name, x in {**second.point, **graph.point}.items()}
    a, b = (_record(g, inputs) for g in (graph, second))
    apart = [x + 2.0 * y for x, y in zip(gradient(a, list(inputs.values())), gradient(b, list(inputs.values())))]
    together = gradient(add(a, mul(2.0, b)), list(inputs.values()))
    for name, x, y in zip(inputs, together, apart):
        _close(graph, f"∂(y + 2y)/∂{name}", x, y, tolerance, tolerance * LARGE_TERMS * abs(y))


LARGE_TERMS = 10.0


@_of_graphs
def second_backward_adds_the_same(graph: Graph) -> None:
    """A second ``backward()`` doubles every leaf's gradient, exactly."""
    inputs = {name: Value(x, name) for name, x in graph.point.items()}
    y = _record(graph, inputs)
    y.backward()
    once = [x.grad for x in inputs.values()]
    y.backward()
    for (name, x), first in zip(inputs.items(), once):
        assert x.grad == 2.0 * first or first != first, (
            f"{graph}: after a second backward() {name}.grad is {x.grad:g}, should be {2.0 * first:g}"
        )


COMMUTATIVE = {"add", "mul", "maximum", "minimum", "hypot", "logaddexp", "sum", "mean", "logsumexp"}


@_of_graphs
def order_of_operands_does_not_matter(graph: Graph, *, tolerance: float = TOLERANCE) -> None:
    """Turning round the operands of a sum, a product, a maximum, … changes no gradient beyond rounding."""

    def turned(e: Expression) -> Expression:
        operands = tuple(map(turned, e.operands))
        return replace(e, operands=operands[::-1] if e.op is not None and e.op.name in COMMUTATIVE else operands)

    steps = tuple((name, turned(step)) for name, step in graph.formula.steps)
    mirrored = Graph(Formula("", steps, graph.formula.inputs, graph.formula.defaults), graph.point)
    room = _rounding(graph)
    for (name, slope), again in zip(gradients(graph).items(), gradients(mirrored).values()):
        _close(graph, f"with operands turned round ∂y/∂{name}", again, slope, tolerance, room)


@_of_graphs
def order_of_roots_does_not_matter(graph: Graph, *, tolerance: float = TOLERANCE) -> None:
    """``backward([y, x²])`` and ``backward([x², y])`` give the same gradients."""
    found = []
    for turned in (False, True):
        inputs = {name: Value(x, name) for name, x in graph.point.items()}
        y = _record(graph, inputs)
        roots = [y, *(x * x for x in inputs.values())]
        backward(roots[::-1] if turned else roots)
        found.append([x.grad for x in inputs.values()])
    for name, x, y_ in zip(graph.point, *found):
        _close(graph, f"{name}.grad", x, y_, tolerance)


@_of_graphs
def hessian_is_symmetric(graph: Graph, *, tolerance: float = 1e-7) -> None:
    """∂²y/∂a∂b equals ∂²y/∂b∂a."""
    h = hessian(graph.formula)(*graph.point.values())
    for i, row in enumerate(h):
        for j in range(i):
            _close(graph, f"H[{i}][{j}]", row[j], h[j][i], tolerance)


@_of_graphs
def independent_input_has_gradient_zero(graph: Graph) -> None:
    """An input the output does not depend on has gradient 0."""
    stranger = Value(1.0, "stranger")
    assert gradient(graph.value(), stranger) == 0.0, f"{graph}: an input that is not used has a gradient"


@_of_graphs
def explanation_sums_to_the_gradient(graph: Graph) -> None:
    """The terms ``explain`` lists for a node, input or inner, sum to its ``grad``, to the bit."""
    y = graph.value()
    y.backward()
    e = explain(y)
    for step, node in zip(e.forward, topological_order(y)):
        total = e.uses(step.index)[-1].total if e.uses(step.index) else e.gradients[step.index]
        same = total == node.grad or (total != total and node.grad != node.grad)
        assert same, f"{graph}: the terms at {step.name} sum to {total!r}, its grad is {node.grad!r}"


@_of_graphs
def printing_and_parsing_agree(graph: Graph) -> None:
    """``parse(str(formula))`` computes the same, to the bit, with the same gradients, and prints the same again."""
    again = parse(str(graph.formula))
    assert str(parse(str(again))) == str(again), f"{graph}: printed and parsed it is {again}, then something else"
    read = Graph(again, {name: graph.point[name] for name in again.inputs})
    a, b = graph(**graph.point), read(**read.point)
    assert a == b or (a != a and b != b), f"{graph} computes {a!r}, printed and parsed {b!r}"
    slopes = gradients(graph)
    for name, slope in gradients(read).items():
        _close(graph, f"printed and parsed, ∂y/∂{name}", slope, slopes[name], TOLERANCE)


@_of_graphs
def compiled_equals_eager(
    graph: Graph, *, backend: Literal["numpy", "native"] = "numpy", tolerance: float = TOLERANCE
) -> None:
    """``compile`` gives the value and the gradients of the recorded graph. Needs ``autograd-lite[compile]``."""
    from .. import compile

    if not graph.point:
        return
    value, found = compile(graph.formula, backend=backend).value_and_grad(*graph.point.values())
    room = _rounding(graph)
    y = graph.value()
    _close(graph, "compiled, y", float(value), y.data, tolerance, 4.0 * rounding_error(y))
    for (name, slope), compiled in zip(gradients(graph).items(), found.arguments):
        _close(graph, f"compiled, ∂y/∂{name}", float(compiled), slope, tolerance, room)


def gradients(graph: Graph, *, seed: float = 1.0) -> Mapping[str, float]:
    """Return ∂y/∂input by name, from ``backward(seed)``."""
    inputs = {name: Value(x, name) for name, x in graph.point.items()}
    _record(graph, inputs).backward(seed)
    return {name: x.grad for name, x in inputs.items()}


def _record(graph: Graph, inputs: Mapping[str, Value]) -> Value:
    return graph.formula.graph(**{name: inputs[name] for name in graph.formula.inputs})


def _close(graph: Graph, what: str, found: float, expected: float, tolerance: float, error: float = 0.0) -> None:
    if found == expected or (math.isnan(found) and math.isnan(expected)):
        return
    allowed = tolerance * max(1.0, abs(expected)) + error
    assert abs(found - expected) <= allowed, f"{graph}: {what} is {found:.10g}, should be {expected:.10g}"


# Of the engine alone; ``compiled_equals_eager`` is beside them because it needs NumPy.
ALL = (
    agrees_with_central_differences, agrees_with_complex_step, agrees_with_many_digits, reverse_equals_forward_mode,
    is_linear_in_the_seed, gradient_of_a_sum_is_the_sum, second_backward_adds_the_same,
    order_of_operands_does_not_matter, order_of_roots_does_not_matter, hessian_is_symmetric,
    independent_input_has_gradient_zero, explanation_sums_to_the_gradient, printing_and_parsing_agree,
)  # fmt: skip
