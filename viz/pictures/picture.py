"""The picture of a computation graph: what of it is shown, and in which style.

With this module, one can,

- draw a node's graph: ``to_svg(y)``; ``style="circuit"`` puts values above the wires and gradients
  below; ``theme`` is light, dark, or auto (follows the viewer);
- write it to a file: ``save("y.svg", to_svg(y))``;
- change its elements before they are written: ``picture(y)``.
"""

from __future__ import annotations

from functools import partial

from autograd_lite import Explanation, Value

from ..explained import MAX_NODES, as_explanation
from . import collapsed
from .figure import Figure
from .groups import groups, scope_kinds, within
from .palette import resolve
from .scene import Scene, scene
from .styles import Style, compact, style_named

MAX_CARDS, MAX_COMPACT = 40, 150  # above that many values a style is too small to read on one page
TWO_SCREENS = 1600.0  # no reader follows wires farther


def to_svg(
    graph: Value | Explanation,
    *,
    style: str = "auto",
    theme: str = "auto",
    lang: str = "en",
    engine: str = "auto",
    collapse: str | None = "auto",
    around: str | None = None,
    depth: int | None = None,
    max_nodes: int = MAX_NODES,
) -> str:
    """Return the picture of a graph as an SVG document.

    ``style`` is ``"card"`` (value and gradient in a card, local gradient on each edge, a ledger where
    a value is used twice or more), ``"circuit"``, ``"compact"``, or ``"auto"``: cards up to 40 values,
    compact up to 150, if two screens hold them. Above that, modules are drawn as one box each,
    coloured by the size of their gradients: ``collapse="Neuron"`` or ``"Layer"`` names the kind of scope,
    None draws every value.
    ``lang`` is the language of the words in the picture, one of ``viz.words.LANGUAGES``.
    ``depth`` keeps what is so many edges away from the output, or from the node named ``around``.

        >>> x = Value(3.0, "x")
        >>> to_svg(x * x).startswith("<svg")
        True

    Raises ValueError for an unknown choice, or when more than ``max_nodes`` values would be drawn.
    """
    return picture(
        graph, style=style, theme=theme, lang=lang, engine=engine, collapse=collapse, around=around, depth=depth,
        max_nodes=max_nodes,
    ).written()  # fmt: skip


def picture(
    graph: Value | Explanation,
    *,
    style: str = "auto",
    theme: str = "auto",
    lang: str = "en",
    engine: str = "auto",
    collapse: str | None = "auto",
    around: str | None = None,
    depth: int | None = None,
    max_nodes: int = MAX_NODES,
) -> Figure:
    """Return the picture of a graph before it is written; the options are those of ``to_svg``."""
    colours = resolve(theme)
    if style != "auto":
        style_named(style)
    e = as_explanation(graph, max_nodes=max_nodes)
    if len(e.forward) > max_nodes:
        raise ValueError(f"the explanation has {len(e.forward)} nodes, more than max_nodes={max_nodes}")
    s = scene(e, lang=lang)
    if around is not None or depth is not None:
        s = within(s, around if around is not None else s.output.name, 2 if depth is None else depth)
    draw = _style(s, style, collapse)
    return Figure.of(s, draw(s, colours, engine), theme)


def _style(s: Scene, style: str, collapse: str | None) -> Style:
    """Choose what draws the scene: modules as boxes, or the style asked for, or one that can be read."""
    kind = _kind(s, collapse, style)
    if kind is not None:
        return partial(collapsed.draw, kind=kind)
    if style == "auto":
        return style_named("card" if len(s.cards) <= MAX_CARDS else "compact")
    return style_named(style)


def _kind(s: Scene, collapse: str | None, style: str) -> str | None:
    """Choose the kind of scope to collapse: the innermost that leaves 40 boxes or fewer, else the outermost tried."""
    kinds = scope_kinds(s)
    if collapse is None or (collapse == "auto" and (style != "auto" or not kinds or _can_be_read(s))):
        return None
    if collapse != "auto":
        if collapse not in kinds:
            raise ValueError(f"no scope of kind {collapse!r} in this graph; there are {', '.join(kinds) or 'none'}")
        return collapse
    return next((kind for kind in kinds if len(groups(s, kind)) <= MAX_CARDS), kinds[-1])


def _can_be_read(s: Scene) -> bool:
    """Tell whether every value can be drawn on no more than two screens, one above the other."""
    if len(s.cards) <= MAX_CARDS or len(s.cards) > MAX_COMPACT:
        return len(s.cards) <= MAX_CARDS
    return compact.plan(s).height <= TWO_SCREENS
