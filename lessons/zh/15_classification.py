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
# # 15. 用反向传播做分类
#
# **问题：** 用反向传播做分类，从拓扑结构到停止规则，要做哪些决定？
#
# **先修：** 第 4 课、第 6 课、第 7 课。
#
# 数据挖掘教材里的做法：
#
# 1. **拓扑结构：** 每个属性一个输入（缩放到 [0, 1]），一到两个隐藏层，每个类别一个输出。
# 2. 用小的随机数**初始化**权重。
# 3. 对每个样本：前向传播，计算误差，反向传播，**更新**。
# 4. 重复进行，直到满足**停止规则**：权重几乎不再变化，误差足够小，轮数已到，或者留出样本上的误差不再下降。
#
# 隐藏神经元要多少个？没有公式可用。训练，看留出样本上的误差，再换一个数试试。这里是 64 个像素，12 个隐藏 sigmoid 神经元，10 个数字。

# %%
import copy
import random

from nn import MLP, SGD, accuracy, confusion_matrix, cross_entropy
from nn.data import digits, one_hot, split

rng = random.Random(0)
train, held_out = split(digits(80, rng=rng), test=0.25, rng=rng)
start = MLP(64, [12, 10], activation="sigmoid", rng=rng)
print(
    start,
    "共有",
    len(start.parameters()),
    "个参数；",
    len(train[0]),
    "个训练样本，",
    len(held_out[0]),
    "个留出样本",
)

# %% [markdown]
# ## 标准 BP 与累积 BP
#
# 用各个样本 $i = 1 \dots m$ 的梯度 $g_i(w)$，有两种办法：
#
# - *标准 BP*：每个样本之后都更新，$w \leftarrow w - \eta\, g_i(w)$；
# - *累积 BP*：所有样本之后更新一次，$w \leftarrow w - \eta \sum_i g_i(w)$。
#
# 标准 BP 里，第二个样本看到的权重已经被第一个移动过，梯度是 $g_2(w - \eta g_1)$。它与 $g_2(w)$ 之差大约是 $\eta$ 乘以二阶导数：
# 一轮之后，两种办法相差 $\eta^2$ 量级的一项，而移动的距离是 $\eta$ 量级。学习率极小时，两者一致：


# %%
def epoch_gradient(model, xs, ys):
    model.zero_grad()
    for x, y in zip(xs, ys):
        cross_entropy(model(x), y).backward()  # grad 会累加：对样本求和
    return [p.grad for p in model.parameters()]


eta, few = 1e-6, (train[0][:5], train[1][:5])
case, whole = copy.deepcopy(start), copy.deepcopy(start)
for x, y in zip(*few):
    case.zero_grad()
    cross_entropy(case(x), y).backward()
    SGD(case.parameters(), lr=eta).step()
gradient = epoch_gradient(whole, *few)
before = [p.data for p in whole.parameters()]
SGD(whole.parameters(), lr=eta).step()
for p, old, g in zip(whole.parameters(), before, gradient):
    assert abs(p.data - (old - eta * g)) < 1e-12
difference = max(abs(a.data - b.data) for a, b in zip(case.parameters(), whole.parameters()))
moved = max(abs(a.data - b) for a, b in zip(whole.parameters(), before))
print(f"移动了 {moved:.1e}，标准 BP 与累积 BP 相差 {difference:.1e}")
assert difference < 1e-3 * moved

# %% [markdown]
# ## 手算梯度
#
# 第 6 课说明了到达输出处的是什么：$\delta_k = p_k - y_k$。第 4 课说明了它怎样往下传：
# $\delta_j = h_j (1 - h_j) \sum_k W_{kj}\, \delta_k$。对一个样本：

# %%
import math

from autograd_lite import softmax

x, y = train[0][0], train[1][0]
epoch_gradient(start, [x], [y])
hidden, output = start.layers
h = [1 / (1 + math.exp(-sum(w.data * a for w, a in zip(n.w, x)) - n.b.data)) for n in hidden.neurons]
p = softmax([sum(w.data * a for w, a in zip(n.w, h)) + n.b.data for n in output.neurons])
delta_out = [pk - yk for pk, yk in zip(p, one_hot(y, 10))]
for j, n in enumerate(hidden.neurons):
    delta = h[j] * (1 - h[j]) * sum(n_out.w[j].data * d for n_out, d in zip(output.neurons, delta_out))
    for w, a in zip(n.w, x):
        assert abs(w.grad - delta * a) < 1e-12
for n, d in zip(output.neurons, delta_out):
    for w, a in zip(n.w, h):
        assert abs(w.grad - d * a) < 1e-12
print("两层的全部权重都一致")
print(f"正确答案的 p = {p[y]:.2f}：它应当升高 {1 - p[y]:.2f}，其余九个共同降低同样多")
assert abs(sum(delta_out)) < 1e-12

# %% [markdown]
# ## 教材里的 Err
#
# 数据挖掘教材采用 sigmoid 输出 $O_j$ 和平方误差，并把应当纠正的量，即目标减输出，叫做*误差*。输出单元的目标是 $T_j$；隐藏单元 $j$ 通向各个单元 $k$：
#
# $$Err_j = O_j (1 - O_j)(T_j - O_j), \qquad Err_j = O_j (1 - O_j) \sum_k Err_k\, w_{jk},$$
#
# $$w_{ij} \leftarrow w_{ij} + l \cdot Err_j\, O_i, \qquad \theta_j \leftarrow \theta_j + l \cdot Err_j .$$
#
# 输出 0.8、目标 1 的单元，$Err = 0.8 \cdot 0.2 \cdot 0.2 = 0.032$。这就是第 4 课的公式换了符号，$Err_j = -\delta_j$，而且换了两次：$Err$ 里是负的，更新时是加。

# %%
from nn import half_squared_error

book = MLP(3, [2, 2], activation="sigmoid", output_activation="sigmoid", rng=random.Random(6))
case_x, T, l = [1.0, 0.0, 1.0], [1.0, 0.0], 0.9
half_squared_error(book(case_x), T).backward()
hidden, output = book.layers
O_h = [v.data for v in hidden(case_x)]
O = [v.data for v in output(O_h)]
Err = [o * (1 - o) * (t - o) for o, t in zip(O, T)]
Err_h = [o * (1 - o) * sum(e * n.w[j].data for e, n in zip(Err, output.neurons)) for j, o in enumerate(O_h)]
expected = [
    parameter.data + l * e * came_in
    for layer, errs, below in ((hidden, Err_h, case_x), (output, Err, O_h))
    for n, e in zip(layer.neurons, errs)
    for parameter, came_in in zip((*n.w, n.b), (*below, 1.0))
]
SGD([p for layer in book.layers for n in layer.neurons for p in (*n.w, n.b)], lr=l).step()
moved = [p.data for layer in book.layers for n in layer.neurons for p in (*n.w, n.b)]
assert all(abs(a - b) < 1e-12 for a, b in zip(moved, expected))
print("用 Err 更新就是梯度下降的一步，参数共", len(moved), "个")

# %% [markdown]
# ## 循环与停止规则
#
# 标准 BP，每一轮换一个新的次序，直到留出样本上的误差连续两轮没有改善。保留最好一轮的权重。
# （循环仍然走到第 11 轮，好看看这条规则错过了什么。）

# %%
model = copy.deepcopy(start)
optimiser = SGD(model.parameters(), lr=0.5)
train_errors, errors, best, stopped = [], [], None, None
same_order = copy.deepcopy(rng)
for epoch in range(1, 12):
    order = list(range(len(train[0])))
    rng.shuffle(order)
    total = 0.0
    for i in order:
        optimiser.zero_grad()
        error = cross_entropy(model(train[0][i]), train[1][i])
        error.backward()
        optimiser.step()
        total += error.data
    train_errors.append(total / len(order))
    outputs = [[v.data for v in model(x)] for x in held_out[0]]
    errors.append(sum(cross_entropy(output, y) for output, y in zip(outputs, held_out[1])) / len(outputs))
    since_best = epoch - 1 - errors.index(min(errors))
    if stopped is None and since_best == 0:
        best = copy.deepcopy(model), outputs
    if stopped is None and since_best == 2:
        stopped = epoch
model, outputs = best
kept = min(errors[:stopped])
print(f"第 {stopped} 轮之后停止，保留第 {stopped - 2} 轮：留出误差 {kept:.3f}")
print(f"正确率 {accuracy(outputs, held_out[1]):.0%}；全部轮次中最小的误差 {min(errors):.3f}，出现在第几轮：", end=" ")
print(errors.index(min(errors)) + 1)
assert accuracy(outputs, held_out[1]) > 0.7
assert stopped < 11 and min(errors) < 0.9 * kept  # 规则停得太早
assert train_errors[-1] < 0.9 * train_errors[stopped - 1]

# %%
from viz import draw_curves

draw_curves(
    {"训练": list(enumerate(train_errors, start=1)), "留出": list(enumerate(errors, start=1))},
    x="轮",
    y="交叉熵",
    title="各轮的误差",
    lang="zh",
)

# %% [markdown]
# 训练误差继续下降；留出样本上的误差时高时低，而规则把第一个小坎当成了终点。再多一点耐心，就会找到更好的一轮。停止规则是一场赌博：省下了轮数，可能输掉误差。
#
# `nn.fit` 加上 `patience` 就是这个循环：按同样的规则停止，并交还最好一轮的权重。（`compiled="numpy"` 在训练前把一步写成若干行 NumPy；除了舍入，算出的数相同。）

# %%
from nn import evaluate, fit

again = copy.deepcopy(start)
sgd = SGD(again.parameters(), lr=0.5)
history = fit(
    again,
    train,
    held_out=held_out,
    optimiser=sgd,
    epochs=11,
    batch_size=1,
    patience=2,
    rng=same_order,
    compiled="numpy",
    progress=False,
)
assert len(history) == stopped and history.best() == stopped - 3  # 那里的轮数从 0 算起
assert all(abs(a - b) < 1e-6 for a, b in zip(history.held_out_loss, errors))
assert all(abs(a.data - b.data) < 1e-6 for a, b in zip(again.parameters(), model.parameters()))
assert abs(evaluate(again, held_out)[0] - history.held_out_loss[history.best()]) < 1e-6 < errors[stopped - 1] - kept
print(f"{len(history)} 轮中最好的是第 {history.best() + 1} 轮，留出样本的", end=" ")
print(f"误差 {history.held_out_loss[history.best()]:.3f}，正确率 {history.held_out_accuracy[history.best()]:.0%}")

# %% [markdown]
# ## 它会混淆什么
#
# 行：给它看的数字；列：它回答的数字。对角线上是对的。

# %%
from viz import draw_matrix

matrix = confusion_matrix(outputs, held_out[1], classes=10)
assert sum(map(sum, matrix)) == len(held_out[1])
draw_matrix(matrix, rows="给它看的", columns="它回答的", title="数字的混淆矩阵", lang="zh")

# %% [markdown]
# ## 一对多
#
# 另一种办法，不用十个相互耦合的输出，而是十个单独的是非题：*是 0 吗？是 1 吗？……* 每个都是一个神经元，用 sigmoid 和第 7 课的对数损失。最有把握的“是”就是答案。

# %%
from nn import Adam, binary_cross_entropy

rng = random.Random(1)
one_vs_all = MLP(64, [10], rng=rng)  # 线性：sigmoid 在损失里
targets = [one_hot(y, 10) for y in train[1]]
adam = Adam(one_vs_all.parameters(), lr=0.03)
fit(
    one_vs_all,
    (train[0], targets),
    loss=binary_cross_entropy,
    optimiser=adam,
    epochs=6,
    batch_size=8,
    rng=rng,
    compiled="numpy",
    progress=False,
)
answers = [[v.data for v in one_vs_all(x)] for x in held_out[0]]
right = [round(accuracy(each, held_out[1]) * len(held_out[1])) for each in (answers, outputs)]
print(f"{len(held_out[1])} 个中答对的：一对多 {right[0]} 个，十个耦合的输出 {right[1]} 个")
assert min(right) > 0.6 * len(held_out[1])
doubt = math.sqrt(sum(n * (1 - n / len(held_out[1])) for n in right))  # 差异的标准差
assert 2 < doubt < 3.5 and abs(right[0] - right[1]) < 2 * doubt

# %% [markdown]
# 哪一种更好？只凭 20 幅图像，谁也说不上来：仅仅是偶然，就会使差异变动两三幅（它的标准差），而测得的差异在两倍标准差以内。

# %% [markdown]
# ## 权重长什么样
#
# 一个神经元有 64 个权重，每个像素一个：这是它所寻找的图像，橙色处有墨迹是支持，蓝色处有墨迹是反对。十个是非题神经元寻找各自的数字；
# 网络的隐藏神经元寻找的是有助于区分几个数字的局部。

# %%
from viz import draw_images


def image(neuron):
    return [[w.data for w in neuron.w[8 * i : 8 * i + 8]] for i in range(8)]


draw_images(
    {
        "是 0 吗？是 1 吗？…… 是 9 吗？": [image(n) for n in one_vs_all.layers[0].neurons],
        "隐藏神经元": [image(n) for n in model.layers[0].neurons[:10]],
    },
    pixel=8,
    title="画成图像的权重",
    lang="zh",
)

# %% [markdown]
# 对网络的*回答*，也可以问同样的问题：这一幅图像里，哪些像素支持这个回答？反向传播一直走到输入：$\partial\,\text{score}/\partial\,\text{pixel}$ 说明，
# 这里多一点墨迹，正确数字的得分会升高多少。

# %%
from autograd_lite import Value


def sensitivity(x, y):
    pixels = [Value(v) for v in x]
    model(pixels)[y].backward()
    return [p.grad for p in pixels]


chosen = [next(i for i, y in enumerate(held_out[1]) if y == digit) for digit in sorted(set(held_out[1]))[:6]]
cases = [(held_out[0][i], held_out[1][i]) for i in chosen]
maps = [sensitivity(x, y) for x, y in cases]
x, y = cases[0]
at = max(range(64), key=lambda k: abs(maps[0][k]))
more = [v + (1e-6 if k == at else 0.0) for k, v in enumerate(x)]
assert abs((model(more)[y].data - model(x)[y].data) / 1e-6 - maps[0][at]) < 1e-4
draw_images(
    {
        "留出的数字": [[x[8 * i : 8 * i + 8] for i in range(8)] for x, _ in cases],
        "多一点墨迹：支持（橙色），反对（蓝色）": [[g[8 * i : 8 * i + 8] for i in range(8)] for g in maps],
    },
    pixel=8,
    title="正确数字的得分在听什么",
    lang="zh",
)

# %% [markdown]
# 这样的图叫*显著图*。它说明的是，此时此地多一点墨迹会怎样；这还不等于网络*为什么*这样回答。
#
# ## 什么时候适合
#
# 本课所见，对这种方法有褒有贬。它直接接收数值，每个样本 64 个；从六十个样本学习，就能回答新的样本。但拓扑结构、学习率和停止规则都要自己选，没有公式可用；
# 训练要把所有样本一遍一遍地走；学到的东西分散在 910 个权重里，它们显示网络在看哪里，却不是一条读得懂的规则。如果必须讲出理由，或者样本很少，就先用更简单的方法，再作比较。
#
# ## 小结
#
# - 标准 BP 与累积 BP 相差 $\eta^2$ 量级的一项；学习率极小时两者一致。
# - 教材里的 $Err_j$ 就是 $-\delta_j$；配上加号，更新就是梯度下降的一步。
# - 停止规则是一场赌博：这一次保留的不是最好的一轮。
# - 只凭二十幅图像，分不出两种方法的高下。
# - 得分对像素的梯度，就是一幅图，画出网络在听什么。
#
# ## 练习
#
# **练习 1。** 输出单元说 0.6，目标是 0。$Err$ 是多少？

# %%
from viz import Exercise

check_1 = Exercise(
    0.6 * 0.4 * (0 - 0.6),
    because="目标减输出，再乘斜率：这个单元应当说得小一些。",
    slips={
        r"这是 $\delta$，预测减目标；$Err$ 的符号相反": 0.6 * 0.4 * 0.6,
        r"漏了斜率 $O(1 - O)$": -0.6,
        "这只是斜率": 0.6 * 0.4,
    },
    lang="zh",
)

# %% [markdown]
# **练习 2。** 六十个样本，批量大小为八。一轮有多少次更新？

# %%
check_2 = Exercise(
    math.ceil(60 / 8),
    because="七个满的批量，剩下的四个样本再成一批。",
    slips={
        "剩下的四个样本也成一批": 7,
        "那是标准 BP": 60,
        "那是累积 BP": 1,
        "更新要么做要么不做，没有半次": 7.5,
    },
    lang="zh",
)

# %% [markdown]
# **练习 3。** 各轮的留出误差是 0.9、0.7、0.6、0.65、0.62、0.5。上面的规则在第几轮之后停止？（连续两轮没有改善就停止。）

# %%
check_3 = Exercise(
    5,
    because="第 4、5 轮都没有比 0.6 更好。它再也看不到 0.5 了。",
    slips={
        "只有一轮没有改善还不够": 4,
        "这是保留其权重的那一轮": 3,
        "那之前就已经停了": 6,
    },
    lang="zh",
)
