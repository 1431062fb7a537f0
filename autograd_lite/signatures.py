"""What type checkers are told of functions of numbers: numbers in, a number out; a node among them, a node out.

A node is what takes part in the recording of an operation, of whatever class: a Value, a symbol, a tracer. So nothing
here knows the classes. What is neither number nor node (an array, a name without a type) gives Any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar, cast, overload


class Node(Protocol):
    """Whatever an operation leaves itself to, when it finds one among its operands."""

    @staticmethod
    def apply_operation(op: Any, operands: tuple[Any, ...], /) -> Any:
        """Do the operation."""


N = TypeVar("N", bound=Node)
T = TypeVar("T")


class OfMany(Protocol):
    """A function of as many numbers as one likes: ``max_of(xs)``."""

    @overload  # of a list of floats the first is taken, though it fits the second too
    def __call__(self, xs: Iterable[float]) -> float: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, xs: Iterable[N | float]) -> N: ...
    @overload
    def __call__(self, xs: Iterable[Any]) -> Any: ...


def of_many(f: Callable[[Iterable[Any]], Any]) -> OfMany:
    """Tell checkers that ``f`` is a function of many numbers."""
    return cast(OfMany, f)


class Gradient(Protocol):
    """∂f/∂x of the first argument, in its structure."""

    @overload
    def __call__(self, x: float, /, *others: Any, **named: Any) -> float: ...
    @overload
    def __call__(self, x: T, /, *others: Any, **named: Any) -> T: ...


class ValueAndGradient(Protocol):
    """The value of f, and ∂f/∂x of the first argument in its structure."""

    @overload
    def __call__(self, x: float, /, *others: Any, **named: Any) -> tuple[float, float]: ...
    @overload
    def __call__(self, x: T, /, *others: Any, **named: Any) -> tuple[Any, T]: ...
