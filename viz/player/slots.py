"""Text with slots: what is said about a pass, with its numbers left open.

Every formula and sentence of a page is written once, in Python; the page fills the slots with other
numbers when an input is changed. Numbers are addressed by table and index, ``Slot("g", 3)`` is the
gradient of node 3, the same here and in ``page.js``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isfinite
from string import Formatter
from typing import Any, NamedTuple

from autograd_lite.expression import digits

from ..notation import MINUS, factor, number
from ..words import words

Numbers = Mapping[str, Sequence[float]]  # the tables of a pass, by name; see passes.py


class Slot(NamedTuple):
    """The place of one number, written as ``style`` says: a key of ``STYLES``; ``scale`` multiplies it.

    It has as many digits as table ``f`` says for the node ``precise``: of no node, four.
    """

    table: str
    at: int
    style: str = ""
    scale: float = 1.0
    precise: int = -1


class Veil(NamedTuple):
    """A text that is hidden as long as the number ``table``, ``at`` is: the rule that would tell it."""

    table: str
    at: int
    text: Text
    instead: str = "?"


class Check(NamedTuple):
    """A question about one number: a key of ``CHECKS``, a table and an index."""

    check: str
    table: str
    at: int


class Choose(NamedTuple):
    """The first text whose test holds; None always holds."""

    options: tuple[tuple[Check | None, Text], ...]


Part = str | Slot | Choose | Veil
Text = tuple[Part, ...]


def python_number(x: float) -> str:
    """Return Python that reads back as the number, to the last digit.

    >>> python_number(2.0), python_number(0.1), python_number(float("-inf"))
    ('2', '0.1', "float('-inf')")
    """
    return digits(x) if isfinite(x) else f"float('{x}')"


STYLES: Mapping[str, Callable[[float, int], str]] = {
    "": number,
    "(": factor,  # negative ones in parentheses
    "|": lambda x, digits: number(abs(x), digits),
    "-": lambda x, digits: number(x, digits).replace(MINUS, "-").replace("∞", "inf"),  # in a comment of code
    "r": lambda x, digits: python_number(x),
}

CHECKS: Mapping[str, Callable[[float], bool]] = {
    "zero": lambda x: x == 0.0,
    "one": lambda x: x == 1.0,
    "two": lambda x: x == 2.0,
    "negative": lambda x: x < 0.0,
    "nan": lambda x: x != x,
    "finite": lambda x: x - x == 0.0,
    "moderate": lambda x: abs(x) < 1e60,
    "tame": lambda x: 1e-60 < abs(x) < 1e60,
}


def holds(check: Check, numbers: Numbers) -> bool:
    """Answer the question about the number."""
    return CHECKS[check.check](numbers[check.table][check.at])


def when(check: str, table: str, index: int, then: Iterable[Part], otherwise: Iterable[Part] = ()) -> Choose:
    """Return the choice between two texts."""
    return Choose(((Check(check, table, index), tuple(then)), (None, tuple(otherwise))))


def fill(text: Iterable[Part], numbers: Numbers, *, hidden: frozenset[tuple[str, int]] = frozenset()) -> str:
    """Return the text with its numbers; ``hidden`` ones show as ``?``.

    >>> fill(("x = ", Slot("v", 0), when("zero", "v", 0, [", nothing"])), {"v": [-2.0]})
    'x = −2'
    """
    written = []
    for part in text:
        if isinstance(part, str):
            written.append(part)
        elif isinstance(part, Slot):
            x, count = (
                numbers[part.table][part.at] * part.scale,
                int(numbers["f"][part.precise]) if part.precise >= 0 else 4,
            )
            written.append("?" if part[:2] in hidden else STYLES[part.style](x, count))
        elif isinstance(part, Veil):
            written.append(part.instead if part[:2] in hidden else fill(part.text, numbers, hidden=hidden))
        else:
            written.append(fill(_chosen(part, numbers), numbers, hidden=hidden))
    return "".join(written)


def _chosen(choice: Choose, numbers: Numbers) -> Text:
    for test, text in choice.options:
        if test is None or holds(test, numbers):
            return text
    return ()


def settle(text: Iterable[Part], numbers: Numbers, tables: str) -> Text:
    """Return the text with the numbers of some tables put in for good, and neighbouring strings joined.

    >>> settle((Slot("n", 0), " times, ", Slot("v", 0)), {"n": [2.0], "v": [7.0]}, "n")
    ('2 times, ', Slot(table='v', at=0, style='', scale=1.0, precise=-1))
    """
    settled: list[Part] = []
    for part in text:
        if isinstance(part, Slot) and part.table in tables:
            part = fill((part,), numbers)
        if isinstance(part, Veil):
            pieces: Iterable[Part] = (part._replace(text=settle(part.text, numbers, tables)),)
        elif isinstance(part, Choose):
            if all(test is None or test.table in tables for test, _ in part.options):
                pieces = settle(_chosen(part, numbers), numbers, tables)
            else:
                pieces = (Choose(tuple((test, settle(inner, numbers, tables)) for test, inner in part.options)),)
        else:
            pieces = (part,)
        for piece in pieces:
            last = settled[-1] if settled else None
            if isinstance(piece, str) and isinstance(last, str):
                settled[-1] = last + piece
            else:
                settled.append(piece)
    return tuple(settled)


def as_data(text: Iterable[Part]) -> list[Any]:
    """Return the text as plain lists for JSON: a string, a slot, ``{"choose": [[test, text], …]}``, or a veil."""
    return [_part_as_data(part) for part in text]


def _part_as_data(part: Part) -> Any:
    if isinstance(part, str):
        return part
    if isinstance(part, Slot):
        return list(
            part if part.precise >= 0 else part[:4] if part.scale != 1.0 else part[:3] if part.style else part[:2]
        )
    if isinstance(part, Veil):
        return {"veil": list(part[:2]), "text": as_data(part.text), "instead": part.instead}
    return {"choose": [[test and list(test), as_data(inner)] for test, inner in part.options]}


def say(lang: str, key: str, **parts: str | Slot | Text) -> Text:
    """Return a sentence of ``viz.words`` with texts in its places; they may have slots of their own.

    >>> say("en", "answer was", x=Slot("v", 0))
    ('It is ', Slot(table='v', at=0, style='', scale=1.0, precise=-1), '.')
    """
    said: list[Part] = []
    for before, place, _, _ in Formatter().parse(words(lang)[key]):
        said.append(before)
        if place is not None:
            part = parts[place]
            said += [part] if isinstance(part, str | Slot) else part
    return tuple(part for part in said if part != "")
