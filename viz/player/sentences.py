"""One plain sentence a step, with slots for its numbers; in the words of ``viz.sentences``.

Filled with the numbers of the pass it was made from, each text is that of ``viz.sentences`` (tests
hold them together); filled with others, its choices follow them.
"""

from __future__ import annotations

from collections.abc import Sequence

from autograd_lite import Explanation, Step
from autograd_lite.symbolic import is_number

from ..notation import local_formula, step_formula, text
from ..sentences import check_sentence, words
from .passes import Edge, uses
from .slots import Check, Choose, Part, Slot, Text, when


def forward_text(e: Explanation, step: Step, *, lang: str) -> Text:
    """Say how a value is computed."""
    formula, value = text(step_formula(e, step)), Slot("v", step.index)
    if lang == "zh":
        return (f"前向：计算 {step.name} = {formula}，得 ", value, "。")
    return (f"Forward: compute {step.name} = {formula}, which is ", value, ".")


def seed_text(e: Explanation, *, lang: str) -> Text:
    """Say where the backward pass begins."""
    y, seed = e.forward[e.output].name, Slot("g", e.output)
    if lang == "zh":
        return (f"反向传播从输出开始：{y} 变化多少，{y} 就变化多少，所以 ∂{y}/∂{y} = ", seed, "。")
    return (f"Backward starts at the output: if {y} moves by one, {y} moves by one, so ∂{y}/∂{y} = ", seed, ".")


def backward_text(e: Explanation, edges: Sequence[Edge], edge: Edge, *, lang: str) -> Text:
    """Say what one edge passes on, how far the sum is, and what the finished gradient means."""
    child, parent = e.forward[edge.child], e.forward[edge.parent]
    i, upstream = edge.index, Slot("g", edge.child)
    product: list[Part] = [upstream, " × ", Slot("l", i, "("), " = ", Slot("c", i)]
    rule = local_formula(e, child, edge.position)
    via: list[Part] = [*([] if is_number(rule) else [f"{text(rule)} = "]), Slot("l", i)]
    so_far = _sum_so_far(edges, edge)
    alone: list[Part]
    if lang == "zh":
        alone = [f"{parent.name} 的梯度：{child.name} 处的上游梯度 ", upstream, "，乘以局部梯度 ", *via, "："]
        alone += [*product, "。"]
        part: list[Part] = [f"{parent.name} 有 ", Slot("n", i), " 条去路，梯度要相加。第 ", Slot("k", i)]
        part += [f" 份经过 {child.name}：", *product, "。"]
        part.append(when("one", "k", i, [], ["到此合计 ", *so_far, "。"]))
        unfinished = "还没加完。"
    else:
        alone = [f"Gradient of {parent.name}: what arrives at {child.name} (", upstream, ") times its slope "]
        alone += [f"with respect to {parent.name} (", *via, "): ", *product, "."]
        used: list[Part] = [f"{parent.name} is used ", Slot("n", i), " times, so its gradient is a sum. "]
        part = [when("one", "k", i, used), "Part ", Slot("k", i), " of ", Slot("n", i)]
        part += [f", through {child.name}: ", *product, "."]
        part.append(when("one", "k", i, [], [" Now add: ", *so_far, "."]))
        unfinished = " Not finished yet."
    end = when("zero", "r", i, meaning_text(e, parent, lang=lang), [unfinished])
    return (when("one", "n", i, alone, part), end)


def _sum_so_far(edges: Sequence[Edge], edge: Edge) -> list[Part]:
    total: list[Part] = []
    for use in uses(edges, edge.parent):
        if use.index <= edge.index:
            first: list[Part] = [Slot("c", use.index)]
            later: list[Part] = [" + ", Slot("c", use.index, "(")]
            total.append(when("one", "a", use.index, [when("one", "k", use.index, first, later)]))
    return [*total, " = ", Slot("t", edge.index)]


def meaning_text(e: Explanation, step: Step, *, lang: str) -> Text:
    """Say what a gradient means: what a small change of the node does to the output."""
    y, i = e.forward[e.output].name, step.index

    def change(size: float, shown: str) -> Text:
        if lang == "zh":
            verb = when("negative", "g", i, ["减少"], ["增加"])
            return (f"意思是：{step.name} 增加 {shown}，{y} 大约", verb, " ", Slot("g", i, "|", size), "。")
        return (f" Meaning: raise {step.name} by {shown} and {y} changes by about ", Slot("g", i, "", size), ".")

    none = f"意思是：{step.name} 稍稍变化，{y} 几乎不变。"
    if lang == "en":
        none = f" Meaning: a small change of {step.name} leaves {y} as it is."
    sized = when("small", "v", i, change(0.001, "0.001"), change(0.1, "0.1"))
    return (Choose(((Check("zero", "g", i), (none,)), (Check("finite", "g", i), (sized,)))),)


def cut_text(e: Explanation, edge: Edge, *, lang: str) -> Text:
    """Say that nothing flows into the branch that was not taken."""
    child, parent = e.forward[edge.child].name, e.forward[edge.parent].name
    if lang == "zh":
        return (f"{child} 没有选 {parent} 这条路，所以没有梯度流向它。",)
    return (f"{child} did not choose {parent}, so nothing flows back to it.",)


def check_text(*, lang: str) -> Text:
    """Say whether wiggling the inputs measures the same slopes."""
    return (when("zero", "o", 0, [check_sentence(agrees=True, lang=lang)], [check_sentence(agrees=False, lang=lang)]),)


def local_word(lang: str) -> str:
    """Return what a local gradient is called."""
    return words(lang)["local gradient"]
