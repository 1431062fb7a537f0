"""Losses: how far an output is from its target, as one number to minimise.

Each takes the output of a model for one sample (a number or a list) and its target. Those on
*logits* want the last layer linear: they hold the sigmoid or softmax themselves, in a form that
neither overflows nor loses digits.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, NamedTuple, Protocol, cast, overload

from autograd_lite import Value, dot, logsumexp, maximum, relu, softplus, square, sum_of, take
from autograd_lite.ops import largest
from autograd_lite.signatures import N

from .arguments import plain, shown
from .module import Module

LossName = Literal[
    "squared_error", "half_squared_error", "binary_cross_entropy", "log_loss", "cross_entropy", "hinge"
]  # fmt: skip


class OfOutput(Protocol):
    """A loss as type checkers see it: of an output that is made of numbers a number, of Values a Value."""

    __name__: str

    @overload
    def __call__(self, output: float | Sequence[float], target: Any) -> float: ...
    @overload
    def __call__(self, output: N | Sequence[N], target: Any) -> N: ...
    @overload
    def __call__(self, output: Any, target: Any) -> Any: ...


def loss(f: Callable[[Any, Any], Any]) -> OfOutput:
    """Tell checkers that ``f`` is a loss."""
    return cast(OfOutput, f)


@loss
def squared_error(output: Any, target: Any) -> Any:
    """Return Σ (ŷᵢ − yᵢ)².

    >>> squared_error(3.0, 1.0), squared_error([1.0, 2.0], [0.0, 0.0])
    (4.0, 5.0)
    """
    return _sum([square(y - t) for y, t in _pairs("squared_error", output, target)])


@loss
def half_squared_error(output: Any, target: Any) -> Any:
    """Return ½ Σ (ŷᵢ − yᵢ)²; the ½ makes the gradient just ŷ − y.

    >>> half_squared_error([1.0, 2.0], [0.0, 0.0])
    2.5
    """
    return 0.5 * squared_error(output, target)


@loss
def binary_cross_entropy(logit: Any, target: Any) -> Any:
    """Return −y log σ(z) − (1−y) log(1−σ(z)) for targets in {0, 1}, as y·softplus(−z) + (1−y)·softplus(z).

    >>> round(binary_cross_entropy(0.0, 1.0), 6)
    0.693147

    Raises ValueError for other labels, and for an output that went through a sigmoid already.
    """
    # each term without a difference, in which a small loss would lose its digits
    return _sum([t * softplus(-z) + (1.0 - t) * softplus(z) for z, t in _pairs("binary_cross_entropy", logit, target)])


@loss
def log_loss(score: Any, target: Any) -> Any:
    """Return log(1 + exp(−y·z)) for targets in {−1, +1}: the same loss with the other labels.

    >>> round(log_loss(0.0, -1.0), 6)
    0.693147

    Raises ValueError for other labels, and for an output that went through a sigmoid already.
    """
    return _sum([softplus(-t * z) for z, t in _pairs("log_loss", score, target)])


@loss
def cross_entropy(logits: Sequence[Any], target: Any) -> Any:
    """Return −Σ yᵢ log softmax(z)ᵢ, where ``target`` is a class number or a list of probabilities.

    The class number may be an argument of what is compiled, or a Value.

    The gradient is softmax(z) − y.

        >>> round(cross_entropy([0.0, 0.0], 1), 6)
        0.693147

    Raises ValueError for a class that is not there, and for outputs that went through a softmax already.
    """
    logits, target = plain(logits), plain(target)
    if not isinstance(logits, list):
        raise ValueError(f"cross_entropy: expected a list of logits, one per class, got {shown(logits)}")
    _check_logits("cross_entropy", logits)
    top = largest(logits)  # the differences to it come first: what rounds in them does not matter
    shifted = [z - top for z in logits]
    if isinstance(target, list):
        ts = [t for _, t in _pairs("cross_entropy", logits, target)]
        return sum_of(ts) * logsumexp(shifted) - _finite_dot(ts, shifted)
    if hasattr(target, "apply_operation"):
        return logsumexp(shifted) - take(shifted, target)
    if not isinstance(target, (int, float)):
        raise ValueError(
            f"cross_entropy: a target must be a class number or a list of probabilities, got {shown(target)}"
        )
    if target not in range(len(logits)):
        raise ValueError(f"cross_entropy: class {target!r} is not one of 0 … {len(logits) - 1}")
    return logsumexp(shifted) - shifted[int(target)]


def _finite_dot(ts: Sequence[Any], zs: Sequence[Any]) -> Any:
    """Return Σ tᵢzᵢ where 0 · −inf is 0, as a class of probability 0 costs nothing; 1 · −inf is −inf all the same.

    −inf becomes twice the lowest float. A ``where`` would do too, but every compiled gradient behind it is guarded.
    """
    return 2.0 * dot(ts, [maximum(0.5 * z, -sys.float_info.max) for z in zs])


@loss
def hinge(score: Any, target: Any) -> Any:
    """Return max(0, 1 − y·z) for targets in {−1, +1}.

    >>> hinge(0.25, 1.0)
    0.75

    Raises ValueError for other labels.
    """
    return _sum([relu(1.0 - t * z) for z, t in _pairs("hinge", score, target)])


def l2_penalty(model: Module) -> Any:
    """Return Σ w² over the weights; biases (kept as ``b`` or ``bias``) go free, as they do not bend the function.

    >>> from .layers import Neuron
    >>> neuron = Neuron(2); neuron.load_state_dict({"w.0": 1.0, "w.1": 2.0, "b": 9.0})
    >>> l2_penalty(neuron).data
    5.0
    """
    if not isinstance(model, Module):
        raise TypeError(f"l2_penalty: model must be a Module, got {shown(model)}")
    ws = weights(model)
    return dot(ws, ws)


def weights(model: Module) -> list[Value]:
    """Return the parameters that are not biases: not kept in an attribute ``b`` or ``bias``, alone or in a list."""
    return [p for name, p in model.named_parameters() if _attribute(name) not in ("b", "bias")]


def _attribute(name: str) -> str:
    """Return the last part of a dotted name that is not the place in a list.

    >>> _attribute("layers.0.b.3")
    'b'
    """
    words = [word for word in name.split(".") if not word.isdigit()]
    return words[-1] if words else name


def _pairs(name: str, output: Any, target: Any) -> list[tuple[Any, Any]]:
    outputs, targets = _listed(output), _listed(target)
    if any(isinstance(x, list) for x in (*outputs, *targets)):
        raise ValueError(f"{name}: expected numbers or lists of numbers, got lists of lists; flatten: nn.Flatten()")
    if len(outputs) != len(targets):
        raise ValueError(f"{name}: expected one target per output ({len(outputs)}), got {len(targets)}")
    _check_labels(name, targets)
    _check_logits(name, outputs)
    return list(zip(outputs, targets))


def _listed(tree: Any) -> list[Any]:
    tree = plain(tree)
    return tree if isinstance(tree, list) else [tree]


def _sum(terms: Iterable[Any]) -> Any:
    terms = list(terms)
    return terms[0] if len(terms) == 1 else sum_of(terms)


LOSSES = {
    f.__name__: f for f in (squared_error, half_squared_error, binary_cross_entropy, log_loss, cross_entropy, hinge)
}


CLASSIFYING = (binary_cross_entropy, log_loss, cross_entropy, hinge)  # their targets are classes


class Labels(NamedTuple):
    """The targets a loss takes: in words, as a test, and what to do with others."""

    words: str
    holds: Callable[[float], bool]
    else_do: str


_SIGNS = Labels(
    "the labels −1 and +1", lambda t: t in (-1.0, 1.0), "for 0 and 1 use binary_cross_entropy, or pass 2·y − 1"
)
_LABELS = {
    "binary_cross_entropy": Labels(
        "the labels 0 and 1, or a probability between", lambda t: 0.0 <= t <= 1.0, "for −1 and +1 use log_loss or hinge"
    ),
    "cross_entropy": Labels(
        "a class number or probabilities between 0 and 1", lambda t: 0.0 <= t <= 1.0, "for one class put a 1 among 0s"
    ),
    "log_loss": _SIGNS,
    "hinge": _SIGNS,
}
_ANY_NUMBER = Labels("numbers as targets", lambda t: True, "convert them first, for example to class numbers 0, 1, …")


def check_targets(loss: Callable[[Any, Any], Any], targets: Iterable[Any]) -> None:
    """Raise ValueError for a target that one of the losses here does not take; other losses know their own."""
    if loss in LOSSES.values():
        for target in targets:
            if isinstance(target, list) or loss is not cross_entropy:  # which knows how many classes there are
                _check_labels(loss.__name__, _listed(target))


def _check_labels(name: str, targets: Sequence[Any]) -> None:
    labels = _LABELS.get(name, _ANY_NUMBER)
    for t in targets:
        if isinstance(t, (str, bytes, type(None))) or (isinstance(t, (int, float)) and not labels.holds(t)):
            raise ValueError(f"{name} takes {labels.words}, got {t!r}; {labels.else_do}")


# What is in the output already, by the operation that made it, of losses that put it there themselves.
_HELD = {"binary_cross_entropy": "sigmoid", "log_loss": "sigmoid", "cross_entropy": "softmax"}
_MAKES = {"sigmoid": ("sigmoid",), "softmax": ("exp", "div", "softmax")}


def _check_logits(name: str, outputs: Sequence[Any]) -> None:
    for z in outputs:
        if z is None or isinstance(z, (str, bytes, dict)):
            raise TypeError(f"{name}: the output must be a number or a list of numbers, got {shown(z)}")
    held = _HELD.get(name, "")
    for z in outputs:
        if getattr(getattr(z, "op", None), "name", None) not in _MAKES.get(held, ()):
            return
    if held == "sigmoid" or (held and abs(sum(z.data for z in outputs) - 1.0) < 1e-9):
        raise ValueError(
            f"{name} takes logits and holds the {held} itself, but these outputs went through a {held} already; "
            f"leave that out: output_activation=None, the default of MLP (activation=None of a Layer)"
        )
