"""What a computation graph is: nodes with parents, and the order to visit them in.

The walks here know a protocol, not a class: anything with ``parents``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol, TypeVar


class Node(Protocol):
    """A value computed from its parents."""

    @property
    def parents(self) -> tuple[Any, ...]:
        """The operands, in order, repeats kept: ``a * a`` has two."""


N = TypeVar("N", bound=Node)


def topological_order(*outputs: N, seen: set[N] | None = None) -> list[N]:
    """Return every node the outputs depend on, parents before children, each once.

    Depth-first without recursion, so depth is bounded by memory alone. The order follows the
    parent tuples, never addresses, so it is the same in every process. Nodes in ``seen``, and all
    behind them, are left out; the others are added to it.

        >>> from autograd_lite import Value
        >>> x = Value(2.0, "x"); y = x * x + 1.0
        >>> [str(node.op or node.label) for node in topological_order(y)]
        ['x', '×', 'constant', '+']

    Raises TypeError for what is no node.
    """
    order: list[N] = []
    seen = set() if seen is None else seen
    for output in outputs:
        if not hasattr(output, "parents"):
            raise TypeError(f"expected a node of a graph, a Value, got {type(output).__name__}")
        stack: list[N | None] = [output]
        push = stack.append
        while stack:
            node = stack.pop()
            if node is None:  # the marker above a node whose parents are all placed
                order.append(stack.pop())  # type: ignore[arg-type]
            elif node not in seen:
                seen.add(node)
                parents = node.parents
                if parents:
                    stack += (node, None)
                    for parent in reversed(parents):
                        if parent not in seen:
                            push(parent)
                else:
                    order.append(node)
    return order


def marked_order(outputs: Iterable[Any], mark: float) -> tuple[list[Any], list[Any]]:
    """Return the Values that were computed, in topological order, and the leaves; the ``_total`` of all is ``mark``.

    The slots are read as they are (``Value.__slots__`` tells the layout), so constants stay plain numbers, for all of
    which one leaf stands. What has been seen is told by the mark: it lies with the slots that are read anyway, a set of
    many nodes lies elsewhere.

        >>> from autograd_lite import Value
        >>> x = Value(2.0, "x"); y = x * x + x
        >>> computed, inputs = marked_order([y], 0.0)
        >>> [str(node.op) for node in computed], inputs == [x]
        (['×', '+'], True)
    """
    order: list[Any] = []
    found: list[Any] = []
    stack = [*reversed([*outputs])]
    push, pop = stack.append, stack.pop
    while stack:
        node = pop()
        if node is None:  # the marker above a node whose parents are all placed
            order.append(pop())
        elif node._total is not mark:
            node._total = mark
            left, right = node._left, node._right
            if left is None and right is None:
                found.append(node)
                continue
            push(node)
            push(None)
            if left is None:
                stack += [x for x in reversed(right) if x._total is not mark]
                continue
            if right is not None and right._total is not mark:
                push(right)
            if left._total is not mark:
                push(left)
    return order, found


def leaves(*outputs: N) -> list[N]:
    """Return the nodes without parents (inputs, parameters, constants), in topological order.

    >>> from autograd_lite import Value
    >>> x = Value(2.0, "x")
    >>> [leaf.label for leaf in leaves(x * x)]
    ['x']
    """
    return [node for node in topological_order(*outputs) if not node.parents]


def edges(order: Iterable[N]) -> Iterator[tuple[N, int, N]]:
    """Yield (parent, position, child) for every use of a node; ``x * x`` yields two.

    >>> from autograd_lite import Value
    >>> x = Value(3.0, "x"); y = x * x
    >>> [(parent.label, position) for parent, position, child in edges([x, y])]
    [('x', 0), ('x', 1)]
    """
    for child in order:
        for position, parent in enumerate(child.parents):
            yield parent, position, child
