"""Prose with formulas, and code, as HTML: Markdown, MathML, colours of syntax."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import tostring
from xml.sax.saxutils import escape, unescape

from autograd_lite.extras import needs

if TYPE_CHECKING:
    from markdown_it.renderer import RendererProtocol
    from markdown_it.token import Token

_CHINESE = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
_PUNCTUATION = ",.;:!?)，。；：、！？）"


def prose(
    text: str, *, inline: bool = False, links: Links | None = None, terms: Callable[[str], str] | None = None
) -> str:
    """Return Markdown with formulas as HTML with MathML; ``inline`` as one line, without a paragraph around it.

    ``links`` leads from what the text mentions to pages; ``terms`` puts links into texts, but not into headings,
    formulas, code and other links.

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
    tokens = (markdown.parseInline if inline else markdown.parse)(text)
    _mark_headings_and_links(tokens)
    written: str = markdown.renderer.render(tokens, markdown.options, {"links": links, "terms": terms})
    return written


def _mark_headings_and_links(tokens: Sequence[Token]) -> None:
    """Mark the texts in which no term may be linked."""
    for i, token in enumerate(tokens):
        inside = int(i > 0 and tokens[i - 1].type in ("heading_open", "th_open"))
        for child in token.children or ():
            inside += child.nesting * child.type.startswith("link_")
            child.meta["plain"] = inside > 0


def _formula(tokens: Sequence[Token], i: int, display: str, attributes: Mapping[str, str]) -> str:
    """Return a formula and the punctuation after it as a whole: no line may begin with a comma."""
    written, after = _mathml(tokens[i].content, display, attributes), _after(tokens, i)
    return f'<span class="whole">{written}{after}</span>' if after else written


def _after(tokens: Sequence[Token], i: int) -> str:
    """The punctuation that a text begins with, if one follows."""
    text = tokens[i + 1].content if i + 1 < len(tokens) and tokens[i + 1].type == "text" else ""
    return text[: len(text) - len(text.lstrip(_PUNCTUATION))]


def _text(_: RendererProtocol, tokens: Sequence[Token], i: int, __: object, env: Mapping[str, Any]) -> str:
    """Return a text, without the punctuation that stands with the formula before it."""
    taken = len(_after(tokens, i - 1)) if i and tokens[i - 1].type in _FORMULAS else 0
    text = escape(tokens[i].content[taken:], {'"': "&quot;"})
    if env["terms"] and not tokens[i].meta["plain"]:
        text = env["terms"](text)
    return env["links"].put_into(text) if env["links"] else text


@dataclass(frozen=True)
class Links:
    r"""How a text mentions another page, with its number in a group, and the pages of the numbers.

    >>> Links(r"lesson (\d+)", {2: "02-fan-out.html"}).put_into("as in lesson 2, not lesson 3")
    'as in <a href="02-fan-out.html">lesson 2</a>, not lesson 3'
    """

    mention: str
    pages: Mapping[int, str]

    def put_into(self, text: str) -> str:
        """Return the text with a link around every mention of a page that is there."""
        return re.sub(self.mention, self._link, text)

    def _link(self, found: re.Match[str]) -> str:
        page = self.pages.get(int(found[1]))
        return f'<a href="{page}">{found[0]}</a>' if page else found[0]


def _inline_formula(_: RendererProtocol, tokens: Sequence[Token], i: int, *__: object) -> str:
    return _formula(tokens, i, "inline", {})


def _display_formula(_: RendererProtocol, tokens: Sequence[Token], i: int, *__: object) -> str:
    return _formula(tokens, i, "block", {"tabindex": "0"})  # a long one scrolls sideways; the keyboard must reach it


def _mathml(latex: str, display: str, attributes: Mapping[str, str]) -> str:
    with needs("lessons", "the page of a lesson"):
        from latex2mathml.converter import convert_to_element
    formula = convert_to_element(" ".join(latex.split()), display=display)
    formula.attrib.update(attributes)
    for letter in formula.iter("mi"):
        if len(html.unescape(letter.text or "")) == 1 and "mathvariant" not in letter.attrib:
            letter.set("class", "letter")  # the page slants it: a browser would take signs that few fonts have
    return unescape(tostring(formula, encoding="unicode"))


def _line_end(_: RendererProtocol, tokens: Sequence[Token], i: int, *__: object) -> str:
    """Between Chinese characters a browser would show it as a gap."""
    before, after = tokens[i - 1].content[-1:], tokens[i + 1].content[:1]
    return "" if _CHINESE.match(before) and _CHINESE.match(after) else "\n"


_FORMULAS = ("math_inline", "math_inline_double")
_RULES: Mapping[str, Callable[..., str]] = {
    "math_inline": _inline_formula,
    "math_inline_double": _display_formula,
    "math_block": lambda *here: f"<p>{_display_formula(*here)}</p>\n",
    "text": _text,
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
