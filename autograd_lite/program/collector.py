"""Python's garbage collector, paused while a program is written.

A program is a hundred thousand small tuples and more, none of them garbage; the collector, which looks at all that is
alive each time there is a quarter more of it, took up to half of the time of writing one.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Let the collector rest inside, in every thread; also a decorator. Nested, the outermost wakes it again.

    >>> with collector_paused():
    ...     gc.isenabled()
    False
    >>> gc.isenabled()
    True
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
