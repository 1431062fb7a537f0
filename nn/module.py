"""``Module``: something with parameters that turns inputs into outputs.

With this module, one can,

- write a layer: subclass ``Module``, keep Values or other Modules as attributes, define ``forward``;
- list, zero, save and load every parameter below it.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator, Mapping
from inspect import signature
from pathlib import Path
from threading import get_ident
from typing import Any, TypeVar

from autograd_lite import Scope, Value
from autograd_lite.context import NOTHING, Inside, inside, put_inside, within
from autograd_lite.files import write_file
from autograd_lite.ieee import number_of

from .arguments import shown

FORMAT = "autograd-lite parameters 1"
# what micrograd and PyTorch call the arguments of their layers
ELSEWHERE = {
    "nin": "n_inputs", "nout": "n_outputs", "nouts": "sizes", "nonlin": "activation, a name or None,",
    "in_features": "n_inputs", "out_features": "n_outputs", "input_size": "n_inputs", "hidden_size": "n_hidden",
}  # fmt: skip
Own = TypeVar("Own", bound="Module")
_PARAMETER = Scope("parameter", "parameter", None)


class Module:
    """A part of a network. Calling it opens a scope of its ``name``, by which pictures collapse.

    Parameters are the leaf Values among its attributes, in lists, tuples and dicts too, in the
    order the attributes were set; the same Value in two places is one parameter.

        >>> class Line(Module):
        ...     def __init__(self):
        ...         self.slope, self.offset = Value(2.0), Value(1.0)
        ...     def forward(self, x):
        ...         return self.slope * x + self.offset
        >>> line = Line()
        >>> line(3.0).data, line.state_dict()
        (7.0, {'slope': 2.0, 'offset': 1.0})
    """

    def __new__(cls: type[Own], *args: Any, **options: Any) -> Own:
        for name in options:
            if name in ELSEWHERE and name not in signature(cls).parameters:
                raise TypeError(f"{cls.__name__}: {name} is called {ELSEWHERE[name]} here")
        return super().__new__(cls)

    name = ""
    _place: tuple[Any, Any] = (None, None)  # what it was last called inside of, and what is inside of it

    def __setattr__(self, name: str, value: Any) -> None:
        """Keep an attribute; the Values in it are parameters, which pictures name by their module."""
        super().__setattr__(name, value)
        if isinstance(value, (Value, list, tuple, Mapping)):
            _mark_parameters(value)

    def __call__(self, *inputs: Any) -> Any:
        thread = get_ident()
        outer = inside.get(thread, NOTHING)
        around, here = self._place
        if around is not outer or here[0].name != (self.name or type(self).__name__):
            here = self._placed(outer)
        inside[thread] = here  # as `with scope(…)`, in a quarter of the time
        try:
            return self.forward(*inputs)
        finally:
            put_inside(thread, outer)

    def _placed(self, outer: Inside) -> Inside:
        """Return the inside of a scope of this module in ``outer``; a network enters one for each neuron and sample."""
        kind = type(self).__name__
        here = within(outer, self.name or kind, kind)
        object.__setattr__(self, "_place", (outer, here))
        return here

    def _no_forward(self, *inputs: Any) -> Any:
        """Compute the output; to be defined by each kind of module."""
        raise NotImplementedError(f"{type(self).__name__} defines no forward(self, x)")

    forward: Callable[..., Any] = _no_forward  # not a method, so that each may take what it needs

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Yield (dotted name, parameter), each parameter once."""
        seen: set[Value] = set()
        for name, value in _walk(self, "", set()):
            if value not in seen:
                seen.add(value)
                yield name, value

    def parameters(self) -> list[Value]:
        """Return all parameters, in a fixed order."""
        return [parameter for _, parameter in self.named_parameters()]

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0.0, before the next backward pass."""
        for parameter in self.parameters():
            parameter.grad = 0.0

    def state_dict(self) -> dict[str, float]:
        """Return the numbers of all parameters by name."""
        return {name: parameter.data for name, parameter in self.named_parameters()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Set all parameters from numbers by name, or none.

        Raises ValueError naming what is missing, left over, or not a number; nothing is changed then.
        """
        own = dict(self.named_parameters())
        if not isinstance(state, Mapping):
            raise ValueError(f"parameters must be numbers by name, got {type(state).__name__}")
        missing, unknown = [n for n in own if n not in state], [n for n in state if n not in own]
        if missing or unknown:
            raise ValueError(
                f"parameters do not fit this {type(self).__name__}: "
                + "; ".join(
                    f"{what} {', '.join(names[:3])}{' …' if len(names) > 3 else ''} ({len(names)})"
                    for what, names in (("missing", missing), ("unknown", unknown))
                    if names
                )
            )
        numbers = numbers_in("parameter", state)
        for name, parameter in own.items():
            parameter.data = numbers[name]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the parameters as JSON; the file is replaced at once or not at all."""
        write_json(path, {"format": FORMAT, "parameters": self.state_dict()})

    def load(self, path: str | os.PathLike[str]) -> None:
        """Read parameters written by ``save``, all or nothing.

        Raises ValueError naming the file and what is wrong with it; OSError if it cannot be read.
        """
        content = read_json(path, FORMAT)
        try:
            self.load_state_dict(content.get("parameters", {}))
        except ValueError as problem:
            raise ValueError(f"{os.fspath(path)}: {problem}") from None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.parameters())} parameters)"


def numbers_in(what: str, state: Mapping[Any, Any]) -> dict[Any, float]:
    """Return the floats of numbers by name; nan and inf are among them, as training may end there.

    >>> numbers_in("parameter", {"w": 2})
    {'w': 2.0}

    Raises ValueError naming ``what`` and the name of the first that is no number, or too large for a float.
    """
    numbers = {}
    for name, x in state.items():
        try:
            numbers[name] = x if x.__class__ is float else number_of(x)
        except (TypeError, ValueError):
            raise ValueError(f"{what} {name} must be a number, got {shown(x)}") from None
        if isinstance(x, bool):
            raise ValueError(f"{what} {name} must be a number, got {x}")
        if isinstance(x, int) and math.isinf(numbers[name]):
            raise ValueError(f"{what} {name} is too large for a float: a whole number of {x.bit_length()} bits")
    return numbers


def _walk(tree: Any, prefix: str, visited: set[int]) -> Iterator[tuple[str, Value]]:
    """Yield (dotted name, parameter); each module once, so that a part may know the whole it belongs to."""
    if isinstance(tree, Value):
        if not tree.parents:
            yield prefix, tree
    elif isinstance(tree, Module):
        if id(tree) not in visited:
            visited.add(id(tree))
            yield from _walk(vars(tree), prefix, visited)
    elif isinstance(tree, Mapping):
        for key, branch in tree.items():
            yield from _walk(branch, f"{prefix}.{key}" if prefix else str(key), visited)
    elif isinstance(tree, (list, tuple)):
        for i, branch in enumerate(tree):
            yield from _walk(branch, f"{prefix}.{i}" if prefix else str(i), visited)


def _mark_parameters(tree: Any) -> None:
    """Mark the Values that ``_walk`` yields, without their names: a network is walked at every level it is built on."""
    waiting, visited = [tree], set()
    while waiting:
        branch = waiting.pop()
        if isinstance(branch, Value):
            if not branch.parents:
                branch.scope = branch.scope or _PARAMETER
        elif isinstance(branch, (list, tuple, Module, Mapping)) and id(branch) not in visited:
            visited.add(id(branch))
            parts = vars(branch) if isinstance(branch, Module) else branch
            waiting.extend(parts.values() if isinstance(parts, Mapping) else parts)


def write_json(path: str | os.PathLike[str], content: Any) -> None:
    """Write JSON beside ``path`` and move it there, so that no reader ever sees half a file."""
    write_file(path, json.dumps(_encode(content), allow_nan=False).encode())


def read_json(path: str | os.PathLike[str], form: str) -> dict[str, Any]:
    """Read JSON that says it has the given format. Raises ValueError naming the file otherwise."""
    try:
        text = Path(path).read_text(encoding="utf-8")
        content = _decode(json.loads(text, parse_constant=_refused, parse_float=_float))
    except (ValueError, RecursionError) as problem:
        raise ValueError(f"{os.fspath(path)} is not a JSON file: {problem}") from None
    if not isinstance(content, dict) or content.get("format") != form:
        raise ValueError(f"{os.fspath(path)} does not hold {form!r}")
    return content


def _refused(name: str) -> float:
    raise ValueError(f'{name} is no number of JSON; it travels as {{"float": "nan"}}')


def _float(digits: str) -> float:
    x = float(digits)
    return x if math.isfinite(x) else _refused(digits[:20])


_NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def _encode(tree: Any) -> Any:
    """JSON has no nan and no inf: they travel as {"float": "nan"}."""
    if isinstance(tree, float) and tree - tree != 0.0:
        return {"float": str(tree)}
    if isinstance(tree, dict):
        return {key: _encode(branch) for key, branch in tree.items()}
    return [_encode(branch) for branch in tree] if isinstance(tree, (list, tuple)) else tree


def _decode(tree: Any) -> Any:
    if isinstance(tree, dict):
        if tree.keys() == {"float"} and str(tree["float"]) in _NOT_FINITE:
            return _NOT_FINITE[str(tree["float"])]
        return {key: _decode(branch) for key, branch in tree.items()}
    return [_decode(branch) for branch in tree] if isinstance(tree, list) else tree
