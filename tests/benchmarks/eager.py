"""The engine beside micrograd: the same work, each engine in a process of its own, default collector.

Work 1 is micrograd's demo step (MLP 2-16-16-1 on 100 moons, hinge loss and L2, one step of gradient
descent), operation by operation and with one ``dot`` node per neuron. Work 2 is a graph of 20 000
nodes of + × tanh relu with fan-out. Rounds alternate between the engines; the ratios are medians of
paired rounds.
"""

import random
import statistics
import subprocess
import sys
import time
import tracemalloc

from .timing import paired

ENGINES = ("micrograd", "autograd-lite", "autograd-lite dot")


def engine(name):
    """Return (Value, dot) of an engine; dot is None where neurons are written out."""
    if name == "micrograd":
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

    return Value, dot if name.endswith("dot") else None


def demo_step(name):
    """Return a function that makes one step of micrograd's demo."""
    value, dot = engine(name)
    rng = random.Random(0)
    from nn.data import moons

    xs, ys = moons(100, rng=rng)
    layers = [
        [([value(rng.uniform(-1, 1)) for _ in range(n)], value(0.0), relu) for _ in range(m)]
        for n, m, relu in ((2, 16, True), (16, 16, True), (16, 1, False))
    ]
    parameters = [p for layer in layers for ws, b, _ in layer for p in (*ws, b)]

    def model(x):
        for layer in layers:
            sums = [(dot(ws, x, b) if dot else sum((w * xi for w, xi in zip(ws, x)), b), relu) for ws, b, relu in layer]
            x = [z.relu() if relu else z for z, relu in sums]
        return x[0]

    def step():
        scores = [model([value(a) for a in x]) for x in xs]
        losses = [(1 + (1.0 - 2.0 * y) * score).relu() for score, y in zip(scores, ys)]
        loss = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in parameters)
        for p in parameters:
            p.grad = 0.0
        loss.backward()
        for p in parameters:
            p.data -= 0.05 * p.grad

    return step


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


def bytes_per_operation(name):
    """Return the memory of one recorded multiplication."""
    value, _ = engine(name)
    x = y = value(1.0)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(10_000):
        y = y * x
    return (tracemalloc.get_traced_memory()[0] - before) / 10_000


WORK = {"demo step": demo_step, "20 000 nodes": wide_graph}


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


def run(rounds=7):
    """Print the tables."""
    from rich.console import Console
    from rich.table import Table

    table = Table("work", "engine", "ms (median)", "× micrograd (median, quartiles)", title="Eager engine")
    for work in WORK:
        engines = ENGINES if work == "demo step" else ENGINES[:2]
        workers = {name: Worker(name, work) for name in engines}
        times = {name: [] for name in engines}
        for i in range(rounds + 1):
            for name, worker in workers.items():
                seconds = worker.round()
                if i:  # the first round warms up
                    times[name].append(seconds)
        for worker in workers.values():
            worker.close()
        for name in engines:
            low, ratio, high = paired(times["micrograd"], times[name])
            median = statistics.median(times[name]) * 1e3
            table.add_row(work, name, f"{median:.1f}", f"{ratio:.1f} ({low:.1f}–{high:.1f})")
    for name in ENGINES[:2]:
        code = f"from tests.benchmarks.eager import bytes_per_operation as b; print(b({name!r}))"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        table.add_row("bytes per operation", name, f"{float(done.stdout):.0f}", "")
    imports = []
    for _ in range(rounds):
        code = "import time; t = time.perf_counter(); import autograd_lite; print(time.perf_counter() - t)"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        imports.append(float(done.stdout) * 1e3)
    table.add_row("import", "autograd-lite", f"{statistics.median(imports):.1f}", "")
    Console().print(table)


if __name__ == "__main__":
    one_round = WORK[sys.argv[2]](sys.argv[1])
    for _ in sys.stdin:
        start = time.perf_counter()
        one_round()
        print(time.perf_counter() - start, flush=True)
