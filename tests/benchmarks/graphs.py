"""Irregular graphs of scalars, as code that runs on any kind of number, and their gradients by CasADi and NumPy.

A graph has 100 inputs in [-1, 1] and operations + − × ÷ sin exp tanh drawn at random. Interval arithmetic
while drawing keeps every value within ±4 and every divisor away from 0, whatever the inputs (only the sums
that gather the loose ends into the one output may be larger); a sample point keeps values from dying out.
"""

import math
import operator
import random
from typing import NamedTuple

ARITHMETIC = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
UNARY = ("sin", "exp", "tanh")
WEIGHTS = {"+": 30, "-": 24, "*": 20, "/": 14, "sin": 2, "exp": 6, "tanh": 2}  # sums are often refused, sin never
LARGEST, SMALLEST, DIVISOR = 4.0, 1e-3, 0.3


class Graph(NamedTuple):
    """Steps (operation, a, b) on the numbers before; inputs come first, a unary step has b = a."""

    inputs: int
    steps: list[tuple[str, int, int]]

    def __call__(self, xs, module):
        """Compute the last number from ``xs`` with the sin, exp and tanh of ``module``."""
        functions = ARITHMETIC | {name: getattr(module, name) for name in UNARY}
        v = list(xs)
        for name, a, b in self.steps:
            v.append(functions[name](v[a]) if name in UNARY else functions[name](v[a], v[b]))
        return v[-1]

    def share(self):
        """Return which part of the steps are sin, exp or tanh."""
        return sum(name in UNARY for name, _, _ in self.steps) / len(self.steps)

    def depth(self):
        """Return the number of steps on the longest path."""
        levels = [0] * self.inputs
        for _, a, b in self.steps:
            levels.append(1 + max(levels[a], levels[b]))
        return max(levels)


def irregular(size, *, width=100, inputs=100, seed=0):
    """Draw a graph of ``size`` steps in which about ``width`` numbers wait to be used at any time.

    Operands come from the numbers that wait, from the last 4·width, or from anywhere; every number
    has a path to the output.

        >>> irregular(300) == irregular(300), len(irregular(300).steps)
        (True, 300)
    """
    rng = random.Random(seed)
    bounds, sample = [(-1.0, 1.0)] * inputs, [rng.uniform(-1.0, 1.0) for _ in range(inputs)]
    waiting, divisors, steps = list(range(inputs)), [], []

    def earlier():
        n = len(bounds)
        return rng.randrange(max(0, n - 4 * width), n) if rng.random() < 0.7 else rng.randrange(n)

    def draw(spare):
        name = rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        a = rng.choice(waiting) if len(waiting) >= width or spare < 2 else earlier()
        if name in UNARY:
            return name, a, a
        return name, a, rng.choice(divisors[-50:]) if name == "/" and divisors else earlier()

    for i in range(size):
        spare = size - i - (len(waiting) - 1)  # steps left beyond those that gather what waits
        while True:
            name, a, b = draw(spare) if spare else (rng.choice("+-"), *rng.sample(waiting, 2))
            if name not in UNARY and a == b:
                continue  # x − x and x/x would fold away
            low, high = interval(name, bounds[a], bounds[b])
            if spare and max(-low, high) > LARGEST:
                continue
            x = getattr(math, name)(sample[a]) if name in UNARY else ARITHMETIC[name](sample[a], sample[b])
            if not spare or abs(x) > SMALLEST:
                break
        steps.append((name, a, b))
        for operand in {a, b}.intersection(waiting):
            waiting.remove(operand)
        waiting.append(len(bounds))
        if low > DIVISOR or high < -DIVISOR:
            divisors.append(len(bounds))
        bounds.append((low, high))
        sample.append(x)
    return Graph(inputs, steps)


def interval(name, a, b):
    """Return an interval that holds the result for all operands in ``a`` and ``b``; infinite if it divides by zero.

    >>> interval("-", (0.0, 1.0), (2.0, 3.0))
    (-3.0, -1.0)
    """
    (low, high), (left, right) = a, b
    if name == "+":
        return low + left, high + right
    if name == "-":
        return low - right, high - left
    if name in ("*", "/"):
        if name == "/":
            if left <= 0.0 <= right:
                return -math.inf, math.inf
            left, right = 1.0 / right, 1.0 / left
        corners = low * left, low * right, high * left, high * right
        return min(corners), max(corners)
    if name == "sin" and not -math.pi / 2 <= low <= high <= math.pi / 2:
        return -1.0, 1.0
    function = getattr(math, name)
    return function(low), function(high)


def points(count, *, inputs=100, seed=1):
    """Return ``count`` points of the inputs, an array (count, inputs)."""
    import numpy as np

    return np.random.default_rng(seed).uniform(-1.0, 1.0, (count, inputs))


def by_hand(graph, x):
    """Return value and gradient by the chain rule in NumPy, operation by operation; ``x`` is (..., inputs)."""
    import numpy as np

    v = list(np.moveaxis(x, -1, 0))
    for name, a, b in graph.steps:
        v.append(getattr(np, name)(v[a]) if name in UNARY else ARITHMETIC[name](v[a], v[b]))
    g = [0.0] * (len(v) - 1) + [np.ones_like(v[-1])]
    for i in reversed(range(len(graph.steps))):
        name, a, b = graph.steps[i]
        out, up = v[graph.inputs + i], g[graph.inputs + i]
        if name in "+-":
            g[a] = g[a] + up
            g[b] = g[b] + up if name == "+" else g[b] - up
        elif name == "*":
            g[a] = g[a] + up * v[b]
            g[b] = g[b] + up * v[a]
        elif name == "/":
            g[a] = g[a] + up / v[b]
            g[b] = g[b] - up / v[b] * out
        else:
            slope = np.cos(v[a]) if name == "sin" else out if name == "exp" else 1.0 - out * out
            g[a] = g[a] + up * slope
    return v[-1], np.stack(np.broadcast_arrays(*g[: graph.inputs]), axis=-1)


def casadi_function(graph):
    """Return the CasADi function x ↦ (value, gradient), in scalar expressions (SX)."""
    import casadi

    x = casadi.SX.sym("x", graph.inputs)
    y = graph(casadi.vertsplit(x), casadi)
    return casadi.Function("f", [x], [y, casadi.gradient(y, x)])


def casadi_buffers(function, x):
    """Bind the function to arrays, its fastest way to call; return (run, value, gradient). ``x`` is (n, inputs)."""
    import numpy as np

    value, gradient = np.zeros(len(x)), np.zeros_like(x)
    buffer, run = function.buffer()
    buffer.set_arg(0, memoryview(x.reshape(-1)))
    buffer.set_res(0, memoryview(value))
    buffer.set_res(1, memoryview(gradient.reshape(-1)))
    run.buffer = buffer  # keep it alive as long as what calls it
    return run, value, gradient
