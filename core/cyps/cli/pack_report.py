"""What the terminal shows of packs; every table fits 50 columns."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cyps.pack import Driver, Interaction, LoadedPack, MetricModel, NeutralisedUse, Pack
from cyps.pack.diff import PackDiff, ShareChange
from cyps.pack.use_table import neutral_key

_SHOWN = 5
"""Authorities in each of the tables of those whose share rises and falls most."""
_SHOWN_COEFFICIENTS = 15


def _console() -> Console:
    return Console(highlight=False, markup=False, emoji=False)


def say(text: str, style: str = "") -> None:
    """Print text, broken between words at the terminal's width; whole lines into a file."""
    console = _console()
    soft = not console.is_terminal and "COLUMNS" not in os.environ
    console.print(Text(text, style=style), soft_wrap=soft)


def _heading(text: str) -> None:
    say("")
    say(text, "bold")


def _print(heads: Sequence[str], rows: Sequence[Sequence[str]], *, header: bool = True) -> None:
    """A table whose first column is words and whose others are numbers."""
    table = Table(box=None, padding=(0, 1, 0, 0), show_header=header)
    for i, head in enumerate(heads):
        table.add_column(head, justify="right" if i else "left", overflow="fold", no_wrap=i > 0)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    _console().print(table)


def print_pack(loaded: LoadedPack) -> None:
    """Print what a pack is: status and state first, then what it holds."""
    pack = loaded.pack
    say(f"{pack.name} ({pack.status})", "bold")
    say(loaded.state.sentence)
    say(pack.statement)
    say("")
    for line in _facts(loaded):
        say(line)
    for limit in pack.limits:
        say(limit)
    if pack.drivers:
        _heading("Drivers")
        for driver in pack.drivers:
            say(_driver_line(driver))
    if pack.neutralised:
        _heading("Use with drivers neutralised")
        for table in pack.neutralised:
            say(f"- {{ {neutral_key(table.drivers)} }}: {_without(pack, table)}")
    for model in pack.models:
        _print_model(pack, model)
    _heading("Use of all authorities")
    share = pack.use.measure == "share"
    totals = pack.use.children.sum(axis=0)
    shown = [f"{total:.6f}" if share else f"{total:,.0f}" for total in totals]
    _print(
        ("Metric", "Sum of shares" if share else "Children"),
        list(zip(pack.metrics, shown, strict=True)),
    )


def _facts(loaded: LoadedPack) -> list[str]:
    pack = loaded.pack
    kind = {"coefficients": "Coefficients and use", "use": "Use without a model"}[pack.kind]
    lines = [
        f"{kind}, {len(pack.use.codes)} authorities of {pack.year}.",
        f"Made on {pack.created} from: {pack.source}",
    ]
    if pack.sample_children is not None:
        lines.append(
            f"Fitted on {pack.sample_children:,} children of {pack.sample_authorities or 0:,} "
            f"authorities and {pack.sample_areas or 0:,} small areas."
        )
    if pack.use.suppressed:
        which = "are 0; it is not told which" if pack.use.hidden is None else "are hidden"
        lines.append(
            f"{pack.use.suppressed:,} entries of the gradient that would tell of fewer than "
            f"{pack.use.smallest_count} children {which}."
        )
    return [*lines, f"Content hash {loaded.content_hash}"]


def _without(pack: Pack, table: NeutralisedUse) -> str:
    left_out = len(pack.use.codes) - len(table.use.codes)
    if not left_out:
        return "every authority"
    named = [
        name
        for code, name in zip(pack.use.codes, pack.use.names, strict=True)
        if code not in table.use.codes
    ]
    more = f" and {left_out - 5} more" if left_out > 5 else ""
    return (
        f"without {', '.join(named[:5])}{more}, where fewer than {pack.use.smallest_count} "
        "children differ by it"
    )


def _driver_line(driver: Driver | Interaction) -> str:
    named = f"- {driver.name} ({driver.level})"
    if isinstance(driver, Interaction):
        return f"{named}: {' with '.join(part.name for part in driver.parts)}"
    if not driver.categories:
        return f"{named}: a number"
    reference, *others = driver.categories
    return f"{named}: {', '.join(others)}; reference {reference}"


def _print_model(pack: Pack, model: MetricModel) -> None:
    _heading(model.metric)
    sigma = "unknown" if model.sigma is None else f"{model.sigma:.4g}"
    events = "not told" if model.events is None else f"{model.events:,}"
    if model.area_sigma is not None:
        sigma += f", of small areas {model.area_sigma:.4g}"
    say(f"Sigma {sigma}; children with the event: {events}. {model.verdict}")
    errors = model.standard_errors
    rows = []
    for i, label in enumerate(pack.labels):
        error = "" if errors is None else f"{errors[i]:.4f}"
        rows.append((label, f"{model.coefficients[i]:+.4f}", error))
    _print(("Log odds", "Coefficient", "Error"), rows)


def print_made(loaded: LoadedPack, file: str) -> None:
    """Print what pack was written, and what cannot be had from it."""
    say(f"{file}: pack '{loaded.pack.name}' ({loaded.pack.status}).")
    for limit in (loaded.state.sentence, *loaded.pack.limits):
        say(limit)
    say(f"Content hash {loaded.content_hash}")


def print_diff(before: LoadedPack, after: LoadedPack, diff: PackDiff) -> None:
    """Print what changed: words, coefficients, and whose share moves most."""
    if before.content_hash == after.content_hash:
        say("The two packs are the same, to the last digit.")
        return
    say(f"From {before.pack.name} to {after.pack.name}", "bold")
    for which, loaded in (("First", before), ("Second", after)):
        say(f"{which}: {loaded.state.sentence}")
    for word in diff.words or ("Nothing but numbers changed.",):
        say(f"- {word}")
    _print_coefficients(diff)
    if diff.shares is None:
        say("The packs have no metric in common: shares cannot be compared.")
    else:
        _print_shares(diff.shares)


def _print_coefficients(diff: PackDiff) -> None:
    changes = diff.coefficients
    if not changes:
        say("No coefficient that both have changed.")
        return
    _heading(f"Coefficients that changed: {len(changes)}")
    sized = changes[0].in_errors is not None
    say(
        "Largest first, in standard errors of the first pack."
        if sized
        else "Largest first; no standard errors to size them by."
    )
    rows = [
        (
            f"{c.metric} {c.label}",
            f"{c.before:+.4f}",
            f"{c.after:+.4f}",
            "" if c.in_errors is None else f"{c.in_errors:+.1f}",
        )
        for c in changes[:_SHOWN_COEFFICIENTS]
    ]
    _print(("Coefficient", "Before", "After", "Errors"), rows)
    if len(changes) > _SHOWN_COEFFICIENTS:
        say(f"... and {len(changes) - _SHOWN_COEFFICIENTS} more.")


def _print_shares(changed: ShareChange) -> None:
    _heading("Needs shares before area cost")
    weights = ", ".join(
        f"{metric} {weight:.1%}"
        for metric, weight in zip(changed.metrics, changed.weights, strict=True)
    )
    say(f"Weights: {weights} ({changed.weights_are}).")
    rate = changed.rate
    order = [int(i) for i in np.argsort(rate, kind="stable") if not np.isnan(rate[i])]
    falls = [i for i in order if rate[i] < 0][:_SHOWN]
    rises = [i for i in reversed(order) if rate[i] > 0][:_SHOWN]
    if not falls and not rises:
        say("No share moves.")
    for title, rows in (("Rise most", rises), ("Fall most", falls)):
        if rows:
            _print(
                (title, "Before", "After", "Change"),
                [
                    (
                        changed.names[i],
                        f"{changed.before[i]:.4%}",
                        f"{changed.after[i]:.4%}",
                        f"{rate[i]:+.2%}",
                    )
                    for i in rows
                ],
            )
