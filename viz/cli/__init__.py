"""The command ``autograd-lite``: explain a formula, draw it, play it, train, quiz, check an engine.

It is the top of the house: the only place that brings ``viz`` and ``nn`` together. Each command is a file of this
package. Heavy rooms are imported when their command runs, so that ``autograd-lite --help`` is quick.
"""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from typing import Annotated

import typer

from autograd_lite import __version__
from autograd_lite.hints import inert

from ..plain import PLAIN_SIGNS
from .check import check_command
from .explain import explain_command
from .formulas import FormulaCommand
from .lessons import lesson_command, lessons_command
from .ops import ops_command
from .options import CommandError
from .play import play_command
from .playground import playground_command
from .quiz import quiz_command
from .train import train_command

app = typer.Typer(
    name="autograd-lite",
    help="Backpropagation you can read, watch and test.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # to load what would frame the help takes longer than all the rest of it
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("explain", cls=FormulaCommand, short_help="values, every term of every gradient, a picture")(
    explain_command
)
app.command("play", cls=FormulaCommand, short_help="a page that walks through both passes")(play_command)
app.command("playground", short_help="a page with the engine inside: type, and see")(playground_command)
app.command("quiz", short_help="questions on random graphs: here, a page, paper")(quiz_command)
app.command("check", short_help="what a scalar engine does right, and what not")(check_command)
app.command("lessons", short_help="the lessons, their answers, the book")(lessons_command)
app.command("lesson", short_help="run a lesson and open its page")(lesson_command)
app.command("ops", short_help="the table of operations")(ops_command)
app.command("train", short_help="train a network on digits, points or names")(train_command)


def _version(asked: bool) -> None:
    if asked:
        print(f"autograd-lite {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="print the version and stop")
    ] = False,
) -> None:
    pass


UsageError: type[Exception] = typer.BadParameter.__mro__[1]  # Typer has had Click's under several names


def main() -> None:
    """Run the command; a wrong input ends in one clear message and exit status 2, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=PLAIN_SIGNS)  # any terminal: plain signs for those it lacks
    try:
        status = app(sys.argv[1:] or ["--help"], standalone_mode=False)
        sys.stdout.flush()
    except UsageError as problem:
        status = _refuse(problem.format_message())  # type: ignore[attr-defined]
    except BrokenPipeError:  # `| head`: who read has gone; what Python flushes at its end goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    except OSError as problem:
        status = _refuse(f"{problem.strerror}: {problem.filename}" if problem.filename else str(problem))
    except (CommandError, ValueError, ImportError) as problem:  # FormulaError is a ValueError
        status = _refuse(str(problem))
    except (KeyboardInterrupt, typer.Abort):
        print("stopped", file=sys.stderr)
        status = 130
    raise SystemExit(status)


def _refuse(problem: str) -> int:
    print("error:", "\n".join(map(inert, problem.split("\n"))), file=sys.stderr)
    return 2
