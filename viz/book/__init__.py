"""The lessons as pages: prose, formulas, code, what the code printed and drew.

With this package, one can,

- list the lessons: ``find_lessons()``;
- render one: ``render(lesson("fan-out"))``, or get it as a notebook: ``notebook(lesson("fan-out"))``;
- build the whole book into a folder: ``build(folder)``.

A lesson is a text that runs (jupytext percent format). Rendering runs it, so a page shows what
this version prints. Pages ask nothing of the network; where a lesson plays a graph, the player stands
in a frame of its own, so that several share a page without clashing. Needs the extra ``[lessons]``.
"""

from .book import build as build
from .book import index as index
from .book import playground_page as playground_page
from .lessons import Lesson as Lesson
from .lessons import find_lessons as find_lessons
from .lessons import lesson as lesson
from .lessons import lesson_languages as lesson_languages
from .lessons import notebook as notebook
from .lessons import run as run
from .pages import render as render
