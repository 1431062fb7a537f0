"""Hostile inputs: each ends in a clear error or in a right answer; ``python -m tests.fuzz`` looks longer."""

from __future__ import annotations

import importlib.util
import json
import math
import random
import struct
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autograd_lite import Value, explain, parse
from autograd_lite.formula import FormulaError
from nn import MLP
from viz import to_dot, to_html, to_latex, to_markdown, to_svg, to_text

CORPUS = [
    "", " ", ";", "x", "1", "x +", "x x", "((((", "9**9**9", "1e999", "nan", "inf - inf", "x = x",
    "x = 1; x", "lambda: 1",
    "__import__('os')", "x.__class__", "[1 for _ in x]", "'a' * 9", "f'{x}'", "x if x else y", "1 < x < 2", "not x",
    "x and y", "x // 2", "x % 2", "x @ y", "~x", "x & 1", "True", "None", "...",
    "a" * 2000, "(" * 300 + "x" + ")" * 300,
    "-" * 500 + "x", "x\n=\n1", "x\x00y", "\ufeffx", "学习 * 率", "x²", "１ + x", "é + e\u0301", "print(x)",
    "exp(x, y)", "tanh()",
    "dot(x)", "\ud800", "x;;y", "0x10 + x", "1_000 * x", "x**x**x", "1j*x", "x:=2", "*x", "x,y", "assert x",
    "0/0", "log(-1)",
]  # fmt: skip


def read(text: str) -> None:
    """Read and run a formula; only a FormulaError may come of it."""
    try:
        formula = parse(text)
    except FormulaError as problem:
        assert str(problem).count("^") >= 1
        return
    result = formula(**dict.fromkeys(formula.inputs, 0.5))
    assert isinstance(result, float)
    y = formula.graph(**dict.fromkeys(formula.inputs, 0.5))
    y.backward()
    assert y.data == result or (math.isnan(y.data) and math.isnan(result))


@pytest.mark.parametrize("text", CORPUS)
def test_a_formula_of_the_corpus_is_read_or_refused(text):
    read(text)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data):
    read(_text(data))


PIECES = ("x", "y", "2", ".5", *"+-*/(),;=<>", "**", "if", "else", "tanh(", "dot(", "e9", "\n")


@given(st.lists(st.sampled_from(PIECES), max_size=25))
def test_any_pieces_of_formulas_are_read_or_refused(pieces):
    read(" ".join(pieces))


def load(data: bytes) -> None:
    """Load bytes as a weight file; only a ValueError may come of it, and then nothing has changed."""
    model = MLP(2, [2, 1], rng=random.Random(0))
    before = model.state_dict()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "w.json"
        path.write_bytes(data)
        try:
            model.load(path)
        except ValueError as problem:
            assert "w.json" in str(problem) and model.state_dict() == before
    assert all(isinstance(x, float) for x in model.state_dict().values())


def draw(label: str) -> None:
    """Draw a graph with a label; every picture is whole and inert, every text is text."""
    x = Value(2.0, label)
    y = x * x + 1
    e = explain(y)
    for style in ("card", "circuit", "compact"):
        root = ElementTree.fromstring(to_svg(e, style=style, engine="layered"))
        assert not [child for child in root.iter() if child.tag.endswith("script")]
    assert to_html(y, engine="layered").count("<script") == 2
    for write in (to_text, to_markdown, to_latex):
        assert isinstance(write(e), str)
    to_dot(y)


def seeded(seed: float) -> None:
    """Run a backward pass from a seed; the gradient is the seed times the gradient of seed 1."""
    x = Value(3.0)
    (x * x).backward(seed)
    assert x.grad == seed * 6.0 or math.isnan(seed) or math.isinf(x.grad)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


TARGETS: dict[str, Callable[[bytes], None]] = {
    "formulas": lambda data: read(_text(data)),
    "weights": load,
    "labels": lambda data: draw(_text(data)),
    "seeds": lambda data: seeded(struct.unpack("<d", data[:8].ljust(8, b"\0"))[0]),
}


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_of_the_fuzzer_takes_the_corpus(target):
    for text in CORPUS:
        TARGETS[target](text.encode("utf-8", "surrogatepass"))


def test_the_fuzzer_names_its_targets():
    command = [sys.executable, "-m", "tests.fuzz"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=Path(__file__).parents[1])
    expected = "formulas, weights, labels, seeds" if importlib.util.find_spec("atheris") else "pip install atheris"
    assert done.returncode == 1 and expected in done.stderr


WEIGHTS = [
    "",
    "{",
    "null",
    "[]",
    "{}",
    '{"format": 99}',
    '{"layers.0": "x"}',
    "[" * 2000,
    "\x00",
    '{"a": NaN}',
    "1e999",
]


@pytest.mark.parametrize("text", WEIGHTS)
def test_a_bad_weight_file_changes_nothing_and_is_a_clear_error(text, tmp_path):
    model = MLP(2, [2, 1], rng=random.Random(0))
    before = model.state_dict()
    (tmp_path / "w.json").write_text(text, encoding="utf-8")
    with pytest.raises((ValueError, KeyError)):
        model.load(tmp_path / "w.json")
    assert model.state_dict() == before


@given(data=st.data())
def test_a_damaged_weight_file_loads_whole_or_changes_nothing(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "w.json"
    model = MLP(2, [2, 1], rng=random.Random(0))
    model.save(path)
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content))
    before = model.state_dict()
    try:
        model.load(path)
    except (ValueError, KeyError):
        assert model.state_dict() == before
    assert all(isinstance(x, float) for x in model.state_dict().values())


@given(st.text(max_size=30))
@example("</script>")
@example("\ud800\x00\x1b")
def test_any_label_comes_out_inert(label):
    draw(label)


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_any_seed_scales_the_gradient(seed):
    seeded(seed)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=5), lambda x: st.lists(x, max_size=3)))
def test_any_json_as_weights_is_refused(content):
    model = MLP(1, [1], rng=random.Random(0))
    with pytest.raises((ValueError, TypeError, KeyError, AttributeError)):
        model.load_state_dict(json.loads(json.dumps(content)))
