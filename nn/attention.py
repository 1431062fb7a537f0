"""Attention: every place of a sequence looks at the others, and takes of each as much as it finds fitting.

With this module, one can,

- let the places of a sequence look at one another: ``SelfAttention(16, 4)(xs)``;
- go on from what was seen, a place at a time, as when text is generated: ``step(x, seen)``;
- bring vectors to one size before: ``RMSNorm(16)(x)``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autograd_lite import Value, dot, rsqrt, softmax

from .arguments import POSITIVE, flag, generator, real, whole
from .initialisers import Initialiser, InitialiserName, Rng
from .layers import Bias, Layer, LayerActivation, check_length
from .module import Module

Seen = tuple[tuple[list[Any], list[Any]], ...]  # the key and the value of every place so far


class RMSNorm(Module):
    """w · x/√(mean of x² + eps): a vector scaled to numbers of size 1 (Zhang, Sennrich 2019).

    Without ``gain`` there is no w.

        >>> RMSNorm(2, gain=False, eps=1.5)([1.0, 2.0])
        [0.5, 1.0]
    """

    def __init__(self, size: int, *, eps: float = 1e-5, gain: bool = True):
        self._size, self._eps = whole("RMSNorm", "size", size), real("RMSNorm", "eps", eps, POSITIVE)
        if flag("RMSNorm", "gain", gain):
            self.w = [Value(1.0, f"w{i + 1}") for i in range(self._size)]
        self._gain = gain

    def forward(self, x: Sequence[Any]) -> list[Any]:
        check_length(x, self._size, self)
        scale = rsqrt(dot(x, x) * (1.0 / self._size) + self._eps)
        scaled = [number * scale for number in x]
        return [w * number for w, number in zip(self.w, scaled)] if self._gain else scaled


class SelfAttention(Module):
    """At every place softmax(q·k/√d) of the places it sees, and the sum of their values in these shares.

    Query, key and value are linear layers on the vectors of the sequence; each of the ``heads`` has its d = size/heads
    numbers of them, and ``output`` is a linear layer on what all of them found. If ``causal``, a place sees itself and
    those before it, else all. The other options are those of ``Layer``.

        >>> import random
        >>> attention = SelfAttention(4, 2, rng=random.Random(0))
        >>> xs = [[1.0, 0.0, 0.5, -1.0], [0.0, 1.0, 0.0, 1.0]]
        >>> both, seen = attention(xs), attention.start()
        >>> for x in xs:
        ...     y, seen = attention.step(x, seen)
        >>> [a.data == b.data for a, b in zip(y, both[1])]
        [True, True, True, True]

    Raises ValueError unless ``heads`` divides ``size``, and for vectors of another length.
    """

    def __init__(
        self,
        size: int,
        heads: int = 1,
        *,
        causal: bool = True,
        activation: LayerActivation = None,
        bias: Bias = "add",
        init: InitialiserName | Initialiser = "xavier",
        fused: bool = True,
        rng: Rng | None = None,
    ):
        size, heads = whole("SelfAttention", "size", size), whole("SelfAttention", "heads", heads)
        if size % heads:
            raise ValueError(f"SelfAttention: heads must divide the size, {size}, got {heads}")
        rng = generator("SelfAttention", rng, "uniform", "gauss")
        options: Any = {"activation": activation, "bias": bias, "init": init, "fused": fused, "rng": rng}
        self.query, self.key, self.value, self.output = (Layer(size, size, **options) for _ in range(4))
        for name in ("query", "key", "value", "output"):
            getattr(self, name).name = name
        self._size, self._width, self._causal = size, size // heads, flag("SelfAttention", "causal", causal)

    def start(self) -> Seen:
        """Return what was seen before the first place: nothing."""
        return ()

    def step(self, x: Sequence[Any], seen: Seen) -> tuple[list[Any], Seen]:
        """Return the output at the next place, and what has been seen now: the keys and values are kept.

        Raises ValueError where places see those behind them too.
        """
        if not self._causal:
            raise ValueError(f"{self.name or 'SelfAttention'}: a step needs causal=True, as it sees no later place")
        seen = (*seen, self._kept(x))
        return self._look(x, seen), seen

    def forward(self, xs: Sequence[Sequence[Any]]) -> list[list[Any]]:
        if not hasattr(xs, "__len__") or not len(xs):
            raise ValueError(f"{self.name or 'SelfAttention'}: expected a sequence of at least one vector, got none")
        seen = tuple([self._kept(x) for x in xs])
        return [self._look(x, seen[: i + 1] if self._causal else seen) for i, x in enumerate(xs)]

    def _kept(self, x: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        check_length(x, self._size, self)
        return self.key(x), self.value(x)

    def _look(self, x: Sequence[Any], seen: Seen) -> list[Any]:
        query, found = self.query(x), []
        for first in range(0, self._size, self._width):
            head = slice(first, first + self._width)
            scores = [dot(query[head], key[head]) / math.sqrt(self._width) for key, _ in seen]
            shares = softmax(scores)
            found += [dot(shares, column) for column in zip(*[value[head] for _, value in seen])]
        return self.output(found)  # type: ignore[no-any-return]
