"""The conformance kit finds every planted bug, names micrograd's faults, and leaves right engines alone."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

import pytest

from autograd_lite.testing import check
from tests.mutants import MUTATIONS, source
from viz.conformance import marked, to_page


def engine(tmp_path, name: str) -> str:
    path = tmp_path / "engine.py"
    path.write_text(source(name), encoding="utf-8")
    return f"{path}:Value"


def test_right_engines_pass(tmp_path):
    report = check(engine(tmp_path, ""), profile="full")
    assert report.passed and report.count("failed") == 0, report.to_text()
    own = check("autograd_lite:Value", profile="full")
    assert own.passed and own.count("passed") == len(own.results), own.to_text()


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_planted_bug_is_caught(name, tmp_path):
    report = check(engine(tmp_path, name), seconds=2.0, memory=1.0)
    assert not report.passed
    for result in report.results:
        if result.status == "failed" and result.evidence:
            assert len(result.evidence["nodes"]) <= 8
            ElementTree.fromstring(marked(result.evidence))


def test_the_smallest_graph_and_its_first_wrong_node_are_named(tmp_path):
    report = check(engine(tmp_path, "tanh forgets the square"), only=["random graphs"])
    result = report.results[-1]
    local = result.evidence["wrong_local"]
    assert (local["operation"], local["parent"]) == ("tanh", "x1")
    assert "wrong local gradient: ∂y/∂x1 of tanh: expected" in report.to_text()
    assert "local gradient" in result.message and "tanh" in result.message
    assert result.evidence["formula"].count("=") <= 2
    page = to_page(report)
    assert page.count("<svg") == 1
    assert page.count('stroke="#C62828" stroke-width="3"') == 2  # the node, and the local gradient on its way
    assert page.count(">found ") == 2


def test_micrograds_faults_are_found_and_named():
    pytest.importorskip("micrograd")
    report = check("micrograd.engine:Value", profile="full")
    failed = {r.name: r.message for r in report.results if r.status == "failed"}
    assert not report.passed
    assert "counted inner nodes again" in failed["second backward"]
    assert "RecursionError" in failed["depth 2000"]
    assert "should be 3" in failed["leaf changed"]
    assert "only supporting int/float powers" in failed["node exponent"]
    assert "a · a has recorded 1 operand, should be 2" in failed["repeated operand"]
    assert set(failed) == {
        "second backward", "repeated operand", "depth 2000", "depth 100000", "leaf changed", "node exponent"
    }  # fmt: skip
    (second,) = [r for r in report.results if r.name == "second backward"]
    assert "x.grad is 32, should be 24" in second.message
    (x,) = [node for node in second.evidence["nodes"] if node["name"] == "x"]
    assert (x["expected"], x["found"]) == (24.0, 32.0)


@pytest.mark.parametrize(
    ("name", "operation", "message"),
    [
        ("an endless loop", "operation tanh", "still running after 1 seconds"),
        ("a crash", "operation sqrt", "ended the whole process (exit status 3)"),
        ("a killed process", "operation sqrt", "crashed the whole process (SIGKILL)"),
        ("a huge allocation", "operation exp", "needs more than 0.5 GB of memory"),
        ("a list without end", "operation exp", "needs more than 0.5 GB of memory"),
    ],
)
def test_time_crash_and_memory_are_results_and_the_rest_goes_on(name, operation, message, tmp_path):
    if name == "a killed process" and not hasattr(signal, "SIGKILL"):
        message = "ended the whole process"
    seconds = 1.0 if name == "an endless loop" else 30.0
    report = check(engine(tmp_path, name), seconds=seconds, memory=0.5, only=[operation, "fan-out a * a", "diamond"])
    statuses = {r.name: (r.status, r.message) for r in report.results}
    assert statuses["diamond"] == statuses["loads"] == ("passed", "")
    assert statuses[operation][0] == "failed" and message in statuses[operation][1]


def test_what_an_engine_lacks_is_said_and_is_no_failure(tmp_path):
    (tmp_path / "engine.py").write_text(source("").replace("def sin", "def _sin"), encoding="utf-8")
    report = check(f"{tmp_path / 'engine.py'}:Value", only=["operation sin", "operation add", "operation mul"])
    assert report.passed and [r.message for r in report.results if r.status == "unsupported"] == ["has no sin"]


def test_an_adapter_says_how_to_use_an_engine_with_other_names(tmp_path):
    odd = source("").replace("self.data", "self.x").replace(".data", ".x").replace(".grad", ".slope")
    (tmp_path / "odd.py").write_text(odd, encoding="utf-8")
    (tmp_path / "face.py").write_text(
        "def value(node): return node.x\ndef gradient(node): return node.slope\n"
        "def zero_grad(node): node.slope = 0.0\n",
        encoding="utf-8",
    )
    spec = f"{tmp_path / 'odd.py'}:Value"
    without = check(spec, only=["inner gradients", "operation mul"])
    assert {r.message for r in without.results if r.name != "loads"} == {
        "does not show its number under data or value or val; say where in an adapter file"
    }
    assert check(spec, adapter=str(tmp_path / "face.py")).passed


@pytest.mark.parametrize(
    ("spec", "adapter", "message"),
    [
        ("no_such_module:Value", "", "no module no_such_module; for a file write its path"),
        ("/nowhere/x.py:V", "", "no file /nowhere/x.py"),
        ("autograd_lite:Value", "/nowhere/face.py", "no file /nowhere/face.py"),
        ("autograd_lite:Value", "BROKEN", "the adapter .* cannot be loaded: ZeroDivisionError"),
    ],
)
def test_a_name_that_leads_nowhere_is_the_mistake_of_who_checks(spec, adapter, message, tmp_path):
    if adapter == "BROKEN":
        adapter = str(tmp_path / "face.py")
        (tmp_path / "face.py").write_text("1 / 0", encoding="utf-8")
    with pytest.raises(ImportError, match=message):
        check(spec, adapter=adapter)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("while True: pass", "still running after 1 seconds: an endless loop?"),
        ("import os; os._exit(0)", "ended the whole process (exit status 0)"),
        ("import sys; sys.exit('bye')", "raises SystemExit: bye (student.py, line 1)"),
        ("def f(:", "is not Python: invalid syntax (student.py, line 1)"),
        (
            "import missing_library",
            "raises ModuleNotFoundError: No module named 'missing_library' (student.py, line 1)",
        ),
        ("\n1 / 0", "raises ZeroDivisionError: division by zero (student.py, line 2)"),
        ("name = input('your name? ')", "raises EOFError: EOF when reading a line (student.py, line 1)"),
        ("x = [0] * 10**10", "needs more than 0.5 GB of memory"),
        ("class Number: pass", "has no class Value; it has Number"),
        ("", "has no class Value; it has nothing"),
    ],
)
def test_a_file_that_does_not_load_is_a_result_that_says_why(source, message, tmp_path):
    (tmp_path / "student.py").write_text(source, encoding="utf-8")
    seconds = 1.0 if "while" in source else 30.0
    report = check(f"{tmp_path / 'student.py'}:Value", seconds=seconds, memory=0.5)
    assert [(r.name, r.status) for r in report.results] == [("loads", "failed")] and not report.passed
    assert message in report.results[0].message


def test_what_the_checked_code_prints_or_starts_is_no_part_of_the_report(tmp_path):
    noisy = source("") + '\nimport subprocess, sys\nprint(\'{"done": "loads"}\')\n'
    noisy += "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    (tmp_path / "noisy.py").write_text(noisy, encoding="utf-8")
    begun = time.perf_counter()
    assert check(f"{tmp_path / 'noisy.py'}:Value", only=["operation add"]).passed
    assert time.perf_counter() - begun < 30.0


def test_an_error_inside_an_operation_is_a_failure_with_its_line_and_not_a_gap(tmp_path):
    report = check(engine(tmp_path, "cos has a slip of the pen"), only=["operation cos"])
    assert (
        "raises AttributeError: 'Value' object has no attribute 'dta' (engine.py, line " in report.results[-1].message
    )
    report = check(engine(tmp_path, "exp returns nothing"), only=["operation exp"])
    assert report.results[-1].message == "exp returns None; is a return missing?"
    report = check(engine(tmp_path, "tanh returns a plain number"), only=["operation tanh"])
    assert "returns a plain number, not a node" in report.results[-1].message


def test_functions_imported_for_their_own_use_are_none_of_the_engines(tmp_path):
    (tmp_path / "engine.py").write_text("from math import hypot, log1p\n" + source(""), encoding="utf-8")
    report = check(f"{tmp_path / 'engine.py'}:Value", only=["operation log1p", "operation hypot"])
    assert [r.status for r in report.results] == ["passed", "unsupported", "unsupported"]


def test_an_engine_without_division_is_not_asked_for_numbers_beside_it(tmp_path):
    without = source("").replace("__truediv__", "_div").replace("__rtruediv__", "_rdiv").replace("/ self", "+ self")
    (tmp_path / "engine.py").write_text(without, encoding="utf-8")
    names = ["operation div", "with numbers 2 / x", "with numbers x / 2", "with numbers 2 * x"]
    report = check(f"{tmp_path / 'engine.py'}:Value", only=names)
    assert report.passed and {r.name: r.status for r in report.results if r.status != "passed"} == dict.fromkeys(
        names[:3], "unsupported"
    )
    assert "– not offered, not checked: div\n" in report.to_text()


def test_an_engine_of_functions_is_checked_through_its_adapter(tmp_path):
    (tmp_path / "face.py").write_text(
        "from autograd_lite import TABLE, ops, gradient, Value\n"
        "def make(x): return {'node': Value(x)}\n"
        "def value(node): return node['node'].data\n"
        "def gradient(node): return node['node'].grad\n"
        "def backward(node): node['node'].backward()\n"
        "def zero_grad(node): node['node'].grad = 0.0\n"
        "def apply(name, *operands):\n"
        "    nodes = [x['node'] if isinstance(x, dict) else x for x in operands]\n"
        "    rule = ops.power(float(name[4:-1])) if name.startswith('pow[') else TABLE[name]\n"
        "    return {'node': rule(*nodes)}\n",
        encoding="utf-8",
    )
    report = check("autograd_lite:Value", adapter=str(tmp_path / "face.py"))
    assert report.passed, report.to_text()
    assert next(r for r in report.results if r.name == "random graphs").status == "passed"


def test_wrong_questions_are_refused():
    with pytest.raises(ValueError, match="no profile 'all'; there are basic and full"):
        check("autograd_lite:Value", profile="all")
    with pytest.raises(ValueError, match="no behaviour named dimond"):
        check("autograd_lite:Value", only=["dimond"])


def test_the_plugin_checks_the_engine_that_pytest_is_given(tmp_path):
    def run(name: str) -> subprocess.CompletedProcess[str]:
        options = ["--autograd-engine", engine(tmp_path, name), "--pyargs", "autograd_lite.testing", "-rs"]
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, encoding="utf-8", cwd=tmp_path)

    good = run("")
    assert good.returncode == 0 and "failed" not in good.stdout, good.stdout
    bad = run("= for +=")
    assert bad.returncode == 1 and "only one use was counted" in bad.stdout


def test_the_command_writes_both_reports_and_its_status_is_the_verdict(tmp_path):
    def run(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "viz.cli", "check", engine(tmp_path, name), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, encoding="utf-8")

    good = run("")
    assert good.returncode == 0, good.stdout
    bad = run("= for +=", "--json", str(tmp_path / "r.json"), "--html", str(tmp_path / "r.html"))
    assert bad.returncode == 1 and "only one use was counted" in bad.stdout
    data = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    names = [result["name"] for result in data["results"]]
    assert names[0] == "loads" and len(names) == len(set(names)) == sum(data["counts"].values())
    assert set(data["results"][0]) == {"name", "title", "required", "status", "message", "evidence"}
    evidence = next(r["evidence"] for r in data["results"] if r["name"] == "fan-out a * a")
    assert list(evidence) == ["formula", "point", "seed", "first_wrong", "wrong_local", "nodes"]
    assert evidence["nodes"] == [
        {"name": "a", "value": 3.0, "found_value": 3.0, "expected": 6.0, "found": 3.0},
        {"name": "y", "value": 9.0, "found_value": 9.0, "expected": 1.0, "found": 1.0},
    ]
    assert data["format"] == 1 and data["passed"] is False and data["counts"]["failed"] > 2
    assert "<svg" in (tmp_path / "r.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "behaviour", "status", "message"),
    [
        (
            "return Value(math.sin(self.data),",
            "raise NotImplementedError  #",
            "operation sin",
            "unsupported",
            "has no sin",
        ),
        (
            "y = math.tanh(self.data)",
            "y = math.tanh(self)",
            "operation tanh",
            "failed",
            "raises TypeError: must be real",
        ),
        ("def exp(self)", "def exp(self, base)", "operation exp", "unsupported", "has no exp"),
        ("    def exp(self)", "    def zero_grad(self): self.grad = 0.0\n    def exp(self)", "zero_grad", "passed", ""),
        (
            "    def exp(self)",
            "    def zero_grad(self): pass\n    def exp(self)",
            "zero_grad",
            "failed",
            "after zero_grad",
        ),
        (
            "self.grad = 1.0 if self.parents",
            "self.grad = 3.0 if self.parents",
            "inner gradients",
            "failed",
            "y.grad is 3, should be 1: the output's gradient must start at 1",
        ),
    ],
)
def test_one_way_of_an_engine_is_one_result(old, new, behaviour, status, message, tmp_path):
    assert old in source("")
    (tmp_path / "engine.py").write_text(source("").replace(old, new), encoding="utf-8")
    result = check(f"{tmp_path / 'engine.py'}:Value", only=[behaviour]).results[-1]
    assert result.status == status and message in result.message
