"""The quiz in the terminal: draws the graph, asks, tells slips from slips, works out what stays wrong, and counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from ..answers import read_answer
from ..words import words
from .exercises import Exercise, questions_of
from .questions import Mark, Question, mark, worked_out
from .score import Score
from .slots import fill
from .tree import tree

TRIES = 3


@dataclass
class Quiz:
    """A dialogue about a series of graphs; ``ask`` leads it, and the ``score`` is there however it ends."""

    console: Console
    lang: str = "en"
    score: Score = field(default_factory=Score)

    @property
    def said(self) -> Mapping[str, str]:
        """The words of its language."""
        return words(self.lang)

    def ask(self, exercises: Sequence[Exercise]) -> None:
        """Ask everything about one graph after the other.

        Raises EOFError or KeyboardInterrupt where the learner ends it; what was answered until then counts.
        """
        self.say(self.said["quiz help"])
        for i, each in enumerate(exercises, start=1):
            level = self.said[f"level {each.difficulty}"]
            title = self.said["graph of series"].format(i=i, n=len(exercises), level=level)
            self.console.print(f"\n{title}", style="bold", highlight=False)
            self.say(str(each))
            _Dialogue(self, each).lead()

    def tell_score(self, again: str) -> None:
        """Print the score and what to practise; ``again`` is the command that asks the same."""
        score, said = self.score, self.said
        counted = said["score" if score.all else "score none"].format(right=score.right, all=score.all)
        self.console.print(f"\n{counted}", style="bold", highlight=False)
        rows = Table.grid(padding=(0, 3, 0, 0))
        for told, command in score.practise(said):
            rows.add_row(f"  {told}", f"autograd-lite {command}")
        if rows.row_count:
            self.say(said["to practise"])
            self.console.print(rows, highlight=False)
        self.say(said["again"].format(command=again))

    def say(self, told: str, style: str = "") -> None:
        """Print a sentence as it is."""
        self.console.print(told, style=style, markup=False, highlight=False)


class _Dialogue:
    """The questions about one graph. ``known`` is what the picture may show."""

    def __init__(self, quiz: Quiz, exercise: Exercise):
        self._quiz, self._exercise = quiz, exercise
        self._questions, self._numbers = questions_of(exercise.explanation, lang=quiz.lang)
        self._known = {("value", step.index) for step in exercise.explanation.inputs}

    def lead(self) -> None:
        n, kinds = len(self._questions), [question.kind for question in self._questions]
        for i, question in enumerate(self._questions):
            if i == 0 or (kinds[i] != "value" and kinds[i - 1] == "value"):  # before each of the two passes
                self._draw()
            asked = fill(question.asked, self._numbers, hidden=frozenset({question.answer[:2]}))
            self._quiz.say(f"\n{i + 1}/{n}  {asked}")
            self._ask(question)
            self._known.add(question.answer[:2])
        self._draw()

    def _draw(self) -> None:
        self._quiz.console.print()
        self._quiz.console.print(tree(self._exercise.explanation, self._known))

    def _ask(self, question: Question) -> None:
        """Let the learner try until the answer is right, but not for ever; what is counted is counted at once."""
        score, said, wrong, last_wrong = self._quiz.score, self._quiz.said, list[tuple[str, ...]](), None
        while len(wrong) < TRIES:
            answer, told = self._answered(question)
            if told.verdict == "wrong" and answer != last_wrong:  # the same once more is no other try
                wrong.append(told.slips)
                last_wrong = answer
            if told.verdict == "right" or len(wrong) == TRIES:
                score.add(question.operation, wrong)
            last = len(wrong) == TRIES and not told.slips  # nobody is asked to compute it once more
            self._quiz.say(said["wrong"] if last else told.said, "green" if told.verdict == "right" else "yellow")
            if told.verdict == "right":
                return
        self._quiz.say(said["worked"].format(step=worked_out(question, self._numbers)))

    def _answered(self, question: Question) -> tuple[float | None, Mark]:
        while (typed := self._quiz.console.input("> ")).strip() in ("?", "？"):
            self._draw()
        return read_answer(typed), mark(question, typed, self._numbers, lang=self._quiz.lang)
