"""What a back end is asked: a job, and what each must be able to do with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, get_args

from ..differentiate import differentiate
from ..passes import reduce_outputs
from ..program import Program
from .outputs import Outputs, Place

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
