"""The graph as a tree of lines, for a terminal: under the output what it is made of, with what flows back.

>>> from autograd_lite import parse, explain
>>> from rich.console import Console
>>> e = explain(parse("u = a + b; z = b * u").graph(a=3.0, b=2.0))
>>> Console(width=60).print(tree(e, {("value", 1), ("value", 0), ("value", 2), ("contribution", 0)}))
z = b × u = ?   ∂z/∂z = 1
├── b = 2   ← 5   ∂z/∂b = ?
└── u = a + b = 5   ← ?
    ├── a = 3   ← ?
    └── b = 2   ← ?
"""

from __future__ import annotations

from collections.abc import Collection

from rich.text import Text
from rich.tree import Tree

from autograd_lite import Explanation, Step

from ..notation import number, output_name, step_formula, text
from .forward_backward import Edge, edges_of, passes, uses
from .slots import Numbers


def tree(e: Explanation, known: Collection[tuple[str, int]]) -> Tree:
    """Return the tree; numbers whose table and index are not ``known`` are question marks.

    A value that is used several times stands at each use; what it is made of, at the first.
    """
    return _Drawn(e, passes(e), known).branch(e.forward[e.output], None)


class _Drawn:
    def __init__(self, e: Explanation, numbers: Numbers, known: Collection[tuple[str, int]]):
        self._e, self._numbers, self._known = e, numbers, known
        self._edges, self._seen = edges_of(e), set[int]()
        self._at = {(edge.child, edge.position): edge for edge in self._edges}

    def branch(self, step: Step, use: Edge | None) -> Tree:
        first = step.index not in self._seen
        self._seen.add(step.index)
        drawn = Tree(Text("   ".join(self._line(step, use, first=first))), highlight=False)
        for position, i in enumerate(step.operands if first else ()):
            if self._e.forward[i].kind != "constant":
                drawn.children.append(self.branch(self._e.forward[i], self._at.get((step.index, position))))
        return drawn

    def _line(self, step: Step, use: Edge | None, *, first: bool) -> list[str]:
        formula = [text(step_formula(self._e, step))] if step.op is not None and first else []
        parts = [" = ".join([step.name, *formula, self._written("value", step.index)])]
        if use is not None:
            parts.append(f"← {self._written('contribution', use.index)}")
        if use is None or (first and len(uses(self._edges, step.index)) > 1):
            parts.append(f"∂{output_name(self._e)}/∂{step.name} = {self._written('gradient', step.index)}")
        return parts

    def _written(self, table: str, i: int) -> str:
        given = table == "gradient" and i == self._e.output
        return number(self._numbers[table][i]) if given or (table, i) in self._known else "?"
