"""Write a pack: a zip of tables that a person can open and read."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from pydantic import ValidationError

from cyps.errors import CypsError
from cyps.pack.contents import MetricModel, Pack
from cyps.pack.driver import Interaction
from cyps.pack.manifest import (
    FORMAT,
    FORMAT_VERSION,
    Manifest,
    ManifestDriver,
    ManifestGradient,
    ManifestMetric,
    ManifestNeutralised,
    ManifestSample,
    problems_of,
    use_file,
)
from cyps.pack.use_table import PackError, neutral_words

_README = """{name}
{underline}
{statement}

Status: {status}. Made on {created} from: {source}

What is in here (CSV files open in any spreadsheet):
{tables}
No table has a row for a child or for a small group of children.
{limits}"""

_TABLES = {
    "manifest": """\
  manifest.json            what this pack is, and the SHA-256 of each table
""",
    "coefficients": """\
  coefficients.csv         log odds and standard errors, one row a category
""",
    "covariance": """\
  covariance_<METRIC>.csv  covariance of the coefficients
""",
    "use": """\
  use.csv                  predicted number of children by authority and metric,
                           every authority's own effect set to 0
""",
    "given use": """\
  use.csv                  use by authority and metric, as it was given
""",
    "gradient": """\
  use_gradient_<METRIC>.csv  derivative of the predicted use by each coefficient
                           ({suppressed} entries are {hidden}: they
                           would tell of fewer than {smallest} children)
""",
    "means": """\
  driver_means.csv         mean of each driver over all children: a category's part of them,
                           a number's mean; blank where fewer than {smallest} stand behind it
""",
}
_NEUTRALISED = """\
  neutralised_{number}.csv        predicted use with {words}
"""


def content_hash(manifest: bytes) -> str:
    """The pack's identity: SHA-256 of its manifest, which holds the hash of each table.

    Examples
    --------
    >>> content_hash(b"{}")[:12]
    '44136fa355b3'
    """
    return hashlib.sha256(manifest).hexdigest()


def pack_bytes(pack: Pack) -> tuple[bytes, str]:
    """A pack as the bytes of its file, and its content hash.

    The same pack gives the same content hash on every machine; the bytes of the
    file may differ with the compression library.

    Raises
    ------
    PackError
        When a name, a date or a number is one that no pack may have.
    """
    if pack.neutral:
        raise PackError(
            f"Pack '{pack.name}' cannot be written with its use neutralised: write the pack as it "
            "was read, which holds that table beside its own."
        )
    tables = {name: text.encode() for name, text in _tables(pack).items()}
    try:
        manifest = _manifest(pack, tables).model_dump_json(indent=1).encode()
    except ValidationError as error:
        raise PackError(
            f"Pack '{pack.name}' cannot be written: what it says of itself is wrong "
            f"({problems_of(error)}). Change that and write it again."
        ) from None
    return zipped({"manifest.json": manifest, **tables}), content_hash(manifest)


def zipped(members: Mapping[str, bytes]) -> bytes:
    """Members as one zip file, without the clock of the machine that wrote it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, content)
    return file.getvalue()


def write_pack(pack: Pack, path: Path) -> str:
    """Write a pack to one file and give its content hash.

    The file is written beside and then put in place, so there is never half a pack.

    Raises
    ------
    CypsError
        When the file cannot be written.
    """
    content, identity = pack_bytes(pack)
    put_in_place(path, content)
    return identity


def put_in_place(path: Path, content: bytes) -> None:
    """Write a pack's file beside and then put it in place; says where that failed."""
    beside = path.with_name(path.name + ".part")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise CypsError(
            f"The pack could not be written to {path}: {error.strerror}. Nothing was changed. "
            "Choose a folder that you may write to, and close the file where it is open."
        ) from error


def _manifest(pack: Pack, tables: dict[str, bytes]) -> Manifest:
    use = pack.use
    return Manifest(
        format=FORMAT,
        format_version=FORMAT_VERSION,
        kind=pack.kind,
        measure=use.measure,
        name=pack.name,
        status=pack.status,
        statement=pack.statement,
        source=pack.source,
        created=pack.created,
        year=pack.year,
        drivers=[
            ManifestDriver(
                name=d.name,
                level=d.level,
                categories=list(d.categories),
                parts=[part.name for part in d.parts] if isinstance(d, Interaction) else [],
            )
            for d in pack.drivers
        ],
        metrics=_metrics(pack),
        covariance=_has_covariance(pack),
        standard_errors=_has_errors(pack),
        gradient=None
        if use.gradient is None
        else ManifestGradient(
            smallest_count=use.smallest_count,
            suppressed_entries=use.suppressed,
            marked=use.hidden is not None,
        ),
        sample=None if pack.kind == "use" else _sample(pack),
        driver_means=pack.driver_means is not None,
        neutralised=[
            ManifestNeutralised(drivers=dict(table.drivers)) for table in pack.neutralised
        ],
        files={name: hashlib.sha256(content).hexdigest() for name, content in tables.items()},
    )


def _metrics(pack: Pack) -> list[ManifestMetric]:
    if pack.kind == "use":
        return [
            ManifestMetric(metric=metric, sigma=None, loglik=None, events=None, verdict="")
            for metric in pack.metrics
        ]
    return [
        ManifestMetric(
            metric=m.metric,
            sigma=m.sigma,
            loglik=m.loglik,
            events=m.events,
            verdict=m.verdict,
            area_sigma=m.area_sigma,
        )
        for m in pack.models
    ]


def _sample(pack: Pack) -> ManifestSample:
    return ManifestSample(
        children=pack.sample_children,
        authorities=pack.sample_authorities,
        areas=pack.sample_areas,
        nagq=pack.nagq,
    )


def _has_covariance(pack: Pack) -> bool:
    return bool(pack.models) and all(m.covariance is not None for m in pack.models)


def _has_errors(pack: Pack) -> bool:
    return bool(pack.models) and all(m.standard_errors is not None for m in pack.models)


def _tables(pack: Pack) -> dict[str, str]:
    tables = {"README.txt": _readme(pack)}
    if pack.kind == "coefficients":
        tables["coefficients.csv"] = _coefficients(pack)
    if _has_covariance(pack):
        for metric, matrix in zip(pack.metrics, pack.covariances_for("A table"), strict=True):
            rows = ([label, *row] for label, row in zip(pack.labels, matrix, strict=True))
            tables[f"covariance_{metric}.csv"] = _csv(["label", *pack.labels], rows)
    if pack.driver_means is not None:
        means = zip(pack.labels, pack.driver_means.tolist(), strict=True)
        tables["driver_means.csv"] = _csv(
            ["label", "mean"], ([label, "" if mean != mean else mean] for label, mean in means)
        )
    for number, use in enumerate([pack.use, *(table.use for table in pack.neutralised)]):
        authorities = zip(use.codes, use.names, use.children, strict=True)
        rows = ([code, name, *row] for code, name, row in authorities)
        tables[use_file(number)] = _csv(["code", "name", *use.metrics], rows)
    return tables | _gradients(pack)


def _gradients(pack: Pack) -> dict[str, str]:
    """The gradient of the use by metric; blank is an entry that is hidden."""
    use = pack.use
    if use.gradient is None:
        return {}
    cells: NDArray[Any] = use.gradient.astype(object)
    if use.hidden is not None:
        cells[use.hidden] = ""
    return {
        f"use_gradient_{metric}.csv": _csv(
            ["code", *pack.labels],
            ([code, *row] for code, row in zip(use.codes, rows, strict=True)),
        )
        for metric, rows in zip(use.metrics, cells, strict=True)
    }


def _readme(pack: Pack) -> str:
    wanted = {
        "manifest": True,
        "coefficients": pack.kind == "coefficients",
        "covariance": _has_covariance(pack),
        "use": pack.use.gradient is not None,
        "given use": pack.use.gradient is None,
        "gradient": pack.use.gradient is not None,
        "means": pack.driver_means is not None,
    }
    tables = "".join(text for name, text in _TABLES.items() if wanted[name]).format(
        suppressed=pack.use.suppressed,
        smallest=pack.use.smallest_count,
        hidden="0, like those of nobody" if pack.use.hidden is None else "blank",
    )
    tables += "".join(
        _NEUTRALISED.format(number=number, words=neutral_words(table.drivers))
        for number, table in enumerate(pack.neutralised, 1)
    )
    return _README.format(
        name=pack.name,
        underline="=" * len(pack.name),
        statement=pack.statement,
        status=pack.status,
        created=pack.created,
        source=pack.source,
        tables=tables[:-1],
        limits="".join(f"{sentence}\n" for sentence in pack.limits),
    )


def _coefficients(pack: Pack) -> str:
    """One row a category, the reference's too; a pair of columns a metric."""
    head = ["driver", "level", "category", "label"]
    head += [column for metric in pack.metrics for column in (metric, f"{metric}_se")]
    rows: list[list[object]] = []
    pairs = iter(zip(*(_pairs(m) for m in pack.models), strict=True))
    rows.append(["Intercept", "", "", "Intercept", *chain(*next(pairs))])
    for driver in pack.drivers:
        if driver.categories:
            reference: list[object] = [0.0, ""] * len(pack.models)
            rows.append([driver.name, driver.level, driver.categories[0], "reference", *reference])
        categories = driver.categories[1:] or ("",)
        if isinstance(driver, Interaction):
            categories = driver.combinations
        for category, label in zip(categories, driver.labels, strict=True):
            rows.append([driver.name, driver.level, category, label, *chain(*next(pairs))])
    return _csv(head, rows)


def _pairs(model: MetricModel) -> Iterable[tuple[object, object]]:
    errors = model.standard_errors
    known: Iterable[object] = [""] * len(model.coefficients) if errors is None else errors
    return zip(model.coefficients, known, strict=True)


def _csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    for row in rows:
        # repr is the shortest text that reads back to the same double.
        writer.writerow([repr(float(x)) if isinstance(x, float) else x for x in row])
    return out.getvalue()
