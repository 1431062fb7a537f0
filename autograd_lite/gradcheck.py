"""Analytic gradients against numerical ones, with the culprit named.

With this module, one can,

- test a function: ``check_gradients(f, 0.5, 2.0)`` passes silently or says what is wrong and where;
- take a numerical derivative with its error: ``numerical_derivative(math.sin, 1.0)``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from .graph import topological_order
from .transforms import flatten, grad, rebuild
from .value import Value


class GradientError(AssertionError):
    """An analytic gradient that differs from the numerical one."""


def numerical_derivative(f: Callable[[float], float], x: float) -> tuple[float, float]:
    """Return the derivative of ``f`` at ``x`` and an estimate of its error.

    Central differences at shrinking steps, extrapolated to step zero (Ridders 1982, "Accurate
    computation of F'(x) and F'(x)F''(x)", Adv. Eng. Software 4). The first step is a tenth of the
    size of ``x``; steps at which ``f`` is not finite are passed over, so a point near the edge of a
    domain is no trouble. The error is inf when no step gave a number.

        >>> slope, error = numerical_derivative(lambda x: x * x, 3.0)
        >>> abs(slope - 6.0) < 1e-9 and error < 1e-9
        True
    """
    shrink = 1.6
    h = 0.1 * max(abs(x), 0.01)
    best, error = float("nan"), float("inf")
    previous: list[float] = []
    while len(previous) < 14 and x + h > x:
        high, low = x + h, x - h
        try:
            estimate = (f(high) - f(low)) / (high - low)  # the step as it was rounded, not as it was meant
        except (ValueError, ArithmeticError):  # math.log(-1): outside the domain, as nan is
            estimate = float("nan")
        row = [estimate]
        factor = shrink * shrink
        for older in previous:
            row.append((row[-1] * factor - older) / (factor - 1.0))
            factor *= shrink * shrink
        for j in range(1, len(row)):
            change = max(abs(row[j] - row[j - 1]), abs(row[j] - previous[j - 1]))
            if change <= error:  # false for nan
                best, error = row[j], change
        previous = row if estimate - estimate == 0.0 else []
        h /= shrink
    return best, error


def check_gradients(f: Callable[..., Any], *args: Any, order: int = 2, tolerance: float = 1e-6) -> None:
    """Check the gradient of ``f`` at ``args`` against numerical derivatives, up to ``order``.

    ``args`` are numbers or nested lists, tuples and dicts of them; ``f`` returns one number. An
    analytic gradient passes if it differs by no more than ``tolerance`` (relative, absolute below
    1) beyond the numerical error.

        >>> from autograd_lite import tanh, Operation
        >>> check_gradients(lambda w, x: tanh(w * x), 0.5, 2.0)
        >>> wrong = Operation("cube", lambda x: x * x * x, lambda out, x: 2.0 * x * x)
        >>> check_gradients(wrong, 2.0)
        Traceback (most recent call last):
        autograd_lite.gradcheck.GradientError: order 1: ∂f/∂x1 is 8, numerically 12, at x1 = 2
        the rule of 'cube' is wrong: ∂cube/∂operand 1 gives 8, numerically 12, at (2)

    Raises GradientError naming the input, both numbers, and the first operation whose own rule is
    wrong; ValueError if ``order`` is less than 1.
    """
    if order < 1:
        raise ValueError(f"order must be 1 or more, got {order}")
    point = [float(x) for x in flatten(list(args))]

    def at(function: Callable[..., Any], numbers: Sequence[Any]) -> Any:
        return function(*rebuild(list(args), iter(numbers)))

    def scalar(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *numbers: at(function, numbers)

    _check_order(scalar(f), point, 1, order, tolerance, "f")


def _check_order(
    f: Callable[..., Any], point: Sequence[float], order: int, last: int, tolerance: float, name: str
) -> None:
    for i in range(len(point)):
        derivative = grad(f, i)
        analytic = derivative(*point)
        numeric, error = numerical_derivative(lambda x: _number(f(*point[:i], x, *point[i + 1 :])), point[i])
        if not _agree(analytic, numeric, error, tolerance):
            values = ", ".join(f"x{j} = {x:.6g}" for j, x in enumerate(point, start=1))
            message = f"order {order}: ∂{name}/∂x{i + 1} is {analytic:.6g}, numerically {numeric:.6g}, at {values}"
            raise GradientError("\n".join([message, *wrong_rules(f, point, tolerance)]))
        if order < last:
            _check_order(derivative, point, order + 1, last, tolerance, f"(∂{name}/∂x{i + 1})")


def wrong_rules(f: Callable[..., Any], point: Sequence[float], tolerance: float = 1e-6) -> Iterator[str]:
    """Yield a line for the first node of the graph of ``f`` whose local gradient is wrong.

    Every operation is checked alone, at the numbers it had in this graph.
    """
    y = f(*[Value(x) for x in point])
    for node in topological_order(y) if isinstance(y, Value) else []:
        if node.op is None or not node.parents:
            continue
        numbers = node.operands
        for i, (local, x) in enumerate(zip(node.local_gradients(), numbers)):
            numeric, error = numerical_derivative(partial(_vary, node.op.value, numbers, i), x)
            if not _agree(local, numeric, error, tolerance):
                at = ", ".join(f"{x:.6g}" for x in numbers)
                yield (
                    f"the rule of {node.op.name!r} is wrong: ∂{node.op.name}/∂operand {i + 1} gives {local:.6g}, "
                    f"numerically {numeric:.6g}, at ({at})"
                )
                return


def _vary(f: Callable[..., float], numbers: Sequence[float], i: int, x: float) -> float:
    return f(*numbers[:i], x, *numbers[i + 1 :])


def _agree(analytic: float, numeric: float, error: float, tolerance: float) -> bool:
    return abs(analytic - numeric) <= tolerance * max(1.0, abs(numeric)) + 2.0 * error


def _number(y: Any) -> float:
    return y.data if isinstance(y, Value) else float(y)
