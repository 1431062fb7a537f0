"""A program as an ONNX model for any ONNX runtime; the writer is loaded when it is asked for, as it needs onnx."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from ...files import write_file
from ..program import Program
from .interface import checked


def to_onnx(
    program: Program, path: str | os.PathLike[str], *, gradients: bool = True, parameters: Sequence[float] = ()
) -> list[Path]:
    """Write a program as an ONNX model, and with ``gradients`` a second one beside it; return their paths.

    An ONNX file holds one graph: ``net.onnx`` computes the outputs, ``net.gradient.onnx`` the outputs
    and ∂(Σ outputs)/∂input. The inputs have the names and shapes of ``to_python``: numbers and flat
    vectors, batched ones with the axis ``samples`` in front; the outputs are ``value`` (``value_1``,
    ``value_2``, … if there are several) and ``gradient_NAME`` for each input. All is float64; what
    onnxruntime has no float64 kernel for is composed of what it has. ``parameters`` are numbers for
    the last inputs, stored in the file: a caller then gives them only to use others.

        >>> import tempfile
        >>> from autograd_lite import Value
        >>> x, w = Value(3.0, "x"), Value(0.5, "w")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     paths = to_onnx(Program.capture([x, w], [w * x]), Path(folder, "net.onnx"), parameters=[0.5])
        >>> [path.name for path in paths]
        ['net.onnx', 'net.gradient.onnx']

    Raises ImportError without onnx (the extra ``[onnx]``), ValueError for an operation that cannot be
    written (an opaque one of the user's own) and for parameters that are not the last inputs.
    """
    checked(program, path, gradients, "to_onnx")
    if not isinstance(parameters, Iterable):
        raise TypeError(f"to_onnx: parameters must be a list of numbers, got {parameters!r}")
    from .onnx_writer import onnx_model

    path = Path(path)
    models = [(path, onnx_model(program, parameters, gradients=False))]
    if gradients:
        models.append((path.with_name(f"{path.stem}.gradient{path.suffix}"), onnx_model(program, parameters)))
    for target, model in models:
        write_file(target, model.SerializeToString())
    return [target for target, _ in models]
