"""Pictures: structure by parsing, colours by computing, layouts by measuring; tables and data beside them."""

import json
import math
import os
import random
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
import zlib
from dataclasses import replace
from importlib import import_module
from io import BytesIO
from itertools import combinations, pairwise, product
from pathlib import Path

import pytest
from PIL import Image, ImageChops

import nn
import viz
from autograd_lite import Value, explain, parse, tanh
from tests.benchmarks import layout as benchmark
from tests.browser import chromium
from tests.strategies import HOSTILE
from viz.notation import mathml_name
from viz.offered import offered
from viz.pictures import elements, styles
from viz.pictures import layout as viz_layout
from viz.pictures.frames import frames
from viz.pictures.layered import columns, layered
from viz.pictures.palette import DARK, HEAT, LIGHT, heat
from viz.pictures.picture import picture
from viz.pictures.scene import fit_number, scene
from viz.pictures.styles import STYLES, card, circuit, compact
from viz.pictures.text_width import fit, text_width
from viz.words import LANGUAGES

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def fan_out():
    return parse("u = c*x; v = d*x; w = v**2; z = u + w").graph(c=3, x=2, d=-1)


def groups(svg, kind):
    root = ET.fromstring(svg)
    figure = root.get("id")
    return [g for g in root.iter(f"{SVG}g") if re.fullmatch(rf"{figure}-{kind}[\d-]+", g.get("id", ""))]


@pytest.mark.parametrize("style", STYLES)
def test_a_picture_has_one_node_per_value_and_one_edge_per_use(fan_out, style):
    svg = viz.to_svg(fan_out, style=style)
    assert len(groups(svg, "n")) == 7
    assert len(groups(svg, "e")) == 7
    x = Value(3.0, "x")
    assert len(groups(viz.to_svg(x * x, style=style), "e")) == 2


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("theme", ["light", "dark", "auto"])
def test_a_picture_is_well_formed_inert_and_carries_concrete_colours(fan_out, style, theme):
    svg = viz.to_svg(fan_out, style=style, theme=theme)
    root = ET.fromstring(svg)
    assert not list(root.iter(f"{SVG}script"))
    assert "var(" not in svg
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")
    assert root.find(f"{SVG}title").text == "Computation graph of z"
    description = root.find(f"{SVG}desc").text
    assert "x: value 2, dz/dx = 7 = 4 + 3." in description
    assert ("prefers-color-scheme" in svg) == (theme == "auto")
    for element in root.iter():
        if element.tag in (f"{SVG}text", f"{SVG}rect"):
            assert re.fullmatch(r"#[0-9A-F]{6}", element.get("fill"))
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("label", HOSTILE)
@pytest.mark.parametrize("style", STYLES)
def test_hostile_labels_come_out_as_inert_text(label, style):
    x = Value(2.0, label)
    y = tanh(x * x)
    y.label = label[::-1]
    root = ET.fromstring(viz.to_svg(y, style=style))
    allowed = {"svg", "g", "rect", "text", "tspan", "path", "circle", "title", "desc", "style"}
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= allowed
    assert not set("".join(root.itertext())) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    for element in root.iter():
        assert not any(name.startswith("on") or "href" in name for name in element.attrib)
    viz.to_dot(y).source.encode("utf-8", "replace")
    assert json.loads(json.dumps(viz.to_dict(y)))
    assert viz.to_latex(y) and viz.to_markdown(y) and viz.to_text(y)


def text_boxes(svg):
    """Yield (text, its estimated left and right, the box it must stay in) for every text in a card or chip."""
    for group in ET.fromstring(svg).iter(f"{SVG}g"):
        boxes = group.findall(f"{SVG}rect")
        if not boxes:
            continue
        left = min(float(box.get("x")) for box in boxes)
        right = max(float(box.get("x")) + float(box.get("width")) for box in boxes)
        for text in group.findall(f"{SVG}text"):
            runs = text.findall(f"{SVG}tspan") or [text]
            width = 0.86 * sum(text_width(run.text or "", float(run.get("font-size"))) for run in runs)
            x = float(text.get("x"))
            start = {"middle": x - width / 2, "start": x, "end": x - width}[text.get("text-anchor")]
            yield "".join(text.itertext()), start, start + width, left, right


@pytest.mark.parametrize("label", ["x", "learning rate", "一个相当长的中文变量名字", "W" * 60, "w" * 30])
@pytest.mark.parametrize("style", ["card", "compact"])
def test_text_stays_inside_its_box(label, style):
    x = Value(-123456.789e-12, label)
    y = tanh(x * x + 1.0) / (x - 2.0e9)
    for text, start, end, left, right in text_boxes(viz.to_svg(y, style=style)):
        assert start >= left - 1 and end <= right + 1, text


# texts that leave the box of their group by a pixel, or lie on another text
MISPLACED = """() => {
  const found = [], texts = [...document.querySelectorAll("svg text")].filter((t) => t.textContent);
  for (const group of document.querySelectorAll("svg g")) {
    const boxes = [...group.children].filter((e) => e.tagName === "rect").map((e) => e.getBBox());
    if (!boxes.length) continue;
    const left = Math.min(...boxes.map((b) => b.x)), right = Math.max(...boxes.map((b) => b.x + b.width));
    for (const t of [...group.children].filter((e) => e.tagName === "text")) {
      const b = t.getBBox();
      if (b.x < left + 2 || b.x + b.width > right - 2) found.push(["outside", t.textContent]);
    }
  }
  const places = texts.map((t) => t.getBoundingClientRect());
  places.forEach((a, i) => places.slice(i + 1).forEach((b, j) => {
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > 1 && high > 4) found.push(["on another", texts[i].textContent, texts[i + 1 + j].textContent]);
  }));
  const [x, y, w, h] = document.querySelector("svg").getAttribute("viewBox").split(" ").map(Number);
  for (const t of texts) {
    const b = t.getBBox(); // the heading of a frame is moved down by its group; only the sides count here
    if (b.x < x || b.x + b.width > x + w) found.push(["off the page", t.textContent]);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def page():
    with chromium() as browser:
        window = browser.new_context(viewport={"width": 1600, "height": 900})
        yield window.new_page()


LABELS = {
    "short": ("c", "x", "d"),
    "long": ("learning rate", "W" * 60, "iiiiiiiiiiiii"),
    "Chinese": ("权重", "输入值", "目标"),
}


@pytest.mark.parametrize("engine", ["pygraphviz", "layered"])
@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("style", STYLES)
def test_no_text_leaves_its_box_or_lies_on_another_in_a_real_browser(style, labels, engine, page):
    if engine == "pygraphviz":
        pytest.importorskip("pygraphviz")
    a, b, c = (Value(x, label) for x, label in zip((-0.0123456, 8888.888, -2.718281828), LABELS[labels]))
    u = a * b + b
    u.label = LABELS[labels][1] + "′"
    y = tanh(u * c) * u + (b - c) ** 3 * 1e-9
    lang = "zh" if labels == "Chinese" else "en"
    page.set_content(viz.to_svg(y, style=style, engine=engine, lang=lang))
    assert page.evaluate(MISPLACED) == []


@pytest.mark.parametrize("style", ["card", "compact"])
def test_no_text_is_misplaced_from_top_to_bottom_either(style, page):
    a, b, c = (Value(x, label) for x, label in zip((-0.0123456, 8888.888, -2.718281828), LABELS["long"]))
    page.set_content(viz.to_svg(tanh((a * b + b) * c) * a + (b - c) ** 3, style=style, direction="down"))
    assert page.evaluate(MISPLACED) == []


def test_no_text_of_a_collapsed_network_is_misplaced_in_a_real_browser(page):
    model = nn.MLP(2, [8, 8, 1], fused=False, rng=random.Random(0))
    page.set_content(viz.to_svg(model([Value(0.5, "x1"), Value(-0.3, "x2")]), lang="zh"))
    assert page.evaluate(MISPLACED) == []
    assert page.locator("svg text", has_text="第 2 层").first.text_content() == "第 2 层：72 个参数"


def test_pictures_are_the_same_on_every_run(fan_out):
    script = (
        "from autograd_lite import parse; import viz; "
        "y = parse('u = c*x; v = d*x; z = u + v*v').graph(c=3, x=2, d=-1); "
        "print(viz.to_svg(y), viz.to_dot(y).source)"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", script], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


def test_two_different_figures_do_not_share_ids(fan_out):
    chain = Value(1.0)
    for _ in range(250):
        chain = chain * 1.0  # too long for a description of every value
    figures = [viz.to_svg(y, style=style, theme=theme) for y in (fan_out, fan_out.parents[0]) for style in STYLES
               for theme in ("auto", "light", "dark")]  # fmt: skip
    figures += [viz.to_svg(chain, depth=depth) for depth in (3, 4)]
    ids = [name for svg in figures for name in re.findall(r'id="([^"]+)"', svg)]
    assert len(set(ids)) == len(ids) > 300


def test_the_moving_picture_and_the_still_one_of_a_graph_do_not_share_ids(fan_out):
    pictures = [viz.to_svg(fan_out, style="card"), viz.animate(fan_out)]
    still, moving = ([each.get("id") for each in ET.fromstring(svg).iter() if each.get("id")] for svg in pictures)
    assert not set(still) & set(moving) and len(still) == len(moving) == len(set(moving))


def test_the_same_picture_drawn_twice_on_one_page_has_ids_of_its_own(fan_out, page):
    """As Jupyter (its HTML) and marimo (its mime type) put several results on one page."""
    first, second, third = (viz.draw(fan_out, style="card") for _ in range(3))
    page.set_content(first._repr_html_() + second._repr_mimebundle_()["image/svg+xml"] + third._mime_()[1])
    assert page.evaluate("""() => {
      const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
      const named = [...document.querySelectorAll("svg")].flatMap((svg) =>
        svg.getAttribute("aria-labelledby").split(" ").map((id) => svg.contains(document.getElementById(id))));
      const rules = [...document.querySelectorAll("svg")].map((svg) =>
        svg.querySelector("style").textContent.includes(`#${svg.id} `));
      return [ids.length === new Set(ids).size, named.every(Boolean), rules.every(Boolean), named.length];
    }""") == [True, True, True, 6]
    assert first.plain == second.plain


BARE = """from ..elements import group, text
from ..figure import Canvas
def draw(s, theme, engine):
    return Canvas([group("n0", text(9, 9, "bare", "ink", theme, size=9))], 40, 20)
"""


def test_a_new_style_is_one_file(tmp_path):
    """It is offered by ``to_svg``, by its error, and by the command."""
    shutil.copytree(Path(viz.__file__).parent, tmp_path / "viz")
    (tmp_path / "viz" / "pictures" / "styles" / "bare.py").write_text(BARE, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path]), "PYTHONUTF8": "1"}

    def run(*arguments):
        done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, encoding="utf-8",
                              env=environment, cwd=tmp_path)  # fmt: skip
        return done.stdout + done.stderr

    drawn = run("-c", "import viz; from autograd_lite import Value; print(viz.to_svg(Value(1.0), style='bare'))")
    assert ">bare</text></g>" in drawn
    refused = run("-c", "import viz; from autograd_lite import Value; viz.to_svg(Value(1.0), style='none')")
    assert "no style 'none'; there are auto, bare, card, circuit, compact" in refused
    run("-m", "viz.cli", "explain", "x*x", "x=3", "--style", "bare", "--svg", "y.svg")
    assert ">bare</text></g>" in (tmp_path / "y.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("content", ["", "draw = 'a card'"])
def test_a_style_without_its_function_says_so_and_private_files_are_none(fan_out, tmp_path, monkeypatch, content):
    monkeypatch.delitem(sys.modules, "viz.pictures.styles.yy", raising=False)
    for name in ("yy", "_helper", "auto"):
        (tmp_path / f"{name}.py").write_text(content, encoding="utf-8")
    monkeypatch.setattr(styles, "__path__", [*styles.__path__, str(tmp_path)])
    monkeypatch.setattr(styles, "STYLES", tuple(offered(styles.__path__)))
    assert styles.STYLES == ("card", "circuit", "compact", "yy")
    with pytest.raises(ImportError, match=r"yy\.py must have draw, a function of scene, theme and engine$"):
        viz.to_svg(fan_out, style="yy")


@pytest.mark.parametrize("style", STYLES)
def test_the_elements_of_a_picture_can_be_changed_before_they_are_written(fan_out, style):
    figure = picture(fan_out, style=style)
    without = figure.changed(lambda group: replace(group, children=()))
    root = ET.fromstring(without.written("mine"))
    assert root.get("id") == "mine" and figure.written() == viz.to_svg(fan_out, style=style)
    assert all(g.get("id").startswith("mine-") and not len(g) for g in root.iter(f"{SVG}g") if g.get("id"))


# ---------------------------------------------------------------- colours


def luminance(colour):
    """Return the relative luminance of ``#rrggbb`` (WCAG 2.2)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_every_meaning_has_enough_contrast_on_its_background(theme):
    for field in ("ink", "muted", "value", "gradient", "local"):
        for background in (theme.background, theme.card):
            assert contrast(getattr(theme, field), background) >= 4.5, field
    assert contrast(theme.gradient, theme.target) >= 4.5
    assert contrast(theme.line, theme.background) >= 3.0
    for fill, ink in HEAT[theme]:
        assert contrast(fill, ink) >= 4.5
    fills = [fill for fill, _ in HEAT[theme]]
    assert all(contrast(a, b) >= 1.2 for a, b in pairwise([*fills]))  # neighbours are told apart
    away = [contrast(fill, theme.background) for fill in fills]
    assert away == sorted(away)  # the larger the gradient, the farther from the ground


# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB
BLINDNESS = {
    "normal": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def lab(colour, blindness):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    r, g, b = (min(1, max(0, sum(m * c for m, c in zip(row, linear)))) for row in BLINDNESS[blindness])
    xyz = [
        (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505,
        0.2126 * r + 0.7152 * g + 0.0722 * b,
        (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089,
    ]
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in xyz)
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("blindness", BLINDNESS)
def test_value_gradient_and_local_gradient_stay_apart_for_colour_blind_eyes(theme, blindness):
    colours = [lab(getattr(theme, field), blindness) for field in ("value", "gradient", "local")]
    for a, b in combinations(colours, 2):
        assert math.dist(a, b) >= 20


def test_black_on_white_has_the_contrast_the_standard_says():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert luminance("#808080") == pytest.approx(0.2159, abs=1e-4)


def test_heat_grows_with_the_size_of_the_gradient():
    classes = [heat(10.0**-k, 1.0) for k in range(7)]
    assert classes == sorted(classes, reverse=True) and classes[0] == 4 and classes[-1] == 0
    assert heat(math.nan, 1.0) == heat(1.0, math.inf) == 0


# ---------------------------------------------------------------- layout


@pytest.mark.parametrize("engine", ["pygraphviz", "dot", "layered"])
def test_every_engine_keeps_boxes_apart_and_edges_pointing_right(engine, fan_out):
    if engine == "pygraphviz":
        pytest.importorskip("pygraphviz")
    if engine == "dot" and viz_layout._find_dot() is None:
        pytest.skip("no program 'dot' here")
    sizes = [(60.0, 30.0)] * 7
    edges = [(0, 3), (1, 3), (1, 4), (2, 4), (4, 5), (3, 6), (5, 6), (5, 6)]
    plan = viz_layout.layout(sizes, edges, engine=engine)
    for (ax, ay), (bx, by) in combinations(plan.centres, 2):
        assert abs(ax - bx) >= 59 or abs(ay - by) >= 29
    ports = viz_layout.spread(sizes, edges)
    for (source, target), port, route in zip(edges, ports, plan.routes):
        assert plan.centres[source][0] < plan.centres[target][0]
        assert len(route) % 3 == 1
        assert math.dist(route[0], (plan.centres[source][0] + 30, plan.centres[source][1])) < 3
        assert math.dist(route[-1], (plan.centres[target][0] - 30, plan.centres[target][1] + port)) < 3
    for x, y in plan.centres:
        assert 0 <= x <= plan.width and 0 <= y <= plan.height
    assert groups(viz.to_svg(fan_out, engine=engine), "e")


def test_the_built_in_layout_removes_a_crossing():
    centres, _ = layered([(10, 10)] * 4, [(0, 3), (1, 2)], [0.0, 0.0])
    assert (centres[0][1] - centres[1][1]) * (centres[3][1] - centres[2][1]) > 0


def test_pictures_need_no_graphviz_and_who_asks_for_it_is_told_what_to_install(monkeypatch, fan_out):
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    monkeypatch.setattr(viz_layout, "_find_dot", lambda: None)
    assert viz.to_svg(fan_out).startswith("<svg")
    with pytest.raises(OSError, match=r'pip install "autograd-lite\[graphviz\]"'):
        viz.to_svg(fan_out, engine="pygraphviz")
    with pytest.raises(OSError, match=r"'dot' cannot be used .*'layered', is always there\): no program 'dot' on PATH"):
        viz.to_svg(fan_out, engine="dot")


def lines(asked):
    """The wires of a layout as points, and its boxes."""
    centres, routes = viz_layout.ENGINES["layered"](*asked)
    boxes = [(x - w / 2, y - h / 2, x + w / 2, y + h / 2) for (x, y), (w, h) in zip(centres, asked[0])]
    return [benchmark.line(route) for route in routes], boxes


@pytest.mark.parametrize("seed", range(12))
def test_no_wire_runs_through_a_box_and_no_box_lies_on_another(seed):
    rng = random.Random(seed)
    graph = benchmark.random_expression(rng, inputs=rng.randint(1, 9), size=rng.randint(5, 60))
    for _, plan in benchmark.pictures(explain(graph)):
        asked = benchmark.problem(plan)
        drawn, boxes = lines(asked)
        assert benchmark.through(drawn, asked[1], boxes) == 0
        assert benchmark.overlapping(boxes) == 0


@pytest.mark.parametrize("engine", ["pygraphviz", "layered"])
@pytest.mark.parametrize("plan", [card.plan, compact.plan, circuit.plan])
def test_operands_enter_from_top_to_bottom_in_their_order(plan, engine):
    if engine == "pygraphviz":
        pytest.importorskip("pygraphviz")
    graph = parse("where(b - a, b/a, a**b) + dot3(a, b)".replace("dot3(a, b)", "maximum(b, a)")).graph(a=2.0, b=3.0)
    asked = benchmark.problem(lambda _: plan(scene(graph), "layered"))
    _, routes = viz_layout.ENGINES[engine](*asked)
    arriving = {}
    for (_, target), route in zip(asked[1], routes):
        arriving.setdefault(target, []).append(route[-1][1])
    assert max(map(len, arriving.values())) == 3
    for heights in arriving.values():
        assert all(a + 4 < b for a, b in pairwise(heights))


@pytest.mark.parametrize(
    "edges, expected",
    [
        ([(0, 1), (1, 2), (2, 3), (4, 3)], [0, 1, 2, 3, 2]),  # a leaf stands before its use
        # exp(c) stands next to c, though it is used late: no wire is longer for it
        ([(0, 2), (1, 3), (2, 4), (4, 5), (5, 6), (3, 6)], None),
        # two leaves, their product and its square go together to where the square is used
        ([(0, 1), (1, 2), (2, 3), (4, 6), (5, 6), (6, 7), (6, 7), (7, 3)], [0, 1, 2, 3, 0, 0, 1, 2]),
    ],
)
def test_columns_make_wires_as_short_as_can_be(edges, expected):
    count = 1 + max(max(edge) for edge in edges)
    found = columns(count, edges, ())
    assert expected is None or found == expected
    assert sum(found[b] - found[a] for a, b in edges) == shortest(count, edges, max(found))


@pytest.mark.parametrize("seed", range(20))
def test_columns_of_a_random_graph_with_one_output_make_wires_as_short_as_can_be(seed):
    rng = random.Random(seed)
    edges = [(rng.randrange(max(0, b - 4), b), b) for b in range(2, 7) for _ in range(rng.choice((1, 2, 2)))]
    edges += [(a, 6) for a in range(6) if all(a != used for used, _ in edges)]
    found = columns(7, edges, ())
    assert sum(found[b] - found[a] for a, b in edges) == shortest(7, edges, max(found))


def shortest(count, edges, longest):
    """The least length of all wires in columns, by trying every choice of columns."""
    return min(
        sum(places[b] - places[a] for a, b in edges)
        for places in product(range(longest + 1), repeat=count)
        if all(places[a] < places[b] for a, b in edges)
    )


def test_a_long_wire_is_straight_where_there_is_room():
    sizes = [(40.0, 20.0)] * 5
    _, wires = layered(sizes, [(0, 1), (1, 2), (2, 3), (4, 3)], [0.0, 0.0, -4.0, 4.0], first=[0, 4])
    heights = [y for _, y in wires[3]]
    assert len(set(heights[:-2])) == 1


def test_unknown_choices_are_named(fan_out, monkeypatch):
    with pytest.raises(ValueError, match="no style 'cards'"):
        viz.to_svg(fan_out, style="cards")
    with pytest.raises(ValueError, match="no theme 'black'"):
        viz.to_svg(fan_out, theme="black")
    with pytest.raises(ValueError, match="no layout engine 'neato'"):
        viz.to_svg(fan_out, engine="neato")
    monkeypatch.setenv("AUTOGRAD_LITE_LAYOUT", "fdp")
    with pytest.raises(ValueError, match="no layout engine 'fdp'"):
        viz.to_svg(fan_out)
    with pytest.raises(TypeError, match="expected a Value or an Explanation"):
        viz.to_svg(3.0)


# ---------------------------------------------------------------- numbers, constants, words, fonts


def texts(svg):
    return [t.text for t in ET.fromstring(svg).iter(f"{SVG}text") if t.text]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("x", [-5.281234e-7, -1.2345678e-300, 8.7654321e123, -0.00012345])
def test_a_number_is_shortened_whole_and_never_cut(style, x):
    y = Value(x, "x") * 1.0 + Value(1.0, "b") * 0.0
    shown = texts(viz.to_svg(y, style=style))
    assert not [t for t in shown if re.search(r"\d…", t)]
    room = getattr(import_module(f"viz.pictures.styles.{style}"), "NUMBER", math.inf)  # boxes of one size have one
    assert fit_number(x, room, 13, bold=True)[0] in shown


@pytest.mark.parametrize("style", STYLES)
def test_a_long_sum_of_contributions_leaves_out_terms_not_digits_nor_its_total(style):
    x = Value(0.123456, "x")
    y = x
    for k in range(2, 12):
        y = y + x * (k + 0.123456)
    said = [t for t in texts(viz.to_svg(y, style=style)) if t.count("+") > 1 and "=" in t]
    assert all("…" in t and not re.search(r"\d…|…\d", t) for t in said)
    assert said or style == "compact"
    if style == "card":
        assert said[0].endswith("= 67.23")


@pytest.mark.parametrize(
    "formula, constants", [("3*x", ["3"]), ("x - 1", ["1"]), ("1/x", ["1"]), ("2*x - 7/x", ["2", "7"])]
)
def test_a_circuit_shows_constants_at_their_ports_in_the_order_of_the_operands(formula, constants):
    s = scene(parse(formula).graph(x=2.0))
    wiring = circuit.Wiring.of(s)
    plan = circuit.plan(s)
    assert [f"{x:g}" for x in wiring.numbers.values()] == constants
    assert set(constants) <= set(texts(viz.to_svg(s.explanation, style="circuit")))
    for step in (node.step for node in s.cards):
        ends = [plan.routes[wiring.wires[f"e{step.index}-{i}"][-1]][-1] for i in range(len(step.operands))]
        assert [y for _, y in ends] == sorted(y for _, y in ends) and len(set(ends)) == len(ends)


ENGLISH = re.compile(r"[A-Za-z]{2,}")
NAMES = {"tanh", "exp", "log", "Layer", "Neuron", "MLP", "z", "alpha", "loss"}


def everything_said(svg):
    root = ET.fromstring(svg)
    kinds = (f"{SVG}text", f"{SVG}tspan", f"{SVG}title", f"{SVG}desc")
    return [element.text for element in root.iter() if element.tag in kinds and element.text]


def chinese_pictures():
    y = parse("alpha*alpha + tanh(alpha)*exp(b) - log(b)").graph(alpha=1.0, b=2.0)
    model = nn.MLP(2, [8, 8, 1], fused=False, rng=random.Random(0))
    large = model([Value(0.5, "x1"), Value(-0.3, "x2")])
    for style in STYLES:
        for theme in ("light", "dark"):
            yield viz.to_svg(y, style=style, theme=theme, lang="zh")
    yield viz.animate(y, lang="zh")
    yield from (viz.to_svg(large, lang="zh", collapse=kind) for kind in ("auto", "Layer", None))
    yield viz.to_svg(nn.MLP(2, [2, 1])([1.0, Value(0.5, "x2")]), style="card", lang="zh")
    yield viz.draw_matrix([[3, 1], [0, 2]], lang="zh").svg
    yield viz.draw_images({"": [[[1.0]]]}, lang="zh").svg
    yield viz.draw_curves({"loss": [(0, 1), (1, 2)]}, lang="zh", x="x", y="y").svg


def test_no_english_word_stands_in_a_chinese_picture():
    for svg in chinese_pictures():
        for said in everything_said(svg):
            assert set(ENGLISH.findall(re.sub(r"\bd\w+/d\w+", "", said))) <= NAMES, said


def saved(folder, content, ending):
    path = folder / f"y{ending}"
    viz.save(path, content)
    return path.read_bytes()


def test_the_ending_of_a_file_says_how_a_picture_is_written(fan_out, tmp_path):
    pytest.importorskip("resvg_py")
    drawing = viz.draw(fan_out)
    drawing.save(tmp_path / "y.PNG")
    png = Image.open(BytesIO((tmp_path / "y.PNG").read_bytes())).convert("RGB")
    assert png.size == (2 * drawing.figure.width, 2 * drawing.figure.height)
    colours = {colour for _, colour in png.getcolors(1 << 24)}
    assert {tuple(bytes.fromhex(c[1:])) for c in (LIGHT.value, LIGHT.gradient, LIGHT.local, LIGHT.ink)} <= colours


def test_a_pdf_is_a_page_of_the_size_of_the_picture_with_its_text_as_text(fan_out, tmp_path):
    pytest.importorskip("typst")
    svg = viz.to_svg(fan_out, lang="zh")
    pdf = saved(tmp_path, svg, ".pdf")
    inside = b"".join(zlib.decompress(part) for part in re.findall(rb"stream\r?\n(\x78.*?)\r?\nendstream", pdf, re.S))
    size = [0.75 * float(ET.fromstring(svg).get(side)) for side in ("width", "height")]
    box = re.search(rb"/MediaBox ?\[0 0 ([\d.]+) ([\d.]+)\]", pdf + inside)
    assert [float(x) for x in box.groups()] == size
    known = subprocess.run(["fc-list", ":lang=zh"], capture_output=True).stdout if shutil.which("fc-list") else b""
    for sign in "−∂4值" if known else "−∂4":  # in the map from glyphs to signs, by which a reader finds and copies text
        assert f"<{ord(sign):04X}>".encode() in inside, sign


def test_a_film_has_a_frame_for_each_step_and_ends_on_the_finished_picture(fan_out, tmp_path):
    pytest.importorskip("resvg_py")
    moving = viz.animate(fan_out)
    for ending, loop in ((".gif", 1), (".webp", 2)):  # a GIF counts how often it is shown again
        film = Image.open(BytesIO(saved(tmp_path, moving, ending)))
        assert film.n_frames == 7 + 2 and film.info["loop"] == loop
        film.seek(film.n_frames - 1)
        last = film.convert("RGB")
    still = Image.open(BytesIO(saved(tmp_path, moving, ".png"))).convert("RGB").resize(last.size)
    different = ImageChops.difference(last.reduce(8), still.reduce(8)).crop(
        (2, 2, last.width // 8 - 2, last.height // 8)
    )
    assert max(high for _, high in different.getextrema()) < 30
    assert last.getpixel((0, 0)) == (255, 255, 255)  # no black corner


def test_the_frames_of_a_film_show_the_terms_one_by_one(fan_out):
    moving = viz.animate(fan_out, seconds_per_step=2.0, turns=3)
    stills, seconds, turns = frames(moving)
    edges = [f"e{t.child}-{t.position}" for step in explain(fan_out).backward for t in step.terms]
    assert seconds == pytest.approx([2.0] * 8 + [2.5], abs=0.01) and turns == 3
    for k, still in enumerate(stills):
        shown = {g.get("id").split("-", 2)[2] for g in groups(still, "e") if float(g.get("opacity")) > 0.99}
        assert shown == set(edges[:k])
        said = [t for g in ET.fromstring(still).iter(f"{SVG}g") if g.get("opacity") == "1" and not g.get("id")
                for t in g.itertext() if "step" in t]  # fmt: skip
        assert said == [f"step {k} of 7" if k < 8 else "7 steps: every gradient is complete"]


@pytest.mark.parametrize("ending", [".jpg", ".pdfx"])
def test_an_ending_a_picture_cannot_have_is_refused_and_nothing_is_written(fan_out, tmp_path, ending):
    for drawing in (viz.draw(fan_out), viz.draw_matrix([[1]])):
        message = rf"y{ending}: a picture is written as \.svg, \.png, \.pdf, \.gif, \.webp, not as {ending}$"
        with pytest.raises(ValueError, match=message):
            drawing.save(tmp_path / f"y{ending}")
    with pytest.raises(ValueError, match=r"y\.gif: a picture that stands still is written as \.svg, \.png or \.pdf"):
        viz.draw(fan_out).save(tmp_path / "y.gif")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("missing", "ending", "extra", "name"),
    [("resvg_py", ".png", "png", "resvg-py"), ("typst", ".pdf", "pdf", "Typst"), ("PIL", ".gif", "gif", "Pillow"),
     ("resvg_py", ".webp", "gif", "resvg-py")],
)  # fmt: skip
def test_a_format_without_its_extra_names_what_to_install(fan_out, tmp_path, monkeypatch, missing, ending, extra, name):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ImportError, match=rf'needs {name}: pip install "autograd-lite\[{extra}\]"'):
        viz.save(tmp_path / f"y{ending}", viz.animate(fan_out))
    assert not list(tmp_path.iterdir())


FONTS = ("DejaVu Sans", "Liberation Sans", "Noto Sans", "Roboto", "Verdana", "Segoe UI")
SERIFS = {"DejaVu Sans": "DejaVu Serif", "Liberation Sans": "Liberation Serif", "Noto Sans": "Noto Serif"}


def installed(page, font):
    """Tell whether the browser has a font: text in it is as wide whatever stands behind it."""
    return page.evaluate(
        """(font) => {
      const pen = document.createElement("canvas").getContext("2d");
      const width = (behind) => { pen.font = `40px '${font}', ${behind}`; return pen.measureText("mWi0").width; };
      return width("monospace") === width("serif");
    }""",
        font,
    )


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("style", STYLES)
def test_text_fits_in_every_sans_serif_font_there_is(style, labels, page):
    a, b, c = (Value(x, label) for x, label in zip((-0.0123456, 8888.888, -2.718281828), LABELS[labels]))
    y = tanh((a * b + b) * c) * a + (b - c) ** 3 * 1e-9
    svg = viz.to_svg(y, style=style)
    tried = [font for font in FONTS if installed(page, font)]
    assert tried
    for font in tried:
        serif = SERIFS.get(font, "DejaVu Serif")
        page.set_content(svg.replace(elements.SANS, f"'{font}'").replace(elements.SERIF, f"'{serif}'"))
        assert page.evaluate(MISPLACED) == [], font


def test_no_coordinate_is_minus_zero(fan_out):
    for style in STYLES:
        assert "-0.0" not in viz.to_svg(fan_out, style=style)
    assert elements.at(-0.04) == "0.0" and elements.at(-0.06) == "-0.1"


# ---------------------------------------------------------------- texts, tables, data


def test_texts_shrink_before_they_are_cut():
    assert fit("abc", 100, 12) == ("abc", 12)
    shown, size = fit("abcdefghij", 60, 12)
    assert shown == "abcdefghij" and size < 12
    assert fit("中" * 30, 60, 12)[0].endswith("…")


def test_the_words_of_a_picture_are_in_the_language_asked_for(fan_out):
    svg = viz.to_svg(fan_out, lang="zh")
    assert {"值", "输入", "经 u 3"} <= set(ET.fromstring(svg).itertext())
    assert "value" not in ET.fromstring(svg).itertext() and "z 的计算图" in svg
    assert "分叉处" in viz.to_svg(fan_out, style="circuit", lang="zh")
    with pytest.raises(ValueError, match="no sentences in 'fr'"):
        viz.to_svg(fan_out, lang="fr")


def test_a_label_of_a_million_characters_is_cut_at_once():
    start = time.perf_counter()
    assert fit("长" * 1_000_000, 60, 12) == ("长长长长长…", 9)
    assert time.perf_counter() - start < 5


def test_variables_stand_in_italics_with_serifs_and_signs_do_not(fan_out):
    spans = list(ET.fromstring(viz.to_svg(fan_out, style="card")).iter(f"{SVG}tspan"))
    assert {s.text for s in spans if s.get("font-style") == "italic"} == set("cxduvwz")
    assert {"= ", " × ", "²", " + ", "input"} <= {s.text for s in spans if s.get("font-style") is None}
    label = "\ue000odd\ue001 name"
    assert "odd" in "".join(ET.fromstring(viz.to_svg(tanh(Value(1.0, label)), style="card")).itertext())


def test_the_ledger_shows_the_sum_of_a_fan_out(fan_out):
    svg = viz.to_svg(fan_out, style="card")
    assert "via v 4" in svg and "via u 3" in svg
    circuit = viz.to_svg(fan_out, style="circuit")
    assert "= 4 + 3" in circuit and "+3" in circuit and "+4" in circuit


def test_chips_carry_the_rule_its_number_and_the_contribution(fan_out):
    chips = {(c.child.name, c.parent.name): c for c in scene(fan_out).chips}
    assert chips["w", "v"].local == "∂v²/∂v = 2 × v = −4"
    assert chips["v", "x"].contribution == "−4 × (−1) = 4"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_neuron_of_one_dot_shows_its_sum_shortened_and_every_local_gradient_by_its_name(lang):
    x = [Value(2.0, "x1"), Value(-1.0, "x2"), Value(0.5, "x3")]
    s = scene(nn.Neuron(3, rng=random.Random(0))(x), lang=lang)
    signs = [chip.local.split(" = ")[0] for chip in s.chips]
    assert [sign.split("/∂")[1] for sign in signs] == ["w1", "w2", "w3", "x1", "x2", "x3", "b", "v1"]
    assert all(sign.startswith("∂") for sign in signs)
    assert {"∂(w1 × x1 + …)/∂w1 = x1 = 2", "∂(b + …)/∂b = 1"} < {chip.local for chip in s.chips}
    svg = viz.to_svg(s.explanation, style="card", theme="light", lang=lang)
    headers = ["".join(text.itertext()) for text in ET.fromstring(svg).iter(f"{SVG}text")]
    assert "v1= w1 × x1 + … + b" in headers and "w1 × x1 + w2 × x2 + w3 × x3 + b" in svg  # whole in the tooltip
    for text, start, end, left, right in text_boxes(svg):
        assert start >= left - 1 and end <= right + 1, text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_pill_of_a_network_is_without_the_name_of_its_operand(lang):
    model = nn.MLP(2, [2, 1], rng=random.Random(0))
    cell = nn.LSTMCell(1, 1, rng=random.Random(0))
    for y in (model([1.0, 2.0]), cell([0.5], ([0.1], [0.2]))[0][0]):
        assert all(re.match(r"∂.+/∂.+ = ", chip.local) for chip in scene(y, lang=lang).chips)


def test_the_table_spells_out_every_sum(fan_out):
    table = viz.to_text(fan_out)
    assert "4 + …" in table and "4 + 3 = 7" in table and "−4 × (−1) = 4" in table
    assert "\x1b" not in table


def test_markdown_and_latex_hold_the_whole_derivation(fan_out):
    markdown = viz.to_markdown(fan_out, lang="zh")
    assert "### 反向传播" in markdown and "| v → x |" in markdown
    latex = viz.to_latex(fan_out)
    assert latex.startswith(r"\begin{align*}") and latex.endswith(r"\end{align*}")
    assert r"= (-4) \cdot (-1) + 1 \cdot 3 = 7" in latex
    assert latex.count("{") == latex.count("}")


def test_the_second_of_a_name_is_an_index_in_latex_and_mathml():
    y = Value(2.0, "w1") * Value(3.0, "w1") * Value(1.0, "权重") * Value(1.0, "权重")
    latex = viz.to_latex(y)
    assert "w_{1}" in latex and "w_{1,2}" in latex and r"\text{权重}_{2}" in latex and "₂" not in latex
    assert mathml_name("w1₂") == "<msub><mi>w</mi><mn>1,2</mn></msub>"


def test_data_agree_with_the_engine(fan_out):
    data = json.loads(json.dumps(viz.to_dict(fan_out)))
    assert data["gradients"] == {"c": 2.0, "x": 7.0, "d": -8.0}
    sums = {
        t["parent"]: t["running_sum"] for step in data["backward"] for t in step["terms"] if t["part"] == t["parts"]
    }
    assert sums["x"] == 7.0
    assert viz.to_dict(Value(0.0, "x").log())["forward"][1]["value"] == "-inf"


def test_dot_text_is_deterministic_and_complete(fan_out):
    source = viz.to_dot(fan_out).source
    assert source.count("->") == 7
    assert "n0" in source and "label" in source


def test_a_drawing_shows_itself_in_notebooks(fan_out, tmp_path):
    drawing = viz.draw(fan_out)
    bundle = drawing._repr_mimebundle_(include=None, exclude=None)
    assert bundle["image/svg+xml"].startswith("<svg") and "Forward pass" in bundle["text/plain"]
    assert drawing._mime_()[0] == "image/svg+xml"
    assert drawing._repr_svg_() == str(drawing) and str(drawing) in drawing._repr_html_()
    drawing.save(tmp_path / "y.svg")
    assert (tmp_path / "y.svg").read_text(encoding="utf-8") == str(drawing)
    assert [p.name for p in tmp_path.iterdir()] == ["y.svg"]
    with pytest.raises(OSError):
        drawing.save(tmp_path / "no such folder" / "y.svg")


def test_a_number_alone_can_be_drawn():
    assert viz.to_svg(Value(2.0, "x"))
    assert viz.to_svg(parse("1 + 2").graph())
