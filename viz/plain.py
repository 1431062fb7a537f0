"""Plain signs for consoles that lack ours: ``d`` for ∂ and ``->`` for → where the encoding is ASCII, cp1252 or GBK."""

from __future__ import annotations

import codecs
import re

_POWERS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻ⁿˣ", "0123456789-nx")
_POWER = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻ⁿˣ]+")
_PLAIN = str.maketrans({
    "∂": "d", "∇": "grad ", "Σ": "sum ", "√": "sqrt ", "∞": "inf", "π": "pi", "σ": "sigma", "μ": "mu",
    "·": "*", "×": "*", "⋅": "*", "÷": "/", "−": "-", "–": "-", "—": "-", "±": "+-", "…": "...", "⋯": "...", "′": "'",
    "→": "->", "←": "<-", "↦": "->", "≥": ">=", "≤": "<=", "≈": "~", "½": "1/2", "✓": "+", "✗": "x", "�": "?",
    "。": ".", "，": ", ", "：": ": ", "；": "; ", "（": "(", "）": ")", "？": "?", "、": ", ",
    "ŷ": "y^", "ᵢ": "i", "ₖ": "k", "ⱼ": "j",
    **{subscript: str(i) for i, subscript in enumerate("₀₁₂₃₄₅₆₇₈₉")},
    **{chr(0x2400 + i): f"\\x{i:02x}" for i in range(32)},
})  # fmt: skip


def plain(text: str, encoding: str) -> str:
    """Return ``text`` in signs that ``encoding`` has; letters it lacks are written as escapes.

    >>> plain("∂y/∂x₁ = −2·x²", "ascii"), plain("∂y → 值", "gbk")
    ('dy/dx1 = -2*x^2', 'dy → 值')

    Raises LookupError for an encoding that is not there.
    """
    return text.encode(encoding, errors=PLAIN_SIGNS).decode(encoding)


def _plain_signs(problem: UnicodeError) -> tuple[str, int]:
    if not isinstance(problem, UnicodeEncodeError):
        raise problem
    lacking = problem.object[problem.start : problem.end]
    written = _POWER.sub(lambda power: "^" + power[0].translate(_POWERS), lacking).translate(_PLAIN)
    return written.encode("ascii", errors="backslashreplace").decode(), problem.end


PLAIN_SIGNS = "autograd-lite plain signs"  # an error handler of Python's encoders
codecs.register_error(PLAIN_SIGNS, _plain_signs)
