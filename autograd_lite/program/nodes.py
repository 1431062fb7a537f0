"""A compiled function called with nodes: each output is one operation, whose local gradients are compiled too.

On Values it makes one node, so a compiled function can be differentiated, checked, explained and drawn like an
operation of the table. In another recording its instructions are written into that program.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ..operation import Operation
from ..value import Value
from .differentiate import differentiate
from .program import Program, dead_code, replay
from .run.job import Executor, Job


def operations(program: Program, name: str, make: Callable[[Job], Executor], dtype: str) -> list[Operation]:
    """Return an operation for each output, on the inputs of the program; ``make`` compiles them when they are used.

    >>> from autograd_lite.program.run.numpy_executor import NumpyExecutor
    >>> x, y = Value(2.0, "x"), Value(3.0, "y")
    >>> square, = operations(Program.capture([x, y], [x * x * y]), "f", NumpyExecutor, "float64")
    >>> square(2.0, 3.0), square(x, y).local_gradients()
    (12.0, (12.0, 4.0))
    """
    if len(program.outputs) == 1:
        return [_operation(program, name, make, dtype)]
    return [
        _operation(_with_outputs(program, [output]), f"{name}[{i}]", make, dtype)
        for i, output in enumerate(program.outputs)
    ]


def _operation(program: Program, name: str, make: Callable[[Job], Executor], dtype: str) -> Operation:
    run = _AtOnePoint(program, name, make, dtype)
    return Operation(name, run.value, run.partials, arity=len(program.names), definition=run.definition)


def _with_outputs(program: Program, outputs: Sequence[int]) -> Program:
    return dead_code(Program(program.names, program.batched, program.instructions, tuple(outputs)))


class _AtOnePoint:
    """The rules of an operation that a program of one output is the value of."""

    def __init__(self, program: Program, name: str, make: Callable[[Job], Executor], dtype: str):
        self.program, self.name, self.make, self.dtype = program, name, make, dtype
        self._lock = threading.Lock()  # an executor has one set of buffers

    def definition(self, *operands: Any) -> Any:
        """Return the value in operations of the table."""
        return replay(self.program, operands)[0]

    def value(self, *operands: Any) -> float:
        """Return the output at numbers."""
        with self._lock:
            (y,) = self._executor.values([self._column(operands)], 1)
            return float(y)

    def partials(self, out: Any, *operands: Any) -> Any:
        """Return ∂out/∂operand for each: numbers of numbers, nodes of nodes."""
        if not any(hasattr(x, "apply_operation") for x in operands):
            found = self._gradient(operands)
        elif any(isinstance(x, Value) for x in operands):
            found = [derivative(*operands) for derivative in self._derivatives]
        else:  # symbols and tracers are to see what is inside
            found = replay(self._slopes, operands)
        return found[0] if len(found) == 1 else found

    def _gradient(self, operands: Sequence[float]) -> list[float]:
        with self._lock:
            self._executor.load([self._column(operands)], 1)
            _, of_inputs, _ = self._executor.gradients()
            gradient: list[float] = of_inputs[:, 0].tolist()
            return gradient

    def _column(self, numbers: Sequence[float]) -> Any:
        return np.array(numbers, self.dtype).reshape(-1, 1)

    @cached_property
    def _executor(self) -> Executor:
        return self.make(Job(self.program, (len(self.program.names),), None, self.dtype, wrt_arguments=True))

    @cached_property
    def _slopes(self) -> Program:
        both = differentiate(self.program, range(len(self.program.names)))
        return _with_outputs(both, both.outputs[1:])

    @cached_property
    def _derivatives(self) -> list[Operation]:
        names = [f"∂{self.name}/∂{name}" for name in self.program.names]
        return [
            _operation(_with_outputs(self._slopes, [output]), name, self.make, self.dtype)
            for name, output in zip(names, self._slopes.outputs)
        ]
