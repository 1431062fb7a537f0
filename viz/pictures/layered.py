"""The layout of pictures: boxes in columns, wires between them, in pure Python.

After Sugiyama, Tagawa and Toda (1981): columns that keep wires short; wires longer than one column
bent in each; crossings removed by sweeps of the barycentre and by exchanging neighbours; heights by
least squares, then wires straightened one by one. Every wire arrives at a port of its own, so that
the operands of a box enter from top to bottom in their order. The same numbers on every platform:
nothing here but + − × ÷ in a fixed order, and sums by ``fsum``, as ``sum`` adds differently since Python 3.12.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import fsum

Point = tuple[float, float]
Size = tuple[float, float]
Edges = Sequence[tuple[int, int]]

BEND = 4.0  # the height of a wire where it crosses a column
ROUNDS = 12  # sweeps of each kind, at most
MOST_TOGETHER = 200  # boxes moved to another column at once


def layered(
    sizes: Sequence[Size],
    edges: Edges,
    ports: Sequence[float],
    *,
    gap: Size = (34.0, 20.0),
    first: Sequence[int] = (),
    in_order: bool = False,
) -> tuple[list[Point], list[list[Point]]]:
    """Return the centre of every box and the points each wire runs through, left to right.

    ``sizes`` are (width, height); ``edges`` are (from, to) and must not form a cycle; ``ports`` tell how
    far below the middle of its box each edge arrives. The boxes ``first`` stand in the first column;
    with ``in_order`` those of a column stand in the order given.

        >>> centres, wires = layered([(10, 10), (10, 10)], [(0, 1)], [3.0])
        >>> centres[0][0] < centres[1][0], wires[0][-1][1] - centres[1][1]
        (True, 3.0)
    """
    graph = _Graph.of([height for _, height in sizes], edges, ports, columns(len(sizes), edges, first))
    graph.uncross()
    if in_order:  # the boxes change places among themselves, the bends stay
        for layer in graph.layers:
            boxes = iter(sorted(node for node in layer if node < len(sizes)))
            layer[:] = [next(boxes) if node < len(sizes) else node for node in layer]
    y = _heights(graph, gap[1])
    x, sides = 0.0, {}
    for layer in graph.layers:
        width = max((sizes[node][0] for node in layer if node < len(sizes)), default=0.0)
        sides.update(dict.fromkeys(layer, (x, x + width)))
        x += width + gap[0]
    centres = [((sides[node][0] + sides[node][1]) / 2, y[node]) for node in range(len(sizes))]
    return centres, [_wire(chain, port, centres, sizes, sides, y) for chain, port in zip(graph.chains, ports)]


def _wire(
    chain: Sequence[int],
    port: float,
    centres: Sequence[Point],
    sizes: Sequence[Size],
    sides: dict[int, Point],
    y: Sequence[float],
) -> list[Point]:
    """The points of a wire: it leaves and crosses every column on a level, and so meets none of the boxes there."""
    source, *bends, target = chain
    (left, start), (right, end) = centres[source], centres[target]
    points = [(left + sizes[source][0] / 2, start), (sides[source][1], start)]
    points += [(x, y[bend]) for bend in bends for x in sides[bend]]
    return [*points, (sides[target][0], end + port), (right - sizes[target][0] / 2, end + port)]


# ---------------------------------------------------------------- columns


def columns(count: int, edges: Edges, first: Sequence[int]) -> list[int]:
    """Choose the column of every box so that wires are short: all as late as may be, then back where that pays."""
    before: list[list[int]] = [[] for _ in range(count)]
    after: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        before[target].append(source)
        after[source].append(target)
    order, fixed = _in_order(before, after), set(first)
    column = [0] * count
    for node in order:
        column[node] = max((column[b] + 1 for b in before[node]), default=0)
    for node in reversed(order):
        if after[node]:
            column[node] = 0 if node in fixed else min(column[a] for a in after[node]) - 1
    for _ in range(ROUNDS):
        moved = False
        for node in order:
            if before[node] and (together := _held(node, column, before, fixed)):
                moved = _move_back(together, column, before, after) or moved
        if not moved:
            break
    return column


def _held(node: int, column: Sequence[int], before: Sequence[Sequence[int]], fixed: set[int]) -> set[int]:
    """Return what must move back together with a box: operands in the column before it, and theirs; empty if none may.

    So many that looking at them all would take longer than the wires are worth may not either.
    """
    together, waiting = {node}, [node]
    while waiting:
        at = waiting.pop()
        if at in fixed or len(together) > MOST_TOGETHER:
            return set()
        held = [b for b in before[at] if column[b] == column[at] - 1 and b not in together]
        together.update(held)
        waiting += held
    return together


def _move_back(
    together: set[int], column: list[int], before: Sequence[Sequence[int]], after: Sequence[Sequence[int]]
) -> bool:
    """Move boxes towards their operands if the wires to them are as many as those to their uses, or more."""
    spans = [column[n] - column[b] for n in together for b in before[n] if b not in together]
    uses = sum(a not in together for n in together for a in after[n])
    if not spans or len(spans) < uses:
        return False
    steps = min(min(spans) - 1, *(column[n] for n in together))
    for n in together:
        column[n] -= steps
    return steps > 0


def _in_order(before: Sequence[Sequence[int]], after: Sequence[Sequence[int]]) -> list[int]:
    """Return the boxes, each after its operands."""
    waiting = [len(b) for b in before]
    order = [node for node, n in enumerate(waiting) if not n]
    for node in order:
        for target in after[node]:
            waiting[target] -= 1
            if not waiting[target]:
                order.append(target)
    return order


# ---------------------------------------------------------------- the order within each column

Wires = list[list[tuple[int, float]]]  # of each node: (node at the other end, port at the target)


@dataclass
class _Graph:
    """Boxes and bends in columns; ``chains`` are the nodes each edge runs through."""

    heights: list[float]
    layers: list[list[int]]
    before: Wires
    after: Wires
    chains: list[list[int]]

    @cached_property
    def parts(self) -> Wires:
        """The wires that leave each node, their ports as parts of the height of the box they arrive at."""
        return [[(t, port / (self.heights[t] + 1.0)) for t, port in wires] for wires in self.after]

    @classmethod
    def of(cls, heights: list[float], edges: Edges, ports: Sequence[float], column: Sequence[int]) -> _Graph:
        graph = cls(heights, [[] for _ in range(max(column, default=0) + 1)], [[] for _ in heights], [], [])
        graph.after = [[] for _ in heights]
        where = list(column)
        for (source, target), port in zip(edges, ports):
            chain = [source]
            for c in range(column[source] + 1, column[target]):
                chain.append(len(where))
                where.append(c)
                heights.append(BEND)
                graph.before.append([])
                graph.after.append([])
            chain.append(target)
            for a, b in pairwise(chain):
                graph.after[a].append((b, port if b == target else 0.0))
                graph.before[b].append((a, port if b == target else 0.0))
            graph.chains.append(chain)
        for node in graph._by_operands():
            graph.layers[where[node]].append(node)
        return graph

    def _by_operands(self) -> Iterator[int]:
        """Yield all nodes, from the outputs back through their operands from top to bottom."""
        seen = [False] * len(self.heights)
        stack = [node for node in reversed(range(len(self.heights))) if not self.after[node]]
        while stack:
            node = stack.pop()
            if not seen[node]:
                seen[node] = True
                yield node
                stack += [b for b, _ in sorted(self.before[node], key=lambda wire: -wire[1])]

    def uncross(self) -> None:
        """Order every column so that few wires cross; of equally good orders the first found stays."""
        best, fewest, idle = [list(layer) for layer in self.layers], self.crossings(), 0
        for sweep in range(ROUNDS):
            if not fewest or idle > 3:
                break
            self._sweep(forward=sweep % 2 == 0)
            self._exchange()
            crossings, idle = self.crossings(), idle + 1
            if crossings < fewest:
                best, fewest, idle = [list(layer) for layer in self.layers], crossings, 0
        self.layers = best

    def crossings(self) -> int:
        """Count the crossings of wires between neighbouring columns."""
        place = self._places()
        return sum(_inversions([end for n in layer for end in sorted(self._ends(n, place))]) for layer in self.layers)

    def _places(self) -> list[float]:
        place = [0.0] * len(self.heights)
        for layer in self.layers:
            for i, node in enumerate(layer):
                place[node] = float(i)
        return place

    def _ends(self, node: int, place: Sequence[float]) -> list[float]:
        """Where the wires of a node arrive in the next column, in boxes and parts of boxes."""
        return [place[t] + part for t, part in self.parts[node]]

    def _starts(self, node: int, place: Sequence[float]) -> list[float]:
        return [place[s] for s, _ in self.before[node]]

    def _sweep(self, *, forward: bool) -> None:
        """Sort each column by the middle of what its nodes are joined to in the column before, or after."""
        place, look = self._places(), self._starts if forward else self._ends
        for layer in self.layers if forward else reversed(self.layers):
            centre = {}
            for node in layer:
                joined = look(node, place)
                centre[node] = fsum(joined) / len(joined) if joined else place[node]
            layer.sort(key=lambda node: (centre[node], place[node]))
            for i, node in enumerate(layer):
                place[node] = float(i)

    def _exchange(self) -> None:
        """Exchange neighbours in a column as long as that removes crossings."""
        for _ in range(ROUNDS):
            place, better = self._places(), False
            for layer in self.layers:
                wires = {n: (sorted(self._starts(n, place)), sorted(self._ends(n, place))) for n in layer}
                for i in range(len(layer) - 1):
                    a, b = wires[layer[i]], wires[layer[i + 1]]
                    if _above(a[0], b[0]) + _above(a[1], b[1]) > _above(b[0], a[0]) + _above(b[1], a[1]):
                        layer[i], layer[i + 1], better = layer[i + 1], layer[i], True
                for i, node in enumerate(layer):
                    place[node] = float(i)
            if not better:
                break


def _inversions(ends: Sequence[float]) -> int:
    """Count the pairs that stand in the wrong order.

    >>> _inversions([2.0, 1.0, 3.0, 1.0])
    3
    """
    seen: list[float] = []
    total = 0
    for end in ends:
        total += len(seen) - bisect_right(seen, end)
        insort(seen, end)
    return total


def _above(upper: Sequence[float], lower: Sequence[float]) -> int:
    """Count the crossings of the wires of two nodes, one above the other; both lists are sorted."""
    total, i = 0, 0
    for end in upper:
        while i < len(lower) and lower[i] < end:
            i += 1
        total += i
    return total


# ---------------------------------------------------------------- heights


def _heights(graph: _Graph, gap: float) -> list[float]:
    """Place every node: as near to what it is joined to as the gaps between boxes allow."""
    y, offsets = [0.0] * len(graph.heights), []
    for layer in graph.layers:
        offset = [0.0]
        for a, b in pairwise(layer):
            offset.append(offset[-1] + (graph.heights[a] + graph.heights[b]) / 2 + gap)
        offsets.append(offset)
        for node, height in zip(layer, offset):
            y[node] = height
    levels = [_levels(graph, node, node) for node in range(len(y))]
    for sweep in range(ROUNDS):
        columns = list(zip(graph.layers, offsets))
        for layer, offset in columns if sweep % 2 else reversed(columns):
            wanted = []
            for node, height in zip(layer, offset):
                joined = [y[n] + shift for n, shift in levels[node]]
                wanted.append((fsum(joined) / len(joined) if joined else y[node]) - height)
            for node, shift, height in zip(layer, _nondecreasing(wanted), offset):
                y[node] = shift + height
    _straighten(graph, y, gap)
    return y


def _levels(graph: _Graph, head: int, tail: int) -> list[tuple[int, float]]:
    """What the wires into ``head`` and out of ``tail`` are joined to, and how far below that each would be level."""
    return [(n, -port) for n, port in graph.before[head]] + graph.after[tail]


def _nondecreasing(wanted: Sequence[float]) -> list[float]:
    """Return the nondecreasing numbers nearest to the wanted ones in least squares.

    >>> _nondecreasing([1.0, 4.0, 2.0])
    [1.0, 3.0, 3.0]
    """
    blocks: list[tuple[float, int]] = []
    for value in wanted:
        blocks.append((value, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (b, m), (a, n) = blocks.pop(), blocks.pop()
            blocks.append(((a * n + b * m) / (n + m), n + m))
    return [mean for mean, count in blocks for _ in range(count)]


def _straighten(graph: _Graph, y: list[float], gap: float) -> None:
    """Move each long wire, then each box, to where a wire of its own is level, as far as its neighbours leave room."""
    above, below = {}, {}
    for layer in graph.layers:
        for a, b in pairwise(layer):
            below[a] = b, (graph.heights[a] + graph.heights[b]) / 2 + gap
            above[b] = a, below[a][1]
    bends = [chain[1:-1] for chain in graph.chains if len(chain) > 2]
    boxes = [[node] for layer in graph.layers for node in layer if graph.heights[node] != BEND]
    wires, nodes = ([(unit, _levels(graph, unit[0], unit[-1])) for unit in units] for units in (bends, boxes))
    for sweep in range(6):
        for unit, levels in [*wires, *(nodes if sweep % 2 else reversed(nodes))]:
            low = max((y[above[n][0]] + above[n][1] for n in unit if n in above), default=float("-inf"))
            high = min((y[below[n][0]] - below[n][1] for n in unit if n in below), default=float("inf"))
            joined = [y[n] + shift for n, shift in levels]
            if joined and low <= high:
                # anywhere between the two middle ones is as good: level with the first, so that wires start straight
                middle = sorted(joined)[(len(joined) - 1) // 2 : len(joined) // 2 + 1]
                level = min(max(joined[0], middle[0]), middle[-1])
                for n in unit:
                    y[n] = min(max(level, low), high)
