"""The colours, by meaning: value, gradient and local gradient keep theirs in every picture.

Tests hold them to a contrast of 4.5:1 on their background (3:1 for lines) and keep the three
meanings apart for colour-blind eyes; position repeats what colour says.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, eq=False)  # compared and hashed as the one it is: every element asks for its colours
class Theme:
    """One colour for each meaning."""

    background: str
    card: str
    ink: str
    muted: str
    line: str
    hairline: str
    value: str
    gradient: str
    local: str
    current: str
    current_line: str
    target: str


LIGHT = Theme(
    background="#FFFFFF", card="#FFFFFF", ink="#1B2430", muted="#5A6675", line="#7A8798", hairline="#DCE3EB",
    value="#0B5FA5", gradient="#B8430A", local="#7A12E2", current="#FFF3C4", current_line="#A87700", target="#FDEEE6",
)  # fmt: skip
DARK = Theme(
    background="#0F1620", card="#172130", ink="#E8EDF4", muted="#9FB0C3", line="#7A8798", hairline="#2C3A4D",
    value="#7CC4FF", gradient="#FFA066", local="#FFD633", current="#3A3115", current_line="#D9A514", target="#3A2416",
)  # fmt: skip
THEMES = {"light": LIGHT, "dark": DARK}


def resolve(theme: str) -> Theme:
    """Return the colours of light, dark, or auto (which starts light).

    Raises ValueError for any other name.
    """
    if theme not in (*THEMES, "auto"):
        raise ValueError(f"no theme {theme!r}; there are auto, light, dark")
    return THEMES.get(theme, LIGHT)


# |gradient| in five classes of its logarithm, on paper and in the dark: (fill, ink)
HEAT = {
    LIGHT: (
        ("#FFF5EB", "#1B2430"), ("#FDD9B5", "#1B2430"), ("#FDAE6B", "#1B2430"),
        ("#E6731C", "#1B2430"), ("#A63603", "#FFFFFF"),
    ),
    DARK: (
        ("#1F2630", "#E8EDF4"), ("#4A2C1B", "#E8EDF4"), ("#7A3D12", "#FFFFFF"),
        ("#D06E2A", "#0F1620"), ("#FFC08F", "#0F1620"),
    ),
}  # fmt: skip


def heat(magnitude: float, largest: float) -> int:
    """Return the class, 0 to 4, of a gradient's size relative to the largest: two for each power of ten.

    >>> heat(1.0, 1.0), heat(0.1, 1.0), heat(1e-9, 1.0), heat(0.0, 0.0)
    (4, 2, 0, 0)
    """
    from math import isfinite, log10

    if not magnitude or not isfinite(magnitude) or not isfinite(largest):
        return 0
    return max(0, 4 + int(2.0 * log10(magnitude / largest) - 0.5))
