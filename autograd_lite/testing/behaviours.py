"""What a scalar engine must do, one behaviour each, with words for when it does not.

A behaviour takes an ``Engine`` and raises ``Failed`` (or ``Unsupported``). Expected numbers come
from this package's own engine, which the tests hold to finite differences and mpmath.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..explanation import explain
from ..formula import parse
from ..ops import TABLE
from .adapter import DIFFERENTIABLE, TOO_COARSE, Engine, Failed, Unsupported
from .comparing import can_tell, compare, compare_gradients, evidence, same, tolerance

if TYPE_CHECKING:
    from .strategies import Graph


@dataclass(frozen=True)
class Behaviour:
    """One thing to check.

    ``required`` ones decide the exit status, ``full`` ones run in the full profile only; to lack what is
    ``named``, because a teacher has asked for just that, is to fail.
    """

    name: str
    title: str
    check: Callable[[Engine], None]
    required: bool = True
    full: bool = False
    named: bool = False


def on(text: str, **point: float) -> Callable[[Engine], None]:
    """Return the check of one formula at one point."""
    return lambda engine: compare(engine, parse(text), point)


def _operation(name: str) -> Callable[[Engine], None]:
    op = TABLE[name]
    names = [f"x{i}" for i in range(1, op.arity + 1)]

    def check(engine: Engine) -> None:
        if not engine.supports(name):
            raise Unsupported(f"has no {name}")
        formula = parse(f"y = {op.symbol}x1" if name == "neg" else f"y = {name}({', '.join(names)})")
        for shift in (0.23, 0.51, 0.86):
            point = {n: _between(low, high, shift, k) for k, (n, (low, high)) in enumerate(zip(names, op.domain))}
            compare(engine, formula, point)

    return _needed(name, check) if name in _CORE else check


def _needed(name: str, check: Callable[[Engine], None]) -> Callable[[Engine], None]:
    """Let a check fail where another would be left out: without + and × nothing at all is checked."""

    def checked(engine: Engine) -> None:
        try:
            check(engine)
        except Unsupported as reason:
            raise Failed(f"{reason}; without {name} there is no graph to check") from None

    return checked


def _between(low: float, high: float, shift: float, k: int) -> float:
    low, high = max(low, -2.0 + 0.3 * k), min(high, 2.5 + 0.2 * k)
    return round(low + (high - low) * shift, 3)


def _second_backward(engine: Engine) -> None:
    for text in ("u = x*x; y = u*x", "u = x*x; v = u*x; y = u*v"):  # the smallest that shows it, then a harder one
        formula, point = parse(text), {"x": 2.0}
        nodes = engine.run(formula, point)
        engine.backward(nodes["y"])
        once = engine.gradient(nodes["x"])
        engine.backward(nodes["y"])
        twice = engine.gradient(nodes["x"])
        if not same(twice, 2.0 * once):
            counted = "" if abs(twice) < abs(2.0 * once) else " counted inner nodes again"
            raise Failed(
                f"calling backward() twice{counted}: x.grad is {twice:g}, should be {2.0 * once:g} "
                "(each call adds the gradient once; inner gradients must start from 0)",
                evidence=evidence(explain(formula.graph(x=2.0), seed=2.0), formula, point, {"x": twice}, wrong="x"),
            )


def _zero_grad(engine: Engine) -> None:
    x = engine.make(3.0)
    for _ in range(2):
        engine.backward(engine.apply("mul", x, x))
        if not same(engine.gradient(x), 6.0):
            raise Failed(
                f"gradients set back to 0, and a new graph x·x run: x.grad is {engine.gradient(x):g}, should be 6"
            )
        engine.zero_grad(x)
        if engine.gradient(x) != 0.0:
            raise Failed(f"after zero_grad x.grad is {engine.gradient(x):g}, should be 0")


def _accumulates(engine: Engine) -> None:
    x = engine.make(3.0)
    engine.backward(engine.apply("mul", x, x))
    engine.backward(engine.apply("add", x, x))
    if not same(engine.gradient(x), 8.0):
        raise Failed(
            f"gradients of two graphs on one x must add: after x·x and x + x, x.grad is {engine.gradient(x):g}, "
            "should be 6 + 2 = 8"
        )


def _with_numbers(text: str, method: str, compute: Callable[[Any], Any]) -> Callable[[Engine], None]:
    formula, point = parse(f"y = {text}"), {"x": 1.75}

    def check(engine: Engine) -> None:
        x = engine.make(1.75)
        if not engine.has_operator(x, method):
            raise Unsupported(f"has no {method.removeprefix('true')}")
        try:
            y = compute(x)
        except (TypeError, AttributeError) as problem:
            raise Failed(f"{text} does not work: {problem}") from problem
        e = explain(formula.graph(**point))
        values, allowed = {"x": engine.value(x), "y": engine.value(y)}, tolerance(engine, e)
        if not allowed.agree(values["y"], e.forward[e.output].value):
            raise Failed(
                f"{text} at x = 1.75 is {values['y']:g}, should be {e.forward[e.output].value:g}",
                evidence=evidence(e, formula, point, values=values, wrong="y"),
            )
        engine.backward(y)
        compare_gradients(e, formula, point, {"x": engine.gradient(x), "y": engine.gradient(y)}, values, allowed)

    return check


def _node_exponent(engine: Engine) -> None:
    try:
        compare(engine, parse("y = pow(a, b)"), {"a": 2.0, "b": 3.0})
    except (Unsupported, TypeError, AssertionError) as problem:
        cause = problem.__cause__ or problem
        raise Failed(f"a ** b with a node as exponent does not work: {str(cause) or type(cause).__name__}") from None


def _depth(count: int) -> Callable[[Engine], None]:
    def check(engine: Engine) -> None:
        if count * engine.spacing >= 2.0:  # so large a number plus 1 is itself
            raise Unsupported(TOO_COARSE)
        x = engine.make(1.0)
        y = x
        for _ in range(count):
            y = engine.apply("add", y, x)
        try:
            engine.backward(y)
        except RecursionError:
            raise Failed(
                f"a chain of {count} additions ends in RecursionError; sort the graph with a loop and a stack"
            ) from None
        if not same(engine.gradient(x), count + 1.0):
            raise Failed(f"x + x + … with {count} additions: x.grad is {engine.gradient(x):g}, should be {count + 1}")

    return check


def _leaf_changed(engine: Engine) -> None:
    x, w = engine.make(3.0), engine.make(2.0)
    y = engine.apply("mul", x, w)
    engine.change(x, 100.0)
    engine.backward(y)
    if not same(engine.gradient(w), 3.0):
        raise Failed(
            f"x was changed after the forward pass, and w.grad of x·w became {engine.gradient(w):g}; "
            "it should be 3, the x that was multiplied"
        )


def _unused(engine: Engine) -> None:
    x, other = engine.make(3.0), engine.make(5.0)
    engine.backward(engine.apply("mul", x, x))
    if engine.gradient(other) != 0.0:
        raise Failed(f"an input that is not used has gradient {engine.gradient(other):g}, should be 0")


def _inner_gradients(engine: Engine) -> None:
    compare(engine, parse("u = a*b; y = u*u"), {"a": 2.0, "b": 3.0})


def _repeated_operand(engine: Engine) -> None:
    a = engine.make(3.0)
    count = len(engine.parents(engine.apply("mul", a, a)))
    if count != 2:
        raise Failed(
            f"a · a has recorded {count} operand{'' if count == 1 else 's'}, should be 2: a set forgets the repeat, "
            "a tuple keeps it; a picture of the graph misses an edge"
        )


def _in_place(engine: Engine) -> None:
    x = engine.make(3.0)
    if not engine.has_operator(x, "add"):
        raise Unsupported("has no add")
    y = first = engine.apply("mul", x, x)
    y += x
    if not same(engine.value(first), 9.0):
        raise Failed(f"y += x changed the older node from 9 to {engine.value(first):g}; it must make a new one")
    engine.backward(y)
    if not same(engine.gradient(x), 7.0):
        raise Failed(f"y = x·x; y += x: x.grad is {engine.gradient(x):g}, should be 7")


def _random_graphs(examples: int, max_nodes: int) -> Callable[[Engine], None]:
    def check(engine: Engine) -> None:
        from hypothesis import Phase, given, settings

        from .strategies import expressions

        supported = [TABLE[name] for name in _OPERATIONS if _usable(engine, name)]
        if not supported:
            raise Unsupported("has no operation to build graphs from")
        smallest: list[Failed] = []

        @settings(
            max_examples=examples, database=None, deadline=None, derandomize=True, report_multiple_bugs=False,
            phases=(Phase.generate, Phase.shrink),  # the explanation is ours; its own would trace each line
        )  # fmt: skip
        @given(expressions(ops=supported, max_nodes=max_nodes))
        def search(graph: Graph) -> None:
            if not graph.point or not can_tell(engine, explain(graph.value())):
                return
            try:
                compare(engine, graph.formula, graph.point)
            except Failed as failure:
                smallest.append(failure)  # the last one Hypothesis runs is the smallest
                raise

        try:
            search()
        except Failed as failure:
            raise (smallest[-1] if smallest else failure) from None

    return check


def _usable(engine: Engine, name: str) -> bool:
    """Tell whether an operation can be part of a random graph; that it raises is told by its own behaviour."""
    try:
        return engine.supports(name)
    except Exception:
        return False


# operations of any number of operands are called in a way of their own in every engine, and so is a choice
_OPERATIONS = [op.name for op in DIFFERENTIABLE if op.arity > 0 and not op.routes]
_CORE = ("add", "mul")
_USUAL = ("sub", "neg", "div", "exp", "log", "tanh", "relu", "sigmoid", "sin", "cos", "sqrt", "square")


LOADS = "loads"


def _all() -> list[Behaviour]:
    behaviours = [Behaviour(LOADS, "the engine can be loaded", lambda engine: None)]
    behaviours += [Behaviour(f"operation {name}", f"{name}: value and gradient", _operation(name)) for name in _CORE]
    behaviours += [
        Behaviour(f"operation {name}", f"{name}: value and gradient", _operation(name), full=name not in _USUAL)
        for name in _OPERATIONS
        if name not in _CORE
    ]
    behaviours += [
        *(Behaviour(name, title, on(text, **point)) for name, title, text, point in _GRAPHS),
        Behaviour("inner gradients", "inner nodes and the output carry their gradient", _inner_gradients),
        Behaviour("unused input", "an unused input has gradient 0", _unused),
        Behaviour("accumulates", "gradients of several graphs add up in a leaf", _accumulates),
        Behaviour("zero_grad", "gradients can be set back", _zero_grad),
        Behaviour("second backward", "a second backward() adds exactly the same", _second_backward),
        *(
            Behaviour(f"with numbers {text}", f"numbers on either side: {text}", _with_numbers(text, method, compute))
            for text, method, compute in _NUMBERS
        ),
        Behaviour("in-place", "y += x makes a new node", _in_place),
        Behaviour("depth 2000", "a chain of 2 000 operations", _depth(2_000)),
        Behaviour("leaf changed", "a leaf changed later does not change the gradients", _leaf_changed, required=False),
        Behaviour(
            "repeated operand", "a node records both operands of a · a", _repeated_operand, required=False
        ),
        Behaviour("node exponent", "a node as exponent: a ** b", _node_exponent, required=False),
        Behaviour("depth 100000", "a chain of 100 000 operations", _depth(100_000), required=False, full=True),
        Behaviour("random graphs", "random graphs of everything it has", _random_graphs(60, 8)),
        Behaviour("many random graphs", "many larger random graphs", _random_graphs(400, 16), full=True),
    ]  # fmt: skip
    return behaviours


_GRAPHS: tuple[tuple[str, str, str, dict[str, float]], ...] = (
    ("fan-out a + a", "a node used twice by one operation: a + a", "y = a + a", {"a": 3.0}),
    ("fan-out a * a", "a node used twice by one operation: a · a", "y = a * a", {"a": 3.0}),
    (
        "diamond", "two ways from x to y: their gradients add",
        "u = x*c; v = x*d; y = u*v", {"x": 2.0, "c": 3.0, "d": -1.0},
    ),
    (
        "visiting order", "a node is finished before its parents",
        "u = x*x; v = u*x; w = v*x; s = u*w; y = s + u", {"x": 1.5},
    ),
    (
        "long and short way", "a short way to a node does not go first",
        "u = a*b; v = u + a; w = v*u; s = w + u; t = s*u; y = t + a", {"a": 2.0, "b": -1.0},
    ),
)  # fmt: skip

# an engine that has the method must take a plain number on either side
_NUMBERS: tuple[tuple[str, str, Callable[[Any], Any]], ...] = (
    ("2 + x", "add", lambda x: 2 + x),
    ("x + 2", "add", lambda x: x + 2),
    ("2 - x", "sub", lambda x: 2 - x),
    ("x - 2", "sub", lambda x: x - 2),
    ("2 * x", "mul", lambda x: 2 * x),
    ("x * 2", "mul", lambda x: x * 2),
    ("2 / x", "truediv", lambda x: 2 / x),
    ("x / 2", "truediv", lambda x: x / 2),
    ("-x", "neg", lambda x: -x),
    ("x ** 3", "pow", lambda x: x**3),
    ("x ** -1.5", "pow", lambda x: x**-1.5),
)

BEHAVIOURS: tuple[Behaviour, ...] = tuple(_all())
