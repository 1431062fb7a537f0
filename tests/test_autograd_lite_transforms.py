"""Derivatives of functions, of any order and in nested structures."""

import math
from typing import NamedTuple

import pytest
from hypothesis import given

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
from tests.strategies import small_floats


def rosenbrock(x, y):
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2


@given(small_floats)
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


@given(small_floats, small_floats)
def test_the_hessian_of_rosenbrock_has_its_closed_form(x, y):
    expected = [[2 - 400 * y + 1200 * x * x, -400 * x], [-400 * x, 200.0]]
    for row, wanted in zip(hessian(rosenbrock)(x, y), expected):
        assert row == pytest.approx(wanted, rel=1e-12, abs=1e-10)


@given(small_floats, small_floats, small_floats, small_floats)
def test_the_hessian_vector_product_is_the_hessian_times_the_vector(x, y, u, v):
    h = hessian(rosenbrock)(x, y)
    expected = [h[0][0] * u + h[0][1] * v, h[1][0] * u + h[1][1] * v]
    assert list(hvp(rosenbrock, (x, y), (u, v))) == pytest.approx(expected, rel=1e-12, abs=1e-9)


@given(small_floats, small_floats)
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


# ---------------------------------------------------------------- NumPy arrays in, arrays out


def test_a_gradient_in_an_array_is_a_float_array_of_the_same_shape():
    np = pytest.importorskip("numpy")
    a, x = np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([2.0, 3.0])
    value, found = value_and_grad(lambda x: x @ a @ x + np.tanh(x).sum())(x)
    assert type(value) is float and value == pytest.approx(x @ a @ x + np.tanh(x).sum())
    assert found.dtype == float and found.shape == (2,)
    assert found == pytest.approx(2 * a @ x + 1 / np.cosh(x) ** 2)
    assert grad(lambda x: (x**2).sum())(np.arange(6).reshape(2, 3)).tolist() == [[0, 2, 4], [6, 8, 10]]  # ints
    assert grad(lambda x: 2.0 * tanh(x))(np.array(0.0)) == 2.0  # no axis: f gets the Value itself
    empty = grad(lambda x: x.sum() + 1.0)(np.zeros((0, 2)))
    assert empty.shape == (0, 2) and empty.dtype == float


def test_hessians_jacobians_and_products_of_arrays_are_arrays():
    np = pytest.importorskip("numpy")
    x, v = np.array([2.0, 3.0, -1.0]), np.array([1.0, 0.5, 2.0])
    expected = np.diag(6 * x) + 2.0
    matrix = hessian(lambda x: (x**3).sum() + x.sum() ** 2)(x)
    assert matrix.shape == (3, 3) and matrix == pytest.approx(expected)
    (product,) = hvp(lambda x: (x**3).sum() + x.sum() ** 2, (x,), (v,))
    assert product == pytest.approx(expected @ v)
    assert jacobian(lambda x: x * x)(x) == pytest.approx(np.diag(2 * x))
    assert jacobian(lambda x: x.sum())(x).shape == (1, 3)
    value, slope = jvp(lambda x: x * x, (x,), (v,))
    assert value == pytest.approx(x * x) and slope == pytest.approx(2 * x * v) and slope.dtype == float
    value, pullback = vjp(lambda x: x * x, x)
    assert value.dtype == float and pullback(v)[0] == pytest.approx(2 * x * v)


def test_transforms_of_arrays_nest():
    np = pytest.importorskip("numpy")
    x = np.array([2.0, 3.0])
    assert grad(lambda x: grad(lambda y: (y**3).sum())(x).sum())(x) == pytest.approx(6 * x)
    w = np.array([Value(2.0), Value(3.0)])
    first = gradient((w**3).sum(), w, differentiable=True)
    assert gradient(first.sum(), w).tolist() == [12.0, 18.0]


def test_scipy_minimises_with_value_and_grad_as_it_stands():
    np = pytest.importorskip("numpy")
    optimize = pytest.importorskip("scipy.optimize")

    def valley(x):
        return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()

    found = optimize.minimize(value_and_grad(valley), np.zeros(4), jac=True)
    assert found.success and found.x == pytest.approx(np.ones(4), abs=1e-5)
    assert grad(valley)(np.array([0.5, -1.0, 2.0])) == pytest.approx(optimize.rosen_der(np.array([0.5, -1.0, 2.0])))
    assert hessian(valley)(np.array([0.5, -1.0])) == pytest.approx(optimize.rosen_hess(np.array([0.5, -1.0])))


def test_an_array_of_another_library_is_refused_with_the_way():
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError, match=r"argument 2: .* torch\.Tensor pass x\.tolist\(\)"):
        grad(lambda x, y: x, (0, 1))(1.0, torch.ones(2))


# ---------------------------------------------------------------- what parameters accept


def test_tangents_go_by_key_and_not_by_the_order_of_writing():
    def f(d):
        return d["a"] ** 2 + 100 * d["b"]

    point, direction = {"a": 2.0, "b": 3.0}, {"b": 0.0, "a": 1.0}
    assert jvp(f, (point,), (direction,)) == (304.0, 4.0)
    assert hvp(f, (point,), (direction,)) == ({"a": 2.0, "b": 0.0},)
    _, pullback = vjp(lambda x: {"a": 2.0 * x, "b": 100.0 * x}, 1.0)
    assert pullback({"b": 0.0, "a": 1.0}) == (2.0,)


@pytest.mark.parametrize(
    ("tangents", "message"),
    [
        (({"a": 1.0, "c": 0.0},), r"tangents\[0\]: expected the keys 'a', 'b', got 'a', 'c'"),
        (({"a": 1.0},), r"expected 3 tangent\(s\).*got 1.*expected the keys"),
        (({"a": 1.0, "b": 1.0},), r"tangents\[0\]\['b'\]: expected a list of 2, got one number"),
        (({"a": [1.0], "b": [1.0, 2.0]},), r"tangents\[0\]\['a'\]: expected one number, got a list of 1"),
        (({"a": 1.0, "b": [1.0, 2.0, 3.0]},), r"tangents\[0\]\['b'\]: expected a list of 2, got a list of 3"),
        (([1.0, 2.0, 3.0],), r"tangents\[0\]: expected a dict of 2, got a list of 3"),
    ],
)
def test_tangents_of_another_structure_are_refused_with_the_place(tangents, message):
    with pytest.raises(ValueError, match=message):
        jvp(lambda d: d["a"], ({"a": 1.0, "b": [1.0, 2.0]},), tangents)
    with pytest.raises(ValueError, match=message.replace("jvp", "hvp")):
        hvp(lambda d: d["a"], ({"a": 1.0, "b": [1.0, 2.0]},), tangents)


def test_lists_tuples_and_arrays_lie_beside_each_other():
    np = pytest.importorskip("numpy")
    for direction in ([1.0, 2.0], (1.0, 2.0), np.array([1.0, 2.0])):
        assert jvp(lambda xs: xs[0] * xs[1], ([3.0, 4.0],), (direction,)) == (12.0, 10.0)


def test_argnums_are_positions_each_once():
    np = pytest.importorskip("numpy")

    def f(x, y):
        return x * y

    assert grad(f, np.int64(1))(2.0, 3.0) == 2.0 and grad(f, (np.int32(1), 0))(2.0, 3.0) == (2.0, 3.0)
    for twice in ((0, 0), (1, -1), [0, -2]):
        with pytest.raises(ValueError, match="names an argument twice"):
            grad(f, twice)(2.0, 3.0)
    for wrong in (True, "x", 1.0, None, (0, False), np.array([0, 1]), np.array([0.0])):
        with pytest.raises(TypeError, match="argnums must be a position"):
            grad(f, wrong)(2.0, 3.0)


@pytest.mark.parametrize("transform", [grad, value_and_grad, jacobian, hessian, vjp])
def test_what_is_no_function_is_refused(transform):
    with pytest.raises(TypeError, match="expected a function to differentiate, got float"):
        transform(3.0)


def test_primals_are_a_tuple_and_arguments_numbers():
    for transform in (jvp, hvp):
        with pytest.raises(TypeError, match="primals must be a tuple with one entry per argument, got float"):
            transform(sin, 1.0, (1.0,))
        with pytest.raises(TypeError, match="got the text 'a'"):
            transform(sin, ("a",), (1.0,))
        with pytest.raises(TypeError, match="got None"):
            transform(sin, (1.0,), (None,))
    for transform in (grad, jacobian, hessian):
        with pytest.raises(TypeError, match="argument 2: expected a number, got None"):
            transform(lambda x, y: x, *([(0, 1)] if transform is grad else []))(1.0, None)


def test_a_leaf_that_changed_since_is_not_mixed_into_a_second_derivative():
    x = Value(3.0, "x")
    y = x * x * x
    first = gradient(y, x, differentiable=True)
    x.data = 5.0
    assert gradient(y, x) == 27.0 and gradient(first, x) == 18.0  # by the recorded numbers
    with pytest.raises(ValueError, match="x held 3 when mul was computed from it and holds 5 now"):
        gradient(y, x, differentiable=True)
    assert gradient(x * x * x, x, differentiable=True).data == 75.0
    nan = Value(math.nan)
    assert math.isnan(gradient(nan * nan, nan, differentiable=True).data)
