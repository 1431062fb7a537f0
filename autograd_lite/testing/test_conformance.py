"""The conformance kit as tests: one for each behaviour of the engine named by ``--autograd-engine``."""

from __future__ import annotations

import pytest

from .adapter import NotFound
from .profiles import chosen
from .runner import Report, check


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    option = metafunc.config.getoption
    required, skipped = option("--autograd-require", []), option("--autograd-skip", [])
    try:
        names = [each.name for each in chosen(option("--autograd-profile", "basic"), require=required, skip=skipped)]
    except ValueError as problem:
        raise pytest.UsageError(str(problem)) from None
    metafunc.parametrize("behaviour", names)


@pytest.fixture(scope="session")
def report(request: pytest.FixtureRequest) -> Report:
    option = request.config.getoption
    try:
        return check(
            option("--autograd-engine", "autograd_lite:Value"),
            profile=option("--autograd-profile", "basic"),
            adapter=option("--autograd-adapter", ""),
            require=option("--autograd-require", []),
            skip=option("--autograd-skip", []),
        )
    except NotFound as problem:
        pytest.fail(str(problem), pytrace=False)


def test_behaviour(report: Report, behaviour: str) -> None:
    result = next((r for r in report.results if r.name == behaviour), None)
    if result is None:
        pytest.skip(f"{report.engine} cannot be loaded")
    if result.status == "unsupported":
        pytest.skip(f"{report.engine} {result.message}")
    if not result.required and result.status == "failed":
        pytest.skip(f"told, not required: {result.message}")
    assert result.status == "passed", f"{result.title}: {result.message}"
