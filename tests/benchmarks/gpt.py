"""A GPT of microgpt's size in scalar Python, compiled: ``python -m tests.benchmarks gpt``.

One layer of four heads, width 16, 4 192 parameters at a vocabulary of 27: one ``dot`` per neuron, softmax over a list,
as the lessons write it. It learns names, one character after the other; a step is loss and gradient of a batch of
names, and a line's time is that of one name. Names are padded to one length; a padded place has no share in the loss.
"""

import random
import subprocess
import sys
from functools import cache, partial

from .timing import TOLERANCE, Contender, Target, Work, compete, one_thread, setting

if __name__ == "__main__":
    one_thread()  # before NumPy and the others are imported

import numpy as np

import nn
from autograd_lite import Value, compile, dot, mean_of, relu, softmax, sum_of

EAGER, NUMPY, NATIVE = "autograd-lite, eager", "autograd-lite, NumPy", "autograd-lite, native"
SINGLE, AUTO = "autograd-lite, native, float32", "autograd-lite, auto"

LETTERS = "abcdefghijklmnopqrstuvwxyz"
END = len(LETTERS)  # what a name begins and ends with
VOCABULARY, PLACES, LENGTH, WIDTH, HEADS = len(LETTERS) + 1, 16, 12, 16, 4
SIZE = WIDTH // HEADS  # of a head

# ---------------------------------------------------------------- the model


def linear(matrix, x):
    return [dot(row, x) for row in matrix]


def normed(x):
    """Divide by the root of the mean square."""
    scale = (dot(x, x) * (1 / len(x)) + 1e-5) ** -0.5
    return [scale * a for a in x]


class GPT(nn.Module):
    """Predicts for every place of a name which character comes next; a character is a row of 0 and one 1."""

    def __init__(self, rng):
        def matrix(rows, columns):
            return [[Value(rng.gauss(0, 0.08)) for _ in range(columns)] for _ in range(rows)]

        self.token, self.place, self.head = matrix(VOCABULARY, WIDTH), matrix(PLACES, WIDTH), matrix(VOCABULARY, WIDTH)
        self.query, self.key, self.value, self.out = (matrix(WIDTH, WIDTH) for _ in range(4))
        self.up, self.down = matrix(4 * WIDTH, WIDTH), matrix(WIDTH, 4 * WIDTH)

    def forward(self, tokens):
        keys, values, scores = [], [], []
        for token, place in zip(tokens, self.place):
            embedded = [dot([row[j] for row in self.token], token) for j in range(WIDTH)]
            x = normed([a + b for a, b in zip(embedded, place)])
            y = normed(x)
            keys.append(linear(self.key, y))
            values.append(linear(self.value, y))
            x = [a + b for a, b in zip(x, linear(self.out, attended(linear(self.query, y), keys, values)))]
            hidden = [relu(z) for z in linear(self.up, normed(x))]
            x = [a + b for a, b in zip(x, linear(self.down, hidden))]
            scores.append(linear(self.head, x))
        return scores


def attended(query, keys, values):
    """Return the mean of the values so far, by head, weighted by how well the keys fit the query."""
    found = []
    for start in range(0, WIDTH, SIZE):
        head = slice(start, start + SIZE)
        weights = softmax([dot(query[head], key[head]) * SIZE**-0.5 for key in keys])
        found += [dot(weights, [value[j] for value in values]) for j in range(start, start + SIZE)]
    return found


def loss(model, tokens, targets):
    """Return −Σ target · log probability; the targets of a padded place are all 0."""
    return sum_of([nn.cross_entropy(scores, target) for scores, target in zip(model(tokens), targets)])


# ---------------------------------------------------------------- names


def names(count, rng):
    """Return names of two to four syllables.

    >>> names(3, random.Random(0))
    ['simekis', 'vatevon', 'tukadede']
    """
    syllables = [consonant + vowel for consonant in "bdklmnrstv" for vowel in "aeiou"]
    return ["".join(rng.choices(syllables, k=rng.randint(2, 4))) + rng.choice(["", "", "n", "s"]) for _ in range(count)]


def one_hot(names):
    """Return tokens and targets, (names, LENGTH, VOCABULARY): the targets of a name sum to 1."""
    tokens, targets = np.zeros((2, len(names), LENGTH, VOCABULARY))
    for k, name in enumerate(names):
        characters = [END, *map(LETTERS.index, name), END]
        places = range(len(characters) - 1)
        tokens[k, places, characters[:-1]] = 1.0
        targets[k, places, characters[1:]] = 1.0 / len(places)
    return tokens, targets


# ---------------------------------------------------------------- works

DIFFERENT = 16  # names; a larger batch repeats them, so that the oracle need not compute more


def batch(count):
    tokens, targets = one_hot(names(min(count, DIFFERENT), random.Random(0)))
    return np.resize(tokens, (count, *tokens.shape[1:])), np.resize(targets, (count, *targets.shape[1:]))


@cache
def by_the_engine(count):
    """Return the mean loss of the first names and its gradient, node by node."""
    model = GPT(random.Random(1))
    mean = mean_of([loss(model, *name) for name in zip(*(rows.tolist() for rows in batch(count)))])
    mean.backward()
    return mean.data, np.array([p.grad for p in model.parameters()])


def compiled(count, *, backend, dtype="float64"):
    """Loss and gradient of a batch that is loaded."""
    model = GPT(random.Random(1))
    trainer = compile(
        partial(loss, model), parameters=model.parameters(), batched=True, reduce="mean", backend=backend, dtype=dtype
    ).trainer(lr=0.0)
    trainer.load(*batch(count))
    tolerance = TOLERANCE if dtype == "float64" else 2e-5
    return Contender(trainer.step, trainer.value_and_grad, tolerance=tolerance)


def step(count, limit):
    """Loss and gradient of a batch of names."""
    known = min(count, DIFFERENT)
    contenders = {
        NUMPY: partial(compiled, count, backend="numpy"),
        NATIVE: partial(compiled, count, backend="native"),
        AUTO: partial(compiled, count, backend="auto"),
        SINGLE: partial(compiled, count, backend="native", dtype="float32"),
    }
    if count == 1:
        contenders[EAGER] = lambda: Contender(lambda: eagerly(count), lambda: by_the_engine(count))
    targets = [Target(NATIVE, limit=limit * 1e-6 * count)]
    title = f"GPT of 4,192 parameters, a step on {count} name{'s' * (count > 1)}"
    return Work(title, partial(by_the_engine, known), contenders, targets, unit=(count, " per name"), rounds=15)


def eagerly(count):
    by_the_engine.cache_clear()
    return by_the_engine(count)


def build(count=16, limit=1.0):
    """From scalar code to the first gradient."""

    def contender():
        return Contender(lambda: compiled(count, backend="auto").answer(), compiled(count, backend="auto").answer)

    return Work("Compile and call once", partial(by_the_engine, count), {AUTO: contender},
                [Target(AUTO, limit=limit)], rounds=3)  # fmt: skip


WORKS = {"1": partial(step, 1, 60), "16": partial(step, 16, 20), "128": partial(step, 128, 14), "build": build}


def main(names=()):
    """Print a table per work."""
    from rich.console import Console

    console = Console(width=144)
    console.print(setting(("numpy", "llvmlite")), highlight=False)
    for name in names or WORKS:
        console.print(compete(WORKS[name]()))


def run():
    """Run all works in a process of their own, which has one thread."""
    subprocess.run([sys.executable, "-m", "tests.benchmarks.gpt"], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
