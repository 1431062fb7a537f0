"""The names by which code written for micrograd reads a node."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .operation import Operation

_SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "square": "**2", "relu": "ReLU"}


class AsMicrograd:
    """``_prev``, ``_op`` and ``_backward``, to be read: ``draw_dot`` and a backward pass by hand run as they are."""

    __slots__ = ()

    if TYPE_CHECKING:
        op: Operation | None

        @property
        def parents(self) -> tuple[Any, ...]: ...
        def step_back(self) -> None: ...

    @property
    def _prev(self) -> set[Any]:
        """The parents, each once."""
        return set(self.parents)

    @property
    def _op(self) -> str:
        """The sign or the name of the operation; empty of a leaf."""
        if self.op is None or not self.parents:
            return ""
        if self.op.name.startswith("pow") and self.op.origin:  # x**n with a constant n
            return f"**{self.op.origin[1][0]:g}"
        return _SIGNS.get(self.op.name, self.op.name)

    @property
    def _backward(self) -> Callable[[], None]:
        return self.step_back

    @_backward.setter
    def _backward(self, rule: Any) -> None:
        raise AttributeError(
            "a node has no rule of its own to set; an operation has one, Operation(name, value, local_gradients), "
            "and calling it makes the node"
        )
