"""The backward pass as a moving picture without any script: one edge at a time, sums growing."""

from __future__ import annotations

import re

from autograd_lite import Explanation, Value

from ..explained import as_explanation
from .picture import to_svg
from .scene import scene

# who asked for less motion sees the finished picture
_STILL = "<style>@media (prefers-reduced-motion:reduce){g{opacity:1!important}}</style>"
PAUSE = 2.5  # seconds on the finished picture before it starts again


def animate(
    graph: Value | Explanation,
    *,
    seconds_per_step: float = 1.2,
    theme: str = "auto",
    lang: str = "en",
    engine: str = "auto",
) -> str:
    """Return the card picture as an SVG that replays the backward pass, for a README or a slide.

    Each chip and each slot of a ledger appears when its contribution is passed on, each gradient
    when its sum is complete.
    Viewers that do not animate, or were asked not to, show the finished picture.

        >>> x = Value(3.0, "x")
        >>> animate(x * x).count("<animate ")
        6

    Raises ValueError for more than 40 values: the steps would take minutes.
    """
    e = as_explanation(graph)
    s = scene(e)
    if len(s.cards) > 40:
        raise ValueError(f"animate draws up to 40 values, got {len(s.cards)}; take a smaller part of the graph")
    svg = to_svg(e, style="card", theme=theme, lang=lang, engine=engine)
    edges = [term for step in e.backward for term in step.terms if e.forward[term.parent].kind != "constant"]
    total = (len(edges) + 1) * seconds_per_step + PAUSE
    shown_at = {f"d{e.output}": 0.5 * seconds_per_step}
    for k, term in enumerate(edges, start=1):
        shown_at[f"e{term.child}-{term.position}"] = k * seconds_per_step
        shown_at[f"s{term.parent}-{term.part}"] = (k + 0.2) * seconds_per_step
        if term.part == term.parts:
            shown_at[f"d{term.parent}"] = (k + 0.4) * seconds_per_step
    for key, start in shown_at.items():
        moment = start / total
        times = f"0;{moment:.4f};{min(moment + 0.3 / total, 1.0):.4f};1"
        fade = (
            f'<animate attributeName="opacity" values="0;0;1;1" keyTimes="{times}" dur="{total:.2f}s" '
            'repeatCount="indefinite"/>'
        )
        svg = re.sub(rf'(<g id="g[0-9a-f]+-{key}">)', lambda match: match[1] + fade, svg, count=1)
    return svg.replace("</desc>", f"</desc>\n{_STILL}", 1)
