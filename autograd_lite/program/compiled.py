"""``compile``: from a Python function of scalars to a function at machine speed.

With this module, one can,

- run scalar code on one point or on a batch: ``compile(f)(x)``, ``compile(f, batched=True)(xs)``;
- get values and gradients at once: ``.value_and_grad(...)``, with respect to arguments and parameters;
- see what became of the code: ``print(compiled.report())``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import repeat
from typing import Any, Literal, NamedTuple

import numpy as np

from ..transforms import flatten, rebuild
from ..value import Value
from .backends import Backend, Executor, choose
from .capture import capture
from .program import Program

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
    backend: Backend = "auto",
    dtype: Literal["float64", "float32"] = "float64",
) -> Compiled:
    """Return a compiled form of ``f``, a function of numbers, or of nested lists of numbers, to a Value.

    ``f`` is recorded once for each structure of its arguments. ``parameters`` are leaf Values that ``f``
    uses; their numbers are read anew at every call. With ``batched`` every argument has one more axis in
    front, the samples; ``f`` is still written for one sample. ``reduce`` makes the output one number: the
    "mean" or the "sum" over the samples.

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

    Raises CaptureError where ``f`` looks at a number (``if x > 0``), as that would bake a branch in.
    """
    if reduce not in ("mean", "sum", None):
        raise ValueError(f"reduce must be 'mean', 'sum' or None, got {reduce!r}")
    if reduce is not None and not batched:
        raise ValueError(f"reduce={reduce!r} needs batched=True: there is nothing to reduce over")
    if np.dtype(dtype) not in (np.float64, np.float32):
        raise ValueError(f"dtype must be 'float64' or 'float32', got {dtype!r}")
    return Compiled(f, parameters, batched, reduce, backend, dtype)


class Compiled:
    """A function that ``compile`` made; see there."""

    def __init__(
        self,
        f: Callable[..., Any],
        parameters: Any,
        batched: bool,
        reduce: Reduce,
        backend: Backend,
        dtype: Literal["float64", "float32"],
    ):
        if not parameters and hasattr(f, "parameters"):
            parameters = f.parameters()  # a model knows its own
        self.function, self.batched, self.reduce, self.backend, self.dtype = f, batched, reduce, backend, dtype
        self._parameter_tree, self.parameters = parameters, flatten(parameters)
        for p in self.parameters:
            if not isinstance(p, Value) or p.parents:
                raise TypeError(f"parameters must be leaf Values, got {p!r}")
        self._plans: dict[Any, Plan] = {}

    def __call__(self, *arguments: Any) -> Any:
        """Return the value: a float, or for a batch that is not reduced an array of one number per sample."""
        plan, inputs, samples = self._prepared(arguments)
        return plan.returned(plan.values(inputs, self._numbers(), samples))

    def value_and_grad(self, *arguments: Any) -> tuple[Any, Gradients]:
        """Return the value and its gradients; of several outputs, and of a batch not reduced, those of the sum."""
        plan, inputs, samples = self._prepared(arguments)
        outputs, of_inputs, of_parameters = plan.value_and_gradients(inputs, self._numbers(), samples)
        numbers = iter(of_parameters.tolist())
        parameters = rebuild(self._parameter_tree, numbers) if len(self.parameters) else []
        return plan.returned(outputs), Gradients(plan.like_arguments(arguments, of_inputs), parameters)

    def report(self) -> str:
        """Say what became of the code, for every structure of arguments it was called with."""
        if not self._plans:
            return "nothing compiled yet: call it once"
        return "\n".join(plan.report() for plan in self._plans.values())

    def program(self, *arguments: Any) -> Program:
        """Return the program recorded for arguments of this structure."""
        return self._prepared(arguments)[0].program

    def _numbers(self) -> Any:
        return np.array([p.data for p in self.parameters], self.dtype)

    def _prepared(self, arguments: Sequence[Any]) -> tuple[Plan, Any, int]:
        """Return the plan for these arguments, and the numbers of each as rows (numbers, samples)."""
        if self.batched:
            arrays = [_as_array(argument, i, self.dtype) for i, argument in enumerate(arguments, start=1)]
            if not arrays or any(a.ndim == 0 for a in arrays):
                raise ValueError("batched=True: every argument needs an axis of samples in front")
            samples = len(arrays[0])
            if any(len(a) != samples for a in arrays) or not samples:
                lengths = ", ".join(str(len(a)) for a in arrays)
                raise ValueError(f"every argument must have as many samples, and at least one; got {lengths}")
            key: Any = tuple(a.shape[1:] for a in arrays)
            trees = [nested(shape) for shape in key] if key not in self._plans else []
            rows = [a.reshape(samples, -1).T for a in arrays]
        else:
            samples, rows = 1, []
            trees = [a.tolist() if hasattr(a, "tolist") else a for a in arguments]
            for i, tree in enumerate(trees, start=1):
                numbers = _as_array(flatten(tree), i, self.dtype)
                if numbers.ndim != 1:
                    raise TypeError(
                        f"argument {i} must be a number or nested lists of numbers, got {arguments[i - 1]!r}"
                    )
                rows.append(numbers[:, None])
            key = repr([rebuild(tree, repeat(0)) for tree in trees])
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = Plan(self, trees)
        return plan, rows, samples


def _as_array(argument: Any, position: int, dtype: Any) -> Any:
    try:
        return np.asarray(argument, dtype)
    except (TypeError, ValueError) as problem:
        raise TypeError(f"argument {position} must be a number or nested lists of numbers: {problem}") from None


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
        self.program, self._result = capture(
            compiled.function, trees, parameters=compiled.parameters, batched=compiled.batched
        )
        self._executor: Executor | None = None

    @property
    def executor(self) -> Executor:
        if self._executor is None:
            c = self.compiled
            self._executor = choose(self.program, self.sizes, mean=c.reduce == "mean", backend=c.backend, dtype=c.dtype)
        return self._executor

    def values(self, inputs: Sequence[Any], parameters: Any, samples: int) -> list[Any]:
        return self._reduced(self.executor.values(inputs, parameters, samples), samples)

    def value_and_gradients(self, inputs: Sequence[Any], parameters: Any, samples: int) -> tuple[list[Any], Any, Any]:
        outputs, of_inputs, of_parameters = self.executor.value_and_gradients(inputs, parameters, samples)
        return self._reduced(outputs, samples), of_inputs, of_parameters

    def _reduced(self, outputs: Sequence[Any], samples: int) -> list[Any]:
        reduce = self.compiled.reduce
        if not self.compiled.batched:
            return [float(y.reshape(())) for y in outputs]
        if reduce is None:
            return [np.array(np.broadcast_to(y, samples)) for y in outputs]
        total = np.mean if reduce == "mean" else np.sum
        return [float(total(np.broadcast_to(y, samples))) for y in outputs]

    def returned(self, outputs: Sequence[Any]) -> Any:
        """Return the outputs in the structure that the function returned."""
        return rebuild(self._result, iter(outputs))

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
        sizes = ", ".join(map(str, self.sizes))
        return f"{len(self.program)} operations on arguments of {sizes} number(s)\n{self.executor.report()}"
