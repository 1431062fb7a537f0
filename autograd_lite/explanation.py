"""A forward and backward pass as frozen records: every value, every term of every sum.

``explain(y)`` gives the data; it holds no text, so that tables, formulas, pictures and pages can
all be made from it without computing anything again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from . import ops
from .context import Scope
from .graph import topological_order
from .ieee import named_number
from .ops import Operation
from .reverse import pull_back
from .value import Value

Kind = Literal["input", "constant", "operation"]


@dataclass(frozen=True, slots=True)
class Step:
    """One node of the forward pass.

    ``index`` is its place in topological order, ``name`` unique within the explanation: the label,
    or ``v1, v2, …``, or the digits of a constant. ``operands`` are the indices of the parents
    (repeats kept), ``numbers`` what they held.
    """

    index: int
    name: str
    label: str
    kind: Kind
    op: Operation | None
    operands: tuple[int, ...]
    numbers: tuple[float, ...]
    value: float
    scope: Scope | None


@dataclass(frozen=True, slots=True)
class Term:
    """One edge of the backward pass: contribution = upstream × local gradient.

    ``total`` is the running sum at the parent once this contribution is added, the ``part``-th of
    ``parts``; the parent's gradient is complete when part == parts.
    """

    child: int
    position: int
    parent: int
    upstream: float
    local_gradient: float
    contribution: float
    total: float
    part: int
    parts: int


@dataclass(frozen=True, slots=True)
class BackwardStep:
    """One node of the backward pass: its complete gradient, and what it passes to its parents."""

    index: int
    upstream: float
    terms: tuple[Term, ...]


@dataclass(frozen=True, repr=False)
class Explanation:
    """A recorded pass. ``forward`` is in topological order, ``backward`` in the reverse of it.

    >>> x = Value(3.0, "x")
    >>> e = explain(x * x)
    >>> [(t.upstream, t.local_gradient, t.total) for t in e.uses(0)]
    [(1.0, 3.0, 3.0), (1.0, 3.0, 6.0)]
    >>> e.gradients[0]
    6.0
    """

    forward: tuple[Step, ...]
    backward: tuple[BackwardStep, ...]
    output: int
    seed: float

    @cached_property
    def gradients(self) -> tuple[float, ...]:
        """∂output/∂node · seed, by index; 0.0 where the output does not depend on the node."""
        found = [0.0] * len(self.forward)
        for step in self.backward:
            found[step.index] = step.upstream
        return tuple(found)

    @cached_property
    def _uses(self) -> tuple[tuple[Term, ...], ...]:
        arrived: list[list[Term]] = [[] for _ in self.forward]
        for step in self.backward:
            for term in step.terms:
                arrived[term.parent].append(term)
        return tuple(map(tuple, arrived))

    def uses(self, index: int) -> tuple[Term, ...]:
        """Return the terms that arrive at a node, in the order they are added."""
        return self._uses[index]

    @property
    def inputs(self) -> tuple[Step, ...]:
        """The leaves that are not constants."""
        return tuple(step for step in self.forward if step.kind == "input")

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of all nodes."""
        return frozenset(step.name for step in self.forward)

    def __repr__(self) -> str:
        y = self.forward[self.output]
        nodes, inputs = len(self.forward), len(self.inputs)
        said = f"{nodes} node{'' if nodes == 1 else 's'}, {inputs} input{'' if inputs == 1 else 's'}"
        return f"<explanation of {y.name} = {y.value:.6g}: {said}>"

    def named(self, name: str) -> Step:
        """Return the step of that name. Raises KeyError listing the names there are."""
        for step in self.forward:
            if step.name == name:
                return step
        raise KeyError(f"no node named {name!r}; there are {', '.join(s.name for s in self.forward)}")


def explain(y: Value, *, seed: float = 1.0) -> Explanation:
    """Record the forward pass that made ``y`` and the backward pass from it; changes no ``grad``.

    For every node the contributions of ``uses`` sum to its gradient, in the order ``backward()``
    adds them, so the sums agree to the bit.

    Raises TypeError if ``y`` is no Value or ``seed`` no number.
    """
    if not isinstance(y, Value):
        raise TypeError(f"explain: y must be a Value, got {type(y).__name__}; give the output of a graph")
    order = topological_order(y)
    index = {node: i for i, node in enumerate(order)}
    seed = named_number("explain: seed", seed)
    passed: list[tuple[int, int, int, float, float]] = []

    def watch(child: Any, upstream: float, locals_: Sequence[float | None]) -> None:
        for position, (parent, local) in enumerate(zip(child.parents, locals_)):
            if local is not None:
                passed.append((index[child], position, index[parent], upstream, local))

    cotangents = pull_back(order, {y: seed}, watch=watch)
    terms = _terms(passed)
    return Explanation(
        forward=_forward_steps(order, index),
        backward=tuple(
            BackwardStep(i, cotangents[order[i]], tuple(terms.get(i, ())))
            for i in reversed(range(len(order)))
            if order[i] in cotangents
        ),
        output=index[y],
        seed=seed,
    )


def _terms(passed: Sequence[tuple[int, int, int, float, float]]) -> dict[int, list[Term]]:
    """Return the terms that each child passes on: (child, position, parent, upstream, local) with the sums so far."""
    parts = Counter(parent for _, _, parent, _, _ in passed)
    arrived: Counter[int] = Counter()
    totals: dict[int, float] = {}
    terms: dict[int, list[Term]] = {}
    for child, position, parent, upstream, local in passed:
        contribution = upstream * local
        # adding to 0.0 would turn a sum of −0.0 into 0.0
        totals[parent] = totals[parent] + contribution if parent in totals else contribution
        arrived[parent] += 1
        terms.setdefault(child, []).append(
            Term(child, position, parent, upstream, local, contribution, totals[parent], arrived[parent], parts[parent])
        )
    return terms


def _kind(node: Value) -> Kind:
    if node.op is ops.constant:
        return "constant"
    return "operation" if node.parents else "input"


def _forward_steps(order: Sequence[Value], index: dict[Value, int]) -> tuple[Step, ...]:
    names = _unique_names(order)
    held: dict[Value, float] = {}  # at recording: the data of a leaf may have been changed since
    for node in order:
        for parent, number in zip(node.parents, node.numbers):
            held.setdefault(parent, number)
    return tuple(
        Step(
            index=i,
            name=names[i],
            label=node.label,
            kind=_kind(node),
            op=None if node.op is ops.constant else node.op,
            operands=tuple(index[parent] for parent in node.parents),
            numbers=node.numbers,
            value=held.get(node, node.data),
            scope=node.scope,
        )
        for i, node in enumerate(order)
    )


def _unique_names(order: Sequence[Value]) -> list[str]:
    """Labels first; a repeated label gets a number (w, w₂); the unnamed output is y if that is free."""
    taken = {node.label for node in order if node.label}
    names: list[str] = []
    seen: dict[str, int] = {}
    inner = 0
    for node in order:
        if node.label:
            seen[node.label] = count = seen.get(node.label, 0) + 1
            name = node.label
            while count > 1 and name in taken:
                name = node.label + str(count).translate(_SUBSCRIPTS)
                count += 1
            taken.add(name)
        elif node.op is ops.constant:
            name = f"{node.data:.12g}"
        elif node is order[-1] and node.parents and "y" not in taken:
            name = "y"
        else:
            prefix = "v" if node.parents else "x"
            inner += 1
            while f"{prefix}{inner}" in taken:
                inner += 1
            name = f"{prefix}{inner}"
            taken.add(name)
        names.append(name)
    return names


_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
