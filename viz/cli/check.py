"""``autograd-lite check``: what somebody's engine does right, and what not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import CommandError, written

if TYPE_CHECKING:
    from autograd_lite.testing.runner import Report

Engine = Annotated[str, typer.Argument(help="module:Class, file.py:Class, or a module or file")]
Profile = Annotated[
    str, typer.Option(help="what is required: lecture, basic, full, or a file with a behaviour's name on each line")
]
Required = Annotated[list[str] | None, typer.Option(help="require this behaviour too; repeatable")]
Skipped = Annotated[list[str] | None, typer.Option(help="do not require this behaviour; repeatable")]
List = Annotated[bool, typer.Option("--list", help="list the behaviours of the profile, check nothing")]
Adapter = Annotated[str, typer.Option(help="a Python file that says how to use the engine")]
JsonReport = Annotated[Path | None, written("--json", help="write the report as data")]
HtmlReport = Annotated[Path | None, written("--html", help="write the report as a page")]
Seconds = Annotated[float, typer.Option(help="processor time each behaviour may take")]
Memory = Annotated[float, typer.Option(help="GB of memory a process of the engine may take")]


def check_command(
    engine: Engine = "",
    profile: Profile = "basic",
    require: Required = None,
    skip: Skipped = None,
    list_them: List = False,
    adapter: Adapter = "",
    as_json: JsonReport = None,
    as_html: HtmlReport = None,
    seconds: Seconds = 30.0,
    memory: Memory = 4.0,
) -> None:
    """Check a scalar engine: what it does right, what not, and the smallest graph that shows it.

    A profile says what is required: lecture, what the micrograd of Karpathy's lectures promises; basic, also
    that backward() may run twice, numbers on either side, long chains; full, also all other operations and many
    random graphs. The rest of the profile is checked and told. --require and --skip take names or patterns
    ("operation *"); what is required by name must be there, other operations that are lacking are just listed.

    Exit status 0 if every required behaviour passes, 1 if not, 2 if there is no such file or option.
    """
    from autograd_lite.testing import check

    if list_them:
        _list(profile, require or (), skip or ())
        return
    if not engine:
        raise CommandError("which engine? for example: autograd-lite check student.py:Value")
    report = check(
        engine, profile=profile, require=require or (), skip=skip or (), adapter=adapter, seconds=seconds, memory=memory
    )
    print(report.to_text())
    _save(report, as_json, as_html)
    raise typer.Exit(0 if report.passed else 1)


def _list(profile: str, require: Sequence[str], skip: Sequence[str]) -> None:
    from autograd_lite.testing.profiles import chosen

    for each in chosen(profile, require=require, skip=skip):
        print(f"{each.name:24}{'required' if each.required else 'told':10}{each.title}")


def _save(report: Report, as_json: Path | None, as_html: Path | None) -> None:
    from ..conformance import to_page
    from ..pictures.drawing import save

    if as_json is not None:
        save(as_json, report.to_json() + "\n")
    if as_html is not None:
        save(as_html, to_page(report))
