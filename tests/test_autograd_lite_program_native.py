"""Machine code against mpmath and the table: every operation, lane count and kind of processor."""

import ctypes
import gc
import itertools
import math
import os
import platform
import random
import struct
import subprocess
import sys
import threading
import time
import weakref
from functools import cache

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import Value, compile, ops, tanh
from autograd_lite.program.passes import lower
from autograd_lite.program.run import native
from autograd_lite.program.run.job import Job
from autograd_lite.program.run.native.body import ATTRIBUTES, Body
from autograd_lite.program.run.native.elementary import HELPERS, PAIRS, TRIG_RANGE
from autograd_lite.program.run.native.functions import emit_operation, emit_pair, link, writes
from autograd_lite.program.run.native.jit import compile_module, native_lanes
from autograd_lite.program.run.native.kernel import has_code
from autograd_lite.program.run.native.registers import Register, value
from autograd_lite.program.structure import NUMBER
from tests.comparing import ulps
from tests.strategies import EDGES, EXTREMES

inf, nan, MAX = math.inf, math.nan, sys.float_info.max
LANES = (1, 2, 4, 8)
# This processor, and where it is an x86: one with SSE2 alone, without fused multiply-add, and one with AVX2.
CPUS = [None] + ["x86-64"] * (platform.machine() in ("x86_64", "AMD64")) + ["x86-64-v3"] * (native_lanes() >= 4)
FIXED = [op for op in ops.TABLE.values() if op.arity > 0]
POWERS = [ops.power(float(n)) for n in range(-6, 11)] + [ops.power(n) for n in (0.5, -0.5, 1.5, 1 / 3, 2.5, 100.0, inf)]

THRESHOLDS = [  # around the branches of the approximations
    1.0 - 2.0**-53, 1.0 + 2.0**-52, -1.0 + 2.0**-53, 709.78, 709.79, 710.4758, 710.476, -708.4, -740.0, -745.1, -745.2,
    1e-8, -1e-8, 1e-200, math.pi / 2, 1e5, -1e5, math.nextafter(1e5, inf), 1e22, 2.0**52, 2.0**53, math.sqrt(0.5),
    math.sqrt(2.0),
]  # fmt: skip
POINTS = [*EDGES, *EXTREMES, *THRESHOLDS]


def loop(name, lanes, emit, arity):
    """Return the function ``name(n, x..., y)`` that applies ``emit`` to arrays, and its body."""
    b = Body(lanes)
    operands = [b.emit(f"load {b.vector}, ptr %p{i}, align 8") for i in range(arity)]
    y = emit(b, *operands)
    arguments = "".join(f", ptr %x{i}" for i in range(arity))
    places = "\n".join(f"  %p{i} = getelementptr double, ptr %x{i}, i64 %i" for i in range(arity))
    text = f"""define void @{name}(i64 %n{arguments}, ptr %y) {ATTRIBUTES} {{
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %loop ]
{places}
{b.text()}
  %q = getelementptr double, ptr %y, i64 %i
  store {b.vector} {y}, ptr %q, align 8
  %next = add i64 %i, {lanes}
  %more = icmp ult i64 %next, %n
  br i1 %more, label %loop, label %end
end:
  ret void
}}"""
    return text, b


class Arrays:
    """A compiled module of loops: ``call(name, xs, ...)`` gives an array."""

    def __init__(self, loops, lanes, **how):
        """``loops`` maps a name to (emit, arity)."""
        pairs = [loop(name, lanes, emit, arity) for name, (emit, arity) in loops.items()]
        self.lanes = lanes
        self.module = compile_module(link([text for text, _ in pairs], [b for _, b in pairs]), **how)

    def __call__(self, name, *arrays):
        n = len(arrays[0])
        # the last block is filled up with the last element
        padded = [np.pad(np.asarray(a, dtype=float), (0, -n % self.lanes), mode="edge") for a in arrays]
        y = np.empty_like(padded[0])
        function = ctypes.CFUNCTYPE(None, ctypes.c_int64, *[ctypes.c_void_p] * (len(arrays) + 1))
        function(self.module.address(name))(len(y), *(a.ctypes.data for a in (*padded, y)))
        return y[:n].tolist()


def value_of(b, op, xs):
    """Write an operation, or its definition; return the name of its value."""
    return value(b, op, [Register(b, x) for x in xs]).name


@cache
def table(lanes, cpu=None):
    """Return all operations of fixed arity, and constant powers, for a lane count and a processor."""
    loops = {f"apply_{op.name}": ((lambda b, *xs, op=op: value_of(b, op, xs)), op.arity) for op in FIXED}
    loops |= {f"apply_power{i}": ((lambda b, x, op=op: emit_operation(b, op, [x])), 1) for i, op in enumerate(POWERS)}
    for pair in PAIRS:
        for i in (0, 1):
            loops[f"{pair}_{i}"] = ((lambda b, x, pair=pair, i=i: emit_pair(b, pair, x)[i]), 1)
    return Arrays(loops, lanes, cpu=cpu, optimise=0)


everywhere = pytest.mark.parametrize("cpu", CPUS, ids=lambda cpu: cpu or "host")
every_lane_count = pytest.mark.parametrize("lanes", LANES)


# ---------------------------------------------------------------- against mpmath


@cache
def points():
    """Floats of every exponent, and many where the functions are interesting."""
    draw = random.Random(6)
    xs = list(POINTS)
    xs += [struct.unpack("<d", struct.pack("<Q", draw.getrandbits(64)))[0] for _ in range(800)]
    xs += [draw.uniform(-s, s) for s in (1e-3, 0.1, 1.0, 3.0, 10.0, 40.0, 700.0, 1e5) for _ in range(200)]
    xs += [1.0 + draw.uniform(-1.0, 1.0) * 2.0 ** -draw.randint(1, 52) for _ in range(200)]
    xs += [draw.uniform(*ends) for ends in ((-745.2, -700.0), (700.0, 711.0)) for _ in range(100)]
    xs += [draw.choice((1, -1)) * 2.0 ** draw.uniform(-60, 10) for _ in range(400)]
    for k in range(1, 63000, 331):  # the floats next to multiples of π/2, where reduction cancels most
        xs += [k * math.pi / 2, -math.nextafter(k * math.pi / 2, 0.0), math.nextafter(k * math.pi / 2, inf)]
    return xs


FORMULAS = {
    "exp": mpmath.exp, "exp2": lambda x: mpmath.mpf(2) ** x,
    "log": mpmath.log, "log2": lambda x: mpmath.log(x) / mpmath.log(2), "log10": mpmath.log10,
    "sin": mpmath.sin, "cos": mpmath.cos, "tan": mpmath.tan,
    "sinh": lambda x: x + x**3 / 6 if abs(x) < 1e-8 else mpmath.sinh(x), "cosh": mpmath.cosh,
    "tanh": lambda x: x - x**3 / 3 if abs(x) < 1e-8 else mpmath.sign(x) if abs(x) > 400 else mpmath.tanh(x),
    "expm1": lambda x: x + x * x / 2 if abs(x) < 1e-12 else mpmath.exp(x) - 1,
    "log1p": lambda x: x - x * x / 2 if abs(x) < 1e-12 else mpmath.log(1 + x),
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.exp(x) if x < -100 else x if x > 700 else mpmath.log(1 + mpmath.exp(x)),
}  # fmt: skip
# The largest errors seen in millions of arguments, rounded up.
BOUND = {"exp": 1.2, "exp2": 1.2, "log": 1, "log2": 2, "log10": 2, "log1p": 1, "expm1": 2.5, "sin": 2, "cos": 2,
         "tanh": 3, "cosh": 2, "sinh": 3, "tan": 4, "sigmoid": 3, "softplus": 2}  # fmt: skip


@cache
def truths(name):
    """Return for each point the true value: an mpf where it is finite and not 0, else a float."""
    results = []
    for x in points():
        exact = ops.TABLE[name].value(x)
        if exact - exact == 0.0 and exact != 0.0:
            with mpmath.workprec(1200 if name in ("sin", "cos", "tan") and abs(x) > 1e6 else 250):
                exact = FORMULAS[name](mpmath.mpf(x))
        results.append(exact)
    return results


@everywhere
@pytest.mark.parametrize("name", FORMULAS)
def test_values_are_within_a_few_ulp_of_the_true_ones(name, cpu):
    for lanes in LANES:
        values = table(lanes, cpu)(f"apply_{name}", points())
        error, x = max((ulps(y, true), x) for x, y, true in zip(points(), values, truths(name)))
        assert error <= BOUND[name], f"{lanes} lanes: {name}({x!r}) is {error} ulp off"


def test_every_vector_function_has_a_bound():
    assert HELPERS.keys() - {*PAIRS} <= BOUND.keys() == FORMULAS.keys()


@everywhere
@every_lane_count
def test_tanh_and_its_slope_come_together_within_a_few_ulp(lanes, cpu):
    code = table(lanes, cpu)
    for x, y, slope, true in zip(points(), *(code(f"tanh_sech2_{i}", points()) for i in (0, 1)), truths("tanh")):
        assert ulps(y, true) <= BOUND["tanh"] + 1, x
        exact = ops.tanh.local_gradients(y, x)[0]
        if exact - exact == 0.0 and exact != 0.0 and abs(x) < 354.0:
            with mpmath.workprec(250):
                exact = 1 / mpmath.cosh(mpmath.mpf(x)) ** 2
            assert ulps(slope, exact) <= 5, x
        else:
            assert slope == exact or abs(x) >= 354.0 or x != x, x


@everywhere
@every_lane_count
def test_sincos_is_sin_and_cos(lanes, cpu):
    code = table(lanes, cpu)
    for i, name in enumerate(("sin", "cos")):
        np.testing.assert_array_equal(code(f"sincos_{i}", points()), code(f"apply_{name}", points()))


@every_lane_count
def test_one_large_lane_sends_the_whole_vector_to_the_library(lanes):
    xs = [0.5 + i for i in range(8)]
    for place in range(8):
        mixed = xs[:place] + [10 * TRIG_RANGE] + xs[place + 1 :]
        assert table(lanes)("apply_sin", mixed) == pytest.approx([math.sin(x) for x in mixed], rel=1e-15)


# ---------------------------------------------------------------- against the table


def agrees(y, expected, *, absolute=0.0):
    """Whether y is the table's value: the same nan, infinity or zero, or within 1e-12."""
    if expected != expected or y != y:
        return y != y and expected != expected
    if y == expected:
        return y != 0.0 or math.copysign(1.0, y) == math.copysign(1.0, expected)
    if max(abs(y), abs(expected)) == inf:  # where overflow begins, the last place decides
        return min(abs(y), abs(expected)) >= MAX * (1 - 1e-15)
    return abs(y - expected) <= max(1e-12 * abs(expected), absolute, 16 * 5e-324)


def absolute_tolerance(op, operands):
    """What cancellation and subnormal intermediate results leave to the last place."""
    if op.name == "logaddexp":
        return 1e-15
    if op.name in ("silu", "elu"):
        return 5e-324 * max(abs(x) for x in operands if x - x == 0.0) if any(x - x == 0 for x in operands) else 0.0
    return 0.0


def operand_lists(op):
    """Return columns of operands: all combinations of edges (of few edges for three operands), and random ones."""
    draw = random.Random(7)
    few = [0.0, -0.0, inf, -inf, nan, 1.0, -2.0, 5e-324, 1e300]
    rows = list(itertools.product(POINTS if op.arity < 3 else few, repeat=op.arity))
    rows += [
        [draw.gauss(0.0, scale) for _ in range(op.arity)] for scale in (1e-300, 0.01, 1.0, 30.0) for _ in range(100)
    ]
    return [list(column) for column in zip(*rows)]


@everywhere
@pytest.mark.parametrize("op", FIXED, ids=lambda op: op.name)
def test_an_operation_agrees_with_its_value_rule_at_edges_and_at_random(op, cpu):
    columns = operand_lists(op)
    expected = [op.value(*operands) for operands in zip(*columns)]
    for lanes in LANES:
        for y, true, operands in zip(table(lanes, cpu)(f"apply_{op.name}", *columns), expected, zip(*columns)):
            assert agrees(y, true, absolute=absolute_tolerance(op, operands)), (op, lanes, operands, y, true)


@everywhere
@pytest.mark.parametrize("i", range(len(POWERS)), ids=lambda i: POWERS[i].name)
def test_a_constant_power_agrees_with_pow_to_1e_15(i, cpu):
    expected = [POWERS[i].value(x) for x in points()]
    for lanes in LANES:
        for x, y, true in zip(points(), table(lanes, cpu)(f"apply_power{i}", points()), expected):
            normal = 2.0**-1022 < abs(true) < inf
            good = abs(y - true) <= 1e-15 * abs(true) if normal else agrees(y, true)
            assert good, (POWERS[i], lanes, x, y, true)


@given(st.sampled_from(FIXED), st.data())
def test_an_operation_agrees_with_its_value_rule_on_any_floats(op, data):
    operands = [data.draw(st.floats()) for _ in range(op.arity)]
    [y] = table(native_lanes())(f"apply_{op.name}", *([x] for x in operands))
    expected = op.value(*operands)
    assert agrees(y, expected, absolute=absolute_tolerance(op, operands)), (op, operands, y, expected)


# ---------------------------------------------------------------- what is refused, and how it is called


def test_every_operation_of_fixed_arity_has_machine_code():
    assert all(has_code(op, op.arity) for op in FIXED)


def test_a_user_operation_is_refused_even_under_the_name_of_a_known_one():
    imposter = ops.Operation("exp", lambda x: x * 2.0, lambda out, x: 2.0)
    assert not writes(imposter)
    with pytest.raises(LookupError, match="no machine code for <operation exp>"):
        emit_operation(Body(4), imposter, ["%x"])


def test_products_are_rounded_before_they_are_added_unless_contraction_is_asked_for():
    x = 1.0 + 2.0**-30
    for contract in (False, True):
        b = Body(1, contract=contract)
        y = b.fsub(b.fmul("%x", "%x"), "%z")
        text = f"define double @f(double %x, double %z) {{\n{b.text()}\n  ret double {y}\n}}"
        module = compile_module(text)
        f = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double, ctypes.c_double)(module.address("f"))
        assert f(x, x * x) == (2.0**-60 if contract and has_fma() else 0.0)


def has_fma():
    import llvmlite.binding as llvm

    return platform.machine() in ("arm64", "aarch64") or bool(llvm.get_host_cpu_features().get("fma"))


@every_lane_count
def test_inlined_helpers_give_the_same_bits(lanes):
    text, b = loop("f", lanes, lambda b, x: b.call_helper("tanh", x), 1)
    for inline in (False, True):
        arrays = Arrays({}, lanes)
        arrays.module = compile_module(link([text], [b], inline=inline))
        np.testing.assert_array_equal(arrays("f", points()), table(lanes)("apply_tanh", points()))


def test_a_text_that_is_no_module_is_refused_with_the_words_of_llvm():
    with pytest.raises(ValueError, match="expected top-level entity"):
        compile_module("not a module")


def test_a_missing_function_is_named():
    with pytest.raises(KeyError, match="no function 'g'"):
        compile_module("define void @f() { ret void }").address("g")


def test_modules_compile_in_several_threads_at_once():
    results = {}

    def work(i):
        module = compile_module(f"define i64 @f() {{ ret i64 {i} }}")
        results[i] = ctypes.CFUNCTYPE(ctypes.c_int64)(module.address("f"))()

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {i: i for i in range(8)}


def test_without_llvmlite_the_error_says_what_to_install():
    code = "import sys; sys.modules['llvmlite'] = None; import autograd_lite.program.run.native.jit"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (
        run.stderr.splitlines()[-1] == 'ImportError: machine code needs llvmlite: pip install "autograd-lite[native]"'
    )


# ---------------------------------------------------------------- memory


def resident():
    """Return the memory of this process in KB."""
    with open("/proc/self/statm") as numbers:
        return int(numbers.read().split()[1]) * 4.096


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="memory is read from /proc")
def test_compiling_in_a_loop_gives_the_memory_back():
    """Once it kept 85 KB for every module: a default pipeline of passes is never freed by llvmlite."""

    def work(n):
        for i in range(n):
            compile(lambda x, i=i: tanh(x * (i + 0.5)) * x + 1.0, backend="native").value_and_grad(1.0)
        gc.collect()

    work(15)
    before = resident()
    work(60)
    assert resident() - before < 60 * 30


@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_what_was_compiled_goes_with_its_function_at_once(backend):
    gc.disable()
    try:
        compiled = compile(lambda x: tanh(x) * x, backend=backend)
        compiled.value_and_grad(1.0)
        plan = compiled.plan([NUMBER])
        gone = [weakref.ref(x) for x in (compiled, plan, compiled.function, plan.executor())]
        del compiled, plan
        assert [ref() for ref in gone] == [None] * 4
    finally:
        gc.enable()


# ---------------------------------------------------------------- threads


def others_get_on(call, calls):
    """Tell whether another thread makes progress during a call. Python may take the turn from nobody meanwhile."""
    ticks, stop = itertools.count(), threading.Event()
    seen = [0]

    def tick():
        while not stop.is_set():
            seen[0] = next(ticks)
            time.sleep(1e-5)  # it gives its turn away

    interval, thread = sys.getswitchinterval(), threading.Thread(target=tick)
    sys.setswitchinterval(1000.0)
    thread.start()
    try:
        for _ in range(calls):
            before = seen[0]
            call()
            if seen[0] != before:
                return True
        return False
    finally:
        stop.set()
        sys.setswitchinterval(interval)
        thread.join()


@pytest.mark.parametrize("kind", ["straight line", "vectors", "tape"])
def test_machine_code_runs_without_the_lock_of_python(kind):
    """What NumPy does beside it is little: the gradients are of one number, or the code is called by itself."""
    w = Value(0.5)
    if kind == "tape":
        program, x = (
            compile(lambda xs: ops.sum_of([ops.sin(x) for x in xs])).program([0.5] * 3_000),
            np.ones((3_000, 1)),
        )
        executor = native.TapeExecutor(Job(lower(program), (3_000,), None, "float64", True), native.Tape(program), "")
        call = executor.in_place().run
    else:
        program, x = (
            compile(lambda x: ops.sin(w * x), parameters=[w], batched=True).program([0.5]),
            np.ones((1, 200_000)),
        )
        make = native.StraightLineExecutor if kind == "straight line" else native.VectorExecutor
        executor = make(Job(program, (1,), "sum", "float64", wrt_arguments=False), "")
        call = executor.gradients
    executor.load([x], x.shape[1])
    executor.gradients()  # which compiles
    assert others_get_on(call, calls=1_000)


def test_code_that_keeps_the_lock_of_python_would_be_seen():
    module = compile_module(COUNTING)
    held, free = (kind(None)(module.address("count")) for kind in (ctypes.PYFUNCTYPE, ctypes.CFUNCTYPE))
    assert others_get_on(free, calls=100) and not others_get_on(held, calls=3)


COUNTING = """
define void @count() {
entry:
  %i = alloca i64
  store volatile i64 0, ptr %i
  br label %more
more:
  %n = load volatile i64, ptr %i
  %next = add i64 %n, 1
  store volatile i64 %next, ptr %i
  %goes.on = icmp slt i64 %next, 5000000
  br i1 %goes.on, label %more, label %end
end:
  ret void
}"""
