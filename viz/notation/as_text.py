"""Formulas as a line of text."""

from __future__ import annotations

from autograd_lite import Expression, ops
from autograd_lite.expression import exponent

from .numbers import MINUS, number
from .signs import COMPARISONS, NAMED, SHORT, SUPERSCRIPT, infix


def text(e: Expression, context: int = 0) -> str:
    """Return a formula as one line of text.

    >>> from autograd_lite import symbol
    >>> x, y = symbol("x"), symbol("y")
    >>> text(-x * y + x**2)
    '−x × y + x²'
    """
    between = infix(e)
    if e.op in COMPARISONS:
        left, right = e.operands
        return f"[{text(left)} {COMPARISONS[e.op]} {text(right)}]"
    if e.op is None:
        written = e.name or NAMED.get(e.number) or number(e.number)
        return f"({written})" if context > 3 and written.startswith(MINUS) else written
    if between is not None:
        precedence, sign = between
        left, right = e.operands
        # a product binds tighter than the sum around it; 1/x² keeps its slash
        written = f"{text(left, precedence)} {sign} {text(right, precedence + 1)}"
        return f"({written})" if precedence < context else written
    if e.op is ops.neg:
        written = MINUS + text(e.operands[0], 4)
        return f"({written})" if context >= 4 else written
    n = exponent(e.op)
    if n is not None and n == int(n):
        return text(e.operands[0], 5) + str(int(n)).translate(SUPERSCRIPT)
    if n is not None:
        return f"{text(e.operands[0], 5)}^{number(n)}"
    if e.op is ops.TABLE["pow"]:
        return f"{text(e.operands[0], 5)}^{text(e.operands[1], 5)}"
    if len(e.operands) > 5:
        return f"{SHORT.get(e.op.name, e.op.name)}({text(e.operands[0])}, …, {text(e.operands[-1])})"
    return f"{SHORT.get(e.op.name, e.op.name)}({', '.join(map(text, e.operands))})"
