"""Speed beside the peers, as ratios: ``python -m tests.benchmarks``. Never part of the tests."""
