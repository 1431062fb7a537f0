"""Exercises of the lessons: an answer is right, or a slip that has a name, or neither.

>>> check = Exercise(0.25, because="The slope is largest at 0.", slips={"that is σ(0), not its slope": 0.5})
>>> check(0.25)
✓ Right. The slope is largest at 0.
>>> check(0.5), check("1/4")
(✗ No: that is σ(0), not its slope., ✓ Right. The slope is largest at 0.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd_lite.ieee import number_of

from .answers import read_answer
from .notation import number
from .words import words

_DIGITS = 3  # an answer copied from what a lesson prints is right
_CLOSE = 10.0**-_DIGITS * 5  # the most that rounding to so many digits moves a number, as a part of it


@dataclass(frozen=True)
class Verdict:
    """What an answer is told: true if it is right; notebooks show its formulas."""

    right: bool
    text: str

    def __bool__(self) -> bool:
        return self.right

    def __repr__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return self.text


@dataclass(frozen=True)
class Exercise:
    """An answer, why it is the answer, and the answers that known slips lead to.

    An answer is a number, a text, a sequence of answers, or a function: it is asked ``at`` points, a tuple of
    arguments or a single one each. Numbers may be rounded to three digits, and typed as text: ``"1/3"``, ``"π/2"``.
    ``because`` and the slips are Markdown.

    >>> check = Exercise(lambda z: 2.0 * z, because="", slips={"that is the value": lambda z: z * z}, at=[0.5, 3.0])
    >>> bool(check(lambda x: x + x)), check(lambda z: z**2)
    (True, ✗ No: that is the value.)

    Raises ValueError if a slip leads to the answer: then nothing is told by it.
    """

    answer: Any
    because: str
    slips: Mapping[str, Any] = field(default_factory=dict)
    at: Sequence[Any] = ()
    lang: str = "en"

    def __post_init__(self) -> None:
        harmless = [slip for slip, result in self.slips.items() if self._agree(result, self.answer)]
        if harmless:
            raise ValueError(f"slips that lead to the right answer, {self.answer!r}: {'; '.join(harmless)}")

    def __call__(self, answer: Any) -> Verdict:
        """Return what there is to say about an answer."""
        said = words(self.lang)
        if answer is ...:
            return Verdict(False, said["exercise unanswered"])
        if self._agree(answer, self.answer):
            return Verdict(True, said["exercise right"].format(because=self.because))
        for slip, result in self.slips.items():
            if self._agree(answer, result):
                return Verdict(False, said["exercise slip"].format(slip=slip))
        return Verdict(False, said["exercise wrong"])

    def _agree(self, given: Any, expected: Any) -> bool:
        if callable(expected):
            return callable(given) and all(_same(*_values((given, expected), point)) for point in self.at)
        return _same(given, expected)

    def solution(self) -> str:
        """Return the answer, why, and the slips, as Markdown."""
        said = words(self.lang)
        told = self.because
        if not callable(self.answer):
            told = said["exercise answer"].format(answer=_written(self.answer)) + told
        slips = [
            said["exercise if"].format(answer=_written(result), slip=slip) if not callable(result) else slip
            for slip, result in self.slips.items()
        ]
        return "\n".join([told, "", *(f"- {slip}" for slip in slips)])


def _values(functions: Iterable[Callable[..., Any]], point: Any) -> list[Any]:
    arguments = point if isinstance(point, tuple) else (point,)
    return [_value(f, arguments) for f in functions]


def _value(f: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    try:
        return f(*arguments)
    except Exception as problem:  # whatever a learner's function raises is not an answer
        return problem


def _same(given: Any, expected: Any) -> bool:
    """Whether two answers say the same: numbers to three digits, texts in any case, sequences element by element."""
    if isinstance(expected, str):
        return isinstance(given, str) and given.strip().casefold() == expected.casefold()
    if isinstance(expected, Sequence):
        alike = isinstance(given, Sequence) and not isinstance(given, str) and len(given) == len(expected)
        return alike and all(map(_same, given, expected))
    if isinstance(given, str):
        given = read_answer(given)
    try:
        return math.isclose(number_of(given), number_of(expected), rel_tol=_CLOSE, abs_tol=1e-12)
    except TypeError:
        return False


def _written(answer: Any) -> str:
    if isinstance(answer, str):
        return answer
    if isinstance(answer, Sequence):
        return f"({', '.join(map(_written, answer))})"
    return number(number_of(answer), _DIGITS + 1)
