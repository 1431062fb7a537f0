"""The styles of a picture, one file each, found by its name.

A new style is one file beside ``card.py`` with ``draw(scene, theme, engine)``, which returns a canvas;
``to_svg`` and the command then offer it. Of every style the pictures, the player and the tests expect:

- each card of the scene is one ``group`` with the key ``n{index}`` and a tooltip, each chip one with the key
  ``chip.key`` and the tooltip ``chip.tip``;
- no text leaves the room it has: names and formulas shrink by ``fit``, numbers by ``fit_number``, which drops
  digits but never cuts a number, sums by ``sum_text``, which drops terms; or the room is as wide as the text;
- a number is written as the kind it is, ``value``, ``grad`` or ``local``, in colours of the theme.

The card style owes more, because three readers of pictures ask for it by name. Its groups ``d{index}`` (a gradient)
and ``s{index}-{part}`` (a term of its sum) appear in their turn in ``animate``. Exercise sheets empty the texts of the
kinds above. The conformance report turns the first rectangle in a card or chip red.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...offered import offered, part

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..figure import Canvas
    from ..palette import Theme
    from ..scene import Scene

    Style = Callable[[Scene, Theme, str], Canvas]

STYLES = tuple(offered(__path__))


def style_named(name: str) -> Style:
    """Return the style of that name.

    >>> from autograd_lite import Value
    >>> from viz.pictures.palette import LIGHT
    >>> from viz.pictures.scene import scene
    >>> style_named("compact")(scene(Value(2.0, "x")), LIGHT, "layered").width
    134.0

    Raises ValueError for one that is not there, ImportError for one whose file has no ``draw``.
    """
    if name not in STYLES:
        raise ValueError(f"no style {name!r}; there are auto, {', '.join(STYLES)}")
    draw: Style = part(__name__, name, "draw", callable, owed="a function of scene, theme and engine")
    return draw
