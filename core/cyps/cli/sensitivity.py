"""`cyps sensitivity`: which inputs matter, for everybody or for one authority."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.text import Text

from cyps.cli.chosen import chosen
from cyps.cli.explain import write_csv
from cyps.cli.explain_report import plain_console, print_state, print_title, words_table
from cyps.cli.one_file import check_table_out
from cyps.cli.report import print_wrapped
from cyps.explain import Tornado, authority_row, sensitivity

_FILE = click.Path(path_type=Path)
_SHOWN = 20
_WHAT = (
    "Pounds before rounding, each input changed by itself and settled anew. Change in per cent of "
    "the allocation for +1% is the elasticity."
)
_FIRST_ORDER = (
    "Coefficients: the odds ratio of a category (of a number, per unit) 1% higher; use moves "
    "first-order, by the pack's gradient."
)


@click.command("sensitivity", short_help="Which inputs matter, and how much.")
@click.argument("of_what", metavar="SCENARIO|FOLDER", type=_FILE)
@click.option("--authority", metavar="CODE|NAME", help="One authority's inputs, largest first.")
@click.option("--pack", type=_FILE, help="The pack that the use came from: its coefficients, too.")
@click.option("--trust", type=_FILE, help="Trust file (TOML): whose signature counts.")
@click.option("--of", "label", metavar="YEAR", help="Which year of a scenario with several.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
@click.option("--out", type=_FILE, help="CSV with a row for each authority and input.")
def sensitivity_command(
    of_what: Path,
    authority: str | None,
    pack: Path | None,
    trust: Path | None,
    label: str | None,
    as_json: bool,
    out: Path | None,
) -> None:
    """Show what a small change of each input does to every authority's allocation.

    Of a folder that `cyps settle` or `cyps demo` wrote, or of a scenario file.
    Inputs: each cost weight, the pot and the own area cost +1%, each rate of the
    damping rule +1 point, and with a pack the odds ratio of each coefficient +1%.
    """
    check_table_out(out, (of_what, pack, trust))
    which = chosen(of_what, label=label, pack=pack, trust=trust)
    loaded = which.pack
    # A scenario's own pack may lack a gradient; asked for by name, it has to have one.
    usable = loaded is not None and loaded.pack.use.gradient is not None
    wanted = loaded.pack if loaded and (usable or pack is not None) else None
    tornado = sensitivity(which.settlement, wanted)
    row = None if authority is None else authority_row(which.settlement, authority)
    if as_json:
        click.echo(json.dumps(_as_json(tornado, row), indent=2, ensure_ascii=False))
        if out is not None:
            write_csv(None, out, _rows(tornado))
        return
    console = plain_console()
    print_title(console, which.settlement)
    if loaded is not None:
        print_state(console, which.settlement, loaded)
    print_wrapped(console, f"{_WHAT} {_FIRST_ORDER}" if wanted else _WHAT)
    console.print()
    if row is None:
        _print_all(console, tornado)
    else:
        _print_one(console, tornado, row)
    for name, why in tornado.not_possible.items():
        print_wrapped(console, f"{name}: not possible. {why}")
    if loaded is not None and wanted is None:
        print_wrapped(console, "The pack has no gradient: nothing is said of its coefficients.")
    if out is not None:
        write_csv(console, out, _rows(tornado))


def _print_all(console: Console, tornado: Tornado) -> None:
    """Each input: pounds moved between authorities, largest first."""
    moved = np.nansum(np.abs(tornado.change), axis=0) / 2
    order = np.argsort(-moved, kind="stable")
    table = words_table("Input", "Moved", "Most", "Least")
    shown = [int(k) for k in order if not np.isnan(tornado.change[:, k]).all()]
    for k in shown[:_SHOWN]:
        rate = tornado.change_rate[:, k] * 100
        table.add_row(
            Text(tornado.inputs[k]),
            f"{moved[k]:,.0f}",
            f"{np.nanmax(rate):+.2f}%",
            f"{np.nanmin(rate):+.2f}%",
        )
    console.print(table)
    print_wrapped(console, "Moved: half of all changes, pounds. Most, least: of an allocation.")
    _print_more(console, len(shown))


def _print_one(console: Console, tornado: Tornado, row: int) -> None:
    code = tornado.codes[row]
    console.print(Text(f"{tornado.names[row]} ({code})", style="bold"))
    console.print(Text(f"Allocation £{tornado.allocation[row]:,.0f}"))
    table = words_table("Input", "Pounds", "%")
    found = tornado.of(code)
    whole = tornado.allocation[row]
    for name, pounds in found[:_SHOWN]:
        rate = f"{pounds / whole:+.3%}" if whole > 0 else ""
        table.add_row(Text(name), f"{pounds:+,.0f}", rate)
    console.print(table)
    _print_more(console, len(found))
    hidden = sum(
        bool(np.isnan(tornado.change[row, k])) and name not in tornado.not_possible
        for k, name in enumerate(tornado.inputs)
    )
    if hidden:
        print_wrapped(
            console,
            f"{hidden} inputs have no number here: their effect is hidden in the pack, as resting "
            "on too few children.",
        )


def _print_more(console: Console, found: int) -> None:
    if found > _SHOWN:
        print_wrapped(console, f"... and {found - _SHOWN} more; --out writes all of them.")


def _rows(tornado: Tornado) -> Iterator[Sequence[str | float | int]]:
    yield "code", "name", "allocation", "input", "change", "change_rate"
    rates = tornado.change_rate
    for i, (code, name) in enumerate(zip(tornado.codes, tornado.names, strict=True)):
        whole = float(tornado.allocation[i])
        for k, what in enumerate(tornado.inputs):
            yield code, name, whole, what, float(tornado.change[i, k]), float(rates[i, k])


def _as_json(tornado: Tornado, row: int | None) -> dict[str, object]:
    rows = range(len(tornado.codes)) if row is None else [row]
    return {
        "what": _WHAT,
        "authorities": {
            tornado.codes[i]: {
                "name": tornado.names[i],
                "allocation": float(tornado.allocation[i]),
                "change": {
                    name: None if np.isnan(change) else change
                    for name, change in zip(tornado.inputs, tornado.change[i].tolist(), strict=True)
                },
            }
            for i in rows
        },
        "not_possible": dict(tornado.not_possible),
    }
