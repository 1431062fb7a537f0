"""``autograd-lite play``: the step-by-step page."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from .formulas import FormulaFile, FormulaText, InputValues, read_graph
from .options import Language, written

Page = Annotated[Path, written("--out", "-o", help="write the page to this file")]
Title = Annotated[str, typer.Option(help="the heading of the page")]
Quiz = Annotated[bool, typer.Option("--quiz", help="let the page ask for every number")]
Open = Annotated[bool, typer.Option("--open", help="open the page in the browser")]


def play_command(
    formula: FormulaText = "",
    values: InputValues = None,
    file: FormulaFile = None,
    out: Page = Path("player.html"),
    title: Title = "",
    quiz: Quiz = False,
    show: Open = False,
    lang: Language = "en",
) -> None:
    """Write a page that walks through both passes, one step at a time."""
    import viz

    parsed, y = read_graph(formula, values, file)
    viz.save(out, viz.to_html(y, formula=parsed, lang=lang, title=title, quiz=quiz))
    print(f"page written to {out}", file=sys.stderr)
    if show:
        typer.launch(out.resolve().as_uri())
