"""Where boxes stand and wires run: by the built-in layout, or by Graphviz for who asks for it.

Engines: ``layered`` (pure Python, always there, the same everywhere), ``pygraphviz`` (Graphviz inside a
wheel, in this process), ``dot`` (the program on PATH). Only sizes and numbers go to Graphviz, no text:
nothing hostile reaches it and no font is looked up.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import threading
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from autograd_lite.extras import needs

from .layered import Point, Size, layered

NARROW, WIDE = 14.0, 36.0  # between two ports, at a side and at the top of a box
_lock = threading.Lock()  # Graphviz is not thread-safe


@dataclass(frozen=True)
class Layout:
    """Centres of the boxes, and for each edge its Bézier control points (3k + 1 of them).

    ``y`` points down, as in SVG; everything lies within (0, 0) and (width, height).
    """

    centres: tuple[Point, ...]
    routes: tuple[tuple[Point, ...], ...]
    width: float
    height: float
    engine: str

    def turned(self) -> Layout:
        """Return the layout mirrored at its diagonal: what ran to the right runs down."""
        centres, routes = tuple(map(_turned, self.centres)), tuple(tuple(map(_turned, r)) for r in self.routes)
        return Layout(centres, routes, self.height, self.width, self.engine)


def _turned(p: Point) -> Point:
    return p[1], p[0]


def layout(
    sizes: Sequence[Size],
    edges: Sequence[tuple[int, int]],
    *,
    engine: str = "auto",
    gap: Size = (22.0, 22.0),
    same_rank: Sequence[int] = (),
    in_order: bool = False,
    ports: Sequence[float] | None = None,
    down: bool = False,
) -> Layout:
    """Lay out boxes of given sizes left to right; ``same_rank`` boxes start in one column.

    With ``in_order`` the boxes of each column stand in the order given, crossings or not. ``ports`` tell
    how far below the middle of its box each edge arrives: spread in their order unless said otherwise.
    With ``down`` all runs from top to bottom: columns are rows, and operands enter from left to right.

    >>> plan = layout([(40, 20), (40, 20)], [(0, 1)], engine="layered")
    >>> plan.centres[0][0] < plan.centres[1][0], plan.engine
    (True, 'layered')

    ``engine="auto"`` is the environment variable AUTOGRAD_LITE_LAYOUT if set, else ``layered``. Raises
    ValueError for an unknown engine, OSError naming what to install if it is not there.
    """
    engine = os.environ.get("AUTOGRAD_LITE_LAYOUT", "layered") if engine == "auto" else engine
    if engine not in ENGINES:
        raise ValueError(f"no layout engine {engine!r}; there are auto, {', '.join(ENGINES)}")
    if down:  # as on paper that is turned over its diagonal
        turned = [(h, w) for w, h in sizes]
        ports = spread(turned, edges, WIDE) if ports is None else ports
        return layout(
            turned, edges, engine=engine, gap=gap, same_rank=same_rank, in_order=in_order, ports=ports
        ).turned()
    ports = spread(sizes, edges) if ports is None else ports
    try:
        centres, routes = ENGINES[engine](sizes, edges, ports, gap, same_rank, in_order)
    except (ImportError, OSError, subprocess.SubprocessError) as problem:
        raise OSError(
            f"the layout engine {engine!r} cannot be used (the built-in one, 'layered', is always there): {problem}"
        ) from None
    return _framed(sizes, centres, routes, engine)


def spread(sizes: Sequence[Size], edges: Sequence[tuple[int, int]], widest: float = NARROW) -> list[float]:
    """Return a port for each edge: those that arrive at one box are spread over its side in the order given.

    >>> spread([(40, 20), (40, 60)], [(0, 1), (0, 1), (0, 1)])
    [-14.0, 0.0, 14.0]
    """
    arriving: dict[int, int] = {}
    places = []
    for _, target in edges:
        places.append(arriving.get(target, 0))
        arriving[target] = places[-1] + 1
    ports = []
    for (_, target), i in zip(edges, places):
        n = arriving[target]
        step = min(widest, (sizes[target][1] - 24.0) / (n - 1)) if n > 1 else 0.0
        ports.append((i - (n - 1) / 2) * step)
    return ports


def _framed(sizes: Sequence[Size], centres: Sequence[Point], routes: Sequence[Sequence[Point]], name: str) -> Layout:
    """Move everything to start at (0, 0)."""
    xs = [x + side * w / 2 for (x, _), (w, _) in zip(centres, sizes) for side in (-1, 1)]
    ys = [y + side * h / 2 for (_, y), (_, h) in zip(centres, sizes) for side in (-1, 1)]
    xs += [x for route in routes for x, _ in route]
    ys += [y for route in routes for _, y in route]
    left, top = min(xs, default=0.0), min(ys, default=0.0)

    def move(p: Point) -> Point:
        return round(p[0] - left, 2) + 0.0, round(p[1] - top, 2) + 0.0  # never −0.0

    return Layout(
        tuple(map(move, centres)),
        tuple(tuple(map(move, route)) for route in routes),
        round(max(xs, default=0.0) - left, 2),
        round(max(ys, default=0.0) - top, 2),
        name,
    )


# ---------------------------------------------------------------- Graphviz

Plan = tuple[list[Point], list[list[Point]]]
Engine = Callable[[Sequence[Size], Sequence[tuple[int, int]], Sequence[float], Size, Sequence[int], bool], Plan]


def _source(
    sizes: Sequence[Size], edges: Sequence[tuple[int, int]], gap: Size, columns: Sequence[Sequence[int]], chain: bool
) -> str:
    """Return DOT text of blank boxes named by number; invisible edges chain the boxes of a column."""
    lines = [
        "digraph {",
        f"graph [rankdir=LR, ranksep={gap[0] / 72:.4f}, nodesep={gap[1] / 72:.4f}];",
        'node [shape=box, fixedsize=true, label=""]; edge [arrowhead=none];',
    ]
    if len(sizes) > 600:
        lines.append("graph [nslimit=2, nslimit1=2, mclimit=0.5];")  # big graphs: good now beats better later
    lines += [f"{i} [width={w / 72:.4f}, height={h / 72:.4f}];" for i, (w, h) in enumerate(sizes)]
    for column in columns:
        lines.append(f"{{rank=same; edge [style=invis]; {(' -> ' if chain else '; ').join(map(str, column))}}}")
    lines += [f"{a}:e -> {b}:w;" for a, b in edges]
    return "\n".join([*lines, "}"])


def _plan(plain: str, edges: Sequence[tuple[int, int]]) -> Plan:
    """Read Graphviz's ``plain`` format: inches, y pointing up, edges in any order."""
    height = 0.0
    centres: dict[int, Point] = {}
    found: dict[tuple[int, int], list[list[Point]]] = {}
    for line in plain.replace("\\\n", "").splitlines():
        kind, *words = shlex.split(line)
        if kind == "graph":
            height = float(words[2])
        elif kind == "node":
            centres[int(words[0])] = (float(words[1]) * 72, (height - float(words[2])) * 72)
        elif kind == "edge":
            numbers = [float(word) * 72 for word in words[3 : 3 + 2 * int(words[2])]]
            points = [(x, height * 72 - y) for x, y in zip(numbers[::2], numbers[1::2])]
            found.setdefault((int(words[0].split(":")[0]), int(words[1].split(":")[0])), []).append(points)
    # of several edges between two boxes, the upper one is that of the first operand
    for routes in found.values():
        routes.sort(key=lambda route: sum(y for _, y in route) / len(route))
    return [centres[i] for i in sorted(centres)], [found[edge].pop(0) for edge in edges]


def _by_graphviz(run: Callable[[str], str]) -> Engine:
    """Return the engine that lays out what ``run`` makes of DOT text."""

    def engine(
        sizes: Sequence[Size], edges: Sequence[tuple[int, int]], ports: Sequence[float],
        gap: Size, same: Sequence[int], in_order: bool,
    ) -> Plan:  # fmt: skip
        plan = _plan(run(_source(sizes, edges, gap, [same] if same else [], False)), edges)
        if in_order:
            columns: dict[int, list[int]] = {}
            for box, (x, _) in enumerate(plan[0]):
                columns.setdefault(round(x), []).append(box)
            plan = _plan(run(_source(sizes, edges, gap, list(columns.values()), True)), edges)
        return plan[0], [_to_port(route, port) for route, port in zip(plan[1], ports)]

    return engine


def _to_port(route: list[Point], port: float) -> list[Point]:
    """Graphviz brings every edge to the middle of the side; its end is moved to the port."""
    *start, (a, b), (x, y) = route
    return [*start, (a, b + port), (x, y + port)]


def _run_pygraphviz(source: str) -> str:
    with needs("graphviz", "the layout engine 'pygraphviz'"):
        import pygraphviz  # slow to import, so only when something is drawn

    with _lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Graphviz' remarks on sizes, of no use to whoever asked for a picture
        plain: bytes = pygraphviz.AGraph(string=source).draw(format="plain", prog="dot")
    return plain.decode()


def _run_dot(source: str) -> str:
    program = _find_dot()
    if program is None:
        raise FileNotFoundError("no program 'dot' on PATH")
    done = subprocess.run([program, "-Tplain"], input=source, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


def _find_dot() -> str | None:
    """Look beside this Python too: PATH is often not that of the environment."""
    folders = [sysconfig.get_path("scripts"), str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    return shutil.which("dot", path=os.pathsep.join(folders))


def _by_layered(
    sizes: Sequence[Size], edges: Sequence[tuple[int, int]], ports: Sequence[float],
    gap: Size, same: Sequence[int], in_order: bool,
) -> Plan:  # fmt: skip
    centres, wires = layered(sizes, edges, ports, gap=gap, first=same, in_order=in_order)
    return centres, [_smooth(wire) for wire in wires]


def _smooth(wire: Sequence[Point]) -> list[Point]:
    """Return Bézier control points of a curve through the points of a wire, level at each of them."""
    route = [wire[0]]
    for (x1, y1), (x2, y2) in pairwise(wire):
        if x1 != x2:
            middle = (x1 + x2) / 2
            route += [(middle, y1), (middle, y2), (x2, y2)]
    return route


ENGINES: dict[str, Engine] = {
    "layered": _by_layered,
    "pygraphviz": _by_graphviz(_run_pygraphviz),
    "dot": _by_graphviz(_run_dot),
}
