"""Large graphs: part of them around a node, or whole modules as one box each.

Boxes come from the scopes that modules open when they are called (or ``with scope(...)``), never
from guessed names. A box says how many values and parameters it holds and how large their gradients
are, also by its colour.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from autograd_lite import Scope

from ..names import is_parameter
from ..notation import number, xml_text
from ..words import counted, words
from .elements import arrow_head, at, curve, paint, rect, text
from .layered import Point
from .layout import Layout, layout
from .palette import Theme, heat
from .scene import Card, Scene
from .text_width import fit, text_width

BOX = (150.0, 62.0)
HEADING = 24.0  # above the boxes of a frame


def within(s: Scene, centre: str, depth: int) -> Scene:
    """Return the part of a scene at most ``depth`` edges away from the node of that name.

    Raises ValueError if there is no such node.
    """
    by_name = {card.name: card.step.index for card in s.cards}
    if centre not in by_name:
        raise ValueError(f"around: no node named {centre!r} in this graph; its output is {s.output.name!r}")
    neighbours: dict[int, list[int]] = {}
    for chip in s.chips:
        neighbours.setdefault(chip.parent.index, []).append(chip.child.index)
        neighbours.setdefault(chip.child.index, []).append(chip.parent.index)
    kept = {by_name[centre]}
    border = list(kept)
    for _ in range(depth):
        border = [n for node in border for n in neighbours.get(node, ()) if n not in kept]
        kept.update(border)
    return replace(
        s,
        cards=tuple(card for card in s.cards if card.step.index in kept),
        chips=tuple(chip for chip in s.chips if chip.parent.index in kept and chip.child.index in kept),
    )


@dataclass(frozen=True)
class Group:
    """Several values drawn as one box."""

    title: str
    kind: str
    cards: tuple[Card, ...]

    @property
    def parameters(self) -> int:
        """The number of leaves inside, which only this module uses."""
        return sum(card.step.kind == "input" for card in self.cards)

    @property
    def magnitudes(self) -> tuple[float, float]:
        """The smallest and largest size of a gradient inside, zeros aside."""
        sizes = [abs(card.gradient) for card in self.cards if card.gradient]
        return (min(sizes), max(sizes)) if sizes else (0.0, 0.0)


def scope_kinds(s: Scene) -> list[str]:
    """Return the kinds of scopes in the graph, innermost first."""
    depth: dict[str, int] = {}
    for card in s.cards:
        chain = list(_chain(card.step.scope)) if card.step.op is not None else []
        for level, scope in enumerate(chain):
            depth[scope.kind] = max(depth.get(scope.kind, 0), level)
    return sorted(depth, key=lambda kind: (-depth[kind], kind))


def groups(s: Scene, kind: str) -> list[Group]:
    """Return the boxes when scopes of ``kind`` are drawn as one each; other values stay alone.

    A parameter that one innermost module alone uses goes into its box; so does any leaf where modules
    told of no parameter, as in scopes made by hand.
    """
    homes: dict[int, str] = {}
    titles: dict[str, tuple[str, str]] = {}
    for card in s.cards:
        for scope in _chain(card.step.scope):
            if scope.kind == kind:
                homes[card.step.index] = scope.path
                titles[scope.path] = (scope.name, scope.kind)
    told = any(is_parameter(card.step) for card in s.cards)
    users: dict[int, dict[str, str]] = {}  # leaf: {innermost scope that uses it: box of that use}
    for chip in s.chips:
        if is_parameter(chip.parent) if told else chip.parent.kind == "input":
            innermost = chip.child.scope.path if chip.child.scope else ""
            users.setdefault(chip.parent.index, {})[innermost] = homes.get(chip.child.index, "")
    for leaf, uses in users.items():
        (home, *others) = uses.values()
        if home and not others:
            homes[leaf] = home
    members: dict[str, list[Card]] = {}
    for card in s.cards:
        members.setdefault(homes.get(card.step.index, f"#{card.step.index}"), []).append(card)
    return [
        Group(*titles.get(home, (cards[0].name, "input" if cards[0].step.kind == "input" else "")), tuple(cards))
        for home, cards in sorted(members.items(), key=lambda item: item[1][-1].step.index)
    ]


def _chain(scope: Scope | None) -> Iterable[Scope]:
    """Yield the scopes from the outside in."""
    chain = []
    while scope is not None:
        chain.append(scope)
        scope = scope.outer
    return reversed(chain)


def draw_groups(s: Scene, boxes: list[Group], theme: Theme, engine: str) -> tuple[list[str], float, float]:
    """Return the elements of the collapsed picture, its width and its height."""
    plan = plan_groups(s, boxes, engine)
    largest = max((group.magnitudes[1] for group in boxes), default=0.0)
    framed = frames(boxes, plan.centres, s.lang, theme)
    down = HEADING if framed else 0.0
    content = [f'<g transform="translate(0,{down:g})">', *framed]
    faint = ' stroke-opacity="0.6"' if len(plan.routes) > 40 else ""
    content += [
        curve(r, "wire", theme, stroke=1.0).replace("/>", f"{faint}/>") + arrow_head(*r[-1], theme) for r in plan.routes
    ]
    for i, (group, (x, y)) in enumerate(zip(boxes, plan.centres)):
        low, high = group.magnitudes
        fill, ink = heat(high, largest)
        lines = [
            scope_title(group.title, s.lang),
            _contents(group, s.lang),
            f"|∂| {number(low)} … {number(high)}" if high > low else f"|∂| {number(high)}",
        ]
        parts = [
            f'<rect x="{at(x - 75)}" y="{at(y - 31)}" width="150" height="62" rx="10" fill="{fill}" '
            f'{paint("wire", theme)} stroke-width="1.4"/>'
        ]
        for line, dy, size in zip(lines, (-11, 7, 22), (14.0, 11.0, 11.0)):
            shown, fitted = fit(line, 138, size)
            weight = ' font-weight="700"' if dy < 0 else ""
            parts.append(
                f'<text x="{at(x)}" y="{at(y + dy)}" fill="{ink}" font-size="{fitted:g}" text-anchor="middle"{weight}>'
                f"{xml_text(shown)}</text>"
            )
        tip = xml_text(
            words(s.lang)["group tip"].format(
                kind=words(s.lang).get(group.kind, group.kind), name=lines[0], contents=lines[1], magnitude=lines[2]
            )
        )
        content.append(f'<g id="{{figure}}-g{i}"><title>{tip}</title>{"".join(parts)}</g>')
    legend = words(s.lang)["legend heat"]
    content += ["</g>", text(0, plan.height + down + 30, legend, "muted", theme, size=11, anchor="start")]
    return content, max(plan.width, text_width(legend, 11)), plan.height + down + 36


def plan_groups(s: Scene, boxes: list[Group], engine: str = "auto") -> Layout:
    """Return the layout of the boxes; one route for all edges from one to another."""
    home = {card.step.index: i for i, group in enumerate(boxes) for card in group.cards}
    # a recurrent cell feeds itself: such edges would run backwards, the first use decides the order
    edges = sorted({(home[c.parent.index], home[c.child.index]) for c in s.chips})
    edges = _acyclic(len(boxes), edges)
    # room for the wires: the more of them, the wider
    return layout([BOX] * len(boxes), edges, engine=engine, gap=(44.0 + 3.0 * len(boxes), 14.0), in_order=True)


def frames(boxes: list[Group], centres: Sequence[Point], lang: str, theme: Theme) -> list[str]:
    """Draw a frame around the boxes of each outer scope: "layer 1: 24 parameters".

    A scope whose frame would also hold a box of another has none.
    """
    members: dict[str, list[int]] = {}
    names: dict[str, str] = {}
    for i, group in enumerate(boxes):
        for outer in _outer(group):
            members.setdefault(outer.path, []).append(i)
            names[outer.path] = outer.name
    drawn = []
    for path, inside in members.items():
        xs, ys = [centres[i][0] for i in inside], [centres[i][1] for i in inside]
        left, right = min(xs) - BOX[0] / 2 - 10, max(xs) + BOX[0] / 2 + 10
        top, bottom = min(ys) - BOX[1] / 2 - HEADING, max(ys) + BOX[1] / 2 + 10
        others = (centres[i] for i in range(len(boxes)) if i not in set(inside))
        if any(left < x + BOX[0] / 2 and x - BOX[0] / 2 < right for x, _ in others):
            continue
        parameters = sum(boxes[i].parameters for i in inside)
        said = words(lang)["frame"].format(
            name=scope_title(names[path], lang),
            parameters=counted(lang, "parameters", parameters),
        )
        shown, size = fit(said, right - left - 16, 12)
        drawn.append(
            rect(left, top, right - left, bottom - top, "chip", theme, radius=14)
            + text((left + right) / 2, top + 16, shown, "muted", theme, size=size)
        )
    return drawn


def _outer(group: Group) -> list[Scope]:
    """The scope around the one that is drawn as this box, but not that of the whole network."""
    chains = [list(_chain(card.step.scope)) for card in group.cards if card.step.scope is not None]
    around = [chain[i - 1] for chain in chains for i in range(2, len(chain)) if chain[i].kind == group.kind]
    return around[:1]


def scope_title(name: str, lang: str) -> str:
    """Return the name of a scope in a language, where it is a numbered layer or neuron; else as it is.

    >>> scope_title("layer 2", "zh"), scope_title("encoder", "zh")
    ('第 2 层', 'encoder')
    """
    word, _, n = name.partition(" ")
    return words(lang)[word].format(n=n) if word in ("layer", "neuron") and n.isdigit() else name


def _contents(group: Group, lang: str) -> str:
    if len(group.cards) == 1:
        return words(lang)["single value"].format(value=number(group.cards[0].step.value))
    return words(lang)["contents"].format(
        values=counted(lang, "values", len(group.cards) - group.parameters),
        parameters=counted(lang, "parameters", group.parameters),
    )


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
