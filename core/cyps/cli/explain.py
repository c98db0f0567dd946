"""`cyps compare`, `cyps bridge`, `cyps trace`: explain settlements that were written."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cyps.cli.outputs import csv_cell
from cyps.cli.report import print_wrapped
from cyps.cli.settled import read_settled
from cyps.errors import CypsError
from cyps.explain import (
    Bridge,
    Comparison,
    NoBridge,
    TraceLine,
    authority_row,
    bridge,
    compare,
    distance_from_target,
    population_bridge,
    ranks,
    trace,
)
from cyps.settlement import Settlement

_FOLDER = click.Path(path_type=Path)
_SHOWN = 5


@click.command("compare", short_help="Two settlements side by side.")
@click.argument("before", type=_FOLDER)
@click.argument("after", type=_FOLDER)
@click.option("--out", type=_FOLDER, help="CSV file with a row for each authority.")
def compare_command(before: Path, after: Path, out: Path | None) -> None:
    """Show who gets more and who less in AFTER than in BEFORE.

    Both are folders that `cyps settle` or `cyps demo` wrote.
    """
    one, other = read_settled(before), read_settled(after)
    comparison = compare(one.settlement, other.settlement, other.population)
    console = _console()
    _print_title(console, one.settlement, other.settlement)
    _print_comparison(console, comparison)
    if out is not None:
        _write_csv(console, out, _comparison_rows(comparison))


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
@click.option("--out", type=_FOLDER, help="CSV file with a row for each authority.")
def bridge_command(
    before: Path,
    after: Path | None,
    population: bool,
    authority: str | None,
    together: tuple[str, ...],
    feasible_orders: bool,
    out: Path | None,
) -> None:
    """Show what moved each authority's pounds from BEFORE to AFTER.

    Both are folders that `cyps settle` or `cyps demo` wrote. With --population: from
    population share to pounds in one folder, settled with --population.
    """
    if population == (after is not None):
        raise click.UsageError("Give two folders, or one folder with --population.")
    if population:
        made, of = _from_population(before)
    else:
        assert after is not None  # noqa: S101 - just asked for
        made, of = _between(before, after, together, feasible_orders)
    console = _console()
    _print_title(console, *of)
    if authority is None:
        _print_bridge(console, made)
    else:
        _print_authority(console, made, authority_row(of[-1], authority))
    _print_left_out(console, made)
    if out is not None:
        _write_csv(console, out, _bridge_rows(made))


@click.command("trace", short_help="A number's whole ancestry.")
@click.argument("folder", type=_FOLDER)
@click.argument("authority")
@click.argument("line", default="pounds")
def trace_command(folder: Path, authority: str, line: str) -> None:
    """Show every line that an AUTHORITY's number is made of.

    FOLDER is one that `cyps settle` or `cyps demo` wrote, AUTHORITY a GSS code or a
    name, LINE what to trace, such as damped_allocation; whole pounds by default.
    """
    settlement = read_settled(folder).settlement
    found = trace(settlement, authority, line)
    console = _console()
    _print_title(console, settlement)
    console.print(Text(f"{found.name} ({found.code})", style="bold"))
    for row in found.lines:
        _print_line(console, row)


def _console() -> Console:
    return Console(highlight=False, markup=False, emoji=False)


def _print_title(console: Console, *settlements: Settlement) -> None:
    heads = ("Before", "After") if len(settlements) == 2 else ("",)
    for head, settlement in zip(heads, settlements, strict=True):
        scenario = settlement.scenario
        words = f"{head}: {scenario.title}" if head else scenario.title
        console.print(Text(f"{words} ({scenario.status})", style="bold"))
        print_wrapped(console, f"{scenario.statement} {_choices(settlement)}")
    console.print()


def _choices(settlement: Settlement) -> str:
    scenario = settlement.scenario
    return f"Pot £{scenario.pot:,}; {scenario.damping_in_words}."


def _from_population(folder: Path) -> tuple[Bridge, tuple[Settlement, ...]]:
    read = read_settled(folder)
    if read.population is None:
        raise CypsError(
            f"The results in {folder} have no population. Settle again with --population FILE."
        )
    return population_bridge(read.settlement, read.population), (read.settlement,)


def _between(
    before: Path, after: Path, together: Sequence[str], feasible_orders: bool
) -> tuple[Bridge, tuple[Settlement, ...]]:
    one, other = read_settled(before).settlement, read_settled(after).settlement
    joined = [[name.strip() for name in words.split("+")] for words in together]
    try:
        made = bridge(one, other, together=joined, feasible_orders_only=feasible_orders)
    except NoBridge as error:
        raise CypsError(f"{error}{_how_to_mend(error)}") from error
    return made, (one, other)


def _how_to_mend(error: NoBridge) -> str:
    options = [] if error.no_order else ["--feasible-orders"]
    if error.together:
        options.insert(0, f'--together "{"+".join(error.together)}"')
    return f"\nTo do so, add: {' or '.join(options)}" if options else ""


def _print_comparison(console: Console, comparison: Comparison) -> None:
    total = comparison.total()
    table = _table("", "Pounds")
    for name, value in (
        ("Before", f"{total.before:,}"),
        ("After", f"{total.after:,}"),
        ("Change", f"{total.change:+,}"),
        ("Winners", f"{total.winners}"),
        ("Losers", f"{total.losers}"),
        ("Unchanged", f"{total.unchanged}"),
    ):
        table.add_row(name, value)
    console.print(table)
    regions = _table("Region", "Change", "%", "Win", "Lose")
    for region in comparison.by_region():
        percent = _percent(region.change_rate)
        counts = (f"{region.winners}", f"{region.losers}")
        regions.add_row(Text(region.name), f"{region.change:+,}", percent, *counts)
    console.print(regions)
    rate, change = comparison.change_rate, comparison.change
    order = sorted((i for i in range(rate.size) if rate[i] == rate[i]), key=lambda i: -rate[i])
    _print_movers(console, comparison, "Gain most", [i for i in order if change[i] > 0])
    _print_movers(console, comparison, "Lose most", [i for i in order[::-1] if change[i] < 0])


def _print_movers(
    console: Console, comparison: Comparison, title: str, rows: Sequence[int]
) -> None:
    if not rows:
        return
    table = _table(title, "Change", "%")
    for i in rows[:_SHOWN]:
        name = Text(comparison.after.scenario.authorities[i].name)
        table.add_row(name, f"{comparison.change[i]:+,}", _percent(comparison.change_rate[i]))
    console.print(table)


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0))
    table.add_column(first, overflow="fold")
    for head in others:
        table.add_column(head, justify="right", overflow="fold")
    return table


def _percent(rate: float) -> str:
    return "" if rate != rate else f"{rate:+.1%}"


def _print_bridge(console: Console, made: Bridge) -> None:
    """Each component: what it moved between authorities and in total, and whom most."""
    if len(made.components) == 1:
        print_wrapped(console, "Nothing that moves pounds differs.")
        return
    table = _table("Component", "Gains", "Losses")
    for k, component in enumerate(made.components):
        moved = made.contribution[:, k]
        gains, losses = moved[moved > 0].sum(), moved[moved < 0].sum()
        table.add_row(Text(component), f"{gains:+,.0f}", f"{losses:+,.0f}")
    console.print(table)
    console.print()
    for k, component in enumerate(made.components[:-1]):
        moved = made.contribution[:, k]
        most, least = int(moved.argmax()), int(moved.argmin())
        print_wrapped(
            console,
            f"{component}: {made.names[most]} {moved[most]:+,.0f}, "
            f"{made.names[least]} {moved[least]:+,.0f}.",
        )


def _print_authority(console: Console, made: Bridge, row: int) -> None:
    """One authority's steps in whole pounds; what rounding them leaves is with rounding."""
    start = round(float(made.start[row]))
    pounds = [round(float(amount)) for amount in made.contribution[row, :-1]]
    rest = round(float(made.end[row])) - start - sum(pounds)
    table = _table(f"{made.names[row]} ({made.codes[row]})", "Pounds")
    table.add_row("from", f"{start:,}")
    for component, amount in zip(made.components, [*pounds, rest], strict=True):
        table.add_row(Text(component), f"{amount:+,}")
    table.add_row("to", f"{round(float(made.end[row])):,}")
    console.print(table)


def _print_left_out(console: Console, made: Bridge) -> None:
    if made.feasible_orders < made.orders:
        print_wrapped(
            console,
            f"The average is over {made.feasible_orders:,} of {made.orders:,} orders. The others "
            f"pass through settlements that cannot be made: before with after's "
            f"{'; '.join(made.infeasible[:3])}{'; ...' if len(made.infeasible) > 3 else ''}.",
        )


def _print_line(console: Console, line: TraceLine) -> None:
    formula = f" = {line.formula}" if line.formula else ""
    if not line.formula and line.inputs:
        formula = f", from {', '.join(f'({letter})' for letter in line.inputs)}"
    print_wrapped(console, f"({line.letter}) {line.name}{formula}")
    pound = "£" if "pounds" in line.unit else ""
    kind = " (input)" if line.kind == "input" else ""
    print_wrapped(console, f"    {pound}{line.text}{kind}")
    print_wrapped(console, f"    {line.source}")


def _comparison_rows(comparison: Comparison) -> Iterable[Sequence[str | float | int]]:
    before, after = comparison.before, comparison.after
    columns: dict[str, Iterable[str | float | int]] = {
        "code": after.scenario.codes,
        "name": [a.name for a in after.scenario.authorities],
        "region": [a.region for a in after.scenario.authorities],
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
    ends = np.column_stack([made.start, made.contribution, made.end]).tolist()
    rows = zip(made.codes, made.names, ends, strict=True)
    return [
        ("code", "name", "from", *made.components, "to"),
        *((code, name, *amounts) for code, name, amounts in rows),
    ]


def _write_csv(console: Console, path: Path, rows: Iterable[Sequence[str | float | int]]) -> None:
    """Write a table beside its place and put it there when it is whole."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([csv_cell(value) for value in row] for row in rows)
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(text.getvalue(), encoding="utf-8", newline="")
    beside.replace(path)
    console.print()
    console.print(Text(f"Written: {path}"), soft_wrap=True)
