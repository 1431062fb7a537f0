"""Derivatives by differences, with an honest error: the truth that gradients are held against.

With this module, one can,

- take a numerical derivative with its error: ``numerical_derivative(math.sin, 1.0)``;
- take it from one side, where a function has a kink: ``one_sided_derivative(abs, 0.0, side=-1)``;
- bound how far rounding has carried a computed node from its exact value: ``rounding_error(y)``.

An error has two sources. Differences at finite steps leave a truncation error, which the
extrapolation estimates; and a value of ``f`` known to ``noise`` makes a difference quotient at step
h uncertain by noise/h. Both are in the error returned, and the step is chosen for the smaller sum.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

from .graph import topological_order
from .ieee import number_of
from .reverse import pull_back

EPSILON = sys.float_info.epsilon
UNDERFLOW = sys.float_info.min  # below it numbers lie no closer, however small they are
SHRINK = 1.6  # from one step to the next; Ridders uses 1.4 to 2
AMPLIFIED = 4.0  # the weights of the extrapolation sum to less than that, whatever its order
FAR_SMALLER, SMALLER = 1000.0, 30.0  # the step that must tell the same, and the next first step if it does not
AT_REST = 0.3  # of waves a step leaps over, quotients change by their own size
PATIENCE, ROWS = 4, 40  # stop when so many steps brought nothing better; never take more than ROWS


def numerical_derivative(
    f: Callable[[float], float], x: float, *, step: float = 0.0, noise: float = 0.0
) -> tuple[float, float]:
    """Return the derivative of ``f`` at ``x`` and an estimate of its error.

    Central differences at shrinking steps, extrapolated to step zero (Ridders 1982, "Accurate
    computation of F'(x) and F'(x)F''(x)", Adv. Eng. Software 4). The first ``step`` is a tenth of the
    size of ``x``; steps at which ``f`` is not finite are passed over, so a point near the edge of a
    domain is no trouble. ``noise`` says how far a value of ``f`` may be off, beyond one rounding of it.
    The error is inf when no step gave a number. Raises ValueError if ``x`` is not finite, or ``step`` or
    ``noise`` negative; TypeError if ``f`` is no function.

        >>> slope, error = numerical_derivative(lambda x: x * x, 3.0)
        >>> abs(slope - 6.0) < 1e-9 and error < 1e-9
        True
    """

    x, step, noise = _checked(f, x, step, noise)

    def quotient(h: float) -> tuple[float, float]:
        high, low = x + h, x - h
        return _quotient(f, high, low, noise)

    return _extrapolated(quotient, x, step or _first_step(x), SHRINK * SHRINK)


def one_sided_derivative(
    f: Callable[[float], float], x: float, *, side: int = 1, step: float = 0.0, noise: float = 0.0
) -> tuple[float, float]:
    """Return the derivative of ``f`` at ``x`` from the right (``side=1``) or the left (``-1``), and its error.

    >>> [round(one_sided_derivative(abs, 0.0, side=side)[0], 9) for side in (-1, 1)]
    [-1.0, 1.0]

    Raises ValueError as ``numerical_derivative`` does, and if ``side`` is neither 1 nor -1.
    """
    if side not in (1, -1):
        raise ValueError(f"side must be 1 (from the right) or -1 (from the left), got {side!r}")
    x, step, noise = _checked(f, x, step, noise)

    def quotient(h: float) -> tuple[float, float]:
        return _quotient(f, x + side * h, x, noise)

    return _extrapolated(quotient, x, step or _first_step(x), SHRINK)


def rounding_error(y: Any) -> float:
    """Return a first-order bound on the distance of ``y.data`` from the exact value of its graph.

    Every node is off by one rounding of its own number; what that does to ``y`` is the sum over
    all ways to it of the products of |local gradient|. This is the running error analysis of
    numerical mathematics (Higham 2002, "Accuracy and Stability of Numerical Algorithms", 3.3), with
    the chain rule doing the work.

        >>> from autograd_lite import Value
        >>> x = Value(1.0)
        >>> rounding_error((x + 1e8) - 1e8) > 1e7 * rounding_error(x * 1.0)
        True

    Raises TypeError if ``y`` is no node.
    """
    if not hasattr(y, "local_gradients"):
        raise TypeError(f"rounding_error is of a node, computed from Values; got {type(y).__name__}")
    order = topological_order(y)
    reach = pull_back(order, {y: 1.0}, local_gradients=lambda node: [abs(g) for g in node.local_gradients()])
    bound: float = sum((abs(node.data) + UNDERFLOW) * through for node, through in reach.items())
    return EPSILON * bound


def _checked(f: Any, x: Any, step: Any, noise: Any) -> tuple[float, float, float]:
    if not callable(f):
        raise TypeError(f"expected a function of a number, got {type(f).__name__}")
    x, step, noise = number_of(x), number_of(step), number_of(noise)
    if not math.isfinite(x):
        raise ValueError(f"a derivative is taken at a finite point, got x = {x}")
    for name, number in (("step", step), ("noise", noise)):
        if not 0.0 <= number < math.inf:
            raise ValueError(f"{name} must be 0 or more, and finite, got {number}")
    return x, step, noise


def _real(y: Any) -> float:
    return math.nan if isinstance(y, complex) else number_of(y)  # (-1) ** 0.5: outside the domain


def _first_step(x: float) -> float:
    return 0.1 * max(abs(x), 0.1)


def _quotient(f: Callable[[float], float], high: float, low: float, noise: float) -> tuple[float, float]:
    """Return a difference quotient and how far rounding may have carried it."""
    width = high - low  # the step as it was rounded, not as it was meant
    try:
        above, below = _real(f(high)), _real(f(low))
        rounding = noise + EPSILON * max(abs(above), abs(below))
        return (above - below) / width, 2.0 * rounding / abs(width)
    except (ValueError, ArithmeticError):  # math.log(-1): outside the domain, as nan is
        return float("nan"), float("inf")


def _extrapolated(
    quotient: Callable[[float], tuple[float, float]], x: float, h: float, factor: float
) -> tuple[float, float]:
    """Extrapolate quotients to step zero, from a first step small enough to see how ``f`` goes at ``x``.

    A function may be smooth in ``h`` on steps that leap over a pole or over waves. So the result is
    believed only if a far smaller step tells the same, and there the quotient has come to rest: its
    change is small beside the slope over the first step. Otherwise the first step is made smaller.
    """
    while True:
        best, error = _ridders(quotient, x, h, factor)
        (wide, _), (near, rounding) = quotient(2.0 * h / FAR_SMALLER), quotient(h / FAR_SMALLER)
        change, (secant, _) = abs(near - wide), quotient(h)
        told = not abs(best - near) > error + change + rounding  # also where it is nan
        at_rest = not change > max(abs(secant), abs(near)) * AT_REST + rounding + error
        if (told and at_rest) or x + h / FAR_SMALLER == x:
            return best, error
        h /= SMALLER


def _ridders(
    quotient: Callable[[float], tuple[float, float]], x: float, h: float, factor: float
) -> tuple[float, float]:
    """Extrapolate quotients at shrinking steps; ``factor`` is by how much the leading error falls per step."""
    best, error = float("nan"), float("inf")
    previous: list[float] = []
    idle = 0
    for _ in range(ROWS):
        estimate, rounding = quotient(h)
        row = [estimate]
        power = factor
        for older in previous:
            row.append((row[-1] * power - older) / (power - 1.0))
            power *= factor
        idle += 1
        for j in range(1, len(row)):
            change = max(abs(row[j] - row[j - 1]), abs(row[j] - previous[j - 1])) + AMPLIFIED * rounding
            if change < error:  # false for nan
                best, error, idle = row[j], change, 0
        previous = row if estimate - estimate == 0.0 else []
        h /= SHRINK
        if (idle >= PATIENCE and len(previous) >= 2 * PATIENCE) or x + h == x:
            break
    return best, error
