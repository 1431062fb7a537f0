"""``python -m viz.cli`` is the command ``autograd-lite``."""

from . import main

main()
