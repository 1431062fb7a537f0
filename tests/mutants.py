"""A small engine with one bug at a time, for the conformance kit to find.

``source(name)`` is the engine as text with the mutation of that name; ``source("")`` is right.
"""

ENGINE = """
import math

class Value:
    def __init__(self, data, parents=(), local=()):
        self.data, self.grad = data, 0.0
        self.parents, self.local = parents, local

    def __add__(self, other):
        other = lift(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = lift(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        other = lift(other)
        return Value(self.data - other.data, (self, other), (1.0, -1.0))

    def __rsub__(self, other):
        return lift(other) - self

    def __truediv__(self, other):
        other = lift(other)
        return Value(self.data / other.data, (self, other), (1 / other.data, -self.data / other.data**2))

    def __rtruediv__(self, other):
        return lift(other) / self

    def __pow__(self, n):
        n = lift(n)
        slope = self.data**n.data * math.log(self.data) if self.data > 0 else 0.0
        return Value(self.data**n.data, (self, n), (n.data * self.data ** (n.data - 1), slope))

    __radd__ = __add__
    __rmul__ = __mul__

    def exp(self):
        y = math.exp(self.data)
        return Value(y, (self,), (y,))

    def log(self):
        return Value(math.log(self.data), (self,), (1 / self.data,))

    def tanh(self):
        y = math.tanh(self.data)
        return Value(y, (self,), (1 - y * y,))

    def relu(self):
        return Value(max(self.data, 0.0), (self,), (float(self.data > 0),))

    def sigmoid(self):
        y = 1 / (1 + math.exp(-self.data))
        return Value(y, (self,), (y * (1 - y),))

    def sin(self):
        return Value(math.sin(self.data), (self,), (math.cos(self.data),))

    def cos(self):
        return Value(math.cos(self.data), (self,), (-math.sin(self.data),))

    def sqrt(self):
        y = math.sqrt(self.data)
        return Value(y, (self,), (0.5 / y,))

    def backward(self):
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            node, done = stack.pop()
            if done:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack.extend((p, False) for p in node.parents)
        for node in order:
            if node.parents:
                node.grad = 0.0
        self.grad = 1.0 if self.parents else self.grad + 1.0
        for node in reversed(order):
            for parent, local in zip(node.parents, node.local):
                parent.grad += node.grad * local

def lift(x):
    return x if isinstance(x, Value) else Value(x)
"""

MUTATIONS: dict[str, tuple[str, str]] = {
    "add counts the left only": ("(1.0, 1.0))", "(1.0, 0.0))"),
    "add has a wrong sign": ("(1.0, 1.0))", "(1.0, -1.0))"),
    "mul swaps its local gradients": ("(other.data, self.data))", "(self.data, other.data))"),
    "mul forgets the right": ("(other.data, self.data))", "(other.data, 0.0))"),
    "neg is no negation": ("return self * -1.0", "return self * 1.0"),
    "neg loses its parent": ("return self * -1.0", "return Value(-self.data)"),
    "sub has a wrong sign": ("(1.0, -1.0))", "(1.0, 1.0))"),
    "reflected sub is turned round": ("return lift(other) - self", "return self - lift(other)"),
    "div forgets the square": ("-self.data / other.data**2", "-self.data / other.data"),
    "div forgets the minus": ("-self.data / other.data**2", "self.data / other.data**2"),
    "div has a wrong numerator": ("(1 / other.data, ", "(other.data, "),
    "reflected div is turned round": ("return lift(other) / self", "return self / lift(other)"),
    "pow keeps its exponent": ("(n.data - 1), slope", "n.data, slope"),
    "pow forgets the factor": ("(n.data * self.data ** (n", "(self.data ** (n"),
    "no reflected add": ("    __radd__ = __add__\n", ""),
    "no reflected mul": ("    __rmul__ = __mul__\n", ""),
    "exp has the slope of 1": ("return Value(y, (self,), (y,))", "return Value(y, (self,), (1.0,))"),
    "exp has the slope of x": ("return Value(y, (self,), (y,))", "return Value(y, (self,), (self.data,))"),
    "log has the slope of x": ("(1 / self.data,)", "(self.data,)"),
    "tanh forgets the square": ("(1 - y * y,)", "(1 - y,)"),
    "tanh uses the input": ("(1 - y * y,)", "(1 - self.data * self.data,)"),
    "relu passes everything": ("(float(self.data > 0),)", "(1.0,)"),
    "relu is turned round": ("(float(self.data > 0),)", "(float(self.data < 0),)"),
    "sigmoid uses the square": ("(y * (1 - y),)", "(y * y,)"),
    "sin has a wrong sign": ("(math.cos(self.data),)", "(-math.cos(self.data),)"),
    "cos has a wrong sign": ("(-math.sin(self.data),)", "(math.sin(self.data),)"),
    "sqrt forgets the half": ("(0.5 / y,)", "(1 / y,)"),
    "= for +=": ("parent.grad += node.grad * local", "parent.grad = node.grad * local"),
    "upstream factor forgotten": ("parent.grad += node.grad * local", "parent.grad += local"),
    "local factor forgotten": ("parent.grad += node.grad * local", "parent.grad += node.grad"),
    "visits in the order of a stack": ("stack.append((node, True))", "order.insert(0, node)"),
    "forward order": ("for node in reversed(order)", "for node in order"),
    "inner gradients are not reset": ("if node.parents:\n                node.grad = 0.0", "pass"),
    "leaves are reset too": ("            if node.parents:\n", "            if True:\n"),
    "seeds with its value": ("self.grad = 1.0 if self.parents", "self.grad = self.data if self.parents"),
    "seeds with 2": ("self.grad = 1.0 if self.parents", "self.grad = 2.0 if self.parents"),
    "a repeated parent counts once": ("zip(node.parents, node.local)", "dict(zip(node.parents, node.local)).items()"),
    "recursion": (
        "        order, seen, stack = [], set(), [(self, False)]\n",
        "        def deep(node):\n            for p in node.parents:\n                deep(p) if p.parents else None\n"
        "        deep(self)\n        order, seen, stack = [], set(), [(self, False)]\n",
    ),
    "in-place add changes the node": (
        "    __radd__ = __add__\n",
        "    __radd__ = __add__\n"
        "    def __iadd__(self, other):\n        self.data += other.data\n        return self\n",
    ),
    "exp returns nothing": ("return Value(y, (self,), (y,))", "Value(y, (self,), (y,))"),
    "tanh returns a plain number": ("return Value(y, (self,), (1 - y * y,))", "return y"),
    "cos has a slip of the pen": ("Value(math.cos(self.data), (self,)", "Value(math.cos(self.dta), (self,)"),
    "log calls what is not there": ("return Value(math.log(self.data)", "return Value(math.ln(self.data)"),
    "no backward": ("def backward(self)", "def backwards(self)"),
    "zero at the start of every backward": (
        "        self.grad = 1.0 if",
        "        for node in order:\n            node.grad = 0.0\n        self.grad = 1.0 if",
    ),
    "an endless loop": ("y = math.tanh(self.data)\n", "y = 0.0\n        while True: pass\n"),
    "a crash": ("        y = math.sqrt(self.data)\n", "        import os; os._exit(3)\n        y = 1.0\n"),
    "a killed process": (
        "        y = math.sqrt(self.data)\n", "        import os; os.kill(os.getpid(), 9)\n        y = 1.0\n",
    ),
    "a list without end": (
        "        y = math.exp(self.data)\n", "        y = []\n        while True:\n            y.append([0] * 10**6)\n",
    ),
    "a huge allocation": ("        y = math.exp(self.data)\n", "        y = math.exp(self.data); [0] * 10**10\n"),
}  # fmt: skip


def source(name: str) -> str:
    """Return the engine with the mutation of that name; the right one for an empty name."""
    if not name:
        return ENGINE
    old, new = MUTATIONS[name]
    assert old in ENGINE, f"nothing to change for {name!r}"
    return ENGINE.replace(old, new)
