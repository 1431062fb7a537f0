"""Symbols: trees of operations that print themselves, and print any rule of the table.

With this module, one can,

- write a formula with names in place of numbers: ``tanh(symbol("w") * symbol("x"))``;
- print the local gradients of an operation, by giving its rule symbols: ``formulas(tanh, "x")``;
- evaluate a tree on numbers, nodes or other trees: ``e.evaluate({"x": 2.0})``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import ops
from .operators import Operators
from .ops import Operation


@dataclass(frozen=True, slots=True)
class Expression(Operators):
    """A symbolic scalar: an operation on expressions, or a name, or a number.

    >>> x = symbol("x")
    >>> print(x * x + 1)
    x * x + 1
    """

    op: Operation | None = None
    operands: tuple[Expression, ...] = ()
    name: str = ""
    number: float = 0.0

    @staticmethod
    def apply_operation(op: Operation, operands: tuple[Any, ...]) -> Expression:
        """Build the tree ``op(operands)``; plain numbers become number leaves."""
        op.check(operands)
        if op.shown is not None:
            return op.shown(*operands)  # type: ignore[no-any-return]
        return Expression(op, tuple(x if isinstance(x, Expression) else number(x) for x in operands))

    def __bool__(self) -> bool:
        raise TypeError(f"the condition {self} has no truth value yet; choose with where(condition, a, b)")

    def evaluate(self, values: Mapping[str, Any]) -> Any:
        """Return the value where every name is looked up in ``values`` (numbers, nodes or symbols)."""

        def value(e: Expression, operands: Sequence[Any]) -> Any:
            if e.op is not None:
                return e.op(*operands)
            return values[e.name] if e.name else e.number

        return fold(self, value)

    def __str__(self) -> str:
        return _print(self)


def fold(e: Expression, combine: Callable[[Expression, Sequence[Any]], Any]) -> Any:
    """Return ``combine(tree, results of its operands)``, worked out from the leaves up.

    Without recursion: a sum of a thousand terms is a tree a thousand deep.

        >>> x = symbol("x")
        >>> fold(x * x + 1, lambda tree, depths: 1 + max(depths, default=0))
        3
    """
    results: list[Any] = []
    stack = [(e, False)]
    while stack:
        tree, operands_done = stack.pop()
        if operands_done or not tree.operands:
            first = len(results) - len(tree.operands)
            results[first:] = [combine(tree, results[first:])]
        else:
            stack.append((tree, True))
            stack += [(operand, False) for operand in reversed(tree.operands)]
    return results[0]


def symbol(name: str) -> Expression:
    """Return the expression that is just a name.

    >>> print(-symbol("x"))
    -x

    Raises TypeError for what is no text.
    """
    if not isinstance(name, str):
        raise TypeError(f"the name of a symbol is text, got {type(name).__name__}")
    return Expression(name=name)


def number(x: Any) -> Expression:
    """Return the expression that is just a number. Raises TypeError if it is none."""
    return Expression(number=ops.as_number(x))


def formulas(op: Operation, *names: str, out: str = "") -> tuple[Expression, ...]:
    """Return ∂out/∂operand as expressions, by giving the rule symbols in place of numbers.

    >>> print(*formulas(ops.div, "x", "y"), sep=", ")
    1 / y, -(x / y / y)
    >>> print(*formulas(ops.exp, "x", out="y"))
    y

    Where the rule uses the output, it is spelled out, unless ``out`` names it. Raises TypeError if ``op`` is no
    operation.
    """
    if not isinstance(op, Operation):
        raise TypeError(f"formulas are of an operation, such as TABLE['tanh'], got {type(op).__name__}")
    operands = [symbol(name) for name in names]
    result = symbol(out) if out else op(*operands)
    rule = op.local_gradients(result, *operands)
    return tuple(simplified(g) if isinstance(g, Expression) else number(g) for g in rule)


def simplified(e: Expression) -> Expression:
    """Return ``e`` without factors of 1, terms of 0 and double signs; for reading, not for computing.

    >>> x = symbol("x")
    >>> print(simplified(1 * x + 0))
    x
    """
    result: Expression = fold(e, _simplified)
    return result


def _simplified(e: Expression, simpler: Sequence[Expression]) -> Expression:
    if e.op is None:
        return e
    operands = tuple(simpler)
    first, second = (*operands, None)[:2]
    zero, one = number(0), number(1)
    if e.op is ops.mul and zero in operands:
        return zero
    if e.op is ops.mul and one in operands:
        return operands[1 - operands.index(one)]
    if e.op is ops.add and zero in operands:
        return operands[1 - operands.index(zero)]
    if e.op in (ops.sub, ops.div) and second == (zero if e.op is ops.sub else one):
        return operands[0]
    if e.op is ops.neg and first is not None:
        if first.op is ops.neg:
            return first.operands[0]
        if is_number(first):
            return number(-first.number)
    if e.op in (ops.add, ops.sub, ops.mul) and all(map(is_number, operands)):
        return number(e.op(*(x.number for x in operands)))
    if e.op.origin == (ops.power, (1.0,)):
        return operands[0]
    return Expression(e.op, operands)


def is_number(e: Expression) -> bool:
    """Tell whether ``e`` is a number leaf."""
    return e.op is None and not e.name


# ---------------------------------------------------------------- printing

_INFIX = {  # operation: (precedence, text); what binds tighter has the higher number
    ops.greater: (1, " > "), ops.greater_equal: (1, " >= "),
    ops.add: (2, " + "), ops.sub: (2, " - "), ops.mul: (3, " * "), ops.div: (3, " / "),
}  # fmt: skip
_NEGATION, _POWER, _ATOM = 4, 5, 6


def exponent(op: Operation) -> float | None:
    """Return n when ``op`` is the constant power xⁿ, else None.

    >>> exponent(ops.square), exponent(ops.power(0.5)), exponent(ops.exp)
    (2.0, 0.5, None)
    """
    if op is ops.square:
        return 2.0
    return op.origin[1][0] if op.origin is not None and op.origin[0] is ops.power else None


def digits(x: float) -> str:
    """Return the shortest text that reads back as ``x``, without a trailing ``.0``.

    >>> digits(2.0), digits(0.1)
    ('2', '0.1')
    """
    whole = x - x == 0.0 and x == int(x) and abs(x) < 1e15 and (x != 0.0 or math.copysign(1.0, x) > 0.0)
    return str(int(x)) if whole else repr(x)


Printed = tuple[int, str]  # how tightly the text binds, and the text


def _print(e: Expression) -> str:
    """Print as text that ``parse`` reads back to the same tree."""
    text: str = fold(e, _printed)[1]
    return text


def _within(printed: Printed, context: int) -> str:
    precedence, text = printed
    return f"({text})" if precedence < context else text


def _printed(e: Expression, operands: Sequence[Printed]) -> Printed:
    if e.op is None:
        text = e.name or digits(e.number)
        return (_NEGATION if text.startswith("-") and not e.name else _ATOM), text
    if e.op in _INFIX:
        precedence, sign = _INFIX[e.op]
        left, right = operands
        return precedence, _within(left, precedence + (precedence == 1)) + sign + _within(right, precedence + 1)
    if e.op is ops.neg and not is_number(e.operands[0]):
        return _NEGATION, "-" + _within(operands[0], _NEGATION)
    n = exponent(e.op)
    if n is not None:
        return _POWER, _within(operands[0], _ATOM) + "**" + (digits(n) if n >= 0 else f"({digits(n)})")
    if e.op is ops.TABLE["pow"] and not is_number(e.operands[1]):
        return _POWER, _within(operands[0], _ATOM) + "**" + _within(operands[1], _NEGATION)
    return _ATOM, f"{e.op.name}({', '.join(text for _, text in operands)})"
