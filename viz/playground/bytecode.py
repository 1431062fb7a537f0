"""Bytecode beside or in place of sources in an archive, for the Python that runs this.

The page's Python does this to its own archives, in Node.js, where it finds this file alone: standard library only.
"""

from __future__ import annotations

import io
import marshal
import zipfile
from collections.abc import Callable
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash


def with_bytecode(archive: bytes, chosen: Callable[[str], bool], *, keep_sources: bool) -> bytes:
    """Return an archive with the bytecode of the modules ``chosen`` by file, never compared with a source (PEP 552).

    With their sources it stands where Python looks for it in a folder, without them where it does in an archive.

    >>> written = io.BytesIO()
    >>> with zipfile.ZipFile(written, "w") as files:
    ...     files.writestr("a/b.py", "x = 1")
    ...     files.writestr("c.py", "y = 2")
    >>> made = with_bytecode(written.getvalue(), "a/b.py".__eq__, keep_sources=False)
    >>> zipfile.ZipFile(io.BytesIO(made)).namelist()
    ['a/b.pyc', 'c.py']
    """
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as files, zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as made:
        for name in files.namelist():
            content, is_chosen = files.read(name), name.endswith(".py") and chosen(name)
            if keep_sources or not is_chosen:
                made.writestr(zipfile.ZipInfo(name), content)
            if is_chosen:
                place = cache_from_source(name) if keep_sources else f"{name}c"
                made.writestr(zipfile.ZipInfo(place), _bytecode(name, content))
    return written.getvalue()


def _bytecode(name: str, source: bytes) -> bytes:
    unchecked = (1).to_bytes(4, "little")
    return MAGIC_NUMBER + unchecked + source_hash(source) + marshal.dumps(compile(source, name, "exec"))
