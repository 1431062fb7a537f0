"""The tables as text, Markdown and LaTeX: whatever the names, the console, or the number of terms."""

import io

import pytest
from rich.console import Console

from autograd_lite import Value, explain, ops, sum_of, symbol
from viz import print_explanation, to_latex, to_markdown, to_text
from viz.notation import latex
from viz.words import LANGUAGES

HOSTILE = "\x1b[2J\x07\x9b31m\u202eab\r\nc"


def hostile_graph():
    x = Value(2.0, HOSTILE)
    return x * x


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "gbk", "latin-1", "utf-8"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_tables_can_be_printed_on_any_console(encoding, lang):
    x = Value(-2.0, "宽₁")
    y = (x * x + 1e-9).tanh() / x - 3.0
    to_text(y, lang=lang, encoding=encoding).encode(encoding)
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    print_explanation(y, Console(file=stream), lang=lang)
    stream.flush()
    assert len(stream.buffer.getvalue()) > 100


def test_plain_signs_stand_for_those_a_console_lacks():
    x = Value(-2.0, "x")
    shown = to_text(x * x * x, encoding="ascii")
    assert "y -> x" in shown and "dy/dx" in shown and "x * x" in shown and "\\u" not in shown
    columns = {line.index("12") for line in shown.splitlines() if line.startswith("dy/dx")}
    assert columns and shown.isascii()


def test_text_is_in_the_signs_of_standard_output(monkeypatch):
    x = Value(3.0, "x")
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert to_text(x * x).isascii()
    monkeypatch.setattr("sys.stdout", io.StringIO())  # has no encoding: anything can be written
    assert "∂y/∂x" in to_text(x * x)


def test_names_with_control_characters_come_out_inert_everywhere():
    y = hostile_graph()
    buffer = io.StringIO()
    print_explanation(y, Console(file=buffer, force_terminal=False))
    for shown in (to_text(y), to_markdown(y), to_latex(y), buffer.getvalue()):
        assert not set("\x1b\x07\x9b\u202e\r") & set(shown), repr(shown)
    assert "␛" in to_text(y)


def test_a_long_sum_is_shortened_in_every_table():
    x = Value(2.0, "x")
    e = explain(sum_of([x] * 20))
    assert "1 + 1 + 1 + 1 + 1 + 1 + … + 1 = 20" in to_text(e)
    assert "1 + 1 + 1 + 1 + 1 + 1 + … + 1" in to_markdown(e)
    line = next(line for line in to_latex(e).splitlines() if r"\partial x}" in line)
    assert line.count(r"\cdots") == 2 and line.count(r"1 \cdot 1") == 7 and line.endswith(r"= 20 \\")


def test_the_text_of_a_node_used_many_times_grows_with_its_uses_alone():
    def size(uses):
        x = Value(0.001, "x")
        y = x
        for _ in range(uses):
            y = y + x
        e = explain(y)
        return sum(len(to(e)) for to in (to_text, to_markdown, to_latex))

    assert size(1200) < 2.3 * size(600)


def test_latex_writes_derivatives_by_their_order_and_other_names_inert():
    x = Value(1.5, "x")
    strange = ops.Operation("f⁽$⁾", lambda x: x, lambda out, x: 1.0)
    shown = to_latex(ops.polygamma(2, x) + strange(x))
    assert r"\psi^{(2)}\left(x\right)" in shown and r"\partial \psi^{(2)}\left(x\right)}{\partial x}" in shown
    assert r"\text{f⁽\$⁾}" in shown
    assert latex(ops.polygamma(symbol("n"), symbol("x"))) == r"\psi^{(n)}\left(x\right)"
