"""The checker passes right gradients, near edges too, and fails wrong ones by name."""

import math
import random
import struct
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
    explain,
    formulas,
    grad,
    gradient_report,
    hypot,
    jvp,
    leaves,
    log,
    maximum,
    numerical_derivative,
    one_sided_derivative,
    relu,
    rounding_error,
    sin,
    sqrt,
    symbol,
    tanh,
    topological_order,
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


def test_a_report_of_right_derivatives_tells_both_numbers():
    report = gradient_report(lambda x: x * x, 3.0, order=1, modes=["reverse"])
    assert str(report.derivatives[0]) == "order 1: ∂f/∂x1 is 6, numerically 6, at x1 = 3"


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

    rule = off_by_a_percent if op.arity != 1 else lambda *operands: off_by_a_percent(*operands)[0]
    wrong = Operation(op.name, op.value, rule, arity=op.arity)
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
    with pytest.raises(GradientError, match="could not be checked: f is nan here"):
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


# ---------------------------------------------------------------- f is called on Values, and may be rough


def test_f_is_called_on_values_everywhere_as_grad_calls_it():
    check_gradients(lambda x: (x * x + 1.0).tanh(), 0.5)
    check_gradients(lambda x: x**0.5, 0.005)  # of a float below 0 Python makes a complex number
    check_gradients(lambda p: (p["w"] * p["x"][0]).exp(), {"w": 0.5, "x": [2.0]}, directions=2)
    slope, error = numerical_derivative(lambda x: x**0.5, 0.005)
    assert abs(slope - 0.5 / math.sqrt(0.005)) <= 4 * error < 1e-9


def rule_of_floats(factor=1.0):
    return Operation("sine", math.sin, lambda out, x: factor * math.cos(float(x)))


@pytest.mark.parametrize("asked", [{}, {"directions": 2}, {"modes": ["reverse"]}, {"modes": ["forward"]}])
def test_a_rule_that_takes_floats_alone_is_checked_at_order_1(asked):
    right, wrong = rule_of_floats(), rule_of_floats(1.0 + 1e-9)
    for f in (lambda x, y: right(x * y), lambda x, y: right(x * y).tanh() + right(y)):
        check_gradients(f, 0.7, 0.3, order=1, **asked)
        with pytest.raises(TypeError, match=r"beyond order 1 the rules themselves .* or check order=1"):
            check_gradients(f, 0.7, 0.3, **asked)
    with pytest.raises(GradientError, match="the rule of 'sine' is wrong"):
        check_gradients(lambda x, y: wrong(x * y), 0.7, 0.3, order=1, **asked)


def test_a_rule_of_floats_has_the_same_slope_as_one_of_values():
    floats, values = rule_of_floats(), Operation("sine", math.sin, lambda out, x: TABLE["cos"](x))
    for x in (-40.0, 0.1, 1.5707, 1e4):
        found = [gradient_report(op, x, order=1).derivatives for op in (floats, values)]
        assert [d.analytic for d in found[0]] == [d.analytic for d in found[1]]
        assert {d.verdict for each in found for d in each} == {"right"}


def test_a_rule_of_too_few_gradients_is_not_taken_for_one_of_floats():
    short = Operation("short", lambda x, y: x * y, lambda out, x, y: (y,))
    for order in (1, 2):
        with pytest.raises(TypeError, match=r"^the local-gradient rule of 'short'"):
            check_gradients(short, 0.7, 0.3, order=order)


@pytest.mark.parametrize(("f", "x"), [(exp, 800.0), (lambda x: x * x, 1e200), (lambda x: -exp(x), 800.0)])
def test_at_an_overflow_the_report_says_that_f_is_infinite_there(f, x):
    report = gradient_report(f, x, order=1)
    assert {d.reason for d in report.derivatives} == {f"f is {f(x)} here"} and not report.passed
    assert "smooth" not in str(report)


def in_single(function):
    return lambda *xs: struct.unpack("f", struct.pack("f", function(*[getattr(x, "data", x) for x in xs])))[0]


def test_a_right_rule_in_single_precision_passes_as_told_and_a_wrong_one_does_not():
    right = Operation("sine", in_single(math.sin), lambda out, x: in_single(math.cos)(x))
    flat = Operation("sine", right.value, lambda out, x: 0.0)
    for x in (0.7, 3.0, -40.0):
        check_gradients(right, x, order=1, precision=1.2e-7)
        with pytest.raises(GradientError, match="∂f/∂x1 is 0, numerically"):
            check_gradients(flat, x, order=1, precision=1.2e-7)
        for untold in (right, flat):
            for tolerance in (0.0, 0.1):
                with pytest.raises(GradientError, match=r"f goes in steps of .*name its precision="):
                    check_gradients(untold, x, order=1, tolerance=tolerance)


def test_a_staircase_has_slope_zero_only_inside_one_of_its_steps_as_told():
    stairs = Operation("stairs", lambda x: float(math.floor(1000.0 * x)), lambda out, x: 0.0)
    with pytest.raises(GradientError, match="f goes in steps of 1 here"):
        check_gradients(stairs, 0.70021, order=1)
    check_gradients(stairs, 0.70021, order=1, step=1e-4)
    check_gradients(relu, -0.005)  # a flat part is none, nor is a single step
    check_gradients(lambda x: TABLE["sign"](x - 0.003), 0.0, order=1)


@pytest.mark.parametrize("frequency", [50.0, 300.0])
def test_waves_shorter_than_the_first_step_are_not_leapt_over(frequency):
    rng = random.Random(0)
    for _ in range(30):
        check_gradients(lambda x: sin(frequency * x), rng.uniform(100.0, 1000.0), order=1, modes=["reverse"])


def test_an_error_of_1e_10_is_found_beside_waves_and_at_rest():
    off = Operation("off", lambda x: x * x, lambda out, x: 2.0 * x + 1e-10)
    for f, x in ((off, 1.5), (off, 0.3), (lambda x: sin(off(x)), 0.3), (lambda x: exp(off(x)), 0.9)):
        with pytest.raises(GradientError, match="the rule of 'off' is wrong"):
            check_gradients(f, x, order=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"order": 0}, "order"), ({"order": 1.5}, "order"), ({"modes": []}, "modes"), ({"modes": "reverse"}, "modes"),
        ({"directions": 0}, "directions"), ({"directions": 1.5}, "directions"), ({"tolerance": -1.0}, "tolerance"),
        ({"tolerance": math.nan}, "tolerance"), ({"step": -1.0}, "step"), ({"step": math.inf}, "step"),
        ({"precision": -1.0}, "precision"),
    ],
)  # fmt: skip
def test_a_parameter_outside_its_range_is_refused_by_name(options, message):
    with pytest.raises(ValueError, match=message):
        check_gradients(sin, 1.0, **options)
    with pytest.raises(ValueError, match=message):
        gradient_report(sin, 1.0, **options)


def test_what_cannot_be_differentiated_numerically_is_refused():
    with pytest.raises(ValueError, match="finite inputs, got x2 = nan"):
        check_gradients(hypot, 1.0, math.nan)
    with pytest.raises(TypeError, match="must return one number"):
        check_gradients(lambda x: [x, x], 1.0)
    for derivative in (numerical_derivative, one_sided_derivative):
        with pytest.raises(ValueError, match="step must be 0 or more"):
            derivative(math.sin, 1.0, step=-1.0)
        with pytest.raises(ValueError, match="noise must be 0 or more"):
            derivative(math.sin, 1.0, noise=math.nan)
        with pytest.raises(ValueError, match="finite point, got x = inf"):
            derivative(math.sin, math.inf)
    with pytest.raises(ValueError, match="side must be 1"):
        one_sided_derivative(abs, 0.0, side=0)
    with pytest.raises(TypeError, match="rounding_error is of a node"):
        rounding_error(1.0)


# ---------------------------------------------------------------- rules that break their promise


def numbers_of_paths(op, *numbers):
    """Every way to a derivative of ``op``."""
    nodes = [Value(x) for x in numbers]
    yield lambda: op(*nodes).backward()
    yield lambda: op(*nodes).local_gradients()
    yield lambda: explain(op(*nodes))
    yield lambda: grad(op)(*numbers)
    yield lambda: grad(grad(op))(*numbers)
    yield lambda: jvp(op, numbers, (1.0,) * len(numbers))
    yield lambda: check_gradients(op, *numbers)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (lambda out, x, y: (y,), "must return 2 numbers, one per operand, got 1"),
        (lambda out, x, y: (y, x, 0.0), "must return 2 numbers, one per operand, got 3"),
        (lambda out, x, y: None, "must return a tuple of 2 numbers, got NoneType"),
        (lambda out, x, y: "ab", "must return a tuple of 2 numbers, got str"),
        (lambda out, x, y: y, "must return a tuple of 2 numbers, got"),
        (lambda out, x, y: (y, None), "expected a number, got None"),
        (lambda out, x, y: (y, "x"), "got the text 'x'"),
        (lambda out, x, y: (y, 1j), "expected a real number"),
        (lambda out, x: (2.0 * x,), "must return one number, as there is one operand, got a tuple"),
        (lambda out, x: None, "expected a number, got None"),
    ],
)
def test_a_rule_that_gives_no_number_for_each_operand_is_named_on_every_path(rule, message):
    count = rule.__code__.co_argcount - 1
    op = Operation("short", lambda *xs: math.prod(xs), rule)
    for path in numbers_of_paths(op, *(2.0, 3.0)[:count]):
        with pytest.raises(TypeError, match=rf"the local-gradient rule of 'short'.*{message}"):
            path()


def test_a_rule_may_return_a_list_and_numbers_of_any_kind():
    op = Operation("product", lambda x, y: x * y, lambda out, x, y: [Fraction(y), x])
    assert grad(op, (0, 1))(2.0, 3.0) == (3.0, 2.0)
    assert type(Operation("two", lambda x: 2, lambda out, x: 0)(Value(1.0)).data) is float


@pytest.mark.parametrize("wrong", [None, "2", 1j, [1.0]])
def test_a_value_rule_that_gives_no_number_is_named(wrong):
    op = Operation("odd", lambda x: wrong, lambda out, x: 1.0)
    for use in (lambda: op(2.0), lambda: op(Value(2.0))):
        with pytest.raises(TypeError, match=r"the value rule of 'odd', at \(2\.0,\): expected"):
            use()


def test_an_operation_is_made_of_a_name_and_two_functions():
    with pytest.raises(TypeError, match="name of an operation is text"):
        Operation(3, abs, lambda out, x: 1.0)
    with pytest.raises(TypeError, match="value rule of 'f' must be a function"):
        Operation("f", 3.0, lambda out, x: 1.0)
    with pytest.raises(TypeError, match="local-gradient rule of 'f' must be a Python function"):
        Operation("f", abs, 3.0)


def test_what_cancels_at_the_point_is_no_staircase_for_the_rounding_beside_it():
    """tanh(x) - x is exactly 0 at 0; a little beside, it is the rounding of x."""
    check_gradients(lambda x: x.tanh() - x, 0.0)
    check_gradients(lambda x: x.sin() - x, 0.0)
    with pytest.raises(GradientError, match="could not be checked: f goes in steps"):
        check_gradients(Operation("stairs", lambda x: math.floor(x * 1e6) / 1e6, lambda out, x: 0.0), 0.5)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: check_gradients(3, 1.0), "a function whose derivatives to check, got int"),
        (lambda: gradient_report(None, 1.0), "a function whose derivatives to check, got NoneType"),
        (lambda: numerical_derivative("sin", 1.0), "a function of a number, got str"),
        (lambda: one_sided_derivative(3, 1.0), "a function of a number, got int"),
        (lambda: topological_order(3), "a node of a graph, a Value, got int"),
        (lambda: leaves([Value(1.0)]), "a node of a graph, a Value, got list"),
        (lambda: symbol(3), "the name of a symbol is text, got int"),
        (lambda: formulas("tanh", "x"), r"formulas are of an operation, such as TABLE\['tanh'\], got str"),
    ],
)
def test_what_is_no_function_node_or_operation_is_told_as_such(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_a_small_error_is_told_with_digits_enough_to_see_it():
    slightly = Operation("cube", lambda x: x * x * x, lambda out, x: 3.0 * x * x * (1.0 + 1e-10))
    with pytest.raises(GradientError) as caught:
        check_gradients(slightly, 2.0, order=1)
    first, rule, *_ = str(caught.value).splitlines()
    assert "∂f/∂x1 is 12.000000001, numerically 12, at x1 = 2" in first
    assert "gives 12.000000001, numerically 12, at (2)" in rule
