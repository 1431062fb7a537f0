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
# 设 $u = c x$，$v = d x$，$z = f(u, v) = u + v^2$。让 $x$ 变动一点点 $dx$，那么 $u$ 变动 $c\,dx$，*同时* $v$ 变动 $d\,dx$。
# 输出把两者都感受到：
#
# $$dz = \frac{\partial z}{\partial u} du + \frac{\partial z}{\partial v} dv
# \quad\Longrightarrow\quad
# \frac{dz}{dx} = \frac{\partial z}{\partial u}\frac{du}{dx} + \frac{\partial z}{\partial v}\frac{dv}{dx} .$$
#
# 加号不是一条要背的规则。它说的是：沿不同路径的微小变化会加在一起。

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
print(f"by hand {by_hand}, by engine {x.grad}")
assert abs(x.grad - by_hand) < 1e-12

# %% [markdown]
# 引擎按到达的先后把各份贡献加起来。`explain` 让我们看见还没加完的和。

# %%
from viz import draw, to_text

e = explain(z)
for term in e.uses(e.named("x").index):
    print(
        f"part {term.part} of {term.parts}: {term.upstream} × {term.local_gradient} = {term.contribution}, so far {term.total}"
    )
assert e.uses(e.named("x").index)[-1].total == x.grad

# %%
draw(z)

# %% [markdown]
# ## 从零写一个引擎，三十行
#
# 上面的全部内容一页就能写下。每个节点记住它的父节点和局部梯度；`backward` 负责相加。


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
        for node in reversed(order):  # every child before its parents
            for parent, local in zip(node.parents, node.local_gradients):
                cotangent[parent] += cotangent[node] * local  # the plus sign
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
# 最直接的递归是：*来多少，立刻往下传多少*。只要某个用了几次的节点自己还有父节点，这种做法就会出错：它先把没加完的和传下去，
# 后来又把加完的和再传一遍，第一份就算了两次。


# %%
def naive(node, gradient, grads):
    grads[node] = grads.get(node, 0.0) + gradient
    for parent, local in zip(node.parents, node.local_gradients):
        naive(parent, grads[node] * local, grads)  # unfinished!


grads = {}
naive(y, 1.0, grads)
print(f"naive {grads[a]}, right {a.grad}")
assert grads[a] != a.grad

# %% [markdown]
# 按拓扑顺序的逆序走，轮到一个节点时，它的所有子节点都已处理完，它的和已经完整，于是恰好往下传一次。
# （如果递归只传下*自己这一份*，答案是对的，但要走遍每一条路径。连续加倍五十次 $y = x + x,\ y = y + y, \dots$，路径就有
# $2^{50}$ 条。）

# %%
w = Value(1.0)
y = w
for _ in range(50):
    y = y + y
y.backward()
print(w.grad == 2.0**50)
assert w.grad == 2.0**50

# %% [markdown]
# ## 第二次 backward()
#
# 梯度是累加的，所以在同一张图上第二次调用 `backward()`，每个节点的梯度都应当恰好变成两倍。如果引擎把 `node.grad`
# 本身当作路上传递的和，中间节点就会出错：第二遍从第一遍留下的数开始，把它又算了一次。

# %%
x = Value(3.0)
b = x * x
y = b * b
y.backward()
once = x.grad, b.grad
y.backward()
print(once, (x.grad, b.grad))
assert (x.grad, b.grad) == (2 * once[0], 2 * once[1])


def forgetful_backward(root, order):  # what goes wrong: grad is the result and the traveller in one
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
print(f"forgetful: {first}, then {a.grad}; right would be {2 * first}")
assert a.grad != 2 * first

# %% [markdown]
# **练习。** 在 $x \cdot x$ 里，$x$ 作为父节点出现几次？两次：图保留重复，两份贡献 $x + x$ 就是你熟悉的 $2x$。

# %%
x = Value(5.0)
y = x * x
assert y.parents == (x, x)
y.backward()
assert x.grad == 10.0
print(to_text(z))
