"""The process in which a stranger's engine runs: one line of JSON before and after each behaviour.

Limits guard against mistakes (loops, recursion, huge lists), not against malice: for code of unknown
people use a container as well.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

HERE = Path(__file__).resolve().parents[1]


def main(spec: str, adapter: str, memory: int, names: list[str]) -> None:
    """Check the named behaviours in order, within ``memory`` bytes, and report each as it is done."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as report:
        os.dup2(2, 1)  # what the checked code prints is no part of the report
        _check_all(spec, adapter, memory, names, report)


def _limit_memory(memory: int) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit; the time limit still holds
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _check_all(spec: str, adapter: str, memory: int, names: list[str], report: TextIO) -> None:
    from .adapter import Engine, NotFound, load
    from .behaviours import BEHAVIOURS

    def say(**facts: Any) -> None:
        report.write(json.dumps(facts) + "\n")
        report.flush()

    engines: list[Engine] = []
    by_name = {each.name: each for each in BEHAVIOURS}
    say(started=True)
    _limit_memory(memory)
    try:
        result = outcome(lambda: engines.append(load(spec, adapter=adapter)), memory)
    except NotFound as problem:
        say(not_found=str(problem))
        return
    say(done="loads", **result)
    if not engines:
        return
    for name in names:
        say(done=name, **outcome(lambda: by_name[name].check(engines[0]), memory))


def outcome(work: Callable[[], object], memory: int) -> dict[str, Any]:
    """Run a piece of the engine and say what came of it: status, message, evidence.

    Raises NotFound alone; that is no matter of the engine.
    """
    from .adapter import Failed, NotFound, Unsupported

    status, evidence = "failed", None
    try:
        work()
        status, message = "passed", ""
    except NotFound:
        raise
    except Unsupported as reason:
        status, message = "unsupported", str(reason)
    except Failed as failure:
        message, evidence = str(failure), failure.evidence
    except MemoryError:
        message = f"needs more than {memory / 1024**3:.3g} GB of memory"
    except RecursionError:
        message = "ends in RecursionError: work through the graph with a loop, not by recursion"
    except SyntaxError as problem:
        message = f"is not Python: {problem}"
    except (Exception, SystemExit) as problem:
        message = f"raises {type(problem).__name__}{f': {problem}' if str(problem) else ''}{_place(problem)}"
    return {"status": status, "message": message, "evidence": evidence}


def _place(problem: BaseException) -> str:
    """Return the line of the engine's own code that raised, as ``(my_engine.py, line 12)``."""
    place, step = "", problem.__traceback__
    while step is not None:
        file = Path(step.tb_frame.f_code.co_filename)
        if HERE not in file.parents and file.is_file() and "importlib" not in file.parts:
            place = f" ({file.name}, line {step.tb_lineno})"
        step = step.tb_next
    return place


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:])
