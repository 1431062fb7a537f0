"""Training steps of four networks as the users of other libraries write them, and by hand in NumPy.

Every builder takes the start of the parameters and returns (step, parameters): ``step(x, y)`` makes one
step of gradient descent on a batch and returns the loss; ``parameters()`` returns them as one vector, in the order
of ``nn``: neuron by neuron, weights then bias.
"""

from itertools import pairwise

import numpy as np


def matrices(flat, sizes):
    """Yield the (weights, biases) of each layer of a multi-layer perceptron, weights as (outputs, inputs)."""
    start = 0
    for n, m in pairwise(sizes):
        layer = flat[start : start + m * (n + 1)].reshape(m, n + 1)
        yield layer[:, :-1], layer[:, -1]
        start += m * (n + 1)


def flattened(layers):
    """Return the vector from which ``matrices`` yields these layers."""
    return np.concatenate([np.column_stack([w, b]).ravel() for w, b in layers])


# ---------------------------------------------------------------- NumPy, as one writes it


def demo_numpy(start, sizes, lr, alpha):
    """The demo of micrograd: relu layers, mean hinge loss, and alpha times the sum of all squares."""
    (w1, b1), (w2, b2), (w3, b3) = [(w.T.copy(), b.copy()) for w, b in matrices(start, sizes)]

    def step(x, y):
        h1 = np.maximum(x @ w1 + b1, 0.0)
        h2 = np.maximum(h1 @ w2 + b2, 0.0)
        score = (h2 @ w3 + b3)[:, 0]
        margin = 1.0 - y * score
        loss = np.maximum(margin, 0.0).mean() + alpha * sum((p * p).sum() for p in (w1, b1, w2, b2, w3, b3))

        d3 = (np.where(margin > 0.0, -y, 0.0) / len(x))[:, None]
        d2 = (d3 @ w3.T) * (h2 > 0.0)
        d1 = (d2 @ w2.T) * (h1 > 0.0)
        for p, g in (
            (w3, h2.T @ d3), (b3, d3.sum(axis=0)),
            (w2, h1.T @ d2), (b2, d2.sum(axis=0)),
            (w1, x.T @ d1), (b1, d1.sum(axis=0)),
        ):  # fmt: skip
            p -= lr * (g + 2.0 * alpha * p)
        return loss

    return step, lambda: flattened([(w1.T, b1), (w2.T, b2), (w3.T, b3)])


def digits_numpy(start, sizes, lr):
    """One tanh layer, softmax and mean cross-entropy; ``y`` is one-hot."""
    (w1, b1), (w2, b2) = [(w.T.copy(), b.copy()) for w, b in matrices(start, sizes)]

    def step(x, y):
        h = np.tanh(x @ w1 + b1)
        z = h @ w2 + b2
        z -= z.max(axis=1, keepdims=True)
        e = np.exp(z)
        total = e.sum(axis=1, keepdims=True)
        loss = (np.log(total[:, 0]) - (y * z).sum(axis=1)).mean()

        d2 = (e / total - y) / len(x)
        d1 = (d2 @ w2.T) * (1.0 - h * h)
        for p, g in ((w2, h.T @ d2), (b2, d2.sum(axis=0)), (w1, x.T @ d1), (b1, d1.sum(axis=0))):
            p -= lr * g
        return loss

    return step, lambda: flattened([(w1.T, b1), (w2.T, b2)])


# ---------------------------------------------------------------- NumPy, tuned: one flat vector, nothing allocated


def demo_tuned(start, sizes, lr, alpha, samples):
    """The demo with samples along the columns, all buffers made once, and one update of the flat vector."""
    p, g = start.copy(), np.zeros_like(start)
    (w1, b1), (w2, b2), (w3, b3) = matrices(p, sizes)
    (g1, c1), (g2, c2), (g3, c3) = matrices(g, sizes)
    b1, b2, b3 = b1[:, None], b2[:, None], b3[:, None]
    h1, d1, on1 = np.zeros((16, samples)), np.zeros((16, samples)), np.zeros((16, samples), bool)
    h2, d2, on2 = np.zeros((16, samples)), np.zeros((16, samples)), np.zeros((16, samples), bool)
    margin, d3, on3 = np.zeros((1, samples)), np.zeros((1, samples)), np.zeros((1, samples), bool)
    scratch = np.zeros_like(start)

    def step(x, y, minus_y_per_sample):
        np.matmul(w1, x, out=h1)
        np.add(h1, b1, out=h1)
        np.maximum(h1, 0.0, out=h1)
        np.matmul(w2, h1, out=h2)
        np.add(h2, b2, out=h2)
        np.maximum(h2, 0.0, out=h2)
        np.matmul(w3, h2, out=margin)
        np.add(margin, b3, out=margin)
        np.multiply(margin, y, out=margin)
        np.subtract(1.0, margin, out=margin)
        np.maximum(margin, 0.0, out=margin)
        loss = margin.sum() / samples + alpha * p.dot(p)

        np.greater(margin, 0.0, out=on3)
        np.multiply(minus_y_per_sample, on3, out=d3)
        np.matmul(d3, h2.T, out=g3)
        np.add.reduce(d3, axis=1, out=c3)
        np.matmul(w3.T, d3, out=d2)
        np.greater(h2, 0.0, out=on2)
        np.multiply(d2, on2, out=d2)
        np.matmul(d2, h1.T, out=g2)
        np.add.reduce(d2, axis=1, out=c2)
        np.matmul(w2.T, d2, out=d1)
        np.greater(h1, 0.0, out=on1)
        np.multiply(d1, on1, out=d1)
        np.matmul(d1, x.T, out=g1)
        np.add.reduce(d1, axis=1, out=c1)

        np.multiply(g, lr, out=scratch)  # p ← (1 − 2·lr·alpha)·p − lr·g
        np.multiply(p, 1.0 - 2.0 * lr * alpha, out=p)
        np.subtract(p, scratch, out=p)
        return loss

    return step, lambda: p


def digits_tuned(start, sizes, lr, samples):
    """The digits with samples along the columns, all buffers made once, and one update of the flat vector."""
    _, hidden, classes = sizes
    p, g = start.copy(), np.zeros_like(start)
    (w1, b1), (w2, b2) = matrices(p, sizes)
    (g1, c1), (g2, c2) = matrices(g, sizes)
    b1, b2 = b1[:, None], b2[:, None]
    h, d1, slope = (np.zeros((hidden, samples)) for _ in range(3))
    z, e, given = (np.zeros((classes, samples)) for _ in range(3))
    top, total = np.zeros(samples), np.zeros(samples)
    scratch = np.zeros_like(start)

    def step(x, y):
        np.matmul(w1, x, out=h)
        np.add(h, b1, out=h)
        np.tanh(h, out=h)
        np.matmul(w2, h, out=z)
        np.add(z, b2, out=z)
        np.maximum.reduce(z, axis=0, out=top)
        np.subtract(z, top, out=z)
        np.exp(z, out=e)
        np.add.reduce(e, axis=0, out=total)
        np.multiply(y, z, out=given)
        loss = (np.log(total).sum() - given.sum()) / samples

        np.divide(e, total, out=e)
        np.subtract(e, y, out=e)
        np.multiply(e, 1.0 / samples, out=e)
        np.matmul(e, h.T, out=g2)
        np.add.reduce(e, axis=1, out=c2)
        np.matmul(w2.T, e, out=d1)
        np.multiply(h, h, out=slope)
        np.subtract(1.0, slope, out=slope)
        np.multiply(d1, slope, out=d1)
        np.matmul(d1, x.T, out=g1)
        np.add.reduce(d1, axis=1, out=c1)

        np.multiply(g, lr, out=scratch)
        np.subtract(p, scratch, out=p)
        return loss

    return step, lambda: p


# ---------------------------------------------------------------- PyTorch, eager


def trained_by_torch(net, loss_of, lr, parameters):
    """The loop of PyTorch's own tutorials."""
    import torch

    torch.set_num_threads(1)
    optimiser = torch.optim.SGD(net.parameters(), lr=lr)

    def step(x, y):
        optimiser.zero_grad()
        loss = loss_of(net(x), y)
        loss.backward()
        optimiser.step()
        return loss.item()

    return step, parameters


def linear_layers(net, start, sizes):
    """Fill the Linear layers of a Sequential from ``start`` and return a function that reads them back."""
    import torch

    layers = [layer for layer in net if isinstance(layer, torch.nn.Linear)]
    with torch.no_grad():
        for layer, (w, b) in zip(layers, matrices(start, sizes)):
            layer.weight.copy_(torch.tensor(w))
            layer.bias.copy_(torch.tensor(b))
    return lambda: flattened([(layer.weight.detach().numpy(), layer.bias.detach().numpy()) for layer in layers])


def demo_torch(start, sizes, lr, alpha):
    from torch import nn

    a, b, c, d = sizes
    net = nn.Sequential(nn.Linear(a, b), nn.ReLU(), nn.Linear(b, c), nn.ReLU(), nn.Linear(c, d)).double()

    def loss_of(scores, y):
        return (1.0 - y * scores[:, 0]).relu().mean() + alpha * sum((p * p).sum() for p in net.parameters())

    return trained_by_torch(net, loss_of, lr, linear_layers(net, start, sizes))


def digits_torch(start, sizes, lr):
    from torch import nn

    a, b, c = sizes
    net = nn.Sequential(nn.Linear(a, b), nn.Tanh(), nn.Linear(b, c)).double()
    return trained_by_torch(net, nn.functional.cross_entropy, lr, linear_layers(net, start, sizes))


def cnn_torch(start, lr):
    """conv 3×3 (4 channels), relu, max pooling 2×2, dense 36 → 10, cross-entropy on classes."""
    import torch
    from torch import nn

    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 10)).double()
    conv = net[0]
    with torch.no_grad():
        conv.weight.copy_(torch.tensor(start[:36].reshape(4, 1, 3, 3)))
        conv.bias.copy_(torch.tensor(start[36:40]))
    dense = linear_layers(net, start[40:], (36, 10))

    def parameters():
        return np.concatenate([conv.weight.detach().numpy().ravel(), conv.bias.detach().numpy(), dense()])

    return trained_by_torch(net, nn.functional.cross_entropy, lr, parameters)


def lstm_torch(start, inputs, hidden, lr):
    """The last output of an LSTM read by one linear neuron, squared error; ``nn.LSTM`` runs all steps in one call."""
    import torch
    from torch import nn

    class Adder(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = nn.LSTM(inputs, hidden, batch_first=True)
            self.readout = nn.Linear(hidden, 1)
            self.lstm.bias_hh_l0.requires_grad_(False).zero_()  # PyTorch keeps two biases; one is enough

        def forward(self, x):
            return self.readout(self.lstm(x)[0][:, -1])[:, 0]

    net = Adder().double()
    cut = 4 * hidden * (inputs + hidden + 1)
    blocks = {"input": 0, "forget": 1, "candidate": 2, "output": 3}  # the order of the rows in PyTorch …
    rows = [
        slice(hidden * blocks[name], hidden * (blocks[name] + 1)) for name in ("input", "forget", "output", "candidate")
    ]
    gates = start[:cut].reshape(4, hidden, inputs + hidden + 1)  # … and that of nn.LSTMCell
    with torch.no_grad():
        for block, gate in zip(rows, torch.tensor(gates)):
            net.lstm.weight_ih_l0[block] = gate[:, :inputs]
            net.lstm.weight_hh_l0[block] = gate[:, inputs:-1]
            net.lstm.bias_ih_l0[block] = gate[:, -1]
    readout = linear_layers([net.readout], start[cut:], (hidden, 1))

    def parameters():
        w, u, b = (p.detach().numpy() for p in (net.lstm.weight_ih_l0, net.lstm.weight_hh_l0, net.lstm.bias_ih_l0))
        return np.concatenate([*(np.column_stack([w[r], u[r], b[r]]).ravel() for r in rows), readout()])

    return trained_by_torch(net, nn.functional.mse_loss, lr, parameters)


# ---------------------------------------------------------------- JAX, scikit-learn, micrograd


def demo_jax(start, sizes, lr, alpha):
    """The demo under ``jax.jit``: loss, gradient and update in one compiled function."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_cpu_enable_async_dispatch", False)  # half the time of a step this small
    layers = [(jnp.array(w.T), jnp.array(b)) for w, b in matrices(start, sizes)]

    def loss_of(layers, x, y):
        (w1, b1), (w2, b2), (w3, b3) = layers
        h = jax.nn.relu(x @ w1 + b1)
        h = jax.nn.relu(h @ w2 + b2)
        score = (h @ w3 + b3)[:, 0]
        return jax.nn.relu(1.0 - y * score).mean() + alpha * sum((p * p).sum() for layer in layers for p in layer)

    @jax.jit
    def update(layers, x, y):
        loss, gradient = jax.value_and_grad(loss_of)(layers, x, y)
        return loss, jax.tree.map(lambda p, g: p - lr * g, layers, gradient)

    def step(x, y):
        nonlocal layers
        loss, layers = update(layers, x, y)
        return float(loss)

    return step, lambda: flattened([(np.asarray(w).T, np.asarray(b)) for w, b in layers])


def digits_sklearn(start, sizes, lr, batch_size, x, y):
    """An epoch of ``MLPClassifier`` with plain gradient descent and no penalty, samples in order."""
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(
        sizes[1:-1], activation="tanh", solver="sgd", momentum=0.0, alpha=0.0, learning_rate_init=lr,
        batch_size=batch_size, shuffle=False,
    )  # fmt: skip
    model.partial_fit(x, y, classes=np.arange(sizes[-1]))  # makes the arrays, which then get our start
    for own_w, own_b, (w, b) in zip(model.coefs_, model.intercepts_, matrices(start, sizes)):
        own_w[:], own_b[:] = w.T, b

    def step(x, y):
        return model.partial_fit(x, y).loss_

    return step, lambda: flattened([(w.T, b) for w, b in zip(model.coefs_, model.intercepts_)])


def demo_micrograd(start, lr, alpha):
    """The cell of micrograd's demo notebook, all samples at every step."""
    from micrograd.engine import Value
    from micrograd.nn import MLP

    model = MLP(2, [16, 16, 1])
    for p, number in zip(model.parameters(), start, strict=True):
        p.data = float(number)

    def step(x, y):
        inputs = [list(map(Value, row)) for row in x]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * score).relu() for yi, score in zip(y, scores)]
        loss = sum(losses) * (1.0 / len(losses)) + alpha * sum(p * p for p in model.parameters())
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= lr * p.grad
        return loss.data

    return step, lambda: np.array([p.data for p in model.parameters()])
