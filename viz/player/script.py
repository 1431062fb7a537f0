"""What the script of the page reads: the steps and the numbers as data, the graph as a program."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autograd_lite import Explanation
from autograd_lite.expression import is_number
from autograd_lite.javascript import Untranslatable, function_source, literal

from .. import answers
from ..pictures.scene import Scene, short
from ..pictures.screens import READABLE
from .by_hand import ByHand
from .decisions import Decisions
from .formulas import local_label
from .forward_backward import Edge
from .program import program_data, program_source
from .score import OPERATIONS
from .slips import TOPIC_OF, TOPICS, Slip
from .slots import Numbers, as_data
from .steps import PlayerStep
from .walk import Walk

# the words the script writes itself
_SCRIPT_WORDS = (
    "phase inputs", "phase forward", "phase seed", "phase backward", "phase check", "value", "gradient", "via", "play",
    "pause", "right", "wrong", "not a number", "first try", "what if wrong", "graph of", "timeline", "steps told",
    "slip rounded", "slip rounding", "slip none", "slip or", "worked",
)  # fmt: skip
_ANSWERS = {
    "pattern": answers.PATTERN,
    "decimal": answers.DECIMAL,
    "spaces": answers.SPACES,
    "signs": [*answers.SIGNS.items()],
}


def script_data(walk: Walk, *, quiz: bool) -> dict[str, Any]:
    """Return the data of the page; places of tables and lists are those of nodes and edges."""
    e, edges, said = walk.explanation, walk.edges, walk.said
    return {
        "lang": walk.lang, "quiz": quiz, "readable": READABLE, "words": {key: said[key] for key in _SCRIPT_WORDS},
        "answers": _ANSWERS, "practise": practise(said) if quiz else {},
        "program": program_data(e, edges, walk.decisions), "numbers": _json_numbers(walk.numbers), "seed": e.seed,
        "steps": [step.as_data() for step in walk.steps], "uses": _uses(e, edges),
        "locals": [as_data(local_label(e, edge, lang=walk.lang)) for edge in edges],
        "chips": [f"e{edge.child}-{edge.position}" for edge in edges],
        "labels": [_label(walk.scene, i) for i in range(len(e.forward))],
        "short_names": [short(step.name) for step in e.forward],
    }  # fmt: skip


def _json_numbers(numbers: Numbers) -> dict[str, list[float | str]]:
    """JSON has no nan and no infinity; they travel as the words ``Number`` reads."""
    infinite = {math.inf: "Infinity", -math.inf: "-Infinity"}
    return {
        name: [x if math.isfinite(x) else infinite.get(x, "NaN") for x in column] for name, column in numbers.items()
    }


def program_of(e: Explanation, decisions: Decisions) -> tuple[str, str]:
    """Return the JavaScript of the graph, or none and the reason."""
    try:
        return program_source(e, decisions), ""
    except Untranslatable as problem:
        return "null", str(problem)


def rules_of(steps: Iterable[PlayerStep]) -> str:
    """Return the rules of slips and of what is computed by hand in JavaScript, by how they are written."""
    asked = [question for step in steps for question in step.questions]
    rules: dict[str, Slip | ByHand] = {str(slip.rule): slip for question in asked for slip in question.slips}
    rules |= {str(way.rule): way for question in asked for way in question.by_hand}
    made = [f"{json.dumps(key)}: {_rule(each)}" for key, each in rules.items()]
    return "{\n" + ",\n".join(made) + "}"


def _rule(each: Slip | ByHand) -> str:
    """Return a function; of an operation that JavaScript does not know, null."""
    if is_number(each.rule):
        return f"() => {literal(each.rule.number)}"
    try:
        return function_source(each.rule, [f"x{i}" for i in range(len(each.slots))])
    except Untranslatable:
        return "null"


def practise(said: Mapping[str, str]) -> dict[str, Any]:
    """What the page ends with: the topics of slips, each with its sentence and command; commands by operation."""
    topics = [[topic, said[f"practise {topic}"], f"autograd-lite {command}"] for topic, command in TOPICS.items()]
    operations = [[name, f"autograd-lite {command}"] for name, command in OPERATIONS.items()]
    written = {"score": said["score"], "operation": said["practise operation"], "nothing": said["nothing missed"]}
    return {"topics": topics, "operations": operations, "topic_of": [*TOPIC_OF.items()], "said": written}


def _uses(e: Explanation, edges: Sequence[Edge]) -> list[list[int]]:
    """The edges that arrive at each node, in the order they are added."""
    return [[edge.index for edge in edges if edge.parent == step.index] for step in e.forward]


def _label(s: Scene, node: int) -> str:
    card = next((card for card in s.cards if card.step.index == node), None)
    return "" if card is None else card.name + (f" = {card.formula}" if card.formula else "")
