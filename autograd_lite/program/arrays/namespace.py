"""A vector program on the arrays of any library that speaks the Array API: PyTorch, JAX, CuPy and others.

Nothing is written in place: every call makes a new block. So the library can trace a program
(``jax.jit``, ``jax.vmap``), run it on another device, or differentiate through it by itself.

    >>> import numpy as np
    >>> from autograd_lite import compile
    >>> compiled = compile(lambda x: x * x, batched=True, reduce="sum")
    >>> value, gradients = value_and_grad(compiled, [np.array([1.0, 3.0])])
    >>> float(value), gradients.arguments[0].tolist()
    (10.0, [2.0, 6.0])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from array_api_compat import array_namespace, device, is_array_api_obj, is_jax_array

from ...trees import rebuild
from ..arguments import same_length
from ..array_functions import held, logsumexp, vector_form
from ..passes import DOT, LOGSUMEXP, MEAN, SUM
from ..plan import Gradients, Plan, Recorded
from ..program import Program
from ..run.job import Job
from ..structure import NUMBER, Even
from ..vectorise import Call, Rows, VectorProgram, vector_program

Array = Any  # of any library

FEW_PIECES = 8  # more pieces than this are one `take` from the blocks they stand in


class _Piece(NamedTuple):
    """Rows ``start`` to ``stop`` of a block; or, without a block, ``numbers`` that are the same for all samples."""

    block: int | None
    start: int
    stop: int
    numbers: tuple[float, ...] = ()


class _Source(NamedTuple):
    """How an operand is put together: pieces one after the other, and from them the rows at ``index``."""

    pieces: list[_Piece]
    index: Any
    batched: bool


class Interpreter:
    """Runs a vector program on immutable arrays, a call at a time.

    ``sizes`` are the numbers of inputs of each argument, the first inputs of the program; the others are
    parameters. ``results`` are the operands to return, each as an array of its own.
    """

    def __init__(self, vectors: VectorProgram, sizes: Sequence[int], results: Sequence[Rows]):
        self.vectors = vectors
        self.is_batched = any(vectors.program.batched)
        self._place: dict[int, tuple[int, int]] = {}  # slot -> (block, row)
        self._size: list[int] = []  # of each block
        first = 0
        for size in (*sizes, len(vectors.program.names) - sum(sizes)):
            self._placed(range(first, first + size))
            first += size
        self._sources: list[list[_Source | float]] = []  # of the operands of each call
        for call in vectors.calls:
            self._sources.append([self._source(x) if isinstance(x, Rows) else x for x in call.operands])
            self._placed(call.out.slots)
        self._results = [self._source(rows) for rows in results]

    def _placed(self, slots: Sequence[int]) -> None:
        for row, slot in enumerate(slots):
            self._place[slot] = (len(self._size), row)
        self._size.append(len(slots))

    def _source(self, operand: Rows) -> _Source:
        """Return how to put rows together, with as few pieces as they lie in."""
        pieces: list[_Piece] = []
        for slot in operand.slots:
            last = pieces[-1] if pieces else None
            if slot in self.vectors.constants:
                if last is not None and last.block is None:
                    pieces.pop()
                before = last.numbers if last is not None and last.block is None else ()
                pieces.append(_Piece(None, 0, 0, (*before, self.vectors.constants[slot])))
                continue
            block, row = self._place[slot]
            if last is not None and (last.block, last.stop) == (block, row):
                pieces[-1] = _Piece(block, last.start, row + 1)
            else:
                pieces.append(_Piece(block, row, row + 1))
        if len(pieces) <= FEW_PIECES:
            return _Source(pieces or [_Piece(None, 0, 0)], None, operand.batched)
        return self._taken(operand)

    def _taken(self, operand: Rows) -> _Source:
        """Return the whole blocks, and the constants, that the rows stand in, and where."""
        numbers = tuple({self.vectors.constants[i]: None for i in operand.slots if i in self.vectors.constants})
        at = {number: row for row, number in enumerate(numbers)}  # a nan is found by what it is
        blocks = sorted({self._place[i][0] for i in operand.slots if i not in self.vectors.constants})
        pieces = [_Piece(None, 0, 0, numbers)] if numbers else []
        first, start = len(numbers), {}
        for block in blocks:
            pieces.append(_Piece(block, 0, self._size[block]))
            start[block] = first
            first += self._size[block]
        index = []
        for slot in operand.slots:
            if slot in self.vectors.constants:
                index.append(at[self.vectors.constants[slot]])
            else:
                block, row = self._place[slot]
                index.append(start[block] + row)
        return _Source(pieces, np.array(index), operand.batched)

    def run(self, xp: Any, arguments: Sequence[Array], parameters: Array, samples: int) -> list[Array]:
        """Return the results: each (rows, samples) if batched, else (rows,).

        ``arguments`` are the rows of each, (rows, samples) if the program is batched, else (rows,);
        ``parameters`` is flat, and says of what type and on what device everything is.
        """
        running = _Run(xp, [*arguments, parameters], samples)
        for call, sources in zip(self.vectors.calls, self._sources):
            operands = [running.operand(source, call.out.batched) for source in sources]
            block = getattr(running, call.kind)(call, operands)
            shape = (len(call.out.slots), samples) if call.out.batched else (len(call.out.slots),)
            running.blocks.append(block if block.shape == shape else xp.broadcast_to(block, shape))
        return [running.assembled(source) for source in self._results]


class _Run:
    """One run: the blocks computed so far."""

    def __init__(self, xp: Any, blocks: list[Array], samples: int):
        self.xp, self.blocks, self.samples = xp, blocks, samples
        self.dtype, self.device = blocks[-1].dtype, _device(blocks[-1])

    # ------------------------------------------------------------ operands

    def assembled(self, source: _Source) -> Array:
        """Return rows as one array, (rows, samples) if batched, else (rows,)."""
        pieces = [self._piece(piece, source.batched) for piece in source.pieces]
        rows = pieces[0] if len(pieces) == 1 else self.xp.concat(pieces, axis=0)
        if source.index is None:
            return rows
        return self.xp.take(rows, self.xp.asarray(source.index, device=self.device), axis=0)

    def _piece(self, piece: _Piece, batched: bool) -> Array:
        if piece.block is None:
            rows = self.xp.asarray([self._held(x) for x in piece.numbers], dtype=self.dtype, device=self.device)
        else:
            rows = self.blocks[piece.block]
            if (piece.start, piece.stop) != (0, rows.shape[0]):
                rows = rows[piece.start : piece.stop]
        if batched and rows.ndim == 1:
            rows = self.xp.broadcast_to(rows[:, None], (rows.shape[0], self.samples))
        return rows

    def _held(self, number: float) -> float:
        return held(number, self.xp.finfo(self.dtype))

    def operand(self, source: _Source | float, batched: bool) -> Array:
        """Return an operand; beside batched rows, what is shared gets an axis of one sample."""
        if isinstance(source, float):
            shape = (1, 1) if batched else (1,)
            return self.xp.full(shape, self._held(source), dtype=self.dtype, device=self.device)
        rows = self.assembled(source)
        return rows[:, None] if batched and not source.batched else rows

    # ------------------------------------------------------------ calls

    def batch_sum(self, call: Call, operands: list[Array]) -> Array:
        (x,) = operands
        return self.xp.sum(x, axis=1) if x.ndim == 2 else x * float(self.samples)

    def broadcast(self, call: Call, operands: list[Array]) -> Array:
        return operands[0]  # ``run`` gives it the axis of samples

    def map(self, call: Call, operands: list[Array]) -> Array:
        out = vector_form(call.op)(self.xp, *operands)
        if isinstance(out, np.ndarray):  # number by number
            return self.xp.asarray(out, dtype=self.dtype, device=self.device)
        return out

    def added(self, call: Call, operands: list[Array]) -> Array:
        terms = [x * y for x, y in call.pairs(operands)] if call.op is DOT else operands
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        return total

    def fold(self, call: Call, operands: list[Array]) -> Array:
        stacked = [self.xp.reshape(x, (call.length, len(call.out.slots), *x.shape[1:])) for x in operands]
        if call.op is DOT:
            return self.xp.sum(stacked[0] * stacked[1], axis=0)
        if call.op is LOGSUMEXP:
            return logsumexp(self.xp, stacked[0])
        if call.op in (SUM, MEAN):
            total = self.xp.sum(stacked[0], axis=0)
            return total / float(call.length) if call.op is MEAN else total
        raise TypeError(f"{call.op.name} takes any number of operands and has no vector form")

    def batch_product(self, call: Call, operands: list[Array]) -> Array:
        (left, right), (r, c), n = operands, call.shape, call.length * self.samples
        a, b = self.xp.reshape(left, (r, n)), self.xp.reshape(right, (c, n))
        return self.xp.reshape(a @ self.xp.matrix_transpose(b), (r * c,))

    def product(self, call: Call, operands: list[Array]) -> Array:
        xp, samples = self.xp, self.samples
        left, right = operands
        (r, c), n = call.shape, call.length
        if not call.out.batched:
            return xp.reshape(xp.reshape(left, (r, n)) @ xp.reshape(right, (n, c)), (r * c,))
        if left.shape[1] == 1 and right.shape[1] == samples:  # the same weights for every sample
            out = xp.reshape(left, (r, n)) @ xp.reshape(right, (n, c * samples))
        else:  # a matrix product for each sample
            a = xp.permute_dims(xp.reshape(left, (r, n, left.shape[1])), (2, 0, 1))
            b = xp.permute_dims(xp.reshape(right, (n, c, right.shape[1])), (2, 0, 1))
            out = xp.permute_dims(a @ b, (1, 2, 0))
        return xp.reshape(out, (r * c, samples))


def _device(x: Array) -> Any:
    """Return where an array is; None for JAX, which places new arrays beside those they meet."""
    return None if is_jax_array(x) else device(x)


class ArrayExecutor:
    """Runs one job on arrays of any library; forward and backward are two programs."""

    def __init__(self, job: Job):
        self.job = job
        self.used: set[str] = set()  # the libraries
        self._forward: Interpreter | None = None
        self._gradient: Interpreter | None = None

    def values(self, xp: Any, inputs: Sequence[Array], parameters: Array, samples: int) -> list[Array]:
        """Return each output, (samples,) or 0-dimensional."""
        self.used.add(_library(xp))
        if self._forward is None:
            program = vector_program(self.job.forward())
            self._forward = Interpreter(program, self.job.sizes, self._outputs(program.program))
        parameters = self._with_inverse_count(xp, parameters, samples)
        return [rows[0, ...] for rows in self._forward.run(xp, inputs, parameters, samples)]

    def gradients(
        self, xp: Any, inputs: Sequence[Array], parameters: Array, samples: int
    ) -> tuple[list[Array], list[Array], Array]:
        """Return the outputs, the gradients of each argument (rows, samples), and those of parameters.

        These are flat, or of each sample, (parameters, samples), if nothing is reduced.
        """
        self.used.add(_library(xp))
        sizes, n = self.job.sizes, len(self.job.program.outputs)
        if self._gradient is None:
            of_each = self.job.is_batched and self.job.reduce is None and self.job.n_parameters > 0
            program = vector_program(self.job.of_each_sample().program if of_each else self.job.gradient())
            slots = program.program.outputs[n:]
            wanted, first = self._outputs(program.program), 0
            for size in sizes:
                wanted.append(Rows(slots[first : first + size], self.job.is_batched))
                first += size
            self._gradient = Interpreter(program, sizes, [*wanted, Rows(slots[first:], of_each)])
        parameters = self._with_inverse_count(xp, parameters, samples)
        results = self._gradient.run(xp, inputs, parameters, samples)
        return [rows[0, ...] for rows in results[:n]], results[n:-1], results[-1]

    def _outputs(self, program: Program) -> list[Rows]:
        """Return what of the program's outputs are values: reduced, or for every sample."""
        job = self.job
        slots = program.outputs[: len(job.program.outputs)]
        return [Rows((slot,), job.is_batched and k >= job.n_reduced) for k, slot in enumerate(slots)]

    def _with_inverse_count(self, xp: Any, parameters: Array, samples: int) -> Array:
        if self.job.reduce != "mean":
            return parameters
        count = xp.asarray([1.0 / samples], dtype=parameters.dtype, device=_device(parameters))
        return xp.concat([parameters, count], axis=0)

    def report(self) -> str:
        interpreter = self._gradient or self._forward
        if interpreter is None:
            return "arrays: not compiled yet"
        what = "value and gradient" if self._gradient else "value"
        return f"{', '.join(sorted(self.used))}: {what} in {interpreter.vectors.counted()}"


def _library(xp: Any) -> str:
    name: str = xp.__name__.removeprefix("array_api_compat.")
    return name.split(".")[0]


# ---------------------------------------------------------------- what Compiled asks


def _executor(plan: Plan) -> ArrayExecutor:
    executor: ArrayExecutor = plan.kept("arrays", ArrayExecutor)
    return executor


def values(compiled: Recorded, arguments: Sequence[Any]) -> Any:
    """Return what ``compiled(*arguments)`` is, as arrays of the library that the arguments are of."""
    plan, xp, _, inputs, parameters, samples = _prepared(compiled, arguments)
    return _structured(plan, xp, _executor(plan).values(xp, inputs, parameters, samples))


def plan(compiled: Recorded, arguments: Sequence[Any]) -> Plan:
    """Return the plan for arrays of this structure."""
    return _prepared(compiled, arguments)[0]


def _structured(plan: Plan, xp: Any, outputs: Sequence[Array]) -> Any:
    return plan.structured(
        outputs,
        lambda numbers, shape: xp.reshape(xp.stack(list(numbers)), shape),
        lambda columns, shape: xp.reshape(xp.stack(list(columns), axis=1), (-1, *shape)),
    )


def value_and_grad(compiled: Recorded, arguments: Sequence[Any]) -> tuple[Any, Gradients]:
    """Return values and gradients as arrays of the library that the arguments are of."""
    plan, xp, arrays, inputs, parameters, samples = _prepared(compiled, arguments)
    outputs, of_inputs, of_parameters = _executor(plan).gradients(xp, inputs, parameters, samples)
    of_arguments = tuple(
        xp.reshape(rows.T if compiled.batched else rows, a.shape) for a, rows in zip(arrays, of_inputs)
    )
    tree = compiled.parameter_tree
    flat = isinstance(tree, (list, tuple)) and len(tree) == len(compiled.parameters)
    of_tree = of_parameters if flat else rebuild(tree, (of_parameters[i] for i in range(len(compiled.parameters))))
    return _structured(plan, xp, outputs), Gradients(of_arguments, of_tree)


def _prepared(compiled: Recorded, arguments: Sequence[Any]) -> tuple[Plan, Any, list[Array], list[Array], Array, int]:
    """Return the plan, the namespace, the arguments, the rows of each, the parameters, the number of samples."""
    theirs = [x for x in arguments if _is_theirs(x)]
    xp = array_namespace(*(theirs or arguments))
    like = theirs[0] if theirs else arguments[0]
    floating = [x.dtype for x in theirs if xp.isdtype(x.dtype, "real floating")]
    dtype = xp.result_type(*floating) if floating else xp.asarray(0.0).dtype
    arrays = [
        xp.astype(x, dtype, copy=False) if _is_theirs(x) else xp.asarray(x, dtype=dtype, device=_device(like))
        for x in arguments
    ]
    samples = _samples(arrays) if compiled.batched else 1
    shapes = [x.shape[1:] if compiled.batched else x.shape for x in arrays]
    kinds = [list if isinstance(x, list) else np.ndarray for x in arguments]
    plan = compiled.plan([Even(*one) if one[1] else NUMBER for one in zip(kinds, shapes)])
    inputs = [
        xp.reshape(x, (samples, size)).T if compiled.batched else xp.reshape(x, (size,))
        for x, size in zip(arrays, plan.sizes)
    ]
    numbers = [p.data for p in compiled.parameters]
    return plan, xp, arrays, inputs, xp.asarray(numbers, dtype=dtype, device=_device(like)), samples


def _samples(arrays: Sequence[Array]) -> int:
    for i, x in enumerate(arrays, start=1):
        if not x.ndim:
            raise ValueError(f"batched=True: argument {i} needs an axis of samples in front, got a number")
    return same_length([x.shape[0] for x in arrays])


def _is_theirs(x: Any) -> bool:
    """Tell whether an argument is an array of another library; lists and NumPy arrays are taken over into it."""
    return is_array_api_obj(x) and not isinstance(x, (np.ndarray, np.generic))
