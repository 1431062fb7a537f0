"""Run the benchmarks named on the command line, or all: ``python -m tests.benchmarks eager``."""

import importlib
import sys

for name in sys.argv[1:] or ("eager", "compile", "gpt", "choice", "sparse", "layout"):
    importlib.import_module(f"tests.benchmarks.{name}").run()
