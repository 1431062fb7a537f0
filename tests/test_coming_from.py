"""Code that was written for other engines runs here, or is told what to call instead."""

import doctest
import math
import random
from pathlib import Path

import pytest

import nn
from autograd_lite import Value, relu, tanh, where

PAGE = Path(__file__).parents[1] / "docs" / "coming_from.md"


def test_every_difference_that_the_page_shows_is_there():
    result = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert result.attempted > 30 and result.failed == 0


def a_neuron():
    """The example of the lectures."""
    x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
    w1, w2, b = Value(-3.0, label="w1"), Value(1.0, label="w2"), Value(6.8813735870195432, label="b")
    x1w1, x2w2 = x1 * w1, x2 * w2
    total = x1w1 + x2w2
    n = total + b
    return (x1, x2, w1, w2, b), (n.tanh(), n, total, x1w1, x2w2)


def test_the_backward_pass_by_hand_of_the_lectures_gives_what_backward_gives():
    leaves, inner = a_neuron()
    inner[0].grad = 1.0
    for node in inner:
        node._backward()
    by_hand = [node.grad for node in (*leaves, *inner)]
    leaves, inner = a_neuron()
    inner[0].backward()
    assert by_hand == [node.grad for node in (*leaves, *inner)]
    assert by_hand[:4] == pytest.approx([-1.5, 0.5, 1.0, 0.0])


@pytest.mark.parametrize("seed", range(20))
def test_steps_back_through_any_graph_are_the_backward_pass(seed):
    def graph():
        rng, nodes = random.Random(seed), [Value(v) for v in (0.5, -1.25, 2.0)]
        for _ in range(12):
            a, b = rng.choice(nodes), rng.choice(nodes)
            nodes.append(rng.choice([lambda: a * b, lambda: a + 2.0 * b, lambda: tanh(a), lambda: relu(a) - b])())
        return nodes

    nodes, again = graph(), graph()
    nodes[-1].grad = 1.0
    for node in reversed(nodes):
        node.step_back()
        for parent in node.parents:
            if not parent.label and parent not in nodes and parent.parents:
                parent.step_back()  # one made on the way, as 2·b: nothing else uses it
    again[-1].backward()
    assert [n.grad for n in nodes[:3]] == pytest.approx([n.grad for n in again[:3]], rel=1e-12, abs=1e-300)


def test_where_a_gradient_is_cut_a_step_back_cuts_it_too():
    """0 · inf is nan; behind a branch that is not taken nothing comes back."""
    x, z = Value(-1.0), Value(2.0)
    y = where(1.0, x, z)
    y.grad = math.inf
    y.step_back()
    assert (x.grad, z.grad) == (math.inf, 0.0)


def trace(root):
    """As the lectures walk a graph to draw it."""
    nodes, edges = set(), set()

    def build(v):
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                build(child)

    build(root)
    return nodes, edges


def test_the_walk_of_draw_dot_finds_every_node_and_its_sign():
    x, y = Value(2.0, "x"), Value(-3.0, "y")
    z = ((x * y + 1.0) ** 3 / y - x).relu().exp()
    nodes, edges = trace(z)
    signs = sorted(n._op for n in nodes)
    assert signs == ["", "", "", "*", "**3", "+", "-", "/", "ReLU", "exp"]
    assert len(edges) == 11
    assert x._op == "" and x._prev == set() and (x * x)._prev == {x} and (x**2)._op == "**2"


def test_what_cannot_be_set_says_what_to_do():
    with pytest.raises(AttributeError, match=r"Operation\(name, value, local_gradients\)"):
        (Value(1.0) * 2.0)._backward = lambda: None


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: nn.Neuron(nin=2), "Neuron: nin is called n_inputs here"),
        (lambda: nn.Layer(2, nout=1), "Layer: nout is called n_outputs here"),
        (lambda: nn.MLP(2, nouts=[4, 1]), "MLP: nouts is called sizes here"),
        (lambda: nn.Layer(2, 1, nonlin=False), "nonlin is called activation"),
        (lambda: nn.Layer(in_features=2, n_outputs=1), "in_features is called n_inputs"),
        (lambda: nn.LSTMCell(input_size=2, n_hidden=3), "input_size is called n_inputs"),
    ],
)
def test_arguments_by_their_names_elsewhere_are_told_the_name_here(call, told):
    with pytest.raises(TypeError, match=told):
        call()
