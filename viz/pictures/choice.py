"""How a graph is drawn: in the style, the direction and the detail whose text can be read on a screen.

What the reader chose stands. The rest is tried in turn, most told first: cards, a circuit, small boxes, each
from left to right and from top to bottom, then whole modules as one box each.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from inspect import signature

from ..words import words
from . import collapsed
from .figure import MARGIN, Canvas
from .groups import scope_kinds
from .palette import Theme
from .scene import Scene
from .screens import DIRECTIONS, READABLE, SCREENS, SCROLLED
from .styles import style_named

MOST = {"card": 60, "circuit": 60, "compact": 300}  # values; more never fit, and are not tried

Drawn = Callable[..., Canvas]  # of scene, theme and engine; with down=True from top to bottom


@dataclass(frozen=True)
class Choice:
    """A way to draw a graph, and the picture drawn so. ``size`` is the height of its text, fitted to the screen."""

    style: str  # a style, or the kind of scope that is drawn as one box
    direction: str
    canvas: Canvas
    size: float

    @property
    def can_be_read(self) -> bool:
        """Tell whether the text is large enough where the whole picture is in sight."""
        return self.size >= READABLE


def choose(
    s: Scene,
    theme: Theme,
    *,
    style: str = "auto",
    direction: str = "auto",
    collapse: str | None = "auto",
    screen: str = "page",
    engine: str = "auto",
) -> Choice:
    """Return the first way to draw a scene that can be read on a screen; if none can, that of the largest text.

    >>> from autograd_lite import Value
    >>> from viz.pictures.palette import LIGHT
    >>> from viz.pictures.scene import scene
    >>> w, x = Value(3.0, "w"), Value(2.0, "x")
    >>> chosen = [choose(scene(w * x + w), LIGHT, screen=screen) for screen in SCREENS]
    >>> [(each.style, each.direction) for each in chosen]
    [('card', 'right'), ('compact', 'right')]

    Raises ValueError for a choice that is not there.
    """
    _check("direction", direction, ("auto", *DIRECTIONS))
    _check("screen", screen, SCREENS)
    best = None
    for name, towards, draw in _ways(s, style, direction, collapse):
        canvas = draw(s, theme, engine)
        choice = Choice(name, towards, canvas, fitted(canvas, screen))
        if choice.can_be_read:
            return choice
        best = choice if best is None or choice.size > best.size else best
    if best is None:
        raise ValueError(f"the style {style!r} is drawn to the right alone")
    return best


def fitted(canvas: Canvas, screen: str) -> float:
    """Return how high the text of a canvas is where it is made to fit a screen's width, and two of its heights.

    >>> fitted(Canvas([], 1168.0, 68.0, text=12.0), "page"), fitted(Canvas([], 2368.0, 68.0, text=12.0), "page")
    (12.0, 6.0)
    """
    width, height = SCREENS[screen]
    scale = min(width / (canvas.width + 2 * MARGIN), SCROLLED * height / (canvas.height + 2 * MARGIN))
    return canvas.text * min(1.0, scale)


def advice(s: Scene, choice: Choice) -> str:
    """Return what to do about a picture whose text is too small, or nothing."""
    if choice.can_be_read:
        return ""
    said, kinds = words(s.lang), [kind for kind in scope_kinds(s) if kind != choice.style]
    modules = said["or collapse"].format(kind=kinds[-1]) if kinds else ""
    return said["too small"].format(size=f"{choice.size:.1f}", modules=modules)


# ---------------------------------------------------------------- what is tried


def _ways(s: Scene, style: str, direction: str, collapse: str | None) -> Iterator[tuple[str, str, Drawn]]:
    """Yield name, direction and function of each way to draw the scene that was not ruled out."""
    for name, draw in _pictures(s, style, collapse):
        small = len(s.cards) <= MOST.get(name, len(s.cards))
        for towards in DIRECTIONS if direction == "auto" else (direction,):
            if towards == "right":
                yield name, towards, draw
            elif "down" in signature(draw).parameters and (small or direction == "down"):
                yield name, towards, partial(draw, down=True)


def _pictures(s: Scene, style: str, collapse: str | None) -> Iterator[tuple[str, Drawn]]:
    """Yield name and function of every style or detail that may be, most told first."""
    kinds = scope_kinds(s)
    if collapse not in (None, "auto", *kinds):
        raise ValueError(f"no scope of kind {collapse!r} in this graph; there are {', '.join(kinds) or 'none'}")
    if style != "auto":
        draw = style_named(style)
    if collapse not in (None, "auto"):
        yield collapse, partial(collapsed.draw, kind=collapse)
    elif style != "auto":
        yield style, draw
    else:
        fit = [name for name, most in MOST.items() if len(s.cards) <= most]
        inside = kinds if collapse == "auto" else []
        yield from ((name, style_named(name)) for name in fit or ([] if inside else ["compact"]))
        yield from ((kind, partial(collapsed.draw, kind=kind)) for kind in inside)


def _check(what: str, given: str, there: Collection[str]) -> None:
    if given not in there:
        raise ValueError(f"no {what} {given!r}; there are {', '.join(there)}")
