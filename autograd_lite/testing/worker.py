"""The process in which a stranger's engine runs: one line of JSON before and after each behaviour."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, TextIO

MEMORY = 4 * 1024**3  # bytes of address space; a runaway allocation ends as MemoryError


def main(spec: str, adapter: str, names: list[str]) -> None:
    """Check the named behaviours in order and report each as it is done."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as report:
        os.dup2(2, 1)  # what the checked code prints is no part of the report
        _limit_memory()
        _check_all(spec, adapter, names, report)


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit; the time limit still holds
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _check_all(spec: str, adapter: str, names: list[str], report: TextIO) -> None:
    from .adapter import Unsupported, load
    from .behaviours import BEHAVIOURS, Failed

    def say(**facts: Any) -> None:
        report.write(json.dumps(facts) + "\n")
        report.flush()

    by_name = {each.name: each for each in BEHAVIOURS}
    try:
        engine = load(spec, adapter=adapter)
    except (Exception, SystemExit) as problem:
        say(cannot_load=f"{type(problem).__name__}: {problem}")
        return
    for name in names:
        say(start=name)
        evidence = None
        try:
            by_name[name].check(engine)
            status, message = "passed", ""
        except Unsupported as reason:
            status, message = "unsupported", str(reason)
        except Failed as failure:
            status, message, evidence = "failed", str(failure), failure.evidence
        except MemoryError:
            status, message = "failed", f"needs more than {MEMORY // 1024**3} GB of memory"
        except RecursionError:
            status, message = "failed", "ends in RecursionError: work through the graph with a loop, not by recursion"
        except (Exception, SystemExit) as problem:
            status, message = "failed", f"raises {type(problem).__name__}: {problem}"
        say(done=name, status=status, message=message, evidence=evidence)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
