"""The chain rule on a program under construction: the walks of ``reverse`` and ``forward`` over its slots.

A slot is a node, an instruction's operands are its parents, and the rules of the table, run on tracers, write local
gradients as more instructions. So a program is differentiated (``differentiate``) by the walks that differentiate
Values, and a function that is being recorded by the transforms that differentiate on numbers (``capture``).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from .. import ops
from ..forward import push_forward
from ..graph import topological_order
from ..ops import Operation
from ..reverse import pull_back
from .program import Builder, batch_sum, is_known, scatter, scattered
from .tracers import CaptureError, Recording

Part = int | tuple[int, int]  # of a sum: a slot, or two whose product it is
MANY_PRODUCTS = 4  # from so many on, those of a sum are written as one dot
SUM, DOT = ops.TABLE["sum"], ops.TABLE["dot"]


class Node:
    """A slot, as the walks over graphs know it."""

    __slots__ = ("slot", "op", "parents")

    def __init__(self, slot: int, op: Any, parents: tuple[Node, ...]):  # of an input there is no operation
        self.slot, self.op, self.parents = slot, op, parents


class Graph:
    """The slots of a builder as a graph, to which the walks go on to write.

    Where ``batched`` tells of every slot whether it holds one number per sample, what arrives at a shared one is
    summed over the samples; without it the program is that of one sample. ``inverse_count`` is the slot of 1/n, if
    there is one: n times it is 1.
    """

    def __init__(self, builder: Builder, batched: Sequence[bool] | None = None, inverse_count: int | None = None):
        self.builder, self.batched, self.inverse_count = builder, batched, inverse_count
        self.one, self.zero = builder.constant(1.0), builder.constant(0.0)
        self._nodes: list[Node] = []
        self._locals: dict[Node, list[int | None]] = {}  # written once, whatever passes along them
        self._rules = Recording(builder)

    def pull(self, seeds: Iterable[tuple[int, Cotangent]], wrt: Sequence[int]) -> list[int]:
        """Return the slots of the cotangents of the slots ``wrt``, where those of outputs are ``seeds``."""
        inputs = [self._node(slot) for slot in wrt]
        found = self._pulled(seeds, set(inputs))
        return [found[node].total() if node in found else self.zero for node in inputs]

    def rows(self, outputs: Sequence[int], wrt: Sequence[int]) -> list[dict[int, int]]:
        """Return ∂output/∂wrt, for each output the slots by the place in ``wrt``, without those that are always 0.

        The work of a row is that of what its output depends on.
        """
        places = {self._node(slot): place for place, slot in enumerate(wrt)}
        return [self._row(output, places) for output in outputs]

    def symmetric_rows(self, outputs: Sequence[int], wrt: Sequence[int]) -> list[dict[int, int]]:
        """Return the same where entry (i, j) is entry (j, i), as outputs are the gradient in ``wrt``: half the work."""
        if not all(is_known(instruction.op) for instruction in self.builder.instructions):
            return self.rows(outputs, wrt)  # gradients of the user's own making need not be those of any function
        places = {self._node(slot): place for place, slot in enumerate(wrt)}
        rows: list[dict[int, int]] = [{} for _ in outputs]
        for i, output in enumerate(outputs):
            for j, slot in self._row(output, places).items():
                rows[i][j] = rows[j][i] = slot
            del places[self._node(wrt[i])]  # its column is written
        return rows

    def _row(self, output: int, places: Mapping[Node, int]) -> dict[int, int]:
        found = self._pulled([(output, Cotangent(self).take_up(self.one))], places)
        row = {places[node]: cotangent.total() for node, cotangent in found.items() if node in places}
        return {place: row[place] for place in sorted(row) if self.builder.number(row[place]) != 0.0}

    def _pulled(self, seeds: Iterable[tuple[int, Cotangent]], inputs: Container[Node]) -> dict[Node, Cotangent]:
        start: dict[Node, Cotangent] = {}
        for slot, cotangent in seeds:
            node = self._node(slot)
            start[node] = start[node] + cotangent if node in start else cotangent
        order = self._order(start)
        active = _depending_on(inputs, order)
        return pull_back(
            order, start, local_gradients=lambda child: self._edges(child, active), shortcut=partial(self._dot, active)
        )

    def _dot(self, active: set[Node], child: Node, cotangent: Cotangent, cotangents: dict[Node, Cotangent]) -> bool:
        """Pass on the cotangent of a dot, whose local gradients are the other factors: most edges are those of dots."""
        if child.op is not DOT or not cotangent.is_certain:
            return False
        n, parents, g = len(child.parents) // 2, child.parents, cotangent.total()
        for parent, other in zip(parents, [*parents[n : 2 * n], *parents[:n], None]):
            if parent in active:
                found = cotangents.get(parent)
                if found is None:
                    found = cotangents[parent] = Cotangent(self)
                part = g if other is None else other.slot if g == self.one else (g, other.slot)
                found.take_up(part, sums=self._sums(child, parent))
        return True

    def push(self, outputs: Sequence[int], tangents: Mapping[int, int]) -> list[int]:
        """Return the slots of the tangents of ``outputs``, where those of inputs are ``tangents``."""
        nodes = [self._node(slot) for slot in outputs]
        start = {self._node(slot): Cotangent(self).take_up(tangent) for slot, tangent in tangents.items()}
        order = self._order(nodes)
        active = _depending_on(start, order)
        pushed = push_forward(order, start, local_gradients=lambda child: self._edges(child, active))
        return [pushed[node].total() if node in pushed else self.zero for node in nodes]

    def where(self, condition: int, x: int, y: int) -> int:
        """Write a choice; mostly there is none."""
        return x if condition == self.one else self.builder.emit(ops.where, (condition, x, y))

    def _node(self, slot: int) -> Node:
        """Return the node of a slot, the same every time."""
        nodes = self._nodes
        for at in range(len(nodes), slot + 1):
            instruction = self.builder.instruction(at)
            if instruction is None or not instruction.operands:
                nodes.append(Node(at, None, ()))
            else:
                nodes.append(Node(at, instruction.op, tuple([nodes[i] for i in instruction.operands])))
        return nodes[slot]

    def _order(self, outputs: Iterable[Node]) -> list[Node]:
        """Return what the outputs depend on in the order of writing, which is a topological one."""
        return sorted(topological_order(*outputs), key=attrgetter("slot"))

    def _edges(self, child: Node, active: set[Node]) -> list[Edge | None]:
        return [
            None if local is None or parent not in active else Edge(child.op, local, self._sums(child, parent))
            for parent, local in zip(child.parents, self._local_gradients(child))
        ]

    def _sums(self, child: Node, parent: Node) -> bool:
        """Tell whether what the child has for each sample arrives at a parent that all of them share."""
        if self.batched is None or self.batched[parent.slot]:
            return False
        return self.batched[child.slot] or child.op is batch_sum  # of a shared number, n times itself

    def _local_gradients(self, child: Node) -> list[int | None]:
        """Return the slots of ∂child/∂parent; None for an edge that is cut."""
        found = self._locals.get(child)
        if found is None:
            found = self._locals[child] = self._written(child)
        return found

    def _written(self, child: Node) -> list[int | None]:
        """Write ∂child/∂parent, by running the rule on tracers.

        Raises CaptureError for a second derivative of an operation whose rule needs numbers.
        """
        op, operands = child.op, (child.slot, *[parent.slot for parent in child.parents])
        if isinstance(op, _LocalGradient):
            raise CaptureError(
                f"the rule of {op.of!r} needs numbers (it calls math, or branches), so what it gives cannot be "
                "differentiated again; write it in operations of autograd_lite"
            )
        written = self._rules.written(op.local_gradients, operands)
        if written is None:
            # a rule of the user's own that needs numbers: each local gradient is an operation, asked by number
            n = len(child.parents)
            written = [self.builder.emit(_local_gradient(op, i, n + 1), operands) for i in range(n)]
        # as reverse.cut, but of slots: a comparison has no edges in a graph of Values, here it has cut ones
        cuts = op.routes or op.partials is None
        return [None if cuts and self.builder.number(local) == 0.0 else local for local in written]


class Edge(NamedTuple):
    """A local gradient on the way to an operand; ``sums``: what passes is summed over the samples."""

    op: Operation
    local: int
    sums: bool


class Cotangent:
    """What arrives at a slot: a sum that is written when it is asked for, and when anything arrives at all.

    On the way forward it is a tangent, which passes along an edge by the same rule. A cotangent of zero times an
    infinite local gradient would be nan, where nothing times it is nothing. So the condition goes along under which an
    edge that ``where`` may cut was not cut; ``reached`` are those of which one must hold, none of them meaning never,
    unless it ``is_certain`` that something arrives.
    """

    __slots__ = ("_graph", "_alike", "_per_sample", "_reached", "is_certain", "_total")

    def __init__(self, graph: Graph):
        self._graph = graph
        self._alike: list[Part] = []
        self._per_sample: list[Part] = []
        self._reached: list[int] = []
        self.is_certain = False
        self._total: int | None = None

    def take_up(self, part: Part, *, sums: bool = False, reached: int | None = None) -> Cotangent:
        """Take up what arrives along an edge, summed over the samples or not, under a condition or always."""
        (self._per_sample if sums else self._alike).append(part)
        if reached is None or reached == self._graph.one:
            self.is_certain = True
        else:
            self._reached.append(reached)
        return self

    def __add__(self, other: Cotangent) -> Cotangent:
        """Take up what arrives along another edge. It is one list that grows: a fan-out may be large."""
        self._alike += other._alike
        self._per_sample += other._per_sample
        self._reached += other._reached
        self.is_certain |= other.is_certain
        return self

    def __mul__(self, edge: Edge) -> Cotangent:
        """Write what passes along an edge: cotangent × local gradient, and nothing where it is cut or not reached."""
        graph, builder, reached = self._graph, self._graph.builder, self._condition()
        passes = graph.where(reached, edge.local, graph.zero) if edge.op.routes else reached
        contribution = self._passed(edge, passes)
        if edge.sums and passes != graph.one:  # any sample will do
            passes = builder.emit(batch_sum, (graph.where(passes, graph.one, graph.zero),))
        return Cotangent(graph).take_up(contribution, sums=edge.sums, reached=passes)

    __rmul__ = __mul__  # local gradient × tangent

    def _passed(self, edge: Edge, passes: int) -> Part:
        graph, cotangent, number = self._graph, self.total(), self._graph.builder.number(edge.local)
        if edge.op is ops.choose and (is_chosen := graph.builder.instruction(edge.local)):
            index, place = is_chosen.operands  # of equal
            return graph.builder.emit(scatter, (place, index, cotangent))
        if number is None and passes == graph.one != cotangent:
            return cotangent, edge.local
        if edge.op is ops.where:
            contribution = cotangent
        elif number == -1.0:
            contribution = graph.builder.emit(ops.neg, (cotangent,))
        else:
            contribution = graph.builder.emit(ops.mul, (cotangent, edge.local))
        if not edge.op.routes and number is not None and math.isfinite(number):
            return contribution  # a finite number times nothing is nothing
        return graph.where(passes, contribution, graph.zero)

    def total(self) -> int:
        """Return the slot of the whole cotangent, now that all of it has arrived."""
        if self._total is None:
            parts = self._alike
            if self._per_sample:
                per_sample = self._sum(self._per_sample)
                is_one = per_sample == self._graph.inverse_count  # n times 1/n
                summed = self._graph.one if is_one else self._graph.builder.emit(batch_sum, (per_sample,))
                parts = [*parts, summed]
            self._total = self._sum(parts)
        return self._total

    def _sum(self, parts: Sequence[Part]) -> int:
        builder = self._graph.builder
        slots = _with_dots(builder, parts)
        if len(slots) > 1:
            slots = _scattered_together(builder, slots)
        return slots[0] if len(slots) == 1 else builder.emit(SUM, tuple(slots))

    def _condition(self) -> int:
        """Return the condition that anything arrived."""
        if self.is_certain:
            return self._graph.one
        first, *others = dict.fromkeys(self._reached)
        for other in others:
            first = self._graph.where(first, first, other)
        return first


def _with_dots(builder: Builder, parts: Sequence[Part]) -> list[int]:
    """Return the slots of the parts of a sum, where many products are one dot."""
    products = [part for part in parts if isinstance(part, tuple)]
    if len(set(products)) < max(MANY_PRODUCTS, len(products)):  # few, or one is there twice
        return [builder.emit(ops.mul, part) if isinstance(part, tuple) else part for part in parts]
    lefts, rights = zip(*products)
    others = [part for part in parts if isinstance(part, int)] if len(products) < len(parts) else []
    return [*others, builder.emit(DOT, lefts + rights)]


def _scattered_together(builder: Builder, parts: Sequence[int]) -> list[int]:
    """Return the parts of a sum, where what is scattered to one place is one part."""
    others: list[int] = []
    at: dict[int, list[tuple[int, int]]] = defaultdict(list)  # place -> numbers with their cotangents
    for part in parts:
        instruction = builder.instruction(part)
        if instruction is None or instruction.op is not scatter:
            others.append(part)
        else:
            place, numbers, cotangents = scattered(instruction.operands)
            at[place] += zip(numbers, cotangents)
    halves = [(place, *map(itemgetter(0), pairs), *map(itemgetter(1), pairs)) for place, pairs in at.items()]
    return [*others, *[builder.emit(scatter, operands) for operands in halves]]


class _LocalGradient(Operation):
    """∂out/∂operand of an operation whose rule needs numbers, on (out, *operands)."""

    __slots__ = ("of",)

    def __init__(self, op: Operation, i: int, arity: int):
        name = f"∂{op.name}/∂{i + 1}"
        super().__init__(name, lambda out, *operands: op.local_gradients(out, *operands)[i], None, arity=arity)
        self.of = op.name


def _depending_on(inputs: Container[Node], order: Iterable[Node]) -> set[Node]:
    """Return the inputs and what is computed from them."""
    active: set[Node] = set()
    for node in order:
        if node in inputs or not active.isdisjoint(node.parents):
            active.add(node)
    return active


@lru_cache(maxsize=256)
def _local_gradient(op: Operation, i: int, arity: int) -> _LocalGradient:
    return _LocalGradient(op, i, arity)
