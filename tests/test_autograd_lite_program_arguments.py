"""What goes into a compiled function and what comes out have the structure they have in Python."""

from __future__ import annotations

import math
import random
from collections import namedtuple
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import autograd_lite as al
import nn
from autograd_lite import Value, compile, grad
from autograd_lite.program.structure import NUMBER, build, size, structure
from autograd_lite.trees import flatten

Point = namedtuple("Point", "x y")
BACKENDS = ["numpy", "native"]

# ---------------------------------------------------------------- arrays


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_array_reaches_the_function_as_an_array(backend):
    double = compile(lambda x: x * 2, backend=backend)(np.array([1.0, 2.0]))
    assert isinstance(double, np.ndarray) and double.dtype == float and double.tolist() == [2.0, 4.0]
    assert compile(lambda x: x * 2, backend=backend)([1.0, 2.0]) == [1.0, 2.0, 1.0, 2.0]


A, B = np.array([[1.0, 2.0, -0.5], [0.5, -1.0, 3.0]]), np.array([[0.2, -0.4], [1.0, 0.5], [-0.3, 0.7]])
ON_ARRAYS = {
    "matrix product": (lambda a, b: a @ b, A @ B),
    "transpose and sum": (lambda a, b: (a.T + b).sum(axis=0), (A.T + B).sum(axis=0)),
    "functions": (lambda a, b: np.tanh(a) * np.exp(-a), np.tanh(A) * np.exp(-A)),
    "methods": (lambda a, b: (a.mean(), b.sum(), a.reshape(3, 2)), None),
    "indexing": (lambda a, b: a[:, 1:] * b[0], A[:, 1:] * B[0]),
    "broadcasting": (lambda a, b: a - a.mean(axis=1, keepdims=True), A - A.mean(axis=1, keepdims=True)),
    "powers": (lambda a, b: a**2 / (1.0 + a**2), A**2 / (1.0 + A**2)),
    "square root": (lambda a, b: np.sqrt(np.square(b)), abs(B)),
}


@pytest.mark.parametrize("name", ON_ARRAYS)
def test_what_numpy_does_with_arrays_is_recorded(name):
    f, expected = ON_ARRAYS[name]
    found = compile(f)(A, B)
    if expected is None:
        assert found[:2] == (pytest.approx(A.mean()), pytest.approx(B.sum())) and found[2].shape == (3, 2)
    else:
        assert found.shape == expected.shape and found.dtype == float
        np.testing.assert_allclose(found, expected, rtol=1e-14)


@pytest.mark.parametrize("batched", [False, True])
def test_gradients_have_the_shape_of_the_array(batched):
    f = compile(lambda a, v: (a @ v) @ (a @ v), batched=batched)
    v = np.array([1.0, -2.0, 0.5])
    value, gradients = f.value_and_grad(A[None], v[None]) if batched else f.value_and_grad(A, v)
    np.testing.assert_allclose(value, np.sum((A @ v) ** 2), rtol=1e-14)
    for found, expected in zip(gradients.arguments, [2 * np.outer(A @ v, v), 2 * A.T @ A @ v]):
        np.testing.assert_allclose(found, expected[None] if batched else expected, rtol=1e-14)


KINDS = {
    "integers": np.array([[1, 2, 3], [4, 5, 6]]),
    "bools": np.array([[True, False, True], [False, False, True]]),
    "float32": np.array([[0.5, 2, 3], [4, 5, 6]], np.float32),
    "a transpose": np.arange(6.0).reshape(3, 2).T,
    "every second": np.arange(12.0).reshape(2, 6)[:, ::2],
    "backwards": np.arange(6.0).reshape(2, 3)[::-1, ::-1],
    "big-endian": np.arange(6.0).reshape(2, 3).astype(">f8"),
    "objects": np.array([[1, Fraction(1, 2), 3.0], [4, 5, Decimal("0.25")]], object),
    "nan and inf": np.array([[math.nan, math.inf, 0.0], [1.0, -math.inf, -0.0]]),
    "one row": np.array([[1.0, 2.0, 3.0]]),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_arrays_of_any_kind_are_read_and_left_as_they_are(kind, batched, backend):
    x = KINDS[kind].copy() if kind in ("integers", "objects") else KINDS[kind]
    x.flags.writeable = False
    f = compile(lambda x: x * x + 3.0, batched=batched, backend=backend)
    y, gradients = f.value_and_grad(x)
    exact = np.array([[float(e) for e in row] for row in x])
    np.testing.assert_array_equal(y, exact * exact + 3.0)
    np.testing.assert_array_equal(gradients.arguments[0], 2.0 * exact)


def test_a_number_of_numpy_is_a_number():
    f = compile(lambda x: x * 2)
    for x in (np.float64(1.5), np.float32(1.5), np.array(1.5), Fraction(3, 2), Decimal("1.5")):
        y, gradients = f.value_and_grad(x)
        assert (y, float(gradients.arguments[0])) == (3.0, 2.0)
    assert f(True) == 2.0 and f(np.int8(3)) == 6.0 and f(10**400) == math.inf


def test_an_array_without_elements_is_an_array():
    assert compile(lambda x: x.sum() + 1.0)(np.zeros(0)) == 1.0
    value, gradients = compile(lambda x, y: x.sum() + y, batched=True).value_and_grad(np.zeros((2, 0)), [1.0, 2.0])
    assert value.tolist() == [1.0, 2.0] and gradients.arguments[0].shape == (2, 0)


# ---------------------------------------------------------------- structures


def test_dicts_and_named_tuples_keep_their_kind_on_the_way_in_and_out():
    def f(p, d):
        assert (type(p), type(d)) == (Point, dict)
        return Point(p.x * d["a"], {"b": [p.y, d["c"][0]]})

    value, gradients = compile(f).value_and_grad(Point(2.0, 3.0), {"a": 5.0, "c": (7.0,)})
    assert value == Point(10.0, {"b": [3.0, 7.0]}) and type(value) is Point
    assert gradients.arguments == (Point(5.0, 1.0), {"a": 2.0, "c": (1.0,)})
    assert type(gradients.arguments[0]) is Point


def test_lists_and_tuples_are_told_apart():
    kind = compile(lambda x: 1.0 if isinstance(x, tuple) else 2.0)
    assert [kind([1.0, 2.0]), kind((1.0, 2.0)), kind([1.0, 2.0])] == [2.0, 1.0, 2.0]


def test_uneven_lists_that_hold_arrays_are_what_they_are():
    f = compile(lambda x: x[0] @ x[1][0] + x[1][1])
    v = np.array([1.0, 2.0])
    value, gradients = f.value_and_grad([v, (v, 3.0)])
    assert value == 8.0 and type(gradients.arguments[0][1]) is tuple
    assert gradients.arguments[0][0].tolist() == [1.0, 2.0] and gradients.arguments[0][1][1] == 1.0


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_batch_of_dicts_and_named_tuples_has_the_samples_in_each_part(backend):
    f = compile(lambda p: Point(p.x * p.y["v"][1], p.x), batched=True, backend=backend)
    batch = Point([1.0, 2.0, 3.0], {"v": np.array([[0.0, 4.0], [0.0, 5.0], [0.0, 6.0]])})
    value, gradients = f.value_and_grad(batch)
    assert type(value) is Point and value.x.tolist() == [4.0, 10.0, 18.0] and value.y.tolist() == [1.0, 2.0, 3.0]
    (slopes,) = gradients.arguments
    assert slopes.x.tolist() == [5.0, 6.0, 7.0] and slopes.y["v"].tolist() == [[0.0, 1.0], [0.0, 2.0], [0.0, 3.0]]


def test_the_samples_of_a_list_keep_their_kind():
    f = compile(lambda p: p.x - p.y, batched=True)
    assert f([Point(1.0, 2.0), Point(5.0, 3.0)]).tolist() == [-1.0, 2.0]


OUTPUTS = {
    "a number": (lambda x: x, lambda y: y.shape == (4,)),
    "a list": (lambda x: [x, 2 * x, 1.0], lambda y: y.shape == (4, 3)),
    "a tuple": (lambda x: (x, 2 * x), lambda y: y.shape == (4, 2)),
    "a list of lists": (lambda x: [[x, 2 * x, x], [x, x, x]], lambda y: y.shape == (4, 2, 3)),
    "an array": (lambda x: np.array([[x, 2 * x]]), lambda y: y.shape == (4, 1, 2)),
    "a tuple of lists": (lambda x: ([x, x], x), lambda y: type(y) is tuple and [e.shape for e in y] == [(4, 2), (4,)]),
    "a dict": (lambda x: {"a": [x, x], "b": x}, lambda y: [y["a"].shape, y["b"].shape] == [(4, 2), (4,)]),
    "a named tuple": (lambda x: Point(x, x), lambda y: type(y) is Point and y.y.shape == (4,)),
    "a list of one": (lambda x: [x], lambda y: y.shape == (4, 1)),
}  # fmt: skip


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", OUTPUTS)
def test_the_outputs_of_a_batch_are_one_array(name, backend):
    f, has_structure = OUTPUTS[name]
    xs = [0.5, 1.0, 2.0, 4.0]
    compiled = compile(f, batched=True, backend=backend)
    for y in (compiled(xs), compiled.value_and_grad(xs)[0]):
        assert has_structure(y)
        parts = list(y.values()) if isinstance(y, dict) else y if isinstance(y, tuple) else [y]
        for i, x in enumerate(xs):
            assert flatten([part[i] for part in parts]) == flatten(f(x))


def test_accuracy_takes_the_outputs_of_a_batch():
    model = nn.MLP(2, [3], rng=random.Random(0))
    xs = [[random.Random(i).uniform(-1, 1), 0.5] for i in range(10)]
    outputs = compile(model, batched=True)(xs)
    labels = [nn.metrics.predicted_class([y.data for y in model(x)]) for x in xs]
    assert nn.accuracy(outputs.tolist(), labels) == 1.0


def test_a_batch_of_one_is_a_batch():
    value, gradients = compile(lambda x: [x[0], x[0] * x[1]], batched=True).value_and_grad([[2.0, 3.0]])
    assert value.tolist() == [[2.0, 6.0]] and gradients.arguments[0].tolist() == [[4.0, 2.0]]


def test_structures_are_compared_and_rebuilt():
    tree = {"a": [1.0, (2.0, Point(3.0, np.array([[4.0, 5.0]])))], "b": [[1.0], [2.0]], "c": []}
    form = structure(tree)
    assert size(form) == 7 and hash(form) == hash(structure(tree))
    assert structure([1.0]) != structure((1.0,)) != structure(np.ones(1)) != structure([1.0])
    assert structure({"a": 1.0, "b": 2.0}) != structure({"b": 1.0, "a": 2.0}) and structure("x") == NUMBER
    again = build(form, iter(flatten(tree)), lambda numbers, shape: np.reshape(numbers, shape))
    assert repr(again) == repr(tree)


# ---------------------------------------------------------------- refused

BAD = {
    "None": (None, TypeError, "argument 1 must be a number.*got None"),
    "text": ("3", TypeError, "argument 1 must be a number.*the text '3'"),
    "text in a list": ([1.0, "3"], TypeError, r"argument 1\[1\] must be a number.*the text '3'"),
    "None in a dict": ({"a": [0.0, None]}, TypeError, r"argument 1\['a'\]\[1\] must be a number.*got None"),
    "a field": (Point(None, 1.0), TypeError, r"argument 1\.x must be a number.*got None"),
    "complex": (np.array([1j, 2.0]), TypeError, r"argument 1\[0\] must be a number.*real"),
    "text array": (np.array(["a", "b"]), TypeError, r"argument 1\[0\] must be a number.*text 'a'"),
    "an object": ([object()], TypeError, r"argument 1\[0\] must be a number.*got object"),
}


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize("name", BAD)
def test_what_is_no_number_is_refused_with_its_place(name, batched):
    argument, error, message = BAD[name]
    compiled = compile(lambda x: 6.0, batched=batched)
    for call in (compiled, compiled.value_and_grad, compiled.program):
        with pytest.raises(error, match=message):
            call(argument)


BAD_BATCHES = {
    "a number": (1.0, "argument 1 needs an axis of samples in front, got a number"),
    "a number in a dict": ({"a": 1.0}, r"argument 1\['a'\] needs an axis of samples"),
    "nothing": ([], "as many samples, and at least one; got 0"),
    "an empty dict": ({}, "got an empty dict"),
    "uneven samples": ([[1.0], [1.0, 2.0]], "argument 1: the samples must all have one structure"),
    "parts of different lengths": ({"a": [1.0], "b": [1.0, 2.0]}, "argument 1: every part must have as many samples"),
}


@pytest.mark.parametrize("name", BAD_BATCHES)
def test_what_is_no_batch_is_refused(name):
    argument, message = BAD_BATCHES[name]
    with pytest.raises(ValueError, match=message):
        compile(lambda x: 6.0, batched=True)(argument)


@pytest.mark.parametrize("result", [None, "a", [], {}, [1.0, None], [[]]])
def test_a_function_that_returns_no_number_is_refused(result):
    with pytest.raises(TypeError, match="the function must return"):
        compile(lambda x: result)(1.0)


def test_the_number_of_arguments_is_that_of_the_function():
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'y'"):
        compile(lambda x, y: x)(1.0)


OPTIONS = {
    "no function": (lambda: compile(3.0), TypeError, "f must be a function"),
    "batched": (
        lambda: compile(abs, batched="yes"),
        TypeError,
        "batched must be True, False or one of them for each argument, got 'yes'",
    ),
    "has_aux": (lambda: compile(abs, has_aux=1), TypeError, "has_aux must be True or False, got 1"),
    "backend": (lambda: compile(abs, backend="cuda"), ValueError, "backend must be 'auto', 'numpy' or 'native'"),
    "dtype": (lambda: compile(abs, dtype="foo"), ValueError, "dtype must be 'float64' or 'float32', got 'foo'"),
    "reduce": (lambda: compile(abs, batched=True, reduce="max"), ValueError, "reduce must be 'mean', 'sum' or None"),
    "numbers": (lambda: compile(abs, parameters=[1.0]), TypeError, "parameters must be leaf Values.*got 1.0"),
    "a model": (lambda: compile(abs, parameters=nn.MLP(1, [1])), TypeError, r"of a model: model.parameters\(\)"),
    "a generator": (lambda: compile(abs, parameters=iter([Value(1.0)])), TypeError, "parameters must be leaf Values"),
    "twice": (lambda: compile(abs, parameters=[W, Value(0.0), W]), ValueError, "parameters 0 and 2 are one Value"),
    "lr nan": (lambda: compile(abs).trainer(lr=math.nan), ValueError, "lr must be a number, 0 or larger, got nan"),
    "lr negative": (lambda: compile(abs).trainer(lr=-1), ValueError, "lr must be a number, 0 or larger, got -1"),
    "lr text": (lambda: compile(abs).trainer(lr="1"), ValueError, "lr must be a number, 0 or larger, got '1'"),
    "an aux": (lambda: compile(abs, has_aux=True)(1.0), TypeError, r"must return \(value, others\)"),
    "an evaluator": (lambda: compile(abs).evaluator(None), TypeError, "argument 1 must be a number"),
}
W = Value(1.0, "w")


@pytest.mark.parametrize("name", OPTIONS)
def test_options_out_of_range_are_refused_by_name(name):
    call, error, message = OPTIONS[name]
    with pytest.raises(error, match=message):
        call()


# ---------------------------------------------------------------- many structures


def test_a_function_remembers_64_structures_and_the_used_ones_longest():
    recorded = set()

    def f(xs):
        recorded.add(len(xs))
        return al.sum_of(xs)

    compiled = compile(f, backend="numpy")
    for n in range(1, 80):
        assert compiled([1.0] * n) == n and compiled([1.0]) == 1.0
    recorded.clear()
    for n in (1, 79, 17, 16):  # 1, and the 63 that were used last, are remembered
        compiled([1.0] * n)
    assert recorded == {16}


def test_a_trainer_goes_on_when_its_structure_was_forgotten():
    w = Value(0.0)
    f = compile(lambda x: al.sum_of([(w * e - 1.0) ** 2 for e in x]), parameters=[w], batched=True, reduce="mean")
    trainer = f.trainer(lr=0.1)
    trainer.step([[1.0]])
    for n in range(2, 70):
        f.program([[1.0] * n])
    assert trainer.step([[1.0]]) == pytest.approx(0.64)
    assert trainer.value([[1.0]]) == pytest.approx(0.4096)


def test_the_gradient_agrees_with_the_engine_in_a_dict():
    f = lambda p: p["w"] * al.sin(p["x"][0])
    point = {"w": 2.0, "x": [0.7]}
    assert flatten(compile(f).value_and_grad(point)[1].arguments[0]) == pytest.approx(flatten(grad(f)(point)))


def test_a_masked_array_and_a_setting_are_refused_with_the_way_out():
    with pytest.raises(TypeError, match=r"argument 1: numbers under a mask are not there; pass x.compressed\(\)"):
        compile(lambda x: x.sum())(np.ma.array([1.0, 2.0], mask=[False, True]))
    with pytest.raises(TypeError, match=r"argument 2 must be a number.*compile\(functools.partial\(f, setting="):
        compile(lambda x, how: x)(1.0, None)
