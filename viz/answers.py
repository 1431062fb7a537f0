"""Answers as people type them: read by hand and never evaluated, then right, or right but of too few digits.

With this module, one can,

- read what was typed: ``read_answer("−1/3")``, ``"0,5"``, ``"2e-3"``, ``"π/2"``;
- tell whether it is right to four digits: ``is_right(0.3333, 1 / 3)``;
- tell whether it only has too few of them: ``is_rounded("0.33", 1 / 3)``.

``PATTERN``, ``DECIMAL``, ``SPACES`` and ``SIGNS`` are what the page reads answers with, too.
"""

from __future__ import annotations

import math
import re

TOLERANCE = 5e-4  # relative: an answer rounded to four significant digits is right

DECIMAL = r"([0-9]+\.?[0-9]*|\.[0-9]+)(?:(?:e|[*]10\^)([+-]?[0-9]{1,3}))?"
_TERM = rf"([+-]?)(?:{DECIMAL}(?:[*]?(pi))?|(pi))"
PATTERN = rf"{_TERM}(?:/{_TERM})?|([+-]?)inf(?:inity)?"

# other signs for the same, of keyboards and of what is copied from a page; a comma is a decimal point
SIGNS = {
    **dict(zip("−–—，,。．／⁄×·０１２３４５６７８９", "---....//**0123456789")),
    "π": "pi", "∞": "inf",
}  # fmt: skip
SPACES = r"\s*([-+*/^])\s*|\s+(?=pi)"  # where a space changes nothing; "1 1/2" is no number here


def read_answer(typed: str) -> float | None:
    """Return the number a learner typed: a decimal, with a point or a comma, a multiple of π, or a fraction; else None.

    >>> read_answer("−1/3"), read_answer("-4,0"), read_answer("2e-3"), read_answer("２.５"), read_answer("3π/2")
    (-0.3333333333333333, -4.0, 0.002, 2.5, 4.71238898038469)
    >>> read_answer("x"), read_answer("1 1/2"), read_answer("1.234,5"), read_answer("2**3")
    (None, None, None, None)
    """
    found = re.fullmatch(PATTERN, _as_pattern(typed))
    if found is None:
        return None
    if found[11] is not None:
        return -math.inf if found[11] == "-" else math.inf
    over, under = (_term(*found.groups()[i : i + 5]) for i in (0, 5))
    answer = over / under if under else math.nan
    return answer if math.isfinite(answer) else None


def _as_pattern(typed: str) -> str:
    plain = "".join(SIGNS.get(c, c) for c in typed.strip().lower())
    return re.sub(SPACES, lambda found: found[1] or "", plain)


def _term(sign: str | None, decimal: str | None, power: str | None, times_pi: str | None, pi: str | None) -> float:
    size = float(f"{decimal or 1}e{power or 0}") * (math.pi if times_pi or pi else 1.0)
    return -size if sign == "-" else size


def is_right(answer: float, truth: float) -> bool:
    """Tell whether an answer is right: exactly, or rounded to no fewer than four significant digits.

    >>> is_right(0.3333, 1 / 3), is_right(0.33, 1 / 3)
    (True, False)
    """
    if truth - truth != 0.0:
        return answer == truth or (answer != answer and truth != truth)
    return abs(answer - truth) <= TOLERANCE * abs(truth) + 1e-9


def is_rounded(typed: str, truth: float, *, least: int = 1) -> bool:
    """Tell whether a decimal is the truth rounded, or cut off, to its own digits, of which it has at least so many.

    >>> is_rounded("0.33", 1 / 3), is_rounded("−0.6", -2 / 3), is_rounded("0.35", 1 / 3), is_rounded("1/3", 0.3)
    (True, True, False, False)
    """
    found, answer = re.fullmatch(rf"[+-]?{DECIMAL}", _as_pattern(typed)), read_answer(typed)
    if found is None or not answer or truth - truth != 0.0:
        return False
    decimals = len(found[1].partition(".")[2]) - int(found[2] or 0)
    if len(found[1].replace(".", "").lstrip("0")) < least:
        return False
    missing = (abs(truth) - abs(answer)) * 10.0**decimals  # in units of the last digit
    return answer * truth > 0.0 and -0.5000001 <= missing < 1.0
