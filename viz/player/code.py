"""The lines of code of each step. They run as they stand, from the first step to the last.

What a line computes stands behind it as a comment; tests execute every line and compare.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, count
from keyword import iskeyword
from unicodedata import normalize

from autograd_lite import Explanation, Expression, Operation, Step, ops, symbol
from autograd_lite.expression import exponent, number

from ..notation import rule_on_symbols
from .decisions import Decisions
from .forward_backward import Edge
from .slots import Choose, Part, Slot, Text, Veil, python_number, say, when

# how the package calls what the table calls otherwise
_CALLS = {"abs": "absolute", "sum": "sum_of", "mean": "mean_of"}
_TAKEN = {*ops.FUNCTIONS, *_CALLS.values(), "Value", "float", "node", "softmax"}
_SIGNS = (ops.add, ops.sub, ops.mul, ops.div, ops.neg, ops.greater, ops.greater_equal, ops.TABLE["pow"])
_CANCELLING = (ops.sinc,)  # whose rule, as it is written, is a difference of equal numbers near 0
_MAY_RAISE = (ops.div, ops.TABLE["pow"])  # on Python's floats, where the engine gives inf or nan


def python_names(e: Explanation) -> tuple[str, ...]:
    """Return a Python identifier for each node, as close to its name as Python allows, each once.

    >>> from autograd_lite import Value, explain
    >>> python_names(explain((Value(1.0, "w₁") + Value(2.0, "class")) * Value(3.0, "x.1")))
    ('w1', 'class_', 'v1', 'x_1', 'y')
    """
    return _identifiers(tuple(step.name for step in e.forward))


@lru_cache(maxsize=64)
def _identifiers(names: tuple[str, ...]) -> tuple[str, ...]:
    found: list[str] = []
    taken = set(_TAKEN)
    for i, name in enumerate(names):
        plain = re.sub(r"\W", "_", normalize("NFKC", name))[:60]
        plain = plain if plain.strip("_") and plain.isidentifier() else f"v_{i}"
        plain += "_" if iskeyword(plain) or plain in taken else ""
        numbered = (f"{plain}_{k}" for k in count(2))
        unique = next(name for name in chain([plain], numbered) if name not in taken)
        taken.add(unique)
        found.append(unique)
    return tuple(found)


def inputs_code(e: Explanation, inputs: Sequence[Step], *, decisions: Decisions, lang: str) -> Text:
    """``from autograd_lite import Value, tanh`` and a line for each input."""
    names = python_names(e)
    used = [op for step in e.forward for op in _operations_of(e, step, decisions)]
    calls = {_CALLS.get(op.name, op.name) for op in used if _is_ours(op) and _is_called(op)}
    own = {op.name for op in used if not _is_ours(op) and exponent(op) is None}
    code: list[Part] = [f"from autograd_lite import {', '.join(['Value', *sorted(calls)])}"]
    for name in sorted(own):
        code += ["\n", *say(lang, "code own", name=_identifier(name))]
    for step in inputs:
        code += [f"\n{names[step.index]} = Value(", Slot("value", step.index, "python"), ")"]
    return tuple(code)


def forward_code(e: Explanation, step: Step, decisions: Decisions) -> Text:
    """``u = c * x   # 6``"""
    assert step.op is not None
    operands = [_operand(e, i, decisions) for i in step.operands]
    if all(e.forward[i].kind == "constant" for i in step.operands):
        operands[0] = symbol(f"Value({_python(operands[0])})")
    written = _python(Expression(step.op, tuple(operands)))
    return (f"{python_names(e)[step.index]} = {written}   # ", Slot("value", step.index, "comment"))


def seed_code(e: Explanation) -> Text:
    """``z.grad = 1``"""
    return (f"{python_names(e)[e.output]}.grad = ", Slot("gradient", e.output, "python"))


def backward_code(e: Explanation, edge: Edge, decisions: Decisions) -> Text:
    """``x.grad += v.grad * d.data   # -4 * -1 = 4``; what tells the local gradient is under a veil.

    Where Python's floats would raise or overflow on the way, the node is asked: it computes as the engine does.
    """
    names, child, i = python_names(e), e.forward[edge.child], edge.index
    arrived = f"{names[edge.child]}.grad"
    asked = f"{names[edge.child]}.local_gradients()[{edge.position}]"
    rule = _rule_on_data(e, child, decisions)[edge.position]
    product = _python(Expression(ops.mul, (symbol(arrived), rule))).removeprefix(f"{arrived} * ")
    shown: Choose | str = asked if child.op in _CANCELLING else product
    may_raise = any(op in _MAY_RAISE or exponent(op) is not None for op in _within(rule))
    if may_raise and shown is product:
        shown = when("tame", "local", i, [product], [asked])
    if may_raise or ops.mul in _within(rule):  # a product may be ∞ · 0, which the engine knows to be 0
        for operand in dict.fromkeys(child.operands):
            shown = when("moderate", "value", operand, [shown], [asked])
    elif rule.name.endswith("′") or rule.name[-2:-1] == "′":
        shown = asked
    comment = (
        "   # ",
        Slot("gradient", edge.child, "comment"),
        " * ",
        Slot("local", i, "comment"),
        " = ",
        Slot("contribution", i, "comment"),
    )
    return (f"{names[edge.parent]}.grad += {arrived} * ", Veil("local", i, (shown,)), *comment)


def cut_code(e: Explanation, edge: Edge, *, lang: str) -> Text:
    """A comment: nothing is computed for a branch not taken."""
    names = python_names(e)
    return say(lang, "code cut", u=names[edge.child], x=names[edge.parent])


def check_code(e: Explanation, inputs: Sequence[Step]) -> Text:
    """Set every gradient to 0 and let ``backward()`` do all of it."""
    names = python_names(e)
    nodes = ", ".join(names[step.index] for step in e.forward if step.kind != "constant")
    seed = "" if e.seed == 1.0 else python_number(e.seed)
    code: list[Part] = [f"for node in [{nodes}]: node.grad = 0\n{names[e.output]}.backward({seed})"]
    for step in inputs:
        code += [f"\n{names[step.index]}.grad   # ", Slot("gradient", step.index, "comment")]
    return tuple(code)


# ---------------------------------------------------------------- formulas as Python


def _operand(e: Explanation, i: int, decisions: Decisions, suffix: str = "") -> Expression:
    step, names = e.forward[i], python_names(e)
    if step.kind != "constant":
        return symbol(names[i] + suffix)
    if i in decisions:
        rule: Expression = decisions[i].evaluate({s.name: symbol(names[s.index] + suffix) for s in e.inputs})
        return rule
    return number(step.value)


def _rule_on_data(e: Explanation, step: Step, decisions: Decisions) -> tuple[Expression, ...]:
    """The local gradients on ``x.data``: what the engine computes."""
    assert step.op is not None
    operands = [_operand(e, i, decisions, ".data") for i in step.operands]
    return rule_on_symbols(step.op, symbol(f"{python_names(e)[step.index]}.data"), operands)


def _operations_of(e: Explanation, step: Step, decisions: Decisions) -> Iterator[Operation]:
    if step.op is not None:
        yield step.op
        for rule in (*_rule_on_data(e, step, decisions), *(decisions[i] for i in step.operands if i in decisions)):
            yield from _within(rule)


def _within(e: Expression) -> Iterator[Operation]:
    if e.op is not None:
        yield e.op
        for operand in e.operands:
            yield from _within(operand)


def _is_ours(op: Operation) -> bool:
    return ops.TABLE.get(op.name) is op or op is ops.polygamma_line


def _is_called(op: Operation) -> bool:
    """Tell whether an operation is written as a call: not between or before its operands."""
    return op not in _SIGNS and exponent(op) is None


def _python(e: Expression) -> str:
    """Print as Python for nodes and numbers alike."""
    return str(_called(e))


def _called(e: Expression) -> Expression:
    """Return the tree with the calls and numbers that Python writes otherwise as names."""
    if e.op is None:
        return e if e.name or e.number - e.number == 0.0 else symbol(python_number(e.number))
    operands = tuple(map(_called, e.operands))
    written = [str(operand) for operand in operands]
    if e.op is ops.TABLE["dot"]:
        n = len(written) // 2
        lists = [_listed(written[:n]), _listed(written[n : 2 * n]), *written[2 * n :]]
        return symbol(f"dot({', '.join(lists)})")
    if e.op.arity < 0 and e.op is not ops.choose and ops.TABLE.get(e.op.name) is e.op:
        return symbol(f"{_CALLS.get(e.op.name, e.op.name)}({_listed(written)})")
    if e.op.name in _CALLS or (_is_called(e.op) and not _is_ours(e.op)):
        return symbol(f"{_CALLS.get(e.op.name) or _identifier(e.op.name)}({', '.join(written)})")
    return Expression(e.op, operands)


def _listed(written: Iterable[str]) -> str:
    return f"[{', '.join(written)}]"


def _identifier(name: str) -> str:
    return _identifiers((name,))[0]
