"""A whole program as one piece of machine code, every instruction spelled out, with the buffers that it works on.

For small dense graphs on batches and narrow graphs at one point: nothing is interpreted, values stay in
registers, several samples run side by side in the lanes of a vector. Code grows with the program, and so
does the time to compile it. ``straight_line_text`` writes it.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from ...passes import EVERYWHERE
from ...program import Program
from ..outputs import Place
from .functions import writes
from .jit import compile_module, native_lanes
from .straight_line_text import StraightLineText, after_reduction


def can_spell_out(program: Program) -> bool:
    """Tell whether every operation has machine code, and no sample depends on a sum over all of them."""
    if not all(op in EVERYWHERE or writes(op) for op in {op for op, _, _ in program.instructions}):
        return False
    after = after_reduction(program)
    return not any(late and batched for late, batched in zip(after, program.batched_slots()))


class StraightLine:
    """The machine code of a program, with its buffers.

    ``shared`` are the numbers of the inputs that are not batched, an array of floats that the code reads and the
    caller writes to. Outputs that are batched come as rows (outputs, samples), the others as a flat vector, both in
    order.
    ``run`` also moves the parameters against the last outputs when it is given a rate.
    """

    def __init__(self, program: Program, shared: Any, *, optimise: int = 2):
        self.program, self.shared = program, shared
        batched = program.batched_slots()
        self.lanes = native_lanes() if any(program.batched) else 1
        self.n_batched = sum(program.batched)
        self.batched_outputs = [i for i in program.outputs if batched[i]]
        self.shared_outputs = [i for i in program.outputs if not batched[i]]
        written = StraightLineText(program, self.lanes, self.batched_outputs, self.shared_outputs)
        self.module = compile_module(written.module(), optimise=optimise > 0, generate=optimise)
        self._function = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(self.module.address("run"))
        self.flat = np.zeros(max(1, len(self.shared_outputs)))
        self._scratch = _aligned((written.scratch_size + len(written.reductions)) * self.lanes)
        self._bound: dict[int, tuple[Any, Any, Any, Any, int]] = {}
        rows = {slot: row for row, slot in enumerate(self.batched_outputs)}
        flat = iter(range(len(self.shared_outputs)))
        self.places: list[Place] = [(True, rows[i]) if batched[i] else (False, next(flat)) for i in program.outputs]

    def inputs(self, samples: int) -> Any:
        """Return the array of batched inputs, (inputs, samples), for so many samples."""
        return self._buffers(samples)[0][: self.n_batched, :samples]

    def rows(self, samples: int) -> Any:
        """Return the array of batched outputs, (outputs, samples)."""
        return self._buffers(samples)[1][:, :samples]

    def _buffers(self, samples: int) -> tuple[Any, Any, Any, Any, int]:
        """Return inputs, outputs, and the record of all that the code is told: as integers, its rate, its address."""
        bound = self._bound.get(samples)
        if bound is None:
            if len(self._bound) >= 4:  # training needs two: the batch and the last, smaller one
                del self._bound[next(iter(self._bound))]
            padded = -(-samples // self.lanes) * self.lanes
            x = _aligned(max(1, self.n_batched) * padded).reshape(-1, padded)
            y = _aligned(max(1, len(self.batched_outputs)) * padded).reshape(-1, padded)
            pointers = [a.ctypes.data for a in (x, self.shared, y, self.flat, self._scratch)]
            # the first block holds the samples that do not fill one; its other lanes do not count
            valid = samples - (padded - self.lanes)
            record = np.array([padded // self.lanes, valid, padded, *pointers, 0, 0], np.int64)
            bound = self._bound[samples] = (x, y, record, record[8:9].view(np.float64), record.ctypes.data)
        return bound

    def run(self, samples: int, rate: float = 0.0, n_moved: int = 0) -> None:
        """Compute; also subtract rate · (last ``n_moved`` shared outputs) from the first shared inputs."""
        _, _, record, rate_field, address = self._buffers(samples)
        record[9] = n_moved
        rate_field[0] = rate
        self._function(address)


def _aligned(n: int) -> Any:
    """Return zeros whose memory begins at a cache line, as vector loads like it."""
    raw = np.zeros(n + 8)
    return raw[(-raw.ctypes.data // 8) % 8 :][:n]
