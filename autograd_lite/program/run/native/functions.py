"""Every operation of the table as vector code: the value rule again, in instructions.

With this module, one can,

- write the value of an operation into a function body::

      b = Body(8)
      y = emit_operation(b, ops.tanh, ["%x"])

- put bodies together to the text of a module: ``link([function(...)], [b])``.

Results follow the table's own value rule, kinks, ties and edges included; those of exp, log, sin,
cos, tanh and what is made of them may differ from the C library's by a few units in the last place.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from .... import ops
from ....expression import exponent
from ....ops import Operation
from .body import Body
from .elementary import helpers, pair_type

Rule = Callable[..., str]
RULES: dict[str, Rule] = {}


def writes(op: Operation) -> bool:
    """Tell whether ``op`` has instructions of its own; the others are written as their definition.

    >>> writes(ops.tanh), writes(ops.power(3.0)), writes(ops.TABLE["sum"])
    (True, True, False)
    """
    return exponent(op) is not None or (ops.TABLE.get(op.name) is op and op.name in RULES)


def emit_operation(b: Body, op: Operation, operands: Sequence[str]) -> str:
    """Add the instructions for ``op`` of the named operands; return the name of the value.

    >>> b = Body(1)
    >>> emit_operation(b, ops.relu, ["%x"])
    '%t2'
    >>> print(b.text())
      %t1 = fcmp ugt double %x, 0x0000000000000000
      %t2 = select i1 %t1, double %x, double 0x0000000000000000

    Raises LookupError for an operation without instructions of its own.
    """
    n = exponent(op)
    if n is not None:
        return _power(b, operands[0], n)
    if not writes(op):
        raise LookupError(f"no machine code for {op!r}: only its definition has")
    return RULES[op.name](b, *operands)


def emit_pair(b: Body, name: str, x: str) -> tuple[str, str]:
    """Return sin x and cos x ("sincos"), or tanh x and 1/cosh² x ("tanh_sech2"), for little more than one of them."""
    b.helpers.add(name)
    pair = b.emit(f"call {pair_type(b)} @al_{name}_v{b.lanes}({b.vector} {x})")
    return b.emit(f"extractvalue {pair_type(b)} {pair}, 0"), b.emit(f"extractvalue {pair_type(b)} {pair}, 1")


def link(functions: Iterable[str], bodies: Iterable[Body], *, inline: bool = False) -> str:
    """Return the text of a module: these functions, the helpers their bodies called, and declarations.

    Each helper stands in it once per lane count. A function must not be named like one of the C library.
    """
    needed: dict[int, set[str]] = {}
    declarations: set[str] = set()
    for b in bodies:
        needed.setdefault(b.lanes, set()).update(b.helpers)
        declarations |= b.declarations
    texts = []
    for lanes, names in sorted(needed.items()):
        text, declared = helpers(names, lanes, inline=inline)
        texts.append(text)
        declarations |= declared
    return "\n".join([*sorted(declarations), *texts, *functions])


# ---------------------------------------------------------------- rules


def _rule(name: str) -> Callable[[Rule], Rule]:
    def add(rule: Rule) -> Rule:
        RULES[name] = rule
        return rule

    return add


def _truth(b: Body, mask: str) -> str:
    return b.select(mask, b.splat(1.0), b.splat(0.0))


RULES.update(
    greater=lambda b, x, y: _truth(b, b.compare("ogt", x, y)),
    greater_equal=lambda b, x, y: _truth(b, b.compare("oge", x, y)),
    equal=lambda b, x, y: _truth(b, b.compare("oeq", x, y)),
    identity=lambda b, x: x,
    add=Body.fadd,
    sub=Body.fsub,
    mul=Body.fmul,
    div=Body.fdiv,
    neg=Body.fneg,
    sqrt=lambda b, x: b.intrinsic("sqrt", x),
    abs=lambda b, x: b.intrinsic("fabs", x),
    floor=lambda b, x: b.intrinsic("floor", x),
    rint=lambda b, x: b.intrinsic("rint", x),
    where=lambda b, chosen, x, y: b.select(b.compare("une", chosen, b.splat(0.0)), x, y),  # nan counts as true
    relu=lambda b, x: b.select(b.compare("ugt", x, b.splat(0.0)), x, b.splat(0.0)),  # or nan
)


def _by_helper(name: str) -> Rule:
    return lambda b, x: b.call_helper(name, x)


def _by_library(name: str) -> Rule:
    return lambda b, *operands: b.call_scalar(name, *operands)


for _name in ("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "sinh", "cosh", "tanh",
              "sigmoid", "softplus"):  # fmt: skip
    RULES[_name] = _by_helper(_name)

for _name in ("cbrt", "asin", "acos", "atan", "atan2", "asinh", "acosh", "atanh",
              "erf", "erfc", "hypot", "pow", "fmod"):  # fmt: skip
    RULES[_name] = _by_library(_name)


def _reciprocal(b: Body, x: str) -> str:
    return b.fdiv(b.splat(1.0), x)


def _repeated_product(b: Body, x: str, n: int) -> str:
    """xⁿ by squaring, n ≥ 1; n − 1 factors lose at most (n − 1)/2 units in the last place."""
    result = ""
    while True:
        if n % 2:
            result = b.fmul(result, x) if result else x
        n //= 2
        if not n:
            return result
        x = b.fmul(x, x)


def _power(b: Body, x: str, n: float) -> str:
    """xⁿ for a constant n: by products where that is as good as ``pow``, else by ``pow``.

    The reciprocal comes first for negative n: 1/x² would lose the subnormal results to overflow.
    """
    if n == 0.0:
        return b.splat(1.0)
    if n in range(1, 9):
        return _repeated_product(b, x, int(n))
    if n in range(-4, 0):
        return _repeated_product(b, _reciprocal(b, x), int(-n))
    if abs(n) in (0.5, 1.5, 2.5):
        root = _root(b, x) if n > 0 else _reciprocal(b, _root(b, x))
        whole = int(abs(n))  # of |x|, as the power of −0 is 0, and of −∞ it is ∞
        return b.fmul(root, b.intrinsic("fabs", _power(b, x, math.copysign(whole, n)))) if whole else root
    return b.call_scalar("pow", x, b.splat(n))


def _root(b: Body, x: str) -> str:
    """x^½, which is 0 at −0 and inf at −inf, unlike sqrt."""
    root = b.fadd(b.intrinsic("sqrt", x), b.splat(0.0))
    return b.select(b.compare("oeq", x, b.splat(-math.inf)), b.splat(math.inf), root)


@_rule("sign")
def _sign(b: Body, x: str) -> str:
    negative = b.select(b.compare("olt", x, b.splat(0.0)), b.splat(-1.0), x)  # keeps nan and the sign of zero
    return b.select(b.compare("ogt", x, b.splat(0.0)), b.splat(1.0), negative)


@_rule("maximum")
def _maximum(b: Body, x: str, y: str) -> str:
    return b.select(b.mask_or(b.compare("oge", x, y), b.compare("uno", x, x)), x, y)


@_rule("minimum")
def _minimum(b: Body, x: str, y: str) -> str:
    return b.select(b.mask_or(b.compare("ole", x, y), b.compare("uno", x, x)), x, y)


@_rule("leaky_relu")
def _leaky_relu(b: Body, x: str, slope: str) -> str:
    return b.select(b.compare("ogt", x, b.splat(0.0)), x, b.fmul(slope, x))


@_rule("elu")
def _elu(b: Body, x: str, alpha: str) -> str:
    return b.select(b.compare("ogt", x, b.splat(0.0)), x, b.fmul(alpha, b.call_helper("expm1", x)))


@_rule("silu")
def _silu(b: Body, x: str) -> str:
    y = b.fmul(x, b.call_helper("sigmoid", x))
    return b.select(b.compare("oeq", x, b.splat(-math.inf)), b.splat(-0.0), y)  # the limit, not −inf·0


@_rule("gelu")
def _gelu(b: Body, x: str) -> str:
    tail = b.call_scalar("erfc", b.fmul(b.splat(-ops.SQRT_HALF), x))
    y = b.fmul(b.fmul(b.splat(0.5), x), tail)
    return b.select(b.compare("oeq", x, b.splat(-math.inf)), b.splat(-0.0), y)


@_rule("logaddexp")
def _logaddexp(b: Body, x: str, y: str) -> str:
    top = _maximum(b, x, y)
    distance = b.intrinsic("fabs", b.fsub(x, y))
    sum_ = b.fadd(top, b.call_helper("softplus", b.fneg(distance)))  # log(1 + exp(−distance))
    top_is_infinite = b.compare("oeq", b.intrinsic("fabs", top), b.splat(math.inf))
    return b.select(top_is_infinite, top, sum_)
