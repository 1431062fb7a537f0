"""Formulas: what may be typed, what it means, and what is said when it cannot be read."""

import inspect
import math
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import FormulaError, Operation, Value, grad, ops, parse
from autograd_lite.formula import MAX_LENGTH


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("tanh(w*x + b)", {"w": 0.5, "x": 2.0, "b": -1.0}, 0.0),
        ("2*x**3 - x/4", {"x": 2.0}, 15.5),
        ("-x**2", {"x": 3.0}, -9.0),
        ("(-2)**x", {"x": 3.0}, -8.0),
        ("2**x**2", {"x": 2.0}, 16.0),
        ("1 if x > 0 else -1", {"x": 0.5}, 1.0),
        ("x if x <= 2 else 2", {"x": 5.0}, 2.0),
        ("max(x, 3) + min(x, 3)", {"x": 1.0}, 4.0),
        ("sum(x, x, 1) + mean(x, 3) + logsumexp(x, x)", {"x": 1.0}, 3.0 + 2.0 + 1.0 + math.log(2)),
        ("cos(pi)*x", {"x": 2.0}, -2.0),
        ("3 × x − 1 ÷ 4", {"x": 1.0}, 2.75),
        ("宽*高", {"宽": 2.0, "高": 3.0}, 6.0),
        ("u = c*x; v = d*x; z = u + v**2", {"c": 3.0, "x": 2.0, "d": -1.0}, 10.0),
        ("x = 2\ny = x*x  # with a comment\ny + 1", {}, 5.0),
    ],
)
def test_a_formula_means_what_it_means_in_mathematics(text, values, expected):
    assert parse(text)(**values) == pytest.approx(expected, rel=1e-15)


def test_a_step_that_is_a_number_is_a_default_that_can_be_overridden():
    f = parse("x = 2; x * x")
    assert f() == 4.0
    assert f(x=3) == 9.0
    assert f(5) == 25.0


def test_a_lone_number_is_a_formula():
    assert parse("x = 2")() == 2.0


def test_every_number_is_a_float_so_towers_of_powers_are_inf_at_once():
    assert parse("9**9**9")() == math.inf
    assert parse("9" * 4000)() == math.inf


def test_a_formula_can_be_differentiated():
    assert grad(parse("x**3"))(2.0) == 12.0


def test_the_graph_carries_the_names_of_inputs_and_steps():
    z = parse("u = c*x; z = tanh(u)").graph(c=1, x=0.5)
    assert z.label == "z"
    assert [parent.label for parent in z.parents] == ["u"]
    assert [parent.label for parent in z.parents[0].parents] == ["c", "x"]


def test_a_second_name_for_the_same_value_is_a_node_of_its_own():
    y = parse("u = x*x; v = u; v + u").graph(x=3)
    y.backward()
    assert {parent.label for parent in y.parents} == {"u", "v"}


def test_values_can_be_given_for_inputs():
    x = Value(3.0, "mine")
    y = parse("a*a").graph(a=x)
    y.backward()
    assert x.grad == 6.0


def test_a_formula_of_numbers_alone_still_gives_a_node():
    assert parse("1 + 2").graph().data == 3.0


def test_a_user_defined_operation_can_be_named():
    cube = Operation("cube", lambda x: x * x * x, lambda out, x: 3.0 * x * x)
    assert grad(parse("cube(x)", functions={"cube": cube}))(2.0) == 12.0


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("tahn(x)", "unknown function 'tahn'; did you mean 'tanh'?", 0),
        ("x + sigmiod(x)", "unknown function 'sigmiod'; did you mean 'sigmoid'?", 4),
        ("宽度*tahn(2)", "unknown function 'tahn'", 3),
        ("x^2", "write ** for a power", 0),
        ("x +", "cannot read this", 3),
        ("1 + 2x", "write 2*x", 4),
        ("3 x", "write 3*x", 0),
        ("a b", "write a*b", 0),
        ("1e5*x + 0x1f + 1e-5 +", "cannot read this: ", 21),
        ("2 if x else", "cannot read this: ", 11),
        ("sin x", "write sin(x)", 0),
        ("1 + |x|", "write abs(x)", 4),
        ("x!", "there is no factorial", 0),
        ("3*x²", "write x**2", 2),
        ("sin(x)cos(x)", "write )*cos", 5),
        ("(x+1)(x-1)", "to multiply, write * before the bracket", 0),
        ("2(x-1)", "to multiply, write * before the bracket", 0),
        ("ln(x)", "unknown function 'ln'; write log(…)", 0),
        ("__import__('os').system('true')", "only functions of the table can be called", 0),
        ("__import__('os')", "unknown function '__import__'", 0),
        ("(lambda: 1)()", "only functions of the table can be called", 0),
        ("x.__class__", "a dotted name cannot be used", 0),
        ("x[0]", "an index cannot be used", 0),
        ("[x for x in y]", "a loop cannot be used", 0),
        ("f'{x}'", "text cannot be used", 0),
        ("'a'", "is not a real number", 0),
        ("True", "is not a real number", 0),
        ("2j", "is not a real number", 0),
        ("x and y", "and/or cannot be used", 0),
        ("x < y < z", "only one of", 0),
        ("not x", "this operator cannot be used", 0),
        ("x // 2", "this operator cannot be used", 0),
        ("sin", "'sin' is a function", 0),
        ("sin(x, y)", "sin takes 1 operand(s), got 2", 0),
        ("max_of()", "max_of takes at least one operand, got 0", 0),
        ("sin(x=1)", "takes plain operands", 0),
        ("sin(*x)", "takes plain operands", 0),
        ("a = 1; a = 2; a", "defined twice", 7),
        ("y = x + u; u = x*x; u + y", "used before this line", 11),
        ("x; y", "only the last step", 0),
        ("import os", "expected a step like", 0),
        ("", "the formula is empty", 0),
    ],
)
def test_an_error_shows_the_text_with_a_mark_under_the_place(text, message, column):
    with pytest.raises(FormulaError) as caught:
        parse(text)
    assert message in str(caught.value)
    assert caught.value.column == column
    assert str(caught.value).endswith("^")


def test_the_mark_stands_under_the_place_also_after_wide_characters():
    with pytest.raises(FormulaError) as caught:
        parse("宽度*tahn(2)")
    assert str(caught.value).splitlines()[-1] == "  " + " " * 5 + "^"


@pytest.mark.parametrize(
    "attack",
    ["(" * 5000 + "x" + ")" * 5000, "-" * 9000 + "x", "x" + "+x" * 4000, "x" * (MAX_LENGTH + 1), "sin(" * 900, "\x00"],
)
def test_an_oversized_formula_is_refused_and_never_crashes(attack):
    with pytest.raises(FormulaError):
        parse(attack)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_a_formula_error(text):
    try:
        parse(text)
    except FormulaError as error:
        assert str(error).encode()  # can be printed


@given(st.text(alphabet="x1.+-*/()= ;\nsinlogwhereif<>,", max_size=40))
def test_what_is_read_prints_to_text_that_reads_back_the_same(text):
    try:
        formula = parse(text)
    except FormulaError:
        return
    if not formula.defaults:  # defaults are not part of the printed steps
        assert parse(str(formula)).steps == formula.steps


def test_missing_and_unknown_values_are_named():
    f = parse("w*x")
    with pytest.raises(TypeError, match="no value for 'x'; give x=…"):
        f(w=1.0)
    with pytest.raises(TypeError, match=r"no input 'width'"):
        f(w=1.0, x=1.0, width=2.0)
    with pytest.raises(TypeError, match=r"2 input\(s\) \(w, x\), got 3"):
        f(1.0, 2.0, 3.0)


@pytest.mark.parametrize("name", sorted(ops.FUNCTIONS))
def test_every_function_of_the_table_can_be_written(name):
    function = ops.FUNCTIONS[name]
    functions = {"pow": 2, "leaky_relu": 2, "elu": 2, "log_base": 2, "polygamma": 2, "stop_gradient": 1}
    arity = getattr(function, "arity", functions.get(name))
    names = [f"x{i}" for i in range(abs(arity) if arity > 0 else 5)]
    numbers = {x: 0.3 + 0.1 * i for i, x in enumerate(names)}
    if name == "polygamma":
        numbers["x0"] = 1.0  # an order
    text = f"{name}({', '.join(names)})"
    expected = function(*numbers.values())
    got = parse(text)(**numbers)
    assert got == expected or (math.isnan(got) and math.isnan(expected))


@pytest.mark.parametrize(
    "text",
    [" x + 1 ", "\tx + 1", "x + 1\r\n", "\u3000x ＋ 1", "\xa0x+1", "\n\n  x + 1\n\n", "x +\x0b1"],
)
def test_blanks_around_a_formula_do_not_matter(text):
    assert parse(text)(2.0) == 3.0


def test_indented_lines_are_steps_and_errors_point_at_their_place():
    assert parse("u = 2\n    v = u*x\n\tv + 1")(1.0, 3.0) == 4.0
    with pytest.raises(FormulaError) as caught:
        parse("u = 2*x\n   u + tahn(u)")
    assert str(caught.value).splitlines()[1:] == ["     u + tahn(u)", "         ^"]


def test_the_place_is_right_after_every_line_end_python_knows():
    for end in ("\n", "\r\n", "\r", "\u2028", "\x85"):
        with pytest.raises(FormulaError, match="unknown function") as caught:
            parse(f"u = x{end}u + tahn(u)")
        assert caught.value.line == 2 and caught.value.column == 4 and "  u + tahn(u)\n      ^" in str(caught.value)


@pytest.mark.parametrize("terms", [200, 1000])
def test_a_long_sum_is_not_a_nested_one(terms):
    formula = parse(" + ".join(["x"] * terms))
    assert formula(0.5) == terms / 2
    assert str(formula).count("+") == terms - 1
    assert grad(formula)(0.5) == terms
    y = formula.graph(x=0.5)
    y.backward()
    assert y.data == terms / 2
    assert parse(" - ".join(["x"] * terms))(1.0) == 2 - terms  # from the left, as ever


@pytest.mark.parametrize(
    "text",
    [
        "+".join(["x"] * 1200),
        "+".join(["x"] * 3000),
        "+".join(["x"] * 4900),
        "-x" * 2600,
        "x*y*z+" * 1500 + "x",
        "+".join(["(-x)"] * 1900),
        "max(" + "x," * 3000 + "x)",
        "x" + "[0]" * 3000,
        "x" + "()" * 3000,
    ],
)
def test_a_long_text_is_told_as_long_on_every_python(text):
    with pytest.raises(FormulaError, match=r"^the formula has more than 2000 parts"):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "tanh(" * 101 + "x" + ")" * 101,
        "tanh(" * 1500 + "x" + ")" * 1500,
        "(" * 4000 + "x" + ")" * 4000,
        "-" * 1000 + "x",
        "not " * 1900 + "x",
        "**".join("x" * 900),
        "**-".join("x" * 600),
        "x if x else " * 600 + "x",
    ],
)
def test_a_nested_text_is_told_as_nested_on_every_python(text):
    with pytest.raises(FormulaError, match=r"^the formula is nested more than 100 levels deep"):
        parse(text)


def test_a_formula_of_two_thousand_parts_is_read_whatever_they_are():
    assert parse("+".join(["1.5e-3"] * 1000))() == pytest.approx(1.5)
    assert parse(";".join(f"u{i}=-x" for i in range(900)))(1.0) == -1.0
    assert parse("+".join(["-x"] * 666))(1.0) == -666.0


def test_a_long_text_that_the_calls_around_leave_no_room_for_is_not_called_nested():
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + 150)
    try:  # some Pythons read it all the same
        assert parse("+".join(["x"] * 1000)).inputs == ("x",)
    except FormulaError as error:
        assert str(error).startswith("the formula is too long for what the calls around it have left")
    finally:
        sys.setrecursionlimit(limit)


@pytest.mark.parametrize("name", ["self", "args", "values", "name", "λ", "text", "_"])
def test_a_variable_may_have_any_name(name):
    formula = parse(f"{name} * 2")
    assert formula(**{name: 3.0}) == 6.0
    assert formula.graph(**{name: 3.0}).data == 6.0


@pytest.mark.parametrize("word", ["lambda", "class", "for", "import"])
def test_a_word_of_python_is_told_to_be_no_name(word):
    with pytest.raises(FormulaError, match=f"{word!r} is a word of Python and cannot be a name; call it {word}_") as e:
        parse(f"x + {word}*2")
    assert str(e.value).endswith("\n      ^")


def test_a_name_is_found_in_every_way_of_writing_it():
    assert parse("ﬁt + 1")(**{"ﬁt": 2.0}) == 3.0  # one letter ﬁ, which Python reads as f and i


@pytest.mark.parametrize("bad", ["3", None, [1.0], 1j])
def test_a_value_that_is_no_number_is_refused_by_the_name_of_its_input(bad):
    f = parse("u = c*x; tanh(u)")
    for call in (f, f.graph):
        with pytest.raises(TypeError, match=r"^x: expected"):
            call(1.0, bad)
        with pytest.raises(TypeError, match=r"^c: expected"):
            call(c=bad, x=1.0)


@pytest.mark.parametrize("text", [None, 3.0, b"x", ["x"]])
def test_a_formula_is_text(text):
    with pytest.raises(TypeError, match=f"parse: the formula must be text, got {type(text).__name__}"):
        parse(text)


@pytest.mark.parametrize("functions", [{"f": 3.0}, {3: math.sin}])
def test_functions_of_a_formula_are_functions_by_name(functions):
    with pytest.raises(TypeError, match="parse: functions must be functions by name"):
        parse("x", functions=functions)


def test_an_input_given_twice_is_refused():
    with pytest.raises(TypeError, match="'x' is given twice, by place and by name"):
        parse("x * w")(1.0, x=2.0, w=3.0)


@pytest.mark.parametrize("hostile", ["\x1b[2J", "\x07", "\x9b31m", "\u202e", "\u2066"])
def test_control_characters_reach_no_terminal_through_an_error(hostile):
    with pytest.raises(FormulaError) as caught:
        parse(f"x * {hostile}y")
    assert hostile[0] not in str(caught.value)
