"""Where a picture is read, and which way it runs."""

READABLE = 9.0  # the height in pixels of the smallest text that is read with ease
SCREENS = {"page": (1200.0, 700.0), "phone": (390.0, 844.0)}
SCROLLED = 2.0  # screens, one below the other: readers follow wires no farther
DIRECTIONS = ("right", "down")
