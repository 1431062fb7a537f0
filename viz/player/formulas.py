"""The formula of each step as MathML: symbols, then numbers, then the result, on aligned rows.

The formulas are those of ``viz.notation``; it writes a number that is a ``_Tagged`` as a mark, and
the marks become slots.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import chain
from math import ceil

from autograd_lite import Explanation, Step, ops
from autograd_lite.expression import is_number, symbol

from ..notation import (
    MINUS,
    LocalGradient,
    local_gradient,
    local_mathml,
    mathml,
    mathml_name,
    number,
    output_name,
    step_formula,
    text,
    xml_text,
)
from ..pictures.scene import local_head
from ..words import words
from .forward_backward import Edge, uses
from .sentences import MOST_TERMS
from .slots import Part, Slot, Text, Veil, when


class _Tagged(float):
    """The value of a node that is written as a mark of its slot; it passes for negative, to get its parentheses."""

    index: int

    def __new__(cls, index: int) -> _Tagged:
        tagged = super().__new__(cls, -1.0)
        tagged.index = index
        return tagged

    def __format__(self, spec: str) -> str:
        return f"-\ue000{self.index}\ue001"


_MARK = re.compile(rf'(<mo>\(</mo>)?<mo form="prefix">{MINUS}</mo><mn>\ue000(\d+)\ue001</mn>(?(1)<mo>\)</mo>)')


def slotted(markup: str, step: Step) -> Iterable[Part]:
    """Yield the pieces of markup that has marks, with slots for the marks: values as precise as the step needs them."""
    end = 0
    for mark in _MARK.finditer(markup):
        yield markup[end : mark.start()] + "<mn>"
        yield Slot("value", int(mark[2]), "factor" if mark[1] else "plain", precise=step.index)
        yield "</mn>"
        end = mark.end()
    yield markup[end:]


def cells(left: Iterable[Part], right: Iterable[Part], *, sign: str = "=", across: int = 1) -> list[Part]:
    """Return the three cells of an equation, aligned with others at its sign; the last may go across more columns."""
    span = f' columnspan="{across}"' if across > 1 else ""
    middle = f'</mtd><mtd><mo>{sign}</mo></mtd><mtd class="right"{span}>'
    return ['<mtd class="left">', *left, middle, *right, "</mtd>"]


def row(left: Iterable[Part], right: Iterable[Part], *, sign: str = "=", across: int = 1) -> list[Part]:
    """Return one row of a formula."""
    return ["<mtr>", *cells(left, right, sign=sign, across=across), "</mtr>"]


def in_columns(equations: Sequence[list[Part]], columns: int) -> list[Part]:
    """Return the rows of many short equations, one column below the other."""
    height = ceil(len(equations) / columns)
    lines = [equations[i::height] for i in range(height)]
    return [part for line in lines for part in ("<mtr>", *chain.from_iterable(line), "</mtr>")]


def formula(*rows: Iterable[Part]) -> Text:
    """Return rows as one formula."""
    return ('<math display="block"><mtable>', *(part for row in rows for part in row), "</mtable></math>")


def slope(y: str, x: str, kind: str) -> str:
    """Return ∂y/∂x, the gradient of the output; ``kind`` is its class."""
    d = '<mo form="prefix">∂</mo>'
    return f'<mfrac class="{kind}"><mrow>{d}{mathml_name(y)}</mrow><mrow>{d}{mathml_name(x)}</mrow></mfrac>'


def numeral(slot: Slot, kind: str, *, result: bool = False) -> list[Part]:
    """Return a number of a kind (value, gradient, local); a result is set off."""
    return [f'<mn class="{kind}{" result" if result else ""}">', slot, "</mn>"]


def inputs_formula(inputs: Sequence[Step]) -> Text:
    """Return ``c = 3``, ``x = 2``, …, six in a column, in three columns at most."""
    equations = [cells([mathml_name(s.name)], numeral(Slot("value", s.index), "value")) for s in inputs]
    return formula(in_columns(equations, min(3, ceil(len(inputs) / 6) or 1)))


def forward_formula(e: Explanation, step: Step) -> Text:
    """Return ``u = c × x``, ``= 3 × 2``, ``= 6``; constants, too, have the digits it takes."""
    symbols = step_formula(e, step, constant=_as_name)
    operands = [e.forward[i] for i in step.operands]
    constants = {_as_name(s): _Tagged(s.index) for s in operands if s.kind == "constant" and not s.label}
    values = {s.name: _Tagged(s.index) for s in operands if s.kind != "constant" or s.label}
    by_name, by_number = mathml(symbols, values=constants, kind=""), mathml(symbols, values={**constants, **values})
    return formula(
        row([mathml_name(step.name)], slotted(by_name, step)),
        row([], slotted(by_number, step)) if symbols.op is not ops.identity else [],
        row([], numeral(Slot("value", step.index), "value", result=True)),
    )


def _as_name(constant: Step) -> str:
    return f"\ue002{constant.index}"


def seed_formula(e: Explanation) -> Text:
    """Return ``∂z/∂z = 1``."""
    seed = numeral(Slot("gradient", e.output), "gradient", result=True)
    return formula(row([slope(output_name(e), e.forward[e.output].name, "gradient")], seed))


def backward_formula(e: Explanation, edges: Sequence[Edge], edge: Edge) -> Text:
    """Return the local gradient, then the chain rule: ``∂z/∂x`` as a sum over the uses of x so far."""
    total = slope(output_name(e), e.forward[edge.parent].name, "gradient")
    arriving = uses(edges, edge.parent)
    local = _local_row(e, edge)
    if len(arriving) > MOST_TERMS:
        return formula(local, *_running_rows(e, total, edge))
    symbols, products, contributions = [], [], []
    for use in arriving:
        pending = use.index > edge.index
        symbols.append(_chain(e, use))
        products.append([_UNKNOWN] if pending else _product(use, first=use is arriving[0]))
        contribution = Slot("contribution", use.index, "plain" if use is arriving[0] else "factor")
        contributions.append([_UNKNOWN] if pending else numeral(contribution, "gradient"))
    result = row([], numeral(Slot("total", edge.index), "gradient", result=True))
    return formula(
        local,
        row([total], _plus(arriving, symbols)),
        row([], _plus(arriving, products)),
        row([], _plus(arriving, contributions)) if len(arriving) > 1 else [],
        [when("zero", "to_come", edge.index, result)],
    )


_UNKNOWN = '<mo class="unknown">?</mo>'


def _local(e: Explanation, edge: Edge) -> LocalGradient:
    return local_gradient(e, e.forward[edge.child], edge.position)


def _chain(e: Explanation, use: Edge) -> list[Part]:
    """``∂z/∂u · ∂(c × x)/∂x``; a long formula stands in the row above, here it is ``(…)``."""
    g = _local(e, use)
    local = local_mathml(g._replace(formula=symbol("(…)")) if _is_long(g) else g)
    return [slope(output_name(e), e.forward[use.child].name, "gradient"), "<mo>·</mo>", local]


def _product(use: Edge, *, first: bool) -> list[Part]:
    """``1 · 3``."""
    upstream = numeral(Slot("gradient", use.child, "plain" if first else "factor"), "gradient")
    return [*upstream, "<mo>·</mo>", *numeral(Slot("local", use.index, "factor"), "local")]


def _plus(arriving: Sequence[Edge], terms: Sequence[Sequence[Part]]) -> list[Part]:
    """Join the terms with +, leaving out the uses over which nothing can arrive."""
    return [
        when("one", "arrives", use.index, [when("one", "part", use.index, [], ["<mo>+</mo>"]), *term])
        for use, term in zip(arriving, terms)
    ]


def _running_rows(e: Explanation, total: str, edge: Edge) -> Iterable[list[Part]]:
    before = when("one", "part", edge.index, [], ["<mo>⋯</mo><mo>+</mo>"])
    after = when("zero", "to_come", edge.index, [], ["<mo>+</mo><mo>⋯</mo>"])
    yield row([total], [before, *_chain(e, edge), after])
    yield row([], [before, *_product(edge, first=False), after])
    yield row([], [*numeral(Slot("total", edge.index), "gradient", result=True), after])


def _local_row(e: Explanation, edge: Edge) -> list[Part]:
    """``∂(c × x)/∂x = c = 3``; or ``∂(u + w)/∂u = 1`` where the rule is a number; what tells it is under a veil."""
    g, i = _local(e, edge), edge.index
    rule = () if is_number(g.rule) else (f'<mrow class="local">{mathml(g.rule)}</mrow><mo>=</mo>',)
    number = [Veil("local", i, (*rule, *numeral(Slot("local", i), "local")), _UNKNOWN)]
    if _is_long(g):  # the other rows are not moved to the right by it
        return ['<mtr><mtd class="right" columnspan="3">', local_mathml(g), "<mo>=</mo>", *number, "</mtd></mtr>"]
    return row([local_mathml(g)], number)


def _is_long(g: LocalGradient) -> bool:
    return len(text(g.formula)) > 20


def cut_formula(e: Explanation, edge: Edge) -> Text:
    """Return the local gradient of a branch that ``where`` did not take."""
    return formula(_local_row(e, edge))


def check_formula(e: Explanation, inputs: Sequence[Step], *, lang: str) -> Text:
    """Return each gradient beside the measured slope; the difference quotient of the busiest input in full.

    At a kink the slopes of both sides stand there.
    """
    y, checked = output_name(e), inputs[:MOST_CHECKED]
    columns = 1 if len(checked) < 3 else 2
    across = 3 * columns - 2
    busiest = max(inputs, key=lambda step: len(e.uses(step.index)))
    left, symbols = [slope(y, busiest.name, "gradient")], _quotient(mathml_name(y), busiest)
    tried = [row(left, symbols, sign=sign, across=across) for sign in "≠≈"]
    numbers = row([], _quotient_of_numbers(busiest), across=across)
    quotient = when("one", "kink", busiest.index, (), [when("one", "differs", busiest.index, *tried), *numbers])
    sides = [part for step in checked for part in _sides(step, across, lang)]
    return formula([quotient], in_columns([_compared(y, step) for step in checked], columns), sides)


MOST_CHECKED = 6


def _compared(y: str, step: Step) -> list[Part]:
    """``∂z/∂x = 7 ≈ 7``, or ``≠`` where the measured slope is another; at a kink the gradient alone."""
    i, measured = step.index, numeral(Slot("measured", step.index), "value")
    sign = when("one", "differs", i, ["<mo>≠</mo>"], ["<mo>≈</mo>"])
    slopes = when("one", "kink", i, (), [sign, *measured])
    return cells([slope(y, step.name, "gradient")], [*numeral(Slot("gradient", i), "gradient"), slopes])


def _sides(step: Step, across: int, lang: str) -> list[Part]:
    """The slopes on both sides of a kink, a row each."""
    said = words(lang)
    rows = [
        row([f"<mtext>{xml_text(said[key].format(x=step.name))}</mtext>"],
            numeral(Slot(table, step.index), "value"), sign="≈", across=across)
        for key, table in (("below", "slope_below"), ("above", "slope_above"))
    ]  # fmt: skip
    return [when("one", "kink", step.index, chain.from_iterable(rows))]


def _quotient(y: str, step: Step) -> list[Part]:
    """``(z(x + h) − z(x − h)) / 2h``."""
    x, minus = mathml_name(step.name), f"<mo>{MINUS}</mo>"
    moved = [f"<mrow>{y}<mo>(</mo>{x}{sign}<mi>h</mi><mo>)</mo></mrow>" for sign in ("<mo>+</mo>", minus)]
    return [f"<mfrac><mrow>{minus.join(moved)}</mrow><mrow><mn>2</mn><mi>h</mi></mrow></mfrac>"]


def _quotient_of_numbers(step: Step) -> list[Part]:
    """``(10.007 − 9.993) / (2 · 0.001) = 7``."""
    i = step.index
    above, below = Slot("above", i, precise=i), Slot("below", i, "factor", precise=i)
    return [
        "<mfrac><mrow><mn>", above, f"</mn><mo>{MINUS}</mo><mn>", below, "</mn></mrow>",
        "<mrow><mn>2</mn><mo>·</mo><mn>", Slot("wiggle", i), "</mn></mrow></mfrac><mo>=</mo>",
        *numeral(Slot("measured", i), "value", result=True),
    ]  # fmt: skip


def local_label(e: Explanation, edge: Edge, *, lang: str) -> Text:
    """Return the text on the chip of an edge: ``∂(c × x)/∂x = c = 3``; what tells the number is under a veil."""
    child, i = e.forward[edge.child], edge.index
    assert child.op is not None
    room = number(child.op.local_gradients(child.value, *child.numbers)[edge.position])  # as in the picture
    sign, rule = local_head(e, child, edge.position, room=room)
    return (sign, Veil("local", i, (rule, Slot("local", i))))
