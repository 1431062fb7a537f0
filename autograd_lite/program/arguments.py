"""The arguments of a compiled function: read as rows of numbers, or refused with the place that is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import ops
from ..ops import as_number
from ..trees import advice, flatten, kind_of, places
from .program import Program
from .structure import NUMBER, Even, Nested, Structure, size, structure


class NodeGiven(TypeError):
    """A Value or a tracer is among the arguments, where numbers were expected."""


class Given(NamedTuple):
    """One argument: the structure of one sample, and the numbers, (numbers, samples)."""

    structure: Structure
    rows: Any


def read(argument: Any, place: str, dtype: Any, *, batched: bool) -> Given:
    """Return what an argument holds; ``place`` names it in errors.

    Without ``batched`` there is one sample. With it every number, array or list has one more axis in front; a dict
    or an object holds such arrays.

        >>> given = read([[1.0, 2.0], [3.0, 4.0]], "argument 1", float, batched=True)
        >>> given.structure.shape, given.rows.tolist()
        ((2,), [[1.0, 3.0], [2.0, 4.0]])

    Raises TypeError for what is no number, ValueError for samples of different structures.
    """
    if isinstance(argument, range):
        argument = list(argument)
    if isinstance(argument, np.ma.MaskedArray):
        raise TypeError(f"{place}: numbers under a mask are not there; pass x.compressed(), or x.filled(0.0)")
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
    return _row(flatten(tree), tree, place, dtype)


def _row(numbers: Any, tree: Any, place: str, dtype: Any) -> Any:
    """Return the numbers of a tree as an array, or raise for the first that is none."""
    if set(map(type, numbers)) <= {float, int}:  # the usual case, in which no place is needed
        return np.array(list(map(as_number, numbers)), dtype)
    return np.array([_number(x, at) for x, at in zip(numbers, places(tree, place))], dtype)


def _number(x: Any, place: str) -> float:
    if hasattr(x, "apply_operation"):
        raise NodeGiven(
            f"{place}: got {x!r}; numbers are expected here. Called with Values a compiled function gives Values: "
            "compiled(v), then .backward() or gradient; else pass v.data, or list it in parameters=[...]"
        )
    if x is None:
        raise TypeError(
            f"{place} must be a number or nested lists of numbers, got None; a setting is no argument: bind it, "
            "compile(functools.partial(f, setting=...))"
        )
    try:
        return as_number(x)
    except TypeError as problem:
        raise TypeError(f"{place} must be a number or nested lists of numbers: {problem}{advice(x)}") from None


def _array(tree: Any, place: str, dtype: Any) -> Any:
    """Return lists or an array as an array of floats."""
    try:
        array = np.asarray(tree)
    except ValueError:
        raise ValueError(f"{place}: the samples must all have one structure, as a batch is one array") from None
    if array.dtype.kind in "biuf":
        return array.astype(dtype, copy=False)
    array = np.asarray(tree, object)  # as they were given: text beside numbers would have made all of it text
    return _row(array.ravel(), array, place, dtype).reshape(array.shape)


def is_batch_of_parts(argument: Any) -> bool:
    """Tell whether an argument of a batch holds arrays, each with its axis of samples: a dict, or an object."""
    kind = kind_of(type(argument))
    return kind is not None and kind.type not in (list, tuple)


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
    kind = kind_of(type(argument))
    assert kind is not None
    parts, rest = kind.parts(argument), kind.rest(argument)
    given = [_batch(part, place + at, dtype) for part, at in zip(parts, kind.places(rest, len(parts)))]
    if not given:
        raise ValueError(f"batched=True: {place} needs an axis of samples in front, got an empty {kind.type.__name__}")
    samples_of(given, f"{place}: every part")
    form = Nested(kind.type, rest, tuple([part.structure for part in given]))
    return Given(form, np.concatenate([part.rows for part in given]))


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


def table_sizes(program: Program, inputs: range) -> dict[int, int]:
    """Return how many rows there are to choose from, for each of some inputs that is the index of a table."""
    sizes: dict[int, int] = {}
    for op, operands, _ in program.instructions:
        if op is ops.choose and operands[0] in inputs:
            at, n = operands[0] - inputs.start, len(operands) - 1
            sizes[at] = min(n, sizes.get(at, n))
    return sizes


def check_indices(names: Sequence[str], sizes: Mapping[int, int], rows: Any) -> None:
    """Raise IndexError for a row of arguments, (numbers, samples), that is no index of the table it chooses from."""
    given, n_rows = rows[list(sizes)], np.array(list(sizes.values()))[:, None]
    wrong = ~((given >= 0.0) & (given < n_rows) & (given == np.rint(given)))
    if wrong.any():
        which, sample = np.argwhere(wrong)[0]
        name, n = names[list(sizes)[which]], int(n_rows[which, 0])
        raise IndexError(
            f"{name} is the index of a table of {n} row(s): expected one of 0 … {n - 1}, got {given[which, sample]:g}"
            + (f" in sample {sample}" if given.shape[1] > 1 else "")
        )
