"""A program as one JavaScript module: loops over one Float64Array, with the gradient and the steps of optimisers.

Nothing is needed but a JavaScript engine. Operations are written as in ``autograd_lite.javascript``, so kinks and edges
follow the table, as do inf and nan.
"""

from __future__ import annotations

import os
from typing import Any

from ..differentiate import differentiate
from ..passes import SUM, reduce_outputs
from ..program import REDUCING, Builder, Program
from ..vectorise import vector_program
from .interface import checked, prepared, written
from .javascript_calls import writes
from .javascript_module import JavaScriptModule


def to_javascript(
    program: Program,
    path: str | os.PathLike[str] | None = None,
    *,
    gradients: bool = True,
    batched: bool = False,
    reduce: str = "mean",
    first: int | None = None,
) -> str:
    """Return an ES module with one function, ``create``, written to ``path`` too if there is one.

    ``create()`` returns an object. Its ``parameters``, a Float64Array to be written and read, are the inputs of
    ``program`` that are not batched, in their order; the batched ones are its inputs. Arrays of a call are flat and row
    by row, a row for each sample. With ``batched`` there are as many ``samples`` as the call says, else one.

    - ``forward(inputs, outputs, {samples = 1})`` writes the outputs of every sample, and returns them.
    - ``gradient(inputs, {samples = 1, outputs, slopes})`` returns the loss, which is the ``reduce``, "mean" or "sum",
      over the samples of Σ outputs, and leaves ∂loss/∂parameter in ``gradients``. If only the ``first`` outputs are of
      the loss (one, of a function with ``has_aux``), the others are passed along: neurons to be shown, or inputs. Then
      ∂loss/∂each of these is written to ``slopes``, if it is given, as all outputs are to ``outputs``.
    - ``sgd(rate, {momentum, nesterov, weightDecay})``, ``adam(rate, {betas, eps, weightDecay})`` and ``adamW`` take a
      step by ``gradients``, with the defaults of ``nn.SGD``, ``nn.Adam`` and ``nn.AdamW``; what they carry on is in
      ``velocity``, in ``mean`` and ``square``, and in ``steps``.

    ``inputNames`` and ``parameterNames`` are the labels; ``values`` is all that was computed of the last sample.
    Without ``gradients`` there is ``forward`` alone. What follows ``export`` is one function that needs nothing around
    it, for a classic script: ``const create = `` and ``text.partition("export ")[2]``.

        >>> from autograd_lite import Value, compile
        >>> w = Value(0.5, "w")
        >>> error = compile(lambda x, y: (w * x - y) ** 2, parameters=[w], batched=True)
        >>> module = to_javascript(error.program([0.0], [0.0]), batched=True)
        >>> module.splitlines()[:2]
        ['// Written by autograd-lite. It needs nothing else.', 'export function create() {']

    ``const model = create(); model.parameters[0] = 0.5; model.gradient([1, 2, 3, 6], {samples: 2})`` is then 11.25, and
    ``model.gradients[0]`` is -15 after it.

    Raises ValueError for an operation that cannot be written (an opaque one of the user's own, or a sum over samples),
    and with ``batched`` for a program without a batched input.
    """
    checked(program, path, gradients, "to_javascript")
    _check_options(program, batched, reduce, first)
    learns = gradients and bool(program.outputs)
    ready = _with_gradients(program, batched, reduce, first) if learns else _flagged(program, batched)
    vectors = vector_program(prepared(ready, "JavaScript", writes, gradients=False), writes)
    n_passed = 0 if first is None else len(program.outputs) - first
    return written(path, JavaScriptModule(program, vectors, n_passed, batched=batched, learns=learns).text())


def _check_options(program: Program, batched: Any, reduce: Any, first: Any) -> None:
    if not isinstance(batched, bool):
        raise TypeError(f"to_javascript: batched must be True or False, got {batched!r}")
    if reduce not in ("mean", "sum"):
        raise ValueError(f"to_javascript: reduce must be 'mean' or 'sum', got {reduce!r}")
    n = len(program.outputs)
    if first is not None and (isinstance(first, bool) or not isinstance(first, int) or not 0 < first <= max(n, 1)):
        raise ValueError(f"to_javascript: first must be how many of the {n} outputs are the loss, got {first!r}")
    if batched and not any(program.batched):
        raise ValueError("to_javascript: no input of the program is batched: compile it with batched=True")
    for op, _, _ in program.instructions:
        if op in REDUCING:
            raise ValueError(
                f"{op.name!r} adds up over the samples of a batch, as the module does itself: export the program as it "
                "was captured, before a reduction or its derivative is part of it"
            )


def _flagged(program: Program, batched: bool) -> Program:
    """Return the program whose inputs are batched only if the module is."""
    flags = program.batched if batched else (False,) * len(program.names)
    return Program(program.names, flags, program.instructions, program.outputs)


def _with_gradients(program: Program, batched: bool, reduce: str, first: int | None) -> Program:
    """Return the program of the outputs, the loss, its gradients by the parameters, and by outputs passed along."""
    n, n_outputs = len(program.names), len(program.outputs)
    flagged = _flagged(program, batched)
    whole = reduce_outputs(flagged, reduce, first=first) if batched else flagged
    builder = Builder(whole.names, whole.batched)
    slots, outputs = builder.write(whole), builder.write(flagged)
    reduced = [slots[i] for i in whole.outputs[:first]]
    loss = builder.emit(SUM, tuple(reduced)) if len(reduced) > 1 else reduced[0]
    with_loss = builder.program([loss, *[outputs[i] for i in program.outputs]])
    passed = with_loss.outputs[1:][n_outputs if first is None else first :]
    parameters = [i for i in range(n) if not program.batched[i]]
    inverse_count = n if len(whole.names) > n else None
    found = differentiate(with_loss, [*parameters, *passed], first=1, inverse_count=inverse_count)
    loss, *others = found.outputs
    in_order = (*others[:n_outputs], loss, *others[n_outputs:])
    return Program(found.names, found.batched, found.instructions, in_order)
