"""Small pictures of numbers: pixels and weights, a confusion matrix, curves. SVG like the graphs, no plotting library.

With this module, one can,

- see images, kernels and weights: ``draw_images({"original": images})``; where numbers are negative
  they are blue, positive ones orange, and the stronger the larger;
- see what a classifier confuses: ``draw_matrix(matrix)``;
- see curves: ``draw_curves({"sine": points})``, also on a logarithmic axis.

Like the graphs, every picture follows a light or dark page and shows itself in notebooks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from autograd_lite.ieee import number_of

from ..notation import number
from ..words import words
from .drawing import Drawing
from .elements import at, figure, paint, rect, text
from .palette import DARK, LIGHT
from .scene import fit_number
from .text_width import text_width

Image = Sequence[Sequence[Any]]

# one curve after the other, told apart by its dashes too
_COLOURS = ("value", "gradient", "local", "ink", "muted", "line")
_DASHES = ("", "7 4", "2 3", "9 3 2 3", "", "4 6")


def _drawing(
    content: list[str], width: float, height: float, title: str, description: str, lang: str, style: str = ""
) -> Drawing:
    name = f"chart-{crc32(''.join([title, description, *content]).encode()):08x}"
    rules = f"<style>@media (prefers-color-scheme:dark){{{style.format(name=name)}}}</style>" if style else ""
    svg = figure(
        [rules, *content], width, height, title=title or description, description=description, theme="auto", name=name
    )
    return Drawing(svg, f"<{title or words(lang)['chart']}: {description}>")


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
    size, gap = pixel, 2 * pixel
    if not any(len(row) for images in rows.values() for image in images for row in image):
        raise ValueError("draw_images: expected at least one image with at least one number")
    content, y, width = [], 0.0, 0.0
    for name, images in rows.items():
        if name:
            content.append(text(0, y + 12, name, "muted", LIGHT, size=13, anchor="start"))
            width = max(width, text_width(name, 13))
            y += 22
        flat = [number_of(x) for image in images for row in image for x in row]
        largest, signed = max(map(abs, flat), default=0.0) or 1.0, min(flat, default=0.0) < 0.0
        x = 0.0
        for image in images:
            across, down = max(map(len, image)) * size, len(image) * size
            content.append(rect(x - 1, y - 1, across + 2, down + 2, "chip", LIGHT, radius=2))
            content += _pixels(image, x, y, size, largest, signed)
            x += across + gap
        width = max(width, x - gap)
        y += max((len(image) for image in images), default=0) * size + gap
    count = sum(map(len, rows.values()))
    said = words(lang)["images one" if count == 1 else "images"].format(n=count, names=", ".join(filter(None, rows)))
    return _drawing(content, width, y - gap, title, said, lang)


def _pixels(image: Image, x: float, y: float, size: float, largest: float, signed: bool) -> list[str]:
    squares = []
    for i, row in enumerate(image):
        for j, value in enumerate(map(number_of, row)):
            if strength := round(min(1.0, abs(value) / largest), 2):
                kind = ("grad" if value > 0 else "value") if signed else "ink"
                square = rect(x + j * size, y + i * size, size, size, kind, LIGHT, radius=0, stroke=0)
                squares.append(square.replace("/>", f' fill-opacity="{strength:g}"/>'))
    return squares


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
    largest, cell, left, top = max((abs(x) for row in matrix for x in row), default=0) or 1.0, 34.0, 40.0, 44.0
    width, height = left + cell * len(names), top + cell * len(matrix)
    content = [
        text(left, 12, f"{columns} →", "muted", LIGHT, size=13, anchor="start"),
        text(0, 12, f"{rows} ↓", "muted", LIGHT, size=13, anchor="start"),
    ]
    if left < (needed := text_width(f"{rows} ↓", 13) + 16):  # the two headings side by side
        content[0] = text(needed, 12, f"{columns} →", "muted", LIGHT, size=13, anchor="start")
        width = max(width, needed + text_width(f"{columns} →", 13))
    for i, name in enumerate(names):
        content.append(text(left + cell * (i + 0.5), top - 10, name, "ink", LIGHT, size=13, bold=True))
        content.append(text(left - 14, top + cell * (i + 0.5) + 5, name, "ink", LIGHT, size=13, bold=True))
    for i, row in enumerate(matrix):
        for j, x in enumerate(row):
            corner = left + cell * j, top + cell * i
            content.append(rect(*corner, cell, cell, "chip", LIGHT, radius=0))
            if x:
                kind = "value" if i == j else "grad"
                square = rect(*corner, cell, cell, kind, LIGHT, radius=0, stroke=0)
                content.append(square.replace("/>", f' fill-opacity="{0.1 + 0.35 * abs(x) / largest:.2f}"/>'))
                centre = corner[0] + cell / 2, corner[1] + cell / 2 + 5
                shown, size = fit_number(float(x), cell - 4, 13, bold=i == j)
                content.append(text(*centre, shown, "ink", LIGHT, size=size, bold=i == j))
    said = "; ".join(f"{name}: {', '.join(map(number, row))}" for name, row in zip(names, matrix))
    said = words(lang)["matrix as text"].format(rows=rows, columns=columns, numbers=said)
    return _drawing(content, width, height, title, said, lang)


# ---------------------------------------------------------------- curves

Points = Sequence[tuple[Any, Any]]


def draw_curves(
    curves: Mapping[str, Points],
    *,
    x: str = "",
    y: str = "",
    log: bool = False,
    dots: Sequence[str] = (),
    title: str = "",
    lang: str = "en",
) -> Drawing:
    """Draw curves through points (x, y); those named in ``dots`` as points alone. ``log`` is for y.

    >>> "<polyline" in draw_curves({"square": [(0.0, 0.0), (1.0, 1.0), (2.0, 4.0)]}).svg
    True

    Raises ValueError if there is no finite point, or a y that has no logarithm, TypeError for what is no point.
    """
    drawn = {name: _pairs(name, points) for name, points in curves.items()}
    if log and any(b <= 0.0 for points in drawn.values() for _, b in points):
        raise ValueError("draw_curves: on a logarithmic axis every y must be above 0")
    scaled = {
        name: [(a, math.log10(b) if log else b) for a, b in points if math.isfinite(a) and math.isfinite(b)]
        for name, points in drawn.items()
    }
    if not any(scaled.values()):
        raise ValueError("draw_curves: expected at least one finite point")
    axes = _Axes.around([point for points in scaled.values() for point in points], log)
    content = [*axes.drawn(log), text(_WIDTH, _HEIGHT + 36, x, "muted", LIGHT, size=13, anchor="end")]
    content.append(text(-_LEFT, -24, y, "muted", LIGHT, size=13, anchor="start"))
    at = max(0.0, text_width(y, 13) - _LEFT + 16)
    for i, (name, points) in enumerate(scaled.items()):
        only_dots = name in dots
        sample = [(at + 13, -28.0)] if only_dots else [(at, -28.0), (at + 26, -28.0)]
        content += _curve([axes.place(*point) for point in points], i, only_dots) + _curve(sample, i, only_dots)
        content.append(text(at + 32, -24, name, "ink", LIGHT, size=13, anchor="start"))
        at += 52 + text_width(name, 13)
    said = "; ".join(
        words(lang)["curve as text"].format(name=name, first=number(ps[0][1]), last=number(ps[-1][1]))
        for name, ps in drawn.items()
        if ps
    )
    said = words(lang)["curves as text"].format(y=y, x=x, curves=said)
    moved = [f'<g transform="translate({_LEFT:g},34)">', *content, "</g>"]
    return _drawing(moved, _LEFT + max(_WIDTH, at), _HEIGHT + 74, title, said, lang, _DARK_CURVES)


_LEFT, _WIDTH, _HEIGHT = 62.0, 560.0, 250.0
_DARK_CURVES = "".join(
    f"#{{name}} .c{i}{{{{stroke:{getattr(DARK, c)}}}}}#{{name}} .d{i}{{{{fill:{getattr(DARK, c)}}}}}"
    for i, c in enumerate(_COLOURS)
)


@dataclass(frozen=True)
class _Axes:
    """The range of each axis and where its numbers stand."""

    low: float
    high: float
    across: tuple[float, ...]
    up: tuple[float, ...]

    @classmethod
    def around(cls, points: Sequence[tuple[float, float]], log: bool) -> _Axes:
        xs, ys = [a for a, _ in points], [b for _, b in points]
        low, high = _spread(min(xs), max(xs))
        inside = [t for t in _ticks(low, high) if low - 1e-12 <= t <= high + 1e-12]
        return cls(low, high, tuple(inside), tuple(_decades(ys) if log else _ticks(min(ys), max(ys))))

    def place(self, a: float, b: float) -> tuple[float, float]:
        return (
            _WIDTH * (a - self.low) / (self.high - self.low),
            _HEIGHT * (self.up[-1] - b) / (self.up[-1] - self.up[0]),
        )

    def drawn(self, log: bool) -> list[str]:
        content = []
        for b in self.up:
            y = self.place(self.low, b)[1]
            said = f"10{_superscript(round(b))}" if log else number(b)
            content.append(f'<path d="M0,{at(y)}h{_WIDTH:g}" {paint("rule", LIGHT)}/>')
            content.append(text(-8, y + 4, said, "muted", LIGHT, size=12, anchor="end"))
        for a in self.across:
            content.append(text(self.place(a, 0.0)[0], _HEIGHT + 18, number(a), "muted", LIGHT, size=12))
        return content


def _pairs(name: str, points: Points) -> list[tuple[float, float]]:
    try:
        return [(number_of(a), number_of(b)) for a, b in points]
    except (TypeError, ValueError):
        raise TypeError(
            f"draw_curves: {name!r} must hold points (x, y) of numbers; of heights alone make list(enumerate(ys))"
        ) from None


def _curve(points: Sequence[tuple[float, float]], i: int, dots: bool) -> list[str]:
    colour, which = getattr(LIGHT, _COLOURS[i % len(_COLOURS)]), i % len(_COLOURS)
    if dots:
        return [f'<circle cx="{at(a)}" cy="{at(b)}" r="3.2" class="d{which}" fill="{colour}"/>' for a, b in points]
    path = " ".join(f"{at(a)},{at(b)}" for a, b in points)
    dash = f' stroke-dasharray="{_DASHES[which]}"' if _DASHES[which] else ""
    return [
        f'<polyline points="{path}" fill="none" class="c{which}" stroke="{colour}" stroke-width="2" '
        f'stroke-linejoin="round"{dash}/>'
    ]


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
