"""`cyps uncertainty`: how sure shares, allocations and ranks are, as far as coefficients go."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
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
from cyps.errors import CypsError
from cyps.explain import Uncertainty, authority_row, check_same_use, ranks, uncertainty
from cyps.explain.uncertainty import OFF

_FILE = click.Path(path_type=Path)
_SHOWN = 5


@click.command("uncertainty", short_help="How sure shares, allocations and ranks are.")
@click.argument("of_what", metavar="SCENARIO|FOLDER", type=_FILE)
@click.option("--pack", type=_FILE, help="The pack that the use came from.")
@click.option("--trust", type=_FILE, help="Trust file (TOML): whose signature counts.")
@click.option("--of", "label", metavar="YEAR", help="Which year of a scenario with several.")
@click.option("--authority", metavar="CODE|NAME", help="Show one authority.")
@click.option("--draws", type=click.IntRange(10, 1_000_000), default=1000, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=2019, show_default=True, help="Of chance.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
@click.option("--out", type=_FILE, help="CSV with a row for each authority.")
def uncertainty_command(
    of_what: Path,
    pack: Path | None,
    trust: Path | None,
    label: str | None,
    authority: str | None,
    draws: int,
    seed: int,
    as_json: bool,
    out: Path | None,
) -> None:
    """Show how sure each authority's share, allocation and rank are.

    Of a folder that `cyps settle` or `cyps demo` wrote, with its --pack, or of a
    scenario file whose use is a pack. Draws of the coefficients go through
    weights, area cost and damping.
    """
    check_table_out(out, (of_what, pack, trust))
    which = chosen(of_what, label=label, pack=pack, trust=trust)
    if which.pack is None:
        raise CypsError(
            "Uncertainty comes from the coefficients of a pack, and none is known here. Give the "
            "one that the use came from with --pack."
        )
    loaded = which.pack
    loaded.pack.covariances_for("Uncertainty")
    loaded.pack.gradient_for("Uncertainty")
    check_same_use(loaded.pack, which.settlement)
    found = uncertainty(loaded.pack, which.settlement.scenario, draws, seed)
    row = None if authority is None else authority_row(found.settlement, authority)
    if as_json:
        click.echo(json.dumps(_as_json(found, row, seed), indent=2, ensure_ascii=False))
        if out is not None:
            write_csv(None, out, _rows(found))
        return
    console = plain_console()
    print_title(console, found.settlement)
    print_state(console, found.settlement, loaded)
    print_wrapped(console, found.label)
    console.print()
    if row is None:
        _print_all(console, found)
    else:
        _print_one(console, found, row)
    _print_limits(console, found, seed)
    if out is not None:
        write_csv(console, out, _rows(found))


def _print_all(console: Console, found: Uncertainty) -> None:
    whole = np.array([code not in found.incomplete for code in found.settlement.scenario.codes])
    if not whole.any():
        print_wrapped(console, "Part of the gradient is hidden for every authority.")
        return
    summary = words_table("Share off by more than", "Median chance", "Highest", "Over half")
    for k, limit in enumerate(OFF):
        off = found.off[whole, k]
        summary.add_row(
            f"{limit:.0%}", f"{np.median(off):.1%}", f"{off.max():.1%}", f"{int((off > 0.5).sum())}"
        )
    console.print(summary)
    print_wrapped(console, "Over half: authorities whose chance is over 50%.")
    console.print()
    share = found.settlement.share
    width = found.share.high - found.share.low
    wide = np.divide(width, share, out=np.zeros_like(share), where=whole & (share > 0))
    table = words_table("Least sure", "Share", "95% range", "Rank")
    for i in np.argsort(-wide, kind="stable")[:_SHOWN].tolist():
        table.add_row(
            Text(found.settlement.scenario.authorities[i].name),
            f"{share[i]:.3%}",
            f"{found.share.low[i]:.3%} to {found.share.high[i]:.3%}",
            f"{int(found.rank.low[i])}-{int(found.rank.high[i])}",
        )
    console.print(table)


def _print_one(console: Console, found: Uncertainty, row: int) -> None:
    settlement = found.settlement
    place = settlement.scenario.authorities[row]
    console.print(Text(f"{place.name} ({place.code})", style="bold"))
    amount = settlement.damped.allocation
    table = words_table("", "As settled", "95% from", "to")
    table.add_row(
        "Share", f"{settlement.share[row]:.4%}", f"{found.share.low[row]:.4%}",
        f"{found.share.high[row]:.4%}",
    )  # fmt: skip
    table.add_row(
        "Allocation", f"{amount[row]:,.0f}", f"{found.allocation.low[row]:,.0f}",
        f"{found.allocation.high[row]:,.0f}",
    )  # fmt: skip
    table.add_row(
        "Rank", f"{ranks(amount)[row]}", f"{int(found.rank.low[row])}",
        f"{int(found.rank.high[row])}",
    )  # fmt: skip
    console.print(table)
    print_wrapped(console, f"Standard error of the share {found.share_error[row]:.4%}.")
    chances = ", ".join(f"{k:.0%}: {p:.1%}" for k, p in zip(OFF, found.off[row], strict=True))
    print_wrapped(console, f"Chance that the share is off by more than {chances}.")
    hidden = [x for x in found.missing if x.code == place.code]
    if hidden:
        named = ", ".join(f"{x.metric} {x.coefficient}" for x in hidden)
        print_wrapped(console, f"Hidden in the pack, as resting on too few children: {named}.")


def _print_limits(console: Console, found: Uncertainty, seed: int) -> None:
    if found.incomplete:
        name_of = {a.code: a.name for a in found.settlement.scenario.authorities}
        names = [name_of[code] for code in found.incomplete]
        more = f" and {len(names) - 10} more" if len(names) > 10 else ""
        certain = "is" if found.missing else "is, or may be,"
        print_wrapped(
            console,
            f"Not to be relied on, because part of their gradient {certain} hidden: "
            f"{', '.join(names[:10])}{more}.",
        )
    if found.infeasible:
        print_wrapped(
            console,
            f"{found.infeasible:,} draws cannot be settled and are in no range of allocations and "
            f"ranks. {found.why}",
        )
    print_wrapped(console, f"{found.draws:,} draws, seed {seed}.")


_Column = Iterable[str | float | int]


def _columns(found: Uncertainty) -> dict[str, _Column]:
    settlement = found.settlement
    places, hidden = settlement.scenario.authorities, set(found.incomplete)
    columns: dict[str, _Column] = {
        "code": [place.code for place in places],
        "name": [place.name for place in places],
        "share": settlement.share.tolist(),
        "share_error": found.share_error.tolist(),
        "share_drawn_error": found.share_drawn.tolist(),
        "share_low": found.share.low.tolist(),
        "share_high": found.share.high.tolist(),
        "needs_share": settlement.needs_share.tolist(),
        "needs_share_error": found.needs_share_error.tolist(),
        "allocation": settlement.damped.allocation.tolist(),
        "allocation_low": found.allocation.low.tolist(),
        "allocation_high": found.allocation.high.tolist(),
        "rank": ranks(settlement.damped.allocation).tolist(),
        "rank_low": found.rank.low.astype(int).tolist(),
        "rank_high": found.rank.high.astype(int).tolist(),
    }
    for k, limit in enumerate(OFF):
        columns[f"off_by_{limit * 100:.0f}_percent"] = found.off[:, k].tolist()
    columns["incomplete"] = ["yes" if place.code in hidden else "no" for place in places]
    return columns


def _rows(found: Uncertainty) -> list[Sequence[str | float | int]]:
    columns = _columns(found)
    return [tuple(columns), *zip(*columns.values(), strict=True)]


def _as_json(found: Uncertainty, row: int | None, seed: int) -> dict[str, object]:
    head, *rows = _rows(found)
    shown = rows if row is None else [rows[row]]
    return {
        "label": found.label,
        "draws": found.draws,
        "seed": seed,
        "infeasible": found.infeasible,
        "authorities": [dict(zip(map(str, head), one, strict=True)) for one in shown],
        "hidden": [
            {"code": x.code, "metric": x.metric, "coefficient": x.coefficient}
            for x in found.missing
        ],
    }
