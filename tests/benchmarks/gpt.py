"""A GPT of microgpt's size in scalar Python, compiled: ``python -m tests.benchmarks gpt``.

One layer of four heads, width 16, 4 192 parameters at a vocabulary of 27: one ``dot`` per neuron, softmax over a list,
as the lessons write it. It learns names, one character after the other; a step is loss and gradient of a batch of
names, and a line's time is that of one name. Names are padded to one length; a padded place has no share in the loss.
"""

import random
import subprocess
import sys
import threading
import time
from functools import cache, partial
from types import SimpleNamespace

from .timing import TOLERANCE, Contender, Target, Work, compete, one_thread, quartiles, setting, yes_or_no

if __name__ == "__main__":
    one_thread()  # before NumPy and the others are imported

import numpy as np

import nn
from autograd_lite import Value, compile, dot, mean_of, relu, softmax, sum_of

EAGER, NUMPY, NATIVE = "autograd-lite, eager", "autograd-lite, NumPy", "autograd-lite, native"
SINGLE, AUTO = "autograd-lite, native, float32", "autograd-lite, auto"
TORCH, JAX = "PyTorch eager, batched", "jax.jit, batched"

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


# ---------------------------------------------------------------- contenders

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


# ---------------------------------------------------------------- peers


def mean_loss(lib, weights, tokens, targets):
    """Return the mean loss of a batch in whole arrays: the model as one writes it for PyTorch or JAX, ``lib``."""
    token, place, head, query, key, value, out, up, down = weights
    x = norm(tokens @ token + place[:LENGTH])
    heads = [(norm(x) @ w.T).reshape(-1, LENGTH, HEADS, SIZE).swapaxes(1, 2) for w in (query, key, value)]
    scores = heads[0] @ heads[1].swapaxes(2, 3) * SIZE**-0.5
    attention = lib.softmax(scores + lib.array(np.triu(np.full((LENGTH, LENGTH), -np.inf), 1)), -1)
    x = x + (attention @ heads[2]).swapaxes(1, 2).reshape(-1, LENGTH, WIDTH) @ out.T
    x = x + lib.relu(norm(x) @ up.T) @ down.T
    return -(targets * lib.log_softmax(x @ head.T, -1)).sum() / len(tokens)


def norm(x):
    return x * ((x * x).mean(-1)[..., None] + 1e-5) ** -0.5


def matrices():
    return [np.array([[p.data for p in row] for row in matrix]) for matrix in vars(GPT(random.Random(1))).values()]


def by_torch(count):
    import torch

    torch.set_num_threads(1)
    weights = [torch.tensor(matrix, requires_grad=True) for matrix in matrices()]
    lib = SimpleNamespace(
        array=torch.tensor, **{name: getattr(torch, name) for name in ("relu", "softmax", "log_softmax")}
    )
    tokens, targets = map(torch.tensor, batch(count))

    def run():
        loss = mean_loss(lib, weights, tokens, targets)
        return loss, torch.autograd.grad(loss, weights)

    return Contender(run, lambda: flat(*run()))


def by_jax(count):
    import jax

    jax.config.update("jax_enable_x64", True)
    lib = SimpleNamespace(
        array=jax.numpy.array, **{name: getattr(jax.nn, name) for name in ("relu", "softmax", "log_softmax")}
    )
    both = jax.jit(jax.value_and_grad(lambda weights, *data: mean_loss(lib, weights, *data)))
    weights, data = [jax.numpy.array(matrix) for matrix in matrices()], [jax.numpy.array(rows) for rows in batch(count)]
    return Contender(lambda: jax.block_until_ready(both(weights, *data)), lambda: flat(*both(weights, *data)))


def flat(loss, gradients):
    return loss.item(), np.concatenate([np.ravel(gradient) for gradient in gradients])


# ---------------------------------------------------------------- works


def step(count, limit):
    """Loss and gradient of a batch of names."""
    known = min(count, DIFFERENT)
    contenders = {
        NUMPY: partial(compiled, count, backend="numpy"),
        NATIVE: partial(compiled, count, backend="native"),
        AUTO: partial(compiled, count, backend="auto"),
        SINGLE: partial(compiled, count, backend="native", dtype="float32"),
        TORCH: partial(by_torch, count),
        JAX: partial(by_jax, count),
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


def training(steps=1_000, rate=0.01, model=GPT):
    """Return the losses of Adam on one name after the other, compiled and node by node."""
    models = [model(random.Random(1)) for _ in range(2)]
    mine, other = (nn.Adam(own.parameters(), lr=rate) for own in models)
    f = compile(
        partial(loss, models[0]), parameters=models[0].parameters(), batched=True, reduce="mean", backend="native"
    )
    trainer, losses = f.trainer(optimiser=mine), []
    for name in names(steps, random.Random(2)):
        tokens, targets = one_hot([name])
        eager = loss(models[1], tokens[0].tolist(), targets[0].tolist())
        other.zero_grad()
        eager.backward()
        other.step()
        losses.append((trainer.step(tokens, targets), eager.data))
    return np.array(losses).T


def trained():
    """Say how far the losses of compiled training are from those of training node by node."""
    compiled, eager = training()
    worst, last = np.abs(compiled - eager).max(), eager[-50:].mean()
    return (
        f"{len(eager):,} steps of Adam, a name each, from a loss of {eager[0]:.3f} to {last:.3f} (mean of 50)\n"
        f"compiled at most {worst:.1e} from node by node; wanted ≤ 1e-8: {yes_or_no(worst <= 1e-8)}\n"
    )


def threads(count=16, calls=30, rounds=15):
    """Say how many times as many steps two threads make as one, each with a trainer of its own."""
    contenders = [compiled(count, backend="native") for _ in range(2)]
    ratios = []
    for _ in range(rounds):
        alone, both = (steps_in_threads(chosen, calls) for chosen in (contenders[:1], contenders))
        ratios.append(2 * alone / both)
    low, middle, high = quartiles(ratios)
    return (
        f"Two threads, a trainer each, batches of {count}: {middle:.2f} ({low:.2f}–{high:.2f}) times the steps of one\n"
    )


def steps_in_threads(contenders, calls):
    """Return the seconds that all take, side by side, for so many calls each."""
    barrier = threading.Barrier(len(contenders) + 1)

    def work(run):
        run()
        barrier.wait()
        for _ in range(calls):
            run()

    workers = [threading.Thread(target=work, args=(contender.run,)) for contender in contenders]
    for worker in workers:
        worker.start()
    barrier.wait()
    start = time.perf_counter()
    for worker in workers:
        worker.join()
    return time.perf_counter() - start


WORKS = {"1": partial(step, 1, 60), "16": partial(step, 16, 20), "128": partial(step, 128, 14), "build": build,
         "threads": threads, "training": trained}  # fmt: skip


def main(names=()):
    """Print a table per work, or the line that it says."""
    from rich.console import Console

    console = Console(width=144)
    console.print(setting(("numpy", "llvmlite", "torch", "jax")), highlight=False)
    for name in names or WORKS:
        work = WORKS[name]()
        console.print(compete(work) if isinstance(work, Work) else work)


def run():
    """Run all works in a process of their own, which has one thread."""
    subprocess.run([sys.executable, "-m", "tests.benchmarks.gpt"], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
