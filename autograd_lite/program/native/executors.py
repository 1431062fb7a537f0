"""The two native engines as executors of a program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..differentiate import differentiate
from ..passes import fuse, gather_sums
from ..program import Program
from .straight_line import StraightLine
from .tape import Tape, TapeAtOnePoint, TapeOverBatch


class StraightLineExecutor:
    """Every instruction spelled out as machine code, forward and backward."""

    def __init__(self, program: Program, n_arguments: int, *, mean: bool, wrt_arguments: bool):
        self.program, self.mean = program, mean
        self.batched = any(program.batched)
        self.n_arguments = n_arguments
        n = len(program.names)
        self.wrt = range(0 if wrt_arguments else n_arguments, n)
        self._forward: StraightLine | None = None
        self._gradient: StraightLine | None = None

    @property
    def gradient(self) -> StraightLine:
        """The code for value and gradients, compiled on first use."""
        if self._gradient is None:
            program = differentiate(self.program, self.wrt, seed="1/n" if self.mean else "")
            self._gradient = StraightLine(gather_sums(fuse(program)))
        return self._gradient

    def values(self, inputs: Sequence[Any], parameters: Any, samples: int) -> list[Any]:
        if self._forward is None:
            self._forward = StraightLine(gather_sums(self.program))
        return self._outputs(self._forward, inputs, parameters, samples)

    def value_and_gradients(self, inputs: Sequence[Any], parameters: Any, samples: int) -> tuple[list[Any], Any, Any]:
        extra = [1.0 / samples] if self.mean else []
        outputs = self._outputs(self.gradient, inputs, [*parameters, *extra], samples)
        n = len(self.program.outputs)
        split = n + max(0, self.n_arguments - self.wrt.start)
        of_inputs = np.array([np.broadcast_to(y, samples) for y in outputs[n:split]]).reshape(-1, samples)
        return outputs[:n], of_inputs, np.array(outputs[split:], float)

    def _outputs(self, code: StraightLine, inputs: Sequence[Any], parameters: Any, samples: int) -> list[Any]:
        x, rows = code.buffers(samples)
        if self.batched:
            np.concatenate(inputs, out=x)
            code.shared[:] = parameters
        else:
            code.shared[:] = np.concatenate([*(given[:, 0] for given in inputs), np.asarray(parameters, float)])
        code.run(samples)
        batched, flat = iter(rows), iter(code.flat)
        is_batched = code.program.batched_slots()
        return [next(batched).copy() if is_batched[i] else np.asarray(next(flat)) for i in code.program.outputs]

    def report(self) -> str:
        code = self._gradient or self._forward
        size = f"{len(code.program)} instructions" if code else "not compiled yet"
        where = f"{code.lanes} samples at a time" if code and self.batched else "one point"
        return f"native, straight line: {size}, {where}"


class TapeExecutor:
    """One kernel for all programs that use the same operations."""

    def __init__(self, program: Program, n_arguments: int, *, mean: bool):
        self.n_arguments, self.mean, self.n_outputs = n_arguments, mean, len(program.outputs)
        self.batched = any(program.batched)
        self.tape = Tape(program)
        self._engine: Any = (TapeOverBatch if self.batched else TapeAtOnePoint)(self.tape)

    def values(self, inputs: Sequence[Any], parameters: Any, samples: int) -> list[Any]:
        if self.batched:
            return list(self._engine.run(np.concatenate(inputs), parameters, gradients=False)[0])
        return self._one_point(inputs, parameters)

    def value_and_gradients(self, inputs: Sequence[Any], parameters: Any, samples: int) -> tuple[list[Any], Any, Any]:
        if self.batched:
            seed = 1.0 / samples if self.mean else 1.0
            outputs, of_inputs, of_parameters = self._engine.run(np.concatenate(inputs), parameters, seed=seed)
            return list(outputs), of_inputs, of_parameters
        outputs = self._one_point(inputs, parameters)
        gradients = self._engine.reverse().copy()
        return outputs, gradients[: self.n_arguments, None], gradients[self.n_arguments :]

    def _one_point(self, inputs: Sequence[Any], parameters: Any) -> list[Any]:
        values = self._engine.values
        start = 0
        for given in inputs:
            values[start : start + len(given)] = given[:, 0]
            start += len(given)
        values[start : start + len(parameters)] = parameters
        self._engine.forward()
        return [np.asarray(values[i]) for i in self.tape.outputs]

    def report(self) -> str:
        tape = self.tape
        where = "8 samples at a time" if self.batched else "8 operations at a time"
        return (
            f"native, tape: {tape.size - tape.first} operations in {len(tape.groups)} groups "
            f"({tape.mean_group:.1f} each), {where}"
        )
