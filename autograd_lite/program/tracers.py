"""Stand-ins for numbers that are not known yet: arithmetic on a tracer writes instructions.

What would need the number (a comparison in an ``if``, ``float(x)``, ``x.data``) raises CaptureError with the line
and the way out, so that a branch is never baked in silently; a function that catches the error is refused all the
same.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any, NoReturn, SupportsFloat

import numpy as np

from .. import ops
from ..context import Scope, context
from ..graph import topological_order
from ..hints import frame_of, users_frame
from ..operators import Operators
from ..ops import Operation
from ..ufuncs import METHODS, UFUNCS, array_ufunc, method_of
from ..value import Value
from .program import Builder

LONGEST_LINE = 100  # of a user's code in a message, which says after it what to do


class CaptureError(TypeError):
    """A function looked at a number that is not known while it is being recorded."""


def refusal(what: str, way_out: str, frame: FrameType) -> CaptureError:
    """Return the error that names the line of the user's, which a frame is at."""
    name, line = frame.f_code.co_filename, frame.f_lineno
    source = linecache.getline(name, line).strip()
    source = source if len(source) <= LONGEST_LINE else f"{source[: LONGEST_LINE - 1]}…"
    return CaptureError(
        f"{name}, line {line}{f' ({source})' if source else ''}: {what} while the function is being recorded, "
        f"when numbers are not known yet; {way_out}"
    )


_BRANCH = (
    "choose with where(condition, a, b), maximum, minimum, clip or relu, which are recorded; "
    "a condition is x > y, x == 0 or equal(x, y), and several are joined with & and |"
)
_ROW = "for a row of a table by its number, use take(table, x) of autograd_lite"
_NOT = "write where(condition, b, a) the other way round, or equal(condition, 0)"
_FLOAT = (
    "leave float away, and for math.exp(x) use the function of autograd_lite: exp(x); "
    "an array that is to hold x is made with dtype=object"
)
_NO_LINE = "compute it of functions that have (`autograd-lite ops` lists them), or define an Operation"
_EQUAL = "to compare the numbers of two, write equal(x, y)"


def of_numpy(problem: Exception) -> CaptureError | None:
    """Return what an error of NumPy's is, whose loops have no line for objects; None for any other error."""
    frame = frame_of(problem)
    if frame is None or not isinstance(problem, TypeError) or "ufunc" not in str(problem):
        return None
    return refusal(f"NumPy cannot do this with an array of numbers that are recorded ({problem})", _NO_LINE, frame)


class Unknown(Operators):
    """What tracers and parameters under capture have in common: the number is not to be had."""

    __slots__ = ()

    def _refuse(self, what: str, way_out: str) -> NoReturn:
        recording: Recording = self.recording if isinstance(self, Tracer) else context.recording
        recording.refuse(what, way_out)

    def _called(self) -> str:
        return getattr(self, "label", "") or "this Value"

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if ufunc.__name__ not in UFUNCS:
            what = f"the NumPy function {ufunc.__name__} was called, which has no line in the table of operations,"
            self._refuse(what, _NO_LINE)
        return array_ufunc(self, ufunc, method, *inputs, **options)

    def __bool__(self) -> bool:
        self._refuse("a condition asked for the value of a Value", _BRANCH)

    def __eq__(self, other: object) -> Any:
        if isinstance(other, (Unknown, Value)):
            self._refuse("x == y asked whether two numbers are equal", _EQUAL)
        if not isinstance(other, SupportsFloat) or getattr(other, "shape", None):
            return NotImplemented
        return ops.equal(self, other)

    def __ne__(self, other: object) -> Any:
        equal = self == other
        if equal is NotImplemented:
            return NotImplemented
        return not equal if isinstance(equal, bool) else _not(equal)

    def __float__(self) -> NoReturn:
        self._refuse("float(x) or a function of math asked for a number", _FLOAT)

    def __complex__(self) -> NoReturn:
        self._refuse("complex(x) or a function of cmath asked for a number", "use the functions of autograd_lite")

    def __int__(self) -> NoReturn:
        self._refuse("int(x) asked for a number", _ROW)

    def __index__(self) -> NoReturn:
        self._refuse("an index asked for a number", f"{_ROW}, in place of table[x]")

    def __round__(self, digits: int | None = None) -> NoReturn:
        self._refuse("round(x) asked for a number", "it has no gradient; leave it out")

    def __format__(self, spec: str) -> str:
        self._refuse("format(x) asked for a number", "print it outside; repr(x) says that it is being recorded")

    def __str__(self) -> str:
        self._refuse("str(x) asked for a number", "print it outside; repr(x) says that it is being recorded")

    @property
    def data(self) -> Any:
        self._refuse(f"data of {self._called()} asked for a number", _BRANCH)

    @data.setter
    def data(self, number: Any) -> None:
        self._refuse(f"data of {self._called()} was set", "compute with new names, and set it outside")

    @property
    def grad(self) -> Any:
        self._refuse(f"grad of {self._called()} asked for a number", "return the value and call .value_and_grad(...)")

    @grad.setter
    def grad(self, number: Any) -> None:
        self._refuse(
            f"grad of {self._called()} was set", "the compiled function returns its gradients and changes no grad"
        )

    def backward(self, seed: float = 1.0) -> None:
        self._refuse("backward() was called", "return the value and call .value_and_grad(...)")

    def detach(self) -> Any:
        """Return what holds the number, and through which no gradient flows back."""
        return ops.frozen(self)


class Tracer(Unknown):
    """The slot of a program under construction, with the arithmetic of a number."""

    __slots__ = ("recording", "slot", "label")

    def __init__(self, recording: Recording, slot: int):
        self.recording, self.slot, self.label = recording, slot, ""

    @staticmethod
    def apply_operation(op: Operation, operands: tuple[Any, ...]) -> Tracer:
        """Write ``op`` on operands of which at least one is a tracer or a parameter under capture."""
        op.check(operands)
        for x in operands:
            if isinstance(x, Tracer):
                recording = x.recording
                break
        else:
            recording = context.recording  # parameters alone
        slot = recording.builder.emit(op, tuple([recording.slot(x) for x in operands]))
        return (Tracer if op.partials is not None else Condition)(recording, slot)

    def __hash__(self) -> int:
        self._refuse("a look-up in a set or dict asked for the number", _BRANCH)

    def __repr__(self) -> str:
        return f"<being recorded: %{self.slot}>"


class Condition(Tracer):
    """The result of a comparison, 1 or 0: what ``&`` and ``|`` join, and ``where`` takes."""

    __slots__ = ()
    __hash__ = Tracer.__hash__

    def __and__(self, other: Any) -> Any:
        return self._joined(ops.mul, other)

    def __or__(self, other: Any) -> Any:
        return self._joined(ops.maximum, other)

    def __xor__(self, other: Any) -> Any:
        return NotImplemented if not isinstance(other, (Condition, bool, np.bool_)) else _not(ops.equal(self, other))

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __invert__(self) -> NoReturn:
        self._refuse("~condition was written, which on numbers is Python's ~True = -2 and counts as true", _NOT)

    def _joined(self, op: Operation, other: Any) -> Any:
        if not isinstance(other, (Condition, bool, np.bool_)):
            return NotImplemented
        joined = op(self, other)
        return Condition(joined.recording, joined.slot)


def _not(condition: Condition) -> Any:
    return ops.equal(condition, 0.0)


for _name, _function in METHODS.items():
    setattr(Unknown, _name, method_of(_function))


class Recording:
    """What tracers write to: the builder, and the slot of every parameter and constant.

    ``refused`` is the first CaptureError; the function may have caught it, and then took another way than on numbers.
    """

    def __init__(self, builder: Builder, parameters: Sequence[Value] = (), first: int = 0):
        self.builder, self.scope = builder, Scope("capture", "capture", None)
        self.refused: CaptureError | None = None
        self._slots: dict[Any, int] = {p: first + i for i, p in enumerate(parameters)}

    def refuse(self, what: str, way_out: str) -> NoReturn:
        """Raise CaptureError, and remember it."""
        error = refusal(what, way_out, users_frame()[0])
        self.refused = self.refused or error
        raise error

    def slot(self, x: Any) -> int:
        """Return the slot of an operand: a tracer, a parameter, a number, or a Value made during the capture."""
        if isinstance(x, Tracer):
            if x.recording is not self:
                raise CaptureError("a tracer of another capture was used; a compiled function must return its result")
            return x.slot
        if not isinstance(x, Value):
            return self.builder.constant(ops.as_number(x))
        slot = self._slots.get(x)
        if slot is None:
            for node in topological_order(x):
                if node not in self._slots:
                    self._slots[node] = self._imported(node)
            slot = self._slots[x]
        return slot

    def written(self, rule: Callable[..., Any], operands: Sequence[int]) -> list[int] | None:
        """Return the slots a rule writes when it is run on tracers; None if it needs numbers."""
        try:
            result = rule(*[Tracer(self, i) for i in operands])
            results = result if isinstance(result, tuple) else (result,)
            return [self.slot(x) for x in results]
        except TypeError:  # CaptureError, or a function of another library that takes no tracer
            return None

    def _imported(self, node: Value) -> int:
        if node.parents and node.op is not None:
            return self.builder.emit(node.op, tuple([self._slots[parent] for parent in node.parents]))
        if node.op is ops.constant or _outermost(node.scope) is self.scope:
            return self.builder.constant(node.data)
        self.refuse(
            f"{node!r} was used, which is neither an argument nor among the parameters",
            "pass it in parameters=[...], or use its number v.data if it never changes",
        )


def _outermost(scope: Scope | None) -> Scope | None:
    while scope is not None and scope.outer is not None:
        scope = scope.outer
    return scope
