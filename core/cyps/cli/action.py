"""`cyps action`: what the ribbon's buttons do, on a workbook's file; `cyps doctor`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cyps.cli.pack_report import say

if TYPE_CHECKING:
    from cyps_addin.headless import Done

_FILE = click.Path(path_type=Path)
_ROWS, _COLUMNS = 20, 4
"""Of a table that the terminal shows; --json and --out have all of it."""


@click.command("action", short_help="A ribbon action on a workbook's file.")
@click.argument("name", required=False)
@click.argument("book", type=_FILE, required=False)
@click.option("--with", "given", default="", help="A file, a new file's name, or floor=-5%.")
@click.option("--out", type=_FILE, help="Write the workbook here; may be BOOK itself.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def action_command(
    name: str | None, book: Path | None, given: str, out: Path | None, as_json: bool
) -> None:
    """Run an action of the Excel ribbon on a settlement workbook, without Excel.

    Without NAME the actions are listed. BOOK stays as it is unless --out names it. With --out
    a table goes on a new sheet of the workbook, and an assumption into its cell, with every
    formula computed anew by LibreOffice where that is installed.
    """
    # The add-in needs libraries that no other command need load.
    from cyps_addin.headless import act

    if name is None:
        _print_actions()
        return
    done = act(name, book, text=given, out=out)
    if as_json:
        click.echo(json.dumps(_told(done), indent=2, ensure_ascii=False, default=str))
        return
    _print(done)


def _told(done: Done) -> dict[str, Any]:
    return {
        "table": done.table,
        "written": None if done.written is None else str(done.written),
        "sheet": done.sheet,
        "recalculated": done.recalculated,
    }


def _print_actions() -> None:
    from cyps_addin.registry import ACTIONS

    listed = [one for one in ACTIONS if one.shown or one.name == "assume"]
    told = ([one.name, "workbook" if one.on_book else "-", one.screentip] for one in listed)
    _table([["action", "on", "does"], *told])


def _print(done: Done) -> None:
    from cyps_addin.cells import parted

    body, below = parted(done.table)
    rows = [[_shown(cell) for cell in row] for row in body]
    _table(rows[: _ROWS + 1])
    if len(rows) > _ROWS + 1:
        say(f"and {len(rows) - _ROWS - 1} more rows; all are in --json and --out.")
    if below:  # what the table is of is never cut
        say(below)
    if done.written is not None:
        where = f", sheet {done.sheet}" if done.sheet else ""
        say(f"Written: {done.written}{where}")
    if not done.recalculated:
        say(
            "LibreOffice is not here, so no formula has a value saved: open the workbook in Excel, "
            "which computes them, and save it."
        )


def _shown(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 1000 or cell.is_integer() else f"{cell:.6g}"
    return f"{cell:,}" if isinstance(cell, int) and not isinstance(cell, bool) else str(cell)


def _table(rows: Sequence[Sequence[str]]) -> None:
    """A table with a header; columns past the fourth are only counted."""
    width = len(rows[0])
    table = Table(box=None, padding=(0, 1, 0, 0))
    for head in rows[0][:_COLUMNS]:
        table.add_column(Text(head), overflow="fold")
    for row in rows[1:]:
        table.add_row(*(Text(cell) for cell in row[:_COLUMNS]))
    Console(highlight=False, markup=False, emoji=False).print(table)
    if width > _COLUMNS:
        say(f"and {width - _COLUMNS} more columns: {', '.join(rows[0][_COLUMNS:])}.")


@click.command("doctor", short_help="Can the Excel add-in compute here?")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
@click.pass_context
def doctor_command(ctx: click.Context, as_json: bool) -> None:
    """Look for what keeps the Excel add-in from working, and say what to do.

    Nothing is changed. The exit code is 1 when something stops it.
    """
    from cyps_addin.doctor import examine, this_machine

    results = examine(this_machine())
    stops = [one for one in results if one.state == "STOP"]
    if as_json:
        told = [{"about": x.about, "state": x.state, "found": x.found, "fix": x.fix}
                for x in results]  # fmt: skip
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        ctx.exit(1 if stops else 0)
    for one in results:
        if one.state != "not here":
            say(f"{one.state}: {one.about}. {one.found}")
            if one.fix:
                say(f"    Do: {one.fix}")
    absent = [one.about for one in results if one.state == "not here"]
    if absent:
        say(f"This is not Windows, so these do not apply: {', '.join(absent)}.")
    say(f"{len(stops)} to mend." if stops else "Nothing was found that stops the add-in.")
    ctx.exit(1 if stops else 0)
