"""One operation, one place: a new line of the table, or an operation of one's own, works in every target as it stands.

What a target writes by hand is held to the definitions by the tests of that target, which loop over the table.
"""

import itertools
import json
import math

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import (
    TABLE,
    Operation,
    Value,
    check_gradients,
    compile,
    explain,
    formulas,
    javascript,
    ops,
    parse,
    symbol,
)
from autograd_lite.operation import line
from autograd_lite.program import Program, array_functions
from autograd_lite.program.capture import capture
from autograd_lite.program.export import to_c as c
from autograd_lite.program.export import to_python as python
from autograd_lite.program.passes import expand
from autograd_lite.program.run import choose, native
from autograd_lite.program.run.native.tape import TapeAtOnePoint
from tests.strategies import EDGES, EXTREMES, INTERIOR
from tests.test_autograd_lite_ops import truth
from tests.test_autograd_lite_program_exports import compiled_c, gcc, program_of, run_onnx, run_python
from tests.test_viz_player import browser as browser
from viz import to_dot, to_html, to_latex, to_svg, to_text
from viz.cli.ops import ops_command

mpmath = pytest.importorskip("mpmath")
inf, nan = math.inf, math.nan
XS = [0.0, -0.0, 0.5, -0.5, 2.0, -2.0, 20.0, -20.0, 300.0, -300.0, 1e200, -1e200]
MADE = {
    "a line": ("swoosh", lambda: line("swoosh", **SWOOSH)),
    "one's own": ("mine", lambda: Operation("mine", **SWOOSH)),
}
SWOOSH = {
    "value": lambda x: x * ops.tanh(ops.softplus(x)),
    "partials": lambda out, x: ops.tanh(ops.softplus(x)) + x * ops.sech2(ops.softplus(x)) * ops.sigmoid(x),
}


@pytest.fixture(params=MADE)
def op(request):
    """x·tanh(softplus(x)), as a line of the table or as an operation of one's own; gone again after the test."""
    name, make = MADE[request.param]
    yield make()
    TABLE.pop(name, None)
    ops.FUNCTIONS.pop(name, None)


def check(op, values, slopes=None, tolerance=1e-12, xs=XS):
    """Compare with mpmath."""
    with mpmath.workdps(40):
        f = lambda x: x * mpmath.tanh(mpmath.log1p(mpmath.exp(x)))
        xs = [mpmath.mpf(x) for x in xs]
        far = [0.0 if x < -300 else 1.0 if x > 300 else float(mpmath.diff(f, x)) for x in xs]
        true = [0.0 if x < -300 else float(x) if x > 300 else float(f(x)) for x in xs]
    np.testing.assert_allclose(np.asarray(values, float), true, rtol=tolerance, atol=1e-290)
    if slopes is not None:
        np.testing.assert_allclose(np.asarray(slopes, float), far, rtol=tolerance, atol=1e-290)


def test_node_by_node(op):
    check(op, list(map(op, XS)), list(map(al.grad(op), XS)))
    check_gradients(op, 0.7, order=2)


def test_in_a_formula_and_printed(op):
    name = op.name
    f = parse(f"{name}(x)*x + 1", functions={} if name in TABLE else {name: op})
    assert f(0.5) == op(0.5) * 0.5 + 1.0
    assert str(op(symbol("x")) * 2) == f"{name}(x) * 2"
    assert "tanh(softplus(x))" in str(formulas(op, "x")[0])
    assert explain(op(Value(0.5, "x"))).forward[-1].op is op
    y = op(Value(0.5, "x")) * 2.0
    for draw in (to_svg, to_latex, to_text, lambda y: to_dot(y).source):
        assert name in draw(y)


@pytest.mark.parametrize("op", ["a line"], indirect=True)
def test_in_the_table_that_the_command_prints(op, capsys):
    ops_command(op.name, as_json=True)
    (row,) = json.loads(capsys.readouterr().out)
    assert row["value"] == "swoosh(x)" and "softplus(x)" in row["local_gradients"][0]
    ops_command()
    assert "swoosh(x)" in capsys.readouterr().out


@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_compiled(op, backend):
    values, slopes = compile(op, batched=True, backend=backend).value_and_grad(XS)
    check(op, values, slopes.arguments[0])
    for x in (0.5, -20.0):
        value, slope = compile(op, backend=backend).value_and_grad(x)
        check(op, [value], slope.arguments, xs=[x])


def test_compiled_in_single_precision(op):
    xs = [0.5, -2.0, 20.0]
    values, slopes = compile(op, batched=True, dtype="float32").value_and_grad(xs)
    assert values.dtype == np.float32
    check(op, values, slopes.arguments[0], 1e-5, xs)


def test_on_the_tape(op):
    at_points = TapeAtOnePoint(native.Tape(Program.capture(xs := [Value(0.0) for _ in XS], [al.sum_of(map(op, xs))])))
    at_points.values[: len(XS)] = XS
    at_points.run()
    y = at_points.values[at_points.tape.outputs[0]]
    assert y == pytest.approx(sum(map(op, XS)))
    check(op, list(map(op, XS)), at_points.cotangents[: len(XS)])


@pytest.mark.parametrize("library", ["jax.numpy", "torch"])
def test_on_arrays_of_other_libraries(op, library):
    xp = pytest.importorskip(library)
    if library == "jax.numpy":
        pytest.importorskip("jax").config.update("jax_enable_x64", True)
    values, slopes = compile(op, batched=True).value_and_grad(xp.asarray(np.array(XS)))
    check(op, values, slopes.arguments[0])


def test_in_chunks_of_dask(op):
    chunked = pytest.importorskip("dask.array").from_array(np.array(XS), 5)
    values, slopes = compile(op, batched=True).value_and_grad(chunked)
    check(op, values, slopes.arguments[0])


@gcc
def test_in_c(op, tmp_path):
    call = compiled_c(program_of(op, 1), tmp_path)
    values, slopes = zip(*[call([x]) for x in XS])
    check(op, [y for (y,) in values], [g for (g,) in slopes])


def test_in_python(op):
    values, (slopes,) = run_python(program_of(op, 1, batched=True))(np.array(XS))
    check(op, values, slopes)


def test_in_onnx(op, tmp_path):
    values, (slopes,) = run_onnx(program_of(op, 1, batched=True), tmp_path)(np.array(XS))
    check(op, values, slopes)


def test_on_the_page(op, browser, tmp_path):
    page = browser.new_page()
    found = page.evaluate(f"""() => {{
        const [{{value, partials}}] = {javascript.operations_source([(op, 1)])};
        return {json.dumps(XS)}.map((x) => [value(x), partials(value(x), x)[0]]);
    }}""")
    page.close()
    check(op, *zip(*found))
    path = tmp_path / "page.html"
    path.write_text(to_html(op(Value(0.5, "x")) * 2.0), encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    page.fill("[data-node]", "-2")
    check(op, [page.evaluate("numbers.value[output]") / 2.0], [page.evaluate("numbers.gradient[0]") / 2.0], xs=[-2.0])
    page.close()


def test_the_truth_of_a_line_without_one_is_its_definition_on_numbers_of_mpmath(op):
    with mpmath.workdps(40):
        check(op, [float(truth(op)(mpmath.mpf(x))) for x in XS if abs(x) < 1e3], xs=[x for x in XS if abs(x) < 1e3])


@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_any_number_of_operands_of_a_line_and_of_ones_own_are_compiled(backend):
    own = Operation("own", lambda *xs: xs[0] * xs[1] + xs[2], lambda out, *xs: (xs[1], xs[0], 1.0))
    x = np.array([[1.0, 1.0, 1.0], [2.0, 0.0, 0.0], [3e200, 4e200, 0.0]])
    for f in (al.max_of, al.min_of, al.prod_of, al.norm_of, lambda xs: own(*xs)):
        values, slopes = compile(f, batched=True, backend=backend).value_and_grad(x)
        for row, value, slope in zip(x, values, slopes.arguments[0]):
            leaves = [Value(number) for number in row]
            y = f(leaves)
            assert value == pytest.approx(y.data, rel=1e-15, nan_ok=True)
            np.testing.assert_allclose(slope, al.gradient(y, leaves), rtol=1e-14)


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize(
    ("f", "runs_on"), [(al.prod_of, "tape"), (al.norm_of, "tape"), (al.max_of, "vectors"), (al.min_of, "vectors")]
)
def test_any_number_of_operands_in_a_program_too_large_to_spell_out(f, runs_on, batched, monkeypatch):
    """At one point on the tape as trees, but for the largest and the smallest: a tie of three would not be ⅓ each."""
    for limit in ("SPELLED_OUT", "SPELLED_OUT_AT_ONE_POINT"):
        monkeypatch.setattr(choose, limit, 0)
    rows = [[1.0, 1.0, 0.5, 1.0], [0.0, 0.0, 0.0, 0.0], [0.0, 2.0, -1.0, 0.3]]
    compiled = compile(lambda *xs: f(xs), batched=batched, backend="native")
    columns = np.array(rows).T
    runs = [compiled.value_and_grad(*row) for row in rows] if not batched else [compiled.value_and_grad(*columns)]
    values = np.array([value for value, _ in runs]).ravel()
    slopes = np.concatenate([np.reshape(g.arguments, (4, -1)) for _, g in runs], axis=1).T
    assert ("vectors" if batched else runs_on) in compiled.report()
    for row, value, slope in zip(rows, values, slopes):
        leaves = [Value(x) for x in row]
        y = f(leaves)
        assert value == pytest.approx(y.data, rel=1e-15)
        np.testing.assert_allclose(slope, al.gradient(y, leaves), rtol=1e-14)


# ---------------------------------------------------------------- what has no definition


def test_an_operation_that_is_its_own_definition_is_left_to_the_target():
    program = program_of(ops.absolute, 1)
    assert expand(program, lambda op: False) == program


def test_a_line_that_calls_math_is_named_by_every_export_and_by_the_page():
    opaque = line("opaque_line", lambda x: math.gamma(x), lambda out, x: x)
    try:
        for write, target in ((al.program.to_c, "C"), (al.program.to_python, "Python")):
            with pytest.raises(ValueError, match=f"'opaque_line' cannot be written in {target}"):
                write(program_of(opaque, 1))
        with pytest.raises(javascript.Untranslatable, match="opaque_line"):
            javascript.operations_source([(opaque, 1)])
        assert "opaque_line" in to_html(opaque(Value(2.0)))
        assert compile(opaque, batched=True)([3.0, 4.0]).tolist() == [2.0, 6.0]
    finally:
        del TABLE["opaque_line"], ops.FUNCTIONS["opaque_line"]


# ---------------------------------------------------------------- the definitions of the table

DEFINED = [op for op in TABLE.values() if op.definition is not op.value and op.arity > 0]


def evaluated(op, point):
    """The definition itself, by the value rules of the operations it is written in."""
    names = [f"x{i}" for i in range(len(point))]
    return op.definition(*map(symbol, names)).evaluate(dict(zip(names, point)))


def points(op):
    points = [*EDGES, *EXTREMES, *INTERIOR]
    return list(itertools.product(points if op.arity < 3 else points[::6], repeat=op.arity))


@pytest.mark.parametrize("op", DEFINED, ids=lambda op: op.name)
def test_a_definition_is_the_value_at_every_edge(op):
    for point in points(op):
        there, here = evaluated(op, point), op.value(*point)
        assert there == pytest.approx(here, rel=4e-15, abs=1e-300, nan_ok=True), point


# ---------------------------------------------------------------- a target's own form beside the definition

ENDS = [5e-324, -5e-324, 2.0**-1022, -(2.0**-1022), 1.7976931348623157e308, -1.7976931348623157e308]


def ends(arity):
    """Return operands, one row for each of them: every edge with every other."""
    xs = (EDGES + ENDS) if arity < 3 else (EDGES + ENDS)[::4]
    return np.array(list(itertools.product(xs, repeat=arity))).T


def on_arrays(asarray, **options):
    def run(lines, rows, folder, browser):
        found = compile(lambda *xs: [op(*xs) for op in lines], batched=True, **options)(*map(asarray, rows))
        return np.asarray(found).T

    return run


def as_vector_functions(lines, rows, folder, browser):
    with np.errstate(all="ignore"):
        return [array_functions.function(op)(np, *rows) for op in lines]


def captured(lines, arity, batched):
    return capture(lambda *xs: [op(*xs) for op in lines], [0.0] * arity, batched=batched)[0]


def in_compiled_c(lines, rows, folder, browser):
    call = compiled_c(captured(lines, len(rows), False), folder, gradients=False)
    return np.array([call(point)[0] for point in rows.T]).T


def in_exported_python(lines, rows, folder, browser):
    values = run_python(captured(lines, len(rows), True), gradients=False)(*rows)
    return values if len(lines) > 1 else [values]


def in_onnxruntime(lines, rows, folder, browser):
    runtime = pytest.importorskip("onnxruntime")
    program = captured(lines, len(rows), True)
    model = al.to_onnx(program, gradients=False)
    session = runtime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(None, {given.name: row for given, row in zip(session.get_inputs(), rows)})


def in_the_browser(lines, rows, folder, browser):
    page = browser.new_page()
    texts = [list(map(repr, map(float, point))) for point in rows.T]
    source = javascript.operations_source([(op, op.arity) for op in lines])
    found = page.evaluate(f"""() => {{
        const read = (x) => Number(x.replace("inf", "Infinity"));
        const write = (x) => (Object.is(x, -0) ? "-0" : String(x).replace("Infinity", "inf"));
        const points = {json.dumps(texts)}.map((point) => point.map(read));
        return {source}.map(({{value}}) => points.map((point) => write(value(...point))));
    }}""")
    page.close()
    return [[float(x) for x in row] for row in found]


TARGETS = {
    "NumPy": (array_functions.writes, on_arrays(np.asarray, backend="numpy")),
    "vector functions": (array_functions.writes, as_vector_functions),
    "torch": (array_functions.writes, on_arrays(lambda row: pytest.importorskip("torch").asarray(row))),
    "native": (native.writes, on_arrays(np.asarray, backend="native")),
    "C": (c.writes, in_compiled_c),
    "Python": (python.writes, in_exported_python),
    "ONNX": (array_functions.writes, in_onnxruntime),
    "JavaScript": (javascript.writes, in_the_browser),
}


# Which zero comes out is left to NumPy, which takes either of 0 and −0 for the larger and 0 for the sign of −0, and to
# onnxruntime, whose Where adds 0.
ANY_ZERO = {"NumPy": ("maximum", "minimum"), "Python": ("maximum", "minimum", "sign"), "ONNX": tuple(TABLE)}


def equal_at_edges(there, here, *, any_zero):
    """Equal as IEEE 754 says, nan to nan, and with the sign of a zero."""
    if here == 0.0 == there:
        return any_zero or math.copysign(1.0, here) == math.copysign(1.0, there)
    return math.isclose(there, here, rel_tol=1e-12, abs_tol=1e-307) or (here != here and there != there)


@pytest.mark.parametrize("arity", [1, 2, 3])
@pytest.mark.parametrize("target", [pytest.param(name, marks=gcc if name == "C" else ()) for name in TARGETS])
def test_a_form_of_a_targets_own_is_the_definition_at_every_edge(target, arity, tmp_path, browser):
    own, run = TARGETS[target]
    lines = [op for op in TABLE.values() if op.arity == arity and own(op)]
    rows, wrong = ends(arity), []
    for op, found in zip(lines, run(lines, rows, tmp_path, browser), strict=True):
        any_zero = op.name in ANY_ZERO.get(target, ())
        for point, there in zip(rows.T.tolist(), np.broadcast_to(np.asarray(found, float), rows.shape[1]).tolist()):
            if not equal_at_edges(there, op.value(*point), any_zero=any_zero):
                wrong.append((op.name, point, there, op.value(*point)))
    assert wrong == []


def test_no_target_leaves_an_operation_of_the_table_without_a_form():
    """Every target has a form of its own, or the definition is written in operations that have one."""
    for name, own in {"arrays": array_functions.writes, "C": c.writes, "Python": python.writes,
                      "native": native.writes, "JavaScript": javascript.writes}.items():  # fmt: skip
        for op in TABLE.values():
            if op.arity > 0:
                left = {i.op for i in expand(program_of(op, op.arity), own).instructions} - {ops.constant}
                assert all(map(own, left)), (name, op)
