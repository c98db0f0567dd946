"""What the terminal shows of comparisons, bridges and traces."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cyps.cli.report import print_wrapped
from cyps.errors import CypsError
from cyps.explain import Bridge, Comparison, TraceLine
from cyps.geography import Grouping, Neighbours
from cyps.pack import LoadedPack
from cyps.settlement import Settlement

_SHOWN = 5


def plain_console() -> Console:
    """Give a console that shows text as it stands."""
    return Console(highlight=False, markup=False, emoji=False)


def print_title(console: Console, *settlements: Settlement) -> None:
    """Say what the settlements are: one, or before and after."""
    heads = ("Before", "After") if len(settlements) == 2 else ("",)
    for head, settlement in zip(heads, settlements, strict=True):
        scenario = settlement.scenario
        words = f"{head}: {scenario.title}" if head else scenario.title
        console.print(Text(f"{words} ({scenario.status})", style="bold"))
        print_wrapped(console, f"{scenario.statement} {_choices(settlement)}")
        print_wrapped(console, f"Use: {settlement.use.basis.rstrip('.')}.")
        for x in scenario.exclusions:
            print_wrapped(console, f"Left out: {x.name} ({x.code}): {x.reason}")
    console.print()


def print_state(console: Console, settlement: Settlement, loaded: LoadedPack) -> None:
    """Say which pack was given and who vouches for it, where the use does not say that."""
    pack = loaded.pack
    if loaded.state.sentence.rstrip(".") in settlement.use.basis:
        return
    print_wrapped(console, f"Pack '{pack.name}' ({pack.status}). {loaded.state.sentence}")
    console.print()


def _choices(settlement: Settlement) -> str:
    scenario = settlement.scenario
    return f"Pot £{scenario.pot:,}; {scenario.damping_in_words}."


def print_comparison(
    console: Console, comparison: Comparison, groupings: Sequence[Grouping]
) -> None:
    """Print totals, groups, and who gains and loses most."""
    total = comparison.total()
    table = words_table("", "Pounds")
    top_up = [int(s.top_up.sum()) for s in (comparison.before, comparison.after)]
    from_outside = [
        ("Top-up before", f"{top_up[0]:,}"),
        ("Top-up after", f"{top_up[1]:,}"),
        ("Change with top-up", f"{total.change + top_up[1] - top_up[0]:+,}"),
    ]
    for name, value in (
        ("Before", f"{total.before:,}"),
        ("After", f"{total.after:,}"),
        ("Change", f"{total.change:+,}"),
        *(from_outside if any(top_up) else []),
        ("Winners", f"{total.winners}"),
        ("Losers", f"{total.losers}"),
        ("Unchanged", f"{total.unchanged}"),
    ):
        table.add_row(name, value)
    console.print(table)
    for by in groupings:
        console.print(_group_table(comparison, by))
    rate, change = comparison.change_rate, comparison.change
    order = sorted((i for i in range(rate.size) if rate[i] == rate[i]), key=lambda i: -rate[i])
    _print_movers(console, comparison, "Gain most", [i for i in order if change[i] > 0])
    _print_movers(console, comparison, "Lose most", [i for i in order[::-1] if change[i] < 0])


def _group_table(comparison: Comparison, by: Grouping) -> Table:
    """Winners and losers by group, with everybody below; pounds per child where known."""
    per_child = ["Per child"] if comparison.population is not None else []
    title = by.name[:1].upper() + by.name[1:]
    table = words_table(title, "Change", "%", *per_child, "Win", "Lose")
    for group in (*comparison.by_group(by.of), comparison.total()):
        table.add_row(
            Text(group.name), f"{group.change:+,}", _percent(group.change_rate),
            *(f"{group.change_per_child:+,.2f}" for _ in per_child),
            f"{group.winners}", f"{group.losers}",
        )  # fmt: skip
    return table


def print_neighbours(
    console: Console, comparison: Comparison, row: int, neighbours: Neighbours
) -> None:
    """One authority above its neighbours, the nearest first, and what these have together.

    Raises
    ------
    CypsError
        When the file has no neighbours of the authority, or none of them is here.
    """
    places = comparison.after.scenario.authorities
    own = places[row]
    named = neighbours.of.get(own.code, ())
    at = {place.code: i for i, place in enumerate(places)}
    here = [at[code] for code in named if code in at]
    if not here:
        raise CypsError(
            f"There are no neighbours of {own.name} ({own.code}) in this settlement: "
            f"{neighbours.source} name {len(named)} for it. Check the file and its year."
        )
    per_child = ["After/child"] if comparison.population is not None else []
    table = words_table("Beside its neighbours", "After", "Change", "%", *per_child)
    for title, rows in [
        *((places[i].name, [i]) for i in (row, *here)),
        ("Neighbours together", here),
    ]:
        before = int(comparison.before.pounds[rows].sum())
        after = int(comparison.after.pounds[rows].sum())
        table.add_row(
            Text(title), f"{after:,}", f"{after - before:+,}",
            _percent(after / before - 1 if before else float("nan")),
            *(f"{_per_child(comparison, after, rows):,.2f}" for _ in per_child),
        )  # fmt: skip
    console.print(table)
    away = [code for code in named if code not in at]
    if away:
        print_wrapped(console, f"Not in this settlement: {', '.join(away)}.")


def _per_child(comparison: Comparison, pounds: int, rows: Sequence[int]) -> float:
    assert comparison.population is not None  # noqa: S101 - just asked by the caller
    return pounds / float(comparison.population[rows].sum())


def _print_movers(
    console: Console, comparison: Comparison, title: str, rows: Sequence[int]
) -> None:
    if not rows:
        return
    table = words_table(title, "Change", "%")
    for i in rows[:_SHOWN]:
        name = Text(comparison.after.scenario.authorities[i].name)
        table.add_row(name, f"{comparison.change[i]:+,}", _percent(comparison.change_rate[i]))
    console.print(table)


def words_table(first: str, *others: str) -> Table:
    """Give a table whose first column is words and whose others are numbers."""
    table = Table(box=None, padding=(0, 1, 0, 0))
    table.add_column(first, overflow="fold")
    for head in others:
        table.add_column(head, justify="right", overflow="fold")
    return table


def _percent(rate: float) -> str:
    return "" if rate != rate else f"{rate:+.1%}"


def print_bridge(console: Console, made: Bridge) -> None:
    """Each component: what it moved between authorities and in total, and whom most."""
    if len(made.components) == 1:
        print_wrapped(console, "Nothing that moves pounds differs.")
        return
    table = words_table("Component", "Gains", "Losses")
    for k, component in enumerate(made.components):
        moved = made.contribution[:, k]
        gains, losses = moved[moved > 0].sum(), moved[moved < 0].sum()
        table.add_row(Text(component), f"{gains:+,.0f}", f"{losses:+,.0f}")
    console.print(table)
    if made.has_top_up:
        totals = [round(float(t.sum())) for t in (made.top_up_before, made.top_up_after)]
        print_wrapped(
            console,
            f"Top-ups from outside the pot, in none of these: {totals[0]:,} before, {totals[1]:,} "
            "after.",
        )
    console.print()
    for k, component in enumerate(made.components[:-1]):
        moved = made.contribution[:, k]
        most, least = int(moved.argmax()), int(moved.argmin())
        print_wrapped(
            console,
            f"{component}: {made.names[most]} {moved[most]:+,.0f}, "
            f"{made.names[least]} {moved[least]:+,.0f}.",
        )


def print_authority_bridge(console: Console, made: Bridge, row: int) -> None:
    """One authority's steps in whole pounds; what rounding them leaves is with rounding."""
    start = round(float(made.start[row]))
    pounds = [round(float(amount)) for amount in made.contribution[row, :-1]]
    rest = round(float(made.end[row])) - start - sum(pounds)
    table = words_table(f"{made.names[row]} ({made.codes[row]})", "Pounds")
    table.add_row("from", f"{start:,}")
    for component, amount in zip(made.components, [*pounds, rest], strict=True):
        table.add_row(Text(component), f"{amount:+,}")
    end = round(float(made.end[row]))
    table.add_row("to", f"{end:,}")
    if made.has_top_up:
        before, after = (round(float(t[row])) for t in (made.top_up_before, made.top_up_after))
        table.add_row("top-up from outside, before", f"{before:,}")
        table.add_row("top-up from outside, after", f"{after:,}")
        table.add_row("to, with top-up", f"{end + after:,}")
    console.print(table)


def print_left_out(console: Console, made: Bridge) -> None:
    """Say so when the average is not over every order."""
    if made.feasible_orders < made.orders:
        print_wrapped(
            console,
            f"The average is over {made.feasible_orders:,} of {made.orders:,} orders. The others "
            f"pass through settlements that cannot be made: before with after's "
            f"{'; '.join(made.infeasible[:3])}{'; ...' if len(made.infeasible) > 3 else ''}.",
        )


def print_trace_line(console: Console, line: TraceLine) -> None:
    """Print a line of a trace: letter, name, formula; value; source."""
    formula = f" = {line.formula}" if line.formula else ""
    if not line.formula and line.inputs:
        formula = f", from {', '.join(f'({letter})' for letter in line.inputs)}"
    print_wrapped(console, f"({line.letter}) {line.name}{formula}")
    pound = "£" if "pounds" in line.unit else ""
    kind = " (input)" if line.kind == "input" else ""
    print_wrapped(console, f"    {pound}{line.text}{kind}")
    print_wrapped(console, f"    {line.source}")
