"""The card style: a card per value with its number and its gradient, on each edge a chip with the local gradient.

Where a value is used twice or more, its card has a ledger: what comes back through each use, and their sum.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...notation import number, output_name
from ...words import words
from ..elements import Element, Run, arrow_head, at, curve, group, path, rect, text, text_line
from ..figure import Canvas
from ..layered import Point, Size
from ..layout import Layout, layout
from ..palette import Theme
from ..scene import LEDGER, VARIABLE, Card, Chip, Scene, card_size, chip_size, fit_number, sum_text
from ..text_width import fit, text_width

SMALLEST_FORMULA = 11.0  # a sum that would be smaller loses its middle
MOST_SLOTS = 3  # more uses of a value share one slot


def draw(s: Scene, theme: Theme, engine: str, *, down: bool = False) -> Canvas:
    """Draw the wires, then the chips on them, then the cards; from left to right, or down."""
    places = plan(s, engine, down=down)
    centres, routes = iter(places.centres), places.routes
    cards = [_card(s, card, next(centres), theme) for card in s.cards]
    chips = [_chip(chip, next(centres), theme) for chip in s.chips]
    wires = [_wire(chip, into, out, theme, down) for chip, into, out in zip(s.chips, routes[::2], routes[1::2])]
    return Canvas([*wires, *chips, *cards], places.width, places.height, text=12.0)


def plan(s: Scene, engine: str = "auto", *, down: bool = False) -> Layout:
    """Return the layout of cards (first) and chips (after), and two routes per chip: in and out."""
    place = {card.step.index: i for i, card in enumerate(s.cards)}
    sizes: list[Size] = [card_size(card, s.lang) for card in s.cards] + [chip_size(chip) for chip in s.chips]
    edges = []
    for i, chip in enumerate(s.chips, start=len(s.cards)):
        edges += [(place[chip.parent.index], i), (i, place[chip.child.index])]
    return layout(sizes, edges, engine=engine, same_rank=s.first_column, down=down)


def _wire(chip: Chip, into: Sequence[Point], out: Sequence[Point], theme: Theme, down: bool) -> Element:
    """Draw the wire of a use; it runs on behind the chip."""
    through = [into[-1], into[-1], out[0], out[0]]
    curves = [curve(part, "wire", theme) for part in (into, through, out)]
    return group(f"w{chip.key[1:]}", *curves, arrow_head(*out[-1], theme, down=down))


def _chip(chip: Chip, centre: Point, theme: Theme) -> Element:
    """Draw the chip on an edge: the local gradient, and below it what it passes on."""
    (width, height), (x, y) = chip_size(chip), centre
    local, local_size = fit(chip.local, width - 18, 12)
    passed, passed_size = fit(chip.contribution, width - 18, 12, bold=True)
    return group(
        chip.key,
        rect(x - width / 2, y - height / 2, width, height, "chip", theme, radius=height / 2),
        text(x, y - 3.5, local, "local", theme, size=local_size),
        text(x, y + 12.5, passed, "grad", theme, size=passed_size, bold=True),
        tip=chip.tip,
    )


def _card(s: Scene, card: Card, centre: Point, theme: Theme) -> Element:
    """Draw the card of a value: header, value left, gradient right, and the ledger of its uses."""
    (width, height), (cx, cy) = card_size(card, s.lang), centre
    left, top = cx - width / 2, cy - height / 2
    is_output, leaf = card.step.index == s.explanation.output, card.step.kind == "input"
    radius, stroke = 22 if leaf else 12, 2.4 if leaf or is_output else 1.4
    return group(
        f"n{card.step.index}",
        rect(left, top, width, height, "output" if is_output else "card", theme, radius=radius, stroke=stroke),
        _header(card, s.lang, cx, top, width, theme),
        path(f"M{at(left + 10)},{at(top + 29)}h{at(width - 20)}M{at(cx)},{at(top + 36)}v32", "rule", theme),
        *_numbers(s, card, cx, top, width, theme),
        *(_ledger(card, left, top + height - LEDGER, width, theme) if card.uses >= 2 else ()),
        tip=words(s.lang)["card tip"].format(
            node=card.written, value=number(card.step.value), gradient=number(card.gradient)
        ),
    )


def _numbers(s: Scene, card: Card, cx: float, top: float, width: float, theme: Theme) -> list[Element]:
    """The two captions; under them value and gradient."""
    left, right, room = cx - width / 4, cx + width / 4, width / 2 - 12
    slope, slope_size = fit(f"∂{output_name(s.explanation)}/∂{card.name}", width / 2 - 10, 10.5, smallest=9)
    value, value_size = fit_number(card.step.value, room, 18, bold=True)
    gradient, gradient_size = fit_number(card.gradient, room, 18, bold=True)
    shown = text(right, top + 63, gradient, "grad", theme, size=gradient_size, bold=True)
    return [
        text(left, top + 43, words(s.lang)["value"], "muted", theme, size=10.5),
        text(right, top + 43, slope, "muted", theme, size=slope_size),
        text(left, top + 63, value, "value", theme, size=value_size, bold=True),
        group(f"d{card.step.index}", shown),
    ]


# ---------------------------------------------------------------- the first line of a card


def _header(card: Card, lang: str, cx: float, top: float, width: float, theme: Theme) -> Element:
    """The name, then the formula, or of a leaf what it is; both shrink where they are long."""
    leaf = not card.pieces
    name, size = fit(card.name, (width - 24) * (0.7 if leaf else 0.55), 17, smallest=11, bold=leaf)
    room = width - 24 - text_width(name, size, bold=leaf)
    first = Run(name, "ink", size, variable=True, bold=leaf)
    if not leaf:
        return text_line(cx, top + 21, [first, *_formula(card, room)], theme)
    said, said_size = fit(words(lang)[card.kind], room, 11)
    return text_line(cx, top + 21, [first, Run(said, "muted", said_size, gap=6)], theme)


def _formula(card: Card, room: float) -> list[Run]:
    """The formula, variables in italics; where it is long a sum loses its middle, and at last all is cut."""
    whole = text_width(f"= {card.formula}", SMALLEST_FORMULA) <= room / VARIABLE
    pieces = card.pieces if whole else card.elided
    formula = f"= {''.join(pieces)}"
    shown, size = fit(formula, room / VARIABLE, 14)
    left = len(shown) if shown == formula else len(shown) - 1
    runs: list[Run] = []
    for i, piece in enumerate(("= " + pieces[0], *pieces[1:])):
        if part := piece[: max(0, left)]:
            look = round(VARIABLE * size, 1) if i % 2 else size
            runs.append(Run(part, "ink", look, variable=i % 2 == 1, gap=0.0 if i else 6.0))
        left -= len(piece)
    return [*runs, Run("…", "ink", size)] if shown.endswith("…") else runs


# ---------------------------------------------------------------- the last line of a card


def _ledger(card: Card, left: float, top: float, width: float, theme: Theme) -> list[Element]:
    """One slot per use with its contribution, "+" between: the sum that is the gradient."""
    count = len(card.slots)
    if count > MOST_SLOTS:
        return [_sum(card, left, top, width, theme)]
    room = (width - 16 - 12 * (count - 1)) / max(1, count)
    return [_slot(card, i, left + 8 + i * (room + 12), top, room, theme) for i in range(count)]


def _slot(card: Card, i: int, x: float, top: float, room: float, theme: Theme) -> Element:
    shown, size = fit(card.slots[i], room - 6, 11.5, smallest=8)
    plus = [Element("g", {}, [text(x - 6, top + 17, "+", "grad", theme, size=13, bold=True)])] if i else []
    return group(
        f"s{card.step.index}-{i + 1}",
        rect(x, top + 3, room, 20, "slot", theme, radius=6),
        text(x + room / 2, top + 17, shown, "grad", theme, size=size),
        *plus,
    )


def _sum(card: Card, left: float, top: float, width: float, theme: Theme) -> Element:
    """One slot for all uses: as many contributions as there is room for, and the total."""
    total, size = f" = {number(card.gradient)}", 11.0
    shown = sum_text([t.contribution for t in card.terms], width - 24 - text_width(total, size), size) + total
    return group(
        f"s{card.step.index}-{len(card.slots)}",
        rect(left + 8, top + 3, width - 16, 20, "slot", theme, radius=6),
        text(left + width / 2, top + 17, shown, "grad", theme, size=size),
    )
