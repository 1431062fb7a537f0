"""A function with a gradient of its own: recorded as one node, by the record of an operation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from itertools import repeat
from typing import Any

from .operation import Operation
from .trees import aligned, flatten, rebuild


def custom(gradients: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a decorator that gives a function of numbers the derivatives that ``gradients`` computes.

    ``gradients(out, *arguments)`` returns ∂out/∂argument in the structure of the argument, a tuple of them if there are
    several. The call is one node, for all transforms, pictures and the compiler; as for an operation the rule serves
    higher orders too, and is then run on nodes.

        >>> from autograd_lite import Value, grad, exp
        >>> @custom(lambda out, x, slope: (slope, x))
        ... def through(x, slope):
        ...     return float(round(x * slope))
        >>> through(0.7, 2.0), grad(through)(0.7, 2.0)
        (1.0, 2.0)

    To change what flows back and not the value, write the function as it is: here gradients are kept within ±1.

        >>> from autograd_lite import clip
        >>> @custom(lambda out, x: clip(exp(x), -1.0, 1.0))
        ... def gentle(x):
        ...     return exp(x)
        >>> gentle(2.0) == exp(2.0), grad(gentle)(2.0)
        (True, 1.0)

    Raises TypeError, when it is called, unless the function returns one number, and ValueError unless ``gradients``
    has the structure of the arguments.
    """

    def decorate(f: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(f)
        def one_node(*arguments: Any) -> Any:
            operands = flatten(arguments)
            if not any(hasattr(x, "apply_operation") for x in operands):
                return f(*arguments)
            return _operation(f, gradients, arguments, len(operands))(*operands)

        return one_node

    return decorate


def _operation(f: Callable[..., Any], gradients: Callable[..., Any], arguments: Sequence[Any], arity: int) -> Operation:
    name = getattr(f, "__name__", "custom")
    pattern = rebuild(list(arguments), repeat(0.0))  # the structure alone: a node is not to be kept alive

    def value(*numbers: Any) -> Any:
        return f(*rebuild(pattern, iter(numbers)))

    def partials(out: Any, *numbers: Any) -> Any:
        found = gradients(out, *rebuild(pattern, iter(numbers)))
        found = aligned(pattern, [found] if len(pattern) == 1 else found, f"the gradients of {name}")
        return found[0] if arity == 1 else found

    return Operation(name, value, partials, arity=arity)
