"""The record of a training, epoch by epoch."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from .arguments import shown
from .module import numbers_in

COLUMNS = ("loss", "accuracy", "gradient_norms", "held_out_loss", "held_out_accuracy", "lr")


@dataclass(repr=False)
class History:
    """What happened in each epoch, as plain lists; ``nan`` where something was not measured.

    ``gradient_norms`` has one entry per epoch: {layer name: norm of its gradient, mean over batches}.
    ``stopped`` says why training ended: "epochs", "early" or "interrupted".

        >>> History(loss=[0.69, 0.5, 0.01], accuracy=[0.5, 0.7, 1.0])
        History(3 epochs, loss 0.69 → 0.01, accuracy 1)
    """

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    held_out_loss: list[float] = field(default_factory=list)
    held_out_accuracy: list[float] = field(default_factory=list)
    lr: list[float] = field(default_factory=list)
    gradient_norms: list[dict[str, float]] = field(default_factory=list)
    stopped: str = "epochs"

    def __len__(self) -> int:
        return len(self.loss)

    def __repr__(self) -> str:
        facts = [f"{len(self)} epoch{'' if len(self) == 1 else 's'}"]
        if self.loss:
            facts.append(f"loss {self.loss[0]:.3g} → {self.loss[-1]:.3g}")
        for words, column in (
            ("accuracy", self.accuracy),
            ("held-out loss", self.held_out_loss),
            ("held-out accuracy", self.held_out_accuracy),
        ):
            if column and not math.isnan(column[-1]):
                facts.append(f"{words} {column[-1]:.3g}")
        if self.stopped != "epochs":
            facts.append("stopped early" if self.stopped == "early" else self.stopped)
        return f"History({', '.join(facts)})"

    def best(self) -> int:
        """Return the number of the epoch with the lowest held-out (else training) loss; nan is not low.

        >>> History(loss=[float("nan"), 13.0, 4.9, 5.0]).best()
        2

        Raises ValueError if there are no epochs.
        """
        watched = self.loss if all(map(math.isnan, self.held_out_loss)) else self.held_out_loss
        return min(range(len(watched)), key=lambda i: math.inf if math.isnan(watched[i]) else watched[i])

    @classmethod
    def restored(cls, columns: Any) -> History:
        """Return the history of a checkpoint. Raises ValueError naming the place of what cannot be."""
        history = cls(**columns)
        for name in COLUMNS:
            column = getattr(history, name)
            if not isinstance(column, list) or len(column) != len(history.lr):
                raise ValueError("its history has columns of different lengths")
            for i, x in enumerate(column):
                by_layer = name == "gradient_norms"
                if by_layer and not isinstance(x, dict):
                    raise ValueError(f"history.gradient_norms[{i}] must be norms by layer, got {shown(x)}")
                numbers_in(f"history.{name}", x if by_layer else {i: x})
        if history.stopped not in ("epochs", "early", "interrupted"):
            raise ValueError(
                f"history.stopped must be 'epochs', 'early' or 'interrupted', got {shown(history.stopped)}"
            )
        return history
