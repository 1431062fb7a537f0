"""The random generators that a function draws from: found in what it holds, and put back as they were."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from types import FunctionType, MethodType, ModuleType
from typing import Any

MOST = 100_000  # objects that are looked into


@contextmanager
def undrawn(f: Any) -> Iterator[list[Any]]:
    """Put the generators that ``f`` can reach back at the end; the list is then of those that were drawn from.

    >>> rng = random.Random(0)
    >>> with undrawn(lambda: rng) as drawn:
    ...     first = rng.random()
    >>> drawn == [rng], first == rng.random()
    (True, True)
    """
    before = [(generator, generator.getstate()) for generator in generators(f)]
    drawn: list[Any] = []
    try:
        yield drawn
    finally:
        for generator, state in before:
            if generator.getstate() != state:
                drawn.append(generator)
                generator.setstate(state)


def generators(f: Any) -> list[Any]:
    """Return the generators of ``random`` that a function can reach: the module's, and its own in what it holds."""
    found: list[Any] = [random]
    seen: set[int] = set()
    waiting = [f]
    while waiting and len(seen) < MOST:
        x = waiting.pop()
        if id(x) in seen or isinstance(x, (str, int, float, type, ModuleType)):
            continue
        seen.add(id(x))
        if isinstance(x, random.Random):
            found.append(x)
        else:
            waiting += _held(x)
    return found


def _held(x: Any) -> list[Any]:
    """Return what a function, an object or a container holds."""
    if isinstance(x, dict):
        return list(x.values())
    if isinstance(x, (list, tuple, set)):
        return list(x)
    if isinstance(x, MethodType):
        return [x.__self__, x.__func__]
    if not isinstance(x, FunctionType):
        return [vars(x)] if hasattr(x, "__dict__") else []
    names = [x.__globals__.get(name) for name in x.__code__.co_names]
    return [*names, *(x.__defaults__ or ()), *map(_content, x.__closure__ or ())]


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # a name that is not bound yet
        return None
