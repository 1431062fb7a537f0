"""Losses, optimisers, saving, data and the training loop, against PyTorch and closed forms."""

import copy
import functools
import json
import math
import pickle
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_lite import Value
from nn import data as nn_data
from nn.losses import LOSSES, weights
from tests.strategies import logits

# ---------------------------------------------------------------- losses


def torch_loss(name, output, target):
    torch = pytest.importorskip("torch")
    F = torch.nn.functional
    y = torch.tensor(output, dtype=torch.float64, requires_grad=True)
    t = torch.tensor(target, dtype=torch.float64 if name != "cross_entropy" else torch.long)
    loss = {
        "squared_error": lambda: F.mse_loss(y, t, reduction="sum"),
        "half_squared_error": lambda: 0.5 * F.mse_loss(y, t, reduction="sum"),
        "binary_cross_entropy": lambda: F.binary_cross_entropy_with_logits(y, t, reduction="sum"),
        "log_loss": lambda: F.soft_margin_loss(y, t, reduction="sum"),
        "hinge": lambda: torch.relu(1 - t * y).sum(),
        "cross_entropy": lambda: F.cross_entropy(y[None], t[None], reduction="sum"),
    }[name]()
    loss.backward()
    return loss.item(), y.grad.tolist()


@pytest.mark.parametrize("name", LOSSES)
@given(outputs=st.lists(logits, min_size=2, max_size=4), labels=st.randoms(use_true_random=False))
def test_every_loss_and_its_gradient_agree_with_pytorch(name, outputs, labels):
    if name == "cross_entropy":
        target = labels.randrange(len(outputs))
    elif name in ("log_loss", "hinge"):
        target = [labels.choice([-1.0, 1.0]) for _ in outputs]
    elif name == "binary_cross_entropy":
        target = [labels.choice([0.0, 1.0]) for _ in outputs]
    else:
        target = [labels.uniform(-3, 3) for _ in outputs]
    if name == "hinge" and any(abs(1 - t * y) < 1e-9 for y, t in zip(outputs, target)):
        return  # the kink
    ys = [Value(y) for y in outputs]
    loss = LOSSES[name](ys, target)
    loss.backward()
    expected, gradient = torch_loss(name, outputs, target)
    assert loss.data == pytest.approx(expected, rel=1e-10, abs=1e-10)
    assert [y.grad for y in ys] == pytest.approx(gradient, rel=1e-10, abs=1e-10)


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (nn.binary_cross_entropy(30.0, 1.0), 9.357622968839737e-14),
        (nn.binary_cross_entropy(-30.0, 0.0), 9.357622968839737e-14),
        (nn.cross_entropy([1e13, 1e13], 0), math.log(2.0)),
        (nn.cross_entropy([1e13, 1e13], [0.0, 1.0]), math.log(2.0)),
        (nn.cross_entropy([40.0, 0.0], 0), 4.248354255291589e-18),
    ],
)
def test_a_loss_loses_no_digits_to_a_difference_of_large_numbers(loss, expected):
    assert loss == pytest.approx(expected, rel=1e-12, abs=0.0)


@pytest.mark.parametrize("target", [0, [1.0, 0.0]])
@pytest.mark.parametrize("other", [-math.inf, -1e308])
def test_a_class_that_is_impossible_costs_nothing_unless_it_is_the_target(target, other):
    zs = [Value(2.0), Value(other)]
    loss = nn.cross_entropy(zs, target)
    loss.backward()
    assert (loss.data, zs[0].grad, zs[1].grad) == (0.0, 0.0, 0.0)
    assert nn.cross_entropy([2.0, -math.inf], 1) == nn.cross_entropy([2.0, -math.inf], [0.0, 1.0]) == math.inf


def test_cross_entropy_takes_probabilities_too():
    zs = [Value(z) for z in (1.0, -0.5, 2.0)]
    nn.cross_entropy(zs, [0.2, 0.3, 0.5]).backward()
    total = sum(math.exp(z.data) for z in zs)
    assert [z.grad for z in zs] == pytest.approx([math.exp(z.data) / total - t for z, t in zip(zs, (0.2, 0.3, 0.5))])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.squared_error([1.0, 2.0], [1.0]), r"one target per output \(2\), got 1"),
        (lambda: nn.cross_entropy([1.0, 2.0], 2), "class 2 is not one of 0 … 1"),
        (lambda: nn.cross_entropy(1.0, 0), "one per class"),
    ],
)
def test_a_loss_names_what_does_not_fit(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_l2_penalty_leaves_biases_alone():
    model = nn.MLP(2, [2, 1], rng=random.Random(0))
    nn.l2_penalty(model).backward()
    for name, p in model.named_parameters():
        assert p.grad == (0.0 if name.endswith(".b") else 2 * p.data)
    assert len(weights(model)) == 6


# ---------------------------------------------------------------- optimisers


@pytest.mark.parametrize(
    ("ours", "theirs", "options"),
    [
        ("SGD", "SGD", {"lr": 0.1}),
        ("SGD", "SGD", {"lr": 0.1, "momentum": 0.9}),
        ("SGD", "SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.02}),
        ("Adam", "Adam", {"lr": 0.05}),
        ("Adam", "Adam", {"lr": 0.05, "betas": (0.8, 0.95), "weight_decay": 0.1}),
        ("AdamW", "AdamW", {"lr": 0.05, "weight_decay": 0.1}),
    ],
)
def test_every_optimiser_takes_the_steps_pytorch_takes(ours, theirs, options):
    torch = pytest.importorskip("torch")
    rng = random.Random(3)
    start = [rng.uniform(-1, 1) for _ in range(4)]
    parameters = [Value(x) for x in start]
    tensor = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimiser, peer = getattr(nn, ours)(parameters, **options), getattr(torch.optim, theirs)([tensor], **options)
    for _ in range(20):
        gradients = [rng.uniform(-1, 1) for _ in start]
        for p, g in zip(parameters, gradients):
            p.grad = g
        tensor.grad = torch.tensor(gradients, dtype=torch.float64)
        optimiser.step()
        peer.step()
    assert [p.data for p in parameters] == pytest.approx(tensor.tolist(), rel=1e-10)


@pytest.mark.parametrize("make", [nn.SGD, nn.Adam, functools.partial(nn.AdamW, weight_decay=0.0)])
def test_without_weight_decay_an_infinite_parameter_stays(make):
    p = Value(-math.inf)
    make([p], lr=0.1).step()
    assert p.data == -math.inf


def test_clipping_scales_to_the_norm_and_not_below():
    x, y = Value(0.0), Value(0.0)
    x.grad, y.grad = 3.0, 4.0
    assert nn.clip_gradients([x, y], 10.0) == 5.0
    assert (x.grad, y.grad) == (3.0, 4.0)
    assert nn.clip_gradients([x, y], 1.0) == 5.0
    assert math.hypot(x.grad, y.grad) == pytest.approx(1.0)


def test_schedules():
    assert [nn.step_decay(3, factor=0.5)(e) for e in (0, 2, 3, 6)] == [1.0, 1.0, 0.5, 0.25]
    assert nn.cosine(4)(4) == 0.0
    assert [nn.warmup(2, nn.cosine(2))(e) for e in range(4)] == [0.5, 1.0, 1.0, 0.5]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.SGD([]), "no parameters"),
        (lambda: nn.SGD([Value(1.0)], lr=-1.0), "must not be negative"),
        (lambda: nn.SGD([Value(1.0)], nesterov=True), "momentum > 0"),
        (lambda: nn.Adam([Value(1.0)]).load_state_dict({}), "not the state of Adam"),
    ],
)
def test_an_optimiser_names_what_does_not_fit(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# ---------------------------------------------------------------- saving


@pytest.fixture
def model():
    return nn.MLP(2, [3, 1], rng=random.Random(5))


def test_saved_parameters_load_to_the_bit(model, tmp_path):
    model.parameters()[0].data = 1 / 3
    model.parameters()[1].data = -math.inf
    model.save(tmp_path / "w.json")
    other = nn.MLP(2, [3, 1], rng=random.Random(6))
    other.load(tmp_path / "w.json")
    assert other.state_dict() == model.state_dict()
    json.loads((tmp_path / "w.json").read_text(), parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c["parameters"].pop("layers.0.neurons.0.w.0"), "missing layers.0.neurons.0.w.0"),
        (lambda c: c["parameters"].update(extra=1.0), "unknown extra"),
        (lambda c: c["parameters"].update({"layers.1.neurons.0.b": "1.0"}), "must be a number, got '1.0'"),
        (lambda c: c["parameters"].update({"layers.1.neurons.0.b": None}), "must be a number, got None"),
        (lambda c: c["parameters"].update({"layers.1.neurons.0.b": True}), "must be a number, got True"),
        (lambda c: c.update(format="other"), "does not hold"),
        (lambda c: c.update(parameters=[1, 2]), "parameters"),
    ],
)
def test_a_bad_file_changes_nothing_and_says_what_is_wrong(model, tmp_path, change, message):
    path = tmp_path / "w.json"
    model.save(path)
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    other = nn.MLP(2, [3, 1], rng=random.Random(6))
    before = other.state_dict()
    with pytest.raises(ValueError, match=message):
        other.load(path)
    assert other.state_dict() == before


@pytest.mark.parametrize("text", ["", "{", "[1]", "\x00", '{"format": 3}', "[" * 100_000, "null"])
def test_a_file_that_is_not_ours_is_named(model, tmp_path, text):
    (tmp_path / "w.json").write_text(text)
    with pytest.raises(ValueError, match=r"w\.json"):
        model.load(tmp_path / "w.json")


def test_a_failed_write_leaves_the_old_file_whole(model, tmp_path):
    path = tmp_path / "w.json"
    model.save(path)
    before = path.read_text()
    model.parameters()[0].data = object()
    with pytest.raises(TypeError):
        model.save(path)
    assert path.read_text() == before
    assert [p.name for p in tmp_path.iterdir()] == ["w.json"]


def test_copies_of_a_model_are_independent(model):
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert twin.state_dict() == model.state_dict()
        twin([1.0, 2.0]).backward()
        twin.parameters()[0].data = 99.0
        assert model.parameters()[0].data != 99.0
        assert all(p.grad == 0.0 for p in model.parameters())


def test_a_part_may_know_the_whole_it_belongs_to(model):
    names = list(model.state_dict())
    model.layers[0].whole = model
    assert list(model.state_dict()) == names
    assert len(model.layers[0].parameters()) == len(names)


def test_a_shared_parameter_is_listed_once():
    neuron = nn.Neuron(2)
    assert len(nn.Sequential(nn.Layer(1, 1), nn.Layer(1, 1)).parameters()) == 4
    assert len(nn.Sequential(neuron, neuron).parameters()) == 3


# ---------------------------------------------------------------- data


@pytest.mark.parametrize("make", [nn_data.moons, nn_data.circles, nn_data.spirals])
def test_data_sets_are_balanced_and_the_same_for_the_same_seed(make):
    xs, ys = make(40, rng=random.Random(1))
    assert (xs, ys) == make(40, rng=random.Random(1))
    assert (xs, ys) != make(40, rng=random.Random(2))
    assert len(xs) == 40 and sorted(ys) == [0] * 20 + [1] * 20


def test_splitting_loses_nothing():
    data = nn_data.sine(11, rng=random.Random(0))
    train, held_out = nn_data.split(data, test=0.3, rng=random.Random(0))
    assert sorted(train[0] + held_out[0]) == data[0]
    assert len(held_out[0]) == 3


def test_batches_cover_everything_once():
    assert sorted(i for b in nn_data.batches(10, 3, random.Random(0)) for i in b) == list(range(10))
    assert [len(b) for b in nn_data.batches(4, None, random.Random(0))] == [4]


def test_digits_are_the_real_ones():
    loaded = pytest.importorskip("sklearn.datasets").load_digits()
    xs, ys = nn_data.digits()
    assert xs == (loaded.data / 16.0).tolist() and ys == loaded.target.tolist()
    assert nn_data.digits(5)[1] == ys[:5]


def test_metrics_count_what_is_right():
    assert nn.accuracy([[0.1, 0.9], [0.8, 0.2]], [1, 1]) == 0.5
    assert nn.accuracy([-0.2, 0.3], [-1, 1]) == 1.0
    assert nn.confusion_matrix([[1, 0, 0], [0, 0, 1]], [0, 1], classes=3) == [[1, 0, 0], [0, 0, 1], [0, 0, 0]]


def test_accuracy_reads_one_hot_targets_and_a_list_of_one_logit():
    assert nn.accuracy([[2.0, -1.0], [0.1, 0.2]], [[1.0, 0.0], [1.0, 0.0]]) == 0.5
    assert nn.accuracy([[-0.3], [0.4]], [0, 1]) == nn.accuracy([[-0.3], [0.4]], [[0.0], [1.0]]) == 1.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.accuracy([], []), "at least one, got 0 and 0"),
        (lambda: nn.accuracy([1.0], [1, 0]), "got 1 and 2"),
        (lambda: nn.confusion_matrix([[1.0, 0.0]], [2], classes=2), "class 2 is not one of 0 … 1"),
        (lambda: nn.confusion_matrix([[1.0, 0.0]], [-1], classes=2), "class -1 is not one of"),
        (lambda: nn.confusion_matrix([[0, 0, 1]], [0], classes=2), "class 2 is not one of"),
        (lambda: nn_data.sine(1, rng=random.Random(0)), "at least 2 points, got 1"),
        (lambda: nn_data.moons(1, rng=random.Random(0)), "each of 2 classes, got 1"),
        (lambda: nn_data.split(([[1.0]], [1]), test=0.5, rng=random.Random(0)), "at least 2 inputs"),
        (lambda: nn_data.split(nn_data.xor(), test=1.0, rng=random.Random(0)), "between 0 and 1"),
        (lambda: list(nn_data.batches(4, 0, random.Random(0))), "size must be a whole number of at least 1, got 0"),
        (lambda: nn_data.one_hot(3, 3), "class 3 is not one of 0 … 2"),
        (lambda: nn_data.one_hot(-1, 3), "class -1 is not one of"),
        (lambda: nn_data.digits(9999), "1797 images, asked for 9999"),
        (lambda: nn.step_decay(0), "step_decay: every must be a whole number of at least 1"),
        (lambda: nn.cosine(0), "cosine: epochs must be a whole number of at least 1"),
        (lambda: nn.warmup(0), "warmup: epochs must be a whole number of at least 1"),
        (lambda: nn.clip_gradients([Value(1.0)], -1.0), "must be above 0"),
        (lambda: nn.evaluate(nn.MLP(2, [1]), ([], [])), "evaluate: .* got 0 and 0"),
    ],
)
def test_what_cannot_be_counted_or_drawn_is_said(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_neither_part_of_a_split_is_empty():
    for n in range(2, 8):
        data = nn_data.sine(n, rng=random.Random(0))
        for test in (0.01, 0.5, 0.99):
            train, held_out = nn_data.split(data, test=test, rng=random.Random(0))
            assert train[0] and held_out[0] and len(train[0]) + len(held_out[0]) == n


def test_spirals_have_as_many_arms_as_asked_for():
    xs, ys = nn_data.spirals(30, arms=3, noise=0.0, rng=random.Random(0))
    assert sorted(ys) == sorted([0, 1, 2] * 10)
    for (x, y), arm in zip(xs, ys):
        r = math.hypot(x, y)
        turned = (math.atan2(y, x) / (2 * math.pi) - arm / 3 - (r - 0.1)) % 1.0
        assert min(turned, 1.0 - turned) < 1e-9


# ---------------------------------------------------------------- fit


def train(epochs=6, seed=0, **options):
    rng = random.Random(seed)
    model = nn.MLP(2, [4, 1], rng=rng)
    data = nn_data.moons(24, rng=rng)
    options.setdefault("optimiser", nn.Adam(model.parameters(), lr=0.05))
    history = nn.fit(
        model, data, loss="binary_cross_entropy", epochs=epochs, batch_size=8, rng=rng, progress=False, **options
    )
    return model, history


def test_the_same_seed_gives_the_same_training_to_the_bit():
    (a, ha), (b, hb) = train(), train()
    assert a.state_dict() == b.state_dict()
    assert ha.loss == hb.loss
    assert train(seed=1)[1].loss != ha.loss


def test_xor_is_learnt():
    rng = random.Random(4)
    model = nn.MLP(2, [4, 1], rng=rng)
    history = nn.fit(
        model, nn_data.xor(), loss="binary_cross_entropy", epochs=150, rng=rng, progress=False,
        optimiser=nn.Adam(model.parameters(), lr=0.05),
    )  # fmt: skip
    assert history.accuracy[-1] == 1.0
    assert history.loss[-1] < 0.1


def test_the_first_epoch_on_one_batch_is_gradient_descent():
    data = nn_data.xor()
    model = nn.MLP(2, [2, 1], rng=random.Random(2))
    twin = copy.deepcopy(model)
    nn.fit(
        model, data, loss="squared_error", optimiser=nn.SGD(model.parameters(), lr=0.5), epochs=1, batch_size=None,
        l2=0.1, progress=False, rng=random.Random(9),
    )  # fmt: skip
    objective = sum(nn.squared_error(twin(x), y) for x, y in zip(*data)) / 4 + 0.1 * nn.l2_penalty(twin)
    objective.backward()
    for p, q in zip(model.parameters(), twin.parameters()):
        assert p.data == pytest.approx(q.data - 0.5 * q.grad, rel=1e-12)


def test_a_resumed_training_is_equal_to_the_bit_to_an_unbroken_one(tmp_path):
    whole, history = train(epochs=6)
    train(epochs=3, checkpoint=tmp_path / "c.json")
    resumed, later = train(epochs=6, checkpoint=tmp_path / "c.json")
    assert resumed.state_dict() == whole.state_dict()
    assert later.loss == history.loss


@pytest.mark.parametrize(
    ("optimiser", "options"),
    [("SGD", {"momentum": 0.9}), ("Adam", {}), ("AdamW", {"weight_decay": 0.1})],
)
def test_resuming_is_exact_with_every_optimiser_schedule_and_held_out_data(tmp_path, optimiser, options):
    def run(epochs, checkpoint=None):
        rng = random.Random(3)
        model = nn.MLP(2, [4, 1], rng=rng)
        data, held_out = nn_data.split(nn_data.circles(24, rng=rng), test=0.25, rng=rng)
        history = nn.fit(
            model, data, loss="binary_cross_entropy", epochs=epochs, batch_size=5, rng=rng, held_out=held_out,
            optimiser=getattr(nn, optimiser)(model.parameters(), lr=0.05, **options),
            schedule=nn.warmup(2, nn.cosine(6)), clip=1.0, l2=0.01, checkpoint=checkpoint, progress=False,
        )  # fmt: skip
        return model.state_dict(), history

    whole = run(7)
    for epochs in (1, 2, 5):
        run(epochs, tmp_path / "c.json")
    assert run(7, tmp_path / "c.json") == whole


def test_a_training_that_stopped_early_does_not_go_on_when_resumed(tmp_path):
    def run(checkpoint=None):
        model = nn.MLP(2, [2, 1], rng=random.Random(0))
        history = nn.fit(
            model, nn_data.moons(8, rng=random.Random(0)), loss=lambda output, target: output * 0.0, epochs=50,
            patience=3, checkpoint=checkpoint, progress=False,
        )  # fmt: skip
        return model.state_dict(), history

    once, again = run(tmp_path / "c.json"), run(tmp_path / "c.json")
    assert (len(again[1]), again[1].stopped) == (4, "early")
    assert (once[0], once[1].loss) == (again[0], again[1].loss)


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c["optimiser"].update(steps="many"),
        lambda c: c["optimiser"].update(mean="x" * 17),
        lambda c: c["optimiser"].update(mean=[None] * 17),
        lambda c: c.update(optimiser=3),
        lambda c: c.update(rng=[3, "x", None]),
        lambda c: c["rng"][1].__setitem__(0, -1),
        lambda c: c["rng"][1].__setitem__(0, 2**70),
        lambda c: c.pop("rng"),
        lambda c: c["history"].update(loss=5),
        lambda c: c["history"].update(lr=[]),
        lambda c: c["history"].update(surprise=1),
        lambda c: c["parameters"].pop("layers.0.neurons.0.b"),
    ],
)
def test_a_checkpoint_that_does_not_fit_changes_nothing(tmp_path, change):
    path = tmp_path / "c.json"
    train(epochs=1, checkpoint=path)
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    rng = random.Random(5)
    model = nn.MLP(2, [4, 1], rng=rng)
    optimiser = nn.Adam(model.parameters(), lr=0.05)
    before = model.state_dict(), optimiser.state_dict(), rng.getstate()
    with pytest.raises(ValueError, match="not a checkpoint of this training"):
        nn.fit(
            model, nn_data.moons(8, rng=random.Random(0)), loss="binary_cross_entropy", optimiser=optimiser,
            epochs=2, rng=rng, checkpoint=path, progress=False,
        )  # fmt: skip
    assert (model.state_dict(), optimiser.state_dict(), rng.getstate()) == before


@pytest.mark.parametrize("at", [25, 30, 37, 48])
def test_an_interrupt_keeps_the_last_full_epoch_and_the_next_run_is_as_if_there_had_been_none(tmp_path, at):
    calls = 0

    def run(interrupt, checkpoint=None):
        rng = random.Random(0)
        model = nn.MLP(2, [3, 1], rng=rng)
        optimiser = nn.SGD(model.parameters(), lr=0.1, momentum=0.9)
        snapshots = []

        def loss(output, target):
            nonlocal calls
            calls += 1
            if calls == interrupt:
                raise KeyboardInterrupt
            return nn.binary_cross_entropy(output, target)

        def state():
            return model.state_dict(), optimiser.state_dict(), rng.getstate()

        history = nn.fit(
            model, nn_data.moons(12, rng=rng), loss=loss, epochs=5, batch_size=4, rng=rng, optimiser=optimiser,
            on_epoch=lambda epoch, h: snapshots.append(state()), checkpoint=checkpoint, progress=False,
        )  # fmt: skip
        return history, state(), snapshots

    history, state, snapshots = run(at, tmp_path / "c.json")
    assert (history.stopped, len(history)) == ("interrupted", (at - 1) // 12)
    assert state == snapshots[-1]
    resumed, whole = run(None, tmp_path / "c.json"), run(None)
    assert (resumed[0].loss, resumed[1]) == (whole[0].loss, whole[1])


def test_an_interrupt_between_epochs_keeps_the_one_that_is_done():
    def stop(epoch, history):
        if epoch == 1:
            raise KeyboardInterrupt

    history = train(epochs=5, on_epoch=stop)[1]
    assert (history.stopped, len(history)) == ("interrupted", 2)
    assert {len(getattr(history, name)) for name in ("loss", "accuracy", "gradient_norms", "lr")} == {2}


def test_early_stopping_waits_for_its_patience():
    model = nn.MLP(2, [2, 1], rng=random.Random(0))
    history = nn.fit(
        model, nn_data.moons(8, rng=random.Random(0)), loss=lambda output, target: output * 0.0, epochs=50,
        patience=3, progress=False,
    )  # fmt: skip
    assert (history.stopped, len(history)) == ("early", 4)


def test_schedule_clipping_and_held_out_data_are_recorded():
    data = nn_data.moons(12, rng=random.Random(1))
    history = train(epochs=4, schedule=nn.step_decay(2, factor=0.5), clip=0.01, held_out=data)[1]
    assert history.lr == [0.05, 0.05, 0.025, 0.025]
    assert len(history.held_out_loss) == 4 and all(0 <= a <= 1 for a in history.held_out_accuracy)
    assert set(history.gradient_norms[0]) == {"layers.0", "layers.1"}
    assert all(norm > 0 for norm in history.gradient_norms[0].values())


def test_fit_names_what_does_not_fit():
    model = nn.MLP(2, [1])
    with pytest.raises(ValueError, match="got 1 and 0"):
        nn.fit(model, ([[1.0, 2.0]], []))
    with pytest.raises(ValueError, match="no loss named 'mse'"):
        nn.fit(model, nn_data.xor(), loss="mse")
