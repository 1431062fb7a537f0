"""The modules that the page begins with, compiled ahead in Node.js: Python then starts in half the time."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path

from ..template import asset

ARCHIVES = ("python_stdlib.zip", "packages.zip")


def compiled_ahead(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files of Pyodide and the packages with bytecode in their archives.

    Where there is no Node.js, or one too old to run Pyodide, of which a warning tells, they come back as they are: the
    page does the same later.
    """
    node = shutil.which("node")
    if node is None:
        return dict(files)
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            Path(folder, name).write_bytes(content)
        for name in ("bytecode.py", "compile.mjs"):
            Path(folder, name).write_text(asset(__package__, name), encoding="utf-8")
        done = subprocess.run([node, str(Path(folder, "compile.mjs")), folder], capture_output=True)
        if done.returncode:
            warnings.warn(f"{node} could not compile ahead; the page will start in twice the time", stacklevel=2)
        made = {name: Path(folder, name).read_bytes() for name in ARCHIVES} if done.returncode == 0 else {}
    return {**files, **made}
