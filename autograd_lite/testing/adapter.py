"""One face for any scalar engine: what it offers is probed, what it lacks is said.

An engine is named ``module:Class``, ``path/to/file.py:Class``, or by module alone if it has one
class named Value, Scalar, Var, Node or Tensor. An adapter file may define any of ``make``,
``value``, ``gradient``, ``backward``, ``zero_grad`` and ``apply(name, *operands)``.
"""

from __future__ import annotations

import importlib
import importlib.util
import numbers
import operator
import struct
import sys
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from ..expression import Expression, exponent
from ..formula import Formula
from ..ieee import number_of
from ..ops import TABLE, Operation

# A leaf and a comparison have no gradient to test; `identity` is a second name for its operand.
DIFFERENTIABLE: tuple[Operation, ...] = tuple(
    op for op in TABLE.values() if op.partials is not None and op.arity != 0 and op.name != "identity"
)
CLASS_NAMES = ("Value", "Scalar", "Var", "Variable", "Node", "Tensor")
INFIX: Mapping[str, Callable[..., Any]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv, "neg": operator.neg,
    "pow": operator.pow, "square": lambda x: x**2, "abs": operator.abs,
}  # fmt: skip
ALIASES = {"log": ("log", "ln"), "relu": ("relu", "ReLU"), "sigmoid": ("sigmoid", "sig", "logistic")}
NUMBERS = ("data", "value", "val")
GRADIENTS = ("grad", "gradient", "g")
PARENTS = ("parents", "_parents", "_prev", "prev", "children", "_children", "operands", "inputs", "_inputs")

LIBRARIES = {"math", "cmath", "numpy", "scipy", "torch"}  # what a module imports, for its own use, from these

DOUBLE, SINGLE, HALF = 2.0**-52, 2.0**-23, 2.0**-10  # the spacing of numbers near 1
_NOTES = {
    SINGLE: "numbers are kept in single precision (float32): they are held to about 5 digits, not 6",
    HALF: "numbers are kept in half precision (float16): they are held to about 2 digits, not 6; use float",
}

TOO_COARSE = "the engine's numbers have too few digits to tell a wrong one from rounding"


class Unsupported(Exception):
    """The engine does not offer what a check needs."""


class Failed(Exception):
    """The engine does something else than it should; ``evidence`` is the graph that shows it, node by node."""

    def __init__(self, message: str, *, evidence: dict[str, Any] | None = None):
        super().__init__(message)
        self.evidence = evidence


class Engine:
    """An engine as the checks use it.

    >>> engine = load("autograd_lite:Value")
    >>> x = engine.make(3.0)
    >>> y = engine.apply("mul", x, x)
    >>> engine.backward(y)
    >>> engine.value(y), engine.gradient(x)
    (9.0, 6.0)
    """

    def __init__(self, make: Callable[[float], Any], module: ModuleType, adapter: ModuleType | None = None):
        self.module, self.adapter = module, adapter
        self.make: Callable[[float], Any] = getattr(adapter, "make", make)

    def value(self, node: Any) -> float:
        """Return the number a node holds."""
        return _number(
            self._own("value", node) if self._has("value") else _attribute(node, NUMBERS, "its number"), "number"
        )

    def gradient(self, node: Any) -> float:
        """Return a node's gradient; one that was never set counts as 0."""
        found = self._own("gradient", node) if self._has("gradient") else _attribute(node, GRADIENTS, "its gradient")
        return 0.0 if found is None else _number(found, "gradient")

    @cached_property
    def spacing(self) -> float:
        """The spacing near 1 of the numbers the engine keeps: of the coarser of its data and its gradients.

        Half precision must be that of both: to round only one of them so far is a mistake.
        """
        third = 1.0 / 3.0
        try:
            x, y = self.make(third), self.make(1.0)
            self.backward(self.apply("mul", x, y))
            kept = [self.value(x), self.gradient(y)]
        except Exception:  # what cannot multiply has no precision; its own behaviours tell why
            return DOUBLE
        coarse = {struct.unpack(code, struct.pack(code, third))[0]: size for code, size in (("f", SINGLE), ("e", HALF))}
        finer, coarser = sorted(coarse.get(number, DOUBLE) for number in kept)
        return finer if coarser == HALF else coarser

    @property
    def note(self) -> str:
        """What a reader of the report should know of the engine's numbers, once a check has looked at them."""
        return _NOTES.get(vars(self).get("spacing", DOUBLE), "")

    def backward(self, node: Any) -> None:
        """Run the backward pass from a node. Raises Failed if there is none."""
        if self._has("backward"):
            self._own("backward", node)
        elif hasattr(node, "backward"):
            node.backward()
        elif callable(function := getattr(self.module, "backward", None)):
            function(node)
        else:
            raise Failed("has no backward(); if yours has another name, say so in an adapter file")

    def zero_grad(self, *nodes: Any) -> None:
        """Set gradients back, with the engine's own means or by assignment."""
        for node in nodes:
            if self._has("zero_grad"):
                self._own("zero_grad", node)
            elif hasattr(node, "zero_grad"):
                node.zero_grad()
            else:
                self._assign(node, GRADIENTS, self.make(0.0), "its gradient")

    def change(self, node: Any, x: float) -> None:
        """Give a leaf another number, as an optimiser does. Raises Unsupported if it lets nobody."""
        self._assign(node, NUMBERS, self.make(x), "its number")

    @staticmethod
    def _assign(node: Any, names: tuple[str, ...], like: Any, what: str) -> None:
        """Set an attribute to that of another node, which is a number of the engine's own kind."""
        name = next((each for each in names if hasattr(node, each) and not callable(getattr(node, each))), None)
        if name is None or not hasattr(like, name):
            raise Unsupported(f"has no way to set {what}")
        try:
            setattr(node, name, getattr(like, name))
        except AttributeError:
            raise Unsupported(f"does not let {what} be set") from None

    def has_operator(self, node: Any, method: str) -> bool:
        """Tell whether nodes take Python's operator; a node that is a plain number (an index, say) has only apply."""
        return hasattr(node, f"__{method}__") and not (self._has("apply") and isinstance(node, numbers.Number))

    def parents(self, node: Any) -> list[Any]:
        """Return the operands a node has recorded. Raises Unsupported if it does not show them."""
        found = _attribute(node, PARENTS, "its operands")
        if not isinstance(found, (list, tuple, set, frozenset)):
            raise Unsupported("does not keep its operands in a collection")
        return list(found)

    def apply(self, name: str, *operands: Any) -> Any:
        """Apply an operation: an operator, a method, or a function of the module.

        Raises Unsupported if the engine does not have it, Failed if what comes back is no node; what
        the engine's own code raises goes through, because it is a mistake in the engine.
        """
        try:
            result = self._apply(name, operands)
        except NotImplementedError:
            raise Unsupported(f"has no {name}") from None
        except (TypeError, AssertionError) as problem:
            # refused before any code of the engine ran, or for want of numbers beside the first operand
            if _came_from_here(problem):
                raise Unsupported(f"has no {name}") from problem
            if len(operands) > 1 and name not in _BETWEEN_NODES:
                raise Unsupported(f"has no {name} of nodes ({problem})") from problem
            raise
        if result is None:
            raise Failed(f"{name} returns None; is a return missing?")
        if _is_number(result) and not any(type(result) is type(x) for x in operands if type(x) is not float):
            raise Failed(f"{name} returns a plain number, not a node, so its gradient is lost")
        return result

    def _apply(self, name: str, operands: tuple[Any, ...]) -> Any:
        if self._has("apply"):
            return self._own("apply", name, *operands)
        if name in INFIX:
            return INFIX[name](*operands)
        if name.startswith("pow["):
            return operands[0] ** float(name[4:-1])
        for alias in ALIASES.get(name, (name,)):
            method = getattr(operands[0], alias, None)
            if callable(method):
                return method(*operands[1:])
            function = getattr(self.module, alias, None)
            if callable(function) and not _borrowed(function):
                return function(*operands)
        raise Unsupported(f"has no {name}")

    def supports(self, name: str) -> bool:
        """Tell whether the engine has an operation of the table, by trying it."""
        points = [min(max(0.6, low + 0.4), high - 0.4) for low, high in TABLE[name].domain]
        try:
            self.apply(name, *[self.make(x) for x in points])
        except Unsupported:
            return False
        return True

    def run(self, formula: Formula, point: Mapping[str, float]) -> dict[str, Any]:
        """Build a graph; return its nodes by name, inputs and steps."""
        nodes: dict[str, Any] = {name: self.make(x) for name, x in point.items()}
        for name, step in formula.steps:
            result = self._build(step, nodes)
            nodes[name] = self.make(result) if type(result) is float else result
        return nodes

    def _build(self, e: Expression, nodes: Mapping[str, Any]) -> Any:
        """Return the node of an expression; numbers stay numbers as long as a node is beside them."""
        if e.op is None:
            return nodes[e.name] if e.name else e.number
        operands = [self._build(operand, nodes) for operand in e.operands]
        if all(type(x) is float for x in operands):
            operands = [self.make(x) for x in operands]
        n = exponent(e.op)
        name = e.op.name if n is None or n == 2.0 else f"pow[{n}]"
        try:
            return self.apply(name, *operands)
        except Unsupported:  # for want of numbers beside nodes, perhaps: that is told by behaviours of its own
            if not any(type(x) is float for x in operands):
                raise
            return self.apply(name, *[self.make(x) if type(x) is float else x for x in operands])

    def _has(self, name: str) -> bool:
        return hasattr(self.adapter, name)

    def _own(self, name: str, *arguments: Any) -> Any:
        return getattr(self.adapter, name)(*arguments)


_BETWEEN_NODES = {"add", "sub", "mul", "div"}  # an engine that has these has them for two nodes


def _came_from_here(problem: BaseException) -> bool:
    """Tell whether Python itself refused the call, so that no line of the engine was to blame."""
    last = problem.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return last is not None and last.tb_frame.f_code.co_filename == __file__


def _borrowed(function: Any) -> bool:
    home: str = getattr(function, "__module__", None) or type(function).__module__
    return home.partition(".")[0] in LIBRARIES


def _is_number(x: Any) -> bool:
    """Tell a number, an array or a tensor from a node."""
    return isinstance(x, numbers.Number) or hasattr(x, "__array__")


def _number(found: Any, what: str) -> float:
    """Read a number of any kind. Raises Failed for what is none."""
    found = found() if callable(found) else found
    try:
        return number_of(found)
    except TypeError as problem:
        raise Failed(f"the {what} of a node is no number: {problem}") from None


def _attribute(node: Any, names: tuple[str, ...], what: str) -> Any:
    for name in names:
        if hasattr(node, name):
            return getattr(node, name)
    raise Unsupported(f"does not show {what} under {' or '.join(names)}; say where in an adapter file")


class NotFound(ImportError):
    """There is no such file or module: a slip of the one who checks, not a fault of the engine."""


def load(spec: str, *, adapter: str = "") -> Engine:
    """Load the engine of that name.

    Raises NotFound if there is no such file or module, or the adapter does not load; ValueError if it
    has no such class; and whatever the engine's own code raises.
    """
    face = _adapter(adapter) if adapter else None
    where, _, name = spec.rpartition(":") if _names_a_class(spec) else (spec, "", "")
    module = _module(where)
    names = [name] if name else [each for each in CLASS_NAMES if hasattr(module, each)][:1]
    if not names or not hasattr(module, names[0]):
        there = ", ".join(n for n in vars(module) if not n.startswith("_"))[:200]
        raise ValueError(f"{where} has no class {name or ' or '.join(CLASS_NAMES)}; it has {there or 'nothing'}")
    return Engine(getattr(module, names[0]), module, face)


def _names_a_class(spec: str) -> bool:
    return ":" in spec and spec.rpartition(":")[2].isidentifier()


def _adapter(path: str) -> ModuleType:
    try:
        return _module(path)
    except NotFound:
        raise
    except Exception as problem:
        raise NotFound(f"the adapter {path} cannot be loaded: {type(problem).__name__}: {problem}") from problem


def _module(where: str) -> ModuleType:
    path = Path(where)
    if path.suffix != ".py":
        sys.path.insert(0, str(Path.cwd()))
        try:
            return importlib.import_module(where)
        except ModuleNotFoundError as problem:
            if problem.name and (where == problem.name or where.startswith(problem.name + ".")):
                raise NotFound(f"there is no module {where}; for a file write its path, ending in .py") from None
            raise  # something that the engine itself imports
    if not path.is_file():
        raise NotFound(f"there is no file {where}")
    sys.path.insert(0, str(path.resolve().parent))
    spec = importlib.util.spec_from_file_location(f"checked_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
