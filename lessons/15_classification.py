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
# **Builds on:** lesson 4, lesson 6, lesson 7.
#
# The recipe of the data-mining textbooks:
#
# 1. **Topology:** one input per attribute (scaled to [0, 1]), one or two hidden layers, one output per class.
# 2. **Initialise** the weights with small random numbers.
# 3. For each sample (a *case*): propagate forward, compute the error, propagate it back, **update**.
# 4. Repeat until a **stopping rule** holds: the weights hardly change, the error is small enough, a number of epochs has
#    passed, or the error on cases held out from training stops falling.
#
# How many hidden neurons? No formula says it. Train, look at the held-out error, and try another number. Here: 64 pixels, 12
# hidden sigmoid neurons, 10 digits.

# %%
import copy
import random

from nn import MLP, SGD, accuracy, confusion_matrix, cross_entropy
from nn.data import digits, one_hot, split

rng = random.Random(0)
train, held_out = split(digits(80, rng=rng), test=0.25, rng=rng)
start = MLP(64, [12, 10], activation="sigmoid", rng=rng)
print(
    start,
    "with",
    len(start.parameters()),
    "parameters;",
    len(train[0]),
    "cases to train,",
    len(held_out[0]),
    "held out",
)

# %% [markdown]
# ## Case updating and epoch updating
#
# Two ways to use the gradients $g_i(w)$ of the cases $i = 1 \dots m$:
#
# - *case updating*: after every case, $w \leftarrow w - \eta\, g_i(w)$;
# - *epoch updating*: once after all of them, $w \leftarrow w - \eta \sum_i g_i(w)$.
#
# In case updating the second case already sees the weights moved by the first, $g_2(w - \eta g_1)$. That differs from $g_2(w)$ by
# about $\eta$ times the second derivative: after one epoch the two ways differ by a term in $\eta^2$, while they moved by one in
# $\eta$. With a tiny rate they agree:


# %%
def epoch_gradient(model, xs, ys):
    model.zero_grad()
    for x, y in zip(xs, ys):
        cross_entropy(model(x), y).backward()  # grad accumulates: the sum over cases
    return [p.grad for p in model.parameters()]


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
# ## The gradient, by hand
#
# Lesson 6 says what arrives at the outputs: $\delta_k = p_k - y_k$. Lesson 4 says how it goes on:
# $\delta_j = h_j (1 - h_j) \sum_k W_{kj}\, \delta_k$. For one case:

# %%
import math

from autograd_lite import softmax

x, y = train[0][0], train[1][0]
epoch_gradient(start, [x], [y])
hidden, output = start.layers
h = [1 / (1 + math.exp(-sum(w.data * a for w, a in zip(n.w, x)) - n.b.data)) for n in hidden.neurons]
p = softmax([sum(w.data * a for w, a in zip(n.w, h)) + n.b.data for n in output.neurons])
delta_out = [pk - yk for pk, yk in zip(p, one_hot(y, 10))]
for j, n in enumerate(hidden.neurons):
    delta = h[j] * (1 - h[j]) * sum(n_out.w[j].data * d for n_out, d in zip(output.neurons, delta_out))
    for w, a in zip(n.w, x):
        assert abs(w.grad - delta * a) < 1e-12
for n, d in zip(output.neurons, delta_out):
    for w, a in zip(n.w, h):
        assert abs(w.grad - d * a) < 1e-12
print("all weights of both layers agree")
print(f"the right answer has p = {p[y]:.2f}: it is asked to rise by {1 - p[y]:.2f}, the nine others to share the fall")
assert abs(sum(delta_out)) < 1e-12

# %% [markdown]
# ## Err, as the textbooks write it
#
# The data-mining textbooks take sigmoid outputs $O_j$, the squared error, and call *error* what should be corrected, target minus
# output. For an output unit with the target $T_j$, and for a hidden unit $j$ that feeds the units $k$:
#
# $$Err_j = O_j (1 - O_j)(T_j - O_j), \qquad Err_j = O_j (1 - O_j) \sum_k Err_k\, w_{jk},$$
#
# $$w_{ij} \leftarrow w_{ij} + l \cdot Err_j\, O_i, \qquad \theta_j \leftarrow \theta_j + l \cdot Err_j .$$
#
# An output of 0.8 with the target 1 has $Err = 0.8 \cdot 0.2 \cdot 0.2 = 0.032$. It is lesson 4 with the sign turned, $Err_j = -\delta_j$, twice
# over: minus in $Err$, plus in the update.

# %%
from nn import half_squared_error

book = MLP(3, [2, 2], activation="sigmoid", output_activation="sigmoid", rng=random.Random(6))
case_x, T, l = [1.0, 0.0, 1.0], [1.0, 0.0], 0.9
half_squared_error(book(case_x), T).backward()
hidden, output = book.layers
O_h = [v.data for v in hidden(case_x)]
O = [v.data for v in output(O_h)]
Err = [o * (1 - o) * (t - o) for o, t in zip(O, T)]
Err_h = [o * (1 - o) * sum(e * n.w[j].data for e, n in zip(Err, output.neurons)) for j, o in enumerate(O_h)]
expected = [
    parameter.data + l * e * came_in
    for layer, errs, below in ((hidden, Err_h, case_x), (output, Err, O_h))
    for n, e in zip(layer.neurons, errs)
    for parameter, came_in in zip((*n.w, n.b), (*below, 1.0))
]
SGD([p for layer in book.layers for n in layer.neurons for p in (*n.w, n.b)], lr=l).step()
moved = [p.data for layer in book.layers for n in layer.neurons for p in (*n.w, n.b)]
assert all(abs(a - b) < 1e-12 for a, b in zip(moved, expected))
print("the update with Err is a step of gradient descent, in all", len(moved), "parameters")

# %% [markdown]
# ## The loop, with a stopping rule
#
# Case updating in a new order each epoch, until the error on the held-out cases has not improved for two epochs. The weights
# of the best epoch are kept. (The loop goes on to epoch 11 all the same, to see what the rule misses.)

# %%
model = copy.deepcopy(start)
optimiser = SGD(model.parameters(), lr=0.5)
train_errors, errors, best, stopped = [], [], None, None
same_order = copy.deepcopy(rng)
for epoch in range(1, 12):
    order = list(range(len(train[0])))
    rng.shuffle(order)
    total = 0.0
    for i in order:
        optimiser.zero_grad()
        error = cross_entropy(model(train[0][i]), train[1][i])
        error.backward()
        optimiser.step()
        total += error.data
    train_errors.append(total / len(order))
    outputs = [[v.data for v in model(x)] for x in held_out[0]]
    errors.append(sum(cross_entropy(output, y) for output, y in zip(outputs, held_out[1])) / len(outputs))
    since_best = epoch - 1 - errors.index(min(errors))
    if stopped is None and since_best == 0:
        best = copy.deepcopy(model), outputs
    if stopped is None and since_best == 2:
        stopped = epoch
model, outputs = best
kept = min(errors[:stopped])
print(f"stopped after epoch {stopped}, kept epoch {stopped - 2}: held-out error {kept:.3f}")
print(
    f"accuracy {accuracy(outputs, held_out[1]):.0%}; the lowest error of all, {min(errors):.3f}, came in epoch", end=" "
)
print(errors.index(min(errors)) + 1)
assert accuracy(outputs, held_out[1]) > 0.7
assert stopped < 11 and min(errors) < 0.9 * kept  # the rule stopped too early
assert train_errors[-1] < 0.9 * train_errors[stopped - 1]

# %%
from viz import draw_curves

draw_curves(
    {"training": list(enumerate(train_errors, start=1)), "held out": list(enumerate(errors, start=1))},
    x="epoch",
    y="cross-entropy",
    title="The error over the epochs",
)

# %% [markdown]
# The training error goes on falling; the held-out error goes up and down, and the rule took the first bump for the end. More
# patience would have found a better epoch. A stopping rule is a bet: what it saves in epochs it may lose in error.
#
# `nn.fit` with `patience` is this loop: it stops by the same rule and gives back the weights of the best epoch. (`compiled="numpy"`
# writes a step as lines of NumPy before it trains; the numbers are the same but for rounding.)

# %%
from nn import evaluate, fit

again = copy.deepcopy(start)
sgd = SGD(again.parameters(), lr=0.5)
history = fit(
    again,
    train,
    held_out=held_out,
    optimiser=sgd,
    epochs=11,
    batch_size=1,
    patience=2,
    rng=same_order,
    compiled="numpy",
    progress=False,
)
assert len(history) == stopped and history.best() == stopped - 3  # epochs count from 0 there
assert all(abs(a - b) < 1e-6 for a, b in zip(history.held_out_loss, errors))
assert all(abs(a.data - b.data) < 1e-6 for a, b in zip(again.parameters(), model.parameters()))
assert abs(evaluate(again, held_out)[0] - history.held_out_loss[history.best()]) < 1e-6 < errors[stopped - 1] - kept
print(f"best epoch of {len(history)}: {history.best() + 1}, held-out", end=" ")
print(f"error {history.held_out_loss[history.best()]:.3f}, accuracy {history.held_out_accuracy[history.best()]:.0%}")

# %% [markdown]
# ## What it confuses
#
# Row: the digit shown; column: the digit answered. The diagonal is right.

# %%
from viz import draw_matrix

matrix = confusion_matrix(outputs, held_out[1], classes=10)
assert sum(map(sum, matrix)) == len(held_out[1])
draw_matrix(matrix, rows="shown", columns="answered", title="Confusion matrix of the digits")

# %% [markdown]
# ## One against all
#
# The alternative to ten coupled outputs: ten separate yes-or-no questions, *is it a 0? is it a 1? …* Each is a single neuron
# with a sigmoid and the log-loss of lesson 7. The class is the most confident yes.

# %%
from nn import Adam, binary_cross_entropy

rng = random.Random(1)
one_vs_all = MLP(64, [10], rng=rng)  # linear: the loss holds the sigmoid
targets = [one_hot(y, 10) for y in train[1]]
adam = Adam(one_vs_all.parameters(), lr=0.03)
fit(
    one_vs_all,
    (train[0], targets),
    loss=binary_cross_entropy,
    optimiser=adam,
    epochs=6,
    batch_size=8,
    rng=rng,
    compiled="numpy",
    progress=False,
)
answers = [[v.data for v in one_vs_all(x)] for x in held_out[0]]
right = [round(accuracy(each, held_out[1]) * len(held_out[1])) for each in (answers, outputs)]
print(f"right of {len(held_out[1])}: one against all {right[0]}, ten coupled outputs {right[1]}")
assert min(right) > 0.6 * len(held_out[1])
doubt = math.sqrt(sum(n * (1 - n / len(held_out[1])) for n in right))  # standard deviation of the difference
assert 2 < doubt < 3.5 and abs(right[0] - right[1]) < 2 * doubt

# %% [markdown]
# Which is better? On 20 pictures nobody can say: chance alone moves the difference by two or three pictures (its standard
# deviation), and what was measured is within twice that.

# %% [markdown]
# ## What the weights look like
#
# A neuron has 64 weights, one per pixel: an image of what it looks for, orange where ink speaks for it, blue where ink speaks
# against it. The ten yes-or-no neurons look for their digits; the hidden neurons of the network for parts that help to tell
# several apart.

# %%
from viz import draw_images


def image(neuron):
    return [[w.data for w in neuron.w[8 * i : 8 * i + 8]] for i in range(8)]


draw_images(
    {
        "is it a 0? a 1? … a 9?": [image(n) for n in one_vs_all.layers[0].neurons],
        "hidden neurons": [image(n) for n in model.layers[0].neurons[:10]],
    },
    pixel=8,
    title="Weights as images",
)

# %% [markdown]
# The *answer* of a network can be asked the same question. Which pixels of this one picture speak for the answer? Backpropagation
# goes on to the inputs: $\partial\,\text{score}/\partial\,\text{pixel}$ says how much more ink here would raise the score of the right digit.

# %%
from autograd_lite import Value


def sensitivity(x, y):
    pixels = [Value(v) for v in x]
    model(pixels)[y].backward()
    return [p.grad for p in pixels]


chosen = [next(i for i, y in enumerate(held_out[1]) if y == digit) for digit in sorted(set(held_out[1]))[:6]]
cases = [(held_out[0][i], held_out[1][i]) for i in chosen]
maps = [sensitivity(x, y) for x, y in cases]
x, y = cases[0]
at = max(range(64), key=lambda k: abs(maps[0][k]))
more = [v + (1e-6 if k == at else 0.0) for k, v in enumerate(x)]
assert abs((model(more)[y].data - model(x)[y].data) / 1e-6 - maps[0][at]) < 1e-4
draw_images(
    {
        "held-out digits": [[x[8 * i : 8 * i + 8] for i in range(8)] for x, _ in cases],
        "more ink: for (orange), against (blue)": [[g[8 * i : 8 * i + 8] for i in range(8)] for g in maps],
    },
    pixel=8,
    title="What the score of the right digit listens to",
)

# %% [markdown]
# Such pictures are called *saliency maps*. They say what a little ink would do here and now, which is less than *why* the network
# answers as it does.
#
# ## When it suits
#
# What this lesson has seen speaks for and against the method. It took numbers as they came, 64 of them per case, learnt from
# sixty cases and answered new ones. But topology, rate and stopping rule were choices that no formula made; the training went
# through all cases again and again; and what it knows is spread over 910 weights, which show where it looks and not a rule that
# one could read. Where the reasons must be given, or cases are few, start with something simpler, and compare.
#
# ## What was shown
#
# - Case and epoch updating differ by a term in $\eta^2$; with a tiny rate they agree.
# - $Err_j$ of the textbooks is $-\delta_j$; with its plus sign the update is a step of gradient descent.
# - A stopping rule is a bet: this one kept an epoch that was not the best.
# - On twenty pictures two methods cannot be told apart.
# - The gradient of a score with respect to the pixels is a picture of what the network listens to.
#
# ## Exercises
#
# **Exercise 1.** An output unit says 0.6, the target is 0. What is $Err$?

# %%
from viz import Exercise

check_1 = Exercise(
    0.6 * 0.4 * (0 - 0.6),
    because="Target minus output, times the slope: the unit should say less.",
    slips={
        r"that is $\delta$, prediction minus target; $Err$ has the other sign": 0.6 * 0.4 * 0.6,
        r"the slope $O(1 - O)$ is missing": -0.6,
        "that is the slope alone": 0.6 * 0.4,
    },
)

# %% [markdown]
# **Exercise 2.** Sixty cases in batches of eight. How many updates has an epoch?

# %%
check_2 = Exercise(
    math.ceil(60 / 8),
    because="Seven full batches, and one of the four cases that are left.",
    slips={
        "the four cases that are left make a batch too": 7,
        "that is case updating": 60,
        "that is epoch updating": 1,
        "an update is made or not": 7.5,
    },
)

# %% [markdown]
# **Exercise 3.** The held-out errors of the epochs are 0.9, 0.7, 0.6, 0.65, 0.62, 0.5. After which epoch does the rule above stop?
# (It stops when there was no improvement for two epochs.)

# %%
check_3 = Exercise(
    5,
    because="Epochs 4 and 5 do not improve on 0.6. It never sees the 0.5.",
    slips={
        "one epoch without improvement is not enough": 4,
        "that is the epoch whose weights are kept": 3,
        "it has stopped before": 6,
    },
)
