"""What an argument may be: each check returns it in the form the code wants, or says which one is wrong and why.

All raise TypeError for a wrong kind of thing and ValueError for a wrong number; the message opens with
``where``, the function or class that was called, and names the parameter.
"""

from __future__ import annotations

import math
import operator
import random
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from autograd_lite import Value
from autograd_lite.ieee import number_of


class Range(NamedTuple):
    """The numbers a parameter takes: in words, and as a test."""

    words: str
    holds: Callable[[float], bool]


FINITE = Range("must be a finite number", math.isfinite)
NOT_NEGATIVE = Range("must not be negative, and must be finite", lambda x: 0.0 <= x < math.inf)
POSITIVE = Range("must be above 0, and finite", lambda x: 0.0 < x < math.inf)
BOUND = Range("must be above 0", lambda x: x > 0.0)  # inf is no bound at all
DECAY = Range("must be at least 0 and below 1", lambda x: 0.0 <= x < 1.0)
FRACTION = Range("must be between 0 and 1, neither of them", lambda x: 0.0 < x < 1.0)


def real(where: str, name: str, x: Any, allowed: Range = FINITE) -> float:
    """Return ``x`` as a float of the range.

    >>> real("SGD", "lr", -1, NOT_NEGATIVE)
    Traceback (most recent call last):
    ValueError: SGD: lr must not be negative, and must be finite, got -1
    """
    try:
        number = number_of(x)
    except (TypeError, ValueError):
        raise TypeError(f"{where}: {name} must be a number, got {shown(x)}") from None
    if isinstance(x, bool):
        raise TypeError(f"{where}: {name} must be a number, got {x}")
    if isinstance(x, Value):
        raise TypeError(f"{where}: {name} must be a number, got {shown(x)}; nothing is learnt here, give its x.data")
    if not allowed.holds(number):
        raise ValueError(f"{where}: {name} {allowed.words}, got {x!r}")
    return number


def whole(where: str, name: str, x: Any, *, least: int = 1) -> int:
    """Return ``x`` as an int of at least ``least``; NumPy's integers are taken too.

    >>> whole("cosine", "epochs", 0)
    Traceback (most recent call last):
    ValueError: cosine: epochs must be a whole number of at least 1, got 0
    """
    try:
        n = operator.index(x)
    except TypeError:
        n = None
    if n is None or isinstance(x, bool):
        raise TypeError(f"{where}: {name} must be a whole number of at least {least}, got {shown(x)}")
    if n < least:
        raise ValueError(f"{where}: {name} must be a whole number of at least {least}, got {n}")
    return n


def flag(where: str, name: str, x: Any) -> bool:
    """Return ``x`` if it is True or False."""
    if not isinstance(x, bool):
        raise TypeError(f"{where}: {name} must be True or False, got {shown(x)}")
    return x


def choice(where: str, name: str, x: Any, choices: Collection[Any]) -> Any:
    """Return ``x`` if it is one of the choices."""
    if not any(type(x) is type(one) and x == one for one in choices):  # 1 is not True
        *others, last = map(repr, choices)
        raise ValueError(f"{where}: {name} must be {', '.join(others)} or {last}, got {shown(x)}")
    return x


def function(where: str, name: str, x: Any) -> Any:
    """Return ``x`` if it can be called, or is None."""
    if x is not None and not callable(x):
        raise TypeError(f"{where}: {name} must be a function, got {shown(x)}")
    return x


def generator(where: str, rng: Any, *methods: str) -> Any:
    """Return ``rng`` if it is a random generator with the methods; for None, Python's own.

    >>> generator("MLP", 0, "gauss")
    Traceback (most recent call last):
    TypeError: MLP: rng must be a generator of random numbers, such as random.Random(0), got 0
    """
    if rng is None:
        return random
    if isinstance(rng, type) or not all(callable(getattr(rng, method, None)) for method in methods):
        raise TypeError(
            f"{where}: rng must be a generator of random numbers, such as random.Random(0), got {shown(rng)}"
        )
    return rng


def shown(x: Any) -> str:
    """Return a short text of whatever was given.

    >>> shown([0] * 100)
    '[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,… (a list)'
    """
    text = repr(x)
    return text if len(text) <= 60 else f"{text[:36]}… (a {type(x).__name__})"


def plain(tree: Any) -> Any:
    """Return arrays, tensors and tables as nested lists of numbers; whatever else as it is.

    >>> import numpy
    >>> plain((numpy.eye(2), 1.0))
    [[[1.0, 0.0], [0.0, 1.0]], 1.0]
    """
    if hasattr(tree, "tolist"):
        return tree.tolist()
    if hasattr(tree, "__array__"):
        return plain(tree.__array__())
    if isinstance(tree, (list, tuple)):
        return [x if x.__class__ is float else plain(x) for x in tree]
    return tree
