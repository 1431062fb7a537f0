"""A row of a table by a number that is a node: ``take``, ``choose``, and what they are compiled to."""

import itertools
import math
import random

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import Value, choose, compile, dot, grad, gradient, hessian, take
from autograd_lite.program import Program
from autograd_lite.program.capture import capture
from autograd_lite.program.run import choose as back_ends
from tests.comparing import close
from tests.test_autograd_lite_program_exports import compiled_c, gcc, run_onnx, run_python

inf, nan = math.inf, math.nan
N, SIZE, LENGTH = 7, 3, 4
RNG = random.Random(3)
NUMBERS = [[RNG.gauss(0.0, 1.0) for _ in range(SIZE)] for _ in range(N)]
FACTORS = [[RNG.gauss(0.0, 1.0) for _ in range(SIZE)] for _ in range(LENGTH)]
TOKENS = [[RNG.randrange(N) for _ in range(LENGTH)] for _ in range(5)] + [[2] * LENGTH]


def loss(table, tokens, look=take):
    """Every number of every row counts, and another one each: Σ tanh(factor · number)."""
    rows = [look(table, token) for token in tokens]
    return al.sum_of([al.tanh(c * x) for cs, row in zip(FACTORS, rows) for c, x in zip(cs, row)])


def by_one_hot(table, token):
    """The way round that needs no ``choose``: the dot product of a column with a 1 among zeros."""
    return [dot([float(i == token) for i in range(len(table))], list(column)) for column in zip(*table)]


def values_of(numbers=NUMBERS):
    return [[Value(x) for x in row] for row in numbers]


def truth(samples=TOKENS):
    """Value of each sample, and the gradient of their sum to the table, from PyTorch."""
    torch = pytest.importorskip("torch")
    table = torch.tensor(NUMBERS, dtype=torch.float64, requires_grad=True)
    rows = torch.nn.functional.embedding(torch.tensor(samples), table)
    each = torch.tanh(torch.tensor(FACTORS, dtype=torch.float64) * rows).sum((1, 2))
    each.sum().backward()
    return each.detach().numpy(), table.grad.numpy()


# ---------------------------------------------------------------- node by node


def test_of_a_plain_number_it_is_the_row_itself():
    table = values_of()
    assert take(table, 2) is table[2] and take(table, 2.0) is table[2] and take(table, np.int64(2)) is table[2]
    assert take([10.0, 20.0], 1) == 20.0


@pytest.mark.parametrize("kind", [int, Value])
def test_values_and_gradients_are_those_of_the_one_hot_dot_and_of_pytorch(kind):
    each, of_table = truth()
    table, other = values_of(), values_of()
    losses = [loss(table, map(kind, sample)) for sample in TOKENS]
    al.backward(losses)
    al.backward([loss(other, sample, by_one_hot) for sample in TOKENS])
    close([y.data for y in losses], each)
    for row, same_row, slopes in zip(table, other, of_table):
        close([x.grad for x in row], slopes)
        close([x.grad for x in row], [x.grad for x in same_row])


def test_a_row_keeps_its_structure():
    table = [{"w": [Value(1.0), Value(2.0)], "b": Value(3.0)}, {"w": [Value(4.0), Value(5.0)], "b": Value(6.0)}]
    row = take(table, Value(1.0))
    assert list(row) == ["w", "b"] and [x.data for x in row["w"]] == [4.0, 5.0] and row["b"].data == 6.0
    array = take(np.array(NUMBERS), Value(3.0))
    assert array.shape == (SIZE,) and [x.data for x in array] == NUMBERS[3]


def test_what_is_not_chosen_gets_no_gradient_be_it_inf_or_nan():
    x, y, z = Value(2.0), Value(0.0), Value(-1.0)
    out = choose(Value(0.0), x * x, y.log(), z.sqrt())
    out.backward()
    assert out.data == 4.0 and (x.grad, y.grad, z.grad) == (4.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("index", "expected"),
    [(0.0, 10.0), (-0.0, 10.0), (0.4, 10.0), (0.5, 10.0), (0.6, 20.0), (1.5, 30.0), (2.5, 30.0), (-0.4, 10.0)],
)
def test_choose_rounds_its_index_half_to_even(index, expected):
    assert choose(index, 10.0, 20.0, 30.0) == expected


@pytest.mark.parametrize("index", [-1.0, 2.6, 3.0, inf, -inf, nan, 1e300])
def test_choose_is_nan_where_there_is_nothing_to_choose_and_no_gradient_flows(index):
    xs = [Value(10.0), Value(20.0), Value(30.0)]
    y = choose(index, *xs)
    y.backward()
    assert math.isnan(y.data) and [x.grad for x in xs] == [0.0] * 3


@pytest.mark.parametrize(
    ("index", "error", "message"),
    [
        (-1, IndexError, "one of 0 … 2, as the table has 3 row"),
        (3, IndexError, "got 3"),
        (Value(3.0), IndexError, "one of 0 … 2"),
        (1.5, TypeError, "whole number, got 1.5"),
        (Value(1.5), TypeError, "whole number, got 1.5"),
        (nan, TypeError, "whole number, got nan"),
        (inf, TypeError, "whole number, got inf"),
        (True, TypeError, "whole number, got True"),
        ("1", TypeError, "take: the index: expected a number, got the text '1'"),
        ([1], TypeError, "take: the index: expected one number, got list"),
    ],
)
def test_a_wrong_index_is_refused(index, error, message):
    with pytest.raises(error, match=message):
        take([1.0, 2.0, 3.0], index)


def test_rows_of_different_structures_are_refused():
    with pytest.raises(ValueError, match="row 1 of the table: expected a list of 2, got a list of 1"):
        take([[1.0, 2.0], [1.0]], Value(1.0))


def test_second_derivatives_are_those_of_the_chosen():
    f = lambda i, x, y: choose(i, x**3, x * y, y**2)
    for i, expected in ((0.0, [[12.0, 0.0], [0.0, 0.0]]), (1.0, [[0.0, 1.0], [1.0, 0.0]])):
        found = hessian(lambda x, y: f(i * x / x, x, y))(2.0, 5.0)
        close(found, expected)
        close(compile(hessian(lambda x, y: f(i * x / x, x, y)))(2.0, 5.0), expected)


# ---------------------------------------------------------------- compiled

KINDS = pytest.mark.parametrize("backend", ["numpy", "native", "auto"])


@pytest.fixture(params=["spelled out", "too large to spell out"])
def size(request, monkeypatch):
    if request.param != "spelled out":
        for limit in ("SPELLED_OUT", "SPELLED_OUT_AT_ONE_POINT"):
            monkeypatch.setattr(back_ends, limit, 0)


@KINDS
def test_a_compiled_batch_is_what_pytorch_computes(backend, size):
    each, of_table = truth()
    table = values_of()
    for reduce, expected, share in ((None, each, 1.0), ("sum", each.sum(), 1.0), ("mean", each.mean(), 1 / len(each))):
        compiled = compile(
            lambda tokens: loss(table, tokens), parameters=table, batched=True, reduce=reduce, backend=backend
        )
        close(compiled(TOKENS), expected)
        values, slopes = compiled.value_and_grad(TOKENS)
        close(values, expected)
        if reduce is None:  # the gradient of each sample
            each_table = np.moveaxis(np.array(slopes.parameters), -1, 0)
            for sample, found in zip(TOKENS, each_table):
                np.testing.assert_allclose(found, truth([sample])[1], rtol=1e-12, atol=1e-15)
        else:
            close(slopes.parameters, of_table * share)
        close(slopes.arguments[0], np.zeros(np.shape(TOKENS)))


@KINDS
def test_a_compiled_point_is_what_pytorch_computes(backend, size):
    table = values_of()
    compiled = compile(lambda tokens: loss(table, tokens), parameters=table, backend=backend)
    for sample in TOKENS:
        (each,), of_table = truth([sample])
        value, slopes = compiled.value_and_grad(sample)
        close([compiled(sample), value], [each, each])
        close(slopes.parameters, of_table)


@KINDS
@pytest.mark.parametrize("of", ["arguments", "computed"])
def test_a_table_of_each_sample_and_one_that_is_computed(backend, of, size):
    """The table is an argument, so that each sample has its own; or every row of it depends on parameters."""
    w = Value(0.7)
    computed = lambda table: table if of == "arguments" else [[al.sin(w * x) for x in row] for row in table]
    f = lambda table, tokens: loss(computed(table), tokens) * w
    tables = np.random.default_rng(1).normal(size=(len(TOKENS), N, SIZE))
    compiled = compile(f, parameters=[w], batched=True, backend=backend)
    values, slopes = compiled.value_and_grad(tables, TOKENS)
    of_w = []
    for value, of_table, table, tokens in zip(values, slopes.arguments[0], tables, TOKENS):
        leaves = values_of(table)
        y = f(leaves, tokens)
        expected = gradient(y, [leaves, w])
        assert value == pytest.approx(y.data, rel=1e-13)
        np.testing.assert_allclose(of_table, expected[0], rtol=1e-12, atol=1e-15)
        of_w.append(expected[1])
    np.testing.assert_allclose(slopes.parameters[0], of_w, rtol=1e-12)


@KINDS
def test_indices_and_columns_of_each_sample_beside_those_that_all_share(backend, size):
    """Each of two indices in each of two columns, one of each kind: four ways, of which no two are one call."""
    shared = [Value(1.0), Value(2.0), Value(3.0)]
    index = Value(2.0)
    f = lambda i, xs: [choose(k, *column) * (1.0 + j) for j, k in enumerate((i, index)) for column in (xs, shared)]
    compiled = compile(f, parameters=[index, *shared], batched=True, reduce="sum", backend=backend)
    values, slopes = compiled.value_and_grad([0, 1], [[10.0, 20.0, 30.0], [40.0, 50.0, 60.0]])
    close(values, [60.0, 3.0, 180.0, 12.0])
    close(slopes.arguments[1], [[1.0, 0.0, 2.0], [0.0, 1.0, 2.0]])
    assert slopes.parameters == [0.0, 1.0, 1.0, 4.0]


def test_one_index_of_all_samples_in_tables_of_their_own():
    index = Value(1.0)
    f = lambda xs: al.exp(choose(index, *xs))
    xs = np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]])
    values, slopes = compile(f, parameters=[index], batched=True, backend="numpy").value_and_grad(xs)
    close(values, np.exp(xs[:, 1]))
    close(slopes.arguments[0], [[0.0, y, 0.0] for y in np.exp(xs[:, 1])])
    close(slopes.parameters, [[0.0, 0.0]])


@KINDS
def test_an_infinite_row_beside_the_chosen_one_does_no_harm(backend, size):
    table = [Value(x) for x in (1.0, inf, nan, -inf, 2.0)]
    compiled = compile(lambda i: choose(i, *table) * 3.0, parameters=table, batched=True, reduce="sum", backend=backend)
    value, slopes = compiled.value_and_grad([0, 4, 4])
    assert value == 15.0 and slopes.parameters == [3.0, 0.0, 0.0, 0.0, 6.0]


@KINDS
def test_an_index_that_is_computed_is_rounded_and_nan_where_there_is_no_such_row(backend, size):
    table = [Value(10.0), Value(20.0), Value(30.0)]
    f = lambda i: choose(i * 0.5, *table)
    compiled = compile(f, parameters=table, batched=True, backend=backend)
    values, slopes = compiled.value_and_grad([0.0, 0.9, 1.0, 1.1, 3.0, 4.0, 5.0, 5.5, -0.9, -2.0, inf, nan])
    close(values, [10.0, 10.0, 10.0, 20.0, 30.0, 30.0, 30.0, nan, 10.0, nan, nan, nan])
    assert np.sum(slopes.parameters, -1).tolist() == [4.0, 1.0, 3.0]


@pytest.mark.parametrize("wrong", [-1, N, 1.5, nan, inf])
def test_an_argument_that_is_no_index_is_refused_by_its_name(wrong):
    table = values_of()
    f = lambda x, tokens: loss(table, tokens) * x
    with pytest.raises(IndexError, match=rf"x2\[1\] is the index of a table of 7 row.*0 … 6, got {wrong:g}$"):
        compile(f, parameters=table)(1.0, [0, wrong, 2, 3])
    batch = compile(f, parameters=table, batched=True, reduce="mean")
    with pytest.raises(IndexError, match=r"x2\[1\].* in sample 1"):
        batch([1.0, 1.0], [[0, 1, 2, 3], [0, wrong, 2, 3]])
    trainer = batch.trainer(lr=0.1)
    with pytest.raises(IndexError, match="x2"):
        trainer.step([1.0, 1.0], [[0, 1, 2, 3], [0, wrong, 2, 3]])


@pytest.mark.parametrize("transform", [grad, hessian, lambda f: al.jacobian(f)])
def test_transforms_and_the_compiler_compose(transform):
    f = lambda tokens, table: loss(table, tokens)
    of_table = transform(lambda table, tokens: loss(table, tokens))
    expected, found = (g(NUMBERS, TOKENS[0]) for g in (of_table, compile(of_table)))
    np.testing.assert_allclose(np.array(found), np.array(expected), rtol=1e-12, atol=1e-14)
    assert f(TOKENS[0], NUMBERS) == compile(f)(TOKENS[0], NUMBERS)


@pytest.mark.parametrize("library", ["jax.numpy", "torch"])
def test_on_arrays_of_other_libraries(library):
    xp = pytest.importorskip(library)
    if library == "jax.numpy":
        pytest.importorskip("jax").config.update("jax_enable_x64", True)
    each, of_table = truth()
    table = values_of()
    compiled = compile(lambda tokens: loss(table, tokens), parameters=table, batched=True)
    values, slopes = compiled.value_and_grad(xp.asarray(np.array(TOKENS, float)))
    close(np.asarray(values), each)
    np.testing.assert_allclose(np.sum(np.asarray(slopes.parameters, float), -1), of_table, rtol=1e-12)


def test_in_single_precision():
    each, of_table = truth()
    table = values_of()
    compiled = compile(lambda tokens: loss(table, tokens), parameters=table, batched=True, dtype="float32")
    values, slopes = compiled.value_and_grad(TOKENS)
    close(values, each, 1e-5)
    np.testing.assert_allclose(np.sum(slopes.parameters, -1), of_table, rtol=1e-4, atol=1e-6)


def test_numpy_gathers_and_scatters_in_a_few_calls_however_many_rows_there_are():
    """27 · 16 numbers looked up in 16 places: no call for each row, each place or each column."""
    counts = []
    for n in (27, 54):
        table = values_of([[0.01 * i * j for j in range(16)] for i in range(n)])
        f = lambda tokens: al.sum_of([al.tanh(x) for t in tokens for x in take(table, t)])
        compiled = compile(f, parameters=table, batched=True, reduce="sum", backend="numpy")
        compiled.value_and_grad(np.arange(64).reshape(4, 16) % n)
        counts.append(compiled.report().splitlines()[-1])
    assert counts[0] == counts[1]
    assert "1 choose" in counts[0] and "1 batch_scatter" in counts[0] and "where" not in counts[0]
    calls = int(counts[0].split("value and gradient in ")[1].split(" ")[0])
    assert calls <= 10


# ---------------------------------------------------------------- exported


def program(batched):
    inputs = [0.0] * LENGTH, NUMBERS
    return capture(lambda tokens, table: loss(table, tokens), inputs, batched=batched)[0]


def expected_everywhere():
    for tokens in TOKENS:
        table = values_of()
        y = loss(table, tokens)
        yield y.data, [0.0] * LENGTH + list(itertools.chain(*gradient(y, table)))


@gcc
def test_in_c_a_table_is_an_array(tmp_path):
    call = compiled_c(program(False), tmp_path)
    text = (tmp_path / "program.c").read_text()
    assert text.count("[] = {") == SIZE  # one for each column, whatever is looked up in it
    for tokens, (value, slopes) in zip(TOKENS, expected_everywhere()):
        (found,), found_slopes = call([*tokens, *itertools.chain(*NUMBERS)])
        close(found, value)
        np.testing.assert_allclose(found_slopes, slopes, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("target", ["python", "onnx"])
def test_in_python_and_onnx(target, tmp_path):
    written = program(True)
    run = run_python(written) if target == "python" else run_onnx(written, tmp_path)
    tables = np.tile(np.ravel(NUMBERS), (len(TOKENS), 1))
    values, slopes = run(np.array(TOKENS, float), tables)
    for i, (value, expected) in enumerate(expected_everywhere()):
        close(values[i], value)
        np.testing.assert_allclose(np.concatenate([rows[i] for rows in slopes]), expected, rtol=1e-12, atol=1e-15)


def test_a_constant_index_is_folded():
    x, y = Value(1.0, "x"), Value(2.0, "y")
    assert str(Program.capture([x, y], [choose(1.0, x, y) * x])).splitlines()[-2] == "%2 = %1 × %0"
    assert math.isnan(Program.capture([x], [choose(2.0, x, y)]).evaluate([1.0])[0])
