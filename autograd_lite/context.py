"""What a thread is doing while nodes are recorded: the scope it is in, and whether it watches for nan.

With this module, one can,

- name a part of a graph, for pictures that collapse it: ``with scope("layer 1"): ...``;
- find the first nan or inf: ``with detect_anomaly(): ...``.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ContextDecorator, contextmanager
from threading import get_ident
from typing import Any, NamedTuple

from . import ops


class Scope(NamedTuple):
    """A named part of a graph, opened by a module call or by hand; nests through ``outer``."""

    name: str
    kind: str
    outer: Scope | None

    @property
    def path(self) -> str:
        """The names from the outside in: ``"mlp/layer 1/neuron 3"``."""
        return f"{self.outer.path}/{self.name}" if self.outer else self.name


# What a thread is inside of: (scope, whether it watches for nan).
Inside = tuple[Scope | None, bool]
NOTHING: Inside = (None, False)

# By the number of the thread, and without an entry for those inside of nothing. While no thread is inside of anything,
# which is nearly always, it is empty: recording looks at that alone, for to ask which thread it is in takes as long as
# an addition.
inside: dict[int, Inside] = {}


def put_inside(thread: int, what: Inside) -> None:
    """Tell what a thread is inside of from now on."""
    scope, watching = what
    if scope is None and not watching:
        inside.pop(thread, None)
    else:
        inside[thread] = what


def within(outer: Inside, name: str, kind: str) -> Inside:
    """Return what a thread is inside of that enters a scope.

    >>> place, watching = within(NOTHING, "layer 1", "part")
    >>> place.path
    'layer 1'

    Raises TypeError, as ``scope`` does, for a name that is no text.
    """
    if name.__class__ is not str:
        scope(name)
    around, watching = outer
    return Scope(name, kind, around), watching


class Context(threading.local):
    """What each thread is doing; a class attribute is the default of a new thread."""

    recording: Any = None  # of a function that is being compiled

    @property
    def scope(self) -> Scope | None:
        """The innermost scope."""
        return inside.get(get_ident(), NOTHING)[0]

    @scope.setter
    def scope(self, scope: Scope | None) -> None:
        put_inside(get_ident(), (scope, self.watching))

    @property
    def watching(self) -> bool:
        """Whether the first nan or inf is to be an error."""
        return inside.get(get_ident(), NOTHING)[1]

    @watching.setter
    def watching(self, watching: bool) -> None:
        put_inside(get_ident(), (self.scope, watching))


context = Context()


def note(node: Any) -> None:
    """Mark a node that was just recorded with the scope this thread is in, and look at its number if it watches.

    Asked only while some thread is inside of something.
    """
    node._about, watching = inside.get(get_ident(), NOTHING)
    if watching and node.data - node.data != 0.0:
        check_forward(node)


class scope(ContextDecorator):
    """Name the nodes recorded inside, for pictures that collapse a part to one box.

    >>> from autograd_lite import Value
    >>> with scope("layer 1"):
    ...     y = Value(2.0) * 3.0
    >>> y.scope.path
    'layer 1'

    Raises TypeError, before anything is recorded, unless ``name`` and ``kind`` are text.
    """

    def __init__(self, name: str, *, kind: str = "scope"):
        for what, text in (("name", name), ("kind", kind)):
            if not isinstance(text, str):
                raise TypeError(f"scope: {what} must be text, got {type(text).__name__}: with scope('layer 1'): …")
        self.name, self.kind = name, kind

    def __enter__(self) -> Scope | None:
        thread = get_ident()
        self._outer = thread, inside.get(thread, NOTHING)
        inside[thread] = within(self._outer[1], self.name, self.kind)
        return context.scope

    def __exit__(self, *problem: object) -> None:
        put_inside(*self._outer)

    def _recreate_cm(self) -> scope:
        return scope(self.name, kind=self.kind)  # as a decorator, a new one for each call: it may call itself


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Raise at the first nan or inf this thread computes, forward or backward.

    >>> from autograd_lite import Value
    >>> x = Value(0.0, "x")
    >>> with detect_anomaly():
    ...     x.log()
    Traceback (most recent call last):
    FloatingPointError: forward: log gave -inf from x = 0
    """
    before, context.watching = context.watching, True
    try:
        yield
    finally:
        context.watching = before


def _inputs_text(node: Any) -> str:
    return ", ".join(
        f"{parent.label or f'operand {i}'} = {number:.6g}"
        for i, (parent, number) in enumerate(zip(node.parents, node.numbers), start=1)
    )


def check_forward(node: Any) -> None:
    """Raise FloatingPointError for a node that was just computed as nan or inf."""
    if node.parents:
        raise FloatingPointError(f"forward: {node.op.name} gave {node.data} from {_inputs_text(node)}")


def check_backward(child: Any, cotangent: float, locals_: Sequence[float | None]) -> None:
    """Watch the chain rule; raise FloatingPointError at the first contribution that is nan or inf."""
    for i, (parent, local) in enumerate(zip(child.parents, locals_), start=1):
        if local is not None and cotangent * local * 0.0 != 0.0 and parent.op is not ops.constant:
            raise FloatingPointError(
                f"backward: {child.op.name} passed {cotangent * local} to {parent.label or f'operand {i}'} "
                f"(upstream {cotangent:.6g} × local gradient {local:.6g}), with {_inputs_text(child)}"
            )
