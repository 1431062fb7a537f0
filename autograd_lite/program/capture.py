"""Recording a function once, with tracers in place of numbers.

Recording is the affair of the thread that does it: meanwhile the parameters, which others may be using, are to every
other thread what they always are.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from itertools import repeat
from types import FunctionType
from typing import Any, SupportsFloat

from ..context import context
from ..operators import Operators
from ..ops import Operation
from ..value import Value
from .program import Builder, Program
from .structure import Structure, build, leaves, names, structure
from .tracers import Recording, Tracer, Unknown


class _Parameter(Unknown, Value):  # data and grad are properties here
    """The class that parameters take on while a function is recorded.

    In the thread that records they refuse to tell their number; in every other they are Values.
    """

    __slots__ = ()

    @staticmethod
    def apply_operation(op: Operation, operands: tuple[Any, ...]) -> Any:
        return (Tracer if context.recording else Value).apply_operation(op, operands)

    def __eq__(self, other: object) -> Any:
        # between parameters it is identity, as everywhere: no number is looked at
        return (
            Unknown.__eq__(self, other)
            if context.recording and not isinstance(other, Value)
            else Value.__eq__(self, other)
        )

    def __hash__(self) -> int:
        return object.__hash__(self)

    def __repr__(self) -> str:
        return f"<being recorded: {self.label or 'a parameter'}>" if context.recording else Value.__repr__(self)


def _by_thread(name: str) -> Any:
    """Return the attribute of a parameter: the one that refuses where the thread records, else that of a Value."""
    recorded, plain = getattr(Unknown, name), getattr(Value, name, None)
    if isinstance(recorded, property):

        def get(self: Any) -> Any:
            return (recorded if context.recording else plain).__get__(self)  # type: ignore[union-attr]

        def put(self: Any, number: Any) -> None:
            (recorded if context.recording else plain).__set__(self, number)  # type: ignore[union-attr]

        return property(get, put)

    def method(self: Any, *arguments: Any) -> Any:
        if context.recording:
            return recorded(self, *arguments)
        if plain is None:
            raise TypeError(f"a Value has no {name}; for the number use v.data")
        return plain(self, *arguments)

    return method


for _name, _attribute in {**vars(Operators), **vars(Unknown)}.items():
    if isinstance(_attribute, (FunctionType, property)) and _name not in {*vars(_Parameter), "_refuse", "_called"}:
        setattr(_Parameter, _name, _by_thread(_name))


recording_lock = threading.RLock()  # parameters are under one capture at a time; plans are made under it too


def _recorded(recording: Recording, parameters: Sequence[Value], f: Callable[..., Any], arguments: Any) -> Any:
    """Return ``f(*arguments)``, while parameters have the class that refuses to tell its number in this thread.

    An interrupt may come between any two lines: each step of the way back is one call into C, done twice.
    """
    outer = context.scope, context.recording, [p.__class__ for p in parameters]
    try:
        context.scope = recording.scope
        context.recording = recording
        _give_classes(parameters, repeat(_Parameter))
        return f(*arguments)
    finally:
        try:
            _as_before(parameters, outer)
        finally:
            _as_before(parameters, outer)


def _as_before(parameters: Sequence[Value], outer: Any) -> None:
    scope, recording, classes = outer
    _give_classes(parameters, classes)
    context.scope, context.recording = scope, recording


def _give_classes(parameters: Sequence[Value], classes: Any) -> None:
    deque(map(setattr, parameters, repeat("__class__"), classes), maxlen=0)


def capture(
    f: Callable[..., Any], arguments: Sequence[Any], *, parameters: Sequence[Value] = (), batched: bool = False
) -> tuple[Program, Structure]:
    """Record ``f`` once; return its program and the structure of what it returned.

    ``arguments`` give the structure alone: numbers, NumPy arrays, or nested lists, tuples and dicts of them.
    Where there is an array, ``f`` gets an array of tracers. Inputs of the program are the flattened arguments,
    then the parameters.

        >>> program, _ = capture(lambda x: x[0] * x[1], [[0.0, 0.0]])
        >>> print(program)
        %0 = x1[0]
        %1 = x1[1]
        %2 = %0 × %1
        return %2

    Raises CaptureError where ``f`` needs a number that is not known, TypeError if it returns none.
    """
    given = [structure(tree) for tree in arguments]
    labels = [name for i, part in enumerate(given, start=1) for name in names(part, f"x{i}")]
    n = len(labels)
    labels += [p.label or f"p{i}" for i, p in enumerate(parameters, start=1)]
    builder = Builder(labels, [batched] * n + [False] * len(parameters))
    recording = Recording(builder, parameters, n)
    tracers = iter([Tracer(recording, i) for i in range(n)])
    with recording_lock:
        result = _recorded(recording, parameters, f, [build(part, tracers) for part in given])
        if recording.refused is not None:
            raise recording.refused
        slots = [_returned(recording, leaf) for leaf in leaves(result)]
    if not slots:
        raise TypeError(f"the function must return at least one number, got {result!r}")
    return builder.program(slots), structure(result)


def _returned(recording: Recording, leaf: Any) -> int:
    if not isinstance(leaf, (Tracer, Value, SupportsFloat)):
        raise TypeError(f"the function must return a Value or a tuple of them, got {type(leaf).__name__}")
    return recording.slot(leaf)
