"""A process of its own for a stranger's engine; whatever it does, an answer comes and no process stays.

On Linux the end comes to every process that the engine has started, in whatever session: all have inherited a
mark in their environment, as on a build server. Elsewhere it comes to the process group.
"""

from __future__ import annotations

import json
import os
import queue
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from .adapter import NotFound
from .worker import plain

PATIENCE = 4.0  # times the limit on processor time, by the clock: for machines with much else to do,
AT_LEAST = 60.0  # and so many seconds in any case
ENDING = 5.0  # seconds for a process that is done to end
POLL = 0.2  # seconds between two looks whether it has ended while a child of its holds the channel
STARTUP = 120.0  # seconds until Python and this package are loaded, on a very busy machine
LINE = 2**20  # characters of one line of the report; what is longer is none
WAITING = 1000  # lines; an engine that writes there without end waits for us, and our memory does not grow
GONE = 30.0  # seconds until all are seen to have ended: on a very busy machine even that takes its time


class Outcome(NamedTuple):
    """What came of one behaviour, and a note on the engine if there is one."""

    status: str
    message: str
    evidence: dict[str, Any] | None = None
    note: str = ""


class Process:
    """A process that checks behaviours in order; it may hang or crash at any."""

    def __init__(self, engine: str, adapter: str, *, seconds: float, memory: float, names: Sequence[str]):
        self.seconds, self.key = seconds, secrets.token_hex(8)
        self.mark = f"AUTOGRAD_LITE_CHECK_{secrets.token_hex(8)}"
        self.job = {
            "key": self.key, "engine": engine, "adapter": adapter, "seconds": seconds,
            "memory": int(memory * 1024**3), "names": list(names),
        }  # fmt: skip
        self.process = subprocess.Popen(
            [sys.executable, "-m", "autograd_lite.testing.worker"], env={**os.environ, self.mark: "1"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            encoding="utf-8", errors="replace", start_new_session=os.name == "posix",
        )  # fmt: skip
        self.lines: queue.Queue[str | None] = queue.Queue(WAITING)  # None: the process has let go of the channel
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.lost = False  # it hangs or has ended: nothing more will come

    def __enter__(self) -> Process:
        self.reader.start()
        assert self.process.stdin is not None
        with suppress(BrokenPipeError), self.process.stdin as job:  # it has ended: the next line tells
            json.dump(self.job, job)
        try:
            self.lines.get(timeout=STARTUP)
        except queue.Empty:
            self.__exit__()
            raise TimeoutError(f"Python did not start within {STARTUP:g} seconds") from None
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(subprocess.TimeoutExpired):  # it ends by itself, unless it hangs
            self.process.wait(timeout=0.0 if self.lost else ENDING)
        self.process.kill()
        _end_all(self.process.pid, self.mark)
        self.process.wait()
        deadline = time.monotonic() + ENDING
        while self.reader.is_alive() and time.monotonic() < deadline:  # it may wait for room in the queue
            with suppress(queue.Empty):
                self.lines.get(timeout=0.01)
        if not self.reader.is_alive():  # else, not on Linux, a child in a session of its own holds the channel
            assert self.process.stdout is not None
            self.process.stdout.close()

    def _read(self) -> None:
        report = self.process.stdout
        assert report is not None
        for line in iter(lambda: report.readline(LINE), ""):
            if line != "\n":
                self.lines.put(line)
        self.lines.put(None)

    def outcome(self, name: str) -> Outcome:
        """Wait for what came of a behaviour. Raises NotFound if there is no such engine."""
        limit = max(PATIENCE * self.seconds, AT_LEAST)
        deadline, stray = time.monotonic() + limit, ""
        while True:
            try:
                line = self._line(deadline)
            except queue.Empty:
                return self._lose(
                    f"is not done after {limit:g} seconds by the clock, though it has not used {self.seconds:g} "
                    "seconds of processor time: does it wait for something?"
                )
            if line is None:
                return self._lose(self._ending())
            if line.startswith(self.key):
                return self._outcome(json.loads(line.removeprefix(self.key)), stray)
            stray = stray or line

    def _line(self, deadline: float) -> str | None:
        """Return the next line, None when there will be none. Raises queue.Empty at the deadline."""
        while True:
            ended = self.process.poll() is not None
            wait = 1.0 if ended else min(POLL, max(0.0, deadline - time.monotonic()))
            try:
                return self.lines.get(timeout=wait)
            except queue.Empty:
                if ended:  # and a child of its holds the channel open
                    return None
                if time.monotonic() >= deadline:
                    raise

    def _outcome(self, facts: dict[str, Any], stray: str) -> Outcome:
        if "not_found" in facts:
            raise NotFound(f"cannot load the engine: {facts['not_found']}")
        if stray:
            return Outcome("failed", f"writes where only the check may write: {plain(stray.strip()[:80])!r}")
        return Outcome(facts["status"], facts["message"], facts["evidence"], facts["note"])

    def _lose(self, message: str) -> Outcome:
        self.lost = True
        return Outcome("failed", message)

    def _ending(self) -> str:
        """Say how the process came to its end."""
        try:
            status = self.process.wait(ENDING)
        except subprocess.TimeoutExpired:
            return "closed the descriptor through which the check reports"
        if status >= 0:
            return f"ended the whole process (exit status {status})"
        if status == -getattr(signal, "SIGPROF", 0):
            return f"has used {self.seconds:g} seconds of processor time and is not done: an endless loop?"
        name = signal.Signals(-status).name if -status in set(signal.Signals) else f"signal {-status}"
        deep = "; recursion too deep for Python itself does that" if name == "SIGSEGV" else ""
        return f"crashed the whole process ({name}{deep})"


def _end_all(group: int, mark: str) -> None:
    """End the process group, and every process that bears the mark."""
    if os.name != "posix":
        return
    with suppress(ProcessLookupError, PermissionError):  # all of it has ended already
        os.killpg(group, signal.SIGKILL)
    deadline = time.monotonic() + GONE
    while (marked := _marked(mark.encode())) and time.monotonic() < deadline:  # one may start another while we look
        for pid in marked:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.005)  # the system takes a moment to end them


def _marked(mark: bytes) -> list[int]:
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):  # another user's, or gone
            if mark in environment.read_bytes():
                found.append(int(environment.parent.name))
    return found
