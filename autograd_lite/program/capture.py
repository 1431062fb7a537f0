"""Recording a function once, with tracers in place of numbers.

Recording is the affair of the thread that does it: meanwhile the parameters, which others may be using, are to every
other thread what they always are.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import repeat
from types import FunctionType
from typing import Any, SupportsFloat

from ..context import context
from ..operators import Operators
from ..ops import Operation
from ..trees import advice, flatten
from ..value import Value
from .chain_rule import Cotangent, Graph
from .derivations import Derivations
from .program import Builder, Program, variable, without_variables
from .sparse import SparseRows
from .structure import Structure, build, names, structure
from .tracers import Recording, Tracer, Unknown, of_numpy


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

    __hash__ = object.__hash__  # asked at every use while a function is recorded

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

    def method(self: Any, *arguments: Any, **options: Any) -> Any:
        if context.recording:
            return recorded(self, *arguments, **options)
        if plain is None:
            raise TypeError(f"a Value has no {name}; for the number use v.data")
        return plain(self, *arguments, **options)

    return method


for _name, _attribute in {**vars(Operators), **vars(Unknown)}.items():
    if isinstance(_attribute, (FunctionType, property)) and _name not in {*vars(_Parameter), "_refuse", "_called"}:
        setattr(_Parameter, _name, _by_thread(_name))


class Capture(Recording):
    """The recording of a function, in which the transforms find what they do with Values done with tracers.

    ``grad(lambda t: t * x)(x)`` differentiates in t alone: each transform computes on variables of its own, which the
    builder, though it writes equal instructions once, takes for different from all else.
    """

    sparse = False

    def __init__(self, builder: Builder, parameters: Sequence[Value], first: int, derivations: Derivations):
        super().__init__(builder, parameters, first)
        self._derivations = derivations

    def leaf(self, x: Any) -> Tracer:
        """Return a fresh variable that holds the number of ``x``."""
        return Tracer(self, self.builder.variable(self.slot(x)))

    def node(self, x: Any) -> Tracer:
        """Return a tracer of what a function returned."""
        return Tracer(self, self.slot(x))

    def stay_nodes(self, args: Any, outputs: Any) -> bool:
        """Numbers are not known here: whatever is computed is a tracer."""
        return True

    def pull(self, outputs: Sequence[Tracer], seeds: Sequence[Any], leaves: Sequence[Tracer], *, deep: bool) -> Any:
        """Return Σ seed · ∂output/∂leaf for every leaf."""
        seeded = [(output.slot, self.slot(seed)) for output, seed in zip(outputs, seeds)]
        return [Tracer(self, slot) for slot in self._derived(_pulled, seeded, _slots(leaves))]

    def push(self, outputs: Sequence[Tracer], leaves: Sequence[Tracer], tangents: Sequence[Any], *, deep: bool) -> Any:
        """Return Σ tangent · ∂output/∂leaf for every output."""
        start = {leaf.slot: self.slot(tangent) for leaf, tangent in zip(leaves, tangents)}
        return [Tracer(self, slot) for slot in self._derived(Graph.push, _slots(outputs), start)]

    def rows(self, outputs: Sequence[Tracer], leaves: Sequence[Tracer], *, deep: bool) -> Any:
        """Return the rows of the matrix ∂output/∂leaf, without what is always zero."""
        return self._matrix(Graph.rows, outputs, leaves)

    def symmetric_rows(self, outputs: Sequence[Tracer], leaves: Sequence[Tracer], *, deep: bool) -> Any:
        """Return the same where the outputs are the gradient in the leaves."""
        return self._matrix(Graph.symmetric_rows, outputs, leaves)

    def _matrix(self, derive: Any, outputs: Sequence[Tracer], leaves: Sequence[Tracer]) -> list[dict[int, Tracer]]:
        rows = self._derived(derive, _slots(outputs), _slots(leaves))
        return [{place: Tracer(self, slot) for place, slot in row.items()} for row in rows]

    def _derived(self, derive: Callable[..., Any], *slots: Any) -> Any:
        return self._derivations.of(self.builder, (derive, slots), lambda _: derive(self._graph, *slots))

    def matrix(self, rows: Any, width: int) -> Any:
        """Return rows as a list of lists, or what stands for it where zeros are to be left out."""
        sparse = SparseRows(rows, width, Tracer(self, self._graph.zero))
        return sparse if self.sparse else list(sparse)

    def gradient(self, y: Any, inputs: Sequence[Any]) -> Any:
        """Return ∂y/∂input for every input, which must be an argument, a parameter or a variable of a transform."""
        leaves = [self.node(x) for x in inputs]
        for leaf in leaves:
            instruction = self.builder.instruction(leaf.slot)
            if instruction is not None and instruction.op is not variable:
                self.refuse(
                    "gradient(y, x) asked for the derivative in an x that was computed",
                    "what is computed twice is recorded once, so it has no derivative of its own; use grad(f)",
                )
        return self.pull([self.node(y)], [1.0], leaves, deep=True)

    @cached_property
    def _graph(self) -> Graph:
        return Graph(self.builder)


def _slots(tracers: Sequence[Tracer]) -> list[int]:
    return [tracer.slot for tracer in tracers]


def _pulled(graph: Graph, seeds: Sequence[tuple[int, int]], leaves: Sequence[int]) -> list[int]:
    return graph.pull([(output, Cotangent(graph).take_up(seed)) for output, seed in seeds], leaves)


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
    form = [structure(tree) for tree in arguments]
    program, result = capture_structures(f, form, parameters=parameters, batched=[batched] * len(form))
    return without_variables(program), result


def capture_structures(
    f: Callable[..., Any],
    given: Sequence[Structure],
    *,
    parameters: Sequence[Value],
    batched: Sequence[bool],
    sparse: bool = False,
    derivations: Derivations | None = None,
) -> tuple[Program, Structure]:
    """Do what ``capture`` does, for arguments of these structures; no object is made of numbers it never had.

    ``batched`` tells of each argument whether it is; those that are come first among the inputs. With ``sparse``
    matrices of derivatives come without the entries that are always zero. The variables of transforms are still in
    the program. ``derivations`` keeps what the chain rule wrote for when ``f`` is recorded again.
    """
    order = sorted(range(len(given)), key=lambda i: not batched[i])
    inputs = [(name, batched[i]) for i in order for name in names(given[i], f"x{i + 1}")]
    labels = [name for name, _ in inputs] + [p.label or f"p{i}" for i, p in enumerate(parameters, start=1)]
    builder = Builder(labels, [is_batched for _, is_batched in inputs] + [False] * len(parameters))
    recording = Capture(builder, parameters, len(inputs), derivations or Derivations())
    recording.sparse = sparse
    tracers = iter([Tracer(recording, i) for i in range(len(inputs))])
    arguments = {i: build(given[i], tracers) for i in order}
    with recording_lock:
        try:
            result = _recorded(recording, parameters, f, [arguments[i] for i in range(len(given))])
        except Exception as problem:  # NumPy, say, which asked for an index, has an error of its own
            raise (recording.refused or of_numpy(problem) or problem) from None
        if recording.refused is not None:
            raise recording.refused
        slots = [_returned(recording, leaf) for leaf in flatten(result)]
    if not slots:
        raise TypeError(f"the function must return at least one number, got {result!r}")
    return builder.program(slots), structure(result)


def _returned(recording: Recording, leaf: Any) -> int:
    if not isinstance(leaf, (Tracer, Value, SupportsFloat)):
        raise TypeError(f"the function must return a Value or a tuple of them, got {type(leaf).__name__}{advice(leaf)}")
    return recording.slot(leaf)
