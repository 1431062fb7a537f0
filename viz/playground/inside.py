"""What the page asks of Python inside the browser: one function, JSON in and JSON out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from .formula_tab import formula_tab
from .python_tab import python_tab


def answer(asked: str, emit: Callable[[str], None]) -> None:
    """Answer a question of the page: ``kind`` is the name of the tab, the rest are its arguments.

    >>> answer('{"kind": "formula", "text": "x*x", "values": {"x": "q"}}', print)
    {"wrong": ["x"]}
    """
    question = json.loads(asked)

    def send(data: Mapping[str, Any]) -> None:
        emit(json.dumps(data, ensure_ascii=False, allow_nan=False))

    match question.pop("kind"):
        case "formula":
            send(_formula(question))
        case "python":
            python_tab(emit=send, **question)


def _formula(question: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the first tab shows; what a view refuses, as the player too many values, is told in its place."""
    try:
        return formula_tab(**question)
    except ValueError as problem:
        return formula_tab(**{**question, "view": "latex"}) | {"view": {"refused": str(problem)}}
