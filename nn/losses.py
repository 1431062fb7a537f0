"""Losses: how far an output is from its target, as one number to minimise.

Each takes the output of a model for one sample (a number or a list) and its target. Those on
*logits* want the last layer linear: they hold the sigmoid or softmax themselves, in a form that
neither overflows nor loses digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from autograd_lite import Value, dot, logsumexp, relu, softplus, square, sum_of

from .module import Module


def squared_error(output: Any, target: Any) -> Any:
    """Return Σ (ŷᵢ − yᵢ)².

    >>> squared_error(3.0, 1.0), squared_error([1.0, 2.0], [0.0, 0.0])
    (4.0, 5.0)
    """
    return _sum([square(y - t) for y, t in _pairs("squared_error", output, target)])


def half_squared_error(output: Any, target: Any) -> Any:
    """Return ½ Σ (ŷᵢ − yᵢ)²; the ½ makes the gradient just ŷ − y.

    >>> half_squared_error([1.0, 2.0], [0.0, 0.0])
    2.5
    """
    return 0.5 * squared_error(output, target)


def binary_cross_entropy(logit: Any, target: Any) -> Any:
    """Return −y log σ(z) − (1−y) log(1−σ(z)) for targets in {0, 1}, as softplus(z) − y·z.

    >>> round(binary_cross_entropy(0.0, 1.0), 6)
    0.693147
    """
    return _sum([softplus(z) - t * z for z, t in _pairs("binary_cross_entropy", logit, target)])


def log_loss(score: Any, target: Any) -> Any:
    """Return log(1 + exp(−y·z)) for targets in {−1, +1}: the same loss with the other labels.

    >>> round(log_loss(0.0, -1.0), 6)
    0.693147
    """
    return _sum([softplus(-t * z) for z, t in _pairs("log_loss", score, target)])


def cross_entropy(logits: Sequence[Any], target: Any) -> Any:
    """Return −Σ yᵢ log softmax(z)ᵢ, where ``target`` is a class number or a list of probabilities.

    The gradient is softmax(z) − y.

        >>> round(cross_entropy([0.0, 0.0], 1), 6)
        0.693147

    Raises ValueError for a class that is not there.
    """
    if not hasattr(logits, "__len__"):
        raise ValueError("cross_entropy: expected a list of logits, one per class, got one number")
    if hasattr(target, "__len__"):
        pairs = _pairs("cross_entropy", logits, target)
        return sum_of(target) * logsumexp(logits) - dot([t for _, t in pairs], list(logits))
    if not 0 <= target < len(logits) or target != int(target):
        raise ValueError(f"cross_entropy: class {target!r} is not one of 0 … {len(logits) - 1}")
    return logsumexp(logits) - logits[int(target)]


def hinge(score: Any, target: Any) -> Any:
    """Return max(0, 1 − y·z) for targets in {−1, +1}.

    >>> hinge(0.25, 1.0)
    0.75
    """
    return _sum([relu(1.0 - t * z) for z, t in _pairs("hinge", score, target)])


def l2_penalty(model: Module) -> Any:
    """Return Σ w² over the weights; biases go free, as they do not bend the function.

    >>> from .layers import Neuron
    >>> neuron = Neuron(2); neuron.load_state_dict({"w.0": 1.0, "w.1": 2.0, "b": 9.0})
    >>> l2_penalty(neuron).data
    5.0
    """
    ws = weights(model)
    return dot(ws, ws)


def weights(model: Module) -> list[Value]:
    """Return the parameters that are not biases."""
    return [p for name, p in model.named_parameters() if name.rsplit(".", 1)[-1] not in ("b", "bias")]


def _pairs(name: str, output: Any, target: Any) -> list[tuple[Any, Any]]:
    outputs = list(output) if hasattr(output, "__len__") else [output]
    targets = list(target) if hasattr(target, "__len__") else [target]
    if len(outputs) != len(targets):
        raise ValueError(f"{name}: expected one target per output ({len(outputs)}), got {len(targets)}")
    return list(zip(outputs, targets))


def _sum(terms: Iterable[Any]) -> Any:
    terms = list(terms)
    return terms[0] if len(terms) == 1 else sum_of(terms)


LOSSES = {
    f.__name__: f for f in (squared_error, half_squared_error, binary_cross_entropy, log_loss, cross_entropy, hinge)
}
