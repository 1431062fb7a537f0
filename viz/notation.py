"""How numbers and formulas are written: as text, as LaTeX, as MathML, from one expression tree.

With this module, one can,

- write a number for people: ``number(-0.123456)`` is ``−0.1235``;
- write any tree of operations in three notations: ``text(e)``, ``latex(e)``, ``mathml(e)``;
- get the formula of a step and of its local gradients: ``step_formula``, ``local_gradient``.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from autograd_lite import Explanation, Expression, Step, ops
from autograd_lite.expression import exponent, is_number, simplified, symbol
from autograd_lite.expression import number as leaf

MINUS = "−"
_SUPERSCRIPT = str.maketrans("0123456789-.", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻·")
_FROM_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_TO_SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def number(x: float, digits: int = 4) -> str:
    """Return a number rounded to so many significant digits, with a true minus sign; with all 17, −0 has one too.

    >>> number(2.0), number(-0.123456), number(-5.281e-7, 3), number(float("inf"))
    ('2', '−0.1235', '−5.28e−7', '∞')
    """
    if x != x:
        return "nan"
    if x in (float("inf"), float("-inf")):
        return "∞" if x > 0 else f"{MINUS}∞"
    text = f"{x:.{digits}g}"
    if "e" in text:
        mantissa, power = text.split("e")
        text = f"{mantissa}e{int(power)}"
    return "0" if text == "-0" and digits < 17 else text.replace("-", MINUS)


def factor(x: float, digits: int = 4) -> str:
    """Return the number as it is written after an operator: negative ones in parentheses.

    >>> factor(-4.0)
    '(−4)'
    """
    text = number(x, digits)
    return f"({text})" if text.startswith(MINUS) else text


# ---------------------------------------------------------------- formulas of a recorded pass


def output_name(e: Explanation) -> str:
    """Return what the gradients are gradients of: the output, times the seed if that is not 1.

    >>> from autograd_lite import Value, explain
    >>> output_name(explain(Value(3.0, "x") * 2.0, seed=-0.5))
    '(−0.5·y)'
    """
    y = e.forward[e.output].name
    return y if e.seed == 1.0 else f"({number(e.seed)}·{y})"


@lru_cache(maxsize=4096)
def _formula(op: ops.Operation, names: tuple[str | float, ...]) -> Expression:
    operands = [leaf(name) if isinstance(name, float) else symbol(name) for name in names]
    if op is ops.TABLE["dot"] and len(operands) <= 7:
        n = len(operands) // 2
        terms = [ops.mul(w, x) for w, x in zip(operands[:n], operands[n : 2 * n])] + operands[2 * n :]
        total: Expression = terms[0]
        for term in terms[1:]:
            total = ops.add(total, term)
        return total
    if op is ops.TABLE["sum"] and len(operands) <= 5:
        total = operands[0]
        for term in operands[1:]:
            total = ops.add(total, term)
        return total
    return Expression(op, tuple(operands))


def step_formula(explanation: Explanation, step: Step, *, constant: Callable[[Step], str] | None = None) -> Expression:
    """Return the operation of a step on the names of its operands; constants are numbers, or have the names given."""
    assert step.op is not None
    names = _operand_names(explanation, step)
    if constant is not None:
        steps = [explanation.forward[i] for i in step.operands]
        names = tuple(constant(s) if isinstance(name, float) else name for s, name in zip(steps, names))
    return _formula(step.op, names)


_BEFORE, _AFTER = "\ue000", "\ue001"  # private characters: no formula is written with them


def elided(e: Expression, about: str = "") -> Expression:
    """Return a sum of more than two terms as its first, ``…``, and its last, or as the one ``about`` a name and ``…``.

    >>> a, b, c = symbol("a"), symbol("b"), symbol("c")
    >>> text(elided(a * b + b * b + c)), text(elided(a * a + b * c + c, "b")), text(elided(a + b))
    ('a × b + … + c', 'b × c + …', 'a + b')
    """
    terms = [e]
    while terms[0].op is ops.add:
        terms[:1] = terms[0].operands
    if len(terms) <= 2:
        return e
    named = next((term for term in terms if about and symbol(about) in (term, *term.operands)), None)
    left_out = symbol("…")
    short: Expression = ops.add(ops.add(terms[0], left_out), terms[-1]) if named is None else ops.add(named, left_out)
    return short


def formula_pieces(explanation: Explanation, step: Step, *, whole: bool = True) -> tuple[str, ...]:
    """Return the formula of a step as text in pieces, of which every second one is a name; ``whole`` or elided.

    >>> from autograd_lite import Value, explain
    >>> e = explain(Value(3.0, "c") * Value(2.0, "x") ** 2.0)
    >>> formula_pieces(e, e.forward[-1])
    ('', 'c', ' × ', 'v1', '')
    """
    assert step.op is not None
    names = tuple(x if isinstance(x, float) else f"{_BEFORE}{x}{_AFTER}" for x in _operand_names(explanation, step))
    formula = _formula(step.op, names)
    written = text(formula if whole else elided(formula))
    return tuple(re.split(f"{_BEFORE}(.*?){_AFTER}", written, flags=re.DOTALL))


def _operand_names(explanation: Explanation, step: Step) -> tuple[str | float, ...]:
    steps = [explanation.forward[i] for i in step.operands]
    return tuple(s.name if s.label or s.kind != "constant" else x for s, x in zip(steps, step.numbers))


class LocalGradient(NamedTuple):
    """``∂formula/∂operand = rule``: what one operation does when one of its operands moves, the others held fixed.

    Its sign is made of the operation's own formula, never of the node's name: ``∂z/∂x`` is the gradient
    of the output, over all paths. Uses of one node by one operation are told apart: ``x₁ × x₂``.
    """

    formula: Expression
    operand: str
    rule: Expression


def local_gradient(
    explanation: Explanation, step: Step, position: int, *, shown: Callable[[str], str] = str
) -> LocalGradient:
    """Return the local gradient of a step at one operand, as formulas; ``shown`` shortens names.

    >>> from autograd_lite import Value, explain
    >>> x = Value(3.0, "x")
    >>> e = explain(x * x)
    >>> print(*local_gradient(e, e.forward[1], 0), sep="; ")
    x₁ * x₂; x₁; x₂

    The rule is the textbook's where that gives the number of the pass (``1 − y²`` for tanh), else the
    operation's own, which keeps its digits where the textbook's loses them, else the number.
    """
    assert step.op is not None
    names = _shown(operand_names(explanation, step), shown)
    for write in (_textbook, _locals):
        if _holds(write, step, position) and (write is _locals or not step.op.routes or _decides(explanation, step)):
            rule = write(step.op, shown(step.name), names)[position]
            break
    else:  # a rule that runs on numbers alone, or that meets ∞ · 0 as it is written: the number itself
        rule = leaf(step.op.local_gradients(step.value, *step.numbers)[position])
    return LocalGradient(_formula(step.op, names), str(names[position]), rule)


def _decides(explanation: Explanation, step: Step) -> bool:
    """Tell whether the condition of ``where`` is a comparison or constant: no other input makes it but 0 or 1."""
    chosen = explanation.forward[step.operands[0]]
    return chosen.kind == "constant" and (not chosen.label or chosen.label.startswith("["))


def local_formula(explanation: Explanation, step: Step, position: int) -> Expression:
    """Return the rule of a local gradient, the right-hand side of ``local_gradient``."""
    return local_gradient(explanation, step, position).rule


def operand_names(explanation: Explanation, step: Step) -> tuple[str | float, ...]:
    """Return the operands of a step as its local gradients name them: constants as numbers, uses told apart."""
    return _told_apart(_operand_names(explanation, step), explanation.names)


@lru_cache(maxsize=4096)
def _shown(names: tuple[str | float, ...], shown: Callable[[str], str]) -> tuple[str | float, ...]:
    return tuple(x if isinstance(x, float) else shown(x) for x in names)


@lru_cache(maxsize=4096)
def _told_apart(names: tuple[str | float, ...], taken: frozenset[str]) -> tuple[str | float, ...]:
    """Return names in which those that repeat have an index that no other name of the graph looks like."""
    count, seen = Counter(x for x in names if isinstance(x, str)), Counter[str]()
    if len(count) == len(names):
        return names
    told: list[str | float] = []
    for x in names:
        if isinstance(x, str) and count[x] > 1:
            seen[x] += 1
            told.append(x + _index(x, seen[x], small=not _clashes(x, count[x], taken)))
        else:
            told.append(x)
    return tuple(told)


def _index(x: str, k: int, *, small: bool) -> str:
    return str(k).translate(_TO_SUBSCRIPT) if small else f"⁽{str(k).translate(_SUPERSCRIPT)}⁾"


@lru_cache(maxsize=256)
def _clashes(x: str, count: int, taken: frozenset[str]) -> bool:
    indexed = ((str(k), str(k).translate(_TO_SUBSCRIPT)) for k in range(1, count + 1))
    return any(taken & {f"{x}{index}", f"{x}_{index}", f"{x}{small}"} for index, small in indexed)


@lru_cache(maxsize=4096)
def _locals(op: ops.Operation, out: str, names: tuple[str | float, ...]) -> tuple[Expression, ...]:
    return rule_on_symbols(op, symbol(out), _leaves(names))


def _leaves(names: Sequence[str | float]) -> list[Expression]:
    return [leaf(name) if isinstance(name, float) else symbol(name) for name in names]


def rule_on_symbols(
    op: ops.Operation, out: Expression, operands: Sequence[Expression | float]
) -> tuple[Expression, ...]:
    """Return the local gradients of an operation as formulas, made by its own rule.

    A rule of the user's own that calls ``math`` or branches runs on numbers alone; its formulas are
    then names: ``cube′``.
    """
    try:
        rule = op.local_gradients(out, *operands)
    except (TypeError, ValueError, AttributeError):
        return tuple(symbol(f"{op.name}′{k if len(operands) > 1 else ''}") for k in range(1, len(operands) + 1))
    return tuple(simplified(g) if isinstance(g, Expression) else leaf(g) for g in rule)


# Rules as textbooks write them, where the table's own is written to keep its digits.
_ROOT = ops.sqrt
_TEXTBOOK: dict[ops.Operation, Callable[..., tuple[Any, ...]]] = {
    ops.div: lambda out, x, y: (1.0 / y, -(x / ops.square(y))),
    ops.TABLE["pow"]: lambda out, x, y: (y * x ** (y - 1.0), out * ops.log(x)),
    ops.sqrt: lambda out, x: (1.0 / (2.0 * out),),
    ops.exp2: lambda out, x: (out * ops.log(leaf(2.0)),),
    ops.log2: lambda out, x: (1.0 / (x * ops.log(leaf(2.0))),),
    ops.log10: lambda out, x: (1.0 / (x * ops.log(leaf(10.0))),),
    ops.asin: lambda out, x: (1.0 / _ROOT(1.0 - ops.square(x)),),
    ops.acos: lambda out, x: (-(1.0 / _ROOT(1.0 - ops.square(x))),),
    ops.tanh: lambda out, x: (1.0 - ops.square(out),),
    ops.asinh: lambda out, x: (1.0 / _ROOT(ops.square(x) + 1.0),),
    ops.acosh: lambda out, x: (1.0 / _ROOT(ops.square(x) - 1.0),),
    ops.atanh: lambda out, x: (1.0 / (1.0 - ops.square(x)),),
    ops.atan2: lambda out, x, y: (
        y / (ops.square(x) + ops.square(y)),
        -(x / (ops.square(x) + ops.square(y))),
    ),
    ops.hypot: lambda out, x, y: (x / out, y / out),
    ops.sigmoid: lambda out, x: (out * (1.0 - out),),
    ops.where: lambda out, chosen, x, y: (leaf(0.0), chosen, 1.0 - chosen),
}


@lru_cache(maxsize=4096)
def _textbook(op: ops.Operation, out: str, names: tuple[str | float, ...]) -> tuple[Expression, ...]:
    return tuple(map(simplified, _TEXTBOOK[op](symbol(out), *_leaves(names))))


def _holds(write: Callable[..., tuple[Expression, ...]], step: Step, position: int) -> bool:
    """Tell whether ``write`` has a form of the local gradient that gives the number of this pass."""
    assert step.op is not None
    if write is _textbook and step.op not in _TEXTBOOK:
        return False
    places = tuple(f"x{i}" for i in range(len(step.numbers)))
    form = write(step.op, "out", places)[position]
    if form.name.startswith(f"{step.op.name}′"):
        return False
    found = form.evaluate({**dict(zip(places, step.numbers)), "out": step.value})
    truth = step.op.local_gradients(step.value, *step.numbers)[position]
    return bool(found == truth or abs(found - truth) <= 1e-9 * abs(truth) or (found != found and truth != truth))


# ---------------------------------------------------------------- three notations of one tree

_GREEK = [
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "zeta",
    "eta",
    "theta",
    "iota",
    "kappa",
    "lambda",
    "mu",
    "nu",
    "xi",
    "pi",
    "rho",
    "sigma",
    "tau",
    "phi",
    "chi",
    "psi",
    "omega",
]
_LATEX_FUNCTIONS = {"exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "max", "min"}
_SHORT = {"maximum": "max", "minimum": "min", "absolute": "abs", "sigmoid": "σ", "logsumexp": "logsumexp"}

_LOOSE = (ops.add, ops.sub, ops.mul, ops.div, ops.neg)  # in parentheses behind a ∂
# written in Iverson's brackets: 1 where it holds, else 0
_COMPARISONS: dict[ops.Operation | None, str] = {ops.greater: ">", ops.greater_equal: "≥", ops.equal: "="}


def _infix(e: Expression) -> tuple[int, str] | None:
    """Return (precedence, operator) of an operation written between its operands."""
    table = {ops.add: (2, "+"), ops.sub: (2, MINUS), ops.mul: (3, "×"), ops.div: (3, "/")}
    return table.get(e.op) if e.op is not None else None


def text(e: Expression, context: int = 0) -> str:
    """Return a formula as one line of text.

    >>> x, y = symbol("x"), symbol("y")
    >>> text(-x * y + x**2)
    '−x × y + x²'
    """
    infix = _infix(e)
    if e.op in _COMPARISONS:
        left, right = e.operands
        return f"[{text(left)} {_COMPARISONS[e.op]} {text(right)}]"
    if e.op is None:
        written = e.name or number(e.number)
        return f"({written})" if context > 3 and written.startswith(MINUS) else written
    if infix is not None:
        precedence, sign = infix
        left, right = e.operands
        # a product binds tighter than the sum around it; 1/x² keeps its slash
        written = f"{text(left, precedence)} {sign} {text(right, precedence + 1)}"
        return f"({written})" if precedence < context else written
    if e.op is ops.neg:
        written = MINUS + text(e.operands[0], 4)
        return f"({written})" if context >= 4 else written
    n = exponent(e.op)
    if n is not None and n == int(n):
        return text(e.operands[0], 5) + str(int(n)).translate(_SUPERSCRIPT)
    if n is not None:
        return f"{text(e.operands[0], 5)}^{number(n)}"
    if e.op is ops.TABLE["pow"]:
        return f"{text(e.operands[0], 5)}^{text(e.operands[1], 5)}"
    if len(e.operands) > 5:
        return f"{_SHORT.get(e.op.name, e.op.name)}({text(e.operands[0])}, …, {text(e.operands[-1])})"
    return f"{_SHORT.get(e.op.name, e.op.name)}({', '.join(map(text, e.operands))})"


def latex(e: Expression, context: int = 0) -> str:
    """Return a formula as LaTeX.

    >>> print(latex(symbol("x") / symbol("beta") ** 2))
    \\frac{x}{\\beta^{2}}
    """
    infix = _infix(e)
    if e.op in _COMPARISONS:
        left, right = map(latex, e.operands)
        sign = r"\ge" if e.op is ops.greater_equal else _COMPARISONS[e.op]
        return f"[{left} {sign} {right}]"
    if e.op is None:
        written = latex_name(e.name) if e.name else latex_number(e.number)
        return f"({written})" if context > 3 and written.startswith("-") else written
    if e.op is ops.div:
        return rf"\frac{{{latex(e.operands[0])}}}{{{latex(e.operands[1])}}}"
    if infix is not None:
        precedence, sign = infix
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
    name = _SHORT.get(e.op.name, e.op.name)
    function = r"\sigma" if name == "σ" else rf"\{name}" if name in _LATEX_FUNCTIONS else latex_text(name)
    return rf"{function}\left({', '.join(map(latex, e.operands))}\right)"


def latex_number(x: float) -> str:
    """Return a number as LaTeX: ``1.5 \\cdot 10^{-9}``."""
    written = number(x).replace(MINUS, "-").replace("∞", r"\infty")
    if "e" in written:
        mantissa, power = written.split("e")
        return rf"{mantissa} \cdot 10^{{{power}}}"
    return rf"\text{{{written}}}" if written == "nan" else written


_LATEX_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_", "%": r"\%",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip


def latex_text(name: str) -> str:
    """Return any text as upright, inert LaTeX."""
    return r"\text{" + "".join(_LATEX_SPECIAL.get(c, c if c.isprintable() else " ") for c in name) + "}"


def latex_name(name: str) -> str:
    """Return a variable: one letter italic, ``w1`` with an index, Greek by its name, else as text.

    >>> latex_name("w12"), latex_name("beta"), latex_name("a_b"), latex_name("w1₂"), latex_name("w1[2,1]")
    ('w_{12}', '\\\\beta', '\\\\text{a\\\\_b}', 'w_{1,2}', 'w_{1}^{[2,1]}')
    """
    bare, use, index = name.partition("⁽")
    if use:
        return f"{latex_name(bare)}^{{({''.join(c for c in index.translate(_FROM_SUPERSCRIPT) if c.isdigit())})}}"
    bare, module = _split_module(name)
    base, index = _split_name(bare)
    if base in _GREEK:
        written = f"\\{base}"
    elif len(base) == 1 and base.isascii() and base.isalpha():
        written = base
    else:
        written = latex_text(base)
    return written + (f"_{{{index}}}" if index else "") + (f"^{{[{module}]}}" if module else "")


_SUBSCRIPT = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


def _split_module(name: str) -> tuple[str, str]:
    """Return (name, its module): ``w1[2,1]`` is w1 of 2,1, layer and neuron."""
    match = re.fullmatch(r"(.+)\[([\d,]+)\]", name, flags=re.DOTALL)
    return (match[1], match[2]) if match else (name, "")


def _split_name(name: str) -> tuple[str, str]:
    """Return (base, index): ``w12`` has index 12, the second of that name, ``w12₂``, has 12,2."""
    bare = name.rstrip("₀₁₂₃₄₅₆₇₈₉")
    match = re.fullmatch(r"([A-Za-z]+?)_?(\d*)", bare)
    base, *indices = match.groups() if match else (bare, "")
    return base, ",".join(filter(None, [*indices, name[len(bare) :].translate(_SUBSCRIPT)]))


# ---------------------------------------------------------------- the sign of a local gradient


def local_sign(g: LocalGradient) -> str:
    """Return ``∂(c × x)/∂x`` as text.

    >>> x = symbol("x")
    >>> local_sign(LocalGradient(x * 2, "x", leaf(2.0))), local_sign(LocalGradient(x**2, "x", 2 * x))
    ('∂(x × 2)/∂x', '∂x²/∂x')
    """
    return f"∂{text(g.formula, 5)}/∂{g.operand}"


def local_latex(g: LocalGradient) -> str:
    """Return the sign of a local gradient as LaTeX."""
    formula = latex(g.formula, 5)
    around = formula if not formula.startswith(r"\frac") else rf"\left({formula}\right)"
    return rf"\frac{{\partial {around}}}{{\partial {latex_name(g.operand)}}}"


def local_mathml(g: LocalGradient, kind: str = "local") -> str:
    """Return the sign of a local gradient as MathML, of class ``kind``."""
    d = '<mo form="prefix">∂</mo>'
    formula = _row(mathml(g.formula), True) if g.formula.op in _LOOSE else mathml(g.formula)
    return f'<mfrac class="{kind}"><mrow>{d}{formula}</mrow><mrow>{d}{mathml_name(g.operand)}</mrow></mfrac>'


# ---------------------------------------------------------------- MathML


def mathml(e: Expression, context: int = 0, values: dict[str, float] | None = None) -> str:
    """Return a formula as MathML (without the ``<math>`` around it).

    With ``values`` names are replaced by numbers, of class ``value``.

        >>> mathml(symbol("x") + 1)
        '<mrow><mi>x</mi><mo>+</mo><mrow><mn>1</mn></mrow></mrow>'
    """
    infix = _infix(e)

    def inner(child: Expression, precedence: int) -> str:
        return mathml(child, precedence, values)

    if e.op in _COMPARISONS:
        sign = f"<mo>{html.escape(_COMPARISONS[e.op])}</mo>"
        return f"<mrow><mo>[</mo>{inner(e.operands[0], 0)}{sign}{inner(e.operands[1], 0)}<mo>]</mo></mrow>"
    if e.op is None:
        if e.name and (values is None or e.name not in values):
            return mathml_name(e.name)
        x = values[e.name] if e.name and values is not None else e.number
        return mathml_number(x, "value" if e.name else "", parentheses=context > 2)
    if e.op is ops.div:
        return f"<mfrac>{inner(e.operands[0], 0)}{inner(e.operands[1], 0)}</mfrac>"
    if infix is not None:
        precedence, sign = infix
        content = (
            inner(e.operands[0], precedence) + f"<mo>{html.escape(sign)}</mo>" + inner(e.operands[1], precedence + 1)
        )
        return _row(content, precedence < context)
    if e.op is ops.neg:
        return _row(f'<mo form="prefix">{MINUS}</mo>{inner(e.operands[0], 4)}', context >= 4)
    n = exponent(e.op)
    if n is not None:
        return f"<msup>{inner(e.operands[0], 5)}{mathml_number(n)}</msup>"
    if e.op is ops.TABLE["pow"]:
        return f"<msup>{inner(e.operands[0], 5)}{inner(e.operands[1], 0)}</msup>"
    if e.op is ops.sqrt:
        return f"<msqrt>{inner(e.operands[0], 0)}</msqrt>"
    shown = e.operands if len(e.operands) <= 5 else (e.operands[0], symbol("…"), e.operands[-1])
    operands = "<mo>,</mo>".join(inner(operand, 0) for operand in shown)
    name = html.escape(_SHORT.get(e.op.name, e.op.name))
    return f"<mrow><mi>{name}</mi><mo>(</mo>{operands}<mo>)</mo></mrow>"


def _row(content: str, parentheses: bool) -> str:
    return f"<mrow><mo>(</mo>{content}<mo>)</mo></mrow>" if parentheses else f"<mrow>{content}</mrow>"


def mathml_name(name: str) -> str:
    """Return a variable as MathML, with an index if it ends in digits, and the module it is of."""
    bare, module = _split_module(name)
    if module:
        return f"<msup>{mathml_name(bare)}<mrow><mo>[</mo><mn>{module}</mn><mo>]</mo></mrow></msup>"
    base, index = _split_name(name)
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


# what XML cannot hold, and the marks that turn the direction of all the text after them
_NOT_XML = re.compile("[^\t\n\r\x20-\u2029\u202f-\u2065\u206a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(label: str) -> str:
    """Return any label as inert text for XML: escaped, control characters replaced.

    >>> xml_text('<b>&"\\x00')
    '&lt;b&gt;&amp;&quot;�'
    """
    return html.escape(_NOT_XML.sub("\ufffd", label), quote=True)
