"""The report on an engine as a page: every failure in words, with the picture of its smallest graph.

The engine's package may not draw; it hands over the evidence as data, and this module draws it.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

from autograd_lite import explain, parse

from .notation import number
from .svg import to_svg

if TYPE_CHECKING:
    from autograd_lite.testing.runner import Report, Result

WRONG = "#C62828"

_STYLE = """body{font:16px/1.5 system-ui,"Noto Sans CJK SC",sans-serif;max-width:1000px;margin:24px auto;
padding:0 20px;color:#1B2430;background:#fff}.failed h2{color:#B3261E}h2{font-size:1.1rem;margin:28px 0 4px}
svg{max-width:100%;height:auto}table{border-collapse:collapse;margin:8px 0}
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
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
        f"</head><body><main><h1>{title}</h1><p>{report.profile} profile: {report.count('passed')} passed, "
        f"{len(failed)} failed, {report.count('unsupported')} not offered.</p>"
        f"{failures}<h2>The others</h2><table><tbody>{rest}</tbody></table></main></body></html>\n"
    )


def _failure(result: Result) -> str:
    note = "" if result.required else " (not required)"
    shown = _graph(result.evidence) if result.evidence else ""
    return (
        f'<section class="failed"><h2>{html.escape(result.title)}{note}</h2><p>{html.escape(result.message)}</p>'
        f"{shown}</section>"
    )


def _graph(evidence: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr{' class=wrong' if node['name'] == evidence['first_wrong'] else ''}><td>{html.escape(node['name'])}</td>"
        f"<td>{_shown(node['value'])}</td><td>{_shown(node['expected'])}</td><td>{_shown(node['found'])}</td></tr>"
        for node in evidence["nodes"]
    )
    given = ", ".join(f"{name} = {number(x)}" for name, x in evidence["point"].items())
    return (
        f"<p>Smallest graph: <code>{html.escape(evidence['formula'])}</code> at {html.escape(given)}</p>"
        f"{marked(evidence)}<table><thead><tr><th>node</th><th>value</th><th>expected gradient</th>"
        f"<th>found</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _shown(x: float | str | None) -> str:
    return "" if x is None else x if isinstance(x, str) else number(x)


def marked(evidence: dict[str, Any]) -> str:
    """Return the picture of the failing graph, the first wrong node framed in red with what was found."""
    e = explain(parse(evidence["formula"]).graph(**evidence["point"]))
    svg = to_svg(e, style="card", theme="light")
    wrong = next((step.index for step in e.forward if step.name == evidence["first_wrong"]), None)
    return svg if wrong is None else _frame(svg, wrong)


def _frame(svg: str, node: int) -> str:
    def red(match: re.Match[str]) -> str:
        card = re.sub(r'stroke="#\w+"', f'stroke="{WRONG}"', match[2], count=1)
        return match[1] + re.sub(r'stroke-width="[\d.]+"', 'stroke-width="4"', card, count=1)

    return re.sub(rf'(<g id="g[0-9a-f]+-n{node}"><title>[^<]*</title>)(<rect [^>]*/>)', red, svg, count=1)
