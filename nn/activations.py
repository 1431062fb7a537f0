"""Activations by name: every unary operation of the table, and a few with a parameter of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from autograd_lite import TABLE, elu, leaky_relu
from autograd_lite.hints import did_you_mean

from .arguments import shown

Activation = Callable[[Any], Any]
# the names of ``ACTIVATIONS``, as type checkers want them
ActivationName = Literal[
    "identity", "neg", "reciprocal", "square", "exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "sqrt",
    "rsqrt", "cbrt", "rint", "floor", "ceil", "trunc", "sin", "cos", "tan", "deg2rad", "rad2deg", "asin",
    "acos", "atan", "sinc", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "abs", "sign", "relu",
    "sigmoid", "softplus", "logsigmoid", "silu", "mish", "softsign", "erf", "erfc", "erfinv", "gelu", "lgamma",
    "digamma", "linear", "leaky_relu", "elu",
]  # fmt: skip


def linear(x: Any) -> Any:
    """Return ``x``: no activation.

    >>> linear(2.0)
    2.0
    """
    return x


ACTIVATIONS: dict[str, Activation] = {
    **{name: op for name, op in TABLE.items() if op.arity == 1},
    "linear": linear,
    "leaky_relu": leaky_relu,
    "elu": elu,
}


def activation(choice: ActivationName | Activation | None) -> Activation:
    """Return the function of one number with that name; None is linear.

    >>> activation("tanh")(0.0)
    0.0

    Raises ValueError naming the nearest known one, TypeError for neither a name nor a function.
    """
    if choice is None:
        return linear
    if callable(choice):
        return choice
    if not isinstance(choice, str):
        raise TypeError(f"activation must be a name or a function of one number, got {shown(choice)}")
    if choice not in ACTIVATIONS:
        raise ValueError(f"no activation named {choice!r}{did_you_mean(choice, ACTIVATIONS)}")
    return ACTIVATIONS[choice]
