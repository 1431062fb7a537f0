"""``autograd-lite quiz``: a random graph to compute by hand, in the terminal, in the browser, or on paper."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from .options import Language, one_of, only_one, written

Difficulty = Annotated[str, typer.Argument(help="easy, medium or hard", callback=one_of("easy", "medium", "hard"))]
Seed = Annotated[int | None, typer.Option(help="the same seed asks the same")]
Sheet = Annotated[Path | None, written(help="write a sheet to print, with solutions")]
Count = Annotated[int, typer.Option(min=1, max=100, help="how many exercises the sheet has")]
Page = Annotated[Path | None, written(help="write the quiz as a page for the browser")]


def quiz_command(
    difficulty: Difficulty = "easy",
    seed: Seed = None,
    export: Sheet = None,
    count: Count = 6,
    page: Page = None,
    lang: Language = "en",
) -> None:
    """Ask for the values, local gradients and gradients of a random graph, and say what went wrong."""
    import viz
    from viz.player.exercises import exercise, sheet
    from viz.player.quiz import ask

    only_one(export=export, page=page)
    if seed is None:
        seed = random.randrange(1000)
    if export is not None:
        made = [exercise(difficulty, seed=seed + i) for i in range(count)]
        viz.save(export, sheet(made, lang=lang))
        print(f"sheet with {count} exercises and their solutions written to {export}; seed {seed}", file=sys.stderr)
        return
    asked = exercise(difficulty, seed=seed)
    if page is not None:
        viz.save(page, viz.to_html(asked.graph(), formula=asked.formula, lang=lang, quiz=True))
        print(f"page written to {page}; seed {seed}", file=sys.stderr)
        return
    ask(asked, Console(), seed=seed, lang=lang)
