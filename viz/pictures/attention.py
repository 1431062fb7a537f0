"""Who looks at whom: a row of tokens, and arcs from each back to those that it looks at, as thick as their shares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from autograd_lite.ieee import number_of

from .charts import chart
from .drawing import Drawing
from .elements import Element, at, rect, text, when_dark
from .palette import DARK, LIGHT
from .text_width import fit, text_width

_BOX, _WIDEST, _HIGH, _GAP = 42.0, 120.0, 34.0, 38.0  # a token: at least so wide, at most, how high, how far apart
_CHIP, _LOW, _STEP = (42.0, 18.0), 26.0, 26.0  # a written share; the height of the lowest arc, from arc to arc
_ASIDE, _HEAD = 8.0, 9.0  # arcs leave left of the middle of a box and arrive right of it, with a head so high
_FAINT = 0.05  # smaller shares are a line alone
_DARK = when_dark({"look": {"stroke": DARK.value}, "point": {"fill": DARK.value}})


def draw_attention(
    tokens: Sequence[str], shares: Sequence[Sequence[Any]], *, title: str = "", lang: str = "en"
) -> Drawing:
    """Draw tokens in a row, and from each an arc to every earlier one with the share that it takes of it.

    ``shares[i][j]`` is the share that place i takes of place j, j = 0 … i. What it takes of itself stands below it.
    Shares under 0.05 have an arc without a number.

        >>> draw_attention("to", [[1.0], [0.25, 0.75]]).figure.description
        't: t 1.00; o: t 0.25, o 0.75'

    Raises ValueError unless there is a row for every token, with a share for it and for each before it.
    """
    rows = [[number_of(share) for share in row] for row in shares]
    if not rows or [len(row) for row in rows] != list(range(1, len(tokens) + 1)):
        lengths = [len(row) for row in rows]
        raise ValueError(f"draw_attention: place i of {len(tokens)} tokens has i + 1 shares, got rows of {lengths}")
    said = [f"{token}: " + ", ".join(map("{} {:.2f}".format, tokens, row)) for token, row in zip(tokens, rows)]
    content, width, height = _row(tokens, rows)
    return chart(content, width, height, title, "; ".join(said), lang, _DARK)


def _row(tokens: Sequence[str], rows: Sequence[Sequence[float]]) -> tuple[list[Element], float, float]:
    """Draw everything: arcs, then what lies on them; return it and the room it takes."""
    wide = min(_WIDEST, max(_BOX, *[text_width(token, 16, bold=True) + 12 for token in tokens]))
    top = _height(len(tokens) - 1) + _CHIP[1] / 2
    middles = [wide / 2 + (wide + _GAP) * i for i in range(len(tokens))]
    content: list[Element] = []
    numbers: list[Element] = []
    for i, row in enumerate(rows):
        for j, share in enumerate(row[:-1]):
            content += _arc(middles[i], middles[j], top, i - j, share)
            if share >= _FAINT:
                numbers += _number((middles[i] + middles[j]) / 2, top - _height(i - j), share)
    for x, token, row in zip(middles, tokens, rows):
        numbers += _token(x, top, wide, token, row[-1])
    return content + numbers, middles[-1] + wide / 2, top + _HIGH + 12 + _CHIP[1]


def _height(places: int) -> float:
    """How high the arc between two places rises above the tokens: no two of the numbers on them meet."""
    return _LOW + _STEP * (places - 1) if places else 0.0


def _arc(start: float, end: float, top: float, places: int, share: float) -> Iterator[Element]:
    """Draw an arc from the place that looks to the one that it looks at."""
    a, b, bottom = start - _ASIDE, end + _ASIDE, top - _HEAD + 2
    control = top - _height(places) * 4 / 3  # a Bézier curve goes three quarters of the way to its control points
    curve = f"M{at(a)},{at(top)}C{at(a)},{at(control)} {at(b)},{at(control)} {at(b)},{at(bottom)}"
    yield _line(curve, share)
    head = {"d": f"M{at(b)},{at(top)}l-5,-{_HEAD:g}h10z", "class": "point", "fill": LIGHT.value}
    yield Element("path", head)


def _line(data: str, share: float) -> Element:
    thick = f"{0.6 + 6 * min(1.0, max(0.0, share)):.2f}"
    return Element("path", {"d": data, "fill": "none", "class": "look", "stroke": LIGHT.value, "stroke-width": thick})


def _number(x: float, y: float, share: float) -> Iterator[Element]:
    """Draw a share in a box of its own, around (x, y)."""
    wide, high = _CHIP
    yield rect(x - wide / 2, y - high / 2, wide, high, "chip", LIGHT, radius=9)
    yield text(x, y + 4, f"{share:.2f}", "ink", LIGHT, size=12)


def _token(x: float, top: float, wide: float, token: str, share: float) -> Iterator[Element]:
    """Draw a token, and below it the share that it takes of itself."""
    shown, size = fit(token, wide - 8, 16, bold=True)
    yield _line(f"M{at(x)},{at(top + _HIGH)}v12", share)
    yield rect(x - wide / 2, top, wide, _HIGH, "card", LIGHT, radius=8)
    yield text(x, top + _HIGH / 2 + 6, shown, "ink", LIGHT, size=size, bold=True)
    yield from _number(x, top + _HIGH + 12 + _CHIP[1] / 2, share)
