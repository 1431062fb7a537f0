"""A series of quizzes as one page: a graph at a time, and at the end what to practise.

Each graph is a page of its own, in a frame whose name is its link; the link of the whole page holds all of them. So it
can be gone on with another day, and handed in. The pages are packed: who looks at the source sees no answers.
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Sequence
from typing import Any

from ..template import asset, colours, fill, script_safe
from ..words import words
from .exercises import Exercise, questions_of
from .page import to_html
from .script import practise


def course(exercises: Sequence[Exercise], *, lang: str = "en", engine: str = "auto") -> str:
    """Return the page of a series; it asks nothing of the network.

    >>> from .exercises import series
    >>> page = course(series("easy", seed=1, count=2))
    >>> page.count("<iframe"), "https://" in page
    (1, False)

    Raises ValueError for a language that is not there.
    """
    said = words(lang)
    data = {
        "graphs": [_graph(i, len(exercises), each, lang, engine) for i, each in enumerate(exercises, start=1)],
        "practise": practise(said), "words": {key: said[key] for key in ("next graph", "graph state")},
    }  # fmt: skip
    scripts = [asset(__package__, f"browser/{name}") for name in ("practise.js", "course.js")]
    return fill(
        asset(__package__, "browser/course.html"),
        lang=said["language tag"], title=html.escape(said["quiz title"]), style=colours(), graphs=said["graphs"],
        next=said["next graph"], restart=said["start again"], no_script=said["course no script"],
        on_paper=said["course on paper"],
        data=script_safe(json.dumps(data, ensure_ascii=False)), script="\n".join(scripts),
    )  # fmt: skip


def _graph(i: int, n: int, each: Exercise, lang: str, engine: str) -> dict[str, Any]:
    said = words(lang)
    title = said["graph of series"].format(i=i, n=n, level=said[f"level {each.difficulty}"])
    page = to_html(each.graph(), formula=each.formula, lang=lang, title=title, quiz=True, engine=engine)
    questions, _ = questions_of(each.explanation, lang=lang)
    operations = [question.operation for question in questions]
    return {"title": title, "operations": operations, "page": base64.b64encode(page.encode()).decode()}
