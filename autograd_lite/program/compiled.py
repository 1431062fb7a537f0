"""``compile``: from a Python function of scalars to a function at machine speed.

With this module, one can,

- run scalar code on one point or on a batch: ``compile(f)(x)``, ``compile(f, batched=True)(xs)``;
- get values and gradients at once: ``.value_and_grad(...)``, with respect to arguments and parameters;
- see what became of the code: ``print(compiled.report())``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from ..context import context
from ..hints import one_of
from ..trees import rebuild
from .arguments import NodeGiven
from .arrays.libraries import Library, of_another_library
from .plan import Given, Gradients, Options, Plan, Recorded, Reduce
from .program import Program
from .run.choose import BACK_ENDS
from .run.job import Executor
from .training import Evaluator, Optimiser, Trainer


def compile(
    f: Callable[..., Any],
    *,
    parameters: Any = (),
    batched: bool | Sequence[bool] = False,
    reduce: Reduce = None,
    has_aux: bool = False,
    backend: str = "auto",
    dtype: Literal["float64", "float32"] = "float64",
    sparse: bool = False,
) -> Compiled:
    """Return a compiled form of ``f``, a function of numbers, or of nested lists of numbers, to a Value.

    ``f`` is recorded for each structure of its arguments, of which the last 64 are remembered. Where an argument
    is a NumPy array, ``f`` gets an array (of tracers, on which NumPy's arithmetic, ``@`` and ``.sum()`` work);
    lists, tuples and dicts come as such. ``parameters`` are leaf Values that ``f`` uses; their numbers are read
    anew at every call. With ``batched`` every argument has one more axis in front, the samples; ``f`` is still
    written for one sample. ``batched=(True, False)`` says it for each argument: all samples share the second, as they
    share the parameters. ``reduce`` makes the output one number: the "mean" or the "sum" over the samples. With
    ``has_aux``, ``f`` returns (value, others): the others come back for every sample, and count in no gradient.

    Results have the structure that ``f`` returned. Of a batch, a number becomes an array (samples,), a list or a
    tuple of k numbers one array (samples, k), an array of a shape one of (samples, shape); a dict or a tuple of
    such lists holds such arrays.

        >>> from autograd_lite import Value, tanh
        >>> w = Value(0.5, "w")
        >>> compiled = compile(lambda x: tanh(w * x), parameters=[w])
        >>> compiled(0.0)
        0.0
        >>> value, gradients = compiled.value_and_grad(0.0)
        >>> gradients.arguments, gradients.parameters
        ((0.5,), [0.0])

    Of a batch that is reduced, the gradient with respect to what samples share is one number, their sum; of one that
    is not, there is a gradient for each sample:

        >>> square = compile(lambda x: w * x * x, parameters=[w], batched=True, reduce="mean")
        >>> value, gradients = square.value_and_grad([1.0, 3.0])
        >>> float(value), gradients.arguments[0].tolist(), gradients.parameters
        (2.5, [0.5, 1.5], [5.0])
        >>> each = compile(lambda x, v: v * x * x, batched=(True, False))
        >>> values, gradients = each.value_and_grad([1.0, 3.0], 0.5)
        >>> values.tolist(), gradients.arguments[1].tolist()
        ([0.5, 4.5], [1.0, 9.0])

    With ``sparse`` a matrix that ``jacobian(f)`` or ``hessian(f)`` returns is a ``scipy.sparse.csr_array``: entries
    that are zero whatever the numbers are found when it is recorded, and never computed.

        >>> from autograd_lite import hessian
        >>> bent = compile(hessian(lambda x: x[0] * x[1] + x[2] ** 3), sparse=True)
        >>> bent([1.0, 2.0, 3.0]).toarray().tolist(), bent([1.0, 2.0, 3.0]).nnz
        ([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 18.0]], 3)

    PyTorch, JAX and Dask arrays may be passed as they are (see ``arrays``); results are of the same kind.

    While it is recorded ``f`` gets stand-ins for its arguments, which compute as Values do but are none:
    ``isinstance(x, Value)`` is false of them, and of what is computed from them.

    Raises CaptureError where ``f`` looks at a number (``if x > 0``) or is not the same when called again (it draws
    random numbers), as that would be baked in; TypeError and ValueError for options that cannot be.
    """
    if not callable(f):
        raise TypeError(f"compile: f must be a function of numbers, got {f!r}")
    for name, given in (("has_aux", has_aux), ("sparse", sparse)):
        if not isinstance(given, bool):
            raise TypeError(f"compile: {name} must be True or False, got {given!r}")
    each = (batched,) if isinstance(batched, bool) else batched
    if not isinstance(each, (tuple, list)) or not all(isinstance(one, bool) for one in each):
        raise TypeError(f"compile: batched must be True, False or one of them for each argument, got {batched!r}")
    if reduce not in ("mean", "sum", None):
        raise ValueError(f"reduce must be 'mean', 'sum' or None, got {reduce!r}")
    if reduce is not None and not any(each):
        raise ValueError(f"reduce={reduce!r} needs batched=True: there is nothing to reduce over")
    if sparse and any(each):
        raise ValueError("sparse=True is for one point: a batch of matrices has no sparse form; leave out batched")
    if backend not in list(BACK_ENDS):  # which also what has no hash may be asked
        raise ValueError(f"backend must be {one_of(BACK_ENDS)}, got {backend!r}")
    if dtype not in ("float64", "float32", np.float64, np.float32):
        raise ValueError(f"dtype must be 'float64' or 'float32', got {dtype!r}")
    kind: Any = np.dtype(dtype).name
    return Compiled(
        f,
        parameters,
        Options(batched if isinstance(batched, bool) else tuple(each), reduce, has_aux, backend, kind, sparse),
    )


class Compiled(Recorded):
    """A function that ``compile`` made; see there."""

    def __call__(self, *arguments: Any) -> Any:
        """Return the value: a float, or for a batch that is not reduced an array of one number per sample.

        Of Values it is a Value: one node, which depends on them and on the parameters.

            >>> from autograd_lite import Value, grad
            >>> cube = compile(lambda x: x * x * x)
            >>> cube(Value(2.0)).local_gradients(), grad(grad(cube))(2.0)
            ((12.0,), 12.0)
        """
        library = self._library(arguments)
        if library is not None:
            return library.values(self, arguments)
        if context.recording and len(self.parameters):
            return self.of_nodes(arguments)
        try:
            plan, given = self.prepared(arguments)
        except NodeGiven:
            return self.of_nodes(arguments)
        with plan.lock:
            outputs = self._bound(plan.executor(), given).values(given.inputs, given.samples)
            return plan.returned(outputs, given.samples)

    def value_and_grad(self, *arguments: Any) -> tuple[Any, Gradients]:
        """Return the value and its gradients; of several outputs those of the sum.

        Of a batch that is not reduced there is a gradient for each sample, in what all of them share too.

        It takes the arguments of the function and returns a pair, as ``autograd_lite.value_and_grad(f)`` does; where
        that gives the gradient in the arguments it was asked for (``argnums``), here there are ``Gradients``: in all
        ``arguments``, a tuple even of one, and in the ``parameters``.

            >>> from autograd_lite import value_and_grad
            >>> f = lambda x: x * x
            >>> value_and_grad(f)(3.0)
            (9.0, 6.0)
            >>> compile(f).value_and_grad(3.0)
            (9.0, Gradients(arguments=(6.0,), parameters=[]))
        """
        library = self._library(arguments)
        if library is not None:
            return library.value_and_grad(self, arguments)
        if context.recording and len(self.parameters):  # whose numbers now would be baked in
            context.recording.refuse(
                f"value_and_grad of {self!r} asked for numbers",
                "write value_and_grad(compiled)(x) with the function of autograd_lite, which is recorded",
            )
        plan, given = self.prepared(arguments)
        n = plan.n_shared
        with plan.lock:
            if self.batched and self.reduce is None and (n or len(self.parameters)):
                outputs, of_inputs, of_others = self._of_each_sample(plan, given)
                numbers = iter(of_others[n:])
            else:
                executor = self._bound(plan.executor(), given)
                executor.load(given.inputs, given.samples)
                outputs, of_inputs, of_others = executor.gradients()
                numbers = iter(of_others[n:].tolist())
            parameters = rebuild(self.parameter_tree, numbers) if len(self.parameters) else []
            of_arguments = plan.like_arguments(arguments, of_inputs, of_others[:n])
            return plan.returned(outputs, given.samples), Gradients(of_arguments, parameters)

    def _library(self, arguments: Sequence[Any]) -> Library | None:
        library = of_another_library(arguments)
        if library is not None and self.options.is_mixed:
            raise TypeError(
                f"batched={self.options.batched} takes numbers, lists and NumPy arrays; with arrays of another library "
                "all arguments are batched, or none"
            )
        return library

    def _of_each_sample(self, plan: Plan, given: Given) -> tuple[Any, Any, Any]:
        """Return the outputs, and the gradients of inputs and of the numbers that samples share, (numbers, samples)."""
        executor = self._bound(plan.of_each_sample(), given)
        found = [np.broadcast_to(y, given.samples) for y in executor.values(given.inputs, given.samples)]
        first = len(plan.program.outputs)
        of_inputs, of_others = np.split(np.array(found[first:], self.dtype), [sum(plan.sizes)])
        return found[:first], of_inputs, of_others

    def _bound(self, executor: Executor, given: Given) -> Executor:
        """Return an executor, given the numbers that the parameters have now, and before them what samples share."""
        n = len(given.shared)
        executor.parameters[:n] = given.shared
        executor.parameters[n:] = self.numbers()
        return executor

    def __repr__(self) -> str:
        return f"<compiled {getattr(self.function, '__name__', repr(self.function))}>"

    def evaluator(self, *arguments: Any) -> Evaluator:
        """Return what evaluates value and gradient at one point in place, without copies; see ``Evaluator``."""
        return Evaluator(self, arguments)

    def trainer(self, *, lr: float = 0.0, optimiser: Optimiser | None = None) -> Trainer:
        """Return what trains the parameters in place: flat, step by step, by plain gradient descent or an optimiser.

        Raises ValueError for an optimiser of other parameters.
        """
        return Trainer(self, lr, optimiser)

    def report(self) -> str:
        """Say what became of the code, for every structure of arguments it was called with."""
        if not self._plans:
            return "nothing compiled yet: call it once"
        return "\n".join([plan.report() for plan in list(self._plans.values())])

    def program(self, *arguments: Any) -> Program:
        """Return the program recorded for arguments of this structure."""
        library = self._library(arguments)
        plan = self.prepared(arguments)[0] if library is None else library.plan(self, arguments)
        return plan.program
