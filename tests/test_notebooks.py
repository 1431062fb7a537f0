"""What a notebook shows, cell by cell, run in a real Jupyter kernel."""

import re

import pytest

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")


@pytest.fixture(scope="module")
def run():
    """Run cells one after the other in one kernel; return the outputs of the last."""
    notebook = nbformat.v4.new_notebook()
    client = nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3")
    with client.setup_kernel():

        def run_cell(source):
            notebook.cells.append(nbformat.v4.new_code_cell(source))
            return client.execute_cell(notebook.cells[-1], len(notebook.cells) - 1).outputs

        run_cell("import random, nn\nfrom autograd_lite import *\nfrom viz import *\n"
                 "x = Value(3.0, 'x'); y = x * x + 4.0 * x")  # fmt: skip
        yield run_cell


def only(outputs):
    (output,) = outputs
    return output["data"]


def test_to_text_returns_the_text_and_shows_nothing(run):
    assert run("text = to_text(y)") == []
    (output,) = run("print(text)")
    assert output["name"] == "stdout" and "Forward pass" in output["text"] and "4 + 3 + 3 = 10" in output["text"]


def test_draw_shows_the_picture_alone(run):
    shown = only(run("draw(y)"))
    assert shown["image/svg+xml"].startswith("<svg")
    assert "Forward pass" in shown["text/plain"]


def test_an_explanation_is_shown_as_its_picture_and_named_in_a_line(run):
    shown = only(run("explain(y)"))
    assert shown["image/svg+xml"].startswith("<svg")
    assert only(run("[explain(y)]"))["text/plain"] == "[<explanation of y = 21: 5 nodes, 1 input>]"


def test_a_node_and_a_report_are_named_in_a_line(run):
    assert only(run("y"))["text/plain"] == "Value(21)"
    for cell in ("nn.History()", "gradient_report(tanh, 0.5)", "[gradient_report(tanh, 0.5)]"):
        text = only(run(cell))["text/plain"]
        assert len(text) < 120 and "\n" not in text, text


def test_plots_show_themselves(run):
    made = "model = nn.MLP(2, [2, 1], rng=random.Random(0)); data = nn.data.moons(20, rng=random.Random(0))\n"
    run(made + "history = nn.fit(model, data, loss='binary_cross_entropy', epochs=3, progress=False)")
    for cell in ("plot_history(history)", "plot_gradient_norms(history)", "plot_decision_boundary(model, data)"):
        assert "image/png" in only(run(cell)), cell
    assert "<script" in only(run("animate_decision_boundary([model], data, resolution=5)"))["text/html"]


def test_the_player_shows_itself(run):
    assert "<iframe" in only(run("play(y)"))["text/html"]


def test_fit_tells_its_progress_on_one_line_and_warns_of_nothing(run):
    outputs = run("_ = nn.fit(model, data, loss='binary_cross_entropy', epochs=3)")
    assert {output.get("name") for output in outputs} == {"stdout"}
    printed = "".join(output["text"] for output in outputs)
    assert re.fullmatch(r"(\repoch [1-3]/3  loss \d+\.\d{4}  accuracy \d+\.\d%)+\n", printed), printed


def test_tables_are_printed_in_colour_when_asked(run):
    shown = run("print_explanation(y)")
    assert any("∂y/∂x" in output["data"]["text/plain"] for output in shown)
