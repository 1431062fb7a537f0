"""A batch larger than one machine: Dask arrays, a chunk of samples at a time.

    >>> import pytest; da = pytest.importorskip("dask.array")
    >>> from autograd_lite import Value, compile
    >>> w = Value(0.5, "w")
    >>> compiled = compile(lambda x: w * x, parameters=[w], batched=True, reduce="mean")
    >>> value, gradients = compiled.value_and_grad(da.arange(4.0, chunks=2))
    >>> value, gradients.parameters, gradients.arguments[0].compute().tolist()
    (0.75, [1.5], [0.125, 0.125, 0.125, 0.125])

The program travels to the chunks, not the function (which may be a lambda), and not the data. A worker
process compiles it once, with the NumPy or native back end, and runs every chunk that it holds; the sums
over samples are added up in a tree, always in the same order. A chunk that is lost with its worker is
computed again by another: a task depends on nothing but its inputs.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from array_api_compat import is_dask_array

from ...trees import rebuild
from ..arguments import same_length
from ..plan import Gradients, Plan, Recorded
from ..run.choose import choose
from ..run.job import Executor, Job
from ..structure import NUMBER, Even

FAN_IN = 8  # chunks whose sums are added in one task
KEPT = 16  # jobs whose code a worker keeps


# ---------------------------------------------------------------- in a worker


@dataclass(frozen=True)
class Work:
    """What a worker needs: a job, the numbers of parameters, and a key by which it finds what it has compiled."""

    job: Job
    backend: str
    parameters: Any
    key: tuple[str, str | None, bool, bool]

    def inputs(self, chunks: Sequence[Any]) -> tuple[list[Any], int]:
        """Return chunks, (samples, …), as rows (numbers, samples), and the number of samples."""
        samples = len(chunks[0])
        arrays = [np.asarray(chunk, self.job.dtype) for chunk in chunks]
        return [a.reshape(samples, size).T for a, size in zip(arrays, self.job.sizes)], samples


_idle: dict[Any, list[Executor]] = defaultdict(list)
_lock = threading.Lock()


@contextmanager
def compiled_here(work: Work) -> Iterator[Executor]:
    """Lend an executor for ``work`` to one thread; compile it if none is idle."""
    with _lock:
        waiting = _idle[work.key]
        executor = waiting.pop() if waiting else None
    if executor is None:
        executor = choose(work.job, work.backend)
    yield executor  # one that failed is not used again
    with _lock:
        _idle[work.key].append(executor)
        while len(_idle) > KEPT:
            del _idle[next(iter(_idle))]


def chunk_values(work: Work, *chunks: Any) -> Any:
    """Return the outputs for a chunk, (outputs, samples)."""
    with compiled_here(work) as executor:
        inputs, samples = work.inputs(chunks)
        executor.parameters[:] = work.parameters
        return np.stack([np.broadcast_to(y, samples) for y in executor.values(inputs, samples)])


def chunk_sums(work: Work, *chunks: Any) -> Any:
    """Return the sums of outputs over a chunk."""
    with compiled_here(work) as executor:
        inputs, samples = work.inputs(chunks)
        executor.parameters[:] = work.parameters
        return np.array(executor.values(inputs, samples)[: work.job.n_reduced])


def chunk_totals(work: Work, *chunks: Any) -> Any:
    """Return, flat, the sums of outputs over a chunk, then the gradients of parameters."""
    with compiled_here(work) as executor:
        inputs, samples = work.inputs(chunks)
        executor.parameters[:] = work.parameters
        executor.load(inputs, samples)
        outputs, _, of_parameters = executor.gradients()
        return np.concatenate([outputs[: work.job.n_reduced], of_parameters])


def chunk_slopes(work: Work, count: int, *chunks: Any) -> list[Any]:
    """Return the gradient with respect to each argument, like its chunk, divided by ``count``."""
    with compiled_here(work) as executor:
        inputs, samples = work.inputs(chunks)
        executor.parameters[:] = work.parameters
        executor.load(inputs, samples)
        rows = np.split(executor.gradients()[1], np.cumsum(work.job.sizes)[:-1])
        return [of_input.T.reshape(np.shape(chunk)) / count for of_input, chunk in zip(rows, chunks)]


def added(parts: Sequence[Any]) -> Any:
    """Return the sum of a few flat arrays."""
    return np.sum(parts, axis=0)


# ---------------------------------------------------------------- what Compiled asks


def _dask() -> Any:
    import dask
    import dask.array

    return dask


def values(compiled: Recorded, arguments: Sequence[Any]) -> Any:
    """Return what ``compiled(*arguments)`` is: lazy arrays of one number per sample; reduced, a number."""
    batch = _Batch(compiled, arguments)
    return batch.structured(batch.totals(with_gradient=False) if compiled.reduce else [])


def value_and_grad(compiled: Recorded, arguments: Sequence[Any]) -> tuple[Any, Gradients]:
    """Return values and gradients; those of arguments are lazy arrays, those of parameters numbers if it is reduced.

    Computing a lazy gradient runs the program on the chunks again: nothing of the size of the batch is kept.
    """
    batch = _Batch(compiled, arguments)
    n = len(compiled.parameters)
    totals: Sequence[Any] = batch.totals(with_gradient=n > 0) if compiled.reduce else batch.of_each_sample()
    of_parameters = rebuild(compiled.parameter_tree, iter(totals[-n:])) if n else []
    reduced = totals[: batch.plan.job().n_reduced]
    return batch.structured(reduced), Gradients(tuple(batch.slopes()), of_parameters)


def plan(compiled: Recorded, arguments: Sequence[Any]) -> Plan:
    """Return the plan for arrays of this structure."""
    return _Batch(compiled, arguments).plan


class _Batch:
    """The arguments of one call, cut into chunks of the same samples."""

    def __init__(self, compiled: Recorded, arguments: Sequence[Any]):
        if not compiled.batched:
            raise ValueError("a Dask array is a batch in chunks of samples: compile with batched=True")
        self.compiled = compiled
        self.arrays = _aligned(arguments)
        self.plan: Plan
        self.samples = same_length([x.shape[0] for x in self.arrays])
        kinds = [list if isinstance(x, list) else np.ndarray for x in arguments]
        shapes = [x.shape[1:] for x in self.arrays]
        self.plan = compiled.plan([Even(*one) if one[1] else NUMBER for one in zip(kinds, shapes)])
        self.lengths: tuple[int, ...] = self.arrays[0].chunks[0]
        # a delayed object for each chunk of each argument; chunks of one piece but for the samples
        self.chunks = list(zip(*[x.to_delayed().ravel().tolist() for x in self.arrays]))

    def structured(self, reduced: Sequence[float]) -> Any:
        """Return the reduced outputs, and the others as lazy arrays, in the structure that the function returned."""
        stack = _dask().array.stack

        def stacked(columns: Sequence[Any], shape: tuple[int, ...]) -> Any:
            return stack(columns, axis=1).reshape((-1, *shape))

        columns = self._per_sample(len(reduced))
        return self.plan.structured([*reduced, *columns], lambda numbers, shape: np.reshape(numbers, shape), stacked)

    def _work(self, reduce: str | None, *, wrt_arguments: bool = True, of_each_sample: bool = False) -> Any:
        """Return a task that holds the work, so that it travels to each worker once."""
        dask = _dask()
        job = replace(self.plan.job(wrt_arguments=wrt_arguments), reduce=reduce)
        if of_each_sample:
            job = job.of_each_sample()
        numbers = np.array([p.data for p in self.compiled.parameters], job.dtype)
        key = self.plan.key, reduce, wrt_arguments, of_each_sample
        return dask.delayed(Work(job, self.compiled.backend, numbers, key), traverse=False)  # no chunks inside

    def _per_sample(self, first: int) -> list[Any]:
        """Return lazy arrays, (samples,), of each output from ``first`` on."""
        n = len(self.plan.program.outputs)
        return self._columns(self._work(None), n)[first:] if first < n else []

    def of_each_sample(self) -> list[Any]:
        """Return lazy arrays, (samples,), of the gradient with respect to each parameter."""
        n = len(self.compiled.parameters)
        outputs = len(self.plan.program.outputs) + sum(self.plan.sizes) + n
        return self._columns(self._work(None, of_each_sample=True), outputs)[-n:] if n else []

    def _columns(self, work: Any, n: int) -> list[Any]:
        """Return lazy arrays, (samples,), of the ``n`` outputs of some work."""
        dask = _dask()
        task = dask.delayed(chunk_values, pure=False)
        parts = [
            dask.array.from_delayed(task(work, *chunks), (n, length), self.compiled.dtype)
            for chunks, length in zip(self.chunks, self.lengths)
        ]
        return list(dask.array.concatenate(parts, axis=1))

    def totals(self, *, with_gradient: bool) -> list[float]:
        """Return the outputs, reduced over all samples, and the gradients of parameters: computed now."""
        dask = _dask()
        work = self._work("sum", wrt_arguments=False)
        task = dask.delayed(chunk_totals if with_gradient else chunk_sums, pure=False)
        parts = [task(work, *chunks) for chunks in self.chunks]
        while len(parts) > 1:
            parts = [dask.delayed(added, pure=False)(parts[i : i + FAN_IN]) for i in range(0, len(parts), FAN_IN)]
        (total,) = dask.compute(parts[0])
        result: list[float] = (total / self._count()).tolist()
        return result

    def slopes(self) -> list[Any]:
        """Return lazy arrays of the gradients with respect to each argument."""
        dask = _dask()
        work = self._work("sum")
        task = dask.delayed(chunk_slopes, pure=False)
        parts = [task(work, self._count(), *chunks) for chunks in self.chunks]
        return [
            dask.array.concatenate(
                [
                    dask.array.from_delayed(part[k], (length, *x.shape[1:]), self.compiled.dtype)
                    for part, length in zip(parts, self.lengths)
                ]
            )
            for k, x in enumerate(self.arrays)
        ]

    def _count(self) -> int:
        return self.samples if self.compiled.reduce == "mean" else 1


def _aligned(arguments: Sequence[Any]) -> list[Any]:
    """Return the arguments as Dask arrays with the same chunks of samples, whole along all other axes.

    The chunks of samples are those of the first Dask array.
    """
    da = _dask().array
    position, first = next((i, x) for i, x in enumerate(arguments, start=1) if is_dask_array(x))
    aligned = []
    for i, x in enumerate(arguments, start=1):
        array = x if is_dask_array(x) else da.asarray(x)
        if not array.ndim:
            raise ValueError(f"batched=True: argument {i} needs an axis of samples in front, got a number")
        if any(n != n for n in array.shape):
            raise ValueError(f"argument {i} has chunks of unknown size: call its compute_chunk_sizes() first")
        aligned.append(array)
    lengths = tuple(n for n in aligned[position - 1].chunks[0] if n)
    return [x.rechunk((lengths, *x.shape[1:])) if len(x) == len(first) else x for x in aligned]
