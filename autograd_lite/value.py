"""``Value``: a number that remembers how it was computed.

With this module, one can,

- build a graph by writing arithmetic: ``y = (w * x + b).tanh()``;
- run the chain rule through it: ``y.backward()``, then read ``w.grad``;
- ask a node for its ``parents`` and ``local_gradients()``;
- run several outputs back at once: ``backward([y1, y2], seeds=[g1, g2])``.
"""

from __future__ import annotations

import copy
import operator
import threading
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from numbers import Real
from typing import Any, NoReturn, SupportsFloat, Union

from . import ops, specialised
from .as_micrograd import AsMicrograd
from .context import Scope, check_backward, context, inside, note
from .graph import topological_order
from .ieee import named_number
from .ops import Operation, as_number
from .pickling import ancestors
from .reverse import add_to_grads, cut, pull_back
from .trees import flatten, is_array
from .ufuncs import METHODS, array_ufunc, method_of

Number = Union["Value", float, int, Fraction, SupportsFloat]


# ---------------------------------------------------------------- recording, where the time goes

new = object.__new__  # the sources of ``specialised`` know this module by name: new, operand, a_number, …


def _method(op: Operation, *, reflected: bool = False) -> Callable[..., Value]:
    """Make the method that records ``op`` on self, and on another operand if it has two; ``op.source`` shows it."""
    source, names = specialised.recording(op, reflected=reflected)
    method = specialised.function(source, names, globals())
    method.__name__ = op.name
    method.__doc__ = f"Return ``{op.name}(self)``; see ``autograd_lite.{op.name}``."
    return method


def _binary(op: Operation) -> tuple[Callable[[Value, Number], Value], Callable[[Value, Number], Value]]:
    """Make the method that records ``op`` on (self, other), and its reflected form."""
    return _method(op), _method(op, reflected=True)


def operand(other: Any) -> tuple[Value | None, float]:
    """Return a node and its number; no node if ``other`` is a tracer or an array, which know better how to operate."""
    if other.__class__ is int:
        return a_number, as_number(other)
    if isinstance(other, Value):
        return other, other.data
    if hasattr(type(other), "apply_operation") or is_array(other):
        return None, 0.0
    return a_number, as_number(other)


def _recorder(op: Operation) -> Callable[..., Any]:
    """Make the function that records ``op`` where it is called: ``tanh(x)``, a user's ``cube(x)``."""
    source, names = specialised.recording(op, method=False)
    op.record = specialised.function(source, names, globals())
    op.nodes = Value if op.arity == 1 else None
    return op.record  # type: ignore[no-any-return]


def _recorded(op: Operation, operands: Sequence[Any], numbers: tuple[float, ...]) -> Any:
    """Record ``op`` on operands of any number, Values and floats, which hold ``numbers``."""
    if len(operands) != op.arity:
        op.check(operands)
    data = op.value(*numbers)
    if op.partials is None:
        return data
    node = _node(op, data, operands, numbers)
    if inside:
        note(node)
    return node


def _node(op: Operation, data: float, operands: Sequence[Any], numbers: Sequence[float]) -> Value:
    """Make a node; the layout of the slots is told at ``Value.__slots__``."""
    node = new(Value)
    node.data = data
    node.grad = 0.0
    node.op = op
    node._total = None
    if op.arity == 1:
        node._left, node._right, node._x = operands[0], None, numbers[0]
    elif op.arity == 2:
        node._left, node._right = operands
        node._x, node._y = numbers
    else:
        node._left, node._right, node._y = None, operands, numbers
    return node


def _comparison(compare: Callable[[float, float], bool]) -> Callable[[Value, Any], Any]:
    """Make the method that compares numbers."""

    def method(self: Value, other: Any) -> Any:
        if isinstance(other, Value):
            return compare(self.data, other.data)
        if is_array(other) or hasattr(type(other), "apply_operation"):
            return NotImplemented
        return compare(self.data, as_number(other))

    return method


class Value(AsMicrograd):
    """A scalar node of a computation graph.

    ``data`` is its number, ``grad`` the accumulated ∂output/∂node, ``parents`` the operands it was
    computed from, ``op`` the operation (None for a leaf), ``label`` a name for pictures.

        >>> x = Value(3.0, "x")
        >>> y = x * x + 1.0
        >>> y.backward()
        >>> y.data, x.grad
        (10.0, 6.0)

    A node keeps the numbers its local gradients need, never itself: graphs hold no reference
    cycles, and changing ``x.data`` after the forward pass cannot corrupt ``backward()``.

    Nodes live in sets, so between nodes ``==`` is identity (for a comparison of their numbers write
    ``equal(x, y)``); beside a plain number it compares numbers, as ``<`` and friends always do.

        >>> x == 3.0, x == Value(3.0)
        (True, False)

    Raises TypeError unless ``data`` is one real number and ``label`` is text.
    """

    # One collector-tracked object per operation is what makes the engine fast: parents and operand
    # numbers live in slots. One or two operands: _left, _right with _x, _y. Any other number of
    # operands: _left is None, _right and _y are tuples. Leaf: _left and _right are None.
    # An operand that is a plain number is no node until somebody asks for the parents: the leaf ``a_number``
    # stands for it in _left, _right, or among several, for which _right is then a list.
    # _total is lent to walks (``reverse.add_to_grads``). _about is the scope, or with a label (label, scope); of most
    # nodes it is not set, which saves the time to do so.
    __slots__ = ("data", "grad", "op", "_left", "_right", "_x", "_y", "_total", "_about")
    __array_ufunc__ = array_ufunc  # np.sin(v), np.float64(2) * v, v * np.array([1, 2])

    data: float
    grad: float
    op: Operation | None
    _left: Any
    _right: Any
    _x: Any
    _y: Any
    _total: Any
    _about: Any

    def __init__(self, data: Number, label: str = ""):
        if isinstance(data, Value):
            raise TypeError("Value(v) of a Value would drop its history; use v itself, or v.detach() for a new leaf")
        if not isinstance(label, str):
            raise TypeError(
                f"a label is text, got {type(label).__name__}; a node made with parents would have no gradient rule: "
                "compute it with operators, or define Operation(name, value, local_gradients) and call that"
            )
        self.data = as_number(data)
        self.grad = 0.0
        self.op = None
        self._left = self._right = self._total = None
        if label or inside:
            self._about = (label, context.scope)

    @property
    def label(self) -> str:
        """A name for pictures; it can be set."""
        about = getattr(self, "_about", None)
        return about[0] if about.__class__ is tuple else ""

    @label.setter
    def label(self, label: str) -> None:
        self._about = (label, self.scope)

    @property
    def scope(self) -> Scope | None:
        """The innermost scope it was recorded in."""
        about = getattr(self, "_about", None)
        return about[1] if about.__class__ is tuple else about

    @scope.setter
    def scope(self, scope: Scope | None) -> None:
        self._about = (self.label, scope)

    @property
    def parents(self) -> tuple[Value, ...]:
        """The operands, in order, repeats kept: ``a * a`` has two. A leaf has none; a plain number is a leaf too."""
        left, right = self._left, self._right
        if right is None:
            return () if left is None else (left,)
        if left is a_number or right is a_number or right.__class__ is list:
            self._make_constants()
            left, right = self._left, self._right
        return right if left is None else (left, right)

    def _make_constants(self) -> None:
        """Put a leaf in the place of every operand that is a plain number, with the ``grad`` it would have by now."""
        op: Any = self.op
        locals_: Sequence[float | None] = self.local_gradients() if self.grad else [None] * len(self.numbers)
        if op.routes:
            locals_ = cut(locals_)
        with _making_constants:  # two threads that ask are to see the same leaves
            operands = [*self._right] if self._left is None else [self._left, self._right]
            for i, (x, number, local) in enumerate(zip(operands, self.numbers, locals_)):
                if x is a_number:
                    operands[i] = _constant(number, self.scope, 0.0 if local is None else self.grad * local)
            if self._left is None:
                self._right = tuple(operands)
            else:
                self._left, self._right = operands

    @property
    def numbers(self) -> tuple[float, ...]:
        """The numbers the parents held when this node was computed."""
        if self._right is None:
            return () if self._left is None else (self._x,)
        return self._y if self._left is None else (self._x, self._y)

    def local_gradients(self) -> tuple[float, ...]:
        """Return ∂node/∂parent for each parent: the rule of ``op`` at the recorded numbers.

        >>> (Value(3.0) * Value(5.0)).local_gradients()
        (5.0, 3.0)
        """
        op: Any = self.op
        if op is None:
            return ()
        if self._right is None:
            return (op.partials(self.data, self._x),) if self._left is not None else ()
        rule: tuple[float, ...]
        if self._left is not None:
            rule = op.partials(self.data, self._x, self._y)
        else:
            rule = op.local_gradients(self.data, *self._y)
        return rule

    def backward(self, seed: float = 1.0) -> None:
        """Add ``seed`` · ∂self/∂node to the ``grad`` of every node this one depends on.

        Each call adds once, at inner nodes too: calling it twice doubles every gradient.

            >>> x = Value(2.0); y = x * x
            >>> y.backward(); y.backward()
            >>> x.grad, y.grad
            (8.0, 2.0)

        Raises TypeError if ``seed`` is no number.
        """
        backward([self], seeds=[named_number("backward: seed", seed)])

    def step_back(self) -> None:
        """Add ``grad`` · ∂self/∂parent to the ``grad`` of each parent: one step of ``backward``, by hand.

        From the output on, whose ``grad`` is set to 1, and each node after all that use it:

            >>> x = Value(3.0); y = x * x; z = y + x
            >>> z.grad = 1.0
            >>> z.step_back(); y.step_back(); x.grad
            7.0
        """
        op: Any = self.op
        slopes: Sequence[float | None] = self.local_gradients()
        for parent, slope in zip(self.parents, cut(slopes) if op is not None and op.routes else slopes):
            if slope is not None:
                parent.grad += self.grad * slope

    def detach(self) -> Value:
        """Return a new leaf with the same number and label, cut off from the history.

        >>> Value(2.0, "x").detach().parents
        ()
        """
        return Value(self.data, self.label)

    @staticmethod
    def apply_operation(op: Operation, operands: tuple[Any, ...]) -> Any:
        """Record ``op`` on operands of which at least one is a Value; plain numbers become constants."""
        if len(operands) == op.arity < 3 and operands[0].__class__ is Value and op.partials is not None:
            node = (op.record or _recorder(op))(op, *operands)
            if node is not NotImplemented:
                return node
        numbers = [x.data for x in operands if x.__class__ is Value]
        if len(numbers) == len(operands):
            return _recorded(op, operands, tuple(numbers))
        if not {*map(type, operands)} <= _NODES_AND_NUMBERS:
            for x in operands:
                if not isinstance(x, Value) and hasattr(type(x), "apply_operation"):
                    return x.apply_operation(op, operands)  # a symbol or a tracer takes over
            operands = tuple([x if isinstance(x, Value) else as_number(x) for x in operands])
        held = [a_number if x.__class__ is float else x for x in operands]
        return _recorded(op, held, tuple([x if x.__class__ is float else x.data for x in operands]))

    # Operators. In-place forms rebind the name, as for floats: `x += 1` makes a new node.
    __add__, __radd__ = _binary(ops.add)
    __sub__, __rsub__ = _binary(ops.sub)
    __mul__, __rmul__ = _binary(ops.mul)
    __truediv__, __rtruediv__ = _binary(ops.div)
    __neg__ = _method(ops.neg)
    __abs__ = _method(ops.absolute)

    def __pos__(self) -> Value:
        return self

    def __pow__(self, exponent: Number) -> Value:
        return NotImplemented if is_array(exponent) else ops.pow(self, exponent)

    def __rpow__(self, base: Number) -> Value:
        return NotImplemented if is_array(base) else ops.pow(base, self)

    # The usual functions as methods, so that `x.tanh()` reads in order of computation.
    exp, log, sqrt, square = _method(ops.exp), _method(ops.log), _method(ops.sqrt), _method(ops.square)
    sin, cos, tan = _method(ops.sin), _method(ops.cos), _method(ops.tan)
    sinh, cosh, tanh = _method(ops.sinh), _method(ops.cosh), _method(ops.tanh)
    relu, sigmoid, softplus = _method(ops.relu), _method(ops.sigmoid), _method(ops.softplus)
    silu, gelu, erf = _method(ops.silu), _method(ops.gelu), _method(ops.erf)

    def __repr__(self) -> str:
        name = f", {self.label!r}" if self.label else ""
        return f"Value({self.data:.6g}{name}, grad={self.grad:.6g})" if self.grad else f"Value({self.data:.6g}{name})"

    def __format__(self, spec: str) -> str:
        return format(self.data, spec) if spec else repr(self)

    def __round__(self, digits: int | None = None) -> float:
        return round(self.data, digits)

    def __bool__(self) -> bool:
        return self.data != 0.0

    # a set asks for == only between equal hashes: those of a node and of a number differ
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> Any:
        if isinstance(other, (int, float)):
            return self.data == other
        if isinstance(other, Value):
            return self is other
        return self.data == as_number(other) if isinstance(other, (Real, Decimal)) else NotImplemented

    __lt__, __le__ = _comparison(operator.lt), _comparison(operator.le)
    __gt__, __ge__ = _comparison(operator.gt), _comparison(operator.ge)

    def __float__(self) -> NoReturn:
        raise TypeError(
            "a Value does not turn into a float by itself, since that would drop its gradient; "
            "for a function use autograd_lite.exp(v) instead of math.exp(v), for the number use v.data"
        )

    def __reduce__(self) -> Any:
        """Pickle in linear size and without recursion; what two nodes share stays shared within one pickle."""
        return _restored, (ancestors(self), self._record(), self.parents)

    def __deepcopy__(self, memo: dict[Any, Any]) -> Value:
        """Copy in linear time and without recursion; what two nodes share stays shared within one deepcopy."""
        copied = memo.setdefault("nodes of autograd_lite", set())  # the other keys of a memo are ids
        for node in topological_order(self, seen=copied):
            if id(node) not in memo:
                memo[id(node)] = _restored(None, node._record(), tuple([memo[id(p)] for p in node.parents]))
        copy_of_self: Value = memo[id(self)]
        return copy_of_self

    def __copy__(self) -> Value:
        return copy.deepcopy(self)

    def _record(self) -> tuple[Any, ...]:
        """Return what a node is but for its parents."""
        return self.op, self.data, self.grad, self.label, self.scope, self.numbers


def _restored(_: Any, record: tuple[Any, ...], parents: tuple[Value, ...]) -> Value:
    """Make a node of its record; the first argument is what stood in front of it in a pickle."""
    op, data, grad, label, scope, numbers = record
    node = Value(data) if op is None else _node(op, data, parents, numbers)
    node.grad, node.label, node.scope = grad, label, scope
    return node


a_number = Value(0.0)  # stands for every plain number among operands; its gradient is nobody's
_NODES_AND_NUMBERS = {Value, float}
_making_constants = threading.Lock()


def _constant(number: float, scope: Scope | None, grad: float) -> Value:
    """Make the leaf that stands for a plain number among the operands."""
    node = _node(ops.constant, number, (), ())
    node.scope, node.grad = scope, grad
    node._total = 0.0  # a walk that is under way, in another thread or around a rule that asked, may add to it
    return node


for _name, _function in METHODS.items():
    if not hasattr(Value, _name):
        setattr(Value, _name, method_of(_function))


# ---------------------------------------------------------------- functions


def backward(outputs: Sequence[Value], *, seeds: Sequence[float] | None = None) -> None:
    """Run the chain rule from several outputs at once: grad += Σₖ seedₖ · ∂outputₖ/∂node.

    >>> x = Value(2.0); y1, y2 = x * x, 3.0 * x
    >>> backward([y1, y2], seeds=[1.0, 10.0])
    >>> x.grad
    34.0

    Raises TypeError unless ``outputs`` is a list of Values and ``seeds`` one of numbers, ValueError unless there
    is an output, and one seed per output.
    """
    outputs = _listed("outputs", outputs)
    seeds = [1.0] * len(outputs) if seeds is None else _listed("seeds", seeds)
    for output in outputs:
        if not isinstance(output, Value):
            raise TypeError(f"backward: outputs must be Values, got {type(output).__name__}")
    if not outputs:
        raise ValueError("backward: expected at least one output, got an empty list")
    if len(seeds) != len(outputs):
        raise ValueError(f"backward: expected one seed per output ({len(outputs)}), got {len(seeds)}")
    start: dict[Value, float] = {}
    for i, (output, seed) in enumerate(zip(outputs, seeds)):
        start[output] = start.get(output, 0.0) + named_number(f"backward: seeds[{i}]", seed)
    watch = check_backward if inside and context.watching else None
    if watch is None:
        add_to_grads(start)
        return
    for node, cotangent in pull_back(topological_order(*outputs), start, watch=watch).items():
        node.grad += cotangent


def _listed(what: str, xs: Any) -> list[Any]:
    if not isinstance(xs, (list, tuple)) and not is_array(xs):
        way_out = "; for one output write y.backward()" if isinstance(xs, Value) else ""
        raise TypeError(f"backward: {what} must be a list, one entry per output, got {type(xs).__name__}{way_out}")
    return flatten(xs)
