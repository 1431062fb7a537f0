"""How wide text is, so that it never leaves its box; without asking for any font.

The widths are those of common sans fonts, rounded up; a Chinese character is one em.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_NARROW, _WIDE, _WIDEST = set("iljftI.,:;|!'()[] "), set("w×−+=→<>∞"), set("mMW@%—…")
BOLD = 1.1  # bold letters are that much wider


@lru_cache(maxsize=4096)
def _advance(c: str) -> float:
    """The width of one character in em."""
    if unicodedata.combining(c):
        return 0.0
    if is_wide(c):
        return 1.4 if c >= "\U0001f000" else 1.05  # emoji, Chinese
    if c in _NARROW:
        return 0.4
    if c in _WIDEST:
        return 1.0
    if c in _WIDE or c.isupper() or (c.isalpha() and not c.isascii()):
        return 0.86
    return 0.64


def is_wide(c: str) -> bool:
    """Tell whether a character takes a full square, as Chinese ones do.

    >>> is_wide("中"), is_wide("x")
    (True, False)
    """
    return unicodedata.east_asian_width(c) in "WF"


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return an upper estimate of the width of ``text`` at a font size, in the same unit.

    >>> text_width("中", 10.0), text_width("8", 10.0), round(text_width("8", 10.0, bold=True), 2)
    (10.5, 6.4, 7.04)
    """
    return sum(map(_advance, text)) * size * (BOLD if bold else 1.0)


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

    >>> cut("gradient", 100.0, 10.0), cut("gradient", 40.0, 10.0)
    ('gradient', 'gradi…')
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
    return text[:kept].rstrip() + "…"
