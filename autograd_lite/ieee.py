"""Float functions that give inf and nan, as IEEE 754 says, where Python would raise.

The value rules of the table are made of these; they know nothing of operations or graphs.
"""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable, Iterable
from typing import Any

inf, nan = math.inf, math.nan


def as_number(x: Any) -> float:
    """Return ``x`` as a float: ints, bools, Fractions, Decimals and NumPy scalars are converted.

    >>> as_number(True), as_number(10**400)
    (1.0, inf)

    Raises TypeError for text, None, complex numbers and containers, and names the fix.
    """
    if isinstance(x, (int, float)):
        try:
            return float(x)
        except OverflowError:
            return inf if x > 0 else -inf
    kind = type(x).__name__
    if isinstance(x, (str, bytes)):
        raise TypeError(f"expected a number, got the text {x!r}; convert it first: float({x!r})")
    if x is None:
        raise TypeError("expected a number, got None; did a function forget its return?")
    if isinstance(x, complex) or kind.startswith("complex"):
        raise TypeError(f"expected a real number, got {x!r}; differentiate z.real and z.imag separately")
    if getattr(x, "shape", ()) != () or not hasattr(type(x), "__float__"):
        several = getattr(x, "shape", ()) != () or hasattr(x, "__iter__")
        way_out = ", so make one per element: [Value(x) for x in xs]" if several else ""
        raise TypeError(f"expected one number, got {kind}; a node holds one scalar{way_out}")
    return float(x)


def named_number(what: str, x: Any) -> float:
    """Return ``x`` as a float; the error tells what it should have been.

    >>> named_number("backward: seed", None)
    Traceback (most recent call last):
    TypeError: backward: seed: expected a number, got None; did a function forget its return?
    """
    try:
        return as_number(x)
    except TypeError as problem:
        raise TypeError(f"{what}: {problem}") from None


def number_of(x: Any) -> float:
    """Return the number ``x`` holds: a plain number, a node of any engine, a NumPy scalar, an array or tensor of one.

    Whatever is neither a number nor an array is asked for its ``data``, so a node whose data is an array
    is read too, and a NumPy array, whose ``data`` is a buffer, is never mistaken for a node.

        >>> class Node:
        ...     data = 3
        >>> number_of(Node()), number_of(True)
        (3.0, 1.0)

    Raises TypeError for what holds no number, or several.
    """
    for _ in range(4):  # deep enough for a node of a node; a chain without end is no number
        if isinstance(x, (int, float)):
            break
        if hasattr(x, "item") and math.prod(getattr(x, "shape", (0,))) == 1:
            return as_number(x.item())
        data = getattr(x, "data", None)
        if data is None or isinstance(data, memoryview):
            break
        x = data
    return as_number(x)


def total(function: Callable[..., float], *, overflow: Callable[..., float] = lambda *x: inf) -> Callable[..., float]:
    """Give a math function its IEEE 754 result where it raises: overflow to inf, invalid to nan.

    ``plain`` is the function itself, for who asks ``value`` only where that raises.
    """

    def value(*operands: float) -> float:
        try:
            return function(*operands)
        except OverflowError:
            return overflow(*operands)
        except ValueError:
            return nan

    value.plain = function  # type: ignore[attr-defined]
    return value


def div(x: float, y: float) -> float:
    try:
        return x / y
    except ZeroDivisionError:
        return nan if x == 0.0 or x != x else math.copysign(inf, x) * math.copysign(1.0, y)


def pow(x: float, y: float) -> float:
    try:
        return math.pow(x, y)
    except OverflowError:  # the sign survives an odd power
        return -inf if x < 0.0 and y % 2.0 == 1.0 else inf
    except ValueError:  # a pole at zero, or the root of a negative number
        if x != 0.0:
            return nan
        return math.copysign(inf, x) if y % 2.0 == 1.0 else inf


def base_slope(x: float, y: float) -> float:
    """y·x^(y−1); of tiny x, where x^(y−1) overflows, x^y·(y/x), which a tiny exponent may keep finite."""
    power = pow(x, y - 1.0)
    if y == 0.0:
        return 0.0
    return pow(x, y) * (y / x) if power == inf and 0.0 < x < 1.0 else y * power


def exponent_slope(x: float, y: float) -> float:
    """x^y·log(x); a power that has vanished stays 0 beside log(inf), and by convention beside log(0)."""
    power = pow(x, y)
    return 0.0 if x == 0.0 or (x > 0.0 and power == 0.0) else power * (math.log(x) if x > 0.0 else nan)


def log_with(log: Callable[[float], float], pole: float = 0.0) -> Callable[[float], float]:
    """Return the logarithm that is −inf at its pole and nan beyond it."""

    def value(x: float) -> float:
        if x > pole:
            return log(x)
        return -inf if x == pole else nan

    value.plain = log  # type: ignore[attr-defined]
    return value


def floor(x: float) -> float:
    return math.copysign(float(math.floor(x)), x) if x - x == 0.0 else x  # floor(−0) is −0


def nearest(x: float) -> float:
    return math.copysign(float(round(x)), x) if x - x == 0.0 else x


def cbrt(x: float) -> float:
    if x == 0.0 or x - x != 0.0:
        return x
    root = math.copysign(abs(x) ** (1 / 3), x)
    return root - (root - x / (root * root)) / 3  # one Newton step: math.cbrt needs Python 3.11


def sigmoid(x: float) -> float:
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)  # the other branch would overflow for large -x
    return e / (1.0 + e)


def logistic_density(x: float) -> float:
    e = math.exp(-abs(x))
    return e / ((1.0 + e) * (1.0 + e))


def sech2(x: float) -> float:
    try:
        sech = 1.0 / math.cosh(x)
    except OverflowError:
        return 0.0
    return sech * sech  # 1/cosh² would overflow on the way to a subnormal result


def direction(x: float, y: float) -> float:
    """x/√(x² + y²), the cosine of the angle of (x, y); 0 at the origin."""
    size = max(abs(x), abs(y))
    if size == 0.0 or x != x or y != y:
        return x + y
    # both scaled by the larger, as hypot itself may overflow or be subnormal
    x, y = (math.copysign(1.0, z) if abs(z) == size else z / size for z in (x, y))
    return x / math.hypot(x, y)


def softplus(x: float) -> float:
    return (x if x > 0.0 else 0.0) + math.log1p(math.exp(-abs(x))) if x == x else x


def atanh(x: float) -> float:
    if -1.0 < x < 1.0:
        return math.atanh(x)
    return math.copysign(inf, x) if abs(x) == 1.0 else nan


def logsumexp(*xs: float) -> float:
    top = max(xs)
    if any(x != x for x in xs):
        return nan
    if top - top != 0.0:
        return top
    others = list(xs)
    others.remove(top)  # its exp is the 1 of log1p: logsumexp([0, -40]) is 4e-18
    return top + math.log1p(added([math.exp(x - top) for x in others]))


def _from_left_to_right(xs: Iterable[float], total: float = 0.0) -> float:
    """Return the sum, rounded at each step.

    >>> _from_left_to_right([1.0, 1e100, -1e100])
    0.0
    """
    for x in xs:
        total += x
    return total


# Python's own sum is that up to 3.11, and faster; from 3.12 on it compensates for rounding, which compiled code does
# not, and a graph is to have the same bits on every Python.
added: Callable[..., float] = sum if sys.version_info < (3, 12) else _from_left_to_right


def softmax(*xs: float) -> tuple[float, ...]:
    top = max(xs)
    powers = [math.exp(x - top) for x in xs]
    total = added(powers)
    return tuple([e / total for e in powers])


def logaddexp(x: float, y: float) -> float:
    top = maximum(x, y)
    if top - top != 0.0:  # inf, or nan
        return top
    return top + math.log1p(math.exp(-abs(x - y)))  # log1p: logaddexp(0, -40) is 4e-18


def maximum(x: float, y: float) -> float:
    return x if x >= y or x != x else y  # nan propagates; Python's max() would lose it


def minimum(x: float, y: float) -> float:
    return x if x <= y or x != x else y


def sign(x: float) -> float:
    if x > 0.0:
        return 1.0
    return -1.0 if x < 0.0 else x  # keeps nan and the sign of zero


def clip(x: float, low: float, high: float) -> float:
    return minimum(maximum(x, low), high)


def dot(*wx: float) -> float:
    n = len(wx) // 2
    return added(map(operator.mul, wx, wx[n : 2 * n]), wx[-1] if len(wx) % 2 else 0.0)
