"""One lesson as one page: its prose, its code, what it printed, what it drew, and the player in a frame."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from ..exercises import Exercise
from ..pictures.drawing import Drawing
from ..pictures.palette import DARK, LIGHT
from ..player.page import Player
from ..words import words
from .glossary import FirstUses, glossary
from .lessons import Cell, Lesson, run, suffix
from .markdown import Links, code, prose

WIDE = 1200  # points across, more than fit beside each other in the text


def render(which: Lesson, *, book: Sequence[Lesson] = (), playground: str = "") -> str:
    """Run a lesson and return its page, complete in one file; with the lessons of a ``book`` it links to them.

    ``playground`` is the address of one, in which each piece of code then opens.
    """
    others = [each for each in book if each.lang == which.lang and each != which]
    links = Links(words(which.lang)["book lesson"], {each.number: each.page for each in others})
    glossary_page = index_page(which.lang)
    terms = FirstUses({term.name[which.lang]: f"{glossary_page}#{term.anchor}" for term in glossary() if book})
    cells = list(run(which.path))
    parts = [_cell(cell, which.lang, partial(prose, links=links, terms=terms), playground) for cell in cells]
    if any(isinstance(cell.shown, Player) for cell in cells):
        parts.append(_AROUND_FRAMES)
    if playground:
        parts.append(_BEFORE)
    parts.append(f'<p class="colophon">{words(which.lang)["book colophon"].format(name=which.name)}</p>')
    return whole_page(f"{which.number}. {which.title}", "".join(parts), which.lang, _links(which, book))


def _cell(cell: Cell, lang: str, written: Callable[[str], str], playground: str) -> str:
    """Return a cell as the page has it; of an exercise nothing but the answer, hidden until it is asked for."""
    if cell.kind == "prose":
        return f'<div class="prose">{written(cell.source)}</div>'
    if isinstance(cell.shown, Exercise):
        solution = written(cell.shown.solution())
        return f'<details><summary>{words(lang)["book answer"]}</summary><div class="prose">{solution}</div></details>'
    printed = f'<pre class="printed" tabindex="0">{html.escape(cell.printed.rstrip())}</pre>' if cell.printed else ""
    return _code(cell.source, lang, playground) + printed + _figure(cell.shown, lang)


def _code(source: str, lang: str, playground: str) -> str:
    """Return a piece of code, with a link to where it can be tried; tabs of one name hold one playground for all."""
    if not playground:
        return code(source)
    address = html.escape(f"{playground}#{urlencode({'code': source})}")
    link = f'<a class="try" target="playground" href="{address}">{words(lang)["book try"]}</a>'
    return f'<div class="cell">{code(source)}{link}</div>'


# the code above a piece runs before it; in the page it stands once, not in every link
_BEFORE = """<script>const above = [];
for (const cell of document.querySelectorAll(".cell")) {
  cell.querySelector(".try").href += above.map((code) => "&" + new URLSearchParams({ before: code })).join("");
  above.push(cell.querySelector(".code").textContent.trimEnd());
}</script>"""


def _figure(shown: Any, lang: str) -> str:
    """Return what a cell showed as a figure, if it showed anything."""
    if isinstance(shown, Player):  # it scrolls, and takes the focus, by itself
        return f'<figure class="wide">{_frame(shown, lang)}</figure>'
    if isinstance(shown, Drawing):
        return figure(shown.svg, shown.figure.width)
    as_html = getattr(shown, "_repr_html_", None)
    return "" if as_html is None else f'<figure tabindex="0">{as_html()}</figure>'


def figure(svg: str, width: int) -> str:
    """Return a picture as a figure, which tells the page how wide it is by itself.

    What is wider than the text may use the margins.

    >>> figure("<svg/>", 40)
    '<figure tabindex="0" style="--natural:40px"><svg/></figure>'
    """
    wide = ' class="wide"' if width > WIDE else ""
    return f'<figure tabindex="0"{wide} style="--natural:{width}px">{svg}</figure>'


# the frame tells the page how high its content is
_IN_FRAME = """<style>
main { padding: 10px 16px 6px; } h1 { font-size: 1.1rem; }
</style>
<script>new ResizeObserver(() => parent.postMessage(document.body.offsetHeight, "*")).observe(document.body);</script>
"""
_AROUND_FRAMES = """<script>addEventListener("message", (event) => {
  for (const frame of document.querySelectorAll("iframe"))
    if (frame.contentWindow === event.source && event.data > 0) frame.style.height = `${event.data}px`;
});</script>"""


def _frame(player: Player, lang: str) -> str:
    page = player.ending_in(_IN_FRAME)
    title = words(lang)["book player"]
    return f'<iframe srcdoc="{html.escape(page)}" title="{title}" sandbox="allow-scripts"></iframe>'


def _links(which: Lesson, book: Sequence[Lesson]) -> str:
    """Return the links to the contents, the lesson before, the one after, and this one in other languages."""
    if not book:
        return ""
    lessons = [each for each in book if each.lang == which.lang]
    at = lessons.index(which)
    around = [("prev", "← ", lessons[at - 1])] if at else []
    around += [("next", "", lessons[at + 1])] if at + 1 < len(lessons) else []
    links = [
        f'<a rel="{rel}" href="{each.page}">{arrow}{html.escape(each.title)}{" →" if rel == "next" else ""}</a>'
        for rel, arrow, each in around
    ]
    translations = [each for each in book if each.number == which.number and each != which]
    switch = "".join(language_link(each.lang, each.page) for each in translations)
    return f'<a href="{index_page(which.lang)}">{words(which.lang)["book contents"]}</a>{switch}{"".join(links)}'


def language_link(lang: str, page: str) -> str:
    """Return a link to a page in a language, named as its speakers do.

    >>> language_link("zh", "index.zh.html")
    '<a lang="zh-Hans" href="index.zh.html">中文</a>'
    """
    return f'<a lang="{words(lang)["language tag"]}" href="{page}">{words(lang)["language name"]}</a>'


def index_page(lang: str) -> str:
    """Return the file name of the list of lessons.

    >>> index_page("en"), index_page("zh")
    ('index.html', 'index.zh.html')
    """
    return f"index{suffix(lang)}.html"


def whole_page(title: str, body: str, lang: str, links: str) -> str:
    """Return a page in the colours and type of the book, its links above and below."""
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    for name in ("background", "card", "ink", "muted", "hairline", "value", "gradient", "local"):
        style = style.replace(f"LIGHT-{name}", getattr(LIGHT, name)).replace(f"DARK-{name}", getattr(DARK, name))
    return (
        f'<!DOCTYPE html>\n<html lang="{words(lang)["language tag"]}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{style}</style></head>"
        f"<body>{_nav(links)}<main>{body}</main>{_nav(links, ' aria-label=more')}</body></html>\n"
    )


def _nav(links: str, look: str = "") -> str:
    return f"<nav{look}>{links}</nav>" if links else ""
