"""Formulas as text: read without ever running them, evaluated on numbers or nodes.

With this module, one can,

- read what a learner typed: ``f = parse("u = c*x; z = tanh(u) + 1")``;
- evaluate it: ``f(c=1.0, x=2.0)``, or differentiate it: ``grad(f)(1.0, 2.0)``;
- build its labelled graph: ``f.graph(c=1, x=2)``.
"""

from __future__ import annotations

import ast
import keyword
import math
import re
import sys
import unicodedata
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from . import ops
from .expression import Expression, is_number, number, symbol
from .hints import did_you_mean, inert
from .ieee import named_number
from .value import Value

MAX_LENGTH, MAX_DEPTH, MAX_NODES = 10_000, 100, 2_000  # far beyond a formula a person reads

_IN_BROWSER = sys.platform == "emscripten"  # where Python ends for good with the little stack that there is
if _IN_BROWSER:
    MAX_NODES = 1_200

CONSTANTS = {"pi": math.pi, "inf": math.inf, "nan": math.nan}


class FormulaError(ValueError):
    """A formula that cannot be read; the message shows the text with ``^`` under the place."""

    def __init__(self, problem: str, text: str, *, line: int = 1, column: int = 0):
        self.problem, self.text, self.line, self.column = problem, text, line, column
        rows = _lines(text)
        row = inert(rows[min(line, len(rows)) - 1])
        start = max(0, column - 60)
        shown = row[start : start + 120]
        # a Chinese character is two columns wide in a terminal
        pad = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in row[start:column])
        super().__init__(f"{inert(problem)}\n  {shown}\n  {' ' * pad}^")


def _lines(text: str) -> list[str]:
    """Split where Python does; every other blank counts as a space, character for character."""
    return text.replace("\r\n", " \n").translate(_BLANKS).split("\n")


_BLANKS = str.maketrans("\r\x85\u2028\u2029\x0b\x0c\x1c\x1d\x1e\t", "\n\n\n\n      ")


@dataclass(frozen=True, slots=True, repr=False)
class Formula:
    """A formula that was read: named steps, the last of which is the output.

    Call it with numbers (in the order of ``inputs`` or by name) to get a number, with Values to
    get a Value; ``graph`` makes the labelled graph.

        >>> f = parse("u = c*x; z = tanh(u) + 1")
        >>> f.inputs
        ('c', 'x')
        >>> f(0.0, x=5.0)
        1.0

    Raises TypeError, naming the input, for one that is missing, unknown, given twice, or no number.
    """

    text: str
    steps: tuple[tuple[str, Expression], ...]
    inputs: tuple[str, ...]
    defaults: Mapping[str, float]

    def __repr__(self) -> str:
        return f"parse({self.text!r})"

    def __call__(self, /, *args: Any, **values: Any) -> Any:
        given = self._bind(args, values)
        result: Any = None
        for name, expression in self.steps:
            result = given[name] = expression.evaluate(given)
        return result

    def graph(self, /, *args: Any, **values: Any) -> Value:
        """Return the output node of a graph whose inputs and named steps carry their names.

        Values may be given for inputs and are used as they are.
        """
        given = {name: x if isinstance(x, Value) else Value(x, name) for name, x in self._bind(args, values).items()}
        result: Any = None
        for name, expression in self.steps:
            result = expression.evaluate(given)
            if not isinstance(result, Value):
                result = Value(result)
            elif result.label or result.op is None or result.op is ops.constant:
                result = ops.identity(result) if name else result  # `v = u`: a second name for u
            if name:
                result.label = name
                given[name] = result
        output: Value = result
        return output

    def _bind(self, args: tuple[Any, ...], values: Mapping[str, Any]) -> dict[str, Any]:
        if len(args) > len(self.inputs):
            raise TypeError(f"the formula has {len(self.inputs)} input(s) ({', '.join(self.inputs)}), got {len(args)}")
        values = {unicodedata.normalize("NFKC", name): x for name, x in values.items()}  # as Python reads names
        given = {**self.defaults, **dict(zip(self.inputs, args)), **values}
        for i, name in enumerate(self.inputs):
            if i < len(args) and name in values:
                raise TypeError(f"{name!r} is given twice, by place and by name")
        for name in values:
            if name not in self.inputs:
                raise TypeError(f"the formula has no input {name!r}{did_you_mean(name, self.inputs)}")
        missing = [name for name in self.inputs if name not in given]
        if missing:
            raise TypeError(
                f"no value for {', '.join(map(repr, missing))}; give {' '.join(f'{name}=…' for name in missing)}"
            )
        return {name: _number_or_node(name, x) for name, x in given.items()}

    def __str__(self) -> str:
        return "; ".join(f"{name} = {e}" if name else str(e) for name, e in self.steps)


def _number_or_node(name: str, x: Any) -> Any:
    return x if hasattr(type(x), "apply_operation") else named_number(name, x)


def parse(text: str, *, functions: Mapping[str, Callable[..., Any]] | None = None) -> Formula:
    """Read a formula: ``[name =] expression`` steps split by ``;`` or line ends, the last is the output.

    Expressions have ``+ - * / **``, parentheses, ``a if c else b``, comparisons, numbers, ``pi``, and
    the functions of the table. A step that is just a number gives an input its default value.
    Every number is a float, so ``9**9**9`` is inf at once. Nothing is ever evaluated as Python.

        >>> print(parse("tanh(w*x + b)"))
        tanh(w * x + b)
        >>> parse("tahn(x)")
        Traceback (most recent call last):
        autograd_lite.formula.FormulaError: unknown function 'tahn'; did you mean 'tanh'?
          tahn(x)
          ^

    ``functions`` adds user-defined operations by name.
    Raises FormulaError with the place of the problem, TypeError unless ``text`` is text and ``functions`` are
    functions by name.
    """
    if not isinstance(text, str):
        raise TypeError(f"parse: the formula must be text, got {type(text).__name__}")
    for name, function in (functions or {}).items():
        if not isinstance(name, str) or not callable(function):
            raise TypeError(f"parse: functions must be functions by name, got {name!r}: {type(function).__name__}")
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"the formula is longer than {MAX_LENGTH} characters", text)
    return _Parser(text, {**ops.FUNCTIONS, **(functions or {})}).formula()


_TYPOGRAPHY = str.maketrans("×·⋅−÷，（）；＝＋\u3000\xa0", "***-/,();=+  ")

_BINARY: dict[type[ast.operator], str] = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div"}
_COMPARE: dict[type[ast.cmpop], tuple[str, bool]] = {  # the operation, and whether the sides are swapped
    ast.Gt: ("greater", False),
    ast.Lt: ("greater", True),
    ast.GtE: ("greater_equal", False),
    ast.LtE: ("greater_equal", True),
    ast.Eq: ("equal", False),
}


_NESTED = f"the formula is nested more than {MAX_DEPTH} levels deep"

# a number, a name (of a call too, but not that of a step), an operator: what the tree has nodes for
_PART = re.compile(
    r"\b\d[\d._]*(?:e[-+]?\d+)?|(?!else\b)\b\w+\b(?!\s*=[^=])|(?<=\))\(|\*\*|[<>=!]=|[-+*/<>]", re.IGNORECASE
)


def _levels(text: str) -> int:
    """Return how deep brackets go in a text, and what takes all that follows it: signs, powers, ``else``."""
    deepest = level = 0
    outer: list[int] = []
    after_operand = False
    for token in re.findall(r"\w+|\*\*|\S", text):
        if token in "([{":
            outer.append(level)
            level += 1
        elif token in ")]}":
            level = outer.pop() if outer else 0
        elif token in ("**", "else", "not", "lambda") or (token in "+-~" and not after_operand):
            level += 1
        elif not token[0].isalnum() and token[0] != "_":
            level = outer[-1] + 1 if outer else 0
        after_operand = token in ")]}" or token[0].isalnum() or token[0] == "_"
        deepest = max(deepest, level)
    return deepest


_NAME = r"(?!(?:if|else|and|or|not|in|is)\b)[^\W\d_]\w*"
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
# what one writes on paper, and what to say of it; none of it is ever a part of what can be read
_ON_PAPER = (
    (rf"([^\W{_RAISED}]+|\))([{_RAISED}]+)", r"write \1**\2"),
    (r"\|([^|]+)\|", r"write abs(\1)"),
    (r"[\w)]!(?!=)", "there is no factorial"),
    (rf"\b({'|'.join(sorted(ops.FUNCTIONS))})\s+({_NAME}|\d[\d.]*)", r"write \1(\2)"),
    (rf"(?i)(?<![\w.])(\d+(?:\.\d*)?)\s*(?!e[-+]?\d|[xbo][\da-f])({_NAME})", r"write \1*\2"),
    (rf"\)\s*({_NAME})", r"write )*\1"),
    (rf"\b({_NAME})\s+({_NAME})", r"write \1*\2"),
)

_RESERVED = frozenset(keyword.kwlist) - {"if", "else", "and", "or", "not", "in", "is", "True", "False", "None"}


class _Parser:
    """From Python's syntax tree, of which only what a formula needs is let through."""

    def __init__(self, text: str, functions: Mapping[str, Callable[..., Any]]):
        self.text, self.functions = text, functions
        # one character for one, so that places in error messages stay right; an indented line is a line
        rows = [line.translate(_TYPOGRAPHY) for line in _lines(text)]
        self.lines = [row.lstrip(" ") for row in rows]
        self.indents = [len(row) - len(line) for row, line in zip(rows, self.lines)]
        self.names: dict[str, None] = {}  # in order of first use
        self.defined: set[str] = set()
        self.readers: dict[type[ast.expr], Callable[[Any, int], Expression]] = {
            ast.Constant: self.literal,
            ast.Name: self.named,
            ast.UnaryOp: self.signed,
            ast.BinOp: self.binary,
            ast.Compare: self.comparison,
            ast.IfExp: self.choice,
            ast.Call: self.call,
        }

    def error(self, problem: str, node: Any = None) -> FormulaError:
        """Make the error; ``ast`` counts columns in UTF-8 bytes, people in characters."""
        if node is None:
            return FormulaError(problem, self.text)
        column = len(self.lines[node.lineno - 1].encode()[: node.col_offset].decode(errors="ignore"))
        return self.error_at(problem, node.lineno, column)

    def error_at(self, problem: str, line: int, column: int) -> FormulaError:
        return FormulaError(problem, self.text, line=line, column=column + self.indents[line - 1])

    def formula(self) -> Formula:
        """formula := step ((";" | newline) step)*;  step := [name "="] expression"""
        body = self.tree().body
        if not body:
            raise self.error("the formula is empty; write one like tanh(w*x + b)")
        steps: dict[str, Expression] = {}
        defaults: dict[str, float] = {}
        for statement in body:
            name, value = self.step(statement)
            expression = self.expression(value, 0)
            if name and (name in steps or name in defaults):
                raise self.error(f"{name!r} is defined twice", statement)
            if name and name in self.names and name not in steps and not is_number(expression):
                raise self.error(f"{name!r} is used before this line defines it", statement)
            if not name and statement is not body[-1]:
                raise self.error("only the last step may go without a name; write u = … here", statement)
            if name and is_number(expression) and statement is not body[-1]:
                defaults[name] = expression.number
                self.names.setdefault(name)
            else:
                steps[name] = expression
            self.defined.add(name)
        if not steps:
            raise self.error("there is no formula after the values")
        inputs = tuple(name for name in self.names if name not in steps)
        return Formula(self.text, tuple(steps.items()), inputs, defaults)

    def tree(self) -> ast.Module:
        """Return Python's tree. How much of a text a Python can read varies; what is said of it comes from the text."""
        text = "\n".join(self.lines)
        if len(_PART.findall(text)) > MAX_NODES:
            raise self.error(f"the formula has more than {MAX_NODES} parts")
        if _IN_BROWSER and _levels(text) > MAX_DEPTH:
            raise self.error(_NESTED)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Python's hints on odd literals, said better below
                return ast.parse(text)
        except SyntaxError as e:
            raise self.error(_NESTED) if _levels(text) > MAX_DEPTH else self.unreadable(e) from None
        except (MemoryError, RecursionError):
            long = "the formula is too long for what the calls around it have left of Python's stack"
            raise self.error(_NESTED if _levels(text) > MAX_DEPTH else long) from None
        except (ValueError, UnicodeError) as e:
            raise self.error(f"cannot read this: {e}") from None

    def unreadable(self, problem: SyntaxError) -> FormulaError:
        """Say what Python could not read, in words of formulas."""
        for row, line in enumerate(self.lines, start=1):
            for word in re.finditer(r"\w+", line):
                if word[0] in _RESERVED:
                    said = f"{word[0]!r} is a word of Python and cannot be a name; call it {word[0]}_"
                    return self.error_at(said, row, word.start())
            for pattern, here in _ON_PAPER:
                if found := re.search(pattern, line):
                    said = unicodedata.normalize("NFKC", found.expand(here))
                    return self.error_at(f"cannot read this; {said}", row, found.start())
        hint = "; write ** for a power" if any("^" in line for line in self.lines) else ""
        line_number = min(max(problem.lineno or 1, 1), len(self.lines))
        column = max((problem.offset or 1) - 1, 0)
        return self.error_at(f"cannot read this: {problem.msg}{hint}", line_number, column)

    def step(self, statement: ast.stmt) -> tuple[str, ast.expr]:
        if isinstance(statement, ast.Expr):
            return "", statement.value
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
            if isinstance(target, ast.Name) and target.id not in CONSTANTS:
                return target.id, statement.value
        raise self.error("expected a step like u = w*x or a last expression", statement)

    def expression(self, node: ast.expr, depth: int) -> Expression:
        """expression := number | name | sign expression | expression operator expression
        | function "(" expression, … ")" | expression "if" expression "else" expression"""
        if depth > MAX_DEPTH:
            raise self.error(_NESTED, node)
        read = self.readers.get(type(node))
        if read is None:
            raise self.error(f"{_KINDS.get(type(node).__name__, 'this')} cannot be used in a formula", node)
        return read(node, depth + 1)

    def literal(self, node: ast.Constant, depth: int) -> Expression:
        if isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
            return number(node.value)
        raise self.error(f"{node.value!r} is not a real number", node)

    def named(self, node: ast.Name, depth: int) -> Expression:
        if node.id in CONSTANTS:
            return number(CONSTANTS[node.id])
        if node.id in self.functions and node.id not in self.defined:
            raise self.error(f"{node.id!r} is a function; write {node.id}(…)", node)
        self.names.setdefault(node.id)
        return symbol(node.id)

    def signed(self, node: ast.UnaryOp, depth: int) -> Expression:
        inner = self.expression(node.operand, depth)
        if isinstance(node.op, ast.UAdd):
            return inner
        if not isinstance(node.op, ast.USub):
            raise self.error("this operator cannot be used in a formula", node)
        literal = isinstance(node.operand, ast.Constant)
        return number(-inner.number) if literal else Expression(ops.neg, (inner,))

    def binary(self, node: ast.BinOp, depth: int) -> Expression:
        """A chain of operators, a + b - c, is long, not nested: its left ends are walked, not descended into."""
        chain = [node]
        while isinstance(node.left, ast.BinOp):
            node = node.left
            chain.append(node)
        x = self.expression(node.left, depth)
        for link in reversed(chain):
            x = self.operation(link, x, self.expression(link.right, depth))
        return x

    def operation(self, node: ast.BinOp, x: Expression, y: Expression) -> Expression:
        if isinstance(node.op, ast.Pow):
            return self.apply("pow", [x, y], node)
        if type(node.op) not in _BINARY:
            hint = "; write ** for a power" if isinstance(node.op, ast.BitXor) else ""
            raise self.error(f"this operator cannot be used in a formula{hint}", node)
        return self.apply(_BINARY[type(node.op)], [x, y], node)

    def comparison(self, node: ast.Compare, depth: int) -> Expression:
        if len(node.ops) != 1 or type(node.ops[0]) not in _COMPARE:
            raise self.error("only one of > >= < <= == can stand between two values", node)
        x, y = self.expression(node.left, depth), self.expression(node.comparators[0], depth)
        name, swapped = _COMPARE[type(node.ops[0])]
        return self.apply(name, [y, x] if swapped else [x, y], node)

    def choice(self, node: ast.IfExp, depth: int) -> Expression:
        return self.apply("where", [self.expression(part, depth) for part in (node.test, node.body, node.orelse)], node)

    def call(self, node: ast.Call, depth: int) -> Expression:
        if not isinstance(node.func, ast.Name):
            is_factor = isinstance(node.func, (ast.BinOp, ast.Constant, ast.UnaryOp))
            hint = "; to multiply, write * before the bracket" if is_factor else ""
            raise self.error(f"only functions of the table can be called{hint}", node)
        name = node.func.id
        if name not in self.functions:
            hint = "; write log(…)" if name == "ln" else did_you_mean(name, self.functions)
            raise self.error(f"unknown function {name!r}{hint}", node)
        if node.keywords or any(isinstance(arg, ast.Starred) for arg in node.args):
            raise self.error(f"{name} takes plain operands: {name}(x, …)", node)
        return self.apply(name, [self.expression(arg, depth) for arg in node.args], node)

    def apply(self, name: str, operands: list[Any], node: ast.expr) -> Expression:
        """Apply a function of the table to trees; a literal exponent makes a constant power."""
        if name == "pow" and len(operands) == 2 and is_number(operands[1]):
            operands[1] = operands[1].number
        try:
            result = self.functions[name](*operands)
        except TypeError as e:
            raise self.error(str(e), node) from None
        return result if isinstance(result, Expression) else number(result)


_KINDS = {
    "Attribute": "a dotted name", "Subscript": "an index", "Lambda": "a function definition", "List": "a list",
    "Tuple": "a comma between values", "JoinedStr": "text", "BoolOp": "and/or",
    "Dict": "a dictionary", "Set": "a set", "ListComp": "a loop", "GeneratorExp": "a loop", "NamedExpr": ":=",
    "Await": "await", "Starred": "a star", "Slice": "a slice",
}  # fmt: skip
