"""The engine beside micrograd and microgpt: the same work, each engine in a process of its own, default collector.

- micrograd's demo step (MLP 2-16-16-1 on 100 moons, hinge loss and L2, one step of gradient descent): operation by
  operation, with one ``dot`` node per neuron, and with ``nn.MLP`` as one writes it;
- a graph of 20 000 nodes of + × tanh relu with fan-out;
- a step of microgpt, whose numbers are its own ``Value`` or ours, and nothing else is changed;
- the bytes of a recorded operation, and the time to import.

Rounds alternate between the engines and take processor time, as other work on the machine would count else; the ratios
are medians of paired rounds.
"""

import random
import statistics
import subprocess
import sys
import time
import tracemalloc
from typing import NamedTuple

from .timing import paired, yes_or_no

MICROGRAD, OURS, DOT, MLP, MICROGPT = "micrograd", "autograd-lite", "autograd-lite dot", "nn.MLP", "microgpt's Value"


def engine(name):
    """Return (Value, dot) of an engine; dot is None where neurons are written out."""
    if name == MICROGRAD:
        from micrograd.engine import Value

        if not hasattr(Value, "tanh"):  # micrograd 0.1.0 has relu only; tanh as its lectures write it
            import math

            def tanh(self):
                t = math.tanh(self.data)
                out = Value(t, (self,), "tanh")

                def _backward():
                    self.grad += (1 - t * t) * out.grad

                out._backward = _backward
                return out

            Value.tanh = tanh
        return Value, None
    from autograd_lite import Value, dot

    return Value, dot if name == DOT else None


def demo_step(name):
    """Return a function that makes one step of micrograd's demo."""
    rng = random.Random(0)
    from nn.data import moons

    xs, ys = moons(100, rng=rng)
    model, parameters, value = network_as_written(rng) if name == MLP else network(name, rng)

    def step():
        scores = [model([value(a) for a in x]) for x in xs]
        losses = [(1 + (1.0 - 2.0 * y) * score).relu() for score, y in zip(scores, ys)]
        loss = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in parameters)
        for p in parameters:
            p.grad = 0.0
        loss.backward()
        for p in parameters:
            p.data -= 0.05 * p.grad
        return loss.data

    return step


def network(name, rng):
    """Return the network by hand, its parameters, and what makes a number of a sample a node."""
    value, dot = engine(name)
    layers = [
        [([value(rng.uniform(-1, 1)) for _ in range(n)], value(0.0), relu) for _ in range(m)]
        for n, m, relu in ((2, 16, True), (16, 16, True), (16, 1, False))
    ]

    def model(x):
        for layer in layers:
            sums = [(dot(ws, x, b) if dot else sum((w * xi for w, xi in zip(ws, x)), b), relu) for ws, b, relu in layer]
            x = [z.relu() if relu else z for z, relu in sums]
        return x[0]

    return model, [p for layer in layers for ws, b, _ in layer for p in (*ws, b)], value


def network_as_written(rng):
    """Return ``nn.MLP`` likewise, with the same parameters; it takes the numbers as they are."""
    import nn

    model = nn.MLP(2, [16, 16, 1], activation="relu", rng=rng, init="uniform")
    return model, model.parameters(), float


def wide_graph(name):
    """Return a function that builds a graph of 20 000 nodes with fan-out and runs it back."""
    value, _ = engine(name)

    rng = random.Random(1)
    starts = [rng.uniform(-1, 1) for _ in range(50)]
    picks = [(rng.randrange(4), rng.randrange(1, 51), rng.randrange(50 + i)) for i in range(20_000)]

    def step():
        nodes = [value(x) for x in starts]
        for kind, i, j in picks:
            a, b = nodes[-i], nodes[j]
            nodes.append(a + b * 0.5 if kind == 0 else a * b if kind == 1 else a.tanh() if kind == 2 else a.relu())
        top = nodes[-1]
        for node in nodes[-200:-1]:
            top = top + node
        top.backward()

    return step


def microgpt_step(name):
    """Return a function that learns one name."""
    from . import microgpt

    return microgpt.steps_of(microgpt.Value if name == MICROGPT else engine(name)[0])


def bytes_per_operation(name):
    """Return the memory of one recorded multiplication."""
    value, _ = engine(name)
    x = y = value(1.0)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(10_000):
        y = y * x
    return (tracemalloc.get_traced_memory()[0] - before) / 10_000


class Work(NamedTuple):
    """What is timed: how a step is made, who makes it, and how many times the first one's speed is wanted of each."""

    step: object
    engines: dict[str, float | None]


WORK = {
    "demo step": Work(demo_step, {MICROGRAD: None, OURS: 18, DOT: 80, MLP: 60}),
    "20 000 nodes": Work(wide_graph, {MICROGRAD: None, OURS: 11}),
    "microgpt step": Work(microgpt_step, {MICROGPT: None, OURS: 2.8}),
}


class Worker:
    """An engine in its own process that runs one round when asked."""

    def __init__(self, name, work):
        command = [sys.executable, "-m", "tests.benchmarks.eager", name, work]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def round(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def in_rounds(work, rounds):
    """Return the seconds of each engine in each round."""
    workers = {name: Worker(name, work) for name in WORK[work].engines}
    times = {name: [] for name in workers}
    for i in range(rounds + 1):
        for name, worker in workers.items():
            seconds = worker.round()
            if i:  # the first round warms up
                times[name].append(seconds)
    for worker in workers.values():
        worker.close()
    return times


def printed(code):
    """Return the number that a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout)


def run(rounds=15):
    """Print the table."""
    from rich.console import Console
    from rich.table import Table

    headers = "work", "engine", "ms (median)", "× the first (median, quartiles)", "at least", "reached"
    table = Table(*headers, title=f"Eager engine, Python {sys.version.split()[0]}")
    for work, (_, engines) in WORK.items():
        times = in_rounds(work, rounds)
        slow = next(iter(times.values()))
        for name, wanted in engines.items():
            low, ratio, high = paired(slow, times[name])
            verdict = (f"{wanted:g}", yes_or_no(ratio >= wanted)) if wanted else ("", "")
            median = statistics.median(times[name]) * 1e3
            table.add_row(work, name, f"{median:.1f}", f"{ratio:.1f} ({low:.1f}–{high:.1f})", *verdict)
    for name in (MICROGRAD, OURS):
        size = printed(f"from tests.benchmarks.eager import bytes_per_operation as b; print(b({name!r}))")
        verdict = ("≤ 128", yes_or_no(size < 128.5)) if name == OURS else ("", "")  # but for lists that grow
        table.add_row("bytes per operation", name, f"{size:.0f}", "", *verdict)
    code = "import time; t = time.perf_counter(); import autograd_lite; print(time.perf_counter() - t)"
    table.add_row("import", OURS, f"{statistics.median(printed(code) for _ in range(rounds)) * 1e3:.1f}")
    Console(width=100).print(table)


if __name__ == "__main__":
    one_round = WORK[sys.argv[2]].step(sys.argv[1])
    for _ in sys.stdin:
        start = time.process_time()
        one_round()
        print(time.process_time() - start, flush=True)
