"""The loss of a line of tokens by a small GPT, with every number on the way to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_lite import dot, relu, rsqrt, softmax

EPS = 1e-5  # of RMSNorm
MATRICES = ("token", "place", "query", "key", "value", "output", "up", "down", "head")

Numbers = list[Any]
Part = tuple[str, Numbers]


def watched(model: Any, loss: Any, tokens: Sequence[Any], targets: Sequence[Sequence[Any]]) -> tuple[Any, Any]:
    """Return Σ weight · loss(logits, token) over ``targets``, pairs (token, weight), and for each place its parts.

    A part is (name, numbers), in the order in which they are computed. ``model`` is a GPT with one block, whose
    normalisation has no gains.
    """
    (block,) = model.blocks
    kept: list[tuple[Numbers, Numbers]] = []
    places: list[list[Part]] = []
    total: Any = 0.0
    for i, (token, (target, weight)) in enumerate(zip(tokens, targets)):
        parts = _entered(model, token, i)
        parts += _looked(block.attention, parts[-1][1], kept)
        parts += _thought(block, parts[-1][1])
        logits = model.head(parts[-1][1])
        lost = loss(logits, target)
        total = total + weight * lost
        places.append([*parts, ("logits", logits), ("loss", [lost])])
    return total, places


def _entered(model: Any, token: Any, place: int) -> list[Part]:
    what, where = model.token(token), model.place(place)
    both = _sum(what, where)
    return [("token", what), ("place", where), ("both", both), *_scaled("both size", "x", both)]


def _looked(attention: Any, x: Numbers, kept: list[tuple[Numbers, Numbers]]) -> list[Part]:
    """The place looks at those before it, ``kept``, and at itself; head by head in a row of numbers."""
    size, seen = _scaled("x size", "seen", x)
    query, key, value = (layer(seen[1]) for layer in (attention.query, attention.key, attention.value))
    kept.append((key, value))
    width = attention._width
    scores, shares, found = [], [], []
    for first in range(0, len(x), width):
        head = slice(first, first + width)
        fits = [dot(query[head], key[head]) / width**0.5 for key, _ in kept]
        share = softmax(fits)
        scores += fits
        shares += share
        found += [dot(share, column) for column in zip(*[value[head] for _, value in kept])]
    output = attention.output(found)
    return [
        size, seen, ("query", query), ("key", key), ("value", value), ("scores", scores), ("shares", shares),
        ("found", found), ("output", output), ("after looking", _sum(x, output)),
    ]  # fmt: skip


def _thought(block: Any, x: Numbers) -> list[Part]:
    size, thought = _scaled("after looking size", "thought of", x)
    up = [neuron.preactivation(thought[1]) for neuron in block.up.neurons]
    active = [relu(z) for z in up]
    down = block.down(active)
    return [size, thought, ("up", up), ("active", active), ("down", down), ("after thinking", _sum(x, down))]


def _scaled(size: str, name: str, x: Numbers) -> tuple[Part, Part]:
    scale = rsqrt(dot(x, x) * (1.0 / len(x)) + EPS)
    return (size, [scale]), (name, [number * scale for number in x])


def _sum(xs: Numbers, ys: Numbers) -> Numbers:
    return [x + y for x, y in zip(xs, ys)]


def matrices(model: Any) -> list[tuple[str, Any]]:
    """Return the matrices of the parameters by name, rows of Values each, in the model's order."""
    (block,) = model.blocks
    attention = block.attention
    layers = (attention.query, attention.key, attention.value, attention.output, block.up, block.down, model.head)
    tables = (model.token.w, model.place.w, *[[neuron.w for neuron in layer.neurons] for layer in layers])
    return list(zip(MATRICES, tables))
