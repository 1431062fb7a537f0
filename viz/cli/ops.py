"""``autograd-lite ops``: the table of operations."""

from __future__ import annotations

import re
from collections.abc import Callable
from inspect import signature
from math import inf
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from autograd_lite import TABLE, Operation, formulas, symbol
from autograd_lite.hints import did_you_mean
from autograd_lite.ops import FUNCTIONS, REAL

from .options import AsJson, CommandError
from .output import print_json

Name = Annotated[str, typer.Argument(help="one operation, or all")]


def ops_command(name: Name = "", as_json: AsJson = False) -> None:
    """Print the table of operations: value, local gradients, domain, convention at the kink."""
    rows = {op.name: operation_row(op) for op in TABLE.values() if op.arity}
    rows |= {other: function_row(other, f) for other, f in FUNCTIONS.items() if other not in TABLE}
    if name and name not in rows:
        raise CommandError(f"no operation named {name!r}{did_you_mean(name, rows)}; autograd-lite ops lists them all")
    shown = [rows[name]] if name else list(rows.values())
    if as_json:
        print_json(shown)
        return
    table = Table(title="Operations: value, local gradients, domain, convention")
    for heading in ("operation", "∂out/∂operand, from the rule itself", "domain", "at kinks and edges"):
        table.add_column(heading, overflow="fold")
    for row in shown:
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


def function_row(name: str, f: Callable[..., Any]) -> dict[str, Any]:
    """Return the facts of what formulas know beside the table: another name of a line, or what is made of several."""
    operands = f.operand_names if isinstance(f, Operation) else tuple(signature(f).parameters)
    names = tuple(map(symbol, operands))
    formula = f(*names)
    if formula.operands == names:
        facts = operation_row(formula.op)
    else:
        facts = {"local_gradients": ["those of its operations"], "domain": "that of its operations", "convention": ""}
    written = f"{name}({', '.join(operands)})"
    value = written if str(formula) == written else f"{written} = {formula}"
    return {"name": name, "value": value} | {key: fact for key, fact in facts.items() if key not in ("name", "value")}


_LONG_NUMBER = re.compile(r"\d+\.\d{6,}")


def _shorten(number: re.Match[str]) -> str:
    return f"{float(number.group()):.6g}"


def _interval(name: str, low: float, high: float) -> str:
    return f"{name} > {low:g}" if high == inf else f"{low:g} < {name} < {high:g}"
