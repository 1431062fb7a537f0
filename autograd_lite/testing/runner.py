"""Check an engine in a process of its own; an endless loop or a crash is a result, not the end.

>>> report = check("autograd_lite:Value", only=["fan-out a * a"])
>>> [(result.name, result.status) for result in report.results], report.passed
([('loads', 'passed'), ('fan-out a * a', 'passed')], True)
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..extras import needs
from ..hints import did_you_mean
from .adapter import TOO_COARSE
from .behaviours import LOADS, Behaviour
from .profiles import chosen
from .sandbox import Outcome, Process

with needs("testing", "autograd_lite.testing"):
    import hypothesis  # noqa: F401  (random graphs need it, in the other process)

SECONDS = 30.0  # of processor time, for one behaviour
MEMORY = 4.0  # GB; a runaway allocation ends as MemoryError
RANGES = {"seconds": (0.1, 86_400.0), "memory": (0.25, 1024.0)}  # less, and Python itself does not start
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
    notes: tuple[str, ...] = ()

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
            "notes": list(self.notes),
        }  # fmt: skip
        return json.dumps(data, ensure_ascii=False, allow_nan=False, indent=2)

    def to_text(self) -> str:
        """Return the report in words: failures first, then what is missing."""
        lines = [f"{self.engine}, {self.profile} profile"]
        for r in self.results:
            if r.status == "failed":
                lines += ["", f"✗ {r.title}{'' if r.required else '  (told, not required)'}", f"    {r.message}"]
                lines += [f"    {line}" for line in _table(r.evidence)]
        missing = [r for r in self.results if r.status == "unsupported"]
        lacking = [r.message.removeprefix("has no ") for r in missing if r.message.startswith("has no ")]
        if lacking:
            lines += ["", f"– not offered, not checked: {', '.join(dict.fromkeys(lacking))}"]
        lines += [f"– not checked: {r.title}: {r.message}" for r in missing if not r.message.startswith("has no ")]
        lines += [f"– {note}" for note in self.notes]
        lines += ["", f"{'✓' if self.passed else '✗'} {self.summary}"]
        return "\n".join(lines)

    @property
    def summary(self) -> str:
        """The counts in words, such as ``29 passed, 2 failed (1 of them required), 40 unsupported``."""
        failed, required = self.count("failed"), sum(r.required and r.status == "failed" for r in self.results)
        of_them = "" if failed == required else f" ({required or 'none'} of them required)"
        return f"{self.count('passed')} passed, {failed} failed{of_them}, {self.count('unsupported')} unsupported"


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
    return x if isinstance(x, str) else f"{x + 0.0:.6g}"  # 0, not -0


def check(
    engine: str,
    *,
    profile: str = "basic",
    require: Sequence[str] = (),
    skip: Sequence[str] = (),
    adapter: str = "",
    only: Sequence[str] = (),
    seconds: float = SECONDS,
    memory: float = MEMORY,
) -> Report:
    """Check an engine (``module:Class`` or ``file.py:Class``) and return the report.

    ``profile`` says what is required: lecture, basic, full, or a file that names behaviours (``profiles``);
    ``require`` adds names or patterns of behaviours to that, ``skip`` takes some away. What is not required is
    told all the same; ``only`` checks the behaviours it names and no others. ``seconds`` is the processor time
    each may take (and four times that by the clock, at least a minute), ``memory`` the GB each process may have;
    what the engine has started ends with it, in any session on Linux, in its process group elsewhere.

    The first result tells whether the engine loads; if not, it is the only one. Raises ImportError if there is
    no such file or module, ValueError for a profile or behaviour that is not there, or a limit out of range.
    """
    _check_limit("seconds", seconds, "of processor time")
    _check_limit("memory", memory, "GB")
    behaviours = _only(only, require, skip) if only else chosen(profile, require=require, skip=skip)
    results: list[Result] = []
    notes: dict[str, None] = {}  # a set in the order of coming
    loads, waiting = behaviours[0], behaviours[1:]
    while waiting or not results:
        names = [each.name for each in waiting]
        with Process(engine, adapter, seconds=seconds, memory=memory, names=names) as process:
            first = _result(loads, process.outcome(LOADS))
            if first.status != "passed":
                results.append(first)
                break
            results += [] if results else [first]
            for behaviour in waiting:
                outcome = process.outcome(behaviour.name)
                results.append(_result(behaviour, outcome))
                notes |= {outcome.note: None} if outcome.note else {}
                if process.lost:
                    break
        waiting = behaviours[len(results) :]
    return Report(engine, profile, tuple(results), tuple(notes))


def _only(names: Sequence[str], require: Sequence[str], skip: Sequence[str]) -> list[Behaviour]:
    """Return the named behaviours, of any profile."""
    there = chosen("full", require=require, skip=skip)
    for name in names:
        if name not in {each.name for each in there}:
            raise ValueError(f"no behaviour named {name}{did_you_mean(name, [each.name for each in there])}")
    return [each for each in there if each.name in (LOADS, *names)]


def _result(behaviour: Behaviour, outcome: Outcome) -> Result:
    """Return what came of a behaviour; to lack what was asked for by name is to fail, to have few digits is not."""
    status, message = outcome.status, outcome.message
    if status == "unsupported" and behaviour.named and message != TOO_COARSE:
        status, message = "failed", f"{message}, and it is required"
    return Result(behaviour.name, behaviour.title, behaviour.required, status, message, outcome.evidence)


def _check_limit(name: str, x: float, unit: str) -> None:
    low, high = RANGES[name]
    if isinstance(x, bool) or not isinstance(x, (int, float)) or not low <= x <= high:
        raise ValueError(f"{name} must be a number from {low:g} to {high:g} ({unit}), got {x!r}")
