"""Every operation over the whole range of floats, at orders 0 to 3, against closed forms in mpmath.

Eager derivatives are taken in reverse and in forward mode, compiled ones by NumPy and by machine code.
"""

import copy
import itertools
import math
import pickle
from fractions import Fraction
from functools import cache
from math import floor, trunc

import numpy as np
import pytest

from autograd_lite import (
    TABLE,
    Value,
    atan2,
    compile,
    grad,
    gradient,
    hessian,
    hypot,
    jvp,
    logaddexp,
    logsumexp,
    softmax,
    value_and_grad,
)  # fmt: skip
from autograd_lite.program.capture import capture
from autograd_lite.program.differentiate import differentiate
from autograd_lite.program.run.choose import Job, choose
from tests.test_autograd_lite_ops import truth

mpmath = pytest.importorskip("mpmath")
mp, mpf = mpmath.mp, mpmath.mpf
inf, nan, MAX, TINY = math.inf, math.nan, 1.7976931348623157e308, 5e-324

SIZES = [
    TINY, 2.0**-1060, 2.0**-1022, 1e-300, 1e-200, 1e-155, 1e-154, 1e-110, 1e-100, 1e-20, 1e-16, 1e-10, 1e-8, 1e-5, 1e-3,
    0.1, 0.3, 0.5, 0.75, 0.9, 0.99, 1 - 1e-8, 1 - 2.0**-53, 1.0, 1 + 2.0**-52, 1 + 1e-8, 1.5, 2.0, 3.0, 5.0, 8.0, 10.0,
    16.0, 19.0, 20.0, 26.0, 27.0, 37.0, 38.0, 40.0, 64.0, 100.0, 300.0, 354.0, 356.0, 360.0, 372.0, 380.0, 700.0, 709.0,
    709.78, 710.0, 720.0, 740.0, 745.0, 746.0, 800.0, 1000.0, 1023.0, 1074.0, 1e4, 1e5, 1e8, 1e10, 1e16, 1e20, 1e50,
    1e100, 1e103, 1e150, 1e155, 1e200, 1e300, MAX,
]  # fmt: skip
GRID = [0.0, -0.0, *SIZES, *[-x for x in SIZES]]


def sech2(x):
    e = mp.exp(-2 * abs(x))
    return 4 * e / (1 + e) ** 2


def tanh(x):
    return mp.sign(x) * -mp.expm1(-2 * abs(x)) / (1 + mp.exp(-2 * abs(x)))


def sigmoid(x):
    return 1 / (1 + mp.exp(-x)) if x >= 0 else mp.exp(x) / (1 + mp.exp(x))


def density(x):  # of the logistic distribution: the slope of sigmoid
    return sigmoid(x) * sigmoid(-x)


def density1(x):
    return -density(x) * tanh(x / 2)


def density2(x):
    return density(x) * (tanh(x / 2) ** 2 - sech2(x / 2) / 2)


def gauss(x):
    return mp.exp(-x * x)


def erfc(x):
    return mp.erfc(x) if -30 < x < 30 else mpf(2) if x < 0 else mpf(0)  # mpmath itself overflows far out


def normal(x):
    return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def cube_root(x):
    return mp.sign(x) * mp.cbrt(abs(x))


def root(x):
    return mp.sqrt((1 - x) * (1 + x))


def ln(n):
    return mp.log(n)


def above(x):  # softplus
    return max(x, 0) + mp.log1p(mp.exp(-abs(x)))


def th(x):
    return tanh(above(x))


def th1(x):
    return sech2(above(x)) * sigmoid(x)


def th2(x):
    return sech2(above(x)) * (density(x) - 2 * th(x) * sigmoid(x) ** 2)


def th3(x):
    s, t, slope = sigmoid(x), th(x), sech2(above(x))
    inner = density(x) - 2 * t * s**2
    return slope * (-2 * t * s * inner + density1(x) - 2 * slope * s**3 - 4 * t * s * density(x))


def sinc(n, x):
    """The n-th derivative of sin(πx)/(πx)."""
    z = mp.pi * x
    if abs(x) < 0.5:
        terms = [
            (-1) ** k * mp.ff(2 * k, n) * z ** (2 * k - n) / mp.factorial(2 * k + 1) for k in range(60) if 2 * k >= n
        ]
        return mp.pi**n * sum(terms)
    sine, cosine = mp.sinpi(x), mp.cospi(x)
    f = sine / z
    for k in range(1, n + 1):
        f = ([sine, cosine, -sine, -cosine][k % 4] - k * f) / z
    return mp.pi**n * f


def erfinv_slope(x):
    return mp.sqrt(mp.pi) / 2 * mp.exp(mp.erfinv(x) ** 2)


# value, first, second and third derivative
TRUTH = {
    "identity": (lambda x: x, lambda x: 1, lambda x: 0, lambda x: 0),
    "neg": (lambda x: -x, lambda x: -1, lambda x: 0, lambda x: 0),
    "square": (lambda x: x * x, lambda x: 2 * x, lambda x: 2, lambda x: 0),
    **{name: (f, *[lambda x: 0] * 3) for name, f in (
        ("rint", mp.nint), ("floor", mp.floor), ("ceil", mp.ceil), ("trunc", lambda x: mp.sign(x) * mp.floor(abs(x))),
    )},
    "reciprocal": (lambda x: 1 / x, lambda x: -1 / x**2, lambda x: 2 / x**3, lambda x: -6 / x**4),
    "deg2rad": (mp.radians, lambda x: mp.pi / 180, lambda x: 0, lambda x: 0),
    "rad2deg": (mp.degrees, lambda x: 180 / mp.pi, lambda x: 0, lambda x: 0),
    "exp": (mp.exp,) * 4,
    "expm1": (mp.expm1, mp.exp, mp.exp, mp.exp),
    "exp2": tuple([lambda x, n=n: mpf(2) ** x * ln(2) ** n for n in range(4)]),
    "log": (mp.log, lambda x: 1 / x, lambda x: -1 / x**2, lambda x: 2 / x**3),
    "log1p": (mp.log1p, lambda x: 1 / (1 + x), lambda x: -1 / (1 + x) ** 2, lambda x: 2 / (1 + x) ** 3),
    "log2": (lambda x: mp.log(x) / ln(2), lambda x: 1 / x / ln(2), lambda x: -1 / x**2 / ln(2),
             lambda x: 2 / x**3 / ln(2)),
    "log10": (lambda x: mp.log(x) / ln(10), lambda x: 1 / x / ln(10), lambda x: -1 / x**2 / ln(10),
              lambda x: 2 / x**3 / ln(10)),
    "sqrt": (mp.sqrt, lambda x: 1 / mp.sqrt(x) / 2, lambda x: -1 / mp.sqrt(x) / x / 4,
             lambda x: 3 / mp.sqrt(x) / x**2 / 8),
    "rsqrt": (lambda x: 1 / mp.sqrt(x), lambda x: -1 / mp.sqrt(x) / x / 2, lambda x: 3 / mp.sqrt(x) / x**2 / 4,
              lambda x: -15 / mp.sqrt(x) / x**3 / 8),
    "cbrt": (cube_root, lambda x: cube_root(x) / x / 3, lambda x: -2 * cube_root(x) / x**2 / 9,
             lambda x: 10 * cube_root(x) / x**3 / 27),
    "sin": (mp.sin, mp.cos, lambda x: -mp.sin(x), lambda x: -mp.cos(x)),
    "cos": (mp.cos, lambda x: -mp.sin(x), lambda x: -mp.cos(x), mp.sin),
    "tan": (mp.tan, lambda x: 1 + mp.tan(x) ** 2, lambda x: 2 * mp.tan(x) * (1 + mp.tan(x) ** 2),
            lambda x: 2 * (1 + 3 * mp.tan(x) ** 2) * (1 + mp.tan(x) ** 2)),
    "asin": (mp.asin, lambda x: 1 / root(x), lambda x: x / root(x) ** 3, lambda x: (1 + 2 * x * x) / root(x) ** 5),
    "acos": (mp.acos, lambda x: -1 / root(x), lambda x: -x / root(x) ** 3, lambda x: -(1 + 2 * x * x) / root(x) ** 5),
    "atan": (mp.atan, lambda x: 1 / (1 + x * x), lambda x: -2 * x / (1 + x * x) ** 2,
             lambda x: (6 * x * x - 2) / (1 + x * x) ** 3),
    "sinh": (lambda x: (mp.expm1(x) - mp.expm1(-x)) / 2, mp.cosh, lambda x: (mp.expm1(x) - mp.expm1(-x)) / 2, mp.cosh),
    "cosh": (mp.cosh, lambda x: (mp.expm1(x) - mp.expm1(-x)) / 2, mp.cosh, lambda x: (mp.expm1(x) - mp.expm1(-x)) / 2),
    "tanh": (tanh, sech2, lambda x: -2 * tanh(x) * sech2(x), lambda x: (4 * tanh(x) ** 2 - 2 * sech2(x)) * sech2(x)),
    "asinh": (lambda x: mp.sign(x) * mp.log1p(abs(x) + x * x / (1 + mp.sqrt(1 + x * x))),
              lambda x: 1 / mp.sqrt(1 + x * x), lambda x: -x / mp.sqrt(1 + x * x) ** 3,
              lambda x: (2 * x * x - 1) / mp.sqrt(1 + x * x) ** 5),
    "acosh": (mp.acosh, lambda x: 1 / mp.sqrt(x * x - 1), lambda x: -x / mp.sqrt(x * x - 1) ** 3,
              lambda x: (2 * x * x + 1) / mp.sqrt(x * x - 1) ** 5),
    "atanh": (lambda x: mp.log1p(2 * x / (1 - x)) / 2, lambda x: 1 / (1 - x * x), lambda x: 2 * x / (1 - x * x) ** 2,
              lambda x: (6 * x * x + 2) / (1 - x * x) ** 3),
    "abs": (abs, mp.sign, lambda x: 0, lambda x: 0),
    "sign": (mp.sign, lambda x: 0, lambda x: 0, lambda x: 0),
    "relu": (lambda x: max(x, 0), lambda x: int(x > 0), lambda x: 0, lambda x: 0),
    "sigmoid": (sigmoid, density, density1, density2),
    "softplus": (lambda x: max(x, 0) + mp.log1p(mp.exp(-abs(x))), sigmoid, density, density1),
    "logsigmoid": (lambda x: min(x, 0) - mp.log1p(mp.exp(-abs(x))), lambda x: sigmoid(-x), lambda x: -density(x),
                   lambda x: -density1(x)),
    "silu": (lambda x: x * sigmoid(x), lambda x: sigmoid(x) + x * density(x),
             lambda x: 2 * density(x) + x * density1(x), lambda x: 3 * density1(x) + x * density2(x)),
    "softsign": (lambda x: x / (1 + abs(x)), lambda x: (1 + abs(x)) ** -2,
                 lambda x: -2 * mp.sign(x) / (1 + abs(x)) ** 3,
                 lambda x: 6 / (1 + abs(x)) ** 4 if x else 0),  # at 0 the second jumps
    "mish": (lambda x: x * th(x), lambda x: th(x) + x * th1(x), lambda x: 2 * th1(x) + x * th2(x),
             lambda x: 3 * th2(x) + x * th3(x)),
    "sinc": tuple([lambda x, n=n: sinc(n, x) for n in range(4)]),
    "erfinv": (mp.erfinv, erfinv_slope, lambda x: 2 * mp.erfinv(x) * erfinv_slope(x) ** 2,
               lambda x: (2 + 8 * mp.erfinv(x) ** 2) * erfinv_slope(x) ** 3),
    "lgamma": (lambda x: mp.re(mp.loggamma(x)), *[lambda x, n=n: mp.polygamma(n, x) for n in range(3)]),
    "digamma": tuple([lambda x, n=n: mp.polygamma(n, x) for n in range(4)]),
    "erf": (mp.erf, lambda x: 2 / mp.sqrt(mp.pi) * gauss(x), lambda x: -4 * x / mp.sqrt(mp.pi) * gauss(x),
            lambda x: (8 * x * x - 4) / mp.sqrt(mp.pi) * gauss(x)),
    "erfc": (erfc, lambda x: -2 / mp.sqrt(mp.pi) * gauss(x), lambda x: 4 * x / mp.sqrt(mp.pi) * gauss(x),
             lambda x: (4 - 8 * x * x) / mp.sqrt(mp.pi) * gauss(x)),
    "gelu": (lambda x: x * erfc(-x / mp.sqrt(2)) / 2, lambda x: erfc(-x / mp.sqrt(2)) / 2 + x * normal(x),
             lambda x: (2 - x * x) * normal(x), lambda x: (x**3 - 4 * x) * normal(x)),
}  # fmt: skip
UNARY = [op for op in TABLE.values() if op.arity == 1]
# limits at −inf and inf, orders 0 to 3; nan where there is none
LIMITS = {
    "exp": ((0, 0, 0, 0), (inf,) * 4), "expm1": ((-1, 0, 0, 0), (inf,) * 4), "exp2": ((0, 0, 0, 0), (inf,) * 4),
    **dict.fromkeys(("rint", "floor", "ceil", "trunc"), ((-inf, 0, 0, 0), (inf, 0, 0, 0))),
    "reciprocal": ((0, 0, 0, 0),) * 2, "rsqrt": (None, (0, 0, 0, 0)), "deg2rad": ((-inf, math.pi / 180, 0, 0),
    (inf, math.pi / 180, 0, 0)), "rad2deg": ((-inf, 180 / math.pi, 0, 0), (inf, 180 / math.pi, 0, 0)),
    "sinc": ((0, 0, 0, 0),) * 2, "lgamma": (None, (inf, inf, 0, 0)), "digamma": (None, (inf, 0, 0, 0)),
    "softsign": ((-1, 0, 0, 0), (1, 0, 0, 0)), "mish": ((0, 0, 0, 0), (inf, 1, 0, 0)),
    "log": (None, (inf, 0, 0, 0)), "log1p": (None, (inf, 0, 0, 0)), "log2": (None, (inf, 0, 0, 0)),
    "log10": (None, (inf, 0, 0, 0)), "sqrt": (None, (inf, 0, 0, 0)), "cbrt": ((-inf, 0, 0, 0), (inf, 0, 0, 0)),
    "atan": ((-math.pi / 2, 0, 0, 0), (math.pi / 2, 0, 0, 0)), "tanh": ((-1, 0, 0, 0), (1, 0, 0, 0)),
    "asinh": ((-inf, 0, 0, 0), (inf, 0, 0, 0)), "acosh": (None, (inf, 0, 0, 0)),
    "sinh": ((-inf, inf, -inf, inf), (inf,) * 4), "cosh": ((inf, -inf, inf, -inf), (inf,) * 4),
    "identity": ((-inf, 1, 0, 0), (inf, 1, 0, 0)), "neg": ((inf, -1, 0, 0), (-inf, -1, 0, 0)),
    "square": ((inf, -inf, 2, 0), (inf, inf, 2, 0)), "abs": ((inf, -1, 0, 0), (inf, 1, 0, 0)),
    "sign": ((-1, 0, 0, 0), (1, 0, 0, 0)), "relu": ((0, 0, 0, 0), (inf, 1, 0, 0)),
    "sigmoid": ((0, 0, 0, 0), (1, 0, 0, 0)), "softplus": ((0, 0, 0, 0), (inf, 1, 0, 0)),
    "logsigmoid": ((-inf, 1, 0, 0), (0, 0, 0, 0)), "silu": ((0, 0, 0, 0), (inf, 1, 0, 0)),
    "erf": ((-1, 0, 0, 0), (1, 0, 0, 0)), "erfc": ((2, 0, 0, 0), (0, 0, 0, 0)), "gelu": ((0, 0, 0, 0), (inf, 1, 0, 0)),
}  # fmt: skip


def differences(f):
    """Return f and its first three derivatives as quotients of differences, with digits enough for any step."""

    def derivative(n):
        def at(x):
            with mp.workprec(2000):  # a step of 300 bits below x, and below 1 where x is larger: for waves
                step = mpf(2) ** (min(mp.mag(x) if x else 0, 0) - 300)
                return mp.diff(f, x, n, h=step)

        return at

    return f, *map(derivative, (1, 2, 3))


@cache
def truths(name):
    """Return for every order the pairs (x, true value); points where the value overflows are left out."""
    op, rows = TABLE[name], [[], [], [], []]
    low, high = op.domain[0]
    for x in GRID:
        at_kink = op.kink is not None and op.kink(x) == 0.0
        if not low < x < high or at_kink:
            continue
        with mp.workprec(250):
            for row, f in zip(rows, TRUTH.get(name) or differences(truth(op))):
                row.append((x, float(f(mpf(x)))))
    keep = [abs(y) < inf for _, y in rows[0]]
    rows = [[pair for pair, kept in zip(row, keep) if kept] for row in rows]
    low_limits, high_limits = LIMITS.get(name, (None, None))
    for x, limits in ((-inf, low_limits), (inf, high_limits)):
        for row, limit in zip(rows, limits or ()):
            row.append((x, float(limit)))
    return rows


def misses(name, order, derivative, *, absolute=0.0):
    """Return where a derivative is not the true one to 1e-12, or to the last place of what its terms are made of."""
    wrong = []
    for x, true in truths(name)[order]:
        y = derivative(x)
        # a subnormal number times powers of x carries its last place along
        subnormal = 32 * TINY * max(1.0, min(abs(x), 1e3)) ** max(order, 1)
        cancelled = 1e-15 if 1e-2 < abs(x) < 8.0 else 0.0  # near the zeros of second and third derivatives
        if not (y == true or abs(y - true) <= max(1e-12 * abs(true), subnormal, cancelled, absolute)):
            wrong.append((x, y, true))
    return wrong


def nested(transform, op, order):
    return nested(transform, transform(op), order - 1) if order else op


@pytest.mark.parametrize("op", UNARY, ids=lambda op: op.name)
@pytest.mark.parametrize("order", range(4))
def test_reverse_mode_is_right_over_the_whole_range(op, order):
    assert misses(op.name, order, nested(grad, op, order)) == []


@pytest.mark.parametrize("op", UNARY, ids=lambda op: op.name)
@pytest.mark.parametrize("order", range(1, 4))
def test_forward_mode_is_right_over_the_whole_range(op, order):
    assert misses(op.name, order, nested(lambda f: lambda x: jvp(f, (x,), (1.0,))[1], op, order)) == []


@cache
def derivative_programs(op):
    """Return the programs of an operation and of its derivatives, each the derivative of the one before."""
    programs = [capture(op, [0.0], batched=True)[0]]
    for _ in range(3):
        last = programs[-1]
        both = differentiate(last, [0], each_sample=True)
        programs.append(type(both)(both.names, both.batched, both.instructions, both.outputs[1:]))
    return programs


@pytest.mark.parametrize("backend", ["numpy", "native"])
@pytest.mark.parametrize("op", UNARY, ids=lambda op: op.name)
@pytest.mark.parametrize("order", range(4))
def test_compiled_derivatives_are_right_over_the_whole_range(op, order, backend):
    xs = [x for x, _ in truths(op.name)[order]]
    found = dict(zip(xs, run(derivative_programs(op)[order], xs, backend), strict=True))
    flushed = 2.0**-1020 if op.name == "tanh" else 0.0  # machine code gives 0 where 1/cosh² is subnormal
    assert misses(op.name, order, found.__getitem__, absolute=flushed) == []


def run(program, xs, backend):
    """Return the one output of a program of one input at many points."""
    executor = choose(Job(program, (1,), None, "float64", True), backend)
    (values,) = executor.values([np.array([xs])], len(xs))
    return np.broadcast_to(values, len(xs)).tolist()


# ---------------------------------------------------------------- two operands


def larger_first(x, y):
    return (x, y) if x >= y else (y, x)


def half_at_a_tie(x, y):
    return mpf(1) / 2 if x == y else int(x > y)


def log_sum(x, y):
    large, small = larger_first(x, y)
    return large + mp.log1p(mp.exp(small - large))


def angle(y, x):
    return mp.atan2(y, x) if y else mpf(0) if x > 0 else mp.pi


def divided(x, y, rounded):
    """Return the whole quotient, rounded up or down, and the remainder, both exact."""
    x, y = (Fraction(*float(z).as_integer_ratio()) for z in (x, y))
    quotient = rounded(x / y)
    rest = x - quotient * y
    return mpf(quotient), mpf(rest.numerator) / rest.denominator


# value, ∂/∂x, ∂/∂y
TWO = {
    "add": (lambda x, y: x + y, lambda x, y: 1, lambda x, y: 1),
    "sub": (lambda x, y: x - y, lambda x, y: 1, lambda x, y: -1),
    "mul": (lambda x, y: x * y, lambda x, y: y, lambda x, y: x),
    "div": (lambda x, y: x / y, lambda x, y: 1 / y, lambda x, y: -x / y**2),
    "pow": (lambda x, y: x**y, lambda x, y: y * x ** (y - 1), lambda x, y: x**y * mp.log(x)),
    "fmod": (lambda x, y: divided(x, y, trunc)[1], lambda x, y: 1, lambda x, y: -divided(x, y, trunc)[0]),
    "remainder": (lambda x, y: divided(x, y, floor)[1], lambda x, y: 1, lambda x, y: -divided(x, y, floor)[0]),
    "atan2": (angle, lambda y, x: x / (x * x + y * y), lambda y, x: -y / (x * x + y * y)),
    "hypot": (lambda x, y: mp.sqrt(x * x + y * y), lambda x, y: x / mp.sqrt(x * x + y * y),
              lambda x, y: y / mp.sqrt(x * x + y * y)),
    "maximum": (lambda x, y: max(x, y), half_at_a_tie, lambda x, y: half_at_a_tie(y, x)),
    "minimum": (lambda x, y: min(x, y), lambda x, y: half_at_a_tie(y, x), half_at_a_tie),
    "logaddexp": (log_sum, lambda x, y: sigmoid(x - y), lambda x, y: sigmoid(y - x)),
    "logaddexp2": (lambda x, y: max(x, y) + mp.log1p(mpf(2) ** -abs(x - y)) / ln(2),
                   lambda x, y: sigmoid(ln(2) * (x - y)), lambda x, y: sigmoid(ln(2) * (y - x))),
    "leaky_relu": (lambda x, a: x if x > 0 else a * x, lambda x, a: 1 if x > 0 else a, lambda x, a: min(x, 0)),
    "elu": (lambda x, a: x if x > 0 else a * mp.expm1(x), lambda x, a: 1 if x > 0 else a * mp.exp(x),
            lambda x, a: 0 if x > 0 else mp.expm1(x)),
}  # fmt: skip
SIZES_OF_PAIRS = [
    TINY, 2.0**-1030, 2.0**-1022, 1e-300, 1e-200, 1e-154, 1e-20, 1e-16, 1e-8, 1e-3, 0.3, 0.5, 1 - 2.0**-53, 1.0, 1.5,
    2.0, 3.0, 37.0, 709.0, 745.0, 1e4, 1e16, 1e155, 1e200, 1e300, MAX,
]  # fmt: skip
GRID_OF_PAIRS = [0.0, -0.0, *SIZES_OF_PAIRS, *[-x for x in SIZES_OF_PAIRS]]


@cache
def pairs(name):
    """Return ((x, y), (value, ∂/∂x, ∂/∂y)) inside the domain, off the kinks, where the value does not overflow."""
    op, found = TABLE[name], []
    for x, y in itertools.product(GRID_OF_PAIRS, repeat=2):
        if not all(low < z < high for z, (low, high) in zip((x, y), op.domain)) or at_a_kink(op, x, y):
            continue
        with mp.workprec(120):
            true = tuple(float(f(mpf(x), mpf(y))) for f in TWO[name])
        if name == "atan2":
            true = (math.copysign(true[0], x), *true[1:])  # an mpf has no -0
        if abs(true[0]) < inf:
            found.append(((x, y), true))
    return found


def at_a_kink(op, x, y):
    """A tie is none: ½ to each side is the truth."""
    return op.kink is not None and op.name not in ("maximum", "minimum") and op.kink(x, y) == 0.0


def misses_of_pairs(name, found):
    """Return where a value or slope is not the true one to 1e-12, or to some last places of a subnormal."""
    wrong = []
    for (point, true), numbers in zip(pairs(name), found, strict=True):
        for what, y, t in zip(("value", "d1", "d2"), numbers, true):
            # a subnormal times an operand; α·exp(x) takes any α
            size = max([1.0, *[abs(z) for z in point if abs(z) < 1e4 or name == "elu"]])
            overflow = 2.0**-1022 if name == "atan2" else 0.0  # gradients are 0 where √(x² + y²) overflows
            terms = 2.0**-52 if name == "logaddexp2" else 0.0  # log2(2⁻¹ + 2⁻¹) is 0, of terms with a last place
            if not (y == t or abs(y - t) <= max(1e-12 * abs(t), 32 * TINY * size, overflow, terms)):
                wrong.append((point, what, y, t))
    return wrong


def by_backend(name, backend):
    op, points = TABLE[name], [point for point, _ in pairs(name)]
    if backend == "eager":
        results = [value_and_grad(op, (0, 1))(*point) for point in points]
        return [(y, *slopes) for y, slopes in results]
    f = compile(lambda x, y: op(x, y), batched=True, backend=backend)
    values, gradients = f.value_and_grad(*np.array(points).T)
    return list(zip(values, *gradients.arguments))


def test_every_operation_of_two_operands_has_its_truth():
    assert set(TWO) == {op.name for op in TABLE.values() if op.arity == 2 and op.partials}


@pytest.mark.parametrize("backend", ["eager", "numpy", "native"])
@pytest.mark.parametrize("name", TWO)
def test_operations_of_two_operands_are_right_over_the_whole_range(name, backend):
    assert misses_of_pairs(name, by_backend(name, backend)) == []


@pytest.mark.parametrize("backend", ["eager", "numpy", "native"])
@pytest.mark.parametrize(
    ("f", "point", "value", "gradients"),
    [
        (lambda x, y: softmax([x, y])[0], (1e16, 1e16), 0.5, (0.25, -0.25)),
        (lambda x, y: logsumexp([x, y]), (1e16, 1e16), 1e16, (0.5, 0.5)),
        (lambda x, y: logsumexp([x, y]), (0.0, -40.0), 4.248354255291589e-18, (1.0, 4.248354255291589e-18)),
        (lambda x, y: logsumexp([x, y]), (-40.0, 0.0), 4.248354255291589e-18, (4.248354255291589e-18, 1.0)),
        (lambda x, y: logsumexp([x, y]), (-inf, 0.0), 0.0, (0.0, 1.0)),
        (logaddexp, (0.0, -40.0), 4.248354255291589e-18, (1.0, 4.248354255291589e-18)),
        (hypot, (1e200, 1e200), math.hypot(1e200, 1e200), (math.sqrt(0.5), math.sqrt(0.5))),
        (hypot, (TINY, 0.0), TINY, (1.0, 0.0)),
        (atan2, (1e-200, 1e-200), math.pi / 4, (5e199, -5e199)),
        (atan2, (1e300, 1e300), math.pi / 4, (5e-301, -5e-301)),
    ],
)
def test_functions_of_two_operands_neither_overflow_nor_lose_digits(f, point, value, gradients, backend):
    if backend == "eager":
        found, slopes = value_and_grad(f, (0, 1))(*point)
    else:
        found, of = compile(f, backend=backend).value_and_grad(*point)
        slopes = of.arguments
    assert (float(found), *map(float, slopes)) == pytest.approx((value, *gradients), rel=1e-12, abs=0.0)


@pytest.mark.parametrize(("x", "y"), [(1.0, 1e10), (1e10, 1.0), (3.0, 4.0), (1e-200, 1e-100), (1e200, 1e150)])
def test_second_derivatives_of_a_distance_keep_their_digits(x, y):
    with mp.workprec(250):
        a, b = mpf(x), mpf(y)
        r = mp.sqrt(a * a + b * b)
        expected = [float(t) for t in (b * b / r**3, -a * b / r**3, a * a / r**3)]
    (xx, xy), (yx, yy) = hessian(hypot)(x, y)
    assert [xx, xy, yy] == pytest.approx(expected, rel=1e-12, abs=0.0) and xy == yx


@pytest.mark.parametrize(("x", "y"), [(2.0, 0.0), (0.5, 0.0), (2.0, 3.0), (3.0, -1.5), (1e-3, 1.0)])
def test_second_derivatives_of_a_power_are_symmetric_also_at_exponent_0(x, y):
    log = math.log(x)
    mixed = x ** (y - 1.0) * (1.0 + y * log)
    expected = [[y * (y - 1.0) * x ** (y - 2.0), mixed], [mixed, x**y * log * log]]
    np.testing.assert_allclose(hessian(lambda a, b: a**b)(x, y), expected, rtol=1e-13)


def test_a_slope_of_the_table_can_be_copied_and_pickled():
    x = Value(0.5)
    first = gradient(x.tanh(), x, differentiable=True)
    assert pickle.loads(pickle.dumps(first)).op is first.op and copy.deepcopy(first).data == first.data
