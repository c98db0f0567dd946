"""Drivers: what the formula knows of a child and of the area the child lives in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cyps.cells.terms import Term
from cyps.errors import CypsError
from cyps.pack import Driver


@dataclass(frozen=True, slots=True)
class CodedColumn:
    """A driver's column as small whole numbers.

    `code` (n_rows,) points into `values` (n_codes, n_labels): the driver's part
    of the design matrix, dummy columns or the number itself.
    """

    driver: Driver
    code: NDArray[np.integer]
    values: NDArray[np.float64]


MOST_CATEGORIES = 300


@dataclass(frozen=True, slots=True)
class Declared:
    """What is said of drivers beforehand, by name: all categories in order; the reference."""

    categories: Mapping[str, Sequence[Any]]
    references: Mapping[str, str]


NOTHING_DECLARED = Declared({}, {})


def how_many(rows: NDArray[np.bool_], stands_for: NDArray[np.int64] | None) -> int:
    """Rows of the source behind the chosen rows of a table; without `stands_for` one each."""
    return int(rows.sum() if stands_for is None else stands_for[rows].sum())


def no_column(name: str, columns: Sequence[object] | None = None) -> CypsError:
    """The error for a column that is not there; `columns` only where they are surely names."""
    there = "" if columns is None else f"; it has {', '.join(map(str, columns))}"
    return CypsError(f"There is no column '{name}' in the table{there}.")


def looks_like_an_identifier(name: str) -> CypsError:
    """The error for a driver with far too many categories."""
    return CypsError(
        f"Driver '{name}' has more than {MOST_CATEGORIES} categories, which looks like an "
        "identifier. Put categories together, or give numbers as numbers."
    )


def code_column(
    table: pd.DataFrame,
    name: str,
    level: Literal["child", "area"],
    declared: Declared = NOTHING_DECLARED,
    stands_for: NDArray[np.int64] | None = None,
) -> CodedColumn:
    """Read one driver from a table: numbers as they are, anything else as categories.

    Declared categories keep their order (the first is the reference), and so do
    those of a pandas Categorical; other text is put in alphabetical order. A
    declared reference comes first.
    `stands_for` (n_rows,) is how many rows of the source each row counts, for messages.

    Raises
    ------
    CypsError
        When the column is not there or a value is missing or not declared. No
        value is shown: rows may be children.
    """
    if name not in table.columns:
        raise no_column(name, list(table.columns))
    column = table[name]
    if np.issubdtype(np.asarray(column.iloc[:0]).dtype, np.complexfloating):
        raise CypsError(f"Driver '{name}' holds complex numbers, which a driver cannot be.")
    missing = column.isna().to_numpy()
    if missing.any():
        rows = how_many(np.ones_like(missing), stands_for)
        raise CypsError(
            f"Driver '{name}' is missing in {how_many(missing, stands_for):,} of {rows:,} rows. "
            "A missing value is never guessed: give it a category of its own, such as "
            "'unknown', or drop the rows on purpose."
        )
    categories, reference = declared.categories.get(name), declared.references.get(name)
    if categories is not None:
        column = _as_declared(column, name, categories, stands_for)
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        code, values = pd.factorize(column.to_numpy(dtype=np.float64), sort=True)
        if not np.isfinite(values).all():
            raise CypsError(f"Driver '{name}' is infinite in some rows. Correct these rows.")
        if reference is not None:
            raise CypsError(
                f"Driver '{name}' is a number and has no reference category '{reference}'. Make "
                "it text, or put it into bands."
            )
        # Adding 0 makes a negative zero, which equals zero, the same bits.
        return CodedColumn(Driver(name, level), code, values[:, None] + 0.0)
    return _coded_categories(column, name, level, reference)


def _as_declared(
    column: pd.Series,
    name: str,
    categories: Sequence[Any],
    stands_for: NDArray[np.int64] | None,
) -> pd.Series:
    if isinstance(categories, str) or not categories or len(set(categories)) < len(categories):
        raise CypsError(
            f"The categories of driver '{name}' must be a list of different values, the "
            "reference first."
        )
    unknown = ~column.isin(list(categories)).to_numpy()
    if unknown.any():
        raise CypsError(
            f"Driver '{name}' holds something other than its {len(categories)} declared "
            f"categories in {how_many(unknown, stands_for):,} rows. Declare every category, or "
            "correct these rows."
        )
    return pd.Series(pd.Categorical(column, categories=list(categories)))


def _coded_categories(
    column: pd.Series, name: str, level: Literal["child", "area"], reference: str | None
) -> CodedColumn:
    if not isinstance(column.dtype, pd.CategoricalDtype):
        try:
            column = column.astype("category")
        except TypeError:
            raise CypsError(
                f"Driver '{name}' holds values of kinds that cannot be told apart (such as "
                "lists). Give it text, numbers, or true and false."
            ) from None
    if len(column.cat.categories) > MOST_CATEGORIES:
        raise looks_like_an_identifier(name)
    categories = tuple(str(category) for category in column.cat.categories)
    if len(set(categories)) < len(categories):
        raise CypsError(
            f"Driver '{name}' has categories that read the same, such as the number 1 and the "
            "text '1'. Make them one kind."
        )
    member = np.eye(len(categories))
    if reference is not None:
        if reference not in categories:
            raise CypsError(
                f"Driver '{name}' has no category '{reference}' to refer to; it has "
                f"{', '.join(categories)}."
            )
        first = categories.index(reference)
        order = [first, *(i for i in range(len(categories)) if i != first)]
        categories, member = tuple(categories[i] for i in order), member[:, order]
    return CodedColumn(Driver(name, level, categories), column.cat.codes.to_numpy(), member[:, 1:])


@dataclass(frozen=True, slots=True)
class CodedRows:
    """Every row as one pattern number: the drivers' combinations that can occur.

    `pattern` (n_rows,) points into `design` (n_patterns, n_labels).
    """

    drivers: tuple[Term, ...]
    pattern: NDArray[np.integer]
    design: NDArray[np.float64]


# Fewer combinations than this keep a number each, seen or not; from it on only
# those that occur do (continuous drivers would have too many).
_MOST_PATTERNS = 1 << 16


def code_rows(
    table: pd.DataFrame,
    names: Sequence[str],
    level: Literal["child", "area"],
    declared: Declared = NOTHING_DECLARED,
    stands_for: NDArray[np.int64] | None = None,
) -> CodedRows:
    """Read several drivers at once and number their combinations.

    Examples
    --------
    >>> table = pd.DataFrame({"sex": ["F", "M", "M"], "fsm": ["no", "no", "yes"]})
    >>> code_rows(table, ["sex", "fsm"], "child").pattern.tolist()
    [0, 2, 3]
    """
    drivers: list[Driver] = []
    pattern: NDArray[Any] = np.zeros(len(table), dtype=np.uint16)
    design = np.empty((1, 0))
    for name in names:
        if name not in table.columns:
            raise no_column(name, list(table.columns))
    for name in names:
        column = code_column(table, name, level, declared, stands_for)
        drivers.append(column.driver)
        n_codes = len(column.values)
        n_combinations = len(design) * n_codes
        dtype: Any = np.uint16 if n_combinations < _MOST_PATTERNS else np.int64
        pattern = pattern.astype(dtype, copy=False)
        pattern *= dtype(n_codes)
        # In place: rows are many.
        np.add(pattern, column.code, out=pattern, casting="unsafe")
        if n_combinations < _MOST_PATTERNS:
            combinations = np.arange(n_combinations)
        else:
            pattern, combinations = pd.factorize(pattern, sort=True)
        before, now = np.divmod(combinations, n_codes)
        design = np.hstack([design[before], column.values[now]])
    return CodedRows(tuple(drivers), pattern, design)
