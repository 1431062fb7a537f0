"""A program as an ONNX model in float64: matrix products where ``vectorise`` finds them, standard operators alone.

Rows come first and samples last inside, so that a layer is ``Gemm(W, x, b)``; inputs and outputs have the
samples first.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ... import ops
from ..array_functions import function, writes
from ..passes import DOT, LOGSUMEXP, MEAN
from ..program import Program
from ..vectorise import Call, Operand, Rows, is_batched, vector_program
from .blocks import FEW_RUNS, Blocks, Matrices, Run, is_bias
from .interface import Argument, arguments, identifier, prepared
from .onnx_namespace import IR_VERSION, OPSET, Array, Graph, TensorProto, helper, xp


def onnx_model(program: Program, parameters: Sequence[float], *, gradients: bool = True) -> Any:
    """Return the ``onnx.ModelProto`` of a program, or of its value and gradients."""
    return _OnnxWriter(prepared(program, "ONNX", writes, gradients=gradients), len(program.outputs)).model(parameters)


class _OnnxWriter:
    """Writes one model: arguments as rows, then a node or a few for each call, then the outputs.

    tanh(W·x + b), of a layer, becomes ``Gemm(W, x, b)`` and ``Tanh``; what puts operands together is written as it
    is needed: ``Reshape`` makes a matrix of a flat vector, ``Slice`` and ``Gather`` take rows of a block.
    """

    def __init__(self, program: Program, n_values: int):
        self.n_values = n_values
        self.vectors = vector_program(program)
        self.program = self.vectors.program
        self.batched = self.program.batched_slots()
        self.graph = Graph()
        self.emit = self.graph.emit
        self.blocks = Blocks(self.vectors.constants)
        self._matrices = Matrices()
        self.taken = {"value"}
        self.arguments = arguments(self.program, self.taken)
        self.taken.update(a.name for a in self.arguments)
        for argument in self.arguments:
            self.blocks.add(self._read(argument), argument.slots)

    def model(self, parameters: Sequence[float]) -> Any:
        for call in self.vectors.calls:
            self.blocks.add(getattr(self, f"_{call.kind}")(call), call.out.slots)
        inputs = [_described(a.name, a) for a in self.arguments]
        outputs = self._results()
        stored = self._stored(parameters)
        graph = helper.make_graph(self.graph.nodes, "program", inputs, outputs, [*stored, *self.graph.constants])
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="autograd-lite",
        )
        names = {a.name: [self.program.names[i] for i in a.slots] for a in self.arguments}
        helper.set_model_props(model, {"inputs": json.dumps(names)})  # ASCII, whatever the labels are
        return model

    # ------------------------------------------------------------ inputs and outputs

    def _read(self, a: Argument) -> str:
        """Return an argument as rows: (n, samples), or (n,)."""
        if a.batched:
            return self.emit("Transpose", a.name) if a.is_vector else self._shaped(a.name, 1, -1)
        return a.name if a.is_vector else self._shaped(a.name, 1)

    def _stored(self, parameters: Sequence[float]) -> list[Any]:
        """Return the numbers of the last arguments as what they are unless a caller gives others."""
        numbers = [ops.as_number(x) for x in parameters]
        sizes, stored = [len(a.slots) for a in self.arguments], []
        for a in reversed(self.arguments):
            if numbers:
                n = len(a.slots)
                if n > len(numbers) or a.batched:
                    raise ValueError(
                        f"parameters must be the numbers of the last shared inputs, which come in groups of "
                        f"{', '.join(map(str, sizes))}; got {len(parameters)}"
                    )
                shape = (n,) if a.is_vector else ()
                stored.append(helper.make_tensor(a.name, TensorProto.DOUBLE, shape, numbers[-n:]))
                del numbers[-n:]
        if numbers:
            raise ValueError(f"the program has {sum(sizes)} inputs, got {len(parameters)} parameters")
        return stored

    def _results(self) -> list[Any]:
        results = []
        values, of_inputs = self.program.outputs[: self.n_values], self.program.outputs[self.n_values :]
        for i, slot in enumerate(values, start=1):
            name = "value" if len(values) == 1 else identifier(f"value_{i}", self.taken)
            results.append(self._result(name, (slot,), Argument(name, range(1), self.batched[slot], False)))
        for a in self.arguments if of_inputs else []:
            name = identifier(f"gradient_{a.name}", self.taken)
            results.append(self._result(name, tuple([of_inputs[i] for i in a.slots]), a))
        return results

    def _result(self, name: str, slots: tuple[int, ...], form: Argument) -> Any:
        rows = self._rows(Rows(slots, form.batched))
        if form.batched and form.is_vector:
            self.emit("Transpose", rows, out=name)
        else:
            vector = [len(slots)] if form.is_vector else []
            self.emit("Reshape", rows, self.graph.integers([-1] if form.batched else vector), out=name)
        return _described(name, form)

    # ------------------------------------------------------------ operands

    def _shaped(self, x: str, *shape: int) -> str:
        return self.emit("Reshape", x, self.graph.integers(shape))

    def _samples(self) -> str:
        """Return the number of samples, as a vector of one integer."""
        first = next(a for a in self.arguments if a.batched)
        return self.emit("Gather", self.emit("Shape", first.name), self.graph.integers([0]), axis=0)

    def _expanded(self, x: str, rows: int) -> str:
        """Return shared rows, the same for all samples."""
        shape = self.emit("Concat", self.graph.integers([rows]), self._samples(), axis=0)
        return self.emit("Expand", self._shaped(x, -1, 1), shape)

    def _rows(self, rows: Rows) -> str:
        """Return rows, (rows, samples) or (rows,)."""
        runs = self.blocks.runs(rows.slots)
        if len(runs) > FEW_RUNS:
            whole, at = self.blocks.selection(runs)
            return self.emit("Gather", self._joined(whole, rows.batched), self.graph.integers(at), axis=0)
        return self._joined(runs, rows.batched)

    def _joined(self, runs: Sequence[Run], batched: bool) -> str:
        pieces = [self._run(run, batched) for run in runs]
        return self.emit("Concat", *pieces, axis=0) if len(pieces) > 1 else pieces[0]

    def _run(self, run: Run, batched: bool) -> str:
        if run.block is None:
            constants = self.graph.numbers(run.numbers, [len(run.numbers)])
            return self._expanded(constants, len(run.numbers)) if batched else constants
        if run.rows == tuple(range(self.blocks.sizes[run.block])):
            return run.block
        if run.is_even and run.rows[-1] - run.rows[0] == len(run.rows) - 1:
            return self._slice(run.block, 0, run.rows[0], run.rows[-1] + 1)
        return self.emit("Gather", run.block, self.graph.integers(run.rows), axis=0)

    def _slice(self, x: str, axis: int, first: int, end: int) -> str:
        return self.emit("Slice", x, *[self.graph.integers([i]) for i in (first, end, axis)])

    def _operand(self, operand: Operand, out: Rows) -> str:
        if not isinstance(operand, Rows):
            return self.graph.number(operand)
        rows = self._rows(operand)
        return self._shaped(rows, -1, 1) if out.batched and not operand.batched else rows

    def _matrix(self, rows: Rows, shape: tuple[int, int]) -> str:
        """Return shared rows as a matrix; part of one that is there, or its transpose, if it is that."""
        r, n = shape
        grid = [rows.slots[i * n : (i + 1) * n] for i in range(r)]
        part = self._matrices.find(grid)
        if part is None:
            frame = self.blocks.frame(grid)
            flat = Rows(tuple([slot for row in frame for slot in row]), False)
            self._matrices.add(self._shaped(self._rows(flat), r, len(frame[0])), frame)
            part = self._matrices.find(grid)
            assert part is not None
        name = part.matrix
        for axis, first, size in ((0, part.i, part.r), (1, part.j, part.n)):
            if size < part.shape[axis]:
                name = self._slice(name, axis, first, first + size)
        return self.emit("Transpose", name) if part.is_transposed else name

    # ------------------------------------------------------------ calls

    def _operands(self, call: Call) -> list[str]:
        return [self._operand(operand, call.out) for operand in call.operands]

    def _batch_sum(self, call: Call) -> str:
        (x,) = self._operands(call)
        if is_batched(call.operands[0]):
            return self.emit("ReduceSum", x, self.graph.integers([1]), keepdims=0)
        return self.emit("Mul", x, self.emit("Cast", self._samples(), to=TensorProto.DOUBLE))

    def _broadcast(self, call: Call) -> str:
        (x,) = self._operands(call)
        return self._expanded(x, len(call.out.slots))

    def _map(self, call: Call) -> str:
        f = function(call.op)
        assert f is not None, "prepared lets nothing else through"
        name: str = f(xp, *[Array(self.graph, x) for x in self._operands(call)]).name
        return name

    def _added(self, call: Call) -> str:
        terms = self._operands(call)
        if call.op is DOT:
            terms = [self.emit("Mul", *pair) for pair in call.pairs(terms)]
        total = terms[0]
        for term in terms[1:]:
            total = self.emit("Add", total, term)
        return total

    def _fold(self, call: Call) -> str:
        stacked = [self._stacked(rows, call) for rows in call.rows]
        if call.op is DOT:
            return self._total(self.emit("Mul", *stacked))
        if call.op is LOGSUMEXP:
            return self._logsumexp(stacked[0])
        total = self._total(stacked[0])
        return self.emit("Div", total, self.graph.number(float(call.length))) if call.op is MEAN else total

    def _stacked(self, rows: Rows, call: Call) -> str:
        samples = [-1 if rows.batched else 1] if call.out.batched else []
        return self._shaped(self._rows(rows), call.length, len(call.out.slots), *samples)

    def _total(self, x: str) -> str:
        return self.emit("ReduceSum", x, self.graph.integers([0]), keepdims=0)

    def _logsumexp(self, x: str) -> str:
        """log Σ exp over the first axis, shifted by the maximum unless that is inf or nan."""
        top = Array(self.graph, self.emit("ReduceMax", x, axes=[0], keepdims=0))
        shift = xp.where(xp.isfinite(top), top, 0.0)
        total = Array(self.graph, self._total(xp.exp(Array(self.graph, x) - shift).name))
        name: str = (shift + xp.log(total)).name
        return name

    def _batch_product(self, call: Call) -> str:
        (left, right), (r, c) = call.rows, call.shape
        a, b = self._shaped(self._rows(left), r, -1), self._shaped(self._rows(right), c, -1)
        return self._shaped(self.emit("Gemm", a, b, transB=1), r * c)

    def _product(self, call: Call) -> str:
        (left, right), (r, c), n = call.rows, call.shape, call.length
        if left.batched:
            a, b = self._shaped(self._rows(left), r, n, -1), self._shaped(self._rows(Rows(right.slots, True)), n, c, -1)
            return self._shaped(self.emit("Einsum", a, b, equation="rns,ncs->rcs"), r * c, -1)
        weights, bias = self._matrix(left, (r, n)), []
        if is_bias(call, self.vectors):
            n -= 1
            right = Rows(right.slots[: n * c], right.batched)
            weights, bias = self._slice(weights, 1, 0, n), [self._slice(weights, 1, n, n + 1)]
        x = self._rows(right)
        if c > 1 or not right.batched:
            x = self._shaped(x, n, -1 if right.batched else c)
        # not MatMul, which onnxruntime up to 1.23 fuses with a transposition into what it has no float64 kernel for
        y = self.emit("Gemm", weights, x, *bias)
        if right.batched:
            return self._shaped(y, r * c, -1) if c > 1 else y
        return self._shaped(y, r * c)


def _described(name: str, form: Argument) -> Any:
    shape: list[Any] = ["samples"] * form.batched + [len(form.slots)] * form.is_vector
    return helper.make_tensor_value_info(name, TensorProto.DOUBLE, shape)
