"""From a recorded scalar graph to machine speed: ``compile`` and ``Program``."""

from ..extras import needs

with needs("compile", "compile"):
    from .capture import CaptureError as CaptureError
    from .compiled import Compiled as Compiled
    from .compiled import Gradients as Gradients
    from .compiled import Trainer as Trainer
    from .compiled import compile as compile
    from .program import Program as Program
