"""How ``fit`` computes a batch: node by node, or compiled.

Both do the same: forward, backward, one step of the optimiser. ``Eager`` records every sample as a graph
of Values. ``Compiled`` records the model once, for one sample of each length, and runs the whole batch at machine speed
on flat arrays; at the end of an epoch it gives the numbers back to the Values.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from autograd_lite import mean_of
from autograd_lite.hints import users_frame
from autograd_lite.ieee import number_of
from autograd_lite.randomness import undrawn

from .arguments import choice, shown
from .data import one_hot
from .losses import CLASSIFYING, cross_entropy, l2_penalty
from .metrics import accuracy
from .module import Module
from .optim import SGD, Adam, AdamW, Optimiser, clip_gradients

Loss = Callable[[Any, Any], Any]
How = bool | str  # False: node by node; True: compiled; or the name of the back end


@dataclass
class Task:
    """What is trained on what: everything that makes the gradient of a batch."""

    model: Module
    optimiser: Optimiser
    xs: Sequence[Any]
    ys: Sequence[Any]
    loss: Loss
    l2: float = 0.0
    clip: float | None = None
    multi_label: bool = False

    def layers(self) -> dict[str, list[int]]:
        """Return the places, among all parameters, of those of each direct part of the model."""
        groups: dict[str, list[int]] = {}
        for i, (name, _) in enumerate(self.model.named_parameters()):
            head, *rest = name.split(".")
            groups.setdefault(f"{head}.{rest[0]}" if head == "layers" and rest else head, []).append(i)
        return groups


class Stepper(Protocol):
    """Moves the parameters of a task, a batch at a time."""

    task: Task

    def begin(self) -> None:
        """Take the numbers from the model and the optimiser, before an epoch."""

    def batch(self, indices: Sequence[int]) -> tuple[float, list[Any], dict[str, float]]:
        """Make one step; return the loss and the outputs before it, and the gradient norm of each layer."""

    def end(self) -> None:
        """Give the numbers back, after an epoch."""

    def evaluate(self, xs: Sequence[Any], ys: Sequence[Any]) -> tuple[float, float]:
        """Return (mean loss, accuracy) on other data."""


def stepper(task: Task, compiled: How) -> Stepper:
    """Return what moves the parameters of a task.

    With "auto" what cannot be compiled is trained node by node, and a warning says why. With True or the
    name of a back end it raises what stands in the way: ImportError, CaptureError, ValueError.
    """
    if compiled is False:
        return Eager(task)
    try:
        from autograd_lite.program.run.choose import BACK_ENDS  # needs NumPy

        choice("fit", "compiled", compiled, (True, False, *BACK_ENDS))
        with rehearsal(task):
            return Compiled(task, "auto" if compiled is True else compiled)
    except (ImportError, TypeError, ValueError) as problem:
        if not isinstance(compiled, str) or compiled != "auto":
            raise
        warnings.warn(f"training node by node, as this cannot be compiled: {problem}", stacklevel=users_frame()[1])
        return Eager(task)


@contextmanager
def rehearsal(task: Task) -> Iterator[None]:
    """Let model and loss be called without a trace: what they draw, count or average is put back at the end."""
    before = [(holder, copy(holder)) for holder in _holders(task.model, set())]
    try:
        with undrawn((task.loss, task.model)):
            yield
    finally:
        for holder, content in before:
            if isinstance(holder, dict):
                holder.clear()
                holder.update(content)
            else:
                holder[:] = content


def _holders(tree: Any, seen: set[int]) -> Iterator[Any]:
    """Yield the attributes of a model and of its parts, and the lists and dicts in them."""
    tree = vars(tree) if isinstance(tree, Module) else tree
    if not isinstance(tree, (dict, list, tuple)) or id(tree) in seen:
        return
    seen.add(id(tree))
    if not isinstance(tree, tuple):
        yield tree
    for inner in tree.values() if isinstance(tree, dict) else tree:
        yield from _holders(inner, seen)


class Eager:
    """Every sample is a graph of Values."""

    def __init__(self, task: Task):
        self.task = task

    def begin(self) -> None:
        pass

    def end(self) -> None:
        pass

    def batch(self, indices: Sequence[int]) -> tuple[float, list[Any], dict[str, float]]:
        task, optimiser = self.task, self.task.optimiser
        outputs = [task.model(task.xs[i]) for i in indices]
        losses = [task.loss(output, task.ys[i]) for output, i in zip(outputs, indices)]
        check_losses(losses)
        value = mean_of(losses)
        objective = value + task.l2 * l2_penalty(task.model) if task.l2 else value
        task.model.zero_grad()
        optimiser.zero_grad()  # which may move Values beside the model, such as a temperature in the loss
        objective.backward()
        gradients = [p.grad for p in task.model.parameters()]
        norms = {name: math.hypot(*[gradients[i] for i in places]) for name, places in task.layers().items()}
        if task.clip is not None:
            clip_gradients(optimiser.parameters, task.clip)
        optimiser.step()
        return number_of(value), outputs, norms

    def evaluate(self, xs: Sequence[Any], ys: Sequence[Any]) -> tuple[float, float]:
        return loss_and_accuracy(self.task.model, self.task.loss, xs, ys, self.task.multi_label)


def loss_and_accuracy(
    model: Callable[[Any], Any], loss: Loss, xs: Sequence[Any], ys: Sequence[Any], multi_label: bool | None = None
) -> tuple[float, float]:
    """Return the mean loss and the accuracy of a model, sample by sample; nan for a loss that knows no classes."""
    total, outputs = 0.0, []
    for x, y in zip(xs, ys):
        output = model(x)
        total += number_of(loss(output, y))
        if loss in CLASSIFYING:
            outputs.append([number_of(o) for o in output] if hasattr(output, "__len__") else number_of(output))
    right = accuracy(outputs, ys, multi_label=multi_label) if loss in CLASSIFYING else math.nan
    return total / len(xs), right


def check_losses(losses: Sequence[Any]) -> None:
    """Raise TypeError unless there is a loss to differentiate among numbers."""
    for value in losses:
        if not isinstance(value, (int, float)) and not hasattr(value, "backward"):
            raise TypeError(f"the loss must return one Value for a sample, got {shown(value)}")
    if not any(hasattr(value, "backward") for value in losses):
        raise TypeError(
            f"the loss returned plain numbers, {shown(losses[0])} the first, which have no gradient: "
            "compute it from the outputs as they are, with the operations of autograd_lite"
        )


class Compiled:
    """The model is recorded once; batches are columns of arrays, parameters one flat array."""

    def __init__(self, task: Task, backend: str):
        from autograd_lite import compile

        self.task = task
        parameters = task.model.parameters()
        loss, l2 = task.loss, task.l2

        check_losses([loss(task.model(task.xs[0]), task.ys[0])])  # numbers say what tracers cannot

        def objective(x: Any, y: Any) -> Any:
            output, y = task.model(_as_given(x, task.xs)), _as_given(y, task.ys)
            value = loss(output, y)
            check_losses([value])
            objective = value + l2 * l2_penalty(task.model) if l2 else value
            return objective, {"loss": value, "output": output}

        objective.__wrapped__ = task.model  # type: ignore[attr-defined]  # what a message about it names
        self._one_hot = _classes(task)
        compiled = compile(
            objective, parameters=parameters, batched=True, reduce="mean", has_aux=True, backend=backend
        )  # fmt: skip
        own = task.optimiser.parameters
        together = len(own) == len(parameters) and all(p is q for p, q in zip(own, parameters))
        self._flat = together and type(task.optimiser) in (SGD, Adam, AdamW)
        self.trainer: Any = compiled.trainer(optimiser=task.optimiser if self._flat else None)
        self._samples = self._of_each_structure(task.xs, task.ys)
        self._gradient: Any = None  # the latest
        self._load(next(iter(self._samples.parts([0]))))
        self._layers = {name: _slice(places) for name, places in task.layers().items()}

    def _of_each_structure(self, xs: Sequence[Any], ys: Sequence[Any]) -> _Samples:
        if self._one_hot:
            ys = [one_hot(y, self._one_hot) for y in ys]
        return _Samples(self.trainer.array, xs, ys)

    def _load(self, part: _Part) -> None:
        self.trainer.load(part.xs, part.ys)

    def begin(self) -> None:
        self.trainer.parameters[:] = [p.data for p in self.task.model.parameters()]

    def end(self) -> None:
        self.trainer.write_back()
        if self._flat:
            for p, gradient in zip(self.task.optimiser.parameters, self._gradient.tolist()):
                p.grad = gradient

    def batch(self, indices: Sequence[int]) -> tuple[float, list[Any], dict[str, float]]:
        parts = list(self._samples.parts(indices))
        fused = self._flat and self.task.clip is None and len(parts) == 1
        loss, outputs, gradient = self._stepped(parts[0]) if fused else self._computed(parts)
        self._gradient = gradient
        norms = {name: _norm(gradient[places]) for name, places in self._layers.items()}
        if not fused:
            self._move(gradient)
        return loss, outputs, norms

    def _stepped(self, part: _Part) -> tuple[float, list[Any], Any]:
        """Make a step of the optimiser in one go."""
        self._load(part)
        _, others = self.trainer.step()
        return float(others["loss"].mean()), others["output"].tolist(), self.trainer.gradient

    def _computed(self, parts: Sequence[_Part]) -> tuple[float, list[Any], Any]:
        """Return mean loss, outputs and gradient of a batch, structure by structure."""
        count = sum(len(part.at) for part in parts)
        outputs: list[Any] = [None] * count
        loss, gradient = 0.0, 0.0
        for part in parts:
            self._load(part)
            (_, others), of_part = self.trainer.value_and_grad()
            share = len(part.at) / count
            loss, gradient = loss + share * float(others["loss"].mean()), gradient + share * of_part
            for at, output in zip(part.at, others["output"].tolist()):
                outputs[at] = output
        return loss, outputs, gradient

    def _move(self, gradient: Any) -> None:
        task, trainer, optimiser = self.task, self.trainer, self.task.optimiser
        if self._flat:
            if task.clip is not None and _norm(gradient) > task.clip:
                unit = gradient / abs(gradient).max()  # as clip_gradients: the norm itself may have overflowed
                gradient = self._gradient = unit * (task.clip / _norm(unit))
            trainer.move(gradient)
            return
        # an optimiser of the user's own, or one of some parameters only, moves Values
        trainer.write_back()
        for p, g in zip(task.model.parameters(), gradient.tolist()):
            p.grad = g
        if task.clip is not None:
            clip_gradients(optimiser.parameters, task.clip)
        optimiser.step()
        trainer.parameters[:] = [p.data for p in task.model.parameters()]

    def evaluate(self, xs: Sequence[Any], ys: Sequence[Any]) -> tuple[float, float]:
        self.trainer.parameters[:] = [p.data for p in self.task.model.parameters()]
        outputs: list[Any] = [None] * len(xs)
        loss = 0.0
        for part in self._of_each_structure(xs, ys).parts(range(len(xs))):
            _, others = self.trainer.value(part.xs, part.ys)
            loss += float(others["loss"].sum())
            for at, output in zip(part.at, others["output"].tolist()):
                outputs[at] = output
        if self.task.loss not in CLASSIFYING:
            return loss / len(xs), math.nan
        return loss / len(xs), accuracy(outputs, ys, multi_label=self.task.multi_label)


class _Part(NamedTuple):
    """Samples of one structure, and where they stand in the batch."""

    at: Sequence[int]
    xs: Any
    ys: Any


class _Samples:
    """Samples as arrays: one of all, or, where lengths differ, one of each sample, put together by structure.

    >>> import numpy
    >>> samples = _Samples(numpy.array, [[1.0], [2.0, 3.0], [4.0]], [0.0, 1.0, 0.0])
    >>> [(part.at, part.xs.tolist()) for part in samples.parts([2, 1, 0])]
    [([0, 2], [[4.0], [1.0]]), ([1], [[2.0, 3.0]])]
    """

    def __init__(self, array: Callable[[Any], Any], xs: Sequence[Any], ys: Sequence[Any]):
        self._array = array
        self._shapes: list[Any] | None = None
        try:
            self._xs, self._ys = array(xs), array(ys)
        except ValueError:
            self._xs, self._ys = self._each(xs), self._each(ys)
            self._shapes = [(x.shape, y.shape) for x, y in zip(self._xs, self._ys)]
            from autograd_lite.program.plan import PLANS  # needs NumPy, which is there by now

            kinds = len(set(self._shapes))
            if kinds > PLANS:
                raise ValueError(
                    f"fit: samples of {kinds} different lengths would be recorded one by one, at most {PLANS} are; pad "
                    "them to fewer lengths, or train with compiled=False"
                ) from None

    def _each(self, samples: Sequence[Any]) -> list[Any]:
        try:
            return [self._array(sample) for sample in samples]
        except ValueError:
            raise ValueError(
                "fit: lists of different lengths inside one sample cannot be compiled; train with compiled=False"
            ) from None

    def parts(self, indices: Sequence[int]) -> Iterator[_Part]:
        """Yield the samples of a batch, those of one structure together."""
        if self._shapes is None:
            yield _Part(range(len(indices)), self._xs[indices], self._ys[indices])
            return
        alike: dict[Any, list[int]] = {}
        for at, i in enumerate(indices):
            alike.setdefault(self._shapes[i], []).append(at)
        for part in alike.values():
            chosen = [indices[at] for at in part]
            yield _Part(part, *(self._array([rows[i] for i in chosen]) for rows in (self._xs, self._ys)))


def _classes(task: Task) -> int:
    """Return how many classes there are if targets are class numbers of a cross-entropy, else 0."""
    if task.loss is not cross_entropy or any(hasattr(y, "__len__") for y in task.ys):
        return 0
    output = task.model(task.xs[0])
    cross_entropy(output, max(task.ys))  # a class that is not there is told here
    return len(output)


def _norm(gradient: Any) -> float:
    """Return √Σg², by math.hypot where squares may overflow or vanish."""
    if 1e-140 < abs(gradient).max() < 1e140:
        return math.sqrt(gradient @ gradient)
    return math.hypot(*gradient.tolist())


def _as_given(sample: Any, samples: Sequence[Any]) -> Any:
    """Return a sample as the user gave it: nested lists, unless they are arrays."""
    return sample.tolist() if hasattr(sample, "tolist") and not hasattr(samples[0], "tolist") else sample


def _slice(places: list[int]) -> Any:
    return slice(places[0], places[-1] + 1) if places == list(range(places[0], places[-1] + 1)) else places
