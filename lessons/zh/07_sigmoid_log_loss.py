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
# # 7. Sigmoid 与对数损失
#
# **问题：** 两本书给出的逻辑回归损失，标记不同，因子也不同；哪本是对的？怎样才能知道？
#
# **先修：** 第 1 课、第 6 课。
#
# 一个神经元说 $p = 0.7$。如果它本该说 1，损失是 $-\log 0.7 = 0.36$，加权和 $z$ 应当调大；如果它本该说 0，损失是 $-\log 0.3 = 1.20$，
# $z$ 应当调小，而且更加急迫。有多急迫？就看差值，−0.3 或者 0.7，别无其他。标记 $y \in \{0, 1\}$，$p = \sigma(z)$：
#
# $$L = -y \log p - (1 - y)\log(1 - p), \qquad \frac{\partial L}{\partial z} = p - y .$$
#
# 推导：sigmoid 的斜率是 $\partial p/\partial z = p(1 - p)$，所以
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
# ## 标记取 −1 和 +1
#
# $1 - \sigma(z) = \sigma(-z)$，$-\log \sigma(z) = \log(1 + e^{-z})$。所以令 $t = 2y - 1 \in \{-1, +1\}$，两种情形合成一个公式，
# 损失还是*同一个*：
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
# ## 两列标记
#
# 同一个损失，按各书的写法排成两列：
#
# | 量 | 标记取 0 和 1 | 标记取 −1 和 +1 |
# |---|---|---|
# | 标记 | $y = (t + 1)/2$ | $t = 2y - 1$ |
# | 预测 | $p = \sigma(z)$ | $\hat t = 2p - 1 = \tanh(z/2)$ |
# | 损失 | $-y \log p - (1 - y)\log(1 - p)$ | $\log(1 + e^{-tz})$ |
# | $\partial L/\partial z$ | $p - y$ | $-t\,\sigma(-tz) = \frac12 (\hat t - t)$ |
#
# 最后一行里有一个因子：标记之间的距离从 1 变成了 2，所以右列的*预测减标记*大了一倍，梯度是它的一半。
#
# 还有一个这样的因子，藏在给一个类别两个输出的网络里：$z_0$ 表示否，$z_1$ 表示是，标记也分成 $1 - y$ 和 $y$ 两列，再接 softmax（第 6 课）。
# “是”的概率为 $e^{z_1}/(e^{z_0} + e^{z_1}) = \sigma(z_1 - z_0)$。两列的梯度都是*预测减真值*，$z_1$ 变动 $-\eta (p - y)$，
# $z_0$ 变动 $+\eta (p - y)$。起作用的是两者之差，它变动 $-2\eta (p - y)$：损失一样，梯度一样，步长却加倍。

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
print(f"一个输出使 z 变动 {-eta * yes:+.4f}，两个输出使它们之差变动 {moved:+.4f}")
assert abs(moved - 2 * -eta * yes) < 1e-12

# %% [markdown]
# ## 成为错误的因子 2
#
# 现在把它们混在一起：有些书用 $p = \frac{1}{1 + e^{-2z}}$（其实是 tanh 的变形，$2p - 1 = \tanh z$），却保留另一种约定下的梯度 $p - y$。
# 损失没有问题，梯度却只有应有的一半。训练照样进行，只是慢一些，所以谁也没有注意。梯度检验却会发现：


# %%
def loss_value(z):
    return log(1 + exp(-2 * z))  # y = 1，p = σ(2z)


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

assert all(abs(2 * sigmoid(2 * z) - 1 - tanh(z)) < 1e-12 for z in (-2.0, 0.4, 1.5))  # tanh 的变形
numeric = (loss_value(0.4 + 1e-6) - loss_value(0.4 - 1e-6)) / 2e-6
print("比值：", round(numeric / (sigmoid(0.8) - 1.0), 6))
assert abs(numeric / (sigmoid(0.8) - 1.0) - 2.0) < 1e-6

# %% [markdown]
# 数值梯度与解析梯度之比恰好是 2（或者 ½、−1、批量大小），这就是线索：到公式里去找这个因子。
#
# 所以两本书都对，各有自己配套的损失和梯度。错的只是从两本书里各取一半。
#
# ## 为什么不用平方误差
#
# 一个神经元本该说 1，对数损失在 $z$ 处的梯度是 $p - 1$，$\frac12(p - 1)^2$ 的梯度是
# $(p - 1)\,p\,(1 - p)$：

# %%
from viz import draw_curves

zs = [i / 10 for i in range(-100, 61)]
draw_curves(
    {
        "对数损失": [(z, sigmoid(z) - 1) for z in zs],
        "平方误差": [(z, (sigmoid(z) - 1) * sigmoid(z) * (1 - sigmoid(z))) for z in zs],
    },
    x="z",
    y="y = 1 时的 ∂L/∂z",
    title="两种损失各用多大的力",
    lang="zh",
)

# %% [markdown]
# 在错误一侧的远处，$z = -10$，对数损失几乎以 1 的力度往回拉，平方误差几乎不拉：错得离谱的神经元，却学不动。

# %%
z = -10.0
p = sigmoid(z)
print("平方误差：", (p - 1) * p * (1 - p), "  对数损失：", p - 1)
assert abs(p - 1) > 0.99 and abs((p - 1) * p * (1 - p)) < 1e-4

# %% [markdown]
# ## 小结
#
# - 标记取 0、1 与取 ±1 的对数损失是同一个函数；它的梯度是 $p - y$，也就是 $\frac12(\hat t - t)$，数值相同。
# - 两个输出加 softmax，与一个输出加 sigmoid 的损失相同，但两个输出之差每步走两倍远。
# - 损失和梯度各取自一本书，就会差一个因子，这里是 2；与差分核对，就能看出这个因子。
# - 错得离谱的神经元，对数损失几乎用全力去拉，平方误差几乎不拉。
#
# ## 练习
#
# **练习 1。** $z = 0$，标记 $t = +1$。$L = \log(1 + e^{-tz})$ 的 $\partial L/\partial z$ 是多少？

# %%
from viz import Exercise

check_1 = Exercise(
    grad(lambda z: log(1 + exp(-z)))(0.0),
    because=r"$-t\,\sigma(-tz) = -\sigma(0) = -\frac12$；也就是 $p - y = \frac12 - 1$。",
    slips={
        r"$\hat t - t$ 是梯度的两倍": -1.0,
        "标记是 +1，加权和应当增大，所以梯度是负的": 0.5,
        "这个神经元是拿不定主意，不是答对了": 0.0,
        r"这是损失 $\log 2$": 0.6931,
    },
    lang="zh",
)

# %% [markdown]
# **练习 2。** $p = \sigma(2z)$，$y = 1$。在 $p = 0.7$ 处，$-\log p$ 的 $\partial L/\partial z$ 应当是多少？

# %%
check_2 = Exercise(
    2 * (0.7 - 1),
    because="$p - y$ 是 $2z$ 处的梯度，传到 $z$ 时再乘 2。",
    slips={
        "这是 $2z$ 处的梯度，漏了内层的导数": 0.7 - 1,
        "内层的导数是乘，不是除": (0.7 - 1) / 2,
        "应当是预测减真值": 2 * (1 - 0.7),
    },
    lang="zh",
)

# %% [markdown]
# **练习 3。** $p = 0.01$，$y = 1$。在 $z$ 处，对数损失的梯度是 $\frac12 (p - y)^2$ 的梯度的多少倍？

# %%
check_3 = Exercise(
    1 / (0.01 * 0.99),
    because=r"两个梯度是 $p - y$ 和 $(p - y)\,p(1 - p)$，比值是 $1/(p(1-p))$，这里约为 101。",
    slips={
        "这是它的倒数，即 sigmoid 的斜率": 0.01 * 0.99,
        "两个梯度都有因子 $p - y$，会约掉": 0.99,
        "神经元拿不定主意时斜率才最大，等于 ¼；这里是 0.0099": 4.0,
    },
    lang="zh",
)
