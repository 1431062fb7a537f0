"""Groups of operations and matrix products in NumPy: a job bound to buffers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..program import Program
from ..vectorise import VectorProgram, vector_program
from .job import InPlace, Job
from .numpy_code import Bound, writes
from .places import Places

# Dots of what is batched on both sides are no work for BLAS: up to 16 in a grid are rather part of one large call.
SMALL_GRID = 17


class NumpyExecutor:
    """Runs a job in NumPy. The values alone are one program, with their gradients another; each is made when needed."""

    def __init__(self, job: Job, why: str = "as asked"):
        self.job, self.why = job, why
        self.parameters = np.zeros(job.n_parameters, job.dtype)
        self._step = np.empty_like(self.parameters)
        self._forward: _NumpyFunction | None = None
        self._gradient: _NumpyFunction | None = None

    def values(self, inputs: Sequence[Any], samples: int) -> Sequence[Any]:
        if self._forward is None:
            self._forward = _NumpyFunction(self.job, self.job.forward())
        self._forward.load(inputs, samples)
        ran = self._forward.run(self.parameters)
        return self._forward.outputs.values(ran.rows, ran.shared)

    def load(self, inputs: Sequence[Any], samples: int) -> None:
        if self._gradient is None:
            self._gradient = _NumpyFunction(self.job, self.job.gradient())
        self._gradient.load(inputs, samples)

    @property
    def _loaded(self) -> _NumpyFunction:
        assert self._gradient is not None, "load comes first"
        return self._gradient

    def gradients(self) -> tuple[Sequence[Any], Any, Any]:
        ran = self._loaded.run(self.parameters)
        return self._loaded.outputs.of(ran.rows, ran.shared)

    def descend(self, rate: float) -> Sequence[Any]:
        function = self._loaded
        ran = function.run(self.parameters)
        np.multiply(function.outputs.of_parameters(ran.shared), rate, self._step)
        np.subtract(self.parameters, self._step, self.parameters)
        return function.outputs.values(ran.rows, ran.shared)

    def of_parameters(self) -> Any:
        return self._loaded.outputs.of_parameters(self._loaded.bound.shared)

    def in_place(self) -> InPlace:
        function = self._loaded
        bound, outputs = function.run(self.parameters), function.outputs
        gradient = outputs.of(bound.rows, bound.shared)[1][:, 0].copy()

        def run() -> None:
            bound.run()
            gradient[:] = outputs.of(bound.rows, bound.shared)[1][:, 0]

        _, at = function.places.of(function.vectors.program.outputs)[0]
        return InPlace(bound.shared[: self.job.n_arguments], run, bound.shared[at : at + 1], gradient)

    def report(self) -> str:
        function = self._gradient or self._forward
        if function is None:
            return f"numpy ({self.why}): not compiled yet"
        what = "value and gradient" if self._gradient else "value"
        return f"numpy ({self.why}): {what} in {function.vectors.counted()}"


class _NumpyFunction:
    """A program vectorised once, and bound to buffers for each number of samples that comes."""

    bound: Bound  # what was loaded last

    def __init__(self, job: Job, program: Program):
        self.vectors: VectorProgram = vector_program(program, writes, small_grid=SMALL_GRID)
        self.places = Places(self.vectors, job.sizes)
        self.outputs = job.outputs(self.places.of(self.vectors.program.outputs))
        self._shared, self._parameters = self.places.shared_array(job.dtype)
        self._bound: dict[int, Bound] = {}
        self._mean = job.reduce == "mean"

    def load(self, inputs: Sequence[Any], samples: int) -> None:
        """Copy the inputs to where the code for so many samples reads them."""
        bound = self._bound.get(samples)
        if bound is None:
            if len(self._bound) >= 4:  # training needs two: the batch and the last, smaller one
                self._bound.pop(next(iter(self._bound)))
            bound = self._bound[samples] = Bound(self.vectors, self.places, samples, self._shared)
        self.bound = bound
        bound.load(inputs)

    def run(self, parameters: Any) -> Bound:
        """Compute; for a mean over n samples there is one more parameter, 1/n."""
        self._parameters[: len(parameters)] = parameters
        if self._mean:
            self._parameters[-1] = 1.0 / self.bound.samples
        self.bound.run()
        return self.bound
