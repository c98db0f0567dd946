"""`cyps child`: one child's predicted probabilities, term by term."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cyps.cli.explain_report import plain_console
from cyps.cli.outputs import LOOK
from cyps.cli.report import print_wrapped
from cyps.errors import CypsError
from cyps.explain.child import MEDIAN, ChildPrediction, outside_bands, predict_child
from cyps.explain.far_out import far_out
from cyps.pack import LoadedPack, Pack, read_pack, read_trust

_FILE = click.Path(path_type=Path)


@click.command("child", short_help="One child's probabilities, term by term.")
@click.argument("pack", type=_FILE)
@click.option(
    "--with",
    "told",
    metavar="DRIVER=LEVEL",
    multiple=True,
    help="The child's category or number, as fsm=yes or idaci=0.25. Repeat for each driver.",
)
@click.option("--reference", is_flag=True, help="All other drivers: reference category or mean.")
@click.option("--metric", multiple=True, help="Only this metric. Repeat for more.")
@click.option("--trust", type=_FILE, help="Trust file (TOML): whose signature counts.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def child_command(
    pack: Path,
    told: tuple[str, ...],
    reference: bool,
    metric: tuple[str, ...],
    trust: Path | None,
    as_json: bool,
) -> None:
    """Work out one child's probability of each event from a PACK, term by term.

    Every driver has to be told, or --reference says that the rest is at the
    reference category, or at the mean over all children. The child is made up:
    nothing is looked up. A number far outside of what the pack tells of is doubted.
    """
    loaded = read_pack(pack, trust=read_trust(trust) if trust else None)
    wanted = [name.upper() for name in metric] or list(loaded.pack.metrics)
    unknown = [name for name in wanted if name not in loaded.pack.metrics]
    if unknown:
        raise CypsError(
            f"The pack has no metric {unknown[0]}. It has {', '.join(loaded.pack.metrics)}."
        )
    made = predict_child(loaded.pack, _told(loaded.pack, told), rest_at_reference=reference)
    shown = [child for child in made if child.metric in wanted]
    notes = [MEDIAN, *outside_bands(loaded.pack)]
    doubts = [f"{LOOK}: {doubt}" for doubt in far_out(loaded.pack, shown)]
    if as_json:
        click.echo(
            json.dumps(_as_json(loaded, shown, [*doubts, *notes]), indent=2, ensure_ascii=False)
        )
        return
    console = plain_console()
    console.print(Text(f"{loaded.pack.name} ({loaded.pack.status})", style="bold"))
    print_wrapped(console, f"{loaded.state.sentence} {loaded.pack.statement}")
    for doubt in doubts:
        print_wrapped(console, doubt)
    for child in shown:
        _print_child(console, child)
    console.print()
    if any(term.assumed for child in shown for term in child.terms):
        notes.insert(0, "* was not told, but is the reference category or the mean.")
    for note in notes:
        print_wrapped(console, note)


def _told(pack: Pack, values: tuple[str, ...]) -> dict[str, str]:
    """Levels by driver, from DRIVER=LEVEL; a driver's name may have an = of its own."""
    found: dict[str, str] = {}
    for value in values:
        name, equals, level = value.partition("=")
        for driver in pack.own_drivers:
            if value.startswith(f"{driver.name}=") and len(driver.name) > len(name):
                name, level = driver.name, value[len(driver.name) + 1 :]
        if not equals:
            raise CypsError(f"'{value}' does not say what. Write it like fsm=yes or idaci=0.25.")
        name = name.strip()
        if name in found:
            raise CypsError(f"'{name}' is told twice. Tell it once.")
        found[name] = level.strip()
    return found


def _print_child(console: Console, child: ChildPrediction) -> None:
    console.print()
    console.print(Text(child.metric, style="bold"))
    table = Table(box=None, padding=(0, 1, 0, 0))
    table.add_column("Driver", overflow="fold")
    table.add_column("Level", overflow="fold")
    for head in ("Log odds", "Sum", "Ratio"):
        table.add_column(head, justify="right", no_wrap=True)
    for term in child.terms:
        level = Text(f"{term.level}{' *' if term.assumed else ''}")
        if term.driver == "Intercept":
            table.add_row("Intercept", "", f"{term.log_odds:+.4f}", f"{term.sum:+.4f}", "")
            continue
        name = Text(term.driver)
        if term.value != 1.0:
            name.append(f" ({term.coefficient:+.4f} each)")
        numbers = (f"{term.log_odds:+.4f}", f"{term.sum:+.4f}", _ratio(term.odds_ratio))
        table.add_row(name, level, *numbers)
    console.print(table)
    interval = ""
    if child.interval:
        low, high = child.interval
        interval = f"; 95% interval of the coefficients {low:.4%} to {high:.4%}"
    print_wrapped(
        console,
        f"Probability 1 / (1 + exp({-child.log_odds:.4f})) = {child.probability:.4%}{interval}",
    )


def _ratio(ratio: float) -> str:
    """An odds ratio; one that no child has is short, or it would crowd the others out."""
    return f"{ratio:.3f}" if ratio < 1e6 else f"{ratio:.2e}"


def _as_json(
    loaded: LoadedPack, shown: list[ChildPrediction], notes: list[str]
) -> dict[str, object]:
    return {
        "pack": loaded.pack.name,
        "status": loaded.pack.status,
        "statement": loaded.pack.statement,
        "state": loaded.state.sentence,
        "content_hash": loaded.content_hash,
        "metrics": {
            child.metric: {
                "terms": [
                    {
                        "driver": term.driver,
                        "level": term.level,
                        "coefficient": term.coefficient,
                        "value": term.value,
                        "log_odds": term.log_odds,
                        "sum": term.sum,
                        "odds_ratio": None if term.driver == "Intercept" else term.odds_ratio,
                        "assumed": term.assumed,
                    }
                    for term in child.terms
                ],
                "log_odds": child.log_odds,
                "probability": child.probability,
                "interval": child.interval,
            }
            for child in shown
        },
        "notes": notes,
    }
