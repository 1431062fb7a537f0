"""Where boxes stand: Graphviz lays out blank boxes, or the built-in layout does.

Engines, in the order they are tried: ``pygraphviz`` (Graphviz inside a wheel, in this process),
``dot`` (the program on PATH), ``layered`` (pure Python, always there). Only sizes and numbers go to
Graphviz, no text: nothing hostile reaches it and no font is looked up.
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

_lock = threading.Lock()  # Graphviz is not thread-safe
_told: set[str] = set()


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


def layout(
    sizes: Sequence[Size],
    edges: Sequence[tuple[int, int]],
    *,
    engine: str = "auto",
    gap: Size = (22.0, 22.0),
    same_rank: Sequence[int] = (),
    in_order: bool = False,
) -> Layout:
    """Lay out boxes of given sizes left to right; ``same_rank`` boxes start in one column.

    With ``in_order`` the boxes of each column stand in the order given, crossings or not.

    >>> plan = layout([(40, 20), (40, 20)], [(0, 1)], engine="layered")
    >>> plan.centres[0][0] < plan.centres[1][0], plan.engine
    (True, 'layered')

    ``engine="auto"`` (or the environment variable AUTOGRAD_LITE_LAYOUT) takes the first that works
    and says so once if that is not the first choice. Raises ValueError for an unknown engine, OSError
    if the named one is not there.
    """
    engine = os.environ.get("AUTOGRAD_LITE_LAYOUT", engine) if engine == "auto" else engine
    if engine != "auto" and engine not in ENGINES:
        raise ValueError(f"no layout engine {engine!r}; there are auto, {', '.join(ENGINES)}")
    problems = []
    for name in [engine] if engine != "auto" else ENGINES:
        try:
            centres, routes = ENGINES[name](sizes, edges, gap, same_rank, in_order)
        except (ImportError, OSError, subprocess.SubprocessError) as problem:
            if engine != "auto":
                raise OSError(f"the layout engine {name!r} cannot be used: {problem}") from None
            problems.append(f"{name}: {problem}")
            continue
        if problems and name not in _told:
            _told.add(name)
            warnings.warn(f"pictures are laid out by {name!r} ({'; '.join(problems)})", RuntimeWarning, stacklevel=3)
        return _framed(sizes, centres, routes, name)
    raise OSError("no layout engine works: " + "; ".join(problems))


def _framed(sizes: Sequence[Size], centres: Sequence[Point], routes: Sequence[Sequence[Point]], name: str) -> Layout:
    """Move everything to start at (0, 0)."""
    xs = [x + side * w / 2 for (x, _), (w, _) in zip(centres, sizes) for side in (-1, 1)]
    ys = [y + side * h / 2 for (_, y), (_, h) in zip(centres, sizes) for side in (-1, 1)]
    xs += [x for route in routes for x, _ in route]
    ys += [y for route in routes for _, y in route]
    left, top = min(xs, default=0.0), min(ys, default=0.0)

    def move(p: Point) -> Point:
        return round(p[0] - left, 2), round(p[1] - top, 2)

    return Layout(
        tuple(map(move, centres)),
        tuple(tuple(map(move, route)) for route in routes),
        round(max(xs, default=0.0) - left, 2),
        round(max(ys, default=0.0) - top, 2),
        name,
    )


# ---------------------------------------------------------------- Graphviz

Plan = tuple[list[Point], list[list[Point]]]
Engine = Callable[[Sequence[Size], Sequence[tuple[int, int]], Size, Sequence[int], bool], Plan]


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
        sizes: Sequence[Size], edges: Sequence[tuple[int, int]], gap: Size, same: Sequence[int], in_order: bool
    ) -> Plan:
        plan = _plan(run(_source(sizes, edges, gap, [same] if same else [], False)), edges)
        if not in_order:
            return plan
        columns: dict[int, list[int]] = {}
        for box, (x, _) in enumerate(plan[0]):
            columns.setdefault(round(x), []).append(box)
        return _plan(run(_source(sizes, edges, gap, list(columns.values()), True)), edges)

    return engine


def _run_pygraphviz(source: str) -> str:
    with needs("graphviz", "this layout"):
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
    sizes: Sequence[Size], edges: Sequence[tuple[int, int]], gap: Size, same: Sequence[int], in_order: bool
) -> Plan:
    centres, chains = layered(sizes, edges, gap=(gap[0] * 1.3, gap[1]), first=same, in_order=in_order)
    routes = []
    for (source, target), chain in zip(edges, chains):
        points = [
            (chain[0][0] + sizes[source][0] / 2, chain[0][1]),
            *chain[1:-1],
            (chain[-1][0] - sizes[target][0] / 2, chain[-1][1]),
        ]
        route = points[:1]
        for (x1, y1), (x2, y2) in pairwise(points):
            middle = (x1 + x2) / 2
            route += [(middle, y1), (middle, y2), (x2, y2)]
        routes.append(route)
    return centres, routes


ENGINES: dict[str, Engine] = {
    "pygraphviz": _by_graphviz(_run_pygraphviz),
    "dot": _by_graphviz(_run_dot),
    "layered": _by_layered,
}
