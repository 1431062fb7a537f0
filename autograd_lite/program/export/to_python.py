"""A program as readable NumPy: one function, in which a layer is one matrix product.

Arrays have rows first and samples last inside, so that a layer reads ``W @ x``; the function itself takes
and returns samples first, like ``compile(..., batched=True)``.
"""

from __future__ import annotations

import keyword
import os
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import count, groupby

from ... import ops
from ...expression import exponent
from ...ops import Operation
from ..program import Program, batch_sum, broadcast
from ..vectorise import Call, Operand, Rows, vector_program
from .blocks import FEW_RUNS, Blocks, Matrices, Part, Run, forward_first, is_bias
from .interface import arguments, checked, prepared, written

FEW = 3  # so few products are added one by one

# What is written for an operation on operands; operands are names, slices or numbers.
_TEXTS = {
    "identity": "{0}", "add": "{0} + {1}", "sub": "{0} - {1}", "mul": "{0} * {1}", "div": "{0} / {1}",
    "neg": "-{0}", "square": "{0} ** 2", "pow": "np.float_power({0}, {1})", "exp2": "2.0 ** {0}",
    "greater": "np.where({0} > {1}, 1.0, 0.0)", "greater_equal": "np.where({0} >= {1}, 1.0, 0.0)",
    "equal": "np.where({0} == {1}, 1.0, 0.0)", "where": "np.where({0} != 0.0, {1}, {2})",
    "relu": "np.maximum({0}, 0.0)", "maximum": "np.maximum({0}, {1})", "minimum": "np.minimum({0}, {1})",
    "asin": "np.arcsin({0})", "acos": "np.arccos({0})",
    "atan": "np.arctan({0})", "atan2": "np.arctan2({0}, {1})", "asinh": "np.arcsinh({0})",
    "acosh": "np.arccosh({0})", "atanh": "np.arctanh({0})", "leaky_relu": "np.where({0} > 0.0, {0}, {1} * {0})",
    "elu": "np.where({0} > 0.0, {0}, {1} * np.expm1({0}))",
}  # fmt: skip

# The same name in NumPy.
_NUMPY = {
    "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "cbrt", "sin", "cos", "tan", "sinh", "cosh", "tanh",
    "abs", "sign", "hypot", "logaddexp",
}  # fmt: skip

# Functions that are written above, if something calls them.
_HELPERS = {
    "sigmoid": '''
def sigmoid(x):
    """1 / (1 + exp(-x)), of exponentials that cannot overflow."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0.0, 1.0, e) / (1.0 + e)
''',
    "softplus": '''
def softplus(x):
    """log(1 + exp(x)), of an exponential that cannot overflow."""
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))
''',
    "silu": '''
def silu(x):
    """x * sigmoid(x), and its limit at -inf."""
    return np.where(x == -np.inf, -0.0, x * sigmoid(x))
''',
    "erf": """
# The error function, number by number.
erf = np.vectorize(math.erf, otypes=[float])
""",
    "erfc": """
# The complementary error function, number by number.
erfc = np.vectorize(math.erfc, otypes=[float])
""",
    "gelu": '''
def gelu(x):
    """x times the normal distribution up to x, and its limit at -inf."""
    return np.where(x == -np.inf, -0.0, 0.5 * x * erfc(-np.sqrt(0.5) * x))
''',
    "sech2": '''
def sech2(y, x):
    """1 / cosh(x) ** 2, where y is tanh(x): 1 - y ** 2 as long as that keeps its digits."""
    return np.where(np.abs(y) < 0.9, 1.0 - y**2, (1.0 / np.cosh(x)) ** 2)
''',
    "logsumexp": '''
def logsumexp(x):
    """log(sum(exp(x))) over the first axis, shifted by the maximum so that it cannot overflow."""
    top = np.max(x, axis=0)
    others = np.exp(x - np.where(np.isfinite(top), top, 0.0))
    np.put_along_axis(others, np.expand_dims(np.argmax(x, axis=0), 0), 0.0, axis=0)  # the maximum is the 1 of log1p
    return np.where(np.isfinite(top), top + np.log1p(np.sum(others, axis=0)), top)
''',
}

_RESERVED = {*keyword.kwlist, *keyword.softkwlist, *_HELPERS, "np", "math", "float", "len", "samples"}


def writes(op: Operation) -> bool:
    """Tell whether ``op`` has a form of its own in this NumPy; the others are written as their definition."""
    has_text = op.name in _TEXTS or op.name in _HELPERS or op.name in _NUMPY
    return exponent(op) is not None or (has_text and ops.TABLE.get(op.name) is op)


def to_python(program: Program, path: str | os.PathLike[str] | None = None, *, gradients: bool = True) -> str:
    """Return NumPy source, written to ``path`` too if there is one, with one function, ``value_and_gradient``.

    It computes the outputs, and ∂(Σ outputs)/∂argument.

    Its arguments are the inputs of ``program`` under their names: numbers, or flat vectors of those that
    are indexed (``x[0]``, ``x[1]``) and of long rows of names (``inputs``, ``parameters``). Batched ones
    have one more axis in front, the samples. It returns the value (a tuple of them, if there are several)
    and a tuple with one gradient for each argument, in its shape; of an argument that all samples share, the
    sum over the samples. Without ``gradients`` the function is called ``value`` and returns that alone.

        >>> from autograd_lite import Value
        >>> x, w = Value(3.0, "x"), Value(0.5, "w")
        >>> print(to_python(Program.capture([x, w], [(w * x).tanh()]), gradients=False))
        # Written by autograd-lite. It needs NumPy alone.
        import numpy as np
        <BLANKLINE>
        <BLANKLINE>
        @np.errstate(all="ignore")  # 1/0 is inf, log(-1) is nan
        def value(x, w):
            # x: a number
            # w: a number
            x = np.array(x, float).reshape(())
            w = np.array(w, float).reshape(())
        <BLANKLINE>
            v1 = w * x
            v2 = np.tanh(v1)
            return v2
        <BLANKLINE>

    Raises ValueError for an operation that cannot be written (an opaque one of the user's own).
    """
    checked(program, path, gradients, "to_python")
    ready = prepared(program, "Python", writes, gradients=gradients)
    return written(path, _Writer(ready, len(program.outputs), gradients).text())


class _Writer:
    def __init__(self, program: Program, n_values: int, gradients: bool):
        self.n_values, self.gradients = n_values, gradients
        self.vectors = vector_program(program, writes)
        self.program = self.vectors.program
        self.batched = self.program.batched_slots()
        self.taken = set(_RESERVED)
        self.arguments = arguments(self.program, self.taken)
        self.taken.update(a.name for a in self.arguments)
        self.blocks = Blocks(self.vectors.constants)
        self.tables: list[str] = []  # of row numbers, above the function
        self.lines: list[str] = []
        self._numbers: dict[str, Iterator[int]] = defaultdict(lambda: count(1))
        self._known: dict[tuple[str, str], str] = {}
        self._matrices = Matrices()

    def text(self) -> str:
        name = "value_and_gradient" if self.gradients else "value"
        for argument in self.arguments:
            self.blocks.add(argument.name, argument.slots)
        forward, backward = forward_first(self.vectors, self.n_values)
        for prefix, title, calls in (("v", "the value", forward), ("g", "the gradient", backward)):
            self.lines += ["", f"# {title}"] if self.gradients and calls else [""] if calls else []
            for call in calls:
                self._call(call, prefix)
        results = self._results()
        body = "\n".join([*self._heading(), *self.lines, results])
        helpers = self._helpers(body)
        imports = ["import math", ""] if "math." in "".join(helpers) else []
        return "\n".join(
            [
                "# Written by autograd-lite. It needs NumPy alone.",
                *imports,
                "import numpy as np",
                *[f"\n\n{text.strip()}" for text in helpers],
                *(["\n" * bool(helpers), *self.tables] if self.tables else []),
                "",
                "",
                '@np.errstate(all="ignore")  # 1/0 is inf, log(-1) is nan',
                f"def {name}({', '.join(a.name for a in self.arguments)}):",
                *[f"    {line}" if line else "" for line in body.split("\n")],
                "",
            ]
        )

    def _heading(self) -> list[str]:
        """Say what the arguments are, and give each the form that the lines below use."""
        described, read = [], []
        for a in self.arguments:
            n = len(a.slots)
            shape = "(samples, {n})" if a.is_vector else "(samples,)"
            what = f"an array {shape}" if a.batched else "a flat vector of {n} numbers" if a.is_vector else "a number"
            described.append(f"# {a.name}: {what.format(n=n)}")
            array = f"np.array({a.name}, float)"
            if a.batched:
                read.append(f"{a.name} = {array}.reshape({f'len({a.name}), {n}).T' if a.is_vector else '-1)'}")
            else:
                read.append(f"{a.name} = {array}.reshape({n if a.is_vector else '()'})")
            if a.is_vector and n == 1:
                read[-1] += "[0]"
        batched = [a.name for a in self.arguments if a.batched]
        if batched and any("samples" in line for line in self.lines):
            read.append(f"samples = {batched[0]}.shape[-1]")
        return [*described, *read]

    def _helpers(self, body: str) -> list[str]:
        texts: dict[str, str] = {}

        def need(text: str) -> None:
            for name in re.findall(r"(?<![.\w])(\w+)\(", text):
                if name in _HELPERS and name not in texts:
                    need(_HELPERS[name].split("(", 1)[1])
                    texts[name] = _HELPERS[name]

        need(body)
        return list(texts.values())

    def _results(self) -> str:
        outputs = self.program.outputs
        values = [self._one(i) for i in outputs[: self.n_values]]
        value = values[0] if len(values) == 1 else f"({', '.join(values)}{',' * (len(values) == 1)})"
        if not self.gradients:
            return f"return {value}"
        of_inputs = outputs[self.n_values :]
        gradients = []
        for a in self.arguments:
            slots = tuple([of_inputs[i] for i in a.slots])
            if not a.is_vector:
                gradients.append(self._one(slots[0]))
            else:
                rows = self._rows(Rows(slots, a.batched))
                gradients.append(f"{rows}.T" if a.batched else rows)
        return f"return {value}, ({', '.join(gradients)}{',' * (len(gradients) == 1)})"

    # ------------------------------------------------------------ operands

    def _new(self, prefix: str) -> str:
        """Return a name that is free: the prefix, and a number."""
        while True:
            name = f"{prefix}{next(self._numbers[prefix])}"
            if name not in self.taken:
                return name

    def _named(self, prefix: str, text: str) -> str:
        """Return the name of an expression; the same expression is written once."""
        name = self._known.get((prefix, text))
        if name is None:
            name = self._known[prefix, text] = self._new(prefix)
            self._write(f"{name} = {text}", "")
        return name

    def _write(self, line: str, comment: str) -> None:
        if comment and len(line) + len(comment) > 100:
            self.lines += [f"# {comment}", line]
        else:
            self.lines.append(f"{line}{f'  # {comment}' * bool(comment)}")

    def _one(self, slot: int) -> str:
        """Return one row, without the axis of rows."""
        (run,) = self.blocks.runs([slot])
        if run.block is None:
            return _number(run.numbers[0])
        return run.block if self.blocks.sizes[run.block] == 1 else f"{run.block}[{run.rows[0]}]"

    def _operand(self, operand: Operand, out: Rows) -> str:
        if not isinstance(operand, Rows):
            return _bound(operand)
        if len(operand.slots) == 1:
            number = self.vectors.constants.get(operand.slots[0])
            return self._one(operand.slots[0]) if number is None else _bound(number)
        return f"{self._rows(operand)}[:, None]" if out.batched and not operand.batched else self._rows(operand)

    def _rows(self, rows: Rows) -> str:
        """Return rows with their axis, (rows, samples) or (rows,)."""
        runs = self.blocks.runs(rows.slots)
        if len(runs) == 1 and (runs[0].block is None or self.blocks.sizes[runs[0].block] > 1):
            return self._run(runs[0], rows.batched)
        if len(runs) > FEW_RUNS:
            whole, at = self.blocks.selection(runs)
            return self._named("r", f"{self._joined(whole, rows.batched)}[{self._index(at)}]")
        return self._named("r", self._joined(runs, rows.batched))

    def _joined(self, runs: Sequence[Run], batched: bool) -> str:
        if all(self._is_single(run) for run in runs):
            ones = [self._single(run, batched) for run in runs]
            return f"np.array({_listed(ones)})"
        pieces = []
        for are_single, group in groupby(
            runs, key=lambda run: self._is_single(run) and not (batched and run.block is None)
        ):
            if are_single:
                pieces.append(_listed([self._single(run, batched) for run in group]))
            else:
                pieces += [self._run(run, batched) for run in group]
        return f"np.concatenate({_listed(pieces)})" if len(pieces) > 1 else pieces[0]

    def _is_single(self, run: Run) -> bool:
        return len(run.rows) == 1

    def _single(self, run: Run, batched: bool) -> str:
        if run.block is None:
            number = _number(run.numbers[0])
            return f"np.full(samples, {number})" if batched else number
        return run.block if self.blocks.sizes[run.block] == 1 else f"{run.block}[{run.rows[0]}]"

    def _run(self, run: Run, batched: bool) -> str:
        if run.block is None:
            numbers, n = list(map(_number, run.numbers)), len(run.numbers)
            if not batched:
                return f"np.array({_listed(numbers)})"
            if set(numbers) == {"1.0"}:
                return f"np.ones(({n}, samples))"
            if len(set(numbers)) == 1:
                return f"np.full(({n}, samples), {numbers[0]})"
            return f"np.full((samples, {n}), {_listed(numbers)}).T"
        if self.blocks.sizes[run.block] == 1:  # one row, taken several times
            return f"np.array([{run.block}])[{self._index(run.rows)}]"
        if run.rows == tuple(range(self.blocks.sizes[run.block])):
            return run.block
        if not run.is_even:
            return f"{run.block}[{self._index(run.rows)}]"
        first, last = run.rows[0], run.rows[-1]
        step = run.rows[1] - first if len(run.rows) > 1 else 1
        return f"{run.block}[{first}:{last + 1}{f':{step}' * (step > 1)}]"

    def _index(self, at: Sequence[int]) -> str:
        """Return row numbers: a list if they are few, else the name of a table above the function."""
        numbers = _listed(list(map(str, at)))
        if len(at) <= 8:
            return numbers
        name = self._known.get(("ROWS", numbers))
        if name is None:
            name = self._known["ROWS", numbers] = self._new("ROWS")
            self.tables.append(f"{name} = np.array({numbers})")
        return name

    def _matrix(self, rows: Rows, shape: tuple[int, int]) -> str:
        """Return shared rows as a matrix; one that was named already, in part or transposed, if it is that."""
        r, n = shape
        if r == 1:
            return self._rows(rows)
        grid = [rows.slots[i * n : (i + 1) * n] for i in range(r)]
        part = self._matrices.find(grid)
        if part is None:
            frame = self.blocks.frame(grid)
            flat = Rows(tuple([slot for row in frame for slot in row]), False)
            self._matrices.add(self._named("W", f"{self._rows(flat)}.reshape({r}, {len(frame[0])})"), frame)
            part = self._matrices.find(grid)
            assert part is not None
        return f"{part.matrix}{_sliced(part)}{'.T' * part.is_transposed}"

    # ------------------------------------------------------------ calls

    def _call(self, call: Call, prefix: str) -> None:
        text, comment = getattr(self, f"_{call.kind}")(call)
        name = self._new(prefix)
        self.blocks.add(name, call.out.slots)
        self._write(f"{name} = {text}", comment)

    def _map(self, call: Call) -> tuple[str, str]:
        operands = [self._operand(operand, call.out) for operand in call.operands]
        k = len(call.out.slots)
        if call.op is batch_sum:
            operand = call.operands[0]
            if isinstance(operand, Rows) and operand.batched:
                return f"np.sum({operands[0]}, axis=-1)", "over the samples"
            return f"{operands[0]} * samples", ""
        if call.op is broadcast:
            return (
                f"np.broadcast_to({operands[0]}, {f'({k}, samples)' if k > 1 else 'samples'})",
                "the same for all samples",
            )
        return _expression(call.op, operands), ""

    def _fold(self, call: Call) -> tuple[str, str]:
        is_dot = call.op is ops.TABLE["dot"]
        n, k = call.length, len(call.out.slots)
        if len(call.operands) == (2 * n if is_dot else n) > 1 + is_dot:
            operands = [self._operand(operand, call.out) for operand in call.operands]
            terms = [f"{a} * {b}" for a, b in zip(operands[:n], operands[n:])] if is_dot else operands
            return " + ".join(terms), ""
        stacked, shared = [], []
        for operand in call.operands:
            assert isinstance(operand, Rows)
            shared.append(not operand.batched)
            samples = "" if not call.out.batched else ", samples" if operand.batched else ", 1"
            stacked.append(self._rows(operand) if k == 1 else f"{self._rows(operand)}.reshape({n}, {k}{samples})")
        if is_dot:
            a, b = stacked
            if k == 1 and shared[0]:
                return f"{a} @ {b}", ""
            if k == 1 and shared[1]:
                b = f"{b}[:, None]"
            return f"np.sum({a} * {b}, axis=0)", ""
        if call.op is ops.TABLE["logsumexp"]:
            return f"logsumexp({stacked[0]})", ""
        return f"np.{'mean' if call.op is ops.TABLE['mean'] else 'sum'}({stacked[0]}, axis=0)", ""

    def _product(self, call: Call) -> tuple[str, str]:
        left, right = call.operands
        assert isinstance(left, Rows) and isinstance(right, Rows)
        (r, c), n = call.shape, call.length
        if call.op is not ops.TABLE["dot"]:
            a, b = self._over_samples(left, r, n), self._over_samples(right, c, n)
            flat = r > 1 and c > 1
            text = f"{a} @ {b}{'.T' * (c > 1)}"
            return (f"({text}).ravel()" if flat else text), "summed over the samples"
        if r == c == 1 and n <= FEW and not is_bias(call, self.vectors):
            pairs = zip(left.slots, right.slots)
            return " + ".join(f"{self._one(i)} * {self._one(j)}" for i, j in pairs), ""
        comment = f"{r} × {c} dot products of length {n}"
        if left.batched:
            x, y = self._rows(left), self._rows(Rows(right.slots, True))
            if r == c == 1:
                return f"np.sum({x} * {y}, axis=0)", ""
            x, y = f"{x}.reshape({r}, {n}, samples)", f"{y}.reshape({n}, {c}, samples)"
            return f'np.einsum("rns,ncs->rcs", {x}, {y}).reshape({r * c}, samples)', comment
        weights, bias = self._matrix(left, (r, n)), ""
        if is_bias(call, self.vectors):
            weights = self._named("w", weights) if r == 1 else weights
            n -= 1
            right = Rows(right.slots[: n * c], right.batched or self._is_batched(right.slots[: n * c]))
            column = "-1" if r == 1 else ":, -1:" if right.batched or c > 1 else ":, -1"
            weights, bias = f"{weights}[{'' if r == 1 else ':, '}:-1]", f" + {weights}[{column}]"
        x = self._rows(right)
        if c > 1:
            x = f"{x}.reshape({n}, {f'{c} * samples' if right.batched else c})"
        text = f"{weights} @ {x}{bias}"
        if c > 1 and (right.batched or r > 1):
            text = f"({text}).{f'reshape({r * c}, samples)' if right.batched else 'ravel()'}"
        return text, comment

    def _is_batched(self, slots: Sequence[int]) -> bool:
        return any(self.batched[i] for i in slots)

    def _over_samples(self, rows: Rows, count: int, n: int) -> str:
        """Return rows as (count, n · samples), a vector if count is 1."""
        if n == 1:
            return self._single(self.blocks.runs(rows.slots)[0], True) if count == 1 else self._rows(rows)
        return f"{self._rows(rows)}.{'ravel()' if count == 1 else f'reshape({count}, {n} * samples)'}"


def _sliced(part: Part) -> str:
    rows, columns = part.shape
    across = ":" if part.n == columns else f"{part.j}:{part.j + part.n}" if part.j else f":{part.n}"
    if part.r < rows:
        return f"[{part.i}:{part.i + part.r}, {across}]"
    return "" if across == ":" else f"[:, {across}]"


def _expression(op: Operation, operands: Sequence[str]) -> str:
    n = exponent(op)
    if n is not None and op is not ops.square:
        if n == 0.5:  # NumPy takes it for sqrt, which is nan at -inf
            return f"np.where({operands[0]} == -np.inf, np.inf, np.sqrt({operands[0]}))"
        return f"1.0 / {operands[0]}" if n == -1.0 else f"{operands[0]} ** {_number(n)}"
    if op.name in _TEXTS:
        return _TEXTS[op.name].format(*operands)
    return f"{'np.' * (op.name in _NUMPY)}{op.name}({', '.join(operands)})"


def _number(x: float) -> str:
    if x - x != 0.0:
        return "np.nan" if x != x else "np.inf" if x > 0.0 else "-np.inf"
    return repr(x)


def _bound(x: float) -> str:
    """Return a number as an operand: a sign is held together with its digits, as ``-2.0 ** x`` is ``-(2.0 ** x)``."""
    text = _number(x)
    return f"({text})" if text.startswith("-") else text


def _listed(items: Sequence[str]) -> str:
    """Return a list as text, in lines of about 100 characters."""
    lines, line = [], ""
    for item in items:
        if line and len(line) + len(item) > 96:
            lines.append(line)
            line = ""
        line += f"{item}, "
    lines.append(line[:-2])
    if len(lines) == 1:
        return f"[{lines[0]}]"
    return "[\n    " + "\n    ".join(text.rstrip() for text in lines) + ",\n]"
