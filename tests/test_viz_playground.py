"""The playground: what its tabs answer, what goes into the page, and the page itself in a real browser, from disk."""

from __future__ import annotations

import ast
import gzip
import io
import json
import math
import os
import re
import subprocess
import sys
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any, ClassVar
from urllib.parse import parse_qs

import pytest

import viz.book.book
import viz.playground.page
from autograd_lite import formula as formula_module
from autograd_lite import parse
from tests.browser import chromium, opened, violations
from viz.book import lesson, render
from viz.cli.lessons import lessons_command
from viz.pictures import drawing
from viz.playground import bundle as bundle_module
from viz.playground import pyodide as npm
from viz.playground.ahead import compiled_ahead
from viz.playground.bundle import packages
from viz.playground.bytecode import with_bytecode
from viz.playground.examples import FORMULAS, PROGRAMS
from viz.playground.formula_tab import formula_tab
from viz.playground.inside import answer
from viz.playground.page import SCRIPT, write_playground
from viz.playground.python_tab import MOST_PRINTED, MOST_SHOWN, python_tab

README = Path(__file__).parents[1] / "README.md"
VIEWS = ("picture", "player", "quiz", "table", "latex")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The page as README's command makes it."""
    (row,) = re.findall(r"`autograd-lite (playground [^`]+)`", README.read_text(encoding="utf-8"))
    folder = tmp_path_factory.mktemp("playground")
    subprocess.run([sys.executable, "-m", "viz.cli", *row.split()], check=True, capture_output=True, cwd=folder)
    return folder / "playground.html"


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def page(browser, written):
    """The page once Python is there, for all tests; a busy machine takes its time for that."""
    with opened(browser, written, meant="Blocked script execution in 'about:srcdoc'") as found:
        found.wait_for_selector("#status[data-stage=ready]", timeout=300_000)
        found.set_default_timeout(120_000)
        yield found


@pytest.fixture
def formula(page):
    """Type a formula in the first tab, and wait until all about it is told."""

    def typed(text: str, view: str = "picture") -> None:
        page.click("#formula-tab")
        page.click(f"#see-{view}")
        page.fill("#formula", text)
        page.wait_for_function("() => engine.ready && !engine.now && !engine.waiting.length")

    return typed


@pytest.fixture
def run(page):
    """Run a program in the second tab, and wait for its end; returns what is to be read there."""

    def running(source: str) -> str:
        page.click("#python-tab")
        page.fill("#source", source)
        page.click("#run")
        page.wait_for_selector("#output:not(.running)")
        return page.inner_text("#output")

    return running


def ran(source: str, *before: str) -> list[Any]:
    said: list[Any] = []
    python_tab(source, said.append, before=before)
    return said


# ---------------------------------------------------------------- the formula tab


def test_values_and_gradients_are_those_of_the_engine():
    said = formula_tab("tanh(w*x) + x", {"w": "1/2", "x": "2"}, view="latex")
    slope = 1 - math.tanh(1.0) ** 2
    told = {each["name"]: float(each["gradient"].replace("−", "-")) for each in said["inputs"]}
    assert told == {"w": pytest.approx(2.0 * slope, rel=1e-3), "x": pytest.approx(0.5 * slope + 1.0, rel=1e-3)}
    assert said["output"] == {"name": "y", "value": "2.762"}


def test_an_input_has_the_value_typed_else_that_of_the_formula_else_one_to_begin_with():
    said = formula_tab("a = 7; b = 8; a*b*c", {"b": "-1"}, view="latex")
    assert {each["name"]: each["value"] for each in said["inputs"]} == {"a": 7.0, "b": -1.0, "c": 3.0}


@pytest.mark.parametrize("text", ["", "nix", "x", "1/", "1e999", "nan", "1,5", "__import__('os')"])
def test_a_value_that_is_no_number_is_told_by_name(text):
    assert formula_tab("x*y", {"x": text, "y": "2"}) == {"wrong": ["x"]}


def test_an_infinite_value_that_a_formula_gives_itself_is_told_as_text():
    (x,) = formula_tab("x = inf; 1/x", {}, view="latex")["inputs"]
    assert x["value"] == "inf"
    json.dumps(x, allow_nan=False)


@pytest.mark.parametrize(
    "text", ["+".join(f"a{i}" for i in range(999)), "(" * 3000 + "x" + ")" * 3000, "x" + "**x" * 200]
)
def test_in_a_browser_what_would_end_python_is_refused_before_python_reads_it(monkeypatch, text):
    no_reader = SimpleNamespace(**{**vars(ast), "parse": None})
    for name, value in {"_IN_BROWSER": True, "MAX_NODES": 1_200, "ast": no_reader}.items():
        monkeypatch.setattr(formula_module, name, value)
    assert re.match("the formula (is nested|has) more than", formula_tab(text, {})["problem"]["message"])


def test_a_formula_that_cannot_be_read_is_told_with_its_place():
    problem = formula_tab("u = 3*a\nv = tahn(u)", {})["problem"]
    assert (problem["line"], problem["column"]) == (2, 4)
    assert problem["message"].splitlines() == [
        "unknown function 'tahn'; did you mean 'tanh'?", "  v = tahn(u)", "      ^",
    ]  # fmt: skip


def test_what_a_view_refuses_is_told_in_its_place_and_the_numbers_are_there():
    said: list[str] = []
    asked = {"kind": "formula", "text": " + ".join(["x*x"] * 200), "values": {"x": "1"}, "view": "player"}
    answer(json.dumps(asked), said.append)
    (told,) = map(json.loads, said)
    assert "values" in told["view"]["refused"] and told["inputs"][0]["gradient"] == "400"


@pytest.mark.parametrize("name", FORMULAS)
def test_every_example_of_a_formula_has_every_view(name):
    text, values = FORMULAS[name]
    assert set(values) == set(parse(text).inputs)
    shown = [formula_tab(text, values, view=view, lang="zh")["view"] for view in VIEWS]
    assert [next(iter(each)) for each in shown] == ["svg", "page", "page", "tables", "text"]


def test_a_phone_has_a_picture_of_its_own():
    wide, narrow = (
        float(re.search(r'width="([\d.]+)', formula_tab("tanh(w*x + b)", {}, screen=screen)["view"]["svg"])[1])
        for screen in ("page", "phone")
    )
    assert narrow < 600 < wide


# ---------------------------------------------------------------- the Python tab


def test_what_is_printed_comes_before_the_value_of_the_last_line():
    assert ran("print('a', end='')\nprint('b')\n2 + 3") == [{"kind": "text", "text": "ab\n5\n"}]


def test_a_picture_a_player_and_an_explanation_show_themselves():
    code = "from autograd_lite import Value, explain\nfrom viz import draw, play\nx = Value(3.0, 'x')\n"
    assert [ran(code + last)[0]["kind"] for last in ("draw(x*x)", "play(x*x)", "explain(x*x)", "x*x")] == [
        "svg", "player", "svg", "text",
    ]  # fmt: skip


def test_an_error_has_the_lines_of_the_program_that_led_there_and_no_others():
    (error,) = ran("def f(x):\n    return 1 / x\n\nf(0)")
    assert (error["name"], error["message"]) == ("ZeroDivisionError", "division by zero")
    assert error["places"] == [{"line": 4, "text": "f(0)"}, {"line": 2, "text": "return 1 / x"}]


def test_a_line_that_led_there_often_stands_once_with_how_often():
    (error,) = ran("def f(x):\n    return g(x)\n\ndef g(x):\n    return f(x)\n\nf(0)")
    assert [place["line"] for place in error["places"]] == [7, 2, 5]
    assert [place.get("times", 1) > 100 for place in error["places"]] == [False, True, True]


def test_who_forgot_an_import_is_told_which():
    for name, module in (("Value", "autograd_lite"), ("draw", "viz")):
        assert ran(f"{name}(3)")[0]["message"].endswith(f"; write before it: from {module} import {name}")
    assert "import" not in ran("nothing_of_ours")[0]["message"]


def test_a_program_that_is_no_python_is_told_with_its_line_and_nothing_of_it_runs():
    (error,) = ran("print(1)\nif x\n")
    assert error["name"] == "SyntaxError" and error["places"] == [{"line": 2, "text": "if x"}]


def test_what_runs_before_is_silent_and_counts_no_lines_and_its_names_are_there():
    assert ran("a * b", "a = 4\nprint(a)\na", "b = a - 2") == [{"kind": "text", "text": "8\n"}]
    assert ran("\n1 / 0", "a = 4\n" * 9)[0]["places"] == [{"line": 2, "text": "1 / 0"}]


def test_what_runs_before_may_lack_something_that_the_program_does_without():
    before = ("a = 3", "import no_such_module", "b = no_such_module.b", "c = 4")
    assert ran("a + c", *before) == [{"kind": "text", "text": "7\n"}]
    (error,) = ran("b", *before)
    assert error["name"] == "NameError" and error["lacks"]
    (error,) = ran("1", "d", "e = 1")
    assert error["name"] == "NameError" and not error["lacks"]


def test_a_program_begins_with_nothing_of_the_one_before():
    ran("left = 1")
    assert ran("left")[0]["name"] == "NameError"


def test_exit_ends_the_program_alone():
    (error,) = ran("raise SystemExit(3)")
    assert (error["name"], error["message"], error["places"][0]["line"]) == ("SystemExit", "3", 1)


@pytest.mark.parametrize("shows", ["print", "display"])
def test_who_prints_without_end_is_cut_off_and_told_so_once(shows):
    *said, last = ran(f"for _ in range(2 * {MOST_PRINTED}): {shows}('x')")
    assert len("".join(each["text"] for each in said)) == MOST_PRINTED and len(said) < 50
    assert last == {"kind": "cut", "characters": MOST_PRINTED, "pictures": MOST_SHOWN}


def test_who_shows_pictures_without_end_is_cut_off_but_what_is_printed_goes_on():
    code = "class P:\n    def _repr_svg_(self): return '<svg/>'\n"
    said = ran(f"{code}for _ in range({MOST_SHOWN} + 9): display(P())\nprint('end')")
    assert [each["kind"] for each in said] == ["svg"] * MOST_SHOWN + ["cut", "text"]


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_example_of_a_program_runs(name):
    assert "error" not in [each["kind"] for each in ran(PROGRAMS[name])]


# ---------------------------------------------------------------- what goes in


def test_pictures_tables_and_pages_need_the_standard_library_alone(tmp_path):
    """What the browser has: the packages as the page unpacks them, and nothing of what pip installs (``-S``)."""
    code = """
import sys
sys.path[:0] = sys.argv[1:]
import random, nn, viz
from autograd_lite import Value
from viz.playground.inside import answer
x = Value(3.0, "x")
y = x * x + 1.0
assert viz.draw(y).plain and viz.play(y).page and viz.to_text(y) and viz.to_latex(y) and viz.to_markdown(y)
sys.platform = "emscripten"
nn.fit(nn.MLP(2, [2, 1], rng=random.Random(0)), nn.data.xor(), loss="squared_error", epochs=2)
"""
    zipfile.ZipFile(io.BytesIO(packages())).extractall(tmp_path)
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "epoch 2/2" in done.stdout


def test_a_folder_that_holds_something_else_or_another_version_is_told(tmp_path):
    with pytest.raises(ValueError, match="is not the npm package pyodide: it lacks "):
        npm.pyodide(tmp_path)
    for name in ("package.json", *npm.FILES):
        (tmp_path / name).write_text('{"version": "0.1"}')
    with pytest.raises(ValueError, match=rf"holds pyodide 0.1; the playground is made for {npm.VERSION}"):
        npm.pyodide(tmp_path)
    for damaged in ("[]", "{}", "no JSON"):
        (tmp_path / "package.json").write_text(damaged)
        with pytest.raises(ValueError, match=r"its package\.json is damaged"):
            npm.pyodide(tmp_path)
    with pytest.raises(ValueError, match=r"there is no folder .*nowhere; unpack"):
        npm.pyodide(tmp_path / "nowhere")


@pytest.mark.parametrize(("lock", "library"), [("no JSON", b""), ("[]", b""), ("{}", b"no archive")])
def test_damaged_files_of_pyodide_are_told_in_one_line(monkeypatch, lock, library):
    files = dict.fromkeys(npm.FILES, b"") | {"pyodide-lock.json": lock.encode(), "python_stdlib.zip": library}
    monkeypatch.setattr(bundle_module, "pyodide", lambda folder: files)
    monkeypatch.setattr(bundle_module, "compiled_ahead", dict)
    with pytest.raises(ValueError, match=r"the files of pyodide in here are damaged: ."):
        bundle_module.bundle("here")


def test_a_file_in_the_place_of_the_folder_is_told_before_anything_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr(viz.playground.page, "bundle", None)
    (tmp_path / "site").write_text("")
    with pytest.raises(NotADirectoryError, match=r"This is a file, not a folder: .*site"):
        write_playground(tmp_path / "site")


@pytest.fixture
def no_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(npm, "cache", lambda: tmp_path / "cache")
    return tmp_path / "cache"


def test_without_npm_one_line_says_what_to_do(no_cache, monkeypatch):
    monkeypatch.setattr(npm.shutil, "which", lambda name: None)
    with pytest.raises(ImportError, match=r"needs npm.* or unpack .*pyodide@.* with --pyodide$"):
        npm.pyodide()


def test_what_npm_says_when_it_cannot_is_told_in_the_one_line(no_cache, monkeypatch):
    failed = subprocess.CompletedProcess([], 1, "", "npm error code ENOTFOUND\nnpm error errno ENOTFOUND\n")
    monkeypatch.setattr(npm.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(
        ImportError, match=r"could not bring pyodide [\d.]+ \(npm error code ENOTFOUND\); unpack .+$"
    ) as told:
        npm.pyodide()
    assert "\n" not in str(told.value)


def test_a_package_with_another_checksum_is_refused_and_not_kept(no_cache, monkeypatch):
    monkeypatch.setattr(npm, "_from_npm", lambda: b"something else")
    with pytest.raises(ValueError, match="its SHA-512 is not the one known"):
        npm.packed()
    assert not no_cache.exists()


@pytest.fixture(scope="module")
def right():
    return npm.packed()


def test_a_package_that_was_spoilt_in_the_cache_is_fetched_again(right, no_cache, monkeypatch):
    no_cache.mkdir()
    (no_cache / f"pyodide-{npm.VERSION}.tgz").write_bytes(b"spoilt")
    monkeypatch.setattr(npm, "_from_npm", lambda: right)
    assert npm.packed() == right == (no_cache / f"pyodide-{npm.VERSION}.tgz").read_bytes()


def test_a_cache_that_cannot_be_written_stops_nothing(right, tmp_path, monkeypatch):
    (tmp_path / "a file").write_text("in the way")
    monkeypatch.setattr(npm, "cache", lambda: tmp_path / "a file" / "cache")
    monkeypatch.setattr(npm, "_from_npm", lambda: right)
    assert npm.packed() == right


def test_without_node_or_with_one_that_cannot_the_sources_are_as_they_were(monkeypatch):
    files = {"pyodide.mjs": b"no script", "python_stdlib.zip": b"sources", "packages.zip": b"sources, too"}
    with pytest.warns(UserWarning, match="could not compile ahead"):
        assert compiled_ahead(files) == files
    monkeypatch.setattr(npm.shutil, "which", lambda name: None)
    assert compiled_ahead(files) == files


def test_bytecode_is_found_with_its_source_in_a_folder_and_without_in_an_archive(tmp_path):
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as files:
        files.writestr("ahead_of_time.py", "x = 1")
    kept = with_bytecode(written.getvalue(), str, keep_sources=True)
    zipfile.ZipFile(io.BytesIO(kept)).extractall(tmp_path / "folder")
    (tmp_path / "folder" / "ahead_of_time.py").write_text("raise SyntaxError('it is not to be read')")
    (tmp_path / "archive.zip").write_bytes(with_bytecode(written.getvalue(), str, keep_sources=False))
    for place, file in (("folder", "ahead_of_time.py"), ("archive.zip", "ahead_of_time.pyc")):
        code = "import ahead_of_time; print(ahead_of_time.__file__)"
        environment = {**os.environ, "PYTHONPATH": str(tmp_path / place)}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
        assert done.stdout.strip() == str(tmp_path / place / file)


# ---------------------------------------------------------------- the page


def test_the_page_has_every_script():
    folder = Path(viz.playground.__file__).parent / "browser"
    assert {path.name for path in folder.glob("*.js")} == {*SCRIPT, "worker.js"}


def test_a_formula_is_drawn_from_disk(page, formula):
    formula("u = c*x; v = d*x; w = v**2; z = u + w")
    assert page.eval_on_selector_all("#inputs b", "all => all.map(b => b.textContent)") == ["c", "x", "d"]
    page.wait_for_selector("#view img[alt*='d × x']")


def test_a_slider_moves_the_number_the_value_and_the_gradient(page, formula):
    formula("q*q")
    page.eval_on_selector(
        "#inputs input[type=range]", "slider => { slider.value = 3; slider.dispatchEvent(new Event('input')); }"
    )
    page.wait_for_selector("#result >> text='y = 9'")
    assert page.input_value("#inputs input[type=text]") == "3"
    page.fill("#inputs input[type=text]", "20")
    page.wait_for_selector("#result >> text='y = 400'")
    assert page.input_value("#inputs input[type=range]") == "20"
    page.fill("#inputs input[type=text]", "3")
    page.wait_for_selector("#result >> text='y = 9'")
    assert page.inner_text("#inputs output") == "∂y/∂q = 6"


def test_a_number_may_be_a_fraction_and_what_is_none_is_told_beside_it(page, formula):
    formula("3*r")
    page.fill("#inputs input[type=text]", "1/3")
    page.wait_for_selector("#result >> text='y = 1'")
    page.fill("#inputs input[type=text]", "nix")
    page.wait_for_selector("#inputs small:visible")
    assert page.get_attribute("#inputs input[type=text]", "aria-invalid") == "true"
    assert page.inner_text("#result") == "y = 1"


def test_a_value_typed_in_the_formula_takes_the_place_of_that_of_its_slider(page, formula):
    page.select_option("#formulas", "neuron")
    formula("x = 3\nx**2")
    page.wait_for_selector("#result >> text='y = 9'")
    page.fill("#inputs input[type=text]", "5")
    page.wait_for_selector("#result >> text='y = 25'")
    formula("x = 3\nx**2 + 1")  # the slider's is the newer one
    page.wait_for_selector("#result >> text='y = 26'")
    formula("x = 4; x**2 + 1")
    page.wait_for_selector("#result >> text='y = 17'")


def test_what_is_wrong_with_a_formula_stands_under_it_with_its_place(page, formula):
    formula("3*a")
    page.fill("#formula", "u = 3*a\nv = tahn(u)")
    page.wait_for_selector("#problem:visible")
    assert page.inner_text("#problem").splitlines()[1:] == ["  v = tahn(u)", "      ^"]
    formula("u = 3*a\nv = tanh(u)")
    page.wait_for_selector("#problem", state="hidden")


def test_names_are_completed_by_the_keyboard_variables_first(page, formula):
    formula("tango + 1")
    page.fill("#formula", "tango + ")
    page.type("#formula", "ta")
    assert page.locator("#names li").all_inner_texts()[:3] == ["tango", "tan(x)", "tanh(x)"]
    page.keyboard.press("Enter")  # nothing is chosen yet: a new line
    page.keyboard.type("ta")
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    assert page.input_value("#formula") == "tango + ta\ntanh("
    page.keyboard.type("ta")
    page.keyboard.press("Escape")
    assert not page.is_visible("#names")


@pytest.mark.parametrize(
    ("view", "seen"), [("player", "tanh"), ("quiz", "tanh"), ("table", "w × x"), ("latex", r"\begin{align*}")]
)
def test_every_view_shows_the_formula(page, formula, view, seen):
    formula("tanh(w*x)", view)
    framed = view in ("player", "quiz")
    place = page.frame_locator("#view iframe").locator("main") if framed else page.locator("#view")
    place.get_by_text(seen).first.wait_for()


def test_a_link_opens_what_was_typed_with_its_values_and_view(page, formula):
    formula("k*m", "table")
    page.fill("#inputs input[type=text] >> nth=0", "1/4")
    page.wait_for_selector("#result >> text='y = −0.25'")
    link = page.evaluate("() => location.hash")
    assert link == "#formula=k*m&values=k%3D1%2F4&view=table"
    formula("7*k")
    page.evaluate("link => { location.hash = link; }", link)
    page.wait_for_selector("#result >> text='y = −0.25'")
    assert page.input_value("#formula") == "k*m"
    assert page.get_attribute("#see-table", "aria-selected") == "true"


def test_a_program_in_a_link_is_shown_with_what_runs_before_and_waits(page):
    page.evaluate("() => { location.hash = '#code=print%28a%29&before=a+%3D+2&before=a+%2B%3D+3'; }")
    page.wait_for_selector("#before:visible")
    assert page.input_value("#source") == "print(a)" and page.inner_text("#output") == ""
    page.click("#run")
    page.wait_for_selector("#output pre")
    assert page.inner_text("#output").strip() == "5"
    page.evaluate("() => { location.hash = '#code=1'; }")
    page.wait_for_selector("#before", state="hidden")


def test_a_program_shows_what_it_prints_and_draws(page, run):
    told = run("from autograd_lite import Value\nfrom viz import draw\nx = Value(3.0, 'x')\nprint('so')\ndraw(x*x)")
    assert told.strip() == "so"
    assert "x × x" in page.get_attribute("#output img", "alt")


def test_a_line_that_is_printed_over_stands_once(page, run):
    code = "import sys\nfor i in range(4):\n    print(i, end='\\r')\n    sys.stdout.flush()\nprint('4\\r5\\r\\nend')"
    assert run(code).split() == ["5", "end"]


def test_long_lines_do_not_hold_the_page_up(page, run):
    run("")
    took = page.evaluate(
        "() => { const t = performance.now(); programTab.print('a'.repeat(300000)); return performance.now() - t; }"
    )
    assert took < 1000


def test_a_program_that_speaks_in_the_name_of_the_worker_does_no_harm(page, run):
    told = run(
        "import js\nfor said in ('no JSON', '[]', 'null', '{}', '{\"kind\": \"page\"}'):\n"
        "    js.postMessage(js.Object.fromEntries([['kind', 'said'], ['said', said]]))\n"
        "js.postMessage(None)\njs.postMessage(js.Object.fromEntries([['kind', 'stage'], ['stage', 'none']]))"
    )
    assert told.count("Python: ") >= 5
    assert run("6 * 7").strip() == "42"


def test_an_error_marks_its_lines(page, run):
    told = run("def f(x):\n    return 1 / x\n\nf(0)")
    assert [line for line in told.split("\n") if line] == [
        "ZeroDivisionError: division by zero",
        "line 4: f(0)",
        "line 2: return 1 / x",
    ]
    assert page.locator("#numbers .failed").all_inner_texts() == ["2", "4"]


def test_a_package_that_is_not_there_is_told_as_a_limit_of_the_page(run):
    assert "This page has Python's standard library and the engine, nothing else." in run("import numpy")


def test_what_the_page_begins_with_was_compiled_ahead(run):
    told = run("import os, typing, viz.tables\nprint(typing.__file__, os.path.exists(viz.tables.__cached__))")
    assert told.strip().endswith("typing.pyc True")


def test_a_network_learns_without_threads(run):
    told = run(PROGRAMS["network"])
    assert "epoch 30/30" in told and "accuracy" in told


def test_a_loop_can_be_stopped_while_one_types_and_python_is_there_again(page, run):
    run("")
    page.fill(
        "#source", "print('begins')\nimport time\nend = time.time() + 1\nwhile True: time.time() > end and print('.')"
    )
    page.click("#run")
    page.wait_for_selector("#output >> text=begins")
    page.fill("#source", "typed meanwhile")
    assert page.inner_text("#colours") == "typed meanwhile\n"
    page.click("#python-panel .stop")
    page.wait_for_selector("#output >> text=Stopped.")
    assert "begins" in page.inner_text("#output")
    assert page.get_attribute("#loaded", "value") is None
    page.click("#run")
    assert page.inner_text("#output") == "It waits until Python is there."
    page.click("#formula-tab")
    page.evaluate("() => { byId('copied').textContent = 'copied'; formulaTab.typed(); }")
    assert page.inner_text("#copied") == ""
    assert run("40 + 2").strip() == "42"


def test_the_editor_keeps_the_indentation(page):
    page.click("#python-tab")
    page.fill("#source", "")
    page.type("#source", "for i in range(3):\nprint(i)\nx\n")
    page.keyboard.press("Backspace")
    page.keyboard.type("y")
    assert page.input_value("#source") == "for i in range(3):\n    print(i)\n    x\ny"


def test_a_long_line_of_chinese_scrolls_as_a_whole_with_its_colours(page):
    page.click("#python-tab")
    page.fill("#source", "# " + "宽" * 200)
    assert page.eval_on_selector("#source", "field => field.scrollWidth <= field.clientWidth")


def test_markup_from_python_is_text_picture_or_a_frame_that_cannot_reach_the_page(page, run):
    run(
        "from autograd_lite import Value\nfrom viz import draw\n"
        "bad = '<img src=data:, onerror=\"try { parent.document.title = 1 } catch {}\">'\nprint(bad)\n"
        "class Page:\n    def _repr_html_(self):\n"
        "        return bad + '<script>try { parent.document.title = 1 } catch {}</script>'\n"
        "display(draw(Value(1.0, bad) * 2))\nPage()"
    )
    assert page.locator("#output > *").evaluate_all("all => all.map(each => each.tagName)") == ["PRE", "DIV", "IFRAME"]
    assert page.title() == "Backpropagation: try it yourself"
    assert page.get_attribute("#output iframe", "sandbox") == ""


def test_a_picture_is_drawn_for_the_room_there_is_in_the_language_of_the_page(monkeypatch):
    monkeypatch.setattr(drawing, "usual", {})
    said: list[Any] = []
    code = PROGRAMS["neuron"]
    question = {"kind": "python", "source": code, "before": [], "screen": "phone", "lang": "zh"}
    answer(json.dumps(question), lambda text: said.append(json.loads(text)))
    svg, told = next((each["svg"], each["told"]) for each in said if each["kind"] == "svg")
    assert "前向传播" in told
    assert float(re.search(r'width="([\d.]+)', svg)[1]) < 600
    assert re.search("[一-龥]", svg)


def test_who_asks_for_input_is_told_what_to_do():
    (error,) = ran("a = 1\nb = input('your name? ')")
    assert "write the value into the program" in error["message"] and error["places"][0]["line"] == 2


def test_a_page_from_python_runs_no_script_that_calls_another_machine_or_never_ends(page, run):
    run("class Page:\n    def _repr_html_(self): return '<p>seen</p><script>while (true);</script>'\nPage()")
    page.frame_locator("#output iframe").get_by_text("seen").wait_for()
    assert page.evaluate("1 + 1") == 2
    run("from autograd_lite import Value\nfrom viz import play\nplay(Value(3.0, 'x') * 2)")
    frame = page.query_selector("#output iframe").content_frame()
    frame.wait_for_selector("#sentence")
    assert frame.evaluate("typeof RTCPeerConnection") == "undefined"


def test_arrow_keys_walk_through_the_tabs(page):
    page.click("#formula-tab")
    page.keyboard.press("ArrowRight")
    assert page.is_visible("#python-panel") and not page.is_visible("#formula-panel")
    page.keyboard.press("ArrowRight")
    page.focus("#see-picture")
    page.keyboard.press("ArrowLeft")
    assert page.get_attribute("#see-latex", "aria-selected") == "true"


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
@pytest.mark.parametrize("tab", ["formula", "python"])
def test_it_reads_well_on_phones_and_to_machines(page, run, formula, width, scheme, tab):
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)
    if tab == "python":
        run("print(1)\n1 / 0")
    else:
        formula("o*tanh(f*c + i*g)")
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    page.set_viewport_size({"width": 1280, "height": 900})


# ---------------------------------------------------------------- no request leaves the page


class Listener(SimpleHTTPRequestHandler):
    """A web server that writes down what it is asked for."""

    asked: ClassVar[list[str]] = []

    def do_GET(self):
        self.asked.append(self.path)
        super().do_GET()

    do_POST = do_GET

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def served(tmp_path):
    Listener.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Listener, directory=tmp_path)) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield tmp_path, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


# every way out that a script has; each address says which it was
WAYS_OUT = """
const tried = async (way) => { try { await way(); } catch {} };
const socket = () => new WebSocket(server.replace("http", "ws") + "/socket");
const request = new XMLHttpRequest();
(async () => {
  await tried(() => fetch(server + "/fetch"));
  await tried(() => import(server + "/import.js"));
  await tried(() => new Promise((done) => { const tried = socket(); tried.onclose = tried.onerror = done; }));
  await tried(() => { request.open("GET", server + "/xhr", false); request.send(); });
  await tried(() => globalThis.importScripts(server + "/scripts.js"));
  await tried(() => navigator.sendBeacon(server + "/beacon"));
  (globalThis.document ? parent : globalThis).postMessage("left", "*");
  if (globalThis.document) location = server + "/away";
})();
"""
TRY_THEM = """async ([server, code]) => {
  const script = `const server = ${JSON.stringify(server)}; ${code}`;
  const worker = new Worker(URL.createObjectURL(new Blob([script.replace('"left", "*"', '"left"')])));
  await new Promise((done) => { worker.onmessage = done; });
  const frame = document.createElement("iframe");
  frame.sandbox = "allow-scripts";
  frame.srcdoc = `<img src="${server}/image"><script>${script}</` + `script>`;
  const left = new Promise((done) => addEventListener("message", ({ data }) => data === "left" && done()));
  document.body.append(frame);
  await left;
  await new Promise((done) => setTimeout(done, 500));
}"""


def test_no_request_leaves_the_page_by_any_way(browser, written, served, tmp_path):
    """The ways are open on a page without the rule, and closed on this one, in its worker and in its frames."""
    _, server = served
    page = re.sub(r'<script type="text/plain" data-of=.*?</script>', "", written.read_text(encoding="utf-8"))
    (rule,) = re.findall(r'<meta http-equiv="Content-Security-Policy".*?>', page)
    for name, text in (("open", page.replace(rule, "")), ("closed", page)):
        path = tmp_path / f"{name}.html"
        path.write_text(text, encoding="utf-8")
        with_page = browser.new_page()
        with_page.goto(path.as_uri())
        with_page.evaluate(TRY_THEM, [server, WAYS_OUT])
        with_page.close()
        asked = {each.strip("/").partition(".")[0] for each in Listener.asked}
        ways = {"fetch", "import", "socket", "xhr", "scripts", "image", "beacon", "away"}
        assert asked == (ways if name == "open" else set()), name
        Listener.asked.clear()


POST_FROM_A_WORKER = """(server) => {
  const script = `const request = new XMLHttpRequest(); request.open("POST", "${server}/collect", false);
    try { request.send("what was typed"); postMessage("sent"); } catch { postMessage("refused"); }`;
  const worker = new Worker(URL.createObjectURL(new Blob([script])));
  return new Promise((done) => { worker.onmessage = ({ data }) => done(data); });
}"""


def test_a_folder_asks_its_own_server_for_its_own_files_and_tells_it_nothing(browser, served, monkeypatch):
    folder, server = served
    packed = {name: gzip.compress(b"not needed for this") for name in (*npm.FILES, "packages.zip")}
    monkeypatch.setattr(viz.playground.page, "bundle", lambda pyodide: packed)
    files = write_playground(folder)
    asked: list[str] = []
    window = browser.new_page()
    window.on("request", lambda request: asked.append(request.url))
    window.goto(server + "/index.html")
    window.wait_for_selector("#status[data-stage=failed]", timeout=60_000)
    assert window.locator("#stage").inner_text().startswith("Python could not start")
    told = window.evaluate(POST_FROM_A_WORKER, server)
    window.close()
    assert told == "refused" and "/collect" not in Listener.asked
    assert {url for url in asked if not url.endswith("/collect") and not url.startswith("blob:")} == {
        f"{server}/{path.name}" for path in files
    }


# ---------------------------------------------------------------- the lessons lead there


def test_every_code_of_a_lesson_opens_there_with_its_text_after_what_stands_above_it(browser, tmp_path):
    which = lesson("fan-out")
    path = tmp_path / "lesson.html"
    path.write_text(render(which, playground="playground.html"), encoding="utf-8")
    with opened(browser, path) as found:
        links = found.eval_on_selector_all("a.try", "all => all.map(link => link.href)")
        shown = found.locator("pre.code").all_inner_texts()
    opens = [parse_qs(link.partition("#")[2]) for link in links]
    assert [each["code"][0] for each in opens] == [text.rstrip() for text in shown] and len(shown) > 5
    for link, each in zip(links, opens):
        assert link.startswith((tmp_path / "playground.html").as_uri() + "#")
        assert "error" not in [said["kind"] for said in ran(each["code"][0], *each.get("before", ()))]


def test_a_lesson_without_a_playground_has_no_links_to_one():
    assert 'class="try"' not in render(lesson("fan-out"))


def test_a_book_has_the_playground_of_each_of_its_languages(tmp_path, monkeypatch):
    rendered: list[str] = []
    monkeypatch.setattr(viz.book.book, "render", lambda which, book, playground: rendered.append(playground) or "")
    monkeypatch.setattr(viz, "playground_page", lambda pyodide, lang: f"a playground in {lang} of {pyodide}")
    lessons_command(tmp_path / "book", playground=True, pyodide=Path("p"))
    assert set(rendered) == {"playground.html", "playground.zh.html"}
    for lang, name in (("en", "playground.html"), ("zh", "playground.zh.html")):
        assert (tmp_path / "book" / name).read_text() == f"a playground in {lang} of p"
