"""What the README promises runs."""

import doctest
from pathlib import Path

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
README = Path(__file__).parents[1] / "README.md"


def test_every_python_snippet_of_the_readme_gives_what_it_shows():
    result = doctest.testfile(str(README), module_relative=False, encoding="utf-8", optionflags=FLAGS)
    assert result.attempted > 10
    assert result.failed == 0
