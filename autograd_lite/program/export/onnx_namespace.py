"""An Array API namespace that writes ONNX nodes: the vector forms of the operations, run on it, write their graph.

onnxruntime has no float64 kernel for tan, the inverse trigonometric and hyperbolic functions, sinh, cosh,
erf and softplus (as of 1.32), nor for cos (as of 1.23, the last for Python 3.10); ONNX itself has no log1p,
expm1, atan2 and hypot. They are composed here of those that run: the four operations, exp, log, sqrt, sin, tanh
and where.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import Any

from ...extras import needs

with needs("onnx", "to_onnx"):
    from onnx import TensorProto as TensorProto
    from onnx import helper as helper

OPSET, IR_VERSION = 17, 8  # onnxruntime 1.12 and later


class Graph:
    """Nodes and constants as they are written; names of both start with _, which no input's does."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._known: dict[Any, str] = {}
        self._n = 0

    def name(self) -> str:
        """Return a new name."""
        self._n += 1
        return f"_{self._n}"

    def emit(self, kind: str, *inputs: str, out: str = "", **attributes: Any) -> str:
        """Return the name of the result of a node; the same node on the same inputs is written once."""
        key = (kind, inputs, repr(attributes))
        if out or key not in self._known:
            self._known[key] = out or self.name()
            self.nodes.append(helper.make_node(kind, inputs, [self._known[key]], **attributes))
        return self._known[key]

    def number(self, x: float) -> str:
        """Return the name of a constant number."""
        return self._constant(TensorProto.DOUBLE, (), [x], struct.pack("d", x))

    def numbers(self, xs: Sequence[float], shape: Sequence[int]) -> str:
        """Return the name of a constant array."""
        return self._constant(TensorProto.DOUBLE, tuple(shape), list(xs), struct.pack(f"{len(xs)}d", *xs))

    def integers(self, xs: Sequence[int]) -> str:
        """Return the name of a constant vector of integers: a shape, axes, an index."""
        return self._constant(TensorProto.INT64, (len(xs),), list(xs), tuple(xs))

    def _constant(self, kind: int, shape: tuple[int, ...], values: Sequence[Any], key: Any) -> str:
        name = self._known.get((kind, shape, key))
        if name is None:
            name = self._known[kind, shape, key] = self.name()
            self.constants.append(helper.make_tensor(name, kind, shape, values))
        return name


class Array:
    """The result of a node, with the arithmetic of an array."""

    dtype = None  # there is one: float64

    def __init__(self, graph: Graph, name: str):
        self.graph, self.name = graph, name

    def emit(self, kind: str, *others: Any) -> Array:
        """Return the node ``kind`` of this array and others, or numbers."""
        return Array(self.graph, self.graph.emit(kind, self.name, *[self.named(x) for x in others]))

    def named(self, x: Any) -> str:
        """Return the name of an operand."""
        name: str = x.name if isinstance(x, Array) else self.graph.number(x)
        return name

    def reversed(self, kind: str, left: float) -> Array:
        """Return the node of a number and this array."""
        return Array(self.graph, self.graph.emit(kind, self.graph.number(left), self.name))

    def __add__(self, y: Any) -> Array:
        return self.emit("Add", y)

    def __radd__(self, x: float) -> Array:
        return self.reversed("Add", x)

    def __sub__(self, y: Any) -> Array:
        return self.emit("Sub", y)

    def __rsub__(self, x: float) -> Array:
        return self.reversed("Sub", x)

    def __mul__(self, y: Any) -> Array:
        return self.emit("Mul", y)

    def __rmul__(self, x: float) -> Array:
        return self.reversed("Mul", x)

    def __truediv__(self, y: Any) -> Array:
        return self.emit("Div", y)

    def __rtruediv__(self, x: float) -> Array:
        return self.reversed("Div", x)

    def __pow__(self, y: Any) -> Array:
        return self.emit("Pow", y)

    def __rpow__(self, x: float) -> Array:
        return self.reversed("Pow", x)

    def __neg__(self) -> Array:
        return self.emit("Neg")

    def __lt__(self, y: Any) -> Array:
        return self.emit("Less", y)

    def __le__(self, y: Any) -> Array:
        return self.emit("LessOrEqual", y)

    def __gt__(self, y: Any) -> Array:
        return self.emit("Greater", y)

    def __ge__(self, y: Any) -> Array:
        return self.emit("GreaterOrEqual", y)

    def __eq__(self, y: Any) -> Array:  # type: ignore[override]
        return self.emit("Equal", y)

    def __ne__(self, y: Any) -> Array:  # type: ignore[override]
        return self.emit("Equal", y).emit("Not")

    __hash__ = None  # type: ignore[assignment]

    def __and__(self, y: Array) -> Array:
        return self.emit("And", y)

    def __or__(self, y: Array) -> Array:
        return self.emit("Or", y)


# ---------------------------------------------------------------- the namespace


def _node(kind: str) -> Any:
    return staticmethod(lambda x: x.emit(kind))


class Namespace:
    """What ``array_functions`` calls ``xp``."""

    abs, exp, log, sqrt, sign = map(_node, ("Abs", "Exp", "Log", "Sqrt", "Sign"))
    floor, round = map(_node, ("Floor", "Round"))
    sin, tanh, isinf = map(_node, ("Sin", "Tanh", "IsInf"))

    @staticmethod
    def full_like(x: Array, number: float) -> Any:
        """A number alone: ONNX broadcasts."""
        return Array(x.graph, x.graph.number(number))

    @staticmethod
    def where(condition: Array, x: Any, y: Any) -> Any:
        return condition.emit("Where", x, y)

    @staticmethod
    def astype(condition: Array, dtype: None) -> Any:
        return Namespace.where(condition, 1.0, 0.0)

    @staticmethod
    def isfinite(x: Array) -> Any:
        return x - x == 0.0

    @staticmethod
    def log2(x: Array) -> Any:
        return xp.log(x) / math.log(2.0)

    @staticmethod
    def log10(x: Array) -> Any:
        return xp.log(x) / math.log(10.0)

    @staticmethod
    def log1p(x: Array) -> Any:
        """log(u)·(x/(u − 1)), u = 1 + x: the rounding of u cancels (Kahan; Goldberg 1991, theorem 4)."""
        u = 1.0 + x
        return xp.where((u == 1.0) | (u == math.inf), x, xp.log(u) * (x / (u - 1.0)))

    @staticmethod
    def expm1(x: Array) -> Any:
        """(u − 1)·(x/log(u)), u = exp(x), if log(u) is neither 0 nor far off (Kahan; Higham 2002, section 1.14.1)."""
        u = xp.exp(x)
        middle = (u - 1.0) * (x / xp.log(u))
        far = (u == math.inf) | (u - 1.0 == -1.0)
        return xp.where(u == 1.0, x, xp.where(far, u - 1.0, middle))

    @staticmethod
    def sinh(x: Array) -> Any:
        e = xp.expm1(xp.abs(x))  # up to 40: beyond that nobody asks
        y = 0.5 * (e + e / (1.0 + e))
        return xp.where(x < 0.0, -y, xp.where(x == 0.0, x, y))

    @staticmethod
    def asinh(x: Array) -> Any:
        size = xp.abs(x)
        near = xp.where(size > 1e8, 0.0, size)
        squared = near * near
        y = xp.where(
            size > 1e8,
            xp.log(size) + math.log(2.0),
            xp.log1p(near + squared / (1.0 + xp.sqrt(1.0 + squared))),
        )
        return xp.where(x < 0.0, -y, xp.where(x == 0.0, x, y))

    @staticmethod
    def acosh(x: Array) -> Any:
        t = xp.where(x > 1e8, 1.0, x) - 1.0
        y = xp.where(x > 1e8, xp.log(x) + math.log(2.0), xp.log1p(t + xp.sqrt(2.0 * t + t * t)))
        return xp.where(x < 1.0, math.nan, y)

    @staticmethod
    def atanh(x: Array) -> Any:
        size = xp.abs(x)
        y = 0.5 * xp.log1p(2.0 * size / (1.0 - size))
        return xp.where(x < 0.0, -y, xp.where(x == 0.0, x, y))

    @staticmethod
    def cos(x: Array) -> Any:
        """1 − 2 sin²(x/2); near its zeros, where that cancels, sin(2x)/(2 sin x), unless 2x is inf."""
        sine, half = xp.sin(x), xp.sin(0.5 * x)
        near = (xp.abs(sine) > 0.5) & (xp.abs(x) < 8e307)
        return xp.where(near, xp.sin(2.0 * x) / (2.0 * sine), 1.0 - 2.0 * half * half)

    @staticmethod
    def tan(x: Array) -> Any:
        return xp.sin(x) / xp.cos(x)

    @staticmethod
    def atan(x: Array) -> Any:
        """Reduced to |x| < tan(π/16) by atan(1/x) = π/2 − atan(x) and by halving the angle, then the series."""
        size = xp.abs(x)
        t = xp.where(size > 1.0, 1.0 / size, size)
        for _ in range(2):
            t = t / (1.0 + xp.sqrt(1.0 + t * t))
        squared = t * t
        series: Any = 1.0 / 23.0
        for k in range(10, -1, -1):
            series = 1.0 / (2 * k + 1) - squared * series
        y = 4.0 * (t * series)
        y = xp.where(size > 1.0, 0.5 * math.pi - y, y)
        return xp.where(x < 0.0, -y, xp.where(x == 0.0, x, y))

    @staticmethod
    def asin(x: Array) -> Any:
        return xp.atan(x / xp.sqrt((1.0 - x) * (1.0 + x)))

    @staticmethod
    def acos(x: Array) -> Any:
        return 2.0 * xp.atan(xp.sqrt((1.0 - x) / (1.0 + x)))

    @staticmethod
    def atan2(y: Array, x: Array) -> Any:
        """The angle in the first quadrant, then mirrored; the sign of a zero counts, as in C."""
        across, up = xp.abs(x), xp.abs(y)
        both = (across == up) & (across == math.inf)
        angle = xp.where(both, math.pi / 4, xp.where(up == 0.0, 0.0, xp.atan(up / across)))
        left = (x < 0.0) | ((x == 0.0) & (1.0 / x < 0.0))
        angle = xp.where(left, math.pi - angle, angle)
        below = (y < 0.0) | ((y == 0.0) & (1.0 / y < 0.0))
        angle = xp.where(below, -angle, angle)
        return xp.where((x != x) | (y != y), math.nan, angle)

    @staticmethod
    def fmod(x: Array, y: Array) -> Any:
        return Array(x.graph, x.graph.emit("Mod", x.name, x.named(y), fmod=1))

    @staticmethod
    def hypot(x: Array, y: Array) -> Any:
        a, b = xp.abs(x), xp.abs(y)
        large, small = xp.where(a > b, a, b), xp.where(a > b, b, a)
        ratio = xp.where(large == 0.0, 0.0, small / large)
        infinite = (a == math.inf) | (b == math.inf)
        return xp.where(infinite, math.inf, xp.where(x != x, x, large * xp.sqrt(1.0 + ratio * ratio)))


xp: Any = Namespace
