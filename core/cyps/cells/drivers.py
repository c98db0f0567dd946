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


_MOST_CATEGORIES = 300


def code_column(
    table: pd.DataFrame, name: str, level: Literal["child", "area"], reference: str | None = None
) -> CodedColumn:
    """Read one driver from a table: numbers as they are, anything else as categories.

    A pandas Categorical keeps its own order (the first category is the
    reference); other text is put in alphabetical order. `reference` names another
    category to come first.

    Raises
    ------
    CypsError
        When the column is not there or a value is missing. No value is shown:
        rows may be children.
    """
    if name not in table.columns:
        raise CypsError(
            f"There is no column '{name}' in the table; "
            f"it has {', '.join(map(str, table.columns))}."
        )
    column = table[name]
    if np.issubdtype(np.asarray(column.iloc[:0]).dtype, np.complexfloating):
        raise CypsError(f"Driver '{name}' holds complex numbers, which a driver cannot be.")
    missing = int(column.isna().sum())
    if missing:
        raise CypsError(
            f"Driver '{name}' is missing in {missing:,} of {len(column):,} rows. A missing value "
            "is never guessed: give it a category of its own, such as 'unknown', or drop the rows "
            "on purpose."
        )
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        code, values = pd.factorize(column.to_numpy(dtype=np.float64), sort=True)
        if not np.isfinite(values).all():
            raise CypsError(f"Driver '{name}' is infinite in some rows. Correct these rows.")
        if reference is not None:
            raise CypsError(
                f"Driver '{name}' is a number and has no reference category '{reference}'. Make "
                "it text, or put it into bands."
            )
        return CodedColumn(Driver(name, level), code, values[:, None])
    if not isinstance(column.dtype, pd.CategoricalDtype):
        try:
            column = column.astype("category")
        except TypeError:
            raise CypsError(
                f"Driver '{name}' holds values of kinds that cannot be told apart (such as "
                "lists). Give it text, numbers, or true and false."
            ) from None
    if len(column.cat.categories) > _MOST_CATEGORIES:
        raise CypsError(
            f"Driver '{name}' has {len(column.cat.categories):,} categories, which looks like an "
            f"identifier. A categorical driver has at most {_MOST_CATEGORIES}."
        )
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
    references: Mapping[str, str] | None = None,
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
        column = code_column(table, name, level, (references or {}).get(name))
        drivers.append(column.driver)
        n_codes = len(column.values)
        n_combinations = len(design) * n_codes
        dtype: Any = np.uint16 if n_combinations < _MOST_PATTERNS else np.int64
        pattern = pattern.astype(dtype, copy=False) * dtype(n_codes) + column.code.astype(dtype)
        if n_combinations < _MOST_PATTERNS:
            combinations = np.arange(n_combinations)
        else:
            pattern, combinations = pd.factorize(pattern, sort=True)
        before, now = np.divmod(combinations, n_codes)
        design = np.hstack([design[before], column.values[now]])
    return CodedRows(tuple(drivers), pattern, design)
