"""The graph as DOT text, for those who want Graphviz' own drawing or other tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd_lite import Explanation, Value

from .notation import number
from .pictures.scene import scene

if TYPE_CHECKING:
    from graphviz import Digraph


def to_dot(graph: Value | Explanation) -> Digraph:
    """Return a ``graphviz.Digraph``: one record per value, one edge per use, named by order.

    The text is the same on every run. Its ``source`` needs no Graphviz; rendering it needs ``dot``.

        >>> x = Value(3.0, "x")
        >>> print(to_dot(x * x).source.count("n0 -> n1"))
        2
    """
    from graphviz import Digraph, escape

    s = scene(graph)
    dot = Digraph(graph_attr={"rankdir": "LR"}, node_attr={"shape": "box", "style": "rounded"})
    for card in s.cards:
        label = f"{card.written}\nvalue {number(card.step.value)}\ngradient {number(card.gradient)}"
        dot.node(f"n{card.step.index}", _line(escape(label)))
    for chip in s.chips:
        dot.edge(f"n{chip.parent.index}", f"n{chip.child.index}", _line(escape(chip.local)))
    return dot


def _line(label: str) -> str:
    """A null character would end the text inside Graphviz; line ends are DOT's own escape."""
    return label.replace("\0", "\ufffd").replace("\n", "\\n")
