"""Matrices of derivatives of which most entries are always zero: where the others are, and what is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from functools import cached_property
from typing import Any

import numpy as np

from ..extras import needs
from ..trees import register


class Pattern:
    """Where a matrix has entries, row by row: the structure of a sparse result.

    >>> pattern = Pattern((2, 3), [[0, 2], [1]])
    >>> len(pattern), pattern.matrix([1.0, 2.0, 3.0]).toarray().tolist()
    (3, [[1.0, 0.0, 2.0], [0.0, 3.0, 0.0]])
    """

    def __init__(self, shape: tuple[int, int], rows: Sequence[Sequence[int]]):
        self.shape = shape
        self.starts = np.cumsum([0, *map(len, rows)], dtype=np.int32)
        self.columns = np.array([column for row in rows for column in row], np.int32)

    def matrix(self, entries: Any) -> Any:
        """Return the ``scipy.sparse.csr_array`` with these entries, row by row; it shares nothing with others."""
        matrix = copy(self._empty)  # which SciPy has checked once: that takes longer than many a matrix
        matrix.data = np.array(entries)
        matrix.indices, matrix.indptr = self.columns.copy(), self.starts.copy()
        return matrix

    @cached_property
    def _empty(self) -> Any:
        with needs("sparse", "sparse=True"):
            from scipy.sparse import csr_array
        return csr_array((np.zeros(len(self)), self.columns, self.starts), self.shape)

    def __len__(self) -> int:
        return len(self.columns)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pattern) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> Any:
        return self.shape, self.starts.tobytes(), self.columns.tobytes()

    def __str__(self) -> str:
        return f"a sparse matrix {self.shape[0]} × {self.shape[1]} with {len(self)} entries that are not always 0"


class SparseRows(Sequence[Any]):
    """A matrix while it is recorded: the entries that are not always zero; read row by row it is a list of lists."""

    def __init__(self, rows: Sequence[Mapping[int, Any]], width: int, zero: Any):
        if width and rows and not any(rows):
            rows = [{0: zero}, *rows[1:]]  # a program has an output
        self._rows, self._width, self._zero = rows, width, zero

    @property
    def pattern(self) -> Pattern:
        """Where the entries are."""
        return Pattern((len(self._rows), self._width), [list(row) for row in self._rows])

    @property
    def entries(self) -> list[Any]:
        """What is there, in the order of the pattern."""
        return [entry for row in self._rows for entry in row.values()]

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, i: Any) -> Any:
        row = self._rows[i]
        return [row.get(column, self._zero) for column in range(self._width)]


def pattern_of(result: Any) -> Pattern | None:
    """Return the pattern of a structure that is a sparse matrix and nothing else."""
    return result.keys[0] if getattr(result, "kind", None) is SparseRows else None


def patterns(result: Any) -> list[Pattern]:
    """Return the patterns of all sparse matrices in a structure."""
    own = pattern_of(result)
    return [own] if own else [pattern for part in getattr(result, "parts", ()) for pattern in patterns(part)]


register(
    SparseRows,
    lambda rows: rows.entries,
    lambda *parts: parts[-1].matrix(parts[:-1]),
    static=lambda rows: rows.pattern,
)
