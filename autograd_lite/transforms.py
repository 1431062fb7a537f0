"""Derivatives of functions: gradients, Jacobians, Hessians, and their products with vectors.

With this module, one can,

- differentiate a function of numbers, or of nested lists, tuples and dicts of them: ``grad(f)(3.0)``;
- nest it, for derivatives of any order: ``grad(grad(f))``;
- differentiate a node that is there already: ``gradient(y, [w, b])``.

Numbers in, numbers out. Values in, Values out: a result that depends on a Value argument, or on
one that an enclosing transform is differentiating, is a node with a history, so nesting is right.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from . import ops
from .forward import push_forward
from .graph import topological_order
from .reverse import pull_back, recorded_rule
from .value import Value


class _Active(threading.local):
    """The leaves of the transforms a thread is inside of: results that depend on them stay nodes."""

    def __init__(self) -> None:
        self.leaves: list[Value] = []


_active = _Active()


# ---------------------------------------------------------------- nested structures


def flatten(tree: Any) -> list[Any]:
    """Return the leaves of nested lists, tuples and dicts, in order.

    >>> flatten([1.0, {"w": 2.0, "b": (3.0,)}])
    [1.0, 2.0, 3.0]
    """
    if isinstance(tree, (list, tuple)):
        return [leaf for branch in tree for leaf in flatten(branch)]
    if isinstance(tree, dict):
        return [leaf for branch in tree.values() for leaf in flatten(branch)]
    return [tree]


def rebuild(tree: Any, leaves: Iterator[Any]) -> Any:
    """Return the structure of ``tree`` with its leaves replaced in order.

    >>> rebuild([1.0, (2.0,)], iter("ab"))
    ['a', ('b',)]
    """
    if isinstance(tree, (list, tuple)):
        branches = [rebuild(branch, leaves) for branch in tree]
        if isinstance(tree, list):
            return branches
        return type(tree)(*branches) if hasattr(tree, "_fields") else tuple(branches)
    if isinstance(tree, dict):
        return {key: rebuild(branch, leaves) for key, branch in tree.items()}
    return next(leaves)


# ---------------------------------------------------------------- of a node


def gradient(y: Value, inputs: Any, *, differentiable: bool = False) -> Any:
    """Return ∂y/∂input for every node in ``inputs``, in their structure; changes no ``grad``.

    >>> x = Value(3.0); y = x * x * x
    >>> gradient(y, [x])
    [27.0]
    >>> first = gradient(y, x, differentiable=True)
    >>> gradient(first, x)
    18.0

    With ``differentiable`` the results are nodes with a history of their own. A node that ``y``
    does not depend on has gradient 0.0.
    """
    nodes = flatten(inputs)
    for node in nodes:
        if not isinstance(node, Value):
            raise TypeError(f"gradient: inputs must be Values, got {type(node).__name__}; for functions use grad(f)")
    if not isinstance(y, Value):
        y = Value(y)  # a constant: every gradient is zero
    order = topological_order(y)
    if differentiable:
        cotangents = pull_back(order, {y: Value(1.0)}, local_gradients=recorded_rule)
        found = [cotangents.get(node) for node in nodes]
        return rebuild(inputs, iter([Value(0.0) if g is None else g for g in found]))
    numbers = pull_back(order, {y: 1.0})
    return rebuild(inputs, iter([numbers.get(node, 0.0) for node in nodes]))


# ---------------------------------------------------------------- of a function


def value_and_grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., tuple[Any, Any]]:
    """Return a function that computes ``f`` and its gradient in the arguments ``argnums``.

    >>> value_and_grad(lambda x, y: x * y)(3.0, 4.0)
    (12.0, 4.0)

    Raises TypeError if ``f`` does not return one number.
    """

    def both(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        chosen = [argnums] if isinstance(argnums, int) else list(argnums)
        for n in chosen:
            if not -len(args) <= n < len(args):
                raise TypeError(f"argnums {n} asks for an argument that was not given; got {len(args)} argument(s)")
        with _inputs([args[n] for n in chosen]) as (_, arguments):
            replaced = list(args)
            for n, argument in zip(chosen, arguments):
                replaced[n] = argument
            y = _one(f(*replaced, **kwargs), f)
        deep = _stays_node(args, [y])
        found = gradient(y, arguments, differentiable=deep)
        return (y if deep else y.data), (found[0] if isinstance(argnums, int) else tuple(found))

    return _named(both, f, "value_and_grad")


def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """Return a function that computes ∂f/∂argument, in the structure of the argument.

    >>> grad(lambda x: x**3)(2.0)
    12.0
    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    >>> grad(lambda x: x * grad(lambda y: x * y)(1.0))(3.0)
    6.0
    >>> grad(lambda p: p["w"] * p["x"][0])({"w": 2.0, "x": [5.0]})
    {'w': 5.0, 'x': [2.0]}

    Raises TypeError if ``f`` does not return one number.
    """
    both = value_and_grad(f, argnums)
    return _named(lambda *args, **kwargs: both(*args, **kwargs)[1], f, "grad")


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """Return ``f(*primals)`` and its pullback: cotangents of the output -> those of the inputs.

    >>> value, pullback = vjp(lambda x, y: [x * y, x + y], 2.0, 3.0)
    >>> value, pullback([1.0, 10.0])
    ([6.0, 5.0], (13.0, 12.0))

    The pullback raises ValueError unless its argument has as many numbers as the output.
    """
    with _inputs(primals) as (leaves, arguments):
        tree = f(*arguments)
    outputs = _nodes(tree)
    order = topological_order(*outputs)
    deep = _stays_node(primals, outputs)

    def pullback(cotangents: Any) -> tuple[Any, ...]:
        start: dict[Value, Any] = {}
        for output, seed in zip(outputs, _numbers("pullback", "cotangent", cotangents, len(outputs))):
            start[output] = start[output] + seed if output in start else seed
        found = pull_back(order, start, local_gradients=recorded_rule if deep else None)
        return tuple(rebuild(arguments, iter([found.get(leaf, 0.0) for leaf in leaves])))

    return rebuild(tree, iter(outputs if deep else [node.data for node in outputs])), pullback


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """Return ``f(*primals)`` and its derivative in the direction ``tangents`` (forward mode).

    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.0))
    (6.0, 3.0)

    Raises ValueError unless there is one tangent per number.
    """
    with _inputs(primals) as (leaves, arguments):
        tree = f(*arguments)
    outputs = _nodes(tree)
    directions = _numbers("jvp", "tangent", list(tangents), len(leaves))
    deep = _stays_node([primals, tangents], outputs)
    rule = recorded_rule if deep else None
    pushed = push_forward(topological_order(*outputs), dict(zip(leaves, directions)), local_gradients=rule)
    return (
        rebuild(tree, iter(outputs if deep else [node.data for node in outputs])),
        rebuild(tree, iter([pushed.get(node, 0.0) for node in outputs])),
    )


def jacobian(f: Callable[..., Any]) -> Callable[..., list[list[float]]]:
    """Return a function that computes the matrix of first derivatives of ``f``.

    ``J[i][j]`` is ∂out_i/∂x_j, where outputs and arguments are flattened in order; one reverse
    pass per output.

        >>> jacobian(lambda x, y: [x * y, x + y, 2.0])(2.0, 3.0)
        [[3.0, 2.0], [1.0, 1.0], [0.0, 0.0]]
    """

    def matrix(*args: Any) -> list[list[float]]:
        with _inputs(args) as (leaves, arguments):
            outputs = _nodes(f(*arguments))
        deep = _stays_node(args, outputs)
        return [gradient(output, leaves, differentiable=deep) for output in outputs]

    return _named(matrix, f, "jacobian")


def hessian(f: Callable[..., Any]) -> Callable[..., list[list[float]]]:
    """Return a function that computes the matrix of second derivatives of ``f``.

    ``H[i][j]`` is ∂²f/∂x_i∂x_j, by differentiating the gradient (n reverse passes).

        >>> hessian(lambda x, y: x * x * y)(1.0, 2.0)
        [[4.0, 2.0], [2.0, 0.0]]

    Raises TypeError if ``f`` does not return one number.
    """

    def matrix(*args: Any) -> list[list[float]]:
        with _inputs(args) as (leaves, arguments):
            y = _one(f(*arguments), f)
        deep = _stays_node(args, [y])
        first = gradient(y, leaves, differentiable=True)
        return [gradient(g, leaves, differentiable=deep) for g in first]

    return _named(matrix, f, "hessian")


def hvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, ...]:
    """Return the Hessian of ``f`` times a vector, without forming the Hessian.

    Forward over reverse: the gradient is recorded once, and its derivative in the direction of
    ``tangents`` is swept forward.

        >>> hvp(lambda x, y: x * x * y, (1.0, 2.0), (1.0, 0.0))
        (4.0, 2.0)

    Raises ValueError unless there is one tangent per number.
    """
    with _inputs(primals) as (leaves, arguments):
        y = _one(f(*arguments), f)
    directions = _numbers("hvp", "tangent", list(tangents), len(leaves))
    rule = recorded_rule if _stays_node([primals, tangents], [y]) else None
    first = gradient(y, leaves, differentiable=True)
    pushed = push_forward(topological_order(*first), dict(zip(leaves, directions)), local_gradients=rule)
    return tuple(rebuild(arguments, iter([pushed.get(g, 0.0) for g in first])))


# ---------------------------------------------------------------- helpers


@contextmanager
def _inputs(args: Sequence[Any]) -> Iterator[tuple[list[Value], list[Any]]]:
    """Yield fresh leaves for the numbers in ``args``, and ``args`` rebuilt of them.

    A Value in ``args`` gets a node of its own above it, so that ``grad(lambda t: t * x)(x)``
    differentiates in ``t`` alone and the result still depends on ``x``.
    """
    leaves = [ops.identity(x) if isinstance(x, Value) else Value(x) for x in flatten(list(args))]
    before = len(_active.leaves)
    _active.leaves += leaves
    try:
        yield leaves, rebuild(list(args), iter(leaves))
    finally:
        del _active.leaves[before:]


def _stays_node(args: Any, outputs: Sequence[Value]) -> bool:
    """Tell whether results must be nodes: a Value was given, or an enclosing transform is asking."""
    if any(isinstance(x, Value) for x in flatten(args)):
        return True
    return bool(_active.leaves) and not set(_active.leaves).isdisjoint(topological_order(*outputs))


def _numbers(transform: str, what: str, tree: Any, expected: int) -> list[Any]:
    numbers = [x if isinstance(x, Value) else ops.as_number(x) for x in flatten(tree)]
    if len(numbers) != expected:
        raise ValueError(f"{transform}: expected {expected} {what}(s), one per number, got {len(numbers)}")
    return numbers


def _nodes(tree: Any) -> list[Value]:
    return [x if isinstance(x, Value) else Value(x) for x in flatten(tree)]


def _one(y: Any, f: Callable[..., Any]) -> Value:
    if isinstance(y, (list, tuple, dict)) or y is None:
        raise TypeError(
            f"{getattr(f, '__name__', 'f')} must return one number to have a gradient, got {type(y).__name__}; "
            "for several outputs use jacobian(f) or vjp"
        )
    return y if isinstance(y, Value) else Value(y)


def _named(function: Callable[..., Any], f: Callable[..., Any], transform: str) -> Callable[..., Any]:
    function.__name__ = f"{transform}({getattr(f, '__name__', 'f')})"
    return function
