"""The command as its users run it: what it does to a console; in a process of its own where the process matters."""

import io
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from unittest import mock

import pytest
import typer

import autograd_lite
from autograd_lite import ops
from viz import cli
from viz.cli.output import print_json
from viz.words import LANGUAGES


def on_console(arguments, encoding, stdin=""):
    """Run the command in this process, on a console of that encoding; return its status and what it wrote there."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding) for _ in range(2))
    console = {"stdin": io.TextIOWrapper(io.BytesIO(stdin.encode()), "utf-8"), "stdout": out, "stderr": err}
    with mock.patch.multiple(sys, argv=["autograd-lite", *arguments], **console), pytest.raises(SystemExit) as end:
        cli.main()
    written = []
    for stream in (out, err):
        stream.flush()
        written.append(stream.buffer.getvalue().decode(encoding))
    return end.value.code or 0, *written


def run(*arguments, stdin="", code=0):
    status, printed, told = on_console(arguments, "utf-8", stdin)
    assert status == code, told
    return printed if code == 0 else told


def in_its_process(*arguments, **options):
    command = [sys.executable, "-m", "viz.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", **options)


def test_who_writes_a_picture_too_large_to_read_is_told_what_to_do(tmp_path):
    formula, to = " + ".join(f"sin({k}*x)*exp(y - {k})" for k in range(1, 40)), str(tmp_path / "y.svg")
    told = in_its_process("explain", formula, "x=1", "y=2", "--svg", to).stderr
    assert re.search(r"the text of this picture would be \d\.\d px high\. Draw the part around a node", told)
    small = in_its_process("explain", formula, "x=1", "y=2", "--svg", to, "--depth", "1")
    assert small.stderr == f"picture written to {to}\n"


def test_explain_prints_the_chain_rule_and_writes_the_picture(tmp_path):
    svg = tmp_path / "neuron.svg"
    done = in_its_process("explain", "tanh(w*x + b)", "w=0.5", "x=2", "b=-1", "--svg", str(svg))
    assert done.returncode == 0 and "Traceback" not in done.stderr
    printed = done.stdout
    assert "v1 → w" in printed and "1 × 2 = 2" in printed and "∂y/∂w" in printed
    assert ET.fromstring(svg.read_text(encoding="utf-8")).tag.endswith("svg")


def test_formula_and_values_come_from_a_file_or_standard_input_too(tmp_path):
    expected = run("explain", "x*x", "x=3")
    assert run("explain", "-", "x=3", stdin="x*x\n") == expected
    assert in_its_process("explain", "-", "x=3", input="x*x\n").stdout == expected
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


@pytest.fixture
def refused(monkeypatch, capsys, tmp_path):
    """Run the command in this process; return the one message it must refuse its arguments with."""
    monkeypatch.chdir(tmp_path)

    def run_here(*arguments, status=2):
        monkeypatch.setattr(sys, "argv", ["autograd-lite", *arguments])
        with pytest.raises(SystemExit) as end:
            cli.main()
        printed = capsys.readouterr()
        assert end.value.code == status, printed.err
        assert printed.out == "" and printed.err.startswith("error: ")
        assert list(tmp_path.iterdir()) == [], "something was written"
        return printed.err

    return run_here


WRONG = [
    (["explain", "tahn(x)", "x=1"], "did you mean 'tanh'?\n  tahn(x)\n  ^"),
    (["explain", "w*x", "w=1"], "no value for 'x'; give x=…"),
    (["explain", "w*x", "w=1", "x"], "expected a value like x=2, got 'x'"),
    (["explain", "x", "=1"], "expected a value like x=2, got '=1'"),
    (["explain", "x", "x=y"], "must be a number"),
    (["explain", "x", "x=1", "x=2"], "'x' is given twice"),
    (["explain", "x", "x=1", "y=2"], "no input 'y'"),
    (["explain"], "give a formula"),
    (["explain", "x", "x=1", "--svg", ""], "is a folder; give the name of a file"),
    (["explain", "x", "x=1", "--svg", "."], "is a folder; give the name of a file"),
    (["explain", "x", "x=1", "--svg", "missing/x.svg"], "there is no folder 'missing'"),
    (["explain", "--file", "missing.txt"], "No such file or directory: missing.txt"),
    (["explain", "--file", "."], "Is a directory: ."),
    (["explain", "x", "x=1", "--lang", "fr"], f"'fr' is none of {', '.join(LANGUAGES)}"),
    (["explain", "x", "x=1", "--svg", "x.svg", "--style", "circiut"], "did you mean 'circuit'?"),
    (["explain", "x", "x=1", "--direction", "up", "--svg", "x.svg"], "'up' is none of auto, right, down"),
    (
        ["explain", "x", "x=1", "--direction", "down", "--style", "circuit", "--svg", "x.svg"],
        "the style 'circuit' is drawn to the right alone",
    ),
    (["explain", "x", "x=1", "--screen", "tv", "--svg", "x.svg"], "'tv' is none of page, phone"),
    (["explain", "x", "x=1", "--around", "z", "--svg", "x.svg"], "no node named 'z' in this graph"),
    (["explain", "x", "x=1", "--depth", "-1", "--svg", "x.svg"], "Invalid value for '--depth'"),
    (["explain", "x", "x=1", "--animate", "--depth", "2", "--svg", "x.svg"], "--animate and --depth exclude each"),
    (["explain", "x", "x=1", "--screen", "phone"], "--screen: this is said of a picture; say where to write it"),
    (["explain", "x", "x=1", "--svg", "x.gif"], "x.gif: a picture that stands still is written as .svg"),
    (["explain", "x", "x=1", "--svg", "x.jpg"], "x.jpg: a picture is written as .svg, .png, .pdf, .gif, .webp, not as"),
    (["explain", "x", "x=1", "--style", "foo"], "'foo' is none of auto, card"),
    (["explain", "x", "x=1", "--style", "card"], "say where to write it with --svg"),
    (["explain", "x", "x=1", "--animate", "--svg", "x.png"], "x.png: a picture that moves is written as .svg, .gif"),
    (["explain", "x", "x=1", "--animate"], "say where to write it with --svg"),
    (["explain", "x", "x=1", "--theme", "pink"], "'pink' is none of auto, light, dark"),
    (["explain", "x", "x=1", "--animate", "--style", "circuit", "--svg", "x.svg"], "exclude each other"),
    (["explain", "x", "x=1", "--json", "--latex"], "--json and --latex exclude each other; choose one"),
    (["explain", "x", "x=1", "--markdown", "--latex"], "exclude each other"),
    (["explain", "--foo", "x"], "No such option: --foo"),
    (["play", "x", "x=1", "--out", "missing/p.html"], "there is no folder 'missing'"),
    (["play", "x", "x=1", "--lang", "de"], "'de' is none of"),
    (["play", "--file", "missing.txt"], "No such file"),
    (["playground", "--out", "missing/p.html"], "there is no folder 'missing'"),
    (["playground", "--out", "p.html", "--folder", "site"], "--out and --folder exclude each other"),
    (
        ["playground", "--folder", "site", "--pyodide", "missing"],
        "there is no folder missing; unpack the npm package",
    ),
    (["playground", "--lang", "fr"], "'fr' is none of"),
    (["quiz", "easyy"], "did you mean 'easy'?"),
    (["quiz", "--seed", "three"], "--seed"),
    (["quiz", "--count", "0", "--export", "s.html"], "--count"),
    (["quiz", "--export", ""], "is a folder"),
    (["quiz", "--page", "missing/q.html"], "there is no folder 'missing'"),
    (["quiz", "--page", "q.html", "--export", "s.html"], "--export and --page exclude each other"),
    (["quiz", "--lang", "fr"], "'fr' is none of"),
    (["lessons", "--playground"], "--playground is a part of --build"),
    (["lessons", "--build", "book", "--pyodide", "missing"], "--pyodide one of --playground"),
    (["lessons", "--lang", "fr"], "'fr' is none of"),
    (["lesson", "fanout"], "did you mean 'fan-out'?"),
    (["lesson", "fan-out", "--out", "missing/p.html"], "there is no folder 'missing'"),
    (["lesson", "fan-out", "--notebook", "."], "is a folder"),
    (["lesson", "fan-out", "--notebook", "a.ipynb", "--out", "a.html"], "--out and --notebook exclude each other"),
    (["lesson", "fan-out", "--lang", "fr"], "'fr' is none of"),
    (["explain", "x*x", "x="], "the value of 'x' must be a number, got ''"),
    (["check", "student.py", "--json", "missing/r.json"], "there is no folder 'missing'"),
    (["check", "student.py", "--html", "missing/r.html"], "there is no folder 'missing'"),
    (["ops", "tahn"], "no operation named 'tahn'; did you mean 'tanh'?"),
    (["train", "cats"], "'cats' is none of digits, moons, circles, spirals, xor, sine, names"),
    (["train", "digits", "--file", "lines.txt"], "--file is for names"),
    (["train", "names", "--file", "missing.txt"], "missing.txt cannot be read as text"),
    (["train", "names", "--file", os.devnull], "0 line(s) of text; two are needed"),
    (["train", "digits", "--page", "p.html"], "--page is for moons, circles, spirals, xor, sine"),
    (["train", "moons", "--page", "p.html", "--epochs", "3"], "--page and --epochs exclude each other"),
    (["train", "moons", "--page", "p.html", "--samples", "501"], "at most 500 points"),
    (["train", "moons", "--page", "p.html", "--seed", "-1"], "from 0 to 4294967295"),
    (["train", "names", "--page", "p.html", "--samples", "9"], "--page and --samples exclude each other"),
    (["train", "moons", "--page", "p.html", "--file", "l.txt"], "--file is for names"),
    (["train", "moons", "--lang", "fr"], "--lang"),
    (["train"], "Missing argument"),
    (["train", "moons", "--epochs", "-3"], "--epochs"),
    (["train", "moons", "--epochs", "0"], "--epochs"),
    (["train", "moons", "--samples", "-1"], "--samples"),
    (["train", "moons", "--seed", "x"], "--seed"),
    (["train", "moons", "--save", "missing/w.json"], "there is no folder 'missing'"),
    (["train", "digits", "--samples", "2000"], "there are 1797 images, asked for 2000"),
    (["trian", "moons"], "No such command"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG, ids=lambda x: " ".join(x) if isinstance(x, list) else "")
def test_a_wrong_input_ends_in_one_clear_message(arguments, message, refused):
    assert message in refused(*arguments)


def test_every_option_that_takes_a_value_has_a_wrong_one_in_the_table():
    free = {("play", "--title"), ("lessons", "--build"), ("playground", "--folder")}  # any text, any folder
    for name, command in typer.main.get_command(cli.app).commands.items():
        tried = {word for arguments, _ in WRONG if arguments[0] == name for word in arguments}
        for parameter in command.params:
            takes_value = parameter.param_type_name == "option" and not parameter.is_flag
            if takes_value and name != "check" and (name, parameter.opts[0]) not in free:
                assert tried & set(parameter.opts), (name, parameter.opts)


def test_a_formula_may_start_with_a_minus_sign():
    assert "−2" in run("explain", "-x*y", "x=1", "y=2")
    assert json.loads(run("explain", "-x", "x=1", "--json"))["gradients"] == {"x": -1.0}
    assert json.loads(run("explain", "-tanh(f) - h", "f=0", "h=1", "--json"))["gradients"] == {"f": -1.0, "h": -1.0}
    assert json.loads(run("explain", "-(-x)", "x=1", "--json"))["gradients"] == {"x": 1.0}


def test_short_options_with_their_value_attached_are_options_still(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.txt").write_text("x*x", encoding="utf-8")
    assert "∂y/∂x" in run("explain", "-ff.txt", "x=3")


ENCODINGS = ["ascii", "cp1252", "gbk"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    "arguments",
    [
        ["explain", "宽*x**2", "宽=2", "x=-1"], ["explain", "x*x", "x=1", "--lang", "zh"],
        ["explain", "宽*2", "宽=2", "--json"],
        ["explain", "x/3", "x=1", "--markdown"], ["ops"], ["ops", "--json"], ["lessons"], ["lessons", "--lang", "zh"],
        ["--help"], ["explain", "--help"], ["train", "moons", "--samples", "20", "--epochs", "1"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_every_command_prints_on_every_console(arguments, encoding):
    status, printed, told = on_console(arguments, encoding)
    assert (status, told) == (0, "") and printed
    if "--json" in arguments:
        assert json.loads(printed)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_encoding_of_the_console_is_that_of_the_process(encoding):
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    command = [sys.executable, "-m", "viz.cli", "explain", "宽*x**2", "宽=2", "x=-1"]
    done = subprocess.run(command, capture_output=True, env=environment)
    assert done.returncode == 0 and done.stderr == b""
    assert ("宽" in done.stdout.decode(encoding)) == (encoding == "gbk")


def test_a_closed_standard_input_is_told():
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m viz.cli explain - <&-"], capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 2
    assert done.stderr == "error: - reads the formula from standard input, which is closed\n"


def test_what_is_not_text_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.txt").write_bytes(b"x * \xff")
    assert "f.txt is not text in UTF-8: invalid start byte at byte 4" in run("explain", "--file", "f.txt", code=2)


def test_an_input_without_end_is_refused():
    done = subprocess.run(
        ["sh", "-c", f"yes 'x+' | {sys.executable} -m viz.cli explain -"], capture_output=True, text=True,
        encoding="utf-8", timeout=60,
    )  # fmt: skip
    assert done.returncode == 2 and done.stderr.startswith("error: the formula is longer than")


def test_a_reader_that_goes_away_is_no_error():
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m viz.cli ops --json | head -1"], capture_output=True, text=True,
        encoding="utf-8",
    )  # fmt: skip
    assert done.stdout == "[\n" and done.stderr == ""


def test_json_is_inert_and_exact_whatever_the_names(capsys, monkeypatch):
    print_json({"a\u202e\x9b": "宽\x1b"})
    printed = capsys.readouterr().out
    assert "\u202e" not in printed and "\x9b" not in printed and "宽" in printed
    assert json.loads(printed) == {"a\u202e\x9b": "宽\x1b"}


def test_ops_prints_the_rules_themselves():
    rows = {row["name"]: row for row in json.loads(run("ops", "--json"))}
    assert rows["tanh"]["local_gradients"] == ["∂/∂x = 1 / cosh(x)**2"]
    assert rows["log"]["domain"] == "x > 0"
    assert "gradient 0 at 0" in rows["relu"]["convention"]
    assert "leaky_relu" in run("ops", "leaky_relu")


def test_ops_knows_every_function_of_formulas():
    rows = {row["name"]: row for row in json.loads(run("ops", "--json"))}
    assert set(rows) == set(ops.FUNCTIONS)
    assert rows["polygamma"]["value"] == "polygamma(n, x)"
    assert "∂/∂x = polygamma(n + 1, x)" in rows["polygamma"]["local_gradients"]
    assert rows["log_base"]["value"] == "log_base(x, base) = log(x) / log(base)"
    assert rows["round"]["value"] == "round(x) = rint(x)"
    assert "polygamma(n, x)" in run("ops", "polygamma")


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
    printed = run("train", "digits", "--eager", "--samples", "200", "--epochs", "3")
    assert "MLP(64 → 16 → 10) on 150 digits" in printed
    accuracy = float(printed.split("held-out accuracy: ")[1].split("%")[0])
    assert accuracy > 50


def test_all_digits_are_learned_to_97_percent():
    pytest.importorskip("sklearn")
    printed = run("train", "digits")
    assert "on 1348 digits, tested on 449 others" in printed
    assert float(printed.split("held-out accuracy: ")[1].split("%")[0]) >= 97.0


def test_a_gpt_learns_the_lines_of_a_file_and_writes_new_ones(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text("\n".join(a + b + a for a in "kmnprst" for b in "aeiou") + "\n\n  kak \n", encoding="utf-8")
    options = ["--samples", "8", "--epochs", "2", "--seed", "1", "--save", str(tmp_path / "gpt.json")]
    printed = run("train", "names", "--file", str(path), *options)
    assert "on 31 lines of 12 characters, tested on 4 others" in printed  # kak once
    table, written = printed.split("new lines:")
    losses = [float(line.split()[-1]) for line in table.splitlines() if re.search(r"\d\.\d{4} *$", line)]
    assert len(losses) == 4 and losses[0] > losses[1]  # two epochs, letters alone, pairs
    assert set("".join(written.split("parameters")[0].split())) <= set("kmnprstaeiou")
    assert run("train", "names", "--file", str(path), *options) == printed
    assert (tmp_path / "gpt.json").is_file()


def test_a_gpt_learns_names_node_by_node_too():
    pytest.importorskip("faker")
    printed = run("train", "names", "--eager", "--samples", "8")
    assert "GPT(4192 parameters) on 57 lines of 26 characters, tested on 7 others" in printed
    names = [line for line in printed.split("new lines:\n")[1].splitlines() if line]
    assert len(names) == 8 and all(name.isascii() and name.isalpha() and name.islower() for name in names)


@pytest.mark.parametrize(("what", "packages"), [("digits", ["sklearn", "sklearn.datasets"]), ("names", ["faker"])])
def test_without_its_data_training_names_the_line_to_install(what, packages):
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({packages})); "
        f"sys.argv = ['autograd-lite', 'train', {what!r}]; from viz.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 2
    assert 'pip install "autograd-lite[data]"' in done.stderr


def test_the_command_says_its_version():
    assert run("--version") == f"autograd-lite {autograd_lite.__version__}\n"


def test_help_is_there_for_every_command():
    for command in ("explain", "ops", "train"):
        assert "Usage" in run(command, "--help")


def test_a_formula_may_follow_two_dashes():
    with_dashes = run("explain", "--", "-x+1", "x=2")
    assert with_dashes == run("explain", "-x+1", "x=2") and "−1" in with_dashes
