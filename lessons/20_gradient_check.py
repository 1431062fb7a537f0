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
# # 20. Is the gradient right?
#
# **Question:** a program hands you a gradient; how do you find out whether it is right without believing the program?
#
# **Builds on:** lesson 4, lesson 7.
#
# Try it out. The gradient of $x^3$ at 2 should be 12. Go a little to the right and a little to the left:
# $(2.01^3 - 1.99^3)/0.02 = 12.0001$. One-sided, $(2.01^3 - 2^3)/0.01 = 12.0601$: a worse answer for the same step.
#
# $$f'(x) \approx \frac{f(x + h) - f(x)}{h}, \qquad f'(x) \approx \frac{f(x + h) - f(x - h)}{2h} .$$

# %%
import math


def one_sided(f, x, h):
    return (f(x + h) - f(x)) / h


def central(f, x, h):
    return (f(x + h) - f(x - h)) / (2 * h)


cubed = lambda x: x**3
print(f"central {central(cubed, 2.0, 0.01):.4f}, one-sided {one_sided(cubed, 2.0, 0.01):.4f}")
assert round(central(cubed, 2.0, 0.01), 4) == 12.0001 and round(one_sided(cubed, 2.0, 0.01), 4) == 12.0601

# %% [markdown]
# ## The smaller the better?
#
# Taylor's series says how far off they are. With $f(x \pm h) = f \pm h f' + \frac{h^2}{2} f'' \pm \frac{h^3}{6} f''' + \dots$
#
# $$\frac{f(x + h) - f(x)}{h} = f' + \frac{h}{2} f'' + \dots, \qquad \frac{f(x + h) - f(x - h)}{2h} = f' + \frac{h^2}{6} f''' + \dots$$
#
# In the central difference the term with $f''$ cancels: a tenth of the step, a hundredth of the error. So make the step tiny? The
# numbers themselves are rounded, to about $\varepsilon = 10^{-16}$ of their size, and the difference of two nearly equal numbers,
# divided by $h$, makes that an error of about $\varepsilon / h$. One error falls with $h$, the other grows. For $e^x$ at 1:

# %%
from viz import draw_curves

exponents = [k / 4 for k in range(2, 57)]  # h = 10^-k
errors = {
    name: [(k, max(abs(rule(math.exp, 1.0, 10**-k) - math.e), 1e-17)) for k in exponents]
    for name, rule in (("one-sided", one_sided), ("central", central))
}
best = {name: min(points, key=lambda point: point[1]) for name, points in errors.items()}
for name, (k, error) in best.items():
    print(f"{name}: the smallest error, {error:.0e}, at h = 1e-{k:g}")
assert best["central"][1] < 1e-9 < errors["central"][0][1] and errors["central"][-1][1] > 1e-5
assert 4 < best["central"][0] < 7 and 6 < best["one-sided"][0] < 10
for name, order in (("one-sided", 1), ("central", 2)):
    at = dict(errors[name])
    assert abs(math.log10(at[1.0] / at[2.0]) - order) < 0.1
draw_curves(errors, x="k, with h = 10^-k", y="error", log=True, title="The error of a difference against its step")

# %% [markdown]
# Two V's. On the left of each the series is to blame, on the right the rounding. The central one turns where $h^2 \approx
# \varepsilon/h$, near $h = \sqrt[3]{\varepsilon}$, and is right to some ten digits there; the one-sided one to some eight. No step gives
# all sixteen. A check that asks for more finds mistakes where there are none.
#
# ## Where there is a kink
#
# At the kink of $\max(0, x)$ the slopes are 0 from the left and 1 from the right, and the central difference says ½, which is
# neither. That is no mistake of the rule. `gradient_report` tells the two apart:

# %%
from autograd_lite import GradientError, Operation, check_gradients, gradient_report, relu, sigmoid

print(central(lambda x: max(0.0, x), 0.0, 1e-6))
report = gradient_report(relu, 0.0, order=1, modes=["reverse"])
print(report.derivatives[0])
assert report.passed and "kink" in str(report.derivatives[0])

# %% [markdown]
# ## Four mistakes, and what finds them
#
# Lesson 4 took four formulas from a text: $\sigma = 1/(1 - e^{-z})$; $\sigma' = \sigma(z)\,\sigma(1 - z)$; $\delta$ with the sign of $y - \hat y$;
# and a $\delta_j$ without its sum. Compare each with a central difference of what it claims to differentiate.


# %%
def sigma(z):
    return 1 / (1 + math.exp(-z))


def loss(a, w, y):
    """One hidden activation feeds two sigmoid neurons."""
    return sum(0.5 * (sigma(wk * a) - yk) ** 2 for wk, yk in zip(w, y))


a, w, y = 0.6, [0.5, -2.0], [1.0, 0.0]
out = [sigma(wk * a) for wk in w]
deltas = [(o - yk) * o * (1 - o) for o, yk in zip(out, y)]
pole = lambda z: 1 / (1 - math.exp(-z))
claims = {
    "σ with a minus": (central(pole, 0.7, 1e-5), pole(0.7) * (1 - pole(0.7))),
    "σ(z)·σ(1 − z)": (central(sigma, 0.7, 1e-5), sigma(0.7) * sigma(1 - 0.7)),
    "y − ŷ": (
        central(lambda z: 0.5 * (sigma(z) - 1) ** 2, 0.7, 1e-5),
        (1 - sigma(0.7)) * sigma(0.7) * (1 - sigma(0.7)),
    ),
    "no sum": (central(lambda a: loss(a, w, y), a, 1e-5), w[0] * deltas[0]),
    "the sum": (central(lambda a: loss(a, w, y), a, 1e-5), sum(wk * d for wk, d in zip(w, deltas))),
}
found = {name: abs(numeric - claimed) > 1e-8 for name, (numeric, claimed) in claims.items()}
for name, (numeric, claimed) in claims.items():
    print(f"{name:>15}: numerically {numeric:+.6f}, claimed {claimed:+.6f}  {'wrong' if found[name] else 'right'}")
assert list(found.values()) == [False, True, True, True, False]

# %% [markdown]
# Three are found, and the first is not: the slope of $1/(1 - e^{-z})$ *is* $\sigma(1 - \sigma)$. A gradient check compares a formula with
# its own function; whether it is the function you wanted, it cannot know. That takes another kind of test, a *property*: the
# sigmoid lies between 0 and 1.

# %%
points = [k / 10 for k in range(-50, 51) if k]
assert all(0 < sigma(z) < 1 for z in points)
assert not any(0 < pole(z) < 1 for z in points)

# %% [markdown]
# ## Let the machine look for the example
#
# The engine does the comparison with steps that suit the point, in both modes, and names the rule that is wrong:

# %%
wrong = Operation("σ", lambda z: sigmoid(z), lambda out, z: out * sigmoid(1 - z))
try:
    check_gradients(wrong, 0.7)
    told = ""
except GradientError as problem:
    told = str(problem)
print(told)
assert "the rule of 'σ' is wrong" in told

# %% [markdown]
# One point of one function is little. Property-based testing draws the functions as well: `expressions()` makes small graphs of the
# engine's operations at points inside their domains, and each of them must agree with its differences. A failure would be
# shrunk to the smallest graph that shows it. (This cell needs `pip install "autograd-lite[testing]"`.)

# %%
from hypothesis import given, settings

from autograd_lite.testing import expressions, properties

checked = []


@settings(max_examples=30, derandomize=True, database=None, deadline=None)
@given(expressions(max_nodes=6))
def every_graph_agrees(graph):
    properties.agrees_with_central_differences(graph)
    checked.append(graph)


every_graph_agrees()
print(f"{len(checked)} graphs, one of them {checked[-1]}")
assert len(checked) >= 30

# %% [markdown]
# ## What was shown
#
# - The central difference has an error of $h^2$ from the series and one of $\varepsilon/h$ from rounding; the best step lies between,
#   and leaves some ten digits.
# - At a kink a difference says neither of the two slopes; a check must know that from a mistake.
# - Of the four mistakes of lesson 4 differences find three. The first has the right slope of the wrong function, and a property
#   finds it.
# - Graphs can be drawn at random, and each be held to its own differences.
#
# ## Exercises
#
# **Exercise 1.** The central difference with $h = 0.1$ is off by 0.002. By how much is it off with $h = 0.01$, about?

# %%
from viz import Exercise

check_1 = Exercise(
    0.002 / 100,
    because="The error goes with $h^2$, as long as rounding is small.",
    slips={
        "that is the one-sided difference: its error goes with $h$": 0.002 / 10,
        "the square of a tenth is a hundredth": 0.002 / 1000,
        "a smaller step is better here, rounding is far away": 0.002,
    },
)

# %% [markdown]
# **Exercise 2.** What does the central difference say about $|x|$ at 0, for any $h$?

# %%
check_2 = Exercise(
    central(abs, 0.0, 1e-4),
    because="$(h - h)/2h = 0$: the mean of the two slopes, −1 and 1, and neither of them.",
    slips={
        "that is the slope from the right": 1.0,
        "that is the slope from the left": -1.0,
        r"that is what it says about $\max(0, x)$": 0.5,
    },
)

# %% [markdown]
# **Exercise 3.** A gradient check finds that the numerical gradient is exactly $-1$ times yours, in every parameter of the last layer and
# before it. Which of the four mistakes is it? Answer with its number, in the order above.

# %%
check_3 = Exercise(
    3,
    because=r"The sign of $y - \hat y$ is in every $\delta$ of the last layer, and goes on to all before it.",
    slips={
        "that one is not found by differences at all": 1,
        "that one changes the slope by another factor at every point": 2,
        "that one leaves the last layer right": 4,
    },
)
