"""How far a training is: a bar in a terminal, a line in a notebook."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .history import History


@contextmanager
def shown_progress(show: bool, epochs: int) -> Iterator[Callable[[History], None]]:
    """Yield a function that moves the bar on; a notebook has a line of text, which needs no widgets."""
    if not show:
        yield lambda history: None
        return
    if _shows_lines():
        yield lambda history: print(f"\repoch {len(history)}/{epochs}  {_now(history)}", end="", flush=True)
        print()
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("epoch"),
        MofNCompleteColumn(),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[now]}"),
    )
    with Progress(*columns) as bar:
        task = bar.add_task("training", total=epochs, now="")

        def advance(history: History) -> None:
            bar.update(task, completed=len(history), now=_now(history))

        yield advance


def _shows_lines() -> bool:
    """Tell a notebook, and Python in a browser, which has no threads for a bar, from a terminal."""
    if sys.platform == "emscripten":
        return True
    from rich.console import Console

    return Console().is_jupyter


def _now(history: History) -> str:
    measured = history.accuracy[-1] == history.accuracy[-1]
    return f"loss {history.loss[-1]:.4f}" + (f"  accuracy {history.accuracy[-1]:.1%}" if measured else "")
