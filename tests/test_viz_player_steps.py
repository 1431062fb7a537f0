"""What the player says, evaluated: every line of code, every sentence with a number, every formula."""

from __future__ import annotations

import ast
import itertools
import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_lite import TABLE, Operation, Value, explain, maximum, parse, relu, sum_of
from autograd_lite.testing import expressions
from viz.player.code import python_names
from viz.player.passes import forward, tables
from viz.player.slots import fill
from viz.player.steps import steps_of

LANGUAGES = ("en", "zh")


def steps(e, lang="en"):
    """The steps that take place, and the numbers that fill them."""
    numbers = tables(e)
    return [step for step in steps_of(e, numbers, lang=lang) if step.takes_place(numbers)], numbers


def at_points(xs_of):
    """Each operation of the table, as a graph on inputs x0, x1, … at some points."""
    for op in TABLE.values():
        if op.arity and op.partials is not None:
            count = 5 if op.name == "dot" else op.arity if op.arity > 0 else 3
            domain = op.domain if op.arity > 0 else ((-math.inf, math.inf),) * count
            for point in xs_of(domain):
                yield op, op(*[Value(x, f"x{i}") for i, x in enumerate(point)])


def inside(domain):
    return [
        [max(low, -2.0 + 0.1 * k) + (min(high, 2.0 + 0.3 * k) - max(low, -2.0 + 0.1 * k)) * share
         for k, (low, high) in enumerate(domain)]
        for share in (0.3, 0.62, 0.97)
    ]  # fmt: skip


EXTREMES = (0.0, -0.0, 1.0, -1.0, 0.02, -1e-3, 30.0, -400.0, 1e-9, 1e-200, 1e200, -1e17, math.inf, -math.inf, math.nan)


def extreme(domain):
    return [[x, *[0.5] * (len(domain) - 1)] for x in EXTREMES] + [[x] * len(domain) for x in EXTREMES]


GRAPHS: dict[str, list[Value]] = {}
for _op, _y in (*at_points(inside), *at_points(extreme)):
    GRAPHS.setdefault(_op.name, []).append(_y)
ODD = {
    "a constant": Value(2.0) * 0.0 + 1.0,
    "constants only": parse("1 + 2 * 3").graph(),
    "an infinite constant": Value(2.0, "x") * math.inf,
    "x * x": parse("x * x").graph(x=3.0),
    "a name with an index": parse("x * x + x1").graph(x=3.0, x1=2.0),
    "one operation, three uses": sum_of([(x := Value(2.0, "x")), x, x]) * x,
    "the branch not taken": parse("y = x*x if x > 1 else -3*x").graph(x=2.0),
    "a softmax": parse("u = exp(a); v = exp(b); -log(u / (u + v))").graph(a=0.3, b=-1.2),
    "a kink": maximum(Value(1.0, "a"), Value(1.0, "b")),
}
NAMES = [
    "w₁",
    "x.1",
    "class",
    "tanh",
    "Value",
    "</script>",
    "",
    " ",
    "\u202e",
    "权重",
    "node",
    "1",
    "v1",
    "w1",
    "ﬁ",
    "fi",
    "f()",
]


# ---------------------------------------------------------------- code


def run(e, lang="en"):
    """Run the code of all steps, in order; compare what each line gives with the comment behind it."""
    names = {op.name: op for step in e.forward if (op := step.op) is not None and TABLE.get(op.name) is not op}
    shown, numbers = steps(e, lang)
    lines = [line for step in shown for line in fill(step.code, numbers).split("\n")]
    for line in lines:
        code, _, told = line.partition("   # ")
        tree = ast.parse(code)
        exec(compile(tree, code, "exec"), names)
        if told:
            target = tree.body[0].value if isinstance(tree.body[0], ast.Expr) else None
            found = eval(ast.unparse(target), names) if target else None
            if isinstance(tree.body[0], ast.Assign):
                found = names[tree.body[0].targets[0].id].data
            if isinstance(tree.body[0], ast.AugAssign):
                found = eval(ast.unparse(tree.body[0].value), names)
                factors, _, told = told.rpartition(" = ")
                upstream, _, local = factors.partition(" * ")
                _same(eval(ast.unparse(tree.body[0].value.left), names), upstream, line)
                _same(eval(ast.unparse(tree.body[0].value.right), names), local, line)
            _same(found, told, line)
    return names, lines


def _same(found, told, line):
    truth = float(told)
    assert found == truth or (found != found and truth != truth) or math.isclose(found, truth, rel_tol=1e-3), line


@pytest.mark.parametrize("name", GRAPHS)
def test_every_line_of_code_runs_and_gives_the_number_behind_it(name):
    for y in GRAPHS[name]:
        run(explain(y))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("graph", ODD)
def test_the_code_of_odd_graphs_runs(graph, lang):
    run(explain(ODD[graph]), lang)


@settings(max_examples=60, deadline=None)
@given(expressions(max_nodes=8))
def test_the_code_of_any_graph_computes_its_gradients(graph):
    e = explain(graph.value())
    names, _ = run(e)
    for step in e.inputs:
        gradient = names[python_names(e)[step.index]].grad
        truth = e.gradients[step.index]
        assert gradient == truth or gradient != gradient or math.isclose(gradient, truth, rel_tol=1e-9)


@pytest.mark.parametrize("label", NAMES)
def test_a_label_becomes_a_name_of_pythons_and_the_code_runs(label):
    a, b = Value(2.0, label), Value(3.0, "w1")
    _, lines = run(explain((a * b + a.tanh()) * a))
    assert all(line.isprintable() for line in lines)


def test_relus_line_of_code_multiplies_by_zero_or_one():
    _, lines = run(explain(parse("v1 = relu(c); v1 * 2").graph(c=3.0)))
    assert "c.grad += v1.grad * (c.data > 0)   # 2 * 1 = 2" in lines


def test_an_operation_of_ones_own_is_asked_for_its_local_gradient():
    cube = Operation("cube", lambda x: x**3, lambda out, x: 3.0 * math.pow(x, 2.0))
    _, lines = run(explain(cube(Value(2.0, "x"))))
    assert (
        "# cube: an operation of your own" in lines
        and "x.grad += y.grad * y.local_gradients()[0]   # 1 * 12 = 12" in lines
    )


# ---------------------------------------------------------------- sentences

MEANING = {
    "en": re.compile(r"raise (?P<x>.+) by (?P<h>\S+) and .+ changes by about (?P<change>\S+)\."),
    "zh": re.compile(r"意思是：(?P<x>.+) 增加 (?P<h>\S+)，.+ 大约(?P<verb>增加|减少) (?P<change>\S+)。"),
}
UNMOVED = {"en": "almost as it is", "zh": "几乎不变"}
KINK = {
    "en": re.compile(r"kink here: its slope is (\S+) where .+ and (\S+) where .+; the gradient taken is (\S+)\."),
    "zh": re.compile(r"折点：.+ 较小一侧的斜率是 (\S+)，.+ 较大一侧是 (\S+)；梯度取 (\S+)。"),
}


def read(number):
    return float(number.replace("−", "-").replace("∞", "inf"))


def check_meanings(e, lang):
    """Move every node by the step its sentence names, and compare; return what was said how often."""
    shown, numbers = steps(e, lang)
    said_of = {step.target: fill(step.sentence, numbers) for step in shown if step.phase == "backward"}  # the last one
    y, told = e.forward[e.output].value, {"meaning": 0, "unmoved": 0, "kink": 0}
    for i, said in said_of.items():
        x, gradient = e.forward[i].value, e.gradients[i]
        if found := MEANING[lang].search(said):
            h, change = read(found["h"]), read(found["change"])
            change *= -1 if found.groupdict().get("verb") == "减少" else 1
            moved = forward(e, {i: x + h}, {})[e.output] - y
            assert h > 0 and abs(moved - change) <= 0.05 * abs(moved) + 1e-300, (str(e.forward[i]), said, moved)
            told["meaning"] += 1
        elif UNMOVED[lang] in said:
            h = numbers["e"][i]
            assert gradient == 0.0 and all(abs(forward(e, {i: x + s}, {})[e.output] - y) <= 0.05 * h for s in (h, -h))
            told["unmoved"] += 1
        elif found := KINK[lang].search(said):
            left, right, taken = map(read, found.groups())
            h = 1e-5 * max(abs(x), 1.0)
            assert math.isclose((y - forward(e, {i: x - h}, {})[e.output]) / h, left, rel_tol=0.01, abs_tol=1e-4)
            assert math.isclose((forward(e, {i: x + h}, {})[e.output] - y) / h, right, rel_tol=0.01, abs_tol=1e-4)
            assert math.isclose(taken, gradient, rel_tol=1e-3)
            told["kink"] += 1
    return told


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_sentence_about_a_change_holds_within_a_twentieth(lang):
    told = [check_meanings(explain(y), lang) for y in (*itertools.chain(*GRAPHS.values()), *ODD.values())]
    assert sum(t["meaning"] for t in told) > 300 and sum(t["kink"] for t in told) > 10


@settings(max_examples=60, deadline=None)
@given(expressions(max_nodes=8), st.sampled_from(LANGUAGES))
def test_every_sentence_about_a_change_in_any_graph_holds_within_a_twentieth(graph, lang):
    check_meanings(explain(graph.value()), lang)


def said_last(y, lang="en"):
    shown, numbers = steps(explain(y), lang)
    return [fill(step.sentence, numbers) for step in shown if step.phase == "backward"][-1], fill(
        shown[-1].sentence, numbers
    )


def test_a_step_is_named_over_which_the_output_is_straight():
    assert "raise x by 0.0001 and y changes by about −0.25" in said_last(1 / Value(0.02, "x"))[0]


@pytest.mark.parametrize(
    ("y", "slopes"),
    [
        (relu(Value(0.0, "c")), ("0", "1", "0")),
        (abs(Value(0.0, "c")), ("−1", "1", "0")),
        (parse("3 * max(c, 2) - c").graph(c=2.0), ("−1", "2", "0.5")),
    ],
)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_kink_is_named_with_the_slopes_of_both_sides(y, slopes, lang):
    for said in said_last(y, lang):
        assert KINK[lang].search(said).groups() == slopes
    assert "≈ 0.5" not in said


@pytest.mark.parametrize("x", [0.0, math.nan, math.inf, -1.0])
def test_without_a_number_the_reason_is_told_and_no_change_is_promised(x):
    backward, check = said_last(parse("log(x)").graph(x=x))
    assert ("changes by about" not in backward and "almost as it is" not in backward) or math.isinf(x)
    if math.isnan(x):
        assert "outside its domain" in backward
    if x == 0.0:
        assert "no bound here" in backward and "differ" in check


@pytest.mark.parametrize(
    ("formula", "inputs", "said"),
    [
        ("x + 1", {"x": 1.0}, "1 number goes in."),
        ("x1 * x2 + x1 - x2", {"x1": 1.0, "x2": 2.0}, "2 numbers go in. x1 and x2 are used more than once: "),
        ("a*a + b*b + c*c", {"a": 1.0, "b": 2.0, "c": 3.0}, "a, b and c are used more than once"),
    ],
)
def test_what_goes_in_is_counted_in_english(formula, inputs, said):
    shown, numbers = steps(explain(parse(formula).graph(**inputs)))
    assert said in fill(shown[0].sentence, numbers)


@pytest.mark.parametrize(("n", "said"), [(2, "x is used twice"), (3, "x is used 3 times")])
def test_two_uses_are_twice(n, said):
    shown, numbers = steps(explain(parse("+".join(["x*x", "x"][: n - 1])).graph(x=2.0)))
    assert any(said in fill(step.sentence, numbers) for step in shown)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_seed_of_its_own_is_no_derivative_of_the_output(lang):
    e = explain(Value(3.0, "x") * 2.0, seed=-0.5)
    shown, numbers = steps(e, lang)
    said = " ".join(fill(step.sentence, numbers) + fill(step.title, numbers) for step in shown)
    assert "∂y/∂" not in said and "(−0.5·y)" in said
