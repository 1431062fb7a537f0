"""Check an engine in a process of its own; an endless loop or a crash is a result, not the end.

>>> report = check("autograd_lite:Value", only=["fan-out a * a"])
>>> report.results[0].status, report.passed
('passed', True)
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .behaviours import Behaviour, chosen

SECONDS = 30.0  # for one behaviour
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
        """Whether every required behaviour passed; one of the core that is unsupported has not."""
        needed = ("operation add", "operation mul")
        return not any(
            (r.required and r.status == "failed") or (r.name in needed and r.status != "passed") for r in self.results
        )

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
        return json.dumps(data, ensure_ascii=False, indent=2)

    def to_text(self) -> str:
        """Return the report in words: failures first, then what is missing."""
        lines = [f"{self.engine}, {self.profile} profile"]
        for r in self.results:
            if r.status == "failed":
                lines += ["", f"✗ {r.title}{'' if r.required else '  (not required)'}", f"    {r.message}"]
                lines += [f"    {line}" for line in _table(r.evidence)]
        missing = [r.message.removeprefix("has no ") for r in self.results if r.status == "unsupported"]
        if missing:
            lines += ["", f"– not offered, not checked: {', '.join(missing)}"]
        counts = (
            f"{self.count('passed')} passed, {self.count('failed')} failed, {self.count('unsupported')} unsupported"
        )
        lines += ["", f"{'✓' if self.passed else '✗'} {counts}"]
        return "\n".join(lines)


def _table(evidence: dict[str, Any] | None) -> list[str]:
    if not evidence:
        return []
    given = ", ".join(f"{name} = {x:g}" for name, x in evidence["point"].items())
    rows = [f"smallest graph: {evidence['formula']}   at {given}"]
    for node in evidence["nodes"]:
        if node["found"] is not None:
            mark = "   ← the first wrong one" if node["name"] == evidence["first_wrong"] else ""
            rows.append(
                f"  ∂y/∂{node['name']}: expected {_short(node['expected'])}, found {_short(node['found'])}{mark}"
            )
    return rows


def _short(x: float | str) -> str:
    return x if isinstance(x, str) else f"{x:.6g}"


def check(
    engine: str, *, profile: str = "basic", adapter: str = "", only: Sequence[str] = (), seconds: float = SECONDS
) -> Report:
    """Check an engine (``module:Class`` or ``file.py:Class``) and return the report.

    ``only`` names behaviours to check; ``seconds`` is the time each may take. Raises ImportError
    if the engine cannot be loaded, ValueError for a profile or behaviour that is not there.
    """
    behaviours = [each for each in chosen("full" if only else profile) if not only or each.name in only]
    unknown = set(only) - {each.name for each in behaviours}
    if unknown:
        raise ValueError(f"no behaviour named {', '.join(sorted(unknown))}")
    results: list[Result] = []
    while len(results) < len(behaviours):
        results += _run(engine, adapter, behaviours[len(results) :], seconds)
    return Report(engine, profile, tuple(results))


def _run(engine: str, adapter: str, behaviours: Sequence[Behaviour], seconds: float) -> list[Result]:
    """Check behaviours in one process until it ends, is done, or hangs; return at least one result."""
    command = [sys.executable, "-m", "autograd_lite.testing.worker", engine, adapter, *(b.name for b in behaviours)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8")
    lines: queue.Queue[str] = queue.Queue()
    assert process.stdout is not None
    reader = threading.Thread(target=_read, args=(process.stdout, lines), daemon=True)
    reader.start()
    results: list[Result] = []
    try:
        for behaviour in behaviours:
            facts, ended = _await(lines, seconds + (30.0 if not results else 0.0))
            if facts is None:
                results.append(_lost(behaviour, process, ended, seconds))
                break
            results.append(_result(behaviour, facts["status"], facts["message"], facts["evidence"]))
    finally:
        process.kill()
        process.wait()
        reader.join()
        process.stdout.close()
    return results


def _read(stream: Any, lines: queue.Queue[str]) -> None:
    for line in stream:
        lines.put(line)
    lines.put("")  # the process has ended


def _await(lines: queue.Queue[str], seconds: float) -> tuple[dict[str, Any] | None, bool]:
    """Return the next result, or None and whether the process ended (else it hangs)."""
    try:
        while line := lines.get(timeout=seconds):
            facts: dict[str, Any] = json.loads(line)
            if "cannot_load" in facts:
                raise ImportError(f"cannot load the engine: {facts['cannot_load']}")
            if "done" in facts:
                return facts, False
    except queue.Empty:
        return None, False
    return None, True


def _lost(behaviour: Behaviour, process: subprocess.Popen[str], ended: bool, seconds: float) -> Result:
    if not ended:
        return _result(behaviour, "failed", f"is still running after {seconds:g} seconds: an endless loop?")
    return _result(behaviour, "failed", f"the process crashed (exit status {process.wait()})")


def _result(behaviour: Behaviour, status: str, message: str, evidence: dict[str, Any] | None = None) -> Result:
    return Result(behaviour.name, behaviour.title, behaviour.required, status, message, evidence)
