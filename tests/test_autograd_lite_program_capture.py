"""A recording is what the function does on any numbers, or it is refused; nobody but the recording thread notices."""

from __future__ import annotations

import builtins
import cmath
import dataclasses
import functools
import gc
import math
import random
import signal
import statistics
import threading
import time
from collections import Counter

import numpy as np
import pytest
import scipy.special

import autograd_lite as al
import nn
from autograd_lite import Operation, Program, Value, compile, equal, grad, hessian, jacobian, sin, where
from autograd_lite.program import CaptureError

W = Value(2.0, "w")
HERE = "test_autograd_lite_program_capture.py"


def caught(f):
    """Return ``f`` in a try statement that takes another way where a number is asked for."""

    def tried(*xs):
        try:
            return f(*xs)
        except TypeError:
            return xs[0] * 1.0

    return tried


LOOKS = {
    "x == 0": (lambda x: x * 100 if x == 0.0 else x + 1, "a condition asked.*equal"),
    "x != 0": (lambda x: x * 100 if x != 0.0 else x + 1, "a condition asked"),
    "0 == x": (lambda x: x * 100 if x == 0 else x + 1, "a condition asked"),
    "x == y": (lambda x, y=None: x if x == x * 1.0 else -x, r"x == y asked.*write equal\(x, y\)"),
    "x == w": (lambda x: x if x == W else -x, r"x == y asked.*write equal\(x, y\)"),
    "w == 2": (lambda x: x * W if W == 2.0 else x, "a condition asked"),
    "in a tuple": (lambda x: x if x in (0.0, 1.0) else -x, "a condition asked"),
    "in a set": (lambda x: x if x in {0.0, 1.0} else -x, "look-up in a set or dict"),
    "in a dict": (lambda x: {0.0: x}.get(x, -x), "look-up in a set or dict"),
    "chained": (lambda x: x if 0 < x < 1 else -x, "a condition asked.*joined with & and |"),
    "and": (lambda x: x if x > 0 and x < 1 else -x, "a condition asked"),
    "not": (lambda x: x if not x > 0 else -x, "a condition asked"),
    "~": (lambda x: where(~(x > 0), x, -x), r"~condition was written.*the other way round, or equal\(condition, 0\)"),
    "sorted": (lambda x: sorted([x, x * 2])[0], "a condition asked"),
    "math": (lambda x: math.sqrt(x), "a function of math"),
    "floor": (lambda x: x * math.floor(x), "a function of math"),
    "cmath": (lambda x: x * cmath.exp(x).real, "a function of cmath"),
    "round": (lambda x: x * round(x), r"round\(x\)"),
    "int": (lambda x: x * int(x), r"int\(x\)"),
    "index": (lambda x: [x, x][x], r"an index asked.*use take\(table, x\)"),
    "range": (lambda x: sum(x for _ in range(x)), "an index asked"),
    "format": (lambda x: x * float(f"{x:.2f}"), r"format\(x\)"),
    "format without a spec": (lambda x: x if f"{x}" == "3" else -x, r"format\(x\)"),
    "str": (lambda x: x if str(x) == "3" else -x, r"str\(x\)"),
    "str of a parameter": (lambda x: x if str(W) == "3" else -x, r"str\(x\)"),
    "data": (lambda x: x * x.data, "data of this Value asked"),
    "grad": (lambda x: x * x.grad, "grad of this Value asked"),
    "w.data": (lambda x: x * W.data, "data of w asked"),
    "w.grad": (lambda x: x * W.grad, "grad of w asked"),
    "w.data set": (lambda x: setattr(W, "data", 3.0) or x * W, "data of w was set"),
    "w.grad set": (lambda x: setattr(W, "grad", 0.0) or x * W, "grad of w was set"),
    "backward": (lambda x: x.backward() or x, r"backward\(\) was called"),
    "another's": (lambda x: x * OTHER, "neither an argument nor among the parameters"),
    "max of an array": (lambda x: np.array([x, -x]).max(), "a condition asked"),
    "bool": (lambda x: x if bool(x) else -x, "a condition asked.*choose with where"),
    "float": (lambda x: float(x) * x, r"float\(x\).*leave float away"),
    "index of an array": (
        lambda x: np.array([1.0, 2.0])[x] * x,
        r"an index asked.*take\(table, x\) of autograd_lite, in place",
    ),
    "into an array": (lambda x: np.zeros(2).__setitem__(0, x), "dtype=object"),
    "a NumPy function": (
        lambda x: np.spacing(x),
        "NumPy function spacing was called, which has no line in the table",
    ),
    "a NumPy function of w": (lambda x: x * np.spacing(W), "the NumPy function spacing.*define an Operation"),
    "a SciPy function": (lambda x: scipy.special.jv(0.0, x), "function jv was called, which has no line in the table"),
    "statistics": (lambda x: statistics.fmean([x, x]), "a function of math"),
    "a dataclass in order": (lambda x: x if Ordered(x) < Ordered(2.0 * x) else -x, "x == y asked"),
    "reduce": (lambda x: functools.reduce(lambda a, b: a if a > b else b, [x, 2.0 * x]), "a condition asked"),
    "vectorize": (lambda x: np.vectorize(lambda t: t if t > 0.0 else -t)(np.array([x, x])).sum(), "a condition asked"),
}
OTHER = Value(1.0, "other")


@dataclasses.dataclass(order=True)
class Ordered:
    x: object


@pytest.mark.parametrize("name", LOOKS)
def test_what_a_recording_cannot_see_is_refused_with_the_users_line(name):
    f, message = LOOKS[name]
    with pytest.raises(CaptureError, match=rf"{HERE}, line \d+ \(.*\): .*{message}"):
        compile(f, parameters=[W])(0.0)
    assert (type(W), W.data, W.grad) == (Value, 2.0, 0.0)


@pytest.mark.parametrize("name", LOOKS)
def test_the_line_is_the_users_in_a_transform_that_is_compiled(name):
    f, message = LOOKS[name]
    for transform in (grad, jacobian, hessian):
        with pytest.raises(CaptureError, match=rf"^\S*{HERE}, line \d+ \(.*\): .*{message}"):
            compile(transform(f), parameters=[W])(0.0)


class Model:
    def forward(self, x):
        return x if x > 0 else -x

    __call__ = forward


WAYS = {
    "partial": functools.partial(lambda a, x: x if x > 0 else a * x, 2.0),
    "a method": Model().forward,
    "an object": Model(),
    "a list": [lambda x: x if x > 0 else -x][0],
    "vectorize": np.vectorize(lambda x: x if x > 0 else -x, otypes=[object]),
}


@pytest.mark.parametrize("name", WAYS)
def test_the_line_is_the_users_however_the_function_is_called(name):
    for f in (WAYS[name], grad(WAYS[name]), hessian(WAYS[name])):
        with pytest.raises(CaptureError, match=rf"^\S*{HERE}, line \d+ \(.*if x > 0 else.*a condition asked"):
            compile(f)(0.0)


def test_what_draws_random_numbers_in_a_transform_or_a_partial_is_named_by_its_line():
    def draws(a, x):
        return x * random.random()

    f = functools.partial(draws, 1.0)
    for compiled in (compile(f), compile(grad(f)), compile(grad(lambda x: draws(1.0, x)))):
        with pytest.raises(CaptureError, match=rf"^\S*{HERE}, line \d+: test_what_draws"):
            compiled(2.0)


@pytest.mark.parametrize("name", LOOKS)
def test_a_refusal_that_the_function_catches_is_a_refusal_all_the_same(name):
    f, message = LOOKS[name]
    with pytest.raises(CaptureError, match=message):
        compile(caught(f), parameters=[W])(0.0)


def test_the_line_is_that_of_the_user_where_a_library_asks():
    with pytest.raises(CaptureError, match=rf"{HERE}, line \d+ \(.*# HERE\)"):
        compile(lambda x: np.median(x))(np.array([1.0, 2.0]))  # HERE


def test_nothing_is_equal_to_a_number_that_is_none():
    assert compile(lambda x: x if x == "a" or x == None else 2 * x)(3.0) == 6.0  # noqa: E711
    assert compile(lambda x: 2 * x if x != "a" else x)(3.0) == 6.0


def test_parameters_are_themselves_alone_as_they_are_everywhere():
    other = Value(2.0)
    f = compile(
        lambda x: x * W if W in [other, W] and other != W and len({W, other}) == 2 else x, parameters=[W, other]
    )
    assert f(3.0) == 6.0


@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_a_comparison_with_a_number_chooses_in_where(backend):
    xs = [-1.0, 0.0, -0.0, 2.0]
    f = compile(lambda x: where(x == 0, 1.0, sin(x) / x), batched=True, backend=backend)
    y, gradients = f.value_and_grad(xs)
    true = [math.sin(x) / x if x else 1.0 for x in xs]
    slopes = [(x * math.cos(x) - math.sin(x)) / x**2 if x else 0.0 for x in xs]
    np.testing.assert_allclose(y, true, rtol=1e-14)
    np.testing.assert_allclose(gradients.arguments[0], slopes, rtol=1e-14)
    np.testing.assert_allclose(compile(lambda x: where(x != 0, sin(x) / x, 1.0), batched=True)(xs), true, rtol=1e-14)


def test_nan_is_equal_to_nothing():
    f = compile(lambda x: [where(x == x * 0 if False else equal(x, x), 1.0, 0.0), where(x != 3.0, 1.0, 0.0)])
    assert f(math.nan) == [0.0, 1.0]


CONDITIONS = {
    "and": lambda x: (x > -1) & (x <= 1),
    "or": lambda x: (x < -1) | (x == 2),
    "xor": lambda x: (x > 0) ^ (x > 1),
    "of three": lambda x: ((x > -2) & (x < 2)) | (x == 2.0) | (x > 100),
    "with a bool": lambda x: (x > 0) & True | False,
    "from the right": lambda x: np.True_ & (x > 0),
    "equality": lambda x: (x != 0.5) & (x >= 0.0),
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_conditions_joined_with_and_and_or_are_those_of_python(name):
    condition = CONDITIONS[name]
    xs = [-3.0, -1.0, 0.0, 0.5, 1.0, 1.5, 2.0, math.inf, math.nan]
    found = compile(lambda x: where(condition(x), 1.0, 0.0), batched=True)(xs)
    assert found.tolist() == [float(bool(condition(x))) for x in xs]
    if name in ("and", "xor", "with a bool"):
        assert [where(condition(Value(x)), 1.0, 0.0) for x in xs] == found.tolist()


def test_a_number_is_no_condition_to_join():
    with pytest.raises(TypeError, match="unsupported operand"):
        compile(lambda x: where((x > 0) & x, 1.0, 0.0))(1.0)


def test_a_label_may_be_set():
    def f(x):
        y = x * x
        y.label = "y"
        return y

    assert compile(f)(3.0) == 9.0


# ---------------------------------------------------------------- randomness and state


class Dropout(nn.Module):
    def __init__(self, rng):
        self.rng = rng

    def forward(self, xs):
        return al.sum_of([x * (self.rng.random() < 0.5) for x in xs])


def counting():
    calls = []

    def f(x):
        calls.append(1)
        return x * len(calls)

    return f


def growing():
    seen = []

    def f(x):
        seen.append(1)
        return [x] * len(seen)

    return f


CHANGING = {
    "random numbers": lambda: lambda x: x * random.random(),
    "NumPy's": lambda: lambda x: x * np.random.random(),
    "a counter": counting,
    "one more output": growing,
    "an operation of its own": lambda: lambda x: scaled(random.random())(x),
}


def scaled(factor):
    return Operation("scaled", lambda x: factor * x, lambda out, x: factor)


@pytest.mark.parametrize("name", CHANGING)
def test_what_is_not_the_same_when_called_again_is_refused(name):
    with pytest.raises(CaptureError, match=r"does something else when it is called again.*pass what was drawn"):
        compile(CHANGING[name]())(1.0)


def test_what_is_the_same_when_called_again_is_compiled():
    assert (
        compile(lambda x: [x * random.Random(0).random(), x * math.nan, x * -0.0])(1.0)[0] == random.Random(0).random()
    )
    assert compile(lambda x: scaled(3.0)(x))(2.0) == 6.0


@pytest.mark.parametrize("seed", range(12))
def test_two_masks_that_happen_to_be_equal_are_told_by_the_generator(seed):
    """A mask of two units is the same again one time in four."""
    rng = random.Random(seed)
    state, shared = rng.getstate(), random.getstate()
    for f in (Dropout(rng), lambda xs: Dropout(rng)(xs), lambda xs: xs[0] * (random.random() < 0.999999)):
        with pytest.raises(CaptureError, match="draws random numbers"):
            compile(f)([1.0, 2.0])
    assert rng.getstate() == state and random.getstate() == shared  # nothing was drawn


def test_training_with_a_random_mask_goes_node_by_node_with_one_warning():
    def trained(compiled):
        rng = random.Random(3)
        model = nn.Sequential(nn.Layer(2, 3, rng=rng), Dropout(rng))
        data = [[0.1 * i, -0.2 * i] for i in range(8)], [0.3 * i for i in range(8)]
        return nn.fit(model, data, loss="squared_error", epochs=2, compiled=compiled, progress=False).loss

    with pytest.warns(UserWarning, match=r"node by node.*draws random numbers.*pass what was drawn") as told:
        automatic = trained("auto")
    assert len(told) == 1 and automatic == trained(False)


def test_a_mask_passed_as_an_argument_is_drawn_anew_at_every_call():
    f = compile(lambda xs, mask: al.sum_of([x * m for x, m in zip(xs, mask)]))
    assert f([1.0, 2.0], [0, 1]) == 2.0 and f([1.0, 2.0], [1, 1]) == 3.0


# ---------------------------------------------------------------- threads and interrupts


def elsewhere(work):
    """Run ``work`` in another thread; return what it returned or raised."""
    found = []

    def run():
        try:
            found.append(work())
        except BaseException as problem:
            found.append(problem)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found[0]


def used(w):
    """Return all that a thread sees of a leaf."""
    y = (w * 3 + 2 / w - w**2 + w.tanh() * al.exp(w)) * Value(2.0) * w
    grads = al.gradient(y, [w])
    w.grad, before = 7.0, w.grad
    seen = [y.data, grads, w.data, w.grad, w > 1.0, w <= 1.0, bool(w), w == w, w in {w}, round(w), f"{w:.3f}", repr(w)]
    w.grad = before
    w.data = w.data
    return [*seen, repr(w.detach()), abs(-w).data, (+w).data, w == 2.0]


def test_a_recording_is_invisible_to_other_threads():
    w = Value(2.0, "w")
    seen = []

    def f(x):
        seen.append(elsewhere(lambda: used(w)))
        return w * x

    assert compile(f, parameters=[w])(3.0) == 6.0
    assert seen[0] == seen[1] == used(Value(2.0, "w"))
    assert isinstance(elsewhere(lambda: float(w)), TypeError)


def test_threads_train_and_read_while_others_compile():
    w = Value(2.0, "w")
    stop, problems = threading.Event(), Counter()

    def read():
        while not stop.is_set():
            try:
                y = w * 3.0 + w
                y.backward()
                problems["wrong"] += y.data != 8.0 or w.data != 2.0 or not w > 1.0
            except Exception as problem:
                problems[repr(problem)] += 1

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(60):
            assert compile(lambda x: w * x + w, parameters=[w], backend="numpy").program(1.0).names == ("x1", "w")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not +problems and type(w) is Value


def test_a_function_may_compile_and_call_another_while_it_is_recorded():
    w = Value(2.0, "w")
    other = compile(lambda x: x * 5.0)
    inner = compile(lambda x: w * x, parameters=[w])
    assert compile(lambda x: w * x * other(2.0), parameters=[w])(1.0) == 20.0
    squared = compile(lambda x: w * x * inner(2.0), parameters=[w])  # the number of w is not baked in
    assert squared.value_and_grad(1.0) == (8.0, ((8.0,), [8.0]))
    assert type(w) is Value and compile(lambda x: w * x, parameters=[w])(1.0) == 2.0


def test_two_threads_that_call_first_share_one_plan():
    for _ in range(20):
        w = Value(0.5)
        error = compile(lambda x, w=w: (w * x - 1.0) ** 2, parameters=[w], batched=True, reduce="mean", backend="numpy")
        trainer, barrier, results = error.trainer(lr=0.1), threading.Barrier(2), []

        def first(error=error, barrier=barrier, results=results):
            barrier.wait()
            results.append(float(error([1.0])))

        thread = threading.Thread(target=first)
        thread.start()
        barrier.wait()
        trainer.load([1.0])
        thread.join()
        assert [trainer.step([1.0]), *results] == [0.25, 0.25]


@pytest.fixture
def alarm_interrupts():
    """Let the alarm raise KeyboardInterrupt, as Ctrl-C does; inside a collector's callback it would be swallowed."""
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    gc.disable()
    yield
    gc.enable()
    signal.signal(signal.SIGALRM, before)


def test_an_interrupt_at_any_moment_of_a_recording_leaves_parameters_what_they_are(alarm_interrupts):
    ws = [Value(float(i)) for i in range(50)]
    interrupted = 0
    for k in range(150):
        f = compile(lambda x: al.sum_of([w * x for w in ws]), parameters=ws, backend="numpy")
        try:
            signal.setitimer(signal.ITIMER_REAL, 1e-5 + k * 4e-6)
            f.program(1.0)
            while True:  # it has not come yet; pause() would sleep for ever if it came to another thread
                time.sleep(1e-3)
        except KeyboardInterrupt:
            interrupted += 1
        assert {type(w) for w in ws} == {Value}
        y = ws[3] * 2.0  # not recorded any more
        assert type(y) is Value and y.scope is None
    assert f(1.0) == sum(range(50)) and interrupted


def test_the_repr_of_what_is_being_recorded_says_so():
    w, seen = Value(2.0, "w"), []
    compile(lambda x: seen.append((repr(x * w), repr(w))) or x * w, parameters=[w])(1.0)
    assert seen[0] == ("<being recorded: %2>", "<being recorded: w>")
    assert str(w) == repr(w) == f"{w}" == "Value(2, 'w')"


def test_a_long_line_is_cut_in_the_message_so_that_the_advice_is_in_sight(tmp_path):
    path = tmp_path / "long.py"
    path.write_text(f"def f(x):\n    return {' + '.join(['x'] * 60)} if x > 0 else -x\n")
    names = {}
    exec(builtins.compile(path.read_text(), str(path), "exec"), names)
    with pytest.raises(CaptureError, match=r"long\.py, line 2 \(return x \+ x .*…\): a condition asked"):
        compile(names["f"])(1.0)


def test_compiling_a_compiled_function_gives_the_same_function():
    assert compile(compile(lambda x: x * x)).value_and_grad(3.0) == (9.0, ((6.0,), []))


def test_labels_are_harmless_in_a_printed_program():
    x = Value(1.0, "\x1b[2Jx")
    assert str(Program.capture([x], [x * x])).startswith("%0 = ␛[2Jx\n")


@pytest.mark.parametrize("f", [lambda x: np.isnan(x).sum(), lambda x: np.linalg.solve(np.eye(2), x)])
def test_what_numpy_cannot_do_with_an_array_that_is_recorded_is_refused_with_the_line(f):
    with pytest.raises(
        CaptureError, match=r"capture\.py, line \d+ \(.*\): NumPy cannot do this with an array of numbers"
    ):
        compile(f)(np.ones(2))
    with pytest.raises(TypeError, match="a fault of the function"):
        compile(lambda x: raising(TypeError("a fault of the function")))(np.ones(2))


def raising(problem):
    raise problem
