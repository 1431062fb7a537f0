"""A program as one C file: straight-line C99, with the value and the gradient of one sample.

Nothing is needed but ``math.h``. Kinks and edges follow the table, as do inf and nan: compile without
``-ffast-math``.
"""

from __future__ import annotations

import os
import re

from ... import ops
from ...expression import exponent
from ...ops import Operation
from ..passes import fuse, lower
from ..program import REDUCING, Program
from .c_names import is_taken
from .interface import checked, plain, prepared, written

# What is written for an operation on operands; all the others of the table are functions of math.h.
_TEXTS = {
    "identity": "{0}", "add": "{0} + {1}", "sub": "{0} - {1}", "mul": "{0} * {1}", "div": "{0} / {1}",
    "neg": "-{0}", "square": "{0} * {0}", "abs": "fabs({0})", "where": "{0} != 0.0 ? {1} : {2}",
    "greater": "{0} > {1} ? 1.0 : 0.0", "greater_equal": "{0} >= {1} ? 1.0 : 0.0",
    "equal": "{0} == {1} ? 1.0 : 0.0",
}  # fmt: skip

_MATH_H = {
    "exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "sqrt", "cbrt", "sin", "cos", "tan", "asin", "acos",
    "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc", "lgamma", "hypot", "pow", "fmod",
}  # fmt: skip

# Operations with a function of their own, and the functions these call.
_HELPERS = {
    "sign": ("double x", "x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x"),
    "relu": ("double x", "x > 0.0 || x != x ? x : 0.0"),
    "leaky_relu": ("double x, double slope", "x > 0.0 ? x : slope * x"),
    "elu": ("double x, double alpha", "x > 0.0 ? x : alpha * expm1(x)"),
    "sigmoid": ("double x", "(x >= 0.0 ? 1.0 : exp(x)) / (1.0 + exp(-fabs(x)))"),
    "softplus": ("double x", "x != x ? x : (x > 0.0 ? x : 0.0) + log1p(exp(-fabs(x)))"),
    "silu": ("double x", "x == -INFINITY ? -0.0 : x * sigmoid(x)"),
    "gelu": ("double x", f"x == -INFINITY ? -0.0 : 0.5 * x * erfc({-ops.SQRT_HALF!r} * x)"),
    "maximum": ("double x, double y", "x >= y || x != x ? x : y"),
    "minimum": ("double x, double y", "x <= y || x != x ? x : y"),
    "logaddexp": (
        "double x, double y",
        "isfinite(maximum(x, y)) ? maximum(x, y) + log1p(exp(-fabs(x - y))) : maximum(x, y)",
    ),
    "choose": (
        "double index, const double *xs, double n",
        "rint(index) >= 0.0 && rint(index) < n ? xs[(int)rint(index)] : NAN",
    ),
    "sech2": ("double y, double x", "fabs(y) < 0.9 ? 1.0 - y * y : 1.0 / cosh(x) / cosh(x)"),
}


def writes(op: Operation) -> bool:
    """Tell whether ``op`` has a form of its own in C; the others are written as their definition."""
    has_text = op.name in _TEXTS or op.name in _HELPERS or op.name in _MATH_H
    return exponent(op) is not None or (has_text and ops.TABLE.get(op.name) is op)


def to_c(
    program: Program,
    path: str | os.PathLike[str] | None = None,
    *,
    gradients: bool = True,
    name: str = "value_and_gradient",
) -> str:
    """Return a C file with one function, written to ``path`` too if there is one.

    For one sample it computes the outputs of ``program``, and ∂(Σ outputs)/∂input.
    ``double NAME(const double *inputs, double *gradient)`` returns the output; if there are several,
    ``void NAME(const double *inputs, double *outputs, double *gradient)`` writes them. ``inputs`` and
    ``gradient`` are in the order of the program's inputs; whether an input is batched makes no
    difference: call it for every sample, and add up the gradients of what the samples share.
    Without ``gradients`` there is no argument ``gradient``. The code has no loops, so its length is the number
    of operations; over many thousand of them gcc is slow, and ``-O0`` is the way out.

        >>> from autograd_lite import Value
        >>> x, w = Value(3.0, "x"), Value(0.5, "w")
        >>> print(to_c(Program.capture([x, w], [x * w]), name="product"))
        /* Written by autograd-lite. Inputs: 2 numbers; gradient: as many. */
        #include <math.h>
        <BLANKLINE>
        double product(const double *inputs, double *gradient)
        {
            const double x0 = inputs[0]; /* x */
            const double x1 = inputs[1]; /* w */
            const double v0 = x0 * x1;
            gradient[0] = x1;
            gradient[1] = x0;
            return v0;
        }
        <BLANKLINE>

    Raises ValueError for an operation that cannot be written in C (an opaque one of the user's own, or a
    sum over samples), and for a name that is no C identifier.
    """
    checked(program, path, gradients, "to_c")
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        raise ValueError(f"the name of a C function must be letters, digits and _, got {name!r}")
    if is_taken(name) or name in _HELPERS:
        raise ValueError(f"the name of a C function must not be one of C, C++ or their libraries, got {name!r}")
    for op, _, _ in program.instructions:
        if op in REDUCING:
            raise ValueError(
                f"{op.name!r} adds up over the samples of a batch, and C code is for one sample: export the program "
                "as it was captured, before a reduction or its derivative is part of it"
            )
    one_sample = Program(program.names, (False,) * len(program.names), program.instructions, program.outputs)
    lowered = lower(fuse(prepared(one_sample, "C", writes, gradients=gradients)))
    return written(path, _CWriter(lowered, len(program.outputs)).text(name, gradients))


class _CWriter:
    """Writes one function: a line for every operation (``const double v0 = x0 * x1;``) and the helpers it calls."""

    def __init__(self, program: Program, n_values: int):
        self.program, self.n_values = program, n_values
        self.helpers: set[str] = set()
        n = len(program.names)
        self.operands = [f"x{i}" for i in range(n)]
        self.lines: list[str] = []
        self._tables: dict[tuple[str, ...], str] = {}
        for op, operands, number in program.instructions:
            if op is ops.constant:
                self.operands.append(_number(number))
                continue
            names = [self.operands[i] for i in operands]
            text = self._expression(op, names if op is not ops.choose else self._from_table(*names))
            variable = f"v{len(self.lines)}"
            self.lines.append(f"const double {variable} = {text};")
            self.operands.append(variable)

    def text(self, name: str, gradients: bool) -> str:
        about, pointers = [f"Inputs: {len(self.program.names)} numbers"], ["const double *inputs"]
        kind = "double"
        if self.n_values != 1:
            kind = "void"
            about.append(f"outputs: {self.n_values}")
            pointers.append("double *outputs")
        if gradients:
            about.append("gradient: as many")
            pointers.append("double *gradient")
        return "\n".join(
            [
                f"/* Written by autograd-lite. {'; '.join(about)}. */",
                "#include <math.h>",
                "",
                *self._helper_texts(),
                f"{kind} {name}({', '.join(pointers)})",
                "{",
                *[f"    {line}" for line in [*self._loads(gradients), *self.lines, *self._results()]],
                "}",
                "",
            ]
        )

    def _loads(self, gradients: bool) -> list[str]:
        """Return the lines that read the inputs in use; an argument that is in no line would be a warning."""
        names, instructions = self.program.names, self.program.instructions
        used = {i for instruction in instructions for i in instruction.operands} | set(self.program.outputs)
        loads = [
            f"const double x{i} = inputs[{i}]; /* {plain(label, 60)} */" for i, label in enumerate(names) if i in used
        ]
        if loads:
            return loads
        return ["(void)inputs;", "(void)gradient;"] if gradients and not names else ["(void)inputs;"]

    def _results(self) -> list[str]:
        results = [self.operands[i] for i in self.program.outputs]
        values, of_inputs = results[: self.n_values], results[self.n_values :]
        lines = [f"gradient[{i}] = {g};" for i, g in enumerate(of_inputs)]
        if len(values) == 1:
            return [*lines, f"return {values[0]};"]
        return [*[f"outputs[{i}] = {y};" for i, y in enumerate(values)], *lines]

    def _from_table(self, index: str, *xs: str) -> list[str]:
        """Return what ``choose`` is called with; numbers that are chosen from again and again are one array."""
        if xs not in self._tables:
            self._tables[xs] = table = f"t{len(self._tables)}"
            self.lines.append(f"const double {table}[] = {{{', '.join(xs)}}};")
        return [index, self._tables[xs], f"{len(xs)}.0"]

    def _expression(self, op: Operation, operands: list[str]) -> str:
        n = exponent(op)
        if n is not None and op is not ops.square:
            return _power(n, operands[0])
        if op.name in _TEXTS:
            return _TEXTS[op.name].format(*operands)
        if op.name in _HELPERS:
            self.helpers.add(op.name)
        return f"{op.name}({', '.join(operands)})"

    def _helper_texts(self) -> list[str]:
        """Return the functions that are called, each after those it calls itself."""
        order: list[str] = []

        def need(name: str) -> None:
            for inner in re.findall(r"(\w+)\(", _HELPERS[name][1]):
                if inner in _HELPERS:
                    need(inner)
            if name not in order:
                order.append(name)

        for name in sorted(self.helpers):
            need(name)
        texts = []
        for name in order:
            operands, body = _HELPERS[name]
            texts += [f"static inline double {name}({operands})", "{", f"    return {body};", "}", ""]
        return texts


def _power(n: float, x: str) -> str:
    if n == 1.0:
        return x
    return f"1.0 / {x}" if n == -1.0 else f"pow({x}, {_number(n)})"


def _number(x: float) -> str:
    if x != x:
        return "NAN"
    text = repr(x).replace("inf", "INFINITY")
    return f"({text})" if text.startswith("-") else text
