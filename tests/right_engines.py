"""Right engines of many makes, as text: the conformance kit must let every one of them pass.

``ENGINES`` holds each under a name, with the largest profile it is right in; one whose nodes are no objects
of its own is its own adapter. ``WRONG`` plants a bug in some of them, of the kind that make invites.
"""

# ruff: noqa: E501  (a bug reads best on one line)

from typing import NamedTuple


class Engine(NamedTuple):
    """An engine's text, the profile it keeps, and whether it says itself how to use it."""

    text: str
    profile: str = "full"
    adapter: bool = False
    needs: str = ""


# One engine for all kinds of number: `num` makes one, `exp` and `tanh` are that kind's own.
OF_NUMBERS = """
class Value:
    def __init__(self, data, parents=(), local=()):
        self.data, self.grad = num(data), num(0)
        self.parents, self.local = parents, local

    def __add__(self, other):
        other = lift(other)
        return Value(self.data + other.data, (self, other), (num(1), num(1)))

    def __mul__(self, other):
        other = lift(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n):
        assert not isinstance(n, Value), "only plain numbers as powers"
        return Value(self.data ** exact(n), (self,), (num(n) * num(self.data ** exact(n - 1)),))

    def __neg__(self): return self * -1
    def __sub__(self, other): return self + (-lift(other))
    def __rsub__(self, other): return lift(other) - self
    def __truediv__(self, other): return self * lift(other) ** -1
    def __rtruediv__(self, other): return lift(other) / self
    __radd__ = __add__
    __rmul__ = __mul__

    def exp(self):
        y = exp(self.data)
        return Value(y, (self,), (y,))

    def tanh(self):
        y = tanh(self.data)
        return Value(y, (self,), (num(1) - y * y,))

    def relu(self):
        return Value(self.data if self.data > 0 else num(0), (self,), (num(self.data > 0),))

    def backward(self):
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            node, done = stack.pop()
            if done:
                order.append(node)
            elif id(node) not in seen:
                seen.add(id(node))
                stack.append((node, True))
                stack.extend((p, False) for p in node.parents)
        for node in order:
            if node.parents:
                node.grad = num(0)
        self.grad = self.grad + num(1)
        for node in reversed(order):
            for parent, local in zip(node.parents, node.local):
                parent.grad = parent.grad + node.grad * local

def lift(x):
    return x if isinstance(x, Value) else Value(x)
"""

KINDS = {
    "NumPy arrays without axes": "import numpy as np\nnum, exact, exp, tanh = np.array, float, np.exp, np.tanh\n",
    "NumPy arrays of one": (
        "import numpy as np\nnum = lambda x: np.array(x, dtype=float).reshape(1)\n"
        "exact, exp, tanh = float, np.exp, np.tanh\n"
    ),
    "NumPy float64": "import numpy as np\nnum, exact, exp, tanh = np.float64, np.float64, np.exp, np.tanh\n",
    "NumPy float32": "import numpy as np\nnum, exact, exp, tanh = np.float32, np.float32, np.exp, np.tanh\n",
    "NumPy float16": "import numpy as np\nnum, exact, exp, tanh = np.float16, np.float16, np.exp, np.tanh\n",
    "NumPy arrays of float32": (
        "import numpy as np\nnum = lambda x: np.array(x, dtype=np.float32)\n"
        "exact, exp, tanh = np.float32, np.exp, np.tanh\n"
    ),
    "float32 by struct": (
        "import math, struct\ndef num(x):\n    return struct.unpack('f', struct.pack('f', x))[0]\n"
        "exact, exp, tanh = num, (lambda x: num(math.exp(x))), (lambda x: num(math.tanh(x)))\n"
    ),
    "PyTorch tensors": "import torch\nnum, exact, exp, tanh = torch.tensor, float, torch.exp, torch.tanh\n",
    "PyTorch tensors of float64": (
        "import torch\nnum = lambda x: torch.as_tensor(x, dtype=torch.float64)\n"
        "exact, exp, tanh = float, torch.exp, torch.tanh\n"
    ),
    "ints kept": (
        "import math\nnum = lambda x: int(x) if x == int(x) else x\nexact, exp, tanh = num, math.exp, math.tanh\n"
    ),
    "Fractions": (
        "import math\nfrom fractions import Fraction\n"
        "num, exact = Fraction, (lambda n: int(n) if n == int(n) else n)\n"
        "exp, tanh = (lambda x: Fraction(math.exp(x))), (lambda x: Fraction(math.tanh(x)))\n"
    ),
    "Decimals": (
        "from decimal import Decimal\nnum = exact = Decimal\n"
        "exp, tanh = Decimal.exp, lambda x: 1 - 2 / ((2 * x).exp() + 1)\n"
    ),
    "mpmath": "import mpmath\nnum, exact, exp, tanh = mpmath.mpf, mpmath.mpf, mpmath.exp, mpmath.tanh\n",
}

# What the others have in common: operators in terms of add, mul and pow, whatever these record.
OPERATORS = """
    def __neg__(self): return self * -1.0
    def __sub__(self, other): return self + (-lift(other))
    def __rsub__(self, other): return lift(other) - self
    def __truediv__(self, other): return self * lift(other) ** -1
    def __rtruediv__(self, other): return lift(other) / self
    __radd__ = __add__
    __rmul__ = __mul__

def lift(x):
    return x if isinstance(x, Value) else Value(x)
"""

CLOSURES = """
import math

class Value:
    def __init__(self, data, _children=()):
        self.data, self.grad = data, 0.0
        self._prev, self._backward = _children, lambda g: None

    def __add__(self, other):
        other = lift(other)
        out = Value(self.data + other.data, (self, other))
        def _backward(g):
            self.grad += g
            other.grad += g
        out._backward = _backward
        return out

    def __mul__(self, other):
        other = lift(other)
        out = Value(self.data * other.data, (self, other))
        a, b = self.data, other.data
        def _backward(g):
            self.grad += g * b
            other.grad += g * a
        out._backward = _backward
        return out

    def __pow__(self, n):
        out, a = Value(self.data**n, (self,)), self.data
        def _backward(g):
            self.grad += g * n * a ** (n - 1)
        out._backward = _backward
        return out

    def tanh(self):
        out = Value(math.tanh(self.data), (self,))
        t = out.data
        def _backward(g):
            self.grad += g * (1 - t * t)
        out._backward = _backward
        return out

    def backward(self):
        order, waiting, uses = [], [self], {self: 0}
        for node in waiting:  # it grows while we go
            for child in node._prev:
                if child not in uses:
                    uses[child] = 0
                    waiting.append(child)
                uses[child] += 1
        ready = [self]
        while ready:
            node = ready.pop()
            order.append(node)
            for child in node._prev:
                uses[child] -= 1
                if not uses[child]:
                    ready.append(child)
        for node in order:
            node.grad = node.grad if not node._prev else 0.0
        self.grad += 1.0
        for node in order:
            node._backward(node.grad)
"""

RECURSION = """
import math

class Value:
    def __init__(self, data, parents=(), local=()):
        self.data, self.grad, self.parents, self.local = data, 0.0, parents, local

    def __add__(self, other):
        other = lift(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = lift(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n):
        return Value(self.data**n, (self,), (n * self.data ** (n - 1),))

    def exp(self):
        return Value(math.exp(self.data), (self,), (math.exp(self.data),))

    def backward(self, g=1.0):
        self.grad += g
        for parent, local in zip(self.parents, self.local):
            parent.backward(g * local)
"""

TAPE = """
import math
TAPE = []

class Value:
    def __init__(self, data):
        self.data, self.grad = data, 0.0

    def __add__(self, other):
        other = lift(other)
        return record(self.data + other.data, (self, 1.0), (other, 1.0))

    def __mul__(self, other):
        other = lift(other)
        return record(self.data * other.data, (self, other.data), (other, self.data))

    def __pow__(self, n):
        return record(self.data**n, (self, n * self.data ** (n - 1)))

    def sin(self):
        return record(math.sin(self.data), (self, math.cos(self.data)))

    def backward(self):
        cotangents = {id(self): 1.0}
        for out, edges in reversed(TAPE):
            g = cotangents.pop(id(out), 0.0)
            if edges and g:
                out.grad += g
            for parent, local in edges:
                cotangents[id(parent)] = cotangents.get(id(parent), 0.0) + g * local
                LEAVES[id(parent)] = parent
        for key, g in cotangents.items():
            (self if key == id(self) else LEAVES[key]).grad += g

LEAVES = {}

def record(data, *edges):
    out = Value(data)
    TAPE.append((out, edges))
    return out
"""

ARENA = '''
"""Nodes are places in three lists; this file is its own adapter."""
DATA, GRAD, EDGES = [], [], []

def make(x, *edges):
    DATA.append(float(x))
    GRAD.append(0.0)
    EDGES.append(edges)
    return len(DATA) - 1

class Value:  # what the kit is given to load; nobody makes one
    pass

def value(i): return DATA[i]
def gradient(i): return GRAD[i]
def zero_grad(i): GRAD[i] = 0.0

def apply(name, *operands):
    i, *rest = [make(x) if isinstance(x, float) else x for x in operands]
    a = DATA[i]
    if name == "add": return make(a + DATA[rest[0]], (i, 1.0), (rest[0], 1.0))
    if name == "mul": return make(a * DATA[rest[0]], (i, DATA[rest[0]]), (rest[0], a))
    if name == "sub": return make(a - DATA[rest[0]], (i, 1.0), (rest[0], -1.0))
    if name == "neg": return make(-a, (i, -1.0))
    if name == "square": return make(a * a, (i, 2.0 * a))
    raise NotImplementedError(name)

def backward(root):
    cotangents = [0.0] * len(DATA)
    cotangents[root] = 1.0
    for i in range(root, -1, -1):  # places are in topological order
        GRAD[i] += cotangents[i]
        for parent, local in EDGES[i]:
            cotangents[parent] += cotangents[i] * local
'''

SLOTS = """
import math
from dataclasses import dataclass, field

@dataclass(slots=True, eq=False)
class Value:
    data: float
    grad: float = 0.0
    edges: tuple = ()

    def __add__(self, other):
        other = lift(other)
        return Value(self.data + other.data, edges=((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = lift(other)
        return Value(self.data * other.data, edges=((self, other.data), (other, self.data)))

    def __pow__(self, n):
        return Value(self.data**n, edges=((self, n * self.data ** (n - 1)),))

    def sigmoid(self):
        y = 1 / (1 + math.exp(-self.data))
        return Value(y, edges=((self, y * (1 - y)),))

    def backward(self):
        uses, waiting = {}, [self]
        while waiting:
            for parent, _ in waiting.pop().edges:
                uses[parent] = uses.get(parent, 0) + 1
                if uses[parent] == 1:
                    waiting.append(parent)
        cotangents, ready = {self: 1.0}, [self]
        while ready:
            node = ready.pop()
            node.grad += cotangents[node]
            for parent, local in node.edges:
                cotangents[parent] = cotangents.get(parent, 0.0) + cotangents[node] * local
                uses[parent] -= 1
                if not uses[parent]:
                    ready.append(parent)
"""

DICTIONARY = '''
"""backward() returns the gradients; the adapter below keeps them."""
import itertools, math
NUMBERS = itertools.count()

class Value:
    def __init__(self, data, edges=()):
        self.data, self.edges, self.number = data, edges, next(NUMBERS)

    def __add__(self, other):
        other = lift(other)
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = lift(other)
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

    def __pow__(self, n):
        return Value(self.data**n, ((self, n * self.data ** (n - 1)),))

    def log(self):
        return Value(math.log(self.data), ((self, 1 / self.data),))

    def backward(self):
        nodes, stack = {self}, [self]
        while stack:
            for parent, _ in stack.pop().edges:
                if parent not in nodes:
                    nodes.add(parent)
                    stack.append(parent)
        gradients = dict.fromkeys(nodes, 0.0)
        gradients[self] = 1.0
        for node in sorted(nodes, key=lambda n: -n.number):  # the youngest first
            for parent, local in node.edges:
                gradients[parent] += gradients[node] * local
        return gradients
'''
DICTIONARY_ADAPTER = """
KEPT = {}
def make(x): return Value(x)
def gradient(node): return KEPT.get(node, 0.0)
def zero_grad(node): KEPT.pop(node, None)
def backward(node):
    for each, g in node.backward().items():
        KEPT[each] = KEPT.get(each, 0.0) + g
"""

LAZY = """
import heapq, itertools, math
NUMBERS = itertools.count()

class Value:
    def __init__(self, data, edges=()):
        self.data, self.grad, self.edges, self.number = data, None, edges, -next(NUMBERS)

    def __lt__(self, other):
        return self.number < other.number

    def __add__(self, other):
        other = lift(other)
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = lift(other)
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

    def __pow__(self, n):
        return Value(self.data**n, ((self, n * self.data ** (n - 1)),))

    def relu(self):
        return Value(max(self.data, 0.0), ((self, 1.0 if self.data > 0 else 0.0),))

    def backward(self):
        heap, due = [self], {self: 1.0}
        while heap:
            node = heapq.heappop(heap)
            g = due[node]
            node.grad = g if node.grad is None else node.grad + g
            for parent, local in node.edges:
                if parent not in due:
                    due[parent] = 0.0
                    heapq.heappush(heap, parent)
                due[parent] += g * local
"""

PROPERTIES = """
import math

class Value:
    def __init__(self, data, edges=()):
        self._data, self._grad, self._edges = data, 0.0, edges

    @property
    def value(self): return self._data

    @property
    def gradient(self): return self._grad

    def zero_grad(self): self._grad = 0.0

    def __add__(self, other):
        other = lift(other)
        return Value(self.value + other.value, ((self, lambda g: g), (other, lambda g: g)))

    def __mul__(self, other):
        other = lift(other)
        a, b = self.value, other.value
        return Value(a * b, ((self, lambda g: g * b), (other, lambda g: g * a)))

    def __pow__(self, n):
        a = self.value
        return Value(a**n, ((self, lambda g: g * n * a ** (n - 1)),))

    def cos(self):
        a = self.value
        return Value(math.cos(a), ((self, lambda g: -g * math.sin(a)),))

    def backward(self):
        order, seen, stack = [], set(), [(self, iter(self._edges))]
        while stack:
            node, edges = stack[-1]
            for parent, _ in edges:
                if parent not in seen:
                    seen.add(parent)
                    stack.append((parent, iter(parent._edges)))
                    break
            else:
                order.append(stack.pop()[0])
        pulled = dict.fromkeys(order, 0.0)
        pulled[self] = 1.0
        for node in reversed(order):
            node._grad += pulled[node]
            for parent, pull in node._edges:
                pulled[parent] += pull(pulled[node])
"""

FORWARD = """
import math

class Value:  # forward mode: every node carries its derivative by every node it depends on
    def __init__(self, data, *edges):
        self.data, self.grad = data, 0.0
        self.slopes = {self: 1.0}
        for parent, local in edges:
            for node, slope in parent.slopes.items():
                self.slopes[node] = self.slopes.get(node, 0.0) + local * slope

    def __add__(self, other):
        other = lift(other)
        return Value(self.data + other.data, (self, 1.0), (other, 1.0))

    def __mul__(self, other):
        other = lift(other)
        return Value(self.data * other.data, (self, other.data), (other, self.data))

    def __pow__(self, n):
        return Value(self.data**n, (self, n * self.data ** (n - 1)))

    def exp(self):
        return Value(math.exp(self.data), (self, math.exp(self.data)))

    def backward(self):
        for node, slope in self.slopes.items():
            node.grad += slope
"""

FUNCTIONS = """
import math
from numpy import sqrt, log  # for its own use: floats, not nodes

class Value:
    def __init__(self, data, edges=()):
        self.val, self.g, self.edges = data, 0.0, edges

    def __add__(self, other): return add(self, lift(other))
    def __mul__(self, other): return mul(self, lift(other))
    def __pow__(self, n): return Value(self.val**n, ((self, n * self.val ** (n - 1)),))
    OPERATORS

def add(a, b): return Value(a.val + b.val, ((a, 1.0), (b, 1.0)))
def mul(a, b): return Value(a.val * b.val, ((a, b.val), (b, a.val)))
def tanh(a): return Value(math.tanh(a.val), ((a, 1.0 - math.tanh(a.val) ** 2),))

def backward(y):
    order, seen, stack = [], {y}, [y]
    uses = {}
    while stack:
        for parent, _ in stack.pop().edges:
            uses[parent] = uses.get(parent, 0) + 1
            if parent not in seen:
                seen.add(parent)
                stack.append(parent)
    due, ready = {y: 1.0}, [y]
    while ready:
        node = ready.pop()
        node.g += due[node]
        for parent, local in node.edges:
            due[parent] = due.get(parent, 0.0) + due[node] * local
            uses[parent] -= 1
            if uses[parent] == 0:
                ready.append(parent)
"""

CLASSES = """
import math

class Value:  # a class for each operation, with its value and its rule
    def __init__(self, data):
        self.data, self.grad, self.inputs = data, 0.0, []

    def __add__(self, other): return Add(self, lift(other))
    def __mul__(self, other): return Mul(self, lift(other))
    def __pow__(self, n): return Power(self, n=n)
    def exp(self): return Exp(self)
    OPERATORS

    def backward(self):
        order, seen, stack = [], set(), [(self, 0)]
        while stack:
            node, done = stack.pop()
            if done:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                stack += [(node, 1)] + [(each, 0) for each in node.inputs]
        for node in order:
            if node.inputs:
                node.grad = 0.0
        self.grad += 1.0
        for node in order[::-1]:
            for each, g in zip(node.inputs, node.rule(node.grad) if node.inputs else ()):
                each.grad += g

class Operation(Value):
    def __init__(self, *inputs, **options):
        vars(self).update(options)
        self.numbers = [each.data for each in inputs]
        super().__init__(self.compute(*self.numbers))
        self.inputs = list(inputs)

class Add(Operation):
    def compute(self, a, b): return a + b
    def rule(self, g): return [g, g]

class Mul(Operation):
    def compute(self, a, b): return a * b
    def rule(self, g): return [g * self.numbers[1], g * self.numbers[0]]

class Power(Operation):
    def compute(self, a): return a**self.n
    def rule(self, g): return [g * self.n * self.numbers[0] ** (self.n - 1)]

class Exp(Operation):
    def compute(self, a): return math.exp(a)
    def rule(self, g): return [g * math.exp(self.numbers[0])]
"""

NOTEBOOK = """
import math

class Value:  # as the notebook of the lectures has it: no 2 - x, no 2 / x, and exp and tanh
    def __init__(self, data, _children=(), _op='', label=''):
        self.data, self.grad = data, 0.0
        self._backward = lambda: None
        self._prev, self._op, self.label = set(_children), _op, label

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other), '+')
        def _backward():
            self.grad += 1.0 * out.grad
            other.grad += 1.0 * out.grad
        out._backward = _backward
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other), '*')
        def _backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad
        out._backward = _backward
        return out

    def __pow__(self, other):
        assert isinstance(other, (int, float)), "only supporting int/float powers for now"
        out = Value(self.data**other, (self,), f'**{other}')
        def _backward():
            self.grad += other * (self.data ** (other - 1)) * out.grad
        out._backward = _backward
        return out

    def __rmul__(self, other): return self * other
    def __radd__(self, other): return self + other
    def __truediv__(self, other): return self * other**-1
    def __neg__(self): return self * -1
    def __sub__(self, other): return self + (-other)

    def tanh(self):
        x = self.data
        t = (math.exp(2*x) - 1)/(math.exp(2*x) + 1)
        out = Value(t, (self, ), 'tanh')
        def _backward():
            self.grad += (1 - t**2) * out.grad
        out._backward = _backward
        return out

    def exp(self):
        out = Value(math.exp(self.data), (self, ), 'exp')
        def _backward():
            self.grad += out.data * out.grad
        out._backward = _backward
        return out

    def backward(self):
        topo, visited = [], set()
        def build_topo(v):
            if v not in visited:
                visited.add(v)
                for child in v._prev:
                    build_topo(child)
                topo.append(v)
        build_topo(self)
        self.grad = 1.0
        for node in reversed(topo):
            node._backward()
"""

METHODS, LIFT = OPERATORS.split("\ndef lift", 1)
METHODS, LIFT = METHODS.strip("\n").removeprefix("    "), "\ndef lift" + LIFT


def _in_class(text: str) -> str:
    """Put the common operators into the class: where it says so, or at its end, which is that of the text."""
    if "    OPERATORS\n" in text:
        return text.replace("    OPERATORS\n", f"    {METHODS}\n") + LIFT
    head, record, tail = text.partition("\nLEAVES = {}")
    return f"{head}\n    {METHODS}\n{record}{tail}{LIFT}"


ENGINES: dict[str, Engine] = {
    **{name: Engine(kind + OF_NUMBERS, needs=kind.split()[1].strip(",")) for name, kind in KINDS.items()},
    "closures": Engine(_in_class(CLOSURES)),
    "recursion": Engine(_in_class(RECURSION), "lecture"),
    "a tape": Engine(_in_class(TAPE), "basic"),
    "an arena of indices": Engine(ARENA, adapter=True),
    "dataclasses with slots": Engine(_in_class(SLOTS)),
    "gradients in a dictionary": Engine(_in_class(DICTIONARY) + DICTIONARY_ADAPTER, adapter=True),
    "gradients made when needed": Engine(_in_class(LAZY)),
    "properties that cannot be set": Engine(_in_class(PROPERTIES)),
    "forward mode": Engine(_in_class(FORWARD), "basic"),
    "functions of a module": Engine(_in_class(FUNCTIONS)),
    "a class for each operation": Engine(_in_class(CLASSES)),
    "the notebook of the lectures": Engine(NOTEBOOK, "lecture"),
}

# (engine, what to replace, by what)
WRONG: dict[str, tuple[str, str, str]] = {
    "NumPy: tanh without its square": ("NumPy arrays without axes", "num(1) - y * y", "num(1) - y"),
    "NumPy: gradients added in place to one array": (
        "NumPy arrays without axes", "parent.grad = parent.grad + node.grad * local",
        "zero = parent.grad; zero += node.grad * local; Value.shared = zero; parent.grad = Value.shared; node.grad = zero",
    ),
    "float32: exp with the slope of x": ("NumPy float32", "(self,), (y,))", "(self,), (self.data,))"),
    "float32: a slope one in a thousand off": ("NumPy float32", "(other.data, self.data))", "(other.data, num(1.001) * self.data))"),
    "float32: tanh from a short series": ("NumPy float32", "y = tanh(self.data)", "y = self.data - self.data**3 / 3"),
    "float32: relu passes everything": ("NumPy float32", "num(self.data > 0),))", "num(1),))"),
    "float16: exp with the slope of x": ("NumPy float16", "(self,), (y,))", "(self,), (self.data,))"),
    "float16: tanh without its square": ("NumPy float16", "num(1) - y * y", "num(1) - y"),
    "float16: relu passes everything": ("NumPy float16", "num(self.data > 0),))", "num(1),))"),
    "float16: = for +=": ("NumPy float16", "parent.grad = parent.grad + node.grad * local", "parent.grad = node.grad * local"),
    "PyTorch: = for +=": (
        "PyTorch tensors", "parent.grad = parent.grad + node.grad * local", "parent.grad = node.grad * local"
    ),
    "PyTorch: pow without its factor": ("PyTorch tensors", "num(n) * num(self", "num(self"),
    "float16 in a gradient": (
        "NumPy float64", "parent.grad = parent.grad + node.grad * local",
        "parent.grad = np.float64(np.float16(parent.grad + node.grad * local))",
    ),
    "ints kept: division rounds down": ("ints kept", "return self * lift(other) ** -1", "return Value(self.data // lift(other).data, (self,), (1,))"),
    "ints kept: gradients cut to whole numbers": (
        "ints kept", "parent.grad = parent.grad + node.grad * local", "parent.grad = int(parent.grad + node.grad * local)"
    ),
    "Fractions: a limited denominator": (
        "Fractions", "node.grad * local", "(node.grad * local).limit_denominator(100)"
    ),
    "Decimals: three digits": ("Decimals", "num = exact = Decimal\n", "import decimal\ndecimal.getcontext().prec = 3\nnum = exact = Decimal\n"),
    "closures: the last loop variable": ("closures", "self.grad += g * b\n", "self.grad += g * a\n"),
    "closures: the first use wins": ("closures", "self.grad += g\n", "self.grad = self.grad or g\n"),
    "closures: not in topological order": ("closures", "if not uses[child]:", "if True:"),
    "closures: inner gradients stay": ("closures", "if not node._prev else 0.0", "if True else 0.0"),
    "recursion: only into the first operand": (
        "recursion", "zip(self.parents, self.local)", "zip(self.parents[:1], self.local)"
    ),
    "recursion: a node is visited once": ("recursion", "self.grad += g\n", "if self.grad: return\n        self.grad += g\n"),
    "a tape in the order of recording": ("a tape", "in reversed(TAPE)", "in TAPE"),
    "a tape that is walked once": ("a tape", "LEAVES[id(parent)] = parent\n", "LEAVES[id(parent)] = parent\n        TAPE.clear()\n"),
    "a tape that keeps only leaves": ("a tape", "if edges and g:", "if False:"),
    "an arena walked in the wrong direction": ("an arena of indices", "range(root, -1, -1)", "range(root + 1)"),
    "an arena that overwrites": ("an arena of indices", "GRAD[i] += cotangents[i]", "GRAD[i] = cotangents[i]"),
    "an arena: sub with two pluses": ("an arena of indices", "(rest[0], -1.0))", "(rest[0], 1.0))"),
    "slots: every graph starts anew": ("dataclasses with slots", "node.grad += cotangents[node]", "node.grad = cotangents[node]"),
    "slots: equal numbers are one node": (
        "dataclasses with slots", "(slots=True, eq=False)", "(slots=True, unsafe_hash=True)"
    ),
    "a dictionary by number": (
        "gradients in a dictionary", "gradients[parent] += gradients[node] * local",
        "gradients[parent] = gradients[node] * local",
    ),
    "a dictionary, oldest first": ("gradients in a dictionary", "-n.number", "n.number"),
    "made when needed: the first gradient stays": (
        "gradients made when needed", "node.grad = g if node.grad is None else node.grad + g",
        "node.grad = node.grad or g",
    ),
    "made when needed: oldest first": ("gradients made when needed", "-next(NUMBERS)", "next(NUMBERS)"),
    "properties: cos with the slope of sin": ("properties that cannot be set", "-g * math.sin(a)", "g * math.cos(a)"),
    "properties: zero_grad does nothing": ("properties that cannot be set", "def zero_grad(self): self._grad = 0.0", "def zero_grad(self): pass"),
    "forward mode: one way only": ("forward mode", "self.slopes.get(node, 0.0) + local * slope", "local * slope"),
    "functions: add gives a number": ("functions of a module", "return add(self, lift(other))", "return self.val + lift(other).val"),
    "functions: nothing to call": ("functions of a module", "def backward(y)", "def run_backward(y)"),
    "classes: the rule of a product for a sum": ("a class for each operation", "return [g, g]", "return [g * self.numbers[1], g * self.numbers[0]]"),
    "the notebook: = for +=": ("the notebook of the lectures", "self.grad += 1.0 * out.grad", "self.grad = 1.0 * out.grad"),
    "the notebook: no product by a number on the left": ("the notebook of the lectures", "def __rmul__", "def rmul"),
}  # fmt: skip


def wrong(name: str) -> Engine:
    """Return a right engine with the bug of that name."""
    make, old, new = WRONG[name]
    engine = ENGINES[make]
    assert old in engine.text, f"nothing to change for {name!r}"
    return engine._replace(text=engine.text.replace(old, new))
