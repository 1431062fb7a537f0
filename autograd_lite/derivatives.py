"""What came of a check of gradients: each derivative beside its numerical one, and what is to be thought of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mode = Literal["reverse", "forward"]
Verdict = Literal["right", "wrong", "kink", "unknown"]
SHOWN = 8  # inputs of a point that a message lists


@dataclass(frozen=True)
class Derivative:
    """One derivative, computed by the chain rule (in a ``mode``) and by differences.

    ``allowed`` is the difference that steps and rounding explain. ``verdict`` is ``"right"``,
    ``"wrong"``, ``"kink"`` (left and right derivative differ and the analytic one is between them, or
    it is infinite) or ``"unknown"`` (no numerical derivative could be had); ``reason`` says more.
    """

    name: str
    order: int
    mode: Mode
    point: tuple[float, ...]
    analytic: float
    numeric: float
    allowed: float
    verdict: Verdict
    reason: str = ""

    @property
    def excess(self) -> float:
        """The difference as a share of what is allowed: above 1 it is wrong."""
        gap = abs(self.analytic - self.numeric)
        if gap == 0.0:
            return 0.0
        return gap / self.allowed if gap == gap and self.allowed else float("inf")

    def __str__(self) -> str:
        values = ", ".join(f"x{j} = {x:.6g}" for j, x in enumerate(self.point[:SHOWN], start=1))
        values += f" and {len(self.point) - SHOWN} more" if len(self.point) > SHOWN else ""
        mode = "" if self.mode == "reverse" else " in forward mode"
        analytic, numeric = f"{self.analytic:.6g}", f"{self.numeric:.6g}"
        if self.verdict == "wrong":
            analytic, numeric = told_apart(self.analytic, self.numeric)
        head = f"order {self.order}: {self.name} is {analytic}{mode}"
        if self.verdict == "kink":
            return f"{head}, at a kink, {self.reason}, at {values}"
        if self.verdict == "unknown":
            return f"{head}, which could not be checked: {self.reason}, at {values}"
        return f"{head}, numerically {numeric}, at {values}"


@dataclass(frozen=True, repr=False)
class GradientReport:
    """Every comparison that was made; ``rules`` names the first operation whose own rule is wrong."""

    derivatives: tuple[Derivative, ...]
    rules: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every derivative is right, or stands at a kink."""
        return not self.having("wrong") and not self.having("unknown")

    @property
    def worst(self) -> Derivative:
        """The derivative farthest off, in units of what is allowed: at which input to look first."""
        compared = [d for d in self.derivatives if d.verdict in ("right", "wrong")]
        return max(compared or self.derivatives, key=lambda d: d.excess)

    def having(self, verdict: Verdict) -> tuple[Derivative, ...]:
        """Return the derivatives with a verdict."""
        return tuple(d for d in self.derivatives if d.verdict == verdict)

    @property
    def _counts(self) -> str:
        said = [f"{len(self.having(v))} {v}" for v in ("right", "wrong", "kink", "unknown") if self.having(v)]
        return f"{len(self.derivatives)} derivatives: {', '.join(said)}"

    def __repr__(self) -> str:
        return f"<gradient report of {self._counts}>"

    def __str__(self) -> str:
        worst = self.worst
        lines = [
            self._counts,
            f"worst: {worst}; the difference is {worst.excess:.2g} of what is allowed ({worst.allowed:.1e})",
        ]
        return "\n".join([*lines, *map(str, self.having("kink")), *map(str, self.having("unknown")), *self.rules])


def told_apart(x: float, y: float) -> tuple[str, str]:
    """Return both with six digits, or with as many more as it takes to see that they differ."""
    pairs = ((f"{x:.{digits}g}", f"{y:.{digits}g}") for digits in range(6, 18))
    return next((pair for pair in pairs if pair[0] != pair[1]), (f"{x:.6g}", f"{y:.6g}"))
