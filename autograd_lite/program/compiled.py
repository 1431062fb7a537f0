"""``compile``: from a Python function of scalars to a function at machine speed.

With this module, one can,

- run scalar code on one point or on a batch: ``compile(f)(x)``, ``compile(f, batched=True)(xs)``;
- get values and gradients at once: ``.value_and_grad(...)``, with respect to arguments and parameters;
- see what became of the code: ``print(compiled.report())``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from uuid import uuid4

import numpy as np

from ..transforms import flatten, rebuild
from ..value import Value
from .arrays import of_another_library
from .backends import Backend, Executor, Job, choose
from .capture import capture
from .program import Program

if TYPE_CHECKING:
    from .namespace import ArrayExecutor

Reduce = Literal["mean", "sum", None]


class Gradients(NamedTuple):
    """∂output/∂argument in the structure of each argument, and ∂output/∂parameter as a list."""

    arguments: tuple[Any, ...]
    parameters: Any


def compile(
    f: Callable[..., Any],
    *,
    parameters: Any = (),
    batched: bool = False,
    reduce: Reduce = None,
    has_aux: bool = False,
    backend: Backend = "auto",
    dtype: Literal["float64", "float32"] = "float64",
) -> Compiled:
    """Return a compiled form of ``f``, a function of numbers, or of nested lists of numbers, to a Value.

    ``f`` is recorded once for each structure of its arguments. ``parameters`` are leaf Values that ``f``
    uses; their numbers are read anew at every call. With ``batched`` every argument has one more axis in
    front, the samples; ``f`` is still written for one sample. ``reduce`` makes the output one number: the
    "mean" or the "sum" over the samples. With ``has_aux``, ``f`` returns (value, others): the others come
    back as they are, for every sample, and count in no gradient.

        >>> from autograd_lite import tanh
        >>> w = Value(0.5, "w")
        >>> compiled = compile(lambda x: tanh(w * x), parameters=[w])
        >>> compiled(0.0)
        0.0
        >>> value, gradients = compiled.value_and_grad(0.0)
        >>> gradients.arguments, gradients.parameters
        ((0.5,), [0.0])

    Batched, the gradient with respect to a parameter is summed over the samples:

        >>> square = compile(lambda x: w * x * x, parameters=[w], batched=True, reduce="mean")
        >>> value, gradients = square.value_and_grad([1.0, 3.0])
        >>> float(value), gradients.arguments[0].tolist(), gradients.parameters
        (2.5, [0.5, 1.5], [5.0])

    PyTorch, JAX and Dask arrays may be passed as they are (see ``arrays``); results are of the same kind.

    Raises CaptureError where ``f`` looks at a number (``if x > 0``), as that would bake a branch in.
    """
    if reduce not in ("mean", "sum", None):
        raise ValueError(f"reduce must be 'mean', 'sum' or None, got {reduce!r}")
    if reduce is not None and not batched:
        raise ValueError(f"reduce={reduce!r} needs batched=True: there is nothing to reduce over")
    if np.dtype(dtype) not in (np.float64, np.float32):
        raise ValueError(f"dtype must be 'float64' or 'float32', got {dtype!r}")
    return Compiled(f, parameters, batched, reduce, has_aux, backend, dtype)


class Compiled:
    """A function that ``compile`` made; see there."""

    def __init__(
        self,
        f: Callable[..., Any],
        parameters: Any,
        batched: bool,
        reduce: Reduce,
        has_aux: bool,
        backend: Backend,
        dtype: Literal["float64", "float32"],
    ):
        if not parameters and hasattr(f, "parameters"):
            parameters = f.parameters()  # a model knows its own
        self.function, self.batched, self.reduce, self.has_aux = f, batched, reduce, has_aux
        self.backend, self.dtype = backend, dtype
        self.parameter_tree, self.parameters = parameters, flatten(parameters)
        for p in self.parameters:
            if not isinstance(p, Value) or p.parents:
                raise TypeError(f"parameters must be leaf Values, got {p!r}")
        self._plans: dict[Any, Plan] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what was compiled: machine code and buffers do not travel; the copy compiles anew."""
        return {**self.__dict__, "_plans": {}}

    def __call__(self, *arguments: Any) -> Any:
        """Return the value: a float, or for a batch that is not reduced an array of one number per sample."""
        library = of_another_library(arguments)
        if library is not None:
            return library.values(self, arguments)
        plan, inputs, samples = self._prepared(arguments)
        with plan.lock:
            executor = plan.executor()
            executor.parameters[:] = self._numbers()
            return plan.returned(executor.values(inputs, samples), samples)

    def value_and_grad(self, *arguments: Any) -> tuple[Any, Gradients]:
        """Return the value and its gradients; of several outputs, and of a batch not reduced, those of the sum."""
        library = of_another_library(arguments)
        if library is not None:
            result: tuple[Any, Gradients] = library.value_and_grad(self, arguments)
            return result
        plan, inputs, samples = self._prepared(arguments)
        with plan.lock:
            executor = plan.executor()
            executor.load(inputs, samples)
            executor.parameters[:] = self._numbers()
            outputs, of_inputs, of_parameters = executor.gradients()
            numbers = iter(of_parameters.tolist())
            parameters = rebuild(self.parameter_tree, numbers) if len(self.parameters) else []
            of_arguments = plan.like_arguments(arguments, of_inputs)
            return plan.returned(outputs, samples), Gradients(of_arguments, parameters)

    def evaluator(self, *arguments: Any) -> Evaluator:
        """Return what evaluates value and gradient at one point in place, without copies; see ``Evaluator``."""
        return Evaluator(self, arguments)

    def trainer(self, *, lr: float = 0.0) -> Trainer:
        """Return what trains the parameters in place: flat, step by step, by plain gradient descent."""
        return Trainer(self, lr)

    def report(self) -> str:
        """Say what became of the code, for every structure of arguments it was called with."""
        if not self._plans:
            return "nothing compiled yet: call it once"
        return "\n".join(plan.report() for plan in self._plans.values())

    def program(self, *arguments: Any) -> Program:
        """Return the program recorded for arguments of this structure."""
        if of_another_library(arguments) is not None:
            return self.plan([np.shape(x) for x in arguments])[0].program
        return self._prepared(arguments)[0].program

    def _numbers(self) -> Any:
        return np.array([p.data for p in self.parameters], self.dtype)

    def _prepared(self, arguments: Sequence[Any]) -> tuple[Plan, Any, int]:
        """Return the plan for these arguments, and the numbers of each as rows (numbers, samples)."""
        arrays, shapes = [], []
        for i, argument in enumerate(arguments, start=1):
            array, shape = self._read(argument, i)
            arrays.append(array)
            shapes.append(shape)
        samples = self._samples([len(a) for a in arrays]) if self.batched else 1
        return self._plan(shapes, arguments), [a.reshape(samples, -1).T for a in arrays], samples

    def plan(self, shapes: Sequence[tuple[int, ...]]) -> tuple[Plan, int]:
        """Return the plan for arrays of these shapes, and the number of samples in them."""
        if not self.batched:
            return self._plan(shapes, shapes), 1
        if not all(shapes):
            position = 1 + [bool(shape) for shape in shapes].index(False)
            raise ValueError(f"batched=True: argument {position} needs an axis of samples in front, got a number")
        samples = self._samples([shape[0] for shape in shapes])
        return self._plan([shape[1:] for shape in shapes], shapes), samples

    def _samples(self, lengths: Sequence[int]) -> int:
        """Return the number of samples if every argument has as many."""
        if any(n != lengths[0] or not n for n in lengths):
            text = ", ".join(map(str, lengths))
            raise ValueError(f"every argument must have as many samples, and at least one; got {text}")
        return lengths[0] if lengths else 1

    def _plan(self, shapes: Sequence[Any], arguments: Sequence[Any]) -> Plan:
        key = tuple(shapes)
        plan = self._plans.get(key)
        if plan is None:
            trees = [nested(shape) if isinstance(shape, tuple) else a for shape, a in zip(key, arguments)]
            plan = self._plans[key] = Plan(self, trees)
        return plan

    def _read(self, argument: Any, position: int) -> tuple[Any, Any]:
        """Return the numbers of an argument, and what tells its structure: a shape, or text where lists are ragged."""
        try:
            array = np.asarray(argument, self.dtype)
        except (TypeError, ValueError) as problem:
            leaves = [] if self.batched else flatten(argument)
            if not leaves or not all(isinstance(x, (int, float)) for x in leaves):
                message = f"argument {position} must be a number or nested lists of numbers: {problem}"
                raise TypeError(message) from None
            return np.array(leaves, self.dtype), repr(rebuild(argument, repeat(0)))
        if self.batched and not array.ndim:
            raise ValueError(f"batched=True: argument {position} needs an axis of samples in front, got a number")
        return array, array.shape[1:] if self.batched else array.shape


def nested(shape: Sequence[int]) -> Any:
    """Return nested lists of zeros of a shape; a number for ``()``.

    >>> nested((2, 1))
    [[0.0], [0.0]]
    """
    return [nested(shape[1:]) for _ in range(shape[0])] if shape else 0.0


class Plan:
    """What one structure of arguments is compiled to."""

    def __init__(self, compiled: Compiled, trees: Sequence[Any]):
        self.compiled, self.trees = compiled, trees
        self.sizes = [len(flatten(tree)) for tree in trees]
        self.program, result = capture(
            compiled.function, trees, parameters=compiled.parameters, batched=compiled.batched
        )
        self.first: int | None = None  # how many outputs are differentiated; None: all
        if compiled.has_aux:
            if not isinstance(result, tuple) or len(result) != 2:
                raise TypeError("has_aux=True: the function must return (value, others)")
            self.first = len(flatten(result[0]))
        self.key = uuid4().hex  # by which other processes know it
        self.result = rebuild(result, repeat(None))  # the structure that the function returned
        self.lock = threading.Lock()  # an executor has one set of buffers
        self._executor: Executor | None = None
        self._of_arrays: ArrayExecutor | None = None

    def executor(self) -> Executor:
        """Return what runs the program, compiled on first use."""
        if self._executor is None:
            self._executor = choose(self.job(), self.compiled.backend)
        return self._executor

    def job(self, *, wrt_arguments: bool = True) -> Job:
        """Return what a back end has to do."""
        compiled = self.compiled
        return Job(self.program, tuple(self.sizes), compiled.reduce, compiled.dtype, wrt_arguments, self.first)

    def array_executor(self) -> ArrayExecutor:
        """Return what runs the program on arrays of another library."""
        if self._of_arrays is None:
            from .namespace import ArrayExecutor

            self._of_arrays = ArrayExecutor(self.job())
        return self._of_arrays

    def returned(self, outputs: Sequence[Any], samples: int) -> Any:
        """Return the outputs in the structure that the function returned."""
        if not self.compiled.batched:
            numbers: list[Any] = [float(y) for y in outputs]
        else:
            n_reduced = 0 if self.compiled.reduce is None else len(outputs) if self.first is None else self.first
            numbers = [float(y) for y in outputs[:n_reduced]]
            numbers += [np.array(np.broadcast_to(y, samples)) for y in outputs[n_reduced:]]
        return rebuild(self.result, iter(numbers))

    def like_arguments(self, arguments: Sequence[Any], gradients: Any) -> tuple[Any, ...]:
        """Return rows of gradients in the structure of each argument."""
        first, result = 0, []
        for argument, tree, size in zip(arguments, self.trees, self.sizes):
            rows = gradients[first : first + size]
            first += size
            if self.compiled.batched:
                result.append(rows.T.reshape(np.shape(argument)).copy())
            elif hasattr(argument, "shape"):
                result.append(rows.reshape(argument.shape).copy())
            else:
                result.append(rebuild(tree, iter(rows[:, 0].tolist())))
        return tuple(result)

    def report(self) -> str:
        sizes = ", ".join(map(str, self.sizes)) or "no"
        lines = [used.report() for used in (self._executor, self._of_arrays) if used]
        return "\n".join([f"{len(self.program)} operations on arguments of {sizes} number(s)", *lines])


class Evaluator:
    """Value and gradient at one point, again and again, in the same arrays: the fastest way to call.

        >>> f = compile(lambda x, y: x * y + y)
        >>> evaluate = f.evaluator(3.0, 2.0)
        >>> evaluate(), evaluate.gradient.tolist()
        (8.0, [2.0, 4.0])
        >>> evaluate.inputs[0] = 5.0
        >>> evaluate()
        12.0

    ``inputs`` are the arguments, flat, to write to; ``gradient``, with respect to them, is written anew by
    every call. The parameters are those of the moment the evaluator was made. Raises ValueError for a
    batch, and for a function with several outputs.
    """

    def __init__(self, compiled: Compiled, arguments: Sequence[Any]):
        if compiled.batched:
            raise ValueError("an evaluator is for one point; a batch is one call already")
        plan, inputs, samples = compiled._prepared(arguments)
        if len(plan.program.outputs) != 1:
            raise ValueError(f"an evaluator needs one output, got {len(plan.program.outputs)}")
        executor = choose(plan.job(), compiled.backend)  # its own, as its arrays are handed out
        executor.load(inputs, samples)
        executor.parameters[:] = compiled._numbers()
        self.inputs, self._run, self._value, self.gradient = executor.in_place()
        self.inputs[:] = np.concatenate([given[:, 0] for given in inputs] or [[]])

    def __call__(self) -> float:
        """Return the value at ``inputs``."""
        self._run()
        return self._value.item()  # type: ignore[no-any-return]


class Trainer:
    """Gradient descent on flat parameters; ``step`` computes the loss, its gradient, and the move in one go.

        >>> w = Value(0.0, "w")
        >>> error = compile(lambda x, y: (w * x - y) ** 2, parameters=[w], batched=True, reduce="mean")
        >>> trainer = error.trainer(lr=0.1)
        >>> trainer.load([1.0, 2.0], [2.0, 4.0])
        >>> losses = [trainer.step() for _ in range(30)]
        >>> trainer.write_back(); round(w.data, 6)
        2.0

    The Values keep their numbers until ``write_back``.
    """

    def __init__(self, compiled: Compiled, lr: float):
        if compiled.batched and compiled.reduce is None:
            raise ValueError('a trainer needs one loss: compile with reduce="mean" or "sum"')
        self.compiled, self.lr = compiled, lr
        self._plan: Plan | None = None
        self._executor: Executor | None = None
        self._samples = 1

    def load(self, *arguments: Any) -> None:
        """Take a batch; it stays for every ``step()`` until the next one."""
        plan, inputs, samples = self.compiled._prepared(arguments)
        if self._executor is None:
            self._plan = plan
            self._executor = choose(plan.job(wrt_arguments=False), self.compiled.backend)  # its own parameters
            self._executor.load(inputs, samples)
            self._executor.parameters[:] = self.compiled._numbers()
        elif plan is not self._plan:
            raise ValueError("a trainer takes samples of one structure; make another for another")
        else:
            self._executor.load(inputs, samples)
        self._samples = samples

    def step(self, *arguments: Any) -> Any:
        """Move the parameters by lr against the gradient of the loss; return what the function returned before."""
        if arguments or self._executor is None:
            self.load(*arguments)
        return self._returned(self.executor.descend(self.lr))

    def value_and_gradient(self, *arguments: Any) -> tuple[Any, Any]:
        """Return what the function returns, and the gradient of the loss to the flat parameters; moves nothing."""
        if arguments or self._executor is None:
            self.load(*arguments)
        outputs, _, of_parameters = self.executor.gradients()
        return self._returned(outputs), of_parameters

    def value(self, *arguments: Any) -> Any:
        """Return what the function returns for a batch, with the parameters of now; moves nothing."""
        if self._executor is None:
            self.load(*arguments)
        plan, inputs, samples = self.compiled._prepared(arguments)
        return plan.returned(self.executor.values(inputs, samples), samples)

    def _returned(self, outputs: Sequence[Any]) -> Any:
        if len(outputs) == 1:
            return float(outputs[0])  # the usual case, fast
        assert self._plan is not None
        return self._plan.returned(outputs, self._samples)

    @property
    def executor(self) -> Executor:
        """What computes; there once there is data."""
        if self._executor is None:
            raise ValueError("the trainer has no data yet: call load(...) or step(...) with a batch")
        return self._executor

    @property
    def gradient(self) -> Any:
        """The gradient that the latest step used, flat."""
        return self.executor.of_parameters()

    @property
    def parameters(self) -> Any:
        """The flat parameters, to read or to write to."""
        return self.compiled._numbers() if self._executor is None else self._executor.parameters

    def array(self, numbers: Any) -> Any:
        """Return numbers as an array of the trainer's kind: samples to take batches of, or state of an optimiser."""
        return np.array(numbers, self.compiled.dtype)

    def report(self) -> str:
        """Say what became of the code of a step."""
        return self.executor.report()

    def write_back(self) -> None:
        """Give the numbers to the Values."""
        for p, number in zip(self.compiled.parameters, self.parameters.tolist()):
            p.data = number
