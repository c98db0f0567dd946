"""Settlements from the folders and workbooks that `cyps settle` and `cyps demo` wrote."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cyps.cli.folder import RECORD
from cyps.cli.outputs import RESULTS, SETTLEMENT
from cyps.cli.report import print_note
from cyps.errors import CypsError
from cyps.settlement import Settlement, settle
from cyps.settlement.record import from_json


@dataclass(frozen=True, slots=True)
class Settled:
    """A settlement made anew, the children of its authorities if they were given, its pack.

    `pack` is the content hash of the pack that the use came from, as the run record tells.
    """

    settlement: Settlement
    population: NDArray[np.float64] | None
    pack: str | None = None


def read_settled(folder: Path) -> Settled:
    """Settle anew from a folder of results, or from what a settlement workbook was issued with.

    Parameters
    ----------
    folder : a folder, or settlement.xlsx; of several years in a workbook one is chosen as
        settlement.xlsx#2027-28

    Raises
    ------
    CypsError
        When there is no settlement, or a file of it was changed after the run.
    """
    if ".xlsx" in folder.name.lower() and not folder.is_dir():
        return _from_workbook(folder)
    if not folder.is_dir():
        there = f"{folder} is a file" if folder.exists() else f"There is no folder {folder}"
        raise CypsError(
            f"{there}. Name a folder that cyps settle or cyps demo wrote, or its settlement.xlsx."
        )
    record = folder / SETTLEMENT
    if not record.is_file():
        raise CypsError(
            f"There is no {SETTLEMENT} in {folder}. Name a folder that cyps settle or cyps demo "
            f"wrote; where there are several years, one year's folder in it.{_years_in(folder)}"
        )
    hashes = _hashes(folder)
    text = _unchanged(record, hashes)
    scenario, use = from_json(text, str(record))
    settlement = settle(scenario, use)
    population = _population(folder / RESULTS, hashes, scenario.codes)
    return Settled(settlement, population, _pack_of(folder))


def _pack_of(folder: Path) -> str | None:
    told = json.loads((folder / RECORD).read_text(encoding="utf-8")).get("pack")
    found = told.get("content_hash") if isinstance(told, dict) else None
    return found if isinstance(found, str) else None


def _from_workbook(path: Path) -> Settled:
    """The year of a workbook that `#label` after its name chooses; its only one without."""
    from cyps_workbooks import read_records  # not loaded before it is needed

    name, _, chosen = path.name.partition("#")
    records = read_records(path.with_name(name))
    labels = [label for label, _, _ in records]
    found = [record for record in records if chosen in ("", record[0])]
    if len(found) != 1:
        raise CypsError(
            f"{name} has the years {', '.join(labels)}. Name one of them like {name}#{labels[0]}."
        )
    label, scenario, use = found[0]
    settlement = settle(scenario, use)
    _say_what_was_typed(path.with_name(name), label, settlement)
    return Settled(settlement, None)


def _say_what_was_typed(path: Path, label: str, issued: Settlement) -> None:
    """Warn when a workbook's cells say another thing than what it was issued with."""
    from cyps_workbooks.kept.what_if import settle_as_typed

    as_issued = f"{path.name} is read as it was issued, and people have typed in it since"
    try:
        now = dict(settle_as_typed(path))[label]
    except CypsError as error:
        print_note(f"{as_issued}: {error}")
        return
    differ = int((now.pounds != issued.pounds).sum())
    if differ:
        print_note(
            f"{as_issued}: its cells give other pounds to {differ} authorities. None of that is in "
            f"these numbers. cyps workbook check {path.name} lists the cells."
        )


def _years_in(folder: Path) -> str:
    years = sorted(path.parent.name for path in folder.glob(f"*/{SETTLEMENT}"))
    return f" It has {', '.join(years)}." if years else ""


def _hashes(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file, as the run record has them."""
    try:
        told = json.loads((folder / RECORD).read_text(encoding="utf-8"))["outputs"]
        return {str(name): str(digest) for name, digest in told.items()}
    except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise CypsError(
            f"{folder / RECORD} is missing or not a run record, so nobody can tell whether the "
            f"files beside it are as they were written. Settle again."
        ) from None


def _unchanged(path: Path, hashes: dict[str, str]) -> str:
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != hashes.get(path.name):
        raise CypsError(
            f"{path} was changed after it was written: it is not the file that {RECORD} names. "
            "Settle again, with the change among the inputs if it is meant."
        )
    return content.decode("utf-8")


def _population(
    results: Path, hashes: dict[str, str], codes: tuple[str, ...]
) -> NDArray[np.float64] | None:
    """Children by authority from results.csv, where the run was given them."""
    if not results.is_file():
        return None
    rows = list(csv.DictReader(io.StringIO(_unchanged(results, hashes), newline="")))
    if not rows or "population" not in rows[0]:
        return None
    children = {row["code"]: float(row["population"]) for row in rows}
    return np.array([children[code] for code in codes])
