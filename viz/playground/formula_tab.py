"""What the first tab shows of a formula: values, gradients, and one of the views. Nothing is evaluated as Python."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import cycle
from typing import Any

from autograd_lite import Explanation, explain, parse
from autograd_lite.formula import Formula, FormulaError

from ..notation import number
from ..pictures.picture import to_svg
from ..player.page import to_html
from ..tables import sections, to_latex, to_text

FIRST_VALUES = (2.0, -1.0, 3.0, 0.5, -2.0, 1.5)  # of inputs that nobody has given a value yet, in turn


def formula_tab(
    text: str, values: Mapping[str, str], *, view: str = "picture", screen: str = "page", lang: str = "en"
) -> dict[str, Any]:
    """Return what there is to see of a formula at the values given as text, on a page or a phone: plain data.

    Where it cannot be read, that is what is wrong and its place; where a value is no number, the names of those.

        >>> formula_tab("w*x", {"w": "1/2"}, view="latex")["inputs"][0]
        {'name': 'w', 'value': 0.5, 'gradient': '−1'}
        >>> formula_tab("w*", {})["problem"]
        {'message': 'cannot read this: invalid syntax\\n  w*\\n    ^', 'line': 1, 'column': 2}
    """
    try:
        formula = parse(text)
    except FormulaError as problem:
        return {"problem": {"message": str(problem), "line": problem.line, "column": problem.column}}
    read = _numbers(formula, values)
    given = {name: x for name, x in read.items() if x is not None}
    if len(given) < len(read):
        return {"wrong": [name for name in read if name not in given]}
    e = explain(formula.graph(**given))
    output = e.forward[e.output]
    return {
        "inputs": [_input(e, name, given[name]) for name in formula.inputs],
        "output": {"name": output.name, "value": number(output.value)},
        "view": _VIEWS[view](e, formula, screen, lang),
    }


def _numbers(formula: Formula, values: Mapping[str, str]) -> dict[str, float | None]:
    """Return a number for every input: as given, as the formula has it, or one to begin with; None for no number."""
    first = dict(zip(formula.inputs, cycle(FIRST_VALUES)))
    return {
        name: _number(values[name]) if name in values else formula.defaults.get(name, first[name])
        for name in formula.inputs
    }


def _number(text: str) -> float | None:
    """Read a finite number, or a formula without names, such as 1/3."""
    try:
        formula = parse(text)
    except FormulaError:
        return None
    value = math.nan if formula.inputs else float(formula())
    return value if math.isfinite(value) else None


def _input(e: Explanation, name: str, value: float) -> dict[str, Any]:
    found = next((step for step in e.inputs if step.name == name), None)  # an input may lead nowhere
    # a formula may say x = inf itself, for which JSON has no number
    told = value if math.isfinite(value) else str(value)
    return {"name": name, "value": told, "gradient": number(e.gradients[found.index]) if found else "0"}


def _picture(e: Explanation, formula: Formula, screen: Any, lang: str) -> dict[str, Any]:
    return {"svg": to_svg(e, screen=screen, lang=lang), "told": to_text(e, lang=lang)}


def _table(e: Explanation, formula: Formula, screen: str, lang: str) -> dict[str, Any]:
    return {"tables": [{"title": title, "rows": [headings, *rows]} for title, headings, rows in sections(e, lang)]}


_VIEWS: Mapping[str, Callable[[Explanation, Formula, str, str], dict[str, Any]]] = {
    "picture": _picture,
    "player": lambda e, formula, screen, lang: {"page": to_html(e, formula=formula, lang=lang)},
    "quiz": lambda e, formula, screen, lang: {"page": to_html(e, formula=formula, lang=lang, quiz=True)},
    "table": _table,
    "latex": lambda e, formula, screen, lang: {"text": to_latex(e)},
}
