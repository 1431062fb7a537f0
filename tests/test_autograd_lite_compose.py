"""Transforms and the compiler compose: a compiled derivative is the derivative, whatever is nested in what."""

import math
import random

import jax
import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as al
import viz
from autograd_lite import (
    Value,
    compile,
    cos,
    exp,
    grad,
    gradient,
    hessian,
    hvp,
    jacobian,
    jvp,
    relu,
    sin,
    sqrt,
    tanh,
    value_and_grad,
    vjp,
    where,
)
from autograd_lite.program import CaptureError
from autograd_lite.testing.strategies import expressions
from autograd_lite.trees import flatten
from tests.comparing import largest

BACKENDS = ["numpy", "native"]
WITH_INPUTS = expressions(max_nodes=5).filter(lambda graph: graph.point)
SLOPES = (0.5, -0.75, 1.25)  # of the direction that derivatives are taken in


def dot(xs, ys):
    return al.sum_of([x * y for x, y in zip(xs, ys)])


# each makes of a function of numbers another: a derivative in one direction
NESTS = {
    "grad": lambda f: lambda *xs: dot(grad(f, tuple(range(len(xs))))(*xs), SLOPES),
    "vjp": lambda f: lambda *xs: dot(vjp(f, *xs)[1](1.0), SLOPES),
    "jvp": lambda f: lambda *xs: jvp(f, xs, SLOPES[: len(xs)])[1],
    "jacobian": lambda f: lambda *xs: dot(jacobian(f)(*xs)[0], SLOPES),
    "hvp": lambda f: lambda *xs: dot(hvp(f, xs, SLOPES[: len(xs)]), SLOPES),
    "hessian": lambda f: lambda *xs: dot([dot(row, SLOPES) for row in hessian(f)(*xs)], SLOPES),
}


@pytest.mark.parametrize("backend", BACKENDS)
@settings(max_examples=30)
@given(graph=WITH_INPUTS, nest=st.lists(st.sampled_from(sorted(NESTS)), min_size=1, max_size=3))
def test_any_nest_of_transforms_of_any_expression_is_compiled_to_what_it_is(backend, graph, nest):
    names = list(graph.point)

    def f(*xs):
        return graph(**dict(zip(names, xs)))

    for name in nest:
        f = NESTS[name](f)
    point = [graph.point[name] for name in names]
    node = f(*[Value(x) for x in point])
    expected = node.data if isinstance(node, Value) else node
    if not math.isfinite(expected):
        return
    scale = largest(node)[0] if isinstance(node, Value) else 0.0
    found = compile(f, backend=backend)(*point)
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-12 * scale)


def f(x, y):
    return tanh(x * y) + x * x * y


def newton(x):
    return x - grad(lambda t: exp(t) - 2.0 * t)(x) / grad(grad(lambda t: exp(t) - 2.0 * t))(x)


CASES = {
    "grad": (grad(f), (0.3, 0.5)),
    "grad in one of two": (grad(f, 1), (0.3, 0.5)),
    "value_and_grad": (value_and_grad(f, (0, 1)), (0.3, 0.5)),
    "value_and_grad with others": (value_and_grad(lambda x: (x * x, {"twice": x + x}), has_aux=True), (3.0,)),
    "hessian": (hessian(f), (0.3, 0.5)),
    "jacobian": (jacobian(lambda x, y: [x * y, sin(x + y)]), (0.3, 0.5)),
    "jacobian of more outputs than inputs": (jacobian(lambda x: [x * x, sin(x), x**3]), (0.3,)),
    "third derivative": (grad(grad(grad(lambda x: sin(x * x)))), (0.7,)),
    "hvp": (lambda x, y: hvp(f, (x, y), (1.0, 2.0)), (0.3, 0.5)),
    "hvp in a direction given": (lambda x, y, u, v: hvp(f, (x, y), (u, v)), (0.3, 0.5, 1.0, 2.0)),
    "jvp": (lambda x, y: jvp(f, (x, y), (1.0, 2.0)), (0.3, 0.5)),
    "vjp": (lambda x, y: vjp(lambda a, b: [a * b, a], x, y)[1]([x, y]), (0.3, 0.5)),
    "a step of Newton": (newton, (0.3,)),
    "a constant inside": (lambda x: grad(lambda t: t * t)(2.0) * x, (3.0,)),
    "a dict": (grad(lambda p: p["w"] * p["x"][0]), ({"w": 2.0, "x": [5.0]},)),
    "an array": (grad(lambda x: (x * np.tanh(x)).sum()), (np.array([1.0, 2.0]),)),
    "a matrix": (hessian(lambda x: np.tanh(x @ x)), (np.array([0.1, 0.2]),)),
    "a branch not taken, at the edge": (grad(lambda x: where(x > 0.0, sqrt(x), 0.0)), (0.0,)),
    "a kink behind a branch": (grad(lambda x: where(x >= 0.0, relu(sqrt(x) - 1.0), 0.0)), (0.0,)),
    "a branch, twice": (grad(grad(lambda x: where(x > 0.0, (sin(x) - sin(1.0)) ** 2, 0.0))), (1.0,)),
    "a branch, forward": (lambda x: jvp(lambda t: where(t > 0.0, sqrt(t), 0.0), (x,), (1.0,)), (0.0,)),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("case", CASES)
def test_a_compiled_derivative_is_the_derivative_in_value_and_structure(case, backend):
    function, point = CASES[case]
    expected, found = function(*point), compile(function, backend=backend)(*point)
    assert type(found) is type(expected)
    np.testing.assert_allclose(flatten(found), flatten(expected), rtol=1e-12)


# ∂/∂t of t·x at t = x is x: what differentiates in both finds 2x
CONFUSIONS = {
    "the argument of both": (lambda x: grad(lambda t: t * x)(x), lambda x: x),
    "times x, differentiated": (grad(lambda x: x * grad(lambda t: t * x)(x)), lambda x: 2 * x),
    "a constant for t": (grad(lambda x: x * grad(lambda t: x + t)(1.0)), lambda x: 1.0),
    "forward in reverse": (grad(lambda x: jvp(lambda t: t * x * x, (x,), (1.0,))[1]), lambda x: 2 * x),
    "reverse in forward": (lambda x: jvp(grad(lambda t: t * t * x), (x,), (1.0,))[1], lambda x: 2 * x),
    "what is written twice": (lambda x: grad(lambda t: sin(t) * sin(x))(x), lambda x: math.sin(x) * math.cos(x)),
    "three deep": (
        lambda x: grad(lambda a: a * grad(lambda b: a * b * grad(lambda c: a * b * c * x)(x))(x))(x),
        lambda x: 9 * 2 / 3 * x**4,
    ),
}


@pytest.mark.parametrize("case", CONFUSIONS)
def test_a_transform_differentiates_in_its_own_variable_alone(case):
    function, truth = CONFUSIONS[case]
    assert function(3.0) == truth(3.0)
    assert compile(function)(3.0) == truth(3.0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_derivatives_of_a_batch_are_those_of_its_samples(backend):
    second = grad(grad(lambda x: sin(x * x)))
    xs = np.linspace(-1.0, 1.0, 5)
    np.testing.assert_allclose(
        compile(second, batched=True, backend=backend)(xs), [second(float(x)) for x in xs], rtol=1e-12, atol=1e-15
    )
    matrices = compile(jacobian(lambda x: [x[0] * x[1], cos(x[0])]), batched=True, backend=backend)
    points = np.array([[1.0, 2.0], [3.0, 4.0]])
    truth = [[[b, a], [-math.sin(a), 0.0]] for a, b in points]
    np.testing.assert_allclose(matrices(points), truth, rtol=1e-12)


def test_a_derivative_in_a_parameter_is_that_of_each_sample_until_they_are_summed():
    w = Value(2.0, "w")
    slope = compile(lambda x: grad(lambda v: v * v * x)(w), parameters=[w], batched=True)
    assert slope([1.0, 2.0]).tolist() == [4.0, 8.0]
    total = compile(lambda x: grad(lambda v: v * v * x)(w), parameters=[w], batched=True, reduce="sum")
    value, gradients = total.value_and_grad([1.0, 2.0])
    assert (value, gradients.arguments[0].tolist(), gradients.parameters) == (12.0, [4.0, 4.0], [6.0])


def test_a_gradient_in_an_argument_or_a_parameter_is_recorded_and_in_what_was_computed_is_refused():
    w = Value(3.0, "w")
    assert compile(lambda x: gradient(x * x * w, [x, w]), parameters=[w])(2.0) == [12.0, 4.0]
    with pytest.raises(CaptureError, match=r"test_autograd_lite_compose.*derivative in an x that was computed.*grad"):
        compile(lambda x: gradient((x * x) ** 2, x * x))(2.0)


@settings(max_examples=5)
@given(graph=WITH_INPUTS, second=st.booleans())
def test_compiled_derivatives_are_those_of_jax(graph, second):
    names = list(graph.point)
    point = list(graph.point.values())

    def f(*xs):
        return graph(**dict(zip(names, xs)))

    every = tuple(range(len(names)))
    by_jax, ours = compile(f, backend="numpy"), grad(f, every)
    if second:
        first = jax.grad(by_jax, every)
        by_jax, ours = (lambda *xs: sum(first(*xs))), hessian(f)
    was = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    try:
        truth = np.ravel(jax.grad(by_jax, every)(*[jax.numpy.asarray(x) for x in point]))
    finally:
        jax.config.update("jax_enable_x64", was)
    found = np.array(compile(ours)(*point)).reshape(-1, len(names)).sum(axis=0)
    if np.isfinite(truth).all():
        np.testing.assert_allclose(found, truth, rtol=1e-9, atol=1e-9 * np.abs(truth).max(initial=0.0))


# ---------------------------------------------------------------- a compiled function is an operation


@pytest.mark.parametrize("backend", BACKENDS)
@settings(max_examples=25)
@given(graph=WITH_INPUTS)
def test_any_compiled_expression_called_with_values_has_the_derivatives_of_the_expression(backend, graph):
    names, point = list(graph.point), list(graph.point.values())

    def plain(*xs):
        return graph(**dict(zip(names, xs)))

    compiled = compile(plain, backend=backend)
    for transform in (lambda g: grad(g, tuple(range(len(names)))), hessian):
        expected = np.ravel(transform(plain)(*point))
        scale = np.abs(expected[np.isfinite(expected)]).max(initial=0.0)
        np.testing.assert_allclose(np.ravel(transform(compiled)(*point)), expected, rtol=1e-10, atol=1e-10 * scale)


def test_called_with_values_it_is_one_node_that_depends_on_arguments_and_parameters():
    w, x, y = Value(0.5, "w"), Value(1.0, "x"), Value(2.0, "y")
    compiled = compile(lambda x, y: tanh(w * x) * y, parameters=[w])
    z = compiled(x, y)
    assert z.parents == (x, y, w) and z.data == compiled(1.0, 2.0)
    w.data = 100.0  # after the recording
    z.backward()
    slope = 1.0 - math.tanh(0.5) ** 2
    np.testing.assert_allclose([x.grad, y.grad, w.grad], [slope, math.tanh(0.5), 2.0 * slope], rtol=1e-15)


def test_every_transform_takes_a_compiled_function():
    compiled, v = compile(f), (1.0, 2.0)
    for transform in (grad, value_and_grad, jacobian, hessian, lambda g: grad(grad(grad(g)))):
        np.testing.assert_allclose(flatten(transform(compiled)(0.3, 0.5)), flatten(transform(f)(0.3, 0.5)), 1e-12)
    for directional in (jvp, hvp):
        np.testing.assert_allclose(directional(compiled, (0.3, 0.5), v), directional(f, (0.3, 0.5), v), 1e-12)
    np.testing.assert_allclose(vjp(compiled, 0.3, 0.5)[1](1.0), vjp(f, 0.3, 0.5)[1](1.0), 1e-12)
    assert al.gradient_report(compiled, 0.3, 0.5, order=2).passed


def test_structures_and_arrays_of_values_go_through_a_compiled_function():
    pair = compile(lambda p: [p["x"][0] * p["x"][1], {"a": p["y"]}])
    product, others = pair({"x": [Value(2.0), 3.0], "y": Value(5.0)})
    assert (product.data, product.local_gradients(), others["a"].data) == (6.0, (3.0, 2.0, 0.0), 5.0)
    norm = compile(lambda v: (v * v).sum())
    assert grad(norm)(np.array([1.0, 2.0])).tolist() == [2.0, 4.0]
    assert hessian(norm)(np.array([1.0, 2.0])).tolist() == [[2.0, 0.0], [0.0, 2.0]]


def test_a_compiled_function_inside_another_is_written_into_its_program():
    w = Value(0.5, "w")
    inner = compile(lambda x: tanh(w * x), parameters=[w])
    outer = compile(lambda x: inner(x) + inner(2.0) * x, parameters=[w])
    assert str(outer.program(0.7)).count("tanh") == 2
    close_value, gradients = outer.value_and_grad(0.7)
    t, at_two = math.tanh(0.35), math.tanh(1.0)
    np.testing.assert_allclose(close_value, t + at_two * 0.7, rtol=1e-15)
    np.testing.assert_allclose(gradients.arguments, 0.5 * (1 - t * t) + at_two, rtol=1e-15)
    np.testing.assert_allclose(gradients.parameters, 0.7 * (1 - t * t) + 1.4 * (1 - at_two * at_two), rtol=1e-15)
    with pytest.raises(CaptureError, match="neither an argument nor among the parameters"):
        compile(grad(inner))(1.0)
    np.testing.assert_allclose(compile(grad(inner), parameters=[w])(0.7), 0.5 * (1 - t * t), rtol=1e-15)


def test_the_numbers_of_parameters_are_not_baked_in_by_a_gradient_inside_another_recording():
    w = Value(2.0, "w")
    inner = compile(lambda x: w * x, parameters=[w], backend="numpy")
    with pytest.raises(CaptureError, match=r"test_autograd_lite_compose.*value_and_grad.*numbers.*which is recorded"):
        compile(lambda x: x * inner.value_and_grad(3.0)[0], backend="numpy")(1.0)
    outer = compile(lambda x: x * value_and_grad(inner)(x)[0], parameters=[w], backend="numpy")
    assert outer(3.0) == 18.0
    w.data = 5.0
    assert outer(3.0) == 45.0


def test_a_compiled_function_is_drawn_as_one_box_and_explained():
    squared = compile(lambda x: tanh(x) * x)
    y = squared(Value(1.0, "x"))
    assert [step.op.name for step in al.explain(y).forward if step.op is not None] == ["f"]
    assert viz.to_svg(y).count("tanh") == 0


def test_a_rule_that_needs_numbers_has_no_second_derivative_and_says_so():
    cube = al.Operation("cube", lambda x: math.pow(x, 3.0), lambda out, x: 3.0 * math.pow(x, 2.0))
    slope = compile(grad(lambda x: cube(x)), backend="numpy")
    with pytest.warns(UserWarning, match="computed number by number"):
        assert slope(2.0) == 12.0
    with pytest.raises(CaptureError, match=r"the rule of 'cube' needs numbers.*write it in operations"):
        compile(grad(grad(lambda x: cube(x))))(2.0)
    with pytest.raises(CaptureError, match="the rule of 'cube' needs numbers"):
        slope.value_and_grad(2.0)


def test_a_compiled_batch_refuses_values_and_says_what_to_do():
    with pytest.raises(TypeError, match="compile without batched=True"):
        compile(lambda x: x * x, batched=True)([Value(1.0)])
    with pytest.raises(TypeError, match=r"argument 1.*numbers are expected.*compiled\(v\)"):
        compile(lambda x: x * x).value_and_grad(Value(1.0))


# ---------------------------------------------------------------- what flows back, by hand


def both(function):
    """Return a function as it is, and as it is compiled."""
    return [function, *(compile(function, backend=backend) for backend in BACKENDS)]


def test_what_a_branch_cuts_is_nothing_in_both_directions_and_at_any_order():
    def behind(x):
        return sqrt(where(x > 0.0, x, 0.0))  # whose local gradient is infinite: 0 times it is nan

    for derivative in (grad(behind), lambda x: jvp(behind, (x,), (1.0,))[1]):
        for at in both(derivative):
            assert (at(-1.0), at(4.0)) == (0.0, 0.25)
    for at in both(jacobian(lambda x: [behind(x), 2.0 * behind(x)])):  # more outputs than inputs: forward
        assert (at(-1.0), at(4.0)) == ([[0.0], [0.0]], [[0.25], [0.5]])
    for at in both(lambda x: hvp(lambda t: t * relu(t), (x,), (1.0,))):  # the slope of a condition is nothing
        assert at(math.inf) == (2.0,)


def test_nothing_flows_back_through_stop_gradient_to_any_order():
    stop = al.stop_gradient
    for at in both(grad(lambda x: x * stop(x * x))):
        assert at(3.0) == 9.0
    for at in both(grad(grad(lambda x: x * x * stop(x)))):
        assert at(3.0) == 6.0
    for at in both(grad(lambda x: x + stop(sqrt(x)))):  # inf · 0 is nothing here
        assert at(0.0) == 1.0
    for at in both(lambda x: jvp(lambda t: t * stop(t), (x,), (1.0,))[1]):
        assert at(3.0) == 3.0
    assert al.parse("x * stop_gradient(x)").inputs == ("x",)
    w = Value(2.0)
    detached = compile(lambda x: x * w.detach() + w, parameters=[w])
    assert detached.value_and_grad(3.0) == (8.0, ((2.0,), [1.0]))


@al.custom(lambda out, x, p: (2.0 * x, {"w": [10.0 * p["w"][0]]}))
def pretended(x, p):
    return x + p["w"][0]


def test_a_function_with_a_gradient_of_its_own_has_that_gradient_everywhere():
    point = (3.0, {"w": [5.0]})
    assert pretended(*point) == 8.0
    node = pretended(Value(3.0), {"w": [Value(5.0)]})
    assert (node.op.name, len(node.parents), node.local_gradients()) == ("pretended", 2, (6.0, 50.0))
    for transformed, truth in (
        (pretended, 8.0),
        (grad(pretended, (0, 1)), (6.0, {"w": [50.0]})),
        (grad(lambda x, p: grad(pretended)(x, p)), 2.0),
        (hessian(pretended), [[2.0, 0.0], [0.0, 10.0]]),
        (lambda x, p: jvp(pretended, (x, p), (1.0, {"w": [1.0]})), (8.0, 56.0)),
    ):
        for function in both(transformed):
            assert function(*point) == truth


def test_a_gradient_of_another_structure_is_refused_with_the_place():
    wrong = al.custom(lambda out, x, y: (1.0, [1.0]))(lambda x, y: x * y)
    with pytest.raises(ValueError, match=r"the gradients of <lambda>\[1\]: expected one number, got a list of 1"):
        grad(wrong)(1.0, 2.0)


# ---------------------------------------------------------------- what is always zero


def rosenbrock(x):
    return sum((100.0 * (x[i + 1] - x[i] * x[i]) ** 2 + (1.0 - x[i]) ** 2 for i in range(len(x) - 1)), 0.0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_sparse_matrix_is_the_dense_one_and_holds_what_is_not_always_zero(backend):
    x = np.linspace(-1.0, 1.0, 12)
    curvature = compile(hessian(rosenbrock), sparse=True, backend=backend)
    found = curvature(x)
    assert scipy.sparse.issparse(found) and found.nnz == 12 + 2 * 11
    np.testing.assert_allclose(found.toarray(), hessian(rosenbrock)(x), rtol=1e-13)
    assert "a sparse matrix 12 × 12 with 34 entries that are not always 0" in curvature.report()
    neighbours = compile(jacobian(lambda x: [x[i] * x[i + 1] for i in range(11)] * 2), sparse=True, backend=backend)
    found = neighbours(x)
    assert found.shape == (22, 12) and found.nnz == 44
    np.testing.assert_allclose(found.toarray()[0, :3], [x[1], x[0], 0.0])


def test_the_pattern_stays_where_an_entry_happens_to_be_zero():
    curvature = compile(hessian(lambda x: x[0] ** 3 + x[1] ** 2), sparse=True)
    assert [curvature([at, 1.0]).nnz for at in (0.0, 1.0)] == [2, 2]


def test_the_work_of_a_sparse_hessian_grows_with_its_entries():
    work = [len(compile(hessian(rosenbrock), sparse=True).program([0.5] * n)) for n in (50, 100, 200)]
    assert work[1] - work[0] == (work[2] - work[1]) / 2


def test_what_is_done_to_a_sparse_matrix_leaves_the_next_as_it_is():
    curvature = compile(hessian(lambda x: x[0] ** 3 * x[1] + x[2] ** 2), sparse=True)
    first = curvature([0.0, 1.0, 2.0])
    first.eliminate_zeros()  # it writes to the indices
    first.indices[:] = 0
    assert curvature([1.0, 1.0, 2.0]).toarray().tolist() == [[6.0, 3.0, 0.0], [3.0, 0.0, 0.0], [0.0, 0.0, 2.0]]


def test_the_second_end_of_a_spring_adds_hardly_more_than_signs_to_the_hessian():
    def spring(x):
        return (((x[0] - x[2]) ** 2 + (x[1] - x[3]) ** 2) ** 0.5 - 1.0) ** 2

    def operations(f, x):
        return len(compile(hessian(f)).program(x))

    one_end = operations(lambda x: spring([*x, 2.0, 3.0]), [0.5, 0.0])
    assert operations(spring, [0.5, 0.0, 2.0, 3.0]) < 1.5 * one_end  # four times as many entries, ± the same


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_matrix_of_second_derivatives_of_ones_own_need_not_be_symmetric(backend):
    one_sided = al.custom(lambda out, x, y: (x * y, 0.0))(lambda x, y: x + y)
    assert hessian(one_sided)(2.0, 3.0) == [[3.0, 2.0], [0.0, 0.0]]
    assert compile(hessian(one_sided), backend=backend)(2.0, 3.0) == [[3.0, 2.0], [0.0, 0.0]]


def test_a_function_that_differentiates_something_else_the_second_time_is_refused():
    turns = iter(range(10))

    def fickle(x):
        return grad([sin, cos][next(turns) % 2])(x)

    with pytest.raises(CaptureError, match="does something else when it is called again"):
        compile(fickle)(1.0)


def test_a_rule_that_draws_at_random_is_refused_inside_a_derivative_too():
    drawn = random.Random(0)
    noisy = al.Operation("noisy", lambda x: x, lambda out, x: x * drawn.random())
    with pytest.raises(CaptureError, match="does something else when it is called again"):
        compile(grad(lambda x: noisy(x)))(1.0)


def test_a_sparse_matrix_comes_beside_others_and_inside_a_function():
    both = compile(lambda x: (rosenbrock(x), hessian(rosenbrock)(x)), sparse=True)
    value, matrix = both([0.5, 0.5, 0.5])
    assert value == rosenbrock([0.5, 0.5, 0.5]) and matrix.nnz == 7
    assert "a sparse matrix 3 × 3 with 7 entries" in both.report()

    def with_trace(x):
        matrix = hessian(rosenbrock)(x)
        return matrix, sum(row[i] for i, row in enumerate(matrix))

    matrix, trace = compile(with_trace, sparse=True)([0.5, 0.5, 0.5])
    np.testing.assert_allclose(trace, matrix.trace(), rtol=1e-14)


def test_a_matrix_that_is_always_zero_is_sparse_too():
    found = compile(hessian(lambda x: 3.0 * x[0] + x[1]), sparse=True)([1.0, 2.0])
    assert scipy.sparse.issparse(found) and found.toarray().tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_sparse_is_refused_where_there_is_no_matrix_of_derivatives():
    with pytest.raises(TypeError, match="sparse=True: the function must return a matrix that jacobian"):
        compile(lambda x: [[x[0], 0.0], [0.0, x[1]]], sparse=True)([1.0, 2.0])


def test_a_sparse_batch_is_refused():
    with pytest.raises(ValueError, match="sparse=True is for one point"):
        compile(hessian(rosenbrock), sparse=True, batched=True)
