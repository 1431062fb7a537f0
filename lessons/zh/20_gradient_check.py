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
# # 20. 梯度对不对？
#
# **问题：** 程序给了你一个梯度；不相信这个程序，怎样才能知道它对不对？
#
# **先修：** 第 4 课、第 7 课。
#
# 试一试就知道。$x^3$ 在 2 处的梯度应当是 12。往右走一点，再往左走一点：
# $(2.01^3 - 1.99^3)/0.02 = 12.0001$。只走一侧，$(2.01^3 - 2^3)/0.01 = 12.0601$：步长相同，答案却差一些。
#
# $$f'(x) \approx \frac{f(x + h) - f(x)}{h}, \qquad f'(x) \approx \frac{f(x + h) - f(x - h)}{2h} .$$

# %%
import math


def one_sided(f, x, h):
    return (f(x + h) - f(x)) / h


def central(f, x, h):
    return (f(x + h) - f(x - h)) / (2 * h)


cubed = lambda x: x**3
print(f"中心差分 {central(cubed, 2.0, 0.01):.4f}，单侧差分 {one_sided(cubed, 2.0, 0.01):.4f}")
assert round(central(cubed, 2.0, 0.01), 4) == 12.0001 and round(one_sided(cubed, 2.0, 0.01), 4) == 12.0601

# %% [markdown]
# ## 步长越小越好吗？
#
# 泰勒级数说明它们差多少。由 $f(x \pm h) = f \pm h f' + \frac{h^2}{2} f'' \pm \frac{h^3}{6} f''' + \dots$
#
# $$\frac{f(x + h) - f(x)}{h} = f' + \frac{h}{2} f'' + \dots, \qquad \frac{f(x + h) - f(x - h)}{2h} = f' + \frac{h^2}{6} f''' + \dots$$
#
# 在中心差分里，含 $f''$ 的项约掉了：步长缩小到十分之一，误差缩小到百分之一。那就让步长小得不能再小？可是数本身有舍入，大约是自身大小的 $\varepsilon = 10^{-16}$；
# 两个几乎相等的数之差，再除以 $h$，就成了大约 $\varepsilon / h$ 的误差。一种误差随 $h$ 减小，另一种随之增大。以 $e^x$ 在 1 处为例：

# %%
from viz import draw_curves

exponents = [k / 4 for k in range(2, 57)]  # h = 10^-k
errors = {
    name: [(k, max(abs(rule(math.exp, 1.0, 10**-k) - math.e), 1e-17)) for k in exponents]
    for name, rule in (("单侧差分", one_sided), ("中心差分", central))
}
best = {name: min(points, key=lambda point: point[1]) for name, points in errors.items()}
for name, (k, error) in best.items():
    print(f"{name}：最小的误差 {error:.0e}，在 h = 1e-{k:g} 处")
assert best["中心差分"][1] < 1e-9 < errors["中心差分"][0][1] and errors["中心差分"][-1][1] > 1e-5
assert 4 < best["中心差分"][0] < 7 and 6 < best["单侧差分"][0] < 10
for name, order in (("单侧差分", 1), ("中心差分", 2)):
    at = dict(errors[name])
    assert abs(math.log10(at[1.0] / at[2.0]) - order) < 0.1
draw_curves(errors, x="k，h = 10^-k", y="误差", log=True, title="差分的误差随步长的变化", lang="zh")

# %% [markdown]
# 两个 V 形。每个 V 的左边怪级数，右边怪舍入。中心差分在 $h^2 \approx \varepsilon/h$ 处转向，也就是 $h = \sqrt[3]{\varepsilon}$ 附近，那里大约有十位数字是对的；
# 单侧差分大约有八位。没有哪个步长能给出全部十六位。检验如果要求得更多，就会在没有错误的地方找出错误。
#
# ## 有折点的地方
#
# 在 $\max(0, x)$ 的折点，左边的斜率是 0，右边是 1，中心差分说 ½，两个都不是。这不是规则的错误。`gradient_report` 能把两者分清：

# %%
from autograd_lite import GradientError, Operation, check_gradients, gradient_report, relu, sigmoid

print(central(lambda x: max(0.0, x), 0.0, 1e-6))
report = gradient_report(relu, 0.0, order=1, modes=["reverse"])
print(report.derivatives[0])
assert report.passed and "kink" in str(report.derivatives[0])

# %% [markdown]
# ## 四处错误，各由什么发现
#
# 第 4 课从一份讲义里取了四个公式：$\sigma = 1/(1 - e^{-z})$；$\sigma' = \sigma(z)\,\sigma(1 - z)$；符号取 $y - \hat y$ 的 $\delta$；
# 以及漏了求和的 $\delta_j$。把每一个与它自称所求导的函数的中心差分比较。


# %%
def sigma(z):
    return 1 / (1 + math.exp(-z))


def loss(a, w, y):
    """一个隐藏激活值通向两个 sigmoid 神经元。"""
    return sum(0.5 * (sigma(wk * a) - yk) ** 2 for wk, yk in zip(w, y))


a, w, y = 0.6, [0.5, -2.0], [1.0, 0.0]
out = [sigma(wk * a) for wk in w]
deltas = [(o - yk) * o * (1 - o) for o, yk in zip(out, y)]
pole = lambda z: 1 / (1 - math.exp(-z))
claims = {
    "减号的 σ": (central(pole, 0.7, 1e-5), pole(0.7) * (1 - pole(0.7))),
    "σ(z)·σ(1 − z)": (central(sigma, 0.7, 1e-5), sigma(0.7) * sigma(1 - 0.7)),
    "y − ŷ": (
        central(lambda z: 0.5 * (sigma(z) - 1) ** 2, 0.7, 1e-5),
        (1 - sigma(0.7)) * sigma(0.7) * (1 - sigma(0.7)),
    ),
    "漏了求和": (central(lambda a: loss(a, w, y), a, 1e-5), w[0] * deltas[0]),
    "有求和": (central(lambda a: loss(a, w, y), a, 1e-5), sum(wk * d for wk, d in zip(w, deltas))),
}
found = {name: abs(numeric - claimed) > 1e-8 for name, (numeric, claimed) in claims.items()}
for name, (numeric, claimed) in claims.items():
    print(f"{name:>15}：数值 {numeric:+.6f}，自称 {claimed:+.6f}  {'错' if found[name] else '对'}")
assert list(found.values()) == [False, True, True, True, False]

# %% [markdown]
# 找到了三处，第一处没有：$1/(1 - e^{-z})$ 的斜率*恰好就是* $\sigma(1 - \sigma)$。梯度检验把公式与它自己的函数比较；至于那是不是你想要的函数，它无从知道。
# 这要靠另一种测试，即*性质*：sigmoid 在 0 与 1 之间。

# %%
points = [k / 10 for k in range(-50, 51) if k]
assert all(0 < sigma(z) < 1 for z in points)
assert not any(0 < pole(z) < 1 for z in points)

# %% [markdown]
# ## 让机器去找例子
#
# 引擎会选取适合该点的步长，在两种模式下比较，并指出哪条规则错了：

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
# 一个函数的一个点，太少了。基于性质的测试连函数也一起抽取：`expressions()` 用引擎的运算生成小的计算图，取值点在定义域之内，每一张图都必须与自己的差分一致。
# 一旦失败，就会缩减到显示这个错误的最小的图。（这一格需要 `pip install "autograd-lite[testing]"`。）

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
print(f"{len(checked)} 张图，其中一张是 {checked[-1]}")
assert len(checked) >= 30

# %% [markdown]
# ## 小结
#
# - 中心差分有来自级数的 $h^2$ 误差和来自舍入的 $\varepsilon/h$ 误差；最好的步长在两者之间，留下大约十位数字。
# - 在折点，差分给出的不是两个斜率中的任何一个；检验必须把它与错误分清。
# - 第 4 课的四处错误，差分能发现三处。第一处是错误函数的正确斜率，要靠性质来发现。
# - 计算图可以随机抽取，每一张都与自己的差分核对。
#
# ## 练习
#
# **练习 1。** $h = 0.1$ 时，中心差分的误差是 0.002。$h = 0.01$ 时大约是多少？

# %%
from viz import Exercise

check_1 = Exercise(
    0.002 / 100,
    because="只要舍入还小，误差就与 $h^2$ 成正比。",
    slips={
        "那是单侧差分：它的误差与 $h$ 成正比": 0.002 / 10,
        "十分之一的平方是百分之一": 0.002 / 1000,
        "这里步长越小越好，离舍入还远": 0.002,
    },
    lang="zh",
)

# %% [markdown]
# **练习 2。** 对任意 $h$，中心差分说 $|x|$ 在 0 处的斜率是多少？

# %%
check_2 = Exercise(
    central(abs, 0.0, 1e-4),
    because="$(h - h)/2h = 0$：两个斜率 −1 与 1 的平均，却不是其中任何一个。",
    slips={
        "这是右边的斜率": 1.0,
        "这是左边的斜率": -1.0,
        r"那是它对 $\max(0, x)$ 的说法": 0.5,
    },
    lang="zh",
)

# %% [markdown]
# **练习 3。** 梯度检验发现，最后一层以及它前面各层的每个参数，数值梯度恰好是你的梯度的 $-1$ 倍。这是四处错误中的哪一处？按上面的次序，用编号回答。

# %%
check_3 = Exercise(
    3,
    because=r"$y - \hat y$ 的符号在最后一层的每个 $\delta$ 里，并传到前面各层。",
    slips={
        "这一处，差分根本发现不了": 1,
        "这一处使斜率在每一点差一个不同的因子": 2,
        "这一处，最后一层是对的": 4,
    },
    lang="zh",
)
