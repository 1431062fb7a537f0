"""Large graphs collapse by scopes, parts of them can be drawn, and training can be seen."""

import random
import re
import statistics
import time
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

import nn
import viz
from autograd_lite import Value, explain, parse, scope, sum_of, tanh
from tests.browser import chromium
from viz.notation import mathml_name, number
from viz.pictures import styles
from viz.pictures.groups import groups, scope_kinds
from viz.pictures.palette import DARK, HEAT, LIGHT
from viz.pictures.scene import scene


def network(*sizes, fused=False):
    model = nn.MLP(2, sizes, fused=fused, rng=random.Random(0))
    return model([Value(0.5, "x1"), Value(-0.3, "x2")])


def boxes(svg):
    return re.findall(r'<g id="g[0-9a-f]+-g\d+"><title>([^<]*)</title>', svg)


def test_a_large_network_collapses_to_neurons():
    drawn = boxes(viz.to_svg(network(16, 16, 1)))
    assert len(drawn) == 35
    assert sum("Neuron neuron" in box for box in drawn) == 33
    assert "33 values, 17 parameters" in next(
        box for box in drawn if box.startswith("Neuron neuron 1:") and "33" in box
    )


@pytest.mark.parametrize("engine", ["pygraphviz", "layered"])
def test_the_neurons_of_a_layer_stand_in_their_order_within_its_frame(engine):
    if engine == "pygraphviz":
        pytest.importorskip("pygraphviz")
    svg = ET.fromstring(viz.to_svg(network(16, 16, 1), engine=engine))
    texts = list(svg.iter("{http://www.w3.org/2000/svg}text"))
    places = [(float(t.get("x")), float(t.get("y")), t.text) for t in texts if (t.text or "").startswith("neuron")]
    for column in {x for x, _, _ in places}:
        names = [name for x, _, name in sorted(places) if x == column]
        assert names == [f"neuron {i}" for i in range(1, len(names) + 1)]
    assert [t.text for t in texts if (t.text or "").startswith("layer")] == [
        "layer 1: 48 parameters", "layer 2: 272 parameters", "layer 3: 17 parameters"
    ]  # fmt: skip


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_box_shows_the_value_of_its_neuron_and_how_many_parameters_it_has(fused, lang):
    model = nn.MLP(2, [3, 1], fused=fused, rng=random.Random(0))
    xs = [Value(0.5, "x1"), Value(-0.3, "x2")]
    hidden = model.layers[0](xs)
    svg = viz.to_svg(model(xs), collapse="Neuron", lang=lang)
    root = ET.fromstring(svg)
    told = [texts_of(ET.tostring(g, encoding="unicode")) for g in root.iter("{http://www.w3.org/2000/svg}g")
            if re.search(r"-g\d+$", g.get("id", ""))]  # fmt: skip
    neuron, value, parameters = {"en": ("neuron", "value", "{} parameters"), "zh": ("神经元", "值", "{} 个参数")}[lang]
    for i, node in enumerate(hidden, start=1):
        assert [f"{neuron} {i}", f"{value} {number(node.data)}", parameters.format(3)] in [box[:3] for box in told]
    assert [f"{neuron} 1", f"{value} {number(model(xs).data)}", parameters.format(4)] in [box[:3] for box in told]


@pytest.mark.parametrize("fused", [False, True])
def test_a_wire_is_as_thick_as_its_weight_and_has_the_colour_of_its_sign(fused):
    model = nn.MLP(2, [3, 1], fused=fused, rng=random.Random(0))
    svg = viz.to_svg(model([Value(0.5, "x1"), Value(-0.3, "x2")]), collapse="Neuron", theme="light")
    wires = re.findall(r"<g><title>(.*?) → (.*?): weight (.*?)</title><path (.*?)/>", svg)
    expected = [(f"x{j}", f"neuron {i}", w.data) for i, neuron in enumerate(model.layers[0].neurons, start=1)
                for j, w in enumerate(neuron.w, start=1)]  # fmt: skip
    expected += [(f"neuron {j}", "neuron 1", w.data) for j, w in enumerate(model.layers[1].neurons[0].w, start=1)]
    assert sorted((a, b, w) for a, b, w, _ in wires) == sorted((a, b, number(w)) for a, b, w in expected)
    largest = max(abs(w) for *_, w in expected)
    for _, _, w, look in wires:
        weight = float(w.replace("−", "-"))
        width = float(re.search(r'stroke-width="([\d.]+)"', look)[1])
        assert width == pytest.approx(0.8 + 5.2 * abs(weight) / largest, abs=0.06)
        kind, colour = ("negative", LIGHT.value) if weight < 0 else ("positive", LIGHT.gradient)
        assert f'class="{kind}"' in look and f'stroke="{colour}"' in look
        assert ("stroke-dasharray" in look) == (weight < 0)


def test_a_network_that_follows_its_reader_has_the_colours_of_the_dark_too():
    y = network(3, 1)
    dark = re.search(r"<style>@media \(prefers-color-scheme:dark\)\{.*\}</style>", viz.to_svg(y, collapse="Neuron"))[0]
    for i, (fill, ink) in enumerate(HEAT[DARK]):
        assert f".heat{i}{{fill:{fill}}}" in dark and f".on{i}{{fill:{ink}}}" in dark
    assert f".positive{{stroke:{DARK.gradient}}}" in dark and f".negative{{stroke:{DARK.value}}}" in dark
    in_the_dark = viz.to_svg(y, collapse="Neuron", theme="dark")
    assert "@media" not in in_the_dark and HEAT[DARK][4][0] in in_the_dark and HEAT[LIGHT][4][0] not in in_the_dark


def test_a_larger_one_collapses_to_layers():
    drawn = boxes(viz.to_svg(network(30, 30, 1)))
    assert [box.split(":")[0] for box in drawn if "Layer" in box] == ["Layer layer 1", "Layer layer 2", "Layer layer 3"]


def test_a_kind_of_scope_can_be_named_and_none_draws_everything():
    y = network(8, 8, 1)
    assert len(boxes(viz.to_svg(y, collapse="Layer"))) == 5
    assert boxes(viz.to_svg(y, collapse=None)) == []
    with pytest.raises(ValueError, match=r"no scope of kind 'Block'.*there are Neuron, Layer, MLP"):
        viz.to_svg(y, collapse="Block")


def test_scopes_made_by_hand_collapse_too():
    x = Value(1.0, "x")
    with scope("encoder", kind="part"):
        y = tanh(x * 2.0) * x
    s = scene(y + 1.0)
    assert scope_kinds(s) == ["part"]
    assert [g.title for g in groups(s, "part")] == ["encoder", "y"]


def test_a_recurrent_network_collapses_without_a_cycle():
    cell = nn.RNNCell(1, 4, rng=random.Random(0))
    outputs = nn.Recurrent(cell, last=True)([[0.1 * t] for t in range(8)])
    for engine in ("layered", "pygraphviz"):
        if engine == "pygraphviz":
            pytest.importorskip("pygraphviz")
        assert boxes(viz.to_svg(sum_of(outputs), collapse="Neuron", engine=engine))


FORMULAS = {
    "two uses": "u = c*x; v = d*x; w = v**2; z = u + w",
    "neuron": "tanh(w1*x1 + w2*x2 + b)",
    "eight inputs": "tanh(" + " + ".join(f"w{i}*x{i}" for i in range(1, 9)) + " + b)",
    "softmax": "-log(exp(a)/(exp(a) + exp(b) + exp(c)))",
}


SCREENS = {"page": (1200, 700), "phone": (390, 844)}


def formula(name):
    parsed = parse(FORMULAS[name])
    return parsed.graph(**{each: 0.3 * i - 0.7 for i, each in enumerate(parsed.inputs)})


def seen(svg):
    """Return style, direction, and how large its numbers are (in cards those of the chips, which are smallest), fitted
    to the width and two heights of each screen."""
    root = ET.fromstring(svg)
    texts = [t for t in root.iter("{http://www.w3.org/2000/svg}text") if t.get("class") in ("value", "grad", "local")]
    heads = {"h8z" in p.get("d") for p in root.iter("{http://www.w3.org/2000/svg}path") if p.get("class") == "head"}
    style = "card" if "local" in {t.get("class") for t in texts} else "compact" if heads else "circuit"
    width, height = float(root.get("width")), float(root.get("height"))
    usual = statistics.median(float(t.get("font-size")) for t in texts if style != "card" or t.get("class") == "local")
    sizes = {on: usual * min(1, w / width, 2 * h / height) for on, (w, h) in SCREENS.items()}
    return style, "down" if True in heads else "right", sizes


@pytest.mark.parametrize(
    ("name", "screen", "style", "direction"),
    [
        ("two uses", "page", "card", "right"), ("two uses", "phone", "compact", "down"),
        ("neuron", "page", "card", "down"), ("softmax", "page", "card", "down"),
        ("eight inputs", "page", "compact", "down"),
    ],
)  # fmt: skip
def test_the_most_that_can_be_read_on_a_screen_is_drawn(name, screen, style, direction):
    *drawn, sizes = seen(viz.to_svg(formula(name), screen=screen))
    assert drawn == [style, direction]
    assert sizes[screen] >= 9.0
    tried = [(a, b) for a in ("card", "circuit", "compact") for b in ("right", "down") if (a, b) != ("circuit", "down")]
    for before in tried[: tried.index((style, direction))]:
        svg = viz.to_svg(formula(name), style=before[0], direction=before[1])
        assert seen(svg)[:2] == before and seen(svg)[2][screen] < 9.0


def test_what_the_reader_chose_stands():
    y = formula("eight inputs")
    for style, direction in (("card", "right"), ("card", "down"), ("circuit", "right"), ("compact", "right")):
        assert seen(viz.to_svg(y, style=style, direction=direction))[:2] == (style, direction)
    assert seen(viz.to_svg(y, style="card", screen="phone"))[0] == "card"
    with pytest.raises(ValueError, match="the style 'circuit' is drawn to the right alone"):
        viz.to_svg(y, style="circuit", direction="down")
    with pytest.raises(ValueError, match="no direction 'up'; there are auto, right, down"):
        viz.to_svg(y, direction="up")
    with pytest.raises(ValueError, match="no screen 'tv'; there are page, phone"):
        viz.to_svg(y, screen="tv")


def test_a_picture_too_large_to_read_says_so_and_what_to_do():
    y = formula("eight inputs")
    assert "px" not in viz.draw(y)._repr_html_()[-400:]
    on_phone = viz.draw(y, screen="phone")._repr_html_()
    assert re.search(r"the text of this picture would be \d\.\d px high.*around, depth\)\.</p>$", on_phone)
    every_value = viz.draw(network(8, 8, 1), collapse=None, lang="zh")._repr_html_()
    assert re.search(r"字高只有 \d\.\d px.*collapse=&quot;MLP&quot;.</p>$", every_value)


@pytest.mark.parametrize("style", ["card", "compact"])
def test_from_top_to_bottom_operands_stand_above_and_enter_from_left_to_right(style):
    s = scene(formula("two uses"))
    plan = getattr(styles, style).plan(s, down=True)
    boxes = {card.step.index: centre for card, centre in zip(s.cards, plan.centres)}
    ends = plan.routes[1::2] if style == "card" else plan.routes
    arriving = {}
    for chip, route in zip(s.chips, ends):
        assert boxes[chip.parent.index][1] < boxes[chip.child.index][1]
        assert all(a[1] <= b[1] for a, b in pairwise(route))
        arriving.setdefault(chip.child.index, []).append(route[-1][0])
    assert all(xs == sorted(xs) and len(set(xs)) == len(xs) for xs in arriving.values())


def test_the_neighbourhood_of_a_node_can_be_drawn():
    x = Value(1.0, "x")
    a = tanh(x)
    a.label = "a"
    y = a
    for _ in range(300):
        y = tanh(y)
    svg = viz.to_svg(y, around="a", depth=1)
    names = re.findall(r'<g id="g[0-9a-f]+-n\d+"><title>(\S+)', svg)
    assert len(names) == 3 and {"x.", "a"} <= set(names)
    assert len(re.findall(r"-n\d+", viz.to_svg(y, depth=3))) == 4
    with pytest.raises(ValueError, match="no node named 'b'"):
        viz.to_svg(y, around="b")


@pytest.mark.parametrize("options", [{}, {"style": "compact", "collapse": None}, {"depth": 4}])
def test_a_thousand_nodes_draw_within_two_seconds(options):
    y = network(16, 16, 1)
    assert 900 < len(explain(y).forward) < 1100
    start = time.process_time()
    viz.to_svg(y, **options)
    assert time.process_time() - start < 2.0


def test_more_than_ten_thousand_nodes_are_refused_with_the_options_named():
    x = Value(1.0)
    y = sum_of([x * 2.0 for _ in range(6000)])
    with pytest.raises(ValueError, match=r"max_nodes=10000; draw a part.*around=.*depth=2"):
        viz.to_svg(y)


@pytest.mark.parametrize("theme", ["light", "auto"])
def test_the_animation_shows_each_edge_once_and_each_gradient_when_complete(theme):
    x = Value(2.0, "x")
    y = x * 3.0 + tanh(x)
    svg = viz.animate(y, theme=theme)
    root = ET.fromstring(svg)
    animated = [
        g
        for g in root.iter("{http://www.w3.org/2000/svg}g")
        if g.get("id") and g.find("{http://www.w3.org/2000/svg}animate") is not None
    ]
    picture = f"{root.get('id')}-"
    starts = {g.get("id").removeprefix(picture): float(g[0].get("keyTimes").split(";")[1]) for g in animated}
    assert sorted(key[0] for key in starts) == ["d"] * 4 + ["e"] * 4 + ["s"] * 2
    e = explain(y)
    x = e.named("x").index
    for term in e.uses(x):
        assert starts[f"e{term.child}-{term.position}"] < starts[f"s{x}-{term.part}"] < starts[f"d{x}"]
    counts = {a.get("repeatCount") for a in root.iter("{http://www.w3.org/2000/svg}animate")}
    assert counts == {"2"}  # it ends
    with pytest.raises(ValueError, match="turns must be 1 or more, got 0"):
        viz.animate(y, turns=0)
    with pytest.raises(ValueError, match="up to 40 values"):
        viz.animate(network(8, 8, 1))


IN_SIGHT = """() => [...document.querySelectorAll("text, rect, path")].filter((each) => {
  for (let e = each; e.tagName !== "svg"; e = e.parentElement)
    if (getComputedStyle(e).display === "none" || +getComputedStyle(e).opacity < 0.99) return false;
  return true;
}).map((e) => e.textContent || e.getAttribute("d") || "").filter((x) => x && !x.startsWith("M"))"""


def test_who_asked_for_less_motion_sees_the_finished_picture_and_so_do_all_in_the_end():
    x = Value(2.0, "x")
    y = x * 3.0 + tanh(x)
    finished = [*texts_of(viz.to_svg(y, style="card")), "4 steps: every gradient is complete"]
    with chromium() as browser:
        for motion, wait in (("reduce", 0), ("no-preference", 700)):
            page = browser.new_context(reduced_motion=motion).new_page()
            page.set_content(viz.animate(y, seconds_per_step=0.02, turns=1).replace('dur="2.60s"', 'dur="0.4s"'))
            page.wait_for_timeout(wait)
            assert sorted(page.evaluate(IN_SIGHT)) == sorted(finished)


def texts_of(svg):
    return ["".join(t.itertext()) for t in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


@pytest.fixture(scope="module")
def long_sum():
    y = Value(1.0)
    for _ in range(200_000):
        y = y + 1.0
    return y


@pytest.mark.parametrize(
    "show", [viz.draw, viz.to_svg, viz.to_dot, viz.to_text, viz.to_latex, viz.to_markdown, viz.to_dict, viz.animate,
             viz.to_html, viz.play, lambda y: viz.draw(y, max_nodes=500)],
)  # fmt: skip
def test_a_graph_too_large_is_refused_before_it_is_walked_to_its_end(show, long_sum):
    y = long_sum
    start = time.process_time()
    with pytest.raises(ValueError, match="the graph has more nodes than max_nodes="):
        show(y)
    assert time.process_time() - start < 0.5  # explaining it takes over 2 s


def test_what_modules_hold_is_called_a_parameter_and_named_by_layer_and_neuron():
    model = nn.MLP(2, [2, 1], rng=random.Random(0))
    cards = {card.name: card.kind for card in scene(model([Value(0.5, "x1"), Value(-0.3, "x2")])).cards}
    leaves = ["w1[1,1]", "w2[1,1]", "b[1,1]", "w1[1,2]", "w2[1,2]", "b[1,2]", "w1[2,1]", "w2[2,1]", "b[2,1]"]
    assert {name for name, kind in cards.items() if kind == "parameter"} == set(leaves)
    assert cards["x1"] == cards["x2"] == "input"
    alone = scene(nn.Neuron(2, rng=random.Random(0))([Value(0.5, "x1"), Value(-0.3, "x2")]))
    assert [card.name for card in alone.cards if card.kind == "parameter"] == ["w1", "w2", "b"]


def test_parameters_of_modules_without_a_number_are_named_in_words():
    cell = nn.LSTMCell(1, 1, rng=random.Random(0))
    names = {card.name for card in scene(sum_of(cell([Value(0.5, "x")], cell.start())[0])).cards}
    assert {"output gate w1[1]", "forget gate b[1]"} <= names


def test_names_are_told_apart_in_latex_and_mathml_too():
    y = nn.MLP(1, [1, 1], rng=random.Random(0))([Value(0.5, "x")])
    assert "w_{1}^{[2,1]}" in viz.to_latex(y)
    assert mathml_name("w1[2,1]") == (
        "<msup><msub><mi>w</mi><mn>1</mn></msub><mrow><mo>[</mo><mn>2,1</mn><mo>]</mo></mrow></msup>"
    )


# ---------------------------------------------------------------- plots


@pytest.fixture
def trained():
    pytest.importorskip("matplotlib")
    rng = random.Random(0)
    model = nn.MLP(2, [4, 1], rng=rng)
    data = nn.data.moons(20, rng=rng)
    history = nn.fit(
        model, data, loss="binary_cross_entropy", epochs=3, rng=rng, held_out=data, progress=False
    )  # fmt: skip
    return model, data, history


def test_the_history_is_plotted_as_it_is(trained):
    figure = viz.plot_history(trained[2])
    lines = figure.axes[0].get_lines()
    assert list(lines[0].get_ydata()) == trained[2].loss
    assert list(lines[1].get_ydata()) == trained[2].held_out_loss
    assert figure.axes[1].get_ylabel() == "accuracy"


def test_a_training_of_one_epoch_is_seen_at_epoch_one():
    pytest.importorskip("matplotlib")
    rng = random.Random(0)
    history = nn.fit(nn.MLP(2, [2, 1], rng=rng), nn.data.moons(10, rng=rng), epochs=1, rng=rng, progress=False,
                     loss="binary_cross_entropy")  # fmt: skip
    line = viz.plot_history(history).axes[0].get_lines()[0]
    assert list(line.get_xdata()) == [1] and line.get_marker() == "o"
    assert viz.plot_gradient_norms(history).axes[0].get_images()[0].get_extent()[:2] == [0.5, 1.5]


def test_gradient_norms_are_drawn_layer_by_layer(trained):
    ax = viz.plot_gradient_norms(trained[2]).axes[0]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["layers.0", "layers.1"]


def test_the_decision_boundary_is_where_the_model_changes_sides(trained):
    figure = viz.plot_decision_boundary(lambda x: x[0] - 0.5, trained[1], resolution=30)
    boundary = figure.axes[0].collections[1].get_paths()[0].vertices
    assert boundary[:, 0] == pytest.approx(0.5, abs=0.02)


def test_the_boundary_can_be_animated(trained, tmp_path):
    pytest.importorskip("PIL")
    animation = viz.animate_decision_boundary([trained[0], lambda x: [0.0, x[1]]], trained[1], resolution=8)
    animation.save(tmp_path / "training.gif", writer="pillow")
    assert (tmp_path / "training.gif").read_bytes()[:3] == b"GIF"


@pytest.mark.parametrize(("sizes", "boxes"), [([4, 1], 0), ([8, 8, 1], 19), ([16, 16, 1], 35)])
def test_what_two_screens_do_not_hold_collapses_by_itself(sizes, boxes):
    svg = viz.to_svg(nn.MLP(2, sizes, rng=random.Random(0))([Value(1.0, "x1"), Value(-0.5, "x2")]))
    assert len(re.findall(r'id="g\w+-g\d+"', svg)) == boxes
    assert float(re.search(r' height="([\d.]+)"', svg)[1]) <= 2600


def test_a_model_or_a_list_is_no_output_and_the_error_tells_what_to_draw():
    model = nn.MLP(2, [2, 2], rng=random.Random(0))
    with pytest.raises(TypeError, match=r"got MLP; it computes values.*draw\(model\(\[1.0, 2.0\]\)\)"):
        viz.draw(model)
    with pytest.raises(TypeError, match=r"got list; draw one of its values, as in draw\(ys\[0\]\)"):
        viz.draw(model([1.0, 2.0]))


@pytest.mark.parametrize(("lang", "titles"), [("en", ["layer 1", "layer 3"]), ("zh", ["第 1 层", "第 3 层"])])
def test_every_layer_has_its_title_the_output_too_and_the_legend_says_what_the_numbers_are(lang, titles):
    svg = viz.to_svg(nn.MLP(2, [8, 8, 1], rng=random.Random(0))([Value(1.0, "x1"), Value(-0.5, "x2")]), lang=lang)
    assert all(f"{title}: " in svg or f"{title}：" in svg for title in titles)
    assert {"en": "the smallest … the largest in the box", "zh": "框内梯度的最小值 … 最大值"}[lang] in svg
    assert len(set(re.findall(r'rx="10" class="heat(\d)"', svg))) >= 3  # sizes within one power of ten are told apart
