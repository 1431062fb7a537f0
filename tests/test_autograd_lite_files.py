"""Saving: whole or not at all, and nothing replaced that is not a regular file."""

import errno
import os
import stat
import threading
from pathlib import Path

import pytest

from autograd_lite import Program, Value, to_c
from autograd_lite.files import write_file
from nn import Module
from viz import save

posix = pytest.mark.skipif(os.name != "posix", reason="modes, links and pipes of POSIX")


class Line(Module):
    def __init__(self):
        self.w = Value(0.5, "w")


# every way the program writes a file goes through ``write_file``
SAVES = {
    "write_file": lambda path: write_file(path, b"new"),
    "a picture": lambda path: save(path, "new"),
    "weights": lambda path: Line().save(path),
    "C": lambda path: to_c(Program.capture([Value(1.0, "x")], [Value(1.0)]), path),
}


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


@pytest.fixture(params=SAVES)
def saves(request):
    return SAVES[request.param]


@posix
def test_a_pipe_is_written_to_and_stays_a_pipe(saves, tmp_path):
    path, heard = tmp_path / "pipe", []
    os.mkfifo(path)
    listener = threading.Thread(target=lambda: heard.append(path.read_bytes()), daemon=True)
    listener.start()
    saves(path)
    listener.join(timeout=30)
    assert heard and heard[0]
    assert stat.S_ISFIFO(os.lstat(path).st_mode)


@posix
def test_a_device_is_written_to_and_stays_a_device(saves, tmp_path):
    """On a node that the test makes, as the machine's own must not be put at risk; root may make one."""
    path = tmp_path / "null"
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))
        path.write_bytes(b"")
    except PermissionError:
        path = _terminal()
    saves(path)
    assert stat.S_ISCHR(os.lstat(path).st_mode)


def _terminal():
    """The name of a terminal of our own: the device that everyone may make; it is never read, only written."""
    master, slave = os.openpty()
    drain = threading.Thread(target=lambda: [None for _ in iter(lambda: os.read(master, 4096), b"")], daemon=True)
    drain.start()
    return Path(os.ttyname(slave))


@posix
def test_a_symbolic_link_is_followed(saves, tmp_path):
    (tmp_path / "folder").mkdir()
    target, link = tmp_path / "folder" / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to("folder/target")
    saves(link)
    assert link.is_symlink() and target.read_bytes() not in (b"old", b"")


@posix
def test_a_link_to_a_file_not_yet_there_makes_it(tmp_path):
    (tmp_path / "link").symlink_to("target")
    write_file(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "target").read_bytes() == b"new"


@posix
def test_a_second_name_of_the_file_sees_what_is_written(saves, tmp_path):
    (tmp_path / "a").write_text("old")
    os.link(tmp_path / "a", tmp_path / "b")
    saves(tmp_path / "a")
    assert (tmp_path / "b").read_bytes() == (tmp_path / "a").read_bytes() != b"old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]


@posix
@pytest.mark.parametrize("bits", [0o600, 0o640, 0o755, 0o666])
def test_a_file_keeps_its_mode(saves, bits, tmp_path):
    path = tmp_path / "f"
    path.write_text("old")
    path.chmod(bits)
    saves(path)
    assert mode(path) == bits and path.read_bytes() != b"old"


@posix
def test_a_new_file_has_the_mode_of_any_new_file(saves, tmp_path):
    (tmp_path / "usual").touch()
    saves(tmp_path / "f")
    assert mode(tmp_path / "f") == mode(tmp_path / "usual")


@posix
def test_the_umask_of_other_threads_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "umask", lambda mask: pytest.fail("the umask belongs to the whole process"))
    write_file(tmp_path / "f", b"new")
    write_file(tmp_path / "f", b"newer")


@posix
@pytest.mark.parametrize("names", [1, 2])
def test_a_file_of_whatever_names_keeps_its_content_when_the_disk_is_full(names, tmp_path, monkeypatch):
    path = tmp_path / "f"
    path.write_bytes(b"old")
    if names == 2:
        os.link(path, tmp_path / "second")
    write_bytes, fdopen = Path.write_bytes, os.fdopen
    fail_once = iter([True])

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    def half(self, content):
        if not next(fail_once, False):
            return write_bytes(self, content)
        write_bytes(self, content[:1])
        return full()

    def opened(handle, how):
        file = fdopen(handle, how, buffering=0)
        monkeypatch.setattr(os, "fdopen", fdopen)
        return _Full(file)

    monkeypatch.setattr(Path, "write_bytes", half)
    monkeypatch.setattr(os, "fdopen", opened)
    with pytest.raises(OSError, match="No space left") as caught:
        write_file(path, b"new")
    assert caught.value.filename == str(path)
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == names


class _Full:
    """A file whose disk is full after the first byte."""

    def __init__(self, file):
        self.file = file

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def write(self, content):
        self.file.write(content[:1])
        raise OSError(errno.ENOSPC, "No space left on device")


def test_an_error_names_the_file_asked_for(saves, tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError) as caught:
        saves(tmp_path / "folder")
    assert caught.value.filename == str(tmp_path / "folder")


def test_a_missing_folder_is_named(saves, tmp_path):
    with pytest.raises(FileNotFoundError, match="No such folder") as caught:
        saves(tmp_path / "missing" / "f")
    assert caught.value.filename == str(tmp_path / "missing")


@posix
def test_a_read_only_file_is_not_replaced(tmp_path, monkeypatch):
    path = tmp_path / "f"
    path.write_text("old")
    path.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write to anything
    with pytest.raises(PermissionError) as caught:
        write_file(path, b"new")
    assert caught.value.filename == str(path) and path.read_text() == "old"


@posix
def test_the_owner_of_a_file_is_kept_where_that_may_be_set(tmp_path):
    path = tmp_path / "f"
    path.write_text("old")
    owner = 12345 if os.geteuid() == 0 else os.geteuid()  # only root may give a file away
    os.chown(path, owner, -1)
    write_file(path, b"new")
    assert path.stat().st_uid == owner
