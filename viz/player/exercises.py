"""Exercises: random graphs of a chosen difficulty, their questions, and a printable sheet.

With this module, one can,

- make an exercise: ``exercise("easy", seed=1)``, the same for the same seed;
- list what it asks: ``questions_of(e)``;
- print sheets for a class, solutions after them: ``sheet(exercises)``.
"""

from __future__ import annotations

import html
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from autograd_lite import Explanation, explain, parse
from autograd_lite.formula import Formula

from ..notation import number
from ..pictures.elements import Child, Element
from ..pictures.figure import Figure
from ..pictures.picture import picture
from ..words import words
from .forward_backward import tables
from .questions import Question
from .slots import Numbers
from .steps import questions_asked, steps_of

DIFFICULTIES = ("easy", "medium", "hard")
_BINARY = {"easy": "+*", "medium": "+-**", "hard": "+-**/"}
_UNARY = {"easy": (), "medium": ("{}**2", "relu({})"), "hard": ("{}**2", "relu({})", "tanh({})", "exp({})", "sin({})")}
_STEPS = {"easy": 2, "medium": 4, "hard": 5}


@dataclass(frozen=True)
class Exercise:
    """A formula with the values of its inputs."""

    formula: Formula
    values: Mapping[str, float]
    text: str

    def graph(self) -> Any:
        """Return the output node."""
        return self.formula.graph(**self.values)

    @cached_property
    def explanation(self) -> Explanation:
        """The recorded pass: the solutions."""
        return explain(self.graph())

    def __str__(self) -> str:
        given = ", ".join(f"{name} = {number(x)}" for name, x in self.values.items())
        return f"{self.text}   ({given})"


def exercise(difficulty: str = "easy", *, seed: int = 0) -> Exercise:
    """Return a random exercise; from ``"medium"`` on some value is always used twice.

    >>> print(exercise("easy", seed=1))
    u = a + b; z = b * u   (a = 3, b = 2)

    Raises ValueError for another difficulty than easy, medium, hard.
    """
    if difficulty not in DIFFICULTIES:
        raise ValueError(f"no difficulty {difficulty!r}; there are {', '.join(DIFFICULTIES)}")
    rng = random.Random(f"{difficulty} {seed}")
    while True:
        made = _draw(difficulty, rng)
        if _fits(made, difficulty):
            return made


def _draw(difficulty: str, rng: random.Random) -> Exercise:
    names = ["a", "b", "c"][: 2 if difficulty == "easy" else 3]
    known, lines = list(names), []
    made = ["u", "v", "w", "s", "z"][-_STEPS[difficulty] :] if difficulty != "easy" else ["u", "z"]
    for step in made:
        if _UNARY[difficulty] and rng.random() < 0.3:
            formula = rng.choice(_UNARY[difficulty]).format(rng.choice(known))
        else:
            operator, left = rng.choice(_BINARY[difficulty]), rng.choice(known)
            right = rng.choice([name for name in known if name != left or operator in "+*"])
            formula = f"{left} {operator} {right}"
        lines.append(f"{step} = {formula}")
        known.append(step)
    text = "; ".join(lines)
    parsed = parse(text)
    values = {name: float(rng.choice([-3, -2, -1, 1, 2, 3, 4])) for name in names if name in parsed.inputs}
    return Exercise(parsed, values, text)


def _fits(made: Exercise, difficulty: str) -> bool:
    """Keep graphs in which every value matters and every number can be written on a line."""
    if len(made.formula.inputs) < 2:
        return False
    e = made.explanation
    if len([step for step in e.forward if step.op is not None]) != len(made.formula.steps):
        return False  # a step that leads nowhere
    numbers = [*(step.value for step in e.forward), *e.gradients]
    if not all(abs(x) < 200 for x in numbers) or not any(e.gradients[step.index] for step in e.inputs):
        return False
    return difficulty == "easy" or any(len(e.uses(step.index)) > 1 for step in e.forward)


def questions_of(e: Explanation, *, lang: str = "en") -> tuple[list[Question], Numbers]:
    """Return what a quiz asks of a graph, in the order of the passes, and the numbers that answer it.

    Every value, every local gradient that is not 1 by its rule, every contribution, and the sum
    where contributions meet.
    """
    numbers = tables(e)
    return questions_asked(steps_of(e, numbers, lang=lang), numbers), numbers


# ---------------------------------------------------------------- the printed sheet

_STYLE = """body{font:16px/1.5 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;color:#1B2430;
background:#fff;max-width:1100px;margin:24px auto;padding:0 20px}section{break-inside:avoid;margin:28px 0}
svg{max-width:100%;height:auto}
.fill{display:flex;gap:32px}.fill span{flex:1;border-bottom:1px solid #5A6675}#solutions{break-before:page}
@page{size:A4 landscape;margin:12mm}@media print{body{margin:0;padding:0;max-width:none}}
code{font:1.05rem ui-monospace,Menlo,Consolas,monospace}"""


def sheet(exercises: Sequence[Exercise], *, lang: str = "en", engine: str = "auto") -> str:
    """Return an HTML page to print: the exercises with blanks, and from a new page on the solutions."""
    said = words(lang)
    tag = said["language tag"]
    blank, solved = [], []
    for i, each in enumerate(exercises, start=1):
        figure = picture(each.explanation, style="card", theme="light", lang=lang, engine=engine)
        heading = f"<h2>{i}. <code>{html.escape(str(each))}</code></h2>"
        blank.append(f"<section>{heading}{_blanked(figure, each.explanation)}</section>")
        solved.append(f"<section>{heading}{figure.written()}</section>")
    return (
        f'<!DOCTYPE html>\n<html lang="{tag}"><head><meta charset="utf-8">'
        f"<title>{said['sheet title']}</title><style>{_STYLE}</style></head><body><main><h1>{said['sheet title']}</h1>"
        f'<p class="fill"><span>{said["name"]}</span><span>{said["date"]}</span></p><p>{said["task"]}</p>'
        f'{"".join(blank)}<div id="solutions"><h1>{said["solutions"]}</h1>{"".join(solved)}</div>'
        "</main></body></html>\n"
    )


def _blanked(figure: Figure, e: Explanation) -> str:
    """Return the picture without what is to be found; the inputs keep their values, no tooltip or description tells."""
    given = {f"n{step.index}" for step in e.inputs}

    def blank(group: Element) -> Element:
        parts = [part for part in group.children if not isinstance(part, Element) or part.tag != "title"]
        return replace(group, children=[_asked(part, given=group.key in given) for part in parts])

    return replace(figure.changed(blank), description="").written(f"{figure.name}-blank")


def _asked(part: Child, *, given: bool) -> Child:
    """Return a part of a card or chip without its answer; of a local gradient its sign stays."""
    if not isinstance(part, Element) or part.tag != "text":
        return part
    kind = part.attributes["class"]
    if kind == "local":
        return replace(
            part, children=[f"{said.partition(' = ')[0]} =" for said in part.children if isinstance(said, str)]
        )
    hidden = kind == "grad" or (kind == "value" and not given)
    return replace(part, children=("",)) if hidden else part
