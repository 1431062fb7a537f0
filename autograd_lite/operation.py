"""What a line of the table of operations is, and the tables that lines stand in.

An operation holds a value rule and a local-gradient rule; ``line`` puts one into ``TABLE``, ``slope`` into ``SLOPES``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, overload

from . import specialised
from .ieee import as_number, inf
from .manual import Documentation, OwnSignature
from .signatures import N

Interval = tuple[float, float]
REAL, POSITIVE = (-inf, inf), (0.0, inf)

TABLE: dict[str, Operation] = {}
# Slopes whose derivatives, taken of what they print, would meet inf·0 or lose digits: operations like those of the
# table, with a rule of their own, but without a name to write.
SLOPES: dict[str, Operation] = {}
# The functions a formula or a program may call, by the name a user writes.
FUNCTIONS: dict[str, Callable[..., Any]] = {}


class Operation:
    """One line of the table: a name, a value rule and a local-gradient rule.

    ``value(*operands)`` maps floats to a float; ``partials(out, *operands)`` gives ∂out/∂operand,
    one number for a unary operation, else a tuple. Without ``partials`` the operation is piecewise
    constant and yields plain numbers (a comparison).

    ``symbol`` is how it is written between operands, ``domain`` the open interval of each operand,
    ``kink`` a function of the operands that is zero where the gradient jumps or is infinite,
    ``note`` the convention taken there, ``formula`` the value in words of other operations where
    the name does not say it, ``routes`` says that a zero local gradient cuts the edge. ``definition``
    is the value in operations of the table, where ``value`` itself is not written so: what a back end, an export
    or a page without a form of its own for the operation computes. ``shown`` is a function too: symbols print the
    operation as that, and not by its name. ``arity`` is the number of operands, -1 for any; the rule's own
    parameters tell it, so it must be given only without a rule or with one that is no Python function. ``origin``,
    a function and its arguments, is what pickle makes an operation outside the table from.

        >>> cube = Operation("cube", lambda x: x * x * x, lambda out, x: 3.0 * x * x)
        >>> cube(2.0), cube.local_gradients(8.0, 2.0)
        (8.0, (12.0,))

    Raises TypeError where it is used, naming the rule, if a rule gives no number, or not one gradient
    for each operand.
    """

    __slots__ = (
        "name",
        "value",
        "partials",
        "symbol",
        "domain",
        "kink",
        "note",
        "formula",
        "routes",
        "definition",
        "shown",
        "arity",
        "origin",
        "inline",
        "record",
        "nodes",
        "pull",
        "__weakref__",
    )
    __signature__ = OwnSignature()

    def __init_subclass__(cls) -> None:
        cls.__doc__ = Documentation(cls.__doc__)  # type: ignore[assignment]  # each operation has its own, see below

    def __init__(
        self,
        name: str,
        value: Callable[..., float],
        partials: Callable[..., Any] | None,
        *,
        symbol: str = "",
        domain: Sequence[Interval] = (),
        kink: Callable[..., float] | None = None,
        note: str = "",
        formula: str = "",
        routes: bool = False,
        definition: Callable[..., Any] | None = None,
        shown: Callable[..., Any] | None = None,
        arity: int | None = None,
        origin: tuple[Callable[..., Any], tuple[Any, ...]] | None = None,
    ):
        if not isinstance(name, str):
            raise TypeError(
                f"the name of an operation is text, got {type(name).__name__}: Operation(name, value, rule)"
            )
        if not callable(value):
            raise TypeError(f"the value rule of {name!r} must be a function (*operands), got {type(value).__name__}")
        self.name, self.symbol = name, symbol or name
        self.kink, self.note, self.formula = kink, note, formula
        self.routes, self.origin = routes, origin
        self.definition, self.shown = definition or value, shown
        # A rule `lambda out, x, y` tells the number of operands; `lambda out, *xs` takes any (-1).
        if arity is None:
            code = getattr(partials, "__code__", None)
            if code is None:
                raise TypeError(
                    f"the local-gradient rule of {name!r} must be a Python function (out, *operands), "
                    "or arity= say how many operands there are"
                )
            arity = -1 if code.co_flags & 0x04 else code.co_argcount - 1
        self.arity = arity
        self.value = _giving_one_number(name, value)
        self.partials = None if partials is None else _giving_one_for_each(name, partials, arity)
        self.domain = tuple(domain) or (REAL,) * abs(arity)
        self.inline = False  # the rules may be written out where they are used
        self.record: Any = None  # made by the class of nodes that needs it
        self.nodes: Any = None  # that class, if there is one operand
        self.pull = _first_pull

    @property
    def operand_names(self) -> tuple[str, ...]:
        """The names the rule gives its operands: ``("x", "slope")``; of any number of them ``"x1", "x2"``."""
        if self.partials is None:
            return ("x", "y")[: self.arity]
        rule: Any = getattr(self.partials, "__wrapped__", self.partials)
        names: tuple[str, ...] = rule.__code__.co_varnames[1 : rule.__code__.co_argcount]
        return names if self.arity >= 0 else (*names, "x1", "x2")

    @property
    def source(self) -> str:
        """The functions that record a node and pass its cotangent on, as they were made from the rules.

        >>> cube = Operation("cube", lambda x: x * x * x, lambda out, x: 3.0 * x * x)
        >>> record, pull = cube.source.split("\\n\\n")
        >>> print(pull)
        def pull(node, g):
            dx = partials(node.data, node._x)
            node._left._total += g * dx
        """
        recorded = [specialised.recording(self)[0]] if self.arity in (1, 2) else []
        return "\n".join([*recorded, specialised.pulling(self)[0]]).rstrip()

    @overload
    def __call__(self, *operands: float) -> float: ...
    @overload
    def __call__(self, x: N, /, *operands: N | float) -> N: ...
    @overload
    def __call__(self, x: float, y: N, /, *operands: N | float) -> N: ...
    @overload
    def __call__(self, *operands: Any) -> Any: ...
    def __call__(self, *operands: Any) -> Any:
        """Apply to numbers (giving a float) or to nodes or symbols (giving one of theirs)."""
        if len(operands) == 1 and operands[0].__class__ is self.nodes:
            return self.record(self, operands[0])  # the usual, seen at once
        floats = True
        for operand in operands:
            if operand.__class__ is not float:
                apply = getattr(operand.__class__, "apply_operation", None)
                if apply is not None:
                    return apply(self, operands)
                floats = False
        if len(operands) != self.arity:
            self.check(operands)
        return self.value(*operands) if floats else self.value(*map(as_number, operands))

    def check(self, operands: Sequence[Any]) -> None:
        """Raise TypeError unless the number of operands is right."""
        if len(operands) != self.arity and not (self.arity < 0 and operands):
            needed = "at least one operand" if self.arity < 0 else f"{self.arity} operand(s)"
            raise TypeError(f"{self.name} takes {needed}, got {len(operands)}")

    def local_gradients(self, out: Any, *operands: Any) -> tuple[Any, ...]:
        """Return ∂out/∂operand for every operand, as a tuple also when there is one."""
        if self.partials is None:
            return (0.0,) * len(operands)
        partials = self.partials(out, *operands)
        return (partials,) if self.arity == 1 else partials

    def __repr__(self) -> str:
        return f"<operation {self.name}>"

    def __str__(self) -> str:
        return self.symbol

    def __reduce__(self) -> Any:
        """Pickle by name: a line of the table, or a constant power."""
        if self.origin is not None:
            return self.origin
        if TABLE.get(self.name) is self:
            return operation, (self.name,)
        if SLOPES.get(self.name) is self:
            return _slope_named, (self.name,)
        raise TypeError(
            f"cannot pickle or copy a graph that uses the user-defined operation {self.name!r}; "
            "save the numbers (state_dict, .data) instead"
        )

    def __deepcopy__(self, memo: dict[int, Any]) -> Operation:
        return self  # a rule has no state to share


Operation.__doc__ = Documentation(Operation.__doc__)  # type: ignore[assignment]  # help(tanh) is about tanh


class Choice(Operation):
    """``where``: it refuses what ``~`` makes of a bool, −1 of False and −2 of True, as both count as true."""

    __slots__ = ()

    def __call__(self, *operands: Any) -> Any:
        if operands and operands[0].__class__ is int and operands[0] in (-1, -2):
            raise TypeError(
                f"{self.name}: the condition is {operands[0]}, which is what Python makes of ~True or ~False, and "
                f"counts as true; write {self.name}(condition, b, a) the other way round, or equal(condition, 0)"
            )
        return super().__call__(*operands)


def _first_pull(child: Any, cotangent: float) -> None:
    """Stand in for the ``pull`` of an operation until it is asked for: most of a table never is."""
    op = child.op
    op.pull = specialised.function(*specialised.pulling(op))
    op.pull(child, cotangent)


def operation(name: str) -> Operation:
    """Return the line of the table with that name. Raises KeyError if there is none.

    >>> operation("tanh")
    <operation tanh>
    """
    return TABLE[name]


def _giving_one_number(name: str, value: Callable[..., Any]) -> Callable[..., float]:
    """Hold a value rule to its promise: of numbers, one float. What it makes of tracers or arrays is theirs."""

    @wraps(value)
    def checked(*operands: Any) -> Any:
        out = value(*operands)
        return out if out.__class__ is float else _as_float(f"the value rule of {name!r}", out, operands)

    return checked


def _giving_one_for_each(name: str, partials: Callable[..., Any], arity: int) -> Callable[..., Any]:
    """Hold a local-gradient rule to its promise: one number of one operand, else a tuple of one for each."""

    @wraps(partials)
    def checked(out: Any, *operands: Any) -> Any:
        found, rule = partials(out, *operands), f"the local-gradient rule of {name!r}"
        if arity == 1:
            if isinstance(found, (tuple, list)):
                raise TypeError(f"{rule} must return one number, as there is one operand, got a {type(found).__name__}")
            return found if found.__class__ is float else _as_float(rule, found, (out, *operands))
        if not isinstance(found, (tuple, list)):
            raise TypeError(f"{rule} must return a tuple of {len(operands)} numbers, got {type(found).__name__}")
        if len(found) != len(operands):
            raise TypeError(f"{rule} must return {len(operands)} numbers, one per operand, got {len(found)}")
        return tuple([g if g.__class__ is float else _as_float(rule, g, (out, *operands)) for g in found])

    return checked


def _as_float(rule: str, found: Any, operands: Sequence[Any]) -> Any:
    of_numbers = all(isinstance(x, (int, float)) for x in operands)
    if not of_numbers and found is not None and not isinstance(found, (str, complex)):
        return found  # a node, a symbol, an array
    try:
        return as_number(found)
    except TypeError as problem:
        raise TypeError(f"{rule}, at {operands}: {problem}") from None


def trusted(op: Operation) -> Operation:
    """Return ``op`` without a look at what its rules return: those of ``ops`` are tested, and asked often."""
    op.value = op.value.__wrapped__  # type: ignore[attr-defined]
    op.partials = getattr(op.partials, "__wrapped__", None)
    return op


def slope(name: str, value: Callable[..., float], partials: Callable[..., Any], **facts: Any) -> Operation:
    """Add one slope; ``shown`` is how it prints, and its definition unless there is one."""
    facts.setdefault("definition", facts["shown"])
    SLOPES[name] = added = trusted(Operation(name, value, partials, **facts))
    return added


def _slope_named(name: str) -> Operation:
    return SLOPES[name]


def line(
    name: str,
    value: Callable[..., float],
    partials: Callable[..., Any] | None,
    *,
    kind: type[Operation] = Operation,
    **facts: Any,
) -> Operation:
    """Add one line to the table."""
    TABLE[name] = added = trusted(kind(name, value, partials, **facts))
    added.inline = True
    if added.arity:
        FUNCTIONS[name] = added
    return added
