"""How wide text is, so that it never leaves its box; without asking for any font.

The widths are at least those of DejaVu, Liberation (as wide as Arial), Noto, Roboto, and of
DejaVu Serif, Noto Serif and Liberation Serif (Times) for variables; a Chinese character is one em.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from math import fsum

_NARROW, _WIDE, _WIDEST = set("iljft.,:;!'()[] ·⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾₀₁₂₃₄₅₆₇₈₉"), set("w×−+=<>÷#&^~"), set("mMW@%—…→∞")
BOLD = 1.13  # bold letters are that much wider


@lru_cache(maxsize=4096)
def _advance(c: str) -> float:
    """The width of one character in em."""
    if unicodedata.combining(c):
        return 0.0
    if is_wide(c):
        return 1.4 if c >= "\U0001f000" else 1.05  # emoji, Chinese
    if c in _NARROW:
        return 0.43
    if c in _WIDEST:
        return 1.13
    if c in _WIDE or c.isupper() or (c.isalpha() and not c.isascii()):
        return 0.9
    return 0.66


def is_wide(c: str) -> bool:
    """Tell whether a character takes a full square, as Chinese ones do.

    >>> is_wide("中"), is_wide("x")
    (True, False)
    """
    return unicodedata.east_asian_width(c) in "WF"


@lru_cache(maxsize=1 << 14)  # a text is measured for the layout, and again where it is drawn
def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return an upper estimate of the width of ``text`` at a font size, in the same unit.

    >>> text_width("中", 10.0), round(text_width("8", 10.0), 2), round(text_width("8", 10.0, bold=True), 2)
    (10.5, 6.6, 7.46)
    """
    return fsum(map(_advance, text)) * size * (BOLD if bold else 1.0)


def fit(text: str, width: float, size: float, *, smallest: float = 9.0, bold: bool = False) -> tuple[str, float]:
    """Return the text and the size at which it fits: smaller first, then cut with ``…``.

    >>> fit("short", 100.0, 12.0)
    ('short', 12.0)
    >>> fit("a very long label indeed", 60.0, 12.0)[0]
    'a very lo…'
    """
    needed = text_width(text, size, bold=bold)
    if needed <= width:
        return text, size
    smaller = max(smallest, int(size * width / needed * 2) / 2)
    if text_width(text, smaller, bold=bold) <= width:
        return text, smaller
    return cut(text, width, smaller, bold=bold), smaller


def cut(text: str, width: float, size: float, *, bold: bool = False) -> str:
    """Return the text, or as much of its beginning as fits with ``…`` after it.

    >>> cut("gradient", 100.0, 10.0), cut("gradient", 40.0, 10.0), cut("x × 0.1234", 60.0, 10.0)
    ('gradient', 'grad…', 'x ×…')
    """
    if text_width(text, size, bold=bold) <= width:
        return text
    room = width - text_width("…", size, bold=bold)
    kept = 0
    for c in text:
        room -= text_width(c, size, bold=bold)
        if room < 0:
            break
        kept += 1
    beginning = text[:kept]
    if _OF_NUMBERS.match(text[kept]):  # half a number is another number: it goes as a whole
        beginning = _LAST_NUMBER.sub("", beginning) or beginning
    return beginning.rstrip() + "…"


_OF_NUMBERS, _LAST_NUMBER = re.compile(r"[\d.e]"), re.compile(r"(?<!\w)−?[\d.]+(e−?\d*)?$")
