"""Model files: a small TOML that names the rows and declares the model."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cyps.cells import Cells, banded, collapse
from cyps.errors import CypsError
from cyps.model.dummies import fit_dummies
from cyps.model.multilevel import fit_cells
from cyps.model.plain import fit_plain
from cyps.model.result import CovarianceType, MultilevelFit
from cyps.model.three_levels import fit_three_levels


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Bands(_Strict):
    """Edges of bands, and a category for what is outside."""

    edges: list[int]
    outside: str | None = None


class PackWords(_Strict):
    """What a pack made of the fits says of itself; `children` are rows to predict for."""

    name: str
    status: str
    statement: str
    source: str
    year: int
    children: str | None = None


class ModelFile(_Strict):
    """One model for one or several metrics; see docs/model.md for the keys."""

    rows: str
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
    pack: PackWords | None = None


def read_model_file(path: Path) -> ModelFile:
    """Read and check a model file.

    Raises
    ------
    CypsError
        With every wrong key at once.
    """
    try:
        return ModelFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CypsError(f"{path} is no TOML file: {error}.") from None
    except ValidationError as error:
        wrong = [
            f"{'.'.join(map(str, each['loc']))}: {each['msg']}"
            for each in error.errors(include_url=False, include_input=False)
        ]
        raise CypsError(f"{path} declares no model: {'; '.join(wrong)}.") from None


def read_rows(path: Path, as_text: tuple[str, ...] = ()) -> pd.DataFrame:
    """Read a table of children, cells or areas from CSV or Parquet; codes stay text."""
    if path.suffix.lower() in (".parquet", ".pq"):
        try:
            return pd.read_parquet(path)
        except ImportError:
            raise CypsError(
                f"{path} is Parquet, and pandas cannot read it without pyarrow. Install it "
                "with: pip install pyarrow"
            ) from None
    try:
        return pd.read_csv(path, dtype=dict.fromkeys(as_text, str))
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise CypsError(f"{path} is no CSV table that can be read: {error}.") from None


def count_rows(model: ModelFile, folder: Path, rows: str | None = None) -> Cells:
    """Cells of the model's rows, or of others described alike; paths are relative to `folder`."""
    as_text = tuple(dict.fromkeys([model.group, *filter(None, [model.area_key]), *model.text]))
    table = _with_bands(read_rows(folder / (rows or model.rows), as_text), model.bands)
    areas = None if model.areas is None else read_rows(folder / model.areas, as_text)
    return collapse(
        table,
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
    )


def _with_bands(table: pd.DataFrame, bands: Mapping[str, Bands]) -> pd.DataFrame:
    if strangers := [name for name in bands if name not in table.columns]:
        raise CypsError(f"Bands are declared for {', '.join(strangers)}, no column of the rows.")
    made = {name: banded(table[name], band.edges, band.outside) for name, band in bands.items()}
    return table.assign(**made)


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
