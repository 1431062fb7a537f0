"""Passes: functions from program to program that compute the same with other operations.

- ``reduce_outputs``: sums or means over the samples become part of the program;
- ``expand``: an operation that a target has no form of its own for becomes those its definition is written in;
- ``lower``: sums, dots and their like become trees of operations with one to three operands;
- ``fuse``: 1/cosh²(x) beside tanh(x) becomes one operation.

Each can be printed before and after. All but the first are a rule for instructions of some operations, of which
``rewrite`` asks; common subexpressions, constants and dead code are taken care of by the ``Builder`` it writes with.
"""

from __future__ import annotations

from collections.abc import Callable

from .. import ops
from .program import PROGRAM_OPERATIONS, Builder, Instruction, Program, batch_sum, broadcast, rewrite, scatter, sech2
from .tracers import Recording


def reduce_outputs(program: Program, reduce: str, *, first: int | None = None) -> Program:
    """Return the program whose ``first`` outputs are the "sum" or the "mean" over the samples; None means all.

    For the mean there is one more input, the last: 1/n for n samples.
    """
    count = ("1/n",) if reduce == "mean" else ()
    builder = Builder([*program.names, *count], [*program.batched, *(False for _ in count)])
    slots = builder.write(program)
    outputs = [slots[i] for i in program.outputs]
    reduced = [builder.emit(batch_sum, (i,)) for i in outputs[:first]]
    if count:
        reduced = [builder.emit(ops.mul, (len(program.names), total)) for total in reduced]
    return builder.program([*reduced, *outputs[len(reduced) :]])


# What every target takes as it is: numbers, what programs add, and the folds, which are written as loops or lowered.
FOLDS = SUM, MEAN, DOT, LOGSUMEXP = tuple(ops.TABLE[name] for name in ("sum", "mean", "dot", "logsumexp"))
# What is a tree of binary operations in its gradients too; not max_of and min_of, where a tie of three is ⅓ each.
TREES = (*FOLDS, ops.TABLE["prod_of"], ops.TABLE["norm_of"])
EVERYWHERE = frozenset({ops.constant, *PROGRAM_OPERATIONS, *FOLDS} - {scatter})


def expand(program: Program, own: Callable[[ops.Operation], bool]) -> Program:
    """Return the program with operations that are not a target's ``own`` replaced by what their definition writes.

    Again and again, until the target's own remain. A definition that cannot be recorded (it calls ``math``, or
    branches) stays; back ends ask it number by number.

        >>> from autograd_lite import Value
        >>> x = Value(1.0, "x")
        >>> print(expand(Program.capture([x], [x.logsigmoid()]), lambda op: op.name in ("neg", "softplus")))
        %0 = x
        %1 = neg(%0)
        %2 = softplus(%1)
        %3 = neg(%2)
        return %3
    """
    primitive: set[ops.Operation] = set()  # what has no definition but itself
    while foreign := {op for op in {i.op for i in program.instructions} - EVERYWHERE - primitive if not own(op)}:

        def rule(builder: Builder, instruction: Instruction) -> int | None:
            op, operands, _ = instruction
            written = Recording(builder).written(op.definition, operands)
            if written is None or builder.find(op, operands) == written[0]:
                primitive.add(op)
                return None
            return written[0]

        program = rewrite(program, rule, foreign)
    return program


def lower(program: Program) -> Program:
    """Return the program in operations of one to three operands: what takes any number becomes a balanced tree.

    Operations that are no ``TREES`` stay as they are.

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
    lowered = {op for op, _, _ in program.instructions}.intersection((*TREES, broadcast))
    return rewrite(program, _lowered, lowered) if lowered else program


def _lowered(builder: Builder, instruction: Instruction) -> int | None:
    op, operands, _ = instruction
    if op is broadcast:
        return operands[0]
    written = Recording(builder).written(op.definition, operands)
    return written[0] if written else None


def fuse(program: Program) -> Program:
    """Return the program with 1/cosh²(x) read off tanh(x), where both are there."""
    has_tanh = any(op is ops.tanh for op, _, _ in program.instructions)
    return rewrite(program, _fused, {ops.square}) if has_tanh else program


def _fused(builder: Builder, instruction: Instruction) -> int | None:
    x = _under_sech2(builder, instruction)
    tanh_x = None if x is None else builder.find(ops.tanh, (x,))
    return None if x is None or tanh_x is None else builder.emit(sech2, (tanh_x, x))


def _under_sech2(builder: Builder, instruction: Instruction) -> int | None:
    """Return x of ``square(1 / cosh(x))``, the slope of tanh, else None."""
    ratio = builder.instruction(instruction.operands[0])
    if ratio is None or ratio.op is not ops.div:
        return None
    one, under = ratio.operands
    cosh = builder.instruction(under)
    return cosh.operands[0] if builder.number(one) == 1.0 and cosh is not None and cosh.op is ops.cosh else None
