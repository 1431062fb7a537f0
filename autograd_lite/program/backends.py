"""What runs a program: the choice between back ends, and what each must be able to do."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal, Protocol

import numpy as np

from .differentiate import differentiate
from .numpy_backend import Bound, Layout
from .passes import expand, fuse, gather_sums, is_known, lower
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


def choose(
    program: Program, sizes: Sequence[int], *, mean: bool, backend: Backend, dtype: str, wrt_arguments: bool = True
) -> Executor:
    """Return the executor for a program; ``sizes`` are the numbers of inputs of each argument.

    With ``wrt_arguments`` off, only gradients of parameters are computed. Raises ImportError for
    ``backend="native"`` without llvmlite.
    """
    if backend not in ("auto", "numpy", "native"):
        raise ValueError(f"backend must be 'auto', 'numpy' or 'native', got {backend!r}")
    if backend != "numpy":
        native = _native(program, sum(sizes), mean, backend, dtype, wrt_arguments)
        if native is not None:
            return native
    return NumpyExecutor(program, sizes, mean=mean, dtype=dtype, wrt_arguments=wrt_arguments)


# ---------------------------------------------------------------- the cost model
#
# Spelling a program out takes LLVM about half a millisecond per operation, so only small programs are;
# matrix products large enough to fill BLAS are its; one kernel runs whatever remains.

SPELLED_OUT = 2_500  # multiplications and other operations of the forward pass, on a batch
SPELLED_OUT_AT_ONE_POINT = 20_000
NARROW = 4.0  # fewer operations of one kind per level than this leave lanes of the tape empty
DENSE = 0.5  # the share of the work that is in matrix products, from which on they decide
LARGE_PRODUCT = 500  # multiplications per sample in a matrix product that is worth a call


def _native(
    program: Program, n_arguments: int, mean: bool, backend: Backend, dtype: str, wrt_arguments: bool
) -> Executor | None:
    try:
        from . import native
    except ImportError:
        if backend == "native":
            raise
        return None
    if dtype != "float64" or not native.can_tape(lower(program)):
        if backend == "native":
            what = "float32" if dtype != "float64" else "an operation whose rule cannot be recorded"
            warnings.warn(f"no native code for {what}: the NumPy back end runs it", stacklevel=2)
        return None
    work = operations(program)
    gathered = gather_sums(expand(program))
    if any(program.batched):
        spelled_out = work <= SPELLED_OUT and native.can_spell_out(gathered)
        if not spelled_out and backend == "auto" and _is_dense(gathered, work):
            return None
    else:
        narrow = work <= SPELLED_OUT_AT_ONE_POINT and native.Tape(program).mean_group < NARROW
        spelled_out = narrow and native.can_spell_out(gathered)
    if spelled_out and all(is_known(i.op) for i in program.instructions):
        return native.StraightLineExecutor(program, n_arguments, mean=mean, wrt_arguments=wrt_arguments)
    return native.TapeExecutor(program, n_arguments, mean=mean)


def operations(program: Program) -> int:
    """Return how many operations of two operands a program does: a dot of n pairs counts n."""
    return sum(max(1, len(i.operands) // 2) if i.op.arity < 0 else bool(i.operands) for i in program.instructions)


def _is_dense(gathered: Program, work: int) -> bool:
    """Tell whether most of the work is in matrix products that BLAS does well."""
    products = [call for call in vectorise(gathered).calls if call.kind == "product"]
    sizes = [call.shape[0] * call.shape[1] * call.length for call in products]
    return sum(size for size in sizes if size >= LARGE_PRODUCT) >= DENSE * work


class NumpyExecutor:
    """Groups of operations and matrix products in NumPy; forward and backward are two programs."""

    def __init__(self, program: Program, sizes: Sequence[int], *, mean: bool, dtype: str, wrt_arguments: bool):
        self.program, self.sizes, self.mean, self.dtype = program, sizes, mean, dtype
        self.n_inputs = sum(sizes) if wrt_arguments else 0
        self.wrt = range(0 if wrt_arguments else sum(sizes), len(program.names))
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
            program = differentiate(self.program, self.wrt, seed="1/n" if self.mean else "")
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
