"""The training loop: batches, gradients, steps, and a record of how it went.

``fit`` is the loop of the textbooks (forward, backward, update) with what practice adds: held-out
data, early stopping, checkpoints it can resume from to the bit, and a clean end when interrupted.
"""

from __future__ import annotations

import math
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .data import Data, batches
from .engines import Choice, Engine, Loss, Task, engine, loss_and_accuracy
from .losses import LOSSES, cross_entropy
from .metrics import accuracy
from .module import Module, read_json, write_json
from .optim import SGD, Optimiser, Schedule

CHECKPOINT = "autograd-lite checkpoint 1"
CLASSIFYING = ("cross_entropy", "binary_cross_entropy", "log_loss", "hinge")


@dataclass
class History:
    """What happened in each epoch, as plain lists; ``nan`` where something was not measured.

    ``gradient_norms`` has one entry per epoch: {layer name: norm of its gradient, mean over batches}.
    ``stopped`` says why training ended: "epochs", "early" or "interrupted".
    """

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    held_out_loss: list[float] = field(default_factory=list)
    held_out_accuracy: list[float] = field(default_factory=list)
    lr: list[float] = field(default_factory=list)
    gradient_norms: list[dict[str, float]] = field(default_factory=list)
    stopped: str = "epochs"

    def __len__(self) -> int:
        return len(self.loss)


def evaluate(model: Module, data: Data, loss: Loss | str = cross_entropy) -> tuple[float, float]:
    """Return (mean loss, accuracy) of the model on data, without touching gradients.

    Raises ValueError if there are no samples, or inputs and targets differ in number.
    """
    _check(data, "evaluate")
    xs, ys = data
    return loss_and_accuracy(model, _loss(loss), xs, ys)


def fit(
    model: Module,
    data: Data,
    *,
    loss: Loss | str = "cross_entropy",
    optimiser: Optimiser | None = None,
    epochs: int = 10,
    batch_size: int | None = 32,
    rng: random.Random | None = None,
    held_out: Data | None = None,
    l2: float = 0.0,
    schedule: Schedule | None = None,
    clip: float | None = None,
    patience: int | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    on_epoch: Callable[[int, History], None] | None = None,
    compiled: Choice = False,
    progress: bool = True,
) -> History:
    """Train ``model`` on ``data`` = (inputs, targets) and return the ``History``.

    ``loss`` is a function (output, target) or its name; ``l2`` adds l2 · Σ w² per batch;
    ``schedule`` maps the epoch to a factor of the optimiser's rate; ``clip`` bounds the gradient
    norm; ``patience`` stops after so many epochs without a better held-out (else training) loss;
    ``batch_size=None`` takes all samples at once. The same ``rng`` seed gives the same result.

    ``compiled="auto"`` records the model once and trains it at machine speed where that is possible
    (needs the extra ``[compile]``, faster with ``[native]``), with the same losses; ``True`` insists.

    With ``checkpoint`` the state is written after each epoch; if the file is there already, training
    goes on from it, with results equal to the bit to a run that was never interrupted. Ctrl-C ends
    training and returns the history so far; model, optimiser and ``rng`` are then as they were after the
    last full epoch.

        >>> from .layers import MLP
        >>> from .data import xor
        >>> model = MLP(2, [4, 1], rng=random.Random(1))
        >>> history = fit(model, xor(), loss="binary_cross_entropy", epochs=60,
        ...               optimiser=SGD(model.parameters(), lr=1.0), rng=random.Random(0), progress=False)
        >>> history.loss[-1] < history.loss[0], len(history)
        (True, 60)

    Raises ValueError if there are no samples, or inputs and targets differ in number.
    """
    _check(data, "fit")
    xs, ys = data
    run = _Run(model, optimiser or SGD(model.parameters(), lr=0.1), rng or random.Random(0), History())
    function, base_lr, name = _loss(loss), run.optimiser.lr, getattr(loss, "__name__", loss)
    classifying = name in CLASSIFYING
    if checkpoint is not None and Path(checkpoint).exists():
        base_lr = run.restore(checkpoint)
    history = run.history
    computes = engine(Task(model, run.optimiser, xs, ys, function, l2, clip), compiled)
    with _progress(progress, epochs, len(history)) as advance:
        for epoch in range(len(history), epochs):
            if patience is not None and _stale(history, patience):
                history.stopped = "early"
                break
            before = run.snapshot()
            try:
                run.optimiser.lr = base_lr * (schedule(epoch) if schedule else 1.0)
                record = _epoch(run, computes, batch_size, classifying)
                tested = computes.evaluate(*held_out) if held_out else (math.nan, math.nan)
                measured = (*record, tested[0], tested[1] if classifying else math.nan, run.optimiser.lr)
                for column, x in zip(_COLUMNS, measured):
                    getattr(history, column).append(x)
                if checkpoint is not None:
                    run.save(checkpoint, base_lr)
                if on_epoch is not None:
                    on_epoch(epoch, history)
                advance(history)
            except KeyboardInterrupt:
                if len(history.lr) == epoch:  # the last column is not written: a part of an epoch does not count
                    run.go_back(before, epoch)
                history.stopped = "interrupted"
                break
        else:
            if patience is not None and _stale(history, patience):
                history.stopped = "early"
    return history


_COLUMNS = ("loss", "accuracy", "gradient_norms", "held_out_loss", "held_out_accuracy", "lr")


@dataclass
class _Run:
    """All that the next epoch depends on."""

    model: Module
    optimiser: Optimiser
    rng: random.Random
    history: History

    def snapshot(self) -> tuple[dict[str, float], dict[str, Any], Any]:
        """Return parameters, optimiser and generator as they are now."""
        return self.model.state_dict(), self.optimiser.state_dict(), self.rng.getstate()

    def go_back(self, to: tuple[dict[str, float], dict[str, Any], Any], epochs: int) -> None:
        """Put everything back as it was at a snapshot, and keep so many epochs of the history."""
        parameters, optimiser, rng = to
        self.model.load_state_dict(parameters)
        self.optimiser.load_state_dict(optimiser)
        self.rng.setstate(rng)
        for column in _COLUMNS:
            del getattr(self.history, column)[epochs:]

    def save(self, path: str | os.PathLike[str], base_lr: float) -> None:
        version, internal, gauss = self.rng.getstate()
        content = {
            "format": CHECKPOINT,
            "parameters": self.model.state_dict(),
            "optimiser": {**self.optimiser.state_dict(), "lr": base_lr},
            "rng": [version, list(internal), gauss],
            "history": asdict(self.history),
        }
        write_json(path, content)

    def restore(self, path: str | os.PathLike[str]) -> float:
        """Take over a checkpoint; nothing is changed if any part of it does not fit."""
        content = read_json(path, CHECKPOINT)
        before = self.snapshot()
        try:
            version, internal, gauss = content["rng"]
            history = History(**content["history"])
            if any(
                not isinstance(getattr(history, c), list) or len(getattr(history, c)) != len(history) for c in _COLUMNS
            ):
                raise ValueError("its history has columns of different lengths")
            self.model.load_state_dict(content["parameters"])
            self.optimiser.load_state_dict(content["optimiser"])
            self.rng.setstate((version, tuple(internal), gauss))
        except (KeyError, TypeError, ValueError, OverflowError) as problem:
            self.go_back(before, 0)
            raise ValueError(f"{os.fspath(path)} is not a checkpoint of this training: {problem}") from None
        self.history = history
        return self.optimiser.lr


def _epoch(run: _Run, engine: Engine, size: int | None, classifying: bool) -> tuple[float, float, dict[str, float]]:
    """Go once over all batches; return the mean loss, the accuracy, and the gradient norm of each layer."""
    task, total, right = engine.task, 0.0, 0.0
    norms: dict[str, float] = {}
    count = 0
    engine.begin()
    for batch in batches(len(task.xs), size, run.rng):
        value, outputs, batch_norms = engine.batch(batch)
        for name, norm in batch_norms.items():
            norms[name] = norms.get(name, 0.0) + norm
        total += value * len(batch)
        right += accuracy(outputs, [task.ys[i] for i in batch]) * len(batch) if classifying else math.nan
        count += 1
    engine.end()
    n = len(task.xs)
    return total / n, right / n, {name: norm / count for name, norm in norms.items()}


def _stale(history: History, patience: int) -> bool:
    if not history.loss:
        return False
    watched = history.held_out_loss if history.held_out_loss[-1] == history.held_out_loss[-1] else history.loss
    best = min(range(len(watched)), key=watched.__getitem__)
    return len(watched) - 1 - best >= patience


def _check(data: Data, name: str) -> None:
    xs, ys = data
    if len(xs) != len(ys) or not len(xs):
        raise ValueError(f"{name}: expected as many targets as inputs and at least one, got {len(xs)} and {len(ys)}")


def _loss(loss: Loss | str) -> Loss:
    if callable(loss):
        return loss
    if loss not in LOSSES:
        raise ValueError(f"no loss named {loss!r}; there are {', '.join(LOSSES)}")
    return LOSSES[loss]


@contextmanager
def _progress(show: bool, epochs: int, done: int) -> Iterator[Callable[[History], None]]:
    """Yield a function that moves the bar on; without a terminal it stays silent."""
    if not show:
        yield lambda history: None
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
        task = bar.add_task("training", total=epochs, completed=done, now="")

        def advance(history: History) -> None:
            now = f"loss {history.loss[-1]:.4f}"
            if history.accuracy[-1] == history.accuracy[-1]:
                now += f"  accuracy {history.accuracy[-1]:.1%}"
            bar.update(task, advance=1, now=now)

        yield advance
