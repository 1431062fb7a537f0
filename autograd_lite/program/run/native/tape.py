"""A program as a tape: arrays for one kernel that runs any.

The operations are sorted by level, then by kind, so that a tape is a list of *groups*: (operation, from, to)
over arrays of operand positions. See ``kernel`` for what runs it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np

from .... import ops
from ...passes import lower
from ...program import Program
from ...vectorise import levels
from .kernel import LANES, MOST_OPERANDS, NOTHING, Kind, has_code, kernel


def can_record(program: Program) -> bool:
    """Tell whether value and local gradients of every operation of a program can be written as machine code."""
    uses = {(op, len(operands)) for op, operands, _ in program.instructions}
    return all(has_code(op, count) for op, count in uses)


def can_tape(program: Program) -> bool:
    """Tell whether the kernel can be written for every operation of a program: one to three operands each.

    >>> from autograd_lite import Value
    >>> x = Value(1.0)
    >>> can_tape(Program.capture([x], [x.tanh() + 1.0]))
    True
    """
    return can_record(program) and all(0 <= op.arity <= MOST_OPERANDS for op, _, _ in program.instructions)


class Tape:
    """A program as arrays, its slots moved so that every group lies together."""

    def __init__(self, program: Program):
        self.program = program = lower(program)
        n = len(program.names)
        instructions = list(enumerate(program.instructions, n))
        numbers = {slot: number for slot, (op, _, number) in instructions if op is ops.constant}
        operations = [(slot, op, operands) for slot, (op, operands, _) in instructions if op is not ops.constant]
        self.first = n + len(numbers)  # inputs, then constants, then operations
        self.size = self.first + len(operations)
        self.constants = np.array(list(numbers.values()))
        cut = any(op.routes for _, op, _ in operations)
        # the same kinds always get the same codes, and so the same kernel
        self.kinds = tuple([Kind(op, cut) for op in sorted({op for _, op, _ in operations}, key=lambda op: op.name)])
        codes = {kind.op: code for code, kind in enumerate(self.kinds)}
        slots = np.array([slot for slot, _, _ in operations], np.int64)
        code = np.array([codes[op] for _, op, _ in operations], np.int64)
        level = np.array(levels(program), np.int64)[slots]
        order = np.lexsort((code, level))  # by level, then by kind, else as they were
        moved = np.empty(n + len(program.instructions), np.int32)
        moved[:n] = np.arange(n)
        moved[list(numbers)] = np.arange(n, self.first)
        moved[slots[order]] = np.arange(self.first, self.size)
        self.outputs = moved[list(program.outputs)]
        self.groups = self._grouped(code[order], level[order])
        # vectors reach beyond the end of a group, and of the last one
        self.operands = np.zeros((MOST_OPERANDS, self.size + LANES), np.int32)
        self.operands[:, self.first : self.size] = moved[
            _columns([operands for _, _, operands in operations])[:, order]
        ]

    def _grouped(self, code: Any, level: Any) -> Any:
        """Return (kind, from, to, 0) for every run of operations of one kind on one level."""
        starts = np.flatnonzero((np.diff(code, prepend=-1) != 0) | (np.diff(level, prepend=-1) != 0))
        ends = np.append(starts, len(code))[1:]
        groups = (code[starts], self.first + starts, self.first + ends, np.zeros_like(starts))
        return np.stack(groups, axis=1).astype(np.int32)

    @property
    def mean_group(self) -> float:
        """How many operations a group has in the mean."""
        return (self.size - self.first) / max(1, len(self.groups))


def _columns(operands: Sequence[tuple[int, ...]]) -> Any:
    """Return as many operands as the kernel takes, (operand, operation); the first also stands for those not there."""
    return np.array([[each[j if j < len(each) else 0] for each in operands] for j in range(MOST_OPERANDS)], np.int64)


class TapeAtOnePoint:
    """A tape with its buffers for one point."""

    def __init__(self, tape: Tape):
        self.tape = tape
        self.kernel = kernel(tape.kinds, batched=False)
        self.values = _buffer(tape.size + LANES)
        self.values[len(tape.program.names) : tape.first] = tape.constants
        self.cotangents = _buffer(tape.size + LANES)
        self.cotangents[tape.first :] = NOTHING
        self._local = np.zeros((MOST_OPERANDS, tape.size + LANES))
        self._outputs = np.ascontiguousarray(tape.outputs, np.int32)
        arrays = (tape.groups, tape.operands, self.values, self._local, self.cotangents, self._outputs)
        pointers = [a.ctypes.data for a in arrays]
        counts = (len(tape.groups), tape.size + LANES, len(self._outputs), tape.first)
        self._record = np.array([*counts, *pointers], np.int64)
        self._address = self._record.ctypes.data
        one = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
        self._forward, self._both = one(self.kernel.address("values")), one(self.kernel.address("run"))

    def run(self, *, gradients: bool = True, first: int | None = None) -> None:
        """Fill ``values`` from the inputs, its first; with gradients, also the ``cotangents`` of every slot.

        The seed is 1 at each of the ``first`` outputs; None means all.
        """
        self._record[2] = len(self._outputs) if first is None else first
        (self._both if gradients else self._forward)(self._address)


class TapeOverBatch:
    """A tape with its buffers for a batch, ``LANES`` samples at a time."""

    def __init__(self, tape: Tape):
        self.tape, program = tape, tape.program
        self.kernel = kernel(tape.kinds, batched=True)
        self.n_batched = sum(program.batched)  # the first inputs; the others are parameters
        self.n_shared = len(program.names) - self.n_batched
        self._values = _buffer(tape.size * LANES).reshape(-1, LANES)
        self._values[len(program.names) : tape.first] = tape.constants[:, None]
        self._cotangents = _buffer(tape.size * LANES).reshape(-1, LANES)
        self._cotangents[tape.first :] = NOTHING
        self._local = _buffer(MOST_OPERANDS * (tape.size + LANES) * LANES)
        self._sums = _buffer(max(1, self.n_shared) * LANES).reshape(-1, LANES)
        self._outputs = np.ascontiguousarray(tape.outputs, np.int32)
        self._buffers: list[Any] | None = None  # of the latest number of blocks
        arrays = (tape.groups, tape.operands, self._values, self._local, self._cotangents, self._outputs, self._sums)
        counts = (len(tape.groups), tape.size + LANES, tape.first, self.n_batched, self.n_shared, len(self._outputs))
        self._arguments = (*counts, *(a.ctypes.data for a in arrays))
        counts_, pointers_ = [ctypes.c_int64], [ctypes.c_void_p]
        kinds: list[Any] = [*counts_ * 6, *pointers_ * 7, *counts_, ctypes.c_double, *counts_, *pointers_ * 3]
        self._values_only = ctypes.CFUNCTYPE(None, *kinds)(self.kernel.address("values"))
        self._run = ctypes.CFUNCTYPE(None, *kinds)(self.kernel.address("run"))

    def run(
        self, inputs: Any, parameters: Any, *, seed: float = 1.0, first: int | None = None, gradients: bool = True
    ) -> tuple[Any, Any, Any]:
        """Return outputs (outputs, samples), gradients of the inputs (inputs, samples) and of the parameters.

        The gradients are those of seed times the sum of the ``first`` outputs; None means all.
        """
        n_seeded = len(self._outputs) if first is None else first
        samples = inputs.shape[1]
        blocks = -(-samples // LANES)
        if self._buffers is None or len(self._buffers[0]) != blocks:
            sizes = (self.n_batched, self.n_batched, len(self._outputs))
            self._buffers = [_buffer(blocks * size * LANES).reshape(blocks, size, LANES) for size in sizes]
        x, of_inputs, y = self._buffers
        _by_blocks(inputs, x)
        self._values[self.n_batched : self.n_batched + self.n_shared] = np.asarray(parameters, float)[:, None]
        self._sums[:] = 0.0
        run = self._run if gradients else self._values_only
        # the last block first: it may hold lanes without a sample, which must not count in the sums
        run(*self._arguments, n_seeded, seed, 1, *(a[blocks - 1 :].ctypes.data for a in (x, of_inputs, y)))
        self._sums[:, samples - (blocks - 1) * LANES :] = 0.0
        if blocks > 1:
            run(*self._arguments, n_seeded, seed, blocks - 1, *(a.ctypes.data for a in (x, of_inputs, y)))
        return _by_rows(y, samples), _by_rows(of_inputs, samples), self._sums[: self.n_shared].sum(1)


def _by_blocks(rows: Any, blocks: Any) -> None:
    """Write (rows, samples) into (blocks, rows, LANES); lanes without a sample repeat the last one."""
    n, samples = rows.shape
    whole = samples // LANES
    blocks[:whole] = rows.T[: whole * LANES].reshape(whole, LANES, n).transpose(0, 2, 1)
    if whole < len(blocks):
        last = rows[:, whole * LANES :]
        blocks[whole] = last[:, -1:]
        blocks[whole, :, : last.shape[1]] = last


def _by_rows(blocks: Any, samples: int) -> Any:
    """Return (rows, samples) of (blocks, rows, LANES): a copy, as the next run writes to the blocks again."""
    return np.array(blocks.transpose(1, 0, 2), order="C").reshape(blocks.shape[1], -1)[:, :samples]


def _buffer(n: int) -> Any:
    """Return zeros whose memory begins at a cache line."""
    raw = np.zeros(n + 8)
    return raw[(-raw.ctypes.data // 8) % 8 :][:n]
