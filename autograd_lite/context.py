"""What a thread is doing while nodes are recorded: the scope it is in, and whether it watches for nan.

With this module, one can,

- name a part of a graph, for pictures that collapse it: ``with scope("layer 1"): ...``;
- find the first nan or inf: ``with detect_anomaly(): ...``.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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


class Context(threading.local):
    """What each thread is doing; class attributes are the defaults of a new thread."""

    scope: Scope | None = None
    watching: bool = False
    recording: Any = None  # of a function that is being compiled


context = Context()


@contextmanager
def scope(name: str, *, kind: str = "scope") -> Iterator[Scope]:
    """Name the nodes recorded inside, for pictures that collapse a part to one box.

    >>> from autograd_lite import Value
    >>> with scope("layer 1"):
    ...     y = Value(2.0) * 3.0
    >>> y.scope.path
    'layer 1'

    Raises TypeError, before anything is recorded, unless ``name`` and ``kind`` are text.
    """
    for what, text in (("name", name), ("kind", kind)):
        if not isinstance(text, str):
            raise TypeError(f"scope: {what} must be text, got {type(text).__name__}: with scope('layer 1'): …")
    outer = context.scope
    context.scope = inner = Scope(name, kind, outer)
    try:
        yield inner
    finally:
        context.scope = outer


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
