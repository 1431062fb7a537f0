"""The conformance kit as tests: one for each behaviour of the engine named by ``--autograd-engine``."""

from __future__ import annotations

import pytest

from .behaviours import chosen
from .runner import Report, check


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    names = [each.name for each in chosen(metafunc.config.getoption("--autograd-profile", "basic"))]
    metafunc.parametrize("behaviour", names)


@pytest.fixture(scope="session")
def report(request: pytest.FixtureRequest) -> Report:
    option = request.config.getoption
    return check(
        option("--autograd-engine", "autograd_lite:Value"),
        profile=option("--autograd-profile", "basic"),
        adapter=option("--autograd-adapter", ""),
    )


def test_behaviour(report: Report, behaviour: str) -> None:
    result = next((r for r in report.results if r.name == behaviour), None)
    if result is None:
        pytest.skip(f"{report.engine} cannot be loaded")
    if result.status == "unsupported":
        pytest.skip(f"{report.engine} {result.message}")
    if not result.required and result.status == "failed":
        pytest.skip(f"not required, and not so: {result.message}")
    assert result.status == "passed", f"{result.title}: {result.message}"
