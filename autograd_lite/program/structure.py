"""How numbers are nested: what tells one form of arguments from another, and rebuilds it of other numbers.

The structure of a tree of numbers (see ``trees``) is a small value that can be compared and hashed. Nested lists of
equal lengths are told by their shape, however long they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..trees import Kind, hold_numbers_alone, kind_of


class Even(NamedTuple):
    """Nested lists or an array (the ``kind``) of a shape; a number for the shape ``()``."""

    kind: type
    shape: tuple[int, ...]


class Nested(NamedTuple):
    """An object of a kind of tree, a list or a dict, say, of other structures; ``keys`` are what else it holds."""

    kind: type
    keys: tuple[Any, ...]
    parts: tuple[Any, ...]

    @property
    def places(self) -> list[str]:
        """Where each part stands, as it is written in Python."""
        return _kind(self).places(self.keys, len(self.parts))


Structure = Even | Nested
NUMBER = Even(float, ())


def structure(tree: Any) -> Structure:
    """Return the structure of a tree; what is no container counts as a number.

    >>> structure([[1.0, 2.0], [3.0, 4.0]]).shape, structure(1.0) == NUMBER
    ((2, 2), True)
    >>> structure((1.0, [2.0])) == structure([1.0, [2.0]])
    False
    """
    if isinstance(tree, np.ndarray):
        return Even(np.ndarray, tree.shape)
    kind = kind_of(type(tree))
    if kind is None:
        return NUMBER
    shape = _even(tree) if kind.type is list else None
    if shape is not None:
        return Even(list, shape)
    return Nested(kind.type, kind.rest(tree), tuple(map(structure, kind.parts(tree))))


def _even(tree: list[Any]) -> tuple[int, ...] | None:
    """Return the shape of nested lists of numbers, None if they are uneven or hold anything else."""
    if hold_numbers_alone(tree):
        return (len(tree),)
    if set(map(type, tree)) != {list}:
        return None
    shapes = set(map(_even, tree))
    shape = shapes.pop()
    return (len(tree), *shape) if shape is not None and not shapes else None


def size(of: Structure) -> int:
    """Return how many numbers a structure holds.

    >>> size(structure([1.0, (2.0, 3.0)]))
    3
    """
    return sum(map(size, of.parts)) if isinstance(of, Nested) else int(np.prod(of.shape, dtype=int))


def of_objects(items: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """Return an array of objects, whatever they are."""
    array = np.empty(len(items), object)
    array[:] = items
    return array.reshape(shape)


def build(
    of: Structure, numbers: Iterator[Any], array: Callable[[Sequence[Any], tuple[int, ...]], Any] = of_objects
) -> Any:
    """Return the structure filled with numbers; ``array(items, shape)`` makes arrays.

    >>> build(structure([0.0, {"a": 0.0}]), iter([1.0, 2.0]))
    [1.0, {'a': 2.0}]
    """
    if isinstance(of, Nested):
        return container(of, [build(part, numbers, array) for part in of.parts])
    if not of.shape:
        return next(numbers)
    if of.kind is np.ndarray:
        return array([next(numbers) for _ in range(size(of))], of.shape)
    return _lists(of.shape, numbers)


def container(of: Nested, parts: list[Any]) -> Any:
    """Return the object of a structure that holds ``parts``."""
    return _kind(of).make(of.keys, parts)


def _kind(of: Nested) -> Kind:
    kind = kind_of(of.kind)
    assert kind is not None  # it was one when the structure was made
    return kind


def _lists(shape: tuple[int, ...], numbers: Iterator[Any]) -> Any:
    if len(shape) == 1:
        return [next(numbers) for _ in range(shape[0])]
    return [_lists(shape[1:], numbers) for _ in range(shape[0])]


def build_batch(of: Structure, columns: Iterator[Any], stack: Callable[[Sequence[Any], tuple[int, ...]], Any]) -> Any:
    """Return the structure filled with columns, one number per sample each; what is even becomes one array.

    A number becomes (samples,), an array or nested lists of a shape, or a tuple of numbers, one array (samples, shape);
    ``stack(columns, shape)`` makes it. Other tuples, lists and dicts hold such arrays.
    """
    if isinstance(of, Nested):
        if of.kind is tuple and all(part == NUMBER for part in of.parts):
            return stack([next(columns) for _ in of.parts], (len(of.parts),))
        return container(of, [build_batch(part, columns, stack) for part in of.parts])
    return stack([next(columns) for _ in range(size(of))], of.shape) if of.shape else next(columns)


def names(of: Structure, name: str) -> list[str]:
    """Return a name for each number: ``x[0][1]``, ``x.key``.

    >>> names(structure([0.0, {"a": 0.0}]), "x")
    ['x[0]', 'x[1].a']
    """
    if isinstance(of, Nested):
        below = [f".{key}" for key in of.keys] if of.kind is dict else of.places
        return [leaf for at, part in zip(below, of.parts) for leaf in names(part, name + at)]
    return [name + "".join(f"[{i}]" for i in at) for at in np.ndindex(*of.shape)]
