"""The compact style: small boxes with name and formula, value and gradient; local gradients in tooltips."""

from __future__ import annotations

from ..elements import Element, arrow_head, curve, group, rect, text
from ..figure import Canvas
from ..layered import Point
from ..layout import Layout, layout
from ..palette import Theme
from ..scene import Card, Chip, Scene, fit_number
from ..text_width import fit

BOX = (134.0, 46.0)
NUMBER = 64.0  # the width a number may take


def draw(s: Scene, theme: Theme, engine: str, *, down: bool = False) -> Canvas:
    """Draw the wires, then the boxes; from left to right, or down."""
    places = plan(s, engine, down=down)
    wires = [_wire(chip, route, theme, down) for chip, route in zip(s.chips, places.routes)]
    boxes = [_box(s, card, centre, theme) for card, centre in zip(s.cards, places.centres)]
    return Canvas([*wires, *boxes], places.width, places.height, text=12.0)


def plan(s: Scene, engine: str = "auto", *, down: bool = False) -> Layout:
    """Return the layout of the small boxes, and one route per chip."""
    place = {card.step.index: i for i, card in enumerate(s.cards)}
    edges = [(place[chip.parent.index], place[chip.child.index]) for chip in s.chips]
    return layout([BOX] * len(s.cards), edges, engine=engine, gap=(30.0, 12.0), down=down)


def _wire(chip: Chip, route: tuple[Point, ...], theme: Theme, down: bool) -> Element:
    return group(chip.key, curve(route, "wire", theme), arrow_head(*route[-1], theme, down=down), tip=chip.tip)


def _box(s: Scene, card: Card, centre: Point, theme: Theme) -> Element:
    (width, height), (x, y) = BOX, centre
    kind = "output" if card.step.index == s.explanation.output else "card"
    radius = 18 if card.step.kind == "input" else 8
    header, size = fit(card.written, width - 12, 13)
    value, value_size = fit_number(card.step.value, NUMBER, 13, bold=True)
    gradient, gradient_size = fit_number(card.gradient, NUMBER, 13, bold=True)
    return group(
        f"n{card.step.index}",
        rect(x - width / 2, y - height / 2, width, height, kind, theme, radius=radius, stroke=1.6),
        text(x, y - 5, header, "ink", theme, size=size, italic=not card.formula),
        text(x - width / 4, y + 14, value, "value", theme, size=value_size, bold=True),
        text(x + width / 4, y + 14, gradient, "grad", theme, size=gradient_size, bold=True),
        tip=card.written,
    )
