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
# # 9. L2 regularisation
#
# **Question:** how does a penalty on large weights enter the cost of a network with L layers, and what does it do at each step?
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


(data_cost(model) + lam / (2 * m) * l2_penalty(model)).backward()
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
# the gradient.
#
# ## What it does
#
# The same training with growing λ: smaller weights, a smoother function.

# %%
from nn import Adam, fit
from nn.data import moons

data = moons(40, noise=0.2, rng=random.Random(1))
norms = []
for l2 in (0.0, 0.003, 0.03):
    rng = random.Random(0)
    model = MLP(2, [8, 1], rng=rng)
    fit(
        model, data, loss="binary_cross_entropy", optimiser=Adam(model.parameters(), lr=0.05), epochs=40, l2=l2,
        rng=rng, progress=False,
    )  # fmt: skip
    norms.append(l2_penalty(model).data)
    print(f"λ = {l2:<6} Σ w² = {norms[-1]:.2f}")
assert norms[0] > norms[1] > norms[2]

# %% [markdown]
# **Exercise.** Where would the bias go if it were penalised too? Towards 0: the decision boundary would be pulled to the
# origin for no reason in the data.
