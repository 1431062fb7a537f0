"""The backward pass as a moving picture without any script: one edge at a time, sums growing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from autograd_lite import Explanation, Value

from .elements import Element
from .figure import Figure
from .palette import resolve
from .scene import scene
from .styles import card

# who asked for less motion sees the finished picture
_STILL = Element("style", {}, ("@media (prefers-reduced-motion:reduce){g{opacity:1!important}}",))
PAUSE = 2.5  # seconds on the finished picture before it starts again
MOST_VALUES = 40


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
    s = scene(graph, lang=lang)
    if len(s.cards) > MOST_VALUES:
        raise ValueError(
            f"animate draws up to {MOST_VALUES} values, got {len(s.cards)}; take a smaller part of the graph"
        )
    figure = Figure.of(s, card.draw(s, resolve(theme), engine), theme)
    moments, total = _moments(s.explanation, seconds_per_step)
    moving = figure.changed(lambda group: _appearing(group, moments, total))
    return replace(moving, head=(_STILL,)).written(f"{figure.name}-moving")  # the still one may stand beside it


def _moments(e: Explanation, seconds_per_step: float) -> tuple[dict[str, float], float]:
    """Return when each chip, slot and gradient appears, in seconds, and how long all takes."""
    edges = [term for step in e.backward for term in step.terms if e.forward[term.parent].kind != "constant"]
    moments = {f"d{e.output}": 0.5 * seconds_per_step}
    for k, term in enumerate(edges, start=1):
        moments[f"e{term.child}-{term.position}"] = k * seconds_per_step
        moments[f"s{term.parent}-{term.part}"] = (k + 0.2) * seconds_per_step
        if term.part == term.parts:
            moments[f"d{term.parent}"] = (k + 0.4) * seconds_per_step
    return moments, (len(edges) + 1) * seconds_per_step + PAUSE


def _appearing(group: Element, moments: Mapping[str, float], total: float) -> Element:
    """Return a group that fades in at its moment, if it has one."""
    if group.key not in moments:
        return group
    moment = moments[group.key] / total
    fade = {
        "attributeName": "opacity",
        "values": "0;0;1;1",
        "keyTimes": f"0;{moment:.4f};{min(moment + 0.3 / total, 1.0):.4f};1",
        "dur": f"{total:.2f}s",
        "repeatCount": "indefinite",
    }
    return replace(group, children=(Element("animate", fade), *group.children))
