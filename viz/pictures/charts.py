"""Small pictures of numbers: pixels and weights, a confusion matrix, curves. SVG like the graphs, no plotting library.

With this module, one can,

- see images, kernels and weights: ``draw_images({"original": images})``; where numbers are negative
  they are blue, positive ones orange, and the stronger the larger;
- see what a classifier confuses: ``draw_matrix(matrix)``;
- see curves: ``draw_curves({"sine": points})``, also on a logarithmic axis;
- see the way that steps take over a landscape: ``draw_curves({"descent": steps}, over=f)``.

Like the graphs, every picture follows a light or dark page and shows itself in notebooks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from autograd_lite.ieee import number_of

from ..notation import number
from ..words import words
from .contours import contours
from .drawing import Drawing
from .elements import (
    Children,
    Element,
    MediaStyle,
    at,
    joined,
    moved,
    paint,
    path,
    pieces,
    rect,
    square,
    text,
    when_dark,
)
from .figure import Canvas, Figure
from .palette import DARK, LIGHT
from .scene import fit_number
from .text_width import text_width

Image = Sequence[Sequence[Any]]

# one curve after the other, told apart by its dashes too
_COLOURS = ("value", "gradient", "local", "ink", "muted", "line")
_DASHES = ("", "7 4", "2 3", "9 3 2 3", "", "4 6")


def chart(
    content: Children, width: float, height: float, title: str, description: str, lang: str, dark: MediaStyle | str = ""
) -> Drawing:
    """Return a chart that turns dark with its page; ``dark`` are the colours it has beside those of all figures."""
    name = f"chart-{crc32((title + description + joined(pieces(content), '')).encode()):08x}"
    canvas = Canvas([dark, *content], width, height)
    figure = Figure(name, canvas, title or description, description, "auto")
    return Drawing(figure, f"<{title or words(lang)['chart']}: {description}>")


# ---------------------------------------------------------------- images


def draw_images(
    rows: Mapping[str, Sequence[Image]], *, title: str = "", pixel: float = 9.0, lang: str = "en"
) -> Drawing:
    """Draw rows of images, each a list of rows of numbers, under the name of the row.

    Where a row has no negative number, numbers are ink on paper; otherwise negative ones are blue,
    positive ones orange. Opacity is the size relative to the largest of the row.

        >>> draw_images({"edge": [[[-1.0, 1.0], [-1.0, 1.0]]]}).svg.count("<rect") > 4
        True

    Raises ValueError if there is no number to draw.
    """
    if not any(len(row) for images in rows.values() for image in images for row in image):
        raise ValueError("draw_images: expected at least one image with at least one number")
    content: list[Element] = []
    y, width, gap = 0.0, 0.0, 2 * pixel
    for name, images in rows.items():
        if name:
            content.append(text(0, y + 12, name, "muted", LIGHT, size=13, anchor="start"))
            width = max(width, text_width(name, 13))
            y += 22
        drawn, across = _row(images, y, pixel, gap)
        content += drawn
        width = max(width, across)
        y += max((len(image) for image in images), default=0) * pixel + gap
    count = sum(map(len, rows.values()))
    said = words(lang)["images one" if count == 1 else "images"].format(n=count, names=", ".join(filter(None, rows)))
    return chart(content, width, y - gap, title, said, lang)


def _row(images: Sequence[Image], y: float, pixel: float, gap: float) -> tuple[list[Element], float]:
    """Draw images side by side; return them and how wide they are together."""
    flat = [number_of(x) for image in images for row in image for x in row]
    largest, signed = max(map(abs, flat), default=0.0) or 1.0, min(flat, default=0.0) < 0.0
    content, x = [], 0.0
    for image in images:
        across, down = max(map(len, image)) * pixel, len(image) * pixel
        content.append(rect(x - 1, y - 1, across + 2, down + 2, "chip", LIGHT, radius=2))
        content += _pixels(image, x, y, pixel, largest, signed)
        x += across + gap
    return content, x - gap


def _pixels(image: Image, x: float, y: float, pixel: float, largest: float, signed: bool) -> Iterator[Element]:
    for i, row in enumerate(image):
        for j, value in enumerate(map(number_of, row)):
            if strength := round(min(1.0, abs(value) / largest), 2):
                kind = _sign(value) if signed else "ink"
                yield square(x + j * pixel, y + i * pixel, pixel, kind, LIGHT, f"{strength:g}")


def _sign(value: float) -> str:
    return "grad" if value > 0 else "value"


# ---------------------------------------------------------------- a matrix of counts


def draw_matrix(
    matrix: Sequence[Sequence[float]],
    *,
    labels: Sequence[str] | None = None,
    rows: str = "",
    columns: str = "",
    title: str = "",
    lang: str = "en",
) -> Drawing:
    """Draw a matrix with its numbers; the diagonal is blue, the rest orange, the stronger the larger.

    Rows are what is ``"actual"``, columns what is ``"predicted"``, in the language ``lang``, unless named.

    >>> "7" in draw_matrix([[7, 0], [1, 5]]).svg
    True
    """
    rows, columns = rows or words(lang)["actual"], columns or words(lang)["predicted"]
    names = list(labels) if labels is not None else [str(i) for i in range(len(matrix))]
    headings, width = _headings(rows, columns)
    content = [*headings, *_names(names), *_cells(matrix)]
    said = "; ".join(f"{name}: {', '.join(map(number, row))}" for name, row in zip(names, matrix))
    said = words(lang)["matrix as text"].format(rows=rows, columns=columns, numbers=said)
    return chart(
        content, max(_MARGIN[0] + _CELL * len(names), width), _MARGIN[1] + _CELL * len(matrix), title, said, lang
    )


_CELL, _MARGIN = 34.0, (40.0, 44.0)  # left of the cells and above them


def _headings(rows: str, columns: str) -> tuple[list[Element], float]:
    """Draw the two headings side by side; return them and how wide they are where they are wide."""
    left, width = _MARGIN[0], 0.0
    if left < (needed := text_width(f"{rows} ↓", 13) + 16):
        left, width = needed, needed + text_width(f"{columns} →", 13)
    return [
        text(left, 12, f"{columns} →", "muted", LIGHT, size=13, anchor="start"),
        text(0, 12, f"{rows} ↓", "muted", LIGHT, size=13, anchor="start"),
    ], width


def _names(names: Sequence[str]) -> Iterator[Element]:
    (left, top), cell = _MARGIN, _CELL
    for i, name in enumerate(names):
        yield text(left + cell * (i + 0.5), top - 10, name, "ink", LIGHT, size=13, bold=True)
        yield text(left - 14, top + cell * (i + 0.5) + 5, name, "ink", LIGHT, size=13, bold=True)


def _cells(matrix: Sequence[Sequence[float]]) -> Iterator[Element]:
    (left, top), cell = _MARGIN, _CELL
    largest = max((abs(x) for row in matrix for x in row), default=0) or 1.0
    for i, row in enumerate(matrix):
        for j, x in enumerate(row):
            corner = left + cell * j, top + cell * i
            yield rect(*corner, cell, cell, "chip", LIGHT, radius=0)
            if x:
                opacity = f"{0.1 + 0.35 * abs(x) / largest:.2f}"
                yield square(*corner, cell, "value" if i == j else "grad", LIGHT, opacity)
                shown, size = fit_number(float(x), cell - 4, 13, bold=i == j)
                middle = corner[0] + cell / 2, corner[1] + cell / 2 + 5
                yield text(*middle, shown, "ink", LIGHT, size=size, bold=i == j)


# ---------------------------------------------------------------- curves

Points = Sequence[tuple[Any, Any]]
Pair = tuple[float, float]


def draw_curves(
    curves: Mapping[str, Points],
    *,
    x: str = "",
    y: str = "",
    log: bool = False,
    dots: Sequence[str] = (),
    over: Callable[[float, float], Any] | None = None,
    title: str = "",
    lang: str = "en",
) -> Drawing:
    """Draw curves through points (x, y); those named in ``dots`` as points alone. ``log`` is for y.

    ``over`` is a function of x and y: its lines of equal height lie under the curves, whose points are then marked.

    >>> "<polyline" in draw_curves({"square": [(0.0, 0.0), (1.0, 1.0), (2.0, 4.0)]}).svg
    True

    Raises ValueError if there is no finite point, or a y that has no logarithm, or ``over`` on a logarithmic axis,
    TypeError for what is no point.
    """
    if log and over:
        raise ValueError("draw_curves: lines of equal height stand on plain axes; leave out log or over")
    drawn = {name: _pairs(name, points) for name, points in curves.items()}
    scaled = _scaled(drawn, log)
    axes = _Axes.around([point for points in scaled.values() for point in points], log, _ROOM if over else 0.0)
    legend, width = _legend(scaled, dots, max(0.0, text_width(y, 13) - _LEFT + 16))
    content = [
        *axes.drawn(log),
        *(_landscape(over, axes) if over else ()),
        text(_WIDTH, _HEIGHT + 36, x, "muted", LIGHT, size=13, anchor="end"),
        text(-_LEFT, -24, y, "muted", LIGHT, size=13, anchor="start"),
    ]
    for i, (name, points) in enumerate(scaled.items()):
        placed = [axes.place(*point) for point in points]
        content += [*_curve(placed, i, name in dots), *(_curve(placed, i, True) if over else ()), *legend[i]]
    told, end = ("ways as text", _place) if over else ("curves as text", _height)
    said = words(lang)[told].format(y=y, x=x, curves=_as_text(drawn, lang, end))
    inside = [moved(_LEFT, 34, content)]
    return chart(inside, _LEFT + max(_WIDTH, width), _HEIGHT + 74, title, said, lang, _DARK_CURVES)


def _landscape(f: Callable[[float, float], Any], axes: _Axes) -> Iterator[Element]:
    """Draw the lines of equal height of a function, as far as the axes go."""
    for lines in contours(f, (axes.low, axes.high), (axes.up[0], axes.up[-1])).values():
        ends = [(axes.place(*start), axes.place(*end)) for start, end in lines]
        data = "".join(f"M{at(a)},{at(b)}L{at(c)},{at(d)}" for (a, b), (c, d) in ends)
        yield path(data, "wire", LIGHT, stroke=0.8)


def _scaled(drawn: Mapping[str, Sequence[Pair]], log: bool) -> dict[str, list[Pair]]:
    """Return the points that can be drawn, as high as they stand on the axis."""
    if log and any(b <= 0.0 for points in drawn.values() for _, b in points):
        raise ValueError("draw_curves: on a logarithmic axis every y must be above 0")
    scaled = {
        name: [(a, math.log10(b) if log else b) for a, b in points if math.isfinite(a) and math.isfinite(b)]
        for name, points in drawn.items()
    }
    if not any(scaled.values()):
        raise ValueError("draw_curves: expected at least one finite point")
    return scaled


def _legend(names: Iterable[str], dots: Sequence[str], x: float) -> tuple[list[list[Element]], float]:
    """Return for each curve a sample and its name, side by side above the axes, and where the last ends."""
    drawn = []
    for i, name in enumerate(names):
        sample = [(x + 13, -28.0)] if name in dots else [(x, -28.0), (x + 26, -28.0)]
        said = text(x + 32, -24, name, "ink", LIGHT, size=13, anchor="start")
        drawn.append([*_curve(sample, i, name in dots), said])
        x += 52 + text_width(name, 13)
    return drawn, x


def _as_text(drawn: Mapping[str, Sequence[Pair]], lang: str, end: Callable[[Pair], str]) -> str:
    """Say where each curve begins and ends."""
    return "; ".join(
        words(lang)["curve as text"].format(name=name, first=end(points[0]), last=end(points[-1]))
        for name, points in drawn.items()
        if points
    )


def _height(point: Pair) -> str:
    return number(point[1])


def _place(point: Pair) -> str:
    return f"({number(point[0])}, {number(point[1])})"


_LEFT, _WIDTH, _HEIGHT = 62.0, 560.0, 250.0
_ROOM = 0.08  # of the range on either side: a landscape goes on behind the ends of a way
_DARK_CURVES = when_dark({
    kind: {attribute: getattr(DARK, colour)}
    for i, colour in enumerate(_COLOURS)
    for kind, attribute in ((f"c{i}", "stroke"), (f"d{i}", "fill"))
})  # fmt: skip


@dataclass(frozen=True)
class _Axes:
    """The range of each axis and where its numbers stand."""

    low: float
    high: float
    across: tuple[float, ...]
    up: tuple[float, ...]

    @classmethod
    def around(cls, points: Sequence[tuple[float, float]], log: bool, room: float) -> _Axes:
        xs, ys = [a for a, _ in points], [b for _, b in points]
        low, high = _spread(min(xs), max(xs))
        low, high = low - room * (high - low), high + room * (high - low)
        inside = [t for t in _ticks(low, high) if low - 1e-12 <= t <= high + 1e-12]
        return cls(low, high, tuple(inside), tuple(_decades(ys) if log else _ticks(min(ys), max(ys))))

    def place(self, a: float, b: float) -> tuple[float, float]:
        return (
            _WIDTH * (a - self.low) / (self.high - self.low),
            _HEIGHT * (self.up[-1] - b) / (self.up[-1] - self.up[0]),
        )

    def drawn(self, log: bool) -> list[Element]:
        content = []
        for b in self.up:
            y = self.place(self.low, b)[1]
            said = f"10{_superscript(round(b))}" if log else number(b)
            content.append(Element("path", {"d": f"M0,{at(y)}h{_WIDTH:g}", **paint("rule", LIGHT)}))
            content.append(text(-8, y + 4, said, "muted", LIGHT, size=12, anchor="end"))
        for a in self.across:
            content.append(text(self.place(a, 0.0)[0], _HEIGHT + 18, number(a), "muted", LIGHT, size=12))
        return content


def _pairs(name: str, points: Points) -> list[Pair]:
    try:
        return [(number_of(a), number_of(b)) for a, b in points]
    except (TypeError, ValueError):
        raise TypeError(
            f"draw_curves: {name!r} must hold points (x, y) of numbers; of heights alone make list(enumerate(ys))"
        ) from None


def _curve(points: Sequence[Pair], i: int, dots: bool) -> list[Element]:
    which = i % len(_COLOURS)
    colour = getattr(LIGHT, _COLOURS[which])
    if dots:
        look = {"r": "3.2", "class": f"d{which}", "fill": colour}
        return [Element("circle", {"cx": at(a), "cy": at(b), **look}) for a, b in points]
    line = {"points": " ".join(f"{at(a)},{at(b)}" for a, b in points), "fill": "none", "class": f"c{which}"}
    line |= {"stroke": colour, "stroke-width": "2", "stroke-linejoin": "round"}
    return [Element("polyline", line | ({"stroke-dasharray": _DASHES[which]} if _DASHES[which] else {}))]


def _ticks(low: float, high: float) -> list[float]:
    """Return about 4 to 8 round numbers that enclose the given range."""
    low, high = _spread(low, high)
    unit = 10.0 ** math.floor(math.log10((high - low) / 6))
    step = next(m * unit for m in (1, 2, 5, 10) if m * unit >= (high - low) / 6 * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [float(f"{i * step:.12g}") for i in range(first, last + 1)]


def _spread(low: float, high: float) -> tuple[float, float]:
    """Return the range, or one around it where it is too narrow to divide."""
    size = max(abs(low), abs(high))
    if high - low > 1e-9 * size + 1e-300:
        return low, high
    around = size if size > 1e-300 else 1.0  # of what is smaller no sixth can be taken
    return low - around, high + around


def _decades(logs: Sequence[float]) -> list[float]:
    first, last = math.floor(min(logs)), math.ceil(max(logs))
    last = max(last, first + 1)
    step = max(1, math.ceil((last - first) / 7))
    return [float(i) for i in range(first, last + step, step)]


def _superscript(n: int) -> str:
    return str(n).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
