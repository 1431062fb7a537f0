"""The glossary: each term in every language, a sentence, the lesson it comes from; one table for all languages."""

from __future__ import annotations

from dataclasses import dataclass

from .lessons import folder

_LANGUAGES = ("en", "zh")  # the order of the columns of terms, and of those of sentences


@dataclass(frozen=True)
class Term:
    """A term and what it means, by language, and the number of its lesson."""

    name: dict[str, str]
    meaning: dict[str, str]
    lesson: int


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


def as_markdown(lang: str, headings: str, mention: str) -> str:
    """Return the terms of a language as a table in Markdown; ``mention`` writes the number of a lesson."""
    (other,) = {*_LANGUAGES} - {lang}
    rows = [
        f"| {term.name[lang]} | {term.name[other]} | {term.meaning[lang]} | {mention.format(n=term.lesson)} |"
        for term in glossary()
    ]
    return "\n".join([headings, "|---|---|---|---|", *rows])
