"""Run the benchmarks named on the command line, or all: ``python -m tests.benchmarks eager``."""

import importlib
import sys
from pathlib import Path

names = sys.argv[1:] or sorted(p.stem for p in Path(__file__).parent.glob("[a-z]*.py"))
for name in names:
    importlib.import_module(f"tests.benchmarks.{name}").run()
