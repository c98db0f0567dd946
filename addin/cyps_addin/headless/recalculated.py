"""A workbook's formulas computed by LibreOffice, and their values put back into its own parts."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from cyps.errors import CypsError
from cyps_addin.declare import Cells
from cyps_addin.error_values import ErrorValue
from cyps_addin.headless.parts import Parts, computed_on_opening, packed, with_values
from cyps_workbooks.published.foreign import Workbook, address
from cyps_workbooks.published.reading import read_workbook

_SECONDS: Final = 180


def recalculated(parts: Parts, sheets: dict[str, str]) -> bool:
    """Give every formula its value, where LibreOffice is; whether it was.

    Parameters
    ----------
    parts : the workbook's, without values; changed in place
    sheets : the part of each sheet by its name
    """
    computed_on_opening(parts)
    program = shutil.which("soffice")
    if program is None:
        return False
    computed = _computed(program, packed(parts))
    for sheet in computed.sheets:
        if sheet.name in sheets:
            part = sheets[sheet.name]
            cells = {address(*at): _value(computed, sheet.name, at) for at in sheet.cells}
            parts[part] = with_values(parts[part], cells)
    return True


def _value(book: Workbook, name: str, at: tuple[int, int]) -> Cells:
    sheet = next(one for one in book.sheets if one.name == name)
    cell = sheet.cells[at]
    if at in sheet.errors:
        return ErrorValue(cell.text or "#N/A")
    return cell.number if cell.text is None else cell.text


def _computed(program: str, content: bytes) -> Workbook:
    with tempfile.TemporaryDirectory(prefix="cyps_") as folder:
        place = Path(folder)
        (place / "book.xlsx").write_bytes(content)
        profile = (place / "profile").as_uri()
        try:
            subprocess.run(  # noqa: S603 - the program is LibreOffice, found by its name
                [program, f"-env:UserInstallation={profile}", "--headless", "--norestore",
                 "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(place / "out"),
                 str(place / "book.xlsx")],
                check=True, capture_output=True, timeout=_SECONDS,
            )  # fmt: skip
            return read_workbook(place / "out" / "book.xlsx")
        except (OSError, subprocess.SubprocessError) as error:
            raise CypsError(
                f"LibreOffice could not compute the workbook ({type(error).__name__}). Close it "
                "and try again. Nothing was changed."
            ) from None
