"""Where the slots of a vector program lie in the two arrays that the NumPy back end keeps.

All batched rows live in one array (rows, samples), all shared rows in another (rows,). A block is a slice of them,
so what one call computes the next reads in place. The shared inputs are one flat vector, and so are the gradients
of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from ..array_functions import held
from ..vectorise import Call, Rows, VectorProgram
from .outputs import Place

Array = np.ndarray[Any, Any]
Block = tuple[int, ...]  # the slots of neighbouring rows


class Places:
    """Where every slot lies: a row of the batched or of the shared array.

    ``sizes`` are the numbers of inputs of each argument, the first inputs of the program; the others are
    parameters.

    >>> from autograd_lite import ops
    >>> from autograd_lite.program import Program
    >>> from autograd_lite.program.vectorise import vector_program
    >>> from autograd_lite.program.program import Instruction
    >>> tanh_of_product = (Instruction(ops.mul, (1, 0)), Instruction(ops.tanh, (2,)))
    >>> places = Places(vector_program(Program(("x", "w"), (True, False), tanh_of_product, (3,))), [1])
    >>> places.of([0, 1, 2, 3])  # batched?, row
    [(True, 0), (False, 0), (True, 1), (True, 2)]
    """

    def __init__(self, vectors: VectorProgram, sizes: Sequence[int]):
        program, calls = vectors.program, vectors.calls
        self.batched_slots, self.constants = program.batched_slots(), vectors.constants
        self.rows: dict[bool, dict[int, int]] = {True: {}, False: {}}
        self.fixed: dict[bool, dict[int, float]] = {True: {}, False: {}}  # rows that hold a constant
        self.size = {True: 0, False: 0}
        self._starts: dict[Block, int] = {}  # of blocks with constants right behind them
        ends = list(accumulate(sizes, initial=0))
        self.arguments = [tuple(range(a, b)) for a, b in pairwise(ends)]
        is_batched = any(program.batched)
        self.first_parameter = 0 if is_batched else ends[-1]
        self.n_parameters = len(program.names) - ends[-1]
        operands = [rows for call in calls for rows in call.operands if isinstance(rows, Rows)]
        self._place_batched(calls, self.arguments if is_batched else [], operands, program.outputs)
        inputs = tuple(range(ends[-1] if is_batched else 0, len(program.names)))
        self._place_shared(calls, inputs, program.outputs)
        self._place_constants(operands, program.outputs)

    # ------------------------------------------------------------ what is asked

    def of(self, slots: Sequence[int]) -> list[Place]:
        """Return where slots lie."""
        return [(self.batched_slots[i], self.rows[self.batched_slots[i]][i]) for i in slots]

    def positions(self, rows: Rows) -> Array:
        """Return where the rows of an operand lie, in the batched array or in the shared one."""
        start = self._starts.get(rows.slots) if rows.batched else None
        if start is not None:
            return np.arange(start, start + len(rows.slots))
        at = self.rows[rows.batched]
        return np.array([at[slot] for slot in rows.slots], np.intp)

    def shared_array(self, dtype: Any) -> tuple[Array, Array]:
        """Return an array for all that is shared, and the part of it that holds the parameters."""
        shared = np.zeros(self.size[False], dtype)
        self._fill(shared, batched=False)
        return shared, shared[self.first_parameter : self.first_parameter + self.n_parameters]

    def batched_array(self, samples: int, dtype: Any) -> Array:
        """Return an array for all that is batched."""
        array = np.zeros((self.size[True], samples), dtype)
        self._fill(array, batched=True)
        return array

    def _fill(self, array: Array, *, batched: bool) -> None:
        for row, number in self.fixed[batched].items():
            array[row] = held(number, np.finfo(array.dtype))

    # ------------------------------------------------------------ how they are placed

    def _place(self, batched: bool, slots: Sequence[int], start: int | None = None) -> None:
        """Put slots into rows from ``start`` on; None: behind all that are placed."""
        start = self.size[batched] if start is None else start
        for row, slot in enumerate(slots, start):
            self.rows[batched].setdefault(slot, row)
            if slot in self.constants:
                self.fixed[batched][row] = self.constants[slot]
        self.size[batched] = max(self.size[batched], start + len(slots))

    def _place_batched(
        self, calls: Sequence[Call], arguments: Sequence[Block], operands: Sequence[Rows], outputs: Sequence[int]
    ) -> None:
        """Place the batched blocks; rows that no later call reads are used again, which keeps them in the caches."""
        blocks = [*arguments, *(call.out.slots for call in calls if call.out.batched)]
        trailing = self._trailing(blocks, operands)
        home = {slot: block for block in blocks for slot in block}
        stay = {*arguments, *trailing, *(home[slot] for slot in outputs if slot in home)}
        dead = _last_read(calls, home)
        free: dict[int, list[int]] = defaultdict(list)  # where rows are free, by how many there are
        for block in arguments:
            self._place(True, block + trailing.get(block, ()))
        for i, call in enumerate(calls):
            if call.out.batched:
                block = call.out.slots
                again = free[len(block)] if block not in stay else []
                self._place(True, block + trailing.get(block, ()), again.pop() if again else None)
            for block in dead[i]:
                if block not in stay:
                    free[len(block)].append(self.rows[True][block[0]])
        self._starts = {block + constants: self.rows[True][block[0]] for block, constants in trailing.items()}

    def _trailing(self, blocks: Sequence[Block], operands: Sequence[Rows]) -> dict[Block, Block]:
        """Return for a block the constants that some operand wants right behind it: the 1 of a bias."""
        known = set(blocks)
        found: dict[Block, Block] = {}
        for rows in operands:
            k = len(rows.slots)
            while k and rows.slots[k - 1] in self.constants:
                k -= 1
            if rows.batched and 0 < k < len(rows.slots) and rows.slots[:k] in known:
                found.setdefault(rows.slots[:k], rows.slots[k:])
        return found

    def _place_shared(self, calls: Sequence[Call], inputs: Block, outputs: Sequence[int]) -> None:
        """Place the shared inputs, then the blocks; gradients as they are asked for, so that they lie together."""
        rank = {slot: i for i, slot in enumerate(outputs)}
        blocks = [call.out.slots for call in calls if not call.out.batched]
        blocks.sort(key=lambda slots: min(rank.get(slot, len(rank)) for slot in slots))
        for block in [inputs, *blocks]:
            self._place(False, block)

    def _place_constants(self, operands: Sequence[Rows], outputs: Sequence[int]) -> None:
        """Place the constants, also one that is all there is: the 1 that makes a sum over samples a dot."""
        for rows in operands:
            for slot in rows.slots:
                if slot not in self.rows[rows.batched]:
                    self._place(rows.batched, (slot,))
        for slot in outputs:
            if slot in self.constants and slot not in self.rows[False]:
                self._place(False, (slot,))


def _last_read(calls: Sequence[Call], home: Mapping[int, Block]) -> dict[int, list[Block]]:
    """Return for the number of a call the batched blocks that it is the last to read."""
    last: dict[Block, int] = {}
    for i, call in enumerate(calls):
        for rows in call.operands:
            if isinstance(rows, Rows) and rows.batched:
                last.update((home[slot], i) for slot in rows.slots if slot in home)
    dead: dict[int, list[Block]] = defaultdict(list)
    for block, i in last.items():
        dead[i].append(block)
    return dead
