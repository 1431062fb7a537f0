"""A headless Chromium for tests of pages: the one on PATH, else Playwright's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from tests.setup import on_path

# no sandbox in containers, and nothing that talks to the network by itself
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
          "--disable-component-update", "--disable-sync")  # fmt: skip

# of elements, the texts that are wider than they are
CLIPPED = "(all) => all.filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.textContent)"


@contextmanager
def chromium() -> Iterator[Any]:
    """Yield a browser. Where there is none the test is in error, never skipped: pages would go untested in silence."""
    with sync_playwright() as playwright:
        path = on_path() or playwright.chromium.executable_path
        if not Path(path).exists():
            raise FileNotFoundError("the tests of pages need a browser: python -m tests.setup")
        browser = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        yield browser
        browser.close()


@contextmanager
def opened(browser: Any, path: Any, *, at: str = "", meant: str = "", **context: Any) -> Iterator[Any]:
    """Yield the page of a file; asserts at the end that it asked nobody for anything and reported no error.

    An error that begins with what is ``meant`` to be refused counts for none.
    """
    asked: list[str] = []
    errors: list[str] = []
    window = browser.new_context(viewport={"width": 1280, "height": 900}, **context)
    page = window.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(path.as_uri() + at)
    yield page
    window.close()
    own = (path.as_uri(), "blob:", "data:", "about:srcdoc")  # what the page made itself
    strange = [url for url in asked if not url.startswith(own)]
    assert strange == [], strange
    errors = [error for error in errors if not meant or not error.startswith(meant)]
    assert errors == [], errors


def violations(page: Any) -> list[Any]:
    """Return what axe finds wrong on a page or frame; to ask for nothing else takes a third of the time."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [(each["id"], [node["target"] for node in each["nodes"]]) for each in found]
