"""The playground as one file, or as a folder for a web server: the page, and what it unpacks."""

from __future__ import annotations

import base64
import errno
import html
import json
import os
from collections.abc import Callable, Iterator, Mapping
from inspect import signature
from pathlib import Path
from typing import Any

from autograd_lite import Operation
from autograd_lite.files import write_file
from autograd_lite.ops import FUNCTIONS

from ..template import asset, colours, fill, script_safe
from ..words import words
from .bundle import bundle
from .examples import FORMULAS, PROGRAMS

SCRIPT = (
    "shared.js", "assets.js", "engine.js", "link.js", "shown.js", "completion.js", "formula.js", "editor.js",
    "program.js", "page.js",
)  # fmt: skip
_PIECE = 3 * 2**17  # bytes in one element of the page: so finely is told how far loading is


def playground_page(*, pyodide: str | os.PathLike[str] | None = None, lang: str = "en") -> str:
    """Return the playground as one page that runs from disk: Python, this engine, and a place to type.

    ``pyodide`` is a folder with the unpacked npm package of that name; without it, npm fetches the package once.

        >>> playground_page(pyodide="no-such-folder")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ValueError: there is no folder no-such-folder; unpack the npm package pyodide@314.0.7 yourself and ...

    Raises ValueError for a language that is not there or a folder with something else, ImportError, which says what
    to do, if npm cannot bring the package.
    """
    packed = bundle(pyodide)
    pieces = [f'<script type="text/plain" data-of="{name}">{piece}</script>' for name, piece in _pieces(packed)]
    return _page(packed, "\n".join(pieces), lang)


def write_playground(
    folder: str | os.PathLike[str], *, pyodide: str | os.PathLike[str] | None = None, lang: str = "en"
) -> list[Path]:
    """Write the playground into a folder for a web server, which has less to send: ``index.html`` and what it loads.

    The arguments are those of ``playground_page``. Raises OSError if the folder cannot be written to.
    """
    if Path(folder).is_file():
        raise NotADirectoryError(errno.ENOTDIR, "This is a file, not a folder", os.fspath(folder))
    packed = bundle(pyodide)
    Path(folder).mkdir(parents=True, exist_ok=True)
    files = {"index.html": _page(packed, "", lang).encode()}
    files |= {f"{name}.packed": content for name, content in packed.items()}
    for name, content in files.items():
        write_file(Path(folder, name), content)
    return [Path(folder, name) for name in files]


def _pieces(packed: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    for name, content in packed.items():
        for at in range(0, len(content), _PIECE):
            yield name, base64.b64encode(content[at : at + _PIECE]).decode()


def _page(packed: Mapping[str, bytes], pieces: str, lang: str) -> str:
    """Return the page; what is not in it as pieces it asks of its own server, and nobody else of anything."""
    said = words(lang)
    data = {
        "words": {key: said[key] for key in said if key.startswith("playground ")}, "lang": lang,
        "files": {name: len(content) for name, content in packed.items()}, "inside": bool(pieces),
        "names": _names(), "formulas": FORMULAS, "programs": PROGRAMS,
    }  # fmt: skip
    texts = {key: html.escape(text) for key, text in said.items()}
    texts |= {
        "connect": "'none'" if pieces else "'self'", "pieces": pieces,
        "data": script_safe(json.dumps(data, ensure_ascii=False, separators=(",", ":"))),
        "style": colours() + asset(__package__, "browser/page.css"),
        "worker": script_safe(asset(__package__, "browser/worker.js")),
        "script": script_safe("\n".join(asset(__package__, f"browser/{name}") for name in SCRIPT)),
    }  # fmt: skip
    return fill(asset(__package__, "browser/page.html"), **texts)


def _names() -> list[dict[str, str]]:
    """Return what formulas can call, in their order: name and operands."""
    return [{"name": name, "signature": f"{name}({_operands(f)})"} for name, f in FUNCTIONS.items()]


def _operands(f: Callable[..., Any]) -> str:
    if isinstance(f, Operation):
        return ", ".join(f.operand_names) + (", …" if f.arity < 0 else "")
    return ", ".join(str(p) if p.kind is p.VAR_POSITIONAL else name for name, p in signature(f).parameters.items())
