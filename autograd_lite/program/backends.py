"""What runs a program: the choice between back ends, and what each must be able to do."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, get_args

import numpy as np

from .differentiate import differentiate
from .numpy_backend import Bound, Layout
from .outputs import Outputs, Place
from .passes import expand, fuse, gather_sums, lower, reduce_outputs
from .program import Program
from .vectorise import VectorProgram, vectorise

Backend = Literal["auto", "numpy", "native"]
BACKENDS = get_args(Backend)


class InPlace(NamedTuple):
    """Flat inputs to write to, a function that runs, the value (one number) and the gradient it leaves."""

    inputs: Any
    run: Callable[[], None]
    value: Any
    gradient: Any


class Executor(Protocol):
    """Runs one program. The numbers of parameters are written to ``parameters``, a flat array."""

    parameters: Any

    def values(self, inputs: Sequence[Any], samples: int) -> list[Any]:
        """Return each output, (samples,) or 0-dimensional; inputs come as (rows, samples), one for each argument."""

    def load(self, inputs: Sequence[Any], samples: int) -> None:
        """Take the inputs for ``gradients`` and ``descend``."""

    def gradients(self) -> tuple[list[Any], Any, Any]:
        """Return the outputs, the gradients of inputs (rows, samples), and those of parameters, flat."""

    def descend(self, rate: float) -> list[Any]:
        """Move the parameters by rate against their gradient; return the outputs as they were before."""

    def of_parameters(self) -> Any:
        """Return the gradient that ``gradients`` or ``descend`` computed last, flat."""

    def in_place(self) -> InPlace:
        """Return the arrays that the code of one point reads and writes, and what runs it."""

    def report(self) -> str:
        """Say in a few lines what the program became."""


@dataclass(frozen=True)
class Job:
    """What is to be compiled: a program for one sample, and what is asked of it.

    ``sizes`` are the numbers of inputs of each argument, the first inputs of the program; the others are
    parameters. Without ``wrt_arguments`` only the gradients of parameters are wanted. The ``first`` outputs
    are reduced and differentiated (None: all); the others are passed along.
    """

    program: Program
    sizes: tuple[int, ...]
    reduce: str | None
    dtype: str
    wrt_arguments: bool
    first: int | None = None

    @property
    def n_arguments(self) -> int:
        return sum(self.sizes)

    @property
    def is_batched(self) -> bool:
        return any(self.program.batched)

    @property
    def n_parameters(self) -> int:
        return len(self.program.names) - self.n_arguments

    @property
    def n_reduced(self) -> int:
        """How many of the outputs, the first of them, are reduced."""
        if self.reduce is None:
            return 0
        return len(self.program.outputs) if self.first is None else self.first

    @property
    def wrt(self) -> range:
        """The inputs whose gradients are wanted."""
        return range(0 if self.wrt_arguments else self.n_arguments, len(self.program.names))

    def forward(self) -> Program:
        """Return the program with the reduction in it."""
        return reduce_outputs(self.program, self.reduce, first=self.first) if self.reduce else self.program

    def gradient(self) -> Program:
        """Return the program for the outputs and the gradients."""
        inverse_count = len(self.program.names) if self.reduce == "mean" else None
        each_sample = self.is_batched and self.reduce is None
        return differentiate(
            self.forward(), self.wrt, first=self.first, inverse_count=inverse_count, each_sample=each_sample
        )

    def outputs(self, places: Sequence[Place]) -> Outputs:
        """Return what picks the results of ``gradient`` out of the places that an engine leaves them in."""
        n_inputs = self.n_arguments if self.wrt_arguments else 0
        return Outputs(places, n_values=len(self.program.outputs), n_inputs=n_inputs)


def choose(job: Job, backend: Backend) -> Executor:
    """Return the executor for a job. Raises ImportError for ``backend="native"`` without llvmlite."""
    if backend == "numpy":
        return NumpyExecutor(job, "as asked")
    choice = decide(job, native_only=backend == "native")
    if choice.engine == "numpy":
        return NumpyExecutor(job, choice.why)
    from . import native

    if choice.engine == "straight line":
        return native.StraightLineExecutor(job, choice.why)
    return native.TapeExecutor(job, choice.tape or native.Tape(job.program), choice.why)


# ---------------------------------------------------------------- the cost model
#
# Spelling a program out takes LLVM about half a millisecond per operation, so only small programs are;
# matrix products large enough to fill BLAS are its; one kernel runs whatever remains.

SPELLED_OUT = 4_000  # multiplications and other operations of the forward pass, on a batch
SUMS = 1_000  # parameters: each has a vector that every block of samples is added to, and they must stay near
SPELLED_OUT_AT_ONE_POINT = 20_000
NARROW = 4.0  # fewer operations of one kind per level than this leave lanes of the tape empty
DENSE = 0.5  # the share of the work that is in matrix products, from which on they decide
LARGE_PRODUCT = 500  # multiplications per sample in a matrix product that is worth a call


class Choice(NamedTuple):
    """The engine for a job, the reason, and the tape if it was made to find out."""

    engine: Literal["numpy", "straight line", "tape"]
    why: str
    tape: Any = None


def decide(job: Job, *, native_only: bool = False) -> Choice:
    """Return the engine for a job, and why; ``native_only`` leaves NumPy what has no native code."""
    try:
        from . import native
    except ImportError:
        if native_only:
            raise
        return Choice("numpy", "llvmlite is not installed")
    program = job.program
    if job.dtype != "float64" or not native.can_tape(lower(program)):
        why = "float32" if job.dtype != "float64" else "an operation whose rule cannot be recorded"
        if native_only:
            warnings.warn(f"no native code for {why}: the NumPy back end runs it", stacklevel=2)
        return Choice("numpy", f"no native code for {why}")
    work, tape = operations(program), None
    if any(program.batched):
        small = work <= SPELLED_OUT and job.n_parameters <= SUMS
        why = f"{work} operations and {job.n_parameters} parameters, {'few' if small else 'too many'} to spell out"
        if not small and not native_only and _is_dense(program, work):
            return Choice("numpy", f"{why}; most are in large matrix products")
    else:
        tape = native.Tape(program)
        small = work <= SPELLED_OUT_AT_ONE_POINT and tape.mean_group < NARROW
        why = f"{work} operations, {tape.mean_group:.1f} of a kind side by side"
    if small and native.can_spell_out(gather_sums(expand(program))):
        return Choice("straight line", why)
    return Choice("tape", why, tape)


def operations(program: Program) -> int:
    """Return how many operations of two operands a program does: a dot of n pairs counts n."""
    return sum(max(1, len(i.operands) // 2) if i.op.arity < 0 else bool(i.operands) for i in program.instructions)


def _is_dense(program: Program, work: int) -> bool:
    """Tell whether most of the work is in matrix products that BLAS does well."""
    products = [call for call in vectorise(gather_sums(expand(program))).calls if call.kind == "product"]
    sizes = [call.shape[0] * call.shape[1] * call.length for call in products]
    return sum(size for size in sizes if size >= LARGE_PRODUCT) >= DENSE * work


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

        _, at = function.layout.places(function.vectors.program.outputs)[0]
        return InPlace(bound.shared[: self.job.n_arguments], run, bound.shared[at : at + 1], gradient)

    def report(self) -> str:
        function = self._gradient or self._forward
        if function is None:
            return f"numpy ({self.why}): not compiled yet"
        calls = function.vectors.calls
        kinds = Counter("matrix products" if call.kind == "product" else call.op.name for call in calls)
        detail = ", ".join(f"{count} {name}" for name, count in kinds.most_common())
        what = "value and gradient" if self._gradient else "value"
        return f"numpy ({self.why}): {what} in {len(calls)} calls: {detail}"


class _NumpyFunction:
    """A program vectorised once, and bound to buffers for each number of samples that comes."""

    def __init__(self, job: Job, program: Program):
        self.vectors: VectorProgram = vectorise(gather_sums(fuse(expand(program))))
        self.layout = Layout(self.vectors, job.sizes)
        self._shared, self.parameters = self.layout.shared_array(job.dtype)
        self._bound: dict[int, Bound] = {}
        self._mean = job.reduce == "mean"
        self.outputs = job.outputs(self.layout.places(self.vectors.program.outputs))
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
            bound = self._bound[samples] = Bound(self.vectors, self.layout, samples, self._shared)
        return bound
