"""For messages: the name that was meant, the line that led there, and text that a terminal only shows."""

from __future__ import annotations

import difflib
import sys
import unicodedata
from collections.abc import Iterable
from types import FrameType


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``; did you mean '…'?`` for the nearest known name, or nothing.

    >>> did_you_mean("tahn", ["tan", "tanh"])
    "; did you mean 'tanh'?"
    """
    near = difflib.get_close_matches(name, list(known), n=5)
    near.sort(key=lambda other: sorted(other) != sorted(name))  # swapped letters are the usual slip
    return f"; did you mean {near[0]!r}?" if near else ""


def one_of(names: Iterable[str]) -> str:
    """Return the names that something must be one of.

    >>> one_of(["auto", "numpy", "native"])
    "'auto', 'numpy' or 'native'"
    """
    *others, last = map(repr, names)
    return f"{', '.join(others)} or {last}" if others else last


# Whose lines are not the user's: messages point to the line outside of them that led there.
_NOT_THE_USERS = {"autograd_lite", "nn", "numpy", "scipy", "sklearn", *sys.stdlib_module_names}


def users_frame() -> tuple[FrameType, int]:
    """Return the frame of the user's that led here, and the ``stacklevel`` with which its caller warns of that line."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and not _is_the_users(frame):
        frame, level = frame.f_back, level + 1
    return frame, level


def frame_of(problem: BaseException) -> FrameType | None:
    """Return the innermost frame of the user's that an exception came through."""
    found, step = None, problem.__traceback__
    while step is not None:
        found, step = step.tb_frame if _is_the_users(step.tb_frame) else found, step.tb_next
    return found


def _is_the_users(frame: FrameType) -> bool:
    code = frame.f_code
    if code.co_filename == "<string>" and code.co_name.startswith("__"):
        return False  # a method that dataclasses wrote, in the user's module
    return frame.f_globals.get("__name__", "").split(".")[0] not in _NOT_THE_USERS


def inert(text: str) -> str:
    """Return text that a terminal shows and never obeys, character for character.

    Control characters become their pictures, other invisible ones (that turn the direction of writing, say) ``�``.

        >>> inert("a\\x1b[2Jb\\u202e")
        'a␛[2Jb�'
    """
    return "".join(map(_shown, text))


def _shown(c: str) -> str:
    if c < " ":
        return chr(0x2400 + ord(c))
    if c == "\x7f":
        return "␡"
    return "�" if unicodedata.category(c) in _INVISIBLE and c not in _JOINERS else c


_INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_JOINERS = "\u200c\u200d"  # parts of words and of emoji
