"""The step-by-step player: one page that walks through a forward and a backward pass.

With this module, one can,

- write the page of a graph: ``to_html(y)``, one file that needs no network;
- show it in a notebook: ``play(y)``;
- ask about it: ``exercises`` makes graphs from easy to hard, ``quiz`` asks in the terminal, ``course``
  on a page, ``sheet`` on paper.

``steps`` says what each step shows, in texts whose numbers are slots (``slots``), ``forward_backward`` holds them;
``questions`` has what is asked on the way, in page, terminal and sheet alike, ``slips`` the mistakes it knows,
``score`` what to practise because of them. ``walk`` puts steps and numbers together with the picture. Of a walk,
``parts`` are the HTML, ``script`` what the page's script reads, with a ``program`` that computes the numbers again;
``page`` is all of it in one file. ``browser`` is what runs there.
"""
