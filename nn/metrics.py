"""How often a classifier is right, and what it takes for what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def predicted_class(output: Any, *, negative: int = 0) -> int:
    """Return the class an output speaks for: the largest of a list, or the side of 0 of one logit.

    ``negative`` is the label below 0: 0, or −1 where labels are −1 and +1.

        >>> predicted_class([0.1, 2.0, -1.0]), predicted_class(-0.3), predicted_class(-0.3, negative=-1)
        (1, 0, -1)
    """
    if hasattr(output, "__len__"):
        return max(range(len(output)), key=lambda i: _number(output[i]))
    return 1 if _number(output) > 0.0 else negative


def accuracy(outputs: Sequence[Any], targets: Sequence[Any]) -> float:
    """Return the fraction of outputs whose class is the target.

    >>> accuracy([2.0, -1.0, 3.0, 0.5], [1, 0, 0, 1])
    0.75
    """
    negative = -1 if any(target == -1 for target in targets) else 0
    right: int = sum(predicted_class(y, negative=negative) == t for y, t in zip(outputs, targets))
    return right / len(targets)


def confusion_matrix(outputs: Sequence[Any], targets: Sequence[int], *, classes: int) -> list[list[int]]:
    """Return M, where M[i][j] counts samples of class i taken for class j.

    >>> confusion_matrix([2.0, -1.0, 3.0], [1, 0, 0], classes=2)
    [[1, 1], [0, 1]]
    """
    matrix = [[0] * classes for _ in range(classes)]
    for output, target in zip(outputs, targets):
        matrix[target][predicted_class(output)] += 1
    return matrix


def _number(x: Any) -> float:
    return float(getattr(x, "data", x))
