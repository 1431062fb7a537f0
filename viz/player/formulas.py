"""The formula of each step as MathML: symbols, then numbers, then the result, on aligned rows.

The formulas are those of ``viz.notation``; it writes a number that is a ``_Tagged`` as a mark, and
the marks become slots.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from autograd_lite import Explanation, Step, ops
from autograd_lite.symbolic import is_number

from ..metrics import text_width
from ..notation import MINUS, local_formula, mathml, mathml_name, step_formula, text
from ..scene import LONGEST_LABEL, slope_head
from .passes import Edge, uses
from .slots import Part, Slot, Text, when

MOST_TERMS = 4  # a longer sum is written as "what came before + this part"


class _Tagged(float):
    """A number that is written as a mark of its slot; it passes for negative, to get its parentheses."""

    table: str
    index: int

    def __new__(cls, table: str, index: int) -> _Tagged:
        tagged = super().__new__(cls, -1.0)
        tagged.table, tagged.index = table, index
        return tagged

    def __format__(self, spec: str) -> str:
        return f"-\ue000{self.table}{self.index}\ue001"


_MARK = re.compile(rf'(<mo>\(</mo>)?<mo form="prefix">{MINUS}</mo><mn>\ue000(\w)(\d+)\ue001</mn>(?(1)<mo>\)</mo>)')


def slotted(markup: str) -> Iterable[Part]:
    """Yield the pieces of markup that has marks, with slots for the marks."""
    end = 0
    for mark in _MARK.finditer(markup):
        yield markup[end : mark.start()] + "<mn>"
        yield Slot(mark[2], int(mark[3]), "(" if mark[1] else "")
        yield "</mn>"
        end = mark.end()
    yield markup[end:]


def row(left: Iterable[Part], right: Iterable[Part], *, sign: str = "=") -> list[Part]:
    """Return one row of a formula, aligned with the others at its sign."""
    return [
        '<mtr><mtd class="l">', *left, f'</mtd><mtd><mo>{sign}</mo></mtd><mtd class="r">', *right, "</mtd></mtr>",
    ]  # fmt: skip


def formula(*rows: Iterable[Part]) -> Text:
    """Return rows as one formula."""
    return ('<math display="block"><mtable>', *(part for row in rows for part in row), "</mtable></math>")


def slope(y: str, x: str, kind: str) -> str:
    """Return ∂y/∂x; ``kind`` is its class: gl for a gradient, ll for a local gradient."""
    d = '<mo form="prefix">∂</mo>'
    return f'<mfrac class="{kind}"><mrow>{d}{mathml_name(y)}</mrow><mrow>{d}{mathml_name(x)}</mrow></mfrac>'


def numeral(slot: Slot, kind: str, *, result: bool = False) -> list[Part]:
    """Return a number of a kind (val, grad, loc); a result is set off."""
    return [f'<mn class="{kind}{" res" if result else ""}">', slot, "</mn>"]


def inputs_formula(inputs: Sequence[Step]) -> Text:
    """Return ``c = 3``, ``x = 2``, … a row each."""
    return formula(*(row([mathml_name(s.name)], numeral(Slot("v", s.index), "val")) for s in inputs))


def forward_formula(e: Explanation, step: Step) -> Text:
    """Return ``u = c × x``, ``= 3 × 2``, ``= 6``."""
    symbols = step_formula(e, step)
    operands = {e.forward[i].name: _Tagged("v", i) for i in step.operands if e.forward[i].kind != "constant"}
    return formula(
        row([mathml_name(step.name)], [mathml(symbols)]),
        row([], slotted(mathml(symbols, values=dict(operands)))) if symbols.op is not ops.identity else [],
        row([], numeral(Slot("v", step.index), "val", result=True)),
    )


def seed_formula(e: Explanation) -> Text:
    """Return ``∂z/∂z = 1``."""
    y = e.forward[e.output].name
    return formula(row([slope(y, y, "gl")], numeral(Slot("g", e.output), "grad", result=True)))


def backward_formula(e: Explanation, edges: Sequence[Edge], edge: Edge) -> Text:
    """Return the local gradient, then the chain rule: ``∂z/∂x`` as a sum over the uses of x so far."""
    names = [step.name for step in e.forward]
    y, x = names[e.output], names[edge.parent]
    arriving = uses(edges, edge.parent)
    local = _local_row(e, edge)
    if len(arriving) > MOST_TERMS:
        return formula(local, *_running_rows(names, y, x, edge))
    symbols, products, contributions = [], [], []
    for use in arriving:
        pending = use.index > edge.index
        symbols.append(_chain(names, y, x, use))
        products.append([_UNKNOWN] if pending else _product(use, first=use is arriving[0]))
        contribution = Slot("c", use.index, "" if use is arriving[0] else "(")
        contributions.append([_UNKNOWN] if pending else numeral(contribution, "grad"))
    result = row([], numeral(Slot("t", edge.index), "grad", result=True))
    return formula(
        local,
        row([slope(y, x, "gl")], _plus(arriving, symbols)),
        row([], _plus(arriving, products)),
        row([], _plus(arriving, contributions)) if len(arriving) > 1 else [],
        [when("zero", "r", edge.index, result)],
    )


_UNKNOWN = '<mo class="todo">?</mo>'


def _chain(names: Sequence[str], y: str, x: str, use: Edge) -> list[Part]:
    """``∂z/∂u · ∂u/∂x``."""
    return [slope(y, names[use.child], "gl"), "<mo>·</mo>", slope(names[use.child], x, "ll")]


def _product(use: Edge, *, first: bool) -> list[Part]:
    """``1 · 3``."""
    upstream = numeral(Slot("g", use.child, "" if first else "("), "grad")
    return [*upstream, "<mo>·</mo>", *numeral(Slot("l", use.index, "("), "loc")]


def _plus(arriving: Sequence[Edge], terms: Sequence[Sequence[Part]]) -> list[Part]:
    """Join the terms with +, leaving out the uses over which nothing can arrive."""
    return [
        when("one", "a", use.index, [when("one", "k", use.index, [], ["<mo>+</mo>"]), *term])
        for use, term in zip(arriving, terms)
    ]


def _running_rows(names: Sequence[str], y: str, x: str, edge: Edge) -> Iterable[list[Part]]:
    before = when("one", "k", edge.index, [], ["<mo>⋯</mo><mo>+</mo>"])
    after = when("zero", "r", edge.index, [], ["<mo>+</mo><mo>⋯</mo>"])
    yield row([slope(y, x, "gl")], [before, *_chain(names, y, x, edge), after])
    yield row([], [before, *_product(edge, first=False), after])
    yield row([], [*numeral(Slot("t", edge.index), "grad", result=True), after])


def _local_row(e: Explanation, edge: Edge) -> list[Part]:
    """``∂u/∂x = c = 3``; or ``∂z/∂u = 1`` where the rule is a number."""
    child = e.forward[edge.child]
    rule = local_formula(e, child, edge.position)
    symbols: list[Part] = [] if is_number(rule) else [f'<mrow class="ll">{mathml(rule)}</mrow><mo>=</mo>']
    left = slope(child.name, e.forward[edge.parent].name, "ll")
    return row([left], [*symbols, *numeral(Slot("l", edge.index), "loc")])


def cut_formula(e: Explanation, edge: Edge) -> Text:
    """Return the local gradient of a branch that ``where`` did not take."""
    return formula(_local_row(e, edge))


def check_formula(e: Explanation, inputs: Sequence[Step]) -> Text:
    """Return each gradient beside the measured slope; the difference quotient of the busiest input in full."""
    y = mathml_name(e.forward[e.output].name)
    busiest = max(inputs, key=lambda step: len(e.uses(step.index)))
    rows: list[Part] = []
    for step in inputs[:MOST_CHECKED]:
        gradient = slope(e.forward[e.output].name, step.name, "gl")
        rows += row([gradient], numeral(Slot("g", step.index), "grad"))
        measured = numeral(Slot("m", step.index), "val", result=True)
        rows += row([], [*(_quotient(y, step) if step is busiest else []), *measured], sign="≈")
    return formula(rows)


MOST_CHECKED = 6


def _quotient(y: str, step: Step) -> list[Part]:
    """``(z(x + h) − z(x − h)) / 2h``, in symbols and in numbers."""
    x, i, minus = mathml_name(step.name), step.index, f"<mo>{MINUS}</mo>"
    moved = [f"<mrow>{y}<mo>(</mo>{x}{sign}<mi>h</mi><mo>)</mo></mrow>" for sign in ("<mo>+</mo>", minus)]
    return [
        f"<mfrac><mrow>{minus.join(moved)}</mrow><mrow><mn>2</mn><mi>h</mi></mrow></mfrac><mo>=</mo>",
        "<mfrac><mrow><mn>", Slot("p", i, "="), f"</mn>{minus}<mn>", Slot("q", i, "=("), "</mn></mrow>",
        "<mrow><mn>2</mn><mo>·</mo><mn>", Slot("h", i), "</mn></mrow></mfrac><mo>=</mo>",
    ]  # fmt: skip


def local_label(e: Explanation, edge: Edge) -> Text:
    """Return the text on the chip of an edge: ``∂u/∂x = c = 3``."""
    child = e.forward[edge.child]
    rule = local_formula(e, child, edge.position)
    head = slope_head(child.name, e.forward[edge.parent].name)
    whole = head if is_number(rule) else f"{head}{text(rule)} = "
    # the same limit as the picture's, which leaves the formula out where it is long
    return (whole if text_width(whole + "0", 12) <= LONGEST_LABEL else head, Slot("l", edge.index))
