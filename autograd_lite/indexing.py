"""A row of a table by its number, which may be a Value or an argument of what is compiled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .context import context
from .ieee import named_number
from .ops import choose
from .trees import aligned, rebuild
from .value import Value


def take(table: Sequence[Any], index: Any) -> Any:
    """Return ``table[index]``; the gradient flows to that row alone.

    ``table`` is a list or an array of numbers, or of rows of one structure. Of a plain number it is Python's own
    indexing. Of a Value, or of a number that is not known while a function is compiled, every number of the row is one
    node, ``choose(index, *column)``, whose index has no gradient.

        >>> from autograd_lite import compile
        >>> embedding = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
        >>> take(embedding, 2), compile(lambda table, token: take(table, token))(embedding, 2)
        ([5.0, 6.0], [5.0, 6.0])

    Raises TypeError for an index that is no whole number, IndexError for one that is not among 0 … n − 1, and
    ValueError for rows that differ in structure. A compiled function refuses such an argument when it is called; an
    index that it computes is rounded, and where there is no such row the result is nan.
    """
    if not hasattr(index, "apply_operation"):
        return table[whole_index("take", index, len(table))]
    if isinstance(index, Value) and not context.recording:
        whole_index("take", index.data, len(table))
    rows = [aligned(table[0], row, f"take: row {i} of the table") for i, row in enumerate(table)]
    return rebuild(table[0], iter([choose(index, *column) for column in zip(*rows)]))


def whole_index(what: str, index: Any, n: int) -> int:
    """Return an index of a table of ``n`` rows as an int; ``what`` begins the errors.

    >>> whole_index("take", 2.0, 3)
    2
    """
    number = named_number(f"{what}: the index", index)
    if isinstance(index, bool) or number != number or number != number // 1.0:
        raise TypeError(f"{what}: the index must be a whole number, got {index!r}")
    if not 0.0 <= number < n:
        raise IndexError(f"{what}: the index must be one of 0 … {n - 1}, as the table has {n} row(s), got {index!r}")
    return int(number)
