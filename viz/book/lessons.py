"""The lessons as texts: finding them, running them cell by cell, handing them out as notebooks."""

from __future__ import annotations

import ast
import contextlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograd_lite.extras import needs
from autograd_lite.hints import did_you_mean

from ..cells import execute
from ..exercises import Exercise
from ..words import LANGUAGES, words

_VIZ = Path(__file__).parents[1]
# in a checkout the lessons stand beside the packages, in an installed wheel inside viz
_FOLDERS = (_VIZ.parent / "lessons", _VIZ / "lesson_texts")
_ORIGINAL = "en"  # the language that all lessons are in; translations stand in folders of their own


@dataclass(frozen=True)
class Lesson:
    """One lesson: its file, number, short name (``fan-out``), title and question, and what it builds on."""

    path: Path
    number: int
    name: str
    title: str
    question: str
    lang: str
    builds_on: tuple[int, ...] = ()  # the numbers of the lessons to have read before

    @property
    def page(self) -> str:
        """The file name of its page."""
        return f"{self.path.stem.replace('_', '-')}{suffix(self.lang)}.html"


def suffix(lang: str) -> str:
    """Return what the file names of pages in a language end in; nothing in the language of all lessons."""
    return "" if lang == _ORIGINAL else f".{lang}"


def find_lessons(lang: str = "en") -> list[Lesson]:
    """Return the lessons of a language in their order.

    >>> [lesson.title for lesson in find_lessons("zh")][:2]
    ['感知机', '扇出：梯度为什么要相加']

    Raises ValueError for a language that has none.
    """
    if lang not in lesson_languages():
        raise ValueError(f"no lessons in {lang!r}; there are {', '.join(lesson_languages())}")
    return [_read(path, lang) for path in _files(lang)]


def lesson_languages() -> list[str]:
    """Return the languages that have lessons; there may be words in one before it has any.

    >>> lesson_languages()
    ['en', 'zh']
    """
    return [lang for lang in LANGUAGES if _files(lang)]


def folder() -> Path:
    """Return the folder of the lessons; those of other languages stand in folders of their own in it."""
    return next((each for each in _FOLDERS if each.is_dir()), _FOLDERS[0])


def lessons_of(lang: str) -> Path:
    """Return the folder of the lessons of one language."""
    return folder() if lang == _ORIGINAL else folder() / lang


def _files(lang: str) -> list[Path]:
    return sorted(lessons_of(lang).glob("[0-9]*.py"))


def _read(path: Path, lang: str) -> Lesson:
    text = path.read_text(encoding="utf-8")
    title = re.search(r"^# # (?:\d+\. )?(.+)$", text, re.M)
    question = re.search(rf"^# \*\*{words(lang)['question']}[:：]\*\* (.+(?:\n# .+)*)", text, re.M)
    if title is None or question is None:
        raise ValueError(f"the lesson {path} must begin with a title and its question")
    before = re.search(rf"^# \*\*{words(lang)['builds on']}[:：]\*\* (.+)$", text, re.M)
    builds_on = re.findall(words(lang)["book lesson"], before[1]) if before else []
    number, _, name = path.stem.partition("_")
    asked = " ".join(question[1].replace("\n# ", " ").split())
    return Lesson(path, int(number), name.replace("_", "-"), title[1], asked, lang, tuple(map(int, builds_on)))


def lesson(name: str, lang: str = "en") -> Lesson:
    """Return the lesson of that name or number. Raises ValueError naming the nearest one."""
    lessons = find_lessons(lang)
    for each in lessons:
        if name in (each.name, str(each.number), each.path.stem):
            return each
    names = [each.name for each in lessons]
    raise ValueError(f"no lesson {name!r}{did_you_mean(name, names)} – there are {', '.join(names)}")


@dataclass(frozen=True)
class Cell:
    """A piece of a lesson: prose, or code with what it printed and the value of its last line, or its exercise."""

    kind: str
    source: str
    printed: str = ""
    shown: Any = None


def run(path: Path) -> Iterator[Cell]:
    """Run a lesson cell by cell. Whatever a cell raises comes through."""
    with needs("lessons", "a lesson"):
        import jupytext
    names: dict[str, Any] = {"__name__": "__main__", "__file__": str(path)}
    for cell in jupytext.read(path, fmt="py:percent").cells:
        if cell.cell_type != "code":
            yield Cell("prose", cell.source)
            continue
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            shown = execute(cell.source, names, str(path))
        shown = names.get(_exercise(cell.source)) if shown is None else shown
        yield Cell("code", cell.source, out.getvalue(), shown)


def _exercise(source: str) -> str:
    """Return the name that a cell gives to its exercise, nothing if it has none."""
    for statement in ast.parse(source).body:
        match statement:
            case ast.Assign([ast.Name(name)], ast.Call(ast.Name(Exercise.__name__))):
                return name
    return ""


def notebook(which: Lesson) -> str:
    """Return a lesson as a Jupyter notebook, not yet run.

    The cells that hold the answers of exercises are folded; after each stands one for the reader's own answer.
    """
    with needs("lessons", "a lesson"):
        import jupytext
    made = jupytext.read(which.path, fmt="py:percent")
    cells = []
    for cell in made.cells:
        cells.append(cell)
        name = _exercise(cell.source) if cell.cell_type == "code" else ""
        if name:
            cell.metadata["jupyter"] = {"source_hidden": True}
            asked = f"# %%\n{name}(...)  # {words(which.lang)['exercise here']}"
            cells += jupytext.reads(asked, fmt="py:percent").cells
    made.cells = cells
    return str(jupytext.writes(made, fmt="ipynb"))
