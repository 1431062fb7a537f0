"""Pictures of a computation graph as SVG: full cards, circuit, compact.

With this module, one can,

- draw a node's graph: ``to_svg(y)``; ``style="circuit"`` puts values above the wires and gradients
  below; ``theme`` is light, dark, or auto (follows the viewer);
- write it to a file: ``save("y.svg", to_svg(y))``.
"""

from __future__ import annotations

from collections.abc import Callable

from autograd_lite import Explanation, Value

from ..explained import MAX_NODES, as_explanation
from ..notation import number, output_name, xml_text
from ..words import words
from . import elements as markup
from .elements import Run, arrow_head, at, curve, line, rect, resolve, text
from .groups import draw_groups, groups, scope_kinds, within
from .layered import Point, Size
from .layout import Layout, layout
from .palette import Theme
from .scene import (  # fmt: skip
    LEDGER,
    VARIABLE,
    Card,
    Chip,
    Scene,
    card_size,
    chip_size,
    figure_name,
    fit_number,
    scene,
    sum_text,
)
from .text_width import fit, text_width

COMPACT = (134.0, 46.0)
SMALLEST_FORMULA = 11.0  # a sum that would be smaller loses its middle
MAX_CARDS, MAX_COMPACT = 40, 150  # above that many values a style is too small to read on one page
TWO_SCREENS = 1600.0  # no reader follows wires farther


def to_svg(
    graph: Value | Explanation,
    *,
    style: str = "auto",
    theme: str = "auto",
    lang: str = "en",
    engine: str = "auto",
    collapse: str | None = "auto",
    around: str | None = None,
    depth: int | None = None,
    max_nodes: int = MAX_NODES,
) -> str:
    """Return the picture of a graph as an SVG document.

    ``style`` is ``"card"`` (value and gradient in a card, local gradient on each edge, a ledger where
    a value is used twice or more), ``"circuit"``, ``"compact"``, or ``"auto"``: cards up to 40 values,
    compact up to 150, if two screens hold them. Above that, modules are drawn as one box each,
    coloured by the size of their gradients: ``collapse="Neuron"`` or ``"Layer"`` names the kind of scope,
    None draws every value.
    ``lang`` is ``"en"`` or ``"zh"``, the language of the words in the picture.
    ``depth`` keeps what is so many edges away from the output, or from the node named ``around``.

        >>> x = Value(3.0, "x")
        >>> to_svg(x * x).startswith("<svg")
        True

    Raises ValueError for an unknown choice, or when more than ``max_nodes`` values would be drawn.
    """
    colours = resolve(theme)
    if style not in ("auto", *STYLES):
        raise ValueError(f"no style {style!r}; there are auto, {', '.join(STYLES)}")
    e = as_explanation(graph, max_nodes=max_nodes)
    if len(e.forward) > max_nodes:
        raise ValueError(f"the explanation has {len(e.forward)} nodes, more than max_nodes={max_nodes}")
    s = scene(e, lang=lang)
    if around is not None or depth is not None:
        s = within(s, around if around is not None else s.output.name, 2 if depth is None else depth)
    kind = _kind(s, collapse, style)
    if kind is not None:
        return _finish(s, *draw_groups(s, groups(s, kind), colours, engine), theme)
    if style == "auto":
        style = "card" if len(s.cards) <= MAX_CARDS else "compact"
    return STYLES[style](s, theme, engine)


def _kind(s: Scene, collapse: str | None, style: str) -> str | None:
    """Choose the kind of scope to collapse: the innermost that leaves 40 boxes or fewer, else the outermost tried."""
    kinds = scope_kinds(s)
    if collapse is None or (collapse == "auto" and (style != "auto" or not kinds or _can_be_read(s))):
        return None
    if collapse != "auto":
        if collapse not in kinds:
            raise ValueError(f"no scope of kind {collapse!r} in this graph; there are {', '.join(kinds) or 'none'}")
        return collapse
    return next((kind for kind in kinds if len(groups(s, kind)) <= MAX_CARDS), kinds[-1])


def _can_be_read(s: Scene) -> bool:
    """Tell whether every value can be drawn on no more than two screens, one above the other."""
    if len(s.cards) <= MAX_CARDS or len(s.cards) > MAX_COMPACT:
        return len(s.cards) <= MAX_CARDS
    return plan_compact(s).height <= TWO_SCREENS


# ---------------------------------------------------------------- card style


def draw_cards(s: Scene, theme: str, engine: str) -> str:
    """Draw one card per value and one chip per use."""
    colours = resolve(theme)
    plan = plan_cards(s, engine)
    cards, chips = len(s.cards), len(s.chips)
    content = []
    for i, chip in enumerate(s.chips):
        into, out = plan.routes[2 * i], plan.routes[2 * i + 1]
        through = [into[-1], into[-1], out[0], out[0]]
        head = arrow_head(*out[-1], colours)
        content.append(
            f'<g id="{{figure}}-w{chip.key[1:]}">'
            + "".join(curve(part, "wire", colours) for part in (into, through, out))
            + head
            + "</g>"
        )
    content += [draw_chip(chip, plan.centres[cards + i], colours) for i, chip in enumerate(s.chips)]
    content += [draw_card(s, card, plan.centres[i], colours) for i, card in enumerate(s.cards)]
    assert len(plan.centres) == cards + chips
    return _finish(s, content, plan.width, plan.height, theme)


def plan_cards(s: Scene, engine: str = "auto") -> Layout:
    """Return the layout of cards (first) and chips (after), and two routes per chip: in and out."""
    place = {card.step.index: i for i, card in enumerate(s.cards)}
    sizes: list[Size] = [card_size(card, s.lang) for card in s.cards] + [chip_size(chip) for chip in s.chips]
    edges = []
    for i, chip in enumerate(s.chips, start=len(s.cards)):
        edges += [(place[chip.parent.index], i), (i, place[chip.child.index])]
    return layout(sizes, edges, engine=engine, same_rank=s.first_column)


def draw_chip(chip: Chip, centre: Point, theme: Theme) -> str:
    """Draw the chip on an edge: the local gradient, and below it what it passes on."""
    (width, height), (x, y) = chip_size(chip), centre
    local, local_size = fit(chip.local, width - 18, 12)
    passed, passed_size = fit(chip.contribution, width - 18, 12, bold=True)
    return (
        f'<g id="{{figure}}-{chip.key}"><title>{xml_text(f"{chip.local}; {chip.contribution}")}</title>'
        + rect(x - width / 2, y - height / 2, width, height, "chip", theme, radius=height / 2)
        + text(x, y - 3.5, local, "local", theme, size=local_size)
        + text(x, y + 12.5, passed, "grad", theme, size=passed_size, bold=True)
        + "</g>"
    )


def draw_card(s: Scene, card: Card, centre: Point, theme: Theme) -> str:
    """Draw the card of a value: header, value left, gradient right, and the ledger of its uses."""
    (width, height), (cx, cy) = card_size(card, s.lang), centre
    left, top = cx - width / 2, cy - height / 2
    output, said = output_name(s.explanation), words(s.lang)
    is_output = card.step.index == s.explanation.output
    leaf = card.step.kind == "input"
    slope, slope_size = fit(f"∂{output}/∂{card.name}", width / 2 - 10, 10.5, smallest=9)
    parts = [
        rect(
            left, top, width, height, "output" if is_output else "card", theme,
            radius=22 if leaf else 12, stroke=2.4 if leaf or is_output else 1.4,
        ),
        _header(card, said[card.kind], cx, top, width, theme),
        f'<path d="M{at(left + 10)},{at(top + 29)}h{at(width - 20)}M{at(cx)},{at(top + 36)}v32" '
        f'fill="none" {markup.paint("rule", theme)}/>',
        text(cx - width / 4, top + 43, said["value"], "muted", theme, size=10.5),
        text(cx + width / 4, top + 43, slope, "muted", theme, size=slope_size),
    ]  # fmt: skip
    shown, size = fit_number(card.step.value, width / 2 - 12, 18, bold=True)
    parts.append(text(cx - width / 4, top + 63, shown, "value", theme, size=size, bold=True))
    shown, size = fit_number(card.gradient, width / 2 - 12, 18, bold=True)
    gradient = text(cx + width / 4, top + 63, shown, "grad", theme, size=size, bold=True)
    parts.append(f'<g id="{{figure}}-d{card.step.index}">{gradient}</g>')
    if card.uses >= 2:
        parts += _ledger(card, left, top + height - LEDGER, width, theme)
    described = said["card tip"].format(
        node=card.written, value=number(card.step.value), gradient=number(card.gradient)
    )
    return f'<g id="{{figure}}-n{card.step.index}"><title>{xml_text(described)}</title>{"".join(parts)}</g>'


def _header(card: Card, leaf: str, cx: float, top: float, width: float, theme: Theme) -> str:
    """The name, then the formula, variables in italics; both shrink, sums lose their middle, and at last all is cut."""
    bold = not card.pieces
    name, size = fit(card.name, (width - 24) * (0.7 if bold else 0.55), 17, smallest=11, bold=bold)
    room = width - 24 - text_width(name, size, bold=bold)
    runs = [Run(name, "ink", size, variable=True, bold=bold)]
    if bold:
        said, said_size = fit(leaf, room, 11)
        return line(cx, top + 21, [*runs, Run(said, "muted", said_size, gap=6)], theme)
    whole = text_width(f"= {card.formula}", SMALLEST_FORMULA) <= room / VARIABLE
    pieces = card.pieces if whole else card.elided
    formula = f"= {''.join(pieces)}"
    shown, size = fit(formula, room / VARIABLE, 14)
    left = len(shown) if shown == formula else len(shown) - 1
    for i, piece in enumerate(("= " + pieces[0], *pieces[1:])):
        if piece[:left]:
            variable = i % 2 == 1
            look = round(VARIABLE * size, 1) if variable else size
            runs.append(Run(piece[:left], "ink", look, variable=variable, gap=6.0 * (i == 0)))
        left = max(0, left - len(piece))
    if shown.endswith("…"):
        runs.append(Run("…", "ink", size))
    return line(cx, top + 21, runs, theme)


def _ledger(card: Card, left: float, top: float, width: float, theme: Theme) -> list[str]:
    """One slot per use with its contribution, "+" between: the sum that is the gradient."""
    slots = card.slots
    if len(slots) > 3:
        total, size = f" = {number(card.gradient)}", 11.0
        shown = sum_text([t.contribution for t in card.terms], width - 24 - text_width(total, size), size) + total
        slot = rect(left + 8, top + 3, width - 16, 20, "slot", theme, radius=6)
        return [_slot(card, len(slots), slot + text(left + width / 2, top + 17, shown, "grad", theme, size=size))]
    parts = []
    room = (width - 16 - 12 * (len(slots) - 1)) / max(1, len(slots))
    for i, slot in enumerate(slots):
        x = left + 8 + i * (room + 12)
        shown, size = fit(slot, room - 6, 11.5, smallest=8)
        box = rect(x, top + 3, room, 20, "slot", theme, radius=6)
        plus = f"<g>{text(x - 6, top + 17, '+', 'grad', theme, size=13, bold=True)}</g>" if i else ""
        parts.append(_slot(card, i + 1, box + text(x + room / 2, top + 17, shown, "grad", theme, size=size) + plus))
    return parts


def _slot(card: Card, part: int, content: str) -> str:
    return f'<g id="{{figure}}-s{card.step.index}-{part}">{content}</g>'


# ---------------------------------------------------------------- compact style


def draw_compact(s: Scene, theme: str, engine: str) -> str:
    """Draw small boxes: name and formula, value and gradient; local gradients in tooltips."""
    colours = resolve(theme)
    plan, (width, height) = plan_compact(s, engine), COMPACT
    content = []
    for chip, route in zip(s.chips, plan.routes):
        tip = xml_text(f"{chip.local}; {chip.contribution}")
        wire = curve(route, "wire", colours) + arrow_head(*route[-1], colours)
        content.append(f'<g id="{{figure}}-{chip.key}"><title>{tip}</title>{wire}</g>')
    for card, (x, y) in zip(s.cards, plan.centres):
        kind = "output" if card.step.index == s.explanation.output else "card"
        header = card.written
        left, radius = x - width / 2, 18 if card.step.kind == "input" else 8
        shown, size = fit(header, width - 12, 13)
        value, value_size = fit_number(card.step.value, 60, 13, bold=True)
        grad, grad_size = fit_number(card.gradient, 60, 13, bold=True)
        content.append(
            f'<g id="{{figure}}-n{card.step.index}"><title>{xml_text(header)}</title>'
            + rect(left, y - height / 2, width, height, kind, colours, radius=radius, stroke=1.6)
            + text(x, y - 5, shown, "ink", colours, size=size, italic=not card.formula)
            + text(x - width / 4, y + 14, value, "value", colours, size=value_size, bold=True)
            + text(x + width / 4, y + 14, grad, "grad", colours, size=grad_size, bold=True)
            + "</g>"
        )
    return _finish(s, content, plan.width, plan.height, theme)


def plan_compact(s: Scene, engine: str = "auto") -> Layout:
    """Return the layout of the small boxes, and one route per chip."""
    place = {card.step.index: i for i, card in enumerate(s.cards)}
    edges = [(place[chip.parent.index], place[chip.child.index]) for chip in s.chips]
    return layout([COMPACT] * len(s.cards), edges, engine=engine, gap=(30.0, 12.0))


def _finish(s: Scene, content: list[str], width: float, height: float, theme: str) -> str:
    name = figure_name(s, theme + "".join(content))
    marked = [part.replace('id="{figure}-', f'id="{name}-') for part in content]
    return markup.figure(marked, width, height, title=s.title, description=s.description, theme=theme, name=name)


def _draw_circuit(s: Scene, theme: str, engine: str) -> str:
    from .circuit import draw_circuit

    return _finish(s, *draw_circuit(s, resolve(theme), engine), theme)


STYLES: dict[str, Callable[[Scene, str, str], str]] = {
    "card": draw_cards,
    "circuit": _draw_circuit,
    "compact": draw_compact,
}
