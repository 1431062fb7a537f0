"""The step that fetches what the tests need, on machines made of a folder of programs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import setup

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="the programs are scripts with #!")


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine without any program, whose network does not reach Playwright's downloads."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "none"))
    monkeypatch.setattr(setup, "PLAYWRIGHT", ["no-such-playwright"])
    monkeypatch.setattr(setup, "PIP", ["no-such-pip"])
    return tmp_path


def program(folder, name, code="pass"):
    path = folder / name
    path.write_text(
        f"#!{sys.executable}\nimport os, sys\nfrom pathlib import Path\nhere = Path({str(folder)!r})\n{code}\n"
    )
    path.chmod(0o755)


APT = """
with open(here / "log", "a") as log: log.write("apt-get " + " ".join(sys.argv[1:]) + "\\n")
for package in sys.argv[1:]:
    if package == "chromium-headless-shell" and not (here / "debian").exists():
        sys.exit(100)  # Ubuntu has no such package
for package, name in {"chromium-headless-shell": "chromium-headless-shell", "chromium": "chromium", "graphviz": "dot",
                      "gcc": "gcc"}.items():
    if package in sys.argv:
        (here / name).symlink_to(here / "works")
"""
FONTS = "fonts-dejavu-core fonts-liberation fonts-noto-core"


def test_where_all_is_there_nothing_is_run(machine, capsys, monkeypatch):
    for name in ("chromium", "dot", "gcc", "npm"):
        program(machine, name)
    monkeypatch.setattr(setup, "fetch", lambda name: pytest.fail(f"{name} is there"))
    assert setup.main() == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("user", [0, 1000])
@pytest.mark.parametrize("system", ["debian", "ubuntu"])
def test_what_is_not_there_comes_from_the_package_manager(user, system, machine, monkeypatch):
    (machine / system).touch()
    monkeypatch.setattr(os, "geteuid", lambda: user)
    program(machine, "works")
    program(machine, "gcc")
    program(machine, "npm")
    program(machine, "apt-get", APT)
    if user:
        program(machine, "sudo", "os.execvp(sys.argv[1], sys.argv[1:])")
    assert setup.main() == 0
    browsers = ["chromium-headless-shell"] if system == "debian" else ["chromium-headless-shell", "chromium"]
    assert (machine / "log").read_text().splitlines() == [
        "apt-get update -q", *[f"apt-get install -y -q {browser} {FONTS}" for browser in browsers],
        "apt-get update -q", "apt-get install -y -q graphviz",
    ]  # fmt: skip


def test_npm_comes_from_pip_before_the_package_manager_is_asked(machine, monkeypatch):
    program(machine, "works")
    program(machine, "apt-get", "(here / 'log').touch()")
    program(machine, "pip", "(here / 'npm').symlink_to(here / 'works')")
    monkeypatch.setattr(setup, "PIP", ["pip"])
    setup.fetch("npm")
    assert "npm" not in setup.missing() and not (machine / "log").exists()


def test_a_browser_that_does_not_start_is_none(machine):
    program(machine, "chromium", "sys.exit('error while loading shared libraries: libnss3.so')")
    assert "chromium" in setup.missing()


def test_where_nothing_works_one_line_says_what_to_do(machine, capsys):
    program(machine, "apt-get", "sys.exit(1)")
    assert setup.main() == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: the tests need chromium, dot, gcc, npm;")
    assert "install Chromium or Chrome, Graphviz, gcc and Node.js" in line


def test_ci_runs_the_test_command_of_the_readme():
    """``.ci/run`` takes the line out of README by these words; there is one such line, and it sets up all it needs."""
    words = re.search(r"command=\$\(grep '(.+)' README\.md\)", (ROOT / ".ci" / "run").read_text())[1]
    (line,) = [line for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if words in line]
    assert line == (
        'python3 -m venv .venv && . .venv/bin/activate && pip install -e ".[dev]" && python -m tests.setup && '
        "python -m pytest -n auto"
    )


def test_a_run_without_pytorch_ends_with_the_line_that_gets_it(tmp_path):
    """The summary of README's command; what else is skipped is not said to be PyTorch's."""
    (tmp_path / "conftest.py").write_text(
        (ROOT / "tests" / "conftest.py").read_text(encoding="utf-8"), encoding="utf-8"
    )
    (tmp_path / "test_peer.py").write_text(
        "import pytest, sys\nsys.modules['torch'] = None\n"
        "@pytest.mark.parametrize('i', [1, 2])\ndef test_it(i): pytest.importorskip('torch')\n"
        "def test_other(): pytest.importorskip('no_such_module')\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    (line,) = [line for line in done.stdout.splitlines() if "PyTorch" in line]
    assert line == '2 tests that compare with PyTorch were skipped; to run them: pip install -e ".[peers]"'
