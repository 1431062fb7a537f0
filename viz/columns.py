"""Rows of text in columns, as a terminal shows them: a Chinese character takes two places, an accent none."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import zip_longest

GAP = "   "


def in_columns(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Return the lines of a table; where it is wider than ``width`` places, the widest columns are folded.

    >>> in_columns([["name", "meaning"], ["x", "what goes in"]], 14)
    ['name   meaning', 'x      what', '       goes in']
    """
    widths = _fitting([max(map(places, column)) for column in zip(*rows)], width)
    lines = []
    for row in rows:
        for parts in zip_longest(*map(_folded, row, widths), fillvalue=""):
            padded = (part + " " * (w - places(part)) for part, w in zip(parts, widths))
            lines.append(GAP.join(padded).rstrip())
    return lines


def places(text: str) -> int:
    """Return how many places a text takes in a terminal.

    >>> places("x̂ = 宽")
    6
    """
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def _fitting(widths: list[int], width: int) -> list[int]:
    """Take from the widest columns, evenly, what does not fit."""
    room = max(width - len(GAP) * (len(widths) - 1), 2 * len(widths))
    while sum(widths) > room:
        widths[widths.index(max(widths))] -= 1
    return widths


def _folded(text: str, width: int) -> list[str]:
    """Break a text between words, and a word that is wider than the column anywhere."""
    lines = [""]
    for word in re.findall(r"\S+|\s+", text):
        if places(lines[-1] + word) > width and lines[-1].strip():
            lines.append("")
        for c in word if lines[-1] or not word.isspace() else "":
            if places(lines[-1] + c) > width:
                lines.append("")
            lines[-1] += c
    return [line.rstrip() for line in lines]
