"""What the pages of the book say around the lessons, in each language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """The texts of one language; ``parts`` gives the first lesson of each part of the book and its heading."""

    language: str
    html_lang: str
    title: str
    contents: str
    opening: str
    parts: tuple[tuple[int, str], ...]
    player: str
    colophon: str


WORDS = {
    "en": Words(
        language="English",
        html_lang="en",
        title="Backpropagation, one question at a time",
        contents="Contents",
        opening="Each lesson asks a question, derives the answer by hand, lets the engine compute the same, and checks "
        "that both agree to twelve digits. You need school calculus and a little Python, and no other book.",
        parts=(
            (1, "The chain rule in a network"),
            (5, "Many samples, and what to minimise"),
            (11, "Networks with a shape"),
            (15, "Training them"),
            (18, "Beyond the gradient"),
        ),
        player="Step by step",
        colophon="Every number and picture on this page was computed when the page was made. To work with the lesson:"
        "<br><code>autograd-lite lesson {name} --notebook {name}.ipynb</code>",
    ),
    "zh": Words(
        language="中文",
        html_lang="zh-Hans",
        title="反向传播：一次一个问题",
        contents="目录",
        opening="每一课先提出一个问题，动手推导出答案，再让引擎算出同样的结果，并核对两者在十二位数字上一致。"
        "读者只需懂一点微积分和 Python，不需要别的书。下面三课有中文版，其余各课请看英文版。",
        parts=(),
        player="一步一步看",
        colophon="本页的每个数、每幅图，都是生成页面时算出来的。想动手改一改："
        "<br><code>autograd-lite lesson {name} --lang zh --notebook {name}.ipynb</code>",
    ),
}
