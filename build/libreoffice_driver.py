"""Drive one headless LibreOffice by JSON lines on standard input and output.

Run by the system's Python, which has the UNO bridge (`apt-get install
libreoffice-calc python3-uno`). One command a line, one answer a line:

    {"do": "open", "path": "settlement.xlsx"}
    {"do": "set", "sheet": "Inputs", "range": "D13:D14", "values": [[1.5], [2]]}
    {"do": "recalculate"}
    {"do": "read", "sheet": "Results"}            whole used area, from A1
    {"do": "formulas", "sheet": "Weights", "range": "E19:E21"}
    {"do": "errors"}                              addresses of cells with an error
    {"do": "pdf", "path": "settlement.pdf"}
    {"do": "save", "path": "saved.xlsx"}
    {"do": "version"}, {"do": "close"}, {"do": "quit"}

Own profile folder, own pipe: it disturbs no other LibreOffice and leaves none behind.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import uno
from com.sun.star.beans import PropertyValue

START_SECONDS = 90
FORMULA_WITH_ERROR = 4


def _property(name: str, value: object) -> Any:  # noqa: ANN401 - UNO objects have no types
    prop = PropertyValue()
    prop.Name, prop.Value = name, value
    return prop


class Office:
    """One soffice process and at most one open document.

    With `dialogs` LibreOffice has windows that nobody sees; otherwise it cancels each dialog.
    """

    def __init__(self, profile: str | None = None, *, dialogs: bool = False) -> None:
        self.profile = profile or tempfile.mkdtemp(prefix="cyps_office_")
        self.own_profile = profile is None
        pipe = f"cyps{os.getpid()}"
        self.process = subprocess.Popen(
            ["soffice", *([] if dialogs else ["--headless"]), "--norestore", "--nologo",
             "--nodefault", f"-env:UserInstallation={Path(self.profile).as_uri()}",
             f"--accept=pipe,name={pipe};urp;"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
            env=os.environ | ({"SAL_USE_VCLPLUGIN": "svp"} if dialogs else {}),
        )  # fmt: skip
        self.document = None
        try:
            self._connect(pipe)
        except BaseException:
            self.quit()
            raise

    def _connect(self, pipe: str) -> None:
        here = uno.getComponentContext()
        resolver = here.ServiceManager.createInstanceWithContext(
            "com.sun.star.bridge.UnoUrlResolver", here
        )
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
                break
            except Exception:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
                time.sleep(0.1)
        self.context = context
        self.desktop = context.ServiceManager.createInstanceWithContext(
            "com.sun.star.frame.Desktop", context
        )

    def open(self, path: str) -> list[str]:
        """Open a workbook, closing the one before; gives the names of its sheets."""
        self.close()
        self.document = self.desktop.loadComponentFromURL(
            Path(path).resolve().as_uri(), "_blank", 0, (_property("Hidden", True),)
        )
        if self.document is None:
            raise FileNotFoundError(f"LibreOffice could not open {path}")
        return [sheet.Name for sheet in self.document.Sheets]

    def _range(self, sheet: str, area: str | None = None) -> Any:  # noqa: ANN401
        found = self.document.Sheets.getByName(sheet)
        if area:
            return found.getCellRangeByName(area)
        cursor = found.createCursor()
        cursor.gotoEndOfUsedArea(False)
        end = cursor.RangeAddress
        return found.getCellRangeByPosition(0, 0, end.EndColumn, end.EndRow)

    def set(self, sheet: str, range: str, values: list[list[Any]]) -> None:  # noqa: A002
        """Type numbers and text into cells."""
        self._range(sheet, range).setDataArray(tuple(map(tuple, values)))

    def set_formulas(self, sheet: str, range: str, values: list[list[str]]) -> None:  # noqa: A002
        """Type formulas (or numbers as text) into cells."""
        self._range(sheet, range).setFormulaArray(tuple(map(tuple, values)))

    def formulas(self, sheet: str, range: str) -> tuple[tuple[str, ...], ...]:  # noqa: A002
        """What is typed in cells, formulas as formulas."""
        return self._range(sheet, range).getFormulaArray()

    def recalculate(self) -> float:
        """Hard recalculation of every formula; gives the seconds it took."""
        began = time.monotonic()
        self.document.calculateAll()
        return time.monotonic() - began

    def read(self, sheet: str, range: str | None = None) -> tuple[tuple[Any, ...], ...]:  # noqa: A002
        """Values of cells, or of the whole used area from A1."""
        return self._range(sheet, range).getDataArray()

    def errors(self) -> list[str]:
        """Addresses of the cells whose formula gives an error."""
        found = []
        for sheet in self.document.Sheets:
            text = sheet.queryFormulaCells(FORMULA_WITH_ERROR).RangeAddressesAsString
            found += [text] if text else []
        return found

    def pdf(self, path: str) -> None:
        """Print the workbook to PDF."""
        self.document.storeToURL(
            Path(path).resolve().as_uri(), (_property("FilterName", "calc_pdf_Export"),)
        )

    def save(self, path: str) -> None:
        """Save the workbook as .xlsx, as a person would, under another name."""
        self.document.storeToURL(
            Path(path).resolve().as_uri(), (_property("FilterName", "Calc MS Excel 2007 XML"),)
        )

    def version(self) -> str:
        """Which LibreOffice this is."""
        provider = self.context.ServiceManager.createInstanceWithContext(
            "com.sun.star.configuration.ConfigurationProvider", self.context
        )
        access = provider.createInstanceWithArguments(
            "com.sun.star.configuration.ConfigurationAccess",
            (_property("nodepath", "/org.openoffice.Setup/Product"),),
        )
        return access.getByName("ooSetupVersionAboutBox")

    def close(self) -> None:
        """Close the open workbook without saving."""
        if self.document is not None:
            self.document.close(True)
            self.document = None

    def quit(self) -> None:
        """End LibreOffice and remove its profile."""
        try:
            self.close()
            self.desktop.terminate()
        except Exception:  # noqa: S110 - it may be gone already; the kill below makes sure
            pass
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        if self.own_profile:
            shutil.rmtree(self.profile, ignore_errors=True)


def main(office: Office) -> None:
    """Answer commands until told to quit or until the input ends."""
    try:
        print(json.dumps({"ready": True}), flush=True)
        for line in sys.stdin:
            command = json.loads(line)
            action = command.pop("do")
            if action == "quit":
                break
            try:
                answer = {"answer": getattr(office, action)(**command)}
            except Exception as error:
                answer = {"error": f"{type(error).__name__}: {error}"}
            print(json.dumps(answer), flush=True)
    finally:
        office.quit()


if __name__ == "__main__":
    main(Office())
