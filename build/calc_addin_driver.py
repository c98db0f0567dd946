"""Drive a LibreOffice that has the extension: `libreoffice_driver` with cells of a new sheet.

    python3 calc_addin_driver.py PROFILE [--dialogs]

Further commands:

    {"do": "new"}                                        an empty workbook
    {"do": "array", "range": "A1:B3", "formula": "=..."} one formula over a range
    {"do": "cells", "range": "A1:B3"}                    [value, text shown, error number] of each
    {"do": "describe", "name": "CYPS_DAMP"}              what the function wizard shows
    {"do": "save", "path": "...", "filter": "..."}
    {"do": "basic", "modules": {"Name": "text"}}         put modules into the workbook
    {"do": "run", "macro": "Module.Name", "arguments": []}
    {"do": "shown", "path": "book.xlsx"}                 open a workbook as a person does
    {"do": "menu", "entry": "service:org.cyps.calc.Menu?shares"}   choose an entry of a menu
    {"do": "answered", "entry": "...", "answers": [["-2%", "OK"]]}   the same, and its dialogs
    {"do": "front"}                                      sheets of the workbook in front, closed
    {"do": "sheets"}                                     names of the sheets
    {"do": "name", "name": "floors", "range": "A1:A3"}   give cells of the new sheet a name
    {"do": "protect"}                                    let the workbook take no new sheet
    {"do": "texts", "sheet": "..."}                      what a sheet shows, as text
    {"do": "load", "path": "cyps.xlam"}                  an Excel add-in; gives its VBA modules
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import Any

from libreoffice_driver import Office, _property, main

SHEET = "Sheet1"
ANSWER_SECONDS = 60
BUTTON, LIST, TEXT, DIALOGS = 44, 32, 60, (1, 12)
"""Roles of accessible things."""
SHOWING = 25
ALWAYS_WITHOUT_ASKING = 4


class CalcWithAddin(Office):
    """An office with a profile of ours, and what the add-in's tests do in it."""

    def new(self) -> None:
        """Open an empty workbook."""
        self.close()
        self.document = self.desktop.loadComponentFromURL(
            "private:factory/scalc",
            "_blank",
            0,
            (_property("Hidden", True), _property("MacroExecutionMode", ALWAYS_WITHOUT_ASKING)),
        )

    def shown(self, path: str) -> None:
        """Open a workbook in a frame of its own, as in a window."""
        self.close()
        self.document = self.desktop.loadComponentFromURL(
            Path(path).resolve().as_uri(), "_blank", 0, ()
        )

    def menu(self, entry: str) -> None:
        """Dispatch what a menu's entry dispatches."""
        dispatcher = self.context.ServiceManager.createInstanceWithContext(
            "com.sun.star.frame.DispatchHelper", self.context
        )
        frame = self.document.CurrentController.Frame
        frame.activate()
        dispatcher.executeDispatch(frame, entry, "_self", 0, ())

    def answered(self, entry: str, answers: list[list[str | None]]) -> list[list[str]]:
        """Choose an entry and answer each dialog that it opens; what each of them said."""
        chosen = threading.Thread(target=self.menu, args=(entry,), daemon=True)
        chosen.start()
        said: list[list[str]] = []
        for typed, press in answers:
            shown = self._dialog(chosen)
            if typed is not None:
                _type_or_choose(shown, typed)
            said.append([one.AccessibleName for one in _within(shown) if one.AccessibleName])
            _press(shown, str(press))
        chosen.join(ANSWER_SECONDS)
        if chosen.is_alive():
            raise TimeoutError("the menu's entry did not end: it may show another dialog")
        return said

    def _dialog(self, chosen: threading.Thread) -> Any:  # noqa: ANN401 - UNO objects have no types
        """The dialog in front, as those see it who cannot see the screen."""
        toolkit = self.context.ServiceManager.createInstanceWithContext(
            "com.sun.star.awt.Toolkit", self.context
        )
        end = time.monotonic() + ANSWER_SECONDS
        while chosen.is_alive() and time.monotonic() < end:
            for i in range(toolkit.getTopWindowCount()):
                found = toolkit.getTopWindow(i).getAccessibleContext()
                if found.AccessibleRole in DIALOGS and SHOWING in found.AccessibleStateSet.States:
                    return found
            time.sleep(0.05)
        raise TimeoutError("no dialog was opened")

    def sheets(self) -> list[str]:
        """Names of the sheets."""
        return list(self.document.Sheets.ElementNames)

    def name(self, name: str, range: str) -> None:  # noqa: A002
        """Give cells a name."""
        at = self._range(SHEET, range)
        self.document.NamedRanges.addNewByName(
            name, at.AbsoluteName, at.getCellByPosition(0, 0).CellAddress, 0
        )

    def protect(self) -> None:
        """Protect the workbook's structure, without a password."""
        self.document.protect("")

    def texts(self, sheet: str) -> list[list[str]]:
        """What each cell of a sheet shows."""
        cursor = self.document.Sheets.getByName(sheet).createCursor()
        cursor.gotoEndOfUsedArea(False)
        at = cursor.RangeAddress
        page = self.document.Sheets.getByName(sheet)
        return [
            [page.getCellByPosition(c, r).String for c in _to(at.EndColumn + 1)]
            for r in _to(at.EndRow + 1)
        ]

    def front(self) -> list[str]:
        """Names of the sheets of the workbook in front, which is closed."""
        document = self.desktop.getCurrentComponent()
        names = list(document.Sheets.ElementNames)
        document.close(True)
        return names

    def array(self, range: str, formula: str) -> None:  # noqa: A002
        """Type one formula over a range, as with Ctrl+Shift+Enter."""
        self._range(SHEET, range).setArrayFormula(formula)

    def cells(self, range: str) -> list[list[list[Any]]]:  # noqa: A002
        """Value, shown text and error number of each cell."""
        found = self._range(SHEET, range)
        at = found.RangeAddress
        rows, columns = at.EndRow - at.StartRow + 1, at.EndColumn - at.StartColumn + 1
        place = [[found.getCellByPosition(c, r) for c in _to(columns)] for r in _to(rows)]
        return [[[cell.Value, cell.String, cell.getError()] for cell in row] for row in place]

    def describe(self, name: str) -> dict[str, Any]:
        """Description and arguments of a function."""
        known = self.context.ServiceManager.createInstanceWithContext(
            "com.sun.star.sheet.FunctionDescriptions", self.context
        )
        told = {prop.Name: prop.Value for prop in known.getByName(name)}
        arguments = [[a.Name, a.Description, a.IsOptional] for a in told["Arguments"] or ()]
        return {"description": told["Description"], "arguments": arguments}

    def save(self, path: str, filter: str) -> None:  # noqa: A002
        """Save a copy in a format."""
        self.document.storeToURL(Path(path).resolve().as_uri(), (_property("FilterName", filter),))

    def basic(self, modules: dict[str, str]) -> None:
        """Put Basic modules into the workbook's own library."""
        libraries = self.document.BasicLibraries
        if not libraries.hasByName("Standard"):
            libraries.createLibrary("Standard")
        library = libraries.getByName("Standard")
        for name, text in modules.items():
            library.insertByName(name, text)

    def load(self, path: str) -> dict[str, str]:
        """Open an Excel add-in with its macros; text of every module by name."""
        self.close()
        self.document = self.desktop.loadComponentFromURL(
            Path(path).resolve().as_uri(), "_blank", 0,
            (_property("Hidden", True), _property("FilterName", "Calc MS Excel 2007 VBA XML"),
             _property("MacroExecutionMode", ALWAYS_WITHOUT_ASKING)),
        )  # fmt: skip
        libraries = self.document.BasicLibraries
        return {
            f"{library}.{module}": libraries.getByName(library).getByName(module)
            for library in libraries.ElementNames
            for module in libraries.getByName(library).ElementNames
        }

    def run(self, macro: str, arguments: list[Any], library: str = "Standard") -> Any:  # noqa: ANN401
        """Run a macro of the workbook and give what it returns."""
        url = f"vnd.sun.star.script:{library}.{macro}?language=Basic&location=document"
        script = self.document.getScriptProvider().getScript(url)
        given = tuple(tuple(map(tuple, a)) if isinstance(a, list) else a for a in arguments)
        return script.invoke(given, (), ())[0]


def _within(shown: Any) -> list[Any]:  # noqa: ANN401
    """An accessible thing and all in it."""
    found = [shown]
    for i in range(shown.AccessibleChildCount):
        found += _within(shown.getAccessibleChild(i).getAccessibleContext())
    return found


def _press(shown: Any, name: str) -> None:  # noqa: ANN401
    """Press a button of a dialog, which then goes."""
    buttons = [one for one in _within(shown) if one.AccessibleRole == BUTTON]
    (button,) = [one for one in buttons if one.AccessibleName.strip("~") == name]
    button.doAccessibleAction(0)
    end = time.monotonic() + ANSWER_SECONDS
    while time.monotonic() < end:
        try:
            if SHOWING not in shown.AccessibleStateSet.States:
                return
        except Exception:  # it is no more
            return
        time.sleep(0.02)
    raise TimeoutError(f"the dialog stayed after {name}")


def _type_or_choose(shown: Any, typed: str) -> None:  # noqa: ANN401
    """Type into the dialog's box, or choose from its list."""
    for one in _within(shown):
        if one.AccessibleRole == TEXT and hasattr(one, "setText"):
            one.setText(typed)
            return
        if one.AccessibleRole == LIST:
            names = [one.getAccessibleChild(i).getAccessibleContext().AccessibleName
                     for i in range(one.AccessibleChildCount)]  # fmt: skip
            one.selectAccessibleChild(names.index(typed))
            return
    raise LookupError("the dialog has no box and no list")


def _to(number: int) -> range:
    return range(number)


if __name__ == "__main__":
    main(CalcWithAddin(sys.argv[1], dialogs="--dialogs" in sys.argv))
