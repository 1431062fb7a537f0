"""One self-contained page on which a network learns: its program in JavaScript, its points, and the script.

With this module, one can,

- write the page of one's own small network: ``training_page(model, data, loss=…)``;
- write one with networks to choose from, whose points and weights the page draws itself: ``page_of(Task(…))``.
"""

from __future__ import annotations

import html
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd_lite import Operation, Value
from autograd_lite.javascript import operations_source

from ..notation import mathml
from ..notation.rules import rule
from ..template import asset, colours, fill, script_safe
from ..words import words
from .network import Network, network_of

SCRIPT = (
    "shared.js", "training.js", "random.js", "data.js", "machine.js", "network.js", "plane.js", "curves.js",
    "mathml.js", "formulas.js", "hand.js", "link.js", "table.js", "page.js",
)  # fmt: skip
RANGES = {
    "count": (4, 500), "noise": (0, 1), "seed": (0, 2**32 - 1), "rate": (0, 100), "l2": (0, 10),
}  # fmt: skip
OPTIMISERS = ("sgd", "momentum", "nesterov", "adam")
BATCHES = ("1", "8", "16", "32", "all")
FORMS = ("binary_cross_entropy", "squared_error")  # losses that the page has the formulas of
MOST_PARAMETERS = 400  # a wire each

Loss = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Task:
    """What a page is about: its networks by name, the loss, and either points or what the page draws them from."""

    networks: Mapping[str, Network]
    loss: Loss
    settings: Mapping[str, Any]
    choices: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    points: Sequence[tuple[Sequence[float], float]] | None = None
    held_out: Sequence[tuple[Sequence[float], float]] = ()


def training_page(
    model: Callable[[Any], Any],
    data: tuple[Sequence[Sequence[float]], Sequence[float]],
    *,
    loss: Loss,
    held_out: tuple[Sequence[Sequence[float]], Sequence[float]] = ((), ()),
    optimiser: str = "sgd",
    lr: float = 0.1,
    batch_size: int | None = 16,
    lang: str = "en",
    title: str = "",
) -> str:
    """Return the page on which one's own small network learns from where it stands.

    ``model`` takes a list of numbers and returns one: a network of neurons ``activation(w·u + b)``, such as ``nn.MLP``
    with one output. ``data`` is (inputs, targets), ``loss`` a function (output, target).

        >>> from autograd_lite import Value, dot
        >>> w, b = Value(0.5), Value(0.0)
        >>> page = training_page(lambda x: dot([w], x, b), ([[1.0], [2.0]], [2.0, 4.0]), loss=lambda y, t: (y - t) ** 2)
        >>> "<canvas" in page, "https://" in page
        (True, False)

    Raises NotDrawn, a ValueError, for a model that has more than such neurons, ValueError for more than 400 parameters,
    for an optimiser or a language that is not there, and for data that are not pairs of the same length.
    """
    xs, ys = _pairs("data", data)
    if not xs:
        raise ValueError("training_page: data must have at least one sample")
    _check_settings(optimiser, lr, batch_size)
    network = network_of(model, len(xs[0]))
    _check_numbers(network, loss, xs[0], ys[0])
    size = "all" if batch_size is None or batch_size >= len(xs) else str(batch_size)
    settings = {"batch": size, "optimiser": optimiser, "rate": float(lr), "l2": 0.0, "seed": 0}
    choices = {"batch": sorted({*BATCHES, size}, key=lambda n: (n == "all", n != "all" and int(n)))}
    tested = list(zip(*_pairs("held_out", held_out, len(xs[0]))))
    task = Task({"own": network}, loss, settings, choices, list(zip(xs, ys)), tested)
    return page_of(task, lang=lang, title=title)


def page_of(task: Task, *, lang: str = "en", title: str = "") -> str:
    """Return the page of a task."""
    said = words(lang)
    for network in task.networks.values():
        if len(network.parameters) > MOST_PARAMETERS:
            raise ValueError(
                f"the training page draws a wire for each weight, {MOST_PARAMETERS} at most; this network has "
                f"{len(network.parameters)} parameters"
            )
    used = sorted(
        {n.activation for network in task.networks.values() for n in network.neurons if n.activation}, key=str
    )
    data = json.dumps(_data(task, used, lang), ensure_ascii=False, separators=(",", ":"))
    texts = {key: html.escape(text) for key, text in said.items()} | {"train keys": said["train keys"]}
    own = [asset(__package__, f"browser/{name}") for name in SCRIPT]
    texts |= {
        "title": html.escape(title or said["train title"]), "data": script_safe(data),
        "style": colours() + asset(__package__, "browser/page.css"),
        "programs": script_safe(_programs(task)),
        "script": "\n".join([asset("viz.notation", "numbers.js"), _slopes(used), *own]),
    }  # fmt: skip
    return fill(asset(__package__, "browser/page.html"), **texts)


def _check_settings(optimiser: Any, lr: Any, batch_size: Any) -> None:
    if optimiser not in OPTIMISERS:
        raise ValueError(f"training_page: no optimiser {optimiser!r}; there are {', '.join(OPTIMISERS)}")
    if not isinstance(lr, (int, float)) or not 0.0 <= lr <= RANGES["rate"][1]:
        raise ValueError(f"training_page: lr must be a number from 0 to {RANGES['rate'][1]}, got {lr!r}")
    if batch_size is None:
        return
    if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
        raise ValueError(
            "training_page: batch_size must be a whole number of at least 1, or None for all samples, "
            f"got {batch_size!r}"
        )


def _check_numbers(network: Network, loss: Loss, x: Sequence[float], y: float) -> None:
    """Raise ValueError unless the parameters are numbers that JSON has, and the loss is one number."""
    for i, parameter in enumerate(network.parameters):
        if not math.isfinite(parameter.data):
            raise ValueError(f"training_page: parameter {i} {parameter.label!r} of the model is {parameter.data}")
    found = loss(network(x)[1][-1], y)
    if not isinstance(found, (Value, int, float)):
        raise ValueError(f"training_page: loss must return one number, got {type(found).__name__}")


def _pairs(name: str, data: Any, width: int | None = None) -> tuple[list[list[float]], list[float]]:
    """Return inputs and targets as floats, finite ones, all inputs of one width."""
    xs, ys = ([*column] for column in data)
    if len(xs) != len(ys):
        raise ValueError(f"training_page: {name} has {len(xs)} inputs and {len(ys)} targets")
    rows, targets = [[float(a) for a in x] for x in xs], [float(y) for y in ys]
    for i, (row, target) in enumerate(zip(rows, targets)):
        if len(row) != (width or len(rows[0])):
            raise ValueError(f"training_page: input {i} of {name} has {len(row)} numbers, not {width or len(rows[0])}")
        if not all(map(math.isfinite, (*row, target))):
            raise ValueError(f"training_page: sample {i} of {name} has a number that is not finite: {row}, {target}")
    return rows, targets


def _data(task: Task, used: Sequence[Operation], lang: str) -> dict[str, Any]:
    said = words(lang)
    some = next(iter(task.networks.values()))
    return {
        "words": {key: said[key] for key in said if key.startswith("train ")}
        | {key: said[key] for key in ("value", "gradient", "parameter", "play", "pause")},
        "own": task.points is not None, "inputs": some.n_inputs, "loss": getattr(task.loss, "__name__", "loss"),
        "form": _form(task.loss), "classes": _form(task.loss) == "binary_cross_entropy",
        "networks": {name: _network(name, network) for name, network in task.networks.items()},
        "settings": dict(task.settings), "choices": {"optimiser": OPTIMISERS, "batch": BATCHES} | dict(task.choices),
        "ranges": RANGES, "slopes": {op.name: _slope(op) for op in used},
        "points": _points(task.points or ()), "heldOut": _points(task.held_out),
    }  # fmt: skip


def _form(loss: Loss) -> str | None:
    """Return which of nn's losses it is that the page has the formulas of; a function of such a name may be another."""
    known = getattr(loss, "__module__", "") == "nn.losses"
    return loss.__name__ if known and loss.__name__ in FORMS else None


def _points(points: Sequence[tuple[Sequence[float], float]]) -> list[dict[str, Any]]:
    return [{"x": list(x), "y": y} for x, y in points]


def _network(name: str, network: Network) -> dict[str, Any]:
    neurons = [
        {"units": n.units, "weights": n.weights, "bias": n.bias, "column": n.column,
         "activation": n.activation and n.activation.name}
        for n in network.neurons
    ]  # fmt: skip
    return {
        "name": name, "inputs": network.n_inputs, "neurons": neurons, "parameters": len(network.parameters),
        "initial": [p.data for p in network.parameters],
    }  # fmt: skip


def _slopes(used: Sequence[Operation]) -> str:
    """The activations as JavaScript, by name: {value, partials}."""
    names, sources = json.dumps([op.name for op in used]), operations_source([(op, 1) for op in used])
    return script_safe(f"const slopes = ((all) => Object.fromEntries({names}.map((x, i) => [x, all[i]])))({sources});")


def _slope(op: Operation) -> str:
    """The local gradient of an activation as MathML; its output and its input are named OUT and X."""
    return mathml(rule(op, "OUT", ("X",))[0])


def _programs(task: Task) -> str:
    """The programs as one JavaScript object of functions that make them, by the names of their networks."""
    made = [f"{json.dumps(name)}: {_program(network, task.loss)}" for name, network in task.networks.items()]
    return "{\n" + ",\n".join(made) + "}"


def _program(network: Network, loss: Loss) -> str:
    from autograd_lite import compile, to_javascript  # need NumPy, which the other pages do without

    compiled = compile(network.loss(loss), parameters=network.parameters, batched=True)
    program = compiled.program([[0.0] * network.n_inputs], [0.0])
    return to_javascript(program, batched=True, first=1).partition("export ")[2]
