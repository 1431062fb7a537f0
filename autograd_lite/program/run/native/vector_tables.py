"""The calls of a vector program as kernels, each with its table of where things lie (see ``vector_kernels``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from .... import ops
from ...vectorise import Call, Rows, VectorProgram
from .jit import many_registers
from .straight_line_text import after_reduction
from .vector_kernels import Kernel
from .vector_layout import Layout

Array = Any


class Step(NamedTuple):
    """One kernel run on one table."""

    kernel: Kernel
    table: Array


class Steps:
    """The steps of a program before the loop over blocks of samples, within it, and after it."""

    def __init__(self, vectors: VectorProgram, lanes: int, scalar: str):
        self.layout, self.lanes, self.scalar = Layout(vectors, lanes), lanes, scalar
        self.before: list[Step] = []
        self.within: list[Step] = []
        self.after: list[Step] = []
        late = after_reduction(vectors.program)
        for call in vectors.calls:
            slot = call.out.slots[0]
            is_within = lanes == 1 or call.out.batched or any(self._kind(rows) == "b" for rows in call.rows)
            rest = self.after if late[slot] else self.before
            self._steps = self.within if is_within else rest
            getattr(self, f"_{call.kind}")(call)

    def _kind(self, rows: Rows) -> str:
        return self.layout.kind(rows)

    def _add(self, kind: str, out: str, table: Sequence[Any], **what: Any) -> None:
        """Add a step; its table is written as parts, numbers and arrays."""
        kernel = Kernel(kind, self.lanes if out == "b" else 1, self.scalar, **what)
        self._steps.append(Step(kernel, np.concatenate([np.ravel(part) for part in table]).astype(np.int32)))

    # ------------------------------------------------------------ rows by themselves

    def _map(self, call: Call) -> None:
        kinds, columns = [], [self.layout.places(call.out)]
        for operand in call.operands:
            if isinstance(operand, Rows):
                kinds.append(self._kind(operand))
                columns.append(self.layout.places(operand))
            else:
                kinds.append("s")
                columns.append(np.array([self.layout.constant(operand)]))
        rows = len(call.out.slots)
        table = np.stack([np.broadcast_to(column, rows) for column in columns], axis=1)
        self._add("map", self._kind(call.out), [rows, table], op=call.op, operands="".join(kinds))

    _broadcast = _added = _map

    def _batch_sum(self, call: Call) -> None:
        (operand,) = call.operands
        rows, out = len(call.out.slots), self.layout.places(call.out)
        if isinstance(operand, Rows) and self._kind(operand) == "b":
            table = np.stack([out, np.broadcast_to(self.layout.places(operand), rows)], axis=1)
            self._add("batch_sum", "b", [rows, table])
        else:  # the same number for every sample: their count stands at 0
            x = self.layout.places(operand) if isinstance(operand, Rows) else self.layout.constant(operand)
            table = np.stack([out, np.broadcast_to(x, rows), np.zeros(rows)], axis=1)
            self._add("map", "s", [rows, table], op=ops.mul, operands="ss")

    def _fold(self, call: Call) -> None:
        rows, kinds = len(call.out.slots), "".join(map(self._kind, call.rows))
        terms = [self.layout.places(operand).reshape(call.length, rows).T for operand in call.rows]
        table = np.concatenate(
            [self.layout.places(call.out)[:, None], np.stack(terms, axis=2).reshape(rows, -1)], axis=1
        )
        self._add("fold", self._kind(call.out), [rows, call.length, table], op=call.op, operands=kinds)

    # ------------------------------------------------------------ products

    def _product(self, call: Call) -> None:
        (left, right), (r, c), n = call.rows, call.shape, call.length
        kinds = self._kind(left) + self._kind(right)
        out = self.layout.places(call.out).reshape(r, c)
        a, b = self.layout.places(left).reshape(r, n), self.layout.places(right).reshape(n, c)
        if kinds == "bs":
            kinds, a, b, out = "sb", b.T, a.T, out.T
        if kinds == "sb":
            self._shared_by_rows(a, b, out)
        else:
            self._by_tables("product_of_rows", self._kind(call.out), kinds, a, b, out)

    def _batch_product(self, call: Call) -> None:
        (left, right), (r, c), n = call.rows, call.shape, call.length
        out = self.layout.places(call.out).reshape(r, c)
        a, b = self.layout.places(left).reshape(r, n), self.layout.places(right).reshape(c, n).T
        kind = "batch_product" if self.lanes > 1 else "product_of_rows"
        self._by_tables(kind, self._kind(left), self._kind(left) + self._kind(right), a, b, out)

    def _shared_by_rows(self, a: Array, b: Array, out: Array) -> None:
        n = a.shape[1]
        if not _is_even(a):
            a = self._copied(a)
        for down, across, tile in _tiles(*out.shape):
            x, y, z = a[down], b[:, across], out[down, across]
            steps = (int(x[1, 0] - x[0, 0]) if len(x) > 1 else 0, int(x[0, 1] - x[0, 0]) if n > 1 else 0)
            head = [len(x) // tile[0], y.shape[1] // tile[1], n, x[0, 0], *steps]
            self._add("product", "b", [*head, _across(y, tile), _tiled(z, tile)], tile=tile)

    def _copied(self, places: Array) -> Array:
        """Add a step that copies numbers to where they lie evenly."""
        start = self.layout.room(places.size)
        table = np.stack([np.arange(start, start + places.size), places.ravel()], axis=1)
        self._add("map", "s", [len(table), table], op=ops.TABLE["identity"], operands="s")
        return table[:, 0].reshape(places.shape)

    def _by_tables(self, kind: str, lanes: str, kinds: str, a: Array, b: Array, out: Array) -> None:
        for down, across, tile in _tiles(*out.shape):
            x, y, z = a[down], b[:, across], out[down, across]
            head = [len(x) // tile[0], y.shape[1] // tile[1], a.shape[1]]
            table = [*head, _across(x.T, tile[::-1]), _across(y, tile), _tiled(z, tile)]
            self._add(kind, lanes, table, operands=kinds, tile=tile)


def _is_even(places: Array) -> bool:
    """Tell whether places rise by one step from row to row and by one from column to column."""
    return all(np.ptp(np.diff(places, axis=axis)) == 0 for axis in (0, 1) if places.shape[axis] > 1)


def _tiles(rows: int, columns: int) -> Iterator[tuple[slice, slice, tuple[int, int]]]:
    """Yield parts of a matrix, each of tiles of one size, whose sums the registers of this processor hold.

    >>> [(down.stop - down.start, across.stop - across.start, tile) for down, across, tile in _tiles(2, 3)]
    [(2, 2, (2, 2)), (2, 1, (2, 1))]
    """
    one, two = ((8, 4, 2, 1), (4, 2, 1)) if many_registers() else ((4, 2, 1), (2, 1))
    for across, width in _cut(columns, (2, 1) if rows > 1 else one):
        for down, height in _cut(rows, two if width > 1 else one):
            yield down, across, (height, width)


def _cut(size: int, widths: Sequence[int]) -> Iterator[tuple[slice, int]]:
    start = 0
    for width in widths:
        end = start + (size - start) // width * width
        if end > start:
            yield slice(start, end), width
        start = end


def _across(rows: Array, tile: tuple[int, int]) -> Array:
    """Return (length, columns) by tiles: those of one tile together."""
    n, columns = rows.shape
    return rows.reshape(n, columns // tile[1], tile[1]).transpose(1, 0, 2)


def _tiled(out: Array, tile: tuple[int, int]) -> Array:
    """Return a matrix by tiles, column of tiles by column, each row by row."""
    r, c = out.shape
    return out.reshape(r // tile[0], tile[0], c // tile[1], tile[1]).transpose(2, 0, 1, 3)
