"""Derivatives of functions: gradients, Jacobians, Hessians, and their products with vectors.

With this module, one can,

- differentiate a function of numbers, or of nested lists, tuples, dicts and NumPy arrays of them: ``grad(f)(3.0)``;
- nest it, for derivatives of any order: ``grad(grad(f))``;
- differentiate a node that is there already: ``gradient(y, [w, b])``.

Numbers in, numbers out. Values in, Values out: a result that depends on a Value argument, or on
one that an enclosing transform is differentiating, is a node with a history, so nesting is right.
Arrays in, arrays out: ``f`` gets an array of Values, on which NumPy's arithmetic works. While a function is being
recorded (``compile``), there are tracers instead of Values, and derivatives are more instructions.
"""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, overload

from . import ops
from .context import context
from .forward import push_forward
from .graph import topological_order
from .ieee import named_number
from .reverse import cotangents_of, pull_back, recorded_rule
from .signatures import Gradient, ValueAndGradient
from .trees import advice, aligned, array_of, holds_array, is_array, is_tree, places
from .trees import flatten as flatten
from .trees import rebuild as rebuild
from .value import Value


class _Active(threading.local):
    """The leaves of the transforms a thread is inside of: results that depend on them stay nodes."""

    def __init__(self) -> None:
        self.leaves: list[Value] = []


_active = _Active()


class _Values:
    """What a transform does with Values. A function that is being recorded has tracers; its recording does the same.

    ``deep`` says that results are to be nodes with a history.
    """

    def leaf(self, x: Any) -> Value:
        """Return a fresh node to differentiate in; above a Value, so that the result still depends on it."""
        return ops.identity(x) if isinstance(x, Value) else Value(x)

    def node(self, x: Any) -> Value:
        """Return what a function returned as a node."""
        return x if isinstance(x, Value) else Value(x)

    def plain(self, x: Any) -> Any:
        """Return the number of a node."""
        return x.data if isinstance(x, Value) else x

    def stay_nodes(self, args: Any, outputs: Sequence[Value]) -> bool:
        """Tell whether results must be nodes: a Value was given, or an enclosing transform is asking."""
        if any(isinstance(x, Value) for x in flatten(args)):
            return True
        return bool(_active.leaves) and not set(_active.leaves).isdisjoint(topological_order(*outputs))

    sparse = False

    def rows(self, outputs: Sequence[Value], leaves: Sequence[Value], *, deep: bool) -> list[list[Any]]:
        """Return the rows of the matrix ∂output/∂leaf, in reverse mode."""
        return [self.pull([output], [1.0], leaves, deep=deep) for output in outputs]

    symmetric_rows = rows  # of the Hessian; on numbers all of it takes one walk for each row

    def matrix(self, rows: Any, width: int) -> Any:
        """Return the rows as they are given to the user."""
        return rows

    def pull(self, outputs: Sequence[Value], seeds: Sequence[Any], leaves: Sequence[Value], *, deep: bool) -> list[Any]:
        """Return Σ seed · ∂output/∂leaf for every leaf."""
        start: dict[Value, Any] = {}
        for output, seed in zip(outputs, seeds):
            seed = self.node(seed) if deep else seed
            start[output] = start[output] + seed if output in start else seed
        if not deep and set(map(type, start.values())) == {float}:
            return cotangents_of(leaves, start)
        found = pull_back(topological_order(*outputs), start, local_gradients=recorded_rule if deep else None)
        zero = self.node if deep else float
        return [found[leaf] if leaf in found else zero(0.0) for leaf in leaves]

    def push(
        self, outputs: Sequence[Value], leaves: Sequence[Value], tangents: Sequence[Any], *, deep: bool
    ) -> list[Any]:
        """Return Σ tangent · ∂output/∂leaf for every output."""
        rule = recorded_rule if deep else None
        pushed = push_forward(topological_order(*outputs), dict(zip(leaves, tangents)), local_gradients=rule)
        return [pushed.get(output, 0.0) for output in outputs]


_values = _Values()


def _kind() -> Any:
    return context.recording or _values


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
    if context.recording and {type(x) for x in (y, *nodes)} != {Value}:
        found = context.recording.gradient(y, nodes)
        return rebuild(inputs, iter(found))
    for node in nodes:
        if not isinstance(node, Value):
            raise TypeError(f"gradient: inputs must be Values, got {type(node).__name__}; for functions use grad(f)")
    if not isinstance(y, Value):
        y = Value(named_number("gradient: y", y))  # a constant: every gradient is zero
    return rebuild(inputs, iter(_values.pull([y], [1.0], nodes, deep=differentiable)))


# ---------------------------------------------------------------- of a function


@overload
def value_and_grad(
    f: Callable[..., Any], argnums: Literal[0] = 0, *, has_aux: Literal[False] = False
) -> ValueAndGradient: ...
@overload
def value_and_grad(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, *, has_aux: bool = False
) -> Callable[..., tuple[Any, Any]]: ...
def value_and_grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0, *, has_aux: bool = False) -> Any:
    """Return a function that computes ``f`` and its gradient in the arguments ``argnums``.

    >>> value_and_grad(lambda x, y: x * y)(3.0, 4.0)
    (12.0, 4.0)

    ``argnums`` is a position or a tuple of them. With ``has_aux``, ``f`` returns (value, others), and the pair is
    ((value, others), gradient): the others come along, and count in no derivative. With an array ``x`` the pair is
    what SciPy asks for: ``scipy.optimize.minimize(value_and_grad(f), x, jac=True)``. A compiled function has a method
    of this name, whose pair is the value and the gradients in all arguments and parameters:
    ``compile(f).value_and_grad(x)``.

        >>> value_and_grad(lambda x: (x * x, {"twice": x + x}), has_aux=True)(3.0)
        ((9.0, {'twice': 6.0}), 6.0)

    Raises TypeError if ``f`` does not return one number, an argument is none, or a position was not
    given; ValueError if ``argnums`` names a position twice.
    """

    def both(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        traced = _trace(f, args, kwargs, _positions(argnums, len(args)), has_aux, one_number=True)
        gradients = rebuild(traced.arguments, iter(traced.pull([1.0])))
        found = tuple(gradients) if isinstance(argnums, (tuple, list)) else gradients[0]
        return traced.with_aux(traced.result(traced.outputs[0])), found

    return _named(both, f, "value_and_grad")


@overload
def grad(f: Callable[..., Any], argnums: Literal[0] = 0, *, has_aux: Literal[False] = False) -> Gradient: ...
@overload
def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0, *, has_aux: bool = False) -> Callable[..., Any]: ...
def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0, *, has_aux: bool = False) -> Any:
    """Return a function that computes ∂f/∂argument, in the structure of the argument.

    >>> grad(lambda x: x**3)(2.0)
    12.0
    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    >>> grad(lambda x: x * grad(lambda y: x * y)(1.0))(3.0)
    6.0
    >>> grad(lambda p: p["w"] * p["x"][0])({"w": 2.0, "x": [5.0]})
    {'w': 5.0, 'x': [2.0]}

    With ``has_aux``, ``f`` returns (value, others), and the result is (gradient, others).

    Of an array argument ``f`` gets an array of Values. NumPy itself compares these in ``np.maximum``, ``x.max()``
    and the like: at a tie the whole gradient goes to one side, where ``autograd_lite.maximum(a, b)`` of two
    elements gives half to each. What NumPy cannot do with objects (``np.logaddexp``, ``np.fmod``, ``np.rint`` of an
    array) it refuses in words of its own; of two elements ``autograd_lite.logaddexp(a, b)`` does it.

    Raises TypeError if ``f`` does not return one number.
    """
    both: Callable[..., tuple[Any, Any]] = value_and_grad(f, argnums, has_aux=has_aux)

    def gradient_alone(*args: Any, **kwargs: Any) -> Any:
        value, found = both(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return _named(gradient_alone, f, "grad")


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """Return ``f(*primals)`` and its pullback: cotangents of the output -> those of the inputs.

    >>> value, pullback = vjp(lambda x, y: [x * y, x + y], 2.0, 3.0)
    >>> value, pullback([1.0, 10.0])
    ([6.0, 5.0], (13.0, 12.0))

    The pullback raises ValueError unless its argument has the structure of the output.
    """
    traced = _trace(f, primals)

    def pullback(cotangents: Any) -> tuple[Any, ...]:
        seeds = _directions("pullback", "cotangent", traced.tree, cotangents)
        return tuple(rebuild(traced.arguments, iter(traced.pull(seeds))))

    return rebuild(traced.tree, map(traced.result, traced.outputs)), pullback


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """Return ``f(*primals)`` and its derivative in the direction ``tangents`` (forward mode).

    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.0))
    (6.0, 3.0)

    Raises ValueError unless ``tangents`` has the structure of ``primals``, TypeError unless both are
    tuples or lists.
    """
    directions = _directions("jvp", "tangent", _arguments("jvp", "primals", primals), tangents)
    traced = _trace(f, primals, also=tangents)
    pushed = traced.kind.push(traced.outputs, traced.leaves, directions, deep=traced.deep)
    return rebuild(traced.tree, map(traced.result, traced.outputs)), rebuild(traced.tree, iter(pushed))


def jacobian(
    f: Callable[..., Any], argnums: int | Sequence[int] | None = None, *, has_aux: bool = False
) -> Callable[..., Any]:
    """Return a function that computes the matrix of first derivatives of ``f``.

    ``J[i][j]`` is ∂out_i/∂x_j, where outputs and arguments are flattened in order: a list of rows, or an array if
    an argument is one. There is one reverse pass per output, or one forward pass per input where these are fewer.

        >>> jacobian(lambda x, y: [x * y, x + y, 2.0])(2.0, 3.0)
        [[3.0, 2.0], [1.0, 1.0], [0.0, 0.0]]

    ``argnums`` is a position or a tuple of them; without it the columns are those of all arguments. With
    ``has_aux``, ``f`` returns (outputs, others), and the result is (matrix, others).
    """

    def matrix(*args: Any, **kwargs: Any) -> Any:
        traced = _trace(f, args, kwargs, argnums, has_aux)
        return traced.with_aux(traced.matrix(_rows(traced)))

    return _named(matrix, f, "jacobian")


def hessian(
    f: Callable[..., Any], argnums: int | Sequence[int] | None = None, *, has_aux: bool = False
) -> Callable[..., Any]:
    """Return a function that computes the matrix of second derivatives of ``f``.

    ``H[i][j]`` is ∂²f/∂x_i∂x_j, by differentiating the gradient (n reverse passes). Arguments are
    flattened in order; a list of rows, or an array if an argument is one.

        >>> hessian(lambda x, y: x * x * y)(1.0, 2.0)
        [[4.0, 2.0], [2.0, 0.0]]

    ``argnums`` is a position or a tuple of them; without it rows and columns are those of all arguments. With
    ``has_aux``, ``f`` returns (value, others), and the result is (matrix, others).

    Raises TypeError if ``f`` does not return one number.
    """

    def matrix(*args: Any, **kwargs: Any) -> Any:
        traced = _trace(f, args, kwargs, argnums, has_aux, one_number=True)
        first = traced.kind.pull(traced.outputs, [1.0], traced.leaves, deep=True)
        rows = traced.kind.symmetric_rows(first, traced.leaves, deep=traced.deep)
        return traced.with_aux(traced.matrix(traced.kind.matrix(rows, len(traced.leaves))))

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
    traced = _trace(f, primals, also=tangents, one_number=True)
    first = traced.kind.pull(traced.outputs, [1.0], traced.leaves, deep=True)
    pushed = traced.kind.push(first, traced.leaves, directions, deep=traced.deep)
    return tuple(rebuild(traced.arguments, iter(pushed)))


# ---------------------------------------------------------------- helpers


@dataclass(frozen=True)
class _Traced:
    """A call of a function on fresh leaves: what it returned, and how it is differentiated."""

    kind: Any
    arguments: list[Any]  # those that are differentiated, made of the leaves
    leaves: list[Any]
    tree: Any  # what the function returned, without the others
    outputs: list[Any]
    deep: bool
    aux: tuple[Any, ...]  # the others, if there are any
    of_array: bool

    def pull(self, seeds: Sequence[Any]) -> list[Any]:
        """Return Σ seed · ∂output/∂leaf for every leaf."""
        found: list[Any] = self.kind.pull(self.outputs, seeds, self.leaves, deep=self.deep)
        return found

    def result(self, node: Any) -> Any:
        """Return a node as it is to be given to the user."""
        return node if self.deep else self.kind.plain(node)

    def with_aux(self, result: Any) -> Any:
        """Return a result, in a pair with the others if the function returned any."""
        if not self.aux:
            return result
        return result, rebuild(self.aux[0], map(self.result, flatten(self.aux[0])))

    def matrix(self, rows: Any) -> Any:
        """Return a list of rows as it is, or as an array where an argument was one."""
        if self.of_array and isinstance(rows, list):
            return array_of(flatten(rows), (len(rows), len(self.leaves)))
        return rows


def _trace(
    f: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any] | None = None,
    argnums: int | Sequence[int] | None = None,
    has_aux: bool = False,
    *,
    also: Any = (),
    one_number: bool = False,
) -> _Traced:
    """Call ``f`` with fresh leaves in the arguments ``argnums``; None means all. ``also`` may hold nodes too."""
    _function(f)
    chosen = list(range(len(args))) if argnums is None else _positions(argnums, len(args))
    kind = _kind()
    with _inputs(kind, [args[n] for n in chosen], chosen) as (leaves, arguments):
        replaced = list(args)
        for n, argument in zip(chosen, arguments):
            replaced[n] = argument
        tree, *aux = _parted(f(*replaced, **(kwargs or {})), f, has_aux)
        outputs = [one_output(tree, f)] if one_number else _each(kind.node, tree, f"{_name(f)}(…)")
    deep = kind.stay_nodes([args, also], outputs)
    return _Traced(kind, arguments, leaves, tree, outputs, deep, tuple(aux), holds_array(arguments))


def _parted(returned: Any, f: Callable[..., Any], has_aux: bool) -> Sequence[Any]:
    if not has_aux:
        return (returned,)
    if not isinstance(returned, tuple) or len(returned) != 2:
        raise TypeError(f"has_aux=True: {_name(f)} must return (value, others)")
    return returned


def _rows(traced: _Traced) -> Any:
    """Return the rows of the Jacobian, in the mode that needs fewer passes."""
    kind, outputs, leaves, deep = traced.kind, traced.outputs, traced.leaves, traced.deep
    if kind.sparse or len(outputs) <= len(leaves):
        return kind.matrix(kind.rows(outputs, leaves, deep=deep), len(leaves))
    columns = [kind.push(outputs, [leaf], [1.0], deep=deep) for leaf in leaves]
    return [list(row) for row in zip(*columns)] if columns else [[] for _ in outputs]


@contextmanager
def _inputs(kind: Any, args: Sequence[Any], positions: Sequence[int]) -> Iterator[tuple[list[Any], list[Any]]]:
    """Yield fresh leaves for the numbers in ``args``, and ``args`` rebuilt of them.

    A Value in ``args`` gets a node of its own above it, so that ``grad(lambda t: t * x)(x)``
    differentiates in ``t`` alone and the result still depends on ``x``.
    """
    leaves = [leaf for n, tree in zip(positions, args) for leaf in _each(kind.leaf, tree, f"argument {n + 1}")]
    before = len(_active.leaves)
    _active.leaves += [leaf for leaf in leaves if isinstance(leaf, Value)]
    try:
        yield leaves, rebuild(list(args), iter(leaves))
    finally:
        del _active.leaves[before:]


def _each(make: Callable[[Any], Any], tree: Any, name: str) -> list[Any]:
    """Return ``make(x)`` for every number of a tree; what is none is refused with its place in ``name``."""
    found: list[Any] = []
    for x in flatten(tree):
        try:
            found.append(make(x))
        except TypeError as problem:
            if type(problem) is not TypeError:  # a CaptureError names a line of its own
                raise
            raise TypeError(f"{places(tree, name)[len(found)]}: {problem}{_way_out(x)}") from None
    return found


def _way_out(x: Any) -> str:
    if not hasattr(x, "tolist"):
        return advice(x)
    return f"; of a {type(x).__module__.split('.')[0]}.{type(x).__name__} pass x.tolist(), or a NumPy array"


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
    return [x if hasattr(x, "apply_operation") else ops.as_number(x) for x in found]


def one_output(y: Any, f: Callable[..., Any]) -> Any:
    """Return the one node that a function returned; an array of one element is that element, as SciPy takes it."""
    if is_array(y) and y.size == 1:
        y = y.item()
    shape = getattr(y, "shape", ())
    if is_tree(y) or y is None or shape != ():
        got = f"an array of shape {tuple(shape)}" if shape != () else type(y).__name__
        raise TypeError(
            f"{_name(f)} must return one number to have a gradient, got {got}; "
            "for several outputs use jacobian(f) or vjp"
        )
    return _kind().node(y)


def _name(f: Callable[..., Any]) -> str:
    return getattr(f, "__name__", "f")


def _named(function: Callable[..., Any], f: Callable[..., Any], transform: str) -> Callable[..., Any]:
    function.__name__ = f"{transform}({_name(_function(f))})"
    function.__wrapped__ = f  # type: ignore[attr-defined]  # whose line and whose arguments it has
    return function
