"""One self-contained page on which a small GPT learns names: its program in JavaScript, the names, and the script."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograd_lite import compile
from autograd_lite.program import to_javascript

from ..template import asset, colours, fill, script_safe
from ..words import words
from .watched import EPS, Part, matrices, watched

SHARED = ("shared.js", "random.js", "curves.js", "mathml.js")
SCRIPT = ("names.js", "gpt.js", "learning.js", "chain.js", "flow.js", "attention.js", "told.js", "step.js", "page.js")
SETTINGS = {"seed": 0, "rate": 0.01, "batch": 8, "temperature": 0.7}
RANGES = {"seed": (0, 2**32 - 1), "rate": (0, 1), "batch": (1, 64), "temperature": (0.1, 2)}
LONGEST = 15  # letters: a place of the page for each

Loss = Callable[[Any, int], Any]


def names_page(
    model: Any, loss: Loss, lines: Sequence[str], characters: Sequence[str], *, held_out: int,
    settings: Mapping[str, Any] | None = None, lang: str = "en", program: str | None = None,
) -> str:  # fmt: skip
    """Return the page on which a GPT of one block learns lines of text; the last ``held_out`` test it, once shuffled.

    The page draws the weights itself, by the seed of its ``settings``, as ``nn.GPT`` does. ``loss`` is a function
    (logits, token); ``program`` what ``names_program`` made for such lines, if it is there already.

    Raises ValueError for a line of more than 15 characters, and unless there is a line to learn and one to test on.
    """
    longest = max(map(len, lines), default=0)
    if longest > LONGEST:
        raise ValueError(f"names_page: lines have at most {LONGEST} characters, got one of {longest}")
    if not 0 < held_out < len(lines):
        raise ValueError(f"names_page: {len(lines)} lines cannot be cut into some to learn and {held_out} to test on")
    program, said = program or names_program(model, loss, longest + 1), words(lang)
    data = {
        "words": {key: text for key, text in said.items() if key.startswith(("train ", "gpt "))}
        | {key: said[key] for key in ("value", "gradient", "play", "pause")},
        "lines": "\n".join(lines), "characters": list(characters), "heldOut": held_out, "length": longest + 1,
        "typed": "mari", "settings": SETTINGS | dict(settings or {}), "ranges": RANGES, "eps": EPS,
        "heads": len(model.blocks[0].attention.query.neurons) // model.blocks[0].attention._width,
        "matrices": [[name, len(rows), len(rows[0])] for name, rows in matrices(model)],
        "parts": _layout(model, loss, longest + 1),
    }  # fmt: skip
    script = [asset("viz.notation", "numbers.js"), *_scripts("browser", SHARED), *_scripts("browser/gpt", SCRIPT)]
    texts = {key: html.escape(text) for key, text in said.items()} | {
        "gpt keys": said["gpt keys"], "title": html.escape(said["gpt title"]),
        "data": script_safe(json.dumps(data, ensure_ascii=False, separators=(",", ":"))),
        "style": colours() + "".join(_scripts("browser", ("page.css", "gpt/page.css"))),
        "program": script_safe(program), "script": "\n".join(script),
    }  # fmt: skip
    return fill(asset(__package__, "browser/gpt/page.html"), **texts)


def names_program(model: Any, loss: Loss, length: int) -> str:
    """Return the program of a line of ``length`` tokens as a JavaScript function that makes it.

    Its inputs are the tokens, then (token, weight) of each that follows; its outputs the loss, and every part.
    """

    def numbers(tokens: Any, targets: Any) -> Any:
        total, places = watched(model, loss, [tokens[i] for i in range(length)], targets)
        return total, [[numbers for _, numbers in parts] for parts in places]

    compiled = compile(numbers, parameters=model.parameters(), batched=True)
    program = compiled.program([[0.0] * length], [[[0, 1.0]] * length])
    return to_javascript(program, batched=True, first=1).partition("export ")[2]


def _layout(model: Any, loss: Loss, length: int) -> list[list[tuple[str, int]]]:
    """Return for each place its parts, (name, count of numbers), in the order of the program's outputs."""
    places: list[list[Part]] = watched(model, loss, [0] * length, [[0, 1.0]] * length)[1]
    return [[(name, len(numbers)) for name, numbers in parts] for parts in places]


def _scripts(folder: str, names: Sequence[str]) -> list[str]:
    return [asset(__package__, f"{folder}/{name}") for name in names]
