"""The step-by-step player: one page that walks through a forward and a backward pass.

With this module, one can,

- write the page of a graph: ``to_html(y)``, one file that needs no network;
- show it in a notebook: ``play(y)``;
- ask about it: ``quiz`` has the same questions for the terminal and for a printed sheet.

``steps`` says what each step shows, in texts whose numbers are slots (``slots``), ``forward_backward`` holds them;
``walk`` puts them together with the picture. Of a walk, ``parts`` are the HTML, ``script`` what the page's script
reads, with a ``program`` that computes the numbers again; ``page`` is all of it in one file. ``browser`` is what
runs there.
"""

from .page import Player as Player
from .page import play as play
from .page import to_html as to_html
