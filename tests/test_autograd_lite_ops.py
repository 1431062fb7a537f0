"""Every line of the table against mpmath and against the conventions at kinks, edges and overflow."""

import math
import random

import numpy as np
import pytest

from autograd_lite import (
    TABLE,
    Operation,
    Value,
    backward,
    dot,
    gradient,
    hypot,
    log,
    logsumexp,
    maximum,
    mean_of,
    ops,
    parse,
    power,
    relu,
    softmax,
    sqrt,
    square,
    sum_of,
    where,
)
from autograd_lite.expression import exponent, fold, symbol
from tests.comparing import same

inf, nan = math.inf, math.nan
ANY = object()
mpmath = pytest.importorskip("mpmath")
mpmath.mp.dps = 50


# ---------------------------------------------------------------- interior points, against mpmath

SQRT2 = mpmath.sqrt(2)
TRUTH = {
    "identity": lambda x: x, "add": lambda x, y: x + y, "sub": lambda x, y: x - y, "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y, "neg": lambda x: -x, "square": lambda x: x**2, "pow": lambda x, y: x**y,
    "exp": mpmath.exp, "expm1": mpmath.expm1, "exp2": lambda x: mpmath.mpf(2) ** x, "log": mpmath.log,
    "log1p": mpmath.log1p, "log2": lambda x: mpmath.log(x, 2), "log10": mpmath.log10, "sqrt": mpmath.sqrt,
    "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)), "sin": mpmath.sin, "cos": mpmath.cos, "tan": mpmath.tan,
    "asin": mpmath.asin, "acos": mpmath.acos, "atan": mpmath.atan, "atan2": mpmath.atan2, "sinh": mpmath.sinh,
    "cosh": mpmath.cosh, "tanh": mpmath.tanh, "asinh": mpmath.asinh, "acosh": mpmath.acosh, "atanh": mpmath.atanh,
    "abs": abs, "sign": mpmath.sign, "relu": lambda x: max(x, 0), "leaky_relu": lambda x, s: x if x > 0 else s * x,
    "elu": lambda x, a: x if x > 0 else a * mpmath.expm1(x), "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)), "logsigmoid": lambda x: -mpmath.log1p(mpmath.exp(-x)),
    "silu": lambda x: x / (1 + mpmath.exp(-x)), "erf": mpmath.erf, "erfc": mpmath.erfc,
    "gelu": lambda x: x * mpmath.erfc(-x / SQRT2) / 2, "maximum": max, "minimum": min,
    "clip": lambda x, low, high: min(max(x, low), high), "where": lambda c, x, y: x if c else y,
    "hypot": mpmath.hypot, "logaddexp": lambda x, y: mpmath.log(mpmath.exp(x) + mpmath.exp(y)),
    "reciprocal": lambda x: 1 / x, "rsqrt": lambda x: 1 / mpmath.sqrt(x), "deg2rad": mpmath.radians,
    "rad2deg": mpmath.degrees, "softsign": lambda x: x / (1 + abs(x)),
    "mish": lambda x: x * mpmath.tanh(mpmath.log1p(mpmath.exp(x))),
    "logaddexp2": lambda x, y: mpmath.log(mpmath.mpf(2) ** x + mpmath.mpf(2) ** y, 2),
    "rint": mpmath.nint, "floor": mpmath.floor, "ceil": mpmath.ceil,
    "trunc": lambda x: mpmath.sign(x) * mpmath.floor(abs(x)), "prod_of": lambda *xs: mpmath.fprod(xs),
    "norm_of": lambda *xs: mpmath.sqrt(sum(x * x for x in xs)), "max_of": lambda *xs: max(xs),
    "min_of": lambda *xs: min(xs), "choose": lambda i, *xs: xs[int(mpmath.nint(i))],
    "sum": lambda *xs: sum(xs), "mean": lambda *xs: sum(xs) / len(xs),
    "dot": lambda w1, w2, x1, x2, b: w1 * x1 + w2 * x2 + b,
    "logsumexp": lambda *xs: mpmath.log(sum(map(mpmath.exp, xs))),
    "fmod": lambda x, y: x - y * mpmath.sign(x / y) * mpmath.floor(abs(x / y)),
    "remainder": lambda x, y: x - y * mpmath.floor(x / y),
    "sinc": lambda x: mpmath.sincpi(x), "erfinv": mpmath.erfinv, "digamma": mpmath.digamma,
    "lgamma": lambda x: mpmath.re(mpmath.loggamma(x)),
}  # fmt: skip
# what the definitions of lines without a truth of their own need beyond it
PARTS = {
    "greater": lambda x, y: mpmath.mpf(x > y), "greater_equal": lambda x, y: mpmath.mpf(x >= y),
    "equal": lambda x, y: mpmath.mpf(x == y),
}  # fmt: skip


def truth(op):
    """Return the operation on numbers of mpmath: a closed form, else its definition."""
    return TRUTH.get(op.name) or PARTS.get(op.name) or (lambda *xs: defined(op, xs))


def defined(op, xs):
    """Evaluate the definition of an operation on numbers of mpmath."""
    names = [f"x{i}" for i in range(len(xs))]
    given = dict(zip(names, xs))

    def combine(e, operands):
        n = exponent(e.op) if e.op else None
        if n is not None:
            return operands[0] ** n
        return truth(e.op)(*operands) if e.op else given[e.name] if e.name else mpmath.mpf(e.number)

    return fold(op.definition(*map(symbol, names)), combine)


DIFFERENTIABLE = [op for op in TABLE.values() if op.partials is not None]
SMOOTH = [op for op in DIFFERENTIABLE if op.name not in ("where", "sign")]


def points(op, count=25):
    """Points spread over the stated domain, small and large, away from kinks."""
    rng = random.Random(op.name)
    arity = op.arity if op.arity > 0 else 5
    while count:
        point = []
        for i in range(arity):
            low, high = op.domain[min(i, len(op.domain) - 1)]
            if low == -inf:
                x = rng.choice([rng.uniform(-3, 3), rng.uniform(-20, 20)])
            elif high == inf:
                x = low + rng.choice([rng.uniform(0.01, 3), rng.uniform(0.01, 30)])
            else:
                x = rng.uniform(low, high) * 0.98
            point.append(x)
        if op.name in ("where", "choose"):
            point[0] = rng.choice([0.0, 1.0])
        if op.name == "clip":
            point[1:] = sorted(point[1:])
        if op.kink is None or abs(op.kink(*point)) > 1e-2:
            count -= 1
            yield point


@pytest.mark.parametrize("op", DIFFERENTIABLE, ids=lambda op: op.name)
def test_values_agree_with_mpmath(op):
    for point in points(op):
        expected = float(truth(op)(*map(mpmath.mpf, point)))
        assert op.value(*point) == pytest.approx(expected, rel=4e-15, abs=1e-300 if abs(expected) > 1e-12 else 1e-25), (
            point
        )


@pytest.mark.parametrize(
    "op", [op for op in DIFFERENTIABLE if op.name not in ("where", "sign")], ids=lambda op: op.name
)
def test_local_gradients_agree_with_mpmaths_derivatives(op):
    for point in points(op, 12):
        rule = op.local_gradients(op.value(*point), *point)
        for i, local in enumerate(rule):
            order = tuple(int(i == j) for j in range(len(point)))
            exact = [mpmath.mpf(x) for x in point]
            expected = float(mpmath.diff(truth(op), tuple(exact), order))
            assert local == pytest.approx(expected, rel=1e-11, abs=1e-14), (point, i)


@pytest.mark.parametrize(
    "op", [op for op in DIFFERENTIABLE if op.name not in ("where", "sign")], ids=lambda op: op.name
)
def test_second_derivatives_agree_with_mpmath(op):
    for point in points(op, 4):
        for i in range(len(point)):
            leaves = [Value(x) for x in point]
            first = gradient(op(*leaves), leaves, differentiable=True)[i]
            second = gradient(first, leaves[i])
            order = tuple(2 * int(i == j) for j in range(len(point)))
            expected = float(mpmath.diff(truth(op), tuple(map(mpmath.mpf, point)), order))
            assert second == pytest.approx(expected, rel=1e-8, abs=1e-9), (point, i)


# ---------------------------------------------------------------- kinks, edges and overflow

P = ops.TABLE["pow"]
CONVENTIONS = [
    ("relu(0)", relu, [0.0], 0.0, [0.0]),
    ("relu(nan)", relu, [nan], nan, [ANY]),
    ("abs(0)", ops.absolute, [0.0], 0.0, [0.0]),
    ("sign(0)", ops.sign, [0.0], 0.0, [0.0]),
    ("max(1,1)", maximum, [1.0, 1.0], 1.0, [0.5, 0.5]),
    ("min(1,1)", ops.minimum, [1.0, 1.0], 1.0, [0.5, 0.5]),
    ("max(nan,1)", maximum, [nan, 1.0], nan, [ANY, ANY]),
    ("max(1,nan)", maximum, [1.0, nan], nan, [ANY, ANY]),
    ("min(nan,1)", ops.minimum, [nan, 1.0], nan, [ANY, ANY]),
    ("clip(0,0,1)", lambda x: ops.clip(x, 0.0, 1.0), [0.0], 0.0, [1.0]),
    ("clip(1,0,1)", lambda x: ops.clip(x, 0.0, 1.0), [1.0], 1.0, [1.0]),
    ("clip(2,0,1)", lambda x: ops.clip(x, 0.0, 1.0), [2.0], 1.0, [0.0]),
    ("x**0 @0", lambda x: x**0, [0.0], 1.0, [0.0]),
    ("x**1 @0", lambda x: x**1, [0.0], 0.0, [1.0]),
    ("x**2 @0", lambda x: x**2, [0.0], 0.0, [0.0]),
    ("x**0.5 @0", lambda x: x**0.5, [0.0], 0.0, [inf]),
    ("x**-1 @0", lambda x: x**-1, [0.0], inf, [-inf]),
    ("x**0.5 @-1", lambda x: x**0.5, [-1.0], nan, [nan]),
    ("pow(0,0)", P, [0.0, 0.0], 1.0, [0.0, 0.0]),
    ("pow(0,2)", P, [0.0, 2.0], 0.0, [0.0, 0.0]),
    ("pow(0,0.5)", P, [0.0, 0.5], 0.0, [inf, 0.0]),
    ("pow(0,-1)", P, [0.0, -1.0], inf, [-inf, ANY]),
    ("pow(-2,3)", P, [-2.0, 3.0], -8.0, [12.0, nan]),
    ("pow(-2,0.5)", P, [-2.0, 0.5], nan, [nan, nan]),
    ("0**x @2", lambda x: 0.0**x, [2.0], 0.0, [0.0]),
    ("log(0)", log, [0.0], -inf, [inf]),
    ("log(-1)", log, [-1.0], nan, [ANY]),
    ("sqrt(0)", sqrt, [0.0], 0.0, [inf]),
    ("sqrt(-1)", sqrt, [-1.0], nan, [nan]),
    ("1/0", ops.div, [1.0, 0.0], inf, [inf, -inf]),
    ("0/0", ops.div, [0.0, 0.0], nan, [ANY, nan]),
    ("1/-0.", ops.div, [1.0, -0.0], -inf, [-inf, -inf]),
    ("-1/0", ops.div, [-1.0, 0.0], -inf, [inf, inf]),
    ("1/1e200", ops.div, [1.0, 1e200], 1e-200, [1e-200, -0.0]),
    ("1e-200/1e-200", ops.div, [1e-200, 1e-200], 1.0, [1e200, -1e200]),
    ("exp(710)", ops.exp, [710.0], inf, [inf]),
    ("exp(-746)", ops.exp, [-746.0], 0.0, [0.0]),
    ("tanh(1000)", ops.tanh, [1000.0], 1.0, [0.0]),
    ("tanh(20)", ops.tanh, [20.0], 1.0, [pytest.approx(1.6993417021166355e-17, rel=1e-14)]),
    ("sigmoid(1000)", ops.sigmoid, [1000.0], 1.0, [0.0]),
    ("sigmoid(-1000)", ops.sigmoid, [-1000.0], 0.0, [0.0]),
    ("sigmoid(40)", ops.sigmoid, [40.0], 1.0, [pytest.approx(4.248354255291589e-18, rel=1e-14)]),
    ("softplus(1000)", ops.softplus, [1000.0], 1000.0, [1.0]),
    ("softplus(-40)", ops.softplus, [-40.0], 4.248354255291589e-18, [pytest.approx(4.248354255291589e-18, rel=1e-14)]),
    ("logsigmoid(-1000)", ops.logsigmoid, [-1000.0], -1000.0, [1.0]),
    ("reciprocal(0)", ops.reciprocal, [0.0], inf, [-inf]),
    ("reciprocal(-0.)", ops.reciprocal, [-0.0], -inf, [-inf]),
    ("rint(0.5)", ops.rint, [0.5], 0.0, [0.0]),
    ("rint(1.5)", ops.rint, [1.5], 2.0, [0.0]),
    ("floor(2)", ops.floor, [2.0], 2.0, [0.0]),
    ("floor(-inf)", ops.floor, [-inf], -inf, [0.0]),
    ("ceil(-1.5)", ops.ceil, [-1.5], -1.0, [0.0]),
    ("trunc(-1.5)", ops.trunc, [-1.5], -1.0, [0.0]),
    ("max_of(1,1,1,0)", lambda *xs: ops.max_of(xs), [1.0, 1.0, 1.0, 0.0], 1.0, [1 / 3, 1 / 3, 1 / 3, 0.0]),
    ("min_of(1,1)", lambda *xs: ops.min_of(xs), [1.0, 1.0], 1.0, [0.5, 0.5]),
    ("max_of(nan,1,2)", lambda *xs: ops.max_of(xs), [nan, 1.0, 2.0], nan, [ANY, ANY, ANY]),
    ("prod_of(0,2,3)", lambda *xs: ops.prod_of(xs), [0.0, 2.0, 3.0], 0.0, [6.0, 0.0, 0.0]),
    ("prod_of(0,0,3)", lambda *xs: ops.prod_of(xs), [0.0, 0.0, 3.0], 0.0, [0.0, 0.0, 0.0]),
    ("norm_of(0,0,0)", lambda *xs: ops.norm_of(xs), [0.0, 0.0, 0.0], 0.0, [0.0, 0.0, 0.0]),
    ("norm_of(1e200,..)", lambda *xs: ops.norm_of(xs), [2e200, 3e200, 6e200], pytest.approx(7e200, rel=1e-15),
     [pytest.approx(2 / 7), pytest.approx(3 / 7), pytest.approx(6 / 7)]),
    ("rsqrt(0)", ops.rsqrt, [0.0], inf, [-inf]),
    ("rsqrt(-1)", ops.rsqrt, [-1.0], nan, [nan]),
    ("remainder(-7,3)", ops.remainder, [-7.0, 3.0], 2.0, [1.0, 3.0]),
    ("remainder(7,-3)", ops.remainder, [7.0, -3.0], -2.0, [1.0, 3.0]),
    ("remainder(6,3)", ops.remainder, [6.0, 3.0], 0.0, [1.0, -2.0]),
    ("remainder(1,0.1)", ops.remainder, [1.0, 0.1], 1.0 % 0.1, [1.0, -9.0]),
    ("remainder(1,0)", ops.remainder, [1.0, 0.0], nan, [1.0, nan]),
    ("remainder(-5,inf)", ops.remainder, [-5.0, inf], inf, [1.0, ANY]),
    ("remainder(inf,2)", ops.remainder, [inf, 2.0], nan, [1.0, nan]),
    ("remainder(1e300,3)", ops.remainder, [1e300, 3.0], 1e300 % 3.0, [1.0, -math.floor(1e300 / 3.0)]),
    ("fmod(-7,3)", ops.fmod, [-7.0, 3.0], -1.0, [1.0, 2.0]),
    ("fmod(1,0)", ops.fmod, [1.0, 0.0], nan, [1.0, nan]),
    ("sinc(0)", ops.sinc, [0.0], 1.0, [0.0]),
    ("sinc(5)", ops.sinc, [5.0], 0.0, [pytest.approx(-0.2, rel=1e-15)]),
    ("sinc(inf)", ops.sinc, [inf], 0.0, [0.0]),
    ("erfinv(1)", ops.erfinv, [1.0], inf, [inf]),
    ("erfinv(-1)", ops.erfinv, [-1.0], -inf, [inf]),
    ("erfinv(2)", ops.erfinv, [2.0], nan, [nan]),
    ("lgamma(0)", ops.lgamma, [0.0], inf, [-inf]),
    ("lgamma(-3)", ops.lgamma, [-3.0], inf, [nan]),
    ("lgamma(-inf)", ops.lgamma, [-inf], inf, [nan]),
    ("lgamma(1)", ops.lgamma, [1.0], 0.0, [pytest.approx(-0.5772156649015329, rel=1e-15)]),
    ("lgamma(2)", ops.lgamma, [2.0], 0.0, [pytest.approx(0.42278433509846714, rel=1e-15)]),
    ("digamma(0)", ops.digamma, [0.0], -inf, [inf]),
    ("digamma(-0.)", ops.digamma, [-0.0], inf, [inf]),
    ("digamma(-1)", ops.digamma, [-1.0], nan, [inf]),
    ("digamma(inf)", ops.digamma, [inf], inf, [0.0]),
    ("softsign(inf)", ops.softsign, [inf], 1.0, [0.0]),
    ("mish(-inf)", ops.mish, [-inf], -0.0, [0.0]),
    ("mish(1000)", ops.mish, [1000.0], 1000.0, [1.0]),
    ("logaddexp2(1000,1000)", ops.logaddexp2, [1000.0, 1000.0], 1001.0, [0.5, 0.5]),
    ("logaddexp2(-inf,3)", ops.logaddexp2, [-inf, 3.0], 3.0, [0.0, 1.0]),
    ("sin(inf)", ops.sin, [inf], nan, [nan]),
    ("asin(1)", ops.asin, [1.0], math.pi / 2, [inf]),
    ("acos(1)", ops.acos, [1.0], 0.0, [-inf]),
    ("asin(2)", ops.asin, [2.0], nan, [nan]),
    ("acosh(1)", ops.acosh, [1.0], 0.0, [inf]),
    ("atanh(1)", ops.atanh, [1.0], inf, [inf]),
    ("log1p(-1)", ops.log1p, [-1.0], -inf, [inf]),
    ("atan2(0,0)", ops.atan2, [0.0, 0.0], 0.0, [0.0, 0.0]),
    ("hypot(0,0)", hypot, [0.0, 0.0], 0.0, [0.0, 0.0]),
    ("hypot(1e200,1e200)", hypot, [1e200, 1e200], math.hypot(1e200, 1e200), [pytest.approx(math.sqrt(0.5))] * 2),
    ("logaddexp(1000,1000)", ops.logaddexp, [1000.0, 1000.0], 1000.6931471805599, [0.5, 0.5]),
    ("logsumexp(1000,1000)", lambda *xs: logsumexp(xs), [1000.0, 1000.0], 1000.6931471805599,
     [pytest.approx(0.5, rel=1e-12)] * 2),
    ("logsumexp(-inf,0)", lambda *xs: logsumexp(xs), [-inf, 0.0], 0.0, [0.0, 1.0]),
    ("where(x>0,sqrt(x),0) @0", lambda x: where(x > 0, sqrt(x), 0.0), [0.0], 0.0, [0.0]),
    ("sqrt(x²+y²) @0,0", lambda x, y: sqrt(x * x + y * y), [0.0, 0.0], 0.0, [nan, nan]),
    ("log(e^x+e^y) @1000", lambda x, y: log(ops.exp(x) + ops.exp(y)), [1000.0, 1000.0], inf, [nan, nan]),
    ("x*0 @inf", ops.mul, [inf, 0.0], nan, [0.0, inf]),
    ("x-x @inf", lambda x: x - x, [inf], nan, [0.0]),
    ("relu(-1)*sqrt(0)", lambda x, y: relu(x) * sqrt(y), [-1.0, 0.0], 0.0, [0.0, nan]),
    ("cosh(1000)", ops.cosh, [1000.0], inf, [inf]),
    ("sinh(-1000)", ops.sinh, [-1000.0], -inf, [inf]),
    ("exp2(2000)", ops.exp2, [2000.0], inf, [inf]),
    ("tan(inf)", ops.tan, [inf], nan, [nan]),
    ("gelu(-inf)", ops.gelu, [-inf], -0.0, [ANY]),
    ("silu(-inf)", ops.silu, [-inf], -0.0, [ANY]),
    ("(-2)**1001", lambda x: x**1001, [-2.0], -(2.0**1000) * 2, [1001 * 2.0**1000]),
    ("(-1e200)**3", lambda x: x**3, [-1e200], -inf, [inf]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "f", "point", "value", "gradients"), CONVENTIONS, ids=lambda x: x if isinstance(x, str) else ""
)
def test_kinks_edges_and_overflow_follow_the_conventions(name, f, point, value, gradients):
    xs = [Value(x) for x in point]
    y = f(*xs)
    y.backward()
    assert value is ANY or same(y.data, value), y.data
    for x, expected in zip(xs, gradients):
        assert expected is ANY or same(x.grad, expected), [x.grad for x in xs]


def test_no_operation_ever_raises_or_gives_a_complex_number():
    rng = random.Random(0)
    wild = [0.0, -0.0, 1.0, -1.0, inf, -inf, nan, 1e308, -1e308, 5e-324, 710.0, -746.0, 0.5, -2.0, 3.0]
    for op in TABLE.values():
        if op.arity == 0:
            continue
        for _ in range(150):
            point = [rng.choice(wild) for _ in range(op.arity if op.arity > 0 else 5)]
            out = op.value(*point)
            assert type(out) is float, (op, point, out)
            for local in op.local_gradients(out, *point):
                assert isinstance(local, (float, int)), (op, point, local)


# ---------------------------------------------------------------- powers, mixes, n-ary


@pytest.mark.parametrize("exponent", [2, 3, 0.5, -1, True, 0, 2.5])
def test_a_constant_exponent_is_a_unary_operation(exponent):
    x = Value(1.7)
    y = x**exponent
    assert len(y.parents) == 1
    y.backward()
    assert x.grad == pytest.approx(exponent * 1.7 ** (exponent - 1), rel=1e-14)


def test_a_value_exponent_has_a_gradient_of_its_own():
    x, n = Value(2.0), Value(3.0)
    (x**n).backward()
    assert (x.grad, n.grad) == (12.0, pytest.approx(8 * math.log(2)))
    m = Value(3.0)
    (2**m).backward()
    assert m.grad == pytest.approx(8 * math.log(2))


def test_the_square_has_its_own_line():
    assert (Value(3.0) ** 2).op is square
    assert power(2.0) is square


def test_n_ary_operations_are_one_node():
    ws, xs, b = [Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)], Value(0.5)
    y = dot(ws, xs, b)
    assert (y.data, len(y.parents)) == (11.5, 5)
    y.backward()
    assert [v.grad for v in (*ws, *xs, b)] == [3.0, 4.0, 1.0, 2.0, 1.0]
    for f, expected in ((sum_of, 1.0), (mean_of, 0.5)):
        vs = [Value(1.0), Value(2.0)]
        f(vs).backward()
        assert [v.grad for v in vs] == [expected, expected]


def test_an_operation_on_one_operand_of_many_works():
    for f in (sum_of, mean_of, logsumexp):
        v = Value(2.0)
        y = f([v])
        y.backward()
        assert (y.data, v.grad) == (2.0, 1.0)


def test_softmax_sums_to_one_and_its_gradient_to_zero():
    zs = [Value(z) for z in (1000.0, 999.0, -1000.0)]
    p = softmax(zs)
    assert sum(q.data for q in p) == pytest.approx(1.0, rel=1e-12)
    backward([p[0]])
    assert sum(z.grad for z in zs) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: dot([1.0], [1.0, 2.0]), ValueError, "expected 1 inputs for 1 weights, got 2"),
        (lambda: logsumexp([]), ValueError, "at least one number"),
        (lambda: softmax([]), ValueError, "at least one number"),
        (lambda: ops.sin(), TypeError, "takes 1 operand"),
        (lambda: ops.add(1.0), TypeError, r"takes 2 operand\(s\), got 1"),
        (lambda: ops.sin(Value(1.0), 2.0), TypeError, "takes 1 operand"),
        (lambda: ops.sin("1"), TypeError, "float"),
        (lambda: Operation("f", abs, abs), TypeError, "must be a Python function"),
    ],
)
def test_a_wrong_call_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_where_takes_a_comparison_of_values_and_routes_the_gradient():
    x, y = Value(2.0), Value(5.0)
    z = where(ops.greater(x, y), x, y * y)
    z.backward()
    assert (z.data, x.grad, y.grad) == (25.0, 0.0, 10.0)


def test_a_comparison_of_values_is_a_plain_number():
    assert ops.greater(Value(2.0), 1.0) == 1.0
    assert type(ops.equal(Value(2.0), Value(2.0))) is float


# ---------------------------------------------------------------- a user's own operation


def test_an_operation_of_ones_own_gets_derivatives_explanation_and_formula():
    cube = Operation("cube", lambda x: x * x * x, lambda out, x: 3.0 * x * x)
    x = Value(2.0, "x")
    y = cube(x)
    y.backward()
    assert x.grad == 12.0
    first = gradient(cube(x), x, differentiable=True)
    assert gradient(first, x) == 12.0
    assert [str(f) for f in __import__("autograd_lite").formulas(cube, "x")] == ["3 * x * x"]
    assert parse("cube(x)", functions={"cube": cube})(2.0) == 8.0


def test_every_line_states_a_domain_for_each_operand_and_prints_itself():
    for op in TABLE.values():
        assert len(op.domain) == abs(op.arity)
        assert op.name in repr(op)
        assert str(op)


# ---------------------------------------------------------------- domains and kinks

GRID = [0.5 * i for i in range(-6, 7)]
OTHERS = {  # the other operands, while the one marked None goes over the grid
    "div": (1.0, None), "pow": (None, 0.5), "atan2": (None, 0.0), "hypot": (None, 0.0), "maximum": (None, 0.5),
    "minimum": (None, 0.5), "fmod": (None, 0.7), "remainder": (None, 0.7),
    "clip": (None, -0.5, 1.5), "leaky_relu": (None, 0.3), "elu": (None, 0.3),
}  # fmt: skip
CHARTED = [op for op in DIFFERENTIABLE if 0 < op.arity <= 3 and op.name != "where"]


def operands_at(op, x):
    return tuple(x if other is None else other for other in OTHERS.get(op.name, (None, 0.5)[: op.arity]))


def jumps(truth, point, i):
    """Whether the derivative in operand i jumps, is infinite or does not exist, told by mpmath from both sides."""

    def at(x):
        return mpmath.mpc(truth(*map(mpmath.mpf, point[:i]), x, *map(mpmath.mpf, point[i + 1 :])))

    h, x = mpmath.mpf(10) ** -20, mpmath.mpf(point[i])
    try:
        left, right = (at(x) - at(x - h)) / h, (at(x + h) - at(x)) / h
    except (ZeroDivisionError, ValueError):
        return True
    return not (abs(left - right) < 1e-6 and abs(left) < 1e8)  # nan and infinities jump


@pytest.mark.parametrize("op", CHARTED, ids=lambda op: op.name)
def test_the_kink_of_an_operation_is_zero_exactly_where_its_gradient_jumps(op):
    i = OTHERS.get(op.name, (None,)).index(None)
    for x in GRID:
        point = operands_at(op, x)
        if op.domain[i][0] <= x <= op.domain[i][1]:
            at_kink = op.kink is not None and op.kink(*point) == 0.0
            assert at_kink == jumps(truth(op), point, i), point


WITH_POLES = ("div", "reciprocal", "lgamma", "digamma")


@pytest.mark.parametrize("op", CHARTED, ids=lambda op: op.name)
def test_the_domain_of_an_operation_is_exactly_where_its_value_is_a_number(op):
    i = OTHERS.get(op.name, (None,)).index(None)
    low, high = op.domain[i]
    for x in GRID:
        value = op.value(*operands_at(op, x))
        if low < x < high:
            at_a_pole = op.kink is not None and op.kink(*operands_at(op, x)) == 0.0
            assert math.isfinite(value) or (op.name in WITH_POLES and at_a_pole), x
        elif x not in (low, high):
            assert math.isnan(value), x


@pytest.mark.parametrize("n", [-1.5, -1.0, 0.0, 0.5, 1.0, 1.5, 3.0])
def test_the_domain_and_kink_of_a_constant_power(n):
    op = power(n)
    for x in GRID:
        assert math.isnan(op.value(x)) == (x < op.domain[0][0])
        if x >= op.domain[0][0]:
            at_kink = op.kink is not None and op.kink(x) == 0.0
            assert at_kink == jumps(lambda base: base**n, (x,), 0), x


def test_an_infinite_or_missing_exponent_is_a_power_too():
    assert power(inf)(0.5) == 0.0 and power(-inf)(2.0) == 0.0 and math.isnan(power(nan)(2.0))
    assert parse("x ** y")(0.5, inf) == 0.0


def test_the_condition_of_where_has_no_gradient():
    assert where.local_gradients(3.0, 1.0, 3.0, 4.0) == (0.0, 1.0, 0.0)
    assert where.local_gradients(4.0, 0.0, 3.0, 4.0) == (0.0, 0.0, 1.0)


def test_far_to_the_left_silu_and_gelu_are_negative_zero():
    for name in ("silu", "gelu"):
        assert TABLE[name].value(-inf) == 0.0 and math.copysign(1.0, TABLE[name].value(-inf)) == -1.0


def test_the_slope_and_the_saturation_of_an_activation_have_defaults():
    assert ops.elu(-1.0) == math.expm1(-1.0) and ops.leaky_relu(-1.0) == -0.01


def test_operations_of_any_number_of_operands_say_so():
    assert {name for name, op in TABLE.items() if op.arity == -1} == {
        *("sum", "mean", "dot", "logsumexp", "prod_of", "norm_of", "max_of", "min_of", "choose")
    }
    assert {op.arity for op in TABLE.values()} == {-1, 0, 1, 2, 3}


def test_dot_of_any_length_has_the_gradients_of_its_parts():
    for count in (1, 2, 3, 5):
        ws, xs = [Value(1.0 + i) for i in range(count)], [Value(10.0 + i) for i in range(count)]
        bias = Value(0.5)
        backward([dot(ws, xs, bias)])
        assert [w.grad for w in ws] == [x.data for x in xs] and [x.grad for x in xs] == [w.data for w in ws]
        assert bias.grad == 1.0


def test_clip_with_its_bounds_crossed_is_the_upper_one_in_gradient_too():
    x, low, high = Value(-0.5), Value(1.0), Value(0.0)
    y = TABLE["clip"](x, low, high)
    y.backward()
    assert y.data == 0.0 and (x.grad, low.grad, high.grad) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize("op", CHARTED, ids=lambda op: op.name)
def test_local_gradients_on_a_grid_agree_with_mpmath(op):
    for x in GRID:
        point = operands_at(op, x)
        inside = all(low < other < high for other, (low, high) in zip(point, op.domain))
        if inside and (op.kink is None or op.kink(*point) != 0.0):
            for j, found in enumerate(op.local_gradients(op.value(*point), *point)):
                order = tuple(int(k == j) for k in range(len(point)))
                expected = float(mpmath.diff(truth(op), tuple(map(mpmath.mpf, point)), order))
                assert found == pytest.approx(expected, rel=1e-11, abs=1e-14), (point, j)


def test_every_operand_has_one_local_gradient():
    assert TABLE["dot"].local_gradients(11.0, 1.0, 2.0, 3.0, 4.0) == (3.0, 4.0, 1.0, 2.0)
    assert TABLE["dot"].local_gradients(12.0, 1.0, 2.0, 3.0, 4.0, 1.0) == (3.0, 4.0, 1.0, 2.0, 1.0)
    assert ops.greater.local_gradients(1.0, 2.0, 1.0) == (0.0, 0.0)


def test_too_many_or_too_few_operands_are_counted():
    with pytest.raises(TypeError, match=r"^hypot takes 2 operand\(s\), got 3$"):
        hypot(1.0, 2.0, 3.0)
    with pytest.raises(TypeError, match=r"^hypot takes 2 operand\(s\), got 1$"):
        hypot(1.0)


def test_dot_takes_arrays_of_nodes():
    xs, ws = ([Value(x) for x in numbers] for numbers in ([1.0, 2.0, 3.0], [4.0, 5.0, 6.0]))
    y = dot(np.array(ws), np.array(xs))
    y.backward()
    assert y.data == 32.0 and [w.grad for w in ws] == [1.0, 2.0, 3.0] and [x.grad for x in xs] == [4.0, 5.0, 6.0]


def test_empty_sums_are_zero_and_empty_dots_their_bias():
    assert sum_of([]) == 0.0 and dot([], []) == 0.0 and dot([], [], 2.5) == 2.5
    bias = Value(1.0)
    assert dot([], [], bias) is bias


@pytest.mark.parametrize(("ws", "xs"), [([1.0], [1.0, 2.0]), ([1.0, 2.0], [1.0])])
def test_dot_refuses_lists_of_different_lengths(ws, xs):
    with pytest.raises(ValueError, match=f"dot: expected {len(ws)} inputs for {len(ws)} weights, got {len(xs)}"):
        dot(ws, xs)


def test_equal_powers_are_one_operation_however_many_others_came_between():
    half = ops.power(0.5)
    for n in range(1000):
        ops.power(n + 0.25)
    assert ops.power(0.5) is half


OUTSIDE = {"log": -1.0, "log2": -1.0, "log10": -1.0, "log1p": -2.0, "atanh": 2.0,
           "sqrt": -1.0, "rsqrt": -1.0, "asin": 2.0, "acos": 2.0, "acosh": 0.5, "erfinv": 2.0}  # fmt: skip


@pytest.mark.parametrize(("name", "x"), OUTSIDE.items())
def test_the_table_says_what_value_and_gradient_are_outside_the_domain(name, x):
    op = TABLE[name]
    note = op.note if op.note != "as log" else TABLE["log"].note
    assert math.isnan(op(x))
    (slope,) = op.local_gradients(math.nan, x)
    assert "both are nan" in note if math.isnan(slope) else "nan, with gradient 1/" in note
    factor = {"log2": math.log(2), "log10": math.log(10)}.get(name, 1.0)
    formula = note.rpartition("with gradient ")[2].replace("−", "-").replace("²", "**2")
    assert math.isnan(slope) or slope * factor == pytest.approx(eval(formula, {"x": x}), rel=1e-15)


def test_a_sum_has_the_same_bits_on_every_python():
    """Python's own sum compensates for rounding from 3.12 on; the engine, like compiled code, rounds each step."""
    xs = [1.0, 1e100, 1.0, -1e100]
    assert (ops.sum_of(xs), ops.mean_of(xs), ops.dot(xs, [1.0] * 4), ops.dot(xs[1:], [1.0] * 3, 1.0)) == (0.0,) * 4


@pytest.mark.parametrize("order", [-1, 1.5, 151, 200, inf, nan])
def test_an_order_of_polygamma_that_has_no_number_is_refused(order):
    with pytest.raises(ValueError, match="whole number from 0 to 150"):
        ops.polygamma(order, 10.0)


@pytest.mark.parametrize("order", [True, False])
def test_a_bool_is_no_order_of_polygamma(order):
    with pytest.raises(TypeError, match=f"polygamma: the order must be a whole number from 0 to 150, got {order}"):
        ops.polygamma(order, 10.0)


def test_polygamma_of_the_highest_order_is_that_of_mpmath():
    assert ops.polygamma(150, 10.0) == pytest.approx(float(mpmath.polygamma(150, 10)), rel=1e-12)


@pytest.mark.parametrize("op", [ops.max_of, ops.min_of])
def test_the_rule_of_the_largest_counts_its_operands_once_for_all(op):
    slopes = TABLE[op.__name__].local_gradients(symbol("out"), *[symbol(f"x{i}") for i in range(50)])
    assert len({id(slope.operands[1]) for slope in slopes}) == 1
