"""The arguments of a compiled function: read as rows of numbers, or refused with the place that is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..ops import as_number
from .structure import NUMBER, Even, Nested, Structure, leaves, size, structure


class NodeGiven(TypeError):
    """A Value or a tracer is among the arguments, where numbers were expected."""


class Given(NamedTuple):
    """One argument: the structure of one sample, and the numbers, (numbers, samples)."""

    structure: Structure
    rows: Any


def read(argument: Any, place: str, dtype: Any, *, batched: bool) -> Given:
    """Return what an argument holds; ``place`` names it in errors.

    Without ``batched`` there is one sample. With it every number, array or list has one more axis in front; a dict
    or a named tuple holds such arrays.

        >>> given = read([[1.0, 2.0], [3.0, 4.0]], "argument 1", float, batched=True)
        >>> given.structure.shape, given.rows.tolist()
        ((2,), [[1.0, 3.0], [2.0, 4.0]])

    Raises TypeError for what is no number, ValueError for samples of different structures.
    """
    if isinstance(argument, range):
        argument = list(argument)
    if batched:
        return _batch(argument, place, dtype)
    if hasattr(argument, "__array__") and not isinstance(argument, np.ndarray) and np.ndim(argument):
        argument = np.asarray(argument)  # a table of another library
    form = structure(argument)
    return Given(form, _numbers(argument, form, place, dtype).reshape(-1, 1))


def _numbers(tree: Any, form: Structure, place: str, dtype: Any) -> Any:
    """Return the numbers of a tree, flat."""
    if isinstance(form, Even) and form.shape:
        return _array(tree, place, dtype).reshape(-1)
    return np.array([_number(leaf, f"{place}{at}") for leaf, at in zip(leaves(tree), _places(form))], dtype)


def _places(form: Structure) -> list[str]:
    """Return where each number of a structure stands, as it is written in Python."""
    if isinstance(form, Even):
        return ["".join(f"[{i}]" for i in at) for at in np.ndindex(*form.shape)]
    fields = getattr(form.kind, "_fields", ())
    above = [f"[{key!r}]" for key in form.keys] or [f".{name}" for name in fields]
    above = above or [f"[{i}]" for i in range(len(form.parts))]
    return [at + below for at, part in zip(above, form.parts) for below in _places(part)]


def _number(x: Any, place: str) -> float:
    if hasattr(x, "apply_operation"):
        raise NodeGiven(
            f"{place}: got {x!r}; numbers are expected here. Called with Values a compiled function gives Values: "
            "compiled(v), then .backward() or gradient; else pass v.data, or list it in parameters=[...]"
        )
    try:
        return as_number(x)
    except TypeError as problem:
        raise TypeError(f"{place} must be a number or nested lists of numbers: {problem}") from None


def _array(tree: Any, place: str, dtype: Any) -> Any:
    """Return lists or an array as an array of floats."""
    try:
        array = np.asarray(tree)
    except ValueError:
        raise ValueError(f"{place}: the samples must all have one structure, as a batch is one array") from None
    if array.dtype.kind in "biuf":
        return array.astype(dtype, copy=False)
    array = np.asarray(tree, object)  # as they were given: text beside numbers would have made all of it text
    numbers = [_number(x, place + at) for x, at in zip(array.ravel(), _places(Even(list, array.shape)))]
    return np.array(numbers, dtype).reshape(array.shape)


def is_batch_of_parts(argument: Any) -> bool:
    """Tell whether an argument of a batch holds arrays, each with its axis of samples: a dict, or a named tuple."""
    return isinstance(argument, dict) or hasattr(argument, "_fields")


def _batch(argument: Any, place: str, dtype: Any) -> Given:
    if is_batch_of_parts(argument):
        return _batch_of_parts(argument, place, dtype)
    if not isinstance(argument, (list, tuple)) and not np.ndim(argument):
        _number(argument, place)
        raise ValueError(f"batched=True: {place} needs an axis of samples in front, got a number")
    array = _array(argument, place, dtype)
    form = _sample(argument, array.shape[1:])
    return Given(form, array.reshape(len(array), size(form)).T)


def _batch_of_parts(argument: Any, place: str, dtype: Any) -> Given:
    items = argument.items() if isinstance(argument, dict) else zip(argument._fields, argument)
    above = "[{!r}]" if isinstance(argument, dict) else ".{}"
    given = {key: _batch(part, place + above.format(key), dtype) for key, part in items}
    if not given:
        raise ValueError(f"batched=True: {place} needs an axis of samples in front, got an empty dict")
    samples_of(list(given.values()), f"{place}: every part")
    kind, keys = (dict, tuple(argument)) if isinstance(argument, dict) else (type(argument), ())
    form = Nested(kind, keys, tuple([part.structure for part in given.values()]))
    return Given(form, np.concatenate([part.rows for part in given.values()]))


def _sample(argument: Any, shape: tuple[int, ...]) -> Structure:
    """Return the structure of one sample: an array of an array, else that of the first in the list."""
    if not isinstance(argument, (list, tuple)):
        return Even(np.ndarray, shape) if shape else NUMBER
    form = structure(argument[0]) if argument else NUMBER
    lists = Even(list, shape)  # where a sample is what NumPy alone takes apart
    return form if size(form) == size(lists) else lists


def samples_of(given: Sequence[Given], what: str = "every argument") -> int:
    """Return the number of samples, the same for all."""
    return same_length([part.rows.shape[1] for part in given], what)


def same_length(lengths: Sequence[int], what: str = "every argument") -> int:
    """Return the length that all have, 1 if there are none. Raises ValueError if they differ, or are 0."""
    if any(n != lengths[0] or not n for n in lengths):
        raise ValueError(f"{what} must have as many samples, and at least one; got {', '.join(map(str, lengths))}")
    return lengths[0] if lengths else 1
