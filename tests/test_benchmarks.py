"""The benchmarks measure what they say: graphs, oracles, peers and verdicts."""

import math
from functools import partial

import jax
import numpy as np
import pytest

import autograd_lite
from autograd_lite import Value
from tests.benchmarks import compile as works
from tests.benchmarks import eager, graphs, microgpt, sparse, timing
from tests.benchmarks.timing import Contender, Target, Work


@pytest.mark.parametrize("width", [2, 100])
def test_the_gradient_of_a_graph_by_hand_is_that_of_the_eager_engine(width):
    graph, x = graphs.irregular(1000, width=width), graphs.points(1)[0]
    leaves = [Value(a) for a in x.tolist()]
    y = graph(leaves, autograd_lite)
    y.backward()
    value, gradient = graphs.by_hand(graph, x)
    assert value == pytest.approx(y.data, rel=1e-12)
    np.testing.assert_allclose(gradient, [leaf.grad for leaf in leaves], rtol=1e-10, atol=1e-13)


def test_every_step_of_a_graph_leads_to_the_output():
    graph = graphs.irregular(2000)
    used = {operand for _, a, b in graph.steps for operand in (a, b)}
    assert used == set(range(graph.inputs + len(graph.steps) - 1))


def test_no_value_of_a_graph_leaves_its_bounds_at_any_point():
    graph = graphs.irregular(2000)
    inner = len(graph.steps) - 150  # the last steps gather loose ends
    rng = np.random.default_rng(3)
    corners = np.where(rng.uniform(size=(500, graph.inputs)) < 0.5, -1.0, 1.0)
    for x in (corners, graphs.points(500)):
        values = list(x.T)
        for name, a, b in graph.steps[:inner]:
            f = graphs.ARITHMETIC.get(name)
            values.append(f(values[a], values[b]) if f else getattr(np, name)(values[a]))
        assert np.abs(values).max() <= graphs.LARGEST


def test_a_wrong_answer_is_not_timed_and_keeps_its_row():
    def contender(gradient):
        return Contender(lambda: None, lambda: (1.0, [gradient]))

    def missing():
        raise ModuleNotFoundError("No module named 'peer'")

    table = timing.compete(
        Work(
            "work",
            lambda: (1.0, [2.0]),
            {
                "right": partial(contender, 2.0),
                "wrong": partial(contender, 2.0 + 1e-9),
                "nan": partial(contender, math.nan),
                "missing": missing,
            },
            [Target("right", "missing", times=2), Target("wrong", "right", share=0.5)],
            rounds=2,
        )
    )
    names, times, _, _, _, ratios, _, verdicts = (list(column.cells) for column in table.columns)
    assert names == ["right", "wrong", "nan", "missing"]
    assert times[0].endswith(")") and all("wrong by more than" in cell for cell in times[1:3])
    assert "No module named 'peer'" in times[3]
    assert ratios[:2] == ["not measured"] * 2 and verdicts[:2] == ["no", "no"]


@pytest.mark.parametrize(
    ("target", "good"),
    [
        (Target("ours", "peer", times=4), "yes"),
        (Target("ours", "peer", times=4.1), "no"),
        (Target("ours", "peer", share=0.25), "yes"),
        (Target("ours", "peer", share=0.24), "no"),
        (Target("ours", limit=1.0), "yes"),
        (Target("ours", limit=0.9), "no"),
    ],
)
def test_a_target_is_reached_by_the_median_of_paired_ratios(target, good):
    times = {"ours": [1.0, 1.0, 2.0], "peer": [4.0, 5.0, 2.0]}  # ratios 4, 5, 1
    assert timing.verdict(target, times)[-1] == good


@pytest.mark.parametrize("name", ["demo", "digits-64", "cnn", "lstm"])
def test_the_peers_of_a_training_step_agree(name):
    pytest.importorskip("torch")
    work = works.WORKS[name]()
    truth = work.oracle()
    for peer in {works.TORCH, works.TUNED, works.SKLEARN} & work.contenders.keys():
        assert timing.error(work.contenders[peer]().answer(), truth) < 1e-10, peer


def test_the_engines_of_the_demo_step_learn_the_same():
    pytest.importorskip("micrograd")
    losses = {}
    for name in eager.WORK["demo step"].engines:
        step = eager.demo_step(name)
        losses[name] = [step() for _ in range(2)]
    first = losses[eager.MICROGRAD]
    assert first[1] < first[0]
    for found in losses.values():
        assert found == pytest.approx(first, rel=1e-12)


def test_microgpt_learns_the_same_with_its_own_value_and_ours():
    assert sum(len(row) for matrix in microgpt.parameters_of(float).values() for row in matrix) == 4192
    own, ours = microgpt.steps_of(microgpt.Value), microgpt.steps_of(Value)
    losses = [own() for _ in range(3)]
    assert losses[-1] < losses[0]
    assert [ours() for _ in range(3)] == pytest.approx(losses, rel=1e-12)


@pytest.mark.parametrize("energy", [sparse.rosenbrock, sparse.springs])
def test_the_energies_of_the_sparse_benchmark_have_the_hessian_that_their_gradient_tells(energy, monkeypatch):
    monkeypatch.setattr(sparse, "ROWS", 3)
    monkeypatch.setattr(sparse, "COLUMNS", 3)
    x = np.random.default_rng(0).normal(size=18)
    second = sparse.ours(energy, x, sparse=True).answer()[1]
    slope = autograd_lite.grad(energy)
    for i, column in enumerate(np.eye(18) * 1e-5):
        np.testing.assert_allclose(second[:, i], (slope(x + column) - slope(x - column)) / 2e-5, rtol=1e-5, atol=1e-6)


def test_the_network_of_the_sparse_benchmark_has_the_hessian_of_jax():
    *_, p = sparse.data()
    with jax.enable_x64(True):
        theirs = sparse.jax(sparse.network, p).answer()[1]
    np.testing.assert_allclose(np.array(autograd_lite.hessian(sparse.network)(p)), theirs, rtol=1e-9, atol=1e-11)
