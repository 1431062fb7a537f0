"""Code of a user, as type checkers see it: checked by mypy --strict and pyright --strict; it runs, too."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from typing_extensions import assert_type

import nn
from autograd_lite import (
    Explanation,
    Formula,
    Value,
    check_gradients,
    dot,
    exp,
    explain,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    leaky_relu,
    logsumexp,
    max_of,
    maximum,
    parse,
    pow,
    softmax,
    stop_gradient,
    sum_of,
    tanh,
    value_and_grad,
    vjp,
)


class Gate(nn.Module):
    """A module of one's own: scale · tanh(w·x)."""

    def __init__(self, n: int) -> None:
        self.w = [Value(0.1 * (i + 1), f"w{i + 1}") for i in range(n)]
        self.scale = Value(1.0, "scale")

    def forward(self, x: Sequence[Value | float]) -> Value:
        return self.scale * tanh(dot(self.w, x))


class Scaled(nn.Module):
    """Takes one number, where Gate takes many."""

    def __init__(self) -> None:
        self.inner = nn.Neuron(1, activation="relu", init="he", rng=random.Random(0))

    def forward(self, x: Value) -> Value:
        inner: Value = self.inner([x])  # what a model returns is its own affair, so one says what it is
        return 2.0 * inner


def energy(x: Value, y: Value) -> Value:
    return x**2 + exp(x * y) - 1.0 / y


def operations(x: Value) -> None:
    assert_type(x * x + 1.0, Value)
    assert_type(2**x, Value)
    assert_type(-x / 3, Value)
    assert_type(x.tanh(), Value)
    assert_type(tanh(x), Value)
    assert_type(tanh(0.5), float)
    assert_type(maximum(0.0, x), Value)
    assert_type(maximum(1.0, 2.0), float)
    assert_type(pow(x, 2.0), Value)
    assert_type(leaky_relu(x, 0.1), Value)
    assert_type(leaky_relu(2.0), float)
    assert_type(stop_gradient(x), Value)


def reductions(x: Value) -> None:
    assert_type(dot([x, x], [1.0, 2.0], x), Value)
    assert_type(dot([1.0], [2.0]), float)
    assert_type(sum_of([x, x]), Value)
    assert_type(max_of([1.0, 2.0]), float)
    assert_type(logsumexp([x, x]), Value)
    assert_type(softmax([x, x]), list[Value])
    assert_type(softmax([1.0, 2.0]), list[float])


def derivatives(x: Value) -> None:
    assert_type(grad(energy)(1.0, 2.0), float)
    assert_type(grad(energy)(x, 2.0), Value)
    assert_type(value_and_grad(energy)(1.0, 2.0), tuple[float, float])
    total: Callable[[list[Value]], Value] = sum_of
    assert_type(grad(total)([1.0, 2.0]), list[float])
    assert len(vjp(energy, 1.0, 2.0)[1](1.0)) == len(hvp(energy, (1.0, 2.0), (1.0, 0.0))) == 2
    assert len(jvp(energy, (1.0, 2.0), (1.0, 0.0))) == len(jacobian(energy)(1.0, 2.0)[0]) == 2
    assert len(hessian(energy)(1.0, 2.0)) == 2


def networks() -> None:
    rng = random.Random(0)
    model = nn.MLP(2, [4, 1], activation="tanh", output_activation=None, bias="add", rng=rng)
    history = nn.fit(
        model, nn.data.xor(), loss="binary_cross_entropy", optimiser=nn.Adam(model.parameters(), lr=0.1),
        epochs=2, rng=rng, progress=False,
    )  # fmt: skip
    assert_type(history, nn.History)
    assert_type(model.parameters(), list[Value])
    assert_type(nn.binary_cross_entropy(Value(0.5), 1.0), Value)
    assert_type(nn.squared_error([1.0, 2.0], [0.0, 0.0]), float)
    out: Value = Gate(2)([Value(1.0), 2.0])
    out.backward()
    assert_type(out.grad, float)
    assert Scaled()(Value(1.0)).parents != ()


def explanations(x: Value) -> None:
    y = energy(x, x)
    assert_type(y.parents, tuple[Value, ...])
    assert_type(explain(y), Explanation)
    assert_type(parse("x + 1"), Formula)
    check_gradients(energy, 1.0, 2.0)


def main() -> None:
    x = Value(2.0, "x")
    for part in (operations, reductions, derivatives, explanations):
        part(x)
    networks()


if __name__ == "__main__":
    main()
