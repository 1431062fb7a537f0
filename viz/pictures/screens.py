"""What can be said of a picture: its style, where it is read, which way it runs; as type checkers want it, too."""

from typing import Literal

READABLE = 9.0  # the height in pixels of the smallest text that is read with ease
SCREENS = {"page": (1200.0, 700.0), "phone": (390.0, 844.0)}
SCROLLED = 2.0  # screens, one below the other: readers follow wires no farther
DIRECTIONS = ("right", "down")

StyleName = Literal["auto", "card", "circuit", "compact"]
DirectionName = Literal["auto", "right", "down"]
ScreenName = Literal["page", "phone"]
ThemeName = Literal["auto", "light", "dark"]
