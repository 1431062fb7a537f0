"""Rows of blocks as expressions of NumPy: names, slices, tables of row numbers, what is joined, and matrices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import count, groupby

from ..vectorise import Operand, Rows, VectorProgram
from .blocks import FEW_RUNS, Blocks, Matrices, Part, Run

FEW_ROWS = 8  # so many row numbers stand in the expression, more in a table above the function
WIDTH = 100  # of a line, about


class NumpyRows:
    """The body of a function as it is written, and what the blocks are called that it has computed so far.

    Rows that are to be used in several places, or are long to write, get a name and a line of their own:

    >>> from autograd_lite.program import Program
    >>> from autograd_lite.program.vectorise import vector_program
    >>> rows = NumpyRows(vector_program(Program(("x", "y", "z"), (False,) * 3, (), (0,))), taken={"np"})
    >>> rows.blocks.add("x", [0, 1]); rows.blocks.add("y", [2])
    >>> rows.of(Rows((1, 0), False)), rows.of(Rows((2, 0), False)), rows.lines
    ('x[[1, 0]]', 'r1', ['r1 = np.array([y, x[0]])'])
    """

    def __init__(self, vectors: VectorProgram, taken: set[str]):
        self.constants = vectors.constants
        self.blocks = Blocks(vectors.constants)
        self.lines: list[str] = []
        self.tables: list[str] = []  # of row numbers, above the function
        self._taken = taken
        self._numbers: dict[str, Iterator[int]] = defaultdict(lambda: count(1))
        self._known: dict[tuple[str, str], str] = {}
        self._matrices = Matrices()

    # ------------------------------------------------------------ lines and names

    def write(self, line: str, comment: str) -> None:
        """Add a line; a comment stands behind it, or above it if that would be long."""
        if comment and len(line) + len(comment) > WIDTH:
            self.lines += [f"# {comment}", line]
        else:
            self.lines.append(f"{line}  # {comment}" if comment else line)

    def new_name(self, prefix: str) -> str:
        """Return a name that is free: the prefix, and a number."""
        while True:
            name = f"{prefix}{next(self._numbers[prefix])}"
            if name not in self._taken:
                return name

    def named(self, prefix: str, text: str) -> str:
        """Return the name of an expression; the same expression is written once."""
        name = self._known.get((prefix, text))
        if name is None:
            name = self._known[prefix, text] = self.new_name(prefix)
            self.write(f"{name} = {text}", "")
        return name

    # ------------------------------------------------------------ rows

    def one(self, slot: int) -> str:
        """Return one row, without the axis of rows."""
        (run,) = self.blocks.runs([slot])
        return self._single(run, batched=False)

    def operand(self, operand: Operand, out: Rows) -> str:
        """Return an operand of an operation that computes ``out``, with the axes that it needs beside the others."""
        if not isinstance(operand, Rows):
            return bound(operand)
        if len(operand.slots) == 1:
            number = self.constants.get(operand.slots[0])
            return self.one(operand.slots[0]) if number is None else bound(number)
        return f"{self.of(operand)}[:, None]" if out.batched and not operand.batched else self.of(operand)

    def of(self, rows: Rows) -> str:
        """Return rows with their axis, (rows, samples) or (rows,)."""
        runs = self.blocks.runs(rows.slots)
        if len(runs) == 1 and (runs[0].block is None or self.blocks.sizes[runs[0].block] > 1):
            return self._run(runs[0], rows.batched)
        if len(runs) > FEW_RUNS:
            whole, at = self.blocks.selection(runs)
            return self.named("r", f"{self._joined(whole, rows.batched)}[{self._index(at)}]")
        return self.named("r", self._joined(runs, rows.batched))

    def over_samples(self, rows: Rows, count: int, n: int) -> str:
        """Return rows as (count, n · samples), a vector if count is 1."""
        if n > 1:
            return f"{self.of(rows)}.ravel()" if count == 1 else f"{self.of(rows)}.reshape({count}, {n} * samples)"
        return self._single(self.blocks.runs(rows.slots)[0], batched=True) if count == 1 else self.of(rows)

    def matrix(self, rows: Rows, shape: tuple[int, int]) -> str:
        """Return shared rows as a matrix; one that was named already, in part or transposed, if it is that."""
        r, n = shape
        if r == 1:
            return self.of(rows)
        grid = [rows.slots[i * n : (i + 1) * n] for i in range(r)]
        part = self._matrices.find(grid)
        if part is None:
            frame = self.blocks.frame(grid)
            flat = Rows(tuple([slot for row in frame for slot in row]), False)
            self._matrices.add(self.named("W", f"{self.of(flat)}.reshape({r}, {len(frame[0])})"), frame)
            part = self._matrices.find(grid)
            assert part is not None
        return f"{part.matrix}{_sliced(part)}{'.T' if part.is_transposed else ''}"

    def _joined(self, runs: Sequence[Run], batched: bool) -> str:
        if all(map(_is_single, runs)):
            return f"np.array({listed([self._single(run, batched) for run in runs])})"
        pieces = []
        for are_single, group in groupby(runs, key=lambda run: _is_single(run) and not (batched and run.block is None)):
            if are_single:
                pieces.append(listed([self._single(run, batched) for run in group]))
            else:
                pieces += [self._run(run, batched) for run in group]
        return f"np.concatenate({listed(pieces)})" if len(pieces) > 1 else pieces[0]

    def _single(self, run: Run, batched: bool) -> str:
        if run.block is None:
            text = number(run.numbers[0])
            return f"np.full(samples, {text})" if batched else text
        return run.block if self.blocks.sizes[run.block] == 1 else f"{run.block}[{run.rows[0]}]"

    def _run(self, run: Run, batched: bool) -> str:
        if run.block is None:
            return _constants(run.numbers, batched)
        if self.blocks.sizes[run.block] == 1:  # one row, taken several times
            return f"np.array([{run.block}])[{self._index(run.rows)}]"
        if run.rows == tuple(range(self.blocks.sizes[run.block])):
            return run.block
        if not run.is_even:
            return f"{run.block}[{self._index(run.rows)}]"
        first, last = run.rows[0], run.rows[-1]
        step = run.rows[1] - first if len(run.rows) > 1 else 1
        return f"{run.block}[{first}:{last + 1}:{step}]" if step > 1 else f"{run.block}[{first}:{last + 1}]"

    def _index(self, at: Sequence[int]) -> str:
        """Return row numbers: a list if they are few, else the name of a table above the function."""
        numbers = listed(list(map(str, at)))
        if len(at) <= FEW_ROWS:
            return numbers
        name = self._known.get(("ROWS", numbers))
        if name is None:
            name = self._known["ROWS", numbers] = self.new_name("ROWS")
            self.tables.append(f"{name} = np.array({numbers})")
        return name


def _is_single(run: Run) -> bool:
    return len(run.rows) == 1


def _constants(numbers: Sequence[float], batched: bool) -> str:
    texts, n = list(map(number, numbers)), len(numbers)
    if not batched:
        return f"np.array({listed(texts)})"
    if set(texts) == {"1.0"}:
        return f"np.ones(({n}, samples))"
    if len(set(texts)) == 1:
        return f"np.full(({n}, samples), {texts[0]})"
    return f"np.full((samples, {n}), {listed(texts)}).T"


def _sliced(part: Part) -> str:
    """Return the index that takes a part out of its matrix; nothing for all of it.

    >>> _sliced(Part("W", (4, 3), 0, 4, 1, 2, False)), _sliced(Part("W", (4, 3), 2, 2, 0, 3, False))
    ('[:, 1:3]', '[2:4, :]')
    """
    rows, columns = part.shape
    across = f"{part.j or ''}:{part.j + part.n}" if part.n < columns else ":"
    if part.r < rows:
        return f"[{part.i}:{part.i + part.r}, {across}]"
    return "" if across == ":" else f"[:, {across}]"


def number(x: float) -> str:
    """Return a number as Python and NumPy write it.

    >>> number(0.5), number(float("-inf"))
    ('0.5', '-np.inf')
    """
    if x != x:
        return "np.nan"
    return repr(x).replace("inf", "np.inf")


def bound(x: float) -> str:
    """Return a number as an operand: a sign is held together with its digits, as ``-2.0 ** x`` is ``-(2.0 ** x)``."""
    text = number(x)
    return f"({text})" if text.startswith("-") else text


def listed(items: Sequence[str]) -> str:
    """Return a list as text, in lines of about 100 characters."""
    lines, line = [], ""
    for item in items:
        if line and len(line) + len(item) > WIDTH - 4:
            lines.append(line)
            line = ""
        line += f"{item}, "
    lines.append(line[:-2])
    if len(lines) == 1:
        return f"[{lines[0]}]"
    return "[\n    " + "\n    ".join(text.rstrip() for text in lines) + ",\n]"
