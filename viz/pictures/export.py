"""A picture for other programs, by the ending of its file: PNG by resvg, PDF by Typst, GIF and WebP by Pillow.

>>> sorted(ENDINGS)
['.gif', '.pdf', '.png', '.svg', '.webp']
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from io import BytesIO
from typing import Any

from autograd_lite.extras import needs

from .frames import SVG, frames, moves, parsed
from .text_width import is_wide

POINTS = 2.0  # of a PNG for each of the picture's own
WIDEST = 1600.0  # of a picture that moves
AT_ONCE = 6  # frames drawn in one go: to look for fonts takes longer than to draw

# fonts that have italics, and all signs of a formula: where one is missing, resvg takes another font for the whole line
SANS = "'Segoe UI','Helvetica Neue','DejaVu Sans','Noto Sans',Arial,sans-serif"
SERIF = "Georgia,'Times New Roman','DejaVu Serif','Liberation Serif','Noto Serif',serif"
SANS_WIDE = "'Microsoft YaHei','PingFang SC','Noto Sans CJK SC','Noto Sans SC'," + SANS
SERIF_WIDE = "SimSun,'Songti SC','Noto Serif CJK SC','Noto Serif SC'," + SERIF
_MOVING = "a picture that moves"


def exported(svg: str, ending: str) -> bytes:
    """Return a picture in the format of a file's ending.

    Raises ValueError for an ending that is not there, or for a picture that stands still and should move,
    ImportError naming what to install.
    """
    if ending not in ENDINGS:
        raise ValueError(f"a picture is written as {', '.join(ENDINGS)}, not as {ending}")
    return ENDINGS[ending](svg)


def to_png(svg: str) -> bytes:
    """Return an SVG picture as PNG, two points for each of its own. Raises ImportError naming what to install."""
    return _drawn(svg, POINTS, extra="png", what="a picture as PNG")


def to_pdf(svg: str) -> bytes:
    """Return an SVG picture as a page of PDF of its size, text as text. Raises ImportError naming what to install."""
    with needs("pdf", "a picture as PDF"):
        import typst

        page = b"#set page(width: auto, height: auto, margin: 0pt)\n#image(bytes(sys.inputs.svg))"
        return bytes(typst.compile(page, format="pdf", sys_inputs={"svg": _with_fonts(svg)}))


def to_gif(svg: str) -> bytes:
    """Return a moving picture as GIF. Raises ValueError if it stands still, ImportError naming what to install."""
    return _film(svg, "GIF")


def to_webp(svg: str) -> bytes:
    """Return a moving picture as WebP, of all colours. Raises as ``to_gif``."""
    return _film(svg, "WEBP")


ENDINGS: dict[str, Callable[[str], bytes]] = {
    ".svg": lambda svg: svg.encode("utf-8", errors="replace"),
    ".png": to_png, ".pdf": to_pdf, ".gif": to_gif, ".webp": to_webp,
}  # fmt: skip


def _drawn(svg: str, points: float, *, extra: str, what: str, behind: str | None = None) -> bytes:
    """Draw a picture with so many points for each of its own, on a colour if one is given."""
    with needs(extra, what):
        from resvg_py import svg_to_bytes

        return bytes(svg_to_bytes(svg_string=_with_fonts(svg), zoom=points, background=behind))


def _film(svg: str, kind: str) -> bytes:
    """Draw the frames, each as long as it stands, and show them as often as the picture runs: it ends at rest."""
    if not moves(svg):
        raise ValueError(
            "a picture that stands still is written as .svg, .png or .pdf; animate(…) or --animate makes one that moves"
        )
    with needs("gif", _MOVING):
        from PIL import Image

    stills, seconds, turns = frames(svg)
    images: list[Any] = []
    for start in range(0, len(stills), AT_ONCE):
        part = stills[start : start + AT_ONCE]
        sheet = Image.open(BytesIO(_sheet(part))).convert("RGB")
        height = sheet.height // len(part)
        images += [sheet.crop((0, i * height, sheet.width, (i + 1) * height)) for i in range(len(part))]
    file = BytesIO()
    again = {"loop": turns} if kind == "WEBP" else {"loop": turns - 1} if turns > 1 else {}
    images[0].save(
        file, kind, save_all=True, append_images=images[1:], duration=[round(1000 * s) for s in seconds], **again
    )
    return file.getvalue()


def _sheet(stills: list[str]) -> bytes:
    """Draw pictures of one size as one PNG, one below the other."""
    first = parsed(stills[0])
    width, height = float(first.get("width", 0)), float(first.get("height", 0))
    paper = next(rect.get("fill") for rect in first.iter("rect"))  # for its corners: a film has none that are clear
    placed = "".join(still.replace("<svg ", f'<svg y="{i * height:g}" ', 1) for i, still in enumerate(stills))
    whole = f'<svg xmlns="{SVG}" width="{width:g}" height="{len(stills) * height:g}">{placed}</svg>'
    return _drawn(whole, min(POINTS, WIDEST / width), extra="gif", what=_MOVING, behind=paper)


def _with_fonts(svg: str) -> str:
    """Return a picture with fonts that need no other beside them: Chinese ones where a line has Chinese."""
    root = parsed(svg)
    for line in root.iter("text"):
        wide = any(map(is_wide, "".join(line.itertext())))
        for part in line.iter():
            slanted = "font-family" in part.attrib
            if part is line or slanted:
                part.set("font-family", _stack(serif=slanted, wide=wide))
    return ET.tostring(root, encoding="unicode")


def _stack(*, serif: bool, wide: bool) -> str:
    if serif:
        return SERIF_WIDE if wide else SERIF
    return SANS_WIDE if wide else SANS
