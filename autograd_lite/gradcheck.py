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
from typing import Any

from .derivatives import Derivative, GradientReport, Mode, told_apart
from .graph import topological_order
from .ieee import number_of
from .numerical import EPSILON
from .reverse import pull_back
from .transforms import grad, jvp, one_output
from .trees import flatten, rebuild
from .value import Value
from .verdicts import SAFETY, Line, Numeric, Room, axes, judged, random_lines

MODES: tuple[Mode, ...] = ("reverse", "forward")


class GradientError(AssertionError):
    """An analytic gradient that differs from the numerical one; ``report`` has every comparison."""

    def __init__(self, message: str, report: GradientReport | None = None):
        super().__init__(message)
        self.report = report


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
    room = Room(number_of(tolerance), number_of(step), number_of(precision))

    def flat(*numbers: Any) -> Any:
        return f(*rebuild(list(args), iter(numbers)))

    if directions is None:
        lines = axes(point, room.step)
    else:
        lines = random_lines(point, directions, room.step, rng or random.Random(0))
    derivatives = tuple(_compare(flat, point, lines, modes, 1, order, room, "f"))
    wrong = any(d.verdict == "wrong" for d in derivatives)
    return GradientReport(derivatives, tuple(_wrong_rules(flat, point, room)) if wrong else ())


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


def _wrong_rules(f: Callable[..., Any], point: Sequence[float], room: Room) -> Iterator[str]:
    """Yield a line for the first node of the graph of ``f`` whose local gradient is wrong.

    Every operation is checked alone, at the numbers it had in this graph.
    """
    for node in topological_order(one_output(f(*map(Value, point)), f)):
        if node.op is None or not node.parents:
            continue
        numbers = node.numbers
        for i, d in enumerate(
            _compare(node.op, numbers, axes(numbers, room.step), ["reverse"], 1, 1, room, node.op.name)
        ):
            if d.verdict == "wrong":
                at = ", ".join(f"{x:.6g}" for x in numbers)
                analytic, numeric = told_apart(d.analytic, d.numeric)
                yield (
                    f"the rule of {node.op.name!r} is wrong: ∂{node.op.name}/∂operand {i + 1} gives {analytic}, "
                    f"numerically {numeric}, at ({at})"
                )
                return


def _compare(
    f: Callable[..., Any],
    point: Sequence[float],
    lines: Sequence[Line],
    modes: Sequence[Mode],
    order: int,
    last: int,
    room: Room,
    name: str,
) -> Iterator[Derivative]:
    """Yield the comparisons of one order, each followed by those of its own derivatives."""
    noise = room.rounding(one_output(f(*map(Value, point)), f))
    for line in lines:
        along = _along(f, line)
        slope, own = _slope(f, along, point, line, room, number_is_enough=order == last)
        numeric = Numeric(f, point, line, noise, room)
        found = []
        for mode in modes:
            analytic = slope if mode == "reverse" else number_of(jvp(f, point, line.direction)[1])
            d = Derivative(
                line.named(name), order, mode, tuple(point), analytic, numeric.slope, SAFETY * (numeric.error + own)
                + room.tolerance * max(1.0, abs(numeric.slope)), "right",
            )  # fmt: skip
            found.append(judged(d, numeric, own))
        yield from found
        if order < last and all(d.verdict == "right" for d in found):
            yield from _compare(along, point, lines, modes, order + 1, last, room, line.named(name))


def _along(f: Callable[..., Any], line: Line) -> Callable[..., Any]:
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
    line: Line,
    room: Room,
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


def _slope_in_numbers(f: Callable[..., Any], point: Sequence[float], line: Line, room: Room) -> tuple[float, float]:
    inputs = [Value(x) for x in point]
    y = one_output(f(*inputs), f)
    order = topological_order(y)
    signed = pull_back(order, {y: 1.0})
    sizes = pull_back(order, {y: 1.0}, local_gradients=lambda node: [abs(g) for g in node.local_gradients()])
    moved = [(d, x) for d, x in zip(line.direction, inputs) if d and x in signed]
    slope: float = sum(d * signed[x] for d, x in moved)
    return slope, len(order) * room.precision * sum(abs(d) * sizes[x] for d, x in moved)
