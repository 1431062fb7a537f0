"""A graph with all that is said about its two passes: computed once, read by every part of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autograd_lite import Explanation, Value
from autograd_lite.formula import Formula

from ..explained import as_explanation
from ..pictures.scene import Scene, scene
from ..words import words
from .decisions import Decisions, decisions_of, with_rules
from .forward_backward import Edge, edges_of, tables
from .slots import Numbers
from .steps import PlayerStep, steps_of

MOST_VALUES = 150  # more steps than anybody walks through
MOST_USES = 400


@dataclass(frozen=True)
class Walk:
    """The graph and its pass, what a formula decides in it, its tables, its steps, its picture."""

    explanation: Explanation
    decisions: Decisions
    edges: Sequence[Edge]
    numbers: Numbers
    steps: Sequence[PlayerStep]
    scene: Scene
    lang: str

    @property
    def said(self) -> Mapping[str, str]:
        """The words of its language."""
        return words(self.lang)


def walk_through(graph: Value | Explanation, *, formula: Formula | None = None, lang: str = "en") -> Walk:
    """Return the walk through a graph; ``formula`` is what made it, if ``parse`` did.

    A formula tells what decides in a graph of values; an explanation has none of its conditions, it is walked through
    without them.

    >>> x = Value(3.0, "x")
    >>> [step.phase for step in walk_through(x * 2.0).steps]
    ['inputs', 'forward', 'seed', 'backward', 'check']

    Raises ValueError for a language that is not there, or for more than 150 values or 400 uses of them.
    """
    e = as_explanation(graph)
    edges = edges_of(e)
    _refuse_long_walks(e, edges)
    decisions = decisions_of(formula, graph) if formula is not None and isinstance(graph, Value) else {}
    e = with_rules(e, decisions)
    numbers = tables(e, decisions=decisions)
    steps = steps_of(e, numbers, decisions=decisions, lang=lang)
    return Walk(e, decisions, edges, numbers, steps, scene(e, lang=lang), lang)


def _refuse_long_walks(e: Explanation, edges: Sequence[Edge]) -> None:
    values, uses = sum(step.kind != "constant" for step in e.forward), len(edges)
    if values > MOST_VALUES:
        raise ValueError(
            f"the player walks through up to {MOST_VALUES} values, this graph has {values}; "
            "play a part of it, or draw it collapsed with to_svg"
        )
    if uses > MOST_USES:
        raise ValueError(
            f"the player walks through up to {MOST_USES} uses of values, one step each; this graph has {uses}; "
            "play a part of it, or read it with to_text"
        )
