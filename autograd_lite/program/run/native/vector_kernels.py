"""The kernels of vector programs: a few functions, compiled once, that any program is a list of.

Each reads in a table how many rows it computes and where they and their operands lie (see ``loops``); samples stand
in the lanes. A row of sums over samples counts the lanes that hold one: row 0 is 1 there, and 0 elsewhere.

A table begins with a count, of rows or of products, and what all of them have in common; then it has for each:

- "map": the row of the result and of each operand. ``operands`` tells what each is: "b", a row; "s", a number that all
  samples share; or "v", as many of them as there are lanes, one after the other, as is the result then. A sum or a dot
  of few operands is a map.
- "fold": the row of the result, and those of the operands (of a dot: left, right, left, …); common is the length.
- "product": of the left matrix, which is shared, the first place; for each tile across the rows of the right matrix,
  and for each tile those of the result. Common are the tiles down and across, the length, and in the left matrix the
  steps from row to row and from column to column. A tile is computed in registers.
- "product_of_rows": the same of two tables; the left one stands before the right one, and there are no steps.
- "batch_product": the same, but the products are also summed over the samples, and added to numbers. A row is read in
  ``parts``, of a register each, which meet in one sum.
- "batch_sum": the number to add to, and the row whose samples are added.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

from ....ops import TABLE as OPERATIONS
from ....ops import Operation
from ...passes import DOT, LOGSUMEXP, MEAN, SUM
from ...program import broadcast, sech2
from .functions import emit_operation, emit_pair, link
from .jit import MachineCode, compile_module
from .loops import Loops

VALID = "0"  # the row that tells which lanes hold a sample


class Kernel(NamedTuple):
    """What a kernel does; kernels that are equal are one piece of machine code."""

    kind: str
    lanes: int
    scalar: str
    op: Operation | None = None
    operands: str = ""
    tile: tuple[int, int] = (1, 1)
    parts: int = 1  # vectors of so many lanes that a row consists of


_known: dict[Kernel, tuple[int, MachineCode]] = {}
_lock = threading.Lock()


def addresses(kernels: Iterable[Kernel]) -> dict[Kernel, int]:
    """Return where kernels begin in memory; those that no program has used yet are compiled, together."""
    wanted = list(dict.fromkeys(kernels))
    with _lock:
        missing = [kernel for kernel in wanted if kernel not in _known]
        if missing:
            code = compile_module(text(missing))
            _known.update((kernel, (code.address(f"kernel{i}"), code)) for i, kernel in enumerate(missing))
        return {kernel: _known[kernel][0] for kernel in wanted}


def text(kernels: Iterable[Kernel]) -> str:
    """Return the text of a module of kernels."""
    bodies, functions = [], []
    for i, kernel in enumerate(kernels):
        b = Loops(kernel.lanes, scalar=kernel.scalar)
        _WRITERS[kernel.kind](b, kernel)
        bodies.append(b)
        functions.append(b.function(f"kernel{i}"))
    return link(functions, bodies, inline=True)


# ---------------------------------------------------------------- maps

# Operations that are as good in single precision as in double and rounded; the others need the functions of doubles.
_OF_ANY_PRECISION = frozenset(
    OPERATIONS[name]
    for name in ("identity", "add", "sub", "mul", "div", "neg", "sqrt", "square", "abs", "where", "relu", "leaky_relu",
                 "greater", "greater_equal", "equal", "maximum", "minimum", "sign", "floor", "rint")
)  # fmt: skip


def _map(b: Loops, kernel: Kernel) -> None:
    count = len(kernel.operands)
    with b.loop(b.entry(0)) as i:
        places = b.table(b.add(b.times(i, str(count + 1)), "1"))
        operands = [b.operand(kind, b.entry(j, places)) for j, kind in enumerate(kernel.operands, 1)]
        _setter(b, kernel)(b.entry(0, places), _value(b, kernel.op, operands))


def _setter(b: Loops, kernel: Kernel) -> Callable[[str, str], None]:
    """Return what writes a result: to a row, or to numbers one after the other."""
    return b.set_numbers if "v" in kernel.operands else b.set_row


def _value(b: Loops, op: Operation | None, operands: list[str]) -> str:
    assert op is not None
    if op is DOT:
        pairs = list(zip(operands[: len(operands) // 2], operands[len(operands) // 2 :]))
        total = b.fmul(*pairs[0])
        for x, y in pairs[1:]:
            total = b.fma(x, y, total)
        return total
    if op is SUM:
        total = operands[0]
        for x in operands[1:]:
            total = b.fadd(total, x)
        return total
    if op is broadcast:
        return operands[0]
    return _operation(b, op, operands)


def _operation(b: Loops, op: Operation, operands: list[str]) -> str:
    """Write an operation, in double precision where its functions are written in that."""
    if b.scalar == "double" or op in _OF_ANY_PRECISION:
        return _double_operation(b, op, operands)
    narrow = b.vector
    b.use("double")
    wide = [b.emit(f"fpext {narrow} {x} to {b.vector}") for x in operands]
    y = b.emit(f"fptrunc {b.vector} {_double_operation(b, op, wide)} to {narrow}")
    b.use("float")
    return y


def _double_operation(b: Loops, op: Operation, operands: list[str]) -> str:
    return emit_pair(b, "tanh_sech2", operands[1])[1] if op is sech2 else emit_operation(b, op, operands)


# ---------------------------------------------------------------- folds


def _fold(b: Loops, kernel: Kernel) -> None:
    length, width = b.entry(1), len(kernel.operands)
    stride = b.add(b.times(length, str(width)), "1")
    with b.loop(b.entry(0)) as i:
        places = b.table(b.add(b.times(i, stride), "2"))
        terms = b.table(1, places)

        def term(k: str, j: int = 0) -> str:
            return b.operand(kernel.operands[j], b.entry(b.add(b.times(k, str(width)), str(j)), terms))

        _setter(b, kernel)(b.entry(0, places), _FOLDS[kernel.op](b, length, term))


Term = Callable[..., str]


def _sum(b: Loops, length: str, term: Term) -> str:
    total = b.variable(b.vector, b.splat(-0.0))
    with b.loop(length) as k:
        b.set(total, b.fadd(b.get(total), term(k)))
    return b.get(total)


def _mean(b: Loops, length: str, term: Term) -> str:
    count = b.broadcast(b.emit(f"sitofp i64 {length} to {b.scalar}"))
    return b.fdiv(_sum(b, length, term), count)


def _dot(b: Loops, length: str, term: Term) -> str:
    total = b.variable(b.vector, b.splat(-0.0))
    with b.loop(length) as k:
        b.set(total, b.fma(term(k, 0), term(k, 1), b.get(total)))
    return b.get(total)


def _logsumexp(b: Loops, length: str, term: Term) -> str:
    """Shifted by the maximum, which is 0 where it is not finite; its exp is the 1 of log1p."""
    top = b.variable(b.vector, term("0"))
    with b.loop(length) as k:
        b.set(top, emit_operation(b, OPERATIONS["maximum"], [b.get(top), term(k)]))
    largest = b.get(top)
    finite = b.compare("olt", b.intrinsic("fabs", largest), b.splat(float("inf")))
    shift = b.select(finite, largest, b.splat(0.0))
    total, seen = b.variable(b.vector, b.splat(0.0)), b.variable(b.vector, b.splat(0.0))
    with b.loop(length) as k:
        x, before = term(k), b.get(seen)
        first = b.select(b.compare("oeq", x, largest), b.fsub(b.splat(1.0), before), b.splat(0.0))
        b.set(seen, b.fadd(before, first))
        e = _operation(b, OPERATIONS["exp"], [b.fsub(x, shift)])
        b.set(total, b.fadd(b.get(total), b.select(b.compare("oeq", first, b.splat(1.0)), b.splat(0.0), e)))
    log = _operation(b, OPERATIONS["log1p"], [b.get(total)])
    return b.select(finite, b.fadd(shift, log), largest)


_FOLDS: dict[Operation | None, Callable[[Loops, str, Term], str]] = {
    SUM: _sum, MEAN: _mean, DOT: _dot, LOGSUMEXP: _logsumexp
}  # fmt: skip


# ---------------------------------------------------------------- products


def _product(b: Loops, kernel: Kernel) -> None:
    """(shared) · (rows): of each tile, the numbers of a column on the left meet the rows of a row on the right."""
    (rows, columns), (down, across, length, row_step, step) = kernel.tile, map(b.entry, range(1, 6))
    of_right, of_out = (b.times(size, str(columns)) for size in (length, b.times(down, str(rows))))
    size = b.add(b.times(across, b.add(of_right, of_out)), "1")
    with b.loop(b.entry(0)) as product, b.loop(across) as c:
        body = b.table(b.add(b.times(product, size), "6"))
        rights = b.table(b.times(c, of_right), b.table("1", body))
        out = b.table(b.times(c, of_out), b.table(b.times(across, of_right), b.table("1", body)))
        with b.loop(down) as r:
            starts = [b.add(b.entry(0, body), b.times(b.times(r, str(rows)), row_step))]
            for _ in range(rows - 1):
                starts.append(b.add(starts[-1], row_step))

            def left(k: str, i: int) -> str:
                return b.broadcast(b.number(b.add(starts[i], b.times(k, step))))

            sums = _tile(b, kernel, length, (left, _table_of_rows(b, rights, columns)))
            tile = b.table(b.times(r, str(rows * columns)), out)
            for j, x in enumerate(sums):
                b.set_row(b.entry(j, tile), x)


def _table_of_rows(b: Loops, table: str, width: int, kind: str = "b") -> Term:
    return lambda k, i: b.operand(kind, b.entry(b.add(b.times(k, str(width)), str(i)), table))


def _tile(b: Loops, kernel: Kernel, length: str, *factors: tuple[Term, Term]) -> list[str]:
    """Return the sums of a tile, row by row; of several pairs of left and right factors all products are added."""
    rows, columns = kernel.tile
    sums = [b.variable(b.vector, b.splat(0.0)) for _ in range(rows * columns)]
    with b.loop(length) as k:
        for left, right in factors:
            ys = [right(k, j) for j in range(columns)]
            for i in range(rows):
                x = left(k, i)
                for j, y in enumerate(ys):
                    at = sums[i * columns + j]
                    b.set(at, b.fma(x, y, b.get(at)))
    return [b.get(at) for at in sums]


Reader = Callable[[str, int, str], Term]  # of a table, its width and the kind of its operands


def _of_two_tables(b: Loops, kernel: Kernel, count: str, store: Callable[[str, str], None], *readers: Reader) -> None:
    (rows, columns), kinds, (down, across, length) = kernel.tile, kernel.operands, map(b.entry, range(1, 4))
    of_left, of_right = (b.times(length, str(size)) for size in kernel.tile)
    of_out = b.times(down, str(rows * columns))
    all_left = b.times(down, of_left)
    size = b.add(all_left, b.times(across, b.add(of_right, of_out)))
    with b.loop(count) as product, b.loop(across) as c:
        body = b.table(b.add(b.times(product, size), "4"))
        right = b.table(all_left, body)
        out = b.table(b.times(c, of_out), b.table(b.times(across, of_right), right))
        rights = b.table(b.times(c, of_right), right)
        with b.loop(down) as r:
            lefts = b.table(b.times(r, of_left), body)
            factors = [(read(lefts, rows, kinds[0]), read(rights, columns, kinds[1])) for read in readers]
            sums = _tile(b, kernel, length, *factors)
            tile = b.table(b.times(r, str(rows * columns)), out)
            for j, x in enumerate(sums):
                store(b.entry(j, tile), x)


def _product_of_rows(b: Loops, kernel: Kernel) -> None:
    _of_two_tables(b, kernel, b.entry(0), _setter(b, kernel), partial(_table_of_rows, b))


def _batch_product(b: Loops, kernel: Kernel) -> None:
    """Take lanes as they are where all hold samples; else, as in the last block, 0 for those that do not."""
    parts = range(kernel.parts)
    valid = [b.compare("oeq", b.row(str(part)), b.splat(1.0)) for part in parts]  # of row 0
    whole = b.all_lanes(valid[0])
    for mask in valid[1:]:
        whole = b.emit(f"and i1 {whole}, {b.all_lanes(mask)}")
    count = b.entry(0)
    nowhere: list[str | None] = [None for _ in parts]
    for masks, wanted in ((nowhere, f"i64 {count}, i64 0"), (valid, f"i64 0, i64 {count}")):
        readers = [partial(_part_of_rows, b, kernel, part, mask) for part, mask in enumerate(masks)]
        _of_two_tables(b, kernel, b.emit(f"select i1 {whole}, {wanted}"), _add_to_number(b), *readers)


def _part_of_rows(b: Loops, kernel: Kernel, part: int, mask: str | None, table: str, width: int, kind: str) -> Term:
    def term(k: str, i: int) -> str:
        at = b.entry(b.add(b.times(k, str(width)), str(i)), table)
        x = b.operand(kind, b.add(b.times(at, str(kernel.parts)), str(part)) if kind == "b" else at)
        return b.select(mask, x, b.splat(0.0)) if mask else x

    return term


def _add_to_number(b: Loops) -> Callable[[str, str], None]:
    def add(at: str, x: str) -> None:
        b.set_number(at, b.emit(f"fadd {b.scalar} {b.number(at)}, {b.lane_sum(x)}"))

    return add


def _batch_sum(b: Loops, kernel: Kernel) -> None:
    valid, add = b.compare("oeq", b.row(VALID), b.splat(1.0)), _add_to_number(b)
    with b.loop(b.entry(0)) as i:
        places = b.table(b.add(b.times(i, "2"), "1"))
        add(b.entry(0, places), b.select(valid, b.row(b.entry(1, places)), b.splat(0.0)))


_WRITERS: dict[str, Callable[[Loops, Kernel], None]] = {
    "map": _map, "fold": _fold, "product": _product, "product_of_rows": _product_of_rows,
    "batch_product": _batch_product, "batch_sum": _batch_sum,
}  # fmt: skip
