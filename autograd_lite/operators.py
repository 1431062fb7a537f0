"""Python's operators, spelled as operations of the table, for symbols and tracers.

``Value`` has its own, tuned for speed; every other operand class inherits these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import ops
from .trees import is_array
from .ufuncs import array_ufunc

Binary = Callable[[Any, Any], Any]


def _binary(function: Binary) -> tuple[Binary, Binary]:
    """Make an operator and its reflected form; beside a NumPy array NumPy goes first, element by element."""

    def method(self: Any, other: Any) -> Any:
        return NotImplemented if is_array(other) else function(self, other)

    def reflected(self: Any, other: Any) -> Any:
        return NotImplemented if is_array(other) else function(other, self)

    return method, reflected


class Operators:
    """A mixin: ``a + b`` is ``ops.add(a, b)``, and so on for each operator."""

    __slots__ = ()
    __array_ufunc__ = array_ufunc

    __add__, __radd__ = _binary(ops.add)
    __sub__, __rsub__ = _binary(ops.sub)
    __mul__, __rmul__ = _binary(ops.mul)
    __truediv__, __rtruediv__ = _binary(ops.div)
    __pow__, __rpow__ = _binary(ops.pow)
    __gt__, __lt__ = _binary(ops.greater)
    __ge__, __le__ = _binary(ops.greater_equal)

    def __neg__(self) -> Any:
        return ops.neg(self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return ops.absolute(self)
