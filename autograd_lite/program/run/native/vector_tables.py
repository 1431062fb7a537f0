"""The calls of a vector program as kernels, each with its table of where things lie (see ``vector_kernels``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from .... import ops
from ...vectorise import Call, Rows, VectorProgram
from .jit import many_registers, native_lanes
from .straight_line_text import after_reduction
from .vector_kernels import Kernel
from .vector_layout import Layout, side_by_side

Array = Any


class Step(NamedTuple):
    """One kernel run on one table."""

    kernel: Kernel
    table: Array


class Steps:
    """The steps of a program before the loop over blocks of samples, within it, and after it.

    Calls that stand side by side share steps: what one kernel does for several of them is one table.
    """

    def __init__(self, vectors: VectorProgram, lanes: int, scalar: str):
        self.layout, self.lanes, self.scalar = Layout(vectors, lanes), lanes, scalar
        self.before: list[Step] = []
        self.within: list[Step] = []
        self.after: list[Step] = []
        late = after_reduction(vectors.program)
        for calls in side_by_side(vectors.calls):
            self._waiting: dict[tuple[str, Kernel, tuple[int, ...]], list[Array]] = {}
            for call in calls:
                self._part = "within" if self._is_within(call) else "after" if late[call.out.slots[0]] else "before"
                getattr(self, f"_{call.kind}")(call)
            for (part, kernel, head), rows in self._waiting.items():
                self._step(part, kernel, head, np.concatenate(rows))

    def _is_within(self, call: Call) -> bool:
        return self.lanes == 1 or call.out.batched or any(self._kind(rows) == "b" for rows in call.rows)

    def _kind(self, rows: Rows) -> str:
        return self.layout.kind(rows)

    def _add(self, kernel: Kernel, head: tuple[int, ...], rows: Array) -> None:
        """Let rows of a table wait for others of this kernel."""
        self._waiting.setdefault((self._part, kernel, head), []).append(rows)

    def _step(self, part: str, kernel: Kernel, head: tuple[int, ...], rows: Array) -> None:
        table = np.concatenate([[len(rows), *head], rows.ravel()]).astype(np.int32)
        getattr(self, part).append(Step(kernel, table))

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
        self._by_rows(Kernel("map", 1, self.scalar, call.op, "".join(kinds)), self._kind(call.out), (), table)

    _broadcast = _added = _map

    def _batch_sum(self, call: Call) -> None:
        (operand,) = call.operands
        rows, out = len(call.out.slots), self.layout.places(call.out)
        if isinstance(operand, Rows) and self._kind(operand) == "b":
            table = np.stack([out, np.broadcast_to(self.layout.places(operand), rows)], axis=1)
            self._add(Kernel("batch_sum", self.lanes, self.scalar), (), table)
        else:  # the same number for every sample: their count stands at 0
            x = self.layout.places(operand) if isinstance(operand, Rows) else self.layout.constant(operand)
            table = np.stack([out, np.broadcast_to(x, rows), np.zeros(rows)], axis=1)
            self._by_rows(Kernel("map", 1, self.scalar, ops.mul, "ss"), "s", (), table)

    def _fold(self, call: Call) -> None:
        rows, kinds = len(call.out.slots), "".join(map(self._kind, call.rows))
        terms = [self.layout.places(operand).reshape(call.length, rows).T for operand in call.rows]
        out = self.layout.places(call.out)[:, None]
        table = np.concatenate([out, np.stack(terms, axis=2).reshape(rows, -1)], axis=1)
        kernel = Kernel("fold", 1, self.scalar, call.op, kinds)
        self._by_rows(kernel, self._kind(call.out), (call.length,), table)

    def _by_rows(self, kernel: Kernel, out: str, head: tuple[int, ...], table: Array) -> None:
        """Add the rows of a map or a fold."""
        for one, rows in self._in_lanes(kernel, table) if out == "s" else [(kernel._replace(lanes=self.lanes), table)]:
            self._add(one, head, rows)

    def _in_lanes(self, kernel: Kernel, table: Array) -> Iterator[tuple[Kernel, Array]]:
        """Yield what computes numbers: as many in the lanes as lie one after the other."""
        for lanes in widths(self.scalar):
            table, taken = _in_lanes(table, lanes, len(kernel.operands))
            for kinds, rows in taken.items():
                yield kernel._replace(lanes=lanes, operands=kinds), rows
        if len(table):
            yield kernel, table

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
        elif kinds == "ss":
            self._of_numbers(a, b, out)
        else:
            self._by_tables(Kernel("product_of_rows", self.lanes, self.scalar, operands=kinds), a, b, out)

    def _batch_product(self, call: Call) -> None:
        (left, right), (r, c), n = call.rows, call.shape, call.length
        out = self.layout.places(call.out).reshape(r, c)
        a, b = self.layout.places(left).reshape(r, n), self.layout.places(right).reshape(c, n).T
        if self.lanes == 1:
            self._of_numbers(a, b, out)
        else:
            kinds, lanes = self._kind(left) + self._kind(right), min(self.lanes, widths(self.scalar)[0])
            kernel = Kernel("batch_product", lanes, self.scalar, operands=kinds, parts=self.lanes // lanes)
            self._by_tables(kernel, a, b, out)

    def _shared_by_rows(self, a: Array, b: Array, out: Array) -> None:
        n = a.shape[1]
        if not _is_even(a):
            a = self._copied(a)
        for down, across, tile in _tiles(out.shape, _heights(wide=True)):
            x, y, z = a[down], b[:, across], out[down, across]
            steps = (int(x[1, 0] - x[0, 0]) if len(x) > 1 else 0, int(x[0, 1] - x[0, 0]) if n > 1 else 0)
            head = (len(x) // tile[0], y.shape[1] // tile[1], n, *steps)
            body = _row(x[0, 0], _across(y, tile), _tiled(z, tile))
            self._add(Kernel("product", self.lanes, self.scalar, tile=tile), head, body)

    def _copied(self, places: Array) -> Array:
        """Add steps that copy numbers to where they lie evenly: at once, before those that wait.

        What a loop over samples reads does not change in it, and is copied before.
        """
        start = self.layout.room(places.size)
        table = np.stack([np.arange(start, start + places.size), places.ravel()], axis=1)
        part = "before" if self._part == "within" and self.lanes > 1 else self._part
        for kernel, rows in self._in_lanes(Kernel("map", 1, self.scalar, ops.TABLE["identity"], "s"), table):
            self._step(part, kernel, (), rows)
        return table[:, 0].reshape(places.shape)

    def _of_numbers(self, a: Array, b: Array, out: Array) -> None:
        """Add the steps of a product of shared numbers: neighbours of a row of the result in the lanes."""
        if _neighbours(out.T) and len(out) > out.shape[1]:
            a, b, out = b.T, a.T, out.T
        for lanes in widths(self.scalar) if _neighbours(out) and len(out) >= WORTH_COPYING else ():
            columns = out.shape[1] // lanes * lanes
            if columns:
                right = b[:, :columns] if _neighbours(b[:, :columns]) else self._copied(b[:, :columns])
                kernel = Kernel("product_of_rows", lanes, self.scalar, operands="sv")
                self._by_tables(kernel, a, right[:, ::lanes], out[:, :columns:lanes])
                b, out = b[:, columns:], out[:, columns:]
        if out.size:
            self._by_tables(Kernel("product_of_rows", 1, self.scalar, operands="ss"), a, b, out)

    def _by_tables(self, kernel: Kernel, a: Array, b: Array, out: Array) -> None:
        wide = kernel.lanes > widths(self.scalar)[0]
        for down, across, tile in _tiles(out.shape, _heights(wide=wide, over_samples=kernel.kind == "batch_product")):
            x, y, z = a[down], b[:, across], out[down, across]
            head = (len(x) // tile[0], y.shape[1] // tile[1], a.shape[1])
            rows = _row(_across(x.T, tile[::-1]), _across(y, tile), _tiled(z, tile))
            self._add(kernel._replace(tile=tile), head, rows)


WORTH_COPYING = 4  # rows that meet a matrix, from which on it is worth to put its columns side by side


def widths(scalar: str) -> tuple[int, ...]:
    """Return how many numbers of a kind may stand in the lanes: what a register holds, and half of it."""
    register = native_lanes() * (1 if scalar == "double" else 2)
    return (register, register // 2) if register > 2 else (register,)


def _neighbours(places: Array) -> bool:
    """Tell whether in every row each place follows the one before."""
    return bool((np.diff(places, axis=1) == 1).all())


def _in_lanes(table: Array, lanes: int, operands: int) -> tuple[Array, dict[str, Array]]:
    """Take from the rows of a table those of which as many as there are lanes can be one, by the kinds of operands.

    What is taken are the first rows of such groups: results lie one after the other, and so do operands, or they are
    the same number.

        >>> rest, taken = _in_lanes(np.array([[8, 1, 5], [9, 2, 5], [20, 0, 0]]), 2, 2)
        >>> rest.tolist(), {kinds: rows.tolist() for kinds, rows in taken.items()}
        ([[20, 0, 0]], {'vs': [[8, 1, 5]]})
    """
    whole = len(table) // lanes * lanes
    groups = table[:whole].reshape(-1, lanes, table.shape[1])
    steps = np.diff(groups, axis=1)
    follow, stay = (steps == 1).all(axis=1), (steps == 0).all(axis=1)
    kinds = np.zeros(len(groups), int)  # bit j: operand j is a number; −1: no group
    fits = follow[:, 0]
    for j in range(operands):
        vector, number = follow[:, 1 + j :: operands].all(axis=1), stay[:, 1 + j :: operands].all(axis=1)
        fits &= vector | number
        kinds += number * 2**j
    fits &= kinds < 2**operands - 1  # the result of numbers alone is a number
    named = {k: "".join("s" if k >> j & 1 else "v" for j in range(operands)) for k in set(kinds[fits].tolist())}
    taken = {name: groups[fits & (kinds == k), 0] for k, name in sorted(named.items())}
    rest = np.concatenate([groups[~fits].reshape(-1, table.shape[1]), table[whole:]])
    return rest, taken


def _row(*parts: Any) -> Array:
    """Return numbers and arrays as one row of a table."""
    return np.concatenate([np.ravel(part) for part in parts])[None]


def _is_even(places: Array) -> bool:
    """Tell whether places rise by one step from row to row and by one from column to column."""
    return all(np.ptp(np.diff(places, axis=axis)) == 0 for axis in (0, 1) if places.shape[axis] > 1)


# Tiles whose sums, with a row of operands, the registers hold: for each width the heights, the largest first.
Tiles = dict[int, tuple[int, ...]]
_OF_TWO_REGISTERS: Tiles = {2: (2, 1), 1: (4, 2, 1)}  # each sum, of 16 registers
_OF_ONE: Tiles = {2: (4, 2, 1), 1: (8, 4, 2, 1)}


def _heights(*, wide: bool, over_samples: bool = False) -> Tiles:
    """Return the tiles for this processor; ``wide`` are rows of two registers.

    Products ``over_samples`` read both factors by tables, so that a tile nearer to a square reads less.
    """
    if over_samples:
        return {4 if many_registers() else 3: (4, 2, 1), **_OF_ONE}
    return _OF_TWO_REGISTERS if wide and not many_registers() else _OF_ONE


def _tiles(shape: tuple[int, ...], heights: Tiles) -> Iterator[tuple[slice, slice, tuple[int, int]]]:
    """Yield parts of a matrix, each of tiles of one size.

    >>> [(down.stop - down.start, across.stop - across.start, tile) for down, across, tile in _tiles((2, 3), _OF_ONE)]
    [(2, 2, (2, 2)), (2, 1, (2, 1))]
    """
    rows, columns = shape
    for across, width in _cut(columns, tuple(heights) if rows > 1 else heights[1]):
        for down, height in _cut(rows, heights[width] if rows > 1 else (1,)):
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
