"""SVG elements as text: every colour is a concrete attribute, and a class tells its meaning.

Exported files carry concrete attributes, so that every viewer shows them; the classes let one
``@media`` block turn them dark, and let the player's page restyle them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..notation import xml_text
from .layered import Point
from .palette import DARK, LIGHT, THEMES, Theme
from .text_width import is_wide

SANS = "system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','Noto Sans CJK SC','Microsoft YaHei',sans-serif"
SERIF = "'STIX Two Math','Cambria Math',Georgia,'Noto Serif','Noto Serif CJK SC',serif"

# class: (attribute, field of the theme)
PAINT: dict[str, tuple[tuple[str, str], ...]] = {
    "background": (("fill", "background"),),
    "card": (("fill", "card"), ("stroke", "line")),
    "output": (("fill", "card"), ("stroke", "ink")),
    "chip": (("fill", "card"), ("stroke", "hairline")),
    "slot": (("fill", "target"), ("stroke", "gradient")),
    "rule": (("stroke", "hairline"),),
    "wire": (("stroke", "line"),),
    "head": (("fill", "line"),),
    "ink": (("fill", "ink"),),
    "muted": (("fill", "muted"),),
    "value": (("fill", "value"),),
    "grad": (("fill", "gradient"),),
    "local": (("fill", "local"),),
    "line": (("stroke", "ink"), ("fill", "card")),
    "track": (("stroke", "ink"),),
}


def paint(kind: str, theme: Theme) -> str:
    """Return the class and the concrete colours of a meaning.

    >>> paint("value", LIGHT)
    'class="value" fill="#0B5FA5"'
    """
    colours = " ".join(f'{attribute}="{getattr(theme, field)}"' for attribute, field in PAINT[kind])
    return f'class="{kind}" {colours}'


def dark_style(figure: str) -> str:
    """Return the style block that turns the figure of that id dark when the viewer asks for it."""
    rules = "".join(
        f"#{figure} .{kind}{{" + ";".join(f"{a}:{getattr(DARK, field)}" for a, field in colours) + "}"
        for kind, colours in PAINT.items()
    )
    return f"<style>@media (prefers-color-scheme:dark){{{rules}}}</style>"


def at(x: float) -> str:
    """Return a coordinate as it is written: to a tenth, never ``-0.0``.

    >>> at(3.14159), at(-0.04)
    ('3.1', '0.0')
    """
    return f"{round(x, 1) + 0.0:.1f}"


def text(
    x: float, y: float, content: str, kind: str, theme: Theme, *,
    size: float, anchor: str = "middle", bold: bool = False, italic: bool = False,
) -> str:  # fmt: skip
    """Return one line of text; ``content`` may be anything, it comes out inert."""
    # a Chinese character has no italic form; a slanted one is a distorted one
    style = f' font-family="{SERIF}"' if italic else ""
    style += ' font-style="italic"' if italic and not any(map(is_wide, content)) else ""
    weight = ' font-weight="700"' if bold else ""
    return (
        f'<text x="{at(x)}" y="{at(y)}" {paint(kind, theme)} font-size="{size:g}" text-anchor="{anchor}"'
        f"{weight}{style}>{xml_text(content)}</text>"
    )


@dataclass(frozen=True)
class Run:
    """A part of a line with a look of its own; a variable is italic with serifs."""

    content: str
    kind: str
    size: float
    variable: bool = False
    bold: bool = False
    gap: float = 0.0


def line(x: float, y: float, runs: Sequence[Run], theme: Theme) -> str:
    """Return one line of text made of several runs, centred at ``x``."""
    spans = []
    for run in runs:
        look = f' dx="{run.gap:g}"' if run.gap else ""
        look += f' font-family="{SERIF}"' if run.variable else ""
        look += ' font-style="italic"' if run.variable and not any(map(is_wide, run.content)) else ""
        look += ' font-weight="700"' if run.bold else ""
        spans.append(f'<tspan {paint(run.kind, theme)} font-size="{run.size:g}"{look}>{xml_text(run.content)}</tspan>')
    return f'<text x="{at(x)}" y="{at(y)}" {paint("ink", theme)} text-anchor="middle">{"".join(spans)}</text>'


def rect(
    x: float, y: float, width: float, height: float, kind: str, theme: Theme, *, radius: float, stroke: float = 1.0
) -> str:
    """Return a rounded box by its upper left corner."""
    return (
        f'<rect x="{at(x)}" y="{at(y)}" width="{at(width)}" height="{at(height)}" rx="{radius:g}" '
        f'{paint(kind, theme)} stroke-width="{stroke:g}"/>'
    )


def curve(points: Sequence[Point], kind: str, theme: Theme, *, stroke: float = 1.4) -> str:
    """Return a Bézier curve through its control points."""
    (x, y), *rest = points
    control = " ".join(f"{at(a)},{at(b)}" for a, b in rest)
    return f'<path d="M{at(x)},{at(y)}C{control}" fill="none" {paint(kind, theme)} stroke-width="{stroke:g}"/>'


def arrow_head(x: float, y: float, theme: Theme) -> str:
    """Return the head of an arrow that arrives at (x, y) from the left."""
    return f'<path d="M{at(x)},{at(y)}l-10,-4v8z" {paint("head", theme)}/>'


def figure(
    content: Sequence[str], width: float, height: float, *, title: str, description: str, theme: str, name: str,
    margin: float = 16.0,
) -> str:  # fmt: skip
    """Return a whole SVG document of the given theme: light, dark, or auto."""
    colours = THEMES.get(theme, LIGHT)
    w, h = width + 2 * margin, height + 2 * margin
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" id="{name}" role="img" aria-labelledby="{name}-t {name}-d" '
            f'width="{w:.0f}" height="{h:.0f}" viewBox="{-margin:g} {-margin:g} {at(w)} {at(h)}" font-family="{SANS}">',
            f'<title id="{name}-t">{xml_text(title)}</title>',
            f'<desc id="{name}-d">{xml_text(description)}</desc>',
            dark_style(name) if theme == "auto" else "",
            rect(-margin, -margin, w, h, "background", colours, radius=10, stroke=0),
            *content,
            "</svg>\n",
        ]
    )


def resolve(theme: str) -> Theme:
    """Return the colours of light, dark, or auto (which starts light).

    Raises ValueError for any other name.
    """
    if theme not in (*THEMES, "auto"):
        raise ValueError(f"no theme {theme!r}; there are auto, light, dark")
    return THEMES.get(theme, LIGHT)
