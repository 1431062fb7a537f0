"""The picture of a computation graph: what of it is shown, and in which style.

With this module, one can,

- draw a node's graph: ``to_svg(y)``; ``style="circuit"`` puts values above the wires and gradients
  below; ``theme`` is light, dark, or auto (follows the viewer);
- write it to a file: ``save("y.svg", to_svg(y))``;
- change its elements before they are written: ``picture(y)``.
"""

from __future__ import annotations

from dataclasses import replace

from autograd_lite import Explanation, Value

from ..explained import MAX_NODES, as_explanation
from .choice import advice, choose
from .figure import Figure
from .groups import within
from .palette import resolve
from .scene import scene
from .screens import DirectionName, ScreenName, StyleName, ThemeName


def to_svg(
    graph: Value | Explanation,
    *,
    style: StyleName = "auto",
    direction: DirectionName = "auto",
    theme: ThemeName = "auto",
    lang: str = "en",
    engine: str = "auto",
    collapse: str | None = "auto",
    around: str | None = None,
    depth: int | None = None,
    screen: ScreenName = "page",
    max_nodes: int = MAX_NODES,
) -> str:
    """Return the picture of a graph as an SVG document.

    ``style`` is ``"card"`` (value and gradient in a card, local gradient on each edge, a ledger where
    a value is used twice or more), ``"circuit"``, ``"compact"``, or ``"auto"``; ``direction`` is ``"right"``,
    ``"down"`` or ``"auto"``. ``auto`` takes the first, in that order, whose text is 9 px high or more when the
    picture is fitted to the width and two heights of a ``screen``, ``"page"`` (1200 × 700) or ``"phone"``
    (390 × 844). Where none is, modules are drawn as one box each, coloured by the size of their gradients:
    ``collapse="Neuron"`` or ``"Layer"`` names the kind of scope, None draws every value.
    ``lang`` is the language of the words in the picture, one of ``viz.words.LANGUAGES``.
    ``depth`` keeps what is so many edges away from the output, or from the node named ``around``.

        >>> x = Value(3.0, "x")
        >>> to_svg(x * x).startswith("<svg")
        True

    Raises ValueError for an unknown choice, for a circuit from top to bottom, or when more than ``max_nodes``
    values would be drawn.
    """
    return picture(
        graph, style=style, direction=direction, theme=theme, lang=lang, engine=engine, collapse=collapse,
        around=around, depth=depth, screen=screen, max_nodes=max_nodes,
    ).written()  # fmt: skip


def picture(
    graph: Value | Explanation,
    *,
    style: StyleName = "auto",
    direction: DirectionName = "auto",
    theme: ThemeName = "auto",
    lang: str = "en",
    engine: str = "auto",
    collapse: str | None = "auto",
    around: str | None = None,
    depth: int | None = None,
    screen: ScreenName = "page",
    max_nodes: int = MAX_NODES,
) -> Figure:
    """Return the picture of a graph before it is written; the options are those of ``to_svg``."""
    colours = resolve(theme)
    e = as_explanation(graph, max_nodes=max_nodes)
    if len(e.forward) > max_nodes:
        raise ValueError(f"the explanation has {len(e.forward)} nodes, more than max_nodes={max_nodes}")
    s = scene(e, lang=lang)
    if around is not None or depth is not None:
        s = within(s, around if around is not None else s.output.name, 2 if depth is None else depth)
    chosen = choose(s, colours, style=style, direction=direction, collapse=collapse, screen=screen, engine=engine)
    return replace(Figure.of(s, chosen.canvas, theme), note=advice(s, chosen))
