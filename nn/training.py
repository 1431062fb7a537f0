"""The training loop: batches, gradients, steps, and a record of how it went.

``fit`` is the loop of the textbooks (forward, backward, update) with what practice adds: held-out
data, early stopping, checkpoints it can resume from to the bit, and a clean end when interrupted.
"""

from __future__ import annotations

import math
import os
import random
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from autograd_lite import Value
from autograd_lite.graph import topological_order
from autograd_lite.hints import users_frame

from .arguments import BOUND, NOT_NEGATIVE, flag, function, generator, real, shown, whole
from .data import Data, batches, samples
from .history import COLUMNS, History
from .losses import CLASSIFYING, LOSSES, LossName, check_targets, cross_entropy
from .metrics import accuracy, is_multi_label
from .module import Module, numbers_in, read_json, write_json
from .optim import SGD, Optimiser
from .progress import shown_progress
from .schedules import Schedule
from .steppers import How, Loss, Stepper, Task, loss_and_accuracy, rehearsal, stepper

CHECKPOINT = "autograd-lite checkpoint 1"


def evaluate(model: Callable[[Any], Any], data: Data, loss: Loss | LossName = cross_entropy) -> tuple[float, float]:
    """Return (mean loss, accuracy) of the model on data, without touching gradients.

    The accuracy is nan for the squared errors, which know no classes, and for a loss of one's own.
    Raises ValueError if there are no samples, or inputs and targets differ in number.
    """
    if not callable(model):
        raise TypeError(f"evaluate: model must be a Module or a function, got {shown(model)}")
    xs, ys = samples("evaluate", "data", data)
    measured = _loss(loss)
    mean, right = loss_and_accuracy(model, measured, xs, ys)
    return mean, right if measured in CLASSIFYING else math.nan


def fit(
    model: Module,
    data: Data,
    *,
    loss: Loss | LossName = "cross_entropy",
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
    compiled: How = False,
    progress: bool = True,
) -> History:
    """Train ``model`` on ``data`` = (inputs, targets) and return the ``History``.

    Inputs and targets are lists, arrays, tensors or tables. ``loss`` is a function (output, target) or its name;
    ``l2`` adds l2 · Σ w² per batch; ``schedule`` maps the epoch to a factor of the optimiser's rate, which is as
    before when training ends; ``clip`` bounds the gradient norm; ``batch_size=None`` takes all samples at once.
    The same ``rng`` seed gives the same result.

    ``patience`` stops after so many epochs without a better held-out (else training) loss. With it, model and
    optimiser are in the end as they were after the best epoch, ``history.best()``.

    ``compiled="auto"`` records the model once, or once for each length that samples have, up to 64, and trains it at
    machine speed where that is possible (needs the extra ``[compile]``, faster with ``[native]``), with the same
    losses; ``True`` insists.

    With ``checkpoint`` the state is written after each epoch; if the file is there already, training
    goes on from it, with results equal to the bit to a run that was never interrupted. The rate is then that of
    the file (a warning says so if the optimiser has another), all other settings are the optimiser's own. Ctrl-C
    ends training and returns the history so far; model, optimiser and ``rng`` are then as they were after the
    last full epoch, as they are after an error.

        >>> from .layers import MLP
        >>> from .data import xor
        >>> model = MLP(2, [4, 1], rng=random.Random(1))
        >>> history = fit(model, xor(), loss="binary_cross_entropy", epochs=60,
        ...               optimiser=SGD(model.parameters(), lr=1.0), rng=random.Random(0), progress=False)
        >>> history.loss[-1] < history.loss[0], len(history)
        (True, 60)

    Raises ValueError if there are no samples, if inputs and targets differ in number, or for targets that the
    loss does not take; TypeError or ValueError naming an argument that cannot be.
    """
    task = _task(model, data, loss, optimiser, l2, clip)
    plan = _Plan(
        whole("fit", "epochs", epochs, least=0),
        batch_size if batch_size is None else whole("fit", "batch_size", batch_size),
        _tested(held_out, task.loss),
        function("fit", "schedule", schedule),
        patience if patience is None else whole("fit", "patience", patience),
        _path(checkpoint),
        function("fit", "on_epoch", on_epoch),
        task.loss in CLASSIFYING,
    )
    run = _Run(task, _generator(rng), plan)
    try:
        with shown_progress(flag("fit", "progress", progress), plan.epochs) as advance:
            run.train(compiled, advance)
            return run.history
    except BaseException as problem:
        run.go_back()
        if not isinstance(problem, KeyboardInterrupt):
            raise
        run.history.stopped = "interrupted"
        return run.history


def _task(
    model: Any, data: Any, loss: Loss | LossName, optimiser: Optimiser | None, l2: float, clip: float | None
) -> Task:
    if not isinstance(model, Module):
        raise TypeError(f"fit: model must be a Module, got {shown(model)}")
    xs, ys = samples("fit", "data", data)
    named = _loss(loss)
    check_targets(named, ys)
    optimiser = SGD(model.parameters(), lr=0.1) if optimiser is None else optimiser
    if not isinstance(optimiser, Optimiser):
        raise TypeError(f"fit: optimiser must be one of nn.SGD, Adam, AdamW or your own, got {shown(optimiser)}")
    if set(model.parameters()).isdisjoint(optimiser.parameters):
        raise ValueError("fit: the optimiser moves no parameter of this model; make it from model.parameters()")
    l2, clip = real("fit", "l2", l2, NOT_NEGATIVE), clip if clip is None else real("fit", "clip", clip, BOUND)
    task = Task(model, optimiser, xs, ys, named, l2, clip, is_multi_label(ys))
    strange = _strange(task)
    if strange:
        count = f"{strange} of the optimiser's {len(optimiser.parameters)} parameters"
        raise ValueError(
            f"fit: {count} belong neither to this model nor to the loss; make the optimiser from model.parameters()"
        )
    return task


def _strange(task: Task) -> int:
    """Return how many Values the optimiser would move that are not the model's and have no part in any loss."""
    beside = set(task.optimiser.parameters) - set(task.model.parameters())
    with rehearsal(task):
        for x, y in zip(task.xs, task.ys) if beside else ():
            loss = task.loss(task.model(x), y)
            beside -= set(topological_order(loss)) if isinstance(loss, Value) else set()
            if not beside:
                break
    return len(beside)


def _tested(held_out: Any, loss: Loss) -> tuple[list[Any], list[Any]] | None:
    """Return the held-out samples as lists, after a look at their targets."""
    if held_out is None:
        return None
    xs, ys = samples("fit", "held_out", held_out)
    check_targets(loss, ys)
    return xs, ys


def _path(checkpoint: Any) -> Path | None:
    if checkpoint is not None and not isinstance(checkpoint, (str, os.PathLike)):
        raise TypeError(f"fit: checkpoint must be the path of a file, got {shown(checkpoint)}")
    return None if checkpoint is None else Path(checkpoint)


def _generator(rng: Any) -> Any:
    """Return the generator, whose state can be kept and put back."""
    rng = random.Random(0) if rng is None else generator("fit", rng, "shuffle", "getstate", "setstate")
    try:
        rng.getstate()
    except NotImplementedError:
        raise TypeError(
            "fit: rng must have a state to go back to, such as random.Random(0), not SystemRandom"
        ) from None
    return rng


@dataclass(frozen=True)
class _Plan:
    """How long, in what portions, and what beside: the arguments of ``fit`` that are not of the task."""

    epochs: int
    batch_size: int | None
    held_out: tuple[list[Any], list[Any]] | None
    schedule: Schedule | None
    patience: int | None
    checkpoint: Path | None
    on_epoch: Callable[[int, History], None] | None
    classifying: bool


class _State(NamedTuple):
    """Everything that training changes, as it was after a number of epochs."""

    epochs: int
    numbers: list[float]
    optimiser: dict[str, Any]
    rng: Any


class _Run:
    """A training on its way. ``kept`` is replaced in one assignment, so that an interrupt finds the old or the new."""

    def __init__(self, task: Task, rng: random.Random, plan: _Plan):
        self.task, self.rng, self.plan, self.history = task, rng, plan, History()
        self.values: Sequence[Value] = list(dict.fromkeys([*task.model.parameters(), *task.optimiser.parameters]))
        self.kept = self.best = self.state()

    def state(self) -> _State:
        """Return all that the next epoch depends on, as it is now."""
        numbers = [p.data for p in self.values]
        return _State(len(self.history), numbers, self.task.optimiser.state_dict(), self.rng.getstate())

    def go_back(self) -> None:
        """Put everything back as it was at ``kept``."""
        self.put(self.kept)
        self.rng.setstate(self.kept.rng)
        for column in COLUMNS:
            del getattr(self.history, column)[self.kept.epochs :]

    def put(self, state: _State) -> None:
        """Give parameters and optimiser the numbers of a state."""
        for p, x in zip(self.values, state.numbers):
            p.data = x
        self.task.optimiser.load_state_dict(state.optimiser)

    def train(self, compiled: How, advance: Callable[[History], None]) -> None:
        """Go through the epochs, and stop early if that is planned."""
        plan, history = self.plan, self.history
        if plan.checkpoint is not None and plan.checkpoint.exists():
            history = self.restore(plan.checkpoint)
        computes = stepper(self.task, compiled)
        while len(history) < plan.epochs and not self.is_stale():
            real("fit", "lr of the optimiser", self.task.optimiser.lr, NOT_NEGATIVE)
            self.kept = self.state()
            self.record(computes)
            self.kept = self.state()
            if plan.patience is not None and history.best() == len(history) - 1:
                self.best = self.kept
            if plan.checkpoint is not None:
                self.save(plan.checkpoint)
            if plan.on_epoch is not None:
                plan.on_epoch(len(history) - 1, history)
            advance(history)
        history.stopped = "early" if self.is_stale() else "epochs"
        if plan.patience is not None and history.loss:
            self.put(self.best)
            self.kept = self.state()

    def is_stale(self) -> bool:
        """Tell whether the loss has not fallen for as long as there is patience."""
        patience = self.plan.patience
        return (
            patience is not None and bool(self.history.loss) and len(self.history) - 1 - self.history.best() >= patience
        )

    def record(self, computes: Stepper) -> None:
        """Train one epoch and write down how it went."""
        plan, history, optimiser = self.plan, self.history, self.task.optimiser
        rate = optimiser.lr
        if plan.schedule is not None:
            optimiser.lr = rate * real("fit", "what schedule returns", plan.schedule(len(history)), NOT_NEGATIVE)
        used = optimiser.lr
        trained = _epoch(self, computes)
        tested = computes.evaluate(*plan.held_out) if plan.held_out else (math.nan, math.nan)
        optimiser.lr = rate
        measured = (*trained, tested[0], tested[1] if plan.classifying else math.nan, used)
        for column, x in zip(COLUMNS, measured):
            getattr(history, column).append(x)

    def save(self, path: Path) -> None:
        """Write a checkpoint."""
        version, internal, gauss = self.rng.getstate()
        content = {
            "format": CHECKPOINT,
            "parameters": self.task.model.state_dict(),
            "optimiser": self.task.optimiser.state_dict(),
            "rng": [version, list(internal), gauss],
            "history": asdict(self.history),
        }
        if self.plan.patience is not None and self.best is not self.kept:
            content["best"] = {"numbers": self.best.numbers, "optimiser": self.best.optimiser}
        write_json(path, content)

    def restore(self, path: Path) -> History:
        """Take over a checkpoint and return its history; nothing is changed if any part of it does not fit."""
        content, optimiser, rate = read_json(path, CHECKPOINT), self.task.optimiser, self.task.optimiser.lr
        try:
            version, internal, gauss = content["rng"]
            history = History.restored(content["history"])
            if "best" in content:
                best = content["best"]
                numbers = numbers_in("best", dict(zip(range(len(self.values)), best["numbers"], strict=True)))
                optimiser.load_state_dict(best["optimiser"])
                self.best = _State(history.best() + 1, list(numbers.values()), best["optimiser"], None)
            self.task.model.load_state_dict(content["parameters"])
            optimiser.load_state_dict(content["optimiser"])
            self.rng.setstate((version, tuple(internal), gauss if gauss is None else real("rng", "gauss", gauss)))
        except (KeyError, TypeError, ValueError, OverflowError) as problem:
            self.go_back()
            missing = "it lacks " if isinstance(problem, KeyError) else ""
            message = f"{os.fspath(path)} is not a checkpoint of this training: {missing}{problem}"
            raise ValueError(message) from None
        self.history = history
        self.kept = self.state()
        if "best" not in content:
            self.best = self.kept
        if rate != optimiser.lr:
            warnings.warn(
                f"fit: going on from {os.fspath(path)} at its rate {optimiser.lr:g}, not the optimiser's {rate:g}; "
                "for another rate use schedule, or set optimiser.lr in on_epoch",
                stacklevel=users_frame()[1],
            )
        return history


def _epoch(run: _Run, computes: Stepper) -> tuple[float, float, dict[str, float]]:
    """Go once over all batches; return the mean loss, the accuracy, and the gradient norm of each layer."""
    task, classifying, total, right = run.task, run.plan.classifying, 0.0, 0.0
    norms: dict[str, float] = {}
    count = 0
    computes.begin()
    for batch in batches(len(task.xs), run.plan.batch_size, run.rng):
        value, outputs, batch_norms = computes.batch(batch)
        for name, norm in batch_norms.items():
            norms[name] = norms.get(name, 0.0) + norm
        total += value * len(batch)
        targets = [task.ys[i] for i in batch]
        right += accuracy(outputs, targets, multi_label=task.multi_label) * len(batch) if classifying else math.nan
        count += 1
    computes.end()
    n = len(task.xs)
    return total / n, right / n, {name: norm / count for name, norm in norms.items()}


def _loss(loss: Loss | LossName) -> Loss:
    if callable(loss):
        return loss
    if not isinstance(loss, str):
        raise TypeError(f"fit, evaluate: loss must be a name or a function (output, target), got {shown(loss)}")
    if loss not in LOSSES:
        raise ValueError(f"no loss named {loss!r}; there are {', '.join(LOSSES)}")
    return LOSSES[loss]
