"""What became of the questions of a quiz, and what to practise because of it: by slips, and by operations.

>>> score = Score()
>>> score.add("×", [("arrived",), ()])
>>> score.right, score.all, score.topics(), score.operations()
(0, 1, [('chain', 1)], [('×', 0, 1)])
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from .slips import TOPIC_OF, TOPICS

# the easiest quiz in which an operation is asked
OPERATIONS = {
    **dict.fromkeys(("+", "×"), "quiz easy"),
    **dict.fromkeys(("−", "x²", "relu"), "quiz medium"),
    **dict.fromkeys(("÷", "tanh", "exp", "sin"), "quiz functions"),
}


class Score:
    """How many questions were right at the first try, by operation, and which slips were made."""

    def __init__(self) -> None:
        self._asked, self._right, self._slips = Counter[str](), Counter[str](), Counter[str]()

    def add(self, operation: str, wrong: Sequence[Sequence[str]], *, given_up: bool = False) -> None:
        """Count a question: ``wrong`` are its wrong answers, each with the slips that it may have come from."""
        self._asked[operation] += 1
        self._right[operation] += not wrong and not given_up
        for slips in wrong:
            self._slips.update({TOPIC_OF[slip] for slip in slips})

    @property
    def right(self) -> int:
        """How many were right at the first try."""
        return self._right.total()

    @property
    def all(self) -> int:
        """How many were asked and answered."""
        return self._asked.total()

    def topics(self) -> list[tuple[str, int]]:
        """Return the topics of the slips that were made, the most frequent first."""
        return self._slips.most_common()

    def operations(self) -> list[tuple[str, int, int]]:
        """Return the operations with a miss: (operation, right at the first try, asked), the most missed first."""
        missed = [(name, self._right[name], n) for name, n in self._asked.items() if self._right[name] < n]
        return sorted(missed, key=lambda each: each[1] - each[2])

    def practise(self, said: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Yield what to practise, in words, and the arguments of the command that does it."""
        for topic, times in self.topics():
            yield said[f"practise {topic}"].format(n=times), TOPICS[topic]
        for name, right, asked in self.operations():
            yield said["practise operation"].format(name=name, right=right, all=asked), OPERATIONS.get(name, "ops")
