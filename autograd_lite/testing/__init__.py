"""Property-based gradient tests for any scalar engine: strategies, properties, a conformance kit.

With this package, one can,

- draw random graphs with shared parts, at points inside every domain: ``expressions()``;
- state what every gradient must satisfy: ``properties.agrees_with_central_differences(graph)``;
- check an engine of one's own: ``check("my_engine:Value")``, ``autograd-lite check my_engine:Value``,
  or ``pytest --autograd-engine my_engine:Value --pyargs autograd_lite.testing``.

Needs Hypothesis: ``pip install "autograd-lite[testing]"``. Nothing heavy is loaded before it is used,
because pytest imports this package at every start.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "numbers": "strategies", "operations": "strategies", "expressions": "strategies", "points_for": "strategies",
    "networks": "strategies", "Graph": "strategies", "properties": "", "check": "runner", "Report": "runner",
}  # fmt: skip
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f".{_HOMES[name] or name}", __name__)
    return getattr(module, name) if _HOMES[name] else module
