"""Where a back end leaves the outputs of a program: rows of a batched array, or places in a flat vector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Place = tuple[bool, int]  # batched?, row or place


class Outputs:
    """The outputs of a gradient program: values, then gradients of inputs, then of parameters.

    >>> outputs = Outputs([(False, 0), (True, 0), (False, 1), (False, 2)], n_values=1, n_inputs=2)
    >>> values, of_inputs, of_parameters = outputs.of(np.array([[1.0, 2.0]]), np.array([7.0, 0.0, 5.0]))
    >>> [float(y) for y in values], of_inputs.tolist(), of_parameters.tolist()
    ([7.0], [[1.0, 2.0], [0.0, 0.0]], [5.0])
    """

    def __init__(self, places: Sequence[Place], *, n_values: int, n_inputs: int):
        self._values = list(places[:n_values])
        self._flat_values = (
            None if any(batched for batched, _ in self._values) else _even([at for _, at in self._values])
        )
        of_inputs = places[n_values : n_values + n_inputs]
        self.n_inputs = n_inputs
        self._rows, self._row_at = _columns([(k, at) for k, (batched, at) in enumerate(of_inputs) if batched])
        self._places, self._flat_at = _columns([(k, at) for k, (batched, at) in enumerate(of_inputs) if not batched])
        self._parameters = _even([at for _, at in places[n_values + n_inputs :]])

    def values(self, rows: Any, flat: Any) -> Sequence[Any]:
        """Return each value, (samples,) or 0-dimensional: a list, or an array of numbers if none is one per sample."""
        if self._flat_values is not None:
            numbers: Sequence[Any] = flat[self._flat_values].copy()
            return numbers
        return [rows[at].copy() if batched else flat[at] for batched, at in self._values]

    def of(self, rows: Any, flat: Any) -> tuple[Sequence[Any], Any, Any]:
        """Return values, gradients of inputs (inputs, samples), gradients of parameters (a flat array)."""
        of_inputs = np.empty((self.n_inputs, rows.shape[1]), flat.dtype)
        if len(self._rows):
            of_inputs[self._rows] = rows[self._row_at]
        if len(self._places):
            of_inputs[self._places] = flat[self._flat_at, None]
        return self.values(rows, flat), of_inputs, self.of_parameters(flat)

    def of_parameters(self, flat: Any) -> Any:
        """Return the gradients of parameters: a view where they lie together."""
        return flat[self._parameters]


def _columns(pairs: Sequence[tuple[int, int]]) -> tuple[Any, Any]:
    table = np.array(pairs, np.intp).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def _even(places: Sequence[int]) -> Any:
    """Return a slice if the places follow each other, else an index array."""
    if places and list(places) == list(range(places[0], places[0] + len(places))):
        return slice(places[0], places[0] + len(places))
    return np.array(places, np.intp)
