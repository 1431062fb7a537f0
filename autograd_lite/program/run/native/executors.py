"""The two native back ends, straight-line code and the tape, as executors of a job."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from ...collector import collector_paused
from ...gather import gather_sums
from ...passes import expand, fuse
from ..job import InPlace, Job
from .functions import writes
from .straight_line import StraightLine
from .tape import Tape, TapeAtOnePoint, TapeOverBatch
from .vector_code import VectorCode


class CodeExecutor:
    """Runs the code of a whole program, forward and backward: ``StraightLine``, or what can be used like it."""

    kind: type[StraightLine] | type[VectorCode]

    def __init__(self, job: Job, why: str):
        self.job, self.why = job, why
        self.batched = any(job.program.batched)
        self._parameters_first = self.batched or not job.n_arguments  # among the shared inputs
        # what is not batched, as the code of gradients reads it: arguments, or 1/n for a mean, beside the parameters
        size = len(job.program.names) - sum(job.program.batched) + (job.reduce == "mean")
        self._shared = np.zeros(size, job.dtype)
        self.parameters = self._parameters_in(self._shared)
        self._forward: StraightLine | VectorCode | None = None
        self._gradient: StraightLine | VectorCode | None = None
        self._samples = 1

    def values(self, inputs: Sequence[Any], samples: int) -> Sequence[Any]:
        if self._forward is None:
            own = np.zeros_like(self._shared)  # what was loaded stays in the other
            with collector_paused():
                self._forward = self.kind(gather_sums(expand(self.job.forward(), writes)), own)
            self._values = self.job.outputs(self._forward.places)
        code = self._forward
        self._fill(code, inputs, samples)
        self._parameters_in(code.shared)[:] = self.parameters
        code.run(samples)
        return self._values.values(code.rows(samples), code.flat)

    def load(self, inputs: Sequence[Any], samples: int) -> None:
        if self._gradient is None:
            with collector_paused():
                self._gradient = self.kind(gather_sums(fuse(expand(self.job.gradient(), writes))), self._shared)
            self._outputs = self.job.outputs(self._gradient.places)
        self._fill(self._gradient, inputs, samples)
        self._samples = samples

    def gradients(self) -> tuple[Sequence[Any], Any, Any]:
        code = self._code
        code.run(self._samples)
        return self._outputs.of(code.rows(self._samples), code.flat)

    def descend(self, rate: float) -> Sequence[Any]:
        code = self._code
        if not self._parameters_first:
            outputs, _, of_parameters = self.gradients()
            self.parameters -= rate * of_parameters
            return outputs
        code.run(self._samples, rate, len(self.parameters))
        return self._outputs.values(code.rows(self._samples), code.flat)

    def of_parameters(self) -> Any:
        return self._outputs.of_parameters(self._code.flat)

    @property
    def _code(self) -> StraightLine | VectorCode:
        assert self._gradient is not None, "load comes first"
        return self._gradient

    def _fill(self, code: StraightLine | VectorCode, inputs: Sequence[Any], samples: int) -> None:
        if not self.batched:
            code.shared[: self.job.n_arguments] = np.concatenate([given[:, 0] for given in inputs] or [[]])
            return
        np.concatenate(inputs, out=code.inputs(samples))
        if self.job.reduce == "mean":
            code.shared[-1] = 1.0 / samples

    def _parameters_in(self, shared: Any) -> Any:
        first = 0 if self.batched else self.job.n_arguments
        return shared[first : first + self.job.n_parameters]

    def in_place(self) -> InPlace:
        code, n = self._code, self.job.n_arguments
        gradient = code.flat[1 : 1 + n]  # all of it lies together: nothing is batched
        return InPlace(code.shared[:n], partial(code.run, 1), code.flat[:1], gradient)


class StraightLineExecutor(CodeExecutor):
    """Every instruction spelled out as machine code."""

    kind = StraightLine

    def report(self) -> str:
        code = self._gradient or self._forward
        size = f"{len(code.program)} instructions" if code else "not compiled yet"
        where = f"{code.lanes} samples at a time" if code and self.batched else "one point"
        return f"native, straight line ({self.why}): {size}, {where}"


class VectorExecutor(CodeExecutor):
    """The calls of the vector program as a list of kernels, which are compiled once for all programs."""

    kind = VectorCode

    def report(self) -> str:
        code = self._gradient or self._forward
        if not isinstance(code, VectorCode):
            return f"native, vectors ({self.why}): not compiled yet"
        where = f"{code.lanes} samples at a time" if code.lanes > 1 else "one point"
        return f"native, vectors ({self.why}): {code.vectors.counted()}, {where}"


def _together(inputs: Sequence[Any]) -> Any:
    return inputs[0] if len(inputs) == 1 else np.concatenate(inputs)


class TapeExecutor:
    """One kernel for all programs that use the same operations."""

    def __init__(self, job: Job, tape: Tape, why: str):
        self.job, self.tape, self.why = job, tape, why
        self.batched = any(job.program.batched)
        self._at = tape.outputs.astype(np.intp)  # as NumPy indexes: thousands, of a matrix
        self._tape: Any
        if self.batched:
            self._tape = TapeOverBatch(self.tape)
            self.parameters = np.zeros(job.n_parameters)
        else:
            self._tape = TapeAtOnePoint(self.tape)
            self.parameters = self._tape.values[job.n_arguments : job.n_arguments + job.n_parameters]
        self._inputs: Sequence[Any] = ()
        self._last: Any = None  # the latest gradient of the parameters
        self._samples = 1

    def values(self, inputs: Sequence[Any], samples: int) -> Sequence[Any]:
        if not self.batched:
            self._fill(inputs)
            self._tape.run(gradients=False)
            return self._values()
        rows, _, _ = self._tape.run(_together(inputs), self.parameters, gradients=False)
        return self._reduced(rows)

    def load(self, inputs: Sequence[Any], samples: int) -> None:
        self._inputs, self._samples = inputs, samples

    def gradients(self) -> tuple[Sequence[Any], Any, Any]:
        n = self.job.n_arguments
        if self.batched:
            seed = 1.0 / self._samples if self.job.reduce == "mean" else 1.0
            inputs = _together(self._inputs)
            rows, of_inputs, self._last = self._tape.run(inputs, self.parameters, seed=seed, first=self.job.first)
            return self._reduced(rows), of_inputs, self._last
        self._fill(self._inputs)
        self._tape.run(first=self.job.first)
        gradients = self._tape.cotangents
        self._last = gradients[n : n + self.job.n_parameters].copy()
        return self._values(), gradients[:n, None].copy(), self._last

    def descend(self, rate: float) -> Sequence[Any]:
        outputs, _, _ = self.gradients()
        self.parameters -= rate * self._last
        return outputs

    def of_parameters(self) -> Any:
        return self._last

    def _reduced(self, rows: Any) -> list[Any]:
        reduce, first = self.job.reduce, self.job.first
        if reduce is None:
            return list(rows)
        some = rows[:first]
        return [*(some.mean(1) if reduce == "mean" else some.sum(1)), *rows[len(some) :]]

    def _fill(self, inputs: Sequence[Any]) -> None:
        start = 0
        for given in inputs:
            self._tape.values[start : start + len(given)] = given[:, 0]
            start += len(given)

    def _values(self) -> Sequence[Any]:
        numbers: Sequence[Any] = self._tape.values.take(self._at)
        return numbers

    def in_place(self) -> InPlace:
        bound, n, at = self._tape, self.job.n_arguments, int(self.tape.outputs[0])
        return InPlace(bound.values[:n], bound.run, bound.values[at : at + 1], bound.cotangents[:n])

    def report(self) -> str:
        tape = self.tape
        where = "8 samples at a time" if self.batched else "8 operations at a time"
        return (
            f"native, tape ({self.why}): {tape.size - tape.first} operations in {len(tape.groups)} groups "
            f"({tape.mean_group:.1f} each), {where}"
        )
