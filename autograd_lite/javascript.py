"""The table of operations as JavaScript, so that a page can compute again what Python computed.

With this module, one can,

- print a formula as JavaScript: ``javascript(symbol("x") * 2)``;
- emit the lines of the table a graph uses: ``operations_source([(ops.tanh, 1)])``;
- write one operation on operands that are written: ``applied(ops.tanh, ["v[0]"])``, and the ``library`` it calls.

Local gradients are printed from the table's own rules, by running them on symbols; nobody writes
them twice. Value functions are ``Math``'s where it has them, else those of ``operations.js``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from . import ops
from .expression import Expression, exponent, number
from .operation import Operation

_MATH = (
    "exp expm1 log log1p log2 log10 sqrt cbrt sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh "
    "abs sign hypot"
)

# The operations with JavaScript of their own; the others are printed as their definition. `where` takes nan for true,
# as Python does.
VALUES = {
    **{name: f"Math.{name}" for name in _MATH.split()},
    **{name: name for name in ("erf", "erfc", "pow", "sigmoid", "softplus", "logsumexp", "sum", "dot")},
    "greater": "(x, y) => x > y ? 1 : 0",
    "greater_equal": "(x, y) => x >= y ? 1 : 0",
    "equal": "(x, y) => x === y ? 1 : 0",
    "identity": "(x) => x",
    "add": "(x, y) => x + y",
    "sub": "(x, y) => x - y",
    "mul": "(x, y) => x * y",
    "div": "(x, y) => x / y",
    "neg": "(x) => -x",
    "square": "(x) => x * x",
    "fmod": "(x, y) => x % y",
    "rint": "(x) => Math.abs(x) < 2 ** 52 ? Math.sign(x) * (Math.abs(x) + 2 ** 52 - 2 ** 52) : x",
    "relu": "(x) => x > 0 || x !== x ? x : 0",
    "maximum": "(x, y) => x >= y || x !== x ? x : y",
    "minimum": "(x, y) => x <= y || x !== x ? x : y",
    "clip": "(x, low, high) => f.minimum(f.maximum(x, low), high)",
    "where": "(chosen, x, y) => chosen !== 0 ? x : y",
    "logaddexp": "logsumexp",
    "mean": "(...xs) => sum(...xs) / xs.length",
}

# The slopes of ops.py, each under a name of JavaScript's.
SLOPES = {
    "sech²": "sech2",
    "σ′": "logisticDensity",
    "exp(−x²)": "(x) => Math.exp(-x * x)",
    "1−x²": "(x) => (1 - x) * (1 + x)",
    "x/√(x²+y²)": "direction",
    "y·x^(y−1)": "baseSlope",
    "x^y·log(x)": "exponentSlope",
    "bounded": "(x) => f.clip(x, -800, 800)",
    "frozen": "(x) => x",
}
_SLOPE_NAMES = {name: f"slope{i}" for i, name in enumerate(SLOPES)}

_INFIX = {ops.add: "+", ops.sub: "-", ops.mul: "*", ops.div: "/"}


class _Recorded(Expression):
    """A symbol on which slopes stay themselves: what they print for readers meets inf·0 at the ends of the range."""

    __slots__ = ()

    @staticmethod
    def apply_operation(op: Operation, operands: tuple[Any, ...]) -> Expression:
        op.check(operands)
        return _Recorded(op, tuple(x if isinstance(x, Expression) else number(x) for x in operands))


class Untranslatable(ValueError):
    """An operation whose rule cannot be run on symbols, so that no JavaScript can be printed for it."""


def javascript(e: Expression) -> str:
    """Return a formula as a JavaScript expression; functions are looked up in the table ``f``.

    >>> from autograd_lite import symbol
    >>> x = symbol("x")
    >>> javascript(ops.tanh(x) * x - 1)
    '((f.tanh(x) * x) - 1.0)'
    """
    return _Writer().text(e)


class _Writer:
    """Writes expressions that have parts in common: what is met again is written as the constant it was given.

    >>> from autograd_lite import symbol
    >>> t, writer = ops.exp(symbol("x")), _Writer()
    >>> writer.function(["x"], [t * t], "{}")
    '(x) => { const $0 = f.exp(x); return ($0 * $0); }'
    """

    def __init__(self) -> None:
        self._made: dict[int, tuple[Expression, Expression]] = {}  # by id: an expression, and what is written for it
        self._uses: Counter[int] = Counter()
        self._names: dict[int, str] = {}
        self._constants: list[str] = []

    def function(self, names: Sequence[str], results: Sequence[Expression], form: str) -> str:
        """Return a function of names; ``form`` holds a place for its results, one after the other."""
        made = [self._with_own_operations(e) for e in results]
        for e in made:
            self._count(e)
        result = form.format(", ".join([self._shared(e) for e in made]))
        head = f"({', '.join(names)}) =>"
        return f"{head} {{ {' '.join(self._constants)} return {result}; }}" if self._constants else f"{head} {result}"

    def text(self, e: Expression) -> str:
        """Return one expression, its common parts written out."""
        return self._written(self._with_own_operations(e), self.text)

    def _with_own_operations(self, e: Expression) -> Expression:
        """Return ``e`` in operations that JavaScript has; an expression met again gives the one made before."""
        if id(e) not in self._made:
            made = e
            if e.op is not None:
                operands = tuple([self._with_own_operations(operand) for operand in e.operands])
                own = _has_form(e.op)
                made = _Recorded(e.op, operands) if own else self._with_own_operations(_definition(e.op, operands))
            self._made[id(e)] = e, made
            self._made[id(made)] = made, made
        return self._made[id(e)][1]

    def _count(self, e: Expression) -> None:
        self._uses[id(e)] += 1
        if self._uses[id(e)] == 1:
            for operand in e.operands:
                self._count(operand)

    def _shared(self, e: Expression) -> str:
        if id(e) in self._names:
            return self._names[id(e)]
        text = self._written(e, self._shared)
        if e.op is not None and self._uses[id(e)] > 1:
            name = self._names[id(e)] = f"${len(self._constants)}"
            self._constants.append(f"const {name} = {text};")
            return name
        return text

    @staticmethod
    def _written(e: Expression, inner: Callable[[Expression], str]) -> str:
        if e.op is None:
            return e.name or literal(e.number)
        return applied(e.op, [inner(operand) for operand in e.operands])


def applied(op: Operation, operands: Sequence[str]) -> str:
    """Return an operation on operands as a JavaScript expression that binds; functions are looked up in ``f``.

    >>> applied(ops.add, ["x", "f.exp(x)"]), applied(ops.power(1.5), ["x"])
    ('(x + f.exp(x))', 'f.pow(x, 1.5)')

    Raises KeyError for an operation without JavaScript of its own.
    """
    if op in _INFIX:
        return f"({operands[0]} {_INFIX[op]} {operands[1]})"
    if op is ops.neg:
        return f"(-{operands[0]})"
    n = exponent(op)
    if n is not None and n != 2.0:
        return f"f.pow({operands[0]}, {literal(n)})"
    name = op.name if writes(op) else _SLOPE_NAMES[op.name]
    return f"f.{name}({', '.join(operands)})"


def _has_form(op: Operation) -> bool:
    return writes(op) or exponent(op) is not None or ops.SLOPES.get(op.name) is op


def writes(op: Operation) -> bool:
    """Tell whether a line of the table has JavaScript of its own."""
    return op.name in VALUES and ops.TABLE.get(op.name) is op


def operation_source(op: Operation, count: int) -> str:
    """Return ``{value, partials}`` of an operation with ``count`` operands.

    >>> print(operation_source(ops.tanh, 1))
    {value: f.tanh, partials: (out, x) => [f.slope0(x)]}

    Raises Untranslatable for an operation whose rules are not made of operations with JavaScript of their own (a
    rule that calls ``math.exp``, or branches with ``if``).
    """
    names = _operand_names(op, count)
    symbols = tuple(_Recorded(name=name) for name in names)
    if writes(op):
        value = f"f.{op.name}"
    else:
        value = _Writer().function(names, [_definition(op, symbols)], "{}")
    try:
        partials = op.local_gradients(_Recorded(name="out"), *symbols)
        rules = [g if isinstance(g, Expression) else number(g) for g in partials]
        slopes = _Writer().function(("out", *names), rules, "[{}]")
    except (TypeError, ValueError, ArithmeticError, AttributeError) as e:
        raise Untranslatable(f"the local-gradient rule of {op.name!r} cannot be run on symbols: {e}") from None
    return f"{{value: {value}, partials: {slopes}}}"


def operations_source(uses: Iterable[tuple[Operation, int]]) -> str:
    """Return a JavaScript expression: an array with the ``operation_source`` of each use, in order.

    Raises Untranslatable as ``operation_source`` does.
    """
    lines = ",\n".join(f"  {operation_source(op, count)}" for op, count in uses)
    return f"(() => {{\n{library(lines)}\nreturn [\n{lines}\n];\n}})()"


def function_source(e: Expression, names: Iterable[str]) -> str:
    """Return a formula as a JavaScript function of names, complete in itself.

    The names are replaced by ``x0, x1, …``, so any label will do.
    """
    given = {name: _Recorded(name=f"x{i}") for i, name in enumerate(names)}
    function = _Writer().function([x.name for x in given.values()], [e.evaluate(given)], "{}")
    return f"(() => {{\n{library(function)}\nreturn {function};\n}})()"


def library(code: str, also: Mapping[str, str] | None = None) -> str:
    """Return what ``code`` calls: the table ``f`` of value functions by name, after the functions that they call.

    ``also`` are functions by name that are none of an operation.

        >>> print(library("f.exp(x)"))
        const f = {
          exp: Math.exp,
        };
    """
    known = VALUES | {_SLOPE_NAMES[name]: source for name, source in SLOPES.items()} | dict(also or {})
    rows = {name: known[name] for name in _reached(re.findall(r"\bf\.(\w+)", code), known, r"\bf\.(\w+)")}
    helpers = _helpers()
    called = _reached(re.findall(r"\w+", " ".join(rows.values())), helpers, r"\w+(?=\()")
    table = "".join([f"  {name}: {source},\n" for name, source in rows.items()])
    return "".join([*[helpers[name] for name in sorted(called)], f"const f = {{\n{table}}};"])


def _reached(names: Iterable[str], known: Mapping[str, str], mention: str) -> list[str]:
    """Return the names that are known, and those that their texts mention, each once."""
    found: dict[str, None] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in known and name not in found:
            found[name] = None
            waiting += re.findall(mention, known[name])
    return sorted(found)


@cache
def _helpers() -> dict[str, str]:
    """Return the functions of ``operations.js`` by name, each with the comment above it."""
    text = files(__package__).joinpath("operations.js").read_text(encoding="utf-8")
    written = re.findall(r"^((?:/\*\*[^\n]*\n)?function (\w+)\(.*?^}\n)", text, re.MULTILINE | re.DOTALL)
    return {name: f"{function}\n" for function, name in written}


def _operand_names(op: Operation, count: int) -> tuple[str, ...]:
    if op.arity < 0:
        return tuple(f"x{i}" for i in range(1, count + 1))
    return op.operand_names


def _definition(op: Operation, operands: tuple[Expression, ...]) -> Expression:
    """Run the definition of an operation without JavaScript of its own on symbols."""
    n = exponent(op)
    try:
        value = op.definition(*operands) if n is None else ops.TABLE["pow"](*operands, n)
    except (TypeError, ValueError, ArithmeticError, AttributeError) as e:
        raise Untranslatable(f"the value rule of {op.name!r} cannot be run on symbols: {e}") from None
    if isinstance(value, Expression) and (value.op, value.operands) == (op, operands):  # its definition is itself
        raise Untranslatable(f"the operation {op.name!r} has no JavaScript")
    return value if isinstance(value, Expression) else number(value)


def literal(x: float) -> str:
    """Return a number as JavaScript reads it, in parentheses if it has a sign.

    >>> literal(-0.0), literal(float("inf"))
    ('(-0.0)', 'Infinity')
    """
    text = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}.get(repr(x), repr(x))
    return f"({text})" if text.startswith("-") else text
