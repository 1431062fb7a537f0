"""A picture before it is written: its elements, their room, its title and its description.

>>> from viz.pictures.elements import text
>>> from viz.pictures.palette import LIGHT
>>> canvas = Canvas([text(10, 10, "x", "ink", LIGHT, size=9)], 20, 20)
>>> Figure("g1", canvas, "One letter", "The letter x.", "light").written().count("g1")
5
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from .elements import SANS, Children, Element, Pieces, at, dark_style, each_group, joined, pieces, rect
from .palette import resolve
from .scene import Scene

MARGIN = 16.0


@dataclass(frozen=True)
class Canvas:
    """What a style draws: elements, and the room they take from (0, 0) to the right and down.

    ``text`` is the font size of what one has to read: of numbers, as most of them are written. ``dark`` are the
    colours in the dark of classes that only this canvas has.
    """

    content: Children
    width: float
    height: float
    text: float = 12.0
    dark: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @cached_property
    def written(self) -> list[Pieces]:
        """Each element as text: once, for the name of the figure and for its document."""
        return [pieces([element]) for element in self.content]


@dataclass(frozen=True)
class Figure:
    """A canvas with all that makes it a document of its own. ``name`` is its id, unless it is written under another."""

    name: str
    canvas: Canvas
    title: str
    description: str  # if there is none, the title stands for it
    theme: str  # light, dark, or auto
    role: str = "img"
    head: Children = ()  # what stands before all that is seen
    note: str = ""  # what to do where the picture is too large to be read

    @classmethod
    def of(cls, s: Scene, canvas: Canvas, theme: str) -> Figure:
        """Return the figure of a scene; two that differ have different names, the same ones on every run."""
        title, description = s.title, s.description
        inside = "".join([joined(text, "{figure}") for text in canvas.written])
        drawn = f"{description}|{theme}{inside}"
        name = "g" + hashlib.sha256(drawn.encode("utf-8", "replace")).hexdigest()[:10]
        return cls(name, canvas, title, description, theme)

    def changed(self, change: Callable[[Element], Element]) -> Figure:
        """Return the figure with every group as ``change`` makes it; it keeps its name."""
        return replace(self, canvas=replace(self.canvas, content=each_group(self.canvas.content, change)))

    @property
    def width(self) -> int:
        """How wide the picture is by itself."""
        return round(self._size[0])

    @property
    def height(self) -> int:
        """How high the picture is by itself."""
        return round(self._size[1])

    def written(self, name: str = "") -> str:
        """Return the figure as an SVG document."""
        name = name or self.name
        head = [
            *self._told(),
            *self.head,
            dark_style(self.canvas.dark) if self.theme == "auto" else "",
            self._background(),
        ]
        lines = [pieces([line]) for line in head] + self.canvas.written
        start = Element("svg", self._attributes(name)).written(name).removesuffix("/>")
        return "\n".join([start + ">", *(joined(line, name) for line in lines), "</svg>\n"])

    def _attributes(self, name: str) -> dict[str, str]:
        width, height = self._size
        return {
            "xmlns": "http://www.w3.org/2000/svg",
            "id": name,
            "role": self.role,
            **({"aria-labelledby": f"{name}-t {name}-d"} if self.description else {"aria-label": self.title}),
            "width": f"{width:.0f}",
            "height": f"{height:.0f}",
            "viewBox": f"{-MARGIN:g} {-MARGIN:g} {at(width)} {at(height)}",
            "font-family": SANS,
        }

    def _told(self) -> Children:
        """Title and description, for those who cannot see the picture."""
        both = Element("title", {}, (self.title,), key="t"), Element("desc", {}, (self.description,), key="d")
        return both if self.description else ()

    def _background(self) -> Element:
        return rect(-MARGIN, -MARGIN, *self._size, "background", resolve(self.theme), radius=10, stroke=0)

    @property
    def _size(self) -> tuple[float, float]:
        return self.canvas.width + 2 * MARGIN, self.canvas.height + 2 * MARGIN
