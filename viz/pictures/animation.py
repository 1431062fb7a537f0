"""The backward pass as a moving picture without any script: one edge at a time, sums growing.

It runs a few times and ends: then, and for who asked for less motion, the finished picture stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from autograd_lite import Explanation, Value

from ..words import counted, words
from .choice import choose
from .elements import Child, Element, MediaStyle, paint, rect, text
from .figure import Canvas, Figure
from .palette import Theme, resolve
from .scene import scene
from .screens import DirectionName, ScreenName, ThemeName
from .text_width import text_width

# who asked for less motion sees the finished picture
_STILL = MediaStyle("prefers-reduced-motion:reduce", {
    "g": {"opacity": "1!important"}, ".moving": {"display": "none!important"},
})  # fmt: skip
PAUSE = 2.5  # seconds on the finished picture before it starts again
TURNS = 2
MOST_VALUES = 40
LINE = 30.0  # below the picture: where we are


def animate(
    graph: Value | Explanation,
    *,
    seconds_per_step: float = 1.2,
    turns: int = TURNS,
    direction: DirectionName = "auto",
    screen: ScreenName = "page",
    theme: ThemeName = "auto",
    lang: str = "en",
    engine: str = "auto",
) -> str:
    """Return the card picture as an SVG that replays the backward pass, for a README or a slide.

    Each chip and each slot of a ledger appears when its contribution is passed on, each gradient
    when its sum is complete; a line below tells which step of how many it is. After ``turns`` the finished
    picture stays. Viewers that do not animate, or were asked not to, show that one.

        >>> x = Value(3.0, "x")
        >>> "step 2 of 2" in animate(x * x), "indefinite" in animate(x * x)
        (True, False)

    Raises ValueError for more than 40 values, whose steps would take minutes, for fewer turns than one, or for a
    direction or screen that is not there.
    """
    if turns < 1:
        raise ValueError(f"turns must be 1 or more, got {turns}")
    s = scene(graph, lang=lang)
    if len(s.cards) > MOST_VALUES:
        raise ValueError(
            f"animate draws up to {MOST_VALUES} values, got {len(s.cards)}; take a smaller part of the graph"
        )
    colours = resolve(theme)
    drawn = choose(s, colours, style="card", direction=direction, screen=screen, engine=engine).canvas
    film = Film.of(s.explanation, seconds_per_step, turns)
    figure = Figure.of(s, _with_line(drawn, film, lang, colours), theme)
    moving = figure.changed(lambda each: film.appearing(each, colours))
    return replace(moving, head=(_STILL,)).written(f"{figure.name}-moving")  # the still one may stand beside it


@dataclass(frozen=True)
class Film:
    """When each group of a picture appears, in seconds; the length of a step, of a turn, and how many turns."""

    moments: Mapping[str, float]
    step: float
    steps: int
    turns: int

    @classmethod
    def of(cls, e: Explanation, step: float, turns: int) -> Film:
        """Return the film of a backward pass: a step for each edge, in the order of the pass."""
        edges = [term for each in e.backward for term in each.terms if e.forward[term.parent].kind != "constant"]
        moments = {f"d{e.output}": 0.5 * step}
        for k, term in enumerate(edges, start=1):
            moments[f"e{term.child}-{term.position}"] = k * step
            moments[f"s{term.parent}-{term.part}"] = (k + 0.2) * step
            if term.part == term.parts:
                moments[f"d{term.parent}"] = (k + 0.4) * step
        return cls(moments, step, len(edges), turns)

    @property
    def seconds(self) -> float:
        """How long a turn takes."""
        return (self.steps + 1) * self.step + PAUSE

    def appearing(self, group: Element, theme: Theme) -> Element:
        """Return a group that fades in at its moment, if it has one; a chip is marked during its step."""
        if group.key not in self.moments:
            return group
        moment = self.moments[group.key]
        fade = self.animated("opacity", {0.0: "0", moment: "0", moment + 0.3: "1", self.seconds: "1"})
        content: list[Child] = [fade]
        for each in group.children:
            content.append(each)
            if group.key.startswith("e") and isinstance(each, Element) and each.tag == "rect":
                now = each.with_attributes(paint("slot", theme))
                content.append(self.shown_in(moment, moment + self.step, now))
        return replace(group, children=content)

    def shown_in(self, start: float, end: float, *content: Element) -> Element:
        """Return what is seen from one moment to another, and not at all where nothing moves."""
        seen = self.animated("opacity", {0.0: "0", start: "1", end: "0"}, jumps=True)
        return Element("g", {"class": "moving", "opacity": "0"}, (seen, *content))

    def animated(self, attribute: str, values: Mapping[float, str], *, jumps: bool = False) -> Element:
        """Return the change of an attribute over a turn, by its value at each moment."""
        return Element("animate", {
            "attributeName": attribute,
            **({"calcMode": "discrete"} if jumps else {}),
            "values": ";".join(values.values()),
            "keyTimes": ";".join(f"{min(1.0, moment / self.seconds):.4f}" for moment in values),
            "dur": f"{self.seconds:.2f}s",
            "repeatCount": str(self.turns),
            "fill": "freeze",
        })  # fmt: skip


def _with_line(canvas: Canvas, film: Film, lang: str, theme: Theme) -> Canvas:
    """Return the canvas with a line below it that says where we are, in words and as a bar that fills."""
    done = words(lang)["steps done"].format(steps=counted(lang, "steps", film.steps))
    width = max(canvas.width, text_width(done, 13))
    content = [*canvas.content, *_line(done, canvas.height + 12, width, film, lang, theme)]
    return replace(canvas, content=content, width=width, height=canvas.height + LINE)


def _line(done: str, y: float, width: float, film: Film, lang: str, theme: Theme) -> Iterator[Element]:
    def said(content: str) -> Element:
        return text(0, y + 18, content, "muted", theme, size=13, anchor="start")

    end = (film.steps + 1) * film.step
    bar = rect(0, y, width, 3, "grad", theme, radius=1, stroke=0)
    filling = film.animated("width", {0.0: "0", end: bar.attributes["width"], film.seconds: bar.attributes["width"]})
    yield Element("g", {"class": "moving"}, (replace(bar, children=(filling,)),))
    for k in range(film.steps + 1):
        told = words(lang)["step of"].format(k=k, n=film.steps)
        yield film.shown_in(k * film.step, (k + 1) * film.step, said(told))
    yield Element("g", {}, (film.animated("opacity", {0.0: "0", end: "1"}, jumps=True), said(done)))
