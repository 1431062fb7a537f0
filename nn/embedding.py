"""Numbers for things that are counted: a vector for each token, which is learned."""

from __future__ import annotations

from typing import Any

from autograd_lite import Value, take
from autograd_lite.indexing import whole_index

from .arguments import generator, whole
from .initialisers import Initialiser, InitialiserName, Rng, initialiser
from .module import Module


class Embedding(Module):
    """A table of ``n`` rows of ``size`` numbers; of an index it gives that row, of a list of them the list of rows.

    An index is a whole number from 0 to n − 1, or an argument of what is compiled. The gradient flows to the rows that
    were asked for alone.

        >>> import random
        >>> embedding = Embedding(10, 3, rng=random.Random(0))
        >>> len(embedding(7)), embedding([7, 2])[0] == embedding(7)
        (3, True)

    Raises TypeError for an index that is no whole number, IndexError for one beyond the table.
    """

    def __init__(self, n: int, size: int, *, init: InitialiserName | Initialiser = "normal", rng: Rng | None = None):
        n, size = whole("Embedding", "n", n), whole("Embedding", "size", size)
        rng, draw = generator("Embedding", rng, "uniform", "gauss"), initialiser(init)
        self.w = [[Value(draw(n, size, rng), f"w{i}.{j + 1}") for j in range(size)] for i in range(n)]

    def forward(self, index: Any) -> list[Any]:
        if hasattr(index, "__len__") and not isinstance(index, str) and getattr(index, "shape", None) != ():
            return [self.forward(i) for i in index]
        if not hasattr(index, "apply_operation"):
            index = whole_index(self.name or "Embedding", index, len(self.w))
        return list(take(self.w, index))

    def __repr__(self) -> str:
        return f"Embedding({len(self.w)} × {len(self.w[0])})"
