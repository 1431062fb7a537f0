"""A compiled function on PyTorch, JAX and Dask arrays computes what it computes on NumPy arrays, as such arrays."""

from __future__ import annotations

import dataclasses
import itertools
import math
import os
import pickle
import random
import signal
import subprocess
import sys
import threading
import time
from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import autograd_lite as al
import nn
from autograd_lite import Operation, Value, compile
from autograd_lite.program.structure import NUMBER
from autograd_lite.testing import expressions
from tests.comparing import close_to_scale
from tests.strategies import EDGES, EXTREMES, NETWORKS, numbers

RNG = random.Random(7)


def array(*shape):
    return np.array(numbers(RNG, *shape))


def torch_asarray(_):
    return pytest.importorskip("torch").asarray


def jax_asarray(request):
    jax = pytest.importorskip("jax")
    was = jax.config.jax_enable_x64
    request.addfinalizer(lambda: jax.config.update("jax_enable_x64", was))
    jax.config.update("jax_enable_x64", True)
    return jax.numpy.asarray


LIBRARIES = {"torch": torch_asarray, "jax": jax_asarray}


@pytest.fixture(params=LIBRARIES)
def asarray(request):
    """What makes an array of another library of a NumPy array; float64 in JAX for this test alone."""
    return LIBRARIES[request.param](request)


@pytest.fixture
def jax(request):
    jax_asarray(request)
    import jax

    return jax


@pytest.fixture
def da():
    return pytest.importorskip("dask.array")


# ---------------------------------------------------------------- any expression, every operation


def meets_subnormals(compiled, point):
    """Tell whether some number on the way, or its reciprocal, is subnormal: JAX takes these for zero."""
    plan = compiled.plan([NUMBER] * len(point))
    program = plan.job().gradient()
    every_slot = range(len(program.names) + len(program.instructions))
    numbers = dataclasses.replace(program, outputs=tuple(every_slot)).evaluate(point)
    return any(0.0 < abs(x) < 2.3e-308 or 4e307 < abs(x) < math.inf for x in numbers)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graph=expressions())
def test_any_expression_is_what_it_is_in_numpy(asarray, graph):
    names = list(graph.point)
    compiled = compile(lambda *xs: graph(**dict(zip(names, xs))), backend="numpy")
    value, gradients = compiled.value_and_grad(*graph.point.values())
    arrays = [asarray(np.array(x)) for x in graph.point.values()]
    if not arrays or ("jax" in type(arrays[0]).__module__ and meets_subnormals(compiled, list(graph.point.values()))):
        return
    found, slopes = compiled.value_and_grad(*arrays)
    assert type(found) is type(arrays[0]) and found.shape == ()
    close_to_scale(found, value)
    close_to_scale([float(g) for g in slopes.arguments], gradients.arguments, 1e-11)


@given(graph=expressions(), reduce=st.sampled_from([None, "sum", "mean"]), n=st.integers(0, 3))
def test_a_batch_of_any_expression_is_the_same_in_torch_and_in_chunks(graph, reduce, n):
    torch, da = pytest.importorskip("torch"), pytest.importorskip("dask.array")
    names = list(graph.point)
    parameters = [Value(graph.point[name], name) for name in names[:n]]
    batch = [np.array([1.0, 1.01, 1.02]) * graph.point[name] for name in names[n:]]
    if not batch:
        return

    def f(*xs):
        return graph(**dict(zip(names, [*parameters, *xs])))

    compiled = compile(f, parameters=parameters, batched=True, reduce=reduce, backend="numpy")
    value, gradients = compiled.value_and_grad(*batch)
    for asarray in (torch.asarray, lambda x: da.from_array(x, 2)):
        found, slopes = compiled.value_and_grad(*map(asarray, batch))
        close_to_scale(found, value)
        close_to_scale(np.stack(slopes.arguments), np.stack(gradients.arguments), 1e-11)
        close_to_scale(slopes.parameters, gradients.parameters, 1e-11)


def test_a_sum_over_samples_beside_a_product_over_samples_of_the_same_rows_runs_in_chunks():
    """Σ σ(z) and Σ σ(z)·σ(−z): the first is the dot of σ(z) with a row that holds nothing but the constant 1."""
    da = pytest.importorskip("dask.array")
    w = Value(0.5)
    f = compile(lambda x: al.sigmoid(w + x), parameters=[w], batched=True, reduce="sum", backend="numpy")
    value, gradients = f.value_and_grad(da.from_array(np.array([0.0, 1.0, -2.0]), 2))
    sigma = 1 / (1 + np.exp(-np.array([0.5, 1.5, -1.5])))
    close_to_scale(value, sigma.sum())
    close_to_scale(gradients.parameters, [(sigma * (1 - sigma)).sum()])


WITH_GRADIENT = [n for n, op in al.TABLE.items() if op.partials and 1 <= op.arity <= 3]


@cache
def by_the_engine(name, points):
    """Return every combination of points, and there the values and the gradients: nan allows any, as at a nan."""
    op = al.TABLE[name]
    combinations = list(itertools.product(points, repeat=op.arity))
    if name in ("fmod", "remainder"):  # torch gives nan where the quotient overflows
        combinations = [(x, y) for x, y in combinations if not (0.0 < abs(y) < abs(x) < math.inf == abs(al.div(x, y)))]
    values, gradients = [], []
    for point in combinations:
        operands = [Value(x) for x in point]
        out = op(*operands)
        out.backward()
        values.append(out.data)
        gradients.append([math.nan if any(map(math.isnan, point)) else x.grad for x in operands])
    return combinations, np.array(values), np.array(gradients)


def check_operation(name, points, asarray, function=lambda f: f):
    """Compare with the engine, at every combination of points; a nan gradient of the engine allows any."""
    op = al.TABLE[name]
    if op.arity == 3:
        points = [x for x in points if abs(x) <= 2.0 or not math.isfinite(x)]
    combinations, expected, slopes = by_the_engine(name, tuple(points))
    columns = [asarray(np.array(column)) for column in zip(*combinations)]
    values, gradients = function(compile(op if op.arity == 1 else lambda *x: op(*x), batched=True).value_and_grad)(
        *columns
    )
    # log2(2⁻¹ + 2⁻¹) is 0, the difference of terms with a last place
    near = 2.0**-52 if name == "logaddexp2" else 1e-290
    agree(combinations, np.asarray(values), expected, near)
    found = np.stack([np.asarray(slope) for slope in gradients.arguments], axis=-1)
    agree(combinations, np.where(np.isnan(slopes), np.nan, found), slopes, 1e-290)


def agree(points, found, expected, near):
    """Compare the results at each point; numbers of the same place in a row belong to the same operand."""
    same = np.isclose(found, expected, rtol=1e-12, atol=near, equal_nan=True).reshape(len(points), -1).all(axis=1)
    wrong = [(point, here, there) for point, here, there, ok in zip(points, found, expected, same) if not ok]
    assert not wrong, "at a point, found, should be: " + "; ".join(map(str, wrong[:5]))


@pytest.mark.parametrize("name", WITH_GRADIENT)
def test_every_operation_keeps_the_conventions_of_the_table(asarray, name):
    check_operation(name, EDGES, asarray)


@pytest.mark.parametrize("name", WITH_GRADIENT)
def test_torch_keeps_them_at_the_ends_of_the_float_range_too(name):
    check_operation(name, EXTREMES + [0.0, 1.0, -2.0], pytest.importorskip("torch").asarray)


# Two exceptions are the libraries' own: torch lets sinh and cosh overflow at 710, a little early; JAX takes numbers
# below 2.2e-308 for zero (XLA on a CPU), and what it compiles divides (x/y)/y as x/(y·y), which may overflow.


@pytest.mark.parametrize("name", WITH_GRADIENT)
def test_every_operation_can_be_traced_by_jax(jax, name):
    check_operation(name, [x for x in EDGES if abs(x) != 1e150], jax.numpy.asarray, jax.jit)


@pytest.mark.parametrize(
    "f", [al.sum_of, al.mean_of, al.logsumexp, lambda x: al.dot(x, x[::-1]), lambda x: al.dot(x, x, x[0])],
    ids=["sum", "mean", "logsumexp", "dot", "dot with a bias"],
)  # fmt: skip
@pytest.mark.parametrize("n", [1, 3, 12])
def test_operations_on_any_number_of_operands(asarray, f, n):
    x = np.concatenate([array(4, n), np.full((1, n), 1000.0)])
    compiled = compile(f, batched=True, backend="numpy")
    (value, gradients), (found, slopes) = compiled.value_and_grad(x), compiled.value_and_grad(asarray(x))
    close_to_scale(found, value)
    close_to_scale(slopes.arguments[0], gradients.arguments[0])


def test_logsumexp_is_the_tables_at_infinity(asarray):
    x = [[-math.inf, -math.inf], [math.inf, 1.0], [math.inf, -math.inf], [-math.inf, 2.0], [1000.0, 1000.0]]
    found = compile(al.logsumexp, batched=True)(asarray(np.array(x)))
    close_to_scale(found, [al.logsumexp(row) for row in x])


# ---------------------------------------------------------------- networks


def network(name, **options):
    """Return the compiled loss of a network, and a batch of arguments."""
    make, shape, n_outputs = NETWORKS[name]
    model = make(RNG)

    def loss(x, y):
        return nn.losses.cross_entropy(model(x), y) + 0.01 * nn.losses.l2_penalty(model)

    options = {"batched": True, "reduce": "mean", "backend": "numpy", **options}
    return compile(loss, parameters=model.parameters(), **options), (array(6, *shape), array(6, n_outputs))


@pytest.mark.parametrize(("name", "reduce"), [("mlp", None), *((name, "mean") for name in NETWORKS)])
def test_networks_agree_with_numpy_in_value_and_every_gradient(asarray, name, reduce):
    compiled, batch = network(name, reduce=reduce)
    value, gradients = compiled.value_and_grad(*batch)
    arrays = [asarray(x) for x in batch]
    found, slopes = compiled.value_and_grad(*arrays)
    close_to_scale(found, value)
    close_to_scale(compiled(*arrays), value)
    close_to_scale(slopes.parameters, gradients.parameters)
    for x, slope, expected in zip(arrays, slopes.arguments, gradients.arguments):
        assert (type(slope), slope.shape, slope.dtype) == (type(x), x.shape, x.dtype)
        close_to_scale(slope, expected)


def test_float32_stays_float32(asarray):
    compiled, batch = network("mlp")
    expected, gradients = compiled.value_and_grad(*batch)
    arrays = [asarray(x.astype(np.float32)) for x in batch]
    value, slopes = compiled.value_and_grad(*arrays)
    for array in (value, slopes.parameters, *slopes.arguments, compiled(*arrays)):
        assert array.dtype == arrays[0].dtype
    close_to_scale(value, expected, 1e-5)
    close_to_scale(slopes.parameters, gradients.parameters, 1e-5)


def test_integers_become_the_librarys_floats(asarray):
    value = compile(lambda x: x / 2.0, batched=True)(asarray(np.array([1, 2])))
    assert value.dtype == asarray([0.0]).dtype
    close_to_scale(value, [0.5, 1.0])


def test_results_have_the_structure_of_function_arguments_and_parameters(asarray):
    w = {"a": Value(2.0), "b": [Value(3.0)]}
    compiled = compile(lambda x, y: (w["a"] * x[0] * y, [w["b"][0] * x[1]]), parameters=w)
    (first, (second,)), gradients = compiled.value_and_grad(asarray(np.array([1.0, 4.0])), 5.0)
    assert (float(first), float(second)) == (10.0, 12.0)
    assert gradients.arguments[0].tolist() == [10.0, 3.0] and float(gradients.arguments[1]) == 2.0
    assert float(gradients.parameters["a"]) == 5.0 and float(gradients.parameters["b"][0]) == 4.0


def with_aux():
    w = Value(2.0)
    f = lambda x: (w * x[0] * x[1], [x[0] * x[0], w])
    return compile(f, parameters=[w], batched=True, reduce="mean", has_aux=True), [[1.0, 2.0], [3.0, 4.0]]


def test_auxiliary_outputs_are_not_reduced(asarray):
    compiled, x = with_aux()
    (value, others), gradients = compiled.value_and_grad(asarray(np.array(x)))
    assert float(value) == 14.0 and others.tolist() == [[1.0, 2.0], [9.0, 2.0]]
    assert gradients.parameters.tolist() == [7.0] and gradients.arguments[0].tolist() == [[2.0, 1.0], [4.0, 3.0]]


def test_auxiliary_outputs_of_dask_arrays_are_lazy(da):
    compiled, x = with_aux()
    (value, others), gradients = compiled.value_and_grad(da.from_array(np.array(x), 1))
    assert value == 14.0 and others.compute().tolist() == [[1.0, 2.0], [9.0, 2.0]]
    assert gradients.parameters == [7.0] and gradients.arguments[0].compute().tolist() == [[2.0, 1.0], [4.0, 3.0]]
    assert compiled(da.from_array(np.array(x), 1))[0] == 14.0


def test_parameters_are_read_anew_and_lists_may_stand_beside_arrays(asarray):
    w = Value(2.0)
    compiled = compile(lambda x, y: w * x + y, parameters=[w], batched=True)
    assert compiled(asarray(np.array([1.0, 2.0])), [10.0, 20.0]).tolist() == [12.0, 24.0]
    w.data = 3.0
    assert compiled([1.0, 2.0], asarray(np.array([10.0, 20.0]))).tolist() == [13.0, 26.0]


def test_an_operation_without_a_vector_form_is_right(asarray, request):
    name = f"opaque for {request.node.callspec.id}"  # each is told of once in a process
    opaque = Operation(name, lambda x: math.sin(x) if x > 0 else x, lambda out, x: math.cos(x) if x > 0 else 1.0)
    x = asarray(np.array([0.5, -2.0]))
    with pytest.warns(UserWarning, match=f"'{name}' has no vector form"):
        y, gradients = compile(lambda x: opaque(x) * 2.0, batched=True).value_and_grad(x)
    assert type(y) is type(x)
    close_to_scale(y, [2 * math.sin(0.5), -4.0])
    close_to_scale(gradients.arguments[0], [2 * math.cos(0.5), 2.0])


def test_the_report_names_the_library(asarray):
    compiled, batch = network("mlp")
    compiled.value_and_grad(*[asarray(x) for x in batch])
    name = type(asarray(batch[0])).__module__.split(".")[0].removesuffix("lib")
    assert compiled.report().splitlines()[1].startswith(f"{name}: value and gradient in ")


def test_wrong_batches_are_refused_as_in_numpy(asarray):
    compiled = compile(lambda x, y: x + y, batched=True)
    two, one = asarray(np.zeros(2)), asarray(np.zeros(1))
    with pytest.raises(ValueError, match=r"as many samples.* 2, 1"):
        compiled(two, one)
    with pytest.raises(ValueError, match="argument 2 needs an axis of samples"):
        compiled(two, 1.0)


def test_arrays_of_two_libraries_do_not_mix(jax):
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError, match="Multiple namespaces"):
        compile(lambda x, y: x + y)(torch.zeros(()), jax.numpy.zeros(()))


# ---------------------------------------------------------------- what the libraries do with it


@pytest.mark.parametrize("name", ["mlp", "cnn"])
def test_jax_jit_vmap_and_grad_take_a_compiled_function(jax, name):
    compiled, batch = network(name)
    value, gradients = compiled.value_and_grad(*batch)
    x, y = map(jax.numpy.asarray, batch)
    close_to_scale(jax.jit(compiled)(x, y), value)
    found, slopes = jax.jit(compiled.value_and_grad)(x, y)
    close_to_scale(found, value)
    close_to_scale(slopes.parameters, gradients.parameters)
    close_to_scale(jax.jit(jax.grad(compiled))(x, y), gradients.arguments[0])
    alone = compile(compiled.function, parameters=compiled.parameters)
    close_to_scale(jax.jit(jax.vmap(alone))(x, y).mean(), value)


def test_an_operation_that_needs_numbers_says_that_it_cannot_be_traced(jax):
    opaque = Operation("opaque3", lambda x: math.sin(x), lambda out, x: math.cos(x))
    with pytest.warns(UserWarning, match="'opaque3' has no"), pytest.raises(TypeError, match=r"'opaque3'.*be traced"):
        jax.jit(compile(opaque))(1.0)


def test_torch_differentiates_through_a_compiled_function():
    torch = pytest.importorskip("torch")
    compiled, batch = network("mlp")
    _, gradients = compiled.value_and_grad(*batch)
    x = torch.asarray(batch[0]).requires_grad_()
    compiled(x, torch.asarray(batch[1])).backward()
    close_to_scale(x.grad, gradients.arguments[0])


def test_torch_func_grad_and_vmap_take_a_compiled_function():
    torch = pytest.importorskip("torch")
    compiled, batch = network("mlp")
    value, gradients = compiled.value_and_grad(*batch)
    x, y = map(torch.asarray, batch)
    close_to_scale(torch.func.grad(compiled)(x, y), gradients.arguments[0])
    alone = compile(compiled.function, parameters=compiled.parameters)
    close_to_scale(torch.func.vmap(alone)(x, y).mean(), value)


def test_without_array_api_compat_the_error_names_the_install():
    code = (
        "import sys; sys.modules['array_api_compat'] = None\n"
        "import numpy as np, autograd_lite as al\n"
        "compiled = al.compile(lambda x: x * x)\n"
        "assert compiled(np.array(3.0)) == compiled(3.0) == 9.0\n"
        "class Array: shape = (2,)\n"
        "try: compiled(Array())\n"
        "except ImportError as problem: print(problem)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == 'an argument of type Array needs array-api-compat: pip install "autograd-lite[compile]"\n'


# ---------------------------------------------------------------- Dask


@pytest.mark.parametrize("backend", ["numpy", "native"])
@pytest.mark.parametrize("reduce", [None, "sum", "mean"])
def test_dask_chunks_add_up_to_the_batch(da, reduce, backend):
    compiled, (x, y) = network("mlp", reduce=reduce, backend=backend)
    value, gradients = compiled.value_and_grad(x, y)
    found, slopes = compiled.value_and_grad(da.from_array(x, (4, 1)), da.from_array(y, (3, 2)))
    close_to_scale(found, value)
    close_to_scale(slopes.parameters, gradients.parameters)
    for slope, expected in zip(slopes.arguments, gradients.arguments):
        assert isinstance(slope, da.Array) and slope.chunks[0] == (4, 2) and slope.shape == expected.shape
        close_to_scale(slope, expected)
    alone = compiled(da.from_array(x, (4, 1)), y)
    assert isinstance(alone, da.Array if reduce is None else float)
    close_to_scale(alone, value)


@pytest.mark.parametrize("samples", [1, 100])
def test_dask_sums_many_chunks_in_a_tree(da, samples):
    compiled = compile(lambda x: x * x, batched=True, reduce="sum")
    x = np.arange(float(samples))
    value, gradients = compiled.value_and_grad(da.from_array(x, 1))
    assert value == (x * x).sum() and gradients.parameters == []
    assert gradients.arguments[0].compute().tolist() == (2.0 * x).tolist()


@given(lengths=st.lists(st.integers(0, 4), min_size=1, max_size=6).filter(sum), n=st.integers(0, 3))
def test_any_chunks_give_the_same(lengths, n):
    da = pytest.importorskip("dask.array")
    w = Value(0.3)
    compiled = compile(lambda x, y: (w * y * al.sum_of(x), w), parameters=[w], batched=True, reduce="mean")
    x, y = array(sum(lengths), n), array(sum(lengths))
    expected, gradients = compiled.value_and_grad(x, y)
    value, slopes = compiled.value_and_grad(da.from_array(x, (sum(lengths), 1)), da.from_array(y, (tuple(lengths),)))
    close_to_scale(value, expected)
    close_to_scale(slopes.parameters, gradients.parameters)
    close_to_scale(slopes.arguments[0], gradients.arguments[0])
    close_to_scale(slopes.arguments[1], gradients.arguments[1])


def test_what_has_an_axis_of_samples_stays_lazy(da):
    def loaded(block):
        loads.append(len(block))
        return block

    loads = []
    x = da.from_array(np.arange(6.0), 2).map_blocks(loaded, dtype=float, meta=np.zeros(0))
    w = Value(2.0)
    compiled = compile(lambda x: w * x, parameters=[w], batched=True)
    values = compiled(x)
    assert loads == []
    close_to_scale(values, 2.0 * np.arange(6.0))
    assert loads == [2, 2, 2]
    _, gradients = compiled.value_and_grad(x)
    assert loads == [2, 2, 2]
    close_to_scale(gradients.arguments[0], np.full(6, 2.0))
    close_to_scale(gradients.parameters[0], np.arange(6.0))
    reduced = compile(lambda x: w * x, parameters=[w], batched=True, reduce="sum")
    assert reduced.value_and_grad(x)[1].parameters == [15.0]  # numbers are computed at once


def test_dask_errors_say_what_to_do(da):
    x = da.arange(4.0, chunks=2)
    with pytest.raises(ValueError, match="compile with batched=True"):
        compile(lambda x: x)(x)
    with pytest.raises(ValueError, match=r"argument 1 has chunks of unknown size: call its compute_chunk_sizes\(\)"):
        compile(lambda x: x, batched=True)(x[x > 1.0])
    with pytest.raises(ValueError, match=r"as many samples.* 4, 3"):
        compile(lambda x, y: x + y, batched=True)(x, np.zeros(3))
    with pytest.raises(ValueError, match="argument 2 needs an axis of samples"):
        compile(lambda x, y: x + y, batched=True)(x, 1.0)


def test_a_dask_batch_in_float32_is_computed_as_the_function_was_compiled(da):
    x = da.arange(4, chunks=2, dtype=np.float32)
    assert compile(al.exp, batched=True)(x).compute().dtype == np.float64
    lazy = compile(al.exp, batched=True, dtype="float32")(x)
    assert lazy.dtype == lazy.compute().dtype == np.float32


def square(x):
    return x * x + 1.0


def test_a_compiled_function_pickles_if_its_function_does():
    compiled = compile(square, batched=True)
    compiled([1.0])
    assert pickle.loads(pickle.dumps(compiled))([3.0]).tolist() == [10.0]
    model = nn.MLP(2, [2], rng=RNG)
    compiled = compile(model)
    copy = pickle.loads(pickle.dumps(compiled))
    close_to_scale(copy([0.5, 1.0]), compiled([0.5, 1.0]))
    copy.parameters[0].data += 1.0  # its own model
    assert copy([0.5, 1.0]) != compiled([0.5, 1.0])


# ---------------------------------------------------------------- Dask on several processes


@pytest.fixture
def cluster():
    """Two worker processes on this machine, as a client."""
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": "127.0.0.1:0"}
    with distributed.LocalCluster(host="127.0.0.1", **options) as cluster, distributed.Client(cluster) as client:
        yield client


def slow_block(block, folder):
    """Leave a trace and take a while."""
    with open(os.path.join(folder, f"{os.getpid()}-{time.monotonic_ns()}"), "w"):
        time.sleep(0.1)
    return block


def test_a_worker_killed_in_the_middle_changes_nothing(da, cluster, tmp_path):
    compiled, (x, y) = network("mlp")
    x, y = np.tile(x, (6, 1)), np.tile(y, (6, 1))
    expected, gradients = compiled.value_and_grad(x, y)
    slow = da.from_array(x, (1, 3)).map_blocks(slow_block, str(tmp_path), dtype=float, meta=np.zeros((0, 0)))
    results = []
    running = threading.Thread(target=lambda: results.append(compiled.value_and_grad(slow, y)))
    running.start()
    victim = None
    while victim is None:  # a worker that has done some chunks already, and has others to do
        assert running.is_alive()
        done = [int(name.split("-")[0]) for name in os.listdir(tmp_path)]
        victim = next((pid for pid in done if done.count(pid) >= 4), None)
    os.kill(victim, signal.SIGKILL)
    assert len(done) < len(x)
    running.join(timeout=120)
    ((value, slopes),) = results
    close_to_scale(value, expected)
    close_to_scale(slopes.parameters, gradients.parameters)
    close_to_scale(slopes.arguments[0], gradients.arguments[0])
    assert len(os.listdir(tmp_path)) > len(x)  # chunks that were lost were computed again


def test_a_lambda_need_not_travel_and_code_is_compiled_once_per_process(da, cluster):
    w = Value(2.0)
    lock = threading.Lock()  # which no pickle takes
    compiled = compile(lambda x: (w * x, lock)[0], parameters=[w], batched=True, reduce="sum")
    x = da.arange(40.0, chunks=2)
    cluster.run(count_executors)
    for _ in range(3):
        assert compiled.value_and_grad(x)[1].parameters == [780.0]
    assert set(cluster.run(executors_made).values()) == {1}


def count_executors():
    from autograd_lite.program.arrays import chunks

    made = chunks.made = []
    choose = chunks.choose
    chunks.choose = lambda *job: (made.append(job), choose(*job))[1]


def executors_made():
    from autograd_lite.program.arrays import chunks

    return len(chunks.made)


def test_an_operation_that_cannot_travel_says_so(da, cluster):
    opaque = Operation("opaque4", lambda x: x * x, lambda out, x: 2.0 * x)
    compiled = compile(opaque, batched=True, reduce="sum")
    with pytest.raises(TypeError, match="Could not serialize") as problem:
        compiled(da.arange(4.0, chunks=2))
    error, messages = problem.value, []
    while error is not None:
        messages.append(str(error))
        error = error.__cause__ or error.__context__
    assert any("user-defined operation 'opaque4'" in message for message in messages)
