"""One plain sentence a step, with slots for its numbers; the words are those of ``viz.words``."""

from __future__ import annotations

from collections.abc import Sequence

from autograd_lite import Explanation, Step
from autograd_lite.expression import is_number

from ..notation import LocalGradient, local_gradient, local_sign, output_name, step_formula, text
from ..words import counted, words
from .forward_backward import Edge, uses
from .slots import Check, Choose, Part, Slot, Text, Veil, say, when

MOST_TERMS = 4  # a longer sum is written as "what came before + this part"


def inputs_text(e: Explanation, *, lang: str) -> Text:
    """Say what goes in, and which inputs are used more than once."""
    inputs = e.inputs
    said = counted(lang, "inputs", len(inputs))
    shared = [step.name for step in inputs if len(e.uses(step.index)) > 1]
    if shared:
        *most, last = shared
        names = words(lang)["and"].join([*([words(lang)["comma"].join(most)] if most else []), last])
        said += words(lang)["shared" if most else "shared one"].format(names=names)
    return (said,)


def forward_text(e: Explanation, step: Step, *, lang: str) -> Text:
    """Say how a value is computed."""
    formula = text(step_formula(e, step))
    return say(lang, "forward said", x=step.name, formula=formula, value=Slot("value", step.index))


def seed_text(e: Explanation, *, lang: str) -> Text:
    """Say where the backward pass begins."""
    seed = Slot("gradient", e.output)
    if e.seed != 1.0:
        return say(lang, "seed given", seed=seed)
    return say(lang, "seed said", y=e.forward[e.output].name, seed=seed)


def backward_text(e: Explanation, edges: Sequence[Edge], edge: Edge, *, lang: str) -> Text:
    """Say what one edge passes on, how far the sum is, and what the finished gradient means."""
    child, parent = e.forward[edge.child], e.forward[edge.parent]
    i, upstream = edge.index, Slot("gradient", edge.child)
    g = local_gradient(e, child, edge.position)
    product: Text = (upstream, " × ", Slot("local", i, "factor"), " = ", Slot("contribution", i))
    local = (f"{local_sign(g)} = ", *local_number(g, i))
    alone = say(lang, "alone", x=parent.name, u=child.name, upstream=upstream, local=local, product=product)
    times = Choose(
        ((Check("two", "parts", i), say(lang, "two times")), (None, say(lang, "many times", n=Slot("parts", i))))
    )
    facts: dict[str, str | Slot | Text] = {"n": Slot("parts", i), "k": Slot("part", i), "product": product}
    facts["use"] = use_text(e, edge, g, lang=lang)
    first = say(lang, "part first", x=parent.name, times=(times,), **facts)
    later = say(lang, "part", sum=_sum_so_far(edges, edge), **facts)
    end = when("zero", "to_come", i, meaning_text(e, parent, lang=lang), say(lang, "unfinished"))
    return (when("one", "parts", i, alone, [when("one", "part", i, first, later)]), end)


def local_number(g: LocalGradient, i: int) -> Text:
    """Return ``c = 3``, or ``1`` where the rule is a number; what tells the number is under a veil."""
    rule: Text = () if is_number(g.rule) else (f"{text(g.rule)} = ",)
    return (Veil("local", i, (*rule, Slot("local", i))),)


def use_text(e: Explanation, edge: Edge, g: LocalGradient, *, lang: str) -> Text:
    """Name one use of a value: ``v``; where v uses it twice, which of the two it is."""
    child, parent = e.forward[edge.child], e.forward[edge.parent]
    if g.operand == parent.name:
        return (child.name,)
    return say(lang, "use", u=child.name, operand=g.operand, formula=text(g.formula))


def _sum_so_far(edges: Sequence[Edge], edge: Edge) -> Text:
    arrived = [use for use in uses(edges, edge.parent) if use.index <= edge.index]
    if len(arrived) > MOST_TERMS:
        return ("… + ", Slot("contribution", edge.index, "factor"), " = ", Slot("total", edge.index))
    total: list[Part] = []
    for use in arrived:
        first: list[Part] = [Slot("contribution", use.index)]
        later: list[Part] = [" + ", Slot("contribution", use.index, "factor")]
        total.append(when("one", "arrives", use.index, [when("one", "part", use.index, first, later)]))
    return (*total, " = ", Slot("total", edge.index))


def meaning_text(e: Explanation, step: Step, *, lang: str) -> Text:
    """Say what a gradient means: what a step of the node, small enough to be straight, does to the output.

    At a kink both slopes are told instead; without a number, why there is none.
    """
    y, x, i = output_name(e), step.name, step.index
    moved: dict[str, str | Slot | Text] = {"x": x, "y": y, "h": Slot("straight_step", i), "change": Slot("change", i)}
    straight = (
        when("zero", "gradient", i, say(lang, "meaning none", x=x, y=y),
             [when("negative", "gradient", i, say(lang, "meaning down", **moved), say(lang, "meaning up", **moved))]),
    )  # fmt: skip
    return (
        Choose(
            (
                (Check("one", "kink", i), _kink(e, step, lang)),
                (Check("nan", "gradient", i), say(lang, "gradient nan")),
                (Check("finite", "gradient", i), (when("zero", "straight_step", i, (), straight),)),
                (None, say(lang, "gradient infinite")),
            )
        ),
    )


def cut_text(e: Explanation, edge: Edge, *, lang: str) -> Text:
    """Say that nothing flows into the branch that was not taken."""
    return say(lang, "cut", u=e.forward[edge.child].name, x=e.forward[edge.parent].name)


def check_text(e: Explanation, inputs: Sequence[Step], *, lang: str) -> Text:
    """Say whether wiggling the inputs measures the same slopes; where not, at which input, and why."""
    said: list[Part] = [when("zero", "differing", 0, say(lang, "slopes agree"), say(lang, "slopes differ"))]
    for step in inputs:
        i, gradient = step.index, Slot("gradient", step.index)
        other = say(lang, "differs", x=step.name, measured=Slot("measured", i), gradient=gradient)
        none = say(lang, "unmeasured", x=step.name, gradient=gradient)
        difference = when("one", "differs", i, [when("finite", "measured", i, other, none)])
        said.append(when("one", "kink", i, _kink(e, step, lang), [difference]))
    return tuple(said)


def _kink(e: Explanation, step: Step, lang: str) -> Text:
    i = step.index
    left, right, gradient = (Slot(table, i) for table in ("slope_below", "slope_above", "gradient"))
    return say(lang, "kink", x=step.name, y=output_name(e), left=left, right=right, gradient=gradient)
