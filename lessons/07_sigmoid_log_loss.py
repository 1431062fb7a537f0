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
# With labels $y \in \{0, 1\}$ and $p = \sigma(z)$:
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
# ## The factor 2
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
# **Exercise.** For $p = \sigma(z)$ and squared error $\frac12 (p-y)^2$, the gradient is $(p - y)\,p(1-p)$. How large is it for
# $z = -10, y = 1$, and what is it for log-loss? The first is almost 0: a badly wrong neuron that does not learn.

# %%
z = -10.0
p = sigmoid(z)
print("squared error:", (p - 1) * p * (1 - p), "  log-loss:", p - 1)
assert abs(p - 1) > 0.99 and abs((p - 1) * p * (1 - p)) < 1e-4
