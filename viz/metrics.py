"""How wide text is, so that it never leaves its box; without asking for any font.

The widths are those of common sans fonts, rounded up; a Chinese character is one em.
"""

from __future__ import annotations

import unicodedata

_NARROW, _WIDE = set("iljftI.,:;|!'()[] "), set("mwMW@%—…∂×")


def text_width(text: str, size: float) -> float:
    """Return an upper estimate of the width of ``text`` at a font size, in the same unit.

    >>> text_width("中", 10.0), text_width("8", 10.0)
    (10.5, 6.4)
    """
    total = 0.0
    for c in text:
        if unicodedata.combining(c):
            continue
        if unicodedata.east_asian_width(c) in "WF":
            total += 1.05
        elif c in _NARROW:
            total += 0.4
        elif c in _WIDE or c.isupper():
            total += 0.9
        else:
            total += 0.64
    return total * size


def fit(text: str, width: float, size: float, *, smallest: float = 9.0) -> tuple[str, float]:
    """Return the text and the size at which it fits: smaller first, then cut with ``…``.

    >>> fit("short", 100.0, 12.0)
    ('short', 12.0)
    >>> fit("a very long label indeed", 60.0, 12.0)[0]
    'a very lon…'
    """
    needed = text_width(text, size)
    if needed <= width:
        return text, size
    smaller = max(smallest, int(size * width / needed * 2) / 2)
    if text_width(text, smaller) <= width:
        return text, smaller
    while text and text_width(text + "…", smaller) > width:
        text = text[:-1]
    return text.rstrip() + "…", smaller
