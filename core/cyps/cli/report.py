"""What the terminal shows: the result in a table, notes, errors."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cyps.cli.outputs import LOOK, Outputs, all_notes
from cyps.settlement import Settlement
from cyps.settlement.checks import doubts
from cyps.settlement.summaries import on_the_floor

_SHOWN = 5
"""Authorities in each of the tables of gainers and losers."""


def print_error(message: str) -> None:
    """Print an error to standard error, broken between words at the terminal's width."""
    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    print_wrapped(console, f"Error: {message}")


def print_note(message: str) -> None:
    """Print a warning to standard error, where it does not disturb what is piped."""
    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    print_wrapped(console, f"Note: {message}")


def print_wrapped(console: Console, text: str) -> None:
    """Print text broken between words at the terminal's width."""
    # A file or a pipe gets whole lines, so that they can be searched.
    console.print(Text(text), soft_wrap=not console.is_terminal and "COLUMNS" not in os.environ)


def print_under(console: Console, first: str, text: str) -> None:
    """Print what is said under a short first line; in a file or a pipe behind it."""
    if console.is_terminal or "COLUMNS" in os.environ:
        console.print(Text(first))
        console.print(Padding(Text(text), (0, 0, 0, 4), expand=False))
    else:
        console.print(Text(f"{first}: {text}"), soft_wrap=True)


def print_report(
    settlement: Settlement, outputs: Outputs | None = None, *, console: Console | None = None
) -> None:
    """Print the result of a settlement: totals, gainers and losers, notes, what to open.

    Fits a terminal of 40 columns. Whatever is left out or assumed is printed
    too: a result without its notes says more than it knows.

    Parameters
    ----------
    settlement : what was settled
    outputs : files that were written, from `write_outputs`
    console : where to print; standard output by default
    """
    console = console or Console(highlight=False, markup=False, emoji=False)
    scenario = settlement.scenario
    console.print(Text(f"{scenario.title} ({scenario.status})", style="bold"))
    print_wrapped(console, scenario.statement)
    _print_list(console, LOOK, doubts(settlement))
    console.print()
    console.print(_totals(settlement))
    for title, rows in _movers(settlement):
        console.print(_movers_table(settlement, title, rows))
    _print_list(
        console, "Left out", [f"{x.name} ({x.code}): {x.reason}" for x in scenario.exclusions]
    )
    notes = [note for note in all_notes(settlement) if not note.startswith(LOOK)]
    _print_list(console, "Notes", notes)
    if outputs is not None:
        _print_outputs(console, outputs)


def _totals(settlement: Settlement) -> Table:
    scenario = settlement.scenario
    table = Table(show_header=False, box=None, padding=(0, 1, 0, 0))
    table.add_column(overflow="fold")
    table.add_column(justify="right", overflow="fold")
    count = len(scenario.authorities)
    for name, value in (
        ("Pot", f"£{scenario.pot:,}"),
        ("Baseline", f"£{scenario.baseline.sum():,.0f}"),
        ("Authorities", f"{count}"),
        ("Damping", scenario.damping_in_words),
        ("On the floor", f"{int(on_the_floor(settlement).sum())}"),
        ("Scaling factor", _factor(settlement)),
        *(
            [("Top-up from outside", f"£{settlement.top_up.sum():,}")]
            if settlement.top_up.any()
            else []
        ),
    ):
        table.add_row(name, value)
    for metric, weight in zip(settlement.use.metrics, settlement.weights, strict=True):
        table.add_row(f"Weight of {metric}", f"{weight:.2%}")
    return table


def _factor(settlement: Settlement) -> str:
    factor = settlement.damped.scaling_factor
    return "one a group" if np.isnan(factor) else f"{factor:.6f}"


def print_years(
    settled: Sequence[tuple[str, Settlement]], *, console: Console | None = None
) -> None:
    """Print a line a year: pot, how many are on the floor, the factor."""
    console = console or Console(highlight=False, markup=False, emoji=False)
    table = Table(title="Years", title_justify="left", box=None, padding=(0, 1, 0, 0))
    table.add_column("Year", overflow="fold")
    for name in ("Pot", "On floor", "Factor"):
        table.add_column(name, justify="right", no_wrap=True)
    for label, settlement in settled:
        lifted = int(on_the_floor(settlement).sum())
        table.add_row(label, f"£{settlement.scenario.pot:,}", f"{lifted}", _factor(settlement))
    console.print(table)
    # The last year's are told with its result.
    earlier = [f"{label}: {doubt}" for label, s in settled[:-1] for doubt in doubts(s)]
    _print_list(console, LOOK, earlier)
    console.print()


def _movers(settlement: Settlement) -> list[tuple[str, list[int]]]:
    """Authorities whose pounds rise and fall most against the baseline, by rate."""
    rate, change = settlement.change_rate, settlement.change
    # Those on the floor fall by one rate but for a rounding: among them the largest loss leads.
    order = sorted(
        (i for i in range(rate.size) if not np.isnan(rate[i])),
        key=lambda i: (round(float(rate[i]), 6), float(change[i])),
    )
    gainers = [i for i in reversed(order) if rate[i] > 0][:_SHOWN]
    losers = [i for i in order if rate[i] < 0][:_SHOWN]
    titled = [("Top gainers", gainers), ("Top losers", losers)]
    return [(title, rows) for title, rows in titled if rows]


def _movers_table(settlement: Settlement, title: str, rows: Sequence[int]) -> Table:
    table = Table(title=title, title_justify="left", box=None, padding=(0, 1, 0, 0))
    table.add_column("Authority", overflow="fold")
    table.add_column("Pounds", justify="right", no_wrap=True)
    table.add_column("Change", justify="right", no_wrap=True)
    for i in rows:
        table.add_row(
            Text(settlement.scenario.authorities[i].name),
            f"{settlement.pounds[i]:,}",
            f"{settlement.change_rate[i]:+.1%}",
        )
    return table


def print_lines(title: str, lines: Sequence[str], *, console: Console | None = None) -> None:
    """Print lines under a title, if there are any."""
    _print_list(console or Console(highlight=False, markup=False, emoji=False), title, lines)


def _print_list(console: Console, title: str, lines: Sequence[str]) -> None:
    if lines:
        console.print()
        console.print(Text(title, style="bold"))
        for line in lines:
            print_wrapped(console, f"- {line}")


def _print_outputs(console: Console, outputs: Outputs) -> None:
    console.print()
    first, *others = outputs.paths
    console.print(Text("Open next", style="bold"))
    console.print(Text(str(first)), soft_wrap=True)
    if others:
        console.print(Text(f"Beside it: {', '.join(path.name for path in others)}"))
