"""What the terminal shows of a settlement workbook: the verdict first, then cell by cell."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from cyps.cli.explain_report import plain_console
from cyps.cli.report import print_lines, print_wrapped

if TYPE_CHECKING:
    from cyps_workbooks.kept.findings import Finding
    from cyps_workbooks.kept.verdict import Verdict

_SHOWN = 20
"""Lines of each list; --json gives all."""


def print_verdict(file: Path, verdict: Verdict) -> None:
    """Print the verdict, what is to mend, what is to note, and what was typed since issue."""
    console = plain_console()
    console.print(Text(f"Checked: {file}"), soft_wrap=True)
    style = "bold green" if verdict.sound else "bold red"
    console.print(Text(verdict.sentence, style=style))
    for label, settlement in verdict.years:
        pot, words = settlement.scenario.pot, settlement.scenario.damping_in_words
        print_wrapped(console, f"{label}: £{pot:,}; {words}.")
    print_lines("To mend", _lines([f for f in verdict.findings if f.stops]))
    print_lines("To note", _lines([f for f in verdict.findings if not f.stops]))
    print_lines("Typed since it was issued", shortened(verdict.changed))


def _lines(findings: Sequence[Finding]) -> list[str]:
    return shortened([finding.line() for finding in findings])


def shortened(lines: Sequence[str], most: int = _SHOWN) -> list[str]:
    """The first lines, and how many more there are."""
    if len(lines) <= most:
        return list(lines)
    return [*lines[:most], f"and {len(lines) - most:,} more; --json lists them."]
