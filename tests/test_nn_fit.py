"""Training does what its arguments say, whatever holds the numbers, and can be stopped at any line."""

import copy
import json
import math
import random
import sys
import warnings

import numpy as np
import pytest

import nn
from autograd_lite import Value
from nn import data as nn_data
from nn.losses import weights

ENGINES = (False, "numpy", "native")
XS, LABELS = nn_data.moons(16, rng=random.Random(1))


def classifier(outputs=2):
    return nn.MLP(2, [3, outputs], rng=random.Random(0))


def losses(data, loss="cross_entropy", compiled=False, outputs=2, **options):
    model = classifier(outputs)
    history = nn.fit(model, data, loss=loss, epochs=3, batch_size=5, compiled=compiled, progress=False, **options)
    return history.loss, history.accuracy


class Table:
    """What a table of another library has in common with an array."""

    def __init__(self, rows):
        self.rows = rows

    def __array__(self, dtype=None, copy=None):
        return np.array(self.rows, dtype)

    def __len__(self):
        return len(self.rows)


ONE_HOT = [nn_data.one_hot(y, 2) for y in LABELS]
HOLDERS = {
    "arrays": lambda xs, ys: (np.array(xs), np.array(ys)),
    "rows of arrays": lambda xs, ys: ([np.array(x) for x in xs], list(np.array(ys))),
    "tables": lambda xs, ys: (Table(xs), Table(ys)),
    "tuples": lambda xs, ys: (tuple(map(tuple, xs)), tuple(ys)),
    "arrays of no axes": lambda xs, ys: ([[np.array(a) for a in x] for x in xs], [np.array(y) for y in ys]),
}


@pytest.mark.parametrize("compiled", ENGINES)
@pytest.mark.parametrize("targets", [LABELS, ONE_HOT], ids=["class numbers", "one-hot"])
@pytest.mark.parametrize("holder", HOLDERS)
def test_training_is_the_same_whatever_holds_the_numbers(holder, targets, compiled):
    expected = losses((XS, targets), compiled=compiled)
    assert losses(HOLDERS[holder](XS, targets), compiled=compiled) == expected
    assert losses((XS, targets)) == (pytest.approx(expected[0]), expected[1])


@pytest.mark.parametrize("compiled", ENGINES)
def test_rows_of_the_unit_matrix_are_one_hot_targets(compiled):
    data = np.array(XS), np.eye(2)[LABELS]
    assert losses(data, compiled=compiled) == losses((XS, LABELS), compiled=compiled)


@pytest.mark.parametrize("compiled", ENGINES)
def test_training_takes_tensors(compiled):
    torch = pytest.importorskip("torch")
    expected = losses((XS, LABELS), compiled=compiled)
    assert losses((torch.tensor(XS, dtype=torch.float64), torch.tensor(LABELS)), compiled=compiled) == expected
    assert losses((XS, [torch.tensor(y) for y in LABELS]), compiled=compiled) == expected
    assert nn.Layer(2, 1, rng=random.Random(0))(torch.tensor([1.0, 2.0]))[0].data == pytest.approx(
        nn.Layer(2, 1, rng=random.Random(0))([1.0, 2.0])[0].data
    )


def test_accuracy_takes_arrays_and_nodes():
    outputs = np.array([[2.0, -1.0], [0.1, 0.2], [3.0, 0.0]])
    assert nn.accuracy(outputs, np.array([0, 1, 1])) == pytest.approx(2 / 3)
    assert nn.accuracy([[Value(a) for a in row] for row in outputs], np.eye(2)[[0, 1, 1]]) == pytest.approx(2 / 3)
    assert nn.confusion_matrix(outputs, np.array([0, 1, 1]), classes=2) == [[1, 0], [1, 1]]


# ---------------------------------------------------------------- losses and labels


@pytest.mark.parametrize(
    ("make", "penalty"),
    [
        (lambda: nn.Conv2d(1, 2, 2), 0.0),
        (lambda: nn.Layer(2, 2), 0.0),
        (lambda: nn.Neuron(2, bias="input"), 0.0),
        (lambda: nn.LSTMCell(1, 2, peepholes=True), 6 * 100.0),  # peepholes are weights
    ],
)
def test_the_l2_penalty_leaves_the_biases_of_every_layer_alone(make, penalty):
    model = make()
    for name, p in model.named_parameters():
        p.data = 10.0 if any(part in ("b", "peepholes") for part in name.split(".")) else 0.0
    assert nn.l2_penalty(model).data == penalty


def test_a_part_called_b_has_weights():
    class Two(nn.Module):
        def __init__(self):
            self.a, self.b = nn.Layer(1, 1), nn.Layer(1, 1)

    assert len(weights(Two())) == 2


@pytest.mark.parametrize("compiled", ENGINES)
@pytest.mark.parametrize(
    ("loss", "labels", "advice"),
    [
        ("hinge", [0, 1], "hinge takes the labels −1 and \\+1, got 0; for 0 and 1 use binary_cross_entropy"),
        ("log_loss", [0, 1], "log_loss takes the labels −1 and \\+1, got 0"),
        ("binary_cross_entropy", [-1, 1], "takes the labels 0 and 1, .* got -1; for −1 and \\+1 use log_loss or hinge"),
        ("cross_entropy", [[-1, 1], [1, -1]], "takes a class number or probabilities between 0 and 1, got -1"),
        ("cross_entropy", [1, 2], "class 2 is not one of 0 … 1"),
        ("squared_error", ["a", "b"], "squared_error takes numbers as targets, got '[ab]'"),
    ],
)
def test_labels_that_a_loss_does_not_take_are_told(loss, labels, advice, compiled):
    model = classifier(2 if loss == "cross_entropy" else 1)
    before = model.state_dict()
    for data in ((XS, [labels[y] for y in LABELS]), (np.array(XS), np.array([labels[y] for y in LABELS]))):
        with pytest.raises(ValueError, match=advice):
            nn.fit(model, data, loss=loss, compiled=compiled, progress=False)
    assert model.state_dict() == before


@pytest.mark.parametrize("compiled", ENGINES)
@pytest.mark.parametrize(
    ("loss", "held", "outputs"),
    [("binary_cross_entropy", "sigmoid", 1), ("log_loss", "sigmoid", 1), ("cross_entropy", "softmax", 2)],
)
def test_a_loss_on_logits_refuses_what_went_through_its_own_function_already(loss, held, outputs, compiled):
    model = nn.MLP(2, [3, outputs], output_activation=held, rng=random.Random(0))
    labels = [2 * y - 1 for y in LABELS] if loss == "log_loss" else LABELS
    before = model.state_dict()
    with pytest.raises(ValueError, match=f"{loss} takes logits and holds the {held} itself"):
        nn.fit(model, (XS, labels), loss=loss, compiled=compiled, progress=False)
    assert model.state_dict() == before


def test_several_labels_to_a_sample_are_right_if_all_are():
    assert nn.accuracy([[5.0, 5.1, -5.0]], [[1, 1, 0]]) == 1.0
    assert nn.accuracy([[5.0, -5.1, -5.0]], [[1, 1, 0]]) == 0.0
    assert nn.accuracy(np.array([[5.0, 5.1, -5.0]]), np.array([[1, 1, -1]])) == 1.0
    assert nn.accuracy([[5.0, 6.0, -5.0]], [[1, 0, 0]]) == 0.0  # one-hot: the largest decides
    assert nn.accuracy([[5.0, 6.0, -5.0]], [[1, 0, 0]], multi_label=True) == 0.0
    assert nn.accuracy([[5.0, -6.0, -5.0]], [[1, 0, 0]], multi_label=True) == 1.0
    assert nn.accuracy([[-1.0, -2.0]], [[0, 0]]) == 1.0


@pytest.mark.parametrize("compiled", ENGINES)
def test_a_batch_of_a_multi_label_set_is_counted_as_one_also_where_it_looks_one_hot(compiled):
    data = [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], [[1, 0], [0, 1], [1, 1]]
    model = nn.MLP(2, [2], rng=random.Random(0))
    for layer in model.layers:
        for neuron, row in zip(layer.neurons, ([4.0, 0.0], [0.0, 4.0])):
            neuron.w[0].data, neuron.w[1].data, neuron.b.data = *row, 1.0  # both above 0, whatever is asked
    history = nn.fit(model, data, loss="binary_cross_entropy", epochs=1, batch_size=1, compiled=compiled,
                     optimiser=nn.SGD(model.parameters(), lr=1e-12), held_out=data, progress=False)  # fmt: skip
    assert history.accuracy == [pytest.approx(1 / 3)] and history.held_out_accuracy == [pytest.approx(1 / 3)]


# ---------------------------------------------------------------- optimisers, schedules, clipping


class Line(nn.Module):
    def __init__(self):
        self.w = Value(1.0)

    def forward(self, x):
        return self.w * x[0]


@pytest.mark.parametrize("compiled", ENGINES)
@pytest.mark.parametrize("size", [1e200, 1e-200, 1.7e308])
def test_a_gradient_whose_square_overflows_is_clipped_by_its_norm(size, compiled):
    model = Line()
    history = nn.fit(model, ([[size]], [0.0]), loss=lambda output, target: output, clip=min(1.0, size / 2), epochs=1,
                     optimiser=nn.SGD(model.parameters(), lr=0.1), compiled=compiled, progress=False)  # fmt: skip
    assert model.w.data == pytest.approx(1.0 - 0.1 * min(1.0, size / 2), rel=1e-15)
    assert history.gradient_norms == [{"w": pytest.approx(size)}]


def test_clipping_gradients_whose_norm_overflows_keeps_their_direction():
    x, y = Value(0.0), Value(0.0)
    x.grad, y.grad = 1.5e308, -1.5e308
    assert nn.clip_gradients([x, y], 2.0) == math.inf
    assert (x.grad, y.grad) == (pytest.approx(math.sqrt(2.0)), pytest.approx(-math.sqrt(2.0)))


@pytest.mark.parametrize("compiled", ENGINES)
def test_a_schedule_leaves_the_optimiser_its_own_rate(compiled):
    model = classifier()
    optimiser = nn.SGD(model.parameters(), lr=0.2)
    for _ in range(2):
        history = nn.fit(model, (XS, LABELS), epochs=2, optimiser=optimiser, schedule=nn.cosine(2), compiled=compiled,
                         progress=False)  # fmt: skip
        assert history.lr == [0.2, 0.1] and optimiser.lr == 0.2


def test_a_rate_that_on_epoch_sets_is_the_rate_from_then_on():
    model = classifier()
    optimiser = nn.SGD(model.parameters(), lr=0.2)

    def halve(epoch, history):
        optimiser.lr /= 2

    history = nn.fit(model, (XS, LABELS), epochs=3, optimiser=optimiser, on_epoch=halve, progress=False)
    assert history.lr == [0.2, 0.1, 0.05]


def test_going_on_from_a_checkpoint_at_another_rate_says_which_it_takes(tmp_path):
    def run(epochs, lr):
        model = classifier()
        return nn.fit(model, (XS, LABELS), epochs=epochs, optimiser=nn.SGD(model.parameters(), lr=lr),
                      checkpoint=tmp_path / "c.json", progress=False)  # fmt: skip

    run(1, 0.2)
    with pytest.warns(UserWarning, match=r"c\.json at its rate 0\.2, not the optimiser's 0\.5") as caught:
        assert run(2, 0.5).lr == [0.2, 0.2]
    assert caught[0].filename == __file__


@pytest.mark.parametrize("rate", [math.nan, -0.1, math.inf, "0.1"])
def test_a_rate_that_cannot_be_is_told_before_a_step_is_made_with_it(rate):
    model, seen = classifier(), []
    optimiser = nn.SGD(model.parameters(), lr=0.2)

    def spoil(epoch, history):
        seen.append(model.state_dict())
        optimiser.lr = rate

    with pytest.raises((TypeError, ValueError), match="lr of the optimiser must"):
        nn.fit(model, (XS, LABELS), epochs=3, optimiser=optimiser, on_epoch=spoil, progress=False)
    assert len(seen) == 1 and model.state_dict() == seen[0] and optimiser.lr == 0.2


def test_a_schedule_that_grows_beyond_the_floats_is_told():
    assert nn.step_decay(1, factor=10.0)(400) == math.inf
    model = classifier()
    with pytest.raises(ValueError, match="what schedule returns must not be negative, and must be finite, got inf"):
        nn.fit(model, (XS, LABELS), schedule=nn.step_decay(1, factor=1e308), epochs=3, progress=False)


def test_warnings_of_fit_point_at_the_line_that_called_it():
    class Branching(nn.Module):
        def __init__(self):
            self.w = Value(1.0)

        def forward(self, x):
            return self.w * x[0] if x[0] > 0 else self.w

    with pytest.warns(UserWarning, match="node by node") as caught:
        nn.fit(Branching(), ([[0.5]], [1.0]), loss="squared_error", compiled="auto", epochs=1, progress=False)
    assert caught[0].filename == __file__


def test_a_value_beside_the_model_is_trained_with_it():
    """Its gradient is that of the batch, not summed over all batches before."""
    model, scale = Line(), Value(1.0)
    optimiser = nn.SGD([model.w, scale], lr=0.1)
    nn.fit(model, ([[1.0]], [0.0]), loss=lambda y, t: y * 0.0 + scale, epochs=3, optimiser=optimiser, progress=False)
    assert scale.data == pytest.approx(0.7)


def test_an_optimiser_that_would_move_what_no_loss_depends_on_is_refused():
    model, other, rare = Line(), nn.MLP(2, [1], rng=random.Random(0)), Value(1.0)
    data = ([[1.0], [2.0]], [0.0, 1.0])

    def loss(output, target):  # the second sample alone shows that `rare` has a part in it
        return output * output + (rare * rare if target else 0.0)

    nn.fit(model, data, loss=loss, optimiser=nn.SGD([model.w, rare], lr=0.1), epochs=1, progress=False)
    before = [p.data for p in (model.w, rare, *other.parameters())]
    for compiled in (False, "auto"):
        optimiser = nn.SGD([model.w, rare, *other.parameters()])
        with pytest.raises(ValueError, match="3 of the optimiser's 5 parameters belong neither to this model"):
            nn.fit(model, data, loss=loss, optimiser=optimiser, compiled=compiled, progress=False)
    assert [p.data for p in (model.w, rare, *other.parameters())] == before


# ---------------------------------------------------------------- early stopping


def falling(*means):
    """A loss that takes these numbers epoch by epoch, and a gradient of 1."""
    epochs = iter(means)
    return lambda output, target: output - output.data + next(epochs)


def patient(means, patience, **options):
    model, seen = Line(), []
    history = nn.fit(
        model, ([[1.0]], [0.0]), loss=falling(*means), epochs=len(means), patience=patience, progress=False,
        optimiser=nn.SGD(model.parameters(), lr=0.125, momentum=0.5),
        on_epoch=lambda epoch, h: seen.append(model.w.data), **options,
    )  # fmt: skip
    return model, history, seen


@pytest.mark.parametrize(
    ("means", "patience", "epochs"),
    [
        ([math.nan, math.nan, 13.0, 4.9, 4.0], 3, 5),
        ([math.nan] * 5, 3, 4),
        ([3.0, math.nan, math.nan, math.nan, 1.0], 3, 4),
        ([3.0, 2.0, math.inf, 2.5, 1.0, 0.5], 3, 6),
        ([3.0, 2.0, math.inf, 2.5, 1.0, 0.5], 2, 4),
    ],
)
def test_early_stopping_does_not_take_nan_for_the_best(means, patience, epochs):
    _, history, _ = patient(means, patience)
    assert (len(history), history.stopped) == (epochs, "epochs" if epochs == len(means) else "early")


@pytest.mark.parametrize("means", [[3.0, 1.0, 2.0, 2.5, 2.6], [3.0, 1.0, 2.0]])
def test_with_patience_the_weights_are_those_of_the_best_epoch(means):
    model, history, seen = patient(means, 3)
    assert history.best() == 1 and model.w.data == seen[1] != seen[-1]


def test_held_out_data_decide_also_where_their_last_loss_is_nan():
    history = nn.History(loss=[3.0, 2.0, 1.0], held_out_loss=[1.0, 2.0, math.nan])
    assert history.best() == 0


@pytest.mark.parametrize("compiled", ENGINES)
def test_the_best_weights_survive_a_checkpoint(tmp_path, compiled):
    def run(epochs, checkpoint=None):
        model = classifier(1)
        history = nn.fit(model, (XS, LABELS), loss="binary_cross_entropy", epochs=epochs, patience=30, batch_size=4,
                         held_out=nn_data.moons(8, noise=0.8, rng=random.Random(5)), checkpoint=checkpoint,
                         optimiser=nn.Adam(model.parameters(), lr=0.3), compiled=compiled, progress=False)  # fmt: skip
        return model.state_dict(), history

    whole = run(24)
    assert whole[1].best() < 18  # or the checkpoint would have nothing to keep
    run(18, tmp_path / "c.json")
    assert run(24, tmp_path / "c.json") == whole


# ---------------------------------------------------------------- files


@pytest.mark.parametrize(
    "x", ["9" * 400, "-" + "9" * 400, "9" * 5000, "1e999", "NaN", "Infinity", '"1"', "true", "[1]"], ids=lambda x: x[:9]
)
def test_a_file_with_a_number_that_is_none_changes_nothing(tmp_path, x):
    model = classifier()
    path = tmp_path / "w.json"
    model.save(path)
    name = next(reversed(model.state_dict()))
    path.write_text(path.read_text().replace(f'"{name}": 0.0', f'"{name}": {x}'))
    other = nn.MLP(2, [3, 2], rng=random.Random(9))
    before = other.state_dict()
    with pytest.raises(ValueError, match=r"w\.json"):
        other.load(path)
    assert other.state_dict() == before


def test_a_state_may_hold_numbers_of_any_kind():
    model = classifier()
    model.load_state_dict({name: np.float32(i / 4) for i, name in enumerate(model.state_dict())})
    assert list(model.state_dict().values()) == [i / 4 for i in range(len(model.parameters()))]
    model.load_state_dict({name: np.array(1) for name in model.state_dict()})
    assert set(model.state_dict().values()) == {1.0}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c["optimiser"].update(kind="AdamW"), "state of 'AdamW', not of Adam"),
        (lambda c: c["optimiser"].update(steps=-1), "steps must be a whole number of at least 0, got -1"),
        (lambda c: c["optimiser"].update(steps=10**400), "steps must be at most"),
        (lambda c: c["optimiser"].update(steps=1.5), "steps must be a whole number"),
        (lambda c: c["optimiser"].update(lr=-0.1), "lr must not be negative"),
        (lambda c: c["optimiser"].update(lr={"float": "nan"}), "lr must not be negative, and must be finite"),
        (lambda c: c["optimiser"]["square"].__setitem__(2, -1.0), r"square\[2\] must not be negative|square 2"),
        (lambda c: c["optimiser"]["mean"].__setitem__(1, "0"), "mean 1 must be a number, got '0'"),
        (lambda c: c["optimiser"]["mean"].__setitem__(1, 10**400), "mean 1 is too large"),
        (lambda c: c["history"]["loss"].__setitem__(0, "low"), "history.loss 0 must be a number, got 'low'"),
        (lambda c: c["history"]["lr"].__setitem__(0, None), "history.lr 0 must be a number"),
        (lambda c: c["history"]["lr"].__setitem__(0, {}), "history.lr 0 must be a number"),
        (lambda c: c["history"]["gradient_norms"].__setitem__(0, 3), r"gradient_norms\[0\] must be norms by layer"),
        (lambda c: c["history"].update(stopped="tired"), "stopped must be"),
        (lambda c: c["rng"].__setitem__(2, "x"), "gauss must be a number"),
        (lambda c: c.update(parameters={}), "missing"),
        (lambda c: c.update(best={}), "lacks 'numbers'"),
    ],
)
def test_an_edited_checkpoint_is_refused_with_the_place_and_nothing_changes(tmp_path, change, message):
    path = tmp_path / "c.json"

    def run(seed):
        model = nn.MLP(2, [3, 2], rng=random.Random(seed))
        adam, rng = nn.Adam(model.parameters(), lr=0.1), random.Random(seed)
        state = [model.state_dict(), adam.state_dict(), rng.getstate()]
        try:
            nn.fit(model, (XS, LABELS), epochs=2 + seed, optimiser=adam, rng=rng, checkpoint=path, progress=False)
        finally:
            changed = [model.state_dict(), adam.state_dict(), rng.getstate()] != state
            assert changed == (seed == 0)

    run(0)
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=message):
        run(1)
    assert json.loads(path.read_text()) == content


def test_a_checkpoint_of_adam_is_none_of_adamw(tmp_path):
    for kind in (nn.Adam, nn.AdamW):
        model = classifier()
        options = {"optimiser": kind(model.parameters(), lr=0.1), "checkpoint": tmp_path / "c.json", "progress": False}
        if kind is nn.Adam:
            nn.fit(model, (XS, LABELS), epochs=1, **options)
        else:
            with pytest.raises(ValueError, match="this is the state of 'Adam', not of AdamW"):
                nn.fit(model, (XS, LABELS), epochs=2, **options)


def test_a_checkpoint_of_an_older_version_is_taken(tmp_path):
    def run(epochs):
        model = classifier()
        adam = nn.Adam(model.parameters())
        return nn.fit(
            model, (XS, LABELS), epochs=epochs, optimiser=adam, checkpoint=tmp_path / "c.json", progress=False
        )

    run(1)
    content = json.loads((tmp_path / "c.json").read_text())
    del content["optimiser"]["kind"]
    (tmp_path / "c.json").write_text(json.dumps(content))
    assert len(run(3)) == 3


# ---------------------------------------------------------------- interrupts and errors


def interrupted_at(call, n, modules):
    """Run ``call`` and raise KeyboardInterrupt at the n-th line that runs in these modules; return (result, lines)."""
    count = 0

    def trace(frame, event, argument):
        nonlocal count
        if not frame.f_globals.get("__name__", "").startswith(modules):
            return None
        if event == "line":
            count += 1
            if count == n:
                sys.settrace(None)
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        return call(), count
    finally:
        sys.settrace(before)


class Training:
    """A short training whose states after every epoch are known."""

    def __init__(self, compiled):
        rng = random.Random(3)
        self.model = nn.MLP(2, [2, 1], rng=rng)
        self.optimiser, self.rng, self.compiled = nn.Adam(self.model.parameters(), lr=0.1), rng, compiled
        self.history = None

    def run(self):
        self.history = nn.fit(
            self.model, (XS[:4], LABELS[:4]), loss="binary_cross_entropy", optimiser=self.optimiser, epochs=3,
            batch_size=2, rng=self.rng, schedule=nn.cosine(4), compiled=self.compiled, progress=False,
        )  # fmt: skip
        return self.history

    def state(self):
        return self.model.state_dict(), self.optimiser.state_dict(), self.rng.getstate()


@pytest.mark.parametrize("compiled", [False, "numpy"])
def test_an_interrupt_at_any_line_leaves_the_state_of_a_full_epoch_and_returns_the_history(compiled):
    whole = Training(compiled)
    states = [whole.state()]
    nn.fit(
        whole.model, (XS[:4], LABELS[:4]), loss="binary_cross_entropy", optimiser=whole.optimiser, epochs=3,
        batch_size=2, rng=whole.rng, schedule=nn.cosine(4), compiled=compiled, progress=False,
        on_epoch=lambda epoch, history: states.append(whole.state()),
    )  # fmt: skip
    modules = ("nn.training", "nn.steppers", "nn.optim", "nn.metrics")
    _, lines = interrupted_at(Training(compiled).run, -1, modules)
    returned = 0
    for n in range(1, lines + 1, 7):
        training = Training(compiled)
        classes = {type(p) for p in training.model.parameters()}
        try:
            interrupted_at(training.run, n, modules)
        except KeyboardInterrupt:  # while the arguments were still being read
            assert training.state() == states[0]
            assert returned == 0
            continue
        returned += 1
        history = training.history
        assert history.stopped == "interrupted"
        assert {len(getattr(history, c)) for c in ("loss", "accuracy", "lr", "gradient_norms", "held_out_loss")} == {
            len(history)
        }
        assert training.state() == states[len(history)]
        assert {type(p) for p in training.model.parameters()} == classes
        assert all(type(getattr(training.optimiser, slot)) is list for slot in training.optimiser.slots)
    assert returned > 20


@pytest.mark.parametrize("compiled", ENGINES)
def test_an_error_in_the_middle_leaves_the_last_full_epoch(compiled):
    training = Training(compiled)
    states = []

    def fail(epoch, history):
        states.append(training.state())
        if epoch == 1:
            training.model.parameters()[0].data = 99.0
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        nn.fit(training.model, (XS, LABELS), loss="binary_cross_entropy", optimiser=training.optimiser, epochs=3,
               rng=training.rng, compiled=compiled, on_epoch=fail, progress=False)  # fmt: skip
    assert training.state() == states[1]


def test_the_rate_is_the_optimisers_after_an_interrupt_within_a_schedule():
    model = classifier()
    optimiser = nn.SGD(model.parameters(), lr=0.2)

    def stop(output, target):
        raise KeyboardInterrupt

    history = nn.fit(model, (XS, LABELS), loss=stop, optimiser=optimiser, schedule=nn.warmup(5), progress=False)
    assert (history.stopped, len(history), optimiser.lr) == ("interrupted", 0, 0.2)


# ---------------------------------------------------------------- what is shown


def test_a_history_shows_itself_in_one_short_line():
    history = nn.fit(classifier(), (XS, LABELS), epochs=40, held_out=(XS, LABELS), progress=False)
    text = repr(history)
    assert text.startswith("History(40 epochs, loss ") and "→" in text and "held-out accuracy" in text
    assert len(text) < 130 and "\n" not in text
    assert repr(nn.History()) == "History(0 epochs)"
    assert repr(nn.History(loss=[1.0], accuracy=[math.nan], stopped="interrupted")) == (
        "History(1 epoch, loss 1 → 1, interrupted)"
    )


def test_the_accuracy_of_a_regression_is_not_measured():
    mean, right = nn.evaluate(classifier(1), (XS, [0.5] * len(XS)), "squared_error")
    assert mean > 0.0 and math.isnan(right)


def test_a_copy_of_a_trained_model_trains_by_itself():
    model = classifier()
    twin = copy.deepcopy(model)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nn.fit(twin, (XS, LABELS), epochs=1, progress=False)
    assert model.state_dict() == classifier().state_dict() != twin.state_dict()


def hinge(output, target):
    """A squared error that is called as a loss of classes is."""
    return nn.losses.squared_error(output, target)


@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error", hinge, lambda y, t: nn.losses.cross_entropy(y, t)])
def test_fit_and_evaluate_measure_accuracy_for_the_same_losses(loss):
    model, data = classifier(), (XS, ONE_HOT)
    history = nn.fit(model, data, loss=loss, epochs=1, held_out=data, progress=False)
    measured = loss == "cross_entropy"
    assert [math.isnan(x) for x in (history.accuracy[0], nn.evaluate(model, data, loss)[1])] == [not measured] * 2
