"""A program as an ONNX model for any ONNX runtime; the writer is loaded when it is asked for, as it needs onnx."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from ...files import write_file
from ..program import Program
from .interface import checked


def to_onnx(
    program: Program,
    path: str | os.PathLike[str] | None = None,
    *,
    gradients: bool = True,
    parameters: Sequence[float] = (),
) -> bytes:
    """Return an ONNX model, written to ``path`` too if there is one.

    It computes the outputs, and ∂(Σ outputs)/∂input. The inputs have the names and shapes of ``to_python``: numbers
    and flat vectors, batched ones with the axis ``samples`` in front; the outputs are ``value`` (``value_1``,
    ``value_2``, … if there are several) and ``gradient_NAME`` for each input. Without ``gradients`` the
    values are all. Everything is float64; what onnxruntime has no float64 kernel for is composed of what it has.
    ``parameters`` are numbers for the last inputs, stored in the model: a caller then gives them only to use others.

        >>> import onnx
        >>> from autograd_lite import Value
        >>> x, w = Value(3.0, "x"), Value(0.5, "w")
        >>> model = onnx.load_from_string(to_onnx(Program.capture([x, w], [w * x]), parameters=[0.5]))
        >>> [output.name for output in model.graph.output]
        ['value', 'gradient_x', 'gradient_w']

    Raises ImportError without onnx (the extra ``[onnx]``), ValueError for an operation that cannot be
    written (an opaque one of the user's own) and for parameters that are not the last inputs.
    """
    checked(program, path, gradients, "to_onnx")
    if not isinstance(parameters, Iterable):
        raise TypeError(f"to_onnx: parameters must be a list of numbers, got {parameters!r}")
    from .onnx_writer import onnx_model

    model: bytes = onnx_model(program, parameters, gradients=gradients).SerializeToString()
    if path is not None:
        write_file(path, model)
    return model
