"""What ``help`` and ``inspect`` say of an operation: made from its line in the table, when somebody asks."""

from __future__ import annotations

import inspect
from typing import Any

from .ieee import inf


class Documentation:
    """The ``__doc__`` of a class, and of each instance one of its own."""

    def __init__(self, of_class: str | None):
        self.of_class = of_class

    def __get__(self, op: Any, owner: type) -> str | None:
        return self.of_class if op is None else documentation(op)


class OwnSignature:
    """The ``__signature__`` of each instance: the operands of its rule. The class has that of its ``__init__``."""

    def __get__(self, op: Any, owner: type) -> inspect.Signature:
        if op is None:
            raise AttributeError("__signature__")
        kind = inspect.Parameter
        if op.arity < 0:
            return inspect.Signature([kind("operands", kind.VAR_POSITIONAL)])
        return inspect.Signature([kind(name, kind.POSITIONAL_ONLY) for name in op.operand_names])


def documentation(op: Any) -> str:
    """Return what an operation is: its formula, its domain, the convention where it has a kink, and an example.

    >>> from autograd_lite import relu
    >>> documentation(relu).splitlines()[:3]
    ['relu(x) = max(x, 0)', '', 'Domain: all numbers. Convention: gradient 0 at 0.']
    """
    names = op.operand_names
    written = f"{op.name}({', '.join(names)}{', …' if op.arity < 0 else ''})"
    facts = f"Domain: {_domain(op)}." + (f" Convention: {op.note}." if op.note else "")
    return "\n".join([f"{written} = {op.formula}" if op.formula else written, "", facts, "", *_example(op)])


def _domain(op: Any) -> str:
    bounds = [(name, low, high) for name, (low, high) in zip(op.operand_names, op.domain) if low > -inf]
    parts = [f"{name} > {low:g}" if high == inf else f"{low:g} < {name} < {high:g}" for name, low, high in bounds]
    return ", ".join(parts) or "all numbers"


def _example(op: Any) -> list[str]:
    """Return a call with numbers of the domain, and one with Values, as Python prints what they give."""
    xs = (1.0, 0.5, 2.0) if op.arity < 0 else tuple([max(low, 0.0) + 0.5 for low, _ in op.domain])
    out = op.value(*xs)
    example = [f">>> {op.name}({', '.join(map(repr, xs))})", repr(out)]
    if op.partials is not None:
        values = ", ".join([f"Value({x!r})" for x in xs])
        example += [f">>> {op.name}({values}).local_gradients()", repr(op.local_gradients(out, *xs))]
    return example
