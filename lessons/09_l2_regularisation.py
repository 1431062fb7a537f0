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
# # 9. L2 regularisation, and the cost of a deep network
#
# **Question:** how does a penalty on large weights enter the cost of a network with L layers, and what does it do at each step?
#
# **Builds on:** lesson 7, lesson 8.
#
# One weight first: it is 2, no case pulls at it, and the penalty is $0.05\, w^2$. Its slope is $0.1 \cdot 2 = 0.2$, so a step with
# $\eta = 0.5$ takes 0.1 off, the next one 0.095, and so on: every step leaves 95 % of the weight. What the cases do not ask for
# fades.
#
# For a network with layers of $s_1, s_2, \dots, s_L$ units, $K = s_L$ outputs and $m$ samples:
#
# $$J = -\frac1m \sum_{i=1}^{m} \sum_{k=1}^{K} \Big[ y^{(i)}_k \log \hat y^{(i)}_k + (1 - y^{(i)}_k) \log(1 - \hat y^{(i)}_k) \Big]
# + \frac{\lambda}{2m} \sum_{l=1}^{L-1} \sum_{i=1}^{s_l} \sum_{j=1}^{s_{l+1}} \big( \Theta^{(l)}_{ji} \big)^2 .$$
#
# The penalty runs over the weights between layers and leaves the biases out: they shift a neuron, they do not make it steep.

# %%
import random

from autograd_lite import mean_of
from nn import MLP, SGD, binary_cross_entropy, l2_penalty

rng = random.Random(5)
sizes = [3, 4, 4, 2]  # s₁ … s_L
m, lam = 6, 0.7
X = [[rng.uniform(-1, 1) for _ in range(3)] for _ in range(m)]
Y = [[float(rng.random() < 0.5) for _ in range(2)] for _ in range(m)]
model = MLP(3, sizes[1:], activation="sigmoid", rng=rng)


def data_cost(model):
    return mean_of([binary_cross_entropy(model(x), y) for x, y in zip(X, Y)])


cost = data_cost(model) + lam / (2 * m) * l2_penalty(model)

# %% [markdown]
# The same $J$ with nothing but floats, the sums as they stand in the formula:

# %%
import math

theta = [[[w.data for w in neuron.w] for neuron in layer.neurons] for layer in model.layers]  # theta[l][j][i]
bias = [[neuron.b.data for neuron in layer.neurons] for layer in model.layers]


def predict(x):
    for W, b in zip(theta, bias):
        x = [1 / (1 + math.exp(-sum(w * a for w, a in zip(row, x)) - bj)) for row, bj in zip(W, b)]
    return x


J = 0.0
for x, y in zip(X, Y):
    for yk, pk in zip(y, predict(x)):
        J -= (yk * math.log(pk) + (1 - yk) * math.log(1 - pk)) / m
for W in theta:  # L − 1 matrices
    for row in W:  # s_{l+1} rows
        for w in row:  # s_l columns
            J += lam / (2 * m) * w * w
print(f"J by hand {J:.15f}, by engine {cost.data:.15f}")
assert abs(J - cost.data) < 1e-12

# %%
cost.backward()
with_penalty = {name: p.grad for name, p in model.named_parameters()}
model.zero_grad()
data_cost(model).backward()

# %% [markdown]
# ## Its gradient
#
# $\dfrac{\partial}{\partial \Theta} \dfrac{\lambda}{2m} \Theta^2 = \dfrac{\lambda}{m} \Theta$ for weights, 0 for biases.

# %%
penalised = 0
for name, p in model.named_parameters():
    extra = 0.0 if name.endswith(".b") else lam / m * p.data
    assert abs(with_penalty[name] - (p.grad + extra)) < 1e-12
    penalised += not name.endswith(".b")
print(f"{penalised} weights are penalised, {len(with_penalty) - penalised} biases are not")
assert penalised == sum(a * b for a, b in zip(sizes[:-1], sizes[1:]))

# %% [markdown]
# ## Weight decay
#
# One step of gradient descent with the penalty is
#
# $$\Theta \leftarrow \Theta - \eta \Big( g + \frac{\lambda}{m} \Theta \Big) = \Big(1 - \frac{\eta\lambda}{m}\Big)\Theta - \eta g :$$
#
# every weight first *decays* by a constant factor. That is the `weight_decay` of optimisers (which decays what they are given).

# %%
from nn.losses import weights

eta = 0.5
before = [w.data for w in weights(model)]
SGD(weights(model), lr=eta, weight_decay=lam / m).step()
for w, old in zip(weights(model), before):
    assert abs(w.data - ((1 - eta * lam / m) * old - eta * w.grad)) < 1e-12

# %% [markdown]
# For Adam the two are *not* the same: the penalty's gradient would be rescaled like any other. `AdamW` keeps the decay beside
# the gradient. One step at a weight of 2 with no other gradient: the decay takes $\eta\lambda \cdot 2$, the rescaled penalty
# $\eta$, whatever $\lambda$ is.

# %%
from autograd_lite import Value
from nn import Adam, AdamW

for decay in (0.01, 0.1):
    as_penalty, beside = Value(2.0), Value(2.0)
    as_penalty.grad = decay * as_penalty.data
    Adam([as_penalty], lr=0.1).step()
    AdamW([beside], lr=0.1, weight_decay=decay).step()
    print(f"decay {decay}: Adam with the penalty {as_penalty.data:.4f}, AdamW {beside.data:.4f}")
    assert abs(as_penalty.data - 1.9) < 1e-4 and abs(beside.data - (2 - 0.1 * decay * 2)) < 1e-12

# %% [markdown]
# ## What it does
#
# The same training with growing λ: smaller weights, a smoother function. (`compiled="numpy"` records the network once, which makes
# the same numbers sooner.)

# %%
from nn import fit
from nn.data import moons

data = moons(30, noise=0.1, rng=random.Random(1))
norms, fields = [], []
across = [-1.5 + 0.2 * i for i in range(21)]
up = [1.5 - 0.2 * i for i in range(13)]
for l2 in (0.0, 0.003, 0.03):
    rng = random.Random(0)
    model = MLP(2, [8, 1], rng=rng)
    adam = Adam(model.parameters(), lr=0.1)
    fit(
        model,
        data,
        loss="binary_cross_entropy",
        optimiser=adam,
        epochs=100,
        l2=l2,
        rng=rng,
        compiled="numpy",
        progress=False,
    )
    norms.append(l2_penalty(model).data)
    print(f"l2 = {l2:<6} Σ w² = {norms[-1]:.2f}")
    fields.append([[math.tanh(model([a, b]).data / 2) for a in across] for b in up])
assert norms[0] > norms[1] > norms[2]

# %% [markdown]
# ($l2$ of `fit` stands for all of $\lambda/2m$.) The answers over the plane, $2p - 1$: orange is one moon, blue the other. The
# stronger the penalty, the paler: less sure. It is also far less bent, as soon as there is a penalty at all.

# %%
sure = [sum(abs(v) for row in field for v in row) for field in fields]
bent = [sum(abs(a - 2 * b + c) for row in field for a, b, c in zip(row, row[1:], row[2:])) for field in fields]
print("sum of |2p − 1|:", *(round(v) for v in sure), "  of its second differences:", *(round(v, 1) for v in bent))
assert sure == sorted(sure, reverse=True) and max(bent[1:]) < 0.3 * bent[0]
from viz import draw_images

draw_images({"l2 = 0, 0.003, 0.03": fields}, pixel=8, title="Two moons under a growing penalty")

# %% [markdown]
# A bias that is penalised too goes towards 0: for a line $z = wx + b$ with the data far from the origin, the boundary $x = -b/w$
# would be pulled towards it for no reason in the data.
#
# ## What was shown
#
# - The cost of a deep network is the mean log-loss plus $\lambda/2m$ times the sum of all squared weights; biases stay out.
# - The penalty adds $\frac{\lambda}{m}\Theta$ to the gradient: every step multiplies the weight by $1 - \eta\lambda/m$ first.
# - For Adam, penalty and decay are not the same; AdamW keeps the decay beside the gradient.
# - On two moons a larger $\lambda$ gives smaller weights, paler answers and less bend.
#
# ## Exercises
#
# **Exercise 1.** A network with 3 inputs, 4 hidden units and 2 outputs. How many of its parameters are penalised?

# %%
from viz import Exercise

check_1 = Exercise(
    len(weights(MLP(3, [4, 2], rng=rng))),
    because=r"$4 \cdot 3 + 2 \cdot 4$ weights; the $4 + 2$ biases are not.",
    slips={
        "the six biases are left out": 26,
        "that is the number of biases": 6,
        "the weights of the second layer are penalised too": 12,
    },
)

# %% [markdown]
# **Exercise 2.** $\eta = 0.5$, $\lambda = 2$, $m = 10$, a weight of 3 and no other gradient. What is the weight after one step?

# %%
lone = Value(3.0)
(2 / (2 * 10) * lone**2).backward()
SGD([lone], lr=0.5).step()
check_2 = Exercise(
    lone.data,
    because=r"The factor is $1 - \eta\lambda/m = 0.9$.",
    slips={
        r"the penalty is divided by $m$": 0.0,
        "the square brings a 2 that cancels the one below the bar": 2.85,
        "the step goes against the gradient: the weight shrinks": 3.3,
        "the decay is a part of the weight, not a fixed amount": 2.9,
    },
)

# %% [markdown]
# **Exercise 3.** Every step leaves 95 % of a weight. After how many steps is less than half of it left?

# %%
check_3 = Exercise(
    next(n for n in range(100) if 0.95**n < 0.5),
    because="$0.95^{14} = 0.488$.",
    slips={
        "after 13 steps it is still 0.513": 13,
        "each step takes 5 % of what is left, not of the start": 10,
        "it never becomes negative, but it does become small": math.inf,
    },
)
