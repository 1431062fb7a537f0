"""The book: a page for every lesson, and a list of them for each language."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

from autograd_lite import parse

from ..pictures.drawing import save
from ..pictures.figure import Figure
from ..pictures.picture import picture
from ..words import words
from .glossary import glossary_table
from .lessons import find_lessons, lesson_languages, lessons_of, suffix
from .map import lesson_map
from .markdown import Links, prose
from .pages import figure, index_page, language_link, render, whole_page


def index(lang: str, languages: Sequence[str]) -> str:
    """Return the page that lists the lessons with their questions."""
    said = words(lang)
    parts: list[tuple[str, list[str]]] = []  # the heading of each, and its lessons
    for each in find_lessons(lang):
        heading = said.get(f"book part {each.number}")
        if heading or not parts:
            parts.append((f"<h2>{heading}</h2>" if heading else "", []))
        question = prose(each.question[0].upper() + each.question[1:], inline=True)
        link = f'<a href="{each.page}">{html.escape(each.title)}</a>'
        parts[-1][1].append(f'<li value="{each.number}">{link}<p>{question}</p></li>')
    lessons = "".join(f"{heading}<ol>{''.join(items)}</ol>" for heading, items in parts)
    others = "".join(language_link(each, index_page(each)) for each in languages if each != lang)
    cover, lessons_map = (
        figure(each.written(), each.width) for each in (_cover(lang), lesson_map(find_lessons(lang), lang))
    )
    opening = f'<h1>{said["book title"]}</h1><div class="prose"><p>{said["book opening"]}</p></div>{cover}'
    teacher = f'<p><a href="{plan_page(lang)}">{said["plan title"]}</a></p>'
    first, last = f"<h2>{said['map title']}</h2>{lessons_map}", f"<h2>{said['glossary']}</h2>{_glossary(lang)}"
    body = opening + first + lessons + teacher + last
    return whole_page(said["book title"], body, lang, others)


def _glossary(lang: str) -> str:
    return glossary_table(lang, _links_to_lessons(lang))


def _links_to_lessons(lang: str) -> Links:
    return Links(words(lang)["book lesson"], {each.number: each.page for each in find_lessons(lang)})


def plan_page(lang: str) -> str:
    """Return the file name of the plan for a teacher.

    >>> plan_page("en"), plan_page("zh")
    ('plan.html', 'plan.zh.html')
    """
    return f"plan{suffix(lang)}.html"


def playground_page(lang: str) -> str:
    """Return the file name of the playground.

    >>> playground_page("en"), playground_page("zh")
    ('playground.html', 'playground.zh.html')
    """
    return f"playground{suffix(lang)}.html"


def plan(lang: str, languages: Sequence[str]) -> str:
    """Return the page of the plan for a teacher: what to read, play and hand in, week by week."""
    said = words(lang)
    text = (lessons_of(lang) / "plan.md").read_text(encoding="utf-8")
    contents = f'<a href="{index_page(lang)}">{said["book contents"]}</a>'
    others = "".join(language_link(each, plan_page(each)) for each in languages if each != lang)
    body = f'<div class="prose">{prose(text, links=_links_to_lessons(lang))}</div>'
    return whole_page(said["plan title"], body, lang, contents + others)


def _cover(lang: str) -> Figure:
    """The picture of the whole idea: a value used twice, and the two terms that add up at it."""
    return picture(parse("u = c*x; v = d*x; w = v**2; z = u + w").graph(c=3.0, x=2.0, d=-1.0), lang=lang)


def build(folder: Path, *, langs: Sequence[str] = (), playground: bool = False) -> list[Path]:
    """Run every lesson and write the book, in every language that has lessons if none is named.

    It has a page for each lesson, and for each language an index and a plan for a teacher; with ``playground`` each
    piece of code leads to the page ``playground_page(lang)`` beside them, which who calls this writes.

    Raises ValueError for a language without lessons, OSError if the folder cannot be written to; a lesson that fails
    raises what it raises.
    """
    langs = langs or lesson_languages()
    pages = {index_page(lang): index(lang, langs) for lang in langs}
    pages |= {plan_page(lang): plan(lang, langs) for lang in langs}
    lessons = [each for lang in langs for each in find_lessons(lang)]
    for each in lessons:
        pages[each.page] = render(each, book=lessons, playground=playground_page(each.lang) if playground else "")
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in pages.items():
        save(folder / name, page)
    return [folder / name for name in pages]
