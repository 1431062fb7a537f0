"""``autograd-lite ops``: the table of operations."""

from __future__ import annotations

import re
from math import inf
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from autograd_lite import TABLE, Operation, formulas
from autograd_lite.hints import did_you_mean
from autograd_lite.ops import REAL

from .options import AsJson, CommandError
from .output import print_json

Name = Annotated[str, typer.Argument(help="one operation, or all")]


def ops_command(name: Name = "", as_json: AsJson = False) -> None:
    """Print the table of operations: value, local gradients, domain, convention at the kink."""
    if name and name not in TABLE:
        hint = did_you_mean(name, TABLE)
        raise CommandError(f"no operation named {name!r}{hint}; autograd-lite ops lists them all")
    rows = [operation_row(op) for op in TABLE.values() if op.arity and (not name or op.name == name)]
    if as_json:
        print_json(rows)
        return
    table = Table(title="Operations: value, local gradients, domain, convention")
    for heading in ("operation", "∂out/∂operand, from the rule itself", "domain", "at kinks and edges"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(row["value"], "\n".join(row["local_gradients"]), row["domain"], row["convention"])
    Console().print(table)


def operation_row(op: Operation) -> dict[str, Any]:
    """Return the facts of one line of the table, its formulas printed by the rule itself."""
    names = ("w1", "w2", "x1", "x2", "b") if op.name == "dot" else op.operand_names
    operands = ", ".join(names) + (", …" if op.arity < 0 and op.name != "dot" else "")
    domain = [_interval(name, *interval) for name, interval in zip(names, op.domain) if interval != REAL]
    gradients = formulas(op, *names) if op.partials else (0,) * op.arity
    return {
        "name": op.name,
        "value": f"{op.name}({operands})" + (f" = {op.formula}" if op.formula else ""),
        "local_gradients": [f"∂/∂{x} = {_LONG_NUMBER.sub(_shorten, str(g))}" for x, g in zip(names, gradients)],
        "domain": ", ".join(domain) or "all numbers",
        "convention": op.note,
    }


_LONG_NUMBER = re.compile(r"\d+\.\d{6,}")


def _shorten(number: re.Match[str]) -> str:
    return f"{float(number.group()):.6g}"


def _interval(name: str, low: float, high: float) -> str:
    return f"{name} > {low:g}" if high == inf else f"{low:g} < {name} < {high:g}"
