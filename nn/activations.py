"""Activations by name: every unary operation of the table, and softmax for a whole layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite import TABLE, elu, leaky_relu, softmax
from autograd_lite.expression import did_you_mean

Activation = Callable[[Any], Any]

ACTIVATIONS: dict[str, Activation] = {
    **{name: op for name, op in TABLE.items() if op.arity == 1},
    "linear": lambda x: x,
    "leaky_relu": leaky_relu,
    "elu": elu,
}


def activation(choice: str | Activation | None) -> Activation:
    """Return the function of one number with that name; None is linear.

    >>> activation("tanh")(0.0)
    0.0

    Raises ValueError naming the nearest known one.
    """
    if choice is None:
        return ACTIVATIONS["linear"]
    if callable(choice):
        return choice
    if choice not in ACTIVATIONS:
        raise ValueError(f"no activation named {choice!r}{did_you_mean(choice, ACTIVATIONS)}")
    return ACTIVATIONS[choice]


def layer_activation(choice: str | Activation | None) -> Callable[[list[Any]], list[Any]]:
    """Return the function of a list of outputs: ``softmax`` couples them, any other goes one by one.

    >>> layer_activation("softmax")([0.0, 0.0])
    [0.5, 0.5]
    """
    if choice in ("softmax", softmax):
        return softmax
    one = activation(choice)
    return lambda zs: [one(z) for z in zs]
