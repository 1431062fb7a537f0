"""``autograd-lite playground``: the page on which people type formulas and Python, with nothing to install."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from .options import Language, only_one, written

Page = Annotated[Path | None, written("--out", "-o", help="write it as one file (playground.html if nothing is said)")]
Folder = Annotated[Path | None, typer.Option("--folder", help="write it into this folder, for a web server")]
Pyodide = Annotated[
    Path | None,
    typer.Option("--pyodide", help="a folder with the unpacked npm package pyodide; otherwise npm fetches it once"),
]


def playground_command(out: Page = None, folder: Folder = None, pyodide: Pyodide = None, lang: Language = "en") -> None:
    """Write a page with the engine inside: type a formula or Python, see values, pictures, steps; it runs offline."""
    import viz

    only_one(out=out, folder=folder)
    if pyodide is None or pyodide.is_dir():  # else it is over at once
        print("making the playground; this takes up to a minute …", file=sys.stderr)
    if folder is not None:
        index, *_ = viz.write_playground(folder, pyodide=pyodide, lang=lang)
        print(f"playground written; have a web server send the folder of {index}", file=sys.stderr)
        return
    path = out or Path("playground.html")
    viz.save(path, viz.playground_page(pyodide=pyodide, lang=lang))
    print(f"playground written to {path}", file=sys.stderr)
