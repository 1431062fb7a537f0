"""A file that appears whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def write_file(path: str | os.PathLike[str], content: bytes) -> None:
    """Write beside ``path`` and move there, so that no reader ever sees half a file.

    A symbolic link is followed. A file that is there keeps its mode and, where that may be set, its owner;
    a new one may be read by whom a file written in the usual way may be. Devices and pipes are written to.
    A file with several names keeps them all: it is written in place, and gets its old content back on error.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_file(Path(folder, "a.txt"), b"whole")
        ...     Path(folder, "a.txt").read_text()
        'whole'

    Raises OSError, naming ``path``, if it cannot be written to, and FileNotFoundError naming the folder if
    there is none; TypeError for what is no path.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"the path of a file must be text or a Path, got {path!r}")
    try:
        _write(os.fspath(path), content)
    except OSError as problem:
        target = Path(os.path.realpath(path))
        if problem.errno == errno.ENOENT and not target.parent.exists():
            raise FileNotFoundError(errno.ENOENT, "No such folder", str(Path(path).parent)) from None
        raise OSError(problem.errno, problem.strerror, os.fspath(path)) from None


def _write(path: str, content: bytes) -> None:
    try:
        there = os.stat(path)
    except FileNotFoundError:
        return _replace(os.path.realpath(path), content, None)
    if not stat.S_ISREG(there.st_mode):
        Path(path).write_bytes(content)
    elif there.st_nlink > 1:
        _overwrite(Path(path), content)
    elif not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, "The file is read-only")
    else:
        _replace(os.path.realpath(path), content, there)


def _replace(target: str, content: bytes, there: os.stat_result | None) -> None:
    """Put a new file in the place of ``target``, with the mode and owner of the one that is ``there``."""
    folder, name = os.path.split(target)
    temporary = os.path.join(folder, f".{name[:40]}.{os.urandom(8).hex()}")
    # the system takes the umask from the mode of a new file; to ask for the umask is to set it, for all threads
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    handle = os.open(temporary, flags, 0o666 if there is None else 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        if there is not None:
            if (there.st_uid, there.st_gid) != (os.stat(temporary).st_uid, os.stat(temporary).st_gid):
                _give(temporary, there)
            os.chmod(temporary, stat.S_IMODE(there.st_mode))
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def _give(path: str, there: os.stat_result) -> None:
    """Give a file the owner and group of another; who may not do so owns the file from now on."""
    for owner in ((there.st_uid, there.st_gid), (-1, there.st_gid)):
        try:
            return os.chown(path, *owner)
        except PermissionError:
            continue


def _overwrite(path: Path, content: bytes) -> None:
    old = path.read_bytes()
    try:
        path.write_bytes(content)
    except BaseException:
        path.write_bytes(old)
        raise
