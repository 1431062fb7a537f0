"""What a picture shows: one card per value, one chip per use, with their texts and sizes.

Made from an ``Explanation`` alone. Constants have no card of their own; they stand in the formulas
of the steps that use them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from autograd_lite import Explanation, Step, Term, Value
from autograd_lite.expression import is_number

from ..explained import as_explanation
from ..names import is_parameter
from ..notation import elided, factor, formula_pieces, local_gradient, local_sign, number, output_name, text
from ..words import counted, words
from .text_width import cut, fit, text_width

CARD, CHIP = (148.0, 74.0), (118.0, 40.0)
LEDGER = 30.0
MOST_IN_COLUMN = 5
LONGEST_LABEL = 218.0  # a longer formula of a local gradient is shortened in its chip, or left out
VARIABLE = 1.12  # letters with serifs look smaller and are drawn that much larger
LONGEST_NAME = 70.0  # a longer name is cut where it stands in a chip or a slot; the card tells it whole


@dataclass(frozen=True)
class Card:
    """One value: its name, the formula that made it, its number and its gradient.

    ``pieces`` of the formula are in turn signs and names, ``elided`` those of a sum without its middle;
    ``slots`` are the texts of its ledger,
    "via u 3", in the order the terms arrive.
    """

    step: Step
    pieces: tuple[str, ...]
    elided: tuple[str, ...]
    gradient: float
    terms: tuple[Term, ...]
    uses: int
    slots: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name shown, unique in the picture."""
        return self.step.name

    @property
    def formula(self) -> str:
        """The operation on the names of its operands; empty for a leaf."""
        return "".join(self.pieces)

    @property
    def kind(self) -> str:
        """The key of the word that tells what a leaf is: input or parameter."""
        return "parameter" if is_parameter(self.step) else "input"

    @property
    def written(self) -> str:
        """``u = c × x``, or the name alone."""
        return f"{self.name} = {self.formula}" if self.pieces else self.name


@dataclass(frozen=True)
class Chip:
    """One use of a value: the edge from parent to child with its local gradient."""

    parent: Step
    child: Step
    position: int
    local: str
    term: Term | None
    lang: str = "en"

    @property
    def key(self) -> str:
        """The id of the edge: child and position, so that ``x·x`` has two."""
        return f"e{self.child.index}-{self.position}"

    @cached_property
    def contribution(self) -> str:
        """upstream × local = contribution, or that nothing flows here."""
        if self.term is None:
            return words(self.lang)["no gradient"]
        return f"{number(self.term.upstream)} × {factor(self.term.local_gradient)} = {number(self.term.contribution)}"

    @property
    def tip(self) -> str:
        """What is told when one points at the edge."""
        return f"{self.local}; {self.contribution}"


@dataclass(frozen=True)
class Scene:
    """Cards and chips of a whole graph, in topological order."""

    explanation: Explanation
    cards: tuple[Card, ...]
    chips: tuple[Chip, ...]
    lang: str = "en"

    @property
    def output(self) -> Step:
        """The step of the output, which need not be among the cards of a part of a graph."""
        return self.explanation.forward[self.explanation.output]

    @property
    def first_column(self) -> list[int]:
        """The places of the inputs among the cards, where so few look well in one column."""
        inputs = [i for i, card in enumerate(self.cards) if card.step.kind == "input"]
        return inputs if len(inputs) <= MOST_IN_COLUMN else []

    @property
    def title(self) -> str:
        """One line that names the picture."""
        return words(self.lang)["graph of"].format(y=self.output.name)

    @property
    def description(self) -> str:
        """Every value and gradient in words, for those who cannot see the picture."""
        said, y = words(self.lang), output_name(self.explanation)
        if len(self.cards) > 200:
            values, edges = counted(self.lang, "values", len(self.cards)), counted(self.lang, "edges", len(self.chips))
            return said["large graph"].format(
                values=values, edges=edges, y=self.output.name, number=number(self.output.value)
            )
        return " ".join(
            said["node as text"].format(
                name=card.written, value=number(card.step.value), y=y, of=card.name, gradient=_sum_text(card)
            )
            for card in self.cards
        )


def _sum_text(card: Card) -> str:
    """The gradient, and the contributions it is the sum of: ``7 = 4 + 3``."""
    if len(card.terms) < 2:
        return number(card.gradient)
    first, *rest = card.terms
    return (
        f"{number(card.gradient)} = {' + '.join([number(first.contribution), *(factor(t.contribution) for t in rest)])}"
    )


def scene(graph: Value | Explanation, *, lang: str = "en") -> Scene:
    """Return what a picture of the graph shows, its words in one of ``viz.words.LANGUAGES``.

    >>> x = Value(3.0, "x")
    >>> s = scene(2.0 * x + x)
    >>> [card.name for card in s.cards], [chip.contribution for chip in s.chips]
    (['x', 'v1', 'y'], ['1 × 2 = 2', '1 × 1 = 1', '1 × 1 = 1'])
    """
    via = words(lang)["via"]
    e = as_explanation(graph)
    drawn = [step for step in e.forward if step.kind != "constant"] or [e.forward[e.output]]
    terms = {(t.child, t.position): t for step in e.backward for t in step.terms}
    chips = []
    uses = [0] * len(e.forward)
    for child in drawn:
        for position, i in enumerate(child.operands):
            if e.forward[i].kind != "constant":
                uses[i] += 1
                local = _local_text(e, child, position, terms.get((child.index, position)))
                chips.append(Chip(e.forward[i], child, position, local, terms.get((child.index, position)), lang))
    cards = [
        Card(
            step,
            *((formula_pieces(e, step), formula_pieces(e, step, whole=False)) if step.op is not None else ((), ())),
            e.gradients[step.index],
            e.uses(step.index),
            uses[step.index],
            tuple(f"{via} {short(e.forward[t.child].name)} {number(t.contribution)}" for t in e.uses(step.index)),
        )
        for step in drawn
    ]
    return Scene(e, tuple(cards), tuple(chips), lang)


def _local_text(e: Explanation, child: Step, position: int, term: Term | None) -> str:
    local = number(0.0 if term is None else term.local_gradient)
    sign, rule = local_head(e, child, position, room=local)
    return sign + (rule if term is not None else "") + local


def local_head(e: Explanation, child: Step, position: int, *, room: str) -> tuple[str, str]:
    """Return what stands before the number of a local gradient, its sign and its rule, with less of them where long.

    ``room`` is the widest number to leave room for.

    >>> from autograd_lite import explain
    >>> x = Value(3.0, "x")
    >>> e = explain(x * x)
    >>> local_head(e, e.forward[1], 1, room="3")
    ('∂(x₁ × x₂)/∂x₂ = ', 'x₁ = ')
    """
    g = local_gradient(e, child, position, shown=short)
    signs = [f"{local_sign(g._replace(formula=formula))} = " for formula in (g.formula, elided(g.formula, g.operand))]
    rule = "" if is_number(g.rule) else f"{text(g.rule)} = "
    heads = [*((sign, rule) for sign in signs), *((sign, "") for sign in signs)]
    fits = (head for head in heads if text_width("".join(head) + room, 12) <= LONGEST_LABEL)
    return next(fits, (f"∂(…)/∂{g.operand} = ", ""))


def short(name: str) -> str:
    """Return a name as it stands in a chip or a slot."""
    return cut(name, LONGEST_NAME, 12)


def card_size(card: Card, lang: str = "en") -> tuple[float, float]:
    """Return width and height that hold the texts of a full card."""
    formula = (
        VARIABLE * text_width(f" = {card.formula}", 14) if card.formula else text_width(words(lang)[card.kind], 11) + 8
    )
    header = text_width(card.name, 17, bold=not card.formula) + formula
    numbers = 2 * max(text_width(number(x), 18, bold=True) for x in (card.step.value, card.gradient)) + 40
    width = max(CARD[0], min(header + 24, 250.0), numbers)
    if card.uses < 2:
        return width, CARD[1]
    slots = max((text_width(slot, 12) + 10 for slot in card.slots), default=0.0) * len(card.slots)
    return max(width, min(slots + 12 * (card.uses - 1) + 16, 360.0)), CARD[1] + LEDGER


def chip_size(chip: Chip) -> tuple[float, float]:
    """Return width and height that hold the texts of a chip."""
    return max(CHIP[0], text_width(chip.local, 12) + 22, text_width(chip.contribution, 12, bold=True) + 22), CHIP[1]


def fit_number(x: float, width: float, size: float, *, smallest: float = 9.5, bold: bool = False) -> tuple[str, float]:
    """Return a number and the size at which it fits, with three digits before it gets small, then fewer: never cut.

    >>> fit_number(-0.02345, 64.0, 13.0, bold=True), fit_number(-5.281e-7, 64.0, 13.0, bold=True)
    (('−0.0234', 12.0), ('−5.28e−7', 10.0))
    """
    large = max(smallest, 0.88 * size)
    for digits, least in ((4, large), (3, large), (3, smallest), (2, smallest)):
        written = number(x, digits)
        shown, fitted = fit(written, width, size, smallest=least, bold=bold)
        if shown == written:
            return shown, fitted
    written = number(x, 1)
    return written, min(smallest, width / text_width(written, 1.0, bold=bold))


def sum_text(numbers: Sequence[float], width: float, size: float) -> str:
    """Return ``4 + 3``, numbers in the middle left out where all would be wider than that.

    >>> sum_text([4.0, -3.0], 100.0, 10.0), sum_text([1.0] * 50, 100.0, 10.0)
    ('4 + (−3)', '1 + 1 + … + 1')
    """
    first, *rest = numbers
    terms = [number(first), *map(factor, rest)]
    if text_width(" + ".join(terms), size) <= width:
        return " + ".join(terms)
    kept = [*terms[:1], "…", terms[-1]]
    for term in terms[1:-2]:
        longer = [*kept[:-2], term, *kept[-2:]]
        if text_width(" + ".join(longer), size) > width:
            break
        kept = longer
    return " + ".join(kept)
