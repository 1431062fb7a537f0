"""The playground: what its tabs answer, what goes into the page, and the page itself in a real browser, from disk."""

from __future__ import annotations

import io
import json
import math
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

import viz.playground
from autograd_lite import parse
from tests.browser import chromium, opened, violations
from viz.playground import pyodide as npm
from viz.playground.bundle import packages
from viz.playground.examples import FORMULAS, PROGRAMS
from viz.playground.formula_tab import formula_tab
from viz.playground.inside import answer
from viz.playground.page import SCRIPT, playground_page
from viz.playground.python_tab import MOST_PRINTED, python_tab

VIEWS = ("picture", "player", "quiz", "table", "latex")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("playground") / "playground.html"
    path.write_text(playground_page(), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def page(written):
    """The page, once Python is there; at the end it must have asked for nothing but blobs of its own."""
    with chromium() as browser, opened(browser, written) as found:
        found.wait_for_selector("#status[data-stage=ready]", timeout=60_000)
        found.wait_for_selector("#view img")
        yield found


def ran(source: str, before: str = "") -> list[Any]:
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


@pytest.mark.parametrize("text", ["", "nix", "x", "1/", "__import__('os')"])
def test_a_value_that_is_no_number_is_told_by_name(text):
    assert formula_tab("x*y", {"x": text, "y": "2"}) == {"wrong": ["x"]}


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


# ---------------------------------------------------------------- the Python tab


def test_what_is_printed_comes_before_the_value_of_the_last_line():
    assert ran("print('a', end='')\nprint('b')\n2 + 3") == [
        {"kind": "text", "text": "ab\n"}, {"kind": "text", "text": "5\n"},
    ]  # fmt: skip


def test_a_picture_a_player_and_an_explanation_show_themselves():
    code = "from autograd_lite import Value, explain\nfrom viz import draw, play\nx = Value(3.0, 'x')\n"
    assert [ran(code + last)[0]["kind"] for last in ("draw(x*x)", "play(x*x)", "explain(x*x)", "x*x")] == [
        "svg", "page", "svg", "text",
    ]  # fmt: skip


def test_an_error_has_the_lines_of_the_program_that_led_there_and_no_others():
    (error,) = ran("def f(x):\n    return 1 / x\n\nf(0)")
    assert (error["name"], error["message"]) == ("ZeroDivisionError", "division by zero")
    assert error["places"] == [{"line": 4, "text": "f(0)"}, {"line": 2, "text": "return 1 / x"}]


def test_a_program_that_is_no_python_is_told_with_its_line_and_nothing_of_it_runs():
    (error,) = ran("print(1)\nif x\n")
    assert error["name"] == "SyntaxError" and error["places"] == [{"line": 2, "text": "if x"}]


def test_what_runs_before_counts_no_lines_and_its_names_are_there():
    assert ran("a * 2", before="a = 4\n\n") == [{"kind": "text", "text": "8\n"}]
    assert ran("\n1 / 0", before="a = 4\n" * 9)[0]["places"] == [{"line": 2, "text": "1 / 0"}]


def test_a_program_begins_with_nothing_of_the_one_before():
    ran("left = 1")
    assert ran("left")[0]["name"] == "NameError"


def test_exit_ends_the_program_alone():
    assert ran("raise SystemExit(3)") == [{"kind": "error", "name": "SystemExit", "message": "3", "places": [
        {"line": 1, "text": "raise SystemExit(3)"}]}]  # fmt: skip


def test_who_prints_without_end_is_cut_off():
    said = ran(f"for _ in range(10): print('x' * {MOST_PRINTED // 4})")
    text = "".join(each["text"] for each in said)
    assert len(text) == MOST_PRINTED + 2 and text.endswith("x…\n")


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


@pytest.fixture
def no_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(npm, "cache", lambda: tmp_path / "cache")
    return tmp_path / "cache"


def test_without_npm_one_line_says_what_to_do(no_cache, monkeypatch):
    monkeypatch.setattr(npm.shutil, "which", lambda name: None)
    with pytest.raises(ImportError, match=r"needs npm.* or unpack .*pyodide@.* with --pyodide$"):
        npm.pyodide()


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


# ---------------------------------------------------------------- the page


def test_the_page_has_every_script():
    folder = Path(viz.playground.__file__).parent / "browser"
    assert {path.name for path in folder.glob("*.js")} == {*SCRIPT, "worker.js"}


def test_a_formula_is_drawn_from_disk(page):
    page.fill("#formula", "u = c*x; v = d*x; w = v**2; z = u + w")
    page.wait_for_selector("#result >> text=z = ")
    assert page.eval_on_selector_all("#inputs b", "all => all.map(b => b.textContent)") == ["c", "x", "d"]
    assert "d × x" in page.get_attribute("#view img", "alt")


def test_a_page_reads_well_to_a_machine(page):
    assert violations(page) == []
