"""The rule of an optimiser as machine code: one loop over all parameters, which moves them where they are."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np

from .body import ATTRIBUTES, fields
from .functions import link
from .jit import MachineCode, compile_module, native_lanes
from .loops import Loops
from .registers import Register

Rule = Callable[..., tuple[Any, ...]]
Key = tuple[Hashable, int, int, str]
_known: dict[Key, MachineCode] = {}


class Update:
    """A rule ``(numbers, x, g, *state) -> (x, *state)`` of arithmetic alone, run on registers once and compiled.

    ``name`` is what tells the rule from others: two of one name are one piece of machine code.

        >>> def heavy_ball(numbers, x, g, v):
        ...     return x - numbers[0] * (v + g), v + g
        >>> x, g, v = np.array([1.0, 2.0]), np.array([10.0, 20.0]), np.zeros(2)
        >>> Update("heavy ball", heavy_ball, 1, 1, "float64").run([0.1], x, g, [v])
        >>> x.tolist(), v.tolist()
        ([0.0, 0.0], [10.0, 20.0])

    Raises TypeError for a rule that branches on numbers or calls functions of numbers.
    """

    def __init__(self, name: Hashable, rule: Rule, n_numbers: int, n_state: int, dtype: str):
        key = name, n_numbers, n_state, dtype
        if key not in _known:
            _known[key] = compile_module(_text(rule, n_numbers, n_state, "double" if dtype == "float64" else "float"))
        self._code, self._dtype = _known[key], dtype
        self._function = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(self._code.address("update"))

    def run(self, numbers: Sequence[float], x: Any, g: Any, state: Sequence[Any]) -> None:
        """Move ``x`` and ``state`` in place; all are arrays without gaps. Raises ValueError if lengths differ."""
        held, arrays = np.array(numbers, self._dtype), (x, g, *state)
        if {len(array) for array in arrays} != {len(x)}:
            raise ValueError(f"parameters, gradient and state have {[len(array) for array in arrays]} numbers")
        record = np.array([len(x), *(array.ctypes.data for array in (held, *arrays))], np.int64)
        self._function(record.ctypes.data)


def _text(rule: Rule, n_numbers: int, n_state: int, scalar: str) -> str:
    """Return the module: a function for whole vectors, one for the numbers that are left, and one that calls both."""
    lanes = native_lanes() * (1 if scalar == "double" else 2)
    arrays = [f"X{j}" for j in range(2 + n_state)]
    pointers = ", ".join(f"ptr %{name}" for name in ("N", *arrays))
    bodies = [Loops(width, scalar=scalar) for width in (lanes, 1)]
    parts = [_part(b, rule, n_numbers, arrays, pointers) for b in bodies]
    calls = [f"  call void @part{width}(i64 %{count}, i64 %{start}, {pointers})"
             for width, count, start in ((lanes, "whole", "none"), (1, "rest", "start"))]  # fmt: skip
    entry = [
        f"define void @update(ptr %record) {ATTRIBUTES} {{",
        *fields([("i64", "n"), *(("ptr", name) for name in ("N", *arrays))]),
        f"  %whole = udiv i64 %n, {lanes}",
        f"  %start = mul i64 %whole, {lanes}",
        "  %rest = sub i64 %n, %start",
        "  %none = sub i64 %n, %n",
        *calls,
        "  ret void",
        "}",
    ]
    return link([*parts, "\n".join(entry)], bodies, inline=True)


def _part(b: Loops, rule: Rule, n_numbers: int, arrays: Sequence[str], pointers: str) -> str:
    """Return the function that runs the rule ``%count`` times, on vectors from the number ``%start`` on."""
    places = [b.pointer("%N", str(i)) for i in range(n_numbers)]
    numbers = [Register(b, b.broadcast(b.emit(f"load {b.scalar}, ptr {place}"))) for place in places]
    with b.loop("%count") as i:
        at = b.add("%start", b.times(i, str(b.lanes)))
        here = [b.pointer(f"%{name}", at) for name in arrays]
        moved = rule(numbers, *[Register(b, b.emit(f"load {b.vector}, ptr {p}, align {b.size}")) for p in here])
        for place, number in zip([here[0], *here[2:]], moved):
            b.line(f"store {b.vector} {number.name}, ptr {place}, align {b.size}")
    lines = [*b.variables, b.text(), "  ret void", "}"]
    head = f"define internal void @part{b.lanes}(i64 %count, i64 %start, {pointers}) {ATTRIBUTES} {{"
    return "\n".join([head, *lines])
