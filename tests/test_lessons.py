"""Every lesson runs, asks its question first, and asserts what it derives; the book is a book."""

from __future__ import annotations

import ast
import html
import io
import json
import math
import os
import re
import runpy
import shlex
import subprocess
import sys
import zipfile
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from time import process_time

import pytest
from typer.main import get_command

from tests.browser import chromium, opened, violations
from viz import Exercise
from viz.book import build, find_lessons, index, lesson, notebook, render
from viz.book.book import plan
from viz.book.glossary import FirstUses, glossary
from viz.book.lessons import lessons_of
from viz.book.map import lesson_map
from viz.book.markdown import Links, prose
from viz.book.pages import whole_page
from viz.cli import app
from viz.cli.formulas import read_graph
from viz.pictures.drawing import save
from viz.words import words

ROOT = Path(__file__).parents[1]
LESSONS = [*find_lessons(), *find_lessons("zh")]
TOPICS = [
    "perceptron",
    "fan-out",
    "two-layers",
    "thresholds",
    "shapes",
    "softmax-cross-entropy",
    "sigmoid-log-loss",
    "bias-two-ways",
    "l2-regularisation",
    "several-outputs",
    "convolution",
    "pooling-and-cnn",
    "recurrence-and-lstm",
    "autoencoder",
    "classification",
    "regression",
    "initialisation",
    "higher-derivatives",
    "forward-against-reverse",
    "gradient-check",
    "steps",
    "small-gpt",
]


def test_there_is_a_lesson_for_every_topic_in_both_languages():
    assert [each.name for each in find_lessons()] == [each.name for each in find_lessons("zh")] == TOPICS


@cache
def ran(path):
    """Run a lesson as a script; return its names, what it printed, and the seconds of processor time it took."""
    out, err, start = io.StringIO(), io.StringIO(), process_time()
    with redirect_stdout(out), redirect_stderr(err):
        names = runpy.run_path(str(path), run_name="__main__")
    return names, out.getvalue(), err.getvalue(), process_time() - start


def exercises(which):
    return [each for each in ran(which.path)[0].values() if isinstance(each, Exercise)]


@pytest.mark.parametrize("each", LESSONS, ids=lambda each: f"{each.lang}-{each.name}")
def test_a_lesson_runs_as_it_stands_in_ten_seconds_and_asserts(each):
    source = each.path.read_text(encoding="utf-8")
    assert "assert " in source and source.count("# %% [markdown]") >= 2
    _, printed, problems, seconds = ran(each.path)
    assert printed.strip() and not problems
    assert seconds < 10 or sys.gettrace()  # which counts lines, and takes its time


@pytest.mark.parametrize("each", LESSONS, ids=lambda each: f"{each.lang}-{each.name}")
def test_a_lesson_ends_with_what_was_shown_and_three_exercises_or_more(each):
    text = each.path.read_text(encoding="utf-8")
    shown, exercise, said = {
        "en": ("What was shown", "Exercises", r"\*\*Exercise (\d+)\.\*\*"),
        "zh": ("小结", "练习", r"\*\*练习 (\d+)。\*\*"),
    }[each.lang]
    assert re.findall(r"^# ## (.+)$", text, re.M)[-2:] == [shown, exercise]
    count = len(exercises(each))
    assert count >= 3 and re.findall(said, text) == [str(i + 1) for i in range(count)]
    assert re.findall(r"^(\w+) = Exercise\($", text, re.M) == [f"check_{i + 1}" for i in range(count)]


@pytest.mark.parametrize("each", LESSONS, ids=lambda each: f"{each.lang}-{each.name}")
def test_every_exercise_accepts_its_answer_and_names_every_slip(each):
    said = words(each.lang)
    for check in exercises(each):
        assert check.lang == each.lang and len(check.slips) >= 2
        assert check(check.answer) and check(check.answer).text == said["exercise right"].format(because=check.because)
        for slip, result in check.slips.items():
            told = check(result)
            assert not told and told.text == said["exercise slip"].format(slip=slip)
        for strange in (object(), None, "?", math.nan, [], lambda *_: 1e9):
            assert check(strange).text == said["exercise wrong"]
        assert check(...).text == said["exercise unanswered"]


class WithoutWords(ast.NodeTransformer):
    """Drops what a translation changes: texts, and the language asked for."""

    def visit_Constant(self, node):
        return ast.Constant("") if isinstance(node.value, str) else node

    def visit_JoinedStr(self, node):
        """Another language has other words between the numbers of a sentence, and may have them in another order."""
        filled = [self.visit(value) for value in node.values if isinstance(value, ast.FormattedValue)]
        return ast.JoinedStr(sorted(filled, key=ast.dump))

    def visit_keyword(self, node):
        return None if node.arg == "lang" else self.generic_visit(node)


@pytest.mark.parametrize("each", find_lessons("zh"), ids=lambda each: each.name)
def test_a_chinese_lesson_has_the_code_of_the_english_one_and_the_same_formulas(each):
    english = lesson(each.name)

    def code(path):
        return ast.dump(WithoutWords().visit(ast.parse(path.read_text(encoding="utf-8"))))

    def displayed(path):
        formulas = re.findall(r"\$\$.+?\$\$", path.read_text(encoding="utf-8"), re.S)
        return [re.sub(r"\\text\{.*?\}|[\s#.,]", "", formula) for formula in formulas]

    assert code(each.path) == code(english.path)
    assert displayed(each.path) == displayed(english.path)


@pytest.mark.parametrize("each", find_lessons("zh"), ids=lambda each: each.name)
def test_a_chinese_lesson_has_one_word_for_one_thing_and_opens_no_bracket_at_the_end_of_a_line(each):
    text = each.path.read_text(encoding="utf-8")
    for other, word in {"局部导数": "局部梯度", "用话说": "用文字说明", "才算数": "才会激活"}.items():
        assert other not in text, f"{other}: the word is {word}"
    assert not re.search("[（「《“]$", text, re.M)


@pytest.mark.parametrize("each", LESSONS, ids=lambda each: f"{each.lang}-{each.name}")
def test_formulas_in_a_row_end_as_the_sentence_goes_on_and_headings_have_a_text(each):
    text = re.sub("^# ?", "", each.path.read_text(encoding="utf-8"), flags=re.M)
    assert not re.search(r",\s*\$\$\n+[A-Z]", text), "a formula that ends in a comma before a new sentence"
    assert not re.search(r"[:：]\n+[A-Z][^\n]*[:：]\n", text), "a colon that leads to another sentence"
    assert not re.search(r"^#+ [^\n]*\n+#+ ", text.replace("%%", ""), re.M), "a heading without a text"


@pytest.mark.parametrize("each", LESSONS, ids=lambda each: f"{each.lang}-{each.name}")
def test_a_lesson_opens_as_a_notebook_and_comes_back(each):
    jupytext = pytest.importorskip("jupytext")
    text = each.path.read_text(encoding="utf-8")
    notebook = jupytext.reads(text, fmt="py:percent")
    kinds = [cell.cell_type for cell in notebook.cells]
    assert kinds[0] == "markdown" and notebook.cells[0].source.startswith(f"# {each.number}. {each.title}")
    assert kinds.count("markdown") >= 3 and kinds.count("code") >= 3
    assert notebook.metadata.kernelspec["name"] == "python3"
    as_json = jupytext.writes(notebook, fmt="ipynb")  # which checks it against the schema of notebooks
    back = jupytext.reads(as_json, fmt="ipynb")
    assert [(c.cell_type, c.source) for c in back.cells] == [(c.cell_type, c.source) for c in notebook.cells]


def test_a_lesson_is_found_by_name_or_number_and_a_wrong_name_names_the_nearest():
    assert lesson("2") == lesson("fan-out") == lesson("02_fan_out")
    with pytest.raises(ValueError, match="did you mean 'fan-out'"):
        lesson("fan-oot")
    with pytest.raises(ValueError, match="no lessons in 'fr'"):
        find_lessons("fr")


def test_a_page_holds_prose_formulas_code_what_it_printed_and_drew():
    page = render(lesson("fan-out"))
    assert page.count("<h1>") == 1 and "<math" in page and 'class="py-k' in page
    assert "by hand 7.0, by engine 7.0" in page and "<svg" in html.unescape(page)
    without = re.sub(
        r"<pre.*?</pre>|<style.*?</style>|<svg.*?</svg>|<script.*?</script>|<iframe.*?>", "", page, flags=re.S
    )
    assert "$" not in without
    assert "://" not in re.sub(r'xmlns="[^"]*"', "", html.unescape(page))


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("of $x$, and", ("</math>,</span>", " and")), ("（$x$）。", ("</math>）。</span>", "</p>")),
        ("of $$x$$; and", ("</math>;</span>", " and")), ("`$x$, a` and `</math>, b`", ()), ("$x$ <b>", ()),
    ],
)  # fmt: skip
def test_punctuation_stays_with_the_formula_before_it_and_what_is_written_is_inert(text, whole):
    page = prose(text)
    assert "".join(whole) in page and page.count('<span class="whole">') == bool(whole)
    assert "<b>" not in page and page.count("</math>") == page.count("<math ")


def test_a_line_of_prose_has_no_paragraph_around_it():
    assert prose("What is *f*, `<p>` or `</p>`?", inline=True) == (
        "What is <em>f</em>, <code>&lt;p&gt;</code> or <code>&lt;/p&gt;</code>?"
    )


def test_a_lesson_that_is_named_is_linked_in_text_and_answers_but_not_to_itself_nor_without_a_book():
    english = find_lessons()
    page = render(lesson("perceptron"), book=english)
    assert '<a href="03-two-layers.html">Lesson 3</a> adds' in page and 'href="01-perceptron.html"' not in page
    assert "href" not in render(lesson("perceptron"))
    links = Links(words("zh")["book lesson"], {4: "four.html"})
    assert prose("见第 4 课、第5课，`第 4 课`", links=links) == (
        '<p>见<a href="four.html">第 4 课</a>、第5课，<code>第 4 课</code></p>\n'
    )


def test_a_page_leads_to_the_same_lesson_in_the_other_language_of_the_book():
    both = [*find_lessons(), *find_lessons("zh")]
    assert '<a lang="zh-Hans" href="01-perceptron.zh.html">中文</a>' in render(lesson("perceptron"), book=both)
    assert '<a lang="en" href="01-perceptron.html">English</a>' in render(lesson("perceptron", "zh"), book=both)
    assert "English" not in render(lesson("perceptron", "zh"), book=find_lessons("zh"))


def test_the_answers_on_a_page_are_hidden_until_asked_for():
    page = render(lesson("perceptron"))
    hidden = re.findall("<details><summary>Answer</summary>.*?</details>", page, re.S)
    assert len(hidden) == len(exercises(lesson("perceptron"))) and "<strong>0.1667.</strong> The factor" in hidden[1]
    assert "<li>If you got 0.2: the bias learns too" in hidden[1]
    open_to_all = re.sub("<details>.*?</details>", "", page, flags=re.S)
    assert "The factor" not in open_to_all and "check_2" not in open_to_all


def test_a_notebook_folds_the_answers_and_asks_for_the_reader_s_own(tmp_path):
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    made = nbformat.reads(notebook(lesson("perceptron", "zh")), as_version=4)
    asked = [i for i, cell in enumerate(made.cells) if cell.source == "check_1(...)  # 把你的答案写在省略号的位置"]
    (at,) = asked
    assert (
        made.cells[at - 1].metadata["jupyter"] == {"source_hidden": True} and "Exercise(" in made.cells[at - 1].source
    )
    made.cells[at].source = "check_1(-0.237)"
    nbclient.NotebookClient(made, timeout=120, kernel_name="python3").execute()
    assert made.cells[at].outputs[0]["data"]["text/markdown"].startswith("✓ 正确。")
    assert made.cells[-1].outputs[0]["data"]["text/plain"] == "请把你的答案写在省略号的位置。"


def test_letters_of_formulas_are_plain_ones_that_the_page_slants_as_few_fonts_have_slanted_signs():
    page = html.unescape(prose(r"$x_1 + \lambda \sin y + \mathrm E$"))
    assert re.findall('<mi class="letter">(.*?)</mi>', page) == ["x", "λ", "y"] and "<mi>sin</mi>" in page
    assert "mi.letter { text-transform: none; font-style: italic;" in whole_page("t", page, "en", "")


def test_links_named_nav_stand_above_and_below_a_page_as_they_are():
    page = whole_page("t", "<p>b</p>", "en", "<a href='#'><nav></a>")
    assert page.count("<a href='#'><nav></a></nav>") == 2 and page.count(" aria-label=more") == 1


def test_dollars_in_code_stay_code_and_those_around_a_formula_go():
    page = prose("Run `echo $a $b`, then $a^2$:\n\n```\nprice = $3\n中\n文 = $4\n```\n\n$$x$$")
    assert "<code>echo $a $b</code>" in page and "<code>price = $3\n中\n文 = $4\n</code>" in page
    assert page.count("<math") == 2 and page.count("$") == 4 and page.count('display="block"') == 1


def test_a_line_of_chinese_goes_on_in_the_next_without_a_gap():
    page = render(lesson("fan-out", "zh"))
    assert not re.search(
        "[\u4e00-\u9fff，。；：]\\s+[\u4e00-\u9fff]", re.sub(r"<pre.*?</pre>|<iframe.*?>", "", page, flags=re.S)
    )


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """The Chinese book, and of the English one a page with every kind of picture."""
    folder = tmp_path_factory.mktemp("book")
    assert len(build(folder, langs=("zh",))) == len(TOPICS) + 2
    for name in ("perceptron", "sigmoid-log-loss", "convolution"):
        save(folder / lesson(name).page, render(lesson(name)))
    return folder


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1200)])
def test_the_book_reads_well_in_a_browser(browser, book, width, scheme):
    for path in sorted(book.glob("*.html")):
        with opened(browser, path, color_scheme=scheme) as page:
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path.name
            assert violations(page) == [], path.name


@pytest.mark.parametrize("width", [390, 1300])
def test_the_player_in_a_lesson_is_as_high_as_its_content_and_obeys_the_keyboard(browser, book, width):
    with opened(browser, book / lesson("fan-out", "zh").page) as page:
        page.set_viewport_size({"width": width, "height": 900})
        page.locator("iframe").scroll_into_view_if_needed()
        frame = page.frames[1]
        content = "document.body.offsetHeight"
        page.wait_for_function("document.querySelector('iframe').style.height !== ''")
        page.wait_for_timeout(200)
        assert page.locator("iframe").bounding_box()["height"] == pytest.approx(frame.evaluate(content), abs=3)
        assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
        frame.locator("#next").focus()
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        assert frame.locator("#count").inner_text().startswith("4 / ")
        places = set()
        for k in range(frame.evaluate("steps.length")):
            frame.evaluate("(k) => new Promise((done) => { go(k); requestAnimationFrame(() => setTimeout(done)); })", k)
            places.add(json.dumps([page.locator("iframe").bounding_box(), frame.locator("#next").bounding_box()]))
        assert len(places) == 1  # nothing moves, on the page of the lesson neither
        assert frame.locator("html").get_attribute("lang") == "zh-Hans"
        assert violations(frame) == []


def test_the_player_of_a_lesson_needs_no_script_to_be_read(browser, book):
    with opened(browser, book / lesson("fan-out", "zh").page, java_script_enabled=False) as page:
        assert page.frames[1].locator("#all li").count() >= 14


def test_links_between_the_pages_lead_somewhere(book):
    for path in book.glob("*.zh.html"):
        for target in re.findall(r'<a[^>]* href="([^"]+)"', path.read_text(encoding="utf-8")):
            name, _, place = target.partition("#")
            assert (book / name).is_file(), (path.name, target)
            assert not place or f'id="{place}"' in (book / name).read_text(encoding="utf-8"), (path.name, target)


def test_the_index_lists_every_lesson_with_its_question():
    page = index("en", ("en", "zh"))
    for each in find_lessons():
        assert f'<a href="{each.page}">' in page
    assert page.count("<li value=") == len(TOPICS) and 'href="index.zh.html"' in page
    assert "<p>A value is used twice; what is its gradient" in page


@pytest.mark.parametrize("each", LESSONS, ids=lambda each: f"{each.lang}-{each.name}")
def test_a_lesson_builds_on_earlier_ones_the_same_in_both_languages(each):
    assert each.builds_on == lesson(each.name).builds_on
    assert bool(each.builds_on) == (each.number > 1) and all(number < each.number for number in each.builds_on)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_map_draws_an_arc_for_everything_that_a_lesson_builds_on(lang):
    lessons = find_lessons(lang)
    drawn = lesson_map(lessons, lang)
    svg = drawn.written()
    assert svg.count('class="wire"') == svg.count('class="head"') == sum(len(each.builds_on) for each in lessons)
    assert all(html.escape(f"{each.number}. {each.title}", quote=False) in svg for each in lessons)
    assert svg.count("<text") == len(lessons) and words(lang)["map title"] in index(lang, [lang])


def weeks(lang):
    """Return the commands, the lessons and the exercises of each week of the plan for a teacher."""
    text = (lessons_of(lang) / "plan.md").read_text(encoding="utf-8")
    for week in re.split("^## ", text, flags=re.M)[1:]:
        commands = [shlex.split(command)[1:] for command in re.findall("`(autograd-lite .+?)`", week)]
        read = next(
            re.findall(words(lang)["book lesson"], line) for line in week.splitlines() if line.startswith("- **")
        )
        yield commands, [int(n) for n in read], re.findall(r"\b(\d+)\.(\d+)\b", week.split("- **")[-1].split("\n")[0])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_command_and_exercise_of_the_plan_is_there_and_every_lesson_has_its_week(lang):
    read = []
    for commands, lessons, asked in weeks(lang):
        assert {"play", "quiz"} <= {name for name, *_ in commands} and len(asked) >= 2
        for name, *arguments in commands:
            command = get_command(app).commands[name]
            given = command.make_context(name, arguments).params  # a wrong option raises
            if name == "play":
                read_graph(given["formula"], given["values"], None)
            assert lang == "en" or name in ("train", "check") or given["lang"] == "zh"
        for n, exercise in asked:
            assert int(n) in lessons
            assert f"check_{exercise} = Exercise" in lesson(n, lang).path.read_text(encoding="utf-8")
        assert all({*lesson(str(n)).builds_on} <= {*read, *lessons} for n in lessons)
        read += lessons
    assert sorted(read) == [each.number for each in find_lessons(lang)]
    assert 'href="plan' in index(lang, ["en", "zh"]) and plan(lang, ["en", "zh"]).count("<h2>") == 14


def test_the_plan_is_the_same_in_both_languages():
    english, chinese = list(weeks("en")), list(weeks("zh"))
    without = [([" ".join(command).replace(" --lang zh", "") for command in commands], *rest)
               for commands, *rest in chinese]  # fmt: skip
    assert without == [([" ".join(command) for command in commands], *rest) for commands, *rest in english]


@pytest.mark.parametrize("term", glossary(), ids=lambda term: term.name["en"])
def test_a_term_of_the_glossary_stands_in_its_lesson_in_both_languages(term):
    for lang, name in term.name.items():
        text = lesson(str(term.lesson), lang).path.read_text(encoding="utf-8")
        prose = " ".join(re.sub("^# ?", "", text, flags=re.M).split())
        assert name.casefold() in prose.casefold(), name
        assert term.meaning[lang].endswith({"en": ".", "zh": "。"}[lang])


def test_the_glossary_is_sorted_by_lesson_and_linked_on_the_index():
    terms = glossary()
    assert [term.lesson for term in terms] == sorted(term.lesson for term in terms)
    assert {term.lesson for term in terms} == {each.number for each in find_lessons()}
    page = index("zh", ["zh"])
    assert '<tr id="term-local-gradient"><td>局部梯度</td><td lang="en">local gradient</td>' in page
    assert '<a href="01-perceptron.zh.html">第 1 课</a>' in page and len({term.anchor for term in terms}) == len(terms)


def test_the_first_use_of_a_term_is_linked_in_prose_alone():
    terms = FirstUses({"loss": "#loss", "local gradient": "#local", "gradient": "#gradient"})
    page = prose(
        "# The loss\n\nOf `loss`, [the loss](x) and $loss$ *Losses*, local gradients, a gradient.", terms=terms
    )
    linked = [f'<a class="term" href="#{place}">{said}</a>' for place, said in
              (("loss", "Losses"), ("local", "local gradients"), ("gradient", "gradient"))]  # fmt: skip
    assert re.findall('<a class="term".*?</a>', page) == linked
    assert prose("| loss |\n|---|\n| a loss, a gradient |", terms=terms).count("<a") == 0  # they were used before


def test_a_chinese_term_is_found_inside_a_sentence_and_one_of_a_single_character_by_itself():
    terms = FirstUses({"学习": "#a", "学习率": "#b", "头": "#c"})
    assert re.findall("#.", prose("学习率从开头起，学习率；*学习*，*头*", terms=terms)) == ["#b", "#a", "#c"]


def test_a_page_of_a_book_leads_to_the_terms_of_its_glossary_once_each():
    page = render(lesson("fan-out"), book=find_lessons())
    anchors = re.findall('<a class="term" href="index.html#([^"]+)"', page)
    assert {"term-gradient", "term-topological-order"} <= set(anchors) and len(anchors) == len(set(anchors))
    assert all(f'<tr id="{anchor}">' in index("en", ["en"]) for anchor in anchors)


@pytest.mark.parametrize(("langs", "indices"), [((), ["index.html", "index.zh.html"]), (("zh",), ["index.zh.html"])])
def test_the_book_is_in_the_languages_asked_for_or_all_that_have_lessons(monkeypatch, tmp_path, langs, indices):
    monkeypatch.setattr("viz.book.lessons.LANGUAGES", ("en", "xx", "zh"))
    monkeypatch.setattr("viz.book.book.render", lambda which, **_: "a page")
    written = build(tmp_path, langs=langs)
    assert [path.name for path in written if path.name.startswith("index")] == indices
    assert not any("index.xx.html" in path.read_text(encoding="utf-8") for path in written)


@pytest.mark.parametrize("name", ["perceptron", "fan-out", "two-layers", "softmax-cross-entropy"])
def test_a_lesson_with_a_step_by_step_embeds_the_player(name):
    source = lesson(name).path.read_text(encoding="utf-8")
    assert re.search(r"^play\(\w+\)$", source, re.M)


def test_the_commands_list_and_write(tmp_path):
    def run(*arguments):
        command = [sys.executable, "-m", "viz.cli", *arguments]
        return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=120)

    english, chinese = run("lessons").stdout, run("lessons", "--lang", "zh").stdout
    assert "fan-out" in english and "梯度" not in english and "梯度" in chinese and "…" not in chinese
    assert english.count("--lang zh") == chinese.count("--lang en") == len(TOPICS)
    assert run("lesson", "thresholds", "--lang", "zh", "--out", str(tmp_path / "l.html")).returncode == 0
    assert "带阈值的网络" in (tmp_path / "l.html").read_text(encoding="utf-8")
    assert run("lesson", "2", "--notebook", str(tmp_path / "2.ipynb")).returncode == 0
    cells = json.loads((tmp_path / "2.ipynb").read_text(encoding="utf-8"))["cells"]
    assert cells[0]["cell_type"] == "markdown" and "Fan-out" in "".join(cells[0]["source"])
    wrong = run("lesson", "fan-oot")
    assert wrong.returncode == 2 and "did you mean 'fan-out'" in wrong.stderr


def test_an_installed_wheel_brings_its_lessons(tmp_path):
    """The wheel unpacked into a folder of its own, far from the checkout, is what an installation is."""
    pytest.importorskip("hatchling")
    pytest.importorskip("build")
    build_wheel = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build_wheel, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(installed)
    texts = {path.relative_to(installed / "viz" / "lesson_texts") for path in installed.rglob("lesson_texts/**/*.py")}
    assert texts == {path.relative_to(ROOT / "lessons") for path in (ROOT / "lessons").rglob("*.py")}
    code = (
        "import sys, viz; from viz.cli import main; "
        f"assert viz.__file__.startswith({str(installed)!r}); "
        "sys.argv[1:] = ['lesson', 'fan-out', '--out', 'page.html']; main()"
    )
    subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(installed)}
    )
    assert "by hand 7.0, by engine 7.0" in (tmp_path / "page.html").read_text(encoding="utf-8")
