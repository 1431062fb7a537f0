"""How a derivative is judged: the slope of a function along a line, seen from afar and from either side."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

from .derivatives import Derivative
from .graph import topological_order
from .ieee import number_of
from .numerical import EPSILON, numerical_derivative, one_sided_derivative, rounding_error
from .transforms import one_output
from .value import Value

SAFETY = 4.0  # an extrapolation's error is an estimate, not a bound
UNSEEN = 1000.0  # roundings over the first step: an extrapolation that works leaves a smaller error
USELESS = 0.1  # an error above this share of the slope of f nearby tells nothing


class Room(NamedTuple):
    """What the caller says of ``f``: how far it may be off, the first step, its relative rounding."""

    tolerance: float
    step: float
    precision: float

    def rounding(self, y: Value) -> float:
        """How far rounding may have carried ``y``."""
        return rounding_error(y) * (self.precision / EPSILON)


@dataclass(frozen=True)
class Line:
    """A direction to look in: ∂/∂xᵢ, or a random one; ``step`` is the first step along it."""

    direction: tuple[float, ...]
    step: float
    wording: str

    def named(self, of: str) -> str:
        return self.wording.format(f"({of})" if "/" in of or "·" in of else of)


def axes(point: Sequence[float], step: float) -> list[Line]:
    return [
        Line(tuple(float(j == i) for j in range(len(point))), step or 0.1 * max(abs(x), 0.1), f"∂{{}}/∂x{i + 1}")
        for i, x in enumerate(point)
    ]


def random_lines(point: Sequence[float], count: int, step: float, rng: random.Random) -> list[Line]:
    """Draw directions in which every input moves in proportion to its size."""
    return [
        Line(tuple(rng.uniform(-1.0, 1.0) * max(abs(x), 0.1) for x in point), step or 0.1, f"∇{{}}·d{k}")
        for k in range(1, count + 1)
    ]


class Numeric:
    """The numerical derivative along a line, and what is to be seen from either side."""

    def __init__(self, f: Callable[..., Any], point: Sequence[float], line: Line, noise: float, room: Room):
        self.f, self.point, self.line, self.room = f, point, line, room
        self.noise = noise if noise - noise == 0.0 else 0.0
        self.slope, self.error = numerical_derivative(self.moved, 0.0, step=line.step, noise=self.noise)

    def node(self, t: float) -> Any:
        """Return f a way of ``t`` along the line; f is called on Values everywhere, as ``grad`` calls it."""
        return self.f(*[Value(x + t * d) for x, d in zip(self.point, self.line.direction)])

    def moved(self, t: float) -> float:
        """Return the number of f a way of ``t`` along the line."""
        return number_of(self.node(t))

    @cached_property
    def rounding(self) -> float:
        """The error that rounding alone makes unavoidable: a slope below it, of tanh at 30, cannot be seen."""
        here = abs(self.moved(0.0))
        return UNSEEN * (self.noise + EPSILON * here) / self.line.step if here - here == 0.0 else 0.0

    @cached_property
    def secant(self) -> float:
        """The steepest way over the first step: the size a derivative here can be expected to have."""
        here = self.moved(0.0)
        slopes = [abs(self.moved(t) - here) / self.line.step for t in (-self.line.step, self.line.step)]
        return max([slope for slope in slopes if slope - slope == 0.0], default=0.0)

    def from_side(self, side: int) -> tuple[float, float]:
        return one_sided_derivative(self.moved, 0.0, side=side, step=self.line.step, noise=self.noise)

    @cached_property
    def staircase(self) -> float:
        """The height of a step if f goes in steps above its noise (flat, a jump, flat, a jump), else 0.

        To look for one takes more than a hundred values of f, so it is done once for all that is compared along a line.
        """
        here = self.moved(0.0)
        for side in (-self.line.step, self.line.step):
            flat, t = 0.0, side
            for _ in range(60):  # halving, to where f leaves the number it has here
                middle = 0.5 * (flat + t)
                flat, t = (middle, t) if self.moved(middle) == here else (flat, middle)
            after = self.moved(t)
            height = abs(after - here)
            # the noise there, too: of tanh(x) - x it is 0 at 0 and beside it that of x
            noise = self.noise + self.room.rounding(one_output(self.node(t), self.f))
            rounding = SAFETY * noise + UNSEEN * EPSILON * abs(after)
            if flat and height > rounding and self.moved(t + 0.1 * flat) == after != self.moved(side):
                return height
        return 0.0

    def kinks(self) -> list[str]:
        """Return the names of the operations that stand at a kink of theirs."""
        y = one_output(self.f(*map(Value, self.point)), self.f)
        return [
            node.op.name
            for node in topological_order(y)
            if node.op is not None and node.op.kink is not None and node.op.kink(*node.numbers) == 0.0
        ]


_STAIRCASE = "if it computes in fewer digits name its precision=, if it is a staircase a step= inside one of its steps"


def judged(d: Derivative, numeric: Numeric, own: float) -> Derivative:
    """Return the comparison with its verdict. A kink is looked for only where one may be."""
    height = numeric.staircase
    if height:
        return replace(d, verdict="unknown", reason=f"f goes in steps of {height:.2g} here; {_STAIRCASE}")
    fits = d.excess <= 1.0
    sizes = [abs(x) for x in (d.numeric, d.analytic, numeric.secant) if x - x == 0.0]
    room = SAFETY * (numeric.error + (own if own - own == 0.0 else 0.0))
    told = d.excess == 0.0 or room < USELESS * max(sizes) or room < numeric.rounding + SAFETY * own
    names = numeric.kinks()
    if fits and told and not names:
        return d
    (left, left_error), (right, right_error) = numeric.from_side(-1), numeric.from_side(1)
    room = SAFETY * (left_error + right_error + own)  # of the two sides
    operations = f" ({', '.join(dict.fromkeys(names))})" if names else ""
    if abs(left - right) > room and min(left, right) - room <= d.analytic <= max(left, right) + room:
        sides = f"between {left:.6g} from the left and {right:.6g} from the right{operations}"
        return replace(d, verdict="kink", reason=sides)
    if names and not (fits and told) and (abs(d.analytic) == float("inf") or not told):
        return replace(d, verdict="kink", reason=f"where the derivative has no finite value{operations}")
    if not told:
        here = numeric.moved(0.0)
        reason = "f is not finite and smooth enough on both sides" if here - here == 0.0 else f"f is {here} here"
        return replace(d, verdict="unknown", reason=reason)
    return d if fits else replace(d, verdict="wrong")
