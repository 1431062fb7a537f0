"""What type checkers say of a user's code: nothing of what is right, something of every slip."""

from __future__ import annotations

import doctest
import inspect
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from autograd_lite import TABLE, Operation, Value, grad, tanh
from nn.activations import ACTIVATIONS, ActivationName
from nn.initialisers import INITIALISERS, InitialiserName
from nn.losses import LOSSES, LossName
from tests import typed_user

ROOT = Path(__file__).parents[1]
FILES = ("typed_user.py", "typed_typos.py")


def said_by_mypy(folder):
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", *FILES]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    return re.findall(r"^(\w+\.py):(\d+): error", done.stdout, re.MULTILINE)


def said_by_pyright(folder):
    settings = {"typeCheckingMode": "strict", "extraPaths": [str(ROOT)], "include": FILES}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "basedpyright", "--outputjson", "--pythonpath", sys.executable]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    found = json.loads(done.stdout)["generalDiagnostics"]
    return [(Path(each["file"]).name, str(each["range"]["start"]["line"] + 1)) for each in found]


@pytest.mark.parametrize("said_by", [said_by_mypy, said_by_pyright])
def test_strict_checkers_find_every_slip_and_nothing_else(tmp_path, monkeypatch, said_by):
    monkeypatch.setenv("MYPYPATH", str(ROOT))
    for name in FILES:
        shutil.copy(ROOT / "tests" / name, tmp_path)
    lines = (tmp_path / "typed_typos.py").read_text().splitlines()
    slips = {("typed_typos.py", str(i)) for i, line in enumerate(lines, start=1) if line.endswith("# wrong")}
    assert set(said_by(tmp_path)) == slips


def test_the_types_that_are_told_are_those_of_a_run():
    typed_user.main()


@pytest.mark.parametrize(
    ("told", "known"),
    [(ActivationName, ACTIVATIONS), (InitialiserName, INITIALISERS), (LossName, LOSSES)],
)
def test_the_names_that_checkers_know_are_those_that_there_are(told, known):
    assert set(get_args(told)) == set(known)


# ---------------------------------------------------------------- what help() says


@pytest.mark.parametrize("op", [op for op in TABLE.values() if op.arity], ids=str)
def test_the_documentation_of_an_operation_has_its_facts_and_examples_that_run(op):
    text = op.__doc__
    assert text.startswith(f"{op.name}(") and "Domain: " in text
    assert op.formula in text and op.note in text
    test = doctest.DocTestParser().get_doctest(text, {**TABLE, "Value": Value}, op.name, None, 0)
    assert test.examples and doctest.DocTestRunner().run(test).failed == 0


def test_an_operation_and_a_gradient_tell_their_operands():
    assert str(inspect.signature(tanh)) == "(x, /)"
    assert str(inspect.signature(TABLE["clip"])) == "(x, low, high, /)"
    assert str(inspect.signature(TABLE["sum"])) == "(*operands)"
    assert "partials" in inspect.signature(Operation).parameters and "One line of the table" in Operation.__doc__

    def area(width, height=2.0):
        """Tell the area of a room."""
        return width * height

    assert str(inspect.signature(grad(area))) == "(width, height=2.0)"
