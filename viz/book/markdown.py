"""Prose with formulas, and code, as HTML: Markdown, MathML, colours of syntax."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from autograd_lite.extras import needs

if TYPE_CHECKING:
    from markdown_it.renderer import RendererProtocol
    from markdown_it.token import Token

_CHINESE = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
_PUNCTUATED = re.compile("(<math (?:(?!</math>).)*</math>)([,.;:!?)，。；：、！？）]+)", re.S)


def prose(text: str) -> str:
    """Return Markdown with formulas as HTML with MathML.

    >>> prose("a *plus* sign, `$a` and `$b`")
    '<p>a <em>plus</em> sign, <code>$a</code> and <code>$b</code></p>\\n'

    Raises ImportError saying what to install if a package of the extra ``[lessons]`` is missing.
    """
    with needs("lessons", "the page of a lesson"):
        from markdown_it import MarkdownIt
        from mdit_py_plugins.dollarmath import dollarmath_plugin
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    markdown.use(dollarmath_plugin, allow_labels=False, double_inline=True)
    for kind, rule in _RULES.items():
        markdown.add_render_rule(kind, rule)
    # no line may begin with the comma after a formula
    return _PUNCTUATED.sub(r'<span class="whole">\1\2</span>', markdown.render(text))


def _inline_formula(_: RendererProtocol, tokens: Sequence[Token], i: int, *__: object) -> str:
    return _mathml(tokens[i].content, "inline")


def _display_formula(_: RendererProtocol, tokens: Sequence[Token], i: int, *__: object) -> str:
    # a long formula scrolls sideways on a phone; the keyboard must reach it
    return _mathml(tokens[i].content, "block").replace("<math ", '<math tabindex="0" ', 1)


def _mathml(latex: str, display: str) -> str:
    with needs("lessons", "the page of a lesson"):
        from latex2mathml.converter import convert
    written: str = convert(" ".join(latex.split()), display=display)
    return written


def _line_end(_: RendererProtocol, tokens: Sequence[Token], i: int, *__: object) -> str:
    """Between Chinese characters a browser would show it as a gap."""
    before, after = tokens[i - 1].content[-1:], tokens[i + 1].content[:1]
    return "" if _CHINESE.match(before) and _CHINESE.match(after) else "\n"


_RULES: Mapping[str, Callable[..., str]] = {
    "math_inline": _inline_formula,
    "math_inline_double": _display_formula,
    "math_block": lambda *here: f"<p>{_display_formula(*here)}</p>\n",
    "softbreak": _line_end,
    "table_open": lambda *_: '<div class="table" tabindex="0"><table>\n',
    "table_close": lambda *_: "</table></div>\n",
}


def code(source: str) -> str:
    """Return Python as HTML with the classes of its syntax."""
    with needs("lessons", "the page of a lesson"):
        from pygments import highlight
        from pygments.formatters import HtmlFormatter
        from pygments.lexers import PythonLexer
    coloured: str = highlight(source, PythonLexer(), HtmlFormatter(nowrap=True, classprefix="py-"))
    return f'<pre class="code" tabindex="0"><code>{coloured}</code></pre>'
