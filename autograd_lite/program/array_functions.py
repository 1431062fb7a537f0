"""The value of every operation on whole arrays, in any Array API namespace.

``function(op)`` returns the vector form of an operation, a function of (namespace, \\*arrays); it follows
the conventions of the table at kinks and edges. An operation without one is evaluated number by number.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from .. import ops
from ..expression import exponent
from ..hints import users_frame
from ..ops import Operation
from .program import sech2

ArrayFunction = Callable[..., Any]


def _like(xp: Any, x: Any, number: float) -> Any:
    return xp.full_like(x, number)


def _zeros_where(xp: Any, condition: Any, x: Any) -> Any:
    return xp.where(condition, _like(xp, x, 0.0), x)


def _float(xp: Any, condition: Any, x: Any) -> Any:
    return xp.astype(condition, x.dtype)


def _sigmoid(xp: Any, x: Any) -> Any:
    e = xp.exp(-xp.abs(x))
    return xp.where(x >= 0.0, _like(xp, x, 1.0), e) / (1.0 + e)


def _softplus(xp: Any, x: Any) -> Any:
    return xp.where(x > 0.0, x, _like(xp, x, 0.0)) + xp.log1p(xp.exp(-xp.abs(x)))


def _sign(xp: Any, x: Any) -> Any:
    return xp.where(xp.abs(x) > 0.0, xp.sign(x), x)  # nan and −0 stay what they are


def _silu(xp: Any, x: Any) -> Any:
    return xp.where(x == -math.inf, _like(xp, x, -0.0), x * _sigmoid(xp, x))


def _maximum(xp: Any, x: Any, y: Any) -> Any:
    return xp.where((x >= y) | (x != x), x, y)


def _minimum(xp: Any, x: Any, y: Any) -> Any:
    return xp.where((x <= y) | (x != x), x, y)


def _elu(xp: Any, x: Any, alpha: Any) -> Any:
    return xp.where(x > 0.0, x, alpha * xp.expm1(xp.where(x > 0.0, _like(xp, x, 0.0), x)))


def _logaddexp(xp: Any, x: Any, y: Any) -> Any:
    top = _maximum(xp, x, y)
    finite = top + xp.log1p(xp.exp(-xp.abs(x - y)))
    return xp.where(xp.isinf(top), top, finite)


def _cbrt(xp: Any, x: Any) -> Any:
    size = xp.abs(x)
    root = size ** (1 / 3)
    root = root - (root - size / (root * root)) / 3.0
    return xp.where((size > 0.0) & xp.isfinite(x), xp.where(x < 0.0, -root, root), x)


def _sech2(xp: Any, y: Any, x: Any) -> Any:
    e = xp.exp(-2.0 * xp.abs(x))
    near = xp.where(xp.abs(y) < 0.9, 1.0 - y * y, 4.0 * e / ((1.0 + e) * (1.0 + e)))
    return near


# (1 + 2x)·exp(x²)·erfc(x) on x ≥ 0, in powers of t = (x − 4)/(x + 4), after Shepherd and Laframboise, "Chebyshev
# approximation of (1 + 2x) exp(x²) erfc(x) in 0 ≤ x < ∞", Math. Comp. 36 (1981); the coefficients are those of the
# Chebyshev sum to degree 25, computed to 60 digits with mpmath.
_SCALED_ERFC = (
    1.2329951186255526,
    -0.1396211168405625,
    0.015379652102619604,
    0.0680970542546904,
    -0.10103906603630056,
    0.09373283499843826,
    -0.06633036581218697,
    0.03716751553592911,
    -0.016197734059799265,
    0.005031969992669933,
    -0.0007577732613730956,
    -0.0001992567757633648,
    0.0001506214900124047,
    -2.4398944545280832e-05,
    -1.1221287012353486e-05,
    5.709206053072183e-06,
    2.919733377963012e-07,
    -8.249198427508354e-07,
    7.746992727017941e-08,
    1.1009737295274889e-07,
    -2.05606492756992e-08,
    -1.4709550868669278e-08,
    3.1695881915648173e-09,
    1.7903326159489847e-09,
    -2.659599690242689e-10,
    -1.374652989001164e-10,
)
# erf(x)/x near 0, in powers of x²: 2/√π Σ (−x²)ᵏ/(k!·(2k + 1)).
_ERF_SERIES = tuple((-1) ** k * ops.TWO_OVER_SQRT_PI / (math.factorial(k) * (2 * k + 1)) for k in range(14))


def _polynomial(xp: Any, coefficients: Sequence[float], x: Any) -> Any:
    """Return Σ coefficients[k]·xᵏ, by Horner's rule."""
    total = _like(xp, x, coefficients[-1])
    for c in coefficients[-2::-1]:
        total = total * x + c
    return total


def _erfc_of_positive(xp: Any, x: Any) -> Any:
    """erfc(x) for x ≥ 0. The square is split, as the exponential would blow up the rounding of x² (Cody, 1969)."""
    x = xp.where(x > 30.0, _like(xp, x, 30.0), x)
    t = (x - 4.0) / (x + 4.0)
    scaled = _polynomial(xp, _SCALED_ERFC, t)
    near = xp.floor(x * 16.0) / 16.0  # few bits, so its square is exact
    return xp.exp(-near * near) * xp.exp((near - x) * (near + x)) * scaled / (1.0 + 2.0 * x)


def _erfc(xp: Any, x: Any) -> Any:
    tail = _erfc_of_positive(xp, xp.abs(x))
    return xp.where(x < 0.0, 2.0 - tail, tail)


def _erf(xp: Any, x: Any) -> Any:
    size = xp.abs(x)
    square = xp.where(size < 0.5, x * x, _like(xp, x, 0.0))
    series = _polynomial(xp, _ERF_SERIES, square)
    tail = 1.0 - _erfc_of_positive(xp, size)
    return xp.where(size < 0.5, x * series, xp.where(x < 0.0, -tail, tail))


def _cosh(xp: Any, x: Any) -> Any:
    half = xp.exp(0.5 * xp.abs(x))  # its square overflows with cosh; PyTorch's own cosh does with exp(x), before it
    return 0.5 * half * half + 0.5 / half / half


def _sinh(xp: Any, x: Any) -> Any:
    size = xp.abs(x)
    far = size > 40.0
    half = xp.exp(0.5 * xp.where(far, size, _like(xp, x, 0.0)))
    large = 0.5 * half * half
    return xp.where(far, xp.where(x < 0.0, -large, large), xp.sinh(xp.where(far, _like(xp, x, 0.0), x)))


def _gelu(xp: Any, x: Any) -> Any:
    return xp.where(x == -math.inf, _like(xp, x, -0.0), 0.5 * x * _erfc(xp, -ops.SQRT_HALF * x))


def _exact_power(n: float) -> ArrayFunction:
    """Powers by multiplication where that is exact to rounding; else the namespace's own."""
    if n == 1.0:
        return lambda xp, x: x
    if n == -1.0:
        return lambda xp, x: 1.0 / x
    if n == 0.5:
        return lambda xp, x: xp.where(x == -math.inf, _like(xp, x, math.inf), xp.sqrt(x))
    return lambda xp, x: x**n


FUNCTIONS: dict[str, ArrayFunction] = {
    "greater": lambda xp, x, y: _float(xp, x > y, x),
    "greater_equal": lambda xp, x, y: _float(xp, x >= y, x),
    "equal": lambda xp, x, y: _float(xp, x == y, x),
    "identity": lambda xp, x: x,
    "broadcast": lambda xp, x: x,
    "add": lambda xp, x, y: x + y,
    "sub": lambda xp, x, y: x - y,
    "mul": lambda xp, x, y: x * y,
    "div": lambda xp, x, y: x / y,
    "neg": lambda xp, x: -x,
    "square": lambda xp, x: x * x,
    "pow": lambda xp, x, y: x**y,
    "floor": lambda xp, x: xp.floor(x),  # the definition is of double precision
    "rint": lambda xp, x: xp.round(x),
    "exp": lambda xp, x: xp.exp(x),
    "expm1": lambda xp, x: xp.expm1(x),
    "exp2": lambda xp, x: _like(xp, x, 2.0) ** x,
    "log": lambda xp, x: xp.log(x),
    "log1p": lambda xp, x: xp.log1p(x),
    "log2": lambda xp, x: xp.log2(x),
    "log10": lambda xp, x: xp.log10(x),
    "sqrt": lambda xp, x: xp.sqrt(x),
    "cbrt": _cbrt,
    "sin": lambda xp, x: xp.sin(x),
    "cos": lambda xp, x: xp.cos(x),
    "tan": lambda xp, x: xp.tan(x),
    "asin": lambda xp, x: xp.asin(x),
    "acos": lambda xp, x: xp.acos(x),
    "atan": lambda xp, x: xp.atan(x),
    "atan2": lambda xp, y, x: xp.atan2(y, x),
    "sinh": _sinh,
    "cosh": _cosh,
    "tanh": lambda xp, x: xp.tanh(x),
    "asinh": lambda xp, x: xp.asinh(x),
    "acosh": lambda xp, x: xp.acosh(x),
    "atanh": lambda xp, x: xp.atanh(x),
    "abs": lambda xp, x: xp.abs(x),
    "sign": _sign,
    "relu": lambda xp, x: _zeros_where(xp, x <= 0.0, x),
    "leaky_relu": lambda xp, x, slope: xp.where(x > 0.0, x, slope * x),
    "elu": _elu,
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "silu": _silu,
    "erf": _erf,
    "erfc": _erfc,
    "gelu": _gelu,
    "maximum": _maximum,
    "minimum": _minimum,
    "where": lambda xp, chosen, x, y: xp.where(chosen != 0.0, x, y),
    "hypot": lambda xp, x, y: xp.hypot(x, y),
    "fmod": lambda xp, x, y: xp.fmod(x, y),
    "logaddexp": _logaddexp,
    sech2.name: _sech2,
}


def function(op: Operation) -> ArrayFunction | None:
    """Return the vector form of ``op``, None if it has none.

    >>> import numpy as np
    >>> function(ops.relu)(np, np.array([-1.0, 2.0]))
    array([0., 2.])
    """
    n = exponent(op)
    if n is not None and op is not ops.square:
        return _exact_power(n)
    known = op is ops.TABLE.get(op.name) or op is sech2 or op.name == "broadcast"
    return FUNCTIONS.get(op.name) if known else None


def writes(op: Operation) -> bool:
    """Tell whether ``op`` has a vector form of its own; the others have that of their definition.

    >>> writes(ops.relu), writes(ops.Operation("cube", lambda x: x * x * x, lambda out, x: 3.0 * x * x))
    (True, False)
    """
    return function(op) is not None


def logsumexp(xp: Any, x: Any) -> Any:
    """Return log Σ exp over the first axis, shifted by the maximum; inf and nan as in the table."""
    top = xp.max(x, axis=0)
    shift = xp.where(xp.isfinite(top), top, _like(xp, top, 0.0))
    places = xp.reshape(xp.arange(x.shape[0]), (-1, *[1] * (x.ndim - 1)))
    is_top = places == xp.expand_dims(xp.argmax(x, axis=0), axis=0)
    # without the maximum, whose exp is the 1 of log1p: logsumexp([0, -40]) is 4e-18
    others = xp.sum(xp.where(is_top, _like(xp, x, 0.0), xp.exp(x - shift)), axis=0)
    return xp.where(xp.isfinite(top), shift + xp.log1p(others), top)


def held(number: float, kind: Any) -> float:
    """Return a constant as floats of a kind (its ``finfo``) hold it: the largest of them, if it is finite and larger.

    >>> import numpy as np
    >>> held(-1e300, np.finfo("float32")), held(-math.inf, np.finfo("float32"))
    (-3.4028234663852886e+38, -inf)
    """
    largest = float(kind.max)
    return max(-largest, min(number, largest)) if math.isfinite(number) else number


def number_by_number(op: Operation) -> ArrayFunction:
    """Return a slow vector form that asks the table's own rule for each number."""

    def apply(xp: Any, *arrays: Any) -> Any:
        import numpy as np

        try:
            arrays = np.broadcast_arrays(*arrays)
        except TypeError as problem:
            raise TypeError(f"{op.name!r} has no vector form: it needs numbers, and cannot be traced") from problem
        values = [op.value(*numbers) for numbers in zip(*(a.ravel().tolist() for a in arrays))]
        return np.asarray(values, arrays[0].dtype).reshape(arrays[0].shape)

    return apply


_told: set[str] = set()


def vector_form(op: Operation) -> Callable[..., Any]:
    """Return how to compute ``op`` on arrays; an operation without a vector form is told once, and is right."""
    f = function(op)
    if f is None:
        if op.name not in _told and ops.TABLE.get(op.name) is not op and not op.name.startswith("∂"):
            _told.add(op.name)
            warnings.warn(
                f"the operation {op.name!r} has no vector form and is computed number by number; "
                "write its value in operations of autograd_lite to have it compiled",
                stacklevel=users_frame()[1],
            )
        f = number_by_number(op)
    return f
