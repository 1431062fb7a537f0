"""The player: its steps as a model, then the page in a real browser."""

from __future__ import annotations

import itertools
import json
import math
import random
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
from autograd_lite import TABLE, Operation, Value, explain, parse, sin, softmax, sum_of
from autograd_lite.javascript import operations_source
from tests.browser import chromium, opened, violations
from tests.strategies import HOSTILE
from viz import draw, play, save, to_html
from viz.answers import is_right
from viz.notation import number
from viz.player.exercises import DIFFICULTIES, exercise, questions_of
from viz.player.forward_backward import tables
from viz.player.questions import diagnose
from viz.player.slots import at, fill
from viz.player.steps import steps_of
from viz.words import LANGUAGES

FAN_OUT = parse("u = c*x; v = d*x; w = v**2; z = u + w")
BRANCH = parse("y = x*x if x > 1 else -3*x")


def fan_out() -> Value:
    return FAN_OUT.graph(c=3.0, x=2.0, d=-1.0)


# ---------------------------------------------------------------- the model


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
@pytest.mark.parametrize("seed", range(8))
def test_there_is_one_backward_step_for_each_use_and_its_contributions_sum_to_the_gradient(difficulty, seed):
    e = exercise(difficulty, seed=seed).explanation
    numbers = tables(e)
    steps = [s for s in steps_of(e, numbers) if s.phase == "backward"]
    assert len(steps) == sum(e.forward[i].kind != "constant" for s in e.forward for i in s.operands)
    for node in e.forward[:-1]:
        if node.kind != "constant":
            total = sum(numbers["contribution"][s.edges[0]] for s in steps if s.target == node.index)
            assert total == pytest.approx(e.gradients[node.index], rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    ("lang", "end"),
    [("en", "raise x by 0.1 and z changes by about 0.7."), ("zh", "意思是：x 增加 0.1，z 大约增加 0.7。")],
)
def test_sentences_end_in_the_meaning_of_the_gradient(lang, end):
    e = explain(fan_out())
    numbers = tables(e)
    last = [step for step in steps_of(e, numbers, lang=lang) if step.target == e.named("x").index][-1]
    said = fill(last.sentence, numbers)
    assert "4 + 3 = 7" in said and said.endswith(end)


def test_measured_slopes_agree_with_the_gradients():
    numbers = tables(explain(fan_out()))
    assert numbers["differing"] == [0]
    for node in (0, 1, 3):
        assert numbers["measured"][node] == pytest.approx(numbers["gradient"][node], rel=1e-6)


@pytest.mark.parametrize(
    ("kind", "answer", "told"),
    [
        ("gradient", 4.0, "the parts add up"),  # one branch of the fan-out alone
        ("gradient", 3.0, "the parts add up"),
        ("gradient", -7.0, "sign"),
        ("gradient", 2.0, "local gradient alone"),
        ("contribution", 3.0, None),
    ],
)
def test_a_wrong_answer_is_explained_by_the_slip_that_gives_it(kind, answer, told):
    questions, numbers = questions_of(explain(fan_out()))
    last = [q for q in questions if q.kind == kind][-1]
    if told is None:
        assert is_right(answer, at(last.answer, numbers))
    else:
        assert any(told in slip.said for slip in diagnose(last, str(answer), numbers))


@pytest.mark.parametrize(
    ("kind", "answer", "told"),
    [
        ("value", 7.0, {"en": "That is b − a; compute a − b.", "zh": "这是 b − a；请计算 a − b。"}),
        ("value", 3.0, {"en": "That is a + b; compute a − b.", "zh": "这是 a + b；请计算 a − b。"}),
        ("contribution", -13.0, {"en": "the chain rule multiplies them", "zh": "链式法则要把它们相乘"}),
    ],
)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_swapped_operands_and_another_operation_are_named(kind, answer, told, lang):
    questions, numbers = questions_of(explain(parse("u = a - b; z = u**2").graph(a=-2.0, b=5.0)), lang=lang)
    slips = [slip for q in questions if q.kind == kind for slip in diagnose(q, str(answer), numbers)]
    assert any(told[lang] in slip.said for slip in slips)


def test_forgetting_the_upstream_factor_is_named():
    y = parse("u = a*b; z = u**2").graph(a=2.0, b=3.0)
    questions, numbers = questions_of(explain(y))
    question = next(q for q in questions if q.kind == "contribution" and at(q.answer, numbers) == 36.0)
    assert [slip.name for slip in diagnose(question, "3", numbers)] == ["upstream"]


@given(st.integers(0, 10_000), st.sampled_from(DIFFICULTIES))
@settings(max_examples=30)
def test_an_exercise_is_the_same_for_the_same_seed_and_every_question_has_a_right_answer(seed, difficulty):
    assert str(exercise(difficulty, seed=seed)) == str(exercise(difficulty, seed=seed))
    questions, numbers = questions_of(exercise(difficulty, seed=seed).explanation)
    assert len(questions) >= 4
    for question in questions:
        truth = at(question.answer, numbers)
        assert math.isfinite(truth) and is_right(truth, truth) and not diagnose(question, repr(truth), numbers)


# ---------------------------------------------------------------- the page as text


class _Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.ids = [], []

    def handle_starttag(self, tag, attrs):
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in ("meta", "input", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_its_ids_are_unique():
    parser = _Tags()
    parser.feed(to_html(fan_out()))
    assert parser.open == [] and len(parser.ids) == len(set(parser.ids))


def keys_in(data):
    if isinstance(data, dict):
        yield from data
        data = list(data.values())
    for inner in data if isinstance(data, list) else ():
        yield from keys_in(inner)


def test_the_data_of_the_page_says_by_name_what_everything_is():
    page = to_html(fan_out(), formula=FAN_OUT)
    data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page)[1])
    assert min(map(len, keys_in(data))) > 1
    assert {"child": 4, "parent": 1} in data["program"]["edges"]
    seed = next(step for step in data["steps"] if step["phase"] == "seed")
    assert seed["title"] == ["∂z/∂z = ", {"table": "gradient", "at": 6}]


@pytest.mark.parametrize("part", range(4))
def test_hostile_labels_stay_text_at_every_step(part, tmp_path, browser):
    """Several on a page, each with sentences and a card of its own; what one of them breaks is an error of the page."""
    labels = HOSTILE[part::4]
    save(tmp_path / "p.html", to_html(sum_of([Value(2.0, label) * 3.0 for label in labels]), title=" ".join(labels)))
    with opened(browser, tmp_path / "p.html") as page:
        names = page.evaluate("nodes.filter((node) => node.kind === 'input').map((node) => node.name)")
        assert names == [label.replace("\ud800", "?") or names[labels.index("")] for label in labels]
        assert page.evaluate("steps.map((_, k) => (show(k), document.querySelectorAll('img, script').length))") == [
            2 for _ in range(page.evaluate("steps.length"))
        ]


def test_more_values_than_anyone_walks_through_are_refused_with_the_way_out():
    y = Value(1.0)
    for _ in range(200):
        y = y * 1.01
    with pytest.raises(ValueError, match=r"up to 150 values.*201"):
        to_html(y)
    with pytest.raises(ValueError, match="no sentences in 'fr'"):
        to_html(fan_out(), lang="fr")


def test_in_a_notebook_the_player_shows_itself_in_a_frame_of_its_own():
    shown = play(fan_out())._repr_html_()
    assert shown.startswith("<iframe srcdoc=") and 'sandbox="allow-scripts"' in shown
    assert repr(play(fan_out())) == "<player of z: 7 values, 7 edges>"


def test_several_players_and_pictures_work_on_one_notebook_page(browser, tmp_path):
    y = fan_out()
    shown = "".join(x._repr_html_() for x in (play(y), draw(y), play(y, lang="zh"), draw(y)))
    (tmp_path / "notebook.html").write_text(f"<!DOCTYPE html><meta charset=utf-8>{shown}", encoding="utf-8")
    with opened(browser, tmp_path / "notebook.html") as page:
        for frame in page.locator("iframe").all():
            frame.scroll_into_view_if_needed()
            inside = frame.content_frame
            inside.locator("#next").click()
            inside.locator("#next").click()
            assert inside.locator("#count").inner_text() == "3 / 14"
        ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
        assert len(ids) == len(set(ids)) > 40


def test_an_operation_without_javascript_fixes_the_numbers_and_says_why(tmp_path, browser):
    strange = Operation("strange", math.exp, lambda out, x: math.exp(x))
    (tmp_path / "p.html").write_text(to_html(strange(Value(1.0, "x"))), encoding="utf-8")
    with opened(browser, tmp_path / "p.html") as page:
        assert "rule of 'strange'" in page.inner_text(".what-if")
        page.keyboard.press("End")
        assert page.inner_text("#count").startswith("5 / 5") and "∂strange(x)/∂x = 2.718" in page.inner_text("#graph")


# ---------------------------------------------------------------- the page in a browser


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def empty_page(browser):
    """A page to compute on, where nothing is left behind."""
    page = browser.new_page()
    yield page
    page.close()


@pytest.fixture(scope="module")
def fan_out_page(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("player") / "fan out.html"
    path.write_text(to_html(fan_out(), formula=FAN_OUT), encoding="utf-8")
    return path


# what a reader sees, without what the focus adds
SEEN = """() => ['graph', 'where', 'formula', 'sentence', 'code', 'count', 'timeline'].map(
    id => document.getElementById(id).innerHTML.replace(/ class=""/g, ''))"""


def test_every_step_back_restores_the_identical_page(browser, fan_out_page):
    with opened(browser, fan_out_page) as page:
        count = page.evaluate("steps.length")
        seen = [page.evaluate(SEEN)]
        for _ in range(count - 1):
            page.keyboard.press("ArrowRight")
            seen.append(page.evaluate(SEEN))
        assert count == 14 and len({json.dumps(s) for s in seen}) == count
        for k in reversed(range(count - 1)):
            page.keyboard.press("ArrowLeft")
            assert page.evaluate(SEEN) == seen[k]
        page.keyboard.press("End")
        assert page.evaluate(SEEN) == seen[-1]
        page.keyboard.press("b")
        assert page.evaluate("steps[at].phase") == "seed"
        page.keyboard.press("f")
        assert page.evaluate("at") == 1


def test_a_deep_link_opens_its_step_and_the_sum_is_shown_unfinished(browser, fan_out_page):
    with opened(browser, fan_out_page, at="#11") as page:
        assert "4 …" in page.inner_text("#graph") and "via u ?" in page.inner_text("#graph")
        assert "Not finished yet" in page.inner_text("#sentence")
        assert page.inner_text("#code").startswith("x.grad += v.grad * d.data")
        page.keyboard.press("End")
        page.wait_for_url(re.compile("#14$"))
        assert "via u 3" in page.inner_text("#graph")


def test_pressing_a_card_jumps_to_the_step_that_completes_its_gradient(browser, fan_out_page):
    with opened(browser, fan_out_page) as page:
        page.get_by_role("button", name=re.compile("^x; value 2; gradient …")).click()
        assert page.evaluate("[steps[at].target, numbers.to_come[steps[at].edges[0]]]") == [1, 0]


def _agree(page, y_of, inputs):
    """Compare the page's passes with Python's at other inputs."""
    computed = page.evaluate("inputs => compute(inputs)", inputs)
    e = explain(y_of(*inputs.values()))
    expected = tables(e)
    for name in ("value", "gradient", "local", "contribution", "total", "all_paths", "straight_step", "change", "kink",
                 "digits"):  # fmt: skip
        for a, b in zip(computed[name], expected[name]):
            assert a == b or (a != a and b != b) or a == pytest.approx(b, rel=1e-12, abs=1e-300), (name, a, b)


def test_what_if_computes_what_python_computes(browser, fan_out_page):
    with opened(browser, fan_out_page, at="#14") as page:
        page.fill("[data-node='1']", "−0.75")
        e = explain(FAN_OUT.graph(c=3.0, x=-0.75, d=-1.0))
        assert page.evaluate("numbers.gradient") == pytest.approx(list(e.gradients), rel=1e-12)
        assert "1.5" in page.inner_text("#formula")
        page.fill("[data-node='1']", "zwei")
        assert page.get_attribute("[data-node='1']", "aria-invalid") == "true"
        page.click("#reset")
        assert page.evaluate("numbers.gradient") == pytest.approx([2, 7, 1, -8, -4, 1, 1])


def test_an_input_nobody_touched_keeps_all_its_digits(browser, tmp_path):
    f = parse("y = sin(x)*w")
    (tmp_path / "p.html").write_text(to_html(f.graph(x=1 / 3, w=2.0), formula=f), encoding="utf-8")
    with opened(browser, tmp_path / "p.html") as page:
        page.locator("[data-node]").nth(1).fill("3")
        slope = page.evaluate("numbers.gradient[nodes.findIndex(node => node.name === 'x')]")
        assert slope == pytest.approx(3 * math.cos(1 / 3), rel=1e-12)


@pytest.mark.parametrize("half", [0, 1])
def test_every_operation_of_the_table_computes_the_same_on_the_page(browser, tmp_path, half):
    """All on two pages: the tables hold every node, and a sum passes to each operation a gradient of 1."""
    operations = [op for op in TABLE.values() if op.arity and op.partials is not None][half::2]
    assert len(operations) >= 30

    def every(shift):
        for op in operations:
            count = 5 if op.name == "dot" else op.arity if op.arity > 0 else 3
            domain = op.domain if op.arity > 0 else ((-math.inf, math.inf),) * count
            yield op(*[Value(_inside(*each, k, shift), f"{op.name} {k}") for k, each in enumerate(domain)])

    path = tmp_path / "operations.html"
    path.write_text(to_html(sum_of(every(0.3)), engine="layered"), encoding="utf-8")
    with opened(browser, path) as page:
        for shift in (0.3, 0.62):
            y = sum_of(every(shift))
            inputs = {str(step.index): step.value for step in explain(y).forward if step.kind == "input"}
            _agree(page, lambda *_, y=y: y, inputs)


SIZES = (5e-324, 1e-320, 2.3e-308, 1e-200, 1e-17, 1e-5, 0.02, 0.5, 1.0, 1.5, 2.0, 3.0, 20.0, 710.0, 745.2, 1e17, 1e200)
FEW = (5e-324, 1e-200, 0.5, 1.0, 2.0, 745.2, 1e200)


def both_signs(sizes):
    return (math.nan, *(sign * x for x in (0.0, *sizes, 1.7e308, math.inf) for sign in (1.0, -1.0)))


@pytest.mark.parametrize("name", [name for name, op in TABLE.items() if op.arity and op.partials is not None])
def test_the_functions_of_the_page_are_those_of_python_over_the_whole_range_of_floats(empty_page, name):
    op = TABLE[name]
    count = 4 if name == "dot" else op.arity if op.arity > 0 else 3
    points = list(itertools.product(*[both_signs(SIZES if count < 3 else FEW)] * min(count, 3)))
    points = [(*point, *[0.5] * (count - len(point))) for point in points]
    asked = json.dumps([list(map(repr, point)) for point in points])
    found = empty_page.evaluate(f"""() => {{
        const [{{value, partials}}] = {operations_source([(op, count)])};
        const read = (x) => Number(x.replace("inf", "Infinity")), write = (x) => String(x).replace("Infinity", "inf");
        const both = (out, ...xs) => [out, ...partials(out, ...xs)].map(write);
        return {asked}.map((point) => point.map(read)).map((xs) => both(value(...xs), ...xs));
    }}""")
    for point, there in zip(points, found, strict=True):
        out = op.value(*point)
        for here, text in zip((out, *op.local_gradients(out, *point)), there, strict=True):
            x = float(text)
            same = here == x or (here != here and x != x) or math.isclose(here, x, rel_tol=1e-13, abs_tol=1e-322)
            assert same, (name, point, here, x)


def _inside(low: float, high: float, k: int, shift: float) -> float:
    low, high = max(low, -2.0 + 0.1 * k), min(high, 2.0 + 0.3 * k)
    return low + (high - low) * shift


def test_the_page_rounds_numbers_in_the_middle_as_python_does(browser, fan_out_page):
    rng = random.Random(0)
    ties = [sign * k / 2**n for sign in (1, -1) for n in range(20) for k in rng.sample(range(1, 60_000), 60)]
    ties += [math.ldexp(rng.randrange(1, 2**53), rng.randrange(-1074, 970)) for _ in range(400)]
    ties += [1.0625, -1.0625, 0.5, 1000.5, 1001.5, 2.00025, 12345.0, 9.9995, 5e-324, 1e22, 0.15, 99995.0]
    with opened(browser, fan_out_page) as page:
        for count in (1, 2, 3, 4, 6, 17):
            assert page.evaluate("([xs, n]) => xs.map((x) => digits(x, n))", [ties, count]) == [
                number(x, count) for x in ties
            ]
        assert page.evaluate("xs => xs.map((x) => needed([x], 4, (y) => y === 1.062))", [1.0625]) == [4]


def test_another_input_can_take_the_other_branch(browser, tmp_path):
    (tmp_path / "p.html").write_text(to_html(BRANCH.graph(x=2.0), formula=BRANCH), encoding="utf-8")
    with opened(browser, tmp_path / "p.html") as page:
        slope = "numbers.gradient[nodes.findIndex(node => node.name === 'x')]"
        assert page.evaluate(slope) == 4.0
        page.fill("[data-node]", "0.5")
        assert page.evaluate(f"[numbers.value[output], {slope}]") == [-1.5, -3.0]
        page.click("#last")
        assert "agree" in page.inner_text("#sentence")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("text", "condition", "python"),
    [
        ("y = x*x if x > 1 else -3*x", "[x > 1]", "y = where(x > 1, v1, v2)"),
        ("u = x*x; y = u * (u >= 1) + x", "[x × x ≥ 1]", "v1 = u * (x * x >= 1)"),
    ],
)
def test_what_decides_is_written_as_its_condition_so_that_it_holds_on_both_sides(
    browser, tmp_path, text, condition, python, lang
):
    f = parse(text)
    (tmp_path / "p.html").write_text(to_html(f.graph(x=2.0), formula=f, lang=lang), encoding="utf-8")
    with opened(browser, tmp_path / "p.html") as page:
        for x in ("2", "0.5", "2"):
            page.fill("[data-node]", x)
            k = page.evaluate("condition => steps.findIndex((s) => fill(s.title).includes(condition))", condition)
            page.evaluate(f"go({k})")
            assert condition.replace(" ", "") in page.inner_text("header").replace(" ", "")
            assert condition in page.inner_text("#graph") or "where" in page.inner_text("#graph")
            assert python in page.inner_text("#code")
            assert f"{float(float(x) >= 1):g}" in page.locator("#formula mtr").nth(1).text_content()
            lines = page.evaluate("steps.map((s) => fill(s.code)).join('\\n')")
            names: dict[str, Any] = {}
            exec(lines, names)
            i = page.evaluate("nodes.findIndex((node) => node.name === 'x')")
            assert names["x"].grad == page.evaluate(f"numbers.gradient[{i}]")
            assert names["y"].data == page.evaluate("numbers.value[output]")


def test_a_formula_of_constants_alone_has_a_page():
    f = parse("1 + 2 * 3")
    assert to_html(f.graph(), formula=f).count("<svg") == 1


def test_guessing_first_hides_the_number_until_it_is_found_and_explains_slips(browser, fan_out_page):
    with opened(browser, fan_out_page, at="#13") as page:
        page.check("#guessing")
        assert "?" in page.inner_text("#formula") and page.inner_text("#sentence") == ""
        page.fill("#guessed", "4")
        page.keyboard.press("Enter")
        assert "the parts add up" in page.inner_text("#feedback")
        page.fill("#guessed", "7")
        page.keyboard.press("Enter")
        assert "Right" in page.inner_text("#feedback") and "4 + 3 = 7" in page.inner_text("#sentence")
        assert "0/1 right at the first try" in page.inner_text("#count")


def test_a_quiz_page_asks_for_every_number_and_counts(browser, tmp_path):
    made = exercise("easy", seed=1)
    (tmp_path / "q.html").write_text(to_html(made.graph(), formula=made.formula, quiz=True), encoding="utf-8")
    questions, _ = questions_of(made.explanation)
    with opened(browser, tmp_path / "q.html") as page:
        for _ in range(page.evaluate("steps.length")):
            while page.evaluate("asked() !== null"):
                page.fill("#guessed", str(page.evaluate("slotNumber(asked().answer)")))
                page.keyboard.press("Enter")
            page.click("#next") if page.is_enabled("#next") else None
        assert page.inner_text("#count").endswith(f"{len(questions)}/{len(questions)} right at the first try")


# all that people can come by: texts, tooltips, descriptions, labels, fields; also of what is scrolled or folded away
TOLD = """() => {
    const unseen = (e) => e.hidden || e.tagName === "SCRIPT" || e.tagName === "STYLE";
    const told = [], walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_ELEMENT,
        (e) => unseen(e) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
    for (let e = walker.currentNode; e; e = walker.nextNode()) {
        for (const child of e.childNodes) if (child.nodeType === Node.TEXT_NODE) told.push(child.data);
        for (const name of ["title", "aria-label", "aria-description", "aria-valuetext", "alt", "placeholder"])
            if (e.hasAttribute(name)) told.push(e.getAttribute(name));
        if (e.value !== undefined && e.type === "text") told.push(e.value);
    }
    return told.join("\\n");
}"""
NUMBER = re.compile(r"(?<![\w.])[−-]?\d+(?:\.\d+)?(?:e[−-]?\d+)?(?![\w.]\d)")


def numbers_told(page):
    return {x.replace("−", "-").lstrip("-") for x in NUMBER.findall(page.evaluate(TOLD))}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("quiz", [True, False])
def test_nothing_on_the_page_tells_what_is_asked(browser, tmp_path, quiz, lang):
    f = parse("u = c*x; v = tanh(d*x); w = v**2; z = exp(u) * w")
    y = f.graph(c=0.317, x=1.229, d=-0.543)
    (tmp_path / "q.html").write_text(to_html(y, formula=f, quiz=quiz, lang=lang), encoding="utf-8")
    asked = 0
    with opened(browser, tmp_path / "q.html") as page:
        page.check("#guessing")
        known = {"0.317", "1.229", "0.543", *map(str, range(100))}  # inputs; steps, parts, powers
        for _ in range(page.evaluate("steps.length")):
            while page.evaluate("asked() !== null"):
                answer = page.evaluate("number(slotNumber(asked().answer))").lstrip("−")
                if page.evaluate("asked().kind") == "local":
                    rule = page.evaluate("fill(data.locals[steps[at].edges[0]])")
                    assert rule not in page.evaluate(TOLD) and rule.partition(" = ")[0] in page.evaluate(TOLD)
                    assert page.locator("#formula mtd.right").first.evaluate("e => e.textContent") == "?"
                    assert ".grad * ?   # " in page.inner_text("#code")
                assert answer in known or answer not in numbers_told(page), (answer, page.evaluate("asked().kind"))
                page.evaluate("go(steps.length - 1)")  # nobody gets past an open question
                assert page.evaluate("asked() !== null") and page.is_disabled("#next") and page.is_disabled("#play")
                page.fill("#guessed", str(page.evaluate("slotNumber(asked().answer)")))
                page.keyboard.press("Enter")
                known.add(answer)
                asked += 1
            if page.is_enabled("#next"):
                page.click("#next")
        assert page.evaluate("at === steps.length - 1 && answers.size") == asked > 10
        assert page.locator("#all").is_visible()


def test_other_numbers_are_everywhere_in_tooltips_list_table_print_and_for_screen_readers(browser, fan_out_page):
    with opened(browser, fan_out_page, at="#14") as page:
        assert "13.74" not in numbers_told(page)
        page.fill("[data-node='1']", "5.37")
        assert numbers_told(page) >= {"5.37", "16.11", "28.84", "44.95", "10.74", "13.74"}
        assert "16.11" in page.locator("#all ol").evaluate("e => e.textContent")
        z = page.locator("#graph g[role=button]", has_text="w").last
        assert "44.95" in page.evaluate("document.querySelector('#graph desc').textContent")
        assert "44.95" in z.evaluate("e => e.querySelector('title').textContent + e.ariaLabel")
        assert page.locator("#all tr[data-row='1'] .gradient").evaluate("e => e.textContent") == "13.74"
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        page.emulate_media(media="print")
        assert "13.74" in page.locator("#all ol").inner_text() and "13.74" in page.inner_text("#graph")


def test_a_slider_changes_a_number_everywhere_and_the_link_keeps_it(browser, fan_out_page):
    with opened(browser, fan_out_page, at="#14") as page:
        slider = page.get_by_role("slider", name="x", exact=True)
        slider.fill("-0.75")
        page.wait_for_url(re.compile("#14&x=-0.75$"))
        e = explain(FAN_OUT.graph(c=3.0, x=-0.75, d=-1.0))
        assert page.evaluate("numbers.gradient") == pytest.approx(list(e.gradients), rel=1e-12)
        assert page.input_value("[data-node='1']") == "-0.75" and slider.get_attribute("aria-valuetext") == "−0.75"
        assert numbers_told(page) >= {"0.75", "2.25", "1.688", "1.5"} and page.inner_text("#outcome") == "z = −1.688"
        slider.press("ArrowRight")  # moves the slider, not the step
        assert page.evaluate("at") == 13 and page.input_value("[data-node='1']") == "-0.725"
        page.fill("[data-node='1']", "-1e6")  # farther than the slider went
        assert slider.input_value() == "-1000000"
        link = page.evaluate("linkOf(at)")
        page.click("#reset")
        assert slider.input_value() == "2" and page.evaluate("linkOf(at)") == "#14"
    with opened(browser, fan_out_page, at=link) as page:
        assert (
            page.evaluate("[at, numbers.value[1]]") == [13, -1e6] and page.input_value("[data-node='1']") == "-1000000"
        )
        page.evaluate("location.hash = '#2&c=zwei&d=0.5'")
        page.locator("#typed-0", has_text="“zwei” is no number").wait_for()
        assert page.evaluate("[at, ...[0, 1, 3].map((i) => numbers.value[i])]") == [1, 3, 2, 0.5]
        page.evaluate("location.hash = '#5.5'")
        page.wait_for_function("at === 4")


def test_where_no_number_stands_the_others_still_count(browser, fan_out_page):
    with opened(browser, fan_out_page) as page:
        page.fill("[data-node='1']", "zwei")
        page.fill("[data-node='0']", "4")
        assert page.evaluate("[numbers.value[0], numbers.value[1]]") == [4, 2]
        assert "x stays as it was" in page.inner_text("#typed-1") and page.inner_text("#typed-0") == ""
        page.evaluate("go(5)")
        page.press("[data-node='1']", "Enter")  # does not begin anew
        assert page.evaluate("at") == 5


@pytest.mark.parametrize("typed", ["zwei", "1e999", "", "1/0", "--3"])
def test_what_is_no_number_is_explained_and_changes_nothing(browser, fan_out_page, typed):
    with opened(browser, fan_out_page) as page:
        before = page.evaluate("numbers.gradient")
        page.fill("[data-node='1']", typed)
        assert f"“{typed}” is no number" in page.inner_text("#typed-1") and page.evaluate("numbers.gradient") == before
        assert page.get_attribute("[data-node='1']", "aria-invalid") == "true"
        page.fill("[data-node='1']", "1/3")
        assert page.inner_text("#typed-1") == "" and page.get_attribute("[data-node='1']", "aria-invalid") == "false"


def test_the_page_names_kinks_and_steps_as_python_does(browser, tmp_path):
    f = parse("y = relu(x)*w + 1/x")
    (tmp_path / "p.html").write_text(to_html(f.graph(x=0.5, w=2.0), formula=f), encoding="utf-8")
    with opened(browser, tmp_path / "p.html") as page:
        for x in (0.02, -3.0, 1e-7, 250.0):
            e = explain(f.graph(x=x, w=2.0))
            i = e.named("x").index
            page.fill(f"[data-node='{i}']", repr(x))
            for name in ("straight_step", "change", "kink"):
                assert page.evaluate(f"numbers.{name}") == pytest.approx(tables(e)[name], rel=1e-9)
    g = parse("y = relu(x)*w")
    (tmp_path / "k.html").write_text(to_html(g.graph(x=0.5, w=2.0), formula=g), encoding="utf-8")
    with opened(browser, tmp_path / "k.html", at="#8") as page:
        page.fill("[data-node='0']", "0")
        assert "slope is 0 where x is smaller and 2 where x is larger" in page.inner_text("#sentence")
        assert "for smaller x" in page.inner_text("#formula")


def test_the_ring_of_the_focus_leaves_the_label_of_a_field_free(browser, fan_out_page):
    with opened(browser, fan_out_page, at="#13") as page:
        page.check("#guessing")
        free = page.evaluate("""() => [...document.querySelectorAll("label input[type=text]")].map((box) => {
            const words = document.createRange();
            words.setStart(box.parentElement, 0);
            words.setEndBefore(box);
            return box.getBoundingClientRect().left - words.getBoundingClientRect().right;
        })""")
        assert len(free) == 4 and min(free) >= 5  # two of distance, three of line


def test_play_walks_to_the_end_and_stops(browser, fan_out_page):
    with opened(browser, fan_out_page, at="#13") as page:
        page.keyboard.press("Space")
        page.locator("#play", has_text="Play").wait_for(timeout=5000)
        assert page.evaluate("[at, timer]") == [13, None]


def test_it_plays_at_the_speed_that_is_chosen(browser, fan_out_page):
    with opened(browser, fan_out_page) as page:
        page.evaluate("waits = []; window.setTimeout = (then, wait) => { if (then === advance) waits.push(wait); }")
        for speed in ("slow", "medium", "fast"):
            page.select_option("#speed", label=speed)
            page.evaluate("advance()")
        waits = page.evaluate("waits")
        assert waits == sorted(waits, reverse=True) and len(set(waits)) == 3 and waits[0] >= 5000


def test_nothing_moves_by_itself_for_those_who_ask_for_less_motion(browser, fan_out_page):
    with opened(browser, fan_out_page, at="#11", reduced_motion="reduce") as page:
        assert page.evaluate("document.getAnimations().length") == 0 and page.input_value("#speed") == "6000"
        page.press("[data-node='1']", "Enter")
        page.click("#replay")
        assert page.evaluate("[at, timer]") == [0, None]
        page.click("#play")
        assert page.inner_text("#play") == "Pause"
    with opened(browser, fan_out_page, at="#11") as page:
        assert page.evaluate("document.getAnimations().length") > 0
        page.press("[data-node='1']", "Enter")
        assert page.evaluate("timer !== null")


def test_texts_stay_inside_their_boxes_on_the_page(browser, tmp_path):
    y = parse("u = 学习率*梯度; v = exp(-u); z = (u + v)*u - v/u").graph(学习率=-1234.5678, 梯度=0.00012345)
    (tmp_path / "p.html").write_text(to_html(y, lang="zh"), encoding="utf-8")
    with opened(browser, tmp_path / "p.html") as page:
        page.keyboard.press("End")
        outside = page.evaluate("""() => [...document.querySelectorAll('#graph g[id]')].flatMap(g => {
            const box = g.querySelector(':scope > rect')?.getBBox(); // of a card or a chip, not of a ledger
            return box && !/-d\\d+$/.test(g.id) ? [...g.querySelectorAll(':scope > text')]
                .map(t => [t.textContent, t.getBBox(), box]) : [];
        }).filter(([, t, box]) => t.x < box.x - 1 || t.x + t.width > box.x + box.width + 1).map(([text]) => text)""")
        assert outside == []
        assert "局部梯度" in page.inner_text(".legend") and page.get_attribute("html", "lang") == "zh-Hans"


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_never_scrolls_sideways(browser, fan_out_page, width):
    with opened(browser, fan_out_page, at="#13") as page:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_texts_of_a_large_graph_stay_readable_and_the_current_card_is_in_view(browser, tmp_path):
    y = parse("s = w1*x1 + w2*x2 + b; y = tanh(s); loss = (y - t)**2 + 0.01*(w1**2 + w2**2)")
    page_file = tmp_path / "p.html"
    page_file.write_text(to_html(y.graph(w1=0.5, x1=2, w2=-1.5, x2=0.7, b=0.3, t=1)), encoding="utf-8")
    seen = """() => {
        const box = document.getElementById("graph").getBoundingClientRect();
        const changes = document.querySelector("#graph [role=button].target, #graph .now:not(:has(~ .target))");
        const card = changes.getBoundingClientRect(), drawn = document.querySelector("#graph svg");
        return [drawn.getBoundingClientRect().width / drawn.viewBox.baseVal.width > 0.79,
            card.left < box.right && card.right > box.left, card.top < box.bottom && card.bottom > box.top];
    }"""
    for width in (390, 1280):
        with opened(browser, page_file, at="#2") as page:
            page.set_viewport_size({"width": width, "height": 800})
            for _ in range(page.evaluate("steps.length") - 3):
                page.keyboard.press("ArrowRight")
                assert page.evaluate(seen) == [True, True, True]


def _lstm_cell() -> Value:
    cell = nn.LSTMCell(1, 1, rng=random.Random(0))
    hidden, _ = cell([0.5], ([0.1], [0.2]))
    return hidden[0]


WIDE = {
    **{f"quiz {level} {seed}": exercise(level, seed=seed).graph() for level in DIFFICULTIES for seed in range(1, 6)},
    "neuron": nn.Neuron(4, fused=False, rng=random.Random(0))([1.0, 2.0, -1.0, 0.5]),
    "softmax": softmax([Value(1.0, "a"), Value(2.0, "b"), Value(-1.0, "c")])[0],
    "LSTM cell": _lstm_cell(),
}


# of each step: where everything is, what of it cannot be seen at once, how small the smallest text of the picture is
LAID_OUT = """() => steps.map((step, k) => {
    show(k);
    const box = (at) => document.querySelector(at).getBoundingClientRect(), bar = document.querySelector(".controls");
    const covered = getComputedStyle(bar).position === "sticky" ? innerHeight - box(".controls").top : 0;
    const formula = byId("formula"), math = formula.firstElementChild.getBoundingClientRect(), said = byId("words");
    const texts = [...svg.querySelectorAll("text")].filter((text) => text.textContent);
    const places = ["#back", "#next", "#graph", "#formula", "#words", "#code"].map((at) => [box(at).x, box(at).y]);
    const hidden = {
        picture: box("#graph").height < 150,
        next: box("#next").bottom > innerHeight || box("#next").top < 0,
        formula: math.top < 0 || math.height > formula.clientHeight + 1,
        sentence: box("#words").bottom > innerHeight - covered || said.scrollHeight > said.clientHeight + 1,
    };
    return {
        places: JSON.stringify([places, document.documentElement.scrollHeight, document.body.offsetHeight]),
        hidden: Object.keys(hidden).filter((name) => hidden[name]),
        smallest: Math.min(...texts.map((text) => parseFloat(getComputedStyle(text).fontSize) * text.getCTM().a)),
    };
})"""


LAPTOP_AND_PHONE = ((1280, 720), (390, 844))


def resize(page, width, height):
    """Take another size, and wait until the page has heard of it."""
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


@pytest.mark.parametrize("name", ["quiz hard 2", "neuron", "softmax", "LSTM cell"])
def test_picture_formula_sentence_and_buttons_are_in_sight_and_nothing_moves_while_stepping(browser, tmp_path, name):
    (tmp_path / "p.html").write_text(to_html(WIDE[name]), encoding="utf-8")
    with opened(browser, tmp_path / "p.html") as page:
        for size in LAPTOP_AND_PHONE:
            resize(page, *size)
            laid_out = page.evaluate(LAID_OUT)
            assert len({step["places"] for step in laid_out}) == 1, size
            assert [step["hidden"] for step in laid_out if step["hidden"]] == [], size
            assert min(step["smallest"] for step in laid_out) >= 8.99, size


def test_what_is_told_of_a_slip_moves_nothing(browser, fan_out_page):
    places = """() => ["#back", "#next", "#graph", "#formula", "#words", "#code"].map((at) => {
        const { x, y } = document.querySelector(at).getBoundingClientRect();
        return [x, y];
    })"""
    with opened(browser, fan_out_page, at="#13") as page:
        page.check("#guessing")
        for size, part in zip(LAPTOP_AND_PHONE, (4, 3)):
            resize(page, *size)
            before = page.evaluate(places)
            page.evaluate(f"byId('guessed').value = '{part}'")
            page.evaluate("judge(new Event('submit'))")
            assert "the parts add up" in page.inner_text("#feedback") and page.evaluate(places) == before
            assert page.evaluate("byId('words').scrollHeight <= byId('words').clientHeight + 1")
        page.evaluate("byId('guessed').value = '4'")
        page.evaluate("judge(new Event('submit'))")  # the third time it is worked out
        assert "4 + 3 = 7" in page.inner_text("#words") and page.evaluate(places) == before


def test_the_whole_picture_is_shown_where_it_is_asked_for(browser, tmp_path):
    (tmp_path / "p.html").write_text(to_html(WIDE["LSTM cell"]), encoding="utf-8")
    seen = """() => {
        const box = byId("graph");
        return [box.scrollWidth <= box.clientWidth + 1 && box.scrollHeight <= box.clientHeight + 1,
            document.querySelectorAll(".tag").length];
    }"""
    with opened(browser, tmp_path / "p.html", at="#30") as page:
        assert page.evaluate(seen)[0] is False
        page.check("#whole")
        assert page.evaluate(seen) == [True, 0]
        page.uncheck("#whole")
        assert page.evaluate(seen)[0] is False


def test_many_steps_have_a_slider_in_place_of_ticks(browser, tmp_path):
    y = Value(0.5, "x")
    for i in range(8):
        y = (y * Value(0.9 + i / 100, f"w{i}")).tanh()
    (tmp_path / "p.html").write_text(to_html(y), encoding="utf-8")
    with opened(browser, tmp_path / "p.html") as page:
        for size in LAPTOP_AND_PHONE:
            resize(page, *size)
            slider = page.locator("#timeline input")
            assert page.locator("#timeline button").count() == 0 and slider.get_attribute("max") == "43"
            slider.fill("40")
            assert page.evaluate("at") == 39 and "step 40 of 43: Backward v2" in slider.get_attribute("aria-valuetext")
            slider.press("ArrowRight")
            assert page.evaluate("at") == 40 and slider.input_value() == "41"
            assert len({step["places"] for step in page.evaluate(LAID_OUT)}) == 1
        assert violations(page) == []


def test_every_card_a_step_is_about_is_whole_in_the_picture_or_told_at_its_edge(browser, tmp_path):
    about = """() => steps.map((step, k) => {
        show(k);
        const frame = document.getElementById("graph").getBoundingClientRect();
        const whole = (i) => {
            const card = cards[i].getBoundingClientRect();
            return card.left > frame.left - 2 && card.right < frame.right + 2 && card.top > frame.top - 2
                && card.bottom < Math.min(frame.bottom, innerHeight) + 2;
        };
        const told = [...document.querySelectorAll(".tag i")].filter((e) => e.checkVisibility());
        const names = told.map((e) => e.textContent), changes = step.target ?? step.nodes[0];
        const operands = step.phase === "forward" ? nodes[step.nodes[0]].operands.filter((i) => cards[i]) : [];
        const about = ["inputs", "check"].includes(step.phase) ? [] : [...step.nodes, changes, ...operands];
        const hidden = about.filter((i) => !whole(i) && !names.includes(data.short_names[i]));
        return [k, hidden, !about.length || whole(changes), told.length];
    })"""
    tags = dict.fromkeys(LAPTOP_AND_PHONE, 0)
    for name, y in WIDE.items():
        (tmp_path / "p.html").write_text(to_html(y), encoding="utf-8")
        with opened(browser, tmp_path / "p.html") as page:
            for size in LAPTOP_AND_PHONE:
                resize(page, *size)
                for k, hidden, changes_whole, told in page.evaluate(about):
                    assert (hidden, changes_whole) == ([], True), (name, size, k)
                    tags[size] += told
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert min(tags.values()) > 20


def test_a_tag_hides_what_is_asked_and_goes_when_its_card_is_scrolled_into_the_picture(browser, tmp_path):
    f = parse("v = a * c; w = v + c; s = v * w; z = s * a")  # z is far from a
    (tmp_path / "q.html").write_text(to_html(f.graph(a=-2.0, c=1.0), formula=f, quiz=True), encoding="utf-8")
    with opened(browser, tmp_path / "q.html") as page:
        while page.inner_text("#where") != "Forward · z = s × a":
            page.click("#show") if page.evaluate("asked() !== null") else page.click("#next")
        assert page.locator(".tag").all_text_contents() == ["◀ a−2"]
        while page.inner_text("#where") != "Backward · z → a":
            page.click("#show") if page.evaluate("asked() !== null") else page.click("#next")
        assert page.locator("#after .tag.now").text_content() == "▶ z−41"
        page.evaluate("document.getElementById('graph').scrollLeft = 9999")
        assert page.locator("#before .tag.target").text_content() == "◀ a−2?"
        page.locator("#after .tag").wait_for(state="detached")


def test_without_javascript_and_on_paper_the_page_is_a_handout(browser, fan_out_page):
    with opened(browser, fan_out_page, java_script_enabled=False) as page:
        assert page.locator("#all li").count() == 14 and page.locator("#all math").first.is_visible()
        assert not page.locator("#next").is_visible() and "7" in page.inner_text("#graph")
    with opened(browser, fan_out_page) as page:
        assert not page.locator("#all li").first.is_visible()
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        page.emulate_media(media="print")
        assert page.locator("#all li").first.is_visible() and not page.locator("#next").is_visible()
        assert len(page.pdf()) > 10_000


def test_on_paper_no_pill_is_empty_be_it_printed_at_an_early_step_of_a_quiz_or_not(browser, tmp_path):
    for quiz in (True, False):
        (tmp_path / "q.html").write_text(to_html(fan_out(), formula=FAN_OUT, quiz=quiz), encoding="utf-8")
        with opened(browser, tmp_path / "q.html") as page:
            page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
            page.emulate_media(media="print")
            seen = page.evaluate("""() => data.chips.map(part).filter((chip) => getComputedStyle(chip).opacity > 0)
                .map((chip) => chip.querySelector("text").textContent)""")
            assert len(seen) == (0 if quiz else 7) and all(seen)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_without_javascript_a_quiz_shows_its_questions_and_folds_the_answers_away(browser, tmp_path, lang):
    f = parse("u = c*x; v = tanh(d*x); z = exp(u) * v")
    y = f.graph(c=0.317, x=1.229, d=-0.543)
    (tmp_path / "q.html").write_text(to_html(y, formula=f, quiz=True, lang=lang), encoding="utf-8")
    questions, numbers = questions_of(explain(y), lang=lang)
    answers = {number(at(q.answer, numbers)).lstrip("−") for q in questions} - {"0.317", "1.229", "0.543", "1"}
    with opened(browser, tmp_path / "q.html", java_script_enabled=False) as page:
        seen = page.inner_text("main")
        assert page.locator("noscript > ol li").count() == len(questions) > 10
        assert "x = 1.229" in seen and not answers & {x.lstrip("−") for x in NUMBER.findall(seen)}
        assert not page.locator("#graph").is_visible() and not page.locator("#all").is_visible()
        page.locator("noscript summary").click()
        told = page.locator("noscript details li").all_inner_texts()
        ends = [f"= {number(at(q.answer, numbers))}" for q in questions]
        assert all(map(str.endswith, told, ends)) and len(told) == len(ends)
    with opened(browser, tmp_path / "q.html") as page:
        assert page.locator("#graph").is_visible() and not page.locator("noscript").is_visible()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(browser, fan_out_page, scheme, width):
    with opened(browser, fan_out_page, at="#11", color_scheme=scheme) as page:
        page.set_viewport_size({"width": width, "height": 800})
        page.check("#guessing")
        assert violations(page) == []


# ---------------------------------------------------------------- the command


def run(*arguments: str, answers: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "viz.cli", *arguments], input=answers, capture_output=True, text=True, timeout=60
    )


def test_the_commands_write_their_pages(tmp_path):
    assert run("play", "sin(x)*x", "x=2", "--out", str(tmp_path / "p.html")).returncode == 0
    assert run("quiz", "medium", "--seed", "3", "--export", str(tmp_path / "s.html"), "--count", "2").returncode == 0
    assert run("quiz", "hard", "--seed", "3", "--page", str(tmp_path / "q.html")).returncode == 0
    assert "const program" in (tmp_path / "p.html").read_text(encoding="utf-8")
    for name in ("s.html", "s-answers.html"):
        assert (tmp_path / name).read_text(encoding="utf-8").count("<svg") == 2
    wrong = run("quiz", "impossible")
    assert wrong.returncode == 2 and "easy, shared, medium, functions, hard" in wrong.stderr


def test_sin_is_drawn_with_its_rule():
    assert "cos" in to_html(sin(Value(1.0, "x")))


def test_what_is_added_at_the_end_of_a_page_stands_once_at_the_end_of_its_body():
    player = play(Value(2.0, "</body>") * 3.0, title="a </body> of work")
    assert player.ending_in("<!-- more -->\n").endswith("<!-- more -->\n</body>\n</html>\n")
    assert player.ending_in("<!-- more -->\n").replace("<!-- more -->\n", "") == player.page


def test_paper_is_white_in_the_dark_too(browser, fan_out_page):
    with opened(browser, fan_out_page, color_scheme="dark") as page:
        ground = "getComputedStyle(document.body).backgroundColor"
        assert page.evaluate(ground) != "rgb(255, 255, 255)"
        page.emulate_media(media="print", color_scheme="dark")
        assert page.evaluate(ground) == "rgb(255, 255, 255)"
