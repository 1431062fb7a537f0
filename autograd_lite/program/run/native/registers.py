"""The rules of the table run on registers: what they compute on numbers, they write as machine code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .... import ops
from ....operators import Operators
from ....ops import Operation
from .body import Body
from .functions import emit_operation, emit_pair, writes


class Register(Operators):
    """The name of a value in a function body, with the arithmetic of a number.

    >>> b = Body(8)
    >>> y = ops.tanh(Register(b, "%x") * 2.0)
    >>> print(b.text())
      %t1 = fmul <8 x double> %x, splat (double 0x4000000000000000)
      %t2 = call <8 x double> @al_tanh_v8(<8 x double> %t1)
    """

    __slots__ = ("body", "name")

    def __init__(self, body: Body, name: str):
        self.body, self.name = body, name

    @staticmethod
    def apply_operation(op: Operation, operands: tuple[Any, ...]) -> Register:
        """Write ``op`` on registers and numbers."""
        op.check(operands)
        body: Body = next(x.body for x in operands if isinstance(x, Register))
        registers = [x if isinstance(x, Register) else _constant(body, x) for x in operands]
        return value(body, op, registers)

    def __bool__(self) -> bool:
        raise TypeError("a rule that branches on its operands has no machine code")


def _constant(body: Body, x: Any) -> Register:
    return Register(body, body.splat(ops.as_number(x)))


def value(body: Body, op: Operation, operands: Sequence[Register]) -> Register:
    """Write the value of an operation; one of the user's own by running its value rule.

    Raises TypeError if that rule needs numbers.
    """
    if writes(op):
        return Register(body, emit_operation(body, op, [x.name for x in operands]))
    result = op.definition(*operands)
    return result if isinstance(result, Register) else _constant(body, result)


def value_and_local_gradients(
    body: Body, op: Operation, operands: Sequence[Register]
) -> tuple[Register, list[Register | float]]:
    """Write value and local gradients; a local gradient that is the same number everywhere stays a number."""
    if op in (ops.sin, ops.cos, ops.tanh):
        pair = "tanh_sech2" if op is ops.tanh else "sincos"
        first, second = [Register(body, name) for name in emit_pair(body, pair, operands[0].name)]
        return (second, [-first]) if op is ops.cos else (first, [second])
    out = value(body, op, operands)
    local_gradients = op.local_gradients(out, *operands)
    return out, [x if isinstance(x, Register) else ops.as_number(x) for x in local_gradients]
