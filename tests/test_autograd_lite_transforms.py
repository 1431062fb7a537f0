"""Derivatives of functions, of any order and in nested structures."""

import math
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import (
    Value,
    cos,
    exp,
    grad,
    gradient,
    hessian,
    hvp,
    jacobian,
    jvp,
    log,
    power,
    sin,
    sqrt,
    tanh,
    value_and_grad,
    vjp,
    where,
)

small = st.floats(-2.0, 2.0)


def rosenbrock(x, y):
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2


@given(small)
def test_derivatives_of_sine_of_every_order_run_through_the_circle(x):
    f = sin
    for expected in (math.cos(x), -math.sin(x), -math.cos(x), math.sin(x)):
        f = grad(f)
        assert f(x) == pytest.approx(expected, abs=1e-14)


def test_the_fifth_derivative_of_a_fifth_power_is_120():
    f = power(5.0)
    for _ in range(5):
        f = grad(f)
    assert f(0.7) == pytest.approx(120.0)


def test_nested_gradients_do_not_confuse_their_variables():
    assert grad(lambda x: x * grad(lambda y: x * y)(1.0))(3.0) == 6.0
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(3.0) == 1.0
    assert grad(lambda x: grad(lambda y: x * y * y)(x))(3.0) == 12.0  # d/dx (2x·y at y = x) = 4x


def test_a_transform_inside_a_gradient_keeps_the_history():
    assert grad(lambda x: jvp(lambda y: x * y * y, (1.0,), (1.0,))[1])(3.0) == 2.0
    assert grad(lambda x: vjp(lambda y: x * y * y, 1.0)[1](1.0)[0])(3.0) == 2.0
    assert grad(lambda x: hvp(lambda y: x * y**3, (1.0,), (1.0,))[0])(3.0) == 6.0
    assert grad(lambda x: hessian(lambda y: x * y**3)(1.0)[0][0])(3.0) == 6.0
    assert grad(lambda x: jacobian(lambda y: [x * y**3])(1.0)[0][0])(3.0) == 3.0


def test_numbers_in_numbers_out_and_values_in_values_out():
    assert type(grad(exp)(0.0)) is float
    x = Value(2.0)
    slope = grad(lambda t: t**3)(x)
    assert isinstance(slope, Value)
    slope.backward()
    assert x.grad == 12.0


def test_a_closure_over_a_parameter_does_not_turn_the_result_into_a_node():
    w = Value(3.0)
    assert type(grad(lambda x: w * x)(2.0)) is float
    assert w.grad == 0.0


def test_arguments_may_be_nested_and_gradients_have_their_structure():
    class Line(NamedTuple):
        slope: float
        offset: float

    def f(line, xs, *, scale):
        return sum((line["a"].slope * x + line["a"].offset) * scale for x in xs)

    found = grad(f, (0, 1))({"a": Line(2.0, 1.0)}, [1.0, (3.0,)][:1], scale=2.0)
    assert found == ({"a": Line(2.0, 2.0)}, [4.0])
    assert isinstance(found[0]["a"], Line)


def test_value_and_grad_gives_both():
    assert value_and_grad(lambda x, y: x * y, (0, 1))(3.0, 4.0) == (12.0, (4.0, 3.0))
    assert value_and_grad(lambda x, y: x * y, -1)(3.0, 4.0) == (12.0, 3.0)


@given(small, small)
def test_the_hessian_of_rosenbrock_has_its_closed_form(x, y):
    expected = [[2 - 400 * y + 1200 * x * x, -400 * x], [-400 * x, 200.0]]
    for row, wanted in zip(hessian(rosenbrock)(x, y), expected):
        assert row == pytest.approx(wanted, rel=1e-12, abs=1e-10)


@given(small, small, small, small)
def test_the_hessian_vector_product_is_the_hessian_times_the_vector(x, y, u, v):
    h = hessian(rosenbrock)(x, y)
    expected = [h[0][0] * u + h[0][1] * v, h[1][0] * u + h[1][1] * v]
    assert list(hvp(rosenbrock, (x, y), (u, v))) == pytest.approx(expected, rel=1e-12, abs=1e-9)


@given(small, small)
def test_forward_and_reverse_mode_give_the_same_jacobian(x, y):
    def f(x, y):
        return [tanh(x * y), sin(x) + y, x]

    rows = jacobian(f)(x, y)
    columns = [jvp(f, (x, y), direction)[1] for direction in ((1.0, 0.0), (0.0, 1.0))]
    pulled = [list(vjp(f, x, y)[1](seed)) for seed in ([1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0])]
    assert rows == pulled
    for i in range(3):
        assert rows[i] == pytest.approx([columns[0][i], columns[1][i]], rel=1e-13, abs=1e-300)
    assert rows[0] == pytest.approx([y / math.cosh(x * y) ** 2, x / math.cosh(x * y) ** 2])


def test_an_output_that_does_not_depend_on_an_input_has_gradient_zero():
    assert jacobian(lambda x, y: [x, 1.0])(2.0, 3.0) == [[1.0, 0.0], [0.0, 0.0]]
    assert grad(lambda x, y: y)(1.0, 2.0) == 0.0
    assert grad(lambda x: 3.0)(1.0) == 0.0
    assert jvp(lambda x: 3.0, (1.0,), (1.0,)) == (3.0, 0.0)


def test_the_branch_where_does_not_take_stays_out_of_derivatives_of_any_order():
    def f(x):
        return where(x > 0, sqrt(x), 0.0)

    assert grad(f)(0.0) == 0.0
    assert jvp(f, (0.0,), (1.0,)) == (0.0, 0.0)
    assert hessian(f)(0.0) == [[0.0]]
    assert hessian(f)(4.0)[0][0] == pytest.approx(-0.25 * 4.0**-1.5)


def test_a_gradient_penalty_can_be_trained_on():
    w = Value(2.0)
    slope = gradient(w * w * w, w, differentiable=True)  # 3w²
    ((slope - 1.0) ** 2).backward()
    assert w.grad == pytest.approx(2 * (12 - 1) * 6 * 2)


def test_gradient_changes_no_grad():
    x = Value(3.0)
    y = x * x
    assert gradient(y, {"x": x}) == {"x": 6.0}
    assert (x.grad, y.grad) == (0.0, 0.0)


def test_several_outputs_in_a_dictionary_keep_their_names():
    value, pullback = vjp(lambda x: {"a": x * x, "b": cos(x)}, 0.5)
    assert value == {"a": 0.25, "b": math.cos(0.5)}
    assert pullback({"a": 1.0, "b": 0.0}) == (1.0,)


def test_mistakes_are_named():
    with pytest.raises(TypeError, match="must return one number"):
        grad(lambda x: [x, x])(1.0)
    with pytest.raises(TypeError, match="must return one number"):
        grad(lambda x: None)(1.0)
    with pytest.raises(TypeError, match="argnums 2"):
        grad(lambda x: x, 2)(1.0)
    with pytest.raises(TypeError, match="got the text 'a'"):
        grad(lambda x: x)("a")
    with pytest.raises(ValueError, match=r"expected 2 tangent\(s\)"):
        jvp(lambda x, y: x, (1.0, 2.0), (1.0,))
    with pytest.raises(ValueError, match=r"expected 1 cotangent\(s\)"):
        vjp(lambda x: x, 1.0)[1]([1.0, 2.0])
    with pytest.raises(TypeError, match="inputs must be Values, got float"):
        gradient(Value(1.0), [2.0])


def test_newton_steps_with_grad_and_hessian_find_the_minimum_of_rosenbrock():
    x, y = -1.2, 1.0
    for _ in range(10):
        gx, gy = grad(rosenbrock, (0, 1))(x, y)
        (a, b), (_, d) = hessian(rosenbrock)(x, y)
        det = a * d - b * b
        x, y = x - (d * gx - b * gy) / det, y - (a * gy - b * gx) / det
    assert (x, y) == pytest.approx((1.0, 1.0), abs=1e-12)


def test_log_has_all_its_derivatives():
    f, factorial = log, 1
    for n in range(1, 7):
        f = grad(f)
        factorial *= max(n - 1, 1)
        assert f(2.0) == pytest.approx((-1) ** (n - 1) * factorial / 2.0**n, rel=1e-13)


def test_forward_mode_goes_through_the_branch_where_took_and_no_other():
    def f(x):
        return where(x, 3.0 * x, -5.0 * x) + where(0.0 * x, x, 7.0 * x)

    assert jvp(f, (2.0,), (1.0,)) == (20.0, 10.0) and grad(f)(2.0) == 10.0
    # behind the other branch lies sqrt(0), whose gradient is inf
    assert jvp(lambda x: where(x, sqrt(x), 2.0 * x), (0.0,), (1.0,)) == (0.0, 2.0)
