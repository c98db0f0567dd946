"""Why predicted use moved, driver by driver: a table from where the children are."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.needs import Use
from cyps.returns.text_files import text_of

INTERCEPT: Final = "intercept"
CHILDREN: Final = "children"
NOT_TOLD: Final = "drivers not told apart"
_HEAD: Final = ("before_pack", "after_pack", "code", "name", "metric")


@dataclass(frozen=True, slots=True)
class DriverTable:
    """What moved the predicted use of each authority from one pack to another.

    Attributes
    ----------
    before, after : content hashes of the packs
    codes, names : of the authorities
    metrics : that both packs have
    components : drivers by name, "intercept" (one for all children), "children" (who they are
        and where they live), and "drivers not told apart" for authorities in which too few
        children stand behind a driver
    log_use : (n_metrics, n_authorities, n_components), natural logarithm of what each component
        multiplies the use by; a row's sum is log(use after / use before)
    """

    before: str
    after: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    metrics: tuple[str, ...]
    components: tuple[str, ...]
    log_use: NDArray[np.float64]

    def between(self, metric: str, before: Use, after: Use) -> NDArray[np.float64]:
        """What each component multiplies the use of a settlement's authorities by, in order.

        Raises
        ------
        CypsError
            When the table is not of these authorities, or does not lead from the one use to
            the other.

        Returns
        -------
        array (n_authorities, n_components), logarithms
        """
        place = {code: i for i, code in enumerate(self.codes)}
        strangers = [code for code in before.codes if code not in place]
        if strangers:
            raise CypsError(
                f"The table of drivers has nothing of {', '.join(strangers[:5])}. It has to be "
                "made for the authorities that were settled."
            )
        rows = self.log_use[self.metrics.index(metric)][[place[code] for code in before.codes]]
        one = before.children[:, before.metrics.index(metric)]
        other = after.children[:, after.metrics.index(metric)]
        reached = one * np.exp(rows.sum(axis=1))
        wrong = np.flatnonzero(~np.isclose(reached, other, rtol=1e-6, atol=0))
        if wrong.size:
            i = int(wrong[0])
            raise CypsError(
                f"The table of drivers does not lead from the one use to the other: {metric} of "
                f"{before.codes[i]} would be {reached[i]:.6g} and is {other[i]:.6g}. It may be of "
                "use that was neutralised. Ask for a table of these two packs as they are."
            )
        return np.asarray(rows)


def driver_csv(table: DriverTable) -> str:
    """The table as text: a row for each metric and authority, a column for each component."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*_HEAD, *table.components])
    for metric, of_metric in zip(table.metrics, table.log_use, strict=True):
        for code, name, row in zip(table.codes, table.names, of_metric.tolist(), strict=True):
            writer.writerow(
                [table.before, table.after, code, name, metric, *(repr(x) for x in row)]
            )
    return text.getvalue()


def read_driver_table(path: Path) -> DriverTable:
    """Read a table that `driver_csv` wrote.

    Raises
    ------
    CypsError
        When it is none, with the row that is wrong.
    """
    text = text_of(path, "table of drivers")
    try:
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise CypsError(f"{path.name} cannot be read as a table of drivers: {error}.") from None
    n = len(_HEAD)
    if (
        len(rows) < 2
        or tuple(rows[0][:n]) != _HEAD
        or len(set(rows[0])) != len(rows[0])
        or (len(rows[0]) <= n)
    ):
        raise CypsError(
            f"{path.name} is no table of drivers: its columns should be {', '.join(_HEAD)} and one "
            "for each driver. Ask the modeller for the file as it was written."
        )
    return _table(path.name, rows[0][n:], list(_checked(path.name, rows)))


_Row = tuple[tuple[str, ...], tuple[float, ...]]


def _checked(name: str, rows: Sequence[Sequence[str]]) -> Iterator[_Row]:
    n, hashes = len(_HEAD), tuple(rows[1][:2])
    for number, row in enumerate(rows[1:], 2):
        try:
            amounts = tuple(float(cell) for cell in row[n:])
        except ValueError:
            amounts = (float("nan"),)
        fine = len(row) == len(rows[0]) and bool(np.isfinite(amounts).all())
        if not fine or tuple(row[:2]) != hashes:
            raise CypsError(
                f"{name}: row {number} is of other packs, is cut short or has a cell that is no "
                "number. Ask the modeller for the file as it was written."
            )
        yield tuple(row[:n]), amounts


def _table(name: str, components: Sequence[str], rows: Sequence[_Row]) -> DriverTable:
    metrics = tuple(dict.fromkeys(who[4] for who, _ in rows))
    name_of = {who[2]: who[3] for who, _ in rows}
    codes = tuple(name_of)
    if [(who[4], who[2]) for who, _ in rows] != [(m, c) for m in metrics for c in codes]:
        raise CypsError(
            f"{name} does not have every authority once for each metric. Ask the modeller for the "
            "file as it was written."
        )
    log_use = np.array([amounts for _, amounts in rows])
    return DriverTable(
        rows[0][0][0],
        rows[0][0][1],
        codes,
        tuple(name_of.values()),
        metrics,
        tuple(components),
        log_use.reshape(len(metrics), len(codes), len(components)),
    )
