"""``compile``: from a Python function of scalars to a function at machine speed.

With this module, one can,

- run scalar code on one point or on a batch: ``compile(f)(x)``, ``compile(f, batched=True)(xs)``;
- get values and gradients at once: ``.value_and_grad(...)``, with respect to arguments and parameters;
- see what became of the code: ``print(compiled.report())``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, Literal, NamedTuple

import numpy as np

from ..trees import flatten, rebuild
from ..value import Value
from .arguments import read, samples_of
from .arrays import of_another_library
from .backends import BACKENDS, Backend, Executor, choose
from .capture import recording_lock
from .plan import Options, Plan, Reduce
from .program import Program
from .structure import Structure

PLANS = 64  # structures of arguments that a function remembers


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

    ``f`` is recorded for each structure of its arguments, of which the last 64 are remembered. Where an argument
    is a NumPy array, ``f`` gets an array (of tracers, on which NumPy's arithmetic, ``@`` and ``.sum()`` work);
    lists, tuples and dicts come as such. ``parameters`` are leaf Values that ``f`` uses; their numbers are read
    anew at every call. With ``batched`` every argument has one more axis in front, the samples; ``f`` is still
    written for one sample. ``reduce`` makes the output one number: the "mean" or the "sum" over the samples. With
    ``has_aux``, ``f`` returns (value, others): the others come back for every sample, and count in no gradient.

    Results have the structure that ``f`` returned. Of a batch, a number becomes an array (samples,), a list or a
    tuple of k numbers one array (samples, k), an array of a shape one of (samples, shape); a dict or a tuple of
    such lists holds such arrays.

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

    While it is recorded ``f`` gets stand-ins for its arguments, which compute as Values do but are none:
    ``isinstance(x, Value)`` is false of them, and of what is computed from them.

    Raises CaptureError where ``f`` looks at a number (``if x > 0``) or is not the same when called again (it draws
    random numbers), as that would be baked in; TypeError and ValueError for options that cannot be.
    """
    if not callable(f):
        raise TypeError(f"compile: f must be a function of numbers, got {f!r}")
    for name, given in (("batched", batched), ("has_aux", has_aux)):
        if not isinstance(given, bool):
            raise TypeError(f"compile: {name} must be True or False, got {given!r}")
    if reduce not in ("mean", "sum", None):
        raise ValueError(f"reduce must be 'mean', 'sum' or None, got {reduce!r}")
    if reduce is not None and not batched:
        raise ValueError(f"reduce={reduce!r} needs batched=True: there is nothing to reduce over")
    if backend not in BACKENDS:
        raise ValueError(f"backend must be 'auto', 'numpy' or 'native', got {backend!r}")
    if dtype not in ("float64", "float32", np.float64, np.float32):
        raise ValueError(f"dtype must be 'float64' or 'float32', got {dtype!r}")
    kind: Any = np.dtype(dtype).name
    return Compiled(f, parameters, Options(batched, reduce, has_aux, backend, kind))


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


class Compiled:
    """A function that ``compile`` made; see there."""

    def __init__(self, f: Callable[..., Any], parameters: Any, options: Options):
        nothing = parameters is None or (isinstance(parameters, (list, tuple, dict)) and not parameters)
        if nothing and hasattr(f, "parameters"):
            parameters = f.parameters()  # a model knows its own
        self.function, self.options = f, options
        self.batched, self.reduce, self.backend, self.dtype = (
            options.batched, options.reduce, options.backend, options.dtype,
        )  # fmt: skip
        self.parameter_tree, self.parameters = parameters, _checked(flatten(parameters))
        self._plans: dict[Any, Plan] = {}
        self._calls = count(1)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what was compiled: machine code and buffers do not travel; the copy compiles anew."""
        return {**self.__dict__, "_plans": {}, "_calls": count(1)}

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
        return "\n".join([plan.report() for plan in list(self._plans.values())])

    def program(self, *arguments: Any) -> Program:
        """Return the program recorded for arguments of this structure."""
        library = of_another_library(arguments)
        plan: Plan = self._prepared(arguments)[0] if library is None else library.plan(self, arguments)
        return plan.program

    def _numbers(self) -> Any:
        return np.array([p.data for p in self.parameters], self.dtype)

    def _prepared(self, arguments: Sequence[Any]) -> tuple[Plan, Any, int]:
        """Return the plan for these arguments, and the numbers of each as rows (numbers, samples)."""
        given = [
            read(argument, f"argument {i}", self.dtype, batched=self.batched)
            for i, argument in enumerate(arguments, start=1)
        ]
        samples = samples_of(given) if self.batched else 1
        return self.plan([one.structure for one in given]), [one.rows for one in given], samples

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
        if not isinstance(lr, (int, float)) or isinstance(lr, bool) or not 0.0 <= lr < math.inf:
            raise ValueError(f"trainer: lr must be a number, 0 or larger, got {lr!r}")
        if compiled.batched and compiled.reduce is None:
            raise ValueError('a trainer needs one loss: compile with reduce="mean" or "sum"')
        self.compiled, self.lr = compiled, lr
        self._plan: Plan | None = None
        self._executor: Executor | None = None
        self._samples = 1

    def load(self, *arguments: Any) -> None:
        """Take a batch; it stays for every ``step()`` until the next one."""
        plan, inputs, samples = self._of_its_structure(arguments)
        if self._executor is None:
            self._plan = plan
            self._executor = choose(plan.job(wrt_arguments=False), self.compiled.backend)  # its own parameters
            self._executor.load(inputs, samples)
            self._executor.parameters[:] = self.compiled._numbers()
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
        return self._returned(outputs), of_parameters.copy()  # its place is written to again

    def value(self, *arguments: Any) -> Any:
        """Return what the function returns for a batch, with the parameters of now; moves nothing."""
        if self._executor is None:
            self.load(*arguments)
        plan, inputs, samples = self._of_its_structure(arguments)
        return plan.returned(self.executor.values(inputs, samples), samples)

    def _of_its_structure(self, arguments: Any) -> Any:
        """Return arguments prepared. Raises ValueError if their structure is not that of the samples so far."""
        plan, inputs, samples = self.compiled._prepared(arguments)
        if self._plan is not None and plan.arguments != self._plan.arguments:
            raise ValueError("a trainer takes samples of one structure; make another for another")
        return plan, inputs, samples

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
