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
# # 15. Classification with backpropagation
#
# **Question:** which decisions does one make, from the topology to the stopping rule, to classify with backpropagation?
#
# The recipe of the data-mining textbooks:
#
# 1. **Topology:** one input per attribute (scaled to [0, 1]), one or two hidden layers, one output per class.
# 2. **Initialise** the weights with small random numbers.
# 3. For each sample: propagate forward, compute the error, propagate it back, **update**.
# 4. Repeat until a **stopping rule** holds.
#
# Two ways to update: *case updating* after every sample, *epoch updating* once after all of them, with the sum of their
# gradients.

# %%
import copy
import random

from nn import MLP, SGD, accuracy, confusion_matrix, cross_entropy
from nn.data import digits, one_hot, split

rng = random.Random(0)
train, held_out = split(digits(200, rng=rng), test=0.25, rng=rng)
start = MLP(64, [10, 10], activation="sigmoid", rng=rng)


def epoch_gradient(model, xs, ys):
    model.zero_grad()
    for x, y in zip(xs, ys):
        cross_entropy(model(x), y).backward()  # grad accumulates: the sum over samples
    return [p.grad for p in model.parameters()]


# %% [markdown]
# For *one* step from the same point the two differ exactly by what changed between the cases. With a tiny rate they agree:

# %%
eta, few = 1e-6, (train[0][:5], train[1][:5])
case, whole = copy.deepcopy(start), copy.deepcopy(start)
for x, y in zip(*few):
    case.zero_grad()
    cross_entropy(case(x), y).backward()
    SGD(case.parameters(), lr=eta).step()
gradient = epoch_gradient(whole, *few)
before = [p.data for p in whole.parameters()]
SGD(whole.parameters(), lr=eta).step()
for p, old, g in zip(whole.parameters(), before, gradient):
    assert abs(p.data - (old - eta * g)) < 1e-12
difference = max(abs(a.data - b.data) for a, b in zip(case.parameters(), whole.parameters()))
moved = max(abs(a.data - b) for a, b in zip(whole.parameters(), before))
print(f"moved {moved:.1e}, case and epoch updating differ by {difference:.1e}")
assert difference < 1e-3 * moved

# %% [markdown]
# ## The loop, with a stopping rule
#
# Case updating (batches of one), until the error on held-out data has not improved for two epochs.

# %%
model = copy.deepcopy(start)
optimiser = SGD(model.parameters(), lr=0.2)
best, waited = float("inf"), 0
for epoch in range(1, 16):
    order = list(range(len(train[0])))
    rng.shuffle(order)
    for i in order:
        optimiser.zero_grad()
        cross_entropy(model(train[0][i]), train[1][i]).backward()
        optimiser.step()
    error = sum(cross_entropy(model(x), y).data for x, y in zip(*held_out)) / len(held_out[0])
    best, waited = (error, 0) if error < best else (best, waited + 1)
    if waited == 2:
        break
outputs = [[v.data for v in model(x)] for x in held_out[0]]
print(f"stopped after epoch {epoch}: held-out error {best:.3f}, accuracy {accuracy(outputs, held_out[1]):.0%}")
assert accuracy(outputs, held_out[1]) > 0.7

# %% [markdown]
# ## What it confuses
#
# Row: the digit shown; column: the digit answered. The diagonal is right.

# %%
matrix = confusion_matrix(outputs, held_out[1], classes=10)
print("    " + " ".join(f"{d:2}" for d in range(10)))
for digit, row in enumerate(matrix):
    print(f"{digit}:  " + " ".join(f"{n:2}" if n else " ·" for n in row))
assert sum(map(sum, matrix)) == len(held_out[1])

# %% [markdown]
# ## One against all
#
# The alternative to ten coupled outputs: ten separate yes-or-no questions, each with a sigmoid. The class is the most
# confident yes.

# %%
from nn import Adam, binary_cross_entropy, fit

rng = random.Random(1)
one_vs_all = MLP(64, [10, 10], activation="sigmoid", rng=rng)
targets = [one_hot(y, 10) for y in train[1]]
fit(
    one_vs_all, (train[0], targets), loss=binary_cross_entropy, optimiser=Adam(one_vs_all.parameters(), lr=0.03),
    epochs=10, batch_size=10, rng=rng, progress=False,
)  # fmt: skip
answers = [[v.data for v in one_vs_all(x)] for x in held_out[0]]
print(f"one-vs-all: {accuracy(answers, held_out[1]):.0%}")
assert accuracy(answers, held_out[1]) > 0.6

# %% [markdown]
# ## What the weights look like
#
# Each hidden neuron has 64 weights, one per pixel: an image of what it looks for.

# %%
neurons = model.layers[0].neurons[:5]
for i in range(8):
    print(
        "   ".join(
            "".join(
                "▓▓" if n.w[8 * i + j].data > 0.15 else "░░" if n.w[8 * i + j].data < -0.15 else "  " for j in range(8)
            )
            for n in neurons
        )
    )

# %% [markdown]
# **Exercise.** Replace the stopping rule by a fixed number of epochs and watch the held-out error rise again: overfitting.
