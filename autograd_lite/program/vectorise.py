"""From scalars to vectors: equal operations of one level become one, grids of dot products become matrix products.

``vectorise`` groups the instructions of a program into calls on *blocks*. A block is the rows that one
call computes: an array (rows, samples) if they are batched, else (rows,). A call says of what kind it is
(see ``Call``): one operation on every row, a sum over operands, or a grid of dots. If every left tuple of R meets
every right tuple of C, the R·C dots of length n are the matrix product (R, n) · (n, C). Neurons that share inputs,
the positions of a convolution, the gates of a recurrent step and the gradients of all their weights are such grids;
nothing here knows them.

Operations of one level (the longest path from the inputs) never depend on each other, so a group can
run as one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal, TypeVar

import numpy as np

from .. import ops
from ..ops import Operation
from .array_functions import writes
from .collector import collector_paused
from .gather import gather_sums
from .passes import DOT, SUM, expand, fuse
from .program import Program, at, batch_dot, batch_scatter, batch_sum, broadcast, scatter, scattered

SMALL_GRID = 2  # grids with fewer dots are not worth a matrix product, if there are several

FEW = 8  # so few operands of a sum or dot are added one by one, as they need not stand together
FEW_CLUSTERS = 4


@dataclass(frozen=True, slots=True)
class Rows:
    """An operand: these slots, in this order, as a block of its own."""

    slots: tuple[int, ...]
    batched: bool


Operand = Rows | float  # a float is the same constant in every row
X = TypeVar("X")
Slots = tuple[int, ...]
Grid = tuple[list[Slots], list[Slots], dict[Slots, dict[Slots, int]]]  # lefts, rights; right, left -> their slot
Kind = Literal["map", "broadcast", "batch_sum", "added", "fold", "product", "batch_product", "take", "scatter"]


def is_batched(operand: Operand) -> bool:
    """Tell whether an operand holds one number per sample."""
    return isinstance(operand, Rows) and operand.batched


@dataclass(slots=True)
class Call:
    """One vector operation: ``out`` rows from operands, each ``Rows`` or a number; a target has a method per kind.

    - "map": ``op`` on every row; an operand has one row per row of ``out``, or a single one for all.
    - "broadcast", "batch_sum": from one number for all samples to each of them, and from each to their sum; like "map".
    - "added": a sum of few ``terms``, or of the products of few ``pairs``, one after the other; operands as of "map".
    - "fold": a sum, mean, logsumexp or dot of ``rows`` (a dot has two): (length, rows of ``out``), operand-major.
    - "product": the matrix product (R, length) · (length, C) of two ``rows``; ``shape``, that of ``out``, is (R, C).
    - "batch_product": (R, length) · (C, length) of two ``rows``, summed over the samples too.
    - "take": of R indices and a table (length, C), the rows of the table, as ``shape`` (C, R).
    - "scatter": of ``length`` whole numbers and rows (C, length), for each of the ``places`` the sum of the rows whose
      number it is, as ``shape`` (places, C); over the samples too, if ``op`` is ``batch_scatter``.

    Only targets with a form of their own for ``choose`` and ``scatter`` are asked for these two.
    """

    kind: Kind
    op: Operation
    out: Rows
    operands: tuple[Operand, ...]
    length: int = 1
    shape: tuple[int, int] = (0, 0)
    places: tuple[int, ...] = ()

    @property
    def rows(self) -> tuple[Rows, ...]:
        """The operands of a fold or a product: none of them is a number."""
        return tuple([rows for rows in self.operands if isinstance(rows, Rows)])

    @property
    def is_product(self) -> bool:
        return self.kind in ("product", "batch_product")

    def pairs(self, operands: Sequence[X]) -> list[tuple[X, X]]:
        """Return the factors of each product of a dot, out of its operands as a target has written them."""
        return list(zip(operands[: self.length], operands[self.length :]))

    def __str__(self) -> str:
        if self.is_product:
            return f"{self.op.name}: ({self.shape[0]}, {self.length}) · ({self.length}, {self.shape[1]})"
        each = f" of {self.length}" if self.kind in ("added", "fold") else ""
        return f"{self.op.name}: {len(self.out.slots)} rows{each}"


SCATTERS = (scatter, batch_scatter)
OWN_KINDS: dict[Operation, Kind] = {broadcast: "broadcast", batch_sum: "batch_sum"}


@dataclass(slots=True)
class VectorProgram:
    """Calls in order; ``constants`` are the numbers that stand among the rows of some operand."""

    program: Program
    calls: list[Call]
    constants: dict[int, float] = field(default_factory=dict)

    def __str__(self) -> str:
        return "\n".join(map(str, self.calls))

    def counted(self) -> str:
        """Return how many calls there are, and of what, the most frequent first."""
        kinds = Counter("matrix products" if call.is_product else call.op.name for call in self.calls)
        return f"{len(self.calls)} calls: {', '.join(f'{count} {name}' for name, count in kinds.most_common())}"


@collector_paused()
def vector_program(
    program: Program, own: Callable[[Operation], bool] = writes, *, small_grid: int = SMALL_GRID
) -> VectorProgram:
    """Return what runs a program on whole arrays: all passes, one after the other.

    ``own`` tells which operations the target has forms of its own for: those of array namespaces, or others;
    ``small_grid`` is as in ``vectorise``.

    >>> from autograd_lite import Value
    >>> x, y, a, b, c, d = (Value(1.0, name) for name in "xyabcd")
    >>> neurons = [(a * x + b * y).tanh(), (c * x + d * y).tanh()]
    >>> print(vector_program(Program.capture([x, y, a, b, c, d], neurons)))
    dot: (2, 2) · (2, 1)
    tanh: 2 rows
    """
    return vectorise(gather_sums(fuse(expand(program, own))), small_grid=small_grid)


def vectorise(program: Program, *, small_grid: int = SMALL_GRID) -> VectorProgram:
    """Group the instructions of a program.

    Of several grids of what is batched on both sides, those of fewer than ``small_grid`` dots are one call of dots: a
    target for which calls are dear asks for it.
    """
    return _Grouping(program, small_grid).vector_program()


def levels(program: Program) -> list[int]:
    """Return for every slot the length of the longest path from an input."""
    level = [0] * len(program.names)
    for _, operands, _ in program.instructions:
        level.append(1 + max(at(level, operands)) if operands else 0)
    return level


def latest_levels(program: Program) -> list[int]:
    """Return for every slot how late it can be computed: the lower, the longer the path to an output.

    Chains of several lengths that lead to one sum stand side by side at their ends, where by ``levels`` they begin so.
    """
    n = len(program.names)
    level = [0] * (n + len(program.instructions))
    for slot in range(len(level) - 1, n - 1, -1):
        before = level[slot] - 1
        for i in program.instructions[slot - n].operands:
            if level[i] > before:
                level[i] = before
    return level


class _Grouping:
    """Groups the instructions of one program: by level and operation, then by the blocks that they read.

    Of the six instructions of two neurons, tanh(dot(a, b, x, y)) and tanh(dot(c, d, x, y)), it makes two groups: the
    dots, in which (a, b) and (c, d) each meet (x, y), a grid and so one "product" with R = 2 and C = 1; and the tanhs,
    a "map" of two rows in the order in which the product left them. Each call's ``out`` is a new block, and ``place``
    tells later groups where every slot stands, so that what is read together is put together.
    """

    def __init__(self, program: Program, small_grid: int):
        self.program, self.small_grid = program, small_grid
        self.batched = program.batched_slots()
        n = len(program.names)
        self.ops = [*[None for _ in program.names], *[op for op, _, _ in program.instructions]]
        self.operands: list[Slots] = [*[() for _ in program.names], *[slots for _, slots, _ in program.instructions]]
        self.constants = {
            slot: number for slot, (op, _, number) in enumerate(program.instructions, n) if op is ops.constant
        }
        self.place: dict[int, tuple[int, int]] = {}  # slot -> (block, row), to keep neighbours together
        self.calls: list[Call] = []
        self.n_blocks = 0
        self._placed(range(n))
        self._placed(self.constants)

    def _placed(self, slots: Iterable[int]) -> None:
        for row, slot in enumerate(slots):
            self.place[slot] = (self.n_blocks, row)
        self.n_blocks += 1

    def vector_program(self) -> VectorProgram:
        signatures = {
            slot: self._signature(slot, op) for slot, op in enumerate(self.ops) if op not in (None, ops.constant)
        }
        soon, late = (self._groups(level(self.program), signatures) for level in (levels, latest_levels))
        for slots in min(soon, late, key=len):
            op = self._op(slots[0])
            if op in (DOT, batch_dot):
                self._products(slots)
            elif op is ops.choose:
                self._takes(slots)
            elif op in SCATTERS:
                self._scatters(slots)
            else:
                for cluster in self._clusters(slots):
                    self._map(cluster)
        return VectorProgram(self.program, self.calls, self.constants)

    def _groups(self, level: Sequence[int], signatures: Mapping[int, object]) -> list[list[int]]:
        """Return what may run as one, instructions of one kind and level, in order: as soon as operands are there."""
        groups: dict[tuple[int, object], list[int]] = defaultdict(list)
        for slot, signature in signatures.items():
            groups[level[slot], signature].append(slot)
        ready = np.zeros(len(level), int)
        merged: dict[tuple[int, object], list[int]] = defaultdict(list)
        for (_, signature), slots in sorted(groups.items(), key=lambda group: group[0][0]):
            operands = np.fromiter(chain.from_iterable([self.operands[slot] for slot in slots]), int)
            soonest = 1 + int(ready[operands].max(initial=0))
            ready[slots] = soonest
            merged[soonest, signature] += slots
        in_order = sorted(
            merged.values(), key=lambda slots: (ready[slots[0]], self._op(slots[0]) not in (DOT, batch_dot))
        )
        return [sorted(slots) for slots in in_order]

    def _signature(self, slot: int, op: Operation) -> tuple[object, ...]:
        """Return what instructions have in common that can be one call."""
        operands, batched = self.operands[slot], self.batched
        if op in (DOT, batch_dot):
            return op, len(operands), self._kinds(operands) if op is DOT else None  # all of a batch_dot is batched
        if op is ops.choose:  # the index, and what it chooses from
            return op, len(operands), batched[operands[0]], any(at(batched, operands[1:]))
        if op in SCATTERS:
            return op, batched[slot], scattered(operands)[1]
        if op.arity < 0:
            return op, len(operands), batched[slot]
        kinds = [self.constants.get(i, "b" if batched[i] else "s") for i in operands]
        return op, len(operands), batched[slot], repr(kinds)

    def _op(self, slot: int) -> Operation:
        op = self.ops[slot]
        assert op is not None  # of an input it is
        return op

    def _kinds(self, operands: Slots) -> tuple[bool, bool]:
        """Tell for the left and the right half of a dot whether it is batched."""
        n = len(operands) // 2
        return any(at(self.batched, operands[:n])), any(at(self.batched, operands[n:]))

    def _call(self, call: Call) -> None:
        self._placed(call.out.slots)
        self.calls.append(call)

    def _rows(self, slots: Sequence[int], batched: bool | None = None) -> Rows:
        return Rows(tuple(slots), any(self.batched[i] for i in slots) if batched is None else batched)

    def _clusters(self, slots: Sequence[int]) -> list[list[int]]:
        """Order the rows of a group like the rows they are computed from, so that blocks are used as they are.

        Rows from the same blocks stand together; a few such clusters are better calls of their own than
        operands gathered from several blocks.
        """
        clusters: dict[tuple[int, ...], list[tuple[list[int], int]]] = defaultdict(list)
        for slot in slots:
            places = [self.place[i] for i in self.operands[slot] if i not in self.constants]
            clusters[tuple([block for block, _ in places])].append(([row for _, row in places], slot))
        ordered = [[slot for _, slot in sorted(clusters[blocks])] for blocks in sorted(clusters)]
        return ordered if len(ordered) <= FEW_CLUSTERS else [[slot for cluster in ordered for slot in cluster]]

    def _map(self, slots: Sequence[int]) -> None:
        op, out = self._op(slots[0]), self._rows(slots, self.batched[slots[0]])
        columns = list(zip(*at(self.operands, tuple(slots))))
        if op.arity >= 0:
            self._call(Call(OWN_KINDS.get(op, "map"), op, out, tuple(map(self._operand, columns))))
        elif op is SUM and 1 < len(columns) <= FEW:
            self._call(Call("added", op, out, tuple(map(self._operand, columns)), len(columns)))
        else:
            rows = self._rows([i for column in columns for i in column], out.batched)
            self._call(Call("fold", op, out, (rows,), len(columns)))

    def _dots(self, slots: Sequence[int]) -> None:
        op, out = self._op(slots[0]), self._rows(slots, self.batched[slots[0]])
        columns = list(zip(*at(self.operands, tuple(slots))))
        n = len(columns) // 2
        if n <= FEW // 2:
            self._call(Call("added", op, out, tuple(map(self._operand, columns)), n))
        else:
            halves = [[i for column in half for i in column] for half in (columns[:n], columns[n:])]
            self._call(Call("fold", op, out, tuple(map(self._rows, halves)), n))

    def _operand(self, column: Sequence[int]) -> Operand:
        if len(set(column)) > 1:
            return self._rows(column)
        return self.constants[column[0]] if column[0] in self.constants else self._rows(column[:1])

    def _products(self, slots: list[int]) -> None:
        """Write a matrix product for each grid of dots, the others one by one."""
        op, n = self._op(slots[0]), len(self.operands[slots[0]]) // 2
        alone: list[int] = []
        grids = list(self._grids(slots, lambda operands: (operands[:n], operands[n:])))
        of_samples = len(grids) > 1 and all(self._kinds(self.operands[slots[0]]))
        small = self.small_grid if of_samples else SMALL_GRID
        for lefts, rights, met in grids:
            if len(lefts) * len(rights) < small and len(slots) > 1 and op is DOT:
                alone += [met[right][left] for right in rights for left in lefts]
            else:
                self._product(op, lefts, rights, [met[right][left] for left in lefts for right in rights])
        for cluster in self._clusters(alone) if alone else []:
            self._dots(cluster)

    def _grids(self, slots: Sequence[int], parts: Callable[[Slots], tuple[Slots, Slots]]) -> Iterator[Grid]:
        """Cover slots, whose operands have a left and a right part, with grids in which each left meets each right."""
        met: dict[Slots, dict[Slots, int]] = defaultdict(dict)
        for slot in slots:
            left, right = parts(self.operands[slot])
            met[right][left] = slot
        for lefts, rights in self._covering(met).items():
            yield sorted(lefts, key=self._where), sorted(rights, key=self._where), met

    def _covering(self, met: dict[Slots, dict[Slots, int]]) -> dict[frozenset[Slots], list[Slots]]:
        """Return the right parts by all that they meet; constants, as of biases, with each of the others that fit."""
        grids: dict[frozenset[Slots], list[Slots]] = defaultdict(list)
        for right in sorted(met, key=self._is_constant):
            lefts = frozenset(met[right])
            for known in list(grids) if self._is_constant(right) else ():
                if known <= lefts:
                    grids[known].append(right)
                    lefts -= known
            if lefts:
                grids[lefts].append(right)
        return grids

    def _is_constant(self, slots: Sequence[int]) -> bool:
        return all(i in self.constants for i in slots)

    def _takes(self, slots: list[int]) -> None:
        """Look up all columns of a table with all indices at once."""
        for indices, columns, met in self._grids(slots, lambda operands: (operands[:1], operands[1:])):
            out = self._rows([met[column][index] for column in columns for index in indices], self.batched[slots[0]])
            table = self._rows([i for row in zip(*columns) for i in row])
            index = self._rows([i for (i,) in indices])
            shape = len(columns), len(indices)
            self._call(Call("take", ops.choose, out, (index, table), len(columns[0]), shape))

    def _scatters(self, slots: list[int]) -> None:
        """Bring back to all columns of a table what was looked up with the same numbers."""
        op, (_, numbers, _) = self._op(slots[0]), scattered(self.operands[slots[0]])
        batched = any(self.batched[i] for i in self.operands[slots[0]])
        for places, columns, met in self._grids(slots, lambda operands: (operands[:1], scattered(operands)[2])):
            whole = {place: int(self.constants[place[0]]) for place in places}
            places.sort(key=whole.__getitem__)
            out = self._rows([met[column][place] for place in places for column in columns], self.batched[slots[0]])
            operands = self._rows(numbers, batched), self._rows([i for column in columns for i in column], batched)
            shape = len(places), len(columns)
            self._call(Call("scatter", op, out, operands, len(numbers), shape, tuple(map(whole.__getitem__, places))))

    def _where(self, operands: Sequence[int]) -> list[tuple[int, int]]:
        """Sort key of a tuple: where its rows are; constants last, as they follow the block they extend."""
        return [(self.n_blocks, 0) if i in self.constants else self.place[i] for i in operands]

    def _product(
        self, op: Operation, lefts: Sequence[tuple[int, ...]], rights: Sequence[tuple[int, ...]], out: Sequence[int]
    ) -> None:
        n, shape = len(lefts[0]), (len(lefts), len(rights))
        left = self._rows([i for each in lefts for i in each])
        rows = self._rows(out, self.batched[out[0]])
        if op is batch_dot:
            right = self._rows([i for each in rights for i in each], True)
            self._call(Call("batch_product", op, rows, (left, right), n, shape))
        else:
            right = self._rows([each[j] for j in range(n) for each in rights])
            self._call(Call("product", op, rows, (left, right), n, shape))
