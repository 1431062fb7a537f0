"""The playground: one page on which people type a formula or Python, with the real engine inside.

With this package, one can,

- write it as one file that runs from disk: ``playground_page()``;
- write it into a folder for a web server: ``write_playground(folder)``.

``bundle`` says what goes in, ``pyodide`` brings Python for the browser, ``ahead`` has it compile what the page begins
with, ``page`` puts the page together; ``browser`` is what runs there. In the page's worker, ``inside`` answers what the
two tabs ask: ``formula_tab`` and ``python_tab``.
"""
