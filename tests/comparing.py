"""When two numbers are the same: to the bit, to the last places, or to the rounding of what they were summed from."""

from __future__ import annotations

import math

import mpmath
import numpy as np

from autograd_lite import Value, explain


def same(found: float, true: float, tolerance: float = 0.0) -> bool:
    """Tell whether two numbers are equal, or differ by that part of themselves; nan is the same as nan.

    >>> same(math.nan, math.nan), same(0.3, 0.1 + 0.2), same(0.3, 0.1 + 0.2, 1e-12)
    (True, False, True)
    """
    if found == true or (found != found and true != true):
        return True
    return tolerance > 0.0 and math.isclose(found, true, rel_tol=tolerance, abs_tol=1e-300)


def close(found: object, true: object, tolerance: float = 1e-12) -> None:
    """Compare number by number, each relative to itself; inf and nan must be where they should."""
    np.testing.assert_allclose(np.asarray(found, float), np.asarray(true, float), rtol=tolerance, atol=1e-290)


def close_to_scale(found: object, true: object, tolerance: float = 1e-12) -> None:
    """Compare number by number, relative to the largest: what a sum in another order leaves."""
    expected = np.asarray(true, float)
    scale = np.abs(expected[np.isfinite(expected)]).max(initial=0.0)
    np.testing.assert_allclose(np.asarray(found, float), expected, rtol=tolerance, atol=tolerance * scale)


def ulps(found: float, true: float | mpmath.mpf) -> float:
    """Return the distance from the true value in units of its last place; a float must be met exactly, zero's sign too.

    >>> ulps(1.0, mpmath.mpf(1)), ulps(1.0 + 2.0**-52, mpmath.mpf(1)), ulps(0.0, -0.0)
    (0.0, 1.0, inf)
    """
    if isinstance(true, float):
        equal = math.copysign(1.0, found) == math.copysign(1.0, true) and found == true
        return 0.0 if equal or (found != found and true != true) else math.inf
    with mpmath.workprec(250):
        return float(abs(mpmath.mpf(found) - true) / math.ulp(float(true)))


def largest(y: Value) -> tuple[float, float]:
    """Return the largest number of a graph, and the largest term of its gradients.

    Sums may cancel: what rounding leaves of them is relative to their terms, not to the result.
    """
    e = explain(y)
    terms = [abs(term.contribution) for i in range(len(e.forward)) for term in e.uses(i)]
    finite = [[x for x in map(abs, xs) if math.isfinite(x)] for xs in ([s.value for s in e.forward], terms)]
    return max(finite[0], default=0.0), max(finite[1], default=0.0)
