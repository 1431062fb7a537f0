"""From a recorded scalar graph to machine speed: ``compile``, ``Program``, and what a program can be written as."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..extras import needs

with needs("compile", "compile"):
    from .compiled import Compiled as Compiled
    from .compiled import compile as compile
    from .plan import Gradients as Gradients
    from .program import Program as Program
    from .tracers import CaptureError as CaptureError
    from .training import Evaluator as Evaluator
    from .training import Trainer as Trainer

if TYPE_CHECKING:
    from .export.to_c import to_c as to_c
    from .export.to_javascript import to_javascript as to_javascript
    from .export.to_onnx import to_onnx as to_onnx
    from .export.to_python import to_python as to_python


def __getattr__(name: str) -> Any:
    if name in ("to_c", "to_javascript", "to_onnx", "to_python"):  # most programs are never written
        return getattr(import_module(f"{__name__}.export.{name}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
