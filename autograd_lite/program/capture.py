"""Recording a function once, with tracers in place of numbers.

A tracer stands for a number that is not known yet: arithmetic on it writes instructions. What would
need the number (a comparison in an ``if``, ``float(x)``, ``x.data``) raises CaptureError with the line
and the way out, so that a branch is never baked in silently.
"""

from __future__ import annotations

import linecache
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from .. import ops
from ..context import Scope, context
from ..graph import topological_order
from ..operators import Operators
from ..ops import Operation
from ..transforms import flatten, rebuild
from ..value import Value
from .program import Builder, Program

_PACKAGE = __name__.split(".")[0]


class CaptureError(TypeError):
    """A function looked at a number that is not known while it is being recorded."""


def _refuse(what: str, way_out: str) -> NoReturn:
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").split(".")[0] == _PACKAGE:
        frame = frame.f_back
    name, line = frame.f_code.co_filename, frame.f_lineno
    source = linecache.getline(name, line).strip()
    raise CaptureError(
        f"{name}, line {line}{f' ({source})' if source else ''}: {what} while the function is being recorded, "
        f"when numbers are not known yet; {way_out}"
    )


_BRANCH = "choose with where(condition, a, b), maximum, minimum, clip or relu, which are recorded"


class _Unknown(Operators):
    """What tracers and parameters under capture have in common: the number is not to be had."""

    __slots__ = ()

    def __bool__(self) -> bool:
        _refuse("a condition asked for the value of a Value", _BRANCH)

    def __float__(self) -> NoReturn:
        _refuse("float(x) or a function of math asked for a number", "use the functions of autograd_lite: exp(x)")

    def __int__(self) -> NoReturn:
        _refuse("int(x) asked for a number", "for a class number, pass a list with a 1 at its place (one-hot)")

    def __index__(self) -> NoReturn:
        _refuse("an index asked for a number", "pass a list with a 1 at the place (one-hot) and take the dot product")

    def __round__(self, digits: int | None = None) -> NoReturn:
        _refuse("round(x) asked for a number", "it has no gradient; leave it out")

    @property
    def data(self) -> NoReturn:
        _refuse("x.data asked for a number", _BRANCH)

    def backward(self, seed: float = 1.0) -> NoReturn:
        _refuse("backward() was called", "return the value and call .value_and_grad(...)")

    def detach(self) -> NoReturn:
        _refuse("detach() was called", "pass the number as an argument")


class Tracer(_Unknown):
    """The slot of a program under construction, with the arithmetic of a number."""

    __slots__ = ("recording", "slot")

    def __init__(self, recording: Recording, slot: int):
        self.recording, self.slot = recording, slot

    @staticmethod
    def apply_operation(op: Operation, operands: tuple[Any, ...]) -> Tracer:
        """Write ``op`` on operands of which at least one is a tracer or a parameter under capture."""
        op.check(operands)
        for x in operands:
            if x.__class__ is Tracer:
                recording = x.recording
                break
        else:
            recording = _active.recordings[-1]  # parameters alone
        return Tracer(recording, recording.builder.emit(op, tuple([recording.slot(x) for x in operands])))

    def __repr__(self) -> str:
        return f"Tracer(%{self.slot})"


class _Parameter(_Unknown, Value):  # type: ignore[misc]  # data is a property here
    """The class that parameters take on while a function is recorded."""

    __slots__ = ()
    apply_operation = staticmethod(Tracer.apply_operation)


def _method(op: Operation) -> Callable[[Any], Any]:
    return lambda self: op(self)


for _name, _op in ops.TABLE.items():
    if _op.arity == 1 and hasattr(Value, _name):
        setattr(_Unknown, _name, _method(_op))


class Recording:
    """What tracers write to: the builder, and the slot of every parameter and constant."""

    def __init__(self, builder: Builder, parameters: Sequence[Value] = (), first: int = 0):
        self.builder, self.scope = builder, Scope("capture", "capture", None)
        self._slots: dict[Any, int] = {p: first + i for i, p in enumerate(parameters)}

    def slot(self, x: Any) -> int:
        """Return the slot of an operand: a tracer, a parameter, a number, or a Value made during the capture."""
        if x.__class__ is Tracer:
            if x.recording is not self:
                raise CaptureError("a tracer of another capture was used; a compiled function must return its result")
            slot: int = x.slot
            return slot
        if not isinstance(x, Value):
            return self.builder.constant(ops.as_number(x))
        if x not in self._slots:
            for node in topological_order(x):
                if node not in self._slots:
                    self._slots[node] = self._imported(node)
        return self._slots[x]

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
        _refuse(
            f"{node!r} was used, which is neither an argument nor among the parameters",
            "pass it in parameters=[...], or use its number v.data if it never changes",
        )


def _outermost(scope: Scope | None) -> Scope | None:
    while scope is not None and scope.outer is not None:
        scope = scope.outer
    return scope


class _Active(threading.local):
    """The captures a thread is inside of, innermost last."""

    def __init__(self) -> None:
        self.recordings: list[Recording] = []


_active = _Active()
_capturing = threading.RLock()  # parameters change their class meanwhile


@contextmanager
def _recorded(recording: Recording, parameters: Sequence[Value]) -> Iterator[None]:
    """Give parameters the class that refuses to tell its number, and mark Values made meanwhile."""
    outer_scope, context.scope = context.scope, recording.scope
    classes = [p.__class__ for p in parameters]
    for p in parameters:
        p.__class__ = _Parameter
    _active.recordings.append(recording)
    try:
        yield
    finally:
        _active.recordings.pop()
        for p, kind in zip(parameters, classes):
            p.__class__ = kind
        context.scope = outer_scope


def capture(
    f: Callable[..., Any], arguments: Sequence[Any], *, parameters: Sequence[Value] = (), batched: bool = False
) -> tuple[Program, Any]:
    """Record ``f`` once; return its program and the structure of what it returned.

    ``arguments`` give the structure alone: numbers or nested lists of them. Inputs of the program are
    the flattened arguments, then the parameters.

        >>> program, _ = capture(lambda x: x[0] * x[1], [[0.0, 0.0]])
        >>> print(program)
        %0 = x1[0]
        %1 = x1[1]
        %2 = %0 × %1
        return %2

    Raises CaptureError where ``f`` needs a number that is not known, TypeError if it returns none.
    """
    names = [name for i, tree in enumerate(arguments, start=1) for name in _names(tree, f"x{i}")]
    labels = [p.label or f"p{i}" for i, p in enumerate(parameters, start=1)]
    builder = Builder([*names, *labels], [batched] * len(names) + [False] * len(labels))
    recording = Recording(builder, parameters, len(names))
    tracers = rebuild(list(arguments), (Tracer(recording, i) for i in range(len(names))))
    with _capturing, _recorded(recording, parameters):
        result = f(*tracers)
        leaves = flatten(result)
        for leaf in leaves:
            if not isinstance(leaf, (Tracer, Value, int, float)):
                raise TypeError(f"the function must return a Value or a tuple of them, got {type(leaf).__name__}")
        slots = [recording.slot(leaf) for leaf in leaves]
    return builder.program(slots), result


def _names(tree: Any, name: str) -> list[str]:
    if isinstance(tree, (list, tuple)):
        return [leaf for i, branch in enumerate(tree) for leaf in _names(branch, f"{name}[{i}]")]
    return [name]
