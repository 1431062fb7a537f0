"""Every parameter of every public name of ``nn`` refuses what it cannot take, in a line that names it."""

import inspect
import math
import random

import numpy as np
import pytest

import nn
from autograd_lite import Value
from nn import data as nn_data
from nn.arguments import plain

RNG = random.Random(0)
W = Value(1.0, "w")
MODEL = nn.MLP(2, [2, 1], rng=random.Random(0))


def fit(model=MODEL, data=None, **options):
    return nn.fit(model, data or nn_data.xor(), **{"loss": "binary_cross_entropy", "progress": False, **options})


def sizes(make, *names, wrong=(0, -1, 1.5, "2", True, None)):
    """Rows of parameters that count something."""
    return [(f"{make.__name__}", name, lambda n=name, x=x: make(**{n: x})) for name in names for x in wrong]


def of(make, **given):
    def made(**changed):
        return make(**{**given, **changed})

    made.__name__ = make.__name__
    return made


NOT_RNG = (0, "seed", random.Random, np.random.default_rng(0))
NOT_COUNT = (-1.0, math.nan, math.inf, "0.1", None, True, Value(0.1))
neuron, layer = of(nn.Neuron, n_inputs=2), of(nn.Layer, n_inputs=2, n_outputs=1)
mlp, conv = of(nn.MLP, n_inputs=2, sizes=[1]), of(nn.Conv2d, in_channels=1, out_channels=1, kernel_size=2)
rnn, lstm = of(nn.RNNCell, n_inputs=1, n_hidden=1), of(nn.LSTMCell, n_inputs=1, n_hidden=1)
gru, embedding = of(nn.GRUCell, n_inputs=1, n_hidden=1), of(nn.Embedding, n=2, size=1)
attention = of(nn.SelfAttention, size=4)
sgd, adam, adamw = (of(kind, parameters=[W]) for kind in (nn.SGD, nn.Adam, nn.AdamW))


def rows(make, name, *wrong):
    return [(make.__name__, name, lambda x=x: make(**{name: x})) for x in wrong]


ROWS = [
    *rows(nn.activation, "choice", 3, [1], "tahn"),
    *sizes(neuron, "n_inputs", "n_outputs"), *rows(neuron, "activation", 3, "tahn"), *rows(neuron, "bias", "no", 1),
    *rows(neuron, "init", "big", 3), *rows(neuron, "fused", 1, "no", None), *rows(neuron, "rng", *NOT_RNG),
    *sizes(layer, "n_inputs", "n_outputs"), *rows(layer, "activation", 3, "tahn"), *rows(layer, "rng", *NOT_RNG),
    *rows(layer, "bias", "no", 1), *rows(layer, "init", "big", 3), *rows(layer, "fused", 1, "no", None),
    *sizes(mlp, "n_inputs"), *rows(mlp, "sizes", 3, "3", [], [0], [2.5], None), *rows(mlp, "activation", 3, "tahn"),
    *rows(mlp, "output_activation", 3, "tahn"), *rows(mlp, "rng", *NOT_RNG),
    *rows(mlp, "bias", "no", 1), *rows(mlp, "init", "big", 3), *rows(mlp, "fused", 1, "no", None),
    ("Sequential", "modules", lambda: nn.Sequential(math.tanh)),
    ("Sequential", "modules", lambda: nn.Sequential([nn.Layer(1, 1)])),
    *sizes(conv, "in_channels", "out_channels", "kernel_size", "stride"), *rows(conv, "padding", -1, 1.5, "1", None),
    *rows(conv, "bias", "threshold", 0), *rows(conv, "init", "big"), *rows(conv, "rng", *NOT_RNG),
    *sizes(of(nn.MaxPool2d), "size"), *rows(of(nn.MaxPool2d, size=2), "stride", 0, 1.5, "1"),
    *sizes(of(nn.AvgPool2d), "size"), *rows(of(nn.AvgPool2d, size=2), "stride", 0, 1.5, "1"),
    *sizes(rnn, "n_inputs", "n_hidden"), *rows(rnn, "activation", 3, "tahn"), *rows(rnn, "rng", *NOT_RNG),
    *sizes(lstm, "n_inputs", "n_hidden"), *rows(lstm, "forget_bias", "1", None, math.nan),
    *rows(lstm, "peepholes", 1, None), *rows(lstm, "rng", *NOT_RNG),
    *sizes(gru, "n_inputs", "n_hidden"), *rows(gru, "rng", *NOT_RNG),
    *sizes(embedding, "n", "size"), *rows(embedding, "init", "big", 3), *rows(embedding, "rng", *NOT_RNG),
    *sizes(of(nn.RMSNorm), "size"), *rows(of(nn.RMSNorm, size=2), "eps", 0.0, *NOT_COUNT[:4]),
    *rows(of(nn.RMSNorm, size=2), "gain", 1, "no", None),
    *sizes(attention, "size", "heads"), *rows(attention, "heads", 3), *rows(attention, "causal", 1, None),
    *rows(attention, "rng", *NOT_RNG), *rows(attention, "activation", 3, "tahn"),
    *rows(attention, "bias", "no"), *rows(attention, "init", "big", 3), *rows(attention, "fused", 1, "no", None),
    *rows(nn.Recurrent, "cell", nn.Layer(1, 1), 3, None), *rows(of(nn.Recurrent, cell=nn.RNNCell(1, 1)), "last", 1),
    *(row for init in (nn.xavier, nn.he, nn.uniform, nn.normal) for make in [of(init, n_inputs=1, n_outputs=1, rng=RNG)]
      for row in (*sizes(make, "n_inputs", "n_outputs"), *rows(make, "rng", *NOT_RNG))),
    *(row for loss, output in ((nn.squared_error, "output"), (nn.half_squared_error, "output"),
                               (nn.binary_cross_entropy, "logit"), (nn.log_loss, "score"), (nn.hinge, "score"))
      for row in (*rows(of(loss, target=1.0), output, "1", None, {}),
                  *rows(of(loss, **{output: W}), "target", "1", None, [1.0, 1.0]))),
    *(row for loss in (nn.hinge, nn.log_loss) for row in rows(of(loss, score=W), "target", 0, 2.0, math.nan, [0])),
    *rows(of(nn.binary_cross_entropy, logit=W), "target", -1, 2.0, math.nan, [-1.0]),
    *rows(of(nn.cross_entropy, target=0), "logits", 1.0, ["a"], None),
    *rows(of(nn.cross_entropy, logits=[1.0, 2.0]), "target", 2, -1, 0.5, "1", None, math.nan, [1.0]),
    *rows(nn.l2_penalty, "model", 3, [W]),
    *rows(of(nn.accuracy, targets=[1]), "outputs", 3, None, [], [1.0, 2.0]),
    *rows(of(nn.accuracy, outputs=[1.0]), "targets", 1, None, [], [0, 1]),
    *rows(of(nn.accuracy, outputs=[1.0], targets=[1]), "multi_label", 3, "yes"),
    *rows(of(nn.confusion_matrix, targets=[1], classes=2), "outputs", 3, [], [1.0, 2.0]),
    *rows(of(nn.confusion_matrix, outputs=[1.0], classes=2), "targets", 3, [], [2], [-1], ["a"]),
    *sizes(of(nn.confusion_matrix, outputs=[1.0], targets=[1]), "classes"),
    *(row for make in (sgd, adam, adamw) for row in (
        *rows(make, "parameters", MODEL, W, 3, "w", [], [1.0], [W, W], [W * 2.0], {"w": W}, MODEL.named_parameters()),
        *rows(make, "lr", *NOT_COUNT))),
    *rows(sgd, "momentum", *NOT_COUNT), *rows(sgd, "weight_decay", *NOT_COUNT), *rows(sgd, "nesterov", 1, True),
    *(row for make in (adam, adamw) for row in (
        *rows(make, "betas", 0.9, (0.9,), (0.9, 1.0), (-0.1, 0.9), (math.nan, 0.9), ("a", 0.9), None),
        *rows(make, "eps", 0.0, *NOT_COUNT), *rows(make, "weight_decay", *NOT_COUNT))),
    *rows(of(nn.clip_gradients, max_norm=1.0), "parameters", MODEL, W, [1.0], [W, W], [W * 2.0], None),
    *rows(of(nn.clip_gradients, parameters=[W]), "max_norm", 0, -1.0, math.nan, "1", None, Value(1.0)),
    *sizes(nn.cosine, "epochs"), *sizes(nn.warmup, "epochs"), *rows(of(nn.warmup, epochs=1), "then", 0.5, "cosine"),
    *sizes(nn.step_decay, "every"), *rows(of(nn.step_decay, every=1), "factor", *NOT_COUNT),
    *(row for make in (of(nn_data.moons, n=4, rng=RNG), of(nn_data.circles, n=4, rng=RNG),
                       of(nn_data.spirals, n=4, rng=RNG), of(nn_data.sine, n=4, rng=RNG), of(nn_data.xor, n=8, rng=RNG))
      for row in (*sizes(make, "n"), *rows(make, "noise", *NOT_COUNT), *rows(make, "rng", None, *NOT_RNG))),
    *sizes(of(nn_data.spirals, n=4, rng=RNG), "arms"),
    *(row for end in ("low", "high") for row in rows(of(nn_data.sine, n=4, rng=RNG), end, math.nan, math.inf, "0")),
    *sizes(nn_data.digits, "n", wrong=(0, -1, 1.5, "2", True)), *rows(nn_data.digits, "rng", *NOT_RNG),
    *rows(of(nn_data.split, test=0.5, rng=RNG), "data", 3, [1], ([[1.0]], [1]), ([[1.0]], [])),
    *sizes(nn_data.names, "longest"),
    *rows(of(nn_data.split, data=nn_data.xor(), rng=RNG), "test", 0.0, 1.0, math.nan, "0.5", None),
    *rows(of(nn_data.split, data=nn_data.xor(), test=0.5), "rng", None, *NOT_RNG),
    *sizes(lambda **given: list(nn_data.batches(**{"size": 2, "rng": RNG, **given})), "n"),
    *rows(lambda **given: list(nn_data.batches(**{"n": 4, "rng": RNG, **given})), "size", 0, 1.5, "2"),
    *rows(lambda **given: list(nn_data.batches(**{"n": 4, "size": 2, **given})), "rng", None, *NOT_RNG),
    *rows(of(nn_data.one_hot, classes=2), "label", 2, -1, 0.5, "a", None),
    *sizes(of(nn_data.one_hot, label=0), "classes"),
    *rows(of(nn.evaluate, data=nn_data.xor()), "model", 3, None),
    *rows(of(nn.evaluate, model=MODEL), "data", 3, None, ([], []), ([[1.0, 2.0]], [])),
    *rows(of(nn.evaluate, model=MODEL, data=nn_data.xor()), "loss", "mse", 3, None),
    *rows(fit, "model", 3, None, math.tanh),
    *rows(fit, "data", 3, {"x": 1}, [([0.0, 1.0], 1)] * 3, zip([[0.0, 1.0]], [1]), ([], []), ([[0.0, 1.0]], [1, 0]),
          (([0.0, 0.0], 0), ([1.0, 1.0], 1))),
    *rows(fit, "loss", "mse", 3, None),
    *rows(fit, "optimiser", 3, "sgd", nn.SGD, nn.SGD(nn.MLP(2, [1]).parameters()), nn.SGD([*MODEL.parameters(), W])),
    *rows(fit, "epochs", -1, 1.5, "2", None, True), *rows(fit, "batch_size", 0, -1, 1.5, "2"),
    *rows(fit, "rng", random.SystemRandom(), *NOT_RNG),
    *rows(fit, "held_out", 3, ([], []), ([[1.0, 2.0]], []), [([0.0, 1.0], 1)] * 3),
    *rows(fit, "l2", *NOT_COUNT), *rows(fit, "schedule", 0.5, "cosine", nn.cosine, lambda epoch: -1.0),
    *rows(fit, "clip", 0, -1.0, math.nan, "1", Value(1.0)), *rows(fit, "patience", 0, -1, 1.5, "2"),
    *rows(fit, "checkpoint", 3),
    *rows(fit, "on_epoch", 3, "print"), *rows(fit, "compiled", "fast", 1, None), *rows(fit, "progress", 1, "no", None),
    *rows(MODEL.load_state_dict, "state", None, 3, [1.0], {}, {"w": 1.0}),
    *rows(nn.SGD([W]).load_state_dict, "state", None, 3, [1.0], {}, {"lr": 0.1}),
    ("fit", "clip", lambda: fit(compiled="numpy", clip=-1.0)),
]  # fmt: skip

# What the message says in place of the parameter's name.
WORDS = {
    "choice": ("activation",), "output_activation": ("activation",), "options": ("unexpected keyword",),
    "state": ("parameters", "state of"),
    "logit": ("the output",), "score": ("the output",), "output": ("the output",), "logits": ("the output",),
    "target": ("label", "class"), "targets": ("target", "class"), "label": ("class",), "schedule": ("cosine",),
}  # fmt: skip


@pytest.mark.parametrize(("where", "name", "call"), ROWS)
def test_a_wrong_argument_is_refused_in_one_line_that_names_it(where, name, call):
    before = MODEL.state_dict()
    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    text = str(caught.value)
    assert any(word in text for word in (name, *WORDS.get(name, ()))), text
    assert "\n" not in text and len(text) < 300
    assert MODEL.state_dict() == before


PUBLIC = {name: x for space in (nn, nn_data) for name, x in vars(space).items()
          if callable(x) and getattr(x, "__module__", "").startswith("nn") and not name.startswith("_")}  # fmt: skip
PLAIN = {"History", "Module", "Flatten", "Callable", "samples", "generator", "plain", "real", "shown", "whole"}


@pytest.mark.parametrize("name", sorted(PUBLIC.keys() - PLAIN))
def test_no_parameter_of_a_public_name_is_without_a_row(name):
    """History is plain data, Module and Flatten take nothing; the rest of PLAIN is not public in nn.data."""
    made = {"<lambda>": "batches"}
    tried = {(made.get(where, where), parameter) for where, parameter, _ in ROWS}
    assert {(name, parameter) for parameter in inspect.signature(PUBLIC[name]).parameters} <= tried


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.Layer(2, 1)("ab"), "Layer: expected a list of 2 numbers, got str"),
        (lambda: nn.Layer(2, 1)({0: 1.0, 1: 2.0}), "Layer: expected a list of 2 numbers, got dict"),
        (lambda: nn.MLP(2, 3), r"MLP: sizes must be a list of layer sizes, such as \[16, 1\], got 3"),
        (lambda: nn.MLP(2, [3], rng=0), r"MLP: rng must be a generator .* random\.Random\(0\), got 0"),
        (lambda: nn.SGD(MODEL), r"SGD: parameters must be .* got a model; pass model\.parameters\(\)"),
        (lambda: fit(data=([[0.0, 1.0]], ["cat"])), "takes the labels 0 and 1, .* got 'cat'"),
        (lambda: nn.cross_entropy([1.0, 2.0], "cat"), "must be a class number .* got 'cat'"),
        (lambda: fit(data=[([0.0, 1.0], 1)] * 3), r"make it with tuple\(zip\(\*pairs\)\)"),
        (lambda: fit(held_out=([], [])), "held_out must have as many targets as inputs and at least one, got 0 and 0"),
        (lambda: fit(loss=lambda output, target: (output.data - target) ** 2), "plain numbers, .* no gradient"),
        (lambda: fit(loss=lambda output, target: (output.data - target) ** 2, compiled="numpy"), "plain numbers"),
        (lambda: fit(loss=lambda output, target: None), "must return one Value for a sample, got None"),
        (lambda: fit(loss=lambda output, target: [output]), r"must return one Value for a sample, got \["),
    ],
)
def test_frequent_mistakes_are_told_in_one_clear_line(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()


def test_numpys_numbers_are_taken_wherever_a_number_is():
    model = nn.MLP(np.int64(2), np.array([3, 1]), rng=random.Random(0))
    adam = nn.Adam(model.parameters(), lr=np.float32(0.5), betas=(np.float64(0.5), 0.9))
    assert (adam.lr, adam.betas) == (0.5, (0.5, 0.9))
    history = nn.fit(model, nn_data.xor(), loss="squared_error", epochs=np.int32(2), optimiser=adam, progress=False,
                     batch_size=np.int64(2), clip=np.float32(1.0), l2=np.array(0.5))  # fmt: skip
    assert len(history) == 2
    assert nn.cosine(np.int64(4))(2) == 0.5
    assert nn_data.one_hot(np.int64(1), np.int64(2)) == [0.0, 1.0]
    assert nn.cross_entropy(np.array([0.0, 0.0]), np.int64(1)) == pytest.approx(math.log(2.0))


def test_a_generator_of_parameters_is_read_once():
    x, y = Value(0.0), Value(0.0)
    x.grad, y.grad = 3.0, 4.0
    assert nn.clip_gradients((p for p in (x, y)), 1.0) == 5.0
    assert (x.grad, y.grad) == (pytest.approx(0.6), pytest.approx(0.8))
    assert len(nn.SGD(p for p in (x, y)).parameters) == 2


def test_plain_leaves_values_where_they_are():
    x = Value(1.0)
    assert plain([x, (np.float64(2.0), [np.arange(2)])]) == [x, [2.0, [[0, 1]]]]
