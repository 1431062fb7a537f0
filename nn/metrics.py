"""How often a classifier is right, and what it takes for what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def predicted_class(output: Any, *, negative: int = 0) -> int:
    """Return the class an output speaks for: the largest of a list, or the side of 0 of one logit.

    A list of one number is that logit. ``negative`` is the label below 0: 0, or −1 where labels are −1 and +1.

        >>> predicted_class([0.1, 2.0, -1.0]), predicted_class(-0.3), predicted_class(-0.3, negative=-1)
        (1, 0, -1)
    """
    if hasattr(output, "__len__"):
        if len(output) != 1:
            return max(range(len(output)), key=lambda i: _number(output[i]))
        (output,) = output
    return 1 if _number(output) > 0.0 else negative


def accuracy(outputs: Sequence[Any], targets: Sequence[Any]) -> float:
    """Return the fraction of outputs whose class is the target, a number or a one-hot list.

    >>> accuracy([2.0, -1.0, 3.0, 0.5], [1, 0, 0, 1])
    0.75
    >>> accuracy([[2.0, -1.0], [0.1, 0.2]], [[1.0, 0.0], [1.0, 0.0]])
    0.5

    Raises ValueError if outputs and targets differ in number, or there are none.
    """
    _check(outputs, targets, "accuracy")
    labels = [_label(target) for target in targets]
    negative = -1 if any(label == -1 for label in labels) else 0
    right: int = sum(predicted_class(y, negative=negative) == t for y, t in zip(outputs, labels))
    return right / len(labels)


def _label(target: Any) -> Any:
    """A target is a number, a list of one, or one number per class."""
    if not hasattr(target, "__len__"):
        return target
    return target[0] if len(target) == 1 else predicted_class(target)


def confusion_matrix(outputs: Sequence[Any], targets: Sequence[int], *, classes: int) -> list[list[int]]:
    """Return M, where M[i][j] counts samples of class i taken for class j.

    >>> confusion_matrix([2.0, -1.0, 3.0], [1, 0, 0], classes=2)
    [[1, 1], [0, 1]]

    Raises ValueError for a class that is not one of 0 … ``classes`` − 1.
    """
    _check(outputs, targets, "confusion_matrix")
    matrix = [[0] * classes for _ in range(classes)]
    for output, target in zip(outputs, targets):
        answer = predicted_class(output)
        for label in (target, answer):
            if label not in range(classes):
                raise ValueError(f"confusion_matrix: class {label!r} is not one of 0 … {classes - 1}")
        matrix[target][answer] += 1
    return matrix


def _check(outputs: Sequence[Any], targets: Sequence[Any], name: str) -> None:
    if len(outputs) != len(targets) or not len(targets):
        raise ValueError(
            f"{name}: expected as many targets as outputs and at least one, got {len(outputs)} and {len(targets)}"
        )


def _number(x: Any) -> float:
    return float(getattr(x, "data", x))
