"""The map of the lessons: top to bottom in the order they are read, with an arc from each to those that build on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..pictures.elements import Element, arrow_head, curve, text
from ..pictures.figure import Canvas, Figure
from ..pictures.palette import LIGHT
from ..pictures.text_width import text_width
from ..words import words
from .lessons import Lesson

_STEP, _SIZE, _GAP = 30.0, 14, 16.0  # from line to line, the size of the titles, from the arcs to the titles


def lesson_map(lessons: Sequence[Lesson], lang: str) -> Figure:
    """Return the map of the lessons of one language.

    >>> from viz.book import find_lessons
    >>> "Lesson 3 builds on 2" in lesson_map(find_lessons(), "en").description
    True
    """
    said = words(lang)
    lines = {each.number: (i + 0.5) * _STEP for i, each in enumerate(lessons)}
    left = max((_reach(lines[a], lines[each.number]) for each in lessons for a in each.builds_on), default=0.0) + _GAP
    titles = [f"{each.number}. {each.title}" for each in lessons]
    arcs = [arc for each in lessons for a in each.builds_on for arc in _arc(left, lines[a], lines[each.number])]
    named = [
        text(left + _GAP, y + 5, title, "ink", LIGHT, size=_SIZE, anchor="start")
        for y, title in zip(lines.values(), titles)
    ]
    width = left + _GAP + max(text_width(title, _SIZE) for title in titles)
    told = " ".join(
        said["map builds on"].format(n=each.number, others=said["map and"].join(map(str, each.builds_on)))
        for each in lessons
        if each.builds_on
    )
    canvas = Canvas([*arcs, *named], width, _STEP * len(lessons))
    return Figure(f"map-{lang}", canvas, said["map title"], told, "auto")


def _reach(above: float, below: float) -> float:
    """How far to the left an arc goes: the further, the more lessons it passes."""
    return 8.0 + 0.28 * (below - above)


def _arc(x: float, above: float, below: float) -> Iterator[Element]:
    far = x - 4 / 3 * _reach(above, below)  # a Bézier curve goes three quarters of the way to its control points
    yield curve([(x, above), (far, above), (far, below), (x, below)], "wire", LIGHT)
    yield arrow_head(x + 4, below, LIGHT)
