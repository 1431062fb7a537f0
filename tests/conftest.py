"""Hypothesis profiles: ``dev`` is quick, ``ci`` looks longer and draws the same examples on every run.

The summary says how to get PyTorch, the one peer that is too heavy to come with the tests.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile(
    "ci", max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ci" if os.environ.get("CI") else "dev")

# the tests start hundreds of processes: let the first of them compile the modules for all
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_terminal_summary(terminalreporter):
    skipped = terminalreporter.stats.get("skipped", [])
    without = sum("'torch'" in str(report.longrepr) for report in skipped)
    if without:
        terminalreporter.write_line(
            f'{without} tests that compare with PyTorch were skipped; to run them: pip install -e ".[peers]"'
        )
