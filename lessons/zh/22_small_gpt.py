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
# # 22. 一个小 GPT
#
# **问题：** 一个程序读了成千上万个名字，然后写出新的名字；它学到了什么，靠的是哪几行代码？
#
# **先修：** 第 2 课、第 6 课、第 13 课、第 21 课。
#
# 把一个名字逐个字母地揭开，每次都先猜下一个字母。猜得准的人知道名字是什么样的，也就会写名字：猜一个字母，写下来，再猜下一个。GPT 做的正是这件事。
# 对于每一个字母，它都说出接下来是它的可能性有多大。
#
# 怎样衡量猜得好不好？如果给真正出现的字母的概率是 ¼，损失就是 $-\log \frac14 = 1.386$（第 6 课），而 $e^{1.386} = 4$：相当于在四个里面盲目地选一个。
# 这个数，即 $e$ 的“平均损失”次方，叫作*困惑度*。在 27 个里面盲目地选，损失是 3.296。第一个字母给 ½、第二个给 ⅛ 的人，困惑度也是 4。

# %%
import math


def perplexity(losses):
    return math.exp(sum(losses) / len(losses))


for given in ([1 / 4], [1 / 27], [1 / 2, 1 / 8]):
    losses = [-math.log(p) for p in given]
    print(f"平均损失 {sum(losses) / len(losses):.3f}，困惑度 {perplexity(losses):.0f}")
assert round(-math.log(1 / 4), 3) == 1.386 and round(-math.log(1 / 27), 3) == 3.296
assert abs(perplexity([math.log(2), math.log(8)]) - 4) < 1e-12

# %% [markdown]
# ## 从字符到词元
#
# 网络用数来计算，所以先给字母编号，从 0 到 25。被编号的东西叫作*词元*；大模型给词的片段编号，其余都一样。还有一个词元 26，放在每个名字的前面和后面，
# 这样，名字怎样开头、什么时候结束，也就学得会。（名字取自 `pip install "autograd-lite[data]"`，来自许多语言。）

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
print(f"用 {len(train)} 个名字学习，用 {len(held_out)} 个检验，例如 {', '.join(held_out[:3])}")
print("anna 是", tokens("anna"))
assert tokens("anna") == [26, 0, 13, 13, 0, 26] and len(train) > 10_000

# %% [markdown]
# ## 要胜过的对手
#
# 最简单的猜法是数数。每个字母出现多少次？更好一些：每个字母紧跟在另一个字母后面出现多少次？这是一张 27 × 27 的表，叫作*二元语法*。
# （每个计数都加 1：从没出现过的一对是罕见的，而不是不可能的。）

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
for name, loss in (("瞎猜", blind), ("单个字母", of_letters), ("二元语法", of_pairs)):
    print(f"{name}：损失 {loss:.3f}，困惑度 {math.exp(loss):.1f}")
print(f"往回看七个字母：表有 {27**7:.0e} 行，而填表的字母总共只有 {alone.total()} 个")
assert of_pairs + 0.2 < of_letters < blind - 0.2 and 12 < math.exp(of_pairs) < 14
assert 10_000 * alone.total() < 27**7

# %% [markdown]
# 往回看一个字母，就把选择从 27 个缩小到大约 13 个。要看得更远，查表就行不通了：表里几乎所有的行都会是空的。网络要一直看到名字的开头，而用到的数又要比这少得多。
#
# ## 每个词元一个向量
#
# 字母 n 的编号 13 没有任何含义：n 并不是 26 的一半。所以让每个词元有一行数，这些数是学出来的，叫作它的*嵌入*。
# 取出表的第 $i$ 行，就是用一个第 $i$ 位为 1、其余为 0 的向量去乘这张表；梯度也只到达这一行：

# %%
from autograd_lite import Value, dot, take

table = [[Value(0.3), Value(-0.1)], [Value(0.5), Value(0.2)], [Value(-0.4), Value(0.7)]]
row = take(table, 1)
assert [x.data for x in row] == [dot(column, [0.0, 1.0, 0.0]).data for column in zip(*table)] == [0.5, 0.2]
dot(row, [3.0, 4.0]).backward()
print([[x.grad for x in row] for row in table])
assert [[x.grad for x in row] for row in table] == [[0.0, 0.0], [3.0, 4.0], [0.0, 0.0]]

# %% [markdown]
# ## 让向量一样大
#
# 各层读一个向量之前，先把它除以各分量平方的平均值的平方根（*均方根归一化*，RMSNorm）。(3, 4) 的平方平均是 12.5，开方得 3.54，向量变成 (0.85, 1.13)。
# (30, 40) 也变成它：长度忘掉了，方向还在。
#
# $$r = \sqrt{\tfrac1n \textstyle\sum_j x_j^2 + \varepsilon}, \qquad y_i = \frac{x_i}{r}, \qquad
# \bar x_i = \frac1r \Big( \bar y_i - y_i \cdot \tfrac1n \textstyle\sum_j \bar y_j y_j \Big) .$$
#
# 与第 13 课一样，$\bar x$ 是损失对 $x$ 的梯度。第一项来自除法。第二项来自 $r$，每个 $x_i$ 都在它里面；这一项去掉的，正好是会使向量变长或变短的部分。
# （有了 $\varepsilon$，遇到零向量时就不会除以 0。）

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
print(f"(3, 4) 变成 ({y[0].data:.2f}, {y[1].data:.2f})；沿着向量的方向，梯度是 {along:.1e}")
assert [round(b.data, 2) for b in y] == [round(b, 2) for b in normed([30.0, 40.0])] == [0.85, 1.13]
assert abs(along) < 1e-5  # 0, but for ε

# %% [markdown]
# ## 手算注意力
#
# 现在，每个位置都可以往回看。它用*查询*来问，每个位置都有一个*键*和一个*值*；查询与键越相配，就从那个值里取得越多。先让它们各是一个数，共三个位置：第三个位置的查询是 1，
# 各个键是 0、log 4 和 log 5。softmax 把乘积 $0, \log 4, \log 5$ 变成 1 : 4 : 5，也就是*注意力权重* 0.1、0.4 和 0.5。值 8、0 和 4 按这些权重相加，得
# $0.8 + 0 + 2 = 2.8$，这就是第三个位置找到的东西。
#
# 如果是 $d$ 维向量，第 $i$ 个位置找到
#
# $$s_{ij} = \frac{q_i \cdot k_j}{\sqrt d}, \qquad a_{ij} = \frac{e^{s_{ij}}}{\sum_{l \le i} e^{s_{il}}}, \qquad o_i = \sum_{j \le i} a_{ij}\, v_j .$$
#
# 它看自己和前面的位置，从不往后看（$j \le i$）：要猜的字母不能让它看见。所以，一个七个字母的名字同时是八道练习，每个位置一道。

# %%
from autograd_lite import softmax
from viz import draw_attention


def attend(query, keys, values):
    """返回一个位置找到的东西，以及它的注意力权重。"""
    shares = softmax([dot(query, key) / math.sqrt(len(query)) for key in keys])
    return [dot(shares, column) for column in zip(*values)], shares


queries, keys, values = [[1.0], [-1.0], [1.0]], [[0.0], [math.log(4)], [math.log(5)]], [[8.0], [0.0], [4.0]]
found = [attend(query, keys[: i + 1], values[: i + 1]) for i, query in enumerate(queries)]
for letter, ((mix,), shares) in zip("mia", found):
    print(f"{letter} 找到 {mix:.1f}，注意力权重是 {', '.join(f'{share:.1f}' for share in shares)}")
assert all(abs(share - true) < 1e-12 for share, true in zip(found[2][1], (0.1, 0.4, 0.5)))
assert abs(found[2][0][0] - 2.8) < 1e-12
draw_attention("mia", [shares for _, shares in found], title="谁在看谁", lang="zh")

# %% [markdown]
# 反过来，设 $\bar o$ 到达某个位置的输出。经过求和，$\bar v_j = a_j\, \bar o$，$\bar a_j = \bar o \cdot v_j$；再经过 softmax（它的矩阵见第 6 课），就得到
#
# $$\bar s_j = a_j \Big( \bar a_j - \sum_l a_l\, \bar a_l \Big) = a_j\; \bar o \cdot (v_j - o), \qquad
# \bar q = \frac{1}{\sqrt d} \sum_j \bar s_j\, k_j, \qquad \bar k_j = \frac{1}{\sqrt d}\, \bar s_j\, q .$$
#
# 用文字说明：多看某个位置一点，输出就从混合值向它的值移动一点。取 $\bar o = 1$，三个 $\bar s$ 就是 $0.1\,(8 - 2.8)$、$0.4\,(0 - 2.8)$ 和 $0.5\,(4 - 2.8)$：
# 有的增加多少，其余的就减少多少。

# %%
query, keys, values = ([[Value(x) for x in row] for row in rows] for rows in (queries[2:], keys, values))
(o,), shares = attend(query[0], keys, values)
o.backward()
s_bar = [share.data * (value[0].data - o.data) for share, value in zip(shares, values)]
assert all(abs(s - true) < 1e-12 for s, true in zip(s_bar, (0.52, -1.12, 0.6))) and abs(sum(s_bar)) < 1e-12
assert abs(query[0][0].grad - sum(s * key[0].data for s, key in zip(s_bar, keys))) < 1e-12
for s, share, key, value in zip(s_bar, shares, keys, values):
    assert abs(key[0].grad - s * query[0][0].data) < 1e-12 and abs(value[0].grad - share.data) < 1e-12
print("得分的梯度：", [round(s, 2) for s in s_bar])

# %% [markdown]
# 还有两点。注意力不知道谁先谁后：把前面两个位置连键带值交换一下，找到的东西不变。所以每个*位置*也有一个嵌入，加在词元的嵌入上。那么，为什么要除以 $\sqrt d$？
# 两个 $d$ 维向量的点积，方差是 $d$（第 17 课）。如果不除，长向量的得分就相差太远，softmax 几乎把全部权重给了一个位置，其余位置几乎得不到梯度。

# %%
numbers = lambda rows: [[x.data for x in row] for row in rows]
turned = attend([1.0], *(numbers([rows[1], rows[0], rows[2]]) for rows in (keys, values)))[0]
assert abs(turned[0] - o.data) < 1e-12

d, tries, draw = 64, 100, random.Random(1)
vector = lambda: [draw.gauss(0, 1) for _ in range(d)]
largest, variance = {"不除": 0.0, "除以 √d": 0.0}, 0.0
for _ in range(tries):
    query, keys = vector(), [vector() for _ in range(8)]
    scores = [dot(query, key) for key in keys]
    variance += dot(scores, scores) / 8 / tries
    largest["不除"] += max(softmax(scores)) / tries
    largest["除以 √d"] += max(softmax([s / math.sqrt(d) for s in scores])) / tries
for name, share in largest.items():
    print(f"{name}：8 个权重中最大的平均是 {share:.2f}")
assert abs(variance / d - 1) < 0.2 and largest["不除"] > 0.8 and largest["除以 √d"] < 0.5

# %% [markdown]
# ## 一切都加在一个和上
#
# 一层找到的东西并不取代 $x$，而是加上去：$y = x + f(x)$。于是 $x$ 用了两次，由第 2 课，它的梯度是两项之和：
#
# $$\bar x = \bar y + f'(x)\, \bar y .$$
#
# 取 $f(x) = \tanh(x/2)$，$x = 1$，$\bar y = 1$：直接的路传来 1，另一条路传来 $\frac12 (1 - \tanh^2 \frac12) = 0.393$。

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

play(y, lang="zh")

# %% [markdown]
# 沿着直接的路，梯度能到达许多层中的第一层。设 $f(x) = 0.1\, x$，连做二十次：如果每次都取代原来的数，到达的梯度是 $0.1^{20}$；如果每次都加上去，是 $1.1^{20} = 6.7$。
# 这就是第 13 课的办法，一个往上加的记忆。贯穿各块的这一串和，叫作*残差流*：每一层从中读取，再把找到的东西加进去。

# %%
x = Value(1.0)
replaced = added = x
for _ in range(20):
    replaced, added = 0.1 * replaced, added + 0.1 * added
replaced.backward()
reached = x.grad
x.grad = 0.0
added.backward()
print(f"取代：{reached:.0e}，相加：{x.grad:.1f}")
assert abs(reached / 0.1**20 - 1) < 1e-12 and abs(x.grad / 1.1**20 - 1) < 1e-12

# %% [markdown]
# ## 整个网络
#
# 一个词元进来，它的嵌入与位置的嵌入相加。然后有两处读取残差流，再往上加：一处是注意力，另一处是第 3 课那样的两层网络，这里有 32 个隐藏单元，激活函数是 $\max(0, x)$。
# 到了最后，由一个线性层读出 27 个得分。注意力有两个*头*：查询、键和值各分一半给每个头，它们可以看不同的地方。看过的东西，也就是键和值，留给后面的位置用。

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
    """返回各个头一起找到的东西，以及每个头的注意力权重。"""
    query, found, looks, d = linear(p["query"], y), [], [], SIZE // HEADS
    for first in range(0, SIZE, d):
        head = slice(first, first + d)
        mix, shares = attend(query[head], [key[head] for key in keys], [value[head] for value in values])
        found, looks = found + mix, [*looks, shares]
    return linear(p["found"], found), looks


def step(token, place, keys, values):
    """返回下一个词元的得分，以及谁看了谁；看过的东西增加一个。"""
    x = normed(added(take(p["token"], token), p["place"][place]))
    y = normed(x)
    keys.append(linear(p["key"], y))
    values.append(linear(p["value"], y))
    found, looks = looked(y, keys, values)
    x = added(x, found)
    hidden = [relu(z) for z in linear(p["up"], normed(x))]
    x = added(x, linear(p["down"], hidden))
    return linear(p["scores"], x), looks


print(f"参数共 {len(parameters)} 个")
assert len(parameters) == 27 * 8 + 8 * 8 + 27 * 8 + 4 * 8 * 8 + 2 * 4 * 8 * 8

# %% [markdown]
# ## 一个名字的损失
#
# 在每个位置，用稳定写法的交叉熵 $\log \sum_j e^{z_j} - z_{\text{next}}$；它对得分的梯度是 $p - y$（第 6 课）。每个位置带一个权重，使得对名字的平均等于对所有词元的平均；
# 较短的名字空出来的位置，权重是 0。还没有训练时，网络只是瞎猜：

# %%
from autograd_lite import logsumexp, sum_of


def loss(tokens, targets, weights):
    keys, values, terms = [], [], []
    for place, (token, target, weight) in enumerate(zip(tokens, targets, weights)):
        scores, _ = step(token, place, keys, values)
        terms.append(weight * (logsumexp(scores) - take(scores, target)))
    return sum_of(terms)


def rows(names):
    """返回每个名字的词元、目标和权重，长度都相同。"""
    share, made = len(names) / sum(len(name) + 1 for name in names), []
    for name in names:
        numbers, empty = tokens(name), PLACES - len(name) - 1
        used = len(numbers) - 1
        made.append((numbers[:-1] + [END] * empty, numbers[1:] + [END] * empty, [share] * used + [0.0] * empty))
    return [list(column) for column in zip(*made)]


scores, _ = step(END, 0, [], [])
(logsumexp(scores) - scores[0]).backward()  # 真实答案是 a
probabilities = softmax([z.data for z in scores])
assert all(abs(z.grad - (q - (i == 0))) < 1e-12 for i, (z, q) in enumerate(zip(scores, probabilities)))

anna = loss(*(row[0] for row in rows(["anna"])))
print(f"anna，未训练：{anna.data:.3f}")
assert abs(anna.data - blind) < 0.2

# %% [markdown]
# ## Adam
#
# 更新用的是第 21 课讲的 Adam：梯度的滑动平均 $m$，除以梯度平方的滑动平均 $v$ 的平方根。第一步时，这两个是 $g$ 和 $\sqrt{g^2}$，所以不论梯度是 0.001 还是 1000，
# 每个数都移动一个学习率的距离。

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
    print(f"梯度 {gradients[0]:g}：第一步是 {ours[1] - ours[0]:+.4f}")
    assert abs(ours[0] - ours[1] - 0.01) < 1e-6

# %% [markdown]
# ## 同样的代码，编译之后
#
# 单是“anna”就是一张约三千个节点的计算图。`compile`（第 18 课）把这样的图记录一次，供所有名字使用，并在其中找出构成它的乘积之和。上面的代码一行也没有改，损失和梯度也都相同：

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
print(f"一个名字：{len(topological_order(anna))} 个节点")
print(f"损失和梯度：逐个节点，每个名字 {slowly * 1e6:.0f} µs；编译后 {quickly * 1e6:.0f} µs")
assert abs(compiled_loss - one_by_one.data) < 1e-12
assert max(abs(g - w.grad) for g, w in zip(compiled_gradient, parameters)) < 1e-12
assert quickly < slowly / 10

# %% [markdown]
# ## 训练
#
# 做八百步 Adam，每步随机抽 32 个名字，学习率逐渐降到 0。这里，全部参数是一个数组，$m$ 和 $v$ 也是：上面的函数一次移动全部参数。为了再找一个更强的对手，用 `nn.characters` 统计三个一组的（三元语法）。

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
print(f"在 {len(held_out)} 个没有见过的名字上：损失 {of_gpt:.3f}，困惑度 {math.exp(of_gpt):.1f}")
print(f"二元语法：{of_pairs:.3f}；三元语法，{27**3} 个数的表：{of_triples:.3f}")
assert of_gpt < of_pairs - 0.1 and of_gpt < of_triples and abs(of_pairs_again - of_pairs) < 1e-12
flat = lambda loss: [(0, loss), (steps, loss)]
draw_curves(
    {"GPT": curve, "二元语法": flat(of_pairs), "单个字母": flat(of_letters)},
    x="步",
    y="没有见过的名字上的损失",
    title="1264 个参数的 GPT 胜过二元语法的表",
    lang="zh",
)

# %% [markdown]
# 它比二元语法好，好在哪里？把往回看的能力拿走：看过的东西只留最后一个位置，或者最后两个位置。参数不变，再猜一次：

# %%
p = {name: numbers(rows) for name, rows in p.items()}  # 不再求梯度，只要普通的数


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
print(f"二元语法 {loss_of_counting(bigram, some):.3f}")
for memory, loss in back.items():
    print(f"最多看 {memory} 个位置：{loss:.3f}")
assert abs(back[1] - loss_of_counting(bigram, some)) < 0.1 and back[PLACES] < back[1] - 0.1
assert back[PLACES] < back[2] + 0.01 < back[1]

# %% [markdown]
# 只看得见自己的位置，猜得与二元语法一样好。多出来的本领全靠往回看，其中大部分靠的是往回看第一个位置。在“maria”里，第一个头在看谁？圆点是名字前面的词元。

# %%
keys, values, looks = [], [], []
for place, token in enumerate(tokens("maria")[:-1]):
    looks.append(step(token, place, keys, values)[1])
first, second = zip(*looks)
assert all(abs(sum(shares) - 1) < 1e-12 for shares in first + second)
assert max(abs(a - b) for pair in zip(first, second) for a, b in zip(*pair)) > 0.1  # 另一个头看别处
draw_attention("·maria", first, title="训练之后，第一个头在看谁", lang="zh")

# %% [markdown]
# ## 写名字：温度
#
# 要写名字，就按概率抽一个词元，接在后面，再问下一个，直到名字结束。得分可以先除以*温度* $T$：
#
# $$p_i = \frac{e^{z_i/T}}{\sum_j e^{z_j/T}} .$$
#
# softmax 把得分 2、1、0 变成 0.67、0.24、0.09。$T = \frac12$ 时，它们是 0.87、0.12、0.02：可能的变得更可能。$T = 2$ 时，是 0.51、0.31、0.19。
# 温度越高，越接近均等；接近 0 时，总是第一个获胜。还剩多少选择余地，由*熵* $-\sum_i p_i \log p_i$ 说明：它就是这些概率对自己预期的损失。


# %%
def warmed(scores, temperature):
    return softmax([z / temperature for z in scores])


def entropy(probabilities):
    return -sum(q * math.log(q) for q in probabilities)


for temperature in (0.5, 1.0, 2.0):
    probabilities = warmed([2.0, 1.0, 0.0], temperature)
    print(f"T = {temperature}: {', '.join(f'{q:.2f}' for q in probabilities)}；熵 {entropy(probabilities):.2f}")
assert [round(q, 2) for q in warmed([2.0, 1.0, 0.0], 1.0)] == [0.67, 0.24, 0.09]
assert [round(q, 2) for q in warmed([2.0, 1.0, 0.0], 0.5)] == [0.87, 0.12, 0.02]
assert [round(q, 2) for q in warmed([2.0, 1.0, 0.0], 2.0)] == [0.51, 0.31, 0.19]
assert max(warmed([2.0, 1.0, 0.0], 0.01)) > 0.999 and entropy(warmed([2.0, 1.0, 0.0], 1000.0)) > math.log(3) - 1e-5

# %% [markdown]
# 现在让它写名字，温度越来越高；最后用二元语法写几个作比较。所谓新，是指不在任何已有的名字之中。


# %%
def write(guess):
    """返回一个名字：每个词元都按 guess 根据前面的词元给出的概率抽取。"""
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
    print(f"GPT，T = {temperature}，30 个中有 {len(new)} 个新的：", *new[:8])
print("二元语法：", *(write(by_pairs) for _ in range(8)))
assert mean_doubts == sorted(mean_doubts) and new

# %% [markdown]
# ## 每一行从哪里来
#
# | 代码 | 在哪里讲解 |
# |---|---|
# | `dot(row, x)` | 第 1 课：加权和及其梯度 |
# | `backward()`、`added(x, found)` | 第 2 课：各处用法的梯度相加 |
# | `up`、`relu`、`down` | 第 3 课：两层；第 17 课：ReLU 的斜率 |
# | `linear` | 第 5 课：一层的形状 |
# | `softmax`、`logsumexp` | 第 6 课：$p - y$，以及稳定的写法 |
# | `take` | 第 12 课：与取最大值一样，梯度只流向被选中的 |
# | `place`，每个位置用同样的权重 | 第 13 课：每个位置给它们一项 |
# | `held_out` | 第 15 课：训练不许看的数据 |
# | `rng.gauss(0, 0.08)`、`math.sqrt(d)` | 第 17 课：乘积之和有多大 |
# | `compile` | 第 18 课：连同导数记录一次 |
# | 对梯度的 assert | 第 20 课：梯度对不对？ |
# | `adam`，下降的学习率 | 第 21 课：一步走多远 |
# | `normed`、`attend`、`warmed` | 本课 |
#
# 这个想法不是我们的。microgpt（Andrej Karpathy，2026）是在标量 `Value` 上用大约两百行纯 Python 写成的 GPT，宽度是这里的两倍；`autograd-lite train names` 训练的就是那么大的一个。
# 这种形式的注意力出自《Attention is all you need》（Ashish Vaswani 等，2017），每层外面的那个和出自残差网络（何恺明等，2015），均方根归一化出自 Biao Zhang 和 Rico Sennrich（2019）。
#
# ## 小结
#
# - GPT 把一串词元变成下一个词元的概率；训练使真正出现者的 $-\log p$ 变小，$e$ 的这个次方就是困惑度。
# - 注意力是对乘积 $q \cdot k$ 做 softmax，再按这些权重把值相加；多看某个位置一点，输出就从混合值向它的值移动一点。
# - 一层找到的东西是加上去的，所以梯度有一条直接的路：第 2 课的那个加号。
# - 在没有见过的名字上，1264 个数胜过了二元语法和三元语法的表；不往回看，就不比二元语法好。
# - 标量代码照原样编译，损失和梯度相同，所花的时间不到十分之一。
#
# ## 练习
#
# **练习 1。** 某个网络给一个名字中出现的三个字母的概率是 ½、¼ 和 ⅛。它的困惑度是多少？

# %%
from viz import Exercise

check_1 = Exercise(
    perplexity([math.log(2), math.log(4), math.log(8)]),
    because="log 2、log 4 和 log 8 的平均是 log 4：困惑度是 2、4、8 的几何平均。",
    slips={
        "这是平均损失；困惑度是 $e$ 的这个次方": math.log(4),
        "这是 2、4、8 的平均；要平均的是对数": 14 / 3,
        "这是平均概率的倒数；要平均的是对数": 24 / 7,
        "这是以比特计的损失": 2.0,
    },
    lang="zh",
)

# %% [markdown]
# **练习 2。** 一个位置的查询是 $q = (2, 0)$。键是 $(0, 1)$ 和 $(\frac{\log 3}{\sqrt 2}, 5)$，值是 8 和 4。它找到的是多少？

# %%
(mix_2,), _ = attend([2.0, 0.0], [[0.0, 1.0], [math.log(3) / math.sqrt(2), 5.0]], [[8.0], [4.0]])
check_2 = Exercise(
    mix_2,
    because=r"点积是 0 和 $\sqrt 2 \log 3$，除以 $\sqrt 2$ 是 0 和 log 3：注意力权重是 ¼ 和 ¾。",
    slips={
        "这是普通的平均：权重并不相等": 6.0,
        "两个权重弄反了": 7.0,
        r"做 softmax 之前，点积要除以 $\sqrt d$": 8 - 4 / (1 + 3 ** -math.sqrt(2)),
        "这只是权重最大的那个值": 4.0,
    },
    lang="zh",
)

# %% [markdown]
# **练习 3。** $y = x + f(x)$，其中 $f'(x) = -0.4$，到达 $y$ 的梯度是 2。$x$ 的梯度是多少？

# %%
check_3 = Exercise(
    2 * (1 - 0.4),
    because=r"直接的路传来 2，另一条路传来 $2 \cdot (-0.4)$。",
    slips={
        "这只是经过 $f$ 的路": 2 * -0.4,
        "这只是直接的路": 2.0,
        "$f$ 的斜率是负的：这一项要减去": 2 * 1.4,
        "这是局部梯度：还要乘以传来的梯度": 0.6,
    },
    lang="zh",
)

# %% [markdown]
# **练习 4。** 两个词元的得分是 $a$ 和 $b$，温度是 $T$。写出第一个词元的概率。

# %%
check_4 = Exercise(
    lambda a, b, T: 1 / (1 + math.exp((b - a) / T)),
    because=r"$\frac{e^{a/T}}{e^{a/T} + e^{b/T}} = \sigma\big(\frac{a - b}{T}\big)$：得分之差的 sigmoid。",
    slips={
        "得分是除以 $T$，不是乘以 $T$": lambda a, b, T: 1 / (1 + math.exp((b - a) * T)),
        "除以 $T$ 的是得分，不是概率": lambda a, b, T: 1 / (1 + math.exp(b - a)) / T,
        "这是第二个词元的概率": lambda a, b, T: 1 / (1 + math.exp((a - b) / T)),
        "这是 $T = 1$ 的情形": lambda a, b, T: 1 / (1 + math.exp(b - a)),
    },
    at=[(2.0, 1.0, 0.5), (-1.0, 0.5, 2.0), (0.3, 1.7, 1.5)],
    lang="zh",
)
