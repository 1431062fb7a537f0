"""The circuit style: operations as circles, values above the wires, gradients below.

At a fork each branch carries its contribution, and under the sum stands how it adds up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise

from ...notation import number
from ...words import words
from ..elements import Element, at, curve, group, paint, path, text
from ..figure import Canvas
from ..layered import Point, Size
from ..layout import Layout, layout
from ..palette import Theme
from ..scene import Card, Chip, Scene, sum_text
from ..text_width import fit, text_width

RADIUS, WIRE = 30.0, 84.0
LONGEST_NAME, LONGEST_SUM = 90.0, 160.0
STROKE = 1.8

_SIGNS = {"square": "( )²", "neg": "−", "div": "÷", "sum": "Σ", "dot": "w·x"}


@dataclass
class Wiring:
    """Boxes and edges of a circuit as the layout takes them: circles, branches of forks, constants."""

    sizes: list[Size] = field(default_factory=list)
    edges: list[tuple[int, int]] = field(default_factory=list)
    ports: list[float] = field(default_factory=list)
    wires: dict[str, list[int]] = field(default_factory=dict)  # the edges that make up each wire
    branches: dict[str, int] = field(default_factory=dict)  # a fork's branch: its box, so that its number has room
    constants: dict[str, int] = field(default_factory=dict)  # a wire from a constant: the constant's box
    numbers: dict[str, float] = field(default_factory=dict)  # and its number

    @classmethod
    def of(cls, s: Scene) -> Wiring:
        """Return the wiring of a scene; the operands of a node arrive from top to bottom in their order."""
        wiring = cls([node_size(card) for card in s.cards])
        place = {card.step.index: i for i, card in enumerate(s.cards)}
        chips = {chip.key: chip for chip in s.chips}
        for card in s.cards:
            for position, (i, port) in enumerate(zip(card.step.operands, _ports(len(card.step.operands)))):
                key = f"e{card.step.index}-{position}"
                if s.explanation.forward[i].kind == "constant":
                    source = wiring._constant(key, card.step.numbers[position])
                elif key not in chips:
                    continue  # of a part of a graph, beyond its border
                elif s.cards[source := place[i]].uses > 1:
                    source = wiring._branch(chips[key], source)
                wiring._join(source, place[card.step.index], port, key)
        return wiring

    def _constant(self, key: str, number_: float) -> int:
        """Make the box of a constant, and return it."""
        self.numbers[key] = number_
        self.constants[key] = self._box(max(2 * RADIUS + WIRE, text_width(number(number_), 16)), 26.0)
        return self.constants[key]

    def _branch(self, chip: Chip, source: int) -> int:
        """Lead a wire from a fork to a box with room for what the branch brings, and return the box."""
        self.branches[chip.key] = self._box(text_width(branch(chip), 14, bold=True) + 16, 44.0)
        self._join(source, self.branches[chip.key], 0.0, chip.key)
        return self.branches[chip.key]

    def _box(self, width: float, height: float) -> int:
        self.sizes.append((width, height))
        return len(self.sizes) - 1

    def _join(self, source: int, target: int, port: float, key: str) -> None:
        self.wires.setdefault(key, []).append(len(self.edges))
        self.edges.append((source, target))
        self.ports.append(port)


def _ports(n: int) -> list[float]:
    """How far below the middle of a circle each of its operands arrives."""
    step = min(20.0, (2 * RADIUS - 16) / max(1, n - 1))
    return [(i - (n - 1) / 2) * step for i in range(n)]


def draw(s: Scene, theme: Theme, engine: str) -> Canvas:
    """Draw the wires, those of constants, the nodes, and a line that says how to read them."""
    wiring = Wiring.of(s)
    places = plan(s, engine, wiring)
    wires = [_wire(chip, wiring, places, theme) for chip in s.chips]
    constants = [_constant(key, wiring, places, theme) for key in wiring.constants]
    nodes = [_node(card, centre, theme) for card, centre in zip(s.cards, places.centres)]
    legend, width = _legend(s, places.height + 34, theme)
    return Canvas([*wires, *constants, *nodes, *legend], max(places.width, width), places.height + 40, text=13.0)


def plan(s: Scene, engine: str = "auto", wiring: Wiring | None = None) -> Layout:
    """Return the layout of a circuit: its circles, then its branches and constants."""
    wiring = wiring or Wiring.of(s)
    return layout(
        wiring.sizes, wiring.edges, engine=engine, gap=(40.0, 20.0), same_rank=s.first_column, ports=wiring.ports
    )


def _wire(chip: Chip, wiring: Wiring, places: Layout, theme: Theme) -> Element:
    """Draw the wire of a use, and on the branch of a fork what it brings."""
    drawn = _curves(chip.key, wiring, places, theme)
    if chip.key in wiring.branches:
        x, y = places.centres[wiring.branches[chip.key]]
        drawn.append(text(x, y + 17, branch(chip), "grad", theme, size=14, bold=True))
    return group(chip.key, *drawn, tip=chip.tip)


def _constant(key: str, wiring: Wiring, places: Layout, theme: Theme) -> Element:
    box = wiring.constants[key]
    x, y = places.centres[box][0] + wiring.sizes[box][0] / 2 - 6, places.centres[box][1] + 5.5
    shown = text(x, y, number(wiring.numbers[key]), "ink", theme, size=16, anchor="end")
    return Element("g", {}, [*_curves(key, wiring, places, theme), shown])


def _curves(key: str, wiring: Wiring, places: Layout, theme: Theme) -> list[Element]:
    """Draw a wire: its pieces, straight lines between them, and up to the circle's edge."""
    parts = wiring.wires[key]
    pieces = [places.routes[i] for i in parts]
    joints = [(a[-1], a[-1], b[0], b[0]) for a, b in pairwise(pieces)]
    (x, y), port = pieces[-1][-1], wiring.ports[parts[-1]]
    edge = x + RADIUS - math.sqrt(RADIUS**2 - port**2)
    joints.append(((x, y), (x, y), (edge, y), (edge, y)))
    return [curve(piece, "track", theme, stroke=STROKE) for piece in [*pieces, *joints]]


def branch(chip: Chip) -> str:
    """Return what a branch of a fork brings: ``+3``."""
    if chip.term is None:
        return "0"
    written = number(chip.term.contribution)
    return written if written.startswith("−") else f"+{written}"


def node_size(card: Card) -> Size:
    """Return the size of a circle with the wire that leaves it."""
    return 2 * RADIUS + sum(_wire_lengths(card)), 92.0 if len(card.terms) > 1 else 68.0


def _wire_lengths(card: Card) -> tuple[float, float]:
    """The lengths of wire under the name and under the numbers."""
    name = 0.0 if card.step.op is None else min(text_width(card.name, 16), LONGEST_NAME) + 12
    numbers = max(text_width(number(x), 18, bold=True) for x in (card.step.value, card.gradient)) + 20
    return name, max(WIRE - name, numbers, text_width(_total(card), 13))


def _total(card: Card) -> str:
    """``= 4 + 3``: how the gradient adds up, where several branches meet."""
    if len(card.terms) < 2:
        return ""
    return "= " + sum_text([t.contribution for t in card.terms], LONGEST_SUM, 13)


def _node(card: Card, centre: Point, theme: Theme) -> Element:
    """Draw a circle, the wire that leaves it, and what stands above and below that wire."""
    (width, _), (named, numbers), y = node_size(card), _wire_lengths(card), centre[1]
    left = centre[0] - width / 2
    right, start, leaf = left + width, left + 2 * RADIUS, card.step.op is None
    return group(
        f"n{card.step.index}",
        *_circle(card, left + RADIUS, y, theme),
        path(f"M{at(start)},{at(y)}H{at(right)}", "track", theme, stroke=STROKE),
        *(() if leaf else (_name(card, start + 8, y - 8, named - 10, theme),)),
        *_numbers(card, right - numbers / 2, y, theme),
        tip=card.written,
    )


def _circle(card: Card, x: float, y: float, theme: Theme) -> list[Element]:
    """A circle with the sign of its operation in it, or the name of a leaf."""
    leaf = card.step.op is None
    inside = card.name if card.step.op is None else _SIGNS.get(card.step.op.name, card.step.op.symbol)
    shown, size = fit(inside, 2 * RADIUS - 10, 22 if leaf or len(inside) == 1 else 16, smallest=8)
    place = {"cx": at(x), "cy": at(y), "r": f"{RADIUS:g}"}
    return [
        Element("circle", place | paint("line", theme) | {"stroke-width": "2"}),
        text(x, y + size * 0.34, shown, "ink", theme, size=size, italic=leaf),
    ]


def _name(card: Card, x: float, y: float, room: float, theme: Theme) -> Element:
    name, size = fit(card.name, room, 16)
    return text(x, y, name, "ink", theme, size=size, anchor="start", italic=True)


def _numbers(card: Card, x: float, y: float, theme: Theme) -> list[Element]:
    """The value above a wire, the gradient below, and how it adds up."""
    numbers = [
        text(x, y - 8, number(card.step.value), "value", theme, size=18, bold=True),
        text(x, y + 21, number(card.gradient), "grad", theme, size=18, bold=True),
    ]
    return [*numbers, text(x, y + 39, _total(card), "grad", theme, size=13)] if len(card.terms) > 1 else numbers


def _legend(s: Scene, y: float, theme: Theme) -> tuple[list[Element], float]:
    """One line that says where values and gradients stand, and its width."""
    said, x = words(s.lang), 4.0
    lines = [("legend values", "value"), ("legend gradients", "grad")]
    if any(card.uses > 1 for card in s.cards):
        lines.append(("legend forks", "muted"))
    parts = []
    for key, kind in lines:
        parts.append(text(x, y, said[key], kind, theme, size=13, anchor="start"))
        x += text_width(said[key], 13) + 18
    return parts, x
