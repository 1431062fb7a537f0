"""``autograd-lite explain``: values, every term of every gradient, the picture."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from autograd_lite import Explanation, explain

from ..pictures.export import ENDINGS
from ..pictures.palette import THEMES
from ..pictures.screens import DIRECTIONS, SCREENS
from ..pictures.styles import STYLES
from .formulas import FormulaFile, FormulaText, InputValues, read_graph
from .options import AsJson, CommandError, Language, one_of, only_one, written
from .output import print_json

Picture = Annotated[
    Path | None, written(help=f"write the picture to this file: {', '.join(ENDINGS)}; the last two with --animate")
]
Style = Annotated[str, typer.Option(help=f"{', '.join(STYLES)}, or auto by size", callback=one_of("auto", *STYLES))]
Direction = Annotated[str, typer.Option(help=f"auto, {' or '.join(DIRECTIONS)}", callback=one_of("auto", *DIRECTIONS))]
Screen = Annotated[str, typer.Option(help=f"where it is read: {' or '.join(SCREENS)}", callback=one_of(*SCREENS))]
Around = Annotated[str | None, typer.Option(help="draw what is near the node of this name, not the whole graph")]
Depth = Annotated[int | None, typer.Option(min=0, help="draw what is so many edges away from it, or from the output")]
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
    direction: Direction = "auto",
    screen: Screen = "page",
    around: Around = None,
    depth: Depth = None,
    theme: Theme = "auto",
    animate: Animate = False,
    latex: Latex = False,
    markdown: Markdown = False,
    as_json: AsJson = False,
    lang: Language = "en",
) -> None:
    """Print every value, every term of every gradient, and draw the graph."""
    only_one(json=as_json, latex=latex, markdown=markdown)
    look = {"style": style, "direction": direction, "screen": screen, "theme": theme, "around": around, "depth": depth}
    given = {name: choice for name, choice in look.items() if choice not in (None, "auto", "page")}
    _check_picture(svg, given, animate=animate)
    _, y = read_graph(formula, values, file)
    explanation = explain(y)
    note = "" if svg is None else _draw(explanation, svg, given, animate=animate, lang=lang)
    _print(explanation, as_json=as_json, latex=latex, markdown=markdown, lang=lang)
    if svg is not None:
        print(f"picture written to {svg}" + f"\n{note}" * bool(note), file=sys.stderr)


def _check_picture(to: Path | None, given: Mapping[str, object], *, animate: bool) -> None:
    """Refuse what is said of a picture that is not written, or of one that does not move."""
    for name in given:
        only_one(animate=animate and name in ("style", "around", "depth") and given[name] != "card", **{name: True})
    if to is None and (animate or given):
        named = ", ".join(f"--{name}" for name in (*given, *(["animate"] if animate else [])))
        raise CommandError(f"{named}: this is said of a picture; say where to write it with --svg")


def _draw(e: Explanation, to: Path, given: Mapping[str, Any], *, animate: bool, lang: str) -> str:
    """Write the picture, and return what is to be said about it."""
    import viz

    from ..pictures.picture import picture

    if animate:
        if to.suffix in (".png", ".pdf"):
            raise CommandError(f"{to}: a picture that moves is written as .svg, .gif or .webp")
        viz.save(to, viz.animate(e, lang=lang, **{name: x for name, x in given.items() if name != "style"}))
        return ""
    drawn = picture(e, lang=lang, **given)
    viz.save(to, drawn.written())
    return drawn.note


def _print(e: Explanation, *, as_json: bool, latex: bool, markdown: bool, lang: str) -> None:
    from .. import tables

    if as_json:
        print_json(tables.to_dict(e))
    elif latex:
        print(tables.to_latex(e))
    elif markdown:
        print(tables.to_markdown(e, lang=lang))
    else:
        tables.print_explanation(e, Console(), lang=lang)
