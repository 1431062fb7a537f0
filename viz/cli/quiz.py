"""``autograd-lite quiz``: random graphs to compute by hand, in the terminal, in the browser, or on paper."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from .options import Language, one_of, only_one, written

if TYPE_CHECKING:
    from viz.player.exercises import Exercise

# as in viz.player.exercises, which is loaded when it is needed; a test compares them
CHOICES = ("course", "easy", "shared", "medium", "functions", "hard")

Difficulty = Annotated[
    str,
    typer.Argument(
        help="course: from easy to hard; or one level: easy (+ and ×), shared (a value used twice), "
        "medium (−, x², relu), functions (÷, tanh, exp, sin), hard (all of it)",
        callback=one_of(*CHOICES),
    ),
]
Seed = Annotated[int | None, typer.Option(help="the same seed asks the same")]
Sheet = Annotated[Path | None, written(help="write a sheet to print, and beside it NAME-answers with the answers")]
Count = Annotated[int, typer.Option(min=1, max=100, help="how many graphs")]
Page = Annotated[Path | None, written(help="write the quiz as a page for the browser")]


def quiz_command(
    difficulty: Difficulty = "course",
    seed: Seed = None,
    export: Sheet = None,
    count: Count = 6,
    page: Page = None,
    lang: Language = "en",
) -> None:
    """Ask for the values, local gradients and gradients of random graphs, and say what went wrong.

    No two graphs of a series are the same. Answers may be decimals, fractions or multiples of π; after three tries the
    step is worked out. Ctrl-C ends, with the score and what to practise.
    """
    from viz.player.exercises import series

    only_one(export=export, page=page)
    if seed is None:
        seed = random.randrange(1000)
    again = f"autograd-lite quiz {difficulty} --seed {seed} --count {count} --lang {lang}".removesuffix(" --lang en")
    exercises = series(difficulty, seed=seed, count=count)
    if export is not None:
        _write_sheets(export, exercises, lang)
    elif page is not None:
        _write_page(page, exercises, lang)
    else:
        _lead(exercises, again, lang)
        return
    print(f"the same again: {again}", file=sys.stderr)


def _write_sheets(path: Path, exercises: list[Exercise], lang: str) -> None:
    import viz
    from viz.player.sheet import answer_sheet, sheet

    answers = path.with_stem(f"{path.stem}-answers")
    viz.save(path, sheet(exercises, lang=lang))
    viz.save(answers, answer_sheet(exercises, lang=lang))
    print(f"sheet with {len(exercises)} exercises written to {path}, its answers to {answers}", file=sys.stderr)


def _write_page(path: Path, exercises: list[Exercise], lang: str) -> None:
    import viz
    from viz.player.course import course

    first, *others = exercises
    alone = viz.to_html(first.graph(), formula=first.formula, lang=lang, quiz=True) if not others else ""
    viz.save(path, alone or course(exercises, lang=lang))
    print(f"page with {len(exercises)} graphs written to {path}", file=sys.stderr)


def _lead(exercises: list[Exercise], again: str, lang: str) -> None:
    """Ask in the terminal; who presses Ctrl-C, which is status 130 everywhere, gets the score, too."""
    from viz.player.quiz import Quiz

    quiz, status = Quiz(Console(), lang), 0
    try:
        quiz.ask(exercises)
    except EOFError:
        print()
    except KeyboardInterrupt:
        status = 130
        print()
    quiz.tell_score(again)
    if status:
        raise typer.Exit(status)
