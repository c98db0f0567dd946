"""Read a pack: check everything, and say what is wrong."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cyps.geography import authorities
from cyps.pack.contents import MetricModel, Pack, PackDriver, PackError, UseTable
from cyps.pack.manifest import Manifest, parse_manifest
from cyps.pack.write import content_hash

# A pack of 153 authorities, 4 metrics and 60 coefficients is under 2 MB; these
# bounds keep a hostile file from filling the memory before it is refused.
_MOST_MEMBERS = 64
_MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class LoadedPack:
    """A pack that passed every check, with the content hash that identifies it."""

    pack: Pack
    content_hash: str


def read_pack(path: Path) -> LoadedPack:
    """Load a pack, checking its form, its hashes and every number.

    Raises
    ------
    PackError
        When the file is not a pack, was changed after it was made, or holds
        numbers that cannot be; the sentence names the table.
    """
    members = _members(path)
    if "manifest.json" not in members:
        raise PackError(f"{path.name} is not a coefficient pack: it has no manifest.json.")
    manifest = parse_manifest(members["manifest.json"].decode("utf-8", "replace"), path.name)
    _check_hashes(path.name, manifest, members)
    reader = _Tables(path.name, members)
    return LoadedPack(_pack(manifest, reader), content_hash(members["manifest.json"]))


def _members(path: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            listed = archive.infolist()
            size = sum(member.file_size for member in listed)
            if len(listed) > _MOST_MEMBERS or size > _MOST_BYTES:
                raise PackError(
                    f"{path.name} is not a coefficient pack: it would unpack to {size:,} bytes in "
                    f"{len(listed)} files. Do not open it; ask whoever sent it."
                )
            return {member.filename: archive.read(member) for member in listed}
    except FileNotFoundError:
        raise PackError(f"There is no file {path}. Check the name and the folder.") from None
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise PackError(
            f"{path.name} cannot be opened as a coefficient pack ({error}). It may be damaged "
            "or not be a pack at all; ask whoever made it for a fresh copy."
        ) from None


def _check_hashes(where: str, manifest: Manifest, members: dict[str, bytes]) -> None:
    present = set(members) - {"manifest.json"}
    for name in sorted(present ^ set(manifest.files)):
        state = "is missing" if name in manifest.files else "does not belong to it"
        raise PackError(f"{where} was changed after it was made: {name} {state}.")
    for name, expected in manifest.files.items():
        if hashlib.sha256(members[name]).hexdigest() != expected:
            raise PackError(
                f"{where} was changed after it was made: {name} is not the table that its "
                "manifest names. Do not use it; ask whoever made the pack for a fresh copy."
            )


@dataclass(frozen=True, slots=True)
class _Tables:
    where: str
    members: dict[str, bytes]

    def rows(self, name: str, head: Sequence[str]) -> list[list[str]]:
        if name not in self.members:
            raise PackError(f"{self.where} has no table {name}.")
        rows = list(csv.reader(io.StringIO(self.members[name].decode("utf-8"))))
        if not rows or rows[0] != list(head):
            raise PackError(f"{self.where}: the columns of {name} are not the ones expected.")
        short = [number for number, row in enumerate(rows, 1) if len(row) != len(head)]
        if short:
            raise PackError(f"{self.where}: row {short[0]} of {name} has too few or many cells.")
        return rows[1:]

    def numbers(self, name: str, rows: Sequence[Sequence[str]]) -> NDArray[np.float64]:
        try:
            numbers = np.array([[float(cell) for cell in row] for row in rows])
        except ValueError as error:
            raise PackError(f"{self.where}: {name} has a cell that is no number: {error}") from None
        if not np.isfinite(numbers).all():
            raise PackError(f"{self.where}: {name} has a number that is missing or infinite.")
        return numbers


def _pack(manifest: Manifest, tables: _Tables) -> Pack:
    drivers = tuple(
        PackDriver(driver.name, driver.level, tuple(driver.categories))
        for driver in manifest.drivers
    )
    metrics = [metric.metric for metric in manifest.metrics]
    labels = ["Intercept", *(label for driver in drivers for label in driver.labels)]
    coefficients = _read_coefficients(tables, metrics, labels)
    models = tuple(
        MetricModel(
            metric=metric.metric,
            coefficients=coefficients[:, column],
            covariance=_read_covariance(tables, metric.metric, labels),
            sigma=metric.sigma,
            loglik=metric.loglik,
            events=metric.events,
            verdict=metric.verdict,
        )
        for column, metric in enumerate(manifest.metrics)
    )
    return Pack(
        name=manifest.name,
        status=manifest.status,
        statement=manifest.statement,
        source=manifest.source,
        created=manifest.created,
        year=manifest.year,
        drivers=drivers,
        models=models,
        use=_read_use(tables, manifest, metrics, labels),
        sample_children=manifest.sample_children,
        sample_authorities=manifest.sample_authorities,
        sample_areas=manifest.sample_areas,
        nagq=manifest.nagq,
    )


def _read_coefficients(
    tables: _Tables, metrics: Sequence[str], labels: Sequence[str]
) -> NDArray[np.float64]:
    name = "coefficients.csv"
    head = ["driver", "level", "category", "label"]
    head += [column for metric in metrics for column in (metric, f"{metric}_se")]
    rows = [row for row in tables.rows(name, head) if row[3] != "reference"]
    if [row[3] for row in rows] != list(labels):
        raise PackError(
            f"{tables.where}: the rows of {name} are not the drivers that the manifest names."
        )
    return tables.numbers(name, [row[4::2] for row in rows])


def _read_covariance(tables: _Tables, metric: str, labels: Sequence[str]) -> NDArray[np.float64]:
    name = f"covariance_{metric}.csv"
    rows = tables.rows(name, ["label", *labels])
    if [row[0] for row in rows] != list(labels):
        raise PackError(f"{tables.where}: the rows of {name} are not those of its columns.")
    covariance = tables.numbers(name, [row[1:] for row in rows])
    scale = np.sqrt(np.abs(np.diag(covariance)))
    correlation = covariance / np.outer(scale, scale)
    symmetric = np.allclose(correlation, correlation.T, atol=1e-9)
    if not symmetric or np.linalg.eigvalsh(correlation)[0] < -1e-9:
        raise PackError(f"{tables.where}: {name} is not a covariance matrix.")
    return covariance


def _read_use(
    tables: _Tables, manifest: Manifest, metrics: Sequence[str], labels: Sequence[str]
) -> UseTable:
    rows = tables.rows("use.csv", ["code", "name", *metrics])
    codes = tuple(row[0] for row in rows)
    known = {authority.code for authority in authorities(manifest.year)}
    strangers = [code for code in codes if code not in known]
    if strangers or list(codes) != sorted(set(codes)):
        what = f"{strangers[0]} is no authority" if strangers else "a code is out of order or twice"
        raise PackError(f"{tables.where}: in use.csv {what} in {manifest.year}.")
    children = tables.numbers("use.csv", [row[2:] for row in rows])
    if (children < 0).any():
        raise PackError(f"{tables.where}: use.csv has a number below zero.")
    gradients = []
    for metric in metrics:
        name = f"use_gradient_{metric}.csv"
        table = tables.rows(name, ["code", *labels])
        if tuple(row[0] for row in table) != codes:
            raise PackError(f"{tables.where}: the authorities of {name} are not those of use.csv.")
        gradients.append(tables.numbers(name, [row[1:] for row in table]))
    return UseTable(
        codes=codes,
        names=tuple(row[1] for row in rows),
        children=children,
        gradient=np.array(gradients),
        smallest_count=manifest.smallest_count,
        suppressed=manifest.suppressed_gradient_entries,
    )
