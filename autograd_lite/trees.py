"""Nested lists, tuples, dicts and NumPy arrays of numbers: taken apart, put together, laid side by side.

An array is a nested list that NumPy made; it is recognised without importing NumPy. Taken apart and put
together again it keeps its shape: of floats it is a float array, of nodes an array of objects, on which
NumPy's arithmetic, ``@``, ``.sum()`` and ``np.tanh`` work.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any


def is_array(x: Any) -> bool:
    """Tell whether ``x`` is a NumPy array.

    >>> is_array([1.0])
    False
    """
    numpy = sys.modules.get("numpy")  # who has an array has imported it
    return numpy is not None and isinstance(x, numpy.ndarray)


def holds_array(tree: Any) -> bool:
    """Tell whether there is a NumPy array of one axis or more anywhere in ``tree``."""
    if isinstance(tree, (list, tuple)):
        return any(map(holds_array, tree))
    if isinstance(tree, dict):
        return any(map(holds_array, tree.values()))
    return is_array(tree) and tree.ndim > 0


def flatten(tree: Any) -> list[Any]:
    """Return the leaves of nested lists, tuples, dicts and arrays, in order.

    >>> flatten([1.0, {"w": 2.0, "b": (3.0,)}])
    [1.0, 2.0, 3.0]
    """
    if isinstance(tree, (list, tuple)):
        return [leaf for branch in tree for leaf in flatten(branch)]
    if isinstance(tree, dict):
        return [leaf for branch in tree.values() for leaf in flatten(branch)]
    return flatten(tree.tolist()) if is_array(tree) else [tree]


def rebuild(tree: Any, leaves: Iterator[Any]) -> Any:
    """Return the structure of ``tree`` with its leaves replaced in order.

    >>> rebuild([1.0, (2.0,)], iter("ab"))
    ['a', ('b',)]
    """
    if isinstance(tree, (list, tuple)):
        branches = [rebuild(branch, leaves) for branch in tree]
        if isinstance(tree, list):
            return branches
        return type(tree)(*branches) if hasattr(tree, "_fields") else tuple(branches)
    if isinstance(tree, dict):
        return {key: rebuild(branch, leaves) for key, branch in tree.items()}
    return array_of([next(leaves) for _ in range(tree.size)], tree.shape) if is_array(tree) else next(leaves)


def array_of(leaves: list[Any], shape: tuple[int, ...]) -> Any:
    """Return the NumPy array of ``shape`` that holds the leaves: of floats if all are, else of objects.

    A node alone is itself: an array around it would keep the functions of the table from it.
    """
    numpy = sys.modules["numpy"]
    array = numpy.empty(len(leaves), float if all(isinstance(x, (int, float)) for x in leaves) else object)
    for i, leaf in enumerate(leaves):  # one by one: NumPy would look into a leaf that is itself a sequence
        array[i] = leaf
    return array.reshape(shape) if shape or array.dtype == float else array[0]


def aligned(pattern: Any, tree: Any, place: str) -> list[Any]:
    """Return the leaves of ``tree`` in the order of ``pattern``: list beside list, key beside key.

    A tuple, a list and an array are the same kind of thing here.

        >>> aligned({"a": 0.0, "b": [0.0]}, {"b": (2.0,), "a": 1.0}, "tangents")
        [1.0, 2.0]
        >>> aligned({"a": 0.0}, {"c": 1.0}, "tangents")
        Traceback (most recent call last):
        ValueError: tangents: expected the keys 'a', got 'c'

    Raises ValueError where they differ, naming the place.
    """
    pattern, tree = _as_list(pattern), _as_list(tree)
    if type(pattern) is not type(tree) and (isinstance(pattern, (list, dict)) or isinstance(tree, (list, dict))):
        raise ValueError(f"{place}: expected {_described(pattern)}, got {_described(tree)}")
    if isinstance(pattern, dict):
        if pattern.keys() != tree.keys():
            expected, got = (", ".join(map(repr, keys)) or "none" for keys in (pattern, tree))
            raise ValueError(f"{place}: expected the keys {expected}, got {got}")
        return [leaf for key in pattern for leaf in aligned(pattern[key], tree[key], f"{place}[{key!r}]")]
    if not isinstance(pattern, list):
        return [tree]
    if len(pattern) != len(tree):
        raise ValueError(f"{place}: expected {_described(pattern)}, got {_described(tree)}")
    return [leaf for i in range(len(pattern)) for leaf in aligned(pattern[i], tree[i], f"{place}[{i}]")]


def _as_list(tree: Any) -> Any:
    if isinstance(tree, dict):
        return dict(tree)
    if isinstance(tree, tuple):
        return list(tree)
    return tree.tolist() if is_array(tree) else tree


def _described(tree: Any) -> str:
    if isinstance(tree, (list, dict)):
        return f"a {type(tree).__name__} of {len(tree)}"
    return "one number" if isinstance(tree, (int, float)) else f"one {type(tree).__name__}"
