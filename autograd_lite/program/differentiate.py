"""The chain rule from program to program: the gradients are more instructions.

The local gradients come from the table: each rule is run on tracers, so it writes its own formula into
the program. The result is a straight-line program like any other: it can be printed, simplified,
exported, compiled, and differentiated again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from .. import ops
from ..ops import Operation
from .capture import Recording
from .program import Builder, Instruction, Program, batch_sum


def differentiate(
    program: Program,
    wrt: Sequence[int],
    *,
    first: int | None = None,
    inverse_count: int | None = None,
    each_sample: bool = False,
) -> Program:
    """Return the program that also computes ∂(Σ outputs)/∂slot for every slot of ``wrt``.

    The sum is over the ``first`` outputs; None means all. The outputs are those of ``program``, then the
    gradients. A gradient with respect to a shared input is summed over the samples. ``inverse_count`` is the
    input that holds 1/n, if there is one (see ``passes.reduce_outputs``): n times it is 1. With
    ``each_sample`` an output that is the same for all samples counts once for each.

        >>> from autograd_lite import Value
        >>> x, y = Value(3.0, "x"), Value(2.0, "y")
        >>> print(differentiate(Program.capture([x, y], [x * y + y]), [0, 1]))
        %0 = x
        %1 = y
        %2 = %0 × %1
        %3 = %2 + %1
        %4 = 1
        %5 = sum(%4, %0)
        return %3, %1, %5
    """
    builder = Builder(program.names, program.batched)
    slots = builder.write(program)
    outputs = [slots[i] for i in program.outputs]
    # the forward part in its own numbering, as the builder may have merged or folded some of it
    forward = Program(program.names, program.batched, tuple(builder.instructions), tuple(outputs))
    gradients = _Backward(builder, forward, [slots[i] for i in wrt], inverse_count)
    for output in outputs[:first]:
        gradients.add(output, gradients.one, gradients.batched[output] or not each_sample)
    gradients.run()
    return builder.program([*outputs, *(gradients.total(slots[i]) for i in wrt)])


class _Backward:
    """Pulls cotangents back through the forward part, writing them as instructions."""

    def __init__(self, builder: Builder, forward: Program, wrt: Sequence[int], inverse_count: int | None):
        self.inverse_count = inverse_count
        self.builder, self.forward, self.recording = builder, forward, Recording(builder)
        self.batched = forward.batched_slots()
        self.active = _depends_on(forward, wrt)
        self.one, self.zero = builder.constant(1.0), builder.constant(0.0)
        # contributions that are one number for all samples already, and those to be summed over the samples
        self.contributions: list[list[int]] = [[] for _ in self.batched]
        self.per_sample: list[list[int]] = [[] for _ in self.batched]
        # for every slot the conditions of which one holds where a contribution arrives, be it zero
        self.reached: list[list[int]] = [[] for _ in self.batched]

    def add(self, slot: int, contribution: int, same_samples: bool, reached: int | None = None) -> None:
        """Add a contribution to the cotangent of ``slot``; ``same_samples``: no sum over samples is due.

        ``reached`` is the condition under which it arrives; None means always.
        """
        (self.contributions if same_samples else self.per_sample)[slot].append(contribution)
        reached = self.one if reached is None else reached
        if not same_samples and reached != self.one:  # any sample will do
            reached = self.builder.emit(batch_sum, (self._where(reached, self.one, self.zero),))
        self.reached[slot].append(reached)

    def _where(self, condition: int, x: int, y: int) -> int:
        return self.builder.emit(ops.where, (condition, x, y))

    def _any(self, conditions: Sequence[int]) -> int:
        """Return the condition that one of ``conditions`` holds."""
        if self.one in conditions:
            return self.one
        first, *others = dict.fromkeys(conditions)
        for other in others:
            first = self._where(first, first, other)
        return first

    def total(self, slot: int) -> int:
        """Return the slot of the whole cotangent; 0 where nothing arrived."""
        parts = self.contributions[slot]
        if self.per_sample[slot]:
            per_sample = self._sum(self.per_sample[slot])
            is_one = per_sample == self.inverse_count  # n times 1/n
            parts = [*parts, self.one if is_one else self.builder.emit(batch_sum, (per_sample,))]
        return self._sum(parts) if parts else self.zero

    def _sum(self, parts: Sequence[int]) -> int:
        return parts[0] if len(parts) == 1 else self.builder.emit(ops.TABLE["sum"], tuple(parts))

    def run(self) -> None:
        n = len(self.forward.names)
        for slot in range(len(self.batched) - 1, n - 1, -1):
            if self.active[slot] and (self.contributions[slot] or self.per_sample[slot]):
                self._pull(slot, self.forward.instructions[slot - n], self.total(slot))

    def _pull(self, slot: int, instruction: Instruction, cotangent: int) -> None:
        """Pass cotangent × local gradient to every operand, where the slot is reached and the edge is not cut.

        Elsewhere nothing passes: nothing times inf is nothing, while a cotangent of zero times inf is nan.
        """
        op, reached = instruction.op, self._any(self.reached[slot])
        if op is batch_sum:  # each sample counts once: of a shared operand, n times
            (x,) = instruction.operands
            self.add(x, cotangent, self.batched[x], reached)
            return
        for operand, local in zip(instruction.operands, self._local_gradients(slot, instruction)):
            # as reverse.cut, but of slots: a comparison has no edges in a graph of Values, here it has cut ones
            is_cut = self.builder.number(local) == 0.0 and (op.routes or op.partials is None)
            if self.active[operand] and not is_cut:
                passes = self._where(reached, local, self.zero) if op.routes else reached
                contribution = self._contribution(op, cotangent, local, passes)
                self.add(operand, contribution, self.batched[operand] or not self.batched[slot], passes)

    def _contribution(self, op: Operation, cotangent: int, local: int, passes: int) -> int:
        """Return cotangent × local gradient, and zero unless the condition holds under which it passes."""
        number = self.builder.number(local)
        if op is ops.where:
            contribution = cotangent
        elif number == -1.0:
            contribution = self.builder.emit(ops.neg, (cotangent,))
        else:
            contribution = self.builder.emit(ops.mul, (cotangent, local))
        if not op.routes and number is not None and math.isfinite(number):
            return contribution  # a finite number times nothing is nothing
        return self._where(passes, contribution, self.zero)

    def _local_gradients(self, slot: int, instruction: Instruction) -> list[int]:
        """Return the slots of ∂slot/∂operand, by running the rule of the table on tracers."""
        op, operands = instruction.op, (slot, *instruction.operands)
        written = self.recording.written(op.local_gradients, operands)
        if written is not None:
            return written
        # a rule of the user's own that needs numbers: each local gradient is an operation, asked by number
        return [
            self.builder.emit(_local_gradient(op, i, len(operands)), operands) for i in range(len(instruction.operands))
        ]


@lru_cache(maxsize=256)
def _local_gradient(op: Operation, i: int, arity: int) -> Operation:
    return Operation(
        f"∂{op.name}/∂{i + 1}", lambda out, *operands: op.local_gradients(out, *operands)[i], None, arity=arity
    )


def _depends_on(program: Program, slots: Sequence[int]) -> list[bool]:
    """Tell for every slot whether it is one of ``slots`` or computed from one."""
    wanted = set(slots)
    active = [i in wanted for i in range(len(program.names))]
    for i, instruction in enumerate(program.instructions, start=len(active)):
        active.append(i in wanted or any(active[j] for j in instruction.operands))
    return active
