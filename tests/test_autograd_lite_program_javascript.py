"""An exported JavaScript module computes what the engine computes, and learns as the optimisers of nn do."""

from __future__ import annotations

import itertools
import math
import random

import numpy as np
import pytest
from hypothesis import given, settings

import autograd_lite as al
import nn
from autograd_lite import Operation, Value, compile, gradient, ops, to_javascript
from autograd_lite.program import Program
from autograd_lite.program.capture import capture
from autograd_lite.program.passes import reduce_outputs
from autograd_lite.testing import expressions
from nn.gpt import GPT
from tests import node as nodejs
from tests.comparing import close, close_to_scale
from tests.strategies import NETWORKS
from tests.test_autograd_lite_program_exports import (
    COMPOSITES,
    FIXED,
    FOLD_ROWS,
    FOLDS,
    MANY_ROWS,
    compare_expression,
    compare_sum_of_x_tanh_x,
    eager,
    hostile_program,
    network,
    points,
    program_of,
    with_constants,
)


@pytest.fixture(scope="module")
def node():
    with nodejs.node() as process:
        yield process


AT_POINTS = """(create, points) => points.map((point) => {
    const model = create();
    model.parameters.set(point);
    return [model.forward([], []), model.gradient([]), [...model.gradients]];
})"""
OF_A_BATCH = """(create, rows, parameters) => {
    const model = create(), samples = rows.length, inputs = Float64Array.from(rows.flat()), slopes = [], outputs = [];
    model.parameters.set(parameters);
    model.gradient(inputs, { samples }); // which the second must not add to
    const loss = model.gradient(inputs, { samples, outputs, slopes });
    return [model.forward(inputs, [], { samples }), outputs, loss, [...model.gradients], slopes];
}"""


def at_points(node, program, points):
    """Return the values, and the gradients of each, where all inputs are parameters."""
    found = node.run(to_javascript(program), AT_POINTS, points)
    assert all(sum(values) == value for values, value, _ in found if value == value)
    return [value for _, value, _ in found], [slopes for _, _, slopes in found]


def of_all(node, lines, rows, *, batched):
    """Return the values and slopes of operations at points, (rows, lines) and (rows, lines, operands), by one module.

    Those of a batch are the slopes of inputs that are passed along.
    """
    n = len(rows[0])

    def f(*xs):
        return [*[op(*xs[n * k : n * k + n]) for k, op in enumerate(lines)], *(xs if batched else [])]

    program = capture(f, [0.0] * n * len(lines), batched=batched)[0]
    points = [[*row] * len(lines) for row in rows]
    if batched:
        module = to_javascript(program, batched=True, reduce="sum", first=len(lines))
        forward, outputs, _, _, slopes = node.run(module, OF_A_BATCH, points, [])
        np.testing.assert_equal(forward, outputs)
    else:
        outputs, _, slopes = zip(*node.run(to_javascript(program), AT_POINTS, points))
    values = np.reshape(outputs, (len(rows), -1))[:, : len(lines)]
    return values, np.reshape(slopes, (len(rows), len(lines), n))


def compare(lines, rows, values, slopes):
    """Values must agree at every point; gradients wherever the conventions say what they are."""
    settled = ~np.isnan(rows).any(axis=1, keepdims=True)
    for k, op in enumerate(lines):
        expected, expected_slopes = map(np.array, zip(*[eager(op, operands) for operands in rows]))
        wanted = np.where(settled, expected_slopes, np.nan)
        slopes_there = np.where(np.isnan(wanted), np.nan, slopes[:, k])
        for there, here in ((values[:, k], expected), (slopes_there, wanted)):
            np.testing.assert_allclose(there, here, rtol=1e-12, atol=1e-290, err_msg=op.name)


# ---------------------------------------------------------------- operations


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize("arity", [1, 2, 3])
def test_every_operation_and_its_gradients(arity, batched, node):
    lines = [op for op in FIXED if op.arity == arity]
    rows = points(lines[0])
    compare(lines, rows, *of_all(node, lines, rows, batched=batched))


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize("rows", [FOLD_ROWS, MANY_ROWS], ids=["few", "many"])
def test_operations_of_any_number_of_operands(rows, batched, node):
    compare(FOLDS, rows, *of_all(node, FOLDS, rows, batched=batched))


@pytest.mark.parametrize("name", COMPOSITES)
def test_the_conventions(name, node):
    f, x, value, slope = COMPOSITES[name]
    values, slopes = at_points(node, capture(f, [0.0])[0], [[x]])
    close([*values, *slopes[0]], [value, slope])


def test_every_constant_is_written_so_that_it_binds(node):
    program = with_constants()
    module = to_javascript(program, gradients=False)
    code = "(create, xs) => xs.map((x) => { const m = create(); m.parameters[0] = x; return m.forward([], []); })"
    xs = [2.0, 0.5, 0.75, -1.5, 3.0]
    for x, found in zip(xs, node.run(module, code, xs)):
        close(found, program.evaluate([x]))


@settings(max_examples=15)
@given(graph=expressions())
def test_any_expression(graph, node):
    def run(program, numbers):
        (value,), (slopes,) = at_points(node, program, [numbers])
        return value, slopes

    compare_expression(graph, run)


def test_the_gradient_rule_of_an_operation_of_the_users_own(node):
    """A straight-through estimator: the derivative of its value would be 0."""
    through = Operation("through", lambda x: al.sign(x), lambda out, x: al.tanh(x))
    assert at_points(node, program_of(through, 1), [[3.0]]) == ([1.0], [[math.tanh(3.0)]])


# ---------------------------------------------------------------- batches


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_on_a_batch(name, node):
    program, xs, parameters, values, _, of_parameters = network(name)
    module = to_javascript(program, batched=True)
    forward, outputs, loss, slopes, _ = node.run(module, OF_A_BATCH, xs.tolist(), parameters.tolist())
    assert forward == outputs
    close(outputs, values)
    close(loss, np.mean(values))
    np.testing.assert_allclose(slopes, of_parameters / len(xs), rtol=1e-11, atol=1e-14)


def test_the_loss_of_two_samples_and_its_slope_by_hand(node):
    """w·x is 0.5 and 1.5 where 2 and 6 are asked for: (1.5² + 4.5²)/2, and −(2·1.5·1 + 2·4.5·3)/2."""
    w = Value(0.0, "w")
    error = compile(lambda x, y: (w * x - y) ** 2, parameters=[w], batched=True)
    module = to_javascript(error.program([0.0], [0.0]), batched=True)
    assert node.run(module, OF_A_BATCH, [[1.0, 2.0], [3.0, 6.0]], [0.5])[1:4] == [[2.25, 20.25], 11.25, [-15.0]]


def test_one_sample_at_a_time_where_the_module_is_not_batched(node):
    program, xs, parameters, values, *_ = network("mlp")
    code = """(create, rows, parameters) => {
        const model = create();
        model.parameters.set(parameters);
        return rows.map((row) => [model.forward(row, []), model.gradient(row), [...model.gradients]]);
    }"""
    found = node.run(to_javascript(program), code, xs.tolist(), parameters.tolist())
    close([forward for (forward,), _, _ in found], values)
    close([loss for _, loss, _ in found], values)
    np.testing.assert_allclose(np.sum([slopes for *_, slopes in found], axis=0), network("mlp")[-1], rtol=1e-11)


def test_what_is_passed_along_has_the_slopes_of_the_loss_in_each_sample_or_one_where_samples_share_it(node):
    w = Value(0.5, "w")
    f = compile(lambda x: [(w * x) ** 2, w * x, w * w, x], parameters=[w], batched=True)
    module = to_javascript(f.program([1.0]), batched=True, first=1)
    _, outputs, loss, slopes, of_passed = node.run(module, OF_A_BATCH, [[1.0], [3.0]], [0.5])
    assert np.reshape(outputs, (2, 4)).tolist() == [[0.25, 0.5, 0.25, 1.0], [2.25, 1.5, 0.25, 3.0]]
    assert (loss, slopes) == (1.25, [5.0])
    assert np.reshape(of_passed, (2, 3)).tolist() == [[0.5, 0.0, 0.25], [1.5, 0.0, 0.75]]


def test_a_parameter_that_is_passed_along_has_its_gradient_as_slope(node):
    w = Value(0.5, "w")
    f = compile(lambda x: [w * x, w], parameters=[w], batched=True)
    module = to_javascript(f.program([1.0]), batched=True, first=1)
    *_, slopes, of_passed = node.run(module, OF_A_BATCH, [[1.0], [3.0]], [0.5])
    assert slopes == [2.0] and of_passed == [2.0, 2.0]


def test_a_penalty_that_samples_share_counts_once_in_the_mean_and_for_each_in_the_sum(node):
    w = Value(0.5, "w")
    f = compile(lambda x: [w * x, w * w], parameters=[w], batched=True)
    for reduce, loss, slope in (("mean", 1.25, 3.0), ("sum", 2.5, 6.0)):
        module = to_javascript(f.program([1.0]), batched=True, reduce=reduce)
        assert node.run(module, OF_A_BATCH, [[1.0], [3.0]], [0.5])[2:4] == [loss, [slope]]


# ---------------------------------------------------------------- tables


@pytest.mark.parametrize("batched", [False, True])
def test_a_gpt_learns_of_what_it_looks_up(batched, node):
    gpt, tokens, targets = GPT(5, 3, size=4, heads=2, rng=random.Random(3)), [1, 1, 3], [1, 3, 0]

    def loss(tokens, targets):
        picked = [al.choose(target, *logits) - al.logsumexp(logits) for logits, target in zip(gpt(tokens), targets)]
        return -al.mean_of(picked)

    parameters = gpt.parameters()
    y = loss(tokens, targets)
    program = compile(loss, parameters=parameters, batched=True).program([[1.0] * 3], [[1.0] * 3])
    samples = 2 if batched else 1
    module = to_javascript(program, batched=batched)
    numbers = [p.data for p in parameters]
    values, _, mean, slopes, _ = node.run(module, OF_A_BATCH, [[*tokens, *targets]] * samples, numbers)
    close([*values, mean], [y.data] * (samples + 1))
    np.testing.assert_allclose(slopes, gradient(y, parameters), rtol=1e-12, atol=1e-15)


def test_an_index_is_rounded_half_to_even_and_one_beyond_the_table_gives_nan(node):
    table = [Value(10.0 * i, f"t{i}") for i in range(4)]
    program = compile(lambda i: al.choose(i, *table), parameters=table, batched=True).program([0.0])
    module, rows = to_javascript(program, batched=True, reduce="sum"), [[x] for x in (2.0, 0.5, 1.5, -0.5, 2.4)]
    values, _, _, slopes, _ = node.run(module, OF_A_BATCH, rows, [x.data for x in table])
    assert values == [20.0, 0.0, 20.0, 0.0, 20.0] and slopes == [2.0, 0.0, 3.0, 0.0]
    for x in (4.0, -1.0, math.nan, math.inf):
        (value,), _, _, slopes, _ = node.run(module, OF_A_BATCH, [[x]], [1.0] * 4)
        assert math.isnan(value) and slopes == [0.0] * 4


def test_slopes_come_back_to_the_rows_of_a_table_that_are_parameters_and_to_no_others(node):
    first, last = Value(1.0, "first"), Value(2.0, "last")
    table = [first, 7.0, last, 9.0, first]
    program = compile(lambda i: al.choose(i, *table), parameters=[first, last], batched=True).program([0.0])
    module = to_javascript(program, batched=True, reduce="sum")
    values, _, _, slopes, _ = node.run(module, OF_A_BATCH, [[float(i)] for i in (0, 1, 2, 2, 4, 4)], [1.0, 2.0])
    assert values == [1.0, 7.0, 2.0, 2.0, 1.0, 1.0] and slopes == [3.0, 2.0]


# ---------------------------------------------------------------- optimisers

STEPS = """(create, parameters, inputs, samples, method, rate, options) => {
    const model = create();
    model.parameters.set(parameters);
    const path = [];
    for (let k = 0; k < 50; k++) {
        model.gradient(inputs, { samples });
        model[method](rate, options);
        path.push([...model.parameters]);
    }
    return [path, model.steps, [...model.velocity], [...model.mean], [...model.square]];
}"""
OPTIMISERS = {
    "sgd": (nn.SGD, "sgd", {}),
    "momentum": (nn.SGD, "sgd", {"momentum": 0.9, "weight_decay": 0.01}),
    "nesterov": (nn.SGD, "sgd", {"momentum": 0.8, "nesterov": True}),
    "adam": (nn.Adam, "adam", {}),
    "adam with options": (nn.Adam, "adam", {"betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.1}),
    "adamw": (nn.AdamW, "adamW", {}),
    "adamw with options": (nn.AdamW, "adamW", {"betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.1}),
}


@pytest.mark.parametrize("name", OPTIMISERS)
def test_fifty_steps_are_those_of_nn(name, node):
    make, method, options = OPTIMISERS[name]
    model = nn.MLP(2, [3, 1], rng=random.Random(1))
    xs = [[0.3, -0.5, 1.0], [1.1, 0.2, -1.0], [-0.4, 0.9, 0.5]]
    error = lambda a, b, y: (model([a, b]) - y) ** 2
    program = compile(error, parameters=model.parameters(), batched=True).program(*map(np.array, zip(*xs)))
    optimiser = make(model.parameters(), lr=0.05, **options)
    given = [[p.data for p in model.parameters()], list(itertools.chain(*xs)), len(xs), method, 0.05]
    named = {{"weight_decay": "weightDecay"}.get(key, key): x for key, x in options.items()}
    path, steps, *state = node.run(to_javascript(program, batched=True), STEPS, *given, named)
    for there in path:
        optimiser.zero_grad()
        al.mean_of([error(*row) for row in xs]).backward()
        optimiser.step()
        close_to_scale(there, [p.data for p in model.parameters()])
    assert steps == optimiser.steps == 50
    for slot, there in zip(("velocity", "mean", "square"), state):
        close_to_scale(there, getattr(optimiser, slot, [0.0] * len(there)))


def test_without_weight_decay_an_infinite_parameter_has_no_part_in_the_gradient(node):
    x = Value(1.0, "x")
    code = """(create) => {
        const model = create(); model.parameters[0] = Infinity; model.gradients[0] = 1;
        model.sgd(0.5); model.adam(0.5); return [...model.mean];
    }"""
    assert node.run(to_javascript(Program.capture([x], [x * 2.0])), code) == pytest.approx([0.1])


# ---------------------------------------------------------------- the text


def test_labels_are_data_that_cannot_break_out_of_the_module_or_of_a_page(node):
    leaves, program = hostile_program()
    module = to_javascript(program)
    (value,), (slopes,) = at_points(node, program, [[x.data for x in leaves]])
    compare_sum_of_x_tanh_x(leaves, value, slopes)
    assert "</script" not in module and "<!--" not in module and module.isascii() is False  # of our own comments
    codes = "(create) => create().parameterNames.map((name) => [...name].map((c) => c.codePointAt(0)))"
    assert [[chr(c) for c in name] for name in node.run(module, codes)] == [list(label) for label in program.names]


def test_what_follows_export_is_a_function_of_a_classic_script(node):
    program, xs, parameters, values, *_ = network("mlp")
    module = to_javascript(program, batched=True)
    classic = module.partition("export ")[2]
    wrapped = f"const made = {classic}; export const create = () => new Function('return ' + made)()();"
    close(node.run(wrapped, OF_A_BATCH, xs.tolist(), parameters.tolist())[0], values)


def test_two_that_are_created_share_nothing(node):
    program = network("mlp")[0]
    code = "(create) => { const a = create(), b = create(); a.parameters.fill(1); return [...b.parameters]; }"
    assert set(node.run(to_javascript(program), code)) == {0}


def test_without_gradients_there_is_forward_alone(node):
    x = Value(1.0, "x")
    module = to_javascript(Program.capture([x], [x.exp(), x + 1.0]), gradients=False)
    code = "(create) => { const model = create(); return [model.forward([], []), 'gradient' in model]; }"
    assert node.run(module, code) == [[1.0, 1.0], False]


@pytest.mark.parametrize("constant", [-1.0, 1.0, -2.5])
@pytest.mark.parametrize("reduce", ["sum", "mean"])
def test_a_constant_in_the_loss_counts_once_for_each_sample(constant, reduce, node):
    w = Value(0.5)
    compiled = compile(lambda x: [w * x, constant], parameters=[w], batched=True)
    module = to_javascript(compiled.program([1.0]), batched=True, reduce=reduce)
    assert node.run(module, OF_A_BATCH, [[1.0], [2.0], [3.0]], [0.5])[2] == (3.0 + 3 * constant) / (
        3 if reduce == "mean" else 1
    )


def test_outputs_that_are_constants_or_inputs(node):
    x, y = Value(3.0, "x"), Value(2.0, "y")
    program = Program.capture([x, y], [Value(7.0), x, Value(-0.0)])
    assert at_points(node, program, [[3.0, 2.0]])[1] == [[1.0, 0.0]]
    values = node.run(to_javascript(program), "(create) => create().forward([], [])")
    assert values[:2] == [7.0, 0.0] and math.copysign(1.0, values[2]) == -1.0


def test_a_layer_is_a_loop_however_many_neurons_it_has():
    def lines(neurons):
        model = nn.MLP(2, [neurons, 1], rng=random.Random(1))
        f = compile(lambda x: model(x) ** 2, parameters=model.parameters(), batched=True)
        return len(to_javascript(f.program([[0.0, 0.0]]), batched=True).splitlines())

    assert lines(32) == lines(8)


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    "options, kind, message",
    [
        ({"batched": "yes"}, TypeError, "batched must be True or False, got 'yes'"),
        ({"batched": True}, ValueError, "no input of the program is batched: compile it with batched=True"),
        ({"reduce": "product"}, ValueError, "reduce must be 'mean' or 'sum', got 'product'"),
        ({"first": 0}, ValueError, "first must be how many of the 2 outputs are the loss, got 0"),
        ({"first": 3}, ValueError, "got 3"),
        ({"first": True}, ValueError, "got True"),
    ],
)
def test_options_that_cannot_be_are_refused(options, kind, message, tmp_path):
    x = Value(1.0, "x")
    with pytest.raises(kind, match=f"^to_javascript: .*{message}"):
        to_javascript(Program.capture([x], [x * x, x]), tmp_path / "net.js", **options)
    assert list(tmp_path.iterdir()) == []


def test_sums_over_samples_are_left_to_the_module():
    program = reduce_outputs(program_of(ops.exp, 1, batched=True), "sum")
    with pytest.raises(ValueError, match=r"'batch_sum' adds up over the samples .* as it was captured"):
        to_javascript(program, batched=True)
