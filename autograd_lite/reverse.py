"""The chain rule from the output back to the inputs, written once.

``pull_back`` serves ``backward()`` (numbers), higher derivatives (nodes) and explanations (the
same walk, watched). It asks each operation to ``pull``: to pass the cotangent of a node on to its parents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

# (child, its cotangent, its local gradients; None where the edge is cut)
Watch = Callable[[Any, Any, Sequence[Any]], None]
LocalGradients = Callable[[Any], Sequence[Any]]


def pull_back(
    order: Sequence[Any],
    seeds: Mapping[Any, Any],
    *,
    local_gradients: LocalGradients | None = None,
    watch: Watch | None = None,
) -> dict[Any, Any]:
    """Return the total cotangent of every node that a seed reaches.

    ``order`` is topological; leaves may be missing. Walking it backwards, a node is reached only after all its
    children, so its cotangent is complete: the sum over its uses, which is the multivariate chain rule.

        >>> from autograd_lite import Value
        >>> x = Value(3.0); y = x * x
        >>> pull_back([x, y], {y: 1.0})[x]
        6.0

    ``local_gradients`` replaces the recorded numbers (by nodes, for higher derivatives); ``watch``
    is called for each child once it has passed cotangent × local gradient to each parent.
    """
    cotangents: dict[Any, Any] = dict(seeds)
    plain = local_gradients is None and watch is None and set(map(type, seeds.values())) == {float}
    for child in reversed(order):
        cotangent = cotangents.get(child)
        if child.op is None or cotangent is None:
            continue  # a leaf, or what only a branch that `where` did not take leads to
        if plain:
            child.op.pull(child, cotangent, cotangents)  # as pull does to the bit, specialised for the operation
        else:
            pull(child, cotangent, cotangents, local_gradients, watch)
    return cotangents


def pull(
    child: Any,
    cotangent: Any,
    cotangents: dict[Any, Any],
    local_gradients: LocalGradients | None = None,
    watch: Watch | None = None,
) -> None:
    """Add cotangent × local gradient to the cotangent of each parent: the chain rule at one node.

    >>> from autograd_lite import Value
    >>> x = Value(3.0); cotangents = {}
    >>> pull(x * x, 1.0, cotangents)
    >>> cotangents[x]
    6.0
    """
    locals_ = child.local_gradients() if local_gradients is None else local_gradients(child)
    if child.op.routes:
        locals_ = cut(locals_)
    for parent, local in zip(child.parents, locals_):
        if local is not None:
            contribution = cotangent * local
            cotangents[parent] = cotangents[parent] + contribution if parent in cotangents else contribution
    if watch is not None:
        watch(child, cotangent, locals_)


def cut(local_gradients: Iterable[Any]) -> list[Any]:
    """Return the local gradients of what routes, as ``where`` does: None for a zero, which cuts the edge.

    Whatever lies behind it, inf or nan, stays out; multiplied by 0 it would come through as nan.

        >>> cut((1.0, 0.0))
        [1.0, None]
    """
    return [None if local.__class__ is float and local == 0.0 else local for local in local_gradients]


def recorded_rule(child: Any) -> tuple[Any, ...]:
    """Return the local gradients as nodes, by giving the rule the nodes themselves.

    The resulting graph can be differentiated again.

    Raises ValueError if a node no longer holds the number it had: the graph would mix the two.
    """
    for parent, number in zip(child.parents, child.numbers):
        if parent.data != number and number == number:
            raise ValueError(
                f"{parent.label or 'a node'} held {number:.6g} when {child.op.name} was computed from it and holds "
                f"{parent.data:.6g} now; compute the output again before a derivative that is to be differentiated"
            )
    rule: tuple[Any, ...] = child.op.local_gradients(child, *child.parents)
    return rule
