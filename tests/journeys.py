"""The rooms that four journeys of the program pass through: ``python -m tests.journeys``.

A room is a file. A journey is the functions that run, each where it is called first, as a reader would follow it;
a return is a step back into a room that was left before.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import autograd_lite as al
import nn
import viz

ROOT = Path(__file__).parents[1]


def formula() -> None:
    y = al.parse("y = tanh(w*x + b)").graph(w=0.5, x=2.0, b=-1.0)
    y.backward()
    viz.to_svg(y)


def compiled() -> None:
    w = al.Value(0.5, "w")
    al.compile(lambda x: al.tanh(w * x), parameters=[w], backend="numpy").value_and_grad(2.0)


def training() -> None:
    model = nn.MLP(2, [3, 1], rng=random.Random(0))
    nn.fit(model, nn.data.xor(), loss="binary_cross_entropy", epochs=2, compiled=True, progress=False)


def player() -> None:
    viz.play(al.parse("u = c*x; v = d*x; z = u + v**2").graph(c=3.0, x=2.0, d=-1.0))


JOURNEYS: dict[str, Callable[[], None]] = {
    "formula → gradients → SVG": formula,
    "compile → value_and_grad": compiled,
    "fit(compiled)": training,
    "play": player,
}


def rooms(journey: Callable[[], None]) -> list[str]:
    """Return the rooms in the order they are entered, again after each return."""
    functions: dict[CodeType, str] = {}

    def watch(frame: FrameType, event: str, _: Any) -> None:
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.is_relative_to(ROOT) and frame.f_code.co_name != "<module>":
            functions.setdefault(frame.f_code, path.relative_to(ROOT).with_suffix("").as_posix())

    journey()  # whatever is loaded when it is first asked for is no part of it
    sys.setprofile(watch)
    try:
        journey()
    finally:
        sys.setprofile(None)
    return [room for room, _ in groupby(room for room in functions.values() if not room.startswith("tests/"))]


def main() -> None:
    print(f"{'journey':28} rooms  returns")
    for name, journey in JOURNEYS.items():
        entered = rooms(journey)
        print(f"{name:28} {len(set(entered)):5}  {len(entered) - len(set(entered)):7}")


if __name__ == "__main__":
    main()
