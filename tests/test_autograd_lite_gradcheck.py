"""The checker passes right gradients, near edges too, and fails wrong ones by name."""

import math

import pytest

from autograd_lite import (
    TABLE,
    GradientError,
    Operation,
    atan2,
    check_gradients,
    exp,
    hypot,
    log,
    numerical_derivative,
    sin,
    sqrt,
    tanh,
)


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
