"""The strategies and properties: true of the engine, shrinking to the culprit when a rule is wrong."""

from __future__ import annotations

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from autograd_lite import Operation, Value
from autograd_lite.testing import expressions, networks, numbers, points_for, properties
from autograd_lite.testing.strategies import DIFFERENTIABLE


@pytest.mark.parametrize("holds", properties.ALL, ids=lambda p: p.__name__)
def test_the_engine_has_the_property(holds):
    @settings(max_examples=25)
    @given(expressions())
    def check(graph):
        holds(graph)

    check()


@pytest.mark.parametrize("op", DIFFERENTIABLE, ids=lambda op: op.name)
def test_a_planted_bug_shrinks_to_one_operation(op):
    wrong = Operation(op.name, op.value, _scaled(op), domain=op.domain, kink=op.kink, arity=op.arity)
    others = [each for each in DIFFERENTIABLE if each.name in ("add", "mul", "tanh") and each is not op]

    def fails(graph):
        try:
            properties.agrees_with_central_differences(graph)
        except AssertionError:
            return True
        return False

    smallest = find(expressions(ops=[*others, wrong]), fails, settings=settings(max_examples=2000, database=None))
    assert len(smallest.formula.steps) <= 3 and op.name in smallest.operations


def _scaled(op):
    """The rule of an operation, every local gradient off by a tenth and a bit."""

    def rule(out, *operands):
        wrong = [1.3 * g + 0.1 for g in op.local_gradients(out, *operands)]
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


def test_numbers_refuse_an_empty_interval():
    with pytest.raises(ValueError, match="greater than"):
        numbers(min_value=2.0, max_value=1.0)
