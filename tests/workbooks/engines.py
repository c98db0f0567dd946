"""Three independent spreadsheet engines that recalculate a workbook from its formulas."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
import zipfile
from pathlib import Path

import ironcalc

from workbooks.workbook_cells import corner, grids, named_places

DRIVER = Path(__file__).resolve().parents[2] / "build" / "libreoffice_driver.py"
SYSTEM_PYTHON = "/usr/bin/python3"
ANSWER_SECONDS = 120


def libreoffice_missing() -> str:
    """Why LibreOffice cannot be driven here, or nothing."""
    has_bridge = (
        shutil.which("soffice")
        and Path(SYSTEM_PYTHON).exists()
        and subprocess.run([SYSTEM_PYTHON, "-c", "import uno"], capture_output=True).returncode == 0
    )
    if has_bridge:
        return ""
    return "LibreOffice is not here: apt-get install libreoffice-calc python3-uno"


def rows_of(values):
    """Values as rows of cells; a plain value is a row of one. An empty text is a blank cell."""
    return [list(row) if isinstance(row, list | tuple) else [row] for row in values]


class LibreOffice:
    """One soffice for many what-ifs, driven by JSON lines."""

    name = "LibreOffice"

    def __init__(self):
        self.driver = subprocess.Popen(
            [SYSTEM_PYTHON, str(DRIVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._answer() == {"ready": True}
        self.version = self("version")

    def _answer(self):
        timer = threading.Timer(ANSWER_SECONDS, self.driver.kill)
        timer.start()
        try:
            line = self.driver.stdout.readline()
        finally:
            timer.cancel()
        if not line:
            raise TimeoutError("LibreOffice did not answer in time or ended")
        return json.loads(line)

    def __call__(self, do, **more):
        self.driver.stdin.write(json.dumps({"do": do, **more}) + "\n")
        self.driver.stdin.flush()
        answer = self._answer()
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["answer"]

    def open(self, path):
        self.sheets = self("open", path=str(path))
        self.places = named_places(path)

    def set(self, name, values):
        sheet, area = self.places[name]
        # UNO takes whole numbers of 32 bits only; every number of a cell is a double anyway.
        cells = [
            [value if isinstance(value, str) else float(value) for value in row]
            for row in rows_of(values)
        ]
        self("set", sheet=sheet, range=area, values=cells)

    def formulas(self, name):
        sheet, area = self.places[name]
        return self("formulas", sheet=sheet, range=area)

    def retype(self, name, formulas):
        sheet, area = self.places[name]
        self("set_formulas", sheet=sheet, range=area, values=formulas)

    def recalculate(self):
        return self("recalculate")

    def grids(self):
        return {sheet: self("read", sheet=sheet) for sheet in self.sheets}

    def errors(self):
        return self("errors")

    def close(self):
        self.driver.stdin.write('{"do": "quit"}\n')
        self.driver.stdin.close()
        try:
            self.driver.wait(60)
        except subprocess.TimeoutExpired:
            self.driver.kill()
        self.driver.stdout.close()


def gnumeric_missing() -> str:
    """Why Gnumeric cannot be run here, or nothing."""
    return "" if shutil.which("ssconvert") else "Gnumeric is not here: apt-get install gnumeric"


class Gnumeric:
    """Gnumeric's converter: a workbook as issued, its cached values taken out first."""

    name = "Gnumeric"

    def __init__(self, folder):
        self.folder = folder
        said = subprocess.run(["ssconvert", "--version"], capture_output=True, text=True)
        self.version = said.stdout.split("'")[1]

    def open(self, path):
        """Whatever the formulas give afterwards, Gnumeric has worked out."""
        self.bare = self.folder / "bare.xlsx"
        with zipfile.ZipFile(path) as source, zipfile.ZipFile(self.bare, "w") as target:
            for part in source.namelist():
                content = source.read(part)
                if part.startswith("xl/worksheets/sheet"):
                    content = re.sub(rb"</f><v>[^<]*</v>", b"</f>", content)
                target.writestr(part, content)

    def recalculate(self):
        self.done = self.folder / "recalculated.xlsx"
        subprocess.run(
            ["ssconvert", "--recalc", str(self.bare), str(self.done)],
            capture_output=True, check=True, timeout=ANSWER_SECONDS,
        )  # fmt: skip

    def grids(self):
        return grids(self.done)

    def errors(self):
        with zipfile.ZipFile(self.done) as parts:
            sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
            return [name for name in sheets if re.search(rb"<v>#[A-Z]", parts.read(name))]


class IronCalc:
    """IronCalc, in process."""

    name = "IronCalc"
    version = ironcalc.__version__

    def open(self, path):
        self.model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
        self.sheets = [sheet["name"] for sheet in self.model.get_worksheets_properties()]
        self.places = named_places(path)

    def _cells(self, name):
        sheet, area = self.places[name]
        place = corner(area)
        number = self.sheets.index(sheet)
        return [
            [(number, place.row + 1 + i, place.col + 1 + j) for j in range(place.cols)]
            for i in range(place.rows)
        ]

    def set(self, name, values):
        for cells, row in zip(self._cells(name), rows_of(values), strict=True):
            for cell, value in zip(cells, row, strict=True):
                if value == "":
                    self.model.set_user_input(*cell, "")
                elif isinstance(value, str):
                    self.model.update_cell_with_text(*cell, value)
                else:
                    self.model.update_cell_with_number(*cell, value)

    def formulas(self, name):
        return [
            [self.model.get_cell_content(*cell) for cell in cells] for cells in self._cells(name)
        ]

    def retype(self, name, formulas):
        for cells, row in zip(self._cells(name), formulas, strict=True):
            for cell, formula in zip(cells, row, strict=True):
                self.model.set_user_input(*cell, str(formula))

    def recalculate(self):
        self.model.evaluate()

    def grids(self):
        return {
            sheet: self._grid(number, self.model.get_sheet_dimensions(number))
            for number, sheet in enumerate(self.sheets)
        }

    def _grid(self, sheet, dimensions):
        _, last_row, _, last_col = dimensions
        value = self.model.get_cell_value
        return [
            [value(sheet, row, col) for col in range(1, last_col + 1)]
            for row in range(1, last_row + 1)
        ]

    def errors(self):
        found = []
        for number, sheet in enumerate(self.sheets):
            _, last_row, _, last_col = self.model.get_sheet_dimensions(number)
            found += [
                f"{sheet} row {row} column {col}"
                for row in range(1, last_row + 1)
                for col in range(1, last_col + 1)
                if self.model.get_cell_type(number, row, col) == ironcalc.CellType.ErrorValue
            ]
        return found

    def close(self):
        """Nothing runs outside this process."""
