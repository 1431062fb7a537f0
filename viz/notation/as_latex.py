"""Formulas as LaTeX."""

from __future__ import annotations

from autograd_lite import Expression, ops
from autograd_lite.expression import exponent, is_number

from .formulas import LocalGradient
from .numbers import MINUS, number
from .signs import COMPARISONS, FROM_SUPERSCRIPT, NAMED, SHORT, infix, split_module, split_name

_GREEK = {
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi",
    "pi", "rho", "sigma", "tau", "phi", "chi", "psi", "omega",
}  # fmt: skip
_LETTERS = {"σ": r"\sigma", "ψ": r"\psi"}
_FUNCTIONS = {"exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "max", "min"}


def latex(e: Expression, context: int = 0) -> str:
    """Return a formula as LaTeX.

    >>> from autograd_lite import symbol
    >>> print(latex(symbol("x") / symbol("beta") ** 2))
    \\frac{x}{\\beta^{2}}
    """
    between = infix(e)
    if e.op in COMPARISONS:
        left, right = map(latex, e.operands)
        sign = r"\ge" if e.op is ops.greater_equal else COMPARISONS[e.op]
        return f"[{left} {sign} {right}]"
    if e.op is None:
        name = e.name or ("pi" if e.number in NAMED else "")
        written = latex_name(name) if name else latex_number(e.number)
        return f"({written})" if context > 3 and written.startswith("-") else written
    if e.op is ops.div:
        return rf"\frac{{{latex(e.operands[0])}}}{{{latex(e.operands[1])}}}"
    if between is not None:
        precedence, sign = between
        sign = {MINUS: "-", "×": r"\,"}.get(sign, sign)
        if sign == r"\," and is_number(e.operands[1]):
            sign = r"\cdot"
        written = f"{latex(e.operands[0], precedence)} {sign} {latex(e.operands[1], precedence + 1)}"
        return f"({written})" if precedence < context else written
    if e.op is ops.neg:
        written = "-" + latex(e.operands[0], 4)
        return f"({written})" if context >= 4 else written
    n = exponent(e.op)
    if n is not None:
        return f"{latex(e.operands[0], 5)}^{{{latex_number(n)}}}"
    if e.op is ops.TABLE["pow"]:
        return f"{latex(e.operands[0], 5)}^{{{latex(e.operands[1])}}}"
    if e.op is ops.sqrt:
        return rf"\sqrt{{{latex(e.operands[0])}}}"
    name, operands = _function(SHORT.get(e.op.name, e.op.name)), [latex(operand) for operand in e.operands]
    if e.op is ops.polygamma_line:
        name, operands = rf"\psi^{{({operands[0]})}}", operands[1:]
    return rf"{name}\left({', '.join(operands)}\right)"


def _function(name: str) -> str:
    """Return a function's name; ``ψ⁽²⁾``, a second derivative, is ``\\psi^{(2)}``."""
    bare, _, index = name.partition("⁽")
    order = index.removesuffix("⁾").translate(FROM_SUPERSCRIPT)
    if order.isdecimal():
        return f"{_function(bare)}^{{({order})}}"
    if name in _LETTERS:
        return _LETTERS[name]
    return rf"\{name}" if name in _FUNCTIONS else latex_text(name)


def latex_number(x: float) -> str:
    """Return a number as LaTeX: ``1.5 \\cdot 10^{-9}``."""
    written = number(x).replace(MINUS, "-").replace("∞", r"\infty")
    if "e" in written:
        mantissa, power = written.split("e")
        return rf"{mantissa} \cdot 10^{{{power}}}"
    return rf"\text{{{written}}}" if written == "nan" else written


_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_", "%": r"\%",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip


def latex_text(name: str) -> str:
    """Return any text as upright, inert LaTeX."""
    return r"\text{" + "".join(_SPECIAL.get(c, c if c.isprintable() else " ") for c in name) + "}"


def latex_name(name: str) -> str:
    """Return a variable: one letter italic, ``w1`` with an index, Greek by its name, else as text.

    >>> latex_name("w12"), latex_name("beta"), latex_name("a_b"), latex_name("w1₂"), latex_name("w1[2,1]")
    ('w_{12}', '\\\\beta', '\\\\text{a\\\\_b}', 'w_{1,2}', 'w_{1}^{[2,1]}')
    """
    bare, use, index = name.partition("⁽")
    if use:
        return f"{latex_name(bare)}^{{({''.join(c for c in index.translate(FROM_SUPERSCRIPT) if c.isdigit())})}}"
    bare, module = split_module(name)
    base, index = split_name(bare)
    if base in _GREEK:
        written = f"\\{base}"
    elif len(base) == 1 and base.isascii() and base.isalpha():
        written = base
    else:
        written = latex_text(base)
    return written + (f"_{{{index}}}" if index else "") + (f"^{{[{module}]}}" if module else "")


def local_latex(g: LocalGradient) -> str:
    """Return the sign of a local gradient as LaTeX."""
    formula = latex(g.formula, 5)
    around = formula if not formula.startswith(r"\frac") else rf"\left({formula}\right)"
    return rf"\frac{{\partial {around}}}{{\partial {latex_name(g.operand)}}}"
