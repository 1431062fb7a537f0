"""Whole modules as one box each: what a box holds, and how large its gradients are, also by its colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..notation import number
from ..words import counted, words
from .elements import Element, arrow_head, at, curve, group, moved, paint, rect, text
from .figure import Canvas
from .groups import Group, groups, outer
from .layered import Point
from .layout import Layout, layout
from .palette import Theme, heat
from .scene import Scene
from .text_width import fit, text_width

BOX = (150.0, 62.0)
HEADING = 24.0  # above the boxes of a frame
MANY_WIRES = 40  # more are drawn paler


def draw(s: Scene, theme: Theme, engine: str, *, kind: str, down: bool = False) -> Canvas:
    """Draw the scopes of a kind as one box each: frames, wires, boxes, and what the colours say."""
    boxes = groups(s, kind)
    places = plan(s, boxes, engine, down=down)
    framed = _frames(boxes, places.centres, s.lang, theme, down)
    faint = len(places.routes) > MANY_WIRES
    wires = [part for route in places.routes for part in _wire(route, theme, faint=faint, down=down)]
    largest = max((box.magnitudes[1] for box in boxes), default=0.0)
    drawn = [_box(i, box, places.centres[i], largest, s.lang, theme) for i, box in enumerate(boxes)]
    heading, legend = HEADING if framed else 0.0, words(s.lang)["legend heat"]
    height = places.height + heading
    content = [
        moved(0, heading, [*framed, *wires, *drawn]),
        text(0, height + 30, legend, "muted", theme, size=11, anchor="start"),
    ]
    return Canvas(content, max(places.width, text_width(legend, 11)), height + 36, text=11.0)


def plan(s: Scene, boxes: Sequence[Group], engine: str = "auto", *, down: bool = False) -> Layout:
    """Return the layout of the boxes; one route for all edges from one to another."""
    home = {card.step.index: i for i, box in enumerate(boxes) for card in box.cards}
    # a recurrent cell feeds itself: such edges would run backwards, the first use decides the order
    edges = sorted({(home[c.parent.index], home[c.child.index]) for c in s.chips})
    edges = _acyclic(len(boxes), edges)
    # room for the wires: the more of them, the wider
    gap = (44.0 + 3.0 * len(boxes), 14.0)
    return layout([BOX] * len(boxes), edges, engine=engine, gap=gap, in_order=True, down=down)


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


def _wire(route: Sequence[Point], theme: Theme, *, faint: bool, down: bool) -> list[Element]:
    wire = curve(route, "wire", theme, stroke=1.0)
    head = arrow_head(*route[-1], theme, down=down)
    return [wire.with_attributes({"stroke-opacity": "0.6"}) if faint else wire, head]


def _box(i: int, box: Group, centre: Point, largest: float, lang: str, theme: Theme) -> Element:
    """Draw a box: its name, what it holds, and the sizes of its gradients."""
    (x, y), (low, high) = centre, box.magnitudes
    fill, ink = heat(high, largest)
    name, contents = scope_title(box.title, lang), _contents(box, lang)
    magnitude = f"|∂| {number(low)} … {number(high)}" if high > low else f"|∂| {number(high)}"
    place = {"x": at(x - 75), "y": at(y - 31), "width": "150", "height": "62", "rx": "10", "fill": fill}
    kind = words(lang).get(box.kind, box.kind)
    return group(
        f"g{i}",
        Element("rect", place | paint("wire", theme) | {"stroke-width": "1.4"}),
        _line(x, y - 11, name, 14, ink, {"font-weight": "700"}),
        _line(x, y + 7, contents, 11, ink),
        _line(x, y + 22, magnitude, 11, ink),
        tip=words(lang)["group tip"].format(kind=kind, name=name, contents=contents, magnitude=magnitude),
    )


def _line(x: float, y: float, content: str, size: float, ink: str, weight: Mapping[str, str] | None = None) -> Element:
    """One line of a box, in the ink that can be read on its colour."""
    shown, fitted = fit(content, 138, size)
    place = {"x": at(x), "y": at(y), "fill": ink, "font-size": f"{fitted:g}", "text-anchor": "middle"}
    return Element("text", {**place, **(weight or {})}, (shown,))


def _contents(box: Group, lang: str) -> str:
    if len(box.cards) == 1:
        return words(lang)["single value"].format(value=number(box.cards[0].step.value))
    return words(lang)["contents"].format(
        values=counted(lang, "values", len(box.cards) - box.parameters),
        parameters=counted(lang, "parameters", box.parameters),
    )


# ---------------------------------------------------------------- frames


def _frames(boxes: Sequence[Group], centres: Sequence[Point], lang: str, theme: Theme, down: bool) -> list[Element]:
    """Draw a frame around the boxes of each outer scope: "layer 1: 24 parameters".

    A scope whose frame would also hold a box of another has none.
    """
    members: dict[str, list[int]] = {}
    names: dict[str, str] = {}
    for i, box in enumerate(boxes):
        if (around := outer(box)) is not None:
            members.setdefault(around.path, []).append(i)
            names[around.path] = around.name
    drawn = []
    for path, inside in members.items():
        left, right, top, bottom = _around([centres[i] for i in inside])
        others = [centres[i] for i in range(len(boxes)) if i not in set(inside)]
        low, high, half = (top, bottom, BOX[1] / 2) if down else (left, right, BOX[0] / 2)
        if not any(low < centre[down] + half and centre[down] - half < high for centre in others):
            said = words(lang)["frame"].format(
                name=scope_title(names[path], lang),
                parameters=counted(lang, "parameters", sum(boxes[i].parameters for i in inside)),
            )
            shown, size = fit(said, right - left - 16, 12)
            drawn.append(rect(left, top, right - left, bottom - top, "chip", theme, radius=14))
            drawn.append(text((left + right) / 2, top + 16, shown, "muted", theme, size=size))
    return drawn


def _around(centres: Sequence[Point]) -> tuple[float, float, float, float]:
    """Left, right, top and bottom of the frame around some boxes, with room for its heading."""
    xs, ys = [x for x, _ in centres], [y for _, y in centres]
    left, right = min(xs) - BOX[0] / 2 - 10, max(xs) + BOX[0] / 2 + 10
    return left, right, min(ys) - BOX[1] / 2 - HEADING, max(ys) + BOX[1] / 2 + 10


def scope_title(name: str, lang: str) -> str:
    """Return the name of a scope in a language, where it is a numbered layer or neuron; else as it is.

    >>> scope_title("layer 2", "zh"), scope_title("encoder", "zh")
    ('第 2 层', 'encoder')
    """
    word, _, n = name.partition(" ")
    return words(lang)[word].format(n=n) if word in ("layer", "neuron") and n.isdigit() else name
