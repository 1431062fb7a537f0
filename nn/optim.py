"""Optimisers: from gradients to the next parameters, in the conventions of PyTorch.

With this module, one can,

- take steps: ``SGD(model.parameters(), lr=0.1).step()``, also with momentum, ``Adam``, ``AdamW``;
- change the rate: ``lr`` may be set at any moment (over time: ``schedules``);
- keep gradients in bounds: ``clip_gradients(parameters, 1.0)``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from typing import Any

from autograd_lite import Value

from .arguments import BOUND, DECAY, NOT_NEGATIVE, POSITIVE, Range, flag, real, shown, whole
from .module import Module, numbers_in

MOST_STEPS = 2**53  # more cannot be counted in a float


class Optimiser:
    """Holds the parameters, the rate ``lr``, and one list of numbers per name in ``slots``."""

    slots: tuple[str, ...] = ()
    not_negative: tuple[str, ...] = ()  # the slots that hold sums of squares

    def __init__(self, parameters: Iterable[Value], *, lr: float, weight_decay: float = 0.0):
        self.parameters = leaves(type(self).__name__, parameters)
        if not self.parameters:
            raise ValueError("the optimiser got no parameters; pass model.parameters()")
        self.lr, self.weight_decay = self._real("lr", lr), self._real("weight_decay", weight_decay)
        self.steps = 0
        for slot in self.slots:
            setattr(self, slot, [0.0] * len(self.parameters))

    def _real(self, name: str, x: Any, allowed: Range = NOT_NEGATIVE) -> float:
        return real(type(self).__name__, name, x, allowed)

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

        The rules here do arithmetic alone: compiled training runs them on all parameters at once, as machine code.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no moved(self, i, x, g)")

    def rule(self, numbers: Sequence[Any], x: Any, g: Any, *state: Any) -> tuple[Any, ...]:
        """Return the new ``x``, and the new number of each slot: what ``moved`` makes of them, with these ``numbers``.

        >>> round(Adam([Value(1.0)]).rule([0.1, 0.1, 0.001], 1.0, 0.5, 0.0, 0.0)[0], 6)
        0.9
        """
        one = copy(self)
        one.lr, one.corrections = numbers[0], lambda: numbers[1:]  # type: ignore[method-assign]
        for slot, number in zip(self.slots, state):
            setattr(one, slot, [number])
        return one.moved(0, x, g), *[getattr(one, slot)[0] for slot in self.slots]

    def numbers(self) -> Sequence[float]:
        """Return what a rule reads that is another from step to step: the rate, and the corrections."""
        return self.lr, *self.corrections()

    def corrections(self) -> Sequence[float]:
        """Return what a rule reads of the number of steps."""
        return ()

    def settings(self) -> Sequence[float]:
        """Return what else a rule reads of the optimiser."""
        return (self.weight_decay,)

    def _decay(self, x: Any) -> Any:
        """Return what the weight decay adds to the gradient: without one nothing, where 0 · inf would be nan."""
        return self.weight_decay * x if self.weight_decay else 0.0

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0.0."""
        for p in self.parameters:
            p.grad = 0.0

    def state_dict(self) -> dict[str, Any]:
        """Return the kind of optimiser and the numbers that the next step depends on.

        Settings such as momentum are not among them: they are the optimiser's own.
        """
        slots = {slot: [float(x) for x in getattr(self, slot)] for slot in self.slots}
        return {"kind": type(self).__name__, "lr": self.lr, "steps": self.steps, **slots}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state of ``state_dict``, all or nothing.

        Raises ValueError if it is of another optimiser, or naming the place of what cannot be right.
        """
        kind = type(self).__name__
        if not isinstance(state, Mapping) or state.keys() | {"kind"} != {"kind", "lr", "steps", *self.slots}:
            raise ValueError(f"this is not the state of {kind} on {len(self.parameters)} parameters")
        if state.get("kind", kind) != kind:  # files of before had none
            raise ValueError(f"this is the state of {shown(state['kind'])}, not of {kind}")
        try:
            lr, steps = real("state", "lr", state["lr"], NOT_NEGATIVE), whole("state", "steps", state["steps"], least=0)
        except TypeError as problem:
            raise ValueError(str(problem)) from None
        if steps > MOST_STEPS:
            raise ValueError(f"state: steps must be at most {MOST_STEPS}, got {shown(steps)}")
        slots = {slot: self._column(slot, state[slot]) for slot in self.slots}
        self.lr, self.steps = lr, steps
        for slot, column in slots.items():
            setattr(self, slot, column)

    def _column(self, slot: str, column: Any) -> list[float]:
        if not isinstance(column, list) or len(column) != len(self.parameters):
            raise ValueError(f"state: {slot} must be {len(self.parameters)} numbers, one for each parameter")
        numbers = numbers_in(f"state: {slot}", dict(enumerate(column)))
        for i, x in numbers.items():
            if slot in self.not_negative and x < 0.0:
                raise ValueError(f"state: {slot}[{i}] must not be negative, got {x}")
        return list(numbers.values())


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
        parameters: Iterable[Value],
        *,
        lr: float = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ):
        super().__init__(parameters, lr=lr, weight_decay=weight_decay)
        self.momentum, self.nesterov = self._real("momentum", momentum), flag("SGD", "nesterov", nesterov)
        if self.nesterov and not self.momentum:
            raise ValueError("SGD: nesterov needs momentum > 0")

    @property
    def is_plain(self) -> bool:
        """Whether a step is x − lr·g and nothing else."""
        return not (self.momentum or self.weight_decay)

    def settings(self) -> Sequence[float]:
        return self.weight_decay, self.momentum, self.nesterov

    def moved(self, i: Any, x: Any, g: Any) -> Any:
        g = g + self._decay(x)
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
    not_negative = ("square",)
    mean: list[float]
    square: list[float]

    def __init__(
        self,
        parameters: Iterable[Value],
        *,
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ):
        super().__init__(parameters, lr=lr, weight_decay=weight_decay)
        if not isinstance(betas, (tuple, list)) or len(betas) != 2:
            raise TypeError(f"{type(self).__name__}: betas must be two numbers, got {shown(betas)}")
        self.betas = self._real("betas[0]", betas[0], DECAY), self._real("betas[1]", betas[1], DECAY)
        self.eps = self._real("eps", eps, POSITIVE)

    def settings(self) -> Sequence[float]:
        return self.weight_decay, *self.betas, self.eps

    def corrections(self) -> Sequence[float]:
        """Return how much of each mean the gradients so far have filled."""
        b1, b2 = self.betas
        return 1 - b1**self.steps, 1 - b2**self.steps

    def moved(self, i: Any, x: Any, g: Any) -> Any:
        return self.adapted(i, x, g + self._decay(x))

    def adapted(self, i: Any, x: Any, g: Any) -> Any:
        """Return x moved by the bias-corrected ratio of the two means."""
        (b1, b2), (of_mean, of_square) = self.betas, self.corrections()
        self.mean[i] = b1 * self.mean[i] + (1 - b1) * g
        self.square[i] = b2 * self.square[i] + (1 - b2) * g * g
        mean, square = self.mean[i] / of_mean, self.square[i] / of_square
        return x - self.lr * mean / (square**0.5 + self.eps)


class AdamW(Adam):
    """Adam with the weight decay beside the gradient, not in it (Loshchilov, Hutter 2019).

    >>> x = Value(1.0)
    >>> AdamW([x], lr=0.1, weight_decay=0.5).step(); x.data
    0.95
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        *,
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ):
        super().__init__(parameters, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)

    def moved(self, i: Any, x: Any, g: Any) -> Any:
        return self.adapted(i, x - self.lr * self._decay(x), g)


def clip_gradients(parameters: Iterable[Value], max_norm: float) -> float:
    """Scale all gradients so that their norm is at most ``max_norm``; return the norm before.

    >>> x, y = Value(0.0), Value(0.0); x.grad, y.grad = 3.0, 4.0
    >>> clip_gradients([x, y], 1.0), x.grad, y.grad
    (5.0, 0.6000000000000001, 0.8)

    Raises ValueError for a negative ``max_norm``, which would turn the gradients round.
    """
    max_norm, parameters = real("clip_gradients", "max_norm", max_norm, BOUND), leaves("clip_gradients", parameters)
    norm = math.hypot(*(p.grad for p in parameters))
    if norm > max_norm:
        top = max(abs(p.grad) for p in parameters)
        length = math.hypot(*(p.grad / top for p in parameters))  # the norm itself may have overflowed
        for p in parameters:
            p.grad = p.grad / top * (max_norm / length)
    return norm


def leaves(where: str, parameters: Any) -> list[Value]:
    """Return parameters as a list. Raises TypeError or ValueError unless they are leaf Values, each once."""
    if isinstance(parameters, Module):
        raise TypeError(f"{where}: parameters must be a list of Values, got a model; pass model.parameters()")
    if not isinstance(parameters, Iterable) or isinstance(parameters, (str, Value)):
        raise TypeError(f"{where}: parameters must be a list of Values, got {shown(parameters)}")
    listed = list(parameters)
    for p in listed:
        if not isinstance(p, Value):
            raise TypeError(f"{where}: parameters must be Values, got {shown(p)} among them")
        if p.parents:
            raise ValueError(f"{where}: parameters must be leaves; {p!r} was computed from others, which move it")
    if len(set(listed)) != len(listed):
        raise ValueError(f"{where}: parameters must be different Values; one is there twice and would move twice")
    return listed
