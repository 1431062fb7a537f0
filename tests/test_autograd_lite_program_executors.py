"""What ran before does not count: every executor, asked for this and that in any order, gives what the engine gives."""

import random

import numpy as np
import pytest

import nn
from autograd_lite import (
    Operation,
    Value,
    compile,
    dot,
    equal,
    gradient,
    greater,
    log,
    logsumexp,
    maximum,
    relu,
    sqrt,
    tanh,
    where,
)  # fmt: skip
from autograd_lite.program.capture import capture
from autograd_lite.program.differentiate import differentiate
from autograd_lite.program.run import native
from autograd_lite.program.run.choose import BACK_ENDS, Job, NumpyExecutor
from autograd_lite.program.run.job import InPlace

LARGER = Operation(
    "larger",
    lambda x, y: where(equal(x, y), x, where(greater(x, y), x, y)),
    lambda out, x, y: (where(equal(x, y), 0.5, greater(x, y)), where(equal(x, y), 0.5, greater(y, x))),
)


def total(terms):
    return sum(terms, 0.0)


# functions of three numbers x and three parameters w
FUNCTIONS = {
    "tanh": lambda x, w: tanh(x[0] * w[0] + x[1] * w[1] + w[2]) * x[2],
    "where": lambda x, w: where(greater(x[0], w[0]), sqrt(x[0] * x[0]), x[1] * w[1]) + where(x[2] > 0, log(x[2]), w[2]),
    "maximum": lambda x, w: maximum(x[0] * w[0], maximum(x[1], w[1])) + relu(x[2] * w[2]),
    "user operation": lambda x, w: LARGER(LARGER(x[0] * w[0], x[1]), LARGER(x[2], w[1])) * w[2],
    "dot": lambda x, w: dot(x, w) * dot([tanh(t) for t in x], w),
    "sums": lambda x, w: logsumexp([a * b for a, b in zip(x, w)]) - total(a * a for a in x) * w[0],
    "several outputs": lambda x, w: (tanh(x[0] * w[0]), x[1], w[1], tanh(x[0] * w[0]) * w[2], 2.0),
}
COUNTS = [20, 10, 3, 130, 1, 8, 9, 20]


def executor(kind, f, *, reduce=None, batched=True, first=None, wrt_arguments=True):
    w = [Value(0.0) for _ in range(3)]
    program, _ = capture(lambda x: f(x, w), [[0.0] * 3], parameters=w, batched=batched)
    job = Job(program, (3,), reduce, "float64", wrt_arguments, first)
    if kind == "numpy":
        return NumpyExecutor(job, "asked")
    if kind == "straight line":
        return native.StraightLineExecutor(job, "asked")
    if kind == "vectors":
        return native.VectorExecutor(job, "asked")
    return native.TapeExecutor(job, native.Tape(job.program), "asked")


def eager(f, rows, numbers, *, reduce=None, first=None):
    """Return the outputs, the gradients of x and of w, by the engine, one sample after the other."""
    seed = 1.0 / rows.shape[1] if reduce == "mean" else 1.0
    w = [Value(number) for number in numbers]
    columns, of_x, of_w = [], [], np.zeros(3)
    for sample in rows.T:
        x = [Value(number) for number in sample.tolist()]
        y = f(x, w)
        outputs = [Value(0.0) + out for out in (y if isinstance(y, tuple) else (y,))]
        columns.append([out.data for out in outputs])
        gradients = [0.0 if g is None else g for g in gradient(total(outputs[:first]), [*x, *w])]
        of_x.append(gradients[:3])
        of_w += gradients[3:]
    outputs = list(np.array(columns).T)
    if reduce:
        outputs = [out.sum() * seed for out in outputs[:first]] + outputs[len(outputs[:first]) :]
    return outputs, seed * np.array(of_x).T, seed * of_w


def same(found, expected):
    outputs, *gradients = found
    outputs = [np.broadcast_to(y, np.shape(true)) for y, true in zip(outputs, expected[0], strict=True)]
    for one, other in zip([*outputs, *gradients], [*expected[0], *expected[1:]], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-13)


def points(rng, samples):
    """Some samples have a tie or a zero, as for a batch of lanes no number is special."""
    rows = np.array([[rng.choice([rng.uniform(-2.0, 2.0), 0.0, 1.0]) for _ in range(samples)] for _ in range(3)])
    rows[0] = np.where(rows[0] == 0.0, 0.25, rows[0])  # the engine's sqrt(x²) has no slope there
    return rows


KINDS = ["tape", "straight line", "vectors", "numpy"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reduce", [None, "sum", "mean"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_gradients_and_steps_on_batches_of_any_size_in_any_order(name, reduce, kind):
    f, rng, numbers = FUNCTIONS[name], random.Random(name), np.array([0.5, -1.25, 0.75])
    first = 1 if name == "several outputs" and reduce else None
    run = executor(kind, f, reduce=reduce, first=first)
    run.load([points(rng, 2)], 2)
    run.parameters[:] = numbers
    for samples, asked in zip(COUNTS * 3, rng.choices(["values", "gradients", "descend"], k=100)):
        rows = points(rng, samples)
        expected = eager(f, rows, numbers.tolist(), reduce=reduce, first=first)
        if asked == "values":
            same((run.values([rows], samples),), expected[:1])
            continue
        run.load([rows], samples)
        if asked == "gradients":
            same(run.gradients(), expected)
        elif reduce:
            same((run.descend(0.125),), expected[:1])
            same(([], run.of_parameters()), ([], expected[2]))
            numbers = numbers - 0.125 * expected[2]
        np.testing.assert_allclose(run.parameters, numbers, rtol=1e-9)
        run.parameters[:] = numbers


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_and_gradients_at_one_point_in_any_order(name, kind):
    f, rng, numbers = FUNCTIONS[name], random.Random(name), np.array([0.5, -1.25, 0.75])
    run = executor(kind, f, batched=False)
    run.load([points(rng, 1)], 1)
    run.parameters[:] = numbers
    for asked in rng.choices(["values", "gradients"], k=20):
        rows = points(rng, 1)
        expected = eager(f, rows, numbers.tolist())
        if asked == "values":
            same((run.values([rows], 1),), expected[:1])
            continue
        run.load([rows], 1)
        same(run.gradients(), expected)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_batch_of_nan_and_infinity_leaves_nothing_behind(name, kind):
    f, numbers = FUNCTIONS[name], [0.5, -1.25, 0.75]
    run = executor(kind, f)
    for bad in (np.nan, np.inf, -np.inf):
        for samples in (20, 8, 3):
            run.parameters[:] = numbers
            run.values([np.full((3, samples), bad)], samples)
            run.load([np.full((3, samples), bad)], samples)
            run.gradients()
            rows = points(random.Random(samples), 9)
            run.load([rows], 9)
            same(run.gradients(), eager(f, rows, numbers))


@pytest.mark.parametrize("kind", KINDS)
def test_results_stay_what_they_were_when_more_is_computed(kind):
    run, rng = executor(kind, FUNCTIONS["tanh"]), random.Random(1)
    first, second = points(rng, 5), points(rng, 5)
    run.parameters[:] = 0.5
    run.load([first], 5)
    (values,) = run.values([first], 5)
    (outputs,), of_inputs, _ = run.gradients()
    before = values.copy(), outputs.copy(), of_inputs.copy()
    run.values([second], 5)
    run.load([second], 5)
    run.gradients()
    assert all(np.array_equal(now, then) for now, then in zip((values, outputs, of_inputs), before))


@pytest.mark.parametrize("backend", ["native", "numpy", "auto"])
def test_a_call_does_not_change_the_gradient_of_the_next_call(backend):
    def deep(x):
        y = x
        for _ in range(2_100):
            y = tanh(y) * 0.5 + x
        return y

    f, xs = compile(deep, batched=True, reduce="sum", backend=backend), np.array([0.1, 0.2, 0.3])
    _, before = f.value_and_grad(xs)
    f(np.arange(20.0))
    assert np.array_equal(f.value_and_grad(xs)[1].arguments[0], before.arguments[0])


class ByTheTable:
    """A back end made up: the rules of the table, one sample after the other. This class and a row are all it takes."""

    def __init__(self, job):
        self.job, self.parameters = job, np.zeros(job.n_parameters)
        self.gradient = differentiate(job.program, job.wrt, first=job.first)

    def run(self, program, inputs, samples):
        """Return what the program computes, (samples, outputs)."""
        rows = np.concatenate([*inputs, np.zeros((0, samples))])
        return np.array([program.evaluate([*sample, *self.parameters]) for sample in rows.T.tolist()])

    def reduced(self, columns):
        scale = 1.0 / len(columns) if self.job.reduce == "mean" else 1.0
        outputs = list(columns.T) if self.job.is_batched else list(columns[0])
        return [y.sum() * scale if i < self.job.n_reduced else y for i, y in enumerate(outputs)]

    def values(self, inputs, samples):
        return self.reduced(self.run(self.job.program, inputs, samples))

    def load(self, inputs, samples):
        self.loaded = inputs, samples

    def gradients(self):
        n, k = len(self.job.program.outputs), self.job.n_arguments * self.job.wrt_arguments
        columns = self.run(self.gradient, *self.loaded)
        slopes = columns[:, n:] / (len(columns) if self.job.reduce == "mean" else 1.0)
        self.latest = slopes[:, k:].sum(0)
        return self.reduced(columns[:, :n]), slopes[:, :k].T, self.latest

    def descend(self, rate):
        outputs, _, of_parameters = self.gradients()
        self.parameters -= rate * of_parameters
        return outputs

    def of_parameters(self):
        return self.latest

    def in_place(self):
        inputs, value, gradient = (np.zeros(n) for n in (self.job.n_arguments, 1, self.job.n_arguments))

        def run():
            self.load([inputs[:, None]], 1)
            (value[0],), of_inputs, _ = self.gradients()
            gradient[:] = of_inputs[:, 0]

        return InPlace(inputs, run, value, gradient)

    def report(self):
        return "by the table"


@pytest.fixture
def by_the_table(monkeypatch):
    monkeypatch.setitem(BACK_ENDS, "table", ByTheTable)


@pytest.mark.parametrize("reduce", [None, "sum", "mean"])
def test_a_back_end_is_a_class_and_a_row(by_the_table, reduce):
    w = [Value(x) for x in (0.5, -1.0, 2.0)]
    rows = points(random.Random(3), 5)
    f = FUNCTIONS["sums"]
    compiled = compile(lambda x: f(x, w), parameters=w, batched=True, reduce=reduce, backend="table")
    expected = eager(f, rows, [0.5, -1.0, 2.0], reduce=reduce)
    value, (of_x, of_w) = compiled.value_and_grad(rows.T)
    of_w = of_w if reduce else [each.sum() for each in of_w]  # not reduced, there is one for each sample
    same(([value], of_x[0].T, of_w), expected)
    np.testing.assert_allclose(compiled(rows.T), value)
    assert "by the table" in compiled.report()


class Half:
    """A back end that can do nothing but values."""

    def __init__(self, job):
        pass

    def values(self, inputs, samples):
        return []


@pytest.mark.parametrize("row", [Half, "half"])
def test_a_back_end_that_cannot_do_what_each_must_says_what_it_lacks(monkeypatch, row):
    monkeypatch.setitem(BACK_ENDS, "half", row)
    with pytest.raises(
        TypeError, match=r"back end 'half': (Half \(.*executors\.py\)|str \(builtins\)) lacks .*gradients"
    ):
        compile(lambda x: x * x, backend="half")(3.0)


def test_a_back_end_made_up_evaluates_in_place(by_the_table):
    evaluate = compile(lambda x, y: x * y + y, backend="table").evaluator(3.0, 2.0)
    assert (evaluate(), evaluate.gradient.tolist()) == (8.0, [2.0, 4.0])


def test_a_back_end_made_up_trains_a_model(by_the_table):
    data = nn.data.moons(9, rng=random.Random(2))
    models = [nn.MLP(2, [3, 1], rng=random.Random(0)) for _ in range(2)]
    for model, compiled in zip(models, (False, "table")):
        nn.fit(model, data, loss="binary_cross_entropy", batch_size=4, epochs=3, compiled=compiled, progress=False)
    one, other = ([p.data for p in model.parameters()] for model in models)
    np.testing.assert_allclose(one, other, rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_parameters_are_one_array_for_life(kind):
    """Written before or after a load, read by whatever runs next, and moved where they are."""
    f, rows = FUNCTIONS["dot"], points(random.Random(5), 4)
    one = executor(kind, f, reduce="mean")
    parameters = one.parameters
    parameters[:] = [0.5, -1.0, 2.0]
    one.load([rows], 4)
    same(one.gradients(), eager(f, rows, [0.5, -1.0, 2.0], reduce="mean"))
    parameters[:] = [1.0, 0.25, -0.5]
    same(one.gradients(), eager(f, rows, [1.0, 0.25, -0.5], reduce="mean"))
    one.values([rows[:, :1]], 1)
    slopes = one.of_parameters().copy()
    one.descend(0.1)
    np.testing.assert_allclose(parameters, np.array([1.0, 0.25, -0.5]) - 0.1 * slopes)
    assert one.parameters is parameters
