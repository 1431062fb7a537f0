"""``autograd-lite train names --page``: the page on which a small GPT learns names."""

from __future__ import annotations

import random
from pathlib import Path

from .names import CONTEXT, held_out_of, lines_of


def write_names_page(path: Path, file: Path | None, *, seed: int = 0, lang: str = "en") -> None:
    """Write the page of the names, or of the lines of a file; begins with this seed."""
    import nn
    import viz
    from nn.characters import Characters
    from nn.gpt import GPT
    from viz.training.names_page import names_page

    lines = lines_of(file)
    characters = Characters(lines)
    model = GPT(len(characters), CONTEXT, rng=random.Random(0))
    page = names_page(
        model, nn.cross_entropy, lines, characters.characters, held_out=held_out_of(lines), settings={"seed": seed},
        lang=lang,
    )  # fmt: skip
    viz.save(path, page)
