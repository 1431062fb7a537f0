"""Pictures of numbers: what is drawn where, in which colour, and that hostile names stay text."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import Value
from viz import draw_attention, draw_curves, draw_images, draw_matrix
from viz.pictures.palette import DARK, LIGHT

SVG = "{http://www.w3.org/2000/svg}"


def parts(drawing, tag):
    return list(ET.fromstring(drawing.svg).iter(SVG + tag))


def texts(drawing):
    return [text.text for text in parts(drawing, "text")]


def pixels(drawing):
    return [(r.get("class"), r.get("fill-opacity")) for r in parts(drawing, "rect") if r.get("fill-opacity")]


def test_a_pixel_is_as_strong_as_its_number_and_negative_ones_have_another_colour():
    assert pixels(draw_images({"": [[[0.0, 1.0], [0.5, 0.25]]]})) == [("ink", "1"), ("ink", "0.5"), ("ink", "0.25")]
    assert pixels(draw_images({"": [[[-2.0, 1.0]]]})) == [("value", "1"), ("grad", "0.5")]


def test_each_row_of_images_has_its_own_scale():
    assert pixels(draw_images({"a": [[[4.0]]], "b": [[[0.5]], [[-1.0]]]})) == [
        ("ink", "1"), ("grad", "0.5"), ("value", "1")
    ]  # fmt: skip


def test_the_row_of_a_pixel_is_its_height():
    squares = [r for r in parts(draw_images({"": [[[0.0], [1.0]]]}, pixel=10), "rect") if r.get("fill-opacity")]
    assert [(r.get("x"), r.get("y"), r.get("width")) for r in squares] == [("0.0", "10.0", "10.0")]


def test_values_are_drawn_by_their_data():
    assert pixels(draw_images({"": [[[Value(1.0), Value(-1.0)]]]})) == [("grad", "1"), ("value", "1")]


def test_a_matrix_shows_its_counts_and_marks_the_diagonal():
    drawing = draw_matrix([[7, 0], [1, 5]], labels=["cat", "dog"], rows="shown", columns="answered")
    assert texts(drawing) == ["answered →", "shown ↓", "cat", "cat", "dog", "dog", "7", "1", "5"]
    assert [kind for kind, _ in pixels(drawing)] == ["value", "grad", "value"]


def test_a_curve_goes_through_its_points_on_the_scale_of_its_axes():
    drawing = draw_curves({"line": [(0.0, 0.0), (1.0, 5.0), (2.0, 10.0)]}, x="x", y="y")
    curve, _sample = parts(drawing, "polyline")
    points = [tuple(map(float, point.split(","))) for point in curve.get("points").split()]
    (x0, y0), (x1, y1), (x2, y2) = points
    assert (x1, y1) == pytest.approx(((x0 + x2) / 2, (y0 + y2) / 2))
    assert x0 < x2 and y0 > y2  # up is up
    heights = {t.text: float(t.get("y")) - 4 for t in parts(drawing, "text") if t.get("text-anchor") == "end"}
    assert (heights["0"], heights["10"]) == (y0, y2)  # where the axis says so


def test_a_logarithmic_axis_counts_in_powers_of_ten():
    drawing = draw_curves({"falling": [(1, 1e-8), (2, 1e-4), (3, 1.0)]}, log=True)
    assert {"10⁻⁸", "10⁰"} <= set(texts(drawing))
    curve = parts(drawing, "polyline")[0]
    ys = [float(point.split(",")[1]) for point in curve.get("points").split()]
    assert ys[1] == pytest.approx((ys[0] + ys[2]) / 2)


def test_curves_are_told_apart_without_colour():
    curves = {name: [(0, i), (1, i)] for i, name in enumerate("abcd")}
    dashes = [line.get("stroke-dasharray") for line in parts(draw_curves(curves), "polyline")][::2]
    assert len(set(dashes)) == 4


def test_the_way_over_a_landscape_lies_on_its_lines_of_equal_height():
    circles = draw_curves({"way": [(-2.0, -1.0), (2.0, 1.0)]}, over=lambda x, y: x * x + 4.0 * y * y)
    way = [tuple(map(float, point.split(","))) for point in parts(circles, "polyline")[0].get("points").split()]
    middle, across, up = (280.0, 125.0), (way[1][0] - way[0][0]) / 4, (way[0][1] - way[1][1]) / 2
    lines = [path.get("d") for path in parts(circles, "path") if path.get("class") == "wire"]
    heights = []
    for line in lines:
        ends = [tuple(map(float, end.split(","))) for end in re.findall(r"[\d.]+,[\d.]+", line)]
        of = [((a - middle[0]) / across) ** 2 + 4.0 * ((b - middle[1]) / up) ** 2 for a, b in ends]
        heights.append(sum(of) / len(of))
        assert of == pytest.approx([heights[-1]] * len(of), abs=0.06)
    high = (4 / 2 * 1.16) ** 2 + 4.0
    assert heights == pytest.approx([high * ((i + 0.5) / 9) ** 2 for i in range(9)], abs=0.06)
    assert len(parts(circles, "circle")) == 2  # the points of the way


def test_a_landscape_has_no_line_where_it_is_not_finite_and_no_logarithm():
    def lines(over):
        paths = parts(draw_curves({"way": [(-1.0, 0.0), (1.0, 1.0)]}, over=over), "path")
        return [path.get("d") for path in paths if path.get("class") == "wire"]

    assert lines(lambda x, y: math.nan) == []
    right = [
        float(x) for line in lines(lambda x, y: x if x > 0 else math.nan) for x in re.findall(r"[ML]([\d.]+)", line)
    ]
    assert right and min(right) >= 280.0  # where x is 0
    with pytest.raises(ValueError, match="leave out log or over"):
        draw_curves({"way": [(1.0, 1.0)]}, over=max, log=True)


def test_dots_are_points_without_a_line():
    drawing = draw_curves({"data": [(0, 0), (1, 1)], "fit": [(0, 0), (1, 1)]}, dots=["data"])
    assert len(parts(drawing, "circle")) == 3 and len(parts(drawing, "polyline")) == 2  # with those of the legend


def test_points_that_are_not_finite_are_left_out():
    drawing = draw_curves({"a": [(0, 0.0), (1, math.nan), (2, math.inf), (3, 1.0)]})
    assert len(parts(drawing, "polyline")[0].get("points").split()) == 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: draw_images({}), "at least one image"),
        (lambda: draw_images({"a": [[[]]]}), "at least one number"),
        (lambda: draw_curves({"a": []}), "at least one finite point"),
        (lambda: draw_curves({"a": [(0, math.nan)]}), "at least one finite point"),
        (lambda: draw_curves({"a": [(0, 0.0)]}, log=True), "logarithmic axis every y must be above 0"),
    ],
)
def test_what_cannot_be_drawn_is_said(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@given(st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=8), st.sampled_from(['<b>&"]]>', "中文", "{figure}", ""]))
def test_any_numbers_and_names_make_a_well_formed_picture_that_keeps_them_inside(ys, name):
    for drawing in (
        draw_curves({name: list(enumerate(ys))}, x=name, y=name, title=name),
        draw_images({name: [[ys]]}, title=name),
        draw_matrix([ys], labels=[name], rows=name, columns=name, title=name),
    ):
        root = ET.fromstring(drawing.svg)
        width, height = float(root.get("width")), float(root.get("height"))
        assert 0 < width < 1e4 and 0 < height < 1e4
        assert root.find(SVG + "title") is not None and root.find(SVG + "desc").text
        for line in root.iter(SVG + "polyline"):
            for point in line.get("points").split():
                x, y = map(float, point.split(","))
                assert -100 <= x <= width and -100 <= y <= height


def test_every_colour_of_a_curve_has_a_dark_one():
    svg = draw_curves({str(i): [(0, i), (1, i)] for i in range(6)}).svg
    for kind in set(re.findall(r'class="(c\d)"', svg)):
        assert re.search(rf"#chart-\w+ \.{kind}{{stroke:#", svg)
    assert LIGHT.value in svg


def test_two_different_charts_do_not_share_an_id():
    a, b = draw_images({"": [[[1.0, 0.0]]]}), draw_images({"": [[[0.0, 1.0]]]})
    assert ET.fromstring(a.svg).get("id") != ET.fromstring(b.svg).get("id")
    again = draw_images({"": [[[1.0, 0.0]]]})
    names = [ET.fromstring(drawing.svg).get("id") for drawing in (a, again)]
    assert names[0] != names[1] and a.svg == again.svg.replace(names[1], names[0])  # both may stand on one page


def test_arrays_are_drawn_as_lists_are():
    np = pytest.importorskip("numpy")
    points = np.array([[0.0, 1.0], [1.0, 2.0], [2.0, 4.0]], dtype=np.float32)

    def marks(drawing):
        return re.findall(r'points="[^"]*"|fill-opacity="[^"]*"', str(drawing))

    assert marks(draw_curves({"a": points})) == marks(draw_curves({"a": points.tolist()}))
    assert marks(draw_images({"a": [points]})) == marks(draw_images({"a": [points.tolist()]}))


def test_heights_without_places_are_told_how_to_become_points():
    np = pytest.importorskip("numpy")
    for wrong in (np.array([1.0, 2.0]), [1.0, 2.0], [("a", 1.0)], [(1.0, 2.0, 3.0)], 3.0):
        with pytest.raises(TypeError, match=r"'a' must hold points \(x, y\) of numbers.*enumerate"):
            draw_curves({"a": wrong})


@pytest.mark.parametrize("y", [5e-324, -5e-324, 1e-310, 0.0, 1e-299])
def test_the_smallest_numbers_have_an_axis_too(y):
    assert "<polyline" in str(draw_curves({"a": [(0.0, y), (1.0, y)]}))


def looks(drawing):
    """The lines of a picture of attention: where each starts and ends, and how thick it is."""
    lines = [line for line in parts(drawing, "path") if line.get("class") == "look"]
    places = [[float(x) for x in re.findall(r"[ML]?([\d.]+),[-\d.]+", line.get("d"))] for line in lines]
    return [(at[0], at[-1], float(line.get("stroke-width"))) for at, line in zip(places, lines)]


def boxes(drawing, kind):
    box = [r for r in parts(drawing, "rect") if r.get("class") == kind]
    return [tuple(float(r.get(side)) for side in ("x", "y", "width", "height")) for r in box]


def test_a_look_leads_back_from_token_to_token_as_thick_as_its_share():
    drawing = draw_attention("ab", [[Value(1.0)], [Value(0.25), 0.75]])
    (a, *_, wide, _), (b, *_) = boxes(drawing, "card")
    back, of_a, of_b = looks(drawing)
    assert b < back[0] < b + wide and a < back[1] < a + wide
    assert of_a[:2] == (a + wide / 2,) * 2 and of_b[:2] == (b + wide / 2,) * 2
    assert [round((thick - 0.6) / 6, 6) for *_, thick in (back, of_a, of_b)] == [0.25, 1.0, 0.75]
    assert texts(drawing) == ["0.25", "a", "1.00", "b", "0.75"]
    for kind in ("look{stroke", "point{fill"):
        assert f".{kind}:{DARK.value}" in drawing.svg


def test_a_faint_look_has_no_number_but_one_at_itself_has():
    drawing = draw_attention("ab", [[1.0], [0.99, 0.01]])
    assert "0.99" in texts(drawing) and "0.01" in texts(drawing)
    assert texts(draw_attention("ab", [[1.0], [0.04, 0.96]])) == ["a", "1.00", "b", "0.96"]


@pytest.mark.parametrize("tokens", ["a", "中文", "abcdefgh", ["·", "<&>", "an uncommonly long token"]])
def test_the_numbers_of_looks_do_not_meet_and_all_is_inside_the_picture(tokens):
    drawing = draw_attention(tokens, [[1 / (i + 1)] * (i + 1) for i in range(len(tokens))])
    every = boxes(drawing, "chip") + boxes(drawing, "card")
    for i, (x, y, width, height) in enumerate(every):
        assert x >= 0 and y >= 0 and x + width <= drawing.figure.canvas.width + 0.1
        assert y + height <= drawing.figure.canvas.height + 0.1
        for a, b, across, down in every[:i]:
            assert x >= a + across or a >= x + width or y >= b + down or b >= y + height
    assert len(boxes(drawing, "chip")) == len(tokens) * (len(tokens) + 1) / 2


@pytest.mark.parametrize("rows", [[], [[1.0]], [[1.0], [0.5]], [[1.0], [0.2, 0.3, 0.5]]])
def test_shares_of_other_places_than_the_earlier_ones_are_refused(rows):
    with pytest.raises(ValueError, match=r"place i of 2 tokens has i \+ 1 shares, got rows of"):
        draw_attention("ab", rows)
