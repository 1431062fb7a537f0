"""Second derivatives beside CasADi and JAX: ``python -m tests.benchmarks sparse``.

Two energies whose Hessian has few entries, written in scalar code that runs on any kind of number, and the loss of a
network of 100 parameters, whose Hessian is dense. Evaluation is that of one point, from the user's array to a SciPy or
NumPy matrix; CasADi reads and writes buffers of its own. A line "compile" is from scalar code to the first matrix.
"""

import subprocess
import sys
from functools import cache, partial
from itertools import pairwise

from .timing import Contender, Target, Work, compete, one_thread, setting

if __name__ == "__main__":
    one_thread()  # before NumPy and the others are imported

import numpy as np

import autograd_lite

OURS, CASADI, JAX, COMPILED = "autograd-lite", "CasADi SX, buffers", "jax.jit(jax.hessian)", "compile, one call"
ROWS, COLUMNS = 25, 50  # of the grid: two coordinates each
SAMPLES = 10  # of the network's data

# ---------------------------------------------------------------- energies


def rosenbrock(x):
    """The extended function of Rosenbrock: each number is bound to the square of the one before."""
    return sum([100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2 for a, b in pairwise(x)])


def springs(x):
    """The energy of springs of length 1 between the neighbours of a grid, along both sides and one diagonal."""
    at = [[(x[2 * (i * COLUMNS + j)], x[2 * (i * COLUMNS + j) + 1]) for j in range(COLUMNS)] for i in range(ROWS)]
    ends = [
        (at[i][j], at[i + down][j + right])
        for i in range(ROWS)
        for j in range(COLUMNS)
        for down, right in ((0, 1), (1, 0), (1, 1))
        if i + down < ROWS and j + right < COLUMNS
    ]
    return sum([(((a - c) ** 2 + (b - d) ** 2) ** 0.5 - 1.0) ** 2 for (a, b), (c, d) in ends])


@cache
def data():
    """Return inputs, targets and parameters of the network 7-11-1."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(SAMPLES, 7)), rng.normal(size=SAMPLES), 0.5 * rng.normal(size=100)


def network(p, tanh=np.tanh):
    """The squared error of a network of 100 parameters, in NumPy's words."""
    xs, ys, _ = data()
    hidden, bias, out = p[:77].reshape(11, 7), p[77:88], p[88:99]
    return sum([(out @ tanh(hidden @ x + bias) + p[99] - y) ** 2 for x, y in zip(xs, ys)]) / SAMPLES


# ---------------------------------------------------------------- contenders


def answer_of(matrix):
    """Return (trace, entries): what is compared."""
    return np.trace(matrix), matrix


def ours(f, x, **options):
    second = autograd_lite.compile(autograd_lite.hessian(f), **options)
    second(x)

    def answer():
        found = second(x)
        return answer_of(found.toarray() if options else np.array(found))

    return Contender(lambda: second(x), answer)


def casadi(f, x):
    import casadi

    symbols = casadi.SX.sym("x", len(x))
    matrix, _ = casadi.hessian(f([symbols[i] for i in range(len(x))]), symbols)
    function = casadi.Function("second", [symbols], [matrix])
    buffer, run = function.buffer()
    entries = np.zeros(function.nnz_out(0))
    buffer.set_arg(0, memoryview(x))
    buffer.set_res(0, memoryview(entries))
    kept = buffer, x, entries  # what the buffer points to
    return Contender(lambda kept=kept: run(), lambda: answer_of(np.array(function(x))))


def jax(f, x):
    import jax
    import jax.numpy as jnp

    second, point = jax.jit(jax.hessian(partial(f, tanh=jnp.tanh))), jnp.array(x)
    return Contender(lambda: second(point).block_until_ready(), lambda: answer_of(np.array(second(point))))


def building(build):
    return Contender(lambda: build().run(), lambda: build().answer())


# ---------------------------------------------------------------- works


def of_few_entries(title, f, x):
    """Evaluation and compilation of a Hessian with few entries; CasADi's is what ours is held to."""
    x = np.ascontiguousarray(x, float)
    mine, theirs = partial(ours, f, x, sparse=True), partial(casadi, f, x)
    slow = "Python writes what CasADi writes in C++; it does so once, and neighbours share what they have in common."
    return [
        Work(title, lambda: theirs().answer(), {CASADI: theirs, OURS: mine}, [Target(OURS, CASADI, times=3)]),
        Work(
            f"{title}: {COMPILED}",
            lambda: theirs().answer(),
            {CASADI: partial(building, theirs), OURS: partial(building, mine)},
            [Target(OURS, CASADI, share=1.0, missed=slow)],
            rounds=3,
        ),
    ]


def extended_rosenbrock(n=1000):
    point = np.random.default_rng(0).normal(size=n)
    return of_few_entries(f"Hessian of the extended Rosenbrock function, n = {n:,}", rosenbrock, point)


def grid_of_springs():
    grid = np.indices((ROWS, COLUMNS)).reshape(2, -1).T
    point = (grid + 0.1 * np.random.default_rng(0).normal(size=grid.shape)).reshape(-1)
    return of_few_entries(f"Hessian of a grid of springs, n = {len(point):,}", springs, point)


def network_of_100():
    *_, p = data()
    mine, theirs = partial(ours, network, p), partial(jax, network, p)
    title = "Hessian of the loss of a network 7-11-1, 100 parameters, 10 samples"
    return [
        Work(title, lambda: theirs().answer(), {JAX: theirs, OURS: mine}, [
            Target(OURS, JAX, times=5, missed="130,000 scalar operations on a tape, where JAX multiplies matrices.")
        ]),
        Work(f"{title}: {COMPILED}", lambda: theirs().answer(),
             {JAX: partial(building, theirs), OURS: partial(building, mine)}, rounds=3),
    ]  # fmt: skip


WORKS = {"rosenbrock": extended_rosenbrock, "springs": grid_of_springs, "network": network_of_100}


def main(names=()):
    """Print two tables for each work."""
    import jax
    from rich.console import Console

    jax.config.update("jax_enable_x64", True)

    console = Console(width=144)
    console.print(setting(("numpy", "llvmlite", "casadi", "jax", "scipy")), highlight=False)
    for name in names or WORKS:
        for work in WORKS[name]():
            console.print(compete(work))


def run():
    """Run all works in a process of their own, which has one thread."""
    subprocess.run([sys.executable, "-m", "tests.benchmarks.sparse"], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
