"""Draw the sheets that the checklist's steps should show, by the actions themselves.

    uv run python build/checklist_pictures.py docs/pictures

Needs what render_workbook needs, and for the cells what the tests of LibreOffice's add-in need.
LibreOffice draws them, so Excel's will look a little different.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from cyps_addin.headless import act
from render_workbook import to_pdf

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from addin.calc_host import Calc, cyps, own_folder

_DOTS = 80
_DAMPING = "Floor: least change against the baseline"
_TYPED = {
    3: ("=CYPS_VERSION()", 1),
    4: ("=CYPS_RANK({5|9})", 2),  # Calc's sign between rows; Excel's is ;
    5: ('=CYPS_SHARE("x")', 1),
    6: ("=CYPS_LAST_ERROR()", 1),
}
_PAGE = """
Function Paper() As String
    Dim page As Object
    page = ThisComponent.StyleFamilies.getByName("PageStyles").getByName("Default")
    page.PrintGrid = True
    page.PrintHeaders = True
    page.HeaderIsOn = False
    page.FooterIsOn = False
    page.IsLandscape = True
    page.Width = 29700
    page.Height = 21000
    ThisComponent.Sheets(0).Columns(0).Width = 800
    ThisComponent.Sheets(0).Columns(1).Width = 5200
    ThisComponent.Sheets(0).Columns(2).Width = 18000
    Paper = "done"
End Function
"""


def main(pictures: Path) -> None:
    """Every picture, drawn anew."""
    cells(pictures / "checklist-cells.png")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        book, changed = place / "try.xlsx", place / "changed.xlsx"
        subprocess.run(["cyps", "workbook", "new", "--out", book], check=True, capture_output=True)
        act("assume", book, text="floor=-1%", out=changed)
        before = pages(to_pages(changed, place))
        for action in ("shares", "bridge", "checks"):
            out = place / f"{action}.xlsx"
            act(action, changed, out=out)
            height = 80 if action == "checks" else 300
            crop(to_pages(out, place), before + 1, pictures / f"checklist-{action}.png", height)
        pdf = to_pages(changed, place)
        crop(pdf, page_of(pdf, before, _DAMPING), pictures / "checklist-floor.png")


def cells(picture: Path) -> None:
    """What the functions of steps 3 to 5 show in cells of a Calc that has the add-in."""
    with own_folder() as base:
        profile, data = base / "profile", base / "data"
        code, said = cyps("addin", "install", "--libreoffice", "--profile", profile, base=base)
        if code:
            raise SystemExit(said)
        calc = Calc(profile, data)
        try:
            calc("new")
            calc("set", sheet="Sheet1", range="A1:C1", values=[["step", "typed", "shown"]])
            row = 2
            for step, (formula, rows) in _TYPED.items():
                shown = f"C{row}:C{row + rows - 1}"
                typed = [[min(step, 5), f"'{formula}"]]
                calc("set_formulas", sheet="Sheet1", range=f"A{row}:B{row}", values=typed)
                calc("array", range=shown, formula=formula)
                row += rows
            calc("basic", modules={"Printed": _PAGE})
            if calc("run", macro="Printed.Paper", arguments=[]) != "done":
                raise SystemExit("LibreOffice did not take the page's form")
            pdf = data / "cells.pdf"
            calc("save", path=str(pdf), filter="calc_pdf_Export")
            crop(pdf, 1, picture, 130)
        finally:
            calc.close()


def to_pages(book: Path, folder: Path) -> Path:
    """A workbook as PDF, computed anew."""
    pdf = folder / f"{book.stem}.pdf"
    to_pdf(book, pdf)
    return pdf


def pages(pdf: Path) -> int:
    """How many pages there are."""
    told = subprocess.run(["pdfinfo", pdf], capture_output=True, text=True, check=True).stdout
    return int(next(line.split()[1] for line in told.splitlines() if line.startswith("Pages:")))


def page_of(pdf: Path, last: int, words: str) -> int:
    """The first page that has some words."""
    for page in range(1, last + 1):
        told = subprocess.run(
            ["pdftotext", "-f", str(page), "-l", str(page), pdf, "-"],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        if words in told:
            return page
    raise LookupError(f"no page says {words}")


def crop(pdf: Path, page: int, picture: Path, height: int = 300) -> None:
    """The upper part of a page as a small PNG."""
    subprocess.run(
        ["pdftoppm", "-png", "-singlefile", "-r", str(_DOTS), "-f", str(page), "-l", str(page),
         *([] if "floor" in picture.name else ["-gray"]),
         "-x", "0", "-y", "40", "-W", "880", "-H", str(height), pdf, picture.with_suffix("")],
        check=True,
    )  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]))
