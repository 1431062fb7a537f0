"""What an answer is computed from by hand: a rule on numbers that are rounded as they are shown.

With this module, one can,

- compute an answer from what is shown: ``ByHand(rule, slots).number(numbers)``;
- find how many digits a line must show to be true: ``digits_needed(ways, truth, numbers)``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from autograd_lite import Expression

from ..answers import is_right
from ..notation import number
from .slots import Numbers, Slot, at

SHOWN = 4  # the digits of numbers in the picture and in questions


class ByHand(NamedTuple):
    """One way to an answer: a rule whose operands, ``x0``, ``x1``, …, are the numbers of slots."""

    rule: Expression
    slots: tuple[Slot, ...]

    def number(self, numbers: Numbers, digits: int = SHOWN) -> float:
        """Return what follows from the numbers when they are rounded to so many digits.

        >>> from autograd_lite import symbol
        >>> square = ByHand(symbol("x0") * symbol("x0"), (Slot("value", 0),))
        >>> round(square.number({"value": [2 / 3]}), 9), round(square.number({"value": [2 / 3]}, digits=1), 9)
        (0.44448889, 0.49)
        """
        return float(
            self.rule.evaluate({f"x{i}": float(f"{at(s, numbers):.{digits}g}") for i, s in enumerate(self.slots)})
        )


def digits_needed(ways: Iterable[ByHand], truth: float, numbers: Numbers) -> int:
    """Return how many digits numbers must show so that the answer follows from them to its last digit, every way.

    >>> from autograd_lite import symbol
    >>> rule = ByHand(1.0 - symbol("x0") * symbol("x0"), (Slot("value", 0),))
    >>> digits_needed([rule], 1.0 - 0.96402758**2, {"value": [0.96402758]})
    5
    """
    ways = list(ways)

    def suffice(n: int) -> bool:
        found = [way.number(numbers, n) for way in ways]
        return all(number(x) == number(truth) and is_right(x, truth) for x in found)

    return next((n for n in range(SHOWN, 17) if suffice(n)), 17)
