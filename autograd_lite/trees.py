"""Trees of numbers: lists, tuples, dicts, NumPy arrays, dataclasses, and classes of one's own.

With this module, one can,

- make a class a tree of numbers, which is then an argument and a result everywhere: ``register``;
- take a tree apart, put one together of other numbers, lay two side by side: ``flatten``, ``rebuild``, ``aligned``.

An array is a nested list that NumPy made; it is recognised without importing NumPy. Taken apart and put
together again it keeps its shape: of floats it is a float array, of nodes an array of objects, on which
NumPy's arithmetic, ``@``, ``.sum()`` and ``np.tanh`` work.

The numbers of a dataclass are its fields, in order. A field that is no number but a setting is marked as in JAX,
``name: str = field(metadata={"static": True})``: it comes along as it is, and must have a hash. An object is made
again by its constructor, which may so be given Values and tracers; fields with ``init=False`` are left to it. A
dataclass with ``__float__`` is a number, and a registered one what it was registered as.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple


def register(
    cls: type,
    flatten: Callable[[Any], Sequence[Any]],
    rebuild: Callable[..., Any],
    *,
    static: Callable[[Any], Any] | None = None,
) -> None:
    """Make the objects of a class trees: ``flatten(x)`` gives the parts of one, ``rebuild(*parts)`` makes one.

    >>> from autograd_lite import grad
    >>> class Point:
    ...     def __init__(self, x, y):
    ...         self.x, self.y = x, y
    >>> register(Point, lambda p: (p.x, p.y), Point)
    >>> slope = grad(lambda p: p.x * p.x * p.y)(Point(2.0, 3.0))
    >>> slope.x, slope.y
    (12.0, 4.0)

    A part is a number or a tree of them. ``rebuild`` may be given Values or tracers for numbers. What else an object
    has, ``static(x)`` tells: it comes along as it is, is given to ``rebuild`` after the parts, and must have a hash.
    Classes derived from ``cls`` are registered by themselves; a class registered again is what it was last.

    Raises TypeError unless ``cls`` is a class, and not one of the containers.
    """
    if not isinstance(cls, type):
        raise TypeError(f"trees.register: the first argument is the class, got {cls!r}")
    if issubclass(cls, (list, tuple, dict)) or _is_array_class(cls):
        raise TypeError(f"trees.register: {cls.__name__} is a container, and a tree of numbers already")
    _registered[cls] = Kind(
        cls,
        lambda x: list(flatten(x)),
        lambda rest, parts: rebuild(*parts, *rest),
        (lambda x: (static(x),)) if static else _nothing,
    )
    _remembered.cache_clear()


def _nothing(x: Any) -> tuple[Any, ...]:
    return ()


class Kind(NamedTuple):
    """How objects of a class are taken apart, ``parts(x)`` and ``rest(x)``, and put together, ``make(rest, parts)``.

    The rest is what stays when the numbers change: the keys of a dict, a static field.
    """

    type: type
    parts: Callable[[Any], Sequence[Any]]
    make: Callable[[Sequence[Any], Sequence[Any]], Any]
    rest: Callable[[Any], tuple[Any, ...]] = _nothing
    fields: tuple[str, ...] = ()  # the names of the parts, if they have any

    def places(self, rest: Sequence[Any], n: int) -> list[str]:
        """Return where each of ``n`` parts stands, as it is written in Python."""
        if self.type is dict:
            return [f"[{key!r}]" for key in rest]
        return [f".{name}" for name in self.fields] or [f"[{i}]" for i in range(n)]


_registered: dict[type, Kind] = {}
_LIST = Kind(list, lambda x: x, lambda _, parts: list(parts))
_TUPLE = Kind(tuple, lambda x: x, lambda _, parts: tuple(parts))
_DICT = Kind(dict, lambda x: list(x.values()), lambda keys, parts: dict(zip(keys, parts)), tuple)


def _kind(cls: type) -> Kind | None:
    """Return how objects of a class are taken apart; None for a number, for an array, and for what is no tree.

    >>> kind_of(list).make((), (1.0, 2.0)), kind_of(float)
    ([1.0, 2.0], None)
    """
    if cls in _registered:
        return _registered[cls]
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return Kind(cls, lambda x: x, lambda _, parts: cls(*parts), fields=cls._fields)
    for kind in (_LIST, _TUPLE, _DICT):
        if issubclass(cls, kind.type):
            return kind
    is_number = hasattr(cls, "__float__") or hasattr(cls, "apply_operation")
    return _of_dataclass(cls) if dataclasses.is_dataclass(cls) and not is_number else None


_remembered = lru_cache(maxsize=1024)(_kind)
kind_of: Callable[[type], Kind | None] = _remembered


def _of_dataclass(cls: type) -> Kind:
    fields = [field for field in dataclasses.fields(cls) if field.init]
    static = tuple([field.name for field in fields if field.metadata.get("static")])
    names = tuple([field.name for field in fields if field.name not in static])
    return Kind(
        cls,
        lambda x: [getattr(x, name) for name in names],
        lambda rest, parts: cls(**dict(zip((*names, *static), (*parts, *rest)))),
        lambda x: tuple([getattr(x, name) for name in static]),
        names,
    )


def is_array(x: Any) -> bool:
    """Tell whether ``x`` is a NumPy array.

    >>> is_array([1.0])
    False
    """
    return _is_array_class(type(x))


def _is_array_class(cls: type) -> bool:
    numpy = sys.modules.get("numpy")  # who has an array has imported it
    return numpy is not None and issubclass(cls, numpy.ndarray)


def is_tree(x: Any) -> bool:
    """Tell whether ``x`` is taken apart: a container, an array, an object of a registered class or a dataclass."""
    return kind_of(type(x)) is not None or is_array(x)


def hold_numbers_alone(parts: Sequence[Any]) -> bool:
    """Tell whether none of the parts is a tree.

    >>> hold_numbers_alone([1.0, 2.0]), hold_numbers_alone([1.0, [2.0]])
    (True, False)
    """
    return not any(kind_of(cls) is not None or _is_array_class(cls) for cls in set(map(type, parts)))


def holds_array(tree: Any) -> bool:
    """Tell whether there is a NumPy array of one axis or more anywhere in ``tree``."""
    if is_array(tree):
        return bool(tree.ndim)
    kind = kind_of(type(tree))
    if kind is None:
        return False
    parts = kind.parts(tree)
    return not hold_numbers_alone(parts) and any(map(holds_array, parts))


def flatten(tree: Any) -> list[Any]:
    """Return the leaves of a tree, in order.

    >>> flatten([1.0, {"w": 2.0, "b": (3.0,)}])
    [1.0, 2.0, 3.0]
    """
    kind = kind_of(type(tree))
    if kind is None:
        return _elements(tree) if is_array(tree) else [tree]
    parts = kind.parts(tree)
    if hold_numbers_alone(parts):
        return list(parts)
    return [leaf for part in parts for leaf in flatten(part)]


def _elements(array: Any) -> list[Any]:
    row = array.ravel()
    elements: list[Any] = row.tolist()
    return elements if row.ndim == 1 else elements[0]  # of a matrix, which has two axes whatever it is asked


def rebuild(tree: Any, leaves: Iterator[Any]) -> Any:
    """Return the structure of ``tree`` with its leaves replaced in order.

    >>> rebuild([1.0, (2.0,)], iter("ab"))
    ['a', ('b',)]
    """
    kind = kind_of(type(tree))
    if kind is None:
        return array_of([next(leaves) for _ in range(tree.size)], tree.shape) if is_array(tree) else next(leaves)
    parts = kind.parts(tree)
    if hold_numbers_alone(parts):
        return kind.make(kind.rest(tree), [next(leaves) for _ in parts])
    return kind.make(kind.rest(tree), [rebuild(part, leaves) for part in parts])


def places(tree: Any, name: str) -> list[str]:
    """Return where each leaf of a tree stands, as it is written in Python, in a tree of this name.

    >>> places({"w": [1.0, 2.0], "b": 3.0}, "p")
    ["p['w'][0]", "p['w'][1]", "p['b']"]
    """
    kind = kind_of(type(tree))
    if kind is None:
        shape = tree.shape if is_array(tree) else ()
        return [name + "".join(f"[{i}]" for i in at) for at in product(*map(range, shape))]
    parts = kind.parts(tree)
    above = kind.places(kind.rest(tree), len(parts))
    return [leaf for at, part in zip(above, parts) for leaf in places(part, name + at)]


def advice(x: Any) -> str:
    """Return what to do about an object where a number is expected: nothing of what Python itself has.

    >>> class Point: pass
    >>> advice(Point())
    '; register it: autograd_lite.trees.register(Point, flatten, rebuild)'
    """
    cls = type(x)
    if cls is str:
        return '; a setting in a dataclass is marked field(metadata={"static": True})'
    if cls.__module__ == "builtins" or hasattr(cls, "__float__") or hasattr(cls, "__len__"):
        return ""
    if kind_of(cls) is not None:
        return f"; of a batch pass one {cls.__name__} that holds arrays"
    return f"; register it: autograd_lite.trees.register({cls.__name__}, flatten, rebuild)"


def array_of(leaves: list[Any], shape: tuple[int, ...]) -> Any:
    """Return the NumPy array of ``shape`` that holds the leaves: of floats if all are, else of objects.

    A node alone is itself: an array around it would keep the functions of the table from it.
    """
    numpy = sys.modules["numpy"]
    array = numpy.empty(len(leaves), float if all(isinstance(x, (int, float)) for x in leaves) else object)
    for i, leaf in enumerate(leaves):  # one by one: NumPy would look into a leaf that is itself a sequence
        array[i] = leaf
    return array.reshape(shape) if shape or array.dtype == float else array[0]


def aligned(pattern: Any, tree: Any, place: str) -> list[Any]:
    """Return the leaves of ``tree`` in the order of ``pattern``: list beside list, key beside key.

    A tuple, a list and an array are the same kind of thing here.

        >>> aligned({"a": 0.0, "b": [0.0]}, {"b": (2.0,), "a": 1.0}, "tangents")
        [1.0, 2.0]
        >>> aligned({"a": 0.0}, {"c": 1.0}, "tangents")
        Traceback (most recent call last):
        ValueError: tangents: expected the keys 'a', got 'c'

    Raises ValueError where they differ, naming the place.
    """
    pattern, tree = _as_list(pattern), _as_list(tree)
    kind, other = kind_of(type(pattern)), kind_of(type(tree))
    if (kind and kind.type) is not (other and other.type):
        raise ValueError(f"{place}: expected {_described(pattern)}, got {_described(tree)}")
    if kind is None:
        return [tree]
    if isinstance(pattern, dict):
        if pattern.keys() != tree.keys():
            expected, got = (", ".join(map(repr, keys)) or "none" for keys in (pattern, tree))
            raise ValueError(f"{place}: expected the keys {expected}, got {got}")
        tree = {key: tree[key] for key in pattern}
    parts, others = kind.parts(pattern), kind.parts(tree)
    if len(parts) != len(others):
        raise ValueError(f"{place}: expected {_described(pattern)}, got {_described(tree)}")
    above = kind.places(kind.rest(pattern), len(parts))
    return [leaf for one, two, at in zip(parts, others, above) for leaf in aligned(one, two, place + at)]


def _as_list(tree: Any) -> Any:
    if isinstance(tree, tuple):
        return list(tree)
    return tree.tolist() if is_array(tree) else tree


def _described(tree: Any) -> str:
    kind = kind_of(type(tree))
    if kind in (_LIST, _DICT):
        return f"a {type(tree).__name__} of {len(tree)}"
    if kind is not None:
        return f"a {kind.type.__name__}"
    return "one number" if isinstance(tree, (int, float)) else f"one {type(tree).__name__}"
