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
# # 21. Steps
#
# **Question:** the gradient says which way is down; how far should one go?
#
# **Builds on:** lesson 1, lesson 18.
#
# Take the bowl $L(x) = x^2$, whose slope is $2x$, and start at $x = 1$. A step goes against the slope, $\eta$ times as far as it is
# steep; $\eta$ is the *learning rate*:
#
# | rate $\eta$ | $x$ after one step | after two | after three | the way |
# |---|---|---|---|---|
# | 0.25 | 0.5 | 0.25 | 0.125 | creeps down |
# | 0.5 | 0 | 0 | 0 | is there at once |
# | 0.75 | −0.5 | 0.25 | −0.125 | jumps across, and comes down |
# | 1 | −1 | 1 | −1 | for ever |
# | 1.1 | −1.2 | 1.44 | −1.728 | climbs out |

# %%
from autograd_lite import Value
from nn import SGD


def descend(L, start, eta, steps):
    """Return where plain gradient descent comes to, from step to step."""
    x = Value(start)
    way = [start]
    for _ in range(steps):
        x.grad = 0.0
        L(x).backward()
        SGD([x], lr=eta).step()
        way.append(x.data)
    return way


for eta in (0.25, 0.5, 0.75, 1.0, 1.1):
    way = descend(lambda x: x**2, 1.0, eta, 3)
    print(f"η = {eta:<4}  x =", ", ".join(f"{x:g}" for x in way))
    for t, x in enumerate(way):
        assert abs(x - (1 - 2 * eta) ** t) < 1e-12

# %% [markdown]
# ## How far is too far?
#
# A bowl with any curvature $\lambda$ is $L = \frac{\lambda}{2} x^2$: its slope is $\lambda x$, and $\lambda$ is its second derivative (lesson 18). So
#
# $$x \leftarrow x - \eta\, \lambda x = (1 - \eta\lambda)\, x, \qquad x_t = (1 - \eta\lambda)^t\, x_0 .$$
#
# Every step multiplies $x$ by the same number. It comes to 0 only if that number lies between −1 and 1:
#
# $$\left|1 - \eta\lambda\right| < 1 \quad\text{if and only if}\quad 0 < \eta < \frac{2}{\lambda} .$$
#
# $\eta = 1/\lambda$ is there in one step, which is Newton's. Between $1/\lambda$ and $2/\lambda$ the way jumps from side to side, and beyond $2/\lambda$ it
# climbs. A hair below and a hair above:

# %%
lam = 8.0
bowl = lambda x: lam / 2 * x**2
for part in (0.99, 1.01):
    eta = part * 2 / lam
    way = descend(bowl, 1.0, eta, 200)
    print(f"η = {part} · 2/λ: after 200 steps |x| = {abs(way[-1]):.3g}")
    assert (abs(way[-1]) < 0.02) == (part < 1) and (abs(way[-1]) > 50) == (part > 1)

# %% [markdown]
# ## One rate for two directions
#
# With two parameters there are two curvatures, and one $\eta$ for both. Let
#
# $$L(x, y) = \frac{\lambda_1}{2} x^2 + \frac{\lambda_2}{2} y^2, \qquad \lambda_1 = 1, \quad \lambda_2 = 20 :$$
#
# a long valley. Across it one must stay below $2/20 = 0.1$; along it, with such a rate, each step keeps nine tenths of the way that
# is left. (The axes of a valley need not be those of the parameters: then $\lambda_1$ and $\lambda_2$ are the eigenvalues of the Hessian.) The ratio
# $\kappa = \lambda_2/\lambda_1$ decides. The best rate makes both factors equally large, $1 - \eta\lambda_1 = -(1 - \eta\lambda_2)$, that is
#
# $$\eta = \frac{2}{\lambda_1 + \lambda_2}, \qquad \text{and both are}\quad \frac{\kappa - 1}{\kappa + 1} = \frac{19}{21} .$$

# %%
from autograd_lite import grad

lams = (1.0, 20.0)
kappa = lams[1] / lams[0]
start = (-4.0, 1.0)


def valley(x, y):
    return lams[0] / 2 * x**2 + lams[1] / 2 * y**2


def walk(optimiser, steps, scale=1.0, **settings):
    """Return the points that an optimiser comes through in the valley, or in one that is ``scale`` times as deep."""
    parameters = [Value(x) for x in start]
    moving = optimiser(parameters, **settings)
    way = [start]
    for _ in range(steps):
        moving.zero_grad()
        (scale * valley(*parameters)).backward()
        moving.step()
        way.append(tuple(p.data for p in parameters))
    return way


def steps_needed(way):
    """Return how many steps it takes until the loss stays below a millionth of that at the start."""
    return max(t for t, point in enumerate(way) if valley(*point) >= 1e-6 * valley(*start)) + 1


best = 2 / sum(lams)
for eta in (0.02, best, 0.099):
    way = walk(SGD, 800, lr=eta)
    for i in range(2):
        assert abs(way[30][i] - (1 - eta * lams[i]) ** 30 * start[i]) < 1e-12
    print(f"η = {eta:.4f}: {steps_needed(way)} steps")
factors = [1 - best * lam for lam in lams]
assert abs(factors[0] - (kappa - 1) / (kappa + 1)) < 1e-12 and abs(factors[0] + factors[1]) < 1e-12
assert steps_needed(walk(SGD, 800, lr=best)) < min(steps_needed(walk(SGD, 800, lr=eta)) for eta in (0.02, 0.099))

# %%
from viz import draw_curves

draw_curves(
    {"η = 0.02": walk(SGD, 40, lr=0.02), "η = 2/(λ₁ + λ₂)": walk(SGD, 40, lr=best)},
    x="x",
    y="y",
    over=valley,
    title="Forty steps of gradient descent in a valley; the thin lines have equal loss",
)

# %% [markdown]
# A small rate is slow along the valley, a large one wastes its steps across. How long is the valley of a real problem? A single
# linear neuron learns the price of flats from their area $a$, between 50 and 150 m², with the loss $\frac12 (w a + b - \text{price})^2$ in the
# mean. Its Hessian knows no prices: it holds the means of $a^2$, of $a$, and of 1. If one first takes away the mean of $a$ and
# divides by its spread, the valley is round:


# %%
def ratio_of_curvatures(a):
    """Return κ of the Hessian ((mean of a², mean of a), (mean of a, 1)), from its trace and determinant."""
    mean, square = sum(a) / len(a), sum(x * x for x in a) / len(a)
    half, det = (square + 1) / 2, square - mean**2
    spread = max(0.0, half**2 - det) ** 0.5
    return (half + spread) / (half - spread)


areas = [50.0 + 10 * i for i in range(11)]
mean = sum(areas) / len(areas)
deviation = (sum((a - mean) ** 2 for a in areas) / len(areas)) ** 0.5
raw, standardised = ratio_of_curvatures(areas), ratio_of_curvatures([(a - mean) / deviation for a in areas])
print(f"κ of the areas {raw:.0f}, of the standardised ones {standardised:.3f}")
assert raw > 1e5 and abs(standardised - 1) < 1e-6

# %% [markdown]
# ## Momentum
#
# Across the valley the gradient changes its sign from step to step; along it, it stays. So add up the gradients, and what changes its sign
# cancels. With a *velocity* $v$ that keeps a part $\mu$ of itself:
#
# $$v \leftarrow \mu v + g, \qquad x \leftarrow x - \eta v .$$
#
# A number first: on a slope with $g = 1$ throughout and $\mu = 0.9$, the velocity is 1, then 1.9, 2.71, and in the end
# $1 + \mu + \mu^2 + \dots = 1/(1 - \mu) = 10$. The steps become ten times as long.

# %%
mu, v = 0.9, 0.0
velocities = []
for _ in range(200):
    v = mu * v + 1.0
    velocities.append(v)
print([round(v, 3) for v in velocities[:3]], "...", round(velocities[-1], 3))
assert abs(velocities[2] - 2.71) < 1e-12 and abs(v - 1 / (1 - mu)) < 1e-6

# %% [markdown]
# In a bowl, $g = \lambda x$. Put $v = (x_{t-1} - x_t)/\eta$ into the two rules, and what is left is a rule for $x$ with a memory of two steps:
#
# $$x_{t+1} = (1 + \mu - \eta\lambda)\, x_t - \mu\, x_{t-1} .$$
#
# Try $x_t = r^t$: then $r^2 - (1 + \mu - \eta\lambda)\, r + \mu = 0$. The product of the two roots is $\mu$. Where they are complex, both have the size
# $\sqrt\mu$, for *every* such $\lambda$ and $\eta$: so both directions of the valley can be equally fast. The best is
#
# $$\sqrt\mu = \frac{\sqrt\kappa - 1}{\sqrt\kappa + 1}, \qquad \eta = \frac{(1 + \sqrt\mu)^2}{\lambda_2}$$
#
# with $\sqrt\kappa$ where there was $\kappa$: for $\kappa = 20$, 0.63 instead of 0.90 a step.

# %%
root = (kappa**0.5 - 1) / (kappa**0.5 + 1)
mu, eta = root**2, (1 + root) ** 2 / lams[1]
way = walk(SGD, 100, lr=eta, momentum=mu)
for lam, xs in zip(lams, zip(*way)):
    for before, x, after in zip(xs[:30], xs[1:], xs[2:]):
        assert abs(after - ((1 + mu - eta * lam) * x - mu * before)) < 1e-12
    assert abs((1 + mu - eta * lam) ** 2 - 4 * mu) < 1e-12  # the two roots have just met
plain = walk(SGD, 200, lr=best)
print(f"a step keeps {factors[0]:.2f}, with momentum {root:.2f}")
print(f"plain {steps_needed(plain)} steps, with momentum {steps_needed(way)}")
assert 3 * steps_needed(way) < steps_needed(plain)

# %% [markdown]
# ## Nesterov: look where you are going
#
# Momentum takes the gradient here, then goes on with the velocity anyway. Nesterov (1983) takes it where the velocity is about to lead:
#
# $$v \leftarrow \mu v + L'(x - \eta\mu v), \qquad x \leftarrow x - \eta v .$$
#
# If the ground rises ahead, the brake comes a step earlier. Libraries write the same with the place ahead as the parameter,
# so that no gradient is taken anywhere else; then the step is $v \leftarrow \mu v + g$, $x \leftarrow x - \eta\,(g + \mu v)$.

# %%
eta, mu = 0.03, 0.8
x, v = list(start), [0.0, 0.0]
ahead = []
for _ in range(30):
    there = [x[i] - eta * mu * v[i] for i in range(2)]
    ahead.append(there)
    g = grad(valley, (0, 1))(*there)
    v = [mu * v[i] + g[i] for i in range(2)]
    x = [x[i] - eta * v[i] for i in range(2)]
library = walk(SGD, 29, lr=eta, momentum=mu, nesterov=True)
assert all(abs(a - b) < 1e-12 for p, q in zip(ahead, library) for a, b in zip(p, q))

# %% [markdown]
# How far is too far now? A way diverges when one root $r$ leaves the circle of radius 1; the first to do so is $r = -1$. Put it into
# $r^2 - (1 + \mu - \eta\lambda) r + \mu = 0$, and into Nesterov's $r^2 - (1 + \mu)(1 - \eta\lambda)\, r + \mu (1 - \eta\lambda) = 0$:
#
# $$\eta < \frac{2}{\lambda} \text{ plain}, \qquad \eta < \frac{2 (1 + \mu)}{\lambda} \text{ with momentum}, \qquad
# \eta < \frac{2 (1 + \mu)}{(1 + 2\mu)\, \lambda} \text{ Nesterov} .$$
#
# Momentum bears nearly twice the rate; Nesterov, which brakes by what it sees ahead, bears less than plain descent. A hair below and
# above each:

# %%
mu, lam = 0.8, lams[1]
limits = {
    "plain": (2 / lam, {}),
    "momentum": (2 * (1 + mu) / lam, {"momentum": mu}),
    "Nesterov": (2 * (1 + mu) / ((1 + 2 * mu) * lam), {"momentum": mu, "nesterov": True}),
}
for name, (limit, settings) in limits.items():
    below, above = (abs(walk(SGD, 600, lr=part * limit, **settings)[-1][1]) for part in (0.99, 1.01))
    print(f"{name}: up to η = {limit:.3f}; after 600 steps |y| = {below:.0e} just below, {above:.0e} just above")
    assert below < 0.2 < 5 < above

# %% [markdown]
# ## Adam: a rate for each parameter
#
# The valley has two curvatures and one rate. Adam (Kingma and Ba, 2015) divides each step by the usual size of its own gradient:
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1)\, g, \qquad s \leftarrow \beta_2 s + (1 - \beta_2)\, g^2, \qquad
# x \leftarrow x - \eta\, \frac{m / (1 - \beta_1^t)}{\sqrt{s / (1 - \beta_2^t)} + \varepsilon} .$$
#
# $m$ is a running mean of $g$, $s$ one of $g^2$. Both begin at 0 and are too small at first: after $t$ steps the weights
# of what they have seen add up to $1 - \beta^t$, hence the division. A number first: in step 1, $m/(1 - \beta_1) = g$ and
# $s/(1 - \beta_2) = g^2$. The first step is $\eta\, g/|g|$: its length is $\eta$, whether $g$ is 0.001 or 1000. ($\varepsilon = 10^{-8}$ is
# there for a gradient of 0.)

# %%
from nn import Adam

for slope in (0.001, 1000.0):
    x = Value(5.0)
    x.grad = slope
    Adam([x], lr=0.1).step()
    print(f"g = {slope:g}: x = {x.data:.4f}")
    assert abs(x.data - (5 - 0.1 * slope / (slope + 1e-8))) < 1e-12

eta, beta_1, beta_2, eps = 0.3, 0.9, 0.999, 1e-8
x, m, s = list(start), [0.0, 0.0], [0.0, 0.0]
by_hand = [start]
for t in range(1, 41):
    g = grad(valley, (0, 1))(*x)
    for i in range(2):
        m[i] = beta_1 * m[i] + (1 - beta_1) * g[i]
        s[i] = beta_2 * s[i] + (1 - beta_2) * g[i] ** 2
        x[i] -= eta * (m[i] / (1 - beta_1**t)) / ((s[i] / (1 - beta_2**t)) ** 0.5 + eps)
    by_hand.append(tuple(x))
adam = walk(Adam, 40, lr=0.3)
assert all(abs(a - b) < 1e-12 for p, q in zip(by_hand, adam) for a, b in zip(p, q))

# %%
draw_curves(
    {
        "momentum": walk(SGD, 40, lr=0.03, momentum=0.8),
        "Nesterov": walk(SGD, 40, lr=0.03, momentum=0.8, nesterov=True),
        "Adam": adam,
    },
    x="x",
    y="y",
    over=valley,
    title="Forty steps in the same valley",
)

# %% [markdown]
# Momentum swings through the floor of the valley, Nesterov less, and Adam sets out diagonally: at first both parameters move by
# $\eta$ a step, however different their slopes. The other side of this: near the bottom its steps do not get small by themselves as
# the slope does. How many steps each takes:

# %%
ways = {
    "plain": plain,
    "momentum": walk(SGD, 400, lr=0.03, momentum=0.8),
    "Nesterov": walk(SGD, 400, lr=0.03, momentum=0.8, nesterov=True),
    "Adam": walk(Adam, 400, lr=0.3),
}
for name, way in ways.items():
    print(f"{name}: {steps_needed(way)} steps")
swing = {name: max(y for _, y in ways[name][4:]) for name in ("momentum", "Nesterov")}
assert swing["Nesterov"] < 0.5 * swing["momentum"]
assert (
    steps_needed(ways["Nesterov"]) < steps_needed(ways["momentum"]) < steps_needed(plain) < steps_needed(ways["Adam"])
)

# %% [markdown]
# Here, with curvatures that we know and rates that suit them, Adam is the slowest. It is made for when one does not know them: let
# the valley be a thousand times as deep, and plain descent is thrown out of it by the same rate, while Adam takes the same steps:

# %%
deep = walk(Adam, 40, scale=1000.0, lr=0.3)
thrown = walk(SGD, 3, scale=1000.0, lr=best)
print(
    f"Adam's last point {adam[-1][0]:.4f}, a thousand times as deep {deep[-1][0]:.4f}; plain: y = {thrown[-1][1]:.0e}"
)
assert all(abs(a - b) < 1e-6 for p, q in zip(adam, deep) for a, b in zip(p, q)) and abs(thrown[-1][1]) > 1e6

# %% [markdown]
# ## Schedules: large first, then small
#
# Trained in batches, a gradient is that of the loss plus noise. Say $g = \lambda x + n$, where $n$ has mean 0 and variance $\sigma^2$. Then
# $x$ does not come to 0 but trembles around it, and its variance $V$ no longer changes when
#
# $$V = (1 - \eta\lambda)^2\, V + \eta^2 \sigma^2, \qquad\text{so}\qquad V = \frac{\eta\, \sigma^2}{\lambda\, (2 - \eta\lambda)} .$$
#
# Half the rate, about half the variance: a large $\eta$ arrives soon, a small one stays close. A *schedule* takes both, one after the
# other. `fit(schedule=…)` multiplies the rate by a function of the epoch:

# %%
import random

from nn.schedules import cosine, step_decay, warmup


def trembling(steps, rate, lam=1.0, sigma=1.0):
    """Return the way of x from 5 with gradients that are noisy."""
    rng, x, way = random.Random(0), 5.0, []
    for t in range(steps):
        x -= rate(t) * (lam * x + rng.gauss(0.0, sigma))
        way.append(x)
    return way


for eta in (0.4, 0.1):
    after = trembling(20000, lambda t: eta)[200:]
    V = sum(x * x for x in after) / len(after)
    print(f"η = {eta}: variance {V:.4f}, by the formula {eta / (2 - eta):.4f}")
    assert abs(V / (eta / (2 - eta)) - 1) < 0.1

schedules = {
    "constant": lambda epoch: 1.0,
    "step_decay(30)": step_decay(30, factor=0.3),
    "cosine(100)": cosine(100),
    "warmup(10), then cosine": warmup(10, cosine(90)),
}
draw_curves(
    {name: [(t, schedule(t)) for t in range(101)] for name, schedule in schedules.items()},
    x="epoch",
    y="factor",
    title="Schedules",
)

# %%
ends = {name: [] for name in schedules}
for name, schedule in schedules.items():
    last = trembling(100 * 200, lambda t: 0.4 * schedule(t % 100))[99::100]  # 200 trainings, each from the last
    ends[name] = sum(x * x for x in last) / len(last)
    print(f"{name}: variance at the end {ends[name]:.4f}")
assert ends["cosine(100)"] < 0.2 * ends["constant"] and ends["step_decay(30)"] < 0.2 * ends["constant"]

# %% [markdown]
# *Warm-up* is meant for the beginning: as long as Adam's means have seen little, steps are kept short.
#
# ## Clipping: when one gradient is too much
#
# A bowl has the same curvature everywhere, a network has not. Take $L = x^4$ with slope $4x^3$. A step gives
# $x\,(1 - 4\eta x^2)$, which is nearer to 0 only where $4\eta x^2 < 2$: for $|x| < 1/\sqrt{2\eta}$. Whatever the rate, there is a start
# from which it diverges, faster and faster: lesson 13 calls that exploding. With $\eta = 0.05$ the border is $\sqrt{10} = 3.162$.

# %%
import math

quartic = lambda x: x**4
eta = 0.05
border = 1 / math.sqrt(2 * eta)
below, above = (descend(quartic, part * border, eta, 5) for part in (0.99, 1.01))
print("below:", [round(x, 2) for x in below])
print("above:", [round(x, 2) for x in above])
assert abs(below[-1]) < border < abs(above[-1])
assert all(abs(b - a * (1 - 4 * eta * a * a)) < 1e-9 * abs(a) for a, b in zip(below, below[1:]))

# %% [markdown]
# *Clipping* keeps the direction of the gradient and bounds its norm: $g \leftarrow g \cdot \min(1, c/\|g\|)$. Of $(3, 4)$, whose norm is 5, with
# $c = 1$ there remains $(0.6, 0.8)$. Far out the steps are then all of length $\eta c$, and near the bottom nothing is changed.

# %%
from nn import clip_gradients

x, y = Value(0.0), Value(0.0)
x.grad, y.grad = 3.0, 4.0
norm = clip_gradients([x, y], 1.0)
assert norm == 5.0 and abs(x.grad - 0.6) < 1e-12 and abs(y.grad - 0.8) < 1e-12

c, x = 10.0, Value(10.0)
way = [x.data]
for _ in range(40):
    x.grad = 0.0
    quartic(x).backward()
    clip_gradients([x], c)
    SGD([x], lr=eta).step()
    way.append(x.data)
print("from 10, clipped:", [round(x, 2) for x in way[:4]], "...", round(way[-1], 2))
assert all(abs(a - b - eta * c) < 1e-12 for a, b in zip(way[:17], way[1:])) and abs(way[-1]) < 0.7

# %% [markdown]
# ## What was shown
#
# - In a bowl of curvature $\lambda$ a step multiplies by $1 - \eta\lambda$; beyond $\eta = 2/\lambda$ it diverges. The steepest direction sets the
#   rate, the flattest sets the time.
# - The ratio $\kappa$ of the two is the length of the valley; inputs that are standardised make it shorter.
# - Momentum adds up what keeps its sign; the time goes with $\sqrt\kappa$ instead of $\kappa$. Nesterov takes the gradient ahead, and swings less.
# - Adam gives each parameter a step of about $\eta$, whatever the size of its gradient.
# - With noisy gradients the rate decides how close one stays; schedules lower it. Clipping bounds one step, and keeps its direction.
#
# ## Exercises
#
# **Exercise 1.** $L = 5x^2$. From which $\eta$ on does gradient descent diverge?

# %%
from viz import Exercise

check_1 = Exercise(
    2 / 10,
    because=r"The slope is $10x$, so $\lambda = 10$, and the limit is $2/\lambda$.",
    slips={
        r"$\lambda$ is the second derivative, 10, not the 5 in front": 2 / 5,
        r"that is $1/\lambda$: there it arrives in one step": 1 / 10,
    },
)

# %% [markdown]
# **Exercise 2.** $\mu = 0.9$, $\eta = 0.1$, and the gradient is 2 all the way. How long are the steps in the end?

# %%
check_2 = Exercise(
    0.1 * 2 / (1 - 0.9),
    because=r"The velocity tends to $g/(1 - \mu) = 20$, and the step is $\eta$ times that.",
    slips={
        "that is a step without momentum": 0.2,
        r"that is the velocity; the step is $\eta$ times it": 20,
        r"that is the second step, $\eta\,(1 + \mu)\, g$; the velocity goes on growing": 0.38,
    },
)

# %% [markdown]
# **Exercise 3.** Adam with $\eta = 0.01$; in its first step a parameter has the gradient −300. By how much does the parameter change?

# %%
check_3 = Exercise(
    0.01,
    because=r"The first step is $-\eta\, g/|g|$: its size is $\eta$, and it goes against the gradient.",
    slips={
        "against the gradient, which is negative here": -0.01,
        "that is plain gradient descent": 3.0,
        r"without the division by $1 - \beta^t$ the step would be $0.1/\sqrt{0.001}$ times as long": 0.01
        * 0.1
        / 0.001**0.5,
    },
)

# %% [markdown]
# **Exercise 4.** The gradient $(6, -8)$ is clipped to the norm 5. What is left?

# %%
check_4 = Exercise(
    (3, -4),
    because="Its norm is 10, so both are halved: the direction stays.",
    slips={
        "each by itself: that changes the direction": (5, -5),
        "the norm is $\\sqrt{6^2 + 8^2} = 10$, above 5": (6, -8),
        "that has the norm 1": (0.6, -0.8),
    },
)
