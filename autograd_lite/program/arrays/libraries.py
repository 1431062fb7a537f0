"""Arrays of other libraries as arguments of a compiled function.

- PyTorch, JAX and whatever else speaks the Array API (``namespace``): the program runs on the library's own
  arrays, in their type and on their device, and results are such arrays. The gradient of a list of
  parameters is one array, a number for each. ``jax.jit``, ``jax.vmap`` and ``jax.grad`` of a compiled
  function work; numbers of parameters are then those at the time of tracing.
- Dask (``chunks``): every chunk of samples is computed by the NumPy or native back end where the chunk is,
  and sums over samples are summed over chunks. What has an axis of samples stays lazy: values per sample,
  and gradients with respect to arguments. A reduced value, and the gradients with respect to parameters,
  are numbers: they are computed at once, by the scheduler or the distributed client that is set.

Lists, numbers and NumPy arrays may stand beside such arrays. For these alone nothing here is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from ...extras import needs
from ..plan import Gradients, Plan, Recorded

_OWN = (float, int, list, tuple, dict, np.ndarray, np.generic)


class Library(Protocol):
    """What computes on arrays of others; a module of this room, with a line in ``of_another_library``."""

    def values(self, compiled: Recorded, arguments: Sequence[Any]) -> Any:
        """Return what ``compiled(*arguments)`` is, as arrays of their library."""

    def value_and_grad(self, compiled: Recorded, arguments: Sequence[Any]) -> tuple[Any, Gradients]:
        """Return what ``compiled.value_and_grad(*arguments)`` is, as arrays of their library."""

    def plan(self, compiled: Recorded, arguments: Sequence[Any]) -> Plan:
        """Return the plan for arguments of this structure."""


def of_another_library(arguments: Sequence[Any]) -> Library | None:
    """Return the module that runs a program on these arguments; None if they are numbers, lists and NumPy arrays.

    >>> of_another_library([1.0, [2.0], np.zeros(3)])

    Raises ImportError if array-api-compat is missing.
    """
    foreign = [x for x in arguments if not isinstance(x, _OWN) and hasattr(x, "shape")]
    if not foreign:
        return None
    with needs("compile", f"an argument of type {type(foreign[0]).__name__}"):
        import array_api_compat
    foreign = [x for x in foreign if array_api_compat.is_array_api_obj(x)]
    if not foreign:
        return None
    if any(map(array_api_compat.is_dask_array, foreign)):
        from . import chunks

        return chunks
    from . import namespace

    return namespace
