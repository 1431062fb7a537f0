"""Neurons, layers, and networks of layers.

With this module, one can,

- build a neuron, ``activation(w·x + b)``, with the bias in each of the ways books write it;
- stack neurons to a ``Layer`` and layers to an ``MLP``;
- put any modules in a row: ``Sequential(Conv2d(...), Flatten(), Layer(...))``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, cast

from autograd_lite import Value, dot, softmax

from .activations import Activation, ActivationName, linear
from .activations import activation as activation_named
from .arguments import choice, flag, generator, shown, whole
from .initialisers import Initialiser, InitialiserName, Rng, initialiser
from .module import Module

Bias = Literal["add", "threshold", "input", None]
LayerActivation = ActivationName | Literal["softmax"] | Activation | None


class Neuron(Module):
    """activation(w·x + b), recorded as one ``dot`` node and one activation.

    ``bias`` says how b enters: ``"add"`` w·x + b; ``"threshold"`` w·x − b, as in threshold units
    (∂z/∂b = −1); ``"input"`` as one more weight w0 on a constant input 1; ``None`` not at all.
    ``fused=False`` records each product and sum as nodes of their own.

        >>> import random
        >>> neuron = Neuron(2, activation="relu", rng=random.Random(0))
        >>> [label for label, _ in neuron.named_parameters()]
        ['w.0', 'w.1', 'b']
    """

    def __init__(
        self,
        n_inputs: int,
        *,
        activation: ActivationName | Activation | None = "tanh",
        bias: Bias = "add",
        init: InitialiserName | Initialiser = "xavier",
        fused: bool = True,
        rng: Rng | None = None,
        n_outputs: int = 1,
    ):
        n_inputs, n_outputs = whole("Neuron", "n_inputs", n_inputs), whole("Neuron", "n_outputs", n_outputs)
        choice("Neuron", "bias", bias, ("add", "threshold", "input", None))
        rng, draw = generator("Neuron", rng, "uniform", "gauss"), initialiser(init)
        self.w = [Value(draw(n_inputs, n_outputs, rng), f"w{i + 1}") for i in range(n_inputs)]
        if bias is not None:
            self.b = Value(0.0, "w0" if bias == "input" else "b")
        self._bias, self._fused, self._activation = bias, flag("Neuron", "fused", fused), activation_named(activation)

    def forward(self, x: Sequence[Any]) -> Any:
        return self._activation(self.preactivation(x))

    def preactivation(self, x: Sequence[Any]) -> Any:
        """Return z, the number the activation is applied to."""
        check_length(x, len(self.w), self)
        if self._bias == "input":
            return self._dot([*self.w, self.b], [*x, 1.0], None)
        if self._bias == "threshold":
            return self._dot(self.w, x, None) - self.b
        return self._dot(self.w, x, self.b if self._bias else None)

    def _dot(self, ws: Sequence[Any], xs: Sequence[Any], bias: Any) -> Any:
        if self._fused:
            return dot(ws, xs, bias)
        products = [w * x for w, x in zip(ws, xs)]
        total = products[0] if products else 0.0
        for product in products[1:]:
            total = total + product
        return total if bias is None else total + bias


class Layer(Module):
    """Several neurons on the same inputs; takes and gives a list. The options are those of ``Neuron``.

    ``activation="softmax"`` couples the outputs.

        >>> import random
        >>> layer = Layer(3, 2, rng=random.Random(0))
        >>> len(layer([1.0, 2.0, 3.0]))
        2
    """

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        *,
        activation: LayerActivation = "tanh",
        bias: Bias = "add",
        init: InitialiserName | Initialiser = "xavier",
        fused: bool = True,
        rng: Rng | None = None,
    ):
        n_inputs, n_outputs = whole("Layer", "n_inputs", n_inputs), whole("Layer", "n_outputs", n_outputs)
        rng = generator("Layer", rng, "uniform", "gauss")
        self._n_inputs, self._softmax = n_inputs, _couples(activation)
        options: Any = {"bias": bias, "init": init, "fused": fused, "rng": rng, "n_outputs": n_outputs}
        options["activation"] = linear if self._softmax else activation
        self.neurons = [Neuron(n_inputs, **options) for _ in range(n_outputs)]
        for i, neuron in enumerate(self.neurons, start=1):
            neuron.name = f"neuron {i}"

    def forward(self, x: Sequence[Any]) -> list[Any]:
        check_length(x, self._n_inputs, self)
        outputs = [neuron(x) for neuron in self.neurons]
        return softmax(outputs) if self._softmax else outputs

    def __repr__(self) -> str:
        return f"Layer({self._n_inputs} → {len(self.neurons)})"


class Sequential(Module):
    """Modules in a row, each fed with the output of the one before.

    >>> model = Sequential(Layer(2, 3), Layer(3, 1))
    >>> len(model([0.5, -0.5]))
    1
    """

    def __init__(self, *modules: Module):
        for module in modules:
            if not isinstance(module, Module):
                raise TypeError(f"Sequential: modules must each be a Module, got {shown(module)}; see nn.Module")
        self.layers = list(modules)
        for i, module in enumerate(self.layers, start=1):
            module.name = module.name or f"{type(module).__name__} {i}"

    def forward(self, x: Any) -> Any:
        for module in self.layers:
            x = module(x)
        return x


class MLP(Sequential):
    """A multi-layer perceptron; the output is a list, or the Value itself if the last size is 1.

    ``activation`` is that of the hidden layers, ``output_activation`` of the last (linear unless
    said otherwise, as the losses on logits want it).

        >>> import random
        >>> model = MLP(2, [4, 1], activation="relu", rng=random.Random(0))
        >>> model, model([1.0, -1.0]).parents != ()
        (MLP(2 → 4 → 1), True)
    """

    def __init__(
        self,
        n_inputs: int,
        sizes: Sequence[int],
        *,
        activation: LayerActivation = "tanh",
        output_activation: LayerActivation = None,
        bias: Bias = "add",
        init: InitialiserName | Initialiser = "xavier",
        fused: bool = True,
        rng: Rng | None = None,
    ):
        if not hasattr(sizes, "__len__") or isinstance(sizes, str):
            raise TypeError(f"MLP: sizes must be a list of layer sizes, such as [16, 1], got {shown(sizes)}")
        if not len(sizes):
            raise ValueError("MLP: sizes needs at least one layer size, for example MLP(2, [16, 1])")
        sizes = [whole("MLP", "every one of sizes", size) for size in sizes]
        widths = [whole("MLP", "n_inputs", n_inputs), *sizes]
        rng = generator("MLP", rng, "uniform", "gauss")
        if not _couples(activation):
            activation_named(cast(Any, activation))  # told even where there is no hidden layer
        options: Any = {"bias": bias, "init": init, "fused": fused, "rng": rng}
        activations = [*[activation] * (len(sizes) - 1), output_activation]
        super().__init__(*(Layer(a, b, activation=f, **options) for a, b, f in zip(widths, sizes, activations)))
        self._widths = widths
        for i, layer in enumerate(self.layers, start=1):
            layer.name = f"layer {i}"

    def forward(self, x: Sequence[Any]) -> Any:
        check_length(x, self._widths[0], self)
        outputs = super().forward(x)
        return outputs[0] if self._widths[-1] == 1 else outputs

    def __repr__(self) -> str:
        return f"MLP({' → '.join(map(str, self._widths))})"


def _couples(activation: Any) -> bool:
    """Tell whether an activation is softmax, which is one of a whole layer."""
    return activation == "softmax" or activation is softmax


def check_length(x: Any, expected: int, module: Module, what: str = "inputs") -> None:
    """Raise ValueError naming the module, the length it expects and what it got.

    >>> check_length([1.0], 2, Neuron(2))
    Traceback (most recent call last):
    ValueError: Neuron: expected 2 inputs, got 1
    """
    if x.__class__ is list and len(x) == expected and x[0].__class__ in (Value, float):
        return  # the usual, seen at once
    where = module.name or type(module).__name__
    if not hasattr(x, "__len__") or isinstance(x, (str, dict, set, frozenset)):
        raise ValueError(f"{where}: expected a list of {expected} numbers, got {type(x).__name__}")
    if len(x) != expected:
        raise ValueError(f"{where}: expected {expected} {what}, got {len(x)}")
    if hasattr(x[0], "__len__") and getattr(x[0], "shape", None) != ():  # an array of no axes is a number
        raise ValueError(f"{where}: expected {expected} {what}, got lists in a list; put Flatten() before")
