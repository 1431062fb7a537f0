"""Compiled code computes what the engine computes, to 1e-12, whatever the code is."""

from __future__ import annotations

import math
import pickle
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from math import inf, nan

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as al
import nn
from autograd_lite import Operation, Value, compile, gradient, parse
from autograd_lite.program import CaptureError, Program
from autograd_lite.program.array_functions import function
from autograd_lite.program.differentiate import differentiate
from autograd_lite.program.gather import gather_sums
from autograd_lite.program.passes import fuse
from autograd_lite.program.program import rewrite
from autograd_lite.program.vectorise import vectorise
from autograd_lite.testing import expressions
from autograd_lite.transforms import flatten
from tests.comparing import close, largest
from tests.strategies import EDGES, EXTREMES, NETWORKS, numbers

BACKENDS = ["numpy", "native"]
SIN1, COS1 = math.sin(1.0), math.cos(1.0)


# ---------------------------------------------------------------- any expression


@pytest.mark.parametrize("backend", BACKENDS)
@given(graph=expressions())
def test_compiled_agrees_with_the_engine_on_any_expression(backend, graph):
    names = list(graph.point)
    compiled = compile(lambda *xs: graph(**dict(zip(names, xs))), backend=backend)
    inputs = {name: Value(x, name) for name, x in graph.point.items()}
    y = graph(**inputs)
    expected = gradient(y, list(inputs.values())) if isinstance(y, Value) else [0.0] * len(names)
    value, gradients = compiled.value_and_grad(*graph.point.values())
    close(value, y.data if isinstance(y, Value) else y)
    scale = largest(y)[1] if isinstance(y, Value) else 0.0
    np.testing.assert_allclose(gradients.arguments, expected, rtol=1e-12, atol=1e-12 * scale)


@pytest.mark.parametrize("backend", BACKENDS)
@given(graph=expressions(), reduce=st.sampled_from([None, "sum", "mean"]), n=st.integers(0, 3))
def test_a_batch_of_any_expression_of_inputs_and_parameters(backend, graph, reduce, n):
    names = list(graph.point)
    parameters = [Value(graph.point[name], name) for name in names[:n]]
    point = [graph.point[name] for name in names[n:]]
    if not point:
        return
    batch = [[x * (1.0 + 0.01 * i) for i in range(3)] for x in point]

    def f(*xs):
        return graph(**dict(zip(names, [*parameters, *xs])))

    leaves = [[Value(x) for x in xs] for xs in batch]
    each = [f(*sample) for sample in zip(*leaves)]
    total = al.sum_of(each)
    if not isinstance(total, Value):
        return
    slopes, of_parameters = gradient(total, [leaves, parameters])
    values = [y.data if isinstance(y, Value) else y for y in each]
    if not np.isfinite([*values, *np.ravel(slopes), *of_parameters]).all():
        return
    samples = 3.0 if reduce == "mean" else 1.0
    compiled = compile(f, parameters=parameters, batched=True, reduce=reduce, backend=backend)
    value, gradients = compiled.value_and_grad(*batch)
    size, scale = largest(total)
    np.testing.assert_allclose(value, sum(values) / samples if reduce else values, rtol=1e-11, atol=1e-13 * size)
    np.testing.assert_allclose(np.array(gradients.arguments) * samples, slopes, rtol=1e-10, atol=1e-12 * scale)
    found = np.array([np.sum(of_each) for of_each in gradients.parameters])  # not reduced, there is one for each sample
    np.testing.assert_allclose(found * samples, of_parameters, rtol=1e-10, atol=1e-12 * scale)


@given(graph=expressions())
def test_every_pass_leaves_the_value_and_the_gradients_as_they_are(graph):
    inputs = [Value(x, name) for name, x in graph.point.items()]
    y = graph(**{x.label: x for x in inputs})
    if not isinstance(y, Value):
        return
    numbers = [x.data for x in inputs]
    program = Program.capture(inputs, [y])
    both = differentiate(program, range(len(inputs)))
    expected = both.evaluate(numbers)
    assert expected[0] == program.evaluate(numbers)[0] == y.data
    for change in (rewrite, fuse, gather_sums):
        np.testing.assert_allclose(change(both).evaluate(numbers), expected, rtol=1e-9, atol=1e-12)


# ---------------------------------------------------------------- every operation, everywhere


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", [n for n, op in al.TABLE.items() if op.arity == 1 and op.partials])
def test_unary_operations_agree_at_every_edge(backend, name):
    op = al.TABLE[name]
    compiled = compile(op, batched=True, backend=backend)
    values, gradients = compiled.value_and_grad(EDGES + EXTREMES)
    for x, y, g in zip(EDGES + EXTREMES, values, gradients.arguments[0]):
        node = Value(x)
        out = op(node)
        out.backward()
        close(y, out.data)
        if not math.isnan(node.grad) and not math.isnan(x):
            close(g, node.grad), (x, g, node.grad)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", [n for n, op in al.TABLE.items() if op.arity == 2 and op.partials])
def test_binary_operations_agree_at_every_pair_of_edges(backend, name):
    op = al.TABLE[name]
    xs, ys = zip(*[(x, y) for x in EDGES + EXTREMES for y in EDGES + EXTREMES])
    values, gradients = compile(op, batched=True, backend=backend).value_and_grad(xs, ys)
    for x, y, value, *slopes in zip(xs, ys, values, *gradients.arguments):
        a, b = Value(x), Value(y)
        out = op(a, b)
        out.backward()
        close(value, out.data)
        for slope, node in zip(slopes, (a, b)):
            if not (math.isnan(node.grad) or math.isnan(x) or math.isnan(y)):
                close(slope, node.grad)


@pytest.mark.parametrize("name", ["erf", "erfc", "gelu"])
def test_the_error_functions_on_arrays_keep_their_digits(name):
    """Against mpmath, out to the tail where erfc leaves the normal numbers; x·Φ(x) loses what rounding x/√2 costs."""
    rng = np.random.default_rng(0)
    xs = np.concatenate([rng.uniform(-6.0, 6.0, 2000), rng.uniform(-26.0, 26.0, 2000), rng.normal(0.0, 1e-5, 300)])
    xs = np.append(xs, [0.5, -0.5, math.nextafter(0.5, 0.0), 4.0, 1e-300, 26.5])
    truth = {"erf": mpmath.erf, "erfc": mpmath.erfc, "gelu": lambda x: x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2}[name]
    with mpmath.workdps(40), np.errstate(under="ignore"):
        values = function(al.TABLE[name])(np, xs)
        errors = [
            abs(y / truth(mpmath.mpf(x)) - 1) / (max(1.0, x * x) if name == "gelu" else 1.0)
            for x, y in zip(xs.tolist(), values.tolist())
        ]
    assert max(errors) < 1e-15


# ---------------------------------------------------------------- sums of what is batched and what is not

W, V = Value(0.7, "w"), Value(-0.3, "v")
MIXED = {
    "many terms and a parameter": lambda x: al.sum_of([al.tanh(a) for a in x] + [W]),
    "many terms and products": lambda x: al.sum_of([al.tanh(a) for a in x] + [W * V, al.dot([W, V], [V, V])]),
    "a bias of its own for every sample": lambda x: al.dot([W], [x[0]], x[1]) + al.dot([V], [x[2]], x[3]),
    "the same, longer": lambda x: al.dot([W] * 9, x, x[1]) + al.dot([V] * 9, x, x[3]),
    "a product of inputs with a bias": lambda x: al.dot(x[:2], x[2:4], W),
    "a product of inputs with an input as bias": lambda x: al.dot(x[:2], x[2:4], x[5]),
    "a product of inputs with a constant bias": lambda x: al.dot(x[:2], x[2:4], 2.0),
    "a mean of both": lambda x: al.mean_of([*x, W, W * V]),
    "a logsumexp of both": lambda x: al.logsumexp([*x, W, W * V]),
}  # fmt: skip


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("reduce", [None, "sum", "mean"])
@pytest.mark.parametrize("name", MIXED)
def test_sums_over_terms_with_and_without_samples_are_whole(name, reduce, backend):
    f, rng = MIXED[name], random.Random(5)
    xs = [[rng.uniform(-1.0, 1.0) for _ in range(9)] for _ in range(4)]
    inputs = [[Value(x) for x in row] for row in xs]
    each = [f(row) for row in inputs]
    slopes, of_parameters = gradient(al.sum_of(each), [inputs, [W, V]])
    n = len(xs) if reduce == "mean" else 1
    values = [y.data for y in each]
    value, gradients = compile(f, parameters=[W, V], batched=True, reduce=reduce, backend=backend).value_and_grad(xs)
    np.testing.assert_allclose(value, sum(values) / n if reduce else values, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(gradients.arguments[0] * n, slopes, rtol=1e-12, atol=1e-15)
    found = np.array([np.sum(of_each) for of_each in gradients.parameters])
    np.testing.assert_allclose(found * n, of_parameters, rtol=1e-12, atol=1e-15)


# ---------------------------------------------------------------- networks

RNG = random.Random(3)


LOSSES = {  # loss: draws targets it takes for n outputs
    nn.losses.squared_error: lambda n: numbers(RNG, n),
    nn.losses.cross_entropy: lambda n: al.softmax(numbers(RNG, n)),
    nn.losses.binary_cross_entropy: lambda n: [RNG.random() for _ in range(n)],
    nn.losses.hinge: lambda n: [RNG.choice([-1.0, 1.0]) for _ in range(n)],
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
@pytest.mark.parametrize("name", NETWORKS)
def test_networks_agree_in_loss_and_every_gradient(name, loss, backend):
    make, shape, n_outputs = NETWORKS[name]
    model = make(RNG)
    xs, ys = numbers(RNG, 5, *shape), [LOSSES[loss](n_outputs) for _ in range(5)]

    def objective(x, y):
        return loss(model(x), y) + 0.01 * nn.losses.l2_penalty(model)

    parameters = model.parameters()
    compiled = compile(objective, parameters=parameters, batched=True, reduce="mean", backend=backend)
    value, gradients = compiled.value_and_grad(xs, ys)
    inputs = [Value(x) for x in flatten(xs)]
    leaves = iter(inputs)
    total = al.mean_of([objective(al.transforms.rebuild(x, leaves), y) for x, y in zip(xs, ys)])
    expected = gradient(total, [parameters, inputs])
    close(value, total.data)
    np.testing.assert_allclose(gradients.parameters, expected[0], rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(gradients.arguments[0].ravel(), expected[1], rtol=1e-11, atol=1e-13)


def test_a_layer_is_one_matrix_product_however_its_neurons_are_written():
    model = nn.Layer(3, 4, rng=RNG, fused=False)
    compiled = compile(
        lambda x: al.sum_of(model(x)), parameters=model.parameters(), batched=True, reduce="sum", backend="numpy"
    )
    compiled.value_and_grad(numbers(RNG, 6, 3))
    assert "3 matrix products" in compiled.report()  # forward, to the weights, to the inputs


def test_a_convolution_is_one_matrix_product_over_all_positions():
    conv = nn.Conv2d(1, 2, 3, rng=RNG)
    program, _ = al.program.capture.capture(
        lambda x: al.sum_of(nn.Flatten()(conv(x))), [numbers(RNG, 1, 5, 5)], parameters=conv.parameters(), batched=True
    )
    products = [call for call in vectorise(gather_sums(program)).calls if call.kind == "product"]
    assert [(call.shape, call.length) for call in products] == [((2, 9), 10)]


def test_the_gradient_of_a_number_that_many_dots_read_is_one_dot():
    rng = random.Random(0)
    xs, rows = [Value(x) for x in numbers(rng, 5)], [[Value(w) for w in row] for row in numbers(rng, 6, 5)]
    y = al.sum_of([al.tanh(al.dot(row, xs)) for row in rows])
    inputs = [*xs, *(w for row in rows for w in row)]
    program = differentiate(Program.capture(inputs, [y]), range(5))
    written = [program.instruction(slot) for slot in program.outputs[1:]]
    assert [(i.op.name, len(i.operands)) for i in written] == [("dot", 12)] * 5
    close(program.evaluate([x.data for x in inputs])[1:], gradient(y, xs))


def test_numpy_takes_as_many_calls_for_many_heads_as_for_few():
    rng = random.Random(0)

    def calls(heads):
        compiled = compile(
            lambda q, k: al.sum_of([al.tanh(al.dot(q[h], k[h][j])) for h in range(heads) for j in range(3)]),
            batched=True, reduce="sum", backend="numpy",
        )  # fmt: skip
        q, k = numbers(rng, 4, heads, 5), numbers(rng, 4, heads, 3, 5)
        value, gradients = compiled.value_and_grad(q, k)
        scores = np.tanh(np.einsum("bhi,bhji->bhj", q, k))
        close(value, scores.sum())
        np.testing.assert_allclose(gradients.arguments[0], np.einsum("bhj,bhji->bhi", 1.0 - scores**2, k), rtol=1e-12)
        return compiled.report().split("value and gradient in ")[1].split()[0]

    assert calls(2) == calls(6)


# ---------------------------------------------------------------- structure and errors


def width(n):
    """A graph in which n numbers move side by side, ten levels deep."""

    def f(xs):
        for _ in range(10):
            xs = [al.sin(a * b) for a, b in zip(xs, xs[1:] + xs[:1])]
        return al.sum_of(xs)

    return f, numbers(RNG, n)


CHOICES = {
    "a small network on a batch": (
        "straight line",
        lambda: (nn.MLP(2, [16, 16, 1], rng=RNG), numbers(RNG, 4, 2), True),
    ),
    "many dots on a batch": ("vectors", lambda: (nn.MLP(64, [64, 1], rng=RNG), numbers(RNG, 4, 64), True)),
    "large matrix products on a batch": ("numpy", lambda: (nn.MLP(200, [200, 1], rng=RNG), numbers(RNG, 4, 200), True)),
    "many small operations on a batch": ("tape", lambda: (width(300)[0], numbers(RNG, 4, 300), True)),
    "some dots on a batch": ("vectors", lambda: (nn.MLP(8, [32, 24, 1], rng=RNG), numbers(RNG, 4, 8), True)),
    "a small network at one point": ("tape", lambda: (nn.MLP(2, [16, 16, 1], rng=RNG), numbers(RNG, 2), False)),
    "many dots at one point": ("vectors", lambda: (nn.MLP(8, [32, 24, 1], rng=RNG), numbers(RNG, 8), False)),
    "a wide graph at one point": ("tape", lambda: (*width(40), False)),
    "a narrow graph at one point": ("straight line", lambda: (*width(2), False)),
}


@pytest.mark.parametrize("name", CHOICES)
def test_auto_chooses_the_engine_for_the_shape_of_the_work_and_says_why(name):
    pytest.importorskip("llvmlite")
    engine, make = CHOICES[name]
    f, x, batched = make()
    compiled = compile(f, batched=batched)
    compiled(x)
    assert engine in compiled.report() and ("operations" in compiled.report())


def test_gradients_come_in_the_structure_of_arguments_and_parameters():
    w = {"a": Value(2.0), "b": [Value(3.0)]}
    compiled = compile(lambda x, y: w["a"] * x[0] * y + w["b"][0] * x[1][0], parameters=w)
    value, gradients = compiled.value_and_grad([1.0, [4.0]], 5.0)
    assert value == 22.0
    assert gradients.arguments == ([10.0, [3.0]], 2.0)
    assert gradients.parameters == {"a": 5.0, "b": [4.0]}


def test_a_tuple_of_outputs_comes_back_as_a_tuple():
    compiled = compile(lambda x: (x * x, [x + 1.0, 7.0]))
    assert compiled(3.0) == (9.0, [4.0, 7.0])
    assert compiled.value_and_grad(3.0)[1].arguments == (7.0,)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("written_out", [True, False])
def test_auxiliary_outputs_come_for_every_sample_and_count_in_no_gradient(backend, written_out):
    width = 3 if written_out else 900  # beyond what is spelled out: the tape
    model = nn.MLP(2, [width, 2], rng=RNG)

    def f(x, y):
        out = model(x)
        return nn.losses.squared_error(out, y), out

    xs, ys = numbers(RNG, 5, 2), numbers(RNG, 5, 2)
    options = {"parameters": model.parameters(), "batched": True, "reduce": "mean", "backend": backend}
    compiled, plain = compile(f, has_aux=True, **options), compile(lambda x, y: f(x, y)[0], **options)
    (loss, out), gradients = compiled.value_and_grad(xs, ys)
    expected, expected_gradients = plain.value_and_grad(xs, ys)
    close(loss, expected)
    close(out, [[y.data for y in model(x)] for x in xs], 1e-11)
    np.testing.assert_allclose(gradients.parameters, expected_gradients.parameters, rtol=1e-11, atol=1e-13)
    close(compiled(xs, ys)[0], expected)


def test_parameters_are_read_anew_at_every_call():
    w = Value(2.0)
    compiled = compile(lambda x: w * x, parameters=[w])
    assert compiled(3.0) == 6.0
    w.data = 5.0
    assert compiled(3.0) == 15.0


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_evaluator_computes_in_place(backend):
    def f(xs):
        return al.tanh(xs[0] * xs[1]) + al.sum_of([al.sin(x) * xs[0] for x in xs])

    compiled = compile(f, backend=backend)
    evaluate = compiled.evaluator([0.1, 0.2, 0.3])
    for point in ([0.5, -0.5, 1.0], [1.0, 2.0, 3.0]):
        evaluate.inputs[:] = point
        value, gradients = compiled.value_and_grad(point)
        close(evaluate(), value)
        close(evaluate.gradient, gradients.arguments[0])


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_trainer_makes_the_steps_of_gradient_descent(backend):
    def model_and_loss():
        model = nn.MLP(2, [3, 1], rng=random.Random(5))
        return model, lambda x, y: nn.losses.squared_error(model(x), y) + 0.01 * nn.losses.l2_penalty(model)

    xs, ys = numbers(RNG, 7, 2), numbers(RNG, 7)
    model, loss = model_and_loss()
    trainer = compile(loss, parameters=model.parameters(), batched=True, reduce="mean", backend=backend).trainer(lr=0.1)
    other, other_loss = model_and_loss()
    optimiser = nn.SGD(other.parameters(), lr=0.1)
    for step in range(5):
        batch = slice(0, 7) if step % 2 else slice(2, 5)
        eager = al.mean_of([other_loss(x, y) for x, y in zip(xs[batch], ys[batch])])
        optimiser.zero_grad()
        eager.backward()
        optimiser.step()
        close(trainer.step(xs[batch], ys[batch]), eager.data)
    before = model.state_dict()
    trainer.write_back()
    assert model.state_dict() != before
    np.testing.assert_allclose([p.data for p in model.parameters()], [p.data for p in other.parameters()], rtol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_gradient_of_a_trainer_stays_when_the_next_one_is_computed(backend):
    w = Value(2.0)
    trainer = compile(lambda x: w * x, parameters=[w], batched=True, reduce="sum", backend=backend).trainer()
    _, first = trainer.value_and_grad([3.0])
    trainer.value_and_gradient([5.0])  # its old name
    assert first.tolist() == [3.0]


def test_two_trainers_of_one_function_have_parameters_of_their_own():
    w = Value(1.0)
    error = compile(lambda x: (w * x) ** 2, parameters=[w], batched=True, reduce="mean", backend="numpy")
    one, other = error.trainer(lr=0.1), error.trainer(lr=0.1)
    one.step([1.0])
    assert other.step([1.0]) == 1.0 and one.step([1.0]) < 1.0
    assert "value and gradient" in one.report() and w.data == 1.0


@pytest.mark.parametrize("backend", BACKENDS)
def test_threads_that_share_a_compiled_function_do_not_disturb_each_other(backend):
    compiled = compile(lambda x: al.sin(x) * al.exp(-x * x), batched=True, backend=backend)
    batches = [np.full(5000, 0.1 * (i + 1)) for i in range(4)]
    expected = [compiled.value_and_grad(batch) for batch in batches]

    def work(i):
        for _ in range(50):
            value, gradients = compiled.value_and_grad(batches[i])
            np.testing.assert_array_equal(value, expected[i][0])
            np.testing.assert_array_equal(gradients.arguments[0], expected[i][1].arguments[0])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))


def test_a_model_brings_its_own_parameters():
    model = nn.MLP(2, [3, 1], rng=RNG)
    close(compile(model)([0.5, -0.5]), model([0.5, -0.5]).data)


BRANCHES = {
    "bool": lambda x: x if x > 0 else -x,
    "max": lambda x: max(x, 0.0),
    "data": lambda x: x * x.data,
    "float": lambda x: math.exp(x),
    "int": lambda x: [x, x][int(x)],
    "parameter": lambda x: x * (1.0 if WEIGHT > 0 else 2.0),
    "parameter data": lambda x: x * WEIGHT.data,
    "undeclared": lambda x: x * OTHER,
}
WEIGHT, OTHER = Value(1.0, "weight"), Value(1.0, "other")


@pytest.mark.parametrize("name", BRANCHES)
def test_a_look_at_a_number_during_capture_is_refused_with_line_and_way_out(name):
    with pytest.raises(CaptureError, match=rf"test_autograd_lite_program.py, line \d+ .*{name.split()[0]}.*;"):
        compile(BRANCHES[name], parameters=[WEIGHT])(1.0)
    assert type(WEIGHT) is Value and WEIGHT.data == 1.0  # the parameter is itself again


def test_values_made_during_capture_are_constants():
    def f(xs):
        total = Value(0.0)
        for x in xs:
            total = total + x * Value(2.0)
        return total

    assert compile(f)([1.0, 2.0]) == 6.0


def test_where_keeps_an_infinite_gradient_out_of_the_branch_not_taken():
    compiled = compile(lambda x: al.where(x > 0.0, al.sqrt(x), 0.0), batched=True)
    _, gradients = compiled.value_and_grad([0.0, 4.0, -1.0])
    assert gradients.arguments[0].tolist() == [0.0, 0.25, 0.0]


CUTS = {  # name: (function, a point, its first derivative there, its second)
    "a zero that arrives times inf": (lambda x: al.where(x >= 0.0, al.relu(al.sqrt(x) - 1.0), 0.0), 0.0, nan, nan),
    "nothing times inf": (lambda x: al.where(x > 0.0, al.sqrt(x), 0.0), 0.0, 0.0, 0.0),
    "nothing times a constant inf": (lambda x: al.where(x > 0.0, al.log(x) * inf, 2.0 * x), -1.0, 2.0, 0.0),
    "a cotangent of zero": (lambda x: al.where(x > 0.0, al.square(al.sin(x) - SIN1), 0.0), 1.0, 0.0, 2 * COS1**2),
    "one branch in another": (
        lambda x: al.where(x > 0.0, al.where(x > 1.0, al.sqrt(x - 1.0), x), al.sqrt(-x)), 1.0, 1.0, 0.0
    ),
    "reached in another way": (lambda x: al.where(x > 0.0, al.sqrt(x), 0.0) + 0.0 * al.sqrt(x), 0.0, nan, nan),
}  # fmt: skip


@pytest.mark.parametrize("name", CUTS)
def test_only_where_cuts_and_a_cotangent_of_zero_is_no_cut(name):
    f, at, first, second = CUTS[name]
    close(al.grad(f)(at), first)
    close(al.grad(al.grad(f))(at), second)
    x = Value(at, "x")
    once = differentiate(Program.capture([x], [f(x)]), [0])
    close(once.evaluate([at])[1], first)
    close(differentiate(replace(once, outputs=once.outputs[1:]), [0]).evaluate([at])[1], second)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", CUTS)
def test_only_where_cuts_in_compiled_code(backend, name):
    f, at, first, _ = CUTS[name]
    close(compile(f, backend=backend).value_and_grad(at)[1].arguments, [first])
    batch = compile(f, backend=backend, batched=True)
    close(batch.value_and_grad([at] * 11)[1].arguments[0], [first] * 11)


@pytest.mark.parametrize("name", CUTS)
def test_only_where_cuts_on_a_tape_at_every_run(name):
    pytest.importorskip("llvmlite")
    from autograd_lite.program.run.native.tape import Tape, TapeAtOnePoint, TapeOverBatch

    f, at, first, _ = CUTS[name]
    x = Value(at, "x")
    program = Program.capture([x], [f(x)])
    alone, batch = TapeAtOnePoint(Tape(program)), TapeOverBatch(Tape(replace(program, batched=(True,))))
    for _ in range(2):
        alone.values[0] = at
        alone.run()
        close(alone.cotangents[0], first)
        close(batch.run(np.full((1, 11), at), np.zeros(0))[1], [[first] * 11])


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_number_that_all_samples_share_is_reached_if_one_sample_takes_its_branch(backend):
    w = Value(0.0)
    options = {"parameters": [w], "batched": True, "backend": backend}
    f = compile(lambda x: al.where(x > 0.0, al.sqrt(w), x), reduce="sum", **options)
    assert f.value_and_grad([-1.0, -2.0])[1].parameters == [0.0]
    assert f.value_and_grad([-1.0, 2.0])[1].parameters == [inf]
    of_each = compile(lambda x: al.where(x > 0.0, al.sqrt(w), x), **options)
    assert of_each.value_and_grad([-1.0, 2.0])[1].parameters[0].tolist() == [0.0, inf]


def test_a_routing_operation_of_the_users_own_multiplies_where_it_does_not_cut():
    def slopes(out, c, x):
        return 0.0, 3.0 * (1.0 - al.equal(c, 0.0))

    gate = Operation("gate", lambda c, x: 3.0 * x if c else 0.0, slopes, routes=True)
    x = Value(2.0)
    program = differentiate(Program.capture([x], [gate(Value(1.0), x * x)]), [0])
    assert program.evaluate([2.0]) == [12.0, 12.0]


def test_an_operation_of_the_users_own_is_compiled_when_written_in_operations():
    swish = Operation("swish2", lambda x: x * al.sigmoid(x), lambda out, x: al.sigmoid(x) * (1.0 + x * al.sigmoid(-x)))
    y, gradients = compile(swish, batched=True).value_and_grad([0.5, -2.0])
    close(y, [0.5 * al.sigmoid(0.5), -2.0 * al.sigmoid(-2.0)])
    close(gradients.arguments[0], [al.grad(swish)(0.5), al.grad(swish)(-2.0)])


def test_an_operation_without_a_vector_form_is_told_once_and_is_right():
    bessel = Operation("opaque", lambda x: math.sin(x) if x > 0 else x, lambda out, x: math.cos(x) if x > 0 else 1.0)
    with pytest.warns(UserWarning, match="'opaque' has no vector form") as told:
        y, gradients = compile(lambda x: bessel(x) * 2.0, batched=True).value_and_grad([0.5, -2.0])
    close(y, [2 * math.sin(0.5), -4.0])
    close(gradients.arguments[0], [2 * math.cos(0.5), 2.0])
    assert [warning.filename for warning in told] == [__file__]
    compile(lambda x: bessel(x) * 3.0)(1.0)  # a second warning would be an error here


def test_a_warning_that_there_is_no_native_code_points_to_the_call():
    pytest.importorskip("llvmlite")
    opaque = Operation("branching", lambda x: x if x > 0 else -x, lambda out, x: 1.0 if x > 0 else -1.0)
    with (
        pytest.warns(UserWarning, match="no vector form"),
        pytest.warns(UserWarning, match="no native code") as told,
    ):
        assert compile(lambda x: opaque(x), backend="native")(3.0) == 3.0
    assert {warning.filename for warning in told} == {__file__}


def test_a_program_pickles():
    x, w = Value(3.0, "x"), Value(0.5, "w")
    program = differentiate(Program.capture([x, w], [(w * x).tanh() + x**3]), [0, 1])
    copy = pickle.loads(pickle.dumps(gather_sums(fuse(program))))
    close(copy.evaluate([3.0, 0.5]), program.evaluate([3.0, 0.5]))


def test_float32_is_computed_in_float32():
    compiled = compile(lambda x: al.exp(x), batched=True, dtype="float32")
    y = compiled([0.1, 0.2])
    assert y.dtype == np.float32
    close(y, np.exp([0.1, 0.2]), 1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"reduce": "mean"}, "needs batched"),
        ({"reduce": "max", "batched": True}, "reduce must be"),
        ({"dtype": "int8"}, "dtype must be"),
        ({"parameters": [Value(1.0) * 2.0]}, "leaf Values"),
    ],
)
def test_wrong_options_say_what_is_wrong(options, message):
    with pytest.raises((ValueError, TypeError), match=message):
        compile(lambda x: x, **options)


def test_arguments_must_have_the_same_number_of_samples():
    with pytest.raises(ValueError, match="as many samples"):
        compile(lambda x, y: x + y, batched=True)([1.0, 2.0], [1.0])
    with pytest.raises(TypeError, match="argument 1 must be a number"):
        compile(lambda x: x)("a")


@pytest.mark.parametrize("n", range(1, 5))
def test_a_batch_is_its_samples_one_by_one(n):
    def f(x):
        total = 0.0
        for a, b in zip(x, reversed(x)):
            total = al.tanh(total + a * b) + al.exp(-a)
        return total

    together, alone = compile(f, batched=True), compile(f)
    for samples in [*range(1, 10), 17]:
        batch = 4.0 * np.array(numbers(RNG, samples, n))
        values, gradients = together.value_and_grad(batch)
        for row, value, slopes in zip(batch.tolist(), values, gradients.arguments[0], strict=True):
            y, g = alone.value_and_grad(row)
            close(value, y)
            np.testing.assert_allclose(slopes, g.arguments[0], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("backend", ["numpy", "native"])
@pytest.mark.filterwarnings("ignore:no native code")
def test_a_users_operation_on_any_number_of_operands_is_not_taken_for_a_sum(backend):
    product = Operation("product", lambda *xs: math.prod(xs), lambda out, *xs: tuple(out / x for x in xs))
    value, gradients = compile(lambda x: product(*x), backend=backend).value_and_grad([2.0, 3.0, 4.0])
    assert (value, gradients.arguments[0]) == (24.0, [12.0, 8.0, 6.0])


def test_a_notebook_shows_formulas_programs_and_compiled_functions_in_a_line():
    x = Value(2.0, "x")

    def square(x):
        return x * x

    shown = [parse("sin(x)*y"), Program.capture([x], [square(x)]), compile(square), compile(nn.MLP(1, [1]))]
    assert list(map(repr, shown)) == [
        "parse('sin(x)*y')",
        "<program; operations: 1, inputs: 1, outputs: 1>",
        "<compiled square>",
        "<compiled MLP(1 → 1)>",
    ]
