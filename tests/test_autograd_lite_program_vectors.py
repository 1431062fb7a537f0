"""Vector programs in machine code: every operation, size of batch and precision, against the table and the engine."""

import random
import threading
from functools import cache, partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_lite import compile, gradient, ops
from autograd_lite.program.differentiate import differentiate
from autograd_lite.program.passes import expand
from autograd_lite.program.program import Builder
from autograd_lite.program.run import choose
from autograd_lite.program.run.job import Job
from autograd_lite.program.run.native import VectorExecutor, writes
from tests.benchmarks import gpt
from tests.comparing import close_to_scale
from tests.strategies import EDGES, INTERIOR

SIZES = [*range(1, 41), *range(127, 131)]
OPERATIONS = [op for op in ops.TABLE.values() if op.arity] + [
    ops.power(n) for n in (-2.0, -1.5, -0.5, 0.5, 1.5, 2.5, 3.0)
]


def executor(program, *, n_batched, dtype="float64", reduce=None):
    return VectorExecutor(Job(program, (n_batched,), reduce, dtype, True), "asked")


def of_one(op, count):
    """Return the program op(x₀, x₁, …), all of them batched."""
    builder = Builder([f"x{i}" for i in range(count)], [True] * count)
    return builder.program([builder.emit(op, tuple(range(count)))])


def by_the_table(program, columns):
    """Return the outputs of a program, sample by sample: (outputs, samples)."""
    return np.array([program.evaluate(sample) for sample in columns.T.tolist()]).T


def points(rng, count, samples, pool):
    return np.array([[rng.choice(pool) for _ in range(samples)] for _ in range(count)])


@pytest.mark.parametrize("op", OPERATIONS, ids=lambda op: op.name)
def test_an_operation_and_its_gradient_are_those_of_the_table_in_batches_of_any_size(op):
    count, rng = op.arity if op.arity > 0 else 5, random.Random(op.name)
    program = of_one(op, count)
    run, slopes = executor(program, n_batched=count), differentiate(program, range(count))
    x = points(rng, count, max(SIZES), [*INTERIOR, 0.0, 1.0, -1.0, 0.5])
    expected = by_the_table(slopes, x)
    for samples in SIZES:
        run.load([x[:, :samples]], samples)
        (value,), of_inputs, _ = run.gradients()
        np.testing.assert_allclose([value, *of_inputs], expected[:, :samples], rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("op", OPERATIONS, ids=lambda op: op.name)
def test_infinities_nan_and_signs_of_zero_are_those_of_the_table(op):
    count = op.arity if op.arity > 0 else 3
    x = points(random.Random(1), count, 130, [e for e in EDGES if abs(e) != 700.0])
    program = of_one(op, count)
    (value,) = executor(program, n_batched=count).values([x], 130)
    (expected,) = by_the_table(expand(program, writes), x)
    np.testing.assert_allclose(value, expected, rtol=1e-11, atol=1e-290)
    exact = ~np.isnan(expected) & (expected == 0.0)
    assert (np.signbit(value[exact]) == np.signbit(expected[exact])).all()


@pytest.mark.parametrize("op", OPERATIONS, ids=lambda op: op.name)
def test_single_precision_rounds_what_the_table_gives(op):
    count, rng = op.arity if op.arity > 0 else 5, random.Random(op.name)
    program = of_one(op, count)
    run, slopes = executor(program, n_batched=count, dtype="float32"), differentiate(program, range(count))
    x = points(rng, count, 40, [0.25, -0.25, 0.5, -0.75, 1.5, -1.5, 3.0]).astype("float32")
    with np.errstate(over="ignore"):
        expected = by_the_table(slopes, x).astype("float32")
    for samples in (1, 3, 8, 16, 17, 33, 40):
        run.load([x[:, :samples]], samples)
        (value,), of_inputs, _ = run.gradients()
        assert value.dtype == np.float32
        np.testing.assert_allclose([value, *of_inputs], expected[:, :samples], rtol=2e-5, atol=2e-6)


# ---------------------------------------------------------------- programs

BINARY = [ops.add, ops.sub, ops.mul, ops.TABLE["maximum"], ops.TABLE["logaddexp"]]
UNARY = [ops.tanh, ops.sin, ops.relu, ops.neg, ops.exp, ops.TABLE["sigmoid"], ops.square]
MANY = [ops.TABLE[name] for name in ("sum", "mean", "dot", "logsumexp")]


@st.composite
def programs(draw):
    """Draw a program of up to three batched inputs and three shared ones, with folds and grids of dots."""
    batched, shared = draw(st.integers(1, 3)), draw(st.integers(0, 3))
    builder = Builder([f"x{i}" for i in range(batched + shared)], [True] * batched + [False] * shared)
    slots = [*range(batched + shared), builder.constant(draw(st.sampled_from([0.5, 1.0, -2.0])))]
    for _ in range(draw(st.integers(1, 12))):
        op = draw(st.sampled_from([*BINARY, *UNARY, *MANY]))
        count = op.arity if op.arity > 0 else 2 * draw(st.integers(1, 10))
        operands = tuple(draw(st.lists(st.sampled_from(slots), min_size=count, max_size=count)))
        # what is wide stays small
        slots.append(builder.emit(ops.tanh, (builder.emit(op, operands),)))
    outputs = draw(st.lists(st.sampled_from(slots), min_size=1, max_size=3))
    return builder.program(outputs), batched


@settings(max_examples=60, deadline=None)
@given(programs(), st.sampled_from([1, 2, 8, 9, 16, 17, 33]), st.sampled_from([None, "sum", "mean"]), st.integers(0, 9))
def test_any_program_computes_what_the_table_does(drawn, samples, reduce, seed):
    program, batched = drawn
    rng = np.random.default_rng(seed)
    x, w = rng.uniform(-1, 1, (batched, samples)), rng.uniform(-1, 1, len(program.names) - batched)
    run = executor(program, n_batched=batched, reduce=reduce)
    run.parameters[:] = w
    columns = np.vstack([x, np.repeat(w[:, None], samples, 1)])
    count = len(program.outputs)
    expected = by_the_table(differentiate(program, range(len(program.names))), columns)
    weight = {None: 1.0, "sum": 1.0, "mean": 1.0 / samples}[reduce]
    values = expected[:count] if reduce is None else expected[:count].sum(1) * weight
    run.load([x], samples)
    found, of_inputs, of_parameters = run.gradients()
    for y, true in zip(found, values):
        np.testing.assert_allclose(np.broadcast_to(y, np.shape(true)), true, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(of_inputs, expected[count : count + batched] * weight, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(of_parameters, expected[count + batched :].sum(1) * weight, rtol=1e-11, atol=1e-12)


def test_a_batch_of_nothing_has_a_loss_of_nothing():
    program = of_one(ops.mul, 2)
    (value,) = executor(program, n_batched=2, reduce="sum").values([np.zeros((2, 0))], 0)
    assert value == 0.0


# ---------------------------------------------------------------- the GPT


@cache
def of_the_engine(samples):
    """Return the mean loss of a small GPT on names and its gradient, by the eager engine."""
    model = gpt.GPT(random.Random(1))
    tokens, targets = gpt.one_hot(gpt.names(samples, random.Random(0)))
    losses = [gpt.loss(model, *name) for name in zip(tokens.tolist(), targets.tolist())]
    mean = ops.mean_of(losses)
    return mean.data, np.array([0.0 if g is None else g for g in gradient(mean, model.parameters())])


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 2e-5)])
def test_the_gpt_has_the_loss_and_the_gradient_of_the_engine(dtype, tolerance):
    model, samples = gpt.GPT(random.Random(1)), 3
    f = compile(
        partial(gpt.loss, model),
        parameters=model.parameters(),
        batched=True,
        reduce="mean",
        backend="native",
        dtype=dtype,
    )
    tokens, targets = gpt.one_hot(gpt.names(samples, random.Random(0)))
    for repeat in (1, 5):  # the second time 15 names, five times the same three
        loss, gradients = f.value_and_grad(np.repeat(tokens, repeat, 0), np.repeat(targets, repeat, 0))
        true, true_gradient = of_the_engine(samples)
        assert loss == pytest.approx(true, rel=tolerance)
        close_to_scale(gradients.parameters, true_gradient, tolerance)
    assert "native, vectors" in f.report()


def test_a_gpt_trained_in_machine_code_has_the_losses_of_node_by_node(monkeypatch):
    for size, small in (("LENGTH", 3), ("WIDTH", 4), ("HEADS", 2), ("SIZE", 2)):
        monkeypatch.setattr(gpt, size, small)
    monkeypatch.setattr(choose, "SPELLED_OUT", 0)  # as the large one is not
    monkeypatch.setattr(gpt, "names", lambda count, rng: ["".join(rng.choices("abc", k=2)) for _ in range(count)])
    compiled, eager = gpt.training(steps=12)
    np.testing.assert_allclose(compiled, eager, rtol=0, atol=1e-10)
    assert eager[-1] < eager[0] - 0.3


# ---------------------------------------------------------------- threads


def test_threads_run_side_by_side_each_in_buffers_of_its_own():
    rng = np.random.default_rng(0)
    w = rng.normal(size=(40, 40))

    def f(xs):
        for _ in range(3):
            xs = [ops.tanh(ops.dot(row, xs)) for row in w.tolist()]
        return ops.sum_of(xs)

    x = rng.normal(size=(300, 40))
    compiled = [compile(f, batched=True, backend="native") for _ in range(4)]
    expected = compiled[0](x)
    wrong = []

    def serve(one, start):
        for k in range(20):
            rows = slice(start + k, start + k + 60)
            if not np.array_equal(one(x[rows]), expected[rows]):
                wrong.append((start, k))

    threads = [threading.Thread(target=serve, args=(one, 50 * i)) for i, one in enumerate(compiled)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
