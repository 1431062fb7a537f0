"""What the chain rule writes while a function is recorded, written once although it is recorded twice.

What a derivative becomes depends on nothing but the instructions that are there. So where the second recording has
come to where the first one was, with the same instructions, it copies what was written then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from .program import Builder, Instruction, is_known, variable

X = TypeVar("X")


class Step(NamedTuple):
    """The answer to a question, and the instructions that were written for it after the ``first``."""

    question: Any
    first: int
    written: list[Instruction]
    answer: Any


class Derivations:
    """The derivatives of one recording, of which ``before`` are those of an earlier one.

    >>> from autograd_lite import ops
    >>> def slope(builder):
    ...     return builder.emit(ops.mul, (builder.constant(2.0), 0))
    >>> first, second = Derivations(), Builder(["x"])
    >>> first.of(Builder(["x"]), "slope of x²", slope)
    2
    >>> Derivations(first).of(second, "slope of x²", lambda builder: "not asked")
    2
    >>> print(second.program([2]))
    %0 = x
    %1 = 2
    %2 = %1 × %0
    return %2
    """

    def __init__(self, before: Derivations | None = None):
        self._before, self._steps = before, list[Step]()
        self._instructions: list[Instruction] = []
        self._same = 0  # so many instructions are known to be those of the earlier recording

    def of(self, builder: Builder, question: Any, derive: Callable[[Builder], X]) -> X:
        """Return ``derive(builder)``, or copy what it wrote when this question was asked in the same place before."""
        self._instructions = builder.instructions
        first, known = len(builder.instructions), self._known(question)
        if known is None:
            answer = derive(builder)
        else:
            answer = known.answer
            for instruction in known.written:
                _copy(builder, instruction)
        self._steps.append(Step(question, first, builder.instructions[first:], answer))
        return answer

    def _known(self, question: Any) -> Step | None:
        at, there = len(self._steps), len(self._instructions)
        if self._before is None or at >= len(self._before._steps):
            return None
        step = self._before._steps[at]
        mine, others = self._instructions[self._same : there], self._before._instructions[self._same : step.first]
        if step.question != question or mine != others or not all(is_known(i.op) for i in mine):
            return None  # the rule of an operation of the user's may do something else this time
        self._same = there
        return step


def _copy(builder: Builder, instruction: Instruction) -> None:
    if instruction.op is variable:
        builder.variable(*instruction.operands)
    else:
        builder.copy(instruction)
