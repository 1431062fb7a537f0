"""The back ends by name, and the choice between them by a cost model."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable

from ...hints import users_frame
from ..gather import gather_sums
from ..passes import expand, lower
from ..program import Program
from ..vectorise import vector_program
from .job import Executor, Job
from .numpy_executor import NumpyExecutor


def choose(job: Job, name: str) -> Executor:
    """Return the executor of a back end for a job.

    Raises ImportError for "native" without llvmlite, TypeError for a row whose executor cannot do what each must.
    """
    make = BACK_ENDS[name]
    executor = make(job) if callable(make) else make
    missing = [method for method in _OWED if not hasattr(type(executor), method)]
    if missing:
        lacking = type(executor)
        where = getattr(sys.modules.get(lacking.__module__), "__file__", lacking.__module__)
        raise TypeError(f"back end {name!r}: {lacking.__name__} ({where}) lacks {', '.join(missing)} of job.Executor")
    return executor


_OWED = [name for name in vars(Executor) if not name.startswith("_")]


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


def _cheapest(job: Job, *, native_only: bool = False) -> Executor:
    """Return the executor that is fastest for a job; ``native_only`` leaves NumPy what has no native code."""
    try:
        from . import native
    except ImportError:
        if native_only:
            raise
        return NumpyExecutor(job, "llvmlite is not installed")
    program = job.program
    lowered = lower(program)
    if job.dtype != "float64" or not native.can_record(lowered):
        why = "float32" if job.dtype != "float64" else "an operation whose rule cannot be recorded"
        if native_only:
            warnings.warn(f"no native code for {why}: the NumPy back end runs it", stacklevel=users_frame()[1])
        return NumpyExecutor(job, f"no native code for {why}")
    work, tape, can_tape = operations(program), None, native.can_tape(lowered)
    if any(program.batched) or not can_tape:
        small = work <= SPELLED_OUT and job.n_parameters <= SUMS
        why = f"{work} operations and {job.n_parameters} parameters, {'few' if small else 'too many'} to spell out"
        if not small and not native_only and _is_dense(program, work):
            return NumpyExecutor(job, f"{why}; most are in large matrix products")
    else:
        tape = native.Tape(program)
        small = work <= SPELLED_OUT_AT_ONE_POINT and tape.mean_group < NARROW
        why = f"{work} operations, {tape.mean_group:.1f} of a kind side by side"
    if small and native.can_spell_out(gather_sums(expand(program, native.writes))):
        return native.StraightLineExecutor(job, why)
    if not can_tape:
        return NumpyExecutor(job, f"{why}, and an operation of more operands than the tape's kernel takes")
    return native.TapeExecutor(job, tape or native.Tape(program), why)


def _native(job: Job) -> Executor:
    return _cheapest(job, native_only=True)


# What makes an executor of a job: a row for each name that ``compile(backend=…)`` takes.
BACK_ENDS: dict[str, Callable[[Job], Executor]] = {"auto": _cheapest, "numpy": NumpyExecutor, "native": _native}


def operations(program: Program) -> int:
    """Return how many operations of two operands a program does: a dot of n pairs counts n."""
    return sum(max(1, len(i.operands) // 2) if i.op.arity < 0 else bool(i.operands) for i in program.instructions)


def _is_dense(program: Program, work: int) -> bool:
    """Tell whether most of the work is in matrix products that BLAS does well."""
    products = [call for call in vector_program(program).calls if call.is_product]
    sizes = [call.shape[0] * call.shape[1] * call.length for call in products]
    return sum(size for size in sizes if size >= LARGE_PRODUCT) >= DENSE * work
