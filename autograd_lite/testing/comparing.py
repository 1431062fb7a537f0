"""One graph on two engines: do the numbers agree, and if not, which node is the first wrong one.

Expected numbers come from this package's own engine, which the tests hold to finite differences and mpmath.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..explanation import Explanation, Step, explain
from ..formula import Formula
from .adapter import DOUBLE, HALF, SINGLE, Engine, Failed

ROUNDINGS = 16.0  # how many roundings of its largest numbers a graph may show
LARGE = {SINGLE: 32.0, HALF: 4.0}  # a graph with larger numbers tells rounding from a wrong rule no more


class Tolerance(NamedTuple):
    """How far a right engine may be from the truth."""

    relative: float = 1e-6
    absolute: float = 1e-9

    def agree(self, found: float, expected: float) -> bool:
        """Tell whether two numbers are the same but for rounding; nan agrees with nan."""
        if found == expected or (math.isnan(found) and math.isnan(expected)):
            return True
        return abs(found - expected) <= self.relative * abs(expected) + self.absolute


def same(found: float, expected: float) -> bool:
    """Tell whether two numbers of a few digits agree, in single precision too."""
    return Tolerance().agree(found, expected)


def tolerance(engine: Engine, e: Explanation) -> Tolerance:
    """Return what rounding may do to a graph: it follows from the numbers the engine keeps, never from its rules."""
    if engine.spacing == DOUBLE:
        return Tolerance()
    rounding = ROUNDINGS * engine.spacing
    return Tolerance(rounding, rounding * min(largest(e), LARGE[engine.spacing]) ** 2)


def largest(e: Explanation) -> float:
    """Return the largest number of a graph, at least 1: of values, gradients and local gradients."""
    locals_ = (term.local_gradient for step in e.forward for term in e.uses(step.index))
    return max(1.0, *map(abs, (step.value for step in e.forward)), *map(abs, e.gradients), *map(abs, locals_))


def can_tell(engine: Engine, e: Explanation) -> bool:
    """Tell whether the engine's numbers have digits enough for a graph."""
    return engine.spacing == DOUBLE or largest(e) <= LARGE[engine.spacing]


def compare(engine: Engine, formula: Formula, point: Mapping[str, float]) -> None:
    """Run a formula on both engines; raise Failed at the first node that differs."""
    nodes = engine.run(formula, point)
    e = explain(formula.graph(**point))
    allowed = tolerance(engine, e)
    values = {name: engine.value(node) for name, node in nodes.items()}
    for name in [*point, *(name for name, _ in formula.steps)]:
        step = next((step for step in e.forward if step.name == name), None)
        if step is not None and not allowed.agree(values[name], step.value):
            raise Failed(
                f"{name} is {values[name]:g}, should be {step.value:g}",
                evidence=evidence(e, formula, point, values=values, wrong=name),
            )
    engine.backward(nodes[formula.steps[-1][0]])
    found = {name: engine.gradient(node) for name, node in nodes.items()}
    compare_gradients(e, formula, point, found, values, allowed)


def compare_gradients(
    e: Explanation,
    formula: Formula,
    point: Mapping[str, float],
    found: Mapping[str, float],
    values: Mapping[str, float],
    allowed: Tolerance,
) -> None:
    """Raise Failed at the node nearest to the output whose gradient is wrong, saying how it came to be."""
    step = first_wrong(e, found, allowed)
    if step is None:
        return
    why, local = diagnosis(e, step, found[step.name], allowed)
    raise Failed(
        f"{step.name}.grad is {found[step.name]:g}, should be {e.gradients[step.index]:g}{why}",
        evidence=evidence(e, formula, point, found, values, wrong=step.name, local=local),
    )


def first_wrong(e: Explanation, found: Mapping[str, float], allowed: Tolerance) -> Step | None:
    """Return the node nearest to the output whose gradient is wrong.

    Everything between it and the output is right, so one of its own edges is not.
    """
    for step in reversed(e.forward):
        if step.kind == "constant" or step.name not in found:
            continue
        if not allowed.agree(found[step.name], e.gradients[step.index]):
            return step
    return None


def diagnosis(e: Explanation, step: Step, found: float, allowed: Tolerance) -> tuple[str, dict[str, Any] | None]:
    """Say through which operation a wrong gradient came, and name the local gradient that is wrong."""
    uses = e.uses(step.index)
    if step.index == e.output:
        return f": the output's gradient must start at {e.seed:g}", None
    if len(uses) == 1:
        child = e.forward[uses[0].child]
        assert child.op is not None
        local = found / uses[0].upstream if uses[0].upstream else math.nan
        return (
            f": the local gradient ∂{child.name}/∂{step.name} of {child.op.name} is {local:g}, "
            f"should be {uses[0].local_gradient:g}"
        ), {
            "parent": step.name, "child": child.name, "position": uses[0].position, "operation": child.op.name,
            "expected": _json(uses[0].local_gradient), "found": _json(local),
        }  # fmt: skip
    parts = " + ".join(f"{t.contribution + 0.0:g} through {e.forward[t.child].name}" for t in uses)  # 0, not -0
    if any(allowed.agree(found, t.contribution) for t in uses):
        return f": only one use was counted; every use adds its part ({parts})", None
    return (f": it is the sum {parts}" if uses else ": nothing depends on it"), None


def evidence(
    e: Explanation,
    formula: Formula,
    point: Mapping[str, float],
    found: Mapping[str, float] | None = None,
    values: Mapping[str, float] | None = None,
    *,
    wrong: str,
    local: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a failing graph as plain data: formula, point, and every node with what was expected and found."""
    return {
        "formula": str(formula),
        "point": dict(point),
        "seed": e.seed,
        "first_wrong": wrong,
        "wrong_local": local,
        "nodes": [
            {
                "name": step.name, "value": _json(step.value), "found_value": _known(values, step.name),
                "expected": _json(e.gradients[step.index]), "found": _known(found, step.name),
            }
            for step in e.forward if step.kind != "constant"
        ],
    }  # fmt: skip


def _known(numbers: Mapping[str, float] | None, name: str) -> float | str | None:
    return _json(numbers[name]) if numbers and name in numbers else None


def _json(x: float) -> float | str:
    return x if math.isfinite(x) else str(x)
