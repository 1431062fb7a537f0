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
from typing import Any, Literal

from .graph import topological_order
from .numerical import EPSILON, numerical_derivative, one_sided_derivative, rounding_error
from .transforms import grad, jvp
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
        head = f"order {self.order}: {self.name} is {self.analytic:.6g}{mode}"
        if self.verdict == "kink":
            return f"{head}, at a kink, {self.reason}, at {values}"
        if self.verdict == "unknown":
            return f"{head}, which could not be checked: {self.reason}, at {values}"
        return f"{head}, numerically {self.numeric:.6g}, at {values}"


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
    rng: random.Random | None = None,
) -> None:
    """Check the gradient of ``f`` at ``args`` against numerical derivatives, up to ``order``.

    ``args`` are numbers or nested lists, tuples and dicts of them; ``f`` returns one number. Every
    derivative is computed in reverse and in forward mode (``modes``) and compared with differences.
    With ``directions`` a number, so many random directions (drawn from ``rng``) take the place of
    one comparison per input. A kink is no error. ``tolerance`` lets pass a further difference,
    relative and below 1 absolute; it is needed only if ``f`` itself is not accurate.

        >>> from autograd_lite import tanh, Operation
        >>> check_gradients(lambda w, x: tanh(w * x), 0.5, 2.0)
        >>> wrong = Operation("cube", lambda x: x * x * x, lambda out, x: 2.0 * x * x)
        >>> check_gradients(wrong, 2.0)
        Traceback (most recent call last):
        autograd_lite.gradcheck.GradientError: order 1: ∂f/∂x1 is 8, numerically 12, at x1 = 2
        the rule of 'cube' is wrong: ∂cube/∂operand 1 gives 8, numerically 12, at (2)

    Raises GradientError naming the input, both numbers, and the first operation whose own rule is
    wrong, also if a derivative could not be checked because ``f`` is not finite on both sides;
    ValueError if ``order`` is less than 1, or a mode is not there.
    """
    report = gradient_report(
        f, *args, order=order, modes=modes, directions=directions, tolerance=tolerance, rng=rng
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

    Raises ValueError if ``order`` is less than 1, there are no inputs, or a mode is not there.
    """
    if order < 1:
        raise ValueError(f"order must be 1 or more, got {order}")
    for mode in modes:
        if mode not in MODES:
            raise ValueError(f"no mode {mode!r}; there are reverse and forward")
    point = [float(x) for x in flatten(list(args))]
    if not point:
        raise ValueError("there is no input to differentiate by")

    def flat(*numbers: Any) -> Any:
        return f(*rebuild(list(args), iter(numbers)))

    lines = _axes(point) if directions is None else _random(point, directions, rng or random.Random(0))
    derivatives = tuple(_compare(flat, point, lines, modes, 1, order, tolerance, "f"))
    wrong = any(d.verdict == "wrong" for d in derivatives)
    return GradientReport(derivatives, tuple(wrong_rules(flat, point, tolerance)) if wrong else ())


def wrong_rules(f: Callable[..., Any], point: Sequence[float], tolerance: float = 0.0) -> Iterator[str]:
    """Yield a line for the first node of the graph of ``f`` whose local gradient is wrong.

    Every operation is checked alone, at the numbers it had in this graph.
    """
    y = f(*[Value(x) for x in point])
    for node in topological_order(y) if isinstance(y, Value) else []:
        if node.op is None or not node.parents:
            continue
        numbers = node.operands
        for i, d in enumerate(_compare(node.op, numbers, _axes(numbers), ["reverse"], 1, 1, tolerance, node.op.name)):
            if d.verdict == "wrong":
                at = ", ".join(f"{x:.6g}" for x in numbers)
                yield (
                    f"the rule of {node.op.name!r} is wrong: ∂{node.op.name}/∂operand {i + 1} gives {d.analytic:.6g}, "
                    f"numerically {d.numeric:.6g}, at ({at})"
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


def _axes(point: Sequence[float]) -> list[_Line]:
    return [
        _Line(tuple(float(j == i) for j in range(len(point))), 0.1 * max(abs(x), 0.1), f"∂{{}}/∂x{i + 1}")
        for i, x in enumerate(point)
    ]


def _random(point: Sequence[float], count: int, rng: random.Random) -> list[_Line]:
    """Draw directions in which every input moves in proportion to its size."""
    return [
        _Line(tuple(rng.uniform(-1.0, 1.0) * max(abs(x), 0.1) for x in point), 0.1, f"∇{{}}·d{k}")
        for k in range(1, count + 1)
    ]


def _compare(
    f: Callable[..., Any],
    point: Sequence[float],
    lines: Sequence[_Line],
    modes: Sequence[Mode],
    order: int,
    last: int,
    tolerance: float,
    name: str,
) -> Iterator[Derivative]:
    """Yield the comparisons of one order, each followed by those of its own derivatives."""
    noise = rounding_error(_node(f(*map(Value, point))))
    for line in lines:
        along = _along(f, line)
        derivative = _node(along(*map(Value, point)))
        own = rounding_error(derivative)
        numeric = _Numeric(f, point, line, noise)
        found = []
        for mode in modes:
            analytic = derivative.data if mode == "reverse" else _number(jvp(f, point, line.direction)[1])
            d = Derivative(
                line.named(name), order, mode, tuple(point), analytic, numeric.slope, SAFETY * (numeric.error + own)
                + tolerance * max(1.0, abs(numeric.slope)), "right",
            )  # fmt: skip
            found.append(_judged(d, numeric, own))
        yield from found
        if order < last and all(d.verdict == "right" for d in found):
            yield from _compare(along, point, lines, modes, order + 1, last, tolerance, line.named(name))


def _along(f: Callable[..., Any], line: _Line) -> Callable[..., Any]:
    """Return the function ∇f·direction, by reverse mode, itself differentiable."""
    chosen = [i for i, d in enumerate(line.direction) if d]

    def derivative(*numbers: Any) -> Any:
        slopes = grad(f, chosen)(*numbers)
        if len(chosen) == 1 and line.direction[chosen[0]] == 1.0:
            return slopes[0]
        return sum(line.direction[i] * slope for i, slope in zip(chosen, slopes))

    return derivative


class _Numeric:
    """The numerical derivative along a line, and what is to be seen from either side."""

    def __init__(self, f: Callable[..., Any], point: Sequence[float], line: _Line, noise: float):
        self.f, self.point, self.line = f, point, line
        self.noise = noise if noise - noise == 0.0 else 0.0
        self.slope, self.error = numerical_derivative(self.moved, 0.0, step=line.step, noise=self.noise)

    def moved(self, t: float) -> float:
        return _number(self.f(*[x + t * d for x, d in zip(self.point, self.line.direction)]))

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

    def kinks(self) -> list[str]:
        """Return the names of the operations that stand at a kink of theirs."""
        y = _node(self.f(*map(Value, self.point)))
        return [
            node.op.name
            for node in topological_order(y)
            if node.op is not None and node.op.kink is not None and node.op.kink(*node.operands) == 0.0
        ]


def _judged(d: Derivative, numeric: _Numeric, own: float) -> Derivative:
    """Return the comparison with its verdict. A kink is looked for only where one may be."""
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
        return replace(d, verdict="unknown", reason="f is not finite and smooth enough on both sides")
    return d if fits else replace(d, verdict="wrong")


def _node(y: Any) -> Value:
    return y if isinstance(y, Value) else Value(y)


def _number(y: Any) -> float:
    return y.data if isinstance(y, Value) else float(y)
