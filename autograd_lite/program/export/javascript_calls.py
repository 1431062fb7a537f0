"""The calls of a vector program as loops of JavaScript over one array ``v``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ... import javascript, ops
from ...expression import exponent
from ...javascript import applied, literal
from ...ops import Operation
from ..passes import DOT, LOGSUMEXP, MEAN
from ..program import REDUCING, scatter, sech2
from ..vectorise import Call, Operand, Rows, VectorProgram, is_batched
from .javascript_rows import JavaScriptRows

# What is no operation of the table: 1/cosh²(x) beside y = tanh(x), which a program adds.
ALSO = {"sech2": "(y, x) => Math.abs(y) < 0.9 ? 1 - y * y : sech2(x)"}


def writes(op: Operation) -> bool:
    """Tell whether ``op`` has a form of its own in a JavaScript module; the others are written as their definition."""
    return op in (ops.choose, scatter) or exponent(op) is not None or javascript.writes(op)


class JavaScriptCalls:
    """Writes calls before a loop over the samples, within it and after it; sums over the samples are cleared before.

    Of two neurons tanh(W·x), where the parameters are ``v[0]`` to ``v[3]`` and the inputs ``v[4]`` and ``v[5]``, it
    writes, within::

        for (let r = 0; r < 2; r++) {
          let total = 0;
          for (let j = 0; j < 2; j++) total += v[2 * r + j] * v[4 + j];
          v[6 + r] = total;
        }
        for (let i = 0; i < 2; i++) v[8 + i] = f.tanh(v[6 + i]);

    Every method for a kind of call returns its lines.
    """

    def __init__(self, vectors: VectorProgram, rows: JavaScriptRows, calls: Sequence[Call], *, batched: bool):
        self.rows = rows
        self.before: list[list[str]] = []
        self.within: list[list[str]] = []
        self.after: list[list[str]] = []
        self.late: set[int] = set()  # what is, or depends on, a sum over the samples
        for call in calls:
            of_samples = not batched or any(map(is_batched, (call.out, *call.operands)))
            if call.op in REDUCING or any(not self.late.isdisjoint(rows.slots) for rows in call.rows):
                self.late.update(call.out.slots)
            if call.op in REDUCING and of_samples:
                self.before.append([_cleared(self.rows.of(call.out.slots))])
            late = self.after if not self.late.isdisjoint(call.out.slots) else self.before
            (self.within if of_samples else late).append(getattr(self, f"_{call.kind}")(call))

    def _read(self, rows: Rows, shape: tuple[int, ...], *variables: str) -> str:
        """Return the number of an operand, or of what is computed, at the indices of its ``shape``."""
        return self.rows.read(self.rows.of(rows.slots).reshape(shape), *variables)

    def _operand(self, operand: Operand) -> str:
        return self._read(operand, (-1,), "i") if isinstance(operand, Rows) else literal(operand)

    # ------------------------------------------------------------ rows by themselves

    def _each(self, call: Call, value: str, sign: str = "=") -> list[str]:
        return loop("i", len(call.out.slots), [f"{self._operand(call.out)} {sign} {value};"])

    def _map(self, call: Call) -> list[str]:
        operands = [self._operand(operand) for operand in call.operands]
        value = f"f.sech2({', '.join(operands)})" if call.op is sech2 else applied(call.op, operands)
        around = value.startswith("(") and call.op.arity > 0  # a pair around all of it, which a line can do without
        return self._each(call, value[1:-1] if around else value)

    def _broadcast(self, call: Call) -> list[str]:
        return self._each(call, self._operand(call.operands[0]))

    def _batch_sum(self, call: Call) -> list[str]:
        x = self._operand(call.operands[0])
        return self._each(call, x, "+=") if is_batched(call.operands[0]) else self._each(call, f"{x} * count")

    def _added(self, call: Call) -> list[str]:
        terms = [self._operand(operand) for operand in call.operands]
        if call.op is DOT:
            terms = [f"{x} * {y}" for x, y in call.pairs(terms)]
        return self._each(call, " + ".join(terms))

    def _fold(self, call: Call) -> list[str]:
        n, rows = call.length, len(call.out.slots)
        terms = [self._read(operand, (n, rows), "j", "i") for operand in call.rows]
        if call.op is LOGSUMEXP:
            return self._each(call, f"f.logsumexp(...Array.from({{ length: {n} }}, (_, j) => {terms[0]}))")
        lines, total = _total(n, " * ".join(terms))
        mean = f" / {n}" if call.op is MEAN else ""
        return loop("i", rows, [*lines, f"{self._operand(call.out)} = {total}{mean};"])

    # ------------------------------------------------------------ products

    def _product(self, call: Call) -> list[str]:
        (left, right), (r, c), n = call.rows, call.shape, call.length
        a, b = self._read(left, (r, n), "r", "j"), self._read(right, (n, c), "j", "c")
        return self._grid(call, a, b, "=")

    def _batch_product(self, call: Call) -> list[str]:
        (left, right), (r, c), n = call.rows, call.shape, call.length
        a, b = self._read(left, (r, n), "r", "j"), self._read(right, (c, n), "c", "j")
        return self._grid(call, a, b, "+=")

    def _grid(self, call: Call, a: str, b: str, sign: str) -> list[str]:
        (r, c), (lines, total) = call.shape, _total(call.length, f"{a} * {b}")
        out = self._read(call.out, (r, c), "r", "c")
        return loop("r", r, loop("c", c, [*lines, f"{out} {sign} {total};"]))

    # ------------------------------------------------------------ tables

    def _take(self, call: Call) -> list[str]:
        (index, table), (c, m), n = call.rows, call.shape, call.length
        out = self._read(call.out, (c, m), "c", "i")
        entry = self._read(table, (n, c), "at", "c")
        lines = loop("c", c, [f"{out} = at >= 0 && at < {n} ? {entry} : NaN;"])
        return loop("i", m, [f"const at = f.rint({self._read(index, (m,), 'i')});", *lines])

    def _scatter(self, call: Call) -> list[str]:
        (numbers, columns), (k, c), n = call.rows, call.shape, call.length
        first, number = call.places[0], self._read(numbers, (n,), "i")
        is_even = call.places == tuple(range(first, first + k))
        at = f"{number} - {first}" if is_even else f"[{', '.join(map(str, call.places))}].indexOf({number})"
        out, column = self._read(call.out, (k, c), "at", "c"), self._read(columns, (c, n), "c", "i")
        lines = [f"const at = {at};", f"if (!(at >= 0 && at < {k})) continue;", *loop("c", c, [f"{out} += {column};"])]
        cleared = [_cleared(self.rows.of(call.out.slots))] if call.op is scatter else []
        return [*cleared, *loop("i", n, lines, always=True)]


def loop(name: str, size: int, lines: Sequence[str], *, always: bool = False) -> list[str]:
    """Return lines for each value of a variable; of one value they stand by themselves, and do not name it.

    >>> print(*loop("i", 3, ["let x = v[i];", "v[i] = x * x;"]), sep="\\n")
    for (let i = 0; i < 3; i++) {
      let x = v[i];
      v[i] = x * x;
    }
    """
    head = f"for (let {name} = 0; {name} < {size}; {name}++) " if size > 1 or always else ""
    if all(line.startswith(" ") for line in lines[1:-1]) and (len(lines) == 1 or lines[-1] == "}"):  # one statement
        return [head + lines[0], *lines[1:]]
    return [head + "{", *indented(lines), "}"]


def indented(lines: Sequence[str]) -> list[str]:
    """Return lines two spaces further in."""
    return [f"  {line}" if line else "" for line in lines]


def _total(n: int, term: str) -> tuple[list[str], str]:
    """Return the lines that add ``n`` terms up, and what holds their sum."""
    return (["let total = 0;", *loop("j", n, [f"total += {term};"])], "total") if n > 1 else ([], term)


def _cleared(places: np.ndarray) -> str:
    """Return the line that sets neighbouring places to 0."""
    return f"v.fill(0, {places[0]}, {places[0] + len(places)});"
