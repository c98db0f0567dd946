"""The files of a settlement, written beside and put in place together."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cyps.cli.folder import RECORD, hashes, put_in_place
from cyps.settlement import Settlement
from cyps.settlement.checks import doubts
from cyps.settlement.record import to_json
from cyps.settlement.summaries import on_the_floor

if TYPE_CHECKING:
    from cyps_workbooks import Against, PackNote

RESULTS, NOTES, WORKBOOK = "results.csv", "notes.txt", "settlement.xlsx"
WHAT_IF = "what-if.xlsx"
YEARS, SETTLEMENT = "years.csv", "settlement.json"
SETTLED = (WORKBOOK, RESULTS, NOTES, SETTLEMENT)
"""Files of every settlement of one year, besides its record."""
LOOK = "Look at this first"
"""What a note begins with that says that an input is hardly meant."""


@dataclass(frozen=True, slots=True)
class Outputs:
    """The folder that was written to and the files in it, the one to open first."""

    folder: Path
    paths: tuple[Path, ...]


def write_outputs(
    settlement: Settlement,
    out_dir: Path,
    *,
    record: Mapping[str, Any],
    population: NDArray[np.float64] | None = None,
    pack: PackNote | None = None,
    workbook: bool = True,
    more: Mapping[str, bytes] | None = None,
) -> Outputs:
    """Write the files of a settlement into a folder, all or none.

    They are settlement.xlsx, results.csv, notes.txt, settlement.json (what the settlement
    can be made anew from, see `cyps.settlement.record`) and run.json.

    Parameters
    ----------
    settlement : what was settled
    out_dir : folder; made when it isn't there
    record : what the run record says besides results and hashes
    population : array (n_authorities,), children; adds two columns to results.csv
    pack : the coefficients behind the use, shown in the workbook
    workbook : whether to draw settlement.xlsx
    more : further files by name, put in place together with these

    Raises
    ------
    CypsError
        When the folder can't be made or written to, a file in it is open elsewhere, or
        something stands there that no run wrote.
    """
    out_dir = Path(out_dir)
    with put_in_place(out_dir) as folder:
        names = write_files(
            settlement, folder, record, population=population, pack=pack, workbook=workbook,
            more=more,
        )  # fmt: skip
    return Outputs(out_dir, tuple(out_dir / name for name in names))


def write_files(
    settlement: Settlement,
    folder: Path,
    record: Mapping[str, Any],
    *,
    population: NDArray[np.float64] | None = None,
    pack: PackNote | None = None,
    workbook: bool = True,
    more: Mapping[str, bytes] | None = None,
    year: str | None = None,
    against: Against | None = None,
    what_if: bool = False,
) -> list[str]:
    """Write the files of one settlement as `write_outputs` does; names, first the one to open.

    `year` is what the workbook calls the year; that of the authority list when not given.
    `what_if` adds what-if.xlsx.
    """
    files = {
        RESULTS: results_csv(settlement, population).encode(),
        NOTES: notes_text(settlement).encode(),
        SETTLEMENT: to_json(settlement.scenario, settlement.use).encode(),
        **(more or {}),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    names = [*files]
    label = year or financial_year(settlement)
    if what_if:
        from cyps_workbooks import write_what_if  # needs the library that workbooks need

        write_what_if(label, settlement, folder / WHAT_IF, population=population)
        names.insert(0, WHAT_IF)
    if workbook:
        write_workbook([(label, settlement)], folder, pack, against, population)
        names.insert(0, WORKBOOK)
    write_record(folder, {**record, "results": result_totals(settlement)})
    return [*names, RECORD]


def write_workbook(
    settled: Sequence[tuple[str, Settlement]],
    folder: Path,
    pack: PackNote | None = None,
    against: Against | None = None,
    population: NDArray[np.float64] | None = None,
) -> None:
    """Write settlement.xlsx: one workbook for every year of a run."""
    # Drawing needs a library that `--no-workbook` and `--version` need not load.
    from cyps_workbooks import write_settlement

    write_settlement(settled, folder / WORKBOOK, pack=pack, against=against, population=population)


def financial_year(settlement: Settlement) -> str:
    """The year of the authority list, which stands for a year that was given no label.

    Examples
    --------
    >>> from cyps.settlement.example import example
    >>> financial_year(example())
    '2024-25'
    """
    year = settlement.scenario.year
    return f"{year - 1}-{year % 100:02d}"


def year_name(label: str, settlement: Settlement) -> str:
    """What a workbook calls a single year: its label, or the financial year where it has none.

    Examples
    --------
    >>> from cyps.settlement.example import example
    >>> year_name("2026-27", example()), year_name("2025", example())
    ('2026-27', '2024-25')
    """
    named = label != str(settlement.scenario.year)
    return label if named else financial_year(settlement)


def write_record(folder: Path, told: Mapping[str, Any]) -> None:
    """Write run.json: what was told, and the SHA-256 of every file in the folder."""
    text = json.dumps({**told, "outputs": hashes(folder)}, indent=2, ensure_ascii=False) + "\n"
    (folder / RECORD).write_text(text, encoding="utf-8", newline="\n")


def years_csv(settled: Sequence[tuple[str, Settlement]]) -> str:
    """Give years.csv: a row for each year and authority, numbers in full precision."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(
        ["year", "status", "code", "name", "region", "baseline", "target", "damped", "pounds",
         "top_up"]
    )  # fmt: skip
    for label, s in settled:
        amounts = zip(
            s.scenario.baseline.tolist(), s.target.tolist(), s.damped.allocation.tolist(),
            s.pounds.tolist(), s.top_up.tolist(), strict=True,
        )  # fmt: skip
        for place, row in zip(s.scenario.authorities, amounts, strict=True):
            who = (label, s.scenario.status, place.code, place.name, place.region)
            writer.writerow(csv_cell(v) for v in (*who, *row))
    return text.getvalue()


def result_totals(settlement: Settlement) -> dict[str, Any]:
    """Totals of a settlement, as run record and `--json` give them."""
    return {
        "authorities": len(settlement.scenario.authorities),
        "pot": settlement.scenario.pot,
        "pounds": int(settlement.pounds.sum()),
        "baseline": float(settlement.scenario.baseline.sum()),
        "damping": settlement.scenario.damping_in_words,
        "floor": settlement.scenario.floor,
        "top_up": int(settlement.top_up.sum()),
        "scaling_factor": _number(settlement.damped.scaling_factor),
        "on_floor": int(on_the_floor(settlement).sum()),
        "weights": _by_metric(settlement, settlement.weights),
        "use": _by_metric(settlement, settlement.use.children.sum(axis=0)),
    }


def _number(value: float) -> float | None:
    """A number, or nothing where there is none: each damping group has a factor of its own."""
    return None if np.isnan(value) else value


def _by_metric(settlement: Settlement, values: NDArray[np.float64]) -> dict[str, float]:
    return {m: float(v) for m, v in zip(settlement.use.metrics, values, strict=True)}


def results_csv(settlement: Settlement, population: NDArray[np.float64] | None = None) -> str:
    """Give results.csv: a row for each authority, numbers in full precision.

    `needs_share` is before area cost, `share` after it; `target`, `damped` and
    `pounds` are pounds. With a population (children), it and `pounds_per_child`
    are added; `damping_group`, `band` and `tier` where the damping goes by them.
    """
    columns: dict[str, list[Any]] = {
        "code": [a.code for a in settlement.scenario.authorities],
        "name": [a.name for a in settlement.scenario.authorities],
        "region": [a.region for a in settlement.scenario.authorities],
        **{
            what.replace(" ", "_"): [of[code] for code in settlement.scenario.codes]
            for what, of in settlement.scenario.damping_labels.items()
        },
        "needs_share": settlement.needs_share.tolist(),
        "share": settlement.share.tolist(),
        "target": settlement.target.tolist(),
        "baseline": settlement.scenario.baseline.tolist(),
        "damped": settlement.damped.allocation.tolist(),
        "pounds": settlement.pounds.tolist(),
        "change": settlement.change.tolist(),
        "change_rate": settlement.change_rate.tolist(),
        **({"top_up": settlement.top_up.tolist()} if settlement.top_up.any() else {}),
        "on_floor": ["yes" if lifted else "no" for lifted in on_the_floor(settlement)],
        **{
            f"use_{metric}": settlement.use.children[:, m].tolist()
            for m, metric in enumerate(settlement.use.metrics)
        },
    }
    if population is not None:
        columns["population"] = population.tolist()
        columns["pounds_per_child"] = (settlement.pounds / population).tolist()
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(
        [csv_cell(value) for value in row] for row in zip(*columns.values(), strict=True)
    )
    return text.getvalue()


def csv_cell(value: str | float | int) -> str:
    """Give a cell of a CSV file: text made safe, numbers in full, nothing for no number."""
    if isinstance(value, str):
        return safe_text(value)
    # A change rate against a baseline of 0 does not exist: an empty cell says so.
    return "" if value != value else repr(value)


def safe_text(text: str) -> str:
    """Give text that a spreadsheet won't take for a formula (OWASP, CSV injection).

    Examples
    --------
    >>> safe_text("=1+1"), safe_text("Hartlepool")
    ("'=1+1", 'Hartlepool')
    """
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def all_notes(settlement: Settlement) -> list[str]:
    """What the use is, then the scenario's notes: sources, assumptions, what was left out."""
    scenario = settlement.scenario
    first = [f"{LOOK}: {doubt}" for doubt in doubts(settlement)]
    notes = [
        *first,
        f"Use: {settlement.use.basis.rstrip('.')}.",
        f"Damping: {scenario.damping_in_words}.",
    ]
    if settlement.top_up.any():
        notes.append(
            f"Top-up from outside: £{settlement.top_up.sum():,} in all, on a line of its own; "
            "pounds, changes and ranks are without it."
        )
    return [*notes, *scenario.notes]


def notes_text(settlement: Settlement) -> str:
    """Give what must travel with results.csv: status, exclusions, sources, meanings."""
    scenario = settlement.scenario
    left_out = [f"{x.name} ({x.code}): {x.reason}" for x in scenario.exclusions]
    parts = {
        f"{scenario.title} ({scenario.status})": [scenario.statement],
        "Left out of use and baseline": left_out or ["Nobody."],
        "Notes": all_notes(settlement),
        "Columns of results.csv": [
            "needs_share: before area cost; share: after it; both sum to 1",
            "target: share x pot; baseline: what was before; damped: after damping; pounds: "
            "whole pounds, which add up to the pot",
            "change, change_rate: pounds against baseline; on_floor: lifted to the floor",
            *(
                f"{what.replace(' ', '_')}: the {what} that the damping puts an authority in"
                for what in scenario.damping_labels
            ),
        ],
    }
    return "\n".join(
        f"{title}\n{''.join(f'- {line}' + chr(10) for line in lines)}"
        for title, lines in parts.items()
    )
