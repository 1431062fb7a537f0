"""A vector program as machine code: a list of kernels with their tables, and the memory that they work on.

Nothing is compiled for the program itself, unless it uses a kernel that none has used before. Samples are taken block
by block, so that what a block needs stays in the caches, however many samples there are.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...array_functions import held
from ...program import Program
from ...vectorise import vectorise
from ..outputs import Place
from .jit import native_lanes
from .vector_kernels import addresses
from .vector_layout import NUMBERS
from .vector_run import RECORD, run_address
from .vector_tables import Step, Steps

REGISTERS = 2  # of a row


class VectorCode:
    """The machine code of a program, with its buffers; to be used like ``StraightLine``."""

    def __init__(self, program: Program, shared: Any):
        self.program, self.shared, self.dtype = program, shared, shared.dtype
        self.vectors = vectorise(program)
        batched = program.batched_slots()
        self.is_batched = any(program.batched)
        self.n_batched = sum(program.batched)
        self.batched_outputs = [i for i in program.outputs if batched[i]]
        self.shared_outputs = [i for i in program.outputs if not batched[i]]
        self.flat = np.zeros(max(1, len(self.shared_outputs)), self.dtype)
        rows = {slot: row for row, slot in enumerate(self.batched_outputs)}
        flat = iter(range(len(self.shared_outputs)))
        self.places: list[Place] = [(True, rows[i]) if batched[i] else (False, next(flat)) for i in program.outputs]
        self._memories: dict[int, _Memory] = {}
        self._bound: dict[int, _Bound] = {}

    @property
    def lanes(self) -> int:
        return max(self._memories, default=1)

    def inputs(self, samples: int) -> Any:
        """Return the array of batched inputs, (inputs, samples), for so many samples."""
        return self._buffers(samples).x[: self.n_batched, :samples]

    def rows(self, samples: int) -> Any:
        """Return the array of batched outputs, (outputs, samples)."""
        return self._buffers(samples).y[:, :samples]

    def run(self, samples: int, rate: float = 0.0, n_moved: int = 0) -> None:
        """Compute; also subtract rate · (last ``n_moved`` shared outputs) from the first shared inputs."""
        self._buffers(samples).run(rate, n_moved)

    def _buffers(self, samples: int) -> _Bound:
        bound = self._bound.get(samples)
        if bound is None:
            if len(self._bound) >= 4:  # training needs two: the batch and the last, smaller one
                del self._bound[next(iter(self._bound))]
            lanes = self._lanes_for(samples)
            if lanes not in self._memories:
                self._memories[lanes] = _Memory(self, lanes)
            bound = self._bound[samples] = _Bound(self, self._memories[lanes], samples)
        return bound

    def _lanes_for(self, samples: int) -> int:
        if not self.is_batched or samples == 1:
            return 1
        register = native_lanes() * 8 // int(self.dtype.itemsize)
        return register if samples <= register else REGISTERS * register


class _Memory:
    """The steps of a program for so many lanes, and the arena and the numbers they work on."""

    def __init__(self, code: VectorCode, lanes: int):
        self.lanes, scalar = lanes, "double" if code.dtype.itemsize == 8 else "float"
        steps = Steps(code.vectors, lanes, scalar)
        layout = self.layout = steps.layout
        kind = np.finfo(code.dtype)
        self.out_places = np.array(layout.numbers_of(code.shared_outputs), np.int32)
        self.out_rows = (layout.rows if lanes > 1 else layout.numbers)[code.batched_outputs].astype(np.int32)
        self.rows = aligned(layout.n_rows * lanes, code.dtype).reshape(-1, lanes)
        self.numbers = aligned(layout.n_numbers, code.dtype)
        for row, number in layout.fixed_rows.items():
            self.rows[row] = held(number, kind)
        for place, number in layout.fixed_numbers.items():
            self.numbers[place] = held(number, kind)
        known = addresses(step.kernel for part in (steps.before, steps.within, steps.after) for step in part)
        self.lists = [_List(part, known) for part in (steps.before, steps.within, steps.after)]
        self.run_address = run_address(lanes, scalar)


class _List:
    """Steps as pairs of addresses: of the kernel, and of its table."""

    def __init__(self, steps: Sequence[Step], known: Any):
        starts = np.cumsum([0, *(len(step.table) for step in steps)])
        self.tables = np.concatenate([np.zeros(0, np.int32), *(step.table for step in steps)])
        addresses = self.tables.ctypes.data + 4 * starts[:-1]
        self.pairs = np.array([(known[step.kernel], at) for step, at in zip(steps, addresses)], np.int64)

    @property
    def fields(self) -> tuple[int, int]:
        return len(self.pairs), self.pairs.ctypes.data


class _Bound:
    """Memory bound to buffers of inputs and outputs for a number of samples."""

    def __init__(self, code: VectorCode, memory: _Memory, samples: int):
        self.memory, self.samples, lanes = memory, samples, memory.lanes
        blocks = -(-samples // lanes) if code.is_batched else 1
        padded = blocks * lanes
        self.x, self.y = (
            aligned(rows * padded, code.dtype).reshape(rows, padded)
            for rows in (max(1, code.n_batched), max(1, len(code.batched_outputs)))
        )
        # which lanes of the last block hold a sample, then those of the others: all
        self._valid = aligned(2 * lanes, code.dtype)
        self._valid[: samples - (blocks - 1) * lanes] = 1.0
        self._valid[lanes:] = 1.0
        layout, size = memory.layout, code.dtype.itemsize
        counts = (blocks, padded, code.n_batched, layout.inputs, len(code.batched_outputs), len(code.shared_outputs))
        n_shared = len(code.program.names) - code.n_batched
        copied = (NUMBERS, n_shared * size, layout.first_sum, layout.n_sums * size)
        arrays = (memory.rows, memory.numbers, self.x, self.y, code.shared, code.flat, self._valid, memory.out_rows,
                  memory.out_places)  # fmt: skip
        lists = [field for part in memory.lists for field in part.fields]
        fields = [*counts, *copied, *(a.ctypes.data for a in arrays), *lists, 0, 0]
        assert len(fields) == len(RECORD)
        self._record = np.array(fields, np.int64)
        self._rate = self._record[-2:-1].view(np.float64)
        self._address = self._record.ctypes.data
        self._function = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(memory.run_address)
        self._samples = float(samples if code.is_batched else 1)

    def run(self, rate: float, n_moved: int) -> None:
        self._rate[0], self._record[-1] = rate, n_moved
        self.memory.numbers[0] = self._samples
        self._function(self._address)


def aligned(n: int, dtype: Any) -> Any:
    """Return zeros whose memory begins at a cache line."""
    size = np.dtype(dtype).itemsize
    raw = np.zeros(n + 64 // size, dtype)
    return raw[(-raw.ctypes.data % 64) // size :][:n]
