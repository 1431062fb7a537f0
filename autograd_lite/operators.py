"""Python's operators, spelled as operations of the table, for symbols and tracers.

``Value`` has its own, tuned for speed; every other operand class inherits these.
"""

from __future__ import annotations

from typing import Any

from . import ops


class Operators:
    """A mixin: ``a + b`` is ``ops.add(a, b)``, and so on for each operator."""

    __slots__ = ()

    def __add__(self, other: Any) -> Any:
        return ops.add(self, other)

    def __radd__(self, other: Any) -> Any:
        return ops.add(other, self)

    def __sub__(self, other: Any) -> Any:
        return ops.sub(self, other)

    def __rsub__(self, other: Any) -> Any:
        return ops.sub(other, self)

    def __mul__(self, other: Any) -> Any:
        return ops.mul(self, other)

    def __rmul__(self, other: Any) -> Any:
        return ops.mul(other, self)

    def __truediv__(self, other: Any) -> Any:
        return ops.div(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return ops.div(other, self)

    def __pow__(self, other: Any) -> Any:
        return ops.pow(self, other)

    def __rpow__(self, other: Any) -> Any:
        return ops.pow(other, self)

    def __neg__(self) -> Any:
        return ops.neg(self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return ops.absolute(self)

    def __gt__(self, other: Any) -> Any:
        return ops.greater(self, other)

    def __lt__(self, other: Any) -> Any:
        return ops.greater(other, self)

    def __ge__(self, other: Any) -> Any:
        return ops.greater_equal(self, other)

    def __le__(self, other: Any) -> Any:
        return ops.greater_equal(other, self)
