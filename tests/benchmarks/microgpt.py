"""A second baseline: a GPT of 4 192 parameters on scalars, and the small ``Value`` it brings along.

After A. Karpathy's microgpt (February 2026), the successor of micrograd: one block of four heads, 16 numbers a token,
RMS norms, no biases, ReLU, Adam, all in plain Python. Written anew from what it computes. A node of its ``Value`` keeps
its local gradients, which are numbers, and no closure. ``steps_of`` takes the class of the numbers, so that another
engine is measured by swapping ``Value`` alone.
"""

import math
import random
from itertools import pairwise

LETTERS = "abcdefghijklmnopqrstuvwxyz"
NAMES = ["martha", "jonas", "helene", "ismael", "sophie", "rafael", "amelia", "bastian", "noor"]
WIDTH, HEADS, CONTEXT, VOCABULARY, END = 16, 4, 16, 27, 26


class Value:
    """A number, the numbers it was computed from, and its derivative with respect to each."""

    __slots__ = ("data", "grad", "operands", "slopes")

    def __init__(self, data, operands=(), slopes=()):
        self.data, self.grad, self.operands, self.slopes = data, 0, operands, slopes

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1, 1))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n):
        return Value(self.data**n, (self,), (n * self.data ** (n - 1),))

    def exp(self):
        y = math.exp(self.data)
        return Value(y, (self,), (y,))

    def log(self):
        return Value(math.log(self.data), (self,), (1 / self.data,))

    def relu(self):
        return Value(max(0, self.data), (self,), (float(self.data > 0),))

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + (-other)

    def __truediv__(self, other):
        return self * other**-1

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for operand in node.operands:
                    visit(operand)
                order.append(node)

        visit(self)
        self.grad = 1
        for node in reversed(order):
            for operand, slope in zip(node.operands, node.slopes):
                operand.grad += slope * node.grad


def parameters_of(value, seed=42):
    """Return the matrices of the network by name, rows of ``value``s."""
    rng = random.Random(seed)
    shapes = {"token": (VOCABULARY, WIDTH), "position": (CONTEXT, WIDTH), "out": (VOCABULARY, WIDTH)}
    shapes |= dict.fromkeys(("query", "key", "value", "mix"), (WIDTH, WIDTH))
    shapes |= {"wide": (4 * WIDTH, WIDTH), "narrow": (WIDTH, 4 * WIDTH)}
    return {
        name: [[value(rng.gauss(0.0, 0.08)) for _ in range(columns)] for _ in range(rows)]
        for name, (rows, columns) in shapes.items()
    }


def times(matrix, x):
    """Return matrix · x."""
    return [sum(w * a for w, a in zip(row, x)) for row in matrix]


def normalised(x):
    """Return x divided by its root mean square."""
    scale = (sum(a * a for a in x) / len(x) + 1e-5) ** -0.5
    return [a * scale for a in x]


def softmax(x):
    """Return exp(xᵢ) / Σ exp(xⱼ)."""
    top = max(a.data for a in x)
    powers = [(a - top).exp() for a in x]
    total = sum(powers)
    return [p / total for p in powers]


def attention(w, x, keys, values):
    """Return what the heads read from the tokens so far; this token's key and value are added to them."""
    query = times(w["query"], x)
    keys.append(times(w["key"], x))
    values.append(times(w["value"], x))
    read, size = [], WIDTH // HEADS
    for head in range(0, WIDTH, size):
        part = slice(head, head + size)
        scores = [sum(q * k for q, k in zip(query[part], key[part])) / size**0.5 for key in keys]
        weights = softmax(scores)
        read += [sum(a * v[j] for a, v in zip(weights, values)) for j in range(head, head + size)]
    return times(w["mix"], read)


def logits_of(w, token, place, keys, values):
    """Return the 27 scores of the next letter."""
    x = normalised([t + p for t, p in zip(w["token"][token], w["position"][place])])
    x = [a + b for a, b in zip(x, attention(w, normalised(x), keys, values))]
    hidden = [a.relu() for a in times(w["wide"], normalised(x))]
    x = [a + b for a, b in zip(x, times(w["narrow"], hidden))]
    return times(w["out"], x)


def loss_of(w, name):
    """Return the mean of −log p of each letter of the name and of its end."""
    tokens = [END, *map(LETTERS.index, name), END]
    keys, values, losses = [], [], []
    for place, (token, following) in enumerate(pairwise(tokens)):
        probabilities = softmax(logits_of(w, token, place, keys, values))
        losses.append(-probabilities[following].log())
    return sum(losses) * (1 / len(losses))


def steps_of(value):
    """Return a function that learns one name with Adam, the next name each time, and returns the loss."""
    w = parameters_of(value)
    parameters = [p for matrix in w.values() for row in matrix for p in row]
    first, second = [0.0] * len(parameters), [0.0] * len(parameters)
    count = 0

    def step():
        nonlocal count
        loss = loss_of(w, NAMES[count % len(NAMES)])
        loss.backward()
        count += 1
        for i, p in enumerate(parameters):
            first[i] = 0.85 * first[i] + 0.15 * p.grad
            second[i] = 0.99 * second[i] + 0.01 * p.grad**2
            mean, square = first[i] / (1 - 0.85**count), second[i] / (1 - 0.99**count)
            p.data -= 0.01 * mean / (square**0.5 + 1e-8)
            p.grad = 0
        return loss.data

    return step
