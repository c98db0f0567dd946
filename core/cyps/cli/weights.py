"""`cyps weights`: cost weights from a file of spend, and what each line of it became."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cyps.cli.one_file import check_table_out, put_table
from cyps.cli.options import AnyCase, listed_years
from cyps.cli.outputs import csv_cell
from cyps.cli.report import print_wrapped
from cyps.errors import CypsError
from cyps.needs import ServiceAreaSpend, cost_weights
from cyps.returns import (
    METRICS,
    Problems,
    SpendChoices,
    SpendLine,
    SpendReading,
    check_weighable,
    line_map_csv,
    map_to_fill_in,
    read_spend,
)

_FILE = click.Path(path_type=Path)


@click.command("weights", short_help="Cost weights from spend by line.")
@click.argument("file", type=_FILE)
@click.option("--map", "line_map", type=_FILE, help="Own map of lines to service areas.")
@click.option("--years", callback=listed_years, help="Years to take: 2017-18,2018-19 (averaged).")
@click.option("--metrics", type=AnyCase(["3", "4"]), default="3", help="Metric set; 4 has REF.")
@click.option("--out", type=_FILE, help="Write the spend as a file for cyps settle --spend.")
@click.option("--write-map", type=_FILE, help="Write the map of lines, to change; then --map.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def weights_command(
    file: Path,
    line_map: Path | None,
    years: tuple[str, ...],
    metrics: str,
    out: Path | None,
    write_map: Path | None,
    as_json: bool,
) -> None:
    """Cost weights of each metric from a file of national spend.

    FILE is DfE's section 251 outturn or MHCLG's RO3 in long form, any other file in long
    form with --map, spend by service area, or unit costs and activity. Prints the weights,
    what became of every line, and every total of the file beside the lines under it.
    """
    for place in (out, write_map):
        check_table_out(place, (file, line_map))
    choices = SpendChoices(line_map, years, int(metrics))
    if write_map is not None:
        if write_map.exists():
            raise CypsError(
                f"{write_map} is there already, perhaps with changes. Choose a new name."
            )
        filled = line_map_csv(map_to_fill_in(file, choices))
        put_table(write_map, filled.encode())
        click.echo(f"{write_map} has every line of {file.name}. Change it, then give it as --map.")
        return
    problems = Problems()
    reading = read_spend(file, problems, choices)
    problems.stop_if_any()
    weights = weights_of(reading)
    if out is not None:
        put_table(out, spend_csv(reading.spend).encode())
    if as_json:
        told = {"weights": weights, **spend_record(reading), "notes": list(reading.notes)}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    print_weights(reading, weights)
    if out is not None:
        click.echo(f"\nWritten: {out}. It gives the same weights as cyps settle --spend.")


def weights_of(reading: SpendReading) -> dict[str, float]:
    """The cost weight of every metric that spend stands for."""
    spend = reading.spend
    metrics = sorted({line.metric for line in spend}, key=METRICS.index)
    if not metrics:
        raise CypsError(
            f"{reading.place}: no line is mapped to a service area, so there is nothing to weigh."
        )
    check_weighable(reading, metrics, "use")
    return dict(zip(metrics, cost_weights(spend, metrics).tolist(), strict=True))


def spend_csv(spend: Sequence[ServiceAreaSpend]) -> str:
    """Spend as a plain file that `cyps settle --spend` reads back to the same weights."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["service_area", "metric", "spend"])
    for line in spend:
        writer.writerow([csv_cell(v) for v in (line.service_area, line.metric, line.pounds)])
    return text.getvalue()


def spend_record(reading: SpendReading) -> dict[str, Any]:
    """Every line of the spend file and every total, for run.json and `--json`."""
    return {
        "spend_lines": [
            {
                "year": line.year,
                "line": line.line,
                "service_area": line.service_area,
                "metric": line.metric,
                "pounds": line.pounds,
                "counted": line.counted,
                "part_of": line.part_of,
                "remark": line.remark,
            }
            for line in reading.lines
        ],
        "spend_totals": [
            {
                "year": check.year,
                "line": check.line,
                "pounds": check.pounds,
                "parts": check.parts,
                "difference": check.difference,
            }
            for check in reading.totals
        ],
    }


def print_weights(
    reading: SpendReading, weights: dict[str, float], *, console: Console | None = None
) -> None:
    """Print weights, lines and totals; fits a terminal of 60 columns."""
    console = console or Console(highlight=False, markup=False, emoji=False)
    source = reading.source
    console.print(Text("Cost weights" + (f" from {source.file}" if source else ""), style="bold"))
    print_wrapped(console, f"{reading.form}.")
    console.print()
    console.print(_weights(reading.spend, weights))
    for year in dict.fromkeys(line.year for line in reading.lines):
        console.print()
        console.print(_lines(year, [line for line in reading.lines if line.year == year]))
    if reading.totals:
        console.print()
        console.print(_totals(reading))
    console.print()
    for note in reading.notes:
        print_wrapped(console, f"- {note}")


def _table(title: str, names: Sequence[str], numbers: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", box=None, padding=(0, 1, 0, 0))
    for name in names:
        table.add_column(name, overflow="fold")
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _weights(spend: Sequence[ServiceAreaSpend], weights: dict[str, float]) -> Table:
    table = _table("Weights", ["Metric"], ["Weight", "£m"])
    for metric, weight in weights.items():
        pounds = sum(line.pounds for line in spend if line.metric == metric)
        table.add_row(metric, f"{weight:.4%}", _million(pounds))
    return table


_WORDS = {"included": "", "left out": "left out", "total": "total", "part of": "in its whole"}


def _lines(year: str, lines: Sequence[SpendLine]) -> Table:
    table = _table(f"Lines of {year}" if year else "Lines", ["Line", "Area", "Counts as"], ["£m"])
    for line in lines:
        became = line.metric or _WORDS[line.counted]
        table.add_row(Text(line.line), line.service_area, became, _million(line.pounds))
    return table


def _totals(reading: SpendReading) -> Table:
    title = "The file's totals and the lines under them"
    table = _table(title, ["Total"], ["£m", "Lines, £m", "Apart, £"])
    for check in reading.totals:
        name = f"{check.year} {check.line}" if check.year else check.line
        # Rounded first: a difference of less than half a penny has no sign.
        apart = round(check.difference, 2) + 0.0
        table.add_row(Text(name), _million(check.pounds), _million(check.parts), f"{apart:,.2f}")
    return table


def _million(pounds: float | None) -> str:
    return "none" if pounds is None else f"{pounds / 1e6:,.1f}"
