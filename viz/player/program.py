"""A graph as a program for the page, so that it can compute everything again for other inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from autograd_lite import Explanation, Expression, Operation, Value, symbol
from autograd_lite.expression import is_number
from autograd_lite.formula import Formula
from autograd_lite.graph import topological_order

from ..javascript import function_source, operations_source
from ..notation import text
from .passes import Decisions, Edge


def program_data(e: Explanation, edges: Sequence[Edge], decisions: Decisions) -> dict[str, Any]:
    """Return the nodes as data: operation by number, operands, the edge of each operand, if it has one."""
    numbered = {use: i for i, use in enumerate(_operations(e))}
    edge_of = {(edge.child, edge.position): edge.index for edge in edges}
    nodes = []
    for step in e.forward:
        node: dict[str, Any] = {"name": step.name, "kind": step.kind}
        if step.index in decisions:
            node |= {"kind": "decided", "operands": _decided_by(e, decisions)}
        if step.op is not None:
            node |= {
                "operation": numbered[step.op, len(step.operands)],
                "operands": step.operands,
                "edges": [edge_of.get((step.index, position)) for position in range(len(step.operands))],
            }
            if step.op.routes:
                node["routes"] = True
        nodes.append(node)
    return {
        "nodes": nodes,
        "output": e.output,
        "edges": [{"child": edge.child, "parent": edge.parent} for edge in edges],
    }


def program_source(e: Explanation, decisions: Decisions) -> str:
    """Return JavaScript: ``{operations: […], decisions: {…}}``.

    Raises Untranslatable if an operation has no JavaScript.
    """
    names = [e.forward[i].name for i in _decided_by(e, decisions)]
    made = ", ".join(f"{i}: {function_source(rule, names)}" for i, rule in decisions.items())
    return f"{{operations: {operations_source(_operations(e))},\ndecisions: {{{made}}}}}"


def _decided_by(e: Explanation, decisions: Decisions) -> list[int]:
    return [step.index for step in e.inputs if step.index not in decisions]


def _operations(e: Explanation) -> list[tuple[Operation, int]]:
    return list(dict.fromkeys((step.op, len(step.operands)) for step in e.forward if step.op is not None))


# ---------------------------------------------------------------- what a formula decides


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
    steps = dict(formula.steps)
    given: dict[str, Expression] = {name: symbol(name) for name in formula.inputs}
    whole: dict[str, Expression] = {}  # each named step in terms of the inputs
    for name, expression in formula.steps:
        whole[name] = expression.evaluate(given | whole)
    found: dict[int, Expression] = {}
    seen: set[Value] = set()
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
            rule = expression.evaluate(given | whole)
            if isinstance(rule, Expression) and _depends_on_inputs(rule):
                found[index[node]] = rule
    return found


def with_rules(e: Explanation, decisions: Decisions) -> Explanation:
    """Return the explanation with the constants that a formula decides written as what decides them: ``[x > 1]``."""
    rules = {i: text(rule, 5) for i, rule in decisions.items() if e.forward[i].kind == "constant"}
    return replace(
        e, forward=tuple(replace(s, name=rule, label=rule) if (rule := rules.get(s.index)) else s for s in e.forward)
    )


def _depends_on_inputs(e: Expression) -> bool:
    return bool(e.name) or any(map(_depends_on_inputs, e.operands))
