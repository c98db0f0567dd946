"""What XlsxWriter has no call for: heading styles and the document's language."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO

LANGUAGE = "en-GB"
_STYLES, _CORE = "xl/styles.xml", "docProps/core.xml"
_BUILT_IN = {1: ("Heading 1", 16), 2: ("Heading 2", 17)}
"""Place in the list of styles -> name and number that Excel knows a heading style by."""


def with_headings_and_language(content: bytes) -> bytes:
    """The same workbook with cells tagged as headings and its language said.

    Parameters
    ----------
    content : a workbook whose heading cells have a format of `xf_id` 1 or 2

    Returns
    -------
    the workbook; every other part is as it was, byte for byte
    """
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for member in old.infolist():
            part = old.read(member)
            if member.filename == _STYLES:
                part = _styles(part.decode()).encode()
            elif member.filename == _CORE:
                part = _once(
                    part.decode(),
                    "</cp:coreProperties>",
                    f"<dc:language>{LANGUAGE}</dc:language></cp:coreProperties>",
                ).encode()
            new.writestr(member, part, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _styles(xml: str) -> str:
    """The named styles beside Normal, each with the font and alignment of its cells."""
    records = ""
    for place in _BUILT_IN:
        found = re.search(rf'<xf [^>]*\bfontId="(\d+)"[^>]*\bxfId="{place}"', xml)
        if found is None:
            raise RuntimeError(f"no cell has the style {_BUILT_IN[place][0]}")
        records += f'<xf numFmtId="0" fontId="{found[1]}" fillId="0" borderId="0" applyFont="1"/>'
    names = "".join(
        f'<cellStyle name="{name}" xfId="{place}" builtinId="{number}"/>'
        for place, (name, number) in _BUILT_IN.items()
    )
    many = len(_BUILT_IN) + 1
    xml = _once(xml, '<cellStyleXfs count="1">', f'<cellStyleXfs count="{many}">')
    xml = _once(xml, "</cellStyleXfs>", f"{records}</cellStyleXfs>")
    xml = _once(xml, '<cellStyles count="1">', f'<cellStyles count="{many}">')
    return _once(xml, "</cellStyles>", f"{names}</cellStyles>")


def _once(xml: str, old: str, new: str) -> str:
    if xml.count(old) != 1:
        raise RuntimeError(f"{old} stands {xml.count(old)} times in what XlsxWriter wrote")
    return xml.replace(old, new)
