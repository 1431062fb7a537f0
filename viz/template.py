"""A page from its parts: places filled, data that cannot end a script, the palette as properties."""

from __future__ import annotations

from dataclasses import fields
from importlib.resources import files

from .pictures.palette import DARK, LIGHT, Theme


def asset(package: str, name: str) -> str:
    """Return the text of a file beside the modules of a package, or in a folder there."""
    return files(package).joinpath(name).read_text(encoding="utf-8")


def fill(template: str, **parts: str) -> str:
    """Put each part in its place; what a part holds is not searched for places again.

    >>> fill("<h1>{{title}}</h1>{{text}}", title="{{text}}", text="a")
    '<h1>{{text}}</h1>a'
    """
    pieces = template.split("{{")
    filled = [pieces[0]]
    for piece in pieces[1:]:
        name, _, rest = piece.partition("}}")
        filled += [parts[name], rest]
    return "".join(filled)


def script_safe(text: str) -> str:
    """Return JSON or JavaScript in which no label can end the script element.

    >>> script_safe('{"name":"</script>"}')
    '{"name":"\\\\u003c/script>"}'
    """
    return text.replace("<", "\\u003c") if text.startswith('{"') else text.replace("</", "<\\/")


def colours() -> str:
    """Return the palette as custom properties, light and dark. Paper is light, and a page of the class ``paper``."""

    def properties(theme: Theme) -> str:
        return "".join(f"--{f.name.replace('_', '-')}:{getattr(theme, f.name)};" for f in fields(theme))

    dark = "@media screen and (prefers-color-scheme:dark)"  # paper is white
    return f":root{{{properties(LIGHT)}}}{dark}{{:root:not(.paper){{{properties(DARK)}}}}}\n"
