"""From a recorded scalar graph to machine speed: ``compile``, ``Program``, and what a program can be written as."""

from ..extras import needs

with needs("compile", "compile"):
    from .capture import CaptureError as CaptureError
    from .compiled import Compiled as Compiled
    from .compiled import compile as compile
    from .export.to_c import to_c as to_c
    from .export.to_onnx import to_onnx as to_onnx
    from .export.to_python import to_python as to_python
    from .plan import Gradients as Gradients
    from .program import Program as Program
    from .training import Evaluator as Evaluator
    from .training import Trainer as Trainer
