"""The words of every language: the same keys, the same places to fill, and each loaded once."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from string import Formatter

import pytest

import viz.words
from viz.offered import offered
from viz.words import LANGUAGES, counted, words

ROOT = Path(__file__).parents[1]


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
    with pytest.raises(ValueError, match=f"no sentences in 'fr'; there are {', '.join(LANGUAGES)}$"):
        words("fr")


def test_a_new_language_is_one_file(tmp_path):
    """A language that puts every sentence between ‹ and › is there in pictures, tables, player and quiz."""
    shutil.copytree(ROOT / "viz", tmp_path / "viz")
    said = {key: f"‹{sentence}›" for key, sentence in words("en").items()}
    (tmp_path / "viz" / "words" / "xx.py").write_text(f"WORDS = {said!r}\n", encoding="utf-8")
    where = os.pathsep.join([str(tmp_path), str(ROOT)])

    def run(*arguments, code=0):
        command = [sys.executable, "-m", "viz.cli", *arguments, "--lang", "xx"]
        environment = {**os.environ, "PYTHONPATH": where, "PYTHONUTF8": "1"}
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environment, cwd=tmp_path)
        assert done.returncode == code, done.stderr
        return done.stderr if code else done.stdout

    assert "‹Forward pass›" in run("explain", "x*x + 1", "x=3", "--svg", "picture.svg")
    run("play", "x*x + 1", "x=3", "--out", "player.html")
    run("quiz", "easy", "--seed", "1", "--count", "1", "--page", "quiz.html")
    run("quiz", "--seed", "1", "--count", "2", "--page", "course.html")
    for file, sentence in (
        ("picture.svg", "‹value›"),
        ("player.html", "‹Next›"),
        ("quiz.html", "‹Next›"),
        ("course.html", "‹Next graph›"),
    ):
        assert sentence in (tmp_path / file).read_text(encoding="utf-8"), file
    shutil.copytree(ROOT / "lessons", tmp_path / "lessons")
    for command in (["lessons"], ["lessons", "--build", "book"], ["lesson", "fan-out"]):
        assert "no lessons in 'xx'; there are en, zh" in run(*command, code=2)
    assert not (tmp_path / "book").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("WORD = {}", "xx.py must have WORDS, a dict with the keys of en.py"),
        ("WORDS = ['graph of']", "xx.py must have WORDS, a dict with the keys of en.py"),
        ("from .en import WORDS\nWORDS = WORDS.copy()\ndel WORDS['value']", "xx.py in viz/words lacks 'value' of"),
        ("WORDS = {}", "more of the keys of en.py"),
    ],
)  # fmt: skip
def test_a_language_that_is_not_whole_says_what_its_file_lacks(tmp_path, monkeypatch, content, said):
    (tmp_path / "xx.py").write_text(content, encoding="utf-8")
    monkeypatch.delitem(sys.modules, "viz.words.xx", raising=False)
    (tmp_path / "_xx.py").write_text(content, encoding="utf-8")
    monkeypatch.setattr(viz.words, "__path__", [*viz.words.__path__, str(tmp_path)])
    monkeypatch.setattr(viz.words, "LANGUAGES", tuple(offered(viz.words.__path__)))
    assert viz.words.LANGUAGES == ("en", "xx", "zh")
    with pytest.raises(ImportError, match=said) as caught:
        words("xx")
    assert "\n" not in str(caught.value)
