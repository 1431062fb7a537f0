"""The report on an engine as a page: every failure in words, with the picture of its smallest graph.

The engine's package may not draw; it hands over the evidence as data, and this module draws it.
"""

from __future__ import annotations

import html
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from autograd_lite import explain, parse

from .notation import number
from .pictures.elements import Element, at
from .pictures.picture import picture

if TYPE_CHECKING:
    from autograd_lite.testing.runner import Report, Result

WRONG = "#C62828"

_STYLE = """body{font:16px/1.5 system-ui,"Noto Sans CJK SC",sans-serif;max-width:1000px;margin:24px auto;
padding:0 20px;color:#1B2430;background:#fff}.failed h2{color:#B3261E}h2{font-size:1.1rem;margin:28px 0 4px}
svg{max-width:100%;height:auto}table{border-collapse:collapse;margin:8px 0}
figure{margin:0}figcaption{font-size:.85rem;color:#5A6675}
th,td{text-align:left;padding:3px 16px 3px 0;border-bottom:1px solid #DCE3EB}
.wrong{color:#B3261E;font-weight:700}code{font-family:ui-monospace,Menlo,Consolas,monospace}"""


def to_page(report: Report) -> str:
    """Return the report as one self-contained HTML page."""
    verdict = "passes" if report.passed else "does not pass yet"
    failed = [r for r in report.results if r.status == "failed"]
    rest = "".join(
        f"<tr><td>{html.escape(r.title)}</td><td>{r.status}</td><td>{html.escape(r.message)}</td></tr>"
        for r in report.results
        if r.status != "failed"
    )
    title = f"{html.escape(report.engine)} {verdict}"
    failures = "".join(map(_failure, failed))
    notes = "".join(f"<p>{html.escape(note)}</p>" for note in report.notes)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
        f"</head><body><main><h1>{title}</h1><p>{html.escape(report.profile)} profile: {report.summary}.</p>"
        f"{notes}{failures}<h2>The others</h2><table><tbody>{rest}</tbody></table></main></body></html>\n"
    )


def _failure(result: Result) -> str:
    note = "" if result.required else " (told, not required)"
    shown = _graph(result.evidence) if result.evidence else ""
    return (
        f'<section class="failed"><h2>{html.escape(result.title)}{note}</h2><p>{html.escape(result.message)}</p>'
        f"{shown}</section>"
    )


def _graph(evidence: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr{' class=wrong' if node['name'] == evidence['first_wrong'] else ''}><td>{html.escape(node['name'])}</td>"
        f"<td>{_shown(node['value'])}</td><td>{_shown(node['found_value'])}</td>"
        f"<td>{_shown(node['expected'])}</td><td>{_shown(node['found'])}</td></tr>"
        for node in evidence["nodes"]
    )
    given = ", ".join(f"{name} = {number(x)}" for name, x in evidence["point"].items())
    return (
        f"<p>Smallest graph: <code>{html.escape(evidence['formula'])}</code> at {html.escape(given)}</p>"
        f"<figure>{marked(evidence)}<figcaption>What should be; in red, where this engine first differs, and what it "
        "found there.</figcaption></figure>"
        '<table><thead><tr><th rowspan="2">node</th><th colspan="2">value</th><th colspan="2">gradient</th></tr>'
        "<tr><th>expected</th><th>found</th><th>expected</th><th>found</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def _shown(x: float | str | None) -> str:
    return "–" if x is None else html.escape(_written(x))


def _written(x: float | str) -> str:
    return x if isinstance(x, str) else number(x)


def marked(evidence: dict[str, Any]) -> str:
    """Return the picture of the failing graph: the first wrong node and local gradient in red, with what was found."""
    e = explain(parse(evidence["formula"]).graph(**evidence["point"]), seed=evidence["seed"])
    index = {step.name: step.index for step in e.forward}
    wrong: dict[str, float | str | None] = {}  # card or chip: what was found there
    for node in evidence["nodes"]:
        if node["name"] == evidence["first_wrong"]:
            wrong[f"n{index[node['name']]}"] = node["found_value"] if node["found"] is None else node["found"]
    if (local := evidence["wrong_local"]) is not None:
        wrong[f"e{index[local['child']]}-{local['position']}"] = local["found"]
    figure = picture(e, style="card", theme="light")
    return figure.changed(lambda group: _red(group, wrong[group.key]) if group.key in wrong else group).written()


def _red(group: Element, found: float | str | None) -> Element:
    """Return a card or chip with its box in red, and below it what was found."""
    i, box = next(
        (i, part) for i, part in enumerate(group.children) if isinstance(part, Element) and part.tag == "rect"
    )
    x, y, width, height = (float(box.attributes[name]) for name in ("x", "y", "width", "height"))
    parts = [box.with_attributes({"stroke": WRONG, "stroke-width": "3"})]
    if found is not None:
        look = {"fill": WRONG, "font-size": "12", "font-weight": "700", "text-anchor": "middle"}
        place = {"x": at(x + width / 2), "y": at(y + height + 14)}
        parts.append(Element("text", place | look, (f"found {_written(found)}",)))
    return replace(group, children=[*group.children[:i], *parts, *group.children[i + 1 :]])
