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
# # 21. 步长
#
# **问题：** 梯度说出哪边是下坡；该走多远？
#
# **先修：** 第 1 课、第 18 课。
#
# 取碗形函数 $L(x) = x^2$，它的斜率是 $2x$，从 $x = 1$ 出发。每一步逆着斜率走，走的距离是斜率的 $\eta$ 倍；$\eta$ 称为*学习率*：
#
# | 学习率 $\eta$ | 一步之后的 $x$ | 两步之后 | 三步之后 | 路线 |
# |---|---|---|---|---|
# | 0.25 | 0.5 | 0.25 | 0.125 | 慢慢往下挪 |
# | 0.5 | 0 | 0 | 0 | 一步到底 |
# | 0.75 | −0.5 | 0.25 | −0.125 | 跳到对面，但在下降 |
# | 1 | −1 | 1 | −1 | 永远来回 |
# | 1.1 | −1.2 | 1.44 | −1.728 | 爬出碗外 |

# %%
from autograd_lite import Value
from nn import SGD


def descend(L, start, eta, steps):
    """返回普通梯度下降每一步到达的位置。"""
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
# ## 多远算太远？
#
# 曲率为任意 $\lambda$ 的碗是 $L = \frac{\lambda}{2} x^2$：斜率是 $\lambda x$，而 $\lambda$ 就是它的二阶导数（第 18 课）。于是
#
# $$x \leftarrow x - \eta\, \lambda x = (1 - \eta\lambda)\, x, \qquad x_t = (1 - \eta\lambda)^t\, x_0 .$$
#
# 每一步都把 $x$ 乘以同一个数。只有当这个数在 −1 与 1 之间时，$x$ 才趋于 0：
#
# $$\left|1 - \eta\lambda\right| < 1 \quad\text{当且仅当}\quad 0 < \eta < \frac{2}{\lambda} .$$
#
# $\eta = 1/\lambda$ 一步就到，这就是牛顿法的一步。在 $1/\lambda$ 与 $2/\lambda$ 之间，路线左右来回地跳；超过 $2/\lambda$，就越爬越高。略低一点和略高一点，各试一次：

# %%
lam = 8.0
bowl = lambda x: lam / 2 * x**2
for part in (0.99, 1.01):
    eta = part * 2 / lam
    way = descend(bowl, 1.0, eta, 200)
    print(f"η = {part} · 2/λ：200 步之后 |x| = {abs(way[-1]):.3g}")
    assert (abs(way[-1]) < 0.02) == (part < 1) and (abs(way[-1]) > 50) == (part > 1)

# %% [markdown]
# ## 两个方向，一个学习率
#
# 有两个参数，就有两个曲率，$\eta$ 却只有一个。设
#
# $$L(x, y) = \frac{\lambda_1}{2} x^2 + \frac{\lambda_2}{2} y^2, \qquad \lambda_1 = 1, \quad \lambda_2 = 20 :$$
#
# 这是一条狭长的山谷。横跨山谷的方向要求 $\eta$ 低于 $2/20 = 0.1$；而用这样的学习率沿着山谷走，每一步之后剩下的路还有十分之九。（山谷的轴不一定是参数的轴：那时
# $\lambda_1$ 与 $\lambda_2$ 是黑塞矩阵的特征值。）起决定作用的是比值 $\kappa = \lambda_2/\lambda_1$，称为条件数。最好的学习率使两个因子大小相等，即 $1 - \eta\lambda_1 = -(1 - \eta\lambda_2)$，也就是
#
# $$\eta = \frac{2}{\lambda_1 + \lambda_2}, \qquad \text{两者都等于}\quad \frac{\kappa - 1}{\kappa + 1} = \frac{19}{21} .$$

# %%
from autograd_lite import grad

lams = (1.0, 20.0)
kappa = lams[1] / lams[0]
start = (-4.0, 1.0)


def valley(x, y):
    return lams[0] / 2 * x**2 + lams[1] / 2 * y**2


def walk(optimiser, steps, scale=1.0, **settings):
    """返回优化器在山谷里经过的点；``scale`` 表示山谷深多少倍。"""
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
    """返回要多少步，损失才一直低于起点处的百万分之一。"""
    return max(t for t, point in enumerate(way) if valley(*point) >= 1e-6 * valley(*start)) + 1


best = 2 / sum(lams)
for eta in (0.02, best, 0.099):
    way = walk(SGD, 800, lr=eta)
    for i in range(2):
        assert abs(way[30][i] - (1 - eta * lams[i]) ** 30 * start[i]) < 1e-12
    print(f"η = {eta:.4f}：{steps_needed(way)} 步")
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
    lang="zh",
    title="山谷里的四十步梯度下降；细线是损失的等值线",
)

# %% [markdown]
# 学习率小，沿山谷走得慢；学习率大，步子都浪费在横向上。实际问题的山谷有多长？让一个线性神经元由面积 $a$（50 到 150 平方米）学习房价，损失是 $\frac12 (w a + b - \text{房价})^2$ 的平均值。
# 它的黑塞矩阵与房价无关，里面是 $a^2$、$a$ 与 1 的平均值。如果先减去 $a$ 的平均值，再除以它的标准差，山谷就变圆了：


# %%
def ratio_of_curvatures(a):
    """由迹与行列式返回黑塞矩阵（a² 的平均值、a 的平均值；a 的平均值、1）的 κ。"""
    mean, square = sum(a) / len(a), sum(x * x for x in a) / len(a)
    half, det = (square + 1) / 2, square - mean**2
    spread = max(0.0, half**2 - det) ** 0.5
    return (half + spread) / (half - spread)


areas = [50.0 + 10 * i for i in range(11)]
mean = sum(areas) / len(areas)
deviation = (sum((a - mean) ** 2 for a in areas) / len(areas)) ** 0.5
raw, standardised = ratio_of_curvatures(areas), ratio_of_curvatures([(a - mean) / deviation for a in areas])
print(f"面积的 κ 是 {raw:.0f}，标准化之后是 {standardised:.3f}")
assert raw > 1e5 and abs(standardised - 1) < 1e-6

# %% [markdown]
# ## 动量
#
# 横跨山谷的方向上，梯度每一步都变号；沿着山谷，它不变。那就把梯度累加起来，变号的会互相抵消。引入*速度* $v$，它每次保留自己的 $\mu$ 倍：
#
# $$v \leftarrow \mu v + g, \qquad x \leftarrow x - \eta v .$$
#
# 先算一个数：在处处 $g = 1$ 的斜坡上，取 $\mu = 0.9$，速度先是 1，然后是 1.9、2.71，最后是 $1 + \mu + \mu^2 + \dots = 1/(1 - \mu) = 10$。步子变成原来的十倍长。

# %%
mu, v = 0.9, 0.0
velocities = []
for _ in range(200):
    v = mu * v + 1.0
    velocities.append(v)
print([round(v, 3) for v in velocities[:3]], "...", round(velocities[-1], 3))
assert abs(velocities[2] - 2.71) < 1e-12 and abs(v - 1 / (1 - mu)) < 1e-6

# %% [markdown]
# 在碗里，$g = \lambda x$。把 $v = (x_{t-1} - x_t)/\eta$ 代入上面两条规则，就只剩下一条关于 $x$ 的规则，它记得前两步：
#
# $$x_{t+1} = (1 + \mu - \eta\lambda)\, x_t - \mu\, x_{t-1} .$$
#
# 试 $x_t = r^t$，得 $r^2 - (1 + \mu - \eta\lambda)\, r + \mu = 0$。两个根的乘积是 $\mu$。只要它们是复数，两个根的大小就都是 $\sqrt\mu$，对*每一个*这样的 $\lambda$ 与 $\eta$ 都如此：因此山谷的两个方向可以一样快。最好的取值是
#
# $$\sqrt\mu = \frac{\sqrt\kappa - 1}{\sqrt\kappa + 1}, \qquad \eta = \frac{(1 + \sqrt\mu)^2}{\lambda_2}$$
#
# 原来是 $\kappa$ 的地方，现在是 $\sqrt\kappa$：$\kappa = 20$ 时，每一步剩下 0.63，而不是 0.90。

# %%
root = (kappa**0.5 - 1) / (kappa**0.5 + 1)
mu, eta = root**2, (1 + root) ** 2 / lams[1]
way = walk(SGD, 100, lr=eta, momentum=mu)
for lam, xs in zip(lams, zip(*way)):
    for before, x, after in zip(xs[:30], xs[1:], xs[2:]):
        assert abs(after - ((1 + mu - eta * lam) * x - mu * before)) < 1e-12
    assert abs((1 + mu - eta * lam) ** 2 - 4 * mu) < 1e-12  # 两个根恰好重合
plain = walk(SGD, 200, lr=best)
print(f"一步之后剩下 {factors[0]:.2f}，用动量剩下 {root:.2f}")
print(f"普通 {steps_needed(plain)} 步，动量 {steps_needed(way)} 步")
assert 3 * steps_needed(way) < steps_needed(plain)

# %% [markdown]
# ## Nesterov：看着要去的地方
#
# 动量法取此处的梯度，然后照样按速度走下去。Nesterov（1983）在速度将要到达的地方取梯度：
#
# $$v \leftarrow \mu v + L'(x - \eta\mu v), \qquad x \leftarrow x - \eta v .$$
#
# 如果前面的地势升高，就早一步刹车。各种库把前面那个位置当作参数，写的是同一件事，这样就不必在别处取梯度；这时一步是 $v \leftarrow \mu v + g$，$x \leftarrow x - \eta\,(g + \mu v)$。

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
# 现在，多远算太远？只要有一个根 $r$ 离开半径为 1 的圆，路线就发散；最先离开的是 $r = -1$。把它代入 $r^2 - (1 + \mu - \eta\lambda) r + \mu = 0$，以及 Nesterov 的
# $r^2 - (1 + \mu)(1 - \eta\lambda)\, r + \mu (1 - \eta\lambda) = 0$：
#
# $$\eta < \frac{2}{\lambda} \text{ 普通}, \qquad \eta < \frac{2 (1 + \mu)}{\lambda} \text{ 动量}, \qquad
# \eta < \frac{2 (1 + \mu)}{(1 + 2\mu)\, \lambda} \text{ Nesterov} .$$
#
# 动量法能承受将近两倍的学习率；Nesterov 根据前方所见来刹车，承受的反而比普通梯度下降还小。每个界限，略低一点和略高一点：

# %%
mu, lam = 0.8, lams[1]
limits = {
    "普通": (2 / lam, {}),
    "动量": (2 * (1 + mu) / lam, {"momentum": mu}),
    "Nesterov": (2 * (1 + mu) / ((1 + 2 * mu) * lam), {"momentum": mu, "nesterov": True}),
}
for name, (limit, settings) in limits.items():
    below, above = (abs(walk(SGD, 600, lr=part * limit, **settings)[-1][1]) for part in (0.99, 1.01))
    print(f"{name}：η 的上限是 {limit:.3f}；600 步之后，略低时 |y| = {below:.0e}，略高时 {above:.0e}")
    assert below < 0.2 < 5 < above

# %% [markdown]
# ## Adam：每个参数有自己的步长
#
# 山谷有两个曲率，学习率却只有一个。Adam（Kingma 与 Ba，2015）把每一步除以自己梯度的通常大小：
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1)\, g, \qquad s \leftarrow \beta_2 s + (1 - \beta_2)\, g^2, \qquad
# x \leftarrow x - \eta\, \frac{m / (1 - \beta_1^t)}{\sqrt{s / (1 - \beta_2^t)} + \varepsilon} .$$
#
# $m$ 是 $g$ 的滑动平均，$s$ 是 $g^2$ 的滑动平均。两者都从 0 开始，起初偏小：$t$ 步之后，所见各项的权重之和是 $1 - \beta^t$，所以要除以它。先算一个数：第 1 步，$m/(1 - \beta_1) = g$，
# $s/(1 - \beta_2) = g^2$。于是第一步是 $\eta\, g/|g|$：不论 $g$ 是 0.001 还是 1000，长度都是 $\eta$。（$\varepsilon = 10^{-8}$ 是为梯度等于 0 的情形准备的。）

# %%
from nn import Adam

for slope in (0.001, 1000.0):
    x = Value(5.0)
    x.grad = slope
    Adam([x], lr=0.1).step()
    print(f"g = {slope:g}：x = {x.data:.4f}")
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
        "动量": walk(SGD, 40, lr=0.03, momentum=0.8),
        "Nesterov": walk(SGD, 40, lr=0.03, momentum=0.8, nesterov=True),
        "Adam": adam,
    },
    x="x",
    y="y",
    over=valley,
    lang="zh",
    title="同一条山谷里的四十步",
)

# %% [markdown]
# 动量法在谷底来回摆动，Nesterov 摆得小一些，Adam 则斜着出发：起初两个参数每步都移动 $\eta$，不论它们的斜率相差多大。反过来的一面是：接近谷底时，它的步子不会随着斜率自己变小。各需要多少步：

# %%
ways = {
    "普通": plain,
    "动量": walk(SGD, 400, lr=0.03, momentum=0.8),
    "Nesterov": walk(SGD, 400, lr=0.03, momentum=0.8, nesterov=True),
    "Adam": walk(Adam, 400, lr=0.3),
}
for name, way in ways.items():
    print(f"{name}：{steps_needed(way)} 步")
swing = {name: max(y for _, y in ways[name][4:]) for name in ("动量", "Nesterov")}
assert swing["Nesterov"] < 0.5 * swing["动量"]
assert steps_needed(ways["Nesterov"]) < steps_needed(ways["动量"]) < steps_needed(plain) < steps_needed(ways["Adam"])

# %% [markdown]
# 这里曲率是已知的，学习率也与之相配，Adam 反而最慢。它是为不知道曲率的情形设计的：让山谷深一千倍，同样的学习率会把普通梯度下降抛出山谷，而 Adam 走的还是同样的步子：

# %%
deep = walk(Adam, 40, scale=1000.0, lr=0.3)
thrown = walk(SGD, 3, scale=1000.0, lr=best)
print(f"Adam 最后的点 {adam[-1][0]:.4f}，深一千倍时 {deep[-1][0]:.4f}；普通：y = {thrown[-1][1]:.0e}")
assert all(abs(a - b) < 1e-6 for p, q in zip(adam, deep) for a, b in zip(p, q)) and abs(thrown[-1][1]) > 1e6

# %% [markdown]
# ## 学习率调度：先大后小
#
# 分批训练时，得到的是损失的梯度加上噪声。设 $g = \lambda x + n$，其中 $n$ 的均值是 0，方差是 $\sigma^2$。这时 $x$ 不会趋于 0，而是在它周围抖动；当下式成立时，它的方差 $V$ 不再变化：
#
# $$V = (1 - \eta\lambda)^2\, V + \eta^2 \sigma^2, \qquad\text{所以}\qquad V = \frac{\eta\, \sigma^2}{\lambda\, (2 - \eta\lambda)} .$$
#
# 学习率减半，方差大约也减半：$\eta$ 大，到得早；$\eta$ 小，留得近。*学习率调度*先用大的，再用小的。`fit(schedule=…)` 把学习率乘以一个随轮数变化的函数：

# %%
import random

from nn.schedules import cosine, step_decay, warmup


def trembling(steps, rate, lam=1.0, sigma=1.0):
    """返回梯度带噪声时，x 从 5 出发走过的路线。"""
    rng, x, way = random.Random(0), 5.0, []
    for t in range(steps):
        x -= rate(t) * (lam * x + rng.gauss(0.0, sigma))
        way.append(x)
    return way


for eta in (0.4, 0.1):
    after = trembling(20000, lambda t: eta)[200:]
    V = sum(x * x for x in after) / len(after)
    print(f"η = {eta}：方差 {V:.4f}，按公式 {eta / (2 - eta):.4f}")
    assert abs(V / (eta / (2 - eta)) - 1) < 0.1

schedules = {
    "不变": lambda epoch: 1.0,
    "step_decay(30)": step_decay(30, factor=0.3),
    "cosine(100)": cosine(100),
    "warmup(10)，然后 cosine": warmup(10, cosine(90)),
}
draw_curves(
    {name: [(t, schedule(t)) for t in range(101)] for name, schedule in schedules.items()},
    x="轮",
    y="因子",
    title="学习率调度",
    lang="zh",
)

# %%
ends = {name: [] for name in schedules}
for name, schedule in schedules.items():
    last = trembling(100 * 200, lambda t: 0.4 * schedule(t % 100))[99::100]  # 200 次训练，每次接着上一次
    ends[name] = sum(x * x for x in last) / len(last)
    print(f"{name}：结束时的方差 {ends[name]:.4f}")
assert ends["cosine(100)"] < 0.2 * ends["不变"] and ends["step_decay(30)"] < 0.2 * ends["不变"]

# %% [markdown]
# *预热*用在开头：只要 Adam 的平均值见过的还少，步子就先短一些。
#
# ## 梯度裁剪：有一个梯度太大
#
# 碗的曲率处处相同，网络却不然。取 $L = x^4$，斜率是 $4x^3$。一步之后是 $x\,(1 - 4\eta x^2)$，只有在 $4\eta x^2 < 2$ 时才离 0 更近，即 $|x| < 1/\sqrt{2\eta}$。不论学习率多小，总有一个起点会使它发散，而且越来越快：
# 第 13 课把这叫作爆炸。$\eta = 0.05$ 时，分界在 $\sqrt{10} = 3.162$。

# %%
import math

quartic = lambda x: x**4
eta = 0.05
border = 1 / math.sqrt(2 * eta)
below, above = (descend(quartic, part * border, eta, 5) for part in (0.99, 1.01))
print("略低：", [round(x, 2) for x in below])
print("略高：", [round(x, 2) for x in above])
assert abs(below[-1]) < border < abs(above[-1])
assert all(abs(b - a * (1 - 4 * eta * a * a)) < 1e-9 * abs(a) for a, b in zip(below, below[1:]))

# %% [markdown]
# *梯度裁剪*保持梯度的方向，限制它的范数：$g \leftarrow g \cdot \min(1, c/\|g\|)$。对 $(3, 4)$，范数是 5，取 $c = 1$，剩下 $(0.6, 0.8)$。在远处，每一步的长度都是 $\eta c$；在谷底附近，什么也没有改变。

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
print("从 10 出发，裁剪：", [round(x, 2) for x in way[:4]], "...", round(way[-1], 2))
assert all(abs(a - b - eta * c) < 1e-12 for a, b in zip(way[:17], way[1:])) and abs(way[-1]) < 0.7

# %% [markdown]
# ## 小结
#
# - 在曲率为 $\lambda$ 的碗里，一步等于乘以 $1 - \eta\lambda$；超过 $\eta = 2/\lambda$ 就发散。最陡的方向决定学习率，最平的方向决定时间。
# - 两个曲率之比 $\kappa$ 就是山谷的长度；把输入标准化，山谷就变短。
# - 动量把不变号的部分累加起来；所需时间与 $\sqrt\kappa$ 而不是 $\kappa$ 成正比。Nesterov 在前方取梯度，摆动更小。
# - Adam 让每个参数每步移动大约 $\eta$，不论它的梯度有多大。
# - 梯度带有噪声时，学习率决定能停在多近的地方；学习率调度使它逐渐减小。梯度裁剪限制单独的一步，并保持方向。
#
# ## 练习
#
# **练习 1。** $L = 5x^2$。$\eta$ 从多大起，梯度下降会发散？

# %%
from viz import Exercise

check_1 = Exercise(
    2 / 10,
    because=r"斜率是 $10x$，所以 $\lambda = 10$，界限是 $2/\lambda$。",
    slips={
        r"$\lambda$ 是二阶导数 10，不是前面的系数 5": 2 / 5,
        r"这是 $1/\lambda$：那里一步就到": 1 / 10,
    },
    lang="zh",
)

# %% [markdown]
# **练习 2。** $\mu = 0.9$，$\eta = 0.1$，一路上梯度都是 2。最后每一步有多长？

# %%
check_2 = Exercise(
    0.1 * 2 / (1 - 0.9),
    because=r"速度趋于 $g/(1 - \mu) = 20$，步长是它的 $\eta$ 倍。",
    slips={
        "这是没有动量时的一步": 0.2,
        r"这是速度；步长是它的 $\eta$ 倍": 20,
        r"这是第二步，$\eta\,(1 + \mu)\, g$；速度还在增大": 0.38,
    },
    lang="zh",
)

# %% [markdown]
# **练习 3。** Adam，$\eta = 0.01$；第一步时，某个参数的梯度是 −300。这个参数改变了多少？

# %%
check_3 = Exercise(
    0.01,
    because=r"第一步是 $-\eta\, g/|g|$：大小是 $\eta$，方向与梯度相反。",
    slips={
        "要逆着梯度走，而这里的梯度是负的": -0.01,
        "这是普通梯度下降": 3.0,
        r"如果不除以 $1 - \beta^t$，步子会是 $0.1/\sqrt{0.001}$ 倍长": 0.01 * 0.1 / 0.001**0.5,
    },
    lang="zh",
)

# %% [markdown]
# **练习 4。** 把梯度 $(6, -8)$ 裁剪到范数 5。剩下的是什么？

# %%
check_4 = Exercise(
    (3, -4),
    because="它的范数是 10，所以两个分量都减半：方向不变。",
    slips={
        "这是把每个分量分别裁剪：方向变了": (5, -5),
        "范数是 $\\sqrt{6^2 + 8^2} = 10$，超过 5": (6, -8),
        "这样范数就成了 1": (0.6, -0.8),
    },
    lang="zh",
)
