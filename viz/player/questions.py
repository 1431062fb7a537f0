"""Questions about a pass, what answers them, and what a wrong answer tells.

The page and the terminal quiz ask the same questions and mark the same way; numbers are slots, so a question stays
right when an input is changed. The usual slips are listed in ``slips``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import isfinite
from operator import add, mul
from typing import Literal

from autograd_lite import Explanation, Step, symbol
from autograd_lite.expression import is_number

from ..answers import is_right, is_rounded, read_answer
from ..notation import (
    MINUS,
    LocalGradient,
    local_gradient,
    local_sign,
    number,
    operand_names,
    output_name,
    step_formula,
    text,
)
from ..words import words
from .by_hand import ByHand, digits_needed
from .forward_backward import Edge, uses
from .slips import ROUNDED, ROUNDING, Asked, Kind, Slip, answer_of, slips_of
from .slots import Choose, Numbers, Part, Slot, Text, at, fill, say, when


@dataclass(frozen=True)
class Question:
    """What is asked, the number that answers it, the step worked out, and the slips that explain wrong answers.

    ``operation`` is the sign of the operation in question; ``by_hand`` are the ways to the answer from shown numbers.
    """

    kind: Kind
    operation: str
    asked: Text
    answer: Slot
    worked: Text
    slips: tuple[Slip, ...]
    by_hand: tuple[ByHand, ...]


_SIGNS = {"add": "+", "sub": MINUS, "mul": "×", "div": "÷", "neg": MINUS, "square": "x²"}


def _question(q: Asked, asked: Text, worked: Text, *by_hand: ByHand) -> Question:
    assert q.step.op is not None
    operation = _SIGNS.get(q.step.op.name, q.step.op.name)
    return Question(q.kind, operation, asked, answer_of(q), worked, slips_of(q), by_hand)


def worked_out(question: Question, numbers: Numbers) -> str:
    """Return the step with its numbers, which have the digits it takes for the line to be true.

    >>> from autograd_lite import Value, explain
    >>> from .forward_backward import passes
    >>> e = explain(Value(0.125, "a") * Value(0.333333, "b"))
    >>> worked_out(value_question(e, e.output, lang="en"), passes(e))
    'y = a × b = 0.125 × 0.33333 = 0.04167'
    """
    count = digits_needed(question.by_hand, at(question.answer, numbers), numbers)
    return fill(question.worked, {**numbers, "digits": [float(count)] * len(numbers["value"])})


def value_question(e: Explanation, node: int, *, lang: str) -> Question:
    """Ask for the value of a node."""
    step = e.forward[node]
    head = f"{step.name} = {text(step_formula(e, step))} = "
    worked = (head, *_with_numbers(e, node), " = ", Slot("value", node))
    return _question(Asked("value", e, step, lang=lang), (f"{head}?",), worked, _by_hand(e, step))


def local_question(e: Explanation, edges: Sequence[Edge], edge: Edge, *, lang: str) -> Question | None:
    """Ask for a local gradient, the other operands held fixed; None where it is 1 by the rule, which is no question."""
    child = e.forward[edge.child]
    g = local_gradient(e, child, edge.position)
    if is_number(g.rule) and g.rule.number == 1.0:
        return None
    facts = {"u": child.name, "formula": text(g.formula), "x": g.operand, "sign": local_sign(g)}
    held = [name for name in operand_names(e, child) if isinstance(name, str) and name != g.operand]
    asked = say(lang, "ask local", **facts)
    if held:
        named = words(lang)["comma"].join(held) if len(held) < 4 else words(lang)["others"]
        asked = say(lang, "ask local held", held=named, **facts)
    worked = (f"{local_sign(g)} = ", *_rule_worked(e, edge, g), Slot("local", edge.index))
    by_hand = _by_hand(e, child, edge.position)
    return _question(Asked("local", e, child, edges, (edge,), lang), asked, worked, by_hand)


def _rule_worked(e: Explanation, edge: Edge, g: LocalGradient) -> Text:
    """``1 − u² = 1 − 0.4621² = ``; of a rule that is a number or a name, nothing, or the name."""
    if g.rule.op is None:
        return () if is_number(g.rule) else (f"{text(g.rule)} = ",)
    return (f"{text(g.rule)} = ", *_with_numbers(e, edge.child, edge.position), " = ")


def contribution_question(e: Explanation, edges: Sequence[Edge], edge: Edge, *, lang: str) -> Question:
    """Ask what flows back over one edge."""
    child = e.forward[edge.child]
    factors = (Slot("gradient", edge.child), Slot("local", edge.index, "factor"))
    shown, precise = ((x, " × ", y) for x, y in (factors, [x._replace(precise=edge.child) for x in factors]))
    g = local_gradient(e, child, edge.position)
    asked = say(lang, "ask contribution", u=child.name, x=g.operand, product=shown)
    signs = f"∂{output_name(e)}/∂{child.name} · {local_sign(g)} = "
    worked = (signs, *precise, " = ", Slot("contribution", edge.index))
    by_hand = ByHand(symbol("x0") * symbol("x1"), factors)
    return _question(Asked("contribution", e, child, edges, (edge,), lang), asked, worked, by_hand)


def gradient_question(e: Explanation, edges: Sequence[Edge], node: int, *, lang: str) -> Question:
    """Ask for the whole gradient of a node."""
    arriving = uses(edges, node)
    sign = f"∂{output_name(e)}/∂{e.forward[node].name}"
    asked = say(lang, "ask gradient", sign=sign, sum=_terms(arriving))
    parts: list[Part] = [f"{sign} = ", *_terms(arriving, precise=node), " = "]
    for use in arriving:
        shown = Slot("contribution", use.index, "plain" if use is arriving[0] else "factor", precise=node)
        plus = when("one", "part", use.index, [], [" + "])
        parts.append(when("one", "arrives", use.index, [plus, shown]))
    q = Asked("gradient", e, e.forward[arriving[0].child], edges, arriving, lang)
    return _question(q, asked, (*parts, " = ", Slot("gradient", node)), *_sums(arriving))


def _sums(arriving: Sequence[Edge]) -> tuple[ByHand, ByHand]:
    """The two ways to a whole gradient: from the factors, and from what was computed of them."""
    names = [symbol(f"x{i}") for i in range(2 * len(arriving))]
    factors = [slot for use in arriving for slot in (Slot("gradient", use.child), Slot("local", use.index))]
    products = reduce(add, map(mul, names[::2], names[1::2]))
    parts = tuple(Slot("contribution", use.index) for use in arriving)
    return ByHand(products, tuple(factors)), ByHand(reduce(add, names[: len(parts)]), parts)


def _terms(arriving: Sequence[Edge], *, precise: int | None = None) -> Text:
    """``1 × 3 + (−4) × (−1)``."""
    terms: list[Choose] = []
    for use in arriving:
        upstream = Slot("gradient", use.child, "plain" if use is arriving[0] else "factor", precise=precise)
        plus = when("one", "part", use.index, [], [" + "])
        term: Text = (plus, upstream, " × ", Slot("local", use.index, "factor", precise=precise))
        terms.append(when("one", "arrives", use.index, term))
    return tuple(terms)


_MARK = re.compile("(\\()?\ue000(\\d+)\ue001(?(1)\\))")


def _with_numbers(e: Explanation, node: int, position: int | None = None) -> Text:
    """The formula of a step, or its local gradient at an operand, with numbers in place of names: ``3 × (−2)``."""
    step = e.forward[node]
    marks = {name: f"\ue000{i}\ue001" for name, i in zip(operand_names(e, step), step.operands)}
    marks[step.name] = f"\ue000{node}\ue001"
    g = local_gradient(e, step, position or 0, shown=lambda name: marks.get(name, name))
    return tuple(_slotted(text(g.formula if position is None else g.rule), node))


def _by_hand(e: Explanation, step: Step, position: int | None = None) -> ByHand:
    """The value of a step, or its local gradient at an operand, as a rule on the numbers of its line."""
    places = {i: f"x{k}" for k, i in enumerate(dict.fromkeys((*step.operands, step.index)))}
    slots = tuple(Slot("value", i) for i in places)
    if position is None:
        assert step.op is not None
        return ByHand(step.op(*(symbol(places[i]) for i in step.operands)), slots)
    names = {name: places[i] for name, i in zip(operand_names(e, step), step.operands)} | {
        step.name: places[step.index]
    }
    return ByHand(local_gradient(e, step, position, shown=lambda name: names.get(name, name)).rule, slots)


def _slotted(written: str, node: int) -> Sequence[Part]:
    parts: list[Part] = []
    end = 0
    for mark in _MARK.finditer(written):
        # a number alone in parentheses, tanh(−2), or at the head of a line, −2 × 3, needs none of its own
        alone = mark[1] is not None or (mark.start() == 0 and written[mark.end() :][:1] in (" ", ""))
        slot = Slot("value", int(mark[2]), "plain" if alone else "factor", precise=node)
        parts += [written[end : mark.start()], *(["(", slot, ")"] if mark[1] else [slot])]
        end = mark.end()
    return [*parts, written[end:]]


# ---------------------------------------------------------------- marking


@dataclass(frozen=True)
class Mark:
    """What an answer is told. Too few digits of the right number are no try; slips are named as in ``slips``."""

    verdict: Literal["right", "wrong", "rounded", "not a number"]
    said: str
    slips: tuple[str, ...] = ()


def mark(question: Question, typed: str, numbers: Numbers, *, lang: str = "en") -> Mark:
    """Return what there is to say about an answer as it was typed; one that follows from rounded numbers is right.

    Of slips that lead to one number all are told, for nobody can know which it was.
    """
    said, answer, truth = words(lang), read_answer(typed), at(question.answer, numbers)
    if answer is None or (isfinite(truth) and not isfinite(answer)):
        return Mark("not a number", said["not a number"])
    if is_right(answer, truth) or any(is_right(answer, way.number(numbers)) for way in question.by_hand):
        return Mark("right", said["right"])
    found = diagnose(question, typed, numbers)
    if not found and is_rounded(typed, truth):
        return Mark("rounded", said["slip rounded"], (ROUNDED,))
    if found:
        told = said["slip or"].join(slip.said for slip in found)
        return Mark("wrong", f"{said['wrong']} {told}", tuple(slip.name for slip in found))
    near = _is_near(answer, truth)
    return Mark("wrong", f"{said['wrong']} {said['slip rounding' if near else 'slip none']}", (ROUNDING,) * near)


def diagnose(question: Question, typed: str, numbers: Numbers) -> list[Slip]:
    """Return the usual slips that give this wrong answer, to its own digits: no more than one of each name."""
    answer, truth = read_answer(typed), at(question.answer, numbers)
    if answer is None:
        return []
    wrong = [(slip, x) for slip in question.slips if not is_right(x := slip.number(numbers), truth)]
    exactly = {slip.name: slip for slip, x in reversed(wrong) if is_right(answer, x)}
    if exactly or is_rounded(typed, truth):
        return list(exactly.values())[::-1]
    return list({slip.name: slip for slip, x in reversed(wrong) if is_rounded(typed, x, least=2)}.values())[::-1]


def _is_near(answer: float, truth: float) -> bool:
    """Whether digits were lost on the way to a number that has more than three of them."""
    long = len(re.sub("e.*|[^0-9]", "", number(truth)).strip("0")) > 3
    return long and abs(answer - truth) <= 1e-2 * abs(truth)
