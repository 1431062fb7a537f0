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
# # 19. 前向模式与反向模式
#
# **问题：** 链式法则是一串矩阵的乘积；该从哪一端乘起？
#
# **先修：** 第 2 课。
#
# 先看具体的数：一个 100 个元素的行向量，乘以一个 $100 \times 100$ 的矩阵，再乘以一个。从左边乘，是两次行向量乘矩阵：
# $2 \cdot 10\,000$ 次乘法。从右边乘，先要算两个矩阵的乘积，一百万次，然后才轮到行向量。结果相同。
#
# 对 $y = f(g(h(x)))$，雅可比矩阵是 $J_f J_g J_h$，一串矩阵的乘积。乘法满足结合律，所以从哪一端乘，结果都相同，工作量却不同：
# 从左边乘一个行向量，$\big((v^T J_f) J_g\big) J_h$，一路都是向量；从右边乘一个列向量，$J_f \big(J_g (J_h v)\big)$，也是如此。
# 反向模式从输出开始：每个*输出*扫一遍，得到一行。前向模式从输入开始：每个*输入*扫一遍，得到一列。两者用的是同样的局部梯度。
#
# | 模式 | 扫一遍得到 | 适合 |
# |---|---|---|
# | 反向（`vjp`） | 一行：全部输入，一个输出 | 输入多，输出一个：训练 |
# | 前向（`jvp`） | 一列：一个输入，全部输出 | 输入少，输出多：曲线、灵敏度 |
#
# 取 $f(x, y) = (xy,\ \sin x + y,\ x/y)$。手算：
#
# $$J = \begin{pmatrix} y & x \\ \cos x & 1 \\ 1/y & -x/y^2 \end{pmatrix} .$$

# %%
import math
import time

from autograd_lite import Value, backward, edges, jacobian, jvp, sin, sum_of, tanh, topological_order, vjp
from autograd_lite.forward import push_forward
from autograd_lite.reverse import pull_back


def f(x, y):
    return [x * y, sin(x) + y, x / y]


point = (0.7, 1.3)
rows = [vjp(f, *point)[1](seed) for seed in ([1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0])]
columns = [jvp(f, point, direction)[1] for direction in ((1.0, 0.0), (0.0, 1.0))]

by_hand = [[1.3, 0.7], [math.cos(0.7), 1.0], [1 / 1.3, -0.7 / 1.3**2]]
for i in range(3):
    for j in range(2):
        assert abs(rows[i][j] - by_hand[i][j]) < 1e-12
        assert abs(columns[j][i] - by_hand[i][j]) < 1e-12
print("反向扫 3 遍或前向扫 2 遍：同一个雅可比矩阵")

# %% [markdown]
# ## 测量
#
# 设函数有 $n$ 个输入、$m$ 个输出。完整的雅可比矩阵要反向扫 $m$ 遍，或者前向扫 $n$ 遍。扫一遍访问图中每条边一次，所以数一数边，再看看时钟：


# %%
def build(n, m):
    inputs = [Value(0.1 * (i + 1)) for i in range(n)]
    shared = tanh(sum_of(inputs))
    return inputs, [sin(shared * (k + 1.0)) for k in range(m)]


def measure(n, m):
    inputs, outputs = build(n, m)
    order = topological_order(*outputs)
    start = time.perf_counter()
    for y in outputs:
        pull_back(order, {y: 1.0})
    reverse = time.perf_counter() - start
    start = time.perf_counter()
    for x in inputs:
        push_forward(order, {x: 1.0})
    return len(list(edges(order))), reverse, time.perf_counter() - start


print("  输入    输出     边         反向扫            前向扫")
for n, m in ((200, 1), (20, 20), (1, 200)):
    counted, reverse, forward = (min(column) for column in zip(*(measure(n, m) for _ in range(3))))
    print(f"{n:6} {m:7} {counted:6} {m:6} 遍 {1e3 * reverse:5.1f}ms {n:6} 遍 {1e3 * forward:5.1f}ms")
    if n == 200:
        assert reverse < forward
    if m == 200:
        assert forward < reverse

# %% [markdown]
# 输入和输出一共 201 个，求完整的雅可比矩阵要访问多少条边？两条曲线在输入与输出一样多的地方相交。

# %%
from viz import draw_curves

work = {"reverse": [], "forward": []}
for n in range(1, 201, 10):
    m = 201 - n
    visited = len(list(edges(topological_order(*build(n, m)[1]))))
    work["reverse"].append((n, m * visited))
    work["forward"].append((n, n * visited))
cheaper = [r < f for (_, r), (_, f) in zip(work["reverse"], work["forward"])]
assert cheaper == [2 * n > 201 for n in range(1, 201, 10)]
draw_curves(
    work,
    x="输入个数",
    y="访问的边数",
    log=True,
    title="输入和输出共 201 个时，求雅可比矩阵的工作量",
    lang="zh",
)

# %% [markdown]
# 一个网络有成千上万个参数和一个损失：用反向模式，扫一遍，代价相当于几次前向计算。代价在于内存：每个值都要留到扫回来的时候。
# 前向模式不需要：切向量可以随着值一起走，也可以随着值一起忘掉。以一个小网络为例，用函数调用的次数来计算：

# %%
import random
from cProfile import Profile

from nn import MLP, half_squared_error


def calls(f):
    """数一数 ``f()`` 调用了多少次函数。"""
    profile = Profile(builtins=False)
    profile.runcall(f)
    return sum(entry.callcount for entry in profile.getstats())


model = MLP(10, [20, 1], rng=random.Random(0))
x = [random.Random(1).uniform(-1, 1) for _ in range(10)]
loss = half_squared_error(model(x), 0.5)
price = calls(loss.backward) / calls(lambda: half_squared_error(model(x), 0.5))
print(f"{len(model.parameters())} 个梯度，代价是 {price:.1f} 次前向计算")
assert price < 3

# %% [markdown]
# 当然，两种模式在每个元素上都一致：

# %%
inputs, outputs = build(5, 3)
order = topological_order(*outputs)
for k, y in enumerate(outputs):
    pulled = pull_back(order, {y: 1.0})
    for x in inputs:
        assert abs(pulled[x] - push_forward(order, {x: 1.0})[y]) < 1e-12
backward(outputs)
assert abs(inputs[0].grad - sum(pull_back(order, {y: 1.0})[inputs[0]] for y in outputs)) < 1e-12
assert len(jacobian(lambda *xs: [tanh(sum_of(xs))])(0.1, 0.2)) == 1

# %% [markdown]
# 求一整条轨迹对一个参数的导数，适合用前向模式：一个输入，许多输出。
#
# ## 小结
#
# - 反向模式每扫一遍得到雅可比矩阵的一行，前向模式得到一列；每个元素都一致。
# - 哪种模式扫的遍数少，哪种就便宜，数边和看时钟都是如此。
# - 在一个小网络上，全部梯度的代价不到三次前向计算；它占用的是内存。
#
# ## 练习
#
# **练习 1。** 1 000 个输入，3 个输出，求完整的雅可比矩阵。较便宜的模式要扫几遍？

# %%
from viz import Exercise

check_1 = Exercise(
    min(1000, 3),
    because="每个输出反向扫一遍。",
    slips={
        "那是前向模式": 1000,
        "扫一遍得到一行，一共有三行": 1,
        "扫一遍得到一整行，不是一个元素": 3000,
    },
    lang="zh",
)

# %% [markdown]
# **练习 2。** $v^T J_f J_g$，行向量 $v^T$ 有 50 个元素，两个矩阵都是 $50 \times 50$。从左边乘起，要做多少次数与数的乘法？

# %%
check_2 = Exercise(
    2 * 50 * 50,
    because=r"行向量乘矩阵要 $50 \cdot 50$ 次乘法，一共两回。",
    slips={
        "这只是两步中的一步": 50 * 50,
        "那是从右边乘起：先算两个矩阵的乘积": 50**3 + 50 * 50,
        "那是两个矩阵的乘积，其实根本不用算出来": 50**3,
    },
    lang="zh",
)

# %% [markdown]
# **练习 3。** 一条曲线有 500 个点，取决于 4 个参数。前向扫几遍能得到全部导数？

# %%
check_3 = Exercise(
    4,
    because="每个参数一遍；扫一遍，就把一个输入的变动传到所有的点。",
    slips={
        "那是反向扫的遍数": 500,
        "扫一遍只带一个方向；每个参数是一个方向": 1,
        "扫一遍得到一整列，不是一个元素": 2000,
    },
    lang="zh",
)
