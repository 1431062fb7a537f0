"""What goes into the playground: Pyodide's files and this project's own packages, as they stand here."""

from __future__ import annotations

import gzip
import io
import json
import os
import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from .pyodide import pyodide

PACKAGES = ("autograd_lite", "nn", "viz")
KINDS = (".py", ".js", ".css", ".html", ".json")
# what no page can use: commands, tests, compilers to machine code, the book
_LEFT_OUT = ("autograd_lite/testing/", "viz/cli/", "viz/book/", "viz/playground/browser/", "viz/lesson_texts/")


def bundle(folder: str | os.PathLike[str] | None = None) -> dict[str, bytes]:
    """Return what the page unpacks, by name, each compressed: four files of Pyodide, its lock file, our packages."""
    files = pyodide(folder)
    # without the hundreds of packages that one could ask a server for
    lock = json.loads(files["pyodide-lock.json"]) | {"packages": {}}
    files["pyodide-lock.json"] = json.dumps(lock).encode()
    files["packages.zip"] = packages()
    return {name: gzip.compress(content, 9, mtime=0) for name, content in files.items()}


def packages() -> bytes:
    """Return the packages of this project as a zip, the same for the same sources.

    >>> names = zipfile.ZipFile(io.BytesIO(packages())).namelist()
    >>> "autograd_lite/value.py" in names, any("cli" in name for name in names)
    (True, False)
    """
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:  # compressed as a whole later
        for name, path in sorted(_sources()):
            archive.writestr(zipfile.ZipInfo(name), path.read_bytes())
    return written.getvalue()


def _sources() -> Iterator[tuple[str, Path]]:
    for package in PACKAGES:
        spec = find_spec(package)
        assert spec is not None and spec.origin is not None
        root = Path(spec.origin).parent
        for path in root.rglob("*"):
            name = f"{package}/{path.relative_to(root).as_posix()}"
            if path.suffix in KINDS and not name.startswith(_LEFT_OUT):
                yield name, path
