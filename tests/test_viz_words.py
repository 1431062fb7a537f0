"""The words of every language: the same keys, the same places to fill, and each loaded once."""

from string import Formatter

import pytest

from viz.words import LANGUAGES, counted, words


def places(sentence):
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_language_has_the_keys_of_english_and_fills_the_same_places(lang):
    assert list(words(lang)) == list(words("en"))
    for key, sentence in words(lang).items():
        assert sentence.strip(), key
        # one thing may be said without its number
        assert places(sentence) | {"n"} == places(words("en")[key]) | {"n"}, key


def test_one_thing_and_many_are_told_apart():
    assert (counted("en", "parameters", 1), counted("en", "parameters", 2)) == ("1 parameter", "2 parameters")


def test_a_language_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="no sentences in 'fr'; there are en, zh"):
        words("fr")
