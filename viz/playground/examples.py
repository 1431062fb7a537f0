"""What one can start from: formulas with their values, and programs, by the keys of their names in ``words``."""

FORMULAS = {
    "neuron": ("tanh(w*x + b)", {"w": "0.5", "x": "2", "b": "-0.5"}),
    "fan-out": ("u = c*x\nv = d*x\nw = v**2\nz = u + w", {"c": "3", "x": "2", "d": "-1"}),
    "softmax": (
        "s = exp(a) + exp(b) + exp(c)\np = exp(a)/s\nloss = -log(p)",
        {"a": "2", "b": "1", "c": "-1"},
    ),
    "lstm": (
        "f = sigmoid(wf*x + uf*h)\ni = sigmoid(wi*x + ui*h)\no = sigmoid(wo*x + uo*h)\n"
        "g = tanh(wg*x + ug*h)\nc1 = f*c + i*g\nh1 = o*tanh(c1)",
        {"x": "1", "h": "0.5", "c": "0.2", "wf": "0.5", "uf": "1", "wi": "-0.5", "ui": "0.5", "wo": "1", "uo": "-1",
         "wg": "1.5", "ug": "0.5"},
    ),
    "network": (
        "h1 = tanh(a*x + b)\nh2 = tanh(c*x + d)\ny = v*h1 + w*h2\nloss = (y - t)**2",
        {"a": "1", "x": "0.5", "b": "0", "c": "-2", "d": "0.5", "v": "1", "w": "-1", "t": "1"},
    ),
}  # fmt: skip

PROGRAMS = {
    "neuron": """\
from autograd_lite import Value
from viz import draw

w, x, b = Value(0.5, "w"), Value(2.0, "x"), Value(-0.5, "b")
y = (w * x + b).tanh()
y.backward()
print(y.data, w.grad, x.grad, b.grad)
draw(y)
""",
    "softmax": """\
from autograd_lite import Value, exp, log
from viz import draw

scores = [Value(2.0, "a"), Value(1.0, "b"), Value(-1.0, "c")]
total = sum(exp(s) for s in scores)
p = [exp(s) / total for s in scores]
loss = -log(p[0])
loss.backward()

for s, share in zip(scores, p):
    print(f"{s.label}: p = {share.data:.4f}, slope of the loss = {s.grad:+.4f}")
draw(loss)
""",
    "lstm": """\
import random

import nn
from autograd_lite import Value
from viz import draw

cell = nn.LSTMCell(1, 1, rng=random.Random(0))
h, c = cell.start()
for x in (1.0, -0.5, 0.25):
    h, c = cell([Value(x)], (h, c))
h[0].backward()
print(h[0].data)
for name, p in cell.named_parameters():
    print(f"{name:12} {p.data:+.4f}   {p.grad:+.4f}")
draw(h[0])
""",
    "network": """\
import random

import nn
from viz import draw_curves

rng = random.Random(0)
model = nn.MLP(2, [6, 1], activation="tanh", rng=rng)
points = nn.data.moons(40, rng=rng)
history = nn.fit(model, points, loss="binary_cross_entropy", epochs=30,
                 optimiser=nn.Adam(model.parameters(), lr=0.1), rng=rng)
print(f"accuracy {history.accuracy[-1]:.0%}")
draw_curves({"loss": list(enumerate(history.loss))}, x="epoch")
""",
    "derivatives": """\
from autograd_lite import grad, hessian

f = lambda x: x**3
print(f(2.0), grad(f)(2.0), grad(grad(f))(2.0))
hessian(lambda x, y: x * x * y)(1.0, 2.0)
""",
}
