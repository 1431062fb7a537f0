"""Check an engine in a process of its own; an endless loop or a crash is a result, not the end.

>>> report = check("autograd_lite:Value", only=["fan-out a * a"])
>>> [(result.name, result.status) for result in report.results], report.passed
([('loads', 'passed'), ('fan-out a * a', 'passed')], True)
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from .adapter import NotFound
from .behaviours import LOADS, Behaviour, chosen

SECONDS = 30.0  # for one behaviour
MEMORY = 4.0  # GB; a runaway allocation ends as MemoryError
ENDING = 5.0  # seconds for a process that is done to end
STARTUP = 120.0  # seconds until Python and this package are loaded, on a very busy machine
FORMAT = 1  # of the JSON report


@dataclass(frozen=True)
class Result:
    """What came of one behaviour: passed, failed or unsupported, and why."""

    name: str
    title: str
    required: bool
    status: str
    message: str
    evidence: dict[str, Any] | None


@dataclass(frozen=True)
class Report:
    """All results for one engine."""

    engine: str
    profile: str
    results: tuple[Result, ...]

    @property
    def passed(self) -> bool:
        """Whether every required behaviour that the engine offers passed."""
        return not any(r.required and r.status == "failed" for r in self.results)

    def count(self, status: str) -> int:
        """Return how many results have a status."""
        return sum(r.status == status for r in self.results)

    def to_json(self) -> str:
        """Return the report as JSON for graders; the order and the names of the fields are kept."""
        data = {
            "format": FORMAT, "engine": self.engine, "profile": self.profile, "passed": self.passed,
            "counts": {status: self.count(status) for status in ("passed", "failed", "unsupported")},
            "results": [asdict(r) for r in self.results],
        }  # fmt: skip
        return json.dumps(data, ensure_ascii=False, allow_nan=False, indent=2)

    def to_text(self) -> str:
        """Return the report in words: failures first, then what is missing."""
        lines = [f"{self.engine}, {self.profile} profile"]
        for r in self.results:
            if r.status == "failed":
                lines += ["", f"✗ {r.title}{'' if r.required else '  (not required)'}", f"    {r.message}"]
                lines += [f"    {line}" for line in _table(r.evidence)]
        missing = [r for r in self.results if r.status == "unsupported"]
        lacking = [r.message.removeprefix("has no ") for r in missing if r.message.startswith("has no ")]
        if lacking:
            lines += ["", f"– not offered, not checked: {', '.join(dict.fromkeys(lacking))}"]
        lines += [f"– not checked: {r.title}: {r.message}" for r in missing if not r.message.startswith("has no ")]
        counts = (
            f"{self.count('passed')} passed, {self.count('failed')} failed, {self.count('unsupported')} unsupported"
        )
        lines += ["", f"{'✓' if self.passed else '✗'} {counts}"]
        return "\n".join(lines)


def _table(evidence: dict[str, Any] | None) -> list[str]:
    """Return a failing graph node by node, the wrong ones marked."""
    if not evidence:
        return []
    given = ", ".join(f"{name} = {x:g}" for name, x in evidence["point"].items())
    rows = [f"smallest graph: {evidence['formula']}   at {given}"]
    for node in evidence["nodes"]:
        mark = "   ← the first wrong one" if node["name"] == evidence["first_wrong"] else ""
        if node["found"] is not None:
            rows.append(
                f"  ∂y/∂{node['name']}: expected {_short(node['expected'])}, found {_short(node['found'])}{mark}"
            )
        elif node["found_value"] is not None:
            rows.append(
                f"  {node['name']}: expected {_short(node['value'])}, found {_short(node['found_value'])}{mark}"
            )
    local = evidence["wrong_local"]
    if local:
        rows.append(
            f"  wrong local gradient: ∂{local['child']}/∂{local['parent']} of {local['operation']}: "
            f"expected {_short(local['expected'])}, found {_short(local['found'])}"
        )
    return rows


def _short(x: float | str) -> str:
    return x if isinstance(x, str) else f"{x:.6g}"


def check(
    engine: str,
    *,
    profile: str = "basic",
    adapter: str = "",
    only: Sequence[str] = (),
    seconds: float = SECONDS,
    memory: float = MEMORY,
) -> Report:
    """Check an engine (``module:Class`` or ``file.py:Class``) and return the report.

    ``only`` names behaviours to check; ``seconds`` is the time each may take, ``memory`` the GB all
    may. The first result tells whether the engine loads; if not, it is the only one. Raises
    ImportError if there is no such file or module, ValueError for a profile or behaviour that is not
    there.
    """
    behaviours = [each for each in chosen("full" if only else profile) if not only or each.name in (LOADS, *only)]
    unknown = set(only) - {each.name for each in behaviours}
    if unknown:
        raise ValueError(f"no behaviour named {', '.join(sorted(unknown))}")
    loads, waiting = behaviours[0], behaviours[1:]
    results: list[Result] = []
    while waiting or not results:
        with _Process(engine, adapter, memory, [b.name for b in waiting]) as process:
            first = process.result(loads, seconds)
            if first.status != "passed":
                results.append(first)
                break
            results += [] if results else [first]
            for behaviour in waiting:
                results.append(process.result(behaviour, seconds))
                if process.lost:
                    break
        waiting = behaviours[len(results) :]
    return Report(engine, profile, tuple(results))


class _Process:
    """A process that checks behaviours in order; it may hang or crash at any."""

    def __init__(self, engine: str, adapter: str, memory: float, names: Sequence[str]):
        limit = str(int(memory * 1024**3))
        command = [sys.executable, "-m", "autograd_lite.testing.worker", engine, adapter, limit, *names]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            encoding="utf-8", start_new_session=os.name == "posix",
        )  # fmt: skip
        self.lines: queue.Queue[str] = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.lost = False  # it hangs or has ended: nothing more will come

    def __enter__(self) -> _Process:
        self.reader.start()
        try:
            self.lines.get(timeout=STARTUP)
        except queue.Empty:
            self.__exit__()
            raise TimeoutError(f"Python did not start within {STARTUP:g} seconds") from None
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(subprocess.TimeoutExpired):  # it ends by itself, unless it hangs
            self.process.wait(timeout=0.0 if self.lost else ENDING)
        if os.name == "posix":  # what the engine has started ends with it
            with suppress(ProcessLookupError, PermissionError):  # all of it has ended already
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()
        self.reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put("")  # the process has ended

    def result(self, behaviour: Behaviour, seconds: float) -> Result:
        """Wait for what came of a behaviour."""
        try:
            line = self.lines.get(timeout=seconds)
        except queue.Empty:
            self.lost = True
            return self._failed(behaviour, f"is still running after {seconds:g} seconds: an endless loop?")
        if not line:
            self.lost = True
            return self._failed(behaviour, _ending(self.process.wait()))
        facts: dict[str, Any] = json.loads(line)
        if "not_found" in facts:
            raise NotFound(f"cannot load the engine: {facts['not_found']}")
        return Result(
            behaviour.name, behaviour.title, behaviour.required, facts["status"], facts["message"], facts["evidence"]
        )

    @staticmethod
    def _failed(behaviour: Behaviour, message: str) -> Result:
        return Result(behaviour.name, behaviour.title, behaviour.required, "failed", message, None)


def _ending(status: int) -> str:
    """Say how a process came to its end."""
    if status < 0:
        name = signal.Signals(-status).name
        deep = "; recursion too deep for Python itself does that" if name == "SIGSEGV" else ""
        return f"crashed the whole process ({name}{deep})"
    return f"ended the whole process (exit status {status})"
