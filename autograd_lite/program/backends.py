"""What runs a program: the choice between back ends, and what each must be able to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal, Protocol

import numpy as np

from .differentiate import differentiate
from .numpy_backend import Bound, Layout
from .passes import expand, fuse, gather_sums
from .program import Program
from .vectorise import VectorProgram, vectorise

Backend = Literal["auto", "numpy", "native"]


class Executor(Protocol):
    """Runs one program, its inputs given as arrays (rows, samples), one per argument, its parameters flat."""

    def values(self, inputs: Sequence[Any], parameters: Any, samples: int) -> list[Any]:
        """Return each output, (samples,) or 0-dimensional."""

    def value_and_gradients(self, inputs: Sequence[Any], parameters: Any, samples: int) -> tuple[list[Any], Any, Any]:
        """Return the outputs, the gradients of inputs (rows, samples), and those of parameters, flat."""

    def report(self) -> str:
        """Say in a few lines what the program became."""


def choose(program: Program, sizes: Sequence[int], *, mean: bool, backend: Backend, dtype: str) -> Executor:
    """Return the executor for a program; ``sizes`` are the numbers of inputs of each argument."""
    if backend not in ("auto", "numpy", "native"):
        raise ValueError(f"backend must be 'auto', 'numpy' or 'native', got {backend!r}")
    return NumpyExecutor(program, sizes, mean=mean, dtype=dtype)


class NumpyExecutor:
    """Groups of operations and matrix products in NumPy; forward and backward are two programs."""

    def __init__(self, program: Program, sizes: Sequence[int], *, mean: bool, dtype: str):
        self.program, self.sizes, self.mean, self.dtype = program, sizes, mean, dtype
        self.n_inputs = sum(sizes)
        self._forward: _NumpyFunction | None = None
        self._gradient: _NumpyFunction | None = None

    @property
    def forward(self) -> _NumpyFunction:
        if self._forward is None:
            self._forward = _NumpyFunction(self.program, self.sizes, self.dtype)
        return self._forward

    @property
    def gradient(self) -> _NumpyFunction:
        if self._gradient is None:
            wrt = range(len(self.program.names))
            program = differentiate(self.program, wrt, seed="1/n" if self.mean else "")
            self._gradient = _NumpyFunction(program, self.sizes, self.dtype)
        return self._gradient

    def values(self, inputs: Sequence[Any], parameters: Any, samples: int) -> list[Any]:
        bound = self.forward.bound(samples)
        bound.fill(inputs, parameters)
        bound.run()
        return bound.outputs

    def value_and_gradients(self, inputs: Sequence[Any], parameters: Any, samples: int) -> tuple[list[Any], Any, Any]:
        bound = self.gradient.bound(samples)
        bound.fill(inputs, [*parameters, 1.0 / samples] if self.mean else parameters)
        bound.run()
        n = len(self.program.outputs)
        slots = self.gradient.vectors.program.outputs[n:]
        rows = [np.broadcast_to(y, samples) for y in bound.outputs[n : n + self.n_inputs]]
        of_inputs = np.array(rows).reshape(self.n_inputs, samples)
        return bound.outputs[:n], of_inputs, bound.gathered(slots[self.n_inputs :])()

    def report(self) -> str:
        function = self._gradient or self.forward
        calls = function.vectors.calls
        kinds = Counter("matrix products" if call.kind == "product" else call.op.name for call in calls)
        detail = ", ".join(f"{count} {name}" for name, count in kinds.most_common())
        what = "value and gradient" if self._gradient else "value"
        return f"numpy: {what} in {len(calls)} calls: {detail}"


class _NumpyFunction:
    """A program vectorised once, and bound to buffers for each number of samples that comes."""

    def __init__(self, program: Program, sizes: Sequence[int], dtype: str):
        self.vectors: VectorProgram = vectorise(gather_sums(fuse(expand(program))))
        self.layout = Layout(self.vectors, sizes)
        self.dtype = dtype
        self._bound: dict[int, Bound] = {}

    def bound(self, samples: int) -> Bound:
        bound = self._bound.get(samples)
        if bound is None:
            if len(self._bound) >= 4:  # training needs two: the batch and the last, smaller one
                self._bound.pop(next(iter(self._bound)))
            bound = self._bound[samples] = Bound(self.vectors, self.layout, samples, self.dtype)
        return bound
