"""Passes: functions from program to program that compute the same with other operations.

- ``reduce_outputs``: sums or means over the samples become part of the program;
- ``expand``: an operation of the user's own becomes the operations its value is written in;
- ``lower``: sums, dots and their like become trees of operations with one to three operands;
- ``fuse``: 1/cosh²(x) beside tanh(x) becomes one operation.

Each can be printed before and after. All but the first are a rule for one instruction, of which ``rewrite`` asks for
every one; common subexpressions, constants and dead code are taken care of by the ``Builder`` it writes with.
"""

from __future__ import annotations

from collections.abc import Sequence

from .. import ops
from .capture import Recording
from .program import Builder, Instruction, Program, batch_sum, broadcast, rewrite, sech2


def reduce_outputs(program: Program, reduce: str, *, first: int | None = None) -> Program:
    """Return the program whose ``first`` outputs are the "sum" or the "mean" over the samples; None means all.

    For the mean there is one more input, the last: 1/n for n samples.
    """
    one_more = reduce == "mean"
    builder = Builder([*program.names, *["1/n"][:one_more]], [*program.batched, *[False][:one_more]])
    slots = builder.write(program)
    outputs = [slots[i] for i in program.outputs]
    reduced = [builder.emit(batch_sum, (i,)) for i in outputs[:first]]
    if reduce == "mean":
        reduced = [builder.emit(ops.mul, (len(program.names), total)) for total in reduced]
    return builder.program([*reduced, *outputs[len(reduced) :]])


def expand(program: Program) -> Program:
    """Return the program with operations that are not in the table replaced by what their value rule writes.

    A rule that cannot be recorded (it calls ``math``, or branches) stays; back ends ask it number by number.
    """

    def rule(builder: Builder, instruction: Instruction) -> int | None:
        if is_known(instruction.op):
            return None
        written = Recording(builder).written(instruction.op.definition, instruction.operands)
        return None if written is None else written[0]

    return program if all(is_known(op) for op, _, _ in program.instructions) else rewrite(program, rule)


def is_known(op: ops.Operation) -> bool:
    """Tell whether an operation is of the table, a constant power, or one that programs add."""
    return ops.TABLE.get(op.name) is op or op.origin is not None


def lower(program: Program) -> Program:
    """Return the program in operations of one to three operands: what takes any number becomes a balanced tree.

    >>> from autograd_lite import Value, sum_of
    >>> a, b, c = (Value(1.0, name) for name in "abc")
    >>> print(lower(Program.capture([a, b, c], [sum_of([a, b, c])])))
    %0 = a
    %1 = b
    %2 = c
    %3 = %0 + %1
    %4 = %3 + %2
    return %4
    """
    if all(op.arity >= 0 and op is not broadcast for op, _, _ in program.instructions):
        return program
    return rewrite(program, _lowered)


def _lowered(builder: Builder, instruction: Instruction) -> int | None:
    op, operands, _ = instruction
    n = len(operands)
    if op is broadcast:
        return operands[0]
    if op.arity >= 0 or not is_known(op):  # a user's operation on any number of operands is no sum
        return None
    if op is ops.TABLE["dot"]:
        products = [builder.emit(ops.mul, pair) for pair in zip(operands[: n // 2], operands[n // 2 : n // 2 * 2])]
        return _tree(builder, ops.add, [*products, *operands[n // 2 * 2 :]])
    if op is ops.TABLE["logsumexp"]:
        return _tree(builder, ops.TABLE["logaddexp"], operands)
    total = _tree(builder, ops.add, operands)
    return builder.emit(ops.div, (total, builder.constant(float(n)))) if op is ops.TABLE["mean"] else total


def _tree(builder: Builder, op: ops.Operation, slots: Sequence[int]) -> int:
    """Write ``op`` over many slots as a tree of least depth."""
    while len(slots) > 1:
        pairs = [builder.emit(op, (slots[i], slots[i + 1])) for i in range(0, len(slots) - 1, 2)]
        slots = pairs if len(slots) % 2 == 0 else [*pairs, slots[-1]]
    return slots[0]


def fuse(program: Program) -> Program:
    """Return the program with 1/cosh²(x) read off tanh(x), where both are there."""
    return rewrite(program, _fused) if any(op is ops.tanh for op, _, _ in program.instructions) else program


def _fused(builder: Builder, instruction: Instruction) -> int | None:
    x = _under_sech2(builder, instruction)
    tanh_x = None if x is None else builder.find(ops.tanh, (x,))
    return None if x is None or tanh_x is None else builder.emit(sech2, (tanh_x, x))


def _under_sech2(builder: Builder, instruction: Instruction) -> int | None:
    """Return x of ``square(1 / cosh(x))``, the slope of tanh, else None."""
    if instruction.op is not ops.square:
        return None
    ratio = builder.instruction(instruction.operands[0])
    if ratio is None or ratio.op is not ops.div:
        return None
    one, under = ratio.operands
    cosh = builder.instruction(under)
    return cosh.operands[0] if builder.number(one) == 1.0 and cosh is not None and cosh.op is ops.cosh else None
