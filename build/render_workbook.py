"""Draw a workbook's pages as pictures, after a hard recalculation in LibreOffice.

    python build/render_workbook.py settlement.xlsx pages/

Needs libreoffice-calc, python3-uno and poppler-utils; fonts-crosextra-carlito
stands in for Calibri with the same widths.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

DRIVER = Path(__file__).with_name("libreoffice_driver.py")


def to_pdf(workbook: Path, pdf: Path) -> None:
    """Recalculate everything, then print to PDF (a plain conversion does not recalculate)."""
    commands = (
        {"do": "open", "path": str(workbook)},
        {"do": "recalculate"},
        {"do": "pdf", "path": str(pdf)},
        {"do": "quit"},
    )
    done = subprocess.run(
        ["/usr/bin/python3", str(DRIVER)],
        input="".join(json.dumps(command) + "\n" for command in commands),
        capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    failed = [line for line in done.stdout.splitlines() if "error" in json.loads(line)]
    if failed:
        raise SystemExit("\n".join(failed))


def render(workbook: Path, folder: Path, dots_per_inch: int = 80) -> list[Path]:
    """A PNG of every page, in order."""
    folder.mkdir(parents=True, exist_ok=True)
    pdf = folder / f"{workbook.stem}.pdf"
    to_pdf(workbook, pdf)
    stem = folder / workbook.stem
    subprocess.run(["pdftoppm", "-png", "-r", str(dots_per_inch), pdf, stem], check=True)
    return sorted(folder.glob(f"{workbook.stem}-*.png"))


if __name__ == "__main__":
    for page in render(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:4])):
        print(page)
