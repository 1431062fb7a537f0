"""Derivatives of functions: gradients, Jacobians, Hessians, and their products with vectors.

With this module, one can,

- differentiate a function of numbers, or of nested lists, tuples, dicts and NumPy arrays of them: ``grad(f)(3.0)``;
- nest it, for derivatives of any order: ``grad(grad(f))``;
- differentiate a node that is there already: ``gradient(y, [w, b])``.

Numbers in, numbers out. Values in, Values out: a result that depends on a Value argument, or on
one that an enclosing transform is differentiating, is a node with a history, so nesting is right.
Arrays in, arrays out: ``f`` gets an array of Values, on which NumPy's arithmetic works.
"""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from . import ops
from .forward import push_forward
from .graph import topological_order
from .ieee import named_number
from .reverse import pull_back, recorded_rule
from .trees import aligned, array_of, holds_array, is_array
from .trees import flatten as flatten
from .trees import rebuild as rebuild
from .value import Value


class _Active(threading.local):
    """The leaves of the transforms a thread is inside of: results that depend on them stay nodes."""

    def __init__(self) -> None:
        self.leaves: list[Value] = []


_active = _Active()


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

    Raises TypeError if an input is no Value or ``y`` no number; with ``differentiable``, ValueError if the
    ``data`` of a node was changed after ``y`` was computed from it.
    """
    nodes = flatten(inputs)
    for node in nodes:
        if not isinstance(node, Value):
            raise TypeError(f"gradient: inputs must be Values, got {type(node).__name__}; for functions use grad(f)")
    if not isinstance(y, Value):
        y = Value(named_number("gradient: y", y))  # a constant: every gradient is zero
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

    ``argnums`` is a position or a tuple of them. With an array ``x`` the pair is what SciPy asks for:
    ``scipy.optimize.minimize(value_and_grad(f), x, jac=True)``. A compiled function has a method of this name, whose
    pair is the value and the gradients in all arguments and parameters: ``compile(f).value_and_grad(x)``.

    Raises TypeError if ``f`` does not return one number, an argument is none, or a position was not
    given; ValueError if ``argnums`` names a position twice.
    """

    def both(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        chosen = _positions(argnums, len(args))
        with _inputs([args[n] for n in chosen], chosen) as (_, arguments):
            replaced = list(args)
            for n, argument in zip(chosen, arguments):
                replaced[n] = argument
            y = one_output(f(*replaced, **kwargs), f)
        deep = _stays_node(args, [y])
        found = gradient(y, arguments, differentiable=deep)
        return (y if deep else y.data), (tuple(found) if isinstance(argnums, (tuple, list)) else found[0])

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

    Of an array argument ``f`` gets an array of Values. NumPy itself compares these in ``np.maximum``, ``x.max()``
    and the like: at a tie the whole gradient goes to one side, where ``autograd_lite.maximum(a, b)`` of two
    elements gives half to each. What NumPy cannot do with objects (``np.logaddexp``, ``np.fmod``, ``np.rint`` of an
    array) it refuses in words of its own; of two elements ``autograd_lite.logaddexp(a, b)`` does it.

    Raises TypeError if ``f`` does not return one number.
    """
    both = value_and_grad(f, argnums)
    return _named(lambda *args, **kwargs: both(*args, **kwargs)[1], f, "grad")


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """Return ``f(*primals)`` and its pullback: cotangents of the output -> those of the inputs.

    >>> value, pullback = vjp(lambda x, y: [x * y, x + y], 2.0, 3.0)
    >>> value, pullback([1.0, 10.0])
    ([6.0, 5.0], (13.0, 12.0))

    The pullback raises ValueError unless its argument has the structure of the output.
    """
    _function(f)
    with _inputs(primals) as (leaves, arguments):
        tree = f(*arguments)
    outputs = _nodes(tree)
    order = topological_order(*outputs)
    deep = _stays_node(primals, outputs)

    def pullback(cotangents: Any) -> tuple[Any, ...]:
        start: dict[Value, Any] = {}
        for output, seed in zip(outputs, _directions("pullback", "cotangent", tree, cotangents)):
            start[output] = start[output] + seed if output in start else seed
        found = pull_back(order, start, local_gradients=recorded_rule if deep else None)
        return tuple(rebuild(arguments, iter([found.get(leaf, 0.0) for leaf in leaves])))

    return rebuild(tree, iter(outputs if deep else [node.data for node in outputs])), pullback


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """Return ``f(*primals)`` and its derivative in the direction ``tangents`` (forward mode).

    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.0))
    (6.0, 3.0)

    Raises ValueError unless ``tangents`` has the structure of ``primals``, TypeError unless both are
    tuples or lists.
    """
    directions = _directions("jvp", "tangent", _arguments("jvp", "primals", primals), tangents)
    with _inputs(primals) as (leaves, arguments):
        tree = _function(f)(*arguments)
    outputs = _nodes(tree)
    deep = _stays_node([primals, tangents], outputs)
    rule = recorded_rule if deep else None
    pushed = push_forward(topological_order(*outputs), dict(zip(leaves, directions)), local_gradients=rule)
    return (
        rebuild(tree, iter(outputs if deep else [node.data for node in outputs])),
        rebuild(tree, iter([pushed.get(node, 0.0) for node in outputs])),
    )


def jacobian(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that computes the matrix of first derivatives of ``f``.

    ``J[i][j]`` is ∂out_i/∂x_j, where outputs and arguments are flattened in order; one reverse
    pass per output. A list of rows, or an array if an argument is one.

        >>> jacobian(lambda x, y: [x * y, x + y, 2.0])(2.0, 3.0)
        [[3.0, 2.0], [1.0, 1.0], [0.0, 0.0]]
    """

    def matrix(*args: Any) -> Any:
        with _inputs(args) as (leaves, arguments):
            outputs = _nodes(f(*arguments))
        deep = _stays_node(args, outputs)
        return _matrix([gradient(output, leaves, differentiable=deep) for output in outputs], args, len(leaves))

    return _named(matrix, f, "jacobian")


def hessian(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that computes the matrix of second derivatives of ``f``.

    ``H[i][j]`` is ∂²f/∂x_i∂x_j, by differentiating the gradient (n reverse passes). Arguments are
    flattened in order; a list of rows, or an array if an argument is one.

        >>> hessian(lambda x, y: x * x * y)(1.0, 2.0)
        [[4.0, 2.0], [2.0, 0.0]]

    Raises TypeError if ``f`` does not return one number.
    """

    def matrix(*args: Any) -> Any:
        with _inputs(args) as (leaves, arguments):
            y = one_output(f(*arguments), f)
        deep = _stays_node(args, [y])
        first = gradient(y, leaves, differentiable=True)
        return _matrix([gradient(g, leaves, differentiable=deep) for g in first], args, len(leaves))

    return _named(matrix, f, "hessian")


def hvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, ...]:
    """Return the Hessian of ``f`` times a vector, without forming the Hessian.

    Forward over reverse: the gradient is recorded once, and its derivative in the direction of
    ``tangents`` is swept forward.

        >>> hvp(lambda x, y: x * x * y, (1.0, 2.0), (1.0, 0.0))
        (4.0, 2.0)

    Raises ValueError unless ``tangents`` has the structure of ``primals``, TypeError unless both are
    tuples or lists, and if ``f`` does not return one number.
    """
    directions = _directions("hvp", "tangent", _arguments("hvp", "primals", primals), tangents)
    with _inputs(primals) as (leaves, arguments):
        y = one_output(_function(f)(*arguments), f)
    rule = recorded_rule if _stays_node([primals, tangents], [y]) else None
    first = gradient(y, leaves, differentiable=True)
    pushed = push_forward(topological_order(*first), dict(zip(leaves, directions)), local_gradients=rule)
    return tuple(rebuild(arguments, iter([pushed.get(g, 0.0) for g in first])))


# ---------------------------------------------------------------- helpers


@contextmanager
def _inputs(args: Sequence[Any], positions: Sequence[int] = ()) -> Iterator[tuple[list[Value], list[Any]]]:
    """Yield fresh leaves for the numbers in ``args``, and ``args`` rebuilt of them.

    A Value in ``args`` gets a node of its own above it, so that ``grad(lambda t: t * x)(x)``
    differentiates in ``t`` alone and the result still depends on ``x``.
    """
    leaves = [_leaf(x, n) for n, arg in zip(positions or range(len(args)), args) for x in flatten(arg)]
    before = len(_active.leaves)
    _active.leaves += leaves
    try:
        yield leaves, rebuild(list(args), iter(leaves))
    finally:
        del _active.leaves[before:]


def _leaf(x: Any, position: int) -> Value:
    if isinstance(x, Value):
        return ops.identity(x)  # type: ignore[no-any-return]
    try:
        return Value(x)
    except TypeError as problem:
        kind = f"{type(x).__module__.split('.')[0]}.{type(x).__name__}"
        way_out = f"; of a {kind} pass x.tolist(), or a NumPy array" if hasattr(x, "tolist") else ""
        raise TypeError(f"argument {position + 1}: {problem}{way_out}") from None


def _index(n: Any) -> int | None:
    """Return what Python would index by, None if it would not; a bool is no position, nor is an array."""
    try:
        return None if isinstance(n, bool) else operator.index(n)
    except TypeError:
        return None


def _positions(argnums: Any, count: int) -> list[int]:
    """Return the positions among ``count`` arguments that ``argnums`` names, counted from the front."""
    found = []
    for n in argnums if isinstance(argnums, (tuple, list)) else [argnums]:
        position = _index(n)
        if position is None:
            raise TypeError(f"argnums must be a position (0 is the first argument) or a tuple of them, got {n!r}")
        if not -count <= position < count:
            raise TypeError(f"argnums {n} asks for an argument that was not given; got {count} argument(s)")
        found.append(position % count)
    if len(set(found)) < len(found):
        raise ValueError(f"argnums {argnums} names an argument twice")
    return found


def _stays_node(args: Any, outputs: Sequence[Value]) -> bool:
    """Tell whether results must be nodes: a Value was given, or an enclosing transform is asking."""
    if any(isinstance(x, Value) for x in flatten(args)):
        return True
    return bool(_active.leaves) and not set(_active.leaves).isdisjoint(topological_order(*outputs))


def _function(f: Any) -> Callable[..., Any]:
    if not callable(f):
        raise TypeError(f"expected a function to differentiate, got {type(f).__name__}; for a node use gradient(y, x)")
    function: Callable[..., Any] = f
    return function


def _arguments(transform: str, what: str, given: Any) -> list[Any]:
    if not isinstance(given, (tuple, list)):
        raise TypeError(f"{transform}: {what} must be a tuple with one entry per argument, got {type(given).__name__}")
    return list(given)


def _directions(transform: str, what: str, pattern: Any, tree: Any) -> list[Any]:
    """Return the tangents or cotangents in ``tree`` in the order of the numbers in ``pattern``."""
    try:
        found = aligned(pattern, tree, f"{what}s")
    except ValueError as problem:
        expected, got = len(flatten(pattern)), len(flatten(tree))
        raise ValueError(f"{transform}: expected {expected} {what}(s), one per number, got {got}; {problem}") from None
    return [x if isinstance(x, Value) else ops.as_number(x) for x in found]


def _matrix(rows: list[list[Any]], args: Sequence[Any], width: int) -> Any:
    return array_of(flatten(rows), (len(rows), width)) if holds_array(args) else rows


def _nodes(tree: Any) -> list[Value]:
    return [x if isinstance(x, Value) else Value(x) for x in flatten(tree)]


def one_output(y: Any, f: Callable[..., Any]) -> Value:
    shape = getattr(y, "shape", ())
    if isinstance(y, (list, tuple, dict)) or y is None or shape != ():
        got = f"an array of shape {tuple(shape)}" if shape != () else type(y).__name__
        raise TypeError(
            f"{getattr(f, '__name__', 'f')} must return one number to have a gradient, got {got}; "
            "for several outputs use jacobian(f) or vjp"
        )
    if is_array(y):
        y = y.item()
    return y if isinstance(y, Value) else Value(y)


def _named(function: Callable[..., Any], f: Callable[..., Any], transform: str) -> Callable[..., Any]:
    function.__name__ = f"{transform}({getattr(_function(f), '__name__', 'f')})"
    return function
