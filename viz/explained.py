"""The explanation every view is made from: that of a node, or the one given, its parameters named."""

from __future__ import annotations

from collections.abc import Sequence

from autograd_lite import Explanation, Value, explain

from .names import named

MAX_NODES = 10_000  # more are refused


def as_explanation(graph: Value | Explanation, *, max_nodes: int = MAX_NODES) -> Explanation:
    """Return the explanation of a node, or the one given, parameters named by their modules.

    Raises TypeError for anything else, ValueError as soon as a graph is seen to have more than ``max_nodes``.
    """
    if isinstance(graph, Explanation):
        return named(graph)
    if not isinstance(graph, Value):
        hint = ""
        if callable(graph):
            hint = "; it computes values: draw what it gives, as in draw(model([1.0, 2.0]))"
        elif isinstance(graph, Sequence) and not isinstance(graph, str):
            hint = "; draw one of its values, as in draw(ys[0])"
        raise TypeError(f"expected a Value or an Explanation to draw, got {type(graph).__name__}{hint}")
    if _larger_than(max_nodes, graph):
        raise ValueError(
            f"the graph has more nodes than max_nodes={max_nodes}; draw a part of it "
            '(around="name", depth=2 of a smaller output), fewer samples, or allow more with max_nodes= '
            "(where a view has no such option, give it explain(y))"
        )
    return named(explain(graph))


def _larger_than(limit: int, y: Value) -> bool:
    """Count nodes no further than that: a graph of millions is refused at once."""
    seen, waiting = {y}, [y]
    while waiting and len(seen) <= limit:
        new = [parent for parent in waiting.pop().parents if parent not in seen]
        seen.update(new)
        waiting += new
    return len(seen) > limit
