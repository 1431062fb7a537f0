"""Trees: they print as text that reads back, and the rules of the table print through them."""

import math

import pytest

from autograd_lite import TABLE, formulas, ops, parse, symbol
from autograd_lite.expression import digits, number, simplified

x, y, z = map(symbol, "xyz")


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        (x * y + 1, "x * y + 1"),
        (x - (y - z), "x - (y - z)"),
        (x / (y * z), "x / (y * z)"),
        (-(x + y) * z, "-(x + y) * z"),
        ((-x) ** 2, "(-x)**2"),
        (-(x**2), "-x**2"),
        ((x**y) ** z, "(x**y)**z"),
        (x ** (y**z), "x**y**z"),
        (2.0**x, "2**x"),
        (number(-2.0) ** x, "(-2)**x"),
        (x**-0.5, "x**(-0.5)"),
        (ops.where(x > 0.0, x, -x), "where(x > 0, x, -x)"),
        (abs(x), "abs(x)"),
        (0.1 * x, "0.1 * x"),
        (ops.neg(number(2.0)), "neg(2)"),
    ],
)
def test_trees_print_with_the_parentheses_they_need(tree, text):
    assert str(tree) == text
    assert parse(text).steps[0][1] == tree


@pytest.mark.parametrize(
    ("op", "names", "expected"),
    [
        ("mul", "xy", ["y", "x"]),
        ("exp", "x", ["exp(x)"]),
        ("sin", "x", ["cos(x)"]),
        ("tanh", "x", ["1 / cosh(x)**2"]),
        ("relu", "x", ["x > 0"]),
        ("square", "x", ["2 * x"]),
        ("sigmoid", "x", ["sigmoid(x) * sigmoid(-x)"]),
    ],
)
def test_local_gradients_are_printed_by_the_rules_themselves(op, names, expected):
    assert list(map(str, formulas(TABLE[op], *names))) == expected


@pytest.mark.parametrize("op", [op for op in TABLE.values() if op.partials is not None], ids=lambda op: op.name)
def test_a_printed_local_gradient_evaluates_to_the_number_the_rule_gives(op):
    names = ["w1", "w2", "x1", "x2", "b"] if op.name == "dot" else list(op.operand_names)
    numbers = [0.3 + 0.2 * i if low < 0.3 else low + 0.7 for i, low in enumerate([op.domain[0][0]] * len(names))]
    expected = op.local_gradients(op.value(*numbers), *numbers)
    for formula, local in zip(formulas(op, *names), expected):
        assert formula.evaluate(dict(zip(names, numbers))) == pytest.approx(local, rel=1e-14)


def test_simplifying_removes_ones_zeros_and_double_signs():
    assert simplified(1 * x + 0) == x
    assert simplified(ops.neg(-x)) == x
    assert simplified(x * 0) == number(0)
    assert simplified(x / 1 - 0) == x
    assert simplified(x**1) == x
    assert simplified(number(2) * number(3) + x) == number(6) + x


def test_a_condition_on_a_symbol_has_no_truth_value():
    with pytest.raises(TypeError, match="where"):
        bool(x > 0)


def test_digits_are_the_shortest_that_read_back():
    for value in (2.0, -3.0, 0.1, 1e300, -0.0, 1e15, math.pi):
        assert float(digits(value)) == value
        assert math.copysign(1, float(digits(value))) == math.copysign(1, value)
    assert digits(2.0) == "2"
