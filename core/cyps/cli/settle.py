"""`cyps settle`: from somebody's published numbers to pounds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from cyps.cli.options import exclusions, rate, whole_pot
from cyps.cli.outputs import Outputs, all_notes, result_totals, write_outputs
from cyps.cli.report import print_report
from cyps.errors import CypsError
from cyps.geography import LAST_YEAR
from cyps.returns import (
    AuthorityList,
    ReturnsError,
    SettlementFiles,
    SettlementInputs,
    read_inputs,
)
from cyps.settlement import Exclusion, Floor, Scenario, Settlement, settle

STATUS = "illustrative"
STATEMENT = "Made by cyps settle from the files named in the notes. Not a published settlement."
ACTUAL_USE = (
    "The shares follow actual use, which holds each authority's own practice. They are not a "
    "needs formula."
)

_FILE = click.Path(path_type=Path)


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asked for: files, and the choices that are no file."""

    files: SettlementFiles
    year: int
    pot: int
    floor: float
    exclusions: tuple[tuple[str, str], ...]
    title: str


@click.command("settle", short_help="From files by authority to pounds.")
@click.option("--use", "use", type=_FILE, multiple=True, required=True, help="Use by authority.")
@click.option("--spend", type=_FILE, required=True, help="National spend by service area.")
@click.option("--baseline", type=_FILE, required=True, help="What each authority had before.")
@click.option("--area-cost", type=_FILE, help="Area cost factors; 1 for all when not given.")
@click.option("--population", type=_FILE, help="Children; adds pounds per child to the results.")
@click.option("--pot", callback=whole_pot, required=True, help="Whole pounds to share.")
@click.option("--floor", callback=rate, required=True, help="Least change, as -0.05 or -5%.")
@click.option("--year", type=int, default=LAST_YEAR, show_default=True, help="Ends 31 March.")
@click.option(
    "--exclude",
    metavar="CODE=REASON",
    callback=exclusions,
    multiple=True,
    help="Leave an authority out of use and baseline, and say why. Repeat for more.",
)
@click.option("--title", default="Settlement from files", show_default=True, help="Its name.")
@click.option("--out", type=_FILE, required=True, help="Folder for the results.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
@click.option("--no-workbook", is_flag=True, help="Leave settlement.xlsx out.")
def settle_command(
    use: tuple[Path, ...],
    spend: Path,
    baseline: Path,
    area_cost: Path | None,
    population: Path | None,
    pot: int,
    floor: float,
    year: int,
    exclude: tuple[tuple[str, str], ...],
    title: str,
    out: Path,
    as_json: bool,
    no_workbook: bool,
) -> None:
    """Share a pot by use of services, from files by authority.

    Files are CSV or Excel, plain ones or the ones that DfE and MHCLG publish.
    Writes settlement.xlsx, results.csv, notes.txt and run.json into --out.
    """
    files = SettlementFiles(use, spend, baseline, area_cost, population)
    request = Request(files, year, pot, floor, exclude, title)
    inputs = _inputs(request)
    settlement = settle(_scenario(request, inputs), inputs.use)
    outputs = write_outputs(
        settlement,
        out,
        record=_record(request, inputs, settlement),
        population=inputs.population,
        workbook=not no_workbook,
    )
    if as_json:
        click.echo(json.dumps(_summary(settlement, outputs), indent=2, ensure_ascii=False))
    else:
        print_report(settlement, outputs)


def _inputs(request: Request) -> SettlementInputs:
    listed = AuthorityList(request.year, frozenset(code for code, _ in request.exclusions))
    try:
        return read_inputs(request.files, listed)
    except ReturnsError as error:
        raise CypsError(f"{error}{_how_to_exclude(error, listed)}") from error


def _how_to_exclude(error: ReturnsError, listed: AuthorityList) -> str:
    codes = [code for code in error.codes if code in listed.codes]
    if not codes:
        return ""
    # Leaving many out is hardly what is meant: then the file is wrong.
    if len(codes) > 10:
        return "\nTo leave an authority out, and say so on every output: --exclude CODE=reason"
    options = "\n".join(f'  --exclude {code}="reason"' for code in codes)
    return f"\nTo leave them out, and say so on every output, add:\n{options}"


def _scenario(request: Request, inputs: SettlementInputs) -> Scenario:
    everyone = {a.code: a for a in inputs.listed.everyone}
    left_out = tuple(
        Exclusion(code, everyone[code].name, reason) for code, reason in request.exclusions
    )
    return Scenario(
        title=request.title,
        status=STATUS,
        statement=f"{STATEMENT} {ACTUAL_USE}" if inputs.published else STATEMENT,
        year=request.year,
        authorities=inputs.listed.settled,
        spend=inputs.spend.spend,
        area_cost=inputs.area_cost,
        baseline=inputs.baseline,
        pot=request.pot,
        damping=Floor(floor=request.floor),
        exclusions=left_out,
        notes=inputs.notes,
    )


def _record(request: Request, inputs: SettlementInputs, settlement: Settlement) -> dict[str, Any]:
    """Everything needed to run again and compare; no folder names and no clock."""
    scenario = settlement.scenario
    return {
        "tool": {"name": "cyps", "version": version("cyps"), "command": "settle"},
        "title": scenario.title,
        "status": scenario.status,
        "statement": scenario.statement,
        "options": {
            "year": request.year,
            "pot": request.pot,
            "floor": request.floor,
            "area_cost": "from file" if request.files.area_cost else "1 for every authority",
        },
        "inputs": [
            {
                "role": file.role,
                "file": file.source.file,
                "form": file.form,
                "bytes": file.source.bytes,
                "sha256": file.source.sha256,
            }
            for file in inputs.files
        ],
        "spend": [
            {"service_area": line.service_area, "metric": line.metric, "pounds": line.pounds}
            for line in scenario.spend
        ],
        "exclusions": _exclusions(settlement),
        "notes": all_notes(settlement),
    }


def _exclusions(settlement: Settlement) -> list[dict[str, str]]:
    return [
        {"code": x.code, "name": x.name, "reason": x.reason} for x in settlement.scenario.exclusions
    ]


def _summary(settlement: Settlement, outputs: Outputs) -> dict[str, Any]:
    totals = result_totals(settlement)
    return {
        **{
            name: totals[name] for name in ("pot", "scaling_factor", "floor", "on_floor", "weights")
        },
        "status": settlement.scenario.status,
        "exclusions": _exclusions(settlement),
        "notes": all_notes(settlement),
        "folder": str(outputs.folder),
        "files": [path.name for path in outputs.paths],
    }
