"""What a teacher asks of an engine: which behaviours are required, and which are only told.

Three profiles are there, and a file may be another:

- ``lecture``: what the micrograd of Karpathy's lectures promises, and what micrograd itself keeps;
- ``basic``: also that a second ``backward()`` adds the same again, numbers on either side, long chains;
- ``full``: also every other operation of the table, and many larger random graphs;
- a text file that names the required behaviours, one a line; ``#`` starts a comment. A line may also be a
  pattern (``operation *``) or the name of a profile, which stands for all that it requires.

Whatever is not required is checked and told all the same. An operation that an engine lacks is held
against it only if it is named: by ``require``, or in the file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from ..hints import did_you_mean
from .behaviours import BEHAVIOURS, LOADS, Behaviour

# The notebook of the lectures has neither of the first two; micrograd's inner nodes count twice on a second
# backward(), and its order is found by recursion.
BEYOND_THE_LECTURES = {"with numbers 2 - x", "with numbers 2 / x", "second backward", "depth 2000"}
_OF_BASIC = frozenset(each.name for each in BEHAVIOURS if each.required and not each.full)
REQUIRED = {
    "lecture": _OF_BASIC - BEYOND_THE_LECTURES,
    "basic": _OF_BASIC,
    "full": frozenset(each.name for each in BEHAVIOURS if each.required),
}


def chosen(profile: str = "basic", *, require: Iterable[str] = (), skip: Iterable[str] = ()) -> list[Behaviour]:
    """Return the behaviours to check, each saying whether it is required.

        >>> [each.name for each in chosen("lecture", skip=["random*"]) if not each.required][:3]
        ['second backward', 'with numbers 2 - x', 'with numbers 2 / x']

    ``require`` and ``skip`` take names or patterns of behaviours. Raises ValueError for a profile or a name that
    is not there.
    """
    required, named = (set(REQUIRED[profile]), set[str]()) if profile in REQUIRED else _read(profile)
    named |= _matching(require)
    skipped = _matching(skip) - {LOADS}  # what cannot be loaded cannot pass
    required, named = (required | named | {LOADS}) - skipped, named - skipped
    return [
        replace(each, required=each.name in required, named=each.name in named)
        for each in BEHAVIOURS
        if profile == "full" or not each.full or each.name in required
    ]


def _read(profile: str) -> tuple[set[str], set[str]]:
    """Return what a file requires: all of it, and what it asks for by name."""
    path = Path(profile)
    if not path.is_file():
        raise ValueError(
            f"no profile {profile!r}{did_you_mean(profile, REQUIRED)}; there are {', '.join(REQUIRED)}, "
            "or the name of a file that lists behaviours"
        )
    lines = [line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines()]
    profiles = [line for line in lines if line in REQUIRED]
    try:
        named = _matching(line for line in lines if line and line not in REQUIRED)
    except ValueError as problem:
        raise ValueError(f"{profile}: {problem}") from None
    return named.union(*(REQUIRED[name] for name in profiles)), named


def _matching(patterns: Iterable[str]) -> set[str]:
    """Return the names of the behaviours that are meant."""
    if isinstance(patterns, str):
        raise TypeError(f"expected a list of names of behaviours, got the text {patterns!r}; write [{patterns!r}]")
    names = [each.name for each in BEHAVIOURS]
    found: set[str] = set()
    for pattern in patterns:
        # a name may hold a *, as in `fan-out a * a`, and is meant itself before any pattern
        meant = [pattern] if pattern in names else [name for name in names if fnmatchcase(name, pattern)]
        if not meant:
            near = did_you_mean(pattern, names)
            raise ValueError(f"no behaviour named {pattern}{near}; `autograd-lite check --list` names them all")
        found.update(meant)
    return found
