"""The parts of the page as HTML: controls, options, fields, formulas, the list of all steps, the table."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping

from autograd_lite import Explanation, Step

from ..notation import mathml, mathml_name, number, step_formula, xml_text
from ..pictures.text_width import is_wide
from .questions import worked_out
from .slots import fill
from .steps import PlayerStep, questions_asked
from .walk import Walk


def equations(e: Explanation) -> str:
    """Return ``z = u + w, u = c × x, …``: the output first, as far as one line holds."""
    made = [step for step in reversed(e.forward) if step.op is not None]
    written = [
        f"<math><mrow>{mathml_name(step.name)}<mo>=</mo>{mathml(step_formula(e, step))}</mrow></math>"
        for step in made[:6]
    ]
    return ", ".join(written) + (" …" if len(made) > 6 else "")


def legend(said: Mapping[str, str]) -> str:
    """Return which colour is which number."""
    return (
        f'<b class="value">{said["value"]} →</b> <b class="local">{said["local gradient"]}</b> '
        f'<b class="gradient">← {said["gradient"]}</b>'
    )


def controls(said: Mapping[str, str]) -> str:
    """Return the buttons, the timeline, and the count of steps."""

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
        ]
    )


SPEEDS = {"slow": 6000, "medium": 3000, "fast": 1200}  # milliseconds a step


def options(said: Mapping[str, str], *, quiz: bool) -> str:
    """Return how fast it plays, whether one guesses first, and whether the picture is shown whole."""
    speeds = "".join(
        f'<option value="{time}"{" selected" if speed == "medium" else ""}>{said[f"speed {speed}"]}</option>'
        for speed, time in SPEEDS.items()
    )
    return (
        f'<label>{said["speed"]} <select id="speed">{speeds}</select></label>'
        f'<label class="overview"><input type="checkbox" id="whole"> {said["whole picture"]}</label>'
        f'<label><input type="checkbox" id="guessing"{" checked" if quiz else ""}> {said["guess first"]}</label>'
    )


def what_if(walk: Walk, why_fixed: str) -> str:
    """Return the fields of "what if", one for each input; or why the numbers cannot be changed."""
    said = walk.said
    if why_fixed:
        return f"<p>{html.escape(said['what if fixed'].format(why=why_fixed))}</p>"
    fields = [_field(step) for step in walk.explanation.inputs if step.index not in walk.decisions]
    return (
        f'<h2>{said["what if"]}<span id="outcome"></span></h2><div class="fields">{"".join(fields)}</div>'
        f'<p class="again"><button type="button" id="replay">{said["replay"]}</button>'
        f'<button type="button" id="reset">{said["reset"]}</button><small>{said["what if hint"]}</small></p>'
    )


def _field(step: Step) -> str:
    """A number to type or to slide, and under it the place that says what is wrong with what was typed."""
    i, most = step.index, slider_end(step.value)
    name = html.escape(step.name, quote=True)
    return (
        f'<div class="field"><label>{_name(step.name)} = <input type="text" inputmode="decimal" size="7" '
        f'data-node="{i}" value="{step.value:.6g}" aria-describedby="typed-{i}"></label>'
        f'<input type="range" data-slides="{i}" aria-label="{name}" min="{-most:g}" max="{most:g}" '
        f'step="{most / 200:g}" value="{step.value:.6g}"><small id="typed-{i}" role="alert"></small></div>'
    )


def slider_end(x: float) -> float:
    """Return how far the slider of a number goes to both sides of 0: a round number, at least twice as far as it.

    >>> slider_end(0.5), slider_end(3.0), slider_end(-1234.5), slider_end(0.0004)
    (2.0, 10.0, 5000.0, 0.001)
    """
    if not math.isfinite(x) or 0.01 <= abs(x) < 1.0 or x == 0.0:
        return 2.0
    power = math.floor(math.log10(abs(x)))
    return min(next(end for k in (2, 5, 10, 20) if (end := float(f"{k}e{power}")) >= 2.0 * abs(x)), 1e308)


def _name(name: str) -> str:
    """A variable in italics; Chinese characters have none."""
    return xml_text(name) if any(map(is_wide, name)) else f"<i>{xml_text(name)}</i>"


def keys(said: Mapping[str, str]) -> str:
    """Return what the keys of the keyboard do."""
    names = {"left": "←", "right": "→", "space": "Space", "f": "F", "b": "B"}
    return said["keys"].format(**{name: f"<kbd>{key}</kbd>" for name, key in names.items()})


def all_steps(walk: Walk, *, blank: bool = False) -> str:
    """Return every step as an item of a list: for paper, and for browsers without JavaScript; ``blank``, the first."""
    steps = [step for step in walk.steps if step.takes_place(walk.numbers)]
    return f"<ol>{''.join(_item(step, walk) for step in (steps[:1] if blank else steps))}</ol>"


def _item(step: PlayerStep, walk: Walk) -> str:
    heading, formula, sentence, code = (
        fill(text, walk.numbers) for text in (step.title, step.formula, step.sentence, step.code)
    )
    phase = f'<span class="phase {step.phase}">{walk.said[f"phase {step.phase}"]}</span>'
    return (
        f"<li><h3>{phase}{' · ' + xml_text(heading) if heading else ''}</h3>"
        f'<div class="formula">{formula}</div><p>{xml_text(sentence)}</p>'
        f"<pre><code>{xml_text(code)}</code></pre></li>"
    )


ASKED_FOR = ("value", "gradient", "local", "contribution")  # what questions ask for: the next would tell the last


def questions(walk: Walk) -> str:
    """Return the quiz where there is no JavaScript: what is given, and each question."""
    said, numbers = walk.said, walk.numbers
    given = said["comma"].join(f"{_name(step.name)} = {number(step.value)}" for step in walk.explanation.inputs)
    unknown = frozenset((table, i) for table in ASKED_FOR for i in range(len(numbers[table])))
    items = "".join(
        f"<li>{xml_text(fill(question.asked, numbers, hidden=unknown))}</li>"
        for question in questions_asked(walk.steps, numbers)
    )
    return f"<noscript><p>{said['no script']} {given}</p><ol>{items}</ol></noscript>"


def answers(walk: Walk) -> str:
    """Return the answers to these questions, folded away at the end of the page."""
    asked = questions_asked(walk.steps, walk.numbers)
    items = "".join(f"<li>{xml_text(worked_out(question, walk.numbers))}</li>" for question in asked)
    return f"<noscript><details><summary>{walk.said['show']}</summary><ol>{items}</ol></details></noscript>"


def table(walk: Walk, *, blank: bool = False) -> str:
    """Return the values and gradients of all nodes, as they are at the end; or ``blank``, for the script to fill."""
    said = walk.said

    def cell(kind: str, x: float) -> str:
        return f'<td class="{kind}">{"" if blank else number(x)}</td>'

    rows = "".join(
        f'<tr data-row="{card.step.index}"><th scope="row">{xml_text(card.name)}</th><td>{xml_text(card.formula)}</td>'
        f"{cell('value', card.step.value)}{cell('gradient', card.gradient)}</tr>"
        for card in walk.scene.cards
    )
    heads = "".join(f'<th scope="col">{said[key]}</th>' for key in ("node", "formula", "value", "gradient"))
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
