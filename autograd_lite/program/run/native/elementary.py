"""exp, log, sin, cos, tanh and their relatives as branch-free vector code.

Each function reduces its argument to a small interval and evaluates a polynomial there, for all
lanes at once; results are within 4 units in the last place (most within 2) on every float, the
subnormal ones, ±0, ±inf and nan included. Sine, cosine and tangent of arguments beyond 10⁵ call the
C library lane by lane.

Nothing needs a fused multiply-add to be right: the constants that are multiplied by an integer k
have trailing zero bits, so that the product is exact (Cody & Waite, *Software Manual for the
Elementary Functions*, 1980). Where a processor has the instruction, results are a little better.

Sources: the reductions of exp, log and log1p, and the coefficients of log, sin and cos, are those
of fdlibm (Sun Microsystems 1993: e_exp.c, e_log.c, s_log1p.c, k_sin.c, k_cos.c), which states their
errors; expm1 is its Taylor series; evaluation is by Estrin's scheme.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from .body import ATTRIBUTES, PURE, Body

LN2, LOG2_E, LOG10_E = math.log(2), math.log2(math.e), math.log10(math.e)
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10  # fdlibm; HIGH has 32 bits
LOG10_2_HIGH, LOG10_2_LOW = 3.01029995663611771306e-01, 3.69423907715893078616e-13  # fdlibm e_log10.c

# 1.5·2⁵²: adding it rounds |x| < 2⁵¹ to an integer, which then stands in the low bits of the sum.
ROUND = 6755399441055744.0
EXPONENT_BIAS, MANTISSA_BITS, MANTISSA_MASK = 1023, 52, 0x000FFFFFFFFFFFFF


# ---------------------------------------------------------------- exponentials

# (exp(r) − 1 − r)/r² on |r| ≤ ln(2)/2: the Taylor series; what is left out is below 2⁻⁵⁸ of r.
_EXPM1 = [1 / math.factorial(n) for n in range(2, 14)]


def _clamp_above(b: Body, x: str, bound: float) -> str:
    """Return min(x, bound), nan for nan."""
    return b.select(b.compare("ogt", x, b.splat(bound)), b.splat(bound), x)


def _clamp_below(b: Body, x: str, bound: float) -> str:
    return b.select(b.compare("olt", x, b.splat(bound)), b.splat(bound), x)


def _reduce(b: Body, x: str, *, bias: int) -> tuple[str, str, str]:
    """Split x = k·ln 2 + r with |r| ≤ ln(2)/2; return exp(r) − 1, k, and the bits of k + bias as an integer."""
    rounded = b.fma(x, b.splat(LOG2_E), b.splat(ROUND + bias))
    k = b.fsub(rounded, b.splat(ROUND + bias))
    r = b.fma(k, b.splat(-LN2_HIGH), x)
    r = b.fma(k, b.splat(-LN2_LOW), r)
    return _expm1_polynomial(b, r), k, b.bits(rounded)


def _expm1_polynomial(b: Body, r: str) -> str:
    return b.fma(b.fmul(r, r), b.polynomial(r, _EXPM1), r)


def _power_of_two(b: Body, biased: str) -> str:
    """Return 2ᵏ for −1023 ≤ k < 1024 from an integer whose low bits are k + 1023, by moving them to the exponent."""
    return b.from_bits(b.integer_op("shl", biased, b.splat_integer(MANTISSA_BITS)))


def _scale(b: Body, y: str, k: str, biased: str) -> str:
    """Return y·2ᵏ for any k: half of it at a time, so that only the last step rounds, overflows or underflows.

    The low bits of the integer ``biased`` are those of k + 2·1023; the double ``k`` need only be near it.
    """
    first = b.bits(b.fma(k, b.splat(0.5), b.splat(ROUND + EXPONENT_BIAS)))
    rest = b.integer_op("sub", biased, first)
    return b.fmul(b.fmul(y, _power_of_two(b, first)), _power_of_two(b, rest))


def _exp(b: Body, x: str, *, offset: int = 0) -> str:
    """exp(x)·2^offset."""
    x = _clamp_below(b, _clamp_above(b, x, 712.0), -746.0)
    p, k, biased = _reduce(b, x, bias=2 * EXPONENT_BIAS + offset)
    return _scale(b, b.fadd(p, b.splat(1.0)), k, biased)


def _exp2(b: Body, x: str) -> str:
    x = _clamp_below(b, _clamp_above(b, x, 1025.0), -1080.0)
    rounded = b.fadd(x, b.splat(ROUND + 2 * EXPONENT_BIAS))
    k = b.fsub(rounded, b.splat(ROUND + 2 * EXPONENT_BIAS))
    p = _expm1_polynomial(b, b.fmul(b.fsub(x, k), b.splat(LN2)))
    return _scale(b, b.fadd(p, b.splat(1.0)), k, b.bits(rounded))


def _expm1(b: Body, x: str, *, offset: int = 0) -> str:
    """(exp(x) − 1)·2^offset = (p + (1 − 2⁻ᵏ))·2^(k + offset), p = exp(r) − 1."""
    y = _clamp_below(b, _clamp_above(b, x, 712.0), -40.0)
    p, k, biased = _reduce(b, y, bias=2 * EXPONENT_BIAS + offset)
    minus_k = b.bits(b.fsub(b.splat(ROUND + EXPONENT_BIAS), _clamp_above(b, k, 1000.0)))
    y = b.fadd(p, b.fsub(b.splat(1.0), _power_of_two(b, minus_k)))
    return b.intrinsic("copysign", _scale(b, y, k, biased), x)


def _sinh(b: Body, x: str) -> str:
    """(e + e/(e + 1))/2 with e = expm1(|x|); e/2 is computed as such, because e overflows first."""
    half = _expm1(b, b.intrinsic("fabs", x), offset=-1)
    e = b.fadd(half, half)
    y = b.fadd(half, b.fdiv(half, b.fadd(e, b.splat(1.0))))
    large = b.compare("ogt", half, b.splat(1e300))  # inf/inf
    return b.intrinsic("copysign", b.select(large, half, y), x)


def _cosh(b: Body, x: str) -> str:
    """e/2 + 1/(2e) with e = exp(|x|)."""
    half = _exp(b, b.intrinsic("fabs", x), offset=-1)
    return b.fadd(half, b.fdiv(b.splat(0.25), half))


def _tanh(b: Body, x: str) -> str:
    """e/(e + 2) with e = expm1(2|x|); from 20 on it rounds to 1."""
    a = _clamp_above(b, b.intrinsic("fabs", x), 20.0)
    p, _, biased = _reduce(b, b.fadd(a, a), bias=EXPONENT_BIAS)
    scale = _power_of_two(b, biased)
    e = b.fma(scale, p, b.fsub(scale, b.splat(1.0)))
    return b.intrinsic("copysign", b.fdiv(e, b.fadd(e, b.splat(2.0))), x)


def _tanh_sech2(b: Body, x: str) -> str:
    """tanh(x) = e/(e + 2) and 1/cosh²(x) = 4(e + 1)/(e + 2)² with e = expm1(2|x|)."""
    size = b.intrinsic("fabs", x)
    a = _clamp_above(b, size, 354.0)
    p, _, biased = _reduce(b, b.fadd(a, a), bias=EXPONENT_BIAS)
    scale = _power_of_two(b, biased)
    e = b.fma(scale, p, b.fsub(scale, b.splat(1.0)))
    inverse = b.fdiv(b.splat(1.0), b.fadd(e, b.splat(2.0)))
    slope = b.fmul(b.fmul(b.fadd(e, b.splat(1.0)), inverse), b.fmul(b.splat(4.0), inverse))
    vanished = b.compare("ogt", size, b.splat(355.0))  # subnormal from here on, and not worth a second exponential
    slope = b.select(vanished, b.splat(0.0), slope)
    return _pair(b, b.intrinsic("copysign", b.fmul(e, inverse), x), slope)


# ---------------------------------------------------------------- logarithms

# fdlibm e_log.c, Lg1 … Lg7: log(1 + f) = f − f²/2 + s·(f²/2 + R), s = f/(2 + f), R = s²·(Lg1 + Lg2·s² + …)
_LOG = [
    6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01, 2.222219843214978396e-01,
    1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01,
]  # fmt: skip
_SQRT_HALF_BITS = 0x3FE6A09E00000000  # the high word of √½: significands are taken from [√½, √2)
_ONE_BITS = 0x3FF0000000000000
_TWO_52, _TWO_52_BITS = 4503599627370496.0, 0x4330000000000000


def _split(b: Body, x: str, bias: str) -> tuple[str, str, str]:
    """Split a positive normal x = 2ᵏ·(1 + f); return f, k and the integer k + 1023. ``bias`` is 2⁵² + 1023."""
    shifted = b.integer_op("add", b.bits(x), b.splat_integer(_ONE_BITS - _SQRT_HALF_BITS))
    biased = b.integer_op("lshr", shifted, b.splat_integer(MANTISSA_BITS))
    k = b.fsub(b.from_bits(b.integer_op("or", biased, b.splat_integer(_TWO_52_BITS))), bias)
    mantissa = b.integer_op("and", shifted, b.splat_integer(MANTISSA_MASK))
    m = b.from_bits(b.integer_op("add", mantissa, b.splat_integer(_SQRT_HALF_BITS)))
    return b.fsub(m, b.splat(1.0)), k, biased


def _log_of_split(b: Body, f: str, k: str) -> str:
    """log(2ᵏ·(1 + f))."""
    s = b.fdiv(f, b.fadd(f, b.splat(2.0)))
    z = b.fmul(s, s)
    half_square = b.fmul(b.fmul(f, b.splat(0.5)), f)
    rest = b.fma(z, b.polynomial(z, _LOG), half_square)
    low = b.fma(s, rest, b.fmul(k, b.splat(LN2_LOW)))
    return b.fma(k, b.splat(LN2_HIGH), b.fadd(b.fsub(low, half_square), f))


def _at_poles(b: Body, y: str, x: str, argument: str) -> str:
    """Return y where 0 < argument < inf, else what a logarithm gives: x for inf and nan, −inf at 0, nan below."""
    y = b.select(b.compare("olt", argument, b.splat(math.inf)), y, x)
    y = b.select(b.compare("oeq", argument, b.splat(0.0)), b.splat(-math.inf), y)
    return b.select(b.compare("olt", argument, b.splat(0.0)), b.splat(math.nan), y)


def _split_any(b: Body, x: str) -> tuple[str, str]:
    """Split a positive x = 2ᵏ·(1 + f), subnormal ones included; return f and k."""
    tiny = b.compare("olt", x, b.splat(2.0**-1022))
    normal = b.select(tiny, b.fmul(x, b.splat(2.0**54)), x)
    bias = b.select(tiny, b.splat(_TWO_52 + EXPONENT_BIAS + 54), b.splat(_TWO_52 + EXPONENT_BIAS))
    f, k, _ = _split(b, normal, bias)
    return f, k


def _log(b: Body, x: str) -> str:
    return _at_poles(b, _log_of_split(b, *_split_any(b, x)), x, x)


def _log2(b: Body, x: str) -> str:
    """k + log(1 + f)/ln 2: exact for powers of two."""
    f, k = _split_any(b, x)
    return _at_poles(b, b.fma(_log_of_split(b, f, b.splat(0.0)), b.splat(LOG2_E), k), x, x)


def _log10(b: Body, x: str) -> str:
    f, k = _split_any(b, x)
    low = b.fma(_log_of_split(b, f, b.splat(0.0)), b.splat(LOG10_E), b.fmul(k, b.splat(LOG10_2_LOW)))
    return _at_poles(b, b.fma(k, b.splat(LOG10_2_HIGH), low), x, x)


def _log_of_sum(b: Body, u: str, lost: str) -> str:
    """log(u + lost), where ``lost`` is what rounding took from u; it is added, times 2⁻ᵏ, to f of u = 2ᵏ·(1 + f)."""
    f, k, biased = _split(b, u, b.splat(_TWO_52 + EXPONENT_BIAS))
    # 2¹⁻ᵏ, halved at the end: 2⁻ᵏ itself would leave the exponent's range at k = 1024
    scale = _power_of_two(b, b.integer_op("sub", b.splat_integer(2 * EXPONENT_BIAS + 1), biased))
    return _log_of_split(b, b.fma(b.fmul(lost, scale), b.splat(0.5), f), k)


def _log1p(b: Body, x: str) -> str:
    u = b.fadd(x, b.splat(1.0))
    # the smaller operand is recovered exactly from the larger: u − 1 where x is below 1, u − x above
    above = b.compare("oge", x, b.splat(1.0))
    lost = b.select(above, b.fsub(b.splat(1.0), b.fsub(u, x)), b.fsub(x, b.fsub(u, b.splat(1.0))))
    return _at_poles(b, b.intrinsic("copysign", _log_of_sum(b, u, lost), x), x, u)


# ---------------------------------------------------------------- activations


def _exp_of_minus_abs(b: Body, x: str) -> str:
    """exp(−|x|): in [0, 1], so that nothing made of it overflows."""
    return _exp(b, b.fneg(b.intrinsic("fabs", x)))


def _sigmoid(b: Body, x: str) -> str:
    e = _exp_of_minus_abs(b, x)
    numerator = b.select(b.compare("oge", x, b.splat(0.0)), b.splat(1.0), e)
    return b.fdiv(numerator, b.fadd(b.splat(1.0), e))


def _softplus(b: Body, x: str) -> str:
    """max(x, 0) + log(1 + exp(−|x|))."""
    e = _exp_of_minus_abs(b, x)
    u = b.fadd(e, b.splat(1.0))
    positive = b.select(b.compare("ogt", x, b.splat(0.0)), x, b.splat(0.0))
    return b.fadd(positive, _log_of_sum(b, u, b.fsub(e, b.fsub(u, b.splat(1.0)))))


# ---------------------------------------------------------------- trigonometry

# π/2 in three parts: 37 bits, 37 bits, and the rest; k·part is exact for k < 2¹⁶.
TRIG_RANGE = 1e5
_PIO2 = [float.fromhex(part) for part in ("0x1.921fb54440000p+0", "0x1.68c234c4c0000p-39", "0x1.98a2e03707345p-77")]
# fdlibm k_sin.c and k_cos.c, on |r| ≤ π/4: sin r = r + r³·S(r²), cos r = 1 − r²/2 + r⁴·C(r²)
_SIN = [
    -1.66666666666666324348e-01, 8.33333333332248946124e-03, -1.98412698298579493134e-04,
    2.75573137070700676789e-06, -2.50507602534068634195e-08, 1.58969099521155010221e-10,
]  # fmt: skip
_COS = [
    4.16666666666666019037e-02, -1.38888888888741095749e-03, 2.48015872894767294178e-05,
    -2.75573143513906633035e-07, 2.08757232129817482790e-09, -1.13596475577881948265e-11,
]  # fmt: skip


def _quadrant(b: Body, a: str) -> tuple[str, str, str]:
    """Split a = k·π/2 + r with |r| ≤ π/4, 0 ≤ a ≤ 10⁵; return sin r, cos r, and k in the low bits of an integer."""
    rounded = b.fma(a, b.splat(2 / math.pi), b.splat(ROUND))
    k = b.fsub(rounded, b.splat(ROUND))
    r = a
    for part in _PIO2:
        r = b.fma(k, b.splat(-part), r)
    z = b.fmul(r, r)
    sine = b.fma(b.fmul(r, z), b.polynomial(z, _SIN), r)
    cosine = b.fma(b.fmul(z, z), b.polynomial(z, _COS), b.fma(z, b.splat(-0.5), b.splat(1.0)))
    return sine, cosine, b.bits(rounded)


def _is_odd(b: Body, k: str) -> str:
    odd = b.integer_op("and", k, b.splat_integer(1))
    return b.emit(f"icmp ne {b.integer} {odd}, {b.splat_integer(0)}")


def _flip_sign(b: Body, y: str, k: str) -> str:
    """Return −y where bit 1 of k is set."""
    sign = b.integer_op("shl", b.integer_op("and", k, b.splat_integer(2)), b.splat_integer(62))
    return b.from_bits(b.integer_op("xor", b.bits(y), sign))


def _sin_of(b: Body, x: str, sine: str, cosine: str, k: str) -> str:
    y = _flip_sign(b, b.select(_is_odd(b, k), cosine, sine), k)
    # sin(−x) is −sin(x): working on |x| keeps the sign of a zero
    sign = b.integer_op("and", b.bits(x), b.splat_integer(-(2**63)))
    return b.from_bits(b.integer_op("xor", b.bits(y), sign))


def _cos_of(b: Body, sine: str, cosine: str, k: str) -> str:
    y = b.select(_is_odd(b, k), sine, cosine)
    return _flip_sign(b, y, b.integer_op("add", k, b.splat_integer(1)))


def _unless_large(b: Body, x: str, slow: Callable[[], str], result: str) -> str:
    """Return |x|, after a branch that leaves the function with ``slow()`` if some lane is beyond the reduction."""
    a = b.intrinsic("fabs", x)
    large = b.any_lane(b.compare("ogt", a, b.splat(TRIG_RANGE)))
    b.line(f"br i1 {large}, label %large, label %small")
    b.label("large")
    b.line(f"ret {result} {slow()}")
    b.label("small")
    return a


def _sin(b: Body, x: str) -> str:
    a = _unless_large(b, x, lambda: b.call_scalar("sin", x), b.vector)
    return _sin_of(b, x, *_quadrant(b, a))


def _cos(b: Body, x: str) -> str:
    a = _unless_large(b, x, lambda: b.call_scalar("cos", x), b.vector)
    return _cos_of(b, *_quadrant(b, a))


def _tan(b: Body, x: str) -> str:
    a = _unless_large(b, x, lambda: b.call_scalar("tan", x), b.vector)
    sine, cosine, k = _quadrant(b, a)
    return b.fdiv(_sin_of(b, x, sine, cosine, k), _cos_of(b, sine, cosine, k))


def _sincos(b: Body, x: str) -> str:
    a = _unless_large(b, x, lambda: _pair(b, b.call_scalar("sin", x), b.call_scalar("cos", x)), pair_type(b))
    sine, cosine, k = _quadrant(b, a)
    return _pair(b, _sin_of(b, x, sine, cosine, k), _cos_of(b, sine, cosine, k))


def pair_type(b: Body) -> str:
    """Return the LLVM type of two results."""
    return f"{{ {b.vector}, {b.vector} }}"


def _pair(b: Body, first: str, second: str) -> str:
    pair = b.emit(f"insertvalue {pair_type(b)} poison, {b.vector} {first}, 0")
    return b.emit(f"insertvalue {pair_type(b)} {pair}, {b.vector} {second}, 1")


# ---------------------------------------------------------------- functions of a module

HELPERS: dict[str, Callable[[Body, str], str]] = {
    "exp": _exp, "exp2": _exp2, "expm1": _expm1, "sinh": _sinh, "cosh": _cosh, "tanh": _tanh,
    "sigmoid": _sigmoid, "softplus": _softplus, "log": _log, "log2": _log2, "log10": _log10, "log1p": _log1p,
    "sin": _sin, "cos": _cos, "tan": _tan, "sincos": _sincos,
    "tanh_sech2": _tanh_sech2,
}  # fmt: skip


PAIRS = ("sincos", "tanh_sech2")


def helpers(names: Iterable[str], lanes: int, *, inline: bool = False) -> tuple[str, set[str]]:
    """Return the text of the functions ``@al_NAME_vLANES`` that bodies called, and their declarations.

    Each takes one vector and returns one (``sincos`` and ``tanh_sech2``: a pair). With ``inline`` LLVM copies them to
    where they are called: faster in a loop over one function, slower to compile.

        >>> text, declarations = helpers(["exp"], 4)
        >>> print(text.splitlines()[0][:55])
        define internal <4 x double> @al_exp_v4(<4 x double> %x

    Raises KeyError for a name that is not in ``HELPERS``.
    """
    texts: list[str] = []
    declarations: set[str] = set()
    attributes = f"{'alwaysinline' if inline else 'noinline'} {PURE} {ATTRIBUTES}"
    for name in sorted(set(names)):
        b = Body(lanes)
        result = HELPERS[name](b, "%x")
        kind = pair_type(b) if name in PAIRS else b.vector
        texts.append(
            f"define internal {kind} @al_{name}_v{lanes}({b.vector} %x) {attributes} {{\nentry:\n{b.text()}\n"
            f"  ret {kind} {result}\n}}"
        )
        declarations |= b.declarations
    return "\n".join(texts), declarations
