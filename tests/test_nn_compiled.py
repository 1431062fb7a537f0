"""Compiled training is eager training, only faster."""

from __future__ import annotations

import math
import random
import tracemalloc

import numpy as np
import pytest

import nn
from autograd_lite import Value, compile, mean_of, tanh
from autograd_lite.program import CaptureError
from autograd_lite.program.run.choose import updating

pytestmark = pytest.mark.filterwarnings("error")
OPTIMISERS = {
    "sgd": lambda ps: nn.SGD(ps, lr=0.1),
    "momentum": lambda ps: nn.SGD(ps, lr=0.05, momentum=0.9, weight_decay=0.01),
    "nesterov": lambda ps: nn.SGD(ps, lr=0.05, momentum=0.9, nesterov=True),
    "adam": lambda ps: nn.Adam(ps, lr=0.02, weight_decay=0.01),
    "adamw": lambda ps: nn.AdamW(ps, lr=0.02),
    "output layer only": lambda ps: nn.SGD(ps[-5:], lr=0.1),
}


def trained(compiled, *, optimiser="sgd", make=None, data=None, **options):
    model = make() if make else nn.MLP(2, [4, 1], rng=random.Random(1))
    data = data or nn.data.moons(30, rng=random.Random(2))
    options = {"loss": "binary_cross_entropy", "epochs": 4, "batch_size": 8, **options}
    history = nn.fit(
        model, data, optimiser=OPTIMISERS[optimiser](model.parameters()), rng=random.Random(3), compiled=compiled,
        progress=False, **options,
    )  # fmt: skip
    return model, history


def assert_same(one, other, tolerance=1e-10):
    (model, history), (other_model, other_history) = one, other
    for column in ("loss", "accuracy", "held_out_loss", "held_out_accuracy", "lr"):
        np.testing.assert_allclose(getattr(history, column), getattr(other_history, column), rtol=tolerance)
    for norms, expected in zip(history.gradient_norms, other_history.gradient_norms):
        assert norms.keys() == expected.keys()
        np.testing.assert_allclose(list(norms.values()), list(expected.values()), rtol=tolerance)
    np.testing.assert_allclose(
        list(model.state_dict().values()), list(other_model.state_dict().values()), rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize("backend", ["numpy", "native", "auto"])
@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_every_optimiser_makes_the_same_steps_compiled(optimiser, backend):
    assert_same(trained(backend, optimiser=optimiser), trained(False, optimiser=optimiser))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", [name for name in OPTIMISERS if name != "output layer only"])
@pytest.mark.parametrize("n", [1, 7, 8, 33])
def test_an_update_in_machine_code_is_that_of_numpy_to_the_bit(name, n, dtype):
    rng, optimiser = np.random.default_rng(n), OPTIMISERS[name]([Value(0.0) for _ in range(n)])
    x = rng.normal(size=n).astype(dtype)
    state = [np.zeros(n, dtype) for _ in optimiser.slots]
    for slot, column in zip(optimiser.slots, state):
        setattr(optimiser, slot, column.copy())
    update, same = updating(optimiser, "native", dtype), x.copy()
    for _ in range(5):
        g = (rng.normal(size=n) * 10.0 ** rng.uniform(-30, 10, n)).astype(dtype)
        optimiser.steps += 1
        x = optimiser.moved(slice(None), x.copy(), g)
        update(optimiser.numbers(), same, g, state)
        assert same.tobytes() == x.tobytes()
        assert [column.tobytes() for column in state] == [
            getattr(optimiser, slot).tobytes() for slot in optimiser.slots
        ]


def test_an_update_in_machine_code_allocates_no_arrays():
    n, optimiser = 100_000, nn.Adam([Value(0.0)])
    x, g, *state = np.ones((4, n))
    update = updating(optimiser, "native", "float64")
    tracemalloc.start()
    update((0.1, 0.5, 0.5), x, g, state)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < n and x.max() < 1.0
    with pytest.raises(ValueError, match=r"parameters, gradient and state have \[100000, 2, 100000, 100000\] numbers"):
        update((0.1, 0.5, 0.5), x, g[:2], state)


@pytest.mark.parametrize("backend", ["numpy", "native"])
@pytest.mark.parametrize("name", ["sgd", "nesterov", "adamw"])
def test_a_trainer_makes_the_steps_of_its_optimiser(name, backend):
    xs, ys = nn.data.moons(30, rng=random.Random(2))
    models = [nn.MLP(2, [4, 1], rng=random.Random(1)) for _ in range(2)]
    losses = [lambda x, y, own=model: nn.binary_cross_entropy(own(x), y) for model in models]
    mine, other = (OPTIMISERS[name](model.parameters()) for model in models)
    trainer = compile(
        losses[0], parameters=models[0].parameters(), batched=True, reduce="mean", backend=backend
    ).trainer(optimiser=mine)
    for start in (0, 7, 14):
        x, y = xs[start : start + 7], ys[start : start + 7]
        mine.weight_decay = other.weight_decay = 0.01 * start  # which is read anew
        eager = mean_of([losses[1](*sample) for sample in zip(x, y)])
        other.zero_grad()
        eager.backward()
        other.step()
        assert trainer.step(x, y) == pytest.approx(eager.data, rel=1e-12)
    trainer.write_back()
    np.testing.assert_allclose(
        list(models[0].state_dict().values()), list(models[1].state_dict().values()), rtol=1e-10, atol=1e-13
    )
    state, expected = mine.state_dict(), other.state_dict()
    assert state["steps"] == expected["steps"] == 3 and all(
        isinstance(getattr(mine, slot), list) for slot in mine.slots
    )
    for slot in mine.slots:
        np.testing.assert_allclose(state[slot], expected[slot], rtol=1e-9, atol=1e-15)


def test_a_trainer_takes_no_optimiser_of_other_parameters():
    w = Value(1.0)
    error = compile(lambda x: (w * x) ** 2, parameters=[w], batched=True, reduce="mean")
    with pytest.raises(ValueError, match="the optimiser must have the parameters that the function was compiled with"):
        error.trainer(optimiser=nn.Adam([Value(1.0)]))


EXTRAS = {
    "held out": {"held_out": nn.data.moons(10, rng=random.Random(5))},
    "l2": {"l2": 0.01},
    "clip": {"clip": 0.05},
    "schedule": {"schedule": nn.cosine(4)},
    "whole batch": {"batch_size": None},
    "loss as a function": {"loss": lambda output, y: (tanh(output) - y) ** 2},
    "early stopping": {"patience": 1, "epochs": 12, "held_out": nn.data.moons(10, rng=random.Random(5))},
}


@pytest.mark.parametrize("extra", EXTRAS)
def test_every_option_of_fit_means_the_same_compiled(extra):
    assert_same(trained("numpy", **EXTRAS[extra]), trained(False, **EXTRAS[extra]))


def digits(n):
    images, labels = nn.data.digits(n)
    return [[row[i : i + 8] for i in range(0, 64, 8)] for row in images], labels


def cnn():
    rng = random.Random(4)
    return nn.Sequential(nn.Conv2d(1, 2, 3, rng=rng), nn.MaxPool2d(2), nn.Flatten(), nn.Layer(18, 10, rng=rng))


def test_a_convolutional_network_trains_on_class_numbers_the_same_compiled():
    images, labels = digits(20)
    data = [[image] for image in images], labels
    options = {"make": cnn, "data": data, "loss": "cross_entropy", "epochs": 2}
    assert_same(trained("numpy", **options), trained(False, **options))


def test_a_recurrent_network_trains_the_same_compiled():
    rng = random.Random(6)
    xs = [[[rng.uniform(-1, 1)] for _ in range(4)] for _ in range(12)]
    data = xs, [[sum(x[0] for x in steps)] for steps in xs]

    def lstm():
        own = random.Random(7)
        cells = nn.Recurrent(nn.LSTMCell(1, 3, rng=own), last=True)
        return nn.Sequential(cells, nn.Layer(3, 1, activation=None, rng=own))

    options = {"make": lstm, "data": data, "loss": "squared_error", "epochs": 3}
    assert_same(trained("auto", **options), trained(False, **options))


@pytest.mark.parametrize("optimiser", ["sgd", "momentum", "adam"])
def test_compiled_training_resumes_to_the_bit(tmp_path, optimiser):
    straight = trained("numpy", optimiser=optimiser, epochs=6)
    trained("numpy", optimiser=optimiser, epochs=2, checkpoint=tmp_path / "c.json")
    resumed = trained("numpy", optimiser=optimiser, epochs=6, checkpoint=tmp_path / "c.json")
    assert resumed[0].state_dict() == straight[0].state_dict()
    assert resumed[1].loss == straight[1].loss


def test_an_interrupt_in_compiled_training_leaves_the_last_full_epoch():
    states = []

    def interrupt(epoch, history):
        states.append(dict(model.state_dict()))
        if epoch == 2:
            raise KeyboardInterrupt

    model = nn.MLP(2, [4, 1], rng=random.Random(1))
    optimiser = nn.Adam(model.parameters())
    data = nn.data.moons(30, rng=random.Random(2))
    history = nn.fit(model, data, loss="binary_cross_entropy", optimiser=optimiser, epochs=9, compiled="numpy",
                     on_epoch=interrupt, progress=False)  # fmt: skip
    assert history.stopped == "interrupted" and len(history) == 3
    assert model.state_dict() == states[-1]
    assert isinstance(optimiser.mean, list)


def test_an_optimiser_of_the_users_own_moves_values():
    class Sign(nn.SGD):
        def moved(self, i, x, g):
            return x - self.lr * math.copysign(1.0, g)

    OPTIMISERS["sign"] = lambda ps: Sign(ps, lr=0.01)
    assert_same(trained("numpy", optimiser="sign"), trained(False, optimiser="sign"))


class Branching(nn.Module):
    def __init__(self):
        self.w = Value(0.5)

    def forward(self, x):
        return self.w * x[0] if x[1] > 0 else self.w * x[1]


def test_what_cannot_be_compiled_is_trained_node_by_node_and_says_why():
    data = [[0.5, 1.0], [0.3, -1.0]], [1.0, 0.0]
    with pytest.warns(UserWarning, match="node by node.*a condition asked for the value"):
        nn.fit(Branching(), data, loss="squared_error", epochs=2, compiled="auto", progress=False)
    with pytest.raises(CaptureError):
        nn.fit(Branching(), data, loss="squared_error", epochs=2, compiled=True, progress=False)


def test_a_recurrent_network_learns_sequences_of_different_lengths_compiled():
    data = [[[0.1]], [[0.1], [0.2]]], [[1.0], [0.0]]
    histories = []
    for compiled in (False, True):
        model = nn.Sequential(nn.Recurrent(nn.RNNCell(1, 2, rng=random.Random(0)), last=True), nn.Layer(2, 1))
        model.layers[1] = nn.Layer(2, 1, rng=random.Random(1))
        history = nn.fit(model, data, loss="squared_error", epochs=3, compiled=compiled, progress=False)
        histories.append(history.loss)
    np.testing.assert_allclose(*histories, rtol=1e-12)


def test_a_wrong_choice_of_engine_names_the_choices():
    with pytest.raises(ValueError, match="compiled must be True, False, 'auto', 'numpy' or 'native', got 'fast'"):
        trained("fast")


def test_all_digits_are_learned_in_seconds_to_97_percent():
    (train, held_out) = nn.data.split(nn.data.digits(), test=0.2, rng=random.Random(0))
    model = nn.MLP(64, [32, 10], activation="tanh", rng=random.Random(0))
    history = nn.fit(model, train, optimiser=nn.Adam(model.parameters(), lr=0.01), epochs=30, rng=random.Random(0),
                     held_out=held_out, compiled="numpy", progress=False)  # fmt: skip
    assert max(history.held_out_accuracy) >= 0.97


class Masked(nn.Module):
    """Three classes, of which the last is ruled out."""

    def __init__(self, rng):
        self.layer = nn.Layer(2, 3, activation="linear", rng=rng)

    def forward(self, x):
        first, second, third = self.layer(x)
        return [first, second, third - math.inf]


@pytest.mark.parametrize("compiled", ["numpy", "native"])
def test_a_logit_of_minus_infinity_in_another_class_trains_as_in_the_engine(compiled):
    results = []
    for how in (False, compiled):
        model = Masked(random.Random(0))
        data = ([[1.0, 2.0], [2.0, -1.0]], [0, 1])
        history = nn.fit(model, data, loss="cross_entropy", epochs=3, rng=random.Random(1), progress=False,
                         compiled=how)  # fmt: skip
        results.append([*history.loss, *[p.data for p in model.parameters()]])
    assert all(map(math.isfinite, results[0]))
    assert results[1] == pytest.approx(results[0], rel=1e-12)


@pytest.mark.parametrize("optimiser", ["sgd", "nesterov"])
@pytest.mark.parametrize("compiled", ["numpy", "native"])
def test_a_parameter_of_minus_infinity_stays_as_in_the_engine(compiled, optimiser):
    results = []
    for how in (False, compiled):
        model = nn.Layer(2, 3, activation="linear", rng=random.Random(0))
        model.parameters()[-1].data = -math.inf  # the bias of a class that is ruled out
        data = ([[1.0, 2.0], [2.0, -1.0]], [0, 1])
        history = nn.fit(model, data, loss="cross_entropy", optimiser=OPTIMISERS[optimiser](model.parameters()),
                         epochs=3, rng=random.Random(1), progress=False, compiled=how)  # fmt: skip
        results.append([*history.loss, *[p.data for p in model.parameters()]])
    assert results[0].count(-math.inf) == 1 and not any(map(math.isnan, results[0]))
    assert results[1] == pytest.approx(results[0], rel=1e-12)


def test_in_float32_too_an_impossible_class_costs_nothing_unless_it_is_the_target():
    loss = compile(nn.losses.cross_entropy, batched=True, reduce="sum", dtype="float32", backend="numpy")
    logits = [[1.0, 2.0, -math.inf]]
    value, gradients = loss.value_and_grad(logits, [[1.0, 0.0, 0.0]])
    assert value == pytest.approx(math.log1p(math.e), rel=1e-6)
    assert gradients.arguments[0] == pytest.approx(np.array([[-1.0, 1.0, 0.0]]) / (1.0 + math.exp(-1.0)), rel=1e-6)
    assert loss(logits, [[0.0, 0.0, 1.0]]) == math.inf


class Counting(nn.Module):
    """A model that changes with every call, and so cannot be compiled."""

    def __init__(self):
        self.w, self.calls, self.seen = Value(0.5, "w"), 0, []

    def forward(self, x):
        self.calls += 1
        self.seen.append(self.calls)
        return self.w * x + 0.01 * len(self.seen)


def test_a_model_with_a_state_trains_node_by_node_from_the_state_it_had():
    def losses(compiled):
        history = nn.fit(Counting(), ([1.0, 2.0], [2.0, 4.0]), loss="squared_error", epochs=3, compiled=compiled,
                         progress=False, rng=random.Random(0))  # fmt: skip
        return history.loss

    with pytest.warns(UserWarning, match=r"test_nn_compiled\.py, line \d+: Counting\.forward does something else"):
        found = losses("auto")
    assert found == losses(False)


def test_to_look_which_parameters_a_loss_depends_on_leaves_no_trace_in_a_model():
    model, temperature = Counting(), Value(1.0, "t")
    nn.fit(model, ([1.0, 2.0], [2.0, 4.0]), loss=lambda y, target: (temperature * y - target) ** 2, epochs=3,
           optimiser=nn.SGD([model.w, temperature], lr=0.01), compiled=False, progress=False)  # fmt: skip
    assert model.calls == 6 == len(model.seen)


class Scaled(nn.Module):
    """The mean of a sequence, of any length, through one neuron."""

    def __init__(self):
        self.w, self.b = Value(0.5, "w"), Value(-0.1, "b")

    def forward(self, xs):
        return (self.w * mean_of(xs) + self.b).tanh()


@pytest.mark.parametrize("clip", [None, 0.01])
@pytest.mark.parametrize("optimiser", [nn.SGD, nn.Adam])
def test_sequences_of_different_lengths_are_learned_as_node_by_node(optimiser, clip):
    rng = random.Random(0)
    xs = [[rng.uniform(-1.0, 1.0) for _ in range(1 + i % 4)] for i in range(14)]
    ys = [sum(x) / len(x) for x in xs]
    found = []
    for compiled in (False, True):
        model = Scaled()
        history = nn.fit(
            model, (xs, ys), loss="squared_error", epochs=3, batch_size=5, l2=0.01, clip=clip, compiled=compiled,
            optimiser=optimiser(model.parameters(), lr=0.1), held_out=(xs[:6], ys[:6]), progress=False,
        )  # fmt: skip
        gradients = [p.grad for p in model.parameters()]
        found.append([*history.loss, *history.held_out_loss, *gradients, model.w.data, model.b.data])
    np.testing.assert_allclose(found[1], found[0], rtol=1e-12)


def test_classes_of_sequences_of_different_lengths_are_counted_in_their_order():
    class Two(nn.Module):
        def __init__(self):
            self.w = Value(1.0, "w")

        def forward(self, xs):
            return [self.w * mean_of(xs), 0.0 * self.w]

    xs, ys = [[1.0], [-1.0, -2.0], [3.0], [-1.0, -1.0, -1.0]], [0, 1, 1, 1]
    accuracies = []
    for compiled in (False, True):
        history = nn.fit(Two(), (xs, ys), epochs=1, batch_size=None, compiled=compiled, progress=False)
        accuracies.append(history.accuracy)
    assert accuracies == [[0.75], [0.75]]


def test_samples_that_cannot_be_compiled_for_their_lengths_are_told():
    sequences = [[1.0] * n for n in range(1, 70)]
    with pytest.raises(ValueError, match="69 different lengths would be recorded one by one, at most 64 are; pad them"):
        nn.fit(Scaled(), (sequences, [1.0] * 69), loss="squared_error", compiled=True, progress=False)

    class Nested(nn.Module):
        def __init__(self):
            self.w = Value(0.5, "w")

        def forward(self, rows):
            return self.w * sum(sum(row) for row in rows)

    with pytest.raises(ValueError, match="lists of different lengths inside one sample cannot be compiled"):
        nn.fit(Nested(), ([[[1.0], [1.0, 2.0]]], [1.0]), loss="squared_error", compiled=True, progress=False)


def test_outputs_that_are_lists_of_lists_are_refused_by_the_losses_of_numbers():
    with pytest.raises(ValueError, match="squared_error: expected numbers or lists of numbers, got lists of lists"):
        nn.squared_error([[1.0]], [[2.0]])
