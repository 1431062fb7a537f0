"""The pytest plugin: ``pytest --autograd-engine my_engine:Value --pyargs autograd_lite.testing``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that name the engine and the profile."""
    group = parser.getgroup("autograd-lite")
    group.addoption("--autograd-engine", default="autograd_lite:Value", help="engine to check: module:Class or file")
    group.addoption("--autograd-profile", default="basic", help="lecture, basic, full, or a file of behaviour names")
    group.addoption("--autograd-require", action="append", default=[], help="require this behaviour too (repeatable)")
    group.addoption("--autograd-skip", action="append", default=[], help="do not require this behaviour (repeatable)")
    group.addoption("--autograd-adapter", default="", help="a Python file that says how to use the engine")
