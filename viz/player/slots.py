"""Text with slots: what is said about a pass, with its numbers left open.

Every formula and sentence of a page is written once, in Python; the page fills the slots with other
numbers when an input is changed. Numbers are addressed by table and index, ``Slot("g", 3)`` is the
gradient of node 3, the same here and in ``player.js``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ..notation import MINUS, factor, number

Numbers = Mapping[str, Sequence[float]]  # the tables of a pass, by name; see passes.py


class Slot(NamedTuple):
    """The place of one number, written as ``style`` says: a key of ``STYLES``; ``scale`` multiplies it."""

    table: str
    at: int
    style: str = ""
    scale: float = 1.0


class Check(NamedTuple):
    """A question about one number: a key of ``CHECKS``, a table and an index."""

    check: str
    table: str
    at: int


class Choose(NamedTuple):
    """The first text whose test holds; None always holds."""

    options: tuple[tuple[Check | None, Text], ...]


Part = str | Slot | Choose
Text = tuple[Part, ...]


def in_full(x: float) -> str:
    """Return enough digits to see a small difference: seven."""
    return f"{x:.7g}".replace("-", MINUS)


STYLES: Mapping[str, Callable[[float], str]] = {
    "": number,
    "(": factor,  # negative ones in parentheses
    "|": lambda x: number(abs(x)),
    "=": in_full,
    "=(": lambda x: f"({in_full(x)})" if x < 0.0 else in_full(x),
    "-": lambda x: number(x).replace(MINUS, "-"),  # as code
}

CHECKS: Mapping[str, Callable[[float], bool]] = {
    "zero": lambda x: x == 0.0,
    "one": lambda x: x == 1.0,
    "negative": lambda x: x < 0.0,
    "small": lambda x: abs(x) < 0.01,
    "finite": lambda x: x - x == 0.0,
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
            x = numbers[part.table][part.at] * part.scale
            written.append("?" if part[:2] in hidden else STYLES[part.style](x))
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
    ('2 times, ', Slot(table='v', at=0, style='', scale=1.0))
    """
    settled: list[Part] = []
    for part in text:
        if isinstance(part, Slot) and part.table in tables:
            part = fill((part,), numbers)
        if isinstance(part, Choose):
            if all(test is None or test.table in tables for test, _ in part.options):
                pieces: Iterable[Part] = settle(_chosen(part, numbers), numbers, tables)
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
    """Return the text as plain lists for JSON: a string, a slot, or ``{"choose": [[test, text], …]}``."""
    return [
        part
        if isinstance(part, str)
        else list(part if part.scale != 1.0 else part[:3] if part.style else part[:2])
        if isinstance(part, Slot)
        else {"choose": [[test and list(test), as_data(inner)] for test, inner in part.options]}
        for part in text
    ]
