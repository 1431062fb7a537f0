"""``autograd-lite train moons --page``: the page on which a small network learns, with networks to choose from."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

CLASSES, CURVES = ("moons", "circles", "spirals", "xor"), ("sine",)
DEPTHS, WIDTHS = (1, 2, 3), (1, 2, 3, 4, 6, 8)
ACTIVATIONS: tuple[Literal["tanh", "relu", "sigmoid"], ...] = ("tanh", "relu", "sigmoid")
_CLASSES = {
    "data": "moons",
    "count": 200,
    "noise": 0.1,
    "batch": "16",
    "depth": "2",
    "width": "4",
    "activation": "tanh",
}
_OTHERWISE = {  # what such data need to be learned in half a minute
    "sine": {"count": 80, "width": "8", "depth": "1"},
    "spirals": {"noise": 0.05, "width": "8", "activation": "relu"},
}
MOST_POINTS = 500
_STEPS = {"optimiser": "adam", "rate": 0.03, "l2": 0.0}


def write_page(path: Path, what: str, *, seed: int = 0, samples: int | None = None, lang: str = "en") -> None:
    """Write the page, which begins with these points; its data sets are those with the same loss."""
    import nn
    import viz
    from viz.training.page import Task, page_of

    kinds, loss = (CURVES, nn.squared_error) if what in CURVES else (CLASSES, nn.binary_cross_entropy)
    settings: dict[str, Any] = _CLASSES | _OTHERWISE.get(what, {}) | _STEPS | {"data": what, "seed": seed}
    settings["count"] = samples or settings["count"]
    choices: dict[str, Sequence[Any]] = {
        "data": kinds, "depth": [str(n) for n in DEPTHS], "width": [str(n) for n in WIDTHS], "activation": ACTIVATIONS
    }  # fmt: skip
    task = Task(_networks(1 if what in CURVES else 2), loss, settings, choices)
    viz.save(path, page_of(task, lang=lang))


def _networks(n_inputs: int) -> dict[str, Any]:
    """Return every network one can choose, by the name the page looks it up: sizes and activation."""
    import nn
    from viz.training.network import network_of

    made = {}
    for depth, width, activation in itertools.product(DEPTHS, WIDTHS, ACTIVATIONS):
        model = nn.MLP(n_inputs, [width] * depth + [1], activation=activation, rng=random.Random(0))
        made[",".join([str(width)] * depth) + f",{activation}"] = network_of(model, n_inputs)
    return made
