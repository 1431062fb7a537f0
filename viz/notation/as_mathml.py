"""Formulas as MathML."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping

from autograd_lite import Expression, ops
from autograd_lite.expression import exponent, symbol

from .formulas import LocalGradient
from .labels import xml_text
from .numbers import MINUS, number
from .signs import COMPARISONS, NAMED, SHORT, infix, split_module, split_name

_LOOSE = (ops.add, ops.sub, ops.mul, ops.div, ops.neg)  # in parentheses behind a ∂


def mathml(e: Expression, context: int = 0, values: Mapping[str, float] | None = None, *, kind: str = "value") -> str:
    """Return a formula as MathML (without the ``<math>`` around it).

    With ``values`` names are replaced by numbers, of the class ``kind``.

        >>> mathml(symbol("x") + 1)
        '<mrow><mi>x</mi><mo>+</mo><mrow><mn>1</mn></mrow></mrow>'
    """
    if e.op is None:
        return _leaf(e, context, values or {}, kind)

    def inner(child: Expression, precedence: int) -> str:
        return mathml(child, precedence, values, kind=kind)

    between = infix(e)
    if e.op in COMPARISONS:
        sign = f"<mo>{html.escape(COMPARISONS[e.op])}</mo>"
        return f"<mrow><mo>[</mo>{inner(e.operands[0], 0)}{sign}{inner(e.operands[1], 0)}<mo>]</mo></mrow>"
    if e.op is ops.div:
        return f"<mfrac>{inner(e.operands[0], 0)}{inner(e.operands[1], 0)}</mfrac>"
    if between is not None:
        precedence, sign = between
        left, right = inner(e.operands[0], precedence), inner(e.operands[1], precedence + 1)
        return _row(f"{left}<mo>{html.escape(sign)}</mo>{right}", precedence < context)
    if e.op is ops.neg:
        return _row(f'<mo form="prefix">{MINUS}</mo>{inner(e.operands[0], 4)}', context >= 4)
    n = exponent(e.op)
    if n is not None:
        return f"<msup>{inner(e.operands[0], 5)}{mathml_number(n)}</msup>"
    if e.op is ops.TABLE["pow"]:
        return f"<msup>{inner(e.operands[0], 5)}{inner(e.operands[1], 0)}</msup>"
    if e.op is ops.sqrt:
        return f"<msqrt>{inner(e.operands[0], 0)}</msqrt>"
    return _call(e, inner)


def _leaf(e: Expression, context: int, values: Mapping[str, float], kind: str) -> str:
    if e.name and e.name not in values:
        return mathml_name(e.name)
    if not e.name and e.number in NAMED:
        return f"<mi>{NAMED[e.number]}</mi>"
    x = values[e.name] if e.name else e.number
    return mathml_number(x, kind if e.name else "", parentheses=context > 2)


def _call(e: Expression, inner: Callable[[Expression, int], str]) -> str:
    assert e.op is not None
    shown = e.operands if len(e.operands) <= 5 else (e.operands[0], symbol("…"), e.operands[-1])
    operands = "<mo>,</mo>".join(inner(operand, 0) for operand in shown)
    return f"<mrow><mi>{html.escape(SHORT.get(e.op.name, e.op.name))}</mi><mo>(</mo>{operands}<mo>)</mo></mrow>"


def _row(content: str, parentheses: bool) -> str:
    return f"<mrow><mo>(</mo>{content}<mo>)</mo></mrow>" if parentheses else f"<mrow>{content}</mrow>"


def mathml_name(name: str) -> str:
    """Return a variable as MathML, with an index if it ends in digits, and the module it is of."""
    bare, module = split_module(name)
    if module:
        return f"<msup>{mathml_name(bare)}<mrow><mo>[</mo><mn>{module}</mn><mo>]</mo></mrow></msup>"
    base, index = split_name(name)
    if index:
        return f"<msub><mi>{xml_text(base)}</mi><mn>{index}</mn></msub>"
    return f"<mi>{xml_text(name)}</mi>"


def mathml_number(x: float, kind: str = "", *, parentheses: bool = False) -> str:
    """Return a number as MathML; ``kind`` is its CSS class (value, gradient, local)."""
    written = number(x)
    core = f"<mn>{written}</mn>"
    if written.startswith(MINUS):
        core = f'<mo form="prefix">{MINUS}</mo><mn>{written[1:]}</mn>'
        if parentheses:
            core = f"<mo>(</mo>{core}<mo>)</mo>"
    return f'<mrow class="{kind}">{core}</mrow>' if kind else f"<mrow>{core}</mrow>"


def local_mathml(g: LocalGradient, kind: str = "local") -> str:
    """Return the sign of a local gradient as MathML, of class ``kind``."""
    d = '<mo form="prefix">∂</mo>'
    formula = _row(mathml(g.formula), True) if g.formula.op in _LOOSE else mathml(g.formula)
    return f'<mfrac class="{kind}"><mrow>{d}{formula}</mrow><mrow>{d}{mathml_name(g.operand)}</mrow></mfrac>'
