"""Rates over time: functions from the epoch to a factor of the optimiser's rate, for ``fit(schedule=…)``."""

from __future__ import annotations

import math
from collections.abc import Callable

from autograd_lite import ieee

from .arguments import NOT_NEGATIVE, function, real, whole

Schedule = Callable[[int], float]


def step_decay(every: int, *, factor: float = 0.1) -> Schedule:
    """Return epoch ↦ factor^⌊epoch/every⌋.

    >>> [step_decay(2, factor=0.5)(epoch) for epoch in range(4)]
    [1.0, 1.0, 0.5, 0.5]

    Raises ValueError for ``every`` below 1.
    """
    every, factor = whole("step_decay", "every", every), real("step_decay", "factor", factor, NOT_NEGATIVE)
    return lambda epoch: ieee.pow(factor, epoch // every)


def cosine(epochs: int) -> Schedule:
    """Return half a cosine wave, from 1 at epoch 0 to 0 at ``epochs``.

    >>> cosine(10)(0), cosine(10)(5)
    (1.0, 0.5)

    Raises ValueError for fewer than 1 epoch.
    """
    epochs = whole("cosine", "epochs", epochs)
    return lambda epoch: round(0.5 * (1 + math.cos(math.pi * min(epoch, epochs) / epochs)), 15)


def warmup(epochs: int, then: Schedule | None = None) -> Schedule:
    """Rise from 1/epochs to 1 in ``epochs``, then follow another schedule.

    >>> [warmup(4)(epoch) for epoch in range(5)]
    [0.25, 0.5, 0.75, 1.0, 1.0]

    Raises ValueError for fewer than 1 epoch.
    """
    epochs, then = whole("warmup", "epochs", epochs), function("warmup", "then", then)

    def factor(epoch: int) -> float:
        if epoch < epochs:
            return (epoch + 1) / epochs
        return then(epoch - epochs) if then else 1.0

    return factor
