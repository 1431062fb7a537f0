"""What the README promises runs."""

import doctest
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from viz.cli import app

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")
DRAWN = [shlex.split(line) for line in TEXT.splitlines() if "--svg viz/images/" in line]


def test_every_python_snippet_of_the_readme_gives_what_it_shows():
    result = doctest.testfile(str(README), module_relative=False, encoding="utf-8", optionflags=FLAGS)
    assert result.attempted > 10
    assert result.failed == 0


def test_the_chinese_readme_shows_the_same_snippets():
    def shown(text):
        return [(each.source, each.want) for each in doctest.DocTestParser().get_examples(text)]

    assert shown(README.with_name("README.zh.md").read_text(encoding="utf-8")) == shown(TEXT)


def test_every_picture_of_the_readme_stands_beside_the_command_that_makes_it():
    shown = set(re.findall(r"!\[[^\]]+\]\(([^)]+\.svg)\)", TEXT))
    assert shown == {command[-1] for command in DRAWN}
    assert {"viz/images/fan-out.svg", "viz/images/fan-out-animated.svg"} <= shown


@pytest.mark.parametrize("command", DRAWN, ids=lambda command: Path(command[-1]).stem)
def test_the_command_makes_the_picture_to_the_byte(command, tmp_path):
    pytest.importorskip("pygraphviz")
    program, *arguments, picture = command
    assert program == "autograd-lite"
    again = tmp_path / "again.svg"
    subprocess.run([sys.executable, "-m", "viz.cli", *arguments, str(again)], check=True, capture_output=True)
    assert again.read_text(encoding="utf-8") == (ROOT / picture).read_text(encoding="utf-8")


def test_the_table_of_commands_names_every_command():
    listed = set(re.findall(r"^\|[^|]*`autograd-lite (\w+)", TEXT, re.MULTILINE)) | set(
        re.findall(r"^\|[^|]*· `(\w+) ", TEXT, re.MULTILINE)
    )
    assert {command.name for command in app.registered_commands} <= listed


def test_the_page_of_the_readme_is_made_by_its_command(tmp_path):
    command = next(shlex.split(line) for line in TEXT.splitlines() if line.startswith("autograd-lite play"))
    arguments = [argument for argument in command[1:] if argument != "--open"]
    subprocess.run([sys.executable, "-m", "viz.cli", *arguments], check=True, capture_output=True, cwd=tmp_path)
    assert (tmp_path / "player.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
