"""The checker passes right gradients, near edges too, and fails wrong ones by name."""

import math
import random
from fractions import Fraction

import pytest
from hypothesis import given

from autograd_lite import (
    TABLE,
    GradientError,
    Operation,
    Value,
    absolute,
    atan2,
    check_gradients,
    clip,
    dot,
    exp,
    gradient_report,
    hypot,
    log,
    maximum,
    numerical_derivative,
    one_sided_derivative,
    relu,
    rounding_error,
    sin,
    sqrt,
    tanh,
)
from autograd_lite.testing import expressions


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (math.sin, 1.0, math.cos(1.0)),
        (math.exp, 5.0, math.exp(5.0)),
        (math.log, 1e-3, 1e3),
        (math.sqrt, 1e-6, 500.0),
        (math.tan, 1.5, 1 / math.cos(1.5) ** 2),
        (lambda x: x**3, 0.0, 0.0),
        (lambda x: x * x, 1e6, 2e6),
        (math.atanh, 0.999, 1 / (1 - 0.999**2)),
        (lambda x: math.sin(1000 * x), 3.0, 1000 * math.cos(3000.0)),
        (lambda x: 1e-9 / x, 1e-9, -1e9),
    ],
)
def test_a_numerical_derivative_is_within_its_own_error_estimate(f, x, expected):
    slope, error = numerical_derivative(f, x)
    assert abs(slope - expected) <= 4 * error + 1e-14 * abs(expected)
    assert error < 1e-6 * max(1.0, abs(expected))


def test_a_point_without_neighbours_in_the_domain_has_an_infinite_error():
    assert numerical_derivative(lambda x: math.nan, 1.0)[1] == math.inf


def test_right_gradients_pass_to_second_order():
    check_gradients(lambda x, y: hypot(x, y) * atan2(x, y) + log(x) / y + x**y, 0.3, 2.0)
    check_gradients(lambda p: tanh(p["w"] * p["x"][0]) + sin(p["x"][1]), {"w": 0.5, "x": [2.0, -1.0]})
    check_gradients(lambda x: sqrt(x) * log(x), 1e-3)
    check_gradients(lambda x: exp(x) * 1e10, 5.0)


def interior_point(op):
    """A point inside the domain of each operand, away from kinks."""
    count = 5 if op.name == "dot" else 3 if op.arity < 0 else op.arity
    point = []
    for i in range(count):
        low, high = op.domain[min(i, len(op.domain) - 1)]
        start = 0.37 + 0.41 * i
        point.append(low + start if low > 0 else start if high > 1.5 else 0.37)
    return point


DIFFERENTIABLE = [op for op in TABLE.values() if op.partials is not None]


@pytest.mark.parametrize("op", DIFFERENTIABLE, ids=lambda op: op.name)
def test_every_line_of_the_table_passes(op):
    point = interior_point(op)
    if op.name == "where":
        check_gradients(lambda x, y: op(1.0, x, y) * op(0.0, x, y), *point[1:])
    else:
        check_gradients(op, *point)


@pytest.mark.parametrize("op", [op for op in DIFFERENTIABLE if op.name != "where"], ids=lambda op: op.name)
def test_a_wrong_rule_of_any_operation_fails_and_is_named(op):
    def off_by_a_percent(out, *operands):
        rule = op.local_gradients(out, *operands)
        return (1.01 * rule[0] + 0.013, *rule[1:])

    wrong = Operation(op.name, op.value, off_by_a_percent, arity=op.arity)
    wrong_rule = wrong.partials
    if op.arity == 1:
        wrong.partials = lambda *operands: wrong_rule(*operands)[0]
    with pytest.raises(GradientError, match=rf"the rule of '{op.name}' is wrong: ∂{op.name}/∂operand 1"):
        check_gradients(lambda *xs: sin(wrong(*xs)), *interior_point(op), order=1)


def test_a_rule_that_is_right_once_but_not_twice_fails_at_order_two():
    frozen = Operation("square_once", lambda x: x * x, lambda out, x: 2.0 * getattr(x, "data", x))
    check_gradients(frozen, 3.0, order=1)
    with pytest.raises(GradientError, match="order 2"):
        check_gradients(frozen, 3.0, order=2)


def test_the_order_must_be_positive():
    with pytest.raises(ValueError, match="order must be 1 or more"):
        check_gradients(sin, 1.0, order=0)


# ---------------------------------------------------------------- kinks and edges


@pytest.mark.parametrize(
    ("f", "point", "reason"),
    [
        (relu, (0.0,), "between 0 from the left and 1 from the right (relu)"),
        (absolute, (0.0,), "between -1 from the left and 1 from the right (abs)"),
        (lambda x: clip(x, 0.0, 1.0), (1.0,), "between 1 from the left and 0 from the right (clip)"),
        (maximum, (2.0, 2.0), "between 0 from the left and 1 from the right (maximum)"),
        (hypot, (0.0, 0.0), "between -1 from the left and 1 from the right (hypot)"),
        (lambda x: 3.0 * x if x > 1.0 else x + 2.0, (1.0,), "between 1 from the left and 3 from the right"),
        (sqrt, (0.0,), "the derivative has no finite value (sqrt)"),
        (lambda x: TABLE["sign"](x), (0.0,), "the derivative has no finite value (sign)"),
    ],
)
def test_a_kink_is_reported_as_a_kink_and_is_no_error(f, point, reason):
    check_gradients(f, *point)
    report = gradient_report(f, *point)
    assert report.passed and {d.verdict for d in report.derivatives} == {"kink"}
    assert all(reason in d.reason for d in report.derivatives) and reason in str(report)


def test_a_gradient_outside_what_the_two_sides_of_a_kink_allow_is_wrong():
    steep = Operation("relu", relu.value, lambda out, x: 2.0 if x >= 0.0 else 0.0, kink=lambda x: x)
    with pytest.raises(GradientError, match=r"order 1: ∂f/∂x1 is 2, numerically 0\.5, at x1 = 0"):
        check_gradients(steep, 0.0)


def test_a_smooth_way_through_kinks_is_checked_like_any_other():
    report = gradient_report(lambda x: maximum(x, x) * absolute(x), 2.0)
    assert {d.verdict for d in report.derivatives} == {"right"}
    report = gradient_report(lambda x: x * absolute(x), 0.0, order=1)
    assert {d.verdict for d in report.derivatives} == {"right"}


def test_where_nothing_can_be_compared_the_check_does_not_pass():
    with pytest.raises(GradientError, match="could not be checked: f is not finite and smooth enough on both sides"):
        check_gradients(log, -1.0)


def test_a_slope_that_rounding_hides_passes_with_what_was_allowed():
    report = gradient_report(tanh, 30.0)
    assert report.passed and report.derivatives[0].allowed < 1e-13
    report = gradient_report(lambda x: x + 1e20, 1.0, order=1)
    assert report.passed and report.worst.allowed > 1e4


# ---------------------------------------------------------------- tolerances


def test_an_error_far_below_any_usual_tolerance_is_found_where_the_numbers_allow_it():
    off = Operation("off", lambda x: x * x, lambda out, x: 2.0 * x + 1e-9)
    with pytest.raises(GradientError, match="the rule of 'off' is wrong"):
        check_gradients(off, 1.5)


def test_a_badly_conditioned_function_is_given_the_room_it_needs_and_no_more():
    def cancels(x):
        return ((x + 1e7) - 1e7) * x

    report = gradient_report(cancels, 1.5, order=1)
    assert report.passed and 1e-9 < report.worst.allowed < 1e-3
    assert gradient_report(lambda x: x * x, 1.5, order=1).worst.allowed < 1e-12


@given(expressions(ops=[TABLE[name] for name in ("add", "sub", "mul", "div", "square", "neg")]))
def test_the_rounding_error_of_a_graph_bounds_its_distance_from_the_exact_value(graph):
    exact = {name: Fraction(x) for name, x in graph.point.items()}
    apply = {
        "add": lambda x, y: x + y, "sub": lambda x, y: x - y, "mul": lambda x, y: x * y, "div": lambda x, y: x / y,
        "square": lambda x: x * x, "neg": lambda x: -x,
    }  # fmt: skip
    for name, step in graph.formula.steps:
        operands = [exact[o.name] if o.name else Fraction(o.number) for o in step.operands]
        exact[name] = apply[step.op.name](*operands)
    y = graph.value()
    assert abs(Fraction(y.data) - exact["y"]) <= Fraction(rounding_error(y))


def test_one_sided_derivatives_know_their_side():
    assert one_sided_derivative(abs, 0.0, side=-1)[0] == pytest.approx(-1.0)
    assert one_sided_derivative(abs, 0.0)[0] == pytest.approx(1.0)
    slope, error = one_sided_derivative(math.exp, 1.0, side=-1)
    assert abs(slope - math.e) <= 4 * error < 1e-6


# ---------------------------------------------------------------- modes, directions, report


def test_both_modes_are_checked_at_both_orders():
    report = gradient_report(lambda x, y: x * sin(y), 0.5, 2.0)
    assert {(d.order, d.mode) for d in report.derivatives} == {(o, m) for o in (1, 2) for m in ("reverse", "forward")}
    wrong = Operation("cube", lambda x: x * x * x, lambda out, x: 2.0 * x * x)
    with pytest.raises(GradientError, match="order 1: ∂f/∂x1 is 8 in forward mode, numerically 12"):
        check_gradients(wrong, 2.0, modes=["forward"])


def test_random_directions_check_many_inputs_at_the_price_of_a_few():
    calls = 0

    def loss(w, x):
        nonlocal calls
        calls += 1
        return tanh(dot(w, x))

    w, x = [0.01 * i for i in range(50)], [math.cos(i) for i in range(50)]
    check_gradients(loss, w, x, order=1)
    every, calls = calls, 0
    check_gradients(loss, w, x, order=1, directions=2)
    assert calls < every / 25

    wrong = Operation("off", lambda x: x * x, lambda out, x: 2.1 * x)
    with pytest.raises(GradientError, match=r"∇f·d1 is .*, numerically .*x8 = .* and 12 more\nthe rule of 'off'"):
        check_gradients(lambda xs: sum(map(wrong, xs)), [1.0 + i for i in range(20)], directions=1)


def test_random_directions_are_those_of_the_generator_given():
    def names(seed):
        return [d.analytic for d in gradient_report(hypot, 3.0, 4.0, directions=2, rng=random.Random(seed)).derivatives]

    assert names(1) == names(1) != names(2)


def test_the_report_names_the_worst_input():
    off = Operation("off", lambda x, y: x + y, lambda out, x, y: (1.0, 1.0 + 1e-3))
    report = gradient_report(lambda a, b, c: off(a * c, b), 1.0, 2.0, 3.0)
    assert not report.passed and report.worst.name == "∂f/∂x2" and report.worst.excess > 1e6
    assert len(report.having("wrong")) == 2 and report.rules[0].startswith("the rule of 'off' is wrong")
    with pytest.raises(GradientError) as caught:
        check_gradients(lambda a, b, c: off(a * c, b), 1.0, 2.0, 3.0)
    assert caught.value.report.worst.name == "∂f/∂x2"
    assert "worst: order 1: ∂f/∂x2" in str(report)


def test_a_nan_where_a_number_should_be_is_wrong():
    missing = Operation("gap", lambda x: x * x, lambda out, x: math.nan)
    with pytest.raises(GradientError, match="∂f/∂x1 is nan, numerically 4"):
        check_gradients(missing, 2.0)


def test_wrong_questions_are_refused():
    with pytest.raises(ValueError, match="no mode 'backward'; there are reverse and forward"):
        check_gradients(sin, 1.0, modes=["backward"])
    with pytest.raises(ValueError, match="no input"):
        check_gradients(lambda: Value(1.0))
