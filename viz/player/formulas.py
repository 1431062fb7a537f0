"""The formula of each step as MathML: symbols, then numbers, then the result, on aligned rows.

The formulas are those of ``viz.notation``; it writes a number that is a ``_Tagged`` as a mark, and
the marks become slots.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from autograd_lite import Explanation, Step, ops
from autograd_lite.expression import is_number

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


def row(left: Iterable[Part], right: Iterable[Part], *, sign: str = "=") -> list[Part]:
    """Return one row of a formula, aligned with the others at its sign."""
    middle = f'</mtd><mtd><mo>{sign}</mo></mtd><mtd class="right">'
    return ['<mtr><mtd class="left">', *left, middle, *right, "</mtd></mtr>"]


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
    """Return ``c = 3``, ``x = 2``, … a row each."""
    return formula(*(row([mathml_name(s.name)], numeral(Slot("value", s.index), "value")) for s in inputs))


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
    """``∂z/∂u · ∂(c × x)/∂x``."""
    return [slope(output_name(e), e.forward[use.child].name, "gradient"), "<mo>·</mo>", local_mathml(_local(e, use))]


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
    return row([local_mathml(g)], [Veil("local", i, (*rule, *numeral(Slot("local", i), "local")), _UNKNOWN)])


def cut_formula(e: Explanation, edge: Edge) -> Text:
    """Return the local gradient of a branch that ``where`` did not take."""
    return formula(_local_row(e, edge))


def check_formula(e: Explanation, inputs: Sequence[Step], *, lang: str) -> Text:
    """Return each gradient beside the measured slope; the difference quotient of the busiest input in full.

    At a kink the slopes of both sides stand there.
    """
    y = output_name(e)
    busiest = max(inputs, key=lambda step: len(e.uses(step.index)))
    rows: list[Part] = []
    for step in inputs[:MOST_CHECKED]:
        i, quotient = step.index, _quotient(mathml_name(y), step) if step is busiest else []
        rows += row([slope(y, step.name, "gradient")], numeral(Slot("gradient", i), "gradient"))
        slopes = [*quotient, *numeral(Slot("measured", i), "value", result=True)]
        measured = when("one", "differs", i, row([], slopes, sign="≠"), row([], slopes, sign="≈"))
        sides = [*_side(step, "below", "slope_below", lang), *_side(step, "above", "slope_above", lang)]
        rows.append(when("one", "kink", i, sides, [measured]))
    return formula(rows)


MOST_CHECKED = 6


def _side(step: Step, key: str, table: str, lang: str) -> list[Part]:
    """The slope on one side of a kink."""
    said = xml_text(words(lang)[key].format(x=step.name))
    return row([f"<mtext>{said}</mtext>"], numeral(Slot(table, step.index), "value"), sign="≈")


def _quotient(y: str, step: Step) -> list[Part]:
    """``(z(x + h) − z(x − h)) / 2h``, in symbols and in numbers."""
    x, i, minus = mathml_name(step.name), step.index, f"<mo>{MINUS}</mo>"
    moved = [f"<mrow>{y}<mo>(</mo>{x}{sign}<mi>h</mi><mo>)</mo></mrow>" for sign in ("<mo>+</mo>", minus)]
    above, below = Slot("above", i, precise=i), Slot("below", i, "factor", precise=i)
    return [
        f"<mfrac><mrow>{minus.join(moved)}</mrow><mrow><mn>2</mn><mi>h</mi></mrow></mfrac><mo>=</mo>",
        "<mfrac><mrow><mn>", above, f"</mn>{minus}<mn>", below, "</mn></mrow>",
        "<mrow><mn>2</mn><mo>·</mo><mn>", Slot("wiggle", i), "</mn></mrow></mfrac><mo>=</mo>",
    ]  # fmt: skip


def local_label(e: Explanation, edge: Edge, *, lang: str) -> Text:
    """Return the text on the chip of an edge: ``∂(c × x)/∂x = c = 3``; what tells the number is under a veil."""
    child, i = e.forward[edge.child], edge.index
    assert child.op is not None
    room = number(child.op.local_gradients(child.value, *child.numbers)[edge.position])  # as in the picture
    sign, rule = local_head(e, child, edge.position, room=room)
    return (sign, Veil("local", i, (rule, Slot("local", i))))
