"""Prose with formulas, and code, as HTML: Markdown, MathML, colours of syntax."""

from __future__ import annotations

import re

from autograd_lite.extras import needs

_FORMULA = re.compile(r"(?<!\\)\$\$(.+?)\$\$|(?<!\\)\$(.+?)\$", re.S)
_CHINESE = "[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]"
_CHINESE_LINE_END = re.compile(f"(?<={_CHINESE})\\n(?={_CHINESE})")  # a browser would show it as a gap


def prose(text: str) -> str:
    """Return Markdown with formulas as HTML with MathML.

    >>> prose("a *plus* sign")
    '<p>a <em>plus</em> sign</p>\\n'

    Raises ImportError saying what to install if a package of the extra ``[lessons]`` is missing.
    """
    with needs("lessons", "the page of a lesson"):
        from latex2mathml.converter import convert
        from markdown_it import MarkdownIt
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


def code(source: str) -> str:
    """Return Python as HTML with the classes of its syntax."""
    with needs("lessons", "the page of a lesson"):
        from pygments import highlight
        from pygments.formatters import HtmlFormatter
        from pygments.lexers import PythonLexer
    coloured: str = highlight(source, PythonLexer(), HtmlFormatter(nowrap=True, classprefix="py-"))
    return f'<pre class="code" tabindex="0"><code>{coloured}</code></pre>'
