"""Levels: the values that an engine's grouped columns hold, each fetched as a small number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cyps.cells.drivers import MOST_CATEGORIES, looks_like_an_identifier
from cyps.errors import CypsError

if TYPE_CHECKING:
    import pyarrow as pa

# What CSV files say for a missing value. In a file without types they can be nothing
# else, or a missing value would pass as a category.
MISSING = frozenset(["", "NA", "N/A", "#N/A", "NaN", "nan", "NULL", "null"])
_TRUTH = {"true": True, "false": False}
# No needless 0 in front: 01 is a code.
_NUMBER = re.compile(r"\s*[+-]?((0|[1-9]\d*)(\.\d*)?|\.\d+|inf)(e[+-]?\d+)?\s*", re.IGNORECASE)


class Levels:
    """The different values of one driver, numbered as they come.

    Parameters
    ----------
    name : the driver, for messages
    missing : texts that stand for a missing value
    reads : whether text may stand for numbers, or for true and false, as in CSV files
    most : the most texts there may be; None for a group, whose labels have no end
    """

    def __init__(
        self,
        name: str,
        missing: frozenset[str] = frozenset(),
        reads: bool = False,
        most: int | None = MOST_CATEGORIES,
    ) -> None:
        self._name = name
        self._missing = missing
        self._reads = reads
        self._most = most
        self._code: dict[Any, int] = {}

    def codes(self, column: pa.Array) -> NDArray[np.int32]:
        """The number of each value, (n_rows,); -1 where it is missing."""
        encoded = column.dictionary_encode()
        of_level = np.array([*map(self._code_of, encoded.dictionary.to_pylist()), -1], np.int32)
        place = encoded.indices.fill_null(len(of_level) - 1)
        return np.asarray(of_level[place.to_numpy(zero_copy_only=False)])

    def _code_of(self, value: Any) -> int:  # noqa: ANN401
        if value is None or value != value or value in self._missing:
            return -1
        if isinstance(value, str) and "\ufffd" in value:
            raise CypsError(
                f"Column '{self._name}' holds text that is not UTF-8, so that values cannot be "
                "told apart. Save the files as UTF-8."
            )
        code = self._code.setdefault(value, len(self._code))
        if self._most and code >= self._most and isinstance(value, str) and not self._reads:
            raise looks_like_an_identifier(self._name)
        return code

    def values(self, codes: NDArray[np.int32]) -> pd.Categorical | NDArray[Any]:
        """The column as pandas would hold it: numbers, or categories in order."""
        levels = list(self._code)
        if self._reads:
            levels = _read(levels)
        missing = codes < 0
        if all(isinstance(level, str | bool) for level in levels):
            order = sorted(set(levels))
            rank = {level: i for i, level in enumerate(order)}
            ranks = np.array([*(rank[level] for level in levels), -1])
            return pd.Categorical.from_codes(ranks[codes], order)
        numbers = np.array([*levels, np.nan]) if missing.any() else np.array(levels)
        return np.asarray(numbers[codes])


class KnownLevels(Levels):
    """The values of an area key, known beforehand; any other has code -1."""

    def __init__(self, known: Sequence[Any], as_text: bool) -> None:
        super().__init__("")
        self._known = list(known)
        self._code = {str(value) if as_text else value: i for i, value in enumerate(known)}

    def _code_of(self, value: Any) -> int:  # noqa: ANN401
        return self._code.get(value, -1)

    def values(self, codes: NDArray[np.int32]) -> pd.Categorical:
        """The column with the table of areas' own keys as categories."""
        return pd.Categorical.from_codes(codes, pd.Index(self._known))


def _read(texts: Sequence[str]) -> list[Any]:
    """All as true and false, or all as numbers, where all read so."""
    if all(text.lower() in _TRUTH for text in texts):
        return [_TRUTH[text.lower()] for text in texts]
    if all(_NUMBER.fullmatch(text) for text in texts):
        return [float(text) for text in texts]
    return list(texts)
