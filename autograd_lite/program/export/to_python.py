"""A program as readable NumPy: one function, in which a layer is one matrix product.

Arrays have rows first and samples last inside, so that a layer reads ``W @ x``; the function itself takes
and returns samples first, like ``compile(..., batched=True)``.
"""

from __future__ import annotations

import keyword
import os
import re
from collections.abc import Sequence

from ... import ops
from ...expression import exponent
from ...ops import Operation
from ..passes import DOT, LOGSUMEXP, MEAN
from ..program import Program
from ..vectorise import Call, Rows, is_batched, vector_program
from .blocks import forward_first, is_bias
from .interface import Argument, arguments, checked, prepared, written
from .python_rows import NumpyRows, number

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
    "abs", "sign", "hypot", "fmod", "logaddexp",
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
    return written(path, _PythonWriter(ready, len(program.outputs), gradients).text())


class _PythonWriter:
    """Writes one function: its arguments, a line for each call, first of the value, then of the gradient, and return.

    Of a layer tanh(W·x + b) on a batch, the rows of whose W each end in their b and are the flat ``p``::

        W1 = p.reshape(2, 3)
        v1 = W1[:, :-1] @ x1 + W1[:, -1:]  # 2 × 1 dot products of length 3
        v2 = np.tanh(v1)

    Every method for a kind of call returns the expression and a comment.
    """

    def __init__(self, program: Program, n_values: int, gradients: bool):
        self.n_values, self.gradients = n_values, gradients
        self.vectors = vector_program(program, writes)
        self.program = self.vectors.program
        self.batched = self.program.batched_slots()
        taken = set(_RESERVED)
        self.arguments = arguments(self.program, taken)
        taken.update(a.name for a in self.arguments)
        self.rows = NumpyRows(self.vectors, taken)
        for argument in self.arguments:
            self.rows.blocks.add(argument.name, argument.slots)

    def text(self) -> str:
        forward, backward = forward_first(self.vectors, self.n_values)
        self._calls(forward, "v", "the value")
        self._calls(backward, "g", "the gradient")
        results = self._results()
        body = "\n".join([*self._heading(), *self.rows.lines, results])
        helpers, tables = self._helpers(body), self.rows.tables
        name = "value_and_gradient" if self.gradients else "value"
        return "\n".join(
            [
                "# Written by autograd-lite. It needs NumPy alone.",
                *(["import math", ""] if "math." in "".join(helpers) else []),
                "import numpy as np",
                *[f"\n\n{text.strip()}" for text in helpers],
                *(["\n" if helpers else "", *tables] if tables else []),
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
        lines = [f"# {a.name}: {_described(a)}" for a in self.arguments] + list(map(_read, self.arguments))
        batched = [a.name for a in self.arguments if a.batched]
        if batched and any("samples" in line for line in self.rows.lines):
            lines.append(f"samples = {batched[0]}.shape[-1]")
        return lines

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
        values = [self.rows.one(i) for i in outputs[: self.n_values]]
        value = values[0] if len(values) == 1 else _tuple(values)
        if not self.gradients:
            return f"return {value}"
        of_inputs = outputs[self.n_values :]
        return f"return {value}, {_tuple([self._gradient(a, of_inputs) for a in self.arguments])}"

    def _gradient(self, a: Argument, of_inputs: Sequence[int]) -> str:
        slots = tuple([of_inputs[i] for i in a.slots])
        if not a.is_vector:
            return self.rows.one(slots[0])
        rows = self.rows.of(Rows(slots, a.batched))
        return f"{rows}.T" if a.batched else rows

    # ------------------------------------------------------------ calls

    def _calls(self, calls: Sequence[Call], prefix: str, title: str) -> None:
        if calls:
            self.rows.lines += ["", f"# {title}"] if self.gradients else [""]
        for call in calls:
            text, comment = getattr(self, f"_{call.kind}")(call)
            name = self.rows.new_name(prefix)
            self.rows.blocks.add(name, call.out.slots)
            self.rows.write(f"{name} = {text}", comment)

    def _operands(self, call: Call) -> list[str]:
        return [self.rows.operand(operand, call.out) for operand in call.operands]

    def _batch_sum(self, call: Call) -> tuple[str, str]:
        (x,) = self._operands(call)
        if is_batched(call.operands[0]):
            return f"np.sum({x}, axis=-1)", "over the samples"
        return f"{x} * samples", ""

    def _broadcast(self, call: Call) -> tuple[str, str]:
        (x,), k = self._operands(call), len(call.out.slots)
        return f"np.broadcast_to({x}, {f'({k}, samples)' if k > 1 else 'samples'})", "the same for all samples"

    def _map(self, call: Call) -> tuple[str, str]:
        return _expression(call.op, self._operands(call)), ""

    def _added(self, call: Call) -> tuple[str, str]:
        terms = self._operands(call)
        if call.op is DOT:
            terms = [f"{x} * {y}" for x, y in call.pairs(terms)]
        return " + ".join(terms), ""

    def _fold(self, call: Call) -> tuple[str, str]:
        stacked = [self._stacked(rows, call) for rows in call.rows]
        if call.op is DOT:
            return self._dots(call, *stacked), ""
        if call.op is LOGSUMEXP:
            return f"logsumexp({stacked[0]})", ""
        return f"np.{'mean' if call.op is MEAN else 'sum'}({stacked[0]}, axis=0)", ""

    def _stacked(self, rows: Rows, call: Call) -> str:
        text, k, samples = self.rows.of(rows), len(call.out.slots), ""
        if call.out.batched:
            samples = ", samples" if rows.batched else ", 1"
        return text if k == 1 else f"{text}.reshape({call.length}, {k}{samples})"

    def _dots(self, call: Call, x: str, y: str) -> str:
        left, right = call.rows
        is_one = len(call.out.slots) == 1
        if is_one and not left.batched:
            return f"{x} @ {y}"
        if is_one and not right.batched:
            y = f"{y}[:, None]"
        return f"np.sum({x} * {y}, axis=0)"

    def _batch_product(self, call: Call) -> tuple[str, str]:
        (left, right), (r, c) = call.rows, call.shape
        x, y = self.rows.over_samples(left, r, call.length), self.rows.over_samples(right, c, call.length)
        text = f"{x} @ {y}.T" if c > 1 else f"{x} @ {y}"
        return (f"({text}).ravel()" if r > 1 and c > 1 else text), "summed over the samples"

    def _product(self, call: Call) -> tuple[str, str]:
        (left, right), (r, c), n = call.rows, call.shape, call.length
        if r == c == 1 and n <= FEW and not is_bias(call, self.vectors):
            pairs = zip(left.slots, right.slots)
            return " + ".join(f"{self.rows.one(i)} * {self.rows.one(j)}" for i, j in pairs), ""
        if left.batched:
            return self._product_of_each_sample(call)
        return self._matrix_product(call), f"{r} × {c} dot products of length {n}"

    def _product_of_each_sample(self, call: Call) -> tuple[str, str]:
        (left, right), (r, c), n = call.rows, call.shape, call.length
        x, y = self.rows.of(left), self.rows.of(Rows(right.slots, True))
        if r == c == 1:
            return f"np.sum({x} * {y}, axis=0)", ""
        x, y = f"{x}.reshape({r}, {n}, samples)", f"{y}.reshape({n}, {c}, samples)"
        text = f'np.einsum("rns,ncs->rcs", {x}, {y}).reshape({r * c}, samples)'
        return text, f"{r} × {c} dot products of length {n}"

    def _matrix_product(self, call: Call) -> str:
        (left, right), (r, c), n = call.rows, call.shape, call.length
        weights, bias = self.rows.matrix(left, (r, n)), ""
        if is_bias(call, self.vectors):
            n -= 1
            slots = right.slots[: n * c]
            right = Rows(slots, right.batched or any(self.batched[i] for i in slots))
            weights, bias = self._apart(weights, r, beside_columns=right.batched or c > 1)
        columns = f"{c} * samples" if right.batched else f"{c}"
        x = f"{self.rows.of(right)}.reshape({n}, {columns})" if c > 1 else self.rows.of(right)
        text = f"{weights} @ {x}{bias}"
        if c == 1 or (r == 1 and not right.batched):
            return text
        return f"({text}).reshape({r * c}, samples)" if right.batched else f"({text}).ravel()"

    def _apart(self, weights: str, r: int, *, beside_columns: bool) -> tuple[str, str]:
        """Return weights without their last column, and that column to be added: the bias."""
        if r == 1:
            weights = self.rows.named("w", weights)
            return f"{weights}[:-1]", f" + {weights}[-1]"
        return f"{weights}[:, :-1]", f" + {weights}[:, -1:]" if beside_columns else f" + {weights}[:, -1]"


def _described(a: Argument) -> str:
    n = len(a.slots)
    if a.batched:
        return f"an array (samples, {n})" if a.is_vector else "an array (samples,)"
    return f"a flat vector of {n} numbers" if a.is_vector else "a number"


def _read(a: Argument) -> str:
    """Return the line that gives an argument the form of rows: (n, samples), or (n,); of one number, without n."""
    n, array = len(a.slots), f"{a.name} = np.array({a.name}, float)"
    if not a.is_vector:
        return f"{array}.reshape(-1)" if a.batched else f"{array}.reshape(())"
    line = f"{array}.reshape(len({a.name}), {n}).T" if a.batched else f"{array}.reshape({n})"
    return f"{line}[0]" if n == 1 else line


def _tuple(items: Sequence[str]) -> str:
    return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"


def _expression(op: Operation, operands: Sequence[str]) -> str:
    n = exponent(op)
    if n is not None and op is not ops.square:
        if n == 0.5:  # NumPy takes it for sqrt, which is nan at -inf
            return f"np.where({operands[0]} == -np.inf, np.inf, np.sqrt({operands[0]}))"
        return f"1.0 / {operands[0]}" if n == -1.0 else f"{operands[0]} ** {number(n)}"
    if op.name in _TEXTS:
        return _TEXTS[op.name].format(*operands)
    name = f"np.{op.name}" if op.name in _NUMPY else op.name
    return f"{name}({', '.join(operands)})"
