"""`cyps workbook`: the life of a settlement workbook after it was written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cyps.cli.workbook_copies import freeze_command, new_command, publish_command
from cyps.cli.workbook_refresh import refresh_command
from cyps.cli.workbook_report import print_verdict

if TYPE_CHECKING:
    from cyps_workbooks.kept.verdict import Verdict

_FILE = click.Path(path_type=Path)


@click.group("workbook", short_help="A settlement workbook in use.")
def workbook_group() -> None:
    """Check, refresh, freeze or publish a settlement workbook, or write a new one.

    What people typed is read back from their own workbook, whatever program saved it. No
    command here changes the FILE it is given.
    """


@workbook_group.command("check", short_help="Do its cells show what the engine gives?")
@click.argument("file", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
@click.pass_context
def check_command(ctx: click.Context, file: Path, as_json: bool) -> None:
    """Check a settlement workbook, or a what-if, that people worked in.

    Its inputs are read back and settled anew; every number shown must be the engine's. Also
    looked at: the sheet Checks, the record it was issued with, overwritten formulas, and what
    Excel would refuse or mend. The exit code is 0 when it is sound, 1 when something is to
    mend, 2 when the file cannot be read.
    """
    # Reading and drawing need libraries that no other command need load.
    from cyps_workbooks.kept.what_if import check_any

    verdict = check_any(file)
    if as_json:
        click.echo(json.dumps(_told(file, verdict), indent=2, ensure_ascii=False))
    else:
        print_verdict(file, verdict)
    ctx.exit(0 if verdict.sound else 1)


for command in (refresh_command, freeze_command, publish_command, new_command):
    workbook_group.add_command(command)


def _told(file: Path, verdict: Verdict) -> dict[str, Any]:
    return {
        "file": str(file),
        "sound": verdict.sound,
        "verdict": verdict.sentence,
        "findings": [
            {"about": f.about, "place": f.place, "words": f.words, "stops": f.stops}
            for f in verdict.findings
        ],
        "changed_since_issue": list(verdict.changed),
        "years": {
            label: {
                "pot": settlement.scenario.pot,
                "damping": settlement.scenario.damping_in_words,
                "pounds": int(settlement.pounds.sum()),
            }
            for label, settlement in verdict.years
        },
    }
