"""What the renderers write, kept as files: a change of a picture or a text is seen before it is shipped.

``UPDATE_SNAPSHOTS=1 python -m pytest tests/test_viz_snapshots.py`` writes them anew; look at each.
The pictures are laid out by the built-in layout, whose numbers are the same everywhere.
"""

import os
from pathlib import Path

import pytest

import viz
from autograd_lite import parse

FOLDER = Path(__file__).parent / "snapshots"
FORMULA = parse("u = c*x; v = d*x; w = v**2; z = tanh(u + w)/3")

RENDERED = {
    "card.svg": lambda z: viz.to_svg(z, style="card", direction="right", engine="layered"),
    "card-down-dark-zh.svg": lambda z: viz.to_svg(
        z, style="card", direction="down", theme="dark", lang="zh", engine="layered"
    ),
    "circuit.svg": lambda z: viz.to_svg(z, style="circuit", engine="layered"),
    "compact.svg": lambda z: viz.to_svg(z, style="compact", direction="right", engine="layered"),
    "animated.svg": lambda z: viz.animate(z, engine="layered"),
    "graph.dot": lambda z: viz.to_dot(z).source,
    "explanation.txt": viz.to_text,
    "explanation.md": viz.to_markdown,
    "explanation-zh.md": lambda z: viz.to_markdown(z, lang="zh"),
    "derivation.tex": viz.to_latex,
}


@pytest.mark.parametrize("name", RENDERED)
def test_it_is_written_as_before(name):
    written = RENDERED[name](FORMULA.graph(c=0.3, x=2, d=-0.5)).rstrip() + "\n"
    kept = FOLDER / name
    if os.environ.get("UPDATE_SNAPSHOTS"):
        FOLDER.mkdir(exist_ok=True)
        kept.write_text(written, encoding="utf-8")
    assert written == kept.read_text(encoding="utf-8")
