"""What goes into the playground: Pyodide's files and this project's own packages, as they stand here."""

from __future__ import annotations

import gzip
import io
import json
import os
import zipfile
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

from .ahead import compiled_ahead
from .pyodide import pyodide

PACKAGES = ("autograd_lite", "nn", "viz")
KINDS = (".py", ".js", ".css", ".html", ".json")
# what no page can use: commands, tests, compilers to machine code, the book
_LEFT_OUT = ("autograd_lite/testing/", "viz/cli/", "viz/book/", "viz/playground/browser/", "viz/lesson_texts/")


def bundle(folder: str | os.PathLike[str] | None = None) -> dict[str, bytes]:
    """Return what the page unpacks, by name, each compressed: four files of Pyodide, its lock file, our packages.

    Raises ValueError for a folder whose files are damaged, and what ``pyodide`` raises.
    """
    files = compiled_ahead({**pyodide(folder), "packages.zip": packages()})
    try:
        # without the hundreds of packages that one could ask a server for
        lock = json.loads(files["pyodide-lock.json"]) | {"packages": {}}
        files["python_stdlib.zip"] = _stored(files["python_stdlib.zip"])
    except (ValueError, TypeError, zipfile.BadZipFile) as problem:
        raise ValueError(f"the files of pyodide in {folder} are damaged: {problem}") from None
    files["pyodide-lock.json"] = json.dumps(lock).encode()
    return {name: gzip.compress(content, 9, mtime=0) for name, content in files.items()}


def packages() -> bytes:
    """Return the packages of this project as an archive, the same for the same sources.

    >>> names = zipfile.ZipFile(io.BytesIO(packages())).namelist()
    >>> "autograd_lite/value.py" in names, any("cli" in name for name in names)
    (True, False)
    """
    return _archive((name, path.read_bytes()) for name, path in sorted(_sources()))


def _stored(archive: bytes) -> bytes:
    """Return an archive whose files are not compressed: it is as a whole, to an eighth less."""
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        return _archive((name, files.read(name)) for name in files.namelist() if not name.endswith("/"))


def _archive(files: Iterable[tuple[str, bytes]]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name), content)
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
