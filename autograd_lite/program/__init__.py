"""Captured graphs as straight-line programs, run by NumPy or as machine code."""
