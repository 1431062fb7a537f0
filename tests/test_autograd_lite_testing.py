"""The strategies and properties: true of the engine, shrinking to the culprit when a rule is wrong."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from autograd_lite import TABLE, Formula, Operation, Value, check_gradients, parse
from autograd_lite.testing import Graph, expressions, networks, numbers, operations, points_for, properties
from autograd_lite.testing.strategies import DIFFERENTIABLE, fits


@pytest.mark.parametrize("holds", [*properties.ALL, properties.compiled_equals_eager], ids=lambda p: p.__name__)
def test_the_engine_has_the_property(holds):
    @settings(max_examples=25)
    @given(expressions())
    def check(graph):
        holds(graph)

    check()


def kind(op):
    """What decides how a graph with an operation shrinks: its operands, where it is defined, where it bends."""
    bounded = any(math.isfinite(x) for interval in op.domain for x in interval)
    return op.arity, bounded, op.kink is None, op.routes


def of_every_kind():
    """The first and the last operation of each kind."""
    kinds = {}
    for op in DIFFERENTIABLE:
        kinds.setdefault(kind(op), []).append(op)
    return [op for ops in kinds.values() for op in dict.fromkeys((ops[0], ops[-1]))]


def planted_bug(op, **options):
    """Look for a graph whose gradients a wrong rule of the operation makes wrong."""
    wrong = planted(op)

    def fails(graph):
        righted = [(name, replace(step, op=op if step.op is wrong else step.op)) for name, step in graph.formula.steps]
        right = Graph(Formula("", tuple(righted), graph.formula.inputs, {}), graph.point)
        return properties.gradients(graph) != properties.gradients(right)

    graphs = expressions(ops=[*neighbours(op), wrong], max_nodes=6)
    return find(graphs, fails, settings=settings(max_examples=1000, database=None, **options))


@pytest.mark.parametrize("op", DIFFERENTIABLE, ids=lambda op: op.name)
def test_a_planted_bug_is_found(op):
    assert op.name in planted_bug(op, phases=[Phase.generate]).operations


@pytest.mark.parametrize("op", of_every_kind(), ids=lambda op: op.name)
def test_a_planted_bug_shrinks_to_one_operation(op):
    smallest = planted_bug(op)
    assert len(smallest.formula.steps) <= 3 and op.name in smallest.operations


@pytest.mark.parametrize("name", ["mul", "tanh", "where"])
def test_a_planted_bug_is_found_and_shrinks_by_central_differences_too(name):
    wrong = planted(TABLE[name])

    @settings(max_examples=500, database=None, report_multiple_bugs=False)
    @given(expressions(ops=[*neighbours(wrong), wrong], max_nodes=3))
    def check(graph):
        properties.agrees_with_central_differences(graph)

    with pytest.raises(AssertionError, match=rf"^y = [^;]*({name}\(|\*)[^;]* at .*: ∂y/∂x1 is .*, should be"):
        check()


def planted(op):
    """The operation with a wrong rule."""
    return Operation(
        op.name, op.value, _scaled(op), symbol=op.symbol, domain=op.domain, kink=op.kink, routes=op.routes,
        arity=op.arity,
    )  # fmt: skip


def neighbours(op):
    """Right operations to hide a wrong one among."""
    return [TABLE[name] for name in ("add", "mul", "tanh") if name != op.name]


def _scaled(op):
    """The rule of an operation, every local gradient off by a tenth and a bit."""

    def rule(out, *operands):
        wrong = [1.3 * g + 0.1 for g in op.local_gradients(out, *operands)]
        if op.routes:  # its first local gradient is 0 by its nature
            wrong[0] = 0.0
        return wrong[0] if op.arity == 1 else tuple(wrong)

    return rule


@given(st.data())
def test_other_points_are_inside_every_domain(data):
    graph = data.draw(expressions())
    moved = graph.at(data.draw(points_for(graph)))
    properties.agrees_with_central_differences(moved)


@given(expressions(fan_out=False))
def test_without_fan_out_every_value_is_used_once_at_most(graph):
    inner = [name for _, step in graph.formula.steps for o in step.operands if (name := o.name).startswith("v")]
    assert len(inner) == len(set(inner))


@given(networks(), st.tuples(numbers(), numbers()))
def test_networks_run_on_numbers_and_on_values(network, point):
    assert network(*[Value(x) for x in point]).data == pytest.approx(float(network(*point)))


@given(expressions(n_inputs=2, max_nodes=5))
def test_the_bounds_on_nodes_and_inputs_are_kept(graph):
    assert 1 <= len(graph.formula.steps) <= 5 and len(graph.point) <= 2
    assert set(graph.formula.inputs) == set(graph.point)


@given(expressions())
def test_a_safe_point_is_inside_every_domain_and_away_from_every_kink(graph):
    given = dict(graph.point)
    for name, step in graph.formula.steps:
        operands = [operand.evaluate(given) for operand in step.operands]
        assert fits(step.op, operands)
        given[name] = step.evaluate(given)


@pytest.mark.parametrize(
    ("what", "seen"),
    [
        ("a shared part", lambda g: max(map(len, uses(g).values()), default=0) >= 2),
        ("a dead branch", lambda g: any(not uses(g)[name] for name, _ in g.formula.steps[:-1])),
        (
            "a constant",
            lambda g: any(not o.name and o.op is None for _, step in g.formula.steps for o in step.operands),
        ),
        ("a node used twice by one operation", lambda g: any(len(set(u)) < len(u) for u in uses(g).values())),
    ],
)
def test_expressions_include(what, seen):
    find(expressions(), seen, settings=settings(max_examples=2000, database=None, phases=[Phase.generate]))


def uses(graph):
    """The steps that use each named value, once per use."""
    found = {name: [] for name in [*graph.point, *(name for name, _ in graph.formula.steps)]}
    for name, step in graph.formula.steps:
        for operand in step.operands:
            if operand.name:
                found[operand.name].append(name)
    return found


def test_points_at_kinks_come_only_when_asked_for():
    relu = [TABLE["relu"]]
    at_kink = settings(max_examples=500, database=None)
    graph = find(expressions(ops=relu, safe=False), lambda g: 0.0 in g.point.values(), settings=at_kink)
    assert str(graph).startswith("y = relu(x1)")
    with pytest.raises(NoSuchExample):
        find(expressions(ops=relu, max_nodes=1), lambda g: 0.0 in g.point.values(), settings=at_kink)


@given(operations(), operations(ops=[TABLE["tanh"]]))
def test_operations_are_lines_of_the_table_with_a_gradient(op, chosen):
    assert TABLE[op.name] is op and op.partials is not None
    assert chosen.name == "tanh"


@given(networks(), st.tuples(numbers(), numbers()))
@settings(max_examples=10)
def test_networks_have_right_gradients(network, point):
    check_gradients(network, *point, order=1)


@pytest.mark.parametrize(
    ("holds", "text", "point"),
    [
        (properties.agrees_with_central_differences, "y = wrong(x)", {"x": 2.0}),
        (properties.agrees_with_complex_step, "y = exp(x) * wrong(x)", {"x": 0.5}),
        (properties.agrees_with_many_digits, "y = tanh(x) * wrong(x)", {"x": 0.5}),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_a_truth_finds_a_wrong_rule(holds, text, point):
    square = Operation("square", lambda x: x * x, lambda out, x: 2.1 * x)
    graph = Graph(parse(text, functions={"wrong": square}), point)
    with pytest.raises(AssertionError, match=r"y = .* at x = .*: ∂y/∂x is .*, should be"):
        holds(graph)


def test_a_sum_of_two_different_graphs_has_the_sum_of_their_gradients():
    a, b = Graph(parse("y = x * z"), {"x": 2.0, "z": 3.0}), Graph(parse("y = tanh(x)"), {"x": 2.0})
    properties.gradient_of_a_sum_is_the_sum(a, b)


@given(numbers(away_from_zero=0.5, max_value=1.0))
def test_numbers_keep_away_from_zero_when_asked(x):
    assert abs(x) >= 0.5 and -3.0 <= x <= 1.0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"min_value": 2.0, "max_value": 1.0}, "min_value 2 is greater than max_value 1"),
        ({"min_value": float("nan")}, "min_value must be a finite number, got nan"),
        ({"max_value": float("inf")}, "max_value must be a finite number, got inf"),
        ({"max_value": "3"}, "max_value must be a finite number, got '3'"),
        ({"away_from_zero": -1.0}, "away_from_zero must be from 0 to the larger bound, 3, got -1"),
        ({"away_from_zero": 4.0}, "away_from_zero must be from 0 to the larger bound, 3, got 4"),
    ],
)
def test_numbers_refuse_an_empty_interval(wrong, message):
    with pytest.raises(ValueError, match=message):
        numbers(**wrong)


@pytest.mark.parametrize("count", [0, -1, 1.5, True, "3"])
@pytest.mark.parametrize(
    ("draws", "name"),
    [
        (expressions, "max_nodes"), (expressions, "n_inputs"),
        (networks, "max_layers"), (networks, "max_width"), (networks, "n_inputs"),
    ],
)  # fmt: skip
def test_a_count_below_one_is_refused_by_name_before_anything_is_drawn(draws, name, count):
    with pytest.raises(ValueError, match=rf"^{name} must be a whole number of at least 1, got {count!r}$"):
        draws(**{name: count})


@pytest.mark.parametrize("draws", [expressions, operations])
def test_what_is_no_operation_with_a_gradient_is_refused(draws):
    with pytest.raises(TypeError, match=r"such as TABLE\['mul'\], got 'mul'$"):
        draws(ops=["mul"])
    with pytest.raises(TypeError, match="got 'tahn'; did you mean 'tanh'"):
        draws(ops=["tahn"])
    with pytest.raises(ValueError, match="ops: constant has no gradient to test"):
        draws(ops=[TABLE["constant"]])
    with pytest.raises(ValueError, match="ops is empty"):
        draws(ops=[])


def test_a_point_has_the_inputs_of_its_graph_and_no_others():
    with pytest.raises(ValueError, match="the point has no number for w"):
        Graph(parse("y = w*x"), {"x": 1.0})
    with pytest.raises(ValueError, match="the graph has no input 'z'"):
        Graph(parse("y = w*x"), {"x": 1.0, "w": 2.0, "z": 3.0})
    with pytest.raises(TypeError, match="points_for takes a Graph, as expressions"):
        points_for(Value(1.0))


@pytest.mark.parametrize("holds", [*properties.ALL, properties.compiled_equals_eager], ids=lambda p: p.__name__)
def test_a_property_refuses_what_is_no_graph_and_no_tolerance(holds):
    with pytest.raises(TypeError, match=rf"{holds.__name__} takes a Graph, as expressions\(\) draws them, got Value"):
        holds(Value(1.0))
    graph = Graph(parse("y = x*x"), {"x": 2.0})
    for name in holds.__kwdefaults__ or holds.__wrapped__.__kwdefaults__ or {}:
        for x in (float("nan"), "1", -1.0):
            if name == "backend" or (name == "seed" and x == -1.0):
                continue
            with pytest.raises(ValueError, match=rf"^{name} must be a finite number"):
                holds(graph, **{name: x})


def test_unused_inputs_leave_no_gap_in_the_names():
    @given(expressions())
    def numbered(graph):
        assert list(graph.point) == [f"x{i}" for i in range(1, len(graph.point) + 1)]

    numbered()
