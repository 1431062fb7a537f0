"""Where the rows of an operand are: in which named blocks, one after the other.

For targets that name whole arrays, where the NumPy back end has one array for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ..program import Program
from ..vectorise import Call, Rows, VectorProgram

FEW_RUNS = 6  # an operand in more pieces is one selection out of all its blocks


class Run(NamedTuple):
    """Rows of one block, or constants where ``block`` is None."""

    block: str | None
    rows: tuple[int, ...]
    numbers: tuple[float, ...] = ()

    @property
    def is_even(self) -> bool:
        """Whether the rows are evenly apart, going up."""
        step = self.rows[1] - self.rows[0] if len(self.rows) > 1 else 1
        return step > 0 and all(b - a == step for a, b in zip(self.rows, self.rows[1:]))


class Blocks:
    """Named blocks of rows.

    >>> blocks = Blocks({7: 1.0})
    >>> blocks.add("x", [0, 1, 2])
    >>> blocks.runs([1, 2, 7])
    [Run(block='x', rows=(1, 2), numbers=()), Run(block=None, rows=(0,), numbers=(1.0,))]
    """

    def __init__(self, constants: Mapping[int, float]):
        self.constants = constants
        self.sizes: dict[str, int] = {}
        self._slots: dict[str, Sequence[int]] = {}
        self._places: dict[int, tuple[str, int]] = {}

    def add(self, name: str, slots: Sequence[int]) -> None:
        """Name the rows that are there now."""
        self.sizes[name], self._slots[name] = len(slots), slots
        for row, slot in enumerate(slots):
            self._places[slot] = (name, row)

    def runs(self, slots: Iterable[int]) -> list[Run]:
        """Return the rows, in order, as pieces of blocks."""
        pieces: list[tuple[str | None, list[int], list[float]]] = []
        for slot in slots:
            block, row = self._places.get(slot, (None, 0))
            if not pieces or pieces[-1][0] != block:
                pieces.append((block, [], []))
            pieces[-1][1].append(row)
            if block is None:
                pieces[-1][2].append(self.constants[slot])
        return [Run(block, tuple(rows), tuple(numbers)) for block, rows, numbers in pieces]

    def frame(self, grid: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
        """Return the matrix a block is cut into, of which ``grid`` are some columns; ``grid`` itself if there is none.

        >>> blocks = Blocks({})
        >>> blocks.add("w", range(6))
        >>> blocks.frame([(1, 2), (4, 5)])
        [(0, 1, 2), (3, 4, 5)]
        """
        places = [[self._places.get(slot, (None, 0)) for slot in row] for row in grid]
        block, first = places[0][0]
        width = places[1][0][1] - first if len(grid) > 1 else 0
        even = [[(block, first + i * width + j) for j in range(len(grid[0]))] for i in range(len(grid))]
        if block is None or width <= len(grid[0]) or places != even:
            return list(grid)
        start = first - first % width
        if first - start + len(grid[0]) > width or start + len(grid) * width > self.sizes[block]:
            return list(grid)
        slots = self._slots[block]
        rows = [slots[start + i * width : start + (i + 1) * width] for i in range(len(grid))]
        return [tuple(row) for row in rows]

    def selection(self, runs: Sequence[Run]) -> tuple[list[Run], list[int]]:
        """Return each block once, whole, and where the rows are in all of them together; for many runs."""
        starts: dict[Run, int] = {}
        at, size = [], 0
        for run in runs:
            whole = run if run.block is None else Run(run.block, tuple(range(self.sizes[run.block])))
            if whole not in starts:
                starts[whole] = size
                size += len(whole.rows)
            rows = range(len(run.rows)) if run.block is None else run.rows
            at += [starts[whole] + row for row in rows]
        return list(starts), at


class Part(NamedTuple):
    """Rows ``i:i + r`` and columns ``j:j + n`` of a named matrix of ``shape``, transposed or not."""

    matrix: str
    shape: tuple[int, int]
    i: int
    r: int
    j: int
    n: int
    is_transposed: bool


class Matrices:
    """Named matrices of slots, to be found again in part or transposed: the weights on the way back.

    >>> matrices = Matrices()
    >>> matrices.add("W", [(0, 1, 2), (3, 4, 5)])
    >>> matrices.find([(1, 4), (2, 5)])
    Part(matrix='W', shape=(2, 3), i=0, r=2, j=1, n=2, is_transposed=True)
    """

    def __init__(self) -> None:
        self._known: list[tuple[str, list[tuple[int, ...]]]] = []

    def add(self, name: str, grid: Sequence[tuple[int, ...]]) -> None:
        """Name a matrix."""
        self._known.append((name, list(grid)))

    def find(self, grid: Sequence[tuple[int, ...]]) -> Part | None:
        """Return where the grid is, None if it is in no known matrix."""
        for name, known in self._known:
            for part, is_transposed in ((list(grid), False), (list(zip(*grid)), True)):
                r, n = len(part), len(part[0])
                for i, row in enumerate(known):
                    if part[0][0] in row:
                        j = row.index(part[0][0])
                        if [other[j : j + n] for other in known[i : i + r]] == part:
                            return Part(name, (len(known), len(row)), i, r, j, n, is_transposed)
        return None


def is_bias(call: Call, vectors: VectorProgram) -> bool:
    """Tell whether the last pair of every dot of a product is a weight times 1."""
    ones = call.rows[1].slots[-call.shape[1] :]
    return call.length > 1 and all(vectors.constants.get(i) == 1.0 for i in ones)


def forward_first(vectors: VectorProgram, n_values: int) -> tuple[list[Call], list[Call]]:
    """Return the calls that the first ``n_values`` outputs depend on, and the others: value, then gradient."""
    program: Program = vectors.program
    needed = set(program.outputs[:n_values])
    forward, others = [], []
    for call in reversed(vectors.calls):
        if needed.isdisjoint(call.out.slots):
            others.append(call)
        else:
            forward.append(call)
            for operand in call.operands:
                if isinstance(operand, Rows):
                    needed.update(operand.slots)
    return forward[::-1], others[::-1]
