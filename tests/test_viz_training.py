"""The page on which a network learns: what it draws from a model, and in a real browser its numbers beside Python's."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

import nn
from autograd_lite import Value, dot, relu, tanh
from tests.browser import CLIPPED, chromium, opened, violations
from viz import training_page
from viz.cli.learning import write_page
from viz.training.network import NotDrawn, network_of
from viz.words import LANGUAGES

OPTIMISERS = {
    "sgd": lambda ps: nn.SGD(ps, lr=0.1),
    "momentum": lambda ps: nn.SGD(ps, lr=0.05, momentum=0.9, weight_decay=0.01),
    "nesterov": lambda ps: nn.SGD(ps, lr=0.05, momentum=0.9, nesterov=True),
    "adam": lambda ps: nn.Adam(ps, lr=0.03, weight_decay=0.001),
}


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def moons_page(tmp_path_factory):
    path = tmp_path_factory.mktemp("training") / "moons.html"
    write_page(path, "moons")
    return path


@pytest.fixture(scope="module")
def pages(tmp_path_factory, moons_page):
    chinese = moons_page.with_name("sine.html")
    write_page(chinese, "sine", lang="zh")
    return {"en": moons_page, "zh": chinese}


@pytest.fixture(scope="module")
def page(browser, moons_page):
    with opened(browser, moons_page) as found:
        yield found


def steps(n: int) -> str:
    return f"for (let i = 0; i < {n}; i++) training.step();"


def begin(page: Any, **settings: Any) -> None:
    page.evaluate("(settings) => { kept = null; sample = 0; start({ ...data.settings, ...settings }); }", settings)


# ---------------------------------------------------------------- the network in a graph


def test_every_neuron_of_a_model_is_found_with_its_parameters_in_the_models_order():
    model = nn.MLP(3, [4, 2, 1], activation="relu", rng=random.Random(0))
    found = network_of(model, 3)
    assert [len(neuron.weights) for neuron in found.neurons] == [3] * 4 + [4] * 2 + [2]
    assert [neuron.column for neuron in found.neurons] == [0] * 4 + [1] * 2 + [2]
    assert list(found.parameters) == model.parameters()
    before, after = found([0.3, -0.2, 0.9])
    assert after[-1].data == model([0.3, -0.2, 0.9]).data
    assert [relu(z).data for z in before[:6]] == [h.data for h in after[:6]]


def test_a_weight_that_two_neurons_share_is_one_parameter():
    w = Value(0.5)
    found = network_of(lambda x: dot([w], [tanh(dot([w], x))]), 1)
    assert [neuron.weights for neuron in found.neurons] == [(0,), (0,)] and found.parameters == (w,)


def read_raw_and_activated(x: Any, *, reverse: bool = False) -> Any:
    z = dot([Value(2.0)], x)
    both = [dot([Value(-1.0)], [z]), tanh(z)]
    return dot([Value(0.5), Value(0.7)], both[::-1] if reverse else both)


@pytest.mark.parametrize(
    ("model", "n", "told"),
    [
        (lambda x: x[0] * Value(2.0), 1, "this model has mul"),
        (lambda x: dot([Value(2.0)], x) + 1.0, 1, "this model has add"),
        (lambda x: tanh(tanh(dot([Value(2.0)], x))), 1, "one activation for each"),
        (lambda x: dot(x, x), 2, "whose weights are parameters"),
        (nn.MLP(2, [3, 2], rng=random.Random(0)), 2, "models with one output, got list"),
        (lambda x: x[0], 1, "whose output is a neuron"),
        (lambda x: dot([Value(1.0), 1.0], [x[0], x[0]]), 1, "this model has a constant"),
        (lambda x: read_raw_and_activated(x), 1, "one activation for each"),
        (lambda x: read_raw_and_activated(x, reverse=True), 1, "whose weights are parameters, and their inputs units"),
        (lambda x: 3.0, 1, "got float"),
    ],
)
def test_a_model_that_is_no_network_of_neurons_is_refused_with_what_it_has(model, n, told):
    with pytest.raises(NotDrawn, match=told):
        network_of(model, n)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"data": ([], [])}, "at least one sample"),
        ({"data": ([[1.0]], [1.0, 2.0])}, "1 inputs and 2 targets"),
        ({"optimiser": "adan"}, "there are sgd, momentum"),
        ({"lang": "fr"}, "there are en, zh"),
        ({"lr": -1.0}, "lr must be"),
        ({"lr": "0.1"}, "lr must be"),
        ({"batch_size": 0}, "batch_size must be"),
        ({"batch_size": 2.5}, "batch_size must be a whole number"),
        ({"batch_size": True}, "batch_size must be a whole number"),
        ({"data": ([[1.0], [math.nan]], [0.0, 1.0])}, "sample 1 of data has a number that is not finite"),
        ({"data": ([[1.0], [2.0, 3.0]], [0.0, 1.0])}, "input 1 of data has 2 numbers, not 1"),
        ({"held_out": ([[1.0, 2.0]], [0.0])}, "input 0 of held_out has 2 numbers, not 1"),
        ({"loss": lambda y, t: [y, t]}, "loss must return one number, got list"),
    ],
)
def test_what_cannot_be_on_a_page_is_said(options, told):
    given = {"data": ([[1.0], [2.0]], [0.0, 1.0]), "loss": nn.squared_error} | options
    with pytest.raises(ValueError, match=told):
        training_page(nn.MLP(1, [2, 1], rng=random.Random(0)), **given)


def test_a_network_with_too_many_wires_is_refused():
    with pytest.raises(ValueError, match="400 at most; this network has 1201"):
        training_page(nn.MLP(1, [400, 1], rng=random.Random(0)), ([[1.0]], [1.0]), loss=nn.squared_error)


# ---------------------------------------------------------------- the page's numbers are Python's


def trained(settings: dict[str, Any], optimiser: Any, steps: int) -> tuple[list[float], list[float]]:
    """The parameters after so many steps, and the losses of the batches, all in Python, as the page says it does."""
    rng = random.Random(settings["seed"])
    points = getattr(nn.data, settings["data"])(settings["count"], noise=settings["noise"], rng=rng)
    (xs, ys), _ = nn.data.split(points, test=0.25, rng=rng)
    sizes = [int(settings["width"])] * int(settings["depth"]) + [1]
    init = "he" if settings["activation"] == "relu" else "xavier"
    model = nn.MLP(2, sizes, activation=settings["activation"], init=init, rng=random.Random(settings["seed"]))
    moving, losses, order = optimiser(model.parameters()), [], random.Random(settings["seed"])
    size = len(xs) if settings["batch"] == "all" else int(settings["batch"])
    while len(losses) < steps:
        for batch in nn.data.batches(len(xs), size, order):
            model.zero_grad()
            loss = sum(nn.binary_cross_entropy(model(xs[i]), ys[i]) for i in batch) / len(batch)
            loss.backward()
            moving.step()
            losses.append(loss.data)
            if len(losses) == steps:
                break
    return [p.data for p in model.parameters()], losses


@pytest.mark.parametrize("rule", OPTIMISERS)
def test_fifty_steps_on_the_page_give_pythons_parameters(page, rule):
    kind, activation = {"sgd": ("moons", "tanh"), "momentum": ("circles", "sigmoid"), "nesterov": ("xor", "tanh"),
                        "adam": ("spirals", "relu")}[rule]  # fmt: skip
    moving = OPTIMISERS[rule]([Value(0.0)])
    settings = {"data": kind, "count": 60, "noise": 0.1, "seed": 7, "width": "3", "depth": "2", "batch": "16",
                "activation": activation, "optimiser": rule, "rate": moving.lr, "l2": moving.weight_decay}  # fmt: skip
    begin(page, **settings)
    found = page.evaluate(
        "() => { for (let i = 0; i < 50; i++) training.step(); return [...training.machine.parameters]; }"
    )
    expected, _ = trained(settings, OPTIMISERS[rule], 50)
    assert len(found) == len(expected) == 25
    for a, b in zip(found, expected):
        assert abs(a - b) <= 1e-12 * max(1.0, abs(b))


@pytest.mark.parametrize("kind", ["moons", "circles", "spirals", "xor", "sine"])
def test_a_seed_gives_the_points_and_the_split_that_it_gives_in_python(page, kind):
    drawn = page.evaluate(
        "([data, count]) => { const rng = new Random(11);"
        " return split(pointsOf({ data, count, noise: 0.2 }, rng), rng); }",
        [kind, 31],
    )
    rng = random.Random(11)
    expected = nn.data.split(getattr(nn.data, kind)(31, noise=0.2, rng=rng), test=0.25, rng=rng)
    for points, (xs, ys) in zip(drawn, expected):
        assert [y for x in xs for y in x] == pytest.approx([y for point in points for y in point["x"]], abs=1e-14)
        assert [point["y"] for point in points] == pytest.approx(ys, abs=1e-14)


def test_the_batches_are_those_of_nn_over_several_epochs(page):
    begin(page, count=20, batch="8", seed=3)
    found = page.evaluate(
        "() => { const seen = []; for (let i = 0; i < 6; i++) {"
        " seen.push(training.batch().map((p) => training.points.indexOf(p))); training.step(); } return seen; }"
    )
    order = random.Random(3)
    assert found == [batch for _ in range(3) for batch in nn.data.batches(15, 8, order)]


# ---------------------------------------------------------------- one step by hand


def test_a_step_by_hand_ends_where_a_whole_step_ends_and_back_undoes_it_to_the_bit(page):
    begin(page)
    parameters = "() => [...training.machine.parameters]"
    first = page.evaluate(parameters)
    page.evaluate("() => { training.step(); }")
    whole = page.evaluate(parameters)
    begin(page)
    walked = (
        "() => { const seen = []; for (const last = hand.steps.length - 2; hand.at < last;)"
        " { byId('next').click(); seen.push([...training.machine.parameters]); } return seen; }"
    )
    assert all(seen == first for seen in page.evaluate(walked))
    page.click("#next")
    assert page.evaluate(parameters) == whole != first
    page.click("#back")
    assert page.evaluate(parameters) == first
    page.click("#next")
    assert page.evaluate(parameters) == whole and page.evaluate("() => training.steps") == 1


def test_every_small_step_has_a_formula_a_sentence_a_line_of_code_and_a_place_in_the_picture(page):
    begin(page, width="2")
    page.evaluate("() => hand.go(0)")
    for i in range(page.evaluate("() => hand.steps.length")):
        told = page.evaluate("(i) => { hand.go(i); return [hand.step.kind, hand.told()]; }", i)
        kind, texts = told
        assert all(texts[key] for key in ("formula", "sentence", "code")), kind
        assert "undefined" not in texts["formula"] + texts["sentence"] + texts["code"] and "NaN" not in texts["formula"]
        assert "{" not in texts["sentence"]
        assert kind in ("mean", "done") or texts["mark"]["target"]


def test_the_backward_pass_shows_the_engines_gradients(page):
    begin(page, width="3", activation="tanh")
    point = page.evaluate("() => training.points[sample]")
    seen = page.evaluate("() => inspected()")
    network = network_of(nn.MLP(2, [3, 3, 1], rng=random.Random(0)), 2)
    before, after = network([Value(x) for x in point["x"]])
    nn.binary_cross_entropy(after[-1], point["y"]).backward()
    assert seen["units"][2:] == pytest.approx([h.data for h in after], rel=1e-12)
    assert seen["after"][2:] == pytest.approx([h.grad for h in after], rel=1e-12)
    assert seen["gradients"][2:] == pytest.approx([z.grad for z in before], rel=1e-12)


# ---------------------------------------------------------------- what people do


def test_rewind_gives_the_weights_of_the_beginning_back(page):
    begin(page)
    first = page.evaluate("() => [...training.machine.parameters]")
    page.click("#once")
    page.click("#once")
    assert page.evaluate("() => training.steps") == 2
    page.click("#rewind")
    assert page.evaluate("() => [[...training.machine.parameters], training.steps]") == [first, 0]


def test_a_link_holds_everything_that_training_goes_on_from(browser, page, moons_page):
    begin(page, optimiser="adam", width="3", seed=5)
    page.evaluate(
        "() => { for (let i = 0; i < 17; i++) training.step(); move(4, 1.25); tool = '1'; press([100, 200]); pick(9); }"
    )
    link = page.evaluate("() => location.hash")
    state = (
        "() => [[...training.machine.parameters], training.machine.state('adam'), training.steps, sample,"
        " training.points]"
    )
    with opened(browser, moons_page, at=link) as again:
        assert again.evaluate(state) == page.evaluate(state)
        after = "() => { training.step(); return [...training.machine.parameters]; }"
        assert again.evaluate(after) == page.evaluate(after)
        assert again.eval_on_selector("[name=seed]", "field => field.value") == "5"


def test_a_link_that_does_not_fit_is_said_and_the_page_begins_anew(browser, moons_page):
    with opened(browser, moons_page) as found:
        for link in (
            "optimiser=nix",
            "width=999",
            "state=AAAA&steps=3",
            "points=!!",
            "rate=-1",
            "seed=x",
            "rate=",
            "count=10.5",
            "steps=1e15",
            "steps=-1",
            "at=1.5",
            "weight=999",
        ):
            found.evaluate("(link) => { refuse(''); location.hash = link; }", link)
            found.wait_for_function("() => byId('refused').textContent.includes('does not fit')")
            assert found.evaluate("() => [training.steps, training.settings]") == [
                0,
                found.evaluate("() => data.settings"),
            ]


def test_points_are_added_and_removed_where_the_plane_is_pressed(page):
    begin(page)
    n = page.evaluate("() => training.points.length")
    page.click(".tools button >> nth=2")
    page.click("#plane", position={"x": 20, "y": 30})
    made = page.evaluate("() => training.points.at(-1)")
    assert page.evaluate("() => training.points.length") == n + 1 and made["y"] == 0
    assert made["x"] == pytest.approx(
        page.evaluate("() => plane.toData([20, 30].map((x) => x * 640 / byId('plane').clientWidth))")
    )
    page.click(".tools button >> nth=3")
    page.click("#plane", position={"x": 20, "y": 30})
    assert page.evaluate("() => training.points.length") == n
    page.click(".tools button >> nth=0")


def test_a_weight_follows_the_pointer_and_training_goes_on_from_there(page):
    begin(page)
    page.eval_on_selector("#numbers tbody tr:nth-child(2) td.edit", "cell => cell.scrollIntoView({ block: 'center' })")
    box = page.locator("#numbers tbody tr:nth-child(2) td.edit").bounding_box()
    was = page.evaluate("() => training.machine.parameters[1]")
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + 5, box["y"] - 45)
    page.mouse.up()
    assert page.evaluate("() => training.machine.parameters[1]") == pytest.approx(was + 1.0, abs=0.0051)
    page.mouse.move(box["x"] + 5, box["y"] + 200)
    assert page.evaluate("() => training.machine.parameters[1]") == pytest.approx(was + 1.0, abs=0.0051)
    assert page.locator("#unit input[type=range]").count() == 1


def test_a_number_out_of_range_is_said_and_changes_nothing(page):
    begin(page)
    page.fill("[name=rate]", "-3")
    page.dispatch_event("[name=rate]", "change")
    assert "must be from 0 to 100; it stays 0.03" in page.inner_text("#refused")
    assert page.evaluate("() => [training.settings.rate, byId('settings').elements.rate.value]") == [0.03, "0.03"]
    page.fill("[name=seed]", "1.5")
    page.dispatch_event("[name=seed]", "change")
    assert "whole number" in page.inner_text("#refused") and page.evaluate("() => training.settings.seed") == 0
    page.fill("[name=rate]", "0.1")
    page.dispatch_event("[name=rate]", "change")
    assert page.inner_text("#refused") == "" and page.evaluate("() => training.settings.rate") == 0.1


def test_steps_that_are_too_long_end_play_with_a_sentence(page):
    begin(page, optimiser="sgd", activation="relu")
    page.evaluate("() => { training.settings.rate = 1e200; speed = 5; play(); }")
    page.wait_for_function("() => !running", timeout=20_000)
    assert "too long" in page.inner_text("#refused")


def test_another_optimiser_begins_anew_and_the_table_tells_the_step_that_it_takes(page):
    begin(page, optimiser="sgd", batch="all", rate=0.1)
    page.evaluate("() => { for (let i = 0; i < 200; i++) training.step(); draw(); }")
    page.select_option("[name=optimiser]", "adam")
    told, before = page.evaluate("() => [[...look().next], [...training.machine.parameters]]")
    page.click("#once")
    after = page.evaluate("() => [...training.machine.parameters]")
    assert after == told
    # the first step of Adam is lr · g / (|g| + ε)
    assert max(abs(a - b) for a, b in zip(after, before)) == pytest.approx(0.1, rel=1e-6)


def test_at_rate_0_the_table_still_follows_the_batches(page):
    begin(page, optimiser="momentum", rate=0, batch="8")
    first = page.evaluate("() => [...look().gradient]")
    page.click("#once")
    second = page.evaluate("() => [...look().gradient]")
    assert second == page.evaluate("() => { look.at = null; return [...look().gradient]; }") != first


def test_a_step_by_hand_is_about_a_point_of_its_batch(page):
    begin(page, optimiser="sgd", batch="1")
    page.evaluate("() => { pick(7); hand.leave(); walk(() => hand.finish('loss')); }")
    assert page.evaluate("() => hand.batch.includes(training.points[sample])")
    lone, mean = page.evaluate("() => [inspected().loss, hand.lossBefore]")
    assert lone == mean
    gradient = page.evaluate("() => { const seen = inspected(); return seen.gradients.at(-1) * seen.units.at(-2); }")
    assert gradient == pytest.approx(page.evaluate("() => hand.found.gradient.at(-2)"), rel=1e-12)
    assert "one point" in page.inner_text("#sentence")


def test_play_pressed_again_within_a_frame_is_one_run(page):
    begin(page)
    frames = page.evaluate(
        """() => new Promise((done) => {
             let drawn = 0, shown = 0;
             const was = draw;
             draw = () => { drawn++; was(); };
             play(); play(); play();
             const count = () => {
               if (++shown < 12) { requestAnimationFrame(count); return; }
               pause();
               draw = was;
               done([drawn, shown]);
             };
             requestAnimationFrame(count);
           })"""
    )
    assert frames[0] <= frames[1] + 3


@pytest.mark.parametrize("width", [1280, 390])
def test_no_formula_is_wider_than_its_place(browser, pages, width):
    with opened(browser, pages["zh"]) as found:
        found.set_viewport_size({"width": width, "height": 844})
        wide = """() => ["sgd", "nesterov", "adam"].flatMap((optimiser) => {
            start({ ...data.settings, optimiser, l2: 0.01 });
            training.step();
            return hand.steps.flatMap((step) => {
                walk(() => hand.next());
                return byId("formula").scrollWidth > byId("formula").clientWidth ? [[optimiser, step.kind]] : [];
            });
        })"""
        assert found.evaluate(wide) == []


def test_dead_units_and_a_loss_that_grows_are_told_beside_the_curve(page):
    begin(page, activation="relu", width="2", depth="1")
    page.evaluate("() => { for (const w of training.network.neurons[0].weights) training.machine.parameters[w] = 0;"
                  " training.machine.parameters[training.network.neurons[0].bias] = -1; draw(); }")  # fmt: skip
    assert "h₁₁" in page.inner_text("#warned") and "h₁₂" not in page.inner_text("#warned")
    page.evaluate("() => { training.settings.rate = 50; training.settings.optimiser = 'sgd';"
                  " for (let i = 0; i < 8; i++) training.step(); draw(); }")  # fmt: skip
    assert "The loss has grown" in page.inner_text("#warned")


def test_paper_is_white_and_has_every_row(browser, moons_page):
    with opened(browser, moons_page, color_scheme="dark") as found:
        ground = "() => getComputedStyle(document.body).backgroundColor"
        dark = found.evaluate(ground)
        found.evaluate("() => { speed = 4; play(); }")
        found.wait_for_function("() => training.steps > 20")
        found.evaluate("() => dispatchEvent(new Event('beforeprint'))")
        assert found.evaluate(ground) == "rgb(255, 255, 255)"
        last = (
            "() => [byId('numbers').querySelector('tbody tr:last-child').children[1].textContent,"
            " digits(training.machine.parameters.at(-1), 4)]"
        )
        shown, true = found.evaluate(last)
        assert shown == true
        found.evaluate("() => dispatchEvent(new Event('afterprint'))")
        assert found.evaluate(ground) == dark


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_axe_finds_nothing_and_no_page_is_wider_than_its_window(browser, pages, lang, width, scheme):
    with opened(browser, pages[lang], color_scheme=scheme) as found:
        found.set_viewport_size({"width": width, "height": 844})
        found.evaluate(
            "() => { for (let i = 0; i < 30; i++) training.step();"
            " byId('more').open = true; hand.finish('backward'); draw(); }"
        )
        assert violations(found) == []
        assert found.evaluate("() => document.documentElement.scrollWidth") <= width
        assert found.eval_on_selector_all("button, th, td", CLIPPED) == []


def test_keys_play_step_and_walk(page):
    begin(page)
    page.evaluate("() => document.activeElement.blur()")
    page.keyboard.press("s")
    page.keyboard.press("n")
    page.keyboard.press("n")
    assert page.evaluate("() => [training.steps, hand.at]") == [1, 1]
    page.keyboard.press("b")
    page.keyboard.press("r")
    assert page.evaluate("() => [training.steps, hand.at]") == [0, -1]
    page.focus("#plane")
    for key in ("ArrowLeft", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    assert page.evaluate("() => plane.cursor") == [304, 304]


HOSTILE = '</script><img src=x onerror="document.title=1">{{data}}'


def test_the_page_of_ones_own_model_learns_from_where_the_model_stands(browser, tmp_path):
    model = nn.MLP(3, [2, 1], activation="softplus", rng=random.Random(4))
    xs, ys = [[0.1, 0.2, 0.3], [1.0, -1.0, 0.5], [0.0, 0.4, -0.2]], [1.0, 0.0, 2.0]
    path = tmp_path / "own.html"
    page = training_page(
        model, (xs, ys), loss=nn.squared_error, optimiser="adam", lr=0.05, batch_size=None, title=HOSTILE
    )
    path.write_text(page, encoding="utf-8")
    with opened(browser, path) as found:
        assert found.title() == HOSTILE
        moved = found.evaluate(
            "() => { for (let i = 0; i < 20; i++) training.step(); return [...training.machine.parameters]; }"
        )
        assert found.is_hidden("#plane") and found.is_hidden("[name=width]")
    nn.fit(model, (xs, ys), loss="squared_error", optimiser=nn.Adam(model.parameters(), lr=0.05), batch_size=None,
           epochs=20, progress=False)  # fmt: skip
    assert moved == pytest.approx([p.data for p in model.parameters()], rel=1e-12, abs=1e-13)


def test_a_shared_weight_is_told_with_all_its_uses_and_a_loss_of_ones_own_without_the_formula_of_another(
    browser, tmp_path
):
    def squared_error(y: Any, t: Any) -> Any:
        return (y - t) ** 2 / 2

    w = Value(0.7)
    path = tmp_path / "shared.html"
    page = training_page(lambda x: dot([w], [tanh(dot([w], x))]), ([[1.0]], [1.0]), loss=squared_error, batch_size=1)
    path.write_text(page, encoding="utf-8")
    y = w * tanh(w * 1.0)
    ((y - 1.0) ** 2 / 2).backward()
    with opened(browser, path) as found:
        found.evaluate("() => choose({ weight: 0 })")
        told = found.inner_text("#unit .formula")
        assert told.count(f"{w.grad:.4g}".replace("-", "−")) == 2  # the sum over both uses, and the mean of one point
        found.evaluate("() => walk(() => hand.finish('loss'))")
        found.evaluate("() => hand.go(hand.at - 1)")
        assert "<mi>loss</mi>" in found.evaluate("() => hand.told().formula")
