"""The functions made for each operation do what its rules and the chain rule say, to the bit."""

import gc
import math
import random
import struct
import threading
import weakref
from operator import attrgetter

import pytest

from autograd_lite import (
    TABLE,
    Operation,
    Value,
    custom,
    detect_anomaly,
    dot,
    exp,
    grad,
    gradient,
    leaves,
    ops,
    topological_order,
    vjp,
    where,
)
from autograd_lite.reverse import _lent, pull
from autograd_lite.specialised import Written
from autograd_lite.value import a_number

EDGES = [0.0, -0.0, 1.0, -1.0, 2.5, -0.3, 1e-310, 1e200, -1e200, 800.0, -800.0, math.inf, -math.inf, math.nan]
COTANGENTS = [1.0, -2.5, 0.0, -0.0, math.inf, math.nan]
RECORDED = [op for op in TABLE.values() if op.partials is not None]
BY_NAME = {
    ops.add: lambda x, y: x + y,
    ops.sub: lambda x, y: x - y,
    ops.mul: lambda x, y: x * y,
    ops.div: lambda x, y: x / y,
    ops.neg: lambda x: -x,
    ops.absolute: abs,
}


def bits(x):
    return "nan" if math.isnan(x) else struct.pack("d", x)


def points(op, *, count=150):
    rng = random.Random(op.name)
    width = op.arity if op.arity > 0 else 3
    if width == 1:
        return [(x,) for x in EDGES]
    return [tuple(rng.choice(EDGES) for _ in range(width)) for _ in range(count)]


@pytest.mark.parametrize("op", RECORDED, ids=attrgetter("name"))
def test_what_is_recorded_is_the_value_rule(op):
    for point in points(op):
        truth = bits(op.value(*point))
        assert bits(op(*map(Value, point)).data) == truth
        assert bits(op(Value(point[0]), *point[1:]).data) == truth
        assert bits(op(*point[:-1], Value(point[-1])).data) == truth


@pytest.mark.parametrize("op", list(BY_NAME), ids=attrgetter("name"))
def test_an_operator_records_the_value_rule_with_numbers_on_either_side(op):
    for point in points(op):
        truth, nodes = bits(op.value(*point)), [BY_NAME[op](*map(Value, point))]
        if op.arity == 2:
            nodes += [BY_NAME[op](Value(point[0]), point[1]), BY_NAME[op](point[0], Value(point[1]))]
        for node in nodes:
            assert (node.op, bits(node.data)) == (op, truth)
            assert list(map(bits, node.numbers)) == list(map(bits, point))


@pytest.mark.parametrize("op", RECORDED, ids=attrgetter("name"))
def test_an_operation_pulls_as_the_chain_rule_of_reverse(op):
    rng = random.Random(0)
    for point in points(op):
        operands = [Value(x) for x in point]
        node, g, before = op(*operands), rng.choice(COTANGENTS), rng.choice([-0.0, 2.5])
        for x in operands:
            x._total = before
        by_rule = dict.fromkeys(operands, before)
        op.pull(node, g)
        pull(node, g, by_rule)
        assert [bits(x._total) for x in operands] == [bits(by_rule[x]) for x in operands]


def test_the_same_operand_twice_has_both_terms():
    x = Value(3.0)
    for y, slope in ((x * x, 6.0), (x - x, 0.0), (x / x, 0.0), (dot([x, x], [x, 2.0]), 8.0)):
        x._total = a_number._total = 0.0
        y.op.pull(y, 1.0)
        assert x._total == slope


def test_a_number_among_the_operands_becomes_a_leaf_when_the_parents_are_asked_for_and_stays_that_one():
    x = Value(3.0)
    for y, place in ((x * 2, 1), (2.0 - x, 0), (dot([x, 4.0], [5.0, x]), 2), (ops.atan2(1.0, x), 0)):
        y.backward()
        constant = y.parents[place]
        assert (constant.op, constant.parents, constant.data) == (ops.constant, (), y.numbers[place])
        assert constant.grad == y.local_gradients()[place]
        assert y.parents[place] is constant
        assert y.local_gradients() == tuple(y.op.local_gradients(y.data, *y.numbers))


def test_a_constant_has_the_grad_of_every_pass_whenever_it_is_asked_for():
    x = Value(3.0)
    early, late, never, cut_off = x * 2.0, x * 2.0, x * 2.0, where(1.0, x, math.inf)
    assert early.parents[1].grad == 0.0
    for y in (early, late, cut_off):
        y.backward()
        y.backward(2.5)
    assert [y.parents[-1].grad for y in (early, late, never, cut_off)] == [10.5, 10.5, 0.0, 0.0]
    late.backward()
    assert late.parents[1].grad == 13.5


def test_recording_and_running_back_makes_no_node_of_a_number():
    def nodes():
        return sum(type(x) is Value for x in gc.get_objects())

    x, before = Value(3.0), nodes()
    y = dot([x, 4.0], [5.0, x * 2.0]) + 1
    y.backward()
    assert nodes() - before == 3  # x * 2, the dot and the sum
    assert (x.grad, len(y.parents), nodes() - before) == (5.0 + 4.0 * 2.0, 2, 4)


def test_all_threads_that_ask_see_the_same_constant():
    for _ in range(50):
        y, found, start = Value(3.0) * 2.0, [], threading.Barrier(4)

        def ask(y=y, found=found, start=start):
            start.wait()
            found.append(y.parents[1])

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(map(id, found))) == 1


def test_the_source_of_an_operation_shows_its_rules_written_out():
    assert "    data = x + y\n" in ops.add.source
    assert "    node._left._total += g\n    node._right._total += g" in ops.add.source
    assert "        dx, dy = 1.0 / node._y, -(node.data / node._y)\n    except ZeroDivisionError:" in ops.div.source
    assert ops.exp.source.endswith("    node._left._total += g * node.data")
    assert "def record" not in TABLE["dot"].source and "partials(node.data, *node._y)" in TABLE["dot"].source


@pytest.mark.parametrize("use", [bool, float, math.exp, lambda x: x > 0.0, lambda x: x == x, lambda x: {x}, hash])
def test_a_rule_that_needs_the_number_cannot_be_written_out(use):
    with pytest.raises(TypeError):
        use(Written("x", {}))


def test_a_rule_too_long_to_be_written_out_is_called():
    x = Written("x", {})
    with pytest.raises(TypeError, match="too long"):
        for _ in range(10):
            x = x * x
    assert "value(x)" in TABLE["lgamma"].source


def test_an_operation_of_ones_own_is_specialised_by_calling_its_rules():
    calls = []
    cube = Operation("cube", lambda x: x * x * x, lambda out, x: calls.append(x) or 3.0 * x * x)
    x = Value(2.0)
    cube(cube(x)).backward()
    assert (x.grad, calls) == (9 * 2.0**8, [8.0, 2.0])
    assert "dx = partials(node.data, node._x)" in cube.source
    wrong = Operation("wrong", lambda x: x, lambda out, x: None)
    with pytest.raises(TypeError, match="the local-gradient rule of 'wrong'"):
        wrong(x).backward()


def test_an_operation_that_cuts_edges_does_so_whatever_its_arity():
    gate = Operation("gate", lambda x, y: x, lambda out, x, y: (1.0, 0.0), routes=True)
    x, y = Value(1.0), Value(0.0)
    (gate(x, exp(y.log() * y)) + where(1.0, x, y.log())).backward()
    assert (x.grad, y.grad) == (2.0, 0.0)


def test_an_operation_made_for_one_call_is_freed_with_its_node():
    made = []

    def once(x):
        op = Operation("once", lambda x: x, lambda out, x: 1.0)
        made.append(weakref.ref(op))
        return op(x)

    @custom(lambda out, x: 1.0)
    def through(x):
        return x

    gc.collect()
    gc.disable()
    try:
        (once(Value(1.0)) + through(Value(1.0))).backward()
        assert made[0]() is None and gc.collect() == 0
    finally:
        gc.enable()


def a_graph_with_fan_out(seed):
    rng = random.Random(seed)
    nodes = [Value(rng.uniform(-1.0, 1.0)) for _ in range(5)]
    for _ in range(60):
        a, b, c = rng.choices(nodes, k=3)
        nodes.append(rng.choice([a * b, a - 0.5 * b, a.tanh(), where(a, b, a.log()), dot([a, 0.3], [b, c])]))
    return nodes[-1] + nodes[-2]


@pytest.mark.parametrize("seed", range(20))
def test_a_walk_that_finds_the_slots_lent_gives_the_same_to_the_bit(seed):
    y, same = a_graph_with_fan_out(seed), a_graph_with_fan_out(seed)
    inputs = leaves(same)
    free = gradient(y, leaves(y))
    with _lent:
        lent = gradient(same, inputs)
        same.backward(), same.backward(0.3)
    y.backward(), y.backward(0.3)
    assert list(map(bits, free)) == list(map(bits, lent))
    nodes = zip(topological_order(y), topological_order(same), strict=True)
    assert all(bits(a.grad) == bits(b.grad) for a, b in nodes)


def test_a_rule_may_run_back_through_the_nodes_it_is_asked_about():
    def slope(out, x):
        inner = w * w * w
        inner.backward()
        return gradient(inner, w)

    w = Value(2.0)
    cube = Operation("cube of w", lambda x: x**3, slope)
    (cube(w) * w).backward()
    assert w.grad == 12.0 + 4 * 2.0**3
    assert gradient(cube(w) * w, w) == 4 * 2.0**3


def test_a_rule_that_raises_leaves_every_gradient_as_it_was():
    def slope(out, x):
        raise ArithmeticError("no slope")

    x = Value(2.0)
    wrong, right = Operation("wrong", lambda x: x, slope)(x * x) + x, x * x
    right.backward()
    with pytest.raises(ArithmeticError, match="no slope"):
        wrong.backward()
    assert [node.grad for node in topological_order(wrong)] == [4.0, 0.0, 0.0, 0.0]
    right.backward()
    assert (x.grad, right.grad) == (8.0, 2.0)


def test_a_walk_that_was_broken_off_leaves_nothing_to_the_next():
    x, z = Value(2.0), Value(3.0)
    wrong = Operation("wrong", lambda x: x, lambda out, x: 1.0 / 0.0)(z) + x * 5.0
    with pytest.raises(ZeroDivisionError):
        wrong.backward()
    assert gradient(z * z, [x, z]) == [0.0, 6.0]


def test_threads_whose_graphs_share_their_trunk_add_what_they_would_alone():
    x = Value(0.5)
    trunk = x
    for _ in range(300):
        trunk = (trunk * 1.01 + x).tanh()
    outputs = [trunk * float(k) for k in range(8)]
    alone = [gradient(y, x) for y in outputs]
    found = [None] * 8

    def work(k):
        found[k] = [gradient(outputs[k], x) for _ in range(10)]

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[slope] * 10 for slope in alone]


def test_cotangents_that_are_nodes_are_pulled_by_the_chain_rule_itself():
    g = Value(2.0)
    (found,) = vjp(lambda x: x * x, 3.0)[1](g)
    assert found.data == 12.0
    found.backward()
    assert g.grad == 6.0
    assert grad(grad(lambda x: x**3))(2.0) == 12.0


def test_the_wrong_number_of_operands_is_told_as_ever():
    with pytest.raises(TypeError, match=r"tanh takes 1 operand\(s\), got 2"):
        ops.tanh(Value(1.0), Value(1.0))
    with pytest.raises(TypeError, match=r"mul takes 2 operand\(s\), got 1"):
        ops.mul(Value(1.0))


def test_nan_is_watched_for_in_every_way_of_recording():
    for record in (lambda x: x.log(), lambda x: ops.log(x), lambda x: 1.0 / x, lambda x: dot([x], [math.inf])):
        with detect_anomaly(), pytest.raises(FloatingPointError, match=r"^forward: "):
            record(Value(0.0))
