"""Small data sets to learn on, drawn from an explicit generator, and ways to cut them up.

Every data set is a pair (inputs, targets): a list of lists of floats, and a list.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from autograd_lite.extras import needs

Data = tuple[list[list[float]], list[Any]]


def xor() -> Data:
    """Return the four points of exclusive or, targets 0 and 1.

    >>> xor()
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0])
    """
    return [[a, b] for a in (0.0, 1.0) for b in (0.0, 1.0)], [0, 1, 1, 0]


def moons(n: int, *, noise: float = 0.1, rng: random.Random) -> Data:
    """Return ``n`` points on two half circles that reach into each other, targets 0 and 1.

    >>> xs, ys = moons(4, noise=0.0, rng=random.Random(0))
    >>> sorted(ys)
    [0, 0, 1, 1]
    """

    def point(label: int, t: float) -> tuple[float, float]:
        x, y = math.cos(math.pi * t), math.sin(math.pi * t)
        return (1.0 - x, 0.5 - y) if label else (x, y)

    return _classes(n, 2, point, noise, rng)


def circles(n: int, *, noise: float = 0.1, rng: random.Random) -> Data:
    """Return ``n`` points on a circle (target 0) and one half its size within (target 1).

    >>> xs, ys = circles(6, noise=0.0, rng=random.Random(0))
    >>> [round(math.hypot(*x), 9) for x, y in zip(xs, ys) if y == 1]
    [0.5, 0.5, 0.5]
    """

    def point(label: int, t: float) -> tuple[float, float]:
        r = 0.5 if label else 1.0
        return r * math.cos(2 * math.pi * t), r * math.sin(2 * math.pi * t)

    return _classes(n, 2, point, noise, rng)


def spirals(n: int, *, arms: int = 2, noise: float = 0.05, rng: random.Random) -> Data:
    """Return ``n`` points on ``arms`` spirals of one turn, the target is the arm.

    >>> sorted(spirals(6, arms=3, rng=random.Random(0))[1])
    [0, 0, 1, 1, 2, 2]
    """

    def point(label: int, t: float) -> tuple[float, float]:
        angle = 2 * math.pi * (t + label / arms)
        return (0.1 + t) * math.cos(angle), (0.1 + t) * math.sin(angle)

    return _classes(n, arms, point, noise, rng)


def _classes(
    n: int, classes: int, point: Callable[[int, float], tuple[float, float]], noise: float, rng: random.Random
) -> Data:
    """Spread n points evenly over the classes and along each curve, add noise, and shuffle."""
    if n < classes:
        raise ValueError(f"expected at least one point for each of {classes} classes, got {n}")
    rows = []
    for i in range(n):
        label, along = i % classes, i // classes
        x, y = point(label, along / max(1, (n - 1) // classes))
        rows.append(([x + rng.gauss(0.0, noise), y + rng.gauss(0.0, noise)], label))
    rng.shuffle(rows)
    return [x for x, _ in rows], [y for _, y in rows]


def sine(n: int, *, low: float = -math.pi, high: float = math.pi, noise: float = 0.0, rng: random.Random) -> Data:
    """Return y = sin x at ``n`` evenly spaced points, with noise if asked for.

    >>> xs, ys = sine(3, rng=random.Random(0))
    >>> [round(y, 6) + 0.0 for y in ys]
    [0.0, 0.0, 0.0]

    Raises ValueError for fewer than 2 points.
    """
    if n < 2:
        raise ValueError(f"sine: expected at least 2 points, got {n}")
    xs = [low + (high - low) * i / (n - 1) for i in range(n)]
    return [[x] for x in xs], [math.sin(x) + (rng.gauss(0.0, noise) if noise else 0.0) for x in xs]


def digits(n: int | None = None, *, rng: random.Random | None = None) -> Data:
    """Return real 8×8 images of handwritten digits as 64 numbers in [0, 1], targets 0 … 9.

    All 1 797 of scikit-learn's set (from the UCI repository), or ``n`` of them: the first ones, or
    drawn by ``rng``.

    Raises ImportError saying what to install if scikit-learn is missing, ValueError if there are
    not ``n`` of them.
    """
    with needs("data", "the set of digits"):
        from sklearn.datasets import load_digits
    loaded = load_digits()
    rows = [([x / 16.0 for x in image], int(label)) for image, label in zip(loaded.data.tolist(), loaded.target)]
    if n is not None and not 0 < n <= len(rows):
        raise ValueError(f"digits: there are {len(rows)} images, asked for {n}")
    if rng is not None:
        rng.shuffle(rows)
    rows = rows[:n]
    return [x for x, _ in rows], [y for _, y in rows]


def split(data: Data, *, test: float, rng: random.Random) -> tuple[Data, Data]:
    """Shuffle and cut into a training part and a held-out part of the fraction ``test``.

    >>> train, held_out = split(xor(), test=0.25, rng=random.Random(0))
    >>> len(train[0]), len(held_out[0])
    (3, 1)

    Raises ValueError if one of the parts would be empty.
    """
    xs, ys = data
    if not 0.0 < test < 1.0:
        raise ValueError(f"test must be between 0 and 1, got {test}")
    if len(xs) < 2 or len(xs) != len(ys):
        raise ValueError(f"split: expected at least 2 inputs and as many targets, got {len(xs)} and {len(ys)}")
    order = list(range(len(xs)))
    rng.shuffle(order)
    cut = max(1, len(order) - max(1, round(len(order) * test)))
    train, held_out = order[:cut], order[cut:]
    return ([xs[i] for i in train], [ys[i] for i in train]), ([xs[i] for i in held_out], [ys[i] for i in held_out])


def batches(n: int, size: int | None, rng: random.Random) -> Iterator[list[int]]:
    """Yield the numbers 0 … n−1 in shuffled batches of ``size`` (the last may be smaller; None is one of all).

    >>> [len(batch) for batch in batches(5, 2, random.Random(0))]
    [2, 2, 1]

    Raises ValueError for a size below 1.
    """
    if size is not None and size < 1:
        raise ValueError(f"a batch must have at least 1 sample, got batch_size={size}")
    order = list(range(n))
    rng.shuffle(order)
    size = n if size is None else size
    for start in range(0, n, size):
        yield order[start : start + size]


def one_hot(label: int, classes: int) -> Sequence[float]:
    """Return the list with 1.0 at ``label``.

    >>> one_hot(1, 3)
    [0.0, 1.0, 0.0]

    Raises ValueError for a label that is not one of 0 … ``classes`` − 1.
    """
    if label not in range(classes):
        raise ValueError(f"one_hot: class {label!r} is not one of 0 … {classes - 1}")
    return [1.0 if i == label else 0.0 for i in range(classes)]
