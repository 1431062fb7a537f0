"""What a function is compiled to: a plan for each structure of its arguments."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Literal, NamedTuple
from uuid import uuid4

import numpy as np

from ..context import context
from ..operation import Operation
from ..trees import flatten, kind_of
from ..value import Value
from .arguments import check_indices, is_batch_of_parts, read, samples_of, table_sizes
from .capture import recording_lock
from .nodes import operations
from .program import replay
from .record import record
from .run.choose import choose
from .run.job import Executor, Job
from .sparse import pattern_of, patterns
from .structure import Even, Nested, Structure, build, build_batch, container, size, structure

PLANS = 64  # structures of arguments that a function remembers

Reduce = Literal["mean", "sum", None]
_NOTHING = np.empty(0)
Stack = Callable[[Sequence[Any], tuple[int, ...]], Any]


@dataclass(frozen=True)
class Options:
    """What ``compile`` was asked for; see there."""

    batched: bool | tuple[bool, ...]
    reduce: Reduce
    has_aux: bool
    backend: str
    dtype: Literal["float64", "float32"]
    sparse: bool = False

    @property
    def is_batch(self) -> bool:
        """Tell whether any argument has an axis of samples."""
        return self.batched if isinstance(self.batched, bool) else any(self.batched)

    @property
    def is_mixed(self) -> bool:
        """Tell whether some arguments have one, and others are shared by all samples."""
        return not isinstance(self.batched, bool) and len(set(self.batched)) > 1

    def batched_arguments(self, count: int) -> tuple[bool, ...]:
        """Tell it for each of ``count`` arguments. Raises TypeError if it was said for another number of them."""
        if isinstance(self.batched, bool):
            return (self.batched,) * count
        if len(self.batched) != count:
            raise TypeError(f"batched={self.batched} says it for {len(self.batched)} argument(s), but got {count}")
        return self.batched


class Gradients(NamedTuple):
    """∂output/∂argument in the structure of each argument, and ∂output/∂parameter as a list."""

    arguments: tuple[Any, ...]
    parameters: Any


class Given(NamedTuple):
    """The arguments of one call: rows (numbers, samples) of each input, and the numbers all samples share, flat."""

    inputs: Sequence[Any]
    shared: Any
    samples: int


class Plan:
    """A recorded program, and what runs it. It does not know the function, which may go before it."""

    def __init__(
        self, f: Callable[..., Any], arguments: Sequence[Structure], parameters: Sequence[Value], options: Options
    ):
        self.arguments, self.options = tuple(arguments), options
        batched = options.batched_arguments(len(arguments))
        # what is not batched in a batch is to a back end what parameters are: numbers that all samples share
        self._is_input = batched if options.is_batch else (True,) * len(arguments)
        self.sizes = tuple([size(form) for form in self._forms(inputs=True)])
        self.n_shared = sum([size(form) for form in self._forms(inputs=False)])
        self.program, self.result = record(f, arguments, parameters, batched=batched, sparse=options.sparse)
        if options.sparse and not patterns(self.result):
            raise TypeError("sparse=True: the function must return a matrix that jacobian(f) or hessian(f) gave it")
        self.pattern = pattern_of(self.result)
        n = sum(self.sizes)
        self._indices = table_sizes(self.program, range(n)), table_sizes(self.program, range(n, n + self.n_shared))
        self.first: int | None = None  # how many outputs are differentiated; None: all
        if options.has_aux:
            if not isinstance(self.result, Nested) or self.result.kind is not tuple or len(self.result.parts) != 2:
                raise TypeError("has_aux=True: the function must return (value, others)")
            self.first = size(self.result.parts[0])
        self.key = uuid4().hex  # by which other processes know it
        self.used = 0  # when, as the function counts its calls
        self.lock = threading.Lock()  # an executor has one set of buffers
        self._executors: dict[str, Any] = {}
        self._operations: list[Operation] | None = None

    def executor(self) -> Executor:
        """Return what runs the program, compiled on first use."""
        executor: Executor = self.kept("own", self._choose)
        return executor

    def kept(self, kind: str, make: Callable[[Job], Any]) -> Any:
        """Return ``make(job)`` of the first time it was asked for this kind; it tells of itself in the report."""
        if kind not in self._executors:
            self._executors[kind] = make(self.job())
        return self._executors[kind]

    def of_each_sample(self) -> Executor:
        """Return what computes the outputs and, after them, the gradients of all inputs, without summing any."""
        executor: Executor = self.kept("of each sample", lambda job: self._choose(job.of_each_sample()))
        return executor

    def checked(self, given: Given) -> Given:
        """Return the arguments. Raises IndexError for one that is no index of the table it chooses from."""
        of_inputs, of_shared = self._indices
        if of_inputs:
            check_indices(self.program.names, of_inputs, np.concatenate(given.inputs))
        if of_shared:
            check_indices(self.program.names[sum(self.sizes) :], of_shared, given.shared[:, None])
        return given

    def _forms(self, *, inputs: bool) -> list[Structure]:
        return [form for form, is_input in zip(self.arguments, self._is_input) if is_input is inputs]

    def of_nodes(self, name: str, operands: Sequence[Any]) -> Any:
        """Return what the function returned, of nodes: of Values one for each output, of tracers what they write."""
        if context.recording:
            outputs = replay(self.program, operands)
        else:
            if self._operations is None:
                self._operations = operations(self.program, name, self._choose, self.options.dtype)
            outputs = [op(*operands) for op in self._operations]
        return build(self.result, iter(outputs))

    def _choose(self, job: Job) -> Executor:
        return choose(job, self.options.backend)

    def job(self, *, wrt_arguments: bool = True) -> Job:
        """Return what a back end has to do."""
        return Job(self.program, self.sizes, self.options.reduce, self.options.dtype, wrt_arguments, self.first)

    def returned(self, outputs: Sequence[Any], samples: int) -> Any:
        """Return the outputs in the structure that the function returned; those of a batch are arrays."""
        if self.pattern is not None:  # of many entries, which need not be looked at one by one
            return self.pattern.matrix(np.asarray(outputs, self.options.dtype))
        if not self.options.is_batch:
            if isinstance(self.result, Even) and self.result.kind is np.ndarray:  # of many numbers, it may be
                return np.array(outputs, self.options.dtype).reshape(self.result.shape)
            return build(self.result, map(float, outputs), self._array)
        n_reduced = self.job().n_reduced
        numbers = [float(y) for y in outputs[:n_reduced]]
        columns = [np.array(np.broadcast_to(y, samples)) for y in outputs[n_reduced:]]
        return self.structured([*numbers, *columns], self._array, _stacked)

    def structured(self, outputs: Sequence[Any], array: Stack, stack: Stack) -> Any:
        """Return outputs of any library: ``array`` joins numbers, ``stack`` columns of one number per sample."""
        columns = iter(outputs)
        if not self.options.is_batch:
            return build(self.result, columns, array)
        if not self.options.has_aux:
            return self._part(self.result, columns, array, stack, reduced=self.options.reduce is not None)
        assert isinstance(self.result, Nested)
        value, others = self.result.parts
        first = self._part(value, columns, array, stack, reduced=self.options.reduce is not None)
        return first, self._part(others, columns, array, stack, reduced=False)

    def _part(self, part: Structure, columns: Iterator[Any], array: Stack, stack: Stack, *, reduced: bool) -> Any:
        return build(part, columns, array) if reduced else build_batch(part, columns, stack)

    def _array(self, numbers: Sequence[Any], shape: tuple[int, ...]) -> Any:
        return np.array(numbers, self.options.dtype).reshape(shape)

    def like_arguments(self, arguments: Sequence[Any], of_inputs: Any, of_shared: Any) -> tuple[Any, ...]:
        """Return gradients in the structure of each argument.

        Those of inputs are (numbers, samples), those of what samples share (numbers,), or of each sample.
        """
        inputs = iter(_split(of_inputs, self._forms(inputs=True)))
        shared = iter(_split(of_shared, self._forms(inputs=False)))
        return tuple(
            [
                self._like(argument, form, next(inputs)) if is_input else self._like_shared(form, next(shared))
                for argument, form, is_input in zip(arguments, self.arguments, self._is_input)
            ]
        )

    def _like(self, argument: Any, form: Structure, rows: Any) -> Any:
        if not self.options.is_batch:
            if isinstance(argument, np.ndarray) and not argument.ndim:
                return rows[0, 0].reshape(())
            return build(form, iter(rows[:, 0].tolist()), self._array)
        kind = kind_of(type(argument))
        if isinstance(form, Nested) and kind is not None and is_batch_of_parts(argument):
            parts = kind.parts(argument)
            return container(form, [self._like(*three) for three in zip(parts, form.parts, _split(rows, form.parts))])
        return rows.T.reshape(np.shape(argument)).copy()

    def _like_shared(self, form: Structure, numbers: Any) -> Any:
        if numbers.ndim > 1:
            return build_batch(form, iter(numbers), _stacked)
        return build(form, iter(numbers.tolist()), self._array)

    def report(self) -> str:
        """Say what became of the code."""
        sizes = ", ".join([str(size(form)) for form in self.arguments]) or "no"
        lines = [executor.report() for executor in list(self._executors.values())]
        of = "".join([f", {pattern}" for pattern in patterns(self.result)])
        return "\n".join([f"{len(self.program)} operations on arguments of {sizes} number(s){of}", *lines])


def _split(rows: Any, forms: Sequence[Structure]) -> list[Any]:
    """Return the rows of each structure."""
    return np.split(rows, np.cumsum([size(form) for form in forms])[:-1]) if forms else []


def _stacked(columns: Sequence[Any], shape: tuple[int, ...]) -> Any:
    return np.stack(columns, axis=1).reshape(-1, *shape)


def _checked(parameters: Sequence[Any]) -> Sequence[Value]:
    """Return parameters if they are leaf Values, each there once. Raises TypeError and ValueError otherwise."""
    places: dict[Value, int] = {}
    for i, p in enumerate(parameters):
        if not isinstance(p, Value) or p.parents:
            raise TypeError(f"parameters must be leaf Values (of a model: model.parameters()), got {p!r}")
        if p in places:
            raise ValueError(f"parameters {places[p]} and {i} are one Value ({p!r}): name it once")
        places[p] = i
    return parameters


class Recorded:
    """A function of scalars with what it is compiled to, for each structure of arguments that came."""

    def __init__(self, f: Callable[..., Any], parameters: Any, options: Options):
        nothing = parameters is None or (isinstance(parameters, (list, tuple, dict)) and not parameters)
        own = getattr(f, "parameters", None)
        if nothing and callable(own):
            parameters = own()  # a model knows its own
        self.function, self.options = f, options
        self.batched, self.reduce, self.backend, self.dtype = (
            options.is_batch, options.reduce, options.backend, options.dtype,
        )  # fmt: skip
        self.parameter_tree, self.parameters = parameters, _checked(flatten(parameters))
        self._plans: dict[Any, Plan] = {}
        self._calls = count(1)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what was compiled: machine code and buffers do not travel; the copy compiles anew."""
        return {name: x for name, x in vars(self).items() if name not in ("_plans", "_calls")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _plans={}, _calls=count(1))

    def numbers(self) -> Any:
        """Return the numbers of the parameters now."""
        return np.array([p.data for p in self.parameters], self.dtype)

    def prepared(self, arguments: Sequence[Any]) -> tuple[Plan, Given]:
        """Return the plan for these arguments, and their numbers."""
        flags = self.options.batched_arguments(len(arguments))
        each = [
            read(argument, f"argument {i}", self.dtype, batched=batched)
            for i, (argument, batched) in enumerate(zip(arguments, flags), start=1)
        ]
        plan = self.plan([one.structure for one in each])
        if not self.batched:
            return plan, plan.checked(Given([one.rows for one in each], _NOTHING, 1))
        batch = [one for one, batched in zip(each, flags) if batched]
        shared = [one.rows[:, 0] for one, batched in zip(each, flags) if not batched]
        samples = samples_of(batch, "every batched argument")
        return plan, plan.checked(Given([one.rows for one in batch], np.concatenate([_NOTHING, *shared]), samples))

    def of_nodes(self, arguments: Sequence[Any]) -> Any:
        """Return the value of arguments among which there are nodes, as nodes that depend on them and the parameters.

        Raises TypeError for a batch: it takes arrays of numbers.
        """
        if self.batched:
            raise TypeError(
                "a compiled batch takes arrays of numbers, not nodes: compile without batched=True what is to be "
                "called with Values or inside another compiled function"
            )
        plan = self.plan([structure(argument) for argument in arguments])
        name = getattr(self.function, "__name__", "<lambda>")
        operands = [*(x for argument in arguments for x in flatten(argument)), *self.parameters]
        return plan.of_nodes("f" if name == "<lambda>" else name, operands)

    def plan(self, arguments: Sequence[Structure]) -> Plan:
        """Return the plan for arguments whose samples have these structures, made at the first call."""
        key = tuple(arguments)
        plan = self._plans.get(key) or self._made(key)
        plan.used = next(self._calls)
        return plan

    def _made(self, key: tuple[Structure, ...]) -> Plan:
        with recording_lock:  # another thread may be making it
            plan = self._plans.get(key)
            if plan is None:
                plan = Plan(self.function, key, self.parameters, self.options)
                if len(self._plans) >= PLANS:
                    del self._plans[min(self._plans, key=lambda other: self._plans[other].used)]
                self._plans[key] = plan
            return plan
