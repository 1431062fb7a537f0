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
# # 13. 循环网络与 LSTM
#
# **问题：** 梯度怎样沿时间往回走？为什么要有门，它才走得到？
#
# **先修：** 第 3 课。
#
# 循环单元在序列的每一步用*同样的*参数。按时间展开，它就是一张普通的计算图；共享参数的梯度仍然是各处用法之和，只不过这次是对时间求和。
#
# 先看一个数，取 $w = 0.7$。在 $h_1 = \tanh(0.7\, h_0 + \dots)$ 里，$h_0$ 的变动传到 $h_1$ 只剩 0.7 倍，再被弯曲处打个折扣。四步之后最多剩下
# $0.7^4 = 0.24$；下面的单元只留下 0.07。很早以前发生的事很难听见，往回追究责任时也是一样。
#
# $$h_t = \tanh(w\, h_{t-1} + u\, x_t), \qquad \frac{\partial h_T}{\partial w} = \sum_{t=1}^{T}
# \Big( \prod_{s=t+1}^{T} w\,(1 - h_s^2) \Big) (1 - h_t^2)\, h_{t-1} .$$
#
# 从右往左读：在第 $t$ 步，$w$ 遇到 $h_{t-1}$，再经过 tanh 的斜率；然后这个变动一路传到 $T$，每过一步就乘上
# $\partial h_s/\partial h_{s-1} = w\,(1 - h_s^2)$。这就是*通过时间反向传播*（BPTT），不过是链式法则而已。

# %%
import math

from autograd_lite import Value, tanh

xs = [0.5, -0.3, 0.8, 0.1]
w, u = Value(0.7, "w"), Value(0.9, "u")
states = [Value(0.2, "h0")]
for t, x in enumerate(xs, start=1):
    states.append(tanh(w * states[-1] + u * x))
    states[-1].label = f"h{t}"
states[-1].backward()

h = [s.data for s in states]
by_hand = 0.0
for t in range(1, 5):
    through_time = math.prod(0.7 * (1 - h[s] ** 2) for s in range(t + 1, 5))
    by_hand += through_time * (1 - h[t] ** 2) * h[t - 1]
print(f"手算 {by_hand:.15f}，引擎 {w.grad:.15f}")
assert abs(w.grad - by_hand) < 1e-12
print(f"h0 的变动有 {states[0].grad:.2f} 传到 h4")
assert round(states[0].grad, 2) == 0.07 < 0.7**4

# %% [markdown]
# 没有人会把这些连乘积一个个重新算。记 $\bar h_t = \partial h_T/\partial h_t$，公式就成了从最后一步到第一步的循环，一边把 $\bar h$ 往前传，一边累加：
#
# $$\bar h_T = 1, \qquad \delta_t = \bar h_t\,(1 - h_t^2), \qquad \bar w \mathrel{+}= \delta_t\, h_{t-1}, \qquad \bar u \mathrel{+}= \delta_t\, x_t, \qquad
# \bar h_{t-1} = w\, \delta_t .$$

# %%
h_bar, w_bar, u_bar = 1.0, 0.0, 0.0
for t in range(4, 0, -1):
    delta = h_bar * (1 - h[t] ** 2)
    w_bar += delta * h[t - 1]
    u_bar += delta * xs[t - 1]
    h_bar = 0.7 * delta
for mine, theirs in ((w_bar, w.grad), (u_bar, u.grad), (h_bar, states[0].grad)):
    assert abs(mine - theirs) < 1e-12

# %% [markdown]
# 展开两步，取 $u = 1$：每一步都用到 $w$，它的两份贡献相加。

# %%
from viz import play

h1 = tanh(w * Value(0.2, "h0") + 0.5)
h2 = tanh(w * h1 - 0.3)
h1.label, h2.label = "h1", "h2"
play(h2, lang="zh")

# %% [markdown]
# ## 梯度消失
#
# $|w| < 1$ 时，每一步都乘上一个小于 $|w|$ 的因子：二十步之后，序列开头的影响剩下不到 $|w|^{20}$。$w = 1$ 时，tanh 的斜率仍使它小于 1。
# （$|w| > 1$ 而状态接近 0 时，因子大于 1，乘积就会*爆炸*。为此，下面用 `clip_gradients` 限制梯度的范数。）

# %%
from viz import draw_curves


def reach(w, h0=0.5):
    """一个没有输入、从 h0 出发的单元的 ∂h₂₀/∂h_t，t = 0 … 20。"""
    states = [Value(h0)]
    for _ in range(20):
        states.append(tanh(w * states[-1]))
    states[-1].backward()
    return [h.grad for h in states]


profiles = {f"w = {w}": list(enumerate(reach(w))) for w in (0.4, 0.7, 1.0)}
for name, points in profiles.items():
    print(f"{name}: ∂h₂₀/∂h₀ = {points[0][1]:.1e}")
assert reach(0.4)[0] < 0.4**20 and reach(0.7)[0] < 0.7**20 and reach(1.0)[0] < 1
assert abs(reach(1.5, h0=1e-6)[0] / 1.5**20 - 1) < 1e-3  # 爆炸：3325
draw_curves(profiles, x="t", y="第 t 步的 ∂h₂₀/∂h", log=True, title="梯度沿时间往回走，逐渐消失", lang="zh")

# %% [markdown]
# ## 手算一个 LSTM 单元
#
# 解决的办法：设一个记忆 $c$，每一步往上*加*，而不是每一步都压过一个非线性函数；再用门来决定保留多少（$f$）、写入多少（$i$）、显示多少（$o$）。
# 把输入和上一个隐状态并排放在一起，$v = [x_t, h_{t-1}]$：
#
# $$i_t, f_t, o_t = \sigma(W_{i,f,o}\, v + b_{i,f,o}), \quad g_t = \tanh(W_g\, v + b_g), \quad c_t = f_t c_{t-1} + i_t g_t, \quad h_t = o_t \tanh(c_t) .$$
#
# 固定 $h_{t-1}$ 不动，$\partial c_t / \partial c_{t-1} = f_t$：沿着记忆，敞开的遗忘门让梯度毫无减损地通过。
# （还有第二条路，经过 $h_{t-1}$ 和各个门，后面再讲。）手算，记
# $\bar c = \partial h_t/\partial c_t = o_t (1 - \tanh^2 c_t)$：
#
# $$\frac{\partial h_t}{\partial c_{t-1}} = \bar c\, f_t, \quad \frac{\partial h_t}{\partial b_f} = \bar c\; c_{t-1} f_t (1 - f_t), \quad
# \frac{\partial h_t}{\partial b_i} = \bar c\; g_t\, i_t (1 - i_t), \quad \frac{\partial h_t}{\partial b_g} = \bar c\; i_t (1 - g_t^2), \quad
# \frac{\partial h_t}{\partial b_o} = \tanh(c_t)\, o_t (1 - o_t) .$$

# %%
import random

from nn import LSTMCell

rng = random.Random(1)
cell = LSTMCell(1, 1, rng=rng)
x, h0, c0 = 0.4, 0.1, -0.6
memory = Value(c0)
(hidden,), (updated,) = cell([x], ([h0], [memory]))


def gate(layer, squash):
    n = layer.neurons[0]
    return squash(n.w[0].data * x + n.w[1].data * h0 + n.b.data)


sigma = lambda z: 1 / (1 + math.exp(-z))
i, f, o = (gate(g, sigma) for g in (cell.input_gate, cell.forget_gate, cell.output_gate))
g = gate(cell.candidate_gate, math.tanh)
c = f * c0 + i * g
assert abs(updated.data - c) < 1e-12
assert abs(hidden.data - o * math.tanh(c)) < 1e-12

hidden.backward()
dc = o * (1 - math.tanh(c) ** 2)  # ∂h/∂c
assert abs(memory.grad - dc * f) < 1e-12
for layer, expected in (
    (cell.forget_gate, dc * c0 * f * (1 - f)),
    (cell.input_gate, dc * g * i * (1 - i)),
    (cell.candidate_gate, dc * i * (1 - g * g)),
    (cell.output_gate, math.tanh(c) * o * (1 - o)),
):
    n = layer.neurons[0]
    assert abs(n.b.grad - expected) < 1e-12
    assert abs(n.w[0].grad - expected * x) < 1e-12
    assert abs(n.w[1].grad - expected * h0) < 1e-12
print("各个门、记忆和所有梯度都一致")

# %% [markdown]
# 把这个单元画出来：四个加权和进来，其中三个变成门；记忆从 $c_0$ 走到 $c$，途中只经过一次乘法和一次加法。

# %%
from autograd_lite import sigmoid
from viz import draw

sums = {name: Value(z, name) for name, z in (("zf", 0.5), ("zi", -0.3), ("zg", 0.8), ("zo", 0.2))}
start = Value(c0, "c0")
gates = [sigmoid(sums["zf"]), sigmoid(sums["zi"]), tanh(sums["zg"]), sigmoid(sums["zo"])]
for node, label in zip(gates, "figo"):
    node.label = label
new = gates[0] * start + gates[1] * gates[2]
new.label = "c"
shown = gates[3] * tanh(new)
shown.label = "h"
draw(shown, lang="zh")

# %% [markdown]
# ## 完整的反向过程
#
# 如果每一步都有损失，$L = \sum_t \frac12 (h_t - y_t)^2$，就有两个梯度逐步往回走：$\bar h$ 是下一步以及本步的损失对 $h_t$ 的要求，$\bar c$ 是它们对记忆的要求。
# 从 $t = T$ 到 1：
#
# $$\bar h_t \mathrel{+}= h_t - y_t, \qquad \bar c_t \mathrel{+}= \bar h_t\, o_t (1 - \tanh^2 c_t),$$
#
# 然后同前面一样，是四个加权和处的梯度，
#
# $$\delta_o = \bar h_t \tanh(c_t)\, o_t (1 - o_t), \quad \delta_f = \bar c_t\, c_{t-1} f_t (1 - f_t), \quad \delta_i = \bar c_t\, g_t\, i_t (1 - i_t), \quad \delta_g = \bar c_t\, i_t (1 - g_t^2),$$
#
# 每一个都给自己的权重的梯度加上 $\delta\, v_t$。再往前一步传的是：
#
# $$\bar c_{t-1} = \bar c_t\, f_t, \qquad \bar h_{t-1} = \sum_{k \in \{i, f, g, o\}} w_{k h}\, \delta_k .$$

# %%
cell = LSTMCell(1, 1, rng=random.Random(2))
gates = {"i": cell.input_gate, "f": cell.forget_gate, "g": cell.candidate_gate, "o": cell.output_gate}
inputs, targets = [0.4, -0.9, 0.7], [0.3, -0.2, 0.5]

state, loss, steps = ([Value(0.1)], [Value(-0.6)]), 0.0, []
for x, y in zip(inputs, targets):
    h0, c0 = state[0][0].data, state[1][0].data
    values = {k: gate(layer, math.tanh if k == "g" else sigma) for k, layer in gates.items()}
    state = cell([x], state)
    steps.append((x, y, h0, c0, values, state[0][0].data, state[1][0].data))
    loss = loss + 0.5 * (state[0][0] - y) ** 2
loss.backward()

h_bar = c_bar = 0.0
collected = {k: [0.0, 0.0, 0.0] for k in gates}  # 对应 x、h 和偏置
for x, y, h0, c0, k, ht, ct in reversed(steps):
    h_bar += ht - y
    c_bar += h_bar * k["o"] * (1 - math.tanh(ct) ** 2)
    deltas = {
        "i": c_bar * k["g"] * k["i"] * (1 - k["i"]),
        "f": c_bar * c0 * k["f"] * (1 - k["f"]),
        "g": c_bar * k["i"] * (1 - k["g"] ** 2),
        "o": h_bar * math.tanh(ct) * k["o"] * (1 - k["o"]),
    }
    for name, delta in deltas.items():
        for place, came_in in enumerate((x, h0, 1.0)):
            collected[name][place] += delta * came_in
    c_bar *= k["f"]
    h_bar = sum(gates[name].neurons[0].w[1].data * delta for name, delta in deltas.items())
for name, layer in gates.items():
    n = layer.neurons[0]
    for mine, theirs in zip(collected[name], (*n.w, n.b)):
        assert abs(mine - theirs.grad) < 1e-12
print("递推与引擎一致，参数共", len(cell.parameters()), "个")

# %% [markdown]
# ## 两个选项
#
# `peepholes=True` 让各个门通过一个权重看见记忆（窥视孔连接）：$i$ 和 $f$ 看见 $c_{t-1}$，$o$ 看见 $c_t$：
#
# $$f_t = \sigma(W_f v + p_f\, c_{t-1} + b_f), \qquad o_t = \sigma(W_o v + p_o\, c_t + b_o) .$$

# %%
x, h0, c0 = 0.4, 0.1, -0.6
peeping = LSTMCell(1, 1, peepholes=True, rng=random.Random(1))
p = {name: weight.data for name, (weight,) in peeping.peepholes.items()}
(hidden,), (updated,) = peeping([x], ([h0], [c0]))
i = gate(peeping.input_gate, lambda z: sigma(z + p["input"] * c0))
f = gate(peeping.forget_gate, lambda z: sigma(z + p["forget"] * c0))
c = f * c0 + i * gate(peeping.candidate_gate, math.tanh)
o = gate(peeping.output_gate, lambda z: sigma(z + p["output"] * c))
assert abs(updated.data - c) < 1e-12 and abs(hidden.data - o * math.tanh(c)) < 1e-12

# %% [markdown]
# `forget_bias`（不指定时为 1）让遗忘门一开始就是敞开的。下面对 LSTM 的记忆画出与前面同样的图。每种情形给出两个数：完整的 $\partial c_{20}/\partial c_0$，
# 以及其中始终留在记忆里的那一部分 $\prod_t f_t$。其余的经过 $h$：记忆被显示出来，而显示出来的东西又会拨动下一步的门。

# %%
assert LSTMCell(1, 1, rng=random.Random(1)).forget_gate.neurons[0].b.data == 1.0
profiles, kept = {}, {}
for forget_bias in (4.0, 1.0, -2.0):
    cell = LSTMCell(1, 1, forget_bias=forget_bias, rng=random.Random(1))
    name, n = f"遗忘门偏置 {forget_bias:+.0f}", cell.forget_gate.neurons[0]
    memories, open_gates, state = [], [], ([Value(0.0)], [Value(0.5)])
    held = start = Value(0.5)  # 同一个记忆，但固定 h 不动
    for _ in range(20):
        (h,), (c,) = state
        memories.append(c)
        open_gates.append(sigma(n.w[1].data * h.data + n.b.data))
        _, (held,) = cell([0.0], ([h.data], [held]))
        state = cell([0.0], state)
    held.backward()
    state[1][0].backward()
    kept[name] = math.prod(open_gates)
    assert abs(start.grad - kept[name]) < 1e-12 * kept[name]
    profiles[name] = [(t, abs(c.grad)) for t, c in enumerate(memories)]
    print(f"{name}：∂c₂₀/∂c₀ = {memories[0].grad:.1e}，其中只经过记忆的部分是 {kept[name]:.1e}")
first = [points[0][1] for points in profiles.values()]
assert first[0] > 0.5 and first == sorted(first, reverse=True)
assert all(part < 0.5 * whole for part, whole in zip(kept.values(), first))  # 大部分经过 h
draw_curves(profiles, x="t", y="第 t 步的 ∂c₂₀/∂c", log=True, title="敞开的遗忘门让梯度通过", lang="zh")

# %% [markdown]
# ## 学会把序列中的两个数相加
#
# 每一步送来一个数和一个标记，答案是两个带标记的数之和。单元必须记住第一个，直到第二个到来。

# %%
from nn import Adam, Layer, Module, Recurrent, clip_gradients, squared_error


class Adder(Module):
    def __init__(self, rng):
        self.lstm = Recurrent(LSTMCell(2, 4, rng=rng), last=True)
        self.readout = Layer(4, 1, activation=None, rng=rng)

    def forward(self, sequence):
        return self.readout(self.lstm(sequence))[0]


def example(rng, length=5):
    numbers = [rng.uniform(0, 1) for _ in range(length)]
    a, b = sorted(rng.sample(range(length), 2))
    return [[x, float(t in (a, b))] for t, x in enumerate(numbers)], numbers[a] + numbers[b]


rng = random.Random(0)
model = Adder(rng)
optimiser = Adam(model.parameters(), lr=0.03)
losses = []
for step in range(150):
    batch = [example(rng) for _ in range(5)]
    loss = sum(squared_error(model(xs), y) for xs, y in batch) / 5
    optimiser.zero_grad()
    loss.backward()
    clip_gradients(optimiser.parameters, 1.0)
    assert math.hypot(*(p.grad for p in optimiser.parameters)) < 1 + 1e-12
    optimiser.step()
    losses.append(loss.data)
early, late = sum(losses[:20]) / 20, sum(losses[-20:]) / 20
print(f"均方误差：{early:.3f} -> {late:.3f}；如果总是回答 1，误差是 0.167")
assert late < 0.1
answers = [y for _, y in (example(random.Random(seed)) for seed in range(2000))]
assert abs(sum((y - 1) ** 2 for y in answers) / 2000 - 1 / 6) < 0.02  # 单个数的 1/12 的两倍
draw_curves({"一个小批量": list(enumerate(losses, start=1))}, x="步", y="平方误差", log=True, lang="zh")

# %% [markdown]
# 在 PyTorch 里，这就是 `nn.LSTMCell`；测试用它来核对我们的实现。
#
# ## 小结
#
# - 通过时间反向传播，就是展开后的计算图上的链式法则；共享参数每一步收到一项。
# - 在普通的循环单元里，每一步乘上 $w\,(1 - h^2)$：梯度或消失，或爆炸。
# - 在 LSTM 里，$\bar c$ 只乘遗忘门，$\bar h$ 则要经过权重；两个循环都与引擎一致。在图中，大部分梯度走的是 $h$ 这条路。
# - 配上梯度裁剪和 Adam，四个单元的 LSTM 就学会了把一个数记住几步。
#
# ## 练习
#
# **练习 1。** $w = 0.5$，所有状态都接近 0，tanh 的斜率是 1。多少步之后，梯度剩下不到千分之一？

# %%
from viz import Exercise

check_1 = Exercise(
    next(n for n in range(100) if 0.5**n < 1 / 1000),
    because="$0.5^{10} = 1/1024$.",
    slips={
        "九步之后是 $1/512$": 9,
        "每一步是乘以 ½，不是减去一个固定的量": 500,
        "那是 $w = 0.1$ 的情形": 3,
    },
    lang="zh",
)

# %% [markdown]
# **练习 2。** 某个 LSTM 的遗忘门在每一步都是 0.9，固定 $h$ 不动。$\partial c_{20}/\partial c_0$ 是多少？

# %%
check_2 = Exercise(
    0.9**20,
    because=r"$\bar c$ 每一步乘一次 $f$。",
    slips={
        "这只是一步": 0.9,
        "各步的因子是相乘，不是相加": 18.0,
        "从 $c_0$ 到 $c_{20}$ 有二十步": 0.9**19,
        "通过的是 $f$，不是 $1 - f$": 0.1**20,
    },
    lang="zh",
)

# %% [markdown]
# **练习 3。** 把 $\bar c_t$ 写成 $\bar h_t$、$o_t$、$c_t$ 以及第 $t + 1$ 步传来的 $\bar c$ 的函数。

# %%
check_3 = Exercise(
    lambda h_bar, o, c, handed_on: handed_on + h_bar * o * (1 - math.tanh(c) ** 2),
    because=r"$c_t$ 用了两次：一次通过 $o_t \tanh(c_t)$ 显示出来，一次留给下一步。两项相加。",
    slips={
        "下一步也要用到记忆": lambda h_bar, o, c, handed_on: h_bar * o * (1 - math.tanh(c) ** 2),
        "记忆还通过 $h_t$ 显示出来": lambda h_bar, o, c, handed_on: handed_on,
        "显示多少，还要乘上门 $o_t$": lambda h_bar, o, c, handed_on: handed_on + h_bar * (1 - math.tanh(c) ** 2),
        "那是通向门 $o_t$ 的路；通向 $c_t$ 的要乘 tanh 的斜率": lambda h_bar, o, c, handed_on: (
            handed_on + h_bar * math.tanh(c)
        ),
    },
    at=[(0.4, 0.7, -0.5, 0.2), (-1.0, 0.3, 1.1, 0.6)],
    lang="zh",
)
