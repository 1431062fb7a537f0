"""What ``backend="auto"`` takes beside all it could have taken: ``python -m tests.benchmarks choice``.

A work is a step of training in batches of some size, or at one point; the contenders are the back ends, asked for by
name. The choice is good if no other is more than 1.3 times as fast.
"""

import random
import subprocess
import sys
from functools import partial

from .timing import Target, Work, compete, one_thread, setting

if __name__ == "__main__":
    one_thread()  # before NumPy and the others are imported

import numpy as np

import autograd_lite
import nn
from autograd_lite.program.run import native
from autograd_lite.program.run.choose import BACK_ENDS
from autograd_lite.program.run.numpy_executor import NumpyExecutor

from . import gpt, graphs
from .compile import trained, training

FORCED = {
    "NumPy": lambda job: NumpyExecutor(job, "asked"),
    "straight line": lambda job: native.StraightLineExecutor(job, "asked"),
    "tape": lambda job: native.TapeExecutor(job, native.Tape(job.program), "asked"),
    "vectors": lambda job: native.VectorExecutor(job, "asked"),
}
GOOD = 1 / 1.3


def network(sizes, samples):
    """A classifier with layers of these sizes."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(samples, sizes[0])), np.eye(sizes[-1])[rng.integers(0, sizes[-1], samples)]

    def model():
        return nn.MLP(sizes[0], [*sizes[1:]], activation="tanh", rng=random.Random(1))

    return model, lambda own: lambda xs, ys: nn.cross_entropy(own(xs), ys), (x, y)


def recurrent(samples, steps=10, hidden=8):
    rng = np.random.default_rng(0)

    def model():
        cells = nn.Recurrent(nn.LSTMCell(2, hidden, rng=random.Random(0)), last=True)
        return nn.Sequential(cells, nn.Layer(hidden, 1, activation=None, rng=random.Random(0)))

    def loss(own):
        return lambda xs, y: nn.squared_error(own([xs[i : i + 2] for i in range(0, 2 * steps, 2)])[0], y)

    return model, loss, (rng.normal(size=(samples, 2 * steps)), rng.normal(size=samples))


def irregular(samples, size=2_000):
    graph = graphs.irregular(size)

    def model():
        return nn.Layer(1, 1, rng=random.Random(0))

    def loss(own):
        return lambda xs: graph(xs, autograd_lite) * own.parameters()[0]

    return model, loss, (graphs.points(samples),)


def names(samples):
    def model():
        return gpt.GPT(random.Random(1))

    return model, lambda own: partial(gpt.loss, own), gpt.batch(samples)


def work(title, made, *, spelled_out, alone):
    """Steps of training on batches, or, if ``alone``, on one sample without an axis for more."""
    model, loss, batch = made
    options = {} if alone else {"batched": True, "reduce": "mean"}

    def step(backend):
        own = model()
        samples = [array[0] for array in batch] if alone else batch
        return training(lambda: trained(loss(own), own, 1e-3, backend=backend, **options), *samples)

    others = [name for name in FORCED if spelled_out or name != "straight line"]
    targets = [Target("auto", other, times=GOOD) for other in others]
    contenders = {name: partial(step, name) for name in (*others, "auto")}
    return Work(title, lambda: step("numpy").answer(), contenders, targets, rounds=11)


ALONE = 0  # for a number of samples: one point, which is no batch
WORKS = {
    f"{name}, {f'{samples} samples' if samples else 'one point'}": (make, samples, spelled_out)
    for name, make, sizes, spelled_out in (
        ("MLP 2-16-16-2", partial(network, (2, 16, 16, 2)), (ALONE, 1, 16, 100), True),
        ("MLP 64-32-10", partial(network, (64, 32, 10)), (ALONE, 1, 64, 1797), False),
        ("MLP 256-256-10", partial(network, (256, 256, 10)), (128,), False),
        ("LSTM of 8 cells", recurrent, (ALONE, 1, 32), True),
        ("GPT", names, (ALONE, 1, 16, 128), False),
        ("irregular graph", irregular, (ALONE, 16, 1000), False),
    )
    for samples in sizes
}


def main(chosen=()):
    """Print a table per work."""
    from rich.console import Console

    BACK_ENDS.update(FORCED)
    console = Console(width=144)
    console.print(setting(("numpy", "llvmlite")), highlight=False)
    for title, (make, samples, spelled_out) in WORKS.items():
        if not chosen or any(title.startswith(name) for name in chosen):
            made = work(title, make(max(samples, 1)), spelled_out=spelled_out, alone=samples == ALONE)
            console.print(compete(made))


def run():
    """Run all works in a process of their own, which has one thread."""
    subprocess.run([sys.executable, "-m", "tests.benchmarks.choice"], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
