"""Everything a person reads in pictures, tables and pages: whole sentences, one file per language.

A new language is one file beside ``en.py``, named by its code, with the same keys; tests hold the keys and
the places ``{x}`` of every language to those of English.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules

LANGUAGES = ("en", *sorted({module.name for module in iter_modules(__path__)} - {"en"}))


def words(lang: str) -> Mapping[str, str]:
    """Return all words and sentences of a language, by their keys.

    >>> words("en")["graph of"].format(y="z")
    'Computation graph of z'

    Raises ValueError for a language that is not there.
    """
    if lang not in LANGUAGES:
        raise ValueError(f"no sentences in {lang!r}; there are {', '.join(LANGUAGES)}")
    found: Mapping[str, str] = import_module(f".{lang}", __name__).WORDS
    return found


def counted(lang: str, key: str, n: int) -> str:
    """Return the words for ``n`` things: those of ``key one`` for one, else those of ``key``.

    >>> counted("en", "values", 1), counted("en", "values", 3), counted("zh", "values", 3)
    ('1 value', '3 values', '3 个值')
    """
    said = words(lang)
    return said[f"{key} one" if n == 1 else key].format(n=n)
