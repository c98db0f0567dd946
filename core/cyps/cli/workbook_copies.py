"""`cyps workbook freeze`, `publish` and `new`: workbooks made of a workbook, or of a scenario."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.text import Text

from cyps.cli.explain_report import plain_console
from cyps.cli.options import day
from cyps.cli.pack_use import pack_note
from cyps.cli.publish import publish_years
from cyps.cli.settle import requested, what_to_settle
from cyps.cli.workbook_refresh import new_name
from cyps.errors import CypsError
from cyps.settlement.from_files import Request, pack_of, settle_requested

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cyps.settlement import Settlement

_FILE = click.Path(path_type=Path)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")


@click.command("freeze", short_help="A copy with values only.")
@click.argument("file", type=_FILE)
@click.option("--out", type=_FILE, help="The frozen copy.  [default: FILE-frozen.xlsx]")
@_JSON
def freeze_command(file: Path, out: Path | None, as_json: bool) -> None:
    """Write a copy of FILE that holds the values it shows, and no formula.

    Sheets, formats, charts and what people wrote stay; every cell is locked, every sheet's
    title says that it is frozen and since when, and the record holds what the values were
    settled from. FILE has to be sound: see `cyps workbook check`.
    """
    from cyps_workbooks.kept.frozen import freeze  # loaded where it is needed
    from cyps_workbooks.kept.opened import check_closed
    from cyps_workbooks.placing import put_beside

    place = new_name(file, out, "frozen")
    check_closed(file)
    put_beside(freeze(file, date.today()), place)
    _say_written(place, as_json)


@click.command("publish", short_help="The accessible workbook of its inputs.")
@click.argument("file", type=_FILE)
@click.option("--out", type=_FILE, required=True, help="The workbook to write.")
@click.option("--title", help="Its title.  [default: the settlement's]")
@click.option("--contact", multiple=True, help="A line of the contact. Repeat for more.")
@click.option("--published", callback=day, help="Date, as 2026-04-01.")
@click.option("--author", help="Author in the document's properties.")
@_JSON
@click.pass_context
def publish_command(
    ctx: click.Context,
    file: Path,
    out: Path,
    title: str | None,
    contact: tuple[str, ...],
    published: date | None,
    author: str | None,
    as_json: bool,
) -> None:
    """Write the tables for publication from the inputs that stand in FILE.

    What is published is what the engine makes of them, and the cells have to show the same:
    see `cyps workbook check`. The form is that of `cyps publish`.
    """
    years = _sound_years(file)
    first = years[0][1].scenario.title.removesuffix(f", {years[0][0]}")
    labelled = years if len(years) > 1 else (("", years[0][1]),)
    words = (title or first, contact, published, author)
    ctx.exit(1 if publish_years(labelled, new_name(file, out, ""), words, None, as_json) else 0)


@click.command("new", short_help="From a scenario or files, or one to try.")
@what_to_settle
@click.option("--out", type=_FILE, required=True, help="The workbook to write.")
@click.option("--what-if", is_flag=True, help="A what-if instead: six levers for a meeting.")
@_JSON
def new_command(
    scenario: Path | None,
    trust: Path | None,
    out: Path,
    what_if: bool,
    as_json: bool,
    **inputs: Any,  # noqa: ANN401 - what `requested` takes
) -> None:
    """Write a settlement workbook, or with --what-if a what-if, and nothing else.

    Give a SCENARIO.toml or the files and choices, as for `cyps settle`, which writes the same
    workbook among its other results. With neither, the workbook has made-up numbers, to try.
    """
    from cyps_workbooks.placing import put_beside  # loaded where it is needed

    place = new_name(out, out, "")
    asked = scenario is not None or any(x is not None and x != () for x in inputs.values())
    content = (
        _asked(requested(scenario, **inputs), trust, what_if) if asked else _illustration(what_if)
    )
    put_beside(content, place)
    _say_written(place, as_json)


def _illustration(what_if: bool) -> bytes:
    from cyps.cli.outputs import financial_year
    from cyps.settlement.illustration import illustration
    from cyps_workbooks.settlement_workbook import settlement_bytes

    made = illustration()
    if what_if:
        return _what_if([(financial_year(made), made)], None)
    return settlement_bytes([(financial_year(made), made)])


def _what_if(
    settled: Sequence[tuple[str, Settlement]], population: NDArray[np.float64] | None
) -> bytes:
    from cyps_workbooks.what_if_workbook import what_if_bytes

    if len(settled) > 1:
        raise CypsError(
            f"A what-if has one year, and this scenario {len(settled)}: "
            f"{', '.join(label for label, _ in settled)}. cyps settle --what-if writes one for "
            "each year, into its folder."
        )
    label, settlement = settled[0]
    return what_if_bytes(label, settlement, population=population)


def _asked(request: Request, trust: Path | None, what_if: bool) -> bytes:
    from cyps.cli.outputs import year_name
    from cyps_workbooks.settlement_workbook import settlement_bytes

    pack = pack_of(request, trust)
    ready, years = settle_requested(request, pack)
    settled = list(years)
    if len(settled) == 1:
        label, settlement = settled[0]
        settled = [(year_name(label, settlement), settlement)]
    if what_if:
        return _what_if(settled, ready.population)
    note = None if pack is None else pack_note(pack)
    return settlement_bytes(settled, pack=note, population=ready.population)


def _sound_years(file: Path) -> tuple[tuple[str, Settlement], ...]:
    from cyps_workbooks.kept.opened import check_closed
    from cyps_workbooks.kept.verdict import check_workbook

    check_closed(file)
    verdict = check_workbook(file)
    stops = [finding.line() for finding in verdict.findings if finding.stops]
    if stops:
        more = f" And {len(stops) - 3:,} more; cyps workbook check lists them." if stops[3:] else ""
        raise CypsError(f"{file} cannot be published as it stands. {' '.join(stops[:3])}{more}")
    return verdict.years


def _say_written(place: Path, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"file": str(place)}, indent=2, ensure_ascii=False))
        return
    console = plain_console()
    console.print(Text(f"Written: {place}"), soft_wrap=True)
