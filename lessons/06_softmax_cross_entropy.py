# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 6. Softmax and cross-entropy
#
# **Question:** why is the gradient of softmax with cross-entropy simply p − y?
#
# Softmax turns scores into probabilities, cross-entropy asks how surprised they are by the truth:
#
# $$p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}, \qquad L = -\sum_i y_i \log p_i .$$
#
# ## The two cases
#
# Each $p_i$ depends on *every* $z_k$, through the sum $S = \sum_j e^{z_j}$ below the bar. With the quotient rule:
#
# - $k = i$, where $z_i$ is above the bar and below it:
#   $\displaystyle \frac{\partial p_i}{\partial z_i} = \frac{e^{z_i} S - e^{z_i} e^{z_i}}{S^2} = p_i (1 - p_i)$,
# - $k \ne i$, where $z_k$ is below it only:
#   $\displaystyle \frac{\partial p_i}{\partial z_k} = \frac{0 - e^{z_i} e^{z_k}}{S^2} = - p_i\, p_k$.

# %%
import math
import random

from autograd_lite import Value, jacobian, log, softmax

z = [1.0, -0.5, 2.0]
p = softmax(z)
J = jacobian(lambda z: softmax(z))(z)  # J[i][k] = ∂p_i/∂z_k
for i in range(3):
    for k in range(3):
        expected = p[i] * (1 - p[i]) if i == k else -p[i] * p[k]
        assert abs(J[i][k] - expected) < 1e-12
print([[round(g, 4) for g in row] for row in J])

# %% [markdown]
# Now the chain rule, summing over all $i$ because $z_k$ feeds all of them:
#
# $$\frac{\partial L}{\partial z_k} = -\sum_i \frac{y_i}{p_i} \frac{\partial p_i}{\partial z_k}
# = -y_k (1 - p_k) + \sum_{i \ne k} y_i\, p_k = p_k \sum_i y_i - y_k = p_k - y_k ,$$
#
# because the $y_i$ are probabilities too and sum to 1. The fractions cancel. What remains is *prediction minus truth*.

# %%
y = [0.0, 0.0, 1.0]
zs = [Value(v, f"z{i}") for i, v in enumerate(z, start=1)]
loss = -sum(t * log(q) for t, q in zip(y, softmax(zs)))
loss.backward()
for zi, pi, yi in zip(zs, p, y):
    assert abs(zi.grad - (pi - yi)) < 1e-12
print([round(v.grad, 6) for v in zs])

# %% [markdown]
# Step by step, with the true class 3. Each exponential is used in the sum, the third one above the bar too: see its two
# contributions meet.

# %%
from viz import play

powers = []
for i, v in enumerate(z, start=1):
    powers.append(Value(v, f"z{i}").exp())
    powers[-1].label = f"e{i}"
S = powers[0] + powers[1] + powers[2]
S.label = "S"
p3 = powers[2] / S
p3.label = "p3"
loss = -log(p3)
loss.label = "L"
play(loss)

# %% [markdown]
# ## The stable form
#
# $e^{1000}$ overflows. Take the maximum out first; it cancels. And never form $\log p$ of a $p$ that rounds to 0:
#
# $$L = \log \sum_j e^{z_j} - z_{y}, \qquad \log \sum_j e^{z_j} = m + \log \sum_j e^{z_j - m}, \quad m = \max_j z_j .$$

# %%
from nn import cross_entropy

big = [Value(1000.0), Value(-1000.0)]
stable = cross_entropy(big, 1)
stable.backward()
print(stable.data, [v.grad for v in big])
assert stable.data == 2000.0 and [v.grad for v in big] == [1.0, -1.0]

naive = [Value(1000.0), Value(-1000.0)]
exps = [v.exp() for v in naive]
bad = -log(exps[1] / (exps[0] + exps[1]))
print("naive:", bad.data)
assert not math.isfinite(bad.data)

# %% [markdown]
# ## A whole network: sigmoid hidden layer, softmax output
#
# For $N$ samples in rows, $h = \sigma(X W_1 + b_1)$, $p = \mathrm{softmax}(h W_2 + b_2)$, and the loss is the
# *mean* over the samples. The formulas of lesson 5, written in rows, with $p - y$ from above as their start:
#
# $$dz_2 = \frac{p - y}{N}, \quad dW_2 = h^T dz_2, \quad db_2 = \sum_{\text{rows}} dz_2, \quad
# dz_1 = (dz_2 W_2^T) \odot h (1 - h), \quad dW_1 = X^T dz_1, \quad db_1 = \sum_{\text{rows}} dz_1 .$$
#
# The $1/N$ is placed **once**, in $dz_2$; everything after it inherits it.

# %%
from autograd_lite import mean_of
from nn import MLP

rng = random.Random(3)
N, inputs, hidden, classes = 4, 3, 5, 3
X = [[rng.uniform(-1, 1) for _ in range(inputs)] for _ in range(N)]
labels = [rng.randrange(classes) for _ in range(N)]
model = MLP(inputs, [hidden, classes], activation="sigmoid", rng=rng)
mean_of([cross_entropy(model(x), label) for x, label in zip(X, labels)]).backward()

first, second = model.layers
h = [[1 / (1 + math.exp(-sum(w.data * a for w, a in zip(n.w, x)) - n.b.data)) for n in first.neurons] for x in X]
P = [softmax([sum(w.data * a for w, a in zip(n.w, row)) + n.b.data for n in second.neurons]) for row in h]
dz2 = [[(q - (k == label)) / N for k, q in enumerate(row)] for row, label in zip(P, labels)]
dz1 = [
    [sum(dz[k] * second.neurons[k].w[j].data for k in range(classes)) * a * (1 - a) for j, a in enumerate(row)]
    for dz, row in zip(dz2, h)
]
for k, neuron in enumerate(second.neurons):
    assert abs(neuron.b.grad - sum(dz[k] for dz in dz2)) < 1e-12
    for j, w in enumerate(neuron.w):
        assert abs(w.grad - sum(row[j] * dz[k] for row, dz in zip(h, dz2))) < 1e-12
for j, neuron in enumerate(first.neurons):
    assert abs(neuron.b.grad - sum(dz[j] for dz in dz1)) < 1e-12
    for i, w in enumerate(neuron.w):
        assert abs(w.grad - sum(x[i] * dz[j] for x, dz in zip(X, dz1))) < 1e-12
print("gradW1, gradb1, gradW2, gradb2 agree")

# %% [markdown]
# *In PyTorch this is* `F.cross_entropy(logits, labels)`, *which takes logits for the same reason ours does.*
#
# **Exercise.** Divide by $N$ again in $dW_2$. The check above fails by a factor $N$, a typical bug that training hides behind
# a larger learning rate.

# %%
import copy


def loss_after(rate, divisor, steps=50):
    """Train a copy whose dW₂ is divided once more; return its loss."""
    net = copy.deepcopy(model)
    for _ in range(steps):
        loss = mean_of([cross_entropy(net(x), label) for x, label in zip(X, labels)])
        net.zero_grad()
        loss.backward()
        for neuron in net.layers[1].neurons:
            for w in neuron.w:
                w.grad /= divisor
        for p in net.parameters():
            p.data -= rate * p.grad
    return loss.data


sound, slip, larger = loss_after(0.5, 1), loss_after(0.5, N), loss_after(0.5 * N, N)
print(f"loss after 50 steps: sound {sound:.4f}, with the slip {slip:.4f}, at the larger rate {larger:.4f}")
assert larger < sound < slip
