"""Functions made once for each operation: one that records a node, one that passes its cotangent to its operands.

What a node keeps, and what the chain rule does with it, is the same for all operations; only the arithmetic differs. So
both functions are templates into which the rule of the operation is written, as ``dataclasses`` writes ``__init__``:
nothing is then looked up, packed into a tuple or called for a node that a few lines of Python could not do at once.
An operation shows them as its ``source``:

    >>> from autograd_lite import ops
    >>> print(ops.mul.source)
    def record(self, other):
        x = self.data
        if other.__class__ is Value:
            y = other.data
        elif other.__class__ is float:
            y, other = other, a_number
        else:
            other, y = operand(other)
            if other is None:
                return NotImplemented
        data = x * y
        node = new(Value)
        node.data = data
        node.grad = 0.0
        node.op = op
        node._total = None
        node._left = self
        node._right = other
        node._x = x
        node._y = y
        if inside:
            note(node)
        return node
    <BLANKLINE>
    def pull(node, g):
        node._left._total += g * node._y
        node._right._total += g * node._x

The place of an operand that is a plain number is held by the leaf ``a_number``, which takes what nobody asks for.

The rule is not written twice: a line of the table is run on ``Written`` operands, and prints itself. What takes the
number itself, a branch or a function of ``math``, is called, and so are the rules of a user's own operation. What is
written out is what the rule does where Python raises nothing; where it raises, the rule itself is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from textwrap import indent
from types import CodeType
from typing import Any, NoReturn

LONGEST = 60  # characters of a rule that is written out; a longer one repeats parts that the rule computes once

Names = dict[str, Any]  # what a source calls things that are not its own


# ---------------------------------------------------------------- rules that print themselves


class Written:
    """An operand that writes what is done with it as Python; ``names`` collects what is called.

    >>> x, y = Written("x", {}), Written("y", {})
    >>> print(-(x / y) * 2.0)
    (-(x / y)) * 2.0

    Raises TypeError for whatever needs the number, and for what becomes too long.
    """

    __slots__ = ("text", "names", "computed")

    def __init__(self, text: str, names: Names, *, computed: bool = False):
        if len(text) > LONGEST:
            raise TypeError(f"too long to be written out: {text}")
        self.text, self.names, self.computed = text, names, computed

    def __str__(self) -> str:
        return self.text

    @staticmethod
    def apply_operation(op: Any, operands: Sequence[Any]) -> Any:
        """Write ``op`` out, if nothing is computed twice by that, else as a call."""
        try:
            if not any("(" in _within(x) for x in operands):
                return op.value(*operands)
        except TypeError:
            pass  # its rule needs numbers
        names = next(x.names for x in operands if isinstance(x, Written))
        return Written(f"{_name_of(op, names)}({', '.join(map(_text, operands))})", names)

    def __add__(self, other: Any) -> Written:
        return _joined(self, "+", other)

    def __radd__(self, other: Any) -> Written:
        return _joined(other, "+", self)

    def __sub__(self, other: Any) -> Written:
        return _joined(self, "-", other)

    def __rsub__(self, other: Any) -> Written:
        return _joined(other, "-", self)

    def __mul__(self, other: Any) -> Written:
        return _joined(self, "*", other)

    def __rmul__(self, other: Any) -> Written:
        return _joined(other, "*", self)

    def __truediv__(self, other: Any) -> Written:
        return _joined(self, "/", other)

    def __rtruediv__(self, other: Any) -> Written:
        return _joined(other, "/", self)

    def __neg__(self) -> Written:
        return Written(f"-{_within(self)}", self.names, computed=True)

    def __bool__(self) -> NoReturn:
        raise TypeError(f"{self.text} has no truth value: it is being written")

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError(f"{self.text} is equal to nothing: it is being written")

    __hash__ = None  # type: ignore[assignment]


def _joined(left: Any, sign: str, right: Any) -> Written:
    names = left.names if isinstance(left, Written) else right.names
    return Written(f"{_within(left)} {sign} {_within(right)}", names, computed=True)


def _within(x: Any) -> str:
    """Return the text of an operand, in brackets if it has to be."""
    text = _text(x)
    return f"({text})" if text.startswith("-") or (isinstance(x, Written) and x.computed) else text


def _text(x: Any) -> str:
    """Return what is written, or a number, as Python."""
    if isinstance(x, Written):
        return x.text
    if x.__class__ is not float or x - x != 0.0:
        raise TypeError(f"{x!r} is no number that could be written")
    return repr(x)


def _name_of(op: Any, names: Names) -> str:
    """Return a name for the value rule of an operation, whose own may be no identifier, as σ′ is none."""
    name = ""
    for letter in op.name:
        name += letter if (name + letter).isidentifier() else ""
    name = name or "rule"
    while names.setdefault(name, op.value) is not op.value:
        name += "_"
    return name


def _written(rule: Callable[..., Any], operands: Sequence[str], names: Names) -> tuple[Any, ...] | None:
    """Return what a rule makes of operands with these texts; None if it is to be called."""
    try:
        found = rule(*[Written(text, names) for text in operands])
    except TypeError:
        return None
    return found if isinstance(found, tuple) else (found,)


def _attempt(targets: str, text: str, called: str, raised: str = "ZeroDivisionError") -> str:
    """Return the lines that set ``targets``; the rule is asked where what is written out raises."""
    if text == called or (raised == "ZeroDivisionError" and "/" not in text):
        return f"    {targets} = {text}\n"
    return f"    try:\n        {targets} = {text}\n    except {raised}:\n        {targets} = {called}\n"


# ---------------------------------------------------------------- recording

_UNARY = """\
def record({self}):
    x = self.data
{compute}\
    node = new(Value)
    node.data = data
    node.grad = 0.0
    node.op = op
    node._total = None
    node._left = self
    node._right = None
    node._x = x
    if inside:
        note(node)
    return node
"""
_BINARY = """\
def record({self}, other):
    {own} = self.data
    if other.__class__ is Value:
        {its} = other.data
    elif other.__class__ is float:
        {its}, other = other, a_number
    else:
        other, {its} = operand(other)
        if other is None:
            return NotImplemented
{compute}\
    node = new(Value)
    node.data = data
    node.grad = 0.0
    node.op = op
    node._total = None
    node._left = {left}
    node._right = {right}
    node._x = x
    node._y = y
    if inside:
        note(node)
    return node
"""
_AS_WRITTEN = {"own": "x", "its": "y", "left": "self", "right": "other"}
_REFLECTED = {"own": "y", "its": "x", "left": "other", "right": "self"}


def recording(op: Any, *, reflected: bool = False, method: bool = True) -> tuple[str, Names]:
    """Return the source of the method that records an operation of one or two operands, and what its names mean.

    The module of ``Value`` knows the others: ``Value``, ``a_number``, ``operand``, ``new``, ``inside`` and ``note``.
    In the ``reflected`` form self is the second operand. What is no ``method`` is given the operation first: kept by
    the operation, it would else be in a cycle with it.
    """
    names: Names = {"value": op.value, **({"op": op} if method else {})}
    called = "value(x)" if op.arity == 1 else "value(x, y)"
    if hasattr(op.value, "plain"):
        names["plain"] = op.value.plain
        compute = _attempt("data", called.replace("value", "plain"), called, "(OverflowError, ValueError)")
    else:
        written = _written(op.value, ["x", "y"][: op.arity], names) if op.inline else None
        compute = _attempt("data", _text(written[0]) if written else called, called)
    head = "self" if method else "op, self"
    if op.arity == 1:
        return _UNARY.format(self=head, compute=compute), names
    return _BINARY.format(self=head, compute=compute, **(_REFLECTED if reflected else _AS_WRITTEN)), names


# ---------------------------------------------------------------- pulling

_PULL_ONE = """\
def pull(node, g):
{compute}\
    node._left._total += {0}
"""
_PULL_TWO = """\
def pull(node, g):
{compute}\
    node._left._total += {0}
    node._right._total += {1}
"""
_PULL_MANY = """\
def pull(node, g):
    for operand, slope in zip(node._right, partials(node.data, *node._y)):
        operand._total += g * slope
"""
_PULL_WHERE_TAKEN = """\
def pull(node, g):
    for operand, slope in zip({0}, node.local_gradients()):
        if slope != 0.0:
            operand._total += g * slope
"""
_PULL_NOTHING = """\
def pull(node, g):
    pass
"""


def pulling(op: Any) -> tuple[str, Names]:
    """Return the source of the function that passes the cotangent ``g`` of a node on, and what its names mean."""
    if op.partials is None:
        return _PULL_NOTHING, {}
    if op.routes:
        return _PULL_WHERE_TAKEN.format(
            {1: "[node._left]", 2: "(node._left, node._right)"}.get(op.arity, "node._right")
        ), {}
    names: Names = {"partials": op.partials}
    if op.arity not in (1, 2):
        return _PULL_MANY, names
    operands = ["node.data", "node._x", "node._y"][: op.arity + 1]
    slopes = _written(op.partials, operands, names) if op.inline else None
    compute = ""
    if slopes is None or any("/" in _text(slope) for slope in slopes):
        targets, called = ", ".join(["dx", "dy"][: op.arity]), f"partials({', '.join(operands)})"
        compute = _attempt(targets, ", ".join(map(_text, slopes)) if slopes else called, called)
        slopes = tuple([Written(target, names) for target in targets.split(", ")])
    passed = ["g" if slope.__class__ is float and slope == 1.0 else f"g * {_within(slope)}" for slope in slopes]
    return (_PULL_ONE if op.arity == 1 else _PULL_TWO).format(*passed, compute=compute), names


# ---------------------------------------------------------------- functions of sources


def function(source: str, names: Names, within: Names | None = None) -> Callable[..., Any]:
    """Return the function a source defines; ``names`` are its own, what it finds besides is in the module ``within``.

    >>> function("def twice(x):\\n    return two * x\\n", {"two": 2})(4)
    8
    """
    space: Names = {}
    exec(_code(source, tuple(names)), {} if within is None else within, space)
    made: Callable[..., Any] = space["make"](**names)
    return made


@lru_cache(maxsize=256)
def _code(source: str, names: Sequence[str]) -> CodeType:
    """Return the code that makes functions of one source: they share it, and keep what their names mean in cells."""
    name = source[len("def ") : source.index("(")]
    text = f"def make({', '.join(names)}):\n{indent(source, '    ')}    return {name}\n"
    return compile(text, "<specialised by autograd_lite>", "exec")
