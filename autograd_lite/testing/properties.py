"""What every gradient must satisfy, one function each; usable in anybody's Hypothesis test.

Each takes a ``Graph`` (as ``expressions()`` draws them) and raises AssertionError naming the graph,
the input and both numbers.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..explain import explain
from ..expression import parse
from ..gradcheck import numerical_derivative
from ..ops import add, mul
from ..transforms import gradient, hessian, jvp
from ..value import Value, backward
from .strategies import Graph

TOLERANCE = 1e-9  # relative, for sums that differ in rounding alone


def agrees_with_central_differences(graph: Graph, *, tolerance: float = 1e-5) -> None:
    """∂y/∂x equals the numerical derivative, within its own error estimate and ``tolerance``."""
    for name, slope in gradients(graph).items():
        numeric, error = numerical_derivative(partial(_moved, graph, name), graph.point[name])
        _close(graph, f"∂y/∂{name}", slope, numeric, tolerance, 2.0 * error)


def _moved(graph: Graph, name: str, x: float) -> float:
    return float(graph(**{**graph.point, name: x}))


def agrees_with_complex_step(graph: Graph, *, tolerance: float = 1e-9) -> None:
    """∂y/∂x equals Im y(x + ih)/h: no cancellation, so exact to rounding (Squire & Trapp 1998).

    Only for graphs of ``+ − × ÷``, negation and squares, which Python's complex numbers carry.
    """
    if not set(graph.operations) <= set(_ARITHMETIC):
        return
    for name, slope in gradients(graph).items():
        moved: dict[str, complex] = {k: complex(x) for k, x in graph.point.items()}
        moved[name] += 1e-100j
        for step, e in graph.formula.steps:
            assert e.op is not None
            moved[step] = _ARITHMETIC[e.op.name](*[moved[o.name] if o.name else complex(o.number) for o in e.operands])
        _close(graph, f"∂y/∂{name}", slope, moved[graph.formula.steps[-1][0]].imag / 1e-100, tolerance)


def agrees_with_many_digits(graph: Graph, *, tolerance: float = 1e-9) -> None:
    """∂y/∂x equals mpmath's derivative at 50 digits, for operations mpmath has under the same name."""
    import mpmath

    if not all(hasattr(mpmath, name) or name in _ARITHMETIC for name in graph.operations):
        return
    names = list(graph.point)

    def exact(*xs: object) -> object:
        given = dict(zip(names, xs))
        for step, e in graph.formula.steps:
            assert e.op is not None
            operands = [given[o.name] if o.name else mpmath.mpf(o.number) for o in e.operands]
            function = _ARITHMETIC.get(e.op.name) or getattr(mpmath, e.op.name)
            given[step] = function(*operands)
        return given[graph.formula.steps[-1][0]]

    with mpmath.workdps(50):
        for i, (name, slope) in enumerate(gradients(graph).items()):
            order = tuple(int(j == i) for j in range(len(names)))
            truth = float(mpmath.diff(exact, tuple(mpmath.mpf(x) for x in graph.point.values()), order).real)
            _close(graph, f"∂y/∂{name}", slope, truth, tolerance)


_ARITHMETIC: Mapping[str, Callable[..., Any]] = {
    "add": lambda x, y: x + y, "sub": lambda x, y: x - y, "mul": lambda x, y: x * y, "div": lambda x, y: x / y,
    "neg": lambda x: -x, "square": lambda x: x * x,
}  # fmt: skip


def reverse_equals_forward_mode(graph: Graph, *, tolerance: float = TOLERANCE) -> None:
    """Along any direction, the gradient's product equals ``jvp``."""
    rng = random.Random(0)
    direction = [rng.uniform(-1.0, 1.0) for _ in graph.point]
    _, forward = jvp(graph.formula, list(graph.point.values()), direction)
    slopes = gradients(graph).values()
    size = sum(abs(d * g) for d, g in zip(direction, slopes))
    _close(graph, "∇y·d", sum(d * g for d, g in zip(direction, slopes)), forward, tolerance, tolerance * size)


def is_linear_in_the_seed(graph: Graph, *, seed: float = 3.0, tolerance: float = TOLERANCE) -> None:
    """``backward(seed)`` gives seed times the gradient."""
    for (name, slope), (_, scaled) in zip(gradients(graph).items(), gradients(graph, seed=seed).items()):
        _close(graph, f"seeded ∂y/∂{name}", scaled, seed * slope, tolerance)


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


def hessian_is_symmetric(graph: Graph, *, tolerance: float = 1e-7) -> None:
    """∂²y/∂a∂b equals ∂²y/∂b∂a."""
    h = hessian(graph.formula)(*graph.point.values())
    for i, row in enumerate(h):
        for j in range(i):
            _close(graph, f"H[{i}][{j}]", row[j], h[j][i], tolerance)


def independent_input_has_gradient_zero(graph: Graph) -> None:
    """An input the output does not depend on has gradient 0."""
    stranger = Value(1.0, "stranger")
    assert gradient(graph.value(), stranger) == 0.0, f"{graph}: an input that is not used has a gradient"


def explanation_sums_to_the_gradient(graph: Graph) -> None:
    """The terms ``explain`` lists for a node sum to the ``grad`` of ``backward()``, to the bit."""
    inputs = {name: Value(x, name) for name, x in graph.point.items()}
    y = _record(graph, inputs)
    y.backward()
    e = explain(y)
    for step in e.inputs:
        if step.name not in inputs:
            continue  # an output computed from constants alone
        total = e.uses(step.index)[-1].total if e.uses(step.index) else e.gradients[step.index]
        grad = inputs[step.name].grad
        assert total == grad or (total != total and grad != grad), f"{graph}: {step.name}: {total!r} is not {grad!r}"


def printing_and_parsing_agree(graph: Graph) -> None:
    """``parse(str(formula))`` computes the same as the formula."""
    again = parse(str(graph.formula))
    a, b = graph(**graph.point), again(**{name: graph.point[name] for name in again.inputs})
    assert a == b or (a != a and b != b), f"{graph} computes {a!r}, printed and parsed {b!r}"


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


ALL = (
    agrees_with_central_differences, agrees_with_complex_step, agrees_with_many_digits, reverse_equals_forward_mode,
    is_linear_in_the_seed, gradient_of_a_sum_is_the_sum, second_backward_adds_the_same,
    order_of_roots_does_not_matter, hessian_is_symmetric, independent_input_has_gradient_zero,
    explanation_sums_to_the_gradient, printing_and_parsing_agree,
)  # fmt: skip
