"""The glossary: each term in every language, a sentence, the lesson it comes from; one table for all languages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..words import words
from .lessons import folder
from .markdown import Links, prose

_LANGUAGES = ("en", "zh")  # the order of the columns of terms, and of those of sentences


@dataclass(frozen=True)
class Term:
    """A term and what it means, by language, and the number of its lesson."""

    name: dict[str, str]
    meaning: dict[str, str]
    lesson: int

    @property
    def anchor(self) -> str:
        """What the place of the term is called in a page, in every language."""
        return "term-" + re.sub(r"\W+", "-", self.name["en"].casefold())


def glossary() -> list[Term]:
    """Return the terms in the order of their lessons.

    >>> glossary()[1].name
    {'en': 'local gradient', 'zh': '局部梯度'}
    """
    _, _, *lines = (folder() / "glossary.md").read_text(encoding="utf-8").splitlines()
    return [_term([cell.strip() for cell in line.strip("|").split("|")]) for line in lines]


def _term(cells: list[str]) -> Term:
    names, number, meanings = cells[:2], cells[2], cells[3:]
    return Term(dict(zip(_LANGUAGES, names)), dict(zip(_LANGUAGES, meanings)), int(number))


def glossary_table(lang: str, links: Links) -> str:
    """Return the terms of a language as a table whose rows can be linked to; ``links`` lead to the lessons."""
    said = words(lang)
    headings = "".join(f'<th scope="col">{heading}</th>' for heading in said["glossary headings"].split(" | "))
    rows = [f'<tr id="{term.anchor}">{_row(term, lang, links)}</tr>' for term in glossary()]
    return f'<div class="table" tabindex="0"><table><tr>{headings}</tr>{"".join(rows)}</table></div>'


def _row(term: Term, lang: str, links: Links) -> str:
    said = words(lang)
    (other,) = {*_LANGUAGES} - {lang}
    lesson = links.put_into(said["glossary lesson"].format(n=term.lesson))
    return (
        f'<td>{term.name[lang]}</td><td lang="{words(other)["language tag"]}">{term.name[other]}</td>'
        f"<td>{prose(term.meaning[lang], inline=True)}</td><td>{lesson}</td>"
    )


class FirstUses:
    """Links the first use of each term in a page, and no other.

    >>> first = FirstUses({"loss": "#loss", "log-loss": "#log-loss"})
    >>> first("The log-loss is a loss; losses are averaged.")
    'The <a class="term" href="#log-loss">log-loss</a> is a <a class="term" href="#loss">loss</a>; losses are averaged.'
    """

    def __init__(self, places: Mapping[str, str]):
        self.left = {name.casefold(): place for name, place in places.items()}
        longest_first = sorted(places, key=len, reverse=True)
        self.mentions = re.compile("|".join(map(_mention, longest_first)) or r"(?!)", re.IGNORECASE)

    def __call__(self, text: str) -> str:
        """Return a text with a link around what it is first to use."""
        return self.mentions.sub(self._link, text)

    def _link(self, found: re.Match[str]) -> str:
        # a plural is a use of the term, too
        names = (found[0].casefold().removesuffix(ending) for ending in ("", "s", "es"))
        place = next((self.left.pop(name) for name in names if name in self.left), None)
        return found[0] if place is None else f'<a class="term" href="{place}">{found[0]}</a>'


def _mention(name: str) -> str:
    """Return the pattern of a term: a word whole, or its plural; a single character that is a text by itself."""
    if name.isascii():
        return rf"(?<![A-Za-z-]){re.escape(name)}(?:s|es)?(?![A-Za-z-])"
    return name if len(name) > 1 else f"^{name}$"
