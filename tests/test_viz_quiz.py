"""The quiz: its graphs, the slips it knows, what it asks and says in the terminal, on the page, and on paper."""

from __future__ import annotations

import math
import os
import re
import select
import signal
import subprocess
import sys
import time
from functools import cache

import pytest
from rich.console import Console

from autograd_lite import explain, parse
from tests.browser import chromium, opened, violations
from viz import to_html
from viz.answers import read_answer
from viz.cli.quiz import CHOICES
from viz.notation import number
from viz.player.course import course
from viz.player.exercises import COURSE, DIFFICULTIES, LEVELS, exercise, questions_of, series
from viz.player.forward_backward import tables
from viz.player.questions import diagnose, mark, worked_out
from viz.player.score import OPERATIONS, Score
from viz.player.sheet import answer_sheet, sheet
from viz.player.slips import SLIPS, TOPIC_OF, TOPICS
from viz.player.slots import at, fill
from viz.player.steps import steps_of
from viz.player.tree import tree
from viz.words import LANGUAGES, words

# ---------------------------------------------------------------- answers

TYPED = {
    "-4": -4.0, "−4": -4.0, "−4,0": -4.0, "–4": -4.0, "- 4": -4.0, "+.5": 0.5, "3.": 3.0, "２.５": 2.5,
    "2。5": 2.5, "1/3": 1 / 3, " 1 / 3 ": 1 / 3, "-1/-3": 1 / 3, "５／２": 2.5, "2e-3": 0.002, "−5.28e−7": -5.28e-7,
    "2·10^−3": 0.002,
    "π/2": math.pi / 2, "-3pi/4": -0.75 * math.pi, "2 π": 2 * math.pi, "1/π": 1 / math.pi, "∞": math.inf,
    "-inf": -math.inf, "1E3": 1000.0,
    **dict.fromkeys(["", ".", "x", "-", "--3", "1/0", "0/0", "1e999", "1_000", "1 000", "1 1/2", "1.234,5", "0x10",
                     "2**3", "7*", "1/2/3", "__import__('os')", "½", "nan", "1/inf", "2*3"]),
}  # fmt: skip


@pytest.mark.parametrize("typed", TYPED)
def test_an_answer_is_read_by_hand_or_refused(typed):
    assert read_answer(typed) == (None if TYPED[typed] is None else pytest.approx(TYPED[typed], rel=1e-15))


# ---------------------------------------------------------------- slips

SQUARE = ("u = a - b; z = u**2", {"a": -2.0, "b": 5.0})  # u = −7, z = 49
PRODUCT = ("u = a*b; z = u**2", {"a": 2.0, "b": 3.0})  # u = 6, ∂z/∂u = 12
FAN_OUT = ("u = c*x; v = d*x; w = v**2; z = u + w", {"c": 3.0, "x": 2.0, "d": -1.0})
QUOTIENT = ("z = a / b", {"a": 6.0, "b": 2.0})
# what is made of a graph, part of the question, what is typed, its slips; all is worked out by hand
CASES = [
    (SQUARE, "u = a − b = ?", "-2", ["operand"]),
    (SQUARE, "u = a − b = ?", "3", ["operation"]),
    (SQUARE, "u = a − b = ?", "7", ["swapped", "sign"]),  # nobody can tell them apart
    (SQUARE, "z = u² = ?", "−14", ["operation"]),
    (SQUARE, "z = u² = ?", "−49", ["sign"]),
    (("z = a / b", {"a": 6.0, "b": 4.0}), "z = a / b = ?", "2/3", ["swapped"]),
    (("z = sin(a)", {"a": 2.0}), "z = sin(a) = ?", "0.0349", ["degrees"]),
    (SQUARE, "∂u²/∂u = ?", "−7", ["value"]),
    (SQUARE, "∂u²/∂u = ?", "49", ["child"]),
    (SQUARE, "∂u²/∂u = ?", "98", ["rule"]),
    (SQUARE, "∂u²/∂u = ?", "−1/14", ["upside down"]),
    (SQUARE, "∂u²/∂u = ?", "14", ["sign"]),
    (PRODUCT, "∂(a × b)/∂a = ?", "36", ["flow"]),
    (PRODUCT, "∂(a × b)/∂a = ?", "1", ["rule"]),  # that of a + b
    (("z = tanh(a)", {"a": 0.5}), "∂tanh(a)/∂a = ?", "0.5379", ["rule"]),  # 1 − tanh 0.5, the square forgotten
    (("z = exp(a)", {"a": 2.0}), "∂exp(a)/∂a = ?", "5.437", ["rule"]),  # 2·e¹, as of a power
    (("s = a + 1; u = a * s; z = u ** 3", {"a": 2.0}), "∂(a × s)/∂a = ?", "5", ["all paths"]),
    (QUOTIENT, "∂(a / b)/∂a = ?", "−1,5", ["other operand"]),
    (("z = sin(a)", {"a": 2.0}), "∂sin(a)/∂a = ?", "0.9994", ["slope in degrees"]),
    (("z = relu(a) * b", {"a": 2.0, "b": 3.0}), "∂relu(a)/∂a = ?", "0", ["relu"]),
    (PRODUCT, "from u to a?", "3", ["upstream"]),
    (PRODUCT, "from u to a?", "12", ["arrived"]),
    (PRODUCT, "from u to a?", "15", ["factors added"]),
    (PRODUCT, "from u to a?", "2", ["no gradient"]),
    (PRODUCT, "from u to a?", "24", ["value as factor"]),
    (FAN_OUT, "from u to x?", "7", ["total"]),
    (FAN_OUT, "∂z/∂x = ", "4", ["branch"]),
    (FAN_OUT, "∂z/∂x = ", "12", ["parts multiplied"]),
    (("u = x*x; z = u + x", {"x": 5.0}), "∂z/∂x = ", "6", ["missing"]),
    (("u = x*x; z = u - x", {"x": 5.0}), "∂z/∂x = ", "11", ["sign of a part"]),
    (("z = a / b", {"a": 2.0, "b": 3.0}), "z = a / b = ?", "0.67", ["rounded"]),
    (("z = a / b", {"a": 2.0, "b": 3.0}), "z = a / b = ?", "0.672", ["rounding"]),
    (("z = tanh(a)", {"a": 0.5}), "∂tanh(a)/∂a = ?", "0.54", ["rule"]),  # to its own digits
    (SQUARE, "u = a − b = ?", "100", []),
]  # fmt: skip


@cache
def asked_of(text, lang, **values):
    return questions_of(explain(parse(text).graph(**values)), lang=lang)


def question_of(graph, part, lang="en"):
    text, values = graph
    questions, numbers = asked_of(text, "en", **values)
    i = next(i for i, q in enumerate(questions) if part in fill(q.asked, numbers))
    return asked_of(text, lang, **values)[0][i], numbers


@pytest.mark.parametrize(("graph", "part", "typed", "slips"), CASES)
def test_a_slip_is_known_by_its_number(graph, part, typed, slips):
    question, numbers = question_of(graph, part)
    told = mark(question, typed, numbers)
    assert list(told.slips) == slips and told.verdict == ("rounded" if slips == ["rounded"] else "wrong")
    assert told.said.count("Or:") == max(0, len(slips) - 1)
    if slips == []:
        assert told.said == "Not yet. That is none of the usual slips: compute it once more."


def test_every_slip_of_the_list_is_among_the_cases_and_has_somewhere_to_go():
    known = {name for *_, slips in CASES for name in slips}
    assert known == {kind.name for kind in SLIPS} | {"rounded", "rounding"} == set(TOPIC_OF)
    assert set(TOPIC_OF.values()) == set(TOPICS)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_slip_is_told_whole_in_every_language(lang):
    for graph, part, typed, slips in CASES:
        question, numbers = question_of(graph, part, lang)
        told = mark(question, typed, numbers, lang=lang)
        assert list(told.slips) == slips and not re.search("[{}]", told.said) and len(told.said) > 5
        assert lang == "en" or ("\n" not in told.said and not re.search(r"[a-z]{3,} [a-z]{2,}", told.said)), told.said


def test_what_a_wrong_rule_computes_is_written_out():
    question, numbers = question_of(("z = tanh(a)", {"a": 0.5}), "∂tanh(a)/∂a = ?")
    assert "That is 1 − z, " in mark(question, "0.5379", numbers).said


@pytest.mark.parametrize(
    ("graph", "part", "worked"),
    [
        (SQUARE, "u = a − b = ?", "u = a − b = −2 − 5 = −7"),
        (("z = tanh(a)", {"a": -0.5}), "∂tanh(a)/∂a", "∂tanh(a)/∂a = 1 − z² = 1 − (−0.46212)² = 0.7864"),
        (("z = tanh(a)", {"a": -0.5}), "z = tanh(a) = ?", "z = tanh(a) = tanh(−0.5) = −0.4621"),
        (PRODUCT, "from u to a?", "∂z/∂u · ∂(a × b)/∂a = 12 × 3 = 36"),
        (FAN_OUT, "∂z/∂x = ", "∂z/∂x = −4 × (−1) + 1 × 3 = 4 + 3 = 7"),
    ],
)
def test_a_step_is_worked_out_with_its_numbers(graph, part, worked):
    question, numbers = question_of(graph, part)
    assert worked_out(question, numbers) == worked


SIGNS = str.maketrans({"−": "-", "×": "*", "²": "**2"})
FUNCTIONS = {"tanh": math.tanh, "exp": math.exp, "sin": math.sin, "cos": math.cos, "relu": lambda x: max(x, 0)}


def computed(written):
    """What a calculator makes of a side of a line; None where it has names or signs of derivatives."""
    try:
        found = eval(written.translate(SIGNS), {"__builtins__": {}}, FUNCTIONS)
    except (NameError, SyntaxError):
        return None
    return float(*found) if isinstance(found, list) else found  # [3 > 0] is 1


@pytest.mark.parametrize("level", ["functions", "hard"])
def test_what_a_line_shows_gives_its_result_to_the_last_digit(level):
    checked = 0
    for made in series(level, seed=1, count=10):
        questions, numbers = questions_of(made.explanation)
        for line in (worked_out(question, numbers) for question in questions):
            *sides, result = line.split(" = ")
            shown = [x for side in sides if (x := computed(side)) is not None]
            assert [number(x) for x in shown] == [result] * len(shown), line
            checked += len(shown)
    assert checked > 100


@pytest.mark.parametrize("typed", ["0.0707", "0.07070", "0.070704", "0.07065", "0.070650824853"])
def test_an_answer_computed_from_the_numbers_that_are_shown_is_right(typed):
    question, numbers = question_of(("z = tanh(a)", {"a": 2.0}), "∂tanh(a)/∂a = ?")  # z = 0.96403, shown as 0.964
    assert mark(question, typed, numbers).verdict == "right"
    assert mark(question, "0.0700", numbers).slips == ("rounding",)


def test_no_series_asks_for_the_slope_of_a_tanh_that_is_nearly_one():
    made = [step for level in ("functions", "hard") for each in series(level, seed=381, count=12)
            for step in each.explanation.forward if step.op is not None and step.op.name == "tanh"]  # fmt: skip
    assert len(made) > 5 and all(abs(step.value) <= 0.95 for step in made)


# ---------------------------------------------------------------- the series


@pytest.mark.parametrize("level", [COURSE, *DIFFICULTIES])
def test_no_graph_comes_twice_in_a_series_and_the_same_seed_makes_the_same(level):
    made = series(level, seed=5, count=8)
    assert len({each.shape for each in made}) == len(made) == 8
    assert list(map(str, made)) == list(map(str, series(level, seed=5, count=8)))
    assert str(series(level, seed=6, count=8)) != str(made)


def test_where_a_level_has_no_other_graph_the_numbers_differ():
    made = series("easy", seed=0, count=40)
    assert len(set(map(str, made))) == 40 > len({each.shape for each in made})


def test_a_course_goes_from_easy_to_hard():
    levels = [each.difficulty for each in series(COURSE, seed=2, count=10)]
    assert levels == sorted(levels, key=DIFFICULTIES.index) and set(levels) == set(DIFFICULTIES)
    assert (COURSE, *DIFFICULTIES) == CHOICES


@pytest.mark.parametrize("level", DIFFICULTIES)
def test_a_level_has_what_it_is_said_to_have(level):
    for seed in range(10):
        e = exercise(level, seed=seed).explanation
        operations = [step.op.name for step in e.forward if step.op is not None]
        assert len(operations) == LEVELS[level].steps and len(e.inputs) >= 2
        assert not LEVELS[level].shared or any(len(e.uses(step.index)) > 1 for step in e.forward)
        allowed = {"easy": {"add", "mul"}, "shared": {"add", "mul"}, "medium": {"add", "sub", "mul", "square", "relu"}}
        assert set(operations) <= allowed.get(level, set(operations))
        assert level != "functions" or {"tanh", "exp", "sin"} & set(operations)
        assert all(abs(x) < 200 for x in e.gradients)


def test_most_slips_can_be_told_apart_by_their_numbers():
    alone = told = 0
    for level in DIFFICULTIES:
        for seed in range(6):
            questions, numbers = questions_of(exercise(level, seed=seed).explanation)
            for question in questions:
                for slip in question.slips:
                    found = diagnose(question, repr(slip.number(numbers)), numbers)
                    told, alone = told + bool(found), alone + (len(found) == 1)
    assert alone > 0.8 * told > 500


# ---------------------------------------------------------------- the terminal


def run(*arguments, answers="", encoding="utf-8"):
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "viz.cli", "quiz", *arguments]
    done = subprocess.run(command, input=answers.encode(), capture_output=True, timeout=60, env=environment)
    return done.returncode, done.stdout.decode(encoding), done.stderr.decode(encoding)


def answers_to(*exercises):
    asked = [questions_of(each.explanation) for each in exercises]
    return [repr(at(q.answer, numbers)) for questions, numbers in asked for q in questions]


def test_a_series_in_the_terminal_goes_on_to_the_next_graph_and_counts():
    right = answers_to(*series("easy", seed=1, count=2))
    status, out, _ = run("easy", "--seed", "1", "--count", "2", answers="\n".join(right))
    assert status == 0 and f"{len(right)} of {len(right)} right at the first try." in out
    assert "Graph 2 of 2 · easy" in out and "What to practise" not in out
    assert "The same again: autograd-lite quiz easy --seed 1 --count 2" in out


def test_slips_tries_the_worked_step_and_what_to_practise_are_told():
    status, out, _ = run("easy", "--seed", "1", "--lang", "zh", answers="x\n−3\n3\n1\n2\n4\n")  # u = 7 + (−4), z = −12
    assert status == 0 and "符号反了" in out and "请输入一个数" in out
    assert out.count("请再算一遍") == 2  # the third time it is worked out
    assert "算式：z = b × u = −4 × 3 = −12" in " ".join(out.split())
    assert "共 2 题，一次答对 0 题" in out and "autograd-lite quiz medium" in out


def test_digits_that_are_missing_are_asked_for_and_are_no_try():
    made = series("functions", seed=0, count=1)
    first, second = map(float, answers_to(*made)[:2])  # tanh(a) or a quotient: more than two digits
    _, out, _ = run("functions", "--seed", "0", "--count", "1", answers=f"{first:.2g}\n{first}\n{second}\n")
    assert "Right as far as it goes: give four digits, rounded." in out and "2 of 2 right at the first try." in out


def test_the_same_wrong_answer_once_more_and_infinity_are_no_tries():
    _, out, _ = run("easy", "--seed", "1", answers="1\n1\n1\ninf\n−∞\n1.0\n2\n3\n")
    assert "Worked out" not in out and out.count("Right.") == 1 and "0 of 1 right at the first try." in out


def test_a_question_mark_draws_the_graph_with_what_is_known_by_then():
    _, out, _ = run("easy", "--seed", "1", answers="?\n3\n?\n")
    assert out.count("└── u = a + b = ?") == 2 and out.count("└── u = a + b = 3") == 1
    assert out.count("z = b × u = ?   ∂z/∂z = 1") == 3


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "gbk"])
def test_a_console_that_lacks_our_signs_gets_plain_ones(encoding):
    status, out, err = run("easy", "--seed", "1", answers="3\n", encoding=encoding)
    assert status == 0 and err == "" and "u = a + b = 3" not in out and "`-- u = a + b = ?" in out


@pytest.mark.parametrize(("lang", "said"), [("en", "Nothing answered yet."), ("zh", "还没有回答任何一题。")])
def test_a_quiz_that_ends_before_the_first_answer_has_no_score(lang, said):
    assert said in run("easy", "--seed", "1", "--lang", lang)[1]


def test_ctrl_c_keeps_the_score_and_is_status_130():
    # interrupts are ignored where the tests run in the background, and what they start inherits that
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
        " sys.argv[1:] = ['quiz', 'easy', '--seed', '1']; from viz.cli import main; main()"
    )
    ours, its = os.openpty()
    quiz = subprocess.Popen([sys.executable, "-c", code], stdin=its, stdout=its, stderr=its)
    os.close(its)
    told = ""

    def read_until(sign):
        nonlocal told
        end = time.monotonic() + 60
        while sign not in told and select.select([ours], [], [], max(0.0, end - time.monotonic()))[0]:
            told += os.read(ours, 4096).decode(errors="replace")
        assert sign in told

    read_until("> ")
    os.write(ours, b"3\n")
    read_until("Right.")
    quiz.send_signal(signal.SIGINT)
    read_until("--count 6")
    assert quiz.wait() == 130
    os.close(ours)
    assert "1 of 1 right at the first try." in told and "Traceback" not in told


def test_the_drawn_graph_tells_no_number_that_is_not_known():
    e = exercise("hard", seed=3).explanation
    known = {("value", step.index) for step in e.inputs}
    console = Console(width=200, color_system=None)
    with console.capture() as drawn:
        console.print(tree(e, known))
    given = {number(step.value) for step in e.inputs} | {"1"}
    assert set(re.findall(r"(?<![\w.])−?\d[\d.]*", drawn.get().replace("(", " "))) <= given


def test_a_score_groups_slips_by_topic_and_misses_by_operation():
    score = Score()
    score.add("×", [("arrived", "upstream"), ("total",)])
    score.add("×", [])
    score.add("+", [("factors added",)])
    score.add("÷", [], given_up=True)
    assert (score.right, score.all) == (1, 4)
    assert score.topics() == [("chain", 2), ("sums", 1)]
    assert score.operations() == [("×", 1, 2), ("+", 0, 1), ("÷", 0, 1)]
    assert set(OPERATIONS.values()) <= {f"quiz {level}" for level in DIFFICULTIES}
    for lang in LANGUAGES:
        assert [command for _, command in score.practise(words(lang))] == [
            "lesson two-layers", "quiz shared", "quiz easy", "quiz easy", "quiz functions",
        ]  # fmt: skip


# ---------------------------------------------------------------- paper


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_sheet_has_a_line_for_each_answer_and_none_of_them_and_the_answers_stand_apart(lang):
    made = [exercise("medium", seed=3), exercise("hard", seed=1)]
    page, solved = sheet(made, lang=lang), answer_sheet(made, lang=lang)
    questions = [(q, numbers) for each in made for q, numbers in [questions_of(each.explanation, lang=lang)]]
    assert page.count('<span class="line">') == sum(len(asked) for asked, _ in questions) > 30
    seen = re.sub(r"<style>.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL)
    given = {number(x).lstrip("−") for each in made for x in each.values.values()} | set(map(str, range(5)))
    hidden = {number(at(q.answer, numbers)).lstrip("−") for asked, numbers in questions for q in asked} - given
    assert len(hidden) > 20 and not hidden & set(re.findall(r"\d[\d.]*", seen))
    told = str(re.findall(r'<(?:title|desc)[^>]*>([^<]*)|(?:title|aria-label|alt)="([^"]*)', page))
    assert not hidden & set(re.findall(r"\d[\d.]*", told))
    assert all(worked_out(q, numbers).replace("<", "&lt;") in solved for asked, numbers in questions for q in asked)


# ---------------------------------------------------------------- the page


@pytest.fixture(scope="module")
def browser():
    with chromium() as made:
        yield made


MIXED = parse("u = a / b; v = tanh(u); w = sin(v) * a; s = relu(b); z = w - s**2 + a")
MIXED_VALUES = {"a": 2.5, "b": 1.5}


def test_the_page_reads_and_marks_answers_as_python_does(browser, tmp_path):
    y = MIXED.graph(**MIXED_VALUES)
    (tmp_path / "q.html").write_text(to_html(y, formula=MIXED, quiz=True), encoding="utf-8")
    e = explain(y)
    numbers = tables(e)
    typed, marks = [], []
    for k, step in enumerate(steps_of(e, numbers)):
        for i, question in enumerate(step.questions):
            wrong = [slip.number(numbers) for slip in question.slips]
            by_hand = [way.number(numbers) for way in question.by_hand]
            answers = [
                "x",
                "0.33",
                *map(repr, [*wrong, *by_hand]),
                *(f"{x:.2g}" for x in [*wrong, at(question.answer, numbers)]),
            ]
            typed += [[k, i, each] for each in answers if "nan" not in each]
            marks += [mark(question, each, numbers) for each in answers if "nan" not in each]
    with opened(browser, tmp_path / "q.html") as page:
        told = page.evaluate("(all) => all.map(([k, i, typed]) => markOf(steps[k].questions[i], typed))", typed)
        read = page.evaluate("(all) => all.map((typed) => String(readAnswer(typed)))", list(TYPED))
        lines = page.evaluate("steps.flatMap((step) => step.questions.map(workedOut))")
    asked = [question for step in steps_of(e, numbers) for question in step.questions]
    assert lines == [words("en")["worked"].format(step=worked_out(question, numbers)) for question in asked]
    assert [(each["verdict"], each["said"]) for each in told] == [(each.verdict, each.said) for each in marks]
    assert len(marks) > 300 and {each.verdict for each in marks} == {"right", "wrong", "rounded", "not a number"}
    infinite = {"Infinity": "inf", "-Infinity": "-inf"}
    assert [None if x == "null" else float(infinite.get(x, x)) for x in read] == [
        None if x is None else pytest.approx(x, rel=1e-15) for x in TYPED.values()
    ]


SECRET = parse("u = c*x; v = tanh(d*x); w = v**2; z = exp(u) * w")
SECRET_VALUES = {"c": 0.317, "x": 1.229, "d": -0.543}


def secrets():
    """Return the answers of a graph in which none is a number that could stand anywhere by chance."""
    questions, numbers = questions_of(explain(SECRET.graph(**SECRET_VALUES)))
    found = {number(at(q.answer, numbers)).lstrip("−") for q in questions} - {"0.317", "1.229", "0.543", "1"}
    assert len(found) > 12 and all(len(each) > 4 for each in found)
    return found


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_source_of_a_quiz_page_tells_no_answer_before_the_fold_at_its_end(lang):
    page = to_html(SECRET.graph(**SECRET_VALUES), formula=SECRET, quiz=True, lang=lang)
    before, _, folded = page.partition("<noscript><details>")
    assert not {x for x in secrets() if x in before} and not {x for x in secrets() if x in folded.partition("</nos")[2]}
    told = to_html(SECRET.graph(**SECRET_VALUES), formula=SECRET, lang=lang)
    assert all(x in told for x in secrets())


# all texts, tooltips, labels and fields, be they in sight or not
UNSEEN = """() => [...document.querySelectorAll("body *")].filter((e) => e.tagName !== "SCRIPT").map((e) =>
    [e.value, e.ariaLabel, e.title, ...[...e.childNodes].map((child) => child.data)].join(" ")).join(" ")"""


def answer(page, wrong=""):
    page.fill("#guessed", wrong or str(page.evaluate("slotNumber(asked().answer)")))
    page.keyboard.press("Enter")


def to_the_end(page):
    """Answer all that is open; before each answer nothing on the page holds it, unless it is a number known by then."""
    known = {"1"} | {
        x.lstrip("−") for x in page.evaluate("asking().filter(([n]) => done.has(n)).map(([, q]) => shown(q))")
    }
    known |= {number(x).lstrip("−") for x in SECRET_VALUES.values()}
    while page.evaluate("asked() !== null || at < steps.length - 1"):
        if page.evaluate("asked() !== null"):
            truth = page.evaluate("shown(asked())").lstrip("−")
            assert truth in known or truth not in re.findall(r"\d[\d.]*", page.evaluate(UNSEEN)), truth
            known.add(truth)
            answer(page)
        else:
            page.evaluate("go(at + 1)")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_quiz_page_works_out_the_third_slip_and_goes_on_from_its_link(browser, tmp_path, lang):
    (tmp_path / "q.html").write_text(
        to_html(SECRET.graph(**SECRET_VALUES), formula=SECRET, quiz=True, lang=lang), encoding="utf-8"
    )
    with opened(browser, tmp_path / "q.html") as page:
        page.evaluate("go(steps.length - 1)")
        assert page.evaluate("steps[at].phase") == "forward"
        answer(page, "0.31")  # c itself, to two digits
        page.fill("#guessed", "0.39")
        page.keyboard.press("Enter")  # u = 0.3896, of too few digits
        assert words(lang)["slip rounded"] in page.inner_text("#feedback")
        assert not secrets() & set(re.findall(r"\d+\.\d+", page.evaluate(UNSEEN)))
        answer(page, "0.317")
        answer(page, "−0.3896")
        assert "0.317 × 1.229 = 0.3896" in page.inner_text("#feedback")
        page.evaluate("go(at + 1)")
        answer(page)
        page.wait_for_timeout(600)  # the link is written seldom
        link = page.evaluate("location.hash")
        assert link.endswith("~=01.0x2.7x1")  # two slips of topic 0, values, one of topic 7, signs
    with opened(browser, tmp_path / "q.html", at=link) as page:
        assert page.inner_text("#count").endswith(f"1/2 {words(lang)['first try']}")
        assert not page.locator("#summary").is_visible()
        page.evaluate("() => { window.shown = (question) => number(slotNumber(question.answer)); }")
        to_the_end(page)
        summary = page.locator("#summary")
        n = page.evaluate("answers.size")
        assert words(lang)["score"].format(right=n - 1, all=n) == summary.locator("h2").inner_text()
        practised = summary.locator("li").all_inner_texts()
        assert [each.partition("autograd-lite ")[2] for each in practised] == ["quiz easy", "quiz medium", "quiz easy"]
        assert words(lang)["practise signs"].format(n=1) in practised[1] and violations(page) == []
        page.click("#restart")
        assert page.evaluate("[at, answers.size]") == [0, 0] and not summary.is_visible()


ANSWER_ALL = """() => { while (asked() !== null || at < steps.length - 1) {
    if (asked() === null) go(at + 1);
    else { byId("guessed").value = String(slotNumber(asked().answer)); judge(new Event("submit")); }
} }"""


@pytest.fixture
def quiz_page(browser, tmp_path):
    (tmp_path / "q.html").write_text(to_html(MIXED.graph(**MIXED_VALUES), formula=MIXED, quiz=True), encoding="utf-8")
    with opened(browser, tmp_path / "q.html") as page:
        page.evaluate("go(1)")
        yield page


def reloaded(page):
    """Take what the link keeps, as a page that is opened with it does."""
    page.evaluate("() => { const link = linkOf(at); forget(); history.replaceState(null, '', link); follow(); }")


def test_other_numbers_are_offered_once_a_quiz_is_over_and_take_no_answer_away(quiz_page):
    assert quiz_page.is_hidden(".what-if")
    quiz_page.evaluate(ANSWER_ALL)
    n = quiz_page.evaluate("answers.size")
    quiz_page.locator("[data-node]").first.fill("-4")
    link = quiz_page.evaluate("linkOf(at)")
    assert link.endswith(f"&a=-4&~={'1' * n}") and quiz_page.is_visible("#summary")
    reloaded(quiz_page)
    assert quiz_page.evaluate("[answers.size, numbers.value.includes(-4), asked()]") == [n, True, None]
    quiz_page.click("#restart")
    assert quiz_page.is_hidden(".what-if")
    assert quiz_page.evaluate("[at, answers.size, numbers.value.includes(-4)]") == [0, 0, False]


def test_the_first_wrong_answer_stays_a_miss_when_the_page_is_opened_again(quiz_page):
    for typed in ("77", "77", "inf", "78"):  # two tries: the same once more and infinity are none
        answer(quiz_page, typed)
    assert quiz_page.evaluate("[[...tries.values()], linkOf(at)]") == [[2], "#2&~=b"]
    reloaded(quiz_page)
    answer(quiz_page)
    assert quiz_page.evaluate("linkOf(at)") == "#2&~=0"


def test_what_is_looked_up_while_nobody_guesses_counts_as_shown(quiz_page):
    answer(quiz_page)
    quiz_page.uncheck("#guessing")
    assert quiz_page.is_hidden("#all")
    quiz_page.evaluate("go(3)")
    quiz_page.check("#guessing")
    assert quiz_page.evaluate("linkOf(at)") == "#4&~=100"
    reloaded(quiz_page)
    quiz_page.evaluate(ANSWER_ALL)
    assert (
        quiz_page.is_visible("#summary")
        and quiz_page.evaluate("[...answers.values()].filter((right) => !right).length") == 2
    )


@pytest.mark.parametrize(
    "link", ["#3&~=zz.9x9.x", "#99&~=1111111111111111111111111111111111111111", "#-1&~=", "#2&~=..."]
)
def test_a_link_that_was_tampered_with_is_taken_as_far_as_it_makes_sense(browser, tmp_path, link):
    (tmp_path / "q.html").write_text(to_html(MIXED.graph(**MIXED_VALUES), formula=MIXED, quiz=True), encoding="utf-8")
    with opened(browser, tmp_path / "q.html", at=link) as page:
        assert page.evaluate("[at <= furthest(), done.size <= asking().length, slips.size]") == [True, True, 0]


def finish(page, wrong=""):
    """Answer all that is open in the frame; ``wrong`` is what is typed first, once."""
    frame = page.frames[1]
    frame.wait_for_selector(".js body", state="attached")
    if wrong:
        frame.evaluate("go(steps.length - 1)")
        frame.fill("#guessed", wrong)
        frame.press("#guessed", "Enter")
    frame.evaluate("""() => { while (asked() !== null || at < steps.length - 1) {
        if (asked() === null) go(at + 1);
        else { byId("guessed").value = String(slotNumber(asked().answer)); judge(new Event("submit")); }
    } }""")
    page.wait_for_timeout(600)  # the link is written seldom


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_course_on_a_page_goes_from_graph_to_graph_keeps_all_in_its_link_and_sums_up(browser, tmp_path, scheme):
    lang = {"light": "en", "dark": "zh"}[scheme]
    made = series(COURSE, seed=1, count=2)
    (tmp_path / "c.html").write_text(course(made, lang=lang), encoding="utf-8")
    first, second = (len(questions_of(each.explanation)[0]) for each in made)
    with opened(browser, tmp_path / "c.html", color_scheme=scheme) as page:
        assert page.is_hidden("#next") and page.locator("#graphs button").all_inner_texts() == ["1", "2"]
        finish(page, wrong="29")  # none of the slips
        assert page.locator("#graphs button").first.inner_text() == f"1 · {first - 1}/{first}"
        page.click("#next")
        finish(page)
        link = page.evaluate("location.hash")
        assert re.fullmatch(rf"#2;\d+&~=01+;\d+&~=1{{{second}}}", link)
    with opened(browser, tmp_path / "c.html", at=link, color_scheme=scheme) as page:
        total = words(lang)["score"].format(right=first + second - 1, all=first + second)
        assert page.locator("#summary h2").inner_text() == total
        (missed,) = page.locator("#summary li").all_inner_texts()
        assert missed.startswith("+") and missed.endswith("autograd-lite quiz easy")
        page.frames[1].wait_for_selector("#summary", state="attached")
        page.set_viewport_size({"width": 390, "height": 844})
        assert violations(page) == [] and page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.click("#restart")
        assert page.is_hidden("#summary") and page.evaluate("location.hash") in ("#1", "#1;1")
        assert page.is_hidden("#paper")
        page.emulate_media(media="print")
        assert "autograd-lite quiz --export" in page.inner_text("#paper") and page.is_visible("#paper")


def test_the_source_of_a_course_tells_no_answer():
    made = series("functions", seed=1, count=2)
    page = course(made)
    answers = {number(at(q.answer, n)).lstrip("−") for e in made for qs, n in [questions_of(e.explanation)] for q in qs}
    long = {each for each in answers if len(each) > 4}
    assert len(long) > 10 and not {each for each in long if each in page}
