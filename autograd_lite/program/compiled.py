"""``compile``: from a Python function of scalars to a function at machine speed.

With this module, one can,

- run scalar code on one point or on a batch: ``compile(f)(x)``, ``compile(f, batched=True)(xs)``;
- get values and gradients at once: ``.value_and_grad(...)``, with respect to arguments and parameters;
- see what became of the code: ``print(compiled.report())``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from ..context import context
from ..hints import one_of
from ..trees import rebuild
from .arguments import NodeGiven
from .arrays.libraries import of_another_library
from .plan import Gradients, Options, Plan, Recorded, Reduce
from .program import Program
from .run.choose import BACK_ENDS
from .run.job import Executor
from .training import Evaluator, Trainer


def compile(
    f: Callable[..., Any],
    *,
    parameters: Any = (),
    batched: bool = False,
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
    written for one sample. ``reduce`` makes the output one number: the "mean" or the "sum" over the samples. With
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

    Batched, the gradient with respect to a parameter is summed over the samples:

        >>> square = compile(lambda x: w * x * x, parameters=[w], batched=True, reduce="mean")
        >>> value, gradients = square.value_and_grad([1.0, 3.0])
        >>> float(value), gradients.arguments[0].tolist(), gradients.parameters
        (2.5, [0.5, 1.5], [5.0])

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
    for name, given in (("batched", batched), ("has_aux", has_aux), ("sparse", sparse)):
        if not isinstance(given, bool):
            raise TypeError(f"compile: {name} must be True or False, got {given!r}")
    if reduce not in ("mean", "sum", None):
        raise ValueError(f"reduce must be 'mean', 'sum' or None, got {reduce!r}")
    if reduce is not None and not batched:
        raise ValueError(f"reduce={reduce!r} needs batched=True: there is nothing to reduce over")
    if sparse and batched:
        raise ValueError("sparse=True is for one point: a batch of matrices has no sparse form; leave out batched")
    if backend not in list(BACK_ENDS):  # which also what has no hash may be asked
        raise ValueError(f"backend must be {one_of(BACK_ENDS)}, got {backend!r}")
    if dtype not in ("float64", "float32", np.float64, np.float32):
        raise ValueError(f"dtype must be 'float64' or 'float32', got {dtype!r}")
    kind: Any = np.dtype(dtype).name
    return Compiled(f, parameters, Options(batched, reduce, has_aux, backend, kind, sparse))


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
        library = of_another_library(arguments)
        if library is not None:
            return library.values(self, arguments)
        if context.recording and len(self.parameters):
            return self.of_nodes(arguments)
        try:
            plan, inputs, samples = self.prepared(arguments)
        except NodeGiven:
            return self.of_nodes(arguments)
        with plan.lock:
            return plan.returned(self._bound(plan).values(inputs, samples), samples)

    def value_and_grad(self, *arguments: Any) -> tuple[Any, Gradients]:
        """Return the value and its gradients; of several outputs, and of a batch not reduced, those of the sum.

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
        library = of_another_library(arguments)
        if library is not None:
            return library.value_and_grad(self, arguments)
        plan, inputs, samples = self.prepared(arguments)
        with plan.lock:
            executor = self._bound(plan)
            executor.load(inputs, samples)
            outputs, of_inputs, of_parameters = executor.gradients()
            numbers = iter(of_parameters.tolist())
            parameters = rebuild(self.parameter_tree, numbers) if len(self.parameters) else []
            of_arguments = plan.like_arguments(arguments, of_inputs)
            return plan.returned(outputs, samples), Gradients(of_arguments, parameters)

    def _bound(self, plan: Plan) -> Executor:
        """Return the executor of a plan, given the numbers that the parameters have now."""
        executor = plan.executor()
        executor.parameters[:] = self.numbers()
        return executor

    def __repr__(self) -> str:
        return f"<compiled {getattr(self.function, '__name__', repr(self.function))}>"

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
        plan = self.prepared(arguments)[0] if library is None else library.plan(self, arguments)
        return plan.program
