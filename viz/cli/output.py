"""What a command prints as data."""

from __future__ import annotations

import json
import sys

from autograd_lite.hints import inert


def print_json(data: object) -> None:
    """Print data as JSON: exact on every console, and inert."""
    written = json.dumps(data, ensure_ascii="utf" not in sys.stdout.encoding.lower(), indent=2)
    print("".join(c if c == "\n" or inert(c) == c else json.dumps(c)[1:-1] for c in written))
