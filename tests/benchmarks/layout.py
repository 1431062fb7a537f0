"""The built-in layout beside Graphviz' dot, on 240 graphs in the styles they are drawn in.

``python -m tests.benchmarks layout`` prints, for each size class, the mean over its pictures: pairs of
wires that cross, length of all wires, wires that run through a box that is not theirs, boxes that overlap,
area (in units of 100 × 100), processor time; and on how many pictures ours is better, the same, worse.
Both bring every operand to its port; dot knows nothing of ports and is judged a second time without them.
"""

import math
import random
import statistics
import time
from collections import defaultdict
from itertools import combinations, islice, pairwise

import nn
from autograd_lite import Value, explain, parse, sum_of
from viz.pictures import collapsed, layout
from viz.pictures.groups import groups, scope_kinds
from viz.pictures.scene import scene
from viz.pictures.styles import card, circuit, compact

FORMULAS = (
    "x*x + 3*x", "tanh(w*x + b)", "u = c*x; v = d*x; w = v**2; z = u + w", "a*b/(a + b)", "sin(x)*exp(-x)",
    "-log(exp(a)/(exp(a) + exp(b) + exp(c)))", "(a - b)**2 + (b - c)**2 + (c - a)**2", "sqrt(x**2 + y**2)",
    "1/(1 + exp(-(w1*x1 + w2*x2 + b)))", "log(1 + exp(x))", "x**y + y**x", "maximum(x, y) - minimum(x, y)",
    "h = relu(a*x + b); k = relu(c*x + d); tanh(p*h + q*k + r)", "((x + y)*(x - y))/(x*y)",
    "m = (a + b + c)/3; ((a - m)**2 + (b - m)**2 + (c - m)**2)/3", "x - x**3/6 + x**5/120 - x**7/5040",
    "s = a*b + c*d; t = a*d - b*c; s*s + t*t", "p = a + b; q = p*b; r = q*p; r*q + p",
    "exp(-(x - mu)**2/(2*sigma**2))/sigma",
    "f = sigmoid(a); i = sigmoid(b); g = tanh(c); o = sigmoid(d); o*tanh(f*s + i*g)",
)  # fmt: skip
CLASSES = (20, 60, 150, 400, 10_000)
MAX_CARDS = 40  # more are not drawn as cards


def corpus():
    """Yield 240 explanations: formulas, random expressions, networks, recurrent cells."""
    for formula in FORMULAS:
        parsed = parse(formula)
        yield explain(parsed.graph(**{name: 0.5 + 0.25 * i for i, name in enumerate(parsed.inputs)}))
    rng = random.Random(0)
    for _ in range(160):
        yield explain(random_expression(rng, inputs=rng.randint(1, 6), size=rng.choice((4, 8, 12, 20, 40, 80))))
    for sizes in (
        [1],
        [2, 1],
        [3, 1],
        [4, 1],
        [2, 2, 1],
        [4, 4, 1],
        [8, 1],
        [8, 8, 1],
        [16, 16, 1],
        [4, 3],
        [3, 3, 3, 1],
    ):
        for fused in (True, False):
            for inputs in (2, 3):
                model = nn.MLP(inputs, sizes, fused=fused, rng=rng)
                output = model([Value(0.1 * i, f"x{i}") for i in range(1, inputs + 1)])
                yield explain(output if isinstance(output, Value) else sum_of(output))
    for cell in (nn.RNNCell, nn.LSTMCell):
        for width, steps in ((1, 1), (1, 3), (2, 1), (2, 3), (3, 2), (4, 4), (1, 8), (4, 8)):
            outputs = nn.Recurrent(cell(1, width, rng=rng), last=True)(
                [[Value(0.1 * t, f"x{t}")] for t in range(1, steps + 1)]
            )
            yield explain(sum_of(outputs))


def random_expression(rng, *, inputs, size):
    """Return a random graph of + − × and functions in which numbers are used again."""
    values = [Value(rng.uniform(0.5, 1.5), f"x{i + 1}") for i in range(inputs)]
    unused = list(values)
    for _ in range(size):
        a = unused.pop(rng.randrange(len(unused))) if unused and rng.random() < 0.6 else rng.choice(values)
        b = rng.choice(values[-6:])
        made = rng.choice((lambda: a + b, lambda: a - b, lambda: a * b, a.tanh, a.sigmoid, lambda: a * 0.5))()
        values.append(made)
        unused = [x for x in unused if x is not b] + [made]
    total = unused[0]
    for x in unused[1:]:
        total = total + x
    return total


def pictures(e):
    """Yield (style, plan) for each style one would draw the graph in; ``plan`` takes a layout engine."""
    s = scene(e)
    if len(s.cards) <= MAX_CARDS:
        yield "card", lambda engine: card.plan(s, engine)
        yield "circuit", lambda engine: circuit.plan(s, engine)
    yield "compact", lambda engine: compact.plan(s, engine)
    if len(s.cards) > MAX_CARDS and scope_kinds(s):
        boxes = groups(s, scope_kinds(s)[0])
        edges = collapsed.edges_between(s, boxes)
        yield "collapsed", lambda engine: collapsed.plan(boxes, edges, engine)


def problem(plan):
    """Return (arguments, options) of the layout that a picture asks for."""
    found = []

    def record(sizes, edges, *rest):
        found.append((list(sizes), list(edges), *rest))
        raise OSError("recorded")

    engines = dict(layout.ENGINES)
    layout.ENGINES["layered"] = record
    try:
        plan("layered")
    except OSError:
        return found[0]
    finally:
        layout.ENGINES.update(engines)


# ---------------------------------------------------------------- what is measured


def line(route, pieces=8):
    """Return points along the Bézier curves of a route."""
    points = [route[0]]
    for i in range(0, len(route) - 3, 3):
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = route[i : i + 4]
        for k in range(1, pieces + 1):
            t, u = k / pieces, 1 - k / pieces
            f = u**3, 3 * u * u * t, 3 * u * t * t, t**3
            points.append(
                (f[0] * ax + f[1] * bx + f[2] * cx + f[3] * dx, f[0] * ay + f[1] * by + f[2] * cy + f[3] * dy)
            )
    return points


def crossings(lines):
    """Count the pairs of wires that cross; wires may touch where they begin or end together."""
    import numpy as np

    segments = np.array([(a, *p, *q) for a, points in enumerate(lines) for p, q in pairwise(points) if p != q])
    segments = segments[np.argsort(np.minimum(segments[:, 1], segments[:, 3]), kind="stable")]
    found = set()
    right = np.maximum(segments[:, 1], segments[:, 3])
    left = np.minimum(segments[:, 1], segments[:, 3])
    for i, (owner, x1, y1, x2, y2) in enumerate(segments):
        others = segments[i + 1 : i + 1 + np.searchsorted(left[i + 1 :], right[i])]
        x3, y3, x4, y4 = others[:, 1:].T

        def side(ax, ay, bx, by, cx, cy):
            return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)

        cross = (side(x1, y1, x2, y2, x3, y3) * side(x1, y1, x2, y2, x4, y4) < -1e-6) & (
            side(x3, y3, x4, y4, x1, y1) * side(x3, y3, x4, y4, x2, y2) < -1e-6
        )
        found.update((min(owner, o), max(owner, o)) for o in others[cross & (others[:, 0] != owner), 0])
    return len(found)


def through(lines, edges, boxes):
    """Count the wires that run through a box that is not theirs, by more than 2 points."""
    count = 0
    for points, ends in zip(lines, edges):
        for i, (left, top, right, bottom) in enumerate(boxes):
            if i not in ends:
                count += any(left + 2 < x < right - 2 and top + 2 < y < bottom - 2 for x, y in points)
    return count


def overlapping(boxes):
    """Count the pairs of boxes that overlap by more than a point."""
    return sum(
        a[0] + 1 < b[2] and b[0] + 1 < a[2] and a[1] + 1 < b[3] and b[1] + 1 < a[3] for a, b in combinations(boxes, 2)
    )


def measure(asked, engine):
    """Return crossings, wire length, wires through boxes, overlaps, area and seconds of one layout."""
    sizes, edges = asked[:2]
    engine = layout.ENGINES[engine]
    start = time.process_time()
    centres, routes = engine(*asked)
    spent = time.process_time() - start
    lines = [line(route) for route in routes]
    boxes = [(x - w / 2, y - h / 2, x + w / 2, y + h / 2) for (x, y), (w, h) in zip(centres, sizes)]
    xs, ys = zip(*(p for points in lines for p in points)) if lines else ((0.0,), (0.0,))
    area = (max(xs) - min(xs)) * (max(ys) - min(ys)) / 1e4
    length = math.fsum(math.dist(p, q) for points in lines for p, q in pairwise(points))
    return (
        crossings(lines) if lines else 0,
        length,
        through(lines, edges, boxes),
        overlapping(boxes),
        area,
        spent * 1e3,
    )


MEASURES = ("crossings", "wire length", "wires through boxes", "boxes overlap", "area", "ms")


def run(every=1, most=400):
    """Print the comparison, one table per size class; ``every`` so many graphs, up to ``most`` boxes."""
    layout.ENGINES["pygraphviz"]([(9.0, 9.0)] * 2, [(0, 1)], [0.0], (9.0, 9.0), [], False)  # imports it
    results = defaultdict(list)
    for e in islice(corpus(), 0, None, every):
        for style, plan in pictures(e):
            asked = problem(plan)
            bare = (*asked[:2], [0.0] * len(asked[1]), *asked[3:])
            if asked[1] and len(asked[0]) <= most:
                size = next(limit for limit in CLASSES if len(asked[0]) <= limit)
                rows = [measure(asked, "layered"), measure(asked, "pygraphviz"), measure(bare, "pygraphviz")]
                results[size, style].append(rows)
    for (size, style), pairs in sorted(results.items()):
        print(f"\n{style}, up to {size} boxes: {len(pairs)} pictures")
        print(f"  {'':20}{'ours':>10}{'dot':>10}{'no ports':>10}   ours better / same / worse")
        for k, what in enumerate(MEASURES):
            ours, dot, bare = ([row[i][k] for row in pairs] for i in range(3))
            better = sum(a < b - 1e-9 for a, b in zip(ours, dot))
            worse = sum(a > b + 1e-9 for a, b in zip(ours, dot))
            means = "".join(f"{statistics.fmean(xs):10.1f}" for xs in (ours, dot, bare))
            print(f"  {what:20}{means}   {better} / {len(pairs) - better - worse} / {worse}")
