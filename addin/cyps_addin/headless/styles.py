"""Number formats put behind the styles that a workbook has; those stay as they are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from xml.sax.saxutils import quoteattr

_STYLES: Final = "xl/styles.xml"
_FIRST_OWN: Final = 164
"""Numbers below are Excel's own formats."""


def styles_of(parts: dict[str, bytes], formats: Iterable[str]) -> dict[str, int]:
    """The style for each number format, added to the workbook's; none where it has no list."""
    wanted = list(dict.fromkeys(formats))
    text = parts.get(_STYLES, b"").decode("utf-8")
    listed = re.search(r'<cellXfs\b[^>]*\bcount="(\d+)"[^>]*>.*?(?=</cellXfs>)', text, re.DOTALL)
    if listed is None or not wanted:
        return {}
    taken = [int(one) for one in re.findall(r'<numFmt\b[^>]*?\bnumFmtId="(\d+)"', text)]
    first, style = max([_FIRST_OWN - 1, *taken]) + 1, int(listed[1])
    xfs = "".join(
        f'<xf numFmtId="{first + i}" fontId="0" fillId="0" borderId="0" xfId="0" '
        'applyNumberFormat="1"/>'
        for i, _ in enumerate(wanted)
    )
    grown = _counted(listed[0], style + len(wanted)) + xfs
    text = text.replace(listed[0], grown, 1)
    parts[_STYLES] = _with_formats(text, first, wanted).encode()
    return {shown: style + i for i, shown in enumerate(wanted)}


def _with_formats(text: str, first: int, wanted: list[str]) -> str:
    told = "".join(
        f'<numFmt numFmtId="{first + i}" formatCode={quoteattr(shown)}/>'
        for i, shown in enumerate(wanted)
    )
    listed = re.search(r'<numFmts\b[^>]*\bcount="(\d+)"[^>]*>', text)
    if listed is None:
        own = f'<numFmts count="{len(wanted)}">{told}</numFmts>'
        return re.sub(r"(<styleSheet\b[^>]*>)", lambda head: head[1] + own, text, count=1)
    head = _counted(listed[0], int(listed[1]) + len(wanted))
    return text.replace(listed[0], head, 1).replace("</numFmts>", f"{told}</numFmts>", 1)


def _counted(opening: str, count: int) -> str:
    return re.sub(r'\bcount="\d+"', f'count="{count}"', opening, count=1)
