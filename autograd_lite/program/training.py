"""A compiled function called again and again in the same arrays: at one point, or to train parameters."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Any, Protocol

import numpy as np

from .plan import Plan, Recorded
from .run.choose import Update, choose, updating
from .run.job import Executor
from .structure import Structure


class Evaluator:
    """Value and gradient at one point, again and again, in the same arrays: the fastest way to call.

        >>> from autograd_lite import compile
        >>> f = compile(lambda x, y: x * y + y)
        >>> evaluate = f.evaluator(3.0, 2.0)
        >>> evaluate(), evaluate.gradient.tolist()
        (8.0, [2.0, 4.0])
        >>> evaluate.inputs[0] = 5.0
        >>> evaluate()
        12.0

    ``inputs`` are the arguments, flat, to write to; ``gradient``, with respect to them, is written anew by
    every call. The parameters are those of the moment the evaluator was made. Raises ValueError for a
    batch, and for a function with several outputs.
    """

    def __init__(self, compiled: Recorded, arguments: Sequence[Any]):
        if compiled.batched:
            raise ValueError("an evaluator is for one point; a batch is one call already")
        plan, given = compiled.prepared(arguments)
        if len(plan.program.outputs) != 1:
            raise ValueError(f"an evaluator needs one output, got {len(plan.program.outputs)}")
        executor = choose(plan.job(), compiled.backend)  # its own, as its arrays are handed out
        executor.parameters[:] = compiled.numbers()
        executor.load(given.inputs, 1)
        self.inputs, self._run, self._value, self.gradient = executor.in_place()
        self.inputs[:] = np.concatenate([rows[:, 0] for rows in given.inputs] or [[]])

    def __call__(self) -> float:
        """Return the value at ``inputs``."""
        self._run()
        return self._value.item()  # type: ignore[no-any-return]


class Optimiser(Protocol):
    """What a trainer asks of an optimiser, such as those of ``nn``.

    ``rule(numbers, x, g, *state)`` returns the new x and the new state; it does arithmetic alone, so that it runs on
    floats, arrays and registers. ``numbers()`` are what differs from step to step, ``settings()`` what else it reads.
    """

    lr: float
    steps: int
    slots: tuple[str, ...]

    @property
    def parameters(self) -> Sequence[Any]: ...

    @property
    def is_plain(self) -> bool: ...

    def rule(self, numbers: Sequence[Any], x: Any, g: Any, *state: Any) -> tuple[Any, ...]: ...

    def numbers(self) -> Sequence[float]: ...

    def settings(self) -> Hashable: ...


class Trainer:
    """Gradient descent on flat parameters; ``step`` computes the loss, its gradient, and the move in one go.

        >>> from autograd_lite import Value, compile
        >>> w = Value(0.0, "w")
        >>> error = compile(lambda x, y: (w * x - y) ** 2, parameters=[w], batched=True, reduce="mean")
        >>> trainer = error.trainer(lr=0.1)
        >>> trainer.load([1.0, 2.0], [2.0, 4.0])
        >>> losses = [trainer.step() for _ in range(30)]
        >>> trainer.write_back(); round(w.data, 6)
        2.0

    With an ``optimiser`` on these parameters a step is one of its own; in machine code where there is some, so that
    parameters and state move where they are. It gets its state back from ``write_back``, too.

    Batches may be of several structures, sequences of 5 and of 9 numbers, say: a program is recorded for each, and none
    computes what another pads. The Values keep their numbers until ``write_back``.
    """

    def __init__(self, compiled: Recorded, lr: float, optimiser: Optimiser | None = None):
        if not isinstance(lr, (int, float)) or isinstance(lr, bool) or not 0.0 <= lr < math.inf:
            raise ValueError(f"trainer: lr must be a number, 0 or larger, got {lr!r}")
        if compiled.batched and compiled.reduce is None:
            raise ValueError('a trainer needs one loss: compile with reduce="mean" or "sum"')
        if compiled.options.is_mixed:
            raise ValueError(
                "a trainer takes batches alone: make parameters of what all samples share, or numbers inside f"
            )
        if optimiser is not None and [*optimiser.parameters] != [*compiled.parameters]:
            raise ValueError(
                "trainer: the optimiser must have the parameters that the function was compiled with, in this order"
            )
        self.compiled, self.lr, self.optimiser = compiled, lr, optimiser
        self._executors: dict[tuple[Structure, ...], Executor] = {}  # its own, for each structure that came
        self._updates: dict[Hashable, Update] = {}  # what moves the parameters, for the settings of the optimiser
        self._plan: Plan | None = None
        self._executor: Executor | None = None  # of the structure that was loaded last: it has the parameters
        self._samples = 1

    def load(self, *arguments: Any) -> None:
        """Take a batch; it stays for every ``step()`` until the next one."""
        plan, given = self.compiled.prepared(arguments)
        self._plan, self._executor = plan, self._of(plan)
        self._executor.load(given.inputs, given.samples)
        self._samples = given.samples

    def _of(self, plan: Plan) -> Executor:
        """Return the executor for a structure, with the parameters of now."""
        executor = self._executors.get(plan.arguments)
        if executor is None:
            executor = choose(plan.job(wrt_arguments=False), self.compiled.backend)
            self._executors[plan.arguments] = executor
        if executor is not self._executor:
            executor.parameters[:] = self.parameters
        return executor

    def step(self, *arguments: Any) -> Any:
        """Move the parameters against the gradient of the loss; return what the function returned before.

        They move by lr, or as the optimiser says.
        """
        if arguments or self._executor is None:
            self.load(*arguments)
        if self.optimiser is None:
            return self._returned(self.executor.descend(self.lr))
        self.optimiser.steps += 1
        if self.optimiser.is_plain:
            return self._returned(self.executor.descend(self.optimiser.lr))
        outputs, _, of_parameters = self.executor.gradients()
        self._move(of_parameters)
        return self._returned(outputs)

    def move(self, gradient: Any) -> None:
        """Make the step of the optimiser, or of lr, for a gradient that comes from elsewhere."""
        if self.optimiser is None:
            self.executor.parameters[:] -= self.lr * gradient
            return
        self.optimiser.steps += 1
        self._move(gradient)

    def _move(self, gradient: Any) -> None:
        optimiser, dtype = self.optimiser, self.compiled.dtype
        assert optimiser is not None
        for slot in optimiser.slots:  # lists at first, and after a state was loaded
            setattr(optimiser, slot, np.ascontiguousarray(getattr(optimiser, slot), dtype))
        state = [getattr(optimiser, slot) for slot in optimiser.slots]
        settings = optimiser.settings()
        if settings not in self._updates:
            self._updates[settings] = updating(optimiser, self.compiled.backend, dtype)
        self._updates[settings](
            optimiser.numbers(), self.executor.parameters, np.ascontiguousarray(gradient, dtype), state
        )

    def value_and_grad(self, *arguments: Any) -> tuple[Any, Any]:
        """Return what the function returns, and the gradient of the loss to the flat parameters; moves nothing."""
        if arguments or self._executor is None:
            self.load(*arguments)
        outputs, _, of_parameters = self.executor.gradients()
        return self._returned(outputs), of_parameters.copy()  # its place is written to again

    value_and_gradient = value_and_grad  # the name it had

    def value(self, *arguments: Any) -> Any:
        """Return what the function returns for a batch, with the parameters of now; moves nothing."""
        plan, given = self.compiled.prepared(arguments)
        executor = self._of(plan)
        if self._executor is None:
            self._plan, self._executor = plan, executor
        return plan.returned(executor.values(given.inputs, given.samples), given.samples)

    def _returned(self, outputs: Sequence[Any]) -> Any:
        if len(outputs) == 1:
            return float(outputs[0])  # the usual case, fast
        assert self._plan is not None
        return self._plan.returned(outputs, self._samples)

    @property
    def executor(self) -> Executor:
        """What computes; there once there is data."""
        if self._executor is None:
            raise ValueError("the trainer has no data yet: call load(...) or step(...) with a batch")
        return self._executor

    @property
    def gradient(self) -> Any:
        """The gradient that the latest step used, flat."""
        return self.executor.of_parameters()

    @property
    def parameters(self) -> Any:
        """The flat parameters, to read or to write to, until a batch of another structure is loaded."""
        return self.compiled.numbers() if self._executor is None else self._executor.parameters

    def array(self, numbers: Any) -> Any:
        """Return numbers as an array of the trainer's kind: samples to take batches of, or state of an optimiser."""
        return np.array(numbers, self.compiled.dtype)

    def report(self) -> str:
        """Say what became of the code of a step, for every structure that was loaded."""
        assert self.executor  # which says what to do if there is none
        return "\n".join([executor.report() for executor in self._executors.values()])

    def write_back(self) -> None:
        """Give the numbers to the Values, and to the optimiser its state."""
        for p, number in zip(self.compiled.parameters, self.parameters.tolist()):
            p.data = number
        for slot in self.optimiser.slots if self.optimiser else ():
            setattr(self.optimiser, slot, np.asarray(getattr(self.optimiser, slot)).tolist())
