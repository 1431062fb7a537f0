"""The back ends by name, and the choice between them by a cost model."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ...hints import users_frame
from ..collector import collector_paused
from ..gather import gather_sums
from ..passes import expand, lower
from ..program import Program, one_of_each
from ..vectorise import vectorise
from .job import Executor, Job
from .numpy_executor import NumpyExecutor


@collector_paused()
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


Update = Callable[[Sequence[float], Any, Any, Sequence[Any]], None]
_OWED = [name for name in vars(Executor) if not name.startswith("_")]


# ---------------------------------------------------------------- the cost model
#
# Spelling a program out takes LLVM a millisecond per operation and more, and pays for small programs alone; a list of
# kernels for vectors runs what is in good part sums and dots, and all of single precision; the kernel of the tape runs
# whatever remains, since it takes least to prepare; matrix products beyond the caches are BLAS's.

SPELLED_OUT = 4_000  # multiplications and other operations of the forward pass, on a batch
DOTS_SPELLED_OUT = 800  # the same, where there are sums and dots enough for vectors
SPELLED_OUT_AT_ONE_POINT = 20_000
NARROW = 4.0  # fewer operations of one kind per level than this leave lanes of the tape empty
VECTORS_AT_ONE_POINT = 1_000  # operations: of fewer the tape is as fast, and there at once
DENSE = 0.5  # the share of the work that is in large matrix products, from which on they decide
LARGE_PRODUCT = 20_000  # multiplications per sample in a matrix product that BLAS does better
DOTS = 0.25  # the share of the work that is in sums and dots, from which on vectors are better than a tape


def _cheapest(job: Job, *, native_only: bool = False) -> Executor:
    """Return the executor that is fastest for a job; ``native_only`` leaves NumPy what has no native code."""
    try:
        from . import native
    except ImportError:
        if native_only:
            raise
        return NumpyExecutor(job, "llvmlite is not installed")
    lowered = lower(one_of_each(job.program))
    if not native.can_record(lowered):
        why = "no native code for an operation whose rule cannot be recorded"
        if native_only:
            warnings.warn(f"{why}: the NumPy back end runs it", stacklevel=users_frame()[1])
        return NumpyExecutor(job, why)
    doubles_tape = job.dtype == "float64" and native.can_tape(lowered)
    if doubles_tape and not job.is_batched:
        return _at_one_point(job, native.Tape(job.program))
    return _on_vectors(job, doubles_tape=doubles_tape, native_only=native_only)


def _at_one_point(job: Job, tape: Any) -> Executor:
    """Return the executor for one point in double precision, of operations that a tape takes."""
    from . import native

    work, dots = operations(job.program), _in_dots(job.program)
    why = f"{work} operations, {tape.mean_group:.1f} of a kind side by side"
    small = work <= SPELLED_OUT_AT_ONE_POINT and tape.mean_group < NARROW
    in_dots = work >= VECTORS_AT_ONE_POINT and dots >= DOTS * work
    if (small or in_dots) and native.can_spell_out(expand(job.program, native.writes)):
        if small:
            return native.StraightLineExecutor(job, why)
        return native.VectorExecutor(job, f"{why}, {dots / work:.0%} in sums and dots")
    return native.TapeExecutor(job, tape, why)


def _on_vectors(job: Job, *, doubles_tape: bool, native_only: bool) -> Executor:
    """Return the executor for a batch, or for what is not double precision on a tape."""
    from . import native

    work, dots = operations(job.program), _in_dots(job.program)
    expanded = expand(job.program, native.writes)
    has_code = native.can_spell_out(expanded)
    in_dots = dots >= DOTS * work
    small = work <= (min(SPELLED_OUT, DOTS_SPELLED_OUT) if in_dots else SPELLED_OUT)
    why = f"{work} operations, {'few' if small else 'too many'} to spell out"
    if small and has_code and job.dtype == "float64":
        return native.StraightLineExecutor(job, why)
    if not native_only and _is_dense(expanded, work):
        return NumpyExecutor(job, f"{why}; most are in large matrix products")
    why = f"{work} operations, {dots / max(1, work):.0%} of them in sums and dots"
    if has_code and (in_dots or not doubles_tape):
        return native.VectorExecutor(job, why)
    if doubles_tape:
        return native.TapeExecutor(job, native.Tape(job.program), why)
    return NumpyExecutor(job, f"{why}, and an operation of more operands than the tape's kernel takes")


def updating(optimiser: Any, name: str, dtype: str) -> Update:
    """Return what moves parameters and state of an optimiser in place, ``(numbers, x, g, state)``, by its rule.

    It is machine code unless the back end is "numpy", llvmlite is not there, or the rule asks for more than arithmetic.
    """
    if name != "numpy":
        try:
            from .native.update import Update as Compiled

            what = type(optimiser), optimiser.settings()
            return Compiled(what, optimiser.rule, len(optimiser.numbers()), len(optimiser.slots), dtype).run
        except (ImportError, TypeError):
            pass
    return partial(_update, optimiser.rule)


def _update(rule: Callable[..., Any], numbers: Sequence[float], x: Any, g: Any, state: Sequence[Any]) -> None:
    for array, new in zip((x, *state), rule(numbers, x, g, *state)):
        array[:] = new


def _native(job: Job) -> Executor:
    return _cheapest(job, native_only=True)


# What makes an executor of a job: a row for each name that ``compile(backend=…)`` takes.
BACK_ENDS: dict[str, Callable[[Job], Executor]] = {"auto": _cheapest, "numpy": NumpyExecutor, "native": _native}


def operations(program: Program) -> int:
    """Return how many operations of two operands a program does: a dot of n pairs counts n."""
    return sum(max(1, len(i.operands) // 2) if i.op.arity < 0 else bool(i.operands) for i in program.instructions)


def _in_dots(program: Program) -> int:
    """Return how many of these operations are in sums, dots and their like."""
    return sum(len(i.operands) // 2 for i in program.instructions if i.op.arity < 0)


def _is_dense(program: Program, work: int) -> bool:
    """Tell whether most of the work is in matrix products that BLAS does well."""
    if work < LARGE_PRODUCT:
        return False
    products = [call for call in vectorise(gather_sums(program)).calls if call.is_product]
    sizes = [call.shape[0] * call.shape[1] * call.length for call in products]
    return sum(size for size in sizes if size >= LARGE_PRODUCT) >= DENSE * work
