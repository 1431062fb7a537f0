"""What options may be: one of a few words, a file to write, one of several that exclude each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from autograd_lite.hints import did_you_mean

from ..words import LANGUAGES


class CommandError(Exception):
    """What the user gave cannot be used; the message says why and what to do."""


def one_of(*choices: str) -> Callable[[str | None], str | None]:
    """Return the check of an option that takes one of a few words."""

    def check(given: str | None) -> str | None:
        if given is not None and given not in choices:
            raise typer.BadParameter(f"{given!r} is none of {', '.join(choices)}{did_you_mean(given, choices)}")
        return given

    return check


def file_to_write(path: Path | None) -> Path | None:
    """Check the name of a file to write, before anything is computed for it."""
    if path is None:
        return None
    if path.is_dir():  # '' is '.', too
        raise typer.BadParameter(f"{str(path)!r} is a folder; give the name of a file")
    if not path.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {str(path.parent)!r}; make it first, or name another")
    return path


def written(*names: str, help: str) -> Any:
    """Return the option that names a file to write."""
    return typer.Option(*names, help=help, callback=file_to_write)


def only_one(**given: object) -> None:
    """Refuse options that exclude each other."""
    named = [f"--{name.strip('_')}" for name, value in given.items() if value]
    if len(named) > 1:
        raise CommandError(f"{' and '.join(named)} exclude each other; choose one")


Language = Annotated[
    str,
    typer.Option("--lang", help=f"language of the sentences: {' or '.join(LANGUAGES)}", callback=one_of(*LANGUAGES)),
]
AsJson = Annotated[bool, typer.Option("--json", help="print the same as data")]
