"""Analytic gradients against numerical ones, with the culprit named.

With this module, one can,

- test a function: ``check_gradients(f, 0.5, 2.0)`` passes silently or says what is wrong and where;
- look at every comparison, the worst one first: ``gradient_report(f, 0.5, 2.0)``;
- check a function of many inputs quickly, along random directions: ``directions=3``.

No tolerance is guessed. A derivative is right if it differs from the numerical one by no more than
the error of the numerical one (of its step, and of rounding in ``f``) and the rounding in the
analytic one, which follows from how well conditioned its own graph is.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from .graph import topological_order
from .ieee import number_of
from .numerical import EPSILON, numerical_derivative, one_sided_derivative, rounding_error
from .reverse import pull_back
from .transforms import grad, jvp, one_output
from .trees import flatten, rebuild
from .value import Value

Mode = Literal["reverse", "forward"]
Verdict = Literal["right", "wrong", "kink", "unknown"]
MODES: tuple[Mode, ...] = ("reverse", "forward")
SAFETY = 4.0  # an extrapolation's error is an estimate, not a bound
SHOWN = 8  # inputs of a point that a message lists
UNSEEN = 1000.0  # roundings over the first step: an extrapolation that works leaves a smaller error
USELESS = 0.1  # an error above this share of the slope of f nearby tells nothing


class GradientError(AssertionError):
    """An analytic gradient that differs from the numerical one; ``report`` has every comparison."""

    def __init__(self, message: str, report: GradientReport | None = None):
        super().__init__(message)
        self.report = report


@dataclass(frozen=True)
class Derivative:
    """One derivative, computed by the chain rule (in a ``mode``) and by differences.

    ``allowed`` is the difference that steps and rounding explain. ``verdict`` is ``"right"``,
    ``"wrong"``, ``"kink"`` (left and right derivative differ and the analytic one is between them, or
    it is infinite) or ``"unknown"`` (no numerical derivative could be had); ``reason`` says more.
    """

    name: str
    order: int
    mode: Mode
    point: tuple[float, ...]
    analytic: float
    numeric: float
    allowed: float
    verdict: Verdict
    reason: str = ""

    @property
    def excess(self) -> float:
        """The difference as a share of what is allowed: above 1 it is wrong."""
        gap = abs(self.analytic - self.numeric)
        if gap == 0.0:
            return 0.0
        return gap / self.allowed if gap == gap and self.allowed else float("inf")

    def __str__(self) -> str:
        values = ", ".join(f"x{j} = {x:.6g}" for j, x in enumerate(self.point[:SHOWN], start=1))
        values += f" and {len(self.point) - SHOWN} more" if len(self.point) > SHOWN else ""
        mode = "" if self.mode == "reverse" else " in forward mode"
        analytic, numeric = f"{self.analytic:.6g}", ""
        if self.verdict == "wrong":
            analytic, numeric = _told_apart(self.analytic, self.numeric)
        head = f"order {self.order}: {self.name} is {analytic}{mode}"
        if self.verdict == "kink":
            return f"{head}, at a kink, {self.reason}, at {values}"
        if self.verdict == "unknown":
            return f"{head}, which could not be checked: {self.reason}, at {values}"
        return f"{head}, numerically {numeric}, at {values}"


@dataclass(frozen=True, repr=False)
class GradientReport:
    """Every comparison that was made; ``rules`` names the first operation whose own rule is wrong."""

    derivatives: tuple[Derivative, ...]
    rules: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every derivative is right, or stands at a kink."""
        return not self.having("wrong") and not self.having("unknown")

    @property
    def worst(self) -> Derivative:
        """The derivative farthest off, in units of what is allowed: at which input to look first."""
        compared = [d for d in self.derivatives if d.verdict in ("right", "wrong")]
        return max(compared or self.derivatives, key=lambda d: d.excess)

    def having(self, verdict: Verdict) -> tuple[Derivative, ...]:
        """Return the derivatives with a verdict."""
        return tuple(d for d in self.derivatives if d.verdict == verdict)

    @property
    def _counts(self) -> str:
        said = [f"{len(self.having(v))} {v}" for v in ("right", "wrong", "kink", "unknown") if self.having(v)]
        return f"{len(self.derivatives)} derivatives: {', '.join(said)}"

    def __repr__(self) -> str:
        return f"<gradient report of {self._counts}>"

    def __str__(self) -> str:
        worst = self.worst
        lines = [
            self._counts,
            f"worst: {worst}; the difference is {worst.excess:.2g} of what is allowed ({worst.allowed:.1e})",
        ]
        return "\n".join([*lines, *map(str, self.having("kink")), *map(str, self.having("unknown")), *self.rules])


def check_gradients(
    f: Callable[..., Any],
    *args: Any,
    order: int = 2,
    modes: Sequence[Mode] = MODES,
    directions: int | None = None,
    tolerance: float = 0.0,
    step: float = 0.0,
    precision: float = EPSILON,
    rng: random.Random | None = None,
) -> None:
    """Check the gradient of ``f`` at ``args`` against numerical derivatives, up to ``order``.

    ``args`` are numbers or nested lists, tuples and dicts of them; ``f`` returns one number. Every
    derivative is computed in reverse and in forward mode (``modes``) and compared with differences.
    With ``directions`` a number, so many random directions (drawn from ``rng``) take the place of
    one comparison per input. A kink is no error.

    If ``f`` computes in fewer digits than a float has, say so: ``precision`` is the relative size of
    its rounding (1.2e-7 of float32). ``step`` is the first and largest step of the differences, else a
    tenth of an input. ``tolerance`` lets pass a further difference, relative and below 1 absolute.

        >>> from autograd_lite import tanh, Operation
        >>> check_gradients(lambda w, x: tanh(w * x), 0.5, 2.0)
        >>> wrong = Operation("cube", lambda x: x * x * x, lambda out, x: 2.0 * x * x)
        >>> check_gradients(wrong, 2.0)
        Traceback (most recent call last):
        autograd_lite.gradcheck.GradientError: order 1: ∂f/∂x1 is 8, numerically 12, at x1 = 2
        the rule of 'cube' is wrong: ∂cube/∂operand 1 gives 8, numerically 12, at (2)

    Raises GradientError naming the input, both numbers, and the first operation whose own rule is
    wrong, also if a derivative could not be checked because ``f`` is not finite on both sides, or goes
    in steps higher than its precision; ValueError if ``order`` or ``directions`` is less than 1,
    a mode is not there, an input is not finite, or a size is negative; TypeError if ``f`` does not
    return one number.
    """
    report = gradient_report(
        f, *args, order=order, modes=modes, directions=directions, tolerance=tolerance, step=step,
        precision=precision, rng=rng,
    )  # fmt: skip
    if not report.passed:
        first = (report.having("wrong") or report.having("unknown"))[0]
        raise GradientError("\n".join([str(first), *report.rules]), report)


def gradient_report(
    f: Callable[..., Any],
    *args: Any,
    order: int = 2,
    modes: Sequence[Mode] = MODES,
    directions: int | None = None,
    tolerance: float = 0.0,
    step: float = 0.0,
    precision: float = EPSILON,
    rng: random.Random | None = None,
) -> GradientReport:
    """Return every comparison of ``check_gradients``, and raise none of them.

    Derivatives of a wrong one are not looked at.

        >>> from autograd_lite import relu
        >>> report = gradient_report(lambda x, w: relu(x) * w, 0.0, 3.0, order=1, modes=["reverse"])
        >>> report.passed, [d.verdict for d in report.derivatives]
        (True, ['kink', 'right'])
        >>> print(report.derivatives[0])
        order 1: ∂f/∂x1 is 0, at a kink, between 0 from the left and 3 from the right (relu), at x1 = 0, x2 = 3

    Raises what ``check_gradients`` does, but for GradientError.
    """
    if not callable(f):
        raise TypeError(f"expected a function whose derivatives to check, got {type(f).__name__}")
    point = [number_of(x) for x in flatten(list(args))]
    _check_question(point, order, modes, directions, tolerance=tolerance, step=step, precision=precision)
    room = _Room(number_of(tolerance), number_of(step), number_of(precision))

    def flat(*numbers: Any) -> Any:
        return f(*rebuild(list(args), iter(numbers)))

    if directions is None:
        lines = _axes(point, room.step)
    else:
        lines = _random(point, directions, room.step, rng or random.Random(0))
    derivatives = tuple(_compare(flat, point, lines, modes, 1, order, room, "f"))
    wrong = any(d.verdict == "wrong" for d in derivatives)
    return GradientReport(derivatives, tuple(_wrong_rules(flat, point, room)) if wrong else ())


def _told_apart(x: float, y: float) -> tuple[str, str]:
    """Return both with six digits, or with as many more as it takes to see that they differ."""
    pairs = ((f"{x:.{digits}g}", f"{y:.{digits}g}") for digits in range(6, 18))
    return next((pair for pair in pairs if pair[0] != pair[1]), (f"{x:.6g}", f"{y:.6g}"))


class _Room(NamedTuple):
    """What the caller says of ``f``: how far it may be off, the first step, its relative rounding."""

    tolerance: float
    step: float
    precision: float

    def rounding(self, y: Value) -> float:
        """How far rounding may have carried ``y``."""
        return rounding_error(y) * (self.precision / EPSILON)


def _check_question(
    point: Sequence[float], order: int, modes: Sequence[str], directions: int | None, **sizes: float
) -> None:
    """Raise ValueError for what cannot be asked."""
    if not point:
        raise ValueError("there is no input to differentiate by")
    for i, x in enumerate(point, start=1):
        if x - x != 0.0:
            raise ValueError(f"a gradient is checked at finite inputs, got x{i} = {x}")
    if not isinstance(order, int) or order < 1:
        raise ValueError(f"order must be 1 or more, got {order!r}")
    if directions is not None and (not isinstance(directions, int) or directions < 1):
        raise ValueError(f"directions must be 1 or more, or None for every input, got {directions!r}")
    if isinstance(modes, str) or not modes:
        raise ValueError(f"modes must be a list of reverse, forward or both, got {modes!r}")
    for mode in modes:
        if mode not in MODES:
            raise ValueError(f"no mode {mode!r}; there are reverse and forward")
    for name, size in sizes.items():
        if not 0.0 <= number_of(size) < float("inf"):
            raise ValueError(f"{name} must be 0 or more, and finite, got {size}")


def _wrong_rules(f: Callable[..., Any], point: Sequence[float], room: _Room) -> Iterator[str]:
    """Yield a line for the first node of the graph of ``f`` whose local gradient is wrong.

    Every operation is checked alone, at the numbers it had in this graph.
    """
    for node in topological_order(one_output(f(*map(Value, point)), f)):
        if node.op is None or not node.parents:
            continue
        numbers = node.operands
        for i, d in enumerate(
            _compare(node.op, numbers, _axes(numbers, room.step), ["reverse"], 1, 1, room, node.op.name)
        ):
            if d.verdict == "wrong":
                at = ", ".join(f"{x:.6g}" for x in numbers)
                analytic, numeric = _told_apart(d.analytic, d.numeric)
                yield (
                    f"the rule of {node.op.name!r} is wrong: ∂{node.op.name}/∂operand {i + 1} gives {analytic}, "
                    f"numerically {numeric}, at ({at})"
                )
                return


# ---------------------------------------------------------------- along a line


@dataclass(frozen=True)
class _Line:
    """A direction to look in: ∂/∂xᵢ, or a random one; ``step`` is the first step along it."""

    direction: tuple[float, ...]
    step: float
    wording: str

    def named(self, of: str) -> str:
        return self.wording.format(f"({of})" if "/" in of or "·" in of else of)


def _axes(point: Sequence[float], step: float) -> list[_Line]:
    return [
        _Line(tuple(float(j == i) for j in range(len(point))), step or 0.1 * max(abs(x), 0.1), f"∂{{}}/∂x{i + 1}")
        for i, x in enumerate(point)
    ]


def _random(point: Sequence[float], count: int, step: float, rng: random.Random) -> list[_Line]:
    """Draw directions in which every input moves in proportion to its size."""
    return [
        _Line(tuple(rng.uniform(-1.0, 1.0) * max(abs(x), 0.1) for x in point), step or 0.1, f"∇{{}}·d{k}")
        for k in range(1, count + 1)
    ]


def _compare(
    f: Callable[..., Any],
    point: Sequence[float],
    lines: Sequence[_Line],
    modes: Sequence[Mode],
    order: int,
    last: int,
    room: _Room,
    name: str,
) -> Iterator[Derivative]:
    """Yield the comparisons of one order, each followed by those of its own derivatives."""
    noise = room.rounding(one_output(f(*map(Value, point)), f))
    for line in lines:
        along = _along(f, line)
        slope, own = _slope(f, along, point, line, room, number_is_enough=order == last)
        numeric = _Numeric(f, point, line, noise, room)
        found = []
        for mode in modes:
            analytic = slope if mode == "reverse" else number_of(jvp(f, point, line.direction)[1])
            d = Derivative(
                line.named(name), order, mode, tuple(point), analytic, numeric.slope, SAFETY * (numeric.error + own)
                + room.tolerance * max(1.0, abs(numeric.slope)), "right",
            )  # fmt: skip
            found.append(_judged(d, numeric, own))
        yield from found
        if order < last and all(d.verdict == "right" for d in found):
            yield from _compare(along, point, lines, modes, order + 1, last, room, line.named(name))


def _along(f: Callable[..., Any], line: _Line) -> Callable[..., Any]:
    """Return the function ∇f·direction, by reverse mode, itself differentiable."""
    chosen = [i for i, d in enumerate(line.direction) if d]

    def derivative(*numbers: Any) -> Any:
        slopes = grad(f, chosen)(*numbers)
        if len(chosen) == 1 and line.direction[chosen[0]] == 1.0:
            return slopes[0]
        return sum(line.direction[i] * slope for i, slope in zip(chosen, slopes))

    return derivative


def _slope(
    f: Callable[..., Any],
    along: Callable[..., Any],
    point: Sequence[float],
    line: _Line,
    room: _Room,
    *,
    number_is_enough: bool,
) -> tuple[float, float]:
    """Return the derivative along a line, and how far rounding may have carried it.

    The latter is told by the graph of the derivative. A rule that takes plain numbers alone leaves none; in its place
    stand all ways from ``f`` back to its inputs, added up without their signs, a rounding at every node.
    """
    try:
        derivative = one_output(along(*map(Value, point)), f)
        return derivative.data, room.rounding(derivative)
    except (TypeError, AttributeError) as problem:
        in_numbers = _slope_in_numbers(f, point, line, room)  # raises the same if it was no matter of Values
        if number_is_enough:
            return in_numbers
        raise TypeError(
            "beyond order 1 the rules themselves are differentiated, and one of them takes plain numbers alone; "
            f"write it in the functions of autograd_lite, or check order=1: {problem}"
        ) from problem


def _slope_in_numbers(f: Callable[..., Any], point: Sequence[float], line: _Line, room: _Room) -> tuple[float, float]:
    inputs = [Value(x) for x in point]
    y = one_output(f(*inputs), f)
    order = topological_order(y)
    signed = pull_back(order, {y: 1.0})
    sizes = pull_back(order, {y: 1.0}, local_gradients=lambda node: [abs(g) for g in node.local_gradients()])
    moved = [(d, x) for d, x in zip(line.direction, inputs) if d and x in signed]
    slope: float = sum(d * signed[x] for d, x in moved)
    return slope, len(order) * room.precision * sum(abs(d) * sizes[x] for d, x in moved)


class _Numeric:
    """The numerical derivative along a line, and what is to be seen from either side."""

    def __init__(self, f: Callable[..., Any], point: Sequence[float], line: _Line, noise: float, room: _Room):
        self.f, self.point, self.line, self.room = f, point, line, room
        self.noise = noise if noise - noise == 0.0 else 0.0
        self.slope, self.error = numerical_derivative(self.moved, 0.0, step=line.step, noise=self.noise)

    def node(self, t: float) -> Any:
        """Return f a way of ``t`` along the line; f is called on Values everywhere, as ``grad`` calls it."""
        return self.f(*[Value(x + t * d) for x, d in zip(self.point, self.line.direction)])

    def moved(self, t: float) -> float:
        """Return the number of f a way of ``t`` along the line."""
        return number_of(self.node(t))

    @property
    def rounding(self) -> float:
        """The error that rounding alone makes unavoidable: a slope below it, of tanh at 30, cannot be seen."""
        here = abs(self.moved(0.0))
        return UNSEEN * (self.noise + EPSILON * here) / self.line.step if here - here == 0.0 else 0.0

    @property
    def secant(self) -> float:
        """The steepest way over the first step: the size a derivative here can be expected to have."""
        here = self.moved(0.0)
        slopes = [abs(self.moved(t) - here) / self.line.step for t in (-self.line.step, self.line.step)]
        return max([slope for slope in slopes if slope - slope == 0.0], default=0.0)

    def from_side(self, side: int) -> tuple[float, float]:
        return one_sided_derivative(self.moved, 0.0, side=side, step=self.line.step, noise=self.noise)

    def staircase(self) -> float:
        """Return the height of a step if f goes in steps above its noise (flat, a jump, flat, a jump), else 0."""
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
            if node.op is not None and node.op.kink is not None and node.op.kink(*node.operands) == 0.0
        ]


_STAIRCASE = "if it computes in fewer digits name its precision=, if it is a staircase a step= inside one of its steps"


def _judged(d: Derivative, numeric: _Numeric, own: float) -> Derivative:
    """Return the comparison with its verdict. A kink is looked for only where one may be."""
    height = numeric.staircase()
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
