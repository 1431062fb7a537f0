"""The chain rule from the output back to the inputs, written once.

``pull_back`` serves ``backward()`` (numbers), higher derivatives (nodes) and explanations (the
same walk, watched).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .graph import Node

# (child, its cotangent, position of the parent, the parent, local gradient, contribution)
Watch = Callable[[Any, Any, int, Any, Any, Any], None]


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
    is called with each contribution as it is added.
    """
    cotangents = dict(seeds)
    for child in reversed(order):
        parents = child.parents
        if not parents or child not in cotangents:
            continue  # a leaf, or a branch that `where` did not take
        cotangent = cotangents[child]
        locals_ = child.local_gradients() if local_gradients is None else local_gradients(child)
        routes = child.op.routes
        for position, (parent, local) in enumerate(zip(parents, locals_)):
            if routes and local.__class__ is float and local == 0.0:
                continue
            contribution = cotangent * local
            if parent in cotangents:
                cotangents[parent] = cotangents[parent] + contribution
            else:
                cotangents[parent] = contribution
            if watch is not None:
                watch(child, cotangent, position, parent, local, contribution)
    return cotangents


def recorded_rule(child: Any) -> tuple[Any, ...]:
    """Return the local gradients as nodes, by giving the rule the nodes themselves.

    The resulting graph can be differentiated again.
    """
    rule: tuple[Any, ...] = child.op.local_gradients(child, *child.parents)
    return rule


__all__ = ["Node", "Watch", "pull_back", "recorded_rule"]
