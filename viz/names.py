"""The names of parameters in a picture: by layer and neuron, where several have the same label."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from autograd_lite import Explanation, Scope, Step

_NUMBERED = re.compile(r"\S* (\d+)")


def is_parameter(step: Step) -> bool:
    """Tell whether a leaf belongs to a module, and is not an input given to it."""
    return step.kind == "input" and step.scope is not None and step.scope.kind == "parameter"


def named(e: Explanation) -> Explanation:
    """Return the explanation with the parameters of several modules told apart: ``w1[2,1]``.

    That is w1 of layer 2, neuron 1; modules without a number are named in words: ``output gate w1``.

        >>> from autograd_lite import Value, explain, scope
        >>> y = Value(2.0, "x")
        >>> for i in (1, 2):
        ...     with scope(f"layer {i}"):
        ...         y = y * Value(3.0, "w")
        >>> [step.name for step in named(explain(y)).forward]
        ['x', 'w[1]', 'v1', 'w[2]', 'y']
    """
    counts = Counter(step.label for step in e.forward if step.kind == "input" and step.label)
    if max(counts.values(), default=0) < 2:
        return e
    homes = {
        i: path
        for i, path in _homes(e).items()
        if path and e.forward[i].label and (is_parameter(e.forward[i]) or counts[e.forward[i].label] > 1)
    }
    shared = set.intersection(*map(set, homes.values())) if homes else set()
    names = {i: _name(e.forward[i].label, path, shared) for i, path in homes.items()}
    taken = Counter(names.get(step.index, step.name) for step in e.forward if step.kind != "constant")
    return replace(e, forward=tuple(_renamed(step, names, taken) for step in e.forward))


def _renamed(step: Step, names: Mapping[int, str], taken: Mapping[str, int]) -> Step:
    name = names.get(step.index, step.name)
    return step if name == step.name or taken[name] > 1 else replace(step, name=name)


def _name(label: str, path: tuple[str, ...], shared: set[str]) -> str:
    numbers = [match[1] for part in path if (match := _NUMBERED.fullmatch(part))]
    words = [part for part in path if not _NUMBERED.fullmatch(part) and part not in shared]
    return " ".join([*words, label + (f"[{','.join(numbers)}]" if numbers else "")])


def _homes(e: Explanation) -> dict[int, tuple[str, ...]]:
    """Return for each leaf the scopes, from the outside in, that hold all its uses."""
    homes: dict[int, tuple[str, ...]] = {}
    for child in e.forward:
        path = _path(child.scope)
        for i in child.operands:
            if e.forward[i].kind == "input":
                before = homes.get(i, path)
                same = next((k for k, (a, b) in enumerate(zip(before, path)) if a != b), min(len(before), len(path)))
                homes[i] = path[:same]
    return homes


def _path(scope: Scope | None) -> tuple[str, ...]:
    return (*_path(scope.outer), scope.name) if scope is not None else ()
