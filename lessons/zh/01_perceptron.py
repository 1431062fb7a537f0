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
# # 1. 感知机
#
# **问题：** 一个神经元的输出差了一点点，它的每个权重该往哪边调，调多少？
#
# 神经元把输入乘上权重，加上偏置，再把结果压弯。这里的神经元小得不能再小：两个输入，外加一个它应当给出的目标值 $y$。
#
# $$z = w_1 x_1 + w_2 x_2 + b, \qquad \hat y = \sigma(z) = \frac{1}{1 + e^{-z}}, \qquad L = \tfrac12 (\hat y - y)^2 .$$
#
# （Rosenblatt 在 1958 年提出的感知机用的是阶跃函数，输出非 0 即 1。阶跃函数处处是平的，说不出该往哪边调；sigmoid 函数
# $\sigma$ 就是磨光了的阶跃。）
#
# 先看具体的数：输入是 1 和 −2，权重是 0.5 和 0.25，偏置是 −0.1，加权和
# $z = 0.5 \cdot 1 + 0.25 \cdot (-2) - 0.1 = -0.1$。神经元的输出略小于 ½，而它应当输出 1，损失约为 0.14。
# 先不写任何公式，直接试一试：每次只把一个参数增加 0.01，其余不动，看 $L$ 怎样变。

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
    print(f"{name} + 0.01，L 变动 {move:+.6f}")

# %% [markdown]
# $w_1$ 和 $b$ 应当调大，$w_2$ 应当调小，而且 $w_2$ 的影响是它们的两倍，因为它的输入是 −2。三个参数要试三次，而一个网络有成千上万个参数。
# 反向传播只走一遍，就能求出所有这些数：对于从参数到 $L$ 途中的每一个数，它都问一句，*如果你变动一点点，*$L$ *会变动多少？*
#
# ## 反向传播，手算
#
# $L$ 依赖于 $\hat y$，$\hat y$ 依赖于 $z$，$z$ 依赖于 $w_i$。链式法则把这条链上的斜率乘起来，
#
# $$\frac{\partial L}{\partial w_i} = \frac{\partial L}{\partial \hat y}\,\frac{\partial \hat y}{\partial z}\,\frac{\partial z}{\partial w_i},$$
#
# 每个箭头对应一个*局部梯度*，从末尾往开头算：
#
# - $\partial L / \partial \hat y = \hat y - y$（损失里的 ½ 就是为了这里好看），
# - $\partial \hat y / \partial z = \dfrac{e^{-z}}{(1 + e^{-z})^2} = \hat y (1 - \hat y)$，即 sigmoid 的斜率，
# - $\partial z / \partial w_i = x_i$，$\partial z / \partial b = 1$。
#
# 前两项的乘积出现在每一个梯度里，所以给它起个名字，叫 $\delta$：
#
# $$\delta = (\hat y - y)\, \hat y (1 - \hat y), \qquad \frac{\partial L}{\partial w_i} = \delta\, x_i, \qquad \frac{\partial L}{\partial b} = \delta .$$

# %%
delta = (y - target) * y * (1 - y)
by_hand = {"w1": delta * x1, "w2": delta * x2, "b": delta}
for name, slope in by_hand.items():
    print(f"∂L/∂{name} = {slope:+.6f}，试出来的是 {moves[name] / h:+.6f}")
    assert abs(slope - moves[name] / h) < 0.01 * abs(slope)

# %% [markdown]
# ## 反向传播，用引擎算
#
# 用 `Value` 写同样的公式。每个 `Value` 都记得自己是怎样算出来的，所以 `backward()` 能沿原路走回去。

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
# 下面是前向和反向两个过程中的每一个数，一步一步地看：卡片左边是值，右边是梯度，边上是局部梯度。不妨选上*先猜一猜*再走一遍。

# %%
play(loss, lang="zh")

# %% [markdown]
# ## 更新参数
#
# 梯度指向上坡的方向。梯度下降的一步往反方向走，步长是梯度的一小部分 $\eta$，也就是学习率：
#
# $$w \leftarrow w - \eta\, \frac{\partial L}{\partial w} .$$

# %%
eta = 0.5
moved_by_hand = [w1 - eta * delta * x1, w2 - eta * delta * x2, b - eta * delta]
for parameter, expected in zip((W1, W2, B), moved_by_hand):
    parameter.data -= eta * parameter.grad
    assert abs(parameter.data - expected) < 1e-12
print("新的 w1、w2、b：", moved_by_hand)

after = 0.5 * (sigmoid(W1.data * x1 + W2.data * x2 + B.data) - target) ** 2
print(f"L 更新前 {L:.6f}，更新后 {after:.6f}")
assert after < L

# %% [markdown]
# 一阶近似的预言是：$L$ 大约下降 $\eta \lVert \nabla L \rVert^2$。步长越小，预言越准：步长缩小到十分之一，预言的相对误差也大约缩小到十分之一。

# %%
promise = eta * sum(g * g for g in by_hand.values())
print(f"预言 {promise:.6f}，实际 {L - after:.6f}")
assert abs(promise - (L - after)) < 0.1 * promise


def broken(eta):
    """预言中没有兑现的那一部分。"""
    w1_, w2_, b_ = (p - eta * g for p, g in zip((w1, w2, b), by_hand.values()))
    kept = L - 0.5 * (sigmoid(w1_ * x1 + w2_ * x2 + b_) - target) ** 2
    return 1 - kept / (eta * sum(g * g for g in by_hand.values()))


print(f"没有兑现的部分：{broken(0.5):.2%}，步长为十分之一时 {broken(0.05):.2%}")
assert 5 < broken(0.5) / broken(0.05) < 20

# %% [markdown]
# 用 `nn` 走同样的一步，只是写起来方便些：

# %%
from nn import SGD, Neuron, half_squared_error

neuron = Neuron(2, activation="sigmoid")
neuron.load_state_dict({"w.0": w1, "w.1": w2, "b": b})
half_squared_error(neuron([x1, x2]), target).backward()
SGD(neuron.parameters(), lr=eta).step()
for mine, theirs in zip((W1, W2, B), neuron.parameters()):
    assert abs(mine.data - theirs.data) < 1e-12

# %% [markdown]
# ## 一遍又一遍
#
# 一步只能前进一点。所谓学习，就是把同样的三行（前向、反向、更新）反复执行：

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
draw_curves({"L": list(enumerate(losses))}, x="步", y="损失", title="一个神经元在 200 步中的损失", lang="zh")

# %% [markdown]
# 损失起先下降得快，后来越来越慢：接近目标时 $\hat y - y$ 很小，斜率 $\hat y(1 - \hat y)$ 也很小。
#
# 在 PyTorch 里，这就是 `loss.backward()` 和 `torch.optim.SGD(parameters, lr=0.5).step()`。
#
# ## 把这个循环看成控制器
#
# 恒温器测量温度，与设定的温度比较，按差值去调节，然后再测量。上面那三行做的是同一件事：测量输出，$\hat y - y$ 是差值，更新就是把差值反馈回去。
# 反馈的强弱叫做*增益*，在这里就是 $\eta$。
#
# 去掉 sigmoid，让 $\hat y = z$，整个循环就算得出来。记 $e = \hat y - y$，则 $w_i$ 的梯度是 $e\,x_i$，$b$ 的梯度是 $e$，所以一次更新使输出变动
#
# $$\Delta \hat y = -\eta e x_1 \cdot x_1 - \eta e x_2 \cdot x_2 - \eta e
# \quad\Longrightarrow\quad e \leftarrow \big(1 - \eta\,(x_1^2 + x_2^2 + 1)\big)\, e .$$
#
# 对我们的输入，这就是 $e \leftarrow (1 - 6\eta)\, e$：每一轮都把误差乘上同一个因子。只要因子在 −1 与 1 之间，即 $\eta < \frac13$，误差就会缩小；
# $\eta$ 小于 $\frac16$ 时误差从一侧趋近于 0，大于 $\frac16$ 时则左右摆动。


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
    print(f"{name}：因子 {1 - 6 * gain:+.1f}，误差起初 {found[0]:.3f}，{len(found) - 1} 轮之后 {found[-1]:+.3f}")
assert abs(errors(0.3)[-1]) < 0.2 < abs(errors(0.35)[-1])
draw_curves(
    {name: list(enumerate(errors(gain))) for name, gain in gains.items()},
    x="轮",
    y="误差",
    title="三种增益下，线性神经元的误差",
    lang="zh",
)

# %% [markdown]
# 增益太小，收敛就慢；增益太大，永远停不下来。有了 sigmoid 就没有这样的公式了：因子会随斜率变化。
#
# ## 感知机自己的学习规则
#
# Rosenblatt 的神经元在 $z \ge 0$ 时输出 1，否则输出 0。这里没有斜率可用，他也没有用：
#
# $$w_i \leftarrow w_i - (\hat y - y)\, x_i, \qquad b \leftarrow b - (\hat y - y) .$$
#
# 还是同一个循环：答对了什么也不改，答错了就把输入加到权重上，或者从权重里减去。把所有样本一轮一轮地走下去，直到全部答对。它能学会*与*：


# %%
def fires(w, x):
    return 1 if w[0] * x[0] + w[1] * x[1] + w[2] >= 0 else 0


def epoch(w, cases):
    """把所有样本走一轮；返回权重，偏置在最后。"""
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
print(f"与：第 {count} 轮全部答对，w1、w2、b = {w}")
assert all(fires(w, x) == answer for x, answer in both)

# %% [markdown]
# 但永远学不会*异或*，即两个输入中恰好有一个是 1 才输出 1。第三轮还有错，但走完之后，权重与第二轮之后完全相同。从这里开始，一切都会重复：

# %%
either = [(x, x[0] ^ x[1]) for x in corners]
w, seen = (0, 0, 0), []
while w not in seen:
    seen.append(w)
    w = epoch(w, either)
wrong = sum(fires(w, x) != answer for x, answer in either)
print(f"走了 {len(seen)} 轮，权重是 {w}，与第 {seen.index(w)} 轮之后相同；4 个答案错了 {wrong} 个")
assert wrong > 0 and (len(seen), seen.index(w)) == (3, 2)

# %% [markdown]
# 没有任何权重能做到：一条直线分不开这四个角。第 3 课会再加一个神经元。
#
# ## 小结
#
# - 神经元每个参数的梯度，都是 $\delta$ 乘以它的输入，$\delta = (\hat y - y)\,\hat y(1-\hat y)$；手算、引擎、逐个去试，结果一致。
# - 沿负梯度走一小步，损失大约下降 $\eta \lVert \nabla L \rVert^2$。
# - 学习是一个反馈循环。没有 sigmoid 时，误差每一轮乘以因子 $1 - 6\eta$，或缩小，或放大。
# - 感知机的学习规则用同一个误差来修正，但不用斜率。它学会了*与*，在*异或*上则原地打转。
#
# ## 练习
#
# **练习 1。** 目标值从 1 改为 0，其余与开头相同。$\partial L/\partial w_2$ 是多少？

# %%
from viz import Exercise

check_1 = Exercise(
    (y - 0.0) * y * (1 - y) * x2,
    because=r"只有 $\hat y - y$ 与目标值有关：原来是 −0.525，现在是 0.475。三个梯度都变号。",
    slips={
        "这是目标值为 1 时的梯度": delta * x2,
        r"这是 $\delta$；$w_2$ 还要乘上 $x_2 = -2$": (y - 0.0) * y * (1 - y),
        r"漏了 sigmoid 的斜率 $\hat y(1-\hat y)$": (y - 0.0) * x2,
        "符号错了：输出偏高，应当是预测减去目标": -(y - 0.0) * y * (1 - y) * x2,
    },
    lang="zh",
)

# %% [markdown]
# **练习 2。** $\eta$ 取多少时，线性神经元的误差只更新一次就变成 0？

# %%
check_2 = Exercise(
    1 / 6,
    because=r"这时因子 $1 - 6\eta$ 等于 0。",
    slips={
        "偏置也在学习：它的输入是 1，和里还有一项 1²": 1 / 5,
        "这时因子是 −1：误差只变号，大小不变": 1 / 3,
        r"$\eta = 1$ 时因子是 −5": 1.0,
    },
    lang="zh",
)
assert abs(errors(check_2.answer)[1]) < 1e-12

# %% [markdown]
# **练习 3。** 感知机的学习规则从 $w_1 = w_2 = b = 0$ 出发，遇到样本 $x = (1, 1)$，目标值是 0。之后 $w_1, w_2, b$ 是多少？用元组回答。

# %%
check_3 = Exercise(
    epoch((0, 0, 0), [((1, 1), 0)]),
    because="$z = 0$ 就会激活，所以输出 1，答错了；于是从权重里减去输入，从偏置里减去 1。",
    slips={
        r"$z = 0$ 时神经元会激活，答错了，所以必须修正": (0, 0, 0),
        "把输入加上去了，神经元反而更容易激活": (1, 1, 1),
        "偏置也要修正，它是输入为 1 的权重": (-1, -1, 0),
    },
    lang="zh",
)

# %% [markdown]
# **练习 4。** 神经元末尾的 sigmoid 换成 tanh。把 $\delta$ 写成 $\hat y$ 和 $y$ 的函数。

# %%
check_4 = Exercise(
    lambda y_hat, y: (y_hat - y) * (1 - y_hat**2),
    because=r"$\delta = (\hat y - y)(1 - \hat y^2)$：tanh 的斜率是 $1 - \tanh^2$。",
    slips={
        "那是 sigmoid 的斜率": lambda y_hat, y: (y_hat - y) * y_hat * (1 - y_hat),
        "符号错了：应当是预测减去目标": lambda y_hat, y: (y - y_hat) * (1 - y_hat**2),
        "那只是斜率，漏了误差": lambda y_hat, y: 1 - y_hat**2,
        "那只是误差，漏了 tanh 的斜率": lambda y_hat, y: y_hat - y,
    },
    at=[(0.3, 1.0), (-0.6, 0.2)],
    lang="zh",
)
