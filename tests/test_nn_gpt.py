"""A GPT on characters: what PyTorch computes, the same steps eager and compiled, and what it has to beat."""

import math
import random
from collections import Counter

import pytest

import nn
from autograd_lite import Value, backward, compile, grad
from nn.characters import Characters, entropy, loss_of_line, new_line
from nn.gpt import GPT
from tests.test_nn_layers import assert_close, flat, gradients, numbers, tensor, torch

LINES = ["ab", "cab", "a", "bca", "cb", "bb"]
CHARACTERS = Characters(LINES)


def small_gpt(seed=0, blocks=1):
    return GPT(len(CHARACTERS), 4, size=4, heads=2, blocks=blocks, rng=random.Random(seed))


def in_pytorch(model, tokens):
    """Return the logits of a GPT, written with matrices over all places at once; and its leaves."""
    F = torch.nn.functional
    leaves = {name: tensor(numbers([n.w for n in layer.neurons])) for name, layer in layers(model).items()}
    leaves |= {"token": tensor(numbers(model.token.w)), "place": tensor(numbers(model.place.w))}
    n, size = len(tokens), len(model.token.w[0])
    norm = lambda x: x / torch.sqrt((x * x).mean(-1, keepdim=True) + 1e-5)
    x = norm(leaves["token"][torch.tensor(tokens)] + leaves["place"][:n])
    for i, block in enumerate(model.blocks):
        heads = size // block.attention._width
        y = norm(x)
        q, k, v = (
            (y @ leaves[f"{i} {name}"].T).reshape(n, heads, -1).transpose(0, 1) for name in ("query", "key", "value")
        )
        found = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(0, 1).reshape(n, size)
        x = x + found @ leaves[f"{i} output"].T
        x = x + F.relu(norm(x) @ leaves[f"{i} up"].T) @ leaves[f"{i} down"].T
    return x @ leaves["head"].T, leaves


def layers(model):
    found = {"head": model.head}
    for i, block in enumerate(model.blocks):
        found |= {f"{i} {name}": getattr(block.attention, name) for name in ("query", "key", "value", "output")}
        found |= {f"{i} up": block.up, f"{i} down": block.down}
    return found


@pytest.mark.parametrize("blocks", [1, 2])
def test_values_and_gradients_agree_with_pytorch(blocks):
    rng, model, tokens = random.Random(3), small_gpt(blocks=blocks), [3, 0, 2, 0]
    for p in model.parameters():
        p.data = rng.uniform(-1.0, 1.0)
    theirs, leaves = in_pytorch(model, tokens)
    ours = model(tokens)
    assert_close(numbers(ours), theirs)
    seeds = [rng.uniform(-1.0, 1.0) for _ in flat(ours)]
    backward(flat(ours), seeds=seeds)
    theirs.backward(tensor(seeds, grad=False).reshape(theirs.shape))
    for name, layer in layers(model).items():
        assert_close([gradients(n.w) for n in layer.neurons], leaves[name].grad)
    assert_close(gradients(model.token.w), leaves["token"].grad)
    assert_close(gradients(model.place.w), leaves["place"].grad)


def test_microgpts_size_has_4192_parameters():
    assert len(GPT(27, 16).parameters()) == 4192


@pytest.mark.parametrize("compiled", ["numpy", "native"])
def test_the_losses_are_the_same_eager_and_compiled(compiled):
    """Compiled all lines are filled up to one length, which is to make no difference."""

    def losses(compiled, length):
        model = small_gpt()
        data = CHARACTERS.data(LINES[:4], length=length), CHARACTERS.data(LINES[4:], length=length)
        history = nn.fit(
            model, data[0], loss=loss_of_line, epochs=3, batch_size=2, rng=random.Random(1), compiled=compiled,
            optimiser=nn.Adam(model.parameters(), lr=0.05), held_out=data[1], progress=False,
        )  # fmt: skip
        assert all(map(math.isnan, history.held_out_accuracy))
        return history.loss + history.held_out_loss

    assert losses(compiled, 4) == pytest.approx(losses(False, 0), rel=1e-9)


def test_a_gpt_beats_the_pairs_of_a_language_whose_third_letter_repeats_the_first():
    lines = [a + b + a for a in "abc" for b in "xyz"]
    characters = Characters(lines)
    rows = [characters.tokens(line) for line in lines]
    model = GPT(len(characters), 4, size=8, heads=2, rng=random.Random(0))
    history = nn.fit(
        model, characters.data(lines), loss=loss_of_line, epochs=60, batch_size=None, rng=random.Random(0),
        optimiser=nn.Adam(model.parameters(), lr=0.03), compiled="numpy", progress=False,
    )  # fmt: skip
    letters, pairs = (entropy(rows, rows, len(characters), context=n) for n in (0, 1))
    assert history.loss[-1] < 0.7 < pairs < letters  # (log 3 + log 3)/4 = 0.55 is all that is left to chance
    written = {new_line(model, characters, random.Random(i), longest=3) for i in range(20)}
    assert len(written & set(lines)) > len(written) / 2


def test_a_line_longer_than_the_context_and_a_token_that_is_none_are_refused():
    with pytest.raises(ValueError, match="GPT: expected at most 4 tokens, got more"):
        small_gpt()([0] * 5)
    with pytest.raises(IndexError, match="Embedding: the index must be one of 0 … 3"):
        small_gpt()([4])


# ---------------------------------------------------------------- characters


def test_lines_are_numbered_and_read_back():
    assert CHARACTERS.tokens("cab") == [3, 2, 0, 1, 3] and CHARACTERS.text([2, 0, 1]) == "cab"
    xs, ys = CHARACTERS.data(["ab", "c"], length=4)
    assert xs == [[3, 0, 1, 3], [3, 2, 3, 3]]
    assert [[t for t, _ in row] for row in ys] == [[0, 1, 3, 3], [2, 3, 3, 3]]
    assert [w for row in ys for _, w in row] == [0.4, 0.4, 0.4, 0.0, 0.4, 0.4, 0.0, 0.0]  # two lines, five tokens


@pytest.mark.parametrize("context", [0, 1])
def test_entropy_is_what_counting_gives(context):
    rng = random.Random(2)
    train, held_out = ([[3, *rng.choices(range(3), k=4), 3] for _ in range(n)] for n in (20, 5))
    pairs = [(row[i - 1] if context else None, row[i]) for row in train for i in range(1, 6)]
    came, before = Counter(pairs), Counter(a for a, _ in pairs)
    asked = [(row[i - 1] if context else None, row[i]) for row in held_out for i in range(1, 6)]
    expected = -sum(math.log((came[pair] + 1) / (before[pair[0]] + 4)) for pair in asked) / len(asked)
    assert entropy(train, held_out, 4, context=context) == pytest.approx(expected, rel=1e-14)


class Alternating:
    """Expects a after b and b after a, and the end after four."""

    def start(self):
        return 0

    def step(self, token, seen):
        expected = 3 if seen == 4 else 0 if token in (1, 3) else 1
        return [Value(5.0 * (i == expected)) for i in range(4)], seen + 1


def test_what_is_written_follows_what_the_model_expects():
    assert new_line(Alternating(), CHARACTERS, random.Random(0), longest=9, temperature=0.01) == "abab"
    assert new_line(Alternating(), CHARACTERS, random.Random(0), longest=3, temperature=0.01) == "aba"
    warm = {new_line(Alternating(), CHARACTERS, random.Random(i), longest=9, temperature=50.0) for i in range(20)}
    assert len(warm) > 10


def test_names_are_plain_letters_of_many_languages():
    pytest.importorskip("faker")
    names = nn.data.names()
    assert len(names) > 10_000 and names == sorted(set(names))
    assert all(name.isascii() and name.isalpha() and name.islower() and len(name) <= 15 for name in names)
    assert {"mary", "giovanni", "jurgen"} & set(names)
    assert max(map(len, nn.data.names(5))) == 5


# ---------------------------------------------------------------- a class number that is not known yet


@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_cross_entropy_takes_a_class_number_that_is_an_argument(backend):
    logits = [0.3, -1.2, 2.0]
    compiled = compile(nn.cross_entropy, backend=backend)
    for target in range(3):
        expected = nn.cross_entropy(logits, target)
        value, slopes = compiled.value_and_grad(logits, target)
        assert value == pytest.approx(expected, rel=1e-14)
        assert nn.cross_entropy(logits, Value(float(target))).data == pytest.approx(expected, rel=1e-14)
        assert slopes.arguments[0] == pytest.approx(grad(lambda z: nn.cross_entropy(z, target))(logits), rel=1e-13)
        assert slopes.arguments[1] == 0.0
    with pytest.raises(IndexError, match="x2 is the index of a table of 3 row"):
        compiled(logits, 3)
