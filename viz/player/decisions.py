"""What a formula decides: constants of a graph, such as 1 for ``x > 1``, that other inputs would make otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from autograd_lite import Explanation, Expression, Value, symbol
from autograd_lite.expression import is_number
from autograd_lite.formula import Formula
from autograd_lite.graph import topological_order

from ..notation import text

Decisions = Mapping[int, Expression]  # constants that a formula decides from its inputs, by node


def decisions_of(formula: Formula, y: Value) -> dict[int, Expression]:
    """Return the constants of a graph that its formula computes from inputs, by index of the node.

    A comparison gives a plain number, which the graph holds as a constant; the formula still knows
    where it came from, so the page can decide again.

        >>> from autograd_lite import parse
        >>> f = parse("x*x if x > 1 else -x")
        >>> [str(rule) for rule in decisions_of(f, f.graph(x=2.0)).values()]
        ['x > 1']
    """
    index = {node: i for i, node in enumerate(topological_order(y))}
    known: dict[str, Expression] = {name: symbol(name) for name in formula.inputs}
    for name, expression in formula.steps:  # each named step in terms of the inputs
        known[name] = expression.evaluate(known)
    found: dict[int, Expression] = {}
    for expression, node in _leaves(formula, y):
        rule = expression.evaluate(known)
        if isinstance(rule, Expression) and _depends_on_inputs(rule):
            found[index[node]] = rule
    return found


def _leaves(formula: Formula, y: Value) -> Iterator[tuple[Expression, Value]]:
    """Yield the leaves of a graph that its formula writes otherwise than by a name or a number: ``x > 1``."""
    steps, seen = dict(formula.steps), set[Value]()
    pairs = [(formula.steps[-1][1], y)]
    while pairs:
        expression, node = pairs.pop()
        while expression.name and expression.name in steps:
            expression = steps[expression.name]
        if node in seen or expression.name or is_number(expression):
            continue
        seen.add(node)
        if node.op is not expression.op and len(node.parents) == 1:
            pairs.append((expression, node.parents[0]))  # `v = u`: a second name for u
        elif node.parents:
            pairs += zip(expression.operands, node.parents)
        else:
            yield expression, node


def with_rules(e: Explanation, decisions: Decisions) -> Explanation:
    """Return the explanation with the constants that a formula decides written as what decides them: ``[x > 1]``."""
    rules = {i: text(rule, 5) for i, rule in decisions.items() if e.forward[i].kind == "constant"}
    return replace(
        e, forward=tuple(replace(s, name=rule, label=rule) if (rule := rules.get(s.index)) else s for s in e.forward)
    )


def _depends_on_inputs(e: Expression) -> bool:
    return bool(e.name) or any(map(_depends_on_inputs, e.operands))
