"""The chain rule from the output back to the inputs, written once.

``pull_back`` is the walk, and ``pull`` the chain rule at one node of it: they serve higher derivatives, programs (whose
cotangents are nodes and instructions) and explanations, which watch. ``backward()`` and gradients that are numbers take
the same walk, with the sums in the nodes and a ``pull`` made for each operation (``specialised``).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .graph import marked_order, topological_order

# (child, its cotangent, its local gradients; None where the edge is cut)
Watch = Callable[[Any, Any, Sequence[Any]], None]
LocalGradients = Callable[[Any], Sequence[Any]]
Shortcut = Callable[[Any, Any, dict[Any, Any]], bool]


def pull_back(
    order: Sequence[Any],
    seeds: Mapping[Any, Any],
    *,
    local_gradients: LocalGradients | None = None,
    watch: Watch | None = None,
    shortcut: Shortcut | None = None,
) -> dict[Any, Any]:
    """Return the total cotangent of every node that a seed reaches.

    ``order`` is topological; leaves may be missing. Walking it backwards, a node is reached only after all its
    children, so its cotangent is complete: the sum over its uses, which is the multivariate chain rule.

        >>> from autograd_lite import Value
        >>> x = Value(3.0); y = x * x
        >>> pull_back([x, y], {y: 1.0})[x]
        6.0

    ``local_gradients`` replaces the recorded numbers (by nodes, for higher derivatives); ``watch``
    is called for each child once it has passed cotangent × local gradient to each parent. A ``shortcut`` does for some
    children what ``pull`` does for all, and tells whether it did.
    """
    cotangents: dict[Any, Any] = dict(seeds)
    for child in reversed(order):
        cotangent = cotangents.get(child)
        if child.op is None or cotangent is None:
            continue  # a leaf, or what only a branch that `where` did not take leads to
        if shortcut is None or not shortcut(child, cotangent, cotangents):
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


# ---------------------------------------------------------------- the same, with the sums in the nodes

_lent = threading.Lock()


def add_to_grads(seeds: Mapping[Any, float]) -> None:
    """Add to the ``grad`` of every node its total cotangent, which is that of ``pull_back`` to the bit.

    The sums are kept in ``_total`` of the nodes, beside what is read there anyway: the entries of a dict lie all over
    the memory, and to look them up takes half of the time. These slots are lent to one walk at a time. One that begins
    while another is under way, in another thread or within a rule, keeps its sums in a dict.

        >>> from autograd_lite import Value
        >>> x = Value(3.0)
        >>> add_to_grads({x * x: 1.0}); x.grad
        6.0
    """
    if not _lent.acquire(blocking=False):
        for node, cotangent in pull_back(topological_order(*seeds), seeds).items():
            node.grad += cotangent
        return
    try:
        for node in _summed_up(seeds, float("-0.0")):
            node.grad += node._total
            node._total = None
    finally:
        _lent.release()


def cotangents_of(nodes: Sequence[Any], seeds: Mapping[Any, float]) -> list[float]:
    """Return the total cotangents of some nodes, 0.0 for those that no seed reaches; no ``grad`` changes.

    >>> from autograd_lite import Value
    >>> x, z = Value(3.0), Value(4.0)
    >>> cotangents_of([x, z], {x * x: 1.0})
    [6.0, 0.0]
    """
    if not _lent.acquire(blocking=False):
        found = pull_back(topological_order(*seeds), seeds)
        return [found.get(node, 0.0) for node in nodes]
    try:
        for node in nodes:
            node._total = None  # a walk that a rule broke off may have left something
        start = float("-0.0")
        walked = _summed_up(seeds, start)
        totals = [0.0 if node._total is None or node._total is start else node._total for node in nodes]
        for node in walked:
            node._total = None
        return totals
    finally:
        _lent.release()


def _summed_up(seeds: Mapping[Any, float], start: float) -> list[Any]:
    """Put the total cotangent of each node that the seeds come from into its ``_total``, and return these nodes.

    ``start`` is an object of its own: what has it has been seen, and where it stays no seed has come. It is −0.0, as
    that plus x is x to the bit.
    """
    computed, leaves = marked_order(seeds, start)
    for output, seed in seeds.items():
        output._total = seed
    for child in reversed(computed):
        total = child._total
        if total is not start:
            child.op.pull(child, total)  # as ``pull`` does, specialised for the operation
    return computed + leaves


# ---------------------------------------------------------------- local gradients


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
