"""`cyps settle`: from somebody's published numbers to pounds."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cyps.cli.amendment import AMENDED, Amendment
from cyps.cli.folder import RECORD, put_in_place
from cyps.cli.groups import BY_HELP, GROUPS, groups_csv, named_once, print_groups
from cyps.cli.options import (
    day,
    exclusions,
    listed_years,
    printable,
    rate,
    whole_pot,
    year_ending,
)
from cyps.cli.outputs import (
    WORKBOOK,
    YEARS,
    Outputs,
    all_notes,
    result_totals,
    write_files,
    write_record,
    write_workbook,
    year_name,
    years_csv,
)
from cyps.cli.pack_use import pack_note, pack_record
from cyps.cli.report import print_lines, print_report, print_years
from cyps.cli.settled import read_settled
from cyps.cli.weights import spend_record
from cyps.errors import CypsError
from cyps.geography import LAST_YEAR
from cyps.pack import LoadedPack
from cyps.returns import SettlementFiles, SpendChoices
from cyps.settlement import Infeasible, Settlement
from cyps.settlement.from_files import (
    Prepared,
    Request,
    pack_of,
    places_of,
    read_by,
    request_from_options,
    request_from_scenario,
    settle_requested,
)

if TYPE_CHECKING:
    from cyps_workbooks import Against

_FILE = click.Path(path_type=Path)


_INPUTS = (
    click.option("--use", "use", type=_FILE, multiple=True, help="Use by authority, or a pack."),
    click.option(
        "--trust", type=_FILE, help="Trust file (TOML): whose signature on a pack counts."
    ),
    click.option("--spend", type=_FILE, help="National spend by service area."),
    click.option("--spend-map", type=_FILE, help="Own map of the spend file's lines."),
    click.option(
        "--spend-years", callback=listed_years, help="Years of the spend file to average."
    ),
    click.option("--baseline", type=_FILE, help="What each authority had before."),
    click.option("--area-cost", type=_FILE, help="Area cost factors; 1 for all when not given."),
    click.option(
        "--population", type=_FILE, help="Children; adds pounds per child to the results."
    ),
    click.option("--pot", callback=whole_pot, help="Whole pounds to share."),
    click.option("--floor", callback=rate, help="Least change, as -0.05 or -5%."),
    click.option(
        "--year",
        metavar="YEAR",
        callback=year_ending,
        help=f"Authority list, ends 31 March.  [default: {LAST_YEAR}]",
    ),
    click.option(
        "--exclude",
        metavar="CODE=REASON",
        callback=exclusions,
        multiple=True,
        help="Leave an authority out of use and baseline, and say why. Repeat for more.",
    ),
    click.option("--title", callback=printable, help="Its name.  [default: Settlement from files]"),
    click.option(
        "--as-at",
        metavar="DATE",
        callback=day,
        help="Of a scenario's dated parameters, take those known on this day, as 2026-02-10.",
    ),
)
"""Options that say what to settle: the files and choices of one year."""

_Command = Callable[..., object]


def what_to_settle(command: _Command) -> _Command:
    """The argument SCENARIO, and the options that may stand in its place."""
    for option in reversed((click.argument("scenario", type=_FILE, required=False), *_INPUTS)):
        command = option(command)
    return command


@click.command("settle", short_help="From files by authority to pounds.")
@what_to_settle
@click.option("--out", type=_FILE, required=True, help="Folder for the results.")
@click.option("--by", metavar="GROUPING|FILE", multiple=True, help=f"{BY_HELP}  [default: region]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
@click.option(
    "--against",
    type=_FILE,
    help="Folder or workbook of a settlement for the sheet Compare to store.",
)
@click.option("--what-if", is_flag=True, help="Also what-if.xlsx: six levers for a meeting.")
@click.option("--no-workbook", "without_workbook", is_flag=True, help="Leave settlement.xlsx out.")
def settle_command(
    scenario: Path | None,
    trust: Path | None,
    out: Path,
    by: tuple[str, ...],
    as_json: bool,
    against: Path | None,
    what_if: bool,
    without_workbook: bool,
    **inputs: Any,  # noqa: ANN401 - what `requested` takes
) -> None:
    """Share a pot by use of services, from files by authority.

    Give a SCENARIO.toml that names files and choices, or the files and choices
    themselves. Files are CSV or Excel, plain ones or the ones that DfE and MHCLG
    publish; use may be a pack (.cyps.zip). Writes settlement.xlsx, results.csv,
    groups.csv, notes.txt, settlement.json and run.json into --out, and with --what-if
    what-if.xlsx; for several years a folder each, and years.csv.
    """
    request = requested(scenario, **inputs)
    if against is not None and without_workbook:
        raise click.UsageError("--against is for the workbook: leave it or --no-workbook out.")
    _settle(request, trust, out, by, as_json, not without_workbook, against, what_if)


def requested(
    scenario: Path | None,
    *,
    use: tuple[Path, ...],
    spend: Path | None,
    spend_map: Path | None,
    spend_years: tuple[str, ...],
    baseline: Path | None,
    area_cost: Path | None,
    population: Path | None,
    pot: int | None,
    floor: float | None,
    year: int | None,
    exclude: tuple[tuple[str, str], ...],
    title: str | None,
    as_at: datetime.date | None,
) -> Request:
    """What a person asked for: by a scenario file, or by the options in its place.

    Raises
    ------
    click.UsageError
        When both are given, or an option is missing.
    """
    given = {
        "--use": use, "--spend": spend, "--baseline": baseline, "--area-cost": area_cost,
        "--population": population, "--pot": pot, "--floor": floor, "--year": year,
        "--exclude": exclude, "--title": title, "--spend-map": spend_map,
        "--spend-years": spend_years,
    }  # fmt: skip
    if scenario is not None:
        also = [name for name, value in given.items() if value is not None and value != ()]
        if also:
            raise click.UsageError(
                f"{scenario.name} says everything; leave {', '.join(also)} out, or write "
                f'a scenario with extends = "{scenario.name}" that says what is different.'
            )
        request = request_from_scenario(scenario, as_at)
    else:
        if as_at is not None:
            raise click.UsageError(
                "--as-at chooses among versions of a scenario's parameters. Give a scenario file, "
                "or leave it out."
            )
        _required({name: given[name] for name in _NEEDED})
        assert spend is not None and baseline is not None  # noqa: S101, PT018 - just required
        assert pot is not None and floor is not None  # noqa: S101, PT018
        choices = SpendChoices(spend_map, spend_years)
        files = SettlementFiles(use, spend, baseline, area_cost, population, spend_choices=choices)
        name = "Settlement from files" if title is None else title
        listed = LAST_YEAR if year is None else year
        request = request_from_options(files, listed, pot, floor, exclude, name)
    return request


def _required(given: Mapping[str, object]) -> None:
    """Say which options are missing where no scenario file is given."""
    missing = [name for name, value in given.items() if value is None or value == ()]
    if missing:
        raise click.UsageError(
            f"Missing {', '.join(missing)}. Give {'it' if len(missing) == 1 else 'them'}, or a "
            "scenario file that says everything: cyps settle SCENARIO.toml --out DIR"
        )


_NEEDED = ("--use", "--spend", "--baseline", "--pot", "--floor")


def _settle(
    request: Request,
    trust: Path | None,
    out: Path,
    by: tuple[str, ...],
    as_json: bool,
    workbook: bool,
    against: Path | None,
    what_if: bool,
) -> None:
    other = _compared(against) if against is not None else None
    pack = pack_of(request, trust)
    ready, settled = settle_requested(request, pack)
    amendment = _amendment(request, pack)
    places = places_of(ready.scenario)
    groupings = [read_by(word, places)[0] for word in named_once(by)]
    several = len(settled) > 1
    written: list[Outputs] = []
    with put_in_place(out) as folder:
        if amendment and amendment.before:
            (folder / AMENDED).write_bytes(amendment.csv(settled).encode())
        for label, settlement in settled:
            place = folder / label if several else folder
            place.mkdir(exist_ok=True)
            record = _record(request, ready, settlement, pack)
            if amendment and not several:
                record["amendment"] = amendment.record(settled)
            names = write_files(
                settlement,
                place,
                record,
                population=ready.population,
                pack=pack_note(pack) if pack and workbook else None,
                workbook=workbook and not several,
                against=other,
                more={GROUPS: groups_csv(settlement, groupings, ready.population)},
                year=year_name(label, settlement),
                what_if=what_if,
            )
            final = out / label if several else out
            written.append(Outputs(final, tuple(final / name for name in names)))
        if several:
            if workbook:
                note = pack_note(pack) if pack else None
                write_workbook(settled, folder, note, other, ready.population)
            (folder / YEARS).write_bytes(years_csv(settled).encode())
            told = _years_record(request, settled)
            if amendment:
                told["amendment"] = amendment.record(settled)
            write_record(folder, told)
    if as_json:
        _print_json(settled, written, out, workbook)
        return
    if several:
        print_years(settled)
    print_report(settled[-1][1], _of_all_years(out, workbook) if several else written[0])
    if by:
        print_groups(settled[-1][1], groupings)
    if amendment:
        print_lines("Amended", amendment.lines(settled))


def _compared(path: Path) -> Against:
    """The settlement that the sheet Compare stores, from a folder or a workbook."""
    from cyps_workbooks import Against  # not loaded before it is needed

    scenario = (settlement := read_settled(path).settlement).scenario
    words = f"{path.name}: {scenario.title}; pot £{scenario.pot:,}; {scenario.damping_in_words}"
    return Against(words, ((path.name, settlement),))


def _amendment(request: Request, pack: LoadedPack | None) -> Amendment | None:
    """What stood before the newest amendment; None where nothing was amended.

    An amendment may be just what makes a floor payable: what stood before must not keep
    anybody from the settlement that is in force.
    """
    if request.before is None:
        return None
    assert request.before.as_at is not None  # noqa: S101 - the day before an amendment
    as_at = request.before.as_at.isoformat()
    try:
        return Amendment(as_at, settle_requested(request.before, pack)[1])
    except Infeasible as error:
        return Amendment(as_at, why_not=str(error))
    except CypsError as error:
        raise CypsError(f"Of what was known on {as_at}, before the amendment: {error}") from error


def _years_record(request: Request, settled: Sequence[tuple[str, Settlement]]) -> dict[str, Any]:
    """What a run of several years was, above the record that each year has in its folder."""
    first = settled[0][1].scenario
    return {
        "tool": {"name": "cyps", "version": version("cyps"), "command": "settle"},
        "title": request.title,
        "status": first.status,
        "statement": first.statement,
        **({"scenario": request.scenario} if request.scenario else {}),
        "years": {label: result_totals(settlement) for label, settlement in settled},
    }


def _of_all_years(out: Path, workbook: bool) -> Outputs:
    """What a run of several years writes besides each year's own folder."""
    names = ([WORKBOOK] if workbook else []) + [YEARS, RECORD]
    return Outputs(out, tuple(out / name for name in names))


def _print_json(
    settled: Sequence[tuple[str, Settlement]],
    written: Sequence[Outputs],
    out: Path,
    workbook: bool,
) -> None:
    told: dict[str, Any] = {}
    if len(settled) == 1:
        told = _summary(settled[0][1], written[0])
    else:
        told = {
            "folder": str(out),
            "files": [path.name for path in _of_all_years(out, workbook).paths],
            "years": {
                label: _summary(settlement, outputs)
                for (label, settlement), outputs in zip(settled, written, strict=True)
            },
        }
    click.echo(json.dumps(told, indent=2, ensure_ascii=False))


def _record(
    request: Request,
    ready: Prepared,
    settlement: Settlement,
    pack: LoadedPack | None,
) -> dict[str, Any]:
    """Everything needed to run again and compare; no folder names and no clock."""
    scenario = settlement.scenario
    return {
        "tool": {"name": "cyps", "version": version("cyps"), "command": "settle"},
        "title": scenario.title,
        "status": scenario.status,
        "statement": scenario.statement,
        "options": {
            "year": request.year,
            "pot": scenario.pot,
            **({"as_at": request.as_at.isoformat()} if request.as_at else {}),
            "damping": scenario.damping_in_words,
            "floor": scenario.floor,
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
            for file in ready.files
        ],
        **({"pack": pack_record(pack)} if pack else {}),
        **({"scenario": request.scenario} if request.scenario else {}),
        "spend": [
            {"service_area": line.service_area, "metric": line.metric, "pounds": line.pounds}
            for line in scenario.spend
        ],
        **spend_record(ready.spend),
        "exclusions": _exclusions(settlement),
        "notes": all_notes(settlement),
    }


def _exclusions(settlement: Settlement) -> list[dict[str, str]]:
    return [
        {"code": x.code, "name": x.name, "reason": x.reason} for x in settlement.scenario.exclusions
    ]


_TOLD = ("pot", "scaling_factor", "damping", "floor", "on_floor", "top_up", "weights")


def _summary(settlement: Settlement, outputs: Outputs) -> dict[str, Any]:
    totals = result_totals(settlement)
    return {
        **{name: totals[name] for name in _TOLD},
        "status": settlement.scenario.status,
        "exclusions": _exclusions(settlement),
        "notes": all_notes(settlement),
        "folder": str(outputs.folder),
        "files": [path.name for path in outputs.paths],
    }
