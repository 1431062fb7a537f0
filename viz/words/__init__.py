"""Everything a person reads in pictures, tables and pages: whole sentences, one file per language.

A new language is one file beside ``en.py``, named by its code, with the same keys; tests hold the keys and
the places ``{x}`` of every language to those of English.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from ..offered import offered, part

LANGUAGES = tuple(sorted(offered(__path__), key=lambda lang: lang != "en"))  # English first


def words(lang: str) -> Mapping[str, str]:
    """Return all words and sentences of a language, by their keys.

    >>> words("en")["graph of"].format(y="z")
    'Computation graph of z'

    Raises ValueError for a language that is not there, ImportError for one whose file lacks keys of ``en.py``.
    """
    if lang not in LANGUAGES:
        raise ValueError(f"no sentences in {lang!r}; there are {', '.join(LANGUAGES)}")
    return _words(lang)


def _is_mapping(found: object) -> bool:
    return isinstance(found, Mapping)


@cache
def _words(lang: str) -> Mapping[str, str]:
    found: Mapping[str, str] = part(__name__, lang, "WORDS", _is_mapping, owed="a dict with the keys of en.py")
    missing = [] if lang == "en" else [key for key in _words("en") if key not in found]
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise ImportError(
            f"{lang}.py in viz/words lacks {', '.join(map(repr, missing[:3]))}{more} of the keys of en.py"
        )
    return found


def counted(lang: str, key: str, n: int) -> str:
    """Return the words for ``n`` things: those of ``key one`` for one, else those of ``key``.

    >>> counted("en", "values", 1), counted("en", "values", 3), counted("zh", "values", 3)
    ('1 value', '3 values', '3 个值')
    """
    said = words(lang)
    return said[f"{key} one" if n == 1 else key].format(n=n)
