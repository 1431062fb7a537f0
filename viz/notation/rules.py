"""The rules of local gradients as formulas: the textbook's, or the operation's own run on symbols."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from autograd_lite import Expression, Step, ops
from autograd_lite.expression import number as leaf
from autograd_lite.expression import simplified, symbol


@lru_cache(maxsize=4096)
def own_rule(op: ops.Operation, out: str, names: tuple[str | float, ...]) -> tuple[Expression, ...]:
    """Return the local gradients of an operation on names, made by its own rule."""
    return rule_on_symbols(op, symbol(out), _leaves(names))


def _leaves(names: Sequence[str | float]) -> list[Expression]:
    return [leaf(name) if isinstance(name, float) else symbol(name) for name in names]


def rule_on_symbols(
    op: ops.Operation, out: Expression, operands: Sequence[Expression | float]
) -> tuple[Expression, ...]:
    """Return the local gradients of an operation as formulas, made by its own rule.

    A rule of the user's own that calls ``math`` or branches runs on numbers alone; its formulas are
    then names: ``cube′``.
    """
    try:
        rule = op.local_gradients(out, *operands)
    except (TypeError, ValueError, AttributeError):
        return tuple(symbol(f"{op.name}′{k if len(operands) > 1 else ''}") for k in range(1, len(operands) + 1))
    return tuple(simplified(g) if isinstance(g, Expression) else leaf(g) for g in rule)


# Where the table's own rule is written to keep its digits.
_TEXTBOOK: dict[ops.Operation, Callable[..., tuple[Any, ...]]] = {
    ops.div: lambda out, x, y: (1.0 / y, -(x / ops.square(y))),
    ops.TABLE["pow"]: lambda out, x, y: (y * x ** (y - 1.0), out * ops.log(x)),
    ops.sqrt: lambda out, x: (1.0 / (2.0 * out),),
    ops.exp2: lambda out, x: (out * ops.log(leaf(2.0)),),
    ops.log2: lambda out, x: (1.0 / (x * ops.log(leaf(2.0))),),
    ops.log10: lambda out, x: (1.0 / (x * ops.log(leaf(10.0))),),
    ops.asin: lambda out, x: (1.0 / ops.sqrt(1.0 - ops.square(x)),),
    ops.acos: lambda out, x: (-(1.0 / ops.sqrt(1.0 - ops.square(x))),),
    ops.tanh: lambda out, x: (1.0 - ops.square(out),),
    ops.asinh: lambda out, x: (1.0 / ops.sqrt(ops.square(x) + 1.0),),
    ops.acosh: lambda out, x: (1.0 / ops.sqrt(ops.square(x) - 1.0),),
    ops.atanh: lambda out, x: (1.0 / (1.0 - ops.square(x)),),
    ops.atan2: lambda out, x, y: (
        y / (ops.square(x) + ops.square(y)),
        -(x / (ops.square(x) + ops.square(y))),
    ),
    ops.hypot: lambda out, x, y: (x / out, y / out),
    ops.sigmoid: lambda out, x: (out * (1.0 - out),),
    ops.TABLE["silu"]: lambda out, x: (ops.sigmoid(x) + out * (1.0 - ops.sigmoid(x)),),
    ops.TABLE["mish"]: lambda out, x: (
        ops.tanh(ops.softplus(x)) + x * (1.0 - ops.square(ops.tanh(ops.softplus(x)))) * ops.sigmoid(x),
    ),
    ops.where: lambda out, chosen, x, y: (leaf(0.0), chosen, 1.0 - chosen),
}


@lru_cache(maxsize=4096)
def textbook_rule(op: ops.Operation, out: str, names: tuple[str | float, ...]) -> tuple[Expression, ...]:
    """Return the local gradients of an operation on names, as textbooks write them."""
    return tuple(map(simplified, _TEXTBOOK[op](symbol(out), *_leaves(names))))


def rule(op: ops.Operation, out: str, names: tuple[str | float, ...]) -> tuple[Expression, ...]:
    """Return the local gradients on names: as textbooks write them where they have a form of their own.

    >>> str(rule(ops.tanh, "h", ("z",))[0]), str(rule(ops.sin, "h", ("z",))[0])
    ('1 - h**2', 'cos(z)')
    """
    return (textbook_rule if op in _TEXTBOOK else own_rule)(op, out, names)


def holds(write: Callable[..., tuple[Expression, ...]], step: Step, position: int) -> bool:
    """Tell whether ``write`` has a form of the local gradient that gives the number of this pass."""
    assert step.op is not None
    if write is textbook_rule and step.op not in _TEXTBOOK:
        return False
    places = tuple(f"x{i}" for i in range(len(step.numbers)))
    form = write(step.op, "out", places)[position]
    if form.name.startswith(f"{step.op.name}′"):
        return False
    found = form.evaluate({**dict(zip(places, step.numbers)), "out": step.value})
    truth = step.op.local_gradients(step.value, *step.numbers)[position]
    return bool(found == truth or abs(found - truth) <= 1e-9 * abs(truth) or (found != found and truth != truth))
