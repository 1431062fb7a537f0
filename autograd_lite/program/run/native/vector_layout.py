"""Where the slots of a vector program lie in the memory of its machine code.

What is batched lies in rows of vectors, a lane for each sample of a block, in an arena: a row whose slot no later call
reads is used again, the latest first, as it is still in the cache. What all samples share lies in one flat vector of
numbers. At one lane everything is a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from ...program import REDUCING
from ...vectorise import Call, Rows, VectorProgram

NUMBERS = 1  # the first number is how many samples there are; the inputs follow


def side_by_side(calls: Iterable[Call]) -> Iterator[list[Call]]:
    """Yield calls in order, those together that follow each other and do not read what another of them computes.

    >>> from autograd_lite import ops
    >>> x, y, z, w = (Rows((slot,), True) for slot in range(4))
    >>> calls = [Call("map", op, out, (of,)) for op, out, of in ((ops.exp, y, x), (ops.sin, z, x), (ops.tanh, w, y))]
    >>> [[call.op.name for call in together] for together in side_by_side(calls)]
    [['exp', 'sin'], ['tanh']]
    """
    together: list[Call] = []
    computed: set[int] = set()
    for call in calls:
        if not all(computed.isdisjoint(rows.slots) for rows in call.rows):
            yield together
            together, computed = [], set()
        together.append(call)
        computed.update(call.out.slots)
    if together:
        yield together


class Layout:
    """The row or the number of every slot.

    ``inputs`` is the first row of the batched inputs; the shared ones are the first numbers, behind that of samples.

    >>> from autograd_lite import ops
    >>> from autograd_lite.program import Program
    >>> from autograd_lite.program.program import Instruction
    >>> from autograd_lite.program.vectorise import vector_program
    >>> three = [Instruction(ops.mul, (1, 0)), Instruction(ops.exp, (2,)), Instruction(ops.sin, (3,))]
    >>> layout = Layout(vector_program(Program(("x", "w"), (True, False), tuple(three), (4,))), 8)
    >>> layout.rows[[0, 2, 3, 4]].tolist(), int(layout.numbers[1])  # sin writes where x was, as w·x did not
    ([1, 2, 1, 2], 1)
    """

    def __init__(self, vectors: VectorProgram, lanes: int):
        self.program, self.lanes = vectors.program, lanes
        self.batched = self.program.batched_slots() if lanes > 1 else [False] * len(self.program.batched_slots())
        self.constants = dict(vectors.constants)
        n_slots = len(self.batched)
        self.rows, self.numbers = np.full(n_slots, -1), np.full(n_slots, -1)
        self.fixed_rows: dict[int, float] = {}
        self.fixed_numbers: dict[int, float] = {}
        self._known: dict[str, int] = {}
        self.n_rows, self.n_numbers = 1, NUMBERS  # row 0 tells which lanes hold samples
        names = range(len(self.program.names))
        self._number([i for i in names if not self.program.batched[i]])
        inputs = [i for i in names if self.program.batched[i]]
        self.inputs = self.n_rows if lanes > 1 else self.n_numbers
        if lanes == 1:
            self._number(inputs)
        self._sums(vectors.calls)
        self._shared(vectors.calls)
        self._arena(vectors.calls, inputs if lanes > 1 else [])

    # ------------------------------------------------------------ what is asked

    def kind(self, rows: Rows) -> str:
        """Return "b" for rows, "s" for shared numbers."""
        return "b" if rows.batched and self.lanes > 1 else "s"

    def places(self, rows: Rows) -> Any:
        """Return where slots lie, in order."""
        return (self.rows if self.kind(rows) == "b" else self.numbers)[list(rows.slots)]

    def constant(self, number: float) -> int:
        """Return where the number lies among those that are shared."""
        key = repr(number)
        if key not in self._known:
            self._known[key] = self.room(1)
            self.fixed_numbers[self._known[key]] = number
        return self._known[key]

    def room(self, count: int) -> int:
        """Return where there is room for so many more numbers."""
        self.n_numbers += count
        return self.n_numbers - count

    def numbers_of(self, slots: Sequence[int]) -> Any:
        """Return where shared outputs lie; one may be a constant that no call reads."""
        for slot in slots:
            instruction = self.program.instruction(slot)
            if self.numbers[slot] < 0 and instruction is not None:
                self.numbers[slot] = self.constant(instruction.number)
        return self.numbers[list(slots)]

    # ------------------------------------------------------------ how slots are placed

    def _number(self, slots: Sequence[int]) -> None:
        self.numbers[list(slots)] = np.arange(self.room(len(slots)), self.n_numbers)

    def _sums(self, calls: Sequence[Call]) -> None:
        """Place what is summed over the samples: together, as it is cleared before a run."""
        self.first_sum = self.n_numbers
        for call in calls:
            if call.op in REDUCING:
                self._number(call.out.slots)
        self.n_sums = self.n_numbers - self.first_sum

    def _shared(self, calls: Sequence[Call]) -> None:
        for call in calls:
            if call.op not in REDUCING and self.kind(call.out) == "s":
                self._number(call.out.slots)
            for rows in call.rows:
                for slot in rows.slots if self.kind(rows) == "s" else ():
                    if slot in self.constants:
                        self.numbers[slot] = self.constant(self.constants[slot])

    def _arena(self, calls: Sequence[Call], inputs: Sequence[int]) -> None:
        free: list[int] = []
        self._place(inputs, free)
        constants = {slot for rows in self._of_rows(calls) for slot in rows.slots if slot in self.constants}
        for slot in sorted(constants):
            self._place([slot], free)
            self.fixed_rows[int(self.rows[slot])] = self.constants[slot]
        steps = list(side_by_side(calls))
        last = {slot: i for i, together in enumerate(steps) for rows in self._of_rows(together) for slot in rows.slots}
        dead: dict[int, list[int]] = {}
        stay = constants.union(self.program.outputs)
        for slot, i in last.items():
            if slot not in stay:
                dead.setdefault(i, []).append(slot)
        for i, together in enumerate(steps):
            for call in together:
                if self.kind(call.out) == "b":
                    self._place(call.out.slots, free)
            free.extend(self.rows[dead.get(i, [])].tolist())

    def _of_rows(self, calls: Sequence[Call]) -> Iterator[Rows]:
        return (rows for call in calls for rows in call.rows if self.kind(rows) == "b")

    def _place(self, slots: Sequence[int], free: list[int]) -> None:
        for slot in slots:
            if free:
                self.rows[slot] = free.pop()
            else:
                self.rows[slot] = self.n_rows
                self.n_rows += 1
