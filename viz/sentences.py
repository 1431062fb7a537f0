"""The words of ``viz.words``, under the name they had before; the sentences of each step are the player's."""

from .words import LANGUAGES as LANGUAGES
from .words import words as words
