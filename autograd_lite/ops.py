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
from functools import lru_cache, reduce, wraps
from itertools import accumulate
from typing import Any
from weakref import WeakValueDictionary

from . import ieee
from .ieee import as_number as as_number
from .ieee import inf, nan

LN2, LN10, DEGREE = math.log(2.0), math.log(10.0), math.pi / 180.0
SQRT_HALF, TWO_OVER_SQRT_PI, INV_SQRT_2PI = math.sqrt(0.5), 2 / math.sqrt(math.pi), 1 / math.sqrt(2 * math.pi)

Interval = tuple[float, float]
REAL, POSITIVE = (-inf, inf), (0.0, inf)

TABLE: dict[str, Operation] = {}
# The functions a formula or a program may call, by the name a user writes.
FUNCTIONS: dict[str, Callable[..., Any]] = {}


class Operation:
    """One line of the table: a name, a value rule and a local-gradient rule.

    ``value(*operands)`` maps floats to a float; ``partials(out, *operands)`` gives ∂out/∂operand,
    one number for a unary operation, else a tuple. Without ``partials`` the operation is piecewise
    constant and yields plain numbers (a comparison).

    ``symbol`` is how it is written between operands, ``domain`` the open interval of each operand,
    ``kink`` a function of the operands that is zero where the gradient jumps or is infinite,
    ``note`` the convention taken there, ``formula`` the value in words of other operations where
    the name does not say it, ``routes`` says that a zero local gradient cuts the edge. ``definition``
    is the value in operations of the table, where ``value`` itself is not written so: what a back end, an export
    or a page without a form of its own for the operation computes;
    with ``shown``, a function too, symbols print the operation as that and not by its name.

        >>> cube = Operation("cube", lambda x: x * x * x, lambda out, x: 3.0 * x * x)
        >>> cube(2.0), cube.local_gradients(8.0, 2.0)
        (8.0, (12.0,))

    Raises TypeError where it is used, naming the rule, if a rule gives no number, or not one gradient
    for each operand.
    """

    __slots__ = (
        "name",
        "value",
        "partials",
        "symbol",
        "domain",
        "kink",
        "note",
        "formula",
        "routes",
        "definition",
        "shown",
        "arity",
        "origin",
        "__weakref__",
    )

    def __init__(
        self,
        name: str,
        value: Callable[..., float],
        partials: Callable[..., Any] | None,
        *,
        symbol: str = "",
        domain: Sequence[Interval] = (),
        kink: Callable[..., float] | None = None,
        note: str = "",
        formula: str = "",
        routes: bool = False,
        definition: Callable[..., Any] | None = None,
        shown: Callable[..., Any] | None = None,
        arity: int | None = None,
        origin: tuple[Callable[..., Any], tuple[Any, ...]] | None = None,
    ):
        if not isinstance(name, str):
            raise TypeError(
                f"the name of an operation is text, got {type(name).__name__}: Operation(name, value, rule)"
            )
        if not callable(value):
            raise TypeError(f"the value rule of {name!r} must be a function (*operands), got {type(value).__name__}")
        self.name, self.symbol = name, symbol or name
        self.kink, self.note, self.formula = kink, note, formula
        self.routes, self.origin = routes, origin
        self.definition, self.shown = definition or value, shown
        # A rule `lambda out, x, y` tells the number of operands; `lambda out, *xs` takes any (-1).
        if arity is None:
            code = getattr(partials, "__code__", None)
            if code is None:
                raise TypeError(f"the local-gradient rule of {name!r} must be a Python function (out, *operands)")
            arity = -1 if code.co_flags & 0x04 else code.co_argcount - 1
        self.arity = arity
        self.value = _giving_one_number(name, value)
        self.partials = None if partials is None else _giving_one_for_each(name, partials, arity)
        self.domain = tuple(domain) or (REAL,) * abs(arity)

    @property
    def operand_names(self) -> tuple[str, ...]:
        """The names the rule gives its operands: ``("x", "slope")``; ``("x1", "x2")`` if it takes any number."""
        if self.partials is None:
            return ("x", "y")[: self.arity]
        if self.arity < 0:
            return ("x1", "x2")
        rule: Any = getattr(self.partials, "__wrapped__", self.partials)
        names: tuple[str, ...] = rule.__code__.co_varnames[1 : self.arity + 1]
        return names

    def __call__(self, *operands: Any) -> Any:
        """Apply to numbers (giving a float) or to nodes or symbols (giving one of theirs)."""
        floats = True
        for operand in operands:
            if operand.__class__ is not float:
                apply = getattr(operand.__class__, "apply_operation", None)
                if apply is not None:
                    return apply(self, operands)
                floats = False
        if len(operands) != self.arity:
            self.check(operands)
        return self.value(*operands) if floats else self.value(*map(as_number, operands))

    def check(self, operands: Sequence[Any]) -> None:
        """Raise TypeError unless the number of operands is right."""
        if len(operands) != self.arity and not (self.arity < 0 and operands):
            raise TypeError(f"{self.name} takes {abs(self.arity)} operand(s), got {len(operands)}")

    def local_gradients(self, out: Any, *operands: Any) -> tuple[Any, ...]:
        """Return ∂out/∂operand for every operand, as a tuple also when there is one."""
        if self.partials is None:
            return (0.0,) * len(operands)
        partials = self.partials(out, *operands)
        return (partials,) if self.arity == 1 else partials

    def __repr__(self) -> str:
        return f"<operation {self.name}>"

    def __str__(self) -> str:
        return self.symbol

    def __reduce__(self) -> Any:
        """Pickle by name: a line of the table, or a constant power."""
        if self.origin is not None:
            return self.origin
        if TABLE.get(self.name) is self:
            return operation, (self.name,)
        if SLOPES.get(self.name) is self:
            return _slope_named, (self.name,)
        raise TypeError(
            f"cannot pickle or copy a graph that uses the user-defined operation {self.name!r}; "
            "save the numbers (state_dict, .data) instead"
        )

    def __deepcopy__(self, memo: dict[int, Any]) -> Operation:
        return self  # a rule has no state to share


class _Choice(Operation):
    """``where``: it refuses what ``~`` makes of a bool, −1 of False and −2 of True, as both count as true."""

    __slots__ = ()

    def __call__(self, *operands: Any) -> Any:
        if operands and operands[0].__class__ is int and operands[0] in (-1, -2):
            raise TypeError(
                f"{self.name}: the condition is {operands[0]}, which is what Python makes of ~True or ~False, and "
                f"counts as true; write {self.name}(condition, b, a) the other way round, or equal(condition, 0)"
            )
        return super().__call__(*operands)


def operation(name: str) -> Operation:
    """Return the line of the table with that name. Raises KeyError if there is none.

    >>> operation("tanh")
    <operation tanh>
    """
    return TABLE[name]


def _giving_one_number(name: str, value: Callable[..., Any]) -> Callable[..., float]:
    """Hold a value rule to its promise: of numbers, one float. What it makes of tracers or arrays is theirs."""

    @wraps(value)
    def checked(*operands: Any) -> Any:
        out = value(*operands)
        return out if out.__class__ is float else _as_float(f"the value rule of {name!r}", out, operands)

    return checked


def _giving_one_for_each(name: str, partials: Callable[..., Any], arity: int) -> Callable[..., Any]:
    """Hold a local-gradient rule to its promise: one number of one operand, else a tuple of one for each."""

    @wraps(partials)
    def checked(out: Any, *operands: Any) -> Any:
        found, rule = partials(out, *operands), f"the local-gradient rule of {name!r}"
        if arity == 1:
            if isinstance(found, (tuple, list)):
                raise TypeError(f"{rule} must return one number, as there is one operand, got a {type(found).__name__}")
            return found if found.__class__ is float else _as_float(rule, found, (out, *operands))
        if not isinstance(found, (tuple, list)):
            raise TypeError(f"{rule} must return a tuple of {len(operands)} numbers, got {type(found).__name__}")
        if len(found) != len(operands):
            raise TypeError(f"{rule} must return {len(operands)} numbers, one per operand, got {len(found)}")
        return tuple([g if g.__class__ is float else _as_float(rule, g, (out, *operands)) for g in found])

    return checked


def _as_float(rule: str, found: Any, operands: Sequence[Any]) -> Any:
    of_numbers = all(isinstance(x, (int, float)) for x in operands)
    if not of_numbers and found is not None and not isinstance(found, (str, complex)):
        return found  # a node, a symbol, an array
    try:
        return as_number(found)
    except TypeError as problem:
        raise TypeError(f"{rule}, at {operands}: {problem}") from None


def _trusted(line: Operation) -> Operation:
    """Return ``line`` without a look at what its rules return: those of this file are tested, and asked often."""
    line.value = line.value.__wrapped__  # type: ignore[attr-defined]
    line.partials = getattr(line.partials, "__wrapped__", None)
    return line


# Slopes whose derivatives, taken of what they print, would meet inf·0 or lose digits: operations like those of the
# table, with a rule of their own, but without a name to write.
SLOPES: dict[str, Operation] = {}


def _slope(name: str, value: Callable[..., float], partials: Callable[..., Any], **facts: Any) -> Operation:
    """Add one slope; ``shown`` is how it prints, and its definition unless there is one."""
    facts.setdefault("definition", facts["shown"])
    SLOPES[name] = slope = _trusted(Operation(name, value, partials, **facts))
    return slope


def _slope_named(name: str) -> Operation:
    return SLOPES[name]


def _line(
    name: str,
    value: Callable[..., float],
    partials: Callable[..., Any] | None,
    *,
    kind: type[Operation] = Operation,
    **facts: Any,
) -> Operation:
    """Add one line to the table."""
    TABLE[name] = line = _trusted(kind(name, value, partials, **facts))
    if line.arity:
        FUNCTIONS[name] = line
    return line


# ---------------------------------------------------------------- the table
# fmt: off

# Lines and slopes that rules above them use.
absolute: Operation
base_slope: Operation
bounded: Operation
cos: Operation
cosh: Operation
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
greater = _line("greater", lambda x, y: 1.0 if x > y else 0.0, None, symbol=">", arity=2, formula="1 if x > y else 0")
greater_equal = _line("greater_equal", lambda x, y: 1.0 if x >= y else 0.0, None, symbol="≥", arity=2,
                      formula="1 if x ≥ y else 0")
equal = _line("equal", lambda x, y: 1.0 if x == y else 0.0, None, symbol="=", arity=2, formula="1 if x = y else 0")

# A plain number among the operands of a node: a leaf that is not an input.
constant = _line("constant", lambda: nan, None, arity=0)

# Arithmetic
identity = _line("identity", lambda x: x, lambda out, x: 1.0, formula="x")
add = _line("add", operator.add, lambda out, x, y: (1.0, 1.0), symbol="+")
sub = _line("sub", operator.sub, lambda out, x, y: (1.0, -1.0), symbol="−")
mul = _line("mul", operator.mul, lambda out, x, y: (y, x), symbol="×")
div = _line("div", ieee.div, lambda out, x, y: (div(1.0, y), -div(out, y)), symbol="/",
            kink=lambda x, y: y, note="1/0 is inf, 0/0 is nan; ∂/∂y is −(x/y)/y because y² may overflow")
neg = _line("neg", operator.neg, lambda out, x: -1.0, symbol="−")
reciprocal = _line("reciprocal", lambda x: div(1.0, x), lambda out, x: -square(out), kink=lambda x: x,
                   note="1/0 is inf with gradient −inf", formula="1/x")
square = _line("square", lambda x: x * x, lambda out, x: 2.0 * x, formula="x²")
_pow_line = _line("pow", ieee.pow, lambda out, x, y: (base_slope(x, y), exponent_slope(x, y)),
                  symbol="^", domain=(POSITIVE, REAL), kink=lambda x, y: x,
                  note="∂/∂y is 0 at base 0 and nan for a negative base; x⁰ has ∂/∂x = 0")

# Exponentials and logarithms
exp = _line("exp", ieee.total(math.exp), lambda out, x: out)
expm1 = _line("expm1", ieee.total(math.expm1), lambda out, x: exp(x), formula="exp(x) − 1")
exp2 = _line("exp2", lambda x: ieee.pow(2.0, x), lambda out, x: out * LN2, formula="2^x",
             definition=lambda x: _pow_line(2.0, x))
log = _line("log", ieee.log_with(math.log), lambda out, x: div(1.0, x), domain=(POSITIVE,), kink=lambda x: x,
            note="log(0) is −inf with gradient inf; below 0 nan, with gradient 1/x")
log1p = _line("log1p", ieee.log_with(math.log1p, -1.0), lambda out, x: div(1.0, 1.0 + x), domain=((-1.0, inf),),
              kink=lambda x: 1.0 + x, note="log1p(−1) is −inf with gradient inf; below nan, with gradient 1/(1 + x)",
              formula="log(1 + x)")
log2 = _line("log2", ieee.log_with(math.log2), lambda out, x: div(1.0 / LN2, x), domain=(POSITIVE,), kink=lambda x: x,
             note="as log")
log10 = _line("log10", ieee.log_with(math.log10), lambda out, x: div(1.0 / LN10, x), domain=(POSITIVE,),
              kink=lambda x: x, note="as log")
sqrt = _line("sqrt", ieee.total(math.sqrt), lambda out, x: div(0.5, out), domain=(POSITIVE,), kink=lambda x: x,
             note="sqrt(0) has gradient inf; below 0 both are nan")
rsqrt = _line("rsqrt", lambda x: div(1.0, sqrt(x)), lambda out, x: -0.5 * div(out, x), domain=(POSITIVE,),
              kink=lambda x: x, note="rsqrt(0) is inf with gradient −inf; below 0 both are nan", formula="1/√x")
cbrt = _line("cbrt", ieee.cbrt, lambda out, x: div(div(1.0, out), 3.0 * out), kink=lambda x: x,
             note="gradient inf at 0; 1/∛x/(3∛x), as a square would underflow", formula="∛x")

# Staircases: the gradient is 0 everywhere, also at the steps. 2⁵² has no room for a fraction: adding it rounds.
rint = _line("rint", ieee.nearest, lambda out, x: 0.0, kink=lambda x: x - ieee.floor(x) - 0.5,
              note="half to even; gradient 0 everywhere", formula="the nearest integer",
              definition=lambda x: where(greater(2.0**52, absolute(x)), sign(x) * (absolute(x) + 2.0**52 - 2.0**52), x))
floor = _line("floor", ieee.floor, lambda out, x: 0.0, kink=lambda x: x - ieee.nearest(x),
              note="gradient 0 everywhere", formula="the largest integer ≤ x",
              definition=lambda x: rint(x) - greater(rint(x), x))
ceil = _line("ceil", lambda x: -floor(-x), lambda out, x: 0.0, kink=lambda x: x - ieee.nearest(x),
             note="gradient 0 everywhere", formula="the smallest integer ≥ x")
trunc = _line("trunc", lambda x: sign(x) * floor(absolute(x)), lambda out, x: 0.0,
              kink=lambda x: x - ieee.nearest(x) if abs(x) > 0.5 else 1.0,
              note="towards 0; gradient 0 everywhere", formula="x without its fraction")

# Trigonometry
sin = _line("sin", ieee.total(math.sin), lambda out, x: cos(x))
cos = _line("cos", ieee.total(math.cos), lambda out, x: -sin(x))
tan = _line("tan", ieee.total(math.tan), lambda out, x: 1.0 + square(out), kink=lambda x: math.cos(x),
            note="poles at π/2 + kπ")
deg2rad = _line("deg2rad", lambda x: x * DEGREE, lambda out, x: DEGREE, formula="x·π/180")
rad2deg = _line("rad2deg", lambda x: x * (1.0 / DEGREE), lambda out, x: 1.0 / DEGREE, formula="x·180/π")
asin = _line("asin", ieee.total(math.asin), lambda out, x: div(1.0, sqrt(one_minus_square(x))),
             domain=((-1.0, 1.0),), kink=lambda x: 1.0 - x * x, note="gradient inf at ±1; outside both are nan")
acos = _line("acos", ieee.total(math.acos), lambda out, x: -div(1.0, sqrt(one_minus_square(x))),
             domain=((-1.0, 1.0),), kink=lambda x: 1.0 - x * x, note="gradient −inf at ±1; outside both are nan")
atan = _line("atan", math.atan, lambda out, x: square(direction(1.0, x)))
atan2 = _line("atan2", math.atan2, lambda out, y, x: (_over(direction(x, y), hypot(x, y)),
                                                   _over(-direction(y, x), hypot(x, y))),
              kink=lambda y, x: math.hypot(x, y), note="gradients 0, 0 at the origin",
              formula="the angle of the point (x, y)")

# Hyperbolic functions
sinh = _line("sinh", ieee.total(math.sinh, overflow=lambda x: math.copysign(inf, x)), lambda out, x: cosh(x))
cosh = _line("cosh", ieee.total(math.cosh), lambda out, x: sinh(x))
tanh = _line("tanh", math.tanh, lambda out, x: sech2(x),
             note="1/cosh² equals 1 − tanh², and keeps its digits where tanh rounds to 1")
asinh = _line("asinh", math.asinh, lambda out, x: direction(1.0, x))
acosh = _line("acosh", ieee.total(math.acosh), lambda out, x: div(div(1.0, sqrt(x - 1.0)), sqrt(x + 1.0)),
              domain=((1.0, inf),), kink=lambda x: x - 1.0, note="gradient inf at 1; below both are nan")
atanh = _line("atanh", ieee.atanh, lambda out, x: div(1.0, one_minus_square(x)), domain=((-1.0, 1.0),),
              kink=lambda x: 1.0 - x * x, note="±inf at ±1, gradient inf; outside nan, with gradient 1/(1 − x²)")

# Activations
absolute = _line("abs", abs, lambda out, x: sign(x), kink=lambda x: x, note="gradient 0 at 0")
sign = _line("sign", ieee.sign, lambda out, x: 0.0, kink=lambda x: x, note="sign(0) is 0; gradient 0 everywhere",
             formula="−1, 0 or 1",
             definition=lambda x: where(greater(x, 0.0), 1.0, where(greater(0.0, x), -1.0, x)))
relu = _line("relu", lambda x: x if x > 0.0 or x != x else 0.0, lambda out, x: greater(x, 0.0), kink=lambda x: x,
             note="gradient 0 at 0", formula="max(x, 0)",
             definition=lambda x: where(greater_equal(0.0, x), 0.0, x))
_leaky = _line("leaky_relu", lambda x, slope: x if x > 0.0 else slope * x,
               lambda out, x, slope: (where(greater(x, 0.0), 1.0, slope), where(greater(x, 0.0), 0.0, x)),
               kink=lambda x, slope: x, note="the slope's side at 0", formula="x if x > 0 else slope·x",
               definition=lambda x, slope: where(greater(x, 0.0), x, slope * x))
_elu = _line("elu", lambda x, alpha: x if x > 0.0 else alpha * math.expm1(x),
             lambda out, x, alpha: (where(greater(x, 0.0), 1.0, alpha * exp(x)),
                                    where(greater(x, 0.0), 0.0, expm1(x))),
             kink=lambda x, alpha: x, note="gradient α at 0", formula="x if x > 0 else α·(exp(x) − 1)",
             definition=lambda x, alpha: where(greater(x, 0.0), x, alpha * expm1(x)))
sigmoid = _line("sigmoid", ieee.sigmoid, lambda out, x: logistic_density(x),
                note="σ(−x) is 1 − σ(x), and keeps its digits where σ rounds to 1", formula="1/(1 + exp(−x))",
                definition=lambda x: where(greater_equal(x, 0.0), 1.0, exp(x)) / (1.0 + exp(-absolute(x))))
softplus = _line("softplus", ieee.softplus, lambda out, x: sigmoid(x), formula="log(1 + exp(x))",
                 definition=lambda x: maximum(x, 0.0) + log1p(exp(-absolute(x))))
logsigmoid = _line("logsigmoid", lambda x: -ieee.softplus(-x), lambda out, x: sigmoid(-x), formula="−log(1 + exp(−x))",
                   definition=lambda x: -softplus(-x))
silu = _line("silu", lambda x: x * ieee.sigmoid(x) if x != -inf else -0.0,
             lambda out, x: sigmoid(x) + bounded(x) * logistic_density(x), formula="x·σ(x)",
             definition=lambda x: where(equal(x, -inf), -0.0, x * sigmoid(x)))
mish = _line("mish", lambda x: where(equal(x, -inf), -0.0, x * tanh(softplus(x))),
             lambda out, x: tanh(softplus(x)) + bounded(x) * (sech2(softplus(x)) * sigmoid(x)),
             formula="x·tanh(softplus(x))")
softsign = _line("softsign", lambda x: where(equal(absolute(x), inf), sign(x), div(x, 1.0 + absolute(x))),
                 lambda out, x: square(div(1.0, 1.0 + absolute(x))), formula="x/(1 + |x|)")
erf = _line("erf", math.erf, lambda out, x: TWO_OVER_SQRT_PI * gaussian(x), formula="2/√π ∫₀ˣ exp(−t²) dt")
erfc = _line("erfc", math.erfc, lambda out, x: -TWO_OVER_SQRT_PI * gaussian(x), formula="1 − erf(x)")
gelu = _line("gelu", lambda x: 0.5 * x * math.erfc(-SQRT_HALF * x) if x != -inf else -0.0,
             lambda out, x: 0.5 * erfc(-SQRT_HALF * x) + INV_SQRT_2PI * bounded(x) * gaussian(SQRT_HALF * x),
             formula="x·Φ(x), Φ the normal distribution",
             definition=lambda x: where(equal(x, -inf), -0.0, 0.5 * x * erfc(-SQRT_HALF * x)))

# Several operands
maximum = _line("maximum", ieee.maximum, lambda out, x, y: (greater(x, y) + 0.5 * equal(x, y),
                                                        greater(y, x) + 0.5 * equal(x, y)),
                kink=lambda x, y: x - y, note="½ to each side at a tie", formula="the larger",
                definition=lambda x, y: where(greater_equal(x, y), x, where(equal(x, x), y, x)))
minimum = _line("minimum", ieee.minimum, lambda out, x, y: (greater(y, x) + 0.5 * equal(x, y),
                                                        greater(x, y) + 0.5 * equal(x, y)),
                kink=lambda x, y: x - y, note="½ to each side at a tie", formula="the smaller",
                definition=lambda x, y: where(greater_equal(y, x), x, where(equal(x, x), y, x)))
clip = _line("clip", ieee.clip, lambda out, x, low, high: (greater_equal(x, low) * greater_equal(high, x),
                                                       greater(low, x) * greater_equal(high, low),
                                                       greater(maximum(x, low), high)),
             kink=lambda x, low, high: (x - low) * (x - high) * (low - high),
             note="gradient 1 on the closed interval; high wins if low is above it",
             formula="min(max(x, low), high)",
             definition=lambda x, low, high: minimum(maximum(x, low), high))
where = _line("where", lambda chosen, x, y: x if chosen else y,
              lambda out, chosen, x, y: (0.0, 1.0 - equal(chosen, 0.0), equal(chosen, 0.0)), kind=_Choice, routes=True,
              note="the branch not taken gets no gradient at all, so an inf inside it does no harm; for not c write "
                   "equal(c, 0): Python's ~c is refused",
              formula="x if chosen else y")
hypot = _line("hypot", math.hypot, lambda out, x, y: (direction(x, y), direction(y, x)),
              kink=lambda x, y: math.hypot(x, y), note="gradients 0, 0 at the origin", formula="√(x² + y²)")
logaddexp = _line("logaddexp", ieee.logaddexp, lambda out, x, y: (sigmoid(x - y), sigmoid(y - x)),
                  formula="log(exp(x) + exp(y))",
                  definition=lambda x, y: _logaddexp(maximum(x, y), exp(-absolute(x - y))))
logaddexp2 = _line("logaddexp2", lambda x, y: _logaddexp(maximum(x, y), exp2(-absolute(x - y)), LN2),
                   lambda out, x, y: (sigmoid(LN2 * (x - y)), sigmoid(LN2 * (y - x))), formula="log2(2^x + 2^y)")

# Any number of operands, as one node
_sum = _line("sum", lambda *xs: ieee.added(xs), lambda out, *xs: (1.0,) * len(xs), formula="x₁ + x₂ + …",
             definition=lambda *xs: _tree(add, xs))
_mean = _line("mean", lambda *xs: ieee.added(xs) / len(xs), lambda out, *xs: (1.0 / len(xs),) * len(xs),
              formula="(x₁ + x₂ + …)/n", definition=lambda *xs: div(_tree(add, xs), float(len(xs))))
_dot = _line("dot", ieee.dot, lambda out, *wx: _swap_halves(wx), formula="w₁x₁ + w₂x₂ + … + b",
             definition=lambda *wx: _tree(add, _products(wx)))
_lse = _line("logsumexp", ieee.logsumexp, lambda out, *xs: tuple(softmax(xs)),
             formula="log(exp(x₁) + exp(x₂) + …)", definition=lambda *xs: _tree(logaddexp, xs))
_prod = _line("prod_of", lambda *xs: math.prod(xs), lambda out, *xs: _products_of_others(xs), formula="x₁·x₂·…",
              note="the gradient is the product of the others, right at zeros", definition=lambda *xs: _tree(mul, xs))
_norm = _line("norm_of", lambda *xs: _tree(math.hypot, (*xs, 0.0)), lambda out, *xs: tuple([_over(x, out) for x in xs]),
              kink=lambda *xs: math.hypot(*xs), note="gradient 0 at the origin", formula="√(x₁² + x₂² + …)",
              definition=lambda *xs: _tree(hypot, (*xs, 0.0)))
_max = _line("max_of", lambda *xs: reduce(ieee.maximum, xs), lambda out, *xs: _shares(out, xs),
             kink=lambda *xs: _gap(xs), note="1/k to each of k at a tie", formula="the largest",
             definition=lambda *xs: _tree(maximum, xs))
_min = _line("min_of", lambda *xs: reduce(ieee.minimum, xs), lambda out, *xs: _shares(out, xs),
             kink=lambda *xs: _gap([-x for x in xs]), note="1/k to each of k at a tie", formula="the smallest",
             definition=lambda *xs: _tree(minimum, xs))

# Slopes. The rule of each is bounded where it is: at any order there are only products of bounded numbers.
sech2 = _slope("sech²", ieee.sech2, lambda out, x: -2.0 * (out * tanh(x)),
               definition=lambda x: square(div(1.0, cosh(x))), shown=lambda x: div(1.0, square(cosh(x))))
logistic_density = _slope("σ′", ieee.logistic_density, lambda out, x: -(out * tanh(0.5 * x)),
                          shown=lambda x: sigmoid(x) * sigmoid(-x))
gaussian = _slope("exp(−x²)", lambda x: math.exp(-x * x), lambda out, x: -2.0 * (bounded(x) * out),
                  shown=lambda x: exp(-square(x)))
one_minus_square = _slope("1−x²", lambda x: (1.0 - x) * (1.0 + x), lambda out, x: -2.0 * x,
                          shown=lambda x: (1.0 - x) * (1.0 + x))
direction = _slope("x/√(x²+y²)", ieee.direction, lambda out, x, y: _turn(out, direction(y, x), hypot(x, y)),
                   definition=lambda x, y: _direction(x, y), shown=lambda x, y: _shown_direction(x, y))
base_slope = _slope("y·x^(y−1)", ieee.base_slope,
                    lambda out, x, y: (where(equal(y, 0.0), 0.0, y * base_slope(x, y - 1.0)),
                                       pow(x, y - 1.0) + y * exponent_slope(x, y - 1.0)),
                    definition=lambda x, y: _base_slope(x, y),
                    shown=lambda x, y: where(equal(y, 0.0), 0.0, y * pow(x, y - 1.0)))
exponent_slope = _slope("x^y·log(x)", ieee.exponent_slope,
                        lambda out, x, y: (pow(x, y - 1.0) + y * exponent_slope(x, y - 1.0),
                                           where(equal(out, 0.0), 0.0, out * log(x))),
                        definition=lambda x, y: _exponent_slope(pow(x, y), x),
                        shown=lambda x, y: where(equal(x, 0.0), 0.0, pow(x, y) * log(x)))
# x beside a factor that has vanished beyond ±800: inf·0 is 0 there
bounded = _slope("bounded", lambda x: ieee.clip(x, -800.0, 800.0), lambda out, x: equal(out, x),
                 definition=lambda x: clip(x, -800.0, 800.0), shown=lambda x: x)
# The number without its gradient: nothing flows back through it.
frozen = SLOPES["frozen"] = _trusted(Operation("frozen", lambda x: x, None, arity=1, shown=lambda x: x))
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
    return tuple([div(each, sum_of(chosen)) for each in chosen])


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
    return _powers.setdefault(n, _trusted(line))


def pow(x: Any, y: Any) -> Any:
    """Return ``x ** y``; a constant exponent makes a unary operation, so no log(x) is ever taken.

    >>> pow(2.0, 3.0)
    8.0
    """
    if isinstance(y, (int, float)) and y - y == 0:
        return power(float(y))(x)
    return _pow_line(x, y)


def log_base(x: Any, base: Any) -> Any:
    """Return the logarithm of x to a base, which may be a Value too.

    >>> log_base(8.0, 2.0), log_base(1000.0, 10.0), log_base(9.0, 3.0)
    (3.0, 3.0, 2.0)
    """
    if isinstance(base, (int, float)) and base in (2, 10):  # exact at the powers of the base
        return (log2 if base == 2 else log10)(x)
    return div(log(x), log(base))


def leaky_relu(x: Any, slope: Any = 0.01) -> Any:
    """Return x for positive x, else ``slope * x``; the slope may be learned (a Value).

    >>> leaky_relu(-2.0)
    -0.02
    """
    return _leaky(x, slope)


def elu(x: Any, alpha: Any = 1.0) -> Any:
    """Return x for positive x, else ``alpha * expm1(x)``.

    >>> elu(3.0)
    3.0
    """
    return _elu(x, alpha)


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


def sum_of(xs: Iterable[Any]) -> Any:
    """Return Σ xᵢ as one node (0.0 when empty).

    >>> sum_of([1.0, 2.0, 3.0])
    6.0
    """
    operands = tuple(xs)
    return _sum(*operands) if operands else 0.0


def mean_of(xs: Iterable[Any]) -> Any:
    """Return Σ xᵢ / n as one node.

    >>> mean_of([1.0, 2.0, 6.0])
    3.0

    Raises ValueError when empty.
    """
    return _mean(*_nonempty("mean_of", xs))


def prod_of(xs: Iterable[Any]) -> Any:
    """Return Π xᵢ as one node (1.0 when empty).

    >>> prod_of([2.0, 3.0, 4.0])
    24.0
    """
    operands = tuple(xs)
    return _prod(*operands) if operands else 1.0


def norm_of(xs: Iterable[Any]) -> Any:
    """Return √Σ xᵢ² as one node (0.0 when empty); it overflows only where the result does.

    >>> norm_of([2.0, 3.0, 6.0])
    7.0
    """
    operands = tuple(xs)
    return _norm(*operands) if operands else 0.0


def max_of(xs: Iterable[Any]) -> Any:
    """Return the largest as one node. Raises ValueError when empty.

    >>> max_of([1.0, 3.0, 2.0])
    3.0
    """
    return _max(*_nonempty("max_of", xs))


def min_of(xs: Iterable[Any]) -> Any:
    """Return the smallest as one node. Raises ValueError when empty.

    >>> min_of([2.0, 1.0, 3.0])
    1.0
    """
    return _min(*_nonempty("min_of", xs))


def logsumexp(xs: Iterable[Any]) -> Any:
    """Return log Σ exp(xᵢ) as one node, shifted by the maximum so that it cannot overflow.

    >>> print(f"{logsumexp([1000.0, 1000.0]):.6f}")
    1000.693147

    Raises ValueError when empty.
    """
    return _lse(*_nonempty("logsumexp", xs))


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
    return reduce(maximum, map(frozen, _nonempty("largest", xs)))


def _nonempty(name: str, xs: Iterable[Any]) -> tuple[Any, ...]:
    operands = tuple(xs)
    if not operands:
        raise ValueError(f"{name} needs at least one number, got none")
    return operands


FUNCTIONS.update(pow=pow, log_base=log_base, round=rint, leaky_relu=leaky_relu, elu=elu, max=maximum, min=minimum)
