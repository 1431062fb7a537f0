"""``autograd_lite.compile`` beside its peers: ``python -m tests.benchmarks compile``.

All in one process on one thread, each contender held to an oracle before it is timed (see ``timing``).
``python -m tests.benchmarks.compile demo cnn`` runs these works alone. What is ours is built in the few functions
under "ours"; the works and their targets stand below them.
"""

import random
import subprocess
import sys
from functools import partial

from .timing import Contender, Target, Work, compete, one_thread, setting

if __name__ == "__main__":
    one_thread()  # before NumPy and the others are imported

import numpy as np

import autograd_lite
import nn

from . import graphs, peers

NUMPY, NATIVE, AUTO = "autograd-lite, NumPy", "autograd-lite, native", "autograd-lite, auto"
UNROLLED = "autograd-lite, the loop itself"
TORCH, IDIOMATIC, TUNED = "PyTorch eager", "NumPy by hand", "NumPy by hand, tuned"
CASADI, CASADI_MAP = "CasADi SX, buffers", "CasADi SX, map"
JAX, SKLEARN, MICROGRAD = "jax.jit", "scikit-learn MLPClassifier", "micrograd"
EAGER = "autograd-lite, eager"

# ---------------------------------------------------------------- ours


def compiled_graph(graph, x, **options):
    """Value and gradient of a graph at a point, or at a batch of points if ``batched``."""
    f = autograd_lite.compile(lambda xs: graph(xs, autograd_lite), **options)

    def answer():
        value, gradients = f.value_and_grad(x)
        return value, gradients.arguments[0]

    if x.ndim > 1:
        return Contender(lambda: f.value_and_grad(x), answer)
    evaluate = f.evaluator(x)  # in place, as CasADi's buffers are
    return Contender(evaluate, lambda: (evaluate(), evaluate.gradient.copy()))


def trained(f, model, lr, **options):
    """Return (step, parameters) of a compiled training step, as the builders in ``peers`` do."""
    trainer = autograd_lite.compile(f, parameters=model.parameters(), **options).trainer(lr=lr)
    loaded = None

    def step(*batch):
        nonlocal loaded
        if loaded is None or any(new is not old for new, old in zip(batch, loaded)):
            trainer.load(*batch)  # a full batch is loaded once, as the peers hold theirs
            loaded = batch
        return trainer.step()

    return step, lambda: np.array(trainer.parameters)


def trained_eagerly(f, model, lr):
    """The same step by the eager engine, sample by sample: slow and plain, it serves as an oracle."""
    optimiser = nn.SGD(model.parameters(), lr=lr)

    def step(*batch):
        loss = autograd_lite.mean_of([f(*sample) for sample in zip(*(array.tolist() for array in batch))])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return loss.data

    return step, lambda: np.array([p.data for p in model.parameters()])


FIRST_USE = """
import time
import numpy
from autograd_lite import compile, sin

def use(constant):
    start = time.perf_counter()
    for batched, x in ((True, numpy.ones((64, 2))), (False, numpy.ones(2))):
        f = compile(lambda xs: sin(xs[0] * xs[1] + constant), batched=batched, backend="native")
        value, gradients = f.value_and_grad(x)
    return time.perf_counter() - start, value, *gradients.arguments[0]

first, value, *gradient = use(1.0)
second, *_ = use(2.0)
print(first - second, value, *gradient)
"""


def first_use():
    """What the first native compilation takes more than the next, with the import of LLVM, in a fresh process."""
    latest = []

    def seconds():
        done = subprocess.run([sys.executable, "-c", FIRST_USE], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr.strip().splitlines()[-1])
        latest[:] = map(float, done.stdout.split())
        return latest[0]

    def answer():
        seconds()
        return latest[1], latest[2:]

    return Contender(seconds, answer, seconds)


# ---------------------------------------------------------------- contenders of all kinds


def casadi_graph(graph, x):
    """CasADi's function at one point, or mapped over a batch of them."""
    function = graphs.casadi_function(graph)
    single = x.ndim == 1
    run, value, gradient = graphs.casadi_buffers(function if single else function.map(len(x)), np.atleast_2d(x))

    def answer():
        run()
        return (value[0], gradient[0]) if single else (value, gradient)

    return Contender(run, answer)


def building(build):
    """The contender whose call is ``build`` itself and one evaluation, from scripted code to gradient."""
    return Contender(lambda: build().answer(), lambda: build().answer())


def training(build, *batch):
    """A contender from a builder of (step, parameters); its answer is the loss and the change one step makes."""
    step, parameters = build()
    run = partial(step, *batch)

    def answer():
        before = parameters().copy()
        loss = run()
        return loss, before - parameters()

    return Contender(run, answer)


def epoch(build, batches):
    """A contender that makes a step on every batch in turn and returns the mean loss."""

    def build_epoch():
        step, parameters = build()
        return lambda: sum(step(*batch) for batch in batches) / len(batches), parameters

    return training(build_epoch)


# ---------------------------------------------------------------- works: graphs


def described(graph):
    return f"{len(graph.steps):,} operations ({graph.share():.0%} sin exp tanh), depth {graph.depth():,}"


def point(size, times, width=100):
    """Value and gradient of an irregular graph at one point."""
    graph, x = graphs.irregular(size, width=width), graphs.points(1)[0]
    return Work(
        f"Irregular graph at one point: {described(graph)}, width {width}",
        partial(graphs.by_hand, graph, x),
        {CASADI: partial(casadi_graph, graph, x), NATIVE: partial(compiled_graph, graph, x, backend="native")},
        [Target(NATIVE, CASADI, times=times)],
        unit=(size, " per operation"),
    )


def batch(size=10_000, count=1000):
    """The same at a batch of points."""
    graph, x = graphs.irregular(size), graphs.points(count)

    def by_hand():
        return Contender(lambda: graphs.by_hand(graph, x), lambda: graphs.by_hand(graph, x))

    return Work(
        f"Irregular graph at {count:,} points: {described(graph)}, width 100",
        lambda: graphs.by_hand(graph, x),
        {
            CASADI_MAP: partial(casadi_graph, graph, x),
            "NumPy, one operation at a time": by_hand,
            NUMPY: partial(compiled_graph, graph, x, batched=True, backend="numpy"),
            NATIVE: partial(compiled_graph, graph, x, batched=True, backend="native"),
        },
        [
            Target(NATIVE, CASADI_MAP, times=25),
            Target(
                NUMPY,
                CASADI_MAP,
                times=3,
                missed="NumPy writes every row to memory and reads it back, and takes float64 sin and cos one by one.",
            ),
        ],
        unit=(size * count, " per operation and point"),
        rounds=9,
    )


def build(size, limit):
    """From scalar code to the first gradient."""
    graph, x = graphs.irregular(size), graphs.points(1)[0]
    return Work(
        f"Compile and call once: {size:,} operations",
        partial(graphs.by_hand, graph, x),
        {
            CASADI: partial(building, partial(casadi_graph, graph, x)),
            NATIVE: partial(building, partial(compiled_graph, graph, x, backend="native")),
        },
        [Target(NATIVE, limit=limit)],
        unit=(size, " per operation"),
        rounds=3 if size > 10_000 else 5,
    )


def jit():
    """What the first native compilation of a process costs, once: sin(x·y + 1) at (1, 1)."""
    truth = np.sin(2.0), [np.cos(2.0), np.cos(2.0)]
    return Work("One-time JIT", lambda: truth, {NATIVE: first_use}, [Target(NATIVE, limit=0.5)], rounds=5)


# ---------------------------------------------------------------- works: training


def numbers(model):
    return np.array([p.data for p in model.parameters()])


def demo(lr=0.05, alpha=1e-4):
    """The training step of micrograd's demo notebook."""
    points, labels = nn.data.moons(100, rng=random.Random(0))
    x, y = np.array(points), np.array(labels) * 2.0 - 1.0
    sizes = (2, 16, 16, 1)

    def model():
        return nn.MLP(2, [16, 16, 1], activation="relu", rng=random.Random(1))

    def ours(backend):
        own = model()

        def f(xs, y):
            penalty = alpha * sum(p * p for p in own.parameters())
            return autograd_lite.relu(1.0 - y * own(xs)) + penalty

        return trained(f, own, lr, batched=True, reduce="mean", backend=backend)

    def unrolled():
        own = model()

        def loss():  # as in the notebook
            scores = [own(row) for row in x.tolist()]
            losses = [(1 + -yi * score).relu() for yi, score in zip(y.tolist(), scores)]
            return sum(losses) * (1.0 / len(losses)) + alpha * sum(p * p for p in own.parameters())

        return trained(loss, own, lr, backend="auto")

    def torch():
        import torch

        return training(lambda: peers.demo_torch(start, sizes, lr, alpha), torch.tensor(x), torch.tensor(y))

    def jax():
        import jax.numpy as jnp

        build = partial(peers.demo_jax, start, sizes, lr, alpha)
        jax_step, parameters = build()  # sets the precision before arrays are made
        return training(lambda: (jax_step, parameters), jnp.array(x), jnp.array(y))

    def tuned():
        build = partial(peers.demo_tuned, start, sizes, lr, alpha, len(x))
        return training(build, np.ascontiguousarray(x.T), y[None], -y[None] / len(y))

    start = numbers(model())
    idiomatic = partial(training, partial(peers.demo_numpy, start, sizes, lr, alpha), x, y)
    return Work(
        "micrograd's demo step: MLP 2-16-16-1, 100 moons, hinge and L2, gradient descent",
        lambda: idiomatic().answer(),
        {
            TORCH: torch,
            JAX: jax,
            IDIOMATIC: idiomatic,
            TUNED: tuned,
            MICROGRAD: lambda: training(partial(peers.demo_micrograd, start, lr, alpha), x.tolist(), y.tolist()),
            NUMPY: lambda: training(partial(ours, "numpy"), x, y),
            NATIVE: lambda: training(partial(ours, "native"), x, y),
            UNROLLED: lambda: training(unrolled),
        },
        [
            Target(NUMPY, TORCH, times=8),
            Target(
                NUMPY,
                IDIOMATIC,
                share=0.7,
                missed="31 calls of about 1 µs each: what the contenders before have left in the caches decides.",
            ),
            Target(NATIVE, TORCH, times=40),
            Target(NATIVE, JAX, times=8),
            Target(NATIVE, IDIOMATIC, share=0.15),
            Target(UNROLLED, TORCH, times=3),
        ],
    )


def digits(size=None, lr=0.1):
    """A step on all 1 797 digits, or an epoch in batches of ``size`` without the rest."""
    images, labels = nn.data.digits()
    x, classes = np.array(images), np.array(labels)
    y, sizes = np.eye(10)[classes], (64, 32, 10)
    per_batch = size or len(x)
    cuts = [slice(i, i + per_batch) for i in range(0, len(x) - per_batch + 1, per_batch)]
    batches, used = [(x[cut], y[cut]) for cut in cuts], per_batch * len(cuts)

    def model():
        return nn.MLP(64, [32, 10], activation="tanh", rng=random.Random(1))

    def ours(backend):
        own = model()
        return trained(
            lambda xs, ys: nn.cross_entropy(own(xs), ys), own, lr, batched=True, reduce="mean", backend=backend
        )

    def torch():
        import torch

        data = torch.tensor(x), torch.tensor(classes)
        return epoch(partial(peers.digits_torch, start, sizes, lr), [tuple(d[cut] for d in data) for cut in cuts])

    def sklearn():
        data = x[:used], classes[:used]
        return training(partial(peers.digits_sklearn, start, sizes, lr, per_batch, *data), *data)

    def tuned():
        columns = [(np.ascontiguousarray(xs.T), np.ascontiguousarray(ys.T)) for xs, ys in batches]
        return epoch(partial(peers.digits_tuned, start, sizes, lr, per_batch), columns)

    start = numbers(model())
    idiomatic = partial(epoch, partial(peers.digits_numpy, start, sizes, lr), batches)
    length = f"an epoch of {len(cuts)} steps on {size}" if size else "a step on all 1,797"
    return Work(
        f"Digits, MLP 64-32-10, tanh, cross-entropy: {length}",
        lambda: idiomatic().answer(),
        {
            TORCH: torch,
            IDIOMATIC: idiomatic,
            TUNED: tuned,
            SKLEARN: sklearn,
            NUMPY: lambda: epoch(partial(ours, "numpy"), batches),
            AUTO: lambda: epoch(partial(ours, "auto"), batches),
        },
        [
            Target(
                AUTO,
                TORCH,
                times=4 if size else 2.5,
                missed="Two thirds of the step are matrix products, which PyTorch does at the same rate.",
            ),
            Target(
                AUTO,
                IDIOMATIC,
                share=0.9 if size else 0.8,
                missed="The same matrix products, and 22 calls of about 1 µs as by hand: the loss is written for any "
                "targets, which takes four calls more than p − y.",
            ),
            Target(AUTO, TUNED, share=0.7, missed="The products are the same; by hand, nothing is allocated either."),
        ],
    )


def cnn(samples=32, lr=0.1):
    """A step of the convolutional network of the lessons."""
    images, labels = nn.data.digits(samples)
    x, classes = np.array(images), np.array(labels)
    y = np.eye(10)[classes]

    def network():
        rng = random.Random(0)
        conv, pool, flatten = nn.Conv2d(1, 4, 3, rng=rng), nn.MaxPool2d(2), nn.Flatten()
        model = nn.Sequential(conv, nn.Layer(36, 10, activation=None, rng=rng))

        def f(pixels, target):
            planes = conv([[pixels[i : i + 8] for i in range(0, 64, 8)]])
            lit = [[[autograd_lite.relu(z) for z in row] for row in plane] for plane in planes]
            return nn.cross_entropy(model.layers[1](flatten(pool(lit))), target)

        return f, model, lr

    def torch():
        import torch

        build = partial(peers.cnn_torch, numbers(network()[1]), lr)
        return training(build, torch.tensor(x.reshape(-1, 1, 8, 8)), torch.tensor(classes))

    return by_torch_and_us(f"CNN of the lessons: a step on {samples} digits", torch, network, x, y)


def lstm(samples=32, steps=10, hidden=8, lr=0.05):
    """A step of the LSTM of the lessons, which adds two marked numbers of a sequence."""
    rng = np.random.default_rng(0)
    marks = np.array([rng.permutation(steps) < 2 for _ in range(samples)], float)
    x = np.stack([rng.uniform(0.0, 1.0, (samples, steps)), marks], axis=-1)  # (samples, steps, 2)
    y = (x[..., 0] * marks).sum(axis=1)

    def network():
        rng = random.Random(0)
        cells = nn.Recurrent(nn.LSTMCell(2, hidden, rng=rng), last=True)
        model = nn.Sequential(cells, nn.Layer(hidden, 1, activation=None, rng=rng))

        def f(sequence, target):
            pairs = [sequence[i : i + 2] for i in range(0, 2 * steps, 2)]
            return nn.squared_error(model(pairs)[0], target)

        return f, model, lr

    def torch():
        import torch

        build = partial(peers.lstm_torch, numbers(network()[1]), 2, hidden, lr)
        return training(build, torch.tensor(x), torch.tensor(y))

    title = f"LSTM of the lessons: a step on {samples} sequences of {steps}, {hidden} cells"
    return by_torch_and_us(title, torch, network, x.reshape(samples, -1), y)


def by_torch_and_us(title, torch, network, *batch):
    """A work whose oracle is the eager engine and whose peer is PyTorch."""
    eager = partial(training, lambda: trained_eagerly(*network()), *batch)
    ours = partial(training, lambda: trained(*network(), batched=True, reduce="mean", backend="auto"), *batch)
    contenders = {TORCH: torch, EAGER: eager, AUTO: ours}
    return Work(title, lambda: eager().answer(), contenders, [Target(AUTO, TORCH, times=1)])


WORKS = {
    "point-1k": partial(point, 1_000, times=5),
    "point-10k": partial(point, 10_000, times=5),
    "point-100k": partial(point, 100_000, times=5),
    "point-narrow": partial(point, 10_000, times=4, width=2),
    "batch": batch,
    "build-1k": partial(build, 1_000, limit=10e-6 * 1_000),
    "build-10k": partial(build, 10_000, limit=10e-6 * 10_000),
    "build-100k": partial(build, 100_000, limit=10e-6 * 100_000),
    "jit": jit,
    "demo": demo,
    "digits": digits,
    "digits-64": partial(digits, 64),
    "cnn": cnn,
    "lstm": lstm,
}
PACKAGES = ("numpy", "llvmlite", "casadi", "torch", "jax", "scikit-learn", "micrograd")


def main(names=()):
    """Print a table per work."""
    from rich.console import Console

    console = Console(width=144)
    console.print(setting(PACKAGES), highlight=False)
    for name in names or WORKS:
        console.print(compete(WORKS[name]()))


def run():
    """Run all works in a process of their own, which has one thread."""
    subprocess.run([sys.executable, "-m", "tests.benchmarks.compile"], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
