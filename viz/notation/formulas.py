"""The formulas of a recorded pass: of each step, and of its local gradients, with their operands' names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from autograd_lite import Explanation, Expression, Step, ops
from autograd_lite.expression import number as leaf
from autograd_lite.expression import symbol

from .as_text import text
from .numbers import number
from .rules import holds, own_rule, textbook_rule
from .signs import SUPERSCRIPT, TO_SUBSCRIPT


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
    for write in (textbook_rule, own_rule):
        if holds(write, step, position) and (write is own_rule or not step.op.routes or _decides(explanation, step)):
            rule = write(step.op, shown(step.name), names)[position]
            break
    else:  # a rule that runs on numbers alone, or that meets ∞ · 0 as it is written: the number itself
        rule = leaf(step.op.local_gradients(step.value, *step.numbers)[position])
    return LocalGradient(_formula(step.op, names), str(names[position]), rule)


def _decides(explanation: Explanation, step: Step) -> bool:
    """Tell whether the condition of ``where`` is a comparison or constant: no other input makes it but 0 or 1."""
    chosen = explanation.forward[step.operands[0]]
    return chosen.kind == "constant" and (not chosen.label or chosen.label.startswith("["))


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
    return str(k).translate(TO_SUBSCRIPT) if small else f"⁽{str(k).translate(SUPERSCRIPT)}⁾"


@lru_cache(maxsize=256)
def _clashes(x: str, count: int, taken: frozenset[str]) -> bool:
    indexed = ((str(k), str(k).translate(TO_SUBSCRIPT)) for k in range(1, count + 1))
    return any(taken & {f"{x}{index}", f"{x}_{index}", f"{x}{small}"} for index, small in indexed)


def local_sign(g: LocalGradient) -> str:
    """Return ``∂(c × x)/∂x`` as text.

    >>> x = symbol("x")
    >>> local_sign(LocalGradient(x * 2, "x", leaf(2.0))), local_sign(LocalGradient(x**2, "x", 2 * x))
    ('∂(x × 2)/∂x', '∂x²/∂x')
    """
    return f"∂{text(g.formula, 5)}/∂{g.operand}"
