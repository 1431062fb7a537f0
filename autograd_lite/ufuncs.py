"""NumPy's functions on nodes: ``np.sin(v)`` is the line ``sin`` of the table.

NumPy hands a call over through ``__array_ufunc__``, which node classes take from here; nothing imports NumPy.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from typing import Any

from . import ops

# NumPy's name for a function where it is not that of the line.
ALIASES: dict[str, Callable[..., Any]] = {
    "arcsin": ops.asin, "arccos": ops.acos, "arctan": ops.atan, "arctan2": ops.atan2,
    "arcsinh": ops.asinh, "arccosh": ops.acosh, "arctanh": ops.atanh,
    "absolute": ops.absolute, "fabs": ops.absolute, "negative": ops.neg,
    "add": ops.add, "subtract": ops.sub, "multiply": ops.mul, "divide": ops.div,
}  # fmt: skip
COMPARISONS: dict[str, Callable[..., Any]] = {
    "less": operator.lt, "less_equal": operator.le, "greater": operator.gt, "greater_equal": operator.ge,
    "equal": operator.eq, "not_equal": operator.ne,
}  # fmt: skip
UFUNCS: dict[str, Callable[..., Any]] = {
    **{name: line for name, line in ops.TABLE.items() if line.arity in (1, 2) and line.partials is not None},
    **ALIASES, **COMPARISONS,
    "power": ops.pow, "float_power": ops.pow,
    "positive": operator.pos, "conjugate": operator.pos,
    "bitwise_and": operator.and_, "bitwise_or": operator.or_, "bitwise_xor": operator.xor,  # of recorded conditions
}  # fmt: skip
# On an array of objects NumPy calls the method of that name of each element, so node classes have these.
METHODS: dict[str, Callable[..., Any]] = {
    **{name: line for name, line in ops.TABLE.items() if line.arity == 1},
    **{name: f for name, f in UFUNCS.items() if name.startswith("arc") or name in ("fabs", "hypot", "conjugate")},
}


def method_of(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make the method that applies ``function`` to self and its arguments."""

    def method(self: Any, *others: Any) -> Any:
        return function(self, *others)

    return method


def array_ufunc(node: Any, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
    """Apply a NumPy function to operands among which ``node`` is; this is ``__array_ufunc__`` of node classes.

    Beside an array it works element by element and gives an array of nodes.

    Raises TypeError, naming the function, if no line of the table is the same.
    """
    function = UFUNCS.get(ufunc.__name__)
    if method != "__call__":
        raise TypeError(
            f"np.{ufunc.__name__}.{method} cannot be recorded: call np.{ufunc.__name__} itself, on arrays of the shape "
            "that comes out, or on objects: np.array(values, dtype=object)"
        )
    if function is None:
        raise TypeError(
            f"np.{ufunc.__name__} has no line in the table of operations (`autograd-lite ops` lists it); "
            "define an Operation, or take the number alone, without gradient: v.data"
        )
    numpy: Any = sys.modules["numpy"]
    shapes = [getattr(x, "shape", ()) for x in inputs]
    if not options and not any(shapes):
        return function(*[x.item() if hasattr(x, "item") else x for x in inputs])
    hidden = [x if hasattr(x, "shape") else numpy.array(x, dtype=object) for x in inputs]  # else NumPy asks again
    if ufunc.__name__ not in COMPARISONS:
        ufunc = numpy.frompyfunc(function, len(inputs), 1)
    return ufunc(*hidden, **options)
