"""The conformance kit finds every planted bug, names micrograd's faults, and leaves right engines alone."""

from __future__ import annotations

import json
import subprocess
import sys
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
    report = check(engine(tmp_path, name), seconds=2.0)
    assert not report.passed
    for result in report.results:
        if result.status == "failed" and result.evidence:
            assert len(result.evidence["nodes"]) <= 8
            ElementTree.fromstring(marked(result.evidence))


def test_the_smallest_graph_and_its_first_wrong_node_are_named(tmp_path):
    report = check(engine(tmp_path, "tanh forgets the square"), only=["random graphs"])
    (result,) = report.results
    assert "local gradient" in result.message and "tanh" in result.message
    assert result.evidence["formula"].count("=") <= 2
    page = to_page(report)
    assert page.count("<svg") == 1 and 'stroke="#C62828" stroke-width="4"' in page


def test_micrograds_faults_are_found_and_named():
    pytest.importorskip("micrograd")
    report = check("micrograd.engine:Value", profile="full")
    failed = {r.name: r.message for r in report.results if r.status == "failed"}
    assert not report.passed
    assert "counted inner nodes again" in failed["second backward"]
    assert "RecursionError" in failed["depth 2000"]
    assert "should be 3" in failed["leaf changed"]
    assert "only supporting int/float powers" in failed["node exponent"]
    assert {"second backward", "depth 2000", "depth 100000", "leaf changed", "node exponent"} == set(failed)


def test_time_crash_and_memory_are_results_and_the_rest_goes_on(tmp_path):
    for name, operation, message in (
        ("an endless loop", "operation tanh", "still running after 1 seconds"),
        ("a crash", "operation sqrt", "crashed (exit status 3)"),
        ("a huge allocation", "operation exp", "memory"),
    ):
        report = check(engine(tmp_path, name), seconds=1.0, only=[operation, "fan-out a * a", "diamond"])
        statuses = {r.name: (r.status, r.message) for r in report.results}
        assert statuses["diamond"] == ("passed", "")
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
    without = check(spec, only=["operation mul"])
    assert not without.passed and "adapter" in without.results[0].message
    assert check(spec, adapter=str(tmp_path / "face.py")).passed


@pytest.mark.parametrize(
    ("spec", "message"),
    [("no_such_module:Value", "No module"), ("math:Value", "no class Value"), ("/nowhere/x.py:V", "no file")],
)
def test_an_engine_that_cannot_be_loaded_is_a_clear_error(spec, message):
    with pytest.raises(ImportError, match=message):
        check(spec)


def test_the_command_writes_both_reports_and_its_status_is_the_verdict(tmp_path):
    def run(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "viz.cli", "check", engine(tmp_path, name), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, encoding="utf-8")

    good = run("")
    assert good.returncode == 0, good.stdout
    bad = run("= for +=", "--json", str(tmp_path / "r.json"), "--html", str(tmp_path / "r.html"))
    assert bad.returncode == 1 and "only one use was counted" in bad.stdout
    data = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert data["format"] == 1 and data["passed"] is False and data["counts"]["failed"] > 2
    assert "<svg" in (tmp_path / "r.html").read_text(encoding="utf-8")
