"""Labels as inert text."""

from __future__ import annotations

import html
import re

# what XML cannot hold, and the marks that turn the direction of all the text after them
_NOT_XML = re.compile("[^\t\n\r\x20-\u2029\u202f-\u2065\u206a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(label: str) -> str:
    """Return any label as inert text for XML: escaped, control characters replaced.

    >>> xml_text('<b>&"\\x00')
    '&lt;b&gt;&amp;&quot;�'
    """
    return html.escape(_NOT_XML.sub("\ufffd", label), quote=True)
