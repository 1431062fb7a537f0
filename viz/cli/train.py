"""``autograd-lite train``: a network on real digits, on points of the plane, or on names."""

from __future__ import annotations

import math
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer
from rich.console import Console
from rich.table import Table

from .learning import CLASSES, CURVES, MOST_POINTS, write_page
from .learning_names import write_names_page
from .names import train_names
from .options import CommandError, Language, one_of, only_one, written

if TYPE_CHECKING:
    import nn
    from nn.data import Data
    from nn.optim import Optimiser

WHAT = ("digits", *CLASSES, *CURVES, "names")
What = Annotated[str, typer.Argument(help=f"{', '.join(WHAT[:-1])} or names", callback=one_of(*WHAT))]
Seed = Annotated[int, typer.Option(help="the same seed gives the same result")]
Epochs = Annotated[int | None, typer.Option(min=1, help="passes over the training data")]
Samples = Annotated[int | None, typer.Option(min=8, help="how many samples to take in all; of names, to write")]
Eager = Annotated[bool, typer.Option("--eager", help="node by node, not compiled; takes 400 digits, 64 names")]
Lines = Annotated[Path | None, typer.Option("--file", help="names: learn the lines of this file instead")]
Parameters = Annotated[Path | None, written("--save", help="write the trained parameters here")]
Page = Annotated[Path | None, written("--page", help="write a page on which it learns in the browser, step by step")]


def train_command(
    what: What, seed: Seed = 0, epochs: Epochs = None, samples: Samples = None, eager: Eager = False,
    save_to: Parameters = None, file: Lines = None, page: Page = None, lang: Language = "en",
) -> None:  # fmt: skip
    """Train an nn.MLP on scikit-learn's digits, on points of the plane or on a sine, or a GPT on names, and test it."""
    import nn

    if page is not None:
        only_one(page=page, epochs=epochs, eager=eager, save=save_to)
        _write_page(page, what, seed, samples, file, lang)
        return
    rng = random.Random(seed)
    if what == "names":
        train_names(file, rng, epochs=epochs, samples=samples or 20, eager=eager, save_to=save_to)
        return
    if file is not None:
        raise CommandError(f"--file is for names: autograd-lite train names --file {file}")
    task = _digits(samples, rng, eager=eager) if what == "digits" else _points(what, samples, rng)
    train, held_out = nn.data.split(task.data, test=0.25, rng=rng)
    console = Console()
    console.print(f"{task.model} on {len(train[0])} {what}, tested on {len(held_out[0])} others; seed {seed}")
    epochs = epochs or task.epochs
    history = nn.fit(
        task.model, train, loss=task.loss, epochs=epochs, batch_size=task.batch_size, optimiser=task.optimiser,
        schedule=nn.cosine(epochs) if task.slows_down else None, rng=rng, held_out=held_out,
        compiled=False if eager else "auto", progress=console.is_terminal,
    )  # fmt: skip
    _print(history, console)
    if save_to is not None:
        task.model.save(save_to)
        console.print(f"parameters written to {save_to}")


class Task(NamedTuple):
    """What is learned, by which model, and how."""

    data: Data
    model: nn.MLP
    loss: Any  # the name of one of nn
    optimiser: Optimiser
    epochs: int = 12
    batch_size: int = 16
    slows_down: bool = False


def _write_page(page: Path, what: str, seed: int, samples: int | None, file: Path | None, lang: str) -> None:
    if what == "digits":
        raise CommandError(
            f"--page is for {', '.join((*CLASSES, *CURVES))} and names: their networks are small enough to be drawn"
        )
    if what == "names":
        only_one(page=page, samples=samples)
    elif file is not None:
        raise CommandError(f"--file is for names: autograd-lite train names --file {file}")
    if samples is not None and samples > MOST_POINTS:
        raise CommandError(f"--samples: a page draws at most {MOST_POINTS} points, asked for {samples}")
    if not 0 <= seed < 2**32:
        raise CommandError(f"--seed: of a page it must be from 0 to 4294967295, got {seed}")
    if what == "names":
        write_names_page(page, file, seed=seed, lang=lang)
    else:
        write_page(page, what, seed=seed, samples=samples, lang=lang)
    print(f"page written to {page}", file=sys.stderr)


def _points(what: str, samples: int | None, rng: random.Random) -> Task:
    import nn

    data = getattr(nn.data, what)(samples or 200, noise=0.1, rng=rng)
    if what in CURVES:
        model = nn.MLP(1, [16, 1], rng=rng)
        return Task(data, model, "squared_error", nn.Adam(model.parameters(), lr=0.02), epochs=60)
    model = nn.MLP(2, [16, 16, 1], activation="relu", init="he", rng=rng)
    return Task(data, model, "binary_cross_entropy", nn.AdamW(model.parameters(), lr=0.02, weight_decay=0.0))


def _digits(samples: int | None, rng: random.Random, *, eager: bool) -> Task:
    """Node by node a small network on few images; compiled a larger one on all, trained with care."""
    import nn

    data = nn.data.digits(samples or (400 if eager else None), rng=rng)
    if eager:
        model = nn.MLP(64, [16, 10], activation="tanh", rng=rng)
        return Task(data, model, "cross_entropy", nn.AdamW(model.parameters(), lr=0.01, weight_decay=0.0))
    model = nn.MLP(64, [96, 10], activation="relu", rng=rng)
    optimiser = nn.AdamW(model.parameters(), lr=0.01, weight_decay=0.3)
    return Task(data, model, "cross_entropy", optimiser, epochs=20, batch_size=32, slows_down=True)


def _print(history: nn.History, console: Console) -> None:
    """Print a row for each epoch; a loss that knows no classes has no accuracy."""
    columns = {
        "loss": (history.loss, ".4f"), "accuracy": (history.accuracy, ".1%"),
        "held-out loss": (history.held_out_loss, ".4f"), "held-out accuracy": (history.held_out_accuracy, ".1%"),
    }  # fmt: skip
    known = {name: column for name, column in columns.items() if not any(map(math.isnan, column[0]))}
    table = Table("epoch", *known, box=None)
    for epoch, row in enumerate(zip(*[numbers for numbers, _ in known.values()]), start=1):
        table.add_row(str(epoch), *[format(x, form) for x, (_, form) in zip(row, known.values())])
    console.print(table)
    if "held-out accuracy" in known:
        console.print(f"held-out accuracy: {history.held_out_accuracy[-1]:.1%}")
