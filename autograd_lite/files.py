"""A file that appears whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_file(path: str | os.PathLike[str], content: bytes) -> None:
    """Write beside ``path`` and move there, so that no reader ever sees half a file.

    The file may be read by whom a file written in the usual way may be. Raises OSError if the folder is not
    there or cannot be written to.

        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_file(Path(folder, "a.txt"), b"whole")
        ...     Path(folder, "a.txt").read_text()
        'whole'
    """
    target = Path(path)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def _umask() -> int:
    """Return the process's umask, which can be read only by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
