"""The page on which a small GPT learns names: in a real browser its numbers are Python's, and add up."""

from __future__ import annotations

import random
import string

import pytest

import nn
from nn.characters import Characters, entropy, loss_of_line
from nn.gpt import GPT
from tests.browser import CLIPPED, chromium, opened, violations
from viz.cli.learning_names import write_names_page
from viz.training.names_page import names_page, names_program
from viz.training.watched import matrices, watched

LETTERS = string.ascii_lowercase
LINES = sorted([LETTERS[i : i + 3] for i in range(0, 24)] + ["yz", "ana", "eva", "ida", "lea", "mia", "a", "bo"])
CHARACTERS, HELD_OUT = Characters(LINES), 4


def model(seed: int = 0) -> GPT:
    return GPT(len(CHARACTERS), 16, rng=random.Random(seed))


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def program():
    return names_program(model(), nn.cross_entropy, 4)


@pytest.fixture(scope="module")
def pages(tmp_path_factory, program):
    folder, made = tmp_path_factory.mktemp("names"), {}
    for lang in ("en", "zh"):
        made[lang] = folder / f"{lang}.html"
        text = names_page(
            model(), nn.cross_entropy, LINES, CHARACTERS.characters, held_out=HELD_OUT, lang=lang, program=program
        )
        made[lang].write_text(text, encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def page(browser, pages):
    with opened(browser, pages["en"]) as found:
        yield found


def cut(seed: int) -> tuple[random.Random, list[str], list[str]]:
    rng, lines = random.Random(seed), [*LINES]
    rng.shuffle(lines)
    return rng, lines[:-HELD_OUT], lines[-HELD_OUT:]


# ---------------------------------------------------------------- what is told is what the model computes


def test_the_numbers_on_the_way_are_those_of_the_model_to_the_bit():
    gpt, tokens = model(3), CHARACTERS.tokens("eva")
    targets = [(token, 0.25) for token in tokens[1:]]
    loss, places = watched(gpt, nn.cross_entropy, tokens[:-1], targets)
    logits = gpt(tokens[:-1])
    assert [[z.data for z in dict(parts)["logits"]] for parts in places] == [[z.data for z in row] for row in logits]
    assert loss.data == pytest.approx(loss_of_line(logits, targets).data, rel=1e-14)


def test_the_matrices_hold_every_parameter_in_the_models_order():
    gpt = model()
    held = [p for _, rows in matrices(gpt) for row in rows for p in row]
    assert len(held) == 4192 and all(a is b for a, b in zip(held, gpt.parameters(), strict=True))


def test_five_steps_of_adam_are_pythons_in_all_4192_parameters(page):
    moved = page.evaluate(
        "() => { learning = new Learning({ ...data.settings, seed: 7, batch: 3 });"
        " for (let i = 0; i < 5; i++) learning.step(); return [[...learning.machine.parameters], learning.losses]; }"
    )
    rng, train, _ = cut(7)
    gpt = GPT(len(CHARACTERS), 16, rng=rng)
    adam, losses = nn.Adam(gpt.parameters(), lr=0.01, betas=(0.85, 0.99)), []
    xs, ys = CHARACTERS.data(train)
    for batch in [*nn.data.batches(len(train), 3, rng)][:5]:
        gpt.zero_grad()
        loss = sum(loss_of_line(gpt([int(token) for token in xs[i]]), ys[i]) for i in batch) / len(batch)
        loss.backward()
        adam.step()
        losses.append(loss.data)
    assert len(moved[0]) == 4192
    assert moved[0] == pytest.approx([p.data for p in gpt.parameters()], rel=1e-12, abs=1e-14)
    assert moved[1] == pytest.approx(losses, rel=1e-12)


def test_the_lines_to_be_beaten_are_the_entropies_of_python(page):
    found = page.evaluate(
        "() => { const { train, heldOut } = new Learning({ ...data.settings, seed: 2 });"
        " return [0, 1].map((context) => entropy(train, heldOut, context)); }"
    )
    _, train, held_out = cut(2)
    rows, others = ([CHARACTERS.tokens(line) for line in part] for part in (train, held_out))
    assert found == pytest.approx([entropy(rows, others, 27, context=n) for n in (0, 1)], rel=1e-13)


def test_the_held_out_loss_is_measured_at_the_parameters_of_its_step(page):
    found = page.evaluate(
        "() => { learning = new Learning(data.settings); for (let i = 0; i < 3; i++) learning.step();"
        " while (learning.goOn(Infinity)); return learning.history; }"
    )
    rng, _, held_out = cut(0)
    gpt = GPT(len(CHARACTERS), 16, rng=rng)
    xs, ys = CHARACTERS.data(held_out)
    losses = [loss_of_line(gpt([int(token) for token in x]), y).data for x, y in zip(xs, ys)]
    (first,) = found
    assert first["step"] == 0 and first["held"] == pytest.approx(sum(losses) / HELD_OUT, rel=1e-12)


def test_what_comes_back_along_the_uses_adds_up_to_the_gradient_of_every_number(page):
    wrong = page.evaluate(
        """() => {
          start(data.settings);
          for (let i = 0; i < 5; i++) learning.step();
          type("eva");
          const off = [];
          for (let node = 1; node < NODES + PARAMETERS; node++) {
            if (!chain.has(node)) continue;
            const sum = chain.uses(node).reduce((total, [user, local]) => total + chain.gradient(user) * local, 0);
            const right = Math.abs(sum - chain.gradient(node)) <= 1e-12;
            if (!right) off.push([nameOf(chain, node), sum, chain.gradient(node)]);
          }
          return [off.slice(0, 3), chain.slopes.filter(Boolean).length];
        }"""
    )
    assert wrong[0] == [] and wrong[1] > 4000


# ---------------------------------------------------------------- what people do


def test_training_brings_the_loss_down(page):
    first, last = page.evaluate(
        "() => { start(data.settings); while (learning.goOn(Infinity));"
        " for (let i = 0; i < 60; i++) learning.step(); while (learning.goOn(Infinity));"
        " return learning.history.map(({ held }) => held); }"
    )
    assert last < first - 0.3


@pytest.mark.parametrize("speed", [2, 3])
def test_play_takes_steps_and_invents_names(page, speed):
    page.evaluate("(to) => { start(data.settings); speed = to; play(); }", speed)
    page.wait_for_function("() => learning.steps > 2 && made.length > 0", timeout=60_000)
    page.evaluate("() => play()")
    assert page.locator("#invented li").count() > 0


def test_a_link_comes_to_the_same_parameters_again_from_the_seed(browser, page, pages):
    page.evaluate(
        "() => { start({ ...data.settings, seed: 5 }); for (let i = 0; i < 4; i++) learning.step();"
        " learning.setRate(0.003); for (let i = 0; i < 3; i++) learning.step(); type('bo'); choose(NODES + 40); }"
    )
    link = page.evaluate("() => location.hash")
    with opened(browser, pages["en"], at=link) as again:
        again.wait_for_function("() => learning.steps === 7 && target === null", timeout=60_000)
        state = "() => [[...learning.machine.parameters], typed, chosen, learning.settings]"
        assert again.evaluate(state) == page.evaluate(state)


def test_a_link_that_does_not_fit_is_said_and_the_page_begins_anew(page):
    for link in ("seed=x", "rates=1_2", "steps=-3", "batch=0.5", "value=999999", "rates=", "place=99"):
        page.evaluate("(link) => { refuse(''); location.hash = link; }", link)
        page.wait_for_function("() => byId('refused').textContent.includes('does not fit')")
        assert page.evaluate("() => [learning.steps, typed, chosen]") == [0, "mar", 0]


def test_a_rate_that_is_set_stands_whatever_a_link_had_in_mind(page):
    page.evaluate("() => { start(data.settings); learning.planned = [[2, 0.5]]; target = 50; }")
    page.fill("[name=rate]", "0.001")
    page.dispatch_event("[name=rate]", "input")
    page.evaluate("() => { for (let i = 0; i < 4; i++) learning.step(); }")
    assert page.evaluate("() => learning.settings.rate") == 0.001


def test_letters_that_the_names_do_not_have_are_left_out_and_told(page):
    page.evaluate("() => { start(data.settings); }")
    page.fill("#typed", "Évà")
    assert page.evaluate("() => typed") == "v" and "éà" in page.inner_text("#refused")
    page.fill("#typed", "Eva")
    assert page.evaluate("() => typed") == "eva" and page.inner_text("#refused") == ""


def test_one_step_measures_and_invents(page):
    page.evaluate("() => { start(data.settings); }")
    page.click("#once")
    page.wait_for_function("() => learning.history.at(-1).step === 1 && made.length === 1")
    assert page.evaluate("() => learning.read") == 8


def test_keys_walk_from_number_to_number_and_buttons_lead_back(page):
    page.evaluate("() => { start(data.settings); }")
    page.fill("#typed", "M!i")
    assert page.evaluate("() => [typed, place]") == ["mi", 2]
    page.focus("#flow canvas >> nth=5")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("() => nodes[chosen]") == {"part": "query", "place": 2, "index": 5}
    page.click("#to-loss")
    assert page.evaluate("() => chosen") == 0
    page.click("#told [data-node] >> nth=0")
    assert page.evaluate("() => nodes[chosen].part") == "loss"


def test_a_square_that_is_pressed_is_told_where_it_can_be_seen(page):
    page.evaluate("() => { start(data.settings); type('mia'); }")
    page.set_viewport_size({"width": 390, "height": 844})
    page.click("#flow canvas >> nth=5", position={"x": 96 + 15, "y": 25})
    assert page.evaluate("() => nodes[chosen]") == {"part": "query", "place": 1, "index": 9}
    assert page.evaluate("() => byId('told').getBoundingClientRect().top") < 844
    page.set_viewport_size({"width": 1280, "height": 900})


def test_an_arc_is_as_thick_as_the_share_that_a_head_takes(page):
    page.evaluate("() => { start(data.settings); type('mia'); }")
    arcs = page.eval_on_selector_all(
        ".looks figure:nth-child(2) path.picked", "all => all.map(a => a.getAttribute('stroke-width'))"
    )
    shares = page.evaluate("() => count(place + 1).map((t) => chain.of(place, 'shares', place + 1 + t))")
    assert [(float(arc) - 0.4) / 6 for arc in arcs] == pytest.approx(shares, abs=1e-3)
    assert sum(shares) == pytest.approx(1)


def test_a_step_by_hand_lowers_the_loss_of_its_name_and_leaves_training_alone(page):
    page.evaluate("() => { start(data.settings); type('ida'); }")
    before = page.evaluate("() => [...learning.machine.parameters]")
    page.keyboard.press("Escape")
    page.click("#hand .parts button >> nth=2")
    loss, after = page.evaluate("() => [hand.loss, hand.lossAfter]")
    assert after < loss and page.locator("#step tbody tr").count() == 9
    assert page.evaluate("() => [...learning.machine.parameters]") == before


@pytest.mark.parametrize(("lang", "width", "scheme"), [("en", 1280, "light"), ("zh", 390, "dark")])
def test_axe_finds_nothing_and_no_page_is_wider_than_its_window(browser, pages, lang, width, scheme):
    with opened(browser, pages[lang], color_scheme=scheme) as found:
        found.set_viewport_size({"width": width, "height": 844})
        found.evaluate("() => { for (let i = 0; i < 3; i++) learning.step(); walk(1); choose(nodeOf(2, 'query', 3)); }")
        assert violations(found) == []
        assert found.evaluate("() => document.documentElement.scrollWidth") <= width
        assert found.eval_on_selector_all("#step :is(th, td), #letters button", CLIPPED) == []


# ---------------------------------------------------------------- what is refused, and what the command writes


@pytest.mark.parametrize(
    ("lines", "held_out", "told"),
    [
        (["a" * 16, "b"], 1, "at most 15 characters, got one of 16"),
        (["a"], 1, "1 lines cannot be cut"),
        ([], 0, "0 lines"),
    ],
)
def test_lines_that_cannot_be_on_a_page_are_said(lines, held_out, told):
    with pytest.raises(ValueError, match=told):
        names_page(model(), nn.cross_entropy, lines, "ab", held_out=held_out)


def test_the_command_writes_the_page_of_the_lines_of_a_file(tmp_path, monkeypatch, pages, program):
    monkeypatch.setattr("viz.training.names_page.names_program", lambda model, loss, length: program)
    (tmp_path / "lines.txt").write_text("\n".join(LINES), encoding="utf-8")
    write_names_page(tmp_path / "page.html", tmp_path / "lines.txt")
    assert (tmp_path / "page.html").read_bytes() == pages["en"].read_bytes()
