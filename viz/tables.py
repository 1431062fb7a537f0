"""An explanation as a terminal table, as plain text, as Markdown, as LaTeX, and as data for JSON.

With this module, one can,

- read the chain rule term by term: ``print(to_text(y))``;
- print it in colour where the terminal has it: ``print_explanation(y)``;
- paste it elsewhere: ``to_markdown(y)``, ``to_latex(y)``; compute with it: ``to_dict(y)``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from autograd_lite import Explanation, Step, Term, Value
from autograd_lite.hints import inert

from .columns import in_columns
from .explained import as_explanation
from .notation import (
    MINUS,
    factor,
    latex,
    latex_name,
    latex_number,
    local_gradient,
    local_latex,
    number,
    output_name,
    step_formula,
    text,
)
from .plain import plain
from .words import words

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

Row = tuple[str, ...]


def forward_rows(e: Explanation) -> Iterator[Row]:
    """Yield (name, formula, value) for every value that is not a constant."""
    for step in e.forward:
        if step.kind != "constant":
            yield step.name, text(step_formula(e, step)) if step.op else "", number(step.value)


def backward_rows(e: Explanation) -> Iterator[Row]:
    """Yield (edge, upstream, local gradient, contribution, sum so far) in backward order."""
    for step in e.backward:
        child = e.forward[step.index]
        for term in step.terms:
            parent = e.forward[term.parent]
            if parent.kind == "constant":
                continue
            g, written = local_gradient(e, child, term.position), number(term.local_gradient)
            formula = text(g.rule)  # on x₁, x₂ where x is used twice
            yield (
                f"{child.name} → {g.operand}",
                number(term.upstream),
                written if formula == written else f"{formula} = {written}",
                f"{number(term.upstream)} × {factor(term.local_gradient)} = {number(term.contribution)}",
                _running_sum(e, term.parent, term.part) if term.parts > 1 else number(term.total),
            )


def _running_sum(e: Explanation, index: int, part: int) -> str:
    arrived = e.uses(index)
    written = _sum(arrived, part)
    if part < len(arrived):
        return f"{written} + …"
    return f"{written} = {number(arrived[part - 1].total)}" if part > 1 else written


def _sum(terms: Sequence[Term], count: int) -> str:
    """Write the first ``count`` contributions as a sum; of many the first ones and the last."""
    return _joined(count, lambda k: (factor if k else number)(terms[k].contribution), "…")


def _joined(count: int, write: Callable[[int], str], dots: str) -> str:
    """Join ``write(0) + write(1) + …``, shortened in the middle, so that long sums stay linear work and readable."""
    if count <= LONGEST_SUM:
        return " + ".join(map(write, range(count)))
    return " + ".join([*map(write, range(LONGEST_SUM - 2)), dots, write(count - 1)])


LONGEST_SUM = 8  # terms; more are not read


def gradient_rows(e: Explanation) -> Iterator[Row]:
    """Yield (∂y/∂input, how it adds up, gradient) for every input."""
    y = output_name(e)
    for step in e.inputs:
        uses = e.uses(step.index)
        total = _sum(uses, len(uses)) if len(uses) > 1 else ""
        yield f"∂{y}/∂{step.name}", total, number(e.gradients[step.index])


def sections(e: Explanation, lang: str) -> Iterator[tuple[str, Row, list[Row]]]:
    """Yield title, headings and rows of each table; names come out inert, whatever they hold."""
    for title, headings, rows in _tables(e, lang):
        yield title, headings, [tuple(map(inert, row)) for row in rows]


def _tables(e: Explanation, lang: str) -> Iterator[tuple[str, Row, Iterator[Row]]]:
    w = words(lang)
    yield w["forward"], (w["node"], w["formula"], w["value"]), forward_rows(e)
    headings = (w["edge"], w["upstream"], w["local gradient"], w["contribution"], w["sum"])
    yield w["backward"], headings, backward_rows(e)
    yield w["gradients"], (w["gradient"], w["terms"], w["value"]), gradient_rows(e)


def print_explanation(graph: Value | Explanation, console: Console | None = None, *, lang: str = "en") -> None:
    """Print the three tables: values, the chain rule edge by edge, gradients; coloured in a terminal.

    Signs the console's encoding lacks are written in plain ones.
    """
    from rich.console import Console, Group, RenderableType

    console = console or Console()
    printed: list[RenderableType] = []
    for title, headings, rows in sections(as_explanation(graph), lang):
        printed += [_coloured(title, headings, rows, lang, console.encoding), ""]
    console.print(Group(*printed))  # at once: a notebook would set them far apart


def _coloured(title: str, headings: Row, rows: list[Row], lang: str, encoding: str) -> Table:
    from rich.markup import escape
    from rich.table import Table

    colours = {"value": "bold blue", "gradient": "bold dark_orange3", "local gradient": "magenta"}
    styles = {words(lang)[meaning]: style for meaning, style in colours.items()}
    table = Table(
        title=plain(title, encoding),
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
        padding=(0, 3, 0, 0),
    )
    for heading in headings:
        table.add_column(plain(heading, encoding), style=styles.get(heading, ""), overflow="fold")
    for row in rows:
        table.add_row(*[escape(plain(cell, encoding)) for cell in row])
    return table


def to_text(graph: Value | Explanation, *, lang: str = "en", width: int = 100, encoding: str | None = None) -> str:
    """Return the tables as plain text, in signs that ``encoding`` has: unless given, that of standard output.

    >>> x = Value(3.0, "x")
    >>> print(to_text(x * x))  # doctest: +ELLIPSIS, +NORMALIZE_WHITESPACE
    Forward pass
    ...
    from → to upstream local gradient contribution sum
    y → x₁    1        x₂ = 3         1 × 3 = 3    3 + …
    y → x₂    1        x₁ = 3         1 × 3 = 3    3 + 3 = 6
    ...

    Raises LookupError for an encoding that is not there.
    """
    signs = encoding or getattr(sys.stdout, "encoding", None) or "utf-8"
    lines: list[str] = []
    for title, headings, rows in sections(as_explanation(graph), lang):
        cells = [[plain(cell, signs) for cell in row] for row in (headings, *rows)]
        lines += [plain(title, signs), *in_columns(cells, width), ""]
    return "\n".join(lines[:-1])


_MARKDOWN = str.maketrans({**{c: f"\\{c}" for c in "\\|*_`<>[]#"}, "\r": " ", "\n": " "})


def to_markdown(graph: Value | Explanation, *, lang: str = "en") -> str:
    """Return the tables in Markdown."""
    parts = []
    for title, headings, rows in sections(as_explanation(graph), lang):
        parts += [f"### {title}", "", f"| {' | '.join(headings)} |", "|---" * len(headings) + "|"]
        parts += [f"| {' | '.join(cell.translate(_MARKDOWN) for cell in row)} |" for row in rows] + [""]
    return "\n".join(parts)


def to_latex(graph: Value | Explanation) -> str:
    """Return the whole derivation as an ``align*`` block: symbols, then numbers, then results.

    >>> x = Value(3.0, "x")
    >>> print(to_latex(x * x).splitlines()[2])
      y &= x \\, x = 9 \\\\
    """
    e = as_explanation(graph)
    y = latex_name(e.forward[e.output].name)
    if e.seed != 1.0:
        y = rf"({latex_number(e.seed)} \, {y})"
    lines = [rf"{latex_name(s.name)} &= {latex_number(s.value)}" for s in e.inputs]
    lines += [
        rf"{latex_name(s.name)} &= {latex(step_formula(e, s))} = {latex_number(s.value)}" for s in e.forward if s.op
    ]
    lines += [
        _gradient_line(e, y, step) for step in reversed(e.forward) if step.kind != "constant" and e.uses(step.index)
    ]
    return "\\begin{align*}\n" + "".join(f"  {inert(line)} \\\\\n" for line in lines) + "\\end{align*}"


def _gradient_line(e: Explanation, y: str, step: Step) -> str:
    uses = e.uses(step.index)

    def symbols(k: int) -> str:
        child = e.forward[uses[k].child]
        return f"{_slope(y, child.name)} \\cdot {local_latex(local_gradient(e, child, uses[k].position))}"

    def numbers(k: int) -> str:
        return f"{_factor(uses[k].upstream)} \\cdot {_factor(uses[k].local_gradient)}"

    sums = [_joined(len(uses), write, "\\cdots") for write in (symbols, numbers)]
    return f"{_slope(y, step.name)} &= {' = '.join([*sums, latex_number(e.gradients[step.index])])}"


def _slope(y: str, x: str) -> str:
    return rf"\frac{{\partial {y}}}{{\partial {latex_name(x)}}}"


def _factor(x: float) -> str:
    written = latex_number(x)
    return f"({written})" if written.startswith(("-", MINUS)) or "cdot" in written else written


def to_dict(graph: Value | Explanation) -> dict[str, Any]:
    """Return the explanation as plain data: lists, names and numbers; inf and nan as text.

    >>> x = Value(3.0, "x")
    >>> to_dict(x * x)["gradients"]
    {'x': 6.0}
    """
    e = as_explanation(graph)
    return {
        "output": e.forward[e.output].name,
        "forward": [_step_as_data(e, step) for step in e.forward],
        "backward": [
            {
                "node": e.forward[step.index].name,
                "upstream": _json_number(step.upstream),
                "terms": [_term_as_data(e, term) for term in step.terms],
            }
            for step in e.backward
        ],
        "gradients": {step.name: _json_number(e.gradients[step.index]) for step in e.inputs},
    }


def _step_as_data(e: Explanation, step: Step) -> dict[str, Any]:
    data: dict[str, Any] = {"name": step.name, "kind": step.kind, "value": _json_number(step.value)}
    if step.op is not None:
        data |= {"operation": step.op.name, "operands": [e.forward[i].name for i in step.operands]}
        data["formula"] = str(step_formula(e, step))
    return data


def _term_as_data(e: Explanation, term: Term) -> dict[str, Any]:
    return {
        "parent": e.forward[term.parent].name,
        "local_gradient": _json_number(term.local_gradient),
        "contribution": _json_number(term.contribution),
        "running_sum": _json_number(term.total),
        "part": term.part,
        "parts": term.parts,
    }


def _json_number(x: float) -> float | str:
    return x if x - x == 0.0 else str(x)  # JSON has no inf and no nan
