"""What runs a program: what is asked (``job``), who does it (``choose``), NumPy and machine code."""
