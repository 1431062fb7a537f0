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
# # 22. A small GPT
#
# **Question:** a program reads thousands of names and then writes new ones; what has it learned, and by which of its lines?
#
# **Builds on:** lesson 2, lesson 6, lesson 13, lesson 21.
#
# Uncover a name letter by letter, and guess the next one each time. Whoever guesses well knows what names are like, and can also
# write one: guess a letter, write it down, guess the next. A GPT does just that. For each letter there is, it says how likely it is to
# come next.
#
# How good is a guess? If the letter that came had been given the probability ¼, the loss is $-\log \frac14 = 1.386$ (lesson 6), and
# $e^{1.386} = 4$: as good as choosing blindly among four. This number, $e$ to the mean loss, is the *perplexity*. Who chooses
# blindly among 27 has a loss of 3.296. One who gives ½ at the first letter and ⅛ at the second has the perplexity 4 again.

# %%
import math


def perplexity(losses):
    return math.exp(sum(losses) / len(losses))


for given in ([1 / 4], [1 / 27], [1 / 2, 1 / 8]):
    losses = [-math.log(p) for p in given]
    print(f"mean loss {sum(losses) / len(losses):.3f}, perplexity {perplexity(losses):.0f}")
assert round(-math.log(1 / 4), 3) == 1.386 and round(-math.log(1 / 27), 3) == 3.296
assert abs(perplexity([math.log(2), math.log(8)]) - 4) < 1e-12

# %% [markdown]
# ## From characters to tokens
#
# A network computes with numbers, so the letters are numbered, 0 to 25. What is numbered is called a *token*; large models number
# pieces of words, but the rest is the same. One more token, 26, stands before and behind every name, so that how names begin and
# when they are over can be learned too. (The names are those of `pip install "autograd-lite[data]"`, of many languages.)

# %%
import random
from itertools import pairwise

from nn.data import names

LETTERS, END, PLACES = "abcdefghijklmnopqrstuvwxyz", 26, 8


def tokens(name):
    return [END, *map(LETTERS.index, name), END]


rng = random.Random(0)
known = names(longest=PLACES - 1)
rng.shuffle(known)
held_out, train = known[:500], known[500:]
print(f"{len(train)} names to learn from, {len(held_out)} to be tested on, such as {', '.join(held_out[:3])}")
print("anna is", tokens("anna"))
assert tokens("anna") == [26, 0, 13, 13, 0, 26] and len(train) > 10_000

# %% [markdown]
# ## What is to be beaten
#
# The simplest guess counts. How often does each letter come? And better: how often does each come after the one before it? That is
# a table of 27 × 27 numbers, a *bigram*. (One is added to each count: a pair that never came is rare, not impossible.)

# %%
from collections import Counter

alone = Counter(token for name in train for token in tokens(name)[1:])
pairs = Counter(pair for name in train for pair in pairwise(tokens(name)))
before = Counter(token for name in train for token in tokens(name)[:-1])


def bigram(token, following):
    return (pairs[token, following] + 1) / (before[token] + 27)


def loss_of_counting(guess, names):
    losses = [-math.log(guess(*pair)) for name in names for pair in pairwise(tokens(name))]
    return sum(losses) / len(losses)


blind = math.log(27)
of_letters = loss_of_counting(lambda _, following: (alone[following] + 1) / (alone.total() + 27), held_out)
of_pairs = loss_of_counting(bigram, held_out)
for name, loss in (("blindly", blind), ("letters alone", of_letters), ("bigram", of_pairs)):
    print(f"{name}: loss {loss:.3f}, perplexity {math.exp(loss):.1f}")
print(f"seven letters back: a table of {27**7:.0e} rows, and {alone.total()} letters in all to fill it")
assert of_pairs + 0.2 < of_letters < blind - 0.2 and 12 < math.exp(of_pairs) < 14
assert 10_000 * alone.total() < 27**7

# %% [markdown]
# So one letter back narrows the choice from 27 to some 13. To look back further, a table is of no use: nearly all its rows would
# be empty. The network is to look back to the beginning of the name, with fewer numbers than that.
#
# ## A vector for each token
#
# The number 13 of the letter n means nothing: n is not half of 26. So each token gets a row of numbers that are learned, its
# *embedding*. To take row $i$ of a table is to multiply the table by a vector of zeros with a 1 at $i$, and the gradient reaches that
# row alone:

# %%
from autograd_lite import Value, dot, take

table = [[Value(0.3), Value(-0.1)], [Value(0.5), Value(0.2)], [Value(-0.4), Value(0.7)]]
row = take(table, 1)
assert [x.data for x in row] == [dot(column, [0.0, 1.0, 0.0]).data for column in zip(*table)] == [0.5, 0.2]
dot(row, [3.0, 4.0]).backward()
print([[x.grad for x in row] for row in table])
assert [[x.grad for x in row] for row in table] == [[0.0, 0.0], [3.0, 4.0], [0.0, 0.0]]

# %% [markdown]
# ## All vectors of one size
#
# Before layers read a vector, it is divided by the root of the mean of its squares (*RMSNorm*). Of (3, 4) the mean square is 12.5, its root
# 3.54, and the vector becomes (0.85, 1.13). So does (30, 40): how long it was is forgotten, its direction stays.
#
# $$r = \sqrt{\tfrac1n \textstyle\sum_j x_j^2 + \varepsilon}, \qquad y_i = \frac{x_i}{r}, \qquad
# \bar x_i = \frac1r \Big( \bar y_i - y_i \cdot \tfrac1n \textstyle\sum_j \bar y_j y_j \Big) .$$
#
# As in lesson 13, $\bar x$ is the gradient of the loss in $x$. The first term is the division. The second comes from $r$, in which every $x_i$
# stands, and it takes away just what would have made the vector longer or shorter. ($\varepsilon$ keeps a vector of zeros from being divided by 0.)

# %%
from autograd_lite import rsqrt


def normed(x):
    scale = rsqrt(dot(x, x) / len(x) + 1e-5)
    return [a * scale for a in x]


x, y_bar = [Value(3.0), Value(4.0)], [1.0, -2.0]
y = normed(x)
dot(y, y_bar).backward()
r = math.sqrt(12.5 + 1e-5)
mean = sum(g * a.data for g, a in zip(y_bar, y)) / 2
for a, b, g in zip(x, y, y_bar):
    assert abs(a.grad - (g - b.data * mean) / r) < 1e-12
along = sum(a.grad * a.data for a in x)
print(f"(3, 4) becomes ({y[0].data:.2f}, {y[1].data:.2f}); along the vector the gradient is {along:.1e}")
assert [round(b.data, 2) for b in y] == [round(b, 2) for b in normed([30.0, 40.0])] == [0.85, 1.13]
assert abs(along) < 1e-5  # 0, but for ε

# %% [markdown]
# ## Attention, by hand
#
# Now each place may look back. It asks with a *query*, every place has a *key* and a *value*, and the better query and key fit, the more of
# that value is taken. With one number each, and three places: the third asks with 1, the keys are 0, log 4 and log 5. Softmax makes
# of the products $0, \log 4, \log 5$ the shares 1 : 4 : 5, that is 0.1, 0.4 and 0.5. The values 8, 0 and 4 in these shares are
# $0.8 + 0 + 2 = 2.8$, and that is what the third place finds.
#
# With vectors of $d$ numbers, place $i$ finds
#
# $$s_{ij} = \frac{q_i \cdot k_j}{\sqrt d}, \qquad a_{ij} = \frac{e^{s_{ij}}}{\sum_{l \le i} e^{s_{il}}}, \qquad o_i = \sum_{j \le i} a_{ij}\, v_j .$$
#
# It looks at itself and back, never ahead ($j \le i$): the letter to be guessed must not be seen. So a name of seven letters is eight
# exercises at once, one at each place.

# %%
from autograd_lite import softmax
from viz import draw_attention


def attend(query, keys, values):
    """Return what a place finds, and its shares."""
    shares = softmax([dot(query, key) / math.sqrt(len(query)) for key in keys])
    return [dot(shares, column) for column in zip(*values)], shares


queries, keys, values = [[1.0], [-1.0], [1.0]], [[0.0], [math.log(4)], [math.log(5)]], [[8.0], [0.0], [4.0]]
found = [attend(query, keys[: i + 1], values[: i + 1]) for i, query in enumerate(queries)]
for letter, ((mix,), shares) in zip("mia", found):
    print(f"{letter} finds {mix:.1f}, in the shares {', '.join(f'{share:.1f}' for share in shares)}")
assert all(abs(share - true) < 1e-12 for share, true in zip(found[2][1], (0.1, 0.4, 0.5)))
assert abs(found[2][0][0] - 2.8) < 1e-12
draw_attention("mia", [shares for _, shares in found], title="Who looks at whom")

# %% [markdown]
# Backwards, let $\bar o$ arrive at the output of one place. Through the sum, $\bar v_j = a_j\, \bar o$ and $\bar a_j = \bar o \cdot v_j$; through the
# softmax (its matrix is in lesson 6) that becomes
#
# $$\bar s_j = a_j \Big( \bar a_j - \sum_l a_l\, \bar a_l \Big) = a_j\; \bar o \cdot (v_j - o), \qquad
# \bar q = \frac{1}{\sqrt d} \sum_j \bar s_j\, k_j, \qquad \bar k_j = \frac{1}{\sqrt d}\, \bar s_j\, q .$$
#
# In words: to look more at a place moves the output from the mix towards its value. With $\bar o = 1$, the three $\bar s$ are
# $0.1\,(8 - 2.8)$, $0.4\,(0 - 2.8)$ and $0.5\,(4 - 2.8)$: what some gain the others lose.

# %%
query, keys, values = ([[Value(x) for x in row] for row in rows] for rows in (queries[2:], keys, values))
(o,), shares = attend(query[0], keys, values)
o.backward()
s_bar = [share.data * (value[0].data - o.data) for share, value in zip(shares, values)]
assert all(abs(s - true) < 1e-12 for s, true in zip(s_bar, (0.52, -1.12, 0.6))) and abs(sum(s_bar)) < 1e-12
assert abs(query[0][0].grad - sum(s * key[0].data for s, key in zip(s_bar, keys))) < 1e-12
for s, share, key, value in zip(s_bar, shares, keys, values):
    assert abs(key[0].grad - s * query[0][0].data) < 1e-12 and abs(value[0].grad - share.data) < 1e-12
print("gradients of the scores:", [round(s, 2) for s in s_bar])

# %% [markdown]
# Two remarks. Attention does not know what comes before what: exchange two earlier places, keys and values together, and the
# same is found. That is why each *place* gets an embedding too, which is added to that of its token. And why $\sqrt d$? A product of
# vectors of $d$ numbers has a variance of $d$ (lesson 17). Undivided, the scores of long vectors lie so far apart that softmax gives
# nearly all to one place, and to the others hardly a gradient.

# %%
numbers = lambda rows: [[x.data for x in row] for row in rows]
turned = attend([1.0], *(numbers([rows[1], rows[0], rows[2]]) for rows in (keys, values)))[0]
assert abs(turned[0] - o.data) < 1e-12

d, tries, draw = 64, 100, random.Random(1)
vector = lambda: [draw.gauss(0, 1) for _ in range(d)]
largest, variance = {"undivided": 0.0, "by √d": 0.0}, 0.0
for _ in range(tries):
    query, keys = vector(), [vector() for _ in range(8)]
    scores = [dot(query, key) for key in keys]
    variance += dot(scores, scores) / 8 / tries
    largest["undivided"] += max(softmax(scores)) / tries
    largest["by √d"] += max(softmax([s / math.sqrt(d) for s in scores])) / tries
for name, share in largest.items():
    print(f"{name}: the largest of 8 shares is {share:.2f} on average")
assert abs(variance / d - 1) < 0.2 and largest["undivided"] > 0.8 and largest["by √d"] < 0.5

# %% [markdown]
# ## The sum that everything is added to
#
# What a layer finds does not take the place of $x$; it is added: $y = x + f(x)$. So $x$ is used twice, and by lesson 2 its gradient is
# a sum of two terms:
#
# $$\bar x = \bar y + f'(x)\, \bar y .$$
#
# With $f(x) = \tanh(x/2)$ at $x = 1$ and $\bar y = 1$: 1 comes by the direct way, and $\frac12 (1 - \tanh^2 \frac12) = 0.393$ by the other.

# %%
from autograd_lite import explain, tanh

x = Value(1.0, "x")
f = tanh(0.5 * x)
y = x + f
f.label, y.label = "f", "y"
e = explain(y)
terms = e.uses(e.named("x").index)
print(" + ".join(f"{term.contribution:.3f}" for term in terms), f"= {terms[-1].total:.3f}")
y.backward()
assert abs(x.grad - (1 + 0.5 * (1 - math.tanh(0.5) ** 2))) < 1e-12 and round(x.grad - 1, 3) == 0.393

# %%
from viz import play

play(y)

# %% [markdown]
# By the direct way the gradient reaches the first of many layers. Let $f(x) = 0.1\, x$, twenty times in a row: if each takes the place of
# what was there, $0.1^{20}$ of the gradient arrives; if each is added, $1.1^{20} = 6.7$. It is the remedy of lesson 13, a memory that is added to. The row of
# sums that runs through all blocks is called the *residual stream*: each layer reads it, and adds what it found.

# %%
x = Value(1.0)
replaced = added = x
for _ in range(20):
    replaced, added = 0.1 * replaced, added + 0.1 * added
replaced.backward()
reached = x.grad
x.grad = 0.0
added.backward()
print(f"replaced {reached:.0e}, added {x.grad:.1f}")
assert abs(reached / 0.1**20 - 1) < 1e-12 and abs(x.grad / 1.1**20 - 1) < 1e-12

# %% [markdown]
# ## The whole network
#
# A token comes in; its embedding and that of its place are added. Then two layers read the stream and add to
# it: attention, and a network of two layers as in lesson 3, here with 32 hidden units and $\max(0, x)$. Of what there is at the end, a last layer reads
# off 27 scores. Attention has two *heads*: each has one half of the numbers of query, key and value, and can look elsewhere.
# What was seen, keys and values, is kept for the places to come.

# %%
from autograd_lite import relu

SIZE, HEADS = 8, 2


def matrix(rows, columns):
    return [[Value(rng.gauss(0, 0.08)) for _ in range(columns)] for _ in range(rows)]


p = {"token": matrix(27, SIZE), "place": matrix(PLACES, SIZE), "scores": matrix(27, SIZE)}
p |= {name: matrix(SIZE, SIZE) for name in ("query", "key", "value", "found")}
p |= {"up": matrix(4 * SIZE, SIZE), "down": matrix(SIZE, 4 * SIZE)}
parameters = [w for rows in p.values() for row in rows for w in row]


def linear(rows, x):
    return [dot(row, x) for row in rows]


def added(x, y):
    return [a + b for a, b in zip(x, y)]


def looked(y, keys, values):
    """Return what the heads find together, and the shares of each."""
    query, found, looks, d = linear(p["query"], y), [], [], SIZE // HEADS
    for first in range(0, SIZE, d):
        head = slice(first, first + d)
        mix, shares = attend(query[head], [key[head] for key in keys], [value[head] for value in values])
        found, looks = found + mix, [*looks, shares]
    return linear(p["found"], found), looks


def step(token, place, keys, values):
    """Return the scores of what may come after a token, and who looked at whom; what was seen grows by one."""
    x = normed(added(take(p["token"], token), p["place"][place]))
    y = normed(x)
    keys.append(linear(p["key"], y))
    values.append(linear(p["value"], y))
    found, looks = looked(y, keys, values)
    x = added(x, found)
    hidden = [relu(z) for z in linear(p["up"], normed(x))]
    x = added(x, linear(p["down"], hidden))
    return linear(p["scores"], x), looks


print(f"{len(parameters)} parameters")
assert len(parameters) == 27 * 8 + 8 * 8 + 27 * 8 + 4 * 8 * 8 + 2 * 4 * 8 * 8

# %% [markdown]
# ## The loss of a name
#
# At each place cross-entropy in its stable form, $\log \sum_j e^{z_j} - z_{\text{next}}$; its gradient in the scores is $p - y$ (lesson 6).
# Each place counts with a weight, so that the mean over names becomes that over all tokens; the places that a shorter name leaves empty
# have the weight 0. Untrained, the network guesses blindly:

# %%
from autograd_lite import logsumexp, sum_of


def loss(tokens, targets, weights):
    keys, values, terms = [], [], []
    for place, (token, target, weight) in enumerate(zip(tokens, targets, weights)):
        scores, _ = step(token, place, keys, values)
        terms.append(weight * (logsumexp(scores) - take(scores, target)))
    return sum_of(terms)


def rows(names):
    """Return for each name tokens, targets and weights, all of the same length."""
    share, made = len(names) / sum(len(name) + 1 for name in names), []
    for name in names:
        numbers, empty = tokens(name), PLACES - len(name) - 1
        used = len(numbers) - 1
        made.append((numbers[:-1] + [END] * empty, numbers[1:] + [END] * empty, [share] * used + [0.0] * empty))
    return [list(column) for column in zip(*made)]


scores, _ = step(END, 0, [], [])
(logsumexp(scores) - scores[0]).backward()  # a is true
probabilities = softmax([z.data for z in scores])
assert all(abs(z.grad - (q - (i == 0))) < 1e-12 for i, (z, q) in enumerate(zip(scores, probabilities)))

anna = loss(*(row[0] for row in rows(["anna"])))
print(f"anna, untrained: {anna.data:.3f}")
assert abs(anna.data - blind) < 0.2

# %% [markdown]
# ## Adam
#
# The step is Adam's, which lesson 21 explains: a running mean $m$ of the gradients divided by the root of a running mean $v$ of their squares.
# At the first step these are $g$ and $\sqrt{g^2}$, so every number moves by the learning rate, whether its gradient is 0.001 or 1000.

# %%
from nn import Adam


def adam(x, g, m, v, t, lr, beta1=0.85, beta2=0.99):
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
    return x - lr * (m / (1 - beta1**t)) / ((v / (1 - beta2**t)) ** 0.5 + 1e-8), m, v


for gradients in ([0.001, 0.002, -0.001], [1000.0, 500.0, 2000.0]):
    x, m, v, ours = Value(1.0), 0.0, 0.0, [1.0]
    theirs = Adam([x], lr=0.01, betas=(0.85, 0.99))
    for t, x.grad in enumerate(gradients, start=1):
        moved, m, v = adam(ours[-1], x.grad, m, v, t, lr=0.01)
        ours.append(moved)
        theirs.step()
        assert abs(ours[-1] - x.data) < 1e-12
    print(f"gradient {gradients[0]:g}: the first step is {ours[1] - ours[0]:+.4f}")
    assert abs(ours[0] - ours[1] - 0.01) < 1e-6

# %% [markdown]
# ## The same code, compiled
#
# Already *anna* is a graph of some three thousand nodes. `compile` (lesson 18) records such a graph once, for all names, and finds in it the
# sums of products it consists of. Not a line above is changed, and loss and gradient are the same:

# %%
import time

import numpy as np

from autograd_lite import compile, mean_of
from autograd_lite.graph import topological_order

fast = compile(loss, parameters=parameters, batched=True, reduce="mean").trainer()
sixteen = rows(train[:16])
batch = [np.array(column) for column in sixteen]
compiled_loss, compiled_gradient = fast.value_and_grad(*batch)

for w in parameters:
    w.grad = 0.0
start = time.perf_counter()
one_by_one = mean_of([loss(*name) for name in zip(*sixteen)])
one_by_one.backward()
slowly = (time.perf_counter() - start) / 16
start = time.perf_counter()
for _ in range(10):
    fast.value_and_grad(*batch)
quickly = (time.perf_counter() - start) / 160
print(f"one name: {len(topological_order(anna))} nodes")
print(f"loss and gradient: node by node {slowly * 1e6:.0f} µs a name, compiled {quickly * 1e6:.0f} µs")
assert abs(compiled_loss - one_by_one.data) < 1e-12
assert max(abs(g - w.grad) for g, w in zip(compiled_gradient, parameters)) < 1e-12
assert quickly < slowly / 10

# %% [markdown]
# ## Training
#
# Eight hundred steps of Adam, each on 32 names drawn at random, with a learning rate that falls to 0. All parameters are one array here,
# and so are $m$ and $v$: the function above moves them all at once. To compare with more than pairs, `nn.characters` counts triples too.

# %%
from nn import characters
from viz import draw_curves

learned, tested = ([np.array(column) for column in rows(part)] for part in (train, held_out))
steps, m, v = 800, 0.0, 0.0
curve = [(0, fast.value_and_grad(*tested)[0])]
for t in range(1, steps + 1):
    at = rng.choices(range(len(train)), k=32)
    _, g = fast.value_and_grad(*(column[at] for column in learned))
    fast.parameters[:], m, v = adam(fast.parameters, g, m, v, t, lr=0.03 * (1 - t / steps))
    if t % 100 == 0:
        curve.append((t, fast.value_and_grad(*tested)[0]))
fast.write_back()
of_gpt = curve[-1][1]
counted = [[tokens(name) for name in part] for part in (train, held_out)]
of_pairs_again, of_triples = (characters.entropy(*counted, 27, context=n) for n in (1, 2))
print(f"on {len(held_out)} names it has not seen: loss {of_gpt:.3f}, perplexity {math.exp(of_gpt):.1f}")
print(f"bigram: {of_pairs:.3f}; a table of {27**3} triples: {of_triples:.3f}")
assert of_gpt < of_pairs - 0.1 and of_gpt < of_triples and abs(of_pairs_again - of_pairs) < 1e-12
flat = lambda loss: [(0, loss), (steps, loss)]
draw_curves(
    {"GPT": curve, "bigram": flat(of_pairs), "letters alone": flat(of_letters)},
    x="step",
    y="loss on names not seen",
    title="A GPT of 1264 parameters overtakes the table of pairs",
)

# %% [markdown]
# Where does it gain over the table of pairs? Take the look back away: of what was seen, keep the last place alone, or the last two. Then
# ask again, with the parameters as they are:

# %%
p = {name: numbers(rows) for name, rows in p.items()}  # plain numbers, now that no gradient is asked for


def loss_looking_back(names, memory):
    losses = []
    for name in names:
        keys, values = [], []
        for place, (token, target) in enumerate(pairwise(tokens(name))):
            scores, _ = step(token, place, keys, values)
            losses.append(logsumexp(scores) - scores[target])
            if len(keys) == memory:
                del keys[0], values[0]
    return sum(losses) / len(losses)


some = held_out[:100]
back = {memory: loss_looking_back(some, memory) for memory in (1, 2, PLACES)}
print(f"bigram {loss_of_counting(bigram, some):.3f}")
for memory, loss in back.items():
    print(f"places seen, at most {memory}: {loss:.3f}")
assert abs(back[1] - loss_of_counting(bigram, some)) < 0.1 and back[PLACES] < back[1] - 0.1
assert back[PLACES] < back[2] + 0.01 < back[1]

# %% [markdown]
# A place that sees itself alone guesses as well as the table of pairs. All that is gained is gained by looking back, most of it by the
# first place back. Whom does the first head look at in *maria*? The dot is the token before the name.

# %%
keys, values, looks = [], [], []
for place, token in enumerate(tokens("maria")[:-1]):
    looks.append(step(token, place, keys, values)[1])
first, second = zip(*looks)
assert all(abs(sum(shares) - 1) < 1e-12 for shares in first + second)
assert max(abs(a - b) for pair in zip(first, second) for a, b in zip(*pair)) > 0.1  # the other looks elsewhere
draw_attention("·maria", first, title="Whom the first head looks at, trained")

# %% [markdown]
# ## Writing: the temperature
#
# To write, one draws a token from the probabilities, appends it, and asks again, until the name is over. The scores may be divided by a
# *temperature* $T$ before:
#
# $$p_i = \frac{e^{z_i/T}}{\sum_j e^{z_j/T}} .$$
#
# Of the scores 2, 1 and 0 softmax makes 0.67, 0.24 and 0.09. At $T = \frac12$ these are 0.87, 0.12 and 0.02: the likely becomes likelier. At
# $T = 2$ they are 0.51, 0.31 and 0.19. The hotter, the more alike; near 0 the first always wins. How much choice is left, the
# *entropy* $-\sum_i p_i \log p_i$ tells: the loss that these probabilities expect of themselves.


# %%
def warmed(scores, temperature):
    return softmax([z / temperature for z in scores])


def entropy(probabilities):
    return -sum(q * math.log(q) for q in probabilities)


for temperature in (0.5, 1.0, 2.0):
    probabilities = warmed([2.0, 1.0, 0.0], temperature)
    print(f"T = {temperature}: {', '.join(f'{q:.2f}' for q in probabilities)}; entropy {entropy(probabilities):.2f}")
assert [round(q, 2) for q in warmed([2.0, 1.0, 0.0], 1.0)] == [0.67, 0.24, 0.09]
assert [round(q, 2) for q in warmed([2.0, 1.0, 0.0], 0.5)] == [0.87, 0.12, 0.02]
assert [round(q, 2) for q in warmed([2.0, 1.0, 0.0], 2.0)] == [0.51, 0.31, 0.19]
assert max(warmed([2.0, 1.0, 0.0], 0.01)) > 0.999 and entropy(warmed([2.0, 1.0, 0.0], 1000.0)) > math.log(3) - 1e-5

# %% [markdown]
# Now it writes, ever hotter; at the end, to compare, the table of pairs. New is what is in none of the names.


# %%
def write(guess):
    """Return a name, each token drawn from the probabilities that the guess gives after those before it."""
    token, name = END, ""
    while len(name) < PLACES:
        (token,) = rng.choices(range(27), guess(token, len(name)))
        if token == END:
            break
        name += LETTERS[token]
    return name


def by_pairs(token, place):
    return [bigram(token, following) for following in range(27)]


def by_gpt(temperature):
    keys, values = [], []

    def guess(token, place):
        scores, _ = step(token, place, keys, values)
        probabilities = warmed(scores, temperature)
        doubts.append(entropy(probabilities))
        return probabilities

    return guess


mean_doubts = []
for temperature in (0.3, 0.7, 1.0, 2.0):
    doubts = []
    written = [write(by_gpt(temperature)) for _ in range(30)]
    mean_doubts.append(sum(doubts) / len(doubts))
    new = [name for name in written if name and name not in known]
    print(f"GPT, T = {temperature}, {len(new)} of 30 new:", *new[:8])
print("bigram:", *(write(by_pairs) for _ in range(8)))
assert mean_doubts == sorted(mean_doubts) and new

# %% [markdown]
# ## Where each line comes from
#
# | line | explained in |
# |---|---|
# | `dot(row, x)` | lesson 1: a weighted sum and its gradients |
# | `backward()`, `added(x, found)` | lesson 2: the gradients of all uses add |
# | `up`, `relu`, `down` | lesson 3: two layers; lesson 17: the slope of ReLU |
# | `linear` | lesson 5: the shapes of a layer |
# | `softmax`, `logsumexp` | lesson 6: $p - y$, and the stable form |
# | `take` | lesson 12: as with the maximum, the gradient goes to the chosen alone |
# | `place`, the same weights at every one | lesson 13: they collect a term of each |
# | `held_out` | lesson 15: what training must not see |
# | `rng.gauss(0, 0.08)`, `math.sqrt(d)` | lesson 17: how large a sum of products is |
# | `compile` | lesson 18: recorded once, derivatives and all |
# | the asserts on gradients | lesson 20: is the gradient right? |
# | `adam`, the falling rate | lesson 21: how far to go |
# | `normed`, `attend`, `warmed` | here |
#
# The idea is not ours. *microgpt* (Andrej Karpathy, 2026) is a GPT in some two hundred lines of plain Python on a scalar `Value`, twice as wide as this one;
# `autograd-lite train names` trains one of its size. Attention in this form comes from *Attention is all you need* (Ashish Vaswani and
# others, 2017), the sum around each layer from residual networks (Kaiming He and others, 2015), RMSNorm from Biao Zhang and Rico Sennrich (2019).
#
# ## What was shown
#
# - A GPT turns a row of tokens into probabilities of the next; training makes $-\log p$ of what came small, and $e$ to that is the perplexity.
# - Attention is a softmax of products $q \cdot k$, and a sum of values in these shares; to look more at a place moves the output from the mix towards its value.
# - What a layer finds is added, so that the gradient has a direct way: the plus sign of lesson 2.
# - 1264 numbers beat the tables of pairs and of triples on names that they have not seen; without the look back they do no better than the pairs.
# - The scalar code is compiled as it is, to the same loss and gradient, in less than a tenth of the time.
#
# ## Exercises
#
# **Exercise 1.** A network gives the three letters of a name that came the probabilities ½, ¼ and ⅛. What is its perplexity?

# %%
from viz import Exercise

check_1 = Exercise(
    perplexity([math.log(2), math.log(4), math.log(8)]),
    because="The mean of log 2, log 4 and log 8 is log 4: the perplexity is the geometric mean of 2, 4 and 8.",
    slips={
        "that is the mean loss; the perplexity is $e$ to it": math.log(4),
        "that is the mean of 2, 4 and 8; the logarithms are averaged": 14 / 3,
        "that is one over the mean probability; the logarithms are averaged": 24 / 7,
        "that is the loss in bits": 2.0,
    },
)

# %% [markdown]
# **Exercise 2.** A place asks with $q = (2, 0)$. The keys are $(0, 1)$ and $(\frac{\log 3}{\sqrt 2}, 5)$, the values 8 and 4. What does it find?

# %%
(mix_2,), _ = attend([2.0, 0.0], [[0.0, 1.0], [math.log(3) / math.sqrt(2), 5.0]], [[8.0], [4.0]])
check_2 = Exercise(
    mix_2,
    because=r"The products are 0 and $\sqrt 2 \log 3$, divided by $\sqrt 2$ they are 0 and log 3: the shares are ¼ and ¾.",
    slips={
        "that is the plain mean: the shares are not equal": 6.0,
        "the shares are the wrong way round": 7.0,
        r"the products are divided by $\sqrt d$ before the softmax": 8 - 4 / (1 + 3 ** -math.sqrt(2)),
        "that is the value with the largest share alone": 4.0,
    },
)

# %% [markdown]
# **Exercise 3.** $y = x + f(x)$ with $f'(x) = -0.4$, and the gradient 2 arrives at $y$. What is the gradient in $x$?

# %%
check_3 = Exercise(
    2 * (1 - 0.4),
    because=r"2 comes by the direct way and $2 \cdot (-0.4)$ by the other.",
    slips={
        "that is the way through $f$ alone": 2 * -0.4,
        "that is the direct way alone": 2.0,
        "the slope of $f$ is negative: its term is taken away": 2 * 1.4,
        "that is the local gradient: what arrives multiplies it": 0.6,
    },
)

# %% [markdown]
# **Exercise 4.** Write the probability of the first of two tokens with the scores $a$ and $b$ at the temperature $T$.

# %%
check_4 = Exercise(
    lambda a, b, T: 1 / (1 + math.exp((b - a) / T)),
    because=r"$\frac{e^{a/T}}{e^{a/T} + e^{b/T}} = \sigma\big(\frac{a - b}{T}\big)$: the sigmoid of the difference.",
    slips={
        "the scores are divided by $T$, not multiplied": lambda a, b, T: 1 / (1 + math.exp((b - a) * T)),
        "the scores are divided, not the probability": lambda a, b, T: 1 / (1 + math.exp(b - a)) / T,
        "that is the probability of the second": lambda a, b, T: 1 / (1 + math.exp((a - b) / T)),
        "that is $T = 1$": lambda a, b, T: 1 / (1 + math.exp(b - a)),
    },
    at=[(2.0, 1.0, 0.5), (-1.0, 0.5, 2.0), (0.3, 1.7, 1.5)],
)
