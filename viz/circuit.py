"""The circuit style: operations as circles, values above the wires, gradients below.

At a fork each branch carries its contribution, and under the sum stands how it adds up.
"""

from __future__ import annotations

from itertools import pairwise

from .layered import Point, Size
from .layout import layout
from .markup import curve, paint, text
from .metrics import fit, text_width
from .notation import factor, number, xml_text
from .palette import Theme
from .scene import Card, Chip, Scene
from .sentences import words

RADIUS, WIRE = 30.0, 84.0
LONGEST_NAME, LONGEST_SUM = 90.0, 150.0
STROKE = 1.8

_SIGNS = {"square": "( )²", "neg": "−", "div": "÷", "sum": "Σ", "dot": "w·x"}


def draw_circuit(s: Scene, theme: Theme, engine: str) -> tuple[list[str], float, float]:
    """Return the elements of a circuit, its width and its height."""
    place = {card.step.index: i for i, card in enumerate(s.cards)}
    sizes = [node_size(card) for card in s.cards]
    # a branch of a fork runs through a box of its own, so that its contribution has room
    through: dict[str, int] = {}
    edges = []
    for chip in s.chips:
        parent, child = place[chip.parent.index], place[chip.child.index]
        if s.cards[parent].uses > 1:
            through[chip.key] = len(sizes)
            sizes.append((text_width(branch(chip), 14, bold=True) + 16, 44.0))
            edges += [(parent, through[chip.key]), (through[chip.key], child)]
        else:
            edges.append((parent, child))
    plan = layout(sizes, edges, engine=engine, gap=(40.0, 20.0), same_rank=s.first_column)
    routes = iter(plan.routes)
    content = []
    for chip in s.chips:
        pieces, label = [next(routes)], ""
        if chip.key in through:
            pieces.append(next(routes))
            x, y = plan.centres[through[chip.key]]
            label = text(x, y + 17, branch(chip), "grad", theme, size=14, bold=True)
        tip = xml_text(f"{chip.local}; {chip.contribution}")
        wire = "".join(curve(piece, "track", theme, stroke=STROKE) for piece in _joined(pieces))
        content.append(f'<g id="{{figure}}-{chip.key}"><title>{tip}</title>{wire}{label}</g>')
    content += [_draw_node(card, centre, theme) for card, centre in zip(s.cards, plan.centres)]
    legend, width = _legend(s, plan.height + 34, theme)
    return [*content, *legend], max(plan.width, width), plan.height + 40


def _joined(pieces: list[tuple[Point, ...]]) -> list[tuple[Point, ...]]:
    """Return the pieces of a wire with straight ones between them."""
    between = [(a[-1], a[-1], b[0], b[0]) for a, b in pairwise(pieces)]
    return [*pieces, *between]


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
    return name, max(WIRE - name, numbers, min(text_width(_total(card), 13), LONGEST_SUM))


def _total(card: Card) -> str:
    """``= 4 + 3``: how the gradient adds up, where several branches meet."""
    if len(card.terms) < 2:
        return ""
    first, *rest = (t.contribution for t in card.terms)
    return "= " + " + ".join([number(first), *map(factor, rest)])


def _draw_node(card: Card, centre: Point, theme: Theme) -> str:
    (width, _), (named, numbers), y = node_size(card), _wire(card), centre[1]
    left = centre[0] - width / 2
    x, start, end = left + RADIUS, left + 2 * RADIUS, left + width
    middle = end - numbers / 2
    leaf = card.step.op is None
    inside = card.name if card.step.op is None else _SIGNS.get(card.step.op.name, card.step.op.symbol)
    shown, size = fit(inside, 2 * RADIUS - 10, 22 if leaf or len(inside) == 1 else 16, smallest=8)
    parts = [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{RADIUS:g}" {paint("line", theme)} stroke-width="2"/>',
        text(x, y + size * 0.34, shown, "ink", theme, size=size, italic=leaf),
        f'<path d="M{start:.1f},{y:.1f}H{end:.1f}" fill="none" {paint("track", theme)} stroke-width="{STROKE:g}"/>',
    ]
    if not leaf:
        name, name_size = fit(card.name, named - 10, 16)
        parts.append(text(start + 8, y - 8, name, "ink", theme, size=name_size, anchor="start", italic=True))
    parts.append(text(middle, y - 8, number(card.step.value), "value", theme, size=18, bold=True))
    parts.append(text(middle, y + 21, number(card.gradient), "grad", theme, size=18, bold=True))
    if len(card.terms) > 1:
        total, total_size = fit(_total(card), numbers, 13)
        parts.append(text(middle, y + 39, total, "grad", theme, size=total_size))
    described = xml_text(f"{card.name}{' = ' + card.formula if card.formula else ''}")
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
