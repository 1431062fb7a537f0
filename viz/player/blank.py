"""A picture without what is to be found: for the sheet, and for a page that asks before it shows."""

from __future__ import annotations

from dataclasses import replace

from autograd_lite import Explanation

from ..pictures.elements import Child, Element
from ..pictures.figure import Figure


def blanked(figure: Figure, e: Explanation, *, described: str = "") -> Figure:
    """Return the picture of a graph without its answers; the inputs keep their values, no tooltip or description tells.

    Of a local gradient its sign stays. ``described`` is what the picture tells those who cannot see it.
    """
    given = {f"n{step.index}" for step in e.inputs}

    def blank(group: Element) -> Element:
        return replace(group, children=[_asked(part, given=group.key in given) for part in group.children])

    return replace(figure.changed(blank), description=described)


def _asked(part: Child, *, given: bool) -> Child:
    if isinstance(part, Element) and part.tag == "title":
        return replace(part, children=("",))
    if not isinstance(part, Element) or part.tag != "text":
        return part
    kind = part.attributes["class"]
    if kind == "local":
        return replace(
            part, children=[f"{said.partition(' = ')[0]} =" for said in part.children if isinstance(said, str)]
        )
    hidden = kind == "grad" or (kind == "value" and not given)
    return replace(part, children=("",)) if hidden else part
