"""Lines of text as rows of tokens, one for each character, and how well the next one can be foretold.

With this module, one can,

- number the characters of some lines, and take a network's tokens back to text: ``Characters(lines)``;
- measure what a network has to beat: ``entropy(train, held_out, context=1)`` looks at one character before;
- let a network that was trained write: ``new_line(model, characters, rng)``.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from autograd_lite import sum_of
from autograd_lite.ieee import number_of

from .data import Data
from .losses import cross_entropy


class Writer(Protocol):
    """What tells, a token at a time, how likely each is to come next: ``GPT`` does."""

    def start(self) -> Any: ...
    def step(self, token: Any, seen: Any) -> tuple[Sequence[Any], Any]: ...


class Characters:
    """The characters of some lines, numbered in their order; ``end`` is the number of what begins and ends a line.

    >>> characters = Characters(["ab", "ba", "c"])
    >>> characters.tokens("cab"), characters.text([2, 0, 1]), len(characters)
    ([3, 2, 0, 1, 3], 'cab', 4)
    """

    def __init__(self, lines: Iterable[str]):
        self.characters = sorted({character for line in lines for character in line})
        self.end = len(self.characters)
        self._number = {character: i for i, character in enumerate(self.characters)}

    def __len__(self) -> int:
        return self.end + 1

    def tokens(self, line: str) -> list[int]:
        """Return the numbers of a line, between two ends. Raises KeyError for a character that is none of them."""
        return [self.end, *[self._number[character] for character in line], self.end]

    def text(self, tokens: Iterable[int]) -> str:
        """Return the line of the tokens between the ends."""
        return "".join([self.characters[token] for token in tokens])

    def data(self, lines: Sequence[str], *, length: int = 0) -> Data:
        """Return what to train on: of each line the tokens but the last, and (token, weight) of each that follows.

        The rows are filled up with ends to ``length``, with the weight 0. The mean of ``loss_of_line`` over the lines
        is that over all their tokens.
        """
        rows = [self.tokens(line) for line in lines]
        weight = len(rows) / max(1, sum(len(row) - 1 for row in rows))
        missing = [max(0, length - len(row) + 1) for row in rows]
        xs: list[list[float]] = [[*row[:-1], *[self.end] * n] for row, n in zip(rows, missing)]
        ys = [[[token, weight] for token in row[1:]] + [[self.end, 0.0]] * n for row, n in zip(rows, missing)]
        return xs, ys


def loss_of_line(logits: Sequence[Sequence[Any]], targets: Sequence[Sequence[Any]]) -> Any:
    """Return Σ weight · cross-entropy over the places of a line; ``targets`` are pairs (token, weight).

    >>> round(loss_of_line([[0.0, 0.0], [0.0, 0.0]], [[1, 0.5], [0, 0.5]]), 6)
    0.693147
    """
    return sum_of([weight * cross_entropy(z, token) for z, (token, weight) in zip(logits, targets)])


def entropy(train: Sequence[Sequence[int]], held_out: Sequence[Sequence[int]], n_tokens: int, *, context: int) -> float:
    """Return the mean of −log p(token) over held-out rows, p being its share of what came after the same in ``train``.

    ``context`` is the number of tokens before that are looked at: 0 for letters alone, 1 for pairs. Every token is
    counted once more than it came, so that none is impossible.

        >>> round(entropy([[0, 1, 1]], [[0, 1]], 2, context=0), 6), round(-math.log(3 / 4), 6)
        (0.287682, 0.287682)
    """
    came: Counter[tuple[int, ...]] = Counter()
    followed: Counter[tuple[int, ...]] = Counter()
    for before, token in _places(train, context):
        came[(*before, token)] += 1
        followed[before] += 1
    losses = [
        math.log((followed[before] + n_tokens) / (came[(*before, token)] + 1))
        for before, token in _places(held_out, context)
    ]
    return sum(losses) / len(losses)


def _places(rows: Iterable[Sequence[int]], context: int) -> Iterable[tuple[tuple[int, ...], int]]:
    """Yield each token behind the first with those before it."""
    for row in rows:
        for i in range(1, len(row)):
            yield tuple(row[max(0, i - context) : i]), row[i]


def new_line(
    model: Writer, characters: Characters, rng: random.Random, *, longest: int, temperature: float = 1.0
) -> str:
    """Let a model write a line: each token is drawn by what the model expects after those before it.

    A ``temperature`` below 1 keeps to what is likely. A line that has not ended after ``longest`` characters is cut.
    """
    tokens: list[int] = []
    seen, token = model.start(), characters.end
    while len(tokens) < longest:
        logits, seen = model.step(token, seen)
        numbers = [number_of(z) / temperature for z in logits]
        top = max(numbers)
        (token,) = rng.choices(range(len(characters)), [math.exp(z - top) for z in numbers])
        if token == characters.end:
            break
        tokens.append(token)
    return characters.text(tokens)
