"""Sheets of exercises to print, with room to write by hand, and the answers to them, apart.

With this module, one can,

- print exercises for a class: ``sheet(exercises)``: each graph without its numbers, and a line for each of them;
- print what belongs on the lines: ``answer_sheet(exercises)``: the same, filled in.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import replace

from autograd_lite import Explanation

from ..notation import xml_text
from ..pictures.elements import Child, Element
from ..pictures.figure import Figure
from ..pictures.picture import picture
from ..template import asset, fill
from ..words import words
from . import slots
from .exercises import Exercise, questions_of
from .questions import Question
from .slots import Hidden, Numbers

_ASKED_FOR = ("value", "gradient", "local", "contribution")


def sheet(exercises: Sequence[Exercise], *, lang: str = "en", engine: str = "auto") -> str:
    """Return an HTML page to print: of each exercise the graph, and a line to write on for each question.

    >>> from .exercises import exercise
    >>> page = sheet([exercise("easy", seed=1)])
    >>> page.count('class="line"'), "https://" in page
    (9, False)
    """
    return _page(exercises, lang, engine, solved=False)


def answer_sheet(exercises: Sequence[Exercise], *, lang: str = "en", engine: str = "auto") -> str:
    """Return the page with the answers to a sheet: the graphs with their numbers, the lines worked out."""
    return _page(exercises, lang, engine, solved=True)


def _page(exercises: Sequence[Exercise], lang: str, engine: str, *, solved: bool) -> str:
    said = words(lang)
    title = said["sheet title"]
    if solved:
        title = f"{title} · {said['solutions']}"
    name = f'<p class="fill"><span>{said["name"]}</span><span>{said["date"]}</span></p><p>{said["task"]}</p>'
    sections = [_section(i, each, lang, engine, solved=solved) for i, each in enumerate(exercises, start=1)]
    return fill(
        asset(__package__, "sheet.html"),
        lang=said["language tag"],
        title=title,
        head="" if solved else name,
        sections="".join(sections),
    )


def _section(i: int, each: Exercise, lang: str, engine: str, *, solved: bool) -> str:
    e = each.explanation
    figure = picture(e, style="card", theme="light", lang=lang, engine=engine)
    drawn = figure.written() if solved else _blanked(figure, e)
    questions, numbers = questions_of(e, lang=lang)
    unknown = frozenset((table, k) for table in _ASKED_FOR for k in range(len(numbers[table])))
    write = _worked if solved else _line
    lines = "".join(f"<li>{write(question, numbers, unknown)}</li>" for question in questions)
    return f"<section><h2>{i}. <code>{html.escape(str(each))}</code></h2>{drawn}<ol>{lines}</ol></section>"


def _worked(question: Question, numbers: Numbers, unknown: Hidden) -> str:
    return xml_text(slots.fill(question.worked, numbers))


def _line(question: Question, numbers: Numbers, unknown: Hidden) -> str:
    """What is looked for, up to its sign of equality, and a line to write on."""
    if question.kind == "value":
        sign = slots.fill(question.asked, numbers).removesuffix(" = ?")
    else:
        sign = slots.fill(question.worked, numbers, hidden=unknown).partition(" = ")[0]
    return f'<span class="line">{xml_text(sign)} =</span>'


# ---------------------------------------------------------------- the picture without its numbers


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
