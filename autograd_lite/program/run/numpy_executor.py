"""Groups of operations and matrix products in NumPy: a job bound to buffers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..program import Program
from ..vectorise import VectorProgram, vector_program
from .job import InPlace, Job
from .numpy_code import Bound
from .places import Places


class NumpyExecutor:
    """Groups of operations and matrix products in NumPy; forward and backward are two programs."""

    def __init__(self, job: Job, why: str):
        self.job, self.why = job, why
        self.parameters = np.zeros(job.n_parameters, job.dtype)
        self._forward: _NumpyFunction | None = None
        self._gradient: _NumpyFunction | None = None
        self._loaded: Bound | None = None

    def values(self, inputs: Sequence[Any], samples: int) -> list[Any]:
        if self._forward is None:
            self._forward = _NumpyFunction(self.job, self.job.forward())
        bound = self._forward.bound(samples)
        bound.load(inputs)
        self._forward.parameters[: len(self.parameters)] = self.parameters
        self._forward.tell_count(samples)
        bound.run()
        return self._forward.outputs.values(bound.rows, bound.shared)

    def load(self, inputs: Sequence[Any], samples: int) -> None:
        if self._gradient is None:
            self._gradient = _NumpyFunction(self.job, self.job.gradient())
            mine = self._gradient.parameters[: len(self.parameters)]
            mine[:] = self.parameters
            self.parameters = mine  # from now on the code reads them where they are written
        self._loaded = self._gradient.bound(samples)
        self._loaded.load(inputs)

    def _run(self) -> tuple[_NumpyFunction, Bound]:
        assert self._gradient is not None and self._loaded is not None, "load comes first"
        self._gradient.tell_count(self._loaded.samples)
        self._loaded.run()
        return self._gradient, self._loaded

    def gradients(self) -> tuple[list[Any], Any, Any]:
        function, bound = self._run()
        return function.outputs.of(bound.rows, bound.shared)

    def descend(self, rate: float) -> list[Any]:
        function, bound = self._run()
        np.multiply(function.outputs.of_parameters(bound.shared), rate, function.step)
        np.subtract(self.parameters, function.step, self.parameters)
        return function.outputs.values(bound.rows, bound.shared)

    def of_parameters(self) -> Any:
        assert self._gradient is not None and self._loaded is not None, "load comes first"
        return self._gradient.outputs.of_parameters(self._loaded.shared)

    def in_place(self) -> InPlace:
        function, bound = self._run()
        _, of_inputs, _ = function.outputs.of(bound.rows, bound.shared)
        gradient = of_inputs[:, 0].copy()

        def run() -> None:
            bound.run()
            gradient[:] = function.outputs.of(bound.rows, bound.shared)[1][:, 0]

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

    def __init__(self, job: Job, program: Program):
        self.vectors: VectorProgram = vector_program(program)
        self.places = Places(self.vectors, job.sizes)
        self._shared, self.parameters = self.places.shared_array(job.dtype)
        self._bound: dict[int, Bound] = {}
        self._mean = job.reduce == "mean"
        self.outputs = job.outputs(self.places.of(self.vectors.program.outputs))
        self.step = np.empty(job.n_parameters, job.dtype)

    def tell_count(self, samples: int) -> None:
        """Write 1/n where a mean over n samples reads it."""
        if self._mean:
            self.parameters[-1] = 1.0 / samples

    def bound(self, samples: int) -> Bound:
        bound = self._bound.get(samples)
        if bound is None:
            if len(self._bound) >= 4:  # training needs two: the batch and the last, smaller one
                self._bound.pop(next(iter(self._bound)))
            bound = self._bound[samples] = Bound(self.vectors, self.places, samples, self._shared)
        return bound
