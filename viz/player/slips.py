"""The usual slips of backpropagation by hand: the one list that quiz, page and marking read.

A slip is known by its number: it is what a rule gives on numbers of the pass. With this module, one can,

- see what is diagnosed: ``SLIPS``, each with its topic and the kinds of questions it happens in;
- find the slips of a question: ``slips_of(asked)``; their sentences are ``slip NAME`` in ``viz.words``;
- send people on: ``TOPICS`` has the command that practises a topic; its sentence is ``practise TOPIC``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, NamedTuple

from autograd_lite import Explanation, Expression, Step, ops, symbol
from autograd_lite.expression import exponent
from autograd_lite.expression import number as leaf

from ..notation import local_gradient, local_sign, operand_names, output_name, step_formula, text
from ..words import words
from .forward_backward import Edge
from .slots import Numbers, Slot, at

MOST_PARTS = 8  # of a longer sum it is not told which part is missing

Kind = Literal["value", "local", "contribution", "gradient"]


@dataclass(frozen=True)
class Slip:
    """A usual mistake: an answer equal to the ``rule`` on the numbers of ``slots`` is explained by ``said``."""

    name: str
    rule: Expression
    slots: tuple[Slot, ...]
    said: str

    def number(self, numbers: Numbers) -> float:
        """Return the number it leads to."""
        given = {_place(i): at(slot, numbers) for i, slot in enumerate(self.slots)}
        return float(self.rule.evaluate(given))


@dataclass(frozen=True)
class Asked:
    """What a question is about: a step, and of a backward pass the uses of one of its operands."""

    kind: Kind
    e: Explanation
    step: Step  # the operation
    edges: Sequence[Edge] = ()  # all of the pass
    uses: Sequence[Edge] = ()  # the one in question; those of a whole gradient
    lang: str = "en"

    @property
    def edge(self) -> Edge:
        """The first use."""
        return self.uses[0]

    @property
    def names(self) -> dict[str, str]:
        """What sentences have places for: step ``u``, its formula, operand ``x``, their sign, output ``y``."""
        named = {"u": self.step.name, "formula": text(step_formula(self.e, self.step)), "y": output_name(self.e)}
        if self.uses:
            n, g = len(self.uses), local_gradient(self.e, self.step, self.edge.position)
            times = words(self.lang)["two times" if n == 2 else "many times"].format(n=n)
            named |= {"x": self.e.forward[self.edge.parent].name, "sign": local_sign(g), "times": times}
        return named


class Mistaken(NamedTuple):
    """A rule, the numbers it is used on, and the names that stand in its sentence alone."""

    rule: Callable[..., Any]
    slots: Sequence[Slot]
    names: Mapping[str, str] = {}


Find = Callable[[Asked], Iterable[Mistaken]]


class SlipKind(NamedTuple):
    """A line of the list."""

    name: str
    topic: str
    kinds: tuple[Kind, ...]
    find: Find


# what to do about the slips of a topic: arguments of `autograd-lite`
TOPICS = {
    "values": "quiz easy",
    "order": "quiz functions",
    "meaning": "lesson perceptron",
    "rules": "ops",
    "one use": "lesson fan-out",
    "chain": "lesson two-layers",
    "sums": "quiz shared",
    "signs": "quiz medium",
    "rounding": "quiz functions",
}


def _itself(x: Any) -> Any:
    return x


def _opposite(x: Any) -> Any:
    return -x


def _product(x: Any, *others: Any) -> Any:
    return x if not others else x * _product(*others)


def _sum(x: Any, *others: Any) -> Any:
    return x if not others else x + _sum(*others)


# ---------------------------------------------------------------- values


def _operand(q: Asked) -> Iterator[Mistaken]:
    for step in _operands(q):
        yield Mistaken(_itself, [Slot("value", step.index)], {"x": step.name})


def _operands(q: Asked) -> list[Step]:
    return [s for i in dict.fromkeys(q.step.operands) if (s := q.e.forward[i]).kind != "constant"]


_SWAPPED: dict[str, Callable[..., Any]] = {
    "sub": lambda x, y: y - x,
    "div": lambda x, y: y / x,
    "pow": lambda x, y: ops.TABLE["pow"](y, x),
}
# by operation: what is computed in its place
_OTHER: dict[str, Sequence[Callable[..., Any]]] = {
    "add": [lambda x, y: x * y, lambda x, y: x - y],
    "sub": [lambda x, y: x + y],
    "mul": [lambda x, y: x + y],
    "div": [lambda x, y: x * y],
    "pow": [lambda x, y: x * y],
    "square": [lambda x: 2.0 * x],
    "relu": [lambda x: -x],
    "sqrt": [lambda x: x / 2.0],
}
_ANGLES = ("sin", "cos", "tan")
_DEGREE = math.pi / 180.0


def _swapped(q: Asked) -> Iterator[Mistaken]:
    yield from _computed(q, [_SWAPPED[q.step.op.name]] if q.step.op and q.step.op.name in _SWAPPED else [])


def _other_operation(q: Asked) -> Iterator[Mistaken]:
    assert q.step.op is not None
    n = exponent(q.step.op)
    cubed = [lambda x: n * x] if n is not None and q.step.op.name != "square" else []
    yield from _computed(q, [*_OTHER.get(q.step.op.name, []), *cubed])


def _computed(q: Asked, rules: Iterable[Callable[..., Any]]) -> Iterator[Mistaken]:
    names = operand_names(q.e, q.step)
    for rule in rules:
        wrong = text(_formula(rule, [x if isinstance(x, float) else symbol(x) for x in names]))
        yield Mistaken(rule, [Slot("value", i) for i in q.step.operands], {"wrong": wrong})


def _value_in_degrees(q: Asked) -> Iterator[Mistaken]:
    if q.step.op is not None and q.step.op.name in _ANGLES:
        function, (x,) = q.step.op, q.step.operands
        yield Mistaken(lambda a: function(a * _DEGREE), [Slot("value", x)], {"x": q.e.forward[x].name})


# ---------------------------------------------------------------- local gradients

# by operation: other derivatives in place of those by its first and its second operand, from output and operands
_WRONG: dict[str, Sequence[Sequence[Callable[..., Any]]]] = {
    "mul": [[lambda u, x, y: 1.0], [lambda u, x, y: 1.0]],
    "div": [[lambda u, x, y: y], [lambda u, x, y: -(x / y), lambda u, x, y: -(1.0 / ops.square(y))]],
    "pow": [[lambda u, x, y: y * u, lambda u, x, y: y], [lambda u, x, y: y * ops.TABLE["pow"](x, y - 1.0)]],
    "square": [[lambda u, x: 2.0 * u, lambda u, x: 2.0]],
    "sqrt": [[lambda u, x: 1.0 / u, lambda u, x: 2.0 * u]],
    "exp": [[lambda u, x: x * ops.exp(x - 1.0)]],
    "log": [[lambda u, x: 1.0 / u, lambda u, x: ops.exp(x)]],
    "tanh": [[lambda u, x: 1.0 - u, lambda u, x: 1.0 - ops.square(x), lambda u, x: 1.0 + ops.square(u)]],
    "sigmoid": [[lambda u, x: 1.0 - u, lambda u, x: x * (1.0 - x)]],
    "tan": [[lambda u, x: 1.0 / ops.cos(x)]],
}


def _wrong_rule(q: Asked) -> Iterator[Mistaken]:
    op, i = q.step.op, q.edge.position
    assert op is not None
    rules = list(_WRONG.get(op.name, [[]] * 9)[i])
    n = exponent(op)
    if n is not None and op.name != "square":
        rules += [lambda u, x: n * u, lambda u, x: n * x, lambda u, x: n]
    names = [q.step.name, *operand_names(q.e, q.step)]
    for rule in rules:
        wrong = text(_formula(rule, [x if isinstance(x, float) else symbol(x) for x in names]))
        yield Mistaken(rule, [Slot("value", j) for j in (q.step.index, *q.step.operands)], {"wrong": wrong})


def _other_operand(q: Asked) -> Iterator[Mistaken]:
    """Of a product that is the value of the operand, which is told as such."""
    for edge in q.edges if q.step.op is not ops.mul else ():
        if edge.child == q.edge.child and edge.position != q.edge.position:
            names = {"other": local_gradient(q.e, q.step, edge.position).operand}
            yield Mistaken(_itself, [Slot("local", edge.index)], names)


def _upside_down(q: Asked) -> Iterator[Mistaken]:
    yield Mistaken(lambda local: 1.0 / local, [Slot("local", q.edge.index)])


def _rectified(q: Asked) -> Iterator[Mistaken]:
    if q.step.op is ops.TABLE["relu"]:
        yield Mistaken(lambda local: 1.0 - local, [Slot("local", q.edge.index)])


def _local_in_degrees(q: Asked) -> Iterator[Mistaken]:
    if q.step.op is not None and q.step.op.name in _ANGLES:
        function, (x,) = q.step.op, q.step.operands

        def rule(a: Any) -> Any:
            return function.local_gradients(function(a * _DEGREE), a * _DEGREE)[0]

        yield Mistaken(rule, [Slot("value", x)])


# ---------------------------------------------------------------- the chain rule


def _factors(q: Asked) -> list[Slot]:
    return [Slot("gradient", q.edge.child), Slot("local", q.edge.index)]


def _upstream_forgotten(q: Asked) -> Iterator[Mistaken]:
    yield Mistaken(_sum, [Slot("local", use.index) for use in q.uses])


def _one_part(q: Asked) -> Iterator[Mistaken]:
    for use in q.uses:
        yield Mistaken(_itself, [Slot("contribution", use.index)], {"u": q.e.forward[use.child].name})


def _missing_part(q: Asked) -> Iterator[Mistaken]:
    for use in q.uses if 2 < len(q.uses) <= MOST_PARTS else ():
        slots = [Slot("gradient", use.parent), Slot("contribution", use.index)]
        yield Mistaken(lambda total, part: total - part, slots, {"u": q.e.forward[use.child].name})


def _sign_of_a_part(q: Asked) -> Iterator[Mistaken]:
    yield Mistaken(lambda *parts: _sum(*map(abs, parts)), _contributions(q))


def _contributions(q: Asked) -> list[Slot]:
    return [Slot("contribution", use.index) for use in q.uses]


def _slot(table: str, of: Callable[[Edge], int]) -> Find:
    return lambda q: [Mistaken(_itself, [Slot(table, of(q.edge))])]


def _wrong_sign(q: Asked) -> Iterator[Mistaken]:
    yield Mistaken(_opposite, [answer_of(q)])


def answer_of(q: Asked) -> Slot:
    """Return the place of the number that answers a question."""
    if q.kind == "value":
        return Slot("value", q.step.index)
    return Slot(q.kind, q.edge.parent if q.kind == "gradient" else q.edge.index)


# ---------------------------------------------------------------- the list

# of two with the same number the first is told first
SLIPS = (
    SlipKind("operand", "values", ("value",), _operand),
    SlipKind("swapped", "order", ("value",), _swapped),
    SlipKind("operation", "values", ("value",), _other_operation),
    SlipKind("degrees", "values", ("value",), _value_in_degrees),
    SlipKind("all paths", "one use", ("local",), _slot("all_paths", lambda edge: edge.index)),
    SlipKind("value", "meaning", ("local",), _slot("value", lambda edge: edge.parent)),
    SlipKind("child", "meaning", ("local",), _slot("value", lambda edge: edge.child)),
    SlipKind("flow", "one use", ("local",), _slot("contribution", lambda edge: edge.index)),
    SlipKind("other operand", "rules", ("local",), _other_operand),
    SlipKind("rule", "rules", ("local",), _wrong_rule),
    SlipKind("upside down", "rules", ("local",), _upside_down),
    SlipKind("relu", "rules", ("local",), _rectified),
    SlipKind("slope in degrees", "rules", ("local",), _local_in_degrees),
    SlipKind("branch", "sums", ("gradient",), _one_part),
    SlipKind("missing", "sums", ("gradient",), _missing_part),
    SlipKind("parts multiplied", "sums", ("gradient",), lambda q: [Mistaken(_product, _contributions(q))]),
    SlipKind("sign of a part", "signs", ("gradient",), _sign_of_a_part),
    SlipKind("upstream", "chain", ("contribution", "gradient"), _upstream_forgotten),
    SlipKind("arrived", "chain", ("contribution",), _slot("gradient", lambda edge: edge.child)),
    SlipKind("total", "sums", ("contribution",), _slot("total", lambda edge: edge.index)),
    SlipKind("factors added", "chain", ("contribution",), lambda q: [Mistaken(_sum, _factors(q))]),
    SlipKind("no gradient", "meaning", ("contribution", "gradient"), _slot("value", lambda edge: edge.parent)),
    SlipKind("value as factor", "meaning", ("contribution",),
             lambda q: [Mistaken(_product, [Slot("gradient", q.edge.child), Slot("value", q.edge.parent)])]),
    SlipKind("sign", "signs", ("value", "local", "contribution", "gradient"), _wrong_sign),
)  # fmt: skip
# known by how an answer is written, not by a number: too few digits; digits lost on the way
ROUNDED, ROUNDING = "rounded", "rounding"
TOPIC_OF = {**{kind.name: kind.topic for kind in SLIPS}, ROUNDED: "rounding", ROUNDING: "rounding"}


def slips_of(q: Asked) -> tuple[Slip, ...]:
    """Return the slips that can happen in a question, as the list has them."""
    names, said = q.names, words(q.lang)
    return tuple(
        Slip(kind.name, rule, tuple(found.slots), said[f"slip {kind.name}"].format(**{**names, **found.names}))
        for kind in SLIPS
        if q.kind in kind.kinds
        for found in kind.find(q)
        for rule in [_on_slots(found.rule, len(found.slots))]
    )


def _on_slots(rule: Callable[..., Any], count: int) -> Expression:
    return _formula(rule, [symbol(_place(i)) for i in range(count)])


def _formula(rule: Callable[..., Any], operands: Sequence[Any]) -> Expression:
    made = rule(*operands)
    return made if isinstance(made, Expression) else leaf(made)


@cache
def _place(i: int) -> str:
    return f"x{i}"
