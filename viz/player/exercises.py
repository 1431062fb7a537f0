"""Exercises: random graphs from easy to hard, and their questions.

With this module, one can,

- make an exercise: ``exercise("easy", seed=1)``, the same for the same seed;
- make a series in which no graph comes twice: ``series("course", seed=1, count=6)``;
- list what it asks: ``questions_of(e)``.

The levels, from easy to hard:

- easy: two inputs, two steps of + and ×;
- shared: three steps; a value is used twice, so its gradient is a sum;
- medium: four steps, also −, squares and relu;
- functions: three steps of ÷, tanh, exp and sin, with decimals;
- hard: five steps of all that.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from itertools import count as numbered
from typing import Any, NamedTuple

from autograd_lite import Explanation, explain, ops, parse
from autograd_lite.formula import Formula

from ..answers import is_right
from ..notation import number
from .forward_backward import passes, tables
from .questions import Question
from .slots import Numbers, at
from .steps import questions_asked, steps_of


class Level(NamedTuple):
    """What graphs of a level are made of.

    ``needs`` is a pattern that its formulas have; with ``shared`` some value is used twice.
    """

    inputs: int
    steps: int
    binary: str
    needs: str
    unary: tuple[str, ...] = ()
    shared: bool = True
    values: tuple[float, ...] = (-4.0, -3.0, -2.0, 2.0, 3.0, 4.0, 5.0, 7.0)


_DECIMALS = (-2.0, -1.5, -0.5, 0.5, 1.5, 2.0, 2.5, 3.0)
LEVELS = {
    "easy": Level(2, 2, "+*", r"\*", shared=False),
    "shared": Level(2, 3, "+**", r"\*"),
    "medium": Level(3, 4, "+-**", "", ("{}**2", "relu({})")),
    "functions": Level(2, 3, "*/", r"\(", ("tanh({})", "exp({})", "sin({})"), shared=False, values=_DECIMALS),
    "hard": Level(3, 5, "+-**/", r"[(/]", ("{}**2", "relu({})", "tanh({})", "exp({})", "sin({})"), values=_DECIMALS),
}
DIFFICULTIES = tuple(LEVELS)
COURSE = "course"  # all of them, one after the other
_FLAT = 0.95  # from here on 1 − tanh² loses digits
_VALUES_TRIED = 8  # for one formula
_FORMULAS_TRIED = 100  # for one that the series has not had


@dataclass(frozen=True)
class Exercise:
    """A formula with the values of its inputs."""

    formula: Formula
    values: Mapping[str, float]
    text: str
    difficulty: str = ""

    def graph(self) -> Any:
        """Return the output node."""
        return self.formula.graph(**self.values)

    @cached_property
    def explanation(self) -> Explanation:
        """The recorded pass: the solutions."""
        return explain(self.graph())

    @property
    def given(self) -> str:
        """``a = 3, b = 2``: the inputs."""
        return ", ".join(f"{name} = {number(x)}" for name, x in self.values.items())

    @property
    def shape(self) -> str:
        """The formula, whatever its values are called."""
        return shape_of(self.text)

    def __str__(self) -> str:
        return f"{self.text}   ({self.given})"


def shape_of(text: str) -> str:
    """Return a formula with its names numbered: two of one shape are the same graph.

    >>> shape_of("u = b + a; z = u + u") == shape_of("v = a + b; z = v + v")
    True
    """
    names: dict[str, str] = {}
    return re.sub(r"\b[a-z]\b", lambda found: names.setdefault(found[0], f"x{len(names)}"), text)


def exercise(difficulty: str = "easy", *, seed: int = 0) -> Exercise:
    """Return a random exercise; its numbers are such that slips can be told apart, as far as its formula allows.

    >>> print(exercise("easy", seed=1))
    u = a + b; z = b * u   (a = 7, b = −4)

    Raises ValueError for a difficulty that is none of ``DIFFICULTIES``.
    """
    return series(difficulty, seed=seed, count=1)[0]


def series(difficulty: str = COURSE, *, seed: int = 0, count: int = 6) -> list[Exercise]:
    """Return exercises of one level, or from easy to hard; no two are the same graph.

    >>> [each.difficulty for each in series("course", seed=1, count=7)]
    ['easy', 'easy', 'shared', 'medium', 'medium', 'functions', 'hard']
    >>> print(*series("easy", seed=1, count=2), sep="\\n")
    u = a + b; z = b * u   (a = 7, b = −4)
    u = b * b; z = u * a   (b = −4, a = 3)

    Graphs that differ in the names of their values alone are the same; only where a level has no other left, a formula
    comes again, with other numbers.

    Raises ValueError for a difficulty that is neither one of ``DIFFICULTIES`` nor a course.
    """
    if difficulty not in (COURSE, *DIFFICULTIES):
        raise ValueError(f"no difficulty {difficulty!r}; there are {', '.join((COURSE, *DIFFICULTIES))}")
    levels = [difficulty] * count
    if difficulty == COURSE:
        levels = [DIFFICULTIES[i * len(DIFFICULTIES) // count] for i in range(count)]
    made: list[Exercise] = []
    for i, level in enumerate(levels):
        made.append(_new(level, seed + i, made))
    return made


def _new(level: str, seed: int, before: list[Exercise]) -> Exercise:
    """The first of the seed whose graph was not there before; a formula again, with other numbers, if there is none."""
    rng, shapes = random.Random(f"{level} {seed}"), {each.shape for each in before}
    texts = {str(each) for each in before}
    for tried in numbered():
        text = _formula(LEVELS[level], rng)
        if shape_of(text) in shapes and tried < _FORMULAS_TRIED:
            continue
        made = _with_values(text, level, rng)
        if made is not None and str(made) not in texts:
            return made
    raise AssertionError("there is no end to the formulas")


def _formula(level: Level, rng: random.Random) -> str:
    """Return a formula of the level in which every step leads somewhere."""
    while True:
        made = _drawn(level, rng)
        used = Counter(re.findall(r"\b[a-z]\b(?! =)", made))
        steps = re.findall(r"\b[a-z]\b(?= =)", made)
        leads = all(used[step] for step in steps[:-1]) and len(used.keys() - {*steps}) > 1
        if leads and re.search(level.needs, made) and (not level.shared or max(used.values()) > 1):
            return made


def _drawn(level: Level, rng: random.Random) -> str:
    known, lines = ["a", "b", "c"][: level.inputs], []
    for step in [*["u", "v", "w", "s"][: level.steps - 1], "z"]:
        if level.unary and rng.random() < 0.3:
            formula = rng.choice(level.unary).format(rng.choice(known))
        else:
            operator, left = rng.choice(level.binary), rng.choice(known)
            right = rng.choice([name for name in known if name != left or operator in "+*"])
            formula = f"{left} {operator} {right}"
        lines.append(f"{step} = {formula}")
        known.append(step)
    return "; ".join(lines)


def _with_values(text: str, difficulty: str, rng: random.Random) -> Exercise | None:
    """Give a formula the values by which most slips can be told apart; None if none gives numbers for a line."""
    level, parsed = LEVELS[difficulty], parse(text)
    drawn = [dict(zip(parsed.inputs, rng.sample(level.values, len(parsed.inputs)))) for _ in range(_VALUES_TRIED)]
    fit = [made for values in drawn if _fits(made := Exercise(parsed, values, text, difficulty))]
    if not fit:
        return None
    numbers = passes(fit[0].explanation)
    questions = questions_asked(steps_of(fit[0].explanation, numbers), numbers)
    return min(fit, key=lambda made: confusions(questions, passes(made.explanation)))


def _fits(made: Exercise) -> bool:
    """Keep numbers that can be written on a line, inputs that matter, and tanh where few digits tell it from 1."""
    e = made.explanation
    numbers = [*(step.value for step in e.forward), *e.gradients]
    flat = any(step.op is ops.tanh and abs(step.value) > _FLAT for step in e.forward)
    return not flat and all(abs(x) < 200 for x in numbers) and all(e.gradients[step.index] for step in e.inputs)


def confusions(questions: Iterable[Question], numbers: Numbers) -> int:
    """Return how often a slip cannot be told: it gives the right answer, or the number of another slip."""
    found = 0
    for question in questions:
        truth, told = at(question.answer, numbers), {(s.name, s.number(numbers)) for s in question.slips}
        found += sum(is_right(x, truth) for _, x in told)
        found += sum(x == y and name != other for (name, x), (other, y) in combinations(told, 2))
    return found


def questions_of(e: Explanation, *, lang: str = "en") -> tuple[list[Question], Numbers]:
    """Return what a quiz asks of a graph, in the order of the passes, and the numbers that answer it.

    Every value, every local gradient that is not 1 by its rule, every contribution, and the sum
    where contributions meet.
    """
    numbers = tables(e)
    return questions_asked(steps_of(e, numbers, lang=lang), numbers), numbers
