"""``autograd-lite explain``: values, every term of every gradient, the picture."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograd_lite import Explanation, explain

from ..pictures.palette import THEMES
from ..pictures.styles import STYLES
from .formulas import FormulaFile, FormulaText, InputValues, read_graph
from .options import AsJson, CommandError, Language, one_of, only_one, written
from .output import print_json

Picture = Annotated[Path | None, written(help="write the picture to this file, .svg or .png")]
Style = Annotated[str, typer.Option(help=f"{', '.join(STYLES)}, or auto by size", callback=one_of("auto", *STYLES))]
Theme = Annotated[str, typer.Option(help=f"auto, {' or '.join(THEMES)}", callback=one_of("auto", *THEMES))]
Animate = Annotated[bool, typer.Option("--animate", help="let the picture replay the backward pass")]
Latex = Annotated[bool, typer.Option("--latex", help="print the derivation as LaTeX")]
Markdown = Annotated[bool, typer.Option("--markdown", help="print the tables as Markdown")]


def explain_command(
    formula: FormulaText = "",
    values: InputValues = None,
    file: FormulaFile = None,
    svg: Picture = None,
    style: Style = "auto",
    theme: Theme = "auto",
    animate: Animate = False,
    latex: Latex = False,
    markdown: Markdown = False,
    as_json: AsJson = False,
    lang: Language = "en",
) -> None:
    """Print every value, every term of every gradient, and draw the graph."""
    only_one(json=as_json, latex=latex, markdown=markdown)
    only_one(animate=animate, style=style not in ("auto", "card"))
    if svg is None and (animate or style != "auto" or theme != "auto"):
        raise CommandError("--animate, --style and --theme are of a picture; say where to write it with --svg")
    _, y = read_graph(formula, values, file)
    explanation = explain(y)
    if svg is not None:
        _draw(explanation, svg, style=style, theme=theme, animate=animate, lang=lang)
    _print(explanation, as_json=as_json, latex=latex, markdown=markdown, lang=lang)
    if svg is not None:
        print(f"picture written to {svg}", file=sys.stderr)


def _draw(e: Explanation, to: Path, *, style: str, theme: str, animate: bool, lang: str) -> None:
    import viz

    if animate:
        viz.save(to, viz.animate(e, theme=theme, lang=lang))
    else:
        viz.save(to, viz.to_svg(e, style=style, theme=theme, lang=lang))


def _print(e: Explanation, *, as_json: bool, latex: bool, markdown: bool, lang: str) -> None:
    import viz

    if as_json:
        print_json(viz.to_dict(e))
    elif latex:
        print(viz.to_latex(e))
    elif markdown:
        print(viz.to_markdown(e, lang=lang))
    else:
        viz.print_explanation(e, Console(), lang=lang)
