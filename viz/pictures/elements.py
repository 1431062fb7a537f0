"""SVG elements as data: built, changed, and written once, under the id of their figure.

With this module, one can,

- build a picture of boxes, wires and lines of text: ``rect``, ``curve``, ``arrow_head``, ``text``, ``text_line``, and
  ``group``, whose key becomes an id in the figure it is drawn in;
- change what was built: ``each_group(content, change)``;
- write it: ``element.written("figure")``.

Exported files carry every colour as a concrete attribute, so that every viewer shows them; a class tells its
meaning and lets one ``@media`` block turn them dark, or a page restyle them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape

from ..notation import xml_text
from .layered import Point
from .palette import DARK, Theme
from .text_width import is_wide

SANS = "system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','Noto Sans CJK SC','Microsoft YaHei',sans-serif"
SERIF = "'STIX Two Math','Cambria Math',Georgia,'Noto Serif','Noto Serif CJK SC',serif"

# class: {attribute: field of the theme}
PAINT: dict[str, dict[str, str]] = {
    "background": {"fill": "background"},
    "card": {"fill": "card", "stroke": "line"},
    "output": {"fill": "card", "stroke": "ink"},
    "chip": {"fill": "card", "stroke": "hairline"},
    "slot": {"fill": "target", "stroke": "gradient"},
    "rule": {"stroke": "hairline"},
    "wire": {"stroke": "line"},
    "head": {"fill": "line"},
    "ink": {"fill": "ink"},
    "muted": {"fill": "muted"},
    "value": {"fill": "value"},
    "grad": {"fill": "gradient"},
    "local": {"fill": "local"},
    "line": {"stroke": "ink", "fill": "card"},
    "track": {"stroke": "ink"},
}


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its tag, its attributes in the order they are written, and what it holds.

    >>> Element("text", {"x": "1.0"}, ("a < b",)).written("figure")
    '<text x="1.0">a &lt; b</text>'
    """

    tag: str
    attributes: Mapping[str, str]
    children: Children = ()
    key: str = ""  # what it is called in its figure: the end of its id

    def written(self, figure: str) -> str:
        """Return the element as text, in the figure of that id; texts come out inert."""
        return joined(pieces([self]), figure)

    def write(self, text: Pieces) -> None:
        """Add the element to a text."""
        end = ">" if self.children else "/>"
        start = "".join([f' {name}="{_inert(x)}"' for name, x in self.attributes.items()]) + end
        if self.key:
            text += (f'<{self.tag} id="', None, f'-{self.key}"{start}')
        else:
            text.append(f"<{self.tag}{start}")
        if self.children:
            _write(self.children, text)
            text.append(f"</{self.tag}>")

    def with_attributes(self, attributes: Mapping[str, str]) -> Element:
        """Return the element with other attributes, or with more of them."""
        return replace(self, attributes={**self.attributes, **attributes})


@dataclass(frozen=True)
class MediaStyle:
    """The style block of a figure for viewers that ask for something: for each selector its properties.

    >>> MediaStyle("print", {".ink": {"fill": "#FFF"}}).written("g1")
    '<style>@media (print){#g1 .ink{fill:#FFF}}</style>'
    """

    asked: str
    rules: Mapping[str, Mapping[str, str]]

    def written(self, figure: str) -> str:
        """Return the block for the figure of that id."""
        return joined(pieces([self]), figure)

    def write(self, text: Pieces) -> None:
        """Add the block to a text."""
        text.append(f"<style>@media ({self.asked}){{")
        for selector, properties in self.rules.items():
            rule = ";".join(f"{name}:{x}" for name, x in properties.items())
            text += ("#", None, f" {selector}{{{rule}}}")
        text.append("}</style>")


Child = Element | MediaStyle | str
Children = Sequence[Child]
Pieces = list[str | None]


@lru_cache(maxsize=1 << 14)
def _inert(x: str) -> str:
    return escape(x, quote=False).replace('"', "&quot;")


def pieces(content: Children) -> Pieces:
    """Return elements and texts, one after the other, as text in pieces: None stands where the figure's id goes."""
    text: Pieces = []
    _write(content, text)
    return text


def _write(content: Children, text: Pieces) -> None:
    for child in content:
        if isinstance(child, str):
            text.append(xml_text(child))
        else:
            child.write(text)


def joined(text: Pieces, figure: str) -> str:
    """Return a text whose pieces are known in the figure of that id."""
    return "".join([figure if piece is None else piece for piece in text])


def each_group(content: Children, change: Callable[[Element], Element]) -> tuple[Child, ...]:
    """Return the elements with every one that has a key as ``change`` makes it; those inside come first.

    >>> from viz.pictures.palette import LIGHT
    >>> (g,) = each_group([group("n1", text(0, 0, "x", "ink", LIGHT, size=9))], lambda g: replace(g, children=()))
    >>> g.written("figure")
    '<g id="figure-n1"/>'
    """

    def changed(child: Child) -> Child:
        if not isinstance(child, Element):
            return child
        whole = replace(child, children=each_group(child.children, change))
        return change(whole) if whole.key else whole

    return tuple(map(changed, content))


@lru_cache  # a picture of thousands of values has as many elements of each kind
def paint(kind: str, theme: Theme) -> dict[str, str]:
    """Return the class and the concrete colours of a meaning.

    >>> from viz.pictures.palette import LIGHT
    >>> paint("value", LIGHT)
    {'class': 'value', 'fill': '#0B5FA5'}
    """
    return {"class": kind, **{attribute: getattr(theme, field) for attribute, field in PAINT[kind].items()}}


def at(x: float) -> str:
    """Return a coordinate as it is written: to a tenth, never ``-0.0``.

    >>> at(3.14159), at(-0.04)
    ('3.1', '0.0')
    """
    written = f"{x:.1f}"
    return "0.0" if written == "-0.0" else written


# ---------------------------------------------------------------- what pictures are made of


def group(key: str, *children: Child, tip: str = "") -> Element:
    """Return a group with a name of its own in the figure; ``tip`` is told when one points at it."""
    return Element("g", {}, (title(tip), *children) if tip else children, key)


def title(content: str) -> Element:
    """Return what is told of an element when one points at it."""
    return Element("title", {}, (content,))


def moved(x: float, y: float, content: Children) -> Element:
    """Return elements moved to the right and down."""
    return Element("g", {"transform": f"translate({x:g},{y:g})"}, content)


def text(
    x: float, y: float, content: str, kind: str, theme: Theme, *,
    size: float, anchor: str = "middle", bold: bool = False, italic: bool = False,
) -> Element:  # fmt: skip
    """Return one line of text; ``content`` may be anything, it comes out inert."""
    place = {"x": at(x), "y": at(y), **paint(kind, theme), "font-size": f"{size:g}", "text-anchor": anchor}
    return Element("text", place | _weight(bold) | _slant(content, italic), (content,))


def _weight(bold: bool) -> dict[str, str]:
    return {"font-weight": "700"} if bold else {}


def _slant(content: str, italic: bool) -> dict[str, str]:
    """Serifs, and italics for letters: a Chinese character has no italic form, a slanted one is a distorted one."""
    if not italic:
        return {}
    return {"font-family": SERIF} | ({} if any(map(is_wide, content)) else {"font-style": "italic"})


@dataclass(frozen=True)
class Run:
    """A part of a line with a look of its own; a variable is italic with serifs."""

    content: str
    kind: str
    size: float
    variable: bool = False
    bold: bool = False
    gap: float = 0.0

    def drawn(self, theme: Theme) -> Element:
        """Return the part as an element of its line."""
        place = (
            paint(self.kind, theme) | {"font-size": f"{self.size:g}"} | ({"dx": f"{self.gap:g}"} if self.gap else {})
        )
        return Element("tspan", place | _slant(self.content, self.variable) | _weight(self.bold), (self.content,))


def text_line(x: float, y: float, runs: Sequence[Run], theme: Theme) -> Element:
    """Return one line of text made of several runs, centred at ``x``."""
    place = {"x": at(x), "y": at(y), **paint("ink", theme), "text-anchor": "middle"}
    return Element("text", place, [run.drawn(theme) for run in runs])


def rect(
    x: float, y: float, width: float, height: float, kind: str, theme: Theme, *, radius: float, stroke: float = 1.0
) -> Element:
    """Return a rounded box by its upper left corner."""
    place = {"x": at(x), "y": at(y), "width": at(width), "height": at(height), "rx": f"{radius:g}"}
    return Element("rect", place | paint(kind, theme) | {"stroke-width": f"{stroke:g}"})


def square(x: float, y: float, size: float, kind: str, theme: Theme, opacity: str) -> Element:
    """Return a square without a border, as strong as ``opacity`` says."""
    return rect(x, y, size, size, kind, theme, radius=0, stroke=0).with_attributes({"fill-opacity": opacity})


def path(data: str, kind: str, theme: Theme, *, stroke: float | None = None) -> Element:
    """Return a line along SVG path data."""
    width = {} if stroke is None else {"stroke-width": f"{stroke:g}"}
    return Element("path", {"d": data, "fill": "none"} | paint(kind, theme) | width)


def curve(points: Sequence[Point], kind: str, theme: Theme, *, stroke: float = 1.4) -> Element:
    """Return a Bézier curve through its control points."""
    (x, y), *rest = points
    control = " ".join([f"{at(a)},{at(b)}" for a, b in rest])
    return path(f"M{at(x)},{at(y)}C{control}", kind, theme, stroke=stroke)


def arrow_head(x: float, y: float, theme: Theme, *, down: bool = False) -> Element:
    """Return the head of an arrow that arrives at (x, y) from the left, or from above."""
    sides = "l-4,-10h8z" if down else "l-10,-4v8z"
    return Element("path", {"d": f"M{at(x)},{at(y)}{sides}", **paint("head", theme)})


def when_dark(colours: Mapping[str, Mapping[str, str]]) -> MediaStyle:
    """Return the style block that turns a figure dark when its viewer asks for it: for each class its colours.

    >>> when_dark({"ink": {"fill": "#FFF"}}).written("g1")
    '<style>@media (prefers-color-scheme:dark){#g1 .ink{fill:#FFF}}</style>'
    """
    return MediaStyle("prefers-color-scheme:dark", {f".{kind}": rule for kind, rule in colours.items()})


def dark_style(more: Mapping[str, Mapping[str, str]]) -> MediaStyle:
    """Return the style block of all meanings, and of those a picture has beside them."""
    named = {kind: {a: getattr(DARK, field) for a, field in fields.items()} for kind, fields in PAINT.items()}
    return when_dark({**named, **more})
