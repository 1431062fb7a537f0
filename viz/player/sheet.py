"""Sheets of exercises to print, with room to write by hand, and the answers to them, apart.

With this module, one can,

- print exercises for a class: ``sheet(exercises)``: each graph without its numbers, and a line for each of them;
- print what belongs on the lines: ``answer_sheet(exercises)``: the same, filled in.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

from ..notation import xml_text
from ..pictures.picture import picture
from ..template import asset, fill
from ..words import words
from . import slots
from .blank import blanked
from .exercises import Exercise, questions_of
from .questions import Question, worked_out
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
    drawn = figure.written() if solved else blanked(figure, e).written(f"{figure.name}-blank")
    questions, numbers = questions_of(e, lang=lang)
    unknown = frozenset((table, k) for table in _ASKED_FOR for k in range(len(numbers[table])))
    write = _worked if solved else _line
    lines = "".join(f"<li>{write(question, numbers, unknown)}</li>" for question in questions)
    return f"<section><h2>{i}. <code>{html.escape(str(each))}</code></h2>{drawn}<ol>{lines}</ol></section>"


def _worked(question: Question, numbers: Numbers, unknown: Hidden) -> str:
    return xml_text(worked_out(question, numbers))


def _line(question: Question, numbers: Numbers, unknown: Hidden) -> str:
    """What is looked for, up to its sign of equality, and a line to write on."""
    if question.kind == "value":
        sign = slots.fill(question.asked, numbers).removesuffix(" = ?")
    else:
        sign = slots.fill(question.worked, numbers, hidden=unknown).partition(" = ")[0]
    return f'<span class="line">{xml_text(sign)} =</span>'
