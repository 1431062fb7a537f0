"""Where tests look: the floats at which functions go wrong, networks of every kind, labels made to harm."""

from __future__ import annotations

import math
import random
import sys
from typing import Any

from hypothesis import strategies as st

import nn

small_floats = st.floats(-2.0, 2.0)
"""Numbers at which nothing overflows and nothing cancels much."""

logits = st.floats(-30.0, 30.0)
"""What a classifier gives before the softmax, as far out as probabilities keep digits."""

EDGES = [
    0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, -3.0, 0.1, -0.7, 1.9, 1e-9, math.pi, 20.0, -20.0, 40.0, -40.0,
    700.0, -700.0, 709.0, 710.0, 711.0, -746.0, 1000.0, -1000.0, math.inf, -math.inf, math.nan,
]  # fmt: skip
"""Kinks, poles, and where exponentials overflow or vanish: no operation and no target may differ here."""

EXTREMES = [
    1e-300, -1e-300, 5e-324, -5e-324, 2.0**-1022, 2.0**-1022 - 5e-324, 1e150, -1e150, 1e200, -1e200, 1e308, -1e308,
    sys.float_info.max, -sys.float_info.max,
]  # fmt: skip
"""Floats whose squares are none any more, and subnormal ones."""

INTERIOR = [0.01, -0.01, 0.3, -0.3, 0.84, -0.84, 0.97, 1.04, -1.3, 1.9, -2.6, 3.7, 6.5, -5.2, 12.5, 27.0]
"""Points between the edges, on every branch of every approximation."""


def numbers(rng: random.Random, *shape: int) -> Any:
    """Return nested lists of that shape of numbers between -1 and 1; one number without a shape."""
    return [numbers(rng, *shape[1:]) for _ in range(shape[0])] if shape else rng.uniform(-1.0, 1.0)


NETWORKS = {
    "mlp": (lambda rng: nn.MLP(3, [4, 2], rng=rng), (3,), 2),
    "mlp written out": (lambda rng: nn.MLP(3, [4, 2], rng=rng, fused=False, activation="relu"), (3,), 2),
    "mlp of gelus": (lambda rng: nn.MLP(3, [4, 2], rng=rng, fused=False, activation="gelu"), (3,), 2),
    "threshold bias": (lambda rng: nn.Layer(3, 2, bias="threshold", rng=rng), (3,), 2),
    "cnn": (
        lambda rng: nn.Sequential(
            nn.Conv2d(2, 3, 2, padding=1, rng=rng), nn.MaxPool2d(2), nn.Conv2d(3, 2, 2, rng=rng),
            nn.AvgPool2d(1), nn.Flatten(), nn.Layer(2, 2, activation=None, rng=rng),
        ),
        (2, 4, 3), 2,
    ),
    "rnn": (lambda rng: nn.Recurrent(nn.RNNCell(2, 3, rng=rng), last=True), (4, 2), 3),
    "lstm": (lambda rng: nn.Recurrent(nn.LSTMCell(2, 3, peepholes=True, rng=rng), last=True), (4, 2), 3),
}  # fmt: skip
"""Name: what makes the network of a generator, the shape of an input, the number of outputs."""

HOSTILE = [
    '<script>alert("x")</script>', "</script><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "]]>",
    "<!--", "\"'&<]]>", "&lt;&amp;", "{|}", "{{data}}", "{figure}", "{}", "%s%n", "%s{0}", "${x}", "'\";--",
    "\\N\\G\\E", "\x00\x01\x1b[31m", "\x1b[2J\x07\x9b31m\u202eab\r\nc", "‮evil", "\u2067mirrored", "\u2028",
    "\ud800", "a" * 500, "权重", "中文标签很长很长很长很长很长很长很长", "θ", "",
]  # fmt: skip
"""Labels that end an element, a string or a format where text is not written as text."""

HOSTILE_NAMES = [
    *HOSTILE, '"; import os; os._exit(3) #', "*/ int main(){} /*", "??/\n", "x\\", "__import__('os')", "x[0]; 1/0",
    "np", "exp", "double", "lambda", "class", "v0", "x0", "inputs", "samples", "1",
]  # fmt: skip
"""Labels that end a comment, or are words of the language a program is written in."""
