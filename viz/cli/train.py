"""``autograd-lite train``: a network on real digits, on two moons, or on names."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from rich.console import Console
from rich.table import Table

from .names import train_names
from .options import CommandError, one_of, written

if TYPE_CHECKING:
    import nn
    from nn.data import Data
    from nn.optim import Optimiser

What = Annotated[str, typer.Argument(help="digits, moons or names", callback=one_of("digits", "moons", "names"))]
Seed = Annotated[int, typer.Option(help="the same seed gives the same result")]
Epochs = Annotated[int | None, typer.Option(min=1, help="passes over the training data")]
Samples = Annotated[int | None, typer.Option(min=8, help="how many samples to take in all; of names, to write")]
Eager = Annotated[bool, typer.Option("--eager", help="node by node, not compiled; takes 400 digits, 64 names")]
Lines = Annotated[Path | None, typer.Option("--file", help="names: learn the lines of this file instead")]
Parameters = Annotated[Path | None, written("--save", help="write the trained parameters here")]


def train_command(
    what: What, seed: Seed = 0, epochs: Epochs = None, samples: Samples = None, eager: Eager = False,
    save_to: Parameters = None, file: Lines = None,
) -> None:  # fmt: skip
    """Train an nn.MLP on scikit-learn's digits or on two moons, or a GPT on names, and test it on held-out data."""
    import nn

    rng = random.Random(seed)
    if what == "names":
        train_names(file, rng, epochs=epochs, samples=samples or 20, eager=eager, save_to=save_to)
        return
    if file is not None:
        raise CommandError(f"--file is for names: autograd-lite train names --file {file}")
    task = _moons(samples, rng) if what == "moons" else _digits(samples, rng, eager=eager)
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
    loss: str
    optimiser: Optimiser
    epochs: int = 12
    batch_size: int = 16
    slows_down: bool = False


def _moons(samples: int | None, rng: random.Random) -> Task:
    import nn

    data = nn.data.moons(samples or 200, rng=rng)
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
    table = Table("epoch", "loss", "accuracy", "held-out loss", "held-out accuracy", box=None)
    columns = (history.loss, history.accuracy, history.held_out_loss, history.held_out_accuracy)
    for epoch, (a, b, c, d) in enumerate(zip(*columns), start=1):
        table.add_row(str(epoch), f"{a:.4f}", f"{b:.1%}", f"{c:.4f}", f"{d:.1%}")
    console.print(table)
    if history.held_out_accuracy:
        console.print(f"held-out accuracy: {history.held_out_accuracy[-1]:.1%}")
