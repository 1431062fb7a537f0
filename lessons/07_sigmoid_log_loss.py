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
# # 7. Sigmoid and log-loss
#
# **Question:** two books give the logistic loss with different labels and different factors; which is right, and how would you know?
#
# **Builds on:** lesson 1, lesson 6.
#
# A neuron says $p = 0.7$. If it should have said 1, the loss is $-\log 0.7 = 0.36$, and its sum $z$ should go up; if it should have
# said 0, the loss is $-\log 0.3 = 1.20$, and $z$ should go down, more urgently. How urgently? By the difference, −0.3 or 0.7, and
# nothing else. With labels $y \in \{0, 1\}$ and $p = \sigma(z)$:
#
# $$L = -y \log p - (1 - y)\log(1 - p), \qquad \frac{\partial L}{\partial z} = p - y .$$
#
# Derivation: the slope of the sigmoid is $\partial p/\partial z = p(1 - p)$, so
#
# $$\frac{\partial L}{\partial z} = \Big(-\frac{y}{p} + \frac{1-y}{1-p}\Big)\, p(1-p) = -y(1-p) + (1-y)\,p = p - y .$$

# %%
from autograd_lite import GradientError, Operation, Value, check_gradients, exp, grad, log, sigmoid, tanh

for y in (0.0, 1.0):
    for z0 in (-2.0, 0.3, 1.5):
        z = Value(z0)
        p = sigmoid(z)
        loss = -y * log(p) - (1 - y) * log(1 - p)
        loss.backward()
        assert abs(z.grad - (sigmoid(z0) - y)) < 1e-12
print("∂L/∂z = p − y")

# %% [markdown]
# ## Labels −1 and +1
#
# $1 - \sigma(z) = \sigma(-z)$, and $-\log \sigma(z) = \log(1 + e^{-z})$. So with $t = 2y - 1 \in \{-1, +1\}$ both cases become
# one formula, the *same* loss:
#
# $$L = \log(1 + e^{-t z}), \qquad \frac{\partial L}{\partial z} = \frac{-t}{1 + e^{t z}} = -t\,\sigma(-t z) .$$

# %%
from nn import binary_cross_entropy, log_loss

for y in (0.0, 1.0):
    t = 2 * y - 1
    for z0 in (-2.0, 0.3, 1.5):
        assert abs(binary_cross_entropy(z0, y) - log_loss(z0, t)) < 1e-12
        assert abs((1 - sigmoid(z0)) - sigmoid(-z0)) < 1e-12
        slope = grad(lambda z, t=t: log(1 + exp(-t * z)))(z0)
        assert abs(slope - -t * sigmoid(-t * z0)) < 1e-12
        assert abs(slope - (sigmoid(z0) - y)) < 1e-12

# %% [markdown]
# ## Two columns of labels
#
# The same loss, in the two columns in which books print it:
#
# | quantity | labels 0 and 1 | labels −1 and +1 |
# |---|---|---|
# | label | $y = (t + 1)/2$ | $t = 2y - 1$ |
# | prediction | $p = \sigma(z)$ | $\hat t = 2p - 1 = \tanh(z/2)$ |
# | loss | $-y \log p - (1 - y)\log(1 - p)$ | $\log(1 + e^{-tz})$ |
# | $\partial L/\partial z$ | $p - y$ | $-t\,\sigma(-tz) = \frac12 (\hat t - t)$ |
#
# In the last row stands a factor: labels one apart became labels two apart, so *prediction minus label* is twice as large on the
# right, and the gradient is half of it.
#
# A second factor of this kind hides in networks that give one class two outputs, $z_0$ for no and $z_1$ for yes, with the labels
# $1 - y$ and $y$ in two columns and a softmax (lesson 6). The probability of yes is $e^{z_1}/(e^{z_0} + e^{z_1}) = \sigma(z_1 - z_0)$. Both
# columns get *prediction minus truth*, $z_1$ moves by $-\eta (p - y)$ and $z_0$ by $+\eta (p - y)$. What counts is their difference, and it
# moves by $-2\eta (p - y)$: the same loss, the same gradients, twice the step.

# %%
from autograd_lite import softmax
from nn import cross_entropy

for y in (0, 1):
    t = 2 * y - 1
    for z0 in (-2.0, 0.3, 1.5):
        t_hat = 2 * sigmoid(z0) - 1
        assert abs(t_hat - tanh(z0 / 2)) < 1e-12
        assert abs((t_hat - t) / 2 - (sigmoid(z0) - y)) < 1e-12
        scores = [Value(0.0), Value(z0)]
        assert abs(softmax(scores)[1].data - sigmoid(z0)) < 1e-12
        cross_entropy(scores, y).backward()
        no, yes = (v.grad for v in scores)
        assert abs(yes - (sigmoid(z0) - y)) < 1e-12 and abs(no + yes) < 1e-12
eta = 0.1
moved = (scores[1].data - eta * yes) - (scores[0].data - eta * no) - z0
print(f"one output moves z by {-eta * yes:+.4f}, two outputs move their difference by {moved:+.4f}")
assert abs(moved - 2 * -eta * yes) < 1e-12

# %% [markdown]
# ## A factor 2 that is a mistake
#
# Now mix them up: some texts use $p = \frac{1}{1 + e^{-2z}}$ (a tanh in disguise, $2p - 1 = \tanh z$), and keep the gradient
# $p - y$ of the other convention. The loss is fine, the gradient is half of what it should be. Training still works, only
# slower, so nobody notices. A gradient check does:


# %%
def loss_value(z):
    return log(1 + exp(-2 * z))  # y = 1, with p = σ(2z)


wrong = Operation("log_loss2", lambda z: loss_value(z), lambda out, z: sigmoid(2 * z) - 1.0)
right = Operation("log_loss2", lambda z: loss_value(z), lambda out, z: 2.0 * (sigmoid(2 * z) - 1.0))

check_gradients(right, 0.4)
try:
    check_gradients(wrong, 0.4)
    found = None
except GradientError as problem:
    found = str(problem)
    print(found)
assert found is not None and "log_loss2" in found

assert all(abs(2 * sigmoid(2 * z) - 1 - tanh(z)) < 1e-12 for z in (-2.0, 0.4, 1.5))  # the tanh in disguise
numeric = (loss_value(0.4 + 1e-6) - loss_value(0.4 - 1e-6)) / 2e-6
print("ratio:", round(numeric / (sigmoid(0.8) - 1.0), 6))
assert abs(numeric / (sigmoid(0.8) - 1.0) - 2.0) < 1e-6

# %% [markdown]
# A ratio of exactly 2 (or ½, or −1, or the batch size) between numeric and analytic gradient is a signature: look for that
# factor in the formulas.
#
# So both books are right, each with its own pair of loss and gradient. Only a pair taken from two books is wrong.
#
# ## Why not the squared error
#
# For a neuron that should say 1, the gradient at $z$ of log-loss is $p - 1$, that of $\frac12(p - 1)^2$ is
# $(p - 1)\,p\,(1 - p)$:

# %%
from viz import draw_curves

zs = [i / 10 for i in range(-100, 61)]
draw_curves(
    {
        "log-loss": [(z, sigmoid(z) - 1) for z in zs],
        "squared error": [(z, (sigmoid(z) - 1) * sigmoid(z) * (1 - sigmoid(z))) for z in zs],
    },
    x="z",
    y="∂L/∂z for y = 1",
    title="How hard each loss pulls",
)

# %% [markdown]
# Far on the wrong side, at $z = -10$, log-loss pulls with almost 1 and the squared error with almost nothing: a badly wrong neuron
# that does not learn.

# %%
z = -10.0
p = sigmoid(z)
print("squared error:", (p - 1) * p * (1 - p), "  log-loss:", p - 1)
assert abs(p - 1) > 0.99 and abs((p - 1) * p * (1 - p)) < 1e-4

# %% [markdown]
# ## What was shown
#
# - Log-loss with labels 0 and 1 and with labels ±1 is one function; its gradient is $p - y$, or $\frac12(\hat t - t)$, the same number.
# - Two outputs with a softmax have the loss of one with a sigmoid, and their difference takes twice the step.
# - A pair of loss and gradient from two books is off by a factor, here 2, and a check against differences shows the factor.
# - A neuron that is badly wrong is pulled by log-loss with almost full strength, by the squared error with almost none.
#
# ## Exercises
#
# **Exercise 1.** $z = 0$ and the label is $t = +1$. What is $\partial L/\partial z$ of $L = \log(1 + e^{-tz})$?

# %%
from viz import Exercise

check_1 = Exercise(
    grad(lambda z: log(1 + exp(-z)))(0.0),
    because=r"$-t\,\sigma(-tz) = -\sigma(0) = -\frac12$; or $p - y = \frac12 - 1$.",
    slips={
        r"$\hat t - t$ is twice the gradient": -1.0,
        "the label is +1, so the sum should go up and the gradient is negative": 0.5,
        "the neuron is undecided, not right": 0.0,
        r"that is the loss, $\log 2$": 0.6931,
    },
)

# %% [markdown]
# **Exercise 2.** With $p = \sigma(2z)$ and $y = 1$, what is the right $\partial L/\partial z$ of $-\log p$ at $p = 0.7$?

# %%
check_2 = Exercise(
    2 * (0.7 - 1),
    because="$p - y$ arrives at $2z$, and the 2 multiplies it on the way to $z$.",
    slips={
        "that is the gradient at $2z$; the inner derivative is missing": 0.7 - 1,
        "the inner derivative multiplies, it does not divide": (0.7 - 1) / 2,
        "prediction minus truth, not the other way": 2 * (1 - 0.7),
    },
)

# %% [markdown]
# **Exercise 3.** At $p = 0.01$ and $y = 1$, how many times as hard does log-loss pull at $z$ as $\frac12 (p - y)^2$?

# %%
check_3 = Exercise(
    1 / (0.01 * 0.99),
    because=r"The gradients are $p - y$ and $(p - y)\,p(1 - p)$; their ratio is $1/(p(1-p))$, here about 101.",
    slips={
        "that is the reciprocal, or the slope of the sigmoid": 0.01 * 0.99,
        "both gradients have the factor $p - y$; it cancels": 0.99,
        "the slope is largest, ¼, where the neuron is undecided; here it is 0.0099": 4.0,
    },
)
