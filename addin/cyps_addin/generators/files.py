"""Every generated file, by its path in the repository."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cyps_addin.generators.help_page import help_page
from cyps_addin.generators.intellisense import intellisense_xml
from cyps_addin.generators.oxt import oxt_bytes
from cyps_addin.generators.reference import reference_page
from cyps_addin.generators.ribbon import ribbon_xml
from cyps_addin.generators.ribbon_picture import ribbon_picture
from cyps_addin.generators.vba import vba_modules
from cyps_addin.generators.xlam import xlam_bytes

FOLDER: Final = "addin/generated"
REFERENCE_PAGE: Final = "docs/functions.md"
ADD_IN: Final = "addin/cyps.xlam"
PICTURES: Final = "docs/pictures"
HELP_PAGE: Final = "addin/cyps_addin/guide/functions.html"


def generated() -> dict[str, bytes]:
    """Bytes of every generated file, by its path in the repository.

    VBA modules have the line ends and the letters that the VBA editor writes; the rest is
    UTF-8 text, but for the LibreOffice extension and the Excel add-in, zips without
    compression or clock.
    """
    return {
        REFERENCE_PAGE: reference_page().encode(),
        HELP_PAGE: help_page().encode(),
        f"{PICTURES}/ribbon.svg": ribbon_picture(settlement=True).encode(),
        f"{PICTURES}/ribbon-grey.svg": ribbon_picture(settlement=False).encode(),
        f"{FOLDER}/customUI.xml": ribbon_xml("2006").encode(),
        f"{FOLDER}/customUI14.xml": ribbon_xml("2009").encode(),
        f"{FOLDER}/cyps.intellisense.xml": intellisense_xml().encode(),
        f"{FOLDER}/cyps.oxt": oxt_bytes(),
        ADD_IN: xlam_bytes(),
        **{f"{FOLDER}/{name}.bas": text.encode("ascii") for name, text in vba_modules().items()},
    }


def write_generated(repository: Path) -> list[str]:
    """Write every generated file; gives their paths."""
    files = generated()
    for name, content in files.items():
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return list(files)
