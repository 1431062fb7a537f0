"""The chain rule from the output back to the inputs, written once.

``pull_back`` serves ``backward()`` (numbers), higher derivatives (nodes) and explanations (the
same walk, watched).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

# (child, its cotangent, its local gradients; None where the edge is cut)
Watch = Callable[[Any, Any, Sequence[Any]], None]


def pull_back(
    order: Sequence[Any],
    seeds: Mapping[Any, Any],
    *,
    local_gradients: Callable[[Any], Sequence[Any]] | None = None,
    watch: Watch | None = None,
) -> dict[Any, Any]:
    """Return the total cotangent of every node the seeded outputs depend on.

    ``order`` is topological. Walking it backwards, a node is reached only after all its children,
    so its cotangent is complete: the sum over its uses, which is the multivariate chain rule.

        >>> from autograd_lite import Value
        >>> x = Value(3.0); y = x * x
        >>> pull_back([x, y], {y: 1.0})[x]
        6.0

    ``local_gradients`` replaces the recorded numbers (by nodes, for higher derivatives); ``watch``
    is called for each child once it has passed cotangent × local gradient to each parent.
    """
    cotangents: dict[Any, Any] = dict.fromkeys(order)
    cotangents.update(seeds)
    cut = False
    for child in reversed(order):
        parents, cotangent = child.parents, cotangents[child]
        if not parents or cotangent is None:
            continue  # a leaf, or a branch that `where` did not take
        locals_ = child.local_gradients() if local_gradients is None else local_gradients(child)
        if child.op.routes:  # a zero cuts the edge: whatever lies behind it, inf or nan, stays out
            locals_ = [local if local.__class__ is not float or local else None for local in locals_]
            cut = True
        for parent, local in zip(parents, locals_):
            if local is not None:
                so_far = cotangents[parent]
                contribution = cotangent * local
                cotangents[parent] = contribution if so_far is None else so_far + contribution
        if watch is not None:
            watch(child, cotangent, locals_)
    # only behind a cut edge are there nodes that nothing reached
    return {node: total for node, total in cotangents.items() if total is not None} if cut else cotangents


def recorded_rule(child: Any) -> tuple[Any, ...]:
    """Return the local gradients as nodes, by giving the rule the nodes themselves.

    The resulting graph can be differentiated again.

    Raises ValueError if a node no longer holds the number it had: the graph would mix the two.
    """
    for parent, number in zip(child.parents, child.operands):
        if parent.data != number and number == number:
            raise ValueError(
                f"{parent.label or 'a node'} held {number:.6g} when {child.op.name} was computed from it and holds "
                f"{parent.data:.6g} now; compute the output again before a derivative that is to be differentiated"
            )
    rule: tuple[Any, ...] = child.op.local_gradients(child, *child.parents)
    return rule
