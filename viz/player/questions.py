"""Questions about a pass, and what a wrong answer tells: the usual slips, each with the number it gives.

The page and the terminal quiz ask the same questions; numbers are slots, so a question stays right
when an input is changed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from autograd_lite import Explanation
from autograd_lite.symbolic import is_number

from ..notation import local_formula, step_formula, text
from .passes import Edge, uses
from .slots import Numbers, Part, Slot, Text, when

TOLERANCE = 5e-4  # relative: an answer rounded to four significant digits is right

Kind = Literal["value", "local", "contribution", "gradient"]


@dataclass(frozen=True)
class Slip:
    """A usual mistake: an answer equal to the sum of ``slots`` is explained by ``said``."""

    kind: Literal["branch", "upstream", "arrived", "value", "other", "total", "sign"]
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
    others = [Slip("other", (Slot("v", s.index),), _say("operand", lang, x=s.name, formula=formula)) for s in operands]
    return Question("value", (asked,), Slot("v", node), (*others, _sign(Slot("v", node), lang)))


def local_question(e: Explanation, edge: Edge, *, lang: str) -> Question | None:
    """Ask for a local gradient; None where it is 1 by the rule, which is no question."""
    child, parent = e.forward[edge.child], e.forward[edge.parent]
    rule = local_formula(e, child, edge.position)
    if is_number(rule) and rule.number == 1.0:
        return None
    formula = text(step_formula(e, child))
    asked = _say("local", lang, u=child.name, x=parent.name, formula=formula)
    answer = Slot("l", edge.index)
    slips = [
        Slip("value", (Slot("v", edge.parent),), _say("value for local", lang, u=child.name, x=parent.name)),
        Slip("value", (Slot("v", edge.child),), _say("value of child", lang, u=child.name, x=parent.name)),
        Slip("other", (Slot("c", edge.index),), _say("contribution for local", lang, u=child.name)),
        _sign(answer, lang),
    ]
    return Question("local", (asked,), answer, tuple(slips))


def contribution_question(e: Explanation, edge: Edge, *, lang: str) -> Question:
    """Ask what flows back over one edge."""
    child, parent = e.forward[edge.child].name, e.forward[edge.parent].name
    answer, local, upstream = Slot("c", edge.index), Slot("l", edge.index, "("), Slot("g", edge.child)
    asked: list[Part] = [_say("contribution", lang, u=child, x=parent), upstream, " × ", local, " = ?"]
    slips = (
        *_factor_slips(e, [edge], edge.parent, lang),
        Slip("total", (Slot("t", edge.index),), _say("total", lang, x=parent)),
        Slip("value", (Slot("v", edge.parent),), _say("value for gradient", lang, x=parent)),
        _sign(answer, lang),
    )
    return Question("contribution", tuple(asked), answer, slips)


def gradient_question(e: Explanation, edges: Sequence[Edge], node: int, *, lang: str) -> Question:
    """Ask for the whole gradient of a node."""
    names = [step.name for step in e.forward]
    y, x = names[e.output], names[node]
    answer, arriving = Slot("g", node), uses(edges, node)
    asked: list[Part] = [f"∂{y}/∂{x} = ", *(_terms(arriving)), " = ?"]
    branches = [
        Slip("branch", (Slot("c", use.index),), _say("branch", lang, u=names[use.child], x=x, n=str(len(arriving))))
        for use in (arriving if len(arriving) > 1 else ())
    ]
    value = Slip("value", (Slot("v", node),), _say("value for gradient", lang, x=x))
    slips = (*branches, *_factor_slips(e, arriving, node, lang), value, _sign(answer, lang))
    return Question("gradient", tuple(asked), answer, slips)


def _terms(arriving: Sequence[Edge]) -> list[Part]:
    """``1 × 3 + (−4) × (−1)``."""
    return [
        when(
            "one", "a", use.index,
            [
                when("one", "k", use.index, [], [" + "]),
                Slot("g", use.child, "" if use is arriving[0] else "("), " × ", Slot("l", use.index, "("),
            ],
        )
        for use in arriving
    ]  # fmt: skip


def _factor_slips(e: Explanation, arriving: Sequence[Edge], node: int, lang: str) -> list[Slip]:
    names = [step.name for step in e.forward]
    locals_ = tuple(Slot("l", use.index) for use in arriving)
    child = names[arriving[0].child] if arriving else ""
    slips = [Slip("upstream", locals_, _say("upstream", lang, u=child, y=names[e.output]))] if arriving else []
    if len(arriving) == 1:
        upstream = (Slot("g", arriving[0].child),)
        slips.append(Slip("arrived", upstream, _say("arrived", lang, u=child, x=names[node])))
    return slips


def _sign(answer: Slot, lang: str) -> Slip:
    return Slip("sign", (Slot(answer.table, answer.at, "", -1.0),), _say("sign", lang))


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


def at(slot: Slot, numbers: Numbers) -> float:
    """Return the number a slot stands for."""
    return numbers[slot.table][slot.at] * slot.scale


# ---------------------------------------------------------------- words

_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "local": "How fast does {u} = {formula} change when only {x} changes?  ∂{u}/∂{x} = ?",
        "contribution": "What flows back from {u} to {x}?  ",
        "operand": "That is {x} itself; compute {formula}.",
        "value for local": "That is the value of {x}; asked is how fast {u} changes when {x} does.",
        "value of child": "That is the value of {u}; asked is how fast {u} changes when {x} does.",
        "contribution for local": "That is what flows back; the local gradient is without what arrives at {u}.",
        "branch": "That is the part through {u} alone; {x} is used {n} times, and the parts add up.",
        "upstream": "That is the local gradient alone; multiply it by what arrives at {u}, ∂{y}/∂{u}.",
        "arrived": "That is what arrives at {u}; multiply it by the local gradient ∂{u}/∂{x}.",
        "total": "That is already the sum so far at {x}; asked is this part alone.",
        "value for gradient": "That is the value of {x}, not its gradient.",
        "sign": "The size is right, the sign is not.",
    },
    "zh": {
        "local": "只有 {x} 变化时，{u} = {formula} 变化多快？ ∂{u}/∂{x} = ?",
        "contribution": "从 {u} 流回 {x} 的是多少？ ",
        "operand": "这是 {x} 本身；请计算 {formula}。",
        "value for local": "这是 {x} 的值；问的是 {x} 变化时 {u} 变化多快。",
        "value of child": "这是 {u} 的值；问的是 {x} 变化时 {u} 变化多快。",
        "contribution for local": "这是流回去的量；局部梯度还没有乘上到达 {u} 的梯度。",
        "branch": "这只是经过 {u} 的一份；{x} 用了 {n} 次，各份要相加。",
        "upstream": "这只是局部梯度；还要乘以到达 {u} 的梯度 ∂{y}/∂{u}。",
        "arrived": "这是到达 {u} 的梯度；还要乘以局部梯度 ∂{u}/∂{x}。",
        "total": "这已经是 {x} 处到此为止的和；问的只是这一份。",
        "value for gradient": "这是 {x} 的值，不是它的梯度。",
        "sign": "大小对了，符号反了。",
    },
}


def _say(key: str, lang: str, **names: str) -> str:
    return _WORDS[lang][key].format(**names)
