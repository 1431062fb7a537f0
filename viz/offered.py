"""What the files of a folder offer by their names, one each: languages, picture styles."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from pkgutil import iter_modules
from typing import Any


def offered(folder: Iterable[str]) -> list[str]:
    """Return the names of the modules in a folder, in order; ``_private`` ones, and ``auto``, are not offered.

    >>> from viz import words
    >>> offered(words.__path__)
    ['en', 'zh']
    """
    names = (module.name for module in iter_modules(folder))
    return sorted(name for name in names if not name.startswith("_") and name != "auto")


def part(package: str, module: str, name: str, fits: Callable[[Any], bool], *, owed: str) -> Any:
    """Return what a module of a package offers under a name.

    >>> part("viz.pictures.styles", "card", "draw", callable, owed="a function").__name__
    'draw'

    Raises ImportError, which tells the file and what is ``owed``, where there is nothing that ``fits``.
    """
    file = import_module(f".{module}", package)
    found = getattr(file, name, None)
    if not fits(found):
        raise ImportError(f"{file.__file__} must have {name}, {owed}")
    return found
