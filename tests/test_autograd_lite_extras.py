"""A minimal install: whatever needs an extra says in one line which."""

import subprocess
import sys
from pathlib import Path

import pytest

from autograd_lite.extras import needs

ROOT = Path(__file__).parents[1]
MODEL = "import nn, random; m = nn.MLP(1, [1], rng=random.Random(0)); data = ([[0.0], [1.0]], [0.0, 1.0]); "
X = "from autograd_lite import Value, compile; x = Value(1.0); "

# the packages that are not there, what is asked for, what the line says
CALLS = [
    (["numpy"], "from autograd_lite import compile", "compile needs NumPy", "compile"),
    (["numpy"], "import autograd_lite; autograd_lite.Program", "compile needs NumPy", "compile"),
    (["numpy"], "import autograd_lite.program.capture", "compile needs NumPy", "compile"),
    (["numpy"], MODEL + "nn.fit(m, data, compiled=True, progress=False)", "compile needs NumPy", "compile"),
    (["array_api_compat"], X + "Foreign = type('Foreign', (), {'shape': ()}); compile(lambda x: x)(Foreign())",
     "an argument of type Foreign needs array-api-compat", "compile"),
    (["llvmlite"], X + "compile(lambda x: x * x, backend='native')(1.0)", "machine code needs llvmlite", "native"),
    (["onnx"], "from autograd_lite import Program, Value, to_onnx; x = Value(1.0); "
     "to_onnx(Program.capture([x], [x * x]), 'net.onnx')",
     "to_onnx needs onnx", "onnx"),
    (["hypothesis"], "from autograd_lite.testing import check", "autograd_lite.testing needs Hypothesis", "testing"),
    (["hypothesis"], "from autograd_lite.testing import expressions",
     "autograd_lite.testing needs Hypothesis", "testing"),
    (["mpmath"], "from autograd_lite.testing import Graph, properties; "
     "import autograd_lite as al; properties.agrees_with_many_digits(Graph(al.parse('y = sin(x)'), {'x': 1.0}))",
     "a comparison with many digits needs mpmath", "testing"),
    (["sklearn"], "import nn; nn.data.digits()", "the set of digits needs scikit-learn", "data"),
    (["matplotlib"], MODEL + "import viz; viz.plot_history(nn.fit(m, data, loss='squared_error', progress=False))",
     "a plot needs matplotlib", "plot"),
    (["matplotlib"], MODEL + "import viz; viz.plot_decision_boundary(m, data)", "a plot needs matplotlib", "plot"),
    (["pygraphviz"], "from viz.pictures.layout import layout; layout([(1, 1)], [], engine='pygraphviz')",
     "the layout engine 'pygraphviz' needs pygraphviz", "graphviz"),
]  # fmt: skip
COMMANDS = [
    (["hypothesis"], "check autograd_lite:Value", "autograd_lite.testing needs Hypothesis", "testing"),
    (["sklearn"], "train digits", "the set of digits needs scikit-learn", "data"),
    (["jupytext"], "lesson fan-out --out page.html", "a lesson needs jupytext", "lessons"),
    (["jupytext"], "lesson fan-out --notebook n.ipynb", "a lesson needs jupytext", "lessons"),
    (["jupytext"], "lessons --build book", "a lesson needs jupytext", "lessons"),
    (["markdown_it"], "lesson fan-out --out page.html", "the page of a lesson needs markdown-it-py", "lessons"),
    (["mdit_py_plugins"], "lesson fan-out --out page.html", "the page of a lesson needs mdit-py-plugins", "lessons"),
    (["latex2mathml"], "lesson fan-out --out page.html", "the page of a lesson needs latex2mathml", "lessons"),
    (["pygments"], "lesson fan-out --out page.html", "the page of a lesson needs Pygments", "lessons"),
]


EXTRA_PACKAGES = ["numpy", "array_api_compat", "llvmlite", "onnx", "hypothesis", "mpmath", "pytest", "sklearn",
                  "matplotlib", "jupytext", "markdown_it", "mdit_py_plugins", "latex2mathml", "pygraphviz"]  # fmt: skip


def python(code, *missing, cwd):
    """Run code where packages are not installed: a finder before all others says so."""
    block = (
        "import sys\n"
        "class Missing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.partition('.')[0] in {missing!r}:\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Missing())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", block + code], capture_output=True, text=True, encoding="utf-8", cwd=cwd
    )
    return done.returncode, done.stderr.splitlines()


@pytest.mark.parametrize("missing, code, what, extra", CALLS, ids=lambda x: x if isinstance(x, str) else "")
def test_a_call_without_its_extra_names_the_line_to_install(missing, code, what, extra, tmp_path):
    status, lines = python(code, *missing, cwd=tmp_path)
    assert status == 1
    assert lines[-1].endswith(f'{what}: pip install "autograd-lite[{extra}]"')
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("missing, line, what, extra", COMMANDS, ids=lambda x: x if isinstance(x, str) else "")
def test_a_command_without_its_extra_ends_in_one_line(missing, line, what, extra, tmp_path):
    code = f"sys.argv = ['autograd-lite', *{line.split()!r}]; from viz.cli import main; main()"
    status, lines = python(code, *missing, cwd=tmp_path)
    assert (status, lines) == (2, [f'error: {what}: pip install "autograd-lite[{extra}]"'])
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_training_that_may_fall_back_says_so_once_without_numpy(tmp_path):
    code = MODEL + "nn.fit(m, data, compiled='auto', loss='squared_error', progress=False)"
    status, lines = python(code, "numpy", cwd=tmp_path)
    assert status == 0
    assert next(line for line in lines if "pip install" in line).endswith(
        'training node by node, as this cannot be compiled: compile needs NumPy: pip install "autograd-lite[compile]"'
    )


def test_what_the_base_install_promises_runs_without_any_extra(tmp_path):
    lines = ["explain x*x x=3 --svg a.svg", "play x*x x=3", "quiz easy --seed 1 --page q.html", "ops", "train moons",
             "lessons"]  # fmt: skip
    code = (
        "from viz.cli import app\n"
        f"for line in {lines!r}:\n"
        "    try: app(line.split())\n"
        "    except SystemExit as end: assert not end.code, (line, end.code)\n"
    )
    status, said = python(code, *EXTRA_PACKAGES, cwd=tmp_path)
    assert status == 0, said
    assert {path.name for path in tmp_path.iterdir()} == {"a.svg", "player.html", "q.html"}


def test_a_module_that_is_there_but_broken_keeps_its_own_error(tmp_path, monkeypatch):
    (tmp_path / "broken_module.py").write_text("raise ImportError('half installed')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError, match=r"^half installed$"), needs("plot", "a plot"):
        import broken_module  # noqa: F401


def test_a_missing_part_of_the_program_itself_is_no_matter_of_an_extra():
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'viz\.nothing'"), needs("plot", "a plot"):
        import viz.nothing  # noqa: F401
