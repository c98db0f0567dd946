"""`cyps publish`: the accessible workbook, and the check of any workbook against the rules."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.text import Text

from cyps.cli.explain_report import plain_console
from cyps.cli.folder import RECORD
from cyps.cli.one_file import check_out
from cyps.cli.options import day
from cyps.cli.outputs import SETTLEMENT
from cyps.cli.report import print_wrapped
from cyps.cli.settled import read_settled
from cyps.errors import CypsError
from cyps.settlement import Settlement
from cyps.settlement.from_files import pack_of, request_from_scenario, settle_requested

if TYPE_CHECKING:
    from cyps_workbooks.published import Breach

_PATH = click.Path(path_type=Path)

Years = tuple[tuple[str, Settlement], ...]


@click.command("publish", short_help="The accessible workbook; check any.")
@click.argument("source", type=_PATH, required=False)
@click.option("--out", type=_PATH, help="The workbook to write, as published.xlsx.")
@click.option("--against", type=_PATH, help="Another folder or scenario to compare with.")
@click.option("--title", help="Its title.  [default: the settlement's]")
@click.option("--contact", multiple=True, help="A line of the contact. Repeat for more.")
@click.option("--published", callback=day, help="Date of publication, as 2026-04-01.")
@click.option("--author", help="Author in the document's properties.")
@click.option("--trust", type=_PATH, help="Trust file (TOML) for a scenario's pack.")
@click.option("--check", type=_PATH, help="Check this workbook (.xlsx) against the rules.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
@click.pass_context
def publish_command(
    ctx: click.Context,
    source: Path | None,
    out: Path | None,
    against: Path | None,
    title: str | None,
    contact: tuple[str, ...],
    published: date | None,
    author: str | None,
    trust: Path | None,
    check: Path | None,
    as_json: bool,
) -> None:
    """Write the tables of a settlement for publication, or check a workbook.

    SOURCE is a folder that `cyps settle` or `cyps demo` wrote (one year, or all), or a
    SCENARIO.toml. The workbook follows the Government Analysis Function's rules for
    accessible spreadsheets. With --check FILE.xlsx, any workbook is tested against the
    rules that a machine can check; the exit code is 1 when it breaks one.
    """
    if check is not None:
        if source is not None or out is not None:
            raise click.UsageError("Give --check FILE.xlsx alone, or a SOURCE and --out.")
        ctx.exit(1 if _print_check(check, as_json) else 0)
    if source is None or out is None:
        raise click.UsageError(
            "Give a SOURCE and --out FILE.xlsx, or --check FILE.xlsx. For example:\n"
            "cyps publish results --out published.xlsx"
        )
    _check_name(out)
    check_out(out)
    _check_is_published(out)
    name, years = _settled(source, trust)
    before = None if against is None else _settled(against, trust)[1]
    words = (title or name, contact, published, author)
    ctx.exit(1 if publish_years(years, out, words, before, as_json) else 0)


def publish_years(
    years: Years,
    out: Path,
    words: tuple[str, tuple[str, ...], date | None, str | None],
    against: Years | None,
    as_json: bool,
) -> bool:
    """Write the accessible workbook and say what is missing; whether it breaks a rule.

    `words` are title, lines of the contact, date of publication and author.
    """
    # Drawing needs a library that no other use of this module need load.
    from cyps_workbooks.published import Publication, write_published

    _check_name(out)
    title, contact, published, author = words
    publication = Publication(
        years=years, title=title, against=against, contact=contact, published=published,
        author=author or f"cyps {version('cyps')}",
    )  # fmt: skip
    write_published(publication, out)
    return bool(_print_written(out, publication.missing, as_json))


def _check_name(out: Path) -> None:
    if out.suffix.lower() != ".xlsx":
        raise CypsError(f"{out.name} would not open in Excel: the name has to end in .xlsx.")


def _check_is_published(out: Path) -> None:
    """A published workbook takes the place of an earlier one, and of no other workbook."""
    if not out.exists():
        return
    from cyps_workbooks.published import is_published

    if not is_published(out):
        raise CypsError(
            f"{out} is there already and is no published workbook, and would be lost. Nothing was "
            "written. Choose another name with --out, or move it away."
        )


# --- what is published
def _settled(source: Path, trust: Path | None) -> tuple[str, Years]:
    """Title and settlements by year, from a folder of results or a scenario."""
    if source.suffix.lower() in {".toml", ".json"}:
        return _from_scenario(source, trust)
    if source.suffix.lower() == ".xlsx":
        raise CypsError(
            f"{source.name} is a workbook. Publish what its cells say now with cyps workbook "
            f"publish {source.name}, or name the folder that it was written to."
        )
    if (source / SETTLEMENT).is_file():
        settlement = read_settled(source).settlement
        return settlement.scenario.title, (("", settlement),)
    title, labels = _labels(source)
    if not labels:
        read_settled(source)  # says what is missing
    return title, tuple((label, read_settled(source / label).settlement) for label in labels)


def _from_scenario(source: Path, trust: Path | None) -> tuple[str, Years]:
    request = request_from_scenario(source)
    pack = pack_of(request, trust)
    _, settled = settle_requested(request, pack)
    # A single year has its label in its title; several are told apart by a column.
    title = settled[0][1].scenario.title if len(settled) == 1 else request.title
    return title, settled


def _labels(folder: Path) -> tuple[str, list[str]]:
    """Title and years of a folder of several years, as its run record has them."""
    try:
        told: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        labels = [str(label) for label in told["years"]]
        inside = all((folder / label).resolve().parent == folder.resolve() for label in labels)
        return str(told["title"]), labels if inside else []
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return "", []


# --- what is shown
def _breaches(path: Path) -> list[Breach]:
    from cyps_workbooks.published import check_published

    return check_published(path)


def _print_written(out: Path, missing: Sequence[str], as_json: bool) -> list[Breach]:
    breaches = _breaches(out)
    if as_json:
        told = {"file": str(out), "missing": list(missing), "breaches": _told(breaches)}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return breaches
    console = plain_console()
    console.print(Text(f"Written: {out}"), soft_wrap=True)
    if missing:
        print_wrapped(
            console,
            f"Before you publish it, give {' and '.join(missing)}: run again with "
            f"{' and '.join(f'--{_OPTION[words]}' for words in missing)}.",
        )
    _print_breaches(console, breaches)
    return breaches


_OPTION = {"a contact": "contact", "a date of publication": "published"}


def _print_check(path: Path, as_json: bool) -> list[Breach]:
    from cyps_workbooks.published import RULES

    breaches = _breaches(path)
    if as_json:
        told = {
            "file": str(path),
            "breaches": _told(breaches),
            "for_a_person": [rule.words for rule in RULES if rule.checked != "machine"],
        }
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return breaches
    console = plain_console()
    console.print(Text(f"Checked: {path}"), soft_wrap=True)
    _print_breaches(console, breaches)
    return breaches


def _told(breaches: Sequence[Breach]) -> list[dict[str, str | int | bool]]:
    from cyps_workbooks.published import RULE_BY_KEY

    return [
        {
            "rule": x.rule,
            "rule_in_words": RULE_BY_KEY[x.rule].words,
            "essential": RULE_BY_KEY[x.rule].essential,
            "sheet": x.sheet,
            "cell": x.cell,
            "fault": x.fault,
            "more_cells": x.more,
            "what_to_do": RULE_BY_KEY[x.rule].mend,
        }
        for x in breaches
    ]


_SHOWN = 10
"""Places shown of each rule; --json gives all."""


def _print_breaches(console: Console, breaches: Sequence[Breach]) -> None:
    from cyps_workbooks.published import RULES

    by_rule: dict[str, list[Breach]] = {}
    for breach in breaches:
        by_rule.setdefault(breach.rule, []).append(breach)
    for rule in RULES:
        found = by_rule.get(rule.key, [])
        if not found:
            continue
        console.print()
        weight = "essential" if rule.essential else "advised"
        console.print(Text(f"{rule.words} ({weight})", style="bold"))
        for x in found[:_SHOWN]:
            print_wrapped(console, f"- {x.place}: {x.fault}.")
        if len(found) > _SHOWN:
            print_wrapped(console, f"- and {len(found) - _SHOWN} more; --json lists them.")
        print_wrapped(console, f"  What to do: {rule.mend}")
    by_machine = sum(rule.checked != "person" for rule in RULES)
    by_person = sum(rule.checked != "machine" for rule in RULES)
    console.print()
    print_wrapped(
        console,
        f"{len(by_rule)} of {by_machine} rules that a machine can check are broken. "
        f"{by_person} need a person too (docs: The published workbook).",
    )
