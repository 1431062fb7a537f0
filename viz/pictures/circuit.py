"""The circuit style: operations as circles, values above the wires, gradients below.

At a fork each branch carries its contribution, and under the sum stands how it adds up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise

from ..notation import number, xml_text
from ..words import words
from .elements import at, curve, paint, text
from .layered import Point, Size
from .layout import Layout, layout
from .palette import Theme
from .scene import Card, Chip, Scene, sum_text
from .text_width import fit, text_width

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
            operands = [s.explanation.forward[i] for i in card.step.operands]
            for position, (operand, port) in enumerate(zip(operands, _ports(len(operands)))):
                key = f"e{card.step.index}-{position}"
                if operand.kind == "constant":
                    wiring.numbers[key] = x = card.step.numbers[position]
                    wiring.constants[key] = source = wiring._box(
                        max(2 * RADIUS + WIRE, text_width(number(x), 16)), 26.0
                    )
                elif key not in chips:
                    continue  # of a part of a graph, beyond its border
                elif s.cards[source := place[operand.index]].uses > 1:
                    wiring.branches[key] = wiring._box(text_width(branch(chips[key]), 14, bold=True) + 16, 44.0)
                    wiring._join(source, wiring.branches[key], 0.0, key)
                    source = wiring.branches[key]
                wiring._join(source, place[card.step.index], port, key)
        return wiring

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


def plan_circuit(s: Scene, engine: str = "auto") -> Layout:
    """Return the layout of a circuit: its circles, then its branches and constants."""
    return _plan(s, Wiring.of(s), engine)


def _plan(s: Scene, wiring: Wiring, engine: str) -> Layout:
    return layout(
        wiring.sizes, wiring.edges, engine=engine, gap=(40.0, 20.0), same_rank=s.first_column, ports=wiring.ports
    )


def draw_circuit(s: Scene, theme: Theme, engine: str) -> tuple[list[str], float, float]:
    """Return the elements of a circuit, its width and its height."""
    wiring = Wiring.of(s)
    plan = _plan(s, wiring, engine)
    content = []
    for chip in s.chips:
        tip, label = xml_text(f"{chip.local}; {chip.contribution}"), ""
        if chip.key in wiring.branches:
            x, y = plan.centres[wiring.branches[chip.key]]
            label = text(x, y + 17, branch(chip), "grad", theme, size=14, bold=True)
        wire = _draw_wire(chip.key, wiring, plan, theme)
        content.append(f'<g id="{{figure}}-{chip.key}"><title>{tip}</title>{wire}{label}</g>')
    for key, box in wiring.constants.items():
        x, y = plan.centres[box][0] + wiring.sizes[box][0] / 2 - 6, plan.centres[box][1] + 5.5
        shown = text(x, y, number(wiring.numbers[key]), "ink", theme, size=16, anchor="end")
        content.append(f"<g>{_draw_wire(key, wiring, plan, theme)}{shown}</g>")
    content += [_draw_node(card, centre, theme) for card, centre in zip(s.cards, plan.centres)]
    legend, width = _legend(s, plan.height + 34, theme)
    return [*content, *legend], max(plan.width, width), plan.height + 40


def _draw_wire(key: str, wiring: Wiring, plan: Layout, theme: Theme) -> str:
    """Draw a wire: its pieces, straight lines between them, and up to the circle's edge."""
    parts = wiring.wires[key]
    pieces = [plan.routes[i] for i in parts]
    joints = [(a[-1], a[-1], b[0], b[0]) for a, b in pairwise(pieces)]
    (x, y), port = pieces[-1][-1], wiring.ports[parts[-1]]
    edge = x + RADIUS - math.sqrt(RADIUS**2 - port**2)
    joints.append(((x, y), (x, y), (edge, y), (edge, y)))
    return "".join(curve(piece, "track", theme, stroke=STROKE) for piece in [*pieces, *joints])


def branch(chip: Chip) -> str:
    """Return what a branch of a fork brings: ``+3``."""
    if chip.term is None:
        return "0"
    written = number(chip.term.contribution)
    return written if written.startswith("−") else f"+{written}"


def node_size(card: Card) -> Size:
    """Return the size of a circle with the wire that leaves it."""
    return 2 * RADIUS + sum(_wire(card)), 92.0 if len(card.terms) > 1 else 68.0


def _wire(card: Card) -> tuple[float, float]:
    """The lengths of wire under the name and under the numbers."""
    name = 0.0 if card.step.op is None else min(text_width(card.name, 16), LONGEST_NAME) + 12
    numbers = max(text_width(number(x), 18, bold=True) for x in (card.step.value, card.gradient)) + 20
    return name, max(WIRE - name, numbers, text_width(_total(card), 13))


def _total(card: Card) -> str:
    """``= 4 + 3``: how the gradient adds up, where several branches meet."""
    if len(card.terms) < 2:
        return ""
    return "= " + sum_text([t.contribution for t in card.terms], LONGEST_SUM, 13)


def _draw_node(card: Card, centre: Point, theme: Theme) -> str:
    (width, _), (named, numbers), y = node_size(card), _wire(card), centre[1]
    left = centre[0] - width / 2
    x, start, end = left + RADIUS, left + 2 * RADIUS, left + width
    middle = end - numbers / 2
    leaf = card.step.op is None
    inside = card.name if card.step.op is None else _SIGNS.get(card.step.op.name, card.step.op.symbol)
    shown, size = fit(inside, 2 * RADIUS - 10, 22 if leaf or len(inside) == 1 else 16, smallest=8)
    parts = [
        f'<circle cx="{at(x)}" cy="{at(y)}" r="{RADIUS:g}" {paint("line", theme)} stroke-width="2"/>',
        text(x, y + size * 0.34, shown, "ink", theme, size=size, italic=leaf),
        f'<path d="M{at(start)},{at(y)}H{at(end)}" fill="none" {paint("track", theme)} stroke-width="{STROKE:g}"/>',
    ]
    if not leaf:
        name, name_size = fit(card.name, named - 10, 16)
        parts.append(text(start + 8, y - 8, name, "ink", theme, size=name_size, anchor="start", italic=True))
    parts.append(text(middle, y - 8, number(card.step.value), "value", theme, size=18, bold=True))
    parts.append(text(middle, y + 21, number(card.gradient), "grad", theme, size=18, bold=True))
    if len(card.terms) > 1:
        parts.append(text(middle, y + 39, _total(card), "grad", theme, size=13))
    described = xml_text(card.written)
    return f'<g id="{{figure}}-n{card.step.index}"><title>{described}</title>{"".join(parts)}</g>'


def _legend(s: Scene, y: float, theme: Theme) -> tuple[list[str], float]:
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
