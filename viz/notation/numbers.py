"""Numbers, rounded for people."""

from __future__ import annotations

from math import isinf

MINUS = "−"


def number(x: float, digits: int = 4) -> str:
    """Return a number rounded to so many significant digits, with a true minus sign; with all 17, −0 has one too.

    >>> number(2.0), number(-0.123456), number(-5.281e-7, 3), number(float("inf"))
    ('2', '−0.1235', '−5.28e−7', '∞')
    """
    if x != x:
        return "nan"
    if isinf(x):
        return "∞" if x > 0 else f"{MINUS}∞"
    text = f"{x:.{digits}g}"
    if "e" in text:
        mantissa, power = text.split("e")
        text = f"{mantissa}e{int(power)}"
    return "0" if text == "-0" and digits < 17 else text.replace("-", MINUS)


def factor(x: float, digits: int = 4) -> str:
    """Return the number as it is written after an operator: negative ones in parentheses.

    >>> factor(-4.0)
    '(−4)'
    """
    text = number(x, digits)
    return f"({text})" if text.startswith(MINUS) else text
