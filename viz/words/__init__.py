"""Everything a person reads in pictures, tables and pages: whole sentences, one file per language.

A room adds its words in a file per language and names it in ``_FILES``; tests hold the keys and the
places ``{x}`` of every language to those of English.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module

# language: its files, each with a mapping WORDS
_FILES: Mapping[str, tuple[str, ...]] = {"en": ("en", "player_en"), "zh": ("zh", "player_zh")}
LANGUAGES = tuple(_FILES)


@cache
def words(lang: str) -> Mapping[str, str]:
    """Return all words and sentences of a language, by their keys.

    >>> words("en")["graph of"].format(y="z")
    'Computation graph of z'

    Raises ValueError for a language that is not there.
    """
    if lang not in _FILES:
        raise ValueError(f"no sentences in {lang!r}; there are {', '.join(LANGUAGES)}")
    merged: dict[str, str] = {}
    for file in _FILES[lang]:
        found: Mapping[str, str] = import_module(f".{file}", __name__).WORDS
        if twice := merged.keys() & found.keys():
            raise ValueError(f"viz/words/{file}.py: {', '.join(sorted(twice))} already have words in {lang!r}")
        merged.update(found)
    return merged


def counted(lang: str, key: str, n: int) -> str:
    """Return the words for ``n`` things: those of ``key one`` for one, else those of ``key``.

    >>> counted("en", "values", 1), counted("en", "values", 3), counted("zh", "values", 3)
    ('1 value', '3 values', '3 个值')
    """
    said = words(lang)
    return said[f"{key} one" if n == 1 else key].format(n=n)
