"""What the three notations share: signs, short names of functions, names with an index."""

from __future__ import annotations

import math
import re

from autograd_lite import Expression, ops

from .numbers import MINUS

SUPERSCRIPT = str.maketrans("0123456789-.", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻·")
FROM_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
TO_SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SUBSCRIPT = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")

SHORT = {"maximum": "max", "minimum": "min", "absolute": "abs", "sigmoid": "σ", "logsumexp": "logsumexp"}
NAMED = {math.pi: "π"}  # numbers whose digits would only come near them
# written in Iverson's brackets: 1 where it holds, else 0
COMPARISONS: dict[ops.Operation | None, str] = {ops.greater: ">", ops.greater_equal: "≥", ops.equal: "="}


def infix(e: Expression) -> tuple[int, str] | None:
    """Return (precedence, operator) of an operation written between its operands."""
    table = {ops.add: (2, "+"), ops.sub: (2, MINUS), ops.mul: (3, "×"), ops.div: (3, "/")}
    return table.get(e.op) if e.op is not None else None


def split_module(name: str) -> tuple[str, str]:
    """Return (name, its module): ``w1[2,1]`` is w1 of 2,1, layer and neuron."""
    match = re.fullmatch(r"(.+)\[([\d,]+)\]", name, flags=re.DOTALL)
    return (match[1], match[2]) if match else (name, "")


def split_name(name: str) -> tuple[str, str]:
    """Return (base, index): ``w12`` has index 12, the second of that name, ``w12₂``, has 12,2."""
    bare = name.rstrip("₀₁₂₃₄₅₆₇₈₉")
    match = re.fullmatch(r"([A-Za-z]+?)_?(\d*)", bare)
    base, *indices = match.groups() if match else (bare, "")
    return base, ",".join(filter(None, [*indices, name[len(bare) :].translate(_SUBSCRIPT)]))
