"""The command as its users run it: in a process of its own."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

import autograd_lite


def run(*arguments, stdin=None, code=0, cwd=None):
    done = subprocess.run(
        [sys.executable, "-m", "viz.cli", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout if code == 0 else done.stderr


def test_explain_prints_the_chain_rule_and_writes_the_picture(tmp_path):
    svg = tmp_path / "neuron.svg"
    printed = run("explain", "tanh(w*x + b)", "w=0.5", "x=2", "b=-1", "--svg", str(svg))
    assert "v1 → w" in printed and "1 × 2 = 2" in printed and "∂y/∂w" in printed
    assert ET.fromstring(svg.read_text(encoding="utf-8")).tag.endswith("svg")


def test_formula_and_values_come_from_a_file_or_standard_input_too(tmp_path):
    expected = run("explain", "x*x", "x=3")
    assert run("explain", "-", "x=3", stdin="x*x\n") == expected
    file = tmp_path / "formula.txt"
    file.write_text("x = 3  # the value\nx*x\n", encoding="utf-8")
    assert run("explain", "--file", str(file)) == expected
    assert "16" in run("explain", "x=4", "--file", str(file))


def test_json_is_the_same_as_data():
    data = json.loads(run("explain", "x*x + x", "x=3", "--json"))
    assert data["gradients"] == {"x": 7.0}
    assert [t["running_sum"] for s in data["backward"] for t in s["terms"] if t["parent"] == "x"] == [1.0, 4.0, 7.0]


def test_other_forms_of_the_same():
    assert "align*" in run("explain", "x*x", "x=3", "--latex")
    assert "### 前向传播" in run("explain", "x*x", "x=1/3", "--markdown", "--lang", "zh")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["explain", "tahn(x)", "x=1"], "did you mean 'tanh'?\n  tahn(x)\n  ^"),
        (["explain", "w*x", "w=1"], "no value for 'x'; give x=…"),
        (["explain", "w*x", "w=1", "x"], "expected a value like x=2, got 'x'"),
        (["explain", "x", "x=y"], "must be a number"),
        (["explain", "x", "x=1", "y=2"], "no input 'y'"),
        (["explain"], "give a formula"),
        (["explain", "x", "x=1", "--svg", "/no/such/folder/x.svg"], "No such folder"),
        (["explain", "--file", "/no/such/file"], "No such file"),
        (["explain", "x", "x=1", "--lang", "fr", ], "no sentences in 'fr'"),
        (["explain", "x", "x=1", "--svg", "x.svg", "--style", "round"], "no style 'round'"),
        (["ops", "tahn"], "no operation named 'tahn'"),
        (["train", "cats"], "can train digits or moons"),
    ],
)  # fmt: skip
def test_a_wrong_input_ends_in_one_clear_message(arguments, message, tmp_path):
    error = run(*arguments, code=2, cwd=tmp_path)
    assert message in error
    assert list(tmp_path.iterdir()) == []


def test_ops_prints_the_rules_themselves():
    rows = {row["name"]: row for row in json.loads(run("ops", "--json"))}
    assert rows["tanh"]["local_gradients"] == ["∂/∂x = 1 / cosh(x)**2"]
    assert rows["log"]["domain"] == "x > 0"
    assert "gradient 0 at 0" in rows["relu"]["convention"]
    assert "leaky_relu" in run("ops", "leaky_relu")


def test_training_gives_the_same_result_for_the_same_seed(tmp_path):
    first = run("train", "moons", "--samples", "60", "--epochs", "2", "--seed", "3", "--save", str(tmp_path / "a.json"))
    second = run(
        "train", "moons", "--samples", "60", "--epochs", "2", "--seed", "3", "--save", str(tmp_path / "b.json")
    )
    assert first.replace("a.json", "") == second.replace("b.json", "")
    assert (tmp_path / "a.json").read_text() == (tmp_path / "b.json").read_text()
    assert "held-out accuracy" in first


def test_training_on_real_digits_learns():
    pytest.importorskip("sklearn")
    printed = run("train", "digits", "--eager", "--samples", "200", "--epochs", "5")
    assert "MLP(64 → 16 → 10) on 150 digits" in printed
    accuracy = float(printed.split("held-out accuracy: ")[1].split("%")[0])
    assert accuracy > 50


def test_all_digits_are_learned_to_97_percent():
    pytest.importorskip("sklearn")
    printed = run("train", "digits")
    assert "on 1348 digits, tested on 449 others" in printed
    assert float(printed.split("held-out accuracy: ")[1].split("%")[0]) >= 97.0


def test_without_scikit_learn_training_names_the_line_to_install():
    code = (
        "import sys; sys.modules['sklearn'] = None; sys.modules['sklearn.datasets'] = None; "
        "sys.argv = ['autograd-lite', 'train', 'digits']; from viz.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 2
    assert 'pip install "autograd-lite[data]"' in done.stderr


def test_the_command_says_its_version():
    assert run("--version") == f"autograd-lite {autograd_lite.__version__}\n"


def test_help_is_there_for_every_command():
    for command in ("explain", "ops", "train"):
        assert "Usage" in run(command, "--help")
