"""The conformance kit finds every planted bug, names micrograd's faults, and leaves right engines alone."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
import warnings
import xml.etree.ElementTree as ElementTree
from itertools import islice
from pathlib import Path

import pytest

from autograd_lite import explain, parse
from autograd_lite.testing import check, sandbox
from autograd_lite.testing.adapter import Engine, load
from autograd_lite.testing.comparing import Tolerance, diagnosis
from autograd_lite.testing.profiles import REQUIRED, chosen
from autograd_lite.testing.worker import outcome
from tests.mutants import MUTATIONS, source
from tests.right_engines import ENGINES, WRONG, wrong
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


def judge(spec: str, profile: str, adapter: str = ""):
    """Return what came of each required behaviour, one after the other, in this process."""
    checked = load(spec, adapter=adapter)
    for each in chosen(profile):
        if each.required:
            with warnings.catch_warnings():  # as in a process of its own, where nobody turns them into errors
                warnings.simplefilter("ignore")
                result = outcome(lambda each=each: each.check(checked), 2**30)
            yield each.name, result


def written(tmp_path, engine) -> tuple[str, str]:
    """Write an engine to a file; return how it is named, and its adapter."""
    pytest.importorskip(engine.needs or "math")
    path = tmp_path / "student.py"
    path.write_text(engine.text, encoding="utf-8")
    return f"{path}:Value", str(path) if engine.adapter else ""


@pytest.mark.parametrize("name", ENGINES)
def test_a_right_engine_of_any_make_passes(name, tmp_path):
    engine = ENGINES[name]
    spec, adapter = written(tmp_path, engine)
    profile = "lecture" if engine.profile == "lecture" else "basic"
    found = dict(judge(spec, profile, adapter))
    assert {name: r["message"] for name, r in found.items() if r["status"] == "failed"} == {}
    assert sum(r["status"] == "passed" for r in found.values()) > len(found) / 3
    assert found["random graphs"]["status"] == "passed"


@pytest.mark.parametrize("name", ["NumPy arrays without axes", "NumPy float32", "gradients made when needed"])
def test_a_right_engine_of_another_make_passes_the_full_profile_in_a_process_of_its_own(name, tmp_path):
    spec, adapter = written(tmp_path, ENGINES[name])
    report = check(spec, adapter=adapter, profile="full")
    assert report.passed, report.to_text()
    single = "single precision (float32)" in report.to_text() and "single" in json.loads(report.to_json())["notes"][0]
    assert single == ("float32" in name)


@pytest.mark.parametrize("profile", ["lecture", "full"])
def test_what_half_precision_cannot_tell_fails_no_engine(profile, tmp_path):
    spec, _ = written(tmp_path, ENGINES["NumPy float16"])
    report = check(spec, profile=profile, require=["depth 100000"])
    assert {r.name for r in report.results if r.status == "failed"} == {"node exponent"}  # which it does not have
    assert report.passed, report.to_text()
    assert "half precision (float16): they are held to about 2 digits" in report.to_text()
    assert "not checked: a chain of 100 000 operations: the engine's numbers have too few digits" in report.to_text()


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_engine_of_any_make_fails(name, tmp_path):
    spec, adapter = written(tmp_path, wrong(name))
    profile = "lecture" if wrong(name).profile == "lecture" else "basic"
    assert any(result["status"] == "failed" for _, result in judge(spec, profile, adapter))


def test_there_are_right_engines_of_a_dozen_makes_and_wrong_ones_of_fifty():
    assert len(ENGINES) >= 12 and len(WRONG) + len(MUTATIONS) >= 50


ENDS_THE_PROCESS = {"an endless loop", "a crash", "a killed process", "a list without end", "a huge allocation"}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_planted_bug_is_caught(name, tmp_path):
    spec = engine(tmp_path, name)
    if name in ENDS_THE_PROCESS:
        assert not check(spec, seconds=1.0, memory=1.0, profile="lecture").passed
        return
    found = (result for _, result in judge(spec, "basic") if result["status"] == "failed")
    failed = list(islice(found, 3))  # more would find the same again, after a long search
    assert failed
    for result in failed:
        if result["evidence"]:
            assert len(result["evidence"]["nodes"]) <= 8
            ElementTree.fromstring(marked(result["evidence"]))


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


def test_nothing_traces_an_engine_while_its_smallest_wrong_graph_is_looked_for(tmp_path, monkeypatch):
    tracers, run = [], Engine.run
    monkeypatch.setattr(Engine, "run", lambda *given: tracers.append(sys.gettrace()) or run(*given))
    assert dict(judge(engine(tmp_path, "tanh forgets the square"), "basic"))["random graphs"]["status"] == "failed"
    assert set(tracers) == {sys.gettrace()}


def test_a_part_of_zero_is_told_without_a_sign():
    e = explain(parse("u = x*a; w = x*b; y = u - w").graph(x=2.0, a=3.0, b=0.0))
    step = next(step for step in e.forward if step.name == "x")
    assert diagnosis(e, step, 7.0, Tolerance())[0] == ": it is the sum 0 through w + 3 through u"


def test_micrograd_passes_the_profile_of_the_lectures_and_its_faults_are_told():
    pytest.importorskip("micrograd")
    report = check("micrograd.engine:Value", profile="lecture")
    assert report.passed and "✓ 30 passed, 5 failed (none of them required)" in report.to_text()
    assert "a second backward() adds exactly the same  (told, not required)" in report.to_text()
    assert "told, not required" in to_page(report)


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
        ("an endless loop", "operation tanh", "has used 1 seconds of processor time"),
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
        "does not show its number under data or value or val; say where in an adapter file",
        "does not show its number under data or value or val; say where in an adapter file; "
        "without mul there is no graph to check",
    }
    assert not without.passed  # where nothing can be seen, nothing is right
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
        ("while True: pass", "has used 1 seconds of processor time and is not done: an endless loop?"),
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
    with pytest.raises(ValueError, match="no profile 'all'; there are lecture, basic, full, or the name of a file"):
        check("autograd_lite:Value", profile="all")
    with pytest.raises(ValueError, match="no behaviour named dimond"):
        check("autograd_lite:Value", only=["dimond"])


@pytest.mark.parametrize("limit", ["seconds", "memory"])
@pytest.mark.parametrize("x", [float("inf"), float("nan"), 0.0, -1.0, "3", None, True, 1e300])
def test_a_limit_that_is_none_is_refused(limit, x):
    with pytest.raises(ValueError, match=rf"^{limit} must be a number from .* got {re.escape(repr(x))}$"):
        check("autograd_lite:Value", **{limit: x})


@pytest.mark.parametrize("option", ["--seconds", "--memory"])
@pytest.mark.parametrize("x", ["inf", "nan", "0", "-3", "soon"])
def test_the_command_refuses_a_limit_that_is_none(option, x, monkeypatch, capsys):
    from viz import cli

    monkeypatch.setattr(sys, "argv", ["autograd-lite", "check", "autograd_lite:Value", option, x])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2 and option.strip("-") in capsys.readouterr().err


# ---------------------------------------------------------------- what is required


def required(**asked) -> set[str]:
    return {each.name for each in chosen(**asked) if each.required}


def test_a_profile_requires_what_it_names_and_the_next_one_more():
    assert REQUIRED["basic"] - REQUIRED["lecture"] == {
        "second backward", "depth 2000", "with numbers 2 - x", "with numbers 2 / x"
    }  # fmt: skip
    assert REQUIRED["basic"] < REQUIRED["full"]
    assert all(required(profile=name) == REQUIRED[name] for name in REQUIRED)
    assert {each.name for each in chosen("lecture")} == {each.name for each in chosen("basic")}


def test_names_and_patterns_are_required_and_skipped():
    assert required(require=["operation erf"]) == REQUIRED["basic"] | {"operation erf"}
    assert required(skip=["with numbers*", "fan-out a * a"]) == {
        name for name in REQUIRED["basic"] if not name.startswith("with") and name != "fan-out a * a"
    }
    assert "loads" in required(skip=["*"])


def test_a_file_is_a_profile(tmp_path):
    rules = tmp_path / "rules.txt"
    rules.write_text("# first week\noperation add\noperation mul  # not more\n\nfan-out*\n", encoding="utf-8")
    mine = {"loads", "operation add", "operation mul", "fan-out a + a", "fan-out a * a"}
    assert required(profile=str(rules)) == mine
    rules.write_text("lecture\noperation tanh\n", encoding="utf-8")
    assert required(profile=str(rules)) == REQUIRED["lecture"]
    assert [each.name for each in chosen(str(rules)) if each.named] == ["operation tanh"]
    rules.write_text("operation tahn\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"rules\.txt: no behaviour named operation tahn; did you mean"):
        chosen(str(rules))


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"profile": "lectre"}, "no profile 'lectre'; did you mean 'lecture'"),
        ({"require": ["diamant"]}, "no behaviour named diamant"),
        ({"skip": ["dimond"]}, "no behaviour named dimond; did you mean 'diamond'"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(asked, message):
    with pytest.raises(ValueError, match=message):
        check("autograd_lite:Value", **asked)
    with pytest.raises(TypeError, match=r"write \['diamond'\]"):
        check("autograd_lite:Value", skip="diamond")


def test_to_lack_what_is_required_by_name_is_to_fail(tmp_path):
    spec, _ = written(tmp_path, ENGINES["closures"])
    only = ["operation tanh", "operation exp"]
    assert check(spec, only=only).passed
    report = check(spec, only=only, require=["operation exp"])
    (exp,) = [r for r in report.results if r.name == "operation exp"]
    assert not report.passed and exp.message == "has no exp, and it is required"
    skipped = check(spec, only=only, skip=["operation exp"])
    assert skipped.passed and [r.required for r in skipped.results] == [True, False, True]


# ---------------------------------------------------------------- limits hold, whatever an engine does


def test_waiting_is_not_an_endless_loop(tmp_path):
    slow = source("").replace("y = math.tanh(self.data)\n", "import time; time.sleep(0.4); y = math.tanh(self.data)\n")
    (tmp_path / "engine.py").write_text(slow, encoding="utf-8")
    assert check(f"{tmp_path / 'engine.py'}:Value", only=["operation tanh"], seconds=1.0).passed


def test_a_right_engine_passes_on_a_busy_machine(tmp_path):
    """Its time is that of the processor: six loops beside it make one second of it last three by the clock."""
    busy = "import time; begun = time.process_time()\n        while time.process_time() < begun + 0.3: pass\n        "
    (tmp_path / "engine.py").write_text(source("").replace("y = math.tanh", busy + "y = math.tanh"), encoding="utf-8")
    command = [sys.executable, "-c", "import time; end = time.time() + 60\nwhile time.time() < end: pass"]
    loops = [subprocess.Popen(command) for _ in range(6)]
    try:
        report = check(f"{tmp_path / 'engine.py'}:Value", only=["operation tanh"], seconds=2.5)
    finally:
        for each in loops:
            each.kill()
            each.wait()
    assert report.passed, report.to_text()


def test_one_that_waits_for_ever_is_ended_by_the_clock(tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox, "AT_LEAST", 1.0)
    waits = source("").replace("y = math.tanh", "import time; time.sleep(1000); y = math.tanh")
    (tmp_path / "engine.py").write_text(waits, encoding="utf-8")
    report = check(f"{tmp_path / 'engine.py'}:Value", only=["operation tanh", "diamond"], seconds=0.5)
    statuses = {r.name: (r.status, r.message) for r in report.results}
    assert statuses["diamond"][0] == "passed"
    assert "is not done after 2 seconds by the clock, though it has not" in statuses["operation tanh"][1]


FORKS = """
import subprocess, sys, os
{how}
open({file!r}, "a").write(str(child) + "\\n")
"""


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs Linux: elsewhere the process group ends")
@pytest.mark.parametrize(
    "how",
    [
        "child = subprocess.Popen([sys.executable, '-c', 'while True: pass'], start_new_session=True).pid",
        "child = os.fork()\nif not child:\n    os.setsid()\n    while True: pass",
        "child = os.fork()\nif not child:\n    os.setsid()\n    child = os.fork() or os.getpid()\n    while True: pass",
    ],
)
@pytest.mark.parametrize("after", ["", "os._exit(3)", "os.kill(os.getpid(), 9)", "while True: pass"])
def test_no_process_that_an_engine_starts_outlives_the_check(how, after, tmp_path):
    pids = tmp_path / "pids"
    text = FORKS.format(how=how, file=str(pids)) + f"{after}\n" + source("")
    (tmp_path / "engine.py").write_text(text, encoding="utf-8")
    report = check(f"{tmp_path / 'engine.py'}:Value", only=["operation add"], seconds=1.0)
    assert report.passed == (not after)
    begun = time.monotonic()
    for pid in pids.read_text().split():
        with pytest.raises(ProcessLookupError):
            while time.monotonic() < begun + 5.0:  # what is killed takes a moment to end on a busy machine
                still_running(int(pid))


def still_running(pid: int) -> None:
    """Raise ProcessLookupError if a process has ended, be it that nobody has asked yet how."""
    status = Path(f"/proc/{pid}/stat")
    if not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z":
        raise ProcessLookupError(pid)


@pytest.mark.skipif(not hasattr(signal, "SIGPROF"), reason="needs a system that forks")
def test_a_fork_that_comes_back_reports_nothing_twice(tmp_path):
    text = source("").replace("y = math.tanh(self.data)\n", "import os; os.fork(); y = math.tanh(self.data)\n")
    (tmp_path / "engine.py").write_text(text, encoding="utf-8")
    report = check(f"{tmp_path / 'engine.py'}:Value", only=["operation tanh", "diamond", "operation add"])
    assert [r.status for r in report.results] == ["passed"] * 4


REPORT = "[n for n in range(3, 99) if 'pipe:' in os.path.realpath(f'/proc/self/fd/{n}')]"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("import json; json.dumps = lambda *a, **k: 'nonsense'", ""),
        ("import json; json.JSONEncoder.encode = lambda *a: 1 / 0", ""),
        ("print('{\"done\": 1}'); import sys; sys.stderr.write('x'); sys.stdout.flush()", ""),
        (f"import os; [os.write(n, b'garbage') for n in {REPORT}]", "writes where only the check may write: 'garbage"),
        (
            f"import os; [os.write(n, b'{{}}\\n[[[\\n') for n in {REPORT}]",
            "may write: '{}'",
        ),
        (f"import os; [os.write(n, bytes(range(256))) for n in {REPORT}]", "writes where only the check may write"),
        (f"import os; [os.close(n) for n in {REPORT}]", "ended the whole process"),
        (f"import os; [os.close(n) for n in {REPORT}]\n        while True: pass", ""),
        ("import os; os._exit(0)", "ended the whole process (exit status 0)"),
        ("import sys; sys.exit(4)", "raises SystemExit: 4 (engine.py, line"),
        ("raise KeyboardInterrupt", "raises KeyboardInterrupt (engine.py, line"),
        ("raise type('Stop', (BaseException,), {})('now')", "raises Stop: now (engine.py, line"),
        ("raise type('E', (Exception,), {'__str__': lambda self: 1 / 0})", "raises E: (its text cannot be had"),
        ("raise ValueError(chr(27) + '[31m' + chr(0xd800))", r"raises ValueError: \x1b[31m\ud800 (engine.py"),
        ("raise ValueError('x' * 10**6)", "raises ValueError: xxx"),
        ("self.data = 'three'", "raises TypeError"),
    ],
)
def test_whatever_an_engine_does_to_the_report_is_told(line, message, tmp_path):
    if "/proc" in line and not Path("/proc/self/fd").exists():
        pytest.skip("needs Linux, to find the descriptor")
    text = source("").replace(
        "        y = math.tanh(self.data)\n", f"        {line}\n        y = math.tanh(self.data)\n"
    )
    (tmp_path / "engine.py").write_text(text, encoding="utf-8")
    report = check(f"{tmp_path / 'engine.py'}:Value", only=["operation tanh", "diamond"], seconds=1.0)
    statuses = {r.name: (r.status, r.message) for r in report.results}
    assert statuses["diamond"] == ("passed", "")
    expected = "passed" if "json" in line or "print" in line else "failed"
    assert statuses["operation tanh"][0] == expected and message in statuses["operation tanh"][1]
    assert len(statuses["operation tanh"][1]) < 2200
    json.loads(report.to_json().encode("utf-8"))
    to_page(report).encode("utf-8")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("self.data, self.grad = data, 0.0", "self.data, self.grad = [data], 0.0", "number of a node is no number"),
        (
            "parent.grad += node.grad * local",
            "parent.grad = 'much'",
            "gradient of a node is no number: expected a number",
        ),
    ],
)
def test_what_is_no_number_is_told_in_words(old, new, message, tmp_path):
    (tmp_path / "engine.py").write_text(source("").replace(old, new), encoding="utf-8")
    found = check(f"{tmp_path / 'engine.py'}:Value", only=["operation add"]).results[-1]
    assert found.status == "failed" and message in found.message


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
