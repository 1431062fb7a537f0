"""Exported programs compute what the engine computes: C through gcc, Python through NumPy, ONNX through onnxruntime."""

from __future__ import annotations

import ctypes
import functools
import inspect
import itertools
import json
import math
import os
import random
import re
import runpy
import shutil
import stat
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as al
import nn
from autograd_lite import Operation, Value, gradient, ops
from autograd_lite.graph import topological_order
from autograd_lite.program import Program, to_c, to_javascript, to_onnx, to_python
from autograd_lite.program.capture import capture
from autograd_lite.program.differentiate import differentiate
from autograd_lite.program.export.interface import arguments
from autograd_lite.program.passes import reduce_outputs
from autograd_lite.testing import expressions
from tests import test_autograd_lite_range as whole
from tests.comparing import close
from tests.strategies import EDGES, EXTREMES, HOSTILE_NAMES, INTERIOR, NETWORKS, numbers

POWERS = [ops.power(n) for n in (-2.0, -1.0, 0.0, 0.5, 1.0, 3.0, 1.5)]
FIXED = [op for op in ops.TABLE.values() if op.arity > 0] + POWERS
FOLDS = [op for op in ops.TABLE.values() if op.arity < 0]
by_name = functools.partial(pytest.mark.parametrize, ids=lambda op: op.name)


def points(op):
    """Return operands: interior points and edges; for several operands those that tell most apart."""
    if op.arity == 1:
        return [(x,) for x in EDGES + EXTREMES + INTERIOR]
    few = [0.0, -0.0, 1.0, -2.0, 0.7, 1000.0, -1000.0, math.inf, -math.inf, math.nan]
    few = few if op.arity == 2 else [0.0, -1.3, 1.0, math.inf, math.nan]
    return [*itertools.product(few, repeat=op.arity), *itertools.permutations(INTERIOR[:7], op.arity)]


def eager(op, operands):
    """Return the value and the gradients that the engine gives."""
    nodes = [Value(x) for x in operands]
    y = op(*nodes)
    if not isinstance(y, Value):
        return y, [0.0] * len(nodes)
    return y.data, gradient(y, nodes)


def program_of(op, n, *, batched=False):
    return capture(op, [0.0] * n, batched=batched)[0]


def compare_everywhere(op, rows, values, gradients, tolerance=1e-12):
    """Values must agree at every point; gradients wherever the conventions say what they are."""
    for operands, value, slopes in zip(rows, values, gradients):
        expected, expected_slopes = eager(op, operands)
        close(value, expected, tolerance)
        if any(map(math.isnan, operands)):
            continue  # any gradient will do
        for slope, wanted in zip(slopes, expected_slopes):
            if not math.isnan(wanted):
                close(slope, wanted, tolerance)


# ---------------------------------------------------------------- networks

RNG = random.Random(5)


@functools.cache
def network(name):
    """Return the program of a loss, the numbers of its inputs for three samples, and what the engine gives."""
    make, shape, n_outputs = NETWORKS[name]
    model = make(RNG)
    xs = numbers(RNG, 3, *shape)

    def loss(x):
        return nn.losses.cross_entropy(model(x), [1.0, *[0.0] * (n_outputs - 1)]) + 0.01 * nn.losses.l2_penalty(model)

    parameters = model.parameters()
    program = capture(loss, [xs[0]], parameters=parameters, batched=True)[0]
    values, of_inputs, of_parameters = [], [], np.zeros(len(parameters))
    for x in xs:
        leaves = [Value(number) for number in al.transforms.flatten(x)]
        y = loss(al.transforms.rebuild(x, iter(leaves)))
        g = gradient(y, [leaves, parameters])
        values.append(y.data)
        of_inputs.append(g[0])
        of_parameters += g[1]
    flat = np.array([al.transforms.flatten(x) for x in xs])
    return program, flat, np.array([p.data for p in parameters]), values, np.array(of_inputs), of_parameters


@functools.cache
def opaque(name="opaque"):
    return Operation(name, lambda x: math.sin(x) if x > 0 else x, lambda out, x: math.cos(x) if x > 0 else 1.0)


def hostile_program():
    leaves = [Value(0.1 * i + 0.1, label) for i, label in enumerate(HOSTILE_NAMES)]
    return leaves, Program.capture(leaves, [al.sum_of([x * x.tanh() for x in leaves])])


# ---------------------------------------------------------------- C

gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")


def compiled_c(program, folder, *, level="-O2", **options):
    """Compile the C of a program, warnings being errors; return a function of numbers: values, gradient."""
    source, library = folder / "program.c", folder / "program.so"
    to_c(program, source, **options)
    warnings = ["-Wall", "-Wextra", "-Werror"]
    command = ["gcc", level, "-std=c99", *warnings, "-shared", "-fPIC", str(source), "-o", str(library)]
    done = subprocess.run([*command, "-lm"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    function = getattr(ctypes.CDLL(str(library)), options.get("name", "value_and_gradient"))
    function.restype = ctypes.c_double
    array = functools.partial(np.zeros, dtype=float)
    n, k = len(program.names), len(program.outputs)

    def call(numbers):
        inputs, outputs, slopes = np.array([*numbers, 0.0], float), array(k), array(n)
        pointers = [ctypes.c_void_p(a.ctypes.data) for a in (inputs, *[outputs] * (k != 1), slopes)]
        result = function(*pointers)
        return ([result] if k == 1 else outputs.tolist()), slopes.tolist()

    return call


@gcc
@by_name("op", FIXED)
def test_c_computes_every_operation_and_its_gradients(op, tmp_path):
    call = compiled_c(program_of(op, op.arity), tmp_path)
    rows = points(op)
    values, slopes = zip(*map(call, rows))
    compare_everywhere(op, rows, [y for (y,) in values], slopes)


@gcc
@by_name("op", FOLDS)
def test_c_computes_operations_of_any_number_of_operands(op, tmp_path):
    call = compiled_c(program_of(op, 5), tmp_path)
    rows = FOLD_ROWS
    values, slopes = zip(*map(call, rows))
    compare_everywhere(op, rows, [y for (y,) in values], slopes)


def compare_expression(graph, run):
    """Compare an export with the engine on a random graph; ``run`` gives the value and the gradient."""
    inputs = [Value(x, name) for name, x in graph.point.items()]
    y = graph(**{x.label: x for x in inputs})
    if not isinstance(y, Value):
        return
    expected = gradient(y, inputs)
    value, slopes = run(Program.capture(inputs, [y]), list(graph.point.values()))
    y.backward()
    nodes = list(topological_order(y))
    carried = sum([abs(node.grad * node.data) for node in nodes])  # how rounding in any node moves the value
    np.testing.assert_allclose(value, y.data, rtol=1e-12, atol=1e-14 * carried)
    contributions = [node.grad * g for node in nodes for g in node.local_gradients()]
    scale = max([abs(g) for g in contributions if math.isfinite(g)], default=0.0)  # they may cancel
    np.testing.assert_allclose(slopes, expected, rtol=1e-11, atol=1e-12 * scale)


@gcc
@settings(max_examples=25)
@given(graph=expressions())
def test_c_computes_any_expression(graph, tmp_path_factory):
    def run(program, numbers):
        (value,), slopes = compiled_c(program, tmp_path_factory.mktemp("c"))(numbers)
        return value, slopes

    compare_expression(graph, run)


@gcc
@pytest.mark.parametrize("name", NETWORKS)
def test_c_computes_a_network_sample_by_sample(name, tmp_path):
    program, xs, parameters, values, of_inputs, of_parameters = network(name)
    call = compiled_c(program, tmp_path)
    results = [call([*x, *parameters]) for x in xs]
    close([y for (y,), _ in results], values)
    np.testing.assert_allclose([g[: xs.shape[1]] for _, g in results], of_inputs, rtol=1e-11, atol=1e-14)
    total = np.sum([g[xs.shape[1] :] for _, g in results], axis=0)
    np.testing.assert_allclose(total, of_parameters, rtol=1e-11, atol=1e-14)


@gcc
def test_c_writes_several_outputs_and_a_gradient_of_their_sum(tmp_path):
    x, y = Value(3.0, "x"), Value(2.0, "y")
    program = Program.capture([x, y], [x * y, x + 1.0, Value(7.0)])
    assert compiled_c(program, tmp_path)([3.0, 2.0]) == ([6.0, 4.0, 7.0], [3.0, 3.0])


@gcc
def test_c_of_a_program_without_inputs_compiles_without_a_warning(tmp_path):
    assert compiled_c(Program.capture([], [Value(2.5), Value(1.0)]), tmp_path)([]) == ([2.5, 1.0], [])


@gcc
def test_c_of_a_constant_compiles_without_a_warning(tmp_path):
    assert compiled_c(Program.capture([Value(1.0, "x")], [Value(2.5)]), tmp_path)([1.0]) == ([2.5], [0.0])


@gcc
def test_c_follows_the_gradient_rule_of_an_operation_of_the_users_own(tmp_path):
    """A straight-through estimator: the derivative of its value would be 0."""
    through = Operation("through", lambda x: al.sign(x), lambda out, x: al.tanh(x))
    assert compiled_c(program_of(through, 1), tmp_path)([3.0]) == ([1.0], [math.tanh(3.0)])


@gcc
def test_labels_cannot_break_out_of_c(tmp_path):
    leaves, program = hostile_program()
    (value,), slopes = compiled_c(program, tmp_path)([x.data for x in leaves])
    compare_sum_of_x_tanh_x(leaves, value, slopes)


def compare_sum_of_x_tanh_x(leaves, value, slopes):
    xs = [x.data for x in leaves]
    close(value, sum(x * math.tanh(x) for x in xs))
    close(slopes, [math.tanh(x) + x / math.cosh(x) ** 2 for x in xs])


@gcc
def test_c_of_a_program_of_gradients_writes_them_as_outputs(tmp_path):
    x = Value(3.0, "x")
    cubed = differentiate(Program.capture([x], [x * x * x]), [0])
    assert compiled_c(cubed, tmp_path)([3.0]) == ([27.0, 27.0], [27.0 + 18.0])


def test_c_without_gradients_is_a_function_of_the_inputs_alone():
    text = to_c(Program.capture([x := Value(1.0, "x")], [x.sigmoid()]), gradients=False, name="f")
    assert "double f(const double *inputs)\n" in text and "gradient" not in text


C_NAMES = ["2f", "a b", "", "int", "exp", "sigmoid", "main", "NAN", "f(){}//", "floor", "floorf", "fmal", "round"]
C_NAMES += ["lgamma_r", "sinf64x", "fmaximum", "fadd", "f32mulf64", "feclearexcept", "fesetround", "nextup"]
C_NAMES += [
    "printf",
    "malloc",
    "free",
    "strange",
    "memory",
    "class",
    "template",
    "true",
    "not",
    "y0",
    "M_PI",
    "é",
    None,
]


@pytest.mark.parametrize("name", C_NAMES)
def test_a_name_that_c_does_not_allow_is_refused(name):
    with pytest.raises(ValueError, match="name of a C function"):
        to_c(program_of(ops.exp, 1), name=name)


@gcc
@pytest.mark.parametrize("name", ["total", "values", "x0", "v0", "inputs", "gradient", "Exp", "f_1", "island"])
def test_any_other_name_makes_a_function_of_c(name, tmp_path):
    assert compiled_c(program_of(ops.exp, 1), tmp_path, name=name)([0.0]) == ([1.0], [1.0])


CONSTANTS = [-2.0, -0.5, 2.0, 3.0, -3.0, 0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, -1e300, 1e-17]
BINARY = [op for op in FIXED if op.arity == 2]


def with_constants(n_outputs=None):
    """Return a program of every binary operation with every constant, and constant powers, beside x."""
    x = Value(1.0, "x")
    ys = [y for op in BINARY for c in CONSTANTS for y in (op(c, x), op(x, c)) if isinstance(y, Value)]
    ys += [x**c for c in CONSTANTS] + [c**x for c in CONSTANTS] + [-(c**x) for c in CONSTANTS]
    ys += [al.where(x, c, d) * x for c, d in itertools.pairwise(CONSTANTS)]
    return Program.capture([x], ys)


@pytest.mark.parametrize("target", ["python", pytest.param("c", marks=gcc), "onnx"])
def test_every_constant_is_written_so_that_it_binds(target, tmp_path):
    program = with_constants()
    if target == "c":
        of_list = compiled_c(program, tmp_path, level="-O1")  # it tells how a number is written, as -O2 does, sooner
        run = lambda x: of_list([x])
    else:
        run = run_python(program) if target == "python" else run_onnx(program, tmp_path)
    for x in (2.0, 0.5, 0.75, -1.5, 3.0):
        close(run(x)[0], program.evaluate([x]))


AWKWARD = [-2.0, -0.5, 3.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, -5e-324, 1.7976931348623157e308, -1e-17]
# no sums: their order is the target's own, and with it what overflows
PRINTED = [
    ops.TABLE[name] for name in ("mul", "div", "neg", "pow", "abs", "maximum", "minimum", "where", "relu", "square")
]


def read_back(text, numbers):
    """Return the outputs of a program by its text alone: ``%3 = %0 × %1``."""
    by_sign = {op.symbol: op for op in ops.TABLE.values()} | {op.name: op for op in FIXED}
    slots, numbers = {}, iter(numbers)
    for line in text.splitlines()[:-1]:
        name, right = line.split(" = ", 1)
        called = re.fullmatch(r"(.+?)\((%.*)\)", right)
        if called:
            slots[name] = by_sign[called[1]](*[slots[i] for i in called[2].split(", ")])
        elif "%" in right:
            x, sign, y = right.split(" ")
            slots[name] = by_sign[sign](slots[x], slots[y])
        else:
            slots[name] = next(numbers) if right[0] == "x" else float(right)
    return [slots[i] for i in text.splitlines()[-1].removeprefix("return ").split(", ")]


def with_extremes(data):
    """Return a program of a random graph with some inputs extreme constants, the numbers of the others, the value."""
    graph = data.draw(expressions(ops=PRINTED, safe=False))
    constants = {name: data.draw(st.sampled_from([None, *AWKWARD])) for name in graph.point}
    point = {name: data.draw(st.sampled_from(AWKWARD)) for name, c in constants.items() if c is None}
    inputs = [Value(x, name) for name, x in point.items()]
    y = graph(**{name: c for name, c in constants.items() if c is not None}, **{x.label: x for x in inputs})
    return (Program.capture(inputs, [y]), [x.data for x in inputs], y.data) if isinstance(y, Value) else None


@pytest.mark.parametrize("target", ["text", "python", "numpy"])
@given(data=st.data())
def test_extreme_constants_anywhere_are_written_as_they_compute(target, data):
    drawn = with_extremes(data)
    if drawn is None:
        return
    program, numbers, expected = drawn
    close(program.evaluate(numbers)[0], expected)
    if target == "text":
        found = read_back(str(program), numbers)[0]
    elif target == "python":
        found = run_python(program, gradients=False)(*numbers)
    else:
        found = al.compile(lambda *xs: program_on(program, xs), backend="numpy")(*numbers)
    close(found, expected, 1e-9)


def program_on(program, xs):
    """Return the output of a program on tracers."""
    slots = list(xs)
    for op, operands, number in program.instructions:
        slots.append(op(*[slots[i] for i in operands]) if operands else number)
    return slots[program.outputs[0]]


@gcc
@settings(max_examples=10)
@given(data=st.data())
def test_extreme_constants_anywhere_are_written_as_they_compute_in_c(data, tmp_path_factory):
    drawn = with_extremes(data)
    if drawn is not None:
        program, numbers, expected = drawn
        close(compiled_c(program, tmp_path_factory.mktemp("c"))(numbers)[0], [expected], 1e-9)


def test_a_negative_base_reads_as_it_computes():
    x = Value(2.0, "x")
    program = Program.capture([x], [(-2.0) ** x])
    assert "np.float_power((-2.0), x)" in to_python(program) and run_python(program)(2.0)[0] == 4.0
    assert "(-2.0) / x" in to_python(Program.capture([x], [-2.0 / x]))


def test_an_input_is_named_once():
    x = Value(2.0, "x")
    with pytest.raises(ValueError, match="inputs 0 and 1 of a program are one Value"):
        Program.capture([x, x], [x * x])
    with pytest.raises(TypeError, match=r"an input of a program must be a Value, got 2\.0"):
        Program.capture([2.0], [x * x])
    with pytest.raises(TypeError, match=r"an output of a program must be a Value, got 2\.0"):
        Program.capture([x], [2.0])


def test_c_refuses_sums_over_samples_and_says_what_to_export():
    program = reduce_outputs(program_of(ops.exp, 1, batched=True), "sum")
    with pytest.raises(ValueError, match=r"'batch_sum' adds up over the samples .* as it was captured"):
        to_c(program)


# ---------------------------------------------------------------- Python


def run_python(program, path=None, **options):
    """Return the function that the NumPy source of a program defines; NumPy and math are all it may import."""
    source = to_python(program, path, **options)
    imported = [line for line in source.splitlines() if re.match(r"\s*(import|from)\b", line)]
    assert set(imported) <= {"import numpy as np", "import math"}
    names = {}
    exec(compile(source, "<exported>", "exec"), names)
    return names["value" if options.get("gradients") is False else "value_and_gradient"]


@by_name("op", FIXED)
def test_python_computes_every_operation_and_its_gradients_for_a_batch(op):
    rows = points(op)
    values, slopes = run_python(program_of(op, op.arity, batched=True))(*np.array(rows).T)
    compare_everywhere(op, rows, np.broadcast_to(values, len(rows)), np.array(slopes).T)


@by_name("op", FIXED)
def test_python_computes_every_operation_on_numbers(op):
    function, rows = run_python(program_of(op, op.arity)), points(op)[::7]
    values, slopes = zip(*[function(*operands) for operands in rows])
    compare_everywhere(op, rows, values, slopes)


FOLD_ROWS = [(0.3, -0.7, 1.1, 2.0, -3.0), (1000.0, 1000.0, -5.0, 1.0, 2.0), (0.0,) * 5]
MANY_ROWS = [tuple(0.1 * i - 0.3 * j for i in range(21)) for j in range(4)]


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize("rows", [FOLD_ROWS, MANY_ROWS], ids=["few", "many"])
@by_name("op", FOLDS)
def test_python_computes_operations_of_any_number_of_operands(op, rows, batched):
    program = capture(lambda x: op(*x), [[0.0] * len(rows[0])], batched=batched)[0]
    function = run_python(program)
    if batched:
        values, (slopes,) = function(np.array(rows))
    else:
        values, slopes = zip(*[(y, g) for y, (g,) in map(function, rows)])
    compare_everywhere(op, rows, values, slopes)


@given(graph=expressions())
def test_python_computes_any_expression(graph):
    def run(program, numbers):
        value, slopes = run_python(program)(*numbers)
        return value, slopes

    compare_expression(graph, run)


@pytest.mark.parametrize("name", NETWORKS)
def test_python_computes_a_network_for_a_batch(name):
    program, xs, parameters, values, of_inputs, of_parameters = network(name)
    value, (g_inputs, g_parameters) = run_python(program)(xs, parameters)
    close(value, values)
    np.testing.assert_allclose(g_inputs, of_inputs, rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(g_parameters, of_parameters, rtol=1e-11, atol=1e-14)
    close(run_python(program, gradients=False)(xs, parameters), values)


def test_python_reduces_a_batch_to_a_mean():
    program, xs, parameters, values, _, of_parameters = network("mlp")
    value, (_, slopes) = run_python(reduce_outputs(program, "mean"))(xs, [*parameters, 1 / 3])
    close(value, np.mean(values))
    np.testing.assert_allclose(slopes[:-1], of_parameters / 3, rtol=1e-11, atol=1e-14)


def test_a_layer_reads_as_one_matrix_product_in_python():
    model = nn.MLP(3, [4, 2], fused=False, rng=RNG)
    program = capture(lambda x: al.logsumexp(model(x)), [[0.0] * 3], parameters=model.parameters(), batched=True)[0]
    source = to_python(program)
    assert re.search(r"v1 = W1\[:, :-1\] @ x1 \+ W1\[:, -1:\]", source)
    assert re.search(r"= W2\[:, :4\]\.T @ ", source)  # back through the weights
    assert source.count(" @ ") == 6  # of each layer: forward, to the weights, to the inputs


def test_a_convolution_is_one_matrix_product_in_python():
    conv = nn.Conv2d(1, 2, 3, rng=RNG)
    program = capture(
        lambda x: al.sum_of(nn.Flatten()(conv(x))), [numbers(RNG, 1, 5, 5)], parameters=conv.parameters()
    )[0]
    assert to_python(program, gradients=False).count(" @ ") == 1


def test_python_takes_names_from_the_inputs_and_makes_others_safe():
    leaves, program = hostile_program()
    value, (slopes,) = run_python(program)([x.data for x in leaves])
    compare_sum_of_x_tanh_x(leaves, value, slopes)
    for label in HOSTILE_NAMES:
        x = Value(0.3, label)
        y, (slope,) = run_python(Program.capture([x], [x * x.tanh()]))(0.3)
        compare_sum_of_x_tanh_x([x], y, [slope])
    w = Value(1.0, "my weight")
    assert "def value(my_weight):" in to_python(Program.capture([w], [w * w]), gradients=False)


def test_python_of_several_outputs_returns_a_tuple_and_a_gradient_of_their_sum():
    x, y = Value(3.0, "x"), Value(2.0, "y")
    program = Program.capture([x, y], [x * y, x + 1.0, Value(7.0)])
    assert run_python(program)(3.0, 2.0) == ((6.0, 4.0, 7.0), (3.0, 3.0))


def test_the_gradient_of_a_batched_input_has_a_number_for_every_sample():
    program = capture(lambda x, y: x + 2.0 * y[0] + y[1] * y[1], [0.0, [0.0, 0.0]], batched=True)[0]
    _, (g_x, g_y) = run_python(program)([1.0, 2.0, 3.0], [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    assert g_x.tolist() == [1.0, 1.0, 1.0] and g_y.tolist() == [[2.0, 4.0], [2.0, 8.0], [2.0, 12.0]]


def test_gradients_in_python_can_be_changed_without_changing_the_arguments():
    xs, ws = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0, 6.0])
    program = capture(lambda x, w: x[0] * w[0] + x[1] * w[1], [[0.0, 0.0], [0.0, 0.0]])[0]
    _, slopes = run_python(program)(xs[0], ws)
    for slope in slopes:
        slope += 1.0
    assert xs.tolist() == [[1.0, 2.0], [3.0, 4.0]] and ws.tolist() == [5.0, 6.0]
    _, (g_x,) = run_python(capture(lambda x: x[0] + 2.0 * x[1], [[0.0, 0.0]], batched=True)[0])(xs)
    g_x += 1.0
    assert g_x.tolist() == [[2.0, 3.0], [2.0, 3.0]]


def test_python_says_which_shape_does_not_fit():
    with pytest.raises(ValueError, match="reshape"):
        run_python(network("mlp")[0])([[1.0, 2.0]], [0.0] * 26)


# ---------------------------------------------------------------- ONNX


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("onnx")


def run_onnx(program, folder, **options):
    """Write a program as two checked models, the value alone and with its gradient; return a function of arrays."""
    onnx, runtime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    plain, both = [to_onnx(program, gradients=gradients, **options) for gradients in (False, True)]
    for model in (plain, both):
        onnx.checker.check_model(model, full_check=True)
    quiet = runtime.SessionOptions()
    quiet.log_severity_level = 3
    sessions = [runtime.InferenceSession(model, quiet, providers=["CPUExecutionProvider"]) for model in (plain, both)]
    names = [a.name for a in arguments(program, ["value"])]

    def call(*arrays):
        given = {name: np.array(x, float) for name, x in zip(names, arrays)}
        values = sessions[0].run(None, given)
        results = sessions[1].run(None, given)
        close(results[: len(values)], values)
        return (values[0] if len(values) == 1 else values), results[len(values) :]

    call.sessions = sessions
    return call


@by_name("op", FIXED)
def test_onnx_computes_every_operation_and_its_gradients_for_a_batch(op, folder):
    rows = points(op)
    values, slopes = run_onnx(program_of(op, op.arity, batched=True), folder)(*np.array(rows).T)
    compare_everywhere(op, rows, values, np.array(slopes).T)


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize("rows", [FOLD_ROWS, MANY_ROWS], ids=["few", "many"])
@by_name("op", FOLDS)
def test_onnx_computes_operations_of_any_number_of_operands(op, rows, batched, folder):
    program = capture(lambda x: op(*x), [[0.0] * len(rows[0])], batched=batched)[0]
    function = run_onnx(program, folder)
    if batched:
        values, (slopes,) = function(rows)
    else:
        values, slopes = zip(*[(y, g) for y, (g,) in map(function, rows)])
    compare_everywhere(op, rows, values, slopes)


@settings(max_examples=25)
@given(graph=expressions())
def test_onnx_computes_any_expression(graph, folder):
    compare_expression(graph, lambda program, numbers: run_onnx(program, folder)(*numbers))


@pytest.mark.parametrize("name", NETWORKS)
def test_onnx_computes_a_network_for_any_number_of_samples(name, folder):
    program, xs, parameters, values, of_inputs, of_parameters = network(name)
    function = run_onnx(program, folder)
    value, (g_inputs, g_parameters) = function(xs, parameters)
    close(value, values)
    np.testing.assert_allclose(g_inputs, of_inputs, rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(g_parameters, of_parameters, rtol=1e-11, atol=1e-14)
    close(function(xs[:1], parameters)[0], values[:1])


def test_onnx_reduces_a_batch_to_a_mean(folder):
    program, xs, parameters, values, _, of_parameters = network("mlp")
    value, (_, slopes) = run_onnx(reduce_outputs(program, "mean"), folder)(xs, [*parameters, 1 / 3])
    close(value, np.mean(values))
    np.testing.assert_allclose(slopes[:-1], of_parameters / 3, rtol=1e-11, atol=1e-14)


def test_cos_in_onnx_keeps_its_digits_beside_its_zeros(folder):
    """It is made of sines, as the onnxruntime of Python 3.10 has no cosine in float64."""
    x = Value(1.0, "x")
    run = run_onnx(Program.capture([x], [x.cos()]), folder)
    for k in (1, 3, 101, -7):
        for near in (0.0, 1e-9, -1e-3, 0.3):
            point = k * math.pi / 2 + near
            assert float(run(point)[0]) == pytest.approx(math.cos(point), rel=1e-12, abs=0.0)


def test_a_layer_is_one_matrix_product_in_onnx(folder):
    onnx = pytest.importorskip("onnx")
    model = nn.MLP(3, [4, 2], fused=False, rng=RNG)
    program = capture(lambda x: al.logsumexp(model(x)), [[0.0] * 3], parameters=model.parameters(), batched=True)[0]
    plain, both = [onnx.load_from_string(to_onnx(program, gradients=gradients)) for gradients in (False, True)]
    kinds = [node.op_type for node in plain.graph.node]
    assert kinds.count("Gemm") == 2 and kinds.count("Tanh") == 1 and len(kinds) < 30
    assert sum(node.op_type == "Gemm" for node in both.graph.node) == 6
    (samples, three) = plain.graph.input[0].type.tensor_type.shape.dim
    assert (samples.dim_param, three.dim_value) == ("samples", 3)


def test_parameters_stored_in_onnx_need_not_be_given(folder):
    program, xs, parameters, values, *_ = network("mlp")
    function = run_onnx(program, folder, parameters=parameters)
    assert [i.name for i in function.sessions[0].get_inputs()] == ["x1"]
    close(function(xs)[0], values)
    close(function(xs, parameters)[0], values)
    with pytest.raises(ValueError, match=r"last shared inputs, which come in groups of 3, 26; got 4"):
        to_onnx(program, folder / "net.onnx", parameters=[1.0] * 4)
    with pytest.raises(ValueError, match=r"groups of 3, 26; got 30"):
        to_onnx(program, folder / "net.onnx", parameters=[1.0] * 30)


def test_onnx_keeps_labels_as_ascii_text_beside_safe_names(folder):
    leaves, program = hostile_program()
    value, (slopes,) = run_onnx(program, folder)([x.data for x in leaves])
    compare_sum_of_x_tanh_x(leaves, value, slopes)
    for label in [*HOSTILE_NAMES, "value", "gradient_x", "_1"]:
        x = Value(0.3, label)
        y, (slope,) = run_onnx(Program.capture([x], [x * x.tanh()]), folder)(0.3)
        compare_sum_of_x_tanh_x([x], y, [slope])
    import onnx

    (properties,) = onnx.load_from_string(to_onnx(Program.capture([x], [x * x.tanh()]))).metadata_props
    assert json.loads(properties.value) == {"x1": ["_1"]}


def test_onnx_of_several_outputs_numbers_them(folder):
    x, y = Value(3.0, "x"), Value(2.0, "y")
    function = run_onnx(Program.capture([x, y], [x * y, x, Value(7.0)]), folder)
    assert [o.name for o in function.sessions[1].get_outputs()] == [
        "value_1", "value_2", "value_3", "gradient_x", "gradient_y",
    ]  # fmt: skip
    values, slopes = function(3.0, 2.0)
    assert [float(v) for v in values] == [6.0, 3.0, 7.0] and [float(g) for g in slopes] == [3.0, 3.0]


def test_without_onnx_one_line_says_what_to_install(tmp_path):
    code = (
        "import sys; sys.modules['onnx'] = None\n"
        "from autograd_lite import Program, Value, to_onnx\n"
        "x = Value(1.0)\nto_onnx(Program.capture([x], [x * x]), 'net.onnx')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.stderr.splitlines()[-1] == ('ImportError: to_onnx needs onnx: pip install "autograd-lite[onnx]"')
    assert list(tmp_path.iterdir()) == []


def test_a_program_loads_no_exporter_until_it_exports():
    code = "import sys; import autograd_lite.program; print([m for m in sys.modules if 'onnx' in m or '.to_' in m])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


# ---------------------------------------------------------------- all of them

EXPORTED = (to_c, to_python, to_onnx, to_javascript)


@pytest.mark.parametrize("export", EXPORTED)
@pytest.mark.parametrize(
    "name, wrong",
    [("program", x) for x in (None, 3, Value(1.0), al.compile(lambda x: x), [])]
    + [("path", x) for x in (3, 3.5, True, ["net"], b"net")]
    + [("gradients", x) for x in ("no", None, 0, 1)],
)
def test_what_an_export_cannot_take_is_refused_by_the_name_of_its_parameter(export, name, wrong, tmp_path):
    given = {"program": Program.capture([Value(1.0, "x")], [Value(2.0)]), "path": tmp_path / "net"}
    with pytest.raises(TypeError, match=f"^{export.__name__}: {name} must be "):
        export(**{**given, name: wrong})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "wrong, message",
    [(3, "parameters must be a list of numbers, got 3"), (["a"], "got the text 'a'"), ([1.0, 2.0], "1 inputs, got 2")],
)
def test_what_onnx_cannot_store_as_parameters_is_refused(wrong, message, tmp_path):
    x = Value(1.0, "x")
    with pytest.raises((TypeError, ValueError), match=message):
        to_onnx(Program.capture([x], [x * x]), tmp_path / "net", parameters=wrong)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("export", EXPORTED)
@pytest.mark.parametrize("gradients", [True, False])
def test_an_export_returns_what_it_writes(export, gradients, tmp_path):
    pytest.importorskip("onnx")
    x = Value(1.0, "x")
    program = Program.capture([x], [x * x])
    returned = export(program, tmp_path / "net", gradients=gradients)
    assert export(program, gradients=gradients) == returned
    content = (tmp_path / "net").read_bytes()
    assert content == (returned if isinstance(returned, bytes) else returned.encode())
    assert [path.name for path in tmp_path.iterdir()] == ["net"]


def test_all_exports_begin_with_the_same_arguments():
    first = {export: [*inspect.signature(export).parameters.values()][:3] for export in EXPORTED}
    assert all(first[export] == first[to_c] for export in EXPORTED)


EXPORTS = {
    "ONNX": lambda program, path, **options: to_onnx(program, path, **options),
    "Python": lambda program, path, **options: to_python(program, path, **options),
    "C": lambda program, path, **options: to_c(program, path, **options),
    "JavaScript": lambda program, path, **options: to_javascript(program, path, **options),
}


# Expressions whose values and gradients at an edge are settled by the conventions, not by a line of the table alone.
COMPOSITES = {
    "where keeps inf out": (lambda x: al.where(x > 0.0, al.sqrt(x), 0.0), 0.0, 0.0, 0.0),
    "where keeps nan out": (lambda x: al.where(x > 0.0, al.log(x) * 2.0, x), -1.0, -1.0, 1.0),
    "x times 0 at inf": (lambda x: x * 0.0, math.inf, math.nan, 0.0),
    "x minus x at inf": (lambda x: x - x, math.inf, math.nan, 0.0),
    "0 to the x": (lambda x: 0.0**x, 2.0, 0.0, 0.0),
    "x to the 0": (lambda x: x**0, 0.0, 1.0, 0.0),
    "1 over minus 0": (lambda x: 1.0 / x, -0.0, -math.inf, -math.inf),
    "a tie with itself": (lambda x: al.maximum(x, 1.0), 1.0, 1.0, 0.5),
    "tail of tanh": (lambda x: al.tanh(x), 20.0, 1.0, 1.0 / math.cosh(20.0) ** 2),
    "tail of sigmoid": (lambda x: al.sigmoid(x), 40.0, 1.0, math.exp(-40.0)),
    "small quotient": (lambda x: 1e-200 / x, 1e-200, 1.0, -1e200),
    "equal logsumexp": (lambda x: al.logsumexp([x, 1000.0]), 1000.0, 1000.0 + math.log(2.0), 0.5),
}


@pytest.mark.parametrize("name", COMPOSITES)
@pytest.mark.parametrize(
    "run", [pytest.param(compiled_c, marks=gcc), run_python, run_onnx], ids=["C", "Python", "ONNX"]
)
def test_every_target_follows_the_conventions(run, name, tmp_path):
    f, x, value, slope = COMPOSITES[name]
    where = tmp_path / "f.py" if run is run_python else tmp_path
    function = run(capture(f, [0.0])[0], where)
    y, (g,) = function([x]) if run is compiled_c else function(x)
    close(np.ravel(y), [value])
    close(g, slope)


TARGETS = [pytest.param(compiled_c, marks=gcc), run_python, run_onnx]


@pytest.mark.parametrize("run", TARGETS, ids=["C", "Python", "ONNX"])
@by_name("op", [op for op in ops.TABLE.values() if op.arity in (1, 2) and op.partials])
def test_every_target_is_right_over_the_whole_range_in_value_and_slope(op, run, tmp_path):
    unary = op.arity == 1
    points = [(x,) for x, _ in whole.truths(op.name)[0]] if unary else [point for point, _ in whole.pairs(op.name)]
    where = tmp_path / "f.py" if run is run_python else tmp_path
    function = run(program_of(op, op.arity, batched=run is not compiled_c), where)
    if run is compiled_c:
        rows = [(*values, *slopes) for values, slopes in map(function, points)]
    else:
        values, slopes = function(*np.array(points).T)
        rows = list(zip(np.broadcast_to(values, len(points)), *slopes))
    if not unary:
        assert whole.misses_of_pairs(op.name, rows) == []
        return
    found = dict(zip([x for (x,) in points], rows))
    assert [whole.misses(op.name, order, lambda x, order=order: found[x][order]) for order in (0, 1)] == [[], []]


@pytest.mark.parametrize("target", EXPORTS)
def test_the_program_of_a_compiled_function_can_be_exported(target, tmp_path):
    compiled = al.compile(lambda x: al.sum_of(x) ** 2)
    EXPORTS[target](compiled.program([1.0, 2.0]), tmp_path / "f")
    assert (tmp_path / "f").stat().st_size
    if target == "Python":
        names = runpy.run_path(str(tmp_path / "f"))
        assert names["value_and_gradient"]([1.0, 2.0])[0] == 9.0


@pytest.mark.parametrize("target", EXPORTS)
def test_an_opaque_operation_is_named_with_the_way_out(target, tmp_path):
    with pytest.raises(ValueError, match=rf"'opaque' cannot be written in {target}: .*; write its value"):
        EXPORTS[target](program_of(opaque(), 1), tmp_path / "f")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("target", EXPORTS)
def test_a_program_without_outputs_is_refused(target, tmp_path):
    with pytest.raises(ValueError, match=f"nothing to write in {target}"):
        EXPORTS[target](Program.capture([Value(1.0, "x")], []), tmp_path / "f")


@pytest.mark.parametrize("target", EXPORTS)
def test_an_opaque_gradient_is_named_and_left_out_on_demand(target, tmp_path):
    half = Operation("half_opaque", lambda x: al.exp(x), lambda out, x: math.exp(x))
    with pytest.raises(ValueError, match=r"half_opaque.*gradients=False"):
        EXPORTS[target](program_of(half, 1), tmp_path / "f")
    EXPORTS[target](program_of(half, 1), tmp_path / "f", gradients=False)
    assert (tmp_path / "f").stat().st_size


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")
@pytest.mark.parametrize("target", EXPORTS)
def test_a_file_is_written_whole_with_the_usual_permissions(target, tmp_path):
    (tmp_path / "usual").touch()
    (tmp_path / "f").write_text("old")
    EXPORTS[target](program_of(ops.exp, 1), tmp_path / "f", gradients=False)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["f", "usual"]
    assert (tmp_path / "f").read_bytes()[:3] != b"old"
    modes = [stat.S_IMODE(os.stat(tmp_path / name).st_mode) for name in ("f", "usual")]
    assert modes[0] == modes[1]


def test_arguments_follow_the_names_and_many_names_are_one_vector():
    program, *_ = network("mlp")
    assert [(a.name, len(a.slots), a.batched) for a in arguments(program)] == [
        ("x1", 3, True),
        ("parameters", 26, False),
    ]
    few = Program.capture([Value(1.0, name) for name in ("x", "w", "x")], [])
    assert [a.name for a in arguments(few)] == ["x", "w", "x_2"]
