"""A formula and the values of its inputs, as arguments of a command, from a file, or from standard input."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer
from typer.core import TyperCommand

from autograd_lite import Value, parse
from autograd_lite.formula import MAX_LENGTH, Formula

from .options import CommandError

FormulaText = Annotated[str, typer.Argument(help="a formula, such as 'tanh(w*x + b)', or - to read it from input")]
InputValues = Annotated[list[str] | None, typer.Argument(help="values of the inputs: w=0.5 x=2")]
FormulaFile = Annotated[Path | None, typer.Option("--file", "-f", help="read the formula from a file")]


class FormulaCommand(TyperCommand):
    """A command whose formula may start with a minus sign: ``autograd-lite explain "-x*y" x=1 y=2``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Keep formulas from being read as options, by a space in front of them."""
        options = [name for parameter in self.params for name in (*parameter.opts, *parameter.secondary_opts)]
        options += ctx.help_option_names
        valued = {n for p in self.params for n in p.opts if n.startswith("-") and not getattr(p, "is_flag", False)}

        def is_formula(before: str, given: str) -> bool:
            return (
                given.startswith("-")
                and given not in ("-", "--")
                and before not in valued
                and given not in options
                and not re.fullmatch(r"--[a-z][-a-z]*(=.*)?", given, re.DOTALL)
                # a short option with its value attached: -fformula.txt
                and not (given[:2] in valued and re.fullmatch(r"[\w./]+", given[2:]))
            )

        guarded = [" " + arg if is_formula(before, arg) else arg for before, arg in pairwise(["", *args])]
        parsed: list[str] = super().parse_args(ctx, guarded)
        return parsed


def read_graph(formula: str, values: list[str] | None, file: Path | None) -> tuple[Formula, Value]:
    """Return the formula given as text, in a file, or on standard input (``-``), and its output node."""
    given = list(values or [])
    if file is not None:
        given = [formula, *given] if formula else given
        with file.open("rb") as stream:
            formula = _formula_of(stream, str(file))
    elif formula == "-":
        if sys.stdin is None or sys.stdin.closed:
            raise CommandError("- reads the formula from standard input, which is closed")
        formula = _formula_of(sys.stdin.buffer, "standard input")
    if not formula:
        raise CommandError("give a formula, for example: autograd-lite explain 'tanh(w*x + b)' w=0.5 x=2 b=-1")
    parsed = parse(formula)
    try:
        return parsed, parsed.graph(**_values(given))
    except TypeError as problem:
        raise CommandError(str(problem)) from None


def _formula_of(stream: BinaryIO, where: str) -> str:
    """Read no more than a formula may hold, so that an input without end is refused, too."""
    try:
        return stream.read(4 * MAX_LENGTH + 4).decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise CommandError(f"{where} is not text in UTF-8: {problem.reason} at byte {problem.start}") from None


def _values(given: Sequence[str]) -> dict[str, float]:
    """Read ``name=number`` each; the number may be written as a formula without names: ``x=1/3``."""
    values: dict[str, float] = {}
    for text in given:
        name, equals, number = text.partition("=")
        name = name.strip()
        if not equals or not name:
            raise CommandError(f"expected a value like x=2, got {text!r}")
        if name in values:
            raise CommandError(f"{name!r} is given twice")
        if not number.strip():
            raise CommandError(f"the value of {name!r} must be a number, got {number!r}")
        parsed = parse(number)
        if parsed.inputs:
            raise CommandError(f"the value of {name!r} must be a number, got {number!r}")
        values[name] = float(parsed())
    return values
