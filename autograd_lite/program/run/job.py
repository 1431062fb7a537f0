"""What a back end is asked: a job, and what each must be able to do with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

from ..differentiate import differentiate
from ..passes import reduce_outputs
from ..program import Program
from .outputs import Outputs, Place


class InPlace(NamedTuple):
    """Flat inputs to write to, a function that runs, the value (one number) and the gradient it leaves."""

    inputs: Any
    run: Callable[[], None]
    value: Any
    gradient: Any


class Executor(Protocol):
    """A job bound to a back end, with buffers of its own, for one thread at a time. This is the whole of its life.

    A back end makes an executor of a job, here of w·x with the parameter w, reduced to the sum over samples:

        >>> import numpy as np
        >>> from autograd_lite import ops
        >>> from autograd_lite.program.program import Instruction
        >>> from autograd_lite.program.run.numpy_executor import NumpyExecutor
        >>> product = Program(("x", "w"), (True, False), (Instruction(ops.mul, (1, 0)),), (2,))
        >>> executor: Executor = NumpyExecutor(Job(product, (1,), "sum", "float64", wrt_arguments=True))

    ``parameters`` is one flat array from first to last: write to it when you like, whatever runs next reads it.
    ``values`` needs nothing but its inputs, (rows, samples) for each argument:

        >>> executor.parameters[:] = [0.5]
        >>> [float(y) for y in executor.values([np.array([[1.0, 3.0]])], samples=2)]
        [2.0]

    What has to do with gradients is computed of the inputs that were loaded last, any number of times:

        >>> executor.load([np.array([[1.0, 2.0, 3.0]])], samples=3)
        >>> values, of_inputs, of_parameters = executor.gradients()
        >>> float(values[0]), of_inputs.tolist(), of_parameters.tolist()
        (3.0, [[0.5, 0.5, 0.5]], [6.0])
        >>> [float(y) for y in executor.descend(0.1)], executor.parameters.round(2).tolist()  # 0.5 − 0.1·6
        ([3.0], [-0.1])

    Code is compiled when it is first needed. Results stay as they are, but for gradients with respect to parameters,
    which the next run may overwrite. A new back end is a class that can do this, and a row of ``choose.BACK_ENDS``.
    """

    parameters: Any

    def values(self, inputs: Sequence[Any], samples: int) -> Sequence[Any]:
        """Return each output, (samples,) or 0-dimensional; changes nothing that was loaded."""

    def load(self, inputs: Sequence[Any], samples: int) -> None:
        """Take the inputs of what follows: ``gradients``, ``descend`` and ``in_place`` may be called from now on."""

    def gradients(self) -> tuple[Sequence[Any], Any, Any]:
        """Return the outputs, the gradients of inputs (rows, samples), and those of parameters, flat."""

    def descend(self, rate: float) -> Sequence[Any]:
        """Move the parameters by rate against their gradient; return the outputs as they were before."""

    def of_parameters(self) -> Any:
        """Return the gradient that ``gradients`` or ``descend`` computed last, flat."""

    def in_place(self) -> InPlace:
        """Return the arrays that the code of one point, with one output, reads and writes, and what runs it."""

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

    def of_each_sample(self) -> Job:
        """Return the job whose outputs are these, and the gradients of all inputs for each sample by itself."""
        n = len(self.program.names)
        one_sample = replace(self.program, batched=(False,) * n)
        program = replace(differentiate(one_sample, range(n), first=self.first), batched=self.program.batched)
        return Job(program, self.sizes, None, self.dtype, wrt_arguments=False)

    def outputs(self, places: Sequence[Place]) -> Outputs:
        """Return what picks the results of ``forward`` or ``gradient`` out of the places a back end leaves them in."""
        n_inputs = self.n_arguments if self.wrt_arguments else 0
        return Outputs(places, n_values=len(self.program.outputs), n_inputs=n_inputs)
