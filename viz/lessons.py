"""The lessons as pages: prose, formulas, code, what the code printed and drew.

With this module, one can,

- list the lessons: ``find_lessons()``;
- render one: ``render(lesson("fan-out"))``, or get it as a notebook: ``notebook(lesson("fan-out"))``;
- build the whole book into a folder: ``build(folder)``.

A lesson is a text that runs (jupytext percent format). Rendering runs it, so a page shows what
this version prints. Pages ask nothing of the network; where a lesson plays a graph, the player stands
in a frame of its own, so that several share a page without clashing. Needs the extra ``[lessons]``.
"""

from __future__ import annotations

import ast
import contextlib
import html
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograd_lite import parse
from autograd_lite.expression import did_you_mean

from .display import Drawing, save
from .palette import DARK, LIGHT
from .player import Player
from .svg import to_svg

_HERE = Path(__file__).parent
# in a checkout the lessons stand beside the packages, in an installed wheel inside this one
_FOLDERS = (_HERE.parent / "lessons", _HERE / "lesson_texts")
LANGUAGES = {"en": "", "zh": "zh"}
INSTALL = 'rendering lessons needs a few packages more: pip install "autograd-lite[lessons]"'


@dataclass(frozen=True)
class Lesson:
    """One lesson: its file, number, short name (``fan-out``), title and question."""

    path: Path
    number: int
    name: str
    title: str
    question: str
    lang: str

    @property
    def page(self) -> str:
        """The file name of its page."""
        return f"{self.path.stem.replace('_', '-')}{'' if self.lang == 'en' else '.' + self.lang}.html"


def find_lessons(lang: str = "en") -> list[Lesson]:
    """Return the lessons of a language in their order.

    >>> [lesson.name for lesson in find_lessons("zh")]
    ['fan-out', 'thresholds', 'softmax-cross-entropy']

    Raises ValueError for a language that is not there.
    """
    if lang not in LANGUAGES:
        raise ValueError(f"no lessons in {lang!r}; there are {', '.join(LANGUAGES)}")
    folder = next((each for each in _FOLDERS if each.is_dir()), _FOLDERS[0])
    return [_read(path, lang) for path in sorted((folder / LANGUAGES[lang]).glob("[0-9]*.py"))]


def _read(path: Path, lang: str) -> Lesson:
    text = path.read_text(encoding="utf-8")
    title = re.search(r"^# # (?:\d+\. )?(.+)$", text, re.M)
    question = re.search(r"^# \*\*(?:Question|问题)[:：]\*\* (.+(?:\n# .+)*)", text, re.M)
    if title is None or question is None:
        raise ValueError(f"the lesson {path} must begin with a title and its question")
    number, _, name = path.stem.partition("_")
    return Lesson(
        path, int(number), name.replace("_", "-"), title[1], " ".join(question[1].replace("\n# ", " ").split()), lang
    )


def lesson(name: str, lang: str = "en") -> Lesson:
    """Return the lesson of that name or number. Raises ValueError naming the nearest one."""
    lessons = find_lessons(lang)
    for each in lessons:
        if name in (each.name, str(each.number), each.path.stem):
            return each
    names = [each.name for each in lessons]
    raise ValueError(f"no lesson {name!r}{did_you_mean(name, names)} – there are {', '.join(names)}")


# ---------------------------------------------------------------- running a lesson


@dataclass(frozen=True)
class Cell:
    """A piece of a lesson: prose, or code with what it printed and showed (HTML)."""

    kind: str
    source: str
    printed: str = ""
    shown: str = ""


def run(path: Path, lang: str = "en") -> Iterator[Cell]:
    """Run a lesson cell by cell. Whatever a cell raises comes through."""
    try:
        import jupytext
    except ImportError as problem:
        raise ImportError(INSTALL) from problem
    names: dict[str, Any] = {"__name__": "__main__", "__file__": str(path)}
    for cell in jupytext.read(path, fmt="py:percent").cells:
        if cell.cell_type != "code":
            yield Cell("prose", cell.source)
            continue
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            shown = _execute(cell.source, names, str(path))
        yield Cell("code", cell.source, out.getvalue(), _as_html(shown, lang))


def notebook(which: Lesson) -> str:
    """Return a lesson as a Jupyter notebook, not yet run."""
    try:
        import jupytext
    except ImportError as problem:
        raise ImportError(INSTALL) from problem
    return str(jupytext.writes(jupytext.read(which.path, fmt="py:percent"), fmt="ipynb"))


def _execute(source: str, names: dict[str, Any], filename: str) -> Any:
    """Run a cell; return the value of its last line if that is an expression, as a notebook does."""
    body = ast.parse(source, filename).body
    last = body[-1] if body else None
    if not isinstance(last, ast.Expr):
        exec(compile(ast.Module(body, []), filename, "exec"), names)  # the project's own lessons, no input
        return None
    exec(compile(ast.Module(body[:-1], []), filename, "exec"), names)
    return eval(compile(ast.Expression(last.value), filename, "eval"), names)


def _as_html(shown: Any, lang: str) -> str:
    if isinstance(shown, Player):
        return _frame(shown, lang)
    if isinstance(shown, Drawing):
        return _picture(shown.svg)
    as_html = getattr(shown, "_repr_html_", None)
    return "" if as_html is None else str(as_html())


def _picture(svg: str) -> str:
    """Tell the page how wide the picture is by itself."""
    return re.sub(r'<svg ([^>]*?)width="(\d+)"', r'<svg \1width="\2" style="--natural:\2px"', svg, count=1)


# the frame tells the page how high its content is; a picture as high as the frame would never settle
_IN_FRAME = """<style>
main { padding: 14px 16px 6px; } h1 { font-size: 1.1rem; }
#graph svg { max-height: 520px; min-width: min(max(.7 * var(--natural, 860px), 860px), 1700px); }
</style>
<script>new ResizeObserver(() => parent.postMessage(document.body.offsetHeight, "*")).observe(document.body);</script>
</body>"""
_AROUND_FRAMES = """<script>addEventListener("message", (event) => {
  for (const frame of document.querySelectorAll("iframe"))
    if (frame.contentWindow === event.source && event.data > 0) frame.style.height = `${event.data}px`;
});</script>"""
_PLAYER = {"en": "Step by step", "zh": "一步一步看"}


def _frame(player: Player, lang: str) -> str:
    page = player.page.replace("</body>", _IN_FRAME)
    return f'<iframe srcdoc="{html.escape(page)}" title="{_PLAYER[lang]}" sandbox="allow-scripts"></iframe>'


# ---------------------------------------------------------------- pages

_FORMULA = re.compile(r"(?<!\\)\$\$(.+?)\$\$|(?<!\\)\$(.+?)\$", re.S)
_CHINESE = "[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]"
_CHINESE_LINE_END = re.compile(f"(?<={_CHINESE})\\n(?={_CHINESE})")  # a browser would show it as a gap


def _prose(text: str) -> str:
    """Return Markdown with formulas as HTML with MathML."""
    try:
        from latex2mathml.converter import convert
        from markdown_it import MarkdownIt
    except ImportError as problem:
        raise ImportError(INSTALL) from problem
    formulas: list[str] = []

    def keep(match: re.Match[str]) -> str:
        display = "block" if match[1] else "inline"
        formula = convert(" ".join((match[1] or match[2]).split()), display=display)
        # a long formula scrolls sideways on a phone; the keyboard must reach it
        formulas.append(formula.replace("<math ", '<math tabindex="0" ', 1) if match[1] else formula)
        return f"\ue000{len(formulas) - 1}\ue001"

    marked = _CHINESE_LINE_END.sub("", _FORMULA.sub(keep, text))
    rendered: str = MarkdownIt("commonmark", {"html": False}).enable("table").render(marked)
    rendered = rendered.replace("<table>", '<div class="table" tabindex="0"><table>').replace(
        "</table>", "</table></div>"
    )

    def put_back(match: re.Match[str]) -> str:
        # no line may begin with the comma after a formula
        formula, after = formulas[int(match[1])], match[2]
        return f'<span class="whole">{formula}{after}</span>' if after else formula

    return re.sub("\ue000(\\d+)\ue001([,.;:!?)，。；：、！？）]*)", put_back, rendered)


def _code(source: str) -> str:
    try:
        from pygments import highlight
        from pygments.formatters import HtmlFormatter
        from pygments.lexers import PythonLexer
    except ImportError as problem:
        raise ImportError(INSTALL) from problem
    coloured: str = highlight(source, PythonLexer(), HtmlFormatter(nowrap=True, classprefix="py-"))
    return f'<pre class="code" tabindex="0"><code>{coloured}</code></pre>'


def render(which: Lesson, *, neighbours: Sequence[Lesson] = ()) -> str:
    """Run a lesson and return its page, complete in one file; with ``neighbours`` it links to them."""
    parts = []
    for cell in run(which.path, which.lang):
        if cell.kind == "prose":
            parts.append(f'<div class="prose">{_prose(cell.source)}</div>')
            continue
        parts.append(_code(cell.source))
        if cell.printed:
            parts.append(f'<pre class="printed" tabindex="0">{html.escape(cell.printed.rstrip())}</pre>')
        if cell.shown:
            frame = cell.shown.startswith("<iframe")  # which scrolls, and takes the focus, by itself
            parts.append(f"<figure{'' if frame else ' tabindex=0'}>{cell.shown}</figure>")
    if any("<iframe" in part for part in parts):
        parts.append(_AROUND_FRAMES)
    parts.append(f'<p class="colophon">{_COLOPHON[which.lang].format(which=which)}</p>')
    return _page(f"{which.number}. {which.title}", "".join(parts), which.lang, _links(which, neighbours))


_COLOPHON = {
    "en": "Every number and picture on this page was computed when the page was made. To work with the lesson:<br>"
    "<code>autograd-lite lesson {which.name} --notebook {which.name}.ipynb</code>",
    "zh": "本页的每个数、每幅图，都是生成页面时算出来的。想动手改一改：<br>"
    "<code>autograd-lite lesson {which.name} --lang zh --notebook {which.name}.ipynb</code>",
}


def _links(which: Lesson, lessons: Sequence[Lesson]) -> str:
    if not lessons:
        return ""
    at = lessons.index(which)
    around = [("prev", "← ", lessons[at - 1])] if at else []
    around += [("next", "", lessons[at + 1])] if at + 1 < len(lessons) else []
    links = [
        f'<a rel="{rel}" href="{each.page}">{arrow}{html.escape(each.title)}{" →" if rel == "next" else ""}</a>'
        for rel, arrow, each in around
    ]
    return f'<nav><a href="{_index_page(which.lang)}">{_BOOK[which.lang].contents}</a>{"".join(links)}</nav>'


@dataclass(frozen=True)
class _Words:
    """What the index says in a language."""

    language: str
    title: str
    contents: str
    opening: str
    parts: tuple[tuple[int, str], ...]  # the number of the first lesson of each part, and its heading


_BOOK = {
    "en": _Words(
        "English",
        "Backpropagation, one question at a time",
        "Contents",
        "Each lesson asks a question, derives the answer by hand, lets the engine compute the same, and checks that "
        "both agree to twelve digits. You need school calculus and a little Python, and no other book.",
        ((1, "The chain rule in a network"), (5, "Many samples, and what to minimise"), (11, "Networks with a shape"),
         (15, "Training them"), (18, "Beyond the gradient")),
    ),
    "zh": _Words(
        "中文",
        "反向传播：一次一个问题",
        "目录",
        "每一课先提出一个问题，动手推导出答案，再让引擎算出同样的结果，并核对两者在十二位数字上一致。"
        "读者只需懂一点微积分和 Python，不需要别的书。下面三课有中文版，其余各课请看英文版。",
        (),
    ),
}  # fmt: skip


def _index_page(lang: str) -> str:
    return f"index{'' if lang == 'en' else '.' + lang}.html"


def index(lang: str, languages: Sequence[str]) -> str:
    """Return the page that lists the lessons with their questions."""
    said, headings = _BOOK[lang], dict(_BOOK[lang].parts)
    items = []
    for each in find_lessons(lang):
        if each.number in headings:
            items.append(f"</ol><h2>{headings[each.number]}</h2><ol>")
        question = _prose(each.question[0].upper() + each.question[1:]).strip().removeprefix("<p>").removesuffix("</p>")
        link = f'<a href="{each.page}">{html.escape(each.title)}</a>'
        items.append(f'<li value="{each.number}">{link}<p>{question}</p></li>')
    lessons = f"<ol>{''.join(items)}</ol>".replace("<ol></ol>", "")
    others = "".join(
        f'<a lang="{"zh-Hans" if each == "zh" else each}" href="{_index_page(each)}">{_BOOK[each].language}</a>'
        for each in languages
        if each != lang
    )
    cover = f'<figure tabindex="0">{_picture(_cover())}</figure>'
    body = f'<h1>{said.title}</h1><div class="prose"><p>{said.opening}</p></div>{cover}{lessons}'
    return _page(said.title, body, lang, f"<nav>{others}</nav>" if others else "")


def _cover() -> str:
    """The picture of the whole idea: a value used twice, and the two terms that add up at it."""
    return to_svg(parse("u = c*x; v = d*x; w = v**2; z = u + w").graph(c=3.0, x=2.0, d=-1.0))


def build(folder: Path, *, langs: Sequence[str] = ("en", "zh")) -> list[Path]:
    """Run every lesson and write the book: a page for each and an index for each language.

    Raises OSError if the folder cannot be written to; a lesson that fails raises what it raises.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pages = {_index_page(lang): index(lang, langs) for lang in langs}
    for lang in langs:
        lessons = find_lessons(lang)
        pages |= {each.page: render(each, neighbours=lessons) for each in lessons}
    for name, page in pages.items():
        save(folder / name, page)
    return [folder / name for name in pages]


def _page(title: str, body: str, lang: str, links: str) -> str:
    style = (_HERE / "lessons.css").read_text(encoding="utf-8")
    for name in ("background", "card", "ink", "muted", "hairline", "value", "gradient", "local"):
        style = style.replace(f"LIGHT-{name}", getattr(LIGHT, name)).replace(f"DARK-{name}", getattr(DARK, name))
    return (
        f'<!DOCTYPE html>\n<html lang="{"zh-Hans" if lang == "zh" else lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{style}</style></head>"
        f"<body>{links}<main>{body}</main>{links.replace('<nav>', '<nav aria-label=more>')}</body></html>\n"
    )
