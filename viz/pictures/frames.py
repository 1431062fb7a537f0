"""A picture that moves, as still ones: what is seen in each of its moments, and for how long.

It reads the ``<animate>`` elements that ``animation`` writes, which share one duration.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import pairwise

SVG = "http://www.w3.org/2000/svg"


def parsed(svg: str) -> ET.Element:
    """Return a picture as a tree whose elements have plain names; ``ElementTree.tostring`` writes it again."""
    root = ET.fromstring(svg)
    for each in root.iter():
        each.tag = each.tag.removeprefix(f"{{{SVG}}}")
    root.set("xmlns", SVG)
    return root


def moves(svg: str) -> bool:
    """Tell whether a picture moves."""
    return "<animate " in svg


def frames(svg: str) -> tuple[list[str], list[float], int]:
    """Return the still pictures, the seconds each of them stands, and how often all are shown.

    >>> fade = '<animate attributeName="opacity" calcMode="discrete" values="0;1" keyTimes="0;0.25" dur="8s"/>'
    >>> stills, seconds, turns = frames(f'<svg xmlns="http://www.w3.org/2000/svg"><g>{fade}</g></svg>')
    >>> seconds, turns, [ET.fromstring(still)[0].get("opacity") for still in stills]
    ([2.0, 6.0], 1, ['0', '1'])
    """
    moving = list(parsed(svg).iter("animate"))
    total = float(moving[0].get("dur", "").removesuffix("s"))
    turns = int(moving[0].get("repeatCount", "1"))
    jumps = {t for each in moving if each.get("calcMode") == "discrete" for t in _times(each)}
    spans = list(pairwise(sorted(jumps | {0.0, 1.0})))
    # just before the next jump all that fades in meanwhile is there
    return [_still(svg, end - 1e-6) for _, end in spans], [total * (end - start) for start, end in spans], turns


def _still(svg: str, moment: float) -> str:
    """Return the picture at a moment, a part of its duration, as one that stands still."""
    root = parsed(svg)
    for parent in list(root.iter()):
        for each in parent.findall("animate"):
            parent.set(each.get("attributeName", ""), _value(each, moment))
            parent.remove(each)
    return ET.tostring(root, encoding="unicode")


def _times(each: ET.Element) -> list[float]:
    return [float(t) for t in each.get("keyTimes", "").split(";")]


def _value(each: ET.Element, moment: float) -> str:
    """Return what an animated attribute is at a moment: the last value, or between it and the next."""
    times, values = _times(each), each.get("values", "").split(";")
    last = max(i for i, t in enumerate(times) if t <= moment)
    if each.get("calcMode") == "discrete" or last + 1 == len(times):
        return values[last]
    share = (moment - times[last]) / (times[last + 1] - times[last] or 1.0)
    a, b = float(values[last]), float(values[last + 1])
    return f"{a + (b - a) * share:.4g}"
