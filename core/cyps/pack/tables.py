"""The tables inside a pack: read by name, checked cell by cell."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.geography import authorities
from cyps.pack.contents import MetricModel, Pack
from cyps.pack.covariance import is_covariance
from cyps.pack.driver import Driver, Interaction
from cyps.pack.manifest import Manifest, ManifestGradient, use_file
from cyps.pack.use_table import NeutralisedUse, PackError, UseTable


def pack_of(where: str, manifest: Manifest, members: Mapping[str, bytes]) -> Pack:
    """A pack from its manifest and tables, every number checked.

    Raises
    ------
    PackError
        When a table is not what the manifest says, or holds a number that cannot be.
    """
    tables = _Tables(where, members)
    drivers = _drivers(manifest)
    metrics = [metric.metric for metric in manifest.metrics]
    labels = ["Intercept", *(label for driver in drivers for label in driver.labels)]
    for what, names in (("metric", metrics), ("coefficient", labels)):
        if len(set(names)) < len(names):
            raise PackError(f"{where}: its manifest.json names a {what} more than once.")
    sample = manifest.sample
    return Pack(
        name=manifest.name,
        status=manifest.status,
        statement=manifest.statement,
        source=manifest.source,
        created=manifest.created,
        year=manifest.year,
        drivers=drivers,
        models=_read_models(tables, manifest, metrics, labels),
        use=_read_use(tables, manifest, metrics, labels),
        sample_children=sample.children if sample else None,
        sample_authorities=sample.authorities if sample else None,
        sample_areas=sample.areas if sample else None,
        nagq=sample.nagq if sample else None,
        neutralised=tuple(
            NeutralisedUse(
                tuple(told.drivers.items()), _read_use(tables, manifest, metrics, labels, number)
            )
            for number, told in enumerate(manifest.neutralised, 1)
        ),
        driver_means=_read_means(tables, labels) if manifest.driver_means else None,
    )


def _drivers(manifest: Manifest) -> tuple[Driver | Interaction, ...]:
    """The drivers and interactions, in the order of their coefficients."""
    single = {
        told.name: Driver(told.name, told.level, tuple(told.categories))
        for told in manifest.drivers
        if not told.parts
    }
    return tuple(
        Interaction(tuple(single[name] for name in told.parts)) if told.parts else single[told.name]
        for told in manifest.drivers
    )


@dataclass(frozen=True, slots=True)
class _Tables:
    where: str
    members: Mapping[str, bytes]

    def rows(self, name: str, head: Sequence[str]) -> list[list[str]]:
        if name not in self.members:
            raise PackError(f"{self.where} has no table {name}.")
        try:
            rows = list(csv.reader(io.StringIO(self.members[name].decode("utf-8"))))
        except (UnicodeDecodeError, csv.Error) as error:
            raise PackError(f"{self.where}: {name} is no table of text: {error}.") from None
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


def _read_models(
    tables: _Tables, manifest: Manifest, metrics: Sequence[str], labels: Sequence[str]
) -> tuple[MetricModel, ...]:
    if manifest.kind == "use":
        return ()
    name = "coefficients.csv"
    head = ["driver", "level", "category", "label"]
    head += [column for metric in metrics for column in (metric, f"{metric}_se")]
    rows = [row for row in tables.rows(name, head) if row[3] != "reference"]
    if [row[3] for row in rows] != list(labels):
        raise PackError(
            f"{tables.where}: the rows of {name} are not the drivers that the manifest names."
        )
    coefficients = tables.numbers(name, [row[4::2] for row in rows])
    errors = tables.numbers(name, [row[5::2] for row in rows]) if manifest.standard_errors else None
    if errors is not None and (errors < 0).any():
        raise PackError(f"{tables.where}: {name} has a standard error below zero.")
    covariances = [
        _read_covariance(tables, metric, labels) if manifest.covariance else None
        for metric in metrics
    ]
    for m, covariance in enumerate(covariances):
        _check_errors(tables, metrics[m], covariance, errors, m)
    return tuple(
        MetricModel(
            metric=told.metric,
            coefficients=coefficients[:, m],
            covariance=covariances[m],
            sigma=told.sigma,
            loglik=told.loglik,
            events=told.events,
            verdict=told.verdict,
            published_errors=None if errors is None or manifest.covariance else errors[:, m],
            area_sigma=told.area_sigma,
        )
        for m, told in enumerate(manifest.metrics)
    )


def _check_errors(
    tables: _Tables,
    metric: str,
    covariance: NDArray[np.float64] | None,
    errors: NDArray[np.float64] | None,
    column: int,
) -> None:
    """A person reads the errors, a program the covariance: they must be the same."""
    if covariance is None or errors is None:
        return
    if not np.allclose(errors[:, column] ** 2, np.diag(covariance), rtol=1e-9, atol=0):
        raise PackError(
            f"{tables.where}: the standard errors of {metric} in coefficients.csv are not those of "
            f"covariance_{metric}.csv."
        )


def _read_covariance(tables: _Tables, metric: str, labels: Sequence[str]) -> NDArray[np.float64]:
    name = f"covariance_{metric}.csv"
    rows = tables.rows(name, ["label", *labels])
    if [row[0] for row in rows] != list(labels):
        raise PackError(f"{tables.where}: the rows of {name} are not those of its columns.")
    covariance = tables.numbers(name, [row[1:] for row in rows])
    if not is_covariance(covariance):
        raise PackError(f"{tables.where}: {name} is not a covariance matrix.")
    return covariance


def _read_means(tables: _Tables, labels: Sequence[str]) -> NDArray[np.float64]:
    """Means by coefficient; a blank is one that was withheld, and not a number here."""
    name = "driver_means.csv"
    rows = tables.rows(name, ["label", "mean"])
    if [row[0] for row in rows] != list(labels):
        raise PackError(f"{tables.where}: the rows of {name} are not the coefficients.")
    hidden = np.array([row[1] == "" for row in rows])
    means = tables.numbers(name, [[row[1] or "0"] for row in rows])[:, 0]
    means[hidden] = np.nan
    return means


def _read_use(
    tables: _Tables,
    manifest: Manifest,
    metrics: Sequence[str],
    labels: Sequence[str],
    number: int = 0,
) -> UseTable:
    name = use_file(number)
    head = ["code", "name", *metrics]
    rows = tables.rows(name, head)
    codes = tuple(row[0] for row in rows)
    known = _names(tables.where, manifest.year)
    strangers = [code for code in codes if code not in known]
    if not codes:
        raise PackError(f"{tables.where}: {name} has no authority.")
    if strangers or list(codes) != sorted(set(codes)):
        what = f"{strangers[0]} is no authority" if strangers else "a code is out of order or twice"
        raise PackError(f"{tables.where}: in {name} {what} in {manifest.year}.")
    if number and not set(codes) <= {row[0] for row in tables.rows("use.csv", head)}:
        raise PackError(f"{tables.where}: {name} has an authority that use.csv has not.")
    children = tables.numbers(name, [row[2:] for row in rows])
    if (children < 0).any():
        raise PackError(f"{tables.where}: {name} has a number below zero.")
    table = UseTable(
        codes=codes,
        names=tuple(known[code] for code in codes),  # a file's own words could be anything
        metrics=tuple(metrics),
        children=children,
        measure=manifest.measure,
    )
    told = manifest.gradient if number == 0 else None
    return table if told is None else _with_gradient(tables, table, told, labels)


def _with_gradient(
    tables: _Tables, use: UseTable, told: ManifestGradient, labels: Sequence[str]
) -> UseTable:
    files = [f"use_gradient_{metric}.csv" for metric in use.metrics]
    gradient, blank = _read_gradient(tables, files, labels, use.codes, marked=told.marked)
    if told.marked and told.suppressed_entries != blank.sum():
        raise PackError(
            f"{tables.where}: its gradient has {int(blank.sum()):,} blank entries, and its "
            f"manifest.json tells of {told.suppressed_entries:,}."
        )
    return replace(
        use,
        gradient=gradient,
        smallest_count=told.smallest_count,
        suppressed=told.suppressed_entries,
        hidden=blank if told.marked or not told.suppressed_entries else None,
    )


def _names(where: str, year: int) -> dict[str, str]:
    try:
        return {authority.code: authority.name for authority in authorities(year)}
    except CypsError as error:
        raise PackError(
            f"{where}: {error} A pack of a later year needs a later version of cyps."
        ) from None


def _read_gradient(
    tables: _Tables,
    files: Sequence[str],
    labels: Sequence[str],
    codes: tuple[str, ...],
    *,
    marked: bool,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The gradient with hidden entries at 0, and which they are where blanks mark them."""
    gradients, blanks = [], []
    for name in files:
        table = tables.rows(name, ["code", *labels])
        if tuple(row[0] for row in table) != codes:
            raise PackError(f"{tables.where}: the authorities of {name} are not those of use.csv.")
        blank = np.array([[marked and cell == "" for cell in row[1:]] for row in table])
        filled = [["0" if marked and cell == "" else cell for cell in row[1:]] for row in table]
        gradients.append(tables.numbers(name, filled))
        blanks.append(blank)
    return np.array(gradients), np.array(blanks)
