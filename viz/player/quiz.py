"""The quiz in the terminal: asks, checks exactly, explains the usual slips, counts at the end."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console

from ..notation import number
from ..words import words
from .exercises import Exercise, questions_of
from .questions import Question, diagnose, is_right, read_answer
from .slots import Numbers, at, fill

TRIES = 3


def ask(exercise: Exercise, console: Console, *, seed: int, lang: str = "en") -> tuple[int, int]:
    """Ask everything about one graph; return how many were right at the first try, of how many.

    The input may end at any time (Ctrl-D); what was answered until then counts.
    Raises ValueError for a language that is not there.
    """
    said = words(lang)
    console.print(said["exercise"].format(seed=seed), style="bold")
    console.print(str(exercise), markup=False, highlight=False)
    questions, numbers = questions_of(exercise.explanation, lang=lang)
    right = answered = 0
    try:
        for i, question in enumerate(questions, start=1):
            asked = fill(question.asked, numbers, hidden=frozenset({question.answer[:2]}))
            console.print(f"\n{i}/{len(questions)}  {asked}", markup=False, highlight=False)
            right += _answered_at_once(question, numbers, console, said)
            answered += 1
    except EOFError:
        console.print("\n" + said["stopped"])
        console.print(said["score" if answered else "score none"].format(right=right, all=answered))
        return right, answered
    console.print("\n" + said["score"].format(right=right, all=answered), style="bold")
    console.print(said["again"].format(seed=seed))
    return right, answered


def _answered_at_once(question: Question, numbers: Numbers, console: Console, said: Mapping[str, str]) -> bool:
    """Let the learner try until the answer is right, but not for ever; tell whether the first one was."""
    truth = at(question.answer, numbers)
    for k in range(TRIES):
        answer = _read_number(console, said)
        if is_right(answer, truth):
            console.print(said["right"], style="green")
            return k == 0
        slip = diagnose(question, answer, numbers)
        console.print(f"{said['wrong']} {slip.said if slip else ''}", style="yellow", highlight=False)
    console.print(said["answer was"].format(x=number(truth)), highlight=False)
    return False


def _read_number(console: Console, said: Mapping[str, str]) -> float:
    while (answer := read_answer(console.input("> "))) is None:
        console.print(said["not a number"])
    return answer
