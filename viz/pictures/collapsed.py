"""Whole modules as one box each: what a box holds, and how large its gradients are, also by its colour."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from ..notation import number
from ..words import counted, words
from .elements import Element, arrow_head, at, curve, group, moved, path, rect, text, title
from .figure import Canvas
from .groups import Group, groups, homes, outer, outputs, weights
from .layered import Point
from .layout import Layout, layout
from .palette import DARK, HEAT, Theme, heat
from .scene import Card, Scene
from .text_width import fit, text_width

BOX = (150.0, 78.0)
HEADING = 24.0  # above the boxes of a frame
MANY_WIRES = 40  # more are drawn paler
THINNEST, THICKEST = 0.8, 6.0  # wires, by the size of their weight
PALE = {"stroke-opacity": "0.6"}
DASHED = {"stroke-dasharray": "7 4"}  # negative weights, for who sees no colours
_BY_ITSELF = {  # the names of scopes that nn gives
    "Layer", "Neuron", "input gate", "forget gate", "output gate", "candidate gate", "reset gate", "update gate",
    "candidate input", "candidate state",
}  # fmt: skip

# the colours of this picture alone: in each theme, and in the dark of one that follows its reader
_SIGNS = {"positive": "gradient", "negative": "value"}
_IN_DARK = {
    **{f"heat{i}": {"fill": fill} for i, (fill, _) in enumerate(HEAT[DARK])},
    **{f"on{i}": {"fill": ink} for i, (_, ink) in enumerate(HEAT[DARK])},
    **{kind: {"stroke": getattr(DARK, field)} for kind, field in _SIGNS.items()},
}


def draw(s: Scene, theme: Theme, engine: str, *, kind: str, down: bool = False) -> Canvas:
    """Draw the scopes of a kind as one box each: frames, wires, boxes, and what colours and widths say."""
    boxes = groups(s, kind)
    edges = edges_between(s, boxes)
    places = plan(boxes, edges, engine, down=down)
    framed, headings = _frames(boxes, places.centres, s.lang, theme, down)
    known = weights(s, boxes)
    wires = _wires(boxes, [known.get(edge) for edge in edges], edges, places, s.lang, theme, down)
    largest = max((box.magnitudes[1] for box in boxes), default=0.0)
    drawn = [
        _box(i, box, places.centres[i], seen, largest, s.lang, theme)
        for i, (box, seen) in enumerate(zip(boxes, outputs(s, boxes)))
    ]
    heading = HEADING if framed else 0.0
    height = places.height + heading
    legend, width = _legend(height + 30, bool(known), s.lang, theme)
    content = [moved(0, heading, [*framed, *wires, *headings, *drawn]), *legend]
    return Canvas(content, max(places.width, width), height + 24 + 18 * len(legend), text=11.0, dark=_IN_DARK)


def plan(
    boxes: Sequence[Group], edges: Sequence[tuple[int, int]], engine: str = "auto", *, down: bool = False
) -> Layout:
    """Return the layout of the boxes; one route for all edges from one to another."""
    # room for the wires: the more of them, the wider
    gap = (44.0 + 3.0 * len(boxes), 14.0)
    return layout([BOX] * len(boxes), edges, engine=engine, gap=gap, in_order=True, down=down)


def edges_between(s: Scene, boxes: Sequence[Group]) -> list[tuple[int, int]]:
    """Return the pairs of boxes between which a value goes, without those that would run backwards.

    A recurrent cell feeds itself: the first use decides the order.
    """
    home = homes(boxes)
    return _acyclic(len(boxes), sorted({(home[c.parent.index], home[c.child.index]) for c in s.chips}))


def _acyclic(count: int, edges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the edges without those that close a cycle, found by depth-first search."""
    after: dict[int, list[int]] = {}
    for a, b in edges:
        after.setdefault(a, []).append(b)
    state = [0] * count  # 0 unseen, 1 on the current path, 2 done
    kept = []
    for root in range(count):
        stack = [(root, iter(after.get(root, ())))] if not state[root] else []
        state[root] = state[root] or 1
        while stack:
            node, children = stack[-1]
            for child in children:
                if state[child] != 1:
                    kept.append((node, child))
                if state[child] == 0:
                    state[child] = 1
                    stack.append((child, iter(after.get(child, ()))))
                    break
            else:
                state[node] = 2
                stack.pop()
    return kept


# ---------------------------------------------------------------- wires


def _wires(
    boxes: Sequence[Group], known: Sequence[float | None], edges: Sequence[tuple[int, int]],
    places: Layout, lang: str, theme: Theme, down: bool,
) -> list[Element]:  # fmt: skip
    """Draw a wire for each edge, as thick as its weight is large, in the colour of its sign."""
    largest = max((abs(w) for w in known if w is not None), default=0.0)
    pale = PALE if len(edges) > MANY_WIRES else {}
    drawn = []
    for (a, b), weight, route in zip(edges, known, places.routes):
        head = arrow_head(*route[-1], theme, down=down)
        if weight is None:
            drawn.append(Element("g", {}, (curve(route, "wire", theme, stroke=1.0).with_attributes(pale), head)))
            continue
        names = (scope_title(boxes[end].title, lang) for end in (a, b))
        told = words(lang)["weight tip"].format(**dict(zip("ab", names)), w=number(weight))
        wire = curve(route, "wire", theme).with_attributes(_look(weight, largest, theme) | pale)
        drawn.append(Element("g", {}, (title(told), wire, head)))
    return drawn


def _look(weight: float, largest: float, theme: Theme) -> dict[str, str]:
    """The class, colour and width of the wire of a weight."""
    kind = "negative" if weight < 0 else "positive"
    share = min(1.0, abs(weight) / largest) if 0 < largest < float("inf") else 0.0
    width = THINNEST + (THICKEST - THINNEST) * share
    dashed = DASHED if weight < 0 else {}
    return {"class": kind, "stroke": getattr(theme, _SIGNS[kind]), "stroke-width": f"{width:.1f}", **dashed}


# ---------------------------------------------------------------- boxes


def _box(
    i: int, box: Group, centre: Point, seen: Sequence[Card], largest: float, lang: str, theme: Theme
) -> Element:  # fmt: skip
    """Draw a box: its name, the value it puts out, its parameters, and the sizes of its gradients."""
    (x, y), (low, high) = centre, box.magnitudes
    heated = heat(high, largest)
    name = scope_title(box.title, lang)
    magnitude = f"|∂| {number(low, 3)} … {number(high, 3)}" if high > low else f"|∂| {number(high, 3)}"
    parameters = [counted(lang, "parameters", box.parameters)] if len(box.cards) > 1 and box.parameters else []
    lines = [_output(seen, lang), *parameters, magnitude]
    top = y - 7.5 * len(lines)
    kind = words(lang).get(box.kind, box.kind)
    line = partial(_line, x=x, heated=heated, theme=theme)
    return group(
        f"g{i}",
        _heated(rect(x - 75, y - BOX[1] / 2, *BOX, "wire", theme, radius=10, stroke=1.4), heated, theme),
        line(name, y=top + 4, size=14.0, bold=True),
        *(line(each, y=top + 20 + 15 * k, size=11.0) for k, each in enumerate(lines)),
        tip=words(lang)["group tip"].format(kind=kind, name=name, contents=_contents(box, lang), magnitude=magnitude),
    )


def _heated(box: Element, heated: int, theme: Theme) -> Element:
    return box.with_attributes({"class": f"heat{heated}", "fill": HEAT[theme][heated][0]})


def _line(content: str, *, x: float, y: float, size: float, heated: int, theme: Theme, bold: bool = False) -> Element:
    """One line of a box, in the ink that can be read on its colour."""
    shown, fitted = fit(content, 138, size, bold=bold)
    written = text(x, y, shown, "ink", theme, size=fitted, bold=bold)
    return written.with_attributes({"class": f"on{heated}", "fill": HEAT[theme][heated][1]})


def _output(seen: Sequence[Card], lang: str) -> str:
    """The value that a box puts out, or how many they are."""
    if len(seen) == 1:
        return words(lang)["single value"].format(value=number(seen[0].step.value))
    return counted(lang, "outputs", len(seen))


def _contents(box: Group, lang: str) -> str:
    if len(box.cards) == 1:
        return words(lang)["single value"].format(value=number(box.cards[0].step.value))
    return words(lang)["contents"].format(
        values=counted(lang, "values", len(box.cards) - box.parameters),
        parameters=counted(lang, "parameters", box.parameters),
    )


# ---------------------------------------------------------------- what colours and widths say


def _legend(y: float, weighted: bool, lang: str, theme: Theme) -> tuple[list[Element], float]:
    """Draw the lines that say how to read the picture, one group for each, and return their width."""
    said = words(lang)
    ramp = [_heated(rect(18.0 * i, y - 10, 18, 12, "wire", theme, radius=0), i, theme) for i in range(len(HEAT[theme]))]
    rows = [(said["legend heat"], ramp, 98.0), (said["legend range"], [], 0.0)]
    if weighted:
        for k, weight in enumerate((1.0, -1.0), start=2):
            sample = path(f"M0,{at(y + 18 * k - 4)}h90", "wire", theme).with_attributes(_look(weight, 2.0, theme))
            rows.append((said["legend positive" if weight > 0 else "legend negative"], [sample], 98.0))
    lines = [
        Element(
            "g", {}, [Element("g", {}, drawn), text(x, y + 18 * k, content, "muted", theme, size=11, anchor="start")]
        )
        for k, (content, drawn, x) in enumerate(rows)
    ]
    return lines, max(x + text_width(content, 11) for content, _, x in rows)


# ---------------------------------------------------------------- frames


def _frames(
    boxes: Sequence[Group], centres: Sequence[Point], lang: str, theme: Theme, down: bool
) -> tuple[list[Element], list[Element]]:
    """Draw a frame around the boxes of each outer scope, and its heading: "layer 1: 24 parameters".

    A scope whose frame would also hold a box of another has none.
    """
    members: dict[str, list[int]] = {}
    names: dict[str, str] = {}
    for i, box in enumerate(boxes):
        if (around := outer(box)) is not None:
            members.setdefault(around.path, []).append(i)
            names[around.path] = around.name
    frames, headings = [], []
    for within, inside in members.items():
        left, right, top, bottom = _around([centres[i] for i in inside])
        others = [centres[i] for i in range(len(boxes)) if i not in set(inside)]
        low, high, half = (top, bottom, BOX[1] / 2) if down else (left, right, BOX[0] / 2)
        if not any(low < centre[down] + half and centre[down] - half < high for centre in others):
            said = words(lang)["frame"].format(
                name=scope_title(names[within], lang),
                parameters=counted(lang, "parameters", sum(boxes[i].parameters for i in inside)),
            )
            shown, size = fit(said, right - left - 16, 12)
            frames.append(rect(left, top, right - left, bottom - top, "chip", theme, radius=14))
            # from above, wires arrive between a frame and its boxes: the heading stands on the frame
            headings.append(_heading((left + right) / 2, top - 12 if down else top, shown, size, theme))
    return frames, headings


def _heading(x: float, top: float, shown: str, size: float, theme: Theme) -> Element:
    """The heading of a frame, on a ground of its own: wires from above run on behind it."""
    width = text_width(shown, size) + 8
    ground = rect(x - width / 2, top + 4, width, 16, "chip", theme, radius=8, stroke=0)
    return Element("g", {}, [ground, text(x, top + 16, shown, "muted", theme, size=size)])


def _around(centres: Sequence[Point]) -> tuple[float, float, float, float]:
    """Left, right, top and bottom of the frame around some boxes, with room for its heading."""
    xs, ys = [x for x, _ in centres], [y for _, y in centres]
    left, right = min(xs) - BOX[0] / 2 - 10, max(xs) + BOX[0] / 2 + 10
    return left, right, min(ys) - BOX[1] / 2 - HEADING, max(ys) + BOX[1] / 2 + 10


def scope_title(name: str, lang: str) -> str:
    """Return the name of a scope in a language, where it is one that a module has by itself; else as it is.

    >>> scope_title("layer 2", "zh"), scope_title("forget gate", "zh"), scope_title("encoder", "zh")
    ('第 2 层', '遗忘门', 'encoder')
    """
    word, _, n = name.partition(" ")
    if word in ("layer", "neuron") and n.isdigit():
        return words(lang)[word].format(n=n)
    return words(lang)[name] if name in _BY_ITSELF else name
