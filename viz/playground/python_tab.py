"""What the second tab shows of a program: what it prints, draws, ends in, and where it fails."""

from __future__ import annotations

import contextlib
import io
import linecache
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from time import monotonic
from typing import Any

from autograd_lite import Explanation

from ..cells import execute
from ..pictures import drawing
from ..player.page import Player

Emit = Callable[[Mapping[str, Any]], None]

BEFORE, OWN = "<before>", "<program>"  # the file names of what runs first, unseen, and of the reader's text
MOST_PRINTED, MOST_SHOWN = 50_000, 100  # characters, and pictures or pages; more come from a loop that nobody reads
_EVERY = 0.1  # seconds between two sights of what is printed


def python_tab(source: str, emit: Emit, *, before: Sequence[str] = (), screen: str = "page", lang: str = "en") -> None:
    """Run a program, of which all that is to be seen is emitted, piece by piece, as plain data.

    ``display(x)`` shows a value on the way, as a notebook has it. The texts that run ``before`` show
    nothing but their errors; one that imports what is not there is left out, and the program may do without.

    >>> said = []
    >>> python_tab("print(1)\\n1 / 0", said.append)
    >>> said[0], said[1]["name"], said[1]["places"]
    ({'kind': 'text', 'text': '1\\n'}, 'ZeroDivisionError', [{'line': 2, 'text': '1 / 0'}])
    """
    drawing.usual.update(screen=screen, lang=lang)
    out = _Printed(emit)

    def display(*shown: Any) -> None:
        for each in shown:
            out.show(seen(each))

    names: dict[str, Any] = {"__name__": "__main__", "display": display, "input": _cannot_ask}
    lacks = False
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            lacks = _run_before(before, names)
            last = _run(source, names, OWN)
            if last is not None:
                display(last)
        except BaseException as problem:  # SystemExit, too, ends the program alone
            out.flush()
            emit(_error(problem) | {"lacks": lacks or isinstance(problem, ImportError)})
    out.flush()


def _cannot_ask(prompt: object = "") -> str:
    raise OSError("this page cannot ask for input; write the value into the program")


def _run_before(texts: Sequence[str], names: dict[str, Any]) -> bool:
    """Run texts, and tell whether one of them lacked something; what then fails for want of it is left out as well."""
    lacks = False
    for text in texts:
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                _run(text, names, BEFORE)
        except ImportError:
            lacks = True
        except Exception:  # of whatever kind: a name is missing, or what would have been made with it
            if not lacks:
                raise
    return lacks


def _run(text: str, names: dict[str, Any], file: str) -> Any:
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)  # messages quote its lines
    return execute(text, names, file)


def seen(value: Any) -> dict[str, Any]:
    """Return what is to be seen of a value, as a notebook chooses it: a player, a picture, a page, else its text."""
    if type(value) is Player:  # its frame runs scripts, which that of no other page does
        return {"kind": "player", "player": value.page, "told": value.plain}
    value = drawing.draw(value) if isinstance(value, Explanation) else value
    bundle = _bundle(value)
    told = bundle.get("text/plain") or repr(value)
    if "image/svg+xml" in bundle:
        return {"kind": "svg", "svg": bundle["image/svg+xml"], "told": told}
    if "text/html" in bundle:
        return {"kind": "page", "page": bundle["text/html"], "told": told}
    return {"kind": "text", "text": f"{bundle.get('text/markdown') or told}\n"}


_METHODS = {"image/svg+xml": "_repr_svg_", "text/html": "_repr_html_", "text/markdown": "_repr_markdown_"}


def _bundle(value: Any) -> dict[str, Any]:
    """Return the forms that a value has by itself; a class is not asked for those of its objects."""
    if isinstance(value, type):
        return {}
    if hasattr(value, "_repr_mimebundle_"):
        return dict(value._repr_mimebundle_())
    made = {kind: getattr(value, method)() for kind, method in _METHODS.items() if hasattr(value, method)}
    return {kind: form for kind, form in made.items() if form is not None}


class _Printed(io.TextIOBase):
    """What is printed, sent on a few times a second, and what is shown in between; too much is cut, which is told."""

    def __init__(self, emit: Emit):
        self.emit, self.waiting, self.sent = emit, "", monotonic()
        self.room, self.places, self.is_cut = MOST_PRINTED, MOST_SHOWN, False

    def write(self, text: str) -> int:
        """Keep text, and send it if it is time."""
        self.waiting += text[: self.room]
        if len(text) > self.room:
            self._cut()
        self.room = max(0, self.room - len(text))
        if monotonic() - self.sent > _EVERY:
            self.flush()
        return len(text)

    def show(self, form: Mapping[str, Any]) -> None:
        """Send a picture or a page after what was printed before it; text is printed."""
        if form["kind"] == "text":
            self.write(form["text"])
        elif self.places:
            self.places -= 1
            self.flush()
            self.emit(form)
        else:
            self._cut()

    def _cut(self) -> None:
        if not self.is_cut:
            self.is_cut = True
            self.flush()
            self.emit({"kind": "cut", "characters": MOST_PRINTED, "pictures": MOST_SHOWN})

    def flush(self) -> None:
        """Send what is waiting."""
        if self.waiting:
            self.emit({"kind": "text", "text": self.waiting})
        self.waiting, self.sent = "", monotonic()


def _import_of(problem: BaseException) -> str:
    """Return which line is missing where a name of these packages was used without its import."""
    name = problem.name if isinstance(problem, NameError) else None
    homes = (each for each in ("autograd_lite", "viz") if name in getattr(import_module(each), "__all__", ()))
    home = next(homes, None)
    return f"; write before it: from {home} import {name}" if home else ""


def _error(problem: BaseException) -> dict[str, Any]:
    """Return what went wrong, and the lines of the program that led there, the outermost first."""
    if isinstance(problem, SyntaxError) and problem.filename in (BEFORE, OWN):
        places = [{"line": problem.lineno or 1, "text": (problem.text or "").strip()}]
        message = problem.msg
    else:
        frames = [frame for frame in traceback.extract_tb(problem.__traceback__) if frame.filename == OWN]
        often = Counter((frame.lineno or 1, frame.line or "") for frame in frames)
        places = [
            {"line": line, "text": text} | ({"times": times} if times > 1 else {})
            for (line, text), times in often.items()
        ]
        message = f"{problem}{_import_of(problem)}"
    return {"kind": "error", "name": type(problem).__name__, "message": message, "places": places}
