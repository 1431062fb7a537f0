"""Every layer computes what PyTorch computes with the same weights, forward and backward."""

import copy
import math
import pickle
import random

import pytest

import nn
from autograd_lite import Value, backward, compile, gradient, sin, topological_order
from nn.conv import shape
from viz import to_svg


class _Torch:
    """PyTorch, whose absence skips those tests alone that ask it for something."""

    def __getattr__(self, name):
        return getattr(pytest.importorskip("torch"), name)


torch = _Torch()
CLOSE = {"rel": 1e-10, "abs": 1e-12}


@pytest.fixture
def rng():
    return random.Random(7)


def tensor(tree, *, grad=True):
    return torch.tensor(tree, dtype=torch.float64, requires_grad=grad)


def numbers(tree):
    return [numbers(branch) for branch in tree] if isinstance(tree, (list, tuple)) else tree.data


def gradients(tree):
    return [gradients(branch) for branch in tree] if isinstance(tree, (list, tuple)) else tree.grad


def values(tree):
    return [values(branch) for branch in tree] if isinstance(tree, list) else Value(tree)


def flat(tree):
    return [x for branch in tree for x in flat(branch)] if isinstance(tree, (list, tuple)) else [tree]


def assert_close(ours, theirs):
    assert flat(ours) == pytest.approx(flat(theirs.detach().tolist()), **CLOSE)


def image(rng, channels, rows, columns):
    return [[[rng.uniform(-1, 1) for _ in range(columns)] for _ in range(rows)] for _ in range(channels)]


def run_back(outputs, theirs, rng):
    """Seed both graphs with the same random cotangents."""
    seeds = [rng.uniform(-1, 1) for _ in flat(outputs)]
    backward(flat(outputs), seeds=seeds)
    theirs.backward(torch.tensor(seeds, dtype=torch.float64).reshape(theirs.shape))


@pytest.mark.parametrize(
    "activation", ["tanh", "relu", "sigmoid", "silu", "gelu", "softplus", "leaky_relu", "elu", sin, None]
)
@pytest.mark.parametrize("fused", [True, False])
def test_a_layer_is_a_linear_map_and_an_activation(rng, activation, fused):
    layer = nn.Layer(3, 4, activation=activation, fused=fused, rng=rng)
    for neuron in layer.neurons:
        neuron.b.data = rng.uniform(-1, 1)
    w, b = tensor([numbers(n.w) for n in layer.neurons]), tensor([n.b.data for n in layer.neurons])
    x = [rng.uniform(-1, 1) for _ in range(3)]
    ours, xs, xt = None, values(x), tensor(x)
    ours = layer(xs)
    theirs = w @ xt + b
    if activation:
        functions = {"tanh": torch.tanh, "sigmoid": torch.sigmoid, sin: torch.sin}
        theirs = (functions.get(activation) or getattr(torch.nn.functional, activation))(theirs)
    assert_close(numbers(ours), theirs)
    run_back(ours, theirs, rng)
    assert_close([gradients(n.w) for n in layer.neurons], w.grad)
    assert_close([n.b.grad for n in layer.neurons], b.grad)
    assert_close(gradients(xs), xt.grad)


@pytest.mark.parametrize(("bias", "sign"), [("add", 1.0), ("threshold", -1.0), ("input", 1.0)])
def test_the_bias_enters_in_each_of_the_ways_books_write_it(rng, bias, sign):
    neuron = nn.Neuron(2, activation=None, bias=bias, rng=rng)
    neuron.b.data = 0.3
    z = neuron([1.0, 2.0])
    assert z.data == pytest.approx(neuron.w[0].data + 2 * neuron.w[1].data + sign * 0.3)
    z.backward()
    assert neuron.b.grad == sign
    assert [w.grad for w in neuron.w] == [1.0, 2.0]


def test_a_neuron_without_bias_has_weights_only():
    assert [name for name, _ in nn.Neuron(2, bias=None).named_parameters()] == ["w.0", "w.1"]


def test_a_fused_neuron_is_one_dot_node_and_an_activation():
    x = [Value(1.0), Value(2.0)]
    fused = [n for n in topological_order(nn.Neuron(2)(x)) if n.parents]
    spelled = [n for n in topological_order(nn.Neuron(2, fused=False)(x)) if n.parents]
    assert [n.op.name for n in fused] == ["dot", "tanh"]
    assert [n.op.name for n in spelled] == ["mul", "mul", "add", "add", "tanh"]


def test_a_softmax_layer_couples_its_outputs(rng):
    layer = nn.Layer(3, 4, activation="softmax", rng=rng)
    w, xs, x = tensor([numbers(n.w) for n in layer.neurons]), values([1.0, 2.0, 3.0]), tensor([1.0, 2.0, 3.0])
    ours, theirs = layer(xs), torch.softmax(w @ x, 0)
    assert sum(y.data for y in ours) == pytest.approx(1.0, rel=1e-14)
    assert_close(numbers(ours), theirs)
    run_back(ours, theirs, rng)
    assert_close([gradients(n.w) for n in layer.neurons], w.grad)
    assert_close(gradients(xs), x.grad)


def test_an_mlp_is_its_layers_in_a_row(rng):
    model = nn.MLP(2, [5, 4, 3], activation="tanh", output_activation="sigmoid", rng=rng)
    x = tensor([0.3, -0.8])
    h, parameters = x, []
    for i, layer in enumerate(model.layers):
        w, b = tensor([numbers(n.w) for n in layer.neurons]), tensor([n.b.data for n in layer.neurons])
        parameters += [w, b]
        h = (torch.sigmoid if i == 2 else torch.tanh)(w @ h + b)
    ours = model([0.3, -0.8])
    assert_close(numbers(ours), h)
    run_back(ours, h, rng)
    for layer, w, b in zip(model.layers, parameters[::2], parameters[1::2]):
        assert_close([gradients(n.w) for n in layer.neurons], w.grad)
        assert_close([n.b.grad for n in layer.neurons], b.grad)


def test_an_mlp_with_one_output_gives_the_value_itself():
    assert isinstance(nn.MLP(2, [3, 1])([1.0, 2.0]), Value)


@pytest.mark.parametrize(("stride", "padding", "bias"), [(1, 0, "add"), (2, 1, "add"), (3, 2, None), (1, 1, None)])
def test_a_convolution_agrees_in_output_and_in_all_three_gradients(rng, stride, padding, bias):
    conv = nn.Conv2d(2, 3, 3, stride=stride, padding=padding, bias=bias, rng=rng)
    if bias:
        for b in conv.b:
            b.data = rng.uniform(-1, 1)
    x = image(rng, 2, 6, 5)
    xs, xt, w = values(x), tensor(x), tensor(numbers(conv.w))
    b = tensor(numbers(conv.b)) if bias else None
    theirs = torch.nn.functional.conv2d(xt, w, b, stride=stride, padding=padding)
    ours = conv(xs)
    assert shape(ours) == tuple(theirs.shape)
    assert_close(numbers(ours), theirs)
    run_back(ours, theirs, rng)
    assert_close(gradients(conv.w), w.grad)
    assert_close(gradients(xs), xt.grad)
    if bias:
        assert_close(gradients(conv.b), b.grad)


@pytest.mark.parametrize(("kind", "size", "stride"), [("Max", 2, None), ("Max", 3, 2), ("Avg", 2, None), ("Avg", 3, 1)])
def test_pooling_agrees_in_output_and_gradient(rng, kind, size, stride):
    pool = getattr(nn, f"{kind}Pool2d")(size, stride=stride)
    function = getattr(torch.nn.functional, f"{kind.lower()}_pool2d")
    x = image(rng, 2, 7, 6)
    xs, xt = values(x), tensor(x)
    ours, theirs = pool(xs), function(xt, size, stride=stride)
    assert_close(numbers(ours), theirs)
    run_back(ours, theirs, rng)
    assert_close(gradients(xs), xt.grad)


@pytest.mark.parametrize(("row", "shares"), [
    ([2.0, 2.0, 2.0, 2.0], [0.25] * 4),
    ([2.0, 1.0, 2.0, 2.0], [1 / 3, 0.0, 1 / 3, 1 / 3]),
    ([3.0, 1.0, 2.0, -1.0], [1.0, 0.0, 0.0, 0.0]),
    ([math.inf, 0.0, math.inf, -math.inf], [0.5, 0.0, 0.5, 0.0]),
])  # fmt: skip
def test_the_gradient_of_max_pooling_goes_in_equal_shares_to_equal_numbers(row, shares):
    window = [[[Value(x) for x in row[:2]], [Value(x) for x in row[2:]]]]
    [[[top]]] = nn.MaxPool2d(2)(window)
    assert top.data == max(row)
    top.backward()
    assert flat(gradients(window)) == shares
    for backend in ("numpy", "native"):
        pool = compile(lambda x: nn.MaxPool2d(2)(x)[0][0][0], backend=backend)
        value, compiled = pool.value_and_grad([[row[:2], row[2:]]])
        assert (value, flat(compiled.arguments[0])) == (max(row), shares)


def test_a_whole_window_of_nine_equal_numbers_shares_the_gradient_by_nine():
    window = [[[Value(0.1) for _ in range(3)] for _ in range(3)]]
    [[[top]]] = nn.MaxPool2d(3)(window)
    top.backward()
    assert top.data == 0.1 and flat(gradients(window)) == pytest.approx([1 / 9] * 9, rel=1e-15)


def test_a_pooled_graph_can_be_pickled_and_differentiated_twice():
    x = Value(2.0)
    [[[top]]] = nn.MaxPool2d(2)([[[x * x, 1.0], [0.0, x]]])
    assert pickle.loads(pickle.dumps(top)).data == copy.deepcopy(top).data == 4.0
    (slope,) = gradient(top, [x], differentiable=True)
    assert slope.data == 4.0 and gradient(slope, [x]) == [2.0]


def test_a_small_cnn_is_a_sequence_of_modules(rng):
    model = nn.Sequential(
        nn.Conv2d(1, 2, 3, rng=rng), nn.MaxPool2d(2), nn.Flatten(), nn.Layer(18, 10, activation=None, rng=rng)
    )
    outputs = model(image(rng, 1, 8, 8))
    assert len(outputs) == 10
    assert len(model.parameters()) == 2 * 9 + 2 + 18 * 10 + 10


def test_an_rnn_cell_agrees_through_time(rng):
    cell = nn.RNNCell(2, 3, rng=rng)
    weights = tensor([numbers(n.w) for n in cell.layer.neurons])
    biases = tensor([n.b.data for n in cell.layer.neurons])
    sequence = [[rng.uniform(-1, 1) for _ in range(2)] for _ in range(4)]
    ours = nn.Recurrent(cell)(sequence)
    state, theirs = torch.zeros(3, dtype=torch.float64), []
    for x in sequence:
        state = torch.tanh(weights @ torch.cat([tensor(x, grad=False), state]) + biases)
        theirs.append(state)
    stacked = torch.stack(theirs)
    assert_close([numbers(step) for step in ours], stacked)
    run_back(ours, stacked, rng)
    assert_close([gradients(n.w) for n in cell.layer.neurons], weights.grad)
    assert_close([n.b.grad for n in cell.layer.neurons], biases.grad)


def test_an_lstm_cell_agrees_with_pytorchs_through_time(rng):
    cell = nn.LSTMCell(2, 3, rng=rng)
    theirs = torch.nn.LSTMCell(2, 3, dtype=torch.float64)
    gates = [cell.input_gate, cell.forget_gate, cell.candidate_gate, cell.output_gate]  # PyTorch's order
    with torch.no_grad():
        rows = [n for gate in gates for n in gate.neurons]
        theirs.weight_ih.copy_(tensor([numbers(n.w[:2]) for n in rows], grad=False))
        theirs.weight_hh.copy_(tensor([numbers(n.w[2:]) for n in rows], grad=False))
        theirs.bias_ih.copy_(tensor([n.b.data for n in rows], grad=False))
        theirs.bias_hh.zero_()
    sequence = [[rng.uniform(-1, 1) for _ in range(2)] for _ in range(5)]
    ours = nn.Recurrent(cell, last=True)(sequence)
    state = (torch.zeros(1, 3, dtype=torch.float64), torch.zeros(1, 3, dtype=torch.float64))
    for x in sequence:
        state = theirs(tensor([x], grad=False), state)
    last = state[0][0]
    assert_close(numbers(ours), last)
    run_back(ours, last, rng)
    assert_close([gradients(n.w[:2]) for n in rows], theirs.weight_ih.grad)
    assert_close([gradients(n.w[2:]) for n in rows], theirs.weight_hh.grad)
    assert_close([n.b.grad for n in rows], theirs.bias_ih.grad)


def test_peepholes_let_the_gates_see_the_memory_through_time(rng):
    cell = nn.LSTMCell(1, 2, peepholes=True, forget_bias=0.5, rng=rng)
    assert [n.b.data for n in cell.forget_gate.neurons] == [0.5, 0.5]
    gates = {name: getattr(cell, f"{name}_gate") for name in ("input", "forget", "candidate", "output")}
    weights = {name: tensor([numbers(n.w) for n in gate.neurons]) for name, gate in gates.items()}
    biases = {name: tensor([n.b.data for n in gate.neurons]) for name, gate in gates.items()}
    peep = {name: tensor(numbers(ps)) for name, ps in cell.peepholes.items()}
    sequence = [[0.7], [-0.4], [0.2]]
    h, c = tensor([0.0, 0.0], grad=False), tensor([0.0, 0.0], grad=False)
    for x in sequence:
        both = torch.cat([tensor(x, grad=False), h])
        z = {name: weights[name] @ both + biases[name] for name in gates}
        i, f = torch.sigmoid(z["input"] + peep["input"] * c), torch.sigmoid(z["forget"] + peep["forget"] * c)
        c = f * c + i * torch.tanh(z["candidate"])
        h = torch.sigmoid(z["output"] + peep["output"] * c) * torch.tanh(c)
    ours = nn.Recurrent(cell, last=True)(sequence)
    assert_close(numbers(ours), h)
    run_back(ours, h, rng)
    for name, gate in gates.items():
        assert_close([gradients(n.w) for n in gate.neurons], weights[name].grad)
        assert_close([n.b.grad for n in gate.neurons], biases[name].grad)
    for name, ps in cell.peepholes.items():
        assert_close(gradients(ps), peep[name].grad)


def test_a_small_cnn_agrees_from_image_to_loss(rng):
    model = nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1, rng=rng), nn.AvgPool2d(2), nn.Flatten(), nn.Layer(18, 3, activation=None, rng=rng)
    )
    conv, dense = model.layers[0], model.layers[3]
    x = image(rng, 1, 6, 6)
    xs, xt, w, b = values(x), tensor(x), tensor(numbers(conv.w)), tensor(numbers(conv.b))
    v, c = tensor([numbers(n.w) for n in dense.neurons]), tensor([n.b.data for n in dense.neurons])
    F = torch.nn.functional
    theirs = F.cross_entropy(v @ F.avg_pool2d(F.conv2d(xt, w, b, padding=1), 2).flatten() + c, torch.tensor(1))
    ours = nn.cross_entropy(model(xs), 1)
    assert ours.data == pytest.approx(theirs.item(), rel=1e-10)
    ours.backward()
    theirs.backward()
    for mine, other in ((xs, xt), (conv.w, w), (conv.b, b)):
        assert_close(gradients(mine), other.grad)
    assert_close([gradients(n.w) for n in dense.neurons], v.grad)
    assert_close([n.b.grad for n in dense.neurons], c.grad)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.MLP(3, [2, 1])([1.0, 2.0]), "MLP: expected 3 inputs, got 2"),
        (lambda: nn.Layer(3, 2)([1.0]), "Layer: expected 3 inputs, got 1"),
        (lambda: nn.Neuron(3)([1.0]), "Neuron: expected 3 inputs, got 1"),
        (lambda: nn.MLP(3, [2])(1.0), "expected a list of 3 numbers, got float"),
        (lambda: nn.MLP(3, []), "at least one layer size"),
        (lambda: nn.Neuron(2, bias="subtract"), "bias must be"),
        (lambda: nn.Neuron(2, activation="tahn"), "did you mean 'tanh'"),
        (lambda: nn.Neuron(2, init="big"), "no initialiser named 'big'"),
        (lambda: nn.Conv2d(3, 1, 3)([[[0.0] * 4] * 4]), r"expected 3 channel\(s\), got 1"),
        (lambda: nn.Conv2d(1, 1, 5)([[[0.0] * 4] * 4]), "expected at least 5×5 with padding 0, got 4×4"),
        (lambda: nn.Conv2d(1, 1, 2)([[[0.0] * 4, [0.0]]]), "rows of different lengths"),
        (lambda: nn.Conv2d(1, 1, 2)([1.0]), "nested lists"),
        (lambda: nn.MaxPool2d(5)([[[0.0] * 4] * 4]), "expected at least 5×5, got 4×4"),
        (lambda: nn.RNNCell(2, 3)([1.0], [0.0] * 3), "RNNCell: expected 2 inputs, got 1"),
        (lambda: nn.LSTMCell(2, 3)([1.0], ([0.0] * 3, [0.0] * 3)), "LSTMCell: expected 2 inputs, got 1"),
        (lambda: nn.RNNCell(2, 3)([1.0, 2.0], [0.0] * 2), "RNNCell: expected 3 numbers of state, got 2"),
        (lambda: nn.LSTMCell(1, 3)([1.0], ([0.0] * 3, [0.0] * 2)), "LSTMCell: expected 3 numbers of memory, got 2"),
        (lambda: nn.LSTMCell(1, 3)([1.0], ([0.0], [0.0] * 3)), "LSTMCell: expected 3 numbers of hidden state, got 1"),
        (lambda: nn.LSTMCell(1, 3)([1.0], [0.0] * 3), r"LSTMCell: expected a state \(hidden, memory\), got list"),
        (lambda: nn.Recurrent(nn.RNNCell(2, 3))([]), "at least one input"),
        (lambda: nn.Recurrent(nn.RNNCell(2, 3))([[1.0, 2.0], [1.0]]), "RNNCell: expected 2 inputs, got 1"),
        (lambda: nn.Layer(2, 1)([[1.0, 2.0], [3.0, 4.0]]), r"Layer: expected 2 inputs, got lists in a list; .*Flatten"),
        (lambda: nn.Layer(0, 2), "Layer: n_inputs must be a whole number of at least 1, got 0"),
        (lambda: nn.MLP(2, [3, 0]), "MLP: every one of sizes must be a whole number of at least 1, got 0"),
        (lambda: nn.Neuron(0), "Neuron: n_inputs must be a whole number of at least 1, got 0"),
        (lambda: nn.MaxPool2d(0), "MaxPool2d: size must be a whole number of at least 1, got 0"),
        (lambda: nn.AvgPool2d(2, stride=0), "AvgPool2d: stride must be a whole number of at least 1, got 0"),
        (lambda: nn.Conv2d(1, 1, 3, bias="threshold"), "Conv2d: bias must be 'add' or None"),
        (lambda: nn.Conv2d(1, 1, 3, stride=0), "Conv2d: stride must be a whole number of at least 1, got 0"),
        (lambda: nn.MLP(3, [2, 1]).layers[1]([1.0]), "layer 2: expected 2 inputs, got 1"),
    ],
)
def test_a_wrong_shape_is_named_with_what_was_expected(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_calling_a_module_opens_a_scope_of_its_name():
    y = nn.MLP(2, [3, 1])([1.0, 2.0])
    assert y.scope.path == "MLP/layer 2/neuron 1"
    assert (y.scope.kind, y.scope.outer.kind) == ("Neuron", "Layer")


def test_a_module_with_a_name_that_is_no_text_is_refused_and_leaves_the_scope_as_it_was():
    neuron = nn.Neuron(1)
    neuron.name = 3
    with pytest.raises(TypeError, match="scope: name must be text, got int"):
        neuron([1.0])
    assert Value(1.0).scope is None


IMAGE = [[[0.1 * i + 0.03 * j for j in range(4)] for i in range(4)]]
PIXELS = [[[Value(x) for x in row] for row in IMAGE[0]]]


@pytest.mark.parametrize(
    ("make", "x", "paths"),
    [
        (lambda: nn.Neuron(2), ([1.0, 2.0],), {"Neuron"}),
        (lambda: nn.Layer(2, 2), ([1.0, 2.0],), {"Layer/neuron 1", "Layer/neuron 2"}),
        (lambda: nn.Layer(2, 2, activation="softmax"), ([1.0, 2.0],), {"Layer", "Layer/neuron 1", "Layer/neuron 2"}),
        (lambda: nn.Conv2d(1, 2, 3), (IMAGE,), {"Conv2d"}),
        (lambda: nn.MaxPool2d(2), (PIXELS,), {"MaxPool2d"}),
        (lambda: nn.AvgPool2d(2), (PIXELS,), {"AvgPool2d"}),
        (lambda: nn.Sequential(nn.Conv2d(1, 1, 3), nn.MaxPool2d(2)), (IMAGE,),
         {"Sequential/Conv2d 1", "Sequential/MaxPool2d 2"}),
        (lambda: nn.RNNCell(1, 1), ([1.0], [0.5]), {"RNNCell/Layer/neuron 1"}),
        (lambda: nn.Recurrent(nn.RNNCell(1, 1)), ([[1.0], [2.0]],), {"Recurrent/RNNCell/Layer/neuron 1"}),
        (lambda: nn.LSTMCell(1, 1), ([1.0], ([0.5], [Value(0.5)])),
         {"LSTMCell", *(f"LSTMCell/{gate} gate/neuron 1" for gate in ("input", "forget", "output", "candidate"))}),
    ],
)  # fmt: skip
def test_every_node_a_module_makes_lies_in_its_scope(make, x, paths):
    outputs = [y for y in flat(make()(*x)) if isinstance(y, Value)]
    made = [node for node in topological_order(*outputs) if node.parents]
    assert {node.scope.path for node in made} == paths


def test_a_picture_collapses_by_the_modules_of_a_network():
    model = nn.Sequential(nn.Conv2d(1, 1, 3), nn.MaxPool2d(2), nn.Flatten(), nn.Layer(1, 2))
    first, second = model(IMAGE)
    svg = to_svg(first + second, collapse="Conv2d")
    assert "Conv2d 1" in svg
    assert "Layer 4" in to_svg(first + second, collapse="Layer")
