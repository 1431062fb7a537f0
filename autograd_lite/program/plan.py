"""What a function is compiled to for one structure of its arguments."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

import numpy as np

from ..ops import Operation
from ..randomness import undrawn
from ..value import Value
from .arguments import is_batch_of_parts
from .backends import Backend, Executor, Job, choose
from .capture import CaptureError, capture
from .passes import is_known
from .program import Program
from .structure import Nested, Structure, build, build_batch, container, size

if TYPE_CHECKING:
    from .namespace import ArrayExecutor

Reduce = Literal["mean", "sum", None]
Stack = Callable[[Sequence[Any], tuple[int, ...]], Any]


@dataclass(frozen=True)
class Options:
    """What ``compile`` was asked for; see there."""

    batched: bool
    reduce: Reduce
    has_aux: bool
    backend: Backend
    dtype: Literal["float64", "float32"]


class Plan:
    """A recorded program, and what runs it. It does not know the function, which may go before it."""

    def __init__(
        self, f: Callable[..., Any], arguments: Sequence[Structure], parameters: Sequence[Value], options: Options
    ):
        self.arguments, self.options = tuple(arguments), options
        self.sizes = tuple(map(size, arguments))
        self.program, self.result = record(f, arguments, parameters, batched=options.batched)
        self.first: int | None = None  # how many outputs are differentiated; None: all
        if options.has_aux:
            if not isinstance(self.result, Nested) or self.result.kind is not tuple or len(self.result.parts) != 2:
                raise TypeError("has_aux=True: the function must return (value, others)")
            self.first = size(self.result.parts[0])
        self.key = uuid4().hex  # by which other processes know it
        self.used = 0  # when, as the function counts its calls
        self.lock = threading.Lock()  # an executor has one set of buffers
        self._executor: Executor | None = None
        self._of_arrays: ArrayExecutor | None = None

    def executor(self) -> Executor:
        """Return what runs the program, compiled on first use."""
        if self._executor is None:
            self._executor = choose(self.job(), self.options.backend)
        return self._executor

    def job(self, *, wrt_arguments: bool = True) -> Job:
        """Return what a back end has to do."""
        return Job(self.program, self.sizes, self.options.reduce, self.options.dtype, wrt_arguments, self.first)

    def array_executor(self) -> ArrayExecutor:
        """Return what runs the program on arrays of another library."""
        if self._of_arrays is None:
            from .namespace import ArrayExecutor

            self._of_arrays = ArrayExecutor(self.job())
        return self._of_arrays

    def returned(self, outputs: Sequence[Any], samples: int) -> Any:
        """Return the outputs in the structure that the function returned; those of a batch are arrays."""
        if not self.options.batched:
            return build(self.result, map(float, outputs), self._array)
        n_reduced = self.job().n_reduced
        numbers = [float(y) for y in outputs[:n_reduced]]
        columns = [np.array(np.broadcast_to(y, samples)) for y in outputs[n_reduced:]]
        return self.structured([*numbers, *columns], self._array, _stacked)

    def structured(self, outputs: Sequence[Any], array: Stack, stack: Stack) -> Any:
        """Return outputs of any library: ``array`` joins numbers, ``stack`` columns of one number per sample."""
        columns = iter(outputs)
        if not self.options.batched:
            return build(self.result, columns, array)
        if not self.options.has_aux:
            return self._part(self.result, columns, array, stack, reduced=self.options.reduce is not None)
        assert isinstance(self.result, Nested)
        value, others = self.result.parts
        first = self._part(value, columns, array, stack, reduced=self.options.reduce is not None)
        return first, self._part(others, columns, array, stack, reduced=False)

    def _part(self, part: Structure, columns: Iterator[Any], array: Stack, stack: Stack, *, reduced: bool) -> Any:
        return build(part, columns, array) if reduced else build_batch(part, columns, stack)

    def _array(self, numbers: Sequence[Any], shape: tuple[int, ...]) -> Any:
        return np.array(numbers, self.options.dtype).reshape(shape)

    def like_arguments(self, arguments: Sequence[Any], gradients: Any) -> tuple[Any, ...]:
        """Return rows of gradients in the structure of each argument."""
        blocks = _split(gradients, self.arguments)
        return tuple([self._like(*three) for three in zip(arguments, self.arguments, blocks)])

    def _like(self, argument: Any, form: Structure, rows: Any) -> Any:
        if not self.options.batched:
            if isinstance(argument, np.ndarray) and not argument.ndim:
                return rows[0, 0].reshape(())
            return build(form, iter(rows[:, 0].tolist()), self._array)
        if isinstance(form, Nested) and is_batch_of_parts(argument):
            parts = argument.values() if isinstance(argument, dict) else argument
            return container(form, [self._like(*three) for three in zip(parts, form.parts, _split(rows, form.parts))])
        return rows.T.reshape(np.shape(argument)).copy()

    def report(self) -> str:
        """Say what became of the code."""
        sizes = ", ".join(map(str, self.sizes)) or "no"
        lines = [used.report() for used in (self._executor, self._of_arrays) if used]
        return "\n".join([f"{len(self.program)} operations on arguments of {sizes} number(s)", *lines])


def _split(rows: Any, forms: Sequence[Structure]) -> list[Any]:
    """Return the rows of each structure."""
    return np.split(rows, np.cumsum([size(form) for form in forms])[:-1]) if forms else []


def _stacked(columns: Sequence[Any], shape: tuple[int, ...]) -> Any:
    return np.stack(columns, axis=1).reshape(-1, *shape)


# ---------------------------------------------------------------- recorded twice


def record(
    f: Callable[..., Any], arguments: Sequence[Structure], parameters: Sequence[Value], *, batched: bool
) -> tuple[Program, Structure]:
    """Return what ``capture`` does, after recording ``f`` twice: what differs would be baked in.

    Generators that ``f`` draws from are left as they were; two masks that happen to be equal are told by them.

    Raises CaptureError if it draws random numbers or depends on what it did before.
    """
    trees = [build(form, iter([0.0] * size(form))) for form in arguments]
    with undrawn(f) as drawn:
        program, result = capture(f, trees, parameters=parameters, batched=batched)
        again, other = capture(f, trees, parameters=parameters, batched=batched)
    if drawn or result != other or _text(program) != _text(again):
        raise CaptureError(
            f"{_described(f)} does something else when it is called again: it draws random numbers or keeps a state, "
            "and one of them would be repeated for ever; draw outside of it, and pass what was drawn as an argument "
            "(for example a mask, to multiply by)"
        )
    return program, result


def _described(f: Callable[..., Any]) -> str:
    code = getattr(f, "__code__", None)
    name = getattr(f, "__name__", type(f).__name__)
    return f"{code.co_filename}, line {code.co_firstlineno}: {name}" if code else name


def _text(program: Program) -> list[Any]:
    """Return what can be compared: a nan equals itself, 0.0 is not -0.0, an operation made anew is the same."""
    lines = [(_rules(op), operands, repr(number)) for op, operands, number in program.instructions]
    return [*lines, program.outputs]


def _rules(op: Operation) -> Any:
    if is_known(op):
        return op
    return op.name, _contents(op.value), _contents(op.partials)


def _contents(x: Any) -> Any:
    """Return the code of a function and what it holds; of anything else its text."""
    if not isinstance(x, FunctionType):
        return repr(x)
    return x.__code__, [_contents(inner) for inner in inspect.getclosurevars(x).nonlocals.values()]
