"""The rooms and the arrows between them: imports point down only, and the wheel holds what it should."""

import ast
import subprocess
import sys
import zipfile
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import version
from pathlib import Path

import pytest

import autograd_lite

ROOT = Path(__file__).parents[1]

THIRD_PARTY = {
    "autograd_lite": set(),
    "autograd_lite/program": {"numpy", "llvmlite", "array_api_compat", "dask", "onnx", "scipy"},
    "autograd_lite/testing": {"hypothesis", "pytest", "mpmath"},
    "nn": {"faker", "rich", "sklearn"},
    "viz": {"graphviz", "pygraphviz", "resvg_py", "typst", "PIL", "rich", "typer", "matplotlib", "jupytext",
            "markdown_it", "mdit_py_plugins", "numpy", "pygments", "latex2mathml"},
}  # fmt: skip


def imports(path):
    """Yield every module a file imports, absolute, wherever in the file it does so."""
    package = path.relative_to(ROOT).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level]) if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def files(package):
    return sorted((ROOT / package).rglob("*.py"))


def room(path):
    """The third-party rules that hold for a file."""
    parts = path.relative_to(ROOT).parts
    sub = "/".join(parts[:2])
    return sub if sub in THIRD_PARTY else parts[0]


@pytest.mark.parametrize("path", [p for name in ("autograd_lite", "nn", "viz") for p in files(name)], ids=str)
def test_a_file_imports_only_what_its_room_may(path):
    own = {"autograd_lite", "nn", "viz"}
    for module in imports(path):
        top = module.split(".")[0]
        if top in sys.stdlib_module_names:
            continue
        if top in own:
            where = path.relative_to(ROOT).parts[0]
            is_command = path.is_relative_to(ROOT / "viz" / "cli")
            allowed = {"autograd_lite", where} | ({"nn"} if is_command else set())
            assert top in allowed, f"{path.name} imports {module}"
        else:
            assert top in THIRD_PARTY[room(path)], f"{path.name} imports {module}"


def rooms():
    """Return the rooms of the map in CONTRIBUTING as paths, from the highest to the lowest."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    lines = text.split("## The house")[1].split("```")[1].strip().splitlines()
    found, above = [], []
    for line, following in zip(lines, [*lines[1:], ""]):
        depth, deeper = ((len(text) - len(text.lstrip())) // 2 for text in (line, following))
        above = [*above[:depth], line.split()[0]]
        if deeper <= depth:
            found.append("".join(above))
    return found


ROOMS = rooms()


def module(path):
    """Return the name a file is imported by."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def room_of(path):
    """Return the number of the room a file is in, counted from the top; a package's front door is above its rooms."""
    at = str(path.relative_to(ROOT).with_suffix(""))
    of = [i for i, room in enumerate(ROOMS) if at == room.removesuffix(".py") or at.startswith(room.rstrip("/") + "/")]
    inside = [
        i for i, room in enumerate(ROOMS) if path.name == "__init__.py" and room.startswith(at[: -len("__init__")])
    ]
    assert of or inside, f"{at} is in no room of the map in CONTRIBUTING"
    return of[0] if of else min(inside)


def imported_files(path):
    """Yield the files of ours that a file imports from: that of a name, or the module that the name is."""
    names = list(imports(path))
    for name in names:
        if name in FILES and not any(other.rpartition(".")[0] == name and other in FILES for other in names):
            yield name


FILES = {module(path): path for name in ("autograd_lite", "nn", "viz") for path in files(name)}
ARROWS = {name: set(imported_files(path)) - {name} for name, path in FILES.items()}


def test_imports_go_down_the_map_of_the_house():
    up = [(a, b) for a, below in ARROWS.items() for b in below if room_of(FILES[b]) < room_of(FILES[a])]
    assert not up


def test_no_import_leads_back_to_where_it_came_from():
    """Lazy imports count too."""
    with pytest.raises(CycleError):
        tuple(TopologicalSorter({**ARROWS, "autograd_lite.ops": {"autograd_lite.value"}}).static_order())
    tuple(TopologicalSorter(ARROWS).static_order())  # raises CycleError, with the circle


def test_every_room_of_the_map_is_there():
    for room in ROOMS:
        assert (ROOT / room).exists() or (ROOT / f"{room}.py").exists(), room


def test_the_kit_does_without_the_compiler():
    for name, below in ARROWS.items():
        if name.startswith("autograd_lite.testing"):
            assert not [b for b in below if b.startswith("autograd_lite.program")], name


def test_importing_the_engine_loads_nothing_outside_the_standard_library():
    code = (
        "import sys; before = set(sys.modules); from autograd_lite import Value; "
        "print(*sorted({m.split('.')[0] for m in set(sys.modules) - before}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) - sys.stdlib_module_names <= {"autograd_lite"}


def test_no_public_name_of_the_engine_is_that_of_a_module():
    """Names are loaded on first use; a module of the same name, imported before, would be found in their place."""
    modules = {path.stem for path in (ROOT / "autograd_lite").iterdir() if path.suffix in ("", ".py")}
    assert modules & {*autograd_lite.__all__, "pow", *autograd_lite._COMPILER} == set()


def test_every_public_name_of_the_engine_is_found_however_it_is_asked_for():
    code = (
        "import autograd_lite.reverse, autograd_lite; assert autograd_lite.ops.TABLE; "
        "from autograd_lite import *; from autograd_lite import compile, explain as by_name; "
        "assert explain is by_name is autograd_lite.explain and callable(compile); "
        "assert {'Value', 'compile', 'grad', '__version__'} <= set(dir(autograd_lite)); "
        "autograd_lite.no_such_name"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.splitlines()[-1] == "AttributeError: module 'autograd_lite' has no attribute 'no_such_name'"


def test_a_star_brings_the_names_of_the_engine_the_same_on_every_machine():
    """It hides no builtin: ``pow`` is asked for by name, as is what needs NumPy, ``compile`` among it."""
    code = (
        "import builtins, sys; before = set(dir()); from autograd_lite import *; "
        "names = set(dir()) - before - {'before'}; "
        "print(*sorted(names & set(dir(builtins))), compile is builtins.compile, 'numpy' in sys.modules); "
        "import autograd_lite; print(*sorted(set(dir(autograd_lite.public)) ^ names - {'names'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    shadowed, difference = done.stdout.splitlines()
    assert shadowed == "True False"
    assert {name for name in difference.split() if not name.startswith("__")} == {"pow"}


def test_pytest_starts_without_the_engine_where_it_is_installed(tmp_path):
    """The plugin costs other people's runs the import of three small modules, none of them with imports to follow."""
    (tmp_path / "test_modules.py").write_text("import sys\ndef test_it():\n    print('loaded', *sys.modules)\n")

    def modules(*options):
        command = [sys.executable, "-m", "pytest", "-s", "-p", "no:cacheprovider", *options]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
        return set(next(line for line in done.stdout.splitlines() if "loaded" in line).split("loaded ")[1].split())

    assert modules() - modules("-p", "no:autograd_lite") == {
        "autograd_lite", "autograd_lite.testing", "autograd_lite.testing.plugin",
    }  # fmt: skip


def test_the_version_has_one_source():
    assert autograd_lite.__version__ == version("autograd-lite")
    assert '\ndynamic = ["version"]\n' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_citation_is_of_this_version():
    assert f"\nversion: {autograd_lite.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def test_the_wheel_holds_exactly_the_three_packages(tmp_path):
    pytest.importorskip("hatchling")
    pytest.importorskip("build")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)],
        check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"autograd_lite", "nn", "viz"}
    assert {"autograd_lite/py.typed", "nn/py.typed", "viz/py.typed"} <= set(names)
