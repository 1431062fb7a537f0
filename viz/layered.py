"""A layered layout in pure Python: the floor on which pictures always stand.

After Sugiyama, Tagawa and Toda (1981): ranks by longest path, leaves pulled next to their first
use, long edges bent at every rank, crossings reduced by sweeps of the barycentre, and vertical
positions by least squares with separation kept (pool adjacent violators).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

Point = tuple[float, float]
Size = tuple[float, float]


def layered(
    sizes: Sequence[Size],
    edges: Sequence[tuple[int, int]],
    *,
    gap: Size = (34.0, 20.0),
    first: Sequence[int] = (),
    in_order: bool = False,
) -> tuple[list[Point], list[list[Point]]]:
    """Return the centre of every box and the points each edge runs through, left to right.

    ``sizes`` are (width, height); ``edges`` are (from, to) and must not form a cycle. The boxes
    ``first`` stand in the first column; with ``in_order`` those of a column stand in the order given.

        >>> centres, routes = layered([(10, 10), (10, 10)], [(0, 1)])
        >>> centres[0][0] < centres[1][0], len(routes[0])
        (True, 2)
    """
    rank = _ranks(len(sizes), edges, first)
    layers: list[list[int]] = [[] for _ in range(max(rank, default=0) + 1)]
    heights = [height for _, height in sizes]
    for node, r in enumerate(rank):
        layers[r].append(node)
    before: dict[int, list[int]] = {node: [] for node in range(len(sizes))}
    after: dict[int, list[int]] = {node: [] for node in range(len(sizes))}
    chains: list[list[int]] = []
    for source, target in edges:
        chain = [source]
        for r in range(rank[source] + 1, rank[target]):
            bend = len(heights)
            heights.append(4.0)
            layers[r].append(bend)
            before[bend], after[bend] = [], []
            chain.append(bend)
        chain.append(target)
        for a, b in pairwise(chain):
            after[a].append(b)
            before[b].append(a)
        chains.append(chain)
    layers = _uncrossed(layers, before, after)
    if in_order:  # the boxes change places among themselves, the bends stay
        for layer in layers:
            boxes = iter(sorted(node for node in layer if node < len(sizes)))
            layer[:] = [next(boxes) if node < len(sizes) else node for node in layer]
    y = _heights(layers, before, after, heights, gap[1])
    x, sides = 0.0, {}
    for layer in layers:
        width = max((sizes[node][0] for node in layer if node < len(sizes)), default=0.0)
        sides.update(dict.fromkeys(layer, (x, x + width)))
        x += width + gap[0]
    centres = [(sum(sides[node]) / 2, y[node]) for node in range(len(sizes))]
    # an edge crosses a column on a level, so that it meets none of the boxes there
    bends = [[(x, y[bend]) for bend in chain[1:-1] for x in sides[bend]] for chain in chains]
    return centres, [[centres[chain[0]], *bent, centres[chain[-1]]] for chain, bent in zip(chains, bends)]


def _ranks(count: int, edges: Sequence[tuple[int, int]], first: Sequence[int]) -> list[int]:
    after: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for source, target in edges:
        after[source].append(target)
        waiting[target] += 1
    order = [node for node in range(count) if not waiting[node]]
    rank = [0] * count
    for node in order:
        for target in after[node]:
            rank[target] = max(rank[target], rank[node] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                order.append(target)
    for node in reversed(order):  # a leaf stands next to its first use
        if after[node]:
            rank[node] = min(rank[target] for target in after[node]) - 1
    for node in first:
        rank[node] = 0
    return rank


Neighbours = Mapping[int, Sequence[int]]


def _uncrossed(layers: list[list[int]], before: Neighbours, after: Neighbours) -> list[list[int]]:
    position = {node: i for layer in layers for i, node in enumerate(layer)}
    best, fewest = [list(layer) for layer in layers], _crossings(layers, after, position)
    for sweep in range(12):
        neighbours = before if sweep % 2 == 0 else after
        ranks = range(len(layers)) if sweep % 2 == 0 else range(len(layers) - 1, -1, -1)
        for r in ranks:
            centre = {
                node: sum(position[n] for n in neighbours[node]) / len(neighbours[node])
                if neighbours[node]
                else float(position[node])
                for node in layers[r]
            }
            layers[r].sort(key=lambda node: (centre[node], position[node]))
            position.update({node: i for i, node in enumerate(layers[r])})
        crossings = _crossings(layers, after, position)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in layers], crossings
    return best


def _crossings(layers: Sequence[Sequence[int]], after: Neighbours, position: Mapping[int, int]) -> int:
    """Count crossings between neighbouring ranks, as inversions by a Fenwick tree."""
    total = 0
    for layer in layers:
        ends = [end for _, end in sorted((position[n], position[t]) for n in layer for t in after[n])]
        tree = [0] * (max(ends, default=0) + 2)
        for seen, end in enumerate(ends):
            smaller_or_equal, i = 0, end + 1
            while i:
                smaller_or_equal += tree[i]
                i -= i & -i
            total += seen - smaller_or_equal
            i = end + 1
            while i < len(tree):
                tree[i] += 1
                i += i & -i
    return total


def _heights(
    layers: Sequence[Sequence[int]], before: Neighbours, after: Neighbours, heights: Sequence[float], gap: float
) -> dict[int, float]:
    y: dict[int, float] = {}
    offsets: list[list[float]] = []
    for layer in layers:
        offset = [0.0]
        for a, b in pairwise(layer):
            offset.append(offset[-1] + (heights[a] + heights[b]) / 2 + gap)
        offsets.append(offset)
        y.update(zip(layer, offset))
    for sweep in range(12):
        ranks = range(len(layers)) if sweep % 2 else range(len(layers) - 1, -1, -1)
        for r in ranks:
            layer = layers[r]
            wanted = []
            for node, offset_y in zip(layer, offsets[r]):
                neighbours = [*before[node], *after[node]]
                target = sum(y[n] for n in neighbours) / len(neighbours) if neighbours else y[node]
                wanted.append(target - offset_y)
            for node, shift, offset_y in zip(layer, _nondecreasing(wanted), offsets[r]):
                y[node] = shift + offset_y
    return y


def _nondecreasing(wanted: Sequence[float]) -> list[float]:
    """Return the nondecreasing numbers nearest to the wanted ones in least squares."""
    blocks: list[tuple[float, int]] = []
    for value in wanted:
        blocks.append((value, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (b, m), (a, n) = blocks.pop(), blocks.pop()
            blocks.append(((a * n + b * m) / (n + m), n + m))
    return [mean for mean, count in blocks for _ in range(count)]
