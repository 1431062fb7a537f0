"""Where the slots of a vector program lie in the one array of a JavaScript module, and how loops find them.

A place that loops count up to evenly is arithmetic (``v[4 + 2 * i]``); others are looked up in one table of whole
numbers (``v[t[9 + i]]``), which holds equal rows of places once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..vectorise import VectorProgram

Array = np.ndarray[Any, Any]


class JavaScriptRows:
    """The place of every slot: first those of ``names`` in that order, then constants, then what calls compute.

    >>> from autograd_lite import ops
    >>> from autograd_lite.program import Program
    >>> from autograd_lite.program.program import Instruction
    >>> from autograd_lite.program.vectorise import vector_program
    >>> program = Program(("x", "w"), (True, False), (Instruction(ops.mul, (1, 0)), Instruction(ops.exp, (2,))), (3,))
    >>> rows = JavaScriptRows(vector_program(program), [1, 0])
    >>> rows.of([1, 0, 2, 3]).tolist()
    [0, 1, 2, 3]
    """

    def __init__(self, vectors: VectorProgram, names: Sequence[int]):
        program = vectors.program
        self.constants = dict(vectors.constants)
        for slot in program.outputs:  # one may be a constant that no call reads
            instruction = program.instruction(slot)
            if instruction is not None and not instruction.operands:
                self.constants[slot] = instruction.number
        self._places = np.full(len(program.names) + len(program.instructions), -1)
        self.size = 0
        self.table: list[int] = []
        self._known: dict[bytes, int] = {}
        for slots in (names, list(self.constants), *[call.out.slots for call in vectors.calls]):
            self._places[list(slots)] = np.arange(self.size, self.size + len(slots))
            self.size += len(slots)

    def of(self, slots: Iterable[int]) -> Array:
        """Return the places of slots."""
        return self._places[list(slots)]

    def read(self, places: Array, *variables: str) -> str:
        """Return the number at a place: of an array of places with an axis for each variable.

        >>> from autograd_lite.program import Program
        >>> rows = JavaScriptRows(VectorProgram(Program((), (), (), ()), []), [])
        >>> rows.read(np.array([[4, 6, 8], [14, 16, 18]]), "r", "j"), rows.read(np.array([5, 0, 7]), "i"), rows.table
        ('v[4 + 10 * r + 2 * j]', 'v[t[0 + i]]', [5, 0, 7])
        """
        return f"v[{self.index(places, *variables)}]"

    def index(self, places: Array, *variables: str) -> str:
        """Return a place itself: of an array of places with an axis for each variable."""
        variables = tuple([name for name, size in zip(variables, places.shape) if size > 1])
        places, first = places.squeeze(), int(places.flat[0])
        steps = [_along(places, axis) - first for axis in range(places.ndim)]
        if not np.array_equal(sum(np.ix_(*steps)) + first, places):
            return self._looked_up(places, _flat(places.shape, variables))
        terms: list[str] = []
        for along, name in sorted(zip(steps, variables), key=lambda axis: _is_even(axis[0])):
            if not _is_even(along):
                terms.append(self._looked_up(along + first, name))
                first = 0
            elif along[-1]:
                terms.append(times(int(along[1]), name))
        return " + ".join([str(first)] * (first > 0 or not terms) + terms)

    def _looked_up(self, places: Array, index: str) -> str:
        key = places.tobytes()
        if key not in self._known:
            self._known[key] = len(self.table)
            self.table += places.ravel().tolist()
        return f"t[{self._known[key]} + {index}]"


def _along(places: Array, axis: int) -> Array:
    """Return the places along one axis, at the beginning of all others."""
    return places[tuple([slice(None) if i == axis else 0 for i in range(places.ndim)])]


def _is_even(places: Array) -> bool:
    return len(places) < 3 or int(np.ptp(np.diff(places))) == 0


def times(step: int, name: str) -> str:
    return name if step == 1 else f"{step} * {name}"


def _flat(shape: Sequence[int], variables: Sequence[str]) -> str:
    """Return the number of an entry, row by row."""
    sizes = [int(np.prod(shape[axis + 1 :])) for axis in range(len(shape))]
    return " + ".join([times(size, name) for size, name in zip(sizes, variables)])
