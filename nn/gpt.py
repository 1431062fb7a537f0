"""A small GPT: a row of tokens in, and for each of them what may come next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_lite import relu

from .arguments import generator, whole
from .attention import RMSNorm, Seen, SelfAttention
from .embedding import Embedding
from .initialisers import Rng
from .layers import Layer
from .module import Module


class Block(Module):
    """One round of thought: the places look at one another, then each thinks for itself; both add to what was there."""

    def __init__(self, size: int, heads: int, rng: Rng):
        self.norm = RMSNorm(size, gain=False)
        self.attention = SelfAttention(size, heads, bias=None, init=small, rng=rng)
        self.up = Layer(size, 4 * size, activation=relu, bias=None, init=small, rng=rng)
        self.down = Layer(4 * size, size, activation=None, bias=None, init=small, rng=rng)

    def forward(self, x: Sequence[Any], seen: Seen) -> tuple[list[Any], Seen]:
        found, seen = self.attention.step(self.norm(x), seen)
        x = _sum(x, found)
        return _sum(x, self.down(self.up(self.norm(x)))), seen


class GPT(Module):
    """Tokens 0 … n − 1 in a row of at most ``length``; at each place a logit for every token that may come next.

    A token is the sum of two vectors of ``size``, one for what it is and one for where it stands. After the blocks a
    linear layer reads the logits off it. Normalisation has no gains, layers have no biases, as in Karpathy's microgpt
    (2026).

        >>> import random
        >>> gpt = GPT(27, 16, rng=random.Random(0))
        >>> gpt, [len(logits) for logits in gpt([0, 5, 13])]
        (GPT(4192 parameters), [27, 27, 27])

    Raises ValueError for a row that is longer, IndexError for a token that is none.
    """

    def __init__(
        self, n_tokens: int, length: int, *, size: int = 16, heads: int = 4, blocks: int = 1, rng: Rng | None = None
    ):
        blocks, rng = whole("GPT", "blocks", blocks), generator("GPT", rng, "uniform", "gauss")
        self.token = Embedding(n_tokens, size, init=small, rng=rng)
        self.place = Embedding(length, size, init=small, rng=rng)
        self.norm = RMSNorm(size, gain=False)
        self.blocks = [Block(size, heads, rng) for _ in range(blocks)]
        self.head = Layer(size, n_tokens, activation=None, bias=None, init=small, rng=rng)

    def start(self) -> list[Seen]:
        """Return what the blocks have seen before the first token: nothing."""
        return [block.attention.start() for block in self.blocks]

    def step(self, token: Any, seen: Sequence[Seen]) -> tuple[list[Any], list[Seen]]:
        """Return the logits after one more token, and what the blocks have seen now."""
        place, after = len(seen[0]), []
        if place >= len(self.place.w):
            raise ValueError(f"{self.name or 'GPT'}: expected at most {len(self.place.w)} tokens, got more")
        x = self.norm(_sum(self.token(token), self.place(place)))
        for block, so_far in zip(self.blocks, seen):
            x, now = block(x, so_far)
            after.append(now)
        return self.head(x), after

    def forward(self, tokens: Sequence[Any]) -> list[list[Any]]:
        seen, rows = self.start(), []
        for token in tokens:
            logits, seen = self.step(token, seen)
            rows.append(logits)
        return rows


def small(n_inputs: int, n_outputs: int, rng: Rng) -> float:
    """Draw from N(0, 0.08²)."""
    return rng.gauss(0.0, 0.08)


def _sum(xs: Sequence[Any], ys: Sequence[Any]) -> list[Any]:
    return [x + y for x, y in zip(xs, ys)]
