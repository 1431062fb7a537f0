"""A scalar reverse-mode automatic differentiation engine.

With this package, one can,

- build a graph of scalars by writing arithmetic, and run the chain rule through it;
- differentiate functions, to any order: ``grad``, ``jacobian``, ``hessian``, ``vjp``, ``jvp``, ``hvp``;
- read formulas, explain every term of every gradient, and check rules against numerical derivatives.

    >>> from autograd_lite import Value
    >>> x = Value(3.0, "x")
    >>> y = x * x + 1.0
    >>> y.backward()
    >>> x.grad
    6.0

``from autograd_lite import *`` brings the names of the engine, the same on every machine, and hides none of Python's
own: ``pow`` is asked for by name. So are ``compile`` and what belongs to it (``Compiled``, ``Gradients``, ``Program``,
``CaptureError``, and the exports ``to_c``, ``to_python``, ``to_onnx``, ``to_javascript``): they need NumPy, too,
which a base install does not have.

The names are in ``public``; they are loaded when the first of them is asked for, because pytest imports
this package at every start, wherever it is installed, to ask its plugin for options.
"""

import builtins
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .program import CaptureError as CaptureError
    from .program import Compiled as Compiled
    from .program import Gradients as Gradients
    from .program import Program as Program
    from .program import compile as compile
    from .program.export.to_c import to_c as to_c
    from .program.export.to_javascript import to_javascript as to_javascript
    from .program.export.to_onnx import to_onnx as to_onnx
    from .program.export.to_python import to_python as to_python
    from .public import *  # noqa: F403

__version__ = "0.1.0"

# they need NumPy, the engine does not
_COMPILER = {"compile", "Compiled", "Gradients", "Program", "CaptureError",
             "to_c", "to_javascript", "to_onnx", "to_python"}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _COMPILER:
        from . import program

        return getattr(program, name)
    if name == "__all__":
        return [each for each in _load() if not hasattr(builtins, each)]
    if not name.startswith("_"):
        if find_spec(f"{__name__}.{name}"):
            return import_module(f"{__name__}.{name}")
        if name in _load():
            return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*_load(), *globals(), *_COMPILER})


def _load() -> list[str]:
    """Make every public name an attribute, which is found without ``__getattr__`` from now on; return the names."""
    from . import public

    names = {name: each for name, each in vars(public).items() if not name.startswith("_")}
    globals().update(names)
    return list(names)
