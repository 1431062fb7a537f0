"""From scalars to vectors: equal operations of one level become one, grids of dot products become matrix products.

``vectorise`` groups the instructions of a program into calls on *blocks*. A block is the rows that one
call computes: an array (rows, samples) if they are batched, else (rows,). Three kinds of calls:

- ``map``: one operation on every row;
- ``fold``: a sum, mean, logsumexp or dot over n operands, for every row;
- ``product``: a grid of dots. If every left tuple of R meets every right tuple of C, the R·C dots of length
  n are the matrix product (R, n) · (n, C). Neurons that share inputs, the positions of a convolution, the
  gates of a recurrent step and the gradients of all their weights are such grids; nothing here knows them.

Operations of one level (the longest path from the inputs) never depend on each other, so a group can
run as one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from .. import ops
from ..ops import Operation
from .array_functions import writes
from .gather import gather_sums
from .passes import expand, fuse
from .program import REDUCING, Program, batch_dot

DOT, SUM = ops.TABLE["dot"], ops.TABLE["sum"]
SMALL_GRID = 2  # grids with fewer dots are not worth a matrix product, if there are several

FEW = 8  # so few operands of a sum or dot are added one by one, as they need not stand together
FEW_CLUSTERS = 4


@dataclass(frozen=True, slots=True)
class Rows:
    """An operand: these slots, in this order, as a block of its own."""

    slots: tuple[int, ...]
    batched: bool


Operand = Rows | float  # a float is the same constant in every row


@dataclass(slots=True)
class Call:
    """One vector operation: ``out`` rows from operands, each ``Rows`` or a number.

    ``kind`` "map": operand i has one row per row of ``out``, or a single one for all. "fold": the operand
    (of a dot, both) has ``length`` rows per row of ``out``, operand-major (length, rows); a sum or dot of few
    may have its operands one by one instead, each with one row per row of ``out``. "product": the
    operands are the left tuples (R, length) and the right tuples, operand-major (length, C); for a
    ``batch_dot`` also (R, length) and (C, length), contracted over samples too; ``out`` is (R, C).
    """

    kind: Literal["map", "fold", "product"]
    op: Operation
    out: Rows
    operands: tuple[Operand, ...]
    length: int = 1
    shape: tuple[int, int] = (0, 0)

    def __str__(self) -> str:
        detail = {"map": f"{len(self.out.slots)} rows", "fold": f"{len(self.out.slots)} rows of {self.length}"}
        r, c = self.shape
        return f"{self.op.name}: {detail.get(self.kind, f'({r}, {self.length}) · ({self.length}, {c})')}"


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
        kinds = Counter("matrix products" if call.kind == "product" else call.op.name for call in self.calls)
        return f"{len(self.calls)} calls: {', '.join(f'{count} {name}' for name, count in kinds.most_common())}"


def vector_program(program: Program, own: Callable[[Operation], bool] = writes) -> VectorProgram:
    """Return what runs a program on whole arrays: all passes, one after the other.

    ``own`` tells which operations the target has forms of its own for: those of array namespaces, or others.

    >>> from autograd_lite import Value
    >>> x, y, a, b, c, d = (Value(1.0, name) for name in "xyabcd")
    >>> neurons = [(a * x + b * y).tanh(), (c * x + d * y).tanh()]
    >>> print(vector_program(Program.capture([x, y, a, b, c, d], neurons)))
    dot: (2, 2) · (2, 1)
    tanh: 2 rows
    """
    return vectorise(gather_sums(fuse(expand(program, own))))


def vectorise(program: Program) -> VectorProgram:
    """Group the instructions of a program."""
    return _Grouping(program).vector_program()


def levels(program: Program) -> list[int]:
    """Return for every slot the length of the longest path from an input."""
    level = [0] * len(program.names)
    for _, operands, _ in program.instructions:
        level.append(1 + max([level[i] for i in operands]) if operands else 0)
    return level


class _Grouping:
    def __init__(self, program: Program):
        self.program = program
        self.batched = program.batched_slots()
        n = len(program.names)
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
        level = levels(self.program)
        maps: dict[tuple[object, ...], list[int]] = defaultdict(list)
        dots: dict[tuple[object, ...], list[int]] = defaultdict(list)
        for slot, (op, operands, _) in enumerate(self.program.instructions, len(self.program.names)):
            if op is ops.constant:
                continue
            if op in (DOT, batch_dot):
                halves = self._kinds(operands) if op is DOT else None  # all of a batch_dot is batched
                dots[level[slot], op, len(operands), halves].append(slot)
            elif op.arity < 0:
                maps[level[slot], op, len(operands), self.batched[slot]].append(slot)
            else:
                kinds = [self.constants.get(i, "b" if self.batched[i] else "s") for i in operands]
                maps[level[slot], op, len(operands), self.batched[slot], repr(kinds)].append(slot)
        groups = [(level[slots[0]], False, slots) for slots in dots.values()]
        groups += [(level[slots[0]], True, slots) for slots in maps.values()]
        groups.sort(key=lambda group: group[:2])
        for _, is_map, slots in groups:
            if is_map:
                for cluster in self._clusters(slots):
                    self._map(cluster)
            else:
                self._products(slots)
        return VectorProgram(self.program, self.calls, self.constants)

    def _operands(self, slot: int) -> tuple[int, ...]:
        return self.program.instructions[slot - len(self.program.names)].operands

    def _op(self, slot: int) -> Operation:
        return self.program.instructions[slot - len(self.program.names)].op

    def _kinds(self, operands: Sequence[int]) -> tuple[bool, bool]:
        """Tell for the left and the right half of a dot whether it is batched."""
        n = len(operands) // 2
        return any(self.batched[i] for i in operands[:n]), any(self.batched[i] for i in operands[n:])

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
            places = [self.place[i] for i in self._operands(slot) if i not in self.constants]
            clusters[tuple([block for block, _ in places])].append(([row for _, row in places], slot))
        ordered = [[slot for _, slot in sorted(clusters[blocks])] for blocks in sorted(clusters)]
        return ordered if len(ordered) <= FEW_CLUSTERS else [[slot for cluster in ordered for slot in cluster]]

    def _map(self, slots: Sequence[int]) -> None:
        op, out = self._op(slots[0]), self._rows(slots, self.batched[slots[0]])
        columns = list(zip(*map(self._operands, slots)))
        if op.arity < 0:
            apart = op is SUM and len(columns) <= FEW
            folded = columns if apart else [[i for column in columns for i in column]]
            operands = [self._operand(column) if apart else self._rows(column, out.batched) for column in folded]
            self._call(Call("fold", op, out, tuple(operands), len(columns)))
        else:
            self._call(Call("map", op, out, tuple(map(self._operand, columns))))

    def _operand(self, column: Sequence[int]) -> Operand:
        if len(set(column)) > 1:
            return self._rows(column)
        return self.constants[column[0]] if column[0] in self.constants else self._rows(column[:1])

    def _products(self, slots: list[int]) -> None:
        """Cover the dots with grids: right tuples that meet the same left tuples stand in one grid."""
        op, operands = self._op(slots[0]), self._operands
        n = len(operands(slots[0])) // 2
        met: dict[tuple[int, ...], dict[tuple[int, ...], int]] = defaultdict(dict)
        for slot in slots:
            met[operands(slot)[n:]][operands(slot)[:n]] = slot
        grids: dict[frozenset[tuple[int, ...]], list[tuple[int, ...]]] = defaultdict(list)
        for right, lefts in met.items():
            grids[frozenset(lefts)].append(right)
        alone: list[int] = []
        for left_set, rights in grids.items():
            if len(left_set) * len(rights) < SMALL_GRID and len(slots) > 1 and op is DOT:
                alone += [slot for right in rights for slot in met[right].values()]
            else:
                self._product(op, n, sorted(left_set, key=self._where), sorted(rights, key=self._where), met)
        for cluster in self._clusters(alone) if alone else []:
            columns = list(zip(*map(operands, cluster)))
            out = self._rows(cluster, self.batched[cluster[0]])
            if n > FEW // 2:
                halves = [[i for column in half for i in column] for half in (columns[:n], columns[n:])]
                self._call(Call("fold", op, out, tuple(map(self._rows, halves)), n))
            else:
                self._call(Call("fold", op, out, tuple(map(self._operand, columns)), n))

    def _where(self, operands: Sequence[int]) -> list[tuple[int, int]]:
        """Sort key of a tuple: where its rows are; constants last, as they follow the block they extend."""
        return [(self.n_blocks, 0) if i in self.constants else self.place[i] for i in operands]

    def _product(
        self,
        op: Operation,
        n: int,
        lefts: list[tuple[int, ...]],
        rights: list[tuple[int, ...]],
        met: dict[tuple[int, ...], dict[tuple[int, ...], int]],
    ) -> None:
        out = [met[right][left] for left in lefts for right in rights]
        left = self._rows([i for each in lefts for i in each])
        if op in REDUCING:
            right = self._rows([i for each in rights for i in each], True)
        else:
            right = self._rows([each[j] for j in range(n) for each in rights])
        shape = len(lefts), len(rights)
        self._call(Call("product", op, self._rows(out, self.batched[out[0]]), (left, right), n, shape))
