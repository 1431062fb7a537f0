"""Batches: which arguments have an axis of samples, and gradients of each sample by itself."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_lite import Value, compile, gradient, hessian, jacobian, sin, sum_of, tanh, value_and_grad
from autograd_lite.testing.strategies import expressions

BACKENDS = ["numpy", "native"]


def curve(x, a, w=1.5):
    """A function of a list, a number, and w."""
    return tanh(x[0] * a + w) * x[1] + sin(a) * w * w


def in_jax(x, a, w=1.5):
    return jnp.tanh(x[0] * a + w) * x[1] + jnp.sin(a) * w * w


@pytest.fixture
def points():
    rng = np.random.default_rng(0)
    return rng.normal(size=(7, 2)), rng.normal(size=7)


@pytest.fixture(autouse=True)
def double_precision():
    with jax.enable_x64(True):
        yield


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("axes", [(True, True), (True, False), (False, True)])
@pytest.mark.parametrize("reduce", [None, "mean", "sum"])
def test_each_argument_may_or_may_not_have_an_axis_of_samples_as_with_vmap(points, backend, axes, reduce):
    xs, many = points
    arguments = xs if axes[0] else xs[0], many if axes[1] else 0.75
    w = Value(1.5)
    compiled = compile(lambda x, a: curve(x, a, w), parameters=[w], batched=axes, reduce=reduce, backend=backend)
    mapped = jax.vmap(in_jax, in_axes=[0 if axis else None for axis in axes] + [None])
    joined = {None: lambda y: y, "mean": jnp.mean, "sum": jnp.sum}[reduce]

    def whole(x, a, w):
        return joined(mapped(x, a, w))

    value, (of_arguments, of_parameters) = compiled.value_and_grad(*arguments)
    np.testing.assert_allclose(compiled(*arguments), whole(*arguments, 1.5), rtol=1e-12)
    np.testing.assert_allclose(value, whole(*arguments, 1.5), rtol=1e-12)
    if reduce:
        expected = jax.grad(whole, argnums=(0, 1, 2))(*arguments, 1.5)
    else:
        expected = jax.vmap(
            jax.grad(in_jax, argnums=(0, 1, 2)), in_axes=[0 if axis else None for axis in axes] + [None]
        )(*arguments, 1.5)
    for found, true in zip([*of_arguments, of_parameters[0]], expected, strict=True):
        np.testing.assert_allclose(found, true, rtol=1e-11, atol=1e-13)


@settings(max_examples=30)
@given(graph=expressions(max_nodes=6).filter(lambda graph: len(graph.point) > 1), data=st.data())
def test_what_samples_share_counts_as_if_each_had_it(graph, data):
    shared = [data.draw(st.booleans(), name) for name in graph.point]
    if all(shared):
        return
    numbers = np.array([1.0, 1.01, 1.02])
    batch = [numbers * x for x in graph.point.values()]
    mixed = [x if one else many for x, many, one in zip(graph.point.values(), batch, shared)]
    together = [np.full(3, x) if one else many for x, many, one in zip(graph.point.values(), batch, shared)]

    def f(*xs):
        return graph(**dict(zip(graph.point, xs)))

    value, gradients = compile(f, batched=True, backend="numpy").value_and_grad(*together)
    found, slopes = compile(f, batched=[not one for one in shared], backend="numpy").value_and_grad(*mixed)
    np.testing.assert_allclose(found, value, rtol=1e-12)
    for one, other in zip(slopes.arguments, gradients.arguments, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-300)


@pytest.mark.parametrize("backend", BACKENDS)
def test_gradients_of_each_sample_come_in_the_structure_of_what_is_shared(points, backend):
    xs, _ = points
    model = {"w": np.array([0.5, -1.0]), "b": [0.25]}
    scores = compile(lambda p, x: tanh(p["w"] @ x + p["b"][0]), batched=(False, True), backend=backend)
    values, ((of_model, _), _) = scores.value_and_grad(model, xs)
    assert of_model["w"].shape == (7, 2) and np.shape(of_model["b"]) == (7, 1)
    slopes = 1.0 - values**2
    np.testing.assert_allclose(of_model["w"], slopes[:, None] * xs, rtol=1e-12)
    np.testing.assert_allclose(np.ravel(of_model["b"]), slopes, rtol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_gradients_of_each_sample_are_also_what_a_compiled_derivative_returns(points, backend):
    xs, many = points
    w = Value(1.5)
    compiled = compile(lambda x, a: gradient(curve(x, a, w), w), parameters=[w], batched=True, backend=backend)
    directly = compile(lambda x, a: curve(x, a, w), parameters=[w], batched=True, backend=backend)
    np.testing.assert_allclose(compiled(xs, many), directly.value_and_grad(xs, many)[1].parameters[0], rtol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_batch_of_matrices_of_derivatives_is_one_array(points, backend):
    xs, _ = points
    found = compile(jacobian(lambda x: [x[0] * x[1], sin(x[0]), x[1]]), batched=True, backend=backend)(xs)
    assert found.shape == (7, 3, 2)
    true = jax.vmap(jax.jacobian(lambda x: jnp.array([x[0] * x[1], jnp.sin(x[0]), x[1]])))(xs)
    np.testing.assert_allclose(found, true, rtol=1e-12)
    second = compile(hessian(lambda x, a: curve(x, a), 0), batched=(True, False), backend=backend)(xs, 0.75)
    true = jax.vmap(jax.hessian(in_jax), in_axes=(0, None))(xs, 0.75)
    np.testing.assert_allclose(second, true, rtol=1e-11, atol=1e-13)


def test_the_gradient_of_a_regularised_loss_for_each_sample_holds_the_whole_penalty():
    w = Value(2.0)
    compiled = compile(lambda x: w * x + 0.5 * w * w, parameters=[w], batched=True)
    assert compiled.value_and_grad([1.0, 10.0])[1].parameters[0].tolist() == [3.0, 12.0]
    constant = compile(lambda x: w * w, parameters=[w], batched=True)
    assert constant.value_and_grad([1.0, 10.0])[1].parameters[0].tolist() == [4.0, 4.0]


def test_auxiliary_outputs_count_in_no_gradient_of_a_sample():
    w = Value(2.0)
    compiled = compile(lambda x: (w * x, w * w), parameters=[w], batched=True, has_aux=True)
    (values, squares), gradients = compiled.value_and_grad([1.0, 3.0])
    assert (values.tolist(), squares.tolist()) == ([2.0, 6.0], [4.0, 4.0])
    assert gradients.parameters[0].tolist() == [1.0, 3.0]


def test_what_is_said_of_the_wrong_number_of_arguments_is_refused():
    with pytest.raises(TypeError, match=r"batched=\(True, False\) says it for 2 argument\(s\), but got 1"):
        compile(lambda x: x, batched=(True, False))([1.0])
    with pytest.raises(TypeError, match="batched must be True, False or one of them for each argument, got"):
        compile(lambda x, y: x, batched=(0, None))


def test_samples_of_batched_arguments_alone_are_counted():
    compiled = compile(lambda x, v, y: x * v[0] * y, batched=(True, False, True))
    assert compiled([1.0, 2.0], [3.0, 0.0, 0.0], [1.0, 1.0]).tolist() == [3.0, 6.0]
    with pytest.raises(ValueError, match="every batched argument must have as many samples"):
        compiled([1.0, 2.0], [3.0, 0.0, 0.0], [1.0])


def test_a_batch_of_no_argument_is_one_point():
    compiled = compile(lambda x, y: x * y, batched=(False, False))
    assert compiled.value_and_grad(2.0, 3.0) == (6.0, ((3.0, 2.0), []))


def test_what_trains_or_holds_arrays_of_others_takes_batches_alone(points):
    xs, _ = points
    w = Value(1.0)
    mixed = compile(lambda x, a: w * x[0] * a, parameters=[w], batched=(True, False), reduce="mean")
    with pytest.raises(ValueError, match="a trainer takes batches alone: make parameters of what all samples share"):
        mixed.trainer(lr=0.1)
    with pytest.raises(TypeError, match="with arrays of another library all arguments are batched, or none"):
        mixed(jnp.array(xs), 1.0)


def test_a_batch_of_values_and_gradients_is_what_each_sample_gives(points):
    xs, many = points
    together = compile(value_and_grad(lambda x, a: curve(x, a)), batched=True)(xs, many)
    alone = [value_and_grad(lambda x, a: curve(x, a))(x, a) for x, a in zip(xs, many)]
    np.testing.assert_allclose(together[0], [value for value, _ in alone], rtol=1e-13)
    np.testing.assert_allclose(together[1], [slope for _, slope in alone], rtol=1e-13)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_trainer_takes_sequences_of_several_lengths_by_turns(backend):
    def error(xs, y, w):
        return (sum_of([tanh(w * x) for x in xs]) - y) ** 2

    batches = [([[0.5, 1.0], [0.1, 0.2]], [1.0, 0.0]), ([[0.3, -1.0, 2.0]], [0.5]), ([[1.0, 1.5]], [0.25])]
    w, alone = Value(0.4), 0.4
    trainer = compile(
        lambda xs, y: error(xs, y, w), parameters=[w], batched=True, reduce="mean", backend=backend
    ).trainer(lr=0.1)
    for xs, ys in batches * 3:
        slopes = [value_and_grad(lambda v, x=x, y=y: error(x, y, v))(alone) for x, y in zip(xs, ys)]
        mean, slope = np.mean(slopes, axis=0)
        np.testing.assert_allclose(trainer.value(xs, ys), mean, rtol=1e-13)
        np.testing.assert_allclose(trainer.step(xs, ys), mean, rtol=1e-13)
        np.testing.assert_allclose(trainer.gradient, [slope], rtol=1e-12)
        alone -= 0.1 * slope
    trainer.write_back()
    assert w.data == pytest.approx(alone, rel=1e-13)
