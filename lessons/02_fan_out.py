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
# # 2. Fan-out: why gradients add
#
# **Question:** a value is used twice; what is its gradient, and why is there a plus sign?
#
# **Builds on:** lesson 1.
#
# A number first: $z = 3x + (-x)^2$ at $x = 2$. Move $x$ to 2.01. The first term grows from 6 to 6.03, the second from 4 to 4.0401,
# so $z$ grows by 0.03 + 0.0401, about seven times as much as $x$ did: three times through one use and four times through the other.
#
# With letters: let $u = c x$, $v = d x$ and $z = f(u, v) = u + v^2$. Move $x$ by a little $dx$. Then $u$ moves by $c \cdot dx$ *and* $v$ moves
# by $d \cdot dx$, at the same time. The output feels both:
#
# $$dz = \frac{\partial z}{\partial u} du + \frac{\partial z}{\partial v} dv
# \quad\Longrightarrow\quad
# \frac{dz}{dx} = \frac{\partial z}{\partial u}\frac{du}{dx} + \frac{\partial z}{\partial v}\frac{dv}{dx} .$$
#
# The plus sign is not a rule to remember. It says that small changes along different paths add up.
#
# Here $\partial z/\partial u = 1$, $du/dx = c$, $\partial z/\partial v = 2v$ and $dv/dx = d$, so $dz/dx = c + 2 v d$.

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
# You can see the two paths apart. Move $x$ in $u$ alone, in $v$ alone, then in both:


# %%
def f(x_in_u, x_in_v):
    return 3.0 * x_in_u + (-1.0 * x_in_v) ** 2


h = 1e-6
along_u = (f(2.0 + h, 2.0) - f(2.0, 2.0)) / h
along_v = (f(2.0, 2.0 + h) - f(2.0, 2.0)) / h
along_both = (f(2.0 + h, 2.0 + h) - f(2.0, 2.0)) / h
print(f"u alone {along_u:.4f}, v alone {along_v:.4f}, both {along_both:.4f}")
assert abs(along_both - (along_u + along_v)) < 1e-5

# %% [markdown]
# The engine adds the contributions in the order they arrive. `explain` shows the unfinished sum.

# %%
e = explain(z)
for term in e.uses(e.named("x").index):
    product = f"{term.upstream} × {term.local_gradient} = {term.contribution}"
    print(f"part {term.part} of {term.parts}: {product}, so far {term.total}")
assert e.uses(e.named("x").index)[-1].total == x.grad

# %% [markdown]
# Now step by step. Watch the card of $x$ in the backward pass: its gradient stays unfinished (…) until *both* uses have sent
# their part.

# %%
from viz import play

play(z)

# %% [markdown]
# ## The engine from scratch, in thirty lines
#
# Everything so far fits on a page. Each node keeps its parents and the local gradients; `backward` sorts the nodes so that
# each comes after everything it was computed from (a *topological order*), walks that list from its end, and adds.


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
# ## Why a topological order
#
# Plain recursion, *pass on what has arrived, at once*, gets it wrong as soon as a node with several uses has parents of its
# own. It passes on an unfinished sum, and later passes on the finished one again, the first part included.
#
# In $y = b \cdot b + b$ with $b = a \cdot a = 4$, three parts arrive at $b$: 4, 4 and 1. Together 9, so $a$ should receive
# $9 \cdot 2a = 36$. The recursion passes on 4, then $4 + 4$, then $4 + 4 + 1$: that is $21 \cdot 2a = 84$.


# %%
def naive(node, gradient, grads):
    grads[node] = grads.get(node, 0.0) + gradient
    for parent, local in zip(node.parents, node.local_gradients):
        naive(parent, grads[node] * local, grads)  # unfinished!


grads = {}
naive(y, 1.0, grads)
print(f"naive {grads[a]}, right {a.grad}")
assert (grads[a], a.grad) == (84.0, 36.0)

# %% [markdown]
# Walking in reverse topological order, a node is reached only after all its children. Its sum is then complete, and it is
# passed on exactly once. (Recursion that passes on only its *own* share gives the right answer, but visits every path. After
# fifty doublings $y = x + x,\ y = y + y, \dots$ there are $2^{50}$ of them.)

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
print(f"ten doublings: gradient {grads[start]}, visits of the first node {visits[start]}")
assert grads[start] == visits[start] == 2**10

# %% [markdown]
# ## A second backward()
#
# Gradients accumulate, so a second `backward()` on the same graph should give exactly twice the gradient, everywhere. An
# engine that uses `node.grad` itself as the travelling sum gets inner nodes wrong: the second pass starts from what the first
# one left, and counts it again.

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
# That is why the thirty lines keep two things apart: `cotangent` travels during *one* pass and starts at zero, `grad` is the
# sum over passes.
#
# ## What was shown
#
# - Small changes along several paths add up at the output, so the gradients of all uses of a value add up at the value.
# - An engine with this rule fits into thirty lines: parents, local gradients, a topological order, one loop.
# - Without the order a sum is passed on before it is finished: 84 where 36 is right. With every path on its own the answer is
#   right, and ten doublings take 1 024 visits.
# - What travels in a pass and what stays after it are two things; only then does a second `backward()` double every gradient.
#
# ## Exercises
#
# **Exercise 1.** $x$ gets a third use, $z = cx + (dx)^2 + x$, with $c = 3$, $x = 2$, $d = -1$ as before. What is $dz/dx$?

# %%
from viz import Exercise

x = Value(2.0)
z = 3.0 * x + (-1.0 * x) ** 2 + x
z.backward()
check_1 = Exercise(
    x.grad,
    because="The paths bring 3, 4 and 1.",
    slips={
        "that is the gradient without the third use": 7.0,
        "paths add, they do not multiply": 12.0,
        "that is the third path alone; the others still count": 1.0,
    },
)

# %% [markdown]
# **Exercise 2.** $y = b \cdot b$ with $b = a \cdot a$ and $a = 2$. What does the recursion that passes on unfinished sums give for $a$?

# %%
a = Node(2.0)
b = a * a
y = b * b
grads = {}
naive(y, 1.0, grads)
check_2 = Exercise(
    grads[a],
    because=r"$b$ passes on 4, then $4 + 4$: that is $12 \cdot 2a = 48$.",
    slips={
        "that is the right gradient, $4a^3$; the recursion counts the first part twice": 32.0,
        "that is what the first part alone brings; a second one, with the first in it, follows": 16.0,
        "that is what is passed on from $b$; it is multiplied by $2a$": 12.0,
    },
)

# %% [markdown]
# **Exercise 3.** Twenty doublings instead of ten. How often does the recursion with its own share visit the first node?

# %%
check_3 = Exercise(
    2**20,
    because="One visit for every path, and every doubling doubles the paths: $2^{20}$, more than a million.",
    slips={
        "that is the number of doublings; each of them doubles the number of paths": 20,
        "that many edges there are, and a walk in topological order looks at each once; the recursion walks along paths": 40,
        "ten more doublings multiply the paths by $2^{10}$, not by 2": 2048,
    },
)
