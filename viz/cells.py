"""A piece of Python run as a notebook runs a cell."""

from __future__ import annotations

import ast
from typing import Any


def execute(source: str, names: dict[str, Any], filename: str) -> Any:
    """Run a cell in ``names``; return the value of its last line if that is an expression, else None.

    >>> execute("a = 2\\na * a", {}, "cell")
    4

    Whatever the cell raises comes through; SyntaxError before anything of it has run.
    """
    body = ast.parse(source, filename).body
    last = body[-1] if body else None
    if not isinstance(last, ast.Expr):
        exec(compile(ast.Module(body, []), filename, "exec"), names)  # who calls this was given Python to run
        return None
    before, value = compile(ast.Module(body[:-1], []), filename, "exec"), ast.Expression(last.value)
    exec(before, names)
    return eval(compile(value, filename, "eval"), names)
