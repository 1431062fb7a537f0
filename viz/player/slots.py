"""Text with slots: what is said about a pass, with its numbers left open.

Every formula and sentence of a page is written once, in Python; the page fills the slots with other
numbers when an input is changed. Numbers are addressed by table and index, ``Slot("gradient", 3)`` is the
gradient of node 3, the same here and in ``slots.js``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import groupby
from math import isfinite
from string import Formatter
from typing import Any, NamedTuple

from autograd_lite.expression import digits

from ..notation import MINUS, factor, number
from ..words import words

Numbers = Mapping[str, Sequence[float]]  # the tables of a pass, by name; see forward_backward.py


class Slot(NamedTuple):
    """The place of one number, written in a ``format``, a key of ``FORMATS``; ``scale`` multiplies it.

    It has as many digits as table ``digits`` says for the node ``precise``: of no node, four.
    """

    table: str
    at: int
    format: str = "plain"
    scale: float = 1.0
    precise: int | None = None


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


FORMATS: Mapping[str, Callable[[float, int], str]] = {
    "plain": number,
    "factor": factor,  # negative ones in parentheses
    "comment": lambda x, digits: number(x, digits).replace(MINUS, "-").replace("∞", "inf"),  # behind a line of code
    "python": lambda x, digits: python_number(x),
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


Hidden = frozenset[tuple[str, int]]  # table and index of each number that is hidden


def fill(text: Iterable[Part], numbers: Numbers, *, hidden: Hidden = frozenset()) -> str:
    """Return the text with its numbers; ``hidden`` ones show as ``?``.

    >>> fill(("x = ", Slot("value", 0), when("zero", "value", 0, [", nothing"])), {"value": [-2.0]})
    'x = −2'
    """
    return "".join(_filled(part, numbers, hidden) for part in text)


def _filled(part: Part, numbers: Numbers, hidden: Hidden) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, Choose):
        return fill(_chosen(part, numbers), numbers, hidden=hidden)
    is_hidden = (part.table, part.at) in hidden
    if isinstance(part, Veil):
        return part.instead if is_hidden else fill(part.text, numbers, hidden=hidden)
    return "?" if is_hidden else _written(part, numbers)


def _written(slot: Slot, numbers: Numbers) -> str:
    count = 4 if slot.precise is None else int(numbers["digits"][slot.precise])
    return FORMATS[slot.format](at(slot, numbers), count)


def at(slot: Slot, numbers: Numbers) -> float:
    """Return the number a slot stands for."""
    return numbers[slot.table][slot.at] * slot.scale


def _chosen(choice: Choose, numbers: Numbers) -> Text:
    return next((text for test, text in choice.options if test is None or holds(test, numbers)), ())


def settle(text: Iterable[Part], numbers: Numbers, tables: Collection[str]) -> Text:
    """Return the text with the numbers of some tables put in for good, and neighbouring strings joined.

    >>> settle((Slot("parts", 0), " times, ", Slot("value", 0)), {"parts": [2.0], "value": [7.0]}, ["parts"])
    ('2 times, ', Slot(table='value', at=0, format='plain', scale=1.0, precise=None))
    """
    pieces = [piece for part in text for piece in _settled(part, numbers, tables)]
    runs = groupby(pieces, lambda piece: isinstance(piece, str))
    return tuple(part for strings, run in runs for part in (["".join(map(str, run))] if strings else run))


def _settled(part: Part, numbers: Numbers, tables: Collection[str]) -> Text:
    if isinstance(part, Slot) and part.table in tables:
        return (_written(part, numbers),)
    if isinstance(part, Veil):
        return (part._replace(text=settle(part.text, numbers, tables)),)
    if not isinstance(part, Choose):
        return (part,)
    if all(test is None or test.table in tables for test, _ in part.options):
        return settle(_chosen(part, numbers), numbers, tables)
    return (Choose(tuple((test, settle(inner, numbers, tables)) for test, inner in part.options)),)


def as_data(text: Iterable[Part]) -> list[Any]:
    """Return the text as plain data for JSON: strings, and a mapping for each slot, choice and veil.

    >>> as_data(("x = ", Slot("value", 0), when("zero", "value", 0, ["!"])))
    ['x = ', {'table': 'value', 'at': 0}, {'choose': \
[{'test': {'check': 'zero', 'table': 'value', 'at': 0}, 'text': ['!']}, {'test': None, 'text': []}]}]
    """
    return [_part_as_data(part) for part in text]


def _part_as_data(part: Part) -> Any:
    if isinstance(part, str):
        return part
    if isinstance(part, Choose):
        return {"choose": [{"test": test and test._asdict(), "text": as_data(text)} for test, text in part.options]}
    if isinstance(part, Veil):
        return {**part._asdict(), "text": as_data(part.text)}
    return {name: x for name, x in part._asdict().items() if x != Slot._field_defaults.get(name)}


def say(lang: str, key: str, **parts: str | Slot | Text) -> Text:
    """Return a sentence of ``viz.words`` with texts in its places; they may have slots of their own.

    >>> say("en", "answer was", x=Slot("value", 0))
    ('It is ', Slot(table='value', at=0, format='plain', scale=1.0, precise=None), '.')
    """
    said: list[Part] = []
    for before, place, _, _ in Formatter().parse(words(lang)[key]):
        said.append(before)
        if place is not None:
            part = parts[place]
            said += [part] if isinstance(part, str | Slot) else part
    return tuple(part for part in said if part != "")
