"""One self-contained HTML page: the graph, its steps, and the script that walks through them.

Without JavaScript, and on paper, the page is the finished graph with every step written out; the
script only hides and reveals, and computes again when an input is changed.
"""

from __future__ import annotations

import html
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from importlib.resources import files
from typing import Any

from autograd_lite import Explanation, Value
from autograd_lite.formula import Formula

from ..explained import as_explanation
from ..javascript import Untranslatable
from ..notation import mathml, mathml_name, number, step_formula, xml_text
from ..pictures.elements import paint, resolve
from ..pictures.palette import DARK, LIGHT, Theme
from ..pictures.picture import draw_cards
from ..pictures.scene import Scene, scene, short
from ..pictures.text_width import is_wide
from ..words import words
from .formulas import local_label
from .passes import Decisions, Edge, edges_of, tables
from .program import decisions_of, program_data, program_source, with_rules
from .slots import Numbers, as_data, fill
from .steps import PlayerStep, questions_asked, steps_of

MOST_VALUES = 150  # more steps than anybody walks through

MOST_USES = 400
# the words the script writes itself
_SCRIPT_WORDS = (
    "phase inputs", "phase forward", "phase seed", "phase backward", "phase check", "value", "gradient", "via", "play",
    "pause", "right", "wrong", "not a number", "first try", "what if wrong", "graph of",
)  # fmt: skip


def to_html(
    graph: Value | Explanation,
    *,
    formula: Formula | None = None,
    lang: str = "en",
    title: str = "",
    quiz: bool = False,
    engine: str = "auto",
) -> str:
    """Return the player of a graph as one HTML page that asks nothing of the network.

    ``formula`` is what ``parse`` made the graph from, if it did: the page can then take another
    branch of a comparison when an input changes. ``quiz=True`` asks for every number on the way.

        >>> x = Value(3.0, "x")
        >>> page = to_html(x * x)
        >>> page.count("<svg"), "https://" in page
        (1, False)

    Raises ValueError for a language that is not there, or for more than 150 values or 400 uses of them.
    """
    said = words(lang)
    e = as_explanation(graph)
    _refuse_long_walks(e)
    decisions = decisions_of(formula, graph) if formula is not None and isinstance(graph, Value) else {}
    e = with_rules(e, decisions)
    s = scene(e, lang=lang)
    edges, numbers = edges_of(e), tables(e, decisions=decisions)
    steps = steps_of(e, numbers, decisions=decisions, lang=lang)
    source, why_fixed = _program(e, decisions)
    data = {
        "lang": lang, "quiz": quiz, "words": {key: said[key] for key in _SCRIPT_WORDS}, "fixed": why_fixed,
        "program": program_data(e, edges, decisions), "numbers": _json_numbers(numbers), "seed": e.seed,
        "steps": [step.as_data() for step in steps], "uses": _ledgers(e, edges),
        "locals": [as_data(local_label(e, edge, lang=lang)) for edge in edges],
        "keys": [f"e{edge.child}-{edge.position}" for edge in edges],
        "labels": [_label(s, i) for i in range(len(e.forward))], "short": [short(step.name) for step in e.forward],
    }  # fmt: skip
    heading, picture = title or said["player title"], _graph(s, engine)
    return _fill(
        _asset("page.html"),
        lang=said["language tag"],
        title=html.escape(f"{heading} – {e.forward[e.output].name}"),
        heading=html.escape(heading),
        equation=_equations(e),
        legend=_legend(said),
        style=_colours() + _asset("page.css"),
        graph=picture,
        hidden=" hidden" if quiz else "",
        questions=_questions(e, steps, numbers, said) if quiz else "",
        natural=_width(picture),
        controls=_controls(said, quiz=quiz),
        inputs=_inputs(e, said, decisions, why_fixed),
        in_words=said["in words"], in_code=said["in code"], all=said["all steps"], answer=said["your answer"],
        **{"try": said["try"], "show": said["show"]},
        keys=_keys(said),
        written=_written(steps, numbers, said),
        table=_table(s, said),
        data=_script_safe(json.dumps(data, ensure_ascii=False, separators=(",", ":"))),
        program=_script_safe(source),
        script=_asset("page.js"),
    )  # fmt: skip


def _refuse_long_walks(e: Explanation) -> None:
    values, uses = sum(step.kind != "constant" for step in e.forward), len(edges_of(e))
    if values > MOST_VALUES:
        raise ValueError(
            f"the player walks through up to {MOST_VALUES} values, this graph has {values}; "
            "play a part of it, or draw it collapsed with to_svg"
        )
    if uses > MOST_USES:
        raise ValueError(
            f"the player walks through up to {MOST_USES} uses of values, one step each; this graph has {uses}; "
            "play a part of it, or read it with to_text"
        )


class Player:
    """The page in a notebook: a frame of its own, so that several stand on one page without clashing."""

    def __init__(self, page: str, plain: str):
        self.page, self.plain = page, plain

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{html.escape(self.page)}" title="{html.escape(self.plain)}" sandbox="allow-scripts" '
            'style="width:100%;height:900px;border:0" loading="lazy"></iframe>'
        )

    def _mime_(self) -> tuple[str, str]:
        return "text/html", self._repr_html_()

    def __str__(self) -> str:
        return self.page

    def __repr__(self) -> str:
        return self.plain


def play(graph: Value | Explanation, **options: Any) -> Player:
    """Return the player of a graph; as the last line of a notebook cell it shows itself.

    ``options`` are those of ``to_html``.

    >>> x = Value(3.0, "x")
    >>> play(x * x)
    <player of y: 2 values, 2 edges>
    """
    s = scene(as_explanation(graph))
    plain = f"<player of {s.output.name}: {len(s.cards)} values, {len(s.chips)} edges>"
    return Player(to_html(graph, **options), plain)


# ---------------------------------------------------------------- parts of the page


def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _fill(template: str, **parts: str) -> str:
    """Put each part in its place; what a part holds is not searched for places again."""
    pieces = template.split("{{")
    filled = [pieces[0]]
    for piece in pieces[1:]:
        name, _, rest = piece.partition("}}")
        filled += [parts[name], rest]
    return "".join(filled)


def _script_safe(text: str) -> str:
    """Return JSON or JavaScript in which no label can end the script element."""
    return text.replace("<", "\\u003c") if text.startswith('{"') else text.replace("</", "<\\/")


def _json_numbers(numbers: Numbers) -> dict[str, list[float | str]]:
    """JSON has no nan and no infinity; they travel as the words ``Number`` reads."""
    return {
        name: [x if math.isfinite(x) else "NaN" if x != x else "Infinity" if x > 0 else "-Infinity" for x in column]
        for name, column in numbers.items()
    }


def _program(e: Explanation, decisions: Decisions) -> tuple[str, str]:
    """The JavaScript of the graph, or none and the reason."""
    try:
        return program_source(e, decisions), ""
    except Untranslatable as problem:
        return "null", str(problem)


def _colours() -> str:
    """The palette as custom properties, light and dark."""

    def properties(theme: Theme) -> str:
        return "".join(f"--{f.name.replace('_', '-')}:{getattr(theme, f.name)};" for f in fields(theme))

    return f":root{{{properties(LIGHT)}}}@media (prefers-color-scheme:dark){{:root{{{properties(DARK)}}}}}\n"


def _graph(s: Scene, engine: str) -> str:
    """The card picture, as a group of elements rather than one image: its cards can be pressed."""
    svg = draw_cards(s, "auto", engine).replace('role="img"', 'role="group"', 1)
    arrow = (
        '<defs><marker id="against" viewBox="0 0 10 10" refX="10" refY="5" markerWidth="4" markerHeight="4" '
        f'markerUnits="strokeWidth" orient="auto-start-reverse"><path d="M0,0L10,5L0,10z" '
        f"{paint('grad', resolve('light'))}/></marker></defs>"
    )
    return svg.replace("</desc>", f"</desc>{arrow}", 1)


def _width(svg: str) -> str:
    return svg.partition(' width="')[2].partition('"')[0]


def _equations(e: Explanation) -> str:
    """``z = u + w, u = c × x, …``: the output first, as far as one line holds."""
    made = [step for step in reversed(e.forward) if step.op is not None]
    written = [
        f"<math><mrow>{mathml_name(step.name)}<mo>=</mo>{mathml(step_formula(e, step))}</mrow></math>"
        for step in made[:6]
    ]
    return ", ".join(written) + (" …" if len(made) > 6 else "")


def _legend(said: Mapping[str, str]) -> str:
    return (
        f'<b class="val">{said["value"]} →</b> <b class="loc">{said["local gradient"]}</b> '
        f'<b class="grad">← {said["gradient"]}</b>'
    )


def _controls(said: Mapping[str, str], *, quiz: bool) -> str:
    def button(key: str, label: str, kind: str = "") -> str:
        return f'<button type="button" id="{key}"{kind}>{label}</button>'

    return "".join(
        [
            button("first", "|◀", f' aria-label="{said["first"]}"'),
            button("back", f"◀ {said['back']}"),
            button("play", said["play"]),
            button("next", f"{said['next']} ▶", ' class="primary"'),
            button("last", "▶|", f' aria-label="{said["last"]}"'),
            f'<div id="timeline" role="group" aria-label="{said["timeline"]}"></div>',
            '<span id="count"></span>',
            f'<label><input type="checkbox" id="guessing"{" checked" if quiz else ""}> {said["guess first"]}</label>',
        ]
    )


def _inputs(e: Explanation, said: Mapping[str, str], decisions: Decisions, why_fixed: str) -> str:
    """The fields of "what if": one for each input."""
    if why_fixed:
        return f"<p>{html.escape(said['what if fixed'].format(why=why_fixed))}</p>"
    boxes = [
        f'<label>{_name(step.name)} = <input type="text" inputmode="decimal" size="7" '
        f'data-node="{step.index}" value="{step.value:.6g}" aria-describedby="typed"></label>'
        for step in e.inputs
        if step.index not in decisions
    ]
    return (
        f"<h2>{said['what if']}</h2>{''.join(boxes)}"
        f'<button type="button" id="replay">{said["replay"]}</button>'
        f'<button type="button" id="reset">{said["reset"]}</button><small>{said["what if hint"]}</small>'
        '<p id="typed" role="alert"></p>'
    )


def _name(name: str) -> str:
    """A variable in italics; Chinese characters have none."""
    return xml_text(name) if any(map(is_wide, name)) else f"<i>{xml_text(name)}</i>"


def _keys(said: Mapping[str, str]) -> str:
    names = {"left": "←", "right": "→", "space": "Space", "f": "F", "b": "B"}
    return said["keys"].format(**{name: f"<kbd>{key}</kbd>" for name, key in names.items()})


def _ledgers(e: Explanation, edges: Sequence[Edge]) -> list[list[int]]:
    """The edges that arrive at each node, in the order they are added."""
    return [[edge.index for edge in edges if edge.parent == step.index] for step in e.forward]


def _label(s: Scene, node: int) -> str:
    card = next((card for card in s.cards if card.step.index == node), None)
    return "" if card is None else card.name + (f" = {card.formula}" if card.formula else "")


def _written(steps: Sequence[PlayerStep], numbers: Numbers, said: Mapping[str, str]) -> str:
    """Every step as an item of a list: for paper, and for browsers without JavaScript."""
    items = []
    for step in steps:
        if not step.takes_place(numbers):
            continue
        heading, phase = fill(step.title, numbers), said[f"phase {step.phase}"]
        items.append(
            f'<li><h3><span class="phase {step.phase}">{phase}</span>'
            f"{' · ' + xml_text(heading) if heading else ''}</h3>"
            f'<div class="formula">{fill(step.formula, numbers)}</div><p>{xml_text(fill(step.sentence, numbers))}</p>'
            f"<pre><code>{xml_text(fill(step.code, numbers))}</code></pre></li>"
        )
    return f"<ol>{''.join(items)}</ol>"


def _questions(e: Explanation, steps: Sequence[PlayerStep], numbers: Numbers, said: Mapping[str, str]) -> str:
    """The quiz where there is no JavaScript: what is given, and every question with its answer folded away."""
    given = said["comma"].join(f"{_name(step.name)} = {number(step.value)}" for step in e.inputs)
    open_ = frozenset(
        (table, i) for table in "vglc" for i in range(len(numbers[table]))
    )  # the next would tell the last
    items = "".join(
        f"<li>{xml_text(fill(question.asked, numbers, hidden=open_))}"
        f"<details><summary>{said['show']}</summary>{fill((question.answer,), numbers)}</details></li>"
        for question in questions_asked(steps, numbers)
    )
    return f"<noscript><p>{said['no script']} {given}</p><ol>{items}</ol></noscript>"


def _table(s: Scene, said: Mapping[str, str]) -> str:
    rows = "".join(
        f'<tr data-row="{card.step.index}"><th scope="row">{xml_text(card.name)}</th><td>{xml_text(card.formula)}</td>'
        f'<td class="val">{number(card.step.value)}</td><td class="grad">{number(card.gradient)}</td></tr>'
        for card in s.cards
    )
    heads = "".join(f'<th scope="col">{said[key]}</th>' for key in ("node", "formula", "value", "gradient"))
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
