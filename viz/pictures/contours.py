"""Lines of equal height of a function of two numbers, as pieces of straight lines."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any

from autograd_lite.ieee import number_of

from .layered import Point

_ACROSS, _UP = 56, 30  # squares of the grid, each of them cut into two triangles
_LINES = 9

Corner = tuple[float, float, float]  # where it is, and the height there
Range = tuple[float, float]


def contours(f: Callable[[float, float], Any], across: Range, up: Range) -> dict[float, list[tuple[Point, Point]]]:
    """Return for each of some heights the pieces of its lines, as if ``f`` were linear in small triangles.

    The heights lie closer at the bottom, so that the lines of a bowl stand at equal distances. Where ``f`` is not
    finite there is no line.

    >>> lines = contours(lambda x, y: x, (0.0, 1.0), (0.0, 1.0))
    >>> all(abs(x - height) < 1e-9 for height, pieces in lines.items() for piece in pieces for x, _ in piece)
    True
    """
    xs, ys = _grid(*across, _ACROSS), _grid(*up, _UP)
    corners = [[(x, y, number_of(f(x, y))) for x in xs] for y in ys]
    finite = [height for row in corners for _, _, height in row if math.isfinite(height)]
    if not finite:
        return {}
    low, high = min(finite), max(finite)
    heights = [low + (high - low) * ((i + 0.5) / _LINES) ** 2 for i in range(_LINES)]
    triangles = list(_triangles(corners))
    return {height: list(_crossed(triangles, height)) for height in heights}


def _grid(low: float, high: float, parts: int) -> list[float]:
    return [low + (high - low) * i / parts for i in range(parts + 1)]


def _triangles(corners: Sequence[Sequence[Corner]]) -> Iterator[tuple[Corner, Corner, Corner]]:
    for i, j in product(range(len(corners) - 1), range(len(corners[0]) - 1)):
        a, b, c, d = corners[i][j], corners[i][j + 1], corners[i + 1][j], corners[i + 1][j + 1]
        yield a, b, d
        yield a, c, d


def _crossed(triangles: Sequence[tuple[Corner, Corner, Corner]], height: float) -> Iterator[tuple[Point, Point]]:
    """Yield where a height crosses triangles: two sides of a triangle or none, so that no saddle is in doubt."""
    for a, b, c in triangles:
        met = [_between(p, q, height) for p, q in ((a, b), (b, c), (a, c)) if (p[2] < height) != (q[2] < height)]
        if met and all(map(math.isfinite, (a[2], b[2], c[2]))):
            yield met[0], met[1]


def _between(p: Corner, q: Corner, height: float) -> Point:
    part = (height - p[2]) / (q[2] - p[2])
    return p[0] + part * (q[0] - p[0]), p[1] + part * (q[1] - p[1])
