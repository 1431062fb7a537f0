"""The process in which a stranger's engine runs: it reads its job, and writes a line after each behaviour.

Limits guard against mistakes (loops, recursion, huge lists), not against malice: for code of unknown
people use a container as well.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parents[1]
LONGEST = 2000  # characters of a message: an engine may raise any text
_encode = json.JSONEncoder().encode  # of its own: the engine may patch json.dumps


class Channel:
    """The way to the one who checks; ``key`` tells its lines from what the engine may write there."""

    def __init__(self, key: str):
        self.key, self.home = key, os.getpid()
        self.descriptor = os.dup(1)
        os.dup2(2, 1)  # what the checked code prints is no part of the report

    def say(self, **facts: Any) -> None:
        """Send a line, on a line of its own whatever stands before it."""
        if os.getpid() != self.home:
            os._exit(0)  # a child that the engine has forked came back here, and would report a second time
        rest = f"\n{self.key}{_encode(facts)}\n".encode()
        while rest:
            rest = rest[os.write(self.descriptor, rest) :]


def main() -> None:
    """Check the behaviours of the job that standard input holds, and report each as it is done."""
    job = json.loads(sys.stdin.buffer.read())
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    _check_all(Channel(job["key"]), **{name: job[name] for name in ("engine", "adapter", "memory", "seconds", "names")})


def _limit_memory(memory: int) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit; the time limit still holds
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Let the system end this process once it has used so much processor time; a busy machine uses up none of it."""
    if not hasattr(signal, "setitimer"):  # Windows: the limit by the clock still holds
        yield
        return
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)


def _check_all(channel: Channel, engine: str, adapter: str, memory: int, seconds: float, names: list[str]) -> None:
    from .adapter import Engine, NotFound, load
    from .behaviours import BEHAVIOURS, LOADS

    if any(name.endswith("random graphs") for name in names):  # others do not wait for Hypothesis
        from . import strategies  # noqa: F401  (before its time and memory would count as the engine's)

    engines: list[Engine] = []
    by_name = {each.name: each for each in BEHAVIOURS}
    channel.say(started=True)
    _limit_memory(memory)
    try:
        with _limited(seconds):
            result = outcome(lambda: engines.append(load(engine, adapter=adapter)), memory)
    except NotFound as problem:
        channel.say(not_found=plain(str(problem)))
        return
    channel.say(done=LOADS, note="", **result)
    for name in names if engines else ():
        with _limited(seconds):
            result = outcome(lambda: by_name[name].check(engines[0]), memory)
        channel.say(done=name, note=engines[0].note, **result)


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
    except BaseException as problem:  # SystemExit and KeyboardInterrupt too: the engine alone can raise them here
        text = _text(problem)
        message = f"raises {type(problem).__name__}{f': {text}' if text else ''}{_place(problem)}"
    return {"status": status, "message": plain(message), "evidence": evidence}


def _text(problem: BaseException) -> str:
    try:
        return str(problem)
    except Exception as second:  # an exception of the engine's own may fail to print itself
        return f"(its text cannot be had: {type(second).__name__})"


def plain(text: str) -> str:
    """Return a text of the engine's as any terminal and page may show it: escapes inert, of bounded length.

    >>> plain("red" + chr(27) + "[31m")
    'red\\\\x1b[31m'
    """
    shown = "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text[:LONGEST])
    return shown + (" …" if len(text) > LONGEST else "")


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
    main()
