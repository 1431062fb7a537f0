"""``autograd-lite lessons`` and ``lesson``: the list, the book, one page or notebook."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from ..words import LANGUAGES
from .options import CommandError, Language, one_of, only_one, written
from .playground import Pyodide

Folder = Annotated[Path | None, typer.Option("--build", help="write the whole book into this folder")]
Playground = Annotated[
    bool, typer.Option("--playground", help="put the playground into the book, and a link to it beside every code")
]
OneLanguage = Annotated[
    str | None,
    typer.Option("--lang", help="language of the list, or the only one of the book", callback=one_of(*LANGUAGES)),
]
Name = Annotated[str, typer.Argument(help="name or number of the lesson")]
Page = Annotated[Path | None, written("--out", "-o", help="write the page here, open nothing")]
Notebook = Annotated[Path | None, written("--notebook", help="write it as a notebook instead")]


def lessons_command(
    build_in: Folder = None, lang: OneLanguage = None, playground: Playground = False, pyodide: Pyodide = None
) -> None:
    """List the lessons with their questions, and which other languages they are in, or build the book: runs all."""
    from ..book import build, find_lessons, lesson_languages

    if (playground or pyodide) and (build_in is None or not playground):
        raise CommandError("--playground is a part of --build, --pyodide one of --playground")
    langs = [lang] if lang else lesson_languages()
    if build_in is not None:
        if playground:  # first: whatever is missing for it is told before all lessons run
            _write_playgrounds(build_in, langs, pyodide)
        pages = build(build_in, langs=langs, playground=playground)
        print(f"{len(pages)} pages written; open {pages[0]}", file=sys.stderr)
        return
    table = Table("number", "name", Column("question", overflow="fold"), "also", box=None, show_header=False)
    lang = lang or "en"
    others = {other: {each.number for each in find_lessons(other)} for other in lesson_languages() if other != lang}
    for each in find_lessons(lang):
        also = ", ".join(f"--lang {other}" for other, numbers in others.items() if each.number in numbers)
        table.add_row(str(each.number), each.name, each.question, also)
    Console().print(table)


def _write_playgrounds(folder: Path, langs: Sequence[str], pyodide: Path | None) -> None:
    import viz

    from ..book import playground_page

    pages = {playground_page(lang): viz.playground_page(pyodide=pyodide, lang=lang) for lang in langs}
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in pages.items():
        viz.save(folder / name, page)


def lesson_command(name: Name, out: Page = None, as_notebook: Notebook = None, lang: Language = "en") -> None:
    """Run a lesson and open its page in the browser."""
    from ..book import lesson, notebook, render
    from ..pictures.drawing import save

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
