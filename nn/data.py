"""Small data sets to learn on, drawn from an explicit generator, and ways to cut them up.

Every data set is a pair (inputs, targets): a list of lists of floats, and a list.
"""

from __future__ import annotations

import csv
import gzip
import math
import random
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from autograd_lite.extras import needs

from .arguments import FINITE, FRACTION, NOT_NEGATIVE, generator, plain, real, shown, whole

Data = tuple[list[list[float]], list[Any]]


def xor(n: int = 4, *, noise: float = 0.0, rng: random.Random | None = None) -> Data:
    """Return the four points of exclusive or, targets 0 and 1; of more than four, with noise, some lie near each.

    >>> xor()
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0])
    >>> xs, ys = xor(8, noise=0.1, rng=random.Random(0))
    >>> ys == [round(a) ^ round(b) for a, b in xs]
    True

    Raises ValueError for less than 4 points, TypeError for others than the four without ``rng``.
    """
    if n == 4 and noise == 0.0 and rng is None:
        return [[a, b] for a in (0.0, 1.0) for b in (0.0, 1.0)], [0, 1, 1, 0]

    def point(label: int, t: float) -> tuple[float, float]:
        return corners[label]

    corners = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))
    xs, labels = _classes("xor", n, 4, point, noise, rng)
    return xs, [int(label in (1, 2)) for label in labels]


def moons(n: int, *, noise: float = 0.1, rng: random.Random) -> Data:
    """Return ``n`` points on two half circles that reach into each other, targets 0 and 1.

    >>> xs, ys = moons(4, noise=0.0, rng=random.Random(0))
    >>> sorted(ys)
    [0, 0, 1, 1]
    """

    def point(label: int, t: float) -> tuple[float, float]:
        x, y = math.cos(math.pi * t), math.sin(math.pi * t)
        return (1.0 - x, 0.5 - y) if label else (x, y)

    return _classes("moons", n, 2, point, noise, rng)


def circles(n: int, *, noise: float = 0.1, rng: random.Random) -> Data:
    """Return ``n`` points on a circle (target 0) and one half its size within (target 1).

    >>> xs, ys = circles(6, noise=0.0, rng=random.Random(0))
    >>> [round(math.hypot(*x), 9) for x, y in zip(xs, ys) if y == 1]
    [0.5, 0.5, 0.5]
    """

    def point(label: int, t: float) -> tuple[float, float]:
        r = 0.5 if label else 1.0
        return r * math.cos(2 * math.pi * t), r * math.sin(2 * math.pi * t)

    return _classes("circles", n, 2, point, noise, rng)


def spirals(n: int, *, arms: int = 2, noise: float = 0.05, rng: random.Random) -> Data:
    """Return ``n`` points on ``arms`` spirals of one turn, the target is the arm.

    >>> sorted(spirals(6, arms=3, rng=random.Random(0))[1])
    [0, 0, 1, 1, 2, 2]
    """

    arms = whole("spirals", "arms", arms)

    def point(label: int, t: float) -> tuple[float, float]:
        angle = 2 * math.pi * (t + label / arms)
        return (0.1 + t) * math.cos(angle), (0.1 + t) * math.sin(angle)

    return _classes("spirals", n, arms, point, noise, rng)


def _classes(
    name: str,
    n: int,
    classes: int,
    point: Callable[[int, float], tuple[float, float]],
    noise: float,
    rng: random.Random | None,
) -> Data:
    """Spread n points evenly over the classes and along each curve, add noise, and shuffle."""
    n, noise, rng = whole(name, "n", n), real(name, "noise", noise, NOT_NEGATIVE), _generator(name, rng)
    if n < classes:
        raise ValueError(f"{name}: n must be at least one point for each of {classes} classes, got {n}")
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
    n, noise, rng = whole("sine", "n", n), real("sine", "noise", noise, NOT_NEGATIVE), _generator("sine", rng)
    low, high = real("sine", "low", low, FINITE), real("sine", "high", high, FINITE)
    if n < 2:
        raise ValueError(f"sine: n must be at least 2 points, got {n}")
    xs = [low + (high - low) * i / (n - 1) for i in range(n)]
    return [[x] for x in xs], [math.sin(x) + (rng.gauss(0.0, noise) if noise else 0.0) for x in xs]


def digits(n: int | None = None, *, rng: random.Random | None = None) -> Data:
    """Return real 8×8 images of handwritten digits as 64 numbers in [0, 1], targets 0 … 9.

    All 1 797 of scikit-learn's set (from the UCI repository), or ``n`` of them: the first ones, or
    drawn by ``rng``.

    Raises ImportError saying what to install if scikit-learn is missing, ValueError if there are
    not ``n`` of them.
    """
    n = n if n is None else whole("digits", "n", n)
    rng = rng if rng is None else _generator("digits", rng)
    with needs("data", "the set of digits"):
        file = _folder_of("sklearn") / "datasets" / "data" / "digits.csv.gz"
    with gzip.open(file, "rt", encoding="ascii") as lines:
        rows = [([float(x) / 16.0 for x in image], int(label)) for *image, label in csv.reader(lines)]
    if n is not None and n > len(rows):
        raise ValueError(f"digits: there are {len(rows)} images, asked for {n}")
    if rng is not None:
        rng.shuffle(rows)
    rows = rows[:n]
    return [x for x, _ in rows], [y for _, y in rows]


def _folder_of(package: str) -> Path:
    """Return where a package is installed, without importing it: scikit-learn would take two seconds for one file."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"No module named {package!r}", name=package)
    return Path(spec.origin).parent


def names(longest: int = 15) -> list[str]:
    """Return the first names of all languages that Faker knows, in small letters, sorted: those of a to z alone.

    Raises ImportError saying what to install if Faker is missing.
    """
    longest = whole("names", "longest", longest)
    with needs("data", "the list of names"):
        from faker.providers import person
    found: set[str] = set()
    for language in iter_modules(person.__path__, f"{person.__name__}."):
        known = vars(import_module(language.name).Provider)
        for kind in ("first_names", "first_names_male", "first_names_female"):
            given = known.get(kind, ())
            if isinstance(given, (tuple, list, dict)):  # some are computed of others
                found.update(name.lower() for name in given if isinstance(name, str))
    return sorted(name for name in found if name.isascii() and name.isalpha() and len(name) <= longest)


def split(data: Data, *, test: float, rng: random.Random) -> tuple[Data, Data]:
    """Shuffle and cut into a training part and a held-out part of the fraction ``test``.

    >>> train, held_out = split(xor(), test=0.25, rng=random.Random(0))
    >>> len(train[0]), len(held_out[0])
    (3, 1)

    Raises ValueError if one of the parts would be empty.
    """
    test, rng = real("split", "test", test, FRACTION), _generator("split", rng)
    xs, ys = samples("split", "data", data)
    if len(xs) < 2:
        raise ValueError(f"split: data must have at least 2 inputs and as many targets, got {len(xs)} and {len(ys)}")
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
    n, rng = whole("batches", "n", n), _generator("batches", rng)
    size = n if size is None else whole("batches", "size", size)
    order = list(range(n))
    rng.shuffle(order)
    for start in range(0, n, size):
        yield order[start : start + size]


def one_hot(label: int, classes: int) -> Sequence[float]:
    """Return the list with 1.0 at ``label``.

    >>> one_hot(1, 3)
    [0.0, 1.0, 0.0]

    Raises ValueError for a label that is not one of 0 … ``classes`` − 1.
    """
    if label not in range(whole("one_hot", "classes", classes)):
        raise ValueError(f"one_hot: class {label!r} is not one of 0 … {classes - 1}")
    return [1.0 if i == label else 0.0 for i in range(classes)]


def samples(where: str, name: str, data: Any) -> tuple[list[Any], list[Any]]:
    """Return (inputs, targets) as two lists, of lists, arrays, tensors or tables.

    >>> import numpy
    >>> samples("fit", "data", (numpy.eye(2), numpy.array([0, 1])))
    ([[1.0, 0.0], [0.0, 1.0]], [0, 1])

    Raises TypeError for anything else, ValueError if there are no samples, or inputs and targets differ in number.
    """
    if not isinstance(data, (tuple, list)) or len(data) != 2:
        advice = "; of pairs make it with tuple(zip(*pairs))" if _are_pairs(data) else ""
        raise TypeError(f"{where}: {name} must be (inputs, targets), two lists or arrays, got {shown(data)}{advice}")
    xs, ys = (plain(column) for column in data)
    if not isinstance(xs, list) or not isinstance(ys, list):
        raise TypeError(f"{where}: {name} must be (inputs, targets), two lists or arrays, got {shown(data)}")
    if len(xs) != len(ys) or not xs:
        counts = f"{len(xs)} and {len(ys)}"
        raise ValueError(f"{where}: {name} must have as many targets as inputs and at least one, got {counts}")
    if len({isinstance(x, list) for x in xs}) == 2:
        raise ValueError(
            f"{where}: the inputs of {name} are lists and numbers, {shown(xs[0])} and {shown(xs[1])}; "
            "if data are two pairs (input, target), make (inputs, targets) of them with tuple(zip(*pairs))"
        )
    return xs, ys


def _are_pairs(data: Any) -> bool:
    return isinstance(data, (list, tuple)) and bool(data) and all(hasattr(d, "__len__") and len(d) == 2 for d in data)


def _generator(where: str, rng: Any) -> Any:
    if rng is None:
        raise TypeError(f"{where}: rng must be a generator of random numbers, such as random.Random(0), got None")
    return generator(where, rng, "gauss", "shuffle")
