"""The circuit style: operations as circles, values above the wires, gradients below.

At a fork each branch carries its contribution, and under the sum stands how it adds up.
"""

from __future__ import annotations

from .layered import Point
from .layout import layout
from .markup import curve, paint, text
from .metrics import fit
from .notation import factor, number, xml_text
from .palette import Theme
from .scene import Card, Scene

RADIUS, WIRE = 30.0, 96.0
BOX = (2 * RADIUS + WIRE, 84.0)

_SIGNS = {"square": "( )²", "neg": "−", "div": "÷", "sum": "Σ", "dot": "w·x"}


def draw_circuit(s: Scene, theme: Theme, engine: str) -> tuple[list[str], float, float]:
    """Return the elements of a circuit, its width and its height."""
    place = {card.step.index: i for i, card in enumerate(s.cards)}
    edges = [(place[chip.parent.index], place[chip.child.index]) for chip in s.chips]
    plan = layout([BOX] * len(s.cards), edges, engine=engine, gap=(72.0, 34.0))
    content = []
    for chip, route in zip(s.chips, plan.routes):
        fork = s.cards[place[chip.parent.index]].uses > 1
        label = ""
        if fork and chip.term is not None:
            x, y = _along(route, 0.62)
            sign = "" if number(chip.term.contribution).startswith("−") else "+"
            label = text(x + 14, y + 20, sign + number(chip.term.contribution), "grad", theme, size=14, bold=True)
        tip = xml_text(f"{chip.local}; {chip.contribution}")
        wire = curve(route, "track", theme, stroke=1.8)
        content.append(f'<g id="{{figure}}-{chip.key}"><title>{tip}</title>{wire}{label}</g>')
    content += [_draw_node(card, centre, theme) for card, centre in zip(s.cards, plan.centres)]
    return content, plan.width, plan.height + 12


def _along(route: tuple[Point, ...], t: float) -> Point:
    """Return the point at fraction ``t`` of the first piece of a Bézier curve."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = route[:4]
    a, b, c, d = (1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t * t, t**3
    return a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3


def _draw_node(card: Card, centre: Point, theme: Theme) -> str:
    left, y = centre[0] - BOX[0] / 2, centre[1]
    x, start, end = left + RADIUS, left + 2 * RADIUS, left + BOX[0]
    middle = (start + end) / 2
    leaf = card.step.op is None
    inside = card.name if card.step.op is None else _SIGNS.get(card.step.op.name, card.step.op.symbol)
    shown, size = fit(inside, 2 * RADIUS - 10, 22 if leaf or len(inside) == 1 else 16, smallest=8)
    parts = [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{RADIUS:g}" {paint("line", theme)} stroke-width="2"/>',
        text(x, y + size * 0.34, shown, "ink", theme, size=size, italic=leaf),
        f'<path d="M{start:.1f},{y:.1f}H{end:.1f}" fill="none" {paint("track", theme)} stroke-width="1.8"/>',
    ]
    if not leaf:
        name, name_size = fit(card.name, 30, 15, smallest=9)
        parts.append(text(start + 4, y - 8, name, "ink", theme, size=name_size, anchor="start", italic=True))
    value, value_size = fit(number(card.step.value), 60, 18)
    gradient, gradient_size = fit(number(card.gradient), 80, 18)
    parts.append(text(middle + (0 if leaf else 14), y - 7, value, "value", theme, size=value_size, bold=True))
    parts.append(text(middle, y + 21, gradient, "grad", theme, size=gradient_size, bold=True))
    if len(card.terms) > 1:
        total = "= " + " + ".join(factor(t.contribution) for t in card.terms)
        shown, size = fit(total, 110, 13, smallest=9)
        parts.append(text(middle, y + 38, shown, "grad", theme, size=size))
    described = xml_text(f"{card.name}{' = ' + card.formula if card.formula else ''}")
    return f'<g id="{{figure}}-n{card.step.index}"><title>{described}</title>{"".join(parts)}</g>'
