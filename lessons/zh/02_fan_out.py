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
# # 2. 扇出：梯度为什么要相加
#
# **问题：** 一个值用了两次，它的梯度是多少？加号从哪里来？
#
# **先修：** 第 1 课。
#
# 先看一个数：$z = 3x + (-x)^2$，$x = 2$。把 $x$ 变成 2.01，第一项从 6 变成 6.03，第二项从 4 变成 4.0401，
# 所以 $z$ 增加了 0.03 + 0.0401，大约是 $x$ 变动的七倍：一处用法贡献三倍，另一处贡献四倍。
#
# 换成字母：设 $u = c x$，$v = d x$，$z = f(u, v) = u + v^2$。让 $x$ 变动一点点 $dx$，那么 $u$ 变动 $c \cdot dx$，*同时* $v$ 变动 $d \cdot dx$。
# 两处变动，输出都感受得到：
#
# $$dz = \frac{\partial z}{\partial u} du + \frac{\partial z}{\partial v} dv
# \quad\Longrightarrow\quad
# \frac{dz}{dx} = \frac{\partial z}{\partial u}\frac{du}{dx} + \frac{\partial z}{\partial v}\frac{dv}{dx} .$$
#
# 加号不是一条要背的规则。它说的是：微小的变化沿不同路径传到同一个输出，效果相加。
#
# 在这里 $\partial z/\partial u = 1$，$du/dx = c$，$\partial z/\partial v = 2v$，$dv/dx = d$，所以 $dz/dx = c + 2 v d$。

# %%
from autograd_lite import Value, explain

c, x, d = Value(3.0, "c"), Value(2.0, "x"), Value(-1.0, "d")
u = c * x
v = d * x
z = u + v**2
for node, label in ((u, "u"), (v, "v"), (z, "z")):
    node.label = label

by_hand = 1.0 * c.data + 2 * v.data * d.data  # ∂z/∂u·du/dx + ∂z/∂v·dv/dx
z.backward()
print(f"手算 {by_hand}，引擎 {x.grad}")
assert abs(x.grad - by_hand) < 1e-12

# %% [markdown]
# 两条路径可以分开来看。先只让 $u$ 里的 $x$ 变，再只让 $v$ 里的 $x$ 变，最后两处一起变：


# %%
def f(x_in_u, x_in_v):
    return 3.0 * x_in_u + (-1.0 * x_in_v) ** 2


h = 1e-6
along_u = (f(2.0 + h, 2.0) - f(2.0, 2.0)) / h
along_v = (f(2.0, 2.0 + h) - f(2.0, 2.0)) / h
along_both = (f(2.0 + h, 2.0 + h) - f(2.0, 2.0)) / h
print(f"只经 u：{along_u:.4f}，只经 v：{along_v:.4f}，一起：{along_both:.4f}")
assert abs(along_both - (along_u + along_v)) < 1e-5

# %% [markdown]
# 引擎按到达的先后，把各份贡献（上游梯度 × 局部梯度）加起来。`explain` 让我们看见还没加完的和。

# %%
e = explain(z)
for term in e.uses(e.named("x").index):
    product = f"{term.upstream} × {term.local_gradient} = {term.contribution}"
    print(f"第 {term.part} 份，共 {term.parts} 份：{product}，目前的和 {term.total}")
assert e.uses(e.named("x").index)[-1].total == x.grad

# %% [markdown]
# 现在一步一步地走一遍。注意反向过程中 $x$ 的卡片：要等*两处*用到它的地方都把自己的那一份送到，梯度才算完整；在此之前它后面带着省略号。

# %%
from viz import play

play(z, lang="zh")

# %% [markdown]
# ## 从零写一个引擎，三十行
#
# 上面的全部内容，一页就写得下。每个节点记住自己的父节点和局部梯度；`backward` 先给节点排序，使每个节点都排在它的父节点之后
# （这叫*拓扑顺序*），再从末尾往回走，一路相加。


# %%
class Node:
    def __init__(self, data, parents=(), local_gradients=()):
        self.data, self.grad = data, 0.0
        self.parents, self.local_gradients = parents, local_gradients

    def __add__(self, other):
        return Node(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return Node(self.data * other.data, (self, other), (other.data, self.data))

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for parent in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        cotangent = dict.fromkeys(order, 0.0)
        cotangent[self] = 1.0
        for node in reversed(order):  # 子节点都在父节点之前
            for parent, local in zip(node.parents, node.local_gradients):
                cotangent[parent] += cotangent[node] * local  # 加号就在这里
        for node in order:
            node.grad += cotangent[node]


a = Node(2.0)
b = a * a
y = b * b + b
y.backward()
print(y.data, a.grad)  # y = a⁴ + a², y' = 4a³ + 2a
assert a.grad == 4 * 2.0**3 + 2 * 2.0

# %% [markdown]
# ## 为什么要拓扑顺序
#
# 最容易想到的递归是：*来多少，马上往下传多少*。只要一个节点被用了几次、自己又有父节点，这种做法就会出错：
# 它先把没加完的和传下去，后来又把加完的和再传一遍，先到的那一份就算重了。
#
# 在 $y = b \cdot b + b$、$b = a \cdot a = 4$ 里，有三份贡献到达 $b$：4、4 和 1，合计 9，所以 $a$ 应当得到
# $9 \cdot 2a = 36$。而这个递归先传 4，再传 $4 + 4$，再传 $4 + 4 + 1$，一共 $21 \cdot 2a = 84$。


# %%
def naive(node, gradient, grads):
    grads[node] = grads.get(node, 0.0) + gradient
    for parent, local in zip(node.parents, node.local_gradients):
        naive(parent, grads[node] * local, grads)  # 还没加完！


grads = {}
naive(y, 1.0, grads)
print(f"递归 {grads[a]}，正确 {a.grad}")
assert (grads[a], a.grad) == (84.0, 36.0)

# %% [markdown]
# 按拓扑顺序的逆序走，轮到一个节点时，用到它的节点都已处理完，它的和已经完整，于是恰好往下传一次。
# （如果递归每次只传*这一份*，答案倒是对的，但要把每一条路径都走一遍。连续加倍五十次，$y = x + x,\ y = y + y, \dots$，路径就有
# $2^{50}$ 条。）

# %%
w = Value(1.0)
y = w
for _ in range(50):
    y = y + y
y.backward()
print(w.grad == 2.0**50)
assert w.grad == 2.0**50


def own_share(node, gradient, grads, visits):
    grads[node] = grads.get(node, 0.0) + gradient
    visits[node] = visits.get(node, 0) + 1
    for parent, local in zip(node.parents, node.local_gradients):
        own_share(parent, gradient * local, grads, visits)


start = y = Node(1.0)
for _ in range(10):
    y = y + y
grads, visits = {}, {}
own_share(y, 1.0, grads, visits)
print(f"加倍十次：梯度 {grads[start]}，最初的节点被访问的次数 {visits[start]}")
assert grads[start] == visits[start] == 2**10

# %% [markdown]
# ## 第二次 backward()
#
# 梯度是累加的，所以在同一张图上再调用一次 `backward()`，每个节点的梯度都应当恰好变成两倍。如果引擎直接用 `node.grad`
# 充当路上传递的和，中间节点就会出错：第二遍从第一遍留下的数开始，把它又算了一次。

# %%
x = Value(3.0)
b = x * x
y = b * b
y.backward()
once = x.grad, b.grad
y.backward()
print(once, (x.grad, b.grad))
assert (x.grad, b.grad) == (2 * once[0], 2 * once[1])


def forgetful_backward(root, order):  # 错在这里：grad 既是结果，又在路上传递
    root.grad += 1.0
    for node in reversed(order):
        for parent, local in zip(node.parents, node.local_gradients):
            parent.grad += node.grad * local


a = Node(3.0)
b = a * a
y = b * b
forgetful_backward(y, [a, b, y])
first = a.grad
forgetful_backward(y, [a, b, y])
print(f"第一遍 {first}，第二遍 {a.grad}；正确的是 {2 * first}")
assert a.grad != 2 * first

# %% [markdown]
# 所以那三十行把两样东西分开放：`cotangent` 只在*一遍*反向传播里传递，每遍从零开始；`grad` 则是各遍之和。
#
# ## 小结
#
# - 微小的变化沿几条路径传到输出，效果相加；所以一个值各处用法的梯度，在这个值上相加。
# - 照这条规则写的引擎只要三十行：父节点、局部梯度、拓扑顺序、一个循环。
# - 不按顺序，就会把没加完的和传下去：正确的是 36，结果却是 84。逐条路径去走，答案是对的，但加倍十次就要访问 1 024 次。
# - 一遍之中传递的量和各遍之后留下的量是两回事；分开放，第二次 `backward()` 才会让每个梯度恰好加倍。
#
# ## 练习
#
# **练习 1。** $x$ 多了第三处用法，$z = cx + (dx)^2 + x$，仍取 $c = 3$、$x = 2$、$d = -1$。$dz/dx$ 是多少？

# %%
from viz import Exercise

x = Value(2.0)
z = 3.0 * x + (-1.0 * x) ** 2 + x
z.backward()
check_1 = Exercise(
    x.grad,
    because="三条路径各送来 3、4 和 1。",
    slips={
        "这是没有第三处用法时的梯度": 7.0,
        "各条路径相加，不是相乘": 12.0,
        "这只是第三条路径，另外两条也要算": 1.0,
    },
    lang="zh",
)

# %% [markdown]
# **练习 2。** $y = b \cdot b$，$b = a \cdot a$，$a = 2$。把没加完的和往下传的那个递归，算出的 $a$ 的梯度是多少？

# %%
a = Node(2.0)
b = a * a
y = b * b
grads = {}
naive(y, 1.0, grads)
check_2 = Exercise(
    grads[a],
    because=r"$b$ 先传 4，再传 $4 + 4$，一共 $12 \cdot 2a = 48$。",
    slips={
        "这是正确的梯度 $4a^3$；那个递归把先到的一份算重了": 32.0,
        "这只是第一份带来的；第二份还没算，而且里面又含有第一份": 16.0,
        "这是从 $b$ 传下去的和，还要乘上 $2a$": 12.0,
    },
    lang="zh",
)

# %% [markdown]
# **练习 3。** 加倍二十次而不是十次。每次只传自己那一份的递归，要访问最初的节点多少次？

# %%
check_3 = Exercise(
    2**20,
    because="每条路径访问一次，而每次加倍都使路径数加倍：$2^{20}$，一百多万次。",
    slips={
        "这是加倍的次数；每加倍一次，路径数就翻一番": 20,
        "这是边数，按拓扑顺序走，每条边只看一次；而这个递归走的是路径": 40,
        "多加倍十次，不是翻一番，而是乘以 $2^{10}$": 2048,
    },
    lang="zh",
)
