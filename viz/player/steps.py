"""The steps of a lesson on one graph: inputs, forward, backward edge by edge, check.

Each step says the same thing in four forms (what is lit in the graph, formula, sentence, line of
code) and carries the questions one can ask about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from autograd_lite import Explanation, Expression, Step, symbol
from autograd_lite.symbolic import number

from ..notation import rule_on_symbols, step_formula, text
from ..sentences import inputs_sentence
from . import formulas, questions, sentences
from .passes import Edge, edges_of
from .questions import Question
from .slots import Check, Numbers, Part, Slot, Text, as_data, holds, settle

Phase = Literal["inputs", "forward", "seed", "backward", "check"]


@dataclass(frozen=True)
class PlayerStep:
    """One step. ``nodes`` are where we are, ``edges`` what is lit, ``target`` the node that changes.

    ``shown`` is the test whether this step takes place: with ``where``, that depends on the numbers.
    """

    phase: Phase
    title: Text
    formula: Text
    sentence: Text
    code: Text
    nodes: tuple[int, ...]
    edges: tuple[int, ...] = ()
    target: int | None = None
    questions: tuple[Question, ...] = ()
    shown: Check | None = None
    hides: tuple[Slot, ...] = field(default=())

    def takes_place(self, numbers: Numbers) -> bool:
        """Tell whether the step belongs to the pass with these numbers."""
        return self.shown is None or holds(self.shown, numbers)

    def as_data(self) -> dict[str, Any]:
        """Return the step as plain data for JSON."""
        return {
            "phase": self.phase, "title": as_data(self.title), "formula": as_data(self.formula),
            "sentence": as_data(self.sentence), "code": as_data(self.code), "nodes": self.nodes,
            "edges": self.edges, "target": self.target, "shown": self.shown and list(self.shown),
            "hides": [slot[:2] for slot in self.hides],
            "questions": [
                {
                    "kind": q.kind, "asked": as_data(q.asked), "answer": as_data([q.answer])[0],
                    "slips": [{"kind": s.kind, "slots": as_data(s.slots), "said": s.said} for s in q.slips],
                }
                for q in self.questions
            ],
        }  # fmt: skip


def steps_of(e: Explanation, numbers: Numbers, *, lang: str = "en") -> list[PlayerStep]:
    """Return the steps of a pass whose tables are ``numbers``.

    >>> from autograd_lite import Value, explain
    >>> from .passes import tables
    >>> e = explain(Value(3.0, "x") * 2.0)
    >>> [step.phase for step in steps_of(e, tables(e))]
    ['inputs', 'forward', 'seed', 'backward', 'check']
    """
    edges = edges_of(e)
    inputs = list(e.inputs)
    made = [
        _inputs_step(e, inputs, lang),
        *(_forward_step(e, step, edges, lang) for step in e.forward if step.op is not None),
        _seed_step(e, lang),
        *(step for edge in edges for step in _backward_steps(e, edges, edge, lang)),
        *([_check_step(e, inputs, lang)] if inputs else []),
    ]
    # where no branch can be cut, what is shown depends on the graph alone
    fixed = "" if any(step.op is not None and step.op.routes for step in e.forward) else "ankrsb"
    return [_settled(step, numbers, fixed) for step in made]


def _settled(step: PlayerStep, numbers: Numbers, fixed: str) -> PlayerStep:
    return replace(
        step,
        title=settle(step.title, numbers, fixed),
        formula=settle(step.formula, numbers, fixed),
        sentence=settle(step.sentence, numbers, fixed),
        code=settle(step.code, numbers, fixed),
        questions=tuple(replace(q, asked=settle(q.asked, numbers, fixed)) for q in step.questions),
        shown=None if fixed else step.shown,
    )


def _inputs_step(e: Explanation, inputs: Sequence[Step], lang: str) -> PlayerStep:
    code: list[Part] = []
    for step in inputs:
        code += ["\n" if code else "", f"{step.name} = Value(", Slot("v", step.index, "-"), ")"]
    return PlayerStep(
        "inputs",
        (),
        formulas.inputs_formula(inputs),
        (inputs_sentence(e, lang=lang),),
        tuple(code),
        tuple(step.index for step in inputs),
    )


def _forward_step(e: Explanation, step: Step, edges: Sequence[Edge], lang: str) -> PlayerStep:
    value = Slot("v", step.index)
    return PlayerStep(
        "forward",
        (f"{step.name} = {text(step_formula(e, step))}",),
        formulas.forward_formula(e, step),
        sentences.forward_text(e, step, lang=lang),
        (f"{step.name} = {step_formula(e, step)}   # ", Slot("v", step.index, "-")),
        (step.index,),
        tuple(edge.index for edge in edges if edge.child == step.index),
        questions=(questions.value_question(e, step.index, lang=lang),),
        hides=(value,),
    )


def _seed_step(e: Explanation, lang: str) -> PlayerStep:
    y, seed = e.forward[e.output].name, Slot("g", e.output, "-")
    title = (f"∂{y}/∂{y} = ", Slot("g", e.output))
    said, code = sentences.seed_text(e, lang=lang), (f"{y}.grad = ", seed)
    return PlayerStep("seed", title, formulas.seed_formula(e), said, code, (e.output,))


def _backward_steps(e: Explanation, edges: Sequence[Edge], edge: Edge, lang: str) -> Iterator[PlayerStep]:
    """The step of one edge; where ``where`` chooses, also its twin for the branch not taken."""
    child, parent = e.forward[edge.child], e.forward[edge.parent]
    i = edge.index
    asked = [
        questions.local_question(e, edge, lang=lang),
        questions.contribution_question(e, edge, lang=lang),
        questions.gradient_question(e, edges, edge.parent, lang=lang),
    ]
    step = PlayerStep(
        "backward",
        (f"{child.name} → {parent.name}",),
        formulas.backward_formula(e, edges, edge),
        sentences.backward_text(e, edges, edge, lang=lang),
        _backward_code(e, edge),
        (edge.child,),
        (i,),
        edge.parent,
        questions=tuple(q for q in asked if q is not None),
        shown=Check("one", "a", i),
        hides=(Slot("c", i), Slot("t", i), Slot("g", edge.parent)),
    )
    yield step
    if child.op is not None and child.op.routes:
        yield replace(
            step,
            formula=formulas.cut_formula(e, edge),
            sentence=sentences.cut_text(e, edge, lang=lang),
            code=(f"# {child.name} did not choose {parent.name}: {parent.name}.grad stays as it is",),
            questions=(),
            hides=(),
            shown=Check("one", "b", i),
        )


def _backward_code(e: Explanation, edge: Edge) -> Text:
    """``x.grad += v.grad * d.data   # -4 * -1 = 4``"""
    child, parent = e.forward[edge.child], e.forward[edge.parent]
    i = edge.index
    rule = data_formula(e, child, edge.position)
    factor = str(rule) if rule.op is None or rule.op.symbol not in "+−" else f"({rule})"
    line = f"{parent.name}.grad += {child.name}.grad * {factor}   # "
    return (line, Slot("g", edge.child, "-"), " * ", Slot("l", i, "-"), " = ", Slot("c", i, "-"))


def data_formula(e: Explanation, child: Step, position: int) -> Expression:
    """Return a local gradient on ``u.data`` and the like: what the engine computes.

    >>> from autograd_lite import Value, explain
    >>> e = explain(Value(3.0, "x").tanh())
    >>> print(data_formula(e, e.forward[1], 0))
    1 / cosh(x.data)**2
    """
    assert child.op is not None
    operands = [
        number(x) if e.forward[i].kind == "constant" else symbol(f"{e.forward[i].name}.data")
        for i, x in zip(child.operands, child.numbers)
    ]
    return rule_on_symbols(child.op, symbol(f"{child.name}.data"), operands)[position]


def _check_step(e: Explanation, inputs: Sequence[Step], lang: str) -> PlayerStep:
    y = e.forward[e.output].name
    code: list[Part] = [f"{y}.backward()"]
    for step in inputs:
        code += [f"\n{step.name}.grad   # ", Slot("g", step.index, "-")]
    return PlayerStep(
        "check",
        (),
        formulas.check_formula(e, inputs),
        sentences.check_text(lang=lang),
        tuple(code),
        tuple(step.index for step in inputs),
    )
