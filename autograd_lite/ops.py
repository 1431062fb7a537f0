"""The table of operations: each line holds a value rule and its local gradients, side by side.

With this module, one can,

- apply an operation to numbers, to ``Value`` nodes, or to symbols: ``tanh(0.5)``, ``tanh(v)``;
- look an operation up by name: ``TABLE["tanh"]``;
- define a new one in a line, with gradients of any order, explanation and picture for free::

      cube = Operation("cube", lambda x: x * x * x, lambda out, x: 3.0 * x * x)

A local-gradient rule takes the output first, then the operands, and returns ∂out/∂operand (a tuple
when there are several). It is written in the operations of this very table, so one rule serves
three kinds of operands: on floats it gives the numbers of ``backward()``, on nodes it records a
graph that can be differentiated again, on symbols it prints its own formula.

Arithmetic is IEEE 754: where Python raises (``1/0``, ``log(0)``, ``exp(710)``) the rules give
inf or nan. Rules therefore divide with ``div``, not with ``/``, wherever a zero can come.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, reduce
from itertools import accumulate, cycle
from typing import Any, overload
from weakref import WeakValueDictionary

from . import approximations as near
from . import ieee
from .ieee import as_number as as_number
from .ieee import inf, nan
from .operation import FUNCTIONS as FUNCTIONS
from .operation import POSITIVE as POSITIVE
from .operation import REAL as REAL
from .operation import SLOPES as SLOPES
from .operation import TABLE as TABLE
from .operation import Choice, line, slope, trusted
from .operation import Operation as Operation
from .operation import operation as operation
from .signatures import N, T, of_many

LN2, LN10, DEGREE = math.log(2.0), math.log(10.0), math.pi / 180.0
SQRT_HALF, TWO_OVER_SQRT_PI, INV_SQRT_2PI = math.sqrt(0.5), 2 / math.sqrt(math.pi), 1 / math.sqrt(2 * math.pi)
HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)

# ---------------------------------------------------------------- the table
# fmt: off

# Lines and slopes that rules above them use.
absolute: Operation
base_slope: Operation
bounded: Operation
cos: Operation
cosh: Operation
digamma: Operation
direction: Operation
exponent_slope: Operation
gaussian: Operation
logistic_density: Operation
one_minus_square: Operation
sech2: Operation
div: Operation
erfc: Operation
floor: Operation
greater: Operation
maximum: Operation
hypot: Operation
log: Operation
sigmoid: Operation
sign: Operation
square: Operation
where: Operation

# Comparisons: 1.0 or 0.0, gradient zero everywhere; printed as an Iverson bracket, [x > y].
greater = line("greater", lambda x, y: 1.0 if x > y else 0.0, None, symbol=">", arity=2, formula="1 if x > y else 0")
greater_equal = line("greater_equal", lambda x, y: 1.0 if x >= y else 0.0, None, symbol="≥", arity=2,
                     formula="1 if x ≥ y else 0")
equal = line("equal", lambda x, y: 1.0 if x == y else 0.0, None, symbol="=", arity=2, formula="1 if x = y else 0")

# A plain number among the operands of a node: a leaf that is not an input.
constant = line("constant", lambda: nan, None, arity=0)

# Arithmetic
identity = line("identity", lambda x: x, lambda out, x: 1.0, formula="x")
add = line("add", operator.add, lambda out, x, y: (1.0, 1.0), symbol="+")
sub = line("sub", operator.sub, lambda out, x, y: (1.0, -1.0), symbol="−")
mul = line("mul", operator.mul, lambda out, x, y: (y, x), symbol="×")
div = line("div", ieee.div, lambda out, x, y: (div(1.0, y), -div(out, y)), symbol="/",
           kink=lambda x, y: y, note="1/0 is inf, 0/0 is nan; ∂/∂y is −(x/y)/y because y² may overflow")
neg = line("neg", operator.neg, lambda out, x: -1.0, symbol="−")
reciprocal = line("reciprocal", lambda x: div(1.0, x), lambda out, x: -square(out), kink=lambda x: x,
                  note="1/0 is inf with gradient −inf", formula="1/x")
square = line("square", lambda x: x * x, lambda out, x: 2.0 * x, formula="x²")
_pow_line = line("pow", ieee.pow, lambda out, x, y: (base_slope(x, y), exponent_slope(x, y)),
                 symbol="^", domain=(POSITIVE, REAL), kink=lambda x, y: x,
                 note="∂/∂y is 0 at base 0 and nan for a negative base; x⁰ has ∂/∂x = 0")

# Exponentials and logarithms
exp = line("exp", ieee.total(math.exp), lambda out, x: out)
expm1 = line("expm1", ieee.total(math.expm1), lambda out, x: exp(x), formula="exp(x) − 1")
exp2 = line("exp2", lambda x: ieee.pow(2.0, x), lambda out, x: out * LN2, formula="2^x",
            definition=lambda x: _pow_line(2.0, x))
log = line("log", ieee.log_with(math.log), lambda out, x: div(1.0, x), domain=(POSITIVE,), kink=lambda x: x,
           note="log(0) is −inf with gradient inf; below 0 nan, with gradient 1/x")
log1p = line("log1p", ieee.log_with(math.log1p, -1.0), lambda out, x: div(1.0, 1.0 + x), domain=((-1.0, inf),),
             kink=lambda x: 1.0 + x, note="log1p(−1) is −inf with gradient inf; below nan, with gradient 1/(1 + x)",
             formula="log(1 + x)")
log2 = line("log2", ieee.log_with(math.log2), lambda out, x: div(1.0 / LN2, x), domain=(POSITIVE,), kink=lambda x: x,
            note="as log")
log10 = line("log10", ieee.log_with(math.log10), lambda out, x: div(1.0 / LN10, x), domain=(POSITIVE,),
             kink=lambda x: x, note="as log")
sqrt = line("sqrt", ieee.total(math.sqrt), lambda out, x: div(0.5, out), domain=(POSITIVE,), kink=lambda x: x,
            note="sqrt(0) has gradient inf; below 0 both are nan")
rsqrt = line("rsqrt", lambda x: div(1.0, sqrt(x)), lambda out, x: -0.5 * div(out, x), domain=(POSITIVE,),
             kink=lambda x: x, note="rsqrt(0) is inf with gradient −inf; below 0 both are nan", formula="1/√x")
cbrt = line("cbrt", ieee.cbrt, lambda out, x: div(div(1.0, out), 3.0 * out), kink=lambda x: x,
            note="gradient inf at 0; 1/∛x/(3∛x), as a square would underflow", formula="∛x")

# Staircases: the gradient is 0 everywhere, also at the steps. 2⁵² has no room for a fraction: adding it rounds.
rint = line("rint", ieee.nearest, lambda out, x: 0.0, kink=lambda x: x - ieee.floor(x) - 0.5,
             note="half to even; gradient 0 everywhere", formula="the nearest integer",
             definition=lambda x: where(greater(2.0**52, absolute(x)), sign(x) * (absolute(x) + 2.0**52 - 2.0**52), x))
floor = line("floor", ieee.floor, lambda out, x: 0.0, kink=lambda x: x - ieee.nearest(x),
             note="gradient 0 everywhere", formula="the largest integer ≤ x",
             definition=lambda x: rint(x) - greater(rint(x), x))
ceil = line("ceil", lambda x: -floor(-x), lambda out, x: 0.0, kink=lambda x: x - ieee.nearest(x),
            note="gradient 0 everywhere", formula="the smallest integer ≥ x")
trunc = line("trunc", lambda x: sign(x) * floor(absolute(x)), lambda out, x: 0.0,
             kink=lambda x: x - ieee.nearest(x) if abs(x) > 0.5 else 1.0,
             note="towards 0; gradient 0 everywhere", formula="x without its fraction")

# Trigonometry
sin = line("sin", ieee.total(math.sin), lambda out, x: cos(x))
cos = line("cos", ieee.total(math.cos), lambda out, x: -sin(x))
tan = line("tan", ieee.total(math.tan), lambda out, x: 1.0 + square(out), kink=lambda x: math.cos(x),
           note="poles at π/2 + kπ")
deg2rad = line("deg2rad", lambda x: x * DEGREE, lambda out, x: DEGREE, formula="x·π/180")
rad2deg = line("rad2deg", lambda x: x * (1.0 / DEGREE), lambda out, x: 1.0 / DEGREE, formula="x·180/π")
asin = line("asin", ieee.total(math.asin), lambda out, x: div(1.0, sqrt(one_minus_square(x))),
            domain=((-1.0, 1.0),), kink=lambda x: 1.0 - x * x, note="gradient inf at ±1; outside both are nan")
acos = line("acos", ieee.total(math.acos), lambda out, x: -div(1.0, sqrt(one_minus_square(x))),
            domain=((-1.0, 1.0),), kink=lambda x: 1.0 - x * x, note="gradient −inf at ±1; outside both are nan")
atan = line("atan", math.atan, lambda out, x: square(direction(1.0, x)))
atan2 = line("atan2", math.atan2, lambda out, y, x: (_over(direction(x, y), hypot(x, y)),
                                                  _over(-direction(y, x), hypot(x, y))),
             kink=lambda y, x: math.hypot(x, y), note="gradients 0, 0 at the origin",
             formula="the angle of the point (x, y)")

sinc = line("sinc", lambda x: _sinc(x), lambda out, x: _sinc_slope(1, x), formula="sin(πx)/(πx)",
            note="1 at 0; 0 at ±inf, as are its derivatives")

# Hyperbolic functions
sinh = line("sinh", ieee.total(math.sinh, overflow=lambda x: math.copysign(inf, x)), lambda out, x: cosh(x))
cosh = line("cosh", ieee.total(math.cosh), lambda out, x: sinh(x))
tanh = line("tanh", math.tanh, lambda out, x: sech2(x),
            note="1/cosh² equals 1 − tanh², and keeps its digits where tanh rounds to 1")
asinh = line("asinh", math.asinh, lambda out, x: direction(1.0, x))
acosh = line("acosh", ieee.total(math.acosh), lambda out, x: div(div(1.0, sqrt(x - 1.0)), sqrt(x + 1.0)),
             domain=((1.0, inf),), kink=lambda x: x - 1.0, note="gradient inf at 1; below both are nan")
atanh = line("atanh", ieee.atanh, lambda out, x: div(1.0, one_minus_square(x)), domain=((-1.0, 1.0),),
             kink=lambda x: 1.0 - x * x, note="±inf at ±1, gradient inf; outside nan, with gradient 1/(1 − x²)")

# Activations
absolute = line("abs", abs, lambda out, x: sign(x), kink=lambda x: x, note="gradient 0 at 0")
sign = line("sign", ieee.sign, lambda out, x: 0.0, kink=lambda x: x, note="sign(0) is 0; gradient 0 everywhere",
            formula="−1, 0 or 1",
            definition=lambda x: where(greater(x, 0.0), 1.0, where(greater(0.0, x), -1.0, x)))
relu = line("relu", lambda x: x if x > 0.0 or x != x else 0.0, lambda out, x: greater(x, 0.0), kink=lambda x: x,
            note="gradient 0 at 0", formula="max(x, 0)",
            definition=lambda x: where(greater_equal(0.0, x), 0.0, x))
_leaky = line("leaky_relu", lambda x, slope: x if x > 0.0 else slope * x,
              lambda out, x, slope: (where(greater(x, 0.0), 1.0, slope), where(greater(x, 0.0), 0.0, x)),
              kink=lambda x, slope: x, note="the slope's side at 0", formula="x if x > 0 else slope·x",
              definition=lambda x, slope: where(greater(x, 0.0), x, slope * x))
_elu = line("elu", lambda x, alpha: x if x > 0.0 else alpha * math.expm1(x),
            lambda out, x, alpha: (where(greater(x, 0.0), 1.0, alpha * exp(x)),
                                   where(greater(x, 0.0), 0.0, expm1(x))),
            kink=lambda x, alpha: x, note="gradient α at 0", formula="x if x > 0 else α·(exp(x) − 1)",
            definition=lambda x, alpha: where(greater(x, 0.0), x, alpha * expm1(x)))
sigmoid = line("sigmoid", ieee.sigmoid, lambda out, x: logistic_density(x),
               note="σ(−x) is 1 − σ(x), and keeps its digits where σ rounds to 1", formula="1/(1 + exp(−x))",
               definition=lambda x: where(greater_equal(x, 0.0), 1.0, exp(x)) / (1.0 + exp(-absolute(x))))
softplus = line("softplus", ieee.softplus, lambda out, x: sigmoid(x), formula="log(1 + exp(x))",
                definition=lambda x: maximum(x, 0.0) + log1p(exp(-absolute(x))))
logsigmoid = line("logsigmoid", lambda x: -ieee.softplus(-x), lambda out, x: sigmoid(-x), formula="−log(1 + exp(−x))",
                  definition=lambda x: -softplus(-x))
silu = line("silu", lambda x: x * ieee.sigmoid(x) if x != -inf else -0.0,
            lambda out, x: sigmoid(x) + bounded(x) * logistic_density(x), formula="x·σ(x)",
            definition=lambda x: where(equal(x, -inf), -0.0, x * sigmoid(x)))
mish = line("mish", lambda x: where(equal(x, -inf), -0.0, x * tanh(softplus(x))),
            lambda out, x: tanh(softplus(x)) + bounded(x) * (sech2(softplus(x)) * sigmoid(x)),
            formula="x·tanh(softplus(x))")
softsign = line("softsign", lambda x: where(equal(absolute(x), inf), sign(x), div(x, 1.0 + absolute(x))),
                lambda out, x: square(div(1.0, 1.0 + absolute(x))), formula="x/(1 + |x|)")
erf = line("erf", math.erf, lambda out, x: TWO_OVER_SQRT_PI * gaussian(x), formula="2/√π ∫₀ˣ exp(−t²) dt")
erfc = line("erfc", math.erfc, lambda out, x: -TWO_OVER_SQRT_PI * gaussian(x), formula="1 − erf(x)")
erfinv = line("erfinv", lambda x: _erfinv(x), lambda out, x: exp(square(out)) / TWO_OVER_SQRT_PI,
              domain=((-1.0, 1.0),), kink=lambda x: 1.0 - x * x, note="±inf at ±1, gradient inf; outside both are nan",
              formula="the y with erf(y) = x")
gelu = line("gelu", lambda x: 0.5 * x * math.erfc(-SQRT_HALF * x) if x != -inf else -0.0,
            lambda out, x: 0.5 * erfc(-SQRT_HALF * x) + INV_SQRT_2PI * bounded(x) * gaussian(SQRT_HALF * x),
            formula="x·Φ(x), Φ the normal distribution",
            definition=lambda x: where(equal(x, -inf), -0.0, 0.5 * x * erfc(-SQRT_HALF * x)))

# The gamma function
lgamma = line("lgamma", lambda x: _lgamma(x), lambda out, x: digamma(x), formula="log |Γ(x)|",
              kink=lambda x: _to_a_pole(x), note="inf at 0, −1, −2, …")
digamma = line("digamma", lambda x: _digamma(x), lambda out, x: polygamma(1, x), formula="Γ′(x)/Γ(x)",
               kink=lambda x: _to_a_pole(x), note="−inf at 0, inf at −0, nan at −1, −2, …")

# Several operands
maximum = line("maximum", ieee.maximum, lambda out, x, y: (greater(x, y) + 0.5 * equal(x, y),
                                                       greater(y, x) + 0.5 * equal(x, y)),
               kink=lambda x, y: x - y, note="½ to each side at a tie", formula="the larger",
               definition=lambda x, y: where(greater_equal(x, y), x, where(equal(x, x), y, x)))
minimum = line("minimum", ieee.minimum, lambda out, x, y: (greater(y, x) + 0.5 * equal(x, y),
                                                       greater(x, y) + 0.5 * equal(x, y)),
               kink=lambda x, y: x - y, note="½ to each side at a tie", formula="the smaller",
               definition=lambda x, y: where(greater_equal(y, x), x, where(equal(x, x), y, x)))
clip = line("clip", ieee.clip, lambda out, x, low, high: (greater_equal(x, low) * greater_equal(high, x),
                                                      greater(low, x) * greater_equal(high, low),
                                                      greater(maximum(x, low), high)),
            kink=lambda x, low, high: (x - low) * (x - high) * (low - high),
            note="gradient 1 on the closed interval; high wins if low is above it",
            formula="min(max(x, low), high)",
            definition=lambda x, low, high: minimum(maximum(x, low), high))
where = line("where", lambda chosen, x, y: x if chosen else y,
             lambda out, chosen, x, y: (0.0, 1.0 - equal(chosen, 0.0), equal(chosen, 0.0)), kind=Choice, routes=True,
             note="the branch not taken gets no gradient at all, so an inf inside it does no harm; for not c write "
                  "equal(c, 0): Python's ~c is refused",
             formula="x if chosen else y")
choose = line("choose", lambda index, *xs: _at(index, xs),
              lambda out, index, *xs: (0.0, *_each_chosen(rint(index), len(xs))), routes=True,
              kink=lambda index, *xs: index - ieee.floor(index) - 0.5, formula="the x of that index, counted from 0",
              note="the index is rounded, half to even; nan where there is none; the others get no gradient at all",
              definition=lambda index, *xs: _chosen(rint(index), xs))
fmod = line("fmod", ieee.total(math.fmod), lambda out, x, y: (1.0, -rint(div(x, y) - div(out, y))),
            kink=lambda x, y: _to_a_multiple(x, y) if abs(x) > 0.5 * abs(y) else y, formula="x − y·trunc(x/y)",
            note="of the sign of x, as in C; nan at y = 0; ∂/∂y is −x/y at multiples of y")
remainder = line("remainder", lambda x, y: _with_sign_of(y, fmod(x, y)),
                 lambda out, x, y: (1.0, -rint(div(x, y) - div(out, y))), kink=lambda x, y: _to_a_multiple(x, y),
                 note="of the sign of y, as Python's %; nan at y = 0; ∂/∂y is −x/y at multiples of y",
                 formula="x − y·⌊x/y⌋")
hypot = line("hypot", math.hypot, lambda out, x, y: (direction(x, y), direction(y, x)),
             kink=lambda x, y: math.hypot(x, y), note="gradients 0, 0 at the origin", formula="√(x² + y²)")
logaddexp = line("logaddexp", ieee.logaddexp, lambda out, x, y: (sigmoid(x - y), sigmoid(y - x)),
                 formula="log(exp(x) + exp(y))",
                 definition=lambda x, y: _logaddexp(maximum(x, y), exp(-absolute(x - y))))
logaddexp2 = line("logaddexp2", lambda x, y: _logaddexp(maximum(x, y), exp2(-absolute(x - y)), LN2),
                  lambda out, x, y: (sigmoid(LN2 * (x - y)), sigmoid(LN2 * (y - x))), formula="log2(2^x + 2^y)")

# Any number of operands, as one node
_sum = line("sum", lambda *xs: ieee.added(xs), lambda out, *xs: (1.0,) * len(xs), formula="x₁ + x₂ + …",
            definition=lambda *xs: _tree(add, xs))
_mean = line("mean", lambda *xs: ieee.added(xs) / len(xs), lambda out, *xs: (1.0 / len(xs),) * len(xs),
             formula="(x₁ + x₂ + …)/n", definition=lambda *xs: div(_tree(add, xs), float(len(xs))))
_dot = line("dot", ieee.dot, lambda out, *wx: _swap_halves(wx), formula="w₁x₁ + w₂x₂ + … + b",
            definition=lambda *wx: _tree(add, _products(wx)))
_lse = line("logsumexp", ieee.logsumexp, lambda out, *xs: tuple(softmax(xs)),
            formula="log(exp(x₁) + exp(x₂) + …)", definition=lambda *xs: _tree(logaddexp, xs))
_prod = line("prod_of", lambda *xs: math.prod(xs), lambda out, *xs: _products_of_others(xs), formula="x₁·x₂·…",
             note="the gradient is the product of the others, right at zeros", definition=lambda *xs: _tree(mul, xs))
_norm = line("norm_of", lambda *xs: _tree(math.hypot, (*xs, 0.0)), lambda out, *xs: tuple([_over(x, out) for x in xs]),
             kink=lambda *xs: math.hypot(*xs), note="gradient 0 at the origin", formula="√(x₁² + x₂² + …)",
             definition=lambda *xs: _tree(hypot, (*xs, 0.0)))
_max = line("max_of", lambda *xs: reduce(ieee.maximum, xs), lambda out, *xs: _shares(out, xs),
            kink=lambda *xs: _gap(xs), note="1/k to each of k at a tie", formula="the largest",
            definition=lambda *xs: _tree(maximum, xs))
_min = line("min_of", lambda *xs: reduce(ieee.minimum, xs), lambda out, *xs: _shares(out, xs),
            kink=lambda *xs: _gap([-x for x in xs]), note="1/k to each of k at a tie", formula="the smallest",
            definition=lambda *xs: _tree(minimum, xs))

# Slopes. The rule of each is bounded where it is: at any order there are only products of bounded numbers.
sech2 = slope("sech²", ieee.sech2, lambda out, x: -2.0 * (out * tanh(x)),
              definition=lambda x: square(div(1.0, cosh(x))), shown=lambda x: div(1.0, square(cosh(x))))
logistic_density = slope("σ′", ieee.logistic_density, lambda out, x: -(out * tanh(0.5 * x)),
                         shown=lambda x: sigmoid(x) * sigmoid(-x))
gaussian = slope("exp(−x²)", lambda x: math.exp(-x * x), lambda out, x: -2.0 * (bounded(x) * out),
                 shown=lambda x: exp(-square(x)))
one_minus_square = slope("1−x²", lambda x: (1.0 - x) * (1.0 + x), lambda out, x: -2.0 * x,
                         shown=lambda x: (1.0 - x) * (1.0 + x))
direction = slope("x/√(x²+y²)", ieee.direction, lambda out, x, y: _turn(out, direction(y, x), hypot(x, y)),
                  definition=lambda x, y: _direction(x, y), shown=lambda x, y: _shown_direction(x, y))
base_slope = slope("y·x^(y−1)", ieee.base_slope,
                   lambda out, x, y: (where(equal(y, 0.0), 0.0, y * base_slope(x, y - 1.0)),
                                      pow(x, y - 1.0) + y * exponent_slope(x, y - 1.0)),
                   definition=lambda x, y: _base_slope(x, y),
                   shown=lambda x, y: where(equal(y, 0.0), 0.0, y * pow(x, y - 1.0)))
exponent_slope = slope("x^y·log(x)", ieee.exponent_slope,
                       lambda out, x, y: (pow(x, y - 1.0) + y * exponent_slope(x, y - 1.0),
                                          where(equal(out, 0.0), 0.0, out * log(x))),
                       definition=lambda x, y: _exponent_slope(pow(x, y), x),
                       shown=lambda x, y: where(equal(x, 0.0), 0.0, pow(x, y) * log(x)))
# x beside a factor that has vanished beyond ±800: inf·0 is 0 there
bounded = slope("bounded", lambda x: ieee.clip(x, -800.0, 800.0), lambda out, x: equal(out, x),
                definition=lambda x: clip(x, -800.0, 800.0), shown=lambda x: x)
# The number without its gradient: nothing flows back through it.
frozen = SLOPES["frozen"] = trusted(Operation("frozen", lambda x: x, None, arity=1, shown=lambda x: x))
# fmt: on


def _base_slope(x: Any, y: Any) -> Any:
    """y·x^(y−1); of tiny x, where x^(y−1) overflows, x^y·(y/x), which a tiny exponent may keep finite."""
    power = pow(x, y - 1.0)
    slope = where(equal(power, inf) * greater(x, 0.0) * greater(1.0, x), pow(x, y) * div(y, x), y * power)
    return where(equal(y, 0.0), 0.0, slope)


def _exponent_slope(power: Any, x: Any) -> Any:
    """x^y·log(x); a power that has vanished stays 0 beside log(inf), and by convention beside log(0)."""
    vanished = greater(x, 0.0) * equal(power, 0.0)
    return where(equal(x, 0.0), 0.0, where(vanished, 0.0, power * log(x)))


def _over(x: Any, r: Any) -> Any:
    """Return x/r, 0 where r is 0."""
    return where(greater(r, 0.0), div(x, r), 0.0)


def _shown_direction(x: Any, y: Any) -> Any:
    """x/√(x² + y²) as it prints: beside the number 1 there is no origin to ask about."""
    return div(x, hypot(x, y)) if isinstance(x, float) or isinstance(y, float) else _over(x, hypot(x, y))


def _turn(c: Any, s: Any, r: Any) -> tuple[Any, Any]:
    """∂(x/r) = (y²/r³, −xy/r³) of the direction (c, s) = (x/r, y/r); s·(s/r), because s² may underflow."""
    return s * _over(s, r), -(c * _over(s, r))


def _direction(x: Any, y: Any) -> Any:
    """x/√(x² + y²) of numbers scaled by the larger of them, which may be infinite or 0."""
    size = maximum(absolute(x), absolute(y))
    x, y = (where(equal(absolute(z), size), sign(z), div(z, size)) for z in (x, y))
    return where(equal(size, 0.0), 0.0, div(x, hypot(x, y)))


def _logaddexp(top: Any, ratio: Any, unit: float = 1.0) -> Any:
    """Return log(exp(x) + exp(y)) of the larger and the ratio of the powers; a top that is inf or nan is all."""
    return where(equal(top - top, 0.0), top + div(log1p(ratio), unit), top)


# ---------------------------------------------------------------- definitions of special functions


def _powers_of(x: Any, coefficients: Sequence[float]) -> Any:
    """Return Σ coefficients[k]·xᵏ, by Horner's rule."""
    total: Any = coefficients[-1]
    for c in coefficients[-2::-1]:
        total = total * x + c
    return total


def _of_half_turns(x: Any) -> tuple[Any, Any]:
    """Return sin(πx) and cos(πx), exact where they are 0 or ±1; beyond 2⁵³ x is an even integer, and ±inf is one."""
    x = where(greater(absolute(x), 2.0**53), 0.0, x)
    quarters = rint(2.0 * x)
    angle = math.pi * (x - 0.5 * quarters)
    halves = floor(0.5 * quarters)
    is_odd, sign_ = quarters - 2.0 * halves, 1.0 - 2.0 * (halves - 2.0 * floor(0.5 * halves))
    sine, cosine = sin(angle), cos(angle)
    return sign_ * where(is_odd, cosine, sine), sign_ * where(is_odd, -sine, cosine)


def _sinc(x: Any) -> Any:
    return where(equal(x, 0.0), 1.0, div(_of_half_turns(x)[0], math.pi * x))


def _sinc_derivative(n: int, x: Any) -> Any:
    """The n-th derivative: its series in |x| < 1 + n/8, else x·fₙ = πⁿ⁻¹·sin(πx + nπ/2) − n·fₙ₋₁."""
    z = math.pi * x
    series = _powers_of(z * z, near.sinc_series(n)) * (z if n % 2 else 1.0)
    sine, cosine = _of_half_turns(x)
    far = div(sine, x) / math.pi
    for k, turned in zip(range(1, n + 1), cycle([cosine, -sine, -cosine, sine])):
        far = div(math.pi ** (k - 1) * turned - float(k) * far, x)
    return where(greater(1.0 + n / 8.0, absolute(x)), math.pi**n * series, far)


def _erfinv(x: Any) -> Any:
    w = -log((1.0 - x) * (1.0 + x))
    middle = _powers_of(w / 3.125 - 1.0, near.ERFINV)
    tail = _powers_of((sqrt(w) - 4.3) / 1.8, near.ERFINV_TAIL)
    return x * where(equal(w, inf), inf, where(greater(w, 6.25), tail, middle))


def _above_one(size: Any) -> tuple[Any, list[Any]]:
    """Split a size below 8 into 1 + w, 0 ≤ w ≤ 1, and what of size − 1, size − 2, … is at least 1, the others 0.

    A size below 1 is w itself.
    """
    steps = [size - j for j in range(1, 7)]
    w = where(greater(1.0, size), size, size - floor(size))
    return w, [where(greater_equal(step, 1.0), step, 0.0) for step in steps]


def _lgamma(x: Any) -> Any:
    """log |Γ(x)|: Stirling's series from 8 on, below it the recurrence down to Γ(1 + w); reflected for x < 0."""
    size = absolute(x)
    is_near, is_small = greater(8.0, size), greater(1.0, size)
    w, steps = _above_one(size)
    inner = w * (w - 1.0) * _powers_of(2.0 * w - 1.0, near.LGAMMA)
    r = div(1.0, size)
    outer = (size - 0.5) * (log(size) - 1.0) + (HALF_LOG_2PI - 0.5 + r * _powers_of(r * r, near.stirling(-1)))
    base = where(is_near, inner, outer)  # log Γ(1 + size) below 1, log Γ(size) but for the factors from 8 on
    factors = where(is_near, _tree(mul, [maximum(step, 1.0) for step in steps]), 1.0)
    sine = absolute(_of_half_turns(x)[0])
    reflected = sine / math.pi * where(is_small, 1.0, factors * size)
    logarithm = log(where(greater_equal(x, 0.0), where(is_small, size, factors), reflected))
    right = base + where(is_small, -logarithm, logarithm)
    return where(greater_equal(x, 0.0), right, where(equal(sine, 0.0), inf, -(base + logarithm)))


def _digamma(x: Any) -> Any:
    """Γ′(x)/Γ(x), as ``_lgamma``: ψ(1 + w) and 1/size for each step up; ψ(−x) = ψ(1 + x) + π cot(πx)."""
    size = absolute(x)
    is_small = greater(1.0, size)
    w, steps = _above_one(size)
    high, low = near.DIGAMMA_ROOT
    inner = (w - high - low) * _powers_of(2.0 * w - 1.0, near.DIGAMMA)
    for step in steps:
        inner = inner + where(greater(step, 0.0), div(1.0, step), 0.0)
    r = div(1.0, size)
    outer = log(size) - (0.5 * r + r * r * _powers_of(r * r, near.stirling(0)))
    base = where(greater(8.0, size), inner, outer)  # ψ(1 + size) below 1, ψ(size) from there on
    sine, cosine = _of_half_turns(size)
    cotangent = where(equal(sine, 0.0), nan, div(math.pi * cosine, sine))
    right = where(is_small, -div(1.0, x), 0.0)
    return base + where(greater_equal(x, 0.0), right, cotangent + where(is_small, 0.0, r))


def _polygamma_value(n: int, x: Any) -> Any:
    """ψ⁽ⁿ⁾(x), n ≥ 1: n! Σ 1/(x + k)ⁿ⁺¹ up to x + 10 + n, from there the series; reflected for x < 0."""
    is_right, steps = greater_equal(x, 0.0), 10 + n
    size = where(is_right, x, 1.0 - x)
    terms = [power(n + 1.0)(div(1.0, size + float(k) if k else size)) for k in range(steps)]
    r = div(1.0, size + float(steps))
    series = math.factorial(n - 1) + math.factorial(n) / 2 * r + r * r * _powers_of(r * r, near.stirling(n))
    right = float(math.factorial(n)) * _tree(add, terms) + power(float(n))(r) * series
    sine, cosine = _of_half_turns(x)
    cotangents = math.pi ** (n + 1) * _powers_of(div(cosine, sine), near.cotangent_slope(n))
    pole = inf if n % 2 else nan
    return where(is_right, right if n % 2 else -right, where(equal(sine, 0.0), pole, -(cotangents + right)))


def _with_sign_of(y: Any, r: Any) -> Any:
    """Return the remainder of a division by y that is rounded down, of r, that of one rounded towards 0."""
    return where(equal(r, 0.0), 0.0 * sign(y), where(greater(0.0, sign(r) * y), r + y, r))


def _to_a_multiple(x: float, y: float) -> float:
    """Return how far x is from the nearest multiple of y."""
    return ieee.total(math.remainder)(x, y) if y else 0.0


def _to_a_pole(x: float) -> float:
    """Return how far x is from the nearest of 0, −1, −2, …"""
    return x - ieee.nearest(x) if x < 0.5 else x


# ---------------------------------------------------------------- operations of any number of operands


def _at(index: float, xs: Sequence[float]) -> float:
    nearest = ieee.nearest(index)
    return xs[int(nearest)] if 0.0 <= nearest < len(xs) else nan


def _each_chosen(index: Any, n: int) -> list[Any]:
    return [equal(index, float(k)) for k in range(n)]


def _chosen(index: Any, xs: Sequence[Any]) -> Any:
    """Return the operand that a whole number counts to, nan where there is none."""
    if not xs:
        return nan
    return where(greater_equal(index, 0.0) * greater(float(len(xs)), index), _in_halves(index, xs, 0), nan)


def _in_halves(index: Any, xs: Sequence[Any], first: int) -> Any:
    """Choose between halves, of choices in them: as many choices as operands, but few after one another."""
    if len(xs) == 1:
        return xs[0]
    half = len(xs) // 2
    left, right = _in_halves(index, xs[:half], first), _in_halves(index, xs[half:], first + half)
    return where(greater(float(first + half), index), left, right)


def _tree(op: Callable[..., Any], xs: Sequence[Any]) -> Any:
    """Return ``op`` over many operands, as a tree of least depth."""
    while len(xs) > 1:
        pairs = [op(xs[i], xs[i + 1]) for i in range(0, len(xs) - 1, 2)]
        xs = pairs if len(xs) % 2 == 0 else [*pairs, xs[-1]]
    return xs[0]


def _products(wx: tuple[Any, ...]) -> list[Any]:
    """Return the terms of a dot: products, and the bias if there is one."""
    n = len(wx) // 2
    return [*map(mul, wx[:n], wx[n : 2 * n]), *wx[2 * n :]]


def _products_of_others(xs: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return for each operand the product of those before it and those behind it: nothing is divided by."""
    before, behind = list(accumulate(xs, mul)), list(accumulate(xs[::-1], mul))[::-1]
    last = len(xs) - 1
    inner = [mul(before[i - 1], behind[i + 1]) for i in range(1, last)]
    return (behind[1], *inner, before[-2]) if last else (1.0,)


def _shares(out: Any, xs: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return 1/k for each of the k operands that are the result, 0 for the others."""
    chosen = [equal(x, out) for x in xs]
    count = sum_of(chosen)
    return tuple([div(each, count) for each in chosen])


def _gap(xs: Sequence[float]) -> float:
    """Return how far the largest number is above the next."""
    ordered = sorted(xs)
    return ordered[-1] - ordered[-2] if len(xs) > 1 else 1.0


def _swap_halves(wx: tuple[Any, ...]) -> tuple[Any, ...]:
    """∂(Σ wᵢxᵢ + b): the gradient of each weight is its input, of each input its weight, of b 1."""
    n = len(wx) // 2
    return wx[n : 2 * n] + wx[:n] + ((1.0,) if len(wx) % 2 else ())


# ---------------------------------------------------------------- functions around the lines


# One operation for each exponent in use, however many there are, so that equal powers are the same operation.
_powers: WeakValueDictionary[float, Operation] = WeakValueDictionary()


@lru_cache(maxsize=256)
def power(n: float) -> Operation:
    """Return the unary operation ``x ↦ xⁿ`` for a constant exponent.

    >>> power(3.0)(2.0), power(3.0).local_gradients(8.0, 2.0)
    (8.0, (12.0,))

    At n = 0 the gradient is 0 without evaluating 0⁻¹.
    """
    n = float(n)
    if n == 2.0:
        return square
    line = Operation(
        f"pow{n:g}",
        lambda x: ieee.pow(x, n),
        lambda out, x: 0.0 if n == 0.0 else n * pow(x, n - 1.0),
        domain=(REAL if n == int(n) else POSITIVE,) if n - n == 0.0 else (POSITIVE,),
        kink=(lambda x: x) if n < 1.0 and n != 0.0 else None,
        origin=(power, (n,)),
    )
    return _powers.setdefault(n, trusted(line))


class _ByOrder(Operation):
    """``polygamma(n, x)`` as it is written; with a number for n it is the unary operation of that order."""

    __slots__ = ()

    def __call__(self, *operands: Any) -> Any:
        return polygamma(*operands)


polygamma_line = _ByOrder(
    "polygamma", lambda n, x: polygamma(n, x), lambda out, n, x: (nan, polygamma(n + 1.0, x)), kink=lambda n, x: x
)


MAX_ORDER = 150


def polygamma(n: Any, x: Any) -> Any:
    """Return the n-th derivative of ``digamma`` at x; the order n has no gradient.

    >>> polygamma(0, 1.0) == digamma(1.0)
    True
    >>> print(f"{polygamma(1, 1.0):.6f}")
    1.644934

    Raises ValueError for an order that is not a whole number from 0 to 150: beyond that (n + 2)! is no float;
    TypeError for True and False.
    """
    if isinstance(n, bool):
        raise TypeError(f"polygamma: the order must be a whole number from 0 to {MAX_ORDER}, got {n!r}")
    if not isinstance(n, (int, float)):
        return Operation.__call__(polygamma_line, n, x)
    if not 0 <= n <= MAX_ORDER or n != int(n):
        raise ValueError(f"polygamma: the order must be a whole number from 0 to {MAX_ORDER}, got {n!r}")
    return _polygamma_of_order(int(n))(x) if n else digamma(x)


@lru_cache(maxsize=256)
def _polygamma_of_order(n: int) -> Operation:
    op = Operation(
        f"ψ⁽{_superscript(n)}⁾",
        lambda x: _polygamma_value(n, x),
        lambda out, x: polygamma(n + 1, x),
        kink=_to_a_pole,
        origin=(_polygamma_of_order, (n,)),
        shown=lambda x: x.apply_operation(polygamma_line, (float(n), x)),
    )
    return trusted(op)


def _sinc_slope(n: int, x: Any) -> Any:
    """Return the n-th derivative of ``sinc`` at x, n ≥ 1."""
    return _sinc_slope_of_order(n)(x)


@lru_cache(maxsize=256)
def _sinc_slope_of_order(n: int) -> Operation:
    op = Operation(
        f"sinc⁽{_superscript(n)}⁾",
        lambda x: _sinc_derivative(n, x),
        lambda out, x: _sinc_slope(n + 1, x),
        origin=(_sinc_slope_of_order, (n,)),
        shown=lambda x: _shown_sinc(n, x),
    )
    return trusted(op)


def _shown_sinc(n: int, x: Any) -> Any:
    """The n-th derivative as it is derived by hand, from x·sinc(x) = sin(πx)/π."""
    at_0 = near.sinc_series(n)[0] * math.pi**n if n % 2 == 0 else 0.0
    turned = sin(math.pi * x) if n % 2 == 0 else cos(math.pi * x)
    turned = -turned if n % 4 > 1 else turned
    lower = _shown_sinc(n - 1, x) if n > 1 else sinc(x)
    return where(equal(x, 0.0), at_0, (math.pi ** (n - 1) * turned - float(n) * lower) / x)


def _superscript(n: int) -> str:
    return str(n).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


@overload
def pow(x: float, y: float) -> float: ...
@overload
def pow(x: N, y: N | float) -> N: ...
@overload
def pow(x: float, y: N) -> N: ...
@overload
def pow(x: Any, y: Any) -> Any: ...
def pow(x: Any, y: Any) -> Any:
    """Return ``x ** y``; a constant exponent makes a unary operation, so no log(x) is ever taken.

    >>> pow(2.0, 3.0)
    8.0
    """
    if isinstance(y, (int, float)) and y - y == 0:
        return power(float(y))(x)
    return _pow_line(x, y)


@overload
def log_base(x: float, base: float) -> float: ...
@overload
def log_base(x: N, base: N | float) -> N: ...
@overload
def log_base(x: float, base: N) -> N: ...
@overload
def log_base(x: Any, base: Any) -> Any: ...
def log_base(x: Any, base: Any) -> Any:
    """Return the logarithm of x to a base, which may be a Value too.

    >>> log_base(8.0, 2.0), log_base(1000.0, 10.0), log_base(9.0, 3.0)
    (3.0, 3.0, 2.0)
    """
    if isinstance(base, (int, float)) and base in (2, 10):  # exact at the powers of the base
        return (log2 if base == 2 else log10)(x)
    return div(log(x), log(base))


def stop_gradient(x: T) -> T:
    """Return the number of x as a constant: no gradient flows back through it, of any order.

    >>> from autograd_lite import Value
    >>> x = Value(3.0)
    >>> (x * stop_gradient(x)).local_gradients(), stop_gradient(2.0)
    ((3.0, 3.0), 2.0)

    Of a Value it is ``x.detach()``, a leaf of its own: ``x.grad`` above would be 3, not 6.
    """
    detach: Callable[[], T] | None = getattr(x, "detach", None)
    stopped: T = frozen(x) if detach is None else detach()
    return stopped


@overload
def leaky_relu(x: float, slope: float = 0.01) -> float: ...
@overload
def leaky_relu(x: N, slope: N | float = 0.01) -> N: ...
@overload
def leaky_relu(x: Any, slope: Any = 0.01) -> Any: ...
def leaky_relu(x: Any, slope: Any = 0.01) -> Any:
    """Return x for positive x, else ``slope * x``; the slope may be learned (a Value).

    >>> leaky_relu(-2.0)
    -0.02
    """
    return _leaky(x, slope)


@overload
def elu(x: float, alpha: float = 1.0) -> float: ...
@overload
def elu(x: N, alpha: N | float = 1.0) -> N: ...
@overload
def elu(x: Any, alpha: Any = 1.0) -> Any: ...
def elu(x: Any, alpha: Any = 1.0) -> Any:
    """Return x for positive x, else ``alpha * expm1(x)``.

    >>> elu(3.0)
    3.0
    """
    return _elu(x, alpha)


@overload  # as for softmax
def dot(ws: Sequence[float], xs: Sequence[float], bias: float | None = None) -> float: ...  # type: ignore[overload-overlap]
@overload
def dot(ws: Sequence[N | float], xs: Sequence[N | float], bias: N | float | None = None) -> N: ...
@overload
def dot(ws: Sequence[Any], xs: Sequence[Any], bias: Any = None) -> Any: ...
def dot(ws: Sequence[Any], xs: Sequence[Any], bias: Any = None) -> Any:
    """Return Σ wᵢxᵢ (+ bias) as one node, however long: a whole neuron before its activation.

    >>> dot([1.0, 2.0], [3.0, 4.0], 0.5)
    11.5

    Raises ValueError if the lengths differ.
    """
    if len(ws) != len(xs):
        raise ValueError(f"dot: expected {len(ws)} inputs for {len(ws)} weights, got {len(xs)}")
    if not len(ws):  # an array has no truth
        return 0.0 if bias is None else bias
    return _dot(*ws, *xs) if bias is None else _dot(*ws, *xs, bias)


@of_many
def sum_of(xs: Iterable[Any]) -> Any:
    """Return Σ xᵢ as one node (0.0 when empty).

    >>> sum_of([1.0, 2.0, 3.0])
    6.0
    """
    operands = tuple(xs)
    return _sum(*operands) if operands else 0.0


@of_many
def mean_of(xs: Iterable[Any]) -> Any:
    """Return Σ xᵢ / n as one node.

    >>> mean_of([1.0, 2.0, 6.0])
    3.0

    Raises ValueError when empty.
    """
    return _mean(*_nonempty("mean_of", xs))


@of_many
def prod_of(xs: Iterable[Any]) -> Any:
    """Return Π xᵢ as one node (1.0 when empty).

    >>> prod_of([2.0, 3.0, 4.0])
    24.0
    """
    operands = tuple(xs)
    return _prod(*operands) if operands else 1.0


@of_many
def norm_of(xs: Iterable[Any]) -> Any:
    """Return √Σ xᵢ² as one node (0.0 when empty); it overflows only where the result does.

    >>> norm_of([2.0, 3.0, 6.0])
    7.0
    """
    operands = tuple(xs)
    return _norm(*operands) if operands else 0.0


@of_many
def max_of(xs: Iterable[Any]) -> Any:
    """Return the largest as one node. Raises ValueError when empty.

    >>> max_of([1.0, 3.0, 2.0])
    3.0
    """
    return _max(*_nonempty("max_of", xs))


@of_many
def min_of(xs: Iterable[Any]) -> Any:
    """Return the smallest as one node. Raises ValueError when empty.

    >>> min_of([2.0, 1.0, 3.0])
    1.0
    """
    return _min(*_nonempty("min_of", xs))


@of_many
def logsumexp(xs: Iterable[Any]) -> Any:
    """Return log Σ exp(xᵢ) as one node, shifted by the maximum so that it cannot overflow.

    >>> print(f"{logsumexp([1000.0, 1000.0]):.6f}")
    1000.693147

    Raises ValueError when empty.
    """
    return _lse(*_nonempty("logsumexp", xs))


@overload  # of a list of floats the first is taken, though it fits the second too
def softmax(xs: Iterable[float]) -> list[float]: ...  # type: ignore[overload-overlap]
@overload
def softmax(xs: Iterable[N | float]) -> list[N]: ...
@overload
def softmax(xs: Iterable[Any]) -> list[Any]: ...
def softmax(xs: Iterable[Any]) -> list[Any]:
    """Return the list exp(xᵢ) / Σ exp(xⱼ), shifted by the maximum so that it can neither overflow nor lose digits.

    >>> softmax([0.0, 0.0]), softmax([1e16, 1e16])
    ([0.5, 0.5], [0.5, 0.5])

    Raises ValueError when empty.
    """
    operands = _nonempty("softmax", xs)
    if all(x.__class__ is float for x in operands):
        return list(ieee.softmax(*operands))
    top = largest(operands)
    powers = [exp(x - top) for x in operands]
    total = sum_of(powers)
    return [div(e, total) for e in powers]


def largest(xs: Iterable[Any]) -> Any:
    """Return the maximum as a number to shift by, which has no gradient: a shift cancels.

    >>> largest([1.0, 3.0, 2.0])
    3.0

    Raises ValueError when empty.
    """
    return _tree(maximum, [frozen(x) for x in _nonempty("largest", xs)])


def _nonempty(name: str, xs: Iterable[Any]) -> tuple[Any, ...]:
    operands = tuple(xs)
    if not operands:
        raise ValueError(f"{name} needs at least one number, got none")
    return operands


FUNCTIONS.update(
    pow=pow,
    polygamma=polygamma,
    log_base=log_base,
    round=rint,
    stop_gradient=stop_gradient,
    leaky_relu=leaky_relu,
    elu=elu,
    max=maximum,
    min=minimum,
)
