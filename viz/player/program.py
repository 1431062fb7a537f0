"""A graph as a program for the page, so that it can compute everything again for other inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_lite import Explanation, Operation
from autograd_lite.javascript import function_source, operations_source

from .decisions import Decisions
from .forward_backward import Edge


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
