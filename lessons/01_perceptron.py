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
# # 1. The perceptron
#
# **Question:** a neuron is wrong by a little; which way, and how far, should each of its weights move?
#
# A neuron multiplies its inputs by weights, adds a bias, and bends the result. This one is as small as they come: two
# inputs, and a target $y$ that it should answer with.
#
# $$z = w_1 x_1 + w_2 x_2 + b, \qquad \hat y = \sigma(z) = \frac{1}{1 + e^{-z}}, \qquad L = \tfrac12 (\hat y - y)^2 .$$
#
# (Rosenblatt's perceptron of 1958 bent with a step, 0 or 1. A step is flat everywhere, so it cannot say which way to move;
# the sigmoid $\sigma$ is a step made smooth.)
#
# With numbers: for the inputs 1 and −2, the weights 0.5 and 0.25 and the bias −0.1, the sum is
# $z = 0.5 \cdot 1 + 0.25 \cdot (-2) - 0.1 = -0.1$. The neuron answers a little less than ½, it should answer 1, and the loss
# is about 0.14. Before any formula, try it: move each parameter by 0.01, the others left where they are, and see what $L$ does.

# %%
import math

from autograd_lite import Value, sigmoid
from viz import play

x1, x2, target = 1.0, -2.0, 1.0
w1, w2, b = 0.5, 0.25, -0.1

z = w1 * x1 + w2 * x2 + b
y = 1 / (1 + math.exp(-z))
L = 0.5 * (y - target) ** 2
print(f"z = {z:.4f}   ŷ = {y:.4f}   L = {L:.4f}")


def loss_at(w1, w2, b):
    return 0.5 * (1 / (1 + math.exp(-(w1 * x1 + w2 * x2 + b))) - target) ** 2


h = 0.01
moves = {
    "w1": loss_at(w1 + h, w2, b) - L,
    "w2": loss_at(w1, w2 + h, b) - L,
    "b": loss_at(w1, w2, b + h) - L,
}
for name, move in moves.items():
    print(f"{name} + 0.01 moves L by {move:+.6f}")

# %% [markdown]
# $w_1$ and $b$ should go up. $w_2$ should go down, and it counts twice as much: its input is −2. Three trials for three
# parameters; a network has thousands. Backpropagation finds all these numbers in one pass: it asks of every number on the way
# from the parameters to $L$, *if you moved a little, how much would* $L$ *move?*
#
# ## Backward, by hand
#
# $L$ depends on $\hat y$, $\hat y$ on $z$, $z$ on $w_i$. The chain rule multiplies the slopes along that chain,
#
# $$\frac{\partial L}{\partial w_i} = \frac{\partial L}{\partial \hat y}\,\frac{\partial \hat y}{\partial z}\,\frac{\partial z}{\partial w_i},$$
#
# one *local gradient* per arrow, from the end to the beginning:
#
# - $\partial L / \partial \hat y = \hat y - y$ (that is what the ½ is for),
# - $\partial \hat y / \partial z = \dfrac{e^{-z}}{(1 + e^{-z})^2} = \hat y (1 - \hat y)$, the slope of the sigmoid,
# - $\partial z / \partial w_i = x_i$ and $\partial z / \partial b = 1$.
#
# The product of the first two appears in every gradient. It has a name, $\delta$:
#
# $$\delta = (\hat y - y)\, \hat y (1 - \hat y), \qquad \frac{\partial L}{\partial w_i} = \delta\, x_i, \qquad \frac{\partial L}{\partial b} = \delta .$$

# %%
delta = (y - target) * y * (1 - y)
by_hand = {"w1": delta * x1, "w2": delta * x2, "b": delta}
for name, slope in by_hand.items():
    print(f"∂L/∂{name} = {slope:+.6f}, found by trying: {moves[name] / h:+.6f}")
    assert abs(slope - moves[name] / h) < 0.01 * abs(slope)

# %% [markdown]
# ## Backward, by the engine
#
# Write the same formula with `Value`s. Each remembers how it was computed, so `backward()` can walk back.

# %%
W1, W2, B = Value(w1, "w1"), Value(w2, "w2"), Value(b, "b")
Z = W1 * x1 + W2 * x2 + B
Y = sigmoid(Z)
loss = 0.5 * (Y - target) ** 2
Z.label, Y.label, loss.label = "z", "ŷ", "L"
loss.backward()
print(W1.grad, W2.grad, B.grad)

for name, parameter in (("w1", W1), ("w2", W2), ("b", B)):
    assert abs(parameter.grad - by_hand[name]) < 1e-12

# %% [markdown]
# Here is every number of both passes, one step at a time: values on the left of a card, gradients on the right, local
# gradients on the edges. Go through it once with *Guess first*.

# %%
play(loss)

# %% [markdown]
# ## The update
#
# The gradient points uphill. One step of gradient descent goes the other way, by a small fraction $\eta$ of it:
#
# $$w \leftarrow w - \eta\, \frac{\partial L}{\partial w} .$$

# %%
eta = 0.5
moved_by_hand = [w1 - eta * delta * x1, w2 - eta * delta * x2, b - eta * delta]
for parameter, expected in zip((W1, W2, B), moved_by_hand):
    parameter.data -= eta * parameter.grad
    assert abs(parameter.data - expected) < 1e-12
print("the new w1, w2, b:", moved_by_hand)

after = 0.5 * (sigmoid(W1.data * x1 + W2.data * x2 + B.data) - target) ** 2
print(f"L before {L:.6f}, after {after:.6f}")
assert after < L

# %% [markdown]
# The first-order promise: $L$ falls by about $\eta \lVert \nabla L \rVert^2$. The smaller the step, the better it is kept: a tenth
# of the step, about a tenth of the error in the promise.

# %%
promise = eta * sum(g * g for g in by_hand.values())
print(f"promised {promise:.6f}, kept {L - after:.6f}")
assert abs(promise - (L - after)) < 0.1 * promise


def broken(eta):
    """The part of the promise that is not kept."""
    w1_, w2_, b_ = (p - eta * g for p, g in zip((w1, w2, b), by_hand.values()))
    kept = L - 0.5 * (sigmoid(w1_ * x1 + w2_ * x2 + b_) - target) ** 2
    return 1 - kept / (eta * sum(g * g for g in by_hand.values()))


print(f"not kept: {broken(0.5):.2%} of it, with a tenth of the step {broken(0.05):.2%}")
assert 5 < broken(0.5) / broken(0.05) < 20

# %% [markdown]
# The same step with `nn`, which adds nothing but convenience:

# %%
from nn import SGD, Neuron, half_squared_error

neuron = Neuron(2, activation="sigmoid")
neuron.load_state_dict({"w.0": w1, "w.1": w2, "b": b})
half_squared_error(neuron([x1, x2]), target).backward()
SGD(neuron.parameters(), lr=eta).step()
for mine, theirs in zip((W1, W2, B), neuron.parameters()):
    assert abs(mine.data - theirs.data) < 1e-12

# %% [markdown]
# ## Again, and again
#
# One step is a small one. Learning is the same three lines (forward, backward, update) repeated:

# %%
from viz import draw_curves

losses = []
for step in range(200):
    neuron.zero_grad()
    loss = half_squared_error(neuron([x1, x2]), target)
    loss.backward()
    SGD(neuron.parameters(), lr=eta).step()
    losses.append(loss.data)
assert losses == sorted(losses, reverse=True)
falls = [a - b for a, b in zip(losses, losses[1:])]
assert falls == sorted(falls, reverse=True) and losses[20] < 0.1 * losses[0]
draw_curves({"L": list(enumerate(losses))}, x="step", y="loss", title="The loss of one neuron over 200 steps")

# %% [markdown]
# It falls fast, then ever more slowly: close to the target $\hat y - y$ is small, and so is the slope $\hat y(1 - \hat y)$.
#
# *In PyTorch this is* `loss.backward()` *and* `torch.optim.SGD(parameters, lr=0.5).step()`.
#
# ## The loop, seen as a controller
#
# A thermostat measures the temperature, compares it with the one you asked for, and corrects by the difference; then it measures
# again. The three lines do the same: the output is measured, $\hat y - y$ is the difference, and the update feeds it back. How
# strongly it is fed back is called the *gain*; here it is $\eta$.
#
# Leave the sigmoid away, $\hat y = z$, and the loop can be computed. With $e = \hat y - y$ the gradient of $w_i$ is $e\,x_i$ and that
# of $b$ is $e$, so one update moves the output by
#
# $$\Delta \hat y = -\eta e x_1 \cdot x_1 - \eta e x_2 \cdot x_2 - \eta e
# \quad\Longrightarrow\quad e \leftarrow \big(1 - \eta\,(x_1^2 + x_2^2 + 1)\big)\, e .$$
#
# For our inputs that is $e \leftarrow (1 - 6\eta)\, e$: every round multiplies the error by the same factor. It shrinks as long
# as the factor is between −1 and 1, that is for $\eta < \frac13$; below $\frac16$ it comes from one side, above it swings.


# %%
def errors(eta, rounds=12):
    p1, p2, p0 = w1, w2, b
    found = []
    for _ in range(rounds):
        e = p1 * x1 + p2 * x2 + p0 - target
        found.append(e)
        p1, p2, p0 = p1 - eta * e * x1, p2 - eta * e * x2, p0 - eta * e
    return found


gains = {"η = 0.05": 0.05, "η = 0.3": 0.3, "η = 0.35": 0.35}
for name, gain in gains.items():
    found = errors(gain)
    assert all(abs(after - (1 - 6 * gain) * before) < 1e-12 for before, after in zip(found, found[1:]))
    print(
        f"{name}: factor {1 - 6 * gain:+.1f}, error {found[0]:.3f} at first, {found[-1]:+.3f} after {len(found) - 1} rounds"
    )
assert abs(errors(0.3)[-1]) < 0.2 < abs(errors(0.35)[-1])
draw_curves(
    {name: list(enumerate(errors(gain))) for name, gain in gains.items()},
    x="round",
    y="error",
    title="The error of a linear neuron, fed back with three gains",
)

# %% [markdown]
# Too little gain is slow, too much never settles. With the sigmoid there is no such formula: its factor changes with the slope.
#
# ## Rosenblatt's own rule
#
# His neuron answers 1 if $z \ge 0$, else 0. There is no slope to use, and he used none:
#
# $$w_i \leftarrow w_i - (\hat y - y)\, x_i, \qquad b \leftarrow b - (\hat y - y) .$$
#
# The same loop: a right answer changes nothing, a wrong one adds the input to the weights or subtracts it. Go through the
# cases until none is wrong. It learns *and*:


# %%
def fires(w, x):
    return 1 if w[0] * x[0] + w[1] * x[1] + w[2] >= 0 else 0


def epoch(w, cases):
    """Go through the cases once; return the weights, the bias last."""
    for x, answer in cases:
        e = fires(w, x) - answer
        w = (w[0] - e * x[0], w[1] - e * x[1], w[2] - e)
    return w


corners = [(0, 0), (0, 1), (1, 0), (1, 1)]
both = [(x, x[0] & x[1]) for x in corners]
w = (0, 0, 0)
for count in range(1, 20):
    before, w = w, epoch(w, both)
    if w == before:
        break
print(f"and: nothing is wrong in round {count}, with w1, w2, b = {w}")
assert all(fires(w, x) == answer for x, answer in both)

# %% [markdown]
# and it never learns *exclusive or*, where exactly one of the two must be 1. After the third round, with its mistakes, the
# weights are what they were after the second. From there on everything repeats:

# %%
either = [(x, x[0] ^ x[1]) for x in corners]
w, seen = (0, 0, 0), []
while w not in seen:
    seen.append(w)
    w = epoch(w, either)
wrong = sum(fires(w, x) != answer for x, answer in either)
print(f"after {len(seen)} rounds the weights are {w}, as after {seen.index(w)}; {wrong} of 4 answers are wrong")
assert wrong > 0 and (len(seen), seen.index(w)) == (3, 2)

# %% [markdown]
# No weights could do it: the four corners cannot be cut by one line. Lesson 3 adds a second neuron.
#
# ## What was shown
#
# - The gradient of every parameter of a neuron is $\delta$ times its input, $\delta = (\hat y - y)\,\hat y(1-\hat y)$; by hand, by the
#   engine, and by trying.
# - A small step against the gradient lowers the loss by about $\eta \lVert \nabla L \rVert^2$.
# - Learning is a feedback loop. Without the sigmoid its error shrinks by the factor $1 - 6\eta$ a round, or grows.
# - The perceptron's rule corrects by the same error without a slope. It learns *and*, and goes in circles on *exclusive or*.
#
# ## Exercises
#
# **Exercise 1.** The target is 0 instead of 1, all else as at the beginning. What is $\partial L/\partial w_2$?

# %%
from viz import Exercise

check_1 = Exercise(
    (y - 0.0) * y * (1 - y) * x2,
    because=r"Only $\hat y - y$ knows the target: it is 0.475 now, where it was −0.525. All three gradients change their sign.",
    slips={
        "that is the gradient for the target 1": delta * x2,
        r"that is $\delta$; $w_2$ is multiplied by $x_2 = -2$": (y - 0.0) * y * (1 - y),
        r"the slope of the sigmoid, $\hat y(1-\hat y)$, is missing": (y - 0.0) * x2,
        "the sign: the output is too high, so it is prediction minus target": -(y - 0.0) * y * (1 - y) * x2,
    },
)

# %% [markdown]
# **Exercise 2.** With which $\eta$ is the error of the linear neuron 0 after a single update?

# %%
check_2 = Exercise(
    1 / 6,
    because=r"The factor $1 - 6\eta$ is 0 there.",
    slips={
        "the bias learns too: its input is 1, and 1² belongs to the sum": 1 / 5,
        "there the factor is −1: the error changes its sign and keeps its size": 1 / 3,
        r"with $\eta = 1$ the factor is −5": 1.0,
    },
)
assert abs(errors(check_2.answer)[1]) < 1e-12

# %% [markdown]
# **Exercise 3.** Rosenblatt's rule starts at $w_1 = w_2 = b = 0$ and sees $x = (1, 1)$ with the target 0. What are $w_1, w_2, b$
# afterwards? Answer with a tuple.

# %%
check_3 = Exercise(
    epoch((0, 0, 0), [((1, 1), 0)]),
    because="$z = 0$ is enough to fire, so the answer is 1 and wrong; the input is subtracted, and 1 from the bias.",
    slips={
        r"at $z = 0$ the neuron fires, which is wrong, so it must move": (0, 0, 0),
        "the input was added; the neuron fires still more": (1, 1, 1),
        "the bias moves too, as a weight whose input is 1": (-1, -1, 0),
    },
)

# %% [markdown]
# **Exercise 4.** The neuron ends in tanh instead of the sigmoid. Write $\delta$ as a function of $\hat y$ and $y$.

# %%
check_4 = Exercise(
    lambda y_hat, y: (y_hat - y) * (1 - y_hat**2),
    because=r"$\delta = (\hat y - y)(1 - \hat y^2)$: the slope of tanh is $1 - \tanh^2$.",
    slips={
        "that is the slope of the sigmoid": lambda y_hat, y: (y_hat - y) * y_hat * (1 - y_hat),
        "the sign: prediction minus target": lambda y_hat, y: (y - y_hat) * (1 - y_hat**2),
        "that is the slope alone; the error is missing": lambda y_hat, y: 1 - y_hat**2,
        "the error alone; the slope of tanh is missing": lambda y_hat, y: y_hat - y,
    },
    at=[(0.3, 1.0), (-0.6, 0.2)],
)
