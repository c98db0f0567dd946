"""`cyps compare`, `cyps bridge`, `cyps trace`: explain settlements that were written."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.text import Text

from cyps.cli.explain_report import (
    plain_console,
    print_authority_bridge,
    print_bridge,
    print_comparison,
    print_left_out,
    print_neighbours,
    print_title,
    print_trace_line,
)
from cyps.cli.groups import BY_HELP, named_once
from cyps.cli.one_file import check_table_out, put_table
from cyps.cli.outputs import csv_cell
from cyps.cli.settled import Settled, read_settled
from cyps.errors import CypsError
from cyps.explain import (
    Bridge,
    Comparison,
    NoBridge,
    authority_row,
    bridge,
    compare,
    distance_from_target,
    population_bridge,
    ranks,
    read_driver_table,
    trace,
)
from cyps.geography import Grouping
from cyps.returns import read_neighbours
from cyps.settlement import Settlement
from cyps.settlement.from_files import places_of, read_by

_FOLDER = click.Path(path_type=Path)


@click.command("compare", short_help="Two settlements side by side.")
@click.argument("before", type=_FOLDER)
@click.argument("after", type=_FOLDER)
@click.option("--by", metavar="GROUPING|FILE", multiple=True, help=f"{BY_HELP}  [default: region]")
@click.option("--neighbours", type=_FOLDER, help="File of statistical neighbours, wide or long.")
@click.option("--authority", metavar="CODE|NAME", help="Whose neighbours to show.")
@click.option("--out", type=_FOLDER, help="CSV file with a row for each authority.")
@click.option("--out-groups", type=_FOLDER, help="CSV file with a row for each group.")
def compare_command(
    before: Path,
    after: Path,
    by: tuple[str, ...],
    neighbours: Path | None,
    authority: str | None,
    out: Path | None,
    out_groups: Path | None,
) -> None:
    """Show who gets more and who less in AFTER than in BEFORE.

    Both are folders that `cyps settle` or `cyps demo` wrote. Winners and losers come by
    region, or as --by says; with --neighbours and --authority, one authority beside those
    most like it.
    """
    if (neighbours is None) != (authority is None):
        raise click.UsageError("Give --neighbours and --authority together, or neither.")
    if out is not None and out == out_groups:
        raise click.UsageError("--out and --out-groups need a file each.")
    for place in (out, out_groups):
        check_table_out(place, (before, after, neighbours, *map(Path, by)))
    one, other = read_settled(before), read_settled(after)
    comparison = compare(one.settlement, other.settlement, other.population)
    places = places_of(other.settlement.scenario)
    groupings = [read_by(word, places)[0] for word in named_once(by)]
    beside = None
    if neighbours is not None and authority is not None:
        beside = authority_row(other.settlement, authority), read_neighbours(neighbours, places)[0]
    console = plain_console()  # from here on nothing that was typed can be refused
    print_title(console, one.settlement, other.settlement)
    if beside is not None:
        print_neighbours(console, comparison, *beside)
    else:
        print_comparison(console, comparison, groupings)
    if out is not None:
        write_csv(console, out, _comparison_rows(comparison, groupings if by else []))
    if out_groups is not None:
        write_csv(console, out_groups, _group_rows(comparison, groupings))


@click.command("bridge", short_help="What moved the pounds.")
@click.argument("before", type=_FOLDER)
@click.argument("after", type=_FOLDER, required=False)
@click.option("--population", is_flag=True, help="From population share to pounds, in one folder.")
@click.option("--authority", metavar="CODE|NAME", help="Show one authority's bridge.")
@click.option(
    "--together",
    metavar="A+B",
    multiple=True,
    help='Components that move in one step, as "pot+damping rule". Repeat for more.',
)
@click.option("--feasible-orders", is_flag=True, help="Leave out orders that cannot be settled.")
@click.option("--drivers", type=_FOLDER, help="Modeller's table: breaks use into drivers.")
@click.option("--out", type=_FOLDER, help="CSV file with a row for each authority.")
def bridge_command(
    before: Path,
    after: Path | None,
    population: bool,
    authority: str | None,
    together: tuple[str, ...],
    feasible_orders: bool,
    drivers: Path | None,
    out: Path | None,
) -> None:
    """Show what moved each authority's pounds from BEFORE to AFTER.

    Both are folders that `cyps settle` or `cyps demo` wrote. With --population: from
    population share to pounds in one folder, settled with --population.
    """
    if population == (after is not None):
        raise click.UsageError("Give two folders, or one folder with --population.")
    if population and drivers is not None:
        raise click.UsageError("--drivers is for two folders: it leads from one pack to another.")
    check_table_out(out, (before, after, drivers))
    if population:
        made, of = _from_population(before)
    else:
        assert after is not None  # noqa: S101 - just asked for
        made, of = _between(before, after, together, feasible_orders, drivers)
    row = None if authority is None else authority_row(of[-1], authority)
    console = plain_console()
    print_title(console, *of)
    if row is None:
        print_bridge(console, made)
    else:
        print_authority_bridge(console, made, row)
    print_left_out(console, made)
    if out is not None:
        write_csv(console, out, _bridge_rows(made))


@click.command("trace", short_help="A number's whole ancestry.")
@click.argument("folder", type=_FOLDER)
@click.argument("authority")
@click.argument("line", required=False)
def trace_command(folder: Path, authority: str, line: str | None) -> None:
    """Show every line that an AUTHORITY's number is made of.

    FOLDER is one that `cyps settle` or `cyps demo` wrote, AUTHORITY a GSS code or a
    name, LINE what to trace, such as damped_allocation; whole pounds by default, with
    any top-up from outside.
    """
    settlement = read_settled(folder).settlement
    whole = "pounds_with_top_up" if settlement.top_up.any() else "pounds"
    found = trace(settlement, authority, line or whole)
    console = plain_console()
    print_title(console, settlement)
    console.print(Text(f"{found.name} ({found.code})", style="bold"))
    for row in found.lines:
        print_trace_line(console, row)


def _from_population(folder: Path) -> tuple[Bridge, tuple[Settlement, ...]]:
    read = read_settled(folder)
    if read.population is None:
        raise CypsError(
            f"The results in {folder} have no population. Settle again with --population FILE."
        )
    return population_bridge(read.settlement, read.population), (read.settlement,)


def _between(
    before: Path,
    after: Path,
    together: Sequence[str],
    feasible_orders: bool,
    drivers: Path | None,
) -> tuple[Bridge, tuple[Settlement, ...]]:
    one, other = read_settled(before), read_settled(after)
    table = None
    if drivers is not None:
        table = read_driver_table(drivers)
        for folder, read, hashed in ((before, one, table.before), (after, other, table.after)):
            _check_pack(drivers, folder, read, hashed)
    joined = [[name.strip() for name in words.split("+")] for words in together]
    ends = one.settlement, other.settlement
    try:
        made = bridge(*ends, together=joined, feasible_orders_only=feasible_orders, drivers=table)
    except NoBridge as error:
        raise CypsError(f"{error}{_how_to_mend(error)}") from error
    return made, ends


def _check_pack(drivers: Path, folder: Path, read: Settled, hashed: str) -> None:
    if read.pack is None:
        raise CypsError(
            f"{folder} does not say which pack it was settled with, so nobody can tell whether "
            f"{drivers.name} is for it. Name a folder that was settled with a pack."
        )
    if read.pack != hashed:
        raise CypsError(
            f"{drivers.name} is for another pack than {folder} was settled with: content hash "
            f"{hashed[:12]}..., not {read.pack[:12]}.... Ask the modeller for a table of these two."
        )


def _how_to_mend(error: NoBridge) -> str:
    options = [] if error.no_order else ["--feasible-orders"]
    if error.together:
        options.insert(0, f'--together "{"+".join(error.together)}"')
    return f"\nTo do so, add: {' or '.join(options)}" if options else ""


def _group_rows(
    comparison: Comparison, groupings: Sequence[Grouping]
) -> Iterable[Sequence[str | float | int]]:
    rows: list[Sequence[str | float | int]] = [
        ("grouping", "group", "authorities", "before", "after", "change", "change_rate",
         "winners", "losers", "unchanged", "population", "change_per_child")
    ]  # fmt: skip
    for by in groupings:
        rows += [
            (by.name, g.name, g.authorities, g.before, g.after, g.change, g.change_rate,
             g.winners, g.losers, g.unchanged, "" if g.children is None else g.children,
             g.change_per_child)
            for g in (*comparison.by_group(by.of), comparison.total())
        ]  # fmt: skip
    return rows


def _comparison_rows(
    comparison: Comparison, groupings: Sequence[Grouping]
) -> Iterable[Sequence[str | float | int]]:
    before, after = comparison.before, comparison.after
    columns: dict[str, Iterable[str | float | int]] = {
        "code": after.scenario.codes,
        "name": [a.name for a in after.scenario.authorities],
        "region": [a.region for a in after.scenario.authorities],
        **{f"by_{by.name}": by.of_each(after.scenario.codes) for by in groupings},
        "pounds_before": before.pounds.tolist(),
        "pounds_after": after.pounds.tolist(),
        "change": comparison.change.tolist(),
        "change_rate": comparison.change_rate.tolist(),
        "share_before": before.share.tolist(),
        "share_after": after.share.tolist(),
        "rank_before": ranks(before.pounds).tolist(),
        "rank_after": ranks(after.pounds).tolist(),
        "distance_before": distance_from_target(before).tolist(),
        "distance_after": distance_from_target(after).tolist(),
        "top_up_before": before.top_up.tolist(),
        "top_up_after": after.top_up.tolist(),
    }
    if comparison.population is not None:
        columns["population"] = comparison.population.tolist()
        for name, pounds in (("before", before.pounds), ("after", after.pounds)):
            columns[f"per_child_{name}"] = comparison.per_child(pounds).tolist()
    return [tuple(columns), *zip(*columns.values(), strict=True)]


def _bridge_rows(made: Bridge) -> Iterable[Sequence[str | float | int]]:
    columns = [made.start, made.contribution, made.end]
    more: tuple[str, ...] = ()
    if made.has_top_up:
        more = ("top_up_from", "top_up_to")
        columns += [made.top_up_before, made.top_up_after]
    ends = np.column_stack(columns).tolist()
    rows = zip(made.codes, made.names, ends, strict=True)
    return [
        ("code", "name", "from", *made.components, "to", *more),
        *((code, name, *amounts) for code, name, amounts in rows),
    ]


def write_csv(
    console: Console | None, path: Path, rows: Iterable[Sequence[str | float | int]]
) -> None:
    """Write a table whole or not at all (see `put_table`); say so on a console."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([csv_cell(value) for value in row] for row in rows)
    put_table(path, text.getvalue().encode())
    if console is not None:
        console.print()
        console.print(Text(f"Written: {path}"), soft_wrap=True)
