"""``autograd-lite lessons`` and ``lesson``: the list, the book, one page or notebook."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from ..words import LANGUAGES
from .options import Language, one_of, only_one, written

Folder = Annotated[Path | None, typer.Option("--build", help="write the whole book into this folder")]
OneLanguage = Annotated[
    str | None,
    typer.Option("--lang", help="language of the list, or the only one of the book", callback=one_of(*LANGUAGES)),
]
Name = Annotated[str, typer.Argument(help="name or number of the lesson")]
Page = Annotated[Path | None, written("--out", "-o", help="write the page here, open nothing")]
Notebook = Annotated[Path | None, written("--notebook", help="write it as a notebook instead")]


def lessons_command(build_in: Folder = None, lang: OneLanguage = None) -> None:
    """List the lessons with their questions, and which other languages they are in, or build the book: runs all."""
    from ..book import build, find_lessons, lesson_languages

    if build_in is not None:
        pages = build(build_in, langs=(lang,) if lang else ())
        print(f"{len(pages)} pages written; open {pages[0]}", file=sys.stderr)
        return
    table = Table("number", "name", Column("question", overflow="fold"), "also", box=None, show_header=False)
    lang = lang or "en"
    others = {other: {each.number for each in find_lessons(other)} for other in lesson_languages() if other != lang}
    for each in find_lessons(lang):
        also = ", ".join(f"--lang {other}" for other, numbers in others.items() if each.number in numbers)
        table.add_row(str(each.number), each.name, each.question, also)
    Console().print(table)


def lesson_command(name: Name, out: Page = None, as_notebook: Notebook = None, lang: Language = "en") -> None:
    """Run a lesson and open its page in the browser."""
    from ..book import lesson, notebook, render
    from ..pictures import save

    only_one(out=out, notebook=as_notebook)
    which = lesson(name, lang)
    if as_notebook is not None:
        save(as_notebook, notebook(which))
        print(f"notebook written to {as_notebook}", file=sys.stderr)
        return
    page = out or Path(tempfile.mkdtemp(prefix="autograd-lite-")) / which.page
    save(page, render(which))
    print(f"page written to {page}", file=sys.stderr)
    if out is None:
        typer.launch(page.resolve().as_uri())
