"""A function recorded twice and compared, so that nothing that differs from call to call is baked in."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

from ..ops import Operation
from ..randomness import undrawn
from ..value import Value
from .capture import capture_structures
from .collector import collector_paused
from .derivations import Derivations
from .program import Program, is_known, without_variables
from .structure import Structure
from .tracers import CaptureError


@collector_paused()
def record(
    f: Callable[..., Any],
    arguments: Sequence[Structure],
    parameters: Sequence[Value],
    *,
    batched: Sequence[bool],
    sparse: bool,
) -> tuple[Program, Structure]:
    """Return what ``capture`` does, after recording ``f`` twice: what differs would be baked in.

    Generators that ``f`` draws from are left as they were; two masks that happen to be equal are told by them.

    Raises CaptureError if it draws random numbers or depends on what it did before.
    """

    def captured(derivations: Derivations) -> tuple[Program, Structure]:
        return capture_structures(
            f, arguments, parameters=parameters, batched=batched, sparse=sparse, derivations=derivations
        )

    derivations = Derivations()
    with undrawn(f) as drawn:
        program, result = captured(derivations)
        again, other = captured(Derivations(derivations))
    if drawn or result != other or _text(program) != _text(again):
        raise CaptureError(
            f"{_described(f)} does something else when it is called again: it draws random numbers or keeps a state, "
            "and one of them would be repeated for ever; draw outside of it, and pass what was drawn as an argument "
            "(for example a mask, to multiply by)"
        )
    return without_variables(program), result


def _described(f: Callable[..., Any]) -> str:
    f = inspect.unwrap(f)  # of a transform, say
    f = getattr(f, "func", f)  # of functools.partial
    f = getattr(f, "forward", f)  # of a model
    code = getattr(f, "__code__", None)
    name = getattr(f, "__qualname__", type(f).__name__)
    return f"{code.co_filename}, line {code.co_firstlineno}: {name}" if code else name


def _text(program: Program) -> list[Any]:
    """Return what can be compared: a nan equals itself, 0.0 is not -0.0, an operation made anew is the same."""
    lines = [(_rules(op), operands, repr(number)) for op, operands, number in program.instructions]
    return [*lines, program.outputs]


def _rules(op: Operation) -> Any:
    if is_known(op):
        return op
    return op.name, _contents(op.value), _contents(op.partials)


def _contents(x: Any) -> Any:
    """Return the code of a function and what it holds; of anything else its text."""
    if not isinstance(x, FunctionType):
        return repr(x)
    return x.__code__, [_contents(inner) for inner in inspect.getclosurevars(x).nonlocals.values()]
