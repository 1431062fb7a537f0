"""Where weights start: draws whose size depends on how many inputs and outputs a layer has.

The scale decides whether signals and gradients keep their size from layer to layer.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol


class Rng(Protocol):
    """What is needed of a random generator: ``random.Random`` and the module ``random`` have it."""

    def uniform(self, a: float, b: float, /) -> float: ...
    def gauss(self, mu: float, sigma: float, /) -> float: ...


Initialiser = Callable[[int, int, Rng], float]


def xavier(n_inputs: int, n_outputs: int, rng: Rng) -> float:
    """Draw from ±√(6/(n_inputs + n_outputs)): keeps the variance both ways for tanh (Glorot, Bengio 2010).

    >>> import random
    >>> abs(xavier(3, 3, random.Random(0))) <= 1.0
    True
    """
    bound = math.sqrt(6.0 / (n_inputs + n_outputs))
    return rng.uniform(-bound, bound)


def he(n_inputs: int, n_outputs: int, rng: Rng) -> float:
    """Draw from N(0, 2/n_inputs): makes up for the half that ReLU cuts off (He et al. 2015).

    >>> import random
    >>> he(2, 5, random.Random(0)) != 0.0
    True
    """
    return rng.gauss(0.0, math.sqrt(2.0 / n_inputs))


def uniform(n_inputs: int, n_outputs: int, rng: Rng) -> float:
    """Draw from [-1, 1] whatever the size of the layer.

    >>> import random
    >>> abs(uniform(100, 100, random.Random(0))) <= 1.0
    True
    """
    return rng.uniform(-1.0, 1.0)


INITIALISERS: dict[str, Initialiser] = {"xavier": xavier, "he": he, "uniform": uniform}


def initialiser(init: str | Initialiser) -> Initialiser:
    """Return the initialiser of that name, or the function itself.

    Raises ValueError listing the names there are.
    """
    if callable(init):
        return init
    if init not in INITIALISERS:
        raise ValueError(f"no initialiser named {init!r}; there are {', '.join(INITIALISERS)}")
    return INITIALISERS[init]
