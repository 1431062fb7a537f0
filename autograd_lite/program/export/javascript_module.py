"""The text of a JavaScript module: its memory, functions of loops, and what loads, adds up and moves parameters."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files

import numpy as np

from ...javascript import library, literal
from ..program import Program
from ..vectorise import Call, VectorProgram
from .blocks import forward_first
from .javascript_calls import ALSO, JavaScriptCalls, indented, loop
from .javascript_rows import JavaScriptRows, times

MANY = 30  # more calls than this are several functions: what is long is compiled late or never
STATE = ("gradients", "velocity", "mean", "square")  # a number for each parameter


class JavaScriptModule:
    """Writes ``create``: the array ``v``, functions of the calls, and ``forward`` and ``gradient``, which call them.

    In ``v`` the parameters come first, then the inputs, 1/samples, the constants, and all that is computed. The outputs
    of ``vectors`` are those of ``program``; with ``learns`` also the loss, and its gradients with respect to each of
    the parameters, and of the last ``n_passed`` outputs.
    """

    def __init__(self, program: Program, vectors: VectorProgram, n_passed: int, *, batched: bool, learns: bool):
        self.program, self.n_passed, self.batched, self.learns = program, n_passed, batched, learns
        n, self.n_outputs, self.outputs = len(program.names), len(program.outputs), vectors.program.outputs
        self.inputs = [i for i in range(n) if program.batched[i]]
        self.parameters = [i for i in range(n) if not program.batched[i]]
        self.counts = range(n, len(vectors.program.names))
        self.rows = JavaScriptRows(vectors, [*self.parameters, *self.inputs, *self.counts])
        values, slopes = forward_first(vectors, self.n_outputs)
        self.values, self.slopes = (self._calls(vectors, calls) for calls in (values, slopes))
        self.functions: list[str] = []

    def _calls(self, vectors: VectorProgram, calls: Sequence[Call]) -> JavaScriptCalls:
        return JavaScriptCalls(vectors, self.rows, calls, batched=self.batched)

    def text(self) -> str:
        shared, value = self._called("shared", self.values.before), self._called("value", self.values.within)
        functions = self._forward(shared, value)
        if self.learns:
            functions += self._gradient(shared, value)
            functions += files(__package__).joinpath("optimisers.js").read_text(encoding="utf-8").splitlines()
        functions = [*self.functions, *functions]
        called = library("\n".join(functions), ALSO).splitlines()
        body = [*called, "", *self._memory(), *self._model(), *functions, "", "return model;"]
        about = ["// Written by autograd-lite. It needs nothing else.", "export function create() {"]
        return "\n".join([*about, *indented(body), "}", ""])

    # ------------------------------------------------------------ memory

    def _memory(self) -> list[str]:
        first = len(self.parameters) + len(self.inputs) + len(self.counts)
        numbers = ", ".join(map(literal, self.rows.constants.values()))
        return [
            *([f"const t = new Int32Array([{', '.join(map(str, self.rows.table))}]);"] if self.rows.table else []),
            f"const v = new Float64Array({self.rows.size});",
            *([f"v.set([{numbers}], {first});"] if numbers else []),
            *(["let count = 1; // of samples"] if self.learns and self.batched else []),
        ]

    def _model(self) -> list[str]:
        """Return the object: functions are declared further down, which JavaScript allows."""
        n = len(self.parameters)
        fields = [f"parameters: v.subarray(0, {n})", "values: v"]
        fields += [f"{name}: new Float64Array({n})" for name in STATE if self.learns]
        fields += ["steps: 0, forward, gradient, sgd, adam, adamW" if self.learns else "forward"]
        fields += [f"{name}: {self._labels(slots)}" for name, slots in (
            ("inputNames", self.inputs), ("parameterNames", self.parameters))]  # fmt: skip
        names = ", ".join(["parameters", *(STATE if self.learns else ())])
        return ["const model = {", *indented([f"{field}," for field in fields]), "};", f"const {{ {names} }} = model;"]

    def _labels(self, slots: Sequence[int]) -> str:
        """Return labels as data, which cannot end the script that they may stand in."""
        return json.dumps([self.program.names[i] for i in slots]).replace("<", "\\u003c")

    # ------------------------------------------------------------ functions

    def _called(self, name: str, calls: Sequence[Sequence[str]]) -> list[str]:
        """Write functions of calls; return the lines that call them."""
        parts = [calls[start : start + MANY] for start in range(0, len(calls), MANY)]
        names = [name] if len(parts) == 1 else [f"{name}{k}" for k in range(len(parts))]
        for each, part in zip(names, parts):
            lines = [line for call in part for line in call]
            self.functions += ["", f"function {each}() {{", *indented(lines), "}"]
        return [f"{each}();" for each in names]

    def _forward(self, shared: Sequence[str], value: Sequence[str]) -> list[str]:
        options = "{ samples = 1 } = {}" if self.batched else ""
        lines = [*shared, *self._over_samples([*value, *self._outputs()]), "return outputs;"]
        head = f"function forward({', '.join(['inputs', 'outputs', *([options] if options else [])])}) {{"
        return ["", "/** Write the outputs of every sample, and return them. */", head, *indented(lines), "}"]

    def _gradient(self, shared: Sequence[str], value: Sequence[str]) -> list[str]:
        before = self._called("sharedSlope", self.slopes.before)
        within, after = self._called("slope", self.slopes.within), self._called("total", self.slopes.after)
        loss, *of_parameters = self.outputs[self.n_outputs :][: 1 + len(self.parameters)]
        lines = [
            *self._counted(),
            *shared,
            *before,
            *self._over_samples([*value, *within, *_if("outputs", self._outputs()), *self._slopes(late=False)]),
            *after,
            *self._copied("gradients", "", dict(enumerate(of_parameters))),
            *self._each_sample(self._slopes(late=True)),
            f"return {self.rows.read(self.rows.of([loss])[0])};",
        ]
        options = ", ".join([*(["samples = 1"] if self.batched else []), "outputs", "slopes"])
        about = "/** Return the loss; leave its slopes with respect to the parameters in `gradients`. */"
        return ["", about, f"function gradient(inputs, {{ {options} }} = {{}}) {{", *indented(lines), "}", ""]

    def _counted(self) -> list[str]:
        shares = [f"{self.rows.read(self.rows.of([i])[0])} = 1 / samples;" for i in self.counts]
        return [*shares, "count = samples;"] if self.batched else []

    def _over_samples(self, lines: Sequence[str]) -> list[str]:
        """Return lines for each sample, after its inputs are loaded."""
        n, first = len(self.inputs), len(self.parameters)
        load = loop("i", n, [f"v[{first} + i] = inputs[{self._row(n)}i];"], always=True) if n else []
        return self._each_sample([*load, *lines])

    def _each_sample(self, lines: Sequence[str]) -> list[str]:
        if not lines or not self.batched:
            return list(lines)
        return ["for (let s = 0; s < samples; s++) {", *indented(lines), "}"]

    def _row(self, width: int) -> str:
        """Return where the row of a sample begins, to be added to."""
        return f"{times(width, 's')} + " if self.batched else ""

    def _outputs(self) -> list[str]:
        return self._copied("outputs", self._row(self.n_outputs), dict(enumerate(self.outputs[: self.n_outputs])))

    def _slopes(self, *, late: bool) -> list[str]:
        """Return the lines for what has a slope in each sample, or for what is late: one slope, of all of them."""
        first = self.n_outputs + 1 + len(self.parameters)
        slots = {k: slot for k, slot in enumerate(self.outputs[first:]) if (slot in self.slopes.late) == late}
        return _if("slopes", self._copied("slopes", self._row(self.n_passed), slots))

    def _copied(self, target: str, row: str, slots: Mapping[int, int]) -> list[str]:
        """Return the lines that write slots to their places in a row of an array."""
        if not slots:
            return []
        place, number = self.rows.index(np.array(list(slots)), "k"), self.rows.read(self.rows.of(slots.values()), "k")
        place = row.removesuffix(" + ") if place == "0" and row else row + place
        return loop("k", len(slots), [f"{target}[{place}] = {number};"])


def _if(name: str, lines: Sequence[str]) -> list[str]:
    """Return lines that run if there is an array of a name."""
    if len(lines) < 2:
        return [f"if ({name}) {line}" for line in lines]
    return [f"if ({name}) {{", *indented(lines), "}"]
