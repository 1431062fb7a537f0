"""A vector program as straight-line NumPy: one call per group, every buffer allocated once.

Operands are read in place (see ``places``); only those whose rows do not lie together are gathered first.
"""

from __future__ import annotations

import math
import operator
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ... import ops
from ...operation import Operation
from .. import array_functions
from ..array_functions import held, vector_form
from ..passes import DOT, LOGSUMEXP, MEAN, SUM
from ..program import scatter, sech2
from ..vectorise import Call, Operand, Rows, VectorProgram, is_batched
from .places import Array, Places

# Operations that are one NumPy function with an output argument.
_UFUNCS = {
    "add": "add", "sub": "subtract", "mul": "multiply", "div": "divide", "neg": "negative", "square": "square",
    "exp": "exp", "expm1": "expm1", "log": "log", "log1p": "log1p", "log2": "log2", "log10": "log10",
    "sqrt": "sqrt", "sin": "sin", "cos": "cos", "tan": "tan", "asin": "arcsin", "acos": "arccos",
    "atan": "arctan", "atan2": "arctan2", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "asinh": "arcsinh",
    "acosh": "arccosh", "atanh": "arctanh", "abs": "absolute", "maximum": "maximum", "minimum": "minimum",
    "hypot": "hypot", "fmod": "fmod", "pow": "power", "greater": "greater", "greater_equal": "greater_equal",
    "equal": "equal",
}  # fmt: skip


class Bound:
    """A vector program bound to buffers: write ``arguments``, ``run``, read ``rows`` and ``shared``.

    ``arguments`` are the rows of each argument, (rows, samples) if batched, else (rows,). ``shared`` holds
    all that has no samples; programs bound to several numbers of samples have it in common.
    """

    def __init__(self, vectors: VectorProgram, places: Places, samples: int, shared: Array):
        self.places, self.samples, self.dtype = places, samples, shared.dtype
        program = vectors.program
        self._arrays: dict[bool, Array] = {True: places.batched_array(samples, self.dtype), False: shared}
        self._is_batched = any(program.batched)
        inputs = self._arrays[self._is_batched]
        starts = [places.rows[self._is_batched][slots[0]] if slots else 0 for slots in places.arguments]
        self.arguments = [inputs[a : a + len(slots)] for a, slots in zip(starts, places.arguments)]
        self._names: dict[str, Any] = {"np": np}
        self._cache: dict[Any, Array] = {}
        self._temporaries: dict[tuple[Any, int], Array] = {}
        self._n_temporaries = 0
        operands = [r for call in vectors.calls for r in {*call.operands} if isinstance(r, Rows)]
        self._uses = Counter((rows.slots, rows.batched) for rows in operands)
        self.lines: list[str] = []
        for call in vectors.calls:
            self._n_temporaries = 0
            getattr(self, f"_{call.kind}")(call)
        self.rows, self.shared = self._arrays[True], shared
        text = "\n  ".join(self.lines or ["pass"])
        for name in dict.fromkeys(re.findall(r"np\.[a-z_0-9.]+(?=\()", text)):  # looked up once, not at every call
            text = text.replace(f"{name}(", f"{self._name(operator.attrgetter(name[3:])(np), 'n')}(")
        source = f"def run():\n with np.errstate(all='ignore'):\n  {text}"
        exec(compile(source, "<compiled by autograd_lite>", "exec"), self._names)  # written here, of fixed pieces
        self.run: Callable[[], None] = self._names["run"]

    def load(self, inputs: Sequence[Array]) -> None:
        """Copy the numbers of each argument in, given as (rows, samples)."""
        for rows, given in zip(self.arguments, inputs):
            rows[...] = given if self._is_batched else given[:, 0]

    # ------------------------------------------------------------ operands

    def _name(self, thing: Any, prefix: str = "v") -> str:
        name = f"{prefix}{len(self._names)}"
        self._names[name] = thing
        return name

    def _array(self, rows: Rows, shape: tuple[int, ...] = ()) -> Array:
        """Return the rows as an array: a view where they lie evenly, else a buffer that is gathered into."""
        key = (rows.slots, rows.batched)
        view = self._cache.get(key)
        if view is None:
            view = self._cache[key] = self._view(rows)
        if not shape:
            return view
        shaped = view.reshape(shape)
        if not np.shares_memory(shaped, view):  # rows that are even but apart cannot take on every shape
            shaped = self._cache[key] = self._gathered(rows)
            shaped = shaped.reshape(shape)
        return shaped

    def _view(self, rows: Rows) -> Array:
        positions = self.places.positions(rows)
        steps = np.diff(positions)
        if len(positions) > 1 and (steps.min() < steps.max() or steps[0] <= 0):
            return self._gathered(rows)
        step = int(steps[0]) if len(steps) else 1
        return self._arrays[rows.batched][positions[0] : positions[-1] + 1 : step]

    def _gathered(self, rows: Rows) -> Array:
        """Return a buffer, and write the line that copies the rows into it."""
        source = self._arrays[rows.batched]
        shape = (len(rows.slots), *source.shape[1:])
        again = self._uses[rows.slots, rows.batched] > 1  # then it must outlive this call
        buffer = np.empty(shape, self.dtype) if again else self._temporary(shape)
        index, into = self._name(self.places.positions(rows), "i"), self._name(buffer, "g")
        self.lines.append(f"{self._name(source)}.take({index}, 0, {into}, 'clip')")
        return buffer

    def _temporary(self, shape: tuple[int, ...]) -> Array:
        """Return a buffer for the length of one call."""
        self._n_temporaries += 1
        key = (shape, self._n_temporaries)
        if key not in self._temporaries:
            self._temporaries[key] = np.empty(shape, self.dtype)
        return self._temporaries[key]

    def _matrix(self, rows: Rows, shape: tuple[int, int]) -> Array:
        """Return shared rows as a matrix: a strided view of the flat vector where the rows lie evenly."""
        positions = self.places.positions(rows).reshape(shape)
        down = int(positions[1, 0] - positions[0, 0]) if shape[0] > 1 else shape[1]
        across = int(positions[0, 1] - positions[0, 0]) if shape[1] > 1 else 1
        even = positions[0, 0] + down * np.arange(shape[0])[:, None] + across * np.arange(shape[1])
        if down > 0 and across > 0 and (positions == even).all():
            flat = self._arrays[False]
            size = flat.itemsize
            return np.lib.stride_tricks.as_strided(
                flat[positions[0, 0] :], shape, (down * size, across * size), writeable=False
            )
        return self._array(rows, shape)

    def _operand(self, operand: Operand, batched: bool) -> str:
        if not isinstance(operand, Rows):
            number = held(operand, np.finfo(self.dtype))
            return repr(number) if number - number == 0.0 else f"np.float64('{number}')"
        array = self._array(operand)
        return self._name(array[:, None] if batched and not operand.batched else array)

    def _out(self, rows: Rows) -> Array:
        array = self._array(rows)
        if not np.shares_memory(array, self._arrays[rows.batched]):
            raise AssertionError("the rows of a call must lie together")
        return array

    # ------------------------------------------------------------ calls

    def _operands(self, call: Call) -> list[str]:
        return [self._operand(operand, call.out.batched) for operand in call.operands]

    def _batch_sum(self, call: Call) -> None:
        (operand,) = call.operands
        out, x = self._name(self._out(call.out)), self._operand(operand, batched=False)
        if is_batched(operand):
            self.lines.append(f"np.add.reduce({x}, 1, None, {out})")
        else:  # the same number for every sample
            self.lines.append(f"np.multiply({x}, {self.samples}, {out})")

    def _broadcast(self, call: Call) -> None:
        out, (x,) = self._name(self._out(call.out)), self._operands(call)
        self.lines.append(f"np.copyto({out}, {x})")

    def _map(self, call: Call) -> None:
        out, operands = self._name(self._out(call.out)), self._operands(call)
        if call.op is sech2:
            self.lines.append(f"{self._name(_sech2, 'f')}({', '.join(operands)}, {out})")
        elif call.op is ops.relu:
            self.lines.append(f"np.maximum({operands[0]}, 0.0, out={out})")
        elif call.op is ops.TABLE.get(call.op.name) and call.op.name in _UFUNCS:
            # by position is faster, but NumPy wants the name for these two
            by_name = "out=" if call.op in (ops.maximum, ops.minimum) else ""
            self.lines.append(f"np.{_UFUNCS[call.op.name]}({', '.join(operands)}, {by_name}{out})")
        else:
            f = self._name(vector_form(call.op), "f")
            arrays = [f"np.asarray({x})" if isinstance(o, float) else x for x, o in zip(operands, call.operands)]
            self.lines.append(f"np.copyto({out}, {f}(np, {', '.join(arrays)}))")

    def _added(self, call: Call) -> None:
        out, operands = self._name(self._out(call.out)), self._operands(call)
        if call.op is DOT:
            (x, y), *others = call.pairs(operands)
            self.lines.append(f"np.multiply({x}, {y}, {out})")
            for x, y in others:
                product = self._name(self._temporary(self._names[out].shape), "t")
                self.lines += [f"np.multiply({x}, {y}, {product})", f"np.add({out}, {product}, {out})"]
        else:
            self.lines.append(f"np.add({operands[0]}, {operands[1]}, {out})")
            self.lines += [f"np.add({out}, {x}, {out})" for x in operands[2:]]

    def _fold(self, call: Call) -> None:
        out, stacked = self._name(self._out(call.out)), [self._stacked(rows, call) for rows in call.rows]
        shape = (call.length, len(call.out.slots), *self._arrays[call.out.batched].shape[1:])
        if call.op is DOT:
            product = self._name(self._temporary(shape), "t")
            self.lines.append(f"np.multiply({stacked[0]}, {stacked[1]}, {product})")
            self.lines.append(f"np.add.reduce({product}, 0, None, {out})")
        elif call.op is LOGSUMEXP:
            f, buffer = self._name(_logsumexp, "f"), self._name(self._temporary(shape), "t")
            self.lines.append(f"{f}({stacked[0]}, {out}, {buffer})")
        elif call.op in (SUM, MEAN):
            self.lines.append(f"np.add.reduce({stacked[0]}, 0, None, {out})")
            if call.op is MEAN:
                self.lines.append(f"np.divide({out}, {call.length}, {out})")
        else:
            raise TypeError(f"{call.op.name} takes any number of operands and has no vector form")

    def _stacked(self, rows: Rows, call: Call) -> str:
        array = self._array(rows, (call.length, len(call.out.slots), *self._arrays[rows.batched].shape[1:]))
        return self._name(array[..., None] if call.out.batched and not rows.batched else array)

    def _product(self, call: Call) -> None:
        (left, right), (r, c), n = call.rows, call.shape, call.length
        out = self._out(call.out)
        if left.batched:
            self._product_of_each_sample(call, out)
        elif right.batched:
            b = self._array(right, (n, c * self.samples))
            self._matmul(self._matrix(left, (r, n)), b, out.reshape(r, c * self.samples))
        else:
            self._matmul(self._matrix(left, (r, n)), self._matrix(right, (n, c)), out.reshape(r, c))

    def _product_of_each_sample(self, call: Call, out: Array) -> None:
        (left, right), (r, c), n, samples = call.rows, call.shape, call.length, self.samples
        if r == c == 1:
            product = self._name(self._temporary((n, samples)), "t")
            x, y = self._name(self._array(left, (n, samples))), self._name(self._array(right, (n, samples)))
            self.lines.append(f"np.multiply({x}, {y}, {product})")
            self.lines.append(f"np.add.reduce({product}, 0, None, {self._name(out.reshape(samples))})")
        else:
            x = self._name(self._array(left, (r, n, samples)))
            y = self._name(self._array(right, (n, c, samples)))
            view = self._name(out.reshape(r, c, samples))
            self.lines.append(f"np.einsum('rnb,ncb->rcb', {x}, {y}, out={view})")

    def _batch_product(self, call: Call) -> None:
        (left, right), (r, c), n = call.rows, call.shape, call.length * self.samples
        out = self._out(call.out)
        self._matmul(self._array(left, (r, n)), self._array(right, (c, n)).T, out.reshape(r, c))

    def _take(self, call: Call) -> None:
        (index, table), (c, m), n = call.rows, call.shape, call.length
        out = self._out(call.out)
        at, samples = self._array(index), out.shape[1:]
        at = at[:, None] if samples and not index.batched else at
        rows = self._array(table, (n, c, *samples)) if table.batched else self._matrix(table, (n, c))
        operands = map(self._name, (at, rows, out.reshape(c, m, *samples)))
        self.lines.append(f"{self._name(_taken, 'f')}({', '.join(operands)})")

    def _scatter(self, call: Call) -> None:
        (numbers, columns), (k, c), n = call.rows, call.shape, call.length
        at, out = self._array(numbers), self._out(call.out)
        places = self._name(np.array(call.places))
        operands = at, self._array(columns, (c, n, *at.shape[1:])), out.reshape(k, c, *out.shape[1:])
        self.lines.append(f"{self._name(_scattered, 'f')}({', '.join(map(self._name, operands))}, {places})")

    def _matmul(self, a: Array, b: Array, out: Array) -> None:
        self.lines.append(f"np.matmul({self._name(a)}, {self._name(b)}, {self._name(out)})")


def _logsumexp(x: Array, out: Array, buffer: Array) -> None:
    """log Σ exp over the first axis, shifted by the maximum; inf and nan as in the table."""
    top = np.maximum.reduce(x, 0)
    np.subtract(x, top, buffer)
    np.exp(buffer, buffer)
    # the maximum is the 1 of log1p: logsumexp([0, -40]) is 4e-18
    np.put_along_axis(buffer, np.expand_dims(np.argmax(x, 0), 0), 0.0, 0)
    np.add.reduce(buffer, 0, out=out)
    np.log1p(out, out)
    np.add(out, top, out)
    infinite = np.isinf(top)
    if infinite.any():  # inf − inf: where the maximum is infinite, it is the result
        np.copyto(out, top, where=infinite)


def _taken(index: Array, table: Array, out: Array) -> None:
    """The rows of a table, (choices, columns) or of each sample, into (columns, indices, samples); nan for none."""
    nearest = np.rint(index)
    inside = (nearest >= 0.0) & (nearest < len(table))
    at = np.where(inside, nearest, 0.0).astype(np.intp)
    rows = table[at] if table.ndim == 2 else table[at, :, np.arange(table.shape[2])]
    np.copyto(out, np.moveaxis(rows, -1, 0))
    if not inside.all():
        np.copyto(out, np.nan, where=~inside)


def _scattered(numbers: Array, columns: Array, out: Array, places: Array) -> None:
    """The sum, in every column, of the rows of each place; over the samples too unless ``out`` keeps them."""
    n, c, samples = int(places[-1]) + 1, len(columns), out.shape[2:]
    at = np.where((numbers >= 0.0) & (numbers < n), numbers, n).astype(np.intp)  # n: what comes back from no row
    at = np.arange(c).reshape(-1, *[1] * at.ndim) * (n + 1) + at
    for size in samples:
        at = at * size + np.arange(size)
    sums = np.bincount(at.ravel(), columns.ravel(), math.prod((c, n + 1, *samples)))
    np.copyto(out, sums.reshape(c, n + 1, *samples)[:, places].swapaxes(0, 1))


def writes(op: Operation) -> bool:
    """Tell whether NumPy has a form of its own for an operation: it alone has one of tables."""
    return op in (ops.choose, scatter) or array_functions.writes(op)


def _sech2(y: Array, x: Array, out: Array) -> None:
    """1 − y² with y = tanh(x); where that loses digits, 4e/(1 + e)² with e = exp(−2|x|)."""
    np.multiply(y, y, out)
    np.subtract(1.0, out, out)
    if not np.minimum.reduce(out, None) > 1e-3:
        few = ~(out > 1e-3)
        e = np.exp(-2.0 * np.abs(np.broadcast_to(x, out.shape)[few]))
        out[few] = 4.0 * e / ((1.0 + e) * (1.0 + e))
