"""Questions about a pass, and what a wrong answer tells: the usual slips, each with the number it gives.

The page and the terminal quiz ask the same questions; numbers are slots, so a question stays right
when an input is changed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from autograd_lite import Explanation
from autograd_lite.expression import is_number

from ..notation import local_gradient, local_sign, operand_names, output_name, step_formula, text
from ..words import words
from .forward_backward import Edge, uses
from .slots import Choose, Numbers, Slot, Text, at, say, when

TOLERANCE = 5e-4  # relative: an answer rounded to four significant digits is right

SlipKind = Literal["paths", "branch", "upstream", "arrived", "value", "other", "total", "operation", "sign"]
Kind = Literal["value", "local", "contribution", "gradient"]


@dataclass(frozen=True)
class Slip:
    """A usual mistake: an answer equal to the sum of ``slots`` is explained by ``said``."""

    kind: SlipKind
    slots: tuple[Slot, ...]
    said: str


@dataclass(frozen=True)
class Question:
    """What is asked, the number that answers it, and the slips that explain wrong answers."""

    kind: Kind
    asked: Text
    answer: Slot
    slips: tuple[Slip, ...]


def value_question(e: Explanation, node: int, *, lang: str) -> Question:
    """Ask for the value of a node."""
    step = e.forward[node]
    formula = text(step_formula(e, step))
    asked = f"{step.name} = {formula} = ?"
    operands = [e.forward[i] for i in dict.fromkeys(step.operands) if e.forward[i].kind != "constant"]
    slips = [_slip("other", Slot("value", s.index), lang, "operand", x=s.name, formula=formula) for s in operands]
    if len(step.operands) == 2:
        (a, b), (x, y) = (Slot("value", i) for i in step.operands), (e.forward[i].name for i in step.operands)
        slips.append(Slip("operation", (b, a._replace(scale=-1.0)), _said(lang, "swapped", x=x, y=y, formula=formula)))
        slips.append(Slip("operation", (a, b), _said(lang, "added", x=x, y=y, formula=formula)))
    return Question("value", (asked,), Slot("value", node), (*slips, _sign(Slot("value", node), lang)))


def local_question(e: Explanation, edge: Edge, *, lang: str) -> Question | None:
    """Ask for a local gradient, the other operands held fixed; None where it is 1 by the rule, which is no question."""
    child, parent = e.forward[edge.child], e.forward[edge.parent]
    g = local_gradient(e, child, edge.position)
    if is_number(g.rule) and g.rule.number == 1.0:
        return None
    facts = {"u": child.name, "formula": text(g.formula), "x": g.operand, "sign": local_sign(g)}
    held = [name for name in operand_names(e, child) if isinstance(name, str) and name != g.operand]
    asked = say(lang, "ask local", **facts)
    if held:
        named = words(lang)["comma"].join(held) if len(held) < 4 else words(lang)["others"]
        asked = say(lang, "ask local held", held=named, **facts)
    answer = Slot("local", edge.index)
    names = {"u": child.name, "x": parent.name}
    slips = (
        _slip("paths", Slot("all_paths", edge.index), lang, "all paths", **names),
        _slip("value", Slot("value", edge.parent), lang, "value", **names),
        _slip("value", Slot("value", edge.child), lang, "child", **names),
        _slip("other", Slot("contribution", edge.index), lang, "flow", u=child.name),
        _sign(answer, lang),
    )
    return Question("local", asked, answer, slips)


def contribution_question(e: Explanation, edge: Edge, *, lang: str) -> Question:
    """Ask what flows back over one edge."""
    child, parent = e.forward[edge.child].name, e.forward[edge.parent].name
    answer, product = (
        Slot("contribution", edge.index),
        (Slot("gradient", edge.child), " × ", Slot("local", edge.index, "factor")),
    )
    operand = local_gradient(e, e.forward[edge.child], edge.position).operand
    slips = (
        *_factor_slips(e, [edge], lang),
        _slip("total", Slot("total", edge.index), lang, "total", x=parent),
        Slip("operation", (Slot("gradient", edge.child), Slot("local", edge.index)), _said(lang, "factors added")),
        _slip("value", Slot("value", edge.parent), lang, "no gradient", x=parent),
        _sign(answer, lang),
    )
    return Question("contribution", say(lang, "ask contribution", u=child, x=operand, product=product), answer, slips)


def gradient_question(e: Explanation, edges: Sequence[Edge], node: int, *, lang: str) -> Question:
    """Ask for the whole gradient of a node."""
    x, answer, arriving = e.forward[node].name, Slot("gradient", node), uses(edges, node)
    asked = say(lang, "ask gradient", sign=f"∂{output_name(e)}/∂{x}", sum=_terms(arriving))
    n = len(arriving)
    times = words(lang)["two times" if n == 2 else "many times"].format(n=n)
    branches = [
        _slip("branch", Slot("contribution", use.index), lang, "branch", u=e.forward[use.child].name, x=x, times=times)
        for use in (arriving if len(arriving) > 1 else ())
    ]
    value = _slip("value", Slot("value", node), lang, "no gradient", x=x)
    slips = (*branches, *_factor_slips(e, arriving, lang), value, _sign(answer, lang))
    return Question("gradient", asked, answer, slips)


def _terms(arriving: Sequence[Edge]) -> Text:
    """``1 × 3 + (−4) × (−1)``."""
    terms: list[Choose] = []
    for use in arriving:
        upstream = Slot("gradient", use.child, "plain" if use is arriving[0] else "factor")
        plus = when("one", "part", use.index, [], [" + "])
        term: Text = (plus, upstream, " × ", Slot("local", use.index, "factor"))
        terms.append(when("one", "arrives", use.index, term))
    return tuple(terms)


def _factor_slips(e: Explanation, arriving: Sequence[Edge], lang: str) -> list[Slip]:
    """One factor in place of the product."""
    child = e.forward[arriving[0].child]
    locals_ = tuple(Slot("local", use.index) for use in arriving)
    said = _said(lang, "upstream", u=child.name, y=output_name(e))
    slips = [Slip("upstream", locals_, said)]
    if len(arriving) == 1:
        sign = local_sign(local_gradient(e, child, arriving[0].position))
        slips.append(_slip("arrived", Slot("gradient", child.index), lang, "arrived", u=child.name, sign=sign))
    return slips


def _sign(answer: Slot, lang: str) -> Slip:
    return _slip("sign", answer._replace(scale=-1.0), lang, "sign")


def _slip(kind: SlipKind, slot: Slot, lang: str, key: str, **names: str) -> Slip:
    return Slip(kind, (slot,), _said(lang, key, **names))


def _said(lang: str, key: str, **names: str) -> str:
    return words(lang)[f"slip {key}"].format(**names)


# ---------------------------------------------------------------- checking


def read_answer(typed: str) -> float | None:
    """Return the number a learner typed: a decimal, with a point or a comma, or a fraction; else None.

    >>> read_answer("−1/3"), read_answer("0,5"), read_answer("２.５"), read_answer("x")
    (-0.3333333333333333, 0.5, 2.5, None)
    """
    plain = typed.strip().translate(_TYPED).replace(" ", "")
    if plain.lower().lstrip("+-") in ("inf", "infinity"):
        return -math.inf if plain.startswith("-") else math.inf
    over, slash, under = plain.partition("/")
    try:
        if slash:
            return float(Fraction(over) / Fraction(under))
        return float(Fraction(plain)) if len(plain) < 40 else None
    except (ValueError, ZeroDivisionError, OverflowError):
        return None


_TYPED = str.maketrans({**dict(zip("−–—，,。．／０１２３４５６７８９", "---..../0123456789")), "∞": "inf"})


def is_right(answer: float, truth: float) -> bool:
    """Tell whether an answer is right: exactly, or rounded to no fewer than four significant digits.

    >>> is_right(0.3333, 1 / 3), is_right(0.33, 1 / 3)
    (True, False)
    """
    if truth - truth != 0.0:
        return answer == truth or (answer != answer and truth != truth)
    return abs(answer - truth) <= TOLERANCE * abs(truth) + 1e-9


def diagnose(question: Question, answer: float, numbers: Numbers) -> Slip | None:
    """Return the usual slip that gives this wrong answer, if one does."""
    truth = at(question.answer, numbers)
    for slip in question.slips:
        mistaken = sum(at(slot, numbers) for slot in slip.slots)
        if is_right(answer, mistaken) and not is_right(mistaken, truth):
            return slip
    return None
