"""Optimisers: from gradients to the next parameters, in the conventions of PyTorch.

With this module, one can,

- take steps: ``SGD(model.parameters(), lr=0.1).step()``, also with momentum, ``Adam``, ``AdamW``;
- change the rate over time: ``lr`` may be set at any moment; ``step_decay``, ``cosine``, ``warmup``;
- keep gradients in bounds: ``clip_gradients(parameters, 1.0)``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite import Value


class Optimiser:
    """Holds the parameters, the rate ``lr``, and one list of numbers per name in ``slots``."""

    slots: tuple[str, ...] = ()

    def __init__(self, parameters: Sequence[Value], *, lr: float, weight_decay: float = 0.0):
        self.parameters = list(parameters)
        if not self.parameters:
            raise ValueError("the optimiser got no parameters; pass model.parameters()")
        if lr < 0.0:
            raise ValueError(f"lr must not be negative, got {lr}")
        self.lr, self.weight_decay, self.steps = lr, weight_decay, 0
        for slot in self.slots:
            setattr(self, slot, [0.0] * len(self.parameters))

    @property
    def is_plain(self) -> bool:
        """Whether a step is x − lr·g and nothing else."""
        return False

    def step(self) -> None:
        """Move every parameter once, against its gradient."""
        self.steps += 1
        for i, p in enumerate(self.parameters):
            p.data = self.moved(i, p.data, p.grad)

    def moved(self, i: Any, x: Any, g: Any) -> Any:
        """Return the new number of parameter ``i`` that is ``x`` with gradient ``g``.

        The rules here are written so that all three may be arrays, and ``i`` a slice: compiled training
        moves all parameters at once.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no moved(self, i, x, g)")

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0.0."""
        for p in self.parameters:
            p.grad = 0.0

    def state_dict(self) -> dict[str, Any]:
        """Return all that the next step depends on, as plain numbers."""
        return {"lr": self.lr, "steps": self.steps, **{slot: list(getattr(self, slot)) for slot in self.slots}}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over a state of ``state_dict``. Raises ValueError if it is of another optimiser."""
        columns = [state.get(slot) for slot in self.slots] if isinstance(state, dict) else []
        if (
            not isinstance(state, dict)
            or state.keys() != {"lr", "steps", *self.slots}
            or not all(isinstance(column, list) and len(column) == len(self.parameters) for column in columns)
        ):
            raise ValueError(f"this is not the state of {type(self).__name__} on {len(self.parameters)} parameters")
        for x in (state["lr"], state["steps"], *(x for slot in self.slots for x in state[slot])):
            if isinstance(x, bool) or not isinstance(x, (int, float)):
                raise ValueError(f"the state of {type(self).__name__} must hold numbers, got {x!r}")
        self.lr, self.steps = float(state["lr"]), int(state["steps"])
        for slot in self.slots:
            setattr(self, slot, [float(x) for x in state[slot]])


class SGD(Optimiser):
    """x ← x − lr·g; with momentum v ← μv + g and x ← x − lr·v; Nesterov looks ahead: g + μv.

    >>> x = Value(1.0); x.grad = 0.5
    >>> SGD([x], lr=0.1).step(); x.data
    0.95
    """

    slots = ("velocity",)
    velocity: list[float]

    def __init__(
        self,
        parameters: Sequence[Value],
        *,
        lr: float = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ):
        super().__init__(parameters, lr=lr, weight_decay=weight_decay)
        if nesterov and momentum <= 0.0:
            raise ValueError("nesterov needs momentum > 0")
        self.momentum, self.nesterov = momentum, nesterov

    @property
    def is_plain(self) -> bool:
        """Whether a step is x − lr·g and nothing else."""
        return not (self.momentum or self.weight_decay)

    def moved(self, i: Any, x: Any, g: Any) -> Any:
        g = g + self.weight_decay * x
        if self.momentum:
            self.velocity[i] = v = self.momentum * self.velocity[i] + g
            g = g + self.momentum * v if self.nesterov else v
        return x - self.lr * g


class Adam(Optimiser):
    """Steps scaled by running means of g and g² (Kingma, Ba 2015); weight decay is part of g.

    >>> x = Value(1.0); x.grad = 0.5
    >>> Adam([x], lr=0.1).step(); round(x.data, 6)
    0.9
    """

    slots = ("mean", "square")
    mean: list[float]
    square: list[float]

    def __init__(
        self,
        parameters: Sequence[Value],
        *,
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ):
        super().__init__(parameters, lr=lr, weight_decay=weight_decay)
        self.betas, self.eps = betas, eps

    def moved(self, i: Any, x: Any, g: Any) -> Any:
        return self.adapted(i, x, g + self.weight_decay * x)

    def adapted(self, i: Any, x: Any, g: Any) -> Any:
        """Return x moved by the bias-corrected ratio of the two means."""
        b1, b2 = self.betas
        self.mean[i] = b1 * self.mean[i] + (1 - b1) * g
        self.square[i] = b2 * self.square[i] + (1 - b2) * g * g
        mean, square = self.mean[i] / (1 - b1**self.steps), self.square[i] / (1 - b2**self.steps)
        return x - self.lr * mean / (square**0.5 + self.eps)


class AdamW(Adam):
    """Adam with the weight decay beside the gradient, not in it (Loshchilov, Hutter 2019).

    >>> x = Value(1.0)
    >>> AdamW([x], lr=0.1, weight_decay=0.5).step(); x.data
    0.95
    """

    def __init__(self, parameters: Sequence[Value], *, weight_decay: float = 0.01, **options: Any):
        super().__init__(parameters, weight_decay=weight_decay, **options)

    def moved(self, i: Any, x: Any, g: Any) -> Any:
        return self.adapted(i, x - self.lr * self.weight_decay * x, g)


# ---------------------------------------------------------------- rates over time

Schedule = Callable[[int], float]


def step_decay(every: int, *, factor: float = 0.1) -> Schedule:
    """Return epoch ↦ factor^⌊epoch/every⌋.

    >>> [step_decay(2, factor=0.5)(epoch) for epoch in range(4)]
    [1.0, 1.0, 0.5, 0.5]

    Raises ValueError for ``every`` below 1.
    """
    _at_least_one("step_decay", every)
    return lambda epoch: factor ** (epoch // every)


def cosine(epochs: int) -> Schedule:
    """Return half a cosine wave, from 1 at epoch 0 to 0 at ``epochs``.

    >>> cosine(10)(0), cosine(10)(5)
    (1.0, 0.5)

    Raises ValueError for fewer than 1 epoch.
    """
    _at_least_one("cosine", epochs)
    return lambda epoch: round(0.5 * (1 + math.cos(math.pi * min(epoch, epochs) / epochs)), 15)


def warmup(epochs: int, then: Schedule | None = None) -> Schedule:
    """Rise from 1/epochs to 1 in ``epochs``, then follow another schedule.

    >>> [warmup(4)(epoch) for epoch in range(5)]
    [0.25, 0.5, 0.75, 1.0, 1.0]

    Raises ValueError for fewer than 1 epoch.
    """
    _at_least_one("warmup", epochs)
    return lambda epoch: (epoch + 1) / epochs if epoch < epochs else (then(epoch - epochs) if then else 1.0)


def _at_least_one(name: str, epochs: int) -> None:
    if epochs < 1:
        raise ValueError(f"{name}: expected at least 1 epoch, got {epochs}")


def clip_gradients(parameters: Sequence[Value], max_norm: float) -> float:
    """Scale all gradients so that their norm is at most ``max_norm``; return the norm before.

    >>> x, y = Value(0.0), Value(0.0); x.grad, y.grad = 3.0, 4.0
    >>> clip_gradients([x, y], 1.0), x.grad, y.grad
    (5.0, 0.6000000000000001, 0.8)

    Raises ValueError for a negative ``max_norm``, which would turn the gradients round.
    """
    if max_norm < 0.0:
        raise ValueError(f"clip_gradients: max_norm must not be negative, got {max_norm}")
    norm = math.hypot(*(p.grad for p in parameters))
    if norm > max_norm:
        scale = max_norm / norm
        for p in parameters:
            p.grad *= scale
    return norm
