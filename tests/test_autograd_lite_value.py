"""What a node promises: gradients, sums over fan-out, independence, depth, and clear refusals."""

import copy
import gc
import io
import math
import operator
import pickle
import random
import subprocess
import sys
import threading
import time
import tracemalloc
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite
from autograd_lite import (
    Value,
    backward,
    context,
    detect_anomaly,
    edges,
    equal,
    exp,
    explain,
    grad,
    gradient,
    leaves,
    relu,
    scope,
    sin,
    sum_of,
    tanh,
    topological_order,
    where,
)
from autograd_lite.forward import push_forward
from autograd_lite.ieee import number_of

# ---------------------------------------------------------------- the chain rule


def test_contributions_over_several_paths_are_summed():
    x = Value(2.0)
    u, v = 3.0 * x, -1.0 * x
    z = u + v * v
    z.backward()
    assert (z.data, x.grad, u.grad, v.grad) == (10.0, 7.0, 1.0, -4.0)


def test_a_node_used_twice_by_one_operation_has_two_edges():
    a = Value(3.0)
    b = a * a
    assert b.parents == (a, a)
    b.backward()
    assert a.grad == 6.0
    assert len(list(edges([a, b]))) == 2


def test_second_backward_adds_exactly_the_same_at_every_node():
    x = Value(0.7)
    y = tanh(x * x) * x
    y.backward()
    once = [node.grad for node in topological_order(y)]
    y.backward()
    assert [node.grad for node in topological_order(y)] == [2 * g for g in once]


def test_a_diamond_of_diamonds_counts_every_path():
    x = Value(1.0)
    y = x
    for _ in range(50):
        y = y + y
    y.backward()
    assert x.grad == 2.0**50


def test_several_outputs_run_back_at_once_with_their_own_seeds():
    x = Value(2.0)
    y1, y2 = x * x, 3.0 * x
    backward([y1, y2], seeds=[1.0, 10.0])
    assert x.grad == 34.0
    x.grad = 0.0
    backward([y1, y1])
    assert x.grad == 8.0
    with pytest.raises(ValueError, match=r"one seed per output \(2\), got 1"):
        backward([y1, y2], seeds=[1.0])


def test_an_output_that_feeds_another_output_gets_both_shares():
    x = Value(2.0)
    y = x * x
    z = y * 3.0
    backward([y, z])
    assert (x.grad, y.grad) == (16.0, 4.0)


@given(st.floats(-10, 10), st.floats(-10, 10))
def test_gradients_are_linear_in_the_seed(x, seed):
    a, b = Value(x), Value(x)
    sin(a * a).backward()
    sin(b * b).backward(seed)
    assert b.grad == pytest.approx(a.grad * seed, rel=1e-14, abs=1e-300)


def test_the_forward_sweep_agrees_with_the_reverse_one():
    x = Value(0.3)
    y = exp(sin(x) * x)
    y.backward()
    assert push_forward(topological_order(y), {x: 1.0})[y] == pytest.approx(x.grad, rel=1e-15)


def test_changing_a_leaf_after_the_forward_pass_does_not_corrupt_backward():
    x = Value(3.0)
    y = x * x
    x.data = 100.0
    y.backward()
    assert x.grad == 6.0


# ---------------------------------------------------------------- random graphs, against PyTorch and differences


@st.composite
def programs(draw):
    """A straight-line program: each step picks an operation and earlier values."""
    steps = draw(
        st.lists(st.tuples(st.integers(0, 8), st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=25)
    )
    inputs = draw(st.lists(st.floats(-1.5, 1.5), min_size=1, max_size=4))
    return inputs, steps


def run(program, inputs, functions):
    values = list(inputs)
    for kind, i, j in program:
        x, y = values[i % len(values)], values[j % len(values)]
        values.append(functions[kind](x, y))
    return values[-1]


OURS = [
    lambda x, y: x + y, lambda x, y: x - y, lambda x, y: x * y, lambda x, y: x / (y * y + 1.0), lambda x, y: tanh(x),
    lambda x, y: sin(x), lambda x, y: exp(-x * x), lambda x, y: (x * x + 1.0) ** 0.5,
    lambda x, y: autograd_lite.sigmoid(x) * y,
]  # fmt: skip


@given(programs())
def test_random_graphs_agree_with_pytorch(program):
    torch = pytest.importorskip("torch")
    theirs = [*OURS[:4], *[lambda x, y: torch.tanh(x), lambda x, y: torch.sin(x), lambda x, y: torch.exp(-x * x)]]
    theirs += [OURS[7], lambda x, y: torch.sigmoid(x) * y]
    inputs, steps = program
    xs = [Value(x) for x in inputs]
    ts = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in inputs]
    y, t = run(steps, xs, OURS), run(steps, ts, theirs)
    y.backward()
    t.backward()
    assert y.data == pytest.approx(t.item(), rel=1e-12, abs=1e-12)
    for x, expected in zip(xs, ts):
        assert x.grad == pytest.approx(0.0 if expected.grad is None else expected.grad.item(), rel=1e-10, abs=1e-12)


@given(programs())
def test_random_graphs_agree_with_finite_differences(program):
    inputs, steps = program
    autograd_lite.check_gradients(lambda *xs: run(steps, xs, OURS), *inputs, order=1, tolerance=1e-5)


# ---------------------------------------------------------------- numbers in


@pytest.mark.parametrize("x", [2, True, 2.5, Fraction(1, 2), Decimal("0.5")])
def test_any_real_number_becomes_a_float(x):
    v = Value(x)
    assert type(v.data) is float and v.data == float(x)
    assert (v + x).data == 2 * float(x)
    assert (x * v).data == float(x) ** 2


def test_numpy_scalars_work_on_both_sides():
    np = pytest.importorskip("numpy")
    x = Value(np.float64(2.0))
    for y in (np.float32(3.0) * x, x * np.float64(3.0), np.int64(3) * x):
        assert isinstance(y, Value) and y.data == 6.0
    with pytest.raises(TypeError, match="one scalar"):
        Value(np.array([1.0, 2.0]))


def test_integers_too_large_for_a_float_overflow_to_inf():
    assert Value(10**400).data == math.inf


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ("2", r"float\('2'\)"),
        (b"2", "convert it first"),
        (None, "forget its return"),
        (1j, "z.real and z.imag"),
        ([1.0], r"\[Value\(x\) for x in xs\]"),
        ({"a": 1}, "one scalar"),
        (object(), "one scalar"),
    ],
)
def test_anything_else_is_refused_with_the_way_out(x, message):
    with pytest.raises(TypeError, match=message):
        Value(x)
    with pytest.raises(TypeError):
        Value(1.0) + x


def test_a_value_of_a_value_is_refused():
    with pytest.raises(TypeError, match="drop its history"):
        Value(Value(1.0))


def test_math_functions_refuse_rather_than_drop_the_gradient():
    for use in (math.exp, float):
        with pytest.raises(TypeError, match=r"autograd_lite\.exp.*v\.data"):
            use(Value(1.0))
    with pytest.raises(TypeError):
        int(Value(1.0))


def test_comparison_is_by_data_and_equality_by_identity():
    a, b = Value(1.0), Value(1.0)
    assert a != b and len({a, b}) == 2 and a in [a] and b not in [a]
    assert a <= b and a >= 1.0 and a < 2 and a < 2 and not a > b
    assert bool(a) and not Value(0.0)


def test_beside_a_number_equality_compares_numbers_and_sets_still_tell_nodes_apart():
    np = pytest.importorskip("numpy")
    v = Value(3.0)
    assert v == 3 and v == 3.0 and operator.eq(3.0, v) and v != 4.0 and operator.ne(v, 3) is False
    assert v == Fraction(3) and v == Decimal(3) and v == np.float32(3) and np.float64(3) == v
    assert v != "3" and v is not None and v != 3j and v != [3.0] and Value(math.nan) != math.nan
    assert len({v, 3.0, Value(3.0)}) == 3 and {v: "node"}.get(3.0) is None and {3.0: "number"}.get(v) is None
    assert hash(v) == object.__hash__(v)


def test_a_comparison_inside_where_compares_numbers():
    def sinc(x):
        return where(x == 0, 1.0, sin(x) / x)

    assert sinc(Value(0.0)).data == 1.0 and grad(sinc)(0.0) == 0.0
    assert grad(sinc)(2.0) == pytest.approx(math.cos(2.0) / 2.0 - math.sin(2.0) / 4.0)
    x, y = Value(1.0), Value(1.0)
    assert where(equal(x, y), x * 2.0, x * 3.0).data == 2.0  # between nodes


@pytest.mark.parametrize(("x", "expected"), [(-2.0, -2.0), (0.5, 0.25), (3.0, 3.0)])
def test_conditions_are_joined_with_and_and_or(x, expected):
    v = Value(x)
    assert where((v > 0) & (v < 1), v * v, v).data == expected
    assert where((v <= 0) | (v >= 1), v, v * v).data == expected


def test_a_label_is_text_and_parents_are_not_given_by_hand():
    x = Value(2.0)
    for label in ((x,), {x}, 3, None):
        with pytest.raises(TypeError, match=r"a label is text.*Operation\(name, value, local_gradients\)"):
            Value(4.0, label)


# ---------------------------------------------------------------- NumPy's functions and arrays


UNARY_UFUNCS = {
    "sin": 0.3, "cos": 0.3, "tan": 0.3, "arcsin": 0.3, "arccos": 0.3, "arctan": 0.3, "sinh": 0.3, "cosh": 0.3,
    "tanh": 0.3, "arcsinh": 0.3, "arccosh": 1.3, "arctanh": 0.3, "exp": 0.3, "exp2": 0.3, "expm1": 0.3, "log": 0.3,
    "log2": 0.3, "log10": 0.3, "log1p": 0.3, "sqrt": 0.3, "cbrt": 0.3, "square": 0.3, "absolute": -0.3, "fabs": -0.3,
    "negative": 0.3, "positive": 0.3, "reciprocal": 0.3, "sign": 0.3, "conjugate": 0.3,
}  # fmt: skip


@pytest.mark.parametrize("name", UNARY_UFUNCS)
def test_a_function_of_numpy_works_on_a_node_and_on_an_array_of_nodes(name):
    np = pytest.importorskip("numpy")
    function, x = getattr(np, name), UNARY_UFUNCS[name]
    h = 1e-6
    slope = (function(x + h) - function(x - h)) / (2 * h)
    y = function(Value(x))
    assert isinstance(y, Value) and y.data == pytest.approx(function(x), rel=1e-14)
    assert grad(function)(x) == pytest.approx(slope, rel=1e-8)
    if name != "sign":  # of objects NumPy makes the sign itself, a plain number
        array = function(np.array([Value(x), Value(x)]))
        assert [type(v) for v in array] == [Value, Value] and array[1].data == y.data


@pytest.mark.parametrize(
    "name", ["add", "subtract", "multiply", "divide", "power", "maximum", "minimum", "hypot", "arctan2", "logaddexp"]
)
def test_a_function_of_two_operands_of_numpy_works_beside_numbers_and_arrays(name):
    np = pytest.importorskip("numpy")
    function = getattr(np, name)
    for x, y in ((Value(2.0), 3.0), (2.0, Value(3.0)), (np.float64(2.0), Value(3.0)), (Value(2.0), np.int64(3))):
        found = function(x, y)
        assert isinstance(found, Value) and found.data == pytest.approx(function(2.0, 3.0))
    found = function(Value(2.0), np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert found.shape == (2, 2)
    assert [v.data for v in found.ravel()] == pytest.approx([function(2.0, float(k)) for k in (1, 2, 3, 4)])


def test_operators_beside_an_array_work_element_by_element():
    np = pytest.importorskip("numpy")
    v, a = Value(3.0), np.array([1.0, 2.0])
    for found, expected in (
        (v * a, [3, 6]), (a * v, [3, 6]), (v - a, [2, 1]), (a - v, [-2, -1]),
        (v / a, [3, 1.5]), (a / v, [1 / 3, 2 / 3]),
        (v**a, [3, 9]), (a**v, [1, 8]), (v + a, [4, 5]),
    ):  # fmt: skip
        assert [x.data for x in found] == pytest.approx(expected)
    assert (v > a).tolist() == [True, True] and (a >= v).tolist() == [False, False]
    assert (a + 1 == v).tolist() == [False, True] and (v == a).tolist() == [False, False]


def test_a_function_of_numpy_without_a_line_in_the_table_is_refused_by_name():
    np = pytest.importorskip("numpy")
    for use, name in ((np.spacing, "np.spacing"), (np.isnan, "np.isnan")):
        with pytest.raises(TypeError, match=rf"{name} has no line in the table.*v\.data"):
            use(Value(1.5))
    with pytest.raises(TypeError, match=r"np\.add\.outer cannot be recorded: call np\.add itself"):
        np.add.outer(Value(1.5), np.array([1.0, 2.0]))


def test_round_format_abs_and_repr_show_the_data():
    v = Value(-1.23456, "w")
    assert (round(v, 2), f"{v:.1f}", abs(v).data) == (-1.23, "-1.2", 1.23456)
    assert repr(v) == "Value(-1.23456, 'w')"
    (v * 2.0).backward()
    assert repr(v) == "Value(-1.23456, 'w', grad=2)"
    assert f"{v}" == repr(v)


def test_in_place_operators_make_a_new_node():
    x = Value(2.0)
    y = x
    y += 1.0
    y *= 3.0
    assert x.data == 2.0 and y.data == 9.0 and y is not x
    assert (+x) is x


def test_detach_cuts_the_history():
    x = Value(2.0, "x")
    y = (x * x).detach()
    assert y.parents == () and y.data == 4.0


def test_sums_of_python_start_at_zero():
    assert sum([Value(1.0), Value(2.0)]).data == 3.0


# ---------------------------------------------------------------- memory, depth, width


def test_a_dropped_graph_is_freed_without_the_collector():
    def build_and_drop():
        x = Value(1.0)
        sum_of([tanh(x * float(i)) for i in range(2000)]).backward()
        return tracemalloc.get_traced_memory()[0]

    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        first = build_and_drop()  # fills the interpreter's own free lists
        assert max(build_and_drop() for _ in range(3)) - first < 5_000
        assert gc.collect() == 0
    finally:
        tracemalloc.stop()
        gc.enable()


def test_a_recorded_operation_takes_at_most_200_bytes():
    x = Value(1.1)
    tracemalloc.start()
    y = x
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(10_000):
        y = y * x
    used = (tracemalloc.get_traced_memory()[0] - before) / 10_000
    tracemalloc.stop()
    assert used <= 200


def test_a_million_deep_graph_builds_and_runs_in_ten_seconds_and_frees():
    assert sys.getrecursionlimit() <= 1000  # Python's own; nothing here may raise it
    x = Value(1.0)
    y = x
    start = time.process_time()
    for _ in range(1_000_000):
        y = -y
    y.backward()
    assert time.process_time() - start < 10.0
    assert x.grad == 1.0
    del y
    assert sys.getrecursionlimit() <= 1000
    assert x.grad == 1.0


def test_a_graph_a_hundred_thousand_deep_explains():
    x = y = Value(1.0)
    for _ in range(100_000):
        y = -y
    e = explain(y)
    assert sys.getrecursionlimit() <= 1000
    assert e.gradients[0] == 1.0 and len(e.forward) == 100_001
    del e, y
    assert x.data == 1.0


@pytest.mark.parametrize("shape", ["deep", "wide"])
def test_memory_grows_linearly_with_the_graph(shape):
    def peak(count):
        x = Value(1.0)
        tracemalloc.start()
        if shape == "deep":
            y = x
            for _ in range(count):
                y = y + x
        else:
            y = sum_of([x * 2.0 for _ in range(count)])
        y.backward()
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    small, large = peak(20_000), peak(80_000)
    assert large < 4.4 * small


def test_a_fan_out_of_a_hundred_thousand_is_summed():
    x = Value(1.0)
    y = sum_of([x * 2.0 for _ in range(100_000)])
    y.backward()
    assert x.grad == 200_000.0


@pytest.mark.parametrize(
    "outputs, seeds, message",
    [
        (
            Value(1.0),
            None,
            r"outputs must be a list, one entry per output, got Value; for one output write y\.backward",
        ),
        ((y for y in [Value(1.0)]), None, "outputs must be a list, one entry per output, got generator"),
        (None, None, "outputs must be a list, one entry per output, got NoneType"),
        ([Value(1.0), 2.0], None, "outputs must be Values, got float"),
        ([], None, "at least one output, got an empty list"),
        ([Value(1.0)], 1.0, "seeds must be a list, one entry per output, got float"),
        ([Value(1.0)], "1", "seeds must be a list, one entry per output, got str"),
        ([Value(1.0)], [], r"one seed per output \(1\), got 0"),
        ([Value(1.0)], [None], r"seeds\[0\]: expected a number, got None"),
        ([Value(1.0), Value(1.0)], [1.0, "2"], r"seeds\[1\]: expected a number, got the text '2'"),
    ],
)
def test_backward_refuses_what_are_no_outputs_or_seeds(outputs, seeds, message):
    with pytest.raises((TypeError, ValueError), match=f"backward: .*{message}"):
        backward(outputs, seeds=seeds)


def test_a_seed_out_of_place_changes_no_gradient():
    x = Value(3.0)
    y, z = x * x, 2.0 * x
    with pytest.raises(TypeError, match=r"seeds\[1\]"):
        backward([y, z], seeds=[1.0, 1j])
    assert (x.grad, y.grad, z.grad) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("seed", [None, "1", 1j, [1.0]])
def test_backward_explain_and_gradient_name_the_argument_that_is_no_number(seed):
    x = Value(3.0)
    y = x * x
    with pytest.raises(TypeError, match="backward: seed: expected"):
        y.backward(seed)
    with pytest.raises(TypeError, match="explain: seed: expected"):
        explain(y, seed=seed)
    with pytest.raises(TypeError, match="gradient: y: expected"):
        gradient(seed, x)
    assert x.grad == y.grad == 0.0


def test_seeds_and_outputs_may_be_an_array():
    x = Value(2.0)
    backward(np.array([x * x, 3.0 * x]), seeds=np.array([1, 10]))
    assert x.grad == 34.0


@pytest.mark.parametrize("y", [None, 3.0, "y", [Value(1.0)]])
def test_only_a_node_can_be_explained(y):
    with pytest.raises(TypeError, match=f"explain: y must be a Value, got {type(y).__name__}"):
        explain(y)


@pytest.mark.parametrize("inputs", [1.0, [Value(1.0), None], (x for x in [Value(1.0)]), "x"])
def test_a_gradient_is_taken_in_nodes_alone(inputs):
    with pytest.raises(TypeError, match=r"gradient: inputs must be Values, got (float|NoneType|generator|str)"):
        gradient(Value(1.0), inputs)


@pytest.mark.parametrize("arguments, what", [({"name": None}, "name"), ({"name": "a", "kind": 3}, "kind")])
def test_a_scope_has_text_for_a_name_and_leaves_the_outer_one_as_it_is(arguments, what):
    with scope("outer"):
        with pytest.raises(TypeError, match=f"scope: {what} must be text"), scope(**arguments):
            pass
        assert Value(1.0).scope.path == "outer"


@pytest.mark.parametrize("condition", [-2, -1])  # what ~(x > 0) is, on bools
def test_a_negated_bool_is_no_condition(condition):
    for x, y in [(Value(1.0), Value(2.0)), (1.0, 2.0), (Value(1.0), 2.0)]:
        with pytest.raises(TypeError, match=r"~True or ~False.*where\(condition, b, a\).*equal\(condition, 0\)"):
            where(condition, x, y)
    assert where(-2.0, 1.0, 2.0) == where(-3, 1.0, 2.0) == where(np.True_, 1.0, 2.0) == 1.0
    x = Value(3.0)
    assert where(equal(x > 0.0, 0), 1.0, 2.0) == 2.0


def on_a_small_stack(work):
    # CPython 3.13 lets chains of objects free each other to a depth of 10 000 before it takes them one by one
    small = 128 if sys.version_info < (3, 13) else 2048
    before = threading.stack_size(small * 1024)
    try:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)


def test_a_deep_chain_works_on_a_small_thread_stack():
    found = []

    def work():
        x = Value(1.0)
        y = x
        for _ in range(50_000):
            y = y + 0.0
        y.backward()
        found.append(x.grad)
        found.append(explain(y).gradients[0])
        found.append(copy.deepcopy(y).data)
        del y

    on_a_small_stack(work)
    assert found == [1.0, 1.0, 1.0]


def test_a_deep_chain_is_pickled_and_copied_on_a_small_thread_stack():
    found = []

    def work():
        x = y = Value(0.0)
        for _ in range(50_000):
            y = y + x
        text = pickle.dumps(y)
        for copied in (pickle.loads(text), copy.deepcopy(y)):
            copied.backward()
            (leaf,) = leaves(copied)
            found.append((copied.data, leaf.grad, len(topological_order(copied))))
        found.append((y.grad, len(text) < 50_000 * 100))

    on_a_small_stack(work)
    assert found == [(0.0, 50_001.0, 50_001)] * 2 + [(0.0, True)]


# ---------------------------------------------------------------- the same everywhere

SCRIPT = """
import random
from autograd_lite import Value, tanh, exp
rng = random.Random(5)
xs = [Value(rng.uniform(-1, 1)) for _ in range(6)]
ys = list(xs)
for _ in range(300):
    a, b = rng.choice(ys), rng.choice(ys)
    ys.append(rng.choice([lambda: a + b, lambda: a * b, lambda: tanh(a - b), lambda: exp(-a * a) + b])())
y = sum(ys)
y.backward()
print([x.grad.hex() for x in xs])
"""


def test_gradients_are_equal_to_the_bit_in_every_process():
    outputs = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("0", "1", "2", "random")
    }
    assert len(outputs) == 1


def test_threads_do_not_disturb_each_other_even_on_shared_leaves():
    w = Value(0.5)
    found = [None] * 4

    def work(k):
        rng = random.Random(1)
        x = Value(rng.random())
        y = x
        with scope(f"thread {k}"):
            for _ in range(3000):
                y = tanh(y * w + x)
        backward([y])
        found[k] = (x.grad.hex(), y.scope.path)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({grad for grad, _ in found}) == 1
    assert [path for _, path in found] == [f"thread {k}" for k in range(4)]


def test_a_label_and_a_scope_can_be_set_and_keep_each_other():
    with scope("part"):
        y = Value(2.0) * 3.0
        x = Value(1.0, "x")
    plain = Value(2.0) * 3.0
    assert [(v.label, v.scope and v.scope.path) for v in (y, x, plain)] == [("", "part"), ("x", "part"), ("", None)]
    y.label, x.label, plain.label = "y", "", "z"
    assert [(v.label, v.scope and v.scope.path) for v in (y, x, plain)] == [("y", "part"), ("", "part"), ("z", None)]
    plain.scope, y.scope = x.scope, None
    assert [(v.label, v.scope and v.scope.path) for v in (y, plain)] == [("y", None), ("z", "part")]


# ---------------------------------------------------------------- copies


@pytest.mark.parametrize("duplicate", [copy.deepcopy, copy.copy, lambda v: pickle.loads(pickle.dumps(v))])
def test_a_copy_of_a_graph_is_independent_and_works(duplicate):
    x = Value(0.5, "x")
    with scope("part"):
        y = tanh(x * x + 2.0) ** 3 + sum_of([x, x, 1.0])
    y.backward()
    z = duplicate(y)
    mine, theirs = topological_order(y), topological_order(z)
    assert set(mine).isdisjoint(theirs)
    assert [(n.data, n.grad, n.label, n.op) for n in mine] == [(n.data, n.grad, n.label, n.op) for n in theirs]
    assert z.parents[0].scope.path == "part"
    z.backward()
    assert leaves(z)[0].grad == 2 * x.grad
    assert y.grad == 1.0


@pytest.mark.parametrize("duplicate", [copy.deepcopy, copy.copy, lambda v: pickle.loads(pickle.dumps(v))])
def test_a_copy_of_a_leaf_is_a_leaf_of_its_own(duplicate):
    x = Value(0.5, "x")
    x.grad = 3.0
    z = duplicate(x)
    assert z is not x and (z.data, z.grad, z.label, z.parents, z.op) == (0.5, 3.0, "x", (), None)
    (z * z).backward()
    assert (z.grad, x.grad) == (4.0, 3.0)


def test_a_list_of_nodes_keeps_its_shared_leaves_when_copied():
    x = Value(2.0)
    y = x * x
    for x2, y2 in (copy.deepcopy([x, y]), pickle.loads(pickle.dumps([x, y]))):
        y2.backward()
        assert (x2.grad, x.grad) == (4.0, 0.0)


def test_a_deep_graph_can_be_copied():
    y = Value(1.0)
    for _ in range(20_000):
        y = y * 1.0
    assert copy.deepcopy(y).data == 1.0
    assert pickle.loads(pickle.dumps(y)).data == 1.0


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))])
@pytest.mark.parametrize("backwards", [False, True])
def test_inner_nodes_that_two_others_share_stay_shared_in_a_copy(duplicate, backwards):
    x = Value(0.5, "x")
    shared = x * x
    u, v = shared + 1.0, tanh(shared) * x
    names = {"a": [v, u], "b": (shared, x)} if backwards else {"b": (x, shared), "a": [u, v]}
    found = duplicate(names)
    (u2, v2), (shared2, x2) = sorted(found["a"], key=lambda n: n.op.name), found["b"]
    if not backwards:
        shared2, x2 = x2, shared2
    assert u2.parents[0] is shared2 and v2.parents[0].parents[0] is shared2 and v2.parents[1] is x2
    backward([u2, v2])
    backward([u, v])
    assert x2.grad == x.grad and shared2.grad == shared.grad and x2 is not x


@pytest.mark.parametrize("backwards", [False, True])
def test_a_list_of_all_nodes_of_a_chain_is_copied_in_linear_size(backwards):
    def chain(count):
        nodes = [Value(1.0)]
        for _ in range(count):
            nodes.append(nodes[-1] * 1.5)
        return nodes[::-1] if backwards else nodes

    small, large = (len(pickle.dumps(chain(count))) for count in (500, 2000))
    assert large < 4.2 * small < 4.2 * 500 * 150
    nodes = chain(2000)
    for found in (pickle.loads(pickle.dumps(nodes)), copy.deepcopy(nodes)):
        assert set(found).isdisjoint(nodes) and [n.data for n in found] == [n.data for n in nodes]
        step = -1 if backwards else 1
        assert all(child.parents[0] is parent for parent, child in zip(found[::step], found[::step][1:]))


def test_pickles_made_at_the_same_time_or_after_a_failure_are_whole():
    y = Value(1.0)
    for _ in range(5000):  # deeper than Python recurses
        y = y * 1.0
    own = autograd_lite.Operation("own", lambda x: x, lambda out, x: 1.0)
    with pytest.raises(TypeError, match="user-defined operation 'own'"):
        pickle.dumps([y, own(y)])
    first, second = io.BytesIO(), io.BytesIO()
    one, two = pickle.Pickler(first), pickle.Pickler(second)
    one.dump(y)
    two.dump(y)
    one.dump(y + 1.0)
    for file, count in ((first, 2), (second, 1)):
        file.seek(0)
        loader = pickle.Unpickler(file)
        nodes = [loader.load() for _ in range(count)]
        assert len(topological_order(*nodes)) == len(topological_order(y)) + 2 * (count - 1)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_protocol_of_pickle_keeps_the_graph(protocol):
    x = Value(0.5, "x")
    y = sum_of([x, tanh(x), x * 2.0])
    z = pickle.loads(pickle.dumps(y, protocol))
    z.backward()
    y.backward()
    assert leaves(z)[0].grad == x.grad and pickle._loads(pickle._dumps(y, protocol)).data == y.data


def test_a_graph_with_an_operation_of_ones_own_copies_in_memory_and_refuses_to_pickle():
    cube = autograd_lite.Operation("cube", lambda x: x**3, lambda out, x: 3.0 * x**2)
    y = cube(Value(2.0))
    assert copy.deepcopy(y).data == 8.0
    with pytest.raises(TypeError, match="user-defined operation 'cube'"):
        pickle.dumps(y)


# ---------------------------------------------------------------- anomalies and scopes


def test_detect_anomaly_names_the_first_node_and_its_inputs():
    x = Value(0.0, "x")
    with detect_anomaly(), pytest.raises(FloatingPointError, match="forward: div gave inf from operand 1 = 1, x = 0"):
        1.0 / x
    y = x**0.5
    with detect_anomaly(), pytest.raises(FloatingPointError, match=r"backward: pow0\.5 passed inf to x"):
        y.backward()
    assert (1.0 / x).data == math.inf  # outside, nothing is raised


def test_detect_anomaly_is_of_one_thread():
    problems = []

    def work():
        try:
            Value(0.0).log()
        except FloatingPointError as problem:
            problems.append(problem)

    with detect_anomaly():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert problems == []


def test_scopes_nest_and_close_after_errors():
    with pytest.raises(ZeroDivisionError), scope("a"), scope("b"):
        y = Value(1.0) + 1.0
        1 / 0  # noqa: B018
    assert y.scope.path == "a/b"
    assert (Value(1.0) + 1.0).scope is None


def test_a_scope_is_a_decorator_too_of_functions_that_call_themselves():
    @scope("power")
    def power(x, n):
        return x if n == 1 else power(x, n - 1) * x

    y = power(Value(2.0), 3)
    assert (y.scope.path, y.parents[0].scope.path) == ("power", "power/power")
    assert (Value(1.0) + 1.0).scope is None


def test_a_scope_inside_a_watch_keeps_watching_and_neither_leaves_a_trace():
    with detect_anomaly():
        with scope("a"):
            assert (Value(1.0) + 1.0).scope.path == "a"
        with pytest.raises(FloatingPointError), scope("b"):
            Value(0.0).log()
    assert Value(0.0).log().data == -math.inf
    assert context.inside == {}  # recording asks no thread what it is doing


# ---------------------------------------------------------------- order and explanation


def test_the_topological_order_has_parents_first_and_each_node_once():
    x = Value(1.0)
    y = relu(x) * x + x
    order = topological_order(y)
    assert len(order) == len(set(order))
    for parent, _, child in edges(order):
        assert order.index(parent) < order.index(child)


def test_the_explanation_sums_to_the_gradient_to_the_bit_and_changes_none():
    rng = random.Random(3)
    x, y = Value(rng.random(), "x"), Value(rng.random(), "y")
    z = tanh(x * y) * x + exp(x) / (y * y + x)
    e = explain(z)
    assert x.grad == 0.0
    z.backward()
    order = topological_order(z)
    for step, node in zip(e.forward, order):
        assert e.gradients[step.index] == node.grad
        terms = e.uses(step.index)
        if terms:
            total = terms[0].contribution
            for term in terms[1:]:
                total += term.contribution
            assert total == node.grad == terms[-1].total
            assert [t.part for t in terms] == list(range(1, len(terms) + 1))
        for term in terms:
            assert term.contribution == term.upstream * term.local_gradient


def test_an_explanation_tells_the_numbers_of_the_recording_also_of_a_leaf_that_changed_since():
    x = Value(3.0, "x")
    y = x * x * x
    x.data = 5.0
    e = explain(y)
    assert (e.named("x").value, e.named("y").value, e.gradients[0]) == (3.0, 27.0, 27.0)
    assert all(step.numbers == tuple(e.forward[i].value for i in step.operands) for step in e.forward)


def test_names_in_an_explanation_are_unique():
    a, b = Value(1.0, "w"), Value(2.0, "w")
    e = explain(a * b + a)
    names = [step.name for step in e.forward]
    assert len(set(names)) == len(names) == 4
    assert names[0] == "w" and e.named("w₂").value == 2.0
    with pytest.raises(KeyError, match="no node named"):
        e.named("q")


class Holder:
    """A node of somebody else's engine: nothing but ``data``."""

    def __init__(self, data):
        self.data = data


@pytest.mark.parametrize("kind", ["scalar", "0-d", "one element", "node", "node of an array", "node of a node"])
def test_the_number_of_anything_that_holds_one_is_read_by_one_helper(kind):
    np = pytest.importorskip("numpy")
    made = {
        "scalar": np.float32(2.5), "0-d": np.array(2.5), "one element": np.array([2.5]), "node": Value(2.5),
        "node of an array": Holder(np.array(2.5)), "node of a node": Holder(Holder(2.5)),
    }  # fmt: skip
    found = number_of(made[kind])
    assert found == 2.5 and type(found) is float


def test_what_holds_no_number_or_several_is_refused():
    np = pytest.importorskip("numpy")
    for wrong in (np.array([1.0, 2.0]), None, "3", [1.0], Holder(None), Holder(np.zeros(2)), 1j):
        with pytest.raises(TypeError, match="expected"):
            number_of(wrong)


def test_an_explanation_counts_one_node_and_one_input_in_the_singular():
    x = Value(3.0, "x")
    assert repr(explain(x)) == "<explanation of x = 3: 1 node, 1 input>"
    assert repr(explain(x * Value(2.0, "w"))).endswith(": 3 nodes, 2 inputs>")
