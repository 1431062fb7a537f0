"""Pictures that show themselves in notebooks, and files written whole or not at all."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable
from html import escape
from inspect import signature
from typing import Any, ParamSpec, TypeVar

from autograd_lite import Explanation, Value
from autograd_lite.files import write_file

from ..explained import MAX_NODES, as_explanation
from ..tables import to_text
from .export import exported
from .figure import Figure
from .picture import picture, to_svg

P = ParamSpec("P")
R = TypeVar("R")

_drawn: Counter[str] = Counter()  # how often each figure was drawn in this process

usual: dict[
    str, Any
] = {}  # options of ``draw`` where nothing else is said: those of a page with one language and width


class Drawing:
    """An SVG picture; Jupyter and marimo show it, ``str()`` is its text.

    Drawn a second time, the same picture gets ids of its own: both may stand on one page.
    """

    def __init__(self, figure: Figure, plain: str):
        _drawn[figure.name] += 1
        times = _drawn[figure.name]
        self.figure, self.plain = figure, plain
        self.svg = figure.written(figure.name if times == 1 else f"{figure.name}-{times}")

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "image/svg+xml": self.svg, "text/plain": self.plain}

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:
        """A picture much wider than the page scrolls, rather than shrink to where it cannot be read."""
        least = 0.7 * self.figure.width
        note = f"<p>{escape(self.figure.note)}</p>" if self.figure.note else ""
        return f'<div style="overflow-x:auto"><div style="min-width:{least:.0f}px">{self.svg}</div></div>{note}'

    def _mime_(self) -> tuple[str, str]:
        return "image/svg+xml", self.svg

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture to a file, as SVG, PNG or PDF by its ending: see ``save``."""
        save(path, self.svg)

    def __str__(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return self.plain


def _with_options_of(f: Callable[P, Any]) -> Callable[[Callable[..., R]], Callable[P, R]]:
    """Give a function that hands its options on the signature of the one it hands them to."""

    def with_signature(function: Callable[..., R]) -> Callable[P, R]:
        told = signature(f).replace(return_annotation=Drawing)
        function.__signature__ = told  # type: ignore[attr-defined]  # inspect and help read it
        return function

    return with_signature


@_with_options_of(to_svg)
def draw(graph: Value | Explanation, **options: Any) -> Drawing:
    """Return the picture of a graph; as the last line of a notebook cell it shows itself.

    ``options`` are those of ``to_svg``.

    >>> x = Value(3.0, "x")
    >>> draw(x * x).svg.count("<svg")
    1
    """
    options = {**usual, **options}
    e = as_explanation(graph, max_nodes=options.get("max_nodes", MAX_NODES))
    plain = (
        to_text(e, lang=options.get("lang", "en")) if len(e.forward) <= 200 else f"<drawing of {len(e.forward)} nodes>"
    )
    return Drawing(picture(e, **options), plain)


def show_in_notebooks() -> None:
    """Tell a running IPython that an ``Explanation`` at the end of a cell is shown as its picture."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None:
        bundle = shell.display_formatter.mimebundle_formatter
        bundle.for_type(Explanation, lambda e, **_: draw(e)._repr_mimebundle_())


def save(path: str | os.PathLike[str], content: str) -> None:
    """Write text to a file that appears whole or not at all; a picture is written as its ending says.

    ``.svg``, or no ending, is the picture's text; ``.png`` (extra ``png``) has twice as many points as the picture;
    ``.pdf`` (extra ``pdf``) keeps text as text; ``.gif`` and ``.webp`` (extra ``gif``) are for what ``animate`` makes.
    Raises ValueError for another ending of a picture, ImportError naming what to install, OSError if the folder is
    not there or cannot be written to.
    """
    ending = os.path.splitext(path)[1].lower()
    if not content.startswith("<svg"):
        return write_file(path, content.encode("utf-8", errors="replace"))
    try:
        written = exported(content, ending or ".svg")
    except ValueError as problem:
        raise ValueError(f"{os.fspath(path)}: {problem}") from None
    write_file(path, written)
