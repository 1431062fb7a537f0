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
# **Builds on:** lesson 5.
#
# Softmax turns scores into probabilities, cross-entropy asks how surprised they are by the truth:
#
# $$p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}, \qquad L = -\sum_i y_i \log p_i .$$
#
# With numbers: the scores 1, −½ and 2 become $e^1 = 2.72$, $e^{-0.5} = 0.61$ and $e^2 = 7.39$, together 10.71, so the probabilities
# are 0.25, 0.06 and 0.69. If the third class is true, $L = -\log 0.69 = 0.37$. Raise its score by 0.01 and $L$ falls by 0.0031: that
# is $(0.69 - 1) \cdot 0.01$. Raise the first by 0.01 and $L$ grows by 0.0025: $0.25 \cdot 0.01$. Why it is as simple as that is the rest
# of this lesson.
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

surprise = lambda *z: -math.log(softmax(list(z))[2])
moves = surprise(1.0, -0.5, 2.01) - surprise(*z), surprise(1.01, -0.5, 2.0) - surprise(*z)
print(f"L = {surprise(*z):.2f}; the third score + 0.01 moves it by {moves[0]:+.4f}, the first by {moves[1]:+.4f}")
assert [round(move, 4) for move in moves] == [-0.0031, 0.0025]

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
# A typical slip is to divide by $N$ again in $dW_2$. The check above would fail by the factor $N$; without it nobody may notice,
# since a larger learning rate hides it:

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

# %% [markdown]
# ## What was shown
#
# - $\partial p_i/\partial z_k$ is $p_i(1 - p_i)$ for $k = i$ and $-p_i p_k$ otherwise; summed over all $i$, all fractions cancel, and $p - y$ is left.
# - $\log \sum e^{z}$ with the maximum taken out is exact where the plain formula gives inf or nan.
# - In a network $p - y$ is where the backward pass starts. The $1/N$ of a mean is placed once.
#
# ## Exercises
#
# **Exercise 1.** The probabilities are 0.2, 0.5 and 0.3, and the second class is true. What are the three gradients of $L$? Answer
# with a tuple.

# %%
from viz import Exercise

check_1 = Exercise(
    (0.2, 0.5 - 1, 0.3),
    because="$p - y$ with $y = (0, 1, 0)$. They sum to 0: adding the same to all scores changes nothing.",
    slips={
        "that is truth minus prediction; it would make the loss grow": (-0.2, 0.5, -0.3),
        "the other scores count too: raising them takes probability from the true class": (0, -0.5, 0),
        "that is the gradient with respect to $p$, before softmax": (0, -2, 0),
        "that is $p$ itself; the truth has to be taken off": (0.2, 0.5, 0.3),
    },
)

# %% [markdown]
# **Exercise 2.** The same probabilities. What is $\partial p_1/\partial z_2$?

# %%
check_2 = Exercise(
    -0.2 * 0.5,
    because="$z_2$ stands below the bar only: $-p_1 p_2$.",
    slips={
        "a larger score of another class takes probability away, so it is negative": 0.2 * 0.5,
        "that is the case of the same index": 0.2 * (1 - 0.2),
        "that is the case of the same index, for class 2": 0.5 * (1 - 0.5),
    },
)

# %% [markdown]
# **Exercise 3.** All ten classes get the same score, 1000. What is $L$, with natural logarithms?

# %%
check_3 = Exercise(
    cross_entropy([1000.0] * 10, 3),
    because=r"Every class has the probability $\frac1{10}$, whatever the common score: $L = \log 10$.",
    slips={
        "with equal scores nothing is certain: the probability is a tenth, not 1": 0.0,
        "that is the score; the logarithm of the sum is taken off it": 1000.0,
        "that is the probability; the loss is minus its logarithm": 0.1,
        "that is the logarithm to base 10": 1.0,
    },
)
