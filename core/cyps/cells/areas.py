"""Areas: which small area each row is in, and which group each area belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cyps.cells.drivers import NOTHING_DECLARED, Declared, code_rows, how_many, no_column
from cyps.cells.terms import AuthorityDriver, Term
from cyps.errors import CypsError


@dataclass(frozen=True, slots=True)
class PlacedRows:
    """Which area each row is in: `number[row_area]` (n_rows,) points into `design` (n_areas, k).

    Rows are many, so that `row_area` (n_rows,) stays as the table has it; `number` has a place
    for each area that the table names, those without rows included.
    Areas come in the order of their groups; group j has areas start[j] to start[j + 1].
    `small_area` (n_areas,) points into the `names` of the small areas they are parts of, -1
    where not known.
    """

    row_area: NDArray[np.int32]
    number: NDArray[np.int64]
    design: NDArray[np.float64]
    drivers: tuple[Term, ...]
    groups: tuple[str, ...]
    start: NDArray[np.int64]
    small_area: NDArray[np.int64]
    names: NDArray[np.object_]


def _group_codes(
    table: pd.DataFrame, group: str, stands_for: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    if group not in table.columns:
        raise CypsError(f"There is no column '{group}' to group by.")
    code, labels = pd.factorize(table[group])
    if (code < 0).any():
        missing = how_many(code < 0, stands_for)
        rows = how_many(np.ones_like(code, dtype=bool), stands_for)
        raise CypsError(
            f"The group '{group}' is missing in {missing:,} of {rows:,} rows. "
            "Every row must belong to one authority."
        )
    as_text = np.array([str(label) for label in labels])
    if len(set(as_text.tolist())) < len(as_text):
        raise CypsError(
            f"The group '{group}' has labels that read the same, such as the number 1 and the "
            "text '1'. Make them one kind."
        )
    order = np.argsort(as_text)
    place = np.empty(order.size, dtype=np.int64)
    place[order] = np.arange(order.size)
    return place[code], tuple(as_text[order].tolist())


def areas_in_rows(
    table: pd.DataFrame,
    area: Sequence[str],
    group: str,
    declared: Declared = NOTHING_DECLARED,
    stands_for: NDArray[np.int64] | None = None,
) -> PlacedRows:
    """Rows alike in group and in every area driver live in the same area."""
    group_code, groups = _group_codes(table, group, stands_for)
    rows = code_rows(table, area, "area", declared, stands_for)
    n_patterns = len(rows.design)
    key = group_code * n_patterns + rows.pattern
    row_area, keys = pd.factorize(key, sort=True)
    area_group, pattern = np.divmod(keys, n_patterns)
    start = np.searchsorted(area_group, np.arange(len(groups) + 1))
    row_area = row_area.astype(np.int32)
    unknown, none = np.full(len(pattern), -1), np.empty(0, object)
    design, every = rows.design[pattern], np.arange(len(pattern))
    return PlacedRows(row_area, every, design, rows.drivers, groups, start, unknown, none)


def check_key(columns: Sequence[object], areas: pd.DataFrame, key: str | None) -> str:
    """The key, when it is a column of the rows and, without duplicates, of the areas."""
    if key is None:
        raise CypsError(
            "A table of areas is given, but not the column that names a row's area. Give "
            "area_key='...', a column of both tables."
        )
    if key not in columns or key not in areas.columns:
        raise CypsError(
            f"The area key '{key}' must be a column of both the table and the table of areas."
        )
    if (missing := int(areas[key].isna().sum())) > 0:
        raise CypsError(
            f"The area key '{key}' is missing in {missing:,} rows of the table of areas."
        )
    if areas[key].duplicated().any():
        raise CypsError(f"The table of areas has some '{key}' more than once. Keep one row each.")
    return key


def areas_by_key(
    table: pd.DataFrame,
    areas: pd.DataFrame,
    key: str,
    area: Sequence[str],
    group: str,
    declared: Declared = NOTHING_DECLARED,
    stands_for: NDArray[np.int64] | None = None,
) -> PlacedRows:
    """Rows name their area by a checked key; its drivers and group have a table of their own."""
    group_code, groups = _group_codes(areas, group)
    by_group = np.argsort(group_code, kind="stable")
    rows = code_rows(areas.iloc[by_group], area, "area", declared)
    if isinstance(table[key].dtype, pd.CategoricalDtype):
        named, names = table[key].cat.codes.to_numpy(), table[key].cat.categories
    else:
        named, names = pd.factorize(table[key])
    place = pd.Index(areas[key].to_numpy()[by_group]).get_indexer(pd.Index(names))
    row_area = named.astype(np.int32, copy=False)
    nowhere = row_area < 0
    if (place < 0).any():
        nowhere |= (place < 0)[row_area]
    if nowhere.any():
        raise CypsError(
            f"{how_many(nowhere, stands_for):,} rows have an area ('{key}') that is not in "
            "the table of areas. "
            + (
                "None has: is the key text in one table and a number in the other?"
                if (place < 0).all()
                else "Add these areas, or drop the rows on purpose."
            )
        )
    start = np.searchsorted(group_code[by_group], np.arange(len(groups) + 1))
    known, as_named = np.arange(len(areas)), areas[key].to_numpy(dtype=object)[by_group]
    design = rows.design[rows.pattern]
    return PlacedRows(row_area, place, design, rows.drivers, groups, start, known, as_named)


def areas_of_rows(table: pd.DataFrame, key: str, area: Sequence[str], group: str) -> pd.DataFrame:
    """The table of areas that rows with a key spell out: one row each.

    Raises
    ------
    CypsError
        When an area's rows do not agree on its group or on one of its drivers.
    """
    for name in (key, group, *area):
        if name not in table.columns:
            raise no_column(name, list(table.columns))
    areas = table[[key, *dict.fromkeys([group, *area])]].drop_duplicates()
    twice = areas[areas[key].duplicated(keep=False)]
    if len(twice):
        kinds = twice.groupby(key, observed=True).nunique(dropna=False)
        differ = [f"'{name}'" for name in kinds.columns if (kinds[name] > 1).any()]
        raise CypsError(
            f"{', '.join(differ)} should be the same for every row of a small area ('{key}'), but "
            f"differs in {twice[key].nunique():,} of them. Make it a child's driver, or correct "
            "these rows."
        )
    # In the order of their text, so that the order of rows does not matter.
    return areas.iloc[np.argsort(areas[key].astype(str).to_numpy(), kind="stable")]


def check_authority_drivers(placed: PlacedRows, names: Sequence[str]) -> PlacedRows:
    """Mark the drivers of authorities, which must be the same in all of an authority's areas."""
    drivers: list[Term] = []
    at = 0
    for driver in placed.drivers:
        columns = placed.design[:, at : at + len(driver.labels)]
        at += len(driver.labels)
        if driver.name not in names:
            drivers.append(driver)
            continue
        first = placed.start[:-1]
        spread = np.maximum.reduceat(columns, first) - np.minimum.reduceat(columns, first)
        differ = np.asarray((spread > 0).any(axis=1))
        if differ.any():
            named = [group for group, is_so in zip(placed.groups, differ, strict=True) if is_so]
            raise CypsError(
                f"'{driver.name}' should be the same throughout an authority, but differs within "
                f"{', '.join(named[:5])}{' and others' if len(named) > 5 else ''}. Make it an "
                "area's driver, or correct it."
            )
        drivers.append(AuthorityDriver(driver.name, driver.categories))
    return replace(placed, drivers=tuple(drivers))


def without_empty_areas(placed: PlacedRows, cell_start: NDArray[np.int64]) -> PlacedRows:
    """Drop areas, and then groups, in which no row lives (a sample of a wider table of areas)."""
    lived_in = np.diff(cell_start) > 0
    if lived_in.all():
        return placed
    n_before = np.append(0, np.cumsum(lived_in))[placed.start]
    kept = np.diff(n_before) > 0
    return PlacedRows(
        placed.row_area,
        (np.cumsum(lived_in) - 1)[placed.number],
        placed.design[lived_in],
        placed.drivers,
        tuple(label for label, keep in zip(placed.groups, kept, strict=True) if keep),
        np.append(n_before[:-1][kept], n_before[-1]),
        placed.small_area[lived_in],
        placed.names,
    )
