"""Slips that type checkers find: each line marked ``# wrong`` is in error, and no other. Nothing here is run."""

import nn
import viz
from autograd_lite import Value, dot, tanh


def accept(x: float) -> None: ...


def slips() -> None:
    nn.MLP(2, [1], activaton="tanh")  # wrong
    nn.MLP(2, [1], activation="tahn")  # wrong
    nn.Layer(2, 1, init="xaver")  # wrong
    nn.Neuron(2, bias="added")  # wrong
    nn.fit(nn.MLP(2, [1]), nn.data.xor(), loss="binary_cross_entropi")  # wrong
    nn.fit(nn.MLP(2, [1]), nn.data.xor(), loss="binary_cross_entropy")
    nn.MLP(2, [1], activation="softmax")
    accept(tanh(Value(1.0)))  # wrong
    right: Value = dot([Value(1.0)], [2.0])
    accept(dot([Value(1.0)], [2.0]))  # wrong
    accept(dot([1.0], [2.0]))
    viz.draw(right, style="cardd")  # wrong
    viz.draw(right, style="card", screen="phone")
    viz.draw(right, stile="card")  # wrong
    viz.to_svg(right, theme="drak")  # wrong
