"""Every lesson runs, asks its question first, and asserts what it derives; the book is a book."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.browser import chromium, opened
from viz.lessons import build, find_lessons, lesson, render

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
]


def test_there_is_a_lesson_for_every_topic_and_three_in_chinese():
    assert [each.name for each in find_lessons()] == TOPICS
    assert [each.number for each in find_lessons("zh")] == [2, 4, 6]


@pytest.mark.parametrize("each", LESSONS, ids=lambda each: f"{each.lang}-{each.name}")
def test_a_lesson_runs_as_it_stands_and_asserts(each):
    source = each.path.read_text(encoding="utf-8")
    assert "assert " in source and source.count("# %% [markdown]") >= 2
    done = subprocess.run(
        [sys.executable, "-W", "error", str(each.path)], capture_output=True, text=True, encoding="utf-8", timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@pytest.mark.parametrize("each", find_lessons("zh"), ids=lambda each: each.name)
def test_a_chinese_lesson_has_the_code_of_the_english_one(each):
    def code(path):
        cells = re.split(r"^# %%", path.read_text(encoding="utf-8"), flags=re.M)[1:]
        return [cell.strip() for cell in cells if not cell.startswith(" [markdown]")]

    assert code(each.path) == code(lesson(each.name).path)


def test_a_lesson_is_found_by_name_or_number_and_a_wrong_name_names_the_nearest():
    assert lesson("2") == lesson("fan-out") == lesson("02_fan_out")
    with pytest.raises(ValueError, match="did you mean 'fan-out'"):
        lesson("fan-oot")
    with pytest.raises(ValueError, match="no lessons in 'fr'"):
        find_lessons("fr")


def test_a_page_holds_prose_formulas_code_what_it_printed_and_drew():
    page = render(lesson("fan-out"))
    assert page.count("<h1>") == 1 and "<math" in page and 'class="py-k' in page
    assert "by hand 7.0, by engine 7.0" in page and "<svg" in page
    assert "$" not in re.sub(r"<pre.*?</pre>|<style.*?</style>|<svg.*?</svg>", "", page, flags=re.S)
    assert "http" not in re.sub(r'xmlns="[^"]*"', "", page)


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    folder = tmp_path_factory.mktemp("book")
    assert len(build(folder, langs=("zh",))) == 4
    return folder


@pytest.mark.parametrize("width", [390, 1200])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_book_reads_well_in_a_browser(book, width, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    with chromium() as browser:
        for path in sorted(book.glob("*.html")):
            with opened(browser, path, color_scheme=scheme) as page:
                page.set_viewport_size({"width": width, "height": 800})
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path.name
                found = axe.run(page).response["violations"]
                assert [(v["id"], [n["target"] for n in v["nodes"]]) for v in found] == [], path.name


def test_links_between_the_pages_lead_somewhere(book):
    for path in book.glob("*.html"):
        for target in re.findall(r'<a[^>]* href="([^"]+)"', path.read_text(encoding="utf-8")):
            assert (book / target).is_file(), (path.name, target)


def test_the_commands_list_and_write(tmp_path):
    def run(*arguments):
        command = [sys.executable, "-m", "viz.cli", *arguments]
        return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=120)

    assert "fan-out" in run("lessons").stdout and "扇出" not in run("lessons").stdout
    assert run("lesson", "thresholds", "--lang", "zh", "--out", str(tmp_path / "l.html")).returncode == 0
    assert "带阈值的网络" in (tmp_path / "l.html").read_text(encoding="utf-8")
    wrong = run("lesson", "fan-oot")
    assert wrong.returncode == 2 and "did you mean 'fan-out'" in wrong.stderr
