"""What happens in each step, in one plain sentence that ends in its meaning; English and Chinese.

Every function takes names and numbers and returns text, so that pages, tables and lessons say the
same in the same words.
"""

from __future__ import annotations

from math import isfinite

from autograd_lite import Explanation, Step, Term

from .notation import factor, local_formula, number, step_formula, text
from .words import LANGUAGES as LANGUAGES
from .words import words as words


def inputs_sentence(e: Explanation, *, lang: str = "en") -> str:
    """Say what goes in, and which inputs are used more than once."""
    names = [step.name for step in e.inputs]
    shared = [step.name for step in e.inputs if len(e.uses(step.index)) > 1]
    if lang == "zh":
        said = f"输入：{'、'.join(names) or '无'}。"
        return said + (f"{'、'.join(shared)} 被用了不止一次，留意它的梯度怎样相加。" if shared else "")
    said = f"{len(names)} number{'s' if len(names) != 1 else ''} go{'es' if len(names) == 1 else ''} in. "
    return said + (
        f"{' and '.join(shared)} is used more than once: watch what that does to its gradient." if shared else ""
    )


def forward_sentence(e: Explanation, step: Step, *, lang: str = "en") -> str:
    """Say how a value is computed."""
    formula = text(step_formula(e, step))
    if lang == "zh":
        return f"前向：计算 {step.name} = {formula}，得 {number(step.value)}。"
    return f"Forward: compute {step.name} = {formula}, which is {number(step.value)}."


def seed_sentence(e: Explanation, *, lang: str = "en") -> str:
    """Say where the backward pass begins."""
    y = e.forward[e.output].name
    if lang == "zh":
        return f"反向传播从输出开始：{y} 变化多少，{y} 就变化多少，所以 ∂{y}/∂{y} = {number(e.seed)}。"
    return f"Backward starts at the output: if {y} moves by one, {y} moves by one, so ∂{y}/∂{y} = {number(e.seed)}."


def backward_sentence(e: Explanation, term: Term, *, lang: str = "en") -> str:
    """Say what one edge passes on, how far the sum is, and what the finished gradient means."""
    child, parent = e.forward[term.child], e.forward[term.parent]
    slope = text(local_formula(e, child, term.position))
    written = number(term.local_gradient)
    product = f"{number(term.upstream)} × {factor(term.local_gradient)} = {number(term.contribution)}"
    via = f"{slope} = {written}" if slope != written else written
    if lang == "zh":
        if term.parts == 1:
            said = f"{parent.name} 的梯度：{child.name} 处的上游梯度 {number(term.upstream)}，"
            said += f"乘以局部梯度 {via}：{product}。"
        else:
            said = f"{parent.name} 有 {term.parts} 条去路，梯度要相加。第 {term.part} 份经过 {child.name}：{product}。"
            said += f"到此合计 {_sum_so_far(e, term)}。" if term.part > 1 else ""
            said += "还没加完。" if term.part < term.parts else ""
    elif term.parts == 1:
        said = f"Gradient of {parent.name}: what arrives at {child.name} ({number(term.upstream)}) times its slope "
        said += f"with respect to {parent.name} ({via}): {product}."
    else:
        said = f"{parent.name} is used {term.parts} times, so its gradient is a sum. " if term.part == 1 else ""
        said += f"Part {term.part} of {term.parts}, through {child.name}: {product}."
        said += f" Now add: {_sum_so_far(e, term)}." if term.part > 1 else ""
        said += " Not finished yet." if term.part < term.parts else ""
    return said + (meaning(e, parent, lang=lang) if term.part == term.parts else "")


def _sum_so_far(e: Explanation, term: Term) -> str:
    arrived = e.uses(term.parent)[: term.part]
    return " + ".join([number(arrived[0].contribution), *(factor(t.contribution) for t in arrived[1:])]) + (
        f" = {number(term.total)}"
    )


def meaning(e: Explanation, step: Step, *, lang: str = "en") -> str:
    """Say what a gradient means: what a small change of the node does to the output."""
    gradient, y = e.gradients[step.index], e.forward[e.output].name
    if not isfinite(gradient):
        return ""
    size = 0.1 if abs(step.value) >= 0.01 else 0.001
    change = gradient * size
    if lang == "zh":
        if change == 0:
            return f"意思是：{step.name} 稍稍变化，{y} 几乎不变。"
        verb = "增加" if change > 0 else "减少"
        return f"意思是：{step.name} 增加 {number(size)}，{y} 大约{verb} {number(abs(change))}。"
    if change == 0:
        return f" Meaning: a small change of {step.name} leaves {y} as it is."
    return f" Meaning: raise {step.name} by {number(size)} and {y} changes by about {number(change)}."


def check_sentence(*, agrees: bool, lang: str = "en") -> str:
    """Say whether wiggling the inputs measures the same slopes."""
    if lang == "zh":
        return "把每个输入轻轻拨动，量出的斜率与梯度" + (
            "一致。" if agrees else "不一致：这里是折点，或者超出了定义域。"
        )
    if agrees:
        return "Wiggle each input a little and measure: the slopes agree. One backward pass gave all of them at once."
    return "Wiggle each input a little and measure: the slopes differ; this is a kink or the edge of the domain."
