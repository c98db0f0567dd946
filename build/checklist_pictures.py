"""Draw the sheets that the checklist's steps should show, by the actions themselves.

    uv run python build/checklist_pictures.py docs/pictures

Needs what render_workbook needs. LibreOffice draws them, so Excel's will look a little different.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from cyps_addin.headless import act
from render_workbook import to_pdf

_DOTS = 80
_DAMPING = "Floor: least change against the baseline"


def main(pictures: Path) -> None:
    """Every picture, drawn anew."""
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
