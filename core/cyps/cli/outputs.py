"""The files of a settlement, written beside and put in place together."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.settlement import Settlement
from cyps.settlement.record import to_json
from cyps.settlement.summaries import on_the_floor

if TYPE_CHECKING:
    from cyps_workbooks import PackNote

RESULTS, NOTES, WORKBOOK, RECORD = "results.csv", "notes.txt", "settlement.xlsx", "run.json"
YEARS, SETTLEMENT = "years.csv", "settlement.json"


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

    They are results.csv, notes.txt, settlement.json (what the settlement can be made anew
    from, see `cyps.settlement.record`), settlement.xlsx and run.json.

    Everything is written beside first and put in place when it is whole; on
    any error the folder is as it was.

    Parameters
    ----------
    settlement : what was settled
    out_dir : folder; made when it isn't there
    record : what the run record says besides results and hashes (see `run_record`)
    population : array (n_authorities,), children; adds two columns to results.csv
    pack : the coefficients behind the use, shown in the workbook
    workbook : whether to draw settlement.xlsx, where it can show the rule (a floor for all)
    more : further files by name, put in place together with these

    Raises
    ------
    CypsError
        When the folder can't be made or written to, or a file in it is open elsewhere.
    """
    out_dir = Path(out_dir)
    made = _make_folder(out_dir)
    beside = None
    done = False
    try:
        beside = Path(tempfile.mkdtemp(prefix=".cyps-", dir=out_dir))
        names = _write_all(settlement, beside, record, population, pack, workbook, more or {})
        _put_in_place(beside, out_dir, names)
        done = True
    except PermissionError as error:
        raise CypsError(
            f"{out_dir} cannot be written to ({error.strerror}). Close its files in Excel, or "
            "choose another folder with --out."
        ) from None
    finally:
        if beside is not None:
            shutil.rmtree(beside, ignore_errors=True)
        if made and not done:
            out_dir.rmdir()
    return Outputs(out_dir, tuple(out_dir / name for name in names))


def _make_folder(out_dir: Path) -> bool:
    """Make the folder; True when it wasn't there."""
    made = not out_dir.exists()
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CypsError(
            f"The folder {out_dir} cannot be made: {error.strerror}. Choose another with --out."
        ) from None
    return made


def _write_all(
    settlement: Settlement,
    folder: Path,
    record: Mapping[str, Any],
    population: NDArray[np.float64] | None,
    pack: PackNote | None,
    workbook: bool,
    more: Mapping[str, bytes],
) -> list[str]:
    files = {
        RESULTS: results_csv(settlement, population).encode(),
        NOTES: notes_text(settlement).encode(),
        SETTLEMENT: to_json(settlement.scenario, settlement.use).encode(),
        **more,
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    names = [*files]
    if workbook and settlement.scenario.floor is not None:
        # Drawing needs a library that `--no-workbook` and `--version` need not load.
        from cyps_workbooks import write_settlement

        write_settlement(settlement, folder / WORKBOOK, pack=pack)
        names.insert(0, WORKBOOK)
    told = {**record, "results": result_totals(settlement), "outputs": _hashes(folder, names)}
    (folder / RECORD).write_text(
        json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n"
    )
    return [*names, RECORD]


def _hashes(folder: Path, names: list[str]) -> dict[str, str]:
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


def write_years(settled: Sequence[tuple[str, Settlement]], out_dir: Path) -> Path:
    """Write years.csv: a row for each year and authority, pounds in full precision."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(
        ["year", "code", "name", "region", "baseline", "target", "damped", "pounds", "top_up"]
    )
    for label, s in settled:
        amounts = zip(
            s.scenario.baseline.tolist(), s.target.tolist(), s.damped.allocation.tolist(),
            s.pounds.tolist(), s.top_up.tolist(), strict=True,
        )  # fmt: skip
        for place, row in zip(s.scenario.authorities, amounts, strict=True):
            writer.writerow(
                csv_cell(v) for v in (label, place.code, place.name, place.region, *row)
            )
    path = out_dir / YEARS
    beside = path.with_name(f".{YEARS}.part")
    try:
        beside.write_text(text.getvalue(), encoding="utf-8", newline="")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return path


def _put_in_place(beside: Path, out_dir: Path, names: list[str]) -> None:
    """Move files into the folder; move everything back if one cannot be replaced."""
    kept = beside / "before"
    kept.mkdir()
    moved: list[str] = []
    try:
        # A workbook of an earlier run must not stand beside results that it does not show.
        for name in dict.fromkeys([*names, WORKBOOK]):
            if (out_dir / name).exists():
                (out_dir / name).replace(kept / name)
            moved.append(name)
            if name in names:
                (beside / name).replace(out_dir / name)
    except OSError:
        for name in moved:
            (out_dir / name).unlink(missing_ok=True)
            if (kept / name).exists():
                (kept / name).replace(out_dir / name)
        raise


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
    are added.
    """
    columns: dict[str, list[Any]] = {
        "code": [a.code for a in settlement.scenario.authorities],
        "name": [a.name for a in settlement.scenario.authorities],
        "region": [a.region for a in settlement.scenario.authorities],
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
    notes = [f"Use: {settlement.use.basis.rstrip('.')}.", f"Damping: {scenario.damping_in_words}."]
    if scenario.floor is None:
        notes.append("No workbook: settlement.xlsx computes a floor for all and no other rule.")
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
        ],
    }
    return "\n".join(
        f"{title}\n{''.join(f'- {line}' + chr(10) for line in lines)}"
        for title, lines in parts.items()
    )
