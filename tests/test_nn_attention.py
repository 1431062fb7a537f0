"""Embedding, RMSNorm, attention and GRU cells compute and train as PyTorch does, eager and compiled."""

import random
from collections.abc import Callable
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
from autograd_lite import Value, backward, compile, sum_of
from tests.test_nn_layers import assert_close, flat, gradients, numbers, tensor, torch

SEEDS = st.integers(0, 2**32 - 1)


class Case(NamedTuple):
    """A module of ours on an input; the same in PyTorch as a function of tensors, one for each tree of parameters."""

    module: nn.Module
    x: object
    parameters: list
    theirs: Callable


def table(rng, rows, columns):
    return [[rng.uniform(-1, 1) for _ in range(columns)] for _ in range(rows)]


def weights(layer):
    return [neuron.w for neuron in layer.neurons]


def biases(layer):
    return [neuron.b for neuron in layer.neurons]


def moved(module, rng):
    """Draw all parameters anew, those too that start at 0 or 1."""
    for p in module.parameters():
        p.data = rng.uniform(-1, 1)
    return module


def embedding(rng):
    n, size = rng.randint(1, 6), rng.randint(1, 4)
    module = nn.Embedding(n, size, rng=rng)
    x = [rng.randrange(n) for _ in range(rng.randint(1, 5))]
    return Case(module, x, [module.w], lambda w: torch.nn.functional.embedding(torch.tensor(x), w))


def rms_norm(rng):
    size, eps = rng.randint(1, 5), rng.choice([1e-5, 1e-2])
    module = moved(nn.RMSNorm(size, eps=eps), rng)
    (x,) = table(rng, 1, size)
    theirs = lambda w: torch.nn.functional.rms_norm(tensor(x, grad=False), (size,), w, eps)
    return Case(module, x, [module.w], theirs)


def attention(rng, *, causal):
    """``multi_head_attention_forward``, the function behind PyTorch's ``MultiheadAttention``."""
    heads, width, length = rng.randint(1, 3), rng.randint(1, 3), rng.randint(1, 4)
    size = heads * width
    module = moved(nn.SelfAttention(size, heads, causal=causal, rng=rng), rng)
    x = table(rng, length, size)
    layers = [module.query, module.key, module.value, module.output]
    given = tensor(x, grad=False).unsqueeze(1)
    mask = torch.triu(torch.ones(length, length, dtype=torch.bool), 1) if causal else None

    def theirs(q, k, v, o, bq, bk, bv, bo):
        out, _ = torch.nn.functional.multi_head_attention_forward(
            given, given, given, size, heads, torch.cat([q, k, v]), torch.cat([bq, bk, bv]), None, None, False, 0.0,
            o, bo, attn_mask=mask, need_weights=False,
        )  # fmt: skip
        return out[:, 0]

    return Case(module, x, [*map(weights, layers), *map(biases, layers)], theirs)


def gru(rng):
    """``torch.gru_cell``; the gates of PyTorch have two biases each, of which one stays 0."""
    n, hidden = rng.randint(1, 3), rng.randint(1, 3)
    cell = moved(nn.GRUCell(n, hidden, rng=rng), rng)
    gates = [cell.reset_gate, cell.update_gate]
    inner, outer = cell.candidate_state, cell.candidate_input
    x = table(rng, rng.randint(1, 4), n)

    def theirs(reset, update, w_inner, w_outer, b_reset, b_update, b_inner, b_outer):
        w_ih, w_hh = (
            torch.cat([reset[:, :n], update[:, :n], w_outer]),
            torch.cat([reset[:, n:], update[:, n:], w_inner]),
        )
        none = torch.zeros(hidden, dtype=torch.float64)
        state, states = none[None], []
        for row in x:
            given = tensor([row], grad=False)
            state = torch.gru_cell(
                given, state, w_ih, w_hh, torch.cat([b_reset, b_update, b_outer]), torch.cat([none, none, b_inner])
            )
            states.append(state[0])
        return torch.stack(states)

    layers = [*gates, inner, outer]
    return Case(nn.Recurrent(cell), x, [*map(weights, layers), *map(biases, layers)], theirs)


CASES = {
    "Embedding": embedding,
    "RMSNorm": rms_norm,
    "SelfAttention": lambda rng: attention(rng, causal=True),
    "SelfAttention, not causal": lambda rng: attention(rng, causal=False),
    "GRUCell": gru,
}
by_case = pytest.mark.parametrize("name", CASES)


def of_random(name, seed):
    rng = random.Random(seed)
    case = CASES[name](rng)
    leaves = [tensor(numbers(tree)) for tree in case.parameters]
    return case, leaves, rng


@by_case
@settings(max_examples=15)
@given(seed=SEEDS)
def test_values_and_gradients_agree_with_pytorch(name, seed):
    case, leaves, rng = of_random(name, seed)
    ours, theirs = case.module(case.x), case.theirs(*leaves)
    assert_close(numbers(ours), theirs)
    seeds = [rng.uniform(-1, 1) for _ in flat(ours)]
    backward(flat(ours), seeds=seeds)
    theirs.backward(tensor(seeds, grad=False).reshape(theirs.shape))
    for tree, leaf in zip(case.parameters, leaves):
        assert_close(gradients(tree), leaf.grad)


# The bias of a key moves all scores alike, so its gradient is nothing but rounding, which Adam would divide by its own
# size: hence the eps.
ADAM = {"lr": 0.1, "eps": 1e-3}


@by_case
@settings(max_examples=8)
@given(seed=SEEDS)
def test_five_steps_of_adam_agree_with_pytorch_eager_and_compiled(name, seed):
    case, leaves, _ = of_random(name, seed)
    parameters, start = case.module.parameters(), case.module.state_dict()
    loss = lambda x: sum_of([(y - 0.3) ** 2 for y in flat(case.module(x))])
    theirs, expected = torch.optim.Adam(leaves, **ADAM), []
    for _ in range(5):
        theirs.zero_grad()
        y = ((case.theirs(*leaves) - 0.3) ** 2).sum()
        y.backward()
        theirs.step()
        expected.append(y.item())
    for backend in (None, "numpy", "native"):
        case.module.load_state_dict(start)
        ours = nn.Adam(parameters, **ADAM)
        compiled = backend and compile(loss, parameters=parameters, backend=backend)
        losses = []
        for _ in range(5):
            if compiled:
                value, slopes = compiled.value_and_grad(case.x)
                for p, g in zip(parameters, slopes.parameters):
                    p.grad = g
            else:
                case.module.zero_grad()
                y = loss(case.x)
                y.backward()
                value = y.data
            ours.step()
            losses.append(value)
        assert losses == pytest.approx(expected, rel=1e-9)
        for tree, leaf in zip(case.parameters, leaves):
            assert flat(numbers(tree)) == pytest.approx(flat(leaf.detach().tolist()), rel=1e-7, abs=1e-9)


@given(seed=SEEDS)
def test_attention_step_by_step_is_attention_to_all(seed):
    rng = random.Random(seed)
    case = attention(rng, causal=True)
    seen = case.module.start()
    for x, expected in zip(case.x, case.module(case.x)):
        y, seen = case.module.step(x, seen)
        assert numbers(y) == numbers(expected)
    assert len(seen) == len(case.x)


def test_a_place_sees_none_behind_it():
    rng = random.Random(1)
    attention = nn.SelfAttention(4, 2, rng=rng)
    xs = [[Value(x) for x in row] for row in table(rng, 3, 4)]
    backward(attention(xs)[1])
    seen = [any(x.grad for x in row) for row in xs]
    assert seen == [True, True, False]


def test_options_of_attention_are_those_of_its_layers():
    attention = nn.SelfAttention(4, 2, bias=None, init=lambda n, m, rng: 0.5)
    assert len(attention.parameters()) == 4 * 16 and {p.data for p in attention.parameters()} == {0.5}


def test_an_embedding_takes_an_index_a_list_of_them_and_an_array():
    np = pytest.importorskip("numpy")
    embedding = nn.Embedding(5, 2)
    for tokens in ([3, 0], (3, 0), np.array([3, 0]), [3.0, 0.0]):
        assert embedding(tokens) == [embedding.w[3], embedding.w[0]]
    assert embedding(np.array(3)) == embedding.w[3] and numbers(embedding(Value(3.0))) == numbers(embedding.w[3])
    assert repr(embedding) == "Embedding(5 × 2)"


def test_a_network_that_reads_tokens_trains_the_same_compiled():
    rng = random.Random(5)
    tokens = [[rng.randrange(6) for _ in range(4)] for _ in range(12)]
    labels = [int(t[0] > t[-1]) for t in tokens]
    histories = []
    for compiled in (False, "numpy", "native"):
        own = random.Random(6)
        model = nn.Sequential(
            nn.Embedding(6, 3, rng=own), nn.Recurrent(nn.GRUCell(3, 3, rng=own), last=True), nn.Layer(3, 2, rng=own)
        )
        fitted = nn.fit(
            model, (tokens, labels), loss="cross_entropy", epochs=3, batch_size=4, rng=random.Random(7),
            compiled=compiled, progress=False,
        )  # fmt: skip
        histories.append(fitted.loss)
    for other in histories[1:]:
        assert other == pytest.approx(histories[0], rel=1e-9)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.Embedding(3, 2)(3), IndexError, "Embedding: the index must be one of 0 … 2.*got 3"),
        (lambda: nn.Embedding(3, 2)([0, -1]), IndexError, "Embedding: the index must be one of 0 … 2.*got -1"),
        (lambda: nn.Embedding(3, 2)(0.5), TypeError, "Embedding: the index must be a whole number, got 0.5"),
        (lambda: nn.Embedding(3, 2)("1"), TypeError, "Embedding: the index: expected a number, got the text '1'"),
        (lambda: nn.Embedding(3, 2)(True), TypeError, "Embedding: the index must be a whole number, got True"),
        (lambda: nn.RMSNorm(3)([1.0]), ValueError, "RMSNorm: expected 3 inputs, got 1"),
        (lambda: nn.SelfAttention(4, 3), ValueError, "SelfAttention: heads must divide the size, 4, got 3"),
        (lambda: nn.SelfAttention(4, 2)([]), ValueError, "SelfAttention: expected a sequence of at least one vector"),
        (lambda: nn.SelfAttention(4, 2)(1.0), ValueError, "SelfAttention: expected a sequence"),
        (lambda: nn.SelfAttention(4, 2)([[1.0] * 4, [1.0] * 3]), ValueError, "SelfAttention: expected 4 inputs, got 3"),
        (lambda: nn.SelfAttention(4, 2).step([1.0], ()), ValueError, "SelfAttention: expected 4 inputs, got 1"),
        (lambda: nn.SelfAttention(4, causal=False).step([1.0] * 4, ()), ValueError, "a step needs causal=True"),
        (lambda: nn.GRUCell(2, 3)([1.0], [0.0] * 3), ValueError, "GRUCell: expected 2 inputs, got 1"),
        (lambda: nn.GRUCell(2, 3)([1.0] * 2, [0.0]), ValueError, "GRUCell: expected 3 numbers of state, got 1"),
    ],
)
def test_a_wrong_shape_or_index_is_named_with_what_was_expected(call, error, message):
    with pytest.raises(error, match=message):
        call()
