"""The steps of a lesson on one graph: inputs, forward, backward edge by edge, check.

Each step says the same thing in four forms (what is lit in the graph, formula, sentence, line of
code) and carries the questions one can ask about it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from autograd_lite import Explanation, Step

from ..notation import local_gradient, output_name, step_formula, text
from . import code, formulas, questions, sentences
from .decisions import Decisions
from .forward_backward import COUNTS, Edge, edges_of
from .questions import Question
from .slots import Check, Numbers, Slot, Text, as_data, holds, settle

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

    def takes_place(self, numbers: Numbers) -> bool:
        """Tell whether the step belongs to the pass with these numbers."""
        return self.shown is None or holds(self.shown, numbers)

    def as_data(self) -> dict[str, Any]:
        """Return the step as plain data for JSON."""
        return {
            "phase": self.phase, "title": as_data(self.title), "formula": as_data(self.formula),
            "sentence": as_data(self.sentence), "code": as_data(self.code), "nodes": self.nodes,
            "edges": self.edges, "target": self.target, "shown": self.shown and self.shown._asdict(),
            "questions": [
                {
                    "kind": q.kind, "operation": q.operation, "asked": as_data(q.asked),
                    "answer": as_data([q.answer])[0], "worked": as_data(q.worked),
                    "slips": [
                        {"name": s.name, "rule": str(s.rule), "slots": as_data(s.slots), "said": s.said}
                        for s in q.slips
                    ],
                    "by_hand": [{"rule": str(way.rule), "slots": as_data(way.slots)} for way in q.by_hand],
                }
                for q in self.questions
            ],
        }  # fmt: skip


def steps_of(
    e: Explanation, numbers: Numbers, *, decisions: Decisions | None = None, lang: str = "en"
) -> list[PlayerStep]:
    """Return the steps of a pass whose tables are ``numbers``; ``decisions`` are those of ``decisions_of``.

    >>> from autograd_lite import Value, explain
    >>> from .forward_backward import tables
    >>> e = explain(Value(3.0, "x") * 2.0)
    >>> [step.phase for step in steps_of(e, tables(e))]
    ['inputs', 'forward', 'seed', 'backward', 'check']
    """
    edges = edges_of(e)
    inputs, decisions = list(e.inputs), decisions or {}
    made = [
        _inputs_step(e, inputs, decisions, lang),
        *(_forward_step(e, step, edges, decisions, lang) for step in e.forward if step.op is not None),
        _seed_step(e, lang),
        *(step for edge in edges for step in _backward_steps(e, edges, edge, decisions, lang)),
        *([_check_step(e, inputs, lang)] if inputs else []),
    ]
    # where no branch can be cut, what is shown depends on the graph alone
    fixed = () if any(step.op is not None and step.op.routes for step in e.forward) else COUNTS
    return [_settled(step, numbers, fixed) for step in made]


def _settled(step: PlayerStep, numbers: Numbers, fixed: Collection[str]) -> PlayerStep:
    return replace(
        step,
        title=settle(step.title, numbers, fixed),
        formula=settle(step.formula, numbers, fixed),
        sentence=settle(step.sentence, numbers, fixed),
        code=settle(step.code, numbers, fixed),
        questions=tuple(
            replace(q, asked=settle(q.asked, numbers, fixed), worked=settle(q.worked, numbers, fixed))
            for q in step.questions
        ),
        shown=None if fixed else step.shown,
    )


def _inputs_step(e: Explanation, inputs: Sequence[Step], decisions: Decisions, lang: str) -> PlayerStep:
    return PlayerStep(
        "inputs",
        (),
        formulas.inputs_formula(inputs),
        sentences.inputs_text(e, lang=lang),
        code.inputs_code(e, inputs, decisions=decisions, lang=lang),
        tuple(step.index for step in inputs),
    )


def _forward_step(e: Explanation, step: Step, edges: Sequence[Edge], decisions: Decisions, lang: str) -> PlayerStep:
    return PlayerStep(
        "forward",
        (f"{step.name} = {text(step_formula(e, step))}",),
        formulas.forward_formula(e, step),
        sentences.forward_text(e, step, lang=lang),
        code.forward_code(e, step, decisions),
        (step.index,),
        tuple(edge.index for edge in edges if edge.child == step.index),
        questions=(questions.value_question(e, step.index, lang=lang),),
    )


def _seed_step(e: Explanation, lang: str) -> PlayerStep:
    y = e.forward[e.output].name
    title = (f"∂{output_name(e)}/∂{y} = ", Slot("gradient", e.output))
    said = sentences.seed_text(e, lang=lang)
    return PlayerStep("seed", title, formulas.seed_formula(e), said, code.seed_code(e), (e.output,))


def _backward_steps(
    e: Explanation, edges: Sequence[Edge], edge: Edge, decisions: Decisions, lang: str
) -> Iterator[PlayerStep]:
    """The step of one edge; where ``where`` chooses, also its twin for the branch not taken."""
    child, i = e.forward[edge.child], edge.index
    asked = [
        questions.local_question(e, edges, edge, lang=lang),
        questions.contribution_question(e, edges, edge, lang=lang),
        questions.gradient_question(e, edges, edge.parent, lang=lang),
    ]
    step = PlayerStep(
        "backward",
        (f"{child.name} → {local_gradient(e, child, edge.position).operand}",),
        formulas.backward_formula(e, edges, edge),
        sentences.backward_text(e, edges, edge, lang=lang),
        code.backward_code(e, edge, decisions),
        (edge.child,),
        (i,),
        edge.parent,
        questions=tuple(q for q in asked if q is not None),
        shown=Check("one", "arrives", i),
    )
    yield step
    if child.op is not None and child.op.routes:
        yield replace(
            step,
            formula=formulas.cut_formula(e, edge),
            sentence=sentences.cut_text(e, edge, lang=lang),
            code=code.cut_code(e, edge, lang=lang),
            questions=(),
            shown=Check("one", "stopped", i),
        )


def _check_step(e: Explanation, inputs: Sequence[Step], lang: str) -> PlayerStep:
    return PlayerStep(
        "check",
        (),
        formulas.check_formula(e, inputs, lang=lang),
        sentences.check_text(e, inputs, lang=lang),
        code.check_code(e, inputs),
        tuple(step.index for step in inputs),
    )


def questions_asked(steps: Iterable[PlayerStep], numbers: Numbers) -> list[Question]:
    """Return what a quiz asks on the way: a whole gradient only where the last of several parts arrives."""
    asked: list[Question] = []
    for step in steps:
        if not step.takes_place(numbers):
            continue
        edge = step.edges[0] if step.edges else -1
        last = step.phase == "backward" and numbers["parts"][edge] > 1 and numbers["to_come"][edge] == 0
        asked += [question for question in step.questions if question.kind != "gradient" or last]
    return asked
