"""Groups on the command line: `--by`, groups.csv, and what the terminal shows of groups."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cyps.cli.outputs import csv_cell
from cyps.geography import Grouping, known_grouping
from cyps.settlement import Settlement
from cyps.settlement.summaries import GroupTotals, all_totals, on_the_floor, totals_by

GROUPS = "groups.csv"

BY_HELP = "Group by region, region9 (London as one), class, combined or a CSV of code,group."


def named_once(by: Sequence[str]) -> list[str]:
    """What to group by, each once; by region where nothing is said."""
    return list(dict.fromkeys(known_grouping(word) or word for word in by or ["region"]))


def groups_csv(
    settlement: Settlement,
    groupings: Sequence[Grouping],
    population: NDArray[np.float64] | None,
) -> bytes:
    """Give groups.csv: each grouping's groups, then all authorities together.

    `share` is after area cost; `gain` and `lose` count authorities against their baseline.
    """
    rows: list[tuple[str | float | int, ...]] = [
        (
            "grouping", "group", "authorities", "needs_share", "share", "target", "baseline",
            "damped", "pounds", "change", "change_rate", "top_up", "gain", "lose", "on_floor",
            *(("population", "pounds_per_child") if population is not None else ()),
        )
    ]  # fmt: skip
    for by in groupings:
        of_each = np.array(by.of_each(settlement.scenario.codes))
        rows += [
            _row(settlement, by.name, totals, of_each == totals.name, population)
            for totals in totals_by(settlement, by)
        ]
        everyone = np.ones(of_each.size, dtype=np.bool_)
        rows.append(_row(settlement, by.name, all_totals(settlement), everyone, population))
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(
        [csv_cell(value) for value in row] for row in rows
    )
    return text.getvalue().encode()


def print_groups(
    settlement: Settlement, groupings: Sequence[Grouping], *, console: Console | None = None
) -> None:
    """Print each grouping's pounds and changes against the baseline."""
    console = console or Console(highlight=False, markup=False, emoji=False)
    for by in groupings:
        console.print()
        table = Table(box=None, padding=(0, 1, 0, 0))
        table.add_column(f"By {by.name}", overflow="fold")
        for head in ("Pounds", "Change"):
            table.add_column(head, justify="right", no_wrap=True)
        for totals in (*totals_by(settlement, by), all_totals(settlement)):
            rate = "" if np.isnan(totals.change_rate) else f"{totals.change_rate:+.1%}"
            table.add_row(Text(totals.name), f"{totals.pounds:,}", rate)
        console.print(table)


def _row(
    settlement: Settlement,
    grouping_name: str,
    totals: GroupTotals,
    members: NDArray[np.bool_],
    population: NDArray[np.float64] | None,
) -> tuple[str | float | int, ...]:
    change = settlement.change[members]
    children = () if population is None else (float(population[members].sum()),)
    return (
        grouping_name, totals.name, totals.authorities, totals.needs_share, totals.share,
        totals.target, totals.baseline, totals.damped, totals.pounds, totals.change,
        totals.change_rate, int(settlement.top_up[members].sum()), int((change > 0).sum()),
        int((change < 0).sum()), int(on_the_floor(settlement)[members].sum()),
        *children, *(totals.pounds / n for n in children),
    )  # fmt: skip
