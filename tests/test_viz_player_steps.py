"""What the player says, evaluated: every line of code, every sentence with a number, every formula."""

from __future__ import annotations

import ast
import itertools
import math
import re
import xml.etree.ElementTree as ElementTree
from string import Formatter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_lite import TABLE, Operation, Value, explain, maximum, parse, polygamma, relu, sum_of, where
from autograd_lite.testing import expressions
from tests.comparing import same
from viz import to_html, to_latex, to_svg, to_text
from viz.notation import local_gradient, local_latex, local_mathml, local_sign, mathml_name, operand_names, text
from viz.player.code import python_names
from viz.player.decisions import decisions_of, with_rules
from viz.player.exercises import DIFFICULTIES, exercise, questions_of
from viz.player.forward_backward import edges_of, forward, tables
from viz.player.questions import diagnose
from viz.player.slots import at, fill
from viz.player.steps import steps_of
from viz.words import LANGUAGES, words


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
    assert same(found, float(told), 1e-3), line


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


def pattern(lang, key):
    """Return the pattern that reads a sentence of a language back: its places are groups."""
    written, seen = "", set()
    for literal, place, _, _ in Formatter().parse(words(lang)[key].strip()):
        written += re.escape(literal)
        if place is not None:
            kind = ".+" if place in ("x", "y") else r"\S+"
            written += kind if place in seen else f"(?P<{place}>{kind})"
            seen.add(place)
    return re.compile(written)


UP, DOWN, UNMOVED, KINK = (
    {lang: pattern(lang, key) for lang in LANGUAGES} for key in ("meaning up", "meaning down", "meaning none", "kink")
)


def read(number):
    return float(number.replace("−", "-").replace("∞", "inf"))


def check_meanings(e, lang):
    """Move every node by the step its sentence names, and compare; return what was said how often."""
    shown, numbers = steps(e, lang)
    said_of = {step.target: fill(step.sentence, numbers) for step in shown if step.phase == "backward"}  # the last one
    y, told = e.forward[e.output].value, {"meaning": 0, "unmoved": 0, "kink": 0}
    for i, said in said_of.items():
        x, gradient = e.forward[i].value, e.gradients[i]
        if found := UP[lang].search(said) or DOWN[lang].search(said):
            h, change = read(found["h"]), read(found["change"])
            change *= 1 if found.re is UP[lang] else -1  # a minus in front of the number is read with it
            moved = forward(e, {i: x + h}, {})[e.output] - y
            assert h > 0 and abs(moved - change) <= 0.05 * abs(moved) + 1e-300, (str(e.forward[i]), said, moved)
            told["meaning"] += 1
        elif UNMOVED[lang].search(said):
            h = numbers["straight_step"][i]
            assert gradient == 0.0 and all(abs(forward(e, {i: x + s}, {})[e.output] - y) <= 0.05 * h for s in (h, -h))
            told["unmoved"] += 1
        elif found := KINK[lang].search(said):
            left, right, taken = (read(found[place]) for place in ("left", "right", "gradient"))
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
        assert KINK[lang].search(said).group("left", "right", "gradient") == slopes
    assert "≈ 0.5" not in said


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("formula", ["1/x", "log(x)", "sqrt(x)", "x**-2", "-1/x"])
def test_an_infinite_slope_agrees_with_no_measured_one(formula, lang):
    numbers = tables(explain(parse(formula).graph(x=0.0)))
    assert numbers["differing"] == [1.0]  # one input whose slope is not what was measured
    assert words(lang)["slopes differ"] in said_last(parse(formula).graph(x=0.0), lang)[-1]


@pytest.mark.parametrize("x", [0.0, math.nan, math.inf, -1.0])
def test_without_a_number_the_reason_is_told_and_no_change_is_promised(x):
    backward, check = said_last(parse("log(x)").graph(x=x))
    assert ("changes by about" not in backward and "almost as it is" not in backward) or math.isinf(x)
    if math.isnan(x):
        assert "outside its domain" in backward
    if x == 0.0:
        assert "no bound here" in backward and "no slope can be measured" in check


@pytest.mark.parametrize(("lang", "reason"), [("en", "grows too large to write"), ("zh", "大得写不下")])
@pytest.mark.parametrize(("formula", "x"), [("exp(x)", 800.0), ("x*x", 1e200), ("-exp(x)", 800.0)])
def test_at_an_overflow_the_check_names_no_jump_no_edge_and_no_digits(formula, x, lang, reason):
    check = said_last(parse(formula).graph(x=x), lang)[-1]
    assert reason in check
    assert not re.search("jump|edge|digits|跳跃|边上|位数", check)


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


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("style", ["card", "compact", "circuit"])
def test_a_seed_of_its_own_is_no_derivative_of_the_output_in_pictures_and_tables_too(style, lang):
    e = explain(Value(3.0, "x") * 2.0, seed=-0.5)
    said = to_svg(e, style=style, lang=lang) + to_text(e, lang=lang, encoding="utf-8")
    assert "∂y/∂" not in said and "dy/d" not in said and "∂(−0.5·y)/∂x" in said
    assert r"\frac{\partial (-0.5 \, y)}{\partial x}" in to_latex(e)


# ---------------------------------------------------------------- formulas


def all_graphs():
    return [explain(y) for y in (*itertools.chain(*GRAPHS.values()), *ODD.values())]


def test_every_rule_that_is_shown_gives_the_number_behind_it():
    textbook = 0
    for e in all_graphs():
        numbers = tables(e)
        for edge in edges_of(e):
            child = e.forward[edge.child]
            g = local_gradient(e, child, edge.position)
            given = {x: v for x, v in zip(operand_names(e, child), child.numbers) if isinstance(x, str)}
            found = g.rule.evaluate(given | {child.name: child.value})
            assert same(found, numbers["local"][edge.index], 1e-9), (str(child), str(g.rule))
            textbook += text(g.rule) == "1 − y²"
    assert textbook >= 3


@pytest.mark.parametrize(
    ("formula", "x", "rule"),
    [
        ("tanh(x)", 0.5, "1 − y²"),
        ("tanh(x)", 20.0, "1 / cosh(x)²"),  # where the textbook's form has no digits left
        ("sigmoid(x)", 0.5, "y × (1 − y)"),
        ("sqrt(x)", 2.0, "1 / (2 × y)"),
        ("asin(x)", 0.5, "1 / sqrt(1 − x²)"),
        ("log2(x)", 0.5, "1 / (x × log(2))"),
        ("relu(x)", 0.5, "[x > 0]"),
        ("silu(x)", 0.5, "σ(x) + y × (1 − σ(x))"),
        ("mish(x)", 0.5, "tanh(softplus(x)) + x × (1 − tanh(softplus(x))²) × σ(x)"),
    ],
)
def test_rules_are_shown_as_textbooks_write_them(formula, x, rule):
    e = explain(parse(formula).graph(x=x))
    assert text(local_gradient(e, e.forward[-1], 0).rule) == rule


@pytest.mark.parametrize("x", [2.0, 0.5])
def test_the_rule_of_where_is_the_comparison_itself(x):
    f = parse("y = x*x if x > 1 else -3*x")
    y = f.graph(x=x)
    e = with_rules(explain(y), decisions_of(f, y))
    assert [text(local_gradient(e, e.forward[-1], i).rule) for i in (1, 2)] == ["[x > 1]", "1 − [x > 1]"]
    condition = explain(where(Value(x, "c"), Value(1.0, "a"), Value(2.0, "b")))  # it may be another number than 0 or 1
    assert text(local_gradient(condition, condition.forward[-1], 1).rule) == "1 − [c = 0]"


SIGNS = {"×": "*", "−": "-", "·": "*", "≥": ">=", "=": "=="}
FUNCTIONS = {op.name: op for op in TABLE.values() if op.arity} | {
    "σ": TABLE["sigmoid"], "max": TABLE["maximum"], "min": TABLE["minimum"],
    "polygamma": polygamma, "π": math.pi,
}  # fmt: skip


def python_of(element, names, slopes):
    """Return MathML as a Python expression; ``names`` and ``slopes`` say what stands for which number."""
    key, tag = "".join(element.itertext()), element.tag
    if tag == "mfrac" and key in slopes:
        return f"({slopes[key]!r})"
    parts = [python_of(child, names, slopes) for child in element] if tag != "msub" else []
    if tag == "mfrac":
        return f"(div({parts[0]}, {parts[1]}))"
    if tag == "msup":
        return f"(power_of({parts[0]}, {parts[1]}))"
    if tag == "msqrt":
        return f"sqrt({parts[0]})"
    if tag == "msub" or (tag == "mi" and key not in FUNCTIONS):
        return f"({names[(tag, key)]!r})"
    if tag == "mn" and key.lstrip("−").isdigit():
        return f"{key}.0".replace("−", "-")  # where(-1, …) is refused as ~True, where(-1.0, …) is not
    if tag in ("mn", "mo", "mi"):
        return SIGNS.get(key, key).replace("−", "-").replace("∞", "inf")
    if parts and parts[0] == "[":
        return f"(1.0 if {''.join(parts[1:-1])} else 0.0)"
    return f"({''.join(parts)})" if tag == "mrow" else "".join(parts)


def check_formulas(e, lang="en"):
    """Evaluate both sides of every row of every formula; return how many rows there were."""
    shown, numbers = steps(e, lang)
    names = {}
    for child in e.forward:
        marked = zip(operand_names(e, child), child.numbers) if child.op else ()
        for name, value in (*marked, (child.name, child.value)):
            if isinstance(name, str):
                element = ElementTree.fromstring(mathml_name(name))
                names[element.tag, "".join(element.itertext())] = value
    slopes = {f"∂{plain_name(e, e.output)}∂{plain_name(e, s.index)}": e.gradients[s.index] for s in e.forward}
    for edge in edges_of(e):
        sign = local_mathml(local_gradient(e, e.forward[edge.child], edge.position))
        slopes["".join(ElementTree.fromstring(sign).itertext())] = numbers["local"][edge.index]
    functions = {**FUNCTIONS, "power_of": TABLE["pow"], "inf": math.inf, "nan": math.nan}
    checked = 0
    for step in shown:
        left = ""
        for row in ElementTree.fromstring(fill(step.formula, numbers)).iter("mtr"):
            if len(row) == 0 or row.find(".//mtext") is not None:
                continue  # the slopes beside a kink have a test of their own
            if len(row) == 1:  # all of a long equation in one cell
                left, *sides = (python_of(side, names, slopes) for side in sides_of(row[0]))
                if "?" not in sides:
                    a, *others = (eval(side, functions) for side in (left, *sides))
                    assert all(same(a, b, 1e-9) or abs(a - b) <= 1e-2 * abs(a) + 1e-6 for b in others), (left, sides)
                    checked += len(sides)
                continue
            if set("?⋯…") & set("".join(row.itertext())):
                left = python_of(row[0], names, slopes) or left
                continue  # not all of it stands there yet
            for first, sign, last in zip(row[::3], row[1::3], row[2::3], strict=True):
                left = python_of(first, names, slopes) or left
                if sign[0].text == "≠":
                    left = ""  # what follows is the other number
                if not left:
                    continue
                a = eval(left, functions)
                for side in sides_of(last):
                    if side.find(".//mi[.='h']") is not None:
                        continue
                    b = eval(python_of(side, names, slopes), functions)
                    size = max([abs(a), *map(abs, numbers["contribution"])])
                    assert same(a, b, 1e-9) or abs(a - b) <= 1e-2 * size + 1e-6, (
                        fill(step.formula, numbers), left, a, b
                    )  # fmt: skip
                    checked += 1
    return checked


def sides_of(cell):
    """Yield what stands between the signs of equality in a cell, up to one that says that something else follows."""
    side = ElementTree.Element("mtd")
    for child in cell:
        if child.tag == "mo" and child.text == "≠":
            break
        if child.tag == "mo" and child.text in ("=", "≈"):
            yield side
            side = ElementTree.Element("mtd")
        else:
            side.append(child)
    yield side


def plain_name(e, i):
    return "".join(ElementTree.fromstring(mathml_name(e.forward[i].name)).itertext())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_both_sides_of_every_formula_are_the_same_number(lang):
    tame = [explain(y) for name in GRAPHS for y in GRAPHS[name][:3]]
    assert sum(check_formulas(e, lang) for e in (*tame, *(explain(y) for y in ODD.values()))) > 1000


@settings(max_examples=60, deadline=None)
@given(expressions(max_nodes=8))
def test_both_sides_of_every_formula_of_any_graph_are_the_same_number(graph):
    check_formulas(explain(graph.value()))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("formula", "point"),
    [
        ("x2 + x1", {"x2": 0.0078, "x1": 8125.0}),  # h is tiny beside the output
        ("exp2(x)", {"x": 1e-6}),
        ("1e9 - x", {"x": 1e-3}),
        ("-0.21875 - x", {"x": -0.21875}),  # with four digits of each, −0.00005
        ("x - 0.12344", {"x": 0.12345}),
        ("x * 1e-200", {"x": 3.0}),
        ("atan2(-x, -1)", {"x": 0.0}),  # the sign of zero decides
    ],
)
def test_numbers_have_the_digits_it_takes_for_the_formula_to_be_true(formula, point, lang):
    assert check_formulas(explain(parse(formula).graph(**point)), lang) >= 3 * len(point)


def test_numbers_have_no_more_digits_than_the_formula_takes():
    shown, numbers = steps(explain(parse("x**2 + 1/3").graph(x=1 / 3)))
    assert ">0.1111<" in fill(shown[2].formula, numbers) and ">0.3333<" in fill(shown[2].formula, numbers)
    # with seven digits the quotient would be 0.6665
    assert {">0.444511121<", ">0.444377788<", ">0.6667<"} <= set(
        re.findall(r">[\d.]+<", fill(shown[-1].formula, numbers))
    )


# ---------------------------------------------------------------- one sign for one thing


def test_a_local_gradient_and_the_gradient_never_share_a_sign():
    exercises = (exercise(difficulty, seed=seed).explanation for difficulty in DIFFICULTIES for seed in range(20))
    for e in (*map(explain, ODD.values()), *exercises):
        y = e.forward[e.output].name
        totals = {f"∂{y}/∂{step.name}" for step in e.forward}
        by_edge = [local_gradient(e, e.forward[edge.child], edge.position) for edge in edges_of(e)]
        assert totals.isdisjoint(map(local_sign, by_edge)) and all(g.formula.op is not None for g in by_edge)
        for edge, other in itertools.combinations(edges_of(e), 2):
            if edge.child == other.child:
                assert local_sign(by_edge[edge.index]) != local_sign(by_edge[other.index])


def test_the_two_uses_of_x_in_x_times_x_are_told_apart_everywhere():
    y = ODD["x * x"]
    for lang in LANGUAGES:
        page = to_html(y, lang=lang)
        for shown in ("∂(x₁ × x₂)/∂x₁ = x₂ = 3", "∂(x₁ × x₂)/∂x₂ = x₁ = 3"):
            assert shown in to_svg(y, lang=lang) and shown in page
        assert "y → x₁" in page and "y → x₂" in page and "y → x₁" in to_text(y, lang=lang, encoding="utf-8")
    assert r"\frac{\partial (x_{1} \, x_{2})}{\partial x_{1}}" in to_latex(y)


def test_an_index_that_is_a_name_already_is_not_used_to_tell_uses_apart():
    e = explain(ODD["a name with an index"])
    g = local_gradient(e, e.forward[1], 0)
    assert (g.operand, local_sign(g)) == ("x⁽¹⁾", "∂(x⁽¹⁾ × x⁽²⁾)/∂x⁽¹⁾")
    assert local_latex(g) == r"\frac{\partial (x^{(1)} \, x^{(2)})}{\partial x^{(1)}}"


# ---------------------------------------------------------------- questions


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
@pytest.mark.parametrize(("lang", "seeds"), [("en", 45), ("zh", 15)])
def test_no_question_is_asked_twice_and_its_sign_tells_what_is_asked(difficulty, lang, seeds):
    for seed in range(seeds):
        e = exercise(difficulty, seed=seed).explanation
        questions, numbers = questions_of(e, lang=lang)
        asked = [fill(q.asked, numbers, hidden=frozenset({q.answer[:2]})) for q in questions]
        assert len(set(asked)) == len(asked)
        y = e.forward[e.output].name
        for question, text_ in zip(questions, asked):
            signs = re.findall(r"∂\S+/∂\S+|∂\(.*?\)/∂\S+", text_)
            assert all(sign.startswith(f"∂{y}/∂") == (question.kind == "gradient") for sign in signs), text_
            assert bool(signs) == (question.kind in ("local", "gradient"))


def test_a_local_gradient_is_asked_with_the_other_operands_held_fixed_and_the_total_is_told():
    questions, numbers = questions_of(exercise("easy", seed=1).explanation)  # u = a + b; z = b * u
    asked = {fill(q.asked, numbers): q for q in questions}
    question = asked["z = b × u: with u held fixed, how fast does it change when b does?  ∂(b × u)/∂b = ?"]
    assert at(question.answer, numbers) == 3.0
    (slip,) = diagnose(question, "−1", numbers)
    assert "over all paths from b to z" in slip.said


def test_the_derivative_over_all_paths_is_diagnosed_at_an_inner_node_too():
    questions, numbers = questions_of(explain(parse("s = a + 1; u = a * s; z = u ** 3").graph(a=2.0)))
    question = next(q for q in questions if "∂(a × s)/∂a" in fill(q.asked, numbers))
    assert at(question.answer, numbers) == 3.0  # s; over all paths 2a + 1
    assert [slip.name for slip in diagnose(question, "5", numbers)] == ["all paths"]


# ---------------------------------------------------------------- odd graphs


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("graph", ODD)
def test_odd_graphs_have_a_page(graph, lang):
    assert to_html(ODD[graph], lang=lang).count("<svg") == 1


def test_more_uses_than_anyone_walks_through_are_refused_with_the_way_out():
    x = Value(2.0, "x")
    with pytest.raises(ValueError, match=r"up to 400 uses.*this graph has 3000"):
        to_html(sum_of([x] * 3000))


def test_a_long_sum_is_told_by_its_last_part():
    x = Value(2.0, "x")
    shown, numbers = steps(explain(sum_of([x] * 40)))
    assert "Part 40 of 40" in fill(shown[-2].sentence, numbers) and "… + 1 = 40" in fill(shown[-2].sentence, numbers)
    assert max(len(fill(step.sentence, numbers)) for step in shown) < 400
