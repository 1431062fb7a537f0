"""Large graphs: the part of them around a node, or the values of each module as one group.

Groups come from the scopes that modules open when they are called (or ``with scope(...)``), never
from guessed names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from autograd_lite import Scope, Step

from ..names import is_parameter
from .scene import Card, Scene


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
    scopes = {card.step.index: scope for card in s.cards for scope in _chain(card.step.scope) if scope.kind == kind}
    homes = {index: scope.path for index, scope in scopes.items()}
    for leaf, uses in _users(s, homes).items():
        (home, *others) = uses.values()
        if home and not others:
            homes[leaf] = home
    members: dict[str, list[Card]] = {}
    for card in s.cards:
        members.setdefault(homes.get(card.step.index, f"#{card.step.index}"), []).append(card)
    named = {scope.path: scope for scope in scopes.values()}
    in_order = sorted(members.items(), key=lambda item: item[1][-1].step.index)
    return [_group(named.get(home), cards) for home, cards in in_order]


def _users(s: Scene, homes: Mapping[int, str]) -> dict[int, dict[str, str]]:
    """Return for each leaf that may go into a box: {innermost scope that uses it: box of that use}."""
    told = any(is_parameter(card.step) for card in s.cards)
    users: dict[int, dict[str, str]] = {}
    for chip in s.chips:
        if is_parameter(chip.parent) if told else chip.parent.kind == "input":
            innermost = chip.child.scope.path if chip.child.scope else ""
            users.setdefault(chip.parent.index, {})[innermost] = homes.get(chip.child.index, "")
    return users


def _group(scope: Scope | None, cards: list[Card]) -> Group:
    """Return the group of a scope, or of a value that stays alone."""
    if scope is not None:
        return Group(scope.name, scope.kind, tuple(cards))
    return Group(cards[0].name, "input" if cards[0].step.kind == "input" else "", tuple(cards))


def _chain(scope: Scope | None) -> Iterable[Scope]:
    """Yield the scopes from the outside in."""
    chain = []
    while scope is not None:
        chain.append(scope)
        scope = scope.outer
    return reversed(chain)


def homes(boxes: Sequence[Group]) -> dict[int, int]:
    """Return for each value in a box, by its index, the place of the box."""
    return {card.step.index: i for i, box in enumerate(boxes) for card in box.cards}


def outputs(s: Scene, boxes: Sequence[Group]) -> list[list[Card]]:
    """Return for each box the values that others use; the output of the graph is one."""
    home, used = homes(boxes), {s.explanation.output}
    used.update(c.parent.index for c in s.chips if home[c.parent.index] != home[c.child.index])
    return [[card for card in box.cards if card.step.index in used] for box in boxes]


def weights(s: Scene, boxes: Sequence[Group]) -> dict[tuple[int, int], float]:
    """Return the weight from box to box, where it is one: a leaf of the second that multiplies a value of the first."""
    home = homes(boxes)
    found: dict[tuple[int, int], list[float]] = {}
    for child in (card.step for card in s.cards):
        box = home[child.index]
        for i, j in _factors(child):
            for value, leaf in ((i, j), (j, i)):
                source = home.get(child.operands[value], box)
                weight = s.explanation.forward[child.operands[leaf]]
                if source != box == home.get(weight.index) and weight.kind == "input":
                    found.setdefault((source, box), []).append(weight.value)
    return {edge: ws[0] for edge, ws in found.items() if len(ws) == 1}


def _factors(step: Step) -> list[tuple[int, int]]:
    """Return the places of the operands that a step multiplies with each other."""
    if step.op is None or step.op.name not in ("mul", "dot"):
        return []
    half = len(step.operands) // 2
    return [(i, i + half) for i in range(half)]


def outer(group: Group) -> Scope | None:
    """Return the scope around the one that is drawn as this group, but not that of the whole network."""
    chains = [list(_chain(card.step.scope)) for card in group.cards if card.step.scope is not None]
    around = [chain[i - 1] for chain in chains for i in range(2, len(chain)) if chain[i].kind == group.kind]
    return around[0] if around else None
