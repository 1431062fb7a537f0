"""How often a classifier is right, and what it takes for what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_lite.ieee import number_of

from .arguments import choice, flag, plain, shown, whole


def predicted_class(output: Any, *, negative: int = 0) -> int:
    """Return the class an output speaks for: the largest of a list, or the side of 0 of one logit.

    A list of one number is that logit. ``negative`` is the label below 0: 0, or −1 where labels are −1 and +1.

        >>> predicted_class([0.1, 2.0, -1.0]), predicted_class(-0.3), predicted_class(-0.3, negative=-1)
        (1, 0, -1)

    Raises ValueError for an output without numbers, and for another ``negative``.
    """
    output = plain(output)
    choice("predicted_class", "negative", negative, (0, -1))
    if not isinstance(output, list):
        return _side(output, negative)
    if not output:
        raise ValueError("predicted_class: output must be a number or a list of at least one, got an empty list")
    return _side(output[0], negative) if len(output) == 1 else _largest(output)


def accuracy(outputs: Sequence[Any], targets: Sequence[Any], *, multi_label: bool | None = None) -> float:
    """Return the fraction of outputs whose class is the target, a number or a one-hot list.

    >>> accuracy([2.0, -1.0, 3.0, 0.5], [1, 0, 0, 1])
    0.75
    >>> accuracy([[2.0, -1.0], [0.1, 0.2]], [[1.0, 0.0], [1.0, 0.0]])
    0.5

    With several labels to a sample every output stands for itself, above 0 for yes, and a sample is right if all
    are. ``multi_label`` says whether it is so; left out, it is so if a list of 0 and 1 has another number of ones
    than one.

    >>> accuracy([[5.0, 5.1, -5.0], [1.0, -1.0, -1.0]], [[1, 1, 0], [1, 0, 1]])
    0.5

    Raises ValueError if outputs and targets differ in number, or there are none.
    """
    outputs, targets = _checked(outputs, targets, "accuracy")
    several = is_multi_label(targets) if multi_label is None else flag("accuracy", "multi_label", multi_label)
    if several:
        signs = [[number_of(y) > 0.0 for y in output] for output in outputs]
        return sum(sign == [t > 0.0 for t in target] for sign, target in zip(signs, targets)) / len(targets)
    labels = [_label(target) for target in targets]
    negative = -1 if any(label == -1 for label in labels) else 0
    right: int = sum(predicted_class(y, negative=negative) == t for y, t in zip(outputs, labels))
    return right / len(labels)


def is_multi_label(targets: Sequence[Any]) -> bool:
    """Tell whether targets are lists of yes (1) and no (0 or −1) with any number of yes.

    >>> is_multi_label([[1, 0, 0], [1, 1, 0]]), is_multi_label([[1, 0, 0], [0, 1, 0]]), is_multi_label([1, 0])
    (True, False, False)
    """
    if not all(isinstance(target, (list, tuple)) and len(target) > 1 for target in targets):
        return False
    return all(t in (-1, 0, 1) for target in targets for t in target) and any(
        sum(t == 1 for t in target) != 1 for target in targets
    )


def confusion_matrix(outputs: Sequence[Any], targets: Sequence[int], *, classes: int) -> list[list[int]]:
    """Return M, where M[i][j] counts samples of class i taken for class j.

    >>> confusion_matrix([2.0, -1.0, 3.0], [1, 0, 0], classes=2)
    [[1, 1], [0, 1]]

    Targets are numbers or one-hot lists. Raises ValueError for a class that is not one of 0 … ``classes`` − 1.
    """
    outputs, targets = _checked(outputs, targets, "confusion_matrix")
    classes = whole("confusion_matrix", "classes", classes)
    matrix = [[0] * classes for _ in range(classes)]
    for output, target in zip(outputs, targets):
        truth, answer = _label(target), predicted_class(output)
        for label in (truth, answer):
            if label not in range(classes):
                raise ValueError(f"confusion_matrix: class {label!r} is not one of 0 … {classes - 1}")
        matrix[int(truth)][answer] += 1
    return matrix


def _checked(outputs: Any, targets: Any, where: str) -> tuple[list[Any], list[Any]]:
    pair = []
    for name, given in (("outputs", outputs), ("targets", targets)):
        xs = plain(given)
        if not isinstance(xs, list):
            raise TypeError(f"{where}: {name} must be a list or an array, one for each sample, got {shown(given)}")
        pair.append(xs)
    if len(pair[0]) != len(pair[1]) or not pair[0]:
        counts = f"{len(pair[0])} and {len(pair[1])}"
        raise ValueError(f"{where}: expected as many targets as outputs and at least one, got {counts}")
    return pair[0], pair[1]


def _label(target: Any) -> Any:
    """A target is a number, a list of one, or one number per class."""
    if not isinstance(target, list):
        return target
    return target[0] if len(target) == 1 else _largest(target)


def _largest(xs: Sequence[Any]) -> int:
    numbers = [number_of(x) for x in xs]
    return max(range(len(numbers)), key=numbers.__getitem__)


def _side(x: Any, negative: int) -> int:
    return 1 if number_of(x) > 0.0 else negative
