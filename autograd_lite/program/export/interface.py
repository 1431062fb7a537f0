"""What the exports have in common: the program they write, its arguments, and names that are safe to write.

Labels are text of other people. They reach generated code as identifiers made here, or not at all.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any, NamedTuple

from ...files import write_file
from ...ops import Operation
from ..differentiate import differentiate
from ..passes import EVERYWHERE, expand
from ..program import Builder, Program, broadcast

MANY = 6  # more names than this in a row are one vector


def checked(program: Any, path: Any, gradients: Any, target: str) -> None:
    """Raise TypeError for what all exports refuse, before anything is written; ``target`` names the export."""
    if not isinstance(program, Program):
        way = "; of a compiled function: compiled.program(*arguments)"
        raise TypeError(f"{target}: program must be a Program, got {type(program).__name__}{way}")
    if path is not None and not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"{target}: path must be text or a Path, got {path!r}")
    if not isinstance(gradients, bool):
        raise TypeError(f"{target}: gradients must be True or False, got {gradients!r}")


def prepared(program: Program, target: str, own: Callable[[Operation], bool], *, gradients: bool) -> Program:
    """Return the program to write: a target's ``own`` operations; with ``gradients`` ∂(Σ outputs)/∂input follow.

    Raises ValueError for an operation whose rule cannot be recorded, as there is no text to write for it, and
    for a program without outputs.
    """
    n_values = len(program.outputs)
    if not n_values:
        raise ValueError(f"a program without outputs has nothing to write in {target}")
    if gradients:  # before anything is expanded: the rule of an operation of the user's own is what counts
        program = differentiate(program, range(len(program.names)))
    program = expand(program, own)
    for op in {op: None for op, _, _ in program.instructions}:
        if op not in EVERYWHERE and not own(op):
            raise ValueError(
                f"the operation {op.name!r} cannot be written in {target}: its rule calls functions of other libraries "
                "or branches; write its value and local gradients in operations of autograd_lite "
                "(exp(x), where(condition, a, b)), or export with gradients=False if only the gradients are missing"
            )
    return _one_per_sample(program, n_values) if gradients else program


def _one_per_sample(program: Program, n_values: int) -> Program:
    """Give the gradient of every batched input one number per sample, also where all are the same."""
    batched = program.batched_slots()
    builder = Builder(program.names, program.batched)
    slots = builder.write(program)
    outputs = [slots[i] for i in program.outputs]
    for i, of_samples in enumerate(program.batched, start=n_values):
        if of_samples and not batched[program.outputs[i]]:
            outputs[i] = builder.emit(broadcast, (outputs[i],))
    return builder.program(outputs)


def written(path: str | os.PathLike[str] | None, text: str) -> str:
    """Return a text, written to ``path`` too if there is one."""
    if path is not None:
        write_file(path, text.encode())
    return text


class Argument(NamedTuple):
    """Inputs that come together: one number, or a flat vector of them; with an axis of samples if batched."""

    name: str
    slots: range
    batched: bool
    is_vector: bool


def arguments(program: Program, reserved: Iterable[str] = ()) -> list[Argument]:
    """Return the inputs as arguments of a function: ``x[0], x[1], …`` are one vector, and so are many names in a row.

    >>> program = Program(("x[0]", "x[1]", "my w", "class"), (True, True, False, False), (), (0,))
    >>> [(a.name, len(a.slots), a.batched) for a in arguments(program, ["class"])]
    [('x', 2, True), ('my_w', 1, False), ('class_2', 1, False)]
    """
    taken = set(reserved)
    groups: list[tuple[str, tuple[range, bool, bool]]] = []
    first = 0
    kinds = [(_base(name), batched) for name, batched in zip(program.names, program.batched)]
    for (base, batched), members in groupby(kinds):
        n = len(list(members))
        slots = range(first, first + n)
        if base is not None:
            groups.append((base, (slots, batched, True)))
        elif n > MANY:
            name = "parameters" if any(program.batched) and not batched else "inputs"
            groups.append((name, (slots, batched, True)))
        else:
            groups += [(program.names[i], (range(i, i + 1), batched, False)) for i in slots]
        first += n
    return [Argument(identifier(name, taken), *rest) for name, rest in groups]


def _base(name: str) -> str | None:
    """Return the name before its indices, None if it has no index."""
    found = re.fullmatch(r"([^\[\]]+)(?:\[\d+\])+", name)
    return found[1] if found else None


def identifier(label: str, taken: set[str]) -> str:
    """Return an identifier like ``label``, of ASCII letters, digits and _, that is not taken yet; take it.

    >>> taken = {"exp"}
    >>> [identifier(label, taken) for label in ["w1", "w1", "exp", "2x", "a; b\\n", "θ"]]
    ['w1', 'w1_2', 'exp_2', 'x2x', 'a_b', 'x']
    """
    name = base = plain(label, 40)
    n = 1
    while name in taken:
        n += 1
        name = f"{base}_{n}"
    taken.add(name)
    return name


def plain(label: str, length: int) -> str:
    """Return a label without all that is not a letter, a digit or _ of ASCII."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", label).strip("_")[:length]
    return name if name and not name[0].isdigit() else f"x{name}"
