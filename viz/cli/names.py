"""``autograd-lite train names``: a small GPT that learns lines of text, and writes new ones."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from .options import CommandError

if TYPE_CHECKING:
    import nn
    from nn.characters import Characters
    from nn.gpt import GPT

CONTEXT, BATCH, STEPS = 16, 32, 1000
HELD_OUT, EAGERLY = 400, 64  # lines
TEMPERATURE = 0.7


def train_names(
    file: Path | None, rng: random.Random, *, epochs: int | None, samples: int, eager: bool, save_to: Path | None
) -> None:
    """Train on nine tenths of the lines, print the losses beside what counting letters gives, and new lines."""
    import nn
    from nn.characters import loss_of_line
    from nn.gpt import GPT

    lines, characters, length = _lines(file, rng, eager=eager)
    cut = len(lines) - held_out_of(lines)
    train, held_out = lines[:cut], lines[cut:]
    model = GPT(len(characters), length, rng=rng)
    console = Console()
    console.print(f"{model} on {len(train)} lines of {characters.end} characters, tested on {len(held_out)} others")
    epochs = epochs or (1 if eager else max(2, min(40, round(STEPS * BATCH / len(train)))))
    padded = 0 if eager else length
    history = nn.fit(
        model, characters.data(train, length=padded), loss=loss_of_line, epochs=epochs, batch_size=BATCH, rng=rng,
        optimiser=nn.Adam(model.parameters(), lr=0.01, betas=(0.85, 0.99)), schedule=nn.cosine(epochs),
        held_out=characters.data(held_out, length=padded), compiled=False if eager else "auto",
        progress=console.is_terminal,
    )  # fmt: skip
    _print(history, _counted(characters, train, held_out), console)
    _write(model, characters, set(lines), rng, samples, console)
    if save_to is not None:
        model.save(save_to)
        console.print(f"parameters written to {save_to}")


def _lines(file: Path | None, rng: random.Random, *, eager: bool) -> tuple[list[str], Characters, int]:
    """Return the lines in random order, their characters, and how many tokens the model takes at once."""
    from nn.characters import Characters

    lines = lines_of(file)
    characters, longest = Characters(lines), max(map(len, lines))
    rng.shuffle(lines)
    return lines[:EAGERLY] if eager else lines, characters, longest + 1


def lines_of(file: Path | None) -> list[str]:
    """Return the lines to learn, sorted: those of a file, else names."""
    from nn.data import names

    return names(CONTEXT - 1) if file is None else _read(file)


def held_out_of(lines: list[str]) -> int:
    """Return how many of the lines test the model."""
    return min(len(lines) - 1, HELD_OUT, len(lines) // 10 + 1)


def _read(file: Path) -> list[str]:
    """Return the lines of a file that are not empty, each once. Raises CommandError for less than two of them."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as problem:
        raise CommandError(f"{file} cannot be read as text: {problem}") from None
    whole = {line.strip() for line in text.splitlines()} - {""}
    lines = sorted({line[: CONTEXT - 1] for line in whole})
    if cut := sum(len(line) >= CONTEXT for line in whole):
        print(f"{file}: {cut} line(s) cut to {CONTEXT - 1} characters, the most that the model reads", file=sys.stderr)
    if len(lines) < 2:
        raise CommandError(f"{file} has {len(lines)} line(s) of text; two are needed, one to learn and one to test on")
    return lines


def _counted(characters: Characters, train: list[str], held_out: list[str]) -> dict[str, float]:
    """Return the held-out losses of who counts letters, and pairs of letters."""
    from nn.characters import entropy

    rows, others = ([characters.tokens(line) for line in part] for part in (train, held_out))
    return {
        "letters alone": entropy(rows, others, len(characters), context=0),
        "pairs of letters": entropy(rows, others, len(characters), context=1),
    }


def _print(history: nn.History, counted: dict[str, float], console: Console) -> None:
    table = Table("epoch", "loss", "held-out loss", box=None)
    for epoch, (loss, held_out) in enumerate(zip(history.loss, history.held_out_loss), start=1):
        table.add_row(str(epoch), f"{loss:.4f}", f"{held_out:.4f}")
    for name, loss in counted.items():
        table.add_row(name, "", f"{loss:.4f}")
    console.print(table)


def _write(
    model: GPT, characters: Characters, known: set[str], rng: random.Random, samples: int, console: Console
) -> None:
    """Print new lines: none that was learned from, and none twice, as far as the model has enough of them."""
    from nn.characters import new_line

    written: dict[str, None] = {}
    for _ in range(10 * samples):
        line = new_line(model, characters, rng, longest=len(model.place.w) - 1, temperature=TEMPERATURE)
        if line and line not in known:
            written[line] = None
        if len(written) == samples:
            break
    console.print(f"{len(written)} new lines:", *written, sep="\n", markup=False, highlight=False)
