"""Model files: a small TOML that names the rows and declares the model."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cyps.cells import Cells, banded, collapse, open_rows
from cyps.cells.bands import band_names, banded_rows
from cyps.cells.stored import StoredRows, files_behind
from cyps.errors import CypsError
from cyps.mistakes import mistakes
from cyps.model.dummies import fit_dummies
from cyps.model.multilevel import fit_cells
from cyps.model.plain import fit_plain
from cyps.model.quantiles import Quantiles
from cyps.model.result import CovarianceType, MultilevelFit
from cyps.model.three_levels import fit_three_levels
from cyps.pack import Neutral
from cyps.pack.manifest import Words
from cyps.returns.text_files import read_toml

PARQUET = (".parquet", ".pq")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Bands(_Strict):
    """Edges of bands, and a category for what is outside."""

    edges: list[int]
    outside: str | None = None


class PackWords(_Strict):
    """What a pack made of the fits says of itself; `children` are rows to predict for.

    `neutralise` are the combinations of drivers that the use is predicted without.
    """

    name: Words
    status: Words
    statement: Words
    source: Words
    year: int
    children: str | list[str] | None = None
    neutralise: list[dict[str, Neutral]] = []


class ModelFile(_Strict):
    """One model for one or several metrics; see docs/model.md for the keys."""

    rows: str | list[str]
    metrics: list[str] = Field(min_length=1)
    group: str
    child: list[str] = []
    area: list[str] = []
    authority: list[str] = []
    interactions: list[list[str]] = []
    areas: str | None = None
    area_key: str | None = None
    trials: str | None = None
    frequency: str | None = None
    references: dict[str, str] = {}
    bands: dict[str, Bands] = {}
    text: list[str] = []
    estimator: Literal["multilevel", "plain", "dummies", "three levels"] = "multilevel"
    nodes: int = Field(default=1, ge=1)
    errors: CovarianceType = "given sigma"
    quantiles: Quantiles = "normal"
    pack: PackWords | None = None


def read_model_file(path: Path) -> ModelFile:
    """Read and check a model file.

    Raises
    ------
    CypsError
        With every wrong key at once.
    """
    written = read_toml(path, "model file")
    try:
        return ModelFile.model_validate(written)
    except ValidationError as error:
        raise CypsError(f"{path} declares no model: {mistakes(error, written)}.") from None


def read_rows(path: Path, as_text: tuple[str, ...] = ()) -> pd.DataFrame:
    """Read a table of children, cells or areas from CSV or Parquet; codes stay text."""
    if path.suffix.lower() in PARQUET:
        try:
            return pd.read_parquet(path)
        except ImportError:
            raise CypsError(
                f"{path} is Parquet, and pandas cannot read it without pyarrow. Install it "
                "with: pip install pyarrow"
            ) from None
    try:
        return pd.read_csv(path, dtype=dict.fromkeys(as_text, str))
    except UnicodeDecodeError:
        raise CypsError(
            f"{path} is no CSV table in UTF-8. Save a workbook, or a CSV file of another encoding, "
            "as CSV UTF-8 or as Parquet."
        ) from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise CypsError(f"{path} is no CSV table that can be read: {error}.") from None


def row_files(named: str | list[str], folder: Path) -> list[Path]:
    """The files behind a name, a folder, a pattern or several; relative to `folder`."""
    several = [named] if isinstance(named, str) else named
    return [Path(file) for file in files_behind([str(folder / name) for name in several])]


def count_rows(
    model: ModelFile,
    folder: Path,
    rows: str | list[str] | None = None,
    *,
    events_by_cell: bool = False,
) -> Cells:
    """Cells of the model's rows, or of others described alike; paths are relative to `folder`.

    One CSV file is read whole, and so are rows that are cells. Parquet, and several files, are
    counted by DuckDB where they are, so that they may be larger than the memory.
    """
    as_text = tuple(dict.fromkeys([model.group, *filter(None, [model.area_key]), *model.text]))
    files = row_files(rows or model.rows, folder)
    areas = None if model.areas is None else read_rows(folder / model.areas, as_text)
    is_csv = files[0].suffix.lower() not in PARQUET
    table: pd.DataFrame | StoredRows
    categories = None
    if len(files) == 1 and (is_csv or model.trials or model.frequency):
        table = _with_bands(read_rows(files[0], as_text), model.bands)
    else:
        table = _stored(model, files, is_csv)
        categories = {
            name: band_names(band.edges, band.outside) for name, band in model.bands.items()
        }
    return collapse(
        table,
        categories=categories,
        events=model.metrics,
        child=model.child,
        area=model.area,
        authority=model.authority,
        interactions=model.interactions,
        references=model.references,
        group=model.group,
        trials=model.trials,
        frequency=model.frequency,
        areas=areas,
        area_key=model.area_key,
        events_by_cell=events_by_cell,
    )


def _stored(model: ModelFile, files: list[Path], is_csv: bool) -> StoredRows:
    """Rows that stay where they are, with bands."""
    if is_csv and model.text:
        raise CypsError(
            f"text = {model.text} is for rows in one CSV file. With several, write numbers that "
            "are names with a 0 before them, or give Parquet, which knows what is text."
        )
    rows = open_rows(files)
    _check_bands(model.bands, rows.table.columns)
    for name, band in model.bands.items():
        rows = banded_rows(rows, name, band.edges, band.outside)
    return rows


def _with_bands(table: pd.DataFrame, bands: Mapping[str, Bands]) -> pd.DataFrame:
    _check_bands(bands, table.columns)
    made = {name: banded(table[name], band.edges, band.outside) for name, band in bands.items()}
    return table.assign(**made)


def _check_bands(bands: Mapping[str, Bands], columns: Collection[str]) -> None:
    if strangers := [name for name in bands if name not in columns]:
        raise CypsError(f"Bands are declared for {', '.join(strangers)}, no column of the rows.")


def fit_model(model: ModelFile, cells: Cells) -> tuple[MultilevelFit, ...]:
    """Fit every metric by the estimator that the file names."""
    if model.nodes > 1 and model.estimator in ("plain", "dummies"):
        raise CypsError(
            f"nodes = {model.nodes} asks for quadrature, but the {model.estimator} model has no "
            "integral. Leave nodes out."
        )
    if model.estimator == "plain":
        return fit_plain(cells, model.errors)
    if model.estimator == "dummies":
        return fit_dummies(cells, model.errors)
    if model.estimator == "three levels":
        return fit_three_levels(cells, model.nodes, model.errors)
    return fit_cells(cells, model.nodes, model.errors)
