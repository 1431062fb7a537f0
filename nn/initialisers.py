"""Where weights start: draws whose size depends on how many inputs and outputs a layer has.

The scale decides whether signals and gradients keep their size from layer to layer.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, Protocol

from .arguments import generator, shown, whole


class Rng(Protocol):
    """What is needed of a random generator: ``random.Random`` and the module ``random`` have it."""

    def uniform(self, a: float, b: float, /) -> float: ...
    def gauss(self, mu: float, sigma: float, /) -> float: ...


Initialiser = Callable[[int, int, Rng], float]
InitialiserName = Literal["xavier", "he", "uniform", "normal"]


def xavier(n_inputs: int, n_outputs: int, rng: Rng) -> float:
    """Draw from ±√(6/(n_inputs + n_outputs)): keeps the variance both ways for tanh (Glorot, Bengio 2010).

    >>> import random
    >>> abs(xavier(3, 3, random.Random(0))) <= 1.0
    True
    """
    _check("xavier", n_inputs, n_outputs, rng)
    bound = math.sqrt(6.0 / (n_inputs + n_outputs))
    return rng.uniform(-bound, bound)


def he(n_inputs: int, n_outputs: int, rng: Rng) -> float:
    """Draw from N(0, 2/n_inputs): makes up for the half that ReLU cuts off (He et al. 2015).

    >>> import random
    >>> he(2, 5, random.Random(0)) != 0.0
    True
    """
    _check("he", n_inputs, n_outputs, rng)
    return rng.gauss(0.0, math.sqrt(2.0 / n_inputs))


def uniform(n_inputs: int, n_outputs: int, rng: Rng) -> float:
    """Draw from [-1, 1] whatever the size of the layer.

    >>> import random
    >>> abs(uniform(100, 100, random.Random(0))) <= 1.0
    True
    """
    _check("uniform", n_inputs, n_outputs, rng)
    return rng.uniform(-1.0, 1.0)


def normal(n_inputs: int, n_outputs: int, rng: Rng) -> float:
    """Draw from N(0, 1) whatever the size of the layer.

    >>> import random
    >>> normal(3, 3, random.Random(0)) != 0.0
    True
    """
    _check("normal", n_inputs, n_outputs, rng)
    return rng.gauss(0.0, 1.0)


def _check(where: str, n_inputs: Any, n_outputs: Any, rng: Any) -> None:
    whole(where, "n_inputs", n_inputs)
    whole(where, "n_outputs", n_outputs)
    generator(where, rng, "uniform", "gauss")


INITIALISERS: dict[str, Initialiser] = {"xavier": xavier, "he": he, "uniform": uniform, "normal": normal}


def initialiser(init: InitialiserName | Initialiser) -> Initialiser:
    """Return the initialiser of that name, or the function itself.

    Raises ValueError listing the names there are.
    """
    if callable(init):
        return init
    if not isinstance(init, str) or init not in INITIALISERS:
        raise ValueError(f"init: no initialiser named {shown(init)}; there are {', '.join(INITIALISERS)}")
    return INITIALISERS[init]
