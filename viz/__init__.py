"""Pictures, tables and pages of a computation graph, all made from its ``Explanation``.

>>> from autograd_lite import Value
>>> from viz import to_svg, to_text
>>> x = Value(3.0, "x")
>>> "3 + 3 = 6" in to_text(x * x)
True

The names are in ``public``; they are loaded when the first of them is asked for, so that a command, or who wants one
room alone (``viz.tables``), does not wait for all of them.
"""

import sys
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .public import *  # noqa: F403

if "IPython" in sys.modules:  # an explanation at the end of a cell is shown as its picture
    from .pictures.drawing import show_in_notebooks

    show_in_notebooks()


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return _load()
    if not name.startswith("_"):
        if find_spec(f"{__name__}.{name}"):
            return import_module(f"{__name__}.{name}")
        if name in _load():
            return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*_load(), *globals()})


def _load() -> list[str]:
    """Make every public name an attribute, which is found without ``__getattr__`` from now on; return the names."""
    from . import public

    names = {name: each for name, each in vars(public).items() if not name.startswith("_")}
    globals().update(names)
    return list(names)
