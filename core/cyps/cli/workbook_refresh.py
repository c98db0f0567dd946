"""`cyps workbook refresh`: another use, and everything that people typed carried over."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.text import Text

from cyps.cli.explain_report import plain_console
from cyps.cli.options import exclusions, newcomers, year_ending
from cyps.cli.pack_use import pack_note
from cyps.cli.report import print_lines
from cyps.cli.workbook_report import shortened
from cyps.errors import CypsError
from cyps.geography import Authority, authorities
from cyps.needs import Use
from cyps.returns import AuthorityList, Problems, Reading, add_metrics, read_use, use_of
from cyps.settlement import Exclusion, Scenario
from cyps.settlement.from_files import given_use, pack_among

if TYPE_CHECKING:
    from cyps_workbooks.kept.anew import Refreshed
    from cyps_workbooks.kept.who import Renewal

_FILE = click.Path(path_type=Path)
_LOST_SHOWN = 200
"""Lines of what was lost: --json, and the log of the new workbook, have them too."""


@click.command("refresh", short_help="A new one with another use; typing kept.")
@click.argument("file", type=_FILE)
@click.option("--pack", type=_FILE, help="Pack whose predicted use is the new one.")
@click.option("--use", "use", type=_FILE, multiple=True, help="Use by authority. Repeat for more.")
@click.option("--trust", type=_FILE, help="Trust file (TOML): whose signature on a pack counts.")
@click.option(
    "--year", metavar="YEAR", callback=year_ending, help="Another authority list, ends 31 March."
)
@click.option(
    "--exclude", metavar="CODE=REASON", callback=exclusions, multiple=True,
    help="Leave an authority out with what was typed for it, and say why. Repeat for more.",
)  # fmt: skip
@click.option(
    "--new", "new", metavar="CODE:FIELD=VALUE", callback=newcomers, multiple=True,
    help="What an authority new in --year begins with: baseline, area_cost; band, tier, group "
    "where used; children. FIELD@YEAR for a later year alone. Repeat for more.",
)  # fmt: skip
@click.option("--out", type=_FILE, help="The new workbook.  [default: FILE-refreshed.xlsx]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def refresh_command(
    file: Path,
    pack: Path | None,
    use: tuple[Path, ...],
    trust: Path | None,
    year: int | None,
    exclude: tuple[tuple[str, str], ...],
    new: dict[str, dict[str, dict[str, Any]]],
    out: Path | None,
    as_json: bool,
) -> None:
    """Write a new workbook or what-if beside FILE: another use, and all that people typed.

    Inputs, weights, members, notes and logs are carried over by the names of their cells, and
    authorities by their codes. Words outside the inputs stay where they are if there is room.
    What differs is listed, and so is whatever could not be carried. FILE stays as it is, and
    no workbook is ever written over.
    """
    # Reading and drawing need libraries that no other command need load.
    from cyps_workbooks.kept.carried import Newcomer
    from cyps_workbooks.kept.refreshed import open_for_refresh, refresh
    from cyps_workbooks.placing import put_beside

    if (pack is None) == (not use):
        raise click.UsageError("Give the new use: --pack PACK, or --use FILE for each file.")
    place = new_name(file, out, "refreshed")
    opened, back = open_for_refresh(file)
    renewal = _renewal(back.records[0][1], pack, use, trust, year, exclude)
    begin = {
        code: Newcomer(
            **told.get("", {}),
            by_year={year: Newcomer(**own) for year, own in told.items() if year},
        )
        for code, told in new.items()
    }
    made = refresh(opened, back, replace(renewal, newcomers=begin))
    put_beside(made.content, place)
    _print(place, made, as_json)


def new_name(file: Path, out: Path | None, what: str) -> Path:
    """Where a new workbook goes: never where one is, and a name that Excel opens."""
    place = file.with_name(f"{file.stem}-{what}.xlsx") if out is None else out
    if place.suffix.lower() != ".xlsx":
        raise CypsError(f"{place.name} would not open in Excel: the name has to end in .xlsx.")
    if place.exists():
        raise CypsError(
            f"{place} is there already, and no workbook is written over. Choose another name with "
            "--out, or move it away."
        )
    return place


def _renewal(
    old: Scenario,
    pack: Path | None,
    use: tuple[Path, ...],
    trust: Path | None,
    year: int | None,
    exclude: tuple[tuple[str, str], ...],
) -> Renewal:
    from cyps_workbooks.kept.who import Renewal

    listed_year = old.year if year is None else year
    everyone = authorities(listed_year) if year is not None else old.authorities
    names = {place.code: place.name for place in (*old.authorities, *everyone)}
    gone = tuple(Exclusion(code, names.get(code, code), reason) for code, reason in exclude)
    left_out = {x.code for x in (*old.exclusions, *gone)}
    here = tuple(place for place in everyone if place.code not in left_out)
    if not here:
        raise CypsError("Every authority is left out, so there is nobody to settle for.")
    if pack is None:
        excluded = frozenset(left_out & {place.code for place in authorities(listed_year)})
        return Renewal(_from_files(use, AuthorityList(listed_year, excluded)), here, listed_year,
                       gone)  # fmt: skip
    loaded = pack_among((pack,), trust=trust, year=listed_year)
    if loaded is None:
        raise CypsError(f"{pack} is not a pack. For a table of use, say --use.")
    given = given_use(loaded, pack)
    _check_nobody_else(given.use, here, left_out, pack)
    return Renewal(
        given.use, here, listed_year, gone, given.notes, given.warning, pack_note(loaded)
    )


def _from_files(use: tuple[Path, ...], listed: AuthorityList) -> Use:
    problems, readings = Problems(), dict[str, Reading]()
    for path in use:
        with problems.gathered():
            add_metrics(readings, read_use(path, listed, problems))
    problems.stop_if_any()
    return use_of(readings, listed)


def _check_nobody_else(use: Use, here: tuple[Authority, ...], gone: set[str], pack: Path) -> None:
    """Use of an authority that has no row would be dropped without a word."""
    known = {place.code for place in here} | gone
    others = [code for code in use.codes if code not in known]
    if others:
        more = f" and {len(others) - 10} more" if len(others) > 10 else ""
        raise CypsError(
            f"{pack.name} has use of {', '.join(others[:10])}{more}, and the workbook has no rows "
            "for them. If the list of authorities changed, name its year with --year; or leave "
            "them out with --exclude CODE=reason."
        )


def _print(place: Path, made: Refreshed, as_json: bool) -> None:
    if as_json:
        told = {"file": str(place), "changes": list(made.changes), "not_carried": list(made.left)}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    console = plain_console()
    console.print(Text(f"Written: {place}"), soft_wrap=True)
    print_lines("What changed", shortened(made.changes))
    print_lines("Not carried as it was", shortened(made.left, most=_LOST_SHOWN))
