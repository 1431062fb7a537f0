"""One self-contained HTML page: the graph, its steps, and the script that walks through them.

Without JavaScript, and on paper, the page is the finished graph with every step written out; the
script only hides and reveals, and computes again when an input is changed.
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Mapping
from dataclasses import replace

from autograd_lite import Explanation, Value
from autograd_lite.formula import Formula

from ..pictures.elements import Element, paint
from ..pictures.figure import Figure
from ..pictures.palette import LIGHT
from ..pictures.scene import Scene
from ..pictures.styles import card
from ..template import asset, colours, fill, script_safe
from . import parts
from .blank import blanked
from .script import program_of, rules_of, script_data
from .walk import Walk, walk_through

SCRIPT = (
    "data.js",
    "slots.js",
    "answers.js",
    "forward_backward.js",
    "step.js",
    "guessing.js",
    "room.js",
    "moving.js",
    "what_if.js",
    "link.js",
    "practise.js",
    "progress.js",
    "prepare.js",
)


def to_html(
    graph: Value | Explanation,
    *,
    formula: Formula | None = None,
    lang: str = "en",
    title: str = "",
    quiz: bool = False,
    engine: str = "auto",
) -> str:
    """Return the player of a graph as one HTML page that asks nothing of the network.

    ``formula`` is what ``parse`` made the graph from, if it did: the page can then take another
    branch of a comparison when an input changes. ``quiz=True`` asks for every number on the way.

        >>> x = Value(3.0, "x")
        >>> page = to_html(x * x)
        >>> page.count("<svg"), "https://" in page
        (1, False)

    Raises ValueError for a language that is not there, or for more than 150 values or 400 uses of them.
    """
    return _page(_content(walk_through(graph, formula=formula, lang=lang), title=title, quiz=quiz, engine=engine))


class Player:
    """The page in a notebook: a frame of its own, so that several stand on one page without clashing."""

    def __init__(self, content: Mapping[str, str], plain: str):
        self._content, self.page, self.plain = content, _page(content), plain

    def ending_in(self, end: str) -> str:
        """Return the page with more at the end of its body."""
        return _page(self._content, end)

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{html.escape(self.page)}" title="{html.escape(self.plain)}" sandbox="allow-scripts" '
            'style="width:100%;height:900px;border:0" loading="lazy"></iframe>'
        )

    def _mime_(self) -> tuple[str, str]:
        return "text/html", self._repr_html_()

    def __str__(self) -> str:
        return self.page

    def __repr__(self) -> str:
        return self.plain


def play(
    graph: Value | Explanation,
    *,
    formula: Formula | None = None,
    lang: str = "en",
    title: str = "",
    quiz: bool = False,
    engine: str = "auto",
) -> Player:
    """Return the player of a graph; as the last line of a notebook cell it shows itself.

    The options are those of ``to_html``.

    >>> x = Value(3.0, "x")
    >>> play(x * x)
    <player of y: 2 values, 2 edges>
    """
    walk = walk_through(graph, formula=formula, lang=lang)
    s = walk.scene
    plain = f"<player of {s.output.name}: {len(s.cards)} values, {len(s.chips)} edges>"
    return Player(_content(walk, title=title, quiz=quiz, engine=engine), plain)


# ---------------------------------------------------------------- the page from its parts


def _page(content: Mapping[str, str], end: str = "") -> str:
    return fill(asset(__package__, "browser/page.html"), **content, end=end)


def _content(walk: Walk, *, title: str, quiz: bool, engine: str) -> dict[str, str]:
    e, said = walk.explanation, walk.said
    heading, picture = title or said["quiz title" if quiz else "player title"], _graph(walk.scene, engine)
    if quiz:
        picture = blanked(picture, e, described=picture.title)
    source, why_fixed = program_of(e, walk.decisions)
    data = script_safe(json.dumps(script_data(walk, quiz=quiz), ensure_ascii=False, separators=(",", ":")))
    packed = base64.b64encode(data.encode()).decode() if quiz else data  # who looks at the source sees no answers
    scripts = [asset("viz.notation", "numbers.js"), *[asset(__package__, f"browser/{name}") for name in SCRIPT]]
    return {
        "lang": said["language tag"], "title": html.escape(f"{heading} – {e.forward[e.output].name}"),
        "heading": html.escape(heading), "equation": parts.equations(e), "legend": parts.legend(said),
        "style": colours() + asset(__package__, "browser/page.css"), "graph": picture.written(),
        "natural": str(picture.width), "hidden": " hidden" if quiz else "",
        "questions": parts.questions(walk) if quiz else "", "controls": parts.controls(said),
        "options": parts.options(said, quiz=quiz),
        "inputs": parts.what_if(walk, why_fixed), "written": parts.all_steps(walk, blank=quiz),
        "table": parts.table(walk, blank=quiz), "answers": parts.answers(walk) if quiz else "",
        "in_words": said["in words"], "in_code": said["in code"], "all": said["all steps"], "keys": parts.keys(said),
        "answer": said["your answer"], "check": said["try"], "show": said["show"], "restart": said["start again"],
        "data": packed, "program": script_safe(source),
        "rules": script_safe(rules_of(walk.steps)), "script": "\n".join(scripts),
    }  # fmt: skip


# the head of the arrow that runs against a wire
_AGAINST = {"id": "against", "viewBox": "0 0 10 10", "refX": "10", "refY": "5", "markerWidth": "4", "markerHeight": "4"}
_AGAINST |= {"markerUnits": "strokeWidth", "orient": "auto-start-reverse"}
_ARROW = Element("marker", _AGAINST, [Element("path", {"d": "M0,0L10,5L0,10z", **paint("grad", LIGHT)})])


def _graph(s: Scene, engine: str) -> Figure:
    """The card picture, as a group of elements rather than one image: its cards can be pressed."""
    figure = Figure.of(s, card.draw(s, LIGHT, engine), "auto")
    return replace(figure, role="group", head=[Element("defs", {}, [_ARROW])])
