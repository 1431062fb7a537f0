"""The chain rule from the inputs to the output: the same local gradients, swept the other way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .reverse import cut


def push_forward(
    order: Sequence[Any],
    tangents: Mapping[Any, Any],
    *,
    local_gradients: Callable[[Any], Sequence[Any]] | None = None,
) -> dict[Any, Any]:
    """Return the tangent of every node that depends on a node in ``tangents``, unless every edge to it is cut.

    One sweep gives the derivative of all outputs in one direction of the inputs; the reverse
    sweep gives that of one output in all directions.

        >>> from autograd_lite import Value
        >>> x = Value(3.0); y = x * x
        >>> push_forward([x, y], {x: 1.0})[y]
        6.0

    ``local_gradients`` replaces the recorded numbers (by nodes, for higher derivatives).
    """
    pushed = dict(tangents)
    for child in order:
        parents = child.parents
        if child in tangents or not any(parent in pushed for parent in parents):
            continue  # a seeded node keeps its seed; a node no seed reaches has no tangent
        tangent: Any = None
        locals_ = child.local_gradients() if local_gradients is None else local_gradients(child)
        if child.op.routes:
            locals_ = cut(locals_)
        for parent, local in zip(parents, locals_):
            if local is not None and parent in pushed:
                contribution = local * pushed[parent]
                tangent = contribution if tangent is None else tangent + contribution
        if tangent is not None:  # a tangent of 0 would become nan at the next infinite local gradient
            pushed[child] = tangent
    return pushed
